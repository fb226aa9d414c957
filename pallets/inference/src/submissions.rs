//! What workers send: who may do what now, how that is checked in the pool, and what it changes.
//!
//! One predicate, [`Pallet::duty`], answers the courier, the pool and the signed calls alike.

use crate::{
	crypto::{key_hash, WorkerId, WorkerSignature},
	types::*,
	Assignments, Call, Config, Error, Event, Jobs, KeyOwners, Outputs, Pallet, Panels, Workers,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	ensure,
	traits::{Contains, Get},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{
	traits::SaturatedConversion,
	transaction_validity::{
		InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidityError,
		TransactionValidityWithRefund, ValidTransaction,
	},
	DispatchResult, RuntimeAppPublic,
};
use weighhouse_primitives::inference::{
	commitment, signed_bytes, Assignment, Disputed, JobId, Mode, Reveal, Round, Step,
	COMMIT_DOMAIN, HEARTBEAT_DOMAIN, REVEAL_DOMAIN,
};

/// Why the pool refuses a free transaction, as the code of `InvalidTransaction::Custom`. Codes are
/// part of the interface and never change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
	/// There is no open job of this number.
	UnknownJob,
	/// The job of this number is of another request, as on another fork.
	OtherRequest,
	/// The key has no seat in this round of the job.
	NoSeat,
	/// The seat has nothing of this kind to do now: wrong phase, too late, or done already.
	NothingDue,
	/// The reveal does not open the commitment, or its parts do not fit each other.
	BadReveal,
	/// The key belongs to no bonded worker.
	NotBonded,
	/// The worker has shown in this window that it is alive.
	HeartbeatNotDue,
}

impl From<Refusal> for TransactionValidityError {
	fn from(refusal: Refusal) -> Self {
		let code = match refusal {
			Refusal::UnknownJob => 100,
			Refusal::OtherRequest => 101,
			Refusal::NoSeat => 102,
			Refusal::NothingDue => 103,
			Refusal::BadReveal => 104,
			Refusal::NotBonded => 105,
			Refusal::HeartbeatNotDue => 106,
		};
		InvalidTransaction::Custom(code).into()
	}
}

impl<T: Config> Pallet<T> {
	/// What a seat of a round has to do now, if anything.
	pub(crate) fn duty(job: &JobOf<T>, round: Round, seat: &SeatOf<T>) -> Option<Duty> {
		let now = frame_system::Pallet::<T>::block_number();
		match (job.phase, round) {
			(Phase::Committing { until }, Round::Main)
			| (Phase::JuryCommitting { until }, Round::Jury) => {
				(now <= until && seat.commitment.is_none()).then_some(Duty::Commit)
			}
			(Phase::Revealing { since, until, .. }, Round::Main)
			| (Phase::JuryRevealing { since, until, .. }, Round::Jury) => {
				let open = now <= until && seat.answer.is_none();
				match (open, seat.commitment, job.mode, round) {
					(false, ..) => None,
					(true, None, Mode::Owner | Mode::Solo, Round::Main) => Some(Duty::Answer),
					(true, commitment, ..) => commitment.map(|commitment| Duty::Reveal {
						commitment,
						since: since.saturated_into(),
					}),
				}
			}
			(Phase::Auditing { until }, Round::Audit) => {
				(now <= until && seat.answer.is_none()).then_some(Duty::Answer)
			}
			_ => None,
		}
	}

	/// Whether a reveal does what the duty asks for.
	fn opens(job: &JobOf<T>, round: Round, seat: &SeatOf<T>, duty: Duty, reveal: &Reveal) -> bool {
		let key = key_hash(&seat.key);
		reveal.is_well_formed()
			&& match duty {
				Duty::Commit => false,
				Duty::Answer => true,
				Duty::Reveal {
					commitment: made, ..
				} => {
					let shown =
						commitment(job.request_hash, &key.0, round, &reveal.answer, reveal.salt);
					made == shown
				}
			}
	}

	fn genesis_hash() -> H256 {
		let hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::default());
		let mut bytes = [0; 32];
		bytes
			.iter_mut()
			.zip(hash.as_ref())
			.for_each(|(to, from)| *to = *from);
		H256(bytes)
	}

	/// The bytes that a worker signs.
	pub(crate) fn to_sign(domain: &[u8], payload: impl Encode) -> Vec<u8> {
		signed_bytes(domain, Self::genesis_hash(), payload)
	}

	/// Whether calls such as this one are let through now. Asked here as well as at dispatch, where a
	/// call that is refused has paid nothing and could be sent again and again.
	fn ensure_let_through(call: Call<T>) -> Result<(), TransactionValidityError> {
		if T::BaseCallFilter::contains(&call.into()) {
			Ok(())
		} else {
			Err(InvalidTransaction::Call.into())
		}
	}

	/// How many blocks ago something was signed, if that is not too many.
	fn age(at: u32) -> Result<u32, TransactionValidityError> {
		let now: u32 = frame_system::Pallet::<T>::block_number().saturated_into();
		let age = now.checked_sub(at).ok_or(InvalidTransaction::Future)?;
		if age > T::StepLifetime::get().saturated_into() {
			return Err(InvalidTransaction::Stale.into());
		}
		Ok(age)
	}

	fn valid(kind: &str, tag: impl Encode, at: u32, age: u32) -> TransactionValidityWithRefund {
		let lifetime: u32 = T::StepLifetime::get().saturated_into();
		ValidTransaction::with_tag_prefix("WeighhouseStep")
			// A retry is signed later and outbids what is stuck.
			.priority(T::StepPriority::get().saturating_add(TransactionPriority::from(at)))
			.and_provides((kind, tag))
			.longevity(lifetime.saturating_sub(age).saturating_add(1).into())
			.propagate(true)
			.build()
			.map(|valid| (valid, Weight::zero()))
	}

	/// The seat that a step is about, with its job and duty.
	fn seat_of(step: &Step) -> Result<(JobOf<T>, SeatOf<T>, Duty), Refusal> {
		let job = Jobs::<T>::get(step.job).ok_or(Refusal::UnknownJob)?;
		if job.request_hash != step.request_hash {
			return Err(Refusal::OtherRequest);
		}
		let seat = Panels::<T>::get(step.job, step.round)
			.unwrap_or_default()
			.into_iter()
			.find(|seat| key_hash(&seat.key) == step.worker)
			.ok_or(Refusal::NoSeat)?;
		let duty = Self::duty(&job, step.round, &seat).ok_or(Refusal::NothingDue)?;
		Ok((job, seat, duty))
	}

	pub(crate) fn authorize_commit(
		_source: TransactionSource,
		step: &Step,
		commitment: &H256,
		signature: &WorkerSignature,
	) -> TransactionValidityWithRefund {
		Self::ensure_let_through(Call::commit {
			step: *step,
			commitment: *commitment,
			signature: signature.clone(),
		})?;
		let age = Self::age(step.at)?;
		let (_, seat, duty) = Self::seat_of(step)?;
		if duty != Duty::Commit {
			return Err(Refusal::NothingDue.into());
		}
		let message = Self::to_sign(COMMIT_DOMAIN, (step, commitment));
		if !seat.key.verify(&message, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		Self::valid(
			"commit",
			(step.request_hash, step.worker, step.round),
			step.at,
			age,
		)
	}

	pub(crate) fn authorize_reveal(
		_source: TransactionSource,
		step: &Step,
		reveal: &Reveal,
		signature: &WorkerSignature,
	) -> TransactionValidityWithRefund {
		Self::ensure_let_through(Call::reveal {
			step: *step,
			reveal: reveal.clone(),
			signature: signature.clone(),
		})?;
		let age = Self::age(step.at)?;
		let (job, seat, duty) = Self::seat_of(step)?;
		if duty == Duty::Commit {
			return Err(Refusal::NothingDue.into());
		}
		if !Self::opens(&job, step.round, &seat, duty, reveal) {
			return Err(Refusal::BadReveal.into());
		}
		let message = Self::to_sign(REVEAL_DOMAIN, (step, reveal));
		if !seat.key.verify(&message, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		Self::valid(
			"reveal",
			(step.request_hash, step.worker, step.round),
			step.at,
			age,
		)
	}

	pub(crate) fn authorize_heartbeat(
		_source: TransactionSource,
		key: &WorkerId,
		at: &u32,
		signature: &WorkerSignature,
	) -> TransactionValidityWithRefund {
		Self::ensure_let_through(Call::heartbeat {
			worker: key.clone(),
			at: *at,
			signature: signature.clone(),
		})?;
		let age = Self::age(*at)?;
		let account = KeyOwners::<T>::get(key).ok_or(Refusal::NotBonded)?;
		let worker = Workers::<T>::get(&account).ok_or(Refusal::NotBonded)?;
		let now = frame_system::Pallet::<T>::block_number();
		if worker.bond < T::MinBond::get() {
			return Err(Refusal::NotBonded.into());
		}
		if !Self::heartbeat_due(&worker, now) {
			return Err(Refusal::HeartbeatNotDue.into());
		}
		let message = Self::to_sign(HEARTBEAT_DOMAIN, (key, at));
		if !key.verify(&message, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		Self::valid("heartbeat", (key, Self::heartbeat_window(now)), *at, age)
	}

	/// The number of the window that a block is in.
	fn heartbeat_window(block: BlockNumberFor<T>) -> u64 {
		let (block, window): (u64, u64) = (
			block.saturated_into(),
			T::HeartbeatWindow::get().saturated_into(),
		);
		block.checked_div(window).unwrap_or_default()
	}

	/// Whether a worker has given no sign of life in this window.
	pub(crate) fn heartbeat_due(worker: &WorkerOf<T>, now: BlockNumberFor<T>) -> bool {
		Self::heartbeat_window(now) > Self::heartbeat_window(worker.seen)
	}

	/// Notes a sign of life.
	fn touch(worker: &AccountIdOf<T>) {
		let now = frame_system::Pallet::<T>::block_number();
		Workers::<T>::mutate_extant(worker, |record| Self::note_sign_of_life(record, now));
	}

	pub(crate) fn note_heartbeat(key: &WorkerId) {
		if let Some(account) = KeyOwners::<T>::get(key) {
			Self::touch(&account);
		}
	}

	pub(crate) fn do_heartbeat_signed(who: AccountIdOf<T>) -> DispatchResult {
		let worker = Workers::<T>::get(&who).ok_or(Error::<T>::NotWorker)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(worker.bond >= T::MinBond::get(), Error::<T>::BondTooLow);
		ensure!(Self::heartbeat_due(&worker, now), Error::<T>::NothingDue);
		Self::touch(&who);
		Ok(())
	}

	/// Counts a commitment. Everything was checked when the transaction was.
	pub(crate) fn commit_seat(step: &Step, commitment: H256) {
		let Ok((job, mut seat, Duty::Commit)) = Self::seat_of(step) else {
			return;
		};
		seat.commitment = Some(commitment);
		Self::deposit_event(Event::Committed {
			job: step.job,
			round: step.round,
			worker: seat.worker.clone(),
			commitment,
		});
		let panel = Self::put_seat(step.job, step.round, seat);
		if panel.iter().all(|seat| seat.commitment.is_some()) {
			let phase = Self::reveal_phase(step.round, Window::First);
			Self::enter(step.job, job, phase);
		}
	}

	/// Counts an answer. Everything was checked when the transaction was.
	pub(crate) fn reveal_seat(step: &Step, reveal: Reveal) {
		let Ok((job, mut seat, Duty::Reveal { .. } | Duty::Answer)) = Self::seat_of(step) else {
			return;
		};
		let answer = reveal.answer;
		seat.answer = Some(answer);
		if !reveal.output.is_empty() {
			Outputs::<T>::insert(step.job, &seat.worker, &reveal.output);
		}
		Self::deposit_event(Event::Revealed {
			job: step.job,
			round: step.round,
			worker: seat.worker.clone(),
			reveal,
		});
		let panel = Self::put_seat(step.job, step.round, seat);
		if step.round == Round::Audit {
			return Self::audited(step.job, job, &answer);
		}
		// Who has not committed has nothing to show and is not waited for.
		let waits = |seat: &SeatOf<T>| seat.commitment.is_some() && seat.answer.is_none();
		if !panel.iter().any(waits) {
			Self::close_reveals(step.job, job, Window::Last);
		}
	}

	/// Writes a seat back and answers with its panel.
	fn put_seat(id: JobId, round: Round, seat: SeatOf<T>) -> PanelOf<T> {
		Self::touch(&seat.worker);
		let mut panel = Panels::<T>::get(id, round).unwrap_or_default();
		if let Some(place) = panel.iter_mut().find(|other| other.worker == seat.worker) {
			*place = seat;
		}
		Panels::<T>::insert(id, round, &panel);
		panel
	}

	/// The step of an account that has a seat with something to do.
	fn step_of(who: &AccountIdOf<T>, id: JobId) -> Result<Step, Error<T>> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let (round, seat) = [Round::Main, Round::Audit, Round::Jury]
			.into_iter()
			.find_map(|round| {
				let panel = Panels::<T>::get(id, round)?;
				let seat = panel.into_iter().find(|seat| seat.worker == *who)?;
				Some((round, seat))
			})
			.ok_or(Error::<T>::NothingDue)?;
		Ok(Step {
			job: id,
			request_hash: job.request_hash,
			round,
			worker: key_hash(&seat.key),
			at: frame_system::Pallet::<T>::block_number().saturated_into(),
		})
	}

	pub(crate) fn do_commit_signed(
		who: AccountIdOf<T>,
		id: JobId,
		commitment: H256,
	) -> DispatchResult {
		let step = Self::step_of(&who, id)?;
		let seated = Self::seat_of(&step);
		ensure!(
			matches!(seated, Ok((_, _, Duty::Commit))),
			Error::<T>::NothingDue
		);
		Self::commit_seat(&step, commitment);
		Ok(())
	}

	pub(crate) fn do_reveal_signed(
		who: AccountIdOf<T>,
		id: JobId,
		reveal: Reveal,
	) -> DispatchResult {
		let step = Self::step_of(&who, id)?;
		let (job, seat, duty) = Self::seat_of(&step).map_err(|_| Error::<T>::NothingDue)?;
		ensure!(duty != Duty::Commit, Error::<T>::NothingDue);
		ensure!(
			Self::opens(&job, step.round, &seat, duty, &reveal),
			Error::<T>::BadReveal
		);
		Self::reveal_seat(&step, reveal);
		Ok(())
	}

	/// What an account has to do in its open jobs now.
	pub(crate) fn tasks_of(who: &AccountIdOf<T>) -> Vec<Task> {
		Assignments::<T>::get(who)
			.into_iter()
			.filter_map(|id| {
				let job = Jobs::<T>::get(id)?;
				let step = Self::step_of(who, id).ok()?;
				let (_, seat, duty) = Self::seat_of(&step).ok()?;
				Some(Task {
					assignment: Self::assignment(id, &job, step.round, &seat),
					duty,
				})
			})
			.collect()
	}

	/// What a worker's gateway is asked to do. Equal whenever it is asked.
	fn assignment(id: JobId, job: &JobOf<T>, round: Round, seat: &SeatOf<T>) -> Assignment {
		let disputed = match (round, &job.challenge, Self::standing_answer(job)) {
			(Round::Jury, Some(challenge), Some(answer)) => Some(Disputed {
				ground: challenge.ground,
				output_hash: answer.output_hash,
				fingerprint: answer.fingerprint,
			}),
			_ => None,
		};
		Assignment {
			genesis: Self::genesis_hash(),
			request_hash: job.request_hash,
			job: id,
			round,
			worker: key_hash(&seat.key),
			listing: job.listing,
			version: job.version,
			manifest: job.manifest.to_text(),
			artifact_root: job.artifact_root,
			input: job.input.to_text(),
			input_hash: job.input_hash,
			answers: job.answers,
			disputed,
		}
	}
}
