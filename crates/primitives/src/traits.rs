//! The seams at which pallets meet. The runtime wires them; the unit type stands in where there is
//! nothing on the other side, and then denies or is empty.
//!
//! Each seam says what its calls weigh, so a caller can charge for what it cannot see.

use alloc::vec::Vec;
use sp_runtime::DispatchError;
use sp_weights::Weight;

use crate::{Answers, ListingId, Right, Serving, Share, VersionNumber};

/// What others need to know of a version before they sell or serve it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionTerms {
	/// Whether its owner took it off sale.
	pub yanked: bool,
	/// Its flattened royalty table.
	pub table: Vec<Share>,
	/// Who may serve it.
	pub serving: Serving,
	/// How its answers are compared.
	pub answers: Answers,
}

/// What is listed, as other pallets see it.
pub trait ListingRegistry<AccountId> {
	/// Who owns the listing; none if there is no such listing.
	fn owner(listing: ListingId) -> Option<AccountId>;

	/// The newest version's number; none if there is no such listing.
	fn latest_version(listing: ListingId) -> Option<VersionNumber>;

	/// The terms of a version; none if there is no such version.
	fn version_terms(listing: ListingId, version: VersionNumber) -> Option<VersionTerms>;

	/// Whether the version exists and is not yanked.
	fn is_for_sale(listing: ListingId, version: VersionNumber) -> bool;

	/// Notes that something depends on the listing, so that it cannot be removed. Fails if there is
	/// no such listing or it has no room for another dependant; then nothing changed.
	#[allow(clippy::result_unit_err)]
	fn retain(listing: ListingId) -> Result<(), ()>;

	/// Takes one [`retain`](Self::retain) back.
	fn release(listing: ListingId);

	/// What any one of the reads above weighs.
	fn lookup_weight() -> Weight;

	/// What `retain` or `release` weighs.
	fn retain_weight() -> Weight;
}

impl<AccountId> ListingRegistry<AccountId> for () {
	fn owner(_: ListingId) -> Option<AccountId> {
		None
	}

	fn latest_version(_: ListingId) -> Option<VersionNumber> {
		None
	}

	fn version_terms(_: ListingId, _: VersionNumber) -> Option<VersionTerms> {
		None
	}

	fn is_for_sale(_: ListingId, _: VersionNumber) -> bool {
		false
	}

	fn retain(_: ListingId) -> Result<(), ()> {
		Err(())
	}

	fn release(_: ListingId) {}

	fn lookup_weight() -> Weight {
		Weight::zero()
	}

	fn retain_weight() -> Weight {
		Weight::zero()
	}
}

/// Who may do what with a version.
pub trait LicenceCheck<AccountId> {
	/// Whether `who` holds a licence that gives `right` over this version now. Denies by default: an
	/// unknown version, an expired or used-up licence all answer no.
	fn has_licence(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> bool;

	/// What one check weighs.
	fn has_licence_weight() -> Weight;
}

impl<AccountId> LicenceCheck<AccountId> for () {
	fn has_licence(_: &AccountId, _: ListingId, _: VersionNumber, _: Right) -> bool {
		false
	}

	fn has_licence_weight() -> Weight {
		Weight::zero()
	}
}

/// Told before a listing gets another owner.
pub trait OwnershipChange<AccountId> {
	/// Settles with `old_owner` what is due to them. If it fails, the owner must not change.
	fn before_change(listing: ListingId, old_owner: &AccountId) -> Result<(), DispatchError>;

	/// What `before_change` weighs.
	fn weight() -> Weight;
}

impl<AccountId> OwnershipChange<AccountId> for () {
	fn before_change(_: ListingId, _: &AccountId) -> Result<(), DispatchError> {
		Ok(())
	}

	fn weight() -> Weight {
		Weight::zero()
	}
}

#[cfg(test)]
mod tests;
