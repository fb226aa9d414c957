//! `weighhouse receipt show`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};
use weighhouse_client::{Receipt, H256};
use weighhouse_primitives::ReceiptId;

use super::{to_json, to_text};
use crate::{context::Context, failure::Failure, output::Report, values};

/// Show a receipt, those of an output, or those of the key's account
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
#[command(after_help = "Examples:
  weighhouse receipt show 3
  weighhouse receipt show --output answer.bin
  weighhouse --suri //Bob receipt show --mine")]
pub struct Opts {
	/// Number of the receipt
	receipt: Option<ReceiptId>,
	/// All answers with this output: a file with the canonical output, as `ask --out` writes it, or
	/// its sha2-256
	#[arg(long, value_name = "FILE|HASH")]
	output: Option<String>,
	/// All answers that the key's account asked for
	#[arg(long)]
	mine: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	if let Some(number) = opts.receipt {
		let receipt = context.view().await?.receipt(number).await?;
		let receipt = receipt.ok_or_else(|| Failure::NotFound(format!("receipt {number}")))?;
		return Ok(Report {
			json: to_json(&receipt),
			text: to_text(&receipt),
		});
	}
	// What is wrong with the arguments is said before a node is asked.
	let wanted = match &opts.output {
		Some(output) => Wanted::Output(hash(output)?),
		None => Wanted::Account,
	};
	let account = match wanted {
		Wanted::Account => Some(context.account(None)?),
		Wanted::Output(_) => None,
	};
	let view = context.view().await?;
	let numbers = match (wanted, account) {
		(Wanted::Output(hash), _) => view.receipts_by_output(hash).await?,
		(Wanted::Account, Some(account)) => view.receipts_of(&account).await?,
		(Wanted::Account, None) => Vec::new(),
	};
	let mut receipts = Vec::new();
	for number in numbers {
		let receipt = view.job_receipt(number).await?;
		receipts.extend(receipt.map(|receipt| Receipt::Job(Box::new(receipt))));
	}
	Ok(Report {
		json: json!({ "receipts": receipts.iter().map(to_json).collect::<Vec<_>>() }),
		text: if receipts.is_empty() {
			"No receipts.".into()
		} else {
			let texts = receipts.iter().map(to_text);
			texts.collect::<Vec<_>>().join("\n\n")
		},
	})
}

/// Whose receipts are wanted.
#[derive(Clone, Copy)]
enum Wanted {
	/// Those of the answers with this output.
	Output(H256),
	/// Those of the key's account.
	Account,
}

/// The hash that was written, or that of the file that was named.
fn hash(text: &str) -> Result<H256, Failure> {
	if let Some(hash) = values::digest(text) {
		return Ok(hash);
	}
	let path = PathBuf::from(text);
	let bytes = std::fs::read(&path).map_err(|source| Failure::File { path, source })?;
	Ok(H256(Sha256::digest(&bytes).into()))
}
