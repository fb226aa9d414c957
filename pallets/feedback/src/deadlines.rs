//! When a campaign is due, and who pushes it on: the chain by itself as far as a block has room,
//! anybody else by a poke.

use crate::{types::*, Campaigns, Config, Due, Error, Event, NextDue, Pallet, WeightInfo};
use core::mem::discriminant;
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

	/// Moves a campaign to another phase, out of its queue and into that of its next deadline. If there
	/// is no room, it waits for a poke.
	pub(crate) fn enter(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		phase: Phase<BlockNumberFor<T>>,
	) {
		Self::unschedule(id, campaign.queued.take());
		campaign.phase = phase;
		Self::deposit_event(Event::PhaseEntered {
			campaign: id,
			phase,
		});
		let due = Self::due(&phase);
		campaign.queued = if due.is_zero() {
			Self::schedule_next(id)
		} else if due < BlockNumberFor::<T>::max_value() {
			Self::schedule(id, due, MAX_DUE)
		} else {
			None
		};
	}

	/// Puts a campaign into the queue of the next block, or of a later one.
	pub(crate) fn schedule_next(id: CampaignId) -> Option<BlockNumberFor<T>> {
		let next = frame_system::Pallet::<T>::block_number().saturating_add(One::one());
		Self::schedule(id, next, MAX_DUE)
	}

	/// Names a campaign among those due in a block, or in the next one that names less than `most`. In
	/// which; a campaign without room waits for a poke.
	pub(crate) fn schedule(
		id: CampaignId,
		at: BlockNumberFor<T>,
		most: u32,
	) -> Option<BlockNumberFor<T>> {
		let mut blocks = (0..DUE_SPREAD).map(|offset| at.saturating_add(offset.into()));
		blocks.find(|block| {
			Due::<T>::try_mutate(block, |campaigns| {
				let full = u32::try_from(campaigns.len()).map_or(true, |length| length >= most);
				if full {
					return Err(());
				}
				campaigns.try_push(id).map_err(|_| ())
			})
			.is_ok()
		})
	}

	/// Takes a campaign off the queue that it waits in, so that no queue fills with campaigns that
	/// moved on.
	pub(crate) fn unschedule(id: CampaignId, queued: Option<BlockNumberFor<T>>) {
		let Some(block) = queued else { return };
		Due::<T>::mutate_exists(block, |queue| {
			if let Some(campaigns) = queue {
				campaigns.retain(|campaign| *campaign != id);
			}
			*queue = queue.take().filter(|campaigns| !campaigns.is_empty());
		});
	}

	/// Whether campaigns are due that no block had room for yet.
	pub(crate) fn is_behind() -> bool {
		let next = NextDue::<T>::get();
		!next.is_zero() && next <= frame_system::Pallet::<T>::block_number()
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
				// A campaign that is over or not due has no entry. If it had one, that would be passed over.
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
		Self::unschedule(id, campaign.queued.take());
		let before = campaign.phase;
		match before {
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
				// Another phase has its place in a queue already.
				if discriminant(&before) == discriminant(&campaign.phase) {
					campaign.queued = Self::schedule_next(id);
				}
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
				Self::settle_step_weight()
			}
			_ => T::WeightInfo::close_phase(),
		}
	}

	fn next_step_weight(id: CampaignId) -> Weight {
		Campaigns::<T>::get(id)
			.map_or_else(Weight::zero, |campaign| Self::weight_of_step(&campaign))
	}

	/// Settling a few raters, and going to the end of a queue for the rest.
	fn settle_step_weight() -> Weight {
		Self::settle_weight(STEP_RATERS).saturating_add(T::WeightInfo::close_phase())
	}

	/// The most that a step weighs.
	pub(crate) fn step_weight() -> Weight {
		T::WeightInfo::draw(MAX_RATERS)
			.saturating_add(T::Seeds::seed_weight())
			.max(Self::settle_step_weight())
	}
}
