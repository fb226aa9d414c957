//! The pool of a campaign: what is compared. Nothing here says which items are gold.

use crate::{types::*, Campaigns, Config, Error, Event, Items, Pallet, WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, DispatchError, DispatchResult};
use weighhouse_primitives::{feedback::CampaignId, traits::AnsweredReceipts, ContentId};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_add_items(
		who: AccountIdOf<T>,
		id: CampaignId,
		items: &[NewItem],
	) -> DispatchResult {
		Self::add(who, id, items, Self::read_item)
	}

	pub(crate) fn do_add_answers(
		who: AccountIdOf<T>,
		id: CampaignId,
		pairs: &[AnswerPair],
	) -> DispatchResult {
		Self::add(who, id, pairs, Self::read_pair)
	}

	pub(crate) fn add_answers_weight(pairs: u32) -> Weight {
		let receipts = u64::from(pairs).saturating_mul(2);
		T::WeightInfo::add_items(pairs)
			.saturating_add(T::Answers::answered_receipt_weight().saturating_mul(receipts))
	}

	fn add<New>(
		who: AccountIdOf<T>,
		id: CampaignId,
		new: &[New],
		read: fn(&New) -> Result<Item, Error<T>>,
	) -> DispatchResult {
		let mut campaign = Self::sponsored(&who, id)?;
		ensure!(
			matches!(campaign.phase, Phase::Filling { .. }),
			Error::<T>::NotFilling
		);
		let count = u32::try_from(new.len()).unwrap_or(u32::MAX);
		ensure!(count > 0, Error::<T>::NothingGiven);
		let first = campaign.added;
		let added = first.saturating_add(count);
		ensure!(added <= campaign.terms.item_count, Error::<T>::TooManyItems);
		let items = new
			.iter()
			.map(read)
			.collect::<Result<Vec<_>, _>>()
			.map_err(DispatchError::from)?;

		for (position, item) in (first..).zip(items) {
			Items::<T>::insert(id, position, item);
		}
		campaign.added = added;
		Self::deposit_event(Event::ItemsAdded {
			campaign: id,
			first,
			count,
		});
		if added == campaign.terms.item_count {
			let until = Self::last_block(campaign.terms.joining);
			Self::enter(id, &mut campaign, Phase::Joining { until });
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	fn read_item(new: &NewItem) -> Result<Item, Error<T>> {
		let read =
			|text: &ContentIdArgument| ContentId::parse(text).map_err(|_| Error::<T>::BadContentId);
		let (prompt, a, b) = (read(&new.prompt)?, read(&new.a)?, read(&new.b)?);
		ensure!(a != b, Error::<T>::SameAnswers);
		Ok(Item { prompt, a, b })
	}

	fn read_pair(pair: &AnswerPair) -> Result<Item, Error<T>> {
		let a = T::Answers::answered_receipt(pair.a).ok_or(Error::<T>::UnknownAnswer)?;
		let b = T::Answers::answered_receipt(pair.b).ok_or(Error::<T>::UnknownAnswer)?;
		ensure!(a.listing == b.listing, Error::<T>::DifferentListings);
		ensure!(a.input == b.input, Error::<T>::DifferentInputs);
		ensure!(a.output_hash != b.output_hash, Error::<T>::SameAnswers);
		Ok(Item {
			prompt: a.input,
			a: ContentId::raw(a.output_hash.0),
			b: ContentId::raw(b.output_hash.0),
		})
	}

	/// The last block of a window that begins now.
	pub(crate) fn last_block(window: BlockNumberFor<T>) -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number().saturating_add(window)
	}
}
