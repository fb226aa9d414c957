//! What other pallets see of listings.

use frame_support::weights::Weight;
use weighhouse_primitives::{ListingId, ListingRegistry, VersionNumber, VersionTerms};

use crate::*;

impl<T: Config> ListingRegistry<T::AccountId> for Pallet<T> {
	fn owner(listing: ListingId) -> Option<T::AccountId> {
		Listings::<T>::get(listing).map(|record| record.owner)
	}

	fn latest_version(listing: ListingId) -> Option<VersionNumber> {
		Listings::<T>::get(listing).map(|record| record.versions)
	}

	fn version_terms(listing: ListingId, version: VersionNumber) -> Option<VersionTerms> {
		let Version {
			yanked,
			royalties,
			serving,
			answers,
			manifest,
			artifact_root,
			sealed,
			..
		} = Versions::<T>::get(listing, version)?;
		Some(VersionTerms {
			yanked,
			table: royalties.into_inner(),
			serving,
			answers,
			manifest,
			artifact_root: artifact_root.0,
			sealed,
		})
	}

	fn is_for_sale(listing: ListingId, version: VersionNumber) -> bool {
		Versions::<T>::get(listing, version).is_some_and(|version| !version.yanked)
	}

	fn retain(listing: ListingId) -> Result<(), ()> {
		Listings::<T>::try_mutate_exists(listing, |record| {
			let record = record.as_mut().ok_or(())?;
			record.dependants = record.dependants.checked_add(1).ok_or(())?;
			Ok(())
		})
	}

	fn release(listing: ListingId) {
		Listings::<T>::mutate_extant(listing, |record| {
			record.dependants = record.dependants.saturating_sub(1);
		});
	}

	fn lookup_weight() -> Weight {
		T::WeightInfo::lookup()
	}

	fn retain_weight() -> Weight {
		T::WeightInfo::retain()
	}
}
