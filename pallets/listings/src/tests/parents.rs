use frame_support::{assert_noop, assert_ok};
use weighhouse_primitives::{
	royalty::MAX_DIRECT, DerivativePolicy, Parent, Relation, Right, Share, PARTS,
};

use crate::{mock::*, Error};

type E = Error<Test>;

const TENTH: u32 = PARTS / 10;

fn shares(pairs: &[(u32, u32)]) -> Vec<Share> {
	pairs
		.iter()
		.map(|&(listing, parts)| Share { listing, parts })
		.collect()
}

fn table(listing: u32, version: u32) -> Vec<Share> {
	version_of(listing, version).royalties.into_inner()
}

#[test]
fn register_stores_parents_and_counts_children() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), ALICE);
		let parents = [
			parent(2, 1, 0),
			Parent {
				relation: Relation::Distilled,
				..parent(1, 1, TENTH)
			},
		];
		registered(draft(3).parents(parents), BOB);
		assert_eq!(version_of(3, 1).parents.to_vec(), parents);
		assert_eq!(
			(version_of(1, 1).children, version_of(2, 1).children),
			(1, 1)
		);
		assert_eq!(version_of(3, 1).children, 0);
		assert_eq!(table(3, 1), shares(&[(1, TENTH)]));
	});
}

#[test]
fn register_changes_nothing_of_a_parent_but_its_children() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let (listing, version) = (listing_of(1), version_of(1, 1));
		registered(draft(2).parents([parent(1, 1, TENTH)]), BOB);
		assert_eq!(listing_of(1), listing);
		assert_eq!(
			version_of(1, 1),
			crate::Version {
				children: 1,
				..version
			}
		);
	});
}

#[test]
fn register_pays_for_parents_and_royalties_by_the_byte() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), BOB);
		registered(draft(3).parents([parent(1, 1, TENTH)]), CAROL);
		// 13 bytes of parent and 8 of share.
		assert_eq!(
			listing_deposit(&CAROL) - listing_deposit(&BOB),
			PER_BYTE * 21
		);
	});
}

#[test]
fn add_version_may_name_parents() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), BOB);
		assert_ok!(draft(3).parents([parent(1, 1, TENTH)]).add_to(BOB, 2));
		assert_eq!(table(2, 2), shares(&[(1, TENTH)]));
		assert_eq!(version_of(1, 1).children, 1);
	});
}

#[test]
fn a_grandparent_is_paid_out_of_the_parents_royalty() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, PARTS / 5)]), BOB);
		registered(draft(3).parents([parent(2, 1, TENTH)]), CAROL);
		// A fifth of a tenth goes on to the grandparent.
		assert_eq!(
			table(3, 1),
			shares(&[(1, TENTH / 5), (2, TENTH - TENTH / 5)])
		);
	});
}

#[test]
fn an_ancestor_on_two_paths_is_paid_once_with_both_shares() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, PARTS / 2)]), BOB);
		let both = [parent(1, 1, TENTH), parent(2, 1, TENTH)];
		registered(draft(3).parents(both), CAROL);
		assert_eq!(
			table(3, 1),
			shares(&[(1, TENTH + TENTH / 2), (2, TENTH / 2)])
		);
	});
}

#[test]
fn what_would_come_back_to_the_own_listing_stays_with_the_seller() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, PARTS / 2)]), BOB);
		assert_ok!(draft(3).parents([parent(2, 1, TENTH)]).add_to(ALICE, 1));
		assert_eq!(table(1, 2), shares(&[(2, TENTH / 2)]));
	});
}

#[test]
fn a_parent_without_royalty_is_no_payee() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, 0)]), BOB);
		assert!(table(2, 1).is_empty());
		assert_eq!(version_of(1, 1).children, 1);
	});
}

#[test]
fn register_is_refused_when_a_parent_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		for unknown in [parent(9, 1, 0), parent(1, 0, 0), parent(1, 2, 0)] {
			assert_noop!(draft(2).parents([unknown]).register(BOB), E::UnknownParent);
		}
	});
}

#[test]
fn register_is_refused_when_a_parent_was_removed() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(Listings::remove_version(signed(ALICE), 1, 1));
		assert_noop!(
			draft(2).parents([parent(1, 1, 0)]).register(BOB),
			E::UnknownParent
		);
	});
}

#[test]
fn register_is_refused_when_a_parent_is_yanked() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(Listings::yank(signed(ALICE), 1, 1));
		assert_noop!(
			draft(2).parents([parent(1, 1, 0)]).register(BOB),
			E::ParentYanked
		);
	});
}

#[test]
fn yank_leaves_children_that_are_there() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, TENTH)]), BOB);
		assert_ok!(Listings::yank(signed(ALICE), 1, 1));
		assert_eq!(table(2, 1), shares(&[(1, TENTH)]));
		assert!(!version_of(2, 1).yanked);
	});
}

#[test]
fn register_is_refused_when_it_names_the_number_that_it_would_get() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			draft(1).parents([parent(1, 1, 0)]).register(ALICE),
			E::OwnParent
		);
	});
}

#[test]
fn add_version_is_refused_when_it_names_its_own_listing() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(
			draft(2).parents([parent(1, 1, 0)]).add_to(ALICE, 1),
			E::OwnParent
		);
	});
}

#[test]
fn register_is_refused_when_a_listing_is_named_twice() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(draft(2).add_to(ALICE, 1));
		let twice = [parent(1, 1, 0), parent(1, 2, 0)];
		assert_noop!(draft(3).parents(twice).register(BOB), E::DuplicateParent);
	});
}

#[test]
fn register_is_refused_when_there_are_nine_parents() {
	ExtBuilder::default().build_and_execute(|| {
		for seed in 1..=9 {
			registered(draft(seed), ALICE);
		}
		let nine = (1..=9).map(|listing| parent(listing, 1, 0));
		assert_noop!(draft(10).parents(nine).register(BOB), E::TooManyParents);
		let eight = (1..=8).map(|listing| parent(listing, 1, 0));
		assert_ok!(draft(10).parents(eight).register(BOB));
	});
}

#[test]
fn register_is_refused_when_a_parent_forbids_derivatives() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1).policy(DerivativePolicy::Forbidden), ALICE);
		assert_noop!(
			draft(2).parents([parent(1, 1, TENTH)]).register(BOB),
			E::DerivativesForbidden
		);
	});
}

#[test]
fn register_is_refused_when_the_royalty_is_below_the_minimum() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1).policy(DerivativePolicy::Royalty(TENTH)), ALICE);
		assert_noop!(
			draft(2).parents([parent(1, 1, TENTH - 1)]).register(BOB),
			E::RoyaltyBelowMinimum
		);
		assert_ok!(draft(2).parents([parent(1, 1, TENTH)]).register(BOB));
	});
}

#[test]
fn register_is_refused_when_a_licence_is_demanded_but_not_held() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1).policy(DerivativePolicy::Licensed(TENTH)), ALICE);
		let child = draft(2).parents([parent(1, 1, TENTH)]);
		// None of these is the right to use this version.
		grant_licence(&CAROL, 1, 1, Right::Use);
		grant_licence(&BOB, 1, 2, Right::Use);
		grant_licence(&BOB, 2, 1, Right::Use);
		grant_licence(&BOB, 1, 1, Right::Serve);
		assert_noop!(child.clone().register(BOB), E::LicenceRequired);
		grant_licence(&BOB, 1, 1, Right::Use);
		assert_ok!(child.register(BOB));
	});
}

#[test]
fn register_is_refused_when_a_licence_holder_pays_less_than_the_minimum() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1).policy(DerivativePolicy::Licensed(TENTH)), ALICE);
		grant_licence(&BOB, 1, 1, Right::Use);
		assert_noop!(
			draft(2).parents([parent(1, 1, TENTH - 1)]).register(BOB),
			E::RoyaltyBelowMinimum
		);
	});
}

#[test]
fn register_needs_no_licence_when_the_publisher_owns_the_parent() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1).policy(DerivativePolicy::Licensed(TENTH)), ALICE);
		assert_ok!(draft(2).parents([parent(1, 1, TENTH)]).register(ALICE));
	});
}

#[test]
fn register_is_refused_when_royalties_are_over_the_cap() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), ALICE);
		let over = [parent(1, 1, MAX_DIRECT), parent(2, 1, 1)];
		assert_noop!(draft(3).parents(over).register(BOB), E::RoyaltiesOverCap);
		let wrapping = [parent(1, 1, u32::MAX), parent(2, 1, 1)];
		assert_noop!(
			draft(3).parents(wrapping).register(BOB),
			E::RoyaltiesOverCap
		);
		let most = [parent(1, 1, MAX_DIRECT - 1), parent(2, 1, 1)];
		assert_ok!(draft(3).parents(most).register(BOB));
	});
}

#[test]
fn register_is_refused_when_more_than_sixteen_would_be_paid() {
	ExtBuilder::default().build_and_execute(|| {
		// 1 to 7 and 9 to 16 without parents; 8 pays seven of them, 17 pays eight.
		for seed in 1..=7 {
			registered(draft(seed), ALICE);
		}
		registered(
			draft(8).parents((1..=7).map(|id| parent(id, 1, TENTH / 10))),
			ALICE,
		);
		for seed in 9..=16 {
			registered(draft(seed), ALICE);
		}
		registered(
			draft(17).parents((9..=16).map(|id| parent(id, 1, TENTH / 10))),
			ALICE,
		);
		let seventeen = [parent(8, 1, TENTH), parent(17, 1, TENTH)];
		assert_noop!(draft(18).parents(seventeen).register(BOB), E::TooManyPayees);

		registered(
			draft(19).parents((9..=15).map(|id| parent(id, 1, TENTH / 10))),
			ALICE,
		);
		let sixteen = [parent(8, 1, TENTH), parent(18, 1, TENTH)];
		assert_ok!(draft(20).parents(sixteen).register(BOB));
		assert_eq!(table(19, 1).len(), 16);
	});
}

#[test]
fn register_is_refused_when_a_share_would_round_to_zero() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, TENTH)]), BOB);
		assert_noop!(
			draft(3).parents([parent(2, 1, 9)]).register(CAROL),
			E::ShareRoundsToZero
		);
		assert_ok!(draft(3).parents([parent(2, 1, 10)]).register(CAROL));
		assert_eq!(table(3, 1), shares(&[(1, 1), (2, 9)]));
	});
}

#[test]
fn register_is_refused_when_a_parent_has_no_room_for_another_child() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let set_children = |count| {
			crate::Versions::<Test>::mutate(1, 1, |version| {
				version.as_mut().expect("the version stands").children = count;
			})
		};
		set_children(u32::MAX);
		assert_noop!(
			draft(2).parents([parent(1, 1, 0)]).register(BOB),
			E::CounterAtLimit
		);
		set_children(0);
	});
}
