//! Who is planned for which session, and how long that can be proven.

use crate::mock::*;
use codec::Encode;
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use pallet_session::{historical, SessionManager};
use sp_runtime::{key_types::DUMMY, testing::UintAuthorityId};
use sp_staking::SessionIndex;

/// What commits to the keys of a session, and how many validators it has.
fn root(session: SessionIndex) -> Option<(<Test as frame_system::Config>::Hash, u32)> {
	Historical::historical_root(session)
}

/// How often somebody was named for a coming session.
fn plans() -> usize {
	System::read_events_for_pallet::<pallet_session::Event<Test>>()
		.into_iter()
		.filter(|event| matches!(event, pallet_session::Event::NewQueued))
		.count()
}

#[test]
fn whoever_was_added_is_planned_in_the_next_session_and_in_the_set_at_the_one_after() {
	run(|| {
		join(EVE);
		assert_eq!(queued(), FOUR);
		next_session();
		assert_eq!(set(), FOUR);
		assert_eq!(queued(), ALL[..5]);
		next_session();
		assert_eq!(set(), ALL[..5]);
	});
}

#[test]
fn whoever_was_removed_is_not_planned_in_the_next_session_and_out_of_the_set_at_the_one_after() {
	run(|| {
		assert_ok!(remove(BOB));
		assert_eq!(queued(), FOUR);
		next_session();
		assert_eq!(set(), FOUR);
		assert!(disabled().is_empty());
		assert_eq!(queued(), [ALICE, CAROL, DAVE]);
		next_session();
		assert_eq!(set(), [ALICE, CAROL, DAVE]);
	});
}

#[test]
fn a_member_without_keys_is_left_out_and_back_in_its_place_once_it_has_new_ones() {
	run(|| {
		assert_ok!(purge_keys(BOB));
		next_session();
		assert_eq!(set(), FOUR);
		next_session();
		assert_eq!(set(), [ALICE, CAROL, DAVE]);
		assert_eq!(members(), FOUR);
		assert_ok!(set_keys(BOB, 22));
		until(6);
		assert_eq!(set(), FOUR);
	});
}

#[test]
fn the_validators_of_genesis_are_named_once_for_their_root_and_then_no_more() {
	run_on(&FOUR, || {
		assert_eq!(plans(), 0);
		next_session();
		assert_eq!(plans(), 1);
		assert_eq!(root(1), None);
		assert!(root(2).is_some_and(|(_, count)| count == 4));
		until(6);
		assert_eq!(plans(), 1);
		assert_eq!(set(), FOUR);
	});
}

#[test]
fn the_same_validators_are_named_again_when_one_has_other_keys() {
	run(|| {
		assert_eq!(plans(), 1);
		assert_ok!(set_keys(BOB, 22));
		next_session();
		assert_eq!(plans(), 2);
		assert!(Session::queued_keys().contains(&(BOB, UintAuthorityId(22))));
		until(6);
		assert_eq!(plans(), 2);
		assert_eq!(set(), FOUR);
	});
}

#[test]
fn a_session_has_a_root_of_its_own_when_the_keys_changed() {
	run(|| {
		assert_ok!(set_keys(BOB, 22));
		until(4);
		assert_eq!(root(3), root(2), "its keys were queued before");
		assert_ne!(root(4), root(3));
		assert_eq!(root(5), root(4));
	});
}

#[test]
fn an_owner_is_proven_by_the_keys_of_a_session_as_long_as_it_has_a_root() {
	run(|| {
		let key = |key: u64| (DUMMY, UintAuthorityId(key).encode());
		let proof = Historical::prove(key(2)).unwrap();
		assert_ok!(set_keys(BOB, 22));
		until(2 + PROVABLE);
		let owner = |number| Historical::check_proof(key(number), proof.clone());
		assert_eq!(owner(2), Some((BOB, ())));
		assert_eq!(owner(22), None);
		next_session();
		assert_eq!(owner(2), None);
	});
}

#[test]
fn roots_are_forgotten_when_no_offence_of_their_session_can_be_proven() {
	run(|| {
		until(2 + PROVABLE);
		assert!(root(2).is_some());
		next_session();
		assert!(root(2).is_none());
		assert!(root(3).is_some());
	});
}

#[test]
fn the_session_pallet_alone_is_told_the_same_plan() {
	run(|| {
		let plan = <Validators as SessionManager<AccountId>>::new_session;
		assert_eq!(plan(4), None);
		join(EVE);
		assert_eq!(plan(4), Some(ALL[..5].to_vec()));
	});
}

#[test]
fn those_who_make_blocks_go_on_when_no_member_has_keys() {
	run(|| {
		for who in FOUR {
			assert_ok!(purge_keys(who));
		}
		let plan = <Validators as historical::SessionManager<AccountId, ()>>::new_session;
		assert_eq!(plan(4), None);
		until(2 + PROVABLE);
		assert_eq!(set(), FOUR);
		assert_eq!(plans(), 1, "nobody is named again");
		assert_eq!(root(2 + PROVABLE), root(2));
	});
}

#[test]
fn whoever_gave_its_keys_to_another_account_leaves_when_no_member_has_keys() {
	run(|| {
		for who in FOUR {
			assert_ok!(purge_keys(who));
		}
		assert_ok!(set_keys(EVE, first_key(&ALICE)));
		until(4);
		assert_eq!(set(), [BOB, CAROL, DAVE]);
		assert!(root(4).is_some_and(|(_, count)| count == 3));
		until(6);
		assert_eq!(set(), [BOB, CAROL, DAVE]);
		assert_eq!(root(6), root(4));
	});
}
