//! How raters answer. Each strategy is a case of one plan: which items it looks at with care, who
//! looks, and what it answers to the rest.

use std::{cmp::Reverse, fmt};

use serde::{Deserialize, Serialize};
use weighhouse_primitives::feedback::{Choice, Shown};

use crate::{
	dice::Dice,
	world::{Item, World},
};

/// What raters of a group do.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Strategy {
	/// Looks at everything and says what it sees, which is right with the chance `accuracy`.
	Honest { accuracy: f64 },
	/// Tosses a coin.
	Random,
	/// Always the answer on the left.
	AlwaysLeft,
	/// Always the answer on the right.
	AlwaysRight,
	/// All of the group answer by a hash of the item's content.
	Hash,
	/// The longer answer.
	Length,
	/// Looks, and says the opposite.
	Inverted { accuracy: f64 },
	/// Looks with care at the items that the group takes for gold, and answers the rest by the hash.
	/// It has been told this part of the gold; otherwise it compares what its members were given.
	GoldGuessing { accuracy: f64, known: f64 },
	/// One looks and all give the same answers, but for this part of each one's, which it turns around.
	Copying { accuracy: f64, flip: f64 },
	/// Each looks at this part of the items, and answers the rest by the hash.
	Mixed { accuracy: f64, careful: f64 },
	/// Anything that an attacker can plan.
	Coordinated(Coordination),
}

/// What an attacker can choose. That no answer is given is no choice: a place without answers loses
/// its stake.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Coordination {
	/// The chance that a look shows the better answer.
	pub accuracy: f64,
	/// The part of the items that is looked at.
	pub careful: f64,
	/// How often the group together looks at each of these; all then answer what most looks showed.
	/// 0 if each member looks by itself.
	pub looks: u32,
	/// The part of what was seen that each member turns around, to look less alike.
	pub flip: f64,
	/// What it answers to the other items.
	pub rest: Rest,
}

/// Answers that cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rest {
	/// By a hash of the content, the same for all of the group.
	Hash,
	/// The longer answer.
	Length,
	/// By a coin.
	Random,
	/// The answer on the left.
	Left,
	/// The answer on the right.
	Right,
}

/// Which items are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Attention {
	/// This part of all.
	Part(f64),
	/// Those that the group takes for gold, of which it knows this part.
	Gold { known: f64 },
}

/// What every strategy comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
	attention: Attention,
	accuracy: f64,
	looks: u32,
	flip: f64,
	rest: Rest,
}

/// What the dice of an answer decide.
const ALONE: u64 = 10;
const TOGETHER: u64 = 11;
const CARE: u64 = 12;
const SIGHT: u64 = 13;
const FLIP: u64 = 14;
const COIN: u64 = 15;
const LEAK: u64 = 16;

impl Strategy {
	/// What it comes to.
	pub fn plan(&self) -> Plan {
		let looking = |accuracy, careful| Plan {
			attention: Attention::Part(careful),
			accuracy,
			looks: 0,
			flip: 0.0,
			rest: Rest::Hash,
		};
		let blind = |rest| Plan {
			rest,
			..looking(0.5, 0.0)
		};
		match *self {
			Self::Honest { accuracy } => looking(accuracy, 1.0),
			Self::Random => blind(Rest::Random),
			Self::AlwaysLeft => blind(Rest::Left),
			Self::AlwaysRight => blind(Rest::Right),
			Self::Hash => blind(Rest::Hash),
			Self::Length => blind(Rest::Length),
			Self::Inverted { accuracy } => Plan {
				flip: 1.0,
				..looking(accuracy, 1.0)
			},
			Self::GoldGuessing { accuracy, known } => Plan {
				attention: Attention::Gold { known },
				..looking(accuracy, 0.0)
			},
			Self::Copying { accuracy, flip } => Plan {
				looks: 1,
				flip,
				..looking(accuracy, 1.0)
			},
			Self::Mixed { accuracy, careful } => looking(accuracy, careful),
			Self::Coordinated(Coordination {
				accuracy,
				careful,
				looks,
				flip,
				rest,
			}) => Plan {
				attention: Attention::Part(careful),
				accuracy,
				looks,
				flip,
				rest,
			},
		}
	}

	/// Why it makes no sense, if it makes none.
	pub fn check(&self) -> Result<(), String> {
		let plan = self.plan();
		let part = match plan.attention {
			Attention::Part(part) => part,
			Attention::Gold { known } => known,
		};
		let parts = [plan.accuracy, plan.flip, part];
		if parts.iter().all(|part| (0.0..=1.0).contains(part)) {
			Ok(())
		} else {
			Err(format!("{self}: chances and parts are between 0 and 1"))
		}
	}
}

impl fmt::Display for Strategy {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Honest { accuracy } => write!(f, "honest {accuracy:.2}"),
			Self::Random => f.write_str("random"),
			Self::AlwaysLeft => f.write_str("always left"),
			Self::AlwaysRight => f.write_str("always right"),
			Self::Hash => f.write_str("hash"),
			Self::Length => f.write_str("length"),
			Self::Inverted { accuracy } => write!(f, "inverted {accuracy:.2}"),
			Self::GoldGuessing { accuracy, known } if *known > 0.0 => {
				write!(f, "told {:.0} % of the gold, {accuracy:.2}", known * 100.0)
			}
			Self::GoldGuessing { accuracy, .. } => write!(f, "gold-guessing {accuracy:.2}"),
			Self::Copying { accuracy, flip } if *flip > 0.0 => {
				write!(f, "copying {accuracy:.2}, {:.0} % turned", flip * 100.0)
			}
			Self::Copying { accuracy, .. } => write!(f, "copying {accuracy:.2}"),
			Self::Mixed { accuracy, careful } => {
				write!(f, "careful with {:.0} %, {accuracy:.2}", careful * 100.0)
			}
			Self::Coordinated(plan) => write!(f, "{plan}"),
		}
	}
}

impl fmt::Display for Coordination {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "careful with {:.0} %", self.careful * 100.0)?;
		match self.looks {
			0 => f.write_str(", each by itself")?,
			1 => f.write_str(", one look for all")?,
			looks => write!(f, ", most of {looks} looks for all")?,
		}
		if self.flip > 0.0 {
			write!(f, ", {:.0} % turned", self.flip * 100.0)?;
		}
		if self.careful < 1.0 {
			let rest = match self.rest {
				Rest::Hash => "by hash",
				Rest::Length => "by length",
				Rest::Random => "by coin",
				Rest::Left => "left",
				Rest::Right => "right",
			};
			write!(f, ", the rest {rest}")?;
		}
		Ok(())
	}
}

/// A place in a campaign.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
	/// The group that it belongs to.
	pub group: u32,
	/// What it does.
	pub plan: Plan,
}

/// One item before one rater.
struct Ask<'a> {
	item: &'a Item,
	position: u64,
	left: Choice,
	rater: u64,
	group: u64,
	/// Whether the group takes the item for gold.
	guessed: bool,
	dice: Dice,
}

impl Plan {
	/// How many items each member looks at, as a part of those that it answers, in a group of this many
	/// in a pool of which `gold` is the part that is gold.
	pub fn effort(&self, members: u32, gold: f64) -> f64 {
		let looked_at = match self.attention {
			Attention::Part(part) => part,
			Attention::Gold { .. } => gold,
		};
		match self.looks {
			0 => looked_at,
			looks => looked_at * f64::from(looks) / f64::from(members.max(1)),
		}
	}

	fn answer(&self, ask: &Ask) -> Choice {
		// What the members decide and see by themselves, or as one.
		let mind = match self.looks {
			0 => ask.dice.of(ALONE).of(ask.rater),
			_ => ask.dice.of(TOGETHER).of(ask.group),
		};
		let careful = match self.attention {
			Attention::Part(part) => mind.of(CARE).of(ask.position).holds(part),
			Attention::Gold { .. } => ask.guessed,
		};
		if !careful {
			return self.blindly(ask);
		}
		let truth = ask.item.truth;
		let seen = if self.sees(mind.of(SIGHT).of(ask.position)) {
			truth
		} else {
			truth.other()
		};
		let turned = ask.dice.of(FLIP).of(ask.rater).of(ask.position);
		if turned.holds(self.flip) {
			seen.other()
		} else {
			seen
		}
	}

	/// Whether most looks show the better answer. Of an even number the first one decides.
	fn sees(&self, dice: Dice) -> bool {
		let looks = self.looks.max(1);
		let right = |look: u32| dice.of(look.into()).holds(self.accuracy);
		let count = (0..looks).filter(|look| right(*look)).count() * 2;
		match count.cmp(&(looks as usize)) {
			std::cmp::Ordering::Equal => right(0),
			order => order.is_gt(),
		}
	}

	fn blindly(&self, ask: &Ask) -> Choice {
		let either = |first: bool| if first { Choice::A } else { Choice::B };
		match self.rest {
			Rest::Hash => either(Dice::new(ask.item.digest()).of(ask.group).below(2) == 0),
			Rest::Length => ask.item.longer,
			Rest::Random => either(ask.dice.of(COIN).of(ask.rater).of(ask.position).holds(0.5)),
			Rest::Left => ask.left,
			Rest::Right => ask.left.other(),
		}
	}
}

/// What all raters answer to what they are shown, which is in the order of the pool.
pub fn answers(
	world: &World,
	seats: &[Seat],
	shown: &[Vec<Shown>],
	dice: Dice,
) -> Vec<Vec<(u32, Choice)>> {
	let groups = seats.iter().map(|seat| seat.group + 1).max().unwrap_or(0);
	let guesses: Vec<_> = (0..groups)
		.map(|group| guess(world, seats, shown, group, dice))
		.collect();
	(0..)
		.zip(seats.iter().zip(shown))
		.map(|(rater, (seat, shown))| {
			let answer = |shown: &Shown| {
				let position = shown.item as usize;
				let ask = Ask {
					item: &world.items[position],
					position: shown.item.into(),
					left: shown.left,
					rater,
					group: seat.group.into(),
					guessed: guesses[seat.group as usize][position],
					dice,
				};
				(shown.item, seat.plan.answer(&ask))
			};
			shown.iter().map(answer).collect()
		})
		.collect()
}

/// Of each item whether a group takes it for gold: as many as there is gold, first what it was told,
/// then what most of its members were given. Where that is the same for all items, the choice is
/// by chance: nothing else about an item tells.
fn guess(world: &World, seats: &[Seat], shown: &[Vec<Shown>], group: u32, dice: Dice) -> Vec<bool> {
	let mut taken = vec![false; world.items.len()];
	let members = || {
		seats
			.iter()
			.zip(shown)
			.filter(move |(seat, _)| seat.group == group)
	};
	let known = members().find_map(|(seat, _)| match seat.plan.attention {
		Attention::Gold { known } => Some(known),
		Attention::Part(_) => None,
	});
	let Some(known) = known else {
		return taken;
	};
	let mut given = vec![0u32; world.items.len()];
	for shown in members().flat_map(|(_, hand)| hand) {
		given[shown.item as usize] += 1;
	}
	let mut likely: Vec<usize> = (0..world.items.len()).collect();
	likely.sort_by_key(|position| {
		let item = &world.items[*position];
		let told = item.gold && dice.of(LEAK).of(*position as u64).holds(known);
		(!told, Reverse(given[*position]), item.digest())
	});
	for position in likely.into_iter().take(world.gold_count()) {
		taken[position] = true;
	}
	taken
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::world::Size;

	const SIZE: Size = Size {
		gold: 20,
		tasks: 200,
		each: 220,
		longer_is_better: 0.7,
	};

	/// The answers of groups of these sizes, all of whom are shown everything with A on the left of
	/// every other item.
	fn answered(groups: &[(Strategy, usize)]) -> (World, Vec<Vec<Choice>>) {
		let world = World::make(&SIZE, Dice::new(1));
		let seats: Vec<_> = (0..)
			.zip(groups)
			.flat_map(|(group, (strategy, count))| {
				let plan = strategy.plan();
				vec![Seat { group, plan }; *count]
			})
			.collect();
		let hand: Vec<_> = (0..SIZE.items())
			.map(|item| {
				let left = if item.is_multiple_of(2) {
					Choice::A
				} else {
					Choice::B
				};
				Shown { item, left }
			})
			.collect();
		let shown = vec![hand; seats.len()];
		let answers = answers(&world, &seats, &shown, Dice::new(2));
		let choices = |answers: Vec<(u32, Choice)>| answers.into_iter().map(|(_, choice)| choice);
		let answers = answers
			.into_iter()
			.map(|all| choices(all).collect())
			.collect();
		(world, answers)
	}

	fn same(one: &[Choice], other: &[Choice]) -> f64 {
		let same = one.iter().zip(other).filter(|(one, other)| one == other);
		same.count() as f64 / one.len() as f64
	}

	fn near(found: f64, expected: f64) {
		assert!(
			(found - expected).abs() < 0.1,
			"{found} is not near {expected}"
		);
	}

	#[test]
	fn honest_raters_are_right_as_often_as_they_can_and_err_by_themselves() {
		let (world, answers) = answered(&[(Strategy::Honest { accuracy: 0.8 }, 2)]);
		let truth: Vec<_> = world.items.iter().map(|item| item.truth).collect();
		near(same(&answers[0], &truth), 0.8);
		near(same(&answers[1], &truth), 0.8);
		near(same(&answers[0], &answers[1]), 0.8 * 0.8 + 0.2 * 0.2);
	}

	#[test]
	fn inverted_raters_are_wrong_as_often_as_others_are_right() {
		let (world, answers) = answered(&[(Strategy::Inverted { accuracy: 0.9 }, 1)]);
		let truth: Vec<_> = world.items.iter().map(|item| item.truth).collect();
		near(same(&answers[0], &truth), 0.1);
	}

	#[test]
	fn colluders_agree_within_their_group_and_with_nothing_else() {
		let (world, answers) = answered(&[(Strategy::Hash, 2), (Strategy::Hash, 1)]);
		let truth: Vec<_> = world.items.iter().map(|item| item.truth).collect();
		assert_eq!(answers[0], answers[1]);
		near(same(&answers[0], &answers[2]), 0.5);
		near(same(&answers[0], &truth), 0.5);
	}

	#[test]
	fn habits_follow_the_side_and_coins_follow_nothing() {
		let (_, answers) = answered(&[
			(Strategy::AlwaysLeft, 1),
			(Strategy::AlwaysRight, 1),
			(Strategy::Random, 2),
		]);
		assert_eq!(
			answers[0][..4],
			[Choice::A, Choice::B, Choice::A, Choice::B]
		);
		near(same(&answers[0], &answers[1]), 0.0);
		near(same(&answers[2], &answers[3]), 0.5);
	}

	#[test]
	fn the_longer_answer_is_what_length_takes() {
		let (world, answers) = answered(&[(Strategy::Length, 1)]);
		let longer: Vec<_> = world.items.iter().map(|item| item.longer).collect();
		assert_eq!(answers[0], longer);
	}

	#[test]
	fn copies_are_alike_but_for_what_is_turned() {
		let copying = |flip| Strategy::Copying {
			accuracy: 0.7,
			flip,
		};
		let (_, answers) = answered(&[(copying(0.0), 2), (copying(0.2), 2)]);
		assert_eq!(answers[0], answers[1]);
		near(same(&answers[2], &answers[3]), 0.8 * 0.8 + 0.2 * 0.2);
	}

	#[test]
	fn many_looks_see_more_than_one() {
		let plan = |looks| {
			Strategy::Coordinated(Coordination {
				accuracy: 0.7,
				careful: 1.0,
				looks,
				flip: 0.0,
				rest: Rest::Hash,
			})
		};
		let (world, answers) = answered(&[(plan(9), 1), (plan(2), 1)]);
		let truth: Vec<_> = world.items.iter().map(|item| item.truth).collect();
		near(same(&answers[0], &truth), 0.9);
		near(same(&answers[1], &truth), 0.7);
	}

	#[test]
	fn mixed_raters_are_careful_with_a_part() {
		let mixed = Strategy::Mixed {
			accuracy: 1.0,
			careful: 0.4,
		};
		let (world, answers) = answered(&[(mixed, 1)]);
		let truth: Vec<_> = world.items.iter().map(|item| item.truth).collect();
		near(same(&answers[0], &truth), 0.4 + 0.6 * 0.5);
	}

	#[test]
	fn guessing_meets_gold_by_chance_unless_it_was_told() {
		let guessing = |known| Strategy::GoldGuessing {
			accuracy: 1.0,
			known,
		};
		let right_on_gold = |known| {
			let (world, answers) = answered(&[(guessing(known), 2)]);
			let gold = world
				.items
				.iter()
				.zip(&answers[0])
				.filter(|(item, _)| item.gold);
			gold.filter(|(item, answer)| item.truth == **answer).count()
		};
		assert!(right_on_gold(0.0) < 17);
		assert_eq!(right_on_gold(1.0), 20);
	}

	#[test]
	fn effort_is_shared_by_those_who_copy() {
		let effort = |strategy: Strategy| strategy.plan().effort(4, 0.1);
		assert_eq!(effort(Strategy::Honest { accuracy: 0.8 }), 1.0);
		assert_eq!(effort(Strategy::Hash), 0.0);
		let copying = Strategy::Copying {
			accuracy: 0.8,
			flip: 0.0,
		};
		assert_eq!(effort(copying), 0.25);
		let guessing = Strategy::GoldGuessing {
			accuracy: 0.8,
			known: 0.0,
		};
		assert_eq!(effort(guessing), 0.1);
	}

	#[test]
	fn chances_beyond_one_are_refused() {
		assert!(Strategy::Honest { accuracy: 0.8 }.check().is_ok());
		assert!(Strategy::Honest { accuracy: 1.2 }.check().is_err());
		let told = Strategy::GoldGuessing {
			accuracy: 0.8,
			known: -0.1,
		};
		assert!(told.check().unwrap_err().contains("between 0 and 1"));
	}
}
