//! Holding licences: handing on, removing, asking for.

use crate::{
	deposit, licence_footprint, AccountIdOf, Config, Error, Event, Holdings, LicenceOf, Licences,
	Pallet, Standing, Ticket, WeightInfo,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation::Preserve,
		Consideration, Get,
	},
	weights::Weight,
};
use sp_runtime::DispatchResult;
use weighhouse_primitives::{
	market::{Right, Transferability},
	traits::{LicenceCheck, ListingRegistry},
	LicenceId, ListingId, VersionNumber,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_transfer(
		from: AccountIdOf<T>,
		licence: LicenceId,
		to: AccountIdOf<T>,
	) -> DispatchResult {
		let mut record = Licences::<T>::get(licence).ok_or(Error::<T>::UnknownLicence)?;
		ensure!(record.holder == from, Error::<T>::NotHolder);
		match Self::standing(&record) {
			Standing::Valid => {}
			Standing::Expired => return Err(Error::<T>::Expired.into()),
			Standing::CallsUsedUp => return Err(Error::<T>::CallsUsedUp.into()),
		}
		ensure!(
			record.transferability == Transferability::Transferable,
			Error::<T>::NotTransferable
		);
		ensure!(to != from, Error::<T>::SameHolder);
		ensure!(
			T::Currency::balance(&to) >= T::Currency::minimum_balance(),
			Error::<T>::RecipientHasNoAccount
		);
		ensure!(
			Self::has_room(&to, record.listing),
			Error::<T>::HoldingsFull
		);

		// The sender pays what the deposit costs now, so the recipient needs nothing of their own
		// even if the price of state has risen since the licence was bought.
		let footprint = licence_footprint::<T>();
		let amount = deposit::<T>(footprint);
		record.ticket.drop(&from)?;
		Self::ensure_can_pay(&from, amount, 0)?;
		T::Currency::transfer(&from, &to, amount, Preserve)?;
		record.ticket = Ticket::<T, _>::new(&to, footprint)?;
		Self::remove_holding(&from, record.listing, licence);
		Self::add_holding(&to, record.listing, licence)?;
		record.holder = to.clone();
		Licences::<T>::insert(licence, record);
		Self::deposit_event(Event::LicenceTransferred { licence, from, to });
		Ok(())
	}

	pub(crate) fn do_remove_licence(who: &AccountIdOf<T>, licence: LicenceId) -> DispatchResult {
		let record = Licences::<T>::get(licence).ok_or(Error::<T>::UnknownLicence)?;
		ensure!(
			record.holder == *who || Self::standing(&record) != Standing::Valid,
			Error::<T>::LicenceStillValid
		);

		let holder = record.holder;
		Licences::<T>::remove(licence);
		Self::remove_holding(&holder, record.listing, licence);
		record.ticket.drop(&holder)?;
		T::Listings::release(record.listing);
		Self::deposit_event(Event::LicenceRemoved { licence, holder });
		Ok(())
	}

	/// Whether `who` holds a licence that counts now, covers `version` and allows `right`. Reads
	/// by key alone: the holding, then its licences until one fits.
	pub(crate) fn holds_licence(
		who: &AccountIdOf<T>,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> bool {
		Holdings::<T>::get(who, listing)
			.iter()
			.filter_map(Licences::<T>::get)
			.any(|licence| {
				licence.covers(version)
					&& licence.rights.allows(right)
					&& Self::standing(&licence) == Standing::Valid
			})
	}

	/// Whether `licence` counts in this block.
	pub(crate) fn standing(licence: &LicenceOf<T>) -> Standing {
		licence.standing(frame_system::Pallet::<T>::block_number())
	}

	/// Whether `who` can hold another licence of `listing`.
	pub(crate) fn has_room(who: &AccountIdOf<T>, listing: ListingId) -> bool {
		!Holdings::<T>::get(who, listing).is_full()
	}

	pub(crate) fn add_holding(
		who: &AccountIdOf<T>,
		listing: ListingId,
		licence: LicenceId,
	) -> DispatchResult {
		Holdings::<T>::try_append(who, listing, licence)
			.map_err(|_| Error::<T>::HoldingsFull.into())
	}

	pub(crate) fn remove_holding(who: &AccountIdOf<T>, listing: ListingId, licence: LicenceId) {
		Holdings::<T>::mutate_exists(who, listing, |held| {
			if let Some(ids) = held {
				ids.retain(|id| *id != licence);
				if ids.is_empty() {
					*held = None;
				}
			}
		});
	}
}

impl<T: Config> LicenceCheck<AccountIdOf<T>> for Pallet<T> {
	fn has_licence(
		who: &AccountIdOf<T>,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> bool {
		Self::holds_licence(who, listing, version, right)
	}

	fn has_licence_weight() -> Weight {
		T::WeightInfo::has_licence(T::MaxLicencesPerListing::get())
	}
}
