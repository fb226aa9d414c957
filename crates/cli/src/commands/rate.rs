//! `weighhouse rate`

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	calls,
	keys::{account_of, Keypair},
	reputation::PALLET,
	Client, Receipt,
};
use weighhouse_primitives::ReceiptId;

use crate::{
	context::Context,
	failure::Failure,
	output::{score, settled, transaction, wgh, Report},
	values,
};

/// Say how content you are with what you bought
///
/// Each receipt can be rated once, by its buyer. It counts by the protocol fee that was paid, for the
/// listing and for its seller: 100% is what is taken for granted without a rating, anything less takes
/// success back and adds three times as much failure. A deposit is held until the rating is forgotten.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob rate 3 20%
  weighhouse --suri //Bob rate 3 100 --yes --json
  weighhouse --suri //Bob rate 3 --forget")]
pub struct Opts {
	/// Number of the receipt
	receipt: ReceiptId,
	/// How content you are: whole percent from 0 to 100
	#[arg(value_parser = values::rating, required_unless_present = "forget")]
	percent: Option<u8>,
	/// Remove a rating that cannot be given again, so that its deposit comes back; what it did to
	/// scores remains
	#[arg(long, conflicts_with = "percent")]
	forget: bool,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let client = context.client().await?;
	match opts.percent {
		Some(percent) => rate(&opts, percent, &client, &key, context).await,
		None => forget(opts.receipt, &client, &key, context).await,
	}
}

async fn rate(
	opts: &Opts,
	percent: u8,
	client: &Client,
	key: &Keypair,
	context: &Context,
) -> Result<Report, Failure> {
	let number = opts.receipt;
	let account = account_of(key);
	let view = client.best().await?;
	let receipt = view.receipt(number).await?;
	let receipt = receipt.ok_or_else(|| Failure::NotFound(format!("receipt {number}")))?;
	let until = view.may_rate(&account, number).await?;
	let until =
		until.map_err(|barrier| Failure::Chain(view.refusal(PALLET, barrier.name()).into()))?;
	let deposit = view.rating_deposit().await?;
	let (what, price, fee) = match &receipt {
		Receipt::Sale(sale) => (
			format!(
				"a licence of listing {}, sold by {}",
				sale.listing, sale.seller
			),
			sale.price,
			sale.fee,
		),
		Receipt::Job(job) => (
			format!(
				"an answer of {}@{}, sold by {}",
				job.listing, job.version, job.seller
			),
			job.price,
			job.fee,
		),
	};
	context.tell(&format!(
		"Receipt {number}: {what}.\nYou paid {}, and {} of it were fee, by which the rating counts.\n\
		 It can be given once, before block {until} (now {}). {} are held for it, which come back with \
		 `weighhouse rate {number} --forget` from that block on.",
		wgh(price),
		wgh(fee),
		view.block(),
		wgh(deposit),
	));
	if !opts.yes {
		context.confirm(&format!("Rate it {percent}%?"))?;
	}
	let call = calls::rate(number, percent);
	let included = context.submit(client, &call, key, "Rating").await?;
	let rated = calls::rated(&included)?;
	Ok(Report {
		json: json!({
			"receipt": number,
			"percent": percent,
			"buyer": account.to_string(),
			"listing": rated.listing,
			"seller": rated.seller.to_string(),
			"fee": fee.to_string(),
			"taken": rated.taken.to_string(),
			"listingScore": rated.listing_score,
			"sellerScore": rated.seller_score,
			"deposit": deposit.to_string(),
			"until": until,
			"tx": transaction(&included),
		}),
		text: format!(
			"Receipt {number} is rated {percent}%, {}.\nListing {} scores {}, its seller {}.",
			settled(&included),
			rated.listing,
			score(rated.listing_score),
			score(rated.seller_score),
		),
	})
}

async fn forget(
	number: ReceiptId,
	client: &Client,
	key: &Keypair,
	context: &Context,
) -> Result<Report, Failure> {
	let view = client.best().await?;
	let rating = view.rating(number).await?;
	let rating = rating.ok_or_else(|| Failure::NotFound(format!("rating of receipt {number}")))?;
	if view.next_block() < rating.forgettable {
		context.tell(&format!(
			"It can be forgotten from block {} on; it is block {}.",
			rating.forgettable,
			view.block()
		));
		return Err(Failure::Chain(
			view.refusal(PALLET, "RatingStillNeeded").into(),
		));
	}
	let call = calls::forget_rating(number);
	let included = context
		.submit(client, &call, key, "Forgetting the rating")
		.await?;
	let buyer = calls::rating_forgotten(&included)?;
	Ok(Report {
		json: json!({
			"receipt": number,
			"buyer": buyer.to_string(),
			"forgotten": true,
			"tx": transaction(&included),
		}),
		text: format!(
			"The rating of receipt {number} is forgotten, {}; its deposit is back with {buyer}.",
			settled(&included)
		),
	})
}
