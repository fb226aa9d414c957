//! The invariants of the module documentation, one function each.

use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::ensure;
use sp_core::H256;
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{royalty::MAX_DIRECT, ListingId, VersionNumber};

use crate::{publication::LoadedParent, *};

type Checked = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of this pallet. Reads all of its storage: for tests and try-runtime.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::numbers_lie_below_their_counters()?;
		Self::lineage_stands_and_children_are_counted()?;
		Self::royalty_tables_follow_from_parents()?;
		Self::roots_name_the_first_in_rank()?;
		Self::bytes_are_those_of_the_records()?;
		Self::blocks_lie_in_the_past()?;
		Self::proposals_name_others_than_the_owner()?;
		Self::fields_are_what_calls_accept()
	}

	/// INV-1.
	fn numbers_lie_below_their_counters() -> Checked {
		let end = NextListing::<T>::get();
		let mut standing = BTreeMap::<ListingId, u32>::new();
		for (listing, number) in Versions::<T>::iter_keys() {
			let record = Listings::<T>::get(listing).ok_or("INV-1: a version lacks its listing")?;
			ensure!(
				(1..=record.versions).contains(&number),
				"INV-1: a version's number lies above its listing's counter"
			);
			let count = standing.entry(listing).or_default();
			*count = count.saturating_add(1);
		}
		for (listing, record) in Listings::<T>::iter() {
			ensure!(
				(1..end).contains(&listing),
				"INV-1: a listing's number lies above the counter"
			);
			ensure!(
				record.live_versions > 0,
				"INV-1: a listing has no standing version"
			);
			ensure!(
				standing.get(&listing) == Some(&record.live_versions),
				"INV-1: a listing miscounts its standing versions"
			);
		}
		Ok(())
	}

	/// INV-2.
	fn lineage_stands_and_children_are_counted() -> Checked {
		let mut children = BTreeMap::<(ListingId, VersionNumber), u32>::new();
		for (listing, _, version) in Versions::<T>::iter() {
			ensure!(
				Self::all_different(&version.parents),
				"INV-2: a version names a listing twice as its parent"
			);
			for parent in &version.parents {
				ensure!(
					parent.listing != listing,
					"INV-2: a version names its own listing as its parent"
				);
				ensure!(
					Versions::<T>::contains_key(parent.listing, parent.version),
					"INV-2: a parent does not stand"
				);
				let count = children
					.entry((parent.listing, parent.version))
					.or_default();
				*count = count.saturating_add(1);
			}
		}
		for (listing, number, version) in Versions::<T>::iter() {
			ensure!(
				children
					.get(&(listing, number))
					.copied()
					.unwrap_or_default()
					== version.children,
				"INV-2: a version miscounts its children"
			);
		}
		Ok(())
	}

	/// INV-3.
	fn royalty_tables_follow_from_parents() -> Checked {
		for (listing, _, version) in Versions::<T>::iter() {
			let mut loaded = Vec::new();
			for parent in &version.parents {
				let version = Versions::<T>::get(parent.listing, parent.version)
					.ok_or("INV-3: a parent's table is gone")?;
				loaded.push(LoadedParent {
					listing: parent.listing,
					number: parent.version,
					version,
				});
			}
			ensure!(
				Self::royalty_table(listing, &version.parents, &loaded)
					.is_ok_and(|table| table == version.royalties),
				"INV-3: a royalty table differs from what the parents give"
			);
		}
		Ok(())
	}

	/// INV-4.
	fn roots_name_the_first_in_rank() -> Checked {
		let mut ranks = BTreeMap::<H256, Vec<Precedence>>::new();
		for (listing, number, version) in Versions::<T>::iter() {
			let rank = Precedence::new(version.root_since, listing, number);
			ensure!(
				RootOrder::<T>::contains_key(version.artifact_root, rank),
				"INV-4: a version lacks its rank"
			);
			ranks.entry(version.artifact_root).or_default().push(rank);
		}
		ensure!(
			RootOrder::<T>::iter_keys().count() == ranks.values().map(Vec::len).sum::<usize>(),
			"INV-4: a rank lacks its version"
		);
		ensure!(
			Roots::<T>::iter_keys().count() == ranks.len(),
			"INV-4: roots and their ranks differ in number"
		);
		for (root, mut ranks) in ranks {
			ranks.sort_unstable();
			let first = ranks.first().map(Precedence::holder);
			let named = Roots::<T>::get(root).ok_or("INV-4: a root has no earliest version")?;
			ensure!(
				first == Some((named.listing, named.version)),
				"INV-4: a root does not name the first in rank"
			);
			let since =
				Versions::<T>::get(named.listing, named.version).map(|version| version.root_since);
			ensure!(
				since == Some(named.since),
				"INV-4: a root misstates since when it is known"
			);
		}
		Ok(())
	}

	/// INV-5.
	fn bytes_are_those_of_the_records() -> Checked {
		let mut bytes = BTreeMap::<ListingId, u32>::new();
		for (listing, _, version) in Versions::<T>::iter() {
			let sum = bytes.entry(listing).or_default();
			*sum = sum.saturating_add(Self::version_bytes(&version));
		}
		for (listing, record) in Listings::<T>::iter() {
			let versions = bytes.get(&listing).copied().unwrap_or_default();
			ensure!(
				versions.saturating_add(Self::record_bytes(&record.name, &record.task))
					== record.bytes,
				"INV-5: a listing's bytes differ from those of its records"
			);
		}
		Ok(())
	}

	/// INV-6.
	fn blocks_lie_in_the_past() -> Checked {
		let now = frame_system::Pallet::<T>::block_number();
		for (_, _, version) in Versions::<T>::iter() {
			ensure!(
				version.published <= now,
				"INV-6: a version is published in the future"
			);
			ensure!(
				version.root_since <= version.published,
				"INV-6: bytes are known later than published"
			);
		}
		for (_, _, claim) in RootClaims::<T>::iter() {
			ensure!(claim.block <= now, "INV-6: a root is claimed in the future");
		}
		Ok(())
	}

	/// INV-7.
	fn proposals_name_others_than_the_owner() -> Checked {
		for record in Listings::<T>::iter_values() {
			ensure!(
				record.proposed_owner.as_ref() != Some(&record.owner),
				"INV-7: a listing is proposed to its own owner"
			);
		}
		Ok(())
	}

	/// INV-8.
	fn fields_are_what_calls_accept() -> Checked {
		for record in Listings::<T>::iter_values() {
			ensure!(Self::is_name(&record.name), "INV-8: a name is malformed");
			ensure!(Self::is_task(&record.task), "INV-8: a task is malformed");
		}
		for version in Versions::<T>::iter_values() {
			ensure!(
				Self::is_licence(&version.licence),
				"INV-8: a licence is malformed"
			);
			ensure!(
				Self::check_answers(&version.answers).is_ok(),
				"INV-8: a version's answers are out of range"
			);
			ensure!(
				version
					.derivatives
					.minimum()
					.is_none_or(|minimum| minimum <= MAX_DIRECT),
				"INV-8: a derivative policy is over the cap"
			);
			ensure!(
				!version.artifact_root.is_zero(),
				"INV-8: an artifact root is zero"
			);
		}
		Ok(())
	}
}
