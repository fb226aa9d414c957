//! What the dataset of a campaign earns: its listing belongs to the pot of the campaign, an account
//! that nobody has the key of, and what comes in there goes to the raters by their shares. It ends
//! when nothing can come in any more: with the last version, which the sponsor removes.

use crate::{
	types::*, Config, DatasetDividends, Error, Event, HoldReason, Pallet, Places, Shares,
	WeightInfo,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{
			DepositConsequence, Fortitude,
			Preservation::{Expendable, Preserve},
			Provenance,
		},
		Consideration, Get,
	},
	weights::Weight,
};
use sp_core::ConstU32;
use sp_runtime::{traits::AccountIdConversion, BoundedVec, DispatchError, DispatchResult};
use weighhouse_primitives::{
	feedback::{part_of, CampaignId, KeylessOwnership, MAX_RATERS},
	traits::ListingRegistry,
	ListingId, VersionNumber,
};

impl<T: Config> Pallet<T> {
	/// The account that can own the dataset of a campaign. Nobody has its key.
	pub(crate) fn pot(id: CampaignId) -> AccountIdOf<T> {
		T::PalletId::get().into_sub_account_truncating(id)
	}

	pub(crate) fn accept_dataset_weight() -> Weight {
		T::WeightInfo::accept_dataset(MAX_RATERS)
			.saturating_add(T::Listings::lookup_weight())
			.saturating_add(T::Datasets::accept_ownership_weight())
	}

	pub(crate) fn do_accept_dataset(
		who: AccountIdOf<T>,
		id: CampaignId,
		listing: ListingId,
	) -> DispatchResult {
		let campaign = Self::sponsored(&who, id)?;
		ensure!(
			!DatasetDividends::<T>::contains_key(id),
			Error::<T>::AlreadyAccepted
		);
		let shares = Shares::<T>::get(id);
		ensure!(
			matches!(campaign.phase, Phase::Settled { .. }) && !shares.is_empty(),
			Error::<T>::NoShares
		);
		let promised = campaign.terms.dataset;
		ensure!(
			promised.is_none_or(|promised| promised == listing),
			Error::<T>::OtherDataset
		);
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		ensure!(owner == who, Error::<T>::NotOwner);
		// The pot lives on what is more than the deposit of the listing, and never gives that away.
		let endowment = T::Datasets::acceptance_deposit(listing)
			.ok_or(Error::<T>::UnknownListing)?
			.saturating_add(T::Currency::minimum_balance());
		let payees: BoundedVec<Payee<AccountIdOf<T>>, ConstU32<MAX_RATERS>> = (0..)
			.zip(shares)
			.filter(|(_, parts)| *parts > 0)
			.filter_map(|(number, parts)| {
				let rater = Places::<T>::get(id, number)?.rater;
				Some(Payee {
					rater,
					parts,
					taken: 0,
				})
			})
			.collect::<alloc::vec::Vec<_>>()
			.try_into()
			.unwrap_or_default();
		let count = u32::try_from(payees.len()).unwrap_or(u32::MAX);
		let footprint = dividends_footprint::<T>(count);
		let needed = endowment.saturating_add(deposit::<T>(footprint));
		Self::ensure_can_hold(&who, HoldReason::Dividends, needed)?;

		let pot = Self::pot(id);
		T::Currency::transfer(&who, &pot, endowment, Preserve)?;
		T::Datasets::accept_ownership(&pot, listing)?;
		DatasetDividends::<T>::insert(
			id,
			Dividends {
				listing,
				ticket: Ticket::<T, _>::new(&who, footprint)?,
				sponsor: who,
				paid: 0,
				payees,
			},
		);
		Self::deposit_event(Event::DatasetAccepted {
			campaign: id,
			listing,
			pot,
			endowment,
		});
		Ok(())
	}

	/// All that the pot of a campaign has earned, what was given out included.
	pub(crate) fn earned_by_dataset(id: CampaignId, paid: u128) -> u128 {
		T::Currency::reducible_balance(&Self::pot(id), Preserve, Fortitude::Polite)
			.saturating_add(paid)
	}

	/// Gives raters what they have not got of what the dataset earned, and says how many share it.
	pub(crate) fn do_distribute(id: CampaignId) -> Result<u32, DispatchError> {
		let mut record = DatasetDividends::<T>::get(id).ok_or(Error::<T>::NoDataset)?;
		let paid_before = record.paid;
		Self::pay_dividends(id, &mut record)?;
		ensure!(record.paid > paid_before, Error::<T>::NothingToDistribute);
		let payees = record.count();
		DatasetDividends::<T>::insert(id, record);
		Ok(payees)
	}

	fn pay_dividends(id: CampaignId, record: &mut DividendsOf<T>) -> DispatchResult {
		let pot = Self::pot(id);
		let earned = Self::earned_by_dataset(id, record.paid);
		for payee in record.payees.iter_mut() {
			let amount = part_of(earned, payee.parts).saturating_sub(payee.taken);
			let takes = T::Currency::can_deposit(&payee.rater, amount, Provenance::Extant);
			if amount == 0 || takes != DepositConsequence::Success {
				continue;
			}
			T::Currency::transfer(&pot, &payee.rater, amount, Preserve)?;
			payee.taken = payee.taken.saturating_add(amount);
			record.paid = record.paid.saturating_add(amount);
			Self::deposit_event(Event::DividendPaid {
				campaign: id,
				rater: payee.rater.clone(),
				amount,
			});
		}
		Ok(())
	}

	/// What removing a version weighs when this many raters share what the dataset earns.
	pub(crate) fn retire_dataset_weight(payees: u32) -> Weight {
		T::WeightInfo::retire_dataset(payees)
			.saturating_add(T::Listings::lookup_weight())
			.saturating_add(T::Datasets::remove_version_weight())
	}

	/// Removes a version of a dataset, with the last one the record of who shares it, and says how many
	/// shared.
	pub(crate) fn do_retire_dataset(
		who: AccountIdOf<T>,
		id: CampaignId,
		version: VersionNumber,
	) -> Result<u32, DispatchError> {
		let mut record = DatasetDividends::<T>::get(id).ok_or(Error::<T>::NoDataset)?;
		ensure!(record.sponsor == who, Error::<T>::NotSponsor);
		Self::pay_dividends(id, &mut record)?;

		let pot = Self::pot(id);
		let (listing, payees) = (record.listing, record.count());
		let before = T::Currency::balance(&pot);
		T::Datasets::remove_version(&pot, listing, version)?;
		if T::Listings::owner(listing).is_some() {
			// What the deposit shrank by was the sponsor's, and was not earned.
			let returned = T::Currency::balance(&pot).saturating_sub(before);
			T::Currency::transfer(&pot, &who, returned, Preserve)?;
			DatasetDividends::<T>::insert(id, record);
			return Ok(payees);
		}
		DatasetDividends::<T>::remove(id);
		record.ticket.drop(&who)?;
		// With it goes what rounding left, and what is too little for a rater to take.
		let returned = T::Currency::reducible_balance(&pot, Expendable, Fortitude::Polite);
		T::Currency::transfer(&pot, &who, returned, Expendable)?;
		Self::deposit_event(Event::DatasetRetired {
			campaign: id,
			listing,
			returned,
		});
		Ok(payees)
	}
}
