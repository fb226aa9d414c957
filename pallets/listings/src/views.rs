//! What people and clients read.

use alloc::{
	collections::{BTreeSet, VecDeque},
	string::String,
	vec::Vec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use weighhouse_primitives::{ListingId, Parent, VersionNumber};

use crate::*;

impl<T: Config> Pallet<T> {
	/// What the deposit of a listing is for, if there is such a listing.
	pub fn deposit_footprint(listing: ListingId) -> Option<frame_support::traits::Footprint> {
		let record = Listings::<T>::get(listing)?;
		Some(Self::footprint(record.live_versions, record.bytes))
	}

	pub(crate) fn view_listing(id: ListingId) -> Option<ListingView<T::AccountId>> {
		let record = Listings::<T>::get(id)?;
		Some(ListingView {
			id,
			owner: record.owner,
			kind: record.kind,
			name: text(&record.name),
			task: text(&record.task),
			versions: record.versions,
			live_versions: record.live_versions,
			dependants: record.dependants,
			proposed_owner: record.proposed_owner,
		})
	}

	pub(crate) fn view_listings(from: ListingId, limit: u32) -> ListingPage<T::AccountId> {
		// A page of none would never get to an end.
		let limit = usize::try_from(limit.clamp(1, MAX_PAGE)).unwrap_or(1);
		let end = NextListing::<T>::get();
		let first = from.max(1);
		let mut listings = Vec::new();
		let mut next = first;
		while next < end.min(first.saturating_add(MAX_PAGE_SCAN)) && listings.len() < limit {
			listings.extend(Self::view_listing(next));
			next = next.saturating_add(1);
		}
		ListingPage {
			listings,
			next: (next < end).then_some(next),
		}
	}

	pub(crate) fn view_version(
		listing: ListingId,
		number: VersionNumber,
	) -> Option<VersionView<BlockNumberFor<T>>> {
		let version = Versions::<T>::get(listing, number)?;
		let same_bytes_as = Roots::<T>::get(version.artifact_root)
			.map(|first| (first.listing, first.version))
			.filter(|first| *first != (listing, number));
		Some(VersionView {
			listing,
			version: number,
			manifest: version.manifest.to_text(),
			artifact_root: version.artifact_root,
			licence: text(&version.licence),
			derivatives: version.derivatives,
			serving: version.serving,
			answers: version.answers,
			parents: version.parents.into_inner(),
			royalties: version.royalties.into_inner(),
			published: version.published,
			yanked: version.yanked,
			children: version.children,
			same_bytes_as,
			sealed: version.sealed.map(|recipient| recipient.to_text()),
		})
	}

	pub(crate) fn view_by_artifact_root(
		root: H256,
	) -> Option<(ListingId, VersionNumber, BlockNumberFor<T>)> {
		Roots::<T>::get(root).map(|first| (first.listing, first.version, first.since))
	}

	pub(crate) fn view_lineage(listing: ListingId, version: VersionNumber) -> Vec<LineageEntry> {
		let most = usize::try_from(MAX_LINEAGE).unwrap_or(usize::MAX);
		let mut seen = BTreeSet::from([(listing, version)]);
		let mut open = VecDeque::from([(0_u32, listing, version)]);
		let mut entries = Vec::new();
		while let Some((depth, listing, version)) = open.pop_front() {
			let depth = depth.saturating_add(1);
			let parents = Versions::<T>::get(listing, version).map(|version| version.parents);
			for parent in parents.unwrap_or_default() {
				let Parent {
					listing,
					version,
					relation,
					royalty,
				} = parent;
				if !seen.insert((listing, version)) {
					continue;
				}
				if entries.len() == most {
					return entries;
				}
				entries.push(LineageEntry {
					depth,
					listing,
					version,
					relation,
					royalty,
				});
				open.push_back((depth, listing, version));
			}
		}
		entries
	}
}

/// Stored text is UTF-8; should it ever not be, a reader sees that rather than nothing.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
