//! What the view functions answer. Pages are walked in the order of storage, so that a page costs
//! what it holds, however many records there are.

use crate::{
	sale_deposit, AccountIdOf, Config, Holdings, LicenceOf, LicenceView, Licences, OfferOf,
	OfferView, Offers, Pallet, Quote, QuoteError, ReceiptView, Receipts, RoyaltyQuote, MAX_PAGE,
};
use alloc::vec::Vec;
use frame_system::pallet_prelude::BlockNumberFor;
use weighhouse_primitives::{traits::ListingRegistry, LicenceId, ListingId, OfferId, ReceiptId};

type OfferViewOf<T> = OfferView<AccountIdOf<T>, BlockNumberFor<T>>;
type LicenceViewOf<T> = LicenceView<AccountIdOf<T>, BlockNumberFor<T>>;
type ReceiptViewOf<T> = ReceiptView<AccountIdOf<T>, BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
	pub(crate) fn view_offers(
		listing: ListingId,
		after: OfferId,
		limit: u32,
	) -> Vec<OfferViewOf<T>> {
		let offers = if after == 0 {
			Offers::<T>::iter_prefix(listing)
		} else {
			Offers::<T>::iter_prefix_from(listing, Offers::<T>::hashed_key_for(listing, after))
		};
		offers
			.take(page(limit))
			.map(|(offer, record)| Self::show_offer(listing, offer, record))
			.collect()
	}

	fn show_offer(listing: ListingId, offer: OfferId, record: OfferOf<T>) -> OfferViewOf<T> {
		let unavailable = Self::ensure_on_sale(listing, &record).err();
		OfferView {
			listing,
			offer,
			opener: record.opener,
			price: record.price,
			term: record.term,
			first_version: record.first_version,
			last_version: record.last_version,
			rights: record.rights,
			transferability: record.transferability,
			supply: record.supply,
			sold: record.sold,
			terms: record.terms,
			royalties: record.royalties.into_inner(),
			sealed: record.sealed.map(|recipient| recipient.to_text()),
			opened: record.opened,
			unavailable,
		}
	}

	pub(crate) fn view_quote(
		listing: ListingId,
		offer: OfferId,
	) -> Result<Quote<AccountIdOf<T>>, QuoteError> {
		let (record, owner) = Self::offer_on_sale(listing, offer)?;
		let parts = Self::split(record.price, Self::fee_parts(), &record.royalties);
		let royalties = parts
			.royalties
			.into_iter()
			.map(|(listing, amount)| {
				let owner = T::Listings::owner(listing).ok_or(QuoteError::UnknownListing)?;
				Ok(RoyaltyQuote {
					listing,
					owner,
					amount,
				})
			})
			.collect::<Result<_, _>>()?;
		Ok(Quote {
			price: record.price,
			fee_burned: parts.fee_burned,
			fee_treasury: parts.fee_treasury,
			royalties,
			to_owner: parts.to_owner,
			owner,
			deposit: sale_deposit::<T>(),
			first_version: record.first_version,
			last_version: record.last_version,
			term: record.term,
			rights: record.rights,
			transferability: record.transferability,
			terms: record.terms,
			sealed: record.sealed.map(|recipient| recipient.to_text()),
		})
	}

	pub(crate) fn view_licences_of(
		account: &AccountIdOf<T>,
		after: ListingId,
		limit: u32,
	) -> Vec<LicenceViewOf<T>> {
		let holdings = if after == 0 {
			Holdings::<T>::iter_prefix(account)
		} else {
			Holdings::<T>::iter_prefix_from(account, Holdings::<T>::hashed_key_for(account, after))
		};
		holdings
			.filter_map(|(_, held)| {
				// A listing of which all licences still wait for their keys is passed over.
				let shown: Vec<_> = held.into_iter().filter_map(Self::view_licence).collect();
				(!shown.is_empty()).then_some(shown)
			})
			.take(page(limit))
			.flatten()
			.collect()
	}

	pub(crate) fn view_licence(licence: LicenceId) -> Option<LicenceViewOf<T>> {
		let record: LicenceOf<T> = Licences::<T>::get(licence)?;
		let standing = Self::standing(&record);
		Some(LicenceView {
			licence,
			holder: record.holder,
			listing: record.listing,
			offer: record.offer,
			first_version: record.first_version,
			last_version: record.last_version,
			rights: record.rights,
			transferability: record.transferability,
			expires: record.expires,
			calls_left: record.calls_left,
			standing,
		})
	}

	pub(crate) fn view_receipt(receipt: ReceiptId) -> Option<ReceiptViewOf<T>> {
		let sale = Receipts::<T>::get(receipt)?.sale;
		let prunable = Self::prunable(&sale);
		Some(ReceiptView {
			receipt,
			sale,
			prunable,
		})
	}
}

/// How many entries a page of `limit` holds.
fn page(limit: u32) -> usize {
	usize::try_from(limit.min(MAX_PAGE)).unwrap_or_default()
}
