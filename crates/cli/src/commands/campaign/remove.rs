//! `weighhouse campaign remove`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
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
	if campaign.due > view.next_block() {
		let said = describe(&campaign, view.block());
		context.tell(&match campaign.due {
			u32::MAX => format!("Campaign {id}: {said}"),
			due => format!("Campaign {id}: {said}; it can be removed from block {due} on"),
		});
		return Err(refusal(&view, "StillNeeded"));
	}
	let mut transactions = Vec::new();
	loop {
		let call = calls::remove_campaign(id, BATCH);
		let included = context.submit(&client, &call, &key, "Removing").await?;
		transactions.push(transaction(&included));
		if calls::campaign_removed(&included) {
			return Ok(Report {
				json: json!({ "campaign": id, "removed": true, "txs": transactions }),
				text: format!(
					"Campaign {id} is removed, {}; all deposits are back.",
					settled(&included)
				),
			});
		}
	}
}
