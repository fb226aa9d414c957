//! `weighhouse work` itself

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{
	sync::mpsc,
	time::{sleep, timeout},
};
use weighhouse_client::{
	calls,
	worker::{Duty, Head, Heads},
	Availability, ChainError, Client, Until, View,
};

use crate::{
	commands::work::{
		carrier::Carrier,
		ledger::Ledger,
		open::{open, Open},
		Courier, Line, RunOpts, Stop,
	},
	context::Context,
	failure::Failure,
	output::{plain, Report},
};

/// The first pause before a lost node is looked for again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a node may say nothing before it is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(60);
/// How long it then may take to answer, and anything that is done on the way out.
const PATIENCE: Duration = Duration::from_secs(30);
/// Every how many blocks it is looked whether the node's courier still gives signs of life.
const LOOK_EVERY: u64 = 50;
/// The most blocks that were missed while the node was away and are read afterwards: what a node
/// that is no archive keeps.
const CATCH_UP: u64 = 256;

/// A worker at work.
struct Watch<'a> {
	open: &'a Open,
	context: &'a Context,
	stop: Stop,
	ledger: Ledger,
	/// The last final block that was read.
	last: Option<u64>,
	/// The last trouble that was told, so that it is told once while it lasts.
	trouble: Option<String>,
}

pub async fn run(opts: RunOpts, context: &Context) -> Result<Report, Failure> {
	let stop = Stop::listen();
	let open = tokio::select! {
		open = open(&opts, context) => open?,
		() = stop.asked() => return Err(Failure::Interrupted),
	};
	let (ended, ledger) = {
		let mut watch = Watch {
			ledger: Ledger::new(open.account, open.jobs.iter().copied()),
			open: &open,
			context,
			stop,
			last: None,
			trouble: None,
		};
		(watch.follow().await, watch.ledger)
	};
	let last = ended.as_ref().ok().cloned();
	if let Some(client) = &last {
		// A node that is away must not keep this program from ending.
		if opts.pause_on_exit {
			pause(client, &open, context).await;
		}
		let _ = timeout(PATIENCE, warn_of_open_jobs(client, &open, context, &ledger)).await;
	}
	context.tell("Stopping.");
	open.gateway.shutdown().await;
	ended?;
	Ok(ledger.report())
}

impl Watch<'_> {
	/// Works until it is stopped, with a new connection when the node was away. Gives the last one.
	async fn follow(&mut self) -> Result<Client, Failure> {
		let genesis = self.open.client.genesis_hash();
		let mut client = self.open.client.clone();
		let mut pause = FIRST_PAUSE;
		loop {
			let began = Instant::now();
			match self.session(&client).await {
				Ok(()) => return Ok(client),
				Err(error @ ChainError::Incompatible(_)) => return Err(error.into()),
				Err(error) => self.say_trouble(&error.to_string()),
			}
			if began.elapsed() > LONGEST_PAUSE {
				pause = FIRST_PAUSE;
			}
			client = loop {
				tokio::select! {
					() = self.stop.asked() => return Ok(client),
					() = sleep(pause) => {}
				}
				pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
				match self.context.client().await {
					Ok(client) => break client,
					Err(failure) => self.say_trouble(&failure.to_string()),
				}
			};
			if client.genesis_hash() != genesis {
				return Err(ChainError::Incompatible(
					"it is on another chain than the one that this worker began on".into(),
				)
				.into());
			}
			self.trouble = None;
			Line {
				json: json!({ "event": "connected" }),
				text: "The node is back.".into(),
			}
			.print(self.context);
		}
	}

	fn say_trouble(&mut self, problem: &str) {
		let problem = plain(problem);
		if self.trouble.as_deref() == Some(problem.as_str()) {
			return;
		}
		Line {
			text: format!("Trouble: {problem}"),
			json: json!({ "event": "trouble", "block": null, "job": null, "message": problem }),
		}
		.print(self.context);
		self.trouble = Some(problem);
	}

	/// Works over one connection. Ends well only when it is stopped.
	async fn session(&mut self, client: &Client) -> Result<(), ChainError> {
		let window = u64::from(client.best().await?.heartbeat_window()?);
		let (done, mut settled) = mpsc::unbounded_channel();
		let mut finals = client.final_heads().await?;
		let mut bests = None;
		let mut carrier = None;
		if self.open.courier == Courier::Rpc {
			bests = Some(client.best_heads().await?);
			let key = self.open.key.clone();
			let genesis = client.genesis_hash();
			carrier = Some(Carrier::new(genesis, self.open.account, key, done));
		}
		let runner = self.open.gateway.runner();
		let mut at = 0;
		loop {
			tokio::select! {
				() = self.stop.asked() => return Ok(()),
				head = finals.next() => self.read(client, &head?).await?,
				head = newest(&mut bests) => {
					let view = head?.view().await?;
					at = view.block();
					if let Some(carrier) = &mut carrier {
						for line in carrier.carry(client, runner, &view).await? {
							line.print(self.context);
						}
					}
				}
				Some(outcome) = settled.recv() => {
					if let Some(carrier) = &mut carrier {
						if let Some(line) = carrier.settle(at, window, outcome) {
							line.print(self.context);
						}
					}
				}
				() = sleep(SILENCE) => {
					let lost = || ChainError::Lost("the node does not answer".into());
					timeout(PATIENCE, client.best()).await.map_err(|_| lost())??;
				}
			}
		}
	}

	/// Reads a final block, and before it those that came while the node was away.
	async fn read(&mut self, client: &Client, head: &Head) -> Result<(), ChainError> {
		let number = head.number();
		if let Some(last) = self.last.filter(|last| *last < number) {
			let first = last.saturating_add(1).max(number.saturating_sub(CATCH_UP));
			for missed in first..number {
				if let Some(view) = client.at(missed).await? {
					self.note(&view).await?;
				}
				self.last = Some(missed);
			}
		}
		if self.last.is_some_and(|last| last >= number) {
			return Ok(());
		}
		let view = head.view().await?;
		self.note(&view).await?;
		self.last = Some(number);
		if self.open.courier == Courier::Node && number.is_multiple_of(LOOK_EVERY) {
			self.look(&view).await?;
		}
		Ok(())
	}

	async fn note(&mut self, view: &View) -> Result<(), ChainError> {
		for happening in view.happenings().await? {
			let job = match self.ledger.draws(&happening) {
				Some(job) => view.job(job).await?,
				None => None,
			};
			if let Some(line) = self.ledger.note(view.block(), &happening, job.as_ref()) {
				line.print(self.context);
			}
		}
		Ok(())
	}

	/// Warns when the node does not do its part.
	async fn look(&mut self, view: &View) -> Result<(), ChainError> {
		let Some(worker) = view.worker(&self.open.account).await? else {
			return Ok(());
		};
		if worker.availability == Availability::Active && !worker.alive {
			self.say_trouble(&format!(
				"the chain has seen no sign of life since block {}, so this worker is not drawn; does the node carry for it (its log, target `courier`)?",
				worker.seen
			));
		}
		Ok(())
	}
}

/// The newest best block; never one if nobody looks for them.
async fn newest(heads: &mut Option<Heads>) -> Result<Head, ChainError> {
	match heads {
		Some(heads) => heads.newest().await,
		None => std::future::pending().await,
	}
}

async fn pause(client: &Client, open: &Open, context: &Context) {
	let sent = async {
		client
			.submit(&calls::pause(), &open.key, Until::InBlock, |_| ())
			.await
	};
	let (event, text) = match timeout(PATIENCE, sent).await {
		Ok(Ok(_)) => (
			"paused",
			"Paused: no new work until the next start.".to_owned(),
		),
		Ok(Err(error)) => ("trouble", format!("Not paused: {error}")),
		Err(_) => (
			"trouble",
			"Not paused: the node does not answer.".to_owned(),
		),
	};
	Line {
		json: json!({ "event": event, "block": null, "job": null, "message": text }),
		text,
	}
	.print(context);
}

/// Says what is lost if this worker does not come back in time.
async fn warn_of_open_jobs(client: &Client, open: &Open, context: &Context, ledger: &Ledger) {
	let Ok(view) = client.best().await else {
		return;
	};
	for job in ledger.open() {
		let task = view.task(client.genesis_hash(), &open.account, job).await;
		if let Ok(Some(task)) = task {
			let due = match task.duty {
				Duty::Commit => "a commitment",
				Duty::Reveal { .. } => "the answer that was committed to",
				Duty::Answer => "an answer",
			};
			Line {
				json: json!({
					"event": "still-due",
					"block": view.block(),
					"job": job,
					"until": task.until,
				}),
				text: format!(
					"job {job}: {due} is due by block {} (now {}); start again before, or bond is lost",
					task.until,
					view.block()
				),
			}
			.print(context);
		}
	}
}
