//! The published JSON Schema.

mod common;

use std::{env, fs, path::PathBuf};

use common::full_manifest;
use serde_json::{json, Value};
use weighhouse_manifest::{schema, schema_text};

fn published() -> PathBuf {
	[
		env!("CARGO_MANIFEST_DIR"),
		"..",
		"..",
		"docs",
		"manifest.schema.json",
	]
	.iter()
	.collect()
}

/// Run with `WEIGHHOUSE_WRITE_SCHEMA=1` to write the file anew.
#[test]
fn published_schema_is_what_the_code_makes() {
	if env::var_os("WEIGHHOUSE_WRITE_SCHEMA").is_some() {
		fs::write(published(), schema_text()).unwrap();
	}
	let text = fs::read_to_string(published()).unwrap_or_default();
	assert!(
		text == schema_text(),
		"docs/manifest.schema.json is out of date: run \
		 `WEIGHHOUSE_WRITE_SCHEMA=1 cargo test --release -p weighhouse-manifest --test schema`"
	);
}

#[test]
fn schema_takes_what_is_built() {
	let value = serde_json::to_value(full_manifest()).unwrap();
	let validator = jsonschema::validator_for(&schema()).unwrap();
	let errors: Vec<String> = validator
		.iter_errors(&value)
		.map(|error| error.to_string())
		.collect();
	assert_eq!(errors, [""; 0]);
}

/// The names that the schema lists are written apart from the types that read them.
#[test]
fn schema_knows_every_name_that_is_written() {
	use weighhouse_primitives::{AnswerClass, Kind, Relation, Serving};
	let validator = jsonschema::validator_for(&schema()).unwrap();
	let takes = |pointer: &str, name: Value| {
		let mut value = serde_json::to_value(full_manifest()).unwrap();
		*value.pointer_mut(pointer).unwrap() = name;
		validator.is_valid(&value)
	};
	for kind in [Kind::Model, Kind::Dataset, Kind::Adapter] {
		assert!(takes("/kind", json!(kind)), "{kind:?}");
	}
	for relation in [
		Relation::FineTune,
		Relation::Adapter,
		Relation::Merge,
		Relation::Quantized,
		Relation::Distilled,
		Relation::TrainedOn,
	] {
		assert!(
			takes("/lineage/0/relation", json!(relation)),
			"{relation:?}"
		);
	}
	for class in [
		AnswerClass::None,
		AnswerClass::BitExact,
		AnswerClass::Tolerant,
	] {
		assert!(takes("/attestation/class", json!(class)), "{class:?}");
	}
	for serving in [Serving::Anyone, Serving::Licensed, Serving::Owner] {
		assert!(takes("/licence/serving", json!(serving)), "{serving:?}");
	}
	assert!(!takes("/kind", json!("Model")));
}

#[test]
fn schema_describes_every_field() {
	fn undescribed(value: &Value, at: &str, missing: &mut Vec<String>) {
		let fields = value.get("properties").and_then(Value::as_object);
		for (name, field) in fields.into_iter().flatten() {
			// A reference is described where it leads.
			if field.get("description").is_none() && field.get("$ref").is_none() {
				missing.push(format!("{at}.{name}"));
			}
		}
	}
	let schema = schema();
	let mut missing = Vec::new();
	undescribed(&schema, "manifest", &mut missing);
	for (name, definition) in schema["$defs"].as_object().unwrap() {
		undescribed(definition, name, &mut missing);
	}
	assert_eq!(missing, [""; 0]);
}
