//! Who takes part in a campaign: groups of raters, each with its strategy. Some are built in, others
//! come from a file.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighhouse_primitives::feedback::{MAX_RATERS, MIN_RATERS};

use crate::{
	failure::Failure,
	strategy::{Seat, Strategy},
};

/// Raters who do the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Group {
	/// What they do.
	pub strategy: Strategy,
	/// How many they are.
	pub count: u32,
}

/// All raters of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
	/// What it is called in tables.
	pub name: String,
	/// Its groups.
	pub groups: Vec<Group>,
}

impl Population {
	/// Honest raters of one accuracy alone.
	pub fn honest(accuracy: f64, raters: u32) -> Self {
		Self::of(vec![Group {
			strategy: Strategy::Honest { accuracy },
			count: raters,
		}])
	}

	/// Honest raters with `others` among them, who have `share` of the places.
	pub fn mixed(accuracy: f64, others: Strategy, share: f64, raters: u32) -> Self {
		let count = places(share, raters);
		let honest = Group {
			strategy: Strategy::Honest { accuracy },
			count: raters - count,
		};
		let others = Group {
			strategy: others,
			count,
		};
		Self::of(vec![honest, others])
	}

	fn of(groups: Vec<Group>) -> Self {
		let names: Vec<_> = groups
			.iter()
			.map(|group| format!("{} x {}", group.count, group.strategy))
			.collect();
		Self {
			name: names.join(", "),
			groups,
		}
	}

	/// How many raters there are.
	pub fn raters(&self) -> u32 {
		self.groups.iter().map(|group| group.count).sum()
	}

	/// A seat for each rater, group by group.
	pub fn seats(&self) -> Vec<Seat> {
		let seats = |(number, group): (u32, &Group)| {
			let seat = Seat {
				group: number,
				plan: group.strategy.plan(),
			};
			vec![seat; group.count as usize]
		};
		(0..).zip(&self.groups).flat_map(seats).collect()
	}
}

/// How many of so many raters a share is, to the nearest whole one.
pub fn places(share: f64, raters: u32) -> u32 {
	(share * f64::from(raters)).round() as u32
}

/// A file of populations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
	populations: Vec<Draft>,
}

/// A population as a file names it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
	name: String,
	groups: Vec<Entry>,
}

/// A group as a file names it: a share of all raters, or their number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
	strategy: String,
	parameters: Option<Value>,
	share: Option<f64>,
	count: Option<u32>,
}

/// The populations of a file, in campaigns of so many raters.
pub fn load(path: &Path, raters: u32) -> Result<Vec<Population>, Failure> {
	let text = fs::read_to_string(path)
		.map_err(|error| Failure(format!("{} cannot be read: {error}", path.display())))?;
	parse(&text, raters).map_err(|Failure(why)| Failure(format!("{}: {why}", path.display())))
}

fn parse(text: &str, raters: u32) -> Result<Vec<Population>, Failure> {
	let file: File = serde_json::from_str(text).map_err(|error| Failure(error.to_string()))?;
	file.populations
		.into_iter()
		.map(|draft| population(draft, raters))
		.collect()
}

fn population(draft: Draft, raters: u32) -> Result<Population, Failure> {
	let Draft { name, groups } = draft;
	let wrong = |why: String| Failure(format!("population \"{name}\": {why}"));
	let (mut shares, mut given) = (0.0, 0);
	let read = |entry: Entry| -> Result<Group, String> {
		let strategy = strategy(entry.strategy, entry.parameters)?;
		let count = match (entry.share, entry.count) {
			(Some(share), None) if (0.0..=1.0).contains(&share) => {
				// Rounded as they add up, so that shares of one together fill all places.
				shares += share;
				let until = places(shares, raters);
				let count = until - given;
				given = until;
				count
			}
			(None, Some(count)) => count,
			_ => return Err("a group has either a share between 0 and 1, or a count".into()),
		};
		Ok(Group { strategy, count })
	};
	let groups = groups
		.into_iter()
		.map(read)
		.collect::<Result<Vec<_>, _>>()
		.map_err(wrong)?;
	let population = Population { name, groups };
	let all = u64::from(MIN_RATERS)..=u64::from(MAX_RATERS);
	let count = population.groups.iter().map(|group| u64::from(group.count));
	let count = count.sum::<u64>();
	if !all.contains(&count) {
		let why = format!("has {count} raters; a campaign has {MIN_RATERS} to {MAX_RATERS}");
		return Err(Failure(format!("population \"{}\" {why}", population.name)));
	}
	Ok(population)
}

/// A strategy by its name and parameters.
fn strategy(name: String, parameters: Option<Value>) -> Result<Strategy, String> {
	let named = match parameters {
		Some(parameters) => Value::Object([(name, parameters)].into_iter().collect()),
		None => Value::String(name),
	};
	let strategy: Strategy = serde_json::from_value(named).map_err(|error| error.to_string())?;
	strategy.check()?;
	Ok(strategy)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::strategy::{Coordination, Rest};

	fn read(groups: &str) -> Result<Vec<Group>, Failure> {
		let text = format!(r#"{{"populations": [{{"name": "test", "groups": [{groups}]}}]}}"#);
		let mut populations = parse(&text, 20)?;
		Ok(populations.remove(0).groups)
	}

	#[test]
	fn file_names_strategies_with_parameters_and_shares_or_counts() {
		let groups = read(
			r#"{"strategy": "honest", "parameters": {"accuracy": 0.75}, "share": 0.5},
			{"strategy": "hash", "share": 0.25},
			{"strategy": "gold-guessing", "parameters": {"accuracy": 1, "known": 0.5}, "count": 3}"#,
		);
		let strategies = [
			(Strategy::Honest { accuracy: 0.75 }, 10),
			(Strategy::Hash, 5),
			(
				Strategy::GoldGuessing {
					accuracy: 1.0,
					known: 0.5,
				},
				3,
			),
		];
		let expected = strategies.map(|(strategy, count)| Group { strategy, count });
		assert_eq!(groups.unwrap(), expected);
	}

	#[test]
	fn attackers_plan_can_be_written_down_whole() {
		let groups = read(
			r#"{"strategy": "coordinated", "count": 20, "parameters":
			{"accuracy": 0.8, "careful": 0.5, "looks": 3, "flip": 0.05, "rest": "length"}}"#,
		);
		let plan = Coordination {
			accuracy: 0.8,
			careful: 0.5,
			looks: 3,
			flip: 0.05,
			rest: Rest::Length,
		};
		assert_eq!(groups.unwrap()[0].strategy, Strategy::Coordinated(plan));
	}

	#[test]
	fn shares_that_add_up_fill_all_places() {
		let third = r#"{"strategy": "random", "share": 0.3333333333}"#;
		let rest = r#"{"strategy": "hash", "share": 0.3333333334}"#;
		let groups = read(&[third, third, rest].join(",")).unwrap();
		let counts: Vec<_> = groups.iter().map(|group| group.count).collect();
		assert_eq!(counts, [7, 6, 7]);
	}

	#[test]
	fn what_is_not_understood_is_refused_by_name() {
		let wrong = [
			r#"{"strategy": "lazy", "share": 1}"#,
			r#"{"strategy": "honest", "share": 1}"#,
			r#"{"strategy": "honest", "parameters": {"acuracy": 0.8}, "share": 1}"#,
			r#"{"strategy": "honest", "parameters": {"accuracy": 8}, "share": 1}"#,
			r#"{"strategy": "random"}"#,
			r#"{"strategy": "random", "share": 1, "count": 20}"#,
			r#"{"strategy": "random", "share": 1.5}"#,
			r#"{"strategy": "random", "count": 4}"#,
			r#"{"strategy": "random", "count": 101}"#,
		];
		for entry in wrong {
			let Err(Failure(why)) = read(entry) else {
				panic!("{entry} is taken");
			};
			assert!(why.contains("\"test\""), "{why}");
		}
	}

	#[test]
	fn example_file_is_understood() {
		let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("strategies.json");
		let populations = load(&path, 20).unwrap_or_else(|Failure(why)| panic!("{why}"));
		assert!(populations.len() > 2);
	}

	#[test]
	fn mixture_gives_others_their_share_of_the_places() {
		let population = Population::mixed(0.8, Strategy::Hash, 0.6, 20);
		assert_eq!(population.raters(), 20);
		let groups: Vec<_> = population.seats().iter().map(|seat| seat.group).collect();
		assert_eq!(groups.iter().filter(|group| **group == 0).count(), 8);
		assert_eq!(groups.iter().filter(|group| **group == 1).count(), 12);
		assert_eq!(population.name, "8 x honest 0.80, 12 x hash");
	}
}
