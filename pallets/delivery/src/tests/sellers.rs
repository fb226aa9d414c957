//! Bonds of sellers and how long they take.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};

#[test]
fn bond_is_held() {
	run(|| {
		assert_ok!(Delivery::bond(signed(SELLER), BOND));
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND);
		assert_eq!(
			seller(&SELLER),
			Seller {
				bond: BOND,
				covers: 0,
				window: WINDOW
			}
		);
		assert_eq!(
			events(),
			[Event::BondChanged {
				seller: SELLER,
				bond: BOND
			}]
		);
	});
}

#[test]
fn bond_adds_to_what_is_there() {
	run(|| {
		bond(BOND);
		assert_ok!(Delivery::set_window(signed(SELLER), MIN_WINDOW));
		bond(1);
		assert_eq!(seller(&SELLER).bond, BOND + 1);
		assert_eq!(seller(&SELLER).window, MIN_WINDOW);
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND + 1);
	});
}

#[test]
fn bond_fails_when_nothing_is_given() {
	run(|| {
		let bond = |amount| Delivery::bond(signed(SELLER), amount);
		assert_noop!(bond(0), Error::<Test>::NothingGiven);
	});
}

#[test]
fn bond_fails_when_it_stays_below_the_minimum() {
	run(|| {
		let bond = |amount| Delivery::bond(signed(SELLER), amount);
		assert_noop!(bond(MIN_BOND - 1), Error::<Test>::BondBelowMinimum);
		assert_ok!(bond(MIN_BOND));
	});
}

#[test]
fn bond_fails_when_the_account_could_not_stay_alive() {
	run(|| {
		let bond = |amount| Delivery::bond(signed(SELLER), amount);
		assert_noop!(bond(ENDOWMENT - ED + 1), Error::<Test>::BalanceTooLow);
		assert_noop!(bond(u128::MAX), Error::<Test>::BalanceTooLow);
		assert_ok!(bond(ENDOWMENT - ED));
	});
}

#[test]
fn unbond_gives_back_what_covers_nothing() {
	run(|| {
		bond(BOND);
		assert_ok!(Delivery::unbond(signed(SELLER), UNIT));
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND - UNIT);
		assert_eq!(
			last_event(),
			Event::BondChanged {
				seller: SELLER,
				bond: BOND - UNIT
			}
		);
	});
}

#[test]
fn unbond_forgets_a_seller_that_takes_all() {
	run(|| {
		bond(BOND);
		assert_ok!(Delivery::unbond(signed(SELLER), BOND));
		assert_eq!(free(&SELLER), ENDOWMENT);
		assert_eq!(Sellers::<Test>::get(SELLER), None);
	});
}

#[test]
fn unbond_fails_when_sales_need_the_bond() {
	run(|| {
		bought();
		let unbond = |amount| Delivery::unbond(signed(SELLER), amount);
		assert_noop!(unbond(BOND - PRICE / 10 + 1), Error::<Test>::BondInUse);
		assert_ok!(unbond(BOND - PRICE / 10));
	});
}

#[test]
fn unbond_fails_when_too_little_stays() {
	run(|| {
		bond(BOND);
		let unbond = |amount| Delivery::unbond(signed(SELLER), amount);
		assert_noop!(unbond(BOND - MIN_BOND + 1), Error::<Test>::BondBelowMinimum);
		assert_ok!(unbond(BOND - MIN_BOND));
	});
}

#[test]
fn unbond_fails_when_there_is_not_so_much() {
	run(|| {
		let unbond = |amount| Delivery::unbond(signed(SELLER), amount);
		assert_noop!(unbond(1), Error::<Test>::NoBond);
		bond(BOND);
		assert_noop!(unbond(0), Error::<Test>::NothingGiven);
		assert_noop!(unbond(BOND + 1), Error::<Test>::BondTooLow);
	});
}

#[test]
fn set_window_holds_for_the_next_sale_only() {
	run(|| {
		let first = bought();
		assert_ok!(Delivery::set_window(signed(SELLER), MIN_WINDOW));
		assert_eq!(
			last_event(),
			Event::WindowSet {
				seller: SELLER,
				blocks: MIN_WINDOW
			}
		);
		let second = bought();
		let until = |licence| match state(licence) {
			State::Awaiting { until, .. } => until,
			state => panic!("{state:?} awaits nothing"),
		};
		assert_eq!(until(first), 1 + WINDOW);
		assert_eq!(until(second), 1 + MIN_WINDOW);
	});
}

#[test]
fn set_window_fails_when_it_is_out_of_bounds() {
	run(|| {
		let set = |blocks| Delivery::set_window(signed(SELLER), blocks);
		assert_noop!(set(WINDOW), Error::<Test>::NoBond);
		bond(BOND);
		assert_noop!(set(MIN_WINDOW - 1), Error::<Test>::WrongWindow);
		assert_noop!(set(MAX_WINDOW + 1), Error::<Test>::WrongWindow);
		assert_ok!(set(MIN_WINDOW));
		assert_ok!(set(MAX_WINDOW));
	});
}
