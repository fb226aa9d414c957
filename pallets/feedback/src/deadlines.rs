//! When a campaign is due, and who pushes it on: the chain by itself as far as a block has room,
//! anybody else by a poke.

use crate::{types::*, Campaigns, Config, Due, Error, Event, NextDue, Pallet, WeightInfo};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Bounded, One, Saturating, Zero};
use weighhouse_primitives::{
	feedback::{CampaignId, MAX_RATERS},
	traits::SeedSource,
};

impl<T: Config> Pallet<T> {
	/// Whether a window is open whose last block this is.
	pub(crate) fn is_open(until: BlockNumberFor<T>) -> bool {
		frame_system::Pallet::<T>::block_number() <= until
	}

	/// The first block in which a campaign in this phase can be pushed on.
	pub(crate) fn due(phase: &Phase<BlockNumberFor<T>>) -> BlockNumberFor<T> {
		match *phase {
			Phase::Filling { until }
			| Phase::Joining { until }
			| Phase::Committing { until }
			| Phase::Revealing { until }
			| Phase::Opening { until } => until.saturating_add(One::one()),
			Phase::Drawing { since } => since
				.saturating_add(T::Seeds::delay().into())
				.saturating_add(One::one()),
			// As often as there is room for.
			Phase::Weighing { .. } | Phase::Paying { .. } | Phase::Refunding { .. } => Zero::zero(),
			// Never: what is over waits for somebody to remove it.
			Phase::Settled { .. } | Phase::Refunded { .. } | Phase::Removing { .. } => {
				BlockNumberFor::<T>::max_value()
			}
		}
	}

	/// Moves a campaign to another phase, and puts it into the queue of its deadline. If the queue is
	/// full, it waits for a poke.
	pub(crate) fn enter(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		phase: Phase<BlockNumberFor<T>>,
	) {
		campaign.phase = phase;
		Self::deposit_event(Event::PhaseEntered {
			campaign: id,
			phase,
		});
		let due = Self::due(&phase);
		if due.is_zero() {
			Self::schedule_next(id);
		} else if due < BlockNumberFor::<T>::max_value() {
			Self::schedule(id, due);
		}
	}

	/// Puts a campaign into the queue of the next block.
	pub(crate) fn schedule_next(id: CampaignId) {
		let next = frame_system::Pallet::<T>::block_number().saturating_add(One::one());
		Self::schedule(id, next);
	}

	/// Names a campaign among those due in a block, or in the next one that has room. Whether it
	/// found room.
	pub(crate) fn schedule(id: CampaignId, at: BlockNumberFor<T>) -> bool {
		(0..DUE_SPREAD).any(|offset| {
			Due::<T>::mutate(at.saturating_add(offset.into()), |campaigns| {
				campaigns.contains(&id) || campaigns.try_push(id).is_ok()
			})
		})
	}

	/// What the chain spends on campaigns in a block.
	pub(crate) fn hook_budget() -> Weight {
		T::BlockWeights::get().max_block.saturating_div(8)
	}

	/// Takes the steps that are due, as long as this block has room for them.
	pub(crate) fn work_off(now: BlockNumberFor<T>) -> Weight {
		let budget = Self::hook_budget();
		let visit = T::WeightInfo::queue_visit();
		let mut used = visit;
		let mut steps = 0u32;
		let mut block = NextDue::<T>::get();
		if block.is_zero() {
			block = now;
		}
		while block <= now && steps < MAX_STEPS_A_BLOCK {
			let mut campaigns = Due::<T>::take(block);
			while let Some(id) = campaigns.first().copied() {
				let after = used
					.saturating_add(visit)
					.saturating_add(Self::next_step_weight(id));
				if steps >= MAX_STEPS_A_BLOCK || after.any_gt(budget) {
					break;
				}
				campaigns.remove(0);
				steps = steps.saturating_add(1);
				used = used.saturating_add(visit);
				// A campaign that has moved on, or is over, is not due: its entry is stale.
				if let Ok(weight) = Self::step(id) {
					used = used.saturating_add(weight);
				}
			}
			if !campaigns.is_empty() {
				Due::<T>::insert(block, campaigns);
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

	/// Pushes a campaign on that is due, and says what that weighed.
	pub(crate) fn step(id: CampaignId) -> Result<Weight, Error<T>> {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			frame_system::Pallet::<T>::block_number() >= Self::due(&campaign.phase),
			Error::<T>::NotDueYet
		);
		let weight = Self::weight_of_step(&campaign);
		match campaign.phase {
			Phase::Filling { .. } => Self::refund(id, &mut campaign, Refund::NotComplete),
			Phase::Joining { .. } => Self::close_joining(id, &mut campaign),
			Phase::Drawing { since } => Self::draw(id, &mut campaign, since),
			Phase::Committing { .. } => Self::close_commits(id, &mut campaign),
			Phase::Revealing { .. } => Self::close_reveals(id, &mut campaign),
			Phase::Opening { .. } => {
				let phase = Self::paying(Basis::Equal);
				Self::enter(id, &mut campaign, phase);
			}
			Phase::Weighing { .. } | Phase::Paying { .. } | Phase::Refunding { .. } => {
				Self::settle_some(id, &mut campaign, STEP_RATERS);
				Self::schedule_rest(id, &campaign);
			}
			Phase::Settled { .. } | Phase::Refunded { .. } | Phase::Removing { .. } => {}
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(weight)
	}

	/// What the step of a campaign in this phase weighs at most.
	fn weight_of_step(campaign: &CampaignOf<T>) -> Weight {
		match campaign.phase {
			Phase::Drawing { .. } => {
				T::WeightInfo::draw(campaign.joined).saturating_add(T::Seeds::seed_weight())
			}
			Phase::Weighing { .. } | Phase::Paying { .. } | Phase::Refunding { .. } => {
				Self::settle_weight(STEP_RATERS)
			}
			_ => T::WeightInfo::close_phase(),
		}
	}

	fn next_step_weight(id: CampaignId) -> Weight {
		Campaigns::<T>::get(id)
			.map_or_else(Weight::zero, |campaign| Self::weight_of_step(&campaign))
	}

	/// The most that a step weighs.
	pub(crate) fn step_weight() -> Weight {
		T::WeightInfo::draw(MAX_RATERS)
			.saturating_add(T::Seeds::seed_weight())
			.max(Self::settle_weight(STEP_RATERS))
			.max(T::WeightInfo::close_phase())
	}
}
