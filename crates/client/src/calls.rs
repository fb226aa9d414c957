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

use sha2::{Digest, Sha256};
use subxt::utils::{MultiAddress, Static, H256};
use weighhouse_primitives::{
	inference::{Ground, Reveal},
	JobId, Kind, LicenceId, ListingId, OfferId, ReceiptId, VersionNumber,
};

use crate::{
	chain::Included,
	error::ChainError,
	inference::NewRequest,
	keys::AccountId32,
	runtime::{
		self,
		runtime_types::{
			bounded_collections::bounded_vec::BoundedVec,
			pallet_inference::crypto::app::{Public, Signature},
		},
		tx,
	},
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

/// Removes a version that nobody needs, and with the last one the listing. [`removed_listing`] says so.
pub fn remove_version(listing: ListingId, version: VersionNumber) -> impl Call {
	tx().listings().remove_version(listing, version)
}

/// Offers a listing to another account, which becomes its owner by accepting.
pub fn propose_owner(listing: ListingId, to: AccountId32) -> impl Call {
	tx().listings().propose_owner(listing, MultiAddress::Id(to))
}

/// Becomes the owner of a listing that was offered. [`owner_changed`] says who was before.
pub fn accept_ownership(listing: ListingId) -> impl Call {
	tx().listings().accept_ownership(listing)
}

/// Withdraws the offer of a listing, or declines it. [`proposal_cancelled`] says whose it was.
pub fn cancel_proposal(listing: ListingId) -> impl Call {
	tx().listings().cancel_proposal(listing)
}

/// What [`claim_root`] takes: sha2-256 of root, account and salt, one after the other.
pub fn commitment(artifact_root: H256, account: &AccountId32, salt: H256) -> H256 {
	let digest = Sha256::new()
		.chain_update(artifact_root)
		.chain_update(account.0)
		.chain_update(salt);
	H256(digest.finalize().into())
}

/// Claims files without showing them, by a [`commitment`].
pub fn claim_root(commitment: H256) -> impl Call {
	tx().listings().claim_root(commitment)
}

/// Gives up a claim that was not used, for its deposit.
pub fn release_claim(commitment: H256) -> impl Call {
	tx().listings().release_claim(commitment)
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

/// Removes a licence: the holder's own at any time, anybody's when it no longer counts.
/// [`licence_removed`] says whose it was.
pub fn remove_licence(licence: LicenceId) -> impl Call {
	tx().licensing().remove_licence(licence)
}

/// Removes a receipt of a sale whose lifetime is over; the deposit goes back to its buyer.
pub fn prune_sale_receipt(receipt: ReceiptId) -> impl Call {
	tx().licensing().prune_receipt(receipt)
}

/// Sends money.
pub fn send_money(to: AccountId32, amount: u128) -> impl Call {
	tx().balances()
		.transfer_keep_alive(MultiAddress::Id(to), amount)
}

/// Pays a listing's owner the royalties that accrued; anybody may ask. [`claimed`] says how much.
pub fn claim(listing: ListingId) -> impl Call {
	tx().licensing().claim(listing)
}

/// Asks a model and holds the money for the answer. [`requested`] says which job that is.
pub fn request(request: NewRequest) -> impl Call {
	tx().inference().request(
		request.listing,
		request.version,
		Static(request.mode),
		Static(request.access),
		request.reward,
		bounded(&request.input),
		request.input_hash,
	)
}

/// Says that an answer is wrong and has a jury decide. [`disputed`] says what is held for it.
pub fn dispute(job: JobId, ground: Ground) -> impl Call {
	tx().inference().dispute(job, Static(ground))
}

/// Pushes a job on whose deadline is over; anybody may.
pub fn poke(job: JobId) -> impl Call {
	tx().inference().poke(job)
}

/// Removes a receipt of a job whose lifetime is over; the deposit goes back to its buyer.
pub fn prune_job_receipt(receipt: ReceiptId) -> impl Call {
	tx().inference().prune_receipt(receipt)
}

/// Makes the account a worker that signs with `key`; [`crate::key_proof`] makes the proof.
pub fn register_worker(key: [u8; 32], proof: [u8; 64], bond: u128) -> impl Call {
	tx().inference()
		.register_worker(Public(key), Signature(proof), bond)
}

/// Lets a worker sign with another key from now on; [`crate::key_proof`] makes the proof.
pub fn set_worker_key(key: [u8; 32], proof: [u8; 64]) -> impl Call {
	tx().inference()
		.set_worker_key(Public(key), Signature(proof))
}

/// Adds to a worker's bond.
pub fn bond_more(amount: u128) -> impl Call {
	tx().inference().bond_more(amount)
}

/// Takes free bond of a worker back; it can be withdrawn after a while.
pub fn unbond(amount: u128) -> impl Call {
	tx().inference().unbond(amount)
}

/// Withdraws bond that has come to the end of its way out.
pub fn withdraw_unbonded() -> impl Call {
	tx().inference().withdraw_unbonded()
}

/// Answers requests of a listing for `min_reward` or more from now on.
pub fn serve(listing: ListingId, min_reward: u128) -> impl Call {
	tx().inference().serve(listing, min_reward)
}

/// Answers no more requests of a listing; open jobs go on.
pub fn stop_serving(listing: ListingId) -> impl Call {
	tx().inference().stop_serving(listing)
}

/// Keeps a worker from being drawn for now.
pub fn pause() -> impl Call {
	tx().inference().pause()
}

/// Lets a worker be drawn again after a pause or a suspension.
pub fn resume() -> impl Call {
	tx().inference().resume()
}

/// Ends a worker that has nothing left to do, with its deposit back.
pub fn remove_worker() -> impl Call {
	tx().inference().remove_worker()
}

/// Commits to an answer by a transaction of the worker's account.
pub fn commit_signed(job: JobId, commitment: H256) -> impl Call {
	tx().inference().commit_signed(job, commitment)
}

/// Shows an answer by a transaction of the worker's account.
pub fn reveal_signed(job: JobId, reveal: Reveal) -> impl Call {
	tx().inference().reveal_signed(job, Static(reveal))
}

/// Gives a sign of life by a transaction of the worker's account.
pub fn heartbeat_signed() -> impl Call {
	tx().inference().heartbeat_signed()
}

/// The job that [`request`] made: its number, the identity of the request and what is held.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn requested(included: &Included) -> Result<(JobId, H256, u128), ChainError> {
	let event: runtime::inference::events::Requested = included.event("Requested")?;
	Ok((event.job, event.request_hash, event.escrow))
}

/// What [`dispute`] holds for the jury.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn disputed(included: &Included) -> Result<u128, ChainError> {
	let event: runtime::inference::events::Disputed = included.event("Disputed")?;
	Ok(event.bond)
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

/// Whether [`remove_version`] removed the listing with its last version.
pub fn removed_listing(included: &Included) -> bool {
	let event = included.event::<runtime::listings::events::ListingRemoved>("ListingRemoved");
	event.is_ok()
}

/// Who owned the listing before [`accept_ownership`], and who does now.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn owner_changed(included: &Included) -> Result<(AccountId32, AccountId32), ChainError> {
	let event: runtime::listings::events::OwnerChanged = included.event("OwnerChanged")?;
	Ok((event.from, event.to))
}

/// Who could have accepted the listing before [`cancel_proposal`].
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn proposal_cancelled(included: &Included) -> Result<AccountId32, ChainError> {
	let event: runtime::listings::events::ProposalCancelled =
		included.event("ProposalCancelled")?;
	Ok(event.proposed)
}

/// Whose licence [`remove_licence`] removed; its deposit is theirs again.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn licence_removed(included: &Included) -> Result<AccountId32, ChainError> {
	let event: runtime::licensing::events::LicenceRemoved = included.event("LicenceRemoved")?;
	Ok(event.holder)
}

fn bounded(text: &str) -> BoundedVec<u8> {
	BoundedVec(text.as_bytes().to_vec())
}
