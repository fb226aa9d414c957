//! The courier in a node's off-chain worker: it takes assignments to the gateways of the workers
//! whose keys the node holds, and brings answers to the chain.
//!
//! A run ends within [`RUN`] whatever gateways do, and only one runs at a time, since blocks come
//! faster than a gateway that hangs lets go. State alone says what is due. A transaction that the
//! pool took may still be lost, so it is sent again for as long as its step is due. Nothing is
//! signed unchecked: a worker commits only to what it can reveal, and reveals only what it committed
//! to. What came of it all is counted for whoever looks after the node.

use crate::{
	crypto::{key_hash, WorkerId},
	types::{AccountIdOf, Duty, Task, REVEAL_DELAY},
	Call, Config, KeyOwners, Pallet, Workers,
};
use alloc::{
	boxed::Box,
	format,
	string::{String, ToString},
	vec,
	vec::Vec,
};
use codec::{Decode, DecodeAll, Encode};
use frame_support::traits::Get;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{
	hexdisplay::HexDisplay,
	offchain::{Duration, HttpError, StorageKind, Timestamp},
	H256,
};
use sp_runtime::{
	offchain::{
		http,
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
	},
	traits::SaturatedConversion,
};
use weighhouse_primitives::{
	courier::Count,
	gateway,
	inference::{
		commitment, gateway_key, Completion, Step, COMMIT_DOMAIN, HEARTBEAT_DOMAIN, MEDIA_TYPE,
		REVEAL_DOMAIN,
	},
};

const LOG_TARGET: &str = "courier";

/// Where the persistent off-chain storage says that a run is under way.
pub(crate) const LOCK: &[u8] = b"weighhouse/courier/lock";
/// Where it keeps what a run leaves to the next.
pub(crate) const MEMORY: &[u8] = b"weighhouse/courier/memory";

/// What a run may take.
const RUN: Duration = Duration::from_millis(800);
/// The part of it that is left for reading answers when a gateway let all the others wait.
const READING: Duration = Duration::from_millis(100);
/// When a run that never let go of the lock counts as dead.
const DEAD: Duration = Duration::from_millis(5_000);
/// The most workers that one node carries for.
const MAX_WORKERS: usize = 16;
/// The most assignments that one run carries.
const MAX_TASKS: usize = 16;
/// The longest answer of a gateway that is read, in bytes.
const MAX_BODY: usize = 4_096;
/// The longest part of a gateway's words that is logged, in characters.
const MAX_WORDS: usize = 300;
/// How many blocks a gateway is left alone that did not answer.
const REST: u32 = 4;
/// After how many blocks a step that is still due is submitted again.
const RETRY: u32 = 3;
/// For how many blocks the same complaint is not logged again: an hour.
const QUIET: u32 = 1_800;
/// The most that is remembered; far more than a node with all its workers needs.
const MAX_NOTES: usize = 512;

/// Something that happened in a block and counts for some blocks from then on.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
struct Note {
	what: H256,
	at: u32,
	blocks: u32,
}

/// What a run leaves to the next.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
struct Memory {
	notes: Vec<Note>,
	/// The last task that had its turn.
	last: Turn,
}

/// Request and worker of a task, the order in which tasks take turns.
type Turn = (H256, H256);

impl Memory {
	/// What is stored, less what counts no more at block `at`.
	fn recall(at: u32) -> (Self, Self) {
		let stored = StorageValueRef::persistent(MEMORY)
			.get::<Self>()
			.ok()
			.flatten()
			.unwrap_or_default();
		let mut memory = stored.clone();
		// A fork may take the chain a few blocks back, so notes of later blocks count as well.
		memory
			.notes
			.retain(|note| note.at.abs_diff(at) < note.blocks);
		(stored, memory)
	}

	fn keep(mut self, stored: &Self) {
		let surplus = self.notes.len().saturating_sub(MAX_NOTES);
		self.notes.drain(..surplus);
		if self != *stored {
			StorageValueRef::persistent(MEMORY).set(&self);
		}
	}

	fn holds(&self, what: H256) -> bool {
		self.notes.iter().any(|note| note.what == what)
	}

	/// Whether there was a note to forget.
	fn forget(&mut self, what: H256) -> bool {
		let noted = self.holds(what);
		self.notes.retain(|note| note.what != what);
		noted
	}

	fn note(&mut self, what: H256, at: u32, blocks: u32) {
		self.forget(what);
		self.notes.push(Note { what, at, blocks });
	}

	/// Whether something is to be said, because it was not said for a while.
	fn is_news(&mut self, what: H256, at: u32) -> bool {
		let news = !self.holds(what);
		if news {
			self.note(what, at, QUIET);
		}
		news
	}

	/// Leaves a gateway alone for a while.
	fn rest(&mut self, address: &str, why: &str, at: u32) {
		// The block in which it failed counts, too.
		self.note(resting(address), at, REST.saturating_add(1));
		if self.is_news(down(address), at) {
			log::warn!(
				target: LOG_TARGET,
				"the gateway at {address} {why}: is `weighhouse work` running? It is left alone for {REST} blocks at a time until it answers",
			);
		} else {
			log::debug!(target: LOG_TARGET, "the gateway at {address} {why}");
		}
	}

	/// Takes note that a gateway answers.
	fn answers(&mut self, address: &str) {
		if self.forget(down(address)) {
			log::info!(target: LOG_TARGET, "the gateway at {address} answers again");
		}
	}
}

/// Counts up. A count that cannot be written is lost: nothing hangs on it.
fn count(what: Count) {
	let key = what.key();
	let counted = StorageValueRef::persistent(&key).mutate(|counted| {
		let counted: u64 = counted.ok().flatten().unwrap_or_default();
		Ok::<_, ()>(counted.saturating_add(1))
	});
	if counted.is_err() {
		log::debug!(target: LOG_TARGET, "{what:?} was not counted");
	}
}

fn name_of(kind: &str, about: impl Encode) -> H256 {
	H256(sp_io::hashing::blake2_256(&(kind, about).encode()))
}

fn resting(address: &str) -> H256 {
	name_of("resting", address)
}

fn down(address: &str) -> H256 {
	name_of("down", address)
}

/// What a gateway is asked.
enum Errand {
	/// Whether it could take a job, before the chain is told that its worker is there.
	Ready,
	/// To do a job, or what came of it.
	Job(Box<Task>),
}

/// An errand, to whom, and who signs what comes of it.
struct Trip {
	address: String,
	signer: WorkerId,
	errand: Errand,
	/// The name of the step that is submitted at its end.
	step: H256,
}

impl Trip {
	fn turn(&self) -> Turn {
		match &self.errand {
			Errand::Ready => Turn::default(),
			Errand::Job(task) => (task.assignment.request_hash, task.assignment.worker),
		}
	}

	/// What is counted when nobody can be asked.
	fn unreachable(&self) -> Count {
		match self.errand {
			Errand::Ready => Count::ReadyUnreachable,
			Errand::Job(_) => Count::JobUnreachable,
		}
	}

	fn send(&self, deadline: Timestamp) -> Result<http::PendingRequest, HttpError> {
		let address = &self.address;
		match &self.errand {
			Errand::Ready => http::Request::get(&format!("{address}/health/ready"))
				.deadline(deadline)
				.send(),
			Errand::Job(task) => {
				let (request, worker) = self.turn();
				let url = format!("{address}/v1/jobs/{request:x}-{worker:x}");
				http::Request::post(&url, vec![task.assignment.encode()])
					.method(http::Method::Put)
					.add_header("content-type", MEDIA_TYPE)
					.add_header("accept", MEDIA_TYPE)
					.deadline(deadline)
					.send()
			}
		}
	}
}

/// Takes at most [`MAX_TASKS`], from the one behind the last of the run before, so that none
/// starves.
fn take_turns(mut trips: Vec<Trip>, last: &mut Turn) -> Vec<Trip> {
	if trips.len() > MAX_TASKS {
		trips.sort_by_key(Trip::turn);
		let next = trips.partition_point(|trip| trip.turn() <= *last);
		trips.rotate_left(next);
		trips.truncate(MAX_TASKS);
		*last = trips.last().map(Trip::turn).unwrap_or_default();
	}
	trips
}

/// Why the body of an answer is of no use.
enum BadBody {
	TooLong,
	CutOff,
}

fn body(response: &http::Response, deadline: Timestamp) -> Result<Vec<u8>, BadBody> {
	let mut body = response.body();
	body.deadline(deadline);
	let bytes: Vec<u8> = body.by_ref().take(MAX_BODY.saturating_add(1)).collect();
	if bytes.len() > MAX_BODY {
		return Err(BadBody::TooLong);
	}
	match body.error() {
		Some(_) => Err(BadBody::CutOff),
		None => Ok(bytes),
	}
}

/// What a gateway said, as one line for the log.
fn words(response: &http::Response, deadline: Timestamp) -> String {
	let bytes = body(response, deadline).unwrap_or_default();
	String::from_utf8_lossy(&bytes)
		.chars()
		.map(|c| if c.is_control() { ' ' } else { c })
		.take(MAX_WORDS)
		.collect()
}

/// The address of a worker's gateway, or what is wrong with it.
fn gateway_of(key: H256) -> Result<String, String> {
	let name = gateway_key(key.as_bytes());
	let stored = sp_io::offchain::local_storage_get(StorageKind::PERSISTENT, &name);
	let Some(stored) = stored else {
		return Err(format!(
			"worker {key:?} has no gateway: start this node with --inference-gateway URL, or store the URL with offchain_localStorageSet under 0x{}",
			HexDisplay::from(&name)
		));
	};
	match gateway::address(&stored) {
		Ok(address) => Ok(address.to_string()),
		Err(error) => {
			let text: String = String::from_utf8_lossy(&stored)
				.chars()
				.filter(|c| !c.is_control())
				.take(gateway::MAX_ADDRESS)
				.collect();
			Err(format!(
				"worker {key:?} has the gateway {text:?}, which is refused: {error}"
			))
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Takes what is due at block `now` to the gateways, and what is ready to the chain.
	pub(crate) fn carry(now: BlockNumberFor<T>) {
		let mut keys = WorkerId::all();
		keys.sort();
		keys.dedup();
		let workers = Self::local_workers(&keys);
		if workers.is_empty() {
			return;
		}
		let mut lock = StorageLock::<Time>::with_deadline(LOCK, DEAD);
		let Ok(_running) = lock.try_lock() else {
			count(Count::RunSkipped);
			log::debug!(target: LOG_TARGET, "the run of an earlier block is still under way");
			return;
		};
		let deadline = sp_io::offchain::timestamp().add(RUN);
		let at = now.saturated_into();
		let (stored, mut memory) = Memory::recall(at);
		let trips = Self::trips(&mut memory, now, &keys, workers);
		Self::travel(&mut memory, at, trips, deadline);
		memory.keep(&stored);
		count(Count::RunDone);
	}

	/// The workers whose keys this node holds. One more than it carries for, if there are that many.
	fn local_workers(keys: &[WorkerId]) -> Vec<(WorkerId, AccountIdOf<T>)> {
		keys.iter()
			.filter_map(|key| KeyOwners::<T>::get(key).map(|account| (key.clone(), account)))
			.take(MAX_WORKERS.saturating_add(1))
			.collect()
	}

	/// What gateways are to be asked at block `now`.
	fn trips(
		memory: &mut Memory,
		now: BlockNumberFor<T>,
		keys: &[WorkerId],
		workers: Vec<(WorkerId, AccountIdOf<T>)>,
	) -> Vec<Trip> {
		let at = now.saturated_into();
		if workers.len() > MAX_WORKERS && memory.is_news(name_of("workers", ()), at) {
			log::error!(
				target: LOG_TARGET,
				"this node holds the keys of more than {MAX_WORKERS} workers and carries for the first {MAX_WORKERS} only: move the others to another node",
			);
		}
		let mut heartbeats = Vec::new();
		let mut jobs = Vec::new();
		for (key, account) in workers.into_iter().take(MAX_WORKERS) {
			let Some(worker) = Workers::<T>::get(&account) else {
				continue;
			};
			let address = match gateway_of(key_hash(&key)) {
				Ok(address) => address,
				Err(complaint) => {
					if memory.is_news(name_of("address", &complaint), at) {
						log::error!(target: LOG_TARGET, "{complaint}");
					}
					continue;
				}
			};
			if memory.holds(resting(&address)) {
				log::trace!(target: LOG_TARGET, "the gateway at {address} is left alone");
				continue;
			}
			let step = name_of("heartbeat", &key);
			let counts = worker.bond >= T::MinBond::get();
			if counts && Self::heartbeat_due(&worker, now) && !memory.holds(step) {
				heartbeats.push(Trip {
					address: address.clone(),
					signer: key,
					errand: Errand::Ready,
					step,
				});
			}
			for task in Self::tasks_of(&account) {
				let assignment = &task.assignment;
				// A seat keeps the key that its worker had at the draw.
				let seat = assignment.worker;
				let Some(signer) = keys.iter().find(|key| key_hash(key) == seat) else {
					if memory.is_news(name_of("key", seat), at) {
						log::error!(
							target: LOG_TARGET,
							"the seat in job {} signs with the key {seat:?}, which this node does not hold: a worker's old key is needed until its open jobs are over",
							assignment.job,
						);
					}
					continue;
				};
				let (kind, too_early) = match task.duty {
					Duty::Commit => ("commit", false),
					Duty::Reveal { since, .. } => {
						("reveal", at < since.saturating_add(REVEAL_DELAY))
					}
					Duty::Answer => ("reveal", false),
				};
				let step = name_of(kind, (assignment.request_hash, assignment.round, seat));
				if too_early || memory.holds(step) {
					continue;
				}
				jobs.push(Trip {
					address: address.clone(),
					signer: signer.clone(),
					errand: Errand::Job(Box::new(task)),
					step,
				});
			}
		}
		let mut trips = take_turns(jobs, &mut memory.last);
		trips.extend(heartbeats);
		trips
	}

	/// Asks all gateways at once and does what follows from their answers.
	fn travel(memory: &mut Memory, at: u32, trips: Vec<Trip>, deadline: Timestamp) {
		let mut sent = Vec::new();
		let mut pending = Vec::new();
		for trip in trips {
			match trip.send(deadline) {
				Ok(request) => {
					sent.push(trip);
					pending.push(request);
				}
				Err(_) => {
					count(trip.unreachable());
					memory.rest(&trip.address, "cannot be asked", at);
				}
			}
		}
		if pending.is_empty() {
			return;
		}
		let answers = http::PendingRequest::try_wait_all(pending, deadline.sub(READING));
		for (trip, answer) in sent.into_iter().zip(answers) {
			let call = match (&trip.errand, answer) {
				(_, Ok(Err(_))) => {
					count(trip.unreachable());
					memory.rest(&trip.address, "refuses connections, or broke one", at);
					None
				}
				// Whether it is ready may take a gateway long to say, as its engine may be elsewhere.
				(Errand::Ready, Err(_)) => {
					count(Count::ReadySilent);
					Self::not_ready(memory, at, &trip, "gave no answer in time");
					None
				}
				(Errand::Job(_), Err(_)) => {
					count(Count::JobSilent);
					memory.rest(&trip.address, "gave no answer in time", at);
					None
				}
				(Errand::Ready, Ok(Ok(response))) => {
					Self::after_ready(memory, at, &trip, &response, deadline)
				}
				(Errand::Job(task), Ok(Ok(response))) => {
					Self::after_job(memory, at, &trip, task, &response, deadline)
				}
			};
			if let Some(call) = call {
				// That the pool took it proves nothing, and that it did not may pass.
				memory.note(trip.step, at, RETRY);
				let transaction = T::create_authorized_transaction(call.into());
				if SubmitTransaction::<T, Call<T>>::submit_transaction(transaction).is_ok() {
					count(Count::StepSubmitted);
				} else {
					count(Count::StepRefused);
					log::warn!(
						target: LOG_TARGET,
						"the transaction pool took no step of worker {:?}; it is tried again in {RETRY} blocks",
						key_hash(&trip.signer),
					);
				}
			}
		}
	}

	fn not_ready(memory: &mut Memory, at: u32, trip: &Trip, why: &str) {
		memory.note(trip.step, at, RETRY);
		if memory.is_news(name_of("unready", &trip.address), at) {
			log::warn!(
				target: LOG_TARGET,
				"no sign of life is given for worker {:?}, so that it is not drawn: its gateway at {} {why}",
				key_hash(&trip.signer),
				trip.address,
			);
		}
	}

	/// A sign of life, if the gateway could take a job: a worker that is drawn and cannot answer
	/// loses bond.
	fn after_ready(
		memory: &mut Memory,
		at: u32,
		trip: &Trip,
		response: &http::Response,
		deadline: Timestamp,
	) -> Option<Call<T>> {
		memory.answers(&trip.address);
		if !(200..300).contains(&response.code) {
			count(Count::ReadyNo);
			let words = words(response, deadline);
			let why = format!("is not ready ({}): {words}", response.code);
			Self::not_ready(memory, at, trip, &why);
			return None;
		}
		count(Count::ReadyYes);
		memory.forget(name_of("unready", &trip.address));
		let worker = trip.signer.clone();
		let said = Self::to_sign(HEARTBEAT_DOMAIN, (&worker, at));
		let signature = worker.sign(&said)?;
		log::debug!(
			target: LOG_TARGET,
			"worker {:?} gives a sign of life at block {at}",
			key_hash(&worker),
		);
		Some(Call::heartbeat {
			worker,
			at,
			signature,
		})
	}

	/// The step that follows from what a gateway says of a job, if it says one.
	fn after_job(
		memory: &mut Memory,
		at: u32,
		trip: &Trip,
		task: &Task,
		response: &http::Response,
		deadline: Timestamp,
	) -> Option<Call<T>> {
		let (job, address) = (task.assignment.job, &trip.address);
		if (500..600).contains(&response.code) {
			count(Count::JobFailed);
			let words = words(response, deadline);
			let why = format!("failed ({}): {words}", response.code);
			memory.rest(address, &why, at);
			return None;
		}
		memory.answers(address);
		let (what, complaint) = match response.code {
			202 => {
				count(Count::JobWorking);
				log::debug!(target: LOG_TARGET, "job {job} is under way at {address}");
				return None;
			}
			200 => match body(response, deadline) {
				Ok(bytes) => match Self::signed_step(at, trip, task, &bytes) {
					Ok(call) => {
						count(Count::JobAnswered);
						return Some(call);
					}
					Err(problem) => (
						Count::JobUnusable,
						format!("the answer of the gateway at {address} to job {job} is not used: {problem}"),
					),
				},
				Err(BadBody::TooLong) => (
					Count::JobUnusable,
					format!("the answer of the gateway at {address} to job {job} is not used: it is longer than {MAX_BODY} bytes"),
				),
				Err(BadBody::CutOff) => {
					count(Count::JobSilent);
					memory.rest(address, "did not finish its answer in time", at);
					return None;
				}
			},
			409 => (
				Count::JobDeclined,
				format!(
					"the gateway at {address} was given another assignment as job {job} before: {}",
					words(response, deadline)
				),
			),
			422 => (
				Count::JobDeclined,
				format!(
					"the gateway at {address} cannot answer job {job}: {}",
					words(response, deadline)
				),
			),
			429 => {
				count(Count::JobBusy);
				if memory.is_news(name_of("busy", address), at) {
					log::warn!(
						target: LOG_TARGET,
						"the gateway at {address} is busy and takes job {job} later: give it more room, or pause the worker. {}",
						words(response, deadline),
					);
				}
				return None;
			}
			code => (
				Count::JobDeclined,
				format!(
					"the gateway at {address} refuses job {job} ({code}): {}",
					words(response, deadline)
				),
			),
		};
		count(what);
		if memory.is_news(name_of("job", (trip.step, response.code)), at) {
			log::error!(target: LOG_TARGET, "{complaint}");
		}
		None
	}

	/// The signed step that an answer leads to. Refused is whatever the chain would refuse or the
	/// worker would be punished for.
	fn signed_step(at: u32, trip: &Trip, task: &Task, answer: &[u8]) -> Result<Call<T>, String> {
		let Task { assignment, duty } = task;
		let Completion {
			commitment: claimed,
			reveal,
		} = Completion::decode_all(&mut &*answer).map_err(|_| "it is no completion in SCALE")?;
		let opened = commitment(
			assignment.request_hash,
			&assignment.worker.0,
			assignment.round,
			&reveal.answer,
			reveal.salt,
		);
		if claimed != opened {
			return Err(format!(
				"it commits to {claimed:?}, but its answer and salt give {opened:?}"
			));
		}
		if !reveal.is_well_formed() {
			return Err("its output is not the one that its answer names".into());
		}
		let step = Step {
			job: assignment.job,
			request_hash: assignment.request_hash,
			round: assignment.round,
			worker: assignment.worker,
			at,
		};
		let sign = |said: Vec<u8>| {
			trip.signer
				.sign(&said)
				.ok_or_else(|| format!("the keystore cannot sign with {:?}", assignment.worker))
		};
		let (job, worker) = (assignment.job, assignment.worker);
		match duty {
			Duty::Commit => {
				let signature = sign(Self::to_sign(COMMIT_DOMAIN, (step, opened)))?;
				log::info!(
					target: LOG_TARGET,
					"worker {worker:?} commits to its answer in job {job}",
				);
				Ok(Call::commit {
					step,
					commitment: opened,
					signature,
				})
			}
			Duty::Reveal { commitment, .. } if *commitment != opened => Err(format!(
				"it opens {opened:?}, but {commitment:?} was committed to; showing it would prove the worker wrong"
			)),
			Duty::Reveal { .. } | Duty::Answer => {
				let signature = sign(Self::to_sign(REVEAL_DOMAIN, (step, &reveal)))?;
				log::info!(target: LOG_TARGET, "worker {worker:?} shows its answer in job {job}");
				Ok(Call::reveal {
					step,
					reveal,
					signature,
				})
			}
		}
	}
}
