//! Content ids as people paste them, kept as 33 bytes.
//!
//! The reader gives the same verdict and the same bytes as `CID.parse` of JS multiformats 14 for
//! every ASCII text, narrowed to what Weighhouse stores: raw blocks and dag-pb (UnixFS files) under
//! sha2-256. Of one digest there is one [`ContentId`], whatever the base or version it came in.

use alloc::{string::String, vec::Vec};
use cid::multibase::{self, Base};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sha2::{Digest, Sha256};

const VERSION_1: u8 = 0x01;
const RAW: u8 = 0x55;
const DAG_PB: u8 = 0x70;
const SHA2_256: u8 = 0x12;
const DIGEST_LENGTH: u8 = 32;
const URI_SCHEME: &[u8] = b"ipfs://";

/// How the block behind a content id is read.
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
pub enum Codec {
	/// The block is the content itself.
	Raw,
	/// The block is a dag-pb node: a UnixFS file or folder.
	DagPb,
}

impl Codec {
	const fn code(self) -> u8 {
		match self {
			Self::Raw => RAW,
			Self::DagPb => DAG_PB,
		}
	}

	const fn from_code(code: u8) -> Option<Self> {
		match code {
			RAW => Some(Self::Raw),
			DAG_PB => Some(Self::DagPb),
			_ => None,
		}
	}
}

/// The address of content on IPFS: codec and sha2-256 digest of one block.
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
pub struct ContentId {
	/// How the block is read.
	pub codec: Codec,
	/// The sha2-256 digest of the block.
	pub digest: [u8; 32],
}

/// Why a text is not a content id that Weighhouse takes.
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
pub enum ContentIdError {
	/// There is no text, or only white space.
	Empty,
	/// The text is longer than [`ContentId::MAX_TEXT`] bytes.
	TooLong,
	/// The text is not multibase, holds a character foreign to its base, or has a path behind it.
	Malformed,
	/// The multibase is none of base32, base36 and base58btc in lower-case prefix (`b`, `k`, `z`).
	UnsupportedBase,
	/// The version is neither 0 (text that begins with `Qm`) nor 1.
	UnsupportedVersion,
	/// The codec is neither raw nor dag-pb.
	UnsupportedCodec,
	/// The hash function is not sha2-256.
	UnsupportedHash,
	/// The digest is not 32 bytes long.
	WrongDigestLength,
	/// Bytes follow the digest.
	TrailingBytes,
}

impl core::fmt::Display for ContentIdError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::Empty => "no content id given",
			Self::TooLong => "longer than any content id (128 bytes)",
			Self::Malformed => "not a content id: expected text such as bafkrei..., bafybei... or Qm...",
			Self::UnsupportedBase =>
				"written in a base that is not taken: convert it to base32 (b...), base36 (k...) or base58btc (z... or Qm...)",
			Self::UnsupportedVersion => "neither CID version 0 (Qm...) nor version 1",
			Self::UnsupportedCodec => "neither a raw block (0x55) nor dag-pb (0x70)",
			Self::UnsupportedHash => "its hash is not sha2-256 (0x12)",
			Self::WrongDigestLength => "its sha2-256 digest is not 32 bytes long",
			Self::TrailingBytes => "bytes follow its digest",
		})
	}
}

impl core::error::Error for ContentIdError {}

impl ContentId {
	/// The longest text that is looked at, in bytes, white space and `ipfs://` included.
	pub const MAX_TEXT: usize = 128;

	/// Reads a content id as pasted: CIDv0 (`Qm...`), or CIDv1 in base32 (`b...`), base36 (`k...`) or
	/// base58btc (`z...`), with or without `ipfs://` before and ASCII white space around it; or the
	/// bytes of a CIDv1. Nothing may follow the id, neither a path nor a slash.
	pub fn parse(text: &[u8]) -> Result<Self, ContentIdError> {
		if text.len() > Self::MAX_TEXT {
			return Err(ContentIdError::TooLong);
		}
		// No text begins with a control character, so this first byte can only be a binary CIDv1.
		if text.first() == Some(&VERSION_1) {
			return Self::from_binary(text);
		}
		let text = text.trim_ascii();
		let text = text.strip_prefix(URI_SCHEME).unwrap_or(text);
		let text = core::str::from_utf8(text).map_err(|_| ContentIdError::Malformed)?;
		let first = text.chars().next().ok_or(ContentIdError::Empty)?;
		let bytes = match first {
			'Q' => decode(Base::Base58Btc, text)?,
			'z' => decode(Base::Base58Btc, without_prefix(text))?,
			'k' => decode(Base::Base36Lower, without_prefix(text))?,
			// The JS decoder takes the padding that RFC 4648 knows and multibase `b` has not.
			'b' => decode(
				Base::Base32Lower,
				without_prefix(text).trim_end_matches('='),
			)?,
			other if Base::from_code(other).is_ok() => return Err(ContentIdError::UnsupportedBase),
			_ => return Err(ContentIdError::Malformed),
		};
		match bytes.first() {
			Some(&SHA2_256) if first == 'Q' => Self::from_multihash(Codec::DagPb, &bytes),
			_ => Self::from_binary(&bytes),
		}
	}

	/// The canonical text: CIDv1 in lower-case base32, `bafkrei...` or `bafybei...`.
	pub fn to_text(&self) -> String {
		multibase::encode(Base::Base32Lower, self.to_bytes())
	}

	/// The bytes of the CIDv1.
	pub fn to_bytes(&self) -> [u8; 36] {
		let mut bytes = [0; 36];
		let header = [VERSION_1, self.codec.code(), SHA2_256, DIGEST_LENGTH];
		for (to, from) in bytes.iter_mut().zip(header.iter().chain(&self.digest)) {
			*to = *from;
		}
		bytes
	}

	/// The id of the raw block that has this sha2-256 digest.
	pub const fn raw(digest: [u8; 32]) -> Self {
		Self {
			codec: Codec::Raw,
			digest,
		}
	}

	/// The id of these bytes as one raw block.
	pub fn of_raw_block(bytes: &[u8]) -> Self {
		Self::raw(Sha256::digest(bytes).into())
	}

	fn from_binary(bytes: &[u8]) -> Result<Self, ContentIdError> {
		let (version, rest) = bytes.split_first().ok_or(ContentIdError::Malformed)?;
		if *version != VERSION_1 {
			return Err(ContentIdError::UnsupportedVersion);
		}
		let (codec, rest) = rest.split_first().ok_or(ContentIdError::Malformed)?;
		// Every accepted number is one byte as a varint, so a longer varint is a foreign number.
		let codec = Codec::from_code(*codec).ok_or(ContentIdError::UnsupportedCodec)?;
		Self::from_multihash(codec, rest)
	}

	fn from_multihash(codec: Codec, bytes: &[u8]) -> Result<Self, ContentIdError> {
		let (hash, rest) = bytes.split_first().ok_or(ContentIdError::Malformed)?;
		if *hash != SHA2_256 {
			return Err(ContentIdError::UnsupportedHash);
		}
		let (length, rest) = rest.split_first().ok_or(ContentIdError::Malformed)?;
		if *length != DIGEST_LENGTH {
			return Err(ContentIdError::WrongDigestLength);
		}
		let (digest, trailing) = rest
			.split_first_chunk::<32>()
			.ok_or(ContentIdError::WrongDigestLength)?;
		if !trailing.is_empty() {
			return Err(ContentIdError::TrailingBytes);
		}
		Ok(Self {
			codec,
			digest: *digest,
		})
	}
}

fn without_prefix(text: &str) -> &str {
	let mut characters = text.chars();
	characters.next();
	characters.as_str()
}

fn decode(base: Base, text: &str) -> Result<Vec<u8>, ContentIdError> {
	base.decode(text).map_err(|_| ContentIdError::Malformed)
}

impl core::fmt::Display for ContentId {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(&self.to_text())
	}
}

impl core::str::FromStr for ContentId {
	type Err = ContentIdError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		Self::parse(text.as_bytes())
	}
}

#[cfg(feature = "serde")]
impl serde::Serialize for ContentId {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&self.to_text())
	}
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ContentId {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = <String as serde::Deserialize>::deserialize(deserializer)?;
		text.parse().map_err(serde::de::Error::custom)
	}
}

#[cfg(test)]
mod tests;
