//! Buying: what is held, and why it is refused.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::DispatchError;

#[test]
fn buy_holds_the_price_and_waits_for_the_key() {
	run(|| {
		let licence = bought();
		assert_eq!(licence, 1);
		let until = 1 + WINDOW;
		let payment = Payment {
			purpose: Purpose::Sale,
			amount: PRICE,
			cover: PRICE / 10,
		};
		assert_eq!(held(&BUYER, HoldReason::Price), PRICE);
		assert_eq!(held(&BUYER, HoldReason::Delivery), record_deposit());
		assert_eq!(free(&BUYER), ENDOWMENT - PRICE - record_deposit());
		assert_eq!(state(licence), State::Awaiting { payment, until });
		assert_eq!(
			last_event(),
			Event::KeyRequested {
				licence,
				listing: LISTING,
				version: VERSION,
				recipient: identity().recipient(),
				seller: SELLER,
				buyer: BUYER,
				key: key(1),
				payment,
				until,
			}
		);
		assert_eq!(Shop::holder(licence), None);
	});
}

#[test]
fn buy_takes_a_tenth_of_the_price_of_the_bond_as_cover() {
	run(|| {
		bond(BOND);
		Shop::offer(1, 101);
		assert_ok!(buy(BUYER, 1));
		assert_eq!(seller(&SELLER).covers, 11);
		assert_ok!(buy(OTHER, 2));
		assert_eq!(seller(&SELLER).covers, 22);
	});
}

#[test]
fn buy_fails_when_the_bond_covers_no_more() {
	run(|| {
		bond(BOND);
		Shop::offer(1, BOND * 10 + 1);
		assert_noop!(buy(BUYER, 1), Error::<Test>::BondCoversNoMore);
		Shop::offer(1, BOND * 10);
		assert_ok!(buy(BUYER, 1));
		Shop::offer(1, 1);
		assert_noop!(buy(BUYER, 2), Error::<Test>::BondCoversNoMore);
	});
}

#[test]
fn buy_costs_nothing_when_the_price_is_nothing() {
	run(|| {
		bond(BOND);
		Shop::offer(1, 0);
		assert_ok!(buy(BUYER, 1));
		assert_eq!(held(&BUYER, HoldReason::Price), 0);
		assert_eq!(seller(&SELLER).covers, 0);
		deliver(SELLER, 1, right_key(1)).unwrap();
		assert_ok!(Delivery::finalize(signed(BUYER), 1));
		assert_eq!(free(&BUYER), ENDOWMENT - record_deposit());
	});
}

#[test]
fn buy_fails_when_the_seller_has_no_bond() {
	run(|| {
		assert_noop!(buy(BUYER, 1), Error::<Test>::SellerNotBonded);
	});
}

#[test]
fn buy_fails_when_the_seller_takes_longer_than_the_buyer_would_wait() {
	run(|| {
		bond(BOND);
		let buy = |within| Delivery::buy(signed(BUYER), LISTING, 1, key(1), within);
		assert_noop!(buy(WINDOW - 1), Error::<Test>::DeliveryTooSlow);
		assert_ok!(buy(u32::MAX));
	});
}

#[test]
fn buy_fails_when_the_key_is_malformed() {
	run(|| {
		bond(BOND);
		let buy = |key| Delivery::buy(signed(BUYER), LISTING, 1, key, WINDOW);
		assert_noop!(buy([0; 32]), Error::<Test>::KeyIsIdentity);
		assert_noop!(buy([0xff; 32]), Error::<Test>::KeyNotAPoint);
		let mut negative = [0; 32];
		negative[0] = 1;
		assert_noop!(buy(negative), Error::<Test>::KeyNotAPoint);
	});
}

#[test]
fn buy_fails_when_the_shop_refuses() {
	run(|| {
		bond(BOND);
		let buy = |listing, offer| Delivery::buy(signed(BUYER), listing, offer, key(1), WINDOW);
		assert_noop!(buy(8, 1), DispatchError::Other("no such listing"));
		assert_noop!(buy(LISTING, 2), DispatchError::Other("no such offer"));
	});
}

#[test]
fn buy_fails_when_price_and_deposit_are_not_there() {
	run(|| {
		bond(100 * UNIT);
		let most = ENDOWMENT - ED - record_deposit();
		Shop::offer(1, most + 1);
		assert_noop!(buy(BUYER, 1), Error::<Test>::BalanceTooLow);
		Shop::offer(1, most);
		assert_ok!(buy(BUYER, 1));
	});
}

#[test]
fn buy_fails_when_the_deadlines_are_full() {
	run(|| {
		bond(BOND);
		for block in 0..DUE_SPREAD {
			let others = vec![99; MAX_DUE_REQUESTS as usize];
			Due::<Test>::insert(2 + WINDOW + block, BoundedVec::truncate_from(others));
		}
		assert_noop!(buy(BUYER, 1), Error::<Test>::TooManyDue);
		Due::<Test>::remove(2 + WINDOW + DUE_SPREAD - 1);
		assert_ok!(buy(BUYER, 1));
		assert_eq!(delivery(1).queued, Some(2 + WINDOW + DUE_SPREAD - 1));
		uncrowd();
	});
}

#[test]
fn sale_stays_with_its_seller_when_the_listing_changes_hands() {
	run(|| {
		let licence = bought();
		Shop::hand_over(HEIR);
		let sealed = right_key(licence);
		assert_noop!(deliver(HEIR, licence, sealed), Error::<Test>::NotSeller);
		assert_ok!(deliver(SELLER, licence, sealed));
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_eq!(free(&SELLER), ENDOWMENT - BOND + PRICE);
		assert_eq!(free(&HEIR), ENDOWMENT);
	});
}
