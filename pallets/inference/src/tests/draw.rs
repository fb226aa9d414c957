//! Who is drawn, by what randomness, and who never is.

use super::settlement::until;
use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, storage::with_transaction};
use sp_core::H256;
use sp_runtime::{DispatchError, TransactionOutcome};
use weighhouse_primitives::{
	draw::{self, Purpose},
	inference::{Ground, JobId, Mode, Round},
	market::{Rights, Serving},
	traits::{SeedSource, SeedState},
	PARTS,
};

/// What `look` answers; nothing is left of what it did.
fn undone<R>(look: impl FnOnce() -> R) -> R {
	with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(look()))).unwrap()
}

/// Who must be drawn for a job that was asked in block `since`.
fn expected(id: JobId, since: u32, weights: &[(AccountId, u128)], count: u32) -> Vec<AccountId> {
	let first = randomness_of(since + 1).unwrap();
	let second = randomness_of(since + 2).unwrap();
	let seed = draw::seed(job(id).request_hash, Purpose::Main, &first, &second);
	draw::draw(seed, weights, count)
		.into_iter()
		.map(|index| weights[index].0.clone())
		.collect()
}

/// How the draw of a job came out that was asked in this block.
fn came_out(id: JobId) -> Phase<u32> {
	forward(3);
	job(id).phase
}

/// What becomes of a job for which too few can be drawn in this block.
fn too_few() -> Phase<u32> {
	Phase::Ending {
		since: System::block_number(),
		outcome: Outcome::Refunded(Refund::NotEnoughWorkers),
	}
}

/// Asks with three workers, one of whom `spoil` changes, and expects that nobody is drawn; without
/// that change all three are.
fn never_drawn(spoil: impl Fn(&AccountId)) {
	run(|| {
		let workers = enlisted(plain_listing(), 3);
		undone(|| {
			let id = asked(ASKING);
			assert_eq!(drawn(id, Round::Main).len(), 3);
		});
		let id = asked(ASKING);
		spoil(&workers[1]);
		let phase = came_out(id);
		assert_eq!(phase, too_few());
		assert!(panel(id, Round::Main).is_empty());
		settle();
		assert_eq!(held(&BOB, HoldReason::Escrow), 0);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

/// Alice's listing whose workers need a licence to serve, and such a licence for each of them.
fn licensed_listing(workers: &[AccountId]) {
	Registry::list(
		1,
		ALICE,
		&[MockVersion {
			serving: Serving::Licensed,
			..EXACT
		}],
	);
	Calls::offer(1, 1, CALL_PRICE);
	for (licence, who) in (1..).zip(workers) {
		license(licence, who, None);
		enlist(who, 1, BOND, REWARD);
	}
}

fn license(licence: u64, holder: &AccountId, calls_left: Option<u32>) {
	Calls::grant(
		licence,
		MockLicence {
			holder: holder.clone(),
			listing: 1,
			versions: (1, 1),
			rights: Rights::Serve,
			calls_left,
		},
	);
}

// ---- the seed ----

#[test]
fn draw_follows_from_the_randomness_of_the_two_blocks_after_the_request() {
	run(|| {
		let workers = enlisted(plain_listing(), 12);
		let weights: Vec<_> = workers.into_iter().map(|who| (who, BOND)).collect();
		let mut panels = Vec::new();
		for plan in 0..10 {
			for block in [2, 3] {
				panels.push(undone(|| {
					plan_randomness(block, Some([plan; 32]));
					let id = asked(ASKING);
					let seats = drawn(id, Round::Main);
					assert_eq!(seats, expected(id, 1, &weights, 3));
					seats
				}));
			}
		}
		let (of_first, of_second): (Vec<_>, Vec<_>) = panels
			.into_iter()
			.enumerate()
			.partition(|(index, _)| index % 2 == 0);
		for panels in [of_first, of_second] {
			assert!(panels.iter().any(|(_, panel)| *panel != panels[0].1));
		}
	});
}

#[test]
fn draw_takes_no_other_randomness_than_that_of_the_two_blocks() {
	run(|| {
		enlisted(plain_listing(), 12);
		let panel = undone(|| drawn(asked(ASKING), Round::Main));
		plan_randomness(1, None);
		plan_randomness(4, None);
		assert_eq!(drawn(asked(ASKING), Round::Main), panel);
	});
}

#[test]
fn draw_differs_between_requests_of_one_block() {
	run(|| {
		for number in 1..=12 {
			enlist(&worker(number), plain_listing(), 10 * BOND, REWARD);
		}
		let jobs: Vec<_> = (0..4).map(|_| asked(ASKING)).collect();
		forward(3);
		let panels: Vec<_> = jobs.iter().map(|id| seats(*id, Round::Main)).collect();
		assert!(panels.iter().all(|panel| panel.len() == 3));
		assert!(panels.iter().any(|panel| *panel != panels[0]));
	});
}

#[test]
fn draw_waits_for_the_third_block_after_the_request() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		for block in [2, 3] {
			at(block);
			assert_noop!(poke(DAVE, id), Error::<Test>::NotDueYet);
			assert_eq!(job(id).phase, Phase::Open { since: 1 });
			assert!(panel(id, Round::Main).is_empty());
		}
		at(4);
		assert_eq!(panel(id, Round::Main).len(), 3);
	});
}

#[test]
fn draw_is_the_same_when_it_is_late() {
	run(|| {
		enlisted(plain_listing(), 12);
		let id = asked(ASKING);
		let in_time = undone(|| drawn(id, Round::Main));
		lose_all(4);
		at(1 + RANDOMNESS_KEPT + 1);
		assert_eq!(job(id).phase, Phase::Open { since: 1 });
		assert_ok!(poke(DAVE, id));
		assert_eq!(seats(id, Round::Main), in_time);
	});
}

#[test]
fn draw_refunds_when_the_randomness_is_not_kept_any_more() {
	run(|| {
		enlisted(plain_listing(), 12);
		let id = asked(ASKING);
		lose_all(4);
		at(1 + RANDOMNESS_KEPT + 2);
		assert_ok!(poke(DAVE, id));
		assert_eq!(
			job(id).phase,
			Phase::Ending {
				since: System::block_number(),
				outcome: Outcome::Refunded(Refund::SeedLost)
			}
		);
		settle();
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn draw_refunds_when_either_block_had_no_randomness() {
	for block in [2, 3] {
		run(|| {
			enlisted(plain_listing(), 3);
			plan_randomness(block, None);
			let id = asked(ASKING);
			assert_eq!(
				came_out(id),
				Phase::Ending {
					since: 4,
					outcome: Outcome::Refunded(Refund::SeedLost)
				}
			);
			settle();
			assert_eq!(free(&BOB), ENDOWMENT);
		});
	}
}

#[test]
fn randomness_is_kept_of_the_last_blocks_alone() {
	run(|| {
		at(2 * RANDOMNESS_KEPT + 10);
		assert_eq!(Randomness::<Test>::iter().count(), RANDOMNESS_KEPT as usize);
		for kept in Randomness::<Test>::iter_values() {
			assert!((RANDOMNESS_KEPT + 10..2 * RANDOMNESS_KEPT + 10).contains(&kept.block));
			assert_eq!(kept.output, randomness_of(kept.block));
		}
	});
}

// ---- weights ----

#[test]
fn draw_goes_by_free_bond_with_reputation() {
	run(|| {
		plain_listing();
		let bonds = [BOND, 3 * BOND, 8 * BOND, 2 * BOND];
		let scores = [PARTS, PARTS / 2, 0, PARTS / 4];
		for ((number, bond), score) in (1..).zip(bonds).zip(scores) {
			enlist(&worker(number), 1, bond, REWARD);
			Reputation::set_score(&worker(number), score);
		}
		let weights = [
			(worker(1), BOND),
			(worker(2), 3 * BOND / 2),
			(worker(3), 8 * BOND / 10),
			(worker(4), BOND / 2),
		];
		let mut first = Vec::new();
		for plan in 0..40 {
			plan_randomness(2, Some([plan; 32]));
			undone(|| {
				let id = asked(ASKING);
				let seats = drawn(id, Round::Main);
				assert_eq!(seats, expected(id, 1, &weights, 3));
				first.push(seats[0].clone());
			});
		}
		let unweighted = weights.map(|(who, _)| (who, 1));
		let differs = (0..40).zip(&first).any(|(plan, drawn_first)| {
			plan_randomness(2, Some([plan; 32]));
			undone(|| expected(asked(ASKING), 1, &unweighted, 3)[0] != *drawn_first)
		});
		assert!(differs);
	});
}

#[test]
fn draw_counts_the_bond_that_no_job_reserves() {
	run(|| {
		let workers = enlisted(plain_listing(), 5);
		let first = asked(Asking {
			reward: 9 * REWARD,
			..ASKING
		});
		let busy = drawn(first, Round::Main);
		let weights: Vec<_> = workers
			.into_iter()
			.map(|who| {
				let weight = if busy.contains(&who) { BOND / 10 } else { BOND };
				(who, weight)
			})
			.collect();
		for plan in 0..20 {
			plan_randomness(5, Some([plan; 32]));
			undone(|| {
				let id = asked(ASKING);
				assert_eq!(drawn(id, Round::Main), expected(id, 4, &weights, 3));
			});
		}
	});
}

#[test]
fn draw_gives_nobody_two_seats() {
	run(|| {
		plain_listing();
		enlist(&worker(1), 1, 1_000 * BOND, REWARD);
		for number in 2..=5 {
			enlist(&worker(number), 1, BOND / 10, REWARD);
		}
		let id = asked(Asking {
			mode: Mode::QuorumOfFive,
			..ASKING
		});
		let mut seats = drawn(id, Round::Main);
		seats.sort();
		seats.dedup();
		assert_eq!(seats.len(), 5);
	});
}

// ---- what a draw writes ----

#[test]
fn draw_gives_seats_that_reserve_bond() {
	run(|| {
		let workers = enlisted(plain_listing(), 5);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		for seat in panel(id, Round::Main) {
			assert_eq!(seat.key, key_of(&pair_of(&seat.worker)));
			assert_eq!((seat.commitment, seat.answer), (None, None));
			assert_eq!(seat.finding, Finding::Open);
		}
		for who in &workers {
			let seated = seats.contains(who);
			let (reserved, open) = if seated {
				(100 * REWARD, vec![id])
			} else {
				(0, vec![])
			};
			assert_eq!(record_of(who).reserved, reserved);
			assert_eq!(Assignments::<Test>::get(who).into_inner(), open);
		}
		assert_eq!(Eligible::<Test>::get(id), 5);
		let told = Event::Drawn {
			job: id,
			round: Round::Main,
			workers: seats,
			eligible: 5,
		};
		assert!(events().contains(&told));
	});
}

#[test]
fn draw_seats_as_many_as_the_mode_says() {
	for (mode, count) in [
		(Mode::Solo, 1),
		(Mode::QuorumOfThree, 3),
		(Mode::QuorumOfFive, 5),
	] {
		run(|| {
			enlisted(plain_listing(), 7);
			let id = asked(Asking { mode, ..ASKING });
			assert_eq!(drawn(id, Round::Main).len(), count);
		});
	}
}

#[test]
fn draw_takes_the_key_that_a_worker_has_then() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let pair = other_pair(1);
		assert_ok!(Inference::set_worker_key(
			signed(worker(1)),
			key_of(&pair),
			proof(&pair, &worker(1))
		));
		drawn(id, Round::Main);
		let seat = panel(id, Round::Main)
			.into_iter()
			.find(|seat| seat.worker == worker(1));
		assert_eq!(seat.unwrap().key, key_of(&pair));
	});
}

// ---- who is never drawn ----

#[test]
fn draw_passes_over_a_worker_that_asks_for_more() {
	never_drawn(|who| {
		assert_ok!(Inference::serve(signed(who.clone()), 1, REWARD + 1));
	});
}

#[test]
fn draw_passes_over_a_worker_that_serves_no_more() {
	never_drawn(|who| {
		assert_ok!(Inference::stop_serving(signed(who.clone()), 1));
	});
}

#[test]
fn draw_passes_over_a_worker_that_serves_since_after_the_request() {
	run(|| {
		enlisted(plain_listing(), 2);
		let id = asked(ASKING);
		undone(|| {
			enlist(&worker(3), 1, BOND, REWARD);
			assert_eq!(drawn(id, Round::Main).len(), 3);
		});
		next_block();
		enlist(&worker(3), 1, BOND, REWARD);
		forward(2);
		assert_eq!(job(id).phase, too_few());
	});
}

// ---- what is chosen when the seed is known ----

/// Asks in block 5 four workers who serve since block 1, one of whom did `before` in block 3 and does
/// `after` in the last block before the draw, whose author knows the seed. How many could be drawn.
fn eligible_after(before: impl Fn(AccountId), after: impl Fn(AccountId)) -> u32 {
	let mut eligible = 0;
	run(|| {
		enlisted(plain_listing(), 4);
		at(3);
		before(worker(1));
		at(5);
		let id = asked(ASKING);
		at(5 + SEED_BLOCKS);
		after(worker(1));
		next_block();
		eligible = Eligible::<Test>::get(id);
		settle();
	});
	eligible
}

fn nothing(_: AccountId) {}

fn pauses(who: AccountId) {
	assert_ok!(Inference::pause(signed(who)));
}

fn resumes(who: AccountId) {
	assert_ok!(Inference::resume(signed(who)));
}

fn asks_for(min_reward: u128) -> impl Fn(AccountId) {
	move |who| {
		assert_ok!(Inference::serve(signed(who), 1, min_reward));
	}
}

#[test]
fn draw_takes_a_worker_that_raised_its_price_after_the_request() {
	assert_eq!(eligible_after(nothing, nothing), 4);
	assert_eq!(eligible_after(nothing, asks_for(REWARD + 1)), 4);
	assert_eq!(eligible_after(asks_for(REWARD + 1), nothing), 3);
}

#[test]
fn draw_passes_over_a_worker_that_lowered_its_price_after_the_request() {
	assert_eq!(eligible_after(asks_for(REWARD + 1), asks_for(REWARD)), 3);
}

#[test]
fn draw_takes_a_worker_that_paused_after_the_request() {
	assert_eq!(eligible_after(nothing, pauses), 4);
	assert_eq!(eligible_after(pauses, nothing), 3);
}

#[test]
fn draw_passes_over_a_worker_that_resumed_after_the_request() {
	assert_eq!(eligible_after(pauses, resumes), 3);
}

/// The last block in which who was seen in the first one is alive.
const LAST_ALIVE: u32 = 1 + MISSED_HEARTBEATS * HEARTBEAT;

#[test]
fn draw_passes_over_a_worker_that_came_back_after_the_request() {
	let beats = |who: AccountId| {
		heartbeat(&who).taken();
	};
	let eligible = |asked_in: u32, sign: &dyn Fn(AccountId)| {
		let mut eligible = 0;
		run(|| {
			let workers = enlisted(plain_listing(), 4);
			at(100);
			workers[1..].iter().cloned().for_each(resumes);
			at(asked_in);
			let id = asked(ASKING);
			at(asked_in + SEED_BLOCKS);
			sign(worker(1));
			next_block();
			eligible = Eligible::<Test>::get(id);
			settle();
		});
		eligible
	};
	for sign in [&nothing as &dyn Fn(AccountId), &resumes, &beats] {
		assert_eq!(eligible(LAST_ALIVE, sign), 4);
		assert_eq!(eligible(LAST_ALIVE + 1, sign), 3);
	}
}

#[test]
fn draw_passes_over_a_worker_whose_suspension_began_and_ended_after_the_request() {
	// Silent so often, the worker is drawn once more if it resumes in the second block.
	for (silences, eligible) in [(MAX_SILENCES - 1, 1), (MAX_SILENCES, 0)] {
		run(|| {
			enlisted(plain_listing(), 1);
			for _ in 1..silences {
				asked(solo());
				settle();
			}
			let last = asked(solo());
			until(last, |phase| matches!(phase, Phase::Ending { .. }));
			let id = asked(solo());
			next_block();
			assert_eq!(record_of(&worker(1)).silences, silences);
			next_block();
			resumes(worker(1));
			next_block();
			assert_eq!(Eligible::<Test>::get(id), eligible);
			settle();
		});
	}
}

#[test]
fn draw_takes_no_second_choice_for_the_first() {
	// Both at once.
	let pauses_for_a_moment = |who: AccountId| {
		pauses(who.clone());
		resumes(who);
	};
	assert_eq!(eligible_after(nothing, pauses_for_a_moment), 4);
	// The first before the seed was known, the second after.
	for second in [nothing, resumes] {
		run(|| {
			enlisted(plain_listing(), 4);
			at(5);
			let id = asked(ASKING);
			next_block();
			pauses(worker(1));
			next_block();
			second(worker(1));
			next_block();
			assert_eq!(Eligible::<Test>::get(id), 4);
			settle();
		});
	}
}

#[test]
fn draw_counts_no_bond_that_was_added_after_the_request() {
	run(|| {
		let workers = enlisted(plain_listing(), 4);
		let weights: Vec<_> = workers.iter().map(|who| (who.clone(), BOND)).collect();
		at(5);
		for plan in 0..10 {
			undone(|| {
				plan_randomness(6, Some([plan; 32]));
				let id = asked(ASKING);
				at(7);
				assert_ok!(Inference::bond_more(signed(worker(1)), 900 * BOND));
				next_block();
				// It is neither out nor heavier.
				assert_eq!(seats(id, Round::Main), expected(id, 5, &weights, 3));
				assert_eq!(Eligible::<Test>::get(id), 4);
			});
		}
		assert_ok!(Inference::bond_more(signed(worker(1)), BOND));
		let heavier: Vec<_> = weights
			.into_iter()
			.map(|(who, bond)| match who == worker(1) {
				true => (who, 2 * bond),
				false => (who, bond),
			})
			.collect();
		for plan in 0..10 {
			undone(|| {
				plan_randomness(6, Some([plan; 32]));
				let id = asked(ASKING);
				assert_eq!(drawn(id, Round::Main), expected(id, 5, &heavier, 3));
			});
		}
	});
}

/// Two workers with bond enough, and a third that lacks a hundredth of what a seat takes.
fn two_and_one_short_of_bond() {
	enlisted(plain_listing(), 2);
	MinBond::set(1);
	enlist(&worker(3), 1, 99 * REWARD, REWARD);
	at(5);
}

#[test]
fn draw_takes_nobody_for_bond_that_was_added_after_the_request() {
	run(|| {
		two_and_one_short_of_bond();
		let id = asked(ASKING);
		next_block();
		assert_ok!(Inference::bond_more(signed(worker(3)), REWARD / 2));
		next_block();
		assert_ok!(Inference::bond_more(signed(worker(3)), REWARD / 2));
		next_block();
		assert_eq!(job(id).phase, too_few());
		assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3);
		settle();
	});
}

#[test]
fn draw_passes_over_a_paused_worker() {
	never_drawn(|who| {
		assert_ok!(Inference::pause(signed(who.clone())));
	});
}

#[test]
fn draw_passes_over_a_suspended_worker() {
	never_drawn(|who| {
		Workers::<Test>::mutate(who, |record| {
			record.as_mut().unwrap().availability = Held::new(Availability::Suspended, 1);
		});
	});
}

#[test]
fn draw_passes_over_a_worker_whose_free_bond_is_no_reserve() {
	never_drawn(|who| {
		// The smallest bond is no larger than a reserve here, so it does not hide what is tested.
		MinBond::set(1);
		let most = BOND - 100 * REWARD;
		assert_ok!(Inference::unbond(signed(who.clone()), most + 1));
	});
}

#[test]
fn draw_takes_a_worker_whose_free_bond_is_just_a_reserve() {
	run(|| {
		let workers = enlisted(plain_listing(), 3);
		let most = BOND - 100 * REWARD;
		assert_ok!(Inference::unbond(signed(workers[0].clone()), most));
		assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3);
	});
}

#[test]
fn draw_passes_over_a_worker_below_the_smallest_bond() {
	run(|| {
		let workers = enlisted(plain_listing(), 3);
		for who in &workers {
			assert_ok!(Inference::serve(signed(who.clone()), 1, LEAST_REWARD));
		}
		let cheap = Asking {
			reward: LEAST_REWARD,
			..ASKING
		};
		let rest = BOND - LEAST_BOND;
		assert_ok!(Inference::unbond(signed(workers[0].clone()), rest));
		undone(|| assert_eq!(drawn(asked(cheap.clone()), Round::Main).len(), 3));
		assert_ok!(Inference::unbond(signed(workers[0].clone()), 1));
		assert_eq!(came_out(asked(cheap)), too_few());
	});
}

#[test]
fn draw_passes_over_a_worker_that_was_not_seen_for_three_windows() {
	run(|| {
		let workers = enlisted(plain_listing(), 3);
		at(LAST_ALIVE);
		undone(|| assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3));
		next_block();
		for who in &workers[1..] {
			assert_ok!(Inference::resume(signed(who.clone())));
		}
		assert_eq!(came_out(asked(ASKING)), too_few());
		assert_ok!(Inference::resume(signed(workers[0].clone())));
		assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3);
	});
}

#[test]
fn draw_passes_over_workers_with_sixteen_open_jobs() {
	run(|| {
		plain_listing();
		for number in 1..=3 {
			enlist(&worker(number), 1, 2 * BOND, REWARD);
		}
		for _ in 1..MAX_OPEN_JOBS {
			asked(ASKING);
		}
		forward(3);
		let last = asked(ASKING);
		assert_eq!(drawn(last, Round::Main).len(), 3);
		assert!(record_of(&worker(1)).free() >= 100 * REWARD);
		assert_eq!(came_out(asked(ASKING)), too_few());
	});
}

#[test]
fn draw_passes_over_the_requester() {
	run(|| {
		enlisted(plain_listing(), 2);
		enlist(&BOB, 1, BOND, REWARD);
		undone(|| {
			let by_another = Asking {
				who: DAVE,
				..ASKING
			};
			assert_eq!(drawn(asked(by_another), Round::Main).len(), 3);
		});
		assert_eq!(came_out(asked(ASKING)), too_few());
	});
}

#[test]
fn draw_passes_over_the_owner() {
	run(|| {
		enlisted(plain_listing(), 2);
		enlist(&ALICE, 1, BOND, REWARD);
		undone(|| {
			Registry::list(1, CAROL, &[EXACT]);
			assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3);
		});
		assert_eq!(came_out(asked(ASKING)), too_few());
	});
}

#[test]
fn draw_passes_over_who_owned_the_listing_at_the_request() {
	run(|| {
		enlisted(plain_listing(), 2);
		enlist(&ALICE, 1, BOND, REWARD);
		let id = asked(ASKING);
		Registry::list(1, CAROL, &[EXACT]);
		assert_eq!(came_out(id), too_few());
	});
}

#[test]
fn draw_does_not_count_whom_it_passes_over() {
	run(|| {
		enlisted(plain_listing(), 6);
		enlist(&BOB, 1, 100 * BOND, REWARD);
		enlist(&ALICE, 1, 100 * BOND, REWARD);
		assert_ok!(Inference::pause(signed(worker(1))));
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		assert_eq!(Eligible::<Test>::get(id), 5);
		for passed in [BOB, ALICE, worker(1)] {
			assert!(!seats.contains(&passed));
		}
	});
}

#[test]
fn draw_refunds_when_nobody_serves() {
	run(|| {
		plain_listing();
		assert_eq!(came_out(asked(ASKING)), too_few());
	});
}

// ---- licences to serve ----

#[test]
fn draw_passes_over_a_worker_whose_licence_to_serve_is_gone() {
	run(|| {
		let workers: Vec<_> = (1..=4).map(worker).collect();
		licensed_listing(&workers);
		assert_ok!(Inference::bond_more(signed(worker(1)), BOND));
		let id = asked(ASKING);
		license(1, &worker(1), Some(0));
		for plan in 0..10 {
			plan_randomness(2, Some([plan; 32]));
			undone(|| {
				let seats = drawn(id, Round::Main);
				assert_eq!(seats.len(), 3);
				assert!(!seats.contains(&worker(1)));
			});
		}
	});
}

#[test]
fn draw_takes_who_has_no_licence_any_more_off_the_list() {
	run(|| {
		let workers: Vec<_> = (1..=4).map(worker).collect();
		licensed_listing(&workers);
		// Nearly all draws look at it first.
		assert_ok!(Inference::bond_more(signed(worker(1)), 900 * BOND));
		license(1, &worker(1), Some(0));
		let before = free(&worker(1));
		let id = asked(ASKING);
		assert_eq!(drawn(id, Round::Main).len(), 3);
		assert_eq!(free(&worker(1)), before + ask_deposit());
		assert_eq!(held(&worker(1), HoldReason::Ask), 0);
		assert_eq!(record_of(&worker(1)).served, 0);
		let serving: Vec<_> = Asks::<Test>::get(1)
			.into_iter()
			.map(|ask| ask.worker)
			.collect();
		assert!(!serving.contains(&worker(1)));
		assert_eq!(serving.len(), 3);
		assert!(events().contains(&Event::ServingEnded {
			worker: worker(1),
			listing: 1
		}));
		assert_noop!(
			Inference::serve(signed(worker(1)), 1, REWARD),
			Error::<Test>::ServingLicenceMissing
		);
		settle();
	});
}

#[test]
fn draw_takes_eight_squatters_off_the_list_at_a_time() {
	run(|| {
		let squatters: Vec<_> = (1..=20).map(worker).collect();
		licensed_listing(&squatters);
		for (licence, who) in (1..).zip(&squatters) {
			license(licence, who, Some(0));
		}
		for left in [12, 4, 0, 0] {
			let id = asked(ASKING);
			assert_eq!(came_out(id), too_few());
			assert_eq!(Asks::<Test>::get(1).len(), left);
		}
		settle();
		for who in &squatters {
			assert_eq!(held(who, HoldReason::Ask), 0);
		}
	});
}

#[test]
fn draw_leaves_who_may_serve_the_newest_version_on_the_list() {
	run(|| {
		let workers: Vec<_> = (1..=3).map(worker).collect();
		licensed_listing(&workers);
		Registry::publish(1, EXACT);
		license(1, &worker(1), Some(0));
		assert_eq!(came_out(asked(ASKING)), too_few());
		assert_eq!(Asks::<Test>::get(1).len(), 3);
		settle();
	});
}

#[test]
fn draw_refunds_when_too_few_are_licensed_to_serve() {
	run(|| {
		let workers: Vec<_> = (1..=3).map(worker).collect();
		licensed_listing(&workers);
		undone(|| assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3));
		let id = asked(ASKING);
		license(2, &worker(2), Some(0));
		assert_eq!(came_out(id), too_few());
		assert!(workers.iter().all(|who| record_of(who).reserved == 0));
	});
}

#[test]
fn draw_asks_for_the_licence_of_the_version_that_is_asked() {
	run(|| {
		let workers: Vec<_> = (1..=3).map(worker).collect();
		licensed_listing(&workers);
		Registry::publish(
			1,
			MockVersion {
				serving: Serving::Licensed,
				..EXACT
			},
		);
		undone(|| assert_eq!(drawn(asked(ASKING), Round::Main).len(), 3));
		let newer = Asking {
			version: 2,
			..ASKING
		};
		assert_eq!(came_out(asked(newer)), too_few());
	});
}

// ---- later rounds ----

#[test]
fn audit_draws_somebody_else() {
	run_on(new_audited_ext(), || {
		enlisted(plain_listing(), 2);
		let id = asked(solo());
		let answered = drawn(id, Round::Main);
		play(id, Round::Main, &[says(1)]);
		let audits = drawn(id, Round::Audit);
		assert_eq!(audits.len(), 1);
		assert_ne!(audits, answered);
		assert_eq!(record_of(&audits[0]).reserved, 100 * REWARD);
		assert_eq!(Eligible::<Test>::get(id), 2);
	});
}

#[test]
fn audit_is_left_out_when_nobody_else_could_make_it() {
	run_on(new_audited_ext(), || {
		enlisted(plain_listing(), 1);
		enlist(&BOB, 1, BOND, REWARD);
		enlist(&ALICE, 1, BOND, REWARD);
		let id = asked(solo());
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1)]);
		forward(3);
		assert!(panel(id, Round::Audit).is_empty());
		assert!(matches!(job(id).phase, Phase::Resolved { .. }));
	});
}

#[test]
fn audit_happens_by_the_chance_that_is_configured() {
	run(|| {
		enlisted(plain_listing(), 3);
		AuditParts::set(PARTS / 2);
		let id = asked(solo());
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1)]);
		let since = System::block_number();
		let mut audited = 0;
		for plan in 0..40 {
			plan_randomness(since + 1, Some([plan; 32]));
			let first = randomness_of(since + 1).unwrap();
			let second = randomness_of(since + 2).unwrap();
			let hash = job(id).request_hash;
			let seed = draw::seed(hash, Purpose::Audit, &first, &second);
			let happens = draw::happens(seed, PARTS / 2);
			undone(|| {
				forward(3);
				assert_eq!(panel(id, Round::Audit).len(), usize::from(happens));
			});
			audited += u32::from(happens);
		}
		assert!((5..35).contains(&audited));
	});
}

#[test]
fn jury_draws_nobody_who_is_involved() {
	run(|| {
		enlisted(plain_listing(), 6);
		for who in [&ALICE, &BOB, &CAROL] {
			enlist(who, 1, 100 * BOND, REWARD);
		}
		// She does not want to answer, but could judge.
		assert_ok!(Inference::pause(signed(CAROL)));
		let id = asked(ASKING);
		let main = drawn(id, Round::Main);
		assert_ok!(Inference::resume(signed(CAROL)));
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
		let mut jury = drawn(id, Round::Jury);
		jury.sort();
		let mut others: Vec<_> = (1..=6)
			.map(worker)
			.filter(|who| !main.contains(who))
			.collect();
		others.sort();
		assert_eq!(jury, others);
	});
}

#[test]
fn jury_draws_neither_who_answered_nor_who_audited() {
	run_on(new_audited_ext(), || {
		enlisted(plain_listing(), 5);
		let id = asked(solo());
		let main = drawn(id, Round::Main);
		play(id, Round::Main, &[says(1)]);
		let audit = drawn(id, Round::Audit);
		play(id, Round::Audit, &[says(2)]);
		let jury = drawn(id, Round::Jury);
		assert_eq!(jury.len(), 3);
		assert!(!jury.contains(&main[0]));
		assert!(!jury.contains(&audit[0]));
	});
}

/// Bob asks one worker.
fn solo() -> Asking {
	Asking {
		mode: Mode::Solo,
		..ASKING
	}
}

/// A chain on which every answer of a single worker is audited.
fn new_audited_ext() -> sp_io::TestExternalities {
	let ext = new_test_ext();
	AuditParts::set(PARTS);
	ext
}

#[test]
fn seed_for_raters_is_known_when_the_delay_is_over() {
	run(|| {
		let subject = H256::repeat_byte(9);
		let told = || <Inference as SeedSource<u32>>::seed(subject, 1);
		at(1 + <Inference as SeedSource<u32>>::delay());
		assert_eq!(told(), SeedState::NotYet);
		next_block();
		let [first, second] = [2, 3].map(|block| randomness_of(block).unwrap());
		let seed = draw::seed(subject, Purpose::Raters, &first, &second);
		assert_eq!(told(), SeedState::Known(seed));
	});
}

#[test]
fn draw_counts_neither_of_two_bonds_that_were_added_after_the_request() {
	run(|| {
		two_and_one_short_of_bond();
		let id = asked(ASKING);
		next_block();
		// Enough without the second.
		assert_ok!(Inference::bond_more(signed(worker(3)), REWARD));
		next_block();
		assert_ok!(Inference::bond_more(signed(worker(3)), 1));
		next_block();
		assert_eq!(job(id).phase, too_few());
		settle();
	});
}

#[test]
fn draw_counts_bond_that_was_added_two_blocks_before_more_was() {
	run(|| {
		two_and_one_short_of_bond();
		assert_ok!(Inference::bond_more(signed(worker(3)), REWARD));
		let id = asked(ASKING);
		at(5 + SEED_BLOCKS);
		assert_ok!(Inference::bond_more(signed(worker(3)), 1));
		next_block();
		assert_eq!(seats(id, Round::Main).len(), 3);
		settle();
	});
}
