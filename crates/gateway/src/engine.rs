//! What runs a model: this process, or a server that speaks the Open Inference Protocol.
//!
//! Engines see only requests that fit the manifest's interface, and what they answer is held against
//! it again, so that everything behind them may rely on names, element types and shapes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use weighhouse_manifest::{conform, Interface, Manifest, OipRequest, TensorData};
use weighhouse_primitives::ListingId;

mod embedded;
mod oip;

pub use embedded::{Embedded, EmbeddedLimits};
pub use oip::{Oip, OipSettings};

/// The time for one answer where the manifest names none.
const DEFAULT_LATENCY: Duration = Duration::from_secs(60);

/// A model whose files lie here and were checked.
#[derive(Clone, Debug)]
pub struct LoadedModel {
	/// The listing it was published under.
	pub listing: ListingId,
	/// What it says about itself.
	pub manifest: Arc<Manifest>,
	/// The folder with its artifacts, each under its path.
	pub folder: PathBuf,
}

impl LoadedModel {
	/// How long one answer may take, by the manifest.
	pub fn time_limit(&self) -> Duration {
		let stated = self.manifest.attestation.as_ref();
		match stated.map_or(0, |attestation| attestation.max_latency_ms) {
			0 => DEFAULT_LATENCY,
			milliseconds => Duration::from_millis(milliseconds.into()),
		}
	}

	fn interface(&self) -> Result<&Interface, EngineError> {
		self.manifest.interface.as_ref().ok_or_else(|| {
			EngineError::Broken(format!(
				"the manifest of `{}` has no `interface`, so it cannot be asked",
				self.manifest.name
			))
		})
	}
}

/// Why an engine gives no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineError {
	/// The run failed on this input, and would again. If the engine is the right one for the model, the
	/// answer is [`ModelError`](weighhouse_primitives::inference::Status::ModelError); that it is, a
	/// test vector must show.
	#[error("the model refuses the input: {0}")]
	Refused(String),
	/// The engine is away or busy. The same request may succeed a moment later.
	#[error("the engine is not available: {0}")]
	Unavailable(String),
	/// The engine cannot run this model at all, or not in time. Trying again does not help, and no
	/// answer may be given, since another worker's engine may well have one.
	#[error("the engine cannot run the model: {0}")]
	Broken(String),
}

/// Which engine it is, as provenance statements and pins in manifests name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EngineIdentity {
	/// Its name, such as `tract`.
	pub name: String,
	/// Its version.
	pub version: String,
}

impl EngineIdentity {
	/// Whether it is the engine that a manifest pins; another one may give other bits.
	pub fn is(&self, pinned: &weighhouse_manifest::Engine) -> bool {
		self.name == pinned.name && self.version == pinned.version
	}
}

/// Something that runs models.
#[derive(Debug)]
pub enum Engine {
	/// ONNX models in this process, on the CPU.
	Embedded(Embedded),
	/// A server that speaks the Open Inference Protocol V2 over HTTP.
	Oip(Oip),
}

impl Engine {
	/// Answers `request`, which must have passed
	/// [`check_request`](weighhouse_manifest::check_request) for this model. The outputs are those of
	/// the manifest's interface, in its order, with its element types and shapes.
	///
	/// # Errors
	/// [`EngineError`]
	pub async fn run(
		&self,
		model: &LoadedModel,
		request: &OipRequest,
	) -> Result<Vec<TensorData>, EngineError> {
		let interface = model.interface()?;
		match self {
			Self::Embedded(embedded) => {
				let outputs = embedded.run(model, request).await?;
				// The files are those of the manifest, so it is the model that gives something else.
				conform(outputs, interface).map_err(|error| EngineError::Refused(error.to_string()))
			}
			Self::Oip(oip) => {
				let outputs = oip.run(model, request).await?;
				conform(outputs, interface).map_err(|error| {
					EngineError::Broken(format!(
						"{error}; does the server serve the model of listing {}?",
						model.listing
					))
				})
			}
		}
	}

	/// Whether the engine would take a request now.
	///
	/// # Errors
	/// [`EngineError::Unavailable`] with the reason if not.
	pub async fn ready(&self) -> Result<(), EngineError> {
		match self {
			Self::Embedded(embedded) => embedded.ready(),
			Self::Oip(oip) => oip.ready().await,
		}
	}

	/// Refuses a model that is too large for the engine, before its files are fetched or read.
	///
	/// # Errors
	/// [`EngineError::Broken`] with what to raise.
	pub fn admits(&self, manifest: &Manifest) -> Result<(), EngineError> {
		match self {
			Self::Embedded(embedded) => embedded.admits(manifest),
			Self::Oip(_) => Ok(()),
		}
	}

	/// Which engine it is. That of a server is `oip` and `unknown` until it has said so, which it is
	/// asked when it is asked whether it is [ready](Self::ready).
	pub fn identity(&self) -> EngineIdentity {
		self.known_identity().unwrap_or_else(|| EngineIdentity {
			name: "oip".into(),
			version: "unknown".into(),
		})
	}

	/// The same, or none while a server has not said it.
	pub fn known_identity(&self) -> Option<EngineIdentity> {
		match self {
			Self::Embedded(_) => Some(Embedded::identity()),
			Self::Oip(oip) => oip.identity(),
		}
	}
}

/// A message from elsewhere on one short line, fit for a terminal and a log.
fn one_line(text: &str) -> String {
	let line: String = text
		.chars()
		.map(|c| if c.is_control() { ' ' } else { c })
		.take(300)
		.collect();
	line.split_whitespace().collect::<Vec<_>>().join(" ")
}
