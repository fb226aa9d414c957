//! Records, argument bundles and the plain structs that view functions return.

use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::traits::UniqueSaturatedInto;
use weighhouse_primitives::{
	content::ContentId,
	market::{Answers, DerivativePolicy, Kind, Parent, Relation, Serving},
	royalty::{Share, MAX_PAYEES},
	sealing::Recipient,
	ListingId, VersionNumber,
};

/// Longest name of a listing, in bytes of UTF-8.
pub const MAX_NAME: u32 = 64;
/// Longest task of a listing, in bytes.
pub const MAX_TASK: u32 = 32;
/// Longest licence expression of a version, in bytes.
pub const MAX_LICENCE: u32 = 64;
/// Most parents that a version may name.
pub const MAX_PARENTS: u32 = 8;
/// Longest time that an answer may be declared to take, in milliseconds: 20 minutes.
pub const MAX_LATENCY_MS: u32 = 1_200_000;
/// Largest input that a version may be declared to accept, in bytes: 16 MiB.
pub const MAX_INPUT: u32 = 16 * 1024 * 1024;
/// Largest fingerprint distance that may be declared as agreement, in bits of 256.
pub const MAX_TAU: u8 = 64;
/// Most listings in one page of the `listings` view.
pub const MAX_PAGE: u32 = 100;
/// Most ids that one page of the `listings` view looks at, so that removed listings cost a reader
/// no more than this.
pub const MAX_PAGE_SCAN: u32 = 1_000;
/// Most entries in one lineage.
pub const MAX_LINEAGE: u32 = 64;

/// Longest text that a call accepts before it fails to decode, in bytes. Above every real limit, so
/// that a text that is a little too long gets its own error.
pub const MAX_ARGUMENT_TEXT: u32 = 256;
/// Most parents that a call accepts before it fails to decode. Above [`MAX_PARENTS`] for the same
/// reason.
pub const MAX_ARGUMENT_PARENTS: u32 = 32;

/// Text as a call takes it.
pub type TextArgument = BoundedVec<u8, ConstU32<MAX_ARGUMENT_TEXT>>;
/// Parents as a call takes them.
pub type ParentsArgument = BoundedVec<Parent, ConstU32<MAX_ARGUMENT_PARENTS>>;
/// Name of a listing.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME>>;
/// Task of a listing.
pub type Task = BoundedVec<u8, ConstU32<MAX_TASK>>;
/// Licence expression of a version.
pub type LicenceText = BoundedVec<u8, ConstU32<MAX_LICENCE>>;
/// Parents of a version.
pub type Parents = BoundedVec<Parent, ConstU32<MAX_PARENTS>>;
/// Royalty table of a version.
pub type RoyaltyTable = BoundedVec<Share, ConstU32<MAX_PAYEES>>;

/// What is offered: a model, dataset or adapter with its versions.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Listing<AccountId, Ticket> {
	/// Who is paid and who may publish.
	pub owner: AccountId,
	/// What kind of thing this is.
	pub kind: Kind,
	/// Name shown to people, UTF-8; not unique.
	pub name: Name,
	/// What it does, a Hugging Face pipeline tag such as `image-classification`.
	pub task: Task,
	/// Newest version number ever used; numbers start at 1 and are never used again.
	pub versions: VersionNumber,
	/// Versions that stand, yanked ones included; never 0.
	pub live_versions: u32,
	/// Things elsewhere that need this listing: open offers, licences, accrued royalties.
	pub dependants: u32,
	/// Who may accept the listing, if the owner proposed somebody.
	pub proposed_owner: Option<AccountId>,
	/// Bytes that the deposit pays for: this record and all standing versions.
	pub bytes: u32,
	/// The owner's deposit for this record and all standing versions.
	pub ticket: Ticket,
}

/// One published version: immutable but for `yanked` and `children`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Version<BlockNumber> {
	/// Content id of the manifest.
	pub manifest: ContentId,
	/// sha2-256 of the `sha256sum` listing of the artifact's files.
	pub artifact_root: H256,
	/// Licence as an SPDX expression.
	pub licence: LicenceText,
	/// What derived models owe.
	pub derivatives: DerivativePolicy,
	/// Who may serve this version.
	pub serving: Serving,
	/// How answers of this version are compared.
	pub answers: Answers,
	/// What this version was made from.
	pub parents: Parents,
	/// Who is paid from every sale, all ancestors flattened; sorted by listing.
	pub royalties: RoyaltyTable,
	/// Block of publication.
	pub published: BlockNumber,
	/// Block from which these bytes count as known: of the claim, else of publication.
	pub root_since: BlockNumber,
	/// Whether new sales and new children are refused.
	pub yanked: bool,
	/// Standing versions of other listings that name this one as their parent.
	pub children: u32,
	/// Whom the files are encrypted to, if they are sealed.
	pub sealed: Option<Recipient>,
}

/// The earliest standing version with a given artifact root.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct EarliestVersion<BlockNumber> {
	/// The listing.
	pub listing: ListingId,
	/// The version.
	pub version: VersionNumber,
	/// Block from which the bytes count as known.
	pub since: BlockNumber,
}

/// Rank of a version among those with the same artifact root: block, listing, version, each
/// big-endian, so that storage keeps the earliest first. Within a block the lower listing wins.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, TypeInfo, MaxEncodedLen,
)]
pub struct Precedence([u8; 16]);

impl Precedence {
	/// Rank of `version` of `listing`, whose bytes count as known since block `since`.
	pub fn new<BlockNumber: UniqueSaturatedInto<u64>>(
		since: BlockNumber,
		listing: ListingId,
		version: VersionNumber,
	) -> Self {
		let since: u64 = since.unique_saturated_into();
		let [s0, s1, s2, s3, s4, s5, s6, s7] = since.to_be_bytes();
		let [l0, l1, l2, l3] = listing.to_be_bytes();
		let [v0, v1, v2, v3] = version.to_be_bytes();
		Self([
			s0, s1, s2, s3, s4, s5, s6, s7, l0, l1, l2, l3, v0, v1, v2, v3,
		])
	}

	/// The listing and version that hold this rank.
	pub fn holder(&self) -> (ListingId, VersionNumber) {
		let [_, _, _, _, _, _, _, _, l0, l1, l2, l3, v0, v1, v2, v3] = self.0;
		(
			ListingId::from_be_bytes([l0, l1, l2, l3]),
			VersionNumber::from_be_bytes([v0, v1, v2, v3]),
		)
	}
}

/// A hidden claim to be the first with some bytes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct RootClaim<BlockNumber, Ticket> {
	/// Block of the claim, which becomes the block since which the bytes count as known.
	pub block: BlockNumber,
	/// The claimant's deposit, back when the claim is used or released.
	pub ticket: Ticket,
}

/// What `register` and `add_version` have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Publication {
	pub manifest: TextArgument,
	pub artifact_root: H256,
	pub licence: TextArgument,
	pub derivatives: DerivativePolicy,
	pub serving: Serving,
	pub answers: Answers,
	pub parents: ParentsArgument,
	pub claim_salt: Option<H256>,
	pub recipient: Option<TextArgument>,
}

/// A listing as the `listing` view returns it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ListingView<AccountId> {
	/// Number of the listing.
	pub id: ListingId,
	/// Who is paid and who may publish.
	pub owner: AccountId,
	/// What kind of thing this is.
	pub kind: Kind,
	/// Name shown to people; not unique.
	pub name: String,
	/// What it does, a Hugging Face pipeline tag.
	pub task: String,
	/// Newest version number ever used.
	pub versions: VersionNumber,
	/// Versions that stand, yanked ones included.
	pub live_versions: u32,
	/// Open offers, licences and accrued royalties that need this listing.
	pub dependants: u32,
	/// Who may accept the listing, if the owner proposed somebody.
	pub proposed_owner: Option<AccountId>,
}

/// One page of listings.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ListingPage<AccountId> {
	/// Listings in the order of their numbers.
	pub listings: Vec<ListingView<AccountId>>,
	/// Where the next page starts; none if this was the last.
	pub next: Option<ListingId>,
}

/// A version as the `version` view returns it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct VersionView<BlockNumber> {
	/// The listing.
	pub listing: ListingId,
	/// The version.
	pub version: VersionNumber,
	/// Content id of the manifest as text, CIDv1 in base32.
	pub manifest: String,
	/// sha2-256 of the `sha256sum` listing of the artifact's files.
	pub artifact_root: H256,
	/// Licence as an SPDX expression.
	pub licence: String,
	/// What derived models owe.
	pub derivatives: DerivativePolicy,
	/// Who may serve this version.
	pub serving: Serving,
	/// How answers of this version are compared.
	pub answers: Answers,
	/// What this version was made from.
	pub parents: Vec<Parent>,
	/// Who is paid from every sale, sorted by listing.
	pub royalties: Vec<Share>,
	/// Block of publication.
	pub published: BlockNumber,
	/// Whether new sales and new children are refused.
	pub yanked: bool,
	/// Standing versions of other listings that name this one as their parent.
	pub children: u32,
	/// The version that was first with the same files, if that is another one.
	pub same_bytes_as: Option<(ListingId, VersionNumber)>,
	/// Whom the files are encrypted to, as age writes it, if they are sealed.
	pub sealed: Option<String>,
}

/// One ancestor of a version.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct LineageEntry {
	/// Generations back; 1 is a parent.
	pub depth: u32,
	/// The ancestor's listing.
	pub listing: ListingId,
	/// The ancestor's version.
	pub version: VersionNumber,
	/// How its child was made from it.
	pub relation: Relation,
	/// What its child pays it directly, in parts per 10^9.
	pub royalty: u32,
}
