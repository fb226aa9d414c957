//! What is left of a sale or a job for everybody to check.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{LicenceId, ListingId, OfferId, VersionNumber};

/// How well an answer is supported, weakest first.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Evidence {
	/// The seller's own worker signed it.
	OwnerSigned,
	/// One drawn worker answered and might have been audited.
	Sampled,
	/// One drawn worker answered and another one came to the same.
	Audited,
	/// A drawn panel agreed.
	Quorum,
	/// A zero-knowledge proof shows it.
	Proven,
}

/// A sale that was paid.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct SaleReceipt<AccountId, BlockNumber> {
	/// What was sold.
	pub listing: ListingId,
	/// The first version that the licence covers.
	pub first_version: VersionNumber,
	/// The last version that the licence covers.
	pub last_version: VersionNumber,
	/// The offer that was taken.
	pub offer: OfferId,
	/// The licence that was made.
	pub licence: LicenceId,
	/// Who owned the listing and was paid.
	pub seller: AccountId,
	/// Who paid.
	pub buyer: AccountId,
	/// What was paid, in the smallest unit of money.
	pub price: u128,
	/// The protocol fee inside of the price, in the smallest unit of money.
	pub fee: u128,
	/// When.
	pub block: BlockNumber,
}
