//! Whether gold can be had right without care: by a habit that looks at the length of answers, or at
//! the model that gave them. Sides need no look: they are drawn.

use std::collections::BTreeSet;

use weighhouse_client::amount::Percent;
use weighhouse_primitives::{
	feedback::{care, earned, Choice},
	PARTS,
};

use crate::{commands::campaign::input::Line, output::plain};

/// The most that a habit may earn of what gold decides about, in parts of 10^9: a tenth.
const MOST: u32 = PARTS / 10;

/// What the gold says about one habit.
struct Habit {
	/// What it looks for in the better answer.
	name: String,
	/// How much gold it has right.
	right: u32,
	/// How much gold it says nothing about.
	silent: u32,
}

impl Habit {
	/// Asks about each item which answer the habit takes.
	fn of(name: String, gold: &[&Line], takes: impl Fn(&Line) -> Option<Choice>) -> Self {
		let (mut right, mut silent) = (0u32, 0u32);
		for line in gold {
			match takes(line) {
				None => silent = silent.saturating_add(1),
				choice if choice == line.better => right = right.saturating_add(1),
				Some(_) => {}
			}
		}
		Self {
			name,
			right,
			silent,
		}
	}

	/// What is wrong with it, and what to do, if whoever has it or its opposite would be paid by it.
	fn imbalance(&self, all: u32) -> Option<String> {
		let said = all.saturating_sub(self.silent);
		// Half of what it says nothing about is right by chance, or it goes by the opposite.
		let best = self.right.max(said.saturating_sub(self.right));
		let correct = best.saturating_add(self.silent / 2);
		let part = worth(correct, all);
		if part <= MOST {
			return None;
		}
		let allowed = (0..correct)
			.rev()
			.find(|less| worth(*less, all) <= MOST)
			.unwrap_or_default();
		let change = correct.saturating_sub(allowed);
		let direction = if self.right >= said.saturating_sub(self.right) {
			"is"
		} else {
			"is not"
		};
		let percent = Percent(part / 10_000_000 * 10_000_000);
		Some(format!(
			"{} {direction} the better answer in {best} of {said}, so {percent} of full pay could be \
			 had without reading: turn {change} of these around",
			self.name
		))
	}
}

/// The part of full pay that so much right gold earns, agreement aside, in parts of 10^9.
fn worth(correct: u32, all: u32) -> u32 {
	earned(PARTS, care(correct, all), care(all, all))
}

/// What is wrong with the gold; nothing if it is balanced.
pub fn imbalances(gold: &[&Line]) -> Vec<String> {
	let all = u32::try_from(gold.len()).unwrap_or(u32::MAX);
	let mut habits = vec![Habit::of("the longer answer".into(), gold, |line| {
		let (a, b) = (line.a.chars().count(), line.b.chars().count());
		match a.cmp(&b) {
			std::cmp::Ordering::Greater => Some(Choice::A),
			std::cmp::Ordering::Less => Some(Choice::B),
			std::cmp::Ordering::Equal => None,
		}
	})];
	let models: BTreeSet<&str> = gold
		.iter()
		.flat_map(|line| [line.model_a.as_deref(), line.model_b.as_deref()])
		.flatten()
		.collect();
	habits.extend(models.into_iter().map(|model| {
		let name = format!("the answer of `{}`", plain(model));
		Habit::of(name, gold, |line| {
			let is_it = |of: &Option<String>| of.as_deref() == Some(model);
			match (is_it(&line.model_a), is_it(&line.model_b)) {
				(true, false) => Some(Choice::A),
				(false, true) => Some(Choice::B),
				_ => None,
			}
		})
	}));
	habits
		.iter()
		.filter_map(|habit| habit.imbalance(all))
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	/// `gold` items, of which the better one is longer in `longer`, first in `first`, and of `good` in
	/// `model`.
	fn gold(gold: usize, longer: usize, first: usize, model: usize) -> Vec<Line> {
		(0..gold)
			.map(|index| {
				// Spread differently, so that one habit does not follow from another.
				let is_longer = index < longer;
				let is_first = (index * 7) % gold < first;
				let is_good = (index * 3) % gold < model;
				let (mut better, mut worse) = ("long answer", "short");
				if !is_longer {
					(better, worse) = (worse, better);
				}
				let (mut by, mut against) = ("good", "bad");
				if !is_good {
					(by, against) = (against, by);
				}
				let (a, b, model_a, model_b) = if is_first {
					(better, worse, by, against)
				} else {
					(worse, better, against, by)
				};
				Line {
					prompt: index.to_string(),
					a: a.into(),
					b: b.into(),
					better: Some(if is_first { Choice::A } else { Choice::B }),
					model_a: Some(model_a.into()),
					model_b: Some(model_b.into()),
					answered: None,
				}
			})
			.collect()
	}

	fn of(lines: &[Line]) -> Vec<String> {
		imbalances(&lines.iter().collect::<Vec<_>>())
	}

	#[test]
	fn gold_is_balanced_when_no_habit_is_right_much_more_than_half() {
		assert!(of(&gold(20, 10, 10, 10)).is_empty());
		assert!(of(&gold(20, 12, 8, 11)).is_empty());
		assert!(of(&gold(40, 20, 23, 17)).is_empty());
		// Sides are drawn later.
		assert!(of(&gold(20, 10, 20, 10)).is_empty());
	}

	#[test]
	fn gold_is_unbalanced_when_a_habit_is_right_or_wrong_too_often() {
		let said = of(&gold(20, 16, 10, 10));
		assert_eq!(said.len(), 1, "{said:?}");
		assert!(
			said[0].starts_with("the longer answer is the better answer in 16 of 20"),
			"{said:?}"
		);
		assert!(said[0].contains("turn 4 of these around"), "{said:?}");
		let said = of(&gold(20, 3, 10, 10));
		assert!(
			said[0].starts_with("the longer answer is not the better answer in 17 of 20"),
			"{said:?}"
		);
		// Both models are named: what one of them gains, the other one loses.
		assert_eq!(of(&gold(20, 10, 10, 20)).len(), 2);
	}

	#[test]
	fn items_say_nothing_when_a_habit_cannot_tell_their_answers_apart() {
		let mut lines = gold(20, 20, 10, 10);
		for line in &mut lines {
			line.b = "x".repeat(line.a.len());
		}
		assert!(of(&lines).is_empty());
		lines.iter_mut().for_each(|line| line.model_b = None);
		lines.iter_mut().for_each(|line| line.model_a = None);
		assert!(of(&lines).is_empty());
	}
}
