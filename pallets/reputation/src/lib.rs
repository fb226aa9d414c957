//! # Reputation
//!
//! What others' money says about listings, sellers, workers and raters. Nobody can write a score:
//! it follows from the protocol fees that were paid and from how what was paid for turned out.
//!
//! ## Lifecycle
//!
//! ```text
//! subject   first paid outcome -> Remembered -> (outcome)* -> faded to nothing -> prune
//! receipt   settled: a success -> rate, once, within `RatingWindow` -> forget_rating
//!                             `-> not rated: stays a success
//! ```
//!
//! A subject has a mass of success and one of failure, in the fee that was paid, see
//! [`weighhouse_primitives::reputation`] for the arithmetic. Both halve every [`Config::HalfLife`],
//! and what failed weighs three times. The score is the lower bound of the success rate at 95 %
//! confidence, with a prior of [`Config::Unit`] on each side, so whoever is unknown has 0.025.
//!
//! A settled receipt counts at once as a success of its listing and of whoever sold it. Its buyer may
//! rate it from 0 to 100 per cent; the part that is missing to 100 is taken back out of the success,
//! as far as it has not faded yet, and counts as failure. So a rating of 100 says what silence says.
//! Worker and rater outcomes come from jobs and campaigns and are not rated by anybody.
//!
//! ## What it costs to be untruthful
//!
//! Weight is linear in the fee, so splitting a payment over accounts or receipts gains nothing. Who
//! buys from themselves by a second account gets the price back but for royalties and the fee: one
//! unit of success costs that unit. With the default unit of 1 WGH a score of 0.9 from nothing takes
//! 23.8 WGH of fees, which are 953 WGH of sales at 2.5 %, and 16.5 WGH of fees a month to keep. One's
//! own receipts cannot be rated from the same account; from another one it only lowers one's score.
//! To smear, one pays fees as well: 4.6 WGH of them bring that score of 0.9 down to 0.5. On top come
//! the purchases that cost such a fee, 185 WGH, of which the seller gets all but fees and royalties.
//! But the fee of an answer counts that on the workers' rewards. Where anybody may serve a listing,
//! one can be one's own worker, and the rewards come back: then the fees are all that it costs.
//!
//! ## Money
//!
//! This pallet moves none. A rating holds a deposit of its buyer until it is forgotten, which
//! anybody may do once the receipt cannot be rated any more. Subjects hold no deposit, since nobody
//! asks for one: a paid fee makes it, however small, so one record costs as little as the cheapest
//! transaction that pays a fee. Anybody may prune it when it has faded to nothing, and nobody is paid
//! for that.
//!
//! ## Seams
//!
//! Markets, jobs and campaigns tell outcomes and ask for scores through [`RecordReputation`]. Receipts
//! are looked up through [`SettledReceipts`]; whoever keeps them has told of them before. The registry
//! of listings tells through [`OwnershipChange`] that a listing changes hands: the score stays, and
//! the evidence says when that was.
//!
//! [`RecordReputation`]: weighhouse_primitives::traits::RecordReputation
//! [`SettledReceipts`]: weighhouse_primitives::traits::SettledReceipts
//! [`OwnershipChange`]: weighhouse_primitives::traits::OwnershipChange
//!
//! ## Invariants
//!
//! - INV-1 What is held for ratings on any account is what its ratings say.
//! - INV-2 Every subject that is remembered has at least one outcome.
//! - INV-3 Nothing is dated later than now.
//! - INV-4 Every rating is of 0 to 100 per cent and was made within its window.
//! - INV-5 Only listings have changed hands.

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
mod ratings;
mod scores;
mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// What others' money says about listings, sellers, workers and raters.
// The macros expand to casts of discriminants and to `expect` on names that the runtime gives;
// nothing here does either by hand.
#[allow(clippy::as_conversions, clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Convert;
	use weighhouse_primitives::{
		reputation::MAX_HALF_LIFE, traits::SettledReceipts, ListingId, ReceiptId,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	/// What a chain must provide.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The money of the chain.
		type Currency: fungible::Inspect<Self::AccountId, Balance = u128>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;

		/// What state costs: the deposit for a record of the given size in bytes.
		type DepositPrice: Convert<Footprint, u128> + 'static;

		/// Where receipts are kept that can be rated.
		type Receipts: SettledReceipts<Self::AccountId, BlockNumberFor<Self>>;

		/// How many blocks it takes until an outcome weighs half, at most
		/// [`MAX_HALF_LIFE`](weighhouse_primitives::reputation::MAX_HALF_LIFE).
		#[pallet::constant]
		type HalfLife: Get<BlockNumberFor<Self>>;

		/// How many blocks after a receipt was settled its buyer may rate it, at most a half-life.
		#[pallet::constant]
		type RatingWindow: Get<BlockNumberFor<Self>>;

		/// The prior on each side of a score, in the smallest unit of money. Less than [`MIN_UNIT`] or
		/// more than [`MAX_UNIT`] counts as that.
		type Unit: Get<u128>;

		/// Cost of the calls.
		type WeightInfo: WeightInfo;

		/// Prepares receipts for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The reputation pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What this pallet holds money for.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of a buyer for the rating of a receipt.
		Rating,
	}

	/// The evidence about each subject, from its first paid outcome until it is pruned.
	#[pallet::storage]
	pub type Subjects<T: Config> =
		StorageMap<_, Blake2_128Concat, SubjectOf<T>, Record<BlockNumberFor<T>>>;

	/// Ratings by receipt, so that none is given twice, until they are forgotten.
	#[pallet::storage]
	pub type Ratings<T: Config> = StorageMap<_, Twox64Concat, ReceiptId, RatingOf<T>>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An outcome was counted for a subject.
		OutcomeRecorded {
			/// Whom or what it says something about.
			subject: SubjectOf<T>,
			/// What was paid to the protocol for it, in the smallest unit.
			fee: u128,
			/// How much of it was well spent, in parts of 10^9.
			succeeded: u32,
		},
		/// A receipt was rated, and the evidence about its listing and its seller corrected.
		Rated {
			/// Number of the receipt.
			receipt: ReceiptId,
			/// Who had paid and rated.
			buyer: T::AccountId,
			/// What was sold.
			listing: ListingId,
			/// Who had sold it.
			seller: T::AccountId,
			/// The rating, 0 to 100.
			percent: u8,
			/// What was taken out of the success of both, in the smallest unit; three times that was
			/// added to their failure.
			taken: u128,
			/// Score of the listing now, in parts of 10^9.
			listing_score: u32,
			/// Score of the seller now, in parts of 10^9.
			seller_score: u32,
		},
		/// A rating that cannot be given again was removed and its deposit given back; what it did to
		/// scores remains.
		RatingForgotten {
			/// Number of the receipt.
			receipt: ReceiptId,
			/// Who had rated.
			buyer: T::AccountId,
		},
		/// A listing with a score changed hands.
		OwnerChanged {
			/// Number of the listing.
			listing: ListingId,
		},
		/// The evidence about a subject had faded to nothing and was removed.
		SubjectPruned {
			/// Whom or what it was about.
			subject: SubjectOf<T>,
		},
	}

	/// Why a call was refused. A refused call changes nothing.
	#[pallet::error]
	pub enum Error<T> {
		/// A rating is from 0 to 100.
		PercentTooHigh,
		/// There is no receipt of this number that was paid and settled; it may have been pruned.
		UnknownReceipt,
		/// Only who paid may rate.
		NotBuyer,
		/// What you bought was your own.
		OwnListing,
		/// The protocol got no fee of this receipt, so a rating would weigh nothing.
		NothingPaid,
		/// The receipt has been rated, and a rating stands.
		AlreadyRated,
		/// The time to rate the receipt is over.
		WindowOver,
		/// The account cannot hold the deposit for the rating.
		BalanceTooLow,
		/// There is no rating of this receipt; it may have been forgotten.
		UnknownRating,
		/// The rating must be kept until its receipt cannot be rated any more.
		RatingStillNeeded,
		/// Nothing is remembered of this subject.
		UnknownSubject,
		/// The evidence still counts: its last change is less than a half-life ago, or one of its
		/// masses is not below a thousandth of the unit.
		NotFaded,
	}

	impl<T> From<RatingRefusal> for Error<T> {
		fn from(refusal: RatingRefusal) -> Self {
			match refusal {
				RatingRefusal::UnknownReceipt => Error::UnknownReceipt,
				RatingRefusal::NotBuyer => Error::NotBuyer,
				RatingRefusal::OwnListing => Error::OwnListing,
				RatingRefusal::NothingPaid => Error::NothingPaid,
				RatingRefusal::AlreadyRated => Error::AlreadyRated,
				RatingRefusal::WindowOver => Error::WindowOver,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(
				T::HalfLife::get() > BlockNumberFor::<T>::default(),
				"evidence must fade over time"
			);
			assert!(
				T::HalfLife::get() <= BlockNumberFor::<T>::from(MAX_HALF_LIFE),
				"rounding is bounded up to MAX_HALF_LIFE"
			);
			assert!(
				T::RatingWindow::get() > BlockNumberFor::<T>::default(),
				"there must be time to rate"
			);
			assert!(
				T::RatingWindow::get() <= T::HalfLife::get(),
				"a subject cannot be pruned while its receipts can be rated"
			);
			assert!(
				(MIN_UNIT..=MAX_UNIT).contains(&T::Unit::get()),
				"the unit is within its bounds"
			);
			let normal = T::BlockWeights::get().get(DispatchClass::Normal).max_total;
			let half = normal.unwrap_or(Weight::MAX).saturating_div(2);
			for (call, weight) in Self::worst_cases() {
				assert!(
					weight.all_lte(half),
					"{call} must fit half of the normal class"
				);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Say how content you are with what you paid for, from 0 to 100 per cent.
		///
		/// Only the buyer of a paid receipt may, once, and until `RatingWindow` blocks after it was
		/// settled. It counts by the fee that was paid, for the listing and for its seller; 100 is what
		/// a receipt without a rating counts as. Holds a deposit until the rating is forgotten. Emits
		/// `Rated`.
		///
		/// - `receipt`: number of the receipt.
		/// - `percent`: 0 if all was wrong, 100 if all was well.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::rate())]
		pub fn rate(origin: OriginFor<T>, receipt: ReceiptId, percent: u8) -> DispatchResult {
			let buyer = ensure_signed(origin)?;
			Self::do_rate(buyer, receipt, percent)
		}

		/// Remove a rating that cannot be given again, whose deposit goes back to its buyer.
		///
		/// Anybody may, from the end of its window on. What the rating did to scores remains. Emits
		/// `RatingForgotten`.
		///
		/// - `receipt`: number of the receipt that was rated.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::forget_rating())]
		pub fn forget_rating(origin: OriginFor<T>, receipt: ReceiptId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_forget_rating(receipt)
		}

		/// Remove the evidence about a subject that has faded to nothing.
		///
		/// Anybody may, once nothing has changed for a half-life and both masses are below a thousandth
		/// of the unit. Its score was almost that of a subject without evidence, and now is. Emits
		/// `SubjectPruned`.
		///
		/// - `subject`: the listing by number, or the worker, rater or seller by account.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::prune())]
		pub fn prune(origin: OriginFor<T>, subject: SubjectOf<T>) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_prune(subject)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// Score of a listing now, and the evidence behind it.
		///
		/// - `listing`: number of the listing; one that nobody paid for has no evidence.
		pub fn listing_reputation(listing: ListingId) -> ReputationView<BlockNumberFor<T>> {
			Self::view_reputation(&Subject::Listing(listing))
		}

		/// Score of a seller now, over all listings, and the evidence behind it.
		///
		/// - `account`: who sold, as the owner of a listing at that time.
		pub fn seller_reputation(account: T::AccountId) -> ReputationView<BlockNumberFor<T>> {
			Self::view_reputation(&Subject::Seller(account))
		}

		/// Score of a worker now, and the evidence behind it. Draws weigh bonds by it.
		///
		/// - `account`: who answered jobs.
		pub fn worker_reputation(account: T::AccountId) -> ReputationView<BlockNumberFor<T>> {
			Self::view_reputation(&Subject::Worker(account))
		}

		/// Score of a rater now, and the evidence behind it.
		///
		/// - `account`: who rated in campaigns.
		pub fn rater_reputation(account: T::AccountId) -> ReputationView<BlockNumberFor<T>> {
			Self::view_reputation(&Subject::Rater(account))
		}

		/// The rating of a receipt, unless it was forgotten.
		///
		/// - `receipt`: number of the receipt.
		pub fn rating(receipt: ReceiptId) -> Option<RatingView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_rating(receipt)
		}

		/// Whether an account may rate a receipt now: the first block in which it no longer may, or why
		/// it may not.
		///
		/// - `account`: who wants to rate.
		/// - `receipt`: number of the receipt.
		pub fn may_rate(
			account: T::AccountId,
			receipt: ReceiptId,
		) -> Result<BlockNumberFor<T>, RatingRefusal> {
			Self::rateable(&account, receipt).map(|rateable| rateable.until)
		}

		/// The deposit that a rating holds, in the smallest unit.
		pub fn rating_deposit() -> u128 {
			T::DepositPrice::convert(rating_footprint::<T>())
		}
	}

	impl<T: Config> Pallet<T> {
		/// The prior on each side of a score in the smallest unit, within bounds whatever is configured.
		pub fn unit() -> u128 {
			T::Unit::get().clamp(MIN_UNIT, MAX_UNIT)
		}

		/// Each call, and what others ask of this pallet, with what it can weigh.
		fn worst_cases() -> [(&'static str, Weight); 7] {
			[
				("rate", T::WeightInfo::rate()),
				("forget_rating", T::WeightInfo::forget_rating()),
				("prune", T::WeightInfo::prune()),
				("record_settlement", T::WeightInfo::record_settlement()),
				("record_outcome", T::WeightInfo::record_outcome()),
				("score", T::WeightInfo::score()),
				("before_change", T::WeightInfo::before_change()),
			]
		}
	}
}
