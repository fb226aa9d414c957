//! `weighhouse delivery`

mod wait;

use std::path::PathBuf;

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	calls,
	delivery::{Delivery, Purpose, State},
	keys::{account_of, AccountId32, Keypair},
	Client, View,
};
use weighhouse_primitives::LicenceId;

use crate::{
	commands::sealed,
	context::Context,
	failure::Failure,
	output::{fields, plain, settled, table, transaction, wgh, Report},
	values,
};

pub use wait::{complain, until_open, Opened};

/// Show how keys of sealed models are delivered, wait for one, keep one
///
/// While a delivery is open, the buyer's money waits on the buyer's own account. A key that came is
/// checked and paid for by `buy` or `delivery LICENCE --watch`; if it is a wrong one, they prove it and
/// have the money back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob delivery
  weighhouse delivery 7
  weighhouse --suri //Bob delivery 7 --watch
  weighhouse --suri //Bob delivery 7 --identity-out digits.key
  weighhouse --suri //Bob delivery 7 --remove")]
pub struct Opts {
	/// Number of the licence; without it, all deliveries that the account asked for or has to make
	licence: Option<LicenceId>,
	/// Whose deliveries: an address, or a development name such as //Bob; without it, the key's account
	#[arg(long, conflicts_with = "licence", value_parser = values::account)]
	account: Option<AccountId32>,
	/// Wait for the key as `buy` does: check it, pay if it is right, complain if it is wrong
	#[arg(long, requires = "licence")]
	watch: bool,
	/// With --watch: do not pay for a right key yet, so that a complaint stays possible
	#[arg(long, requires = "watch")]
	keep_open: bool,
	/// Write the key to this file, for stock age. Whoever has it reads all files of the version
	#[arg(long, value_name = "FILE", requires = "licence")]
	identity_out: Option<PathBuf>,
	/// Remove the record of a delivery that is over, and get its deposit back. The key is gone with it
	#[arg(long, requires = "licence", conflicts_with_all = ["watch", "identity_out"])]
	remove: bool,
	/// Do not ask
	#[arg(short, long, requires = "remove")]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let Some(licence) = opts.licence else {
		return list(opts.account, context).await;
	};
	if opts.remove {
		return remove(licence, opts.yes, context).await;
	}
	if !opts.watch && opts.identity_out.is_none() {
		let view = context.view().await?;
		let delivery = delivery_of(&view, licence).await?;
		return Ok(Report {
			json: to_json(&delivery, view.block()),
			text: to_text(&delivery, view.block()),
		});
	}
	// Before anything is paid for.
	if let Some(out) = &opts.identity_out {
		sealed::check_free(out)?;
	}
	let key = context.key()?;
	let client = context.client().await?;
	let view = client.best().await?;
	let delivery = delivery_of(&view, licence).await?;
	own(&view, &key, &delivery)?;
	let (delivery, identity, mut json, mut text) = if opts.watch {
		let opened = until_open(&client, &key, licence, opts.keep_open, context).await?;
		let json = opened.json();
		let text = opened.text();
		(opened.delivery, opened.identity, json, text)
	} else {
		let identity = sealed::open_by(&client, &key, &delivery, view.block()).await?;
		let json = to_json(&delivery, view.block());
		(delivery, identity, json, String::new())
	};
	if let Some(out) = &opts.identity_out {
		sealed::write_identity(out, &identity, delivery.listing, delivery.version)?;
		let out = out.display();
		json["identity"] = out.to_string().into();
		text = format!(
			"{text}\nThe key of {listing}@{version} is in {out}: age --decrypt --identity {out} SEALED-FILE\n\
			 Whoever has this file reads all that is sealed in {listing}@{version}.",
			listing = delivery.listing,
			version = delivery.version,
		);
	}
	Ok(Report {
		json,
		text: text.trim_start().to_owned(),
	})
}

async fn list(account: Option<AccountId32>, context: &Context) -> Result<Report, Failure> {
	let account = context.account(account)?;
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let concerns = |delivery: &Delivery| delivery.buyer == account || delivery.seller == account;
	let mut deliveries = view.all_deliveries(concerns).await?;
	deliveries.sort_by_key(|delivery| delivery.licence);
	let now = view.block();
	let heading = ["LICENCE", "VERSION", "ROLE", "HELD", "PHASE"];
	let mut rows = vec![heading.map(str::to_owned).to_vec()];
	rows.extend(deliveries.iter().map(|delivery| {
		let held = delivery.payment().map_or(0, |payment| payment.amount);
		vec![
			delivery.licence.to_string(),
			format!("{}@{}", delivery.listing, delivery.version),
			if delivery.buyer == account {
				"buyer"
			} else {
				"seller"
			}
			.into(),
			wgh(held),
			describe(delivery, now),
		]
	}));
	let all: Vec<_> = deliveries
		.iter()
		.map(|delivery| to_json(delivery, now))
		.collect();
	Ok(Report {
		json: json!({ "account": account.to_string(), "block": now, "deliveries": all }),
		text: if deliveries.is_empty() {
			"No deliveries.".into()
		} else {
			table(&rows, &[0, 3])
		},
	})
}

async fn remove(licence: LicenceId, yes: bool, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let client = context.client().await?;
	let view = client.best().await?;
	let delivery = delivery_of(&view, licence).await?;
	let deposit = view.delivery_deposit().await?;
	if !yes {
		context.confirm(&format!(
			"Remove the delivery for licence {licence}? Its key is gone then, unless you keep it with \
			 --identity-out, or ask for it again for a fee."
		))?;
	}
	let call = calls::remove_delivery(licence);
	let what = "Removing the delivery";
	let included = context.submit(&client, &call, &key, what).await?;
	Ok(Report {
		json: json!({
			"licence": licence,
			"buyer": delivery.buyer.to_string(),
			"deposit": deposit.to_string(),
			"tx": transaction(&included),
		}),
		text: format!(
			"Removed the delivery for licence {licence}; its deposit of {} is back with {}, {}.",
			wgh(deposit),
			delivery.buyer,
			settled(&included)
		),
	})
}

/// The delivery of a licence.
pub async fn delivery_of(view: &View, licence: LicenceId) -> Result<Delivery, Failure> {
	let delivery = view.delivery(licence).await?;
	delivery.ok_or_else(|| missing(licence))
}

fn missing(licence: LicenceId) -> Failure {
	Failure::NotFound(format!(
		"delivery for licence {licence}: none was asked for, or it was refunded or removed"
	))
}

/// How far a request for a key came.
pub struct Reached {
	/// Its delivery, as it was last seen.
	pub delivery: Delivery,
	/// In which block that was.
	pub block: u64,
	/// The key, if it was waited for.
	pub opened: Option<Opened>,
}

/// A request for a key that is paid for: waits for it, unless nobody wants to.
pub async fn go_on(
	client: &Client,
	key: &Keypair,
	licence: LicenceId,
	waiting: Waiting,
	context: &Context,
) -> Result<Reached, Failure> {
	if !waiting.no_wait {
		let opened = until_open(client, key, licence, waiting.keep_open, context).await?;
		return Ok(Reached {
			delivery: opened.delivery.clone(),
			block: opened.block,
			opened: Some(opened),
		});
	}
	let read = async {
		let view = context.settled(client).await?;
		Ok::<_, Failure>((delivery_of(&view, licence).await?, view.block()))
	};
	let (delivery, block) = read.await.map_err(|failure| failure.of_key(licence))?;
	context.await_nothing();
	Ok(Reached {
		delivery,
		block,
		opened: None,
	})
}

/// How `buy` and `redeliver` wait.
#[derive(Args, Clone, Copy, Debug)]
pub struct Waiting {
	/// Do not wait for the key of a sealed version; `delivery LICENCE --watch` does so later
	#[arg(long)]
	no_wait: bool,
	/// Do not pay for the right key of a sealed version yet, so that a complaint stays possible. The
	/// licence counts once it is paid for, which `delivery LICENCE --watch` does, and the chain in the end
	#[arg(long, conflicts_with = "no_wait")]
	keep_open: bool,
}

impl Opened {
	/// For scripts.
	pub fn json(&self) -> Value {
		let mut json = to_json(&self.delivery, self.block);
		json["opens"] = true.into();
		json["finalizeTx"] = self.end.as_ref().map_or(Value::Null, transaction);
		json["receipt"] = self.sale.as_ref().map(|sale| sale.receipt).into();
		json
	}

	/// For people.
	pub fn text(&self) -> String {
		let Delivery {
			licence,
			listing,
			version,
			..
		} = self.delivery;
		let state = match (&self.end, &self.sale) {
			(Some(end), Some(sale)) => format!(
				"and the licence counts, receipt {}, {}",
				sale.receipt,
				settled(end)
			),
			(Some(end), None) => format!("and is paid for, {}", settled(end)),
			_ => match &self.delivery.state {
				State::Delivered { until, .. } => format!(
					"and is not paid for yet: `weighhouse delivery {licence} --watch` does so, or the \
					 chain after block {until}"
				),
				_ => "and is paid for".to_owned(),
			},
		};
		format!(
			"The key for licence {licence} opens the files, {state}.\n\
			 Next: weighhouse fetch {listing}@{version}"
		)
	}
}

pub fn show_state(state: &State) -> &'static str {
	match state {
		State::Awaiting { .. } => "awaiting",
		State::Delivered { .. } => "delivered",
		State::Settled { .. } => "settled",
	}
}

/// Where a delivery stands, in words, with the blocks that are left.
pub fn describe(delivery: &Delivery, now: u64) -> String {
	match &delivery.state {
		State::Awaiting { until, .. } => {
			format!("waits for the key of the seller, {}", left(*until, now))
		}
		State::Delivered { until, .. } => format!(
			"the key came; the buyer can complain of it, {}",
			left(*until, now)
		),
		State::Settled { .. } => "the key is here and paid for".into(),
	}
}

fn left(until: u32, now: u64) -> String {
	match blocks_left(until, now) {
		0 => "due now".into(),
		blocks => format!("{} left", values::show_blocks(blocks)),
	}
}

fn blocks_left(until: u32, now: u64) -> u32 {
	let left = u64::from(until).saturating_sub(now);
	u32::try_from(left).unwrap_or(u32::MAX)
}

/// A delivery for scripts.
pub fn to_json(delivery: &Delivery, now: u64) -> Value {
	let until = match &delivery.state {
		State::Awaiting { until, .. } | State::Delivered { until, .. } => Some(*until),
		State::Settled { .. } => None,
	};
	let payment = delivery.payment();
	json!({
		"licence": delivery.licence,
		"listing": delivery.listing,
		"version": delivery.version,
		"buyer": delivery.buyer.to_string(),
		"seller": delivery.seller.to_string(),
		"recipient": delivery.recipient,
		"key": format!("0x{}", hex::encode(delivery.key)),
		"state": show_state(&delivery.state),
		"purpose": payment.map(|payment| match payment.purpose {
			Purpose::Sale => "sale",
			Purpose::Again => "again",
		}),
		"amount": payment.map(|payment| payment.amount.to_string()),
		"cover": payment.map(|payment| payment.cover.to_string()),
		"until": until,
		"blocksLeft": until.map(|until| blocks_left(until, now)),
		"sealed": delivery.sealed().map(|sealed| json!({
			"point": format!("0x{}", hex::encode(sealed.point)),
			"ciphertext": format!("0x{}", hex::encode(sealed.ciphertext)),
		})),
	})
}

fn to_text(delivery: &Delivery, now: u64) -> String {
	let mut lines = vec![
		("Licence", delivery.licence.to_string()),
		(
			"Version",
			format!("{}@{}", delivery.listing, delivery.version),
		),
		("Buyer", delivery.buyer.to_string()),
		("Seller", delivery.seller.to_string()),
		("Sealed for", plain(&delivery.recipient)),
		("Phase", describe(delivery, now)),
	];
	if let Some(payment) = delivery.payment() {
		let what = match payment.purpose {
			Purpose::Sale => "price",
			Purpose::Again => "fee for another delivery",
		};
		lines.push(("Held", format!("{}, {what}", wgh(payment.amount))));
		lines.push(("Covered by", format!("{} of the bond", wgh(payment.cover))));
	}
	let licence = delivery.licence;
	let next = match delivery.state {
		State::Awaiting { .. } | State::Delivered { .. } => {
			format!("weighhouse delivery {licence} --watch")
		}
		State::Settled { .. } => {
			format!("weighhouse fetch {}@{}", delivery.listing, delivery.version)
		}
	};
	format!("{}\nNext, for its buyer: {next}", fields(&lines))
}

/// Refuses a key whose account did not ask for a delivery.
pub fn own(view: &View, key: &Keypair, delivery: &Delivery) -> Result<(), Failure> {
	if delivery.buyer == account_of(key) {
		return Ok(());
	}
	Err(Failure::Chain(view.refusal("Delivery", "NotBuyer").into()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::sealed::tests::{delivery, payment, sealed};

	#[test]
	fn open_delivery_shows_its_money_and_its_time() {
		let open = delivery(State::Awaiting {
			payment: payment(),
			until: 100,
		});
		let json = to_json(&open, 90);
		assert_eq!(json["state"], "awaiting");
		assert_eq!(json["purpose"], "sale");
		assert_eq!(json["amount"], "5000000000000");
		assert_eq!(json["blocksLeft"], 10);
		assert_eq!(json["sealed"], Value::Null);
		let text = to_text(&open, 90);
		assert!(text.contains("10 blocks (20 s) left"), "{text}");
		assert!(text.contains("weighhouse delivery 7 --watch"), "{text}");
		assert!(describe(&open, 100).ends_with("due now"));
	}

	#[test]
	fn settled_delivery_shows_its_key_and_no_money() {
		let over = delivery(State::Settled { sealed: sealed() });
		let json = to_json(&over, 90);
		assert_eq!(json["state"], "settled");
		assert_eq!(json["amount"], Value::Null);
		assert_eq!(json["sealed"]["point"], format!("0x{}", "08".repeat(32)));
		assert!(to_text(&over, 90).contains("weighhouse fetch 3@1"));
	}
}
