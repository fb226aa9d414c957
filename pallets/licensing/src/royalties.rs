//! What listings accrue of the sales of others, and what is settled when one changes hands or goes.

use crate::{AccountIdOf, Config, Error, Event, NextOffer, Pallet, Royalties, WeightInfo};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{DepositConsequence, Preservation::Preserve, Provenance},
		Get,
	},
	weights::Weight,
};
use sp_runtime::{ArithmeticError, DispatchResult};
use weighhouse_primitives::{
	traits::{ListingRegistry, ListingRemoval, OwnershipChange},
	ListingId, ReceiptId,
};

impl<T: Config> Pallet<T> {
	/// Adds to what `payee` accrued; the money is in the pot already.
	pub(crate) fn accrue(
		payee: ListingId,
		source: ListingId,
		receipt: ReceiptId,
		amount: u128,
	) -> DispatchResult {
		let before = Royalties::<T>::get(payee);
		if before.is_none() {
			Self::retain(payee)?;
		}
		let after = before
			.unwrap_or_default()
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;
		Royalties::<T>::insert(payee, after);
		Self::deposit_event(Event::RoyaltyAccrued {
			payee,
			source,
			receipt,
			amount,
		});
		Ok(())
	}

	pub(crate) fn do_claim(listing: ListingId) -> DispatchResult {
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		let amount = Royalties::<T>::get(listing).ok_or(Error::<T>::NothingToClaim)?;
		Self::pay_out(listing, owner, amount)
	}

	fn pay_out(listing: ListingId, owner: AccountIdOf<T>, amount: u128) -> DispatchResult {
		ensure!(
			T::Currency::can_deposit(&owner, amount, Provenance::Extant)
				== DepositConsequence::Success,
			Error::<T>::PayeeCannotReceive
		);

		Royalties::<T>::remove(listing);
		T::Listings::release(listing);
		T::Currency::transfer(&Self::pot(), &owner, amount, Preserve)?;
		Self::deposit_event(Event::RoyaltyClaimed {
			listing,
			owner,
			amount,
		});
		Ok(())
	}

	/// Mints what the pot lacks to be alive. At genesis only: nothing mints later.
	pub(crate) fn endow_pot() {
		let pot = Self::pot();
		let missing = T::Currency::minimum_balance().saturating_sub(T::Currency::balance(&pot));
		if missing > 0 && T::Currency::mint_into(&pot, missing).is_err() {
			log::error!(target: "runtime::licensing", "the pot of royalties cannot be endowed");
		}
	}
}

impl<T: Config> OwnershipChange<AccountIdOf<T>> for Pallet<T> {
	fn before_change(listing: ListingId, old_owner: &AccountIdOf<T>) -> DispatchResult {
		match Royalties::<T>::get(listing) {
			Some(amount) => Self::pay_out(listing, old_owner.clone(), amount),
			None => Ok(()),
		}
	}

	fn weight() -> Weight {
		T::WeightInfo::before_change()
	}
}

// Offers, licences, sales that wait and royalties retain a listing, so only the count of its offers
// can be left.
impl<T: Config> ListingRemoval for Pallet<T> {
	fn after_removal(listing: ListingId) {
		NextOffer::<T>::remove(listing);
	}

	fn after_removal_weight() -> Weight {
		T::DbWeight::get().writes(1)
	}
}
