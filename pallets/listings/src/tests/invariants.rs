//! Each invariant is broken by hand, and the check names it.

use frame_support::assert_ok;
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{royalty::MAX_DIRECT, DerivativePolicy, Share, PARTS};

use crate::{mock::*, EarliestVersion, NextListing, Precedence, RootClaims, RootOrder, Roots};

type Listing = crate::ListingOf<Test>;
type Version = crate::VersionOf<Test>;

/// Three listings of which the third is a child of the first, a claim, and a proposal.
fn broken(by: impl FnOnce()) -> &'static str {
	let mut broken = "";
	ExtBuilder::default().build().execute_with(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		registered(draft(1), BOB);
		registered(draft(3).parents([parent(1, 1, PARTS / 10)]), CAROL);
		assert_ok!(Listings::claim_root(signed(BOB), root(9)));
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, BOB));
		assert_eq!(Listings::check_invariants(), Ok(()));
		by();
		match Listings::check_invariants() {
			Err(TryRuntimeError::Other(named)) => broken = named,
			other => panic!("not noticed: {other:?}"),
		}
	});
	broken
}

fn listing(id: u32, change: impl FnOnce(&mut Listing)) {
	crate::Listings::<Test>::mutate(id, |listing| change(listing.as_mut().expect("it exists")));
}

fn version(id: u32, number: u32, change: impl FnOnce(&mut Version)) {
	crate::Versions::<Test>::mutate(id, number, |version| {
		change(version.as_mut().expect("it stands"))
	});
}

/// Breaks in turn, and each time the check says the sentence beside it.
fn assert_named<const N: usize>(cases: [(fn(), &'static str); N]) {
	for (by, named) in cases {
		assert_eq!(broken(by), named);
	}
}

#[test]
fn inv_1_is_named_when_numbers_and_counters_differ() {
	assert_named::<6>([
		(
			|| NextListing::<Test>::put(3),
			"INV-1: a listing's number lies above the counter",
		),
		(
			|| listing(1, |listing| listing.versions = 1),
			"INV-1: a version's number lies above its listing's counter",
		),
		(
			|| listing(1, |listing| listing.live_versions = 1),
			"INV-1: a listing miscounts its standing versions",
		),
		(
			|| listing(1, |listing| listing.live_versions = 0),
			"INV-1: a listing has no standing version",
		),
		(
			|| crate::Versions::<Test>::remove(2, 1),
			"INV-1: a listing miscounts its standing versions",
		),
		(
			|| crate::Listings::<Test>::remove(2),
			"INV-1: a version lacks its listing",
		),
	]);
}

#[test]
fn inv_2_is_named_when_lineage_is_broken() {
	assert_named::<5>([
		(
			|| version(1, 1, |version| version.children = 0),
			"INV-2: a version miscounts its children",
		),
		(
			|| version(2, 1, |version| version.children = 1),
			"INV-2: a version miscounts its children",
		),
		(
			|| version(3, 1, |version| version.parents[0].version = 9),
			"INV-2: a parent does not stand",
		),
		(
			|| version(3, 1, |version| version.parents[0].listing = 3),
			"INV-2: a version names its own listing as its parent",
		),
		(
			|| {
				version(3, 1, |version| {
					version
						.parents
						.try_push(parent(1, 2, 0))
						.expect("there is room")
				})
			},
			"INV-2: a version names a listing twice as its parent",
		),
	]);
}

#[test]
fn inv_3_is_named_when_a_royalty_table_differs_from_the_parents() {
	let named = "INV-3: a royalty table differs from what the parents give";
	assert_named::<4>([
		(
			|| version(3, 1, |version| version.royalties[0].parts = 0),
			named,
		),
		(
			|| version(3, 1, |version| version.royalties[0].listing = 2),
			named,
		),
		(|| version(3, 1, |version| version.royalties.clear()), named),
		(
			|| {
				version(2, 1, |version| {
					let share = Share {
						listing: 3,
						parts: MAX_DIRECT + 1,
					};
					version.royalties.try_push(share).expect("there is room")
				})
			},
			named,
		),
	]);
}

#[test]
fn inv_4_is_named_when_roots_and_ranks_differ() {
	assert_named::<6>([
		(
			|| RootOrder::<Test>::remove(root(1), Precedence::new(1_u32, 2, 1)),
			"INV-4: a version lacks its rank",
		),
		(
			|| RootOrder::<Test>::insert(root(1), Precedence::new(5_u32, 2, 1), ()),
			"INV-4: a rank lacks its version",
		),
		(
			|| Roots::<Test>::remove(root(1)),
			"INV-4: roots and their ranks differ in number",
		),
		(
			|| {
				Roots::<Test>::remove(root(1));
				Roots::<Test>::insert(
					root(7),
					EarliestVersion {
						listing: 1,
						version: 1,
						since: 1,
					},
				);
			},
			"INV-4: a root has no earliest version",
		),
		(
			|| {
				Roots::<Test>::insert(
					root(1),
					EarliestVersion {
						listing: 2,
						version: 1,
						since: 1,
					},
				)
			},
			"INV-4: a root does not name the first in rank",
		),
		(
			|| {
				Roots::<Test>::insert(
					root(1),
					EarliestVersion {
						listing: 1,
						version: 1,
						since: 0,
					},
				)
			},
			"INV-4: a root misstates since when it is known",
		),
	]);
}

#[test]
fn inv_5_is_named_when_bytes_differ_from_the_records() {
	let named = "INV-5: a listing's bytes differ from those of its records";
	assert_named::<2>([
		(|| listing(1, |listing| listing.bytes += 1), named),
		(
			|| version(1, 1, |version| version.licence = Default::default()),
			named,
		),
	]);
}

#[test]
fn inv_6_is_named_when_a_block_lies_in_the_future() {
	assert_named::<3>([
		(
			|| version(2, 1, |version| version.published = 2),
			"INV-6: a version is published in the future",
		),
		(
			|| version(2, 1, |version| version.published = 0),
			"INV-6: bytes are known later than published",
		),
		(
			|| {
				RootClaims::<Test>::mutate(BOB, root(9), |claim| {
					claim.as_mut().expect("it stands").block = 2
				})
			},
			"INV-6: a root is claimed in the future",
		),
	]);
}

#[test]
fn inv_7_is_named_when_a_listing_is_proposed_to_its_owner() {
	assert_named::<1>([(
		|| listing(1, |listing| listing.proposed_owner = Some(ALICE)),
		"INV-7: a listing is proposed to its own owner",
	)]);
}

#[test]
fn inv_8_is_named_when_a_field_is_what_no_call_accepts() {
	assert_named::<6>([
		(
			|| listing(1, |listing| listing.name[0] = b'\n'),
			"INV-8: a name is malformed",
		),
		(
			|| listing(1, |listing| listing.task[0] = b'I'),
			"INV-8: a task is malformed",
		),
		(
			|| version(1, 1, |version| version.licence[0] = b' '),
			"INV-8: a licence is malformed",
		),
		(
			|| version(1, 1, |version| version.answers.tau = 65),
			"INV-8: a version's answers are out of range",
		),
		(
			|| {
				version(1, 1, |version| {
					version.derivatives = DerivativePolicy::Royalty(MAX_DIRECT + 1)
				})
			},
			"INV-8: a derivative policy is over the cap",
		),
		(
			|| {
				// Moved with its rank, so that nothing else is wrong.
				let (zero, rank) = (root(0), Precedence::new(1_u32, 3, 1));
				version(3, 1, |version| version.artifact_root = zero);
				RootOrder::<Test>::remove(root(3), rank);
				RootOrder::<Test>::insert(zero, rank, ());
				Roots::<Test>::swap(root(3), zero);
			},
			"INV-8: an artifact root is zero",
		),
	]);
}
