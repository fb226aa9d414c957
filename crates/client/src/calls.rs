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
	feedback::{AnswerBits, CampaignId, GoldOpening},
	inference::{Ground, Reveal},
	sealing::{Complaint, PointBytes},
	JobId, Kind, LicenceId, ListingId, OfferId, ReceiptId, VersionNumber,
};

use crate::{
	chain::Included,
	delivery::{KeyRequested, Refunded, SealedFor},
	error::{ChainError, Refusal},
	feedback::{Accepted, Created, NewItem, Retired, Terms},
	inference::NewRequest,
	keys::AccountId32,
	reputation::Rated,
	runtime::{
		self,
		runtime_types::{
			bounded_collections::bounded_vec::BoundedVec,
			pallet_delivery::{pallet::Call as DeliveryCall, types as delivery},
			pallet_feedback::types as feedback,
			pallet_inference::crypto::app::{Public, Signature},
			sp_runtime::DispatchError,
			weighhouse_runtime::RuntimeCall,
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
		recipient,
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
		recipient.as_deref().map(bounded),
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
		recipient,
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
		recipient.as_deref().map(bounded),
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

/// Adds to the bond that answers for one's deliveries. [`bond_changed`] says what it is then.
pub fn bond_deliveries(amount: u128) -> impl Call {
	tx().delivery().bond(amount)
}

/// Takes back bond that covers no sale. [`bond_changed`] says what is left.
pub fn unbond_deliveries(amount: u128) -> impl Call {
	tx().delivery().unbond(amount)
}

/// Chooses how many blocks one has to deliver, from the next sale on.
pub fn set_delivery_window(blocks: u32) -> impl Call {
	tx().delivery().set_window(blocks)
}

/// Buys a licence of a sealed version: the money waits for the key, which is sealed for `key`. `within`
/// is the longest window of a seller that one would wait. [`key_requested`] says who has to deliver.
pub fn buy_sealed(listing: ListingId, offer: OfferId, key: PointBytes, within: u32) -> impl Call {
	tx().delivery().buy(listing, offer, key, within)
}

/// Delivers keys, at most 50. [`delivered`] and [`refused`] say what came of each.
pub fn deliver_batch(keys: &[SealedFor]) -> impl Call {
	tx().delivery().deliver_batch(key_batch(keys))
}

/// Delivers keys of the seller `real` as its proxy. [`proxied`] says whether it is one.
pub fn deliver_batch_for(real: AccountId32, keys: &[SealedFor]) -> impl Call {
	let keys = key_batch(keys);
	let call = RuntimeCall::Delivery(DeliveryCall::deliver_batch { keys });
	tx().proxy().proxy(MultiAddress::Id(real), None, call)
}

fn key_batch(keys: &[SealedFor]) -> BoundedVec<delivery::KeyOf> {
	let key = |one: &SealedFor| delivery::KeyOf {
		licence: one.licence,
		key: one.key,
		point: one.sealed.point,
		ciphertext: one.sealed.ciphertext,
	};
	BoundedVec(keys.iter().map(key).collect())
}

/// Has the money back for a key that did not come in time; anybody may ask. [`expired`] says how much.
pub fn expire_delivery(licence: LicenceId) -> impl Call {
	tx().delivery().expire(licence)
}

/// Proves that a delivered key is wrong. [`complaint_upheld`] says what the buyer has back.
pub fn complain(licence: LicenceId, complaint: &Complaint) -> impl Call {
	tx().delivery().complain(
		licence,
		complaint.shared,
		complaint.challenge,
		complaint.response,
	)
}

/// Pays for a delivered key; after a sale the licence counts, and [`sold`] says who was paid.
pub fn finalize_delivery(licence: LicenceId) -> impl Call {
	tx().delivery().finalize(licence)
}

/// Asks for the key of a licence once more. [`key_requested`] says who has to deliver.
pub fn ask_again(licence: LicenceId, key: PointBytes) -> impl Call {
	tx().delivery().ask_again(licence, key)
}

/// Removes the record of a delivery that is over; its deposit goes back.
pub fn remove_delivery(licence: LicenceId) -> impl Call {
	tx().delivery().remove_delivery(licence)
}

/// Says how content the buyer of a receipt is, from 0 to 100. [`rated`] says what it did.
pub fn rate(receipt: ReceiptId, percent: u8) -> impl Call {
	tx().reputation().rate(receipt, percent)
}

/// Removes a rating that cannot be given again; its deposit goes back to its buyer.
pub fn forget_rating(receipt: ReceiptId) -> impl Call {
	tx().reputation().forget_rating(receipt)
}

/// Puts money aside for raters. [`campaign_created`] says for which campaign, and how much.
pub fn create_campaign(terms: &Terms) -> impl Call {
	tx().feedback().create_campaign(
		terms.gold_root,
		terms.gold_count,
		terms.item_count,
		terms.items_each,
		terms.raters,
		terms.price,
		terms.stake,
		terms.joining,
		terms.answering,
		terms.dataset,
		terms.min_score,
	)
}

/// Adds items to the pool of a campaign of one's own, at most 50.
pub fn add_items(campaign: CampaignId, items: &[NewItem]) -> impl Call {
	let item = |item: &NewItem| feedback::NewItem {
		prompt: bounded(&item.prompt),
		a: bounded(&item.a),
		b: bounded(&item.b),
	};
	let items = BoundedVec(items.iter().map(item).collect());
	tx().feedback().add_items(campaign, items)
}

/// Adds items made of pairs of receipts of answers to the same input, at most 50.
pub fn add_answers(campaign: CampaignId, pairs: &[(ReceiptId, ReceiptId)]) -> impl Call {
	let pair = |pair: &(ReceiptId, ReceiptId)| feedback::AnswerPair {
		a: pair.0,
		b: pair.1,
	};
	let pairs = BoundedVec(pairs.iter().map(pair).collect());
	tx().feedback().add_answers(campaign, pairs)
}

/// Takes a campaign back whose items are not complete.
pub fn cancel_campaign(campaign: CampaignId) -> impl Call {
	tx().feedback().cancel_campaign(campaign)
}

/// Takes a place in a campaign; the stake is held. [`joined`] says which place.
pub fn join(campaign: CampaignId) -> impl Call {
	tx().feedback().join(campaign)
}

/// Commits to all answers of a rater, by [`commitment`](weighhouse_primitives::feedback::commitment).
pub fn commit(campaign: CampaignId, commitment: H256) -> impl Call {
	tx().feedback().commit(campaign, commitment)
}

/// Shows the answers that were committed to.
pub fn reveal(campaign: CampaignId, answers: &AnswerBits, salt: H256) -> impl Call {
	let answers = BoundedVec(answers.to_vec());
	tx().feedback().reveal(campaign, answers, salt)
}

/// Shows that items are gold, at most 10; what is open already is passed over. [`gold_opened`] says how
/// many are still hidden.
pub fn open_gold(campaign: CampaignId, openings: &[GoldOpening]) -> impl Call {
	let openings = BoundedVec(openings.iter().cloned().map(Static).collect());
	tx().feedback().open_gold(campaign, openings)
}

/// Settles at most `limit` raters of a campaign; anybody may.
pub fn settle(campaign: CampaignId, limit: u32) -> impl Call {
	tx().feedback().settle(campaign, limit)
}

/// Pushes a campaign on whose deadline is over; anybody may.
pub fn poke_campaign(campaign: CampaignId) -> impl Call {
	tx().feedback().poke(campaign)
}

/// Removes at most `limit` records of a campaign that is over. [`campaign_removed`] says whether all
/// are gone.
pub fn remove_campaign(campaign: CampaignId, limit: u32) -> impl Call {
	tx().feedback().remove_campaign(campaign, limit)
}

/// Gives the dataset of a campaign to its raters; the pot must be proposed as its owner before.
/// [`dataset_accepted`] says what the pot got.
pub fn accept_dataset(campaign: CampaignId, listing: ListingId) -> impl Call {
	tx().feedback().accept_dataset(campaign, listing)
}

/// Gives raters what their dataset has earned; anybody may. [`dividends`] says who got how much.
pub fn distribute(campaign: CampaignId) -> impl Call {
	tx().feedback().distribute(campaign)
}

/// Removes a version of a dataset that nobody can earn by any more; what is due to raters they get
/// before, which [`dividends`] says. [`dataset_retired`] says whether it was the last version.
pub fn retire_dataset(campaign: CampaignId, version: VersionNumber) -> impl Call {
	tx().feedback().retire_dataset(campaign, version)
}

/// What the bond is after [`bond_deliveries`] or [`unbond_deliveries`].
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn bond_changed(included: &Included) -> Result<u128, ChainError> {
	let event: runtime::delivery::events::BondChanged = included.event("BondChanged")?;
	Ok(event.bond)
}

/// What [`buy_sealed`] or [`ask_again`] asked for.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn key_requested(included: &Included) -> Result<KeyRequested, ChainError> {
	let event: runtime::delivery::events::KeyRequested = included.event("KeyRequested")?;
	Ok(KeyRequested {
		licence: event.licence,
		listing: event.listing,
		version: event.version,
		seller: event.seller,
		buyer: event.buyer,
		payment: event.payment.into(),
		until: event.until,
	})
}

/// The licences whose keys [`deliver_batch`] delivered.
///
/// # Errors
/// [`ChainError`] if the events cannot be read.
pub fn delivered(included: &Included) -> Result<Vec<LicenceId>, ChainError> {
	let events = included.events::<runtime::delivery::events::KeyDelivered>()?;
	Ok(events.into_iter().map(|event| event.licence).collect())
}

/// The licences whose keys were not taken by [`deliver_batch`], and what the runtime says to it.
///
/// # Errors
/// [`ChainError`] if the events cannot be read.
pub fn refused(included: &Included) -> Result<Vec<(LicenceId, String)>, ChainError> {
	let events = included.events::<runtime::delivery::events::KeyRefused>()?;
	let told = |event: runtime::delivery::events::KeyRefused| {
		(event.licence, refusal(included, &event.error).to_string())
	};
	Ok(events.into_iter().map(told).collect())
}

/// Whether the call that a proxy made was taken.
///
/// # Errors
/// [`ChainError::Refused`] if not, [`ChainError::Incompatible`] if the transaction was another one.
pub fn proxied(included: &Included) -> Result<(), ChainError> {
	let event: runtime::proxy::events::ProxyExecuted = included.event("ProxyExecuted")?;
	event
		.result
		.map_err(|error| ChainError::Refused(refusal(included, &error)))
}

/// The words of the runtime for an error that did not undo the transaction.
fn refusal(included: &Included, error: &DispatchError) -> Refusal {
	let known = match error {
		DispatchError::Module(error) => {
			let [number, ..] = error.error;
			included.refusal(error.index, number)
		}
		_ => None,
	};
	known.unwrap_or_else(|| Refusal {
		pallet: "System".into(),
		name: format!("{error:?}"),
		docs: "The runtime says no more.".into(),
	})
}

/// What [`complain`] did.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn complaint_upheld(included: &Included) -> Result<Refunded, ChainError> {
	let event: runtime::delivery::events::ComplaintUpheld = included.event("ComplaintUpheld")?;
	Ok(Refunded {
		refunded: event.refunded,
		compensation: event.compensation,
		burned: event.burned,
	})
}

/// What [`expire_delivery`] did.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn expired(included: &Included) -> Result<Refunded, ChainError> {
	let event: runtime::delivery::events::DeliveryExpired = included.event("DeliveryExpired")?;
	Ok(Refunded {
		refunded: event.refunded,
		compensation: event.compensation,
		burned: 0,
	})
}

/// What [`rate`] did.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn rated(included: &Included) -> Result<Rated, ChainError> {
	let event: runtime::reputation::events::Rated = included.event("Rated")?;
	Ok(Rated {
		listing: event.listing,
		seller: event.seller,
		taken: event.taken,
		listing_score: event.listing_score,
		seller_score: event.seller_score,
	})
}

/// Whose rating [`forget_rating`] removed; its deposit is theirs again.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn rating_forgotten(included: &Included) -> Result<AccountId32, ChainError> {
	let event: runtime::reputation::events::RatingForgotten = included.event("RatingForgotten")?;
	Ok(event.buyer)
}

/// The campaign that [`create_campaign`] made.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn campaign_created(included: &Included) -> Result<Created, ChainError> {
	let event: runtime::feedback::events::CampaignCreated = included.event("CampaignCreated")?;
	Ok(Created {
		campaign: event.campaign,
		campaign_hash: event.campaign_hash,
		budget: event.budget,
	})
}

/// The place that [`join`] took, from 0.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn joined(included: &Included) -> Result<u32, ChainError> {
	let event: runtime::feedback::events::Joined = included.event("Joined")?;
	Ok(event.place)
}

/// How much gold [`open_gold`] opened, and how much is still hidden.
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn gold_opened(included: &Included) -> Result<(u32, u32), ChainError> {
	let event: runtime::feedback::events::GoldOpened = included.event("GoldOpened")?;
	Ok((event.count, event.left))
}

/// Whether [`remove_campaign`] removed the last record.
pub fn campaign_removed(included: &Included) -> bool {
	let event = included.event::<runtime::feedback::events::CampaignRemoved>("CampaignRemoved");
	event.is_ok()
}

/// What the pot of a campaign got by [`accept_dataset`].
///
/// # Errors
/// [`ChainError::Incompatible`] if the transaction was another one.
pub fn dataset_accepted(included: &Included) -> Result<Accepted, ChainError> {
	let event: runtime::feedback::events::DatasetAccepted = included.event("DatasetAccepted")?;
	Ok(Accepted {
		pot: event.pot,
		endowment: event.endowment,
	})
}

/// Who got how much by [`distribute`] or [`retire_dataset`].
///
/// # Errors
/// [`ChainError`] if the events cannot be read.
pub fn dividends(included: &Included) -> Result<Vec<(AccountId32, u128)>, ChainError> {
	let events = included.events::<runtime::feedback::events::DividendPaid>()?;
	Ok(events
		.into_iter()
		.map(|event| (event.rater, event.amount))
		.collect())
}

/// What came of the dataset of a campaign, if [`retire_dataset`] removed its last version.
pub fn dataset_retired(included: &Included) -> Option<Retired> {
	let event = included.event::<runtime::feedback::events::DatasetRetired>("DatasetRetired");
	event.ok().map(|event| Retired {
		listing: event.listing,
		returned: event.returned,
	})
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

/// What [`buy`] did, or [`finalize_delivery`] after a sale.
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
