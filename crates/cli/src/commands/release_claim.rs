//! `weighhouse release-claim`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, H256};

use crate::{
	context::Context,
	failure::Failure,
	output::{hex, settled, transaction, Report},
	values,
};

/// Give up a claim of files that was not used, and get its deposit back
///
/// Whoever claims the files next is first with them. `publish --claim` prints the commitment.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse release-claim 0x1f0c9ae0b3a7f8f1d2f8a2b2a0c1f6b6b9d5a7b7a90f5f4e2c0d8e7a6b5c4d3e")]
pub struct Opts {
	/// What was claimed: 0x and 64 hex digits
	#[arg(value_parser = values::hash)]
	commitment: H256,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let commitment = opts.commitment;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::release_claim(commitment);
	let included = context
		.submit(&client, &call, &key, "Releasing the claim")
		.await?;
	Ok(Report {
		json: json!({ "commitment": hex(&commitment), "tx": transaction(&included) }),
		text: format!(
			"Gave up claim {}, {}.",
			hex(&commitment),
			settled(&included)
		),
	})
}
