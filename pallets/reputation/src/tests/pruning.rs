//! Evidence that has faded to nothing.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use weighhouse_primitives::traits::{OwnershipChange, RecordReputation, WorkerVerdict};

fn prune(subject: SubjectOf<Test>) -> sp_runtime::DispatchResult {
	Reputation::prune(signed(DAVE), subject)
}

fn work(verdict: WorkerVerdict, fee: u128) {
	<Reputation as RecordReputation<_>>::record_worker(&BOB, verdict, fee);
}

const WORKER: SubjectOf<Test> = Subject::Worker(BOB);

#[test]
fn prune_removes_a_subject_when_its_evidence_has_faded() {
	run(|| {
		bobs_receipt(UNIT);
		// Ten half-lives leave a little less than a thousandth.
		at(1 + 10 * HALF_LIFE);
		let before = score(LISTING);
		assert_ok!(prune(LISTING));
		assert!(!Subjects::<Test>::contains_key(LISTING));
		assert!(Subjects::<Test>::contains_key(SELLER));
		assert_eq!(score(LISTING), PRIOR);
		// What that does to the score cannot be seen in three digits.
		assert!(before.abs_diff(PRIOR) < 1_000_000, "{before}");
		assert_eq!(
			events().last(),
			Some(&Event::SubjectPruned { subject: LISTING })
		);
		assert_ok!(prune(SELLER));
		assert_eq!(Subjects::<Test>::iter().count(), 0);
	});
}

#[test]
fn prune_removes_every_kind_of_subject() {
	run(|| {
		bobs_receipt(1);
		work(WorkerVerdict::Failed, 1);
		<Reputation as RecordReputation<_>>::record_rater(&CAROL, 0, 1);
		at(1 + HALF_LIFE);
		for subject in [LISTING, SELLER, WORKER, Subject::Rater(CAROL)] {
			assert_ok!(prune(subject));
		}
		assert_eq!(Subjects::<Test>::iter().count(), 0);
	});
}

#[test]
fn prune_refuses_when_success_is_a_thousandth_of_the_unit() {
	run(|| {
		work(WorkerVerdict::Agreed, 2 * UNIT / 1_000);
		at(1 + HALF_LIFE);
		assert_eq!(masses(WORKER).0, UNIT / 1_000);
		assert_noop!(prune(WORKER), Error::<Test>::NotFaded);
		at(2 + HALF_LIFE);
		assert_ok!(prune(WORKER));
	});
}

#[test]
fn prune_refuses_when_failure_is_a_thousandth_of_the_unit() {
	run(|| {
		let third = 2 * UNIT / 3_000 + 1;
		work(WorkerVerdict::Failed, third);
		at(1 + HALF_LIFE);
		assert_eq!(masses(WORKER).1, UNIT / 1_000);
		assert_noop!(prune(WORKER), Error::<Test>::NotFaded);
		at(2 + HALF_LIFE);
		assert_ok!(prune(WORKER));
	});
}

#[test]
fn prune_refuses_a_small_outcome_when_it_is_younger_than_a_half_life() {
	run(|| {
		work(WorkerVerdict::Failed, 1);
		at(HALF_LIFE);
		assert_noop!(prune(WORKER), Error::<Test>::NotFaded);
		work(WorkerVerdict::Failed, 1);
		at(1 + HALF_LIFE);
		assert_noop!(prune(WORKER), Error::<Test>::NotFaded);
		at(2 * HALF_LIFE);
		assert_ok!(prune(WORKER));
	});
}

#[test]
fn prune_asks_for_the_unit_that_counts() {
	run(|| {
		work(WorkerVerdict::Agreed, UNIT);
		at(1 + HALF_LIFE);
		assert_noop!(prune(WORKER), Error::<Test>::NotFaded);
		PriorUnit::set(&(500 * UNIT));
		assert_noop!(prune(WORKER), Error::<Test>::NotFaded);
		PriorUnit::set(&(501 * UNIT));
		assert_ok!(prune(WORKER));
	});
}

#[test]
fn prune_takes_the_note_of_the_owner_along() {
	run(|| {
		bobs_receipt(1);
		assert_ok!(<Reputation as OwnershipChange<_>>::before_change(1, &ALICE));
		at(1 + HALF_LIFE);
		assert_ok!(prune(LISTING));
		bobs_receipt(1);
		assert_eq!(record_of(LISTING).owner_changed, None);
		assert_eq!(counts(LISTING), (1, 0));
	});
}

#[test]
fn prune_is_not_put_off_by_a_change_of_owner() {
	run(|| {
		bobs_receipt(1);
		at(HALF_LIFE);
		assert_ok!(<Reputation as OwnershipChange<_>>::before_change(1, &ALICE));
		at(1 + HALF_LIFE);
		assert_ok!(prune(LISTING));
	});
}

#[test]
fn prune_cannot_come_before_the_last_rating() {
	run(|| {
		// The longest window that the settings allow.
		RatingWindow::set(&HALF_LIFE);
		let receipt = bobs_receipt(1);
		at(HALF_LIFE);
		assert_noop!(prune(LISTING), Error::<Test>::NotFaded);
		assert_ok!(Reputation::rate(signed(BOB), receipt, 0));
		assert_eq!(counts(LISTING), (0, 1));
		at(1 + HALF_LIFE);
		assert_noop!(prune(LISTING), Error::<Test>::NotFaded);
	});
}

#[test]
fn prune_refuses_an_unknown_subject() {
	run(|| {
		bobs_receipt(1);
		at(1 + HALF_LIFE);
		for subject in [Subject::Listing(2), Subject::Seller(BOB), WORKER] {
			assert_noop!(prune(subject), Error::<Test>::UnknownSubject);
		}
		assert_ok!(prune(LISTING));
		assert_noop!(prune(LISTING), Error::<Test>::UnknownSubject);
	});
}

#[test]
fn prune_refuses_an_unsigned_origin() {
	run(|| {
		bobs_receipt(1);
		at(1 + HALF_LIFE);
		assert_noop!(
			Reputation::prune(RuntimeOrigin::none(), LISTING),
			DispatchError::BadOrigin
		);
	});
}
