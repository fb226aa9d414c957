//! `weighhouse work status`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	keys::AccountId32,
	worker::{duty, Ask, Duty},
	Job, View,
};

use crate::{
	commands::work::{show_availability, worker_of},
	context::Context,
	failure::Failure,
	output::{fields, hex, table, wgh, Report},
	values,
};

/// Show a worker: bond, prices, whether it is drawn, its open jobs
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Worker1 work status
  weighhouse work status //Worker1 --json")]
pub struct Opts {
	/// Account of the worker; without it, the key's
	#[arg(value_parser = values::account)]
	account: Option<AccountId32>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let account = context.account(opts.account)?;
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let worker = worker_of(&view, &account).await?;
	let asks = view.asks_of(&account).await?;
	let money = view.account(&account).await?;
	let mut jobs = Vec::new();
	for id in &worker.open_jobs {
		jobs.extend(view.job(*id).await?);
	}
	let mut lines = vec![
		("Worker", account.to_string()),
		("Key", hex(&worker.key)),
		("State", {
			let alive = if worker.alive {
				"alive"
			} else {
				"not seen for too long, so not drawn"
			};
			format!("{}, {alive}", show_availability(worker.availability))
		}),
		("Last seen", format!("block {}", worker.seen)),
		("Silences in a row", worker.silences.to_string()),
		("Bond", wgh(worker.bond)),
		("Reserved by jobs", wgh(worker.reserved)),
		("Free to spend", wgh(money.free)),
	];
	lines.extend(worker.unbonding.iter().map(|part| {
		(
			"On its way back",
			format!("{} from block {} on", wgh(part.amount), part.until),
		)
	}));
	Ok(Report {
		json: json!({
			"worker": account.to_string(),
			"key": hex(&worker.key),
			"availability": show_availability(worker.availability),
			"alive": worker.alive,
			"seen": worker.seen,
			"silences": worker.silences,
			"bond": worker.bond.to_string(),
			"reserved": worker.reserved.to_string(),
			"free": money.free.to_string(),
			"unbonding": worker
				.unbonding
				.iter()
				.map(|part| json!({ "amount": part.amount.to_string(), "until": part.until }))
				.collect::<Vec<_>>(),
			"serving": serving_json(&asks),
			"jobs": jobs.iter().map(|job| to_json(&view, job, &account)).collect::<Vec<_>>(),
		}),
		text: format!(
			"{}\n\n{}\n\n{}",
			fields(&lines),
			serving_text(&asks),
			jobs_text(&view, &jobs, &account)
		),
	})
}

/// Prices for scripts.
pub fn serving_json(asks: &[Ask]) -> Vec<Value> {
	let ask = |ask: &Ask| {
		json!({
			"listing": ask.listing,
			"minReward": ask.min_reward.to_string(),
		})
	};
	asks.iter().map(ask).collect()
}

/// Prices for people.
pub fn serving_text(asks: &[Ask]) -> String {
	if asks.is_empty() {
		return "Serves nothing.".into();
	}
	let mut rows = vec![vec!["Serves listing".into(), "for at least".into()]];
	rows.extend(
		asks.iter()
			.map(|ask| vec![ask.listing.to_string(), wgh(ask.min_reward)]),
	);
	table(&rows, &[1])
}

/// What is due from the worker, and by which block.
fn due(view: &View, job: &Job, account: &AccountId32) -> Option<(&'static str, u32)> {
	let (_, duty, until) = duty(job, account, view.next_block())?;
	let word = match duty {
		Duty::Commit => "commit",
		Duty::Reveal { .. } => "reveal",
		Duty::Answer => "answer",
	};
	Some((word, until))
}

fn round_of(job: &Job, account: &AccountId32) -> Option<&'static str> {
	let seat = job.seats.iter().find(|seat| seat.worker == *account)?;
	Some(values::show_round(seat.round))
}

fn to_json(view: &View, job: &Job, account: &AccountId32) -> Value {
	let due = due(view, job, account);
	json!({
		"job": job.job,
		"listing": job.listing,
		"version": job.version,
		"round": round_of(job, account),
		"phase": values::show_phase(&job.phase),
		"reward": job.reward.to_string(),
		"due": due.map(|(what, _)| what),
		"until": due.map(|(_, until)| until),
	})
}

fn jobs_text(view: &View, jobs: &[Job], account: &AccountId32) -> String {
	if jobs.is_empty() {
		return "No open jobs.".into();
	}
	let heading = ["Job", "Listing", "Round", "Phase", "Reward", "Due"];
	let mut rows = vec![heading.map(String::from).to_vec()];
	rows.extend(jobs.iter().map(|job| {
		vec![
			job.job.to_string(),
			format!("{}@{}", job.listing, job.version),
			round_of(job, account).unwrap_or("none").into(),
			values::show_phase(&job.phase).into(),
			wgh(job.reward),
			match due(view, job, account) {
				Some((what, until)) => format!("{what} by block {until}"),
				None => "nothing".into(),
			},
		]
	}));
	table(&rows, &[4])
}
