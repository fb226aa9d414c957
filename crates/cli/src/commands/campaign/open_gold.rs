//! `weighhouse campaign open-gold`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tokio::time::sleep;
use weighhouse_client::{calls, feedback::Phase};
use weighhouse_primitives::feedback::{gold_openings, CampaignId};

use super::{
	campaign_of, describe,
	gold::{self, Secret},
	refusal, PAUSE,
};
use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// The most gold that one call opens.
const BATCH: usize = 10;

/// Show which items were gold, after raters have revealed
///
/// If not all of it is opened in time, all raters who revealed get full pay and nothing comes back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice campaign open-gold 1
  weighhouse --suri //Alice campaign open-gold 1 --keep secret --watch")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// Folder with the file that says which items are gold [default: ./campaign-N]
	#[arg(long, value_name = "FOLDER")]
	keep: Option<PathBuf>,
	/// Wait until raters have revealed
	#[arg(long)]
	watch: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let folder = gold::folder(opts.keep, id);
	let secret = Secret::read(&folder)?;
	let key = context.key()?;
	let client = context.client().await?;
	let foreign = |what: &str| {
		Failure::BadInput(format!(
			"{} is the gold of another {what}",
			folder.display()
		))
	};
	if secret.genesis != client.genesis_hash() {
		return Err(foreign("chain"));
	}
	let spinner = context.spinner(String::new());
	let campaign = loop {
		let view = client.best().await?;
		let campaign = campaign_of(&view, id).await?;
		if campaign.terms.gold_root != secret.gold_root {
			return Err(foreign("campaign"));
		}
		let is_before = matches!(
			campaign.phase,
			Phase::Filling { .. }
				| Phase::Joining { .. }
				| Phase::Drawing { .. }
				| Phase::Committing { .. }
				| Phase::Revealing { .. }
		);
		if matches!(campaign.phase, Phase::Opening { .. }) {
			break campaign;
		}
		let said = describe(&campaign, view.block());
		if !opts.watch || !is_before {
			spinner.finish_and_clear();
			context.tell(&format!("Campaign {id}: {said}"));
			return Err(refusal(&view, "NotOpening"));
		}
		spinner.set_message(said);
		sleep(PAUSE).await;
	};
	spinner.finish_and_clear();
	let openings = gold_openings(&secret.gold);
	// They are opened in this order, so what is opened already is the beginning.
	let mut next = usize::try_from(campaign.opened).unwrap_or_default();
	let mut transactions = Vec::new();
	let mut last = None;
	while let Some(batch) = openings
		.get(next..openings.len().min(next.saturating_add(BATCH)))
		.filter(|batch| !batch.is_empty())
	{
		let call = calls::open_gold(id, batch);
		next = next.saturating_add(batch.len());
		let what = format!("Opening the gold, {next} of {}", openings.len());
		let included = context.submit(&client, &call, &key, &what).await?;
		let (_, left) = calls::gold_opened(&included)?;
		transactions.push(transaction(&included));
		last = Some((included, left));
	}
	let left = last.as_ref().map_or(0, |(_, left)| *left);
	Ok(Report {
		json: json!({
			"campaign": id,
			"gold": openings.len(),
			"left": left,
			"txs": transactions,
		}),
		text: match &last {
			Some((included, _)) => format!(
				"All {} gold of campaign {id} is open, {}. The chain pays raters now.\nNext: weighhouse \
				 campaign status {id}",
				openings.len(),
				settled(included)
			),
			None => format!("All gold of campaign {id} was open already."),
		},
	})
}
