use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use sp_runtime::traits::Dispatchable;
use weighhouse_primitives::{ListingRegistry, ListingRemoval, PARTS};

use crate::{mock::*, Call, Error, Event, NextListing, RootOrder, Roots, Versions, WeightInfo};

type E = Error<Test>;

const TENTH: u32 = PARTS / 10;

fn remove(who: AccountId, listing: u32, version: u32) -> sp_runtime::DispatchResult {
	Listings::remove_version(signed(who), listing, version)
		.map(|_| ())
		.map_err(|refused| refused.error)
}

#[test]
fn remove_version_releases_its_part_of_the_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let one = listing_deposit(&ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		events();

		assert_ok!(remove(ALICE, 1, 1));

		assert!(Versions::<Test>::get(1, 1).is_none());
		assert_eq!(
			(listing_of(1).versions, listing_of(1).live_versions),
			(2, 1)
		);
		// Both versions are of one size.
		assert_eq!(listing_deposit(&ALICE), one);
		assert_eq!(
			events(),
			[Event::VersionRemoved {
				listing: 1,
				version: 1
			}]
		);
	});
}

#[test]
fn remove_version_removes_the_listing_with_its_last_version() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_ok!(remove(ALICE, 1, 2));
		events();

		assert_ok!(remove(ALICE, 1, 1));

		assert!(crate::Listings::<Test>::get(1).is_none());
		assert_eq!(Versions::<Test>::iter().count(), 0);
		assert_eq!(Roots::<Test>::iter().count(), 0);
		assert_eq!(RootOrder::<Test>::iter().count(), 0);
		assert_eq!((listing_deposit(&ALICE), free(&ALICE)), (0, ENDOWMENT));
		assert_eq!(
			events(),
			[
				Event::VersionRemoved {
					listing: 1,
					version: 1
				},
				Event::ListingRemoved {
					listing: 1,
					owner: ALICE
				},
			]
		);
		assert_noop!(remove(ALICE, 1, 1), E::UnknownListing);
	});
}

#[test]
fn remove_version_tells_the_market_when_the_listing_goes() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), BOB);
		assert_ok!(draft(3).add_to(ALICE, 1));
		assert_ok!(remove(ALICE, 1, 2));
		assert!(removed().is_empty());
		assert_ok!(remove(ALICE, 1, 1));
		assert_eq!(removed(), [1]);
	});
}

#[test]
fn numbers_are_never_used_again() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_ok!(remove(ALICE, 1, 2));
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert!(Versions::<Test>::get(1, 2).is_none());
		assert!(Versions::<Test>::get(1, 3).is_some());

		assert_ok!(remove(ALICE, 1, 1));
		assert_ok!(remove(ALICE, 1, 3));
		assert_eq!(registered(draft(1), ALICE), 2);
		assert_eq!(NextListing::<Test>::get(), 3);
	});
}

#[test]
fn remove_version_is_refused_when_the_listing_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(remove(ALICE, 1, 1), E::UnknownListing);
	});
}

#[test]
fn remove_version_is_refused_when_the_version_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(remove(ALICE, 1, 2), E::UnknownVersion);
	});
}

#[test]
fn remove_version_is_refused_when_the_caller_is_not_the_owner() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(remove(BOB, 1, 1), E::NotOwner);
	});
}

#[test]
fn remove_version_is_refused_when_the_market_needs_the_listing() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_eq!(Listings::retain(1), Ok(()));
		assert_noop!(remove(ALICE, 1, 1), E::ListingInUse);
		Listings::release(1);
		assert_ok!(remove(ALICE, 1, 1));
	});
}

#[test]
fn remove_version_is_refused_when_a_child_names_it() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		registered(draft(3).parents([parent(1, 1, TENTH)]), BOB);
		assert_noop!(remove(ALICE, 1, 1), E::HasChildren);
		// Nobody names the other one.
		assert_ok!(remove(ALICE, 1, 2));
		assert_ok!(remove(BOB, 2, 1));
		assert_ok!(remove(ALICE, 1, 1));
	});
}

#[test]
fn remove_version_is_refused_when_a_child_without_royalty_names_it() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, 0)]), BOB);
		assert_noop!(remove(ALICE, 1, 1), E::HasChildren);
	});
}

#[test]
fn remove_version_keeps_a_payee_standing_through_the_generation_between() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, TENTH)]), BOB);
		registered(draft(3).parents([parent(2, 1, TENTH)]), CAROL);
		assert_eq!(version_of(3, 1).royalties.len(), 2);
		assert_noop!(remove(BOB, 2, 1), E::HasChildren);
		assert_noop!(remove(ALICE, 1, 1), E::HasChildren);
		assert_ok!(remove(CAROL, 3, 1));
		assert_ok!(remove(BOB, 2, 1));
		assert_ok!(remove(ALICE, 1, 1));
	});
}

#[test]
fn listings_that_name_each_other_can_be_removed() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, TENTH)]), BOB);
		assert_ok!(draft(3).parents([parent(2, 1, TENTH)]).add_to(ALICE, 1));
		assert_noop!(remove(ALICE, 1, 1), E::HasChildren);
		assert_noop!(remove(BOB, 2, 1), E::HasChildren);
		assert_ok!(remove(ALICE, 1, 2));
		assert_ok!(remove(BOB, 2, 1));
		assert_ok!(remove(ALICE, 1, 1));
		assert_eq!((free(&ALICE), free(&BOB)), (ENDOWMENT, ENDOWMENT));
	});
}

#[test]
fn remove_version_may_remove_a_yanked_one() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(Listings::yank(signed(ALICE), 1, 1));
		assert_ok!(remove(ALICE, 1, 1));
		assert_eq!(free(&ALICE), ENDOWMENT);
	});
}

#[test]
fn remove_version_makes_the_next_in_rank_the_earliest() {
	ExtBuilder::default().build_and_execute(|| {
		for who in [ALICE, BOB, CAROL] {
			registered(draft(1), who);
			next_block();
		}
		let first = || Listings::by_artifact_root(root(1));
		assert_eq!(first(), Some((1, 1, 1)));
		// Not the first: nothing changes.
		assert_ok!(remove(BOB, 2, 1));
		assert_eq!(first(), Some((1, 1, 1)));
		assert_ok!(remove(ALICE, 1, 1));
		assert_eq!(first(), Some((3, 1, 3)));
		assert_ok!(remove(CAROL, 3, 1));
		assert_eq!(first(), None);
	});
}

#[test]
fn remove_version_leaves_other_roots_alone() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), BOB);
		assert_ok!(remove(ALICE, 1, 1));
		assert_eq!(Listings::by_artifact_root(root(2)), Some((2, 1, 1)));
	});
}

#[test]
fn remove_version_costs_what_its_parents_cost() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, TENTH)]), BOB);
		let call = RuntimeCall::Listings(Call::remove_version {
			listing: 2,
			version: 1,
		});
		let declared = call.get_dispatch_info().call_weight;
		let done = call.dispatch(signed(BOB)).expect("nobody needs it");
		let market = MockMarket::after_removal_weight();
		assert_eq!(declared, <() as WeightInfo>::remove_version(8) + market);
		assert_eq!(
			done.actual_weight,
			Some(<() as WeightInfo>::remove_version(1) + market)
		);
	});
}
