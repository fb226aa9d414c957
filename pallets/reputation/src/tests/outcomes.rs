//! Outcomes as markets, jobs and campaigns tell them, and the scores that follow.

use crate::{mock::*, *};
use weighhouse_primitives::{
	reputation::lower_bound,
	traits::{RecordReputation, WorkerVerdict},
	PARTS,
};

fn settle(listing: u32, seller: AccountId, fee: u128) {
	<Reputation as RecordReputation<_>>::record_settlement(listing, &seller, fee);
}

fn work(who: AccountId, verdict: WorkerVerdict, fee: u128) {
	<Reputation as RecordReputation<_>>::record_worker(&who, verdict, fee);
}

fn care(who: AccountId, earned: u32, fee: u128) {
	<Reputation as RecordReputation<_>>::record_rater(&who, earned, fee);
}

fn worker_score(who: AccountId) -> u32 {
	<Reputation as RecordReputation<_>>::worker_score(&who)
}

fn rater_score(who: AccountId) -> u32 {
	<Reputation as RecordReputation<_>>::rater_score(&who)
}

#[test]
fn record_settlement_adds_the_fee_as_success_of_listing_with_its_seller() {
	run(|| {
		at(5);
		settle(1, ALICE, 2 * UNIT);
		for subject in [LISTING, SELLER] {
			assert_eq!(masses(subject.clone()), (2 * UNIT, 0));
			assert_eq!(counts(subject.clone()), (1, 0));
			assert_eq!(stored(subject.clone()).at, 5);
			assert_eq!(score(subject), score_of(2 * UNIT, 0));
		}
		assert_eq!(Subjects::<Test>::iter().count(), 2);
		let recorded = |subject| Event::OutcomeRecorded {
			subject,
			fee: 2 * UNIT,
			succeeded: PARTS,
		};
		assert_eq!(events(), vec![recorded(LISTING), recorded(SELLER)]);
	});
}

#[test]
fn record_settlement_keeps_listings_apart_that_have_one_seller() {
	run(|| {
		settle(1, ALICE, UNIT);
		settle(2, ALICE, 2 * UNIT);
		assert_eq!(masses(Subject::Listing(1)), (UNIT, 0));
		assert_eq!(masses(Subject::Listing(2)), (2 * UNIT, 0));
		assert_eq!(masses(SELLER), (3 * UNIT, 0));
		assert_eq!(counts(SELLER), (2, 0));
	});
}

#[test]
fn record_settlement_adds_to_what_has_faded() {
	run(|| {
		settle(1, ALICE, 2 * UNIT);
		at(1 + HALF_LIFE);
		settle(1, ALICE, UNIT);
		assert_eq!(masses(LISTING), (2 * UNIT, 0));
		at(1 + 2 * HALF_LIFE);
		assert_eq!(masses(LISTING), (UNIT, 0));
		assert_eq!(counts(LISTING), (2, 0));
	});
}

#[test]
fn outcomes_are_not_remembered_when_nothing_was_paid() {
	run(|| {
		settle(1, ALICE, 0);
		work(ALICE, WorkerVerdict::Failed, 0);
		care(ALICE, 5, 0);
		assert_eq!(Subjects::<Test>::iter().count(), 0);
		assert!(events().is_empty());
	});
}

#[test]
fn record_worker_adds_the_fee_as_success_when_it_agreed() {
	run(|| {
		work(BOB, WorkerVerdict::Agreed, UNIT);
		let subject = Subject::Worker(BOB);
		assert_eq!(masses(subject.clone()), (UNIT, 0));
		assert_eq!(counts(subject.clone()), (1, 0));
		assert_eq!(worker_score(BOB), score_of(UNIT, 0));
		assert_eq!(
			events(),
			vec![Event::OutcomeRecorded {
				subject,
				fee: UNIT,
				succeeded: PARTS
			}]
		);
	});
}

#[test]
fn record_worker_adds_three_times_the_fee_as_failure_when_it_failed() {
	run(|| {
		work(BOB, WorkerVerdict::Failed, UNIT);
		let subject = Subject::Worker(BOB);
		assert_eq!(masses(subject.clone()), (0, 3 * UNIT));
		assert_eq!(counts(subject.clone()), (0, 1));
		assert_eq!(worker_score(BOB), score_of(0, 3 * UNIT));
		assert_eq!(
			events(),
			vec![Event::OutcomeRecorded {
				subject,
				fee: UNIT,
				succeeded: 0
			}]
		);
	});
}

#[test]
fn record_rater_splits_the_fee_by_what_was_earned() {
	run(|| {
		care(CAROL, PARTS / 4 * 3, 4 * UNIT);
		let subject = Subject::Rater(CAROL);
		assert_eq!(masses(subject.clone()), (3 * UNIT, 3 * UNIT));
		assert_eq!(counts(subject.clone()), (1, 0));
		assert_eq!(rater_score(CAROL), score_of(3 * UNIT, 3 * UNIT));
		assert_eq!(
			events(),
			vec![Event::OutcomeRecorded {
				subject,
				fee: 4 * UNIT,
				succeeded: PARTS / 4 * 3
			}]
		);
	});
}

#[test]
fn record_rater_takes_more_than_all_for_all() {
	run(|| {
		care(CAROL, u32::MAX, UNIT);
		assert_eq!(masses(Subject::Rater(CAROL)), (UNIT, 0));
		assert!(matches!(
			events()[..],
			[Event::OutcomeRecorded {
				succeeded: PARTS,
				..
			}]
		));
	});
}

#[test]
fn outcomes_are_counted_as_failures_when_less_than_half_succeeded() {
	run(|| {
		for (earned, expected) in [
			(PARTS / 2, (1, 0)),
			(PARTS / 2 - 1, (1, 1)),
			(0, (1, 2)),
			(PARTS, (2, 2)),
		] {
			care(CAROL, earned, 1);
			assert_eq!(counts(Subject::Rater(CAROL)), expected);
		}
	});
}

#[test]
fn outcomes_of_one_account_stay_apart_when_it_has_many_parts() {
	run(|| {
		settle(1, ALICE, UNIT);
		work(ALICE, WorkerVerdict::Failed, UNIT);
		care(ALICE, PARTS, 2 * UNIT);
		assert_eq!(masses(SELLER), (UNIT, 0));
		assert_eq!(masses(Subject::Worker(ALICE)), (0, 3 * UNIT));
		assert_eq!(masses(Subject::Rater(ALICE)), (2 * UNIT, 0));
	});
}

#[test]
fn outcomes_weigh_the_same_when_a_fee_is_paid_in_pieces() {
	run(|| {
		for piece in [1, 7, UNIT / 3, UNIT] {
			work(BOB, WorkerVerdict::Agreed, piece);
			work(BOB, WorkerVerdict::Failed, piece);
		}
		let whole = 8 + UNIT / 3 + UNIT;
		work(CAROL, WorkerVerdict::Agreed, whole);
		work(CAROL, WorkerVerdict::Failed, whole);
		let (bob, carol) = (Subject::Worker(BOB), Subject::Worker(CAROL));
		assert_eq!(stored(bob), stored(carol));
		assert_eq!(worker_score(BOB), worker_score(CAROL));
	});
}

#[test]
fn outcomes_stop_at_the_largest_mass_when_fees_are_absurd() {
	run(|| {
		for _ in 0..3 {
			work(BOB, WorkerVerdict::Agreed, u128::MAX);
			work(BOB, WorkerVerdict::Failed, u128::MAX);
		}
		let mass = stored(Subject::Worker(BOB));
		assert_eq!((mass.success, mass.failure), (u128::MAX, u128::MAX));
		assert_eq!(worker_score(BOB), PARTS / 2);
	});
}

#[test]
fn counts_stop_at_the_largest_number() {
	run(|| {
		work(BOB, WorkerVerdict::Agreed, UNIT);
		Subjects::<Test>::mutate(Subject::Worker(BOB), |record| {
			let record = record.as_mut().unwrap();
			(record.successes, record.failures) = (u32::MAX, u32::MAX);
		});
		work(BOB, WorkerVerdict::Agreed, UNIT);
		work(BOB, WorkerVerdict::Failed, UNIT);
		assert_eq!(counts(Subject::Worker(BOB)), (u32::MAX, u32::MAX));
	});
}

#[test]
fn scores_are_the_prior_when_nothing_is_remembered() {
	run(|| {
		assert_eq!(worker_score(NOBODY), PRIOR);
		assert_eq!(rater_score(NOBODY), PRIOR);
		assert_eq!(score(LISTING), PRIOR);
		assert_eq!(score(SELLER), PRIOR);
	});
}

#[test]
fn scores_fade_to_the_prior_when_nothing_happens() {
	run(|| {
		work(BOB, WorkerVerdict::Agreed, 100 * UNIT);
		let mut last = worker_score(BOB);
		for halvings in 1..=40 {
			at(1 + halvings * HALF_LIFE);
			let next = worker_score(BOB);
			assert!(next <= last && next >= PRIOR);
			last = next;
		}
		assert_eq!(last, PRIOR);
	});
}

#[test]
fn scores_follow_the_unit_within_its_bounds() {
	run(|| {
		work(BOB, WorkerVerdict::Agreed, UNIT);
		let ask = |unit| {
			PriorUnit::set(&unit);
			worker_score(BOB)
		};
		assert_eq!(ask(UNIT / 10), lower_bound(UNIT, 0, UNIT / 10));
		assert_eq!(ask(MIN_UNIT), lower_bound(UNIT, 0, MIN_UNIT));
		assert_eq!(ask(MAX_UNIT), lower_bound(UNIT, 0, MAX_UNIT));
		assert_eq!(ask(MIN_UNIT - 1), lower_bound(UNIT, 0, MIN_UNIT));
		assert_eq!(ask(0), lower_bound(UNIT, 0, MIN_UNIT));
		assert_eq!(ask(u128::MAX), lower_bound(UNIT, 0, MAX_UNIT));
	});
}

#[test]
fn scores_cost_what_the_documentation_says() {
	run(|| {
		// 0.9 from nothing.
		settle(1, ALICE, UNIT * 238 / 10);
		assert!(score(LISTING) < PARTS / 10 * 9);
		settle(1, ALICE, UNIT / 20);
		assert!(score(LISTING) >= PARTS / 10 * 9);
		// A month of keeping: what fades is the natural logarithm of 2 of it.
		let daily = UNIT * 165_142 / 10_000 / u128::from(HALF_LIFE);
		for block in 2..=1 + HALF_LIFE {
			at(block);
			settle(1, ALICE, daily);
		}
		assert!(score(LISTING) >= PARTS / 10 * 9 - PARTS / 1_000);
		assert!(score(LISTING) <= PARTS / 10 * 9 + PARTS / 1_000);
		// Smearing it down to a half.
		for (fee, above) in [(UNIT * 46 / 10, true), (UNIT / 20, false)] {
			let receipt = bobs_receipt(fee);
			Reputation::rate(signed(BOB), receipt, 0).unwrap();
			assert_eq!(score(LISTING) > PARTS / 2, above, "{}", score(LISTING));
		}
	});
}

#[test]
fn seams_weigh_what_their_benchmarks_say() {
	assert_eq!(
		<Reputation as RecordReputation<AccountId>>::score_weight(),
		<() as WeightInfo>::score()
	);
	assert_eq!(
		<Reputation as RecordReputation<AccountId>>::record_settlement_weight(),
		<() as WeightInfo>::record_settlement()
	);
	assert_eq!(
		<Reputation as RecordReputation<AccountId>>::record_worker_weight(),
		<() as WeightInfo>::record_outcome()
	);
}
