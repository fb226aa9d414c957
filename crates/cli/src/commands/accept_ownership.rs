//! `weighhouse accept-ownership`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::ListingId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Become the owner of a listing that was offered to the key's account
///
/// The old owner is paid the royalties that accrued and gets the deposit back; the same deposit is
/// held on the new owner's account.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Charlie accept-ownership 1")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let listing = opts.listing;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::accept_ownership(listing);
	let included = context
		.submit(&client, &call, &key, "Accepting the listing")
		.await?;
	let (from, to) = calls::owner_changed(&included)?;
	Ok(Report {
		json: json!({
			"listing": listing,
			"from": from.to_string(),
			"to": to.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Listing {listing} now belongs to {to}, {}.",
			settled(&included)
		),
	})
}
