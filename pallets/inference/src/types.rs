//! What this pallet stores and what its view functions answer with.

// Derived codecs cast the discriminants of enums; nothing here does so by hand.
#![allow(clippy::as_conversions)]

use crate::{crypto::WorkerId, Config, HoldReason};
use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::traits::{
	fungible::{HoldConsideration, InspectHold},
	Footprint, Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::{
	traits::{AtLeast32BitUnsigned, Convert},
	BoundedVec,
};
use weighhouse_primitives::{
	inference::{Access, Answer, Assignment, Fingerprint, Ground, JobId, Mode, Round, MAX_JURY},
	market::{Answers, Serving},
	receipt::Evidence,
	royalty::{Share, MAX_PAYEES},
	traits::CallTerms,
	ContentId, ListingId, ReceiptId, VersionNumber, PARTS,
};

/// The most workers that serve one listing.
pub const MAX_SERVING: u32 = 128;
/// The most open jobs of one worker.
pub const MAX_OPEN_JOBS: u32 = 16;
/// The most withdrawals of bond that wait at a time.
pub const MAX_UNBONDING: u32 = 8;
/// The most jobs whose deadline is the same block.
pub const MAX_DUE: u32 = 64;
/// The most of these that come from new requests, so that steps of open jobs find room.
pub const MAX_DUE_REQUESTS: u32 = MAX_DUE / 2;
/// For how many blocks after it a full deadline is moved.
pub const DUE_SPREAD: u32 = 16;
/// The most steps of jobs that one block takes by itself; what is over waits for the next block or
/// for somebody to poke it.
pub const MAX_STEPS_A_BLOCK: u32 = 32;
/// For how many blocks their randomness is kept.
pub const RANDOMNESS_KEPT: u32 = 256;
/// The most workers of a draw that are asked for their licence.
pub const MAX_LICENCE_CHECKS: u32 = 32;
/// The most workers without a licence that a draw takes off the list of a listing.
pub const MAX_DROPPED: u32 = 8;
/// How many blocks after a request its seed is known.
pub const SEED_BLOCKS: u32 = 2;
/// A courier shows its answer this many blocks after the commits closed, so that a short fork does
/// not show it before they have.
pub const REVEAL_DELAY: u32 = 2;
/// The most records that one page of a view function holds.
pub const MAX_PAGE: u32 = 100;
/// Longest text of a content id that a call accepts before it fails to decode, in bytes.
pub const MAX_CONTENT_ID_TEXT: u32 = 256;

/// Bond that a seat reserves until its job is over, in rewards.
pub const RESERVE_REWARDS: u128 = 100;
/// A bond that a challenger holds for the jury, in rewards.
pub const DISPUTE_REWARDS: u128 = 10;
/// The most that a challenger gains, in rewards.
pub const CHALLENGER_REWARDS: u128 = 10;
/// The challenger's part of a slash: one in this many.
pub const CHALLENGER_PART: u128 = 5;
/// A worker who was drawn and stayed silent loses one reward in this many.
pub const SILENT_PART: u128 = 4;
/// What a worker who committed and did not reveal loses, in rewards.
pub const UNREVEALED_REWARDS: u128 = 2;
/// What a worker in the minority loses when outputs are compared bit by bit, in rewards.
pub const MINORITY_EXACT_REWARDS: u128 = 2;
/// What a worker in the minority loses when fingerprints are compared, in rewards.
pub const MINORITY_TOLERANT_REWARDS: u128 = 1;
/// A worker whose job ended without an answer through no fault of theirs gets one reward in this
/// many.
pub const BASE_FEE_PART: u128 = 10;
/// Silences in a row after which a worker is suspended.
pub const MAX_SILENCES: u8 = 3;
/// Heartbeat windows after which a worker without a sign of life is not drawn.
pub const MISSED_HEARTBEATS: u32 = 3;
/// The most that the protocol may take of a reward or a call, in parts per 10^9: 10 %.
pub const MAX_FEE_PARTS: u32 = PARTS / 10;
/// Part of its weight that a worker keeps in a draw whatever its reputation, in parts per 10^9.
pub const REPUTATION_FLOOR: u32 = PARTS / 10;

/// An account of the chain.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// The chain-wide reason type of holds.
pub type HoldReasonOf<T> =
	<<T as Config>::Currency as InspectHold<<T as frame_system::Config>::AccountId>>::Reason;

/// Text of a content id as a call takes it.
pub type ContentIdArgument = BoundedVec<u8, ConstU32<MAX_CONTENT_ID_TEXT>>;

/// A deposit held under the reason `R` for as long as a record exists.
pub type Ticket<T, R> =
	HoldConsideration<AccountIdOf<T>, <T as Config>::Currency, R, <T as Config>::DepositPrice>;

/// Names [`HoldReason::Worker`] to the deposit type.
pub struct WorkerHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for WorkerHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Worker.into()
	}
}

/// Names [`HoldReason::Ask`] to the deposit type.
pub struct AskHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for AskHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Ask.into()
	}
}

/// Names [`HoldReason::Job`] to the deposit type.
pub struct JobHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for JobHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Job.into()
	}
}

/// Names [`HoldReason::Receipt`] to the deposit type.
pub struct ReceiptHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for ReceiptHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Receipt.into()
	}
}

/// A worker as this chain stores it.
pub type WorkerOf<T> = Worker<BlockNumberFor<T>, Ticket<T, WorkerHold<T>>>;
/// An ask as this chain stores it.
pub type AskOf<T> = Ask<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, AskHold<T>>>;
/// A job as this chain stores it.
pub type JobOf<T> =
	Job<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, JobHold<T>>, Ticket<T, ReceiptHold<T>>>;
/// A seat as this chain stores it.
pub type SeatOf<T> = Seat<AccountIdOf<T>>;
/// A panel as this chain stores it.
pub type PanelOf<T> = BoundedVec<SeatOf<T>, ConstU32<MAX_JURY>>;
/// A receipt as this chain stores it.
pub type ReceiptOf<T> = Receipt<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, ReceiptHold<T>>>;

/// Whether a worker is drawn.
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
pub enum Availability {
	/// It is drawn while it is alive and its bond is free.
	Active,
	/// It was silent too often and is not drawn until it resumes.
	Suspended,
	/// It does not want to be drawn.
	Paused,
}

/// A choice of a worker's with the one before it. A draw goes by what held when its job came to the
/// phase, so that nobody chooses when the seed is known.
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
pub struct Held<Choice, BlockNumber> {
	/// What holds now.
	pub now: Choice,
	/// The block in which it was chosen.
	pub since: BlockNumber,
	/// What held before that; none if nothing did that a draw goes by.
	pub before: Option<Choice>,
}

impl<Choice: Copy, BlockNumber: AtLeast32BitUnsigned + Copy> Held<Choice, BlockNumber> {
	/// A first choice.
	pub fn new(now: Choice, since: BlockNumber) -> Self {
		Self {
			now,
			since,
			before: None,
		}
	}

	/// What held at the end of `block`, if anything did.
	pub fn at(&self, block: BlockNumber) -> Option<Choice> {
		if self.since <= block {
			Some(self.now)
		} else {
			self.before
		}
	}

	/// Chooses anew. Of choices so close that they follow one request before its draw, the one before
	/// all of them is kept, or a second choice could undo the first.
	pub fn choose(&mut self, choice: Choice, block: BlockNumber) {
		if block.saturating_sub(self.since) >= SEED_BLOCKS.into() {
			self.before = Some(self.now);
		}
		self.now = choice;
		self.since = block;
	}
}

/// Bond on its way out.
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
pub struct Unbonding<BlockNumber> {
	/// How much, in the smallest unit.
	pub amount: u128,
	/// The first block in which it can be withdrawn.
	pub until: BlockNumber,
}

/// Who answers requests, by their account.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Worker<BlockNumber, Ticket> {
	/// The key that signs what the worker's off-chain worker submits.
	pub key: WorkerId,
	/// Bond that counts, in the smallest unit.
	pub bond: u128,
	/// The part of the bond that open jobs reserve.
	pub reserved: u128,
	/// Bond on its way out; it does not count any more.
	pub unbonding: BoundedVec<Unbonding<BlockNumber>, ConstU32<MAX_UNBONDING>>,
	/// Whether it is drawn.
	pub availability: Held<Availability, BlockNumber>,
	/// Silences in a row.
	pub silences: u8,
	/// The block of its last sign of life.
	pub seen: BlockNumber,
	/// The block in which it last added to its bond.
	pub bonded: BlockNumber,
	/// What it added then and in the blocks right before. It does not count for what happened before,
	/// or bond could go to whoever would be drawn when the seed is known.
	pub added: u128,
	/// How many listings it serves.
	pub served: u32,
	/// The deposit for this record.
	pub ticket: Ticket,
}

impl<BlockNumber, Ticket> Worker<BlockNumber, Ticket> {
	/// The part of the bond that no job reserves.
	pub fn free(&self) -> u128 {
		self.bond.saturating_sub(self.reserved)
	}
}

impl<BlockNumber: AtLeast32BitUnsigned + Copy, Ticket> Worker<BlockNumber, Ticket> {
	/// What was added too late to count for what happened in `block`.
	fn late(&self, block: BlockNumber) -> u128 {
		if self.bonded > block {
			self.added
		} else {
			0
		}
	}

	/// The bond that counts for what happened in `block`.
	pub fn bond_for(&self, block: BlockNumber) -> u128 {
		self.bond.saturating_sub(self.late(block))
	}

	/// The part of that which no job reserves.
	pub fn free_for(&self, block: BlockNumber) -> u128 {
		self.free().saturating_sub(self.late(block))
	}

	/// Whether it wanted to be drawn in `block`.
	pub fn is_active_for(&self, block: BlockNumber) -> bool {
		self.availability.at(block) == Some(Availability::Active)
	}

	/// Adds to the bond. What was added in the blocks right before is as late for one draw or another.
	pub(crate) fn add_bond(&mut self, amount: u128, block: BlockNumber) -> Option<()> {
		self.bond = self.bond.checked_add(amount)?;
		let close = block.saturating_sub(self.bonded) < SEED_BLOCKS.into();
		let before = if close { self.added } else { 0 };
		self.added = before.saturating_add(amount);
		self.bonded = block;
		Some(())
	}
}

/// A worker's price for answers of one listing.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Ask<AccountId, BlockNumber, Ticket> {
	/// Who asks.
	pub worker: AccountId,
	/// The smallest reward for which it works, in the smallest unit. It is drawn for nothing that
	/// happened before the first one.
	pub min_reward: Held<u128, BlockNumber>,
	/// The worker's deposit for this entry.
	pub ticket: Ticket,
}

/// What was found of what a seat did. Money follows it when the job is over.
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

/// A drawn worker's place in a panel.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Seat<AccountId> {
	/// Who sits here.
	pub worker: AccountId,
	/// Its key at the time of the draw.
	pub key: WorkerId,
	/// The commitment to its answer, once it has made one.
	pub commitment: Option<H256>,
	/// Its answer, once it has shown it.
	pub answer: Option<Answer>,
	/// What was found.
	pub finding: Finding,
}

/// Which window to reveal it is.
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
pub enum Window {
	/// Another one follows if too few reveal.
	First,
	/// What is not shown by its end is not shown.
	Last,
}

/// Where a job stands, with what it waits for.
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
pub enum Phase<BlockNumber> {
	/// Workers are drawn as soon as the two blocks after this one are known.
	Open {
		/// The block of the request.
		since: BlockNumber,
	},
	/// Drawn workers commit to answers.
	Committing {
		/// The last block for it.
		until: BlockNumber,
	},
	/// Workers show their answers.
	Revealing {
		/// The block in which it began.
		since: BlockNumber,
		/// The last block for it.
		until: BlockNumber,
		/// Which window it is.
		window: Window,
	},
	/// A single worker has answered; whether it is audited shows two blocks after this one.
	Sampling {
		/// The block of the answer.
		since: BlockNumber,
	},
	/// One more worker answers the same.
	Auditing {
		/// The last block for it.
		until: BlockNumber,
	},
	/// There is an answer; it stands unless somebody disputes it.
	Resolved {
		/// The last block for it.
		until: BlockNumber,
	},
	/// A jury is drawn as soon as the two blocks after this one are known.
	Summoning {
		/// The block of the dispute.
		since: BlockNumber,
	},
	/// Jurors commit to answers.
	JuryCommitting {
		/// The last block for it.
		until: BlockNumber,
	},
	/// Jurors show their answers.
	JuryRevealing {
		/// The block in which it began.
		since: BlockNumber,
		/// The last block for it.
		until: BlockNumber,
		/// Which window it is.
		window: Window,
	},
	/// All is decided; money moves in the next step.
	Ending {
		/// The block of the decision.
		since: BlockNumber,
		/// The decision.
		outcome: Outcome,
	},
}

/// Who disputes an answer. An audit that came to another answer disputes it without a challenger.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Challenge<AccountId> {
	/// Who disputes it.
	pub challenger: AccountId,
	/// What they say.
	pub ground: Ground,
	/// What they hold for the jury, in the smallest unit.
	pub bond: u128,
}

/// Who gets parts of the price of a call.
pub type CallRoyalties = BoundedVec<Share, ConstU32<MAX_PAYEES>>;

/// What a requester pays, fixed at the request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Price {
	/// What each seat earns, protocol fee inside, in the smallest unit.
	pub reward: u128,
	/// What the owner of the listing asks for the call, in the smallest unit.
	pub call: u128,
	/// Who gets parts of that.
	pub royalties: CallRoyalties,
	/// What an audit would cost, in the smallest unit; comes back unless there is one.
	pub premium: u128,
	/// The protocol's part of all of these, in parts per 10^9.
	pub fee_parts: u32,
}

impl Price {
	/// All that is held of the requester until the job is over, in the smallest unit; saturates.
	pub fn escrow(&self, mode: Mode) -> u128 {
		self.reward
			.saturating_mul(mode.seats().into())
			.saturating_add(self.call)
			.saturating_add(self.premium)
	}

	/// The terms of the call as the pallet of licences knows them.
	pub fn call_terms(&self) -> CallTerms {
		CallTerms {
			price: self.call,
			royalties: self.royalties.to_vec(),
		}
	}
}

/// A request and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Job<AccountId, BlockNumber, Ticket, ReceiptTicket> {
	/// Identity of the request on this fork of this chain.
	pub request_hash: H256,
	/// Who asked and pays.
	pub requester: AccountId,
	/// Who owned the listing at the request and is paid for the call.
	pub owner: AccountId,
	/// The listing that is asked.
	pub listing: ListingId,
	/// The version that is asked.
	pub version: VersionNumber,
	/// How many workers answer.
	pub mode: Mode,
	/// What entitles the requester.
	pub access: Access,
	/// How answers are compared.
	pub answers: Answers,
	/// Who may serve the version.
	pub serving: Serving,
	/// Content id of the manifest.
	pub manifest: ContentId,
	/// Artifact root of the version.
	pub artifact_root: H256,
	/// Content id of the input.
	pub input: ContentId,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
	/// What is paid.
	pub price: Price,
	/// The chance of an audit, in parts per 10^9.
	pub audit_parts: u32,
	/// How long the answer can be disputed, in blocks.
	pub challenge_window: BlockNumber,
	/// The block of the request.
	pub requested: BlockNumber,
	/// Where it stands.
	pub phase: Phase<BlockNumber>,
	/// The block in whose queue it waits; none if it found no room and waits for a poke.
	pub queued: Option<BlockNumber>,
	/// The round that was drawn a second time since its seed was lost.
	pub redrawn: Option<Round>,
	/// Number of the receipt, once there is an answer.
	pub receipt: Option<ReceiptId>,
	/// Who disputes it, if anybody does.
	pub challenge: Option<Challenge<AccountId>>,
	/// The requester's deposit for the job's state.
	pub ticket: Ticket,
	/// The requester's deposit for the receipt, until there is one.
	pub receipt_ticket: Option<ReceiptTicket>,
}

/// Why a job ended without an answer that stands. The requester got back what was not spent.
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
	/// A jury did not decide, or could not be drawn between a worker and its auditor.
	Undecided,
}

/// How a job ended.
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
pub enum Outcome {
	/// The answer stands and everybody was paid.
	Final,
	/// There is no answer that stands; the requester was refunded.
	Refunded(Refund),
}

/// Whether the answer of a receipt stands.
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
pub enum ReceiptState {
	/// It can still be disputed, or is.
	Provisional,
	/// It stands, and all were paid.
	Final,
	/// It does not stand, and the requester was refunded.
	Refunded,
}

/// The record of an answered job: proof of payment, evidence, and what made the output.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct JobReceipt<AccountId, BlockNumber> {
	/// Number of the job.
	pub job: JobId,
	/// Identity of the request.
	pub request_hash: H256,
	/// The listing that answered.
	pub listing: ListingId,
	/// The version that answered.
	pub version: VersionNumber,
	/// Who owned the listing when it was asked.
	pub seller: AccountId,
	/// Who asked and paid.
	pub buyer: AccountId,
	/// How many workers answered.
	pub mode: Mode,
	/// What entitled the buyer: a licence, an offer, or owning the listing.
	pub access: Access,
	/// Content id of the input.
	pub input: ContentId,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
	/// Sha2-256 of the canonical output.
	pub output_hash: H256,
	/// Length of the output in bytes if it travelled in a reveal; none if nobody showed it there.
	pub output_length: Option<u32>,
	/// Fingerprint of the evidence.
	pub fingerprint: Fingerprint,
	/// Sha2-256 of the provenance statement of the worker in the middle of those who agreed.
	pub statement: H256,
	/// How well the answer is supported.
	pub evidence: Evidence,
	/// Workers who agreed on it.
	pub agreed: BoundedVec<AccountId, ConstU32<5>>,
	/// Bond that the drawn workers reserved for it together, in the smallest unit.
	pub panel_bond: u128,
	/// How many workers could have been drawn.
	pub eligible: u32,
	/// What the buyer pays if it stands, in the smallest unit.
	pub price: u128,
	/// The protocol fee that was paid for it, in the smallest unit; 0 until the job ended.
	pub fee: u128,
	/// The block of the answer.
	pub block: BlockNumber,
	/// The block in which the job ended; none until then.
	pub settled: Option<BlockNumber>,
	/// Whether it stands.
	pub state: ReceiptState,
}

/// A receipt and the deposit that keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Receipt<AccountId, BlockNumber, Ticket> {
	/// The record.
	pub record: JobReceipt<AccountId, BlockNumber>,
	/// The deposit of the buyer.
	pub ticket: Ticket,
}

/// The randomness of one block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct BlockRandomness<BlockNumber> {
	/// Which block.
	pub block: BlockNumber,
	/// Its author's VRF output; none if it carried none.
	pub output: Option<[u8; 32]>,
}

/// What a worker must do for a job now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
	/// Commit to an answer.
	Commit,
	/// Show the answer that it committed to.
	Reveal {
		/// The commitment.
		commitment: H256,
		/// The block in which the commits closed.
		since: u32,
	},
	/// Show an answer without a commitment, since nobody else answers beside it.
	Answer,
}

/// What a request says.
pub(crate) struct NewRequest {
	pub(crate) listing: ListingId,
	pub(crate) version: VersionNumber,
	pub(crate) mode: Mode,
	pub(crate) access: Access,
	pub(crate) reward: u128,
	pub(crate) input: ContentIdArgument,
	pub(crate) input_hash: H256,
}

/// A job as a courier sees it: what to ask the gateway for, and what is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
	/// What the gateway is asked to do.
	pub assignment: Assignment,
	/// What is due.
	pub duty: Duty,
}

/// What a record of size `E` occupies in state.
pub(crate) fn footprint_of<E: MaxEncodedLen>() -> Footprint {
	Footprint {
		count: 1,
		size: mel::<E>(),
	}
}

/// What a job occupies in state: the record, its main panel and their inline outputs.
pub fn job_footprint<T: Config>(mode: Mode) -> Footprint {
	let seat =
		mel::<SeatOf<T>>().saturating_add(mel::<weighhouse_primitives::inference::InlineOutput>());
	Footprint {
		count: 1,
		size: mel::<JobOf<T>>().saturating_add(seat.saturating_mul(mode.seats().into())),
	}
}

/// What a receipt and its two index entries occupy in state.
pub fn receipt_footprint<T: Config>() -> Footprint {
	Footprint {
		count: 1,
		size: mel::<ReceiptOf<T>>()
			.saturating_add(mel::<(AccountIdOf<T>, ReceiptId)>())
			.saturating_add(mel::<(H256, ReceiptId)>()),
	}
}

/// The deposit for `footprint`, in the smallest unit.
pub fn deposit<T: Config>(footprint: Footprint) -> u128 {
	T::DepositPrice::convert(footprint)
}

fn mel<E: MaxEncodedLen>() -> u64 {
	u64::try_from(E::max_encoded_len()).unwrap_or(u64::MAX)
}

/// A worker, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct WorkerView<AccountId, BlockNumber> {
	/// Who it is.
	pub worker: AccountId,
	/// Its key.
	pub key: H256,
	/// Bond that counts, in the smallest unit.
	pub bond: u128,
	/// The part of it that open jobs reserve.
	pub reserved: u128,
	/// Bond on its way out.
	pub unbonding: Vec<Unbonding<BlockNumber>>,
	/// Whether it is drawn.
	pub availability: Availability,
	/// Silences in a row.
	pub silences: u8,
	/// The block of its last sign of life.
	pub seen: BlockNumber,
	/// Whether it was seen lately enough to be drawn.
	pub alive: bool,
	/// How many listings it serves.
	pub served: u32,
	/// Its open jobs.
	pub open_jobs: Vec<JobId>,
}

/// A worker that serves a listing, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ServingView<AccountId> {
	/// Who it is.
	pub worker: AccountId,
	/// The smallest reward for which it works, in the smallest unit.
	pub min_reward: u128,
	/// The part of its bond that no job reserves, in the smallest unit.
	pub free_bond: u128,
	/// Its weight in a draw now; 0 if it would not be drawn for this reward.
	pub weight: u128,
}

/// A seat, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct SeatView<AccountId> {
	/// Which panel it belongs to.
	pub round: Round,
	/// Who sits here.
	pub worker: AccountId,
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

/// A job, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct JobView<AccountId, BlockNumber> {
	/// Number of the job.
	pub job: JobId,
	/// Identity of the request.
	pub request_hash: H256,
	/// Who asked and pays.
	pub requester: AccountId,
	/// The listing that is asked.
	pub listing: ListingId,
	/// The version that is asked.
	pub version: VersionNumber,
	/// How many workers answer.
	pub mode: Mode,
	/// What entitles the requester.
	pub access: Access,
	/// Content id of the input, as text.
	pub input: String,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
	/// What each seat earns, in the smallest unit.
	pub reward: u128,
	/// What is held of the requester, in the smallest unit.
	pub escrow: u128,
	/// The block of the request.
	pub requested: BlockNumber,
	/// Where it stands.
	pub phase: Phase<BlockNumber>,
	/// The block from which anybody can push it on.
	pub due: BlockNumber,
	/// Number of the receipt, once there is an answer.
	pub receipt: Option<ReceiptId>,
	/// Who disputes it, if anybody does.
	pub challenge: Option<Challenge<AccountId>>,
	/// All seats of all panels.
	pub seats: Vec<SeatView<AccountId>>,
}

/// What a job would cost, from the standing asks.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct JobQuote {
	/// The smallest reward for which enough workers would answer now, in the smallest unit.
	pub reward: u128,
	/// What the owner of the listing asks for the call, in the smallest unit.
	pub call: u128,
	/// What an audit would cost; comes back unless there is one.
	pub premium: u128,
	/// All that is held until the job is over, in the smallest unit.
	pub escrow: u128,
	/// The protocol's part of what is spent, in the smallest unit: inside the above.
	pub fee: u128,
	/// Deposits for the job and its receipt, which come back, in the smallest unit.
	pub deposit: u128,
	/// How many workers could be drawn at this reward.
	pub eligible: u32,
	/// How many jurors a dispute would have; 0 means that the answer cannot be disputed.
	pub jury: u32,
	/// What a challenger would hold, in the smallest unit.
	pub dispute_bond: u128,
}

/// Why there is no price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum QuoteError {
	/// There is no such listing or version.
	UnknownVersion,
	/// The version was yanked, so no calls of it are sold; a licence still covers it.
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

/// A receipt, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ReceiptView<AccountId, BlockNumber> {
	/// Number of the receipt.
	pub receipt: ReceiptId,
	/// The record.
	pub record: JobReceipt<AccountId, BlockNumber>,
	/// Content id of the input, as text.
	pub input: String,
	/// The first block in which anybody may prune it.
	pub prunable: BlockNumber,
}

/// Windows that a development chain shortens, so that trying things out does not take a day.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	TypeInfo,
	MaxEncodedLen,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevelopmentWindows<BlockNumber> {
	/// The window to dispute an answer, in blocks.
	pub challenge: BlockNumber,
	/// How long a bond takes to come back, in blocks.
	pub unbonding: BlockNumber,
}
