//! `weighhouse claim`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::ListingId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Pay a listing's owner the royalties that accrued
///
/// Anybody may ask; the owner is paid.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice claim 1")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let listing = opts.listing;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::claim(listing);
	let included = context
		.submit(&client, &call, &key, "Claiming royalties")
		.await?;
	let (owner, amount) = calls::claimed(&included)?;
	Ok(Report {
		json: json!({
			"listing": listing,
			"owner": owner.to_string(),
			"amount": amount.to_string(),
			"tx": transaction(&included),
		}),
		text: format!("Paid {} to {owner}, {}.", wgh(amount), settled(&included)),
	})
}
