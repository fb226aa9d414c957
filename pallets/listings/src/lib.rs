//! # Listings: what is offered, and where it came from
//!
//! A listing is a model, data set or adapter that somebody offers. It has versions, which are
//! immutable: each names its manifest and files by their hashes, its licence, what derived models
//! owe, and the versions that it was made from. From the parents' royalties one flat table is made
//! at publication, so that a sale costs the same at any depth of lineage.
//!
//! ## Lifecycle
//!
//! `register` makes a listing with version 1 and `add_version` the next ones. `yank` takes a version
//! off sale but leaves it visible; nothing takes that back. `remove_version` deletes a version that
//! nobody needs, and with the last one the listing; its number is never used again. A listing
//! changes hands in two steps, `propose_owner` and `accept_ownership`.
//!
//! The files of a version may be sealed: encrypted to an age recipient that the version names. Its
//! artifact root is that of the files before they were encrypted. What the recipient's key opens is
//! sold by others; here it is a text that is checked and kept.
//!
//! Who was first with some bytes is settled by the artifact root: the chain remembers the earliest
//! standing version of each root and says "same bytes as" of later ones, which it does not refuse
//! (or anybody could squat famous models). As a publication can be copied out of the pool, a careful
//! publisher sends `claim_root` with a hidden commitment a block earlier and opens it in the
//! publication; then the block of the claim counts.
//!
//! ## Money
//!
//! The owner's deposit pays for the bytes of the listing and all its standing versions; it is one
//! hold that grows and shrinks with them and moves to the new owner's account when the listing
//! changes hands. A root claim has a deposit of its own, back when the claim is used or released.
//! Nothing here is a payment.
//!
//! ## Seams
//!
//! [`Config::Licences`] answers whether a publisher holds a licence for a parent.
//! [`Config::OwnershipChange`] pays the old owner what accrued before the owner changes, and
//! [`Config::ListingRemoval`] drops what others keep for a listing that is gone. Others read
//! listings through [`ListingRegistry`](weighhouse_primitives::ListingRegistry) and keep one from
//! being removed with `retain`.
//!
//! ## Invariants
//!
//! Checked by [`Pallet::check_invariants`], one function each:
//! - INV-1: numbers of listings and versions lie below their counters; a listing counts its standing
//!   versions, at least one; no version lacks its listing.
//! - INV-2: every parent stands and belongs to another listing, none is named twice, and every
//!   version counts its children. So lineage has no loops, and whoever is in a royalty table exists:
//!   payees are ancestors, and each version keeps its parents standing.
//! - INV-3: a royalty table is what its parents' royalties and tables give: sorted, without zero
//!   shares and its own listing, within the cap.
//! - INV-4: every standing version has its rank among those with its root, no rank lacks its
//!   version, and `Roots` names the first in rank.
//! - INV-5: a listing's `bytes` are those of its record and its standing versions.
//! - INV-6: no block number lies in the future, and no bytes are known later than published.
//! - INV-7: no listing is proposed to its own owner.
//! - INV-8: stored text, answers, policies and roots are what the calls accept.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects,
		clippy::as_conversions
	)
)]

extern crate alloc;

mod invariants;
mod lineage;
mod ownership;
mod publication;
mod registry;
mod removal;
mod roots;
pub mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

// What the FRAME macros and codec derives generate; the calls delegate to modules without this.
#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	clippy::too_many_arguments
)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		dispatch::DispatchResult,
		pallet_prelude::*,
		traits::{Consideration, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_runtime::traits::StaticLookup;
	use weighhouse_primitives::{
		Answers, ContentId, DerivativePolicy, Kind, LicenceCheck, ListingId, ListingRemoval,
		OwnershipChange, Serving, VersionNumber,
	};

	/// Layout of the storage; the next one while an upgrade is rehearsed.
	const STORAGE_VERSION: StorageVersion =
		StorageVersion::new(if cfg!(feature = "rehearsal") { 2 } else { 1 });

	/// A listing as it is stored.
	pub type ListingOf<T> =
		Listing<<T as frame_system::Config>::AccountId, <T as Config>::ListingDeposit>;
	/// A version as it is stored.
	pub type VersionOf<T> = Version<BlockNumberFor<T>>;
	/// A root claim as it is stored.
	pub type RootClaimOf<T> = RootClaim<BlockNumberFor<T>, <T as Config>::ClaimDeposit>;
	/// An account as a call takes it.
	pub type AccountIdLookupOf<T> = <<T as frame_system::Config>::Lookup as StaticLookup>::Source;

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime brings.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Deposit for a listing and its standing versions: their count plus one, and their bytes.
		/// The price must add up count and size: the count pays for keys, the size for values.
		type ListingDeposit: Consideration<Self::AccountId, Footprint>;

		/// Deposit for one root claim.
		type ClaimDeposit: Consideration<Self::AccountId, Footprint>;

		/// Who holds a licence, for parents that demand one of those who derive from them.
		type Licences: LicenceCheck<Self::AccountId>;

		/// Told before a listing changes hands.
		type OwnershipChange: OwnershipChange<Self::AccountId>;

		/// Told when a listing was removed with its last version.
		type ListingRemoval: ListingRemoval;

		/// Most versions that one listing may ever have.
		#[pallet::constant]
		type MaxVersions: Get<u32>;

		/// Measured weights.
		type WeightInfo: WeightInfo;
	}

	/// Why an account's money is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For the bytes of a listing and its versions.
		Listing,
		/// For a root claim that is neither used nor released.
		RootClaim,
	}

	/// The number that the next listing gets, from 1.
	#[pallet::storage]
	pub type NextListing<T: Config> = StorageValue<_, ListingId, ValueQuery, ConstU32<1>>;

	/// All listings by number.
	#[pallet::storage]
	pub type Listings<T: Config> = StorageMap<_, Twox64Concat, ListingId, ListingOf<T>>;

	/// All standing versions by listing and number.
	#[pallet::storage]
	pub type Versions<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ListingId, Twox64Concat, VersionNumber, VersionOf<T>>;

	/// The earliest standing version of each artifact root.
	#[pallet::storage]
	pub type Roots<T: Config> =
		StorageMap<_, Blake2_128Concat, H256, EarliestVersion<BlockNumberFor<T>>>;

	/// Every standing version of each artifact root, earliest first, so that the next one takes over
	/// in `Roots` when the earliest is removed.
	#[pallet::storage]
	pub type RootOrder<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, H256, Identity, Precedence, ()>;

	/// Root claims that are neither used nor released, by account and commitment. The account is
	/// part of the key so that nobody can take a commitment that they saw in the pool.
	#[pallet::storage]
	pub type RootClaims<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, H256, RootClaimOf<T>>;

	/// How many listings each account owned when the rehearsed upgrade counted them.
	#[cfg(feature = "rehearsal")]
	#[pallet::storage]
	pub type Owned<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A listing was made; its first version follows in the next event.
		Registered {
			/// Number of the new listing.
			listing: ListingId,
			/// Who is paid and may publish.
			owner: T::AccountId,
			/// What kind of thing it is.
			kind: Kind,
		},
		/// Files of a listing can be licensed from now on, under a number that stays theirs.
		VersionPublished {
			/// Listing of the version.
			listing: ListingId,
			/// Number of the version.
			version: VersionNumber,
			/// sha2-256 of the `sha256sum` listing of the files.
			artifact_root: H256,
			/// Content id of the manifest.
			manifest: ContentId,
			/// Listing and version that were first with the same files, if this one was not.
			same_bytes_as: Option<(ListingId, VersionNumber)>,
		},
		/// A version was taken off sale; it stays visible.
		Yanked {
			/// Listing of the version.
			listing: ListingId,
			/// Number of the version.
			version: VersionNumber,
		},
		/// The owner offered the listing to another account.
		OwnerProposed {
			/// Number of the listing.
			listing: ListingId,
			/// Who owns it.
			owner: T::AccountId,
			/// Who may accept it.
			proposed: T::AccountId,
		},
		/// A listing changed hands, and its deposit with it.
		OwnerChanged {
			/// Number of the listing.
			listing: ListingId,
			/// Who owned it.
			from: T::AccountId,
			/// Who owns it now.
			to: T::AccountId,
		},
		/// A proposed change of owner was withdrawn or declined.
		ProposalCancelled {
			/// Number of the listing.
			listing: ListingId,
			/// Who could have accepted it.
			proposed: T::AccountId,
		},
		/// A hidden claim to be first with some bytes was noted.
		RootClaimed {
			/// sha2-256 of root, account and salt.
			commitment: H256,
			/// Who claims.
			account: T::AccountId,
		},
		/// A root claim is gone, used by a publication or given up, and its deposit is back.
		ClaimReleased {
			/// sha2-256 of root, account and salt.
			commitment: H256,
			/// Who had claimed.
			account: T::AccountId,
		},
		/// The owner took back what nobody needed; its part of the deposit was returned.
		VersionRemoved {
			/// Listing of the version.
			listing: ListingId,
			/// Number of the version, which is not used again.
			version: VersionNumber,
		},
		/// A listing was removed with its last version; all of its deposit is back.
		ListingRemoved {
			/// Number of the listing, which is not used again.
			listing: ListingId,
			/// Who owned it.
			owner: T::AccountId,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No listing has this number, or it was removed.
		UnknownListing,
		/// The listing has no such version, or it was removed.
		UnknownVersion,
		/// Only the listing's owner may do this.
		NotOwner,
		/// The name is empty or blank.
		NameMissing,
		/// The name is longer than 64 bytes of UTF-8.
		NameTooLong,
		/// The name is not UTF-8, or has characters that control, reorder or do not show.
		NameMalformed,
		/// The task is empty.
		TaskMissing,
		/// The task is longer than 32 bytes.
		TaskTooLong,
		/// The task has other characters than a to z, 0 to 9 and the hyphen.
		TaskMalformed,
		/// The licence is empty or blank.
		LicenceMissing,
		/// The licence is longer than 64 bytes.
		LicenceTooLong,
		/// The licence has characters that no SPDX expression has, or blanks at its ends.
		LicenceMalformed,
		/// The manifest's content id is empty.
		CidEmpty,
		/// The manifest's content id is longer than 128 bytes.
		CidTooLong,
		/// The manifest's content id is not one: paste what IPFS tools print, with no path behind it.
		CidMalformed,
		/// The manifest's content id is written in a base other than 32, 36 or 58.
		CidUnsupportedBase,
		/// The manifest's content id is of a CID version other than 0 and 1.
		CidUnsupportedVersion,
		/// The manifest's content id has a codec other than raw and dag-pb.
		CidUnsupportedCodec,
		/// The manifest's content id has a hash other than sha2-256.
		CidUnsupportedHash,
		/// The manifest's content id has a digest that is not 32 bytes long.
		CidWrongDigestLength,
		/// The manifest's content id goes on after its digest.
		CidTrailingBytes,
		/// The artifact root is all zero.
		RootMissing,
		/// Numbers are given for answers although their class is `None`: they must be 0.
		AnswersUnexpected,
		/// Latency must be 1 to 1,200,000 ms, the input limit 1 byte to 16 MiB, tau at most 64.
		AnswersOutOfRange,
		/// The derivative policy asks for more than half of a child's revenue.
		PolicyOverCap,
		/// More than 8 parents are named.
		TooManyParents,
		/// A version cannot name a version of its own listing as a parent.
		OwnParent,
		/// The same listing is named as a parent twice.
		DuplicateParent,
		/// A parent does not exist, or was removed.
		UnknownParent,
		/// A parent was yanked by its owner.
		ParentYanked,
		/// A parent's owner allows no derived models.
		DerivativesForbidden,
		/// A parent's owner asks for a higher royalty.
		RoyaltyBelowMinimum,
		/// A parent's owner allows derived models only to licence holders; buy a licence first.
		LicenceRequired,
		/// The parents' royalties are more than half of the revenue together.
		RoyaltiesOverCap,
		/// With all ancestors more than 16 listings would have to be paid.
		TooManyPayees,
		/// An ancestor's share of a parent's royalty would be less than a billionth.
		ShareRoundsToZero,
		/// The listing has had as many versions as it may ever have.
		TooManyVersions,
		/// No numbers are left for new listings.
		IdsExhausted,
		/// A counter of the listing or version is at its limit.
		CounterAtLimit,
		/// The version is already yanked.
		AlreadyYanked,
		/// The proposed account owns the listing already.
		AlreadyOwner,
		/// Nobody is proposed as the listing's new owner.
		NoProposal,
		/// Somebody else is proposed as the listing's new owner.
		NotProposed,
		/// This account has made the same root claim already.
		ClaimExists,
		/// This account has no such root claim; root, account or salt differ from what was claimed.
		UnknownClaim,
		/// The root claim must be at least one block older than its use.
		ClaimTooRecent,
		/// Open offers, licences or unpaid royalties need the listing.
		ListingInUse,
		/// Versions of other listings name this version as their parent.
		HasChildren,
		/// The free balance does not cover the deposit.
		BalanceTooLow,
		/// The recipient does not begin with `age1`.
		RecipientPrefix,
		/// The recipient does not have 62 characters, or something stands around it.
		RecipientLength,
		/// The recipient has a character that no age recipient has; all of it is in lower case.
		RecipientCharacter,
		/// The recipient's checksum is wrong: a character is missing or mistyped; copy it again.
		RecipientChecksum,
		/// The recipient holds more than the 32 bytes of a key.
		RecipientPadding,
		/// The recipient's key is not below 2^255 - 19: no age tool writes it so.
		RecipientNotCanonical,
		/// The recipient's key has low order: anybody could read what is encrypted to it.
		RecipientLowOrder,
	}

	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Longest name of a listing, in bytes of UTF-8.
		fn max_name() -> u32 {
			MAX_NAME
		}

		/// Longest task of a listing, in bytes.
		fn max_task() -> u32 {
			MAX_TASK
		}

		/// Longest licence expression, in bytes.
		fn max_licence() -> u32 {
			MAX_LICENCE
		}

		/// Most parents that a version may name.
		fn max_parents() -> u32 {
			MAX_PARENTS
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			Self::assert_integrity();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Make a listing with its first version; the caller becomes its owner.
		///
		/// The deposit for all its bytes is held until it is removed. Emits `Registered` and
		/// `VersionPublished`.
		///
		/// - `kind`: model, data set or adapter.
		/// - `name`: shown to people, up to 64 bytes; need not be unique.
		/// - `task`: Hugging Face pipeline tag such as `image-classification`, up to 32 bytes.
		/// - `manifest`: content id of the manifest as pasted, with or without `ipfs://`.
		/// - `artifact_root`: sha2-256 of the `sha256sum` listing of the files.
		/// - `licence`: SPDX expression such as `Apache-2.0`, up to 64 bytes.
		/// - `derivatives`: what others who derive from this version owe; least royalty in parts per
		///   10^9, at most half.
		/// - `serving`: who may serve it.
		/// - `answers`: how answers are compared; latency in ms, input limit in bytes, tau in bits.
		///   All 0 for class `None`.
		/// - `parents`: up to 8 versions that this one was made from, royalty in parts per 10^9.
		/// - `claim_salt`: salt of a root claim made a block or more earlier, if there is one.
		/// - `recipient`: the age recipient that the files are encrypted to, `age1...`; leave it out
		///   for files that anybody may read.
		#[pallet::call_index(0)]
		#[pallet::weight(Pallet::<T>::register_weight(
			parents.len(), name.len().saturating_add(task.len()).saturating_add(licence.len()),
		))]
		pub fn register(
			origin: OriginFor<T>,
			kind: Kind,
			name: TextArgument,
			task: TextArgument,
			manifest: TextArgument,
			artifact_root: H256,
			licence: TextArgument,
			derivatives: DerivativePolicy,
			serving: Serving,
			answers: Answers,
			parents: ParentsArgument,
			claim_salt: Option<H256>,
			recipient: Option<TextArgument>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let publication = Publication {
				manifest,
				artifact_root,
				licence,
				derivatives,
				serving,
				answers,
				parents,
				claim_salt,
				recipient,
			};
			Self::do_register(owner, kind, name, task, publication)
		}

		/// Publish the next version of a listing; only its owner may.
		///
		/// Versions are immutable: a correction is a new version. The deposit grows by the version's
		/// bytes. Emits `VersionPublished`.
		///
		/// - `listing`: number of the listing.
		/// - `manifest`: content id of the manifest as pasted, with or without `ipfs://`.
		/// - `artifact_root`: sha2-256 of the `sha256sum` listing of the files.
		/// - `licence`: SPDX expression such as `Apache-2.0`, up to 64 bytes.
		/// - `derivatives`: what others who derive from this version owe; least royalty in parts per
		///   10^9, at most half.
		/// - `serving`: who may serve it.
		/// - `answers`: how answers are compared; latency in ms, input limit in bytes, tau in bits.
		///   All 0 for class `None`.
		/// - `parents`: up to 8 versions that this one was made from, royalty in parts per 10^9.
		/// - `claim_salt`: salt of a root claim made a block or more earlier, if there is one.
		/// - `recipient`: the age recipient that the files are encrypted to, `age1...`; leave it out
		///   for files that anybody may read.
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::add_version_weight(parents.len(), licence.len()))]
		pub fn add_version(
			origin: OriginFor<T>,
			listing: ListingId,
			manifest: TextArgument,
			artifact_root: H256,
			licence: TextArgument,
			derivatives: DerivativePolicy,
			serving: Serving,
			answers: Answers,
			parents: ParentsArgument,
			claim_salt: Option<H256>,
			recipient: Option<TextArgument>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let publication = Publication {
				manifest,
				artifact_root,
				licence,
				derivatives,
				serving,
				answers,
				parents,
				claim_salt,
				recipient,
			};
			Self::do_add_version(owner, listing, publication)
		}

		/// Take a version off sale for good; only the listing's owner may.
		///
		/// It stays visible, licences that were sold stay valid, and no new version may name it as a
		/// parent. Emits `Yanked`.
		///
		/// - `listing`: number of the listing.
		/// - `version`: number of the version.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::yank())]
		pub fn yank(
			origin: OriginFor<T>,
			listing: ListingId,
			version: VersionNumber,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_yank(owner, listing, version)
		}

		/// Offer a listing to another account, which becomes its owner by accepting.
		///
		/// Replaces an earlier proposal. Nothing changes until it is accepted. Emits
		/// `OwnerProposed`.
		///
		/// - `listing`: number of the listing.
		/// - `new_owner`: the account that may accept.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::propose_owner())]
		pub fn propose_owner(
			origin: OriginFor<T>,
			listing: ListingId,
			new_owner: AccountIdLookupOf<T>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let proposed = T::Lookup::lookup(new_owner)?;
			Self::do_propose_owner(owner, listing, proposed)
		}

		/// Become the owner of a listing that was offered to the caller.
		///
		/// The old owner is paid the royalties that accrued and gets the deposit back; the caller's
		/// own deposit is held instead. Emits `OwnerChanged`.
		///
		/// - `listing`: number of the listing.
		#[pallet::call_index(4)]
		#[pallet::weight(
			T::WeightInfo::accept_ownership().saturating_add(T::OwnershipChange::weight())
		)]
		pub fn accept_ownership(origin: OriginFor<T>, listing: ListingId) -> DispatchResult {
			let new_owner = ensure_signed(origin)?;
			Self::do_accept_ownership(new_owner, listing)
		}

		/// Withdraw the offer of a listing, or decline it as the account that it was made to.
		///
		/// Emits `ProposalCancelled`.
		///
		/// - `listing`: number of the listing.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::cancel_proposal())]
		pub fn cancel_proposal(origin: OriginFor<T>, listing: ListingId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel_proposal(who, listing)
		}

		/// Claim to be first with some files without showing them, a block or more before publishing.
		///
		/// A deposit is held until the claim is used or released. Emits `RootClaimed`.
		///
		/// - `commitment`: sha2-256 of 96 bytes: artifact root, the caller's public key and a secret
		///   random salt of 32 bytes. The same salt goes into the publication.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::claim_root())]
		pub fn claim_root(origin: OriginFor<T>, commitment: H256) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_claim_root(account, commitment)
		}

		/// Give up a root claim that was not used and get its deposit back.
		///
		/// Emits `ClaimReleased`.
		///
		/// - `commitment`: what was claimed.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::release_claim())]
		pub fn release_claim(origin: OriginFor<T>, commitment: H256) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_release_claim(account, commitment)
		}

		/// Remove a version that nobody needs, and with the last one the listing; owner only.
		///
		/// Refused while other listings' versions name it as their parent, and while open offers,
		/// licences or unpaid royalties need the listing. Its deposit is released. Emits
		/// `VersionRemoved` and, with the last one, `ListingRemoved`.
		///
		/// - `listing`: number of the listing.
		/// - `version`: number of the version.
		#[pallet::call_index(8)]
		#[pallet::weight(Pallet::<T>::remove_version_weight(MAX_PARENTS))]
		pub fn remove_version(
			origin: OriginFor<T>,
			listing: ListingId,
			version: VersionNumber,
		) -> DispatchResultWithPostInfo {
			let owner = ensure_signed(origin)?;
			let parents = Self::do_remove_version(owner, listing, version)?;
			Ok(Some(Self::remove_version_weight(parents)).into())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A listing by its number; none if there is none or it was removed.
		pub fn listing(id: ListingId) -> Option<ListingView<T::AccountId>> {
			Self::view_listing(id)
		}

		/// Listings from a number on, at most `limit` and never more than 100; a limit of 0 counts as
		/// 1. Ask for the next page from `next` until that is none.
		pub fn listings(from: ListingId, limit: u32) -> ListingPage<T::AccountId> {
			Self::view_listings(from, limit)
		}

		/// A version by listing and number; none if there is none or it was removed.
		pub fn version(
			id: ListingId,
			version: VersionNumber,
		) -> Option<VersionView<BlockNumberFor<T>>> {
			Self::view_version(id, version)
		}

		/// The earliest standing version with these files, and since which block they are known.
		pub fn by_artifact_root(
			root: H256,
		) -> Option<(ListingId, VersionNumber, BlockNumberFor<T>)> {
			Self::view_by_artifact_root(root)
		}

		/// Ancestors of a version, nearest first, each once; 64 at most.
		pub fn lineage(id: ListingId, version: VersionNumber) -> Vec<LineageEntry> {
			Self::view_lineage(id, version)
		}
	}
}
