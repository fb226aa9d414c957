//! Removing what nobody needs any more, a few records at a time.

use crate::{
	types::*, AnswerTallies, Campaigns, Config, Error, Event, Items, Labels, OpenedGold, Pallet,
	PlaceNumbers, Places, Shares,
};
use frame_support::{
	ensure,
	traits::{Consideration, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Bounded, Saturating, Zero},
	DispatchError,
};
use weighhouse_primitives::feedback::CampaignId;

impl<T: Config> Pallet<T> {
	/// The first block in which a campaign in this phase can be removed.
	pub(crate) fn removable(phase: &Phase<BlockNumberFor<T>>) -> BlockNumberFor<T> {
		match *phase {
			Phase::Settled { since, .. } => since.saturating_add(T::Retention::get()),
			Phase::Refunded { .. } | Phase::Removing { .. } => Zero::zero(),
			_ => BlockNumberFor::<T>::max_value(),
		}
	}

	/// Removes up to `limit` records and says how many.
	pub(crate) fn do_remove_campaign(id: CampaignId, limit: u32) -> Result<u32, DispatchError> {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			frame_system::Pallet::<T>::block_number() >= Self::removable(&campaign.phase),
			Error::<T>::StillNeeded
		);
		let (mut places, mut items) = match campaign.phase {
			Phase::Removing { places, items } => (places, items),
			_ => (campaign.joined, campaign.added),
		};
		let mut removed = 0u32;
		while removed < limit.clamp(1, MAX_REMOVED) && (places > 0 || items > 0) {
			if places > 0 {
				places = places.saturating_sub(1);
				Self::remove_place(id, places)?;
			} else {
				items = items.saturating_sub(1);
				Items::<T>::remove(id, items);
			}
			removed = removed.saturating_add(1);
		}
		if places > 0 || items > 0 {
			campaign.phase = Phase::Removing { places, items };
			Campaigns::<T>::insert(id, campaign);
			return Ok(removed);
		}
		Campaigns::<T>::remove(id);
		AnswerTallies::<T>::remove(id);
		OpenedGold::<T>::remove(id);
		Labels::<T>::remove(id);
		Shares::<T>::remove(id);
		campaign.ticket.drop(&campaign.sponsor)?;
		Self::deposit_event(Event::CampaignRemoved { campaign: id });
		Ok(removed)
	}

	fn remove_place(id: CampaignId, number: u32) -> Result<(), DispatchError> {
		let Some(place) = Places::<T>::take(id, number) else {
			return Ok(());
		};
		PlaceNumbers::<T>::remove(id, &place.rater);
		place.ticket.drop(&place.rater)
	}
}
