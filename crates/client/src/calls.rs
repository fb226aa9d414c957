//! Calls to submit, and what they did.
//!
//! ```no_run
//! # async fn close(client: &weighhouse_client::Client) -> Result<(), weighhouse_client::ChainError> {
//! use weighhouse_client::{Until, calls, keys};
//!
//! let key = keys::from_suri("//Alice").expect("a well-known key");
//! client.submit(&calls::close_offer(1, 1), &key, Until::Final, |_| ()).await?;
//! # Ok(())
//! # }
//! ```

use subxt::utils::{MultiAddress, Static, H256};
use weighhouse_primitives::{Kind, LicenceId, ListingId, OfferId, VersionNumber};

use crate::{
	chain::Included,
	error::ChainError,
	keys::AccountId32,
	runtime::{self, runtime_types::bounded_collections::bounded_vec::BoundedVec, tx},
	types::{NewOffer, Publication, Sale},
};

/// Something to sign and submit.
pub use subxt::tx::Payload as Call;

/// Registers a listing with its first version. [`registered`] says which.
pub fn register(kind: Kind, name: &str, task: &str, publication: Publication) -> impl Call {
	let Publication {
		manifest,
		artifact_root,
		licence,
		derivatives,
		serving,
		answers,
		parents,
		claim_salt,
	} = publication;
	tx().listings().register(
		Static(kind),
		bounded(name),
		bounded(task),
		bounded(&manifest),
		artifact_root,
		bounded(&licence),
		Static(derivatives),
		Static(serving),
		Static(answers),
		BoundedVec(parents.into_iter().map(Static).collect()),
		claim_salt,
	)
}

/// Adds a version to a listing of one's own. [`published`] says which.
pub fn add_version(listing: ListingId, publication: Publication) -> impl Call {
	let Publication {
		manifest,
		artifact_root,
		licence,
		derivatives,
		serving,
		answers,
		parents,
		claim_salt,
	} = publication;
	tx().listings().add_version(
		listing,
		bounded(&manifest),
		artifact_root,
		bounded(&licence),
		Static(derivatives),
		Static(serving),
		Static(answers),
		BoundedVec(parents.into_iter().map(Static).collect()),
		claim_salt,
	)
}

/// Withdraws a version from new sales and new children.
pub fn yank(listing: ListingId, version: VersionNumber) -> impl Call {
	tx().listings().yank(listing, version)
}

/// Claims files without showing them, by `sha2-256(root | account | salt)`.
pub fn claim_root(commitment: H256) -> impl Call {
	tx().listings().claim_root(commitment)
}

/// Opens an offer on a listing of one's own. [`opened`] says which.
pub fn open_offer(listing: ListingId, offer: NewOffer) -> impl Call {
	tx().licensing().open_offer(
		listing,
		offer.price,
		Static(offer.term),
		offer.first_version,
		offer.last_version,
		Static(offer.rights),
		Static(offer.transferability),
		offer.supply,
		offer.terms,
	)
}

/// Closes an offer.
pub fn close_offer(listing: ListingId, offer: OfferId) -> impl Call {
	tx().licensing().close_offer(listing, offer)
}

/// Buys a licence. [`sold`] says what was made and who was paid.
pub fn buy(listing: ListingId, offer: OfferId) -> impl Call {
	tx().licensing().buy(listing, offer)
}

/// Hands a licence on. Its deposit moves along.
pub fn transfer(licence: LicenceId, to: AccountId32) -> impl Call {
	tx().licensing().transfer(licence, MultiAddress::Id(to))
}

/// Pays a listing's owner the royalties that accrued; anybody may ask. [`claimed`] says how much.
pub fn claim(listing: ListingId) -> impl Call {
	tx().licensing().claim(listing)
}

/// The listing that [`register`] made.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn registered(included: &Included) -> Result<ListingId, ChainError> {
	let event: runtime::listings::events::Registered = included.event("Registered")?;
	Ok(event.listing)
}

/// The version that [`register`] or [`add_version`] made, and the version that was first with the
/// same files, if that is another one.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
#[allow(clippy::type_complexity)]
pub fn published(
	included: &Included,
) -> Result<(VersionNumber, Option<(ListingId, VersionNumber)>), ChainError> {
	let event: runtime::listings::events::VersionPublished = included.event("VersionPublished")?;
	Ok((event.version, event.same_bytes_as))
}

/// The offer that [`open_offer`] made.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn opened(included: &Included) -> Result<OfferId, ChainError> {
	let event: runtime::licensing::events::OfferOpened = included.event("OfferOpened")?;
	Ok(event.offer)
}

/// What [`buy`] did.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn sold(included: &Included) -> Result<Sale, ChainError> {
	let event: runtime::licensing::events::Sold = included.event("Sold")?;
	Ok(Sale {
		licence: event.licence,
		receipt: event.receipt,
		price: event.price,
		fee_burned: event.fee_burned,
		fee_treasury: event.fee_treasury,
		royalties: event.royalties,
		to_owner: event.to_owner,
	})
}

/// Who was paid how much by [`claim`].
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn claimed(included: &Included) -> Result<(AccountId32, u128), ChainError> {
	let event: runtime::licensing::events::RoyaltyClaimed = included.event("RoyaltyClaimed")?;
	Ok((event.owner, event.amount))
}

fn bounded(text: &str) -> BoundedVec<u8> {
	BoundedVec(text.as_bytes().to_vec())
}
