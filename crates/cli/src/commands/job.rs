//! `weighhouse job`

use std::{sync::Mutex, time::Duration};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use serde_json::{json, Value};
use tokio::time::sleep;
use weighhouse_client::{calls, Client, Job, JobEnd, Outcome, Phase, Seat};
use weighhouse_primitives::{inference::Round, JobId};

use crate::{
	context::{no_tip, Context},
	failure::Failure,
	output::{fields, hex, settled, table, transaction, wgh, Report},
	values,
};

/// Pause between two looks at the chain: half of a block.
const PAUSE: Duration = Duration::from_secs(1);
/// How many blocks back the end of a job is looked for.
const LOOK_BACK: u64 = 200;
/// How many blocks a fork takes back, where there is one.
const FORK: u64 = 8;
/// How often a job is looked for that is neither open nor seen to end, as while a fork is decided.
const LOOKS: u32 = 10;

/// Show open jobs, watch them, push them on
///
/// A job is open from the request until its answer stands or it is refunded. What is left of it then
/// is its receipt.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse job list
  weighhouse --suri //Bob job list --mine
  weighhouse job show 3
  weighhouse job watch 3
  weighhouse --suri //Bob job poke 3")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	/// Show an open job: phase, deadline, seats
	#[command(arg = no_tip(), after_help = "Example:
  weighhouse job show 3")]
	Show {
		/// Number of the job
		job: JobId,
	},
	/// List open jobs
	#[command(arg = no_tip(), after_help = "Examples:
  weighhouse job list
  weighhouse --suri //Bob job list --mine")]
	List {
		/// Only those that the key's account asked for
		#[arg(long)]
		mine: bool,
	},
	/// Push a job on whose deadline is over; the chain does so by itself as long as it has room
	#[command(after_help = "Example:
  weighhouse --suri //Bob job poke 3")]
	Poke {
		/// Number of the job
		job: JobId,
	},
	/// Follow a job until it is over
	#[command(arg = no_tip(), after_help = "Example:
  weighhouse job watch 3")]
	Watch {
		/// Number of the job
		job: JobId,
	},
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Show { job } => show(job, context).await,
		Action::List { mine } => list(mine, context).await,
		Action::Poke { job } => poke(job, context).await,
		Action::Watch { job } => watch(job, context).await,
	}
}

async fn show(id: JobId, context: &Context) -> Result<Report, Failure> {
	let view = context.view().await?;
	let job = view.job(id).await?;
	let job = job.ok_or_else(|| Failure::NotFound(format!("open job {id}")))?;
	Ok(Report {
		json: to_json(&job, view.block()),
		text: to_text(&job, view.block()),
	})
}

async fn list(mine: bool, context: &Context) -> Result<Report, Failure> {
	let account = if mine {
		Some(context.account(None)?)
	} else {
		None
	};
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let mut jobs = Vec::new();
	for id in view.open_jobs().await? {
		let job = view.job(id).await?;
		jobs.extend(job.filter(|job| account.is_none_or(|account| account == job.requester)));
	}
	let now = view.block();
	let heading = ["JOB", "LISTING", "MODE", "HELD", "PHASE"];
	let mut rows = vec![heading.map(str::to_owned).to_vec()];
	rows.extend(jobs.iter().map(|job| {
		vec![
			job.job.to_string(),
			format!("{}@{}", job.listing, job.version),
			values::show_mode(job.mode).into(),
			wgh(job.escrow),
			describe(job, now),
		]
	}));
	Ok(Report {
		json: json!({
			"block": now,
			"jobs": jobs.iter().map(|job| to_json(job, now)).collect::<Vec<_>>(),
		}),
		text: if jobs.is_empty() {
			"No open jobs.".into()
		} else {
			table(&rows, &[0, 3])
		},
	})
}

async fn poke(job: JobId, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::poke(job);
	let included = context.submit(&client, &call, &key, "Poking").await?;
	let open = client.best().await?.job(job).await?;
	let phase = open.as_ref().map(|job| values::show_phase(&job.phase));
	Ok(Report {
		json: json!({ "job": job, "phase": phase, "tx": transaction(&included) }),
		text: format!(
			"Pushed job {job} on, {}. {}",
			settled(&included),
			match phase {
				Some(phase) => format!("It is {phase} now."),
				None => "It is over.".to_owned(),
			}
		),
	})
}

async fn watch(id: JobId, context: &Context) -> Result<Report, Failure> {
	let client = context.client().await?;
	let view = client.best().await?;
	let (now, since) = (view.block(), view.block().saturating_sub(LOOK_BACK));
	if view.job(id).await?.is_none() && ended(&client, id, since, now).await?.is_none() {
		return Err(Failure::NotFound(format!(
			"open job {id}, nor its end in the last {LOOK_BACK} blocks"
		)));
	}
	let teller = Teller::new(context, id);
	let followed = follow(&client, id, since, Goal::End, |job, now| {
		teller.tell(job, now);
	})
	.await;
	teller.done();
	let followed = followed?;
	let end = followed
		.end
		.ok_or_else(|| Failure::NotFound(format!("end of job {id}")))?;
	let receipt = followed.last.and_then(|job| job.receipt);
	if let Outcome::Refunded(reason) = end.outcome {
		return Err(Failure::Refunded {
			job: id,
			reason,
			spent: end.spent,
			refunded: end.refunded,
		});
	}
	let next = match receipt {
		Some(receipt) => format!("\nNext: weighhouse receipt show {receipt}"),
		None => String::new(),
	};
	Ok(Report {
		json: json!({
			"job": id,
			"outcome": "final",
			"receipt": receipt,
			"spent": end.spent.to_string(),
			"refunded": end.refunded.to_string(),
			"block": end.block,
		}),
		text: format!(
			"Job {id} is final since block {}: {} spent, {} given back.{next}",
			end.block,
			wgh(end.spent),
			wgh(end.refunded),
		),
	})
}

/// How far a job is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
	/// Until there is an answer, which may still be disputed.
	Answer,
	/// Until the job is over.
	End,
}

/// What following a job came to.
pub struct Followed {
	/// The job as it was last seen open.
	pub last: Option<Job>,
	/// How it ended, if it did.
	pub end: Option<JobEnd>,
}

/// Follows a job that was open in block `since` or is open now. `report` is told with every look.
pub async fn follow(
	client: &Client,
	id: JobId,
	since: u64,
	goal: Goal,
	report: impl Fn(&Job, u64),
) -> Result<Followed, Failure> {
	let mut seen = since;
	let mut last: Option<Job> = None;
	let mut missed = 0;
	loop {
		let view = client.best().await?;
		if let Some(job) = view.job(id).await? {
			seen = view.block();
			missed = 0;
			report(&job, seen);
			let answered = goal == Goal::Answer && job.receipt.is_some();
			last = Some(job);
			if answered {
				return Ok(Followed { last, end: None });
			}
		} else {
			if let Some(end) = ended(client, id, seen, view.block()).await? {
				return Ok(Followed {
					last,
					end: Some(end),
				});
			}
			missed += 1;
			if missed >= LOOKS {
				return Err(Failure::NotFound(format!(
					"open job {id}, nor its end in the last {LOOK_BACK} blocks"
				)));
			}
			// Another fork may have the end in a block that was looked at before.
			seen = view.block().saturating_sub(FORK);
		}
		sleep(PAUSE).await;
	}
}

/// How a job ended, if it did so after block `from` and until block `to`.
async fn ended(client: &Client, id: JobId, from: u64, to: u64) -> Result<Option<JobEnd>, Failure> {
	let from = from.max(to.saturating_sub(LOOK_BACK));
	for number in (from..=to).rev() {
		let Some(view) = client.at(number).await? else {
			continue;
		};
		if let Some(end) = view.job_end(id).await? {
			return Ok(Some(end));
		}
	}
	Ok(None)
}

/// Shows the phases of a job as they come: a line for each, and below a line that moves.
pub struct Teller<'a> {
	context: &'a Context,
	spinner: ProgressBar,
	shown: Mutex<Option<&'static str>>,
}

impl<'a> Teller<'a> {
	/// Begins to show job `id`.
	pub fn new(context: &'a Context, id: JobId) -> Self {
		Self {
			context,
			spinner: context.spinner(format!("Job {id}")),
			shown: Mutex::new(None),
		}
	}

	/// Shows where the job stands in block `now`.
	pub fn tell(&self, job: &Job, now: u64) {
		let described = format!("Job {}: {}", job.job, describe(job, now));
		let phase = values::show_phase(&job.phase);
		let mut shown = match self.shown.lock() {
			Ok(shown) => shown,
			Err(poisoned) => poisoned.into_inner(),
		};
		if shown.replace(phase) != Some(phase) {
			self.spinner
				.suspend(|| self.context.tell(&format!("Block {now}  {described}")));
		}
		self.spinner.set_message(described);
	}

	/// Takes the moving line away.
	pub fn done(&self) {
		self.spinner.finish_and_clear();
	}
}

/// Where a job stands, in words, with the blocks that are left.
pub fn describe(job: &Job, now: u64) -> String {
	let in_round = |round: Round| job.seats.iter().filter(move |seat| seat.round == round);
	let count = |round: Round, done: fn(&Seat) -> bool| {
		let (all, done) = (
			in_round(round).count(),
			in_round(round).filter(|seat| done(seat)).count(),
		);
		format!("{done} of {all}")
	};
	let committed = |seat: &Seat| seat.commitment.is_some();
	let answered = |seat: &Seat| seat.answer.is_some();
	let until = |until: u32| left(u64::from(until), now);
	match &job.phase {
		Phase::Open { .. } => format!(
			"waits for randomness to draw workers, {}",
			left(u64::from(job.due), now)
		),
		Phase::Committing { until: last } => format!(
			"workers commit to answers, {}, {}",
			count(Round::Main, committed),
			until(*last)
		),
		Phase::Revealing { until: last, .. } => format!(
			"workers show their answers, {}, {}",
			count(Round::Main, answered),
			until(*last)
		),
		Phase::Sampling { .. } => format!(
			"answered; chance decides about an audit, {}",
			left(u64::from(job.due), now)
		),
		Phase::Auditing { until: last } => {
			format!("another worker checks the answer, {}", until(*last))
		}
		Phase::Resolved { until: last } => {
			format!("answered; can be disputed, {}", until(*last))
		}
		Phase::Summoning { .. } => format!(
			"disputed; waits for randomness to draw a jury, {}",
			left(u64::from(job.due), now)
		),
		Phase::JuryCommitting { until: last } => format!(
			"jurors commit to answers, {}, {}",
			count(Round::Jury, committed),
			until(*last)
		),
		Phase::JuryRevealing { until: last, .. } => format!(
			"jurors show their answers, {}, {}",
			count(Round::Jury, answered),
			until(*last)
		),
		Phase::Ending { outcome, .. } => match outcome {
			Outcome::Final => "decided: the answer stands".into(),
			Outcome::Refunded(reason) => format!("decided: refunded, since {reason}"),
		},
	}
}

fn left(until: u64, now: u64) -> String {
	match until.saturating_sub(now) {
		0 => "due now".into(),
		1 => "1 block left".into(),
		blocks => format!("{blocks} blocks left"),
	}
}

/// A job for scripts.
pub fn to_json(job: &Job, now: u64) -> Value {
	let seat = |seat: &Seat| {
		json!({
			"round": values::show_round(seat.round),
			"worker": seat.worker.to_string(),
			"key": hex(&seat.key),
			"commitment": seat.commitment.as_ref().map(hex),
			"answer": seat.answer.as_ref().map(|answer| json!({
				"status": values::show_status(answer.status),
				"outputHash": hex(&answer.output_hash),
				"fingerprint": hex::encode(answer.fingerprint),
				"statement": hex(&answer.statement),
			})),
			"finding": values::show_finding(seat.finding),
		})
	};
	json!({
		"job": job.job,
		"requestHash": hex(&job.request_hash),
		"requester": job.requester.to_string(),
		"listing": job.listing,
		"version": job.version,
		"mode": values::show_mode(job.mode),
		"access": values::access_json(job.access),
		"input": job.input,
		"inputHash": hex(&job.input_hash),
		"reward": job.reward.to_string(),
		"escrow": job.escrow.to_string(),
		"requested": job.requested,
		"phase": values::show_phase(&job.phase),
		"due": job.due,
		"blocksLeft": u64::from(job.due).saturating_sub(now),
		"receipt": job.receipt,
		"challenge": job.challenge.as_ref().map(|challenge| json!({
			"challenger": challenge.challenger.to_string(),
			"ground": values::show_ground(challenge.ground),
			"bond": challenge.bond.to_string(),
		})),
		"seats": job.seats.iter().map(seat).collect::<Vec<_>>(),
	})
}

fn to_text(job: &Job, now: u64) -> String {
	let mut lines = vec![
		("Job", job.job.to_string()),
		("Request", hex(&job.request_hash)),
		("Asked", format!("{}@{}", job.listing, job.version)),
		("By", job.requester.to_string()),
		("Mode", values::show_mode(job.mode).into()),
		("Paid by", values::show_access(job.access)),
		("Reward a seat", wgh(job.reward)),
		("Held", wgh(job.escrow)),
		("Input", job.input.clone()),
		("Phase", describe(job, now)),
		("Due", format!("block {}", job.due)),
	];
	if let Some(receipt) = job.receipt {
		lines.push(("Receipt", receipt.to_string()));
	}
	if let Some(challenge) = &job.challenge {
		let ground = values::show_ground(challenge.ground);
		lines.push((
			"Disputed",
			format!(
				"{ground}, by {}, {} at stake",
				challenge.challenger,
				wgh(challenge.bond)
			),
		));
	}
	let mut rows = vec![["ROUND", "WORKER", "ANSWER", "FINDING"]
		.map(str::to_owned)
		.to_vec()];
	rows.extend(job.seats.iter().map(|seat| {
		let answer = match (&seat.answer, seat.commitment) {
			(Some(answer), _) => values::show_status(answer.status),
			(None, Some(_)) => "committed",
			(None, None) => "none yet",
		};
		vec![
			values::show_round(seat.round).into(),
			seat.worker.to_string(),
			answer.into(),
			values::show_finding(seat.finding).into(),
		]
	}));
	let seats = if job.seats.is_empty() {
		String::new()
	} else {
		format!("\n\n{}", table(&rows, &[]))
	};
	format!("{}{seats}", fields(&lines))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn blocks_are_counted_down_to_none() {
		assert_eq!(left(12, 10), "2 blocks left");
		assert_eq!(left(11, 10), "1 block left");
		assert_eq!(left(10, 10), "due now");
		assert_eq!(left(9, 10), "due now");
	}
}
