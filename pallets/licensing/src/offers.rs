//! Opening, finding and closing offers.

use crate::{
	covered, deposit, offer_footprint, AccountIdOf, Config, Error, Event, NewOffer, NextOffer,
	Offer, OfferOf, Offers, Pallet, QuoteError, RoyaltyTable, Ticket,
};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{
		fungible::Inspect,
		tokens::{Fortitude, Preservation::Preserve},
		Consideration, Get,
	},
};
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{market::Term, royalty, traits::ListingRegistry, ListingId, OfferId};

impl<T: Config> Pallet<T> {
	/// Opens an offer and answers with the number of its payees.
	pub(crate) fn do_open_offer(
		opener: AccountIdOf<T>,
		listing: ListingId,
		new: NewOffer,
	) -> Result<u32, DispatchError> {
		let NewOffer {
			price,
			term,
			first_version,
			last_version,
			rights,
			transferability,
			supply,
			terms,
		} = new;
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		ensure!(opener == owner, Error::<T>::NotOwner);
		ensure!(
			!matches!(term, Term::Blocks(0) | Term::Calls(0)),
			Error::<T>::TermIsZero
		);
		ensure!(supply != Some(0), Error::<T>::SupplyIsZero);
		ensure!(
			first_version >= 1 && first_version <= last_version,
			Error::<T>::VersionRangeEmpty
		);
		let latest = T::Listings::latest_version(listing).ok_or(Error::<T>::UnknownListing)?;
		ensure!(last_version <= latest, Error::<T>::UnknownVersion);
		ensure!(
			covered(first_version, last_version) <= T::MaxVersionsPerOffer::get(),
			Error::<T>::TooManyVersions
		);
		let mut tables = Vec::new();
		let mut sealed = None;
		for version in first_version..=last_version {
			let covered =
				T::Listings::version_terms(listing, version).ok_or(Error::<T>::UnknownVersion)?;
			ensure!(!covered.yanked, Error::<T>::VersionYanked);
			sealed = sealed.or(covered.sealed);
			tables.push(covered.table);
		}
		// Calls need no key.
		let sealed = sealed.filter(|_| term != Term::PerCall);
		ensure!(
			sealed.is_none() || first_version == last_version,
			Error::<T>::SealedVersionNotAlone
		);
		let tables: Vec<_> = tables.iter().map(|table| table.as_slice()).collect();
		let table = royalty::merge(&tables).map_err(Error::<T>::from)?;
		ensure!(
			price == 0 || price >= royalty::smallest_price(&table),
			Error::<T>::PriceTooLow
		);
		let royalties = RoyaltyTable::try_from(table).map_err(|_| Error::<T>::TooManyPayees)?;
		let payees = u32::try_from(royalties.len()).map_err(|_| Error::<T>::TooManyPayees)?;
		let footprint = offer_footprint::<T>(payees, sealed.is_some());
		Self::ensure_can_pay(&opener, 0, deposit::<T>(footprint))?;
		let offer = NextOffer::<T>::get(listing);
		let next = offer.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;

		Self::retain(listing)?;
		let ticket = Ticket::<T, _>::new(&opener, footprint)?;
		NextOffer::<T>::insert(listing, next);
		Offers::<T>::insert(
			listing,
			offer,
			Offer {
				opener: opener.clone(),
				price,
				term,
				first_version,
				last_version,
				rights,
				transferability,
				supply,
				sold: 0,
				terms,
				royalties,
				sealed,
				opened: frame_system::Pallet::<T>::block_number(),
				ticket,
			},
		);
		Self::deposit_event(Event::OfferOpened {
			listing,
			offer,
			opener,
			price,
			term,
		});
		Ok(payees)
	}

	pub(crate) fn do_close_offer(
		who: &AccountIdOf<T>,
		listing: ListingId,
		offer: OfferId,
	) -> DispatchResult {
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		let record = Self::find_offer(listing, offer).map_err(Error::<T>::from)?;
		ensure!(*who == owner || *who == record.opener, Error::<T>::NotOwner);

		Offers::<T>::remove(listing, offer);
		record.ticket.drop(&record.opener)?;
		T::Listings::release(listing);
		Self::deposit_event(Event::OfferClosed { listing, offer });
		Ok(())
	}

	/// The offer, or why there is none.
	pub(crate) fn find_offer(listing: ListingId, offer: OfferId) -> Result<OfferOf<T>, QuoteError> {
		Offers::<T>::get(listing, offer).ok_or_else(|| {
			if offer > 0 && offer < NextOffer::<T>::get(listing) {
				QuoteError::OfferClosed
			} else {
				QuoteError::UnknownOffer
			}
		})
	}

	/// Why `offer` cannot be bought now, whoever asks. A licence covers all versions of its offer, so
	/// one that was yanked stops the sale.
	pub(crate) fn ensure_on_sale(listing: ListingId, offer: &OfferOf<T>) -> Result<(), QuoteError> {
		ensure!(
			!matches!(offer.term, Term::PerCall),
			QuoteError::NotForPurchase
		);
		ensure!(!offer.is_sold_out(), QuoteError::SoldOut);
		for version in offer.first_version..=offer.last_version {
			ensure!(
				T::Listings::is_for_sale(listing, version),
				QuoteError::VersionYanked
			);
		}
		Ok(())
	}

	/// An offer that can be bought now and the owner of its listing. Quote and sale both ask this,
	/// so they cannot disagree.
	pub(crate) fn offer_on_sale(
		listing: ListingId,
		offer: OfferId,
	) -> Result<(OfferOf<T>, AccountIdOf<T>), QuoteError> {
		let owner = T::Listings::owner(listing).ok_or(QuoteError::UnknownListing)?;
		let record = Self::find_offer(listing, offer)?;
		Self::ensure_on_sale(listing, &record)?;
		Ok((record, owner))
	}

	/// Whether `who` can pay `price` away and have `deposit` held, and stay alive. Frozen money may
	/// be held but not paid away.
	pub(crate) fn ensure_can_pay(
		who: &AccountIdOf<T>,
		price: u128,
		deposit: u128,
	) -> DispatchResult {
		let payable = T::Currency::reducible_balance(who, Preserve, Fortitude::Polite);
		let free = T::Currency::reducible_balance(who, Preserve, Fortitude::Force);
		let total = price
			.checked_add(deposit)
			.ok_or(Error::<T>::BalanceTooLow)?;
		ensure!(price <= payable && total <= free, Error::<T>::BalanceTooLow);
		Ok(())
	}

	/// Keeps `listing` for as long as a record depends on it.
	pub(crate) fn retain(listing: ListingId) -> DispatchResult {
		T::Listings::retain(listing).map_err(|_| Error::<T>::ListingCannotBeRetained.into())
	}
}
