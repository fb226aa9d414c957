//! The end of a job: the one place where money moves. What each seat did was found before; here
//! everybody is paid or slashed for it, what is left comes back, and all state but the receipt goes.

use crate::{
	types::*, Assignments, Config, Eligible, Event, HoldReason, Jobs, Outputs, Pallet, Panels,
	Receipts, Workers,
};
use alloc::{vec, vec::Vec};
use frame_support::{
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{DepositConsequence, Fortitude::Force, Precision::Exact, Provenance, Restriction},
		Consideration, Get,
	},
};
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{
	inference::{JobId, Round},
	market::AnswerClass,
	royalty,
	traits::{CallSales, ListingRegistry, RecordReputation, WorkerVerdict},
};

/// Held money that others are paid from, in the order of its owners.
struct Purse<AccountId> {
	reason: HoldReason,
	owners: Vec<(AccountId, u128)>,
}

impl<AccountId: Clone> Purse<AccountId> {
	fn total(&self) -> u128 {
		self.owners
			.iter()
			.fold(0, |sum, (_, left)| sum.saturating_add(*left))
	}

	/// Takes up to `amount` out and says of whom how much.
	fn take(&mut self, mut amount: u128) -> Vec<(AccountId, u128)> {
		let mut taken = Vec::new();
		for (owner, left) in &mut self.owners {
			let part = amount.min(*left);
			if part > 0 {
				*left = left.saturating_sub(part);
				amount = amount.saturating_sub(part);
				taken.push((owner.clone(), part));
			}
		}
		taken
	}
}

/// All seats of a job with the panel that each belongs to.
type Seats<T> = Vec<(Round, SeatOf<T>)>;

impl<T: Config> Pallet<T> {
	/// Ends a job. If something that cannot fail does, nothing has moved, and anybody may try again.
	pub(crate) fn end(id: JobId, job: JobOf<T>, outcome: Outcome) {
		let ended = with_storage_layer(|| Self::settle(id, job, outcome));
		if let Err(error) = ended {
			log::error!(target: "runtime::inference", "job {id} could not end: {error:?}");
			Jobs::<T>::mutate_extant(id, |job| Self::unschedule(id, job.queued.take()));
		}
	}

	fn settle(id: JobId, job: JobOf<T>, outcome: Outcome) -> DispatchResult {
		let seats: Seats<T> = [Round::Main, Round::Audit, Round::Jury]
			.into_iter()
			.flat_map(|round| {
				let panel = Panels::<T>::take(id, round).unwrap_or_default();
				panel.into_iter().map(move |seat| (round, seat))
			})
			.collect();
		let escrow = job.price.escrow(job.mode);

		Self::free_seats(id, &job, outcome, &seats)?;
		Self::settle_dispute(id, &job, outcome, &seats)?;
		let (rewards, fee) = Self::pay_workers(id, &job, outcome, &seats)?;
		let call = Self::settle_call(&job, outcome);
		let spent = rewards.saturating_add(call);
		let fee = fee.saturating_add(Self::fee_of(&job, call));

		// What was spent has left the hold, so the rest of the escrow is what is left of it.
		let refunded = escrow.saturating_sub(spent);
		T::Currency::release(&HoldReason::Escrow.into(), &job.requester, refunded, Exact)?;
		if let Some(receipt) = job.receipt {
			Receipts::<T>::mutate_extant(receipt, |Receipt { record, .. }| {
				record.fee = fee;
				record.settled = Some(frame_system::Pallet::<T>::block_number());
				record.state = match outcome {
					Outcome::Final => ReceiptState::Final,
					Outcome::Refunded(_) => ReceiptState::Refunded,
				};
			});
		}
		if outcome == Outcome::Final {
			T::Reputation::record_settlement(job.listing, &job.owner, fee);
		}
		Self::forget(id, job)?;
		Self::deposit_event(Event::JobEnded {
			job: id,
			outcome,
			spent,
			refunded,
		});
		Ok(())
	}

	/// Gives back what the seats reserved, takes the slashes that nobody is paid from, and tells
	/// reputation. Agreeing counts with the fee that was paid for it, or reputation would be free;
	/// failing with the fee that was at stake.
	fn free_seats(id: JobId, job: &JobOf<T>, outcome: Outcome, seats: &Seats<T>) -> DispatchResult {
		let reserve = Self::reserve_of(job.price.reward);
		for (round, seat) in seats {
			Assignments::<T>::mutate_exists(&seat.worker, |jobs| {
				if let Some(open) = jobs {
					open.retain(|open| *open != id);
				}
				*jobs = jobs.take().filter(|open| !open.is_empty());
			});
			Workers::<T>::mutate_extant(&seat.worker, |worker| {
				worker.reserved = worker.reserved.saturating_sub(reserve);
				if seat.finding == Finding::Silent {
					worker.silences = worker.silences.saturating_add(1);
					if worker.silences >= MAX_SILENCES
						&& worker.availability.now == Availability::Active
					{
						let now = frame_system::Pallet::<T>::block_number();
						// Nothing that happened before is left to be drawn for, even if it resumes.
						worker.availability = Held::new(Availability::Suspended, now);
						Self::deposit_event(Event::AvailabilityChanged {
							worker: seat.worker.clone(),
							availability: Availability::Suspended,
						});
					}
				} else if seat.answer.is_some() {
					worker.silences = 0;
				}
			});
			let verdict = match seat.finding {
				Finding::Open | Finding::NearTie => None,
				Finding::Agreed => Some((
					WorkerVerdict::Agreed,
					Self::due_from_escrow(job, outcome, *round, seat),
				)),
				Finding::Minority | Finding::Silent | Finding::Unrevealed | Finding::Overturned => {
					Some((WorkerVerdict::Failed, job.price.reward))
				}
			};
			if let Some((verdict, amount)) = verdict {
				T::Reputation::record_worker(&seat.worker, verdict, Self::fee_of(job, amount));
			}
			if seat.finding != Finding::Overturned {
				let slash = Self::slash_of(job, seat.finding);
				let burned = Self::slash(id, &seat.worker, seat.finding, slash);
				Self::burn(HoldReason::Bond, &seat.worker, burned)?;
			}
		}
		Ok(())
	}

	/// What a finding costs.
	pub(crate) fn slash_of(job: &JobOf<T>, finding: Finding) -> u128 {
		let reward = job.price.reward;
		match finding {
			Finding::Open | Finding::Agreed | Finding::NearTie => 0,
			Finding::Silent => reward.checked_div(SILENT_PART).unwrap_or_default(),
			Finding::Unrevealed => reward.saturating_mul(UNREVEALED_REWARDS),
			Finding::Minority if job.answers.class == AnswerClass::BitExact => {
				reward.saturating_mul(MINORITY_EXACT_REWARDS)
			}
			Finding::Minority => reward.saturating_mul(MINORITY_TOLERANT_REWARDS),
			Finding::Overturned => Self::reserve_of(reward),
		}
	}

	/// Takes a slash off a worker's bond, and says how much there was to take. The money is still
	/// held: the caller burns it or pays others with it.
	fn slash(id: JobId, worker: &AccountIdOf<T>, finding: Finding, amount: u128) -> u128 {
		let mut taken = 0;
		Workers::<T>::mutate_extant(worker, |record| {
			taken = amount.min(record.bond);
			record.bond = record.bond.saturating_sub(taken);
		});
		if taken > 0 {
			Self::deposit_event(Event::Slashed {
				job: id,
				worker: worker.clone(),
				finding,
				amount: taken,
			});
		}
		taken
	}

	fn burn(reason: HoldReason, who: &AccountIdOf<T>, amount: u128) -> DispatchResult {
		if amount > 0 {
			T::Currency::burn_held(&reason.into(), who, amount, Exact, Force)?;
		}
		Ok(())
	}

	/// Pays out of what is held of somebody. What the payee cannot take is burned.
	fn hand_over(
		reason: HoldReason,
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		let takes = T::Currency::can_deposit(to, amount, Provenance::Extant);
		if takes != DepositConsequence::Success {
			return Self::burn(reason, from, amount);
		}
		T::Currency::transfer_on_hold(
			&reason.into(),
			from,
			to,
			amount,
			Exact,
			Restriction::Free,
			Force,
		)?;
		Ok(())
	}

	/// Pays the jury out of the loser, gives a challenger what is theirs, and burns the rest.
	fn settle_dispute(
		id: JobId,
		job: &JobOf<T>,
		outcome: Outcome,
		seats: &Seats<T>,
	) -> DispatchResult {
		let wrong: Vec<_> = seats
			.iter()
			.filter(|(_, seat)| seat.finding == Finding::Overturned)
			.map(|(_, seat)| {
				let slash = Self::slash_of(job, Finding::Overturned);
				let taken = Self::slash(id, &seat.worker, Finding::Overturned, slash);
				(seat.worker.clone(), taken)
			})
			.collect();
		let mut slashed = Purse {
			reason: HoldReason::Bond,
			owners: wrong,
		};
		let jurors = |finding: Finding| {
			seats
				.iter()
				.filter(move |(round, seat)| *round == Round::Jury && seat.finding == finding)
				.map(|(_, seat)| seat.worker.clone())
				.collect::<Vec<_>>()
		};
		let reward = job.price.reward;
		let total = slashed.total();
		let Some(challenge) = &job.challenge else {
			// An audit came to another answer: who was wrong of the two pays the jury, and the auditor
			// who was right.
			for juror in jurors(Finding::Agreed) {
				Self::pay_from(id, &mut slashed, &juror, reward)?;
			}
			if outcome == Outcome::Refunded(Refund::Overturned) {
				for (round, seat) in seats {
					if *round == Round::Audit && seat.finding == Finding::Agreed {
						Self::pay_from(id, &mut slashed, &seat.worker, reward)?;
					}
				}
			}
			return Self::burn_rest(slashed);
		};
		let mut bond = Purse {
			reason: HoldReason::Challenge,
			owners: vec![(challenge.challenger.clone(), challenge.bond)],
		};
		let mut gained = 0;
		let judged = seats.iter().any(|(round, _)| *round == Round::Jury);
		match outcome {
			// The answer withstood a jury: the challenger pays.
			Outcome::Final if judged => {
				for juror in jurors(Finding::Agreed) {
					Self::pay_from(id, &mut bond, &juror, reward)?;
				}
				Self::burn_rest(bond)?;
				bond = Purse {
					reason: HoldReason::Challenge,
					owners: Vec::new(),
				};
			}
			// The answer does not stand: those who gave it pay. A requester who disputes gains nothing,
			// or it would pay to ask what workers get wrong.
			Outcome::Refunded(Refund::Overturned) => {
				for juror in jurors(Finding::Agreed) {
					Self::pay_from(id, &mut slashed, &juror, reward)?;
				}
				if challenge.challenger != job.requester {
					let part = total.checked_div(CHALLENGER_PART).unwrap_or_default();
					gained = part.min(reward.saturating_mul(CHALLENGER_REWARDS));
					for (owner, amount) in slashed.take(gained) {
						let to = &challenge.challenger;
						Self::hand_over(HoldReason::Bond, &owner, to, amount)?;
					}
				}
			}
			// Nobody was right or wrong: whoever worked for it is paid a little by whoever wanted it.
			Outcome::Final | Outcome::Refunded(_) => {
				let fee = reward.checked_div(BASE_FEE_PART).unwrap_or_default();
				for (round, seat) in seats {
					if *round == Round::Jury && seat.answer.is_some() {
						Self::pay_from(id, &mut bond, &seat.worker, fee)?;
					}
				}
			}
		}
		Self::burn_rest(slashed)?;
		let returned = bond.total();
		T::Currency::release(
			&HoldReason::Challenge.into(),
			&challenge.challenger,
			returned,
			Exact,
		)?;
		Self::deposit_event(Event::ChallengeSettled {
			job: id,
			challenger: challenge.challenger.clone(),
			returned,
			gained,
		});
		Ok(())
	}

	fn pay_from(
		id: JobId,
		purse: &mut Purse<AccountIdOf<T>>,
		to: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		let parts = purse.take(amount);
		let paid = parts
			.iter()
			.fold(0u128, |sum, (_, part)| sum.saturating_add(*part));
		for (owner, part) in parts {
			Self::hand_over(purse.reason, &owner, to, part)?;
		}
		if paid > 0 {
			Self::deposit_event(Event::WorkerPaid {
				job: id,
				worker: to.clone(),
				amount: paid,
				fee: 0,
			});
		}
		Ok(())
	}

	fn burn_rest(purse: Purse<AccountIdOf<T>>) -> DispatchResult {
		purse
			.owners
			.iter()
			.try_for_each(|(owner, left)| Self::burn(purse.reason, owner, *left))
	}

	/// The protocol's part of an amount.
	fn fee_of(job: &JobOf<T>, amount: u128) -> u128 {
		royalty::split(amount, job.price.fee_parts, &[]).fee()
	}

	/// What a seat gets out of the escrow, protocol fee inside: the reward if its answer stands, a base
	/// fee if it found out with others that there is none.
	fn due_from_escrow(job: &JobOf<T>, outcome: Outcome, round: Round, seat: &SeatOf<T>) -> u128 {
		let reward = job.price.reward;
		let base = reward.checked_div(BASE_FEE_PART).unwrap_or_default();
		match (outcome, round, seat.finding) {
			(Outcome::Final, Round::Main | Round::Audit, Finding::Agreed) => reward,
			(
				Outcome::Refunded(Refund::InputUnavailable | Refund::ModelError),
				Round::Main,
				Finding::Agreed,
			) => base,
			// A jury that an audit called for and that came to nothing is paid by the premium.
			(Outcome::Refunded(Refund::Undecided | Refund::NoQuorum), Round::Jury, _)
				if job.challenge.is_none() && seat.answer.is_some() =>
			{
				base
			}
			_ => 0,
		}
	}

	/// Pays all seats what is due to them out of the escrow. Says how much of it that took, and how
	/// much of that was protocol fee.
	fn pay_workers(
		id: JobId,
		job: &JobOf<T>,
		outcome: Outcome,
		seats: &Seats<T>,
	) -> Result<(u128, u128), DispatchError> {
		let (mut spent, mut fee) = (0u128, 0u128);
		for (round, seat) in seats {
			let due = Self::due_from_escrow(job, outcome, *round, seat);
			if due > 0 {
				Self::pay_from_escrow(id, job, &seat.worker, due)?;
				spent = spent.saturating_add(due);
				fee = fee.saturating_add(Self::fee_of(job, due));
			}
		}
		Ok((spent, fee))
	}

	/// Pays an amount out of the escrow, protocol fee inside.
	fn pay_from_escrow(
		id: JobId,
		job: &JobOf<T>,
		worker: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		let split = royalty::split(amount, job.price.fee_parts, &[]);
		let (from, escrow) = (&job.requester, HoldReason::Escrow);
		Self::hand_over(escrow, from, worker, split.to_owner)?;
		// What the treasury cannot take is burned, as of a sale.
		Self::hand_over(escrow, from, &T::Treasury::get(), split.fee_treasury)?;
		Self::burn(escrow, from, split.fee_burned)?;
		Self::deposit_event(Event::WorkerPaid {
			job: id,
			worker: worker.clone(),
			amount: split.to_owner,
			fee: split.fee(),
		});
		Ok(())
	}

	/// Pays the call, or gives it back. Says how much of the escrow that took: nothing if the owner's
	/// account cannot take its part.
	fn settle_call(job: &JobOf<T>, outcome: Outcome) -> u128 {
		let (Outcome::Final, Some(receipt)) = (outcome, job.receipt) else {
			T::Licences::give_back_call(job.access);
			return 0;
		};
		if job.price.call == 0 {
			return 0;
		}
		let paid = with_storage_layer(|| {
			T::Currency::release(
				&HoldReason::Escrow.into(),
				&job.requester,
				job.price.call,
				Exact,
			)?;
			T::Licences::pay_call(
				&job.requester,
				&job.owner,
				job.listing,
				&job.price.call_terms(),
				job.price.fee_parts,
				receipt,
			)
		});
		match paid {
			Ok(()) => job.price.call,
			Err(error) => {
				log::warn!(target: "runtime::inference", "the price of a call came back: {error:?}");
				0
			}
		}
	}

	/// Removes all state of a job but its receipt.
	fn forget(id: JobId, job: JobOf<T>) -> DispatchResult {
		Self::unschedule(id, job.queued);
		Jobs::<T>::remove(id);
		Eligible::<T>::remove(id);
		// As many as there were seats: each has at most one output.
		let left = Outputs::<T>::clear_prefix(id, 16, None);
		debug_assert!(left.maybe_cursor.is_none(), "a seat has one output");
		T::Listings::release(job.listing);
		job.ticket.drop(&job.requester)?;
		if let Some(ticket) = job.receipt_ticket {
			ticket.drop(&job.requester)?;
		}
		Ok(())
	}
}
