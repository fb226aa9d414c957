//! What raters do: mixtures of a few simple behaviours, written down in the program or in a file.

use std::fmt;

use toml::de::{DeTable, DeValue};

/// What a rater does with one item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behaviour {
	/// Looks at it, and says what it sees.
	Honest,
	/// Says what those of its group found who looked at it.
	Copied,
	/// Looks at it, and says the opposite.
	Inverted,
	/// Throws a coin.
	Random,
	/// Takes the answer that is shown on the left.
	Left,
	/// Takes the answer that the campaign lists first.
	First,
	/// Takes what a hash of the item says, the same for all of its group.
	Hash,
	/// Takes the longer answer.
	Longer,
}

impl Behaviour {
	/// All of them.
	pub const ALL: [Self; 8] = [
		Self::Honest,
		Self::Copied,
		Self::Inverted,
		Self::Random,
		Self::Left,
		Self::First,
		Self::Hash,
		Self::Longer,
	];

	/// As files and tables name it.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Honest => "honest",
			Self::Copied => "copied",
			Self::Inverted => "inverted",
			Self::Random => "random",
			Self::Left => "left",
			Self::First => "first",
			Self::Hash => "hash",
			Self::Longer => "longer",
		}
	}
}

/// How a group of raters answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Strategy {
	/// What tables call it.
	pub name: String,
	/// How often each behaviour is followed; together 1.
	pub weights: Vec<(Behaviour, f64)>,
	/// Whether all of the group follow the same behaviour on an item; otherwise each picks its own.
	pub together: bool,
	/// How many of the group look at an item that is copied; the most of them decide. All, if it is 0.
	pub eyes: u32,
	/// How often one who looks is right; as often as honest raters are, if it is none.
	pub accuracy: Option<f64>,
	/// Whether the group compares which items it was given, takes the most frequent ones for gold and
	/// answers those honestly, whatever the weights say.
	pub guess_gold: bool,
}

impl Strategy {
	/// Everybody looks at everything.
	pub fn honest() -> Self {
		Self::simple("honest", Behaviour::Honest)
	}

	/// One behaviour on all items.
	pub fn simple(name: &str, behaviour: Behaviour) -> Self {
		Self {
			name: name.into(),
			weights: vec![(behaviour, 1.0)],
			together: false,
			eyes: 1,
			accuracy: None,
			guess_gold: false,
		}
	}

	/// How often a behaviour is followed.
	pub fn weight(&self, behaviour: Behaviour) -> f64 {
		let of = self.weights.iter().filter(|(which, _)| *which == behaviour);
		of.map(|(_, weight)| weight).sum()
	}

	/// The behaviour at a point between 0 and 1.
	pub fn at(&self, point: f64) -> Behaviour {
		let mut left = point;
		for (behaviour, weight) in &self.weights {
			left -= weight;
			if left < 0.0 {
				return *behaviour;
			}
		}
		// Weights that are rounded can add up to a little less than 1.
		self.weights
			.last()
			.map_or(Behaviour::Random, |(behaviour, _)| *behaviour)
	}
}

/// The mixture in words.
impl fmt::Display for Strategy {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let part = |(behaviour, weight): &(Behaviour, f64)| {
			let percent = (weight * 100.0).round();
			match (behaviour, self.eyes) {
				(Behaviour::Copied, 0) => format!("copied from all {percent} %"),
				(Behaviour::Copied, eyes) => format!("copied from {eyes} {percent} %"),
				_ => format!("{} {percent} %", behaviour.name()),
			}
		};
		let used = self.weights.iter().filter(|(_, weight)| *weight > 0.0);
		let parts: Vec<_> = used.map(part).collect();
		f.write_str(&parts.join(", "))?;
		if self.together && parts.len() > 1 {
			f.write_str(", on the same items")?;
		}
		Ok(())
	}
}

/// Reads a file of strategies.
///
/// # Errors
/// With the reason in words if the text is no such file.
pub fn parse(text: &str) -> Result<Vec<Strategy>, String> {
	let table = DeTable::parse(text).map_err(|error| error.to_string())?;
	let mut strategies = Vec::new();
	for (key, value) in table.get_ref().iter() {
		let key = key.get_ref();
		if key != "strategy" {
			return Err(format!("`{key}`: only [[strategy]] tables are known"));
		}
		let tables = value.get_ref().as_array();
		for table in tables.ok_or("write [[strategy]], with two brackets")?.iter() {
			let table = table.get_ref().as_table();
			strategies.push(read(table.ok_or("write [[strategy]], with two brackets")?)?);
		}
	}
	if strategies.is_empty() {
		return Err("there is no [[strategy]]".into());
	}
	Ok(strategies)
}

fn read(table: &DeTable<'_>) -> Result<Strategy, String> {
	let mut strategy = Strategy {
		weights: Vec::new(),
		..Strategy::honest()
	};
	strategy.name.clear();
	for (key, value) in table.iter() {
		let (key, value) = (key.get_ref().as_ref(), value.get_ref());
		match key {
			"name" => strategy.name = value.as_str().ok_or("`name` is text")?.into(),
			"together" => {
				strategy.together = value.as_bool().ok_or("`together` is true or false")?
			}
			"guess_gold" => {
				strategy.guess_gold = value.as_bool().ok_or("`guess_gold` is true or false")?
			}
			"eyes" => {
				let eyes = number(value).filter(|eyes| eyes.fract() == 0.0);
				let eyes = eyes.filter(|eyes| (0.0..=100.0).contains(eyes));
				strategy.eyes = eyes.ok_or("`eyes` is a whole number up to 100")? as u32;
			}
			"accuracy" => {
				let accuracy = number(value).filter(|accuracy| (0.0..=1.0).contains(accuracy));
				strategy.accuracy = Some(accuracy.ok_or("`accuracy` is between 0 and 1")?);
			}
			"weights" => strategy.weights = weights(value)?,
			_ => return Err(format!("`{key}` is not known in a strategy")),
		}
	}
	if strategy.name.is_empty() {
		return Err("a strategy needs a name".into());
	}
	if strategy.weights.is_empty() {
		return Err(format!("{}: needs weights", strategy.name));
	}
	Ok(strategy)
}

fn weights(value: &DeValue<'_>) -> Result<Vec<(Behaviour, f64)>, String> {
	let table = value.as_table();
	let table = table.ok_or("`weights` is a table, as in { honest = 0.5, hash = 0.5 }")?;
	let mut weights = Vec::new();
	for (key, value) in table.iter() {
		let key = key.get_ref().as_ref();
		let known = Behaviour::ALL
			.into_iter()
			.find(|known| known.name() == key);
		let names = Behaviour::ALL.map(Behaviour::name).join(", ");
		let behaviour = known.ok_or(format!("`{key}`: behaviours are {names}"))?;
		let weight = number(value.get_ref()).filter(|weight| *weight >= 0.0 && weight.is_finite());
		weights.push((behaviour, weight.ok_or(format!("`{key}` is a number from 0 on"))?));
	}
	let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
	if sum <= 0.0 {
		return Err("some weight must be more than 0".into());
	}
	for (_, weight) in &mut weights {
		*weight /= sum;
	}
	Ok(weights)
}

fn number(value: &DeValue<'_>) -> Option<f64> {
	if let Some(whole) = value.as_integer() {
		let whole = i64::from_str_radix(whole.as_str(), whole.radix()).ok()?;
		return Some(whole as f64);
	}
	value.as_float()?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn parse_reads_every_field_when_the_file_is_sound() {
		let text = r#"
			[[strategy]]
			name = "half"
			weights = { honest = 1, hash = 3.0 }
			together = true
			eyes = 3
			accuracy = 0.8
			guess_gold = true

			[[strategy]]
			name = "coin"
			weights = { random = 1 }
		"#;
		let strategies = parse(text).unwrap();
		assert_eq!(strategies.len(), 2);
		let half = &strategies[0];
		assert_eq!(half.name, "half");
		assert_eq!(half.weight(Behaviour::Honest), 0.25);
		assert_eq!(half.weight(Behaviour::Hash), 0.75);
		assert!(half.together && half.guess_gold);
		assert_eq!((half.eyes, half.accuracy), (3, Some(0.8)));
		assert_eq!(strategies[1], Strategy::simple("coin", Behaviour::Random));
	}

	#[test]
	fn parse_says_what_is_wrong_when_the_file_is_not_sound() {
		let wrong = [
			("", "no [[strategy]]"),
			("name = \"a\"", "`name`"),
			("[strategy]\nname = \"a\"", "two brackets"),
			("[[strategy]]\nweights = { random = 1 }", "needs a name"),
			("[[strategy]]\nname = \"a\"", "needs weights"),
			("[[strategy]]\nname = \"a\"\nweights = { lazy = 1 }", "`lazy`"),
			("[[strategy]]\nname = \"a\"\nweights = { hash = 0 }", "more than 0"),
			("[[strategy]]\nname = \"a\"\nweights = { hash = -1 }", "`hash`"),
			("[[strategy]]\nname = \"a\"\neyes = 1.5", "`eyes`"),
			("[[strategy]]\nname = \"a\"\naccuracy = 2", "`accuracy`"),
			("[[strategy]]\nname = \"a\"\ncolour = 2", "`colour`"),
		];
		for (text, why) in wrong {
			let error = parse(text).unwrap_err();
			assert!(error.contains(why), "{text}: {error}");
		}
	}

	#[test]
	fn example_file_is_sound() {
		assert!(!parse(include_str!("../strategies.toml")).unwrap().is_empty());
	}

	#[test]
	fn behaviour_is_picked_by_its_weight() {
		let strategy = Strategy {
			weights: vec![(Behaviour::Hash, 0.25), (Behaviour::Honest, 0.75)],
			..Strategy::honest()
		};
		assert_eq!(strategy.at(0.0), Behaviour::Hash);
		assert_eq!(strategy.at(0.2499), Behaviour::Hash);
		assert_eq!(strategy.at(0.25), Behaviour::Honest);
		assert_eq!(strategy.at(0.9999), Behaviour::Honest);
		assert_eq!(strategy.to_string(), "hash 25 %, honest 75 %");
	}
}
