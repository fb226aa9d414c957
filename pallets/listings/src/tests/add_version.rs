use frame_support::{assert_noop, assert_ok};
use weighhouse_primitives::{ContentId, DerivativePolicy, Serving};

use crate::{mock::*, Error, Event};

type E = Error<Test>;

#[test]
fn add_version_stores_it_and_grows_the_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let before = listing_deposit(&ALICE);
		next_block();
		events();

		let second = Draft {
			licence: text("MIT"),
			serving: Serving::Owner,
			derivatives: DerivativePolicy::Forbidden,
			..draft(2)
		};
		assert_ok!(second.add_to(ALICE, 1));

		let version = version_of(1, 2);
		assert_eq!(version.manifest, ContentId::raw([2; 32]));
		assert_eq!(version.artifact_root, root(2));
		assert_eq!(version.licence.as_slice(), b"MIT");
		assert_eq!(version.serving, Serving::Owner);
		assert_eq!(version.derivatives, DerivativePolicy::Forbidden);
		assert_eq!(version.published, 2);
		assert_eq!(
			(listing_of(1).versions, listing_of(1).live_versions),
			(2, 2)
		);
		// `Forbidden` carries no number: 4 bytes less than the 98 of a version but its text.
		assert_eq!(
			listing_deposit(&ALICE) - before,
			PER_ITEM + PER_BYTE * (94 + 124 + 3)
		);
		assert_eq!(
			events(),
			[Event::VersionPublished {
				listing: 1,
				version: 2,
				artifact_root: root(2),
				manifest: ContentId::raw([2; 32]),
				same_bytes_as: None,
			}]
		);
	});
}

#[test]
fn add_version_leaves_earlier_versions_alone() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let first = version_of(1, 1);
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_eq!(version_of(1, 1), first);
	});
}

#[test]
fn add_version_is_refused_when_the_listing_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(draft(1).add_to(ALICE, 1), E::UnknownListing);
	});
}

#[test]
fn add_version_is_refused_when_the_caller_is_not_the_owner() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(draft(2).add_to(BOB, 1), E::NotOwner);
	});
}

#[test]
fn add_version_is_refused_when_the_listing_had_its_last_one() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		for seed in 2..=4 {
			assert_ok!(draft(seed).add_to(ALICE, 1));
		}
		// Removing one makes no room: numbers are never used again.
		assert_ok!(Listings::remove_version(signed(ALICE), 1, 2));
		assert_noop!(draft(5).add_to(ALICE, 1), E::TooManyVersions);
	});
}

#[test]
fn add_version_is_refused_when_what_register_refuses_is_given() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let bad = Draft {
			manifest: text("nonsense"),
			..draft(2)
		};
		assert_noop!(bad.add_to(ALICE, 1), E::CidMalformed);
		let bad = Draft {
			licence: text(""),
			..draft(2)
		};
		assert_noop!(bad.add_to(ALICE, 1), E::LicenceMissing);
		let bad = draft(2).parents([parent(9, 1, 0)]);
		assert_noop!(bad.add_to(ALICE, 1), E::UnknownParent);
	});
}

#[test]
fn add_version_is_refused_when_the_balance_does_not_cover_the_deposit() {
	let one_version = 2 * PER_ITEM + PER_BYTE * (101 + 98 + 124 + 36);
	let two_versions = one_version + PER_ITEM + PER_BYTE * (98 + 124 + 10);
	let short = two_versions + EXISTENTIAL_DEPOSIT - 1;
	ExtBuilder::default()
		.endow(BOB, short)
		.endow(CAROL, short + 1)
		.build_and_execute(|| {
			registered(draft(1), BOB);
			assert_noop!(draft(2).add_to(BOB, 1), E::BalanceTooLow);
			registered(draft(1), CAROL);
			assert_ok!(draft(2).add_to(CAROL, 2));
			assert_eq!(listing_deposit(&CAROL), two_versions);
		});
}

#[test]
fn add_version_keeps_a_pending_proposal() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, BOB));
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_eq!(listing_of(1).proposed_owner, Some(BOB));
	});
}

#[test]
fn add_version_may_repeat_the_bytes_of_an_earlier_one() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		events();
		assert_ok!(draft(1).add_to(ALICE, 1));
		assert!(matches!(
			events()[..],
			[Event::VersionPublished {
				version: 2,
				same_bytes_as: Some((1, 1)),
				..
			}]
		));
	});
}
