//! Chance that follows from a seed: the same numbers on every machine, in whatever order they are
//! asked for.

/// A throw, and the root of others. SplitMix64 (Steele, Lea and Flood, 2014) over a path of names.
#[derive(Clone, Copy, Debug)]
pub struct Dice(u64);

impl Dice {
	/// The dice of a seed.
	pub const fn new(seed: u64) -> Self {
		Self(0).of(seed)
	}

	/// Dice of their own for whatever has this number.
	pub const fn of(self, name: u64) -> Self {
		let step = name.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0.wrapping_add(step);
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		Self(mixed ^ (mixed >> 31))
	}

	/// Whether something happens that has this chance.
	pub fn holds(self, chance: f64) -> bool {
		// The upper 53 bits are a fraction that a float holds exactly.
		let fraction = (self.0 >> 11) as f64 / (1u64 << 53) as f64;
		fraction < chance
	}

	/// A number below `bound`.
	pub fn below(self, bound: usize) -> usize {
		((u128::from(self.0) * bound as u128) >> 64) as usize
	}

	/// 32 bytes.
	pub fn bytes(self) -> [u8; 32] {
		let mut bytes = [0; 32];
		for (name, eight) in (0..).zip(bytes.chunks_exact_mut(8)) {
			eight.copy_from_slice(&self.of(name).0.to_le_bytes());
		}
		bytes
	}

	/// Fisher and Yates' shuffle.
	pub fn shuffle<T>(self, items: &mut [T]) {
		for last in (1..items.len()).rev() {
			items.swap(last, self.of(last as u64).below(last + 1));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_chance_is_met_as_often_as_it_says() {
		let dice = Dice::new(7);
		let met = (0..10_000)
			.filter(|throw| dice.of(*throw).holds(0.3))
			.count();
		assert!((2_800..3_200).contains(&met), "{met} of 10,000");
		assert!(!dice.holds(0.0));
		assert!(dice.holds(1.0));
	}

	#[test]
	fn names_and_seeds_give_other_numbers() {
		let bytes = |seed, name| Dice::new(seed).of(name).bytes();
		assert_eq!(bytes(1, 2), bytes(1, 2));
		assert_ne!(bytes(1, 2), bytes(1, 3));
		assert_ne!(bytes(1, 2), bytes(2, 2));
		let halves = bytes(1, 2);
		assert_ne!(halves[..16], halves[16..]);
	}

	#[test]
	fn shuffling_loses_nothing_and_moves_most() {
		let mut items: Vec<usize> = (0..100).collect();
		Dice::new(3).shuffle(&mut items);
		let stayed = (0..).zip(&items).filter(|(place, item)| place == *item);
		assert!(stayed.count() < 10);
		items.sort_unstable();
		assert_eq!(items, (0..100).collect::<Vec<_>>());
	}

	#[test]
	fn numbers_are_below_their_bound_and_reach_all_of_it() {
		let seen: std::collections::BTreeSet<_> = (0..1_000)
			.map(|throw| Dice::new(5).of(throw).below(6))
			.collect();
		assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
	}
}
