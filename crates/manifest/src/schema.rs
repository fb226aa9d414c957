//! The JSON Schema of manifests, made from the types that read them.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::Manifest;

/// The JSON Schema (draft 2020-12) of a manifest, as `docs/manifest.schema.json` holds it.
pub fn schema() -> Value {
	let generator = SchemaSettings::draft2020_12().into_generator();
	sorted(generator.into_root_schema_for::<Manifest>().into())
}

/// [`schema`] as text for people, keys sorted, with a line break at the end.
pub fn schema_text() -> String {
	format!("{:#}\n", schema())
}

/// Whether JSON objects keep the order in which they were made depends on what else is compiled in.
fn sorted(value: Value) -> Value {
	match value {
		Value::Object(fields) => {
			let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
			fields.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
			Value::Object(
				fields
					.into_iter()
					.map(|(key, value)| (key, sorted(value)))
					.collect::<Map<String, Value>>(),
			)
		}
		Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
		other => other,
	}
}
