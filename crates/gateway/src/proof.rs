//! Whether an engine is the right one for a model: it must give a test vector that the manifest names.
//!
//! An engine that fails on an input may be the wrong one, or run the wrong files, and an answer that
//! nobody else gives costs a worker more than none. So a model is to blame only where the engine has
//! just shown that it runs this model as its maker did.

use serde::Deserialize;
use serde_json::{json, Value};
use weighhouse_manifest::{
	check_request, conform, Artifact, Manifest, OipRequest, TensorData, Values,
};
use weighhouse_primitives::{agreement::distance, AnswerClass};

use crate::attest::{attest, fingerprint};

/// The longest file of test vectors that is read, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;
/// How far apart numbers may be that were written as text on the way.
const ROUNDING: f64 = 1e-5;

/// A request with the outputs that a right engine gives.
#[derive(Debug)]
pub struct Vector {
	/// What is asked.
	pub request: OipRequest,
	outputs: Vec<TensorData>,
}

/// The file that holds the vectors, if the manifest names one of a size that is read.
pub fn file(manifest: &Manifest) -> Option<&Artifact> {
	let paths = &manifest.attestation.as_ref()?.test_vectors;
	let mut files = paths.iter().filter_map(|path| manifest.artifact(path));
	files.find(|file| file.size <= LONGEST)
}

impl Vector {
	/// The first vector of a file.
	///
	/// # Errors
	/// Why it says nothing about the model of the manifest.
	pub fn read(manifest: &Manifest, bytes: &[u8]) -> Result<Self, String> {
		#[derive(Deserialize)]
		struct File {
			vectors: Vec<Written>,
		}
		#[derive(Deserialize)]
		struct Written {
			inputs: Value,
			outputs: Vec<Value>,
		}
		let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
		let Some(Written { inputs, outputs }) = file.vectors.into_iter().next() else {
			return Err("there is none in the file".into());
		};
		let interface = manifest.interface.as_ref().ok_or("there is no interface")?;
		let body = json!({ "inputs": inputs }).to_string();
		let request =
			check_request(interface, body.as_bytes()).map_err(|error| error.to_string())?;
		let outputs: Result<Vec<_>, _> = outputs.iter().map(TensorData::from_oip).collect();
		let outputs = outputs.map_err(|error| error.to_string())?;
		let outputs = conform(outputs, interface).map_err(|error| error.to_string())?;
		attest(manifest, &outputs).map_err(|error| error.to_string())?;
		Ok(Self { request, outputs })
	}

	/// Holds what an engine gave against what is right, as answers are compared: by the fingerprint of
	/// the evidence and, for a model that is compared bit by bit, by the outputs themselves. Fractions
	/// may differ in their last place, since a file holds them as text.
	///
	/// # Errors
	/// What is wrong.
	pub fn compare(&self, manifest: &Manifest, found: &[TensorData]) -> Result<(), String> {
		let of = |outputs: &[TensorData]| {
			fingerprint(manifest, outputs).map_err(|error| error.to_string())
		};
		let (shown, expected) = (of(found)?, of(&self.outputs)?);
		let terms = manifest.answers();
		let bits = distance(&shown, &expected);
		if bits > u32::from(terms.tau) {
			return Err(format!(
				"its evidence is {bits} bits from the right one, and {} are allowed",
				terms.tau
			));
		}
		if terms.class != AnswerClass::BitExact {
			return Ok(());
		}
		let attestation = manifest.attestation.as_ref();
		for name in attestation
			.into_iter()
			.flat_map(|attestation| &attestation.outputs)
		{
			let named = |outputs: &[TensorData]| {
				let found = outputs.iter().find(|output| output.name == *name);
				found.map(|output| (output.shape.clone(), output.values.clone()))
			};
			if !alike(named(found), named(&self.outputs)) {
				return Err(format!("its output `{name}` is not the right one"));
			}
		}
		Ok(())
	}
}

fn alike(one: Option<(Vec<u32>, Values)>, other: Option<(Vec<u32>, Values)>) -> bool {
	match (one, other) {
		(Some((shape, Values::Float(one))), Some((expected, Values::Float(other)))) => {
			let close = |(one, other): (&f64, &f64)| {
				(one - other).abs() <= ROUNDING.max(other.abs() * ROUNDING)
			};
			shape == expected && one.len() == other.len() && one.iter().zip(&other).all(close)
		}
		(one, other) => one.is_some() && one == other,
	}
}

#[cfg(test)]
mod tests {
	use std::path::Path;

	use weighhouse_manifest::{BuildOptions, Builder};

	use super::*;

	fn digits() -> (Manifest, Vec<u8>) {
		let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dev/models/digits");
		let manifest = Builder::from_dir(&folder, BuildOptions::default())
			.unwrap()
			.build(|_| ())
			.unwrap();
		let path = &file(&manifest).unwrap().path;
		let bytes = std::fs::read(folder.join(path)).unwrap();
		(manifest, bytes)
	}

	#[test]
	fn vector_is_met_only_by_what_is_right() {
		let (manifest, bytes) = digits();
		let vector = Vector::read(&manifest, &bytes).unwrap();
		assert_eq!(vector.compare(&manifest, &vector.outputs), Ok(()));
		let mut rounded = vector.outputs.clone();
		let Values::Float(logits) = &mut rounded[1].values else {
			panic!("logits are no floats")
		};
		logits[0] += 1e-6;
		assert_eq!(vector.compare(&manifest, &rounded), Ok(()));
		let mut label = vector.outputs.clone();
		label[0].values = Values::Int(vec![7]);
		let problem = vector.compare(&manifest, &label).unwrap_err();
		assert!(problem.contains("`labels`"), "{problem}");
		let mut logits = vector.outputs.clone();
		logits[1].values = Values::Float((0..10).map(f64::from).collect());
		let problem = vector.compare(&manifest, &logits).unwrap_err();
		assert!(problem.contains("evidence"), "{problem}");
	}

	#[test]
	fn vector_is_refused_when_it_says_nothing_about_the_model() {
		let (manifest, _) = digits();
		for text in [
			"",
			"{}",
			r#"{"vectors":[]}"#,
			r#"{"vectors":[{"inputs":[],"outputs":[]}]}"#,
		] {
			assert!(Vector::read(&manifest, text.as_bytes()).is_err(), "{text}");
		}
	}
}
