//! Who is on the list when the chain begins.

use crate::{mock::*, LastExpelled, Least};
use frame_support::assert_ok;
use sp_runtime::BuildStorage;

#[test]
fn genesis_lists_the_validators_of_the_session_pallet_in_their_order() {
	run_on(&[CAROL, ALICE, DAVE], || {
		assert_eq!(members(), [CAROL, ALICE, DAVE]);
		assert_eq!(set(), members());
		assert_eq!(Least::<Test>::get(), LEAST);
		assert_eq!(LastExpelled::<Test>::get(), None);
	});
}

#[test]
fn genesis_lists_no_more_than_the_most() {
	run_on(&ALL, || {
		assert_eq!(set(), ALL);
		assert_eq!(members(), ALL[..MOST as usize]);
		until(2);
		assert_eq!(set(), members());
	});
}

#[test]
fn genesis_lists_nobody_on_a_chain_without_validators() {
	let storage = RuntimeGenesisConfig::default().build_storage().unwrap();
	sp_io::TestExternalities::new(storage).execute_with(|| {
		assert!(members().is_empty());
		assert_eq!(Least::<Test>::get(), 0);
		assert_ok!(Validators::check_invariants());
	});
}

#[test]
#[should_panic(expected = "genesis has fewer validators than are to be kept")]
fn genesis_has_as_many_as_are_to_be_kept() {
	genesis(&[ALICE, BOB]);
}
