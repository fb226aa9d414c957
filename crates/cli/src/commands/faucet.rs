//! `weighhouse faucet`

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	amount::Amount,
	calls,
	keys::{self, account_of, AccountId32},
};

use crate::{
	commands::work::amount,
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
	values,
};

/// The word by which a node says that its chain is for trying things out.
const DEVELOPMENT: &str = "Development";

/// Give an account money on a development chain
///
/// The money comes from //Alice, whom a development chain endows. On any other chain nothing is sent.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse faucet //Worker1
  weighhouse faucet 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --amount 250 --from //Bob")]
pub struct Opts {
	/// Who gets it: an address, or a development name such as //Worker1
	#[arg(value_parser = values::account)]
	account: AccountId32,
	/// How much, in WGH
	#[arg(long, value_name = "WGH", default_value = "1000", value_parser = amount)]
	amount: Amount,
	/// Who gives it: a secret URI
	#[arg(long, value_name = "SURI", default_value = "//Alice")]
	from: String,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = keys::from_suri(&opts.from)?;
	let client = context.client().await?;
	let kind = client.chain_type().await?;
	if kind != DEVELOPMENT {
		return Err(Failure::Usage(format!(
			"the faucet is for development chains, and the node says that its chain is of the type {kind}: have somebody send you money instead"
		)));
	}
	let call = calls::send_money(opts.account, opts.amount.0);
	let included = context.submit(&client, &call, &key, "Sending").await?;
	Ok(Report {
		json: json!({
			"from": account_of(&key).to_string(),
			"to": opts.account.to_string(),
			"amount": opts.amount.0.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Gave {} to {}, {}.",
			wgh(opts.amount.0),
			opts.account,
			settled(&included)
		),
	})
}
