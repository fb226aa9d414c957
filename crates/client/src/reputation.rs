//! What others' money says of listings and people, and ratings of receipts.
//!
//! Amounts are in plancks (10^-12 WGH), blocks are block numbers, scores are parts of 10^9.

use weighhouse_primitives::{ListingId, ReceiptId};

use crate::{
	error::ChainError,
	keys::AccountId32,
	runtime::{runtime_apis, runtime_types},
	view::View,
};

mod generated {
	pub use super::runtime_types::pallet_reputation::types::*;
}

/// The pallet whose words a [`Barrier`] has.
pub const PALLET: &str = "Reputation";

/// Whom or what a score is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
	/// A listing, whoever owns it.
	Listing(ListingId),
	/// Somebody who sells, over all of their listings.
	Seller(AccountId32),
	/// Somebody who answers jobs.
	Worker(AccountId32),
	/// Somebody who rates in campaigns.
	Rater(AccountId32),
}

/// A score and the evidence that it can be computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reputation {
	/// The score, in parts of 10^9.
	pub score: u32,
	/// What succeeded, faded to now.
	pub success: u128,
	/// What failed, three times, faded to now.
	pub failure: u128,
	/// What either side begins with.
	pub unit: u128,
	/// Outcomes of which at least half succeeded; they do not fade.
	pub successes: u32,
	/// Outcomes of which more than half failed; they do not fade.
	pub failures: u32,
	/// The block of the last outcome or rating; none if nothing is remembered.
	pub changed: Option<u32>,
	/// When a listing last changed hands, if it did since it is remembered.
	pub owner_changed: Option<u32>,
	/// Whether anybody may prune it now.
	pub prunable: bool,
}

/// How content a buyer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
	/// Number of the receipt.
	pub receipt: ReceiptId,
	/// Who had paid and rated.
	pub buyer: AccountId32,
	/// From 0 to 100.
	pub percent: u8,
	/// The block of the rating.
	pub block: u32,
	/// The first block in which anybody may forget it.
	pub forgettable: u32,
}

/// Why an account may not rate a receipt now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
	/// There is no such receipt that was paid and settled.
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

impl Barrier {
	/// The name of the error with which the chain would refuse.
	pub fn name(self) -> &'static str {
		match self {
			Self::UnknownReceipt => "UnknownReceipt",
			Self::NotBuyer => "NotBuyer",
			Self::OwnListing => "OwnListing",
			Self::NothingPaid => "NothingPaid",
			Self::AlreadyRated => "AlreadyRated",
			Self::WindowOver => "WindowOver",
		}
	}
}

/// What a rating did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rated {
	/// What was sold.
	pub listing: ListingId,
	/// Who had sold it.
	pub seller: AccountId32,
	/// What was taken out of the success of both; three times that was added to their failure.
	pub taken: u128,
	/// Score of the listing now, in parts of 10^9.
	pub listing_score: u32,
	/// Score of the seller now, in parts of 10^9.
	pub seller_score: u32,
}

impl View {
	/// The score of a subject, and the evidence behind it.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every read here.
	pub async fn reputation(&self, subject: Subject) -> Result<Reputation, ChainError> {
		let view = match subject {
			Subject::Listing(listing) => {
				let payload = runtime_apis().reputation_api().of_listing(listing);
				self.call(payload).await?
			}
			Subject::Seller(account) => {
				let payload = runtime_apis().reputation_api().of_seller(account);
				self.call(payload).await?
			}
			Subject::Worker(account) => {
				let payload = runtime_apis().reputation_api().of_worker(account);
				self.call(payload).await?
			}
			Subject::Rater(account) => {
				let payload = runtime_apis().reputation_api().of_rater(account);
				self.call(payload).await?
			}
		};
		Ok(view.into())
	}

	/// The rating of a receipt, if there is one and it was not forgotten.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn rating(&self, receipt: ReceiptId) -> Result<Option<Rating>, ChainError> {
		let payload = runtime_apis().reputation_api().rating(receipt);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// The first block in which an account may no longer rate a receipt, or why it may not now.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn may_rate(
		&self,
		account: &AccountId32,
		receipt: ReceiptId,
	) -> Result<Result<u32, Barrier>, ChainError> {
		let payload = runtime_apis().reputation_api().may_rate(*account, receipt);
		Ok(self.call(payload).await?.map_err(Into::into))
	}

	/// The deposit that a rating holds.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn rating_deposit(&self) -> Result<u128, ChainError> {
		let payload = runtime_apis().reputation_api().rating_deposit();
		self.call(payload).await
	}
}

impl From<generated::ReputationView<u32>> for Reputation {
	fn from(view: generated::ReputationView<u32>) -> Self {
		Self {
			score: view.score,
			success: view.success,
			failure: view.failure,
			unit: view.unit,
			successes: view.successes,
			failures: view.failures,
			changed: view.changed,
			owner_changed: view.owner_changed,
			prunable: view.prunable,
		}
	}
}

impl From<generated::RatingView<AccountId32, u32>> for Rating {
	fn from(view: generated::RatingView<AccountId32, u32>) -> Self {
		Self {
			receipt: view.receipt,
			buyer: view.buyer,
			percent: view.percent,
			block: view.block,
			forgettable: view.forgettable,
		}
	}
}

impl From<generated::RatingRefusal> for Barrier {
	fn from(refusal: generated::RatingRefusal) -> Self {
		match refusal {
			generated::RatingRefusal::UnknownReceipt => Self::UnknownReceipt,
			generated::RatingRefusal::NotBuyer => Self::NotBuyer,
			generated::RatingRefusal::OwnListing => Self::OwnListing,
			generated::RatingRefusal::NothingPaid => Self::NothingPaid,
			generated::RatingRefusal::AlreadyRated => Self::AlreadyRated,
			generated::RatingRefusal::WindowOver => Self::WindowOver,
		}
	}
}
