//! Answering: a person at a terminal, one key an item, or a program that is asked about each.

use std::{
	io::Write,
	path::Path,
	process::{Command, Stdio},
};

use console::{Key, Term};
use serde_json::json;
use tokio::task::block_in_place;
use weighhouse_primitives::feedback::{CampaignId, Choice};

use super::answers::Answers;
use crate::{failure::Failure, output::plain};

/// An item as the rater sees it.
pub struct Question {
	pub item: u32,
	pub prompt: String,
	pub left: String,
	pub right: String,
	/// Which answer is on the left.
	pub on_left: Choice,
}

/// One of the two answers as the rater sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
	Left,
	Right,
}

impl Question {
	fn choice(&self, side: Side) -> Choice {
		match side {
			Side::Left => self.on_left,
			Side::Right => self.on_left.other(),
		}
	}

	fn side(&self, choice: Choice) -> Side {
		if choice == self.on_left {
			Side::Left
		} else {
			Side::Right
		}
	}
}

/// How answering ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
	/// All is answered.
	Complete,
	/// The rater wants to go on later.
	Quit,
}

/// The next item after position `at` without an answer, from the beginning again after the last one.
fn next_open(questions: &[Question], answers: &Answers, at: usize) -> Option<usize> {
	let after = at.saturating_add(1);
	let is_open = |position: &usize| {
		let question = questions.get(*position);
		question.is_some_and(|question| answers.to(question.item).is_none())
	};
	(after..questions.len())
		.chain(0..after.min(questions.len()))
		.find(is_open)
}

/// Asks a program about each item without an answer, and tells `progress` how many are answered.
pub fn by_policy(
	policy: &Path,
	questions: &[Question],
	answers: &mut Answers,
	progress: impl Fn(usize),
) -> Result<Ended, Failure> {
	// A bare name would be looked for among the installed programs.
	let program = std::fs::canonicalize(policy).map_err(|source| Failure::File {
		path: policy.to_owned(),
		source,
	})?;
	for (done, question) in questions.iter().enumerate() {
		progress(done);
		if answers.to(question.item).is_none() {
			let side = block_in_place(|| ask(&program, question))?;
			answers.give(question.item, question.choice(side))?;
		}
	}
	Ok(Ended::Complete)
}

fn ask(program: &Path, question: &Question) -> Result<Side, Failure> {
	let unusable = |source| Failure::File {
		path: program.to_owned(),
		source,
	};
	let mut child = Command::new(program)
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.spawn()
		.map_err(unusable)?;
	let asked = json!({
		"item": question.item,
		"prompt": question.prompt,
		"left": question.left,
		"right": question.right,
	});
	if let Some(mut input) = child.stdin.take() {
		// A program may answer without having read everything.
		let _ = writeln!(input, "{asked}");
	}
	let output = child.wait_with_output().map_err(unusable)?;
	let said = String::from_utf8_lossy(&output.stdout);
	if !output.status.success() {
		return Err(Failure::BadInput(format!(
			"{} failed on item {}: {}",
			program.display(),
			question.item,
			output.status
		)));
	}
	side(&said).ok_or_else(|| {
		let said: String = said.chars().take(80).collect();
		Failure::BadInput(format!(
			"{} must answer left or right, and said `{}` to item {}",
			program.display(),
			plain(&said),
			question.item
		))
	})
}

fn side(said: &str) -> Option<Side> {
	match said.trim() {
		"left" => Some(Side::Left),
		"right" => Some(Side::Right),
		_ => None,
	}
}

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
	Choose(Side),
	Back,
	Skip,
	Quit,
}

fn meaning(key: &Key) -> Option<Move> {
	match key {
		Key::ArrowLeft | Key::Char('1' | 'h') => Some(Move::Choose(Side::Left)),
		Key::ArrowRight | Key::Char('2' | 'l') => Some(Move::Choose(Side::Right)),
		Key::Backspace | Key::Char('b') => Some(Move::Back),
		Key::Char('s') => Some(Move::Skip),
		Key::Escape | Key::Char('q') => Some(Move::Quit),
		_ => None,
	}
}

/// Asks a person about each item without an answer.
pub fn by_hand(
	campaign: CampaignId,
	questions: &[Question],
	answers: &mut Answers,
) -> Result<Ended, Failure> {
	let term = Term::stderr();
	let failed = |error: std::io::Error| match error.kind() {
		std::io::ErrorKind::Interrupted => Failure::Interrupted,
		_ => Failure::BadInput(format!("the terminal cannot be used: {error}")),
	};
	// Position 0 comes after the last one.
	let Some(mut at) = next_open(questions, answers, questions.len()) else {
		return Ok(Ended::Complete);
	};
	while let Some(question) = questions.get(at) {
		term.clear_screen().map_err(failed)?;
		term.write_line(&page(campaign, at, questions, answers))
			.map_err(failed)?;
		let moved = loop {
			let key = block_in_place(|| term.read_key()).map_err(failed)?;
			if let Some(moved) = meaning(&key) {
				break moved;
			}
		};
		match moved {
			Move::Choose(side) => {
				answers.give(question.item, question.choice(side))?;
				match next_open(questions, answers, at) {
					Some(next) => at = next,
					None => break,
				}
			}
			Move::Back => at = at.saturating_sub(1),
			Move::Skip => at = next_open(questions, answers, at).unwrap_or(at),
			Move::Quit => return Ok(Ended::Quit),
		}
	}
	Ok(Ended::Complete)
}

/// What a person sees of an item.
fn page(campaign: CampaignId, at: usize, questions: &[Question], answers: &Answers) -> String {
	let Some(question) = questions.get(at) else {
		return String::new();
	};
	let answered = questions
		.iter()
		.filter(|question| answers.to(question.item).is_some());
	let given = answers
		.to(question.item)
		.map(|choice| question.side(choice));
	let mark = |side: Side| {
		if given == Some(side) {
			"  (your answer)"
		} else {
			""
		}
	};
	// Lines of strangers, without what would move the cursor.
	let lines = |text: &str| {
		let lines = text.lines().map(|line| format!("  {}", plain(line)));
		lines.collect::<Vec<_>>().join("\n")
	};
	format!(
		"Campaign {campaign}: item {} of {}, {} answered\n\n{}\n\n<- LEFT{}\n{}\n\nRIGHT ->{}\n{}\n\n\
		 Which one is better? <- left   -> right   b back   s skip   q quit",
		at.saturating_add(1),
		questions.len(),
		answered.count(),
		lines(&question.prompt),
		mark(Side::Left),
		lines(&question.left),
		mark(Side::Right),
		lines(&question.right),
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn question(item: u32, on_left: Choice) -> Question {
		Question {
			item,
			prompt: format!("prompt {item}"),
			left: "left\u{1b}[2J".into(),
			right: "right".into(),
			on_left,
		}
	}

	#[test]
	fn choice_follows_from_the_side_on_which_it_is_shown() {
		for first in [Choice::A, Choice::B] {
			let question = question(0, first);
			assert_eq!(question.choice(Side::Left), first);
			assert_eq!(question.choice(Side::Right), first.other());
			assert_eq!(question.side(first.other()), Side::Right);
		}
	}

	#[test]
	fn program_answers_with_one_word() {
		assert_eq!(side("left\n"), Some(Side::Left));
		assert_eq!(side(" right"), Some(Side::Right));
		for said in ["", "Left", "a", "left right"] {
			assert_eq!(side(said), None, "{said}");
		}
	}

	#[test]
	fn each_key_has_one_meaning() {
		assert_eq!(meaning(&Key::ArrowLeft), Some(Move::Choose(Side::Left)));
		assert_eq!(meaning(&Key::ArrowRight), Some(Move::Choose(Side::Right)));
		assert_eq!(meaning(&Key::Char('b')), Some(Move::Back));
		assert_eq!(meaning(&Key::Char('s')), Some(Move::Skip));
		assert_eq!(meaning(&Key::Char('q')), Some(Move::Quit));
		assert_eq!(meaning(&Key::Enter), None);
	}
}
