use frame_support::{assert_noop, assert_ok};
use sp_runtime::traits::Dispatchable;
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

#[test]
fn nobody_enters_safe_mode_by_a_deposit() {
	development(|| {
		assert_noop!(
			SafeMode::enter(signed(ALICE)),
			pallet_safe_mode::Error::<Runtime>::NotConfigured
		);
	});
}
