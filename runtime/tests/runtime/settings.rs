use frame_support::{
	assert_noop, assert_ok,
	traits::Get,
	weights::{
		constants::{ParityDbWeight, RocksDbWeight},
		RuntimeDbWeight,
	},
};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::DispatchError;
use weighhouse_primitives::traits::RecordReputation;
use weighhouse_runtime::{
	configs::parameters::{
		dynamic_params, AuditChance, HighValue, MinBond, MinReward, MinSellerBond, ProtocolFee,
		RepeatFee, RuntimeParameters,
	},
	constants::{
		currency::{MILLI_WGH, WGH},
		time::{DAYS, EPOCH_SLOTS, HOURS, MINUTES, SLOT_DURATION},
	},
	Babe, Balance, Parameters, Runtime, RuntimeOrigin, System,
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
fn figures_of_the_market_are_those_of_the_design_until_root_changes_them() {
	development(|| {
		assert_eq!(AuditChance::get(), 100_000_000);
		assert_eq!(MinReward::get(), MILLI_WGH);
		assert_eq!(MinBond::get(), 10 * WGH);
		assert_eq!(HighValue::get(), 1_000 * WGH);
		assert_eq!(MinSellerBond::get(), WGH);
		assert_eq!(RepeatFee::get(), 10 * MILLI_WGH);
	});
}

#[test]
fn figures_of_the_market_are_clamped_when_root_sets_nonsense() {
	use dynamic_params::market::{self, Parameters as Market};
	type Clamped = (fn(Balance) -> Market, fn() -> Balance, Balance, Balance);
	let amounts: [Clamped; 5] = [
		(
			|amount| Market::MinReward(market::MinReward, Some(amount)),
			MinReward::get,
			MinReward::MIN,
			MinReward::MAX,
		),
		(
			|amount| Market::MinBond(market::MinBond, Some(amount)),
			MinBond::get,
			MinBond::MIN,
			MinBond::MAX,
		),
		(
			|amount| Market::HighValue(market::HighValue, Some(amount)),
			HighValue::get,
			HighValue::MIN,
			HighValue::MAX,
		),
		(
			|amount| Market::MinSellerBond(market::MinSellerBond, Some(amount)),
			MinSellerBond::get,
			MinSellerBond::MIN,
			MinSellerBond::MAX,
		),
		(
			|amount| Market::RepeatFee(market::RepeatFee, Some(amount)),
			RepeatFee::get,
			RepeatFee::MIN,
			RepeatFee::MAX,
		),
	];
	let set = |figure: Market| {
		let figure = RuntimeParameters::Market(figure);
		assert_ok!(Parameters::set_parameter(RuntimeOrigin::root(), figure));
	};
	development(|| {
		for (name, read, least, most) in amounts {
			set(name(0));
			assert_eq!(read(), least);
			set(name(Balance::MAX));
			assert_eq!(read(), most);
		}
		set(Market::AuditChance(market::AuditChance, Some(0)));
		assert_eq!(AuditChance::get(), AuditChance::MIN);
		set(Market::AuditChance(market::AuditChance, Some(u32::MAX)));
		assert_eq!(AuditChance::get(), AuditChance::MAX);
	});
}

fn blocks<Window: Get<u32>>() -> u32 {
	Window::get()
}

#[test]
fn windows_of_inference_are_times_in_blocks_of_two_seconds() {
	use pallet_inference::Config;
	let millis = blocks::<<Runtime as Config>::BlockMillis>();
	assert_eq!(u64::from(millis), SLOT_DURATION);
	assert_eq!(blocks::<<Runtime as Config>::MinCommitWindow>() * 2, 20);
	assert_eq!(
		blocks::<<Runtime as Config>::MaxCommitWindow>(),
		20 * MINUTES
	);
	assert_eq!(blocks::<<Runtime as Config>::RevealWindow>() * 2, 30);
	assert_eq!(
		blocks::<<Runtime as Config>::ChallengeWindow>(),
		10 * MINUTES
	);
	assert_eq!(
		blocks::<<Runtime as Config>::HighValueChallengeWindow>(),
		24 * HOURS
	);
	assert_eq!(blocks::<<Runtime as Config>::HeartbeatWindow>() * 2, 100);
	assert_eq!(blocks::<<Runtime as Config>::UnbondingPeriod>(), 7 * DAYS);
	assert_eq!(blocks::<<Runtime as Config>::ReceiptLifetime>(), 30 * DAYS);
}

/// What the last block left for draws, if it is block 9 of an epoch that began at `epoch_start`
/// and in which slots are allowed as `allowed`.
fn drawn_from(epoch_start: u32, allowed: AllowedSlots) -> Option<[u8; 32]> {
	System::set_block_number(10);
	pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some([7; 32]));
	pallet_babe::EpochStart::<Runtime>::put((1, epoch_start));
	pallet_babe::EpochConfig::<Runtime>::put(BabeEpochConfiguration {
		c: (1, 4),
		allowed_slots: allowed,
	});
	<Runtime as pallet_inference::Config>::LastBlockRandomness::get()
}

fn note(block: u32, output: Option<[u8; 32]>) {
	pallet_inference::Randomness::<Runtime>::insert(
		block % pallet_inference::RANDOMNESS_KEPT,
		pallet_inference::BlockRandomness { block, output },
	);
}

#[test]
fn a_draw_uses_the_last_block_when_every_block_carries_a_vrf() {
	development(|| {
		let allowed = AllowedSlots::PrimaryAndSecondaryVRFSlots;
		assert_eq!(drawn_from(2, allowed), Some([7; 32]));
		note(8, Some([6; 32]));
		assert_eq!(drawn_from(10, allowed), Some([7; 32]));
	});
}

#[test]
fn a_draw_uses_nothing_when_the_last_block_may_have_been_plain() {
	development(|| {
		let plain = AllowedSlots::PrimaryAndSecondaryPlainSlots;
		assert_eq!(drawn_from(2, plain), None);
		note(8, None);
		let vrf = AllowedSlots::PrimaryAndSecondaryVRFSlots;
		assert_eq!(drawn_from(10, vrf), None);
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
		std::any::type_name::<<Runtime as pallet_inference::Config>::WeightInfo>(),
		std::any::type_name::<<Runtime as pallet_reputation::Config>::WeightInfo>(),
		std::any::type_name::<<Runtime as pallet_feedback::Config>::WeightInfo>(),
		std::any::type_name::<<Runtime as pallet_delivery::Config>::WeightInfo>(),
	];
	for name in types {
		assert!(
			name.starts_with("weighhouse_runtime::weights::"),
			"{name} is not generated"
		);
	}
}

#[test]
fn sixty_raters_of_the_largest_pool_are_settled_in_what_one_block_gives_to_campaigns() {
	use pallet_feedback::WeightInfo;
	type Weights = <Runtime as pallet_feedback::Config>::WeightInfo;
	let record =
		<pallet_reputation::Pallet<Runtime> as RecordReputation<_>>::record_worker_weight();
	let all = Weights::weigh(60) + Weights::pay(60) + record * 60u64;
	let block = <Runtime as frame_system::Config>::BlockWeights::get().max_block;
	assert!(all.all_lte(block / 8u64), "{all:?} of {block:?}");
}

#[test]
fn the_pallets_of_frame_charge_the_weights_they_ship_with() {
	use std::any::type_name;
	let types = [
		type_name::<<Runtime as frame_system::Config>::SystemWeightInfo>(),
		type_name::<<Runtime as frame_system::Config>::ExtensionsWeightInfo>(),
		type_name::<<Runtime as pallet_timestamp::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_session::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_balances::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_transaction_payment::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_sudo::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_utility::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_proxy::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_multisig::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_preimage::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_scheduler::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_safe_mode::Config>::WeightInfo>(),
	];
	for name in types {
		assert!(
			name.ends_with("::SubstrateWeight<weighhouse_runtime::Runtime>"),
			"{name} counts another database"
		);
	}
}

#[test]
fn pallets_without_weights_of_their_own_charge_no_less_than_this_database_costs() {
	use pallet_parameters::WeightInfo;
	let database: RuntimeDbWeight = <Runtime as frame_system::Config>::DbWeight::get();
	assert_eq!(database, ParityDbWeight::get());
	let fallback = RocksDbWeight::get();
	assert!(fallback.read >= database.read && fallback.write >= database.write);
	let set = <Runtime as pallet_parameters::Config>::WeightInfo::set_parameter();
	assert_eq!(
		<() as WeightInfo>::set_parameter() - fallback.reads_writes(1, 1),
		set - database.reads_writes(1, 1)
	);
}

#[test]
fn every_pallet_finds_its_settings_consistent() {
	use frame_support::traits::IntegrityTest;
	development(<weighhouse_runtime::AllPalletsWithSystem as IntegrityTest>::integrity_test);
}
