//! What a campaign asks: items, each with a better answer, of which the sponsor knows some.

use serde::Serialize;
use weighhouse_primitives::{feedback::Choice, ContentId};

use crate::dice::Dice;

/// How large a campaign is, and what its tasks are like.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
	/// How many items are gold.
	pub gold: u32,
	/// How many are not.
	pub tasks: u32,
	/// How many each rater answers, of all.
	pub each: u32,
	/// The chance that the better answer of a task is the longer one. In gold it is a half, since a
	/// sponsor balances it.
	pub longer_is_better: f64,
}

impl Size {
	/// All items.
	pub fn items(&self) -> u32 {
		self.gold + self.tasks
	}
}

/// A prompt and two answers.
pub struct Item {
	/// The better answer.
	pub truth: Choice,
	/// The longer answer, which is seen without reading.
	pub longer: Choice,
	/// Whether the sponsor knows the better answer.
	pub gold: bool,
	/// Prompt, answer A, answer B.
	pub contents: [ContentId; 3],
}

impl Item {
	/// A number that follows from the content alone.
	pub fn digest(&self) -> u64 {
		let [prompt, ..] = &self.contents;
		prompt
			.digest
			.iter()
			.take(8)
			.fold(0, |number, byte| (number << 8) | u64::from(*byte))
	}
}

/// The pool of a campaign. The gold is anywhere in it, and each answer is the better one equally often.
pub struct World {
	/// The items by their position.
	pub items: Vec<Item>,
}

/// What the dice of a world decide.
const TRUTH: u64 = 0;
const LONGER: u64 = 1;
const ORDER: u64 = 2;
const CONTENT: u64 = 3;

impl World {
	/// The pool that these dice make.
	pub fn make(size: &Size, dice: Dice) -> Self {
		let either = |first: bool| if first { Choice::A } else { Choice::B };
		let longer = |truth: Choice, same: bool| if same { truth } else { truth.other() };
		// Gold is balanced: each side with each length, in turn.
		let gold = (0..size.gold).map(|number| {
			let truth = either(number.is_multiple_of(2));
			(truth, longer(truth, number % 4 < 2), true)
		});
		let tasks = (0..size.tasks).map(|number| {
			let truth = either(dice.of(TRUTH).of(number.into()).holds(0.5));
			let same = dice
				.of(LONGER)
				.of(number.into())
				.holds(size.longer_is_better);
			(truth, longer(truth, same), false)
		});
		let mut drafts: Vec<_> = gold.chain(tasks).collect();
		dice.of(ORDER).shuffle(&mut drafts);
		let items = (0..)
			.zip(drafts)
			.map(|(position, (truth, longer, gold))| {
				let content = |part| {
					let bytes = dice.of(CONTENT).of(position).of(part).bytes();
					ContentId::of_raw_block(&bytes)
				};
				Item {
					truth,
					longer,
					gold,
					contents: [content(0), content(1), content(2)],
				}
			})
			.collect();
		Self { items }
	}

	/// How many items are gold.
	pub fn gold_count(&self) -> usize {
		self.items.iter().filter(|item| item.gold).count()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const SIZE: Size = Size {
		gold: 20,
		tasks: 200,
		each: 220,
		longer_is_better: 0.8,
	};

	#[test]
	fn gold_is_balanced_over_side_and_length() {
		let world = World::make(&SIZE, Dice::new(1));
		let gold: Vec<_> = world.items.iter().filter(|item| item.gold).collect();
		assert_eq!(gold.len(), 20);
		let count = |wanted: fn(&Item) -> bool| gold.iter().filter(|item| wanted(item)).count();
		assert_eq!(count(|item| item.truth == Choice::A), 10);
		assert_eq!(count(|item| item.longer == item.truth), 10);
		assert_eq!(
			count(|item| item.truth == Choice::A && item.longer == Choice::A),
			5
		);
	}

	#[test]
	fn length_tells_of_tasks_what_it_is_set_to() {
		let size = Size {
			tasks: 5_000,
			..SIZE
		};
		let world = World::make(&size, Dice::new(1));
		let tasks: Vec<_> = world.items.iter().filter(|item| !item.gold).collect();
		let same = tasks
			.iter()
			.filter(|item| item.longer == item.truth)
			.count();
		assert!((3_900..4_100).contains(&same), "{same} of 5,000");
		let first = tasks.iter().filter(|item| item.truth == Choice::A).count();
		assert!((2_350..2_650).contains(&first), "{first} of 5,000");
	}

	#[test]
	fn gold_is_mixed_into_the_pool() {
		let world = World::make(&SIZE, Dice::new(1));
		let early = world
			.items
			.iter()
			.take(110)
			.filter(|item| item.gold)
			.count();
		assert!((3..18).contains(&early), "{early} of 20 in the first half");
	}

	#[test]
	fn contents_differ_by_item_and_by_seed() {
		let digests = |seed| -> std::collections::BTreeSet<u64> {
			let world = World::make(&SIZE, Dice::new(seed));
			world.items.iter().map(Item::digest).collect()
		};
		assert_eq!(digests(1).len(), 220);
		assert!(digests(1).is_disjoint(&digests(2)));
	}
}
