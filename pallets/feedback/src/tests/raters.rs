//! What raters do: join, commit, reveal; and what is refused.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use sp_core::H256;
use sp_runtime::DispatchResult;
use weighhouse_primitives::{
	feedback::{commitment, AnswerBits, Choice, Tally},
	traits::RecordReputation,
	PARTS,
};

const HONEST: Policy = Policy::Right(80);

fn join(who: AccountId, id: u64) -> DispatchResult {
	Feedback::join(signed(who), id)
}

fn show(number: u32, id: u64, answers: AnswerBits, salt: H256) -> DispatchResult {
	Feedback::reveal(signed(rater(number)), id, answers, salt)
}

#[test]
fn join_holds_the_stake() {
	run(|| {
		let id = filled(terms());
		assert_ok!(join(rater(0), id));
		assert_eq!(held(&rater(0), HoldReason::Stake), 10 * UNIT);
		assert_eq!(held(&rater(0), HoldReason::Place), place_deposit());
		assert_eq!(free(&rater(0)), ENDOWMENT - 10 * UNIT - place_deposit());
		assert_eq!(place(id, 0).rater, rater(0));
		assert_eq!(place(id, 0).state, PlaceState::Joined);
		assert_eq!(PlaceNumbers::<Test>::get(id, rater(0)), Some(0));
		assert_eq!(campaign(id).joined, 1);
		assert_eq!(
			last_event(),
			Event::Joined {
				campaign: id,
				rater: rater(0),
				place: 0
			}
		);
	});
}

#[test]
fn join_ends_when_all_places_are_taken() {
	run(|| {
		let id = with_raters(terms(), 5);
		assert_eq!(phase(id), Phase::Drawing { since: 1 });
		assert_noop!(join(rater(5), id), Error::<Test>::NotJoining);
	});
}

#[test]
fn join_is_refused_when_the_account_may_not() {
	run(|| {
		assert_noop!(join(rater(0), 1), Error::<Test>::UnknownCampaign);
		let id = created(terms());
		assert_noop!(join(rater(0), id), Error::<Test>::NotJoining);
		fill(id);
		assert_noop!(join(SPONSOR, id), Error::<Test>::OwnCampaign);
		assert_ok!(join(rater(0), id));
		assert_noop!(join(rater(0), id), Error::<Test>::AlreadyJoined);
		let needed = 10 * UNIT + place_deposit() + ED;
		Balances::set_balance(&rater(1), needed - 1);
		assert_noop!(join(rater(1), id), Error::<Test>::BalanceTooLow);
		Balances::set_balance(&rater(1), needed);
		assert_ok!(join(rater(1), id));
		assert_eq!(free(&rater(1)), ED);
	});
}

#[test]
fn join_is_refused_when_the_score_is_below_what_the_sponsor_asks() {
	run(|| {
		let asking = |min_score| Terms {
			min_score,
			..terms()
		};
		Scores::set(&vec![(rater(0), UNKNOWN - 1), (rater(1), PARTS / 2)]);
		let id = filled(asking(UNKNOWN));
		assert_noop!(join(rater(0), id), Error::<Test>::ScoreTooLow);
		assert_ok!(join(rater(1), id));
		assert_ok!(join(rater(2), id));
		let id = filled(asking(UNKNOWN + 1));
		assert_noop!(join(rater(2), id), Error::<Test>::ScoreTooLow);
		assert_ok!(join(rater(1), id));
		let id = filled(asking(PARTS));
		assert_noop!(join(rater(1), id), Error::<Test>::ScoreTooLow);
		// A sponsor that asks for nothing takes anybody.
		Scores::set(&vec![(rater(0), 0)]);
		let id = filled(asking(0));
		assert_ok!(join(rater(0), id));
	});
}

#[test]
fn join_weighs_the_look_at_a_score() {
	let own = <() as WeightInfo>::join();
	let score = <Renown as RecordReputation<AccountId>>::score_weight();
	assert_eq!(Feedback::join_weight(), own.saturating_add(score));
}

#[test]
fn join_is_refused_when_the_window_is_over() {
	run(|| {
		let id = filled(terms());
		System::set_block_number(1 + 20);
		assert_ok!(join(rater(0), id));
		System::set_block_number(1 + 21);
		assert_noop!(join(rater(1), id), Error::<Test>::NotJoining);
	});
}

#[test]
fn commit_keeps_the_hash() {
	run(|| {
		let id = drawn(terms());
		assert_ok!(commit(id, 0, HONEST));
		let bits = answers(id, 0, HONEST);
		let hash = commitment(campaign(id).campaign_hash, &rater(0), &bits, SALT);
		let PlaceState::Committed { items, commitment } = place(id, 0).state else {
			panic!("it committed");
		};
		assert_eq!((items.len(), commitment), (40, hash));
		assert_eq!(campaign(id).committed, 1);
		assert_eq!(
			last_event(),
			Event::Committed {
				campaign: id,
				rater: rater(0),
				commitment
			}
		);
	});
}

#[test]
fn commit_ends_when_all_have() {
	run(|| {
		let id = drawn(terms());
		for number in 0..5 {
			assert!(matches!(phase(id), Phase::Committing { .. }));
			assert_ok!(commit(id, number, HONEST));
		}
		assert_eq!(phase(id), Phase::Revealing { until: 4 + REVEAL });
	});
}

#[test]
fn commit_is_refused_when_the_account_may_not() {
	run(|| {
		let commit = |who, id| Feedback::commit(signed(who), id, H256::zero());
		assert_noop!(commit(rater(0), 1), Error::<Test>::UnknownCampaign);
		let id = with_raters(terms(), 5);
		assert_noop!(commit(rater(0), id), Error::<Test>::NotCommitting);
		forward(3);
		assert_noop!(commit(OTHER, id), Error::<Test>::NotRater);
		assert_ok!(commit(rater(0), id));
		assert_noop!(commit(rater(0), id), Error::<Test>::AlreadyCommitted);
		let Phase::Committing { until } = phase(id) else {
			panic!("it is the time to commit");
		};
		System::set_block_number(until + 1);
		assert_noop!(commit(rater(1), id), Error::<Test>::NotCommitting);
	});
}

#[test]
fn reveal_counts_the_answers() {
	run(|| {
		let id = drawn(terms());
		for number in 0..5 {
			assert_ok!(commit(id, number, HONEST));
		}
		assert_ok!(reveal(id, 0, HONEST));
		assert_ok!(reveal(id, 1, Policy::Right(80)));
		let tallies = AnswerTallies::<Test>::get(id);
		for item in 0..40 {
			let a = [0, 1]
				.iter()
				.filter(|number| HONEST.answer(**number, item) == Choice::A)
				.count();
			let expected = Tally {
				a: a as u8,
				total: 2,
			};
			assert_eq!(tallies[item as usize], expected);
		}
		assert_eq!(campaign(id).revealed, 2);
		let bits = answers(id, 1, HONEST);
		assert_eq!(place(id, 1).state.answers(), Some(&bits));
		assert_eq!(
			last_event(),
			Event::Revealed {
				campaign: id,
				rater: rater(1),
				answers: bits
			}
		);
	});
}

#[test]
fn reveal_ends_when_all_who_committed_have() {
	run(|| {
		let id = drawn(terms());
		for number in 0..4 {
			assert_ok!(commit(id, number, HONEST));
		}
		forward(26);
		for number in 0..4 {
			assert!(matches!(phase(id), Phase::Revealing { .. }));
			assert_ok!(reveal(id, number, HONEST));
		}
		let until = System::block_number() + OPEN;
		assert_eq!(phase(id), Phase::Opening { until });
	});
}

#[test]
fn reveal_is_refused_when_it_does_not_open_the_commitment() {
	run(|| {
		let id = drawn(terms());
		for number in 0..5 {
			assert_ok!(commit(id, number, HONEST));
		}
		let bits = answers(id, 0, HONEST);
		assert_noop!(
			show(0, id, bits.clone(), H256::zero()),
			Error::<Test>::BadReveal
		);
		assert_noop!(
			show(0, id, answers(id, 0, Policy::Wrong), SALT),
			Error::<Test>::BadReveal
		);
		// What another rater committed to does not open one's own.
		assert_noop!(
			show(0, id, answers(id, 1, HONEST), SALT),
			Error::<Test>::BadReveal
		);
		let mut short = bits.clone();
		short.pop();
		assert_noop!(show(0, id, short, SALT), Error::<Test>::WrongAnswers);
		let mut long = bits.clone();
		long.try_push(0).unwrap();
		assert_noop!(show(0, id, long, SALT), Error::<Test>::WrongAnswers);
		assert_ok!(show(0, id, bits.clone(), SALT));
		assert_noop!(show(0, id, bits, SALT), Error::<Test>::NothingToReveal);
	});
}

#[test]
fn reveal_is_refused_when_a_bit_beyond_the_items_is_set() {
	run(|| {
		// 41 items: six bytes, of which the last has one bit.
		let id = drawn(sized(20, 41, 41, 5));
		let mut bits = answers(id, 0, HONEST);
		assert_eq!(bits.len(), 6);
		bits[5] |= 2;
		let hash = commitment(campaign(id).campaign_hash, &rater(0), &bits, SALT);
		assert_ok!(Feedback::commit(signed(rater(0)), id, hash));
		forward(26);
		assert_noop!(show(0, id, bits, SALT), Error::<Test>::WrongAnswers);
	});
}

#[test]
fn reveal_is_refused_when_the_account_may_not() {
	run(|| {
		let bits = AnswerBits::truncate_from(vec![0; 5]);
		let show = |who: AccountId, id| Feedback::reveal(signed(who), id, bits.clone(), SALT);
		assert_noop!(show(rater(0), 1), Error::<Test>::UnknownCampaign);
		let id = drawn(terms());
		assert_noop!(show(rater(0), id), Error::<Test>::NotRevealing);
		assert_ok!(commit(id, 0, HONEST));
		forward(26);
		assert_noop!(show(OTHER, id), Error::<Test>::NotRater);
		assert_noop!(show(rater(1), id), Error::<Test>::NothingToReveal);
		let Phase::Revealing { until } = phase(id) else {
			panic!("it is the time to reveal");
		};
		System::set_block_number(until + 1);
		assert_noop!(reveal(id, 0, HONEST), Error::<Test>::NotRevealing);
	});
}

#[test]
fn commitment_of_another_campaign_opens_nothing() {
	run(|| {
		let (first, second) = (drawn(terms()), drawn(terms()));
		let bits = answers(second, 0, HONEST);
		let hash = commitment(campaign(first).campaign_hash, &rater(0), &bits, SALT);
		assert_ok!(Feedback::commit(signed(rater(0)), second, hash));
		forward(26);
		assert_noop!(reveal(second, 0, HONEST), Error::<Test>::BadReveal);
	});
}
