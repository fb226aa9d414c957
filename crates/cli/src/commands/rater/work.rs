//! `weighhouse rater work`

use std::{
	collections::HashMap,
	io::{stdin, IsTerminal},
	path::PathBuf,
	time::Duration,
};

use clap::Args;
use console::Term;
use tokio::time::sleep;
use weighhouse_client::{
	calls,
	feedback::{Campaign, Item, Phase, PlaceState, Rater},
	keys::{account_of, AccountId32, Keypair},
	ChainError, Client, View,
};
use weighhouse_primitives::feedback::{CampaignId, Choice, ItemSet, Shown};

use super::{
	answers::{self, Answers},
	desk::{by_hand, by_policy, guess, Ended, Question},
	place_of,
	reveal::{revealed, show},
	status,
};
use crate::{
	commands::campaign::{
		campaign_of,
		contents::{is_missing, Contents},
		describe, refusal, PAUSE,
	},
	context::Context,
	failure::Failure,
	output::{settled, Report},
};

/// Pause before a node that went away is looked for again.
const RETRY: Duration = Duration::from_secs(5);

/// Answer your items, commit to the answers, and show them when all have committed
///
/// Shows each prompt with both answers: left or right arrow chooses, b goes back, s skips, q quits.
/// What was answered is kept after each item, and the same command goes on there. When all are
/// answered it commits, waits until everybody has, and shows the answers; without that the stake is
/// lost. An item that cannot be fetched can be answered, too: a guess keeps the stake.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob rater work 1
  weighhouse --suri //Bob rater work 1 --no-wait
  weighhouse --suri //Bob rater work 1 --policy ./policy.mjs --data answers --json")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// Have a program answer: it is run for each item, gets {"item", "prompt", "left", "right"} on
	/// standard input and answers left or right
	#[arg(long, value_name = "FILE")]
	policy: Option<PathBuf>,
	/// Folder for answers and salt, which only you can read [default: weighhouse/rater in the user's
	/// data folder]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// Answer by a coin what cannot be fetched, which keeps the stake
	#[arg(long)]
	guess: bool,
	/// Wait neither for the draw nor for the time to show the answers: `rater reveal` does that
	#[arg(long)]
	no_wait: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let has_person = !context.json() && stdin().is_terminal() && Term::stderr().is_term();
	if opts.policy.is_none() && !has_person {
		return Err(Failure::Usage(
			"there is nobody to ask: answer at a terminal without --json, or by a program with --policy"
				.into(),
		));
	}
	let folder = answers::folder(opts.data.clone())?;
	let key = context.key()?;
	let client = context.client().await?;
	let mut job = Job {
		opts,
		account: account_of(&key),
		key,
		client,
		context,
	};
	let (campaign, rater) = job.drawn().await?;
	let mut kept = match &rater.state {
		PlaceState::Drawn { .. } => Answers::open(&folder, &campaign, &job.account)?,
		PlaceState::Committed { .. } => {
			let kept = Answers::find(&folder, &campaign, &job.account)?;
			kept.ok_or_else(|| {
				Failure::BadInput(format!(
					"answers are committed to, and {} does not hold them: name their folder with --data",
					folder.display()
				))
			})?
		}
		// There is nothing to do any more.
		_ => {
			let view = job.client.best().await?;
			return Ok(status::report(&campaign, &rater, view.block()));
		}
	};
	if let PlaceState::Drawn { .. } = rater.state {
		if job.answer(&campaign, rater, &mut kept).await? == Ended::Quit {
			return job.paused(&kept).await;
		}
	}
	if job.opts.no_wait {
		return job.report().await;
	}
	job.reveal(&kept).await
}

/// A rater at work.
struct Job<'a> {
	opts: Opts,
	key: Keypair,
	account: AccountId32,
	client: Client,
	context: &'a Context,
}

impl Job<'_> {
	async fn look(&self) -> Result<(View, Campaign, Rater), Failure> {
		let id = self.opts.campaign;
		let view = self.client.best().await?;
		let campaign = campaign_of(&view, id).await?;
		let rater = place_of(&view, id, &self.account).await?;
		Ok((view, campaign, rater))
	}

	/// Looks again with a new connection for as long as the node is away.
	async fn look_patiently(&mut self) -> Result<(View, Campaign, Rater), Failure> {
		let mut told = false;
		loop {
			let failure = match self.look().await {
				Ok(seen) => return Ok(seen),
				Err(failure) => failure,
			};
			if !matches!(
				failure,
				Failure::Chain(ChainError::Lost(_) | ChainError::Unreachable { .. })
			) {
				return Err(failure);
			}
			if !told {
				self.context
					.tell(&format!("Trouble: {failure}. Trying again."));
				told = true;
			}
			sleep(RETRY).await;
			if let Ok(client) = self.context.client().await {
				self.client = client;
			}
		}
	}

	/// Waits until items are drawn.
	async fn drawn(&mut self) -> Result<(Campaign, Rater), Failure> {
		let spinner = self.context.spinner("Reading the campaign".into());
		loop {
			let (view, campaign, rater) = self.look_patiently().await?;
			let is_before = matches!(
				campaign.phase,
				Phase::Filling { .. } | Phase::Joining { .. } | Phase::Drawing { .. }
			);
			let said = describe(&campaign, view.block());
			if !is_before {
				let is_late = matches!(rater.state, PlaceState::Drawn { .. })
					&& !matches!(campaign.phase, Phase::Committing { .. });
				spinner.finish_and_clear();
				if is_late {
					self.context
						.tell(&format!("Campaign {}: {said}", campaign.campaign));
					return Err(refusal(&view, "NotCommitting"));
				}
				return Ok((campaign, rater));
			}
			if self.opts.no_wait {
				spinner.finish_and_clear();
				self.context
					.tell(&format!("Campaign {}: {said}", campaign.campaign));
				return Err(refusal(&view, "NotCommitting"));
			}
			spinner.set_message(said);
			sleep(PAUSE).await;
		}
	}

	/// Has all items answered, and commits.
	async fn answer(
		&mut self,
		campaign: &Campaign,
		mut rater: Rater,
		kept: &mut Answers,
	) -> Result<Ended, Failure> {
		let id = campaign.campaign;
		loop {
			let questions = self.questions(&rater).await?;
			if self.opts.guess {
				let guessed = guess(&questions, kept)?;
				if guessed > 0 {
					self.context.tell(&format!(
						"Answered by a coin, since they cannot be read: {guessed} items"
					));
				}
			}
			let ended = match &self.opts.policy {
				None => by_hand(id, &questions, kept, &mut Term::stderr())?,
				Some(policy) => {
					let spinner = self.context.spinner("Answering".into());
					let all = questions.len();
					let ended = by_policy(id, policy, &questions, kept, |done| {
						spinner.set_message(format!("Answering, {done} of {all}"));
					});
					spinner.finish_and_clear();
					ended?
				}
			};
			if ended == Ended::Quit {
				return Ok(ended);
			}
			// A fork may have drawn other items meanwhile; what is missing is asked then.
			let (_, _, now) = self.look_patiently().await?;
			let PlaceState::Drawn { items } = &now.state else {
				return Ok(ended);
			};
			if kept.packed(items).is_some() {
				self.commit(items, kept).await?;
				return Ok(ended);
			}
			rater = now;
		}
	}

	async fn commit(&self, items: &ItemSet, kept: &Answers) -> Result<(), Failure> {
		let Some(bits) = kept.packed(items) else {
			return Ok(());
		};
		let commitment = kept.commitment(&self.account, &bits);
		let call = calls::commit(self.opts.campaign, commitment);
		let included = self
			.context
			.submit(&self.client, &call, &self.key, "Committing to the answers")
			.await?;
		self.context.tell(&format!(
			"Committed to {} answers, {}. They and their salt are in {}.",
			items.len(),
			settled(&included),
			kept.path().display(),
		));
		Ok(())
	}

	/// The items of a rater in its own order and on its own sides. What cannot be read says so.
	async fn questions(&self, rater: &Rater) -> Result<Vec<Question>, Failure> {
		let view = self.client.best().await?;
		let items = view.campaign_items(self.opts.campaign).await?;
		let mut asked = Vec::new();
		for shown in &rater.shown {
			let item = items.iter().find(|item| item.item == shown.item);
			let item = item.ok_or_else(|| Failure::NotFound(format!("item {}", shown.item)))?;
			asked.push((shown, item));
		}
		let ipfs = self.context.ipfs()?;
		let mut contents = Contents::of(&ipfs, asked.iter().map(|(_, item)| *item));
		let all = contents.left();
		let spinner = self.context.spinner("Fetching prompts and answers".into());
		let mut texts = HashMap::new();
		while let Some((cid, text)) = contents.fetched().await {
			let text = match text {
				Err(failure) if !is_missing(&failure) => {
					spinner.finish_and_clear();
					return Err(failure);
				}
				text => text.map_err(|failure| failure.to_string()),
			};
			texts.insert(cid, text);
			spinner.set_message(format!(
				"Fetching prompts and answers, {} of {all}",
				all.saturating_sub(contents.left())
			));
		}
		spinner.finish_and_clear();
		let asked = asked.into_iter();
		Ok(asked
			.map(|(shown, item)| question(shown, item, &texts))
			.collect())
	}

	/// Waits until all have committed, and shows the answers.
	async fn reveal(&mut self, kept: &Answers) -> Result<Report, Failure> {
		let spinner = self.context.spinner("Waiting for the other raters".into());
		loop {
			let (view, campaign, rater) = self.look_patiently().await?;
			match (&campaign.phase, &rater.state) {
				(Phase::Revealing { .. }, PlaceState::Committed { .. }) => {
					spinner.finish_and_clear();
					let sent = show(
						&self.client,
						&self.key,
						&campaign,
						&rater,
						kept,
						self.context,
					)
					.await;
					match sent {
						Ok(included) => {
							let report = self.report().await?;
							return Ok(revealed(report, &included));
						}
						// Whether it arrived is seen in the next look.
						Err(Failure::Chain(
							ChainError::Lost(_)
							| ChainError::Dropped(_)
							| ChainError::Unreachable { .. },
						)) => {}
						Err(failure) => return Err(failure),
					}
				}
				// A fork may take a commitment back; the pool brings it again.
				(
					Phase::Committing { .. },
					PlaceState::Committed { .. } | PlaceState::Drawn { .. },
				) => {
					spinner.set_message(describe(&campaign, view.block()));
				}
				_ => {
					spinner.finish_and_clear();
					return Ok(status::report(&campaign, &rater, view.block()));
				}
			}
			sleep(PAUSE).await;
		}
	}

	async fn report(&self) -> Result<Report, Failure> {
		let (view, campaign, rater) = self.look().await?;
		Ok(status::report(&campaign, &rater, view.block()))
	}

	async fn paused(&self, kept: &Answers) -> Result<Report, Failure> {
		let (view, campaign, rater) = self.look().await?;
		let mut report = status::report(&campaign, &rater, view.block());
		report.text.push_str(&format!(
			"\nWhat you answered is in {}.\nNext: weighhouse rater work {}",
			kept.path().display(),
			campaign.campaign
		));
		Ok(report)
	}
}

/// What stands in the place of a text that cannot be read.
const HIDDEN: &str = "(cannot be read)";

/// An item on the sides of a rater, with the texts that were found, or why they were not.
fn question(
	shown: &Shown,
	item: &Item,
	texts: &HashMap<String, Result<String, String>>,
) -> Question {
	let mut hidden = None;
	let mut text = |cid: &String| match texts.get(cid) {
		Some(Ok(text)) => text.clone(),
		found => {
			let reason = found.and_then(|found| found.as_ref().err().cloned());
			hidden.get_or_insert(reason.unwrap_or_else(|| "it was not fetched".into()));
			HIDDEN.to_owned()
		}
	};
	let prompt = text(&item.prompt);
	let (a, b) = (text(&item.a), text(&item.b));
	let (left, right) = match shown.left {
		Choice::A => (a, b),
		Choice::B => (b, a),
	};
	Question {
		item: shown.item,
		prompt,
		left,
		right,
		on_left: shown.left,
		hidden,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn item_is_shown_on_the_raters_sides_with_what_cannot_be_read() {
		let item = Item {
			item: 4,
			prompt: "p".into(),
			a: "a".into(),
			b: "b".into(),
		};
		let mut texts = HashMap::new();
		for cid in ["p", "a", "b"] {
			texts.insert(cid.to_owned(), Ok(format!("text {cid}")));
		}
		let shown = Shown {
			item: 4,
			left: Choice::B,
		};
		let all = question(&shown, &item, &texts);
		assert_eq!((all.prompt.as_str(), all.hidden), ("text p", None));
		assert_eq!(
			(all.left.as_str(), all.right.as_str()),
			("text b", "text a")
		);
		texts.insert("a".into(), Err("it is gone".into()));
		let part = question(&shown, &item, &texts);
		assert_eq!(part.hidden.as_deref(), Some("it is gone"));
		assert_eq!(
			(part.left.as_str(), part.right.as_str()),
			("text b", HIDDEN)
		);
	}
}
