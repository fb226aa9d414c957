//! Digests as text, and of files without holding them in memory.

use std::{
	fmt,
	fs::File,
	io::{self, Read},
	path::Path,
	str::FromStr,
};

use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

const CHUNK: usize = 1 << 20;

/// A sha2-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest(pub [u8; 32]);

impl From<[u8; 32]> for Sha256Digest {
	fn from(digest: [u8; 32]) -> Self {
		Self(digest)
	}
}

impl fmt::Display for Sha256Digest {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&hex::encode(self.0))
	}
}

impl fmt::Debug for Sha256Digest {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Sha256Digest({self})")
	}
}

impl FromStr for Sha256Digest {
	type Err = hex::FromHexError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let mut digest = [0; 32];
		hex::decode_to_slice(text, &mut digest)?;
		Ok(Self(digest))
	}
}

impl Serialize for Sha256Digest {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for Sha256Digest {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?
			.parse()
			.map_err(de::Error::custom)
	}
}

impl JsonSchema for Sha256Digest {
	fn schema_name() -> std::borrow::Cow<'static, str> {
		"Sha256Digest".into()
	}

	fn json_schema(_: &mut SchemaGenerator) -> Schema {
		json_schema!({
			"type": "string",
			"description": "A sha2-256 digest as 64 lower-case hexadecimal digits.",
			"pattern": "^[0-9a-f]{64}$",
		})
	}
}

/// How far hashing has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress<'a> {
	/// The file that is read, relative to the model folder.
	pub path: &'a str,
	/// Bytes read since the last report.
	pub bytes: u64,
}

/// The length and sha2-256 of a file. `progress` hears how many bytes each read gave.
pub fn hash_file(
	file: impl AsRef<Path>,
	mut progress: impl FnMut(u64),
) -> io::Result<(u64, [u8; 32])> {
	let mut file = File::open(file)?;
	let mut hasher = Sha256::new();
	let mut chunk = vec![0; CHUNK];
	let mut size = 0;
	loop {
		let read = match file.read(&mut chunk) {
			Ok(0) => return Ok((size, hasher.finalize().into())),
			Ok(read) => read,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
			Err(error) => return Err(error),
		};
		hasher.update(&chunk[..read]);
		size += read as u64;
		progress(read as u64);
	}
}
