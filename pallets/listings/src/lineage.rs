//! Parents: who may name them, and what they are owed.

use alloc::vec::Vec;
use frame_support::ensure;
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	royalty::{flatten, ParentRoyalty, RoyaltyError},
	DerivativePolicy, LicenceCheck, ListingId, Parent, Right,
};

use crate::{publication::LoadedParent, *};

impl<T: Config> Pallet<T> {
	/// What can be said of parents without reading them.
	pub(crate) fn checked_parents(
		own: ListingId,
		parents: ParentsArgument,
	) -> Result<Parents, Error<T>> {
		let parents =
			Parents::try_from(parents.into_inner()).map_err(|_| Error::<T>::TooManyParents)?;
		ensure!(
			parents.iter().all(|parent| parent.listing != own),
			Error::<T>::OwnParent
		);
		ensure!(Self::all_different(&parents), Error::<T>::DuplicateParent);
		Ok(parents)
	}

	/// Reads the parents, asks each whether `publisher` may derive from it on these terms, and counts
	/// one child more for each.
	pub(crate) fn load_parents(
		publisher: &T::AccountId,
		parents: &[Parent],
	) -> Result<Vec<LoadedParent<T>>, DispatchError> {
		parents
			.iter()
			.map(|parent| {
				let mut version = Versions::<T>::get(parent.listing, parent.version)
					.ok_or(Error::<T>::UnknownParent)?;
				ensure!(!version.yanked, Error::<T>::ParentYanked);
				let minimum = version
					.derivatives
					.minimum()
					.ok_or(Error::<T>::DerivativesForbidden)?;
				ensure!(parent.royalty >= minimum, Error::<T>::RoyaltyBelowMinimum);
				if let DerivativePolicy::Licensed(_) = version.derivatives {
					ensure!(
						Self::is_licensed(publisher, parent),
						Error::<T>::LicenceRequired
					);
				}
				version.children = version
					.children
					.checked_add(1)
					.ok_or(Error::<T>::CounterAtLimit)?;
				Ok(LoadedParent {
					listing: parent.listing,
					number: parent.version,
					version,
				})
			})
			.collect()
	}

	/// The flat table of a version with these parents.
	pub(crate) fn royalty_table(
		own: ListingId,
		parents: &[Parent],
		loaded: &[LoadedParent<T>],
	) -> Result<RoyaltyTable, DispatchError> {
		let owed: Vec<_> = parents
			.iter()
			.zip(loaded)
			.map(|(parent, loaded)| ParentRoyalty {
				listing: parent.listing,
				parts: parent.royalty,
				table: &loaded.version.royalties,
			})
			.collect();
		let table = flatten(own, &owed).map_err(|error| match error {
			RoyaltyError::OverCap => Error::<T>::RoyaltiesOverCap,
			RoyaltyError::TooManyPayees => Error::<T>::TooManyPayees,
			RoyaltyError::ShareRoundsToZero => Error::<T>::ShareRoundsToZero,
		})?;
		RoyaltyTable::try_from(table).map_err(|_| Error::<T>::TooManyPayees.into())
	}

	/// Whether no listing is named twice.
	pub(crate) fn all_different(parents: &[Parent]) -> bool {
		let mut listings: Vec<_> = parents.iter().map(|parent| parent.listing).collect();
		listings.sort_unstable();
		listings.dedup();
		listings.len() == parents.len()
	}

	/// Owners need no licence for what is theirs.
	fn is_licensed(who: &T::AccountId, parent: &Parent) -> bool {
		Listings::<T>::get(parent.listing).is_some_and(|listing| listing.owner == *who)
			|| T::Licences::has_licence(who, parent.listing, parent.version, Right::Use)
	}
}
