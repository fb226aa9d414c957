//! `weighhouse campaign status` and `weighhouse campaign list`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	amount::Score,
	feedback::{Campaign, PlaceState, Rater},
	keys::AccountId32,
};
use weighhouse_primitives::feedback::CampaignId;

use super::{campaign_of, describe, phase_name, to_json};
use crate::{
	commands::rater,
	context::Context,
	failure::Failure,
	output::{fields, table, wgh, Report},
	values,
};

/// Show where a campaign stands, and what its raters did and got
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse campaign status 1
  weighhouse campaign status 1 --json")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
}

/// List the campaigns that are kept
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse campaign list
  weighhouse campaign list --open
  weighhouse campaign list --sponsor //Alice")]
pub struct ListOpts {
	/// Only those that raters can join now
	#[arg(long)]
	open: bool,
	/// Only those of this account
	#[arg(long, value_name = "ACCOUNT", value_parser = values::account)]
	sponsor: Option<AccountId32>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let view = context.view().await?;
	let campaign = campaign_of(&view, opts.campaign).await?;
	let raters = view.raters(opts.campaign).await?;
	let shares = view.dataset_shares(opts.campaign).await?;
	let now = view.block();
	let mut json = to_json(&campaign, now);
	let share = |account: &AccountId32| shares.iter().find(|share| share.rater == *account);
	if let Some(json) = json.as_object_mut() {
		let raters = raters.iter().map(|rater| {
			let mut json = rater::to_json(rater);
			if let (Some(json), Some(share)) = (json.as_object_mut(), share(&rater.rater)) {
				json.insert("shareParts".into(), json!(share.parts));
				json.insert("dividends".into(), json!(share.taken.to_string()));
			}
			json
		});
		json.insert("raters".into(), Value::from_iter(raters));
	}
	let mut text = to_text(&campaign, now);
	if !raters.is_empty() {
		text.push_str("\n\n");
		text.push_str(&rater_table(&raters));
	}
	Ok(Report { json, text })
}

fn to_text(campaign: &Campaign, now: u64) -> String {
	let terms = &campaign.terms;
	let mut lines = vec![
		("Campaign", campaign.campaign.to_string()),
		("Sponsor", campaign.sponsor.to_string()),
		(
			"Phase",
			format!(
				"{}: {}",
				phase_name(&campaign.phase),
				describe(campaign, now)
			),
		),
		(
			"Items",
			format!(
				"{}, of which {} are gold; each rater answers {}",
				terms.item_count, terms.gold_count, terms.items_each
			),
		),
		(
			"Raters",
			format!(
				"{} of {} joined, {} committed, {} revealed",
				campaign.joined, terms.raters, campaign.committed, campaign.revealed
			),
		),
		(
			"Full pay",
			format!(
				"{}, {} for each item",
				wgh(campaign.full_pay),
				wgh(terms.price)
			),
		),
		(
			"Stake",
			format!(
				"{} and {} of deposit",
				wgh(terms.stake),
				wgh(campaign.place_deposit)
			),
		),
		("Held", wgh(campaign.budget)),
		("Pot", campaign.pot.to_string()),
	];
	if terms.min_score > 0 {
		lines.push((
			"Open to",
			format!("raters with a score of {} or more", Score(terms.min_score)),
		));
	}
	if let Some(listing) = terms.dataset {
		lines.push(("Dataset", format!("listing {listing}, as promised")));
	}
	fields(&lines)
}

fn rater_table(raters: &[Rater]) -> String {
	let heading = ["PLACE", "RATER", "STATE", "GOT"];
	let mut rows = vec![heading.map(str::to_owned).to_vec()];
	rows.extend(raters.iter().map(|rater| {
		let amount = match rater.state {
			PlaceState::Paid { amount, .. } => wgh(amount),
			_ => String::new(),
		};
		vec![
			rater.place.to_string(),
			rater.rater.to_string(),
			rater::show_state(&rater.state).to_owned(),
			amount,
		]
	}));
	table(&rows, &[0, 3])
}

pub async fn list(opts: ListOpts, context: &Context) -> Result<Report, Failure> {
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let mut campaigns = Vec::new();
	for id in view.campaigns().await? {
		let campaign = view.campaign(id).await?;
		campaigns.extend(campaign.filter(|campaign| {
			let is_wanted = opts
				.sponsor
				.is_none_or(|sponsor| sponsor == campaign.sponsor);
			is_wanted && (!opts.open || phase_name(&campaign.phase) == "joining")
		}));
	}
	let now = view.block();
	let heading = ["CAMPAIGN", "ITEMS", "FULL PAY", "STAKE", "PHASE"];
	let mut rows = vec![heading.map(str::to_owned).to_vec()];
	rows.extend(campaigns.iter().map(|campaign| {
		vec![
			campaign.campaign.to_string(),
			campaign.terms.items_each.to_string(),
			wgh(campaign.full_pay),
			wgh(campaign.terms.stake),
			format!(
				"{}: {}",
				phase_name(&campaign.phase),
				describe(campaign, now)
			),
		]
	}));
	Ok(Report {
		json: json!({
			"block": now,
			"campaigns": campaigns.iter().map(|each| to_json(each, now)).collect::<Vec<_>>(),
		}),
		text: if campaigns.is_empty() {
			"No campaigns.".into()
		} else {
			table(&rows, &[0, 1, 2, 3])
		},
	})
}
