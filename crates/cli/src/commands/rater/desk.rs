//! Answering: a person at a terminal, one key an item, or a program that is asked about each.

use std::{
	io::{self, Write},
	path::Path,
	process::{Command, Stdio},
};

use console::{Key, Term};
use serde_json::json;
use tokio::task::block_in_place;
use weighhouse_primitives::feedback::{CampaignId, Choice};

use super::answers::Answers;
use crate::{failure::Failure, output::plain, secrets::coin};

/// An item as the rater sees it.
pub struct Question {
	pub item: u32,
	pub prompt: String,
	pub left: String,
	pub right: String,
	/// Which answer is on the left.
	pub on_left: Choice,
	/// Why a part of it cannot be read, if so.
	pub hidden: Option<String>,
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

/// Answers by a coin what cannot be read and has no answer, and says how many that were: whoever
/// answers everything keeps the stake.
pub fn guess(questions: &[Question], answers: &mut Answers) -> Result<usize, Failure> {
	let mut guessed = 0usize;
	for question in questions {
		if question.hidden.is_some() && answers.to(question.item).is_none() {
			let choice = if coin()? { Choice::A } else { Choice::B };
			answers.give(question.item, choice)?;
			guessed = guessed.saturating_add(1);
		}
	}
	Ok(guessed)
}

/// Asks a program about each item without an answer, and tells `progress` how many are answered. It is
/// not asked about what cannot be read: if some of that is left, it is named in the end.
pub fn by_policy(
	campaign: CampaignId,
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
	let mut left = Vec::new();
	let mut reason = None;
	for (done, question) in questions.iter().enumerate() {
		progress(done);
		if answers.to(question.item).is_some() {
			continue;
		}
		if let Some(hidden) = &question.hidden {
			left.push(question.item);
			reason.get_or_insert(hidden);
			continue;
		}
		let side = block_in_place(|| ask(&program, question))?;
		answers.give(question.item, question.choice(side))?;
	}
	match reason {
		None => Ok(Ended::Complete),
		Some(reason) => Err(Failure::Unanswered {
			campaign,
			items: left,
			reason: reason.clone(),
		}),
	}
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

/// What a person reads from and presses keys on.
pub trait Desk {
	/// Shows a page in place of what was there before.
	fn show(&mut self, page: &str) -> io::Result<()>;
	/// Waits for the next key.
	fn key(&mut self) -> io::Result<Key>;
}

impl Desk for Term {
	fn show(&mut self, page: &str) -> io::Result<()> {
		self.clear_screen()?;
		self.write_line(page)
	}

	fn key(&mut self) -> io::Result<Key> {
		block_in_place(|| self.read_key())
	}
}

/// Asks a person about each item without an answer. Each answer is kept before the next page is shown.
pub fn by_hand(
	campaign: CampaignId,
	questions: &[Question],
	answers: &mut Answers,
	desk: &mut impl Desk,
) -> Result<Ended, Failure> {
	let failed = |error: io::Error| match error.kind() {
		io::ErrorKind::Interrupted => Failure::Interrupted,
		_ => Failure::BadInput(format!("the terminal cannot be used: {error}")),
	};
	// Position 0 comes after the last one.
	let Some(mut at) = next_open(questions, answers, questions.len()) else {
		return Ok(Ended::Complete);
	};
	while let Some(question) = questions.get(at) {
		desk.show(&page(campaign, at, questions, answers))
			.map_err(failed)?;
		let moved = loop {
			if let Some(moved) = meaning(&desk.key().map_err(failed)?) {
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
	let hidden = question.hidden.as_ref().map(|reason| {
		format!(
			"\n\nNot all of it can be read: {}.\nSkip it, or quit and come back, to have it looked for \
			 again. Any answer keeps the stake, also a guess.",
			plain(reason)
		)
	});
	format!(
		"Campaign {campaign}: item {} of {}, {} answered{}\n\n{}\n\n<- LEFT{}\n{}\n\nRIGHT ->{}\n{}\n\n\
		 Which one is better? <- left   -> right   b back   s skip   q quit",
		at.saturating_add(1),
		questions.len(),
		answered.count(),
		hidden.unwrap_or_default(),
		lines(&question.prompt),
		mark(Side::Left),
		lines(&question.left),
		mark(Side::Right),
		lines(&question.right),
	)
}

#[cfg(test)]
mod tests {
	use std::collections::VecDeque;

	use super::*;
	use crate::commands::rater::answers::tests::{campaign, ME};

	/// Keys that are pressed one after the other, and the pages that were seen. When there are no more
	/// keys, it is Ctrl-C that is pressed.
	#[derive(Default)]
	struct Script {
		keys: VecDeque<Key>,
		pages: Vec<String>,
	}

	impl Desk for Script {
		fn show(&mut self, page: &str) -> io::Result<()> {
			self.pages.push(page.to_owned());
			Ok(())
		}

		fn key(&mut self) -> io::Result<Key> {
			let key = self.keys.pop_front();
			key.ok_or_else(|| io::ErrorKind::Interrupted.into())
		}
	}

	impl Script {
		/// The number of the item on each page, by its prompt.
		fn items(&self) -> Vec<u32> {
			let item = |page: &String| {
				let (_, rest) = page.split_once("  prompt ").unwrap();
				let (number, _) = rest.split_once('\n').unwrap();
				number.parse::<u32>().unwrap()
			};
			self.pages.iter().map(item).collect()
		}
	}

	/// Three items, the second of them with its answers the other way around.
	fn questions() -> [Question; 3] {
		[
			question(7, Choice::A),
			question(2, Choice::B),
			question(5, Choice::A),
		]
	}

	/// Has items answered by these keys, going on with what lies in the folder.
	fn press(
		folder: &Path,
		keys: impl IntoIterator<Item = Key>,
	) -> (Result<Ended, Failure>, Script) {
		let mut script = Script {
			keys: keys.into_iter().collect(),
			..Script::default()
		};
		let mut answers = Answers::open(folder, &campaign(1), &ME).unwrap();
		let ended = by_hand(3, &questions(), &mut answers, &mut script);
		(ended, script)
	}

	/// What lies in the folder for the three items.
	fn kept(folder: &Path) -> [Option<Choice>; 3] {
		let kept = Answers::find(folder, &campaign(1), &ME).unwrap().unwrap();
		questions().map(|question| kept.to(question.item))
	}

	#[test]
	fn one_key_answers_the_item_that_is_shown_with_both_answers() {
		let folder = tempfile::tempdir().unwrap();
		let keys = [Key::ArrowLeft, Key::ArrowLeft, Key::Char('2')];
		let (ended, script) = press(folder.path(), keys);
		assert_eq!(ended.unwrap(), Ended::Complete);
		assert_eq!(script.items(), [7, 2, 5]);
		// Left is the second answer of the second item.
		let expected = [Some(Choice::A), Some(Choice::B), Some(Choice::B)];
		assert_eq!(kept(folder.path()), expected);
		let page = &script.pages[1];
		assert!(page.contains("item 2 of 3, 1 answered"), "{page}");
		for part in ["prompt 2", "<- LEFT\n  left", "RIGHT ->\n  right"] {
			assert!(page.contains(part), "{part} is not in: {page}");
		}
		// What an answer says cannot move the cursor.
		assert!(!page.contains('\u{1b}'), "{page:?}");
	}

	#[test]
	fn other_keys_do_nothing() {
		let folder = tempfile::tempdir().unwrap();
		let keys = [Key::Enter, Key::Char('x'), Key::ArrowUp, Key::Char('q')];
		let (ended, script) = press(folder.path(), keys);
		assert_eq!(ended.unwrap(), Ended::Quit);
		assert_eq!(script.items(), [7]);
		assert_eq!(kept(folder.path()), [None; 3]);
	}

	#[test]
	fn answer_is_shown_again_and_replaced_when_one_goes_back() {
		let folder = tempfile::tempdir().unwrap();
		let keys = [
			Key::Char('b'),
			Key::ArrowLeft,
			Key::Char('b'),
			Key::ArrowRight,
			Key::Char('q'),
		];
		let (ended, script) = press(folder.path(), keys);
		assert_eq!(ended.unwrap(), Ended::Quit);
		// There is nothing before the first one.
		assert_eq!(script.items(), [7, 7, 2, 7, 2]);
		assert!(script.pages[3].contains("<- LEFT  (your answer)"));
		assert_eq!(kept(folder.path()), [Some(Choice::B), None, None]);
	}

	#[test]
	fn item_comes_again_after_the_others_when_it_is_skipped() {
		let folder = tempfile::tempdir().unwrap();
		let keys = [
			Key::Char('s'),
			Key::ArrowLeft,
			Key::ArrowLeft,
			// It is the only one left.
			Key::Char('s'),
			Key::ArrowRight,
		];
		let (ended, script) = press(folder.path(), keys);
		assert_eq!(ended.unwrap(), Ended::Complete);
		assert_eq!(script.items(), [7, 2, 5, 7, 7]);
		let expected = [Some(Choice::B), Some(Choice::B), Some(Choice::A)];
		assert_eq!(kept(folder.path()), expected);
	}

	#[test]
	fn work_goes_on_at_the_first_open_item_with_the_same_salt_after_a_pause() {
		let folder = tempfile::tempdir().unwrap();
		let salt = || {
			let kept = Answers::find(folder.path(), &campaign(1), &ME).unwrap();
			kept.unwrap().salt()
		};
		let (ended, _) = press(folder.path(), [Key::ArrowLeft, Key::Char('q')]);
		assert_eq!(ended.unwrap(), Ended::Quit);
		let first = salt();
		// Ctrl-C loses nothing of what was answered, either.
		let (ended, script) = press(folder.path(), [Key::ArrowRight]);
		assert!(matches!(ended, Err(Failure::Interrupted)));
		assert_eq!(script.items(), [2, 5]);
		assert_eq!(kept(folder.path())[1], Some(Choice::A));
		let (ended, script) = press(folder.path(), [Key::ArrowRight]);
		assert_eq!(ended.unwrap(), Ended::Complete);
		assert_eq!(script.items(), [5]);
		assert_eq!(salt(), first);
		// Nobody is asked again when all is answered.
		let (ended, script) = press(folder.path(), []);
		assert_eq!(ended.unwrap(), Ended::Complete);
		assert!(script.pages.is_empty());
	}

	#[test]
	fn answer_is_not_taken_when_it_cannot_be_kept() {
		let folder = tempfile::tempdir().unwrap();
		let place = folder.path().join("rater");
		let mut answers = Answers::open(&place, &campaign(1), &ME).unwrap();
		std::fs::remove_dir_all(&place).unwrap();
		let mut script = Script {
			keys: [Key::ArrowLeft, Key::ArrowLeft].into(),
			..Script::default()
		};
		let ended = by_hand(3, &questions(), &mut answers, &mut script);
		assert!(matches!(ended, Err(Failure::Write { .. })), "{ended:?}");
		assert_eq!(script.items(), [7]);
	}

	fn question(item: u32, on_left: Choice) -> Question {
		Question {
			item,
			prompt: format!("prompt {item}"),
			left: "left\u{1b}[2J".into(),
			right: "right".into(),
			on_left,
			hidden: None,
		}
	}

	/// An item that cannot be read.
	fn hidden(item: u32) -> Question {
		Question {
			hidden: Some("it is gone".into()),
			..question(item, Choice::B)
		}
	}

	#[test]
	fn item_that_cannot_be_read_is_told_and_can_be_answered() {
		let folder = tempfile::tempdir().unwrap();
		let mut answers = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		let mut script = Script {
			keys: [Key::ArrowLeft, Key::ArrowLeft].into(),
			..Script::default()
		};
		let questions = [question(7, Choice::A), hidden(2)];
		let ended = by_hand(3, &questions, &mut answers, &mut script).unwrap();
		assert_eq!(ended, Ended::Complete);
		assert!(!script.pages[0].contains("be read"), "{}", script.pages[0]);
		for part in ["Not all of it can be read: it is gone.", "keeps the stake"] {
			assert!(script.pages[1].contains(part), "{}", script.pages[1]);
		}
		assert_eq!(answers.to(2), Some(Choice::B));
	}

	#[test]
	fn program_is_not_asked_about_what_cannot_be_read() {
		let folder = tempfile::tempdir().unwrap();
		let mut answers = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		answers.give(7, Choice::A).unwrap();
		// It would be run if anything was asked, and is no program.
		let policy = folder.path();
		let questions = [question(7, Choice::A), hidden(2), hidden(5)];
		let ended = by_policy(3, policy, &questions, &mut answers, |_| ());
		match ended {
			Err(Failure::Unanswered { items, reason, .. }) => {
				assert_eq!((items, reason.as_str()), (vec![2, 5], "it is gone"));
			}
			other => panic!("{other:?}"),
		}
		assert_eq!(guess(&questions, &mut answers).unwrap(), 2);
		let ended = by_policy(3, policy, &questions, &mut answers, |_| ()).unwrap();
		assert_eq!(ended, Ended::Complete);
		// What was answered with care stays.
		assert_eq!(answers.to(7), Some(Choice::A));
	}

	#[test]
	fn nothing_is_guessed_that_can_be_read() {
		let folder = tempfile::tempdir().unwrap();
		let mut answers = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		assert_eq!(guess(&questions(), &mut answers).unwrap(), 0);
		assert_eq!(answers.to(7), None);
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
