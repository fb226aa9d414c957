//! Who is drawn. The chance of a candidate is its share of all weights, so to split a bond over
//! accounts does not raise the chance that any of them is drawn. It does let one person sit on
//! several seats of a panel, each with the chance of its part: a panel is as honest as most of the
//! bond behind it.

use alloc::vec::Vec;
use codec::Encode;
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash};

use crate::PARTS;

/// What a draw is for; two draws of a request have two seeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub enum Purpose {
	/// The workers who answer.
	Main,
	/// Whether an answer is audited, and by whom.
	Audit,
	/// The jurors of a dispute.
	Jury,
	/// What the raters of a campaign compare.
	Raters,
}

/// The seed of a draw: blake2-256 over the request and the randomness of the two blocks that
/// followed what the draw is about.
pub fn seed(request_hash: H256, purpose: Purpose, first: &[u8; 32], second: &[u8; 32]) -> H256 {
	BlakeTwo256::hash_of(&(b"weighhouse/draw/v1", request_hash, purpose, first, second))
}

/// The number that follows from a seed for something of this name.
fn number(seed: H256, name: impl Encode) -> u128 {
	let hash = BlakeTwo256::hash_of(&(seed, name));
	let mut bytes = [0; 16];
	bytes
		.iter_mut()
		.zip(hash.0)
		.for_each(|(to, from)| *to = from);
	u128::from_le_bytes(bytes)
}

/// Whether an event that has the chance of `parts` in 10^9 happens.
pub fn happens(seed: H256, parts: u32) -> bool {
	let part = number(seed, u32::MAX).checked_rem(u128::from(PARTS));
	part.is_some_and(|part| part < u128::from(parts))
}

/// How long a candidate of weight 1 waits for its turn: the negative binary logarithm of a uniform
/// number in (0, 1], in units of 2^-48.
fn waiting_time(uniform: u128) -> u128 {
	const FRACTION_BITS: u32 = 48;
	let uniform = uniform.max(1);
	let zeros = uniform.leading_zeros();
	// The mantissa in [1, 2), with 63 bits after the point.
	let mut mantissa = uniform.wrapping_shl(zeros).wrapping_shr(64);
	let mut fraction = 0u128;
	// Squaring doubles the logarithm, so each step brings the next bit before the point.
	for _ in 0..FRACTION_BITS {
		mantissa = mantissa.saturating_mul(mantissa).wrapping_shr(63);
		let bit = mantissa.wrapping_shr(64);
		mantissa = mantissa.wrapping_shr(u32::from(bit > 0));
		fraction = fraction.wrapping_shl(1) | bit;
	}
	u128::from(zeros)
		.saturating_add(1)
		.wrapping_shl(FRACTION_BITS)
		.saturating_sub(fraction)
}

/// Draws up to `count` different candidates by weight, and answers with their indices in the order
/// drawn. Candidates of weight 0 are never drawn.
///
/// Each candidate waits for a time that follows from the seed, its own name and its own weight, and
/// who waits shortest is drawn: one after the other without putting back, each time with the chance
/// of its share of the weights that are left (Efraimidis and Spirakis, 2006). Nothing that happens to
/// one candidate changes the order of the others, so whoever knows the seed early cannot draw again
/// by changing a weight.
pub fn draw<Name: Encode>(seed: H256, candidates: &[(Name, u128)], count: u32) -> Vec<usize> {
	let mut order: Vec<(u128, usize)> = candidates
		.iter()
		.enumerate()
		.filter_map(|(index, (name, weight))| {
			let time = waiting_time(number(seed, name)).wrapping_shl(64);
			Some((time.checked_div(*weight)?, index))
		})
		.collect();
	order.sort_unstable();
	order
		.into_iter()
		.map(|(_, index)| index)
		.take(usize::try_from(count).unwrap_or(usize::MAX))
		.collect()
}

#[cfg(test)]
mod tests;
