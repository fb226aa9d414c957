//! Chance that follows from a seed and from what it decides, whatever was decided before. Two runs
//! that differ in one strategy differ in nothing else, and the order of threads changes nothing.

use sp_core::H256;
use weighhouse_primitives::feedback::Choice;

/// What is decided.
#[derive(Clone, Copy)]
pub enum Of {
	/// Which answer is better.
	Better,
	/// Whether the longer answer is the better one.
	Longer,
	/// Where in the pool the gold is.
	Mixing,
	/// Bytes that hide something.
	Salt,
	/// Whether a rater who looks at an item sees which answer is better.
	Look,
	/// What a rater says who does not look.
	Coin,
	/// What colluders agreed to say.
	Plot,
	/// Which of its behaviours a rater follows on an item.
	Pick,
	/// In which order colluders guess at items that stand equal.
	Guess,
	/// The seed of a draw that is made outside the chain.
	Draw,
}

/// The chance of one campaign.
#[derive(Clone, Copy)]
pub struct Dice(u64);

impl Dice {
	/// Of campaign number `run` under a seed.
	pub fn new(seed: u64, run: u64) -> Self {
		Self(step(step(0, seed), run))
	}

	/// Any number.
	pub fn number(&self, of: Of, who: u64, item: u64) -> u64 {
		step(step(step(self.0, of as u64), who), item)
	}

	/// Between 0 and 1, without 1.
	pub fn unit(&self, of: Of, who: u64, item: u64) -> f64 {
		(self.number(of, who, item) >> 11) as f64 / (1u64 << 53) as f64
	}

	/// One of the two answers.
	pub fn side(&self, of: Of, who: u64, item: u64) -> Choice {
		match self.number(of, who, item) >> 63 {
			0 => Choice::A,
			_ => Choice::B,
		}
	}

	/// 32 bytes.
	pub fn bytes(&self, of: Of, who: u64) -> H256 {
		let mut bytes = H256::zero();
		for (number, eight) in bytes.0.chunks_exact_mut(8).enumerate() {
			eight.copy_from_slice(&self.number(of, who, number as u64).to_le_bytes());
		}
		bytes
	}
}

/// One round of SplitMix64 over a state and what comes in.
fn step(state: u64, input: u64) -> u64 {
	let mixed = state ^ input.wrapping_mul(0xd134_2543_de82_ef95);
	let mut z = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
	z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn unit_is_even_when_taken_often() {
		let dice = Dice::new(1, 1);
		let count = 20_000;
		let (mut sum, mut squares, mut neighbours) = (0.0, 0.0, 0.0);
		for item in 0..count {
			let one = dice.unit(Of::Look, 3, item) - 0.5;
			let other = dice.unit(Of::Look, 4, item) - 0.5;
			sum += one;
			squares += one * one;
			neighbours += one * other;
		}
		let count = count as f64;
		assert!((sum / count).abs() < 0.01);
		assert!((squares / count - 1.0 / 12.0).abs() < 0.005);
		assert!((neighbours / count).abs() < 0.005);
	}

	#[test]
	fn numbers_differ_when_the_run_differs() {
		let of = |run| Dice::new(1, run).number(Of::Plot, 0, 0);
		assert_ne!(of(1), of(2));
		assert_eq!(of(1), of(1));
	}
}
