//! `weighhouse royalties`

use clap::Args;
use serde_json::json;
use weighhouse_client::Listing;
use weighhouse_primitives::ListingId;

use crate::{
	commands::search,
	context::Context,
	failure::Failure,
	output::{plain, table, wgh, Report},
};

/// Show royalties that wait to be claimed
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse royalties 1 2
  weighhouse --suri //Alice royalties")]
pub struct Opts {
	/// Listings; without any, all that the key's account owns
	listings: Vec<ListingId>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	// Better to miss the key before a node is asked.
	let owner = if opts.listings.is_empty() {
		Some(context.account(None)?)
	} else {
		None
	};
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let mut listings: Vec<Listing> = Vec::new();
	if let Some(owner) = owner {
		listings = search::all(&view, |listing| listing.owner == owner).await?;
	}
	for id in opts.listings {
		let listing = view.listing(id).await?;
		listings.push(listing.ok_or_else(|| Failure::NotFound(format!("listing {id}")))?);
	}
	let mut rows = vec![["LISTING", "NAME", "OWNER", "ACCRUED"]
		.map(str::to_owned)
		.to_vec()];
	let mut royalties = Vec::new();
	for listing in listings {
		let accrued = view.accrued(listing.id).await?;
		royalties.push(json!({
			"listing": listing.id,
			"owner": listing.owner.to_string(),
			"accrued": accrued.to_string(),
		}));
		rows.push(vec![
			listing.id.to_string(),
			plain(&listing.name),
			listing.owner.to_string(),
			wgh(accrued),
		]);
	}
	let text = if royalties.is_empty() {
		"No listings.".to_owned()
	} else {
		table(&rows, &[0, 3])
	};
	Ok(Report {
		json: json!({ "royalties": royalties }),
		text,
	})
}
