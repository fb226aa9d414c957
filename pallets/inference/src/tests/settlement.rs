//! The end of a job: what each finding earns or costs, and where every other part of the money goes.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::Precision,
	},
};
use std::collections::BTreeMap;
use weighhouse_primitives::{
	inference::{Access, JobId, Mode, Round, Status},
	market::Rights,
	royalty::Share,
	traits::WorkerVerdict,
	PARTS,
};

/// What all accounts own, held or not.
fn worths() -> BTreeMap<AccountId, i128> {
	frame_system::Account::<Test>::iter()
		.map(|(who, account)| {
			let worth = account.data.free + account.data.reserved;
			(who, i128::try_from(worth).unwrap())
		})
		.collect()
}

/// What all accounts owned at some time.
pub(super) struct Before {
	worths: BTreeMap<AccountId, i128>,
	issuance: u128,
}

impl Before {
	pub(super) fn now() -> Self {
		Self {
			worths: worths(),
			issuance: Balances::total_issuance(),
		}
	}

	/// What an account owns more than then.
	pub(super) fn gain(&self, who: &AccountId) -> i128 {
		let worth = |worths: &BTreeMap<_, _>| worths.get(who).copied().unwrap_or_default();
		worth(&worths()) - worth(&self.worths)
	}

	pub(super) fn gains<'a>(&self, who: impl IntoIterator<Item = &'a AccountId>) -> Vec<i128> {
		who.into_iter().map(|who| self.gain(who)).collect()
	}

	/// What was burned since then.
	pub(super) fn burned(&self) -> u128 {
		self.issuance - Balances::total_issuance()
	}

	/// Everybody who owns more or less than then.
	pub(super) fn changed(&self) -> Vec<AccountId> {
		worths()
			.into_keys()
			.filter(|who| self.gain(who) != 0)
			.collect()
	}
}

/// A sum as a gain.
pub(super) fn plus(amount: u128) -> i128 {
	i128::try_from(amount).unwrap()
}

/// A sum as a loss.
pub(super) fn minus(amount: u128) -> i128 {
	-plus(amount)
}

/// The protocol fee of an amount: a fortieth.
pub(super) fn fee(amount: u128) -> u128 {
	amount / 40
}

/// What is left of an amount after the protocol fee.
pub(super) fn less_fee(amount: u128) -> u128 {
	amount - fee(amount)
}

/// How the job that ended last ended, what was spent of its escrow, and what came back.
pub(super) fn ended() -> (Outcome, u128, u128) {
	events()
		.into_iter()
		.rev()
		.find_map(|event| match event {
			Event::JobEnded {
				outcome,
				spent,
				refunded,
				..
			} => Some((outcome, spent, refunded)),
			_ => None,
		})
		.expect("a job ended")
}

pub(super) fn outcome() -> Outcome {
	ended().0
}

/// All slashes so far, oldest first.
pub(super) fn slashes() -> Vec<(AccountId, Finding, u128)> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::Slashed {
				worker,
				finding,
				amount,
				..
			} => Some((worker, finding, amount)),
			_ => None,
		})
		.collect()
}

/// The phase of a job that is open.
pub(super) fn phase(id: JobId) -> Option<Phase<u32>> {
	Jobs::<Test>::get(id).map(|job| job.phase)
}

/// Runs blocks until a job is in a phase, at most until it is over.
pub(super) fn until(id: JobId, wanted: impl Fn(&Phase<u32>) -> bool) {
	while phase(id).is_some_and(|phase| !wanted(&phase)) {
		next_block();
	}
}

/// What a seat does in a round.
#[derive(Clone)]
pub(super) enum Act {
	/// Nothing.
	Silent,
	/// It commits and does not show to what.
	Hides,
	/// It commits, if there is something to hide, and shows.
	Says(Said),
}

pub(super) fn say(number: u8) -> Act {
	Act::Says(says(number))
}

/// A panel acts, each seat in the order drawn; whoever is silent lets the windows pass. Ends when
/// all who want to have shown their answers.
pub(super) fn act(id: JobId, round: Round, acts: &[Act]) {
	let seats = seats(id, round);
	assert_eq!(seats.len(), acts.len());
	let commits = |phase: &Phase<u32>| {
		matches!(
			phase,
			Phase::Committing { .. } | Phase::JuryCommitting { .. }
		)
	};
	if phase(id).is_some_and(|phase| commits(&phase)) {
		for (who, act) in seats.iter().zip(acts) {
			match act {
				Act::Silent => {}
				Act::Hides => {
					commit(id, round, who, &says(9)).taken();
				}
				Act::Says(said) => {
					commit(id, round, who, said).taken();
				}
			}
		}
		until(id, |phase| !commits(phase));
	}
	if matches!(phase(id), None | Some(Phase::Ending { .. })) {
		return;
	}
	for (who, act) in seats.iter().zip(acts) {
		if let Act::Says(said) = act {
			reveal(id, round, who, said).taken();
		}
	}
}

/// Runs a whole job in which the seats act so, and answers with who sat there.
fn ran(asking: Asking, acts: &[Act]) -> Vec<AccountId> {
	let owner = asking.mode == Mode::Owner;
	let id = asked(asking);
	let seats = match owner {
		true => seats(id, Round::Main),
		false => drawn(id, Round::Main),
	};
	act(id, Round::Main, acts);
	settle();
	seats
}

/// Bob asks for this mode.
fn asking(mode: Mode) -> Asking {
	Asking { mode, ..ASKING }
}

const MODES: [Mode; 4] = [
	Mode::Owner,
	Mode::Solo,
	Mode::QuorumOfThree,
	Mode::QuorumOfFive,
];

/// Alice's listing of one version, with Alice's own worker and nine others.
fn market(version: MockVersion) {
	Registry::list(1, ALICE, &[version]);
	Calls::offer(1, 1, CALL_PRICE);
	enlist(&ALICE, 1, BOND, REWARD);
	enlisted(1, 9);
	AuditParts::set(0);
}

/// Runs a quorum of three of an [`EXACT`] version and answers with what each seat gained.
fn gains_of_three(version: MockVersion, acts: [Act; 3]) -> Vec<i128> {
	let mut gains = Vec::new();
	run(|| {
		market(version);
		let before = Before::now();
		let seats = ran(ASKING, &acts);
		gains = before.gains(&seats);
	});
	gains
}

// ---- what findings earn and cost ----

#[test]
fn workers_who_agree_earn_the_reward_less_the_fee_in_every_mode() {
	for mode in MODES {
		run(|| {
			market(EXACT);
			let before = Before::now();
			let count = usize::try_from(mode.seats()).unwrap();
			let seats = ran(asking(mode), &vec![say(1); count]);

			assert_eq!(outcome(), Outcome::Final);
			for seat in &seats {
				let call = match mode {
					Mode::Owner => less_fee(CALL_PRICE),
					_ => 0,
				};
				assert_eq!(before.gain(seat), plus(less_fee(REWARD) + call));
			}
			let spent = u128::from(mode.seats()) * REWARD + CALL_PRICE;
			assert_eq!(before.gain(&BOB), minus(spent));
			assert!(slashes().is_empty());
		});
	}
}

#[test]
fn a_minority_loses_two_rewards_where_outputs_are_compared() {
	let gains = gains_of_three(EXACT, [say(1), say(2), say(1)]);
	let paid = plus(less_fee(REWARD));
	assert_eq!(gains, [paid, minus(2 * REWARD), paid]);
}

#[test]
fn a_minority_loses_one_reward_where_fingerprints_are_compared() {
	let gains = gains_of_three(TOLERANT, [say(1), say(2), say(1)]);
	let paid = plus(less_fee(REWARD));
	assert_eq!(gains, [paid, minus(REWARD), paid]);
}

#[test]
fn a_minority_of_five_loses_two_rewards() {
	run(|| {
		market(EXACT);
		let before = Before::now();
		let seats = ran(
			asking(Mode::QuorumOfFive),
			&[say(1), say(1), say(2), say(1), say(1)],
		);
		assert_eq!(before.gain(&seats[2]), minus(2 * REWARD));
		assert_eq!(before.gain(&seats[3]), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&BOB), minus(4 * REWARD + CALL_PRICE));
	});
}

#[test]
fn a_like_fingerprint_with_another_output_is_neither_paid_nor_slashed() {
	let gains = gains_of_three(EXACT, [say(1), Act::Says(says_near(1)), say(1)]);
	let paid = plus(less_fee(REWARD));
	assert_eq!(gains, [paid, 0, paid]);
}

#[test]
fn another_output_with_a_like_fingerprint_is_paid_where_fingerprints_are_compared() {
	let gains = gains_of_three(TOLERANT, [say(1), Act::Says(says_near(1)), say(1)]);
	assert_eq!(gains, [plus(less_fee(REWARD)); 3]);
}

#[test]
fn a_silent_seat_of_a_quorum_loses_a_quarter_of_a_reward() {
	let gains = gains_of_three(EXACT, [say(1), Act::Silent, say(1)]);
	let paid = plus(less_fee(REWARD));
	assert_eq!(gains, [paid, minus(REWARD / 4), paid]);
}

#[test]
fn silence_costs_a_quarter_of_a_reward_in_every_mode() {
	for mode in MODES {
		run(|| {
			market(EXACT);
			let before = Before::now();
			let count = usize::try_from(mode.seats()).unwrap();
			let seats = ran(asking(mode), &vec![Act::Silent; count]);

			assert_eq!(outcome(), Outcome::Refunded(Refund::Silence));
			assert_eq!(
				before.gains(&seats),
				vec![minus(REWARD / 4); count],
				"{mode:?}"
			);
			assert_eq!(before.gain(&BOB), 0);
			assert_eq!(before.burned(), u128::from(mode.seats()) * (REWARD / 4));
		});
	}
}

#[test]
fn too_few_commitments_cost_only_those_who_made_none() {
	let gains = gains_of_three(EXACT, [Act::Silent, say(1), Act::Silent]);
	let silent = minus(REWARD / 4);
	assert_eq!(gains, [silent, 0, silent]);
}

#[test]
fn an_answer_that_stays_hidden_costs_two_rewards_if_enough_others_show_theirs() {
	let gains = gains_of_three(EXACT, [say(1), Act::Hides, say(1)]);
	let paid = plus(less_fee(REWARD));
	assert_eq!(gains, [paid, minus(2 * REWARD), paid]);
}

#[test]
fn answers_that_stay_hidden_cost_nothing_if_too_few_show_theirs() {
	run(|| {
		market(EXACT);
		let before = Before::now();
		ran(ASKING, &[say(1), Act::Hides, Act::Hides]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::Silence));
		assert_eq!(before.changed(), []);
	});
}

#[test]
fn the_window_to_reveal_doubles_once_if_too_few_show_their_answers() {
	run(|| {
		market(EXACT);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), Act::Hides, Act::Hides]);
		let began = System::block_number();
		until(id, |phase| {
			matches!(
				phase,
				Phase::Revealing {
					window: Window::Last,
					..
				}
			)
		});
		assert_eq!(System::block_number(), began + REVEAL + 1);
		// There is still time for the quorum.
		reveal(id, Round::Main, &seats[1], &says(9)).taken();
		until(id, |phase| matches!(phase, Phase::Ending { .. }));
		assert_eq!(System::block_number(), began + 2 * (REVEAL + 1));
	});
}

#[test]
fn three_different_answers_cost_nobody_anything() {
	run(|| {
		market(EXACT);
		let before = Before::now();
		ran(ASKING, &[say(1), say(2), say(3)]);
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		assert_eq!(before.changed(), []);
	});
}

#[test]
fn three_of_five_are_no_quorum() {
	run(|| {
		market(EXACT);
		let before = Before::now();
		ran(
			asking(Mode::QuorumOfFive),
			&[say(1), say(1), say(1), say(2), say(2)],
		);
		assert_eq!(outcome(), Outcome::Refunded(Refund::NoQuorum));
		assert_eq!(before.changed(), []);
	});
}

#[test]
fn reputation_learns_of_everybody_who_was_found_to_do_something() {
	run(|| {
		market(EXACT);
		let seats = ran(
			asking(Mode::QuorumOfFive),
			&[say(1), say(1), say(1), say(1), Act::Silent],
		);
		let recorded = Reputation::recorded();
		assert_eq!(recorded.len(), 5);
		for (who, verdict, paid) in recorded {
			let expected = match who == seats[4] {
				true => WorkerVerdict::Failed,
				false => WorkerVerdict::Agreed,
			};
			assert_eq!((verdict, paid), (expected, fee(REWARD)));
		}
	});
}

#[test]
fn reputation_learns_of_a_job_that_was_paid_for() {
	run(|| {
		market(EXACT);
		ran(ASKING, &[say(1), say(2), say(1)]);
		let paid = fee(2 * REWARD + CALL_PRICE);
		assert_eq!(Reputation::settlements(), [(1, ALICE, paid)]);
		ran(ASKING, &[say(1), say(2), say(3)]);
		assert_eq!(Reputation::settlements().len(), 1);
	});
}

#[test]
fn reputation_counts_the_fee_that_was_paid_for_agreeing() {
	let none = || Act::Says(says_no(Status::InputUnavailable));
	run(|| {
		market(EXACT);
		ran(ASKING, &[none(), none(), Act::Silent]);
		let recorded = Reputation::recorded();
		let paid: Vec<_> = recorded
			.into_iter()
			.map(|(_, verdict, paid)| (verdict, paid))
			.collect();
		let agreed = (WorkerVerdict::Agreed, fee(REWARD / 10));
		assert_eq!(paid, [agreed, agreed, (WorkerVerdict::Failed, fee(REWARD))]);
	});
}

#[test]
fn reputation_counts_nothing_for_a_juror_who_is_paid_without_a_fee() {
	run(|| {
		market(EXACT);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), say(1), say(1)]);
		until(id, |phase| matches!(phase, Phase::Resolved { .. }));
		let ground = weighhouse_primitives::inference::Ground::Wrong;
		assert_ok!(Inference::dispute(signed(CAROL), id, ground));
		let jurors = drawn(id, Round::Jury);
		act(id, Round::Jury, &vec![say(1); jurors.len()]);
		settle();
		let recorded = Reputation::recorded();
		assert_eq!(recorded.len(), 3 + jurors.len());
		for (who, verdict, paid) in recorded {
			let expected = if jurors.contains(&who) {
				0
			} else {
				fee(REWARD)
			};
			assert_eq!((verdict, paid), (WorkerVerdict::Agreed, expected));
		}
	});
}

// ---- money that is not there ----

#[test]
fn a_job_whose_money_is_not_held_moves_nothing() {
	new_test_ext().execute_with(|| {
		market(EXACT);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), say(2), say(1)]);
		until(id, |phase| matches!(phase, Phase::Ending { .. }));
		// Nothing takes money out of a hold; if it did, a part of it would be missing.
		let reason = HoldReason::Escrow.into();
		Balances::release(&reason, &BOB, 1, Precision::Exact).unwrap();
		let before = Before::now();
		let events_before = events().len();
		forward(3);
		assert!(matches!(phase(id), Some(Phase::Ending { .. })));
		assert_eq!(before.changed(), []);
		assert_eq!(before.burned(), 0);
		assert_eq!(events().len(), events_before);
		assert_eq!(record_of(&seats[1]).bond, BOND);
		assert_eq!(record_of(&seats[1]).reserved, 100 * REWARD);
		assert_eq!(job(id).queued, None);

		// Anybody may try again when it is back.
		Balances::hold(&reason, &BOB, 1).unwrap();
		check_everything();
		assert_ok!(poke(DAVE, id));
		assert_eq!(phase(id), None);
		assert_eq!(before.gain(&seats[0]), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&seats[1]), minus(2 * REWARD));
		check_everything();
	});
}

// ---- fees ----

#[test]
fn half_of_each_fee_is_burned_with_the_odd_unit_for_the_treasury() {
	run(|| {
		market(EXACT);
		// Fee 1_000_000_001: rounded down from a part of a unit more.
		let reward = 40 * 1_000_000_001 + 39;
		for who in (1..=9).map(worker) {
			assert_ok!(Inference::serve(signed(who), 1, LEAST_REWARD));
		}
		let before = Before::now();
		let seats = ran(Asking { reward, ..ASKING }, &[say(1), say(1), say(1)]);
		let call = fee(CALL_PRICE) / 2;
		assert_eq!(before.burned(), 3 * 500_000_000 + call);
		assert_eq!(before.gain(&TREASURY), plus(3 * 500_000_001 + call));
		assert_eq!(before.gain(&seats[0]), plus(reward - 1_000_000_001));
	});
}

#[test]
fn a_treasury_that_cannot_take_its_part_has_it_burned() {
	run(|| {
		Balances::set_balance(&TREASURY, 0);
		MinReward::set(100);
		market(EXACT);
		for who in (1..=9).map(worker) {
			assert_ok!(Inference::serve(signed(who), 1, 100));
		}
		// The fee of 4_000 is 100; half of it keeps no account alive.
		let access = Access::Licence(5);
		license(None);
		let poor = Asking {
			reward: 4_000,
			access,
			..ASKING
		};
		let before = Before::now();
		let seats = ran(poor.clone(), &[say(1), say(1), say(1)]);
		assert_eq!(before.gain(&TREASURY), 0);
		assert_eq!(before.burned(), 3 * 100);
		assert_eq!(before.gain(&seats[0]), 3_900);

		// With an account that lives it takes as little as that.
		Balances::set_balance(&TREASURY, ED);
		let before = Before::now();
		ran(poor, &[say(1), say(1), say(1)]);
		assert_eq!(before.gain(&TREASURY), 3 * 50);
		assert_eq!(before.burned(), 3 * 50);
	});
}

#[test]
fn a_fee_above_a_tenth_counts_as_a_tenth() {
	run(|| {
		market(EXACT);
		FeeParts::set(PARTS / 2);
		let before = Before::now();
		let seats = ran(ASKING, &[say(1), say(1), say(1)]);
		assert_eq!(before.gain(&seats[0]), plus(REWARD - REWARD / 10));
		assert_eq!(before.gain(&ALICE), plus(CALL_PRICE - CALL_PRICE / 10));
	});
}

#[test]
fn the_fee_is_that_of_the_request() {
	run(|| {
		market(EXACT);
		let id = asked(ASKING);
		FeeParts::set(0);
		drawn(id, Round::Main);
		let before = Before::now();
		act(id, Round::Main, &[say(1), say(1), say(1)]);
		settle();
		let fees = 3 * fee(REWARD) + fee(CALL_PRICE);
		assert_eq!(before.burned(), fees / 2);
		assert_eq!(before.gain(&TREASURY), plus(fees / 2));
	});
}

// ---- the price of the call ----

/// Licence 5 of Bob for listing 1.
fn license(calls_left: Option<u32>) {
	Calls::grant(
		5,
		MockLicence {
			holder: BOB,
			listing: 1,
			versions: (1, 1),
			rights: Rights::Use,
			calls_left,
		},
	);
}

#[test]
fn a_call_pays_royalties_fee_and_owner() {
	run(|| {
		let share = |listing, parts| Share { listing, parts };
		market(MockVersion {
			table: vec![share(8, PARTS / 10), share(9, PARTS / 5)],
			..EXACT
		});
		let before = Before::now();
		ran(ASKING, &[say(1), say(1), say(1)]);
		let royalties = CALL_PRICE / 10 + CALL_PRICE / 5;
		assert_eq!(before.gain(&POT), plus(royalties));
		assert_eq!(
			before.gain(&ALICE),
			plus(CALL_PRICE - royalties - fee(CALL_PRICE))
		);
		assert_eq!(before.gain(&BOB), minus(3 * REWARD + CALL_PRICE));
	});
}

#[test]
fn a_call_goes_to_who_owned_the_listing_at_the_request() {
	run(|| {
		market(EXACT);
		let before = Before::now();
		let id = asked(ASKING);
		Registry::list(1, DAVE, &[EXACT]);
		drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), say(1), say(1)]);
		settle();
		assert_eq!(before.gain(&ALICE), plus(less_fee(CALL_PRICE)));
		assert_eq!(before.gain(&DAVE), 0);
	});
}

#[test]
fn the_price_of_a_call_comes_back_when_there_is_no_answer() {
	run(|| {
		market(EXACT);
		let before = Before::now();
		ran(ASKING, &[say(1), say(2), say(3)]);
		assert_eq!(before.gain(&ALICE), 0);
		assert_eq!(ended().1, 0);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn a_call_under_a_licence_costs_its_workers_only() {
	run(|| {
		market(EXACT);
		license(Some(2));
		let licensed = Asking {
			access: Access::Licence(5),
			..ASKING
		};
		let before = Before::now();
		ran(licensed.clone(), &[say(1), say(1), say(1)]);
		assert_eq!(before.gain(&BOB), minus(3 * REWARD));
		assert_eq!(before.gain(&ALICE), 0);
		assert_eq!(Calls::calls_left(5), Some(1));

		// Without an answer it counts as not made.
		ran(licensed, &[say(1), say(2), say(3)]);
		assert_eq!(Calls::calls_left(5), Some(1));
	});
}

#[test]
fn the_price_stays_with_the_requester_if_the_owner_cannot_receive() {
	run(|| {
		Registry::list(1, NOBODY, &[EXACT]);
		Calls::offer(1, 1, ED / 2);
		enlisted(1, 3);
		let before = Before::now();
		let seats = ran(ASKING, &[say(1), say(1), say(1)]);
		assert_eq!(ended(), (Outcome::Final, 3 * REWARD, ED / 2));
		assert_eq!(before.gain(&BOB), minus(3 * REWARD));
		assert_eq!(before.gain(&NOBODY), 0);
		assert_eq!(before.gains(&seats), [plus(less_fee(REWARD)); 3]);
	});
}

#[test]
fn an_owner_without_an_account_gets_one_by_the_price_of_a_call() {
	run(|| {
		Registry::list(1, NOBODY, &[EXACT]);
		Calls::offer(1, 1, CALL_PRICE);
		enlisted(1, 3);
		ran(ASKING, &[say(1), say(1), say(1)]);
		assert_eq!(free(&NOBODY), less_fee(CALL_PRICE));
	});
}

// ---- base fees ----

#[test]
fn workers_who_agree_that_there_is_no_answer_earn_a_base_fee() {
	for (status, why) in [
		(Status::InputUnavailable, Refund::InputUnavailable),
		(Status::ModelError, Refund::ModelError),
	] {
		run(|| {
			market(EXACT);
			let before = Before::now();
			let none = Act::Says(says_no(status));
			let seats = ran(ASKING, &[none.clone(), none.clone(), none]);
			let base = REWARD / 10;
			assert_eq!(outcome(), Outcome::Refunded(why));
			assert_eq!(before.gains(&seats), [plus(less_fee(base)); 3]);
			assert_eq!(before.gain(&BOB), minus(3 * base));
			assert_eq!(before.gain(&TREASURY), plus(3 * fee(base) / 2));
			assert_eq!(before.gain(&ALICE), 0);
		});
	}
}

#[test]
fn a_single_worker_without_an_answer_earns_nothing() {
	for status in [Status::InputUnavailable, Status::ModelError] {
		for mode in [Mode::Solo, Mode::Owner] {
			run(|| {
				market(EXACT);
				let before = Before::now();
				ran(asking(mode), &[Act::Says(says_no(status))]);
				assert!(matches!(
					outcome(),
					Outcome::Refunded(Refund::InputUnavailable | Refund::ModelError)
				));
				assert_eq!(before.changed(), []);
				assert!(Reputation::recorded().is_empty());
			});
		}
	}
}

#[test]
fn who_answers_where_the_others_cannot_have_the_input_loses_nothing() {
	let none = || Act::Says(says_no(Status::InputUnavailable));
	let base = plus(less_fee(REWARD / 10));
	for version in [EXACT, TOLERANT] {
		let gains = gains_of_three(version, [none(), say(1), none()]);
		assert_eq!(gains, [base, 0, base]);
	}
}

#[test]
fn who_says_that_the_model_fails_on_an_input_that_the_others_cannot_have_is_a_minority() {
	let none = || Act::Says(says_no(Status::InputUnavailable));
	let fails = Act::Says(says_no(Status::ModelError));
	let gains = gains_of_three(EXACT, [none(), fails, none()]);
	let base = plus(less_fee(REWARD / 10));
	assert_eq!(gains, [base, minus(2 * REWARD), base]);
}

// ---- escrow, premium, deposits ----

#[test]
fn escrow_is_exactly_what_a_job_can_cost() {
	for (mode, escrow) in [
		(Mode::Owner, REWARD + CALL_PRICE),
		(Mode::Solo, 2 * REWARD + CALL_PRICE),
		(Mode::QuorumOfThree, 3 * REWARD + CALL_PRICE),
		(Mode::QuorumOfFive, 5 * REWARD + CALL_PRICE),
	] {
		run(|| {
			market(EXACT);
			asked(asking(mode));
			assert_eq!(held(&BOB, HoldReason::Escrow), escrow);
			assert_eq!(
				free(&BOB),
				ENDOWMENT - escrow - held(&BOB, HoldReason::Job) - held(&BOB, HoldReason::Receipt)
			);
			settle();
		});
	}
}

#[test]
fn a_request_takes_all_but_the_existential_deposit_of_an_account() {
	run(|| {
		market(EXACT);
		let deposits = deposit::<Test>(job_footprint::<Test>(Mode::QuorumOfThree))
			+ deposit::<Test>(receipt_footprint::<Test>());
		let needed = 3 * REWARD + CALL_PRICE + deposits;
		Balances::set_balance(&BOB, ED + needed - 1);
		assert_noop!(ask(ASKING), Error::<Test>::BalanceTooLow);
		Balances::set_balance(&BOB, ED + needed);
		assert_ok!(ask(ASKING));
		assert_eq!(free(&BOB), ED);
		settle();
	});
}

#[test]
fn an_unused_seat_is_refunded() {
	run(|| {
		market(EXACT);
		ran(ASKING, &[say(1), Act::Silent, say(1)]);
		assert_eq!(ended(), (Outcome::Final, 2 * REWARD + CALL_PRICE, REWARD));
	});
}

#[test]
fn the_premium_comes_back_without_an_audit() {
	run(|| {
		market(EXACT);
		ran(asking(Mode::Solo), &[say(1)]);
		assert_eq!(ended(), (Outcome::Final, REWARD + CALL_PRICE, REWARD));
	});
}

#[test]
fn the_premium_pays_an_auditor_who_agrees() {
	run(|| {
		market(EXACT);
		AuditParts::set(PARTS);
		let before = Before::now();
		let id = asked(asking(Mode::Solo));
		let workers = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1)]);
		let auditors = drawn(id, Round::Audit);
		act(id, Round::Audit, &[say(1)]);
		settle();
		assert_eq!(ended(), (Outcome::Final, 2 * REWARD + CALL_PRICE, 0));
		assert_eq!(before.gain(&workers[0]), plus(less_fee(REWARD)));
		assert_eq!(before.gain(&auditors[0]), plus(less_fee(REWARD)));
		assert_ne!(workers, auditors);
	});
}

#[test]
fn no_money_moves_before_the_end() {
	run(|| {
		market(EXACT);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		let before = Before::now();
		act(id, Round::Main, &[say(1), say(2), say(1)]);
		until(id, |phase| matches!(phase, Phase::Ending { .. }));
		assert_eq!(before.changed(), []);
		assert_eq!(held(&BOB, HoldReason::Escrow), 3 * REWARD + CALL_PRICE);
		next_block();
		assert_eq!(phase(id), None);
		assert_ne!(before.changed(), []);
	});
}

#[test]
fn the_deposit_for_a_job_comes_back_at_its_end_whereas_the_receipt_is_kept() {
	run(|| {
		market(EXACT);
		ran(ASKING, &[say(1), say(1), say(1)]);
		assert_eq!(held(&BOB, HoldReason::Job), 0);
		assert_eq!(held(&BOB, HoldReason::Escrow), 0);
		let receipt = deposit::<Test>(receipt_footprint::<Test>());
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt);

		let kept = free(&BOB);
		forward(LIFETIME);
		assert_ok!(Inference::prune_receipt(signed(DAVE), 1));
		assert_eq!(held(&BOB, HoldReason::Receipt), 0);
		assert_eq!(free(&BOB), kept + receipt);
		assert_eq!(free(&DAVE), ENDOWMENT);
	});
}

#[test]
fn both_deposits_come_back_when_there_is_no_answer() {
	run(|| {
		market(EXACT);
		ran(ASKING, &[Act::Silent, Act::Silent, Act::Silent]);
		assert_eq!(held(&BOB, HoldReason::Job), 0);
		assert_eq!(held(&BOB, HoldReason::Receipt), 0);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn a_request_without_enough_workers_costs_nothing() {
	run(|| {
		enlisted(plain_listing(), 2);
		let before = Before::now();
		asked(ASKING);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::NotEnoughWorkers));
		assert_eq!(before.changed(), []);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn a_request_whose_seed_is_lost_costs_nothing() {
	run(|| {
		market(EXACT);
		plan_randomness(System::block_number() + 2, None);
		let before = Before::now();
		asked(ASKING);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::SeedLost));
		assert_eq!(before.changed(), []);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn the_receipt_says_what_was_spent() {
	run(|| {
		market(EXACT);
		let seats = ran(ASKING, &[say(1), say(2), say(1)]);
		let record = Receipts::<Test>::get(1).unwrap().record;
		assert_eq!(record.price, ended().1);
		assert_eq!(record.state, ReceiptState::Final);
		assert_eq!(
			record.agreed.into_inner(),
			[seats[0].clone(), seats[2].clone()]
		);
	});
}

// ---- reserves and silences ----

#[test]
fn a_seat_reserves_a_hundred_rewards_until_the_end() {
	run(|| {
		market(EXACT);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		act(id, Round::Main, &[say(1), say(1), say(1)]);
		until(id, |phase| matches!(phase, Phase::Ending { .. }));
		for seat in &seats {
			assert_eq!(record_of(seat).reserved, 100 * REWARD);
			assert_eq!(Assignments::<Test>::get(seat).into_inner(), [id]);
		}
		next_block();
		for seat in &seats {
			assert_eq!(record_of(seat).reserved, 0);
			assert!(Assignments::<Test>::get(seat).is_empty());
		}
	});
}

#[test]
fn a_slash_leaves_the_bond_and_the_hold_equal() {
	run(|| {
		market(EXACT);
		let seats = ran(ASKING, &[say(1), say(2), say(1)]);
		assert_eq!(record_of(&seats[1]).bond, BOND - 2 * REWARD);
		assert_eq!(held(&seats[1], HoldReason::Bond), BOND - 2 * REWARD);
		assert_eq!(
			slashes(),
			[(seats[1].clone(), Finding::Minority, 2 * REWARD)]
		);
	});
}

#[test]
fn a_worker_is_suspended_after_three_silences_in_a_row() {
	run(|| {
		enlisted(plain_listing(), 1);
		AuditParts::set(0);
		let who = worker(1);
		let solo = asking(Mode::Solo);
		for silences in 1..=3 {
			assert_eq!(record_of(&who).availability.now, Availability::Active);
			ran(solo.clone(), &[Act::Silent]);
			assert_eq!(record_of(&who).silences, silences);
		}
		assert_eq!(record_of(&who).availability.now, Availability::Suspended);
		assert!(events().contains(&Event::AvailabilityChanged {
			worker: who.clone(),
			availability: Availability::Suspended
		}));
		asked(solo);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::NotEnoughWorkers));
	});
}

#[test]
fn an_answer_ends_a_row_of_silences() {
	run(|| {
		enlisted(plain_listing(), 1);
		AuditParts::set(0);
		let solo = asking(Mode::Solo);
		for act in [Act::Silent, Act::Silent, say(1), Act::Silent, Act::Silent] {
			ran(solo.clone(), &[act]);
		}
		let record = record_of(&worker(1));
		assert_eq!(record.silences, 2);
		assert_eq!(record.availability.now, Availability::Active);
	});
}

#[test]
fn a_paused_worker_is_not_suspended_by_silence() {
	run(|| {
		enlisted(plain_listing(), 3);
		let ids = [asked(ASKING), asked(ASKING), asked(ASKING)];
		for id in ids {
			until(id, |phase| matches!(phase, Phase::Committing { .. }));
		}
		assert_ok!(Inference::pause(signed(worker(1))));
		settle();
		assert_eq!(record_of(&worker(1)).silences, 3);
		assert_eq!(record_of(&worker(1)).availability.now, Availability::Paused);
		assert_eq!(
			record_of(&worker(2)).availability.now,
			Availability::Suspended
		);
	});
}

/// Who was told to be paid so far, with what they got and the fee before: oldest first.
pub(super) fn payments() -> Vec<(AccountId, u128, u128)> {
	let payment = |event| match event {
		Event::WorkerPaid {
			worker,
			amount,
			fee,
			..
		} => Some((worker, amount, fee)),
		_ => None,
	};
	events().into_iter().filter_map(payment).collect()
}

#[test]
fn who_is_paid_is_told_with_the_fee_and_nobody_else_is() {
	run(|| {
		market(EXACT);
		let seats = ran(ASKING, &[say(1), say(2), say(1)]);
		let paid = |who: &AccountId| (who.clone(), less_fee(REWARD), fee(REWARD));
		assert_eq!(payments(), [paid(&seats[0]), paid(&seats[2])]);
	});
}

#[test]
fn nothing_is_burned_of_who_loses_nothing() {
	run(|| {
		market(EXACT);
		ran(ASKING, &[say(1), say(2), say(1)]);
		let burned: Vec<_> = System::read_events_for_pallet::<pallet_balances::Event<Test>>()
			.into_iter()
			.filter_map(|event| match event {
				pallet_balances::Event::BurnedHeld { amount, .. } => Some(amount),
				_ => None,
			})
			.collect();
		assert!(!burned.is_empty());
		assert!(burned.iter().all(|amount| *amount > 0));
	});
}
