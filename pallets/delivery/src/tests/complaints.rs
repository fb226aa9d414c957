//! Complaints: upheld about wrong keys, refused otherwise.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use weighhouse_primitives::sealing::Complaint;

#[test]
fn complain_gives_the_money_back_when_the_key_is_wrong() {
	run(|| {
		let licence = delivered(wrong_key);
		let issued = Balances::total_issuance();
		assert_ok!(complain(BUYER, licence, honest_complaint(licence, 1)));
		let tenth = PRICE / 10;
		assert_eq!(free(&BUYER), ENDOWMENT + tenth);
		assert_eq!(held(&BUYER, HoldReason::Price), 0);
		assert_eq!(held(&SELLER, HoldReason::Bond), BOND - 2 * tenth);
		assert_eq!(Balances::total_issuance(), issued - tenth);
		assert_eq!(
			last_event(),
			Event::ComplaintUpheld {
				licence,
				seller: SELLER,
				buyer: BUYER,
				refunded: PRICE,
				compensation: tenth,
				burned: tenth,
			}
		);
		assert_eq!(Deliveries::<Test>::get(licence), None);
		assert_eq!(Shop::holder(licence), None);
	});
}

#[test]
fn complain_burns_only_what_covers_no_other_sale() {
	run(|| {
		bond(2 * PRICE / 10 + 5);
		let (first, second) = (bought(), bought());
		assert_ok!(deliver(SELLER, first, wrong_key(first)));
		assert_ok!(complain(BUYER, first, honest_complaint(first, 1)));
		let Event::ComplaintUpheld {
			compensation,
			burned,
			..
		} = last_event()
		else {
			panic!("the complaint is upheld");
		};
		assert_eq!((compensation, burned), (PRICE / 10, 5));
		assert_eq!(seller(&SELLER).bond, PRICE / 10);
		// The other sale is covered as before.
		assert_ok!(deliver(SELLER, second, wrong_key(second)));
		assert_ok!(complain(BUYER, second, honest_complaint(second, 1)));
		assert_eq!(free(&BUYER), ENDOWMENT + 2 * (PRICE / 10));
		assert_eq!(Sellers::<Test>::get(SELLER), None);
	});
}

#[test]
fn complain_is_heard_until_the_last_block_of_its_window() {
	run(|| {
		let licence = delivered(wrong_key);
		at(1 + COMPLAINTS);
		assert_ok!(complain(BUYER, licence, honest_complaint(licence, 1)));
	});
}

#[test]
fn complain_fails_when_the_window_is_over() {
	run(|| {
		let licence = delivered(wrong_key);
		at(2 + COMPLAINTS);
		assert_noop!(
			complain(BUYER, licence, honest_complaint(licence, 1)),
			Error::<Test>::TooLateToComplain
		);
	});
}

#[test]
fn complain_fails_when_the_key_is_right() {
	run(|| {
		let licence = delivered(right_key);
		assert_noop!(
			complain(BUYER, licence, honest_complaint(licence, 1)),
			Error::<Test>::KeyIsRight
		);
	});
}

#[test]
fn complain_fails_when_somebody_else_does_it() {
	run(|| {
		let licence = delivered(wrong_key);
		let complaint = honest_complaint(licence, 1);
		assert_noop!(complain(OTHER, licence, complaint), Error::<Test>::NotBuyer);
		assert_noop!(
			complain(SELLER, licence, complaint),
			Error::<Test>::NotBuyer
		);
	});
}

#[test]
fn complain_fails_when_no_key_was_delivered() {
	run(|| {
		let licence = bought();
		let complaint = complaint(licence, 1, &wrong_key(licence));
		assert_noop!(
			complain(BUYER, licence, complaint),
			Error::<Test>::NotDelivered
		);
		assert_noop!(
			complain(BUYER, 99, complaint),
			Error::<Test>::UnknownDelivery
		);
	});
}

#[test]
fn complain_fails_when_the_delivery_was_paid_for() {
	run(|| {
		let licence = delivered(wrong_key);
		let complaint = honest_complaint(licence, 1);
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_noop!(
			complain(BUYER, licence, complaint),
			Error::<Test>::AlreadySettled
		);
	});
}

#[test]
fn complain_fails_when_the_proof_is_of_another_licence() {
	run(|| {
		// The same buyer, with the same delivery key.
		let (first, second) = (bought(), bought());
		assert_ok!(deliver(SELLER, first, wrong_key(first)));
		assert_ok!(deliver(SELLER, second, wrong_key(second)));
		assert_noop!(
			complain(BUYER, second, honest_complaint(first, 1)),
			Error::<Test>::BadProof
		);
	});
}

#[test]
fn complain_fails_when_the_proof_is_of_another_chain() {
	run(|| {
		let licence = delivered(wrong_key);
		let sealed = *state(licence).sealed().unwrap();
		let mut context = context(licence);
		context.genesis.0[0] ^= 1;
		let complaint = secret(1).complain(context, &sealed).unwrap();
		assert_noop!(complain(BUYER, licence, complaint), Error::<Test>::BadProof);
	});
}

#[test]
fn complain_fails_when_the_proof_is_of_another_version() {
	run(|| {
		let licence = delivered(wrong_key);
		let sealed = *state(licence).sealed().unwrap();
		let mut context = context(licence);
		context.version += 1;
		let complaint = secret(1).complain(context, &sealed).unwrap();
		assert_noop!(complain(BUYER, licence, complaint), Error::<Test>::BadProof);
	});
}

#[test]
fn complain_fails_when_it_is_malformed() {
	run(|| {
		let licence = delivered(wrong_key);
		let good = honest_complaint(licence, 1);
		for (complaint, error) in [
			(
				Complaint {
					shared: [0; 32],
					..good
				},
				Error::<Test>::SharedIsIdentity,
			),
			(
				Complaint {
					shared: [0xff; 32],
					..good
				},
				Error::<Test>::SharedNotAPoint,
			),
			(
				Complaint {
					challenge: [0xff; 32],
					..good
				},
				Error::<Test>::ScalarTooLarge,
			),
			(
				Complaint {
					response: [0xff; 32],
					..good
				},
				Error::<Test>::ScalarTooLarge,
			),
			(
				Complaint {
					shared: key(2),
					..good
				},
				Error::<Test>::BadProof,
			),
		] {
			assert_noop!(complain(BUYER, licence, complaint), error);
		}
	});
}
