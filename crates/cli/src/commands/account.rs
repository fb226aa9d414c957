//! `weighhouse account`

use clap::Args;
use serde_json::json;
use weighhouse_client::{keys::AccountId32, Hold};

use crate::{
	commands::{licences, search},
	context::Context,
	failure::Failure,
	output::{fields, plain, wgh, Report},
	values,
};

/// Show what an account has: money, deposits, listings, licences
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse account //Alice
  weighhouse --keystore me.json account --json")]
pub struct Opts {
	/// An address, or a development name such as //Alice; without it, the key's account
	#[arg(value_parser = values::account)]
	account: Option<AccountId32>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let account = context.account(opts.account)?;
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let money = view.account(&account).await?;
	let listings = search::all(&view, |listing| listing.owner == account).await?;
	let licences = licences::held(&view, &account, None).await?;
	let mut accrued = 0u128;
	for listing in &listings {
		accrued = accrued.saturating_add(view.accrued(listing.id).await?);
	}
	let mut lines = vec![
		("Account", account.to_string()),
		("Free", wgh(money.free)),
		("Held for deposits", wgh(money.held)),
	];
	let hold = |hold: &Hold| ("", format!("{} {}", wgh(hold.amount), hold.reason));
	lines.extend(money.holds.iter().map(hold));
	lines.push(("Royalties to claim", wgh(accrued)));
	let names = listings
		.iter()
		.map(|listing| format!("{} {}", listing.id, plain(&listing.name)));
	let names = names.collect::<Vec<_>>().join(", ");
	lines.push((
		"Listings",
		if names.is_empty() {
			"none".into()
		} else {
			names
		},
	));
	let holds: Vec<_> = money
		.holds
		.iter()
		.map(|hold| json!({ "reason": hold.reason, "amount": hold.amount.to_string() }))
		.collect();
	let named: Vec<_> = listings
		.iter()
		.map(|listing| json!({ "listing": listing.id, "name": listing.name }))
		.collect();
	Ok(Report {
		json: json!({
			"account": account.to_string(),
			"hex": format!("0x{}", hex::encode(account.0)),
			"free": money.free.to_string(),
			"held": money.held.to_string(),
			"holds": holds,
			"frozen": money.frozen.to_string(),
			"nonce": money.nonce,
			"listings": named,
			"licences": licences.iter().map(licences::to_json).collect::<Vec<_>>(),
			"accrued": accrued.to_string(),
		}),
		text: format!("{}\n\n{}", fields(&lines), licences::to_text(&licences)),
	})
}
