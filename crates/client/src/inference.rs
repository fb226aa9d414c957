//! Paid answers: what they cost, who gives them, where they stand and what is left of them.
//!
//! Amounts are in plancks (10^-12 WGH), blocks are block numbers.

use core::fmt;

use subxt::{
	dynamic::Value,
	storage,
	utils::{Static, H256},
};
use weighhouse_primitives::{
	inference::{Access, Answer, Fingerprint, Ground, JobId, Mode, Round, KEY_DOMAIN},
	Evidence, LicenceId, ListingId, OfferId, ReceiptId, VersionNumber,
};

use crate::{
	error::ChainError,
	keys::{AccountId32, Keypair},
	runtime::{self, runtime_apis, runtime_types},
	view::View,
};

mod generated {
	pub use super::runtime_types::pallet_inference::types::*;
}
mod licensing {
	pub use super::runtime_types::pallet_licensing::types::ReceiptView;
}

/// The most records that the runtime gives at once.
const PAGE: u32 = 100;

/// Which window to reveal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
	/// Another one follows if too few reveal.
	First,
	/// What is not shown by its end is not shown.
	Last,
}

/// Where a job stands, with what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
	/// Workers are drawn as soon as the two blocks after this one are known.
	Open {
		/// The block of the request.
		since: u32,
	},
	/// Drawn workers commit to answers.
	Committing {
		/// The last block for it.
		until: u32,
	},
	/// Workers show their answers.
	Revealing {
		/// The block in which it began.
		since: u32,
		/// The last block for it.
		until: u32,
		/// Which window it is.
		window: Window,
	},
	/// A single worker has answered; whether it is audited shows two blocks after this one.
	Sampling {
		/// The block of the answer.
		since: u32,
	},
	/// One more worker answers the same.
	Auditing {
		/// The last block for it.
		until: u32,
	},
	/// There is an answer; it stands unless somebody disputes it.
	Resolved {
		/// The last block for it.
		until: u32,
	},
	/// A jury is drawn as soon as the two blocks after this one are known.
	Summoning {
		/// The block of the dispute.
		since: u32,
	},
	/// Jurors commit to answers.
	JuryCommitting {
		/// The last block for it.
		until: u32,
	},
	/// Jurors show their answers.
	JuryRevealing {
		/// The block in which it began.
		since: u32,
		/// The last block for it.
		until: u32,
		/// Which window it is.
		window: Window,
	},
	/// All is decided; money moves in the next step.
	Ending {
		/// The block of the decision.
		since: u32,
		/// The decision.
		outcome: Outcome,
	},
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// The answer stands and everybody was paid.
	Final,
	/// There is no answer that stands; the requester was refunded.
	Refunded(Refund),
}

/// Why a job ended without an answer that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
	/// Too few workers would have answered for the reward.
	NotEnoughWorkers,
	/// Nobody triggered the draw while its randomness was kept.
	SeedLost,
	/// Too few of the drawn workers committed or showed an answer.
	Silence,
	/// No answer was shared by enough of the workers.
	NoQuorum,
	/// The workers agree that the input cannot be fetched.
	InputUnavailable,
	/// The workers agree that the model fails on the input.
	ModelError,
	/// A jury found the answer wrong.
	Overturned,
	/// A jury was needed and could not be drawn or did not decide.
	Undecided,
}

impl fmt::Display for Refund {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::NotEnoughWorkers => "too few workers would have answered for the reward",
			Self::SeedLost => "nobody triggered the draw while its randomness was kept",
			Self::Silence => "too few of the drawn workers answered in time",
			Self::NoQuorum => "no answer was shared by enough of the workers",
			Self::InputUnavailable => "the workers agree that the input cannot be fetched",
			Self::ModelError => "the workers agree that the model fails on the input",
			Self::Overturned => "a jury found the answer wrong",
			Self::Undecided => "a jury was needed and could not be drawn or did not decide",
		})
	}
}

/// What was found of what a seat did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
	/// Nothing yet, or nothing that anybody is to blame or to pay for.
	Open,
	/// It answered with those whose answer stands.
	Agreed,
	/// Its evidence is like that of those whose answer stands, its output is not.
	NearTie,
	/// It answered something else.
	Minority,
	/// It was drawn and stayed silent.
	Silent,
	/// It committed to an answer and never showed it.
	Unrevealed,
	/// An audit or a jury found its answer wrong.
	Overturned,
}

/// Whether the answer of a receipt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptState {
	/// It can still be disputed, or is.
	Provisional,
	/// It stands, and all were paid.
	Final,
	/// It does not stand, and the requester was refunded.
	Refunded,
}

/// Whether a worker is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
	/// It is drawn while it is alive and its bond is free.
	Active,
	/// It was silent too often and is not drawn until it resumes.
	Suspended,
	/// It does not want to be drawn.
	Paused,
}

/// Bond on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbonding {
	/// How much.
	pub amount: u128,
	/// The first block in which it can be withdrawn.
	pub until: u32,
}

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
	/// Who it is.
	pub worker: AccountId32,
	/// Its key.
	pub key: H256,
	/// Bond that counts.
	pub bond: u128,
	/// The part of it that open jobs reserve.
	pub reserved: u128,
	/// Bond on its way out.
	pub unbonding: Vec<Unbonding>,
	/// Whether it is drawn.
	pub availability: Availability,
	/// Silences in a row.
	pub silences: u8,
	/// The block of its last sign of life.
	pub seen: u32,
	/// Whether it was seen lately enough to be drawn.
	pub alive: bool,
	/// How many listings it serves.
	pub served: u32,
	/// Its open jobs.
	pub open_jobs: Vec<JobId>,
}

/// A worker that serves a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServingWorker {
	/// Who it is.
	pub worker: AccountId32,
	/// The smallest reward for which it works.
	pub min_reward: u128,
	/// The part of its bond that no job reserves.
	pub free_bond: u128,
	/// Its weight in a draw now; 0 if it would not be drawn for the reward.
	pub weight: u128,
}

/// Who disputes an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
	/// Who disputes it.
	pub challenger: AccountId32,
	/// What they say.
	pub ground: Ground,
	/// What they hold for the jury.
	pub bond: u128,
}

/// A drawn worker's place in a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
	/// Which panel it belongs to.
	pub round: Round,
	/// Who sits here.
	pub worker: AccountId32,
	/// Its key at the time of the draw.
	pub key: H256,
	/// The commitment, once made.
	pub commitment: Option<H256>,
	/// The answer, once shown.
	pub answer: Option<Answer>,
	/// The output, if it was small enough for the reveal.
	pub output: Vec<u8>,
	/// What was found.
	pub finding: Finding,
}

/// An open job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
	/// Number of the job.
	pub job: JobId,
	/// Identity of the request.
	pub request_hash: H256,
	/// Who asked and pays.
	pub requester: AccountId32,
	/// The listing that is asked.
	pub listing: ListingId,
	/// The version that is asked.
	pub version: VersionNumber,
	/// How many workers answer.
	pub mode: Mode,
	/// What entitles the requester.
	pub access: Access,
	/// Content id of the input as text.
	pub input: String,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
	/// What each seat earns.
	pub reward: u128,
	/// What is held of the requester.
	pub escrow: u128,
	/// The block of the request.
	pub requested: u32,
	/// Where it stands.
	pub phase: Phase,
	/// The block from which anybody can push it on.
	pub due: u32,
	/// Number of the receipt, once there is an answer.
	pub receipt: Option<ReceiptId>,
	/// Who disputes it, if anybody does.
	pub challenge: Option<Challenge>,
	/// All seats of all panels.
	pub seats: Vec<Seat>,
}

/// What a job would cost, from the standing asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQuote {
	/// The smallest reward for which enough workers would answer now.
	pub reward: u128,
	/// What the owner of the listing asks for the call.
	pub call: u128,
	/// What an audit would cost; comes back unless there is one.
	pub premium: u128,
	/// All that is held until the job is over.
	pub escrow: u128,
	/// The protocol's part of what is spent: inside the above.
	pub fee: u128,
	/// Deposits for the job and its receipt, which come back.
	pub deposit: u128,
	/// How many workers could be drawn at this reward.
	pub eligible: u32,
	/// How many jurors a dispute would have; 0 means that the answer cannot be disputed.
	pub jury: u32,
	/// What a challenger would hold.
	pub dispute_bond: u128,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoQuote {
	/// There is no such listing or version.
	UnknownVersion,
	/// The version was yanked.
	VersionYanked,
	/// The version gives no answers that could be checked.
	NotServed,
	/// Too few workers serve it, are alive and have bond left.
	NotEnoughWorkers,
	/// The licence or offer does not allow the call.
	NoAccess,
	/// Owners cannot ask their own worker.
	OwnRequest,
	/// Only the owner of the listing may serve this version.
	OnlyOwnerServes,
}

impl fmt::Display for NoQuote {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::UnknownVersion => "there is no such listing or version",
			Self::VersionYanked => {
				"the version was yanked: only licences that were sold before still count"
			}
			Self::NotServed => "the version gives no answers that could be checked",
			Self::NotEnoughWorkers => "too few workers serve it, are alive and have bond left",
			Self::NoAccess => "the licence or offer does not allow this account the call",
			Self::OwnRequest => "owners cannot ask their own worker",
			Self::OnlyOwnerServes => "only its owner may serve this version",
		})
	}
}

/// What is left of an answered job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReceipt {
	/// Number of the receipt.
	pub receipt: ReceiptId,
	/// Number of the job.
	pub job: JobId,
	/// Identity of the request.
	pub request_hash: H256,
	/// The listing that answered.
	pub listing: ListingId,
	/// The version that answered.
	pub version: VersionNumber,
	/// Who owned the listing when it was asked.
	pub seller: AccountId32,
	/// Who asked and paid.
	pub buyer: AccountId32,
	/// How many workers answered.
	pub mode: Mode,
	/// What entitled the buyer.
	pub access: Access,
	/// Content id of the input as text.
	pub input: String,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
	/// Sha2-256 of the canonical output.
	pub output_hash: H256,
	/// Length of the output in bytes if it travelled in a reveal; none if it is larger than that.
	pub output_length: Option<u32>,
	/// Fingerprint of the evidence.
	pub fingerprint: Fingerprint,
	/// Sha2-256 of the provenance statement of the worker in the middle of those who agreed.
	pub statement: H256,
	/// How well the answer is supported.
	pub evidence: Evidence,
	/// Workers who agreed on it.
	pub agreed: Vec<AccountId32>,
	/// Bond that the drawn workers reserved for it together.
	pub panel_bond: u128,
	/// How many workers could have been drawn.
	pub eligible: u32,
	/// What the buyer pays if it stands.
	pub price: u128,
	/// The protocol fee that was paid for it; 0 until the job ended.
	pub fee: u128,
	/// The block of the answer.
	pub block: u32,
	/// The block in which the job ended; none until then.
	pub settled: Option<u32>,
	/// Whether it stands.
	pub state: ReceiptState,
	/// The first block in which anybody may prune it.
	pub prunable: u32,
}

/// What is left of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleReceipt {
	/// Number of the receipt.
	pub receipt: ReceiptId,
	/// What was sold.
	pub listing: ListingId,
	/// The first version that the licence covers.
	pub first_version: VersionNumber,
	/// The last version that the licence covers.
	pub last_version: VersionNumber,
	/// The offer that was taken.
	pub offer: OfferId,
	/// The licence that was made.
	pub licence: LicenceId,
	/// Who owned the listing and was paid.
	pub seller: AccountId32,
	/// Who paid.
	pub buyer: AccountId32,
	/// What was paid.
	pub price: u128,
	/// The protocol fee inside of the price.
	pub fee: u128,
	/// When.
	pub block: u32,
	/// The first block in which anybody may prune it.
	pub prunable: u32,
}

/// A receipt. Sales and jobs share their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
	/// Of a licence that was sold.
	Sale(SaleReceipt),
	/// Of a job that was answered.
	Job(Box<JobReceipt>),
}

/// How a job ended, as the block says in which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobEnd {
	/// How it ended.
	pub outcome: Outcome,
	/// What was spent of the escrow.
	pub spent: u128,
	/// What came back to the requester.
	pub refunded: u128,
	/// The block.
	pub block: u64,
}

/// An answer that a worker showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
	/// Which panel the worker sits on.
	pub round: Round,
	/// The worker.
	pub worker: AccountId32,
	/// The answer.
	pub answer: Answer,
	/// The canonical output, if it was small enough.
	pub output: Vec<u8>,
}

/// What [`crate::calls::request`] asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
	/// The listing.
	pub listing: ListingId,
	/// The version.
	pub version: VersionNumber,
	/// How many workers answer.
	pub mode: Mode,
	/// What entitles the requester.
	pub access: Access,
	/// What each worker earns, protocol fee inside.
	pub reward: u128,
	/// Content id of the input as text.
	pub input: String,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
}

/// What shows the chain with `genesis` that the holder of `account` has the worker key `key`, for
/// [`crate::calls::register_worker`].
pub fn key_proof(key: &Keypair, genesis: H256, account: &AccountId32) -> [u8; 64] {
	key.sign(&weighhouse_primitives::inference::signed_bytes(
		KEY_DOMAIN, genesis, account.0,
	))
	.0
}

impl View {
	/// What asking would cost now, or why it cannot be asked.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every read here.
	pub async fn job_quote(
		&self,
		requester: &AccountId32,
		listing: ListingId,
		version: VersionNumber,
		mode: Mode,
		access: Access,
	) -> Result<Result<JobQuote, NoQuote>, ChainError> {
		let payload = runtime_apis().inference_api().quote(
			*requester,
			listing,
			version,
			Static(mode),
			Static(access),
		);
		Ok(self
			.call(payload)
			.await?
			.map(Into::into)
			.map_err(Into::into))
	}

	/// An open job; none if there never was one of this number, or it is over.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn job(&self, job: JobId) -> Result<Option<Job>, ChainError> {
		let payload = runtime_apis().inference_api().job(job);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// The numbers of all open jobs, in order.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn open_jobs(&self) -> Result<Vec<JobId>, ChainError> {
		let jobs = storage::dynamic::<(JobId,), Value>("Inference", "Jobs");
		let mut entries = self.0.storage().iter(jobs, ()).await?;
		let mut numbers = Vec::new();
		while let Some(entry) = entries.next().await {
			let key = entry?.key().map_err(ChainError::unexpected)?;
			let (number,) = key.decode().map_err(ChainError::unexpected)?;
			numbers.push(number);
		}
		numbers.sort_unstable();
		Ok(numbers)
	}

	/// How `job` ended, if it did so in the block of this view.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn job_end(&self, job: JobId) -> Result<Option<JobEnd>, ChainError> {
		let events = self.0.events().fetch().await?;
		for event in events.find::<runtime::inference::events::JobEnded>() {
			let event = event?;
			if event.job == job {
				return Ok(Some(JobEnd {
					outcome: event.outcome.into(),
					spent: event.spent,
					refunded: event.refunded,
					block: self.block(),
				}));
			}
		}
		Ok(None)
	}

	/// The answers to `job` that were shown in the block of this view.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn revealed(&self, job: JobId) -> Result<Vec<Revealed>, ChainError> {
		let events = self.0.events().fetch().await?;
		let mut shown = Vec::new();
		for event in events.find::<runtime::inference::events::Revealed>() {
			let event = event?;
			if event.job == job {
				shown.push(Revealed {
					round: event.round.0,
					worker: event.worker,
					answer: event.reveal.0.answer,
					output: event.reveal.0.output.to_vec(),
				});
			}
		}
		Ok(shown)
	}

	/// The receipt of a job or a sale, unless it was pruned.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn receipt(&self, receipt: ReceiptId) -> Result<Option<Receipt>, ChainError> {
		if let Some(job) = self.job_receipt(receipt).await? {
			return Ok(Some(Receipt::Job(Box::new(job))));
		}
		let payload = runtime_apis().licensing_api().receipt(receipt);
		let sale = self.call(payload).await?;
		Ok(sale.map(|sale| Receipt::Sale(sale.into())))
	}

	/// The receipt of a job, unless it was pruned.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn job_receipt(&self, receipt: ReceiptId) -> Result<Option<JobReceipt>, ChainError> {
		let payload = runtime_apis().inference_api().receipt(receipt);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// The numbers of all receipts of an account's requests, in order.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn receipts_of(&self, account: &AccountId32) -> Result<Vec<ReceiptId>, ChainError> {
		let mut receipts: Vec<ReceiptId> = Vec::new();
		loop {
			let after = receipts.last().copied().unwrap_or(0);
			let payload = runtime_apis()
				.inference_api()
				.receipts_of(*account, after, PAGE);
			let page = self.call(payload).await?;
			let is_last = is_last(page.len());
			receipts.extend(page);
			if is_last {
				receipts.sort_unstable();
				return Ok(receipts);
			}
		}
	}

	/// The numbers of all receipts whose output has this sha2-256, in order. Outputs below 32 bytes
	/// are not found, since too many answers share them.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn receipts_by_output(
		&self,
		output_hash: H256,
	) -> Result<Vec<ReceiptId>, ChainError> {
		let mut receipts: Vec<ReceiptId> = Vec::new();
		loop {
			let after = receipts.last().copied().unwrap_or(0);
			let payload =
				runtime_apis()
					.inference_api()
					.receipts_by_output(output_hash, after, PAGE);
			let page = self.call(payload).await?;
			let is_last = is_last(page.len());
			receipts.extend(page);
			if is_last {
				receipts.sort_unstable();
				return Ok(receipts);
			}
		}
	}

	/// The worker of an account, if it is one.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn worker(&self, account: &AccountId32) -> Result<Option<Worker>, ChainError> {
		let payload = runtime_apis().inference_api().worker(*account);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// Who serves a listing, with the weight that each has in a draw for `reward`.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn serving(
		&self,
		listing: ListingId,
		reward: u128,
	) -> Result<Vec<ServingWorker>, ChainError> {
		let payload = runtime_apis().inference_api().serving(listing, reward);
		Ok(self
			.call(payload)
			.await?
			.into_iter()
			.map(Into::into)
			.collect())
	}
}

/// Whether nothing follows a page of so many records.
fn is_last(count: usize) -> bool {
	count < usize::try_from(PAGE).unwrap_or(usize::MAX)
}

impl From<generated::Window> for Window {
	fn from(window: generated::Window) -> Self {
		match window {
			generated::Window::First => Self::First,
			generated::Window::Last => Self::Last,
		}
	}
}

impl From<generated::Phase<u32>> for Phase {
	fn from(phase: generated::Phase<u32>) -> Self {
		match phase {
			generated::Phase::Open { since } => Self::Open { since },
			generated::Phase::Committing { until } => Self::Committing { until },
			generated::Phase::Revealing {
				since,
				until,
				window,
			} => Self::Revealing {
				since,
				until,
				window: window.into(),
			},
			generated::Phase::Sampling { since } => Self::Sampling { since },
			generated::Phase::Auditing { until } => Self::Auditing { until },
			generated::Phase::Resolved { until } => Self::Resolved { until },
			generated::Phase::Summoning { since } => Self::Summoning { since },
			generated::Phase::JuryCommitting { until } => Self::JuryCommitting { until },
			generated::Phase::JuryRevealing {
				since,
				until,
				window,
			} => Self::JuryRevealing {
				since,
				until,
				window: window.into(),
			},
			generated::Phase::Ending { since, outcome } => Self::Ending {
				since,
				outcome: outcome.into(),
			},
		}
	}
}

impl From<generated::Outcome> for Outcome {
	fn from(outcome: generated::Outcome) -> Self {
		match outcome {
			generated::Outcome::Final => Self::Final,
			generated::Outcome::Refunded(refund) => Self::Refunded(refund.into()),
		}
	}
}

impl From<generated::Refund> for Refund {
	fn from(refund: generated::Refund) -> Self {
		match refund {
			generated::Refund::NotEnoughWorkers => Self::NotEnoughWorkers,
			generated::Refund::SeedLost => Self::SeedLost,
			generated::Refund::Silence => Self::Silence,
			generated::Refund::NoQuorum => Self::NoQuorum,
			generated::Refund::InputUnavailable => Self::InputUnavailable,
			generated::Refund::ModelError => Self::ModelError,
			generated::Refund::Overturned => Self::Overturned,
			generated::Refund::Undecided => Self::Undecided,
		}
	}
}

impl From<generated::Finding> for Finding {
	fn from(finding: generated::Finding) -> Self {
		match finding {
			generated::Finding::Open => Self::Open,
			generated::Finding::Agreed => Self::Agreed,
			generated::Finding::NearTie => Self::NearTie,
			generated::Finding::Minority => Self::Minority,
			generated::Finding::Silent => Self::Silent,
			generated::Finding::Unrevealed => Self::Unrevealed,
			generated::Finding::Overturned => Self::Overturned,
		}
	}
}

impl From<generated::ReceiptState> for ReceiptState {
	fn from(state: generated::ReceiptState) -> Self {
		match state {
			generated::ReceiptState::Provisional => Self::Provisional,
			generated::ReceiptState::Final => Self::Final,
			generated::ReceiptState::Refunded => Self::Refunded,
		}
	}
}

impl From<generated::Availability> for Availability {
	fn from(availability: generated::Availability) -> Self {
		match availability {
			generated::Availability::Active => Self::Active,
			generated::Availability::Suspended => Self::Suspended,
			generated::Availability::Paused => Self::Paused,
		}
	}
}

impl From<generated::QuoteError> for NoQuote {
	fn from(error: generated::QuoteError) -> Self {
		match error {
			generated::QuoteError::UnknownVersion => Self::UnknownVersion,
			generated::QuoteError::VersionYanked => Self::VersionYanked,
			generated::QuoteError::NotServed => Self::NotServed,
			generated::QuoteError::NotEnoughWorkers => Self::NotEnoughWorkers,
			generated::QuoteError::NoAccess => Self::NoAccess,
			generated::QuoteError::OwnRequest => Self::OwnRequest,
			generated::QuoteError::OnlyOwnerServes => Self::OnlyOwnerServes,
		}
	}
}

impl From<generated::JobQuote> for JobQuote {
	fn from(quote: generated::JobQuote) -> Self {
		Self {
			reward: quote.reward,
			call: quote.call,
			premium: quote.premium,
			escrow: quote.escrow,
			fee: quote.fee,
			deposit: quote.deposit,
			eligible: quote.eligible,
			jury: quote.jury,
			dispute_bond: quote.dispute_bond,
		}
	}
}

impl From<generated::WorkerView<AccountId32, u32>> for Worker {
	fn from(view: generated::WorkerView<AccountId32, u32>) -> Self {
		let unbonding = |unbonding: generated::Unbonding<u32>| Unbonding {
			amount: unbonding.amount,
			until: unbonding.until,
		};
		Self {
			worker: view.worker,
			key: view.key,
			bond: view.bond,
			reserved: view.reserved,
			unbonding: view.unbonding.into_iter().map(unbonding).collect(),
			availability: view.availability.into(),
			silences: view.silences,
			seen: view.seen,
			alive: view.alive,
			served: view.served,
			open_jobs: view.open_jobs,
		}
	}
}

impl From<generated::ServingView<AccountId32>> for ServingWorker {
	fn from(view: generated::ServingView<AccountId32>) -> Self {
		Self {
			worker: view.worker,
			min_reward: view.min_reward,
			free_bond: view.free_bond,
			weight: view.weight,
		}
	}
}

impl From<generated::SeatView<AccountId32>> for Seat {
	fn from(view: generated::SeatView<AccountId32>) -> Self {
		Self {
			round: view.round.0,
			worker: view.worker,
			key: view.key,
			commitment: view.commitment,
			answer: view.answer.map(|answer| answer.0),
			output: view.output,
			finding: view.finding.into(),
		}
	}
}

impl From<generated::JobView<AccountId32, u32>> for Job {
	fn from(view: generated::JobView<AccountId32, u32>) -> Self {
		let challenge = |challenge: generated::Challenge<AccountId32>| Challenge {
			challenger: challenge.challenger,
			ground: challenge.ground.0,
			bond: challenge.bond,
		};
		Self {
			job: view.job,
			request_hash: view.request_hash,
			requester: view.requester,
			listing: view.listing,
			version: view.version,
			mode: view.mode.0,
			access: view.access.0,
			input: view.input,
			input_hash: view.input_hash,
			reward: view.reward,
			escrow: view.escrow,
			requested: view.requested,
			phase: view.phase.into(),
			due: view.due,
			receipt: view.receipt,
			challenge: view.challenge.map(challenge),
			seats: view.seats.into_iter().map(Into::into).collect(),
		}
	}
}

impl From<generated::ReceiptView<AccountId32, u32>> for JobReceipt {
	fn from(view: generated::ReceiptView<AccountId32, u32>) -> Self {
		let record = view.record;
		Self {
			receipt: view.receipt,
			job: record.job,
			request_hash: record.request_hash,
			listing: record.listing,
			version: record.version,
			seller: record.seller,
			buyer: record.buyer,
			mode: record.mode.0,
			access: record.access.0,
			input: view.input,
			input_hash: record.input_hash,
			output_hash: record.output_hash,
			output_length: record.output_length,
			fingerprint: record.fingerprint,
			statement: record.statement,
			evidence: record.evidence.0,
			agreed: record.agreed.0,
			panel_bond: record.panel_bond,
			eligible: record.eligible,
			price: record.price,
			fee: record.fee,
			block: record.block,
			settled: record.settled,
			state: record.state.into(),
			prunable: view.prunable,
		}
	}
}

impl From<licensing::ReceiptView<AccountId32, u32>> for SaleReceipt {
	fn from(view: licensing::ReceiptView<AccountId32, u32>) -> Self {
		let sale = view.sale;
		Self {
			receipt: view.receipt,
			listing: sale.listing,
			first_version: sale.first_version,
			last_version: sale.last_version,
			offer: sale.offer,
			licence: sale.licence,
			seller: sale.seller,
			buyer: sale.buyer,
			price: sale.price,
			fee: sale.fee,
			block: sale.block,
			prunable: view.prunable,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::keys::{account_of, from_suri};

	#[test]
	fn key_proof_holds_only_for_its_chain_and_account() {
		let key = from_suri("//Worker1").unwrap();
		let (alice, bob) = (
			account_of(&from_suri("//Alice").unwrap()),
			account_of(&from_suri("//Bob").unwrap()),
		);
		let genesis = H256::repeat_byte(7);
		let proof = subxt_signer::sr25519::Signature(key_proof(&key, genesis, &alice));
		let holds = |genesis: H256, account: &AccountId32| {
			let said =
				weighhouse_primitives::inference::signed_bytes(KEY_DOMAIN, genesis, account.0);
			subxt_signer::sr25519::verify(&proof, said, &key.public_key())
		};
		assert!(holds(genesis, &alice));
		assert!(!holds(genesis, &bob));
		assert!(!holds(H256::repeat_byte(8), &alice));
	}

	#[test]
	fn page_is_the_last_when_it_is_not_full() {
		assert!(is_last(0));
		assert!(is_last(99));
		assert!(!is_last(100));
	}
}
