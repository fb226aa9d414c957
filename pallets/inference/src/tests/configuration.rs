//! Settings that contradict each other, which a runtime is not built with.

use crate::{mock::*, *};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{Authorize, BuildGenesisConfig, GetCallName, Hooks},
	weights::Weight,
};
use sp_core::H256;
use std::panic::catch_unwind;
use weighhouse_primitives::{
	inference::{Access, Ground, Mode, Round},
	PARTS,
};

/// Why settings are refused, if they are.
fn refused(change: fn()) -> Option<String> {
	new_test_ext().execute_with(|| {
		change();
		let panic = catch_unwind(<Inference as Hooks<u32>>::integrity_test).err()?;
		let said = panic.downcast_ref::<String>().cloned();
		said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.into()))
	})
}

/// A block with this much time and any proof.
fn room(ref_time: u64) {
	MaxBlock::set(Weight::from_parts(ref_time, u64::MAX));
}

/// The longest path that a job can take with the windows of the mock.
const LONGEST: u32 = 5 * MAX_COMMIT + 4 * REVEAL + HIGH_VALUE_CHALLENGE + 5 * RANDOMNESS_KEPT;

#[test]
fn settings_at_their_bounds_are_taken() {
	let bounds: [fn(); 8] = [
		|| (),
		|| AuditParts::set(PARTS),
		|| BlockMillis::set(1),
		|| MinReward::set(RESERVE_REWARDS),
		|| RevealWindow::set(REVEAL_DELAY + 1),
		|| MinCommitWindow::set(MAX_COMMIT),
		|| ChallengeWindow::set(HIGH_VALUE_CHALLENGE),
		|| UnbondingPeriod::set(LONGEST + 1),
	];
	for (at, change) in bounds.into_iter().enumerate() {
		assert_eq!(refused(change), None, "change {at}");
	}
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
	let contradictions: [(fn(), &str); 19] = [
		(
			|| AuditParts::set(PARTS + 1),
			"the chance of an audit is at most one",
		),
		(|| BlockMillis::set(0), "time passes between two blocks"),
		(
			|| MinReward::set(RESERVE_REWARDS - 1),
			"parts of a reward do not round to nothing",
		),
		(
			|| MinCommitWindow::set(0),
			"MinCommitWindow must be at least one block",
		),
		(
			|| RevealWindow::set(0),
			"RevealWindow must be at least one block",
		),
		(
			|| ChallengeWindow::set(0),
			"ChallengeWindow must be at least one block",
		),
		(
			|| HeartbeatWindow::set(0),
			"HeartbeatWindow must be at least one block",
		),
		(
			|| UnbondingPeriod::set(0),
			"UnbondingPeriod must be at least one block",
		),
		(
			|| ReceiptLifetime::set(0),
			"ReceiptLifetime must be at least one block",
		),
		(
			|| StepLifetime::set(0),
			"StepLifetime must be at least one block",
		),
		(
			|| RevealWindow::set(REVEAL_DELAY),
			"couriers wait before they reveal",
		),
		(
			|| MinCommitWindow::set(MAX_COMMIT + 1),
			"the shortest window to commit is not longer than the longest",
		),
		(
			|| ChallengeWindow::set(HIGH_VALUE_CHALLENGE + 1),
			"answers of high value can be disputed for longer",
		),
		(
			|| UnbondingPeriod::set(LONGEST),
			"a bond comes back after every job that it could have been drawn for",
		),
		(
			|| room(2 * <() as WeightInfo>::serve().ref_time() - 1),
			"serve must fit half of the normal class",
		),
		(
			|| room(2 * Inference::request_charge().ref_time() - 1),
			"request must fit half of the normal class",
		),
		(
			|| room(2 * Inference::step_weight().ref_time() - 1),
			"poke must fit half of the normal class",
		),
		// The heaviest call fits exactly, and a step without the visits beside it.
		(
			|| room(2 * Inference::step_weight().ref_time()),
			"a step must fit what a block keeps for steps, beside the entries that it passes over",
		),
		(
			|| room(4 * Inference::step_weight().ref_time()),
			"a step must fit what a block keeps for steps, beside the entries that it passes over",
		),
	];
	for (change, why) in contradictions {
		assert_eq!(refused(change).as_deref(), Some(why));
	}
}

#[test]
fn genesis_sets_the_windows_of_a_development_chain() {
	new_test_ext().execute_with(|| {
		assert_eq!(ShortWindows::<Test>::get(), None);
		let windows = DevelopmentWindows {
			challenge: 5,
			unbonding: 7,
		};
		let short_windows = Some(windows);
		crate::GenesisConfig::<Test> { short_windows }.build();
		assert_eq!(ShortWindows::<Test>::get(), short_windows);
	});
}

#[test]
fn calls_weigh_what_was_measured_with_what_they_ask_of_others() {
	let seam = Weight::from_parts(1_000, 10);
	SeamWeight::set(seam);
	let with = |own: Weight, seams: u64| own.saturating_add(seam.saturating_mul(seams));
	// Three things of a listing, and a licence.
	assert_eq!(
		Inference::serve_weight(),
		with(<() as WeightInfo>::serve(), 4)
	);
	// Two things of a listing, a version that is kept, and a call.
	let request = with(<() as WeightInfo>::request(), 4);
	assert_eq!(Inference::request_weight(), request);
}

/// A request to [`plain_listing`].
fn request_call() -> Call<Test> {
	Call::request {
		listing: 1,
		version: 1,
		mode: Mode::Solo,
		access: Access::Owner,
		reward: REWARD,
		input: Default::default(),
		input_hash: H256::zero(),
	}
}

#[test]
fn the_heaviest_calls_are_held_to_all_that_they_are_charged() {
	SeamWeight::set(Weight::from_parts(1_000, 10));
	run(|| {
		plain_listing();
		let job = asked(ASKING);
		let who = worker(1);
		let step = step_of(job, Round::Main, &who);
		let shown = reveal_of(job, Round::Main, &who, &says(1));
		let commit = commit_call(step, H256::zero(), &pair_of(&who));
		let reveal = reveal_call(step, shown, &pair_of(&who));
		let mut calls = vec![
			Call::serve {
				listing: 1,
				min_reward: REWARD,
			},
			request_call(),
			Call::dispute {
				job,
				ground: Ground::Wrong,
			},
			Call::poke { job },
		];
		for call in [commit, reveal] {
			let RuntimeCall::Inference(call) = call else {
				unreachable!("a call of workers");
			};
			calls.push(call);
		}
		let mut charged: Vec<_> = calls
			.iter()
			.map(|call| {
				let weight = call.get_dispatch_info().call_weight;
				(
					call.get_call_name(),
					weight.saturating_add(call.weight_of_authorize()),
				)
			})
			.collect();
		let mut held = Inference::worst_cases();
		charged.sort_by_key(|&(call, _)| call);
		held.sort_by_key(|&(call, _)| call);
		assert_eq!(charged, held);
	});
}

#[test]
fn a_request_pays_for_the_draw_and_the_end_that_follow_where_nobody_serves() {
	run(|| {
		plain_listing();
		let draw = <() as WeightInfo>::draw(0);
		let request = Inference::request_weight();
		assert_eq!(
			request_call().get_dispatch_info().call_weight,
			request.saturating_mul(2).saturating_add(draw)
		);
		let id = asked(ASKING);
		let mut steps = Vec::new();
		// Nothing but this takes the steps.
		while Jobs::<Test>::contains_key(id) {
			System::set_block_number(Inference::due(&job(id).phase));
			steps.push(Inference::step(id).unwrap());
		}
		assert_eq!(steps, [draw, request]);
	});
}
