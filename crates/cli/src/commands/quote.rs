//! `weighhouse quote`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{delivery::Seller, NotForSale, Quote, View};
use weighhouse_primitives::{ListingId, OfferId};

use crate::{
	commands::seller,
	context::Context,
	failure::Failure,
	output::{hex, plain, table, wgh, Report},
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
	let sealing = Sealing::of(&view, &quote).await?;
	Ok(Report {
		json: to_json(opts.listing, offer, &quote, sealing.as_ref()),
		text: to_text(opts.listing, offer, &quote, sealing.as_ref()),
	})
}

/// What else there is to know before a licence of a sealed version is bought.
pub struct Sealing {
	/// Whom the files are encrypted to.
	pub recipient: String,
	/// Who has to deliver the key; none if the owner has no bond.
	pub seller: Option<Seller>,
	/// What is held for the record of the delivery, besides other deposits.
	pub deposit: u128,
}

impl Sealing {
	/// None if the version is not sealed.
	pub async fn of(view: &View, quote: &Quote) -> Result<Option<Self>, Failure> {
		let Some(recipient) = quote.sealed.clone() else {
			return Ok(None);
		};
		Ok(Some(Self {
			recipient,
			seller: view.seller(&quote.owner).await?,
			deposit: view.delivery_deposit().await?,
		}))
	}

	/// What the chain would refuse of a purchase that waits `within` blocks: the name of its error.
	pub fn refusal(&self, price: u128, within: Option<u32>) -> Option<&'static str> {
		match &self.seller {
			None => Some("SellerNotBonded"),
			Some(seller) if within.is_some_and(|within| within < seller.window) => {
				Some("DeliveryTooSlow")
			}
			Some(seller) if seller.highest_price < price => Some("BondCoversNoMore"),
			Some(_) => None,
		}
	}

	fn text(&self) -> String {
		let seller = match &self.seller {
			Some(seller) => format!(
				"The price waits on your account until the seller has delivered the key, within {}, and \
				 you have tried it. Else it comes back: the seller's bond of {} answers, and covers one \
				 more sale up to {}.",
				values::show_blocks(seller.window),
				wgh(seller.bond),
				wgh(seller.highest_price),
			),
			None => "The seller has no bond, so nothing sealed can be bought of it now.".into(),
		};
		format!("Sealed for {}. {seller}", plain(&self.recipient))
	}
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
pub fn to_json(
	listing: ListingId,
	offer: OfferId,
	quote: &Quote,
	sealing: Option<&Sealing>,
) -> Value {
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
		"total": total(quote, sealing).to_string(),
		"term": values::term_json(quote.term),
		"firstVersion": quote.first_version,
		"lastVersion": quote.last_version,
		"rights": values::show_rights(quote.rights),
		"transferable": values::is_transferable(quote.transferability),
		"terms": hex(&quote.terms),
		"sealed": quote.sealed,
		"delivery": sealing.map(|sealing| json!({
			"deposit": sealing.deposit.to_string(),
			"seller": seller::to_json(sealing.seller.as_ref()),
		})),
	})
}

/// A quote for people.
pub fn to_text(
	listing: ListingId,
	offer: OfferId,
	quote: &Quote,
	sealing: Option<&Sealing>,
) -> String {
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
	if let Some(sealing) = sealing {
		rows.push(row(
			"Deposit for the delivery",
			sealing.deposit,
			"held on your account".into(),
		));
	}
	rows.push(row(
		"Needed",
		total(quote, sealing),
		"and a small network fee".into(),
	));
	let sealed = sealing.map(|sealing| format!("\n{}", sealing.text()));
	format!(
		"{heading}\n{}{}",
		table(&rows, &[1]),
		sealed.unwrap_or_default()
	)
}

/// What the buyer needs, network fee aside.
fn total(quote: &Quote, sealing: Option<&Sealing>) -> u128 {
	let deposit = sealing.map_or(0, |sealing| sealing.deposit);
	quote
		.price
		.saturating_add(quote.deposit)
		.saturating_add(deposit)
}

#[cfg(test)]
mod tests {
	use weighhouse_client::{keys::AccountId32, H256};
	use weighhouse_primitives::{Rights, Term, Transferability};

	use super::*;

	fn quote() -> Quote {
		Quote {
			price: 100,
			fee_burned: 1,
			fee_treasury: 1,
			royalties: Vec::new(),
			to_owner: 98,
			owner: AccountId32([1; 32]),
			deposit: 10,
			first_version: 1,
			last_version: 1,
			term: Term::Perpetual,
			rights: Rights::Use,
			transferability: Transferability::Bound,
			terms: H256::zero(),
			sealed: Some("age1".into()),
		}
	}

	fn sealing(seller: Option<Seller>) -> Sealing {
		Sealing {
			recipient: "age1".into(),
			seller,
			deposit: 7,
		}
	}

	fn seller() -> Seller {
		Seller {
			bond: 20,
			covers: 10,
			highest_price: 100,
			window: 1800,
		}
	}

	#[test]
	fn purchase_is_refused_when_the_seller_cannot_answer_for_it() {
		let bonded = sealing(Some(seller()));
		assert_eq!(bonded.refusal(100, None), None);
		assert_eq!(bonded.refusal(100, Some(1800)), None);
		assert_eq!(bonded.refusal(101, None), Some("BondCoversNoMore"));
		assert_eq!(bonded.refusal(100, Some(1799)), Some("DeliveryTooSlow"));
		assert_eq!(sealing(None).refusal(0, None), Some("SellerNotBonded"));
	}

	#[test]
	fn deposit_of_the_delivery_is_counted_when_the_version_is_sealed() {
		let sealing = sealing(Some(seller()));
		let json = to_json(3, 1, &quote(), Some(&sealing));
		assert_eq!(json["total"], "117");
		assert_eq!(json["delivery"]["seller"]["window"], 1800);
		let text = to_text(3, 1, &quote(), Some(&sealing));
		assert!(text.contains("within 1800 blocks (1 h)"), "{text}");
		let open = Quote {
			sealed: None,
			..quote()
		};
		let json = to_json(3, 1, &open, None);
		assert_eq!(json["total"], "110");
		assert_eq!(json["delivery"], Value::Null);
	}
}
