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
	feedback::{Campaign, Phase, PlaceState, Rater},
	keys::{account_of, AccountId32, Keypair},
	ChainError, Client, View,
};
use weighhouse_primitives::feedback::{CampaignId, Choice, ItemSet};

use super::{
	answers::{self, Answers},
	desk::{by_hand, by_policy, Ended, Question},
	place_of,
	reveal::{revealed, show},
	status,
};
use crate::{
	commands::campaign::{campaign_of, content, content_text, describe, refusal, PAUSE},
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
/// lost.
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
			let ended = match &self.opts.policy {
				None => by_hand(id, &questions, kept)?,
				Some(policy) => {
					let spinner = self.context.spinner("Answering".into());
					let all = questions.len();
					let ended = by_policy(policy, &questions, kept, |done| {
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

	/// The items of a rater in its own order and on its own sides.
	async fn questions(&self, rater: &Rater) -> Result<Vec<Question>, Failure> {
		let view = self.client.best().await?;
		let items = view.campaign_items(self.opts.campaign).await?;
		let ipfs = self.context.ipfs()?;
		let spinner = self.context.spinner("Fetching prompts and answers".into());
		let mut texts: HashMap<String, String> = HashMap::new();
		let mut questions = Vec::new();
		for shown in &rater.shown {
			spinner.set_message(format!(
				"Fetching prompts and answers, {} of {}",
				questions.len().saturating_add(1),
				rater.shown.len()
			));
			let position = usize::try_from(shown.item).unwrap_or(usize::MAX);
			let item = items
				.get(position)
				.ok_or_else(|| Failure::NotFound(format!("item {}", shown.item)))?;
			let mut found = Vec::new();
			for cid in [&item.prompt, &item.a, &item.b] {
				let text = match texts.get(cid) {
					Some(text) => text.clone(),
					None => {
						let text = content_text(&content(&ipfs, cid).await?);
						texts.insert(cid.clone(), text.clone());
						text
					}
				};
				found.push(text);
			}
			if let Ok([prompt, a, b]) = <[String; 3]>::try_from(found) {
				let (left, right) = match shown.left {
					Choice::A => (a, b),
					Choice::B => (b, a),
				};
				questions.push(Question {
					item: shown.item,
					prompt,
					left,
					right,
					on_left: shown.left,
				});
			}
		}
		spinner.finish_and_clear();
		Ok(questions)
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
