//! Runs jobs: a bounded queue, a few at a time, again and again while what is missing may come.
//!
//! A job is answered only with what every honest worker would answer. What this machine alone is to
//! blame for (its IPFS node, its engine, its disk) postpones a job and in the end fails it; silence
//! costs a worker less than an answer that nobody else gives.

use std::{
	collections::{hash_map::Entry, HashMap},
	panic::{resume_unwind, AssertUnwindSafe},
	path::PathBuf,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant, SystemTime},
};

use futures::FutureExt;
use sp_core::H256;
use tokio::{
	sync::{OwnedSemaphorePermit, Semaphore},
	task::{spawn_blocking, JoinSet},
	time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use weighhouse_manifest::{
	check_request, decode_canonical, Attestation, Manifest, OipRequest, TensorData,
};
use weighhouse_primitives::{
	agreement::distance,
	inference::{
		commitment, Answer, Assignment, Completion, Disputed, Fingerprint, Ground, Reveal, Round,
		Status, MAX_INLINE_OUTPUT,
	},
	AnswerClass, Answers, Codec, ContentId, ListingId,
};

use crate::{
	attest::{attest, fingerprint, statement, AttestError, Attested, Provenance, Statement},
	config::{Config, EngineKind},
	content::{Content, Lease, LARGEST_INPUT},
	engine::{Engine, EngineError, LoadedModel},
	error::{ApiError, ContentError},
	metrics::{Attempt, EngineRun, Metrics, Stage},
	proof::{self, Vector},
	salt::Secret,
	store::{now, Inserted, Key, Record, State, Store},
};

/// The windows of the chain between which a model's latency counts, in milliseconds.
const LATENCY: std::ops::RangeInclusive<u64> = 20_000..=1_200_000;
/// What stays of such a window, in milliseconds, for a last look at the IPFS node and for the way of
/// the answer to a block.
const MARGIN: u64 = 8_000;
/// The least that an attempt to fetch gets, however late it comes.
const LEAST_ATTEMPT: Duration = Duration::from_secs(3);
/// Milliseconds before the end of a wait that count as its end.
const CLOSE: u64 = 250;
/// How many jobs are fetched for at the same time. What a requester withholds keeps one of these
/// places, so there are many; none of them takes more memory than one input.
const FETCHES: usize = 64;
/// How long test vectors are waited for where the model itself is not fetched.
const VECTORS: Duration = Duration::from_secs(5);
/// How many models are remembered to have given their test vectors.
const PROOFS: usize = 256;
/// How often the upload of a provenance statement is tried.
const STATEMENT_TRIES: u32 = 6;
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
	/// Jobs that are in the engine at the same time.
	slots: Semaphore,
	/// Jobs whose content is fetched at the same time.
	fetches: Semaphore,
	/// Jobs whose request or disputed output is read at the same time.
	readers: Semaphore,
	/// Jobs that run or wait.
	places: Arc<Semaphore>,
	/// Models for which the engine has given a test vector.
	proofs: Mutex<Vec<Proof>>,
	/// Cancelled when the job is at an end.
	active: Mutex<HashMap<Key, CancellationToken>>,
	tasks: Mutex<JoinSet<()>>,
	/// No attempt is begun any more.
	drain: CancellationToken,
	/// Attempts under way are left.
	stop: CancellationToken,
}

/// Which files, as those of which listing.
type Proof = (H256, ListingId);

/// What keeps a job from being answered.
#[derive(Debug)]
enum Setback {
	/// Another attempt may do better, at the latest at this time.
	Postponed { problem: String, by: Option<u64> },
	/// None will.
	Failed(String),
	/// The gateway stops, and the engine is not begun any more.
	Stopping,
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
	/// Why the database of jobs takes nothing, if so.
	pub database: Option<String>,
	/// Whether the gateway is about to stop.
	pub stopping: bool,
}

impl Readiness {
	/// Whether jobs would be answered.
	pub fn is_ready(&self) -> bool {
		self.problems().is_empty() && !self.stopping
	}

	/// What is not ready.
	pub fn problems(&self) -> Vec<&str> {
		[&self.engine, &self.ipfs, &self.database]
			.into_iter()
			.flatten()
			.map(String::as_str)
			.collect()
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
		let readers = Semaphore::new(config.concurrency);
		let fetches = Semaphore::new(FETCHES.max(config.concurrency));
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
				fetches,
				readers,
				places: Arc::new(places),
				proofs: Mutex::default(),
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

	/// Takes a job, or finds it as it stands. One that is open and that nobody drives is taken up.
	///
	/// # Errors
	/// [`ApiError::Conflict`] if it was given otherwise before, [`ApiError::Busy`] if the queue is
	/// full, [`ApiError::Stopping`] and [`ApiError::Store`].
	pub async fn submit(&self, assignment: Assignment) -> Result<Record, ApiError> {
		let key = Key::of(&assignment);
		if let Some(record) = self.shared.store.get(key).await? {
			if record.assignment == assignment {
				self.take_up(&record)?;
				return Ok(record);
			}
			return Err(ApiError::Conflict(key.id.to_string()));
		}
		if self.shared.drain.is_cancelled() {
			return Err(ApiError::Stopping);
		}
		let place = self.place()?;
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
			Ok(Ok(Inserted::Conflict)) => Err(ApiError::Conflict(key.id.to_string())),
			Ok(Err(error)) => Err(error.into()),
			Err(_) => Err(ApiError::Stopping),
		}
	}

	/// Drives a job that is written, but that nobody drives: its task broke, or the database wrote it
	/// and had an error then.
	fn take_up(&self, record: &Record) -> Result<(), ApiError> {
		let shared = &self.shared;
		let is_driven = shared.active().contains_key(&record.key());
		if is_driven || record.state.is_final() || shared.drain.is_cancelled() {
			return Ok(());
		}
		let place = self.place()?;
		self.begin(record.clone(), Some(place));
		Ok(())
	}

	fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
		let places = self.shared.places.clone();
		places.try_acquire_owned().map_err(|_| {
			let config = &self.shared.config;
			ApiError::Busy(config.concurrency.saturating_add(config.queue))
		})
	}

	/// Waits until a job is at an end, or for `most`, and gives it as it then stands.
	///
	/// # Errors
	/// [`StoreError`](crate::StoreError)
	pub async fn wait(
		&self,
		key: Key,
		most: Duration,
	) -> Result<Option<Record>, crate::StoreError> {
		let ended = self.shared.active().get(&key).cloned();
		if let Some(ended) = ended {
			let _ = timeout(most, ended.cancelled()).await;
		}
		self.shared.store.get(key).await
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
		let database = async {
			timeout(READY, shared.store.problem())
				.await
				.unwrap_or_else(|_| Some(patience("the database of jobs")))
		};
		let (engine, ipfs, database) = tokio::join!(engine, ipfs, database);
		Readiness {
			engine,
			ipfs,
			database,
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
		let mut tasks = JoinSet::new();
		if timeout(limit, self.finish(&mut tasks)).await.is_err() {
			tracing::warn!(
				tasks = tasks.len(),
				"jobs are still running; they are taken up again at the next start"
			);
			self.shared.stop.cancel();
			// Only the database is still to be written to.
			let _ = timeout(Duration::from_secs(5), self.finish(&mut tasks)).await;
			tasks.abort_all();
		}
	}

	/// Waits for all tasks, and for those that they begin.
	async fn finish(&self, tasks: &mut JoinSet<()>) {
		loop {
			while tasks.join_next().await.is_some() {}
			*tasks = std::mem::take(&mut *self.shared.tasks());
			if tasks.is_empty() {
				return;
			}
		}
	}

	/// Tells all tasks to end without waiting for them.
	pub(crate) fn abort(&self) {
		self.shared.drain.cancel();
		self.shared.stop.cancel();
	}

	/// Drives a job, unless somebody does.
	fn begin(&self, record: Record, place: Option<OwnedSemaphorePermit>) {
		let key = record.key();
		let ended = CancellationToken::new();
		match self.shared.active().entry(key) {
			Entry::Occupied(_) => return,
			Entry::Vacant(entry) => {
				entry.insert(ended.clone());
			}
		}
		let driven = Driven {
			shared: self.shared.clone(),
			key,
			ended,
		};
		self.shared.spawn(async move {
			driven.shared.drive(record).await;
			drop(driven);
			drop(place);
		});
	}
}

/// A job that somebody drives. However that ends, nobody waits for it any longer, and whoever asks
/// for the job next may take it up.
struct Driven {
	shared: Arc<Shared>,
	key: Key,
	ended: CancellationToken,
}

impl Drop for Driven {
	fn drop(&mut self) {
		self.shared.active().remove(&self.key);
		self.ended.cancel();
	}
}

impl Shared {
	fn active(&self) -> MutexGuard<'_, HashMap<Key, CancellationToken>> {
		self.active.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
		self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn spawn(&self, work: impl std::future::Future<Output = ()> + Send + 'static) {
		let mut tasks = self.tasks();
		while tasks.try_join_next().is_some() {}
		tasks.spawn(work);
	}

	/// Attempts a job until it is at an end or the gateway stops.
	async fn drive(self: &Arc<Self>, mut record: Record) {
		let key = record.key();
		let mut pause = self.config.timeouts.retry;
		while !self.drain.is_cancelled() {
			if !self.set(key, State::Running).await {
				return;
			}
			let attempt = AssertUnwindSafe(self.answer(&mut record)).catch_unwind();
			let ended = tokio::select! {
				ended = attempt => ended,
				() = self.stop.cancelled() => Ok(Err(Setback::Stopping)),
			};
			let age = Duration::from_millis(now().saturating_sub(record.arrived));
			let (state, wait) = match ended {
				Ok(Ok(completion)) => {
					self.metrics.attempt(Attempt::Answered);
					self.metrics.answer(completion.reveal.answer.status);
					self.metrics.stage(Stage::Job, age);
					tracing::info!(job = %key.id, status = ?completion.reveal.answer.status, "answered");
					(State::Done(completion), None)
				}
				Ok(Err(Setback::Postponed { problem, by })) if age < self.config.timeouts.job => {
					self.metrics.attempt(Attempt::Postponed);
					tracing::debug!(job = %key.id, problem, ?pause, "postponed");
					let problem = Some(problem);
					(State::Queued { problem }, Some(next(pause, by)))
				}
				Ok(Err(Setback::Postponed { problem, .. })) => {
					let reason = format!(
						"given up after {} s (`timeouts.job`): {problem}",
						self.config.timeouts.job.as_secs()
					);
					self.fail(key, reason)
				}
				Ok(Err(Setback::Stopping)) => {
					// The engine was left on purpose, or not begun.
					self.mark(key, record.interrupted).await;
					let problem = Some("the gateway was stopped".into());
					(State::Queued { problem }, None)
				}
				Ok(Err(Setback::Failed(reason))) => self.fail(key, reason),
				Err(_) => self.fail(
					key,
					"the gateway made a mistake: please report what its log says".into(),
				),
			};
			if !self.set(key, state).await {
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

	fn fail(&self, key: Key, reason: String) -> (State, Option<Duration>) {
		self.metrics.attempt(Attempt::Failed);
		tracing::warn!(job = %key.id, reason, "failed");
		(State::Failed { reason }, None)
	}

	/// Writes a state down, and does not give up on it before the gateway stops: an answer that is
	/// not written is not given. False if it is not written, or the job is at an end already.
	async fn set(&self, key: Key, state: State) -> bool {
		loop {
			match self.store.set(key, state.clone()).await {
				Ok(written) => return written,
				Err(error) => tracing::error!(%error, job = %key.id, "cannot write a job down"),
			}
			tokio::select! {
				() = self.stop.cancelled() => return false,
				() = sleep(STORE_PAUSE) => {}
			}
		}
	}

	/// Writes down how many runs of the engine were begun and have not come back. None is begun
	/// without it.
	async fn mark(&self, key: Key, interrupted: u32) {
		while let Err(error) = self.store.mark(key, interrupted).await {
			tracing::error!(%error, job = %key.id, "cannot write a job down");
			tokio::select! {
				() = self.stop.cancelled() => return,
				() = sleep(STORE_PAUSE) => {}
			}
		}
	}

	/// One attempt.
	async fn answer(self: &Arc<Self>, record: &mut Record) -> Result<Completion, Setback> {
		let assignment = record.assignment.clone();
		let fetched = {
			let _place = self.fetches.acquire().await;
			self.fetch(&assignment, record.arrived).await?
		};
		let work = match fetched {
			Fetched::Answer(completion) => return Ok(completion),
			Fetched::Work(work) => work,
		};
		let Some(ran) = self.compute(record, work).await? else {
			return Ok(self.without_output(&assignment, Status::ModelError));
		};
		let attested = ran.attested;
		if !is_inline(&attested.canonical) {
			self.content
				.publish("the output", &attested.canonical)
				.await?;
		}
		let made = statement(&Provenance {
			assignment: &assignment,
			attested: &attested,
			engine: &self.engine.identity(),
			started: ran.started,
			finished: ran.finished,
		});
		let statement = match made {
			Ok(statement) => {
				let hash = statement.hash;
				self.publish_later(record.key(), statement);
				hash
			}
			Err(error) => {
				tracing::warn!(job = %record.id(), %error, "answering without a statement");
				H256::zero()
			}
		};
		Ok(self.with_output(
			&assignment,
			&attested.canonical,
			attested.output_hash,
			attested.fingerprint,
			statement,
		))
	}

	/// Everything before the engine: what it needs, or an answer without it.
	async fn fetch(&self, assignment: &Assignment, arrived: u64) -> Result<Fetched, Setback> {
		let job = Key::of(assignment).id;
		let manifest = self.content.manifest(assignment).await?;
		let attestation = terms(&manifest, &assignment.answers)?;
		self.engine
			.admits(&manifest)
			.map_err(|error| Setback::Failed(error.to_string()))?;
		if self.config.engine.kind == EngineKind::Oip {
			// Before its answers count: a server says who it is when it is asked how it is.
			if let Err(error) = self.engine.ready().await {
				self.forget_proofs();
				return Err(Setback::later(error));
			}
		}
		self.check_pin(attestation)?;
		let patience = Patience::new(assignment, arrived, self.config.input_patience);
		let mut shown = None;
		if let Some(disputed) = &assignment.disputed {
			match self
				.look(assignment, disputed, &manifest, &patience)
				.await?
			{
				Look::Answer(completion) => return Ok(Fetched::Answer(completion)),
				Look::Run(output) => shown = output,
			}
		}
		let input = match self.input(assignment, &patience).await? {
			Input::Here(input) => input,
			Input::Unavailable => {
				return Ok(Fetched::Answer(
					self.without_input(assignment, shown.as_deref()),
				))
			}
			Input::TooLong => {
				tracing::info!(%job, "the input is longer than the model takes");
				return Ok(Fetched::Answer(
					self.without_output(assignment, Status::ModelError),
				));
			}
		};
		let work = {
			let _place = self.readers.acquire().await;
			let manifest = manifest.clone();
			blocking(
				time_limit(&assignment.answers),
				"reading the request",
				move || match &manifest.interface {
					Some(interface) => check_request(interface, &input)
						.map(|_| input)
						.map_err(|error| error.to_string()),
					None => Err("there is no interface".into()),
				},
			)
			.await?
		};
		let input = match work {
			Ok(input) => input,
			Err(error) => {
				tracing::info!(%job, error, "the request does not fit the model");
				return Ok(Fetched::Answer(
					self.without_output(assignment, Status::ModelError),
				));
			}
		};
		let engine = &self.config.engine;
		let lease = match engine.kind {
			EngineKind::Oip if !engine.download => None,
			EngineKind::Oip | EngineKind::Embedded => Some(self.content.model(&manifest).await?),
		};
		let vector = self.vector(&manifest, lease.as_ref()).await;
		Ok(Fetched::Work(Work {
			manifest,
			input,
			lease,
			vector,
		}))
	}

	/// Runs the model; none if the model refuses. A job during which the gateway died before is in the
	/// engine alone, so that it takes no other down with it again.
	async fn compute(&self, record: &mut Record, work: Work) -> Result<Option<Ran>, Setback> {
		let wanted = match record.interrupted {
			0 => 1,
			_ => u32::try_from(self.config.concurrency).unwrap_or(1),
		};
		let slot = tokio::select! {
			biased;
			() = self.drain.cancelled() => return Err(Setback::Stopping),
			slot = self.slots.acquire_many(wanted) => slot,
		};
		let Ok(_slot) = slot else {
			return Err(Setback::Stopping);
		};
		let key = record.key();
		self.mark(key, record.interrupted.saturating_add(1)).await;
		let ran = AssertUnwindSafe(self.run(&record.assignment, work))
			.catch_unwind()
			.await;
		record.interrupted = 0;
		self.mark(key, 0).await;
		ran.unwrap_or_else(|panic| resume_unwind(panic))
	}

	/// What happens in the engine's place.
	async fn run(&self, assignment: &Assignment, work: Work) -> Result<Option<Ran>, Setback> {
		let limit = time_limit(&assignment.answers);
		let Work {
			manifest,
			input,
			lease,
			vector,
		} = work;
		let model = LoadedModel {
			listing: assignment.listing,
			manifest: manifest.clone(),
			folder: lease
				.as_ref()
				.map_or_else(PathBuf::new, |lease| lease.folder().to_owned()),
		};
		let proof = (assignment.artifact_root, assignment.listing);
		if let Some(vector) = vector.as_ref().filter(|_| !self.is_proven(proof)) {
			self.prove(proof, &model, vector, limit).await?;
		}
		let request = {
			let manifest = manifest.clone();
			blocking(limit, "reading the request", move || {
				let interface = manifest.interface.as_ref()?;
				check_request(interface, &input).ok()
			})
			.await?
		};
		// It did fit when it was fetched.
		let Some(request) = request else {
			return Ok(None);
		};
		let (started, since) = (SystemTime::now(), Instant::now());
		let ran = self.ask(&model, &request, limit).await;
		self.metrics.stage(Stage::Engine, since.elapsed());
		self.metrics.engine_run(match &ran {
			Ok(_) => EngineRun::Ok,
			Err(EngineError::Refused(_)) => EngineRun::Refused,
			Err(EngineError::Unavailable(_)) => EngineRun::Unavailable,
			Err(EngineError::Broken(_)) => EngineRun::Broken,
		});
		let outputs = match ran {
			Ok(outputs) => outputs,
			Err(error @ EngineError::Refused(_)) => {
				let Some(vector) = &vector else {
					return Err(Setback::Failed(format!(
						"{error}; there are no test vectors here that would tell whether the model or this engine is to blame"
					)));
				};
				self.prove(proof, &model, vector, limit).await?;
				tracing::info!(job = %Key::of(assignment).id, %error, "no output");
				return Ok(None);
			}
			Err(error) => return Err(self.setback(&error)),
		};
		let finished = SystemTime::now();
		let attested = blocking(limit, "making the answer", move || {
			attest(&manifest, &outputs)
		})
		.await?;
		match attested {
			Ok(attested) => Ok(Some(Ran {
				attested,
				started,
				finished,
			})),
			// Checked files gave them, or a server that has shown that it has the right ones.
			Err(error) if error.is_of_the_model() && (lease.is_some() || vector.is_some()) => {
				tracing::info!(job = %Key::of(assignment).id, %error, "the outputs cannot be compared");
				Ok(None)
			}
			Err(error) => Err(Setback::Failed(error.to_string())),
		}
	}

	/// Asks the engine, within its time.
	async fn ask(
		&self,
		model: &LoadedModel,
		request: &OipRequest,
		limit: Duration,
	) -> Result<Vec<TensorData>, EngineError> {
		let limit = limit.saturating_add(ENGINE_GRACE);
		timeout(limit, self.engine.run(model, request))
			.await
			.unwrap_or_else(|_| {
				Err(EngineError::Broken(format!(
					"it did not end within {} s",
					limit.as_secs()
				)))
			})
	}

	fn setback(&self, error: &EngineError) -> Setback {
		match error {
			EngineError::Unavailable(_) => {
				// It may come back as another one.
				self.forget_proofs();
				Setback::later(error)
			}
			EngineError::Refused(_) | EngineError::Broken(_) => Setback::Failed(error.to_string()),
		}
	}

	/// Has the engine give a test vector of the model.
	async fn prove(
		&self,
		proof: Proof,
		model: &LoadedModel,
		vector: &Arc<Vector>,
		limit: Duration,
	) -> Result<(), Setback> {
		let wrong = |problem: String| {
			self.proofs().retain(|proven| *proven != proof);
			Setback::Failed(format!(
				"the engine does not give the test vector of the manifest, so it is not the right one \
				 for listing {} or has not its files: {problem}",
				model.listing
			))
		};
		let outputs = match self.ask(model, &vector.request, limit).await {
			Ok(outputs) => outputs,
			Err(error @ EngineError::Unavailable(_)) => return Err(self.setback(&error)),
			Err(error) => return Err(wrong(error.to_string())),
		};
		let (vector, manifest) = (vector.clone(), model.manifest.clone());
		let compared = blocking(limit, "comparing the test vector", move || {
			vector.compare(&manifest, &outputs)
		});
		compared.await?.map_err(wrong)?;
		let mut proofs = self.proofs();
		if !proofs.contains(&proof) {
			if proofs.len() >= PROOFS {
				proofs.remove(0);
			}
			proofs.push(proof);
		}
		Ok(())
	}

	fn is_proven(&self, proof: Proof) -> bool {
		self.proofs().contains(&proof)
	}

	fn forget_proofs(&self) {
		self.proofs().clear();
	}

	fn proofs(&self) -> MutexGuard<'_, Vec<Proof>> {
		self.proofs.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// The model's first test vector. None if there is none that can be had and read: then the engine
	/// is believed, but not where it says that the model refuses.
	async fn vector(&self, manifest: &Arc<Manifest>, lease: Option<&Lease>) -> Option<Arc<Vector>> {
		let file = proof::file(manifest)?;
		let bytes = match lease {
			Some(lease) => tokio::fs::read(lease.folder().join(&file.path))
				.await
				.map_err(|error| error.to_string()),
			None => self
				.content
				.file("the test vectors", file, VECTORS)
				.await
				.map_err(|error| error.to_string()),
		};
		let parsed = match bytes {
			Ok(bytes) => {
				let manifest = manifest.clone();
				spawn_blocking(move || Vector::read(&manifest, &bytes))
					.await
					.unwrap_or_else(|error| Err(error.to_string()))
			}
			Err(error) => Err(error),
		};
		match parsed {
			Ok(vector) => Some(Arc::new(vector)),
			Err(problem) => {
				tracing::warn!(file = file.path, problem, "the test vectors cannot be used");
				None
			}
		}
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
		let Some(own) = self.engine.known_identity() else {
			return Err(Setback::later(format!(
				"the manifest wants the engine {} {}, and the server has not said which one it is",
				pin.name, pin.version
			)));
		};
		if own.is(pin) {
			return Ok(());
		}
		Err(Setback::Failed(format!(
			"the manifest wants the engine {} {}, but this one is {} {}, whose answers may differ and \
			 cost the worker's bond: run that one, or set engine.ignore_pin",
			pin.name, pin.version, own.name, own.version
		)))
	}

	/// What a juror does before, or instead of, a run of the model.
	async fn look(
		&self,
		assignment: &Assignment,
		disputed: &Disputed,
		manifest: &Arc<Manifest>,
		patience: &Patience,
	) -> Result<Look, Setback> {
		if disputed.ground == Ground::Wrong {
			return Ok(Look::Run(None));
		}
		let until = patience.output;
		let found = self.content.output(disputed.output_hash, left(until)).await;
		let found = self.settle(assignment, until, found).await?;
		let canonical = match (disputed.ground, found) {
			(Ground::Unavailable, None) => {
				return Ok(Look::Answer(
					self.without_output(assignment, Status::InputUnavailable),
				))
			}
			// It is there. An answer is disputed once, so the jury looks at all of it.
			(Ground::Unavailable, found) => return Ok(Look::Run(found)),
			// What cannot be looked at can still be run again.
			(_, None) => return Ok(Look::Run(None)),
			(_, Some(canonical)) => canonical,
		};
		let (canonical, seen) = {
			let _place = self.readers.acquire().await;
			let manifest = manifest.clone();
			blocking(
				time_limit(&assignment.answers),
				"reading the output",
				move || {
					let seen = see(&manifest, &canonical);
					(canonical, seen)
				},
			)
			.await?
		};
		match seen {
			Seen::NoEvidence => Ok(Look::Run(None)),
			Seen::Nothing => Ok(Look::Answer(
				self.without_output(assignment, Status::ModelError),
			)),
			// The output is the one that was fingerprinted; the run says whether both are right.
			Seen::Evidence(shown)
				if distance(&shown, &disputed.fingerprint) <= u32::from(assignment.answers.tau) =>
			{
				Ok(Look::Run(None))
			}
			Seen::Evidence(fingerprint) => Ok(Look::Answer(self.with_output(
				assignment,
				&canonical,
				disputed.output_hash,
				fingerprint,
				H256::zero(),
			))),
			Seen::Failed(error) => Err(Setback::Failed(error.to_string())),
		}
	}

	/// What is answered when the input cannot be had. A juror who was asked for the output has found
	/// it by then, and says so by its answer.
	fn without_input(&self, assignment: &Assignment, shown: Option<&[u8]>) -> Completion {
		match (&assignment.disputed, shown) {
			(Some(disputed), Some(canonical)) if disputed.ground == Ground::Unavailable => self
				.with_output(
					assignment,
					canonical,
					disputed.output_hash,
					disputed.fingerprint,
					H256::zero(),
				),
			_ => self.without_output(assignment, Status::InputUnavailable),
		}
	}

	/// The input, as far as it can be had.
	async fn input(&self, assignment: &Assignment, patience: &Patience) -> Result<Input, Setback> {
		// Every worker comes to this at once, without asking anybody.
		match ContentId::parse(assignment.input.as_bytes()) {
			Ok(cid) if cid.codec == Codec::Raw && cid.digest != assignment.input_hash.0 => {
				return Ok(Input::Unavailable)
			}
			Ok(_) => {}
			Err(_) => return Ok(Input::Unavailable),
		}
		let until = patience.input;
		match self.content.input(assignment, left(until)).await {
			// Others, with a higher limit, may have it.
			Err(error @ ContentError::TooLarge { limit, .. }) if limit < LARGEST_INPUT => {
				Err(Setback::Failed(format!(
					"{error} (`input_limit`): raise it to serve this model"
				)))
			}
			found => Ok(match self.settle(assignment, until, found).await? {
				Some(Some(input)) => Input::Here(input),
				Some(None) => Input::TooLong,
				None => Input::Unavailable,
			}),
		}
	}

	/// None if nobody has it and the time is up. What this machine is to blame for is no reason to say
	/// that, so its IPFS node must show first that it gives anything at all.
	async fn settle<T>(
		&self,
		assignment: &Assignment,
		until: u64,
		found: Result<T, ContentError>,
	) -> Result<Option<T>, Setback> {
		let error = match found {
			Ok(found) => return Ok(Some(found)),
			Err(error) if error.is_local() => return Err(error.into()),
			Err(error) => error,
		};
		if now().saturating_add(CLOSE) < until {
			return Err(Setback::Postponed {
				problem: error.to_string(),
				by: Some(until),
			});
		}
		match self.content.works(assignment).await {
			Ok(()) => Ok(None),
			Err(problem) => Err(Setback::later(format!(
				"{error}; but the IPFS node does not give what it has given before: {problem}"
			))),
		}
	}

	/// Puts the provenance statement on IPFS, while its hash is on its way already.
	fn publish_later(self: &Arc<Self>, key: Key, statement: Statement) {
		let shared = self.clone();
		self.spawn(async move {
			let mut pause = shared.config.timeouts.retry;
			for _ in 0..STATEMENT_TRIES {
				let published = tokio::select! {
					published = shared.content.publish("the provenance statement", &statement.bytes) => published,
					() = shared.stop.cancelled() => return,
				};
				let Err(error) = published else { return };
				tracing::warn!(job = %key.id, %error, "a provenance statement is not on IPFS yet");
				tokio::select! {
					() = shared.drain.cancelled() => return,
					() = sleep(pause) => {}
				}
				pause = pause
					.saturating_mul(2)
					.min(shared.config.timeouts.retry_most);
			}
		});
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

/// What came of everything before the engine.
enum Fetched {
	/// The answer, for which no engine is needed.
	Answer(Completion),
	/// What the engine needs.
	Work(Work),
}

/// What the engine needs.
struct Work {
	manifest: Arc<Manifest>,
	/// A request that fits the manifest, as it came: that takes less memory than its tensors.
	input: Vec<u8>,
	lease: Option<Lease>,
	vector: Option<Arc<Vector>>,
}

/// What came of the engine.
struct Ran {
	attested: Attested,
	started: SystemTime,
	finished: SystemTime,
}

/// What came of looking at a disputed output.
enum Look {
	/// The answer.
	Answer(Completion),
	/// The run decides; with the output, if that it is there is part of the answer.
	Run(Option<Vec<u8>>),
}

/// What came of looking for the input.
enum Input {
	/// It is here.
	Here(Vec<u8>),
	/// It is longer than the model takes.
	TooLong,
	/// It cannot be had.
	Unavailable,
}

/// What a disputed output shows.
enum Seen {
	/// It is no output, or its evidence has no fingerprint: no honest worker names such a one.
	Nothing,
	/// There is no evidence in it.
	NoEvidence,
	/// The fingerprint of the evidence in it.
	Evidence(Fingerprint),
	/// The manifest does not say what to look for.
	Failed(AttestError),
}

fn see(manifest: &Manifest, canonical: &[u8]) -> Seen {
	let Ok(outputs) = decode_canonical(canonical) else {
		return Seen::Nothing;
	};
	let attestation = manifest.attestation.as_ref();
	let evidence = attestation.and_then(|attestation| attestation.evidence.as_ref());
	if !outputs
		.iter()
		.any(|output| evidence.is_some_and(|evidence| output.name == *evidence))
	{
		return Seen::NoEvidence;
	}
	match fingerprint(manifest, &outputs) {
		Ok(fingerprint) => Seen::Evidence(fingerprint),
		Err(error) if error.is_of_the_model() => Seen::Nothing,
		Err(error) => Seen::Failed(error),
	}
}

/// Until when something is looked for that the requester or another worker should have published, in
/// milliseconds since 1970. The chain's window runs from about the time at which the job came.
struct Patience {
	/// A disputed output. The input comes after it.
	output: u64,
	/// The input.
	input: u64,
}

impl Patience {
	/// Of `percent` of the window that the chain gives. Audits and juries have twice the time.
	fn new(assignment: &Assignment, arrived: u64, percent: usize) -> Self {
		let latency =
			u64::from(assignment.answers.max_latency_ms).clamp(*LATENCY.start(), *LATENCY.end());
		let window = match assignment.round {
			Round::Main => latency,
			Round::Audit | Round::Jury => latency.saturating_mul(2),
		};
		let percent = u64::try_from(percent).unwrap_or(100);
		let input = (window.saturating_mul(percent) / 100).min(window.saturating_sub(MARGIN));
		Self {
			output: arrived.saturating_add(input / 2),
			input: arrived.saturating_add(input),
		}
	}
}

/// How long an attempt may take so that it ends at `until`.
fn left(until: u64) -> Duration {
	LEAST_ATTEMPT.max(Duration::from_millis(until.saturating_sub(now())))
}

/// How long an answer may take by the chain, whose windows are never shorter.
fn time_limit(answers: &Answers) -> Duration {
	let latency = u64::from(answers.max_latency_ms);
	Duration::from_millis(latency.clamp(*LATENCY.start(), *LATENCY.end()))
}

/// Runs `work` where it holds nobody up, and leaves it to itself after `limit`.
async fn blocking<T: Send + 'static>(
	limit: Duration,
	what: &str,
	work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Setback> {
	match timeout(limit, spawn_blocking(work)).await {
		Ok(Ok(done)) => Ok(done),
		Ok(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
		Ok(Err(_)) => Err(Setback::Stopping),
		Err(_) => Err(Setback::Failed(format!(
			"{what} took longer than {} s, which is all that the model has",
			limit.as_secs()
		))),
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

/// How answers are compared, if the manifest says so as the chain does.
fn terms<'a>(manifest: &'a Manifest, answers: &Answers) -> Result<&'a Attestation, Setback> {
	let name = &manifest.name;
	let attestation = match (&manifest.interface, &manifest.attestation) {
		(Some(_), Some(attestation)) if attestation.class != AnswerClass::None => attestation,
		_ => {
			return Err(Setback::Failed(format!(
				"the manifest of `{name}` does not say how to ask the model and compare its answers"
			)))
		}
	};
	let own = manifest.answers();
	for (what, own, chain) in [
		(
			"class",
			format!("{:?}", own.class),
			format!("{:?}", answers.class),
		),
		("tau", own.tau.to_string(), answers.tau.to_string()),
		(
			"longest latency in milliseconds",
			own.max_latency_ms.to_string(),
			answers.max_latency_ms.to_string(),
		),
		(
			"input limit in bytes",
			own.input_limit.to_string(),
			answers.input_limit.to_string(),
		),
	] {
		if own != chain {
			return Err(Setback::Failed(format!(
				"the manifest of `{name}` has the {what} {own}, but the chain recorded {chain}: answers \
				 by this manifest would not be compared as it says"
			)));
		}
	}
	Ok(attestation)
}

#[cfg(test)]
pub(crate) mod testing {
	use std::path::Path;

	use super::*;
	use crate::{
		engine::{Embedded, EmbeddedLimits},
		identities::Identities,
		store::testing::{store, Space},
	};

	/// A runner on a disk that may be full, without an IPFS node.
	pub(crate) fn runner(folder: &Path) -> (Runner, Space) {
		let mut config = Config {
			data: folder.to_owned(),
			ipfs: "http://127.0.0.1:9".into(),
			..Config::default()
		};
		config.timeouts.connect = Duration::from_secs(2);
		let (store, space) = store(folder);
		let secret = Secret::open(&folder.join("secret")).unwrap();
		let metrics = Metrics::new().unwrap();
		let identities = Identities::open(&[]).unwrap();
		let content = Content::open(&config, identities, metrics.clone()).unwrap();
		let engine = Engine::Embedded(Embedded::new(EmbeddedLimits::default()));
		let runner = Runner::new(config, store, secret, content, engine, metrics);
		(runner, space)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::store::{testing::until_open, StateName};

	/// A job of which it is seen at once that it has no manifest.
	fn hopeless() -> Assignment {
		assignment(20_000, Round::Main)
	}

	async fn until_failed(runner: &Runner, key: Key) {
		let ended = runner.wait(key, Duration::from_secs(30)).await.unwrap();
		assert_eq!(ended.unwrap().state.name(), StateName::Failed);
	}

	#[tokio::test]
	async fn job_is_driven_when_it_is_written_and_nobody_does() {
		let folder = tempfile::tempdir().unwrap();
		let (runner, _) = testing::runner(folder.path());
		let key = Key::of(&hopeless());
		// As by a database that had an error after it had written.
		runner.store().insert(hopeless()).await.unwrap();
		runner.submit(hopeless()).await.unwrap();
		until_failed(&runner, key).await;
		// What is at an end is not begun again.
		let record = runner.submit(hopeless()).await.unwrap();
		assert_eq!(record.state.name(), StateName::Failed);
		assert!(runner.shared.active().is_empty());
	}

	#[tokio::test]
	async fn job_goes_on_when_its_disk_was_full() {
		let folder = tempfile::tempdir().unwrap();
		let (runner, space) = testing::runner(folder.path());
		let key = Key::of(&hopeless());
		runner.store().insert(hopeless()).await.unwrap();
		space.fill();
		runner.submit(hopeless()).await.unwrap();
		let started = Instant::now();
		while runner.ready().await.database.is_none() {
			assert!(started.elapsed() < Duration::from_secs(30), "it is ready");
			sleep(Duration::from_millis(20)).await;
		}
		assert!(runner.shared.active().contains_key(&key));
		space.free();
		until_open(runner.store()).await;
		until_failed(&runner, key).await;
	}

	#[tokio::test]
	async fn nobody_waits_for_a_job_when_its_task_broke() {
		let folder = tempfile::tempdir().unwrap();
		let (runner, _) = testing::runner(folder.path());
		let key = Key::of(&hopeless());
		let ended = CancellationToken::new();
		runner.shared.active().insert(key, ended.clone());
		let driven = Driven {
			shared: runner.shared.clone(),
			key,
			ended: ended.clone(),
		};
		let task: tokio::task::JoinHandle<()> = tokio::spawn(async move {
			let _driven = driven;
			panic!("a mistake of the gateway")
		});
		assert!(task.await.unwrap_err().is_panic());
		assert!(ended.is_cancelled() && runner.shared.active().is_empty());
	}

	#[test]
	fn pause_ends_when_patience_does() {
		let pause = Duration::from_secs(15);
		assert_eq!(next(pause, None), pause);
		assert_eq!(next(pause, Some(0)), Duration::ZERO);
		assert_eq!(next(pause, Some(u64::MAX)), pause);
		assert!(next(pause, Some(now() + 2_000)) <= Duration::from_secs(2));
	}

	fn assignment(max_latency_ms: u32, round: Round) -> Assignment {
		Assignment {
			genesis: H256::zero(),
			request_hash: H256::zero(),
			job: 1,
			round,
			worker: H256::zero(),
			listing: 1,
			version: 1,
			manifest: String::new(),
			artifact_root: H256::zero(),
			input: String::new(),
			input_hash: H256::zero(),
			answers: Answers {
				class: AnswerClass::BitExact,
				tau: 2,
				max_latency_ms,
				input_limit: 1,
			},
			disputed: None,
		}
	}

	#[test]
	fn patience_leaves_time_for_the_answer_whatever_is_set() {
		let input = |latency, round, percent| {
			Patience::new(&assignment(latency, round), 1_000, percent).input - 1_000
		};
		assert_eq!(input(20_000, Round::Main, 50), 10_000);
		assert_eq!(input(1, Round::Main, 50), 10_000);
		assert_eq!(input(20_000, Round::Jury, 50), 20_000);
		assert_eq!(input(20_000, Round::Main, 90), 12_000);
		assert_eq!(input(u32::MAX, Round::Main, 50), 600_000);
		let jury = Patience::new(&assignment(20_000, Round::Jury), 0, 50);
		assert_eq!((jury.output, jury.input), (10_000, 20_000));
	}

	#[test]
	fn attempt_ends_with_patience_but_gets_a_chance() {
		let soon = left(now() + 10_000);
		assert!(soon <= Duration::from_secs(10) && soon > Duration::from_secs(9));
		assert_eq!(left(0), LEAST_ATTEMPT);
	}
}
