//! `weighhouse yank`

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

/// Withdraw a version from new sales and new derivatives
///
/// It stays visible, licences for it stay valid, and this cannot be undone.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Alice yank 1@2")]
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
		context.confirm(&format!("Yank {listing}@{version}? This cannot be undone."))?;
	}
	let call = calls::yank(listing, version);
	let included = context.submit(&client, &call, &key, "Yanking").await?;
	Ok(Report {
		json: json!({ "listing": listing, "version": version, "tx": transaction(&included) }),
		text: format!("Yanked {listing}@{version}, {}.", settled(&included)),
	})
}
