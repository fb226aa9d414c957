//! `weighhouse work withdraw`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, keys::account_of};

use crate::{
	commands::work::worker_of,
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Get bond back whose unbonding period is over
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Worker1 work withdraw
  weighhouse --suri //Worker1 work withdraw --remove")]
pub struct Opts {
	/// Then be no worker any more and get the deposit back, too. All bond must be back, no listing
	/// served and no job open
	#[arg(long)]
	remove: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	let worker = worker_of(&view, &account).await?;
	let next = view.next_block();
	let over = worker.unbonding.iter().filter(|part| part.until <= next);
	let amount = over.fold(0u128, |sum, part| sum.saturating_add(part.amount));
	let waiting: Vec<_> = worker
		.unbonding
		.iter()
		.filter(|part| part.until > next)
		.collect();
	if amount == 0 && !opts.remove {
		let soonest = waiting.iter().min_by_key(|part| part.until);
		return Err(Failure::NotFound(match soonest {
			Some(part) => format!(
				"bond to withdraw yet: {} come back from block {} on, and this is block {}",
				wgh(part.amount),
				part.until,
				view.block()
			),
			None => "bond on its way back; `weighhouse work stop` begins it".into(),
		}));
	}
	let mut transactions = Vec::new();
	let mut text = Vec::new();
	if amount > 0 {
		let included = context
			.submit(&client, &calls::withdraw_unbonded(), &key, "Withdrawing")
			.await?;
		transactions.push(transaction(&included));
		text.push(format!("Got {} back, {}.", wgh(amount), settled(&included)));
	}
	if opts.remove {
		let included = context
			.submit(&client, &calls::remove_worker(), &key, "Leaving")
			.await?;
		transactions.push(transaction(&included));
		text.push(format!("No worker any more, {}.", settled(&included)));
	} else {
		text.extend(
			waiting
				.iter()
				.map(|part| format!("{} follow from block {} on.", wgh(part.amount), part.until)),
		);
	}
	Ok(Report {
		json: json!({
			"worker": account.to_string(),
			"withdrawn": amount.to_string(),
			"waiting": waiting
				.iter()
				.map(|part| json!({ "amount": part.amount.to_string(), "until": part.until }))
				.collect::<Vec<_>>(),
			"removed": opts.remove,
			"txs": transactions,
		}),
		text: text.join("\n"),
	})
}
