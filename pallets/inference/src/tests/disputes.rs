//! Second looks at an answer: audits, disputes, juries, and who pays for them.

use super::settlement::{
	act, fee, less_fee, minus, outcome, payments, phase, plus, say, slashes, until, Act, Before,
};
use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Fortitude, Precision},
	},
};
use weighhouse_primitives::{
	inference::{Ground, InlineOutput, JobId, Mode, Round, Status},
	receipt::Evidence,
	PARTS,
};

/// What a challenger holds.
const STAKE: u128 = 10 * REWARD;
/// What a worker loses whose answer a jury finds wrong.
const ALL: u128 = 100 * REWARD;

fn dispute(who: &AccountId, id: JobId, ground: Ground) -> sp_runtime::DispatchResult {
	Inference::dispute(signed(who.clone()), id, ground)
}

/// Alice's listing with this many workers, and no audits.
fn market(version: MockVersion, workers: u32) {
	Registry::list(1, ALICE, &[version]);
	Calls::offer(1, 1, CALL_PRICE);
	enlisted(1, workers);
	AuditParts::set(0);
}

/// Bob's job for three workers who acted so and came to an answer.
fn answered(acts: [Act; 3]) -> (JobId, Vec<AccountId>) {
	let id = asked(ASKING);
	let seats = drawn(id, Round::Main);
	act(id, Round::Main, &acts);
	until(id, |phase| matches!(phase, Phase::Resolved { .. }));
	(id, seats)
}

/// Bob's job for one worker, before chance decides about an audit.
fn answered_by_one(said: Act) -> (JobId, AccountId) {
	let id = asked(Asking {
		mode: Mode::Solo,
		..ASKING
	});
	let seats = drawn(id, Round::Main);
	act(id, Round::Main, &[said]);
	(id, seats[0].clone())
}

/// Bob's job for one worker, audited by another one who acts so; answers with both.
fn audited(said: Act, check: Act) -> (JobId, AccountId, AccountId) {
	AuditParts::set(PARTS);
	let (id, who) = answered_by_one(said);
	let auditor = drawn(id, Round::Audit).remove(0);
	act(id, Round::Audit, &[check]);
	(id, who, auditor)
}

/// The jury acts, and the job ends; answers with the jurors.
fn judged(id: JobId, acts: &[Act]) -> Vec<AccountId> {
	let jurors = drawn(id, Round::Jury);
	act(id, Round::Jury, acts);
	settle();
	jurors
}

fn no_input() -> Act {
	Act::Says(says_no(Status::InputUnavailable))
}

/// How the last challenge was settled: what came back and what was gained.
fn settled() -> (u128, u128) {
	events()
		.into_iter()
		.rev()
		.find_map(|event| match event {
			Event::ChallengeSettled {
				returned, gained, ..
			} => Some((returned, gained)),
			_ => None,
		})
		.expect("a challenge was settled")
}

// ---- opening a dispute ----

#[test]
fn dispute_holds_ten_rewards_for_the_jury() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		assert_eq!(held(&CAROL, HoldReason::Challenge), STAKE);
		assert_eq!(free(&CAROL), ENDOWMENT - STAKE);
		let since = System::block_number();
		assert_eq!(phase(id), Some(Phase::Summoning { since }));
		assert!(events().contains(&Event::Disputed {
			job: id,
			challenger: CAROL,
			ground: Ground::Wrong,
			bond: STAKE
		}));
	});
}

#[test]
fn dispute_takes_all_but_the_existential_deposit_of_an_account() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		Balances::set_balance(&CAROL, ED + STAKE - 1);
		assert_noop!(
			dispute(&CAROL, id, Ground::Wrong),
			Error::<Test>::BalanceTooLow
		);
		assert_noop!(
			dispute(&NOBODY, id, Ground::Wrong),
			Error::<Test>::BalanceTooLow
		);
		Balances::set_balance(&CAROL, ED + STAKE);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		assert_eq!(free(&CAROL), ED);
	});
}

#[test]
fn dispute_refuses_a_job_that_is_not_open() {
	run(|| {
		assert_noop!(dispute(&CAROL, 1, Ground::Wrong), Error::<Test>::UnknownJob);
	});
}

#[test]
fn dispute_refuses_before_there_is_an_answer() {
	run(|| {
		market(EXACT, 9);
		let id = asked(ASKING);
		let refused = || {
			assert_noop!(
				dispute(&CAROL, id, Ground::Wrong),
				Error::<Test>::NotDisputable
			);
		};
		refused();
		let seats = drawn(id, Round::Main);
		refused();
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		refused();
	});
}

#[test]
fn dispute_refuses_a_second_challenger() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		assert_noop!(
			dispute(&DAVE, id, Ground::Wrong),
			Error::<Test>::NotDisputable
		);
		drawn(id, Round::Jury);
		assert_noop!(
			dispute(&DAVE, id, Ground::Wrong),
			Error::<Test>::NotDisputable
		);
	});
}

#[test]
fn dispute_is_open_until_the_last_block_of_the_window() {
	for (blocks, open) in [(CHALLENGE, true), (CHALLENGE + 1, false)] {
		run(|| {
			market(EXACT, 9);
			let (id, _) = answered([say(1), say(1), say(1)]);
			forward(blocks);
			assert_eq!(dispute(&CAROL, id, Ground::Wrong).is_ok(), open);
		});
	}
}

#[test]
fn dispute_refuses_a_late_challenger_even_if_the_job_waits_for_a_poke() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		lose_all(System::block_number() + CHALLENGE + 1);
		forward(CHALLENGE + 1);
		assert!(matches!(phase(id), Some(Phase::Resolved { .. })));
		assert_noop!(
			dispute(&CAROL, id, Ground::Wrong),
			Error::<Test>::NotDisputable
		);
		assert_ok!(poke(DAVE, id));
		settle();
		assert_eq!(outcome(), Outcome::Final);
	});
}

#[test]
fn the_window_is_long_above_the_high_value() {
	let escrow = 3 * REWARD + CALL_PRICE;
	for (high, window) in [(escrow, CHALLENGE), (escrow - 1, HIGH_VALUE_CHALLENGE)] {
		run(|| {
			market(EXACT, 9);
			HighValue::set(high);
			let (id, _) = answered([say(1), say(1), say(1)]);
			let until = System::block_number() + window;
			assert_eq!(phase(id), Some(Phase::Resolved { until }));
		});
	}
}

#[test]
fn the_window_of_a_development_chain_is_its_own() {
	run(|| {
		market(EXACT, 9);
		HighValue::set(0);
		ShortWindows::<Test>::put(DevelopmentWindows {
			challenge: 5,
			unbonding: 6,
		});
		let (id, _) = answered([say(1), say(1), say(1)]);
		let until = System::block_number() + 5;
		assert_eq!(phase(id), Some(Phase::Resolved { until }));
	});
}

#[test]
fn an_answer_of_the_owner_is_not_disputable() {
	run(|| {
		market(EXACT, 9);
		enlist(&ALICE, 1, BOND, REWARD);
		let id = asked(Asking {
			mode: Mode::Owner,
			..ASKING
		});
		act(id, Round::Main, &[say(1)]);
		assert_noop!(
			dispute(&CAROL, id, Ground::Wrong),
			Error::<Test>::NotDisputable
		);
		next_block();
		assert_eq!(outcome(), Outcome::Final);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.evidence, Evidence::OwnerSigned);
	});
}

#[test]
fn an_output_in_the_reveal_cannot_be_called_unavailable() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		assert_noop!(
			dispute(&CAROL, id, Ground::Unavailable),
			Error::<Test>::OutputIsInline
		);
		assert_ok!(dispute(&CAROL, id, Ground::NotAsFingerprinted));
	});
}

#[test]
fn an_output_that_one_of_the_panel_revealed_cannot_be_called_unavailable() {
	run(|| {
		market(EXACT, 9);
		let large = || Act::Says(says_large(1));
		let (id, _) = answered([large(), large(), say(1)]);
		assert_noop!(
			dispute(&CAROL, id, Ground::Unavailable),
			Error::<Test>::OutputIsInline
		);
	});
}

// ---- juries ----

#[test]
fn a_jury_is_the_largest_odd_number_of_fresh_workers_up_to_nine() {
	let sizes: Vec<_> = (0..14).map(Inference::jury_size).collect();
	let sizes: Vec<_> = sizes.into_iter().map(Option::unwrap_or_default).collect();
	assert_eq!(sizes, [0, 0, 0, 3, 3, 5, 5, 7, 7, 9, 9, 9, 9, 9]);
}

#[test]
fn nobody_involved_judges() {
	run(|| {
		market(EXACT, 6);
		for who in [ALICE, BOB, CAROL] {
			enlist(&who, 1, BOND, REWARD);
		}
		let (id, seats) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = drawn(id, Round::Jury);
		assert_eq!(jurors.len(), 3);
		for who in seats.iter().chain(&[ALICE, BOB, CAROL]) {
			assert!(!jurors.contains(who));
		}
	});
}

#[test]
fn a_jury_has_twice_the_time_to_commit() {
	run(|| {
		market(EXACT, 12);
		let (id, _) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		assert_eq!(drawn(id, Round::Jury).len(), 9);
		let until = System::block_number() + 2 * 15;
		assert_eq!(phase(id), Some(Phase::JuryCommitting { until }));
	});
}

#[test]
fn dispute_is_refused_when_too_few_could_judge() {
	for (workers, open) in [(5, false), (6, true)] {
		run(|| {
			market(EXACT, workers);
			let before = Before::now();
			let (id, seats) = answered([say(1), say(1), say(1)]);
			for who in [BOB, CAROL] {
				if open {
					continue;
				}
				assert_noop!(
					dispute(&who, id, Ground::Wrong),
					Error::<Test>::Undisputable
				);
				assert_eq!(held(&who, HoldReason::Challenge), 0);
			}
			if open {
				assert_ok!(dispute(&CAROL, id, Ground::Wrong));
				assert_eq!(drawn(id, Round::Jury).len(), 3);
				return;
			}
			settle();
			// An answer that nobody could judge is paid for.
			assert_eq!(outcome(), Outcome::Final);
			assert_eq!(before.gain(&BOB), minus(3 * REWARD + CALL_PRICE));
			assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
		});
	}
}

#[test]
fn dispute_counts_neither_the_challenger_nor_who_has_a_seat_among_the_jurors() {
	run(|| {
		market(EXACT, 5);
		for who in [ALICE, BOB] {
			enlist(&who, 1, BOND, REWARD);
		}
		let (id, _) = answered([say(1), say(1), say(1)]);
		enlist(&CAROL, 1, BOND, REWARD);
		// Two workers and Carol are left.
		assert_noop!(
			dispute(&CAROL, id, Ground::Wrong),
			Error::<Test>::Undisputable
		);
		assert_ok!(dispute(&DAVE, id, Ground::Wrong));
	});
}

#[test]
fn an_answer_stands_when_its_jurors_fall_short_after_the_dispute() {
	run(|| {
		market(EXACT, 6);
		let (id, seats) = answered([say(1), say(2), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let gone = (1..=6).map(worker).find(|who| !seats.contains(who));
		assert_ok!(Inference::stop_serving(signed(gone.unwrap()), 1));
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&CAROL), 0);
		assert_eq!(settled(), (STAKE, 0));
		let price = 2 * REWARD + CALL_PRICE;
		assert_eq!(before.gain(&BOB), minus(price));
		let paid = plus(less_fee(REWARD));
		// What the panel found of the minority stays found; nobody is slashed for the dispute.
		assert_eq!(before.gains(&seats), [paid, minus(2 * REWARD), paid]);
		assert_eq!(before.burned(), 2 * REWARD + fee(price) / 2);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.evidence, Evidence::Quorum);
		assert_eq!(record.state, ReceiptState::Final);
	});
}

#[test]
fn a_lost_seed_of_a_jury_is_drawn_once_more() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		let now = System::block_number();
		plan_randomness(now + 1, None);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		forward(SEED_BLOCKS + 1);
		let since = now + SEED_BLOCKS + 1;
		assert_eq!(phase(id), Some(Phase::Summoning { since }));
		assert_eq!(job(id).redrawn, Some(Round::Jury));
		judged(id, &vec![say(2); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL); 3]);
	});
}

#[test]
fn an_answer_stands_when_the_seed_of_its_jury_is_lost_twice() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		let now = System::block_number();
		plan_randomness(now + 1, None);
		plan_randomness(now + SEED_BLOCKS + 2, None);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&CAROL), 0);
		assert_eq!(before.gain(&BOB), minus(3 * REWARD + CALL_PRICE));
		assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
	});
}

#[test]
fn a_challenger_who_is_wrong_pays_the_jury_and_loses_the_rest() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &[say(1), say(1), say(1), say(1), say(1)]);

		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&CAROL), minus(STAKE));
		assert_eq!(settled(), (0, 0));
		assert_eq!(before.gains(&jurors), [plus(REWARD); 5]);
		assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
		assert_eq!(before.gain(&BOB), minus(3 * REWARD + CALL_PRICE));
		let fees = fee(3 * REWARD + CALL_PRICE);
		assert_eq!(before.burned(), STAKE - 5 * REWARD + fees / 2);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.state, ReceiptState::Final);
		assert_eq!(record.evidence, Evidence::Quorum);
		assert_eq!(record.price, 3 * REWARD + CALL_PRICE);
	});
}

#[test]
fn an_answer_of_one_that_withstands_a_jury_counts_as_audited() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered_by_one(say(1));
		until(id, |phase| matches!(phase, Phase::Resolved { .. }));
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &vec![say(1); 7]);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.evidence, Evidence::Audited);
		assert_eq!(record.price, REWARD + CALL_PRICE);
	});
}

#[test]
fn workers_whose_answer_falls_lose_a_hundred_rewards_each() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &[say(2), say(2), say(2), say(2), say(2)]);

		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL); 3]);
		assert_eq!(before.gains(&jurors), [plus(REWARD); 5]);
		assert_eq!(before.gain(&CAROL), plus(10 * REWARD));
		assert_eq!(settled(), (STAKE, 10 * REWARD));
		assert_eq!(before.gain(&BOB), 0);
		assert_eq!(before.gain(&ALICE), 0);
		assert_eq!(before.gain(&TREASURY), 0);
		assert_eq!(before.burned(), 3 * ALL - 5 * REWARD - 10 * REWARD);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.state, ReceiptState::Refunded);
	});
}

#[test]
fn the_challengers_part_is_a_fifth_where_that_is_less_than_ten_rewards() {
	run(|| {
		market(EXACT, 8);
		let (id, who) = answered_by_one(say(1));
		until(id, |phase| matches!(phase, Phase::Resolved { .. }));
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = drawn(id, Round::Jury);
		act(id, Round::Jury, &vec![say(2); 7]);
		// Nothing takes this much of a bond before the end; if it did, a part of less is shared.
		let left = 45 * REWARD;
		let lost = BOND - left;
		let reason = HoldReason::Bond.into();
		Balances::burn_held(&reason, &who, lost, Precision::Exact, Fortitude::Force).unwrap();
		Workers::<Test>::mutate(&who, |record| record.as_mut().unwrap().bond = left);
		let before = Before::now();
		settle();
		assert_eq!(before.gain(&who), minus(left));
		assert_eq!(before.gain(&CAROL), plus(9 * REWARD));
		assert_eq!(before.gains(&jurors), [plus(REWARD); 7]);
		assert_eq!(before.burned(), left - 16 * REWARD);
	});
}

#[test]
fn a_requester_who_disputes_gains_nothing_but_the_refund() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, seats) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&BOB, id, Ground::Wrong));
		judged(id, &[say(2), say(2), say(2), say(2), say(2)]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gain(&BOB), 0);
		assert_eq!(settled(), (STAKE, 0));
		assert_eq!(before.gains(&seats), [minus(ALL); 3]);
		assert_eq!(before.burned(), 3 * ALL - 5 * REWARD);
	});
}

#[test]
fn a_minority_that_the_jury_proves_right_loses_nothing() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(2), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &[say(2), say(2), say(2), say(2), say(2)]);
		assert_eq!(before.gains(&seats), [minus(ALL), 0, minus(ALL)]);
	});
}

#[test]
fn a_minority_that_is_as_wrong_as_the_others_stays_one() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(3), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &[say(2), say(2), say(2), say(2), say(2)]);
		assert_eq!(
			before.gains(&seats),
			[minus(ALL), minus(2 * REWARD), minus(ALL)]
		);
	});
}

#[test]
fn two_thirds_of_the_jurors_decide() {
	for (right, expected) in [
		(6, Outcome::Refunded(Refund::Overturned)),
		(5, Outcome::Refunded(Refund::Undecided)),
	] {
		run(|| {
			market(EXACT, 12);
			let (id, _) = answered([say(1), say(1), say(1)]);
			assert_ok!(dispute(&CAROL, id, Ground::Wrong));
			let mut acts = vec![say(2); right];
			acts.resize(9, say(1));
			judged(id, &acts);
			assert_eq!(outcome(), expected);
		});
	}
}

#[test]
fn a_hung_jury_costs_the_challenger_its_base_fees() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &[say(1), say(1), say(2), say(2), say(3)]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Undecided));
		assert_eq!(before.gains(&jurors), [plus(REWARD / 10); 5]);
		assert_eq!(before.gain(&CAROL), minus(5 * (REWARD / 10)));
		assert_eq!(settled(), (STAKE - 5 * (REWARD / 10), 0));
		assert_eq!(before.gains(&seats), [0; 3]);
		assert_eq!(before.gain(&BOB), 0);
		assert_eq!(before.burned(), 0);
	});
}

#[test]
fn a_silent_jury_costs_itself_only() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let acts = [say(1), say(1), say(1), Act::Silent, Act::Silent];
		let jurors = judged(id, &acts);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Undecided));
		let silent = minus(REWARD / 4);
		assert_eq!(before.gains(&jurors), [0, 0, 0, silent, silent]);
		assert_eq!(before.gain(&CAROL), 0);
		assert_eq!(before.gain(&BOB), 0);
	});
}

#[test]
fn jurors_are_found_out_like_any_panel() {
	run(|| {
		market(EXACT, 12);
		let (id, _) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let mut acts = vec![say(1); 6];
		acts.extend([say(2), Act::Hides, Act::Silent]);
		let jurors = judged(id, &acts);
		assert_eq!(outcome(), Outcome::Final);
		let mut gains = vec![plus(REWARD); 6];
		gains.extend([minus(2 * REWARD), minus(2 * REWARD), minus(REWARD / 4)]);
		assert_eq!(before.gains(&jurors), gains);
	});
}

#[test]
fn an_input_that_is_gone_leaves_the_answer_standing_against_a_challenger() {
	for ground in [Ground::Wrong, Ground::NotAsFingerprinted] {
		run(|| {
			market(EXACT, 9);
			let (id, seats) = answered([say(1), say(1), say(1)]);
			let before = Before::now();
			assert_ok!(dispute(&CAROL, id, ground));
			let jurors = judged(id, &vec![no_input(); 5]);
			assert_eq!(outcome(), Outcome::Final);
			assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
			assert_eq!(before.gains(&jurors), [plus(REWARD); 5]);
			assert_eq!(before.gain(&CAROL), minus(STAKE));
		});
	}
}

#[test]
fn an_output_that_no_juror_can_have_falls() {
	run(|| {
		market(EXACT, 9);
		let large = || Act::Says(says_large(1));
		let (id, seats) = answered([large(), large(), large()]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Unavailable));
		judged(id, &vec![no_input(); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL); 3]);
		assert_eq!(before.gain(&CAROL), plus(10 * REWARD));
	});
}

/// Bob's job for three workers whose evidence is alike and whose outputs need not be, so that the
/// output of the first two stands, which is too large for a reveal, and the third has its own.
fn answered_unlike() -> (JobId, Vec<AccountId>) {
	market(TOLERANT, 9);
	let mut third = says_near(1);
	third.output = InlineOutput::new();
	let large = || Act::Says(says_large(1));
	let (id, seats) = answered([large(), large(), Act::Says(third)]);
	let standing = Receipts::<Test>::get(1).unwrap().record;
	assert_eq!(standing.output_hash, says(1).answer.output_hash);
	assert_eq!(standing.agreed.len(), 3);
	(id, seats)
}

#[test]
fn an_output_that_no_juror_can_have_costs_those_alone_who_named_it() {
	run(|| {
		let (id, seats) = answered_unlike();
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Unavailable));
		let jurors = judged(id, &vec![no_input(); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL), minus(ALL), 0]);
		assert_eq!(before.gains(&jurors), [plus(REWARD); 5]);
		assert_eq!(before.gain(&CAROL), plus(10 * REWARD));
		assert_eq!(before.gain(&BOB), 0);
		assert_eq!(before.burned(), 2 * ALL - 15 * REWARD);
	});
}

#[test]
fn an_output_with_another_fingerprint_costs_those_alone_who_named_it() {
	run(|| {
		let (id, seats) = answered_unlike();
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::NotAsFingerprinted));
		let mut found = says_large(1);
		found.answer.fingerprint = says(2).answer.fingerprint;
		judged(id, &vec![Act::Says(found); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL), minus(ALL), 0]);
	});
}

#[test]
fn an_output_that_cannot_be_read_costs_those_alone_who_named_it() {
	run(|| {
		let (id, seats) = answered_unlike();
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::NotAsFingerprinted));
		judged(id, &vec![Act::Says(says_no(Status::ModelError)); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL), minus(ALL), 0]);
	});
}

#[test]
fn evidence_that_a_run_does_not_confirm_costs_all_who_shared_it() {
	for ground in [
		Ground::Wrong,
		Ground::Unavailable,
		Ground::NotAsFingerprinted,
	] {
		run(|| {
			let (id, seats) = answered_unlike();
			let before = Before::now();
			assert_ok!(dispute(&CAROL, id, ground));
			judged(id, &vec![say(2); 5]);
			assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
			assert_eq!(before.gains(&seats), [minus(ALL); 3]);
		});
	}
}

#[test]
fn an_auditor_with_another_output_loses_nothing_for_one_that_is_not_there() {
	run(|| {
		market(TOLERANT, 9);
		let before = Before::now();
		let near = Act::Says(says_near(1));
		let (id, who, auditor) = audited(Act::Says(says_large(1)), near);
		assert_ok!(dispute(&CAROL, id, Ground::Unavailable));
		judged(id, &vec![no_input(); 7]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gain(&who), minus(ALL));
		assert_eq!(before.gain(&auditor), 0);
	});
}

#[test]
fn a_juror_who_claims_an_output_that_the_others_cannot_have_is_a_minority() {
	run(|| {
		market(EXACT, 9);
		let large = || Act::Says(says_large(1));
		let (id, _) = answered([large(), large(), large()]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Unavailable));
		let mut acts = vec![no_input(); 4];
		acts.push(large());
		let jurors = judged(id, &acts);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gain(&jurors[4]), minus(2 * REWARD));
	});
}

#[test]
fn a_juror_who_has_the_input_that_the_others_cannot_have_loses_nothing() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let mut acts = vec![no_input(); 4];
		acts.push(say(2));
		let jurors = judged(id, &acts);
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&jurors[4]), 0);
		assert_eq!(before.gain(&jurors[0]), plus(REWARD));
	});
}

#[test]
fn an_output_that_the_jurors_have_stands() {
	run(|| {
		market(EXACT, 9);
		let large = || Act::Says(says_large(1));
		let (id, _) = answered([large(), large(), large()]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Unavailable));
		judged(id, &vec![large(); 5]);
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&CAROL), minus(STAKE));
	});
}

#[test]
fn a_near_tie_with_the_jury_slashes_nobody() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &vec![Act::Says(says_near(1)); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		assert_eq!(before.gains(&seats), [0; 3]);
		assert_eq!(before.gains(&jurors), [plus(REWARD / 10); 5]);
		assert_eq!(before.gain(&CAROL), minus(5 * (REWARD / 10)));
		assert_eq!(before.gain(&BOB), 0);
		assert!(slashes().is_empty());
	});
}

#[test]
fn like_fingerprints_stand_where_outputs_are_not_compared() {
	run(|| {
		market(TOLERANT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &vec![Act::Says(says_near(1)); 5]);
		assert_eq!(outcome(), Outcome::Final);
	});
}

#[test]
fn jurors_who_find_that_the_model_fails_overturn_the_answer() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		let before = Before::now();
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &vec![Act::Says(says_no(Status::ModelError)); 5]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains(&seats), [minus(ALL); 3]);
	});
}

#[test]
fn a_bond_stays_reserved_until_the_jury_has_decided() {
	run(|| {
		market(EXACT, 9);
		let (id, seats) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		drawn(id, Round::Jury);
		assert_noop!(
			Inference::unbond(signed(seats[0].clone()), BOND - ALL + 1),
			Error::<Test>::BondReserved
		);
		assert_ok!(Inference::unbond(signed(seats[0].clone()), BOND - ALL));
		act(id, Round::Jury, &[say(2), say(2), say(2), say(2), say(2)]);
		settle();
		assert_eq!(record_of(&seats[0]).bond, 0);
	});
}

// ---- audits ----

#[test]
fn no_answer_is_audited_at_a_chance_of_nothing() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered_by_one(say(1));
		assert!(matches!(phase(id), Some(Phase::Sampling { .. })));
		assert_noop!(
			dispute(&CAROL, id, Ground::Wrong),
			Error::<Test>::AuditDecides
		);
		forward(SEED_BLOCKS + 1);
		assert!(matches!(phase(id), Some(Phase::Resolved { .. })));
	});
}

#[test]
fn answers_are_audited_as_often_as_the_chance_says() {
	run(|| {
		market(EXACT, 2);
		AuditParts::set(PARTS / 4);
		HighValue::set(u128::MAX);
		let (jobs, mut audits) = (400, 0);
		for _ in 0..jobs {
			for who in [worker(1), worker(2)] {
				assert_ok!(Inference::resume(signed(who)));
			}
			let (id, _) = answered_by_one(say(1));
			forward(SEED_BLOCKS + 1);
			if matches!(phase(id), Some(Phase::Auditing { .. })) {
				audits += 1;
				act(id, Round::Audit, &[say(1)]);
			}
			settle();
		}
		// 100 are expected; five standard deviations are 43.
		assert!((57..=143).contains(&audits), "{audits} of {jobs}");
	});
}

#[test]
fn an_auditor_who_agrees_leaves_the_answer_disputable() {
	run(|| {
		market(EXACT, 9);
		let (id, ..) = audited(say(1), say(1));
		let until = System::block_number() + CHALLENGE;
		assert_eq!(phase(id), Some(Phase::Resolved { until }));
		settle();
		assert_eq!(outcome(), Outcome::Final);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.evidence, Evidence::Audited);
		assert_eq!(record.price, 2 * REWARD + CALL_PRICE);
	});
}

#[test]
fn an_auditor_who_agrees_to_a_wrong_answer_falls_with_it() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(1));
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &vec![say(2); 7]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gains([&who, &auditor]), [minus(ALL); 2]);
		assert_eq!(before.gains(&jurors), [plus(REWARD); 7]);
		assert_eq!(before.gain(&CAROL), plus(10 * REWARD));
		assert_eq!(before.gain(&BOB), 0);
		assert_eq!(before.burned(), 2 * ALL - 17 * REWARD);
	});
}

#[test]
fn an_auditor_who_agrees_is_paid_if_the_answer_withstands_a_dispute() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(1));
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &vec![say(1); 7]);
		let paid = plus(less_fee(REWARD));
		assert_eq!(before.gains([&who, &auditor]), [paid; 2]);
		assert_eq!(before.gain(&CAROL), minus(STAKE));
		assert_eq!(before.gain(&BOB), minus(2 * REWARD + CALL_PRICE));
	});
}

#[test]
fn an_auditor_who_agrees_is_not_paid_if_a_jury_cannot_tell() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(1));
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		judged(id, &vec![Act::Silent; 7]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Undecided));
		assert_eq!(before.gains([&who, &auditor, &BOB, &CAROL]), [0; 4]);
	});
}

#[test]
fn no_dispute_opens_once_an_audit_is_drawn() {
	run(|| {
		market(EXACT, 9);
		AuditParts::set(PARTS);
		let (id, _) = answered_by_one(say(1));
		drawn(id, Round::Audit);
		assert_noop!(
			dispute(&CAROL, id, Ground::Wrong),
			Error::<Test>::AuditDecides
		);
		let until = System::block_number() + 2 * 15;
		assert_eq!(phase(id), Some(Phase::Auditing { until }));
		settle();
	});
}

#[test]
fn an_auditor_whom_the_jury_agrees_with_is_paid_by_the_worker() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(2));
		assert!(matches!(phase(id), Some(Phase::Summoning { .. })));
		let jurors = judged(id, &vec![say(2); 7]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gain(&who), minus(ALL));
		assert_eq!(before.gain(&auditor), plus(REWARD));
		assert_eq!(before.gains(&jurors), [plus(REWARD); 7]);
		assert_eq!(before.gain(&BOB), 0);
		assert_eq!(before.burned(), ALL - 8 * REWARD);
	});
}

#[test]
fn an_auditor_whom_the_jury_finds_wrong_loses_a_hundred_rewards() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(2));
		let jurors = judged(id, &vec![say(1); 7]);
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&who), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&auditor), minus(ALL));
		assert_eq!(before.gains(&jurors), [plus(REWARD); 7]);
		// The premium was for an auditor who agrees.
		assert_eq!(before.gain(&BOB), minus(REWARD + CALL_PRICE));
		let fees = fee(REWARD + CALL_PRICE);
		assert_eq!(before.burned(), ALL - 7 * REWARD + fees / 2);
	});
}

#[test]
fn a_jury_of_a_third_opinion_slashes_both_sides() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(2));
		judged(id, &vec![say(3); 7]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Overturned));
		assert_eq!(before.gain(&who), minus(ALL));
		assert_eq!(before.gain(&auditor), minus(2 * REWARD));
		assert_eq!(before.gain(&BOB), 0);
	});
}

#[test]
fn an_auditor_for_whom_the_model_fails_calls_the_jury() {
	run(|| {
		market(EXACT, 9);
		let (id, ..) = audited(say(1), Act::Says(says_no(Status::ModelError)));
		assert!(matches!(phase(id), Some(Phase::Summoning { .. })));
	});
}

#[test]
fn a_silent_auditor_leaves_the_answer_disputable() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), Act::Silent);
		until(id, |phase| matches!(phase, Phase::Resolved { .. }));
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &vec![say(2); 7]);
		assert!(!jurors.contains(&auditor));
		assert_eq!(before.gain(&auditor), minus(REWARD / 4));
		assert_eq!(before.gain(&who), minus(ALL));
		assert_eq!(before.gain(&CAROL), plus(10 * REWARD));
	});
}

#[test]
fn a_silent_auditor_gives_the_premium_back() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (_, who, auditor) = audited(say(1), Act::Silent);
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&BOB), minus(REWARD + CALL_PRICE));
		assert_eq!(before.gain(&who), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&auditor), minus(REWARD / 4));
	});
}

#[test]
fn an_auditor_without_the_input_says_nothing_of_the_answer() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), no_input());
		assert!(matches!(phase(id), Some(Phase::Resolved { .. })));
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(before.gain(&who), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&auditor), 0);
		assert_eq!(before.gain(&BOB), minus(REWARD + CALL_PRICE));
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.evidence, Evidence::Sampled);
	});
}

#[test]
fn an_auditor_without_the_input_loses_nothing_in_a_later_dispute() {
	for verdict in [say(1), say(2), no_input()] {
		run(|| {
			market(EXACT, 9);
			let before = Before::now();
			let (id, _, auditor) = audited(say(1), no_input());
			assert_ok!(dispute(&CAROL, id, Ground::Wrong));
			judged(id, &vec![verdict; 7]);
			assert_eq!(before.gain(&auditor), 0);
		});
	}
}

#[test]
fn a_near_tie_with_the_auditor_is_refunded() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		audited(say(1), Act::Says(says_near(1)));
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		assert_eq!(before.changed(), []);
	});
}

#[test]
fn a_near_tie_with_the_jury_of_an_audit_pays_the_jurors_from_the_premium() {
	run(|| {
		market(EXACT, 11);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(2));
		let jurors = judged(id, &vec![Act::Says(says_near(1)); 9]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		let base = REWARD / 10;
		assert_eq!(before.gains(&jurors), [plus(less_fee(base)); 9]);
		assert_eq!(before.gains([&who, &auditor]), [0, 0]);
		assert_eq!(before.gain(&BOB), minus(9 * base));
		assert!(9 * base <= REWARD);
	});
}

#[test]
fn an_input_that_is_gone_leaves_an_audit_undecided() {
	run(|| {
		market(EXACT, 9);
		let before = Before::now();
		let (id, who, auditor) = audited(say(1), say(2));
		let jurors = judged(id, &vec![no_input(); 7]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Undecided));
		assert_eq!(before.gains([&who, &auditor]), [0, 0]);
		assert_eq!(before.gains(&jurors), [plus(less_fee(REWARD / 10)); 7]);
		assert_eq!(before.gain(&BOB), minus(7 * (REWARD / 10)));
	});
}

#[test]
fn an_audit_that_differs_is_refunded_without_a_jury() {
	run(|| {
		market(EXACT, 4);
		let before = Before::now();
		audited(say(1), say(2));
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::Undecided));
		assert_eq!(before.changed(), []);
	});
}

#[test]
fn an_answer_that_nobody_else_could_audit_is_disputable() {
	run(|| {
		market(EXACT, 1);
		AuditParts::set(PARTS);
		let (id, who) = answered_by_one(say(1));
		forward(SEED_BLOCKS + 1);
		assert!(matches!(phase(id), Some(Phase::Resolved { .. })));
		let before = Before::now();
		settle();
		assert_eq!(before.gain(&who), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&BOB), minus(REWARD + CALL_PRICE));
	});
}

#[test]
fn a_lost_seed_of_an_audit_is_drawn_once_more() {
	run(|| {
		market(EXACT, 9);
		AuditParts::set(PARTS);
		let (id, _) = answered_by_one(say(1));
		plan_randomness(System::block_number() + 2, None);
		forward(SEED_BLOCKS + 1);
		let since = System::block_number();
		assert_eq!(phase(id), Some(Phase::Sampling { since }));
		assert_eq!(job(id).redrawn, Some(Round::Audit));
		assert_eq!(drawn(id, Round::Audit).len(), 1);
		// The jury that its auditor calls for has a second draw of its own.
		act(id, Round::Audit, &[say(2)]);
		plan_randomness(System::block_number() + 1, None);
		forward(SEED_BLOCKS + 1);
		let since = System::block_number();
		assert_eq!(phase(id), Some(Phase::Summoning { since }));
		assert_eq!(drawn(id, Round::Jury).len(), 7);
	});
}

#[test]
fn a_seed_of_an_audit_that_is_lost_twice_leaves_the_answer_disputable() {
	run(|| {
		market(EXACT, 9);
		AuditParts::set(PARTS);
		let (id, _) = answered_by_one(say(1));
		let now = System::block_number();
		plan_randomness(now + 2, None);
		plan_randomness(now + 4, None);
		forward(2 * (SEED_BLOCKS + 1));
		assert!(matches!(phase(id), Some(Phase::Resolved { .. })));
		assert!(panel(id, Round::Audit).is_empty());
	});
}

#[test]
fn jurors_whom_the_loser_pays_are_told_without_a_fee() {
	run(|| {
		market(EXACT, 9);
		let (id, _) = answered([say(1), say(1), say(1)]);
		assert_ok!(dispute(&CAROL, id, Ground::Wrong));
		let jurors = judged(id, &vec![say(2); 5]);
		let told: Vec<_> = jurors.into_iter().map(|who| (who, REWARD, 0)).collect();
		assert_eq!(payments(), told);
	});
}

#[test]
fn jurors_to_whom_nobody_lost_are_told_of_the_premium_alone() {
	run(|| {
		market(EXACT, 9);
		let (id, ..) = audited(say(1), say(2));
		let jurors = judged(id, &vec![no_input(); 7]);
		let base = REWARD / 10;
		let told: Vec<_> = jurors
			.into_iter()
			.map(|who| (who, less_fee(base), fee(base)))
			.collect();
		assert_eq!(payments(), told);
	});
}
