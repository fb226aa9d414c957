//! Rating receipts and forgetting ratings.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use weighhouse_primitives::ReceiptId;

fn rate(who: AccountId, receipt: ReceiptId, percent: u8) -> sp_runtime::DispatchResult {
	Reputation::rate(signed(who), receipt, percent)
}

fn forget(who: AccountId, receipt: ReceiptId) -> sp_runtime::DispatchResult {
	Reputation::forget_rating(signed(who), receipt)
}

#[test]
fn rate_turns_what_was_not_well_into_failure_of_listing_with_its_seller() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(4 * UNIT);
		at(8);
		assert_ok!(rate(BOB, receipt, 75));

		// Three blocks of a half-life of a thousand have passed.
		let left = |mass: f64| (mass * (-0.003f64).exp2()) as u128;
		for subject in [LISTING, SELLER] {
			let (success, failure) = masses(subject.clone());
			assert!(success.abs_diff(left(3e12)) <= 1, "{success}");
			assert!(failure.abs_diff(left(3e12)) <= 1, "{failure}");
			assert_eq!(counts(subject.clone()), (1, 0));
			assert_eq!(stored(subject.clone()).at, 8);
			assert!(score(subject).abs_diff(score_of(left(3e12), left(3e12))) <= 1);
		}
		assert_eq!(free(&BOB), ENDOWMENT - deposit());
		assert_eq!(held(&BOB), deposit());
		let rating = Ratings::<Test>::get(receipt).unwrap();
		assert_eq!((rating.buyer, rating.percent), (BOB, 75));
		assert_eq!((rating.block, rating.until), (8, 5 + RATING_WINDOW));
		assert_eq!(
			events().last(),
			Some(&Event::Rated {
				receipt,
				buyer: BOB,
				listing: 1,
				seller: ALICE,
				percent: 75,
				taken: left(1e12),
				listing_score: score(LISTING),
				seller_score: score(SELLER),
			})
		);
	});
}

#[test]
fn rate_takes_the_whole_success_back_when_nothing_was_well() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		for subject in [LISTING, SELLER] {
			assert_eq!(masses(subject.clone()), (0, 3 * UNIT));
			assert_eq!(counts(subject), (0, 1));
		}
		assert!(matches!(
			events().last(),
			Some(Event::Rated { taken: UNIT, .. })
		));
	});
}

#[test]
fn rate_changes_no_mass_when_all_was_well() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		let before = record_of(LISTING);
		assert_ok!(rate(BOB, receipt, 100));
		assert_eq!(record_of(LISTING), before);
		assert_eq!(held(&BOB), deposit());
		assert!(matches!(
			events().last(),
			Some(Event::Rated {
				percent: 100,
				taken: 0,
				..
			})
		));
	});
}

#[test]
fn rate_counts_a_failure_when_less_than_half_was_well() {
	run(|| {
		for (percent, expected) in [(50, (1, 0)), (49, (1, 1)), (0, (1, 2)), (100, (2, 2))] {
			let receipt = bobs_receipt(UNIT);
			assert_ok!(rate(BOB, receipt, percent));
			assert_eq!(counts(LISTING), expected);
			assert_eq!(counts(SELLER), expected);
		}
	});
}

#[test]
fn rate_leaves_other_receipts_as_they_were() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		Book::settle(1, ALICE, CAROL, 5 * UNIT);
		Book::settle(2, ALICE, CAROL, 7 * UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		assert_eq!(masses(LISTING), (5 * UNIT, 3 * UNIT));
		assert_eq!(masses(SELLER), (12 * UNIT, 3 * UNIT));
		assert_eq!(masses(Subject::Listing(2)), (7 * UNIT, 0));
	});
}

#[test]
fn rate_takes_no_more_than_has_not_faded() {
	run(|| {
		RatingWindow::set(&HALF_LIFE);
		let receipt = bobs_receipt(2 * UNIT);
		at(HALF_LIFE);
		Book::settle(1, ALICE, CAROL, 4 * UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		// A block before the half-life is over, a thousandth of its logarithm more than half is left.
		let (success, failure) = masses(LISTING);
		assert!(success.abs_diff(4 * UNIT) <= 1, "{success}");
		let left = (2e12 * (-0.999f64).exp2()) as u128;
		assert!(failure.abs_diff(3 * left) <= 3, "{failure}");
	});
}

#[test]
fn rate_lowers_the_score_the_more_the_worse_the_rating() {
	run(|| {
		let mut last = None;
		for (listing, percent) in (0..=100).rev().enumerate() {
			let listing = listing as u32;
			let receipt = Book::settle(listing, ALICE, BOB, UNIT);
			assert_ok!(rate(BOB, receipt, percent));
			let score = score(Subject::Listing(listing));
			assert!(
				last.is_none_or(|last| score < last || score == 0),
				"{percent}"
			);
			last = Some(score);
		}
	});
}

#[test]
fn rate_counts_a_receipt_that_was_not_told_of_as_if_it_had_been() {
	run(|| {
		let receipt = Book::write(1, ALICE, BOB, UNIT);
		assert!(!Subjects::<Test>::contains_key(LISTING));
		at(9);
		assert_ok!(rate(BOB, receipt, 40));
		let told = Book::settle(2, CAROL, BOB, UNIT);
		at(10);
		assert_ok!(rate(BOB, told, 40));
		assert_eq!(counts(LISTING), counts(Subject::Listing(2)));
		// The first has faded eight blocks more.
		let (success, failure) = masses(Subject::Listing(2));
		let faded = |mass: u128| (mass as f64 * (-0.008f64).exp2()) as u128;
		let (untold_success, untold_failure) = masses(LISTING);
		assert!(untold_success.abs_diff(faded(success)) <= 2);
		assert!(untold_failure.abs_diff(faded(failure)) <= 2);
	});
}

#[test]
fn rate_takes_the_deposit_that_the_view_function_names() {
	run(|| {
		PerByte::set(&(3 * BYTE));
		let receipt = bobs_receipt(UNIT);
		let named = Reputation::rating_deposit();
		assert_eq!(
			named,
			BASE + 3 * BYTE * rating_footprint::<Test>().size as u128
		);
		assert_ok!(rate(BOB, receipt, 1));
		assert_eq!(held(&BOB), named);
	});
}

#[test]
fn rate_refuses_an_unknown_receipt() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		for unknown in [0, receipt + 1] {
			assert_noop!(rate(BOB, unknown, 50), Error::<Test>::UnknownReceipt);
		}
		Book::prune(receipt);
		assert_noop!(rate(BOB, receipt, 50), Error::<Test>::UnknownReceipt);
	});
}

#[test]
fn rate_refuses_everybody_but_the_buyer() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		for who in [ALICE, CAROL, NOBODY] {
			assert_noop!(rate(who, receipt, 50), Error::<Test>::NotBuyer);
		}
	});
}

#[test]
fn rate_refuses_a_buyer_who_was_the_seller() {
	run(|| {
		let receipt = Book::settle(1, ALICE, ALICE, UNIT);
		assert_noop!(rate(ALICE, receipt, 100), Error::<Test>::OwnListing);
	});
}

#[test]
fn rate_refuses_a_receipt_without_a_fee() {
	run(|| {
		let receipt = bobs_receipt(0);
		assert_noop!(rate(BOB, receipt, 50), Error::<Test>::NothingPaid);
		let receipt = bobs_receipt(1);
		assert_ok!(rate(BOB, receipt, 50));
	});
}

#[test]
fn rate_refuses_a_second_rating() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 100));
		for percent in [0, 100] {
			assert_noop!(rate(BOB, receipt, percent), Error::<Test>::AlreadyRated);
		}
	});
}

#[test]
fn rate_is_taken_in_the_last_block_of_the_window() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(UNIT);
		at(5 + RATING_WINDOW - 1);
		assert_ok!(rate(BOB, receipt, 50));
	});
}

#[test]
fn rate_refuses_when_the_window_is_over() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(UNIT);
		for late in [0, 1, 10 * RATING_WINDOW] {
			at(5 + RATING_WINDOW + late);
			assert_noop!(rate(BOB, receipt, 50), Error::<Test>::WindowOver);
		}
	});
}

#[test]
fn rate_refuses_a_receipt_whose_rating_was_forgotten() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 50));
		at(1 + RATING_WINDOW);
		assert_ok!(forget(BOB, receipt));
		assert_noop!(rate(BOB, receipt, 50), Error::<Test>::WindowOver);
	});
}

#[test]
fn rate_refuses_more_than_a_hundred_per_cent() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		for percent in [101, u8::MAX] {
			assert_noop!(rate(BOB, receipt, percent), Error::<Test>::PercentTooHigh);
		}
	});
}

#[test]
fn rate_refuses_a_buyer_who_cannot_hold_the_deposit() {
	run(|| {
		let receipt = Book::settle(1, ALICE, NOBODY, UNIT);
		assert_noop!(rate(NOBODY, receipt, 50), Error::<Test>::BalanceTooLow);
	});
	let poor = deposit_at_genesis() + ED - 1;
	run_on(genesis(vec![(ALICE, ENDOWMENT), (BOB, poor)]), || {
		let receipt = bobs_receipt(UNIT);
		assert_noop!(rate(BOB, receipt, 50), Error::<Test>::BalanceTooLow);
	});
	run_on(genesis(vec![(ALICE, ENDOWMENT), (BOB, poor + 1)]), || {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 50));
		assert_eq!(free(&BOB), ED);
	});
}

fn deposit_at_genesis() -> u128 {
	new_test_ext().execute_with(deposit)
}

#[test]
fn rate_refuses_an_unsigned_origin() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(
				Reputation::rate(origin, receipt, 50),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn forget_rating_gives_the_deposit_back_to_the_buyer_whoever_calls() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(UNIT);
		at(50);
		assert_ok!(rate(BOB, receipt, 0));
		let before = (record_of(LISTING), record_of(SELLER));
		at(5 + RATING_WINDOW);
		assert_ok!(forget(DAVE, receipt));
		assert!(!Ratings::<Test>::contains_key(receipt));
		assert_eq!((free(&BOB), held(&BOB)), (ENDOWMENT, 0));
		assert_eq!(free(&DAVE), ENDOWMENT);
		// What it did remains.
		assert_eq!((record_of(LISTING), record_of(SELLER)), before);
		assert_eq!(
			events().last(),
			Some(&Event::RatingForgotten {
				receipt,
				buyer: BOB
			})
		);
	});
}

#[test]
fn forget_rating_needs_no_receipt_when_it_was_pruned_before() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		Book::prune(receipt);
		at(1 + RATING_WINDOW);
		assert_ok!(forget(BOB, receipt));
		assert_eq!(held(&BOB), 0);
	});
}

#[test]
fn forget_rating_gives_back_what_was_held_when_the_price_has_changed() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		PerByte::set(&(2 * BYTE));
		at(1 + RATING_WINDOW);
		assert_ok!(forget(BOB, receipt));
		assert_eq!((free(&BOB), held(&BOB)), (ENDOWMENT, 0));
	});
}

#[test]
fn forget_rating_refuses_while_the_receipt_could_be_rated_again() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		at(5 + RATING_WINDOW - 1);
		for who in [BOB, DAVE] {
			assert_noop!(forget(who, receipt), Error::<Test>::RatingStillNeeded);
		}
	});
}

#[test]
fn forget_rating_refuses_an_unknown_rating() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		at(1 + RATING_WINDOW);
		assert_noop!(forget(BOB, receipt), Error::<Test>::UnknownRating);
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		at(1 + 2 * RATING_WINDOW);
		assert_ok!(forget(BOB, receipt));
		assert_noop!(forget(BOB, receipt), Error::<Test>::UnknownRating);
	});
}

#[test]
fn forget_rating_refuses_an_unsigned_origin() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		assert_ok!(rate(BOB, receipt, 0));
		at(1 + RATING_WINDOW);
		assert_noop!(
			Reputation::forget_rating(RuntimeOrigin::none(), receipt),
			DispatchError::BadOrigin
		);
	});
}
