//! The keys of age (X25519) and their text forms.

use alloc::string::String;
use codec::{Decode, DecodeWithMemTracking, Encode, Input, MaxEncodedLen};
use curve25519_dalek::MontgomeryPoint;
use scale_info::TypeInfo;
use zeroize::Zeroizing;

use super::bech32::{self, TextError};

const RECIPIENT: &str = "age";
const IDENTITY: &str = "age-secret-key-";

/// The coordinates of all points of low order, on the curve and on its twist. Whoever encrypts to one
/// of them encrypts to everybody.
const LOW_ORDER: [[u8; 32]; 5] = [
	[0; 32],
	[
		1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0,
	],
	[
		0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
		0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
		0xb8, 0x00,
	],
	[
		0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
		0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
		0x11, 0x57,
	],
	[
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0x7f,
	],
];

/// Whom an age file is encrypted to: the coordinate `X25519(clamp(k), 9)` of an identity `k`.
///
/// Always canonical and not of low order, also when decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, TypeInfo, MaxEncodedLen)]
pub struct Recipient([u8; 32]);

/// Why something is not a recipient.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecipientError {
	/// The text is malformed.
	Text(TextError),
	/// The coordinate is not below 2^255 - 19: it has a shorter form.
	NotCanonical,
	/// The point has low order: anybody could read what is encrypted to it.
	LowOrder,
}

impl core::fmt::Display for RecipientError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::Text(error) => write!(f, "not an age recipient: {error}"),
			Self::NotCanonical => f.write_str(
				"not an age recipient: its coordinate is not below 2^255 - 19, so it is not canonical",
			),
			Self::LowOrder => f.write_str(
				"not an age recipient: its point has low order, so anybody could read the file",
			),
		}
	}
}

impl core::error::Error for RecipientError {}

impl From<TextError> for RecipientError {
	fn from(error: TextError) -> Self {
		Self::Text(error)
	}
}

impl Recipient {
	/// The length of the text form, in bytes.
	pub const TEXT: usize = 62;

	/// Takes a coordinate in little-endian order.
	pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, RecipientError> {
		if !is_canonical(&bytes) {
			return Err(RecipientError::NotCanonical);
		}
		if LOW_ORDER.contains(&bytes) {
			return Err(RecipientError::LowOrder);
		}
		Ok(Self(bytes))
	}

	/// Reads the text form, `age1...`. Nothing may come before or after it.
	pub fn parse(text: &[u8]) -> Result<Self, RecipientError> {
		Self::from_bytes(*bech32::decode(RECIPIENT, text)?)
	}

	/// The text form, `age1...`.
	pub fn to_text(&self) -> String {
		String::clone(&bech32::encode(RECIPIENT, &self.0))
	}

	/// The coordinate, in little-endian order.
	pub const fn as_bytes(&self) -> &[u8; 32] {
		&self.0
	}
}

impl Decode for Recipient {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		Self::from_bytes(Decode::decode(input)?).map_err(|error| {
			codec::Error::from(match error {
				RecipientError::NotCanonical => "recipient is not canonical",
				RecipientError::LowOrder => "recipient is of low order",
				RecipientError::Text(_) => "recipient is malformed",
			})
		})
	}
}

impl DecodeWithMemTracking for Recipient {}

impl core::fmt::Display for Recipient {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(&self.to_text())
	}
}

impl core::str::FromStr for Recipient {
	type Err = RecipientError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		Self::parse(text.as_bytes())
	}
}

/// What opens an age file: the secret `k`. All 32 bytes are one; `clamp` drops five of their bits, so
/// several open the same files.
#[derive(Clone)]
pub struct Identity(Zeroizing<[u8; 32]>);

/// Why a text is not an identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdentityError(pub TextError);

impl core::fmt::Display for IdentityError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "not an age identity: {}", self.0)
	}
}

impl core::error::Error for IdentityError {}

impl Identity {
	/// The identity of these bytes.
	pub fn from_bytes(bytes: [u8; 32]) -> Self {
		Self(Zeroizing::new(bytes))
	}

	/// Reads the text form, `AGE-SECRET-KEY-1...`. Nothing may come before or after it.
	pub fn parse(text: &[u8]) -> Result<Self, IdentityError> {
		let rest = text
			.strip_prefix(b"AGE-SECRET-KEY-1")
			.ok_or(IdentityError(TextError::WrongPrefix))?;
		if rest.iter().any(u8::is_ascii_lowercase) {
			return Err(IdentityError(TextError::BadCharacter));
		}
		let lower = Zeroizing::new(text.to_ascii_lowercase());
		bech32::decode(IDENTITY, &lower)
			.map(Self)
			.map_err(IdentityError)
	}

	/// The text form, `AGE-SECRET-KEY-1...`, which age takes in an identity file.
	pub fn to_text(&self) -> Zeroizing<String> {
		let mut text = bech32::encode(IDENTITY, &self.0);
		text.make_ascii_uppercase();
		text
	}

	/// Whom to encrypt to so that this identity opens it.
	pub fn recipient(&self) -> Recipient {
		// The generator has a large prime order and a clamped scalar is no multiple of it, so this is
		// canonical and not of low order.
		Recipient(MontgomeryPoint::mul_base_clamped(*self.0).to_bytes())
	}

	/// The secret itself.
	pub fn bytes(&self) -> &[u8; 32] {
		&self.0
	}
}

impl core::fmt::Debug for Identity {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("Identity(..)")
	}
}

/// Whether a number in little-endian order is below 2^255 - 19.
fn is_canonical(bytes: &[u8; 32]) -> bool {
	let [first, middle @ .., last] = bytes;
	let at_least_p = *last == 0x7f && middle.iter().all(|byte| *byte == 0xff) && *first >= 0xed;
	*last & 0x80 == 0 && !at_least_p
}
