//! Each invariant broken on purpose.

use crate::{mock::*, *};
use codec::Encode;
use frame_support::{
	assert_ok,
	traits::{fungible::MutateHold, tokens::Precision},
	BoundedVec,
};
use sp_core::H256;
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::inference::{Ground, InlineOutput, JobId, Mode, Round};

type Check = Result<(), TryRuntimeError>;

/// Bob's job with three workers, one answer and a receipt; Carol disputes it, and nine jurors are
/// about to commit.
const JUDGED: JobId = 1;
/// Bob's job for which nobody is drawn yet.
const OPEN: JobId = 2;

fn market() {
	enlisted(plain_listing(), 12);
	assert_eq!(asked(ASKING), JUDGED);
	drawn(JUDGED, Round::Main);
	play(JUDGED, Round::Main, &[says(1), says(1), says(1)]);
	assert_ok!(Inference::dispute(signed(CAROL), JUDGED, Ground::Wrong));
	assert_eq!(drawn(JUDGED, Round::Jury).len(), 9);
	assert_eq!(asked(ASKING), OPEN);
	assert_ok!(Inference::check_invariants());
}

/// Breaks a sound market and expects `check` to say why, and the whole to fail with it.
fn broken(damage: impl FnOnce(), check: fn() -> Check, why: &'static str) {
	new_test_ext().execute_with(|| {
		market();
		assert_ok!(check());
		damage();
		assert_eq!(check(), Err(TryRuntimeError::Other(why)));
		assert!(Inference::check_invariants().is_err());
	});
}

/// Somebody who answered [`JUDGED`].
fn seated() -> AccountId {
	seats(JUDGED, Round::Main).remove(0)
}

fn edit_job(id: JobId, edit: impl FnOnce(&mut JobOf<Test>)) {
	Jobs::<Test>::mutate(id, |job| edit(job.as_mut().unwrap()));
}

fn edit_worker(who: &AccountId, edit: impl FnOnce(&mut WorkerOf<Test>)) {
	Workers::<Test>::mutate(who, |worker| edit(worker.as_mut().unwrap()));
}

fn edit_receipt(edit: impl FnOnce(&mut ReceiptOf<Test>)) {
	Receipts::<Test>::mutate(1, |receipt| edit(receipt.as_mut().unwrap()));
}

fn release_one(reason: HoldReason, who: &AccountId) {
	assert_ok!(
		Balances::release(&reason.into(), who, 1, Precision::Exact),
		1
	);
}

fn hold_one(reason: HoldReason) {
	assert_ok!(Balances::hold(&reason.into(), &DAVE, 1));
}

#[test]
fn inv_1_fails_when_less_escrow_is_held_than_jobs_say() {
	broken(
		|| release_one(HoldReason::Escrow, &BOB),
		Inference::escrow_is_what_jobs_say,
		"INV-1: the escrow on an account is not what its jobs say",
	);
}

#[test]
fn inv_1_fails_when_escrow_is_held_without_a_job() {
	broken(
		|| hold_one(HoldReason::Escrow),
		Inference::escrow_is_what_jobs_say,
		"INV-1: the escrow on an account is not what its jobs say",
	);
}

#[test]
fn inv_1_fails_when_the_requester_does_not_exist() {
	broken(
		|| edit_job(OPEN, |job| job.requester = NOBODY),
		Inference::escrow_is_what_jobs_say,
		"INV-1: the escrow on an account is not what its jobs say",
	);
}

#[test]
fn inv_2_fails_when_less_bond_is_held_than_a_worker_says() {
	broken(
		|| release_one(HoldReason::Bond, &worker(1)),
		Inference::bonds_are_what_workers_and_jobs_say,
		"INV-2: the bond on an account is not what its worker says",
	);
}

#[test]
fn inv_2_fails_when_bond_is_held_without_a_worker() {
	broken(
		|| hold_one(HoldReason::Bond),
		Inference::bonds_are_what_workers_and_jobs_say,
		"INV-2: the bond on an account is not what its worker says",
	);
}

#[test]
fn inv_2_fails_when_bond_on_its_way_out_is_forgotten() {
	broken(
		|| {
			assert_ok!(Inference::unbond(signed(worker(1)), 1));
			assert_ok!(Inference::bonds_are_what_workers_and_jobs_say());
			edit_worker(&worker(1), |worker| worker.unbonding = BoundedVec::new());
		},
		Inference::bonds_are_what_workers_and_jobs_say,
		"INV-2: the bond on an account is not what its worker says",
	);
}

#[test]
fn inv_2_fails_when_less_is_held_of_a_challenger_than_the_job_says() {
	broken(
		|| release_one(HoldReason::Challenge, &CAROL),
		Inference::bonds_are_what_workers_and_jobs_say,
		"INV-2: the bond of a challenger is not what the jobs say",
	);
}

#[test]
fn inv_2_fails_when_a_challenge_is_held_without_a_job() {
	broken(
		|| hold_one(HoldReason::Challenge),
		Inference::bonds_are_what_workers_and_jobs_say,
		"INV-2: the bond of a challenger is not what the jobs say",
	);
}

#[test]
fn inv_3_fails_when_a_worker_reserves_more_than_its_seats() {
	broken(
		|| edit_worker(&seated(), |worker| worker.reserved += 1),
		Inference::reserves_are_what_seats_say,
		"INV-3: a worker's reserve is not the sum over its seats",
	);
}

#[test]
fn inv_3_fails_when_a_bond_does_not_cover_the_reserve() {
	broken(
		|| edit_worker(&seated(), |worker| worker.bond = worker.reserved - 1),
		Inference::reserves_are_what_seats_say,
		"INV-3: a worker's bond does not cover its reserve",
	);
}

#[test]
fn inv_3_fails_when_a_seated_worker_is_lost() {
	broken(
		|| Workers::<Test>::remove(seated()),
		Inference::reserves_are_what_seats_say,
		"INV-3: a seat is of an account that is no worker",
	);
}

#[test]
fn inv_4_fails_when_a_worker_has_two_seats() {
	broken(
		|| {
			Panels::<Test>::mutate(JUDGED, Round::Jury, |jury| {
				jury.as_mut().unwrap()[0].worker = seated();
			})
		},
		Inference::assignments_name_the_seats,
		"INV-4: a worker has two seats in one job",
	);
}

#[test]
fn inv_4_fails_when_an_assignment_names_no_seat() {
	for (who, jobs) in [(worker(1), vec![JUDGED, JUDGED]), (DAVE, vec![JUDGED])] {
		broken(
			|| Assignments::<Test>::insert(who, BoundedVec::truncate_from(jobs)),
			Inference::assignments_name_the_seats,
			"INV-4: an assignment names no seat",
		);
	}
}

#[test]
fn inv_4_fails_when_an_assignment_is_lost() {
	broken(
		|| Assignments::<Test>::remove(seated()),
		Inference::assignments_name_the_seats,
		"INV-4: a seat is not among the assignments of its worker",
	);
}

#[test]
fn inv_5_fails_when_a_panel_is_lost() {
	broken(
		|| Panels::<Test>::remove(JUDGED, Round::Main),
		Inference::panels_fit_the_phases,
		"INV-5: a job has no panel though it was drawn, or has one before",
	);
}

#[test]
fn inv_5_fails_when_a_panel_is_there_before_the_draw() {
	broken(
		|| {
			let panel = Panels::<Test>::get(JUDGED, Round::Main).unwrap();
			Panels::<Test>::insert(OPEN, Round::Main, panel);
		},
		Inference::panels_fit_the_phases,
		"INV-5: a job has no panel though it was drawn, or has one before",
	);
}

#[test]
fn inv_5_fails_when_a_jury_is_lost() {
	broken(
		|| Panels::<Test>::remove(JUDGED, Round::Jury),
		Inference::panels_fit_the_phases,
		"INV-5: a job has no jury though it is judged, or has one otherwise",
	);
}

#[test]
fn inv_5_fails_when_a_jury_is_there_without_a_dispute() {
	broken(
		|| edit_job(JUDGED, |job| job.phase = Phase::Resolved { until: 1_000 }),
		Inference::panels_fit_the_phases,
		"INV-5: a job has no jury though it is judged, or has one otherwise",
	);
}

#[test]
fn inv_5_fails_when_nobody_audits() {
	broken(
		|| {
			Panels::<Test>::remove(JUDGED, Round::Jury);
			edit_job(JUDGED, |job| job.phase = Phase::Auditing { until: 1_000 });
		},
		Inference::panels_fit_the_phases,
		"INV-5: a job is audited by nobody",
	);
}

#[test]
fn inv_5_fails_when_a_panel_has_more_seats_than_its_mode() {
	broken(
		|| edit_job(JUDGED, |job| job.mode = Mode::Solo),
		Inference::panels_fit_the_phases,
		"INV-5: a panel has more seats than it should",
	);
}

#[test]
fn inv_5_fails_when_a_panel_is_left_of_no_job() {
	broken(
		|| Panels::<Test>::insert(9, Round::Main, PanelOf::<Test>::new()),
		Inference::panels_fit_the_phases,
		"INV-5: a panel is without a job",
	);
}

#[test]
fn inv_5_fails_when_a_count_is_left_of_no_job() {
	broken(
		|| Eligible::<Test>::insert(9, 1),
		Inference::panels_fit_the_phases,
		"INV-5: a count of the eligible is without a job",
	);
}

#[test]
fn inv_5_fails_when_an_output_is_of_nobody_in_the_job() {
	for (id, who) in [(JUDGED, DAVE), (OPEN, worker(1)), (9, worker(1))] {
		broken(
			|| Outputs::<Test>::insert(id, who, InlineOutput::new()),
			Inference::panels_fit_the_phases,
			"INV-5: an output is without a seat",
		);
	}
}

#[test]
fn inv_6_fails_when_a_key_does_not_name_its_worker() {
	let key = || record_of(&worker(1)).key;
	broken(
		|| KeyOwners::<Test>::insert(key(), DAVE),
		Inference::keys_and_workers_agree,
		"INV-6: a key does not name its worker",
	);
	broken(
		|| KeyOwners::<Test>::remove(key()),
		Inference::keys_and_workers_agree,
		"INV-6: a key does not name its worker",
	);
}

#[test]
fn inv_6_fails_when_a_key_names_a_worker_that_has_another_one() {
	for who in [worker(1), DAVE] {
		broken(
			|| KeyOwners::<Test>::insert(key_of(&other_pair(9)), who),
			Inference::keys_and_workers_agree,
			"INV-6: a key names a worker that has another one",
		);
	}
}

#[test]
fn inv_7_fails_when_a_worker_serves_a_listing_twice() {
	broken(
		|| {
			Asks::<Test>::mutate(1, |asks| {
				let ask = asks[0].clone();
				asks.try_push(ask).unwrap();
			})
		},
		Inference::asks_belong_to_workers,
		"INV-7: a worker serves a listing twice",
	);
}

#[test]
fn inv_7_fails_when_a_worker_counts_its_asks_wrong() {
	broken(
		|| edit_worker(&worker(1), |worker| worker.served += 1),
		Inference::asks_belong_to_workers,
		"INV-7: a worker counts its asks wrong",
	);
}

#[test]
fn inv_7_fails_when_a_serving_worker_is_lost() {
	broken(
		|| Workers::<Test>::remove(worker(1)),
		Inference::asks_belong_to_workers,
		"INV-7: an ask is of an account that is no worker",
	);
}

const DEPOSITS: &str = "INV-8: the deposits on an account are not what its records say";

#[test]
fn inv_8_fails_when_less_is_held_than_the_tickets_say() {
	for (reason, who) in [
		(HoldReason::Worker, worker(1)),
		(HoldReason::Ask, worker(1)),
		(HoldReason::Job, BOB),
		(HoldReason::Receipt, BOB),
	] {
		broken(
			|| release_one(reason, &who),
			Inference::deposits_equal_tickets,
			DEPOSITS,
		);
	}
}

#[test]
fn inv_8_fails_when_money_is_held_without_a_ticket() {
	for reason in [
		HoldReason::Worker,
		HoldReason::Ask,
		HoldReason::Job,
		HoldReason::Receipt,
	] {
		broken(
			|| hold_one(reason),
			Inference::deposits_equal_tickets,
			DEPOSITS,
		);
	}
}

#[test]
fn inv_8_fails_when_the_deposit_for_a_receipt_to_come_is_forgotten() {
	broken(
		|| edit_job(OPEN, |job| job.receipt_ticket = None),
		Inference::deposits_equal_tickets,
		DEPOSITS,
	);
}

#[test]
fn inv_9_fails_when_the_buyer_does_not_find_a_receipt() {
	broken(
		|| ReceiptsOf::<Test>::remove(BOB, 1),
		Inference::receipts_and_indices_agree,
		"INV-9: a receipt is not among those of its buyer",
	);
}

const FOUND: &str = "INV-9: a receipt is not found by its output, or by one too short";

#[test]
fn inv_9_fails_when_a_receipt_is_not_found_by_its_output() {
	broken(
		|| ReceiptsByOutput::<Test>::remove(says(1).answer.output_hash, 1),
		Inference::receipts_and_indices_agree,
		FOUND,
	);
}

#[test]
fn inv_9_fails_when_a_receipt_is_found_by_a_short_output() {
	broken(
		|| edit_receipt(|receipt| receipt.record.output_length = Some(31)),
		Inference::receipts_and_indices_agree,
		FOUND,
	);
}

#[test]
fn inv_9_fails_when_an_index_names_another_receipt() {
	let others: [fn(); 3] = [
		|| ReceiptsOf::<Test>::insert(CAROL, 1, ()),
		|| ReceiptsOf::<Test>::insert(BOB, 2, ()),
		|| ReceiptsByOutput::<Test>::insert(H256::zero(), 1, ()),
	];
	for damage in others {
		broken(
			damage,
			Inference::receipts_and_indices_agree,
			"INV-9: an index names a receipt that it does not belong to",
		);
	}
}

#[test]
fn inv_10_fails_when_a_listing_vanishes() {
	broken(
		|| Registry::delist(1),
		Inference::retained_listings_exist,
		"INV-10: the listing of an open job does not exist",
	);
}

#[test]
fn inv_11_fails_when_a_queue_names_a_job_that_is_over() {
	broken(
		|| {
			Due::<Test>::mutate(100, |jobs| jobs.try_push(9)).unwrap();
		},
		Inference::queues_name_the_jobs,
		"INV-11: a queue names a job that does not say so",
	);
}

#[test]
fn inv_11_fails_when_a_job_is_named_twice() {
	let queued = || job(OPEN).queued.unwrap();
	let twice: [fn() -> u32; 2] = [|| job(OPEN).queued.unwrap(), || 100];
	for block in twice {
		broken(
			|| {
				assert_ne!(queued(), 100);
				Due::<Test>::mutate(block(), |jobs| jobs.try_push(OPEN)).unwrap();
			},
			Inference::queues_name_the_jobs,
			"INV-11: a queue names a job that does not say so",
		);
	}
}

#[test]
fn inv_11_fails_when_a_job_waits_in_no_queue() {
	broken(
		|| Due::<Test>::remove(job(JUDGED).queued.unwrap()),
		Inference::queues_name_the_jobs,
		"INV-11: a job is not in the queue that it says",
	);
}

#[test]
fn retained_counts_each_open_job() {
	new_test_ext().execute_with(|| {
		market();
		assert_eq!(
			Inference::retained().into_iter().collect::<Vec<_>>(),
			vec![(1, 2)]
		);
	});
}

#[test]
fn tickets_encode_as_their_amount() {
	new_test_ext().execute_with(|| {
		market();
		let ticket = record_of(&worker(1)).ticket;
		assert_eq!(ticket.encode(), worker_deposit().encode());
	});
}

#[test]
fn inv_5_fails_when_a_panel_commits_that_is_not_there() {
	broken(
		|| edit_job(OPEN, |job| job.phase = Phase::Committing { until: 1_000 }),
		Inference::panels_fit_the_phases,
		"INV-5: a job has no panel though it was drawn, or has one before",
	);
}
