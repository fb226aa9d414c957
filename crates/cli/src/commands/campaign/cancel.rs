//! `weighhouse campaign cancel`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::feedback::CampaignId;

use super::campaign_of;
use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Take a campaign back whose items are not complete
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice campaign cancel 1")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let key = context.key()?;
	let client = context.client().await?;
	let campaign = campaign_of(&client.best().await?, id).await?;
	let call = calls::cancel_campaign(id);
	let included = context.submit(&client, &call, &key, "Cancelling").await?;
	Ok(Report {
		json: json!({
			"campaign": id,
			"returned": campaign.budget.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Campaign {id} is taken back, {}; {} are yours again.\nNext, for its deposit: weighhouse \
			 campaign remove {id}",
			settled(&included),
			wgh(campaign.budget),
		),
	})
}
