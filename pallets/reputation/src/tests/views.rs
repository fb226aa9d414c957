//! What the view functions answer.

use crate::{mock::*, *};
use codec::{Decode, Encode};
use frame_support::{
	assert_noop, assert_ok,
	view_functions::{DispatchViewFunction, ViewFunction, ViewFunctionId},
};
use weighhouse_primitives::traits::{OwnershipChange, RecordReputation, WorkerVerdict};

fn unknown() -> ReputationView<u32> {
	ReputationView {
		score: PRIOR,
		success: 0,
		failure: 0,
		unit: UNIT,
		successes: 0,
		failures: 0,
		changed: None,
		owner_changed: None,
		prunable: false,
	}
}

#[test]
fn reputation_shows_the_evidence_behind_a_score() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(4 * UNIT);
		bobs_receipt(2 * UNIT);
		assert_ok!(Reputation::rate(signed(BOB), receipt, 0));
		at(7);
		assert_ok!(<Reputation as OwnershipChange<_>>::before_change(1, &ALICE));
		at(5 + HALF_LIFE);
		let view = Reputation::listing_reputation(1);
		let expected = ReputationView {
			score: score_of(UNIT, 6 * UNIT),
			success: UNIT,
			failure: 6 * UNIT,
			unit: UNIT,
			successes: 1,
			failures: 1,
			changed: Some(5),
			owner_changed: Some(7),
			prunable: false,
		};
		assert_eq!(view, expected);
		let seller = ReputationView {
			owner_changed: None,
			..expected
		};
		assert_eq!(Reputation::seller_reputation(ALICE), seller);
	});
}

#[test]
fn reputation_shows_each_part_of_an_account_apart() {
	run(|| {
		<Reputation as RecordReputation<_>>::record_worker(&ALICE, WorkerVerdict::Failed, UNIT);
		<Reputation as RecordReputation<_>>::record_rater(&ALICE, u32::MAX, 2 * UNIT);
		assert_eq!(Reputation::worker_reputation(ALICE).failure, 3 * UNIT);
		assert_eq!(Reputation::rater_reputation(ALICE).success, 2 * UNIT);
		assert_eq!(Reputation::seller_reputation(ALICE), unknown());
		assert_eq!(
			Reputation::worker_reputation(ALICE).score,
			<Reputation as RecordReputation<_>>::worker_score(&ALICE)
		);
		assert_eq!(
			Reputation::rater_reputation(ALICE).score,
			<Reputation as RecordReputation<_>>::rater_score(&ALICE)
		);
	});
}

#[test]
fn reputation_shows_the_prior_when_nothing_is_remembered() {
	run(|| {
		assert_eq!(Reputation::listing_reputation(1), unknown());
		assert_eq!(Reputation::seller_reputation(NOBODY), unknown());
		assert_eq!(Reputation::worker_reputation(NOBODY), unknown());
		assert_eq!(Reputation::rater_reputation(NOBODY), unknown());
	});
}

#[test]
fn reputation_says_when_a_subject_can_be_pruned() {
	run(|| {
		bobs_receipt(1);
		at(HALF_LIFE);
		assert!(!Reputation::listing_reputation(1).prunable);
		assert_noop!(
			Reputation::prune(signed(BOB), LISTING),
			Error::<Test>::NotFaded
		);
		at(1 + HALF_LIFE);
		assert!(Reputation::listing_reputation(1).prunable);
		assert_ok!(Reputation::prune(signed(BOB), LISTING));
	});
}

#[test]
fn rating_shows_what_the_buyer_said_until_it_is_forgotten() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(UNIT);
		assert_eq!(Reputation::rating(receipt), None);
		at(6);
		assert_ok!(Reputation::rate(signed(BOB), receipt, 42));
		let view = RatingView {
			receipt,
			buyer: BOB,
			percent: 42,
			block: 6,
			forgettable: 5 + RATING_WINDOW,
		};
		assert_eq!(Reputation::rating(receipt), Some(view.clone()));
		at(view.forgettable - 1);
		assert!(Reputation::forget_rating(signed(BOB), receipt).is_err());
		at(view.forgettable);
		assert_ok!(Reputation::forget_rating(signed(BOB), receipt));
		assert_eq!(Reputation::rating(receipt), None);
	});
}

#[test]
fn may_rate_says_until_when() {
	run(|| {
		at(5);
		let receipt = bobs_receipt(UNIT);
		let until = Reputation::may_rate(BOB, receipt).unwrap();
		assert_eq!(until, 5 + RATING_WINDOW);
		at(until);
		assert_eq!(
			Reputation::may_rate(BOB, receipt),
			Err(RatingRefusal::WindowOver)
		);
		at(until - 1);
		assert_ok!(Reputation::rate(signed(BOB), receipt, 50));
	});
}

#[test]
fn may_rate_gives_the_reason_for_which_rate_refuses() {
	run(|| {
		let (free, own) = (bobs_receipt(0), Book::settle(2, BOB, BOB, UNIT));
		let (rated, late) = (bobs_receipt(UNIT), bobs_receipt(UNIT));
		assert_ok!(Reputation::rate(signed(BOB), rated, 50));
		at(1 + RATING_WINDOW);
		for (who, receipt, refusal) in [
			(BOB, 99, RatingRefusal::UnknownReceipt),
			(CAROL, late, RatingRefusal::NotBuyer),
			(BOB, own, RatingRefusal::OwnListing),
			(BOB, free, RatingRefusal::NothingPaid),
			(BOB, rated, RatingRefusal::AlreadyRated),
			(BOB, late, RatingRefusal::WindowOver),
		] {
			assert_eq!(Reputation::may_rate(who.clone(), receipt), Err(refusal));
			assert_noop!(
				Reputation::rate(signed(who), receipt, 50),
				Error::<Test>::from(refusal)
			);
		}
	});
}

#[test]
fn view_functions_answer_through_the_runtime() {
	run(|| {
		let receipt = bobs_receipt(UNIT);
		let ask = |id: ViewFunctionId, input: Vec<u8>| {
			let mut output = Vec::new();
			RuntimeViewFunction::dispatch_view_function(&id, &mut input.as_slice(), &mut output)
				.unwrap();
			output
		};
		let answer = ask(ListingReputationViewFunction::<Test>::id(), 1u32.encode());
		assert_eq!(answer, Reputation::listing_reputation(1).encode());
		let answer = ask(MayRateViewFunction::<Test>::id(), (BOB, receipt).encode());
		assert_eq!(
			Result::<u32, RatingRefusal>::decode(&mut answer.as_slice()),
			Ok(Ok(1 + RATING_WINDOW))
		);
	});
}
