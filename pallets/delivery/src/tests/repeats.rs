//! Asking for a key once more.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};

/// The buyer asks once more, with secret 2.
fn asked_again() -> u64 {
	let licence = settled();
	Delivery::ask_again(signed(BUYER), licence, key(2)).unwrap();
	licence
}

#[test]
fn ask_again_holds_the_fee_and_waits_for_the_key() {
	run(|| {
		let licence = asked_again();
		assert_eq!(held(&BUYER, HoldReason::Price), FEE);
		assert_eq!(held(&BUYER, HoldReason::Delivery), record_deposit());
		assert_eq!(seller(&SELLER).covers, 0);
		assert_eq!(
			last_event(),
			Event::KeyRequested {
				licence,
				listing: LISTING,
				version: VERSION,
				recipient: identity().recipient(),
				seller: SELLER,
				buyer: BUYER,
				key: key(2),
				payment: Payment::again(FEE),
				until: 1 + WINDOW,
			}
		);
		// The licence counts meanwhile.
		assert_eq!(Shop::holder(licence), Some(BUYER));
	});
}

#[test]
fn ask_again_pays_the_seller_when_the_key_came() {
	run(|| {
		let licence = asked_again();
		let before = free(&SELLER);
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
		let sealed = *state(licence).sealed().unwrap();
		let opened = secret(2).open(context(licence), &identity().recipient(), &sealed);
		assert!(opened.is_ok());
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_eq!(free(&SELLER), before + FEE);
		assert_eq!(held(&BUYER, HoldReason::Price), 0);
		assert_eq!(
			last_event(),
			Event::DeliveryFinalized {
				licence,
				seller: SELLER,
				buyer: BUYER,
				payment: Payment::again(FEE),
			}
		);
	});
}

#[test]
fn ask_again_costs_nothing_when_no_key_comes() {
	run(|| {
		let licence = asked_again();
		at(2 + WINDOW);
		assert_ok!(Delivery::expire(signed(OTHER), licence));
		assert_eq!(
			last_event(),
			Event::DeliveryExpired {
				licence,
				seller: SELLER,
				buyer: BUYER,
				refunded: FEE,
				compensation: 0,
			}
		);
		assert_eq!(free(&BUYER), ENDOWMENT - PRICE);
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND);
		assert_eq!(Shop::holder(licence), Some(BUYER));
	});
}

#[test]
fn ask_again_costs_nothing_when_the_key_is_wrong() {
	run(|| {
		let licence = asked_again();
		assert_ok!(deliver(SELLER, licence, wrong_key(licence)));
		assert_ok!(complain(BUYER, licence, honest_complaint(licence, 2)));
		assert_eq!(
			last_event(),
			Event::ComplaintUpheld {
				licence,
				seller: SELLER,
				buyer: BUYER,
				refunded: FEE,
				compensation: 0,
				burned: 0,
			}
		);
		assert_eq!(free(&BUYER), ENDOWMENT - PRICE);
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND);
		assert_eq!(Shop::holder(licence), Some(BUYER));
	});
}

#[test]
fn ask_again_serves_who_got_the_licence_from_the_buyer() {
	run(|| {
		let licence = settled();
		Shop::transfer(licence, OTHER);
		let ask = |who| Delivery::ask_again(signed(who), licence, key(2));
		assert_noop!(ask(BUYER), Error::<Test>::NotHolder);
		assert_ok!(ask(OTHER));
		// The record before is gone, and its deposit is back with who paid it.
		assert_eq!(held(&BUYER, HoldReason::Delivery), 0);
		assert_eq!(held(&OTHER, HoldReason::Delivery), record_deposit());
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
		assert_noop!(
			complain(BUYER, licence, honest_complaint(licence, 2)),
			Error::<Test>::NotBuyer
		);
	});
}

#[test]
fn ask_again_asks_who_owns_the_listing_now() {
	run(|| {
		let licence = settled();
		Shop::hand_over(HEIR);
		assert_ok!(Delivery::ask_again(signed(BUYER), licence, key(2)));
		assert_eq!(delivery(licence).seller, HEIR);
		let sealed = right_key(licence);
		assert_noop!(deliver(SELLER, licence, sealed), Error::<Test>::NotSeller);
		// Without a bond of its own.
		assert_ok!(deliver(HEIR, licence, sealed));
	});
}

#[test]
fn ask_again_works_when_the_record_was_removed() {
	run(|| {
		let licence = settled();
		assert_ok!(Delivery::remove_delivery(signed(BUYER), licence));
		assert_ok!(Delivery::ask_again(signed(BUYER), licence, key(2)));
	});
}

#[test]
fn ask_again_fails_when_a_delivery_is_open() {
	run(|| {
		let licence = asked_again();
		let ask = || Delivery::ask_again(signed(BUYER), licence, key(3));
		assert_noop!(ask(), Error::<Test>::DeliveryOpen);
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
		assert_noop!(ask(), Error::<Test>::DeliveryOpen);
	});
}

#[test]
fn ask_again_ends_what_a_holder_before_waits_for() {
	run(|| {
		let licence = asked_again();
		Shop::transfer(licence, OTHER);
		let before = free(&BUYER);
		assert_ok!(Delivery::ask_again(signed(OTHER), licence, key(3)));
		assert_eq!(delivery(licence).buyer, OTHER);
		assert_eq!(held(&BUYER, HoldReason::Price), 0);
		assert_eq!(held(&BUYER, HoldReason::Delivery), 0);
		assert_eq!(free(&BUYER), before + FEE + record_deposit());
		assert_eq!(held(&OTHER, HoldReason::Price), FEE);
		assert_eq!(Shop::holder(licence), Some(OTHER));
		// What came is left to whoever asked for it.
		assert_ok!(deliver(SELLER, licence, wrong_key(licence)));
		Shop::transfer(licence, BUYER);
		assert_noop!(
			Delivery::ask_again(signed(BUYER), licence, key(4)),
			Error::<Test>::DeliveryOpen
		);
	});
}

#[test]
fn ask_again_fails_when_there_is_no_licence() {
	run(|| {
		let ask = |licence| Delivery::ask_again(signed(BUYER), licence, key(2));
		assert_noop!(ask(9), Error::<Test>::NoSealedLicence);
		// A licence that is being bought is none yet.
		let licence = bought();
		assert_noop!(ask(licence), Error::<Test>::NoSealedLicence);
	});
}

#[test]
fn ask_again_fails_when_the_key_is_malformed() {
	run(|| {
		let licence = settled();
		let ask = |key| Delivery::ask_again(signed(BUYER), licence, key);
		assert_noop!(ask([0; 32]), Error::<Test>::KeyIsIdentity);
		assert_noop!(ask([0xff; 32]), Error::<Test>::KeyNotAPoint);
	});
}

#[test]
fn ask_again_fails_when_the_fee_is_not_there() {
	run(|| {
		let licence = settled();
		RepeatFee::set(&(2 * ENDOWMENT));
		assert_noop!(
			Delivery::ask_again(signed(BUYER), licence, key(2)),
			Error::<Test>::BalanceTooLow
		);
	});
}

#[test]
fn fee_stays_with_the_holder_when_the_seller_cannot_take_it() {
	run(|| {
		let licence = settled();
		RepeatFee::set(&(ED - 1));
		Shop::hand_over(NOBODY);
		assert_ok!(Delivery::ask_again(signed(BUYER), licence, key(2)));
		assert_ok!(deliver(NOBODY, licence, right_key(licence)));
		let before = free(&BUYER);
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_eq!(free(&BUYER), before + ED - 1);
		assert_eq!(free(&NOBODY), 0);
	});
}
