//! Model cards as Hugging Face READMEs hold them.

mod common;

use common::README;
use proptest::prelude::*;
use serde_json::json;
use weighhouse_manifest::{read_card, CardError};

#[test]
fn read_card_keeps_fields_as_they_are() {
	let (card, body) = read_card(README).unwrap();
	assert_eq!(card.license(), Some("apache-2.0"));
	assert_eq!(card.pipeline_tag(), Some("image-classification"));
	assert_eq!(card.library_name(), Some("onnx"));
	assert_eq!(card.tags(), ["digits", "8x8"]);
	assert_eq!(card.datasets(), ["optdigits"]);
	assert_eq!(
		card.base_model(),
		["someone/base"],
		"one text counts as a list of one"
	);
	assert_eq!(card.language(), ["no"], "Norwegian is not a boolean");
	assert_eq!(
		card.model_index().unwrap()[0]["results"][0]["metrics"][0]["value"],
		0.9844
	);
	assert_eq!(card.fields().len(), 8);
	assert!(body.trim_start().starts_with("# Tiny digits"));
}

#[test]
fn read_card_keeps_kinds_of_values_apart() {
	let text =
		"---\na: 1\nb: '1'\nc: 1.5\nd: -2\ne: true\nf: null\ng: 2026-11-21\nh: {i: [1, x]}\n---\n";
	let (card, _) = read_card(text).unwrap();
	let expected = json!({
		"a": 1, "b": "1", "c": 1.5, "d": -2, "e": true, "f": null, "g": "2026-11-21", "h": {"i": [1, "x"]}
	});
	assert_eq!(serde_json::to_value(card).unwrap(), expected);
}

#[test]
fn read_card_gives_an_empty_card_when_there_is_no_front_matter() {
	for text in [
		"",
		"# Title\n\n---\nlicense: mit\n---\n",
		"--- \u{1}",
		"----\na: b\n----\n",
	] {
		let (card, body) = read_card(text).unwrap();
		assert!(card.fields().is_empty(), "{text:?}");
		assert_eq!(body, text);
	}
	assert!(read_card("---\n---\nbody").unwrap().0.fields().is_empty());
	assert!(read_card("---\n# only a comment\n---\n")
		.unwrap()
		.0
		.fields()
		.is_empty());
}

#[test]
fn read_card_takes_windows_line_ends_and_byte_order_marks() {
	let (card, body) = read_card("\u{feff}---\r\nlicense: mit\r\n---\r\nbody\r\n").unwrap();
	assert_eq!(card.license(), Some("mit"));
	assert_eq!(body, "body\r\n");
}

#[test]
fn read_card_takes_front_matter_when_the_file_ends_with_it() {
	assert_eq!(
		read_card("---\nlicense: mit\n---").unwrap().0.license(),
		Some("mit")
	);
}

#[test]
fn read_card_fails_when_front_matter_has_no_end() {
	assert_error!(
		read_card("---\nlicense: mit\n"),
		CardError::Unclosed,
		"second `---`"
	);
	assert_error!(read_card("---"), CardError::Unclosed, "second `---`");
}

#[test]
fn read_card_fails_when_front_matter_is_no_yaml() {
	assert_error!(
		read_card("---\na: [1\n---\n"),
		CardError::Yaml(_),
		"not YAML",
		"line"
	);
	assert_error!(
		read_card("---\na: 1\na: 2\n---\n"),
		CardError::Yaml(_),
		"duplicate",
		"a"
	);
}

#[test]
fn read_card_fails_when_front_matter_is_no_fields() {
	for text in [
		"---\njust text\n---\n",
		"---\n- a\n- b\n---\n",
		"---\n5\n---\n",
	] {
		assert_error!(read_card(text), CardError::NotFields, "fields with values");
	}
}

#[test]
fn read_card_fails_when_json_cannot_say_it() {
	for (text, field) in [
		("---\na: {b: .nan}\n---\n", "`a.b`"),
		("---\na: .inf\n---\n", "`a`"),
		("---\na: !date 1\n---\n", "`a`"),
		("---\na: {1: b}\n---\n", "`a`"),
	] {
		assert_error!(
			read_card(text),
			CardError::NoJson { .. },
			field,
			"JSON cannot express"
		);
	}
}

#[test]
fn read_card_stays_small_when_aliases_multiply() {
	let mut text = "---\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
	for level in 1..12 {
		let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
		text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
	}
	text.push_str("---\n");
	assert_error!(read_card(&text), CardError::Yaml(_), "repetition limit");
}

proptest! {
	#[test]
	fn read_card_never_panics(text: String, front in "[ -~\n]{0,80}") {
		let _ = read_card(&text);
		let _ = read_card(&format!("---\n{front}\n---\n{text}"));
	}
}
