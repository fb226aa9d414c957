//! `weighhouse prune-receipt`

use clap::Args;
use serde_json::json;
use weighhouse_client::{calls, Receipt};
use weighhouse_primitives::ReceiptId;

use crate::{
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Remove a receipt whose lifetime is over, and give its deposit back
///
/// Anybody may, 30 days after the sale or the answer and not before the job is over; the buyer gets
/// the deposit. `receipt show` says from which block on.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Bob prune-receipt 3")]
pub struct Opts {
	/// Number of the receipt, of a sale or an answer
	receipt: ReceiptId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let number = opts.receipt;
	let key = context.key()?;
	let client = context.client().await?;
	let receipt = client.best().await?.receipt(number).await?;
	let receipt = receipt.ok_or_else(|| Failure::NotFound(format!("receipt {number}")))?;
	let what = "Pruning the receipt";
	let (kind, buyer, included) = match receipt {
		Receipt::Sale(sale) => {
			let call = calls::prune_sale_receipt(number);
			let included = context.submit(&client, &call, &key, what).await?;
			("sale", sale.buyer, included)
		}
		Receipt::Job(job) => {
			let call = calls::prune_job_receipt(number);
			let included = context.submit(&client, &call, &key, what).await?;
			("job", job.buyer, included)
		}
	};
	Ok(Report {
		json: json!({
			"receipt": number,
			"kind": kind,
			"buyer": buyer.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Removed receipt {number}; its deposit is back with {buyer}, {}.",
			settled(&included)
		),
	})
}
