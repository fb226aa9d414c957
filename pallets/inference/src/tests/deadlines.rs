//! When jobs are due: queues that are full, entries that are stale, blocks that have no room, and
//! pokes.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::DispatchError;
use weighhouse_primitives::inference::{Ground, JobId, Mode, Round};

/// A job that is not open.
const GONE: JobId = 9_999;

fn due(block: u32) -> Vec<JobId> {
	Due::<Test>::get(block).into_inner()
}

/// Fills the deadlines of a block with jobs that are over, which a test takes out again.
fn fill(block: u32) {
	let gone = vec![GONE; MAX_DUE as usize];
	Due::<Test>::insert(block, BoundedVec::truncate_from(gone));
}

/// Takes them out.
fn empty() {
	let blocks: Vec<_> = Due::<Test>::iter_keys().collect();
	for block in blocks {
		Inference::unschedule(GONE, Some(block));
	}
}

fn phase(id: JobId) -> Phase<u32> {
	job(id).phase
}

/// How many jobs wait for their draw.
fn open() -> usize {
	Jobs::<Test>::iter_values()
		.filter(|job| matches!(job.phase, Phase::Open { .. }))
		.count()
}

/// Asks this often in this block. Nobody serves, so that each job ends in two steps.
fn ask_often(count: u32) {
	for _ in 0..count {
		assert_ok!(ask(ASKING));
	}
}

// ---- full queues ----

#[test]
fn requests_fill_half_of_a_queue() {
	run(|| {
		plain_listing();
		ask_often(MAX_DUE / 2 + 1);
		assert_eq!(due(4).len(), MAX_DUE as usize / 2);
		assert_eq!(due(4).last(), Some(&JobId::from(MAX_DUE / 2)));
		assert_eq!(due(5), [JobId::from(MAX_DUE / 2) + 1]);
	});
}

#[test]
fn requests_leave_half_of_all_queues_to_open_jobs() {
	run(|| {
		plain_listing();
		ask_often(MAX_DUE_REQUESTS * DUE_SPREAD);
		assert_noop!(ask(ASKING), Error::<Test>::TooManyJobsDue);
		for block in 4..4 + DUE_SPREAD {
			assert_eq!(due(block).len(), MAX_DUE_REQUESTS as usize);
			for id in due(block) {
				assert_eq!(job(id).queued, Some(block));
			}
		}
		let next = Inference::schedule(GONE, 4, MAX_DUE);
		assert_eq!(next, Some(4));
		empty();
	});
}

#[test]
fn deadline_of_an_open_job_moves_to_the_next_block_when_the_queue_is_full() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		fill(20);
		drawn(id, Round::Main);
		assert_eq!(phase(id), Phase::Committing { until: 19 });
		assert_eq!(job(id).queued, Some(21));
		assert_eq!(due(21), [id]);
		empty();
	});
}

#[test]
fn deadline_takes_the_first_of_the_next_blocks_that_has_room() {
	run(|| {
		plain_listing();
		for block in 4..4 + DUE_SPREAD - 1 {
			fill(block);
		}
		let id = asked(ASKING);
		assert_eq!(due(4 + DUE_SPREAD - 1), [id]);
		empty();
	});
}

#[test]
fn request_is_refused_when_the_next_sixteen_blocks_are_full() {
	run(|| {
		plain_listing();
		for block in 4..4 + DUE_SPREAD {
			fill(block);
		}
		assert_noop!(ask(ASKING), Error::<Test>::TooManyJobsDue);
		let last = 4 + DUE_SPREAD - 1;
		Due::<Test>::mutate(last, |jobs| jobs.truncate(MAX_DUE_REQUESTS as usize));
		assert_noop!(ask(ASKING), Error::<Test>::TooManyJobsDue);
		Due::<Test>::mutate(last, |jobs| jobs.pop());
		assert_ok!(ask(ASKING));
		assert_noop!(ask(ASKING), Error::<Test>::TooManyJobsDue);
		// A block later there is one more that could take it.
		next_block();
		assert_ok!(ask(ASKING));
		empty();
	});
}

#[test]
fn request_of_the_owners_worker_is_refused_when_its_deadlines_are_full() {
	run(|| {
		plain_listing();
		enlist(&ALICE, 1, BOND, REWARD);
		// Its first deadline is the end of the window to answer.
		for block in 17..17 + DUE_SPREAD {
			fill(block);
		}
		let asking = Asking {
			mode: Mode::Owner,
			..ASKING
		};
		assert_noop!(ask(asking), Error::<Test>::TooManyJobsDue);
		assert_ok!(ask(ASKING));
		empty();
	});
}

#[test]
fn answers_of_the_owner_leave_no_deadlines_behind() {
	run(|| {
		plain_listing();
		enlist(&ALICE, 1, BOND, REWARD);
		for _ in 0..3 * MAX_DUE {
			if Inference::heartbeat_due(&record_of(&ALICE), System::block_number()) {
				assert_ok!(Inference::heartbeat_signed(signed(ALICE)));
			}
			let id = asked(Asking {
				mode: Mode::Owner,
				..ASKING
			});
			let queued = job(id).queued.unwrap();
			assert_eq!(queued, System::block_number() + 16);
			assert_eq!(due(queued), [id]);
			let shown = reveal_of(id, Round::Main, &ALICE, &says(1));
			assert_ok!(Inference::reveal_signed(signed(ALICE), id, shown));
			assert!(due(queued).is_empty());
			next_block();
		}
		assert_eq!(Due::<Test>::iter().count(), 0);
	});
}

#[test]
fn request_is_refused_while_jobs_are_late() {
	run(|| {
		plain_listing();
		ask_often(MAX_STEPS_A_BLOCK);
		next_block();
		ask_often(1);
		at(4);
		// All entries of this block are worked off, none is late.
		assert_eq!(NextDue::<Test>::get(), 5);
		assert_ok!(ask(ASKING));
		// The next one has 32 ends and one draw.
		at(5);
		assert_eq!(NextDue::<Test>::get(), 5);
		let held_before = held(&BOB, HoldReason::Escrow);
		assert_noop!(ask(ASKING), Error::<Test>::TooManyJobsDue);
		assert_eq!(held(&BOB, HoldReason::Escrow), held_before);
		at(6);
		assert_eq!(NextDue::<Test>::get(), 7);
		assert_ok!(ask(ASKING));
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn dispute_is_refused_when_its_deadlines_are_full() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		let queued = job(id).queued;
		let now = System::block_number();
		for block in now + 3..now + 3 + DUE_SPREAD {
			fill(block);
		}
		let dispute = || Inference::dispute(signed(CAROL), id, Ground::Wrong);
		assert_noop!(dispute(), Error::<Test>::TooManyJobsDue);
		assert_eq!(held(&CAROL, HoldReason::Challenge), 0);
		assert_eq!(job(id).queued, queued);
		Due::<Test>::mutate(now + 3, |jobs| jobs.pop());
		assert_ok!(dispute());
		assert_eq!(job(id).queued, Some(now + 3));
		empty();
	});
}

#[test]
fn open_job_goes_on_when_its_next_deadline_finds_no_room() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		for block in 20..20 + DUE_SPREAD {
			fill(block);
		}
		drawn(id, Round::Main);
		let committing = Phase::Committing { until: 19 };
		assert_eq!(phase(id), committing);
		at(100);
		assert_eq!(phase(id), committing);
		// It waits for anybody.
		assert_eq!(job(id).queued, None);
		assert_ok!(poke(NOBODY, id));
		assert!(matches!(phase(id), Phase::Ending { .. }));
		assert_eq!(job(id).queued, Some(101));
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn delayed_job_is_drawn_when_the_full_queue_before_it_is_worked_off() {
	run(|| {
		enlisted(plain_listing(), 3);
		fill(4);
		let id = asked(ASKING);
		assert_eq!(job(id).queued, Some(5));
		// Two blocks pass over the full queue, so the third is the first with a step for the job.
		at(5);
		assert_eq!(phase(id), Phase::Open { since: 1 });
		at(6);
		assert_eq!(phase(id), Phase::Committing { until: 21 });
	});
}

// ---- entries ----

#[test]
fn entry_of_a_phase_goes_when_it_ends_early() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		assert_eq!(due(20), [id]);
		at(10);
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		let revealing = Phase::Revealing {
			since: 10,
			until: 25,
			window: Window::First,
		};
		assert_eq!(phase(id), revealing);
		assert!(due(20).is_empty());
		assert_eq!(due(26), [id]);
		assert_eq!(job(id).queued, Some(26));
		at(25);
		assert_eq!(phase(id), revealing);
		next_block();
		assert_ne!(phase(id), revealing);
	});
}

#[test]
fn entry_goes_when_somebody_pokes_the_job_first() {
	run(|| {
		enlisted(plain_listing(), 3);
		// Two blocks pass over the full queue, and the job is due before its turn.
		fill(4);
		let id = asked(ASKING);
		at(5);
		assert_eq!(due(5), [id]);
		assert_ok!(poke(DAVE, id));
		assert_eq!(phase(id), Phase::Committing { until: 20 });
		assert!(due(5).is_empty());
		assert_eq!(due(21), [id]);
	});
}

#[test]
fn entry_of_a_job_that_is_over_is_passed_over() {
	run(|| {
		enlisted(plain_listing(), 3);
		fill(4);
		Due::<Test>::mutate(4, |jobs| jobs.truncate(5));
		let id = asked(ASKING);
		at(4);
		assert!(matches!(phase(id), Phase::Committing { .. }));
		assert!(due(4).is_empty());
		assert_eq!(NextDue::<Test>::get(), 5);
	});
}

#[test]
fn entry_twice_in_a_queue_moves_a_job_once() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		Due::<Test>::insert(4, BoundedVec::truncate_from(vec![id; 3]));
		at(4);
		assert_eq!(phase(id), Phase::Committing { until: 19 });
		assert_eq!(due(20), [id]);
	});
}

// ---- full blocks ----

#[test]
fn block_takes_thirty_two_steps_with_the_rest_left_to_the_next() {
	run(|| {
		plain_listing();
		ask_often(MAX_STEPS_A_BLOCK);
		next_block();
		ask_often(8);
		at(4);
		assert_eq!(open(), 8);
		assert!(due(4).is_empty());
		assert_eq!(NextDue::<Test>::get(), 5);
		assert_eq!(due(5)[..8], (33..=40).collect::<Vec<_>>());
		at(5);
		assert_eq!(open(), 0);
		// The 24 steps that were left went to those that ended.
		assert_eq!(due(5), (25..=32).collect::<Vec<_>>());
		assert_eq!(Jobs::<Test>::iter().count(), 16);
		assert_eq!(NextDue::<Test>::get(), 5);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn block_counts_the_entries_that_it_passes_over() {
	run(|| {
		plain_listing();
		fill(4);
		next_block();
		let id = asked(ASKING);
		assert_eq!(due(5), [id]);
		at(4);
		assert_eq!(due(4).len(), (MAX_DUE - MAX_STEPS_A_BLOCK) as usize);
		// The next one passes over all that is left and has no step for the job.
		at(5);
		assert!(due(4).is_empty());
		assert_eq!(phase(id), Phase::Open { since: 2 });
		at(6);
		assert!(matches!(phase(id), Phase::Ending { since: 6, .. }));
	});
}

#[test]
fn block_tells_the_weight_of_what_it_did() {
	run(|| {
		plain_listing();
		let idle = Inference::work_off(2);
		ask_often(3);
		System::set_block_number(4);
		let one = Due::<Test>::get(4).into_inner();
		assert_eq!(one.len(), 3);
		LastBlockRandomness::set(Some([1; 32]));
		Inference::note_randomness(3);
		Inference::note_randomness(4);
		let busy = Inference::work_off(4);
		let visits = <() as WeightInfo>::queue_visit();
		let draws = <() as WeightInfo>::draw(0);
		assert!(busy.all_gte(draws * 3 + visits * 3));
		assert!(idle.all_gte(visits));
		assert!(idle.ref_time() < draws.ref_time());
	});
}

#[test]
fn backlog_is_worked_off_in_order() {
	run(|| {
		plain_listing();
		ask_often(3 * MAX_DUE_REQUESTS);
		at(4);
		assert_eq!(open(), 64);
		// Those due in the fifth block come before what has become due since.
		at(5);
		assert_eq!(open(), 32);
		at(6);
		assert_eq!(open(), 32);
		at(7);
		assert_eq!(open(), 0);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

// ---- pokes ----

#[test]
fn poke_pushes_a_job_on_for_anybody_when_it_is_due() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		lose_all(4);
		at(9);
		assert_eq!(phase(id), Phase::Open { since: 1 });
		assert_ok!(poke(NOBODY, id));
		assert_eq!(phase(id), Phase::Committing { until: 24 });
		assert_eq!(panel(id, Round::Main).len(), 3);
		assert_eq!(due(25), [id]);
	});
}

#[test]
fn poke_costs_what_the_step_weighs() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		lose(id);
		at(4);
		let most = Inference::step_weight();
		let used = |id| {
			let done = Inference::poke(signed(NOBODY), id).unwrap();
			done.actual_weight.unwrap()
		};
		let draw = used(id);
		assert!(draw.all_gte(<() as WeightInfo>::draw(3)));
		assert!(draw.ref_time() < most.ref_time() / 2);
		lose(id);
		at(20);
		assert_eq!(used(id), <() as WeightInfo>::resolve());
		assert!(matches!(phase(id), Phase::Ending { .. }));
	});
}

#[test]
fn poke_is_refused_when_nothing_is_due() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let not_due = || {
			assert_noop!(poke(DAVE, id), Error::<Test>::NotDueYet);
		};
		for block in 1..=3 {
			at(block);
			not_due();
		}
		for block in 4..=19 {
			at(block);
			not_due();
		}
		at(20);
		assert!(matches!(phase(id), Phase::Ending { since: 20, .. }));
		not_due();
		next_block();
		assert_noop!(poke(DAVE, id), Error::<Test>::UnknownJob);
	});
}

#[test]
fn poke_takes_one_step_at_a_time() {
	run(|| {
		plain_listing();
		let id = asked(ASKING);
		lose_all(4);
		at(9);
		assert_ok!(poke(DAVE, id));
		assert!(matches!(phase(id), Phase::Ending { since: 9, .. }));
		assert_noop!(poke(DAVE, id), Error::<Test>::NotDueYet);
		lose_all(10);
		at(11);
		assert_ok!(poke(CAROL, id));
		assert!(Jobs::<Test>::get(id).is_none());
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn poke_is_refused_for_an_unknown_job() {
	run(|| {
		assert_noop!(poke(DAVE, GONE), Error::<Test>::UnknownJob);
	});
}

#[test]
fn poke_is_refused_of_an_unsigned_origin() {
	run(|| {
		plain_listing();
		let id = asked(ASKING);
		lose_all(4);
		at(9);
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(Inference::poke(origin, id), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn every_phase_can_be_poked_when_the_chain_forgot_it() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let poke = |block: u32| {
			// Nothing moves by itself.
			lose_all(block);
			at(block);
			assert_ok!(poke(NOBODY, id));
		};
		poke(4);
		let seats = seats(id, Round::Main);
		for who in &seats[..2] {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		poke(20);
		for who in &seats[..1] {
			reveal(id, Round::Main, who, &says(1)).taken();
		}
		poke(36);
		assert!(matches!(
			phase(id),
			Phase::Revealing {
				window: Window::Last,
				..
			}
		));
		reveal(id, Round::Main, &seats[1], &says(1)).taken();
		assert_eq!(phase(id), Phase::Resolved { until: 66 });
		poke(67);
		poke(68);
		assert!(Jobs::<Test>::get(id).is_none());
		assert!(matches!(
			last_event(),
			Event::JobEnded {
				outcome: Outcome::Final,
				..
			}
		));
	});
}

#[test]
fn poke_that_ends_a_job_costs_what_an_end_weighs() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let poke = |block: u32| {
			lose(id);
			at(block);
			Inference::poke(signed(DAVE), id).unwrap()
		};
		poke(4);
		assert_eq!(seats(id, Round::Main).len(), 3);
		poke(20);
		let done = poke(21);
		// What it asks of the mock weighs nothing.
		let most = <() as WeightInfo>::close().max(<() as WeightInfo>::close_overturned());
		assert_eq!(done.actual_weight, Some(most));
		assert!(Jobs::<Test>::get(id).is_none());
	});
}

#[test]
fn block_of_thirty_two_steps_looks_at_no_further_queue() {
	run(|| {
		plain_listing();
		fill(4);
		// The fourth block took one half of its queue, this one the other.
		at(5);
		assert!(due(4).is_empty());
		assert_eq!(NextDue::<Test>::get(), 5);
		assert_noop!(ask(ASKING), Error::<Test>::TooManyJobsDue);
		next_block();
		assert_eq!(NextDue::<Test>::get(), 7);
		assert_ok!(ask(ASKING));
	});
}
