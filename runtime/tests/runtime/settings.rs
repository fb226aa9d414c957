use frame_support::{assert_noop, assert_ok, traits::Get};
use sp_runtime::DispatchError;
use weighhouse_runtime::{
	configs::parameters::{dynamic_params, ProtocolFee, RuntimeParameters},
	constants::time::{EPOCH_SLOTS, SLOT_DURATION},
	Babe, Parameters, Runtime, RuntimeOrigin,
};

use crate::chain::{development, signed, ALICE};

fn fee(parts: u32) -> RuntimeParameters {
	RuntimeParameters::Market(dynamic_params::market::Parameters::ProtocolFee(
		dynamic_params::market::ProtocolFee,
		Some(parts),
	))
}

#[test]
fn the_protocol_fee_is_two_and_a_half_percent_until_root_changes_it() {
	development(|| {
		assert_eq!(ProtocolFee::get(), 25_000_000);
		assert_ok!(Parameters::set_parameter(
			RuntimeOrigin::root(),
			fee(10_000_000)
		));
		assert_eq!(ProtocolFee::get(), 10_000_000);
		assert_noop!(
			Parameters::set_parameter(signed(ALICE), fee(1)),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn the_protocol_fee_is_clamped_when_root_sets_nonsense() {
	development(|| {
		assert_ok!(Parameters::set_parameter(
			RuntimeOrigin::root(),
			fee(u32::MAX)
		));
		assert_eq!(ProtocolFee::get(), ProtocolFee::MAX);
	});
}

#[test]
fn the_epoch_is_the_same_for_babe_and_for_those_who_ask() {
	development(|| {
		let configured: u64 = <Runtime as pallet_babe::Config>::EpochDuration::get();
		assert_eq!(configured, u64::from(EPOCH_SLOTS));
		assert_eq!(Babe::slot_duration(), SLOT_DURATION);
	});
}

#[test]
fn the_market_charges_its_measured_weights() {
	let types = [
		std::any::type_name::<<Runtime as pallet_listings::Config>::WeightInfo>(),
		std::any::type_name::<<Runtime as pallet_licensing::Config>::WeightInfo>(),
	];
	for name in types {
		assert!(
			name.starts_with("weighhouse_runtime::weights::"),
			"{name} is not generated"
		);
	}
}

#[test]
fn every_pallet_finds_its_settings_consistent() {
	use frame_support::traits::IntegrityTest;
	development(<weighhouse_runtime::AllPalletsWithSystem as IntegrityTest>::integrity_test);
}
