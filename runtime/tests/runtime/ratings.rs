//! Ratings on the whole runtime: of a licence that was bought, and of an answer that was paid for.

use frame_support::{assert_noop, assert_ok};
use weighhouse_primitives::{ReceiptId, Term};
use weighhouse_runtime::{
	constants::{currency::WGH, time::DAYS},
	Licensing, Reputation, Runtime, System,
};

use crate::{
	chain::{development, held, offer, reconcile, register, signed, ALICE, BOB, CHARLIE},
	jobs::{answered, served, REQUESTER, SELLER, WORKERS},
};

#[test]
fn a_buyer_rates_a_sale_and_gets_the_deposit_back_after_the_window() {
	development(|| {
		let listing = register(ALICE, "model", vec![]);
		offer(ALICE, listing, Term::Perpetual);
		assert_ok!(Licensing::buy(signed(BOB), listing, 1));
		reconcile();
		let receipt: ReceiptId = 1;
		let deposits = held(BOB);
		let known = Reputation::seller_reputation(ALICE.to_account_id());
		assert_eq!((known.success, known.failure), (WGH / 4, 0));

		assert_ok!(Reputation::rate(signed(BOB), receipt, 0));
		reconcile();
		assert_eq!(held(BOB), deposits + Reputation::rating_deposit());
		// The fee of 10 WGH, three times.
		for known in [
			Reputation::listing_reputation(listing),
			Reputation::seller_reputation(ALICE.to_account_id()),
		] {
			assert_eq!((known.success, known.failure), (0, 3 * WGH / 4));
		}

		System::set_block_number(7 * DAYS);
		assert_noop!(
			Reputation::forget_rating(signed(CHARLIE), receipt),
			pallet_reputation::Error::<Runtime>::RatingStillNeeded
		);
		System::set_block_number(7 * DAYS + 1);
		assert_ok!(Reputation::forget_rating(signed(CHARLIE), receipt));
		assert_eq!(held(BOB), deposits);
	});
}

#[test]
fn a_requester_rates_an_answer_for_its_listing_and_seller_and_not_for_its_workers() {
	development(|| {
		served();
		let receipt = answered(b"yes");
		let listing = Reputation::listing_reputation(1);
		assert_eq!((listing.successes, listing.failures), (1, 0));
		assert_ok!(Reputation::rate(signed(REQUESTER), receipt, 0));
		reconcile();
		for known in [
			Reputation::listing_reputation(1),
			Reputation::seller_reputation(SELLER.to_account_id()),
		] {
			assert_eq!((known.successes, known.failures), (0, 1));
		}
		for worker in WORKERS {
			let known = Reputation::worker_reputation(worker.to_account_id());
			assert_eq!((known.successes, known.failures), (1, 0));
		}
		assert_noop!(
			Reputation::rate(signed(REQUESTER), receipt, 100),
			pallet_reputation::Error::<Runtime>::AlreadyRated
		);
	});
}
