//! `weighhouse receipt`

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{json, Value};
use tokio::time::{sleep, timeout};
use weighhouse_client::{
	fetch::FetchError, ipfs::Ipfs, keys::AccountId32, ChainError, Client, JobReceipt, Receipt,
	ReceiptState, Seat, View,
};
use weighhouse_manifest::{decode_canonical, Manifest, TensorData, MAX_CANONICAL_OUTPUT};
use weighhouse_primitives::{inference::JobId, ContentId, ReceiptId};

use crate::{
	context::Context,
	failure::Failure,
	output::{fields, hex, plain, wgh, Report},
	values,
};

mod show;
mod verify;

/// How many blocks before the one of the answer are searched for the reveal that carried it.
const REVEAL_BLOCKS: u64 = 64;
/// How many of an account's receipts are searched for one job.
const RECENT: usize = 32;
/// How many elements of a tensor are shown to people.
const SHOWN: usize = 32;
/// Pause between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest wait until an answer is in a block that counts.
const SETTLING: Duration = Duration::from_secs(120);

/// Show receipts, and check what they say
///
/// A receipt is proof of payment, and for an answer the evidence behind it. Sales and answers share
/// their numbers.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse receipt show 3
  weighhouse receipt show --output answer.bin
  weighhouse --suri //Bob receipt show --mine --json
  weighhouse receipt verify 3
  weighhouse receipt verify 3 --input question.json --output answer.bin --rerun")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	Show(show::Opts),
	Verify(verify::Opts),
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Show(opts) => show::run(opts, context).await,
		Action::Verify(opts) => verify::run(opts, context).await,
	}
}

/// The receipt of a job, as soon as the block that counts under `--wait` has it.
pub async fn settled(
	context: &Context,
	client: &Client,
	job: JobId,
	receipt: ReceiptId,
) -> Result<JobReceipt, Failure> {
	let wait = async {
		loop {
			let found = context.settled(client).await?.job_receipt(receipt).await?;
			// The same number may mean another job on another fork.
			if let Some(found) = found.filter(|found| found.job == job) {
				return Ok::<_, Failure>(found);
			}
			sleep(PAUSE).await;
		}
	};
	timeout(SETTLING, wait).await.unwrap_or_else(|_| {
		Err(Failure::Chain(ChainError::TimedOut {
			what: "final",
			after: SETTLING,
		}))
	})
}

/// The number of the receipt of a job that `account` asked for lately.
pub async fn of_job(
	view: &View,
	account: &AccountId32,
	job: JobId,
) -> Result<Option<ReceiptId>, Failure> {
	let receipts = view.receipts_of(account).await?;
	for number in receipts.into_iter().rev().take(RECENT) {
		let receipt = view.job_receipt(number).await?;
		if receipt.is_some_and(|receipt| receipt.job == job) {
			return Ok(Some(number));
		}
	}
	Ok(None)
}

/// The canonical output of a receipt: from the seats of its job, from the reveal on chain or from
/// IPFS. It has the hash that the receipt names.
pub async fn output(
	client: &Client,
	ipfs: &Ipfs,
	receipt: &JobReceipt,
	seats: &[Seat],
) -> Result<Vec<u8>, Failure> {
	let cid = ContentId::raw(receipt.output_hash.0);
	let is_it = |bytes: &[u8]| ContentId::of_raw_block(bytes) == cid;
	if let Some(seat) = seats.iter().find(|seat| is_it(&seat.output)) {
		return Ok(seat.output.clone());
	}
	if receipt.output_length.is_some() {
		let last = u64::from(receipt.block);
		for number in (last.saturating_sub(REVEAL_BLOCKS)..=last).rev() {
			// A node keeps the events of old blocks only if it is told to.
			let Ok(Some(view)) = client.at(number).await else {
				break;
			};
			let Ok(revealed) = view.revealed(receipt.job).await else {
				break;
			};
			if let Some(found) = revealed.into_iter().find(|found| is_it(&found.output)) {
				return Ok(found.output);
			}
		}
		return Err(Failure::NotFound(format!(
			"output of receipt {} in the blocks that this node keeps",
			receipt.receipt
		)));
	}
	let bytes = ipfs.get_block(&cid, MAX_CANONICAL_OUTPUT).await?;
	if !is_it(&bytes) {
		return Err(FetchError::WrongBlock { cid: cid.to_text() }.into());
	}
	Ok(bytes)
}

/// The tensors of a canonical output, with the datatypes that the manifest declares.
pub fn tensors(manifest: &Manifest, output: &[u8]) -> Result<Vec<TensorData>, Failure> {
	let declared = |tensor: &TensorData| {
		let interface = manifest.interface.as_ref()?;
		interface
			.outputs
			.iter()
			.find(|declared| declared.name == tensor.name)
			.map(|declared| declared.datatype)
	};
	let decoded = decode_canonical(output)
		.map_err(|error| Failure::BadInput(format!("the answer cannot be read: {error}")))?;
	Ok(decoded
		.into_iter()
		.map(|tensor| {
			// Scaled numbers come back wider than they went in; what does not fit stays wide.
			match declared(&tensor).map(|datatype| tensor.clone().cast(datatype)) {
				Some(Ok(narrow)) => narrow,
				_ => tensor,
			}
		})
		.collect())
}

/// The tensors of an answer for people, a line for each.
pub fn answer_text(tensors: &[TensorData]) -> String {
	let line = |tensor: &TensorData| {
		let written = tensor.to_oip();
		let data = written["data"].as_array().map_or(&[][..], Vec::as_slice);
		let shown = data.iter().take(SHOWN).map(|element| match element {
			Value::String(text) => plain(text),
			other => other.to_string(),
		});
		let rest = if data.len() > SHOWN {
			format!(", ... {} more", data.len() - SHOWN)
		} else {
			String::new()
		};
		format!(
			"  {}  {} {:?}  {}{rest}",
			plain(&tensor.name),
			tensor.datatype,
			tensor.shape,
			shown.collect::<Vec<_>>().join(", "),
		)
	};
	tensors.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A receipt for scripts.
pub fn to_json(receipt: &Receipt) -> Value {
	match receipt {
		Receipt::Job(receipt) => job_json(receipt),
		Receipt::Sale(sale) => json!({
			"kind": "sale",
			"receipt": sale.receipt,
			"listing": sale.listing,
			"firstVersion": sale.first_version,
			"lastVersion": sale.last_version,
			"offer": sale.offer,
			"licence": sale.licence,
			"seller": sale.seller.to_string(),
			"buyer": sale.buyer.to_string(),
			"price": sale.price.to_string(),
			"fee": sale.fee.to_string(),
			"block": sale.block,
			"prunable": sale.prunable,
		}),
	}
}

/// A receipt of an answer for scripts.
pub fn job_json(receipt: &JobReceipt) -> Value {
	let agreed = receipt.agreed.iter().map(AccountId32::to_string);
	json!({
		"kind": "job",
		"receipt": receipt.receipt,
		"job": receipt.job,
		"requestHash": hex(&receipt.request_hash),
		"listing": receipt.listing,
		"version": receipt.version,
		"seller": receipt.seller.to_string(),
		"buyer": receipt.buyer.to_string(),
		"mode": values::show_mode(receipt.mode),
		"access": values::access_json(receipt.access),
		"input": receipt.input,
		"inputHash": hex(&receipt.input_hash),
		"outputHash": hex(&receipt.output_hash),
		"outputLength": receipt.output_length,
		"fingerprint": hex::encode(receipt.fingerprint),
		"statement": hex(&receipt.statement),
		"evidence": values::show_evidence(receipt.evidence),
		"agreed": agreed.collect::<Vec<_>>(),
		"panelBond": receipt.panel_bond.to_string(),
		"eligible": receipt.eligible,
		"price": receipt.price.to_string(),
		"fee": receipt.fee.to_string(),
		"block": receipt.block,
		"settled": receipt.settled,
		"state": values::show_state(receipt.state),
		"prunable": receipt.prunable,
	})
}

/// A receipt for people.
fn to_text(receipt: &Receipt) -> String {
	match receipt {
		Receipt::Job(receipt) => job_text(receipt),
		Receipt::Sale(sale) => fields(&[
			("Receipt", format!("{}, of a sale", sale.receipt)),
			("Listing", sale.listing.to_string()),
			(
				"Versions",
				values::show_range(sale.first_version, sale.last_version),
			),
			("Offer", sale.offer.to_string()),
			("Licence", sale.licence.to_string()),
			("Seller", sale.seller.to_string()),
			("Buyer", sale.buyer.to_string()),
			(
				"Paid",
				format!("{}, of which {} fee", wgh(sale.price), wgh(sale.fee)),
			),
			("Block", sale.block.to_string()),
		]),
	}
}

fn job_text(receipt: &JobReceipt) -> String {
	let state = match receipt.state {
		ReceiptState::Provisional => "provisional: it can still be disputed, or is",
		ReceiptState::Final => "final: it stands, and all were paid",
		ReceiptState::Refunded => "refunded: it does not stand",
	};
	let output = match receipt.output_length {
		Some(length) => format!("{}, {length} bytes, on chain", hex(&receipt.output_hash)),
		None => format!("{}, on IPFS", hex(&receipt.output_hash)),
	};
	let mut lines = vec![
		("Receipt", format!("{}, of an answer", receipt.receipt)),
		("State", state.to_owned()),
		("Evidence", values::show_evidence(receipt.evidence).into()),
		(
			"Answered",
			format!("{}@{}", receipt.listing, receipt.version),
		),
		("Job", receipt.job.to_string()),
		("Request", hex(&receipt.request_hash)),
		("Seller", receipt.seller.to_string()),
		("Buyer", receipt.buyer.to_string()),
		("Paid by", values::show_access(receipt.access)),
		("Price", wgh(receipt.price)),
		("Input", receipt.input.clone()),
		("Input sha2-256", hex(&receipt.input_hash)),
		("Output sha2-256", output),
		("Fingerprint", hex::encode(receipt.fingerprint)),
	];
	if !receipt.statement.is_zero() {
		lines.push(("Statement sha2-256", hex(&receipt.statement)));
	}
	lines.push((
		"Panel",
		format!(
			"{}: {} of {} agreed, {} could have been drawn, {} reserved",
			values::show_mode(receipt.mode),
			receipt.agreed.len(),
			receipt.mode.seats(),
			receipt.eligible,
			wgh(receipt.panel_bond)
		),
	));
	lines.extend(
		receipt
			.agreed
			.iter()
			.map(|worker| ("Agreed", worker.to_string())),
	);
	lines.push(("Block", receipt.block.to_string()));
	if let Some(settled) = receipt.settled {
		lines.push(("Fee", wgh(receipt.fee)));
		lines.push(("Ended", format!("in block {settled}")));
	}
	fields(&lines)
}
