//! `weighhouse campaign settle`

use clap::Args;
use weighhouse_client::{calls, feedback::Phase};
use weighhouse_primitives::feedback::CampaignId;

use super::{campaign_of, describe, phase_name, refusal, to_json};
use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// The most calls, so that a chain that does not move on ends this.
const MOST: usize = 32;

/// Push a campaign on: pay raters, or end a phase whose time is over
///
/// The chain does so by itself as long as it has room; anybody may.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob campaign settle 1
  weighhouse --suri //Bob campaign settle 1 --limit 10 --json")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// How many raters at most each transaction settles
	#[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
	limit: u32,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let key = context.key()?;
	let client = context.client().await?;
	let mut transactions = Vec::new();
	let mut last = None;
	while transactions.len() < MOST {
		let view = client.best().await?;
		let campaign = campaign_of(&view, id).await?;
		let is_settling = matches!(
			campaign.phase,
			Phase::Weighing { .. } | Phase::Paying { .. } | Phase::Refunding { .. }
		);
		let is_over = matches!(
			campaign.phase,
			Phase::Settled { .. } | Phase::Refunded { .. } | Phase::Removing { .. }
		);
		let sent = if is_settling {
			let call = calls::settle(id, opts.limit);
			context.submit(&client, &call, &key, "Settling").await
		} else if !is_over && campaign.due <= view.next_block() {
			let call = calls::poke_campaign(id);
			context.submit(&client, &call, &key, "Pushing").await
		} else if last.is_some() || is_over {
			break;
		} else {
			context.tell(&format!(
				"Campaign {id}: {}",
				describe(&campaign, view.block())
			));
			return Err(refusal(&view, "NotDueYet"));
		};
		match sent {
			Ok(included) => {
				transactions.push(transaction(&included));
				last = Some(included);
			}
			// The chain was faster.
			Err(Failure::Chain(error))
				if error.is("Feedback", "NotSettling") || error.is("Feedback", "NotDueYet") => {}
			Err(failure) => return Err(failure),
		}
	}
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let mut json = to_json(&campaign, view.block());
	if let Some(json) = json.as_object_mut() {
		json.insert("txs".into(), transactions.into());
	}
	let pushed = match &last {
		Some(included) => format!("Pushed, {}", settled(included)),
		None => "There was nothing to push".into(),
	};
	Ok(Report {
		json,
		text: format!(
			"{pushed}. Campaign {id} is {}: {}",
			phase_name(&campaign.phase),
			describe(&campaign, view.block())
		),
	})
}
