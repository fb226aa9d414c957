//! What this pallet stores and what its view functions answer with.

// Derived codecs cast the discriminants of enums; nothing here does so by hand.
#![allow(clippy::as_conversions)]

use crate::{Config, HoldReason};
use alloc::string::String;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::traits::{
	fungible::{HoldConsideration, InspectHold},
	Footprint, Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_core::ConstU32;
use sp_runtime::{traits::Convert, BoundedVec};
use weighhouse_primitives::{
	sealing::{PointBytes, Recipient, SealedKey},
	LicenceId, ListingId, VersionNumber,
};

/// The most keys that one call delivers.
pub const MAX_BATCH: u32 = 50;
/// The most deliveries that wait for the same block.
pub const MAX_DUE: u32 = 64;
/// How many of them are keys just asked for, so that deliveries that move on find room.
pub const MAX_DUE_REQUESTS: u32 = MAX_DUE / 2;
/// For how many blocks after it a full deadline is moved.
pub const DUE_SPREAD: u32 = 16;
/// The most deliveries that one block ends by itself.
pub const MAX_STEPS_A_BLOCK: u32 = 8;
/// The most records that one page of a view function holds.
pub const MAX_PAGE: u32 = 100;
/// The part of a price that a bond covers while the sale waits: one in this many.
pub const COVERED_PART: u128 = 10;
/// The part of a price that a buyer gets for a key that did not come: one in this many.
pub const LATE_PART: u128 = 100;
/// The part of a price that a buyer gets for a wrong key, and that is burned besides: one in this
/// many.
pub const WRONG_PART: u128 = 10;

/// An account of the chain.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// The chain-wide reason type of holds.
pub type HoldReasonOf<T> =
	<<T as Config>::Currency as InspectHold<<T as frame_system::Config>::AccountId>>::Reason;

/// A deposit held for as long as a delivery is kept.
pub type Ticket<T> = HoldConsideration<
	AccountIdOf<T>,
	<T as Config>::Currency,
	DeliveryHold<T>,
	<T as Config>::DepositPrice,
>;

/// Names [`HoldReason::Delivery`] to the deposit type.
pub struct DeliveryHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for DeliveryHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Delivery.into()
	}
}

/// A delivery as this chain stores it.
pub type DeliveryOf<T> = KeyDelivery<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T>>;

/// Keys as a call delivers them.
pub type KeyBatch = BoundedVec<KeyOf, ConstU32<MAX_BATCH>>;

/// Who sells sealed models, and what it answers with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Seller<BlockNumber> {
	/// What is held of it, in the smallest unit; never 0.
	pub bond: u128,
	/// What of that covers sales that wait.
	pub covers: u128,
	/// How many blocks it has to deliver, in sales to come.
	pub window: BlockNumber,
}

/// What a key is asked for.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum Purpose {
	/// A licence is being bought.
	Sale,
	/// A holder asks once more.
	Again,
}

/// What is paid for a key.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub struct Payment {
	/// What for.
	pub purpose: Purpose,
	/// The price or fee that is held of the buyer, in the smallest unit.
	pub amount: u128,
	/// What of the seller's bond covers it, in the smallest unit.
	pub cover: u128,
}

impl Payment {
	/// The price of a sale.
	pub fn sale(amount: u128) -> Self {
		Self {
			purpose: Purpose::Sale,
			amount,
			cover: amount.div_ceil(COVERED_PART),
		}
	}

	/// The fee of another delivery.
	pub fn again(amount: u128) -> Self {
		Self {
			purpose: Purpose::Again,
			amount,
			cover: 0,
		}
	}
}

/// Where a delivery stands. While it is open, money waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub enum State<BlockNumber> {
	/// The seller has to deliver.
	Awaiting {
		/// What waits.
		payment: Payment,
		/// The last block in which the seller can deliver.
		until: BlockNumber,
	},
	/// The buyer may complain.
	Delivered {
		/// What waits.
		payment: Payment,
		/// The key.
		sealed: SealedKey,
		/// The last block in which the buyer can complain.
		until: BlockNumber,
	},
	/// It ended well and was paid for.
	Settled {
		/// The key.
		sealed: SealedKey,
	},
}

impl<BlockNumber> State<BlockNumber> {
	/// What waits for the end of the delivery.
	pub fn payment(&self) -> Option<&Payment> {
		match self {
			Self::Awaiting { payment, .. } | Self::Delivered { payment, .. } => Some(payment),
			Self::Settled { .. } => None,
		}
	}

	/// The key, if it came.
	pub fn sealed(&self) -> Option<&SealedKey> {
		match self {
			Self::Awaiting { .. } => None,
			Self::Delivered { sealed, .. } | Self::Settled { sealed } => Some(sealed),
		}
	}
}

/// A key that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct KeyDelivery<AccountId, BlockNumber, Ticket> {
	/// Who asked, and whose money and deposit are held.
	pub buyer: AccountId,
	/// Who has to deliver: the owner of the listing when the key was asked for.
	pub seller: AccountId,
	/// The listing that the licence is for.
	pub listing: ListingId,
	/// The version whose files the key opens.
	pub version: VersionNumber,
	/// Whom those files are encrypted to.
	pub recipient: Recipient,
	/// What the key is sealed for.
	pub key: PointBytes,
	/// Where it stands.
	pub state: State<BlockNumber>,
	/// The block in whose queue it waits; none if it is over, or found no room and waits for a call.
	pub queued: Option<BlockNumber>,
	/// The deposit of the buyer.
	pub ticket: Ticket,
}

/// One key of a batch.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub struct KeyOf {
	/// Number of the licence.
	pub licence: LicenceId,
	/// The buyer's delivery key that it is sealed for.
	pub key: PointBytes,
	/// The seller's point for this delivery.
	pub point: PointBytes,
	/// The model's key, sealed.
	pub ciphertext: [u8; 32],
}

/// How a delivery fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
	/// No key came in time.
	Late,
	/// The key does not open the files.
	WrongKey,
}

/// What a delivery occupies in state.
pub fn delivery_footprint<T: Config>() -> Footprint {
	Footprint {
		count: 1,
		size: u64::try_from(DeliveryOf::<T>::max_encoded_len()).unwrap_or(u64::MAX),
	}
}

/// The deposit for `footprint`, in the smallest unit.
pub fn deposit<T: Config>(footprint: Footprint) -> u128 {
	T::DepositPrice::convert(footprint)
}

/// A delivery, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DeliveryView<AccountId, BlockNumber> {
	/// Number of the licence.
	pub licence: LicenceId,
	/// Number of the listing.
	pub listing: ListingId,
	/// Who asked for the key.
	pub buyer: AccountId,
	/// Who has to deliver.
	pub seller: AccountId,
	/// The version whose files the key opens.
	pub version: VersionNumber,
	/// Whom those files are encrypted to, as age writes it.
	pub recipient: String,
	/// What the key is sealed for.
	pub key: PointBytes,
	/// Where it stands, with the sealed key once it came.
	pub state: State<BlockNumber>,
}

/// A seller, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct SellerView<BlockNumber> {
	/// What is held of it, in the smallest unit.
	pub bond: u128,
	/// What of that covers sales that wait, in the smallest unit.
	pub covers: u128,
	/// The highest price of one more sale that the rest covers, in the smallest unit.
	pub highest_price: u128,
	/// How many blocks it has to deliver.
	pub window: BlockNumber,
}
