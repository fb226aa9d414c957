use super::*;
use alloc::{
	format,
	string::{String, ToString},
};
use proptest::prelude::*;
use std::{fs, process::Command};

fn entry<'a>(path: &'a str, bytes: &[u8]) -> Entry<'a> {
	Entry {
		path,
		digest: Sha256::digest(bytes).into(),
	}
}

/// What coreutils print for a folder, by the command that the module names.
fn sha256sum_of_folder(files: &[(&str, &[u8])]) -> String {
	let folder = tempfile::tempdir().unwrap();
	for (path, bytes) in files {
		let file = folder.path().join(path);
		fs::create_dir_all(file.parent().unwrap()).unwrap();
		fs::write(file, bytes).unwrap();
	}
	let output = Command::new("sh")
		.arg("-c")
		.arg("export LC_ALL=C; find . -type f -printf '%P\\0' | sort -z | xargs -0 sha256sum")
		.current_dir(folder.path())
		.output()
		.unwrap();
	assert!(
		output.status.success(),
		"{}",
		String::from_utf8_lossy(&output.stderr)
	);
	String::from_utf8(output.stdout).unwrap()
}

#[test]
fn listing_text_equals_sha256sum_when_folder_is_nested() {
	let files: [(&str, &[u8]); 7] = [
		("model.onnx", b"weights"),
		("README.md", b"# card"),
		("sub/deep/x.bin", b""),
		("sub.json", b"{}"),
		("sub-a", b"sorts before sub/ and sub."),
		("with space", b"1"),
		("zürich", b"bytes over 0x7f"),
	];
	let expected = sha256sum_of_folder(&files);
	let entries: Vec<Entry> = files
		.iter()
		.map(|(path, bytes)| entry(path, bytes))
		.collect();
	assert_eq!(listing_text(&entries).unwrap(), expected);
	let root: [u8; 32] = Sha256::digest(expected.as_bytes()).into();
	assert_eq!(artifact_root(&entries), Ok(root));
}

#[test]
fn artifact_root_changes_when_a_path_or_a_byte_changes() {
	let root = artifact_root(&[entry("a", b"1"), entry("b", b"2")]).unwrap();
	assert_ne!(
		artifact_root(&[entry("a", b"1"), entry("c", b"2")]).unwrap(),
		root
	);
	assert_ne!(
		artifact_root(&[entry("a", b"1"), entry("b", b"3")]).unwrap(),
		root
	);
	assert_ne!(
		artifact_root(&[entry("a", b"2"), entry("b", b"1")]).unwrap(),
		root
	);
	assert_ne!(artifact_root(&[entry("a", b"1")]).unwrap(), root);
}

#[test]
fn artifact_root_fails_when_there_are_no_files() {
	assert_eq!(artifact_root(&[]), Err(ArtifactError::NoFiles));
}

#[test]
fn artifact_root_fails_when_a_path_comes_twice() {
	let entries = [entry("b", b"1"), entry("a", b"2"), entry("b", b"1")];
	assert_eq!(artifact_root(&entries), Err(ArtifactError::DuplicatePath));
}

#[test]
fn artifact_root_fails_when_a_path_is_refused() {
	let entries = [entry("a", b"1"), entry("../a", b"2")];
	assert_eq!(
		artifact_root(&entries),
		Err(ArtifactError::Path(PathError::DotSegment))
	);
}

#[test]
fn check_path_refuses_each_kind_of_bad_path() {
	let cases = [
		("", PathError::Empty),
		("/etc/passwd", PathError::Absolute),
		("/", PathError::Absolute),
		(".", PathError::DotSegment),
		("./a", PathError::DotSegment),
		("a/../b", PathError::DotSegment),
		("a/..", PathError::DotSegment),
		("a\\b", PathError::Backslash),
		("a\nb", PathError::Newline),
		("a\rb", PathError::Newline),
		("a\0b", PathError::Newline),
		("a\u{7f}", PathError::Newline),
		("a\u{85}", PathError::Newline),
		("a//b", PathError::EmptySegment),
		("a/", PathError::EmptySegment),
	];
	for (path, error) in cases {
		assert_eq!(check_path(path), Err(error), "{path:?}");
	}
}

#[test]
fn check_path_takes_names_that_only_look_odd() {
	for path in [
		"a", ".hidden", "...", "a..b", "a b", "é", "a/b/c.d", "-rf", "*",
	] {
		assert_eq!(check_path(path), Ok(()), "{path:?}");
	}
}

#[test]
fn check_path_refuses_when_path_is_one_byte_over_the_limit() {
	let longest = "a".repeat(MAX_PATH);
	assert_eq!(check_path(&longest), Ok(()));
	assert_eq!(check_path(&format!("{longest}a")), Err(PathError::TooLong));
}

proptest! {
	#[test]
	fn order_of_files_does_not_change_the_root(
		digests in proptest::collection::btree_map("[a-z/]{1,8}", any::<[u8; 32]>(), 1..12),
		rotation in 0_usize..12,
	) {
		let mut entries: Vec<Entry> = digests
			.iter()
			.filter(|(path, _)| check_path(path).is_ok())
			.map(|(path, digest)| Entry { path, digest: *digest })
			.collect();
		prop_assume!(!entries.is_empty());
		let root = artifact_root(&entries);
		let middle = rotation % entries.len();
		entries.rotate_left(middle);
		prop_assert_eq!(artifact_root(&entries), root);
		entries.reverse();
		prop_assert_eq!(artifact_root(&entries), root);
	}

	#[test]
	fn every_line_is_digest_two_spaces_and_path(
		path in "[ -~]{1,40}",
		digest: [u8; 32],
	) {
		prop_assume!(check_path(&path).is_ok());
		let text = listing_text(&[Entry { path: &path, digest }]).unwrap();
		prop_assert_eq!(text, format!("{}  {path}\n", hex::encode(digest)));
	}

	#[test]
	fn check_path_never_panics(path: String) {
		if check_path(&path).is_ok() {
			prop_assert!(!path.contains('\n') && !path.starts_with('/') && !path.is_empty());
			let segments = ["", ".", ".."];
			prop_assert!(path.split('/').all(|segment| !segments.contains(&segment)), "{}", path.to_string());
		}
	}
}
