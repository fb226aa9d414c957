//! Listings that change hands.

use crate::{mock::*, *};
use frame_support::assert_ok;
use weighhouse_primitives::traits::OwnershipChange;

fn change(listing: u32) -> sp_runtime::DispatchResult {
	<Reputation as OwnershipChange<_>>::before_change(listing, &ALICE)
}

#[test]
fn change_of_owner_is_noted_when_a_listing_is_remembered() {
	run(|| {
		bobs_receipt(UNIT);
		let before = record_of(LISTING);
		at(9);
		assert_ok!(change(1));
		let after = record_of(LISTING);
		assert_eq!(after.owner_changed, Some(9));
		// The evidence stays as it was, dated as it was.
		let unchanged = Record {
			owner_changed: None,
			..after
		};
		assert_eq!(unchanged, before);
		assert_eq!(events().last(), Some(&Event::OwnerChanged { listing: 1 }));
	});
}

#[test]
fn change_of_owner_keeps_the_last_when_there_are_several() {
	run(|| {
		bobs_receipt(UNIT);
		at(9);
		assert_ok!(change(1));
		at(12);
		bobs_receipt(UNIT);
		assert_eq!(record_of(LISTING).owner_changed, Some(9));
		assert_ok!(change(1));
		assert_eq!(record_of(LISTING).owner_changed, Some(12));
	});
}

#[test]
fn change_of_owner_stores_nothing_when_nothing_was_paid_for_the_listing() {
	run(|| {
		bobs_receipt(UNIT);
		assert_ok!(change(2));
		assert!(!Subjects::<Test>::contains_key(Subject::Listing(2)));
		assert_eq!(Subjects::<Test>::iter().count(), 2);
		assert!(!events().contains(&Event::OwnerChanged { listing: 2 }));
	});
}

#[test]
fn change_of_owner_leaves_the_score_of_sellers() {
	run(|| {
		bobs_receipt(UNIT);
		let before = record_of(SELLER);
		assert_ok!(change(1));
		assert_eq!(record_of(SELLER), before);
	});
}

#[test]
fn receipts_count_for_whoever_sold_when_the_listing_has_changed_hands() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(change(1));
		Book::settle(1, CAROL, BOB, UNIT);
		assert_ok!(Reputation::rate(signed(BOB), receipt, 0));
		assert_eq!(masses(SELLER), (0, 3 * UNIT));
		assert_eq!(masses(Subject::Seller(CAROL)), (UNIT, 0));
		assert_eq!(masses(LISTING), (UNIT, 3 * UNIT));
	});
}

#[test]
fn change_of_owner_weighs_what_its_benchmark_says() {
	assert_eq!(
		<Reputation as OwnershipChange<AccountId>>::weight(),
		<() as WeightInfo>::before_change()
	);
}
