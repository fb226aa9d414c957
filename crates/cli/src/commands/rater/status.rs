//! `weighhouse rater status`

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	feedback::{Campaign, Phase, PlaceState, Rater, Reason},
	keys::AccountId32,
};
use weighhouse_primitives::feedback::{CampaignId, MIN_COMPARED};

use super::{expectation::Expectation, show_state, to_json};
use crate::{
	commands::campaign::{campaign_of, describe, phase_name, refusal},
	context::Context,
	failure::Failure,
	output::{fields, score, wgh, Report},
	values,
};

/// Show a place in a campaign, and in the end why it was paid what it was paid
///
/// Without a place in it, and as long as there are some, shows what to expect before anything is staked.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob rater status 1
  weighhouse rater status 1
  weighhouse rater status 1 //Charlie --json")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// Who; without it, the key's account, if there is a key
	#[arg(value_parser = values::account)]
	account: Option<AccountId32>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let account = match opts.account {
		Some(account) => Some(account),
		None => context.own_account()?,
	};
	let view = context.view().await?;
	let campaign = campaign_of(&view, opts.campaign).await?;
	let rater = match &account {
		Some(account) => view.rater(opts.campaign, account).await?,
		None => None,
	};
	match (rater, &campaign.phase) {
		(Some(rater), _) => Ok(report(&campaign, &rater, view.block())),
		(None, Phase::Joining { .. }) => {
			let expected = Expectation::of(&view, &campaign, account.as_ref()).await?;
			Ok(outlook(&campaign, &expected, view.block()))
		}
		(None, _) if account.is_none() => Err(Failure::NoKey),
		(None, _) => Err(refusal(&view, "NotRater")),
	}
}

/// What to expect of a campaign without a place in it.
fn outlook(campaign: &Campaign, expected: &Expectation, now: u64) -> Report {
	Report {
		json: json!({
			"campaign": campaign.campaign,
			"phase": phase_name(&campaign.phase),
			"until": campaign.phase.until(),
			"rater": null,
			"place": null,
			"state": null,
			"amount": null,
			"reason": null,
			"fullPay": campaign.full_pay.to_string(),
			"stake": campaign.terms.stake.to_string(),
			"deposit": campaign.place_deposit.to_string(),
			"items": campaign.terms.items_each,
			"expected": expected.json(),
			"minScore": campaign.terms.min_score,
			"score": expected.score(),
			"block": now,
		}),
		text: format!(
			"{}\nNext: weighhouse rater join {}",
			expected.text(campaign, now),
			campaign.campaign
		),
	}
}

/// Where a rater stands.
pub fn report(campaign: &Campaign, rater: &Rater, now: u64) -> Report {
	let mut json = to_json(rater);
	if let Some(json) = json.as_object_mut() {
		json.insert("campaign".into(), json!(campaign.campaign));
		json.insert("phase".into(), json!(phase_name(&campaign.phase)));
		json.insert("until".into(), json!(campaign.phase.until()));
		json.insert("fullPay".into(), json!(campaign.full_pay.to_string()));
		json.insert("stake".into(), json!(campaign.terms.stake.to_string()));
		json.insert("items".into(), json!(rater.shown.len()));
		json.insert("block".into(), json!(now));
	}
	let mut lines = vec![
		(
			"Campaign",
			format!(
				"{}, {}: {}",
				campaign.campaign,
				phase_name(&campaign.phase),
				describe(campaign, now)
			),
		),
		("Rater", rater.rater.to_string()),
		("Place", rater.place.to_string()),
		("State", state(campaign, rater)),
	];
	lines.extend(reason(campaign, &rater.state));
	Report {
		json,
		text: fields(&lines),
	}
}

fn state(campaign: &Campaign, rater: &Rater) -> String {
	let (id, stake) = (campaign.campaign, wgh(campaign.terms.stake));
	let more = match &rater.state {
		PlaceState::Joined => {
			format!("{stake} at stake; items are drawn when all places are taken")
		}
		PlaceState::Drawn { items } => {
			format!(
				"{} items to answer: `weighhouse rater work {id}`",
				items.len()
			)
		}
		PlaceState::Committed { .. } => {
			format!("then show the answers: `weighhouse rater reveal {id}`")
		}
		PlaceState::Revealed { .. } => "waits to be paid".into(),
		PlaceState::Paid { amount, .. } => {
			format!("got {}, and the stake of {stake} back", wgh(*amount))
		}
		PlaceState::Silent { .. } => format!("did not commit, and lost {stake}"),
		PlaceState::Unrevealed { .. } => format!("did not show its answers, and lost {stake}"),
		PlaceState::Refunded => format!("the campaign came to nothing; {stake} came back"),
	};
	format!("{}: {more}", show_state(&rater.state))
}

/// Why a rater was paid what it was paid.
fn reason(campaign: &Campaign, state: &PlaceState) -> Vec<(&'static str, String)> {
	let PlaceState::Paid { reason, amount, .. } = state else {
		return Vec::new();
	};
	let Reason::Scored(found) = reason else {
		return vec![(
			"Reason",
			"all who revealed got full pay: the gold was not opened, or most of it was wrong"
				.into(),
		)];
	};
	let covariance = found.covariance;
	let sign = if covariance.parts < 0 { "-" } else { "" };
	let moved = format!(
		"{sign}{} over {} tasks",
		score(covariance.parts.unsigned_abs()),
		covariance.compared
	);
	vec![
		(
			"Gold",
			format!("{} right of {} that were tests", found.correct, found.gold),
		),
		(
			"Care",
			format!("{} of 1: what can be relied on by that", score(found.care)),
		),
		(
			"Covariance",
			if covariance.compared < MIN_COMPARED {
				format!("{moved}: too few to say anything, so gold alone decides")
			} else {
				format!(
					"{moved} with the answers of others, beyond habit: {} of 1 (all from 0.250 on)",
					score(covariance.agreement())
				)
			},
		),
		(
			"Pay",
			format!(
				"{} of full pay {}: {}",
				score(found.earned),
				wgh(campaign.full_pay),
				wgh(*amount)
			),
		),
	]
}
