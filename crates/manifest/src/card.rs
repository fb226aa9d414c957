//! Model cards: the YAML front matter of a Hugging Face README, kept as it is.

use std::borrow::Cow;

use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use serde_norway::Value as Yaml;

use crate::CardError;

const FENCE: &str = "---";

/// The fields of a model card, under Hugging Face's names and with its values.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Card(Map<String, Value>);

impl Card {
	/// All fields.
	pub fn fields(&self) -> &Map<String, Value> {
		&self.0
	}

	/// One field as it stands in the card.
	pub fn get(&self, name: &str) -> Option<&Value> {
		self.0.get(name)
	}

	/// Hugging Face's id of the licence, such as `apache-2.0`.
	pub fn license(&self) -> Option<&str> {
		self.text("license")
	}

	/// What the model is for, such as `image-classification`.
	pub fn pipeline_tag(&self) -> Option<&str> {
		self.text("pipeline_tag")
	}

	/// What loads the model, such as `onnx`.
	pub fn library_name(&self) -> Option<&str> {
		self.text("library_name")
	}

	/// The models that this one comes from, by Hugging Face id.
	pub fn base_model(&self) -> Vec<&str> {
		self.texts("base_model")
	}

	/// The data sets that it was trained on.
	pub fn datasets(&self) -> Vec<&str> {
		self.texts("datasets")
	}

	/// The languages that it knows.
	pub fn language(&self) -> Vec<&str> {
		self.texts("language")
	}

	/// Words to find it by.
	pub fn tags(&self) -> Vec<&str> {
		self.texts("tags")
	}

	/// Its evaluation results in Hugging Face's form.
	pub fn model_index(&self) -> Option<&Value> {
		self.get("model-index")
	}

	/// Says what the model is for, instead of what the card says.
	pub(crate) fn set_pipeline_tag(&mut self, tag: &str) {
		self.0.insert("pipeline_tag".to_owned(), tag.into());
	}

	pub(crate) fn text(&self, name: &str) -> Option<&str> {
		self.get(name)?.as_str()
	}

	/// Hugging Face takes one text or a list of them for the same field.
	fn texts(&self, name: &str) -> Vec<&str> {
		match self.get(name) {
			Some(Value::String(text)) => vec![text],
			Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
			_ => Vec::new(),
		}
	}
}

impl From<Map<String, Value>> for Card {
	fn from(fields: Map<String, Value>) -> Self {
		Self(fields)
	}
}

impl JsonSchema for Card {
	fn schema_name() -> Cow<'static, str> {
		"Card".into()
	}

	fn json_schema(_: &mut SchemaGenerator) -> Schema {
		json_schema!({
			"type": "object",
			"description": "The model card's fields under Hugging Face's names, as they stand in the README.",
		})
	}
}

/// Reads a README: its front matter, and the Markdown below it. A README that does not begin with
/// `---` has an empty card.
pub fn read_card(readme: &str) -> Result<(Card, &str), CardError> {
	let readme = readme.strip_prefix('\u{feff}').unwrap_or(readme);
	let Some((first, rest)) = split_line(readme) else {
		return Ok((Card::default(), readme));
	};
	if first.trim_end() != FENCE {
		return Ok((Card::default(), readme));
	}
	let mut below = rest;
	while let Some((line, next)) = split_line(below) {
		if line.trim_end() == FENCE {
			let front_matter = &rest[..rest.len() - below.len()];
			return Ok((read_front_matter(front_matter)?, next));
		}
		below = next;
	}
	Err(CardError::Unclosed)
}

fn split_line(text: &str) -> Option<(&str, &str)> {
	if text.is_empty() {
		return None;
	}
	Some(text.split_once('\n').unwrap_or((text, "")))
}

fn read_front_matter(text: &str) -> Result<Card, CardError> {
	match serde_norway::from_str(text).map_err(CardError::Yaml)? {
		Yaml::Null => Ok(Card::default()),
		Yaml::Mapping(fields) => Ok(Card(object(fields, "")?)),
		_ => Err(CardError::NotFields),
	}
}

fn object(fields: serde_norway::Mapping, at: &str) -> Result<Map<String, Value>, CardError> {
	fields
		.into_iter()
		.map(|(key, value)| {
			let Yaml::String(key) = key else {
				return Err(CardError::NoJson {
					field: at.to_owned(),
					what: "a key that is no text",
				});
			};
			let at = if at.is_empty() {
				key.clone()
			} else {
				format!("{at}.{key}")
			};
			Ok((key, json(value, &at)?))
		})
		.collect()
}

fn json(value: Yaml, at: &str) -> Result<Value, CardError> {
	let no_json = |what| CardError::NoJson {
		field: at.to_owned(),
		what,
	};
	Ok(match value {
		Yaml::Null => Value::Null,
		Yaml::Bool(value) => Value::Bool(value),
		Yaml::String(text) => Value::String(text),
		Yaml::Number(number) => Value::Number(
			number
				.as_u64()
				.map(Number::from)
				.or_else(|| number.as_i64().map(Number::from))
				.or_else(|| number.as_f64().and_then(Number::from_f64))
				.ok_or_else(|| no_json("a number that is not finite"))?,
		),
		Yaml::Sequence(values) => Value::Array(
			values
				.into_iter()
				.map(|value| json(value, at))
				.collect::<Result<_, _>>()?,
		),
		Yaml::Mapping(fields) => Value::Object(object(fields, at)?),
		Yaml::Tagged(_) => return Err(no_json("a value with a YAML tag")),
	})
}
