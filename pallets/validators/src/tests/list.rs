//! Whom root adds and removes.

use crate::{mock::*, Error, Event};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn add_puts_a_validator_at_the_end_of_the_list() {
	run(|| {
		assert_ok!(set_keys(EVE, 5));
		assert_ok!(add(EVE));
		assert_eq!(members(), [ALICE, BOB, CAROL, DAVE, EVE]);
		assert_eq!(events(), [Event::Added { who: EVE }]);
	});
}

#[test]
fn add_refuses_anybody_but_root() {
	run(|| {
		assert_ok!(set_keys(EVE, 5));
		for origin in [signed(ALICE), signed(EVE), RuntimeOrigin::none()] {
			assert_noop!(Validators::add(origin, EVE), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn add_refuses_an_account_without_keys() {
	run(|| {
		assert_noop!(add(EVE), Error::<Test>::NoKeys);
		assert_ok!(set_keys(EVE, 5));
		assert_ok!(purge_keys(EVE));
		assert_noop!(add(EVE), Error::<Test>::NoKeys);
	});
}

#[test]
fn add_refuses_whoever_is_on_the_list() {
	run(|| {
		for who in FOUR {
			assert_noop!(add(who), Error::<Test>::AlreadyValidator);
		}
		join(EVE);
		assert_noop!(add(EVE), Error::<Test>::AlreadyValidator);
	});
}

#[test]
fn add_refuses_more_than_the_most() {
	run(|| {
		for who in [EVE, FRED, GRACE] {
			join(who);
		}
		assert_eq!(members(), ALL[..MOST as usize]);
		assert_ok!(set_keys(HEIDI, 8));
		assert_noop!(add(HEIDI), Error::<Test>::TooMany);
		assert_ok!(remove(ALICE));
		assert_ok!(add(HEIDI));
		assert_eq!(members(), ALL[1..]);
	});
}

#[test]
fn remove_takes_a_validator_off_the_list_and_keeps_the_order() {
	run(|| {
		assert_ok!(remove(BOB));
		assert_eq!(members(), [ALICE, CAROL, DAVE]);
		assert_eq!(events(), [Event::Removed { who: BOB }]);
	});
}

#[test]
fn remove_refuses_anybody_but_root() {
	run(|| {
		for origin in [signed(ALICE), signed(DAVE), RuntimeOrigin::none()] {
			assert_noop!(Validators::remove(origin, DAVE), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn remove_refuses_whoever_is_not_on_the_list() {
	run(|| {
		assert_noop!(remove(EVE), Error::<Test>::NotValidator);
		assert_ok!(set_keys(EVE, 5));
		assert_noop!(remove(EVE), Error::<Test>::NotValidator);
		assert_ok!(remove(DAVE));
		assert_noop!(remove(DAVE), Error::<Test>::NotValidator);
	});
}

#[test]
fn remove_refuses_to_leave_less_than_the_least() {
	run(|| {
		assert_ok!(remove(DAVE));
		for who in [ALICE, BOB, CAROL] {
			assert_noop!(remove(who), Error::<Test>::TooFew);
		}
		join(EVE);
		assert_ok!(remove(ALICE));
		assert_eq!(members(), [BOB, CAROL, EVE]);
	});
}

#[test]
fn whoever_was_removed_may_be_added_again() {
	run(|| {
		assert_ok!(remove(BOB));
		assert_ok!(add(BOB));
		assert_eq!(members(), [ALICE, CAROL, DAVE, BOB]);
		assert_eq!(
			events(),
			[Event::Removed { who: BOB }, Event::Added { who: BOB }]
		);
	});
}
