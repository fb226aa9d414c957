//! `weighhouse remove-licence`

use clap::Args;
use serde_json::json;
use weighhouse_client::calls;
use weighhouse_primitives::LicenceId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Remove a licence for good, and give its deposit back
///
/// Its holder may at any time; anybody may when it has expired or all its calls are used. The deposit
/// goes to the holder, the price does not come back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob remove-licence 3
  weighhouse --suri //Bob remove-licence 3 --yes --json")]
pub struct Opts {
	/// Number of the licence
	licence: LicenceId,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let licence = opts.licence;
	let key = context.key()?;
	let client = context.client().await?;
	if !opts.yes {
		context.confirm(&format!("Remove licence {licence}? This cannot be undone."))?;
	}
	let call = calls::remove_licence(licence);
	let included = context
		.submit(&client, &call, &key, "Removing the licence")
		.await?;
	let holder = calls::licence_removed(&included)?;
	Ok(Report {
		json: json!({
			"licence": licence,
			"holder": holder.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Removed licence {licence}; its deposit is back with {holder}, {}.",
			settled(&included)
		),
	})
}
