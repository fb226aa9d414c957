//! Opening the gold, and gold that is wrong.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use weighhouse_primitives::feedback::{gold_openings, gold_root, CampaignId, GoldItem};

const HONEST: [Policy; 5] = [Policy::Right(85); 5];

/// A campaign whose gold is as given, and whose raters have revealed.
fn played_with(gold: &[GoldItem], policies: &[Policy]) -> u64 {
	let terms = Terms {
		gold_root: gold_root(gold),
		..sized(20, 40, 40, policies.len() as u32)
	};
	played(terms, policies)
}

/// The usual gold with the labels of the first `count` turned around.
fn wrong(count: usize) -> Vec<GoldItem> {
	let mut gold = gold_of(20, 40);
	for gold in gold.iter_mut().take(count) {
		gold.label = gold.label.other();
	}
	gold
}

#[test]
fn open_gold_keeps_what_the_proof_shows() {
	run(|| {
		let id = played(terms(), &HONEST);
		let gold = gold_of(20, 40);
		let openings = gold_openings(&gold);
		assert_ok!(open(id, &openings[3..5]));
		let kept = OpenedGold::<Test>::get(id);
		let kept: Vec<_> = kept.iter().map(|gold| (gold.item, gold.label)).collect();
		let expected: Vec<_> = gold[3..5].iter().map(|g| (g.item, g.label)).collect();
		assert_eq!(kept, expected);
		assert_eq!(
			last_event(),
			Event::GoldOpened {
				campaign: id,
				count: 2,
				left: 18
			}
		);
	});
}

#[test]
fn open_gold_is_open_to_anybody_who_has_the_proofs() {
	run(|| {
		let id = played(terms(), &HONEST);
		let openings = Openings::truncate_from(gold_openings(&gold_of(20, 40)));
		assert_ok!(Feedback::open_gold(signed(OTHER), id, openings));
		assert_eq!(OpenedGold::<Test>::get(id).len(), 10);
	});
}

#[test]
fn open_gold_ends_when_all_is_open() {
	run(|| {
		let id = played(terms(), &HONEST);
		open_usual(id);
		assert_eq!(phase(id), Phase::Weighing { next: 0 });
		assert_noop!(
			open(id, &gold_openings(&gold_of(20, 40))[..1]),
			Error::<Test>::NotOpening
		);
	});
}

#[test]
fn open_gold_is_refused_when_it_shows_nothing() {
	run(|| {
		let openings = gold_openings(&gold_of(20, 40));
		assert_noop!(open(1, &openings[..1]), Error::<Test>::UnknownCampaign);
		let id = drawn(terms());
		assert_noop!(open(id, &openings[..1]), Error::<Test>::NotOpening);
		play(id, &HONEST);
		assert_noop!(open(id, &[]), Error::<Test>::NothingGiven);
		let refused = |change: fn(&mut weighhouse_primitives::feedback::GoldOpening),
		               error: Error<Test>| {
			let mut opening = openings[2].clone();
			change(&mut opening);
			assert_noop!(open(id, &[opening]), error);
		};
		refused(|o| o.label = o.label.other(), Error::BadProof);
		refused(|o| o.salt = H256::zero(), Error::BadProof);
		refused(|o| o.item += 1, Error::BadProof);
		refused(|o| o.position += 1, Error::BadProof);
		refused(|o| o.position = 20, Error::BadProof);
		refused(|o| o.proof.truncate(4), Error::BadProof);
		refused(|o| o.item = 40, Error::UnknownItem);
		let twice = [openings[2].clone(), openings[2].clone()];
		assert_ok!(open(id, &twice));
		assert_eq!(OpenedGold::<Test>::get(id).len(), 1);
		assert_noop!(open(id, &twice[..1]), Error::<Test>::AlreadyOpened);
		assert_noop!(open(id, &twice), Error::<Test>::AlreadyOpened);
	});
}

#[test]
fn open_gold_opens_the_rest_when_somebody_opened_a_part_before() {
	run(|| {
		let id = played(terms(), &HONEST);
		let openings = gold_openings(&gold_of(20, 40));
		let copied = Openings::truncate_from(vec![openings[9].clone()]);
		assert_ok!(Feedback::open_gold(signed(rater(1)), id, copied));
		assert_ok!(open(id, &openings[..10]));
		assert_eq!(
			last_event(),
			Event::GoldOpened {
				campaign: id,
				count: 9,
				left: 10
			}
		);
		assert_ok!(open(id, &openings[10..]));
		assert_eq!(phase(id), Phase::Weighing { next: 0 });
	});
}

#[test]
fn open_gold_is_refused_when_one_of_many_is_wrong() {
	run(|| {
		let id = played(terms(), &HONEST);
		let mut openings = gold_openings(&gold_of(20, 40));
		assert_ok!(open(id, &openings[..2]));
		openings[3].salt = H256::zero();
		assert_noop!(open(id, &openings[..5]), Error::<Test>::BadProof);
	});
}

#[test]
fn open_gold_is_refused_when_the_window_is_over() {
	run(|| {
		let id = played(terms(), &HONEST);
		let Phase::Opening { until } = phase(id) else {
			panic!("it is the time to open");
		};
		System::set_block_number(until + 1);
		let openings = gold_openings(&gold_of(20, 40));
		assert_noop!(open(id, &openings[..1]), Error::<Test>::NotOpening);
	});
}

#[test]
fn open_gold_can_show_gold_of_one_item_once_only() {
	run(|| {
		// A sponsor that puts an item under the root twice, with either label.
		let mut gold = gold_of(20, 40);
		gold[1] = GoldItem {
			label: gold[0].label.other(),
			..gold[0]
		};
		let id = played_with(&gold, &HONEST);
		let openings = gold_openings(&gold);
		assert_ok!(open(id, &openings[..1]));
		assert_noop!(open(id, &openings[1..2]), Error::<Test>::AlreadyOpened);
		assert_ok!(open(id, &openings[2..12]));
		assert_ok!(open(id, &openings[12..]));
		// So it cannot open all, and pays all.
		forward(OPEN + 1);
		finish(id);
		assert!(matches!(
			phase(id),
			Phase::Settled {
				basis: Basis::Equal,
				..
			}
		));
	});
}

#[test]
fn gold_is_void_when_the_raters_contradict_it() {
	run(|| {
		let gold = wrong(2);
		let id = played_with(&gold, &[Policy::Right(100); 6]);
		open_all(id, &gold);
		finish(id);
		let standing: Vec<_> = OpenedGold::<Test>::get(id)
			.iter()
			.map(|gold| gold.standing)
			.collect();
		assert_eq!(standing[..2], [GoldStanding::Void; 2]);
		assert_eq!(standing[2..], [GoldStanding::Counts; 18]);
		for item in [gold[0].item, gold[1].item] {
			assert!(events().contains(&Event::GoldVoided { campaign: id, item }));
		}
		// Nobody loses by it: all of the gold that counts is right.
		assert!(matches!(
			phase(id),
			Phase::Settled {
				basis: Basis::Scored { gold: 18 },
				..
			}
		));
		for number in 0..6 {
			assert_eq!(score(id, number).gold, 18);
			assert_eq!(score(id, number).correct, 18);
			assert_eq!(paid(id, number), 40 * UNIT);
		}
	});
}

#[test]
fn gold_counts_when_only_those_contradict_it_who_are_wrong_elsewhere() {
	run(|| {
		// Nine in ten say the first answer always, so most contradict half of the gold.
		let mut policies = vec![Policy::First; 18];
		policies.extend([Policy::Right(100); 2]);
		let id = settled(sized(20, 40, 40, 20), &policies);
		assert!(OpenedGold::<Test>::get(id)
			.iter()
			.all(|gold| gold.standing == GoldStanding::Counts));
	});
}

/// All weight is against this many of the gold items that were opened.
fn contradict(id: CampaignId, count: usize) {
	OpenedGold::<Test>::mutate(id, |opened| {
		for gold in opened.iter_mut().take(count) {
			(gold.total, gold.against) = (1_000_000_000_000, 1_000_000_000_000);
		}
	});
}

#[test]
fn all_get_full_pay_when_most_gold_is_void() {
	run(|| {
		let gold = gold_of(20, 40);
		let id = played_with(&gold, &[Policy::Right(100); 6]);
		open_all(id, &gold);
		// Only raters who have most gold right have any weight, so they contradict less than half of
		// it. The rule holds whatever the weights.
		contradict(id, 11);
		finish(id);
		assert!(matches!(
			phase(id),
			Phase::Settled {
				basis: Basis::Equal,
				..
			}
		));
		for number in 0..6 {
			assert_eq!(paid(id, number), 40 * UNIT);
		}
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 0);
	});
}

#[test]
fn sponsor_gets_nothing_back_when_all_gold_is_wrong() {
	run(|| {
		let gold = wrong(20);
		let id = played_with(&gold, &HONEST);
		let before = free(&SPONSOR);
		open_all(id, &gold);
		finish(id);
		assert_eq!(free(&SPONSOR), before);
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 0);
		for number in 0..5 {
			assert_eq!(paid(id, number), 0);
		}
	});
}

#[test]
fn sponsor_gets_a_fifth_of_honest_work_back_when_its_accounts_know_wrong_gold() {
	run(|| {
		let gold = wrong(20);
		let mut policies = [Policy::Accomplice; 5];
		policies[2] = Policy::Right(100);
		let id = played_with(&gold, &policies);
		let before = free(&SPONSOR);
		open_all(id, &gold);
		finish(id);
		// Four places go to accounts of the sponsor in full, which must not bring it the fifth back.
		for number in [0, 1, 3, 4] {
			assert_eq!(paid(id, number), 40 * UNIT);
		}
		assert_eq!(paid(id, 2), 0);
		let place = campaign(id).place_budget();
		assert_eq!(free(&SPONSOR), before + place / 5);
	});
}

#[test]
fn honest_work_costs_the_sponsor_four_fifths_when_its_accounts_drown_it() {
	run(|| {
		let mut policies = vec![Policy::Plotter; 20];
		policies.extend([Policy::Right(80); 5]);
		let id = played(sized(20, 40, 40, 25), &policies);
		let budget = campaign(id).budget;
		let before = free(&SPONSOR);
		open_usual(id);
		finish(id);
		let place = campaign(id).place_budget();
		let own: u128 = (0..20).map(|number| paid(id, number)).sum();
		assert_eq!(own, 20 * 40 * UNIT);
		let honest: u128 = (20..25).map(|number| paid(id, number)).sum();
		assert!(honest < 2 * place);
		// What it is left without, its own accounts counted.
		let cost = budget - (free(&SPONSOR) - before) - own;
		let fees_of_its_own = 20 * (place - 40 * UNIT);
		assert_eq!(cost, 5 * (place - place / 5) + fees_of_its_own);
	});
}

#[test]
fn raters_are_scored_when_just_half_of_the_gold_counts() {
	run(|| {
		let gold = gold_of(20, 40);
		let id = played_with(&gold, &[Policy::Right(100); 6]);
		open_all(id, &gold);
		contradict(id, 10);
		finish(id);
		assert!(matches!(
			phase(id),
			Phase::Settled {
				basis: Basis::Scored { gold: 10 },
				..
			}
		));
	});
}
