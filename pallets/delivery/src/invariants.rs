//! The invariants of the module documentation, one function each. They walk all state, so they are
//! for tests and `try-runtime`, never for a block.

use crate::{types::*, Config, Deliveries, Due, HoldReason, NextDue, Pallet, Sellers};
use alloc::collections::{BTreeMap, BTreeSet};
use codec::{Decode, Encode};
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{sealing::check_point, traits::SealedSales, LicenceId};

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of this pallet. Walks all of its state and all accounts.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::prices_are_held()?;
		Self::bonds_are_held()?;
		Self::deposits_are_held()?;
		Self::bonds_cover_sales()?;
		Self::sales_are_reserved()?;
		Self::points_are_canonical()?;
		Self::queues_name_the_deliveries()
	}

	/// The licences that are off sale for a purchase here. For checks against what is off sale there.
	pub fn open_sales() -> impl Iterator<Item = LicenceId> {
		Deliveries::<T>::iter().filter_map(|(licence, delivery)| {
			let payment = delivery.state.payment()?;
			(payment.purpose == Purpose::Sale).then_some(licence)
		})
	}

	/// INV-1.
	pub(crate) fn prices_are_held() -> Check {
		let prices = Deliveries::<T>::iter_values().filter_map(|delivery| {
			let amount = delivery.state.payment()?.amount;
			Some((delivery.buyer, Some(amount)))
		});
		let why = "INV-1: what is held as price differs from the open deliveries";
		Self::holds_equal(HoldReason::Price, prices, why)
	}

	/// INV-2.
	pub(crate) fn bonds_are_held() -> Check {
		let bonds = Sellers::<T>::iter().map(|(who, seller)| (who, Some(seller.bond)));
		let why = "INV-2: what is held as bond differs from the sellers";
		Self::holds_equal(HoldReason::Bond, bonds, why)
	}

	/// INV-3.
	pub(crate) fn deposits_are_held() -> Check {
		let tickets = Deliveries::<T>::iter_values()
			.map(|delivery| (delivery.buyer, ticket_amount(&delivery.ticket)));
		let why = "INV-3: what is held as deposit differs from the deliveries";
		Self::holds_equal(HoldReason::Delivery, tickets, why)
	}

	/// Looks at every account of the chain, so that money held without a record shows.
	fn holds_equal(
		reason: HoldReason,
		records: impl Iterator<Item = (AccountIdOf<T>, Option<u128>)>,
		why: &'static str,
	) -> Check {
		let reason: HoldReasonOf<T> = reason.into();
		let mut owed = BTreeMap::<AccountIdOf<T>, u128>::new();
		for (account, amount) in records {
			let sum = owed.entry(account).or_default();
			*sum = sum.saturating_add(amount.ok_or(why)?);
		}
		for account in frame_system::Account::<T>::iter_keys() {
			let expected = owed.remove(&account).unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == expected,
				why
			);
		}
		ensure!(owed.values().all(|amount| *amount == 0), why);
		Ok(())
	}

	/// INV-4.
	pub(crate) fn bonds_cover_sales() -> Check {
		let mut needed = BTreeMap::<AccountIdOf<T>, u128>::new();
		for delivery in Deliveries::<T>::iter_values() {
			let Some(payment) = delivery.state.payment() else {
				continue;
			};
			let expected = match payment.purpose {
				Purpose::Sale => Payment::sale(payment.amount),
				Purpose::Again => Payment::again(payment.amount),
			};
			ensure!(
				*payment == expected,
				"INV-4: a payment is covered by another part than it needs"
			);
			let sum = needed.entry(delivery.seller).or_default();
			*sum = sum.saturating_add(payment.cover);
		}
		for (who, seller) in Sellers::<T>::iter() {
			ensure!(
				needed.remove(&who).unwrap_or_default() == seller.covers,
				"INV-4: a bond counts other covers than its sales need"
			);
			ensure!(
				seller.bond >= seller.covers && seller.bond > 0,
				"INV-4: a bond is smaller than what it covers"
			);
		}
		ensure!(
			needed.values().all(|cover| *cover == 0),
			"INV-4: a sale waits that no bond covers"
		);
		Ok(())
	}

	/// INV-5.
	pub(crate) fn sales_are_reserved() -> Check {
		for (licence, delivery) in Deliveries::<T>::iter() {
			let open_sale = delivery
				.state
				.payment()
				.is_some_and(|payment| payment.purpose == Purpose::Sale);
			ensure!(
				T::Sales::is_reserved(licence) == open_sale,
				"INV-5: a licence is off sale without an open sale, or on sale with one"
			);
		}
		Ok(())
	}

	/// INV-6.
	pub(crate) fn points_are_canonical() -> Check {
		for delivery in Deliveries::<T>::iter_values() {
			let point = delivery.state.sealed().map(|sealed| sealed.point);
			ensure!(
				check_point(&delivery.key).is_ok()
					&& point.is_none_or(|point| check_point(&point).is_ok()),
				"INV-6: a key or point is malformed"
			);
		}
		Ok(())
	}

	/// INV-7.
	pub(crate) fn queues_name_the_deliveries() -> Check {
		let mut queued: BTreeSet<_> = Deliveries::<T>::iter()
			.filter_map(|(licence, delivery)| Some((delivery.queued?, licence)))
			.collect();
		for delivery in Deliveries::<T>::iter_values() {
			ensure!(
				delivery.state.payment().is_some() || delivery.queued.is_none(),
				"INV-7: a delivery that is over waits in a queue"
			);
		}
		let next = NextDue::<T>::get();
		for (block, licences) in Due::<T>::iter() {
			ensure!(block >= next, "INV-7: a queue was passed over");
			for licence in licences {
				ensure!(
					queued.remove(&(block, licence)),
					"INV-7: a queue names a delivery that does not say so"
				);
			}
		}
		ensure!(
			queued.is_empty(),
			"INV-7: a delivery is not in the queue that it says"
		);
		Ok(())
	}
}

/// What a ticket holds. The deposit type keeps its amount private but encodes as nothing else; a
/// test pins that.
fn ticket_amount(ticket: &impl Encode) -> Option<u128> {
	u128::decode(&mut ticket.encode().as_slice()).ok()
}
