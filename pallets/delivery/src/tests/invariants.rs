//! Each invariant broken on purpose, and the sizes of records.

use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_ok,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision},
		Consideration,
	},
};
use sp_runtime::TryRuntimeError;

type Check = Result<(), TryRuntimeError>;

/// Breaks a sound chain and expects `check` to say why, and the whole to fail with it.
fn broken(build: fn() -> u64, damage: impl FnOnce(u64), check: fn() -> Check, why: &'static str) {
	new_test_ext().execute_with(|| {
		let licence = build();
		assert_ok!(Delivery::check_invariants());
		damage(licence);
		assert_eq!(check(), Err(TryRuntimeError::Other(why)));
		assert!(Delivery::check_invariants().is_err());
	});
}

fn edit(licence: u64, edit: impl FnOnce(&mut DeliveryOf<Test>)) {
	Deliveries::<Test>::mutate(licence, |delivery| edit(delivery.as_mut().unwrap()));
}

fn edit_seller(edit: impl FnOnce(&mut Seller<u32>)) {
	Sellers::<Test>::mutate(SELLER, |seller| edit(seller.as_mut().unwrap()));
}

#[test]
fn price_without_a_hold_is_found() {
	broken(
		bought,
		|_| {
			let reason = HoldReason::Price.into();
			Balances::release(&reason, &BUYER, 1, Precision::Exact).unwrap();
		},
		Delivery::prices_are_held,
		"INV-1: what is held as price differs from the open deliveries",
	);
}

#[test]
fn held_price_without_an_owner_is_found() {
	broken(
		settled,
		|_| Balances::hold(&HoldReason::Price.into(), &OTHER, 1).unwrap(),
		Delivery::prices_are_held,
		"INV-1: what is held as price differs from the open deliveries",
	);
}

#[test]
fn bond_that_is_not_held_is_found() {
	broken(
		bought,
		|_| {
			let reason = HoldReason::Bond.into();
			Balances::burn_held(&reason, &SELLER, 1, Precision::Exact, Fortitude::Force).unwrap();
		},
		Delivery::bonds_are_held,
		"INV-2: what is held as bond differs from the sellers",
	);
}

#[test]
fn deposit_that_is_not_held_is_found() {
	broken(
		settled,
		|_| {
			let reason = HoldReason::Delivery.into();
			Balances::release(&reason, &BUYER, 1, Precision::Exact).unwrap();
		},
		Delivery::deposits_are_held,
		"INV-3: what is held as deposit differs from the deliveries",
	);
}

#[test]
fn payment_with_another_cover_is_found() {
	broken(
		bought,
		|licence| {
			let payment = Payment {
				cover: PRICE / 10 - 1,
				..Payment::sale(PRICE)
			};
			edit(licence, |delivery| {
				delivery.state = State::Awaiting { payment, until: 9 };
			});
			edit_seller(|seller| seller.covers -= 1);
		},
		Delivery::bonds_cover_sales,
		"INV-4: a payment is covered by another part than it needs",
	);
}

#[test]
fn bond_with_wrong_covers_is_found() {
	broken(
		bought,
		|_| edit_seller(|seller| seller.covers += 1),
		Delivery::bonds_cover_sales,
		"INV-4: a bond counts other covers than its sales need",
	);
}

#[test]
fn bond_that_is_too_small_is_found() {
	broken(
		bought,
		|_| edit_seller(|seller| seller.bond = seller.covers - 1),
		Delivery::bonds_cover_sales,
		"INV-4: a bond is smaller than what it covers",
	);
}

#[test]
fn sale_without_a_bond_is_found() {
	broken(
		bought,
		|_| Sellers::<Test>::remove(SELLER),
		Delivery::bonds_cover_sales,
		"INV-4: a sale waits that no bond covers",
	);
}

#[test]
fn sale_that_is_not_reserved_is_found() {
	broken(
		bought,
		|licence| {
			use weighhouse_primitives::traits::SealedSales;
			Shop::cancel(licence).unwrap();
		},
		Delivery::sales_are_reserved,
		"INV-5: a licence is off sale without an open sale, or on sale with one",
	);
}

#[test]
fn reservation_without_a_sale_is_found() {
	broken(
		settled,
		Shop::reserve_without_sale,
		Delivery::sales_are_reserved,
		"INV-5: a licence is off sale without an open sale, or on sale with one",
	);
}

#[test]
fn malformed_key_is_found() {
	broken(
		bought,
		|licence| edit(licence, |delivery| delivery.key = [0; 32]),
		Delivery::points_are_canonical,
		"INV-6: a key or point is malformed",
	);
}

#[test]
fn malformed_point_is_found() {
	broken(
		settled,
		|licence| {
			edit(licence, |delivery| {
				let mut sealed = *delivery.state.sealed().unwrap();
				sealed.point = [0xff; 32];
				delivery.state = State::Settled { sealed };
			});
		},
		Delivery::points_are_canonical,
		"INV-6: a key or point is malformed",
	);
}

#[test]
fn queue_that_names_a_stranger_is_found() {
	broken(
		bought,
		|licence| edit(licence, |delivery| delivery.queued = Some(3)),
		Delivery::queues_name_the_deliveries,
		"INV-7: a queue names a delivery that does not say so",
	);
}

#[test]
fn delivery_that_is_over_and_waits_is_found() {
	broken(
		bought,
		|licence| {
			edit(licence, |delivery| {
				delivery.state = State::Settled {
					sealed: right_key(licence),
				}
			})
		},
		Delivery::queues_name_the_deliveries,
		"INV-7: a delivery that is over waits in a queue",
	);
}

#[test]
fn queue_that_was_passed_over_is_found() {
	broken(
		bought,
		|_| crate::NextDue::<Test>::put(3 + WINDOW),
		Delivery::queues_name_the_deliveries,
		"INV-7: a queue was passed over",
	);
}

#[test]
fn delivery_that_no_queue_names_is_found() {
	broken(
		bought,
		|_| Due::<Test>::remove(2 + WINDOW),
		Delivery::queues_name_the_deliveries,
		"INV-7: a delivery is not in the queue that it says",
	);
}

// The invariants read what a ticket holds out of its encoding.
#[test]
fn ticket_encodes_as_its_amount() {
	run(|| {
		let licence = bought();
		assert_eq!(delivery(licence).ticket.encode(), record_deposit().encode());
		let ticket = Ticket::<Test>::new(&OTHER, delivery_footprint::<Test>()).unwrap();
		ticket.drop(&OTHER).unwrap();
	});
}

#[test]
fn records_have_the_sizes_that_deposits_and_proofs_count_on() {
	assert_eq!(DeliveryOf::<Test>::max_encoded_len(), 259);
	assert_eq!(Seller::<u32>::max_encoded_len(), 36);
	assert_eq!(KeyOf::max_encoded_len(), 104);
}

#[test]
fn deposit_is_for_the_largest_record() {
	let footprint = delivery_footprint::<Test>();
	assert_eq!((footprint.count, footprint.size), (1, 259));
	run(|| assert_eq!(record_deposit(), BASE + 259 * BYTE));
}
