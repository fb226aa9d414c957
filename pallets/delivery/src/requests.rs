//! Asking for a key: with a purchase, once more, and dropping what is over.

use crate::{key_error, types::*, Config, Deliveries, Error, Event, HoldReason, Pallet, Sellers};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, Consideration, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{One, Saturating},
	DispatchResult,
};
use weighhouse_primitives::{
	sealing::{check_point, PointBytes, Recipient},
	traits::SealedSales,
	LicenceId, ListingId, OfferId, VersionNumber,
};

/// A key that is asked for.
struct Request<T: Config> {
	buyer: AccountIdOf<T>,
	seller: AccountIdOf<T>,
	listing: ListingId,
	version: VersionNumber,
	recipient: Recipient,
	key: PointBytes,
	payment: Payment,
	/// How many blocks the seller has.
	window: BlockNumberFor<T>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_buy(
		buyer: AccountIdOf<T>,
		listing: ListingId,
		offer: OfferId,
		key: PointBytes,
		within: BlockNumberFor<T>,
	) -> DispatchResult {
		check_point(&key).map_err(key_error::<T>)?;
		let sale = T::Sales::reserve(&buyer, listing, offer)?;
		let mut seller = Sellers::<T>::get(&sale.seller).ok_or(Error::<T>::SellerNotBonded)?;
		ensure!(seller.window <= within, Error::<T>::DeliveryTooSlow);
		let payment = Payment::sale(sale.price);
		seller.covers = seller
			.covers
			.checked_add(payment.cover)
			.filter(|covers| *covers <= seller.bond)
			.ok_or(Error::<T>::BondCoversNoMore)?;

		Sellers::<T>::insert(&sale.seller, seller);
		Self::request(
			sale.licence,
			Request {
				buyer,
				seller: sale.seller,
				listing,
				version: sale.version,
				recipient: sale.recipient,
				key,
				payment,
				window: seller.window,
			},
		)
	}

	pub(crate) fn do_ask_again(
		who: AccountIdOf<T>,
		licence: LicenceId,
		key: PointBytes,
	) -> DispatchResult {
		check_point(&key).map_err(key_error::<T>)?;
		let sold = T::Sales::sealed_licence(licence).ok_or(Error::<T>::NoSealedLicence)?;
		ensure!(sold.holder == who, Error::<T>::NotHolder);
		if let Some(before) = Deliveries::<T>::get(licence) {
			match before.state {
				State::Settled { .. } => before.ticket.drop(&before.buyer)?,
				// Who handed the licence on waits for nothing any more.
				State::Awaiting { payment, .. } if before.buyer != who => {
					Self::fail(licence, before, payment, Failure::Late)?;
				}
				_ => return Err(Error::<T>::DeliveryOpen.into()),
			}
		}
		let window = Sellers::<T>::get(&sold.owner)
			.map_or_else(T::DefaultWindow::get, |seller| seller.window);
		Self::request(
			licence,
			Request {
				buyer: who,
				seller: sold.owner,
				listing: sold.listing,
				version: sold.version,
				recipient: sold.recipient,
				key,
				payment: Payment::again(T::RepeatFee::get()),
				window,
			},
		)
	}

	/// Holds the money for a key and waits for it. If it fails, the caller undoes what it did.
	fn request(licence: LicenceId, request: Request<T>) -> DispatchResult {
		let Request {
			buyer,
			seller,
			listing,
			version,
			recipient,
			key,
			payment,
			window,
		} = request;
		let footprint = delivery_footprint::<T>();
		let needed = payment.amount.saturating_add(deposit::<T>(footprint));
		Self::ensure_can_hold(&buyer, HoldReason::Price, needed)?;
		if payment.amount > 0 {
			T::Currency::hold(&HoldReason::Price.into(), &buyer, payment.amount)?;
		}
		let ticket = Ticket::<T>::new(&buyer, footprint)?;
		let until = frame_system::Pallet::<T>::block_number().saturating_add(window);
		// What would wait for a call is not taken; what is open may have to.
		let due = until.saturating_add(One::one());
		let queued = Self::schedule(licence, due, MAX_DUE_REQUESTS);
		ensure!(queued.is_some(), Error::<T>::TooManyDue);
		Deliveries::<T>::insert(
			licence,
			KeyDelivery {
				buyer: buyer.clone(),
				seller: seller.clone(),
				listing,
				version,
				recipient,
				key,
				state: State::Awaiting { payment, until },
				queued,
				ticket,
			},
		);
		Self::deposit_event(Event::KeyRequested {
			licence,
			listing,
			version,
			recipient,
			seller,
			buyer,
			key,
			payment,
			until,
		});
		Ok(())
	}

	pub(crate) fn do_remove_delivery(who: &AccountIdOf<T>, licence: LicenceId) -> DispatchResult {
		let delivery = Deliveries::<T>::get(licence).ok_or(Error::<T>::UnknownDelivery)?;
		ensure!(
			matches!(delivery.state, State::Settled { .. }),
			Error::<T>::DeliveryOpen
		);
		ensure!(
			delivery.buyer == *who || T::Sales::sealed_licence(licence).is_none(),
			Error::<T>::NotBuyer
		);

		let buyer = delivery.buyer;
		Deliveries::<T>::remove(licence);
		delivery.ticket.drop(&buyer)?;
		Self::deposit_event(Event::DeliveryRemoved { licence, buyer });
		Ok(())
	}
}
