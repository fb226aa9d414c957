//! Selling licences: where the money of a sale goes, and that of a call.

use crate::{
	licence_footprint, receipt_footprint, sale_deposit, AccountIdOf, Config, CreditOf, Error,
	Event, Licence, Licences, NextLicence, OfferOf, Offers, Pallet, Reservation, ReservationOf,
	Ticket, WeightInfo,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Balanced, Inspect},
		tokens::{
			DepositConsequence, Fortitude, Precision::Exact, Preservation::Preserve, Provenance,
		},
		Consideration, Get, Imbalance,
	},
	weights::Weight,
};
use sp_runtime::{traits::Saturating, DispatchError, DispatchResult};
use weighhouse_primitives::{
	market::Term,
	receipt::SaleReceipt,
	royalty::{self, Share, Split},
	traits::RecordReputation,
	LicenceId, ListingId, OfferId, ReceiptId,
};

impl<T: Config> Pallet<T> {
	/// Sells a licence and answers with the number of covered versions and of paid royalties.
	pub(crate) fn do_buy(
		buyer: &AccountIdOf<T>,
		listing: ListingId,
		offer: OfferId,
	) -> Result<(u32, u32), DispatchError> {
		let (record, owner) = Self::offer_on_sale(listing, offer).map_err(Error::<T>::from)?;
		ensure!(record.sealed.is_none(), Error::<T>::Sealed);
		let versions = record.covered();
		let (licence, reservation) = Self::take_off_sale(buyer, listing, offer, record, owner)?;
		let payees = Self::sell(licence, reservation)?;
		Ok((versions, payees))
	}

	/// Takes a licence off sale for `buyer`, on the terms of now: all that a sale needs but money.
	pub(crate) fn take_off_sale(
		buyer: &AccountIdOf<T>,
		listing: ListingId,
		offer: OfferId,
		mut record: OfferOf<T>,
		seller: AccountIdOf<T>,
	) -> Result<(LicenceId, ReservationOf<T>), DispatchError> {
		ensure!(*buyer != seller, Error::<T>::OwnListing);
		ensure!(Self::has_room(buyer, listing), Error::<T>::HoldingsFull);
		Self::ensure_can_pay(buyer, record.price, sale_deposit::<T>())?;
		let licence = NextLicence::<T>::get();
		let next = licence.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;

		Self::retain(listing)?;
		let reservation = Reservation {
			buyer: buyer.clone(),
			seller,
			listing,
			offer,
			first_version: record.first_version,
			last_version: record.last_version,
			price: record.price,
			fee_parts: Self::fee_parts(),
			royalties: record.royalties.clone(),
			term: record.term,
			rights: record.rights,
			transferability: record.transferability,
			licence_ticket: Ticket::<T, _>::new(buyer, licence_footprint::<T>())?,
			receipt_ticket: Ticket::<T, _>::new(buyer, receipt_footprint::<T>())?,
		};
		Self::add_holding(buyer, listing, licence)?;
		NextLicence::<T>::put(next);
		// Saturates where there is no supply limit; with one, the sale was refused before.
		record.sold = record.sold.saturating_add(1);
		Offers::<T>::insert(listing, offer, record);
		Ok((licence, reservation))
	}

	/// Pays everybody for a licence that was taken off sale, and lets it count from now. Answers with
	/// the number of royalties.
	pub(crate) fn sell(
		licence: LicenceId,
		reservation: ReservationOf<T>,
	) -> Result<u32, DispatchError> {
		let Reservation {
			buyer,
			seller,
			listing,
			offer,
			first_version,
			last_version,
			price,
			fee_parts,
			royalties,
			term,
			rights,
			transferability,
			licence_ticket,
			receipt_ticket,
		} = reservation;
		let parts = Self::split(price, fee_parts, &royalties);
		let payees = u32::try_from(parts.royalties.len()).unwrap_or(u32::MAX);
		let now = frame_system::Pallet::<T>::block_number();
		let (expires, calls_left) = match term {
			Term::Blocks(blocks) => (Some(now.saturating_add(blocks.into())), None),
			Term::Calls(calls) => (None, Some(calls)),
			Term::Perpetual | Term::PerCall => (None, None),
		};
		let sale = SaleReceipt {
			listing,
			first_version,
			last_version,
			offer,
			licence,
			seller: seller.clone(),
			buyer: buyer.clone(),
			price,
			fee: parts.fee(),
			block: now,
		};
		let receipt = Self::write_receipt(sale, receipt_ticket)?;
		Self::pay(&buyer, &seller, listing, receipt, price, &parts)?;
		T::Reputation::record_settlement(listing, &seller, parts.fee());
		Licences::<T>::insert(
			licence,
			Licence {
				holder: buyer.clone(),
				listing,
				offer,
				first_version,
				last_version,
				rights,
				transferability,
				expires,
				calls_left,
				ticket: licence_ticket,
			},
		);
		Self::deposit_event(Event::Sold {
			listing,
			offer,
			licence,
			receipt,
			buyer,
			owner: seller,
			price,
			fee_burned: parts.fee_burned,
			fee_treasury: parts.fee_treasury,
			royalties: parts.royalty_total(),
			to_owner: parts.to_owner,
		});
		Ok(payees)
	}

	/// What a sale weighs that covers so many versions and pays so many royalties.
	pub(crate) fn buy_weight(versions: u32, payees: u32) -> Weight {
		T::WeightInfo::buy(versions, payees)
			.saturating_add(T::Reputation::record_settlement_weight())
	}

	/// Where `price` goes. What the treasury cannot take is burned.
	pub(crate) fn split(price: u128, fee_parts: u32, table: &[Share]) -> Split {
		let mut split = royalty::split(price, fee_parts, table);
		let treasury =
			T::Currency::can_deposit(&T::Treasury::get(), split.fee_treasury, Provenance::Extant);
		if treasury != DepositConsequence::Success {
			split.fee_burned = split.fee();
			split.fee_treasury = 0;
		}
		split
	}

	/// Takes `price` from the payer and gives every part of it away. If it fails, the caller undoes
	/// what it did.
	pub(crate) fn pay(
		payer: &AccountIdOf<T>,
		owner: &AccountIdOf<T>,
		source: ListingId,
		receipt: ReceiptId,
		price: u128,
		parts: &Split,
	) -> DispatchResult {
		if price == 0 {
			return Ok(());
		}
		let paid = T::Currency::withdraw(payer, price, Exact, Preserve, Fortitude::Polite)?;
		let (to_owner, rest) = paid.split(parts.to_owner);
		let (to_treasury, rest) = rest.split(parts.fee_treasury);
		let (to_pot, burned) = rest.split(parts.royalty_total());
		Self::give(owner, to_owner)?;
		Self::give(&T::Treasury::get(), to_treasury)?;
		Self::give(&Self::pot(), to_pot)?;
		// Dropping what is left takes it out of the total issuance.
		drop(burned);
		for (payee, amount) in &parts.royalties {
			Self::accrue(*payee, source, receipt, *amount)?;
		}
		Ok(())
	}

	fn give(to: &AccountIdOf<T>, credit: CreditOf<T>) -> DispatchResult {
		if credit.peek() == 0 {
			return Ok(());
		}
		T::Currency::resolve(to, credit).map_err(|_| Error::<T>::PayeeCannotReceive.into())
	}
}
