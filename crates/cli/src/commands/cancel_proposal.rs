//! `weighhouse cancel-proposal`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::ListingId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Withdraw the offer of a listing to another account, or decline it
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice cancel-proposal 1")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let listing = opts.listing;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::cancel_proposal(listing);
	let included = context
		.submit(&client, &call, &key, "Cancelling the proposal")
		.await?;
	let proposed = calls::proposal_cancelled(&included)?;
	Ok(Report {
		json: json!({
			"listing": listing,
			"proposed": proposed.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Listing {listing} is not offered to {proposed} any more, {}.",
			settled(&included)
		),
	})
}
