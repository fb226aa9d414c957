//! `weighhouse close-offer`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::{ListingId, OfferId};

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Close an offer and get its deposit back
///
/// Licences that were bought under it stay.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice close-offer 1 2")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Number of the offer
	offer: OfferId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let Opts { listing, offer } = opts;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::close_offer(listing, offer);
	let included = context
		.submit(&client, &call, &key, "Closing the offer")
		.await?;
	Ok(Report {
		json: json!({ "listing": listing, "offer": offer, "tx": transaction(&included) }),
		text: format!(
			"Closed offer {offer} of listing {listing}, {}.",
			settled(&included)
		),
	})
}
