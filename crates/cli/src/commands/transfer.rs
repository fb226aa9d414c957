//! `weighhouse transfer`

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	calls,
	keys::{account_of, AccountId32},
};
use weighhouse_primitives::LicenceId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
	values,
};

/// Hand a licence to another account, with its deposit
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Bob transfer 3 //Charlie")]
pub struct Opts {
	/// Number of the licence
	licence: LicenceId,
	/// Who gets it: an address, or a development name such as //Charlie
	#[arg(value_parser = values::account)]
	to: AccountId32,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let Opts { licence, to } = opts;
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::transfer(licence, to);
	let included = context
		.submit(&client, &call, &key, "Transferring the licence")
		.await?;
	Ok(Report {
		json: json!({
			"licence": licence,
			"from": account_of(&key).to_string(),
			"to": to.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Licence {licence} now belongs to {to}, {}.",
			settled(&included)
		),
	})
}
