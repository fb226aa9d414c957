//! The draw: who is given what, and what happens when there are too few.

use crate::{mock::*, *};
use frame_support::assert_ok;
use weighhouse_primitives::feedback::{deal, panel, ItemSet};

fn hands(id: u64) -> Vec<ItemSet> {
	(0..campaign(id).joined)
		.map(|number| *place(id, number).state.items().unwrap())
		.collect()
}

#[test]
fn draw_gives_everything_to_everybody_when_raters_answer_the_whole_pool() {
	run(|| {
		let id = drawn(terms());
		assert!(hands(id).iter().all(|hand| *hand == ItemSet::first(40)));
		let record = campaign(id);
		let seed = record.seed.unwrap();
		assert_eq!(record.phase, Phase::Committing { until: 4 + 25 });
		assert_eq!(AnswerTallies::<Test>::get(id).len(), 40);
		assert!(events().contains(&Event::Drawn {
			campaign: id,
			seed,
			raters: 5,
			returned: 0
		}));
	});
}

#[test]
fn draw_deals_evenly_when_raters_answer_a_part() {
	run(|| {
		let terms = sized(20, 90, 41, 13);
		let id = drawn(terms);
		let hands = hands(id);
		assert_eq!(hands, deal(campaign(id).seed.unwrap(), 13, 90, 41));
		assert!(hands.iter().all(|hand| hand.len() == 41));
		assert!(hands.windows(2).all(|two| two[0] != two[1]));
		let fewest = panel(13, 90, 41);
		for item in 0..90 {
			let raters = hands.iter().filter(|hand| hand.contains(item)).count();
			assert!((fewest..=fewest + 1).contains(&(raters as u32)));
		}
	});
}

#[test]
fn draw_waits_for_its_randomness() {
	run(|| {
		let id = with_raters(terms(), 5);
		forward(2);
		assert_eq!(phase(id), Phase::Drawing { since: 1 });
		next_block();
		assert!(matches!(phase(id), Phase::Committing { .. }));
	});
}

#[test]
fn draw_is_tried_again_when_randomness_is_late() {
	run(|| {
		SeedDelay::set(&5);
		let id = with_raters(terms(), 5);
		forward(5);
		assert_eq!(phase(id), Phase::Drawing { since: 1 });
		next_block();
		assert!(matches!(phase(id), Phase::Committing { .. }));
	});
}

#[test]
fn draw_returns_the_money_of_places_that_nobody_took() {
	run(|| {
		let id = with_raters(sized(20, 40, 40, 9), 6);
		let before = campaign(id).budget;
		let place = campaign(id).place_budget();
		forward(20);
		assert!(matches!(phase(id), Phase::Joining { .. }));
		forward(4);
		assert!(matches!(phase(id), Phase::Committing { .. }));
		assert_eq!(before, 9 * place);
		assert_eq!(campaign(id).budget, 6 * place);
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 6 * place);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::Drawn { returned, .. } if *returned == 3 * place)));
	});
}

#[test]
fn campaign_is_refunded_when_too_few_raters_join() {
	run(|| {
		let id = with_raters(sized(20, 40, 40, 9), 4);
		forward(30);
		let why = Refund::NotFilled;
		assert_eq!(phase(id), Phase::Refunded { why });
		for number in 0..4 {
			assert_eq!(held(&rater(number), HoldReason::Stake), 0);
			assert_eq!(free(&rater(number)), ENDOWMENT - place_deposit());
			assert_eq!(place(id, number).state, PlaceState::Refunded);
		}
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 0);
		assert!(Known::get().is_empty());
	});
}

#[test]
fn campaign_is_refunded_when_nobody_joins() {
	run(|| {
		let id = filled(terms());
		forward(21);
		let why = Refund::NotFilled;
		assert_eq!(phase(id), Phase::Refunded { why });
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 0);
	});
}

#[test]
fn campaign_is_refunded_when_panels_would_be_too_small() {
	run(|| {
		// 80 items of which each answers 40: with 9 raters some would have four.
		let terms = sized(20, 80, 40, 20);
		let id = with_raters(terms, 9);
		forward(30);
		let why = Refund::NotFilled;
		assert_eq!(phase(id), Phase::Refunded { why });
		let id = with_raters(terms, 10);
		forward(30);
		assert!(matches!(phase(id), Phase::Committing { .. }));
	});
}

#[test]
fn campaign_is_refunded_when_randomness_is_lost() {
	run(|| {
		SeedLost::set(&true);
		let id = with_raters(terms(), 5);
		let returned = campaign(id).budget;
		forward(3);
		let why = Refund::NoRandomness;
		assert_eq!(phase(id), Phase::Refunding { why, next: 0 });
		next_block();
		assert_eq!(phase(id), Phase::Refunded { why });
		assert_eq!(
			last_event(),
			Event::CampaignRefunded {
				campaign: id,
				why,
				returned
			}
		);
		assert_eq!(held(&rater(0), HoldReason::Stake), 0);
	});
}

#[test]
fn refund_takes_ten_raters_a_step() {
	run(|| {
		SeedLost::set(&true);
		let id = with_raters(sized(20, 40, 40, 25), 25);
		forward(4);
		let why = Refund::NoRandomness;
		assert_eq!(phase(id), Phase::Refunding { why, next: 10 });
		assert_ok!(Feedback::settle(signed(OTHER), id, 4));
		assert_eq!(phase(id), Phase::Refunding { why, next: 14 });
		forward(2);
		assert_eq!(phase(id), Phase::Refunded { why });
	});
}

#[test]
fn draw_takes_place_when_just_enough_raters_joined() {
	run(|| {
		let id = with_raters(sized(20, 40, 40, 9), 5);
		forward(24);
		assert!(matches!(phase(id), Phase::Committing { .. }));
		assert_eq!(campaign(id).joined, 5);
	});
}
