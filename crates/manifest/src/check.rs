//! What a schema cannot say: whether the parts of a manifest fit each other and the chain.

use std::collections::BTreeSet;

use weighhouse_primitives::{
	artifact::{self, ArtifactError, Entry},
	royalty::MAX_DIRECT,
	AnswerClass,
};

use crate::{
	clock, licence, Attestation, Interface, Manifest, ManifestError, PolicyName, Sha256Digest,
	Tensor,
};

const MAX_NAME: usize = 64;
const MAX_DESCRIPTION: usize = 4096;
const MAX_TASK: usize = 32;
const MAX_PARENTS: usize = 8;
const MAX_INPUT: u32 = 16 * 1024 * 1024;
const MAX_LATENCY_MS: u32 = 1_200_000;
const MAX_TAU: u8 = 64;
const MAX_SCALE: u8 = 62;
/// Above this, a JSON number may not be the integer that was written.
const MAX_EXACT: u64 = (1 << 53) - 1;

impl Manifest {
	/// Holds the parts of the manifest against each other and against what the chain takes. Files
	/// are not looked at.
	pub fn check(&self) -> Result<(), ManifestError> {
		if self.schema != Self::FORM {
			return Err(ManifestError::UnknownForm {
				found: self.schema.clone(),
			});
		}
		self.check_texts()?;
		self.check_artifacts()?;
		self.check_licence()?;
		self.check_lineage()?;
		if let Some(interface) = &self.interface {
			interface.check()?;
		}
		if let Some(attestation) = &self.attestation {
			self.check_attestation(attestation)?;
		}
		for evaluation in &self.evaluation {
			if !evaluation.value.is_finite() {
				return Err(ManifestError::EvaluationValue {
					dataset: evaluation.dataset.clone(),
					metric: evaluation.metric.clone(),
				});
			}
		}
		Ok(())
	}

	fn check_texts(&self) -> Result<(), ManifestError> {
		check_text("name", &self.name, 1, MAX_NAME)?;
		check_text("version", &self.version, 1, MAX_NAME)?;
		if self.description.len() > MAX_DESCRIPTION {
			return Err(ManifestError::TextLength {
				field: "description",
				found: self.description.len(),
				min: 0,
				max: MAX_DESCRIPTION,
			});
		}
		if !clock::is_point_in_time(&self.created) {
			return Err(ManifestError::Created {
				found: self.created.clone(),
			});
		}
		if let Some(task) = self.task() {
			let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
			if task.is_empty() || task.len() > MAX_TASK || !task.chars().all(is_allowed) {
				return Err(ManifestError::Task {
					found: task.to_owned(),
				});
			}
		}
		Ok(())
	}

	fn check_artifacts(&self) -> Result<(), ManifestError> {
		let mut paths = BTreeSet::new();
		for artifact in &self.artifacts {
			artifact::check_path(&artifact.path).map_err(|source| ManifestError::Path {
				path: artifact.path.clone(),
				source,
			})?;
			if !paths.insert(artifact.path.as_str()) {
				return Err(ManifestError::DuplicatePath {
					path: artifact.path.clone(),
				});
			}
			if artifact.size > MAX_EXACT {
				let (path, size) = (artifact.path.clone(), artifact.size);
				return Err(ManifestError::Size { path, size });
			}
			if let Some(cid) = artifact.cid {
				artifact.check_cid(cid)?;
			}
		}
		// No folder holds a file and a folder of the same name, so nobody could store both.
		for path in &paths {
			let mut folders = path
				.match_indices('/')
				.filter_map(|(end, _)| path.get(..end));
			if let Some(file) = folders.find(|folder| paths.contains(folder)) {
				return Err(ManifestError::FileAndFolder {
					file: file.to_owned(),
					path: (*path).to_owned(),
				});
			}
		}
		let computed = self.computed_root()?;
		if computed != self.artifact_root {
			return Err(ManifestError::RootMismatch {
				stated: self.artifact_root,
				computed,
			});
		}
		Ok(())
	}

	/// The root of the artifacts as they are listed.
	pub(crate) fn computed_root(&self) -> Result<Sha256Digest, ManifestError> {
		let entries: Vec<Entry<'_>> = self
			.artifacts
			.iter()
			.map(|artifact| Entry {
				path: &artifact.path,
				digest: artifact.sha256.0,
			})
			.collect();
		match artifact::artifact_root(&entries) {
			Ok(root) => Ok(root.into()),
			Err(ArtifactError::NoFiles) => Err(ManifestError::NoArtifacts),
			Err(ArtifactError::Path(source)) => Err(ManifestError::Path {
				path: String::new(),
				source,
			}),
			Err(ArtifactError::DuplicatePath) => Err(ManifestError::DuplicatePath {
				path: String::new(),
			}),
		}
	}

	fn check_licence(&self) -> Result<(), ManifestError> {
		licence::check_spdx(&self.licence.spdx)?;
		let text = match &self.licence.text {
			Some(path) => Some(
				self.artifact(path)
					.ok_or_else(|| ManifestError::LicenceText { path: path.clone() })?,
			),
			None => None,
		};
		if let (Some(artifact), Some(stated)) = (text, self.licence.text_cid) {
			if artifact.cid != Some(stated) {
				return Err(ManifestError::LicenceTextCid { stated });
			}
		}
		if let Some(derivatives) = self.licence.derivatives {
			let most = match derivatives.policy {
				PolicyName::Forbidden => 0,
				PolicyName::Royalty | PolicyName::Licensed => MAX_DIRECT,
			};
			if derivatives.minimum > most {
				return Err(ManifestError::DerivativesMinimum {
					found: derivatives.minimum,
				});
			}
		}
		Ok(())
	}

	fn check_lineage(&self) -> Result<(), ManifestError> {
		let mut listings = BTreeSet::new();
		for (index, entry) in self.lineage.iter().enumerate() {
			match (entry.listing, entry.version, &entry.source) {
				(Some(listing), Some(_), _) => {
					if !listings.insert(listing) {
						return Err(ManifestError::LineageDuplicate { listing });
					}
				}
				(None, None, Some(_)) => {}
				_ => return Err(ManifestError::LineageIncomplete { index }),
			}
		}
		if listings.len() > MAX_PARENTS {
			return Err(ManifestError::TooManyParents {
				found: listings.len(),
			});
		}
		let found = self
			.lineage
			.iter()
			.map(|entry| u64::from(entry.royalty))
			.sum();
		if found > u64::from(MAX_DIRECT) {
			return Err(ManifestError::RoyaltiesOverCap { found });
		}
		Ok(())
	}

	fn check_attestation(&self, attestation: &Attestation) -> Result<(), ManifestError> {
		for path in &attestation.test_vectors {
			if self.artifact(path).is_none() {
				return Err(ManifestError::TestVectors { path: path.clone() });
			}
		}
		let class = match attestation.class {
			AnswerClass::None => return Ok(()),
			AnswerClass::BitExact => "bitExact",
			AnswerClass::Tolerant => "tolerant",
		};
		let missing = |field| ManifestError::AttestationIncomplete { class, field };
		let interface = self
			.interface
			.as_ref()
			.ok_or(ManifestError::InterfaceMissing)?;
		let has_output = |name: &str| interface.outputs.iter().any(|output| output.name == name);
		if attestation.outputs.is_empty() {
			return Err(missing("outputs"));
		}
		for name in &attestation.outputs {
			if !has_output(name) {
				return Err(ManifestError::UnknownOutput {
					field: "outputs",
					name: name.clone(),
				});
			}
		}
		let evidence = attestation
			.evidence
			.as_ref()
			.ok_or_else(|| missing("evidence"))?;
		if !has_output(evidence) {
			let name = evidence.clone();
			return Err(ManifestError::UnknownOutput {
				field: "evidence",
				name,
			});
		}
		let fingerprint = attestation
			.fingerprint
			.ok_or_else(|| missing("fingerprint"))?;
		if fingerprint.tau > MAX_TAU {
			return Err(ManifestError::Tau {
				found: fingerprint.tau,
			});
		}
		if attestation.class == AnswerClass::BitExact && attestation.engine.is_none() {
			return Err(missing("engine"));
		}
		if !(1..=MAX_LATENCY_MS).contains(&attestation.max_latency_ms) {
			return Err(ManifestError::Latency {
				found: attestation.max_latency_ms,
			});
		}
		Ok(())
	}
}

impl Interface {
	fn check(&self) -> Result<(), ManifestError> {
		if !(1..=MAX_INPUT).contains(&self.input_limit) {
			return Err(ManifestError::InputLimit {
				found: self.input_limit,
			});
		}
		check_tensors("inputs", &self.inputs)?;
		check_tensors("outputs", &self.outputs)
	}
}

fn check_tensors(side: &'static str, tensors: &[Tensor]) -> Result<(), ManifestError> {
	let mut names = BTreeSet::new();
	for tensor in tensors {
		if tensor.name.is_empty() || !names.insert(&tensor.name) {
			return Err(ManifestError::TensorName {
				side,
				name: tensor.name.clone(),
			});
		}
		let is_dimension = |length: &i64| *length == -1 || *length > 0;
		if !tensor.shape.iter().all(is_dimension) || tensor.scale > Some(MAX_SCALE) {
			return Err(ManifestError::TensorShape {
				name: tensor.name.clone(),
			});
		}
	}
	Ok(())
}

fn check_text(
	field: &'static str,
	text: &str,
	min: usize,
	max: usize,
) -> Result<(), ManifestError> {
	if !(min..=max).contains(&text.len()) {
		return Err(ManifestError::TextLength {
			field,
			found: text.len(),
			min,
			max,
		});
	}
	if text.contains(char::is_control) {
		return Err(ManifestError::TextControl { field });
	}
	Ok(())
}
