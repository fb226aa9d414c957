//! Who the validators of a session are, and that it can be proven later.

use codec::Encode;
use frame_support::{
	assert_noop, assert_ok, assert_storage_noop, traits::KeyOwnerProofSystem, BoundedVec,
	WeakBoundedVec,
};
use pallet_validators::{Error, Members};
use sp_consensus_babe::runtime_decl_for_babe_api::BabeApi;
use sp_core::crypto::{key_types::BABE, ByteArray};
use sp_io::hashing::blake2_256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::DispatchError;
use sp_session::MembershipProof;
use sp_staking::SessionIndex;
use weighhouse_runtime::{
	configs::consensus::{KeyOwners, PROOF_NODES},
	constants::time::EPOCH_SLOTS,
	genesis_config_presets::{LOCAL, LOCAL4},
	AccountId, Babe, BabeId, Block, Grandpa, GrandpaId, Historical, Runtime, RuntimeOrigin,
	Session, SessionKeys, Validators,
};

use crate::{
	blocks::next_session,
	chain::{signed, untouched, ALICE, BOB, CHARLIE, DAVE},
};

pub const EVE: Sr25519Keyring = Sr25519Keyring::Eve;

/// Makes blocks until `session` runs.
pub fn until(session: SessionIndex) {
	while Session::current_index() < session {
		next_session();
	}
}

fn babe_key(who: Sr25519Keyring) -> BabeId {
	Session::load_keys(&who.to_account_id()).unwrap().babe
}

/// What a node is told when it asks who has `key` now.
pub fn prove(key: &BabeId) -> MembershipProof {
	let slot = pallet_babe::CurrentSlot::<Runtime>::get();
	let proof = <Runtime as BabeApi<Block>>::generate_key_ownership_proof(slot, key.clone());
	proof.unwrap().decode().unwrap()
}

fn owner(key: &BabeId, proof: MembershipProof) -> Option<AccountId> {
	KeyOwners::check_proof((BABE, key.to_raw_vec()), proof).map(|(account, ())| account)
}

fn root(session: SessionIndex) -> (weighhouse_runtime::Hash, u32) {
	Historical::historical_root(session).unwrap()
}

/// Sets new keys that `who` can sign with, and gives the one for BABE.
pub fn rotate(who: Sr25519Keyring) -> BabeId {
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
fn a_key_is_its_owners_in_the_sessions_in_which_it_signs_and_in_no_other() {
	untouched(LOCAL, || {
		until(2);
		let old = babe_key(BOB);
		let new = rotate(BOB);
		let bob = Some(BOB.to_account_id());
		for session in 2..4 {
			until(session);
			assert_eq!(owner(&old, prove(&old)), bob);
			assert_eq!(owner(&new, prove(&new)), None);
		}
		until(4);
		assert_eq!(owner(&old, prove(&old)), None);
		assert_eq!(owner(&new, prove(&new)), bob);
	});
}

#[test]
fn a_key_that_is_not_queued_is_nobodys_in_the_next_session() {
	untouched(LOCAL, || {
		until(2);
		let new = rotate(BOB);
		let mut proof = Historical::prove((BABE, new.to_raw_vec())).unwrap();
		proof.session += 1;
		assert_eq!(owner(&new, proof), None);
	});
}

#[test]
fn a_proof_among_a_hundred_validators_is_a_third_of_what_is_looked_at() {
	untouched(LOCAL, || {
		until(2);
		let bytes: Vec<_> = (0..100u8).map(|n| blake2_256(&[n])).collect();
		let babe: Vec<_> = bytes
			.iter()
			.map(|bytes| (BabeId::from_slice(bytes).unwrap(), 1))
			.collect();
		let grandpa: Vec<_> = bytes
			.iter()
			.map(|bytes| (GrandpaId::from_slice(bytes).unwrap(), 1))
			.collect();
		let accounts: Vec<_> = bytes.iter().map(|bytes| AccountId::new(*bytes)).collect();
		pallet_session::Validators::<Runtime>::put(accounts);
		pallet_grandpa::Authorities::<Runtime>::put(WeakBoundedVec::force_from(grandpa, None));
		pallet_babe::Authorities::<Runtime>::put(WeakBoundedVec::force_from(babe.clone(), None));
		for (key, _) in babe {
			let nodes = prove(&key).trie_nodes.len();
			assert!(0 < nodes && 3 * nodes <= PROOF_NODES, "{nodes} nodes");
		}
	});
}

#[test]
fn a_proof_with_more_nodes_than_any_is_nobodys_before_the_chain_is_asked() {
	let mut asked = None;
	untouched(LOCAL, || {
		until(2);
		let key = babe_key(BOB);
		let mut proof = prove(&key);
		proof
			.trie_nodes
			.extend((0..=PROOF_NODES).map(|n| vec![1; n]));
		asked = Some((key, proof));
	});
	// Out here there is no chain: whatever reads its state panics.
	let (key, proof) = asked.unwrap();
	assert_eq!(owner(&key, proof), None);
}

#[test]
fn a_proof_holds_when_others_set_or_purge_their_keys_and_when_its_session_is_over() {
	untouched(LOCAL4, || {
		until(2);
		let key = babe_key(DAVE);
		let before = prove(&key);
		rotate(BOB);
		assert_ok!(Session::purge_keys(signed(CHARLIE)));
		let after = prove(&key);
		for session in [2, 3, 5] {
			until(session);
			for proof in [&before, &after] {
				assert_eq!(owner(&key, proof.clone()), Some(DAVE.to_account_id()));
			}
		}
	});
}

#[test]
fn a_session_proves_no_slot_of_a_later_one() {
	untouched(LOCAL, || {
		until(2);
		let key = babe_key(BOB);
		let proves = |slots: u64| {
			let slot = Babe::current_epoch_start() + slots;
			<Runtime as BabeApi<Block>>::generate_key_ownership_proof(slot, key.clone()).is_some()
		};
		let length = u64::from(EPOCH_SLOTS);
		assert_eq!([0, length - 1, length].map(proves), [true, true, false]);
	});
}

#[test]
fn looking_up_whose_a_key_is_leaves_no_trace() {
	untouched(LOCAL, || {
		until(2);
		let key = babe_key(BOB);
		rotate(BOB);
		assert_storage_noop!({
			let proof = prove(&key);
			assert_eq!(owner(&key, proof), Some(BOB.to_account_id()));
		});
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

pub fn accounts<const N: usize>(who: [Sr25519Keyring; N]) -> Vec<AccountId> {
	who.map(|who| who.to_account_id()).into()
}

/// Makes Eve the fifth validator.
pub fn add_eve() {
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
fn those_who_make_the_blocks_go_on_when_all_purged_their_keys() {
	untouched(LOCAL4, || {
		until(2);
		let all = [ALICE, BOB, CHARLIE, DAVE];
		let (babe, grandpa) = (Babe::authorities(), Grandpa::grandpa_authorities());
		for who in all {
			assert_ok!(Session::purge_keys(signed(who)));
		}
		for session in 3..8 {
			until(session);
			assert_eq!(Session::validators(), accounts(all));
			assert_eq!(Babe::authorities(), babe);
			assert_eq!(Grandpa::grandpa_authorities(), grandpa);
		}
		// Whoever has new keys signs with them, and the others go on.
		let new = rotate(BOB);
		until(9);
		assert_eq!(Session::validators(), accounts(all));
		assert_eq!(Babe::authorities()[1].0, new);
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
