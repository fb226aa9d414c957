//! The invariants of the module documentation, one function each. They walk all state, so they are
//! for tests and `try-runtime`, never for a block.

use crate::{
	AccountIdOf, Config, HoldReason, HoldReasonOf, Pallet, Ratings, Subject, Subjects, MAX_PERCENT,
};
use alloc::collections::BTreeMap;
use codec::{Decode, Encode};
use frame_support::{ensure, traits::fungible::InspectHold};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::TryRuntimeError;

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of this pallet. Walks all of its state and all accounts.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::holds_equal_tickets()?;
		Self::subjects_have_outcomes()?;
		Self::nothing_is_dated_later()?;
		Self::ratings_are_well_formed()?;
		Self::only_listings_change_hands()
	}

	/// INV-1. Looks at every account of the chain, so that money held without a rating shows.
	pub(crate) fn holds_equal_tickets() -> Check {
		let reason: HoldReasonOf<T> = HoldReason::Rating.into();
		let mut owed = BTreeMap::<AccountIdOf<T>, u128>::new();
		for rating in Ratings::<T>::iter_values() {
			let amount =
				ticket_amount(&rating.ticket).ok_or("INV-1: a ticket does not tell its amount")?;
			let sum = owed.entry(rating.buyer).or_default();
			*sum = sum.saturating_add(amount);
		}
		for account in frame_system::Account::<T>::iter_keys() {
			let expected = owed.remove(&account).unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == expected,
				"INV-1: what is held differs from the tickets"
			);
		}
		ensure!(
			owed.values().all(|amount| *amount == 0),
			"INV-1: a ticket names an account that does not exist"
		);
		Ok(())
	}

	/// INV-2.
	pub(crate) fn subjects_have_outcomes() -> Check {
		ensure!(
			Subjects::<T>::iter_values().all(|record| record.successes > 0 || record.failures > 0),
			"INV-2: a subject is remembered without an outcome"
		);
		Ok(())
	}

	/// INV-3.
	pub(crate) fn nothing_is_dated_later() -> Check {
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(
			Subjects::<T>::iter_values().all(|record| {
				BlockNumberFor::<T>::from(record.mass.at) <= now
					&& record.owner_changed.is_none_or(|changed| changed <= now)
			}),
			"INV-3: a subject changed in a later block"
		);
		ensure!(
			Ratings::<T>::iter_values().all(|rating| rating.block <= now),
			"INV-3: a rating is of a later block"
		);
		Ok(())
	}

	/// INV-4.
	pub(crate) fn ratings_are_well_formed() -> Check {
		for rating in Ratings::<T>::iter_values() {
			ensure!(
				rating.percent <= MAX_PERCENT,
				"INV-4: a rating is above the best"
			);
			ensure!(
				rating.block < rating.until,
				"INV-4: a rating was made after its window"
			);
		}
		Ok(())
	}

	/// INV-5.
	pub(crate) fn only_listings_change_hands() -> Check {
		ensure!(
			Subjects::<T>::iter().all(|(subject, record)| {
				matches!(subject, Subject::Listing(_)) || record.owner_changed.is_none()
			}),
			"INV-5: somebody who is no listing changed hands"
		);
		Ok(())
	}
}

/// What a ticket holds. The deposit type keeps its amount private but encodes as nothing else; a
/// test pins that.
fn ticket_amount(ticket: &impl Encode) -> Option<u128> {
	u128::decode(&mut ticket.encode().as_slice()).ok()
}
