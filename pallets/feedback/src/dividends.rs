//! What the dataset of a campaign earns: its listing belongs to the pot of the campaign, an account
//! that nobody has the key of, and what comes in there goes to the raters by their shares.

use crate::{
	types::*, Config, DatasetDividends, Error, Event, HoldReason, Pallet, Places, Shares,
	WeightInfo,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{DepositConsequence, Fortitude, Preservation::Preserve, Provenance},
		Consideration, Get,
	},
	weights::Weight,
};
use sp_core::ConstU32;
use sp_runtime::{traits::AccountIdConversion, BoundedVec, DispatchError, DispatchResult};
use weighhouse_primitives::{
	feedback::{part_of, AcceptOwnership, CampaignId, MAX_RATERS},
	traits::ListingRegistry,
	ListingId,
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
		let pot = Self::pot(id);
		let earned = Self::earned_by_dataset(id, record.paid);
		let paid_before = record.paid;
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
		ensure!(record.paid > paid_before, Error::<T>::NothingToDistribute);
		let payees = u32::try_from(record.payees.len()).unwrap_or(u32::MAX);
		DatasetDividends::<T>::insert(id, record);
		Ok(payees)
	}
}
