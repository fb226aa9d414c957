//! What each known attack earns: nothing beyond the bound that its test computes.

use super::settlement::{
	act, fee, less_fee, minus, outcome, phase, plus, say, slashes, until, Act, Before,
};
use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::transaction_validity::InvalidTransaction;
use weighhouse_primitives::{
	inference::{Ground, JobId, Mode, Round, Status},
	PARTS,
};

/// What a worker loses whose answer an audit or a jury finds wrong.
const ALL: u128 = 100 * REWARD;
/// What a challenger holds.
const STAKE: u128 = 10 * REWARD;

const SOLO: Asking = Asking {
	mode: Mode::Solo,
	..ASKING
};

/// Alice's listing with this many workers, and no audits.
fn market(workers: u32) {
	enlisted(plain_listing(), workers);
	AuditParts::set(0);
}

/// Has a request answered so and brings it to its challenge window.
fn answered(asking: Asking, acts: &[Act]) -> (JobId, Vec<AccountId>) {
	let id = asked(asking);
	let seats = drawn(id, Round::Main);
	act(id, Round::Main, acts);
	until(id, |phase| matches!(phase, Phase::Resolved { .. }));
	(id, seats)
}

/// Has an answer disputed, and the jury judge so.
fn judged(id: JobId, challenger: &AccountId, ground: Ground, verdict: &Act) -> Vec<AccountId> {
	assert_ok!(Inference::dispute(signed(challenger.clone()), id, ground));
	let jurors = drawn(id, Round::Jury);
	act(id, Round::Jury, &vec![verdict.clone(); jurors.len()]);
	settle();
	jurors
}

fn no_input() -> Act {
	Act::Says(says_no(Status::InputUnavailable))
}

/// The output of answer 1 with evidence that was made up.
fn guess() -> Act {
	let mut guess = says(1);
	guess.answer.fingerprint = says(77).answer.fingerprint;
	Act::Says(guess)
}

fn sum(gains: &[i128]) -> i128 {
	gains.iter().sum()
}

// ---- guessed label ----

#[test]
fn a_label_guessed_right_without_its_evidence_loses_two_rewards_in_a_quorum() {
	run(|| {
		market(3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		let before = Before::now();
		act(id, Round::Main, &[say(1), guess(), say(1)]);
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&seats[1]), minus(2 * REWARD));
	});
}

#[test]
fn labels_guessed_by_a_single_worker_cost_more_in_audits_than_they_earn() {
	run(|| {
		market(4);
		let guesser = worker(100);
		// Nearly every draw is the guesser's.
		enlist(&guesser, 1, 100 * BOND, REWARD);
		AuditParts::set(PARTS / 10);
		ShortWindows::<Test>::put(DevelopmentWindows {
			challenge: 2,
			unbonding: 3,
		});
		let before = Before::now();
		let (mut passed, mut caught) = (0, 0);
		for _ in 0..150 {
			for who in (1..=4).map(worker).chain([guesser.clone()]) {
				assert_ok!(Inference::resume(signed(who)));
			}
			let id = asked(SOLO);
			let honest = drawn(id, Round::Main) != [guesser.clone()];
			act(id, Round::Main, &[if honest { say(1) } else { guess() }]);
			until(id, |phase| !matches!(phase, Phase::Sampling { .. }));
			let audited = matches!(phase(id), Some(Phase::Auditing { .. }));
			if audited {
				let guesser_audits = seats(id, Round::Audit) == [guesser.clone()];
				assert!(!guesser_audits || honest);
				act(id, Round::Audit, &[say(1)]);
			}
			match (honest, audited) {
				(true, audited) => {
					// Its own work, done honestly, is no part of what guessing earns.
					if audited && seats(id, Round::Audit) == [guesser.clone()] {
						passed += 1;
					}
				}
				(false, false) => passed += 1,
				(false, true) => {
					caught += 1;
					let jurors = drawn(id, Round::Jury);
					act(id, Round::Jury, &vec![say(1); jurors.len()]);
				}
			}
			settle();
		}
		assert!(caught > 0);
		let earned = passed * plus(less_fee(REWARD)) - caught * plus(ALL);
		assert_eq!(before.gain(&guesser), earned);
		assert!(earned < 0);
		// The same in expectation: what is gained nine times is lost many times over the tenth.
		assert!(9 * less_fee(REWARD) < ALL);
	});
}

// ---- copied answer ----

#[test]
fn a_copied_commitment_cannot_be_opened_by_the_copier() {
	run(|| {
		market(3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		let before = Before::now();
		let [honest, copier, third] = [&seats[0], &seats[1], &seats[2]];
		let copied = commitment_of(id, Round::Main, honest, &says(1));
		commit(id, Round::Main, honest, &says(1)).taken();
		let step = step_of(id, Round::Main, copier);
		submit(commit_call(step, copied, &pair_of(copier))).taken();
		commit(id, Round::Main, third, &says(1)).taken();

		reveal(id, Round::Main, honest, &says(1)).taken();
		let shown = reveal_of(id, Round::Main, honest, &says(1));
		let refused = submit(reveal_call(step, shown.clone(), &pair_of(copier))).refused();
		assert_eq!(refused, InvalidTransaction::Custom(104).into());
		assert_noop!(
			Inference::reveal_signed(signed(copier.clone()), id, shown),
			Error::<Test>::BadReveal
		);
		reveal(id, Round::Main, third, &says(1)).taken();
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(copier), minus(2 * REWARD));
		assert_eq!(before.gain(honest), plus(less_fee(REWARD)));
	});
}

#[test]
fn an_answer_copied_from_a_reveal_comes_too_late() {
	run(|| {
		market(3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		let before = Before::now();
		for who in &seats[1..] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		until(id, |phase| matches!(phase, Phase::Revealing { .. }));
		reveal(id, Round::Main, &seats[1], &says(1)).taken();
		let copier = &seats[0];
		let nothing_due = InvalidTransaction::Custom(103).into();
		let refused = commit(id, Round::Main, copier, &says(1)).refused();
		assert_eq!(refused, nothing_due);
		let refused = reveal(id, Round::Main, copier, &says(1)).refused();
		assert_eq!(refused, nothing_due);
		reveal(id, Round::Main, &seats[2], &says(1)).taken();
		settle();
		assert_eq!(before.gain(copier), minus(REWARD / 4));
	});
}

// ---- near tie ----

#[test]
fn an_input_that_splits_engines_costs_honest_workers_nothing() {
	run(|| {
		market(3);
		let before = Before::now();
		let id = asked(ASKING);
		drawn(id, Round::Main);
		let mut third = says_near(1);
		third.output = vec![200; 40].try_into().unwrap();
		third.answer.output_hash = says(200).answer.output_hash;
		let acts = [say(1), Act::Says(says_near(1)), Act::Says(third)];
		act(id, Round::Main, &acts);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		assert_eq!(before.changed(), []);
		assert!(slashes().is_empty());
	});
}

#[test]
fn an_input_that_splits_one_engine_off_saves_its_reward_only() {
	run(|| {
		market(3);
		let before = Before::now();
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), Act::Says(says_near(1)), say(1)]);
		settle();
		let price = 3 * REWARD + CALL_PRICE;
		assert_eq!(before.gain(&BOB), minus(price) + plus(REWARD));
		assert_eq!(before.gain(&seats[1]), 0);
	});
}

#[test]
fn a_dispute_over_an_input_that_splits_engines_earns_nobody_money() {
	run(|| {
		market(9);
		let before = Before::now();
		let (id, seats) = answered(ASKING, &[say(1), say(1), say(1)]);
		let jurors = judged(id, &CAROL, Ground::Wrong, &Act::Says(says_near(1)));
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		// The requester has the answer without its price, and the accomplice pays for the jury's
		// time; no worker loses anything, no account of the attacker owns more than before.
		let time = plus(REWARD / 10) * jurors.len() as i128;
		assert_eq!(before.gains([&BOB, &CAROL]), [0, -time]);
		assert_eq!(sum(&before.gains(&jurors)), time);
		assert_eq!(before.gains(&seats), [0; 3]);
	});
}

// ---- withheld input ----

#[test]
fn an_input_withheld_from_the_start_costs_the_requester_base_fees() {
	run(|| {
		market(3);
		let before = Before::now();
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &vec![no_input(); 3]);
		settle();
		let base = REWARD / 10;
		assert_eq!(before.gain(&BOB), minus(3 * base));
		assert_eq!(before.gains(&seats), [plus(less_fee(base)); 3]);
		assert!(slashes().is_empty());
	});
}

#[test]
fn an_input_shown_to_one_worker_only_earns_the_requester_nothing() {
	run(|| {
		market(3);
		let before = Before::now();
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), no_input(), no_input()]);
		settle();
		assert_eq!(before.gain(&BOB), minus(2 * (REWARD / 10)));
		// The one who answered is not to blame for it.
		assert_eq!(before.gain(&seats[0]), 0);
		assert_eq!(before.burned(), 2 * fee(REWARD / 10) / 2);
	});
}

#[test]
fn an_input_withheld_after_the_answer_costs_the_challenger_its_bond() {
	run(|| {
		market(9);
		let before = Before::now();
		let (id, seats) = answered(ASKING, &[say(1), say(1), say(1)]);
		judged(id, &CAROL, Ground::Wrong, &no_input());
		assert_eq!(outcome(), Outcome::Final);
		let price = 3 * REWARD + CALL_PRICE;
		assert_eq!(before.gains([&BOB, &CAROL]), [minus(price), minus(STAKE)]);
		assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
	});
}

#[test]
fn an_input_withheld_from_the_auditor_does_not_take_the_reward_away() {
	run(|| {
		market(9);
		AuditParts::set(PARTS);
		let before = Before::now();
		let id = asked(SOLO);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1)]);
		let auditors = drawn(id, Round::Audit);
		act(id, Round::Audit, &[no_input()]);
		settle();
		assert_eq!(before.gain(&seats[0]), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&auditors[0]), 0);
		assert_eq!(before.gain(&BOB), minus(REWARD + CALL_PRICE));
	});
}

// ---- withheld output ----

#[test]
fn an_output_that_is_withheld_costs_a_hundred_rewards_once_disputed() {
	run(|| {
		market(9);
		let before = Before::now();
		let (id, seats) = answered(SOLO, &[Act::Says(says_large(1))]);
		// The requester is who misses it, gets everything back and gains nothing.
		judged(id, &BOB, Ground::Unavailable, &no_input());
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gain(&seats[0]), minus(ALL));
		assert_eq!(before.gain(&BOB), 0);
	});
}

#[test]
fn an_output_that_is_withheld_earns_the_reward_only_while_nobody_disputes() {
	run(|| {
		market(9);
		let before = Before::now();
		let (_, seats) = answered(SOLO, &[Act::Says(says_large(1))]);
		settle();
		assert_eq!(before.gain(&seats[0]), plus(less_fee(REWARD)));
		// Withholding pays only if less than one in a hundred requesters disputes.
		assert!(100 * less_fee(REWARD) < ALL);
	});
}

#[test]
fn an_output_that_one_of_the_panel_leaves_out_makes_nobody_elses_unavailable() {
	run(|| {
		market(9);
		let before = Before::now();
		// The first drawn is in the middle of those who agree, and leaves the output out of its reveal.
		let acts = [Act::Says(says_large(1)), say(1), say(1)];
		let (id, seats) = answered(ASKING, &acts);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.statement, answer_of(&seats[0], &says(1)).statement);
		assert_eq!(record.output_length, Some(40));
		assert_noop!(
			Inference::dispute(signed(CAROL), id, Ground::Unavailable),
			Error::<Test>::OutputIsInline
		);
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
		assert_eq!(before.gain(&CAROL), 0);
	});
}

#[test]
fn an_answer_that_nobody_could_judge_is_not_free_for_who_disputes_it() {
	for fresh in 0..3 {
		run(|| {
			market(3 + fresh);
			let before = Before::now();
			let (id, seats) = answered(ASKING, &[say(1), say(1), say(1)]);
			assert_noop!(
				Inference::dispute(signed(BOB), id, Ground::Wrong),
				Error::<Test>::Undisputable
			);
			settle();
			assert_eq!(outcome(), Outcome::Final);
			assert_eq!(before.gain(&BOB), minus(3 * REWARD + CALL_PRICE));
			assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
		});
	}
}

#[test]
fn jurors_who_leave_after_a_dispute_make_no_answer_free() {
	run(|| {
		market(6);
		let before = Before::now();
		let (id, seats) = answered(ASKING, &[say(1), say(1), say(1)]);
		assert_ok!(Inference::dispute(signed(BOB), id, Ground::Wrong));
		for who in (1..=6).map(worker).filter(|who| !seats.contains(who)) {
			assert_ok!(Inference::stop_serving(signed(who), 1));
		}
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&BOB), minus(3 * REWARD + CALL_PRICE));
		assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
	});
}

#[test]
fn calling_an_output_withheld_that_is_not_costs_the_bond() {
	run(|| {
		market(9);
		let before = Before::now();
		let large = Act::Says(says_large(1));
		let (id, seats) = answered(SOLO, std::slice::from_ref(&large));
		judged(id, &CAROL, Ground::Unavailable, &large);
		assert_eq!(before.gain(&CAROL), minus(STAKE));
		assert_eq!(before.gain(&seats[0]), plus(less_fee(REWARD)));
	});
}

// ---- self-challenge ----

#[test]
fn a_worker_who_challenges_its_own_wrong_answer_gets_ten_of_a_hundred_rewards_back() {
	run(|| {
		market(9);
		let before = Before::now();
		let (id, seats) = answered(SOLO, &[say(2)]);
		judged(id, &CAROL, Ground::Wrong, &say(1));
		assert_eq!(before.gain(&seats[0]), minus(ALL));
		assert_eq!(before.gain(&CAROL), plus(10 * REWARD));
	});
}

#[test]
fn a_worker_who_challenges_itself_by_name_gets_no_more() {
	run(|| {
		market(9);
		let before = Before::now();
		let (id, seats) = answered(SOLO, &[say(2)]);
		judged(id, &seats[0], Ground::Wrong, &say(1));
		assert_eq!(before.gain(&seats[0]), minus(ALL) + plus(10 * REWARD));
	});
}

#[test]
fn a_wrong_answer_loses_even_with_the_challenger_and_the_whole_jury_in_one_hand() {
	run(|| {
		market(12);
		let before = Before::now();
		let (id, seats) = answered(SOLO, &[say(2)]);
		let jurors = judged(id, &CAROL, Ground::Wrong, &say(1));
		assert_eq!(jurors.len(), 9);
		let own: Vec<_> = seats
			.into_iter()
			.chain(jurors)
			.chain([CAROL, BOB])
			.collect();
		let gain = sum(&before.gains(&own));
		assert_eq!(gain, minus(ALL) + plus(10 * REWARD + 9 * REWARD));
		assert!(gain < 0);
	});
}

#[test]
fn a_panel_in_one_hand_that_challenges_itself_loses_most_of_three_slashes() {
	run(|| {
		market(9);
		let before = Before::now();
		let (id, seats) = answered(ASKING, &[say(2), say(2), say(2)]);
		judged(id, &CAROL, Ground::Wrong, &say(1));
		let own: Vec<_> = seats.into_iter().chain([CAROL]).collect();
		let gain = sum(&before.gains(&own));
		assert_eq!(gain, minus(3 * ALL) + plus(10 * REWARD));
	});
}

#[test]
fn asking_ones_own_workers_costs_the_fees() {
	run(|| {
		market(3);
		let before = Before::now();
		let (_, seats) = answered(ASKING, &[say(2), say(2), say(2)]);
		settle();
		let own: Vec<_> = seats.into_iter().chain([BOB, ALICE]).collect();
		let fees = fee(3 * REWARD + CALL_PRICE);
		assert_eq!(sum(&before.gains(&own)), minus(fees));
	});
}

// ---- bond spread over accounts ----

const DRAWS: u32 = 600;

/// How many seats of [`DRAWS`] panels go to somebody with half of all bond, spread over this many
/// accounts.
fn seats_drawn(mode: Mode, accounts: u32) -> u32 {
	let mut count = 0;
	run(|| {
		plain_listing();
		AuditParts::set(0);
		ShortWindows::<Test>::put(DevelopmentWindows {
			challenge: 1,
			unbonding: 2,
		});
		let rivals: Vec<_> = (1..=10).map(worker).collect();
		let own: Vec<_> = (101..=100 + accounts).map(worker).collect();
		for who in &rivals {
			enlist(who, 1, BOND / 10, LEAST_REWARD);
		}
		for who in &own {
			enlist(who, 1, BOND / u128::from(accounts), LEAST_REWARD);
		}
		let everybody: Vec<_> = rivals.iter().chain(&own).cloned().collect();
		for _ in 0..DRAWS {
			for who in &everybody {
				assert_ok!(Inference::resume(signed(who.clone())));
			}
			let id = asked(Asking {
				mode,
				reward: LEAST_REWARD,
				..ASKING
			});
			let seats = drawn(id, Round::Main);
			count += seats.iter().filter(|who| own.contains(who)).count() as u32;
			let said = says(1);
			for who in &seats {
				if matches!(phase(id), Some(Phase::Committing { .. })) {
					let hidden = commitment_of(id, Round::Main, who, &said);
					assert_ok!(Inference::commit_signed(signed(who.clone()), id, hidden));
				}
			}
			for who in &seats {
				let shown = reveal_of(id, Round::Main, who, &said);
				assert_ok!(Inference::reveal_signed(signed(who.clone()), id, shown));
			}
			settle();
		}
	});
	count
}

#[test]
fn a_bond_spread_over_ten_accounts_is_drawn_no_more_often_for_one_seat() {
	// Half of 600 is 300; five standard deviations are 61.
	for accounts in [1, 10] {
		let drawn = seats_drawn(Mode::Solo, accounts);
		assert!((239..=361).contains(&drawn), "{accounts}: {drawn}");
	}
}

#[test]
fn a_bond_spread_over_ten_accounts_sits_on_its_part_of_a_panel() {
	// Half of 1,800 seats is 900. Drawn without putting back they spread less than 21 each way.
	let spread = seats_drawn(Mode::QuorumOfThree, 10);
	assert!((794..=1_006).contains(&spread), "{spread}");
	// One account has one seat of a panel at most, which is less than its part.
	let whole = seats_drawn(Mode::QuorumOfThree, 1);
	assert!(whole <= DRAWS && whole < spread, "{whole}");
}

// ---- squatters ----

#[test]
fn squatters_pay_for_a_full_list_and_keep_no_better_bond_out() {
	run(|| {
		plain_listing();
		let squatters: Vec<_> = (1..=MAX_SERVING).map(worker).collect();
		let before = Before::now();
		for who in &squatters {
			enlist(who, 1, LEAST_BOND, REWARD);
		}
		let each = worker_deposit() + ask_deposit() + LEAST_BOND;
		for who in &squatters {
			let paid = held(who, HoldReason::Worker)
				+ held(who, HoldReason::Ask)
				+ held(who, HoldReason::Bond);
			assert_eq!(paid, each);
		}
		assert_ok!(register(&CAROL, LEAST_BOND));
		assert_noop!(
			Inference::serve(signed(CAROL), 1, REWARD),
			Error::<Test>::ServingFull
		);
		assert_ok!(register(&DAVE, LEAST_BOND + 1));
		assert_ok!(Inference::serve(signed(DAVE), 1, REWARD));
		let asks = Asks::<Test>::get(1);
		assert_eq!(asks.len(), MAX_SERVING as usize);
		assert!(asks.iter().any(|ask| ask.worker == DAVE));
		// What a squatter owns is no more for it, and the one that made room has its deposit back.
		let gone: Vec<_> = squatters
			.iter()
			.filter(|who| held(who, HoldReason::Ask) == 0)
			.collect();
		assert_eq!(gone.len(), 1);
		for who in &squatters {
			assert_eq!(before.gain(who), plus(LEAST_BOND + ENDOWMENT));
		}
	});
}

#[test]
fn squatters_who_are_never_there_lose_their_bond_bit_by_bit() {
	run(|| {
		plain_listing();
		AuditParts::set(0);
		enlist(&worker(1), 1, LEAST_BOND + REWARD, REWARD);
		for silences in 1..=3 {
			asked(SOLO);
			settle();
			let lost = silences * (REWARD / 4);
			assert_eq!(record_of(&worker(1)).bond, LEAST_BOND + REWARD - lost);
		}
		assert_eq!(
			record_of(&worker(1)).availability.now,
			Availability::Suspended
		);
	});
}

// ---- laziness ----

#[test]
fn claiming_that_there_is_no_input_earns_a_single_worker_nothing() {
	run(|| {
		market(1);
		let before = Before::now();
		let id = asked(SOLO);
		drawn(id, Round::Main);
		act(id, Round::Main, &[no_input()]);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::InputUnavailable));
		assert_eq!(before.changed(), []);
	});
}

#[test]
fn claiming_that_there_is_no_input_earns_a_majority_a_tenth_of_a_reward_each() {
	run(|| {
		market(3);
		let before = Before::now();
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[no_input(), say(1), no_input()]);
		settle();
		let base = less_fee(REWARD / 10);
		assert_eq!(before.gains([&seats[0], &seats[2]]), [plus(base); 2]);
		// An answer would have earned each ten times that.
		assert!(base * 9 < less_fee(REWARD));
	});
}

#[test]
fn claiming_that_there_is_no_input_costs_a_minority_two_rewards() {
	run(|| {
		market(3);
		let before = Before::now();
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), no_input(), say(1)]);
		settle();
		assert_eq!(before.gain(&seats[1]), minus(2 * REWARD));
	});
}
