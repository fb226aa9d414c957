use frame_support::assert_ok;
use weighhouse_primitives::{
	DerivativePolicy, Kind, ListingRegistry, Parent, Relation, Share, PARTS,
};

use crate::{mock::*, LineageEntry, ListingView, NextListing, VersionView, MAX_PAGE_SCAN};

const TENTH: u32 = PARTS / 10;

fn entry(depth: u32, listing: u32, version: u32, royalty: u32) -> LineageEntry {
	LineageEntry {
		depth,
		listing,
		version,
		relation: Relation::FineTune,
		royalty,
	}
}

#[test]
fn listing_shows_the_record_as_text() {
	ExtBuilder::default().build_and_execute(|| {
		registered(
			Draft {
				name: text("Zürich 7B"),
				kind: Kind::Dataset,
				..draft(1)
			},
			ALICE,
		);
		assert_ok!(draft(2).add_to(ALICE, 1));
		assert_ok!(Listings::remove_version(signed(ALICE), 1, 1));
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, BOB));
		assert_eq!(Listings::retain(1), Ok(()));
		assert_eq!(
			Listings::listing(1),
			Some(ListingView {
				id: 1,
				owner: ALICE,
				kind: Kind::Dataset,
				name: "Zürich 7B".into(),
				task: "image-classification".into(),
				versions: 2,
				live_versions: 1,
				dependants: 1,
				proposed_owner: Some(BOB),
			})
		);
		assert_eq!(Listings::listing(2), None);
	});
}

#[test]
fn version_shows_the_record_with_a_content_id_to_paste() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		let old_style = text("QmNp5n7FFav5ZDaHAj6HzuhJ8LDbL1N6NRzAgT6piWS2Kx");
		let child = Draft {
			manifest: old_style,
			artifact_root: root(1),
			..draft(2)
		}
		.policy(DerivativePolicy::Licensed(5))
		.parents([parent(1, 1, PARTS / 10)]);
		next_block();
		registered(child, BOB);
		assert_eq!(
			Listings::version(2, 1),
			Some(VersionView {
				listing: 2,
				version: 1,
				manifest: "bafybeiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4".into(),
				artifact_root: root(1),
				licence: "Apache-2.0".into(),
				derivatives: DerivativePolicy::Licensed(5),
				serving: draft(1).serving,
				answers: EXACT,
				parents: vec![parent(1, 1, PARTS / 10)],
				royalties: vec![Share {
					listing: 1,
					parts: PARTS / 10
				}],
				published: 2,
				yanked: false,
				children: 0,
				same_bytes_as: Some((1, 1)),
				sealed: None,
			})
		);
		let first = Listings::version(1, 1).expect("the version stands");
		assert_eq!((first.same_bytes_as, first.children), (None, 1));
		assert_eq!(Listings::version(1, 2), None);
		assert_eq!(Listings::version(3, 1), None);
	});
}

#[test]
fn listings_come_in_pages_that_say_where_the_next_one_starts() {
	ExtBuilder::default().build_and_execute(|| {
		for seed in 1..=5 {
			registered(draft(seed), ALICE);
		}
		assert_ok!(Listings::remove_version(signed(ALICE), 2, 1));
		let page = |from, limit| {
			let page = Listings::listings(from, limit);
			(
				page.listings.iter().map(|view| view.id).collect::<Vec<_>>(),
				page.next,
			)
		};
		assert_eq!(page(0, 2), (vec![1, 3], Some(4)));
		assert_eq!(page(4, 2), (vec![4, 5], None));
		assert_eq!(page(1, 100), (vec![1, 3, 4, 5], None));
		assert_eq!(page(2, 1), (vec![3], Some(4)));
		assert_eq!(page(6, 10), (vec![], None));
		assert_eq!(page(u32::MAX, 10), (vec![], None));
		assert_eq!(page(1, 0), (vec![1], Some(2)));
	});
}

#[test]
fn listings_come_to_an_end_when_pages_of_none_are_asked_for() {
	ExtBuilder::default().build_and_execute(|| {
		for seed in 1..=3 {
			registered(draft(seed), ALICE);
		}
		let mut from = Some(0);
		let mut seen = Vec::new();
		while let Some(start) = from {
			let page = Listings::listings(start, 0);
			assert_eq!(page.listings.len(), 1);
			seen.extend(page.listings.iter().map(|view| view.id));
			from = page.next;
		}
		assert_eq!(seen, [1, 2, 3]);
	});
}

#[test]
fn listings_give_no_more_than_a_hundred_at_once() {
	ExtBuilder::default().build_and_execute(|| {
		for _ in 1..=101 {
			registered(draft(1), ALICE);
		}
		let page = Listings::listings(1, u32::MAX);
		assert_eq!((page.listings.len(), page.next), (100, Some(101)));
		let page = Listings::listings(101, u32::MAX);
		assert_eq!((page.listings.len(), page.next), (1, None));
	});
}

#[test]
fn listings_look_at_a_bounded_number_of_ids() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		// As if many were registered and removed in between.
		NextListing::<Test>::put(MAX_PAGE_SCAN + 10);
		registered(draft(2), ALICE);
		let page = Listings::listings(2, 10);
		assert_eq!(
			(page.listings.len(), page.next),
			(0, Some(MAX_PAGE_SCAN + 2))
		);
		let page = Listings::listings(MAX_PAGE_SCAN + 2, 10);
		assert_eq!((page.listings.len(), page.next), (1, None));
	});
}

#[test]
fn by_artifact_root_names_the_earliest() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Listings::by_artifact_root(root(1)), None);
		System::set_block_number(7);
		registered(draft(1), ALICE);
		next_block();
		registered(draft(1), BOB);
		assert_eq!(Listings::by_artifact_root(root(1)), Some((1, 1, 7)));
	});
}

#[test]
fn lineage_walks_nearest_first_and_names_each_ancestor_once() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, TENTH)]), ALICE);
		registered(draft(3).parents([parent(1, 1, TENTH / 2)]), ALICE);
		let both = [
			parent(3, 1, 100),
			Parent {
				relation: Relation::Merge,
				..parent(2, 1, 200)
			},
		];
		registered(draft(4).parents(both), BOB);
		assert_eq!(
			Listings::lineage(4, 1),
			[
				entry(1, 3, 1, 100),
				LineageEntry {
					relation: Relation::Merge,
					..entry(1, 2, 1, 200)
				},
				entry(2, 1, 1, TENTH / 2),
			]
		);
		assert_eq!(Listings::lineage(1, 1), []);
		assert_eq!(Listings::lineage(9, 1), []);
	});
}

#[test]
fn lineage_tells_versions_of_one_listing_apart() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2).parents([parent(1, 1, 10)]), BOB);
		assert_ok!(draft(3).parents([parent(2, 1, 20)]).add_to(ALICE, 1));
		assert_eq!(
			Listings::lineage(1, 2),
			[entry(1, 2, 1, 20), entry(2, 1, 1, 10)]
		);
	});
}

#[test]
fn lineage_ends_after_64_ancestors() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		for listing in 1..=70 {
			registered(draft(1).parents([parent(listing, 1, 0)]), ALICE);
		}
		let lineage = Listings::lineage(71, 1);
		assert_eq!(lineage.len(), 64);
		assert_eq!(lineage.last(), Some(&entry(64, 7, 1, 0)));
		assert_eq!(Listings::lineage(65, 1).len(), 64);
		assert_eq!(Listings::lineage(64, 1).len(), 63);
	});
}
