//! Ratings of receipts: who may rate what, what a rating does, and when it is forgotten.

use crate::{
	rating_footprint, AccountIdOf, Config, Error, Event, Pallet, Rateable, Rating, RatingRefusal,
	Ratings, Subject, Ticket, MAX_PERCENT,
};
use frame_support::{
	ensure,
	traits::{Consideration, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, DispatchResult};
use weighhouse_primitives::{traits::SettledReceipts, ReceiptId, PARTS};

/// One per cent, in parts of 10^9.
const PERCENT: u32 = PARTS / 100;

impl<T: Config> Pallet<T> {
	/// What is to be rated, if `who` may rate `receipt` now.
	pub(crate) fn rateable(
		who: &AccountIdOf<T>,
		receipt: ReceiptId,
	) -> Result<Rateable<AccountIdOf<T>, BlockNumberFor<T>>, RatingRefusal> {
		let facts = T::Receipts::settled_receipt(receipt).ok_or(RatingRefusal::UnknownReceipt)?;
		ensure!(facts.buyer == *who, RatingRefusal::NotBuyer);
		ensure!(facts.seller != *who, RatingRefusal::OwnListing);
		ensure!(facts.fee > 0, RatingRefusal::NothingPaid);
		ensure!(
			!Ratings::<T>::contains_key(receipt),
			RatingRefusal::AlreadyRated
		);
		let until = facts.settled.saturating_add(T::RatingWindow::get());
		ensure!(
			frame_system::Pallet::<T>::block_number() < until,
			RatingRefusal::WindowOver
		);
		Ok(Rateable { facts, until })
	}

	pub(crate) fn do_rate(
		buyer: AccountIdOf<T>,
		receipt: ReceiptId,
		percent: u8,
	) -> DispatchResult {
		ensure!(percent <= MAX_PERCENT, Error::<T>::PercentTooHigh);
		let Rateable { facts, until } =
			Self::rateable(&buyer, receipt).map_err(Error::<T>::from)?;

		let ticket = Ticket::<T>::new(&buyer, rating_footprint::<T>())
			.map_err(|_| Error::<T>::BalanceTooLow)?;
		let succeeded = u32::from(percent).saturating_mul(PERCENT);
		let listing = Subject::Listing(facts.listing);
		let (taken, listing_score) = Self::correct(listing, &facts, succeeded);
		let seller = Subject::Seller(facts.seller.clone());
		let (_, seller_score) = Self::correct(seller, &facts, succeeded);
		Ratings::<T>::insert(
			receipt,
			Rating {
				buyer: buyer.clone(),
				percent,
				block: frame_system::Pallet::<T>::block_number(),
				until,
				ticket,
			},
		);
		Self::deposit_event(Event::Rated {
			receipt,
			buyer,
			listing: facts.listing,
			seller: facts.seller,
			percent,
			taken,
			listing_score,
			seller_score,
		});
		Ok(())
	}

	pub(crate) fn do_forget_rating(receipt: ReceiptId) -> DispatchResult {
		let rating = Ratings::<T>::get(receipt).ok_or(Error::<T>::UnknownRating)?;
		ensure!(
			frame_system::Pallet::<T>::block_number() >= rating.until,
			Error::<T>::RatingStillNeeded
		);

		let buyer = rating.buyer;
		Ratings::<T>::remove(receipt);
		rating.ticket.drop(&buyer)?;
		Self::deposit_event(Event::RatingForgotten { receipt, buyer });
		Ok(())
	}
}
