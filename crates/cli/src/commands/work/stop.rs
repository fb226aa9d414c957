//! `weighhouse work stop`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, keys::account_of};
use weighhouse_primitives::ListingId;

use crate::{
	commands::work::worker_of,
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Serve nothing any more and take the bond back
///
/// Stops serving every listing and begins to unbond all bond that no open job reserves; after the
/// unbonding period `work withdraw` pays it out. With listings, only stops serving those. Open jobs go
/// on and must be answered.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Worker1 work stop
  weighhouse --suri //Worker1 work stop 2 3")]
pub struct Opts {
	/// Stop serving these listings only, and leave the bond
	#[arg(value_name = "LISTING")]
	listings: Vec<ListingId>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	worker_of(&view, &account).await?;
	let asks = view.asks_of(&account).await?;
	let served: Vec<ListingId> = asks.iter().map(|ask| ask.listing).collect();
	if let Some(listing) = opts
		.listings
		.iter()
		.find(|listing| !served.contains(listing))
	{
		return Err(Failure::NotFound(format!(
			"price of this worker for listing {listing}"
		)));
	}
	let everything = opts.listings.is_empty();
	let listings = if everything { served } else { opts.listings };
	let mut transactions = Vec::new();
	let mut last = None;
	for listing in &listings {
		let included = context
			.submit(
				&client,
				&calls::stop_serving(*listing),
				&key,
				&format!("Leaving listing {listing}"),
			)
			.await?;
		transactions.push(transaction(&included));
		last = Some(included);
	}
	// Read again: a job may have begun or ended meanwhile.
	let worker = worker_of(&client.best().await?, &account).await?;
	let free = worker.bond.saturating_sub(worker.reserved);
	let mut unbonded = 0;
	if everything && free > 0 {
		let included = context
			.submit(&client, &calls::unbond(free), &key, "Unbonding")
			.await?;
		transactions.push(transaction(&included));
		last = Some(included);
		unbonded = free;
	}
	let worker = worker_of(&client.best().await?, &account).await?;
	let until = worker
		.unbonding
		.iter()
		.map(|part| part.until)
		.max()
		.filter(|_| unbonded > 0);
	let mut text = match &last {
		Some(included) => format!("Left {} listings, {}.", listings.len(), settled(included)),
		None => "There was nothing to stop.".into(),
	};
	if let Some(until) = until {
		text.push_str(&format!(
			"\n{} of bond come back from block {until} on: `weighhouse work withdraw`.",
			wgh(unbonded)
		));
	}
	if everything && worker.bond > 0 {
		text.push_str(&format!(
			"\n{} stay reserved for {} open jobs. Answer them, then run this again.",
			wgh(worker.bond),
			worker.open_jobs.len()
		));
	}
	Ok(Report {
		json: json!({
			"worker": account.to_string(),
			"stopped": listings,
			"unbonded": unbonded.to_string(),
			"until": until,
			"bond": worker.bond.to_string(),
			"openJobs": worker.open_jobs,
			"txs": transactions,
		}),
		text,
	})
}
