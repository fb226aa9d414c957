use frame_support::{assert_ok, assert_storage_noop};
use weighhouse_primitives::{ContentId, ListingRegistry, Serving, Share, VersionTerms, PARTS};

use crate::{mock::*, WeightInfo};

type Registry = Listings;

#[test]
fn owner_follows_the_listing() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Registry::owner(1), None);
		registered(draft(1), ALICE);
		assert_eq!(Registry::owner(1), Some(ALICE));
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, BOB));
		assert_eq!(Registry::owner(1), Some(ALICE));
		assert_ok!(Listings::accept_ownership(signed(BOB), 1));
		assert_eq!(Registry::owner(1), Some(BOB));
	});
}

#[test]
fn latest_version_is_the_newest_number() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Registry::latest_version(1), None);
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_eq!(Registry::latest_version(1), Some(2));
		assert_ok!(Listings::remove_version(signed(ALICE), 1, 2));
		assert_eq!(Registry::latest_version(1), Some(2));
	});
}

#[test]
fn version_terms_say_what_the_market_needs() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let child = Draft {
			serving: Serving::Licensed,
			..draft(2)
		};
		registered(child.parents([parent(1, 1, PARTS / 10)]), BOB);
		let terms = |yanked| VersionTerms {
			yanked,
			table: vec![Share {
				listing: 1,
				parts: PARTS / 10,
			}],
			serving: Serving::Licensed,
			answers: EXACT,
			manifest: ContentId::raw([2; 32]),
			artifact_root: root(2).0,
			sealed: None,
		};
		assert_eq!(Registry::version_terms(2, 1), Some(terms(false)));
		assert_ok!(Listings::yank(signed(BOB), 2, 1));
		assert_eq!(Registry::version_terms(2, 1), Some(terms(true)));
		assert_eq!(Registry::version_terms(2, 2), None);
		assert_eq!(Registry::version_terms(3, 1), None);
	});
}

#[test]
fn is_for_sale_denies_what_is_yanked_or_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_ok!(Listings::yank(signed(ALICE), 1, 1));
		assert!(!Registry::is_for_sale(1, 1));
		assert!(Registry::is_for_sale(1, 2));
		assert!(!Registry::is_for_sale(1, 3));
		assert!(!Registry::is_for_sale(2, 1));
	});
}

#[test]
fn retain_counts_and_release_takes_back() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), ALICE);
		assert_eq!(Registry::retain(1), Ok(()));
		assert_eq!(Registry::retain(1), Ok(()));
		assert_eq!((listing_of(1).dependants, listing_of(2).dependants), (2, 0));
		Registry::release(1);
		assert_eq!(listing_of(1).dependants, 1);
	});
}

#[test]
fn retain_fails_when_there_is_no_such_listing() {
	ExtBuilder::default().build_and_execute(|| {
		assert_storage_noop!(assert_eq!(Registry::retain(1), Err(())));
	});
}

#[test]
fn retain_fails_when_there_is_no_room() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		crate::Listings::<Test>::mutate_extant(1, |listing| listing.dependants = u32::MAX);
		assert_storage_noop!(assert_eq!(Registry::retain(1), Err(())));
	});
}

#[test]
fn release_does_nothing_when_there_is_nothing_to_take_back() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_storage_noop!(Registry::release(1));
		assert_storage_noop!(Registry::release(2));
	});
}

#[test]
fn registry_weights_are_those_of_the_pallet() {
	assert_eq!(Registry::lookup_weight(), <() as WeightInfo>::lookup());
	assert_eq!(Registry::retain_weight(), <() as WeightInfo>::retain());
}
