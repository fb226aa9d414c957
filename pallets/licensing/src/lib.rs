//! # Licensing
//!
//! Who may use a listing, and who is paid for it. Sellers open offers, buyers pay and hold
//! licences, and the listings that a model came from accrue royalties of every sale.
//!
//! ## Lifecycle
//!
//! ```text
//! offer     open_offer -> Open -> (sold out) -> close_offer
//! licence   buy -> Valid -> (transfer)* -> (Expired | CallsUsedUp) -> remove_licence
//! sealed    reserve -> off sale -> complete -> Valid
//!                              `-> cancel: on sale again
//! royalty   buy -> accrued -> claim, or the listing changes hands
//! receipt   buy -> kept for `ReceiptLifetime` -> prune_receipt
//! call      take_call -> answered -> pay_call
//!                    `-> not answered -> give_back_call
//! ```
//!
//! An offer never changes: a new price is a new offer, so what a buyer signs cannot move under
//! them. Nobody can take a licence away from its holder while it counts. Offers stay open when a
//! listing changes hands, and the new owner is paid.
//!
//! A job takes a call of one version when it is requested. Under a licence with the right to use it
//! costs nothing, and a licence that counts calls has one less at once; it gets the call back if
//! there was no answer and the licence still exists. Without a licence a job names an open offer of
//! term `PerCall`, which cannot be bought: its price and royalties are fixed when the call is taken
//! and paid when it was answered. Rights, transferability and supply of such an offer say nothing,
//! since it sells no licence. Owners call their own listings for nothing.
//!
//! A licence of a sealed version is worth nothing without the key of its files. Such an offer covers
//! that version alone and is not for `buy`: whoever delivers keys takes a licence off sale, holds the
//! price, and completes the sale or cancels it. Until then there is a number and no licence, so nothing
//! can be handed on, served or called under it; its place among the holdings of the buyer and its
//! deposits are taken. Calls need no key.
//!
//! A yank ends sales: of every offer of licences that covers the version, and of single calls of that
//! version. A licence that was sold covers it as before.
//!
//! ## Money
//!
//! - A sale that waits for its key holds the deposits of licence and receipt and no price. It is paid on
//!   the terms of the day on which it was made.
//! - A sale takes the price from the buyer and gives it away in the same call: the protocol fee
//!   (half burned, half to the treasury), royalties by the table that the offer was opened with,
//!   the rest to the owner of the listing. The parts sum to the price exactly; all rounding is
//!   down, and the owner keeps what rounding leaves. No offer opens at a price, other than 0, of
//!   which a royalty would round to nothing. If the treasury's half would be too small to
//!   bring its account to life, it is burned too.
//! - A call under a `PerCall` offer is paid the same way, out of the free balance of the payer, with
//!   the fee that whoever runs the job names. It holds no deposit here.
//! - Royalties wait in the pot (account of [`Config::PalletId`]) until anybody calls `claim`, which
//!   pays the owner of the listing that accrued them.
//! - Offers, licences and receipts each hold a deposit of their opener, holder or buyer, which
//!   comes back when the record is removed. A licence that is handed on takes its deposit along.
//!
//! ## Seams
//!
//! Reads listings through [`ListingRegistry`], and retains a listing once for each open offer, each
//! licence, each sale that waits and each accrued royalty, so that it cannot vanish under them. Gives
//! [`LicenceCheck`] to whoever asks for licences, and [`OwnershipChange`] to the registry of listings,
//! which must call `before_change` before it reads what it is about to write, since paying releases
//! the listing; it tells through [`ListingRemoval`] which listings are gone.
//! Whoever runs jobs takes and pays calls through [`CallSales`] and numbers its receipts through
//! [`ReceiptNumbers`]; it gives back only what it took. Tells [`RecordReputation`] of each sale, and
//! shows its receipts to whoever rates them through [`SettledReceipts`]. Sells sealed versions through
//! [`SealedSales`].
//!
//! [`ListingRegistry`]: weighhouse_primitives::traits::ListingRegistry
//! [`LicenceCheck`]: weighhouse_primitives::traits::LicenceCheck
//! [`OwnershipChange`]: weighhouse_primitives::traits::OwnershipChange
//! [`ListingRemoval`]: weighhouse_primitives::traits::ListingRemoval
//! [`CallSales`]: weighhouse_primitives::traits::CallSales
//! [`ReceiptNumbers`]: weighhouse_primitives::traits::ReceiptNumbers
//! [`RecordReputation`]: weighhouse_primitives::traits::RecordReputation
//! [`SettledReceipts`]: weighhouse_primitives::traits::SettledReceipts
//! [`SealedSales`]: weighhouse_primitives::traits::SealedSales
//!
//! ## Invariants
//!
//! - INV-1 The pot holds all accrued royalties besides its existential deposit.
//! - INV-2 No listing accrues zero.
//! - INV-3 Licences and sales that wait, and holdings, name each other, each number once.
//! - INV-4 What is held for a reason on any account is what its records of that kind say.
//! - INV-5 No offer sold more than its supply.
//! - INV-6 Every number given is below the next one.
//! - INV-7 Every offer covers a range of allowed length and has a sorted royalty table within the
//!   cap that does not name its own listing, and a price of 0 or one that leaves no payee out. One
//!   that is sealed covers one version and sells licences.
//! - INV-8 Every listing that an offer, a licence, a sale that waits or a royalty names exists, and so
//!   does every one whose offers are counted.

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

mod calls;
mod invariants;
mod licences;
mod offers;
mod receipts;
mod royalties;
mod sales;
mod sealed;
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

/// Who may use a listing, and who is paid for it.
// The macros expand to casts of discriminants and to `expect` on names that the runtime gives;
// nothing here does either by hand. An offer has as many arguments as it has terms.
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
		pallet_prelude::*,
		traits::{fungible, ConstU64, Footprint},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_runtime::traits::{AccountIdConversion, Convert, StaticLookup};
	use weighhouse_primitives::{
		market::{Right, Rights, Term, Transferability},
		royalty::{RoyaltyError, MAX_DIRECT, MAX_PAYEES},
		traits::{ListingRegistry, RecordReputation, SealedSales},
		LicenceId, ListingId, OfferId, ReceiptId, VersionNumber, PARTS,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	/// How the other party of a transfer is named.
	type LookupSourceOf<T> = <<T as frame_system::Config>::Lookup as StaticLookup>::Source;

	/// What a chain must provide.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The money of the chain.
		type Currency: fungible::Inspect<Self::AccountId, Balance = u128>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::Balanced<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;

		/// What state costs: the deposit for so many records of so many bytes together. The price must
		/// add up count and size.
		type DepositPrice: Convert<Footprint, u128> + 'static;

		/// Where listings are kept.
		type Listings: ListingRegistry<Self::AccountId>;

		/// What is remembered of listings and sellers.
		type Reputation: RecordReputation<Self::AccountId>;

		/// The protocol's part of every sale, in parts per 10^9 of the price. More than
		/// [`MAX_FEE_PARTS`] counts as that.
		type FeeParts: Get<u32>;

		/// The account that gets half of the protocol fee.
		type Treasury: Get<Self::AccountId>;

		/// Names the pot in which royalties wait for their owners.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// The most licences that an account can hold of one listing.
		#[pallet::constant]
		type MaxLicencesPerListing: Get<u32>;

		/// The most versions that an offer can cover, at most [`MAX_COVERED`].
		#[pallet::constant]
		type MaxVersionsPerOffer: Get<u32>;

		/// How many blocks a receipt is kept before anybody may prune it.
		#[pallet::constant]
		type ReceiptLifetime: Get<BlockNumberFor<Self>>;

		/// Cost of the calls.
		type WeightInfo: WeightInfo;

		/// Prepares listings for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The licensing pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What this pallet holds money for.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of the opener of an offer.
		Offer,
		/// Deposit of the holder of a licence.
		Licence,
		/// Deposit of a buyer for the receipt of the sale.
		Receipt,
	}

	/// The number that the next offer of a listing gets; never given twice, so a closed offer is
	/// told from one that never was.
	#[pallet::storage]
	pub type NextOffer<T: Config> =
		StorageMap<_, Twox64Concat, ListingId, OfferId, ValueQuery, ConstU32<1>>;

	/// Open offers, by listing and number.
	#[pallet::storage]
	pub type Offers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ListingId, Twox64Concat, OfferId, OfferOf<T>>;

	/// The number that the next licence gets.
	#[pallet::storage]
	pub type NextLicence<T: Config> = StorageValue<_, LicenceId, ValueQuery, ConstU64<1>>;

	/// Licences by number, until they are removed; one that is here may have run out.
	#[pallet::storage]
	pub type Licences<T: Config> = StorageMap<_, Twox64Concat, LicenceId, LicenceOf<T>>;

	/// Sales that wait for their keys, by the number of the licence that is off sale.
	#[pallet::storage]
	pub type Reservations<T: Config> = StorageMap<_, Twox64Concat, LicenceId, ReservationOf<T>>;

	/// Numbers of the licences that an account holds of a listing, or is buying, so that a licence is
	/// found without a search.
	#[pallet::storage]
	pub type Holdings<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Twox64Concat,
		ListingId,
		BoundedVec<LicenceId, T::MaxLicencesPerListing>,
		ValueQuery,
	>;

	/// The number that the next receipt gets, whether of a sale or of a job.
	#[pallet::storage]
	pub type NextReceipt<T: Config> = StorageValue<_, ReceiptId, ValueQuery, ConstU64<1>>;

	/// Receipts of sales by number, until they are pruned.
	#[pallet::storage]
	pub type Receipts<T: Config> = StorageMap<_, Twox64Concat, ReceiptId, ReceiptOf<T>>;

	/// What each listing accrued of sales and calls of others and its owner has not been paid yet, in
	/// the smallest unit. Never zero; the money is in the pot.
	#[pallet::storage]
	pub type Royalties<T: Config> = StorageMap<_, Twox64Concat, ListingId, u128>;

	/// Gives the pot its existential deposit, so that the smallest royalty can be paid into it.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[serde(skip)]
		_config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::endow_pot();
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Licences of a listing are now sold on new terms.
		OfferOpened {
			/// The listing that is offered.
			listing: ListingId,
			/// Number of the offer within the listing.
			offer: OfferId,
			/// Who opened it and paid its deposit.
			opener: T::AccountId,
			/// Price of one licence, in the smallest unit.
			price: u128,
			/// How long, or for how many calls, a licence lasts.
			term: Term,
		},
		/// An offer was withdrawn and its deposit given back; licences sold under it remain.
		OfferClosed {
			/// The listing that was offered.
			listing: ListingId,
			/// Number of the offer within the listing.
			offer: OfferId,
		},
		/// A licence was sold and everybody but royalty payees was paid.
		Sold {
			/// The listing that the licence is for.
			listing: ListingId,
			/// The offer it was bought under.
			offer: OfferId,
			/// Number of the new licence.
			licence: LicenceId,
			/// Number of the receipt.
			receipt: ReceiptId,
			/// Who paid and holds the licence.
			buyer: T::AccountId,
			/// Who owned the listing and was paid.
			owner: T::AccountId,
			/// What the buyer paid, in the smallest unit: the sum of the four amounts below.
			price: u128,
			/// Protocol fee that was burned, in the smallest unit.
			fee_burned: u128,
			/// Protocol fee that the treasury got, in the smallest unit.
			fee_treasury: u128,
			/// All royalties of the sale together, in the smallest unit.
			royalties: u128,
			/// What the owner got, in the smallest unit.
			to_owner: u128,
		},
		/// A listing accrued its royalty of a sale or a call.
		RoyaltyAccrued {
			/// The listing whose owner may claim it.
			payee: ListingId,
			/// The listing that was sold or called.
			source: ListingId,
			/// Receipt of the sale, or of the job that called it.
			receipt: ReceiptId,
			/// The royalty, in the smallest unit.
			amount: u128,
		},
		/// The owner of a listing was paid all royalties that it had accrued.
		RoyaltyClaimed {
			/// The listing that had accrued them.
			listing: ListingId,
			/// Its owner, who was paid.
			owner: T::AccountId,
			/// What was paid, in the smallest unit.
			amount: u128,
		},
		/// A licence was handed on together with its deposit.
		LicenceTransferred {
			/// Number of the licence.
			licence: LicenceId,
			/// Who held it before.
			from: T::AccountId,
			/// Who holds it now.
			to: T::AccountId,
		},
		/// A licence was removed and its deposit given back to the holder.
		LicenceRemoved {
			/// Number of the licence.
			licence: LicenceId,
			/// Who held it.
			holder: T::AccountId,
		},
		/// A receipt was removed and its deposit given back to the buyer.
		ReceiptPruned {
			/// Number of the receipt.
			receipt: ReceiptId,
			/// Who had bought.
			buyer: T::AccountId,
		},
		/// A call was paid for and everybody but royalty payees was paid. Nothing says so of a call
		/// that costs nothing.
		CallPaid {
			/// The listing that was called.
			listing: ListingId,
			/// Receipt of the job that called it.
			receipt: ReceiptId,
			/// Who paid.
			payer: T::AccountId,
			/// Who was paid as the owner of the listing.
			owner: T::AccountId,
			/// What the call cost, in the smallest unit: the sum of the four amounts below.
			price: u128,
			/// Protocol fee that was burned, in the smallest unit.
			fee_burned: u128,
			/// Protocol fee that the treasury got, in the smallest unit.
			fee_treasury: u128,
			/// All royalties of the call together, in the smallest unit.
			royalties: u128,
			/// What the owner got, in the smallest unit.
			to_owner: u128,
		},
		/// A licence is off sale until its key is delivered.
		Reserved {
			/// The listing that the licence is for.
			listing: ListingId,
			/// The offer it is bought under.
			offer: OfferId,
			/// Number that the licence will have.
			licence: LicenceId,
			/// Who will hold the licence.
			buyer: T::AccountId,
			/// Who owns the listing and will be paid.
			seller: T::AccountId,
			/// What the buyer will pay, in the smallest unit.
			price: u128,
		},
		/// A sale came to nothing: the licence is on sale again.
		ReservationCancelled {
			/// Number that the licence would have had.
			licence: LicenceId,
			/// Who has the deposits back.
			buyer: T::AccountId,
		},
	}

	/// Why a call was refused. A refused call changes nothing.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no listing of this number.
		UnknownListing,
		/// Only the owner of the listing may do this (an offer may also be closed by its opener).
		NotOwner,
		/// The version, or one that an offer covers, does not exist: it was never published, or it
		/// was removed.
		UnknownVersion,
		/// The first version must be at least 1 and not above the last.
		VersionRangeEmpty,
		/// The offer covers more versions than `MaxVersionsPerOffer`.
		TooManyVersions,
		/// A version that the offer covers was yanked, so no licence is sold; or the called version was,
		/// so no call of it is. Licences that were sold stay good.
		VersionYanked,
		/// A licence must last at least one block or one call.
		TermIsZero,
		/// A limited supply must be at least one licence; leave it out for no limit.
		SupplyIsZero,
		/// Royalties of the covered versions together exceed half of the price. Cover fewer
		/// versions.
		RoyaltiesOverCap,
		/// The covered versions owe royalties to more listings than one sale can pay. Cover fewer
		/// versions.
		TooManyPayees,
		/// A covered version has a royalty that rounds to nothing.
		ShareRoundsToZero,
		/// The listing never had an offer of this number.
		UnknownOffer,
		/// The offer was closed; look for a newer one.
		OfferClosed,
		/// This offer is the price of single calls; it sells no licence.
		NotForPurchase,
		/// Owners need no licence of their own listing.
		OwnListing,
		/// Every licence that this offer may sell is sold.
		SoldOut,
		/// The account cannot pay price and deposits and stay alive. The quote shows both.
		BalanceTooLow,
		/// The account holds as many licences of this listing as it can; remove one first.
		HoldingsFull,
		/// The account that is to be paid cannot take the amount: it is dead and the amount below
		/// the existential deposit.
		PayeeCannotReceive,
		/// There is no licence of this number; it may have been removed.
		UnknownLicence,
		/// Only the holder of the licence may do this.
		NotHolder,
		/// The time of the licence is over.
		Expired,
		/// All calls of the licence are used up.
		CallsUsedUp,
		/// The licence was sold to its buyer alone.
		NotTransferable,
		/// The recipient holds this licence already.
		SameHolder,
		/// The recipient's account has no balance; it must exist to hold a deposit.
		RecipientHasNoAccount,
		/// The licence still counts, so only its holder may remove it.
		LicenceStillValid,
		/// The listing has not accrued any royalties since they were last paid.
		NothingToClaim,
		/// There is no receipt of this number; it may have been pruned.
		UnknownReceipt,
		/// The receipt must be kept until its lifetime is over.
		ReceiptStillNeeded,
		/// No number is left for another record.
		NumbersExhausted,
		/// The listing cannot take another record that depends on it.
		ListingCannotBeRetained,
		/// The licence is for another listing. Name one for the listing that is called.
		OtherListing,
		/// The licence or offer does not cover this version. Call a version that it covers, or name
		/// one that covers it.
		VersionNotCovered,
		/// The licence allows only to serve the model to others. A call needs the right to use it.
		NotForUse,
		/// The offer sells licences. A call without a licence names an offer of term `PerCall`.
		NotPerCall,
		/// At this price a royalty of a covered version would be nothing. Ask for 0, or at least for
		/// 10^9 divided by the smallest share, rounded up.
		PriceTooLow,
		/// This version is sealed. Buy it with `buy` of the pallet `Delivery`, which holds the price
		/// until the key is here.
		Sealed,
		/// This version is not sealed. Buy it with `buy` of the pallet `Licensing`.
		NotSealed,
		/// An offer of licences covers a sealed version alone. Open one for each version.
		SealedVersionNotAlone,
		/// No sale of this licence waits for its key.
		UnknownReservation,
	}

	impl<T> From<QuoteError> for Error<T> {
		fn from(error: QuoteError) -> Self {
			match error {
				QuoteError::UnknownListing => Error::UnknownListing,
				QuoteError::UnknownOffer => Error::UnknownOffer,
				QuoteError::OfferClosed => Error::OfferClosed,
				QuoteError::NotForPurchase => Error::NotForPurchase,
				QuoteError::SoldOut => Error::SoldOut,
				QuoteError::VersionYanked => Error::VersionYanked,
			}
		}
	}

	impl<T> From<RoyaltyError> for Error<T> {
		fn from(error: RoyaltyError) -> Self {
			match error {
				RoyaltyError::OverCap => Error::RoyaltiesOverCap,
				RoyaltyError::TooManyPayees => Error::TooManyPayees,
				RoyaltyError::ShareRoundsToZero => Error::ShareRoundsToZero,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(
				T::FeeParts::get() <= MAX_FEE_PARTS,
				"the protocol fee is at most 10 %"
			);
			assert!(
				MAX_FEE_PARTS
					.checked_add(MAX_DIRECT)
					.is_some_and(|most| most <= PARTS),
				"fee and royalties together leave the owner something"
			);
			assert!(
				(1..=MAX_COVERED).contains(&T::MaxVersionsPerOffer::get()),
				"weights are measured up to MAX_COVERED versions"
			);
			assert!(
				T::MaxLicencesPerListing::get() > 0,
				"licences must be able to be held"
			);
			assert!(
				T::ReceiptLifetime::get() > BlockNumberFor::<T>::default(),
				"a receipt outlives the block of its sale"
			);
			assert!(
				T::Treasury::get() != Self::pot(),
				"fees and royalties are kept apart"
			);
			let pot: Option<T::AccountId> = T::PalletId::get().try_into_account();
			assert!(
				pot.is_some(),
				"the account type is long enough to name the pot"
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
		/// Sell licences of your listing, at a price and on terms that never change.
		///
		/// Every covered version must exist and not be yanked; licences of a sealed version cover it
		/// alone. The royalties that those versions owe are fixed now; all parts of a sale come out of
		/// the price. Holds a deposit until the offer is closed. Emits `OfferOpened`.
		///
		/// - `listing`: number of the listing; you must own it.
		/// - `price`: price of one licence in the smallest unit (10^12 are 1 WGH), enough for each
		///   royalty to be at least 1; 0 is a gift.
		/// - `term`: `Perpetual`, `Blocks` (number of blocks), `Calls` (number of calls), or
		///   `PerCall`, which sells no licence but sets the price of a single call.
		/// - `first_version`: first version covered, from 1.
		/// - `last_version`: last version covered; the same as the first for a single version.
		/// - `rights`: whether a holder may use the model, serve it to others, or both.
		/// - `transferability`: whether a holder may hand the licence on.
		/// - `supply`: the most licences to sell; leave it out for no limit.
		/// - `terms`: sha2-256 of the licence text, 32 bytes.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::open_offer(
			covered(*first_version, *last_version).min(T::MaxVersionsPerOffer::get()),
			MAX_PAYEES
		))]
		pub fn open_offer(
			origin: OriginFor<T>,
			listing: ListingId,
			price: u128,
			term: Term,
			first_version: VersionNumber,
			last_version: VersionNumber,
			rights: Rights,
			transferability: Transferability,
			supply: Option<u32>,
			terms: H256,
		) -> DispatchResultWithPostInfo {
			let opener = ensure_signed(origin)?;
			let payees = Self::do_open_offer(
				opener,
				listing,
				NewOffer {
					price,
					term,
					first_version,
					last_version,
					rights,
					transferability,
					supply,
					terms,
				},
			)?;
			Ok(Some(T::WeightInfo::open_offer(
				covered(first_version, last_version),
				payees,
			))
			.into())
		}

		/// Withdraw an offer, whose deposit goes back to the account that opened it.
		///
		/// Licences that were sold under it remain. The owner of the listing may do this, and so
		/// may the opener if the listing has changed hands. Emits `OfferClosed`.
		///
		/// - `listing`: number of the listing.
		/// - `offer`: number of the offer within the listing.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::close_offer())]
		pub fn close_offer(
			origin: OriginFor<T>,
			listing: ListingId,
			offer: OfferId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_close_offer(&who, listing, offer)
		}

		/// Buy a licence under an offer: you pay its price, and everybody is paid in this call.
		///
		/// Besides the price, a deposit for the licence and its receipt is held and comes back when
		/// they are removed. The view function `quote` shows both beforehand. Sealed versions are bought
		/// with `buy` of the pallet `Delivery`. Emits `Sold`, and `RoyaltyAccrued` for each royalty.
		///
		/// - `listing`: number of the listing.
		/// - `offer`: number of the offer within the listing.
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::buy_weight(T::MaxVersionsPerOffer::get(), MAX_PAYEES))]
		pub fn buy(
			origin: OriginFor<T>,
			listing: ListingId,
			offer: OfferId,
		) -> DispatchResultWithPostInfo {
			let buyer = ensure_signed(origin)?;
			let (versions, payees) = Self::do_buy(&buyer, listing, offer)?;
			Ok(Some(Self::buy_weight(versions, payees)).into())
		}

		/// Hand a licence that you hold, and its deposit, to another account.
		///
		/// The licence must be transferable and still count. The deposit becomes the recipient's
		/// and stays held. Emits `LicenceTransferred`.
		///
		/// - `licence`: number of the licence.
		/// - `to`: the new holder, whose account must exist.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::transfer())]
		pub fn transfer(
			origin: OriginFor<T>,
			licence: LicenceId,
			to: LookupSourceOf<T>,
		) -> DispatchResult {
			let from = ensure_signed(origin)?;
			let to = T::Lookup::lookup(to)?;
			Self::do_transfer(from, licence, to)
		}

		/// Remove a licence, whose deposit goes back to its holder.
		///
		/// The holder may at any time, without a refund of the price; anybody may once it has
		/// expired or its calls are used up. Emits `LicenceRemoved`.
		///
		/// - `licence`: number of the licence.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::remove_licence())]
		pub fn remove_licence(origin: OriginFor<T>, licence: LicenceId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_licence(&who, licence)
		}

		/// Pay the owner of a listing all royalties that it has accrued.
		///
		/// Anybody may call this; the money goes to the owner. Emits `RoyaltyClaimed`.
		///
		/// - `listing`: number of the listing that accrued royalties.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::claim())]
		pub fn claim(origin: OriginFor<T>, listing: ListingId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim(listing)
		}

		/// Remove the receipt of an old sale, whose deposit goes back to the buyer.
		///
		/// Anybody may, from `ReceiptLifetime` blocks after the sale on. Emits `ReceiptPruned`.
		///
		/// - `receipt`: number of the receipt.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::prune_receipt())]
		pub fn prune_receipt(origin: OriginFor<T>, receipt: ReceiptId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_prune_receipt(receipt)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// One page of the open offers of a listing, in the order of storage.
		///
		/// - `listing`: number of the listing.
		/// - `after`: number of the last offer of the page before; 0 for the first page.
		/// - `limit`: the most offers to answer with, at most 100.
		pub fn offers(
			listing: ListingId,
			after: OfferId,
			limit: u32,
		) -> Vec<OfferView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_offers(listing, after, limit)
		}

		/// What buying under an offer would cost now, and who would be paid how much.
		///
		/// - `listing`: number of the listing.
		/// - `offer`: number of the offer within the listing.
		pub fn quote(
			listing: ListingId,
			offer: OfferId,
		) -> Result<Quote<T::AccountId>, QuoteError> {
			Self::view_quote(listing, offer)
		}

		/// One page of the licences that an account holds, in the order of storage.
		///
		/// - `account`: the holder.
		/// - `after`: listing of the last licence of the page before; 0 for the first page.
		/// - `limit`: the most listings to answer for, at most 100; all licences of a listing are on
		///   one page.
		pub fn licences_of(
			account: T::AccountId,
			after: ListingId,
			limit: u32,
		) -> Vec<LicenceView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_licences_of(&account, after, limit)
		}

		/// One licence by its number, whether it still counts or not.
		///
		/// - `licence`: number of the licence.
		pub fn licence(licence: LicenceId) -> Option<LicenceView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_licence(licence)
		}

		/// Whether an account holds a licence that counts now and allows what is asked.
		///
		/// The owner of a listing needs none, and is not answered for here.
		///
		/// - `account`: who wants to use or serve the model.
		/// - `listing`: number of the listing.
		/// - `version`: number of the version within the listing.
		/// - `right`: what the account wants to do.
		pub fn has_licence(
			account: T::AccountId,
			listing: ListingId,
			version: VersionNumber,
			right: Right,
		) -> bool {
			Self::holds_licence(&account, listing, version, right)
		}

		/// Royalties that a listing has accrued and its owner has not been paid, in the smallest
		/// unit.
		///
		/// - `listing`: number of the listing.
		pub fn accrued(listing: ListingId) -> u128 {
			Royalties::<T>::get(listing).unwrap_or_default()
		}

		/// The receipt of a sale, unless it was pruned.
		///
		/// - `receipt`: number of the receipt.
		pub fn receipt(receipt: ReceiptId) -> Option<ReceiptView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_receipt(receipt)
		}
	}

	impl<T: Config> Pallet<T> {
		/// The account in which accrued royalties wait.
		pub fn pot() -> T::AccountId {
			T::PalletId::get().into_account_truncating()
		}

		/// The protocol's part of a sale in parts per 10^9, within bounds whatever is configured.
		pub fn fee_parts() -> u32 {
			T::FeeParts::get().min(MAX_FEE_PARTS)
		}

		/// Each call, and what jobs and sealed sales ask of this pallet, with the most that it can weigh.
		fn worst_cases() -> [(&'static str, Weight); 12] {
			let versions = T::MaxVersionsPerOffer::get();
			[
				(
					"open_offer",
					T::WeightInfo::open_offer(versions, MAX_PAYEES),
				),
				("close_offer", T::WeightInfo::close_offer()),
				("buy", Self::buy_weight(versions, MAX_PAYEES)),
				("transfer", T::WeightInfo::transfer()),
				("remove_licence", T::WeightInfo::remove_licence()),
				("claim", T::WeightInfo::claim()),
				("prune_receipt", T::WeightInfo::prune_receipt()),
				("take_call", T::WeightInfo::take_call()),
				("pay_call", T::WeightInfo::pay_call(MAX_PAYEES)),
				("reserve", <Self as SealedSales<_>>::reserve_weight()),
				("complete", <Self as SealedSales<_>>::complete_weight()),
				("cancel", <Self as SealedSales<_>>::cancel_weight()),
			]
		}
	}
}
