//! A rehearsal of an upgrade: the next version of this runtime, in which the listings pallet also
//! keeps how many listings each account owns.
//!
//! Compiled only with the feature `rehearsal`. A test and `make upgrade` walk the path with it that
//! every upgrade takes. Nothing but the migration writes the index, so it is right for the block that
//! it was made in.

use frame_support::{migrations::VersionedMigration, weights::constants::ParityDbWeight};

use crate::{apis, Cow, Listings, RuntimeVersion};

/// The version that follows the one of a chain.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("weighhouse"),
	impl_name: Cow::Borrowed("weighhouse"),
	authoring_version: 1,
	spec_version: 2,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// The most listings that one block walks. With an owner each they take 290 ms by the weights of the
/// database. A chain with more needs a migration over several blocks: `pre_upgrade` refuses this one
/// there, which would leave the index empty.
pub const MOST: u32 = 5_000;

/// Counts the listings of each owner, once.
pub type Migrations = VersionedMigration<1, 2, unversioned::CountOwned, Listings, ParityDbWeight>;

/// What a migration does without asking for the version of the storage; not to be used by itself.
mod unversioned {
	use alloc::collections::BTreeMap;
	#[cfg(feature = "try-runtime")]
	use alloc::vec::Vec;

	#[cfg(feature = "try-runtime")]
	use frame_support::ensure;
	use frame_support::{
		traits::UncheckedOnRuntimeUpgrade,
		weights::{constants::ParityDbWeight, Weight},
	};
	use pallet_listings::{Listings, NextListing, Owned};
	#[cfg(feature = "try-runtime")]
	use sp_runtime::TryRuntimeError;

	use super::MOST;
	use crate::{AccountId, Runtime};

	pub struct CountOwned;

	/// Whether one block can walk all listings. Numbers of removed ones count, so one read tells.
	fn fits() -> bool {
		NextListing::<Runtime>::get().saturating_sub(1) <= MOST
	}

	impl UncheckedOnRuntimeUpgrade for CountOwned {
		fn on_runtime_upgrade() -> Weight {
			let database = ParityDbWeight::get();
			if !fits() {
				return database.reads(1);
			}
			let mut owned = BTreeMap::<AccountId, u32>::new();
			// The next number, and that no listing follows the last one.
			let (mut reads, mut writes) = (2u64, 0u64);
			for listing in Listings::<Runtime>::iter_values() {
				let count = owned.entry(listing.owner).or_default();
				*count = count.saturating_add(1);
				reads = reads.saturating_add(1);
			}
			for (owner, count) in owned {
				Owned::<Runtime>::insert(owner, count);
				writes = writes.saturating_add(1);
			}
			database.reads_writes(reads, writes)
		}

		/// Answers how many listings there are.
		#[cfg(feature = "try-runtime")]
		fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
			ensure!(fits(), "there are more listings than one block can walk");
			let empty = Owned::<Runtime>::iter().next().is_none();
			ensure!(empty, "the index is there already");
			let listings = Listings::<Runtime>::iter_keys().count();
			Ok(listings.to_le_bytes().into())
		}

		/// Takes each listing off its owner's count, which must leave nothing.
		#[cfg(feature = "try-runtime")]
		fn post_upgrade(before: Vec<u8>) -> Result<(), TryRuntimeError> {
			let mut left: BTreeMap<AccountId, u32> = Owned::<Runtime>::iter().collect();
			let mut listings: usize = 0;
			for listing in Listings::<Runtime>::iter_values() {
				let count = left
					.get_mut(&listing.owner)
					.ok_or("the index lacks an owner")?;
				*count = count
					.checked_sub(1)
					.ok_or("the index counts too few listings of an owner")?;
				listings = listings.saturating_add(1);
			}
			ensure!(
				left.into_values().all(|count| count == 0),
				"the index counts listings that are not there"
			);
			ensure!(
				before == listings.to_le_bytes(),
				"the upgrade made or removed listings"
			);
			Ok(())
		}
	}
}
