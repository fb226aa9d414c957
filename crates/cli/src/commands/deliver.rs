//! `weighhouse deliver`

mod due;
mod lines;
mod metrics;
mod nodes;
mod sending;
mod start;
mod watch;

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use weighhouse_client::keys::{account_of, AccountId32};

use crate::{
	commands::{vault::Unlocking, work::Stop},
	context::Context,
	failure::Failure,
	output::Report,
	values,
};

/// Deliver the keys of sealed models that were bought
///
/// Looks at every final block for keys that buyers of yours wait for, seals each for its buyer and
/// sends it, until it is stopped (Ctrl-C). It keeps nothing: what is due is on the chain, and the keys
/// follow from the vault, so it can be stopped and started at any time. Let it sign with a key of its
/// own, which may do nothing but deliver: a `Deliver` proxy, with --seller.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice deliver --vault seller.vault
  weighhouse --suri //Alice deliver --vault seller.vault --once
  weighhouse --suri //Clerk deliver --vault seller.vault --vault-key age-key.txt --seller //Alice
  weighhouse --suri //Clerk deliver --vault seller.vault --seller //Alice --metrics 127.0.0.1:9616
  weighhouse --suri //Alice deliver --vault seller.vault --also ws://127.0.0.1:9945")]
pub struct Opts {
	/// The vault with which the models were published
	#[arg(long, value_name = "FILE")]
	vault: PathBuf,
	#[command(flatten)]
	unlocking: Unlocking,
	/// Deliver for this account, whose `Deliver` proxy the key that signs is: an address, or a
	/// development name such as //Alice
	#[arg(long, value_name = "ACCOUNT", value_parser = values::account)]
	seller: Option<AccountId32>,
	/// Deliver what is due now, wait until it is final, and end; fails if a key could not be delivered
	#[arg(long)]
	once: bool,
	/// Show figures for Prometheus at /metrics of this address, on this machine only
	#[arg(long, value_name = "ADDRESS", value_parser = loopback, conflicts_with = "once")]
	metrics: Option<SocketAddr>,
	/// Another node to ask when the one at --url is away or stands still; may be repeated
	#[arg(long, value_name = "URL")]
	also: Vec<String>,
	/// Folder for the file that keeps a second daemon of the same seller away [default:
	/// weighhouse/deliver in the user's data folder]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
}

impl Opts {
	/// Whether this runs until it is told to stop.
	pub fn serves(&self) -> bool {
		!self.once
	}
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
	values::loopback(text, "127.0.0.1:9616", "")
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let seller = opts.seller.unwrap_or_else(|| account_of(&key));
	let vault = opts.unlocking.open(&opts.vault)?;
	// Held until this ends, however it does.
	let _lock = start::lock(opts.data, &seller)?;
	let stop = Stop::listen();
	let metrics = metrics::Metrics::new()?;
	if let Some(address) = opts.metrics {
		let address = metrics::serve(address, metrics.clone()).await?;
		context.tell(&format!("Figures at http://{address}/metrics."));
	}
	let (sender, news) = sending::Sender::new(key, seller, vault);
	let mut watch = watch::Watch::new(context, stop, sender, news, metrics, opts.also, opts.once);
	let ended = watch.follow().await;
	watch.land().await;
	ended?;
	watch.report()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn figures_are_refused_when_others_could_reach_them() {
		assert!(loopback("127.0.0.1:9616").is_ok());
		assert!(loopback("[::1]:9616").is_ok());
		assert!(loopback("0.0.0.0:9616").is_err());
		assert!(loopback("9616").is_err());
	}
}
