//! What this pallet stores and what its view functions answer with.

// Derived codecs cast the discriminants of enums; nothing here does so by hand.
#![allow(clippy::as_conversions)]

use crate::{Config, HoldReason};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::traits::{
	fungible::{HoldConsideration, InspectHold},
	Footprint, Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use weighhouse_primitives::{reputation::Mass, traits::ReceiptFacts, ListingId, ReceiptId, PARTS};

/// The smallest prior on each side of a score: 0.001 WGH.
pub const MIN_UNIT: u128 = 1_000_000_000;

/// The largest prior on each side of a score: 1,000,000 WGH.
pub const MAX_UNIT: u128 = 1_000_000_000_000_000_000;

/// The best rating.
pub const MAX_PERCENT: u8 = 100;

/// How small a part of the unit the masses of a subject must be to be pruned.
pub const FADED_PART: u128 = 1_000;

/// An account of the chain.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// The chain-wide reason type of holds.
pub type HoldReasonOf<T> =
	<<T as Config>::Currency as InspectHold<<T as frame_system::Config>::AccountId>>::Reason;

/// A deposit held for as long as a rating exists.
pub type Ticket<T> = HoldConsideration<
	AccountIdOf<T>,
	<T as Config>::Currency,
	RatingHold<T>,
	<T as Config>::DepositPrice,
>;

/// Names [`HoldReason::Rating`] to the deposit type.
pub struct RatingHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for RatingHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Rating.into()
	}
}

/// A subject as this chain names it.
pub type SubjectOf<T> = Subject<AccountIdOf<T>>;
/// A rating as this chain stores it.
pub type RatingOf<T> = Rating<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T>>;

/// Whom or what a score is about.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub enum Subject<AccountId> {
	/// A listing, whoever owns it.
	Listing(ListingId),
	/// Somebody who answers jobs.
	Worker(AccountId),
	/// Somebody who rates in campaigns.
	Rater(AccountId),
	/// Somebody who sells, over all of their listings.
	Seller(AccountId),
}

/// The evidence about a subject.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Record<BlockNumber> {
	/// Both masses, as of the last change.
	pub mass: Mass,
	/// Outcomes of which at least half succeeded, since the subject is remembered.
	pub successes: u32,
	/// Outcomes of which more than half failed, since the subject is remembered.
	pub failures: u32,
	/// When a listing last changed hands, if it did since it is remembered.
	pub owner_changed: Option<BlockNumber>,
}

impl<BlockNumber> Record<BlockNumber> {
	/// No evidence, as of block `at`.
	pub(crate) fn empty(at: u32) -> Self {
		Self {
			mass: Mass::empty(at),
			successes: 0,
			failures: 0,
			owner_changed: None,
		}
	}

	/// Adds an outcome in the block as of which the masses are stated.
	pub(crate) fn add(&mut self, fee: u128, succeeded: u32) {
		self.mass = self.mass.add(fee, succeeded);
		let count = if is_success(succeeded) {
			&mut self.successes
		} else {
			&mut self.failures
		};
		*count = count.saturating_add(1);
	}

	/// Makes of a success of block `since` what it turned out to be, and says how much of it was taken
	/// back, in the smallest unit.
	pub(crate) fn correct(
		&mut self,
		fee: u128,
		since: u32,
		succeeded: u32,
		half_life: u32,
	) -> u128 {
		let (mass, taken) = self.mass.correct(fee, since, succeeded, half_life);
		self.mass = mass;
		if !is_success(succeeded) {
			self.successes = self.successes.saturating_sub(1);
			self.failures = self.failures.saturating_add(1);
		}
		taken
	}
}

/// Whether an outcome is counted among the successes: at least half of it was well spent.
fn is_success(succeeded: u32) -> bool {
	succeeded >= PARTS.div_ceil(2)
}

/// How content a buyer was, and the deposit that keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Rating<AccountId, BlockNumber, Ticket> {
	/// Who had paid and rated.
	pub buyer: AccountId,
	/// From 0 to 100.
	pub percent: u8,
	/// The block of the rating.
	pub block: BlockNumber,
	/// The first block in which the receipt could no longer be rated, and this may be forgotten.
	pub until: BlockNumber,
	/// The deposit of the buyer.
	pub ticket: Ticket,
}

/// A receipt that may be rated.
pub(crate) struct Rateable<AccountId, BlockNumber> {
	pub(crate) facts: ReceiptFacts<AccountId, BlockNumber>,
	/// The first block in which it no longer may.
	pub(crate) until: BlockNumber,
}

/// Why an account may not rate a receipt now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum RatingRefusal {
	/// There is no receipt of this number that was paid and settled; it may have been pruned.
	UnknownReceipt,
	/// Somebody else paid.
	NotBuyer,
	/// The buyer owned what was sold.
	OwnListing,
	/// The protocol got no fee.
	NothingPaid,
	/// The receipt has been rated.
	AlreadyRated,
	/// The time to rate it is over.
	WindowOver,
}

/// What a rating occupies in state.
pub fn rating_footprint<T: Config>() -> Footprint {
	Footprint {
		count: 1,
		size: u64::try_from(RatingOf::<T>::max_encoded_len()).unwrap_or(u64::MAX),
	}
}

/// The score of a subject now, and the evidence that it can be computed from.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ReputationView<BlockNumber> {
	/// The score, in parts of 10^9: 25,129,403 without evidence.
	pub score: u32,
	/// What succeeded, in the smallest unit of money and faded to now, rounded down.
	pub success: u128,
	/// What failed, three times, in the smallest unit of money and faded to now, rounded down.
	pub failure: u128,
	/// The prior on each side, in the smallest unit of money.
	pub unit: u128,
	/// Outcomes of which at least half succeeded; they do not fade.
	pub successes: u32,
	/// Outcomes of which more than half failed; they do not fade.
	pub failures: u32,
	/// The block of the last outcome or rating; `None` if nothing is remembered.
	pub changed: Option<BlockNumber>,
	/// When a listing last changed hands, if it did since it is remembered. Outcomes before are of
	/// another owner.
	pub owner_changed: Option<BlockNumber>,
	/// Whether anybody may prune it now.
	pub prunable: bool,
}

/// A rating, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct RatingView<AccountId, BlockNumber> {
	/// Number of the receipt.
	pub receipt: ReceiptId,
	/// Who had paid and rated.
	pub buyer: AccountId,
	/// From 0 to 100.
	pub percent: u8,
	/// The block of the rating.
	pub block: BlockNumber,
	/// The first block in which anybody may forget it.
	pub forgettable: BlockNumber,
}
