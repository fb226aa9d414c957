//! `weighhouse campaign remove`

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	calls,
	feedback::{Phase, PALLET},
};
use weighhouse_primitives::feedback::CampaignId;

use super::{campaign_of, describe, refusal};
use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// The most records that one call removes.
const BATCH: u32 = 50;

/// Remove a campaign that is over, so that deposits come back to sponsor and raters
///
/// A settled campaign is kept for 30 days, during which its answers can be exported. Anybody may.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice campaign remove 1")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let key = context.key()?;
	let client = context.client().await?;
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let said = describe(&campaign, view.block());
	let kept = match campaign.phase {
		Phase::Refunded { .. } | Phase::Removing { .. } => None,
		Phase::Settled { .. } if campaign.due <= view.next_block() => None,
		Phase::Settled { .. } => Some(format!(
			"Campaign {id}: {said}; it can be removed from block {} on",
			campaign.due
		)),
		_ => Some(format!("Campaign {id}: {said}")),
	};
	if let Some(kept) = kept {
		context.tell(&kept);
		return Err(refusal(&view, "StillNeeded"));
	}
	let mut transactions = Vec::new();
	let removed = loop {
		let call = calls::remove_campaign(id, BATCH);
		match context.submit(&client, &call, &key, "Removing").await {
			Ok(included) => {
				transactions.push(transaction(&included));
				if calls::campaign_removed(&included) {
					break settled(&included);
				}
			}
			// It was there a moment ago.
			Err(Failure::Chain(error)) if error.is(PALLET, "UnknownCampaign") => {
				break "the last of it by somebody else".to_owned();
			}
			Err(failure) => return Err(failure),
		}
	};
	Ok(Report {
		json: json!({ "campaign": id, "removed": true, "txs": transactions }),
		text: format!("Campaign {id} is removed, {removed}; all deposits are back."),
	})
}
