//! How deliveries end, and where their money goes.

use crate::{types::*, Config, Deliveries, Error, Event, HoldReason, Pallet, Sellers, WeightInfo};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{DepositConsequence, Fortitude::Force, Precision::Exact, Provenance, Restriction},
		Consideration,
	},
	weights::Weight,
};
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{sealing::SealedKey, traits::SealedSales, LicenceId};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_expire(licence: LicenceId) -> DispatchResult {
		let delivery = Deliveries::<T>::get(licence).ok_or(Error::<T>::UnknownDelivery)?;
		let State::Awaiting { payment, until } = delivery.state else {
			return Err(Error::<T>::AlreadyDelivered.into());
		};
		ensure!(!Self::is_open(until), Error::<T>::NotOverdue);

		Self::fail(licence, delivery, payment, Failure::Late)
	}

	pub(crate) fn do_finalize(who: &AccountIdOf<T>, licence: LicenceId) -> DispatchResult {
		let delivery = Deliveries::<T>::get(licence).ok_or(Error::<T>::UnknownDelivery)?;
		let (payment, sealed, until) = match delivery.state {
			State::Awaiting { .. } => return Err(Error::<T>::NotDelivered.into()),
			State::Delivered {
				payment,
				sealed,
				until,
			} => (payment, sealed, until),
			State::Settled { .. } => return Err(Error::<T>::AlreadySettled.into()),
		};
		ensure!(
			delivery.buyer == *who || !Self::is_open(until),
			Error::<T>::MayComplain
		);

		Self::settle(licence, delivery, payment, sealed)
	}

	/// Ends a delivery well. If it fails, the caller undoes what it did.
	pub(crate) fn settle(
		licence: LicenceId,
		mut delivery: DeliveryOf<T>,
		mut payment: Payment,
		sealed: SealedKey,
	) -> DispatchResult {
		let (buyer, seller) = (delivery.buyer.clone(), delivery.seller.clone());
		match payment.purpose {
			Purpose::Sale => {
				Self::give_back(HoldReason::Price, &buyer, payment.amount)?;
				Self::uncover(&seller, payment.cover);
				T::Sales::complete(licence)?;
			}
			Purpose::Again => payment.amount = Self::pay_fee(&buyer, &seller, payment.amount)?,
		}
		Self::unschedule(licence, delivery.queued.take());
		delivery.state = State::Settled { sealed };
		Deliveries::<T>::insert(licence, delivery);
		Self::deposit_event(Event::DeliveryFinalized {
			licence,
			seller,
			buyer,
			payment,
		});
		Ok(())
	}

	/// Ends a delivery with a refund. If it fails, the caller undoes what it did.
	pub(crate) fn fail(
		licence: LicenceId,
		delivery: DeliveryOf<T>,
		payment: Payment,
		failure: Failure,
	) -> DispatchResult {
		let KeyDelivery {
			buyer,
			seller,
			queued,
			ticket,
			..
		} = delivery;
		let refunded = payment.amount;
		Self::unschedule(licence, queued);
		Deliveries::<T>::remove(licence);
		ticket.drop(&buyer)?;
		Self::give_back(HoldReason::Price, &buyer, refunded)?;
		let (compensation, burned) = match payment.purpose {
			Purpose::Sale => {
				T::Sales::cancel(licence)?;
				Self::penalise(&seller, &buyer, payment, failure)?
			}
			Purpose::Again => (0, 0),
		};
		Self::deposit_event(match failure {
			Failure::Late => Event::DeliveryExpired {
				licence,
				seller,
				buyer,
				refunded,
				compensation,
			},
			Failure::WrongKey => Event::ComplaintUpheld {
				licence,
				seller,
				buyer,
				refunded,
				compensation,
				burned,
			},
		});
		Ok(())
	}

	/// Takes from the bond of a seller what a failed sale costs it: what the buyer gets, which was
	/// covered, and what is burned, as far as no other sale needs it. Both are rounded down.
	fn penalise(
		who: &AccountIdOf<T>,
		buyer: &AccountIdOf<T>,
		payment: Payment,
		failure: Failure,
	) -> Result<(u128, u128), DispatchError> {
		let Some(mut seller) = Sellers::<T>::get(who) else {
			return Ok((0, 0));
		};
		seller.covers = seller.covers.saturating_sub(payment.cover);
		let spare = seller.bond.saturating_sub(seller.covers);
		let part = |of: u128| payment.amount.checked_div(of).unwrap_or_default();
		let (compensation, burned) = match failure {
			Failure::Late => (part(LATE_PART), 0),
			Failure::WrongKey => (part(WRONG_PART), part(WRONG_PART)),
		};
		let compensation = compensation.min(spare);
		let burned = burned.min(spare.saturating_sub(compensation));
		let reason = HoldReason::Bond.into();
		if compensation > 0 {
			let (exact, free) = (Exact, Restriction::Free);
			T::Currency::transfer_on_hold(&reason, who, buyer, compensation, exact, free, Force)?;
		}
		if burned > 0 {
			T::Currency::burn_held(&reason, who, burned, Exact, Force)?;
		}
		seller.bond = seller
			.bond
			.saturating_sub(compensation)
			.saturating_sub(burned);
		Self::keep_seller(who, seller);
		Ok((compensation, burned))
	}

	/// Frees the part of a bond that covered a sale.
	fn uncover(who: &AccountIdOf<T>, cover: u128) {
		Sellers::<T>::mutate_extant(who, |seller| {
			seller.covers = seller.covers.saturating_sub(cover);
		});
	}

	/// Releases held money to its owner.
	fn give_back(reason: HoldReason, who: &AccountIdOf<T>, amount: u128) -> DispatchResult {
		if amount > 0 {
			T::Currency::release(&reason.into(), who, amount, Exact)?;
		}
		Ok(())
	}

	/// Pays the fee of another delivery, and says how much was paid: a seller whose account cannot take
	/// it goes without.
	fn pay_fee(
		buyer: &AccountIdOf<T>,
		seller: &AccountIdOf<T>,
		fee: u128,
	) -> Result<u128, DispatchError> {
		if fee == 0 {
			return Ok(0);
		}
		let takes = T::Currency::can_deposit(seller, fee, Provenance::Extant);
		if takes != DepositConsequence::Success {
			Self::give_back(HoldReason::Price, buyer, fee)?;
			return Ok(0);
		}
		let (exact, free) = (Exact, Restriction::Free);
		let reason = HoldReason::Price.into();
		T::Currency::transfer_on_hold(&reason, buyer, seller, fee, exact, free, Force)?;
		Ok(fee)
	}

	/// What giving the money back for a key that did not come weighs.
	pub(crate) fn expire_weight() -> Weight {
		T::WeightInfo::expire().saturating_add(T::Sales::cancel_weight())
	}

	/// What a complaint weighs. It is measured with the sale that it cancels.
	pub(crate) fn complain_weight() -> Weight {
		T::WeightInfo::complain()
	}

	/// What paying for a key weighs.
	pub(crate) fn finalize_weight() -> Weight {
		T::WeightInfo::finalize().saturating_add(T::Sales::complete_weight())
	}
}
