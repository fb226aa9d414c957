//! The artifact root: one digest for all files of a model.
//!
//! It is the sha2-256 of what `sha256sum` prints for the files: one line `<hex>  <path>` each,
//! sorted by the bytes of the path. So anybody with coreutils can check a listing:
//! `find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`.

use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sha2::{Digest, Sha256};

/// The longest relative path, in bytes.
pub const MAX_PATH: usize = 1024;

/// One file of an artifact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
	/// Where it lies, relative to the folder, with `/` between segments.
	pub path: &'a str,
	/// The sha2-256 digest of its bytes.
	pub digest: [u8; 32],
}

/// Why a relative path is refused.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum PathError {
	/// There is no path.
	Empty,
	/// It begins with `/`.
	Absolute,
	/// One of its segments is `.` or `..`.
	DotSegment,
	/// It holds a backslash, which `sha256sum` would escape.
	Backslash,
	/// It holds a line break or another control character.
	Newline,
	/// It is longer than [`MAX_PATH`] bytes.
	TooLong,
	/// Two slashes follow each other, or it ends with one.
	EmptySegment,
}

impl core::fmt::Display for PathError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::Empty => "the path is empty",
			Self::Absolute => {
				"the path begins with a slash: it must be relative to the model folder"
			}
			Self::DotSegment => {
				"the path holds a segment `.` or `..`: name the file from the model folder down"
			}
			Self::Backslash => "the path holds a backslash: rename the file",
			Self::Newline => {
				"the path holds a line break or another control character: rename the file"
			}
			Self::TooLong => "the path is longer than 1024 bytes",
			Self::EmptySegment => "the path holds two slashes in a row or ends with one",
		})
	}
}

impl core::error::Error for PathError {}

/// Why files have no artifact root.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum ArtifactError {
	/// There are no files.
	NoFiles,
	/// A path is refused.
	Path(PathError),
	/// Two files have the same path.
	DuplicatePath,
}

impl core::fmt::Display for ArtifactError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::NoFiles => f.write_str("there are no files"),
			Self::Path(error) => error.fmt(f),
			Self::DuplicatePath => f.write_str("two files have the same path"),
		}
	}
}

impl core::error::Error for ArtifactError {}

impl From<PathError> for ArtifactError {
	fn from(error: PathError) -> Self {
		Self::Path(error)
	}
}

/// Accepts a relative path that `sha256sum` prints as it is and that stays inside its folder.
pub fn check_path(path: &str) -> Result<(), PathError> {
	if path.is_empty() {
		return Err(PathError::Empty);
	}
	if path.len() > MAX_PATH {
		return Err(PathError::TooLong);
	}
	if path.starts_with('/') {
		return Err(PathError::Absolute);
	}
	if path.contains('\\') {
		return Err(PathError::Backslash);
	}
	if path.contains(char::is_control) {
		return Err(PathError::Newline);
	}
	for segment in path.split('/') {
		match segment {
			"" => return Err(PathError::EmptySegment),
			"." | ".." => return Err(PathError::DotSegment),
			_ => {}
		}
	}
	Ok(())
}

/// The listing as `sha256sum` prints it, sorted by the bytes of the paths; the order of `entries`
/// does not matter.
pub fn listing_text(entries: &[Entry<'_>]) -> Result<String, ArtifactError> {
	if entries.is_empty() {
		return Err(ArtifactError::NoFiles);
	}
	for entry in entries {
		check_path(entry.path)?;
	}
	let mut sorted: Vec<&Entry<'_>> = entries.iter().collect();
	sorted.sort_unstable_by_key(|entry| entry.path.as_bytes());
	let mut text = String::new();
	let mut previous = None;
	for entry in sorted {
		if previous == Some(entry.path) {
			return Err(ArtifactError::DuplicatePath);
		}
		previous = Some(entry.path);
		for byte in entry.digest {
			text.extend(
				[byte >> 4, byte & 0x0f]
					.into_iter()
					.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)),
			);
		}
		text.push_str("  ");
		text.push_str(entry.path);
		text.push('\n');
	}
	Ok(text)
}

/// The sha2-256 digest of [`listing_text`].
pub fn artifact_root(entries: &[Entry<'_>]) -> Result<[u8; 32], ArtifactError> {
	Ok(Sha256::digest(listing_text(entries)?.as_bytes()).into())
}

#[cfg(test)]
mod tests;
