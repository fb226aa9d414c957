use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::Dispatchable, DispatchError};
use weighhouse_primitives::inference::Ground;
use weighhouse_runtime::{Runtime, RuntimeCall, RuntimeOrigin, SafeMode};

use crate::chain::{development, signed, ALICE, BOB};

fn yank() -> RuntimeCall {
	RuntimeCall::Listings(pallet_listings::Call::yank {
		listing: 1,
		version: 1,
	})
}

fn buy() -> RuntimeCall {
	RuntimeCall::Licensing(pallet_licensing::Call::buy {
		listing: 1,
		offer: 1,
	})
}

#[test]
fn safe_mode_stops_new_risk_when_root_enters_it() {
	development(|| {
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		assert_noop!(
			buy().dispatch(signed(BOB)),
			frame_system::Error::<Runtime>::CallFiltered
		);
		// Passes the filter and fails for its own reason.
		assert_noop!(
			yank().dispatch(signed(ALICE)),
			pallet_listings::Error::<Runtime>::UnknownListing
		);
		assert_ok!(SafeMode::force_exit(RuntimeOrigin::root()));
		assert_noop!(
			buy().dispatch(signed(BOB)),
			pallet_licensing::Error::<Runtime>::UnknownListing
		);
	});
}

fn passes(call: RuntimeCall) -> bool {
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	call.dispatch(signed(BOB)).map_err(|failed| failed.error) != Err(filtered)
}

#[test]
fn safe_mode_lets_workers_finish_and_leave() {
	use pallet_inference::Call;
	development(|| {
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		for call in [
			Call::poke { job: 1 },
			Call::dispute {
				job: 1,
				ground: Ground::Wrong,
			},
			Call::commit_signed {
				job: 1,
				commitment: Default::default(),
			},
			Call::heartbeat_signed {},
			Call::unbond { amount: 1 },
			Call::withdraw_unbonded {},
			Call::stop_serving { listing: 1 },
			Call::pause {},
			Call::prune_receipt { receipt: 1 },
		] {
			assert!(passes(RuntimeCall::Inference(call.clone())), "{call:?}");
		}
		for call in [
			Call::bond_more { amount: 1 },
			Call::serve {
				listing: 1,
				min_reward: 1,
			},
			Call::resume {},
		] {
			assert!(!passes(RuntimeCall::Inference(call.clone())), "{call:?}");
		}
	});
}

#[test]
fn nobody_enters_safe_mode_by_a_deposit() {
	development(|| {
		assert_noop!(
			SafeMode::enter(signed(ALICE)),
			pallet_safe_mode::Error::<Runtime>::NotConfigured
		);
	});
}
