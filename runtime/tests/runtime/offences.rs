//! What becomes of validators that contradicted themselves, and of the reports of it.

use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};
use pallet_validators::Members;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_consensus_grandpa::{
	localized_payload, runtime_decl_for_grandpa_api::GrandpaApi, Message, Prevote,
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{
	generic::{Digest, DigestItem},
	traits::{Dispatchable, Header as _},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	DispatchError, DispatchResult,
};
use weighhouse_runtime::{
	constants::time::PROVABLE_SESSIONS, genesis_config_presets::LOCAL4, Babe, BabeId, Block,
	Executive, Grandpa, GrandpaId, Hash, Header, Runtime, RuntimeCall, RuntimeOrigin, Session,
	Validators,
};

use crate::{
	blocks::next_session,
	chain::{signed, untouched, ALICE, BOB, CHARLIE, DAVE},
	sessions::{accounts, add_eve, prove, rotate, until, EVE},
};

/// The report of two blocks that `who` signed in the current slot with the key of its genesis.
fn two_blocks(who: Sr25519Keyring) -> RuntimeCall {
	two_blocks_later(who, 0)
}

/// The same, so many slots later in this session.
fn two_blocks_later(who: Sr25519Keyring, slots: u64) -> RuntimeCall {
	let slot = pallet_babe::CurrentSlot::<Runtime>::get() + slots;
	let block = |number| {
		let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: 0,
			slot,
		});
		let logs = vec![DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())];
		let mut header = Header::new(
			number,
			Default::default(),
			Default::default(),
			Default::default(),
			Digest { logs },
		);
		let seal = who.sign(header.hash().as_bytes());
		header
			.digest
			.push(DigestItem::Seal(BABE_ENGINE_ID, seal.encode()));
		header
	};
	let offender = BabeId::from(who.public());
	let key_owner_proof = prove(&offender);
	let proof = sp_consensus_babe::EquivocationProof {
		offender,
		slot,
		first_header: block(1),
		second_header: block(2),
	};
	RuntimeCall::Babe(pallet_babe::Call::report_equivocation {
		equivocation_proof: Box::new(proof),
		key_owner_proof,
	})
}

/// The report of two votes that `who` signed in one round of the current set with the key of its
/// genesis.
fn two_votes(who: Ed25519Keyring) -> RuntimeCall {
	let set = Grandpa::current_set_id();
	let round = 1;
	let vote = |block| {
		let vote = Prevote::<Header>::new(Hash::repeat_byte(block), 1);
		let message = Message::<Header>::Prevote(vote.clone());
		let signature = who.sign(&localized_payload(round, set, &message));
		(vote, signature)
	};
	let key = GrandpaId::from(who.public());
	// As a node sends it, for only nodes know the types of its parts. Of the kinds of votes, 0 is this.
	let proof = (set, 0u8, round, key.clone(), vote(1), vote(2)).encode();
	let owner = <Runtime as GrandpaApi<Block>>::generate_key_ownership_proof(set, key);
	RuntimeCall::Grandpa(pallet_grandpa::Call::report_equivocation {
		equivocation_proof: Box::new(Decode::decode(&mut &proof[..]).unwrap()),
		key_owner_proof: owner.unwrap().decode().unwrap(),
	})
}

/// Dave contradicts himself in either way.
const DAVES: [fn() -> RuntimeCall; 2] = [|| two_blocks(DAVE), || two_votes(Ed25519Keyring::Dave)];

/// What comes of a report that Alice sends.
fn report(evidence: RuntimeCall) -> DispatchResult {
	let reported = evidence.dispatch(signed(ALICE));
	reported.map(|_| ()).map_err(|failed| failed.error)
}

/// What a node's pool says to the same report when the node makes it by itself.
fn pool(evidence: &RuntimeCall) -> Result<(), TransactionValidityError> {
	let checked = match evidence.clone() {
		RuntimeCall::Babe(pallet_babe::Call::report_equivocation {
			equivocation_proof,
			key_owner_proof,
		}) => Babe::validate_unsigned(
			TransactionSource::Local,
			&pallet_babe::Call::report_equivocation_unsigned {
				equivocation_proof,
				key_owner_proof,
			},
		),
		RuntimeCall::Grandpa(pallet_grandpa::Call::report_equivocation {
			equivocation_proof,
			key_owner_proof,
		}) => Grandpa::validate_unsigned(
			TransactionSource::Local,
			&pallet_grandpa::Call::report_equivocation_unsigned {
				equivocation_proof,
				key_owner_proof,
			},
		),
		other => panic!("{other:?} reports nothing"),
	};
	checked.map(|_| ())
}

const STALE: Result<(), TransactionValidityError> =
	Err(TransactionValidityError::Invalid(InvalidTransaction::Stale));

/// How many offences are on record.
fn on_record() -> usize {
	pallet_offences::Reports::<Runtime>::iter_keys().count()
}

/// Dave is disabled at once, and out of the set two sessions later.
fn disabled_and_out(evidence: fn() -> RuntimeCall) {
	untouched(LOCAL4, || {
		until(2);
		assert!(Session::disabled_validators().is_empty());
		assert_ok!(report(evidence()));
		assert_eq!(Session::disabled_validators(), [3]);
		until(3);
		assert_eq!(Session::disabled_validators(), [3]);
		until(4);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn whoever_signed_two_blocks_is_disabled_at_once_and_out_of_the_set_two_sessions_later() {
	disabled_and_out(|| two_blocks(DAVE));
}

#[test]
fn whoever_voted_twice_is_disabled_at_once_and_out_of_the_set_two_sessions_later() {
	disabled_and_out(|| two_votes(Ed25519Keyring::Dave));
}

#[test]
fn whoever_is_on_its_way_out_stays_disabled_when_the_set_changes_before() {
	untouched(LOCAL4, || {
		until(1);
		rotate(BOB);
		until(2);
		assert_ok!(report(two_blocks(DAVE)));
		until(3);
		assert_eq!(Session::disabled_validators(), [3]);
	});
}

/// Begins the first block with so many bytes in its header that BABE and the runtime pass over.
fn begin_padded(bytes: u32) {
	let padding = vec![0; bytes.try_into().unwrap()];
	let logs = vec![DigestItem::PreRuntime(*b"any ", padding)];
	let nothing = Hash::zero();
	let header = Header::new(1, nothing, nothing, nothing, Digest { logs });
	untouched(LOCAL4, || {
		Executive::initialize_block(&header);
	});
}

#[test]
fn a_header_may_be_many_times_as_long_as_babe_makes_it() {
	begin_padded(3_000);
}

#[test]
#[should_panic(expected = "exceeds max header size limit (4096)")]
fn a_header_that_is_padded_beyond_that_makes_the_block_invalid() {
	begin_padded(4_096);
}

#[test]
fn two_who_contradict_themselves_in_one_session_cost_the_set_one() {
	untouched(LOCAL4, || {
		until(2);
		add_eve();
		until(4);
		assert_ok!(report(two_blocks(CHARLIE)));
		assert_ok!(report(two_blocks(DAVE)));
		assert_eq!(Session::disabled_validators(), [2], "a third at most");
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, DAVE, EVE]));
		// In another session it is one more.
		assert_ok!(report(two_blocks(DAVE)));
		assert_eq!(Members::<Runtime>::get(), accounts([ALICE, BOB, EVE]));
	});
}

#[test]
fn of_two_who_did_the_same_in_one_slot_the_second_report_concerns_the_second_alone() {
	untouched(LOCAL4, || {
		until(2);
		let [dave, charlie] = [DAVE, CHARLIE].map(two_blocks);
		assert_ok!(report(dave));
		let back = DAVE.to_account_id();
		assert_ok!(Validators::add(RuntimeOrigin::root(), back));
		until(3);
		assert_ok!(report(charlie));
		assert_eq!(Members::<Runtime>::get(), accounts([ALICE, BOB, DAVE]));
		until(5);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, DAVE]));
	});
}

#[test]
fn offences_never_take_the_set_below_three() {
	untouched(LOCAL4, || {
		until(2);
		assert_ok!(report(two_blocks(DAVE)));
		until(4);
		assert_ok!(report(two_blocks(CHARLIE)));
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}

#[test]
fn offences_never_take_the_set_below_three_when_a_member_has_no_keys() {
	untouched(LOCAL4, || {
		until(2);
		let list = accounts([ALICE, BOB, CHARLIE, DAVE]);
		assert_ok!(Session::purge_keys(signed(DAVE)));
		assert_ok!(report(two_blocks(CHARLIE)));
		assert_eq!(Session::disabled_validators(), [2]);
		assert_eq!(Members::<Runtime>::get(), list);
		until(4);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
		// With his new keys three others can go on.
		rotate(DAVE);
		assert_ok!(report(two_blocks(CHARLIE)));
		assert_eq!(Members::<Runtime>::get(), accounts([ALICE, BOB, DAVE]));
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, DAVE]));
	});
}

#[test]
fn whoever_came_back_makes_blocks_until_root_has_removed_it() {
	untouched(LOCAL4, || {
		until(2);
		assert_ok!(report(two_blocks(DAVE)));
		until(4);
		let dave = DAVE.to_account_id();
		assert_ok!(Validators::add(RuntimeOrigin::root(), dave.clone()));
		until(6);
		assert_ok!(Validators::remove(RuntimeOrigin::root(), dave.clone()));
		until(7);
		assert_eq!(Session::validators()[3], dave);
		assert!(Session::disabled_validators().is_empty());
		until(8);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}

#[test]
fn an_offence_of_a_past_session_counts_like_one_of_today() {
	for evidence in DAVES {
		untouched(LOCAL4, || {
			until(2);
			let evidence = evidence();
			until(5);
			assert_ok!(report(evidence));
			assert_eq!(Session::disabled_validators(), [3]);
			until(7);
			assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
		});
	}
}

#[test]
fn votes_of_a_later_set_count_like_those_of_the_first() {
	untouched(LOCAL4, || {
		until(2);
		rotate(BOB);
		until(4);
		assert_eq!(Grandpa::current_set_id(), 2);
		assert_ok!(report(two_votes(Ed25519Keyring::Dave)));
		assert_eq!(Session::disabled_validators(), [3]);
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}

#[test]
fn votes_of_a_past_set_count_like_those_of_today() {
	untouched(LOCAL4, || {
		until(2);
		let evidence = two_votes(Ed25519Keyring::Dave);
		rotate(BOB);
		until(5);
		assert_eq!(Grandpa::current_set_id(), 2, "the votes are of set 1");
		assert_ok!(report(evidence));
		assert_eq!(Session::disabled_validators(), [3]);
		until(7);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}

#[test]
fn votes_count_as_long_as_they_can_be_proven_when_every_session_has_a_set_of_its_own() {
	untouched(LOCAL4, || {
		let until = |session: u32| {
			while Session::current_index() < session {
				rotate(BOB);
				next_session();
			}
		};
		until(3);
		assert_eq!(Grandpa::current_set_id(), 2);
		let evidence = two_votes(Ed25519Keyring::Dave);
		until(3 + PROVABLE_SESSIONS);
		let sets = 2 + u64::from(PROVABLE_SESSIONS);
		assert_eq!(Grandpa::current_set_id(), sets);
		assert_ok!(report(evidence));
		assert_eq!(Session::disabled_validators(), [3]);
	});
}

#[test]
fn whoever_sets_or_purges_its_keys_answers_for_those_that_it_signs_with_yet() {
	let set = || {
		rotate(DAVE);
	};
	let purge = || {
		assert_ok!(Session::purge_keys(signed(DAVE)));
	};
	let ways: [fn(); 2] = [set, purge];
	for leave_keys in ways {
		for evidence in DAVES {
			for session in [2, 3] {
				untouched(LOCAL4, || {
					until(2);
					leave_keys();
					until(session);
					assert_ok!(report(evidence()));
					assert_eq!(Session::disabled_validators(), [3]);
					until(session + 2);
					assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
				});
			}
		}
	}
}

#[test]
fn new_keys_void_no_report_of_the_first_two_sessions() {
	for session in [0, 1] {
		for who in [BOB, DAVE] {
			for evidence in DAVES {
				untouched(LOCAL4, || {
					until(session);
					let evidence = evidence();
					rotate(who);
					assert_ok!(report(evidence));
					assert_eq!(Session::disabled_validators(), [3]);
				});
			}
		}
	}
}

#[test]
fn a_report_counts_when_somebody_set_new_keys_first() {
	for who in [BOB, DAVE] {
		for evidence in DAVES {
			for session in [2, 5] {
				untouched(LOCAL4, || {
					until(2);
					// Before and after the proof of whose key it is.
					rotate(who);
					let evidence = evidence();
					rotate(who);
					until(session);
					assert_ok!(report(evidence));
					assert_eq!(Session::disabled_validators(), [3]);
					assert_eq!(Members::<Runtime>::get(), accounts([ALICE, BOB, CHARLIE]));
				});
			}
		}
	}
}

#[test]
fn a_validator_is_heard_of_once_in_a_session_whatever_it_did() {
	let known_blocks: DispatchError = pallet_babe::Error::<Runtime>::DuplicateOffenceReport.into();
	let known_votes: DispatchError =
		pallet_grandpa::Error::<Runtime>::DuplicateOffenceReport.into();
	untouched(LOCAL4, || {
		until(2);
		let [first, second] = [0, 1].map(|slots| two_blocks_later(DAVE, slots));
		let votes = two_votes(Ed25519Keyring::Dave);
		assert_ok!(pool(&second));
		assert_ok!(pool(&votes));
		assert_ok!(report(first));
		assert_eq!([&second, &votes].map(pool), [STALE; 2]);
		assert_noop!(report(second.clone()), known_blocks);
		assert_noop!(report(votes.clone()), known_votes);
		assert_eq!(on_record(), 1);
		assert_ok!(report(two_blocks(CHARLIE)));
		assert_eq!(on_record(), 2);

		until(3);
		assert_ok!(pool(&second));
		assert_ok!(report(second));
		assert_eq!(on_record(), 3);
		assert_eq!(pool(&votes), STALE);
		assert_noop!(report(votes), known_votes);
	});
}

#[test]
fn nobody_hears_of_whoever_is_out_of_the_set() {
	let known = pallet_babe::Error::<Runtime>::DuplicateOffenceReport;
	untouched(LOCAL4, || {
		until(2);
		let [first, second] = [0, 1].map(|slots| two_blocks_later(DAVE, slots));
		assert_ok!(report(first));
		until(4);
		assert_eq!(pool(&second), STALE);
		assert_noop!(report(second), known);
		assert_eq!(on_record(), 1);
	});
}

#[test]
fn whoever_is_to_come_back_answers_for_what_nobody_reported_before() {
	untouched(LOCAL4, || {
		until(2);
		let [first, second] = [0, 1].map(|slots| two_blocks_later(DAVE, slots));
		assert_ok!(report(first));
		until(4);
		let back = DAVE.to_account_id();
		assert_ok!(Validators::add(RuntimeOrigin::root(), back));
		assert_ok!(pool(&second));
		assert_ok!(report(second));
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}
