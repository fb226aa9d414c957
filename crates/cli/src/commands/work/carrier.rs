//! The courier of a worker without a node of its own: it does by signed transactions what a node's
//! off-chain worker does by free ones.
//!
//! The state of the best block alone says what is due. A transaction that the node took may still be
//! lost, so it is sent again for as long as its step is due. Nothing is sent unchecked: see
//! [`Task::follow`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use weighhouse_client::{
	calls::{self, Call},
	keys::{AccountId32, Keypair},
	worker::{Duty, Move, Task, REVEAL_DELAY},
	Availability, ChainError, Client, Until, View, Worker, H256,
};
use weighhouse_gateway::{runner::Runner, store::State};
use weighhouse_primitives::inference::{JobId, Round};

use crate::{commands::work::Line, output::plain};

/// After how many blocks a step that is still due is sent again.
const RETRY: u64 = 3;
/// How many complaints are remembered, so that none is made twice.
const COMPLAINTS: usize = 1_024;

/// Something that is sent to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
	/// A sign of life.
	Heartbeat,
	/// A commitment to an answer.
	Commit(JobId, Round),
	/// An answer.
	Reveal(JobId, Round),
}

/// What came of something that was sent.
pub type Settled = (Step, Result<(), ChainError>);

/// The courier.
pub struct Carrier {
	genesis: H256,
	account: AccountId32,
	key: Keypair,
	settled: UnboundedSender<Settled>,
	/// Steps that are not sent before a block.
	waiting: BTreeMap<Step, u64>,
	complaints: BTreeSet<String>,
}

impl Carrier {
	/// One for the worker whose account `key` signs for. What comes of transactions goes to
	/// `settled`, and from there to [`settle`](Self::settle).
	pub fn new(
		genesis: H256,
		account: AccountId32,
		key: Keypair,
		settled: UnboundedSender<Settled>,
	) -> Self {
		Self {
			genesis,
			account,
			key,
			settled,
			waiting: BTreeMap::new(),
			complaints: BTreeSet::new(),
		}
	}

	/// Takes what is due to the gateway, and what is ready to the chain.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn carry(
		&mut self,
		client: &Client,
		runner: &Runner,
		view: &View,
	) -> Result<Vec<Line>, ChainError> {
		let at = view.block();
		self.waiting.retain(|_, until| *until > at);
		let Some(worker) = view.worker(&self.account).await? else {
			let text = "the account is no worker any more";
			return Ok(self.complain(at, None, text).into_iter().collect());
		};
		let mut lines = Vec::new();
		for job in &worker.open_jobs {
			let task = view.task(self.genesis, &self.account, *job).await?;
			if let Some(task) = task {
				lines.extend(self.serve(client, runner, at, &task).await?);
			}
		}
		lines.extend(self.live(client, runner, view, &worker).await?);
		Ok(lines)
	}

	/// Does one task as far as it goes now.
	async fn serve(
		&mut self,
		client: &Client,
		runner: &Runner,
		at: u64,
		task: &Task,
	) -> Result<Option<Line>, ChainError> {
		let (job, round) = (task.assignment.job, task.assignment.round);
		let step = match task.duty {
			Duty::Commit => Step::Commit(job, round),
			Duty::Reveal { .. } | Duty::Answer => Step::Reveal(job, round),
		};
		if is_early(task.duty, at) || self.waiting.contains_key(&step) {
			return Ok(None);
		}
		let record = match runner.submit(task.assignment.clone()).await {
			Ok(record) => record,
			Err(error) => return Ok(self.complain(at, Some(job), &error.to_string())),
		};
		let completion = match record.state {
			State::Queued { .. } | State::Running => return Ok(None),
			State::Failed { reason } => {
				let text = format!("there is no answer to send: {reason}");
				return Ok(self.complain(at, Some(job), &text));
			}
			State::Done(completion) => completion,
		};
		match task.follow(&completion) {
			Ok(Move::Commit(commitment)) => {
				let call = calls::commit_signed(job, commitment);
				self.send(client, &call, step, at).await
			}
			Ok(Move::Reveal(reveal)) => {
				let call = calls::reveal_signed(job, *reveal);
				self.send(client, &call, step, at).await
			}
			Err(problem) => {
				let text = format!("the answer is not sent: {problem}");
				Ok(self.complain(at, Some(job), &text))
			}
		}
	}

	/// Gives a sign of life if one is due and the gateway could take a job: a worker that is drawn
	/// and cannot answer loses bond.
	async fn live(
		&mut self,
		client: &Client,
		runner: &Runner,
		view: &View,
		worker: &Worker,
	) -> Result<Option<Line>, ChainError> {
		let at = view.block();
		let wanted = worker.availability == Availability::Active && worker.served > 0;
		let due = is_heartbeat_due(worker.seen, view.next_block(), view.heartbeat_window()?);
		if !wanted || !due || self.waiting.contains_key(&Step::Heartbeat) {
			return Ok(None);
		}
		let readiness = runner.ready().await;
		if !readiness.is_ready() {
			self.wait(Step::Heartbeat, at, RETRY);
			let text = format!(
				"no sign of life is given, so that no job is lost: {}",
				readiness.problems().join("; ")
			);
			return Ok(self.complain(at, None, &text));
		}
		self.send(client, &calls::heartbeat_signed(), Step::Heartbeat, at)
			.await
	}

	async fn send(
		&mut self,
		client: &Client,
		call: &impl Call,
		step: Step,
		at: u64,
	) -> Result<Option<Line>, ChainError> {
		self.wait(step, at, RETRY);
		match client.send(call, &self.key).await {
			Ok(sent) => {
				let settled = self.settled.clone();
				tokio::spawn(async move {
					let result = sent.settle(Until::InBlock, |_| ()).await;
					// Nobody listens any more when the worker has stopped.
					let _ = settled.send((step, result.map(|_| ())));
				});
				Ok(None)
			}
			Err(error @ ChainError::NotAccepted(_)) => {
				Ok(self.complain(at, step.job(), &error.to_string()))
			}
			Err(error) => Err(error),
		}
	}

	/// Learns what came of something that was sent. State is what counts, so this only keeps money
	/// from being spent on what will be refused again.
	pub fn settle(&mut self, at: u64, window: u64, (step, result): Settled) -> Option<Line> {
		let error = match result {
			Ok(()) => return None,
			// Another transaction of ours was faster.
			Err(error) if error.is("Inference", "NothingDue") => return None,
			Err(error) => error,
		};
		if step == Step::Heartbeat && matches!(error, ChainError::Refused(_)) {
			self.wait(step, at, window);
		}
		self.complain(at, step.job(), &error.to_string())
	}

	fn wait(&mut self, step: Step, at: u64, blocks: u64) {
		self.waiting.insert(step, at.saturating_add(blocks));
	}

	/// Says what is wrong, once.
	fn complain(&mut self, at: u64, job: Option<JobId>, text: &str) -> Option<Line> {
		let text = plain(text);
		if self.complaints.len() >= COMPLAINTS {
			self.complaints.clear();
		}
		if !self.complaints.insert(format!("{job:?} {text}")) {
			return None;
		}
		let about = job.map_or_else(String::new, |job| format!("job {job}: "));
		Some(Line {
			text: format!("#{at}  {about}{text}"),
			json: json!({ "event": "trouble", "block": at, "job": job, "message": text }),
		})
	}
}

impl Step {
	fn job(self) -> Option<JobId> {
		match self {
			Self::Heartbeat => None,
			Self::Commit(job, _) | Self::Reveal(job, _) => Some(job),
		}
	}
}

/// Whether a fork of a few blocks could still show an answer before all commitments are in.
fn is_early(duty: Duty, at: u64) -> bool {
	match duty {
		Duty::Reveal { since, .. } => at < u64::from(since.saturating_add(REVEAL_DELAY)),
		Duty::Commit | Duty::Answer => false,
	}
}

/// Whether a worker has given no sign of life in the window that block `next` is in.
fn is_heartbeat_due(seen: u32, next: u32, window: u32) -> bool {
	let window = window.max(1);
	next / window > seen / window
}

#[cfg(test)]
mod tests {
	use tokio::sync::mpsc::unbounded_channel;
	use weighhouse_client::{keys, Refusal};

	use super::*;

	fn carrier() -> Carrier {
		let key = keys::from_suri("//Worker1").unwrap();
		let account = keys::account_of(&key);
		Carrier::new(H256::zero(), account, key, unbounded_channel().0)
	}

	fn refused(name: &str) -> ChainError {
		ChainError::Refused(Refusal {
			pallet: "Inference".into(),
			name: name.into(),
			docs: String::new(),
		})
	}

	#[test]
	fn reveal_waits_until_commits_are_two_blocks_old() {
		let reveal = Duty::Reveal {
			commitment: H256::zero(),
			since: 10,
		};
		assert!(is_early(reveal, 10));
		assert!(is_early(reveal, 11));
		assert!(!is_early(reveal, 12));
		assert!(!is_early(Duty::Commit, 0));
		assert!(!is_early(Duty::Answer, 0));
	}

	#[test]
	fn heartbeat_is_due_once_a_window() {
		assert!(!is_heartbeat_due(50, 99, 50));
		assert!(is_heartbeat_due(50, 100, 50));
		assert!(!is_heartbeat_due(100, 149, 50));
		assert!(!is_heartbeat_due(7, 7, 0));
	}

	#[test]
	fn complaint_is_made_once() {
		let mut carrier = carrier();
		assert!(carrier.complain(1, Some(7), "no").is_some());
		assert!(carrier.complain(2, Some(7), "no").is_none());
		assert!(carrier.complain(2, Some(8), "no").is_some());
	}

	#[test]
	fn heartbeat_rests_for_a_window_when_it_was_refused() {
		let mut carrier = carrier();
		let line = carrier.settle(10, 50, (Step::Heartbeat, Err(refused("BondTooLow"))));
		assert!(line.is_some());
		assert_eq!(carrier.waiting.get(&Step::Heartbeat), Some(&60));
	}

	#[test]
	fn lost_race_is_no_trouble() {
		let mut carrier = carrier();
		let step = Step::Commit(7, Round::Main);
		assert!(carrier
			.settle(10, 50, (step, Err(refused("NothingDue"))))
			.is_none());
		assert!(carrier.settle(10, 50, (step, Ok(()))).is_none());
		assert!(carrier.waiting.is_empty());
	}
}
