//! What is asked: the items of a campaign, which answer is better, and which of them are gold.

use weighhouse_primitives::feedback::{Choice, GoldItem};

use crate::dice::{Dice, Of};

/// How often the longer answer is the better one among ordinary tasks. Whoever always takes the
/// longer one is right this often without reading.
pub const LONGER_IS_BETTER: f64 = 0.7;

/// How the gold stands to the length of answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Balance {
	/// The longer answer is the better one in half of it, as `campaign create` demands.
	Even,
	/// As often as among tasks.
	AsTasks,
}

/// The size of a campaign.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shape {
	/// How many items are gold.
	pub gold: u32,
	/// How many are not.
	pub tasks: u32,
	/// How many items each rater answers; all if it is none.
	pub part: Option<u32>,
	/// How many raters there are.
	pub raters: u32,
	/// How the gold stands to the length of answers.
	pub balance: Balance,
}

impl Shape {
	/// How many items there are.
	pub const fn items(&self) -> u32 {
		self.gold + self.tasks
	}

	/// How many items each rater answers.
	pub fn items_each(&self) -> u32 {
		self.part.unwrap_or(self.items()).min(self.items())
	}
}

/// What is true of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
	/// The better answer.
	pub better: Choice,
	/// The longer answer, which can be seen without reading.
	pub longer: Choice,
	/// Whether the item is gold.
	pub gold: bool,
}

/// The pool of a campaign.
pub struct World {
	/// Its items.
	pub items: Vec<Fact>,
	/// Those that are gold.
	pub gold: Vec<GoldItem>,
}

impl World {
	/// A pool of this shape. Half of the gold has the first answer as the better one.
	pub fn new(shape: &Shape, dice: &Dice) -> Self {
		let facts = (0..shape.items()).map(|item| {
			let better = dice.side(Of::Better, 0, item.into());
			let longer = match dice.unit(Of::Longer, 0, item.into()) < LONGER_IS_BETTER {
				true => better,
				false => better.other(),
			};
			Fact {
				better,
				longer,
				gold: false,
			}
		});
		let mut items: Vec<_> = facts.collect();
		let mut order: Vec<u32> = (0..shape.items()).collect();
		order.sort_by_key(|item| dice.number(Of::Mixing, 0, (*item).into()));
		order.truncate(shape.gold as usize);
		let gold = order.iter().zip(0u32..).map(|(item, number)| {
			let better = match number % 2 {
				0 => Choice::A,
				_ => Choice::B,
			};
			let longer_is_better = match shape.balance {
				Balance::Even => number % 4 < 2,
				Balance::AsTasks => {
					f64::from(number) + 0.5 < LONGER_IS_BETTER * f64::from(shape.gold)
				}
			};
			items[*item as usize] = Fact {
				better,
				longer: if longer_is_better {
					better
				} else {
					better.other()
				},
				gold: true,
			};
			GoldItem {
				item: *item,
				label: better,
				salt: dice.bytes(Of::Salt, (*item).into()),
			}
		});
		let gold = gold.collect();
		Self { items, gold }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const SHAPE: Shape = Shape {
		gold: 20,
		tasks: 80,
		part: None,
		raters: 12,
		balance: Balance::Even,
	};

	fn longer_gold(balance: Balance) -> usize {
		let shape = Shape { balance, ..SHAPE };
		let world = World::new(&shape, &Dice::new(1, 1));
		let longer = |fact: &&Fact| fact.gold && fact.longer == fact.better;
		world.items.iter().filter(longer).count()
	}

	#[test]
	fn gold_is_even_in_length_unless_told_otherwise() {
		assert_eq!(longer_gold(Balance::Even), 10);
		assert_eq!(longer_gold(Balance::AsTasks), 14);
	}

	#[test]
	fn gold_names_the_better_answers_of_its_items() {
		let world = World::new(&SHAPE, &Dice::new(1, 2));
		assert_eq!(world.gold.len(), 20);
		assert_eq!(world.items.len(), 100);
		assert_eq!(world.items.iter().filter(|fact| fact.gold).count(), 20);
		for gold in &world.gold {
			assert_eq!(world.items[gold.item as usize].better, gold.label);
		}
		let first = world.gold.iter().filter(|gold| gold.label == Choice::A);
		assert_eq!(first.count(), 10);
	}
}
