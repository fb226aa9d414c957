//! Each invariant broken on purpose.

use crate::{mock::*, Members};
use frame_support::{assert_ok, BoundedVec};
use sp_runtime::TryRuntimeError;

/// Puts `who` on the list, whatever the rules are, and checks the invariants.
fn check(who: &[AccountId]) -> Result<(), TryRuntimeError> {
	Members::<Test>::set(BoundedVec::truncate_from(who.to_vec()));
	Validators::check_invariants()
}

#[test]
fn invariants_hold_from_the_least_to_the_most() {
	run(|| {
		for count in LEAST..=MOST {
			assert_ok!(check(&ALL[..count as usize]));
		}
	});
}

#[test]
fn inv_1_fails_when_an_account_is_listed_twice() {
	run(|| {
		let twice = check(&[ALICE, BOB, CAROL, DAVE, BOB]);
		assert_eq!(twice, Err("INV-1: an account is listed twice".into()));
		assert_ok!(check(&FOUR));
	});
}

#[test]
fn inv_2_fails_when_the_list_is_too_short() {
	run(|| {
		for count in 0..LEAST {
			let short = check(&ALL[..count as usize]);
			assert_eq!(short, Err("INV-2: the list is too short".into()));
		}
		assert_ok!(check(&FOUR));
	});
}
