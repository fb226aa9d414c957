//! What the Weighhouse runtime shares with everything outside of it.
//!
//! Content ids and artifact roots say which bytes are meant, [`royalty`] says who is paid how much,
//! [`market`] holds the vocabulary of listings and offers, [`inference`] that of paid answers, which
//! [`draw`] and [`agreement`] decide about, [`courier`] what a node counts that carries them, [`sealing`]
//! how keys of sealed models are handed over, and [`traits`] the seams at which pallets meet without depending on each other. Nothing here needs
//! FRAME or `std`, so that a command line tool, a worker and the runtime all come to the same bytes.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects
	)
)]

extern crate alloc;

pub mod agreement;
pub mod artifact;
pub mod content;
pub mod courier;
pub mod draw;
pub mod feedback;
pub mod gateway;
pub mod inference;
pub mod market;
pub mod receipt;
pub mod reputation;
pub mod royalty;
pub mod sealing;
pub mod traits;

pub use content::{Codec, ContentId, ContentIdError};
pub use inference::{Access, JobId, Mode};
pub use market::{
	AnswerClass, Answers, DerivativePolicy, Kind, Parent, Relation, Right, Rights, Serving, Term,
	Transferability,
};
pub use receipt::{Evidence, SaleReceipt};
pub use royalty::Share;
pub use traits::{
	AnsweredReceipt, AnsweredReceipts, CallSales, CallTerms, LicenceCheck, ListingRegistry,
	ListingRemoval, OwnershipChange, ReceiptFacts, ReceiptNumbers, RecordReputation, SealedLicence,
	SealedSale, SealedSales, SeedSource, SeedState, SettledReceipts, VersionTerms, WorkerVerdict,
};

/// A listing: a model, data set or adapter that somebody offers. Counted from 1, never reused.
pub type ListingId = u32;

/// A version of one listing, counted from 1.
pub type VersionNumber = u32;

/// An offer of one listing, counted from 1 within that listing.
pub type OfferId = u32;

/// A licence that was sold, unique over all listings.
pub type LicenceId = u64;

/// A receipt of a sale or a job, unique over all listings.
pub type ReceiptId = u64;

/// The whole, in the unit of royalties and fees: shares are parts of 10^9.
pub const PARTS: u32 = 1_000_000_000;
