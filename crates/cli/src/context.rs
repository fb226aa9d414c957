//! What every command needs: the options before it, connections, the key, and progress.

use std::{
	io::{stderr, stdin, BufRead, IsTerminal, Write},
	path::PathBuf,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};

use clap::{Arg, Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::block_in_place;
use weighhouse_client::{
	amount::Amount,
	calls::{self, Call},
	ipfs::Ipfs,
	keys::{self, AccountId32, Keypair},
	secret::Zeroizing,
	ChainError, Client, Included, Stage, Until, View,
};
use weighhouse_primitives::{JobId, LicenceId};

use crate::{
	failure::Failure,
	logs::Logs,
	output::wgh,
	secrets::{line, read},
};

/// Where an IPFS node listens that runs as it comes.
const IPFS: &str = "http://127.0.0.1:5001";

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
	/// WebSocket address of the node
	#[arg(
		long,
		visible_alias = "rpc",
		global = true,
		env = "WEIGHHOUSE_URL",
		default_value = "ws://127.0.0.1:9944"
	)]
	url: String,
	/// RPC address of the IPFS node [default: http://127.0.0.1:5001]
	#[arg(long, value_name = "URL", global = true, env = "WEIGHHOUSE_IPFS")]
	ipfs: Option<String>,
	/// Secret URI of the key that signs: //Alice, a phrase or a 0x seed
	#[arg(long, global = true, env = "WEIGHHOUSE_SURI", hide_env_values = true)]
	suri: Option<String>,
	/// Key file as Polkadot.js exports it, used instead of a secret URI; the password comes from WEIGHHOUSE_PASSWORD,
	/// --password-file or the terminal
	#[arg(long, global = true, value_name = "FILE")]
	keystore: Option<PathBuf>,
	/// File that holds the password of the key file
	#[arg(long, global = true, value_name = "FILE", requires = "keystore")]
	password_file: Option<PathBuf>,
	/// Give the author of the block this much with each transaction, in WGH: where many wait, it goes
	/// before those that give less
	#[arg(long, value_name = "WGH", global = true, env = "WEIGHHOUSE_TIP")]
	tip: Option<Amount>,
	/// Print one JSON object, also for errors
	#[arg(long, global = true)]
	json: bool,
	/// When a transaction counts as done: in a final block, or in the best block, which a fork may
	/// still undo
	#[arg(long, global = true, value_enum, default_value_t = Wait::Finalized)]
	wait: Wait,
	#[command(flatten)]
	logs: Logs,
}

/// Takes the place of `--tip` where nothing is signed: not shown, and refused.
pub fn no_tip() -> Arg {
	fn refuse(_: &str) -> Result<Amount, &'static str> {
		Err("this command signs nothing that could have a tip")
	}
	Arg::new("tip")
		.long("tip")
		.value_name("WGH")
		.global(true)
		.hide(true)
		.value_parser(refuse)
}

/// The values of `--wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wait {
	Finalized,
	Best,
}

/// The options, put to use.
#[derive(Clone)]
pub struct Context {
	global: Global,
	/// What this command has paid for and waits for, once it is in a block.
	paid: Arc<Mutex<Option<Paid>>>,
}

/// What goes on after it was paid for, whether anybody waits for it or not.
#[derive(Clone, Copy, Debug)]
enum Paid {
	/// A question.
	Job(JobId),
	/// The key of a sealed version, for a licence.
	Key(LicenceId),
}

impl Paid {
	/// A failure to wait for it.
	fn outlives(self, failure: Failure) -> Failure {
		match self {
			Self::Job(job) => failure.of_job(job),
			Self::Key(licence) => failure.of_key(licence),
		}
	}
}

impl Context {
	/// Puts them to use, logs included: once in a program. `usual` is what is logged if nobody says
	/// otherwise.
	pub fn new(global: Global, usual: &str) -> Self {
		global.logs.start(usual, global.json);
		Self::of(global)
	}

	/// The same without logs.
	pub fn of(mut global: Global) -> Self {
		// An empty variable is none, not the well-known phrase that an empty secret URI stands for.
		let given = |text: &String| !text.trim().is_empty();
		global.suri = global.suri.filter(given);
		global.ipfs = global.ipfs.filter(given);
		Self {
			global,
			paid: Arc::default(),
		}
	}

	pub fn json(&self) -> bool {
		self.global.json
	}

	/// Connects to the node.
	pub async fn client(&self) -> Result<Client, Failure> {
		self.connect(&self.global.url).await
	}

	/// The same at any address. What is signed there has the tip of `--tip`.
	pub async fn connect(&self, url: &str) -> Result<Client, Failure> {
		Ok(Client::connect(url).await?.tipping(self.tip()))
	}

	/// What each transaction gives the author of its block, in plancks.
	pub fn tip(&self) -> u128 {
		self.global.tip.unwrap_or_default().0
	}

	/// Connects to the node and reads as of its best block.
	pub async fn view(&self) -> Result<View, Failure> {
		Ok(self.client().await?.best().await?)
	}

	/// The IPFS node.
	pub fn ipfs(&self) -> Result<Ipfs, Failure> {
		Ok(Ipfs::new(self.chosen_ipfs().unwrap_or(IPFS))?)
	}

	/// The address of the IPFS node, if one was given, be it the default one.
	pub fn chosen_ipfs(&self) -> Option<&str> {
		self.global.ipfs.as_deref()
	}

	/// The secret URI of the key that signs, unless the key is in a file.
	pub fn suri(&self) -> Option<&str> {
		match self.global.keystore {
			Some(_) => None,
			None => self.global.suri.as_deref(),
		}
	}

	/// The key that signs.
	pub fn key(&self) -> Result<Keypair, Failure> {
		let path = match (&self.global.keystore, &self.global.suri) {
			(Some(path), _) => path,
			(None, Some(suri)) => return Ok(keys::from_suri(suri)?),
			(None, None) => return Err(Failure::NoKey),
		};
		let json = read(path)?;
		let password = match (
			&self.global.password_file,
			std::env::var("WEIGHHOUSE_PASSWORD"),
		) {
			(Some(file), _) => Zeroizing::new(line(&read(file)?).to_owned()),
			(None, Ok(password)) => Zeroizing::new(password),
			(None, Err(_)) => {
				let prompt = format!("Password of {}: ", path.display());
				let typed = block_in_place(|| rpassword::prompt_password(prompt));
				Zeroizing::new(typed.map_err(no_password)?)
			}
		};
		Ok(keys::from_keystore(&json, &password)?)
	}

	/// The account of the key, if one was given. A key file tells it without its password.
	pub fn own_account(&self) -> Result<Option<AccountId32>, Failure> {
		match (&self.global.keystore, &self.global.suri) {
			(Some(path), _) => Ok(Some(keys::keystore_account(&read(path)?)?)),
			(None, Some(suri)) => Ok(Some(keys::account_of(&keys::from_suri(suri)?))),
			(None, None) => Ok(None),
		}
	}

	/// The account that was named, or else that of the key.
	pub fn account(&self, named: Option<AccountId32>) -> Result<AccountId32, Failure> {
		named.map_or_else(|| self.own_account()?.ok_or(Failure::NoKey), Ok)
	}

	/// When something on chain counts as done, as `--wait` says.
	pub fn until(&self) -> Until {
		match self.global.wait {
			Wait::Finalized => Until::Final,
			Wait::Best => Until::InBlock,
		}
	}

	/// Reads as of the block that counts as settled, as `--wait` says.
	pub async fn settled(&self, client: &Client) -> Result<View, Failure> {
		Ok(match self.until() {
			Until::Final => client.finalized().await?,
			Until::InBlock => client.best().await?,
		})
	}

	/// Signs, submits and waits as `--wait` says.
	pub async fn submit(
		&self,
		client: &Client,
		call: &impl Call,
		key: &Keypair,
		what: &str,
	) -> Result<Included, Failure> {
		self.submit_seen(client, call, key, what, |_| ()).await
	}

	/// The same; `seen` is told as [`Client::submit_seen`] says.
	async fn submit_seen(
		&self,
		client: &Client,
		call: &impl Call,
		key: &Keypair,
		what: &str,
		seen: impl Fn(Option<&Included>),
	) -> Result<Included, Failure> {
		let spinner = self.spinner(format!("{what}: signing"));
		let report = |stage| {
			spinner.set_message(match stage {
				Stage::Submitted => format!("{what}: waiting for a block"),
				Stage::InBlock => format!("{what}: in a block, waiting for finality"),
				Stage::Final => format!("{what}: final"),
			});
		};
		let until = self.until();
		let included = client.submit_seen(call, key, until, report, seen).await;
		spinner.finish_and_clear();
		Ok(included?)
	}

	/// Signs and submits a request. What fails from the block on that has it names the job, as does
	/// [`interruption`](Self::interruption): its money is held.
	pub async fn submit_request(
		&self,
		client: &Client,
		call: &impl Call,
		key: &Keypair,
	) -> Result<Included, Failure> {
		self.submit_paid(client, call, key, "Asking", |included| {
			calls::requested(included)
				.ok()
				.map(|(job, ..)| Paid::Job(job))
		})
		.await
	}

	/// Signs and submits what asks for the key of a sealed version. What fails from the block on that
	/// has it names the licence, as does [`interruption`](Self::interruption): its money is held.
	pub async fn submit_key_request(
		&self,
		client: &Client,
		call: &impl Call,
		key: &Keypair,
		what: &str,
	) -> Result<Included, Failure> {
		self.submit_paid(client, call, key, what, |included| {
			calls::key_requested(included)
				.ok()
				.map(|requested| Paid::Key(requested.licence))
		})
		.await
	}

	async fn submit_paid(
		&self,
		client: &Client,
		call: &impl Call,
		key: &Keypair,
		what: &str,
		paid: impl Fn(&Included) -> Option<Paid>,
	) -> Result<Included, Failure> {
		let seen = |included: Option<&Included>| *self.paid() = included.and_then(&paid);
		let included = self.submit_seen(client, call, key, what, seen).await;
		included.map_err(|failure| {
			// If it left the pool, or the chain refused it, there is nothing.
			let gone = matches!(
				failure,
				Failure::Chain(ChainError::Dropped(_) | ChainError::Refused(_))
			);
			let paid = self.paid().filter(|_| !gone);
			match paid {
				Some(paid) => paid.outlives(failure),
				None => failure,
			}
		})
	}

	/// Says that the key for a licence is waited for from now on.
	pub fn await_key(&self, licence: LicenceId) {
		*self.paid() = Some(Paid::Key(licence));
	}

	/// Says that nothing that was paid for is waited for any more.
	pub fn await_nothing(&self) {
		*self.paid() = None;
	}

	fn paid(&self) -> MutexGuard<'_, Option<Paid>> {
		self.paid.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// What is told when Ctrl-C ends the command now.
	pub fn interruption(&self) -> Failure {
		match *self.paid() {
			Some(paid) => paid.outlives(Failure::Interrupted),
			None => Failure::Interrupted,
		}
	}

	/// A line that moves while something is waited for. Hidden from scripts and files.
	pub fn spinner(&self, message: String) -> ProgressBar {
		let bar = self.hidden_or(ProgressBar::new_spinner());
		bar.set_message(message);
		bar.enable_steady_tick(Duration::from_millis(120));
		bar
	}

	/// A bar over bytes. Hidden from scripts and files.
	pub fn bar(&self, total: u64, message: &str) -> ProgressBar {
		let bar = self.hidden_or(ProgressBar::new(total));
		let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
		bar.set_style(
			ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
		);
		bar.set_message(message.to_owned());
		bar
	}

	fn hidden_or(&self, bar: ProgressBar) -> ProgressBar {
		if self.global.json {
			bar.set_draw_target(ProgressDrawTarget::hidden());
		}
		bar
	}

	/// Tells a person something on the way; scripts are told at the end.
	pub fn tell(&self, text: &str) {
		if !self.global.json {
			let _ = writeln!(stderr(), "{text}");
		}
	}

	/// Asks for a yes before something is signed.
	pub fn confirm(&self, question: &str) -> Result<(), Failure> {
		if !stdin().is_terminal() {
			return Err(Failure::Declined(
				"there is nobody to ask; --yes says yes beforehand".into(),
			));
		}
		let _ = write!(stderr(), "{} [y/N] ", self.question(question));
		let _ = stderr().flush();
		let mut answer = String::new();
		let read = block_in_place(|| stdin().lock().read_line(&mut answer));
		if read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
			return Ok(());
		}
		Err(Failure::Declined(
			"not confirmed; nothing was changed".into(),
		))
	}

	/// A question, after what comes on top of the costs in it.
	fn question(&self, question: &str) -> String {
		match self.tip() {
			0 => question.to_owned(),
			tip => format!("Each transaction gives a tip of {}. {question}", wgh(tip)),
		}
	}
}

/// Ends when somebody wants this program to stop: Ctrl-C, or a signal to terminate. For commands that
/// serve, see `Command::serves`.
pub async fn interrupted() {
	#[cfg(unix)]
	{
		use tokio::signal::unix::{signal, SignalKind};
		if let Ok(mut terminate) = signal(SignalKind::terminate()) {
			tokio::select! {
				_ = tokio::signal::ctrl_c() => {}
				_ = terminate.recv() => {}
			}
			return;
		}
	}
	// If even this cannot be waited for, stopping is the safe side.
	let _ = tokio::signal::ctrl_c().await;
}

fn no_password(error: std::io::Error) -> Failure {
	if error.kind() == std::io::ErrorKind::Interrupted {
		return Failure::Interrupted;
	}
	Failure::BadInput(
		"the key file needs a password: set WEIGHHOUSE_PASSWORD or --password-file".into(),
	)
}

#[cfg(test)]
mod tests {
	use clap::Parser;

	use super::*;

	fn context(line: &str) -> Context {
		Context::of(crate::Cli::try_parse_from(line.split(' ')).unwrap().global)
	}

	#[test]
	fn tip_is_taken_before_and_after_the_command() {
		for line in [
			"weighhouse --tip 0.01 buy 1",
			"weighhouse buy 1 --tip 0.01",
			"weighhouse job poke 1 --tip 0.01",
			"weighhouse deliver --vault v --tip 0.01",
		] {
			assert_eq!(context(line).tip(), 10_000_000_000, "{line}");
		}
		assert_eq!(context("weighhouse buy 1 --tip 0").tip(), 0);
	}

	#[test]
	fn tip_is_told_before_a_yes_is_asked_for() {
		let asked = |line| context(line).question("Pay 2 WGH?");
		assert_eq!(asked("weighhouse buy 1 --tip 0"), "Pay 2 WGH?");
		assert_eq!(
			asked("weighhouse buy 1 --tip 0.01"),
			"Each transaction gives a tip of 0.01 WGH. Pay 2 WGH?"
		);
	}
}
