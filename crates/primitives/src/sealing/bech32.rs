//! Bech32 (BIP 173) of 32 bytes, as age writes its recipients and identities.

use alloc::{string::String, vec::Vec};
use zeroize::Zeroizing;

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [
	0x3b6a_57b2,
	0x2650_8e6d,
	0x1ea1_19fa,
	0x3d42_33dd,
	0x2a14_62b3,
];
/// Characters that 32 bytes take.
const DATA: usize = 52;
/// Characters of the checksum.
const CHECKSUM: usize = 6;

/// Why a text does not hold 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextError {
	/// It does not begin as it must: `age1` for a recipient, `AGE-SECRET-KEY-1` for an identity.
	WrongPrefix,
	/// It is shorter or longer than 32 bytes make it.
	WrongLength,
	/// It has a character that the form does not know, or in the wrong case.
	BadCharacter,
	/// The checksum is not of this text: a character is wrong.
	BadChecksum,
	/// Bits are set behind the 32 bytes.
	BadPadding,
}

impl core::fmt::Display for TextError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::WrongPrefix => {
				"it must begin with age1 (a recipient) or AGE-SECRET-KEY-1 (an identity)"
			}
			Self::WrongLength => {
				"it must have 62 characters (a recipient) or 74 (an identity), and nothing around them"
			}
			Self::BadCharacter => {
				"it has a character that is not in bech32, or in the wrong case: recipients are in lower case, identities in upper case"
			}
			Self::BadChecksum => "its checksum is wrong: copy it again",
			Self::BadPadding => "it holds more than 32 bytes: bits are set behind them",
		})
	}
}

impl core::error::Error for TextError {}

/// The text of these bytes, in lower case.
pub(super) fn encode(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
	let mut values = to_values(bytes);
	let sum = polymod(
		expanded(prefix)
			.chain(values.iter().copied())
			.chain([0; CHECKSUM]),
	) ^ 1;
	values.extend([25, 20, 15, 10, 5, 0].map(|shift| low_bits(sum.into(), shift)));
	let mut text = Zeroizing::new(String::with_capacity(
		prefix
			.len()
			.saturating_add(1)
			.saturating_add(DATA)
			.saturating_add(CHECKSUM),
	));
	text.push_str(prefix);
	text.push('1');
	text.extend(
		values
			.iter()
			.filter_map(|value| CHARSET.get(usize::from(*value)))
			.copied()
			.map(char::from),
	);
	text
}

/// Reads a text in lower case.
pub(super) fn decode(prefix: &str, text: &[u8]) -> Result<Zeroizing<[u8; 32]>, TextError> {
	let rest = text
		.strip_prefix(prefix.as_bytes())
		.and_then(|rest| rest.strip_prefix(b"1"))
		.ok_or(TextError::WrongPrefix)?;
	// Before anything is allocated for it.
	if rest.len() != DATA.saturating_add(CHECKSUM) {
		return Err(TextError::WrongLength);
	}
	let mut values = Zeroizing::new(Vec::<u8>::with_capacity(rest.len()));
	for byte in rest {
		let value = (0u8..)
			.zip(CHARSET)
			.find(|(_, character)| *character == byte)
			.ok_or(TextError::BadCharacter)?;
		values.push(value.0);
	}
	if polymod(expanded(prefix).chain(values.iter().copied())) != 1 {
		return Err(TextError::BadChecksum);
	}
	values.truncate(DATA);
	from_values(&values)
}

/// Bytes in groups of five bits.
fn to_values(bytes: &[u8; 32]) -> Zeroizing<Vec<u8>> {
	// Five bytes make eight groups, so the last of them are filled up with zeros, which are cut off.
	let mut filled = Zeroizing::new([0u8; 35]);
	for (to, from) in filled.iter_mut().zip(bytes) {
		*to = *from;
	}
	let mut values = Zeroizing::new(Vec::<u8>::with_capacity(56_usize.saturating_add(CHECKSUM)));
	for five in filled.chunks(5) {
		let word = five
			.iter()
			.fold(0u64, |word, byte| word.wrapping_shl(8) | u64::from(*byte));
		values.extend([35, 30, 25, 20, 15, 10, 5, 0].map(|shift| low_bits(word, shift)));
	}
	values.truncate(DATA);
	values
}

/// The bytes of [`DATA`] groups of five bits.
fn from_values(values: &[u8]) -> Result<Zeroizing<[u8; 32]>, TextError> {
	let mut filled = Zeroizing::new([0u8; 56]);
	for (to, from) in filled.iter_mut().zip(values) {
		*to = *from;
	}
	let mut bytes = Zeroizing::new([0u8; 32]);
	let mut room = bytes.iter_mut();
	for eight in filled.chunks(8) {
		let word = eight
			.iter()
			.fold(0u64, |word, value| word.wrapping_shl(5) | u64::from(*value));
		let [_, _, _, five @ ..] = word.to_be_bytes();
		for byte in five {
			match room.next() {
				Some(to) => *to = byte,
				None if byte != 0 => return Err(TextError::BadPadding),
				None => {}
			}
		}
	}
	Ok(bytes)
}

/// Five bits of a word, `shift` from its end.
fn low_bits(word: u64, shift: u32) -> u8 {
	let [low, ..] = word.wrapping_shr(shift).to_le_bytes();
	low & 0x1f
}

/// The prefix as the checksum covers it.
fn expanded(prefix: &str) -> impl Iterator<Item = u8> + '_ {
	let high = prefix.bytes().map(|byte| byte >> 5);
	let low = prefix.bytes().map(|byte| byte & 0x1f);
	high.chain([0]).chain(low)
}

fn polymod(values: impl Iterator<Item = u8>) -> u32 {
	values.fold(1, |sum: u32, value| {
		let top = sum.wrapping_shr(25);
		let shifted = (sum & 0x01ff_ffff).wrapping_shl(5) ^ u32::from(value);
		(0u32..)
			.zip(GENERATOR)
			.filter(|(bit, _)| top.wrapping_shr(*bit) & 1 == 1)
			.fold(shifted, |sum, (_, word)| sum ^ word)
	})
}
