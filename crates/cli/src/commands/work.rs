//! `weighhouse work`

mod availability;
mod carrier;
mod estimate;
mod ledger;
mod open;
mod run;
mod status;
mod stop;
mod withdraw;

use std::{
	io::{stdout, Write},
	net::SocketAddr,
	path::PathBuf,
	str::FromStr,
};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use tokio::sync::watch;
use weighhouse_client::{
	amount::{Amount, DecimalError},
	keys::AccountId32,
	Availability, View, Worker,
};
use weighhouse_primitives::ListingId;

use crate::{
	context::{interrupted, no_tip, Context},
	failure::Failure,
	output::Report,
};

/// Answer paid requests: bond, serve, run the gateway, show what is earned
///
/// Registers the key's account as a worker if it is none, brings its bond and its prices to what is
/// given, runs the gateway in this program, and answers until it is stopped (Ctrl-C). Started again, it
/// goes on where it stopped.
///
/// A node carries between the chain and the gateway if its keystore holds the worker's key; otherwise
/// this program does so itself, by transactions that the worker's account pays for.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Worker1 work --serve 1:0.1WGH
  weighhouse --suri //Worker1 work --serve 1:0.1 --serve 2:0.25 --bond 200
  weighhouse --suri //Worker1 work --serve 1:0.1 --node-local
  weighhouse --suri //Worker1 work --serve 1:0.1 --rpc ws://127.0.0.1:9944
  weighhouse --suri //Worker1 work --serve 1:0.1 --engine oip --oip-url http://127.0.0.1:8080
  weighhouse --suri //Worker1 work --serve 3:0.1 --identity digits.key
  weighhouse --suri //Worker1 work status
  weighhouse work estimate 1")]
pub struct Opts {
	#[command(subcommand)]
	action: Option<Action>,
	#[command(flatten)]
	run: RunOpts,
}

/// What else there is to do as a worker.
#[derive(Debug, Subcommand)]
pub enum Action {
	#[command(arg = no_tip())]
	Status(status::Opts),
	#[command(arg = no_tip())]
	Estimate(estimate::Opts),
	Pause(availability::PauseOpts),
	Resume(availability::ResumeOpts),
	Stop(stop::Opts),
	Withdraw(withdraw::Opts),
}

/// Options of the worker itself.
#[derive(Args, Debug)]
pub struct RunOpts {
	/// Answer requests of this listing for this reward or a higher one; may be repeated. Without it,
	/// what was served before
	#[arg(long, value_name = "LISTING:WGH")]
	serve: Vec<Serve>,
	/// Bring the bond up to this. A new worker without it bonds 100 WGH
	#[arg(long, value_name = "WGH", value_parser = amount)]
	bond: Option<Amount>,
	/// Key that signs the worker's steps on a node: a secret URI, or a file that holds one. Without it,
	/// the account's own with //infw behind it
	#[arg(
		long,
		value_name = "SURI",
		env = "WEIGHHOUSE_WORKER_SURI",
		hide_env_values = true
	)]
	worker_suri: Option<String>,
	/// Who carries between the chain and the gateway: a node that holds the worker's key, or this
	/// program by RPC. Without it, the node at --url if it holds the key, else this program
	#[arg(long, value_enum)]
	courier: Option<Courier>,
	/// Give the worker's key and the gateway's address to the node at --url, which must be on this
	/// machine, and let it carry
	#[arg(long, conflicts_with = "courier")]
	node_local: bool,
	/// Where the gateway listens, on this machine only [default: 127.0.0.1:8791]
	#[arg(long, value_name = "ADDRESS")]
	gateway_listen: Option<SocketAddr>,
	/// Folder for jobs, the secret behind commitments, and models [default: weighhouse/work in the
	/// user's data folder]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// What runs the models: ONNX in this program, or a server that speaks the Open Inference
	/// Protocol [default: embedded]
	#[arg(long, value_enum)]
	engine: Option<Engine>,
	/// Address of the inference server; means --engine oip
	#[arg(long, value_name = "URL")]
	oip_url: Option<String>,
	/// File with all other settings of the gateway, see docs/guides/workers.md
	#[arg(long, value_name = "FILE")]
	gateway_config: Option<PathBuf>,
	/// File with age identities that open sealed models of the listings that are served, for its owner
	/// only (mode 600); may be repeated. `weighhouse delivery LICENCE --identity-out FILE` writes one
	#[arg(long, value_name = "FILE")]
	identity: Vec<PathBuf>,
	/// Take no more work from the moment this stops, until it is started again
	#[arg(long)]
	pause_on_exit: bool,
}

/// The values of `--courier`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Courier {
	Node,
	Rpc,
}

/// The values of `--engine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
	Embedded,
	Oip,
}

/// A price that a worker names: `1:0.1WGH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serve {
	pub listing: ListingId,
	pub min_reward: u128,
}

impl FromStr for Serve {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (listing, reward) = text
			.split_once(':')
			.ok_or("write LISTING:REWARD, as in 1:0.1WGH")?;
		let listing = match listing.parse::<ListingId>() {
			Ok(listing) if listing > 0 => listing,
			_ => {
				return Err(format!(
					"`{listing}` is not a listing: write a number from 1 on"
				))
			}
		};
		let reward = amount(reward).map_err(|error| format!("the reward: {error}"))?;
		if reward.0 == 0 {
			return Err("the reward must be more than 0".into());
		}
		Ok(Self {
			listing,
			min_reward: reward.0,
		})
	}
}

/// Reads an amount with or without the unit behind it.
pub fn amount(text: &str) -> Result<Amount, DecimalError> {
	let text = text.trim();
	text.strip_suffix("WGH").unwrap_or(text).parse()
}

impl RunOpts {
	/// An option that was given and has a meaning for running only.
	fn given(&self) -> Option<&'static str> {
		[
			(!self.serve.is_empty(), "--serve"),
			(self.bond.is_some(), "--bond"),
			(self.courier.is_some(), "--courier"),
			(self.node_local, "--node-local"),
			(self.gateway_listen.is_some(), "--gateway-listen"),
			(self.data.is_some(), "--data"),
			(self.engine.is_some(), "--engine"),
			(self.oip_url.is_some(), "--oip-url"),
			(self.gateway_config.is_some(), "--gateway-config"),
			(!self.identity.is_empty(), "--identity"),
			(self.pause_on_exit, "--pause-on-exit"),
		]
		.into_iter()
		.find_map(|(given, name)| given.then_some(name))
	}
}

impl Opts {
	/// Whether this runs until it is told to stop.
	pub fn serves(&self) -> bool {
		self.action.is_none()
	}
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let Some(action) = opts.action else {
		return run::run(opts.run, context).await;
	};
	if let Some(name) = opts.run.given() {
		return Err(Failure::Usage(format!(
			"{name} goes with `weighhouse work` itself, not with what follows it here"
		)));
	}
	match action {
		Action::Status(opts) => status::run(opts, context).await,
		Action::Estimate(opts) => estimate::run(opts, context).await,
		Action::Pause(_) => availability::pause(context).await,
		Action::Resume(_) => availability::resume(context).await,
		Action::Stop(opts) => stop::run(opts, context).await,
		Action::Withdraw(opts) => withdraw::run(opts, context).await,
	}
}

/// One thing that happened, in both forms.
pub struct Line {
	pub json: Value,
	pub text: String,
}

impl Line {
	/// Prints it at once: who reads a pipe waits for it.
	pub fn print(&self, context: &Context) {
		let mut out = stdout().lock();
		// A closed pipe is no reason to stop working.
		let _ = if context.json() {
			writeln!(out, "{}", self.json)
		} else {
			writeln!(out, "{}", self.text)
		};
		let _ = out.flush();
	}
}

/// Whether somebody asked this program to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
	/// Listens from now on. Who asks a second time does not want to wait.
	pub fn listen() -> Self {
		let (asked, receiver) = watch::channel(false);
		tokio::spawn(async move {
			interrupted().await;
			let _ = asked.send(true);
			interrupted().await;
			std::process::exit(Failure::Interrupted.exit().into());
		});
		Self(receiver)
	}

	/// Ends when somebody asks.
	pub async fn asked(&self) {
		let mut receiver = self.0.clone();
		let _ = receiver.wait_for(|asked| *asked).await;
	}
}

/// The worker of an account.
pub async fn worker_of(view: &View, account: &AccountId32) -> Result<Worker, Failure> {
	view.worker(account)
		.await?
		.ok_or_else(|| Failure::NotFound(format!("worker {account}")))
}

pub fn show_availability(availability: Availability) -> &'static str {
	match availability {
		Availability::Active => "active",
		Availability::Suspended => "suspended",
		Availability::Paused => "paused",
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn serve_is_read_when_with_or_without_the_unit() {
		let tenth = Serve {
			listing: 1,
			min_reward: 100_000_000_000,
		};
		assert_eq!("1:0.1".parse(), Ok(tenth));
		assert_eq!("1:0.1WGH".parse(), Ok(tenth));
		assert_eq!("1: 0.1 WGH".parse(), Ok(tenth));
	}

	#[test]
	fn serve_is_refused_when_a_part_is_wrong() {
		for text in [
			"", "1", "1:", ":1", "0:1", "x:1", "1:0", "1:-1", "1:1EUR", "1@2:1", "1:1:1",
		] {
			assert!(text.parse::<Serve>().is_err(), "{text}");
		}
	}

	#[test]
	fn amount_is_exact_when_it_has_a_unit() {
		assert_eq!(amount("100WGH"), Ok(Amount(100_000_000_000_000)));
		assert_eq!(amount(" 2.5 WGH "), Ok(Amount(2_500_000_000_000)));
		assert!(amount("WGH").is_err());
		assert!(amount("1 wgh").is_err());
	}
}
