//! # Delivery
//!
//! The key of a sealed model arrives with the payment, or the money goes back. A buyer's money waits
//! on its own account until the chain has the key, sealed for that buyer alone, and until the buyer
//! has had time to show that it is a wrong one.
//!
//! ## Lifecycle
//!
//! ```text
//! buy | ask_again -> Awaiting -> deliver -> Delivered -> finalize -> Settled -> remove_delivery
//!                       |                       `-- complain, upheld: gone, refunded
//!                       `-- expire: gone, refunded
//! Settled -> ask_again -> Awaiting
//! ```
//!
//! A licence counts from `finalize` on: until then there is none to hand on, to serve under or to call
//! with. The buyer finalizes as soon as the files open, anybody when the time to complain is over.
//! Expired and undisputed deliveries need nobody: they wait in bounded queues by block, which the
//! chain works off. A delivery waits in one queue only. If a seller gives itself longer to deliver
//! than a buyer has to complain, the chain looks at it again when the first of these would have been
//! over; whoever wants it earlier calls `finalize`.
//!
//! What is delivered, and why a wrong key can be proved and a right one not disputed, says
//! [`sealing`](weighhouse_primitives::sealing). A complaint about a right key is refused, and has told
//! it to all.
//!
//! ## Money
//!
//! - A buyer holds the price from the sale to its end. When it ends well, licensing takes it and pays
//!   everybody as in any other sale.
//! - A seller holds a bond. It covers a tenth of all sales that wait; the rest of it can be taken back
//!   at any time, all of it or down to the smallest bond.
//! - No key in time: the price comes back, and a hundredth of it from the bond.
//! - A wrong key: the price comes back, and a tenth of it from the bond. Another tenth of it is burned,
//!   as far as the bond covers no other sale.
//! - A holder who lost a key, or got the licence from somebody else, asks again for a small fee, which
//!   the seller gets for the key and the holder gets back otherwise. The bond is not touched.
//! - A delivery holds a deposit of whoever asked for it.
//!
//! The seller is who owned the listing when the key was asked for, also if it changes hands.
//!
//! ## Seams
//!
//! Takes licences off sale, completes and cancels sales through [`SealedSales`].
//!
//! ## Invariants
//!
//! - INV-1 What is held as price on any account is what its open deliveries say.
//! - INV-2 What is held as bond on any account is what its record as a seller says.
//! - INV-3 Deposits are what the records say.
//! - INV-4 A bond covers what the open sales of its seller need, and counts that right.
//! - INV-5 An open sale is of a licence that is off sale for it, and no other delivery is.
//! - INV-6 Every key and point is canonical and not the identity.
//! - INV-7 A delivery waits in the queue of one block at most, the one that it says.
//!
//! [`SealedSales`]: weighhouse_primitives::traits::SealedSales

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

mod complaints;
mod deadlines;
mod invariants;
mod keys;
mod requests;
mod sellers;
mod settlement;
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

/// Keys of sealed models, delivered for the payment.
// The macros expand to casts of discriminants and to `expect` on names that the runtime gives;
// nothing here does either by hand.
#[allow(clippy::as_conversions, clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Convert;
	use weighhouse_primitives::{
		sealing::{Complaint, ComplaintError, PointBytes, PointError, Recipient, SealedKey},
		traits::SealedSales,
		LicenceId, ListingId, OfferId, VersionNumber,
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

		/// Who sells the licences that keys are delivered for.
		type Sales: SealedSales<Self::AccountId>;

		/// The smallest bond of a seller, in the smallest unit.
		type MinBond: Get<u128>;

		/// What another delivery of a key costs its holder, in the smallest unit.
		type RepeatFee: Get<u128>;

		/// The fewest blocks that a seller can give itself to deliver.
		#[pallet::constant]
		type MinWindow: Get<BlockNumberFor<Self>>;

		/// The blocks that a seller has to deliver unless it chooses otherwise.
		#[pallet::constant]
		type DefaultWindow: Get<BlockNumberFor<Self>>;

		/// The most blocks that a seller can give itself to deliver.
		#[pallet::constant]
		type MaxWindow: Get<BlockNumberFor<Self>>;

		/// How many blocks a buyer has to complain.
		#[pallet::constant]
		type ComplaintWindow: Get<BlockNumberFor<Self>>;

		/// Cost of the calls.
		type WeightInfo: WeightInfo;

		/// Prepares sealed offers for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The delivery pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What this pallet holds money for.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// What a buyer pays if a delivery ends well: a price, or the fee of another delivery.
		Price,
		/// What a seller answers with for keys that do not come or do not open.
		Bond,
		/// Deposit for the record of a delivery.
		Delivery,
	}

	/// Sellers of sealed models, as long as they have a bond.
	#[pallet::storage]
	pub type Sellers<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Seller<BlockNumberFor<T>>>;

	/// The delivery of each licence that a key was asked for, the last one only.
	#[pallet::storage]
	pub type Deliveries<T: Config> = StorageMap<_, Twox64Concat, LicenceId, DeliveryOf<T>>;

	/// Licences whose delivery is looked at in a block: it may be over then, or have longer.
	#[pallet::storage]
	pub type Due<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<LicenceId, ConstU32<MAX_DUE>>,
		ValueQuery,
	>;

	/// The first block whose due deliveries are not worked off.
	#[pallet::storage]
	pub type NextDue<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The bond of a seller changed by its own wish.
		BondChanged {
			/// Whose it is.
			seller: T::AccountId,
			/// What it is now, in the smallest unit; at 0 the seller sells nothing sealed.
			bond: u128,
		},
		/// A seller chose how long it has to deliver, from the next sale on.
		WindowSet {
			/// Who it is.
			seller: T::AccountId,
			/// How many blocks.
			blocks: BlockNumberFor<T>,
		},
		/// A key is asked for, and the money for it waits.
		KeyRequested {
			/// Number of the licence.
			licence: LicenceId,
			/// Number of the listing.
			listing: ListingId,
			/// The version whose files the key opens.
			version: VersionNumber,
			/// Whom those files are encrypted to.
			recipient: Recipient,
			/// Who has to deliver.
			seller: T::AccountId,
			/// Who asked and pays.
			buyer: T::AccountId,
			/// What to seal the key for.
			key: PointBytes,
			/// What is paid for it, and by what it is covered.
			payment: Payment,
			/// The last block in which it can be delivered.
			until: BlockNumberFor<T>,
		},
		/// A sealed key came.
		KeyDelivered {
			/// Number of the licence.
			licence: LicenceId,
			/// Who delivered.
			seller: T::AccountId,
			/// The key, which only the buyer can read.
			sealed: SealedKey,
			/// The last block in which the buyer can complain of it.
			until: BlockNumberFor<T>,
		},
		/// A key of a batch was not taken; the others were not stopped by that.
		KeyRefused {
			/// Number of the licence.
			licence: LicenceId,
			/// Why not.
			error: DispatchError,
		},
		/// No key came in time, or its buyer handed the licence on and the new holder asked. The buyer
		/// has its money back.
		DeliveryExpired {
			/// Number of the licence, which there is not if it was being bought.
			licence: LicenceId,
			/// Who should have delivered.
			seller: T::AccountId,
			/// Who asked for the key.
			buyer: T::AccountId,
			/// What the buyer has back, in the smallest unit.
			refunded: u128,
			/// What the buyer got of the seller's bond besides, in the smallest unit.
			compensation: u128,
		},
		/// The key was a wrong one, and the buyer has its money back.
		ComplaintUpheld {
			/// Number of the licence, which there is not if it was being bought.
			licence: LicenceId,
			/// Who delivered.
			seller: T::AccountId,
			/// Who complained.
			buyer: T::AccountId,
			/// What the buyer has back, in the smallest unit.
			refunded: u128,
			/// What the buyer got of the seller's bond besides, in the smallest unit.
			compensation: u128,
			/// What of the bond was burned, in the smallest unit.
			burned: u128,
		},
		/// A delivery ended well and was paid for. After a sale, the licence counts.
		DeliveryFinalized {
			/// Number of the licence.
			licence: LicenceId,
			/// Who delivered.
			seller: T::AccountId,
			/// Who has the key.
			buyer: T::AccountId,
			/// What it was paid for, and how much.
			payment: Payment,
		},
		/// The record of a delivery was removed and its deposit given back.
		DeliveryRemoved {
			/// Number of the licence.
			licence: LicenceId,
			/// Who had asked for the key.
			buyer: T::AccountId,
		},
	}

	/// Why a call was refused. A refused call changes nothing.
	#[pallet::error]
	pub enum Error<T> {
		/// Give an amount above 0.
		NothingGiven,
		/// The account cannot hold that much and stay alive.
		BalanceTooLow,
		/// A bond is nothing, or at least `MinBond`.
		BondBelowMinimum,
		/// The account has no bond, so it sells nothing sealed.
		NoBond,
		/// The bond is not that large.
		BondTooLow,
		/// That part of the bond covers sales that wait for their end.
		BondInUse,
		/// There are fewer blocks than `MinWindow`, or more than `MaxWindow`.
		WrongWindow,
		/// The seller has no bond, so nothing sealed is bought of it.
		SellerNotBonded,
		/// The seller's bond does not cover another sale at this price. Buy later, or ask the seller
		/// for more.
		BondCoversNoMore,
		/// The seller takes longer to deliver than you would wait.
		DeliveryTooSlow,
		/// The delivery key is not the canonical encoding of a ristretto255 point.
		KeyNotAPoint,
		/// The delivery key is the identity of ristretto255, for which anybody reads the model's key.
		KeyIsIdentity,
		/// The deadlines of the next blocks are full; try again in a few blocks.
		TooManyDue,
		/// No key was asked for under this licence, or the delivery is over and was removed.
		UnknownDelivery,
		/// There is no licence of this number, or it does not count any more, or its version is not
		/// sealed.
		NoSealedLicence,
		/// Only the holder of the licence may do this.
		NotHolder,
		/// Only the account that the key was asked of may deliver, or a proxy of it.
		NotSeller,
		/// Only who asked for the key may do this.
		NotBuyer,
		/// A key was delivered already.
		AlreadyDelivered,
		/// The time to deliver is over.
		TooLate,
		/// The seller still has time to deliver.
		NotOverdue,
		/// The seller's point is not the canonical encoding of a ristretto255 point.
		PointNotAPoint,
		/// The seller's point is the identity of ristretto255, for which anybody reads the key.
		PointIsIdentity,
		/// No key was delivered yet.
		NotDelivered,
		/// The delivery is over: it was paid for.
		AlreadySettled,
		/// The time to complain is over.
		TooLateToComplain,
		/// The buyer may still complain. Only the buyer can end this now.
		MayComplain,
		/// The key is that of the version's recipient. The complaint has shown it to all.
		KeyIsRight,
		/// The shared point is not the canonical encoding of a ristretto255 point.
		SharedNotAPoint,
		/// The shared point is the identity of ristretto255.
		SharedIsIdentity,
		/// Challenge or response is not below the order of ristretto255, in little-endian order.
		ScalarTooLarge,
		/// The proof is not of this delivery: it is bound to chain, licence, version, keys and shared
		/// point.
		BadProof,
		/// A delivery of this licence is not over yet.
		DeliveryOpen,
		/// Another delivery key is waited for than this was sealed for: there is a new request.
		OtherKey,
	}

	impl<T> From<ComplaintError> for Error<T> {
		fn from(error: ComplaintError) -> Self {
			match error {
				ComplaintError::Key(error) => key_error(error),
				ComplaintError::Point(error) => point_error(error),
				ComplaintError::Shared(PointError::NotAPoint) => Error::SharedNotAPoint,
				ComplaintError::Shared(PointError::Identity) => Error::SharedIsIdentity,
				ComplaintError::ScalarTooLarge => Error::ScalarTooLarge,
				ComplaintError::ProofInvalid => Error::BadProof,
			}
		}
	}

	/// What is wrong with a buyer's key.
	pub(crate) fn key_error<T>(error: PointError) -> Error<T> {
		match error {
			PointError::NotAPoint => Error::KeyNotAPoint,
			PointError::Identity => Error::KeyIsIdentity,
		}
	}

	/// What is wrong with a seller's point.
	pub(crate) fn point_error<T>(error: PointError) -> Error<T> {
		match error {
			PointError::NotAPoint => Error::PointNotAPoint,
			PointError::Identity => Error::PointIsIdentity,
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::work_off(now)
		}

		fn integrity_test() {
			Self::check_configuration();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Put money aside that answers for your deliveries; it covers sales of ten times its amount.
		///
		/// Adds to what is there. Emits `BondChanged`.
		///
		/// - `amount`: how much more, in the smallest unit; all together at least `MinBond`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond())]
		pub fn bond(origin: OriginFor<T>, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond(who, amount)
		}

		/// Take back some of your bond that covers no sale.
		///
		/// Emits `BondChanged`.
		///
		/// - `amount`: how much, in the smallest unit; all of it, or so much that `MinBond` stays.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unbond(who, amount)
		}

		/// Choose how long you have to deliver a key, from the next sale on.
		///
		/// You need a bond. Emits `WindowSet`.
		///
		/// - `blocks`: from `MinWindow` to `MaxWindow`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_window())]
		pub fn set_window(origin: OriginFor<T>, blocks: BlockNumberFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_window(who, blocks)
		}

		/// Buy a licence of a sealed model: your money waits until its key is here, or comes back.
		///
		/// The price is held, and deposits. The licence counts when you call `finalize`, or when the
		/// time to complain is over. Emits `KeyRequested`.
		///
		/// - `listing`: number of the listing.
		/// - `offer`: number of the offer within the listing.
		/// - `key`: a delivery key of your own, 32 bytes of ristretto255; a new one each time.
		/// - `within`: the most blocks that you would wait; the seller may promise fewer.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::buy().saturating_add(T::Sales::reserve_weight()))]
		pub fn buy(
			origin: OriginFor<T>,
			listing: ListingId,
			offer: OfferId,
			key: PointBytes,
			within: BlockNumberFor<T>,
		) -> DispatchResult {
			let buyer = ensure_signed(origin)?;
			Self::do_buy(buyer, listing, offer, key, within)
		}

		/// Deliver the key that a buyer of yours waits for.
		///
		/// Emits `KeyDelivered`.
		///
		/// - `licence`: number of the licence.
		/// - `key`: the buyer's delivery key that it is sealed for, 32 bytes of ristretto255.
		/// - `point`: your point for this delivery, 32 bytes of ristretto255.
		/// - `ciphertext`: the model's key, sealed; 32 bytes.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::deliver())]
		pub fn deliver(
			origin: OriginFor<T>,
			licence: LicenceId,
			key: PointBytes,
			point: PointBytes,
			ciphertext: [u8; 32],
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let sealed = SealedKey { point, ciphertext };
			Self::do_deliver(&who, licence, &key, sealed).map_err(Into::into)
		}

		/// Deliver several keys; one that is refused does not stop the others.
		///
		/// Emits `KeyDelivered` or `KeyRefused` for each.
		///
		/// - `keys`: at most 50, each with licence, delivery key, point and sealed key as in `deliver`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::deliver_batch(keys.len().try_into().unwrap_or(u32::MAX)))]
		pub fn deliver_batch(origin: OriginFor<T>, keys: KeyBatch) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(!keys.is_empty(), Error::<T>::NothingGiven);
			Self::do_deliver_batch(&who, keys);
			Ok(())
		}

		/// Give a buyer its money back to whom no key was delivered in time; anybody may.
		///
		/// The chain does this by itself as long as it has room. Emits `DeliveryExpired`.
		///
		/// - `licence`: number of the licence.
		#[pallet::call_index(6)]
		#[pallet::weight(Pallet::<T>::expire_weight())]
		pub fn expire(origin: OriginFor<T>, licence: LicenceId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_expire(licence)
		}

		/// Prove that the key delivered to you is wrong, and have your money back.
		///
		/// This shows the delivered key to all, so try it first: a complaint about a right key is
		/// refused. Emits `ComplaintUpheld`.
		///
		/// - `licence`: number of the licence.
		/// - `shared`: the point that you share with the seller, 32 bytes of ristretto255.
		/// - `challenge`: first half of the proof, 32 bytes.
		/// - `response`: second half of the proof, 32 bytes.
		#[pallet::call_index(7)]
		#[pallet::weight(Pallet::<T>::complain_weight())]
		pub fn complain(
			origin: OriginFor<T>,
			licence: LicenceId,
			shared: PointBytes,
			challenge: [u8; 32],
			response: [u8; 32],
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let complaint = Complaint {
				shared,
				challenge,
				response,
			};
			Self::do_complain(&who, licence, &complaint)
		}

		/// End a delivery: pay for the key; after a sale, the licence counts from now.
		///
		/// Whoever asked for the key may at any time after it came, anybody when the time to complain
		/// is over. The chain does the latter by itself as long as it has room. Emits
		/// `DeliveryFinalized`.
		///
		/// - `licence`: number of the licence.
		#[pallet::call_index(8)]
		#[pallet::weight(Pallet::<T>::finalize_weight())]
		pub fn finalize(origin: OriginFor<T>, licence: LicenceId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_finalize(&who, licence)
		}

		/// Ask for the key of a licence that you hold once more, for the fee `RepeatFee`.
		///
		/// The fee is held until the delivery ends well, or comes back. Replaces the record of the
		/// delivery before; what a holder before you asked for and did not get ends, with its fee
		/// back. Emits `KeyRequested`.
		///
		/// - `licence`: number of the licence.
		/// - `key`: a new delivery key of your own, 32 bytes of ristretto255.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::ask_again().saturating_add(T::Sales::lookup_weight()))]
		pub fn ask_again(
			origin: OriginFor<T>,
			licence: LicenceId,
			key: PointBytes,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_ask_again(who, licence, key)
		}

		/// Remove the record of a delivery that is over; its deposit goes back to who asked for it.
		///
		/// That account may at any time, anybody once the licence is gone. Keep the key first. Emits
		/// `DeliveryRemoved`.
		///
		/// - `licence`: number of the licence.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::remove_delivery().saturating_add(T::Sales::lookup_weight()))]
		pub fn remove_delivery(origin: OriginFor<T>, licence: LicenceId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_delivery(&who, licence)
		}
	}

	/// Reads that clients make without a transaction.
	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The delivery of a licence: who waits for what, until when, and the sealed key once it came.
		///
		/// - `licence`: number of the licence.
		pub fn delivery(
			licence: LicenceId,
		) -> Option<DeliveryView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_delivery(licence)
		}

		/// One page of deliveries, in the order of storage. A seller finds what it has to deliver here,
		/// whatever it missed.
		///
		/// - `after`: licence of the last delivery of the page before; 0 for the first page.
		/// - `limit`: the most deliveries to answer with, at most 100.
		pub fn deliveries(
			after: LicenceId,
			limit: u32,
		) -> Vec<DeliveryView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_deliveries(after, limit)
		}

		/// What a seller has put aside and how long it has to deliver; nothing if it has no bond.
		///
		/// - `seller`: the owner of the listing.
		pub fn seller(seller: T::AccountId) -> Option<SellerView<BlockNumberFor<T>>> {
			Self::view_seller(&seller)
		}

		/// What is held of a buyer besides the price, for the record of its delivery, in the smallest
		/// unit.
		pub fn delivery_deposit() -> u128 {
			deposit::<T>(delivery_footprint::<T>())
		}

		/// What asking for a key once more costs, in the smallest unit, besides the deposit.
		pub fn repeat_fee() -> u128 {
			T::RepeatFee::get()
		}
	}
}
