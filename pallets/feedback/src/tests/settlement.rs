//! Who is paid what, and where the rest of the money goes.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate, weights::Weight};
use weighhouse_primitives::{
	feedback::{care, earned, part_of, Choice, Covariance},
	PARTS,
};

const FULL: u128 = 40 * UNIT;
/// The fee on full pay.
const FULL_FEE: u128 = FULL / 39;

fn basis(id: u64) -> Basis {
	match phase(id) {
		Phase::Settled { basis, .. } => basis,
		phase => panic!("{phase:?} is not settled"),
	}
}

/// Paid, fees, returned and burned.
fn sums(id: u64) -> (u128, u128, u128, u128) {
	events()
		.into_iter()
		.find_map(|event| match event {
			Event::CampaignSettled {
				campaign,
				paid,
				fees,
				returned,
				burned,
				..
			} if campaign == id => Some((paid, fees, returned, burned)),
			_ => None,
		})
		.unwrap()
}

// ---- by score ----

#[test]
fn rater_gets_full_pay_when_it_makes_no_mistake() {
	run(|| {
		let id = played(terms(), &[Policy::Right(100); 5]);
		let issuance = Balances::total_issuance();
		open_usual(id);
		finish(id);
		for number in 0..5 {
			assert_eq!(paid(id, number), FULL);
			assert_eq!(free(&rater(number)), ENDOWMENT - place_deposit() + FULL);
			assert_eq!(held(&rater(number), HoldReason::Stake), 0);
		}
		// Half of the fee goes to the treasury, half out of the world; nothing is left.
		let burned = FULL_FEE / 2;
		assert_eq!(free(&TREASURY), ENDOWMENT + 5 * (FULL_FEE - burned));
		assert_eq!(Balances::total_issuance(), issuance - 5 * burned);
		assert_eq!(sums(id), (5 * FULL, 5 * FULL_FEE, 0, 0));
		assert_eq!(
			free(&SPONSOR),
			ENDOWMENT - 5 * (FULL + FULL_FEE) - campaign_deposit(&terms())
		);
		assert!(events().contains(&Event::RaterPaid {
			campaign: id,
			rater: rater(3),
			amount: FULL,
			fee: FULL_FEE
		}));
	});
}

#[test]
fn score_says_why_a_rater_was_paid() {
	run(|| {
		let policies = [85, 80, 90, 75, 80, 70].map(Policy::Right);
		let id = settled(sized(20, 60, 60, 6), &policies);
		for number in 0..6 {
			let policy = policies[number as usize];
			let score = score(id, number);
			let gold = gold_of(20, 60);
			let correct = gold
				.iter()
				.filter(|gold| policy.answer(number, gold.item) == gold.label)
				.count();
			assert_eq!((score.gold, score.correct), (20, correct as u32));
			assert_eq!(score.care, care(correct as u32, 20));
			let tasks = (0..60).filter(|item| gold.iter().all(|gold| gold.item != *item));
			let covariance = Covariance::of(tasks.map(|item| {
				let mine = policy.answer(number, item);
				let others = (0..6)
					.filter(|other| *other != number)
					.map(|other| match policies[other as usize].answer(other, item) {
						Choice::A => 1,
						Choice::B => -1,
					})
					.sum::<i64>();
				(mine, others * i64::from(PARTS) / 5)
			}));
			assert_eq!(score.covariance, covariance);
			assert_eq!(covariance.compared, 40);
			let part = earned(covariance.agreement(), score.care, care(20, 20));
			assert_eq!(score.earned, part);
			assert_eq!(paid(id, number), part_of(60 * UNIT, part));
		}
		assert_eq!(basis(id), Basis::Scored { gold: 20 });
	});
}

#[test]
fn raters_who_do_not_care_get_little() {
	run(|| {
		let mut policies = vec![Policy::Right(85); 8];
		policies.extend([Policy::First, Policy::Right(50), Policy::Wrong]);
		policies.extend([Policy::Colluder; 3]);
		let id = settled(sized(20, 120, 120, 14), &policies);
		let honest: u128 = (0..8).map(|number| paid(id, number)).sum::<u128>() / 8;
		assert!(honest > 120 * UNIT / 2);
		for number in 8..14 {
			assert!(paid(id, number) < honest / 10, "{number}");
		}
	});
}

#[test]
fn reputation_hears_what_each_rater_earned() {
	run(|| {
		let policies = [
			Policy::Right(85),
			Policy::Right(75),
			Policy::First,
			Policy::Silent,
			Policy::Unrevealed,
			Policy::Right(90),
		];
		let id = settled(sized(20, 40, 40, 6), &policies);
		let known = Known::get();
		assert_eq!(known.len(), 6);
		for (number, (who, part, fee)) in (0..).zip(&known) {
			assert_eq!(*who, rater(number));
			assert_eq!(*fee, FULL_FEE);
			match policies[number as usize] {
				Policy::Silent | Policy::Unrevealed => assert_eq!(*part, 0),
				_ => assert_eq!(*part, score(id, number).earned),
			}
		}
	});
}

#[test]
fn stake_is_burned_when_a_rater_is_silent() {
	run(|| {
		let mut policies = [Policy::Right(100); 6];
		policies[1] = Policy::Silent;
		policies[4] = Policy::Unrevealed;
		let id = played(sized(20, 40, 40, 6), &policies);
		let issuance = Balances::total_issuance();
		open_usual(id);
		finish(id);
		for number in [1, 4] {
			assert_eq!(held(&rater(number), HoldReason::Stake), 0);
			assert_eq!(
				free(&rater(number)),
				ENDOWMENT - 10 * UNIT - place_deposit()
			);
			assert!(events().contains(&Event::StakeLost {
				campaign: id,
				rater: rater(number),
				amount: 10 * UNIT
			}));
		}
		assert!(matches!(place(id, 1).state, PlaceState::Silent { .. }));
		assert!(matches!(place(id, 4).state, PlaceState::Unrevealed { .. }));
		// The sponsor has the money of these two places back, and all of it.
		let (paid, fees, returned, burned) = sums(id);
		assert_eq!((paid, fees), (4 * FULL, 4 * FULL_FEE));
		assert_eq!((returned, burned), (2 * (FULL + FULL_FEE), 0));
		let lost = 20 * UNIT + 4 * (FULL_FEE / 2);
		assert_eq!(Balances::total_issuance(), issuance - lost);
	});
}

/// What comes back of a place whose rater got this: what it did not earn, a fifth at most.
fn back_of_place(amount: u128) -> u128 {
	let place = FULL + FULL_FEE;
	(place - amount - amount / 39).min(place / 5)
}

#[test]
fn sponsor_gets_a_fifth_of_each_place_back_at_most() {
	run(|| {
		let policies = [Policy::Right(75); 10];
		let id = played(sized(20, 40, 40, 10), &policies);
		let budget = campaign(id).budget;
		let (before, issuance) = (free(&SPONSOR), Balances::total_issuance());
		open_usual(id);
		finish(id);
		let (paid, fees, returned, burned) = sums(id);
		assert_eq!(paid + fees + returned + burned, budget);
		assert!(budget - paid - fees > budget / 5);
		let amounts = (0..10).map(|number| crate::mock::paid(id, number));
		assert_eq!(returned, amounts.map(back_of_place).sum::<u128>());
		assert!(returned <= budget / 5);
		assert_eq!(free(&SPONSOR), before + returned);
		assert!(Balances::total_issuance() < issuance - burned);
	});
}

#[test]
fn sponsor_gets_no_more_back_than_it_spent() {
	run(|| {
		// One careful rater among many who are not.
		let mut policies = vec![Policy::Right(50); 11];
		policies.push(Policy::Right(95));
		let id = played(sized(20, 40, 40, 12), &policies);
		open_usual(id);
		finish(id);
		let (paid, fees, returned, _) = sums(id);
		let amounts = (0..12).map(|number| crate::mock::paid(id, number));
		assert!(paid + fees < amounts.map(back_of_place).sum::<u128>());
		assert_eq!(returned, paid + fees);
	});
}

#[test]
fn sponsor_gets_a_fifth_of_one_place_back_when_only_one_rater_earns_nothing() {
	run(|| {
		let mut policies = vec![Policy::Right(100); 9];
		policies.push(Policy::First);
		let id = settled(sized(20, 40, 40, 10), &policies);
		let (paid, fees, returned, burned) = sums(id);
		let place = FULL + FULL_FEE;
		assert_eq!(paid + fees, 9 * place);
		assert_eq!((returned, burned), (place / 5, place - place / 5));
	});
}

#[test]
fn sponsor_gets_silent_places_back_besides_the_fifths_of_others() {
	run(|| {
		let mut policies = vec![Policy::Right(100); 8];
		policies.extend([Policy::First, Policy::Silent, Policy::Unrevealed]);
		let id = settled(sized(20, 40, 40, 11), &policies);
		let (_, _, returned, burned) = sums(id);
		let place = FULL + FULL_FEE;
		assert_eq!(returned, 2 * place + place / 5);
		assert_eq!(burned, place - place / 5);
	});
}

#[test]
fn gold_alone_decides_when_there_is_nobody_to_compare_with() {
	run(|| {
		let mut policies = [Policy::Silent; 5];
		policies[2] = Policy::Right(100);
		let id = settled(terms(), &policies);
		let found = score(id, 2);
		assert_eq!(found.covariance, Covariance::default());
		assert_eq!((found.correct, found.earned), (20, PARTS));
		assert_eq!(paid(id, 2), FULL);
	});
}

#[test]
fn treasurys_part_is_burned_when_its_account_cannot_take_it() {
	run(|| {
		let id = played(terms(), &[Policy::Right(100); 5]);
		Balances::set_balance(&TREASURY, 0);
		Campaigns::<Test>::mutate(id, |campaign| {
			// A price so small that half of the fee on it is below the existential deposit.
			let campaign = campaign.as_mut().unwrap();
			campaign.terms.price = 1_000;
		});
		let issuance = Balances::total_issuance();
		let budget = campaign(id).budget;
		open_usual(id);
		finish(id);
		assert_eq!(free(&TREASURY), 0);
		let (paid, _, returned, burned) = sums(id);
		assert_eq!(paid, 5 * 40_000);
		let gone = budget - paid - returned;
		assert_eq!(Balances::total_issuance(), issuance - gone);
		assert!(burned < gone);
	});
}

// ---- without gold ----

#[test]
fn all_get_full_pay_when_no_gold_is_opened() {
	run(|| {
		let mut policies = [Policy::First; 6];
		policies[0] = Policy::Silent;
		let id = played(sized(20, 40, 40, 6), &policies);
		let before = free(&SPONSOR);
		forward(OPEN + 1);
		finish(id);
		assert_eq!(basis(id), Basis::Equal);
		for number in 1..6 {
			assert_eq!(paid(id, number), FULL);
			assert!(matches!(
				place(id, number).state,
				PlaceState::Paid {
					reason: Reason::Equal,
					..
				}
			));
		}
		// Nothing comes back to the sponsor, not even for the place of the silent one.
		assert_eq!(free(&SPONSOR), before);
		let (paid, fees, returned, burned) = sums(id);
		assert_eq!((paid, fees), (5 * FULL, 5 * FULL_FEE));
		assert_eq!((returned, burned), (0, FULL + FULL_FEE));
		// Only the silence says anything about care.
		assert_eq!(Known::get(), [(rater(0), 0, FULL_FEE)]);
	});
}

#[test]
fn all_get_full_pay_when_one_item_of_gold_stays_hidden() {
	run(|| {
		let id = played(terms(), &[Policy::First; 5]);
		let openings = weighhouse_primitives::feedback::gold_openings(&gold_of(20, 40));
		assert_ok!(open(id, &openings[..10]));
		assert_ok!(open(id, &openings[10..19]));
		forward(OPEN + 1);
		finish(id);
		assert_eq!(basis(id), Basis::Equal);
		assert_eq!(paid(id, 0), FULL);
	});
}

#[test]
fn everything_comes_back_to_the_sponsor_when_nobody_commits() {
	run(|| {
		let id = drawn(terms());
		let budget = campaign(id).budget;
		forward(26 + REVEAL + 2);
		finish(id);
		assert_eq!(basis(id), Basis::Nobody);
		assert_eq!(sums(id), (0, 0, budget, 0));
		for number in 0..5 {
			assert_eq!(
				free(&rater(number)),
				ENDOWMENT - 10 * UNIT - place_deposit()
			);
		}
		assert!(Shares::<Test>::get(id).is_empty());
	});
}

#[test]
fn everything_comes_back_to_the_sponsor_when_nobody_reveals() {
	run(|| {
		let id = settled_without_gold(&[Policy::Unrevealed; 5]);
		assert_eq!(basis(id), Basis::Nobody);
		assert_eq!(free(&SPONSOR), ENDOWMENT - campaign_deposit(&terms()));
	});
}

fn settled_without_gold(policies: &[Policy]) -> u64 {
	let id = played(terms(), policies);
	finish(id);
	id
}

// ---- labels ----

#[test]
fn labels_follow_the_weight_of_raters() {
	run(|| {
		let mut policies = vec![Policy::Right(90); 4];
		policies.extend([Policy::First; 6]);
		let id = settled(sized(20, 60, 60, 10), &policies);
		let labels = Labels::<Test>::get(id);
		assert_eq!(labels.len(), 60);
		let gold = gold_of(20, 60);
		for (item, label) in (0..).zip(labels) {
			if gold.iter().any(|gold| gold.item == item) {
				let expected = Label::Gold {
					label: truth(item),
					standing: GoldStanding::Counts,
				};
				assert_eq!(label, expected);
				continue;
			}
			let (mut a, mut b) = (0u64, 0u64);
			for (number, policy) in (0..).zip(&policies) {
				let weight = u64::from(score(id, number).care);
				match policy.answer(number, item) {
					Choice::A => a += weight,
					Choice::B => b += weight,
				}
			}
			let (choice, weight) = match a.cmp(&b) {
				core::cmp::Ordering::Greater => (Choice::A, a),
				core::cmp::Ordering::Less => (Choice::B, b),
				core::cmp::Ordering::Equal => {
					assert_eq!(label, Label::Undecided);
					continue;
				}
			};
			let confidence = u128::from(weight) * u128::from(PARTS) / u128::from(a + b);
			let confidence = confidence as u32;
			assert_eq!(label, Label::Preferred { choice, confidence });
		}
	});
}

#[test]
fn labels_are_undecided_when_nobody_can_be_relied_on() {
	run(|| {
		let id = settled(terms(), &[Policy::Wrong; 5]);
		let labels = Labels::<Test>::get(id);
		assert_eq!(labels[1], Label::Undecided);
		let id = played(terms(), &[Policy::Right(100); 5]);
		forward(OPEN + 1);
		finish(id);
		let labels = Labels::<Test>::get(id);
		assert!(labels.iter().all(|label| *label == Label::Undecided));
	});
}

// ---- in pieces ----

#[test]
fn settle_takes_as_many_raters_as_it_is_told() {
	run(|| {
		let id = played(sized(20, 40, 40, 12), &[Policy::Right(80); 12]);
		open_usual(id);
		let settle = |limit| Feedback::settle(signed(OTHER), id, limit);
		assert_ok!(settle(5));
		assert_eq!(phase(id), Phase::Weighing { next: 5 });
		// At least one.
		assert_ok!(settle(0));
		assert_eq!(phase(id), Phase::Weighing { next: 6 });
		assert_ok!(settle(u32::MAX));
		assert!(matches!(phase(id), Phase::Paying { next: 0, .. }));
		assert_ok!(settle(11));
		let (next, so_far) = match phase(id) {
			Phase::Paying { next, paid, .. } => (next, paid),
			phase => panic!("{phase:?}"),
		};
		assert_eq!(next, 11);
		let sum: u128 = (0..11).map(|number| paid(id, number)).sum();
		assert_eq!(so_far, sum);
		check_everything();
		assert_ok!(settle(1));
		assert!(matches!(phase(id), Phase::Settled { .. }));
		assert_noop!(settle(1), Error::<Test>::NotSettling);
	});
}

#[test]
fn settle_comes_to_the_same_in_any_pieces() {
	let policies: Vec<_> = (60..82).map(Policy::Right).collect();
	let end = |pieces: Option<u32>| {
		let mut end = None;
		run(|| {
			let id = played(sized(20, 60, 44, 22), &policies);
			open_usual(id);
			while let Some(limit) = pieces {
				if Feedback::settle(signed(OTHER), id, limit).is_err() {
					break;
				}
			}
			finish(id);
			let pays: Vec<_> = (0..22).map(|number| paid(id, number)).collect();
			let labels = Labels::<Test>::get(id).into_inner();
			end = Some((pays, labels, sums(id), free(&SPONSOR)));
		});
		end.unwrap()
	};
	let by_the_chain = end(None);
	assert_eq!(end(Some(1)), by_the_chain);
	assert_eq!(end(Some(7)), by_the_chain);
	assert_eq!(end(Some(100)), by_the_chain);
}

#[test]
fn settle_is_refused_when_there_is_nothing_to_settle() {
	run(|| {
		let settle = |id| Feedback::settle(signed(OTHER), id, 1);
		assert_noop!(settle(1), Error::<Test>::UnknownCampaign);
		let id = drawn(terms());
		assert_noop!(settle(id), Error::<Test>::NotSettling);
	});
}

#[test]
fn settle_costs_what_it_does() {
	run(|| {
		let id = played(sized(20, 40, 40, 12), &[Policy::Right(80); 12]);
		open_usual(id);
		let info = Feedback::settle(signed(OTHER), id, 50).unwrap();
		assert_eq!(info.actual_weight, Some(Feedback::settle_weight(12)));
		assert!(Feedback::settle_weight(12).ref_time() < Feedback::settle_weight(50).ref_time());
		// What reputation costs comes on top, for each rater.
		let without = Feedback::settle_weight(12);
		RecordWeight::set(&Weight::from_parts(1_000, 10));
		assert_eq!(
			Feedback::settle_weight(12),
			without.saturating_add(Weight::from_parts(12_000, 120))
		);
	});
}

#[test]
fn largest_campaign_is_settled_in_two_calls() {
	run(|| {
		let terms = sized(40, 240, 240, 100);
		let policies: Vec<_> = (0..100).map(|n| Policy::Right(60 + n % 40)).collect();
		let id = played(terms, &policies);
		open_usual(id);
		assert_ok!(Feedback::settle(signed(OTHER), id, 100));
		assert_ok!(Feedback::settle(signed(OTHER), id, 100));
		assert!(matches!(phase(id), Phase::Settled { .. }));
		assert_eq!(Shares::<Test>::get(id).len(), 100);
		assert_eq!(Labels::<Test>::get(id).len(), 240);
	});
}

#[test]
fn shares_follow_pay() {
	run(|| {
		let policies = [100, 85, 80, 75, 50, 90].map(Policy::Right);
		let id = settled(sized(20, 40, 40, 6), &policies);
		let shares = Shares::<Test>::get(id);
		assert_eq!(shares.iter().sum::<u32>(), PARTS);
		let total: u128 = (0..6).map(|number| paid(id, number)).sum();
		for (number, parts) in (0..).zip(shares) {
			let exact = paid(id, number) * u128::from(PARTS) / total;
			assert!(u128::from(parts).abs_diff(exact) <= 1);
		}
	});
}

#[test]
fn nothing_is_moved_when_nothing_is_left() {
	use pallet_balances::Event as Money;
	run(|| {
		let id = settled(terms(), &[Policy::Right(100); 5]);
		let (_, _, returned, burned) = sums(id);
		assert_eq!((returned, burned), (0, 0));
		let moved: Vec<Money<Test>> = System::read_events_for_pallet();
		assert!(!moved.iter().any(|event| matches!(
			event,
			Money::Released { amount: 0, .. } | Money::BurnedHeld { amount: 0, .. }
		)));
	});
}
