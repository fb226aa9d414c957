//! Who the validators of a session were, and that it can be proven later.

use codec::Encode;
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use sp_core::crypto::{key_types::BABE, ByteArray};
use sp_keyring::Sr25519Keyring;
use sp_session::MembershipProof;
use sp_staking::SessionIndex;
use weighhouse_runtime::{
	genesis_config_presets::{LOCAL, LOCAL4},
	AccountId, BabeId, Historical, Session, SessionKeys,
};

use crate::{
	blocks::next_session,
	chain::{signed, untouched, ALICE, BOB, CHARLIE, DAVE},
};

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
