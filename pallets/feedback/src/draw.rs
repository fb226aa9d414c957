//! The draw: which items each rater is given.

use crate::{types::*, AnswerTallies, Config, Event, HoldReason, Pallet, Places};
use alloc::vec;
use frame_system::pallet_prelude::BlockNumberFor;
use weighhouse_primitives::{
	feedback::{deal, panel, CampaignId, Tally, MIN_PANEL, MIN_RATERS},
	traits::{SeedSource, SeedState},
};

impl<T: Config> Pallet<T> {
	/// Nobody else will join: raters are drawn their items if there are enough.
	pub(crate) fn close_joining(id: CampaignId, campaign: &mut CampaignOf<T>) {
		let terms = &campaign.terms;
		let panel = panel(campaign.joined, terms.item_count, terms.items_each);
		if campaign.joined < MIN_RATERS || panel < MIN_PANEL {
			return Self::refund(id, campaign, Refund::NotFilled);
		}
		let since = frame_system::Pallet::<T>::block_number();
		Self::enter(id, campaign, Phase::Drawing { since });
	}

	/// Gives raters their items, if the seed is known.
	pub(crate) fn draw(id: CampaignId, campaign: &mut CampaignOf<T>, since: BlockNumberFor<T>) {
		let seed = match T::Seeds::seed(campaign.campaign_hash, since) {
			SeedState::Known(seed) => seed,
			SeedState::NotYet => {
				// Whatever its source is late by, the draw is tried again.
				campaign.queued = Self::schedule_next(id);
				return;
			}
			SeedState::Lost => return Self::refund(id, campaign, Refund::NoRandomness),
		};
		let terms = campaign.terms;
		let hands = deal(seed, campaign.joined, terms.item_count, terms.items_each);
		for (number, items) in (0..).zip(hands) {
			if let Some(mut place) = Places::<T>::get(id, number) {
				place.state = PlaceState::Drawn { items };
				Places::<T>::insert(id, number, place);
			}
		}
		let pool = usize::try_from(terms.item_count).unwrap_or_default();
		AnswerTallies::<T>::insert(id, Tallies::truncate_from(vec![Tally::default(); pool]));

		campaign.seed = Some(seed);
		let free = terms.raters.saturating_sub(campaign.joined);
		let returned = campaign.place_budget().saturating_mul(free.into());
		Self::give_back(HoldReason::Budget, &campaign.sponsor, returned);
		campaign.budget = campaign.budget.saturating_sub(returned);
		Self::deposit_event(Event::Drawn {
			campaign: id,
			seed,
			raters: campaign.joined,
			returned,
		});
		let until = Self::last_block(terms.answering);
		Self::enter(id, campaign, Phase::Committing { until });
	}
}
