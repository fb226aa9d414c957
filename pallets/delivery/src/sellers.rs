//! Bonds of sellers, and how long they take.

use crate::{types::*, Config, Error, Event, HoldReason, Pallet, Sellers};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, MutateHold},
		tokens::{Fortitude, Precision::Exact, Preservation::Preserve},
		Get,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Zero, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_bond(who: AccountIdOf<T>, amount: u128) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingGiven);
		let mut seller = Sellers::<T>::get(&who).unwrap_or(Seller {
			bond: 0,
			covers: 0,
			window: T::DefaultWindow::get(),
		});
		let bond = seller
			.bond
			.checked_add(amount)
			.ok_or(Error::<T>::BalanceTooLow)?;
		ensure!(bond >= T::MinBond::get(), Error::<T>::BondBelowMinimum);
		Self::ensure_can_hold(&who, HoldReason::Bond, amount)?;

		T::Currency::hold(&HoldReason::Bond.into(), &who, amount)?;
		seller.bond = bond;
		Sellers::<T>::insert(&who, seller);
		Self::deposit_event(Event::BondChanged { seller: who, bond });
		Ok(())
	}

	pub(crate) fn do_unbond(who: AccountIdOf<T>, amount: u128) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingGiven);
		let mut seller = Sellers::<T>::get(&who).ok_or(Error::<T>::NoBond)?;
		let bond = seller
			.bond
			.checked_sub(amount)
			.ok_or(Error::<T>::BondTooLow)?;
		ensure!(bond >= seller.covers, Error::<T>::BondInUse);
		ensure!(
			bond.is_zero() || bond >= T::MinBond::get(),
			Error::<T>::BondBelowMinimum
		);

		T::Currency::release(&HoldReason::Bond.into(), &who, amount, Exact)?;
		seller.bond = bond;
		Self::keep_seller(&who, seller);
		Self::deposit_event(Event::BondChanged { seller: who, bond });
		Ok(())
	}

	pub(crate) fn do_set_window(who: AccountIdOf<T>, blocks: BlockNumberFor<T>) -> DispatchResult {
		let mut seller = Sellers::<T>::get(&who).ok_or(Error::<T>::NoBond)?;
		let allowed = T::MinWindow::get()..=T::MaxWindow::get();
		ensure!(allowed.contains(&blocks), Error::<T>::WrongWindow);

		seller.window = blocks;
		Sellers::<T>::insert(&who, seller);
		Self::deposit_event(Event::WindowSet {
			seller: who,
			blocks,
		});
		Ok(())
	}

	/// Stores a seller as long as it has a bond.
	pub(crate) fn keep_seller(who: &AccountIdOf<T>, seller: Seller<BlockNumberFor<T>>) {
		if seller.bond.is_zero() {
			Sellers::<T>::remove(who);
		} else {
			Sellers::<T>::insert(who, seller);
		}
	}

	/// Whether `who` can hold this much and stay alive.
	pub(crate) fn ensure_can_hold(
		who: &AccountIdOf<T>,
		reason: HoldReason,
		amount: u128,
	) -> Result<(), Error<T>> {
		let free = T::Currency::reducible_balance(who, Preserve, Fortitude::Polite);
		ensure!(
			free >= amount && T::Currency::hold_available(&reason.into(), who),
			Error::<T>::BalanceTooLow
		);
		Ok(())
	}
}
