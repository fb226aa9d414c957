//! What the types of [`weighhouse_primitives::inference`] look like in JSON, for the OpenAPI document.
//!
//! The runtime shares those types and knows nothing of OpenAPI, so they are described here; a test
//! holds the description against what is really written.

use utoipa::ToSchema;

/// What a worker's gateway is asked to do.
#[derive(ToSchema)]
#[schema(as = Assignment, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) struct AssignmentSchema {
	/// Hash of the chain's first block: 0x and 64 hexadecimal digits, like all hashes and keys here.
	genesis: String,
	/// Identity of the request.
	request_hash: String,
	/// Number of the job on its chain.
	job: u64,
	/// Which panel the worker sits on.
	round: RoundSchema,
	/// The worker's public key.
	worker: String,
	/// The listing that is asked.
	listing: u32,
	/// The version that is asked.
	version: u32,
	/// Content id of the version's manifest.
	manifest: String,
	/// Artifact root of the version.
	artifact_root: String,
	/// Content id of the input.
	input: String,
	/// Sha2-256 of the input's bytes.
	input_hash: String,
	/// How answers are compared, as the chain recorded it.
	answers: AnswersSchema,
	/// What is disputed, for jurors.
	disputed: Option<DisputedSchema>,
}

/// Which panel of a job is meant.
#[derive(ToSchema)]
#[schema(as = Round, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) enum RoundSchema {
	/// The workers who answer the request.
	Main,
	/// The one worker who checks a single worker's answer.
	Audit,
	/// The workers who decide a dispute.
	Jury,
}

/// How a version's answers are compared.
#[derive(ToSchema)]
#[schema(as = Answers, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) struct AnswersSchema {
	/// How answers are compared.
	class: ClassSchema,
	/// The most bits, of 256, in which fingerprints of like answers differ.
	tau: u8,
	/// The longest time that an answer takes, in milliseconds.
	max_latency_ms: u32,
	/// The largest input, in bytes.
	input_limit: u32,
}

/// How answers are compared.
#[derive(ToSchema)]
#[schema(as = AnswerClass, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) enum ClassSchema {
	/// Not at all.
	None,
	/// Equal outputs, and evidence fingerprints within tau.
	BitExact,
	/// Evidence fingerprints within tau.
	Tolerant,
}

/// What the winning answer of a disputed job was.
#[derive(ToSchema)]
#[schema(as = Disputed, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) struct DisputedSchema {
	/// What the challenger says.
	ground: GroundSchema,
	/// Sha2-256 of the disputed output.
	output_hash: String,
	/// Its fingerprint, 32 bytes.
	fingerprint: Vec<u8>,
}

/// What a challenger says is wrong with an answer.
#[derive(ToSchema)]
#[schema(as = Ground, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) enum GroundSchema {
	/// The model answers something else.
	Wrong,
	/// The output is not to be had on IPFS.
	Unavailable,
	/// The output on IPFS is not the one that the fingerprint was taken of.
	NotAsFingerprinted,
}

/// What a gateway answers when a run has ended.
#[derive(ToSchema)]
#[schema(as = Completion, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) struct CompletionSchema {
	/// The commitment to the answer.
	commitment: String,
	/// The answer and what opens the commitment.
	reveal: RevealSchema,
}

/// An answer in the open.
#[derive(ToSchema)]
#[schema(as = Reveal, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) struct RevealSchema {
	/// The answer.
	answer: AnswerSchema,
	/// What hid the answer in the commitment.
	salt: String,
	/// The canonical output, if it has at most 512 bytes.
	output: Vec<u8>,
}

/// What a worker commits to.
#[derive(ToSchema)]
#[schema(as = Answer, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) struct AnswerSchema {
	/// What came of the run.
	status: StatusSchema,
	/// Sha2-256 of the canonical output.
	output_hash: String,
	/// Fingerprint of the evidence, 32 bytes.
	fingerprint: Vec<u8>,
	/// Sha2-256 of the provenance statement.
	statement: String,
}

/// What came of a worker's run.
#[derive(ToSchema)]
#[schema(as = Status, rename_all = "camelCase")]
#[allow(dead_code)]
pub(super) enum StatusSchema {
	/// The model answered.
	Ok,
	/// The input could not be fetched, or its bytes are not those that the request names.
	InputUnavailable,
	/// The model refused the input or failed on it.
	ModelError,
}

#[cfg(test)]
mod tests {
	use std::collections::BTreeSet;

	use serde::Serialize;
	use serde_json::Value;
	use sp_core::H256;
	use utoipa::PartialSchema;
	use weighhouse_primitives::{
		inference::{Answer, Assignment, Completion, Disputed, Ground, Reveal, Round, Status},
		AnswerClass, Answers,
	};

	use super::*;

	fn keys(value: &Value) -> BTreeSet<String> {
		value
			.as_object()
			.map(|object| object.keys().cloned().collect())
			.unwrap_or_default()
	}

	/// Holds the fields of a description against those of a value.
	fn check<Schema: PartialSchema>(value: &impl Serialize) {
		let described = serde_json::to_value(Schema::schema()).unwrap();
		let written = serde_json::to_value(value).unwrap();
		assert_eq!(keys(&described["properties"]), keys(&written));
	}

	/// Holds the variants of a description against all values.
	fn check_all<Schema: PartialSchema>(values: &[impl Serialize]) {
		let described = serde_json::to_value(Schema::schema()).unwrap();
		let written = serde_json::to_value(values).unwrap();
		assert_eq!(described["enum"], written);
	}

	#[test]
	fn description_has_the_fields_that_are_written() {
		let hash = H256::zero();
		let disputed = Disputed {
			ground: Ground::Wrong,
			output_hash: hash,
			fingerprint: [0; 32],
		};
		let answer = Answer {
			status: Status::Ok,
			output_hash: hash,
			fingerprint: [0; 32],
			statement: hash,
		};
		let reveal = Reveal {
			answer,
			salt: hash,
			output: Default::default(),
		};
		check::<DisputedSchema>(&disputed);
		check::<AnswerSchema>(&answer);
		check::<RevealSchema>(&reveal);
		check::<CompletionSchema>(&Completion {
			commitment: hash,
			reveal,
		});
		check::<AssignmentSchema>(&Assignment {
			genesis: hash,
			request_hash: hash,
			job: 1,
			round: Round::Main,
			worker: hash,
			listing: 1,
			version: 1,
			manifest: String::new(),
			artifact_root: hash,
			input: String::new(),
			input_hash: hash,
			answers: Answers::NONE,
			disputed: Some(disputed),
		});
		check::<AnswersSchema>(&Answers::NONE);
		check_all::<ClassSchema>(&[
			AnswerClass::None,
			AnswerClass::BitExact,
			AnswerClass::Tolerant,
		]);
		check_all::<RoundSchema>(&[Round::Main, Round::Audit, Round::Jury]);
		check_all::<GroundSchema>(&[
			Ground::Wrong,
			Ground::Unavailable,
			Ground::NotAsFingerprinted,
		]);
		check_all::<StatusSchema>(&[Status::Ok, Status::InputUnavailable, Status::ModelError]);
	}
}
