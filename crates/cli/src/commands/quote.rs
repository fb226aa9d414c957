//! `weighhouse quote`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{NotForSale, Quote, View};
use weighhouse_primitives::{ListingId, OfferId};

use crate::{
	context::Context,
	failure::Failure,
	output::{hex, table, wgh, Report},
	values,
};

/// Show what a licence costs and who is paid
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse quote 2
  weighhouse quote 2 1 --json")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Number of the offer; without it, the cheapest that can be bought
	offer: Option<OfferId>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let view = context.view().await?;
	let (offer, quote) = find(&view, opts.listing, opts.offer).await?;
	Ok(Report {
		json: to_json(opts.listing, offer, &quote),
		text: to_text(opts.listing, offer, &quote),
	})
}

/// The quote of an offer, or of the cheapest one that can be bought.
pub async fn find(
	view: &View,
	listing: ListingId,
	offer: Option<OfferId>,
) -> Result<(OfferId, Quote), Failure> {
	let offer = match offer {
		Some(offer) => offer,
		None => cheapest(view, listing).await?,
	};
	let quote = view.quote(listing, offer).await?;
	Ok((
		offer,
		quote.map_err(|reason| Failure::NotForSale {
			listing,
			offer,
			reason,
		})?,
	))
}

async fn cheapest(view: &View, listing: ListingId) -> Result<OfferId, Failure> {
	let offers = view.offers(listing).await?;
	let open = offers.iter().filter(|offer| offer.unavailable.is_none());
	if let Some(offer) = open.min_by_key(|offer| (offer.price, offer.offer)) {
		return Ok(offer.offer);
	}
	if view.listing(listing).await?.is_none() {
		return Err(Failure::NotFound(format!("listing {listing}")));
	}
	match offers.first() {
		// One that is shut says more than that there is none.
		Some(offer) => Err(Failure::NotForSale {
			listing,
			offer: offer.offer,
			reason: offer.unavailable.unwrap_or(NotForSale::UnknownOffer),
		}),
		None => Err(Failure::NotFound(format!(
			"open offer of listing {listing}"
		))),
	}
}

/// A quote for scripts.
pub fn to_json(listing: ListingId, offer: OfferId, quote: &Quote) -> Value {
	let royalty = |royalty: &weighhouse_client::Royalty| {
		json!({
			"listing": royalty.listing,
			"owner": royalty.owner.to_string(),
			"amount": royalty.amount.to_string(),
		})
	};
	json!({
		"listing": listing,
		"offer": offer,
		"price": quote.price.to_string(),
		"feeBurned": quote.fee_burned.to_string(),
		"feeTreasury": quote.fee_treasury.to_string(),
		"royalties": quote.royalties.iter().map(royalty).collect::<Vec<_>>(),
		"toOwner": quote.to_owner.to_string(),
		"owner": quote.owner.to_string(),
		"deposit": quote.deposit.to_string(),
		"total": total(quote).to_string(),
		"term": values::term_json(quote.term),
		"firstVersion": quote.first_version,
		"lastVersion": quote.last_version,
		"rights": values::show_rights(quote.rights),
		"transferable": values::is_transferable(quote.transferability),
		"terms": hex(&quote.terms),
	})
}

/// A quote for people.
pub fn to_text(listing: ListingId, offer: OfferId, quote: &Quote) -> String {
	let may = if values::is_transferable(quote.transferability) {
		"may"
	} else {
		"may not"
	};
	let heading = format!(
		"Offer {offer} of listing {listing}: version {}, {}, to {}; {may} be transferred.",
		values::show_range(quote.first_version, quote.last_version),
		values::show_term(quote.term),
		values::show_rights(quote.rights),
	);
	let row = |what: &str, amount: u128, whom: String| vec![what.to_owned(), wgh(amount), whom];
	let mut rows = vec![
		row("Protocol fee, burned", quote.fee_burned, "nobody".into()),
		row(
			"Protocol fee, treasury",
			quote.fee_treasury,
			"the chain's treasury".into(),
		),
	];
	rows.extend(quote.royalties.iter().map(|royalty| {
		row(
			&format!("Royalty to listing {}", royalty.listing),
			royalty.amount,
			royalty.owner.to_string(),
		)
	}));
	rows.push(row(
		"To the seller",
		quote.to_owner,
		quote.owner.to_string(),
	));
	rows.push(row("Price", quote.price, String::new()));
	rows.push(row(
		"Deposit, given back later",
		quote.deposit,
		"held on your account".into(),
	));
	rows.push(row(
		"Needed",
		total(quote),
		"and a small network fee".into(),
	));
	format!("{heading}\n{}", table(&rows, &[1]))
}

/// What the buyer needs, network fee aside.
fn total(quote: &Quote) -> u128 {
	quote.price.saturating_add(quote.deposit)
}
