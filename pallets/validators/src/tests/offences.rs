//! What becomes of those who contradicted themselves.

use crate::{mock::*, Event, LastExpelled};
use frame_support::assert_ok;
use pallet_session::DisabledValidators;
use sp_staking::offence::OffenceSeverity;

#[test]
fn whoever_contradicted_itself_is_disabled_and_off_the_list_at_once() {
	run(|| {
		offend(&[DAVE]);
		assert_eq!(
			DisabledValidators::<Test>::get(),
			[(3, OffenceSeverity(FRACTION))]
		);
		assert_eq!(members(), [ALICE, BOB, CAROL]);
		assert_eq!(LastExpelled::<Test>::get(), Some((2, DAVE)));
		assert_eq!(events(), [Event::Expelled { who: DAVE }]);
	});
}

#[test]
fn whoever_contradicted_itself_stays_disabled_until_it_has_left() {
	run(|| {
		offend(&[BOB]);
		next_session();
		assert_eq!(set(), FOUR);
		assert_eq!(disabled(), [BOB]);
		next_session();
		assert_eq!(set(), [ALICE, CAROL, DAVE]);
		assert!(disabled().is_empty());
		until(6);
		assert_eq!(set(), [ALICE, CAROL, DAVE]);
		assert!(disabled().is_empty());
	});
}

#[test]
fn whoever_is_on_its_way_out_stays_disabled_when_the_set_changes_before() {
	run(|| {
		assert_ok!(set_keys(BOB, 22));
		next_session();
		offend(&[DAVE]);
		next_session();
		assert_eq!(set(), FOUR);
		assert_eq!(
			DisabledValidators::<Test>::get(),
			[(3, OffenceSeverity::max_severity())]
		);
		next_session();
		assert_eq!(set(), [ALICE, BOB, CAROL]);
		assert!(disabled().is_empty());
	});
}

#[test]
fn whoever_root_added_again_is_enabled_by_the_next_change_of_the_set() {
	run(|| {
		offend(&[DAVE]);
		assert_ok!(add(DAVE));
		assert_ok!(set_keys(BOB, 22));
		next_session();
		assert_eq!(disabled(), [DAVE]);
		next_session();
		assert_eq!(set(), FOUR);
		assert!(disabled().is_empty());
	});
}

#[test]
fn offences_take_one_off_the_list_in_a_session() {
	run_on(&ALL[..6], || {
		until(2);
		offend(&[CAROL]);
		offend(&[DAVE]);
		let spared = [ALICE, BOB, DAVE, EVE, FRED];
		assert_eq!(members(), spared);
		assert_eq!(LastExpelled::<Test>::get(), Some((2, CAROL)));
		assert_eq!(events(), [Event::Expelled { who: CAROL }]);
		next_session();
		assert_eq!(members(), spared);

		// In another session it is one more.
		offend(&[DAVE]);
		assert_eq!(members(), [ALICE, BOB, EVE, FRED]);
		assert_eq!(LastExpelled::<Test>::get(), Some((3, DAVE)));
		assert_eq!(events().last(), Some(&Event::Expelled { who: DAVE }));
	});
}

#[test]
fn of_several_who_did_the_same_the_last_alone_is_disabled_and_off_the_list() {
	run_on(&ALL[..6], || {
		until(2);
		offend(&[EVE, BOB]);
		assert_eq!(members(), [ALICE, CAROL, DAVE, EVE, FRED]);
		assert_eq!(disabled(), [BOB]);
		assert_eq!(events(), [Event::Expelled { who: BOB }]);
	});
}

#[test]
fn offences_never_take_the_list_below_the_least() {
	run(|| {
		offend(&[DAVE]);
		next_session();
		offend(&[CAROL]);
		assert_eq!(members(), [ALICE, BOB, CAROL]);
		assert_eq!(LastExpelled::<Test>::get(), Some((2, DAVE)));
		assert_eq!(events(), [Event::Expelled { who: DAVE }]);
		until(5);
		assert_eq!(set(), [ALICE, BOB, CAROL]);
	});
}

#[test]
fn a_member_without_keys_does_not_count_among_those_who_are_left() {
	run(|| {
		assert_ok!(purge_keys(ALICE));
		offend(&[DAVE]);
		assert_eq!(members(), FOUR);
		assert_ok!(set_keys(ALICE, 11));
		offend(&[DAVE]);
		assert_eq!(members(), [ALICE, BOB, CAROL]);
	});
}

#[test]
fn whoever_came_back_and_leaves_later_makes_blocks_until_then() {
	run(|| {
		offend(&[DAVE]);
		until(4);
		assert_ok!(add(DAVE));
		until(6);
		assert_eq!(set(), FOUR);
		assert_ok!(remove(DAVE));
		next_session();
		assert_eq!(set(), FOUR);
		assert!(disabled().is_empty());
	});
}

#[test]
fn whoever_was_spared_does_not_count_as_the_one_of_a_session() {
	run(|| {
		assert_ok!(remove(DAVE));
		offend(&[CAROL]);
		assert_eq!(LastExpelled::<Test>::get(), None);
		join(EVE);
		offend(&[CAROL]);
		assert_eq!(members(), [ALICE, BOB, EVE]);
		assert_eq!(LastExpelled::<Test>::get(), Some((2, CAROL)));
	});
}

#[test]
fn an_offence_of_somebody_who_is_not_on_the_list_takes_nobody_off() {
	run(|| {
		offend(&[EVE]);
		assert_eq!(members(), FOUR);
		assert!(disabled().is_empty());
		assert_eq!(LastExpelled::<Test>::get(), None);
		assert!(events().is_empty());
	});
}

#[test]
fn whoever_root_removed_is_disabled_for_what_it_does_on_its_way_out() {
	run(|| {
		assert_ok!(remove(DAVE));
		offend(&[DAVE]);
		assert_eq!(disabled(), [DAVE]);
		assert_eq!(events(), [Event::Removed { who: DAVE }]);
		assert_eq!(LastExpelled::<Test>::get(), None);
		until(4);
		assert_eq!(set(), [ALICE, BOB, CAROL]);
		assert!(disabled().is_empty());
	});
}

#[test]
fn of_three_validators_nobody_is_disabled_and_of_six_one() {
	run_on(&[ALICE, BOB, CAROL], || {
		offend(&[ALICE]);
		assert!(disabled().is_empty());
	});
	run_on(&ALL[..6], || {
		offend(&[BOB]);
		offend(&[ALICE]);
		assert_eq!(disabled(), [BOB]);
	});
}

#[test]
fn of_seven_validators_two_are_disabled_and_each_until_it_has_left() {
	run_on(&ALL[..7], || {
		until(2);
		offend(&[CAROL]);
		next_session();
		offend(&[DAVE]);
		assert_eq!(disabled(), [CAROL, DAVE]);
		next_session();
		assert_eq!(set(), [ALICE, BOB, DAVE, EVE, FRED, GRACE]);
		assert_eq!(disabled(), [DAVE]);
		next_session();
		assert_eq!(set(), [ALICE, BOB, EVE, FRED, GRACE]);
		assert!(disabled().is_empty());
	});
}

#[test]
fn root_may_remove_whom_offences_spared() {
	run_on(&ALL[..5], || {
		until(2);
		offend(&[CAROL]);
		offend(&[DAVE]);
		assert_ok!(remove(DAVE));
		assert_eq!(members(), [ALICE, BOB, EVE]);
		assert_eq!(
			events(),
			[Event::Expelled { who: CAROL }, Event::Removed { who: DAVE }]
		);
		until(4);
		assert_eq!(set(), [ALICE, BOB, EVE]);
	});
}
