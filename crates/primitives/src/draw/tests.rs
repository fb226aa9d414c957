use super::*;
use alloc::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A seed of its own for each number.
fn nth(number: u32) -> H256 {
	let mut seed = H256::zero();
	seed.0[..4].copy_from_slice(&number.to_le_bytes());
	seed
}

const TRIES: u32 = 100_000;

/// Whether `count` of [`TRIES`] is what a chance of `parts` in 10^9 gives, within five standard
/// deviations: a right draw fails one in a million such checks.
fn fits(count: u32, parts: u32) -> bool {
	let (tries, chance) = (f64::from(TRIES), f64::from(parts) / f64::from(PARTS));
	let deviation = (tries * chance * (1.0 - chance)).sqrt();
	(f64::from(count) - tries * chance).abs() <= 5.0 * deviation
}

fn hash(text: &str) -> H256 {
	H256::from_slice(&hex::decode(text).unwrap())
}

mod seeds {
	use super::*;

	#[test]
	fn seed_is_what_other_programs_compute() {
		let seed = |purpose| seed(H256::repeat_byte(1), purpose, &[2; 32], &[3; 32]);
		assert_eq!(
			seed(Purpose::Main),
			hash("130158410b22a58923201d0c33df6d9dcada81cf195a5e3e14466201f0b83aaf")
		);
		assert_eq!(
			seed(Purpose::Audit),
			hash("930513fd4a046a75b36748189ef068596965e0c058d6d9c389d008c2057d3ca6")
		);
		assert_eq!(
			seed(Purpose::Jury),
			hash("84bfe752c5cc806d009ffd18be7a56afbb8dfd7fd219ed9117fcd50a1e36a7e9")
		);
	}

	#[test]
	fn seed_changes_with_everything_that_it_is_made_of() {
		let request = H256::repeat_byte(1);
		let seeds = BTreeSet::from([
			seed(request, Purpose::Main, &[2; 32], &[3; 32]),
			seed(request, Purpose::Audit, &[2; 32], &[3; 32]),
			seed(request, Purpose::Jury, &[2; 32], &[3; 32]),
			seed(H256::repeat_byte(4), Purpose::Main, &[2; 32], &[3; 32]),
			seed(request, Purpose::Main, &[3; 32], &[2; 32]),
			seed(request, Purpose::Main, &[2; 32], &[2; 32]),
		]);
		assert_eq!(seeds.len(), 6);
	}
}

mod chances {
	use super::*;

	#[test]
	fn happens_is_what_other_programs_compute() {
		let hits: Vec<u8> = (0..60)
			.filter(|byte| happens(H256::repeat_byte(*byte), PARTS / 10))
			.collect();
		assert_eq!(hits, [0, 37, 46, 47, 53]);
	}

	#[test]
	fn happens_as_often_as_it_says() {
		for parts in [PARTS / 100, PARTS / 10, PARTS / 2, PARTS - PARTS / 10] {
			let count = (0..TRIES).filter(|try_| happens(nth(*try_), parts)).count();
			assert!(fits(count as u32, parts), "{count} times for {parts}");
		}
	}

	#[test]
	fn happens_never_when_there_is_no_chance() {
		assert!((0..TRIES).all(|try_| !happens(nth(try_), 0)));
	}

	#[test]
	fn happens_always_when_the_chance_is_the_whole() {
		assert!((0..TRIES).all(|try_| happens(nth(try_), PARTS)));
		assert!((0..100).all(|try_| happens(nth(try_), u32::MAX)));
	}

	proptest! {
		#[test]
		fn happens_still_when_the_chance_rises(seed: [u8; 32], lower: u32, higher: u32) {
			let (lower, higher) = (lower.min(higher), lower.max(higher));
			prop_assert!(!happens(H256(seed), lower) || happens(H256(seed), higher));
		}
	}
}

mod drawing {
	use super::*;

	/// Draws from candidates that are named by their position.
	fn draw(seed: H256, weights: &[u128], count: u32) -> Vec<usize> {
		let candidates: Vec<(u32, u128)> = (0..).zip(weights.iter().copied()).collect();
		super::draw(seed, &candidates, count)
	}

	#[test]
	fn waiting_time_is_the_logarithm() {
		let unit = 1u128 << 48;
		assert_eq!(waiting_time(1), 128 * unit);
		assert_eq!(waiting_time(1 << 127), unit);
		assert_eq!(waiting_time(u128::MAX), 1);
		// Of three quarters, by a program with floating point.
		assert_eq!(waiting_time(3 << 126), 116_822_670_443_562);
	}

	#[test]
	fn draw_is_what_other_programs_compute() {
		let weights = [5, 0, 10, 85, 100, 1];
		assert_eq!(draw(H256::repeat_byte(1), &weights, 6), [4, 3, 2, 0, 5]);
		assert_eq!(draw(H256::repeat_byte(2), &weights, 6), [3, 4, 2, 0, 5]);
		assert_eq!(draw(H256::repeat_byte(3), &weights, 2), [4, 5]);
	}

	#[test]
	fn draw_is_empty_when_nobody_can_be_drawn() {
		assert!(draw(nth(1), &[], 3).is_empty());
		assert!(draw(nth(1), &[0, 0], 3).is_empty());
		assert!(draw(nth(1), &[1, 2], 0).is_empty());
	}

	#[test]
	fn draw_picks_the_only_candidate_whatever_its_weight() {
		for weight in [1, 1 << 96, u128::MAX] {
			assert_eq!(draw(nth(1), &[0, weight, 0], 3), [1]);
		}
	}

	#[test]
	fn draw_follows_the_weights() {
		let weights = [1, 0, 2, 3, 4];
		let mut counts = [0; 5];
		for try_ in 0..TRIES {
			counts[draw(nth(try_), &weights, 1)[0]] += 1;
		}
		for (count, weight) in counts.into_iter().zip(weights) {
			let parts = PARTS / 10 * u32::try_from(weight).unwrap();
			assert!(fits(count, parts), "{count} times for {weight} of 10");
		}
	}

	#[test]
	fn draw_follows_weights_of_money() {
		// Bonds in the smallest unit of 12 decimals, one of them a third of all.
		let unit = 1_000_000_000_000;
		let weights = [150_000 * unit, 99_999 * unit, 200_001 * unit];
		let mut counts = [0; 3];
		for try_ in 0..TRIES {
			counts[draw(nth(try_), &weights, 1)[0]] += 1;
		}
		assert!(fits(counts[0], 333_333_333));
		assert!(fits(counts[1], 222_220_000));
		assert!(fits(counts[2], 444_446_667));
	}

	#[test]
	fn draw_gives_the_second_seat_by_the_weights_that_are_left() {
		// The second is candidate 0 after 1 (1/3 * 1/4) or after 2 (1/2 * 1/3): a quarter.
		let weights = [1, 2, 3];
		let second = (0..TRIES)
			.filter(|try_| draw(nth(*try_), &weights, 2)[1] == 0)
			.count();
		assert!(fits(second as u32, PARTS / 4), "{second} times");
	}

	#[test]
	fn draw_gives_a_split_weight_the_chance_of_the_whole() {
		// Whether any of the three parts of 30 is drawn first among 110.
		let first = |weights: &[u128], own: usize| {
			(0..TRIES)
				.filter(|try_| draw(nth(*try_), weights, 1)[0] < own)
				.count() as u32
		};
		assert!(fits(first(&[30, 20, 20, 20, 20], 1), 272_727_273));
		assert!(fits(first(&[10, 10, 10, 20, 20, 20, 20], 3), 272_727_273));
	}

	proptest! {
		#[test]
		fn draw_never_picks_zero_weights_nor_anybody_twice(
			seed: [u8; 32],
			weights in weights(),
			count in 0u32..20,
		) {
			let drawn = draw(H256(seed), &weights, count);
			let able = weights.iter().filter(|weight| **weight > 0).count();
			prop_assert_eq!(drawn.len(), able.min(count as usize));
			prop_assert!(drawn.iter().all(|who| weights[*who] > 0));
			prop_assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
		}

		#[test]
		fn draw_begins_the_same_when_fewer_are_drawn(
			seed: [u8; 32],
			weights in weights(),
			(fewer, more) in (0u32..10, 0u32..10),
		) {
			let all = draw(H256(seed), &weights, fewer + more);
			let some = draw(H256(seed), &weights, fewer);
			prop_assert_eq!(&all[..some.len()], &some[..]);
		}

		// Or whoever knows the seed could draw again until it suits.
		#[test]
		fn draw_keeps_the_order_of_the_others_when_one_weight_changes(
			seed: [u8; 32],
			weights in weights(),
			changed in 0usize..16,
			weight in 0u128..1 << 96,
		) {
			let mut other = weights.clone();
			if let Some(place) = other.get_mut(changed) {
				*place = weight;
			}
			let without = |weights: &[u128]| {
				let mut drawn = draw(H256(seed), weights, 16);
				drawn.retain(|who| *who != changed);
				drawn
			};
			prop_assert_eq!(without(&weights), without(&other));
		}

		#[test]
		fn draw_finds_a_candidate_no_later_when_its_weight_rises(
			seed: [u8; 32],
			weights in weights(),
			raised in 0usize..16,
			by in 1u128..1 << 90,
		) {
			prop_assume!(raised < weights.len() && weights[raised] > 0);
			let mut higher = weights.clone();
			higher[raised] = higher[raised].saturating_add(by);
			let turn = |weights: &[u128]| {
				draw(H256(seed), weights, 16).into_iter().position(|who| who == raised)
			};
			prop_assert!(turn(&higher) <= turn(&weights));
		}
	}

	/// Weights from nothing to more than all money together.
	fn weights() -> impl Strategy<Value = Vec<u128>> {
		let weight = prop_oneof![
			2 => Just(0),
			4 => 1..1000u128,
			4 => 1..1u128 << 96,
			1 => Just(u128::MAX),
		];
		proptest::collection::vec(weight, 0..16)
	}
}

#[test]
fn numbers_of_a_seed_differ_by_index() {
	let numbers: BTreeSet<u128> = vec![0, 1, 2, u32::MAX]
		.into_iter()
		.map(|index| number(nth(1), index))
		.collect();
	assert_eq!(numbers.len(), 4);
}
