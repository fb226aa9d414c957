//! `weighhouse work pause` and `weighhouse work resume`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, keys::account_of};

use crate::{
	commands::work::worker_of,
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Get no new work for now
///
/// Open jobs go on and must be answered, so leave the worker running until they are over.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Worker1 work pause")]
pub struct PauseOpts {}

/// Get work again, after a pause or after a suspension
///
/// A worker that was silent three times in a row is suspended.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Worker1 work resume")]
pub struct ResumeOpts {}

pub async fn pause(context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let worker = worker_of(&client.best().await?, &account).await?;
	let included = context
		.submit(&client, &calls::pause(), &key, "Pausing")
		.await?;
	let open = worker.open_jobs.len();
	Ok(Report {
		json: json!({
			"worker": account.to_string(),
			"availability": "paused",
			"openJobs": worker.open_jobs,
			"tx": transaction(&included),
		}),
		text: format!(
			"Paused, {}.{}",
			settled(&included),
			if open == 0 {
				String::new()
			} else {
				format!(" {open} open jobs must still be answered.")
			}
		),
	})
}

pub async fn resume(context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	worker_of(&client.best().await?, &account).await?;
	let included = context
		.submit(&client, &calls::resume(), &key, "Resuming")
		.await?;
	Ok(Report {
		json: json!({
			"worker": account.to_string(),
			"availability": "active",
			"tx": transaction(&included),
		}),
		text: format!(
			"Drawn again, {}. Is `weighhouse work` running? Who is drawn and silent loses bond.",
			settled(&included)
		),
	})
}
