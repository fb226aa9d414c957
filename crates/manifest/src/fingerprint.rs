//! Fingerprints of evidence: 256 signs of a projection that anybody can compute again.

use sha2::{Digest, Sha256};
use thiserror::Error;

const DOMAIN: &[u8] = b"weighhouse/fingerprint/v1";

/// How many weights one digest holds.
const BLOCK: usize = 256;

/// Why a tensor has no fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum FingerprintError {
	/// It is empty.
	#[error("it has no elements")]
	Empty,
	/// Some element is `NaN` or infinite.
	#[error("element {index} is not a finite number")]
	NotFinite {
		/// Which, from 0.
		index: usize,
	},
	/// It has more elements than blocks can be counted for.
	#[error("it has more than 2^40 elements")]
	TooLarge,
}

/// The fingerprint of numbers in row-major order.
///
/// Bit `i` is bit `i % 8` of byte `i / 8`, and says whether the sum over `j` of `w(i, j) * x(j)`, added
/// up as 64-bit floats in the order of `j`, is at least 0. The weight `w(i, j)` is 1 or -1 as bit
/// `j % 256` of SHA-256 over `"weighhouse/fingerprint/v1"`, `i` and `j / 256` is 1 or 0, both numbers
/// being 32 bits, little-endian, and bit `k` of a digest being bit `k % 8` of its byte `k / 8`.
///
/// Like numbers have like fingerprints: the share of bits in which two differ is the angle between
/// them as a share of a half turn.
///
/// # Errors
/// [`FingerprintError`]
pub fn simhash256(values: &[f64]) -> Result<[u8; 32], FingerprintError> {
	if values.is_empty() {
		return Err(FingerprintError::Empty);
	}
	if let Some(index) = values.iter().position(|value| !value.is_finite()) {
		return Err(FingerprintError::NotFinite { index });
	}
	let mut sums = [0_f64; 256];
	for (block, values) in values.chunks(BLOCK).enumerate() {
		let block = u32::try_from(block).map_err(|_| FingerprintError::TooLarge)?;
		for (bit, sum) in (0_u32..).zip(sums.iter_mut()) {
			let digest: [u8; 32] = Sha256::new()
				.chain_update(DOMAIN)
				.chain_update(bit.to_le_bytes())
				.chain_update(block.to_le_bytes())
				.finalize()
				.into();
			for (place, value) in values.iter().enumerate() {
				let is_plus = (digest[place / 8] >> (place % 8)) & 1 == 1;
				*sum += if is_plus { *value } else { -*value };
			}
		}
	}
	let mut fingerprint = [0; 32];
	for (bit, sum) in sums.iter().enumerate() {
		if *sum >= 0.0 {
			fingerprint[bit / 8] |= 1 << (bit % 8);
		}
	}
	Ok(fingerprint)
}
