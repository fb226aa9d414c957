//! The loop: follow final blocks, deliver what is due, turn to another node when one is away.
//!
//! Nothing is kept between two runs, and little within one. What is waited for is read anew with each
//! final block, so a transaction that got lost, on a fork or with a node, is made up for by the next
//! one. If both arrive, the chain refuses the second, which says the same.

use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

use serde_json::json;
use tokio::{
	sync::mpsc::UnboundedReceiver,
	time::{sleep, sleep_until, timeout, timeout_at, Instant},
};
use weighhouse_client::{
	delivery::{Delivery, SealedFor},
	sealed::PointBytes,
	worker::Head,
	ChainError, Client, Refusal, View, H256,
};
use weighhouse_primitives::LicenceId;

use crate::{
	commands::{
		deliver::{
			due::{awaited, batches, fate, is_near_end, step, Due, Fate, Step},
			lines,
			metrics::Metrics,
			nodes::{is_new, Nodes, STALL},
			sending::{Flight, News, Outcome, Sender},
			start,
		},
		work::{Line, Stop},
	},
	context::Context,
	failure::Failure,
	output::Report,
};

/// How long a node may take for what is asked of it after a final block.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take for the look at all listings with which the daemon begins.
const FIRST_LOOK: Duration = Duration::from_secs(120);
/// How many keys are looked at after a final block.
const AT_ONCE: usize = 200;
/// How long what was sent is waited for on the way out.
const GRACE: Duration = Duration::from_secs(10);
/// For how many blocks a key rests that the chain refused.
const REST: u64 = 10;
/// The most blocks for which nothing is sent after refused transactions, each of which costs a fee.
const LONGEST_REST: u64 = 64;

/// A key that a buyer waits for.
struct Request {
	asked: Delivery,
	/// The best block when the request was first seen to be final.
	since: u64,
	/// What was told about it already.
	told: BTreeSet<Told>,
	/// It was delivered, which the next final block will show.
	is_done: bool,
}

/// What is told once about a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
	Unfit,
	NearEnd,
	Late,
}

/// A transaction that is alive, as far as is known.
struct Sent {
	licences: Vec<LicenceId>,
	is_in_block: bool,
}

/// A daemon at work.
pub struct Watch<'a> {
	context: &'a Context,
	stop: Stop,
	sender: Sender,
	news: UnboundedReceiver<(Flight, News)>,
	metrics: Metrics,
	/// The nodes besides the one at `--url`.
	also: Vec<String>,
	once: bool,
	/// The chain that it began on.
	genesis: Option<H256>,
	/// The newest final block that was seen, whichever node had it.
	last: Option<u64>,
	/// From which final block on it says what there is to deliver with, until it has said so.
	begins: Option<u64>,
	/// All that was to be delivered once is final.
	is_done: bool,
	requests: BTreeMap<LicenceId, Request>,
	flights: BTreeMap<Flight, Sent>,
	/// Refused keys, and until when they are not sent again.
	rests: BTreeMap<LicenceId, u64>,
	/// Until when nothing is sent, and how many transactions were refused one after the other.
	rest: (u64, u32),
	/// The last trouble with nodes and fees that was told, so that it is told once while it lasts.
	trouble: Option<String>,
	delivered: u64,
	refused: u64,
	errors: u64,
	/// The first thing that kept a key from being delivered.
	problem: Option<Failure>,
}

impl<'a> Watch<'a> {
	pub fn new(
		context: &'a Context,
		stop: Stop,
		sender: Sender,
		news: UnboundedReceiver<(Flight, News)>,
		metrics: Metrics,
		also: Vec<String>,
		once: bool,
	) -> Self {
		Self {
			context,
			stop,
			sender,
			news,
			metrics,
			also,
			once,
			genesis: None,
			last: None,
			begins: Some(0),
			is_done: false,
			requests: BTreeMap::new(),
			flights: BTreeMap::new(),
			rests: BTreeMap::new(),
			rest: (0, 0),
			trouble: None,
			delivered: 0,
			refused: 0,
			errors: 0,
			problem: None,
		}
	}

	/// Works until it is stopped, or once, with whichever node is there.
	pub async fn follow(&mut self) -> Result<(), Failure> {
		let mut nodes = Nodes::new(self.also.len().saturating_add(1));
		let stop = self.stop.clone();
		loop {
			let url = self.other(nodes.current()).map(ToOwned::to_owned);
			let connected = tokio::select! {
				() = stop.asked() => return Ok(()),
				connected = connect(self.context, url.as_deref()) => connected,
			};
			let failure = match connected {
				Ok(client) => match self.session(&client, &mut nodes).await {
					Ok(()) => return Ok(()),
					Err(error) => Failure::from(error),
				},
				Err(failure) => failure,
			};
			// One of the others that makes no sense is no reason to stop delivering.
			let is_first = nodes.current() == 0;
			if is_first && matches!(failure, Failure::Chain(ChainError::BadAddress { .. })) {
				return Err(failure);
			}
			let text = format!("{}: {failure}", self.name(nodes.current()));
			let pause = nodes.failed();
			if self.once && nodes.all_failed() {
				return Err(failure);
			}
			self.say_trouble(&text);
			// Whether they arrive is not known from here, so their keys are due until they do.
			self.flights.clear();
			tokio::select! {
				() = stop.asked() => return Ok(()),
				() = sleep(pause) => {}
			}
		}
	}

	/// The address of a node besides the one at `--url`.
	fn other(&self, node: usize) -> Option<&str> {
		self.also.get(node.checked_sub(1)?).map(String::as_str)
	}

	fn name(&self, node: usize) -> &str {
		self.other(node).unwrap_or("the node at --url")
	}

	/// Works over one connection. Ends well only when it is stopped, or has delivered once.
	async fn session(&mut self, client: &Client, nodes: &mut Nodes) -> Result<(), ChainError> {
		let genesis = client.genesis_hash();
		if *self.genesis.get_or_insert(genesis) != genesis {
			return Err(ChainError::Incompatible(
				"it is on another chain than the one that this daemon began on".into(),
			));
		}
		// What another node did not tell, this one may.
		self.begins = self.begins.map(|_| 0);
		let stop = self.stop.clone();
		let mut finals = client.final_heads().await?;
		let mut deadline = Instant::now() + STALL;
		let mut has_looked = false;
		loop {
			tokio::select! {
				() = stop.asked() => return Ok(()),
				() = sleep_until(deadline) => return Err(ChainError::Lost(format!(
					"no new final block for {} s",
					STALL.as_secs()
				))),
				head = finals.newest() => {
					let head = head?;
					if is_new(self.last, head.number()) {
						let due = tokio::select! {
							() = stop.asked() => return Ok(()),
							due = self.look(client, &head) => due?,
						};
						// Not given up when it is stopped, so that it is known what was sent.
						within(PATIENCE, self.send(client, due)).await?;
						self.see(head.number(), nodes);
						deadline = Instant::now() + STALL;
						has_looked = true;
					}
				}
				Some((flight, news)) = self.news.recv() => self.learn(flight, news),
			}
			if self.once && has_looked && self.flights.is_empty() {
				self.is_done = true;
				return Ok(());
			}
		}
	}

	/// A final block was seen to, with a node that works.
	fn see(&mut self, number: u64, nodes: &mut Nodes) {
		if nodes.has_failed() {
			Line {
				json: json!({ "event": "connected", "block": number, "node": nodes.current() }),
				text: format!("#{number}  going on with {}", self.name(nodes.current())),
			}
			.print(self.context);
			self.trouble = None;
		}
		nodes.worked();
		self.last = Some(number);
		self.metrics.final_block(number);
		self.metrics.upkeep();
	}

	/// Reads what is waited for as of a final block, and seals what is due.
	async fn look(&mut self, client: &Client, head: &Head) -> Result<Vec<Due>, ChainError> {
		let finals = within(PATIENCE, head.view()).await?;
		let now = finals.block();
		if self.begins.is_some_and(|from| now >= from) {
			// It only informs, so keys wait for it once in a while at most.
			match within(FIRST_LOOK, self.begin(&finals)).await {
				Ok(()) => self.begins = None,
				Err(error) => {
					self.say_trouble(&format!("what is on sale was not read: {error}"));
					self.begins = Some(now.saturating_add(LONGEST_REST));
				}
			}
		}
		// It reads all deliveries of the chain.
		within(FIRST_LOOK, self.due(client, &finals)).await
	}

	/// Says who delivers what.
	async fn begin(&mut self, view: &View) -> Result<(), ChainError> {
		let (seller, signer) = (self.sender.seller, self.sender.signer);
		let shop = start::shop(view, &seller, &self.sender.vault).await?;
		for line in lines::shop(view.block(), &seller, &signer, &shop) {
			line.print(self.context);
		}
		Ok(())
	}

	async fn due(&mut self, client: &Client, finals: &View) -> Result<Vec<Due>, ChainError> {
		let now = finals.block();
		let seller = self.sender.seller;
		let mine = |delivery: &Delivery| delivery.seller == seller && awaited(delivery).is_some();
		let mut waiting = finals.all_deliveries(mine).await?;
		self.metrics.pending(waiting.len());
		self.close(finals, &waiting).await?;
		// What ends first, and last what cannot be sent now; the rest has its turn with the next blocks.
		waiting.sort_by_key(|one| (self.cannot_be_sent(one.licence), awaited(one)));
		waiting.truncate(AT_ONCE);
		let best = client.best().await?;
		let next = best.block().saturating_add(1);
		let mut due = Vec::new();
		for asked in waiting {
			let Some(until) = awaited(&asked) else {
				continue;
			};
			let licence = asked.licence;
			let there = best.delivery(licence).await?;
			self.requests.entry(licence).or_insert_with(|| Request {
				asked: asked.clone(),
				since: best.block(),
				told: BTreeSet::new(),
				is_done: false,
			});
			let is_flying = self.is_flying(licence);
			let step = step(&asked, there.as_ref(), is_flying, next);
			let waits = step == Step::Send || (step == Step::Leave && is_flying);
			if waits && is_near_end(until, best.block()) {
				let left = u64::from(until).saturating_sub(best.block());
				let text = format!("the key is not in a block, and {left} blocks are left for it");
				self.warn(now, licence, Told::NearEnd, &text);
			}
			match step {
				Step::Leave => {}
				Step::Late => {
					let text = "the time to deliver is over, and the buyer gets the money back";
					if self.warn(now, licence, Told::Late, text) {
						self.count_error();
						let refusal = best.refusal("Delivery", "TooLate");
						self.note(ChainError::Refused(refusal).into());
					}
				}
				Step::Send => {
					let genesis = client.genesis_hash();
					let sealed = self.sender.seal(genesis, finals, &asked).await?;
					match sealed {
						Ok(sealed) if !self.rests(licence, now) => {
							let key = asked.key;
							due.push((
								until,
								SealedFor {
									licence,
									key,
									sealed,
								},
							));
						}
						Ok(_) => {}
						Err(failure) => {
							let text = format!("no key is sent: {failure}");
							if self.warn(now, licence, Told::Unfit, &text) {
								self.count_error();
								self.note(failure);
							}
						}
					}
				}
			}
		}
		Ok(due)
	}

	/// Tells what became of keys that are waited for no more.
	async fn close(&mut self, finals: &View, waiting: &[Delivery]) -> Result<(), ChainError> {
		let waiting: BTreeSet<(LicenceId, PointBytes)> = waiting
			.iter()
			.map(|delivery| (delivery.licence, delivery.key))
			.collect();
		let gone: Vec<(LicenceId, PointBytes)> = self
			.requests
			.iter()
			.map(|(licence, request)| (*licence, request.asked.key))
			.filter(|request| !waiting.contains(request) && !self.is_flying(request.0))
			.collect();
		for (licence, key) in gone {
			let now = finals.delivery(licence).await?;
			match fate(&key, now.as_ref()) {
				Fate::Waits => continue,
				Fate::Replaced => {}
				Fate::Delivered => self.deliver(finals.block(), licence, None),
				Fate::Over => {
					if let Some(request) = self.requests.get(&licence) {
						if !request.is_done {
							lines::over(finals.block(), &request.asked).print(self.context);
							let is_counted = [Told::Late, Told::Unfit]
								.iter()
								.any(|what| request.told.contains(what));
							if !is_counted {
								self.count_error();
							}
						}
					}
				}
			}
			self.requests.remove(&licence);
			self.rests.remove(&licence);
		}
		Ok(())
	}

	async fn send(&mut self, client: &Client, due: Vec<Due>) -> Result<(), ChainError> {
		for keys in batches(due) {
			match self.sender.send(client, &keys).await {
				Ok(flight) => self.fly(flight, &keys),
				Err(ChainError::NotAccepted(reason)) => {
					self.count_error();
					let signer = self.sender.signer;
					let text = if reason.contains("pay") {
						format!("{signer} is too poor for the fee, so nothing is delivered: send it some WGH. It is tried again with each block")
					} else {
						format!("the node did not take the keys: {reason}")
					};
					self.say_trouble(&text);
					self.note(ChainError::NotAccepted(reason).into());
					return Ok(());
				}
				Err(error) => return Err(error),
			}
		}
		Ok(())
	}

	fn fly(&mut self, flight: Flight, keys: &[SealedFor]) {
		let licences = keys.iter().map(|one| one.licence).collect();
		self.flights.insert(
			flight,
			Sent {
				licences,
				is_in_block: false,
			},
		);
		self.trouble = None;
	}

	fn is_flying(&self, licence: LicenceId) -> bool {
		let mut flights = self.flights.values();
		flights.any(|sent| sent.licences.contains(&licence))
	}

	fn rests(&self, licence: LicenceId, now: u64) -> bool {
		let until = self.rests.get(&licence).copied().unwrap_or(0);
		now < until.max(self.rest.0)
	}

	/// Hears what came of a transaction.
	fn learn(&mut self, flight: Flight, news: News) {
		let result = match news {
			News::InBlock => {
				if let Some(sent) = self.flights.get_mut(&flight) {
					sent.is_in_block = true;
				}
				return;
			}
			News::Ended(result) => result,
		};
		let is_awaited = self.flights.remove(&flight).is_some();
		match result {
			Ok(outcome) => self.take(outcome),
			Err(error) if is_awaited => self.fail(error),
			// It went with its node, and others were sent in its place.
			Err(_) => {}
		}
	}

	fn take(&mut self, outcome: Outcome) {
		self.rest = (0, 0);
		for licence in outcome.delivered {
			self.deliver(outcome.block, licence, Some(outcome.block));
		}
		for (licence, reason) in outcome.refused {
			if is_overtaken(&reason) {
				continue;
			}
			lines::refused(outcome.block, licence, &reason).print(self.context);
			self.refused = self.refused.saturating_add(1);
			self.metrics.refused();
			let until = outcome.block.saturating_add(REST);
			self.rests.insert(licence, until);
			self.note(
				ChainError::Refused(Refusal {
					pallet: "Delivery".into(),
					name: "KeyRefused".into(),
					docs: reason,
				})
				.into(),
			);
		}
	}

	/// A transaction did nothing. What is due is sent again, but for one that the chain refused not at
	/// once.
	fn fail(&mut self, error: ChainError) {
		self.count_error();
		let mut text = format!("keys were sent, but {error}");
		if matches!(error, ChainError::Refused(_)) {
			let (_, refusals) = self.rest;
			let blocks = rest_after(refusals);
			let until = self.last.unwrap_or(0).saturating_add(blocks);
			self.rest = (until, refusals.saturating_add(1));
			text.push_str(&format!(" Nothing is sent for {blocks} blocks."));
		}
		if error.is("Proxy", "NotProxy") {
			text.push_str(&format!(
				" {} is no Deliver proxy of {}.",
				self.sender.signer, self.sender.seller
			));
		}
		self.say_trouble(&text);
		self.note(error.into());
	}

	/// A key is in a final block.
	fn deliver(&mut self, now: u64, licence: LicenceId, block: Option<u64>) {
		let Some(request) = self.requests.get_mut(&licence) else {
			return;
		};
		if request.is_done {
			return;
		}
		request.is_done = true;
		lines::delivered(now, &request.asked, block).print(self.context);
		let delay = block.map(|block| block.saturating_sub(request.since));
		self.delivered = self.delivered.saturating_add(1);
		self.metrics.delivered(delay);
	}

	/// Tells something about a key, once. Gives whether it was new.
	fn warn(&mut self, now: u64, licence: LicenceId, what: Told, text: &str) -> bool {
		let request = self.requests.get_mut(&licence);
		let is_new = request.is_some_and(|request| request.told.insert(what));
		if is_new {
			lines::trouble(Some(now), Some(licence), text).print(self.context);
		}
		is_new
	}

	/// Whether a key is on its way, or is not in this vault.
	fn cannot_be_sent(&self, licence: LicenceId) -> bool {
		let request = self.requests.get(&licence);
		let is_unfit = request.is_some_and(|request| request.told.contains(&Told::Unfit));
		is_unfit || self.is_flying(licence)
	}

	fn say_trouble(&mut self, text: &str) {
		if self.trouble.as_deref() != Some(text) {
			lines::trouble(self.last, None, text).print(self.context);
			self.trouble = Some(text.to_owned());
		}
	}

	fn count_error(&mut self) {
		self.errors = self.errors.saturating_add(1);
		self.metrics.error();
	}

	/// Keeps the first thing that kept a key from being delivered.
	fn note(&mut self, failure: Failure) {
		self.problem.get_or_insert(failure);
	}

	/// Waits until what was sent is in a block, but not for long.
	pub async fn land(&mut self) {
		let deadline = Instant::now() + GRACE;
		while self.flights.values().any(|sent| !sent.is_in_block) {
			match timeout_at(deadline, self.news.recv()).await {
				Ok(Some((flight, news))) => self.learn(flight, news),
				Ok(None) | Err(_) => {
					let text = "some keys were sent and are in no block yet; the next start looks after them";
					lines::trouble(self.last, None, text).print(self.context);
					return;
				}
			}
		}
	}

	/// What was done; what was not, if it was to be done once.
	pub fn report(self) -> Result<Report, Failure> {
		if self.once {
			if let Some(problem) = self.problem {
				return Err(problem);
			}
			if !self.is_done {
				return Err(Failure::Unfinished {
					delivered: self.delivered,
				});
			}
		}
		Ok(Report {
			json: json!({
				"event": "stopped",
				"seller": self.sender.seller.to_string(),
				"block": self.last,
				"delivered": self.delivered,
				"refused": self.refused,
				"errors": self.errors,
			}),
			text: match (self.delivered, self.once) {
				(0, true) => "Nothing was due.".into(),
				(1, _) => "Delivered 1 key.".into(),
				(count, _) => format!("Delivered {count} keys."),
			},
		})
	}
}

/// Whether the chain refused a key because another transaction of ours was faster, or another request.
fn is_overtaken(reason: &str) -> bool {
	[
		"AlreadyDelivered",
		"A key was delivered already",
		"OtherKey",
		"Another delivery key is waited for",
	]
	.iter()
	.any(|words| reason.contains(words))
}

/// For how many blocks nothing is sent after a refused transaction, when so many were refused before.
fn rest_after(refusals: u32) -> u64 {
	1u64.checked_shl(refusals.saturating_add(1))
		.map_or(LONGEST_REST, |blocks| blocks.min(LONGEST_REST))
}

/// Connects to a node, the one at `--url` if no other is named.
async fn connect(context: &Context, url: Option<&str>) -> Result<Client, Failure> {
	match url {
		Some(url) => context.connect(url).await,
		None => context.client().await,
	}
}

/// What `work` gives, unless the node takes longer than `limit`.
async fn within<T>(
	limit: Duration,
	work: impl std::future::Future<Output = Result<T, ChainError>>,
) -> Result<T, ChainError> {
	timeout(limit, work).await.unwrap_or_else(|_| {
		Err(ChainError::Lost(format!(
			"no answer within {} s",
			limit.as_secs()
		)))
	})
}

#[cfg(test)]
mod tests {
	use clap::Parser;
	use weighhouse_client::{keys::account_of, sealed::Vault};

	use super::*;

	#[test]
	fn key_that_was_overtaken_is_told_from_other_refusals() {
		let path = concat!(
			env!("CARGO_MANIFEST_DIR"),
			"/../../pallets/delivery/src/lib.rs"
		);
		let source = std::fs::read_to_string(path).unwrap();
		for words in [
			"/// A key was delivered already.\n\t\tAlreadyDelivered,",
			"/// Another delivery key is waited for than this was sealed for: there is a new request.\n\t\tOtherKey,",
		] {
			assert!(source.contains(words), "{words}");
		}
		assert!(is_overtaken(
			"Delivery.AlreadyDelivered: A key was delivered already."
		));
		assert!(is_overtaken("A key was delivered already."));
		assert!(is_overtaken(
			"Another delivery key is waited for than this was sealed for: there is a new request."
		));
		assert!(!is_overtaken("The time to deliver is over."));
	}

	/// What is told at the end by a daemon that did nothing.
	async fn told(once: bool, is_done: bool) -> Result<Report, Failure> {
		let line = ["weighhouse", "--suri", "//Alice", "account"];
		let context = Context::of(crate::Cli::try_parse_from(line).unwrap().global);
		let key = context.key().unwrap();
		let (seller, vault) = (account_of(&key), Vault::from_bytes([1; 32]));
		let (sender, news) = Sender::new(key, seller, vault);
		let metrics = Metrics::new().unwrap();
		let stop = Stop::listen();
		let mut watch = Watch::new(&context, stop, sender, news, metrics, Vec::new(), once);
		watch.is_done = is_done;
		watch.report()
	}

	#[tokio::test]
	async fn stop_before_all_was_delivered_once_is_a_failure() {
		let failure = told(true, false).await.err().unwrap();
		assert_eq!(failure.exit(), 130);
		let said = failure.to_string();
		assert!(said.contains("no key is yet"), "{said}");
		assert_eq!(told(true, true).await.unwrap().text, "Nothing was due.");
		// A daemon is there to be stopped.
		assert!(told(false, false).await.is_ok());
	}

	#[test]
	fn rest_doubles_with_each_refusal_up_to_a_limit() {
		let rests: Vec<_> = (0..8).map(rest_after).collect();
		assert_eq!(rests, [2, 4, 8, 16, 32, 64, 64, 64]);
		assert_eq!(rest_after(u32::MAX), LONGEST_REST);
	}
}
