//! From a folder to a manifest.

mod common;

use std::{collections::BTreeMap, fs, os::unix, process::Command};

use common::{build, full_folder, options, plain_folder, write};
use weighhouse_manifest::{
	BuildError, BuildOptions, Builder, LineageEntry, Manifest, ManifestError, Publisher, Role,
};
use weighhouse_primitives::{
	artifact::PathError, AnswerClass, Answers, ContentId, DerivativePolicy, Kind, Parent, Relation,
	Serving,
};

fn paths(manifest: &Manifest) -> Vec<&str> {
	manifest
		.artifacts
		.iter()
		.map(|artifact| artifact.path.as_str())
		.collect()
}

#[test]
fn build_lists_every_file_with_role_and_media_type() {
	let manifest = build(full_folder().path()).unwrap();
	let listed: Vec<(&str, Role, &str, u64)> = manifest
		.artifacts
		.iter()
		.map(|a| (a.path.as_str(), a.role, a.media_type.as_str(), a.size))
		.collect();
	let card_size = common::README.len() as u64;
	assert_eq!(
		listed,
		[
			("LICENSE", Role::Other, "text/plain", 17),
			("README.md", Role::Card, "text/markdown", card_size),
			("config.json", Role::Config, "application/json", 2),
			("model.onnx", Role::Weights, "application/octet-stream", 7),
			("probe.json", Role::TestVectors, "application/json", 2),
			("sub-file.txt", Role::Other, "text/plain", 0),
			("sub/tokenizer.json", Role::Tokenizer, "application/json", 2),
		]
	);
}

#[test]
fn build_gives_the_root_that_coreutils_give() {
	let folder = full_folder();
	let manifest = build(folder.path()).unwrap();
	let output = Command::new("sh")
		.arg("-c")
		.arg(
			"export LC_ALL=C; find . -type f ! -name weighhouse.yaml -printf '%P\\0' | sort -z \
			 | xargs -0 sha256sum | sha256sum",
		)
		.current_dir(folder.path())
		.output()
		.unwrap();
	let printed = String::from_utf8(output.stdout).unwrap();
	assert_eq!(printed, format!("{}  -\n", manifest.artifact_root));
}

#[test]
fn build_takes_everything_that_the_settings_say() {
	let manifest = build(full_folder().path()).unwrap();
	assert_eq!(manifest.schema, Manifest::FORM);
	assert_eq!(manifest.name, "digits");
	assert_eq!(manifest.version, "1.2.0");
	assert_eq!(manifest.created, "2026-11-21T08:00:00Z");
	assert_eq!(manifest.kind, Kind::Model);
	assert_eq!(
		manifest.publisher.as_ref().unwrap().name.as_deref(),
		Some("Alice")
	);
	assert_eq!(
		manifest.interface.as_ref().unwrap().outputs[1].scale,
		Some(16)
	);
	assert_eq!(
		manifest
			.attestation
			.as_ref()
			.unwrap()
			.engine
			.as_ref()
			.unwrap()
			.name,
		"tract"
	);
	assert_eq!(manifest.evaluation[0].value, 0.9844);
	assert_eq!(manifest.licence.text.as_deref(), Some("LICENSE"));
	assert_eq!(
		manifest.safety.as_ref().unwrap().limitations,
		["Digits only."]
	);
	assert_eq!(manifest.card.license(), Some("apache-2.0"));
}

#[test]
fn build_says_what_goes_on_the_chain() {
	let manifest = build(full_folder().path()).unwrap();
	assert_eq!(manifest.task(), Some("image-classification"));
	assert_eq!(
		manifest.spdx(),
		"Apache-2.0",
		"the card's own spelling becomes SPDX"
	);
	assert_eq!(manifest.serving(), Some(Serving::Anyone));
	assert_eq!(
		manifest.derivatives(),
		Some(DerivativePolicy::Royalty(50_000_000))
	);
	let answers = Answers {
		class: AnswerClass::BitExact,
		tau: 8,
		max_latency_ms: 20_000,
		input_limit: 4096,
	};
	assert_eq!(manifest.answers(), answers);
	let parent = Parent {
		listing: 3,
		version: 1,
		relation: Relation::Distilled,
		royalty: 100_000_000,
	};
	assert_eq!(manifest.parents(), [parent]);
}

#[test]
fn build_falls_back_to_the_card_when_there_are_no_settings() {
	let folder = plain_folder();
	let manifest = build(folder.path()).unwrap();
	assert_eq!(manifest.name, "tiny-digits");
	assert_eq!(manifest.version, "1.0.0");
	assert_eq!(
		manifest.description,
		"Reads one handwritten digit from a grey image."
	);
	assert_eq!(manifest.spdx(), "Apache-2.0");
	assert_eq!(manifest.answers(), Answers::NONE);
	assert_eq!((manifest.serving(), manifest.derivatives()), (None, None));
	assert_eq!(manifest.lineage[0].source.as_deref(), Some("someone/base"));
	assert_eq!(
		manifest.parents(),
		[],
		"a base model elsewhere is no parent on the chain"
	);
}

#[test]
fn build_names_the_model_by_heading_then_by_folder() {
	let folder = plain_folder();
	let readme = "---\nlicense: mit\n---\n## Not this\n# A heading\n";
	write(folder.path(), "README.md", readme);
	assert_eq!(build(folder.path()).unwrap().name, "A heading");
	write(
		folder.path(),
		"my-model/README.md",
		"---\nlicense: mit\n---\n",
	);
	write(folder.path(), "my-model/model.onnx", "x");
	assert_eq!(
		build(&folder.path().join("my-model")).unwrap().name,
		"my-model"
	);
	let long = format!("---\nlicense: mit\n---\n# {}\n", "é".repeat(60));
	write(folder.path(), "README.md", long);
	assert_eq!(
		build(folder.path()).unwrap().name,
		"é".repeat(32),
		"cut between characters"
	);
}

#[test]
fn build_prefers_options_over_settings() {
	let folder = full_folder();
	let lineage = LineageEntry {
		listing: Some(9),
		version: Some(2),
		relation: Relation::Merge,
		royalty: 1,
		source: None,
	};
	let chosen = BuildOptions {
		name: Some("other".to_owned()),
		version: Some("2".to_owned()),
		description: Some("Said now.".to_owned()),
		publisher: Some(Publisher {
			name: Some("Bob".to_owned()),
			..Publisher::default()
		}),
		kind: Some(Kind::Adapter),
		task: Some("text-generation".to_owned()),
		spdx: Some("MIT OR Apache-2.0".to_owned()),
		derivatives: Some(DerivativePolicy::Licensed(70_000_000).into()),
		serving: Some(Serving::Owner),
		lineage: Some(vec![lineage.clone()]),
		..options()
	};
	let manifest = Builder::from_dir(folder.path(), chosen)
		.unwrap()
		.build(|_| {})
		.unwrap();
	assert_eq!(manifest.name, "other");
	assert_eq!(manifest.version, "2");
	assert_eq!(manifest.description, "Said now.");
	let publisher = manifest.publisher.as_ref().unwrap();
	assert_eq!(publisher.name.as_deref(), Some("Bob"));
	assert_eq!(manifest.kind, Kind::Adapter);
	assert_eq!(manifest.task(), Some("text-generation"));
	assert_eq!(manifest.licence.spdx, "MIT OR Apache-2.0");
	assert_eq!(
		manifest.derivatives(),
		Some(DerivativePolicy::Licensed(70_000_000))
	);
	assert_eq!(manifest.serving(), Some(Serving::Owner));
	assert_eq!(manifest.lineage, [lineage]);
}

#[test]
fn build_takes_settings_as_json() {
	let folder = plain_folder();
	let json = r#"{"name": "from json", "kind": "dataset", "licence": {"serving": "owner"}}"#;
	write(folder.path(), "weighhouse.json", json);
	let manifest = build(folder.path()).unwrap();
	assert_eq!(manifest.name, "from json");
	assert_eq!(
		(manifest.kind, manifest.serving()),
		(Kind::Dataset, Some(Serving::Owner))
	);
	assert_eq!(
		paths(&manifest),
		["README.md", "model.onnx"],
		"settings are no artifact"
	);
}

#[test]
fn build_leaves_hidden_files_out() {
	let folder = plain_folder();
	let before = build(folder.path()).unwrap();
	write(folder.path(), ".git/config", "secret");
	write(folder.path(), ".env", "secret");
	write(folder.path(), "sub/.DS_Store", "noise");
	// A link in a hidden folder is never looked at.
	unix::fs::symlink("/etc/passwd", folder.path().join(".git/link")).unwrap();
	assert_eq!(build(folder.path()).unwrap(), before);
	let builder = Builder::from_dir(folder.path(), options()).unwrap();
	assert_eq!(builder.hidden(), [".env", ".git/", "sub/.DS_Store"]);
}

#[test]
fn policy_stays_the_same_when_a_manifest_says_it() {
	let folder = full_folder();
	for policy in [
		DerivativePolicy::Forbidden,
		DerivativePolicy::Royalty(1),
		DerivativePolicy::Licensed(0),
	] {
		let chosen = BuildOptions {
			derivatives: Some(policy.into()),
			..options()
		};
		let builder = Builder::from_dir(folder.path(), chosen).unwrap();
		let manifest = builder.build(|_| {}).unwrap();
		assert_eq!(manifest.derivatives(), Some(policy));
	}
}

#[test]
fn build_works_when_the_folder_itself_is_hidden() {
	let folder = tempfile::tempdir().unwrap();
	write(folder.path(), ".models/README.md", common::README);
	write(folder.path(), ".models/model.onnx", "weights");
	let manifest = build(&folder.path().join(".models")).unwrap();
	assert_eq!(paths(&manifest), ["README.md", "model.onnx"]);
}

#[test]
fn build_reports_every_byte_it_reads() {
	let folder = full_folder();
	write(folder.path(), "big.bin", vec![1; 3_000_000]);
	let builder = Builder::from_dir(folder.path(), options()).unwrap();
	let mut read: BTreeMap<String, u64> = BTreeMap::new();
	builder
		.build(|progress| *read.entry(progress.path.to_owned()).or_default() += progress.bytes)
		.unwrap();
	assert_eq!(read["big.bin"], 3_000_000);
	assert_eq!(read.values().sum::<u64>(), builder.total_size());
}

#[test]
fn build_gives_the_same_bytes_when_nothing_changed() {
	let folder = full_folder();
	let one = build(folder.path()).unwrap().to_canonical_json().unwrap();
	assert_eq!(
		build(folder.path()).unwrap().to_canonical_json().unwrap(),
		one
	);
	write(folder.path(), "config.json", "[]");
	assert_ne!(
		build(folder.path()).unwrap().to_canonical_json().unwrap(),
		one
	);
}

#[test]
fn build_stamps_the_time_when_none_is_given() {
	let folder = plain_folder();
	let manifest = Builder::from_dir(folder.path(), BuildOptions::default())
		.unwrap()
		.build(|_| {})
		.unwrap();
	assert!(
		manifest.created.as_str() > "2026-01-01T00:00:00Z",
		"{}",
		manifest.created
	);
}

mod refusals {
	use super::*;
	use crate::assert_error;

	#[test]
	fn from_dir_fails_when_there_is_no_folder() {
		let folder = plain_folder();
		let nowhere = folder.path().join("nowhere");
		assert_error!(
			build(&nowhere),
			BuildError::NotAFolder { .. },
			"nowhere",
			"not a folder"
		);
		let file = folder.path().join("model.onnx");
		assert_error!(
			build(&file),
			BuildError::NotAFolder { .. },
			"model.onnx",
			"not a folder"
		);
	}

	#[test]
	fn from_dir_fails_when_a_link_leads_out_of_the_folder() {
		let folder = plain_folder();
		fs::create_dir(folder.path().join("sub")).unwrap();
		unix::fs::symlink("/etc/passwd", folder.path().join("sub/innocent.txt")).unwrap();
		let result = build(folder.path());
		assert_error!(
			result,
			BuildError::Symlink { .. },
			"sub/innocent.txt",
			"/etc/passwd",
			"cp -rL"
		);
	}

	#[test]
	fn from_dir_fails_when_a_link_leads_to_a_folder_or_nowhere_or_stays_inside() {
		for target in ["..", "missing", "model.onnx"] {
			let folder = plain_folder();
			unix::fs::symlink(target, folder.path().join("link")).unwrap();
			let result = build(folder.path());
			assert_error!(result, BuildError::Symlink { .. }, "`link`", target);
		}
	}

	#[test]
	fn from_dir_fails_when_something_is_no_file() {
		let folder = plain_folder();
		let socket = folder.path().join("socket");
		let _listener = unix::net::UnixListener::bind(&socket).unwrap();
		assert_error!(
			build(folder.path()),
			BuildError::NotAFile { .. },
			"`socket`",
			"remove it"
		);
	}

	#[test]
	fn from_dir_fails_when_a_name_is_refused() {
		for (name, expected) in [
			("a\\b", PathError::Backslash),
			("a\nb", PathError::Newline),
			("a\tb", PathError::Newline),
		] {
			let folder = plain_folder();
			write(folder.path(), name, "x");
			match build(folder.path()) {
				Err(BuildError::Path { path, source }) => {
					assert_eq!((path.as_str(), source), (name, expected))
				}
				other => panic!("{name:?}: {other:?}"),
			}
		}
	}

	#[test]
	fn from_dir_fails_when_a_name_is_no_utf8() {
		use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
		let folder = plain_folder();
		fs::write(folder.path().join(OsStr::from_bytes(b"a\xff")), "x").unwrap();
		assert_error!(
			build(folder.path()),
			BuildError::NotUtf8 { .. },
			"not UTF-8",
			"rename"
		);
	}

	#[test]
	fn from_dir_fails_when_there_are_too_many_files() {
		let folder = plain_folder();
		for number in 0..4095 {
			fs::write(folder.path().join(format!("{number}")), "").unwrap();
		}
		let result = Builder::from_dir(folder.path(), options());
		assert_error!(
			result,
			BuildError::TooManyFiles { max: 4096 },
			"4096",
			"pack them"
		);
	}

	#[test]
	fn from_dir_fails_when_there_is_no_card() {
		let folder = plain_folder();
		fs::remove_file(folder.path().join("README.md")).unwrap();
		assert_error!(
			build(folder.path()),
			BuildError::MissingCard { .. },
			"README.md",
			"missing"
		);
		fs::create_dir(folder.path().join("README.md")).unwrap();
		assert_error!(
			build(folder.path()),
			BuildError::MissingCard { .. },
			"README.md",
			"missing"
		);
	}

	#[test]
	fn from_dir_fails_when_the_card_is_huge() {
		let folder = plain_folder();
		write(folder.path(), "README.md", "x".repeat((1 << 20) + 1));
		assert_error!(
			build(folder.path()),
			BuildError::CardTooLarge { .. },
			"1048577",
			"1048576"
		);
	}

	#[test]
	fn from_dir_fails_when_the_card_is_no_text() {
		let folder = plain_folder();
		write(folder.path(), "README.md", [0xff, 0xfe]);
		assert_error!(build(folder.path()), BuildError::CardNotText, "UTF-8");
	}

	#[test]
	fn from_dir_fails_when_the_card_is_malformed() {
		let folder = plain_folder();
		write(folder.path(), "README.md", "---\nlicense: [mit\n---\n");
		assert_error!(
			build(folder.path()),
			BuildError::Card(_),
			"front matter",
			"not YAML"
		);
	}

	#[test]
	fn from_dir_fails_when_there_are_no_files_besides_the_card() {
		let folder = plain_folder();
		fs::remove_file(folder.path().join("model.onnx")).unwrap();
		write(folder.path(), "weighhouse.yaml", "name: x");
		write(folder.path(), ".hidden", "x");
		assert_error!(
			build(folder.path()),
			BuildError::NoFiles,
			"no files besides README.md"
		);
	}

	#[test]
	fn from_dir_fails_when_there_are_two_settings() {
		let folder = full_folder();
		write(folder.path(), "weighhouse.json", "{}");
		let result = build(folder.path());
		assert_error!(
			result,
			BuildError::TwoSettings { .. },
			"weighhouse.yaml",
			"weighhouse.json"
		);
	}

	#[test]
	fn from_dir_fails_when_settings_are_malformed() {
		for (settings, word) in [
			("nmae: x", "nmae"),
			("kind: robot", "robot"),
			(
				"attestation: { class: bitExact, maxLatencyMS: 1 }",
				"maxLatencyMS",
			),
			("lineage: [{ relation: cousin }]", "cousin"),
			("name: [", "line"),
		] {
			let folder = plain_folder();
			write(folder.path(), "weighhouse.yaml", settings);
			let result = build(folder.path());
			assert_error!(result, BuildError::Settings { .. }, "weighhouse.yaml", word);
		}
		let folder = plain_folder();
		write(folder.path(), "weighhouse.json", "{\"name\": 5}");
		assert_error!(
			build(folder.path()),
			BuildError::Settings { .. },
			"weighhouse.json",
			"string"
		);
	}

	#[test]
	fn build_takes_settings_that_say_nothing() {
		let folder = plain_folder();
		let before = build(folder.path()).unwrap();
		write(folder.path(), "weighhouse.yaml", "# later\n");
		assert_eq!(build(folder.path()).unwrap(), before);
	}

	#[test]
	fn build_fails_when_no_licence_is_named() {
		for readme in [
			"# No front matter\n",
			"---\ntags: [a]\n---\n",
			"---\nlicense: [mit, apache-2.0]\n---\n",
			"---\nlicense: other\n---\n",
		] {
			let folder = plain_folder();
			write(folder.path(), "README.md", readme);
			let result = build(folder.path());
			assert_error!(
				result,
				BuildError::NoLicence,
				"`license`",
				"weighhouse.yaml"
			);
		}
	}

	#[test]
	fn build_fails_when_the_licence_is_unknown() {
		let folder = plain_folder();
		write(folder.path(), "README.md", "---\nlicense: my-own\n---\n");
		assert_error!(
			build(folder.path()),
			BuildError::Manifest(ManifestError::Spdx { .. }),
			"my-own",
			"SPDX",
			"LicenseRef-NAME"
		);
	}

	#[test]
	fn build_fails_before_reading_when_the_licence_is_unknown() {
		let folder = plain_folder();
		let chosen = BuildOptions {
			spdx: Some("MTI".to_owned()),
			..options()
		};
		let builder = Builder::from_dir(folder.path(), chosen).unwrap();
		let mut reads = 0;
		assert!(builder.build(|_| reads += 1).is_err());
		assert_eq!(reads, 0);
	}

	#[test]
	fn build_fails_when_a_file_changes_meanwhile() {
		let folder = plain_folder();
		let builder = Builder::from_dir(folder.path(), options()).unwrap();
		write(folder.path(), "model.onnx", "longer weights");
		let result = builder.build(|_| {});
		assert_error!(
			result,
			BuildError::Changed {
				before: 7,
				after: 14,
				..
			},
			"model.onnx",
			"7",
			"14"
		);
	}

	#[test]
	fn build_fails_when_a_file_goes_away_meanwhile() {
		let folder = plain_folder();
		let builder = Builder::from_dir(folder.path(), options()).unwrap();
		fs::remove_file(folder.path().join("model.onnx")).unwrap();
		assert_error!(builder.build(|_| {}), BuildError::Read { .. }, "model.onnx");
	}

	#[test]
	fn build_fails_when_the_manifest_would_be_too_large() {
		let folder = plain_folder();
		for number in 0..1500 {
			write(folder.path(), &format!("shards/{number:0100}.bin"), "");
		}
		let result = build(folder.path());
		assert_error!(
			result,
			BuildError::Manifest(ManifestError::TooLarge { .. }),
			"256 KiB",
			"fewer files"
		);
	}

	#[test]
	fn build_fails_when_settings_do_not_fit_the_files() {
		let folder = full_folder();
		fs::remove_file(folder.path().join("probe.json")).unwrap();
		assert_error!(
			build(folder.path()),
			BuildError::Manifest(ManifestError::TestVectors { .. }),
			"probe.json"
		);
	}
}

mod licences {
	use super::*;

	fn spdx_of(front_matter: &str) -> String {
		let folder = plain_folder();
		write(
			folder.path(),
			"README.md",
			format!("---\n{front_matter}\n---\n"),
		);
		build(folder.path()).unwrap().licence.spdx
	}

	#[test]
	fn build_turns_names_of_hugging_face_into_spdx() {
		for (license, spdx) in [
			("mit", "MIT"),
			("apache-2.0", "Apache-2.0"),
			("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
			("gpl-3.0", "GPL-3.0-only"),
			("agpl-3.0", "AGPL-3.0-only"),
			("odbl", "ODbL-1.0"),
			("bsd-3-clause", "BSD-3-Clause"),
			("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
		] {
			assert_eq!(spdx_of(&format!("license: {license}")), spdx);
		}
	}

	#[test]
	fn build_names_terms_of_ones_own() {
		let own = spdx_of("license: other\nlicense_name: Llama 3.1 community!");
		assert_eq!(own, "LicenseRef-Llama-3.1-community-");
	}

	#[test]
	fn build_finds_the_text_beside_the_card() {
		let folder = plain_folder();
		assert_eq!(build(folder.path()).unwrap().licence.text, None);
		write(folder.path(), "LICENCE.txt", "text");
		assert_eq!(
			build(folder.path()).unwrap().licence.text.as_deref(),
			Some("LICENCE.txt")
		);
	}
}

mod models {
	use super::*;
	use std::path::PathBuf;

	fn model(name: &str) -> PathBuf {
		[
			env!("CARGO_MANIFEST_DIR"),
			"..",
			"..",
			"dev",
			"models",
			name,
		]
		.iter()
		.collect()
	}

	#[test]
	fn build_takes_the_models_of_the_demo() {
		for name in ["digits", "digits-small"] {
			let manifest = build(&model(name)).unwrap();
			assert_eq!(manifest.name, name);
			assert_eq!(manifest.spdx(), "Apache-2.0");
			assert_eq!(manifest.answers().class, AnswerClass::BitExact);
			let weights = manifest
				.artifacts
				.iter()
				.find(|artifact| artifact.role == Role::Weights);
			assert_eq!(weights.unwrap().path, "model.onnx");
			let json = manifest.to_canonical_json().unwrap();
			assert_eq!(Manifest::parse(&json).unwrap(), manifest);
			assert_eq!(
				manifest.content_id().unwrap(),
				ContentId::of_raw_block(&json)
			);
		}
	}
}
