//! From phase to phase: what ends each, when, and what it comes to when nothing happens.

use crate::{mock::*, *};
use frame_support::assert_ok;
use sp_core::H256;
use weighhouse_primitives::{
	inference::{Answer, Fingerprint, Ground, InlineOutput, JobId, Mode, Round, Status},
	market::Answers,
	PARTS,
};

/// The window to commit of the plain listing: 30 seconds of blocks of two.
const COMMIT: u32 = 15;

fn phase(id: JobId) -> Phase<u32> {
	job(id).phase
}

fn findings(id: JobId, round: Round) -> Vec<Finding> {
	panel(id, round)
		.into_iter()
		.map(|seat| seat.finding)
		.collect()
}

/// The phase of a job that ends in this block's decision.
fn ending(outcome: Outcome) -> Phase<u32> {
	Phase::Ending {
		since: System::block_number(),
		outcome,
	}
}

fn refunded(why: Refund) -> Phase<u32> {
	ending(Outcome::Refunded(why))
}

/// The first window to reveal, if it began in this block.
fn revealing(window: Window) -> Phase<u32> {
	let since = System::block_number();
	Phase::Revealing {
		since,
		until: since + REVEAL,
		window,
	}
}

/// The challenge window, if it began in this block.
fn resolved() -> Phase<u32> {
	Phase::Resolved {
		until: System::block_number() + CHALLENGE,
	}
}

/// A job of the plain listing, asked in block 1, with the workers who were drawn in block 4.
fn panel_of(mode: Mode) -> (JobId, Vec<AccountId>) {
	enlisted(plain_listing(), mode.seats());
	let id = asked(Asking { mode, ..ASKING });
	let seats = drawn(id, Round::Main);
	(id, seats)
}

/// The same of a listing whose fingerprints must be alike.
fn tolerant_panel_of(mode: Mode) -> (JobId, Vec<AccountId>) {
	Registry::list(1, ALICE, &[TOLERANT]);
	Calls::offer(1, 1, CALL_PRICE);
	enlisted(1, mode.seats());
	let id = asked(Asking { mode, ..ASKING });
	let seats = drawn(id, Round::Main);
	(id, seats)
}

/// Each of these commits to answer 1.
fn all_commit(id: JobId, round: Round, who: &[AccountId]) {
	for who in who {
		commit(id, round, who, &says(1)).taken();
	}
}

/// Each of these shows answer 1.
fn all_reveal(id: JobId, round: Round, who: &[AccountId]) {
	for who in who {
		reveal(id, round, who, &says(1)).taken();
	}
}

/// An answer whose fingerprint is `place` bits from zero; of two, the difference is the distance.
fn says_at(place: usize) -> Said {
	let mut fingerprint = Fingerprint::default();
	for bit in 0..place {
		fingerprint[bit / 8] |= 1 << (bit % 8);
	}
	let said = says(place as u8);
	Said {
		answer: Answer {
			fingerprint,
			..said.answer
		},
		..said
	}
}

/// How the last job that ended did, and what of its escrow was spent.
fn ended() -> (Outcome, u128) {
	last_job_ended().expect("a job ended")
}

fn last_job_ended() -> Option<(Outcome, u128)> {
	events().into_iter().rev().find_map(|event| match event {
		Event::JobEnded { outcome, spent, .. } => Some((outcome, spent)),
		_ => None,
	})
}

/// A chain on which every answer of a single worker is audited.
fn audited_chain() -> sp_io::TestExternalities {
	let ext = new_test_ext();
	AuditParts::set(PARTS);
	ext
}

/// A disputed answer of a quorum of three, with seven others who could judge it.
fn disputed() -> JobId {
	enlisted(plain_listing(), 10);
	let id = asked(ASKING);
	drawn(id, Round::Main);
	play(id, Round::Main, &[says(1), says(1), says(1)]);
	assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
	id
}

// ---- committing ----

#[test]
fn draw_opens_the_window_to_commit() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfThree);
		let until = System::block_number() + COMMIT;
		assert_eq!(phase(id), Phase::Committing { until });
		assert_eq!(
			last_event(),
			Event::PhaseEntered {
				job: id,
				phase: Phase::Committing { until }
			}
		);
		assert_eq!(Due::<Test>::get(until + 1).into_inner(), [id]);
	});
}

#[test]
fn window_to_commit_is_the_latency_of_the_version_within_bounds() {
	let cases = [
		(0, MIN_COMMIT),
		(20_000, MIN_COMMIT),
		(20_001, MIN_COMMIT + 1),
		(30_000, 15),
		(30_001, 16),
		(1_200_000, MAX_COMMIT),
		(1_200_001, MAX_COMMIT),
		(u32::MAX, MAX_COMMIT),
	];
	for (max_latency_ms, blocks) in cases {
		run(|| {
			let answers = Answers {
				max_latency_ms,
				..EXACT.answers
			};
			Registry::list(1, ALICE, &[MockVersion { answers, ..EXACT }]);
			Calls::offer(1, 1, CALL_PRICE);
			enlisted(1, 3);
			let id = asked(ASKING);
			drawn(id, Round::Main);
			let until = System::block_number() + blocks;
			assert_eq!(phase(id), Phase::Committing { until });
		});
	}
}

#[test]
fn commits_close_when_the_last_one_is_in() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats[..2]);
		assert!(matches!(phase(id), Phase::Committing { .. }));
		all_commit(id, Round::Main, &seats[2..]);
		assert_eq!(phase(id), revealing(Window::First));
	});
}

#[test]
fn commits_close_at_the_deadline_when_a_quorum_is_in() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats[..2]);
		at(4 + COMMIT);
		assert!(matches!(phase(id), Phase::Committing { .. }));
		next_block();
		assert_eq!(phase(id), revealing(Window::First));
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Open, Finding::Open, Finding::Silent]
		);
	});
}

#[test]
fn commits_below_a_quorum_refund_at_the_deadline() {
	for (mode, committed) in [(Mode::QuorumOfThree, 1), (Mode::QuorumOfFive, 3)] {
		run(|| {
			let (id, seats) = panel_of(mode);
			let bonds: Vec<_> = seats.iter().map(|who| record_of(who).bond).collect();
			all_commit(id, Round::Main, &seats[..committed]);
			at(4 + COMMIT);
			assert!(matches!(phase(id), Phase::Committing { .. }));
			next_block();
			assert_eq!(phase(id), refunded(Refund::Silence));
			next_block();
			assert_eq!(ended(), (Outcome::Refunded(Refund::Silence), 0));
			assert_eq!(free(&BOB), ENDOWMENT);
			for (index, (who, bond)) in seats.iter().zip(bonds).enumerate() {
				let lost = if index < committed { 0 } else { REWARD / 4 };
				assert_eq!(record_of(who).bond, bond - lost);
				assert_eq!(record_of(who).reserved, 0);
			}
		});
	}
}

#[test]
fn commits_of_four_out_of_five_are_a_quorum() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfFive);
		all_commit(id, Round::Main, &seats[..4]);
		at(4 + COMMIT + 1);
		assert_eq!(phase(id), revealing(Window::First));
	});
}

#[test]
fn job_is_refunded_when_nobody_commits() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfThree);
		at(4 + COMMIT + 1);
		assert_eq!(phase(id), refunded(Refund::Silence));
		assert_eq!(findings(id, Round::Main), [Finding::Silent; 3]);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn worker_is_suspended_when_it_is_silent_three_times_in_a_row() {
	run(|| {
		enlisted(plain_listing(), 3);
		for _ in 0..2 {
			asked(ASKING);
			settle();
		}
		assert_eq!(record_of(&worker(1)).silences, 2);
		assert_eq!(record_of(&worker(1)).availability.now, Availability::Active);
		asked(ASKING);
		settle();
		assert_eq!(
			record_of(&worker(1)).availability.now,
			Availability::Suspended
		);
	});
}

#[test]
fn silences_are_forgotten_when_the_worker_answers() {
	run(|| {
		enlisted(plain_listing(), 3);
		for _ in 0..2 {
			asked(ASKING);
			settle();
		}
		let id = asked(ASKING);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();
		assert_eq!(record_of(&worker(1)).silences, 0);
	});
}

// ---- revealing ----

#[test]
fn reveals_close_when_the_last_one_is_in() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats);
		next_block();
		all_reveal(id, Round::Main, &seats[..2]);
		assert!(matches!(phase(id), Phase::Revealing { .. }));
		all_reveal(id, Round::Main, &seats[2..]);
		assert_eq!(phase(id), resolved());
		assert_eq!(findings(id, Round::Main), [Finding::Agreed; 3]);
	});
}

#[test]
fn reveals_do_not_wait_for_who_never_committed() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats[..2]);
		at(4 + COMMIT + 1);
		all_reveal(id, Round::Main, &seats[..2]);
		assert_eq!(phase(id), resolved());
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Agreed, Finding::Agreed, Finding::Silent]
		);
	});
}

#[test]
fn reveals_close_at_the_deadline_when_a_quorum_is_in() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats);
		all_reveal(id, Round::Main, &seats[..2]);
		at(4 + REVEAL);
		assert!(matches!(phase(id), Phase::Revealing { .. }));
		next_block();
		assert_eq!(phase(id), resolved());
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Agreed, Finding::Agreed, Finding::Unrevealed]
		);
		let bond = record_of(&seats[2]).bond;
		settle();
		assert_eq!(record_of(&seats[2]).bond, bond - 2 * REWARD);
	});
}

#[test]
fn window_to_reveal_is_doubled_when_too_few_revealed() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats);
		all_reveal(id, Round::Main, &seats[..1]);
		at(4 + REVEAL);
		assert_eq!(
			phase(id),
			Phase::Revealing {
				since: 4,
				until: 4 + REVEAL,
				window: Window::First
			}
		);
		next_block();
		assert_eq!(phase(id), revealing(Window::Last));
		all_reveal(id, Round::Main, &seats[1..]);
		assert_eq!(phase(id), resolved());
	});
}

#[test]
fn second_window_to_reveal_closes_when_a_quorum_is_in() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats);
		at(4 + REVEAL + 1);
		all_reveal(id, Round::Main, &seats[..2]);
		at(4 + 2 * REVEAL + 1);
		assert!(matches!(phase(id), Phase::Revealing { .. }));
		next_block();
		assert_eq!(phase(id), resolved());
		assert_eq!(findings(id, Round::Main)[2], Finding::Unrevealed);
	});
}

#[test]
fn job_is_refunded_when_too_few_reveal_in_both_windows() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		let bonds: Vec<_> = seats.iter().map(|who| record_of(who).bond).collect();
		all_commit(id, Round::Main, &seats);
		all_reveal(id, Round::Main, &seats[..1]);
		at(4 + 2 * REVEAL + 1);
		assert!(matches!(phase(id), Phase::Revealing { .. }));
		next_block();
		assert_eq!(phase(id), refunded(Refund::Silence));
		assert_eq!(findings(id, Round::Main), [Finding::Open; 3]);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
		for (who, bond) in seats.iter().zip(bonds) {
			assert_eq!(record_of(who).bond, bond);
		}
	});
}

#[test]
fn who_never_committed_was_silent_though_nobody_revealed() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		all_commit(id, Round::Main, &seats[..2]);
		at(4 + COMMIT + 1);
		at(4 + COMMIT + 1 + 2 * (REVEAL + 1));
		assert_eq!(phase(id), refunded(Refund::Silence));
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Open, Finding::Open, Finding::Silent]
		);
	});
}

// ---- the verdict ----

#[test]
fn answer_of_two_stands_against_the_third() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		let bond = record_of(&seats[1]).bond;
		play(id, Round::Main, &[says(1), says(2), says(1)]);
		assert_eq!(phase(id), resolved());
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Agreed, Finding::Minority, Finding::Agreed]
		);
		settle();
		assert_eq!(ended(), (Outcome::Final, 2 * REWARD + CALL_PRICE));
		assert_eq!(record_of(&seats[1]).bond, bond - 2 * REWARD);
	});
}

#[test]
fn minority_loses_one_reward_when_fingerprints_are_compared() {
	run(|| {
		let (id, seats) = tolerant_panel_of(Mode::QuorumOfThree);
		let bond = record_of(&seats[1]).bond;
		play(id, Round::Main, &[says(1), says(2), says_near(1)]);
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Agreed, Finding::Minority, Finding::Agreed]
		);
		settle();
		assert_eq!(record_of(&seats[1]).bond, bond - REWARD);
	});
}

#[test]
fn answer_of_three_out_of_five_is_no_quorum() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfFive);
		play(
			id,
			Round::Main,
			&[says(1), says(1), says(1), says(2), says(2)],
		);
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
		assert_eq!(findings(id, Round::Main), [Finding::Open; 5]);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn answer_of_four_out_of_five_stands() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfFive);
		play(
			id,
			Round::Main,
			&[says(1), says(1), says(2), says(1), says(1)],
		);
		assert_eq!(phase(id), resolved());
		assert_eq!(findings(id, Round::Main)[2], Finding::Minority);
	});
}

#[test]
fn three_different_answers_refund_without_blame() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		let bond = record_of(&seats[0]).bond;
		play(id, Round::Main, &[says(1), says(2), says(3)]);
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
		assert_eq!(findings(id, Round::Main), [Finding::Open; 3]);
		settle();
		assert_eq!(record_of(&seats[0]).bond, bond);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn two_clusters_of_a_size_are_no_quorum() {
	// Of five answers in a row, those at 7 reach four, and so does that at 9, but not the same four.
	run(|| {
		let (id, _) = tolerant_panel_of(Mode::QuorumOfFive);
		let places = [0, 7, 7, 9, 16].map(says_at);
		play(id, Round::Main, &places);
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
		assert_eq!(findings(id, Round::Main), [Finding::Open; 5]);
	});
	// One bit further, the one at 9 reaches all.
	run(|| {
		let (id, _) = tolerant_panel_of(Mode::QuorumOfFive);
		let places = [1, 7, 7, 9, 16].map(says_at);
		play(id, Round::Main, &places);
		assert_eq!(phase(id), resolved());
		assert_eq!(findings(id, Round::Main), [Finding::Agreed; 5]);
	});
}

#[test]
fn fingerprints_agree_up_to_tau() {
	for (distance, outcome) in [(8, None), (9, Some(Refund::NoQuorum))] {
		run(|| {
			let (id, _) = tolerant_panel_of(Mode::QuorumOfThree);
			let said = [says_at(0), says_at(distance), says_at(100)];
			play(id, Round::Main, &said);
			let expected = outcome.map_or_else(resolved, refunded);
			assert_eq!(phase(id), expected);
		});
	}
}

#[test]
fn near_tie_beside_an_answer_that_stands_is_not_blamed() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		let (bond, money) = (record_of(&seats[2]).bond, free(&seats[2]));
		play(id, Round::Main, &[says(1), says(1), says_near(1)]);
		assert_eq!(phase(id), resolved());
		assert_eq!(
			findings(id, Round::Main),
			[Finding::Agreed, Finding::Agreed, Finding::NearTie]
		);
		settle();
		assert_eq!(record_of(&seats[2]).bond, bond);
		assert_eq!(free(&seats[2]), money);
		assert_eq!(ended(), (Outcome::Final, 2 * REWARD + CALL_PRICE));
	});
}

#[test]
fn near_tie_that_splits_the_panel_refunds_without_blame() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		let bonds: Vec<_> = seats.iter().map(|who| record_of(who).bond).collect();
		play(id, Round::Main, &[says(1), says_near(1), says(2)]);
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
		assert_eq!(findings(id, Round::Main), [Finding::Open; 3]);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
		for (who, bond) in seats.iter().zip(bonds) {
			assert_eq!(record_of(who).bond, bond);
		}
	});
}

#[test]
fn quorum_without_the_input_refunds_less_a_base_fee() {
	// Who answers where the model fails for others is wrong; who has an input that others lack is not.
	let cases = [
		(
			Status::InputUnavailable,
			Refund::InputUnavailable,
			Finding::Open,
			0,
		),
		(
			Status::ModelError,
			Refund::ModelError,
			Finding::Minority,
			2 * REWARD,
		),
	];
	for (status, why, third, lost) in cases {
		run(|| {
			let (id, seats) = panel_of(Mode::QuorumOfThree);
			let (bond, money) = (record_of(&seats[2]).bond, free(&seats[0]));
			let said = says_no(status);
			play(id, Round::Main, &[said.clone(), said, says(1)]);
			assert_eq!(phase(id), refunded(why));
			assert_eq!(
				findings(id, Round::Main),
				[Finding::Agreed, Finding::Agreed, third]
			);
			settle();
			let fee = REWARD / 10;
			assert_eq!(ended(), (Outcome::Refunded(why), 2 * fee));
			assert_eq!(free(&BOB), ENDOWMENT - 2 * fee);
			assert_eq!(free(&seats[0]), money + fee - fee / 40);
			assert_eq!(record_of(&seats[2]).bond, bond - lost);
			assert_eq!(Receipts::<Test>::iter().count(), 0);
		});
	}
}

#[test]
fn missing_input_and_failing_model_are_not_the_same_answer() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfThree);
		let said = [
			says_no(Status::InputUnavailable),
			says_no(Status::ModelError),
			says(1),
		];
		play(id, Round::Main, &said);
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
	});
}

// ---- the challenge window ----

#[test]
fn answer_is_final_after_the_challenge_window() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfThree);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		at(4 + CHALLENGE);
		assert_eq!(
			phase(id),
			Phase::Resolved {
				until: 4 + CHALLENGE
			}
		);
		next_block();
		assert_eq!(phase(id), ending(Outcome::Final));
		assert_eq!(last_job_ended(), None);
		next_block();
		assert!(Jobs::<Test>::get(id).is_none());
		assert_eq!(ended(), (Outcome::Final, 3 * REWARD + CALL_PRICE));
	});
}

#[test]
fn challenge_window_is_long_above_the_high_value_alone() {
	for (above, blocks) in [(0, CHALLENGE), (1, HIGH_VALUE_CHALLENGE)] {
		run(|| {
			HighValue::set(3 * REWARD + CALL_PRICE - above);
			let (id, _) = panel_of(Mode::QuorumOfThree);
			play(id, Round::Main, &[says(1), says(1), says(1)]);
			assert_eq!(phase(id), Phase::Resolved { until: 4 + blocks });
		});
	}
}

#[test]
fn challenge_window_is_short_on_a_development_chain() {
	run(|| {
		HighValue::set(0);
		ShortWindows::<Test>::put(DevelopmentWindows {
			challenge: 5,
			unbonding: 7,
		});
		let (id, _) = panel_of(Mode::QuorumOfThree);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_eq!(phase(id), Phase::Resolved { until: 9 });
	});
}

#[test]
fn challenge_window_is_that_of_the_request() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfThree);
		HighValue::set(0);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_eq!(phase(id), resolved());
	});
}

#[test]
fn end_of_a_job_leaves_nothing_but_the_receipt() {
	run(|| {
		let (id, seats) = panel_of(Mode::QuorumOfThree);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_eq!(Outputs::<Test>::iter_prefix(id).count(), 3);
		settle();
		assert_eq!(Panels::<Test>::iter().count(), 0);
		assert_eq!(Outputs::<Test>::iter().count(), 0);
		assert!(!Eligible::<Test>::contains_key(id));
		assert_eq!(Registry::retained(1), 0);
		for who in &seats {
			assert!(!Assignments::<Test>::contains_key(who));
			assert_eq!(record_of(who).reserved, 0);
		}
		assert_eq!(held(&BOB, HoldReason::Escrow), 0);
		assert_eq!(held(&BOB, HoldReason::Job), 0);
	});
}

// ---- one worker ----

#[test]
fn single_worker_has_the_window_to_commit_for_its_answer() {
	run(|| {
		let (id, _) = panel_of(Mode::Solo);
		assert_eq!(
			phase(id),
			Phase::Revealing {
				since: 4,
				until: 4 + COMMIT,
				window: Window::Last
			}
		);
	});
}

#[test]
fn single_worker_that_is_silent_is_blamed_at_the_deadline() {
	run(|| {
		let (id, seats) = panel_of(Mode::Solo);
		let bond = record_of(&seats[0]).bond;
		at(4 + COMMIT);
		assert!(matches!(phase(id), Phase::Revealing { .. }));
		next_block();
		assert_eq!(phase(id), refunded(Refund::Silence));
		assert_eq!(findings(id, Round::Main), [Finding::Silent]);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
		assert_eq!(record_of(&seats[0]).bond, bond - REWARD / 4);
	});
}

#[test]
fn single_answer_waits_for_the_seed_of_its_audit() {
	run(|| {
		AuditParts::set(0);
		let (id, _) = panel_of(Mode::Solo);
		play(id, Round::Main, &[says(1)]);
		assert_eq!(phase(id), Phase::Sampling { since: 4 });
		at(6);
		assert_eq!(phase(id), Phase::Sampling { since: 4 });
		at(7);
		assert_eq!(phase(id), resolved());
		settle();
		assert_eq!(ended(), (Outcome::Final, REWARD + CALL_PRICE));
	});
}

#[test]
fn single_answer_is_not_audited_when_the_seed_is_lost_twice() {
	run_on(audited_chain(), || {
		enlisted(plain_listing(), 2);
		let id = asked(Asking {
			mode: Mode::Solo,
			..ASKING
		});
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1)]);
		plan_randomness(5, None);
		plan_randomness(9, None);
		at(7);
		assert_eq!(phase(id), Phase::Sampling { since: 7 });
		at(10);
		assert_eq!(phase(id), resolved());
	});
}

#[test]
fn single_worker_earns_nothing_by_saying_that_there_is_no_answer() {
	let cases = [
		(Status::InputUnavailable, Refund::InputUnavailable),
		(Status::ModelError, Refund::ModelError),
	];
	for (status, why) in cases {
		run(|| {
			let (id, seats) = panel_of(Mode::Solo);
			let (bond, money) = (record_of(&seats[0]).bond, free(&seats[0]));
			play(id, Round::Main, &[says_no(status)]);
			assert_eq!(phase(id), refunded(why));
			assert_eq!(findings(id, Round::Main), [Finding::Open]);
			settle();
			assert_eq!(ended(), (Outcome::Refunded(why), 0));
			assert_eq!(free(&BOB), ENDOWMENT);
			assert_eq!(free(&seats[0]), money);
			assert_eq!(record_of(&seats[0]).bond, bond);
			assert!(Reputation::recorded().is_empty());
		});
	}
}

/// A single answer that is audited in block 7, with its auditor.
fn auditing() -> (JobId, AccountId) {
	enlisted(plain_listing(), 7);
	let id = asked(Asking {
		mode: Mode::Solo,
		..ASKING
	});
	drawn(id, Round::Main);
	play(id, Round::Main, &[says(1)]);
	let auditor = drawn(id, Round::Audit).remove(0);
	(id, auditor)
}

#[test]
fn audit_has_the_chance_of_the_request() {
	run(|| {
		AuditParts::set(0);
		enlisted(plain_listing(), 2);
		let id = asked(Asking {
			mode: Mode::Solo,
			..ASKING
		});
		AuditParts::set(PARTS);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1)]);
		forward(3);
		assert_eq!(phase(id), resolved());
	});
}

#[test]
fn audit_has_twice_the_window_to_commit() {
	run_on(audited_chain(), || {
		let (id, _) = auditing();
		assert_eq!(
			phase(id),
			Phase::Auditing {
				until: 7 + 2 * COMMIT
			}
		);
	});
}

#[test]
fn audit_that_agrees_opens_the_challenge_window() {
	run_on(audited_chain(), || {
		let (id, auditor) = auditing();
		reveal(id, Round::Audit, &auditor, &says(1)).taken();
		assert_eq!(phase(id), resolved());
		assert_eq!(findings(id, Round::Main), [Finding::Agreed]);
		assert_eq!(findings(id, Round::Audit), [Finding::Agreed]);
		settle();
		assert_eq!(ended(), (Outcome::Final, 2 * REWARD + CALL_PRICE));
	});
}

#[test]
fn audit_that_nobody_makes_opens_the_challenge_window() {
	run_on(audited_chain(), || {
		let (id, auditor) = auditing();
		let bond = record_of(&auditor).bond;
		at(7 + 2 * COMMIT);
		assert!(matches!(phase(id), Phase::Auditing { .. }));
		next_block();
		assert_eq!(phase(id), resolved());
		assert_eq!(findings(id, Round::Audit), [Finding::Silent]);
		settle();
		assert_eq!(ended(), (Outcome::Final, REWARD + CALL_PRICE));
		assert_eq!(record_of(&auditor).bond, bond - REWARD / 4);
	});
}

#[test]
fn audit_without_the_input_opens_the_challenge_window() {
	run_on(audited_chain(), || {
		let (id, auditor) = auditing();
		let bond = record_of(&auditor).bond;
		let said = says_no(Status::InputUnavailable);
		reveal(id, Round::Audit, &auditor, &said).taken();
		assert_eq!(phase(id), resolved());
		settle();
		assert_eq!(ended(), (Outcome::Final, REWARD + CALL_PRICE));
		assert_eq!(record_of(&auditor).bond, bond);
	});
}

#[test]
fn audit_that_nearly_agrees_refunds_without_blame() {
	run_on(audited_chain(), || {
		let (id, auditor) = auditing();
		reveal(id, Round::Audit, &auditor, &says_near(1)).taken();
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
		assert_eq!(findings(id, Round::Main), [Finding::NearTie]);
		assert_eq!(findings(id, Round::Audit), [Finding::NearTie]);
	});
}

#[test]
fn audit_that_differs_calls_a_jury() {
	for said in [says(2), says_no(Status::ModelError)] {
		run_on(audited_chain(), || {
			let (id, auditor) = auditing();
			reveal(id, Round::Audit, &auditor, &said).taken();
			assert_eq!(phase(id), Phase::Summoning { since: 7 });
			at(9);
			assert_eq!(phase(id), Phase::Summoning { since: 7 });
			at(10);
			assert_eq!(
				phase(id),
				Phase::JuryCommitting {
					until: 10 + 2 * COMMIT
				}
			);
			assert_eq!(seats(id, Round::Jury).len(), 5);
		});
	}
}

// ---- the owner's own worker ----

/// Alice's own worker has a seat from block 1 on.
fn owner_answers() -> JobId {
	plain_listing();
	enlist(&ALICE, 1, BOND, REWARD);
	asked(Asking {
		mode: Mode::Owner,
		..ASKING
	})
}

#[test]
fn answer_of_the_owner_is_final_at_once() {
	run(|| {
		let id = owner_answers();
		play(id, Round::Main, &[says(1)]);
		assert_eq!(phase(id), ending(Outcome::Final));
		next_block();
		assert_eq!(ended(), (Outcome::Final, REWARD + CALL_PRICE));
	});
}

#[test]
fn owner_that_is_silent_is_blamed_at_the_deadline() {
	run(|| {
		let id = owner_answers();
		at(1 + COMMIT);
		assert!(matches!(phase(id), Phase::Revealing { .. }));
		next_block();
		assert_eq!(phase(id), refunded(Refund::Silence));
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
		assert_eq!(record_of(&ALICE).bond, BOND - REWARD / 4);
	});
}

// ---- the jury ----

#[test]
fn dispute_waits_for_the_seed_of_the_jury() {
	run(|| {
		let id = disputed();
		assert_eq!(phase(id), Phase::Summoning { since: 4 });
		at(6);
		assert_eq!(phase(id), Phase::Summoning { since: 4 });
		at(7);
		assert_eq!(
			phase(id),
			Phase::JuryCommitting {
				until: 7 + 2 * COMMIT
			}
		);
		assert_eq!(seats(id, Round::Jury).len(), 7);
	});
}

#[test]
fn answer_stands_when_the_seed_of_the_jury_is_lost_twice() {
	run(|| {
		let id = disputed();
		plan_randomness(6, None);
		plan_randomness(8, None);
		at(7);
		assert_eq!(phase(id), Phase::Summoning { since: 7 });
		at(10);
		assert_eq!(phase(id), ending(Outcome::Final));
		assert!(panel(id, Round::Jury).is_empty());
		settle();
		assert_eq!(free(&CAROL), ENDOWMENT);
	});
}

#[test]
fn jury_is_the_largest_odd_number_of_fresh_workers_up_to_nine() {
	for (fresh, jury) in [(3, 3), (4, 3), (5, 5), (8, 7), (9, 9), (10, 9), (12, 9)] {
		run(|| {
			enlisted(plain_listing(), 3 + fresh);
			let id = asked(ASKING);
			drawn(id, Round::Main);
			play(id, Round::Main, &[says(1), says(1), says(1)]);
			assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
			assert_eq!(drawn(id, Round::Jury).len(), jury);
		});
	}
}

#[test]
fn answer_stands_when_fewer_than_three_could_judge_at_the_draw() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		let seats = seats(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
		for who in (1..=6).map(worker).filter(|who| !seats.contains(who)) {
			assert_ok!(Inference::stop_serving(signed(who), 1));
		}
		forward(3);
		assert_eq!(phase(id), ending(Outcome::Final));
		settle();
		assert_eq!(free(&CAROL), ENDOWMENT);
		assert_eq!(
			free(&BOB) + held(&BOB, HoldReason::Receipt),
			ENDOWMENT - 3 * REWARD - CALL_PRICE
		);
	});
}

#[test]
fn jury_reveals_when_the_last_one_has_committed() {
	run(|| {
		let id = disputed();
		let jury = drawn(id, Round::Jury);
		next_block();
		all_commit(id, Round::Jury, &jury[..6]);
		assert!(matches!(phase(id), Phase::JuryCommitting { .. }));
		all_commit(id, Round::Jury, &jury[6..]);
		assert_eq!(
			phase(id),
			Phase::JuryRevealing {
				since: 8,
				until: 8 + REVEAL,
				window: Window::First
			}
		);
	});
}

#[test]
fn jury_goes_on_when_two_thirds_have_committed_at_the_deadline() {
	for (committed, goes_on) in [(4, false), (5, true)] {
		run(|| {
			let id = disputed();
			let jury = drawn(id, Round::Jury);
			all_commit(id, Round::Jury, &jury[..committed]);
			at(7 + 2 * COMMIT);
			assert!(matches!(phase(id), Phase::JuryCommitting { .. }));
			next_block();
			if goes_on {
				assert!(matches!(phase(id), Phase::JuryRevealing { .. }));
			} else {
				assert_eq!(phase(id), refunded(Refund::Undecided));
			}
			let silent = findings(id, Round::Jury)
				.into_iter()
				.filter(|finding| *finding == Finding::Silent)
				.count();
			assert_eq!(silent, 7 - committed);
		});
	}
}

#[test]
fn jury_decides_when_the_last_one_has_revealed() {
	run(|| {
		let id = disputed();
		let jury = drawn(id, Round::Jury);
		all_commit(id, Round::Jury, &jury);
		all_reveal(id, Round::Jury, &jury[..6]);
		assert!(matches!(phase(id), Phase::JuryRevealing { .. }));
		all_reveal(id, Round::Jury, &jury[6..]);
		assert_eq!(phase(id), ending(Outcome::Final));
		assert_eq!(findings(id, Round::Jury), [Finding::Agreed; 7]);
		assert_eq!(findings(id, Round::Main), [Finding::Agreed; 3]);
	});
}

#[test]
fn jury_has_two_windows_to_reveal() {
	run(|| {
		let id = disputed();
		let jury = drawn(id, Round::Jury);
		all_commit(id, Round::Jury, &jury);
		all_reveal(id, Round::Jury, &jury[..4]);
		at(7 + REVEAL + 1);
		assert_eq!(
			phase(id),
			Phase::JuryRevealing {
				since: 8 + REVEAL,
				until: 8 + 2 * REVEAL,
				window: Window::Last
			}
		);
		at(8 + 2 * REVEAL);
		assert!(matches!(phase(id), Phase::JuryRevealing { .. }));
		next_block();
		assert_eq!(phase(id), refunded(Refund::Undecided));
		assert_eq!(findings(id, Round::Jury), [Finding::Open; 7]);
		assert_eq!(findings(id, Round::Main), [Finding::Agreed; 3]);
	});
}

#[test]
fn jury_decides_at_the_deadline_when_two_thirds_have_revealed() {
	run(|| {
		let id = disputed();
		let jury = drawn(id, Round::Jury);
		all_commit(id, Round::Jury, &jury);
		all_reveal(id, Round::Jury, &jury[..5]);
		at(7 + REVEAL + 1);
		assert_eq!(phase(id), ending(Outcome::Final));
		assert_eq!(findings(id, Round::Jury)[5..], [Finding::Unrevealed; 2]);
	});
}

#[test]
fn jury_overturns_an_answer_that_two_thirds_find_wrong() {
	run(|| {
		let id = disputed();
		drawn(id, Round::Jury);
		let said = [2, 2, 2, 2, 2, 1, 1].map(says);
		play(id, Round::Jury, &said);
		assert_eq!(phase(id), refunded(Refund::Overturned));
		assert_eq!(findings(id, Round::Main), [Finding::Overturned; 3]);
	});
}

#[test]
fn jury_decides_nothing_below_two_thirds() {
	run(|| {
		let id = disputed();
		drawn(id, Round::Jury);
		let said = [2, 2, 2, 2, 1, 1, 1].map(says);
		play(id, Round::Jury, &said);
		assert_eq!(phase(id), refunded(Refund::Undecided));
		assert_eq!(findings(id, Round::Main), [Finding::Agreed; 3]);
	});
}

#[test]
fn jury_that_finds_a_near_tie_blames_nobody() {
	run(|| {
		let id = disputed();
		drawn(id, Round::Jury);
		let said = [(); 7].map(|()| says_near(1));
		play(id, Round::Jury, &said);
		assert_eq!(phase(id), refunded(Refund::NoQuorum));
		assert_eq!(findings(id, Round::Main), [Finding::NearTie; 3]);
	});
}

#[test]
fn every_job_ends_when_no_worker_says_anything() {
	run(|| {
		enlisted(plain_listing(), 10);
		enlist(&ALICE, 1, BOND, REWARD);
		for mode in [
			Mode::Owner,
			Mode::Solo,
			Mode::QuorumOfThree,
			Mode::QuorumOfFive,
		] {
			asked(Asking { mode, ..ASKING });
		}
		at(1 + 3 + COMMIT + 2);
		assert_eq!(Jobs::<Test>::iter().count(), 0);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn answer_with_an_empty_output_stands() {
	run(|| {
		let (id, _) = panel_of(Mode::QuorumOfThree);
		let mut said = says(1);
		said.output = InlineOutput::new();
		said.answer.output_hash = H256::repeat_byte(7);
		play(id, Round::Main, &[said.clone(), said.clone(), said]);
		assert_eq!(phase(id), resolved());
		assert_eq!(Outputs::<Test>::iter().count(), 0);
	});
}
