//! Second looks at an answer: the audit that chance demands, the dispute that anybody may open, and
//! the jury that decides both.

use crate::{types::*, Config, Error, Event, HoldReason, Jobs, Pallet, Receipts};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, MutateHold},
		tokens::{Fortitude, Preservation::Preserve},
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, DispatchResult};
use weighhouse_primitives::{
	agreement::{compare, Comparison},
	draw::{happens, Purpose},
	inference::{Answer, Ground, JobId, Mode, Round, Status, MAX_JURY},
	receipt::Evidence,
	traits::SeedState,
};

/// The fewest jurors that decide anything.
const MIN_JURY: u32 = 3;

impl<T: Config> Pallet<T> {
	/// How many jurors a dispute has if `fresh` workers could judge; none if they are too few.
	pub(crate) fn jury_size(fresh: usize) -> Option<u32> {
		let fresh = u32::try_from(fresh).unwrap_or(u32::MAX).min(MAX_JURY);
		let odd = if fresh.is_multiple_of(2) {
			fresh.saturating_sub(1)
		} else {
			fresh
		};
		(odd >= MIN_JURY).then_some(odd)
	}

	/// What a challenger holds.
	pub(crate) fn dispute_bond(reward: u128) -> u128 {
		reward.saturating_mul(DISPUTE_REWARDS)
	}

	/// Decides by chance whether a single worker's answer is audited.
	pub(crate) fn sample(id: JobId, job: JobOf<T>, since: BlockNumberFor<T>) {
		let drawn = match Self::seed(job.request_hash, Purpose::Audit, since) {
			SeedState::NotYet => return,
			SeedState::Known(seed) if happens(seed, job.audit_parts) => {
				let fresh = Self::fresh(id, &job, since);
				Self::draw_panel(id, &job, Round::Audit, seed, fresh, 1)
			}
			SeedState::Known(_) | SeedState::Lost => false,
		};
		if !drawn {
			return Self::enter_resolved(id, job);
		}
		let until = frame_system::Pallet::<T>::block_number()
			.saturating_add(Self::second_window(&job.answers));
		Self::enter(id, job, Phase::Auditing { until });
	}

	/// The auditor's time is over. Without an audit the answer can be disputed like any other.
	pub(crate) fn close_audit(id: JobId, job: JobOf<T>) {
		Self::change_panel(id, Round::Audit, |panel| {
			for seat in panel.iter_mut() {
				seat.finding = Finding::Silent;
			}
		});
		Self::enter_resolved(id, job);
	}

	/// The auditor has answered.
	pub(crate) fn audited(id: JobId, job: JobOf<T>, answer: &Answer) {
		let Some(standing) = Self::standing_answer(&job) else {
			return Self::enter_ending(id, job, Outcome::Refunded(Refund::Undecided));
		};
		// An input that is gone says nothing about the answer that was given when it was there.
		if answer.status == Status::InputUnavailable {
			return Self::enter_resolved(id, job);
		}
		match compare(job.answers.class, job.answers.tau, &standing, answer) {
			Comparison::Agree => {
				Self::find(id, Round::Audit, Finding::Agreed);
				Self::support(&job, Evidence::Audited, job.price.reward);
				// The auditor could have copied the answer, so both answer for it to whoever disputes it.
				Self::enter_resolved(id, job);
			}
			Comparison::NearTie => {
				Self::find(id, Round::Main, Finding::NearTie);
				Self::find(id, Round::Audit, Finding::NearTie);
				Self::enter_ending(id, job, Outcome::Refunded(Refund::NoQuorum));
			}
			Comparison::Differ => {
				let since = frame_system::Pallet::<T>::block_number();
				Self::enter(id, job, Phase::Summoning { since });
			}
		}
	}

	/// Notes the same finding for all seats of a panel that showed an answer.
	pub(crate) fn find(id: JobId, round: Round, finding: Finding) {
		Self::change_panel(id, round, |panel| {
			for seat in panel.iter_mut().filter(|seat| seat.answer.is_some()) {
				seat.finding = finding;
			}
		});
	}

	pub(crate) fn do_dispute(who: AccountIdOf<T>, id: JobId, ground: Ground) -> DispatchResult {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let now = frame_system::Pallet::<T>::block_number();
		match job.phase {
			Phase::Sampling { .. } | Phase::Auditing { .. } => {
				return Err(Error::<T>::AuditDecides.into())
			}
			Phase::Resolved { until } if now <= until && job.mode != Mode::Owner => {}
			_ => return Err(Error::<T>::NotDisputable.into()),
		}
		if ground == Ground::Unavailable {
			let inline = job
				.receipt
				.and_then(Receipts::<T>::get)
				.is_some_and(|receipt| receipt.record.output_length.is_some());
			ensure!(!inline, Error::<T>::OutputIsInline);
		}
		let bond = Self::dispute_bond(job.price.reward);
		ensure!(
			T::Currency::reducible_balance(&who, Preserve, Fortitude::Polite) >= bond
				&& T::Currency::hold_available(&HoldReason::Challenge.into(), &who),
			Error::<T>::BalanceTooLow
		);

		T::Currency::hold(&HoldReason::Challenge.into(), &who, bond)?;
		job.challenge = Some(Challenge {
			challenger: who.clone(),
			ground,
			bond,
		});
		Self::deposit_event(Event::Disputed {
			job: id,
			challenger: who,
			ground,
			bond,
		});
		Self::enter(id, job, Phase::Summoning { since: now });
		Ok(())
	}

	/// Draws a jury. Without one nobody is to blame, and the requester gets the money back.
	pub(crate) fn summon(id: JobId, job: JobOf<T>, since: BlockNumberFor<T>) {
		let drawn = match Self::seed(job.request_hash, Purpose::Jury, since) {
			SeedState::NotYet => return,
			SeedState::Lost => false,
			SeedState::Known(seed) => {
				let fresh = Self::fresh(id, &job, since);
				Self::jury_size(fresh.len())
					.is_some_and(|size| Self::draw_panel(id, &job, Round::Jury, seed, fresh, size))
			}
		};
		if !drawn {
			return Self::enter_ending(id, job, Outcome::Refunded(Refund::Undecided));
		}
		let until = frame_system::Pallet::<T>::block_number()
			.saturating_add(Self::second_window(&job.answers));
		Self::enter(id, job, Phase::JuryCommitting { until });
	}

	/// What follows from the jury's answer: it stands beside the disputed one, or against it.
	pub(crate) fn verdict(id: JobId, job: JobOf<T>, verdict: Option<Answer>) {
		let (Some(standing), Some(answer)) = (Self::standing_answer(&job), verdict) else {
			return Self::enter_ending(id, job, Outcome::Refunded(Refund::Undecided));
		};
		let (class, tau) = (job.answers.class, job.answers.tau);
		// Jurors who cannot have the output say so by this status, and whoever disputed that was right.
		// If it is the input that they cannot have, the answer stands against a challenger: to take the
		// input away gains nothing. Between a worker and its auditor nobody knows any more.
		let ground = job.challenge.as_ref().map(|challenge| challenge.ground);
		let comparison = match (answer.status, ground) {
			(Status::InputUnavailable, None) => {
				return Self::enter_ending(id, job, Outcome::Refunded(Refund::Undecided));
			}
			(Status::InputUnavailable, Some(Ground::Wrong | Ground::NotAsFingerprinted)) => {
				Comparison::Agree
			}
			_ => compare(class, tau, &standing, &answer),
		};
		match comparison {
			Comparison::Agree => {
				// An auditor who called for this jury was wrong.
				if job.challenge.is_none() {
					Self::find(id, Round::Audit, Finding::Overturned);
				}
				if answer.status == Status::Ok {
					Self::support(&job, Evidence::Audited, 0);
				}
				Self::enter_ending(id, job, Outcome::Final);
			}
			Comparison::NearTie => {
				Self::find(id, Round::Main, Finding::NearTie);
				Self::find(id, Round::Audit, Finding::NearTie);
				Self::enter_ending(id, job, Outcome::Refunded(Refund::NoQuorum));
			}
			Comparison::Differ => {
				// A jury that cannot have the output says nothing of what others said of the input.
				let right = |seat: &SeatOf<T>| {
					answer.status != Status::InputUnavailable
						&& seat.answer.is_some_and(|given| {
							compare(class, tau, &answer, &given) == Comparison::Agree
						})
				};
				Self::change_panel(id, Round::Main, |panel| {
					for seat in panel.iter_mut() {
						if seat.finding == Finding::Agreed {
							seat.finding = Finding::Overturned;
						} else if right(seat) {
							seat.finding = Finding::Agreed;
						}
					}
				});
				// An auditor who agreed was as wrong. One who came to another answer called for this jury,
				// which may have come to a third. One who could not look said nothing.
				let called = job.challenge.is_none();
				Self::change_panel(id, Round::Audit, |panel| {
					for seat in panel.iter_mut().filter(|seat| seat.answer.is_some()) {
						seat.finding = match (seat.finding, right(seat)) {
							(Finding::Agreed, false) => Finding::Overturned,
							(Finding::Open, true) if called => Finding::Agreed,
							(Finding::Open, false) if called => Finding::Minority,
							(found, _) => found,
						};
					}
				});
				Self::enter_ending(id, job, Outcome::Refunded(Refund::Overturned));
			}
		}
	}
}
