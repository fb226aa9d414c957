//! The upgrade that is rehearsed, on a chain that has been used. Compiled with the feature
//! `rehearsal`; `try-runtime` adds the checks before and after.

use std::collections::BTreeMap;

use frame_support::{
	assert_ok,
	traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	weights::constants::ParityDbWeight,
};
use pallet_listings::{NextListing, Owned};
use sp_keyring::Sr25519Keyring;
use weighhouse_primitives::Term;
use weighhouse_runtime::{rehearsal::MOST, AccountId, Licensing, Listings, Migrations, Runtime};

use crate::chain::{
	development, distilled, offer, reconcile, register, signed, ALICE, BOB, CHARLIE, DAVE,
};

/// Runs `test` on a chain of the version before, on which models were made, sold, handed over and
/// removed.
fn used(test: impl FnOnce()) {
	development(|| {
		StorageVersion::new(1).put::<Listings>();
		let parent = register(ALICE, "parent", vec![]);
		let child = register(BOB, "child", vec![distilled(parent, 1, 100_000_000)]);
		offer(BOB, child, Term::Perpetual);
		assert_ok!(Licensing::buy(signed(CHARLIE), child, 1));
		let removed = register(CHARLIE, "removed", vec![]);
		assert_ok!(Listings::remove_version(signed(CHARLIE), removed, 1));
		register(ALICE, "another", vec![]);
		let handed = register(ALICE, "handed over", vec![]);
		let dave = DAVE.to_account_id();
		assert_ok!(Listings::propose_owner(signed(ALICE), handed, dave.into()));
		assert_ok!(Listings::accept_ownership(signed(DAVE), handed));
		reconcile();
		test();
	});
}

/// Upgrades, with every check that this build has.
fn upgrade() {
	#[cfg(feature = "try-runtime")]
	{
		use frame_support::traits::{TryState, TryStateSelect};
		use frame_try_runtime::UpgradeCheckSelect;
		use weighhouse_runtime::{AllPalletsWithSystem, Executive};

		let all = TryStateSelect::All;
		assert_ok!(<AllPalletsWithSystem as TryState<u32>>::try_state(1, all));
		assert_ok!(Executive::try_runtime_upgrade(UpgradeCheckSelect::All));
	}
	#[cfg(not(feature = "try-runtime"))]
	Migrations::on_runtime_upgrade();
	reconcile();
}

fn owned() -> BTreeMap<AccountId, u32> {
	Owned::<Runtime>::iter().collect()
}

fn counts<const N: usize>(counts: [(Sr25519Keyring, u32); N]) -> BTreeMap<AccountId, u32> {
	counts
		.map(|(who, count)| (who.to_account_id(), count))
		.into()
}

#[test]
fn an_upgrade_counts_the_listings_of_each_owner() {
	used(|| {
		assert!(owned().is_empty());
		upgrade();
		assert_eq!(owned(), counts([(ALICE, 2), (BOB, 1), (DAVE, 1)]));
		assert_eq!(Listings::on_chain_storage_version(), 2);
	});
}

#[test]
fn an_upgrade_says_what_it_read_and_wrote() {
	used(|| {
		// The layout's version, the next number, four listings and their end; three counts and the
		// version.
		let expected = ParityDbWeight::get().reads_writes(7, 4);
		assert_eq!(Migrations::on_runtime_upgrade(), expected);
	});
}

#[test]
fn an_upgrade_is_done_once() {
	used(|| {
		upgrade();
		let before = owned();
		register(BOB, "later", vec![]);
		let expected = ParityDbWeight::get().reads(1);
		assert_eq!(Migrations::on_runtime_upgrade(), expected);
		assert_eq!(owned(), before);
	});
}

#[test]
fn an_upgrade_leaves_the_index_empty_when_one_block_cannot_walk_all_listings() {
	used(|| {
		NextListing::<Runtime>::put(MOST + 2);
		#[cfg(feature = "try-runtime")]
		assert!(Migrations::try_on_runtime_upgrade(true).is_err());
		let expected = ParityDbWeight::get().reads_writes(2, 1);
		assert_eq!(Migrations::on_runtime_upgrade(), expected);
		assert!(owned().is_empty());
	});
}
