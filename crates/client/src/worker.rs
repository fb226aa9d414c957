//! What a worker needs beside reads and calls: blocks as they come, what happened in them, what it
//! has to do, and what its own node can be told.

use std::collections::BTreeMap;

use futures::FutureExt;
use subxt::{
	client::{Block, Blocks},
	events::Event,
	ext::scale_decode::{DecodeAsFields, DecodeAsType},
	rpcs::rpc_params,
	storage, PolkadotConfig,
};
use tokio::task::JoinSet;
use weighhouse_primitives::{
	inference::{
		commitment, gateway_key, Assignment, Completion, Disputed, JobId, Mode, Reveal, Round,
		Status, WORKER_KEY_TYPE,
	},
	ListingId, ReceiptId,
};

use crate::{
	chain::Client,
	error::ChainError,
	inference::{Availability, Finding, Job, Outcome, Phase, Seat},
	keys::AccountId32,
	runtime::inference::events,
	view::View,
	H256,
};

/// The pallet of paid answers.
const PALLET: &str = "Inference";
/// How many blocks after the commits closed an answer is shown, so that a short fork does not show
/// it before they have.
pub const REVEAL_DELAY: u32 = 2;
/// How many blocks are read at the same time when many are.
const AT_ONCE: u64 = 16;

/// Heads of blocks as they come.
pub struct Heads(Blocks<PolkadotConfig>);

/// The head of a block.
pub struct Head(Block<PolkadotConfig>);

impl Heads {
	/// The next one. May be given up at any time without losing one.
	///
	/// # Errors
	/// [`ChainError`] if the connection broke; these heads are then at their end.
	pub async fn next(&mut self) -> Result<Head, ChainError> {
		match self.0.next().await {
			Some(head) => Ok(Head(head?)),
			None => Err(ChainError::Lost("the node ended a subscription".into())),
		}
	}

	/// Waits for the next one and gives the last of those that have come by then.
	///
	/// # Errors
	/// [`ChainError`] if the connection broke; these heads are then at their end.
	pub async fn newest(&mut self) -> Result<Head, ChainError> {
		let mut newest = self.next().await?;
		while let Some(next) = self.next().now_or_never() {
			newest = next?;
		}
		Ok(newest)
	}
}

impl Head {
	/// Number of the block.
	pub fn number(&self) -> u64 {
		self.0.number()
	}

	/// The state after the block.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn view(&self) -> Result<View, ChainError> {
		Ok(View::new(self.0.at().await?))
	}
}

/// What happened in paid answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
	/// Somebody asked a model.
	Requested {
		/// Number of the job.
		job: JobId,
		/// The listing that is asked.
		listing: ListingId,
		/// How many workers answer.
		mode: Mode,
		/// What each seat earns.
		reward: u128,
	},
	/// Workers got seats.
	Drawn {
		/// Number of the job.
		job: JobId,
		/// Which panel.
		round: Round,
		/// The workers.
		workers: Vec<AccountId32>,
		/// How many could have been drawn.
		eligible: u32,
	},
	/// A worker committed to its answer.
	Committed {
		/// Number of the job.
		job: JobId,
		/// Which panel.
		round: Round,
		/// The worker.
		worker: AccountId32,
	},
	/// A worker showed its answer.
	Revealed {
		/// Number of the job.
		job: JobId,
		/// Which panel.
		round: Round,
		/// The worker.
		worker: AccountId32,
		/// What came of its run.
		status: Status,
	},
	/// There is an answer that stands unless it is disputed.
	Answered {
		/// Number of the job.
		job: JobId,
		/// Number of the receipt.
		receipt: ReceiptId,
		/// How many workers agreed.
		agreed: u32,
	},
	/// Somebody disputes an answer.
	Disputed {
		/// Number of the job.
		job: JobId,
		/// Who.
		challenger: AccountId32,
	},
	/// A worker was paid.
	Paid {
		/// Number of the job.
		job: JobId,
		/// The worker.
		worker: AccountId32,
		/// What it got.
		amount: u128,
		/// The protocol fee that was taken before.
		fee: u128,
	},
	/// A worker lost a part of its bond.
	Slashed {
		/// Number of the job.
		job: JobId,
		/// The worker.
		worker: AccountId32,
		/// Why.
		finding: Finding,
		/// What it lost.
		amount: u128,
	},
	/// A job is over.
	Ended {
		/// Number of the job.
		job: JobId,
		/// How it ended.
		outcome: Outcome,
	},
	/// A worker is drawn from now on, or is not any more.
	AvailabilityChanged {
		/// The worker.
		worker: AccountId32,
		/// Whether it is drawn.
		availability: Availability,
	},
	/// A worker serves a listing no more.
	ServingEnded {
		/// The worker.
		worker: AccountId32,
		/// The listing.
		listing: ListingId,
	},
}

/// What happened in one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHappenings {
	/// Number of the block.
	pub block: u64,
	/// In the order in which it happened.
	pub happenings: Vec<Happening>,
}

/// A worker's price for answers of one listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
	/// The listing.
	pub listing: ListingId,
	/// The smallest reward for which it works.
	pub min_reward: u128,
}

/// What a seat has to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
	/// Commit to an answer.
	Commit,
	/// Show the answer that it committed to.
	Reveal {
		/// The commitment.
		commitment: H256,
		/// The block in which the commits closed.
		since: u32,
	},
	/// Show an answer without a commitment, since nobody else answers beside it.
	Answer,
}

/// What a worker has to do for a job: what to ask its gateway, and what then is due on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
	/// What the gateway is asked.
	pub assignment: Assignment,
	/// What is due.
	pub duty: Duty,
	/// The last block for it.
	pub until: u32,
}

/// What to submit when the gateway has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
	/// The commitment, by [`crate::calls::commit_signed`].
	Commit(H256),
	/// The answer, by [`crate::calls::reveal_signed`].
	Reveal(Box<Reveal>),
}

impl Task {
	/// What follows from what a gateway answered. Refused is whatever the chain would refuse or the
	/// worker would be punished for.
	///
	/// # Errors
	/// What is wrong with the answer.
	pub fn follow(&self, completion: &Completion) -> Result<Move, String> {
		let Completion {
			commitment: claimed,
			reveal,
		} = completion;
		let assignment = &self.assignment;
		let opened = commitment(
			assignment.request_hash,
			&assignment.worker.0,
			assignment.round,
			&reveal.answer,
			reveal.salt,
		);
		if *claimed != opened {
			return Err(format!(
				"it commits to {claimed:?}, but its answer and salt give {opened:?}"
			));
		}
		if !reveal.is_well_formed() {
			return Err("its output is not the one that its answer names".into());
		}
		match self.duty {
			Duty::Commit => Ok(Move::Commit(opened)),
			Duty::Reveal { commitment, .. } if commitment != opened => Err(format!(
				"it opens {opened:?}, but {commitment:?} was committed to: bring back the gateway that made it, with its folder of data"
			)),
			Duty::Reveal { .. } | Duty::Answer => Ok(Move::Reveal(Box::new(reveal.clone()))),
		}
	}
}

/// What the seat of `worker` in `job` has to do in block `next`, and until which block.
pub fn duty<'a>(job: &'a Job, worker: &AccountId32, next: u32) -> Option<(&'a Seat, Duty, u32)> {
	let seat = job.seats.iter().find(|seat| seat.worker == *worker)?;
	let (duty, until) = match (job.phase, seat.round) {
		(Phase::Committing { until }, Round::Main)
		| (Phase::JuryCommitting { until }, Round::Jury) => {
			(seat.commitment.is_none().then_some(Duty::Commit), until)
		}
		(Phase::Revealing { since, until, .. }, Round::Main)
		| (Phase::JuryRevealing { since, until, .. }, Round::Jury) => {
			let alone = matches!(job.mode, Mode::Owner | Mode::Solo) && seat.round == Round::Main;
			let duty = match seat.commitment {
				Some(commitment) => Some(Duty::Reveal { commitment, since }),
				None => alone.then_some(Duty::Answer),
			};
			(duty.filter(|_| seat.answer.is_none()), until)
		}
		(Phase::Auditing { until }, Round::Audit) => {
			(seat.answer.is_none().then_some(Duty::Answer), until)
		}
		_ => return None,
	};
	duty.filter(|_| next <= until)
		.map(|duty| (seat, duty, until))
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AskEntry {
	worker: AccountId32,
	min_reward: MinReward,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct MinReward {
	now: u128,
}

impl View {
	/// What happened in paid answers in the block of this view.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every read here.
	pub async fn happenings(&self) -> Result<Vec<Happening>, ChainError> {
		let events = self.0.events().fetch().await?;
		let mut happenings = Vec::new();
		for event in events.iter() {
			happenings.extend(happening(&event?)?);
		}
		Ok(happenings)
	}

	/// What a worker serves, in the order of the listings.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn asks_of(&self, worker: &AccountId32) -> Result<Vec<Ask>, ChainError> {
		let address = storage::dynamic::<(ListingId,), Vec<AskEntry>>(PALLET, "Asks");
		let mut entries = self.0.storage().iter(address, ()).await?;
		let mut asks = Vec::new();
		while let Some(entry) = entries.next().await {
			let entry = entry?;
			let key = entry.key().map_err(ChainError::unexpected)?;
			let (listing,) = key.decode().map_err(ChainError::unexpected)?;
			let list = entry.value().decode().map_err(ChainError::unexpected)?;
			asks.extend(
				list.iter()
					.filter(|ask| ask.worker == *worker)
					.map(|ask| Ask {
						listing,
						min_reward: ask.min_reward.now,
					}),
			);
		}
		asks.sort_unstable_by_key(|ask| ask.listing);
		Ok(asks)
	}

	/// What a worker has to do for an open job in the next block, if anything. `genesis` is the hash
	/// of the chain's first block.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn task(
		&self,
		genesis: H256,
		worker: &AccountId32,
		job: JobId,
	) -> Result<Option<Task>, ChainError> {
		let Some(job) = self.job(job).await? else {
			return Ok(None);
		};
		let Some((seat, duty, until)) = duty(&job, worker, self.next_block()) else {
			return Ok(None);
		};
		let version = self.version(job.listing, job.version).await?;
		let version = version.ok_or_else(|| {
			ChainError::unexpected(format!(
				"version {}@{} of an open job is gone",
				job.listing, job.version
			))
		})?;
		let mut disputed = None;
		if let (Round::Jury, Some(challenge), Some(receipt)) =
			(seat.round, &job.challenge, job.receipt)
		{
			disputed = self.job_receipt(receipt).await?.map(|standing| Disputed {
				ground: challenge.ground,
				output_hash: standing.output_hash,
				fingerprint: standing.fingerprint,
			});
		}
		Ok(Some(Task {
			assignment: Assignment {
				genesis,
				request_hash: job.request_hash,
				job: job.job,
				round: seat.round,
				worker: seat.key,
				listing: job.listing,
				version: job.version,
				manifest: version.manifest,
				artifact_root: version.artifact_root,
				input: job.input.clone(),
				input_hash: job.input_hash,
				answers: version.answers,
				disputed,
			},
			duty,
			until,
		}))
	}

	/// The time in which a worker gives one sign of life, in blocks.
	///
	/// # Errors
	/// [`ChainError::Incompatible`] if the runtime names none.
	pub fn heartbeat_window(&self) -> Result<u32, ChainError> {
		self.constant(PALLET, "HeartbeatWindow")
	}

	/// Number of the block after this one.
	pub fn next_block(&self) -> u32 {
		u32::try_from(self.block())
			.unwrap_or(u32::MAX)
			.saturating_add(1)
	}
}

fn fields<E: DecodeAsFields>(event: &Event<'_, PolkadotConfig>) -> Result<E, ChainError> {
	Ok(event.decode_fields_unchecked_as::<E>()?)
}

fn happening(event: &Event<'_, PolkadotConfig>) -> Result<Option<Happening>, ChainError> {
	if event.pallet_name() != PALLET {
		return Ok(None);
	}
	Ok(Some(match event.event_name() {
		"Requested" => {
			let event: events::Requested = fields(event)?;
			Happening::Requested {
				job: event.job,
				listing: event.listing,
				mode: event.mode.0,
				reward: event.reward,
			}
		}
		"Drawn" => {
			let event: events::Drawn = fields(event)?;
			Happening::Drawn {
				job: event.job,
				round: event.round.0,
				workers: event.workers,
				eligible: event.eligible,
			}
		}
		"Committed" => {
			let event: events::Committed = fields(event)?;
			Happening::Committed {
				job: event.job,
				round: event.round.0,
				worker: event.worker,
			}
		}
		"Revealed" => {
			let event: events::Revealed = fields(event)?;
			Happening::Revealed {
				job: event.job,
				round: event.round.0,
				worker: event.worker,
				status: event.reveal.0.answer.status,
			}
		}
		"Answered" => {
			let event: events::Answered = fields(event)?;
			Happening::Answered {
				job: event.job,
				receipt: event.receipt,
				agreed: event.agreed,
			}
		}
		"Disputed" => {
			let event: events::Disputed = fields(event)?;
			Happening::Disputed {
				job: event.job,
				challenger: event.challenger,
			}
		}
		"WorkerPaid" => {
			let event: events::WorkerPaid = fields(event)?;
			Happening::Paid {
				job: event.job,
				worker: event.worker,
				amount: event.amount,
				fee: event.fee,
			}
		}
		"Slashed" => {
			let event: events::Slashed = fields(event)?;
			Happening::Slashed {
				job: event.job,
				worker: event.worker,
				finding: event.finding.into(),
				amount: event.amount,
			}
		}
		"JobEnded" => {
			let event: events::JobEnded = fields(event)?;
			Happening::Ended {
				job: event.job,
				outcome: event.outcome.into(),
			}
		}
		"AvailabilityChanged" => {
			let event: events::AvailabilityChanged = fields(event)?;
			Happening::AvailabilityChanged {
				worker: event.worker,
				availability: event.availability.into(),
			}
		}
		"ServingEnded" => {
			let event: events::ServingEnded = fields(event)?;
			Happening::ServingEnded {
				worker: event.worker,
				listing: event.listing,
			}
		}
		_ => return Ok(None),
	}))
}

impl Client {
	/// Heads of blocks as they become the best one. Some may be skipped, and a fork shows as a lower
	/// number.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every call here.
	pub async fn best_heads(&self) -> Result<Heads, ChainError> {
		Ok(Heads(self.online.stream_best_blocks().await?))
	}

	/// Heads of blocks as they become final, none left out after the first.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn final_heads(&self) -> Result<Heads, ChainError> {
		Ok(Heads(self.online.stream_blocks().await?))
	}

	/// What happened in the last `count` blocks up to `last`, the newest first. Ends earlier at the
	/// first block of the chain and where the node keeps the state of blocks no more. `watch` is told
	/// how many were read.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn happenings_before(
		&self,
		last: u64,
		count: u64,
		watch: impl Fn(u64),
	) -> Result<Vec<BlockHappenings>, ChainError> {
		let mut past = Vec::new();
		let first = last.saturating_sub(count.saturating_sub(1)).max(1);
		let mut top = last;
		while top >= first {
			let bottom = top.saturating_sub(AT_ONCE.saturating_sub(1)).max(first);
			let mut reads = JoinSet::new();
			for number in bottom..=top {
				let client = self.clone();
				reads.spawn(async move { (number, client.happenings_at(number).await) });
			}
			let mut read = BTreeMap::new();
			while let Some(done) = reads.join_next().await {
				let (number, happenings) = done.map_err(ChainError::unexpected)?;
				read.insert(number, happenings);
			}
			for (block, happenings) in read.into_iter().rev() {
				match happenings {
					Ok(Some(happenings)) => past.push(BlockHappenings { block, happenings }),
					Err(error @ (ChainError::Lost(_) | ChainError::Incompatible(_))) => {
						return Err(error)
					}
					// State that old is gone.
					Ok(None) | Err(_) => return Ok(past),
				}
			}
			watch(last.saturating_sub(bottom).saturating_add(1));
			top = bottom.saturating_sub(1);
		}
		Ok(past)
	}

	async fn happenings_at(&self, number: u64) -> Result<Option<Vec<Happening>>, ChainError> {
		match self.at(number).await? {
			Some(view) => Ok(Some(view.happenings().await?)),
			None => Ok(None),
		}
	}

	/// What kind of chain the node says that it is on: `Development`, `Local`, `Live` or another
	/// word.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn chain_type(&self) -> Result<String, ChainError> {
		let kind: serde_json::Value = self.raw.request("system_chainType", rpc_params![]).await?;
		Ok(match kind {
			serde_json::Value::String(word) => word,
			other => other.to_string(),
		})
	}

	/// Whether the node's keystore holds a worker key. Nodes tell their own machine only.
	///
	/// # Errors
	/// [`ChainError`] if the node does not say.
	pub async fn node_has_worker_key(&self, key: &H256) -> Result<bool, ChainError> {
		let held = self
			.rpc
			.author_has_key(key.as_bytes().to_vec(), key_type())
			.await?;
		Ok(held)
	}

	/// Puts a worker key into the node's keystore, so that its courier signs with it.
	///
	/// # Errors
	/// [`ChainError`] if the node refuses, as one on another machine does.
	pub async fn insert_worker_key(&self, suri: &str, key: &H256) -> Result<(), ChainError> {
		self.rpc
			.author_insert_key(key_type(), suri.to_owned(), key.as_bytes().to_vec())
			.await?;
		Ok(())
	}

	/// The address to which the node's courier takes the assignments of a worker key.
	///
	/// # Errors
	/// [`ChainError`] if the node does not say.
	pub async fn node_gateway(&self, key: &H256) -> Result<Option<String>, ChainError> {
		let name = hex0x(&gateway_key(key.as_bytes()));
		let stored: Option<String> = self
			.raw
			.request("offchain_localStorageGet", rpc_params!["PERSISTENT", name])
			.await?;
		let Some(stored) = stored else {
			return Ok(None);
		};
		let bytes = hex::decode(stored.trim_start_matches("0x")).map_err(ChainError::unexpected)?;
		Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
	}

	/// Tells the node's courier where the gateway of a worker key listens.
	///
	/// # Errors
	/// [`ChainError`] if the node refuses, as one on another machine does.
	pub async fn set_node_gateway(&self, key: &H256, address: &str) -> Result<(), ChainError> {
		let name = hex0x(&gateway_key(key.as_bytes()));
		let value = hex0x(address.as_bytes());
		let params = rpc_params!["PERSISTENT", name, value];
		self.raw
			.request::<()>("offchain_localStorageSet", params)
			.await?;
		Ok(())
	}
}

fn key_type() -> String {
	String::from_utf8_lossy(&WORKER_KEY_TYPE.0).into_owned()
}

fn hex0x(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
	use sha2::{Digest, Sha256};
	use weighhouse_primitives::{
		inference::{Access, Answer, Fingerprint},
		Answers,
	};

	use super::*;
	use crate::inference::Window;

	const ME: AccountId32 = AccountId32([1; 32]);

	fn seat(round: Round, worker: AccountId32) -> Seat {
		Seat {
			round,
			worker,
			key: H256::repeat_byte(9),
			commitment: None,
			answer: None,
			output: Vec::new(),
			finding: Finding::Open,
		}
	}

	fn answer() -> Answer {
		Answer {
			status: Status::Ok,
			output_hash: H256(Sha256::digest(b"out").into()),
			fingerprint: Fingerprint::default(),
			statement: H256::zero(),
		}
	}

	fn job(mode: Mode, phase: Phase, seats: Vec<Seat>) -> Job {
		Job {
			job: 7,
			request_hash: H256::repeat_byte(3),
			requester: AccountId32([5; 32]),
			listing: 1,
			version: 1,
			mode,
			access: Access::Owner,
			input: "bafkrei".into(),
			input_hash: H256::zero(),
			reward: 10,
			escrow: 30,
			requested: 1,
			phase,
			due: 100,
			receipt: None,
			challenge: None,
			seats,
		}
	}

	fn duty_of(mode: Mode, phase: Phase, seat: Seat, next: u32) -> Option<Duty> {
		let other = super::tests::seat(Round::Main, AccountId32([2; 32]));
		duty(&job(mode, phase, vec![other, seat]), &ME, next).map(|(_, duty, _)| duty)
	}

	fn revealing(since: u32, until: u32) -> Phase {
		Phase::Revealing {
			since,
			until,
			window: Window::First,
		}
	}

	#[test]
	fn commit_is_due_until_it_was_made_or_the_window_is_over() {
		let phase = Phase::Committing { until: 20 };
		let mine = seat(Round::Main, ME);
		let quorum = Mode::QuorumOfThree;
		assert_eq!(duty_of(quorum, phase, mine.clone(), 20), Some(Duty::Commit));
		assert_eq!(duty_of(quorum, phase, mine.clone(), 21), None);
		let made = Seat {
			commitment: Some(H256::repeat_byte(4)),
			..mine
		};
		assert_eq!(duty_of(quorum, phase, made, 20), None);
	}

	#[test]
	fn reveal_is_due_only_to_those_who_committed() {
		let mine = seat(Round::Main, ME);
		let quorum = Mode::QuorumOfThree;
		assert_eq!(duty_of(quorum, revealing(5, 20), mine.clone(), 9), None);
		let made = Seat {
			commitment: Some(H256::repeat_byte(4)),
			..mine
		};
		assert_eq!(
			duty_of(quorum, revealing(5, 20), made.clone(), 9),
			Some(Duty::Reveal {
				commitment: H256::repeat_byte(4),
				since: 5
			})
		);
		let shown = Seat {
			answer: Some(answer()),
			..made
		};
		assert_eq!(duty_of(quorum, revealing(5, 20), shown, 9), None);
	}

	#[test]
	fn single_worker_answers_without_a_commitment() {
		let mine = seat(Round::Main, ME);
		assert_eq!(
			duty_of(Mode::Solo, revealing(5, 20), mine.clone(), 6),
			Some(Duty::Answer)
		);
		assert_eq!(
			duty_of(Mode::Owner, revealing(5, 20), mine, 6),
			Some(Duty::Answer)
		);
		let juror = seat(Round::Jury, ME);
		let phase = Phase::JuryRevealing {
			since: 5,
			until: 20,
			window: Window::First,
		};
		assert_eq!(duty_of(Mode::Solo, phase, juror, 6), None);
	}

	#[test]
	fn panel_has_nothing_to_do_in_the_phase_of_another() {
		let auditor = seat(Round::Audit, ME);
		let phase = Phase::Auditing { until: 20 };
		assert_eq!(
			duty_of(Mode::Solo, phase, auditor.clone(), 6),
			Some(Duty::Answer)
		);
		assert_eq!(duty_of(Mode::Solo, revealing(5, 20), auditor, 6), None);
		assert_eq!(duty_of(Mode::Solo, phase, seat(Round::Main, ME), 6), None);
		let juror = seat(Round::Jury, ME);
		let phase = Phase::JuryCommitting { until: 20 };
		assert_eq!(
			duty_of(Mode::QuorumOfThree, phase, juror, 6),
			Some(Duty::Commit)
		);
		let stranger = job(Mode::Solo, revealing(5, 20), Vec::new());
		assert!(duty(&stranger, &ME, 6).is_none());
	}

	fn task(duty: Duty) -> Task {
		Task {
			assignment: Assignment {
				genesis: H256::zero(),
				request_hash: H256::repeat_byte(3),
				job: 7,
				round: Round::Main,
				worker: H256::repeat_byte(9),
				listing: 1,
				version: 1,
				manifest: String::new(),
				artifact_root: H256::zero(),
				input: String::new(),
				input_hash: H256::zero(),
				answers: Answers::NONE,
				disputed: None,
			},
			duty,
			until: 20,
		}
	}

	fn completion(task: &Task, output: &[u8]) -> Completion {
		let (answer, salt) = (answer(), H256::repeat_byte(8));
		let worker = &task.assignment.worker.0;
		let request = task.assignment.request_hash;
		Completion {
			commitment: commitment(request, worker, Round::Main, &answer, salt),
			reveal: Reveal {
				answer,
				salt,
				output: output.to_vec().try_into().unwrap(),
			},
		}
	}

	#[test]
	fn answer_is_followed_when_all_its_parts_fit() {
		let commit = task(Duty::Commit);
		let done = completion(&commit, b"out");
		assert_eq!(commit.follow(&done), Ok(Move::Commit(done.commitment)));
		let reveal = task(Duty::Reveal {
			commitment: done.commitment,
			since: 5,
		});
		assert_eq!(
			reveal.follow(&done),
			Ok(Move::Reveal(Box::new(done.reveal.clone())))
		);
		assert_eq!(
			task(Duty::Answer).follow(&done),
			Ok(Move::Reveal(Box::new(done.reveal)))
		);
	}

	#[test]
	fn answer_is_refused_when_it_would_cost_bond() {
		let commit = task(Duty::Commit);
		let wrong_output = completion(&commit, b"something else");
		assert!(commit.follow(&wrong_output).is_err());
		let mut wrong_salt = completion(&commit, b"out");
		wrong_salt.reveal.salt = H256::zero();
		assert!(commit.follow(&wrong_salt).is_err());
		let another = task(Duty::Reveal {
			commitment: H256::repeat_byte(1),
			since: 5,
		});
		let error = another.follow(&completion(&commit, b"out")).unwrap_err();
		assert!(error.contains("folder of data"), "{error}");
	}
}
