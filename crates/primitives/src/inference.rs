//! The words of a paid answer: who asks for what, what a worker answers, and how an answer is hidden
//! until all are in.
//!
//! A worker first sends the [`commitment`] to its answer and shows the answer when nobody can copy it
//! any more. The chain, the courier in a node's off-chain worker and the gateway in front of a model
//! use the types of this module, so that all three hash the same bytes.

use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sha2::{Digest, Sha256};
use sp_core::{ConstU32, H256};
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	BoundedVec,
};

use crate::{Answers, LicenceId, ListingId, OfferId, VersionNumber};

/// A request and everything that follows from it, unique over all listings.
pub type JobId = u64;

/// 256 signs of a projection of the evidence, see the manifest.
pub type Fingerprint = [u8; 32];

/// The largest output that travels in a reveal, in bytes; larger ones lie on IPFS as one raw block.
pub const MAX_INLINE_OUTPUT: u32 = 512;

/// The most jurors of a dispute.
pub const MAX_JURY: u32 = 9;

/// An output as a reveal carries it: empty if it is larger than [`MAX_INLINE_OUTPUT`].
pub type InlineOutput = BoundedVec<u8, ConstU32<MAX_INLINE_OUTPUT>>;

/// How many workers answer, and how many of them must agree.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Mode {
	/// The listing's owner answers with their own worker. The requester is safe from silence only.
	Owner,
	/// One drawn worker answers; one job in ten is audited by another one.
	Solo,
	/// Three drawn workers answer and two must agree.
	QuorumOfThree,
	/// Five drawn workers answer and four must agree.
	QuorumOfFive,
}

impl Mode {
	/// How many workers are drawn.
	pub const fn seats(self) -> u32 {
		match self {
			Self::Owner | Self::Solo => 1,
			Self::QuorumOfThree => 3,
			Self::QuorumOfFive => 5,
		}
	}

	/// How many of them must agree.
	pub const fn quorum(self) -> u32 {
		match self {
			Self::Owner | Self::Solo => 1,
			Self::QuorumOfThree => 2,
			Self::QuorumOfFive => 4,
		}
	}
}

/// What entitles a requester to a call.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Access {
	/// A licence of the requester that covers the version; the call costs no more than its workers.
	Licence(LicenceId),
	/// An open offer of the listing with the term `PerCall`; its price is paid on top.
	Offer(OfferId),
	/// The requester owns the listing.
	Owner,
}

/// Which panel of a job is meant.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Round {
	/// The workers who answer the request.
	Main,
	/// The one worker who checks a single worker's answer.
	Audit,
	/// The workers who decide a dispute.
	Jury,
}

/// What came of a worker's run.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Status {
	/// The model answered.
	Ok,
	/// The input could not be fetched, or its bytes are not those that the request names.
	InputUnavailable,
	/// The model refused the input or failed on it.
	ModelError,
}

/// What a challenger says is wrong with an answer.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Ground {
	/// The model answers something else.
	Wrong,
	/// An output that is too large for a reveal is not to be had on IPFS.
	Unavailable,
	/// The output on IPFS is not the one that the fingerprint was taken of.
	NotAsFingerprinted,
}

/// What a worker commits to.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Answer {
	/// What came of the run.
	pub status: Status,
	/// Sha2-256 of the canonical output; zero unless the status is `Ok`.
	pub output_hash: H256,
	/// Fingerprint of the evidence; zero unless the status is `Ok`.
	pub fingerprint: Fingerprint,
	/// Sha2-256 of the worker's provenance statement; zero if it made none.
	pub statement: H256,
}

/// An answer in the open.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Reveal {
	/// The answer.
	pub answer: Answer,
	/// What hid the answer in the commitment.
	pub salt: H256,
	/// The canonical output if it is small enough, else nothing.
	pub output: InlineOutput,
}

impl Reveal {
	/// Whether the parts fit each other: an inline output has the hash that the answer names, and an
	/// answer without an output names none.
	pub fn is_well_formed(&self) -> bool {
		let hash = Sha256::digest(&self.output).into();
		match self.answer.status {
			Status::Ok => self.output.is_empty() || self.answer.output_hash == H256(hash),
			Status::InputUnavailable | Status::ModelError => {
				self.output.is_empty()
					&& self.answer.output_hash.is_zero()
					&& self.answer.fingerprint == Fingerprint::default()
			}
		}
	}
}

/// The hash that binds a worker to an answer without showing it: blake2-256 over a domain, the
/// request, the worker's key, the round, the answer and the salt. The key is in it, so a copied
/// commitment can never be opened by the copier.
pub fn commitment(
	request_hash: H256,
	worker: &[u8; 32],
	round: Round,
	answer: &Answer,
	salt: H256,
) -> H256 {
	let domain = b"weighhouse/commitment/v1";
	BlakeTwo256::hash_of(&(domain, request_hash, worker, round, answer, salt))
}

/// What the winning answer of a disputed job was, for those who check it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Disputed {
	/// What the challenger says.
	pub ground: Ground,
	/// Sha2-256 of the disputed output.
	pub output_hash: H256,
	/// Its fingerprint.
	pub fingerprint: Fingerprint,
}

/// What a worker's gateway is asked to do. It never changes for a request and a worker.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Assignment {
	/// Hash of the chain's first block.
	pub genesis: H256,
	/// Identity of the request.
	pub request_hash: H256,
	/// Number of the job on its chain.
	pub job: JobId,
	/// Which panel the worker sits on.
	pub round: Round,
	/// The worker's public key.
	pub worker: H256,
	/// The listing that is asked.
	pub listing: ListingId,
	/// The version that is asked.
	pub version: VersionNumber,
	/// Content id of the version's manifest, as text.
	pub manifest: String,
	/// Artifact root of the version.
	pub artifact_root: H256,
	/// Content id of the input, as text.
	pub input: String,
	/// Sha2-256 of the input's bytes.
	pub input_hash: H256,
	/// How answers are compared, how long one may take, and how large the input may be, as the chain
	/// recorded it. A manifest that says otherwise is not the one that was paid for.
	pub answers: Answers,
	/// What is disputed, for jurors.
	pub disputed: Option<Disputed>,
}

/// What a gateway answers when a run has ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Completion {
	/// The commitment to the answer.
	pub commitment: H256,
	/// The answer.
	pub reveal: Reveal,
}

/// Media type of the SCALE encoding of an [`Assignment`] and a [`Completion`].
pub const MEDIA_TYPE: &str = "application/vnd.weighhouse.scale";

/// Type of the keys with which workers sign what their off-chain workers submit.
pub const WORKER_KEY_TYPE: sp_core::crypto::KeyTypeId = sp_core::crypto::KeyTypeId(*b"infw");

/// Where a node keeps the address of a worker's gateway, in the persistent off-chain storage: this
/// prefix and the 32 bytes of the worker's key. The value is a URL such as `http://127.0.0.1:8791`.
pub const GATEWAY_PREFIX: &[u8] = b"weighhouse/gateway/";

/// The key under which a node keeps the address of the gateway of `worker`.
pub fn gateway_key(worker: &[u8]) -> Vec<u8> {
	[GATEWAY_PREFIX, worker].concat()
}

/// What a worker signs to have a step counted without paying for a transaction.
///
/// The signature is over the SCALE encoding of the domain of the step, the hash of the chain's first
/// block and this payload: see [`signed_bytes`].
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Step {
	/// Number of the job.
	pub job: JobId,
	/// Identity of the request: another fork's job of the same number has another one.
	pub request_hash: H256,
	/// Which panel the worker sits on.
	pub round: Round,
	/// The worker's public key.
	pub worker: H256,
	/// The block at which this was signed.
	pub at: u32,
}

/// What a worker's signature of a commit covers.
pub const COMMIT_DOMAIN: &[u8] = b"weighhouse/commit/v1";
/// What a worker's signature of a reveal covers.
pub const REVEAL_DOMAIN: &[u8] = b"weighhouse/reveal/v1";
/// What a worker's signature of a heartbeat covers.
pub const HEARTBEAT_DOMAIN: &[u8] = b"weighhouse/heartbeat/v1";
/// What a proof of possession of a worker key covers.
pub const KEY_DOMAIN: &[u8] = b"weighhouse/worker-key/v1";

/// The bytes that a worker signs: `domain`, the hash of the chain's first block, and what is said.
pub fn signed_bytes<Payload: Encode>(domain: &[u8], genesis: H256, payload: Payload) -> Vec<u8> {
	(domain, genesis, payload).encode()
}

#[cfg(test)]
mod tests;
