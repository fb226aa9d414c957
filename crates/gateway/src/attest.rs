//! From a model's outputs to what a worker commits to, and the statement of how it came about.

use std::time::SystemTime;

use serde::Serialize;
use sha2::{Digest, Sha256};
use sp_core::H256;
use weighhouse_manifest::{
	canonical, simhash256, timestamp, Attestation, FingerprintAlgorithm, FingerprintError,
	Interface, Manifest, OutputError, TensorData, TensorError,
};
use weighhouse_primitives::{
	inference::{Assignment, Fingerprint, Round},
	AnswerClass,
};

use crate::engine::EngineIdentity;

/// The type of an in-toto statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of what our statements say.
pub const PREDICATE_TYPE: &str = "https://weighhouse.example/inference/v1";

/// The most elements of the evidence. A fingerprint adds each of them up 256 times.
pub const MAX_EVIDENCE: usize = 1 << 20;

/// Why outputs cannot be attested.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
	/// The manifest does not say how answers are compared.
	#[error("the manifest cannot be attested: it has no `{field}`")]
	NotComparable {
		/// What is missing.
		field: &'static str,
	},
	/// The outputs have no canonical form.
	#[error(transparent)]
	Output(#[from] OutputError),
	/// The evidence is too large.
	#[error("the evidence `{name}` has {found} elements, but fingerprints are taken of at most {MAX_EVIDENCE}")]
	Wide {
		/// The output.
		name: String,
		/// How many elements it has.
		found: usize,
	},
	/// The evidence is not numbers.
	#[error(transparent)]
	Tensor(#[from] TensorError),
	/// The evidence has no fingerprint.
	#[error("the evidence `{name}` has no fingerprint: {source}")]
	Fingerprint {
		/// The output.
		name: String,
		/// Why.
		source: FingerprintError,
	},
	/// A statement cannot be written.
	#[error("the provenance statement cannot be written: {0}")]
	Statement(#[from] serde_json::Error),
}

impl AttestError {
	/// Whether the model is to blame: then the answer is
	/// [`ModelError`](weighhouse_primitives::inference::Status::ModelError), as for every other worker.
	pub fn is_of_the_model(&self) -> bool {
		match self {
			Self::Output(_) | Self::Wide { .. } | Self::Tensor(_) | Self::Fingerprint { .. } => {
				true
			}
			Self::NotComparable { .. } | Self::Statement(_) => false,
		}
	}
}

/// What a worker commits to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attested {
	/// The canonical output.
	pub canonical: Vec<u8>,
	/// Its sha2-256.
	pub output_hash: H256,
	/// The fingerprint of the evidence.
	pub fingerprint: Fingerprint,
}

/// Turns the outputs of a run into the canonical output and the fingerprint that the manifest asks
/// for.
///
/// # Errors
/// [`AttestError`]
pub fn attest(manifest: &Manifest, outputs: &[TensorData]) -> Result<Attested, AttestError> {
	let (interface, attestation) = terms(manifest)?;
	let canonical = canonical(outputs, &attestation.outputs, interface)?;
	Ok(Attested {
		output_hash: H256(Sha256::digest(&canonical).into()),
		fingerprint: fingerprint(manifest, outputs)?,
		canonical,
	})
}

/// The fingerprint of the evidence among `outputs`, which may come from a run or from
/// [`decode_canonical`](weighhouse_manifest::decode_canonical).
///
/// # Errors
/// [`AttestError::Output`] if the evidence is not among them, and [`AttestError`] otherwise.
pub fn fingerprint(
	manifest: &Manifest,
	outputs: &[TensorData],
) -> Result<Fingerprint, AttestError> {
	let (_, attestation) = terms(manifest)?;
	let name = attestation
		.evidence
		.as_ref()
		.ok_or(AttestError::NotComparable {
			field: "attestation.evidence",
		})?;
	let way = attestation.fingerprint.ok_or(AttestError::NotComparable {
		field: "attestation.fingerprint",
	})?;
	let evidence = outputs
		.iter()
		.find(|output| output.name == *name)
		.ok_or_else(|| OutputError::Missing { name: name.clone() })?;
	if evidence.values.len() > MAX_EVIDENCE {
		return Err(AttestError::Wide {
			name: name.clone(),
			found: evidence.values.len(),
		});
	}
	let values = evidence.to_floats()?;
	match way.algorithm {
		FingerprintAlgorithm::Simhash256 => {
			simhash256(&values).map_err(|source| AttestError::Fingerprint {
				name: name.clone(),
				source,
			})
		}
	}
}

fn terms(manifest: &Manifest) -> Result<(&Interface, &Attestation), AttestError> {
	let missing = |field| AttestError::NotComparable { field };
	let interface = manifest.interface.as_ref().ok_or(missing("interface"))?;
	let attestation = manifest
		.attestation
		.as_ref()
		.ok_or(missing("attestation"))?;
	match attestation.class {
		AnswerClass::None => Err(missing("attestation.class")),
		AnswerClass::BitExact | AnswerClass::Tolerant => Ok((interface, attestation)),
	}
}

/// How an answer came about.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'a> {
	/// What was asked.
	pub assignment: &'a Assignment,
	/// What was answered.
	pub attested: &'a Attested,
	/// What ran the model.
	pub engine: &'a EngineIdentity,
	/// When the run began.
	pub started: SystemTime,
	/// When it ended.
	pub finished: SystemTime,
}

/// A provenance statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
	/// An in-toto Statement v1 as canonical JSON (RFC 8785).
	pub bytes: Vec<u8>,
	/// Its sha2-256, which goes into the answer.
	pub hash: H256,
}

/// Writes down how an answer came about. The same run always gives the same bytes.
///
/// # Errors
/// [`AttestError::Statement`]
pub fn statement(of: &Provenance<'_>) -> Result<Statement, AttestError> {
	let Assignment {
		genesis,
		request_hash,
		job,
		round,
		worker,
		listing,
		version,
		manifest,
		artifact_root,
		input,
		input_hash,
		answers: _,
		disputed: _,
	} = of.assignment;
	let sha256 = |hash: &H256| DigestSet {
		sha256: hex::encode(hash),
	};
	let form = Form {
		r#type: STATEMENT_TYPE,
		subject: [Subject {
			name: "output",
			digest: sha256(&of.attested.output_hash),
		}],
		predicate_type: PREDICATE_TYPE,
		predicate: Predicate {
			genesis: prefixed(genesis),
			request_hash: prefixed(request_hash),
			job: job.to_string(),
			round: match round {
				Round::Main => "main",
				Round::Audit => "audit",
				Round::Jury => "jury",
			},
			worker: prefixed(worker),
			model: Model {
				listing: *listing,
				version: *version,
				manifest,
				artifact_root: sha256(artifact_root),
			},
			input: Input {
				cid: input,
				digest: sha256(input_hash),
			},
			engine: Engine {
				name: &of.engine.name,
				version: &of.engine.version,
			},
			fingerprint: hex::encode(of.attested.fingerprint),
			started_on: timestamp(of.started),
			finished_on: timestamp(of.finished),
		},
	};
	let bytes = serde_json_canonicalizer::to_vec(&form)?;
	let hash = H256(Sha256::digest(&bytes).into());
	Ok(Statement { bytes, hash })
}

fn prefixed(hash: &H256) -> String {
	format!("0x{}", hex::encode(hash))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
	#[serde(rename = "_type")]
	r#type: &'static str,
	subject: [Subject; 1],
	predicate_type: &'static str,
	predicate: Predicate<'a>,
}

#[derive(Serialize)]
struct Subject {
	name: &'static str,
	digest: DigestSet,
}

#[derive(Serialize)]
struct DigestSet {
	sha256: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
	genesis: String,
	request_hash: String,
	/// As text, since a number in JSON holds 53 bits.
	job: String,
	round: &'static str,
	worker: String,
	model: Model<'a>,
	input: Input<'a>,
	engine: Engine<'a>,
	fingerprint: String,
	started_on: String,
	finished_on: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Model<'a> {
	listing: u32,
	version: u32,
	manifest: &'a str,
	artifact_root: DigestSet,
}

#[derive(Serialize)]
struct Input<'a> {
	cid: &'a str,
	digest: DigestSet,
}

#[derive(Serialize)]
struct Engine<'a> {
	name: &'a str,
	version: &'a str,
}
