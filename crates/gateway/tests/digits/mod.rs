//! The digits model and its test vectors.
#![allow(dead_code)]

use std::{
	fs,
	path::{Path, PathBuf},
	sync::Arc,
};

use serde_json::{json, Value};
use weighhouse_gateway::engine::{Embedded, EmbeddedLimits, Engine, LoadedModel};
use weighhouse_manifest::{check_request, BuildOptions, Builder, Manifest, OipRequest, TensorData};

pub fn models() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dev/models")
}

pub fn load(folder: &Path) -> LoadedModel {
	let manifest = Builder::from_dir(folder, BuildOptions::default())
		.unwrap()
		.build(|_| {})
		.unwrap();
	LoadedModel {
		listing: 1,
		manifest: Arc::new(manifest),
		folder: folder.to_owned(),
	}
}

pub fn digits() -> LoadedModel {
	load(&models().join("digits"))
}

pub fn change(model: &mut LoadedModel, change: impl FnOnce(&mut Manifest)) {
	change(Arc::make_mut(&mut model.manifest));
}

/// Requests of the model's test vectors, and the right answers to them.
pub fn vectors(folder: &str) -> Vec<(Value, Vec<TensorData>)> {
	let file = models().join(folder).join("test-vectors.json");
	let all: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
	let vectors = all["vectors"].as_array().unwrap().iter();
	vectors
		.map(|vector| {
			let outputs = vector["outputs"].as_array().unwrap();
			let outputs = outputs.iter().map(|one| TensorData::from_oip(one).unwrap());
			(json!({ "inputs": vector["inputs"] }), outputs.collect())
		})
		.collect()
}

pub fn request(model: &LoadedModel, request: &Value) -> OipRequest {
	let interface = model.manifest.interface.as_ref().unwrap();
	check_request(interface, request.to_string().as_bytes()).unwrap()
}

pub fn first_request(model: &LoadedModel) -> OipRequest {
	request(model, &vectors("digits")[0].0)
}

pub fn embedded() -> Engine {
	Engine::Embedded(Embedded::new(EmbeddedLimits::default()))
}

/// In how many bits two fingerprints differ.
pub fn distance(one: &[u8; 32], other: &[u8; 32]) -> u32 {
	let bits = one.iter().zip(other);
	bits.map(|(one, other)| (one ^ other).count_ones()).sum()
}
