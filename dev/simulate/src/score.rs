//! What answers are worth by the functions that the pallet uses, without a chain around them. Each
//! campaign that is played on the chain is scored here as well, and must come to the same.

use std::sync::OnceLock;

use weighhouse_primitives::{
	feedback::{care, earned, Choice, Covariance, Tally, MAX_GOLD},
	PARTS,
};

use crate::{play::Answers, world::World};

/// What came of a campaign.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
	/// For each rater the part of full pay that it earned, in parts of 10^9.
	pub earned: Vec<u32>,
	/// How much gold counted; none if all were paid in full.
	pub counting: Option<u32>,
	/// For each item the answer that weight prefers, if it is no gold and weight is not even.
	pub labels: Vec<Option<Choice>>,
}

/// The care of one rater, as the pallet counts it.
fn care_of(correct: u32, gold: u32) -> u32 {
	static KNOWN: OnceLock<Vec<u32>> = OnceLock::new();
	let side = MAX_GOLD + 1;
	let known = KNOWN.get_or_init(|| {
		let all = (0..side).flat_map(|gold| (0..side).map(move |correct| care(correct, gold)));
		all.collect()
	});
	known[(gold * side + correct) as usize]
}

/// How the answers to all items stand.
pub fn tallies(world: &World, answers: &Answers) -> Vec<Tally> {
	let mut tallies = vec![Tally::default(); world.items.len()];
	for (item, choice) in answers.of.iter().flatten() {
		tallies[*item as usize].count(*choice);
	}
	tallies
}

/// What raters earn who have all revealed, of a sponsor who opens all gold.
pub fn score(world: &World, answers: &Answers) -> Outcome {
	let tallies = tallies(world, answers);
	// The mean of the others for one who says A, and for one who says B.
	let others: Vec<_> = tallies
		.iter()
		.map(|tally| [tally.others(Choice::A), tally.others(Choice::B)])
		.collect();
	let others_of = |item: u32, choice: Choice| {
		let of = others[item as usize];
		if choice == Choice::A {
			of[0]
		} else {
			of[1]
		}
	};

	// Each rater speaks about gold with its weight by all gold.
	let mut votes = vec![(0u64, 0u64); world.items.len()];
	for answers in &answers.of {
		let (gold, correct) = of_gold(world, answers, |_| true);
		let weight = u64::from(care_of(correct, gold));
		for (item, choice) in answers {
			let (against, total) = &mut votes[*item as usize];
			*total += weight;
			if *choice != world.items[*item as usize].better {
				*against += weight;
			}
		}
	}
	let void = |item: u32| {
		let (against, total) = votes[item as usize];
		total > 0 && against * 5 >= total * 4
	};
	let all = world.gold.len() as u32;
	let counting = world.gold.iter().filter(|gold| !void(gold.item)).count() as u32;
	let scored = counting * 2 >= all;

	let best = care_of(counting, counting);
	let mut ballots = vec![(0u64, 0u64); world.items.len()];
	let mut parts = Vec::with_capacity(answers.of.len());
	for answers in &answers.of {
		let (gold, correct) = of_gold(world, answers, |item| !void(item));
		let care = care_of(correct, gold);
		let tasks = || {
			let is_task = |(item, _): &&(u32, Choice)| !world.items[*item as usize].gold;
			answers.iter().filter(is_task)
		};
		let covariance = Covariance::of(
			tasks().filter_map(|(item, choice)| Some((*choice, others_of(*item, *choice)?))),
		);
		for (item, choice) in tasks() {
			let (a, b) = &mut ballots[*item as usize];
			let side = if *choice == Choice::A { a } else { b };
			*side += u64::from(care);
		}
		parts.push(match scored {
			true => earned(covariance.agreement(), care, best),
			false => PARTS,
		});
	}
	let label = |(a, b): (u64, u64)| match a.cmp(&b) {
		std::cmp::Ordering::Greater => Some(Choice::A),
		std::cmp::Ordering::Less => Some(Choice::B),
		std::cmp::Ordering::Equal => None,
	};
	Outcome {
		earned: parts,
		counting: scored.then_some(counting),
		// Nobody weighs answers where all are paid in full.
		labels: ballots
			.into_iter()
			.map(|ballot| label(ballot).filter(|_| scored))
			.collect(),
	}
}

/// How much of the gold that counts a rater answered, and how much of that it had right.
fn of_gold(world: &World, answers: &[(u32, Choice)], counts: impl Fn(u32) -> bool) -> (u32, u32) {
	let of_gold = answers
		.iter()
		.map(|(item, choice)| (*item, world.items[*item as usize], *choice))
		.filter(|(item, fact, _)| fact.gold && counts(*item));
	of_gold.fold((0, 0), |(all, correct), (_, fact, choice)| {
		(all + 1, correct + u32::from(fact.better == choice))
	})
}

/// What raters would get where each item is paid on which they agree with most of the others, and
/// half where the others are even.
pub fn majority(world: &World, answers: &Answers) -> Vec<f64> {
	let tallies = tallies(world, answers);
	let paid = |(item, choice): &(u32, Choice)| {
		let others = tallies[*item as usize].others(*choice).unwrap_or_default();
		match (others.signum(), choice) {
			(0, _) => 0.5,
			(1, Choice::A) | (-1, Choice::B) => 1.0,
			_ => 0.0,
		}
	};
	let part = |answers: &Vec<(u32, Choice)>| {
		answers.iter().map(paid).sum::<f64>() / answers.len().max(1) as f64
	};
	answers.of.iter().map(part).collect()
}

/// For each item the answer that most raters prefer, if it is no gold and they are not even.
pub fn majority_labels(world: &World, answers: &Answers) -> Vec<Option<Choice>> {
	let label = |(tally, fact): (Tally, &crate::world::Fact)| {
		let (a, b) = (tally.a, tally.total - tally.a);
		match a.cmp(&b) {
			_ if fact.gold => None,
			std::cmp::Ordering::Greater => Some(Choice::A),
			std::cmp::Ordering::Less => Some(Choice::B),
			std::cmp::Ordering::Equal => None,
		}
	};
	tallies(world, answers)
		.into_iter()
		.zip(&world.items)
		.map(label)
		.collect()
}

/// How many of the tasks have the better answer as their label; an undecided one counts half.
pub fn labels_right(world: &World, labels: &[Option<Choice>]) -> f64 {
	let tasks = || {
		let both = world.items.iter().zip(labels);
		both.filter(|(fact, _)| !fact.gold)
	};
	let right = tasks().map(|(fact, label)| match label {
		Some(label) if *label == fact.better => 1.0,
		Some(_) => 0.0,
		None => 0.5,
	});
	right.sum::<f64>() / tasks().count().max(1) as f64
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::world::Fact;

	/// Four items that are no gold; the better answer is A.
	fn world() -> World {
		let fact = Fact {
			better: Choice::A,
			longer: Choice::A,
			gold: false,
		};
		World {
			items: vec![fact; 4],
			gold: Vec::new(),
		}
	}

	fn answers(of: &[[Choice; 4]]) -> Answers {
		let of = of.iter().map(|choices| (0..).zip(*choices).collect());
		Answers {
			of: of.collect(),
			looks: Vec::new(),
		}
	}

	#[test]
	fn majority_pays_for_agreement_with_most_others() {
		use Choice::{A, B};
		let answers = answers(&[[A, A, A, B], [A, A, B, B], [A, B, B, A]]);
		// The third item: others of the first are B and B, of the second A and B.
		assert_eq!(majority(&world(), &answers), [
			(1.0 + 0.5 + 0.0 + 0.5) / 4.0,
			(1.0 + 0.5 + 0.5 + 0.5) / 4.0,
			(1.0 + 0.0 + 0.5 + 0.0) / 4.0,
		]);
		let labels = majority_labels(&world(), &answers);
		assert_eq!(labels, [Some(A), Some(A), Some(B), Some(B)]);
		assert_eq!(labels_right(&world(), &labels), 0.5);
	}

	#[test]
	fn care_is_that_of_the_primitives() {
		for gold in 0..=MAX_GOLD {
			for correct in 0..=gold {
				assert_eq!(care_of(correct, gold), care(correct, gold));
			}
		}
	}
}
