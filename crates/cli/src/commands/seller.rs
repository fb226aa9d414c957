//! `weighhouse seller`

use clap::{Args, Subcommand};
use serde_json::{json, Value};
use weighhouse_client::{
	amount::Amount,
	calls::{self, Call},
	delivery::Seller,
	keys::{account_of, AccountId32},
};

use crate::{
	commands::work::amount,
	context::{no_tip, Context},
	failure::Failure,
	output::{fields, settled, transaction, wgh, Report},
	values,
};

/// A sale is covered by this part of its price: one in so many.
const COVERED_PART: u128 = 10;
/// The least bond of a seller as a chain begins with it; governance may set another.
const USUAL_LEAST_BOND: u128 = 1_000_000_000_000;

/// Answer for the keys of the sealed models that you sell
///
/// A bond covers a tenth of every sale that waits for its key: a buyer gets a hundredth of the price if
/// no key comes in time, and a tenth if a wrong one comes. Nothing sealed is sold without it. What
/// covers no sale can be taken back at any time.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse seller show //Alice
  weighhouse --suri //Alice seller bond 10
  weighhouse --suri //Alice seller window 30m
  weighhouse --suri //Alice seller unbond 5")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	/// Show the bond of a seller, what of it is free, and how long the seller has to deliver
	#[command(arg = no_tip(), after_help = "Examples:
  weighhouse seller show //Alice
  weighhouse --suri //Alice seller show --json")]
	Show {
		/// An address, or a development name such as //Alice; without it, the key's account
		#[arg(value_parser = values::account)]
		account: Option<AccountId32>,
	},
	/// Add to the bond; it covers sales of ten times its amount
	#[command(after_help = "Example:
  weighhouse --suri //Alice seller bond 10")]
	Bond {
		/// How much more, in WGH
		#[arg(value_name = "WGH", value_parser = amount)]
		amount: Amount,
	},
	/// Take back bond that covers no sale
	#[command(after_help = "Example:
  weighhouse --suri //Alice seller unbond 5")]
	Unbond {
		/// How much, in WGH: all of it, or so much that the least bond stays
		#[arg(value_name = "WGH", value_parser = amount)]
		amount: Amount,
	},
	/// Choose how long you have to deliver a key, from the next sale on
	///
	/// On a chain with the usual figures from 10 minutes to 7 days, and an hour unless you choose.
	#[command(after_help = "Examples:
  weighhouse --suri //Alice seller window 30m
  weighhouse --suri //Alice seller window 900")]
	Window {
		/// Minutes, hours or days, as in 30m, 1h or 2d, or a count of blocks
		#[arg(value_name = "DURATION|BLOCKS", value_parser = values::window)]
		window: u32,
	},
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Show { account } => show(account, context).await,
		Action::Bond { amount } => bond(amount, context).await,
		Action::Unbond { amount } => unbond(amount, context).await,
		Action::Window { window } => set_window(window, context).await,
	}
}

async fn show(account: Option<AccountId32>, context: &Context) -> Result<Report, Failure> {
	let account = context.account(account)?;
	let seller = context.view().await?.seller(&account).await?;
	let text = match &seller {
		Some(seller) => fields(&[
			("Seller", account.to_string()),
			("Bond", wgh(seller.bond)),
			("Covers sales that wait", wgh(seller.covers)),
			("Free", wgh(free(seller))),
			("Covers one more sale up to", wgh(seller.highest_price)),
			("Time to deliver", values::show_blocks(seller.window)),
		]),
		None => format!(
			"{account} has no bond, so nobody can buy anything sealed of it.\n\
			 Next: weighhouse seller bond WGH"
		),
	};
	let mut json = json!({ "seller": account.to_string() });
	if let (Some(json), Value::Object(more)) = (json.as_object_mut(), to_json(seller.as_ref())) {
		json.extend(more);
	}
	Ok(Report { json, text })
}

async fn bond(amount: Amount, context: &Context) -> Result<Report, Failure> {
	let call = calls::bond_deliveries(amount.0);
	change_bond(call, "Bonding", context, |bond| {
		format!(
			"The bond is {} now, and covers sales of {} together",
			wgh(bond),
			wgh(bond.saturating_mul(COVERED_PART))
		)
	})
	.await
}

async fn unbond(amount: Amount, context: &Context) -> Result<Report, Failure> {
	let call = calls::unbond_deliveries(amount.0);
	change_bond(call, "Unbonding", context, |bond| {
		format!("Got {} back; the bond is {} now", wgh(amount.0), wgh(bond))
	})
	.await
}

/// Sends a call that changes the bond; `told` is what a person is told of what it is then.
async fn change_bond(
	call: impl Call,
	what: &str,
	context: &Context,
	told: impl FnOnce(u128) -> String,
) -> Result<Report, Failure> {
	let key = context.key()?;
	let client = context.client().await?;
	let included = context.submit(&client, &call, &key, what).await?;
	let bond = calls::bond_changed(&included)?;
	Ok(Report {
		json: json!({
			"seller": account_of(&key).to_string(),
			"bond": bond.to_string(),
			"tx": transaction(&included),
		}),
		text: format!("{}, {}.", told(bond), settled(&included)),
	})
}

async fn set_window(blocks: u32, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let client = context.client().await?;
	let call = calls::set_delivery_window(blocks);
	let what = "Setting the window";
	let included = context.submit(&client, &call, &key, what).await?;
	Ok(Report {
		json: json!({
			"seller": account_of(&key).to_string(),
			"window": blocks,
			"tx": transaction(&included),
		}),
		text: format!(
			"From the next sale on you have {} to deliver, {}.",
			values::show_blocks(blocks),
			settled(&included)
		),
	})
}

/// A seller for scripts; one without a bond has none of it.
pub fn to_json(seller: Option<&Seller>) -> Value {
	let amount = |of: fn(&Seller) -> u128| seller.map_or(0, of).to_string();
	json!({
		"bond": amount(|seller| seller.bond),
		"covers": amount(|seller| seller.covers),
		"free": amount(free),
		"highestPrice": amount(|seller| seller.highest_price),
		"window": seller.map(|seller| seller.window),
	})
}

fn free(seller: &Seller) -> u128 {
	seller.bond.saturating_sub(seller.covers)
}

/// What a seller is told whose bond does not cover a sale at this price.
pub fn uncovered(seller: Option<&Seller>, price: u128) -> Option<String> {
	let cover = price.div_ceil(COVERED_PART);
	let (have, missing) = match seller {
		Some(seller) if seller.highest_price >= price => return None,
		Some(seller) => (
			"your bond covers no sale",
			cover.saturating_sub(free(seller)),
		),
		None => (
			"you have no bond, which covers sales",
			cover.max(USUAL_LEAST_BOND),
		),
	};
	Some(format!(
		"Note: {have} at {}, so nobody can buy it yet: weighhouse seller bond {}",
		wgh(price),
		Amount(missing)
	))
}

#[cfg(test)]
mod tests {
	use super::*;

	const WGH: u128 = 1_000_000_000_000;

	fn seller(bond: u128, covers: u128) -> Seller {
		Seller {
			bond,
			covers,
			highest_price: (bond - covers) * COVERED_PART,
			window: 1800,
		}
	}

	#[test]
	fn seller_is_told_how_much_bond_is_missing_for_a_price() {
		assert_eq!(uncovered(Some(&seller(WGH, 0)), 10 * WGH), None);
		let note = uncovered(Some(&seller(2 * WGH, WGH)), 20 * WGH).unwrap();
		assert!(note.ends_with("weighhouse seller bond 1"), "{note}");
		let note = uncovered(None, 25 * WGH).unwrap();
		assert!(note.ends_with("weighhouse seller bond 2.5"), "{note}");
		// There is a least bond, also for what costs nothing.
		let note = uncovered(None, 0).unwrap();
		assert!(note.ends_with("weighhouse seller bond 1"), "{note}");
	}

	#[test]
	fn seller_without_a_bond_has_nothing_of_it() {
		let json = to_json(None);
		assert_eq!(json["bond"], "0");
		assert_eq!(json["window"], Value::Null);
		assert_eq!(
			to_json(Some(&seller(2 * WGH, WGH)))["free"],
			WGH.to_string()
		);
	}
}
