//! Of whom reports are heard.

use crate::{mock::*, Reported};
use frame_support::assert_ok;

#[test]
fn a_validator_is_heard_of_once_in_a_session() {
	run(|| {
		assert!(Validators::hears_of(&DAVE));
		assert!(Validators::hear_of(&DAVE));
		assert!(!Validators::hears_of(&DAVE));
		assert!(!Validators::hear_of(&DAVE));
		assert!(Validators::hear_of(&CAROL));
		assert_eq!(Reported::<Test>::get().1.into_inner(), [DAVE, CAROL]);

		next_session();
		assert!(Validators::hear_of(&CAROL));
		assert!(!Validators::hear_of(&CAROL));
		assert!(Validators::hear_of(&DAVE));
		assert_eq!(Reported::<Test>::get().1.into_inner(), [CAROL, DAVE]);
	});
}

#[test]
fn whoever_is_no_validator_and_is_not_to_be_one_is_not_heard_of() {
	run(|| {
		assert!(!Validators::hears_of(&EVE));
		assert!(!Validators::hear_of(&EVE));
		assert!(Reported::<Test>::get().1.is_empty());

		join(EVE);
		assert!(Validators::hears_of(&EVE), "it is to be one");
		until(4);
		assert_ok!(remove(EVE));
		assert!(Validators::hears_of(&EVE), "it still is one");
		until(6);
		assert!(!Validators::hears_of(&EVE));
	});
}

#[test]
fn no_more_are_heard_of_in_a_session_than_there_may_be_validators() {
	run_on(&ALL[..7], || {
		until(2);
		for who in &ALL[..7] {
			assert!(Validators::hear_of(who));
		}
		assert_ok!(remove(ALICE));
		join(HEIDI);
		assert!(Validators::hears_of(&HEIDI));
		assert!(!Validators::hear_of(&HEIDI));
	});
}
