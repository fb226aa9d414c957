//! Manifests that nobody vouches for.

mod common;

use common::{full_manifest, parse_changed};
use proptest::prelude::*;
use serde_json::{json, Value};
use weighhouse_manifest::{read_card, Manifest, ManifestError, Sealed, Sha256Digest};
use weighhouse_primitives::{artifact::PathError, ContentId, ContentIdError};

#[test]
fn parse_gives_back_what_was_written() {
	let manifest = full_manifest();
	let json = manifest.to_canonical_json().unwrap();
	assert_eq!(Manifest::parse(&json).unwrap(), manifest);
	assert_eq!(
		manifest.content_id().unwrap(),
		ContentId::of_raw_block(&json)
	);
}

#[test]
fn to_canonical_json_sorts_keys_and_leaves_no_white_space() {
	let text = String::from_utf8(full_manifest().to_canonical_json().unwrap()).unwrap();
	assert!(text.starts_with(r#"{"artifactRoot":""#), "{}", &text[..40]);
	assert!(text.contains(r#""maxLatencyMs":20000"#));
	assert!(text.contains(r#""role":"test-vectors""#));
	assert!(text.contains(r#""relation":"distilled","royalty":100000000,"version":1"#));
	assert!(!text.contains("null"), "what is not said is left out");
	let value: Value = serde_json::from_str(&text).unwrap();
	let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
	assert!(keys.is_sorted());
}

/// RFC 8785 writes numbers as JavaScript does, whatever they were written like in the card.
#[test]
fn to_canonical_json_writes_numbers_as_javascript_does() {
	let readme = "---\na: [1.0, 0.9844, 1e21, 9007199254740993, -0.0, 1.50, 7]\n---\n";
	let mut manifest = full_manifest();
	manifest.card = read_card(readme).unwrap().0;
	let text = String::from_utf8(manifest.to_canonical_json().unwrap()).unwrap();
	let expected = r#""card":{"a":[1,0.9844,1e+21,9007199254740992,0,1.5,7]}"#;
	assert!(text.contains(expected), "{text}");
	assert_eq!(
		Manifest::parse(text.as_bytes())
			.unwrap()
			.to_canonical_json()
			.unwrap(),
		text.as_bytes()
	);
}

#[test]
fn parse_takes_json_that_is_not_canonical() {
	let manifest = full_manifest();
	let pretty = serde_json::to_vec_pretty(&manifest).unwrap();
	assert_eq!(Manifest::parse(&pretty).unwrap(), manifest);
}

#[test]
fn set_cid_notes_where_bytes_are() {
	let mut manifest = full_manifest();
	let weights = ContentId::of_raw_block(b"weights");
	manifest.set_cid("model.onnx", weights).unwrap();
	assert_eq!(manifest.artifact("model.onnx").unwrap().cid, Some(weights));
	assert_eq!(manifest.licence.text_cid, None);
	let licence = ContentId::of_raw_block(b"Do what you like.");
	manifest.set_cid("LICENSE", licence).unwrap();
	assert_eq!(manifest.licence.text_cid, Some(licence));
	let json = manifest.to_canonical_json().unwrap();
	assert!(String::from_utf8(json.clone())
		.unwrap()
		.contains(&weights.to_text()));
	assert_eq!(Manifest::parse(&json).unwrap(), manifest);
}

#[test]
fn set_cid_takes_any_digest_when_the_id_is_of_chunks() {
	let mut manifest = full_manifest();
	let chunked: ContentId = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"
		.parse()
		.unwrap();
	manifest.set_cid("model.onnx", chunked).unwrap();
	manifest.check().unwrap();
}

#[test]
fn set_cid_fails_when_there_is_no_such_artifact() {
	let mut manifest = full_manifest();
	let result = manifest.set_cid("nope", ContentId::of_raw_block(b""));
	assert_error!(result, ManifestError::UnknownArtifact { .. }, "`nope`");
	assert_eq!(manifest, full_manifest());
}

#[test]
fn set_cid_fails_when_a_raw_id_is_of_other_bytes() {
	let mut manifest = full_manifest();
	let result = manifest.set_cid("model.onnx", ContentId::of_raw_block(b"other"));
	assert_error!(
		result,
		ManifestError::CidOfOtherBytes { .. },
		"model.onnx",
		"other bytes"
	);
	assert_eq!(manifest, full_manifest());
}

#[test]
fn set_sealed_takes_the_raw_id_of_the_sealed_form_alone() {
	let mut manifest = full_manifest();
	let cid = ContentId::of_raw_block(b"sealed form");
	let sealed = Sealed {
		size: 11,
		sha256: Sha256Digest(cid.digest),
	};
	let plain = manifest.artifact("model.onnx").unwrap().sha256;
	let wrong = manifest.set_sealed("model.onnx", ContentId::of_raw_block(b"other"), sealed);
	assert_error!(wrong, ManifestError::CidOfOtherBytes { .. }, "model.onnx");
	assert_eq!(manifest, full_manifest());
	manifest.set_sealed("model.onnx", cid, sealed).unwrap();
	let artifact = manifest.artifact("model.onnx").unwrap();
	assert_eq!((artifact.cid, artifact.sealed), (Some(cid), Some(sealed)));
	// What it opens to stays what it was.
	assert_eq!(artifact.sha256, plain);
	let again = Manifest::parse(&manifest.to_canonical_json().unwrap()).unwrap();
	assert_eq!(again, manifest);
}

#[test]
fn parse_takes_a_file_that_is_said_not_to_be_sealed() {
	let said = |sealed: Value| parse_changed(|value| value["artifacts"][0]["sealed"] = sealed);
	assert_eq!(said(json!(false)).unwrap(), full_manifest());
	for sealed in [json!(true), Value::Null, json!({ "size": 1 })] {
		assert!(said(sealed.clone()).is_err(), "{sealed}");
	}
}

#[test]
fn total_size_adds_up() {
	let manifest = full_manifest();
	let expected: u64 = manifest
		.artifacts
		.iter()
		.map(|artifact| artifact.size)
		.sum();
	assert_eq!(manifest.total_size(), expected);
}

mod form {
	use super::*;
	use crate::assert_error;

	#[test]
	fn parse_fails_when_it_is_300_kib_long() {
		let padded = |length: usize| {
			let mut json = full_manifest().to_canonical_json().unwrap();
			json.resize(length, b' ');
			json
		};
		let result = Manifest::parse(&padded(300 * 1024));
		assert_error!(
			result,
			ManifestError::TooLarge { .. },
			"307200",
			"262144",
			"256 KiB"
		);
		let result = Manifest::parse(&padded(Manifest::MAX_BYTES + 1));
		assert_error!(result, ManifestError::TooLarge { .. }, "262145");
		Manifest::parse(&padded(Manifest::MAX_BYTES)).unwrap();
	}

	#[test]
	fn to_canonical_json_fails_when_it_would_be_too_long() {
		let mut manifest = full_manifest();
		manifest.card = json!({ "tags": ["x".repeat(300 * 1024)] })
			.as_object()
			.unwrap()
			.clone()
			.into();
		let result = manifest.to_canonical_json();
		assert_error!(result, ManifestError::TooLarge { .. }, "256 KiB");
	}

	#[test]
	fn parse_fails_when_it_is_no_json() {
		for text in ["", "{", "not json", "{\"a\": NaN}", "\u{0}"] {
			let result = Manifest::parse(text.as_bytes());
			assert_error!(result, ManifestError::Json(_), "not valid JSON");
		}
		let deep = "[".repeat(100_000);
		assert_error!(
			Manifest::parse(deep.as_bytes()),
			ManifestError::Json(_),
			"recursion"
		);
	}

	#[test]
	fn parse_fails_when_a_field_comes_twice() {
		let json = String::from_utf8(full_manifest().to_canonical_json().unwrap()).unwrap();
		let twice = json.replacen('{', "{\"name\":\"first\",", 1);
		let result = Manifest::parse(twice.as_bytes());
		assert_error!(result, ManifestError::Json(_), "duplicate field `name`");
	}

	#[test]
	fn parse_fails_when_it_is_of_another_form() {
		let result = parse_changed(|value| value["schema"] = json!("weighhouse/manifest/v2"));
		assert_error!(
			result,
			ManifestError::UnknownForm { .. },
			"manifest/v2",
			"manifest/v1"
		);
		let mut manifest = full_manifest();
		manifest.schema = "else".to_owned();
		assert_error!(
			manifest.check(),
			ManifestError::UnknownForm { .. },
			"`else`"
		);
	}

	#[test]
	fn parse_says_where_it_departs_from_the_schema() {
		type Change = fn(&mut Value);
		let cases: [(Change, &str); 12] = [
			(|value| *value = json!([]), "at /"),
			(
				|value| drop(value.as_object_mut().unwrap().remove("artifacts")),
				"artifacts",
			),
			(|value| value["artifacts"] = json!([]), "/artifacts"),
			(|value| value["nmae"] = json!("x"), "nmae"),
			(
				|value| value["artifacts"][1]["size"] = json!(-1),
				"/artifacts/1/size",
			),
			(
				|value| value["artifacts"][1]["size"] = json!(1.5),
				"/artifacts/1/size",
			),
			(
				|value| value["artifacts"][0]["sha256"] = json!("ABCD"),
				"/artifacts/0/sha256",
			),
			(
				|value| value["artifacts"][0]["role"] = json!("boss"),
				"/artifacts/0/role",
			),
			(
				|value| value["lineage"][0]["relation"] = json!("cousin"),
				"/lineage/0/relation",
			),
			(|value| value["created"] = json!("yesterday"), "/created"),
			(
				|value| value["attestation"]["fingerprint"]["tau"] = json!(65),
				"tau",
			),
			(|value| value["card"] = json!("text"), "/card"),
		];
		for (change, word) in cases {
			assert_error!(
				parse_changed(change),
				ManifestError::Schema { .. },
				"schema",
				word
			);
		}
	}

	#[test]
	fn parse_says_only_so_much_when_everything_is_wrong() {
		let result = parse_changed(|value| {
			let artifacts = value["artifacts"].as_array_mut().unwrap();
			artifacts
				.iter_mut()
				.for_each(|artifact| *artifact = json!({}));
		});
		match result {
			Err(ManifestError::Schema { faults }) => assert_eq!(faults.len(), 5),
			other => panic!("{other:?}"),
		}
	}
}

mod texts {
	use super::*;
	use crate::assert_error;

	#[test]
	fn parse_fails_when_a_name_has_too_many_bytes() {
		// 33 characters pass the schema, which counts characters; the chain counts bytes.
		let result = parse_changed(|value| value["name"] = json!("é".repeat(33)));
		assert_error!(
			result,
			ManifestError::TextLength { .. },
			"`name`",
			"66",
			"1 to 64"
		);
		parse_changed(|value| value["name"] = json!("é".repeat(32))).unwrap();
		let result = parse_changed(|value| value["version"] = json!("é".repeat(33)));
		assert_error!(result, ManifestError::TextLength { .. }, "`version`", "66");
		let result = parse_changed(|value| value["description"] = json!("é".repeat(2049)));
		assert_error!(
			result,
			ManifestError::TextLength { .. },
			"`description`",
			"4098",
			"4096"
		);
		let mut manifest = full_manifest();
		manifest.name = String::new();
		assert_error!(
			manifest.check(),
			ManifestError::TextLength { .. },
			"`name`",
			"0 bytes"
		);
	}

	#[test]
	fn parse_fails_when_a_name_holds_control_characters() {
		let result = parse_changed(|value| value["name"] = json!("a\nb"));
		assert_error!(
			result,
			ManifestError::TextControl { .. },
			"`name`",
			"one line"
		);
	}

	#[test]
	fn parse_fails_when_no_clock_shows_the_time() {
		let result = parse_changed(|value| value["created"] = json!("2026-02-30T00:00:00Z"));
		assert_error!(
			result,
			ManifestError::Created { .. },
			"2026-02-30",
			"2026-11-21T08:00:00Z"
		);
	}

	#[test]
	fn parse_fails_when_the_chain_takes_no_such_task() {
		for task in ["", "Image", "a b", "a_b", &"x".repeat(33)] {
			let result = parse_changed(|value| value["card"]["pipeline_tag"] = json!(task));
			assert_error!(result, ManifestError::Task { .. }, "pipeline_tag", "a-z");
		}
		parse_changed(|value| value["card"]["pipeline_tag"] = json!("x".repeat(32))).unwrap();
	}
}

mod artifacts {
	use super::*;
	use crate::assert_error;

	#[test]
	fn parse_fails_when_the_root_lies() {
		let result = parse_changed(|value| value["artifactRoot"] = json!("0".repeat(64)));
		let right = full_manifest().artifact_root.to_string();
		assert_error!(
			result,
			ManifestError::RootMismatch { .. },
			&"0".repeat(64),
			&right
		);
	}

	#[test]
	fn parse_fails_when_a_digest_lies() {
		let result = parse_changed(|value| value["artifacts"][0]["sha256"] = json!("0".repeat(64)));
		assert_error!(result, ManifestError::RootMismatch { .. }, "artifactRoot");
	}

	#[test]
	fn parse_fails_when_a_path_leaves_the_folder() {
		for (path, expected) in [
			("../../etc/passwd", PathError::DotSegment),
			("/etc/passwd", PathError::Absolute),
			("a\\b", PathError::Backslash),
			("a//b", PathError::EmptySegment),
			("a\nb", PathError::Newline),
		] {
			match parse_changed(|value| value["artifacts"][0]["path"] = json!(path)) {
				Err(ManifestError::Path {
					path: named,
					source,
				}) => {
					assert_eq!((named.as_str(), source), (path, expected));
				}
				other => panic!("{path:?}: {other:?}"),
			}
		}
	}

	#[test]
	fn parse_fails_when_a_path_comes_twice() {
		let result = parse_changed(|value| {
			let copy = value["artifacts"][0].clone();
			value["artifacts"].as_array_mut().unwrap().push(copy);
		});
		assert_error!(
			result,
			ManifestError::DuplicatePath { .. },
			"LICENSE",
			"twice"
		);
	}

	#[test]
	fn parse_fails_when_a_file_lies_where_another_needs_a_folder() {
		for (path, file) in [
			("LICENSE/of/all", "LICENSE"),
			("LICENSE/x", "LICENSE"),
			("a/b/c/d", "a/b"),
		] {
			let result = parse_changed(|value| {
				let artifacts = value["artifacts"].as_array_mut().unwrap();
				let mut more = artifacts[0].clone();
				more["path"] = json!(path);
				artifacts.push(more.clone());
				more["path"] = json!("a/b");
				artifacts.push(more);
			});
			assert_error!(result, ManifestError::FileAndFolder { .. }, file, path);
		}
		// A name that another one begins with is none of its folders.
		let result = parse_changed(|value| {
			let artifacts = value["artifacts"].as_array_mut().unwrap();
			let mut more = artifacts[0].clone();
			more["path"] = json!("LICENSE-old/x");
			artifacts.push(more);
		});
		assert_error!(result, ManifestError::RootMismatch { .. }, "artifactRoot");
	}

	#[test]
	fn parse_fails_when_a_size_is_beyond_exact_numbers() {
		let most: u64 = (1 << 53) - 1;
		parse_changed(|value| value["artifacts"][0]["size"] = json!(most)).unwrap();
		let result = parse_changed(|value| value["artifacts"][0]["size"] = json!(most + 1));
		assert_error!(result, ManifestError::Size { .. }, "LICENSE", "2^53 - 1");
	}

	#[test]
	fn check_fails_when_there_are_no_artifacts() {
		let mut manifest = full_manifest();
		manifest.artifacts.clear();
		assert_error!(
			manifest.check(),
			ManifestError::NoArtifacts,
			"at least one file"
		);
	}

	#[test]
	fn parse_fails_when_a_content_id_is_malformed() {
		for (cid, expected) in [
			("nonsense", ContentIdError::Malformed),
			("", ContentIdError::Empty),
			(
				"mAVUSICwmtGto/8aP+ZtFPB0wQTQTQi1wZIO/oPmKXohiZueu",
				ContentIdError::UnsupportedBase,
			),
		] {
			match parse_changed(|value| value["artifacts"][0]["cid"] = json!(cid)) {
				Err(ManifestError::Cid { of, source, .. }) => {
					assert!(of.contains("LICENSE"), "{of}");
					assert_eq!(source, expected, "{cid}");
				}
				other => panic!("{cid}: {other:?}"),
			}
		}
		let result = parse_changed(|value| value["licence"]["textCid"] = json!("nonsense"));
		assert_error!(
			result,
			ManifestError::Cid { .. },
			"licence text",
			"nonsense",
			"bafkrei"
		);
	}

	#[test]
	fn parse_fails_when_a_raw_id_is_of_other_bytes() {
		let other = ContentId::of_raw_block(b"other").to_text();
		let result = parse_changed(|value| value["artifacts"][0]["cid"] = json!(other));
		assert_error!(
			result,
			ManifestError::CidOfOtherBytes { .. },
			"LICENSE",
			&other
		);
	}
}

mod licence {
	use super::*;
	use crate::assert_error;

	#[test]
	fn parse_fails_when_the_licence_is_no_spdx() {
		for (expression, reason, hint) in [
			("mit", "no such name", "`MIT`"),
			("Apache 2.0", "", "Apache-2.0"),
			("MIT OR", "", "LicenseRef-NAME"),
			("(MIT", "not closed", "LicenseRef-NAME"),
			("MIT/Apache-2.0", "'/'", "LicenseRef-NAME"),
			("Llama-3", "no such name", "LicenseRef-NAME"),
			("MIT\n", "'\\n'", "`MIT`"),
		] {
			let result = parse_changed(|value| value["licence"]["spdx"] = json!(expression));
			assert_error!(result, ManifestError::Spdx { .. }, "SPDX", reason, hint);
		}
	}

	#[test]
	fn parse_takes_expressions() {
		for expression in [
			"MIT OR Apache-2.0",
			"(GPL-2.0-only WITH Classpath-exception-2.0) AND MIT",
			"LicenseRef-my.own-1",
			"GPL-3.0",
		] {
			parse_changed(|value| value["licence"]["spdx"] = json!(expression)).unwrap();
		}
	}

	#[test]
	fn check_fails_when_the_expression_is_too_long() {
		let mut manifest = full_manifest();
		manifest.licence.spdx = format!("LicenseRef-{}", "x".repeat(53));
		manifest.check().unwrap();
		manifest.licence.spdx.push('x');
		assert_error!(
			manifest.check(),
			ManifestError::SpdxTooLong { found: 65 },
			"65",
			"64"
		);
	}

	#[test]
	fn parse_fails_when_the_text_is_not_there() {
		let result = parse_changed(|value| value["licence"]["text"] = json!("TERMS"));
		assert_error!(
			result,
			ManifestError::LicenceText { .. },
			"TERMS",
			"no artifact"
		);
	}

	#[test]
	fn parse_fails_when_the_text_has_two_content_ids() {
		let cid = ContentId::of_raw_block(b"else").to_text();
		let result = parse_changed(|value| value["licence"]["textCid"] = json!(cid));
		assert_error!(result, ManifestError::LicenceTextCid { .. }, &cid);
	}

	#[test]
	fn check_fails_when_the_smallest_royalty_makes_no_sense() {
		let result = parse_changed(|value| {
			value["licence"]["derivatives"] = json!({ "policy": "forbidden", "minimum": 1 });
		});
		assert_error!(
			result,
			ManifestError::DerivativesMinimum { found: 1 },
			"forbidden"
		);
		let mut manifest = full_manifest();
		let derivatives = manifest.licence.derivatives.as_mut().unwrap();
		derivatives.minimum = 500_000_001;
		assert_error!(
			manifest.check(),
			ManifestError::DerivativesMinimum { found: 500_000_001 },
			"50 %"
		);
	}
}

mod lineage {
	use super::*;
	use crate::assert_error;

	fn with_lineage(lineage: Value) -> Result<Manifest, ManifestError> {
		parse_changed(|value| value["lineage"] = lineage)
	}

	#[test]
	fn parse_fails_when_royalties_are_over_the_cap() {
		let entry = |listing: u32, royalty: u32| json!({ "listing": listing, "version": 1, "relation": "merge", "royalty": royalty });
		with_lineage(json!([entry(1, 500_000_000), entry(2, 0)])).unwrap();
		let result = with_lineage(json!([entry(1, 500_000_000), entry(2, 1)]));
		assert_error!(
			result,
			ManifestError::RoyaltiesOverCap { .. },
			"500000001",
			"50 %"
		);
	}

	#[test]
	fn parse_fails_when_an_entry_names_nothing() {
		for entry in [
			json!({ "relation": "merge" }),
			json!({ "relation": "merge", "listing": 1 }),
			json!({ "relation": "merge", "version": 1, "source": "x" }),
		] {
			let result = with_lineage(json!([entry]));
			assert_error!(
				result,
				ManifestError::LineageIncomplete { index: 0 },
				"`source`"
			);
		}
		with_lineage(json!([{ "relation": "merge", "source": "someone/model" }])).unwrap();
	}

	#[test]
	fn parse_fails_when_a_listing_comes_twice() {
		let result = with_lineage(json!([
			{ "listing": 7, "version": 1, "relation": "merge" },
			{ "listing": 7, "version": 2, "relation": "merge" },
		]));
		assert_error!(
			result,
			ManifestError::LineageDuplicate { listing: 7 },
			"listing 7",
			"once"
		);
	}

	#[test]
	fn parse_fails_when_there_are_too_many_parents() {
		let parents = |count: u32| -> Value {
			(1..=count)
				.map(|listing| json!({ "listing": listing, "version": 1, "relation": "merge" }))
				.collect()
		};
		with_lineage(parents(8)).unwrap();
		let result = with_lineage(parents(9));
		assert_error!(result, ManifestError::TooManyParents { found: 9 }, "9", "8");
	}
}

mod answers {
	use super::*;
	use crate::assert_error;
	use weighhouse_primitives::Answers;

	#[test]
	fn parse_fails_when_there_is_no_interface() {
		let result = parse_changed(|value| {
			value.as_object_mut().unwrap().remove("interface");
		});
		assert_error!(result, ManifestError::InterfaceMissing, "`interface`");
	}

	#[test]
	fn parse_fails_when_something_to_compare_is_missing() {
		for field in ["outputs", "evidence", "fingerprint", "engine"] {
			let result = parse_changed(|value| {
				value["attestation"].as_object_mut().unwrap().remove(field);
			});
			let named = format!("attestation.{field}");
			assert_error!(
				result,
				ManifestError::AttestationIncomplete { .. },
				"bitExact",
				&named
			);
		}
	}

	#[test]
	fn parse_needs_no_engine_when_answers_are_tolerant() {
		let manifest = parse_changed(|value| {
			value["attestation"]["class"] = json!("tolerant");
			value["attestation"]
				.as_object_mut()
				.unwrap()
				.remove("engine");
		});
		manifest.unwrap();
	}

	#[test]
	fn parse_asks_for_nothing_when_answers_are_not_compared() {
		let manifest = parse_changed(|value| {
			value["attestation"] = json!({ "class": "none" });
			value.as_object_mut().unwrap().remove("interface");
		});
		assert_eq!(manifest.unwrap().answers(), Answers::NONE);
	}

	#[test]
	fn parse_fails_when_an_output_does_not_exist() {
		let result = parse_changed(|value| value["attestation"]["evidence"] = json!("scores"));
		assert_error!(
			result,
			ManifestError::UnknownOutput { .. },
			"evidence",
			"scores"
		);
		let result = parse_changed(|value| value["attestation"]["outputs"] = json!(["image"]));
		assert_error!(
			result,
			ManifestError::UnknownOutput { .. },
			"outputs",
			"image"
		);
	}

	#[test]
	fn parse_fails_when_test_vectors_are_not_there() {
		let result = parse_changed(|value| value["attestation"]["testVectors"] = json!(["x.json"]));
		assert_error!(result, ManifestError::TestVectors { .. }, "x.json");
	}

	#[test]
	fn parse_fails_when_no_time_is_given() {
		let result = parse_changed(|value| value["attestation"]["maxLatencyMs"] = json!(0));
		assert_error!(result, ManifestError::Latency { found: 0 }, "1200000");
	}

	#[test]
	fn check_fails_when_numbers_are_out_of_range() {
		let mut manifest = full_manifest();
		manifest.attestation.as_mut().unwrap().max_latency_ms = 1_200_001;
		assert_error!(manifest.check(), ManifestError::Latency { .. }, "1200001");
		let mut manifest = full_manifest();
		manifest
			.attestation
			.as_mut()
			.unwrap()
			.fingerprint
			.as_mut()
			.unwrap()
			.tau = 65;
		assert_error!(manifest.check(), ManifestError::Tau { found: 65 }, "64");
		for limit in [0, 16 * 1024 * 1024 + 1] {
			let mut manifest = full_manifest();
			manifest.interface.as_mut().unwrap().input_limit = limit;
			let found = limit.to_string();
			assert_error!(
				manifest.check(),
				ManifestError::InputLimit { .. },
				&found,
				"16 MiB"
			);
		}
	}

	#[test]
	fn parse_fails_when_tensors_share_a_name() {
		let result =
			parse_changed(|value| value["interface"]["outputs"][1]["name"] = json!("labels"));
		assert_error!(
			result,
			ManifestError::TensorName { .. },
			"outputs",
			"labels"
		);
		parse_changed(|value| value["interface"]["inputs"][0]["name"] = json!("labels")).unwrap();
	}

	#[test]
	fn parse_fails_when_a_shape_makes_no_sense() {
		for shape in [json!([0]), json!([-2]), json!([-1, 0])] {
			let result = parse_changed(|value| value["interface"]["inputs"][0]["shape"] = shape);
			assert_error!(
				result,
				ManifestError::TensorShape { .. },
				"image",
				"-1 (free)"
			);
		}
		let mut manifest = full_manifest();
		manifest.interface.as_mut().unwrap().outputs[0].scale = Some(63);
		assert_error!(
			manifest.check(),
			ManifestError::TensorShape { .. },
			"labels",
			"62"
		);
	}

	#[test]
	fn check_fails_when_a_measured_value_is_no_number() {
		let mut manifest = full_manifest();
		manifest.evaluation[0].value = f64::NAN;
		assert_error!(
			manifest.check(),
			ManifestError::EvaluationValue { .. },
			"accuracy",
			"optdigits"
		);
	}
}

proptest! {
	#[test]
	fn parse_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
		let _ = Manifest::parse(&bytes);
	}

	#[test]
	fn what_parse_takes_is_what_it_writes(at in any::<prop::sample::Index>(), byte: u8) {
		let mut json = full_manifest().to_canonical_json().unwrap();
		let at = at.index(json.len());
		json[at] = byte;
		if let Ok(manifest) = Manifest::parse(&json) {
			let written = manifest.to_canonical_json().unwrap();
			let again = Manifest::parse(&written).unwrap().to_canonical_json().unwrap();
			prop_assert_eq!(again, written);
		}
	}
}
