//! `weighhouse dispute`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, Phase};
use weighhouse_primitives::{inference::Ground, JobId};

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
	values,
};

/// Say that an answer is wrong, and have a jury decide
///
/// Ten rewards are held for the jury. They are lost if the answer stands; if it does not, they come
/// back with a part of what the wrong workers lose.
#[derive(Args, Debug)]
#[command(after_help = "Grounds:
  wrong                 the model answers something else
  unavailable           the output is too large for a reveal and not to be had on IPFS
  not-as-fingerprinted  the output on IPFS is not the one that the fingerprint was taken of

Examples:
  weighhouse --suri //Bob dispute 3 --ground wrong
  weighhouse --suri //Bob dispute 3 --ground unavailable --yes --json")]
pub struct Opts {
	/// Number of the job; it must be in its challenge window
	job: JobId,
	/// What is wrong: wrong, unavailable or not-as-fingerprinted
	#[arg(long, value_parser = values::ground)]
	ground: Ground,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.job;
	let key = context.key()?;
	let client = context.client().await?;
	let view = client.best().await?;
	let job = view.job(id).await?;
	let job = job.ok_or_else(|| Failure::NotFound(format!("open job {id}")))?;
	let ground = values::show_ground(opts.ground);
	if let Phase::Resolved { until } = job.phase {
		context.tell(&format!(
			"The answer of job {id} can be disputed until block {until}; it is block {}.",
			view.block()
		));
	}
	if !opts.yes {
		context.confirm(&format!(
			"Dispute it as {ground} and have ten rewards of {} held?",
			wgh(job.reward)
		))?;
	}
	let call = calls::dispute(id, opts.ground);
	let included = context.submit(&client, &call, &key, "Disputing").await?;
	let bond = calls::disputed(&included)?;
	Ok(Report {
		json: json!({
			"job": id,
			"ground": ground,
			"bond": bond.to_string(),
			"receipt": job.receipt,
			"tx": transaction(&included),
		}),
		text: format!(
			"Job {id} is disputed as {ground}, {} held, {}.\nNext: weighhouse job watch {id}",
			wgh(bond),
			settled(&included),
		),
	})
}
