//! What becomes of the dataset of a campaign: `list-dataset`, `distribute` and `retire-dataset`.

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	calls,
	feedback::Phase,
	keys::{account_of, AccountId32},
};
use weighhouse_primitives::{feedback::CampaignId, ListingId, VersionNumber};

use super::{campaign_of, describe, refusal};
use crate::{
	context::Context,
	failure::Failure,
	output::{settled, table, transaction, wgh, Report},
};

/// Give the listing of a campaign's dataset to its raters, who share what it earns
///
/// Proposes the pot of the campaign as the owner of the listing, and has it accept. Nobody has the key
/// of the pot: open the offers before, since nobody can open one afterwards. Whoever opened an offer
/// can still close it.
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

/// Remove a version of a dataset that earns nothing any more, so that deposits come back to you
///
/// Refused while open offers, licences, royalties to claim or derived models need it: close the offers
/// first. What is due to raters they get before. With the last version the listing goes, and what is
/// left in the pot is yours. This cannot be undone.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice close-offer 7 1
  weighhouse --suri //Alice campaign retire-dataset 1 1")]
pub struct RetireOpts {
	/// Number of the campaign; you must be its sponsor
	campaign: CampaignId,
	/// Number of the version
	version: VersionNumber,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
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
		"Listing {listing} has {} open offers; nobody can open another one once its raters own it, and \
		 whoever opened one can still close it.",
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
	let total = total(&dividends);
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
			"dividends": to_json(&dividends),
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

pub async fn retire(opts: RetireOpts, context: &Context) -> Result<Report, Failure> {
	let RetireOpts {
		campaign: id,
		version,
		yes,
	} = opts;
	let key = context.key()?;
	let client = context.client().await?;
	if !yes {
		context.confirm(&format!(
			"Remove version {version} of the dataset of campaign {id}? This cannot be undone."
		))?;
	}
	let call = calls::retire_dataset(id, version);
	let included = context
		.submit(&client, &call, &key, "Retiring the dataset")
		.await?;
	let dividends = calls::dividends(&included)?;
	let retired = calls::dataset_retired(&included);
	let paid = total(&dividends);
	let whole = match &retired {
		Some(retired) => format!(
			" and with it listing {}; {} that were left in its pot are yours",
			retired.listing,
			wgh(retired.returned)
		),
		None => String::new(),
	};
	Ok(Report {
		json: json!({
			"campaign": id,
			"version": version,
			"listingRemoved": retired.is_some(),
			"returned": retired.map(|retired| retired.returned.to_string()),
			"total": paid.to_string(),
			"dividends": to_json(&dividends),
			"tx": transaction(&included),
		}),
		text: format!(
			"Version {version} of the dataset of campaign {id} is gone{whole}, {}. Raters got {}.",
			settled(&included),
			wgh(paid),
		),
	})
}

fn total(dividends: &[(AccountId32, u128)]) -> u128 {
	dividends
		.iter()
		.fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
}

fn to_json(dividends: &[(AccountId32, u128)]) -> Value {
	let each = dividends.iter();
	Value::from_iter(
		each.map(
			|(rater, amount)| json!({ "rater": rater.to_string(), "amount": amount.to_string() }),
		),
	)
}
