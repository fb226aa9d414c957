//! `weighhouse remove-version`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::{ListingId, VersionNumber};

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
	values,
};

/// Remove a version that nobody needs, and get its deposit back
///
/// With the last version the listing goes. Refused while the listing has open offers, licences or
/// royalties to claim, or versions of other listings are derived from this one. This cannot be undone.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice remove-version 1@2
  weighhouse --suri //Alice remove-version 1@2 --yes --json")]
pub struct Opts {
	/// Listing and version
	#[arg(value_name = "LISTING@VERSION", value_parser = values::exact)]
	target: (ListingId, VersionNumber),
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let (listing, version) = opts.target;
	let key = context.key()?;
	let client = context.client().await?;
	if !opts.yes {
		context.confirm(&format!(
			"Remove {listing}@{version}? This cannot be undone."
		))?;
	}
	let call = calls::remove_version(listing, version);
	let included = context
		.submit(&client, &call, &key, "Removing the version")
		.await?;
	let was_last = calls::removed_listing(&included);
	let whole = if was_last {
		format!(" and with it listing {listing}")
	} else {
		String::new()
	};
	Ok(Report {
		json: json!({
			"listing": listing,
			"version": version,
			"listingRemoved": was_last,
			"tx": transaction(&included),
		}),
		text: format!(
			"Removed {listing}@{version}{whole}, {}.",
			settled(&included)
		),
	})
}
