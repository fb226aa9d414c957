//! What a publisher says beyond the model card, in `weighhouse.yaml` or `weighhouse.json`.

use std::{fs, io, path::Path};

use serde::Deserialize;
use weighhouse_primitives::{Kind, Serving};

use crate::{
	Attestation, BuildError, Derivatives, Evaluation, Interface, LineageEntry, Publisher, Safety,
};

const YAML: &str = "weighhouse.yaml";
const JSON: &str = "weighhouse.json";

/// The names under which settings lie in the model folder. They are not artifacts: what they say is
/// in the manifest, and a parent's number differs from chain to chain while the bytes stay the same.
pub(crate) const FILES: [&str; 2] = [YAML, JSON];

/// What a publisher says beyond the model card. All of it may be left out.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
	/// See [`Manifest::name`](crate::Manifest::name).
	pub name: Option<String>,
	/// See [`Manifest::version`](crate::Manifest::version).
	pub version: Option<String>,
	/// See [`Manifest::description`](crate::Manifest::description).
	pub description: Option<String>,
	/// See [`Manifest::publisher`](crate::Manifest::publisher).
	pub publisher: Option<Publisher>,
	/// See [`Manifest::kind`](crate::Manifest::kind).
	pub kind: Option<Kind>,
	/// See [`Manifest::interface`](crate::Manifest::interface).
	pub interface: Option<Interface>,
	/// See [`Manifest::attestation`](crate::Manifest::attestation).
	pub attestation: Option<Attestation>,
	/// See [`Manifest::lineage`](crate::Manifest::lineage).
	pub lineage: Option<Vec<LineageEntry>>,
	/// See [`Manifest::evaluation`](crate::Manifest::evaluation).
	#[serde(default)]
	pub evaluation: Vec<Evaluation>,
	/// See [`Manifest::licence`](crate::Manifest::licence).
	#[serde(default)]
	pub licence: LicenceSettings,
	/// See [`Manifest::safety`](crate::Manifest::safety).
	pub safety: Option<Safety>,
}

/// The terms, as far as the model card does not give them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenceSettings {
	/// An SPDX expression; instead of the card's `license`.
	pub spdx: Option<String>,
	/// The file in the folder that holds the text.
	pub text: Option<String>,
	/// What others may publish as derived from it.
	pub derivatives: Option<Derivatives>,
	/// Who may serve it to others for pay.
	pub serving: Option<Serving>,
}

impl Settings {
	/// Reads the settings of a model folder; empty ones if there is no file.
	pub(crate) fn read(dir: &Path) -> Result<Self, BuildError> {
		match (read_text(dir, YAML)?, read_text(dir, JSON)?) {
			(None, None) => Ok(Self::default()),
			(Some(yaml), None) => Self::from_yaml(&yaml),
			(None, Some(json)) => {
				serde_json::from_str(&json).map_err(|error| BuildError::Settings {
					file: JSON,
					problem: error.to_string(),
				})
			}
			(Some(_), Some(_)) => Err(BuildError::TwoSettings {
				first: YAML,
				second: JSON,
			}),
		}
	}

	fn from_yaml(yaml: &str) -> Result<Self, BuildError> {
		let settings: Option<Self> =
			serde_norway::from_str(yaml).map_err(|error| BuildError::Settings {
				file: YAML,
				problem: error.to_string(),
			})?;
		// A file with comments only says nothing.
		Ok(settings.unwrap_or_default())
	}
}

fn read_text(dir: &Path, name: &str) -> Result<Option<String>, BuildError> {
	let path = dir.join(name);
	match fs::read_to_string(&path) {
		Ok(text) => Ok(Some(text)),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
		Err(source) => Err(BuildError::Read { path, source }),
	}
}
