//! Manifests as bytes.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use weighhouse_primitives::ContentId;

use crate::{schema, Manifest, ManifestError, SchemaFault};

/// As many faults as a person reads at once.
const MAX_FAULTS: usize = 5;

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
	jsonschema::validator_for(&schema()).expect("the schema is made by this crate and tested")
});

impl Manifest {
	/// Reads a manifest that nobody vouches for: size, JSON, schema, meaning, in this order.
	pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
		check_size(bytes)?;
		let mut value: Value = serde_json::from_slice(bytes)?;
		leave_out_unsealed(&mut value);
		check_schema(&value)?;
		check_content_ids(&value)?;
		// Read anew from the bytes: a `Value` hides fields that come twice.
		let manifest: Self = serde_json::from_slice(bytes)?;
		manifest.check()?;
		Ok(manifest)
	}

	/// The manifest as canonical JSON (RFC 8785), checked and small enough to publish.
	pub fn to_canonical_json(&self) -> Result<Vec<u8>, ManifestError> {
		self.check()?;
		let bytes = serde_json_canonicalizer::to_vec(self)?;
		check_size(&bytes)?;
		Ok(bytes)
	}

	/// The content id of the canonical JSON as one raw block.
	pub fn content_id(&self) -> Result<ContentId, ManifestError> {
		Ok(ContentId::of_raw_block(&self.to_canonical_json()?))
	}
}

fn check_size(bytes: &[u8]) -> Result<(), ManifestError> {
	if bytes.len() > Manifest::MAX_BYTES {
		return Err(ManifestError::TooLarge { found: bytes.len() });
	}
	Ok(())
}

/// Some manifests say of a file that is not sealed just that. The schema has no need for it.
fn leave_out_unsealed(value: &mut Value) {
	let artifacts = value.get_mut("artifacts").and_then(Value::as_array_mut);
	for artifact in artifacts.into_iter().flatten() {
		if artifact.get("sealed") != Some(&Value::Bool(false)) {
			continue;
		}
		if let Some(fields) = artifact.as_object_mut() {
			fields.remove("sealed");
		}
	}
}

fn check_schema(value: &Value) -> Result<(), ManifestError> {
	// Before all else, since everything else may differ in another form.
	if let Some(Value::String(form)) = value.get("schema") {
		if form != Manifest::FORM {
			return Err(ManifestError::UnknownForm {
				found: form.clone(),
			});
		}
	}
	let faults: Vec<SchemaFault> = VALIDATOR
		.iter_errors(value)
		.take(MAX_FAULTS)
		.map(|error| SchemaFault {
			at: error.instance_path().to_string(),
			problem: error.to_string(),
		})
		.collect();
	if !faults.is_empty() {
		return Err(ManifestError::Schema { faults });
	}
	Ok(())
}

/// The schema takes any text for a content id, so that this can say what is wrong with it.
fn check_content_ids(value: &Value) -> Result<(), ManifestError> {
	let check = |cid: Option<&Value>, of: &dyn Fn() -> String| match cid.and_then(Value::as_str) {
		Some(cid) => match cid.parse::<ContentId>() {
			Ok(_) => Ok(()),
			Err(source) => Err(ManifestError::Cid {
				of: of(),
				cid: cid.to_owned(),
				source,
			}),
		},
		None => Ok(()),
	};
	for artifact in value
		.get("artifacts")
		.and_then(Value::as_array)
		.into_iter()
		.flatten()
	{
		check(artifact.get("cid"), &|| {
			format!("artifact {}", artifact.get("path").unwrap_or(&Value::Null))
		})?;
	}
	check(value.pointer("/licence/textCid"), &|| {
		"the licence text".to_owned()
	})
}
