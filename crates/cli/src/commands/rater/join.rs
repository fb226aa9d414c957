//! `weighhouse rater join`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, feedback::Phase, keys::account_of, View};
use weighhouse_primitives::feedback::CampaignId;

use super::expectation::Expectation;
use crate::{
	commands::campaign::{
		campaign_of,
		contents::{is_missing, Contents},
		describe, refusal,
	},
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Take a place in a campaign; shows what to expect before anything is staked
///
/// Fetches all prompts and answers before: who cannot read an item would have to guess it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob rater join 1
  weighhouse --suri //Bob rater join 1 --yes --json")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// Join without fetching prompts and answers
	#[arg(long)]
	unseen: bool,
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
	let Phase::Joining { .. } = campaign.phase else {
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
	let expected = Expectation::of(&view, &campaign, Some(&account)).await?;
	let terms = &campaign.terms;
	if expected.is_barred(&campaign) {
		context.tell(&expected.text(&campaign, view.block()));
		return Err(refusal(&view, "ScoreTooLow"));
	}
	let held = terms.stake.saturating_add(campaign.place_deposit);
	if view.account(&account).await?.free < held.saturating_add(context.tip()) {
		return Err(refusal(&view, "BalanceTooLow"));
	}
	if !opts.unseen {
		look(&view, id, context).await?;
	}
	context.tell(&expected.text(&campaign, view.block()));
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
			"expected": expected.json(),
			"minScore": terms.min_score,
			"score": expected.score(),
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

/// Fetches all that is asked. Refuses a campaign with something that cannot be read: any item may
/// become one's own.
async fn look(view: &View, campaign: CampaignId, context: &Context) -> Result<(), Failure> {
	let ipfs = context.ipfs()?;
	let items = view.campaign_items(campaign).await?;
	let mut contents = Contents::of(&ipfs, &items);
	let all = contents.left();
	let spinner = context.spinner("Fetching prompts and answers".into());
	while let Some((cid, text)) = contents.fetched().await {
		let Err(failure) = text else {
			spinner.set_message(format!(
				"Fetching prompts and answers, {} of {all}",
				all.saturating_sub(contents.left())
			));
			continue;
		};
		spinner.finish_and_clear();
		if !is_missing(&failure) {
			return Err(failure);
		}
		let of = items
			.iter()
			.find(|item| [&item.prompt, &item.a, &item.b].contains(&&cid));
		return Err(Failure::Unreadable {
			campaign,
			item: of.map_or(0, |item| item.item),
			source: Box::new(failure),
		});
	}
	spinner.finish_and_clear();
	Ok(())
}
