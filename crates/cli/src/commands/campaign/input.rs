//! What a campaign asks, as a sponsor writes it down: a line of JSON an item.

use std::{
	collections::HashMap,
	path::{Path, PathBuf},
};

use serde::Deserialize;
use weighhouse_primitives::{feedback::Choice, ReceiptId};

use crate::{commands::campaign::MAX_CONTENT, failure::Failure};

/// An item as raters see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
	/// What was asked.
	pub prompt: String,
	/// The first answer.
	pub a: String,
	/// The second answer.
	pub b: String,
	/// The better answer, if the sponsor knows: then it is gold.
	pub better: Option<Choice>,
	/// What gave the first answer.
	pub model_a: Option<String>,
	/// What gave the second answer.
	pub model_b: Option<String>,
	/// Where the answers come from, unless the sponsor wrote them down.
	pub answered: Option<Answered>,
}

/// Answers that models gave for pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
	/// The receipts of both.
	pub receipts: [ReceiptId; 2],
	/// Input, first and second output as they were given.
	pub blocks: [Vec<u8>; 3],
}

impl Line {
	/// Prompt, first and second answer as they are fetched by raters.
	pub fn blocks(&self) -> [&[u8]; 3] {
		match &self.answered {
			Some(answered) => answered.blocks.each_ref().map(Vec::as_slice),
			None => [&self.prompt, &self.a, &self.b].map(|text| text.as_bytes()),
		}
	}

	/// Puts the first answer in the place of the second, with all that goes with it.
	pub fn turn(&mut self) {
		std::mem::swap(&mut self.a, &mut self.b);
		std::mem::swap(&mut self.model_a, &mut self.model_b);
		self.better = self.better.map(Choice::other);
		if let Some(answered) = &mut self.answered {
			answered.receipts.swap(0, 1);
			answered.blocks.swap(1, 2);
		}
	}

	/// What is wrong with it, if a rater could not compare its answers.
	pub fn check(&self) -> Result<(), String> {
		for (name, content) in [("prompt", &self.prompt), ("a", &self.a), ("b", &self.b)] {
			if content.trim().is_empty() {
				return Err(format!("`{name}` is empty"));
			}
			if content.len() > MAX_CONTENT {
				return Err(format!("`{name}` has more than {MAX_CONTENT} bytes"));
			}
		}
		if self.a == self.b {
			return Err("both answers are the same".into());
		}
		Ok(())
	}
}

/// An item that names receipts instead of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
	/// The receipts of the first and the second answer.
	pub receipts: [ReceiptId; 2],
	/// The better answer, if the sponsor knows.
	pub better: Option<Choice>,
	/// File and line.
	pub place: String,
}

/// What a campaign asks. Texts and receipts are not mixed: raters see which is which, and it would
/// tell them something about which are gold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
	/// Texts.
	Texts(Vec<Line>),
	/// Receipts of answers.
	Answers(Vec<Pair>),
}

impl Pool {
	/// The better answer of each item, where the sponsor knows it.
	pub fn labels(&self) -> Vec<Option<Choice>> {
		match self {
			Self::Texts(lines) => lines.iter().map(|line| line.better).collect(),
			Self::Answers(pairs) => pairs.iter().map(|pair| pair.better).collect(),
		}
	}
}

/// A line as it is written.
#[derive(Deserialize)]
// A misspelt `better` must not make a task of gold.
#[serde(deny_unknown_fields)]
struct Written {
	prompt: Option<String>,
	a: Option<String>,
	b: Option<String>,
	receipts: Option<[ReceiptId; 2]>,
	better: Option<Choice>,
	model_a: Option<String>,
	model_b: Option<String>,
}

/// An item that was read.
#[derive(Debug)]
enum Item {
	Text(Line),
	Answers([ReceiptId; 2], Option<Choice>),
}

/// Reads a file, or all `.jsonl` files of a folder in the order of their names.
pub fn read(path: &Path) -> Result<Pool, Failure> {
	let (mut texts, mut pairs) = (Vec::new(), Vec::new());
	let mut seen = Seen::default();
	for file in files(path)? {
		let text = std::fs::read_to_string(&file).map_err(|source| Failure::File {
			path: file.clone(),
			source,
		})?;
		for (index, line) in text.lines().enumerate() {
			if line.trim().is_empty() {
				continue;
			}
			let place = format!("{}:{}", file.display(), index.saturating_add(1));
			let wrong = |reason: String| Failure::BadInput(format!("{place}: {reason}"));
			match parse(line).map_err(wrong)? {
				Item::Text(line) => {
					seen.once(&place, &line.prompt, [&line.a, &line.b])?;
					texts.push(line);
				}
				Item::Answers(receipts, better) => {
					let [a, b] = receipts.map(|receipt| receipt.to_string());
					seen.once(&place, "", [&a, &b])?;
					pairs.push(Pair {
						receipts,
						better,
						place: place.clone(),
					});
				}
			}
			if !texts.is_empty() && !pairs.is_empty() {
				return Err(wrong(
					"some lines give texts and some name receipts: raters see which is which, so write \
					 all lines in one of the two ways, in campaigns of their own"
						.into(),
				));
			}
		}
	}
	Ok(if pairs.is_empty() {
		Pool::Texts(texts)
	} else {
		Pool::Answers(pairs)
	})
}

/// What was asked already, and where.
#[derive(Default)]
pub struct Seen(HashMap<(String, [String; 2]), String>);

impl Seen {
	/// Refuses an item that asks what another one asks, be it with its answers the other way around.
	pub fn once(&mut self, place: &str, prompt: &str, answers: [&str; 2]) -> Result<(), Failure> {
		let mut answers = answers.map(str::to_owned);
		answers.sort_unstable();
		match self
			.0
			.insert((prompt.to_owned(), answers), place.to_owned())
		{
			Some(first) => Err(Failure::BadInput(format!(
				"{place}: asks the same as {first}"
			))),
			None => Ok(()),
		}
	}
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
	let unreadable = |source| Failure::File {
		path: path.to_owned(),
		source,
	};
	if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
		return Ok(vec![path.to_owned()]);
	}
	let mut files = Vec::new();
	for entry in std::fs::read_dir(path).map_err(unreadable)? {
		let file = entry.map_err(unreadable)?.path();
		if file
			.extension()
			.is_some_and(|extension| extension == "jsonl")
		{
			files.push(file);
		}
	}
	if files.is_empty() {
		return Err(Failure::BadInput(format!(
			"{} holds no .jsonl file",
			path.display()
		)));
	}
	files.sort_unstable();
	Ok(files)
}

fn parse(text: &str) -> Result<Item, String> {
	const FORMS: &str =
		"write {\"prompt\": ..., \"a\": ..., \"b\": ...}, or {\"receipts\": [N, M]} of two \
		answers to the same input, and for gold also \"better\": \"a\" or \"b\"";
	let written: Written =
		serde_json::from_str(text).map_err(|error| format!("{error}; {FORMS}"))?;
	match written {
		Written {
			prompt: Some(prompt),
			a: Some(a),
			b: Some(b),
			receipts: None,
			better,
			model_a,
			model_b,
		} => {
			let line = Line {
				prompt,
				a,
				b,
				better,
				model_a,
				model_b,
				answered: None,
			};
			line.check()?;
			Ok(Item::Text(line))
		}
		Written {
			prompt: None,
			a: None,
			b: None,
			receipts: Some(receipts),
			better,
			model_a: None,
			model_b: None,
		} => {
			let [a, b] = receipts;
			if a == b {
				return Err(format!("names receipt {a} twice"));
			}
			Ok(Item::Answers(receipts, better))
		}
		Written {
			receipts: Some(_), ..
		} => Err(
			"`receipts` say what was asked, what was answered and by which version: leave `prompt`, \
			 `a`, `b`, `model_a` and `model_b` away"
				.into(),
		),
		_ => Err(format!("a field is missing; {FORMS}")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn text(line: &str) -> Line {
		match parse(line) {
			Ok(Item::Text(line)) => line,
			other => panic!("{line}: {other:?}"),
		}
	}

	/// Reads lines from a file.
	fn of(lines: &[&str]) -> Result<Pool, Failure> {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("items.jsonl");
		std::fs::write(&path, lines.join("\n")).unwrap();
		read(&path)
	}

	#[test]
	fn line_is_gold_when_it_says_which_answer_is_better() {
		let line = text(r#"{"prompt":"p","a":"x","b":"y","better":"b","model_a":"m"}"#);
		assert_eq!(line.better, Some(Choice::B));
		assert_eq!(line.model_a.as_deref(), Some("m"));
		assert_eq!(text(r#"{"prompt":"p","a":"x","b":"y"}"#).better, None);
		let read = parse(r#"{"receipts":[3,7],"better":"a"}"#).unwrap();
		assert!(
			matches!(read, Item::Answers([3, 7], Some(Choice::A))),
			"{read:?}"
		);
	}

	#[test]
	fn all_that_goes_with_an_answer_changes_sides_with_it() {
		let mut line =
			text(r#"{"prompt":"p","a":"x","b":"y","better":"b","model_a":"m","model_b":"n"}"#);
		line.answered = Some(Answered {
			receipts: [3, 7],
			blocks: [b"p", b"x", b"y"].map(|block| block.to_vec()),
		});
		let first = line.clone();
		line.turn();
		assert_eq!(line.blocks(), [b"p", b"y", b"x"]);
		assert_eq!(line.answered.as_ref().unwrap().receipts, [7, 3]);
		assert_eq!((line.a.as_str(), line.b.as_str()), ("y", "x"));
		assert_eq!(line.better, Some(Choice::A));
		assert_eq!(line.model_a.as_deref(), Some("n"));
		line.turn();
		assert_eq!(line, first);
	}

	#[test]
	fn line_is_refused_when_it_makes_no_sense() {
		for text in [
			"",
			"{}",
			"[]",
			r#"{"prompt":"p","a":"x"}"#,
			r#"{"prompt":" ","a":"x","b":"y"}"#,
			r#"{"prompt":"p","a":"x","b":"x"}"#,
			r#"{"prompt":"p","a":"x","b":"y","better":"c"}"#,
			r#"{"prompt":"p","a":"x","b":"y","beter":"a"}"#,
			r#"{"prompt":1,"a":"x","b":"y"}"#,
			r#"{"receipts":[3]}"#,
			r#"{"receipts":[3,3]}"#,
			r#"{"receipts":[3,-1]}"#,
			r#"{"receipts":[3,7],"prompt":"p"}"#,
			r#"{"receipts":[3,7],"model_a":"m"}"#,
			r#"{"receipts":[3,7],"beter":"a"}"#,
		] {
			assert!(parse(text).is_err(), "{text}");
		}
	}

	#[test]
	fn folder_is_read_in_the_order_of_its_names() {
		let folder = tempfile::tempdir().unwrap();
		let write =
			|name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
		write(
			"2.jsonl",
			"{\"prompt\":\"two\",\"a\":\"x\",\"b\":\"y\"}\n\n",
		);
		write("1.jsonl", "{\"prompt\":\"one\",\"a\":\"x\",\"b\":\"y\"}");
		write("notes.txt", "not an item");
		let Pool::Texts(lines) = read(folder.path()).unwrap() else {
			panic!("these are texts");
		};
		let prompts: Vec<_> = lines.iter().map(|line| line.prompt.as_str()).collect();
		assert_eq!(prompts, ["one", "two"]);
	}

	#[test]
	fn item_is_refused_when_another_asks_the_same() {
		for (first, second) in [
			(
				r#"{"prompt":"p","a":"x","b":"y"}"#,
				r#"{"prompt":"p","a":"y","b":"x"}"#,
			),
			(r#"{"receipts":[3,7]}"#, r#"{"receipts":[7,3]}"#),
		] {
			let reason = of(&[first, second]).unwrap_err().to_string();
			assert!(reason.contains(":2: asks the same as"), "{reason}");
		}
	}

	#[test]
	fn pool_is_of_receipts_when_every_line_names_them() {
		let Pool::Answers(pairs) = of(&[
			r#"{"receipts":[3,7],"better":"b"}"#,
			r#"{"receipts":[3,8]}"#,
		])
		.unwrap() else {
			panic!("these are receipts");
		};
		assert_eq!(pairs[0].receipts, [3, 7]);
		assert!(pairs[1].place.ends_with(":2"), "{}", pairs[1].place);
		let labels = Pool::Answers(pairs).labels();
		assert_eq!(labels, [Some(Choice::B), None]);
	}

	#[test]
	fn pool_is_refused_when_it_mixes_texts_and_receipts() {
		let mixed = of(&[r#"{"prompt":"p","a":"x","b":"y"}"#, r#"{"receipts":[3,7]}"#]);
		let failure = mixed.unwrap_err();
		assert_eq!(failure.code(), "bad-input");
		assert!(failure.to_string().contains(":2: some lines"), "{failure}");
	}
}
