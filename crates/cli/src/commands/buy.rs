//! `weighhouse buy`

use clap::Args;
use serde_json::json;
use weighhouse_client::{amount::Amount, calls, keys::account_of};
use weighhouse_primitives::{ListingId, OfferId};

use crate::{
	commands::quote,
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Buy a licence
///
/// Shows the quote and asks. What an offer costs never changes: a new price is a new offer.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob buy 2
  weighhouse --suri //Bob buy 2 1 --yes
  weighhouse --keystore bob.json buy 2 --yes --max-price 5 --json")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Number of the offer; without it, the cheapest that can be bought
	offer: Option<OfferId>,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
	/// Refuse to pay more than this, in WGH
	#[arg(long, value_name = "WGH")]
	max_price: Option<Amount>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let listing = opts.listing;
	let key = context.key()?;
	let client = context.client().await?;
	let (offer, quote) = quote::find(&client.best().await?, listing, opts.offer).await?;
	context.tell(&quote::to_text(listing, offer, &quote));
	if let Some(limit) = opts.max_price.filter(|limit| quote.price > limit.0) {
		return Err(Failure::Declined(format!(
			"the price of offer {offer} of listing {listing} is {}, over the limit of {}",
			wgh(quote.price),
			wgh(limit.0)
		)));
	}
	if !opts.yes {
		context.confirm(&format!("Pay {}?", wgh(quote.price)))?;
	}
	let included = context
		.submit(&client, &calls::buy(listing, offer), &key, "Buying")
		.await?;
	let sale = calls::sold(&included)?;
	Ok(Report {
		json: json!({
			"listing": listing,
			"offer": offer,
			"licence": sale.licence,
			"receipt": sale.receipt,
			"buyer": account_of(&key).to_string(),
			"price": sale.price.to_string(),
			"feeBurned": sale.fee_burned.to_string(),
			"feeTreasury": sale.fee_treasury.to_string(),
			"royalties": sale.royalties.to_string(),
			"toOwner": sale.to_owner.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Bought licence {} for {}, receipt {}, {}.\nNext: weighhouse fetch {listing}@{}",
			sale.licence,
			wgh(sale.price),
			sale.receipt,
			settled(&included),
			quote.last_version,
		),
	})
}
