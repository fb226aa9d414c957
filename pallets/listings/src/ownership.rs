//! How a listing changes hands.

use frame_support::{dispatch::DispatchResult, ensure, traits::Consideration};
use weighhouse_primitives::{ListingId, OwnershipChange};

use crate::*;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_propose_owner(
		owner: T::AccountId,
		listing: ListingId,
		proposed: T::AccountId,
	) -> DispatchResult {
		let record = Self::owned_listing(&owner, listing)?;
		ensure!(proposed != owner, Error::<T>::AlreadyOwner);
		Listings::<T>::insert(
			listing,
			Listing {
				proposed_owner: Some(proposed.clone()),
				..record
			},
		);
		Self::deposit_event(Event::OwnerProposed {
			listing,
			owner,
			proposed,
		});
		Ok(())
	}

	pub(crate) fn do_accept_ownership(to: T::AccountId, listing: ListingId) -> DispatchResult {
		let record = Listings::<T>::get(listing).ok_or(Error::<T>::UnknownListing)?;
		let proposed = record.proposed_owner.ok_or(Error::<T>::NoProposal)?;
		ensure!(proposed == to, Error::<T>::NotProposed);

		T::OwnershipChange::before_change(listing, &record.owner)?;
		// Read again: paying what accrued releases the listing, which changes its record.
		let record = Listings::<T>::get(listing).ok_or(Error::<T>::UnknownListing)?;
		let ticket =
			T::ListingDeposit::new(&to, Self::footprint(record.live_versions, record.bytes))
				.map_err(Self::afford_error)?;
		let from = record.owner;
		record.ticket.drop(&from)?;
		Listings::<T>::insert(
			listing,
			Listing {
				owner: to.clone(),
				proposed_owner: None,
				ticket,
				..record
			},
		);
		Self::deposit_event(Event::OwnerChanged { listing, from, to });
		Ok(())
	}

	pub(crate) fn do_cancel_proposal(who: T::AccountId, listing: ListingId) -> DispatchResult {
		let record = Listings::<T>::get(listing).ok_or(Error::<T>::UnknownListing)?;
		let proposed = record.proposed_owner.clone();
		ensure!(
			record.owner == who || proposed.as_ref() == Some(&who),
			Error::<T>::NotOwner
		);
		let proposed = proposed.ok_or(Error::<T>::NoProposal)?;
		Listings::<T>::insert(
			listing,
			Listing {
				proposed_owner: None,
				..record
			},
		);
		Self::deposit_event(Event::ProposalCancelled { listing, proposed });
		Ok(())
	}
}
