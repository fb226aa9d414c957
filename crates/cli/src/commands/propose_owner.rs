//! `weighhouse propose-owner`

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	calls,
	keys::{account_of, AccountId32},
};
use weighhouse_primitives::ListingId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
	values,
};

/// Offer a listing to another account
///
/// Nothing changes until that account accepts it. A new proposal replaces the last one.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice propose-owner 1 //Charlie")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Who may accept it: an address, or a development name such as //Charlie
	#[arg(value_parser = values::account)]
	to: AccountId32,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let Opts { listing, to } = opts;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::propose_owner(listing, to);
	let included = context
		.submit(&client, &call, &key, "Proposing the owner")
		.await?;
	Ok(Report {
		json: json!({
			"listing": listing,
			"owner": account_of(&key).to_string(),
			"proposed": to.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Offered listing {listing} to {to}, {}.\nNext, with that account's key: weighhouse \
			 accept-ownership {listing}",
			settled(&included)
		),
	})
}
