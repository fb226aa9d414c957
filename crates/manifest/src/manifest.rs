//! The manifest itself.

use std::fmt;

use schemars::JsonSchema;
use serde::{
	de::{self, value::MapAccessDeserializer, MapAccess, Unexpected, Visitor},
	Deserialize, Deserializer, Serialize,
};
use weighhouse_primitives::{Codec, ContentId, Kind, ListingId};

use crate::{
	Attestation, Card, Interface, Licence, LineageEntry, ManifestError, Role, Sha256Digest,
};

/// What a version of a listing says about itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Weighhouse manifest")]
pub struct Manifest {
	/// Which form this is: `weighhouse/manifest/v1`.
	#[schemars(extend("const" = Manifest::FORM))]
	pub schema: String,
	/// A name for people, 1 to 64 bytes, not unique.
	#[schemars(length(min = 1, max = 64))]
	pub name: String,
	/// The publisher's own label of this version, 1 to 64 bytes.
	#[schemars(length(min = 1, max = 64))]
	pub version: String,
	/// What it is, in a few sentences, at most 4096 bytes.
	#[schemars(length(max = 4096))]
	pub description: String,
	/// When the manifest was made, such as `2026-11-21T08:00:00Z`.
	#[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"))]
	pub created: String,
	/// Who made it, by their own account.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub publisher: Option<Publisher>,
	/// What is offered.
	#[schemars(with = "KindName")]
	pub kind: Kind,
	/// The model card's fields.
	pub card: Card,
	/// Every file, sorted by path.
	#[schemars(length(min = 1))]
	pub artifacts: Vec<Artifact>,
	/// The sha2-256 of the `sha256sum` listing of all artifacts, sorted by path.
	pub artifact_root: Sha256Digest,
	/// How to ask it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub interface: Option<Interface>,
	/// How its answers are compared.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub attestation: Option<Attestation>,
	/// What it was made from.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub lineage: Vec<LineageEntry>,
	/// How well it did.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub evaluation: Vec<Evaluation>,
	/// Under which terms.
	pub licence: Licence,
	/// What it is for and what not.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub safety: Option<Safety>,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Artifact {
	/// Where it lies in the model folder, with `/` between segments.
	#[schemars(length(min = 1, max = 1024))]
	pub path: String,
	/// What it is for.
	pub role: Role,
	/// Its media type.
	pub media_type: String,
	/// Its length in bytes.
	pub size: u64,
	/// The digest of its bytes; of the plaintext if it is sealed. So is the length.
	pub sha256: Sha256Digest,
	/// Where its bytes are found on IPFS.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[schemars(with = "String")]
	pub cid: Option<ContentId>,
	/// What lies on IPFS instead of the file if it is encrypted for those who buy.
	#[serde(
		default,
		skip_serializing_if = "Option::is_none",
		deserialize_with = "sealed_or_false"
	)]
	#[schemars(with = "Sealed")]
	pub sealed: Option<Sealed>,
}

/// A file encrypted with age for the recipient of its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sealed {
	/// The length of the age file in bytes.
	pub size: u64,
	/// The digest of the age file.
	pub sha256: Sha256Digest,
}

/// Reads [`Artifact::sealed`], where `false` says as much as nothing.
fn sealed_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Sealed>, D::Error> {
	struct Said;

	impl<'de> Visitor<'de> for Said {
		type Value = Option<Sealed>;

		fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
			f.write_str("size and digest of a sealed form, or false")
		}

		fn visit_bool<E: de::Error>(self, is_sealed: bool) -> Result<Self::Value, E> {
			if is_sealed {
				return Err(E::invalid_value(Unexpected::Bool(true), &self));
			}
			Ok(None)
		}

		fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
			Sealed::deserialize(MapAccessDeserializer::new(map)).map(Some)
		}
	}

	deserializer.deserialize_any(Said)
}

/// Who made a manifest, by their own account. Nothing here is checked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Publisher {
	/// Their name.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub name: Option<String>,
	/// Their account on the chain, in SS58.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub account: Option<String>,
	/// Their page.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub url: Option<String>,
	/// How to reach them.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub contact: Option<String>,
}

/// One measured result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evaluation {
	/// On which data.
	pub dataset: String,
	/// On which part of it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub split: Option<String>,
	/// What was measured.
	pub metric: String,
	/// The result.
	pub value: f64,
	/// The listing of the data, if it has one.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub listing: Option<ListingId>,
}

/// What it is for and what not, in the publisher's words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Safety {
	/// What it was made for.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub intended_use: Option<String>,
	/// What it must not be used for.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub out_of_scope: Option<String>,
	/// Where it fails.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub limitations: Vec<String>,
	/// What harm it may do.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub risks: Vec<String>,
	/// Where to report harm.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub contact: Option<String>,
}

/// What a listing offers.
#[derive(JsonSchema)]
#[schemars(rename = "Kind", rename_all = "camelCase")]
#[allow(dead_code)]
pub(crate) enum KindName {
	/// A model that runs by itself.
	Model,
	/// A data set.
	Dataset,
	/// An adapter that runs on top of another model.
	Adapter,
}

impl Manifest {
	/// The one form of manifest there is.
	pub const FORM: &'static str = "weighhouse/manifest/v1";

	/// The largest manifest, in bytes of JSON.
	pub const MAX_BYTES: usize = 256 * 1024;

	/// The artifact with this path.
	pub fn artifact(&self, path: &str) -> Option<&Artifact> {
		self.artifacts.iter().find(|artifact| artifact.path == path)
	}

	/// The length of all artifacts together, in bytes.
	pub fn total_size(&self) -> u64 {
		self.artifacts
			.iter()
			.fold(0, |sum, artifact| sum.saturating_add(artifact.size))
	}

	/// Notes where an artifact's bytes are found. If it is the licence text, that is noted too.
	pub fn set_cid(&mut self, path: &str, cid: ContentId) -> Result<(), ManifestError> {
		self.place(path, cid, None)
	}

	/// Notes that an artifact is sealed, and where its sealed form is found.
	pub fn set_sealed(
		&mut self,
		path: &str,
		cid: ContentId,
		sealed: Sealed,
	) -> Result<(), ManifestError> {
		self.place(path, cid, Some(sealed))
	}

	fn place(
		&mut self,
		path: &str,
		cid: ContentId,
		sealed: Option<Sealed>,
	) -> Result<(), ManifestError> {
		let artifact = self
			.artifacts
			.iter_mut()
			.find(|artifact| artifact.path == path)
			.ok_or_else(|| ManifestError::UnknownArtifact {
				path: path.to_owned(),
			})?;
		let placed = Artifact {
			cid: Some(cid),
			sealed,
			..artifact.clone()
		};
		placed.check_cid(cid)?;
		*artifact = placed;
		if self.licence.text.as_deref() == Some(path) {
			self.licence.text_cid = Some(cid);
		}
		Ok(())
	}
}

impl Artifact {
	/// A raw block's content id is its digest, so it must be that of what is stored: the file, or its
	/// sealed form.
	pub(crate) fn check_cid(&self, cid: ContentId) -> Result<(), ManifestError> {
		let sha256 = self.sealed.map_or(self.sha256, |sealed| sealed.sha256);
		if cid.codec == Codec::Raw && cid.digest != sha256.0 {
			return Err(ManifestError::CidOfOtherBytes {
				path: self.path.clone(),
				cid,
				sha256,
			});
		}
		Ok(())
	}
}
