//! A typed client for the Weighhouse chain and its content.
//!
//! - [`Client`] connects to a node; [`View`] reads listings, offers, licences, jobs and receipts as of
//!   one block; [`Client::submit`] signs a [`calls`] value and waits until it is in a block or final.
//! - [`reputation`], [`feedback`] and [`delivery`] hold what reads of scores, campaigns and deliveries
//!   answer with.
//! - [`sealed`] seals and opens files, [`vault`] keeps the secret of a seller, [`secret`] reads files
//!   that hold secrets.
//! - [`ipfs`] speaks to an IPFS node, [`fetch`] downloads files and believes nothing.
//! - [`amount`] reads and shows money exactly; [`keys`] opens keys and reads addresses.
//!
//! Names and shapes of everything on chain come from `metadata.scale`, a copy of the
//! runtime's metadata. A node whose runtime differs in what is asked is told apart at run time
//! ([`ChainError::Incompatible`]) instead of being misread.

pub mod amount;
pub mod calls;
mod chain;
pub mod delivery;
mod error;
pub mod feedback;
pub mod fetch;
mod inference;
pub mod ipfs;
pub mod keys;
mod preflight;
pub mod reputation;
mod runtime;
pub mod sealed;
pub mod secret;
mod types;
pub mod vault;
mod view;
pub mod worker;

pub use chain::{Client, Included, Sent, Stage, Until};
pub use error::{ChainError, Refusal};
pub use inference::*;
pub use preflight::Plan;
pub use subxt::utils::H256;
pub use types::*;
pub use view::View;
