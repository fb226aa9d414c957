//! Files against a manifest.

mod common;

use std::{fs, os::unix};

use common::{build, full_folder, write};
use weighhouse_manifest::{hash_file, verify_file, verify_folder, VerifyError};

#[test]
fn verify_folder_agrees_when_nothing_changed() {
	let folder = full_folder();
	let manifest = build(folder.path()).unwrap();
	let mut read = 0;
	verify_folder(folder.path(), &manifest, |progress| read += progress.bytes).unwrap();
	assert_eq!(read, manifest.total_size());
}

#[test]
fn verify_folder_leaves_other_files_alone() {
	let folder = full_folder();
	let manifest = build(folder.path()).unwrap();
	write(folder.path(), "notes.txt", "mine");
	verify_folder(folder.path(), &manifest, |_| {}).unwrap();
}

#[test]
fn verify_folder_fails_when_the_manifest_lies_about_a_size() {
	let folder = full_folder();
	let mut manifest = build(folder.path()).unwrap();
	manifest.artifacts[0].size += 1;
	let mut read = 0;
	let result = verify_folder(folder.path(), &manifest, |progress| read += progress.bytes);
	assert_error!(
		result,
		VerifyError::WrongSize {
			expected: 18,
			found: 17,
			..
		},
		"LICENSE",
		"17",
		"18"
	);
	assert_eq!(read, 0, "a file of the wrong size is not read");
}

#[test]
fn verify_folder_fails_when_the_manifest_lies_about_a_digest() {
	let folder = full_folder();
	let mut manifest = build(folder.path()).unwrap();
	let right = manifest.artifacts[0].sha256.to_string();
	manifest.artifacts[0].sha256 = [7; 32].into();
	let result = verify_folder(folder.path(), &manifest, |_| {});
	assert_error!(
		result,
		VerifyError::WrongDigest { .. },
		"LICENSE",
		&right,
		&"07".repeat(32)
	);
}

#[test]
fn verify_folder_fails_when_one_bit_flipped() {
	let folder = full_folder();
	write(folder.path(), "big.bin", vec![0; 2_500_000]);
	let manifest = build(folder.path()).unwrap();
	let mut bytes = vec![0; 2_500_000];
	bytes[2_400_000] = 1;
	write(folder.path(), "big.bin", bytes);
	let result = verify_folder(folder.path(), &manifest, |_| {});
	assert_error!(
		result,
		VerifyError::WrongDigest { .. },
		"big.bin",
		"published"
	);
}

#[test]
fn verify_folder_fails_when_a_file_is_missing() {
	let folder = full_folder();
	let manifest = build(folder.path()).unwrap();
	fs::remove_file(folder.path().join("model.onnx")).unwrap();
	let result = verify_folder(folder.path(), &manifest, |_| {});
	assert_error!(result, VerifyError::Missing { .. }, "model.onnx", "missing");
}

#[test]
fn verify_folder_fails_when_a_link_or_a_folder_stands_in() {
	let folder = full_folder();
	let manifest = build(folder.path()).unwrap();
	let file = folder.path().join("model.onnx");
	let elsewhere = tempfile::tempdir().unwrap();
	write(elsewhere.path(), "same", b"weights");
	fs::remove_file(&file).unwrap();
	unix::fs::symlink(elsewhere.path().join("same"), &file).unwrap();
	let result = verify_folder(folder.path(), &manifest, |_| {});
	assert_error!(
		result,
		VerifyError::NotAFile { .. },
		"model.onnx",
		"regular file"
	);
	fs::remove_file(&file).unwrap();
	fs::create_dir(&file).unwrap();
	let result = verify_folder(folder.path(), &manifest, |_| {});
	assert_error!(result, VerifyError::NotAFile { .. }, "model.onnx");
}

#[test]
fn verify_folder_opens_nothing_outside_when_a_path_leads_out() {
	let folder = full_folder();
	let mut manifest = build(folder.path()).unwrap();
	manifest.artifacts[0].path = "../outside".to_owned();
	let result = verify_folder(folder.path(), &manifest, |_| {});
	assert_error!(result, VerifyError::Path { .. }, "../outside", "`..`");
}

#[test]
fn verify_file_fails_when_the_folder_is_a_file() {
	let folder = full_folder();
	let manifest = build(folder.path()).unwrap();
	let inside = folder.path().join("config.json/model.onnx");
	let result = verify_file(inside, manifest.artifact("model.onnx").unwrap(), |_| {});
	assert_error!(
		result,
		VerifyError::Read { .. },
		"cannot read",
		"model.onnx"
	);
}

#[test]
fn hash_file_gives_length_and_digest() {
	let folder = tempfile::tempdir().unwrap();
	write(folder.path(), "abc", "abc");
	let (size, digest) = hash_file(folder.path().join("abc"), |_| {}).unwrap();
	assert_eq!(size, 3);
	// The digest of "abc" in FIPS 180-4.
	let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	assert_eq!(
		weighhouse_manifest::Sha256Digest(digest).to_string(),
		expected
	);
	assert_eq!(
		expected.parse(),
		Ok(weighhouse_manifest::Sha256Digest(digest))
	);
}
