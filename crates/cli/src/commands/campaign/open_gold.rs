//! `weighhouse campaign open-gold`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tokio::time::sleep;
use weighhouse_client::{
	calls,
	feedback::{Phase, PALLET},
};
use weighhouse_primitives::feedback::{gold_openings, CampaignId, GoldItem};

use super::{
	campaign_of, describe,
	gold::{self, Secret},
	refusal, PAUSE,
};
use crate::{
	context::Context,
	failure::Failure,
	output::{transaction, Report},
};

/// The most gold that one call opens.
const BATCH: usize = 10;

/// Show which items were gold, after raters have revealed
///
/// If not all of it is opened in time, all raters who revealed get full pay and nothing comes back.
/// What somebody else opened before does no harm.
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
	let (view, campaign) = loop {
		let view = client.best().await?;
		let campaign = campaign_of(&view, id).await?;
		if campaign.terms.gold_root != secret.gold_root {
			return Err(foreign("campaign"));
		}
		let is_before = match campaign.phase {
			Phase::Filling { .. }
			| Phase::Joining { .. }
			| Phase::Drawing { .. }
			| Phase::Committing { .. }
			| Phase::Revealing { .. } => true,
			Phase::Refunding { .. } | Phase::Refunded { .. } | Phase::Removing { .. } => false,
			Phase::Opening { .. }
			| Phase::Weighing { .. }
			| Phase::Paying { .. }
			| Phase::Settled { .. } => break (view, campaign),
		};
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
	let mut openings = gold_openings(&secret.gold);
	let wanted = match campaign.phase {
		Phase::Opening { .. } => hidden(&secret.gold, &view.opened_gold(id).await?),
		_ => Vec::new(),
	};
	openings.retain(|opening| wanted.contains(&opening.item));
	let mut transactions = Vec::new();
	for (number, batch) in openings.chunks(BATCH).enumerate() {
		let call = calls::open_gold(id, batch);
		let what = format!(
			"Opening the gold, {} of {}",
			number.saturating_mul(BATCH).saturating_add(batch.len()),
			openings.len()
		);
		match context.submit(&client, &call, &key, &what).await {
			Ok(included) => transactions.push(transaction(&included)),
			// Somebody else was first, perhaps with the last of it.
			Err(Failure::Chain(error))
				if error.is(PALLET, "AlreadyOpened") || error.is(PALLET, "NotOpening") => {}
			Err(failure) => return Err(failure),
		}
	}
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let left = hidden(&secret.gold, &view.opened_gold(id).await?);
	if !left.is_empty() {
		context.tell(&format!(
			"Campaign {id}: {}",
			describe(&campaign, view.block())
		));
		return Err(Failure::HiddenGold {
			campaign: id,
			items: left,
		});
	}
	let by = if transactions.is_empty() {
		"was open already"
	} else {
		"is open"
	};
	Ok(Report {
		json: json!({
			"campaign": id,
			"gold": secret.gold.len(),
			"left": left.len(),
			"txs": transactions,
		}),
		text: format!(
			"All {} gold of campaign {id} {by}. The chain pays raters now.\nNext: weighhouse campaign \
			 status {id}",
			secret.gold.len()
		),
	})
}

/// The gold that was not opened yet, by position in the pool.
fn hidden(gold: &[GoldItem], opened: &[u32]) -> Vec<u32> {
	let items = gold.iter().map(|gold| gold.item);
	items.filter(|item| !opened.contains(item)).collect()
}

#[cfg(test)]
mod tests {
	use weighhouse_client::H256;
	use weighhouse_primitives::feedback::Choice;

	use super::*;

	#[test]
	fn gold_is_hidden_until_it_is_opened_whoever_opens_which_first() {
		let gold = [4, 9, 30].map(|item| GoldItem {
			item,
			label: Choice::A,
			salt: H256::zero(),
		});
		assert_eq!(hidden(&gold, &[]), [4, 9, 30]);
		assert_eq!(hidden(&gold, &[30]), [4, 9]);
		assert!(hidden(&gold, &[9, 30, 4]).is_empty());
	}
}
