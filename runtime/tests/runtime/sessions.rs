//! Who the validators of a session are, that it can be proven later, and what becomes of those who
//! contradicted themselves.

use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::KeyOwnerProofSystem, BoundedVec};
use pallet_validators::{Error, Members};
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	EquivocationProof, BABE_ENGINE_ID,
};
use sp_core::crypto::{key_types::BABE, ByteArray};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Digest, DigestItem},
	traits::Header as _,
	DispatchError,
};
use sp_session::MembershipProof;
use sp_staking::SessionIndex;
use weighhouse_runtime::{
	genesis_config_presets::{LOCAL, LOCAL4},
	AccountId, Babe, BabeId, Header, Historical, Runtime, RuntimeOrigin, Session, SessionKeys,
	Validators,
};

use crate::{
	blocks::next_session,
	chain::{signed, untouched, ALICE, BOB, CHARLIE, DAVE},
};

const EVE: Sr25519Keyring = Sr25519Keyring::Eve;

/// Makes blocks until `session` runs.
fn until(session: SessionIndex) {
	while Session::current_index() < session {
		next_session();
	}
}

fn babe_key(who: Sr25519Keyring) -> BabeId {
	Session::load_keys(&who.to_account_id()).unwrap().babe
}

fn prove(key: &BabeId) -> MembershipProof {
	Historical::prove((BABE, key.to_raw_vec())).unwrap()
}

fn owner(key: &BabeId, proof: MembershipProof) -> Option<AccountId> {
	Historical::check_proof((BABE, key.to_raw_vec()), proof).map(|(account, ())| account)
}

fn root(session: SessionIndex) -> (weighhouse_runtime::Hash, u32) {
	Historical::historical_root(session).unwrap()
}

/// Sets new keys that `who` can sign with, and gives the one for BABE.
fn rotate(who: Sr25519Keyring) -> BabeId {
	let new = SessionKeys::generate(&who.to_account_id().encode(), None);
	assert_ok!(Session::set_keys(
		signed(who),
		new.keys.clone(),
		new.proof.encode()
	));
	new.keys.babe
}

#[test]
fn an_owner_is_proven_by_the_keys_of_each_session_when_they_were_rotated() {
	untouched(LOCAL, || {
		until(2);
		let old = babe_key(BOB);
		let before = prove(&old);
		let new = rotate(BOB);
		assert_ne!(old, new);
		until(4);
		let after = prove(&new);
		assert_eq!((before.session, after.session), (2, 4));
		until(7);

		let bob = Some(BOB.to_account_id());
		assert_eq!(owner(&old, before.clone()), bob);
		assert_eq!(owner(&new, after.clone()), bob);
		// A proof is one of its key in its session.
		assert_eq!(owner(&new, before), None);
		assert_eq!(owner(&old, after), None);
	});
}

#[test]
fn a_session_has_a_root_of_its_own_when_the_keys_changed() {
	untouched(LOCAL, || {
		until(3);
		assert_eq!(root(2), root(3));
		rotate(BOB);
		until(6);
		assert_eq!(root(4), root(3), "the keys of session 4 were queued before");
		assert_ne!(root(5), root(4));
		assert_eq!(root(6), root(5));
	});
}

#[test]
fn an_owner_is_proven_when_another_validator_has_left() {
	untouched(LOCAL4, || {
		until(2);
		assert_ok!(Session::purge_keys(signed(DAVE)));
		until(4);
		let stayed = [ALICE, BOB, CHARLIE].map(|who| who.to_account_id());
		assert_eq!(Session::validators(), stayed);
		let key = babe_key(CHARLIE);
		let proof = prove(&key);
		assert_eq!(proof.validator_count, 3);
		until(6);
		assert_eq!(owner(&key, proof), Some(CHARLIE.to_account_id()));
	});
}

#[test]
fn roots_are_forgotten_when_nobody_can_report_on_their_session_any_more() {
	untouched(LOCAL, || {
		until(171);
		assert!(Historical::historical_root(2).is_none());
		assert!(Historical::historical_root(3).is_some());
	});
}

fn accounts<const N: usize>(who: [Sr25519Keyring; N]) -> Vec<AccountId> {
	who.map(|who| who.to_account_id()).into()
}

/// Two blocks that `who` signed in the current slot, and that it is a validator now.
fn two_blocks(who: Sr25519Keyring) -> (EquivocationProof<Header>, MembershipProof) {
	let slot = pallet_babe::CurrentSlot::<Runtime>::get();
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
	let offender = babe_key(who);
	let owner = prove(&offender);
	let proof = EquivocationProof {
		offender,
		slot,
		first_header: block(1),
		second_header: block(2),
	};
	(proof, owner)
}

/// Reports what `two_blocks` gave.
fn report((proof, owner): (EquivocationProof<Header>, MembershipProof)) {
	assert_ok!(Babe::report_equivocation(
		signed(ALICE),
		Box::new(proof),
		owner
	));
}

/// Makes Eve the fifth validator.
fn add_eve() {
	rotate(EVE);
	assert_ok!(Validators::add(RuntimeOrigin::root(), EVE.to_account_id()));
}

#[test]
fn a_validator_that_root_added_is_in_the_set_two_sessions_later() {
	untouched(LOCAL4, || {
		until(2);
		add_eve();
		until(3);
		assert_eq!(Session::validators().len(), 4);
		until(4);
		let all = accounts([ALICE, BOB, CHARLIE, DAVE, EVE]);
		assert_eq!(Session::validators(), all);
		assert_eq!(Babe::authorities().len(), 5);
	});
}

#[test]
fn a_validator_that_root_removed_is_out_of_the_set_two_sessions_later() {
	untouched(LOCAL4, || {
		until(2);
		let bob = BOB.to_account_id();
		assert_ok!(Validators::remove(RuntimeOrigin::root(), bob));
		until(3);
		assert_eq!(Session::validators().len(), 4);
		until(4);
		assert_eq!(Session::validators(), accounts([ALICE, CHARLIE, DAVE]));
	});
}

#[test]
fn only_root_says_who_validates_and_only_those_with_keys_do_once_and_never_less_than_three() {
	untouched(LOCAL4, || {
		let [dave, eve] = [DAVE, EVE].map(|who| who.to_account_id());
		let root = RuntimeOrigin::root;
		let refused = DispatchError::BadOrigin;
		assert_noop!(Validators::add(signed(EVE), eve.clone()), refused);
		assert_noop!(Validators::remove(signed(EVE), dave.clone()), refused);
		assert_noop!(
			Validators::add(root(), eve.clone()),
			Error::<Runtime>::NoKeys
		);
		assert_noop!(
			Validators::add(root(), dave.clone()),
			Error::<Runtime>::AlreadyValidator
		);
		assert_noop!(
			Validators::remove(root(), eve),
			Error::<Runtime>::NotValidator
		);
		assert_ok!(Validators::remove(root(), dave));
		assert_noop!(
			Validators::remove(root(), CHARLIE.to_account_id()),
			Error::<Runtime>::TooFew
		);
	});
}

#[test]
fn a_validator_that_purged_its_keys_is_back_once_it_has_new_ones() {
	untouched(LOCAL4, || {
		until(2);
		assert_ok!(Session::purge_keys(signed(DAVE)));
		until(4);
		assert_eq!(Session::validators().len(), 3);
		rotate(DAVE);
		until(6);
		assert_eq!(Session::validators().len(), 4);
	});
}

#[test]
fn whoever_signed_two_blocks_is_disabled_at_once_and_out_of_the_set_two_sessions_later() {
	untouched(LOCAL4, || {
		until(2);
		assert!(Session::disabled_validators().is_empty());
		report(two_blocks(DAVE));
		assert_eq!(Session::disabled_validators(), [3]);
		until(3);
		assert_eq!(Session::disabled_validators(), [3]);
		until(4);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn whoever_is_on_its_way_out_stays_disabled_when_the_set_changes_before() {
	untouched(LOCAL4, || {
		until(1);
		rotate(BOB);
		until(2);
		report(two_blocks(DAVE));
		until(3);
		assert_eq!(Session::disabled_validators(), [3]);
	});
}

#[test]
fn two_who_contradict_themselves_in_one_session_cost_the_set_one() {
	untouched(LOCAL4, || {
		until(2);
		add_eve();
		until(4);
		report(two_blocks(CHARLIE));
		report(two_blocks(DAVE));
		assert_eq!(Session::disabled_validators(), [2], "a third at most");
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, DAVE, EVE]));
		// In another session it is one more.
		report(two_blocks(DAVE));
		assert_eq!(Members::<Runtime>::get(), accounts([ALICE, BOB, EVE]));
	});
}

#[test]
fn offences_never_take_the_set_below_three() {
	untouched(LOCAL4, || {
		until(2);
		report(two_blocks(DAVE));
		until(4);
		report(two_blocks(CHARLIE));
		until(6);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}

#[test]
fn an_offence_of_a_past_session_counts_like_one_of_today() {
	untouched(LOCAL4, || {
		until(2);
		let evidence = two_blocks(DAVE);
		until(5);
		report(evidence);
		assert_eq!(Session::disabled_validators(), [3]);
		until(7);
		assert_eq!(Session::validators(), accounts([ALICE, BOB, CHARLIE]));
	});
}

#[test]
fn invariants_notice_a_validator_listed_twice_and_a_list_that_is_too_short() {
	let list = |who: &[Sr25519Keyring]| {
		let accounts: Vec<_> = who.iter().map(|who| who.to_account_id()).collect();
		Members::<Runtime>::put(BoundedVec::truncate_from(accounts));
		Validators::check_invariants()
	};
	untouched(LOCAL4, || {
		assert_ok!(list(&[ALICE, BOB, CHARLIE]));
		assert_eq!(
			list(&[ALICE, BOB, CHARLIE, BOB]),
			Err("INV-1: an account is listed twice".into())
		);
		assert_eq!(
			list(&[ALICE, BOB]),
			Err("INV-2: the list is too short".into())
		);
		assert_ok!(list(&[ALICE, BOB, CHARLIE]));
	});
}
