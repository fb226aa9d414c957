//! The deposits of proxies and multisigs, which have no name of their own among what is held.

use frame_support::traits::{
	BalanceStatus, Currency, ExistenceRequirement, ReservableCurrency, SignedImbalance,
	WithdrawReasons,
};
use sp_runtime::{DispatchError, DispatchResult};

use crate::{AccountId, Balance, Balances, Runtime};

/// The balances, of which no more is given back as reserved than is reserved without a name.
///
/// A pure account gives back, with its last proxy or its end, a deposit that its spawner made, or its
/// spawner one that it made itself. The balances alone would take that out of what is held of them.
pub struct Reserves;

type Positive = <Balances as Currency<AccountId>>::PositiveImbalance;
type Negative = <Balances as Currency<AccountId>>::NegativeImbalance;

impl Currency<AccountId> for Reserves {
	type Balance = Balance;
	type NegativeImbalance = Negative;
	type PositiveImbalance = Positive;

	fn total_balance(who: &AccountId) -> Balance {
		<Balances as Currency<AccountId>>::total_balance(who)
	}

	fn can_slash(who: &AccountId, value: Balance) -> bool {
		<Balances as Currency<AccountId>>::can_slash(who, value)
	}

	fn total_issuance() -> Balance {
		<Balances as Currency<AccountId>>::total_issuance()
	}

	fn minimum_balance() -> Balance {
		<Balances as Currency<AccountId>>::minimum_balance()
	}

	fn burn(amount: Balance) -> Positive {
		<Balances as Currency<AccountId>>::burn(amount)
	}

	fn issue(amount: Balance) -> Negative {
		<Balances as Currency<AccountId>>::issue(amount)
	}

	fn free_balance(who: &AccountId) -> Balance {
		<Balances as Currency<AccountId>>::free_balance(who)
	}

	fn ensure_can_withdraw(
		who: &AccountId,
		amount: Balance,
		reasons: WithdrawReasons,
		new_balance: Balance,
	) -> DispatchResult {
		<Balances as Currency<AccountId>>::ensure_can_withdraw(who, amount, reasons, new_balance)
	}

	fn transfer(
		source: &AccountId,
		dest: &AccountId,
		value: Balance,
		existence: ExistenceRequirement,
	) -> DispatchResult {
		<Balances as Currency<AccountId>>::transfer(source, dest, value, existence)
	}

	fn slash(who: &AccountId, value: Balance) -> (Negative, Balance) {
		<Balances as Currency<AccountId>>::slash(who, value)
	}

	fn deposit_into_existing(who: &AccountId, value: Balance) -> Result<Positive, DispatchError> {
		<Balances as Currency<AccountId>>::deposit_into_existing(who, value)
	}

	fn deposit_creating(who: &AccountId, value: Balance) -> Positive {
		<Balances as Currency<AccountId>>::deposit_creating(who, value)
	}

	fn withdraw(
		who: &AccountId,
		value: Balance,
		reasons: WithdrawReasons,
		liveness: ExistenceRequirement,
	) -> Result<Negative, DispatchError> {
		<Balances as Currency<AccountId>>::withdraw(who, value, reasons, liveness)
	}

	fn make_free_balance_be(
		who: &AccountId,
		balance: Balance,
	) -> SignedImbalance<Balance, Positive> {
		<Balances as Currency<AccountId>>::make_free_balance_be(who, balance)
	}
}

impl ReservableCurrency<AccountId> for Reserves {
	fn can_reserve(who: &AccountId, value: Balance) -> bool {
		<Balances as ReservableCurrency<AccountId>>::can_reserve(who, value)
	}

	fn slash_reserved(who: &AccountId, value: Balance) -> (Negative, Balance) {
		<Balances as ReservableCurrency<AccountId>>::slash_reserved(who, value)
	}

	fn reserved_balance(who: &AccountId) -> Balance {
		<Balances as ReservableCurrency<AccountId>>::reserved_balance(who)
	}

	fn reserve(who: &AccountId, value: Balance) -> DispatchResult {
		<Balances as ReservableCurrency<AccountId>>::reserve(who, value)
	}

	fn unreserve(who: &AccountId, value: Balance) -> Balance {
		let held = pallet_balances::Holds::<Runtime>::get(who)
			.into_iter()
			.fold(0, |sum: Balance, hold| sum.saturating_add(hold.amount));
		let unnamed = Self::reserved_balance(who).saturating_sub(held);
		let back = value.min(unnamed);
		let left = <Balances as ReservableCurrency<AccountId>>::unreserve(who, back);
		value.saturating_sub(back).saturating_add(left)
	}

	fn repatriate_reserved(
		slashed: &AccountId,
		beneficiary: &AccountId,
		value: Balance,
		status: BalanceStatus,
	) -> Result<Balance, DispatchError> {
		<Balances as ReservableCurrency<AccountId>>::repatriate_reserved(
			slashed,
			beneficiary,
			value,
			status,
		)
	}
}
