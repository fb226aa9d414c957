//! What the view functions answer.

use crate::{mock::*, *};
use weighhouse_primitives::{
	feedback::{expected_part, part_of, presentation, Choice},
	PARTS,
};

#[test]
fn campaign_shows_terms_with_deadline() {
	run(|| {
		assert_eq!(Feedback::campaign(1), None);
		let id = filled(terms());
		let view = Feedback::campaign(id).unwrap();
		assert_eq!((view.campaign, view.sponsor), (id, SPONSOR));
		assert_eq!(view.terms, terms());
		assert_eq!(view.full_pay, 40 * UNIT);
		assert_eq!(view.fee_parts, FEE);
		assert_eq!((view.added, view.joined, view.opened), (40, 0, 0));
		assert_eq!(view.due, 22);
		assert_eq!(view.budget, held(&SPONSOR, HoldReason::Budget));
		assert_eq!(view.place_deposit, place_deposit());
		assert_eq!(view.pot, Feedback::pot_account(id));
		assert_eq!(view.seed, None);
	});
}

#[test]
fn campaign_shows_when_it_can_be_removed() {
	run(|| {
		let id = settled(terms(), &[Policy::Right(90); 5]);
		let Phase::Settled { since, .. } = phase(id) else {
			panic!("it is settled");
		};
		let view = Feedback::campaign(id).unwrap();
		assert_eq!(view.due, since + RETENTION);
		assert_eq!((view.opened, view.revealed), (20, 5));
	});
}

#[test]
fn items_come_as_text_in_pages() {
	run(|| {
		let id = filled(sized(20, 120, 120, 5));
		let page = Feedback::items(id, 7, 2);
		assert_eq!(page.len(), 2);
		assert_eq!(page[1].item, 8);
		assert_eq!(page[1].prompt, cid("prompt", 8).to_text());
		assert_eq!(page[1].a, cid("a", 8).to_text());
		assert_eq!(page[1].b, cid("b", 8).to_text());
		assert_eq!(Feedback::items(id, 0, u32::MAX).len(), 100);
		assert_eq!(Feedback::items(id, 100, u32::MAX).len(), 20);
		assert!(Feedback::items(id, u32::MAX, 10).is_empty());
		assert!(Feedback::items(9, 0, 10).is_empty());
	});
}

#[test]
fn rater_sees_its_items_in_its_own_order() {
	run(|| {
		let id = with_raters(terms(), 5);
		assert_eq!(Feedback::rater(id, OTHER), None);
		assert!(Feedback::rater(id, rater(1)).unwrap().shown.is_empty());
		forward(3);
		let view = Feedback::rater(id, rater(1)).unwrap();
		assert_eq!((view.rater, view.place), (rater(1), 1));
		let seed = campaign(id).seed.unwrap();
		let items = *place(id, 1).state.items().unwrap();
		assert_eq!(view.shown, presentation(seed, &rater(1), &items));
		assert_eq!(view.shown.len(), 40);
		assert_ne!(view.shown, Feedback::rater(id, rater(2)).unwrap().shown);
	});
}

#[test]
fn rater_sees_why_it_was_paid() {
	run(|| {
		let id = settled(terms(), &[Policy::Right(80); 5]);
		let view = Feedback::rater(id, rater(3)).unwrap();
		let PlaceState::Paid {
			reason: Reason::Scored(score),
			amount,
			..
		} = view.state
		else {
			panic!("it was paid");
		};
		assert_eq!(amount, part_of(40 * UNIT, score.earned));
		assert_eq!(score, super::super::mock::score(id, 3));
	});
}

#[test]
fn raters_come_in_pages() {
	run(|| {
		let id = with_raters(sized(20, 40, 40, 100), 100);
		assert_eq!(Feedback::raters(id, 0, u32::MAX).len(), 100);
		let page = Feedback::raters(id, 97, 10);
		let places: Vec<_> = page.iter().map(|view| view.place).collect();
		assert_eq!(places, [97, 98, 99]);
		assert_eq!(page[2].rater, rater(99));
	});
}

#[test]
fn expected_pay_follows_the_formula() {
	run(|| {
		let percent = |percent| PARTS / 100 * percent;
		assert_eq!(Feedback::expected_pay(1, PARTS, PARTS), None);
		let id = filled(sized(20, 40, 40, 5));
		let expected =
			|mine, others| Feedback::expected_pay(id, percent(mine), percent(others)).unwrap();
		let part = expected_part(percent(85), percent(80), 20, 20);
		assert_eq!(expected(85, 80), part_of(40 * UNIT, part));
		assert_eq!(expected(50, 80), 0);
		assert!(expected(75, 80) < expected(85, 80));
		// Whoever answers half of the pool is tested with half of the gold.
		let id = filled(sized(20, 80, 40, 10));
		let part = expected_part(percent(85), percent(80), 10, 20);
		assert_eq!(
			Feedback::expected_pay(id, percent(85), percent(80)),
			Some(part_of(40 * UNIT, part))
		);
	});
}

#[test]
fn labels_come_with_votes() {
	run(|| {
		let id = settled(terms(), &[Policy::Right(100); 5]);
		let page = Feedback::labels(id, 1, 2);
		assert_eq!(page.len(), 2);
		let votes_a = if truth(1) == Choice::A { 5 } else { 0 };
		assert_eq!((page[0].votes_a, page[0].votes), (votes_a, 5));
		assert_eq!(page[0].item.prompt, cid("prompt", 1).to_text());
		assert_eq!(
			page[0].label,
			Label::Preferred {
				choice: truth(1),
				confidence: PARTS
			}
		);
		assert!(matches!(page[1].label, Label::Gold { .. }));
		assert_eq!(Feedback::labels(id, 0, 100).len(), 40);
		let open = drawn(terms());
		assert!(Feedback::labels(open, 0, 100).is_empty());
	});
}

#[test]
fn dataset_shares_are_those_who_earned() {
	run(|| {
		let mut policies = [Policy::Right(90); 6];
		policies[2] = Policy::Silent;
		let id = settled(sized(20, 40, 40, 6), &policies);
		let shares = Feedback::dataset_shares(id);
		assert_eq!(shares.len(), 5);
		assert!(shares.iter().all(|share| share.rater != rater(2)));
		assert!(shares.iter().all(|share| share.taken == 0));
		assert_eq!(shares.iter().map(|share| share.parts).sum::<u32>(), PARTS);
		assert!(Feedback::dataset_shares(99).is_empty());
	});
}
