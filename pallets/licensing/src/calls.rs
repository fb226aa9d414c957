//! Single calls of a model: who may make one, what it costs, and who is paid when it was answered.

use crate::{
	AccountIdOf, Config, Error, Event, Licences, NextReceipt, OfferOf, Pallet, Standing, WeightInfo,
};
use frame_support::{ensure, storage::with_storage_layer, traits::Get, weights::Weight};
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{
	inference::Access,
	market::{Right, Term},
	royalty::MAX_PAYEES,
	traits::{CallSales, CallTerms, ListingRegistry, ReceiptNumbers},
	LicenceId, ListingId, OfferId, ReceiptId, VersionNumber,
};

impl<T: Config> Pallet<T> {
	/// Why `who` cannot call `version` under `licence` now.
	fn ensure_licensed(
		who: &AccountIdOf<T>,
		listing: ListingId,
		version: VersionNumber,
		licence: LicenceId,
	) -> DispatchResult {
		let record = Licences::<T>::get(licence).ok_or(Error::<T>::UnknownLicence)?;
		ensure!(record.holder == *who, Error::<T>::NotHolder);
		ensure!(record.listing == listing, Error::<T>::OtherListing);
		ensure!(record.covers(version), Error::<T>::VersionNotCovered);
		ensure!(record.rights.allows(Right::Use), Error::<T>::NotForUse);
		match Self::standing(&record) {
			Standing::Valid => Ok(()),
			Standing::Expired => Err(Error::<T>::Expired.into()),
			Standing::CallsUsedUp => Err(Error::<T>::CallsUsedUp.into()),
		}
	}

	/// The open offer that sells single calls of `version`.
	fn offer_of_calls(
		listing: ListingId,
		version: VersionNumber,
		offer: OfferId,
	) -> Result<OfferOf<T>, DispatchError> {
		let record = Self::find_offer(listing, offer).map_err(Error::<T>::from)?;
		ensure!(record.term == Term::PerCall, Error::<T>::NotPerCall);
		ensure!(record.covers(version), Error::<T>::VersionNotCovered);
		Ok(record)
	}

	/// Changes how many calls are left, if `licence` exists and counts them.
	fn recount(licence: LicenceId, change: fn(u32) -> u32) {
		let Some(mut record) = Licences::<T>::get(licence) else {
			return;
		};
		let Some(left) = record.calls_left else {
			return;
		};
		record.calls_left = Some(change(left));
		Licences::<T>::insert(licence, record);
	}
}

impl<T: Config> CallSales<AccountIdOf<T>> for Pallet<T> {
	fn call_terms(
		who: &AccountIdOf<T>,
		listing: ListingId,
		version: VersionNumber,
		access: Access,
	) -> Result<CallTerms, DispatchError> {
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		let called =
			T::Listings::version_terms(listing, version).ok_or(Error::<T>::UnknownVersion)?;
		match access {
			Access::Licence(licence) => {
				Self::ensure_licensed(who, listing, version, licence)?;
				Ok(CallTerms::default())
			}
			Access::Offer(offer) => {
				let record = Self::offer_of_calls(listing, version, offer)?;
				// A yank ends sales, and each call under an offer is one. What a licence was paid for
				// stays.
				ensure!(!called.yanked, Error::<T>::VersionYanked);
				Ok(CallTerms {
					price: record.price,
					royalties: record.royalties.into_inner(),
				})
			}
			Access::Owner => {
				ensure!(*who == owner, Error::<T>::NotOwner);
				Ok(CallTerms::default())
			}
		}
	}

	fn take_call(
		who: &AccountIdOf<T>,
		listing: ListingId,
		version: VersionNumber,
		access: Access,
	) -> Result<CallTerms, DispatchError> {
		let terms = Self::call_terms(who, listing, version, access)?;
		if let Access::Licence(licence) = access {
			Self::recount(licence, |left| left.saturating_sub(1));
		}
		Ok(terms)
	}

	// Whoever gives back has taken before, so a licence never gets more calls than it was sold with.
	fn give_back_call(access: Access) {
		if let Access::Licence(licence) = access {
			Self::recount(licence, |left| left.saturating_add(1));
		}
	}

	fn pay_call(
		payer: &AccountIdOf<T>,
		owner: &AccountIdOf<T>,
		listing: ListingId,
		terms: &CallTerms,
		fee_parts: u32,
		receipt: ReceiptId,
	) -> DispatchResult {
		let price = terms.price;
		if price == 0 {
			return Ok(());
		}
		// Jobs end in hooks as well, where nothing undoes half a payment.
		with_storage_layer(|| {
			Self::ensure_can_pay(payer, price, 0)?;
			let parts = Self::split(price, fee_parts, &terms.royalties);
			Self::pay(payer, owner, listing, receipt, price, &parts)?;
			Self::deposit_event(Event::CallPaid {
				listing,
				receipt,
				payer: payer.clone(),
				owner: owner.clone(),
				price,
				fee_burned: parts.fee_burned,
				fee_treasury: parts.fee_treasury,
				royalties: parts.royalty_total(),
				to_owner: parts.to_owner,
			});
			Ok(())
		})
	}

	fn take_call_weight() -> Weight {
		T::WeightInfo::take_call()
	}

	fn pay_call_weight() -> Weight {
		T::WeightInfo::pay_call(MAX_PAYEES)
	}
}

impl<T: Config> ReceiptNumbers for Pallet<T> {
	fn next_receipt() -> Option<ReceiptId> {
		let receipt = NextReceipt::<T>::get();
		NextReceipt::<T>::put(receipt.checked_add(1)?);
		Some(receipt)
	}

	fn next_receipt_weight() -> Weight {
		T::DbWeight::get().reads_writes(1, 1)
	}
}
