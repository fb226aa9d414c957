//! What this pallet stores and what its view functions answer with.

// Derived codecs cast the discriminants of enums; nothing here does so by hand.
#![allow(clippy::as_conversions)]

use crate::{Config, HoldReason};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::traits::{
	fungible::{Credit, HoldConsideration, InspectHold},
	Footprint, Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::{
	traits::{Convert, Zero},
	BoundedVec,
};
use weighhouse_primitives::{
	market::{Rights, Term, Transferability},
	receipt::SaleReceipt,
	royalty::{Share, MAX_PAYEES},
	sealing::Recipient,
	LicenceId, ListingId, OfferId, ReceiptId, VersionNumber, PARTS,
};

/// The most that the protocol may take of a sale, in parts per 10^9: 10 %.
pub const MAX_FEE_PARTS: u32 = PARTS / 10;

/// The most records that one page of a view function holds.
pub const MAX_PAGE: u32 = 100;

/// The most versions that one offer may cover, whatever the configuration says; weights are
/// measured up to here.
pub const MAX_COVERED: u32 = 8;

/// An account of the chain.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// Money that was taken from an account and not yet given to another.
pub type CreditOf<T> = Credit<AccountIdOf<T>, <T as Config>::Currency>;

/// The chain-wide reason type of holds.
pub type HoldReasonOf<T> =
	<<T as Config>::Currency as InspectHold<<T as frame_system::Config>::AccountId>>::Reason;

/// A royalty table: who gets how many parts per 10^9 of the price, sorted by listing.
pub type RoyaltyTable = BoundedVec<Share, ConstU32<MAX_PAYEES>>;

/// A deposit held under the reason `R` for as long as a record exists.
pub type Ticket<T, R> =
	HoldConsideration<AccountIdOf<T>, <T as Config>::Currency, R, <T as Config>::DepositPrice>;

/// Names [`HoldReason::Offer`] to the deposit type.
pub struct OfferHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for OfferHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Offer.into()
	}
}

/// Names [`HoldReason::Licence`] to the deposit type.
pub struct LicenceHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for LicenceHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Licence.into()
	}
}

/// Names [`HoldReason::Receipt`] to the deposit type.
pub struct ReceiptHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for ReceiptHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Receipt.into()
	}
}

/// An offer as this chain stores it.
pub type OfferOf<T> = Offer<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, OfferHold<T>>>;
/// A licence as this chain stores it.
pub type LicenceOf<T> = Licence<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, LicenceHold<T>>>;
/// A sale that waits for its key, as this chain stores it.
pub type ReservationOf<T> =
	Reservation<AccountIdOf<T>, Ticket<T, LicenceHold<T>>, Ticket<T, ReceiptHold<T>>>;
/// A receipt as this chain stores it.
pub type ReceiptOf<T> = Receipt<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, ReceiptHold<T>>>;

/// Terms on which licences of a listing are sold. Never changes but for `sold`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Offer<AccountId, BlockNumber, Ticket> {
	/// Who opened the offer and whose deposit it holds. Not who is paid: the owner of the listing
	/// at the time of a sale is.
	pub opener: AccountId,
	/// Price of one licence, protocol fee and royalties included, in the smallest unit.
	pub price: u128,
	/// How long, or for how many calls, a licence lasts.
	pub term: Term,
	/// First version that a licence covers.
	pub first_version: VersionNumber,
	/// Last version that a licence covers.
	pub last_version: VersionNumber,
	/// What a licence allows.
	pub rights: Rights,
	/// Whether a holder may hand the licence on.
	pub transferability: Transferability,
	/// The most licences that this offer sells; `None` is no limit.
	pub supply: Option<u32>,
	/// Licences sold so far.
	pub sold: u32,
	/// Sha2-256 of the licence text.
	pub terms: H256,
	/// Royalties of a sale: for each payee the largest share of any covered version.
	pub royalties: RoyaltyTable,
	/// Whom the files of the only version are encrypted to, if it is sealed and licences are sold.
	pub sealed: Option<Recipient>,
	/// The block in which the offer was opened.
	pub opened: BlockNumber,
	/// The deposit of the opener.
	pub ticket: Ticket,
}

impl<AccountId, BlockNumber, Ticket> Offer<AccountId, BlockNumber, Ticket> {
	/// Whether every licence that the supply allows is sold.
	pub fn is_sold_out(&self) -> bool {
		self.supply.is_some_and(|supply| self.sold >= supply)
	}

	/// How many versions the offer covers.
	pub fn covered(&self) -> u32 {
		covered(self.first_version, self.last_version)
	}

	/// Whether `version` is one of those covered.
	pub fn covers(&self, version: VersionNumber) -> bool {
		self.first_version <= version && version <= self.last_version
	}
}

/// How many versions `first..=last` holds; 0 for a range that is empty.
pub fn covered(first: VersionNumber, last: VersionNumber) -> u32 {
	last.checked_sub(first)
		.map_or(0, |span| span.saturating_add(1))
}

/// A right to use versions of a listing, bought by its first holder.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Licence<AccountId, BlockNumber, Ticket> {
	/// Whose licence it is.
	pub holder: AccountId,
	/// The listing it is for.
	pub listing: ListingId,
	/// The offer it was bought under.
	pub offer: OfferId,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// What it allows.
	pub rights: Rights,
	/// Whether the holder may hand it on.
	pub transferability: Transferability,
	/// The first block in which it no longer counts; `None` for a licence without a time limit.
	pub expires: Option<BlockNumber>,
	/// Calls that may still be made under it; `None` for a licence that does not count calls.
	pub calls_left: Option<u32>,
	/// The deposit of the holder.
	pub ticket: Ticket,
}

/// Whether a licence still counts, and if not, why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Standing {
	/// It counts.
	Valid,
	/// Its time is over.
	Expired,
	/// All its calls are used up.
	CallsUsedUp,
}

impl<AccountId, BlockNumber: Copy + PartialOrd, Ticket> Licence<AccountId, BlockNumber, Ticket> {
	/// Whether the licence counts in block `now`.
	pub fn standing(&self, now: BlockNumber) -> Standing {
		if self.expires.is_some_and(|end| now >= end) {
			Standing::Expired
		} else if self.calls_left.is_some_and(|calls| calls.is_zero()) {
			Standing::CallsUsedUp
		} else {
			Standing::Valid
		}
	}

	/// Whether `version` is one of those covered.
	pub fn covers(&self, version: VersionNumber) -> bool {
		self.first_version <= version && version <= self.last_version
	}
}

/// A sale on terms that no longer change, from the licence being taken off sale until it is paid. It is
/// stored if it waits for a key, and covers one version then. The deposits of the licence and of the
/// receipt that will follow pay for it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Reservation<AccountId, LicenceTicket, ReceiptTicket> {
	/// Who will hold the licence.
	pub buyer: AccountId,
	/// Who owned the listing at the time of the sale, and is paid.
	pub seller: AccountId,
	/// The listing that is sold.
	pub listing: ListingId,
	/// The offer within the listing.
	pub offer: OfferId,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// Price of the licence, in the smallest unit.
	pub price: u128,
	/// The protocol's part of it, in parts per 10^9.
	pub fee_parts: u32,
	/// Royalties of the sale.
	pub royalties: RoyaltyTable,
	/// How long the licence lasts once it counts.
	pub term: Term,
	/// What it allows.
	pub rights: Rights,
	/// Whether its holder may hand it on.
	pub transferability: Transferability,
	/// The deposit for the licence.
	pub licence_ticket: LicenceTicket,
	/// The deposit for the receipt.
	pub receipt_ticket: ReceiptTicket,
}

/// The record of a sale and the deposit that keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Receipt<AccountId, BlockNumber, Ticket> {
	/// What was sold to whom, when and for how much.
	pub sale: SaleReceipt<AccountId, BlockNumber>,
	/// The deposit of the buyer.
	pub ticket: Ticket,
}

/// What a seller says when opening an offer.
pub(crate) struct NewOffer {
	pub(crate) price: u128,
	pub(crate) term: Term,
	pub(crate) first_version: VersionNumber,
	pub(crate) last_version: VersionNumber,
	pub(crate) rights: Rights,
	pub(crate) transferability: Transferability,
	pub(crate) supply: Option<u32>,
	pub(crate) terms: H256,
}

/// What an offer with `payees` royalty payees occupies in state.
pub fn offer_footprint<T: Config>(payees: u32, sealed: bool) -> Footprint {
	let unused = u64::from(MAX_PAYEES.saturating_sub(payees)).saturating_mul(mel::<Share>());
	let recipient = if sealed { 0 } else { mel::<Recipient>() };
	Footprint {
		count: 1,
		size: mel::<OfferOf<T>>()
			.saturating_sub(unused)
			.saturating_sub(recipient),
	}
}

/// What a licence and its entry among the holdings of an account occupy in state. Every licence pays
/// for a list of its own, since it may be the only one of its listing that the account holds.
pub fn licence_footprint<T: Config>() -> Footprint {
	Footprint {
		count: 2,
		size: mel::<LicenceOf<T>>().saturating_add(mel::<BoundedVec<LicenceId, ConstU32<1>>>()),
	}
}

/// What a receipt occupies in state.
pub fn receipt_footprint<T: Config>() -> Footprint {
	Footprint {
		count: 1,
		size: mel::<ReceiptOf<T>>(),
	}
}

/// The deposit for `footprint`, in the smallest unit.
pub fn deposit<T: Config>(footprint: Footprint) -> u128 {
	T::DepositPrice::convert(footprint)
}

/// Deposit of a licence and of the receipt of its sale together, in the smallest unit.
pub fn sale_deposit<T: Config>() -> u128 {
	deposit::<T>(licence_footprint::<T>()).saturating_add(deposit::<T>(receipt_footprint::<T>()))
}

fn mel<E: MaxEncodedLen>() -> u64 {
	u64::try_from(E::max_encoded_len()).unwrap_or(u64::MAX)
}

/// An offer, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct OfferView<AccountId, BlockNumber> {
	/// The listing that is offered.
	pub listing: ListingId,
	/// Number of the offer within the listing.
	pub offer: OfferId,
	/// Who opened the offer and gets its deposit back.
	pub opener: AccountId,
	/// Price of one licence, all included, in the smallest unit.
	pub price: u128,
	/// How long, or for how many calls, a licence lasts.
	pub term: Term,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// What a licence allows.
	pub rights: Rights,
	/// Whether a holder may hand the licence on.
	pub transferability: Transferability,
	/// The most licences that this offer sells; `None` is no limit.
	pub supply: Option<u32>,
	/// Licences sold so far.
	pub sold: u32,
	/// Sha2-256 of the licence text.
	pub terms: H256,
	/// Royalties in parts per 10^9 of the price, by listing.
	pub royalties: Vec<Share>,
	/// Whom the files are encrypted to, as age writes it, if a licence waits for its key.
	pub sealed: Option<String>,
	/// The block in which the offer was opened.
	pub opened: BlockNumber,
	/// Why the offer cannot be bought now; `None` if it can.
	pub unavailable: Option<QuoteError>,
}

/// What a purchase would cost and who would be paid, now.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Quote<AccountId> {
	/// What the buyer pays, in the smallest unit. The four parts below sum to it exactly.
	pub price: u128,
	/// Protocol fee that is burned.
	pub fee_burned: u128,
	/// Protocol fee that the treasury gets.
	pub fee_treasury: u128,
	/// Royalties, by listing; none at a price of 0.
	pub royalties: Vec<RoyaltyQuote<AccountId>>,
	/// What the owner of the listing gets.
	pub to_owner: u128,
	/// The owner of the listing.
	pub owner: AccountId,
	/// What is held on the buyer's account besides, and comes back when licence and receipt are
	/// removed.
	pub deposit: u128,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// How long, or for how many calls, the licence lasts.
	pub term: Term,
	/// What the licence allows.
	pub rights: Rights,
	/// Whether the holder may hand the licence on.
	pub transferability: Transferability,
	/// Sha2-256 of the licence text.
	pub terms: H256,
	/// Whom the files are encrypted to, as age writes it, if the licence waits for its key. Then
	/// whoever delivers keys sells it.
	pub sealed: Option<String>,
}

/// One royalty of a [`Quote`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct RoyaltyQuote<AccountId> {
	/// The listing that is paid.
	pub listing: ListingId,
	/// Who owns that listing now.
	pub owner: AccountId,
	/// The amount, in the smallest unit.
	pub amount: u128,
}

/// Why an offer cannot be bought, whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum QuoteError {
	/// There is no such listing.
	UnknownListing,
	/// The listing never had an offer of this number.
	UnknownOffer,
	/// The offer was closed.
	OfferClosed,
	/// The offer is the price of single calls, which jobs pay; it sells no licence.
	NotForPurchase,
	/// Every licence that the offer may sell is sold.
	SoldOut,
	/// A version that the offer covers was yanked.
	VersionYanked,
}

/// A licence, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct LicenceView<AccountId, BlockNumber> {
	/// Number of the licence.
	pub licence: LicenceId,
	/// Whose licence it is.
	pub holder: AccountId,
	/// The listing it is for.
	pub listing: ListingId,
	/// The offer it was bought under.
	pub offer: OfferId,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// What it allows.
	pub rights: Rights,
	/// Whether the holder may hand it on.
	pub transferability: Transferability,
	/// The first block in which it no longer counts, if any.
	pub expires: Option<BlockNumber>,
	/// Calls that may still be made under it, if it counts calls.
	pub calls_left: Option<u32>,
	/// Whether it counts now.
	pub standing: Standing,
}

/// A receipt, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ReceiptView<AccountId, BlockNumber> {
	/// Number of the receipt.
	pub receipt: ReceiptId,
	/// What was sold to whom, when and for how much.
	pub sale: SaleReceipt<AccountId, BlockNumber>,
	/// The first block in which anybody may prune it.
	pub prunable: BlockNumber,
}
