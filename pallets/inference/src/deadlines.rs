//! When a job is due, and who pushes it on: the chain by itself as far as a block has room, anybody
//! else by a poke.

use crate::{types::*, Asks, Config, Due, Error, Jobs, NextDue, Pallet, Panels, WeightInfo};
use frame_support::{ensure, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating, Zero};
use weighhouse_primitives::{
	inference::{JobId, Round},
	market::Serving,
	traits::{CallSales, LicenceCheck, ListingRegistry, RecordReputation},
};

impl<T: Config> Pallet<T> {
	/// The first block in which a job in this phase can be pushed on.
	pub(crate) fn due(phase: &Phase<BlockNumberFor<T>>) -> BlockNumberFor<T> {
		let last = match *phase {
			Phase::Open { since } | Phase::Sampling { since } | Phase::Summoning { since } => {
				since.saturating_add(SEED_BLOCKS.into())
			}
			Phase::Committing { until }
			| Phase::Revealing { until, .. }
			| Phase::Auditing { until }
			| Phase::Resolved { until }
			| Phase::JuryCommitting { until }
			| Phase::JuryRevealing { until, .. } => until,
			Phase::Ending { since, .. } => since,
		};
		last.saturating_add(One::one())
	}

	/// Names a job among those due in a block, or in the next one that names less than `most`. In
	/// which; a job without room waits for a poke.
	pub(crate) fn schedule(
		id: JobId,
		at: BlockNumberFor<T>,
		most: u32,
	) -> Option<BlockNumberFor<T>> {
		let mut blocks = (0..DUE_SPREAD).map(|offset| at.saturating_add(offset.into()));
		blocks.find(|block| {
			Due::<T>::try_mutate(block, |jobs| {
				let full = u32::try_from(jobs.len()).map_or(true, |length| length >= most);
				if full {
					return Err(());
				}
				jobs.try_push(id).map_err(|_| ())
			})
			.is_ok()
		})
	}

	/// Takes a job off the queue that it waits in, so that no queue fills with jobs that moved on.
	pub(crate) fn unschedule(id: JobId, queued: Option<BlockNumberFor<T>>) {
		let Some(block) = queued else { return };
		Due::<T>::mutate_exists(block, |queue| {
			if let Some(jobs) = queue {
				jobs.retain(|job| *job != id);
			}
			*queue = queue.take().filter(|jobs| !jobs.is_empty());
		});
	}

	/// Whether jobs are due that no block had room for yet.
	pub(crate) fn is_behind() -> bool {
		let next = NextDue::<T>::get();
		!next.is_zero() && next <= frame_system::Pallet::<T>::block_number()
	}

	/// Takes the steps that are due, as long as this block has room for them.
	pub(crate) fn work_off(now: BlockNumberFor<T>) -> Weight {
		let budget = Self::step_budget();
		let visit = T::WeightInfo::queue_visit();
		let mut used = visit;
		let mut steps = 0u32;
		let mut block = NextDue::<T>::get();
		if block.is_zero() {
			block = now;
		}
		while block <= now && steps < MAX_STEPS_A_BLOCK {
			let mut jobs = Due::<T>::take(block);
			while let Some(id) = jobs.first().copied() {
				let after = used
					.saturating_add(visit)
					.saturating_add(Self::step_weight());
				if steps >= MAX_STEPS_A_BLOCK || after.any_gt(budget) {
					break;
				}
				jobs.remove(0);
				steps = steps.saturating_add(1);
				used = used.saturating_add(visit);
				// A job that is over or not due has no entry. If it had one, that would be passed over.
				if let Ok(weight) = Self::step(id) {
					used = used.saturating_add(weight);
				}
			}
			if !jobs.is_empty() {
				Due::<T>::insert(block, jobs);
				break;
			}
			used = used.saturating_add(visit);
			if used.any_gt(budget) {
				break;
			}
			block = block.saturating_add(One::one());
		}
		NextDue::<T>::put(block);
		used
	}

	/// Pushes a job on that is due, and says what that weighed.
	pub(crate) fn step(id: JobId) -> Result<Weight, Error<T>> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(
			frame_system::Pallet::<T>::block_number() >= Self::due(&job.phase),
			Error::<T>::NotDueYet
		);
		Ok(match job.phase {
			Phase::Open { since } => {
				let weight = Self::draw_weight_of(&job);
				Self::draw_main(id, job, since);
				weight
			}
			Phase::Sampling { since } => {
				let weight = Self::draw_weight_of(&job);
				Self::sample(id, job, since);
				weight
			}
			Phase::Summoning { since } => {
				let weight = Self::draw_weight_of(&job);
				Self::summon(id, job, since);
				weight
			}
			Phase::Committing { .. } | Phase::JuryCommitting { .. } => {
				Self::close_commits(id, job);
				T::WeightInfo::resolve()
			}
			Phase::Revealing { window, .. } | Phase::JuryRevealing { window, .. } => {
				Self::close_reveals(id, job, window);
				T::WeightInfo::resolve()
			}
			Phase::Auditing { .. } => {
				Self::close_audit(id, job);
				T::WeightInfo::resolve()
			}
			Phase::Resolved { .. } => {
				Self::enter_ending(id, job, Outcome::Final);
				T::WeightInfo::resolve()
			}
			Phase::Ending { outcome, .. } => {
				let weight = Self::end_weight_of(id);
				Self::end(id, job, outcome);
				weight
			}
		})
	}

	/// What a draw for this job weighs at most, with those who serve its listing now.
	fn draw_weight_of(job: &JobOf<T>) -> Weight {
		let asks = Asks::<T>::decode_len(job.listing).unwrap_or_default();
		Self::draw_weight_among(u32::try_from(asks).unwrap_or(MAX_SERVING), job.serving)
	}

	/// What a draw among `asks` workers weighs at most, with the licences that it asks for and those
	/// whom it takes off the list for theirs.
	pub(crate) fn draw_weight_among(asks: u32, serving: Serving) -> Weight {
		let (checks, dropped) = match serving {
			Serving::Anyone | Serving::Owner => (0, 0),
			Serving::Licensed => (asks.min(MAX_LICENCE_CHECKS), asks.min(MAX_DROPPED)),
		};
		let drop = T::WeightInfo::stop_serving()
			.saturating_add(T::Listings::lookup_weight().saturating_mul(3))
			.saturating_add(T::Licences::has_licence_weight());
		T::WeightInfo::draw(asks)
			.saturating_add(T::Licences::has_licence_weight().saturating_mul(checks.into()))
			.saturating_add(drop.saturating_mul(dropped.into()))
			.saturating_add(T::Reputation::score_weight().saturating_mul(asks.into()))
	}

	/// What the end of this job weighs at most. Where nobody served it gives back what the request took,
	/// which is as much work.
	fn end_weight_of(id: JobId) -> Weight {
		if Panels::<T>::contains_key(id, Round::Main) {
			Self::end_weight()
		} else {
			Self::request_weight()
		}
	}

	/// The most that the end of a job weighs.
	fn end_weight() -> Weight {
		let seats = 15;
		T::WeightInfo::close()
			.max(T::WeightInfo::close_overturned())
			.saturating_add(T::Licences::pay_call_weight())
			.saturating_add(T::Licences::take_call_weight())
			.saturating_add(T::Listings::retain_weight())
			.saturating_add(T::Reputation::record_worker_weight().saturating_mul(seats))
			.saturating_add(T::Reputation::record_settlement_weight())
	}

	/// The most that a step weighs.
	pub(crate) fn step_weight() -> Weight {
		Self::draw_weight_among(MAX_SERVING, Serving::Licensed)
			.max(T::WeightInfo::resolve())
			.max(Self::end_weight())
	}
}
