//! How to ask a model, and how two of its answers are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weighhouse_primitives::AnswerClass;

/// What goes in and what comes out, in the terms of the Open Inference Protocol.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interface {
	/// The tensors of a request.
	pub inputs: Vec<Tensor>,
	/// The tensors of an answer.
	pub outputs: Vec<Tensor>,
	/// The largest request, in bytes: 1 to 16 MiB.
	#[schemars(range(min = 1, max = 16_777_216))]
	pub input_limit: u32,
}

/// A tensor of a request or an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tensor {
	/// Its name.
	#[schemars(length(min = 1))]
	pub name: String,
	/// What its elements are.
	pub datatype: Datatype,
	/// The length of each dimension; -1 where it is free.
	pub shape: Vec<i64>,
	/// How many fractional bits its elements keep when they are turned into integers.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[schemars(range(max = 62))]
	pub scale: Option<u8>,
	/// What it means.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub description: Option<String>,
}

/// The element types of the Open Inference Protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum Datatype {
	Bool,
	Uint8,
	Uint16,
	Uint32,
	Uint64,
	Int8,
	Int16,
	Int32,
	Int64,
	Fp16,
	Bf16,
	Fp32,
	Fp64,
	Bytes,
}

/// How two answers to the same request are compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attestation {
	/// Whether outputs must be equal or their evidence alike.
	#[schemars(with = "ClassName")]
	pub class: AnswerClass,
	/// The outputs that make up the answer, in the order in which they are hashed.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub outputs: Vec<String>,
	/// The output whose fingerprint is the evidence, such as logits rather than a label.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub evidence: Option<String>,
	/// How the evidence becomes a fingerprint.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub fingerprint: Option<Fingerprint>,
	/// The one engine that gives these very bits. Needed for `bitExact`.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub engine: Option<Engine>,
	/// The longest time that an answer takes, in milliseconds: 1 to 1,200,000, or 0 for `none`.
	#[serde(default)]
	#[schemars(range(max = 1_200_000))]
	pub max_latency_ms: u32,
	/// Files among the artifacts with requests and their right answers.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub test_vectors: Vec<String>,
}

/// How evidence becomes a fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fingerprint {
	/// The way.
	pub algorithm: FingerprintAlgorithm,
	/// The most bits, of 256, in which fingerprints of like answers differ.
	#[schemars(range(max = 64))]
	pub tau: u8,
}

/// The ways to make a fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FingerprintAlgorithm {
	/// 256 signs of a projection to plus and minus one.
	Simhash256,
}

/// A pinned inference engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Engine {
	/// Its name.
	#[schemars(length(min = 1))]
	pub name: String,
	/// Its version.
	#[schemars(length(min = 1))]
	pub version: String,
}

/// How answers are compared.
#[derive(JsonSchema)]
#[schemars(rename = "AnswerClass", rename_all = "camelCase")]
#[allow(dead_code)]
enum ClassName {
	/// They are not.
	None,
	/// Equal outputs, and fingerprints within tau.
	BitExact,
	/// Fingerprints within tau.
	Tolerant,
}
