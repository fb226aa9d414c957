//! Runs jobs: a bounded queue, a few at a time, again and again while what is missing may come.
//!
//! A job is answered only with what every honest worker would answer. What this machine alone is to
//! blame for (its IPFS node, its engine, its disk) postpones a job and in the end fails it; silence
//! costs a worker less than an answer that nobody else gives.

use std::{
	collections::HashMap,
	panic::AssertUnwindSafe,
	path::PathBuf,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant, SystemTime},
};

use futures::FutureExt;
use sp_core::H256;
use tokio::{
	sync::{OwnedSemaphorePermit, Semaphore},
	task::JoinSet,
	time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use weighhouse_manifest::{
	check_request, decode_canonical, Attestation, Interface, Manifest, OipRequest, TensorData,
};
use weighhouse_primitives::{
	agreement::distance,
	inference::{
		commitment, Answer, Assignment, Completion, Disputed, Fingerprint, Ground, Reveal, Round,
		Status, MAX_INLINE_OUTPUT,
	},
	AnswerClass, Codec, ContentId,
};

use crate::{
	attest::{attest, fingerprint, statement, Attested, Provenance},
	config::{Config, EngineKind},
	content::Content,
	engine::{Engine, EngineError, LoadedModel},
	error::{ApiError, ContentError},
	metrics::{Attempt, EngineRun, Metrics, Stage},
	salt::Secret,
	store::{now, Id, Inserted, Record, State, Store},
};

/// The windows of the chain between which a model's latency counts, in milliseconds.
const LATENCY: std::ops::RangeInclusive<u64> = 20_000..=1_200_000;
/// The largest input that any model takes, in bytes.
const LARGEST_INPUT: u64 = 16 * 1024 * 1024;
/// What an engine may take beyond its own limit before it counts as stuck.
const ENGINE_GRACE: Duration = Duration::from_secs(10);
/// Pause before a state that could not be written is written again.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How long something is waited for that is only asked whether it is there.
const READY: Duration = Duration::from_secs(3);

/// The jobs of a gateway. Clones share them.
#[derive(Clone)]
pub struct Runner {
	shared: Arc<Shared>,
}

struct Shared {
	config: Config,
	store: Store,
	secret: Secret,
	content: Content,
	engine: Engine,
	metrics: Metrics,
	/// Jobs that run at the same time.
	slots: Semaphore,
	/// Jobs that run or wait.
	places: Arc<Semaphore>,
	/// Cancelled when the job is at an end.
	active: Mutex<HashMap<Id, CancellationToken>>,
	tasks: Mutex<JoinSet<()>>,
	/// No attempt is begun any more.
	drain: CancellationToken,
	/// Attempts under way are left.
	stop: CancellationToken,
}

/// What keeps a job from being answered.
#[derive(Debug)]
enum Setback {
	/// Another attempt may do better, at the latest at this time.
	Postponed { problem: String, by: Option<u64> },
	/// None will.
	Failed(String),
}

impl Setback {
	fn later(problem: impl ToString) -> Self {
		Self::Postponed {
			problem: problem.to_string(),
			by: None,
		}
	}
}

impl From<ContentError> for Setback {
	fn from(error: ContentError) -> Self {
		if error.is_transient() {
			Self::later(error)
		} else {
			Self::Failed(error.to_string())
		}
	}
}

/// What is ready, and what is not and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Readiness {
	/// Why the engine takes nothing, if so.
	pub engine: Option<String>,
	/// Why the IPFS node takes nothing, if so.
	pub ipfs: Option<String>,
	/// Whether the gateway is about to stop.
	pub stopping: bool,
}

impl Readiness {
	/// Whether jobs would be answered.
	pub fn is_ready(&self) -> bool {
		self.engine.is_none() && self.ipfs.is_none() && !self.stopping
	}
}

impl Runner {
	pub(crate) fn new(
		config: Config,
		store: Store,
		secret: Secret,
		content: Content,
		engine: Engine,
		metrics: Metrics,
	) -> Self {
		let slots = Semaphore::new(config.concurrency);
		let places = Semaphore::new(config.concurrency.saturating_add(config.queue));
		Self {
			shared: Arc::new(Shared {
				config,
				store,
				secret,
				content,
				engine,
				metrics,
				slots,
				places: Arc::new(places),
				active: Mutex::default(),
				tasks: Mutex::default(),
				drain: CancellationToken::new(),
				stop: CancellationToken::new(),
			}),
		}
	}

	/// Takes up what an earlier run left undone, and says how many jobs that are.
	///
	/// # Errors
	/// [`StoreError`](crate::StoreError)
	pub async fn resume(&self) -> Result<usize, crate::StoreError> {
		let jobs = self.shared.store.open_jobs().await?;
		let count = jobs.len();
		for record in jobs {
			// There may be more than there are places, if the queue was shortened since.
			let place = self.shared.places.clone().try_acquire_owned().ok();
			self.begin(record, place);
		}
		Ok(count)
	}

	/// Takes a job, or finds it as it stands.
	///
	/// # Errors
	/// [`ApiError::Conflict`] if it was given otherwise before, [`ApiError::Busy`] if the queue is
	/// full, [`ApiError::Stopping`] and [`ApiError::Store`].
	pub async fn submit(&self, assignment: Assignment) -> Result<Record, ApiError> {
		let id = Id::of(&assignment);
		if let Some(record) = self.shared.store.get(id).await? {
			if record.assignment == assignment {
				return Ok(record);
			}
			return Err(ApiError::Conflict(id.to_string()));
		}
		if self.shared.drain.is_cancelled() {
			return Err(ApiError::Stopping);
		}
		let Ok(place) = self.shared.places.clone().try_acquire_owned() else {
			let config = &self.shared.config;
			return Err(ApiError::Busy(
				config.concurrency.saturating_add(config.queue),
			));
		};
		// In a task of its own: a caller who hangs up between the two would leave a job that waits
		// for nobody.
		let runner = self.clone();
		let inserted = tokio::spawn(async move {
			let inserted = runner.shared.store.insert(assignment).await?;
			if let Inserted::New(record) = &inserted {
				runner.begin(record.clone(), Some(place));
			}
			Ok::<_, crate::StoreError>(inserted)
		});
		match inserted.await {
			Ok(Ok(Inserted::New(record) | Inserted::Known(record))) => Ok(record),
			Ok(Ok(Inserted::Conflict)) => Err(ApiError::Conflict(id.to_string())),
			Ok(Err(error)) => Err(error.into()),
			Err(_) => Err(ApiError::Stopping),
		}
	}

	/// Waits until a job is at an end, or for `most`, and gives it as it then stands.
	///
	/// # Errors
	/// [`StoreError`](crate::StoreError)
	pub async fn wait(&self, id: Id, most: Duration) -> Result<Option<Record>, crate::StoreError> {
		let ended = self.shared.active().get(&id).cloned();
		if let Some(ended) = ended {
			let _ = timeout(most, ended.cancelled()).await;
		}
		self.shared.store.get(id).await
	}

	/// Whether jobs would be answered now.
	pub async fn ready(&self) -> Readiness {
		let shared = &self.shared;
		let patience = |what: &'static str| format!("{what} gave no answer within 3 s");
		let engine = async {
			match timeout(READY, shared.engine.ready()).await {
				Ok(Ok(())) => None,
				Ok(Err(error)) => Some(error.to_string()),
				Err(_) => Some(patience("the engine")),
			}
		};
		let ipfs = async {
			match timeout(READY, shared.content.ready()).await {
				Ok(Ok(())) => None,
				Ok(Err(error)) => Some(error.to_string()),
				Err(_) => Some(patience("the IPFS node")),
			}
		};
		let (engine, ipfs) = tokio::join!(engine, ipfs);
		Readiness {
			engine,
			ipfs,
			stopping: shared.drain.is_cancelled(),
		}
	}

	/// The database behind the jobs.
	pub fn store(&self) -> &Store {
		&self.shared.store
	}

	/// How the gateway is set up.
	pub fn config(&self) -> &Config {
		&self.shared.config
	}

	pub(crate) fn metrics(&self) -> &Metrics {
		&self.shared.metrics
	}

	/// Begins no attempt any more, gives those under way `limit` to end, then leaves them. What is
	/// not at an end waits in the database.
	pub async fn shutdown(&self, limit: Duration) {
		self.shared.drain.cancel();
		let mut tasks = std::mem::take(&mut *self.shared.tasks());
		let all = async { while tasks.join_next().await.is_some() {} };
		if timeout(limit, all).await.is_err() {
			tracing::warn!(
				jobs = tasks.len(),
				"jobs are still running; they are taken up again at the next start"
			);
			self.shared.stop.cancel();
			// Only the database is still to be written to.
			let all = async { while tasks.join_next().await.is_some() {} };
			let _ = timeout(Duration::from_secs(5), all).await;
			tasks.abort_all();
		}
	}

	/// Tells all tasks to end without waiting for them.
	pub(crate) fn abort(&self) {
		self.shared.drain.cancel();
		self.shared.stop.cancel();
	}

	fn begin(&self, record: Record, place: Option<OwnedSemaphorePermit>) {
		let id = record.id();
		let ended = CancellationToken::new();
		self.shared.active().insert(id, ended.clone());
		let shared = self.shared.clone();
		let mut tasks = self.shared.tasks();
		while tasks.try_join_next().is_some() {}
		tasks.spawn(async move {
			shared.drive(&record).await;
			shared.active().remove(&id);
			ended.cancel();
			drop(place);
		});
	}
}

impl Shared {
	fn active(&self) -> MutexGuard<'_, HashMap<Id, CancellationToken>> {
		self.active.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
		self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Attempts a job until it is at an end or the gateway stops.
	async fn drive(&self, record: &Record) {
		let id = record.id();
		let mut pause = self.config.timeouts.retry;
		let mut since = None;
		loop {
			let slot = tokio::select! {
				biased;
				() = self.drain.cancelled() => return,
				slot = self.slots.acquire() => slot,
			};
			let Ok(slot) = slot else { return };
			if !self.set(id, State::Running).await {
				return;
			}
			let since = *since.get_or_insert_with(now);
			let attempt = AssertUnwindSafe(self.answer(&record.assignment, since)).catch_unwind();
			let ended = tokio::select! {
				ended = attempt => ended,
				() = self.stop.cancelled() => {
					let problem = Some("the gateway was stopped".into());
					self.set(id, State::Queued { problem }).await;
					return;
				}
			};
			drop(slot);
			let age = Duration::from_millis(now().saturating_sub(record.arrived));
			let (state, wait) = match ended {
				Ok(Ok(completion)) => {
					self.metrics.attempt(Attempt::Answered);
					self.metrics.answer(completion.reveal.answer.status);
					self.metrics.stage(Stage::Job, age);
					tracing::info!(job = %id, status = ?completion.reveal.answer.status, "answered");
					(State::Done(completion), None)
				}
				Ok(Err(Setback::Postponed { problem, by })) if age < self.config.timeouts.job => {
					self.metrics.attempt(Attempt::Postponed);
					tracing::debug!(job = %id, problem, ?pause, "postponed");
					let problem = Some(problem);
					(State::Queued { problem }, Some(next(pause, by)))
				}
				Ok(Err(Setback::Postponed { problem, .. })) => {
					let reason = format!(
						"given up after {} s (`timeouts.job`): {problem}",
						self.config.timeouts.job.as_secs()
					);
					self.fail(id, reason)
				}
				Ok(Err(Setback::Failed(reason))) => self.fail(id, reason),
				Err(_) => self.fail(
					id,
					"the gateway made a mistake: please report what its log says".into(),
				),
			};
			if !self.set(id, state).await {
				return;
			}
			let Some(wait) = wait else { return };
			pause = pause.saturating_mul(2).min(self.config.timeouts.retry_most);
			tokio::select! {
				() = self.drain.cancelled() => return,
				() = sleep(wait) => {}
			}
		}
	}

	fn fail(&self, id: Id, reason: String) -> (State, Option<Duration>) {
		self.metrics.attempt(Attempt::Failed);
		tracing::warn!(job = %id, reason, "failed");
		(State::Failed { reason }, None)
	}

	/// Writes a state down, and does not give up on it before the gateway stops: an answer that is
	/// not written is not given. False if it is not written.
	async fn set(&self, id: Id, state: State) -> bool {
		loop {
			match self.store.set(id, state.clone()).await {
				Ok(()) => return true,
				Err(error) => tracing::error!(%error, job = %id, "cannot write a job down"),
			}
			tokio::select! {
				() = self.stop.cancelled() => return false,
				() = sleep(STORE_PAUSE) => {}
			}
		}
	}

	/// One attempt. `since` is when the first one began.
	async fn answer(&self, assignment: &Assignment, since: u64) -> Result<Completion, Setback> {
		let manifest = self.content.manifest(assignment).await?;
		let (interface, attestation) = terms(&manifest)?;
		if self.config.engine.kind == EngineKind::Oip {
			// Before its answers count: a server says who it is when it is asked how it is.
			self.engine.ready().await.map_err(Setback::later)?;
		}
		self.check_pin(attestation)?;
		let patience = Patience {
			until: since.saturating_add(self.input_patience(attestation, assignment.round)),
		};
		if let Some(disputed) = &assignment.disputed {
			if let Some(completion) = self
				.check_disputed(assignment, disputed, &manifest, &patience)
				.await?
			{
				return Ok(completion);
			}
		}
		let Some(input) = self.input(assignment, &patience).await? else {
			return self.without_input(assignment).await;
		};
		let request = match check_request(interface, &input) {
			Ok(request) => request,
			Err(error) => {
				tracing::info!(job = %Id::of(assignment), %error, "the request does not fit the model");
				return Ok(self.without_output(assignment, Status::ModelError));
			}
		};
		drop(input);
		let started = SystemTime::now();
		let Some(outputs) = self.run(assignment, &manifest, &request).await? else {
			return Ok(self.without_output(assignment, Status::ModelError));
		};
		let finished = SystemTime::now();
		let attested = match attest(&manifest, &outputs) {
			Ok(attested) => attested,
			Err(error) if error.is_of_the_model() => {
				tracing::info!(job = %Id::of(assignment), %error, "the outputs cannot be compared");
				return Ok(self.without_output(assignment, Status::ModelError));
			}
			Err(error) => return Err(Setback::Failed(error.to_string())),
		};
		if !is_inline(&attested.canonical) {
			self.content
				.publish("the output", &attested.canonical)
				.await?;
		}
		let statement = self
			.publish_statement(assignment, &attested, started, finished)
			.await;
		Ok(self.with_output(
			assignment,
			&attested.canonical,
			attested.output_hash,
			attested.fingerprint,
			statement,
		))
	}

	/// How long an input is looked for, in milliseconds. Audits and juries have twice the time.
	fn input_patience(&self, attestation: &Attestation, round: Round) -> u64 {
		let latency = u64::from(attestation.max_latency_ms).clamp(*LATENCY.start(), *LATENCY.end());
		let window = match round {
			Round::Main => latency,
			Round::Audit | Round::Jury => latency.saturating_mul(2),
		};
		let percent = u64::try_from(self.config.input_patience).unwrap_or(100);
		window.saturating_mul(percent) / 100
	}

	/// Refuses a model that wants another engine's very bits.
	fn check_pin(&self, attestation: &Attestation) -> Result<(), Setback> {
		let (AnswerClass::BitExact, Some(pin), false) = (
			attestation.class,
			&attestation.engine,
			self.config.engine.ignore_pin,
		) else {
			return Ok(());
		};
		let own = self.engine.identity();
		if own.name == pin.name && own.version == pin.version {
			return Ok(());
		}
		Err(Setback::Failed(format!(
			"the manifest wants the engine {} {}, but this one is {} {}, whose answers may differ and \
			 cost the worker's bond: run that one, or set engine.ignore_pin",
			pin.name, pin.version, own.name, own.version
		)))
	}

	/// What a juror does before, or instead of, a run of the model. None if the run decides.
	async fn check_disputed(
		&self,
		assignment: &Assignment,
		disputed: &Disputed,
		manifest: &Manifest,
		patience: &Patience,
	) -> Result<Option<Completion>, Setback> {
		if disputed.ground == Ground::Wrong {
			return Ok(None);
		}
		let found = self.content.output(disputed.output_hash).await;
		let found = patience.settle(found)?;
		let canonical = match (disputed.ground, found) {
			(Ground::Unavailable, None) => {
				return Ok(Some(
					self.without_output(assignment, Status::InputUnavailable),
				))
			}
			// It is there. An answer is disputed once, so the jury looks at all of it.
			(Ground::Unavailable, Some(_)) => return Ok(None),
			// What cannot be looked at can still be run again.
			(_, None) => return Ok(None),
			(_, Some(canonical)) => canonical,
		};
		// No honest worker names an output that cannot be read.
		let Ok(outputs) = decode_canonical(&canonical) else {
			return Ok(Some(self.without_output(assignment, Status::ModelError)));
		};
		let attestation = manifest.attestation.as_ref();
		let evidence = attestation.and_then(|attestation| attestation.evidence.as_ref());
		if !outputs
			.iter()
			.any(|output| evidence.is_some_and(|evidence| output.name == *evidence))
		{
			return Ok(None);
		}
		let tau = attestation
			.and_then(|attestation| attestation.fingerprint)
			.map_or(0, |fingerprint| fingerprint.tau);
		match fingerprint(manifest, &outputs) {
			// The output is the one that was fingerprinted; the run says whether both are right.
			Ok(shown) if distance(&shown, &disputed.fingerprint) <= u32::from(tau) => Ok(None),
			Ok(fingerprint) => Ok(Some(self.with_output(
				assignment,
				&canonical,
				disputed.output_hash,
				fingerprint,
				H256::zero(),
			))),
			Err(error) if error.is_of_the_model() => {
				Ok(Some(self.without_output(assignment, Status::ModelError)))
			}
			Err(error) => Err(Setback::Failed(error.to_string())),
		}
	}

	/// What is answered when the input cannot be had. A juror who was asked for the output has found
	/// it by then, and says so by its answer.
	async fn without_input(&self, assignment: &Assignment) -> Result<Completion, Setback> {
		let asked = assignment.disputed.as_ref();
		let Some(disputed) = asked.filter(|asked| asked.ground == Ground::Unavailable) else {
			return Ok(self.without_output(assignment, Status::InputUnavailable));
		};
		let canonical = self.content.output(disputed.output_hash).await?;
		Ok(self.with_output(
			assignment,
			&canonical,
			disputed.output_hash,
			disputed.fingerprint,
			H256::zero(),
		))
	}

	/// The input; none if the answer is that it cannot be had.
	async fn input(
		&self,
		assignment: &Assignment,
		patience: &Patience,
	) -> Result<Option<Vec<u8>>, Setback> {
		// Every worker comes to this at once, without asking anybody.
		match ContentId::parse(assignment.input.as_bytes()) {
			Ok(cid) if cid.codec == Codec::Raw && cid.digest != assignment.input_hash.0 => {
				return Ok(None)
			}
			Ok(_) => {}
			Err(_) => return Ok(None),
		}
		match self.content.input(assignment).await {
			// Others, with a higher limit, may have it.
			Err(error @ ContentError::TooLarge { limit, .. }) if limit < LARGEST_INPUT => {
				Err(Setback::Failed(format!(
					"{error} (`input_limit`): raise it to serve this model"
				)))
			}
			found => patience.settle(found),
		}
	}

	/// Runs the model; none if the model refuses.
	async fn run(
		&self,
		assignment: &Assignment,
		manifest: &Arc<Manifest>,
		request: &OipRequest,
	) -> Result<Option<Vec<TensorData>>, Setback> {
		let engine = &self.config.engine;
		let lease = match engine.kind {
			EngineKind::Oip if !engine.download => None,
			EngineKind::Oip | EngineKind::Embedded => Some(self.content.model(manifest).await?),
		};
		let model = LoadedModel {
			listing: assignment.listing,
			manifest: manifest.clone(),
			folder: lease
				.as_ref()
				.map_or_else(PathBuf::new, |lease| lease.folder().to_owned()),
		};
		let limit = model.time_limit().saturating_add(ENGINE_GRACE);
		let started = Instant::now();
		let ran = timeout(limit, self.engine.run(&model, request))
			.await
			.unwrap_or_else(|_| {
				Err(EngineError::Broken(format!(
					"it did not end within {} s",
					limit.as_secs()
				)))
			});
		self.metrics.stage(Stage::Engine, started.elapsed());
		match ran {
			Ok(outputs) => {
				self.metrics.engine_run(EngineRun::Ok);
				Ok(Some(outputs))
			}
			Err(error @ EngineError::Refused(_)) => {
				self.metrics.engine_run(EngineRun::Refused);
				tracing::info!(job = %Id::of(assignment), %error, "no output");
				Ok(None)
			}
			Err(error @ EngineError::Unavailable(_)) => {
				self.metrics.engine_run(EngineRun::Unavailable);
				Err(Setback::later(error))
			}
			Err(error @ EngineError::Broken(_)) => {
				self.metrics.engine_run(EngineRun::Broken);
				Err(Setback::Failed(error.to_string()))
			}
		}
	}

	/// Puts the provenance statement on IPFS and gives its hash; zero if that did not work, since an
	/// answer without a statement is worth more than none.
	async fn publish_statement(
		&self,
		assignment: &Assignment,
		attested: &Attested,
		started: SystemTime,
		finished: SystemTime,
	) -> H256 {
		let made = statement(&Provenance {
			assignment,
			attested,
			engine: &self.engine.identity(),
			started,
			finished,
		});
		let statement = match made {
			Ok(statement) => statement,
			Err(error) => {
				tracing::warn!(job = %Id::of(assignment), %error, "answering without a statement");
				return H256::zero();
			}
		};
		let published = self
			.content
			.publish("the provenance statement", &statement.bytes)
			.await;
		match published {
			Ok(()) => statement.hash,
			Err(error) => {
				tracing::warn!(job = %Id::of(assignment), %error, "answering without a statement");
				H256::zero()
			}
		}
	}

	fn without_output(&self, assignment: &Assignment, status: Status) -> Completion {
		self.complete(
			assignment,
			Answer {
				status,
				output_hash: H256::zero(),
				fingerprint: Fingerprint::default(),
				statement: H256::zero(),
			},
			&[],
		)
	}

	fn with_output(
		&self,
		assignment: &Assignment,
		canonical: &[u8],
		output_hash: H256,
		fingerprint: Fingerprint,
		statement: H256,
	) -> Completion {
		let answer = Answer {
			status: Status::Ok,
			output_hash,
			fingerprint,
			statement,
		};
		self.complete(assignment, answer, canonical)
	}

	fn complete(&self, assignment: &Assignment, answer: Answer, canonical: &[u8]) -> Completion {
		let salt = self
			.secret
			.salt(assignment.request_hash, assignment.worker, assignment.round);
		Completion {
			commitment: commitment(
				assignment.request_hash,
				&assignment.worker.0,
				assignment.round,
				&answer,
				salt,
			),
			reveal: Reveal {
				answer,
				salt,
				// Nothing if it is too long: then it lies on IPFS.
				output: canonical.to_vec().try_into().unwrap_or_default(),
			},
		}
	}
}

/// Until when something is looked for that the requester or another worker should have published.
struct Patience {
	/// In milliseconds since 1970.
	until: u64,
}

impl Patience {
	/// None if nobody has it and the time is up. What this machine is to blame for is no reason to
	/// say that.
	fn settle<T>(&self, found: Result<T, ContentError>) -> Result<Option<T>, Setback> {
		match found {
			Ok(found) => Ok(Some(found)),
			Err(error) if error.is_local() => Err(error.into()),
			Err(_) if now() >= self.until => Ok(None),
			Err(error) => Err(Setback::Postponed {
				problem: error.to_string(),
				by: Some(self.until),
			}),
		}
	}
}

/// How long to wait until the next attempt: `pause`, or less if that would be after `by`.
fn next(pause: Duration, by: Option<u64>) -> Duration {
	by.map_or(pause, |by| {
		pause.min(Duration::from_millis(by.saturating_sub(now())))
	})
}

fn is_inline(canonical: &[u8]) -> bool {
	u32::try_from(canonical.len()).is_ok_and(|length| length <= MAX_INLINE_OUTPUT)
}

/// How to ask the model and how its answers are compared.
fn terms(manifest: &Manifest) -> Result<(&Interface, &Attestation), Setback> {
	match (&manifest.interface, &manifest.attestation) {
		(Some(interface), Some(attestation)) if attestation.class != AnswerClass::None => {
			Ok((interface, attestation))
		}
		_ => Err(Setback::Failed(format!(
			"the manifest of `{}` does not say how to ask the model and compare its answers",
			manifest.name
		))),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn pause_ends_when_patience_does() {
		let pause = Duration::from_secs(15);
		assert_eq!(next(pause, None), pause);
		assert_eq!(next(pause, Some(0)), Duration::ZERO);
		assert_eq!(next(pause, Some(u64::MAX)), pause);
		assert!(next(pause, Some(now() + 2_000)) <= Duration::from_secs(2));
	}

	#[test]
	fn content_is_given_up_only_when_time_is_up_and_others_are_to_blame() {
		let missing = || ContentError::Slow {
			what: "the input",
			seconds: 1,
		};
		let local = || ContentError::CacheBusy { size: 1 };
		let over = Patience { until: 0 };
		let open = Patience { until: u64::MAX };
		assert!(matches!(over.settle(Ok(1)), Ok(Some(1))));
		assert!(matches!(over.settle::<()>(Err(missing())), Ok(None)));
		assert!(matches!(
			open.settle::<()>(Err(missing())),
			Err(Setback::Postponed {
				by: Some(u64::MAX),
				..
			})
		));
		for patience in [over, open] {
			assert!(matches!(
				patience.settle::<()>(Err(local())),
				Err(Setback::Postponed { by: None, .. })
			));
		}
	}
}
