//! What workers send: what the pool takes, what it refuses and why, and what a step changes.

use crate::{
	crypto::{key_hash, WorkerSignature},
	mock::*,
	*,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{GetDispatchInfo, Pays},
	storage::with_transaction,
};
use sp_core::{Pair, H256};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	DispatchError, TransactionOutcome,
};
use weighhouse_primitives::{
	inference::{
		signed_bytes, Disputed, Ground, InlineOutput, JobId, Mode, Reveal, Round, Status, Step,
		COMMIT_DOMAIN, HEARTBEAT_DOMAIN, REVEAL_DOMAIN,
	},
	PARTS,
};

// Codes are part of the interface, so they are written out here.
const UNKNOWN_JOB: u8 = 100;
const OTHER_REQUEST: u8 = 101;
const NO_SEAT: u8 = 102;
const NOTHING_DUE: u8 = 103;
const BAD_REVEAL: u8 = 104;
const NOT_BONDED: u8 = 105;
const HEARTBEAT_NOT_DUE: u8 = 106;

fn refused_with(code: u8) -> TransactionValidityError {
	TransactionValidityError::Invalid(InvalidTransaction::Custom(code))
}

fn bad_proof() -> TransactionValidityError {
	TransactionValidityError::Invalid(InvalidTransaction::BadProof)
}

fn stale() -> TransactionValidityError {
	TransactionValidityError::Invalid(InvalidTransaction::Stale)
}

fn future() -> TransactionValidityError {
	TransactionValidityError::Invalid(InvalidTransaction::Future)
}

/// What `look` answers; nothing is left of what it did.
fn undone<R>(look: impl FnOnce() -> R) -> R {
	with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(look()))).unwrap()
}

/// A job whose panel of three was drawn from five workers in block 4.
fn committing() -> (JobId, Vec<AccountId>) {
	enlisted(plain_listing(), 5);
	let id = asked(ASKING);
	let seats = drawn(id, Round::Main);
	(id, seats)
}

/// The same after all three have committed to answer 1.
fn revealing() -> (JobId, Vec<AccountId>) {
	let (id, seats) = committing();
	for who in &seats {
		commit(id, Round::Main, who, &says(1)).taken();
	}
	(id, seats)
}

/// A commit of `who` to answer 1 with a step that `change` changed before it was signed.
fn commit_with(id: JobId, who: &AccountId, change: impl FnOnce(&mut Step)) -> RuntimeCall {
	let mut step = step_of(id, Round::Main, who);
	change(&mut step);
	let commitment = commitment_of(id, Round::Main, who, &says(1));
	commit_call(step, commitment, &pair_of(who))
}

/// The same for a reveal.
fn reveal_with(id: JobId, who: &AccountId, change: impl FnOnce(&mut Step)) -> RuntimeCall {
	let mut step = step_of(id, Round::Main, who);
	change(&mut step);
	let shown = reveal_of(id, Round::Main, who, &says(1));
	reveal_call(step, shown, &pair_of(who))
}

/// A commit with any signature.
fn commit_signed_as(step: Step, commitment: H256, signature: WorkerSignature) -> RuntimeCall {
	RuntimeCall::Inference(Call::commit {
		step,
		commitment,
		signature,
	})
}

/// All that a step can change of a job.
fn all_of(id: JobId) -> Vec<u8> {
	let panels: Vec<_> = [Round::Main, Round::Audit, Round::Jury]
		.map(|round| panel(id, round))
		.to_vec();
	let mut outputs: Vec<_> = Outputs::<Test>::iter_prefix(id).collect();
	outputs.sort();
	let mut workers: Vec<_> = Workers::<Test>::iter().collect();
	workers.sort_by(|a, b| a.0.cmp(&b.0));
	let said: Vec<_> = events().encode();
	(job(id), panels, outputs, workers, said).encode()
}

// ---- what a commit changes ----

#[test]
fn commit_binds_the_seat_to_the_answer() {
	run(|| {
		let (id, seats) = committing();
		next_block();
		let made = commitment_of(id, Round::Main, &seats[1], &says(1));
		commit(id, Round::Main, &seats[1], &says(1)).taken();
		let commitments: Vec<_> = panel(id, Round::Main)
			.into_iter()
			.map(|seat| seat.commitment)
			.collect();
		assert_eq!(commitments, [None, Some(made), None]);
		assert!(events().contains(&Event::Committed {
			job: id,
			round: Round::Main,
			worker: seats[1].clone(),
			commitment: made,
		}));
	});
}

#[test]
fn commit_is_a_sign_of_life() {
	run(|| {
		let (id, seats) = committing();
		at(9);
		commit(id, Round::Main, &seats[0], &says(1)).taken();
		assert_eq!(record_of(&seats[0]).seen, 9);
		assert_eq!(record_of(&seats[1]).seen, 1);
	});
}

#[test]
fn reveal_shows_the_answer_with_its_output() {
	run(|| {
		let (id, seats) = revealing();
		at(9);
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
		let seat = panel(id, Round::Main).remove(0);
		assert_eq!(seat.answer, Some(answer_of(&seats[0], &says(1))));
		assert_eq!(Outputs::<Test>::get(id, &seats[0]), Some(says(1).output));
		assert_eq!(record_of(&seats[0]).seen, 9);
		assert_eq!(
			last_event(),
			Event::Revealed {
				job: id,
				round: Round::Main,
				worker: seats[0].clone(),
				reveal: reveal_of(id, Round::Main, &seats[0], &says(1)),
			}
		);
	});
}

#[test]
fn reveal_keeps_no_output_when_it_is_too_large() {
	run(|| {
		let (id, seats) = committing();
		for who in &seats {
			commit(id, Round::Main, who, &says_large(1)).taken();
		}
		reveal(id, Round::Main, &seats[0], &says_large(1)).taken();
		assert!(panel(id, Round::Main)[0].answer.is_some());
		assert_eq!(Outputs::<Test>::iter().count(), 0);
	});
}

#[test]
fn steps_cost_nothing() {
	run(|| {
		let (id, seats) = committing();
		let before = free(&seats[0]);
		let nonce = System::account_nonce(&seats[0]);
		commit(id, Round::Main, &seats[0], &says(1)).taken();
		for who in &seats[1..] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
		at(HEARTBEAT);
		heartbeat(&seats[0]).taken();
		assert_eq!(free(&seats[0]), before);
		assert_eq!(System::account_nonce(&seats[0]), nonce);
	});
}

#[test]
fn steps_that_an_account_signs_are_not_free() {
	run(|| {
		let (id, seats) = revealing();
		let calls = [
			commit_with(id, &seats[0], |_| ()),
			reveal_with(id, &seats[0], |_| ()),
			heartbeat_call(&pair_of(&seats[0]), 4),
		];
		for call in calls {
			assert_eq!(call.get_dispatch_info().pays_fee, Pays::Yes);
		}
	});
}

// ---- who may send what ----

#[test]
fn commit_is_refused_of_an_outsider() {
	run(|| {
		let (id, seats) = committing();
		let pair = other_pair(1);
		let step = Step {
			worker: key_hash(&key_of(&pair)),
			..step_of(id, Round::Main, &seats[0])
		};
		let call = commit_call(step, H256::repeat_byte(1), &pair);
		assert_eq!(submit(call).refused(), refused_with(NO_SEAT));
	});
}

#[test]
fn commit_is_refused_of_a_worker_that_was_not_drawn() {
	run(|| {
		let (id, seats) = committing();
		let undrawn = (1..=5)
			.map(worker)
			.find(|who| !seats.contains(who))
			.unwrap();
		let call = commit_with(id, &undrawn, |_| ());
		assert_eq!(submit(call).refused(), refused_with(NO_SEAT));
	});
}

#[test]
fn commit_is_refused_with_the_key_of_another_seat() {
	run(|| {
		let (id, seats) = committing();
		let step = step_of(id, Round::Main, &seats[0]);
		let commitment = commitment_of(id, Round::Main, &seats[0], &says(1));
		let call = commit_call(step, commitment, &pair_of(&seats[1]));
		assert_eq!(submit(call).refused(), bad_proof());
	});
}

#[test]
fn commit_is_refused_before_the_draw() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let call = commit_with(id, &worker(1), |_| ());
		assert_eq!(submit(call).refused(), refused_with(NO_SEAT));
	});
}

#[test]
fn commit_is_refused_a_second_time() {
	run(|| {
		let (id, seats) = committing();
		let call = commit_with(id, &seats[0], |_| ());
		submit(call.clone()).taken();
		assert_eq!(submit(call).refused(), refused_with(NOTHING_DUE));
		next_block();
		let other = commit(id, Round::Main, &seats[0], &says(2));
		assert_eq!(other.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn commit_is_refused_when_answers_are_shown() {
	run(|| {
		let (id, seats) = committing();
		for who in &seats[..2] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		at(20);
		assert!(matches!(job(id).phase, Phase::Revealing { .. }));
		let late = commit(id, Round::Main, &seats[2], &says(1));
		assert_eq!(late.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn commit_is_taken_in_the_last_block_of_the_window() {
	run(|| {
		let (id, seats) = committing();
		at(18);
		undone(|| commit(id, Round::Main, &seats[0], &says(1)).taken());
		at(19);
		// The pool already looks at the next block.
		let call = commit_with(id, &seats[0], |_| ());
		assert_eq!(validate(call.clone()), Err(refused_with(NOTHING_DUE)));
		assert_eq!(apply(call), Ok(Ok(())));
	});
}

#[test]
fn commit_is_refused_when_the_window_is_over_though_nobody_closed_it() {
	run(|| {
		let (id, seats) = committing();
		lose_all(20);
		at(20);
		assert!(matches!(job(id).phase, Phase::Committing { until: 19 }));
		let call = commit_with(id, &seats[0], |_| ());
		assert_eq!(submit(call).refused(), refused_with(NOTHING_DUE));
		assert_noop!(
			Inference::commit_signed(signed(seats[0].clone()), id, H256::zero()),
			Error::<Test>::NothingDue
		);
	});
}

#[test]
fn commit_is_refused_when_the_job_is_over() {
	run(|| {
		let (id, seats) = committing();
		let step = step_of(id, Round::Main, &seats[0]);
		let commitment = commitment_of(id, Round::Main, &seats[0], &says(1));
		settle();
		let step = Step {
			at: System::block_number(),
			..step
		};
		let call = commit_call(step, commitment, &pair_of(&seats[0]));
		assert_eq!(submit(call).refused(), refused_with(UNKNOWN_JOB));
	});
}

#[test]
fn reveal_is_refused_while_others_commit() {
	run(|| {
		let (id, seats) = committing();
		let early = reveal(id, Round::Main, &seats[0], &says(1));
		assert_eq!(early.refused(), refused_with(NOTHING_DUE));
		commit(id, Round::Main, &seats[0], &says(1)).taken();
		let early = reveal(id, Round::Main, &seats[0], &says(1));
		assert_eq!(early.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn reveal_is_refused_a_second_time() {
	run(|| {
		let (id, seats) = revealing();
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
		let again = reveal(id, Round::Main, &seats[0], &says(1));
		assert_eq!(again.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn reveal_is_refused_of_who_did_not_commit() {
	run(|| {
		let (id, seats) = committing();
		for who in &seats[..2] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		at(20);
		let shown = reveal(id, Round::Main, &seats[2], &says(1));
		assert_eq!(shown.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn reveal_is_refused_when_the_window_is_over_though_nobody_closed_it() {
	run(|| {
		let (id, seats) = revealing();
		lose_all(20);
		at(18);
		undone(|| reveal(id, Round::Main, &seats[0], &says(1)).taken());
		at(20);
		let late = reveal(id, Round::Main, &seats[0], &says(1));
		assert_eq!(late.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn reveal_is_refused_when_there_is_a_verdict() {
	run(|| {
		let (id, seats) = revealing();
		for who in &seats {
			reveal(id, Round::Main, who, &says(1)).taken();
		}
		assert!(matches!(job(id).phase, Phase::Resolved { .. }));
		let late = reveal(id, Round::Main, &seats[0], &says(1));
		assert_eq!(late.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn answer_without_a_commitment_is_taken_of_a_single_worker_alone() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(Asking {
			mode: Mode::Solo,
			..ASKING
		});
		let seats = drawn(id, Round::Main);
		let hidden = commit(id, Round::Main, &seats[0], &says(1));
		assert_eq!(hidden.refused(), refused_with(NOTHING_DUE));
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
	});
}

// ---- what belongs elsewhere ----

#[test]
fn steps_of_another_chain_are_refused() {
	run(|| {
		let (id, seats) = committing();
		let step = step_of(id, Round::Main, &seats[0]);
		let commitment = commitment_of(id, Round::Main, &seats[0], &says(1));
		for genesis in [H256::zero(), H256::repeat_byte(9)] {
			let said = signed_bytes(COMMIT_DOMAIN, genesis, (step, commitment));
			let signature = pair_of(&seats[0]).sign(&said).into();
			let call = commit_signed_as(step, commitment, signature);
			assert_eq!(submit(call).refused(), bad_proof());
		}
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		let said = signed_bytes(REVEAL_DOMAIN, H256::zero(), (step, &shown));
		let call = RuntimeCall::Inference(Call::reveal {
			step,
			reveal: shown,
			signature: pair_of(&seats[0]).sign(&said).into(),
		});
		assert_eq!(submit(call).refused(), bad_proof());
	});
}

#[test]
fn steps_of_another_fork_are_refused() {
	run(|| {
		let (id, seats) = committing();
		let other = |step: &mut Step| step.request_hash = H256::repeat_byte(9);
		let call = commit_with(id, &seats[0], other);
		assert_eq!(submit(call).refused(), refused_with(OTHER_REQUEST));
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		let call = reveal_with(id, &seats[0], other);
		assert_eq!(submit(call).refused(), refused_with(OTHER_REQUEST));
	});
}

#[test]
fn steps_of_another_job_are_refused() {
	run(|| {
		enlisted(plain_listing(), 3);
		let (id, other) = (asked(ASKING), asked(ASKING));
		forward(3);
		let who = worker(1);
		let call = commit_with(id, &who, |step| step.job = other);
		assert_eq!(submit(call).refused(), refused_with(OTHER_REQUEST));
		let call = commit_with(id, &who, |step| step.job = 77);
		assert_eq!(submit(call).refused(), refused_with(UNKNOWN_JOB));
		// What was signed for one job is no proof for the other.
		let step = step_of(id, Round::Main, &who);
		let commitment = commitment_of(id, Round::Main, &who, &says(1));
		let said = signed_bytes(COMMIT_DOMAIN, GENESIS, (step, commitment));
		let signature = pair_of(&who).sign(&said).into();
		let elsewhere = step_of(other, Round::Main, &who);
		let call = commit_signed_as(elsewhere, commitment, signature);
		assert_eq!(submit(call).refused(), bad_proof());
	});
}

#[test]
fn steps_of_another_round_are_refused() {
	run(|| {
		let (id, seats) = committing();
		for round in [Round::Audit, Round::Jury] {
			let call = commit_with(id, &seats[0], |step| step.round = round);
			assert_eq!(submit(call).refused(), refused_with(NO_SEAT));
		}
	});
}

#[test]
fn main_panel_has_nothing_to_do_while_a_jury_works() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = asked(ASKING);
		let main = drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
		let jury = drawn(id, Round::Jury);
		let call = commit_with(id, &main[0], |_| ());
		assert_eq!(submit(call).refused(), refused_with(NOTHING_DUE));
		let call = commit_with(id, &main[0], |step| step.round = Round::Jury);
		assert_eq!(submit(call).refused(), refused_with(NO_SEAT));
		let call = commit_with(id, &jury[0], |_| ());
		assert_eq!(submit(call).refused(), refused_with(NO_SEAT));
		commit(id, Round::Jury, &jury[0], &says(1)).taken();
	});
}

#[test]
fn commitment_of_another_round_cannot_be_shown() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
		let jury = drawn(id, Round::Jury);
		for who in &jury {
			let commitment = commitment_of(id, Round::Main, who, &says(1));
			let step = step_of(id, Round::Jury, who);
			submit(commit_call(step, commitment, &pair_of(who))).taken();
		}
		let shown = reveal_of(id, Round::Main, &jury[0], &says(1));
		let step = step_of(id, Round::Jury, &jury[0]);
		let call = reveal_call(step, shown, &pair_of(&jury[0]));
		assert_eq!(submit(call).refused(), refused_with(BAD_REVEAL));
	});
}

#[test]
fn signature_of_one_kind_of_step_is_none_of_another() {
	run(|| {
		let (id, seats) = revealing();
		let step = step_of(id, Round::Main, &seats[0]);
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		let said = signed_bytes(COMMIT_DOMAIN, GENESIS, (step, &shown));
		let call = RuntimeCall::Inference(Call::reveal {
			step,
			reveal: shown,
			signature: pair_of(&seats[0]).sign(&said).into(),
		});
		assert_eq!(submit(call).refused(), bad_proof());
	});
}

// ---- what was changed ----

#[test]
fn copied_commitment_can_never_be_shown() {
	run(|| {
		let (id, seats) = committing();
		let original = commitment_of(id, Round::Main, &seats[0], &says(1));
		commit(id, Round::Main, &seats[0], &says(1)).taken();
		let step = step_of(id, Round::Main, &seats[1]);
		submit(commit_call(step, original, &pair_of(&seats[1]))).taken();
		commit(id, Round::Main, &seats[2], &says(1)).taken();
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		reveal(id, Round::Main, &seats[0], &says(1)).taken();

		let copy = reveal_call(step, shown.clone(), &pair_of(&seats[1]));
		assert_eq!(submit(copy).refused(), refused_with(BAD_REVEAL));
		assert_noop!(
			Inference::reveal_signed(signed(seats[1].clone()), id, shown),
			Error::<Test>::BadReveal
		);
	});
}

#[test]
fn commit_is_refused_when_a_part_was_changed_after_signing() {
	run(|| {
		let (id, seats) = committing();
		next_block();
		let step = step_of(id, Round::Main, &seats[0]);
		let commitment = commitment_of(id, Round::Main, &seats[0], &says(1));
		let said = signed_bytes(COMMIT_DOMAIN, GENESIS, (step, commitment));
		let signature: WorkerSignature = pair_of(&seats[0]).sign(&said).into();
		let earlier = Step { at: 4, ..step };
		let of_another = Step {
			worker: key_hash(&key_of(&pair_of(&seats[1]))),
			..step
		};
		let changed = [
			(step, H256::repeat_byte(1)),
			(earlier, commitment),
			(of_another, commitment),
		];
		for (step, commitment) in changed {
			let call = commit_signed_as(step, commitment, signature.clone());
			assert_eq!(submit(call).refused(), bad_proof());
		}
		let nothing = WorkerSignature::from(sp_core::sr25519::Signature::from_raw([0; 64]));
		let call = commit_signed_as(step, commitment, nothing);
		assert_eq!(submit(call).refused(), bad_proof());
		submit(commit_signed_as(step, commitment, signature)).taken();
	});
}

#[test]
fn reveal_is_refused_when_it_does_not_open_the_commitment() {
	run(|| {
		let (id, seats) = revealing();
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		let mut changed = vec![shown.clone(); 5];
		changed[0].salt = H256::zero();
		changed[1].answer.statement = H256::zero();
		changed[2].answer.fingerprint[0] ^= 1;
		changed[3] = Reveal {
			answer: says(2).answer,
			output: says(2).output,
			..shown.clone()
		};
		changed[4] = Reveal {
			answer: says_no(Status::InputUnavailable).answer,
			output: InlineOutput::new(),
			..shown
		};
		for reveal in changed {
			let step = step_of(id, Round::Main, &seats[0]);
			let call = reveal_call(step, reveal.clone(), &pair_of(&seats[0]));
			assert_eq!(submit(call).refused(), refused_with(BAD_REVEAL));
			assert_noop!(
				Inference::reveal_signed(signed(seats[0].clone()), id, reveal),
				Error::<Test>::BadReveal
			);
		}
	});
}

#[test]
fn reveal_is_refused_when_the_output_is_not_the_one_that_it_names() {
	run(|| {
		let (id, seats) = revealing();
		// The commitment covers the hash alone, and the output comes beside it.
		let shown = Reveal {
			output: says(2).output,
			..reveal_of(id, Round::Main, &seats[0], &says(1))
		};
		let step = step_of(id, Round::Main, &seats[0]);
		let call = reveal_call(step, shown, &pair_of(&seats[0]));
		assert_eq!(submit(call).refused(), refused_with(BAD_REVEAL));
	});
}

#[test]
fn reveal_without_an_answer_is_refused_when_it_brings_an_output() {
	run(|| {
		enlisted(plain_listing(), 1);
		let id = asked(Asking {
			mode: Mode::Solo,
			..ASKING
		});
		let seats = drawn(id, Round::Main);
		for status in [Status::InputUnavailable, Status::ModelError] {
			let mut with_output = says_no(status);
			with_output.output = says(1).output;
			let mut with_hash = says_no(status);
			with_hash.answer.output_hash = says(1).answer.output_hash;
			let mut with_fingerprint = says_no(status);
			with_fingerprint.answer.fingerprint = says(1).answer.fingerprint;
			for said in [with_output, with_hash, with_fingerprint] {
				let shown = reveal(id, Round::Main, &seats[0], &said);
				assert_eq!(shown.refused(), refused_with(BAD_REVEAL));
			}
		}
	});
}

#[test]
fn reveal_is_refused_with_the_key_of_another_seat() {
	run(|| {
		let (id, seats) = revealing();
		let step = step_of(id, Round::Main, &seats[0]);
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		let call = reveal_call(step, shown, &pair_of(&seats[1]));
		assert_eq!(submit(call).refused(), bad_proof());
	});
}

// ---- when ----

#[test]
fn steps_of_the_future_are_refused() {
	run(|| {
		let (id, seats) = committing();
		let now = System::block_number();
		let call = commit_with(id, &seats[0], |step| step.at = now + 2);
		assert_eq!(submit(call).refused(), future());
		let call = commit_with(id, &seats[0], |step| step.at = u32::MAX);
		assert_eq!(submit(call).refused(), future());
		// The pool looks at it as if in the next block, but this one does not take it.
		let call = commit_with(id, &seats[0], |step| step.at = now + 1);
		assert!(validate(call.clone()).is_ok());
		assert_eq!(apply(call), Err(future()));
	});
}

#[test]
fn steps_are_good_for_as_long_as_the_chain_says() {
	run(|| {
		let (id, seats) = committing();
		at(15);
		let oldest = 15 - STEP_LIVES;
		let call = commit_with(id, &seats[0], |step| step.at = oldest - 1);
		assert_eq!(submit(call).refused(), stale());
		let call = commit_with(id, &seats[0], |step| step.at = oldest);
		assert_eq!(validate(call.clone()), Err(stale()));
		assert_eq!(apply(call), Ok(Ok(())));
		let call = commit_with(id, &seats[1], |step| step.at = oldest + 1);
		submit(call).taken();
	});
}

#[test]
fn reveals_of_the_future_or_too_long_ago_are_refused() {
	run(|| {
		let (id, seats) = revealing();
		at(15);
		let call = reveal_with(id, &seats[0], |step| step.at = 17);
		assert_eq!(submit(call).refused(), future());
		let call = reveal_with(id, &seats[0], |step| step.at = 15 - STEP_LIVES - 1);
		assert_eq!(submit(call).refused(), stale());
	});
}

// ---- what the pool is told ----

#[test]
fn priority_rises_with_the_block_of_signing() {
	run(|| {
		let (id, seats) = committing();
		at(10);
		for at in [5, 9, 10] {
			let call = commit_with(id, &seats[0], |step| step.at = at);
			let told = validate(call).unwrap();
			assert_eq!(told.priority, STEP_PRIORITY + u64::from(at));
		}
	});
}

#[test]
fn longevity_is_what_is_left_of_the_lifetime() {
	run(|| {
		let (id, seats) = committing();
		at(10);
		// In the next block, at which the pool looks, it is one block older.
		for (signed_at, left) in [(11, 9), (10, 8), (7, 5), (3, 1)] {
			let call = commit_with(id, &seats[0], |step| step.at = signed_at);
			assert_eq!(validate(call).unwrap().longevity, left);
		}
	});
}

#[test]
fn steps_are_passed_on_to_other_nodes() {
	run(|| {
		let (id, seats) = committing();
		let told = validate(commit_with(id, &seats[0], |_| ())).unwrap();
		assert!(told.propagate);
		assert!(told.requires.is_empty());
		assert_eq!(told.provides.len(), 1);
	});
}

#[test]
fn tag_is_one_for_each_request_worker_round_with_kind_of_step() {
	run(|| {
		enlisted(plain_listing(), 3);
		let (id, other) = (asked(ASKING), asked(ASKING));
		forward(3);
		let tag = |call| validate(call).unwrap().provides;
		let who = &worker(1);
		let reference = tag(commit_with(id, who, |_| ()));
		// The same step in another form.
		let at_another_time = commit_with(id, who, |step| step.at = 3);
		assert_eq!(tag(at_another_time), reference);
		let step = step_of(id, Round::Main, who);
		let another_answer = commit_call(step, H256::repeat_byte(7), &pair_of(who));
		assert_eq!(tag(another_answer), reference);

		let mut tags = vec![
			reference,
			tag(commit_with(id, &worker(2), |_| ())),
			tag(commit_with(other, who, |_| ())),
		];
		for number in 1..=3 {
			commit(id, Round::Main, &worker(number), &says(1)).taken();
		}
		tags.push(tag(reveal_with(id, who, |_| ())));
		tags.push(tag(reveal_with(id, &worker(2), |_| ())));
		at(HEARTBEAT);
		tags.push(tag(heartbeat_call(&pair_of(&worker(3)), HEARTBEAT)));
		let all = tags.len();
		tags.sort();
		tags.dedup();
		assert_eq!(tags.len(), all);
	});
}

// ---- other forms ----

#[test]
fn steps_are_refused_as_bare_transactions() {
	run(|| {
		let (id, seats) = committing();
		let call = commit_with(id, &seats[0], |_| ());
		for source in [TransactionSource::External, TransactionSource::Local] {
			let said = undone(|| {
				let bare = UncheckedExtrinsic::new_bare(call.clone());
				Executive::validate_transaction(source, bare, H256::repeat_byte(1))
			});
			assert!(said.is_err());
		}
		let applied = undone(|| {
			let applied = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call));
			(applied, panel(id, Round::Main)[0].commitment)
		});
		assert!(!matches!(applied.0, Ok(Ok(()))));
		assert_eq!(applied.1, None);
	});
}

#[test]
fn steps_are_refused_under_any_origin_that_was_not_checked() {
	run(|| {
		let (id, seats) = revealing();
		// As in a batch or by a proxy, which pass the origin of who sent them on.
		let calls = [
			commit_with(id, &seats[0], |_| ()),
			reveal_with(id, &seats[0], |_| ()),
			heartbeat_call(&pair_of(&seats[0]), 4),
		];
		for call in calls {
			for origin in [
				RuntimeOrigin::none(),
				RuntimeOrigin::root(),
				signed(seats[0].clone()),
			] {
				let refused = undone(|| call.clone().dispatch(origin)).unwrap_err();
				assert_eq!(refused.error, DispatchError::BadOrigin);
			}
		}
		assert_eq!(panel(id, Round::Main)[0].answer, None);
	});
}

// ---- signed twins ----

#[test]
fn commit_signed_does_what_commit_does() {
	run(|| {
		let (id, seats) = committing();
		for who in &seats[..2] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		next_block();
		// The last one, so that the phase changes too.
		let made = commitment_of(id, Round::Main, &seats[2], &says(1));
		let events_before = events();
		let by_node = undone(|| {
			assert_eq!(apply(commit_with(id, &seats[2], |_| ())), Ok(Ok(())));
			all_of(id)
		});
		assert_eq!(events(), events_before);
		assert_ok!(Inference::commit_signed(signed(seats[2].clone()), id, made));
		assert_eq!(all_of(id), by_node);
		assert!(matches!(job(id).phase, Phase::Revealing { .. }));
	});
}

#[test]
fn reveal_signed_does_what_reveal_does() {
	run(|| {
		let (id, seats) = revealing();
		for who in &seats[..2] {
			reveal(id, Round::Main, who, &says(1)).taken();
		}
		next_block();
		let shown = reveal_of(id, Round::Main, &seats[2], &says(1));
		let by_node = undone(|| {
			assert_eq!(apply(reveal_with(id, &seats[2], |_| ())), Ok(Ok(())));
			all_of(id)
		});
		assert_ok!(Inference::reveal_signed(
			signed(seats[2].clone()),
			id,
			shown
		));
		assert_eq!(all_of(id), by_node);
		assert!(matches!(job(id).phase, Phase::Resolved { .. }));
	});
}

#[test]
fn signed_steps_find_the_round_of_the_account() {
	run(|| {
		AuditParts::set(PARTS);
		enlisted(plain_listing(), 5);
		let id = asked(Asking {
			mode: Mode::Solo,
			..ASKING
		});
		let main = drawn(id, Round::Main).remove(0);
		let shown = reveal_of(id, Round::Main, &main, &says(1));
		assert_ok!(Inference::reveal_signed(signed(main), id, shown));
		let auditor = drawn(id, Round::Audit).remove(0);
		let shown = reveal_of(id, Round::Audit, &auditor, &says(2));
		assert_ok!(Inference::reveal_signed(signed(auditor), id, shown));
		let jury = drawn(id, Round::Jury);
		for who in &jury {
			let made = commitment_of(id, Round::Jury, who, &says(1));
			assert_ok!(Inference::commit_signed(signed(who.clone()), id, made));
		}
		for who in &jury {
			let shown = reveal_of(id, Round::Jury, who, &says(1));
			assert_ok!(Inference::reveal_signed(signed(who.clone()), id, shown));
		}
		assert!(matches!(
			job(id).phase,
			Phase::Ending {
				outcome: Outcome::Final,
				..
			}
		));
	});
}

#[test]
fn signed_steps_are_refused_of_an_unknown_job() {
	run(|| {
		let shown = Reveal {
			answer: says(1).answer,
			salt: H256::zero(),
			output: says(1).output,
		};
		assert_noop!(
			Inference::commit_signed(signed(BOB), 1, H256::zero()),
			Error::<Test>::UnknownJob
		);
		assert_noop!(
			Inference::reveal_signed(signed(BOB), 1, shown),
			Error::<Test>::UnknownJob
		);
	});
}

#[test]
fn signed_steps_are_refused_of_who_has_no_seat() {
	run(|| {
		let (id, seats) = committing();
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		for who in [BOB, NOBODY] {
			assert_noop!(
				Inference::commit_signed(signed(who.clone()), id, H256::zero()),
				Error::<Test>::NothingDue
			);
			assert_noop!(
				Inference::reveal_signed(signed(who), id, shown.clone()),
				Error::<Test>::NothingDue
			);
		}
	});
}

#[test]
fn signed_steps_are_refused_when_nothing_of_the_kind_is_due() {
	run(|| {
		let (id, seats) = committing();
		let who = &seats[0];
		let made = commitment_of(id, Round::Main, who, &says(1));
		let shown = reveal_of(id, Round::Main, who, &says(1));
		let commits = || Inference::commit_signed(signed(who.clone()), id, made);
		let reveals = || Inference::reveal_signed(signed(who.clone()), id, shown.clone());
		assert_noop!(reveals(), Error::<Test>::NothingDue);
		assert_ok!(commits());
		assert_noop!(commits(), Error::<Test>::NothingDue);
		assert_noop!(reveals(), Error::<Test>::NothingDue);
		for other in &seats[1..] {
			commit(id, Round::Main, other, &says(1)).taken();
		}
		assert_noop!(commits(), Error::<Test>::NothingDue);
		assert_ok!(reveals());
		assert_noop!(reveals(), Error::<Test>::NothingDue);
	});
}

#[test]
fn signed_steps_are_refused_of_an_unsigned_origin() {
	run(|| {
		let (id, seats) = revealing();
		let shown = reveal_of(id, Round::Main, &seats[0], &says(1));
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(
				Inference::commit_signed(origin.clone(), id, H256::zero()),
				DispatchError::BadOrigin
			);
			assert_noop!(
				Inference::reveal_signed(origin.clone(), id, shown.clone()),
				DispatchError::BadOrigin
			);
			assert_noop!(
				Inference::heartbeat_signed(origin),
				DispatchError::BadOrigin
			);
		}
	});
}

// ---- heartbeats ----

#[test]
fn heartbeat_is_due_once_in_each_window() {
	run(|| {
		enlisted(plain_listing(), 1);
		at(HEARTBEAT - 2);
		assert_eq!(
			heartbeat(&worker(1)).refused(),
			refused_with(HEARTBEAT_NOT_DUE)
		);
		at(HEARTBEAT);
		heartbeat(&worker(1)).taken();
		assert_eq!(record_of(&worker(1)).seen, HEARTBEAT);
		at(2 * HEARTBEAT - 2);
		assert_eq!(
			heartbeat(&worker(1)).refused(),
			refused_with(HEARTBEAT_NOT_DUE)
		);
		at(2 * HEARTBEAT);
		heartbeat(&worker(1)).taken();
		assert_eq!(record_of(&worker(1)).seen, 2 * HEARTBEAT);
	});
}

#[test]
fn heartbeat_goes_by_windows_of_the_chain() {
	run(|| {
		plain_listing();
		at(HEARTBEAT - 1);
		enlist(&worker(1), 1, BOND, REWARD);
		next_block();
		heartbeat(&worker(1)).taken();
	});
}

#[test]
fn heartbeat_is_not_due_when_the_worker_has_taken_a_step() {
	run(|| {
		enlisted(plain_listing(), 3);
		at(HEARTBEAT - 3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		commit(id, Round::Main, &seats[0], &says(1)).taken();
		assert_eq!(
			heartbeat(&seats[0]).refused(),
			refused_with(HEARTBEAT_NOT_DUE)
		);
		heartbeat(&seats[1]).taken();
	});
}

#[test]
fn heartbeat_is_refused_of_an_unknown_key() {
	run(|| {
		at(HEARTBEAT);
		let call = heartbeat_call(&other_pair(1), HEARTBEAT);
		assert_eq!(submit(call).refused(), refused_with(NOT_BONDED));
	});
}

#[test]
fn heartbeat_is_refused_of_a_key_that_was_replaced() {
	run(|| {
		enlisted(plain_listing(), 1);
		let pair = other_pair(1);
		assert_ok!(Inference::set_worker_key(
			signed(worker(1)),
			key_of(&pair),
			proof(&pair, &worker(1))
		));
		at(HEARTBEAT);
		assert_eq!(heartbeat(&worker(1)).refused(), refused_with(NOT_BONDED));
		submit(heartbeat_call(&pair, HEARTBEAT)).taken();
		assert_eq!(record_of(&worker(1)).seen, HEARTBEAT);
	});
}

#[test]
fn heartbeat_is_refused_below_the_smallest_bond() {
	run(|| {
		enlisted(plain_listing(), 1);
		let most = BOND - LEAST_BOND;
		assert_ok!(Inference::unbond(signed(worker(1)), most));
		at(HEARTBEAT);
		undone(|| heartbeat(&worker(1)).taken());
		assert_ok!(Inference::unbond(signed(worker(1)), 1));
		assert_eq!(heartbeat(&worker(1)).refused(), refused_with(NOT_BONDED));
		assert_noop!(
			Inference::heartbeat_signed(signed(worker(1))),
			Error::<Test>::BondTooLow
		);
	});
}

#[test]
fn heartbeat_is_refused_of_the_future() {
	run(|| {
		enlisted(plain_listing(), 1);
		at(HEARTBEAT);
		let call = heartbeat_call(&pair_of(&worker(1)), HEARTBEAT + 2);
		assert_eq!(submit(call).refused(), future());
	});
}

#[test]
fn heartbeat_is_refused_when_it_is_stale() {
	run(|| {
		enlisted(plain_listing(), 1);
		at(HEARTBEAT + STEP_LIVES);
		let call = heartbeat_call(&pair_of(&worker(1)), HEARTBEAT - 1);
		assert_eq!(submit(call).refused(), stale());
		let call = heartbeat_call(&pair_of(&worker(1)), HEARTBEAT + 1);
		submit(call).taken();
	});
}

#[test]
fn heartbeat_is_refused_when_it_was_not_signed_so() {
	run(|| {
		enlisted(plain_listing(), 2);
		at(HEARTBEAT);
		let pair = pair_of(&worker(1));
		let worker_key = key_of(&pair);
		let said = [
			signed_bytes(HEARTBEAT_DOMAIN, H256::zero(), (&worker_key, HEARTBEAT)),
			signed_bytes(COMMIT_DOMAIN, GENESIS, (&worker_key, HEARTBEAT)),
			signed_bytes(HEARTBEAT_DOMAIN, GENESIS, (&worker_key, HEARTBEAT - 1)),
		];
		for said in said {
			let call = RuntimeCall::Inference(Call::heartbeat {
				worker: worker_key.clone(),
				at: HEARTBEAT,
				signature: pair.sign(&said).into(),
			});
			assert_eq!(submit(call).refused(), bad_proof());
		}
		// Nobody else keeps it alive.
		let said = signed_bytes(HEARTBEAT_DOMAIN, GENESIS, (&worker_key, HEARTBEAT));
		let call = RuntimeCall::Inference(Call::heartbeat {
			worker: worker_key,
			at: HEARTBEAT,
			signature: pair_of(&worker(2)).sign(&said).into(),
		});
		assert_eq!(submit(call).refused(), bad_proof());
	});
}

#[test]
fn heartbeat_tag_is_one_for_each_worker_with_window() {
	run(|| {
		enlisted(plain_listing(), 2);
		let tag = |number, at| {
			let call = heartbeat_call(&pair_of(&worker(number)), at);
			validate(call).unwrap().provides
		};
		at(HEARTBEAT + 5);
		let reference = tag(1, HEARTBEAT + 5);
		assert_eq!(tag(1, HEARTBEAT + 3), reference);
		assert_ne!(tag(2, HEARTBEAT + 5), reference);
		at(2 * HEARTBEAT);
		assert_ne!(tag(1, 2 * HEARTBEAT), reference);
	});
}

#[test]
fn heartbeat_priority_rises_with_the_block_of_signing() {
	run(|| {
		enlisted(plain_listing(), 1);
		at(HEARTBEAT + 5);
		for at in [HEARTBEAT, HEARTBEAT + 5] {
			let told = validate(heartbeat_call(&pair_of(&worker(1)), at)).unwrap();
			assert_eq!(told.priority, STEP_PRIORITY + u64::from(at));
			assert_eq!(
				told.longevity,
				u64::from(STEP_LIVES - (HEARTBEAT + 6 - at) + 1)
			);
		}
	});
}

#[test]
fn heartbeat_signed_does_what_heartbeat_does() {
	run(|| {
		enlisted(plain_listing(), 1);
		assert_noop!(
			Inference::heartbeat_signed(signed(worker(1))),
			Error::<Test>::NothingDue
		);
		at(HEARTBEAT);
		assert_ok!(Inference::heartbeat_signed(signed(worker(1))));
		assert_eq!(record_of(&worker(1)).seen, HEARTBEAT);
		assert_noop!(
			Inference::heartbeat_signed(signed(worker(1))),
			Error::<Test>::NothingDue
		);
		assert_eq!(
			heartbeat(&worker(1)).refused(),
			refused_with(HEARTBEAT_NOT_DUE)
		);
	});
}

#[test]
fn heartbeat_signed_is_refused_of_who_is_no_worker() {
	run(|| {
		at(HEARTBEAT);
		assert_noop!(
			Inference::heartbeat_signed(signed(BOB)),
			Error::<Test>::NotWorker
		);
	});
}

// ---- one predicate for three sides ----

#[test]
fn tasks_of_a_worker_are_what_the_pool_takes() {
	run(|| {
		let (id, seats) = committing();
		let duties = |who: &AccountId| -> Vec<Duty> {
			Inference::tasks_of(who)
				.into_iter()
				.map(|task| task.duty)
				.collect()
		};
		assert_eq!(duties(&seats[0]), [Duty::Commit]);
		commit(id, Round::Main, &seats[0], &says(1)).taken();
		assert!(duties(&seats[0]).is_empty());
		for who in &seats[1..] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		let commitment = commitment_of(id, Round::Main, &seats[0], &says(1));
		assert_eq!(
			duties(&seats[0]),
			[Duty::Reveal {
				commitment,
				since: 4
			}]
		);
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
		assert!(duties(&seats[0]).is_empty());
	});
}

// ---- what the chain lets through ----

#[test]
fn free_transactions_are_refused_in_the_pool_when_the_chain_lets_none_through() {
	run(|| {
		let (id, seats) = committing();
		let stopped: TransactionValidityError = InvalidTransaction::Call.into();
		WorkersStopped::set(true);
		let late = commit(id, Round::Main, &seats[0], &says(1));
		assert_eq!(late.refused(), stopped);
		WorkersStopped::set(false);
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}

		WorkersStopped::set(true);
		let late = reveal(id, Round::Main, &seats[0], &says(1));
		assert_eq!(late.refused(), stopped);
		at(System::block_number() + HEARTBEAT);
		assert_eq!(heartbeat(&worker(5)).refused(), stopped);
		WorkersStopped::set(false);
		heartbeat(&worker(5)).taken();
	});
}

#[test]
fn audit_is_refused_when_its_window_is_over_though_nobody_closed_it() {
	run(|| {
		AuditParts::set(PARTS);
		enlisted(plain_listing(), 5);
		let id = asked(Asking {
			mode: Mode::Solo,
			..ASKING
		});
		let main = drawn(id, Round::Main).remove(0);
		reveal(id, Round::Main, &main, &says(1)).taken();
		let auditor = drawn(id, Round::Audit).remove(0);
		let Phase::Auditing { until } = job(id).phase else {
			panic!("nobody audits");
		};
		lose(id);
		at(until - 1);
		undone(|| reveal(id, Round::Audit, &auditor, &says(1)).taken());
		at(until + 1);
		let late = reveal(id, Round::Audit, &auditor, &says(1));
		assert_eq!(late.refused(), refused_with(NOTHING_DUE));
	});
}

#[test]
fn tasks_of_a_juror_say_what_is_disputed() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = asked(ASKING);
		let main = drawn(id, Round::Main);
		let told = |who: &AccountId| Inference::tasks_of(who).remove(0).assignment.disputed;
		assert_eq!(told(&main[0]), None);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		let ground = Ground::NotAsFingerprinted;
		assert_ok!(Inference::dispute(signed(CAROL), id, ground));
		let jury = drawn(id, Round::Jury);
		let answer = says(1).answer;
		assert_eq!(
			told(&jury[0]),
			Some(Disputed {
				ground,
				output_hash: answer.output_hash,
				fingerprint: answer.fingerprint,
			})
		);
	});
}
