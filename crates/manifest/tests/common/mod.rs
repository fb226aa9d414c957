//! A small model folder, and the manifest of it.
#![allow(dead_code)]

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;
use weighhouse_manifest::{BuildError, BuildOptions, Builder, Manifest, ManifestError};

pub const README: &str = "---
license: apache-2.0
pipeline_tag: image-classification
library_name: onnx
base_model: someone/base
datasets: [optdigits]
language: no
tags:
- digits
- 8x8
model-index:
- name: tiny-digits
  results:
  - metrics: [{ type: accuracy, value: 0.9844 }]
---

# Tiny digits

[badge](https://example.org)

Reads one handwritten digit
from a grey image.

More words.
";

pub const SETTINGS: &str = "
name: digits
version: 1.2.0
kind: model
publisher: { name: Alice, url: https://example.org }
interface:
  inputLimit: 4096
  inputs: [{ name: image, datatype: FP32, shape: [-1, 64] }]
  outputs:
  - { name: labels, datatype: INT64, shape: [-1] }
  - { name: logits, datatype: FP32, shape: [-1, 10], scale: 16 }
attestation:
  class: bitExact
  outputs: [labels]
  evidence: logits
  fingerprint: { algorithm: simhash256, tau: 8 }
  engine: { name: tract, version: 0.23.9 }
  maxLatencyMs: 20000
  testVectors: [probe.json]
lineage: [{ listing: 3, version: 1, relation: distilled, royalty: 100000000 }]
evaluation: [{ dataset: optdigits, split: test, metric: accuracy, value: 0.9844 }]
licence:
  text: LICENSE
  derivatives: { policy: royalty, minimum: 50000000 }
  serving: anyone
safety: { intendedUse: Tests., limitations: [Digits only.] }
";

pub fn write(dir: &Path, path: &str, bytes: impl AsRef<[u8]>) {
	let file = dir.join(path);
	fs::create_dir_all(file.parent().unwrap()).unwrap();
	fs::write(file, bytes).unwrap();
}

/// README.md and one file of weights.
pub fn plain_folder() -> TempDir {
	let folder = tempfile::tempdir().unwrap();
	write(folder.path(), "README.md", README);
	write(folder.path(), "model.onnx", b"weights");
	folder
}

/// Everything that a manifest can speak of.
pub fn full_folder() -> TempDir {
	let folder = plain_folder();
	write(folder.path(), "LICENSE", b"Do what you like.");
	write(folder.path(), "config.json", b"{}");
	write(folder.path(), "probe.json", b"[]");
	write(folder.path(), "sub/tokenizer.json", b"{}");
	write(folder.path(), "sub-file.txt", b"");
	write(folder.path(), "weighhouse.yaml", SETTINGS);
	folder
}

pub fn options() -> BuildOptions {
	BuildOptions {
		created: Some("2026-11-21T08:00:00Z".to_owned()),
		..BuildOptions::default()
	}
}

pub fn build(dir: &Path) -> Result<Manifest, BuildError> {
	Builder::from_dir(dir, options())?.build(|_| {})
}

pub fn full_manifest() -> Manifest {
	build(full_folder().path()).unwrap()
}

/// What reading says of the full manifest after `change` was made to its JSON.
pub fn parse_changed(change: impl FnOnce(&mut Value)) -> Result<Manifest, ManifestError> {
	let mut value = serde_json::to_value(full_manifest()).unwrap();
	change(&mut value);
	Manifest::parse(value.to_string().as_bytes())
}

/// Asserts the variant, and that the message holds each of the words: what is wrong, what is right.
#[macro_export]
macro_rules! assert_error {
	($result:expr, $pattern:pat, $($word:expr),+ $(,)?) => {
		match $result {
			Err(error) => {
				let message = error.to_string();
				assert!(matches!(error, $pattern), "another error: {error:?}");
				$(assert!(message.contains($word), "`{message}` does not say `{}`", $word);)+
			},
			Ok(_) => panic!("was accepted, but expected {}", stringify!($pattern)),
		}
	};
}
