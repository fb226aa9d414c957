//! Where a version came from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weighhouse_primitives::{ListingId, Relation, VersionNumber};

/// Something that this version was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineageEntry {
	/// Its listing on the chain, if it has one.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[schemars(range(min = 1))]
	pub listing: Option<ListingId>,
	/// Its version there.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[schemars(range(min = 1))]
	pub version: Option<VersionNumber>,
	/// How this version came from it.
	#[schemars(with = "RelationName")]
	pub relation: Relation,
	/// Its share of this version's revenue, in parts of 10^9.
	#[serde(default)]
	#[schemars(range(max = 500_000_000))]
	pub royalty: u32,
	/// Where else it is found, such as a Hugging Face id.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub source: Option<String>,
}

/// How a version came from another one.
#[derive(JsonSchema)]
#[schemars(rename = "Relation", rename_all = "camelCase")]
#[allow(dead_code)]
enum RelationName {
	/// It was trained further.
	FineTune,
	/// This version runs on top of it.
	Adapter,
	/// Its weights were merged with others.
	Merge,
	/// Its weights at a lower precision.
	Quantized,
	/// This version learned from its answers.
	Distilled,
	/// This version was trained on it, a data set.
	TrainedOn,
}
