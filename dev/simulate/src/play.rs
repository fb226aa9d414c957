//! What the raters of a campaign answer.

use sp_core::H256;
use sp_runtime::AccountId32;
use weighhouse_primitives::feedback::{presentation, Choice, ItemSet};

use crate::{
	dice::{Dice, Of},
	strategy::{Behaviour, Strategy},
	world::{Shape, World},
};

/// Raters who act alike. Each has the places after those of the group before it.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
	/// What they do.
	pub strategy: Strategy,
	/// How many they are.
	pub members: u32,
}

/// Who takes part in what.
#[derive(Clone, PartialEq, Debug)]
pub struct Population {
	/// The campaign.
	pub shape: Shape,
	/// How often one who looks at an item sees which answer is better.
	pub accuracy: f64,
	/// All raters.
	pub groups: Vec<Group>,
}

impl Population {
	/// All raters are honest.
	pub fn honest(shape: Shape, accuracy: f64) -> Self {
		let groups = vec![Group {
			strategy: Strategy::honest(),
			members: shape.raters,
		}];
		Self {
			shape,
			accuracy,
			groups,
		}
	}

	/// `members` follow a strategy, the others are honest and come first.
	pub fn with(shape: Shape, accuracy: f64, strategy: Strategy, members: u32) -> Self {
		let honest = Group {
			strategy: Strategy::honest(),
			members: shape.raters.saturating_sub(members),
		};
		let groups = vec![honest, Group { strategy, members }];
		Self {
			shape,
			accuracy,
			groups,
		}
	}

	/// The places of each group.
	pub fn places(&self) -> Vec<std::ops::Range<usize>> {
		let mut next = 0;
		let range = |group: &Group| {
			let first = next;
			next += group.members as usize;
			first..next
		};
		self.groups.iter().map(range).collect()
	}
}

/// This part of the raters, in whole ones.
pub fn members(raters: u32, percent: u32) -> u32 {
	(raters * percent + 50) / 100
}

/// The account of a rater.
pub fn account(rater: u32) -> AccountId32 {
	let mut bytes = [7; 32];
	bytes[..4].copy_from_slice(&rater.to_le_bytes());
	AccountId32::new(bytes)
}

/// What raters answered.
pub struct Answers {
	/// By rater, with the items in the order of the pool.
	pub of: Vec<Vec<(u32, Choice)>>,
	/// How many items a member of each group looked at on the average.
	pub looks: Vec<f64>,
}

/// Everything that raters know and have when they answer.
struct Table<'a> {
	population: &'a Population,
	world: &'a World,
	dice: &'a Dice,
	seed: H256,
	hands: &'a [ItemSet],
}

/// The answers of all raters, who were given `hands` in a draw from `seed`.
pub fn answers(
	population: &Population,
	world: &World,
	dice: &Dice,
	seed: H256,
	hands: &[ItemSet],
) -> Answers {
	let table = Table {
		population,
		world,
		dice,
		seed,
		hands,
	};
	let mut answers = Answers {
		of: Vec::with_capacity(hands.len()),
		looks: Vec::new(),
	};
	for (number, places) in population.places().into_iter().enumerate() {
		let looks = table.answer(number, places, &mut answers.of);
		answers.looks.push(looks);
	}
	answers
}

impl Table<'_> {
	/// What a rater sees who looks at an item.
	fn look(&self, strategy: &Strategy, rater: usize, item: u32) -> Choice {
		let better = self.world.items[item as usize].better;
		let accuracy = strategy.accuracy.unwrap_or(self.population.accuracy);
		match self.dice.unit(Of::Look, rater as u64, item.into()) < accuracy {
			true => better,
			false => better.other(),
		}
	}

	/// Adds the answers of one group, and says how many items a member looked at.
	fn answer(
		&self,
		number: usize,
		places: std::ops::Range<usize>,
		all: &mut Vec<Vec<(u32, Choice)>>,
	) -> f64 {
		let strategy = &self.population.groups[number].strategy;
		let pool = self.world.items.len();
		let guessed = match strategy.guess_gold {
			true => self.guess_gold(number, &places),
			false => vec![false; pool],
		};
		let copied = match strategy.weight(Behaviour::Copied) > 0.0 {
			true => self.copies(strategy, &places),
			false => vec![(Choice::A, 0); pool],
		};
		let shows_sides = strategy.weight(Behaviour::Left) > 0.0;
		// Groups pick from another range of numbers than raters.
		let group = 1_000_000 + number as u64;
		let mut looks = 0;
		let mut copies_used = vec![false; pool];
		for rater in places.clone() {
			let hand = &self.hands[rater];
			let left = match shows_sides {
				true => self.sides(rater),
				false => Vec::new(),
			};
			let answer = |item: u32| {
				let position = item as usize;
				let picker = if strategy.together {
					group
				} else {
					rater as u64
				};
				let behaviour = match guessed[position] {
					true => Behaviour::Honest,
					false => strategy.at(self.dice.unit(Of::Pick, picker, item.into())),
				};
				let choice = match behaviour {
					Behaviour::Honest => {
						looks += 1;
						self.look(strategy, rater, item)
					}
					Behaviour::Inverted => {
						looks += 1;
						self.look(strategy, rater, item).other()
					}
					Behaviour::Copied => {
						copies_used[position] = true;
						copied[position].0
					}
					Behaviour::Random => self.dice.side(Of::Coin, rater as u64, item.into()),
					Behaviour::Left => left[position],
					Behaviour::First => Choice::A,
					Behaviour::Hash => self.dice.side(Of::Plot, group, item.into()),
					Behaviour::Longer => self.world.items[position].longer,
				};
				(item, choice)
			};
			all.push(hand.iter().map(answer).collect());
		}
		let copied_looks = copied.iter().zip(&copies_used);
		looks += copied_looks
			.filter(|(_, used)| **used)
			.map(|((_, looked), _)| looked)
			.sum::<u32>();
		f64::from(looks) / (places.len().max(1) as f64)
	}

	/// The items that most of a group were given: as many as there is gold.
	fn guess_gold(&self, number: usize, places: &std::ops::Range<usize>) -> Vec<bool> {
		let pool = self.world.items.len();
		let mut order: Vec<u32> = (0..pool as u32).collect();
		let given = |item: u32| {
			let hands = self.hands[places.clone()].iter();
			hands.filter(|hand| hand.contains(item)).count()
		};
		order.sort_by_cached_key(|item| {
			let tie = self
				.dice
				.number(Of::Guess, number as u64, u64::from(*item));
			(std::cmp::Reverse(given(*item)), tie)
		});
		let mut guessed = vec![false; pool];
		for item in order
			.into_iter()
			.take(self.population.shape.gold as usize)
		{
			guessed[item as usize] = true;
		}
		guessed
	}

	/// For each item what those of a group found who looked at it, and how many they are. They take
	/// turns.
	fn copies(&self, strategy: &Strategy, places: &std::ops::Range<usize>) -> Vec<(Choice, u32)> {
		let members = places.len();
		let eyes = match strategy.eyes {
			0 => members,
			eyes => (eyes as usize).min(members),
		};
		(0..self.world.items.len() as u32)
			.map(|item| {
				let turn = (0..members).map(|turn| places.start + (item as usize + turn) % members);
				let looked: Vec<_> = turn
					.filter(|rater| self.hands[*rater].contains(item))
					.take(eyes)
					.map(|rater| self.look(strategy, rater, item))
					.collect();
				let first = looked.iter().filter(|choice| **choice == Choice::A).count();
				let choice = match (first * 2).cmp(&looked.len()) {
					std::cmp::Ordering::Greater => Choice::A,
					std::cmp::Ordering::Less => Choice::B,
					std::cmp::Ordering::Equal => looked.first().copied().unwrap_or(Choice::A),
				};
				(choice, looked.len() as u32)
			})
			.collect()
	}

	/// The answer that a rater sees on the left, for each item of the pool; the first one where it
	/// was not given the item.
	fn sides(&self, rater: usize) -> Vec<Choice> {
		let mut left = vec![Choice::A; self.world.items.len()];
		for shown in presentation(self.seed, &account(rater as u32), &self.hands[rater]) {
			left[shown.item as usize] = shown.left;
		}
		left
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::world::Balance;
	use weighhouse_primitives::feedback::deal;

	const SHAPE: Shape = Shape {
		gold: 20,
		tasks: 180,
		part: None,
		raters: 10,
		balance: Balance::Even,
	};

	fn played(shape: Shape, accuracy: f64, strategy: Strategy) -> (World, Answers) {
		let population = Population::with(shape, accuracy, strategy, 5);
		let dice = Dice::new(1, 1);
		let world = World::new(&shape, &dice);
		let seed = dice.bytes(Of::Draw, 0);
		let hands = deal(seed, shape.raters, shape.items(), shape.items_each());
		let answers = answers(&population, &world, &dice, seed, &hands);
		(world, answers)
	}

	/// How often a rater is right.
	fn right(world: &World, answers: &[(u32, Choice)]) -> f64 {
		let right = answers
			.iter()
			.filter(|(item, choice)| world.items[*item as usize].better == *choice);
		right.count() as f64 / answers.len() as f64
	}

	#[test]
	fn raters_are_as_right_as_their_behaviour_says() {
		let expected = [
			(Behaviour::Honest, 0.8, 0.08),
			(Behaviour::Inverted, 0.2, 0.08),
			(Behaviour::Random, 0.5, 0.1),
			(Behaviour::Left, 0.5, 0.1),
			(Behaviour::First, 0.5, 0.1),
			(Behaviour::Hash, 0.5, 0.1),
			(Behaviour::Longer, 0.68, 0.08),
			(Behaviour::Copied, 0.8, 0.08),
		];
		for (behaviour, expected, off) in expected {
			let (world, answers) = played(SHAPE, 0.8, Strategy::simple("", behaviour));
			for rater in 5..10 {
				let right = right(&world, &answers.of[rater]);
				assert!((right - expected).abs() < off, "{behaviour:?} {right}");
			}
			let looks = match behaviour {
				Behaviour::Honest | Behaviour::Inverted => 200.0,
				Behaviour::Copied => 40.0,
				_ => 0.0,
			};
			assert_eq!(answers.looks, [200.0, looks]);
		}
	}

	#[test]
	fn colluders_say_the_same_when_they_use_a_hash_or_copy() {
		for behaviour in [Behaviour::Hash, Behaviour::Copied, Behaviour::Longer] {
			let (_, answers) = played(SHAPE, 0.7, Strategy::simple("", behaviour));
			assert!((6..10).all(|rater| answers.of[rater] == answers.of[5]));
			assert_ne!(answers.of[0], answers.of[1]);
		}
	}

	#[test]
	fn copies_are_better_when_more_look() {
		let strategy = Strategy {
			eyes: 0,
			..Strategy::simple("", Behaviour::Copied)
		};
		let (world, answers) = played(SHAPE, 0.7, strategy);
		assert!(right(&world, &answers.of[5]) > 0.76);
		assert_eq!(answers.looks, [200.0, 200.0]);
	}

	#[test]
	fn guessing_finds_no_more_gold_than_chance_when_raters_get_a_part() {
		let strategy = Strategy {
			guess_gold: true,
			..Strategy::simple("", Behaviour::First)
		};
		let shape = Shape {
			part: Some(120),
			..SHAPE
		};
		let (mut found, mut looked) = (0, 0);
		for run in 0..20 {
			let population = Population::with(shape, 1.0, strategy.clone(), 5);
			let dice = Dice::new(2, run);
			let world = World::new(&shape, &dice);
			let seed = dice.bytes(Of::Draw, 0);
			let hands = deal(seed, shape.raters, shape.items(), shape.items_each());
			let table = Table {
				population: &population,
				world: &world,
				dice: &dice,
				seed,
				hands: &hands,
			};
			let guessed = table.guess_gold(1, &(5..10));
			for (fact, guessed) in world.items.iter().zip(guessed) {
				looked += u32::from(guessed);
				found += u32::from(guessed && fact.gold);
			}
		}
		assert_eq!(looked, 400);
		// A tenth of the pool is gold.
		assert!((25..=58).contains(&found), "{found}");
	}

	#[test]
	fn members_are_rounded_to_the_nearest() {
		assert_eq!(members(12, 60), 7);
		assert_eq!(members(30, 60), 18);
		assert_eq!(members(15, 10), 2);
	}
}
