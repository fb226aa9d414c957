use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Error, Event};

type E = Error<Test>;

#[test]
fn yank_marks_the_version() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		let deposit = listing_deposit(&ALICE);
		events();

		assert_ok!(Listings::yank(signed(ALICE), 1, 1));

		assert!(version_of(1, 1).yanked);
		assert!(!version_of(1, 2).yanked);
		assert_eq!(listing_deposit(&ALICE), deposit);
		assert_eq!(
			events(),
			[Event::Yanked {
				listing: 1,
				version: 1
			}]
		);
	});
}

#[test]
fn yank_is_refused_when_the_listing_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Listings::yank(signed(ALICE), 1, 1), E::UnknownListing);
	});
}

#[test]
fn yank_is_refused_when_the_caller_is_not_the_owner() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(Listings::yank(signed(BOB), 1, 1), E::NotOwner);
	});
}

#[test]
fn yank_is_refused_when_the_version_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		for version in [0, 2] {
			assert_noop!(Listings::yank(signed(ALICE), 1, version), E::UnknownVersion);
		}
	});
}

#[test]
fn yank_is_refused_when_it_was_done_before() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(Listings::yank(signed(ALICE), 1, 1));
		assert_noop!(Listings::yank(signed(ALICE), 1, 1), E::AlreadyYanked);
	});
}
