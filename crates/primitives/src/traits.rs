//! The seams at which pallets meet. The runtime wires them; the unit type stands in where there is
//! nothing on the other side, and then denies or is empty.
//!
//! Each seam says what its calls weigh, so a caller can charge for what it cannot see.

use alloc::vec::Vec;
use sp_runtime::DispatchError;
use sp_weights::Weight;

use crate::{
	inference::Access, sealing::Recipient, Answers, ContentId, LicenceId, ListingId, OfferId,
	ReceiptId, Right, Serving, Share, VersionNumber, PARTS,
};

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
	/// Content id of its manifest.
	pub manifest: ContentId,
	/// Artifact root of its files.
	pub artifact_root: [u8; 32],
	/// Whom its files are encrypted to, if they are sealed.
	pub sealed: Option<Recipient>,
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

impl<AccountId, A: OwnershipChange<AccountId>, B: OwnershipChange<AccountId>>
	OwnershipChange<AccountId> for (A, B)
{
	fn before_change(listing: ListingId, old_owner: &AccountId) -> Result<(), DispatchError> {
		A::before_change(listing, old_owner)?;
		B::before_change(listing, old_owner)
	}

	fn weight() -> Weight {
		A::weight().saturating_add(B::weight())
	}
}

impl<AccountId> OwnershipChange<AccountId> for () {
	fn before_change(_: ListingId, _: &AccountId) -> Result<(), DispatchError> {
		Ok(())
	}

	fn weight() -> Weight {
		Weight::zero()
	}
}

/// Told when a listing is gone for good, so that nothing is kept for it.
pub trait ListingRemoval {
	/// Drops what is kept for a listing that was removed with its last version. Nothing depends on it
	/// any more, and its number is never used again.
	fn after_removal(listing: ListingId);

	/// What `after_removal` weighs.
	fn after_removal_weight() -> Weight;
}

impl<A: ListingRemoval, B: ListingRemoval> ListingRemoval for (A, B) {
	fn after_removal(listing: ListingId) {
		A::after_removal(listing);
		B::after_removal(listing);
	}

	fn after_removal_weight() -> Weight {
		A::after_removal_weight().saturating_add(B::after_removal_weight())
	}
}

impl ListingRemoval for () {
	fn after_removal(_: ListingId) {}

	fn after_removal_weight() -> Weight {
		Weight::zero()
	}
}

/// What a call of a model costs besides its workers, fixed when the call is taken.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallTerms {
	/// Price of the call, in the smallest unit of money; 0 under a licence.
	pub price: u128,
	/// Who is paid how many parts per 10^9 of the price, sorted by listing.
	pub royalties: Vec<Share>,
}

/// Single calls of a model: who may make them and who is paid for them.
pub trait CallSales<AccountId> {
	/// What a call would cost `who`; fails with the reason why they may not make it.
	fn call_terms(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		access: Access,
	) -> Result<CallTerms, DispatchError>;

	/// Takes a call: a licence that counts calls has one less. If it fails, nothing changed.
	fn take_call(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		access: Access,
	) -> Result<CallTerms, DispatchError>;

	/// Gives back a call that was taken and not answered.
	fn give_back_call(access: Access);

	/// Takes the price of a call from the free balance of `payer` and pays everybody: protocol fee
	/// of `fee_parts` per 10^9, royalties, `owner`. `receipt` is what the royalties refer to.
	fn pay_call(
		payer: &AccountId,
		owner: &AccountId,
		listing: ListingId,
		terms: &CallTerms,
		fee_parts: u32,
		receipt: ReceiptId,
	) -> Result<(), DispatchError>;

	/// What `call_terms`, `take_call` or `give_back_call` weighs at most.
	fn take_call_weight() -> Weight;

	/// What `pay_call` weighs at most.
	fn pay_call_weight() -> Weight;
}

/// Numbers of receipts. Sales and jobs share them, so a number means one receipt.
pub trait ReceiptNumbers {
	/// The next number, never given before; none if there are no more.
	fn next_receipt() -> Option<ReceiptId>;

	/// What `next_receipt` weighs.
	fn next_receipt_weight() -> Weight;
}

/// How a worker did in a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkerVerdict {
	/// Their answer stood.
	Agreed,
	/// They were silent, or their answer was found wrong.
	Failed,
}

/// What a settled receipt tells whoever rates it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptFacts<AccountId, BlockNumber> {
	/// What was sold or asked.
	pub listing: ListingId,
	/// Who owned the listing and was paid.
	pub seller: AccountId,
	/// Who paid, and may rate it.
	pub buyer: AccountId,
	/// What the protocol got of the price, in the smallest unit of money.
	pub fee: u128,
	/// When it was settled.
	pub settled: BlockNumber,
}

/// Receipts as they are looked up by whoever rates what was paid for.
pub trait SettledReceipts<AccountId, BlockNumber> {
	/// The facts of a receipt that was settled with a payment and is still kept.
	fn settled_receipt(receipt: ReceiptId) -> Option<ReceiptFacts<AccountId, BlockNumber>>;

	/// What one look-up weighs.
	fn settled_receipt_weight() -> Weight;
}

impl<AccountId, BlockNumber> SettledReceipts<AccountId, BlockNumber> for () {
	fn settled_receipt(_: ReceiptId) -> Option<ReceiptFacts<AccountId, BlockNumber>> {
		None
	}

	fn settled_receipt_weight() -> Weight {
		Weight::zero()
	}
}

/// Receipts of two kinds that share their numbers.
impl<AccountId, BlockNumber, A, B> SettledReceipts<AccountId, BlockNumber> for (A, B)
where
	A: SettledReceipts<AccountId, BlockNumber>,
	B: SettledReceipts<AccountId, BlockNumber>,
{
	fn settled_receipt(receipt: ReceiptId) -> Option<ReceiptFacts<AccountId, BlockNumber>> {
		A::settled_receipt(receipt).or_else(|| B::settled_receipt(receipt))
	}

	fn settled_receipt_weight() -> Weight {
		A::settled_receipt_weight().saturating_add(B::settled_receipt_weight())
	}
}

/// What is remembered of those who sell and of those who do the work.
pub trait RecordReputation<AccountId> {
	/// How well a worker did so far, in parts of 10^9.
	fn worker_score(worker: &AccountId) -> u32;

	/// How well a rater did so far, in parts of 10^9.
	fn rater_score(rater: &AccountId) -> u32;

	/// Notes that a receipt over `listing` was settled and paid `fee` to the protocol. Until its buyer
	/// rates it otherwise, it counts as a success of the listing and of its seller.
	fn record_settlement(listing: ListingId, seller: &AccountId, fee: u128);

	/// Notes how a worker did in a job that paid `fee` to the protocol.
	fn record_worker(worker: &AccountId, verdict: WorkerVerdict, fee: u128);

	/// Notes that a rater earned `earned` parts of 10^9 of what a campaign could pay it, which paid
	/// `fee` to the protocol for its work.
	fn record_rater(rater: &AccountId, earned: u32, fee: u128);

	/// What `worker_score` or `rater_score` weighs.
	fn score_weight() -> Weight;

	/// What `record_settlement` weighs.
	fn record_settlement_weight() -> Weight;

	/// What `record_worker` or `record_rater` weighs.
	fn record_worker_weight() -> Weight;
}

/// Nothing is remembered: all are as good as can be.
impl<AccountId> RecordReputation<AccountId> for () {
	fn worker_score(_: &AccountId) -> u32 {
		PARTS
	}

	fn rater_score(_: &AccountId) -> u32 {
		PARTS
	}

	fn record_settlement(_: ListingId, _: &AccountId, _: u128) {}

	fn record_worker(_: &AccountId, _: WorkerVerdict, _: u128) {}

	fn record_rater(_: &AccountId, _: u32, _: u128) {}

	fn score_weight() -> Weight {
		Weight::zero()
	}

	fn record_settlement_weight() -> Weight {
		Weight::zero()
	}

	fn record_worker_weight() -> Weight {
		Weight::zero()
	}
}

/// Randomness of the chain that nobody knew before a given block.
pub trait SeedSource<BlockNumber> {
	/// The seed of a draw about something that happened in the block `since`, named by `subject`.
	fn seed(subject: sp_core::H256, since: BlockNumber) -> SeedState;

	/// How many blocks after `since` the seed is known.
	fn delay() -> u32;

	/// What one look-up weighs.
	fn seed_weight() -> Weight;
}

/// What a draw can be made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeedState {
	/// The blocks that decide are known.
	Known(sp_core::H256),
	/// They are not, yet.
	NotYet,
	/// They were, too long ago, or carried no randomness.
	Lost,
}

/// What a settled answer of a model is compared by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnsweredReceipt {
	/// The listing that was asked.
	pub listing: ListingId,
	/// Content id of the input.
	pub input: ContentId,
	/// Sha2-256 of the canonical output.
	pub output_hash: sp_core::H256,
}

/// Receipts of answers, as feedback on them is bought.
pub trait AnsweredReceipts {
	/// The answer of a receipt that is final and still kept.
	fn answered_receipt(receipt: ReceiptId) -> Option<AnsweredReceipt>;

	/// What one look-up weighs.
	fn answered_receipt_weight() -> Weight;
}

/// A licence of a sealed version that was taken off sale for a buyer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedSale<AccountId> {
	/// Number of the licence that the buyer gets.
	pub licence: LicenceId,
	/// Who owns the listing, has to deliver the key and is paid.
	pub seller: AccountId,
	/// The version that is sold.
	pub version: VersionNumber,
	/// Whom its files are encrypted to.
	pub recipient: Recipient,
	/// What the buyer pays, in the smallest unit of money.
	pub price: u128,
}

/// A licence of a sealed version, as whoever delivers keys needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedLicence<AccountId> {
	/// Who holds it.
	pub holder: AccountId,
	/// Who owns the listing now.
	pub owner: AccountId,
	/// The listing that it covers.
	pub listing: ListingId,
	/// The version that it covers.
	pub version: VersionNumber,
	/// Whom the files of that version are encrypted to.
	pub recipient: Recipient,
}

/// Sales whose money waits until the buyer has a key.
pub trait SealedSales<AccountId> {
	/// Takes a licence off sale for `buyer` and holds its deposits, but no price: whoever asks holds
	/// that until the sale is completed or cancelled. If it fails, the caller undoes what it did.
	fn reserve(
		buyer: &AccountId,
		listing: ListingId,
		offer: OfferId,
	) -> Result<SealedSale<AccountId>, DispatchError>;

	/// Takes the price from the free balance of the buyer, pays everybody on the terms of the day of
	/// the sale, and lets the licence count. If it fails, the caller undoes what it did.
	fn complete(licence: LicenceId) -> Result<(), DispatchError>;

	/// Gives up a sale: the licence is on sale again and the buyer has its deposits back. If it fails,
	/// the caller undoes what it did.
	fn cancel(licence: LicenceId) -> Result<(), DispatchError>;

	/// A licence that counts now and covers a sealed version.
	fn sealed_licence(licence: LicenceId) -> Option<SealedLicence<AccountId>>;

	/// Whether the licence is off sale and waits for its key.
	fn is_reserved(licence: LicenceId) -> bool;

	/// What `reserve` weighs.
	fn reserve_weight() -> Weight;

	/// What `complete` weighs at most.
	fn complete_weight() -> Weight;

	/// What `cancel` weighs.
	fn cancel_weight() -> Weight;

	/// What `sealed_licence` weighs.
	fn lookup_weight() -> Weight;
}

#[cfg(test)]
mod tests;
