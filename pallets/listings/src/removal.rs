//! Removing what nobody needs.

use frame_support::{dispatch::DispatchResult, ensure, traits::Consideration, weights::Weight};
use sp_runtime::DispatchError;
use weighhouse_primitives::{ListingId, ListingRemoval, VersionNumber};

use crate::*;

impl<T: Config> Pallet<T> {
	/// Says how many parents the version had.
	pub(crate) fn do_remove_version(
		owner: T::AccountId,
		listing: ListingId,
		number: VersionNumber,
	) -> Result<u32, DispatchError> {
		let record = Self::owned_listing(&owner, listing)?;
		let version = Versions::<T>::get(listing, number).ok_or(Error::<T>::UnknownVersion)?;
		ensure!(record.dependants == 0, Error::<T>::ListingInUse);
		ensure!(version.children == 0, Error::<T>::HasChildren);

		Versions::<T>::remove(listing, number);
		Self::unrank_root(listing, number, &version);
		for parent in &version.parents {
			Versions::<T>::mutate(parent.listing, parent.version, |parent| {
				if let Some(parent) = parent {
					parent.children = parent.children.saturating_sub(1);
				}
			});
		}
		Self::deposit_event(Event::VersionRemoved {
			listing,
			version: number,
		});
		Self::shrink(owner, listing, record, Self::version_bytes(&version))?;
		Ok(Self::count(version.parents.len()))
	}

	/// What removing a version with so many parents weighs, if it is the last one.
	pub(crate) fn remove_version_weight(parents: u32) -> Weight {
		T::WeightInfo::remove_version(parents)
			.saturating_add(T::ListingRemoval::after_removal_weight())
	}

	/// Releases the deposit of one version; with the last one the listing goes.
	fn shrink(
		owner: T::AccountId,
		listing: ListingId,
		record: ListingOf<T>,
		bytes: u32,
	) -> DispatchResult {
		let live_versions = record.live_versions.saturating_sub(1);
		if live_versions == 0 {
			Listings::<T>::remove(listing);
			record.ticket.drop(&owner)?;
			T::ListingRemoval::after_removal(listing);
			Self::deposit_event(Event::ListingRemoved { listing, owner });
			return Ok(());
		}
		let bytes = record.bytes.saturating_sub(bytes);
		let ticket = record
			.ticket
			.update(&owner, Self::footprint(live_versions, bytes))?;
		Listings::<T>::insert(
			listing,
			Listing {
				live_versions,
				bytes,
				ticket,
				..record
			},
		);
		Ok(())
	}
}
