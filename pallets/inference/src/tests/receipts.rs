//! Receipts: what they say, where they are found, and when they go.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, weights::Weight};
use sp_core::H256;
use sp_io::hashing::sha2_256;
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	inference::{Access, Ground, JobId, Mode, Round, Status},
	market::Rights,
	receipt::Evidence,
	traits::{AnsweredReceipt, AnsweredReceipts, ReceiptFacts, SeedSource, SettledReceipts},
	ContentId, ReceiptId, PARTS,
};

fn receipt(id: ReceiptId) -> JobReceipt<AccountId, u32> {
	Receipts::<Test>::get(id).unwrap().record
}

fn receipt_deposit() -> u128 {
	deposit::<Test>(receipt_footprint::<Test>())
}

fn receipts_of(who: &AccountId) -> Vec<ReceiptId> {
	let mut found: Vec<_> = ReceiptsOf::<Test>::iter_key_prefix(who).collect();
	found.sort_unstable();
	found
}

fn found_by(output_hash: H256) -> Vec<ReceiptId> {
	let mut found: Vec<_> = ReceiptsByOutput::<Test>::iter_key_prefix(output_hash).collect();
	found.sort_unstable();
	found
}

/// A job of three workers who all say this.
fn answered(said: &Said) -> JobId {
	let id = asked(ASKING);
	drawn(id, Round::Main);
	play(id, Round::Main, &[said.clone(), said.clone(), said.clone()]);
	id
}

/// Carol disputes an answer, and three jurors all say this.
fn judged(id: JobId, said: &Said) {
	assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
	drawn(id, Round::Jury);
	play(id, Round::Jury, &[said.clone(), said.clone(), said.clone()]);
}

/// A job of one worker, who says this.
fn answered_by_one(mode: Mode, said: &Said) -> JobId {
	let id = asked(Asking { mode, ..ASKING });
	if mode != Mode::Owner {
		drawn(id, Round::Main);
	}
	play(id, Round::Main, core::slice::from_ref(said));
	id
}

/// An answer with an output of this length, in the reveal.
fn says_of_length(length: usize) -> Said {
	let output = vec![7; length];
	let mut said = says(7);
	said.answer.output_hash = H256(sha2_256(&output));
	said.output = output.try_into().unwrap();
	said
}

/// A receipt that is final since block 36; it was written in block 4.
fn final_receipt() -> ReceiptId {
	enlisted(plain_listing(), 3);
	answered(&says(1));
	settle();
	assert_eq!(receipt(1).state, ReceiptState::Final);
	1
}

// ---- what they say ----

#[test]
fn receipt_is_written_when_there_is_an_answer() {
	run(|| {
		enlisted(plain_listing(), 5);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		let hash = job(id).request_hash;
		next_block();
		play(id, Round::Main, &[says(1), says(2), says(1)]);

		let input = ContentId::of_raw_block(INPUT);
		assert_eq!(
			receipt(1),
			JobReceipt {
				job: id,
				request_hash: hash,
				listing: 1,
				version: 1,
				seller: ALICE,
				buyer: BOB,
				mode: Mode::QuorumOfThree,
				access: Access::Offer(1),
				input,
				input_hash: H256(input.digest),
				output_hash: says(1).answer.output_hash,
				output_length: Some(40),
				fingerprint: says(1).answer.fingerprint,
				statement: answer_of(&seats[0], &says(1)).statement,
				evidence: Evidence::Quorum,
				agreed: vec![seats[0].clone(), seats[2].clone()].try_into().unwrap(),
				panel_bond: 300 * REWARD,
				eligible: 5,
				price: 2 * REWARD + CALL_PRICE,
				fee: 0,
				block: 5,
				settled: None,
				state: ReceiptState::Provisional,
			}
		);
		assert_eq!(job(id).receipt, Some(1));
		assert!(job(id).receipt_ticket.is_none());
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
		assert_eq!(receipts_of(&BOB), [1]);
		assert_eq!(found_by(says(1).answer.output_hash), [1]);
		assert!(found_by(says(2).answer.output_hash).is_empty());
		assert!(events().contains(&Event::Answered {
			job: id,
			receipt: 1,
			output_hash: says(1).answer.output_hash,
			agreed: 2,
		}));
	});
}

#[test]
fn receipt_is_not_written_before_the_verdict() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		for who in &seats[..2] {
			reveal(id, Round::Main, who, &says(1)).taken();
			assert_eq!(Receipts::<Test>::iter().count(), 0);
		}
		reveal(id, Round::Main, &seats[2], &says(1)).taken();
		assert_eq!(Receipts::<Test>::iter().count(), 1);
	});
}

#[test]
fn receipt_is_final_when_the_job_is() {
	run(|| {
		enlisted(plain_listing(), 3);
		answered(&says(1));
		let before = receipt(1);
		at(4 + CHALLENGE + 1);
		assert_eq!(receipt(1).state, ReceiptState::Provisional);
		next_block();
		let state = ReceiptState::Final;
		assert_eq!(
			receipt(1),
			JobReceipt {
				fee: (3 * REWARD + CALL_PRICE) / 40,
				settled: Some(System::block_number()),
				state,
				..before
			}
		);
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
		assert_eq!(receipts_of(&BOB), [1]);
		assert_eq!(found_by(says(1).answer.output_hash), [1]);
	});
}

#[test]
fn receipt_says_that_the_answer_was_overturned() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = answered(&says(1));
		judged(id, &says(2));
		assert_eq!(receipt(1).state, ReceiptState::Provisional);
		settle();
		assert_eq!(receipt(1).state, ReceiptState::Refunded);
		assert_eq!(receipt(1).evidence, Evidence::Quorum);
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
	});
}

#[test]
fn receipt_of_a_confirmed_quorum_keeps_the_better_evidence() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = answered(&says(1));
		judged(id, &says(1));
		settle();
		assert_eq!(receipt(1).state, ReceiptState::Final);
		assert_eq!(receipt(1).evidence, Evidence::Quorum);
		assert_eq!(receipt(1).price, 3 * REWARD + CALL_PRICE);
	});
}

#[test]
fn receipt_of_a_single_worker_says_that_it_could_have_been_audited() {
	run(|| {
		AuditParts::set(0);
		enlisted(plain_listing(), 2);
		answered_by_one(Mode::Solo, &says(1));
		assert_eq!(receipt(1).evidence, Evidence::Sampled);
		assert_eq!(receipt(1).price, REWARD + CALL_PRICE);
		assert_eq!(receipt(1).panel_bond, 100 * REWARD);
		settle();
		assert_eq!(receipt(1).evidence, Evidence::Sampled);
		assert_eq!(receipt(1).state, ReceiptState::Final);
	});
}

#[test]
fn receipt_of_an_audited_answer_says_so_with_what_it_cost() {
	run(|| {
		AuditParts::set(PARTS);
		enlisted(plain_listing(), 2);
		let id = answered_by_one(Mode::Solo, &says(1));
		drawn(id, Round::Audit);
		play(id, Round::Audit, &[says(1)]);
		assert_eq!(receipt(1).evidence, Evidence::Audited);
		assert_eq!(receipt(1).price, 2 * REWARD + CALL_PRICE);
		settle();
		assert_eq!(receipt(1).state, ReceiptState::Final);
		assert_eq!(free(&BOB) + receipt_deposit(), ENDOWMENT - receipt(1).price);
	});
}

#[test]
fn receipt_of_the_owners_worker_says_that_the_owner_signed() {
	run(|| {
		plain_listing();
		enlist(&ALICE, 1, BOND, REWARD);
		answered_by_one(Mode::Owner, &says(1));
		assert_eq!(receipt(1).evidence, Evidence::OwnerSigned);
		assert_eq!(receipt(1).agreed.into_inner(), [ALICE]);
		assert_eq!(receipt(1).eligible, 1);
		next_block();
		assert_eq!(receipt(1).state, ReceiptState::Final);
	});
}

#[test]
fn receipt_under_a_licence_has_the_price_of_the_workers_alone() {
	run(|| {
		enlisted(plain_listing(), 3);
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: None,
			},
		);
		let id = asked(Asking {
			access: Access::Licence(5),
			..ASKING
		});
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_eq!(receipt(1).access, Access::Licence(5));
		assert_eq!(receipt(1).price, 3 * REWARD);
	});
}

#[test]
fn receipt_of_tolerant_answers_names_the_one_in_the_middle() {
	run(|| {
		Registry::list(1, ALICE, &[TOLERANT]);
		Calls::offer(1, 1, CALL_PRICE);
		enlisted(1, 3);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		// Six bits from each other are the first two and the last two, but not the outer ones.
		let mut said = [says(1), says(2), says(3)];
		for (said, byte) in said.iter_mut().zip([0b0, 0b11_1111, 0b0]) {
			said.answer.fingerprint = [0; 32];
			said.answer.fingerprint[0] = byte;
		}
		said[2].answer.fingerprint[0] = 0b11_1111;
		said[2].answer.fingerprint[1] = 0b11_1111;
		play(id, Round::Main, &said);
		assert_eq!(receipt(1).output_hash, said[1].answer.output_hash);
		let statement = answer_of(&seats[1], &said[1]).statement;
		assert_eq!(receipt(1).statement, statement);
		assert_eq!(receipt(1).agreed.into_inner(), seats);
	});
}

#[test]
fn receipts_have_numbers_in_the_order_of_the_answers() {
	run(|| {
		enlisted(plain_listing(), 3);
		let (first, second) = (asked(ASKING), asked(ASKING));
		forward(3);
		play(second, Round::Main, &[says(1), says(1), says(1)]);
		play(first, Round::Main, &[says(1), says(1), says(1)]);
		assert_eq!(receipt(1).job, second);
		assert_eq!(receipt(2).job, first);
		assert_eq!(receipts_of(&BOB), [1, 2]);
		assert_eq!(found_by(says(1).answer.output_hash), [1, 2]);
		assert_eq!(held(&BOB, HoldReason::Receipt), 2 * receipt_deposit());
	});
}

// ---- where they are found ----

#[test]
fn short_outputs_are_not_found_by_their_hash() {
	for (length, found) in [(1, false), (31, false), (32, true), (512, true)] {
		run(|| {
			enlisted(plain_listing(), 3);
			let said = says_of_length(length);
			answered(&said);
			assert_eq!(receipt(1).output_length, Some(length as u32));
			let expected: &[ReceiptId] = if found { &[1] } else { &[] };
			assert_eq!(found_by(said.answer.output_hash), expected);
			assert_eq!(receipts_of(&BOB), [1]);
		});
	}
}

#[test]
fn outputs_too_large_for_a_reveal_are_found_by_their_hash() {
	run(|| {
		enlisted(plain_listing(), 3);
		let said = says_large(1);
		answered(&said);
		assert_eq!(receipt(1).output_length, None);
		assert_eq!(found_by(said.answer.output_hash), [1]);
	});
}

// ---- jobs without one ----

#[test]
fn no_receipt_is_written_when_there_is_no_answer() {
	let failed = says_no(Status::ModelError);
	let cases = [
		[says(1), says(2), says(3)],
		[failed.clone(), failed.clone(), failed],
	];
	for said in cases {
		run(|| {
			enlisted(plain_listing(), 3);
			let id = asked(ASKING);
			drawn(id, Round::Main);
			assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
			play(id, Round::Main, &said);
			settle();
			assert_eq!(held(&BOB, HoldReason::Receipt), 0);
			assert_eq!(Receipts::<Test>::iter().count(), 0);
			// No number was used up.
			answered(&says(1));
			assert_eq!(receipt(1).state, ReceiptState::Provisional);
		});
	}
}

#[test]
fn workers_are_paid_though_no_number_is_left_for_a_receipt() {
	run(|| {
		enlisted(plain_listing(), 3);
		LastReceipt::set(0);
		let id = answered(&says(1));
		assert_eq!(job(id).receipt, None);
		settle();
		assert_eq!(Receipts::<Test>::iter().count(), 0);
		// The call is paid for with a receipt or not at all.
		assert_eq!(
			last_event(),
			Event::JobEnded {
				job: id,
				outcome: Outcome::Final,
				spent: 3 * REWARD,
				refunded: CALL_PRICE,
			}
		);
		assert_eq!(free(&BOB), ENDOWMENT - 3 * REWARD);
	});
}

// ---- when they go ----

#[test]
fn prune_gives_the_deposit_back_to_the_buyer() {
	run(|| {
		let id = final_receipt();
		at(36 + LIFETIME);
		let before = free(&BOB);
		assert_ok!(Inference::prune_receipt(signed(NOBODY), id));
		assert_eq!(free(&BOB), before + receipt_deposit());
		assert_eq!(held(&BOB, HoldReason::Receipt), 0);
		assert!(Receipts::<Test>::get(id).is_none());
		assert!(receipts_of(&BOB).is_empty());
		assert!(found_by(says(1).answer.output_hash).is_empty());
		assert_eq!(
			last_event(),
			Event::ReceiptPruned {
				receipt: id,
				buyer: BOB
			}
		);
	});
}

#[test]
fn prune_is_refused_before_the_lifetime_is_over() {
	run(|| {
		let id = final_receipt();
		at(36 + LIFETIME - 1);
		assert_noop!(
			Inference::prune_receipt(signed(BOB), id),
			Error::<Test>::ReceiptStillNeeded
		);
		next_block();
		assert_ok!(Inference::prune_receipt(signed(BOB), id));
	});
}

#[test]
fn prune_is_refused_while_the_answer_can_be_disputed() {
	run(|| {
		HighValue::set(0);
		enlisted(plain_listing(), 3);
		let id = answered(&says(1));
		// A lifetime and the long challenge window are over, the job is not.
		at(4 + HIGH_VALUE_CHALLENGE + 1);
		assert!(System::block_number() >= 4 + LIFETIME);
		assert!(Jobs::<Test>::contains_key(id));
		let refused = || {
			assert_noop!(
				Inference::prune_receipt(signed(BOB), 1),
				Error::<Test>::ReceiptStillNeeded
			);
		};
		refused();
		next_block();
		assert_eq!(receipt(1).settled, Some(System::block_number()));
		refused();
		forward(LIFETIME - 1);
		refused();
		next_block();
		assert_ok!(Inference::prune_receipt(signed(BOB), 1));
		assert_eq!(held(&BOB, HoldReason::Receipt), 0);
	});
}

#[test]
fn prune_removes_a_receipt_of_a_refunded_job() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = answered(&says(1));
		judged(id, &says(2));
		settle();
		forward(LIFETIME);
		assert_ok!(Inference::prune_receipt(signed(DAVE), 1));
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn prune_leaves_other_receipts_of_the_same_output() {
	run(|| {
		enlisted(plain_listing(), 3);
		answered(&says(1));
		settle();
		answered(&says(1));
		settle();
		at(36 + LIFETIME);
		assert_ok!(Inference::prune_receipt(signed(DAVE), 1));
		assert_eq!(receipts_of(&BOB), [2]);
		assert_eq!(found_by(says(1).answer.output_hash), [2]);
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
	});
}

#[test]
fn prune_removes_a_receipt_that_is_not_found_by_output() {
	run(|| {
		enlisted(plain_listing(), 3);
		answered(&says_of_length(5));
		settle();
		at(36 + LIFETIME);
		assert_ok!(Inference::prune_receipt(signed(DAVE), 1));
		assert!(receipts_of(&BOB).is_empty());
	});
}

#[test]
fn prune_is_refused_for_an_unknown_receipt() {
	run(|| {
		let id = final_receipt();
		at(36 + LIFETIME);
		assert_ok!(Inference::prune_receipt(signed(DAVE), id));
		for unknown in [0, id, id + 1] {
			assert_noop!(
				Inference::prune_receipt(signed(DAVE), unknown),
				Error::<Test>::UnknownReceipt
			);
		}
	});
}

#[test]
fn prune_is_refused_of_an_unsigned_origin() {
	run(|| {
		let id = final_receipt();
		at(36 + LIFETIME);
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(
				Inference::prune_receipt(origin, id),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn output_of_a_minority_is_not_the_one_that_the_receipt_names() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(2), says_large(1), says_large(1)]);
		assert_eq!(receipt(1).output_hash, says(1).answer.output_hash);
		assert_eq!(receipt(1).output_length, None);
	});
}

/// What those who take ratings and those who compare answers are told of a receipt.
fn told(
	id: ReceiptId,
) -> (
	Option<ReceiptFacts<AccountId, u32>>,
	Option<AnsweredReceipt>,
) {
	(
		Inference::settled_receipt(id),
		Inference::answered_receipt(id),
	)
}

#[test]
fn receipt_is_told_to_other_pallets_once_it_is_final() {
	run(|| {
		enlisted(plain_listing(), 3);
		answered(&says(1));
		assert_eq!(told(1), (None, None));
		settle();
		let facts = ReceiptFacts {
			listing: 1,
			seller: ALICE,
			buyer: BOB,
			fee: receipt(1).fee,
			settled: receipt(1).settled.unwrap(),
		};
		let answer = AnsweredReceipt {
			listing: 1,
			input: receipt(1).input,
			output_hash: says(1).answer.output_hash,
		};
		assert_eq!(told(1), (Some(facts), Some(answer)));
		assert_eq!(told(2), (None, None));
	});
}

#[test]
fn receipt_of_an_overturned_answer_is_told_to_no_other_pallet() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = answered(&says(1));
		judged(id, &says(2));
		settle();
		assert!(receipt(1).settled.is_some());
		assert_eq!(told(1), (None, None));
	});
}

#[test]
fn seams_weigh_what_they_read() {
	let read = <Test as frame_system::Config>::DbWeight::get().reads(1);
	assert_ne!(read, Weight::zero());
	assert_eq!(Inference::settled_receipt_weight(), read);
	assert_eq!(Inference::answered_receipt_weight(), read);
	assert_eq!(Inference::seed_weight(), read.saturating_mul(2));
}
