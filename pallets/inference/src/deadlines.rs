//! When a job is due, and who pushes it on: the chain by itself as far as a block has room, anybody
//! else by a poke.

use crate::{types::*, Config, Due, Error, Jobs, NextDue, Pallet, WeightInfo};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{One, Saturating, Zero},
	DispatchResult,
};
use weighhouse_primitives::{
	inference::JobId,
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

	/// Names a job among those due in a block, or in the next one that has room. Whether it found
	/// room; a job without waits for a poke.
	pub(crate) fn schedule(id: JobId, at: BlockNumberFor<T>) -> bool {
		(0..DUE_SPREAD).any(|offset| {
			Due::<T>::mutate(at.saturating_add(offset.into()), |jobs| {
				jobs.try_push(id).is_ok()
			})
		})
	}

	/// Takes the steps that are due, as long as this block has room for them.
	pub(crate) fn work_off(now: BlockNumberFor<T>) -> Weight {
		let budget = T::BlockWeights::get().max_block.saturating_div(4);
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
				// A job that has moved on, or is over, is not due: its entry is stale.
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

	pub(crate) fn do_poke(id: JobId) -> DispatchResult {
		Self::step(id)?;
		Ok(())
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
				Self::draw_main(id, job, since);
				Self::draw_weight_limit()
			}
			Phase::Sampling { since } => {
				Self::sample(id, job, since);
				Self::draw_weight_limit()
			}
			Phase::Summoning { since } => {
				Self::summon(id, job, since);
				Self::draw_weight_limit()
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
				Self::end(id, job, outcome);
				Self::end_weight()
			}
		})
	}

	/// The most that a draw weighs.
	fn draw_weight_limit() -> Weight {
		let checks = u64::from(MAX_LICENCE_CHECKS);
		T::WeightInfo::draw(MAX_SERVING)
			.saturating_add(T::Licences::has_licence_weight().saturating_mul(checks))
			.saturating_add(
				T::Reputation::score_weight().saturating_mul(u64::from(MAX_SERVING)),
			)
	}

	/// The most that the end of a job weighs.
	fn end_weight() -> Weight {
		let seats = 15;
		T::WeightInfo::close()
			.saturating_add(T::Licences::pay_call_weight())
			.saturating_add(T::Licences::take_call_weight())
			.saturating_add(T::Listings::retain_weight())
			.saturating_add(T::Reputation::record_worker_weight().saturating_mul(seats))
			.saturating_add(T::Reputation::record_settlement_weight())
	}

	/// The most that a step weighs.
	pub(crate) fn step_weight() -> Weight {
		Self::draw_weight_limit()
			.max(T::WeightInfo::resolve())
			.max(Self::end_weight())
	}
}
