//! The pool: items by content id and from receipts.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::DispatchResult;
use weighhouse_primitives::ContentId;

fn add_one(item: NewItem, id: u64) -> DispatchResult {
	Feedback::add_items(signed(SPONSOR), id, NewItems::truncate_from(vec![item]))
}

fn add_pairs(who: AccountId, id: u64, pairs: &[(u64, u64)]) -> DispatchResult {
	let pairs: Vec<_> = pairs.iter().map(|&(a, b)| AnswerPair { a, b }).collect();
	Feedback::add_answers(signed(who), id, NewAnswers::truncate_from(pairs))
}

#[test]
fn add_items_stores_canonical_content_ids() {
	run(|| {
		let id = created(terms());
		let pasted = NewItem {
			prompt: argument(&format!("ipfs://{}", cid("prompt", 0).to_text())),
			..new_item(0)
		};
		assert_ok!(add_one(pasted, id));
		assert_eq!(
			Items::<Test>::get(id, 0),
			Some(Item {
				prompt: cid("prompt", 0),
				a: cid("a", 0),
				b: cid("b", 0),
			})
		);
		assert_eq!(campaign(id).added, 1);
		assert_eq!(
			last_event(),
			Event::ItemsAdded {
				campaign: id,
				first: 0,
				count: 1
			}
		);
	});
}

#[test]
fn add_items_opens_the_campaign_when_the_last_is_in() {
	run(|| {
		let id = created(terms());
		assert_ok!(add(id, 0..39));
		assert!(matches!(phase(id), Phase::Filling { .. }));
		forward(4);
		assert_ok!(add(id, 39..40));
		let phase = Phase::Joining { until: 25 };
		assert_eq!(campaign(id).phase, phase);
		assert_eq!(
			last_event(),
			Event::PhaseEntered {
				campaign: id,
				phase
			}
		);
		assert_noop!(add(id, 40..41), Error::<Test>::NotFilling);
	});
}

#[test]
fn add_items_is_refused_when_an_item_is_not_sound() {
	run(|| {
		let id = created(terms());
		for text in ["", "hello", "bafkreiq", "QmYwAPJzv5CZsnA"] {
			let bad = NewItem {
				a: argument(text),
				..new_item(0)
			};
			assert_noop!(add_one(bad, id), Error::<Test>::BadContentId);
		}
		let same = NewItem {
			b: new_item(0).a,
			..new_item(0)
		};
		assert_noop!(add_one(same, id), Error::<Test>::SameAnswers);
		// A bad item after good ones leaves none.
		let bad = NewItem {
			prompt: argument("?"),
			..new_item(1)
		};
		let items = NewItems::truncate_from(vec![new_item(0), bad]);
		assert_noop!(
			Feedback::add_items(signed(SPONSOR), id, items),
			Error::<Test>::BadContentId
		);
	});
}

#[test]
fn add_items_is_refused_when_it_is_not_the_time_or_place() {
	run(|| {
		assert_noop!(add(1, 0..1), Error::<Test>::UnknownCampaign);
		let id = created(terms());
		assert_noop!(add(id, 0..0), Error::<Test>::NothingGiven);
		assert_noop!(add(id, 0..41), Error::<Test>::TooManyItems);
		let items = NewItems::truncate_from(vec![new_item(0)]);
		assert_noop!(
			Feedback::add_items(signed(OTHER), id, items),
			Error::<Test>::NotSponsor
		);
	});
}

#[test]
fn add_answers_makes_items_of_receipts() {
	run(|| {
		let id = created(terms());
		Answered::note(11, 3, 1, 10);
		Answered::note(12, 3, 1, 20);
		assert_ok!(add_pairs(SPONSOR, id, &[(11, 12), (12, 11)]));
		let item = Item {
			prompt: ContentId::of_raw_block(&[1]),
			a: ContentId::raw([10; 32]),
			b: ContentId::raw(H256([20; 32]).0),
		};
		assert_eq!(Items::<Test>::get(id, 0), Some(item));
		let turned = Item {
			a: item.b,
			b: item.a,
			..item
		};
		assert_eq!(Items::<Test>::get(id, 1), Some(turned));
		assert_eq!(campaign(id).added, 2);
		assert_eq!(
			last_event(),
			Event::ItemsAdded {
				campaign: id,
				first: 0,
				count: 2
			}
		);
	});
}

#[test]
fn add_answers_is_refused_when_two_receipts_do_not_fit() {
	run(|| {
		let id = created(terms());
		Answered::note(11, 3, 1, 10);
		Answered::note(12, 4, 1, 20);
		Answered::note(13, 3, 2, 20);
		Answered::note(14, 3, 1, 10);
		let refused = |pair, error: Error<Test>| {
			assert_noop!(add_pairs(SPONSOR, id, &[pair]), error);
		};
		refused((11, 99), Error::UnknownAnswer);
		refused((99, 11), Error::UnknownAnswer);
		refused((11, 12), Error::DifferentListings);
		refused((11, 13), Error::DifferentInputs);
		refused((11, 14), Error::SameAnswers);
		refused((11, 11), Error::SameAnswers);
		assert_noop!(add_pairs(OTHER, id, &[(11, 12)]), Error::<Test>::NotSponsor);
		assert_noop!(add_pairs(SPONSOR, id, &[]), Error::<Test>::NothingGiven);
	});
}

#[test]
fn add_answers_weighs_what_it_looks_up() {
	let items = <() as WeightInfo>::add_items(3);
	assert_eq!(
		Feedback::add_answers_weight(3).ref_time(),
		items.ref_time() + 6 * 7
	);
}
