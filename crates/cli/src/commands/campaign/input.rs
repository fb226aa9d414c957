//! What a campaign asks, as a sponsor writes it down: a line of JSON an item.

use std::{
	collections::HashMap,
	path::{Path, PathBuf},
};

use serde::Deserialize;
use weighhouse_primitives::feedback::Choice;

use crate::{commands::campaign::MAX_CONTENT, failure::Failure};

/// An item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
// A misspelt `better` must not make a task of gold.
#[serde(deny_unknown_fields)]
pub struct Line {
	/// What was asked.
	pub prompt: String,
	/// The first answer.
	pub a: String,
	/// The second answer.
	pub b: String,
	/// The better answer, if the sponsor knows: then it is gold.
	#[serde(default)]
	pub better: Option<Choice>,
	/// What gave the first answer.
	#[serde(default)]
	pub model_a: Option<String>,
	/// What gave the second answer.
	#[serde(default)]
	pub model_b: Option<String>,
}

/// Reads a file, or all `.jsonl` files of a folder in the order of their names.
pub fn read(path: &Path) -> Result<Vec<Line>, Failure> {
	let mut lines = Vec::new();
	let mut seen = HashMap::new();
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
			let line =
				parse(line).map_err(|reason| Failure::BadInput(format!("{place}: {reason}")))?;
			let mut answers = [line.a.clone(), line.b.clone()];
			answers.sort_unstable();
			if let Some(first) = seen.insert((line.prompt.clone(), answers), place.clone()) {
				return Err(Failure::BadInput(format!(
					"{place}: asks the same as {first}"
				)));
			}
			lines.push(line);
		}
	}
	Ok(lines)
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

fn parse(text: &str) -> Result<Line, String> {
	let line: Line = serde_json::from_str(text).map_err(|error| {
		format!(
			"{error}; write {{\"prompt\": ..., \"a\": ..., \"b\": ...}}, and for gold also \
			 \"better\": \"a\" or \"b\""
		)
	})?;
	for (name, content) in [("prompt", &line.prompt), ("a", &line.a), ("b", &line.b)] {
		if content.trim().is_empty() {
			return Err(format!("`{name}` is empty"));
		}
		if content.len() > MAX_CONTENT {
			return Err(format!("`{name}` has more than {MAX_CONTENT} bytes"));
		}
	}
	if line.a == line.b {
		return Err("both answers are the same".into());
	}
	Ok(line)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn line_is_gold_when_it_says_which_answer_is_better() {
		let line = parse(r#"{"prompt":"p","a":"x","b":"y","better":"b","model_a":"m"}"#).unwrap();
		assert_eq!(line.better, Some(Choice::B));
		assert_eq!(line.model_a.as_deref(), Some("m"));
		assert_eq!(
			parse(r#"{"prompt":"p","a":"x","b":"y"}"#).unwrap().better,
			None
		);
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
		let lines = read(folder.path()).unwrap();
		let prompts: Vec<_> = lines.iter().map(|line| line.prompt.as_str()).collect();
		assert_eq!(prompts, ["one", "two"]);
	}

	#[test]
	fn item_is_refused_when_another_asks_the_same() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("items.jsonl");
		let text = "{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\"}\n{\"prompt\":\"p\",\"a\":\"y\",\"b\":\"x\"}\n";
		std::fs::write(&path, text).unwrap();
		let reason = read(&path).unwrap_err().to_string();
		assert!(reason.contains(":2: asks the same as"), "{reason}");
	}
}
