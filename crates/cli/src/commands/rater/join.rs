//! `weighhouse rater join`

use clap::Args;
use serde_json::json;
use weighhouse_client::{amount::Percent, calls, feedback::Phase, keys::account_of};
use weighhouse_primitives::{feedback::CampaignId, PARTS};

use crate::{
	commands::campaign::{campaign_of, describe, refusal},
	context::Context,
	failure::Failure,
	output::{settled, table, transaction, wgh, Report},
};

/// Chances to be right for which the expected pay is shown, in parts of 10^9.
const ACCURACIES: [u32; 3] = [650_000_000, 750_000_000, 850_000_000];
/// What is taken for granted of the other raters.
const OTHERS: u32 = PARTS / 4 * 3;

/// Take a place in a campaign; shows what to expect before anything is staked
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob rater join 1
  weighhouse --suri //Bob rater join 1 --yes --json")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let Phase::Joining { until } = campaign.phase else {
		context.tell(&format!(
			"Campaign {id}: {}",
			describe(&campaign, view.block())
		));
		return Err(refusal(&view, "NotJoining"));
	};
	if campaign.sponsor == account {
		return Err(refusal(&view, "OwnCampaign"));
	}
	if view.rater(id, &account).await?.is_some() {
		return Err(refusal(&view, "AlreadyJoined"));
	}
	let mut expected = Vec::new();
	for accuracy in ACCURACIES {
		let pay = view.expected_pay(id, accuracy, OTHERS).await?;
		expected.push((accuracy, pay.unwrap_or_default()));
	}
	let terms = &campaign.terms;
	let held = terms.stake.saturating_add(campaign.place_deposit);
	if view.account(&account).await?.free < held {
		return Err(refusal(&view, "BalanceTooLow"));
	}
	let mut rows = vec![["RIGHT ANSWERS", "EXPECTED PAY"]
		.map(str::to_owned)
		.to_vec()];
	rows.extend(
		expected
			.iter()
			.map(|(accuracy, pay)| vec![Percent(*accuracy).to_string(), wgh(*pay)]),
	);
	context.tell(&format!(
		"Campaign {id}: {} items, some of them tests; {} of {} places are taken, until block {until} \
		 (now {}).\nFull pay is {}. If the others are right in {}, expect on the average:\n{}\nWho \
		 answers without care gets next to nothing.\nHeld: {} of stake, lost if you do not answer \
		 within {} blocks of the draw and show your answers then, and {} of deposit.",
		terms.items_each,
		campaign.joined,
		terms.raters,
		view.block(),
		wgh(campaign.full_pay),
		Percent(OTHERS),
		table(&rows, &[0, 1]),
		wgh(terms.stake),
		terms.answering,
		wgh(campaign.place_deposit),
	));
	if !opts.yes {
		context.confirm(&format!("Take a place and have {} held?", wgh(held)))?;
	}
	let call = calls::join(id);
	let included = context.submit(&client, &call, &key, "Joining").await?;
	let place = calls::joined(&included)?;
	Ok(Report {
		json: json!({
			"campaign": id,
			"rater": account.to_string(),
			"place": place,
			"items": terms.items_each,
			"fullPay": campaign.full_pay.to_string(),
			"expected": expected
				.iter()
				.map(|(accuracy, pay)| json!({ "accuracyParts": accuracy, "pay": pay.to_string() }))
				.collect::<Vec<_>>(),
			"stake": terms.stake.to_string(),
			"deposit": campaign.place_deposit.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Place {place} of campaign {id} is yours, {}.\nNext: weighhouse rater work {id}",
			settled(&included)
		),
	})
}
