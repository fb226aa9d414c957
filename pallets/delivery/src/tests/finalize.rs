//! Ending deliveries: paid for, or expired.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn finalize_pays_and_lets_the_licence_count() {
	run(|| {
		let licence = delivered(right_key);
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_eq!(Shop::holder(licence), Some(BUYER));
		assert_eq!(free(&SELLER), ENDOWMENT - BOND + PRICE);
		assert_eq!(held(&BUYER, HoldReason::Price), 0);
		assert_eq!(seller(&SELLER).covers, 0);
		assert_eq!(
			state(licence),
			State::Settled {
				sealed: right_key(licence)
			}
		);
		assert_eq!(
			last_event(),
			Event::DeliveryFinalized {
				licence,
				seller: SELLER,
				buyer: BUYER,
				payment: Payment::sale(PRICE),
			}
		);
	});
}

#[test]
fn finalize_is_for_everybody_when_the_window_is_over() {
	run(|| {
		let licence = delivered(right_key);
		at(1 + COMPLAINTS);
		for who in [SELLER, OTHER] {
			assert_noop!(
				Delivery::finalize(signed(who), licence),
				Error::<Test>::MayComplain
			);
		}
		at(2 + COMPLAINTS);
		assert_ok!(Delivery::finalize(signed(OTHER), licence));
	});
}

#[test]
fn finalize_fails_when_there_is_nothing_to_end() {
	run(|| {
		let finalize = |licence| Delivery::finalize(signed(BUYER), licence);
		assert_noop!(finalize(1), Error::<Test>::UnknownDelivery);
		let licence = bought();
		assert_noop!(finalize(licence), Error::<Test>::NotDelivered);
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
		assert_ok!(finalize(licence));
		assert_noop!(finalize(licence), Error::<Test>::AlreadySettled);
	});
}

#[test]
fn finalize_changes_nothing_when_the_sale_cannot_be_completed() {
	run(|| {
		let licence = delivered(right_key);
		Shut::set(&true);
		assert_noop!(
			Delivery::finalize(signed(BUYER), licence),
			DispatchError::Other("shut")
		);
		assert_eq!(held(&BUYER, HoldReason::Price), PRICE);
		Shut::set(&false);
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
	});
}

#[test]
fn expire_gives_the_money_back_with_a_hundredth_of_it() {
	run(|| {
		let licence = bought();
		at(2 + WINDOW);
		assert_ok!(Delivery::expire(signed(OTHER), licence));
		let compensation = PRICE / 100;
		assert_eq!(free(&BUYER), ENDOWMENT + compensation);
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND - compensation);
		assert_eq!(seller(&SELLER).covers, 0);
		assert_eq!(
			last_event(),
			Event::DeliveryExpired {
				licence,
				seller: SELLER,
				buyer: BUYER,
				refunded: PRICE,
				compensation,
			}
		);
		assert_eq!(Shop::holder(licence), None);
	});
}

#[test]
fn expire_fails_when_the_seller_still_has_time() {
	run(|| {
		let licence = bought();
		at(1 + WINDOW);
		assert_noop!(
			Delivery::expire(signed(BUYER), licence),
			Error::<Test>::NotOverdue
		);
	});
}

#[test]
fn expire_fails_when_the_key_was_delivered() {
	run(|| {
		let expire = |licence| Delivery::expire(signed(BUYER), licence);
		assert_noop!(expire(1), Error::<Test>::UnknownDelivery);
		let licence = delivered(right_key);
		at(1_000);
		assert_noop!(expire(licence), Error::<Test>::AlreadyDelivered);
	});
}

#[test]
fn no_sale_is_ended_twice() {
	run(|| {
		let licence = bought();
		at(2 + WINDOW);
		assert_ok!(Delivery::expire(signed(OTHER), licence));
		let unknown = Error::<Test>::UnknownDelivery;
		assert_noop!(Delivery::expire(signed(OTHER), licence), unknown);
		assert_noop!(
			Delivery::finalize(signed(BUYER), licence),
			Error::<Test>::UnknownDelivery
		);
		let licence = delivered(wrong_key);
		let complaint = honest_complaint(licence, 1);
		assert_ok!(complain(BUYER, licence, complaint));
		assert_noop!(
			complain(BUYER, licence, complaint),
			Error::<Test>::UnknownDelivery
		);
	});
}

#[test]
fn remove_delivery_gives_the_deposit_back() {
	run(|| {
		let licence = settled();
		assert_eq!(held(&BUYER, HoldReason::Delivery), record_deposit());
		assert_ok!(Delivery::remove_delivery(signed(BUYER), licence));
		assert_eq!(held(&BUYER, HoldReason::Delivery), 0);
		assert_eq!(
			last_event(),
			Event::DeliveryRemoved {
				licence,
				buyer: BUYER
			}
		);
	});
}

#[test]
fn remove_delivery_is_for_everybody_when_the_licence_is_gone() {
	run(|| {
		let licence = settled();
		let remove = || Delivery::remove_delivery(signed(OTHER), licence);
		assert_noop!(remove(), Error::<Test>::NotBuyer);
		Shop::drop_licence(licence);
		assert_ok!(remove());
		assert_noop!(remove(), Error::<Test>::UnknownDelivery);
		assert_eq!(held(&BUYER, HoldReason::Delivery), 0);
	});
}

#[test]
fn remove_delivery_fails_when_it_is_open() {
	run(|| {
		let remove = |licence| Delivery::remove_delivery(signed(BUYER), licence);
		let licence = bought();
		assert_noop!(remove(licence), Error::<Test>::DeliveryOpen);
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
		assert_noop!(remove(licence), Error::<Test>::DeliveryOpen);
	});
}

#[test]
fn expire_moves_no_money_when_the_price_was_nothing() {
	use pallet_balances::Event as Money;
	run(|| {
		bond(BOND);
		Shop::offer(1, 0);
		assert_ok!(buy(BUYER, 1));
		at(2 + WINDOW);
		assert_ok!(Delivery::expire(signed(OTHER), 1));
		let moved: Vec<Money<Test>> = System::read_events_for_pallet();
		assert!(!moved.iter().any(|event| matches!(
			event,
			Money::Held { amount: 0, .. }
				| Money::Released { amount: 0, .. }
				| Money::BurnedHeld { amount: 0, .. }
				| Money::TransferOnHold { amount: 0, .. }
		)));
	});
}
