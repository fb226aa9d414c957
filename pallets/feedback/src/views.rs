//! What the view functions answer. Pages are looked up by position, so that a page costs what it
//! holds.

use crate::{
	types::*, AnswerTallies, Campaigns, Config, DatasetDividends, Items, Labels, OpenedGold,
	Pallet, PlaceNumbers, Places, Shares,
};
use alloc::vec::Vec;
use frame_system::pallet_prelude::BlockNumberFor;
use weighhouse_primitives::feedback::{expected_part, part_of, presentation, CampaignId, MAX_GOLD};

impl<T: Config> Pallet<T> {
	pub(crate) fn view_campaign(
		id: CampaignId,
	) -> Option<CampaignView<AccountIdOf<T>, BlockNumberFor<T>>> {
		let campaign = Campaigns::<T>::get(id)?;
		let opened = OpenedGold::<T>::decode_len(id).unwrap_or_default();
		Some(CampaignView {
			campaign: id,
			campaign_hash: campaign.campaign_hash,
			terms: campaign.terms,
			fee_parts: campaign.fee_parts,
			added: campaign.added,
			joined: campaign.joined,
			committed: campaign.committed,
			revealed: campaign.revealed,
			opened: u32::try_from(opened).unwrap_or(MAX_GOLD),
			full_pay: campaign.full_pay(),
			budget: campaign.budget,
			place_deposit: deposit::<T>(place_footprint::<T>()),
			seed: campaign.seed,
			phase: campaign.phase,
			due: Self::due(&campaign.phase).min(Self::removable(&campaign.phase)),
			pot: Self::pot(id),
			sponsor: campaign.sponsor,
		})
	}

	pub(crate) fn view_items(id: CampaignId, from: u32, limit: u32) -> Vec<ItemView> {
		positions(from, limit)
			.map_while(|item| Self::view_item(id, item))
			.collect()
	}

	fn view_item(id: CampaignId, item: u32) -> Option<ItemView> {
		let record = Items::<T>::get(id, item)?;
		Some(ItemView {
			item,
			prompt: record.prompt.to_text(),
			a: record.a.to_text(),
			b: record.b.to_text(),
		})
	}

	pub(crate) fn view_rater(
		id: CampaignId,
		rater: &AccountIdOf<T>,
	) -> Option<RaterView<AccountIdOf<T>>> {
		let number = PlaceNumbers::<T>::get(id, rater)?;
		let mut view = Self::view_place(id, number)?;
		let seed = Campaigns::<T>::get(id)?.seed;
		if let (Some(seed), Some(items)) = (seed, view.state.items()) {
			view.shown = presentation(seed, rater, items);
		}
		Some(view)
	}

	fn view_place(id: CampaignId, place: u32) -> Option<RaterView<AccountIdOf<T>>> {
		let record = Places::<T>::get(id, place)?;
		Some(RaterView {
			rater: record.rater,
			place,
			state: record.state,
			shown: Vec::new(),
		})
	}

	pub(crate) fn view_raters(
		id: CampaignId,
		from: u32,
		limit: u32,
	) -> Vec<RaterView<AccountIdOf<T>>> {
		positions(from, limit)
			.map_while(|place| Self::view_place(id, place))
			.collect()
	}

	pub(crate) fn view_expected_pay(id: CampaignId, accuracy: u32, others: u32) -> Option<u128> {
		let campaign = Campaigns::<T>::get(id)?;
		let terms = &campaign.terms;
		let gold = terms
			.gold_count
			.saturating_mul(terms.items_each)
			.checked_div(terms.item_count)?;
		let part = expected_part(accuracy, others, gold, terms.gold_count);
		Some(part_of(campaign.full_pay(), part))
	}

	pub(crate) fn view_labels(id: CampaignId, from: u32, limit: u32) -> Vec<LabelView> {
		let labels = Labels::<T>::get(id);
		let tallies = AnswerTallies::<T>::get(id);
		positions(from, limit)
			.map_while(|item| {
				let position = usize::try_from(item).ok()?;
				let tally = tallies.get(position)?;
				Some(LabelView {
					label: *labels.get(position)?,
					item: Self::view_item(id, item)?,
					votes_a: tally.a.into(),
					votes: tally.total.into(),
				})
			})
			.collect()
	}

	pub(crate) fn view_dataset_shares(id: CampaignId) -> Vec<ShareView<AccountIdOf<T>>> {
		if let Some(record) = DatasetDividends::<T>::get(id) {
			let payees = record.payees.into_iter();
			return payees
				.map(|payee| ShareView {
					rater: payee.rater,
					parts: payee.parts,
					taken: payee.taken,
				})
				.collect();
		}
		(0..)
			.zip(Shares::<T>::get(id))
			.filter(|(_, parts)| *parts > 0)
			.filter_map(|(place, parts)| {
				Some(ShareView {
					rater: Places::<T>::get(id, place)?.rater,
					parts,
					taken: 0,
				})
			})
			.collect()
	}
}

/// The positions of a page of `limit` from `from` on.
fn positions(from: u32, limit: u32) -> core::ops::Range<u32> {
	from..from.saturating_add(limit.min(MAX_PAGE))
}
