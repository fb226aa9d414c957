//! `weighhouse campaign list-dataset` and `weighhouse campaign distribute`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, feedback::Phase, keys::account_of};
use weighhouse_primitives::{feedback::CampaignId, ListingId};

use super::{campaign_of, describe, refusal};
use crate::{
	context::Context,
	failure::Failure,
	output::{settled, table, transaction, wgh, Report},
};

/// Give the listing of a campaign's dataset to its raters, who share what it earns
///
/// Proposes the pot of the campaign as the owner of the listing, and has it accept. Nobody has the key
/// of the pot: open the offers before, since nobody can open or close one afterwards.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse campaign export 1 --out dataset/preferences.jsonl
  weighhouse --suri //Alice publish dataset --kind dataset --price 5
  weighhouse --suri //Alice campaign list-dataset 1 7")]
pub struct ListOpts {
	/// Number of the campaign; it must be settled
	campaign: CampaignId,
	/// Number of the listing; it must be yours
	listing: ListingId,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

/// Give raters what their dataset has earned; anybody may
///
/// Sales pay into the pot by themselves, royalties when somebody claims them for the listing.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob campaign distribute 1
  weighhouse --suri //Bob claim 7")]
pub struct DistributeOpts {
	/// Number of the campaign
	campaign: CampaignId,
}

pub async fn list(opts: ListOpts, context: &Context) -> Result<Report, Failure> {
	let ListOpts {
		campaign: id,
		listing,
		yes,
	} = opts;
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let found = view.listing(listing).await?;
	let found = found.ok_or_else(|| Failure::NotFound(format!("listing {listing}")))?;
	// In the order of the chain, before the listing is proposed to anybody.
	if campaign.sponsor != account {
		return Err(refusal(&view, "NotSponsor"));
	}
	let paid = match campaign.phase {
		Phase::Settled { paid, .. } => paid,
		_ => 0,
	};
	if paid == 0 {
		context.tell(&format!(
			"Campaign {id}: {}",
			describe(&campaign, view.block())
		));
		return Err(refusal(&view, "NoShares"));
	}
	if campaign
		.terms
		.dataset
		.is_some_and(|promised| promised != listing)
	{
		return Err(refusal(&view, "OtherDataset"));
	}
	if found.owner != account {
		return Err(refusal(&view, "NotOwner"));
	}
	let offers = view.offers(listing).await?;
	context.tell(&format!(
		"Listing {listing} has {} open offers; nobody can open or close any once its raters own it.",
		offers.len()
	));
	if !yes {
		context.confirm(&format!(
			"Give listing {listing} to the raters of campaign {id} for good?"
		))?;
	}
	let mut transactions = Vec::new();
	if found.proposed_owner != Some(campaign.pot) {
		let call = calls::propose_owner(listing, campaign.pot);
		let included = context
			.submit(&client, &call, &key, "Proposing the raters' pot")
			.await?;
		transactions.push(transaction(&included));
	}
	let call = calls::accept_dataset(id, listing);
	let included = context
		.submit(&client, &call, &key, "Giving the dataset to the raters")
		.await?;
	let accepted = calls::dataset_accepted(&included)?;
	transactions.push(transaction(&included));
	Ok(Report {
		json: json!({
			"campaign": id,
			"listing": listing,
			"pot": accepted.pot.to_string(),
			"endowment": accepted.endowment.to_string(),
			"openOffers": offers.len(),
			"txs": transactions,
		}),
		text: format!(
			"Listing {listing} belongs to the raters of campaign {id}, {}. Their pot {} got {} to live \
			 on.\nNext, when it has sold: weighhouse campaign distribute {id}",
			settled(&included),
			accepted.pot,
			wgh(accepted.endowment),
		),
	})
}

pub async fn distribute(opts: DistributeOpts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::distribute(id);
	let included = context.submit(&client, &call, &key, "Distributing").await?;
	let dividends = calls::dividends(&included)?;
	let total = dividends
		.iter()
		.fold(0u128, |sum, (_, amount)| sum.saturating_add(*amount));
	let mut rows = vec![["RATER", "GOT"].map(str::to_owned).to_vec()];
	rows.extend(
		dividends
			.iter()
			.map(|(rater, amount)| vec![rater.to_string(), wgh(*amount)]),
	);
	Ok(Report {
		json: json!({
			"campaign": id,
			"total": total.to_string(),
			"dividends": dividends
				.iter()
				.map(|(rater, amount)| json!({ "rater": rater.to_string(), "amount": amount.to_string() }))
				.collect::<Vec<_>>(),
			"tx": transaction(&included),
		}),
		text: format!(
			"{} for {} raters of campaign {id}, {}.\n{}",
			wgh(total),
			dividends.len(),
			settled(&included),
			table(&rows, &[1]),
		),
	})
}
