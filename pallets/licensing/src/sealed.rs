//! Sales of sealed versions: a licence is off sale until its key is delivered, and then sold, or on
//! sale again.

use crate::{
	AccountIdOf, Config, Error, Event, Licences, Offers, Pallet, Reservations, Standing, WeightInfo,
};
use frame_support::{traits::Consideration, weights::Weight};
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{
	royalty::MAX_PAYEES,
	traits::{ListingRegistry, RecordReputation, SealedLicence, SealedSale, SealedSales},
	LicenceId, ListingId, OfferId,
};

impl<T: Config> SealedSales<AccountIdOf<T>> for Pallet<T> {
	fn reserve(
		buyer: &AccountIdOf<T>,
		listing: ListingId,
		offer: OfferId,
	) -> Result<SealedSale<AccountIdOf<T>>, DispatchError> {
		let (record, owner) = Self::offer_on_sale(listing, offer).map_err(Error::<T>::from)?;
		let recipient = record.sealed.ok_or(Error::<T>::NotSealed)?;

		let (licence, reservation) = Self::take_off_sale(buyer, listing, offer, record, owner)?;
		let sale = SealedSale {
			licence,
			seller: reservation.seller.clone(),
			version: reservation.first_version,
			recipient,
			price: reservation.price,
		};
		Reservations::<T>::insert(licence, reservation);
		Self::deposit_event(Event::Reserved {
			listing,
			offer,
			licence,
			buyer: buyer.clone(),
			seller: sale.seller.clone(),
			price: sale.price,
		});
		Ok(sale)
	}

	fn complete(licence: LicenceId) -> DispatchResult {
		let sale = Reservations::<T>::take(licence).ok_or(Error::<T>::UnknownReservation)?;
		Self::ensure_can_pay(&sale.buyer, sale.price, 0)?;
		Self::sell(licence, sale)?;
		Ok(())
	}

	fn cancel(licence: LicenceId) -> DispatchResult {
		let sale = Reservations::<T>::take(licence).ok_or(Error::<T>::UnknownReservation)?;
		let buyer = sale.buyer;
		sale.licence_ticket.drop(&buyer)?;
		sale.receipt_ticket.drop(&buyer)?;
		Self::remove_holding(&buyer, sale.listing, licence);
		T::Listings::release(sale.listing);
		// An offer that was closed sells nothing any more.
		if let Some(mut offer) = Offers::<T>::get(sale.listing, sale.offer) {
			offer.sold = offer.sold.saturating_sub(1);
			Offers::<T>::insert(sale.listing, sale.offer, offer);
		}
		Self::deposit_event(Event::ReservationCancelled { licence, buyer });
		Ok(())
	}

	fn sealed_licence(licence: LicenceId) -> Option<SealedLicence<AccountIdOf<T>>> {
		let record = Licences::<T>::get(licence)?;
		if Self::standing(&record) != Standing::Valid {
			return None;
		}
		let version = record.first_version;
		Some(SealedLicence {
			owner: T::Listings::owner(record.listing)?,
			recipient: T::Listings::version_terms(record.listing, version)?.sealed?,
			holder: record.holder,
			listing: record.listing,
			version,
		})
	}

	fn is_reserved(licence: LicenceId) -> bool {
		Reservations::<T>::contains_key(licence)
	}

	fn reserve_weight() -> Weight {
		T::WeightInfo::reserve(MAX_PAYEES)
	}

	fn complete_weight() -> Weight {
		T::WeightInfo::complete(MAX_PAYEES)
			.saturating_add(T::Reputation::record_settlement_weight())
	}

	fn cancel_weight() -> Weight {
		T::WeightInfo::cancel()
	}

	fn lookup_weight() -> Weight {
		T::WeightInfo::sealed_licence()
	}
}
