//! Jobs on disk, so that neither a restart nor a power cut loses one.
//!
//! One record a job, under `{request_hash}-{worker}` and what sets the job apart from others of that
//! name: the round, and on two forks of a chain the dispute. An answer is handed out only once it is
//! written, since a worker who has committed to an answer must be able to reveal that very one.
//!
//! A disk that is full for a moment must not stop a gateway for good: after an error the database is
//! closed, and opened again by whoever comes next.

use std::{
	fmt, io,
	ops::Bound,
	panic::{catch_unwind, AssertUnwindSafe},
	path::Path,
	sync::{Arc, Mutex, PoisonError, RwLock},
	time::{Duration, Instant, SystemTime},
};

use codec::{Decode, DecodeAll, Encode};
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sp_core::H256;
use utoipa::ToSchema;
use weighhouse_primitives::inference::{Assignment, Completion};

use crate::StoreError;

/// Records by the text of their key.
const JOBS: TableDefinition<&str, &[u8]> = TableDefinition::new("jobs");
/// Keys by the time of arrival in milliseconds, for lists and for pruning.
const ARRIVALS: TableDefinition<(u64, &str), ()> = TableDefinition::new("arrivals");
/// What was among [`JOBS`] but could not be read.
const UNREADABLE: TableDefinition<&str, &[u8]> = TableDefinition::new("unreadable");
/// What the database says about itself.
const ABOUT: TableDefinition<&str, u32> = TableDefinition::new("about");
/// The key in [`ABOUT`] of the form of all else.
const FORM_KEY: &str = "form";
/// The form that this program reads and writes.
const FORM: u32 = 2;
/// Memory for pages; the default of 1 GiB is more than all jobs of a month.
const CACHE: usize = 16 * 1024 * 1024;
/// How often the gateway may die while the engine runs a job.
const DEATHS: u32 = 3;
/// Pause after an error of the database before it is opened again, which reads all of it.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);
/// How many jobs one list looks at, however few of them are in the state that is asked for. The
/// document of the API names it too.
pub const MOST_LOOKED_AT: usize = 10_000;

/// The name of a job: which request, and which worker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Id {
	/// Identity of the request.
	pub request_hash: H256,
	/// The worker's public key.
	pub worker: H256,
}

impl Id {
	/// The job that an assignment describes.
	pub fn of(assignment: &Assignment) -> Self {
		Self {
			request_hash: assignment.request_hash,
			worker: assignment.worker,
		}
	}

	/// Reads `{request_hash}-{worker}`, each 64 hexadecimal digits with or without 0x.
	pub fn parse(text: &str) -> Option<Self> {
		let (request_hash, worker) = text.split_once('-')?;
		Some(Self {
			request_hash: parse_hash(request_hash)?,
			worker: parse_hash(worker)?,
		})
	}
}

impl fmt::Display for Id {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{}-{}",
			hex::encode(self.request_hash),
			hex::encode(self.worker)
		)
	}
}

fn parse_hash(text: &str) -> Option<H256> {
	let mut hash = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut hash).ok()?;
	Some(H256(hash))
}

/// The name of a job, and what sets it apart from others of that name. A worker has one seat in a
/// request, but forks of a chain may seat it on other panels, or dispute another answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
	/// The name.
	pub id: Id,
	matter: [u8; 8],
}

impl Key {
	/// The job that an assignment describes.
	pub fn of(assignment: &Assignment) -> Self {
		let digest = Sha256::digest((assignment.round, &assignment.disputed).encode());
		let mut matter = [0; 8];
		matter
			.iter_mut()
			.zip(digest)
			.for_each(|(to, from)| *to = from);
		Self {
			id: Id::of(assignment),
			matter,
		}
	}
}

impl fmt::Display for Key {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}-{}", self.id, hex::encode(self.matter))
	}
}

/// Where a job stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum State {
	/// It waits for a free place, or for its next attempt.
	Queued {
		/// Why the last attempt did not end it.
		problem: Option<String>,
	},
	/// An attempt is under way.
	Running,
	/// It is answered.
	Done(Completion),
	/// It ended without an answer.
	Failed {
		/// Why.
		reason: String,
	},
}

/// The states without what they hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StateName {
	/// It waits for a free place, or for its next attempt.
	Queued,
	/// An attempt is under way.
	Running,
	/// It is answered.
	Done,
	/// It ended without an answer.
	Failed,
}

impl StateName {
	/// All of them.
	pub const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Done, Self::Failed];

	/// As it is written.
	pub const fn as_str(self) -> &'static str {
		match self {
			Self::Queued => "queued",
			Self::Running => "running",
			Self::Done => "done",
			Self::Failed => "failed",
		}
	}

	/// Reads what [`as_str`](Self::as_str) writes.
	pub fn parse(text: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|name| name.as_str() == text)
	}
}

impl State {
	/// Which one it is.
	pub const fn name(&self) -> StateName {
		match self {
			Self::Queued { .. } => StateName::Queued,
			Self::Running => StateName::Running,
			Self::Done(_) => StateName::Done,
			Self::Failed { .. } => StateName::Failed,
		}
	}

	/// Whether nothing changes it any more.
	pub const fn is_final(&self) -> bool {
		matches!(self, Self::Done(_) | Self::Failed { .. })
	}
}

/// A job as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Record {
	/// What was asked.
	pub assignment: Assignment,
	/// Where it stands.
	pub state: State,
	/// How many attempts were begun.
	pub attempts: u32,
	/// How many runs of the engine were begun since the last one that ended, or was left on purpose:
	/// the gateway died during each of them, but for one that is under way.
	pub interrupted: u32,
	/// When it came, in milliseconds since 1970.
	pub arrived: u64,
	/// When its state last changed, in milliseconds since 1970.
	pub changed: u64,
}

impl Record {
	/// Its name.
	pub fn id(&self) -> Id {
		Id::of(&self.assignment)
	}

	/// Its name and what sets it apart.
	pub fn key(&self) -> Key {
		Key::of(&self.assignment)
	}
}

/// What became of an assignment that was handed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inserted {
	/// It is new.
	New(Record),
	/// It was there already.
	Known(Record),
	/// Another assignment was there under the same name.
	Conflict,
}

/// How many jobs are in each state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts([u64; 4]);

impl Counts {
	/// The number in one state.
	pub fn of(&self, state: StateName) -> u64 {
		let [queued, running, done, failed] = self.0;
		match state {
			StateName::Queued => queued,
			StateName::Running => running,
			StateName::Done => done,
			StateName::Failed => failed,
		}
	}

	fn slot(&mut self, state: StateName) -> &mut u64 {
		let [queued, running, done, failed] = &mut self.0;
		match state {
			StateName::Queued => queued,
			StateName::Running => running,
			StateName::Done => done,
			StateName::Failed => failed,
		}
	}

	fn add(&mut self, state: StateName) {
		let slot = self.slot(state);
		*slot = slot.saturating_add(1);
	}

	fn remove(&mut self, state: StateName) {
		let slot = self.slot(state);
		*slot = slot.saturating_sub(1);
	}
}

/// Where a list goes on: the arrival and the key of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
	arrived: u64,
	key: String,
}

impl Cursor {
	/// Reads what is written as text.
	pub fn parse(text: &str) -> Option<Self> {
		let (arrived, key) = text.split_once('-')?;
		Some(Self {
			arrived: arrived.parse().ok()?,
			key: key.to_owned(),
		})
	}
}

impl fmt::Display for Cursor {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}-{}", self.arrived, self.key)
	}
}

/// A list of jobs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct List {
	/// The newest first.
	pub records: Vec<Record>,
	/// Where it goes on, if it stopped before the oldest job.
	pub next: Option<Cursor>,
}

/// Opens the database that is there already.
type Opener = Arc<dyn Fn() -> Result<Database, StoreError> + Send + Sync>;

/// The database, as long as it works. redb refuses everything after an error of the disk until it is
/// opened again.
enum Access {
	Open(Database),
	/// It had an error, or could not be opened again.
	Shut {
		problem: String,
		/// When it may be opened again.
		next: Instant,
	},
}

/// The database of jobs. Clones share it.
#[derive(Clone)]
pub struct Store {
	/// Whoever works with the database reads this, so that nobody does while it is opened again.
	access: Arc<RwLock<Access>>,
	counts: Arc<Mutex<Counts>>,
	again: Opener,
}

impl fmt::Debug for Store {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Store")
			.field("counts", &self.counts())
			.finish_non_exhaustive()
	}
}

fn failed(error: impl Into<redb::Error>) -> StoreError {
	StoreError::Database(Box::new(error.into()))
}

fn read(id: &str, mut bytes: &[u8]) -> Result<Record, StoreError> {
	Record::decode_all(&mut bytes).map_err(|error| StoreError::Malformed {
		id: id.to_owned(),
		problem: error.to_string(),
	})
}

/// The same where one record that cannot be read must not hide all others.
fn readable(id: &str, bytes: &[u8]) -> Option<Record> {
	read(id, bytes)
		.inspect_err(|error| tracing::error!(%error, "leaving a job out"))
		.ok()
}

/// What an error of a database that is being opened means for whoever opens it.
fn unusable(path: &Path, error: redb::Error) -> StoreError {
	let corrupt = |problem: String| StoreError::Corrupt {
		path: path.to_owned(),
		problem,
	};
	match error {
		redb::Error::DatabaseAlreadyOpen => StoreError::InUse {
			path: path.to_owned(),
		},
		redb::Error::Io(source)
			if !matches!(
				source.kind(),
				io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
			) =>
		{
			failed(redb::Error::Io(source))
		}
		error @ (redb::Error::Corrupted(_)
		| redb::Error::Io(_)
		| redb::Error::UpgradeRequired(_)
		| redb::Error::RepairAborted
		| redb::Error::TableTypeMismatch { .. }
		| redb::Error::TypeDefinitionChanged { .. }) => corrupt(error.to_string()),
		other => failed(other),
	}
}

fn bad<E: Into<redb::Error>>(path: &Path) -> impl Fn(E) -> StoreError + '_ {
	move |error: E| unusable(path, error.into())
}

fn builder() -> redb::Builder {
	let mut builder = redb::Builder::new();
	builder.set_cache_size(CACHE);
	builder
}

/// How many jobs are in each state, of a database that was opened again: of a change that failed
/// nobody knows whether it was made.
fn recount(database: &Database) -> Result<Counts, StoreError> {
	let transaction = database.begin_write().map_err(failed)?;
	let mut counts = Counts::default();
	{
		let jobs = transaction.open_table(JOBS).map_err(failed)?;
		for entry in jobs.iter().map_err(failed)? {
			let (key, bytes) = entry.map_err(failed)?;
			if let Some(record) = readable(key.value(), bytes.value()) {
				counts.add(record.state.name());
			}
		}
		// A disk that is full can still be read.
		let mut about = transaction.open_table(ABOUT).map_err(failed)?;
		about.insert(FORM_KEY, FORM).map_err(failed)?;
	}
	transaction.commit().map_err(failed)?;
	Ok(counts)
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
	SystemTime::now()
		.duration_since(SystemTime::UNIX_EPOCH)
		.map_or(0, |since| {
			u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
		})
}

impl Store {
	/// Opens the database at `path`, or makes one there. Jobs that were running when it was last in
	/// use wait again, but for those in whose run the gateway died too often. Records that cannot be
	/// read are set aside.
	///
	/// # Errors
	/// [`StoreError`] if another process has it open, or it cannot be read.
	pub fn open(path: &Path) -> Result<Self, StoreError> {
		let file = path.to_owned();
		// Not made anew if it is gone by then: that one would know none of the jobs.
		let again = move || builder().open(&file).map_err(bad(&file));
		Self::start(path, || builder().create(path), Arc::new(again))
	}

	fn start(
		path: &Path,
		first: impl FnOnce() -> Result<Database, DatabaseError>,
		again: Opener,
	) -> Result<Self, StoreError> {
		// A file that is damaged in the wrong place makes redb panic.
		let opened = catch_unwind(AssertUnwindSafe(|| Self::read_all(path, first)));
		let (database, counts) = opened.unwrap_or_else(|_| {
			Err(StoreError::Corrupt {
				path: path.to_owned(),
				problem: "it cannot be read to the end".into(),
			})
		})?;
		Ok(Self {
			access: Arc::new(RwLock::new(Access::Open(database))),
			counts: Arc::new(Mutex::new(counts)),
			again,
		})
	}

	fn read_all(
		path: &Path,
		first: impl FnOnce() -> Result<Database, DatabaseError>,
	) -> Result<(Database, Counts), StoreError> {
		let database = first().map_err(bad(path))?;
		restrict(path);
		let mut counts = Counts::default();
		let transaction = database.begin_write().map_err(bad(path))?;
		{
			let mut about = transaction.open_table(ABOUT).map_err(bad(path))?;
			let found = about
				.get(FORM_KEY)
				.map_err(bad(path))?
				.map(|found| found.value());
			match found {
				Some(FORM) => {}
				Some(found) => {
					return Err(StoreError::Form {
						found,
						expected: FORM,
					})
				}
				None => {
					about.insert(FORM_KEY, FORM).map_err(bad(path))?;
				}
			}
			transaction.open_table(ARRIVALS).map_err(bad(path))?;
			let mut unreadable = transaction.open_table(UNREADABLE).map_err(bad(path))?;
			let mut jobs = transaction.open_table(JOBS).map_err(bad(path))?;
			let (mut changed, mut aside) = (Vec::new(), Vec::new());
			for entry in jobs.iter().map_err(bad(path))? {
				let (key, bytes) = entry.map_err(bad(path))?;
				let mut record = match read(key.value(), bytes.value()) {
					Ok(record) => record,
					Err(error) => {
						tracing::error!(%error, "setting a job aside, in the table `unreadable`");
						aside.push((key.value().to_owned(), bytes.value().to_owned()));
						continue;
					}
				};
				if !record.state.is_final() && record.interrupted >= DEATHS {
					tracing::error!(job = %record.id(), "giving up a job during which the gateway died");
					record.state = State::Failed {
						reason: format!(
							"the gateway died {} times while the engine ran this job, most likely because the model takes more memory than there is",
							record.interrupted
						),
					};
					changed.push((key.value().to_owned(), record.clone()));
				} else if record.state == State::Running {
					record.state = State::Queued {
						problem: Some("the gateway was stopped".into()),
					};
					changed.push((key.value().to_owned(), record.clone()));
				}
				counts.add(record.state.name());
			}
			for (key, mut record) in changed {
				record.changed = now();
				jobs.insert(key.as_str(), record.encode().as_slice())
					.map_err(bad(path))?;
			}
			for (key, bytes) in aside {
				unreadable
					.insert(key.as_str(), bytes.as_slice())
					.map_err(bad(path))?;
				jobs.remove(key.as_str()).map_err(bad(path))?;
			}
		}
		transaction.commit().map_err(bad(path))?;
		Ok((database, counts))
	}

	/// How many jobs are in each state.
	pub fn counts(&self) -> Counts {
		*self.counts.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// A job.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn get(&self, key: Key) -> Result<Option<Record>, StoreError> {
		self.on_disk(move |_, database| {
			let key = key.to_string();
			let transaction = database.begin_read().map_err(failed)?;
			let jobs = transaction.open_table(JOBS).map_err(failed)?;
			let found = jobs.get(key.as_str()).map_err(failed)?;
			found.map(|bytes| read(&key, bytes.value())).transpose()
		})
		.await
	}

	/// The job of a name that came last.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn find(&self, id: Id) -> Result<Option<Record>, StoreError> {
		self.on_disk(move |_, database| {
			let name = format!("{id}-");
			let transaction = database.begin_read().map_err(failed)?;
			let jobs = transaction.open_table(JOBS).map_err(failed)?;
			let mut last: Option<Record> = None;
			for entry in jobs.range(name.as_str()..).map_err(failed)? {
				let (key, bytes) = entry.map_err(failed)?;
				if !key.value().starts_with(&name) {
					break;
				}
				let record = read(key.value(), bytes.value())?;
				if last
					.as_ref()
					.is_none_or(|last| record.arrived >= last.arrived)
				{
					last = Some(record);
				}
			}
			Ok(last)
		})
		.await
	}

	/// Notes a job as waiting, unless it is there.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn insert(&self, assignment: Assignment) -> Result<Inserted, StoreError> {
		self.on_disk(move |store, database| {
			let id = Key::of(&assignment).to_string();
			let transaction = database.begin_write().map_err(failed)?;
			let inserted = {
				let mut jobs = transaction.open_table(JOBS).map_err(failed)?;
				let known = match jobs.get(id.as_str()).map_err(failed)? {
					Some(bytes) => Some(read(&id, bytes.value())?),
					None => None,
				};
				match known {
					Some(record) if record.assignment == assignment => Inserted::Known(record),
					Some(_) => Inserted::Conflict,
					None => {
						let now = now();
						let record = Record {
							assignment,
							state: State::Queued { problem: None },
							attempts: 0,
							interrupted: 0,
							arrived: now,
							changed: now,
						};
						jobs.insert(id.as_str(), record.encode().as_slice())
							.map_err(failed)?;
						transaction
							.open_table(ARRIVALS)
							.map_err(failed)?
							.insert((now, id.as_str()), ())
							.map_err(failed)?;
						Inserted::New(record)
					}
				}
			};
			if matches!(inserted, Inserted::New(_)) {
				transaction.commit().map_err(failed)?;
				store.count(|counts| counts.add(StateName::Queued));
			} else {
				transaction.abort().map_err(failed)?;
			}
			Ok(inserted)
		})
		.await
	}

	/// Puts a job that is not final into another state, and counts an attempt if it then runs. False
	/// if it is final, or gone, and stays as it is.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn set(&self, key: Key, state: State) -> Result<bool, StoreError> {
		self.on_disk(move |store, database| {
			let id = key.to_string();
			let transaction = database.begin_write().map_err(failed)?;
			let change = {
				let mut jobs = transaction.open_table(JOBS).map_err(failed)?;
				let known = match jobs.get(id.as_str()).map_err(failed)? {
					Some(bytes) => Some(read(&id, bytes.value())?),
					None => None,
				};
				match known {
					Some(mut record) if !record.state.is_final() => {
						let names = (record.state.name(), state.name());
						if state == State::Running {
							record.attempts = record.attempts.saturating_add(1);
						}
						record.state = state;
						record.changed = now();
						jobs.insert(id.as_str(), record.encode().as_slice())
							.map_err(failed)?;
						Some(names)
					}
					_ => None,
				}
			};
			transaction.commit().map_err(failed)?;
			if let Some((before, after)) = change {
				store.count(|counts| {
					counts.remove(before);
					counts.add(after);
				});
			}
			Ok(change.is_some())
		})
		.await
	}

	/// Notes how many runs of the engine were begun and have not come back.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn mark(&self, key: Key, interrupted: u32) -> Result<(), StoreError> {
		self.on_disk(move |_, database| {
			let id = key.to_string();
			let transaction = database.begin_write().map_err(failed)?;
			{
				let mut jobs = transaction.open_table(JOBS).map_err(failed)?;
				let known = match jobs.get(id.as_str()).map_err(failed)? {
					Some(bytes) => Some(read(&id, bytes.value())?),
					None => None,
				};
				if let Some(record) = known.filter(|record| record.interrupted != interrupted) {
					let record = Record {
						interrupted,
						..record
					};
					jobs.insert(id.as_str(), record.encode().as_slice())
						.map_err(failed)?;
				}
			}
			transaction.commit().map_err(failed)
		})
		.await
	}

	/// The newest jobs, at most `limit`, of one state or of any, from `from` on if that is given. Ends
	/// after [`MOST_LOOKED_AT`] jobs of any state, and says where it goes on.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn newest(
		&self,
		state: Option<StateName>,
		limit: usize,
		from: Option<Cursor>,
	) -> Result<List, StoreError> {
		self.on_disk(move |_, database| {
			let transaction = database.begin_read().map_err(failed)?;
			let arrivals = transaction.open_table(ARRIVALS).map_err(failed)?;
			let jobs = transaction.open_table(JOBS).map_err(failed)?;
			let newest = from.as_ref().map_or(Bound::Unbounded, |from| {
				Bound::Included((from.arrived, from.key.as_str()))
			});
			let range: (Bound<(u64, &str)>, _) = (Bound::Unbounded, newest);
			let range = arrivals.range(range).map_err(failed)?;
			let mut list = List::default();
			for (looked_at, entry) in range.rev().enumerate() {
				let (place, _) = entry.map_err(failed)?;
				let (arrived, id) = place.value();
				if list.records.len() >= limit || looked_at >= MOST_LOOKED_AT {
					list.next = Some(Cursor {
						arrived,
						key: id.to_owned(),
					});
					break;
				}
				let Some(bytes) = jobs.get(id).map_err(failed)? else {
					continue;
				};
				let Some(record) = readable(id, bytes.value()) else {
					continue;
				};
				if state.is_none_or(|state| state == record.state.name()) {
					list.records.push(record);
				}
			}
			Ok(list)
		})
		.await
	}

	/// All jobs that are not final, oldest first.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn open_jobs(&self) -> Result<Vec<Record>, StoreError> {
		self.on_disk(|_, database| {
			let transaction = database.begin_read().map_err(failed)?;
			let jobs = transaction.open_table(JOBS).map_err(failed)?;
			let mut found = Vec::new();
			for entry in jobs.iter().map_err(failed)? {
				let (id, bytes) = entry.map_err(failed)?;
				if let Some(record) = readable(id.value(), bytes.value()) {
					found.extend((!record.state.is_final()).then_some(record));
				}
			}
			found.sort_by_key(|record| record.arrived);
			Ok(found)
		})
		.await
	}

	/// Forgets final jobs that came longer ago than `age`, and says how many.
	///
	/// # Errors
	/// [`StoreError`]
	pub async fn prune(&self, age: Duration) -> Result<usize, StoreError> {
		self.on_disk(move |store, database| {
			let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
			let Some(before) = now().checked_sub(age) else {
				return Ok(0);
			};
			let transaction = database.begin_write().map_err(failed)?;
			let mut forgotten = Vec::new();
			{
				let mut arrivals = transaction.open_table(ARRIVALS).map_err(failed)?;
				let mut jobs = transaction.open_table(JOBS).map_err(failed)?;
				let mut old = Vec::new();
				for entry in arrivals.iter().map_err(failed)? {
					let (key, _) = entry.map_err(failed)?;
					let (arrived, id) = key.value();
					if arrived >= before {
						break;
					}
					old.push((arrived, id.to_owned()));
				}
				for (arrived, id) in old {
					let state = match jobs.get(id.as_str()).map_err(failed)? {
						Some(bytes) => match readable(&id, bytes.value()) {
							Some(record) => Some(record.state),
							None => continue,
						},
						None => None,
					};
					if state.as_ref().is_some_and(|state| !state.is_final()) {
						continue;
					}
					jobs.remove(id.as_str()).map_err(failed)?;
					arrivals.remove((arrived, id.as_str())).map_err(failed)?;
					forgotten.extend(state.map(|state| state.name()));
				}
			}
			transaction.commit().map_err(failed)?;
			store.count(|counts| forgotten.iter().for_each(|state| counts.remove(*state)));
			Ok(forgotten.len())
		})
		.await
	}

	fn count(&self, change: impl FnOnce(&mut Counts)) {
		change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
	}

	/// Why nothing can be read or written, if so. Opens the database again if that is due.
	pub async fn problem(&self) -> Option<String> {
		let tried = self.on_disk(|_, _| Ok(())).await;
		tried.err().map(|error| error.to_string())
	}

	/// Runs `work` where waiting for the disk holds nobody up.
	async fn on_disk<T: Send + 'static>(
		&self,
		work: impl FnOnce(&Self, &Database) -> Result<T, StoreError> + Send + 'static,
	) -> Result<T, StoreError> {
		let store = self.clone();
		tokio::task::spawn_blocking(move || store.attempt(work))
			.await
			.unwrap_or(Err(StoreError::Closed))
	}

	fn attempt<T>(
		&self,
		work: impl FnOnce(&Self, &Database) -> Result<T, StoreError>,
	) -> Result<T, StoreError> {
		self.reopen()?;
		let access = self.access.read().unwrap_or_else(PoisonError::into_inner);
		let result = match &*access {
			Access::Open(database) => catch_unwind(AssertUnwindSafe(|| work(self, database)))
				.unwrap_or(Err(StoreError::Panicked)),
			Access::Shut { problem, .. } => return Err(StoreError::Shut(problem.clone())),
		};
		drop(access);
		if let Err(error @ (StoreError::Database(_) | StoreError::Panicked)) = &result {
			self.shut(error);
		}
		result
	}

	/// Closes the database after an error, since it takes nothing more before it is opened again.
	fn shut(&self, error: &StoreError) {
		let mut access = self.access.write().unwrap_or_else(PoisonError::into_inner);
		if matches!(&*access, Access::Shut { .. }) {
			return;
		}
		let shut = Access::Shut {
			problem: error.to_string(),
			next: Instant::now() + REOPEN_PAUSE,
		};
		let open = std::mem::replace(&mut *access, shut);
		// What a panic left half done may make it panic once more.
		let _ = catch_unwind(AssertUnwindSafe(|| drop(open)));
		tracing::error!(%error, "the database is closed, and opened again when that is possible");
	}

	/// Opens the database again if it was shut and the pause is over.
	fn reopen(&self) -> Result<(), StoreError> {
		if self.is_open() {
			return Ok(());
		}
		let mut access = self.access.write().unwrap_or_else(PoisonError::into_inner);
		match &*access {
			Access::Open(_) => return Ok(()),
			Access::Shut { problem, next } if Instant::now() < *next => {
				return Err(StoreError::Shut(problem.clone()));
			}
			Access::Shut { .. } => {}
		}
		let opened = catch_unwind(AssertUnwindSafe(|| self.open_again()));
		match opened.unwrap_or(Err(StoreError::Panicked)) {
			Ok((database, counts)) => {
				*access = Access::Open(database);
				self.count(|old| *old = counts);
				tracing::info!("the database is open again");
				Ok(())
			}
			Err(error) => {
				tracing::error!(%error, "the database cannot be opened again yet");
				let problem = error.to_string();
				*access = Access::Shut {
					problem: problem.clone(),
					next: Instant::now() + REOPEN_PAUSE,
				};
				Err(StoreError::Shut(problem))
			}
		}
	}

	fn open_again(&self) -> Result<(Database, Counts), StoreError> {
		let database = (self.again)()?;
		let counts = recount(&database)?;
		Ok((database, counts))
	}

	fn is_open(&self) -> bool {
		let access = self.access.read().unwrap_or_else(PoisonError::into_inner);
		matches!(&*access, Access::Open(_))
	}
}

/// Answers are secret until they are revealed, so other users of this machine must not read them.
fn restrict(path: &Path) {
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		let private = std::fs::Permissions::from_mode(0o600);
		if let Err(error) = std::fs::set_permissions(path, private) {
			tracing::warn!(%error, path = %path.display(), "the database of jobs may be read by others");
		}
	}
	#[cfg(not(unix))]
	let _ = path;
}

#[cfg(test)]
pub(crate) mod testing {
	use std::{
		fs::File,
		sync::atomic::{AtomicBool, Ordering},
	};

	use redb::{backends::FileBackend, StorageBackend};
	use weighhouse_primitives::{inference::Round, AnswerClass, Answers};

	use super::*;

	/// The space on a disk. Clones share it.
	#[derive(Clone, Debug, Default)]
	pub(crate) struct Space(Arc<AtomicBool>);

	impl Space {
		/// Leaves none.
		pub(crate) fn fill(&self) {
			self.0.store(true, Ordering::SeqCst);
		}

		/// There is some again.
		pub(crate) fn free(&self) {
			self.0.store(false, Ordering::SeqCst);
		}

		fn check(&self) -> io::Result<()> {
			if self.0.load(Ordering::SeqCst) {
				return Err(io::Error::other("no space left"));
			}
			Ok(())
		}
	}

	/// A file on a disk that may be full.
	#[derive(Debug)]
	struct Disk {
		file: FileBackend,
		space: Space,
	}

	impl StorageBackend for Disk {
		fn len(&self) -> io::Result<u64> {
			self.file.len()
		}

		fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
			self.file.read(offset, out)
		}

		fn set_len(&self, len: u64) -> io::Result<()> {
			self.space.check()?;
			self.file.set_len(len)
		}

		fn sync_data(&self) -> io::Result<()> {
			self.file.sync_data()
		}

		fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
			self.space.check()?;
			self.file.write(offset, data)
		}

		fn close(&self) -> io::Result<()> {
			self.file.close()
		}
	}

	fn on(path: &Path, space: &Space) -> Result<Database, DatabaseError> {
		let file = File::options()
			.read(true)
			.write(true)
			.create(true)
			.truncate(false)
			.open(path)?;
		builder().create_with_backend(Disk {
			file: FileBackend::new(file)?,
			space: space.clone(),
		})
	}

	/// A database on a disk that may be full.
	pub(crate) fn store(folder: &Path) -> (Store, Space) {
		let path = folder.join("jobs.redb");
		let space = Space::default();
		let again: Opener = {
			let (path, space) = (path.clone(), space.clone());
			Arc::new(move || on(&path, &space).map_err(bad(&path)))
		};
		let store = Store::start(&path, || on(&path, &space), again).unwrap();
		(store, space)
	}

	/// Waits until the database is open again.
	pub(crate) async fn until_open(store: &Store) {
		let started = Instant::now();
		while let Some(problem) = store.problem().await {
			assert!(started.elapsed() < Duration::from_secs(30), "{problem}");
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
	}

	pub(crate) fn assignment(number: u8) -> Assignment {
		Assignment {
			genesis: H256::repeat_byte(1),
			request_hash: H256::repeat_byte(number),
			job: number.into(),
			round: Round::Main,
			worker: H256::repeat_byte(9),
			listing: 1,
			version: 1,
			manifest: "bafkrei".into(),
			artifact_root: H256::repeat_byte(2),
			input: "bafkrei".into(),
			input_hash: H256::repeat_byte(3),
			answers: Answers {
				class: AnswerClass::BitExact,
				tau: 2,
				max_latency_ms: 20_000,
				input_limit: 1024,
			},
			disputed: None,
		}
	}
}

#[cfg(test)]
mod tests {
	use weighhouse_primitives::inference::{Answer, Disputed, Ground, Reveal, Round, Status};

	use super::{
		testing::{assignment, until_open},
		*,
	};

	fn completion() -> Completion {
		Completion {
			commitment: H256::repeat_byte(4),
			reveal: Reveal {
				answer: Answer {
					status: Status::Ok,
					output_hash: H256::repeat_byte(5),
					fingerprint: [6; 32],
					statement: H256::repeat_byte(7),
				},
				salt: H256::repeat_byte(8),
				output: vec![1, 2, 3].try_into().unwrap(),
			},
		}
	}

	fn open(folder: &tempfile::TempDir) -> Store {
		Store::open(&folder.path().join("jobs.redb")).unwrap()
	}

	/// Works on the database itself.
	fn raw<T>(store: &Store, work: impl FnOnce(&Database) -> T) -> T {
		match &*store.access.read().unwrap() {
			Access::Open(database) => work(database),
			Access::Shut { problem, .. } => panic!("{problem}"),
		}
	}

	fn numbers(list: List) -> Vec<u64> {
		list.records
			.into_iter()
			.map(|record| record.assignment.job)
			.collect()
	}

	#[test]
	fn id_is_read_with_or_without_prefix() {
		let id = Id::of(&assignment(0xab));
		let text = id.to_string();
		assert_eq!(text, format!("{}-{}", "ab".repeat(32), "09".repeat(32)));
		assert_eq!(Id::parse(&text), Some(id));
		let prefixed = format!("0x{}-0x{}", "AB".repeat(32), "09".repeat(32));
		assert_eq!(Id::parse(&prefixed), Some(id));
		for text in ["", "-", "ab-09", &"ab".repeat(32), &format!("{text}-00")] {
			assert_eq!(Id::parse(text), None, "{text}");
		}
	}

	#[tokio::test]
	async fn job_is_known_when_it_comes_again() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		let first = store.insert(assignment(1)).await.unwrap();
		let Inserted::New(record) = first else {
			panic!("{first:?}")
		};
		assert_eq!(
			store.insert(assignment(1)).await.unwrap(),
			Inserted::Known(record)
		);
		let mut other = assignment(1);
		other.input_hash = H256::zero();
		assert_eq!(store.insert(other).await.unwrap(), Inserted::Conflict);
		assert_eq!(store.counts().of(StateName::Queued), 1);
	}

	#[tokio::test]
	async fn jobs_are_there_when_the_database_is_opened_again() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		let ids: Vec<Key> = (1..=3).map(|number| Key::of(&assignment(number))).collect();
		for number in 1..=3 {
			store.insert(assignment(number)).await.unwrap();
		}
		store.set(ids[0], State::Running).await.unwrap();
		store.set(ids[1], State::Running).await.unwrap();
		store.set(ids[1], State::Done(completion())).await.unwrap();
		let reason = "no cid".to_owned();
		store.set(ids[2], State::Failed { reason }).await.unwrap();
		assert_eq!(store.counts(), Counts([0, 1, 1, 1]));
		drop(store);
		let store = open(&folder);
		assert_eq!(store.counts(), Counts([1, 0, 1, 1]));
		let interrupted = store.get(ids[0]).await.unwrap().unwrap();
		assert_eq!(interrupted.state.name(), StateName::Queued);
		assert_eq!(interrupted.attempts, 1);
		let done = store.get(ids[1]).await.unwrap().unwrap();
		assert_eq!(done.state, State::Done(completion()));
		assert_eq!(store.open_jobs().await.unwrap(), [interrupted]);
	}

	#[tokio::test]
	async fn final_state_stays_when_another_is_set() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		let id = Key::of(&assignment(1));
		store.insert(assignment(1)).await.unwrap();
		assert!(store.set(id, State::Done(completion())).await.unwrap());
		assert!(!store.set(id, State::Running).await.unwrap());
		let record = store.get(id).await.unwrap().unwrap();
		assert_eq!(record.state, State::Done(completion()));
		assert_eq!(store.counts(), Counts([0, 0, 1, 0]));
		// One that is not there stays away.
		let other = Key::of(&assignment(2));
		assert!(!store.set(other, State::Running).await.unwrap());
		assert_eq!(store.get(other).await.unwrap(), None);
	}

	#[tokio::test]
	async fn list_is_newest_first_and_bounded() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		for number in 1..=5 {
			store.insert(assignment(number)).await.unwrap();
			tokio::time::sleep(Duration::from_millis(2)).await;
		}
		let reason = String::from("x");
		store
			.set(Key::of(&assignment(2)), State::Failed { reason })
			.await
			.unwrap();
		let newest = store.newest(None, 3, None).await.unwrap();
		assert_eq!(numbers(newest), [5, 4, 3]);
		let queued = Some(StateName::Queued);
		let queued = store.newest(queued, 9, None).await.unwrap();
		assert_eq!(queued.next, None);
		assert_eq!(numbers(queued), [5, 4, 3, 1]);
		let failed = Some(StateName::Failed);
		let failed = store.newest(failed, 9, None).await.unwrap();
		assert_eq!(numbers(failed), [2]);
	}

	/// Writes done jobs that came one a millisecond, but for the first, which failed.
	fn fill(store: &Store, jobs: usize) {
		raw(store, |database| {
			let transaction = database.begin_write().unwrap();
			{
				let mut arrivals = transaction.open_table(ARRIVALS).unwrap();
				let mut records = transaction.open_table(JOBS).unwrap();
				for job in 0..jobs {
					let job = u64::try_from(job).unwrap();
					let state = match job {
						0 => State::Failed { reason: "x".into() },
						_ => State::Done(completion()),
					};
					let record = Record {
						assignment: Assignment {
							job,
							..assignment(1)
						},
						state,
						attempts: 1,
						interrupted: 0,
						arrived: job,
						changed: job,
					};
					let key = format!("{job:08}");
					records
						.insert(key.as_str(), record.encode().as_slice())
						.unwrap();
					arrivals.insert((job, key.as_str()), ()).unwrap();
				}
			}
			transaction.commit().unwrap();
		});
	}

	#[tokio::test]
	async fn list_goes_on_where_the_one_before_ended() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		fill(&store, 5);
		let (mut from, mut found) = (None, Vec::new());
		for length in [2, 2, 1] {
			let list = store.newest(None, 2, from).await.unwrap();
			assert_eq!(list.records.len(), length);
			from = list.next.clone().map(|next| {
				let text = next.to_string();
				Cursor::parse(&text).unwrap()
			});
			found.extend(numbers(list));
		}
		assert_eq!(found, [4, 3, 2, 1, 0]);
		assert_eq!(from, None);
		for text in ["", "1", "x-1", "-1"] {
			assert_eq!(Cursor::parse(text), None, "{text}");
		}
	}

	#[tokio::test]
	async fn list_ends_when_it_has_looked_at_enough() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		fill(&store, MOST_LOOKED_AT + 1);
		let failed = Some(StateName::Failed);
		let list = store.newest(failed, 9, None).await.unwrap();
		assert!(list.records.is_empty() && list.next.is_some());
		let list = store.newest(failed, 9, list.next).await.unwrap();
		assert_eq!(list.next, None);
		assert_eq!(numbers(list), [0]);
	}

	#[tokio::test]
	async fn database_is_opened_again_when_its_disk_has_room() {
		let folder = tempfile::tempdir().unwrap();
		let (store, space) = testing::store(folder.path());
		let key = Key::of(&assignment(1));
		store.insert(assignment(1)).await.unwrap();
		store.set(key, State::Running).await.unwrap();
		assert_eq!(store.problem().await, None);
		space.fill();
		let done = State::Done(completion());
		let error = store.set(key, done.clone()).await.unwrap_err();
		assert!(error.to_string().contains("no space left"), "{error}");
		// It says so until something can be written again, whatever can be read.
		let started = Instant::now();
		while started.elapsed() < REOPEN_PAUSE * 2 {
			assert!(store.problem().await.is_some());
			tokio::time::sleep(Duration::from_millis(100)).await;
		}
		space.free();
		until_open(&store).await;
		assert_eq!(store.counts(), Counts([0, 1, 0, 0]));
		assert!(store.set(key, done.clone()).await.unwrap());
		store.insert(assignment(2)).await.unwrap();
		assert_eq!(store.get(key).await.unwrap().unwrap().state, done);
		assert_eq!(store.counts(), Counts([1, 0, 1, 0]));
	}

	#[tokio::test]
	async fn database_is_opened_again_when_it_panicked() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		store.insert(assignment(1)).await.unwrap();
		let panicked = store
			.on_disk::<()>(|_, database| {
				let _transaction = database.begin_write().unwrap();
				panic!("a mistake of the database")
			})
			.await;
		assert!(matches!(panicked, Err(StoreError::Panicked)));
		until_open(&store).await;
		store.insert(assignment(2)).await.unwrap();
		assert_eq!(store.counts(), Counts([2, 0, 0, 0]));
	}

	#[tokio::test]
	async fn database_is_not_made_anew_when_its_file_is_gone() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		store.insert(assignment(1)).await.unwrap();
		let path = folder.path().join("jobs.redb");
		std::fs::rename(&path, folder.path().join("elsewhere")).unwrap();
		store.shut(&StoreError::Panicked);
		tokio::time::sleep(REOPEN_PAUSE).await;
		let error = store.get(Key::of(&assignment(1))).await.unwrap_err();
		assert!(matches!(error, StoreError::Shut(_)), "{error}");
		assert!(!path.exists());
		std::fs::rename(folder.path().join("elsewhere"), &path).unwrap();
		until_open(&store).await;
		assert_eq!(store.counts(), Counts([1, 0, 0, 0]));
	}

	#[tokio::test]
	async fn final_jobs_are_forgotten_when_they_are_old() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		for number in 1..=3 {
			store.insert(assignment(number)).await.unwrap();
		}
		store
			.set(Key::of(&assignment(1)), State::Done(completion()))
			.await
			.unwrap();
		assert_eq!(store.prune(Duration::from_secs(60)).await.unwrap(), 0);
		tokio::time::sleep(Duration::from_millis(20)).await;
		assert_eq!(store.prune(Duration::from_millis(5)).await.unwrap(), 1);
		assert_eq!(store.get(Key::of(&assignment(1))).await.unwrap(), None);
		let left = store.newest(None, 9, None).await.unwrap();
		assert_eq!(left.records.len(), 2);
		assert_eq!(store.counts(), Counts([2, 0, 0, 0]));
	}

	#[test]
	fn database_is_refused_when_another_has_it_open() {
		let folder = tempfile::tempdir().unwrap();
		let _store = open(&folder);
		let again = Store::open(&folder.path().join("jobs.redb"));
		assert!(matches!(again, Err(StoreError::InUse { .. })), "{again:?}");
	}

	#[tokio::test]
	async fn jobs_are_apart_when_a_fork_asks_something_else_of_the_worker() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		let disputed = |ground| Assignment {
			round: Round::Jury,
			disputed: Some(Disputed {
				ground,
				output_hash: H256::repeat_byte(5),
				fingerprint: [6; 32],
			}),
			..assignment(1)
		};
		let jobs = [
			assignment(1),
			disputed(Ground::Wrong),
			disputed(Ground::Unavailable),
		];
		for job in &jobs {
			let inserted = store.insert(job.clone()).await.unwrap();
			assert!(matches!(inserted, Inserted::New(_)), "{inserted:?}");
			tokio::time::sleep(Duration::from_millis(2)).await;
		}
		for job in &jobs {
			let record = store.get(Key::of(job)).await.unwrap().unwrap();
			assert_eq!(record.assignment, *job);
		}
		let last = store.find(Id::of(&jobs[0])).await.unwrap().unwrap();
		assert_eq!(last.assignment, jobs[2]);
		assert_eq!(store.find(Id::of(&assignment(2))).await.unwrap(), None);
		assert_eq!(store.counts().of(StateName::Queued), 3);
	}

	#[tokio::test]
	async fn job_fails_when_the_gateway_died_in_its_run_too_often() {
		let folder = tempfile::tempdir().unwrap();
		let (poison, other) = (Key::of(&assignment(1)), Key::of(&assignment(2)));
		let store = open(&folder);
		for number in [1, 2] {
			store.insert(assignment(number)).await.unwrap();
		}
		drop(store);
		for died in 1..=DEATHS {
			let store = open(&folder);
			let record = store.get(poison).await.unwrap().unwrap();
			assert_eq!(record.interrupted, died - 1);
			assert_eq!(record.state.name(), StateName::Queued);
			for key in [poison, other] {
				store.set(key, State::Running).await.unwrap();
			}
			store.mark(poison, died).await.unwrap();
		}
		let store = open(&folder);
		let record = store.get(poison).await.unwrap().unwrap();
		let State::Failed { reason } = record.state else {
			panic!("{:?}", record.state)
		};
		assert!(reason.contains("died 3 times"), "{reason}");
		let record = store.get(other).await.unwrap().unwrap();
		assert_eq!(record.state.name(), StateName::Queued);
		assert_eq!(store.counts(), Counts([1, 0, 0, 1]));
	}

	#[tokio::test]
	async fn record_is_set_aside_when_it_cannot_be_read() {
		let folder = tempfile::tempdir().unwrap();
		let store = open(&folder);
		for number in [1, 2] {
			store.insert(assignment(number)).await.unwrap();
		}
		let key = Key::of(&assignment(1)).to_string();
		let garbage: &[u8] = &[7; 9];
		raw(&store, |database| {
			let write = database.begin_write().unwrap();
			write
				.open_table(JOBS)
				.unwrap()
				.insert(key.as_str(), garbage)
				.unwrap();
			write.commit().unwrap();
		});
		let list = store.newest(None, 9, None).await.unwrap();
		assert_eq!(list.records.len(), 1);
		drop(store);
		let store = open(&folder);
		assert_eq!(store.counts(), Counts([1, 0, 0, 0]));
		assert_eq!(store.open_jobs().await.unwrap().len(), 1);
		raw(&store, |database| {
			let kept = database.begin_read().unwrap();
			let kept = kept.open_table(UNREADABLE).unwrap();
			assert_eq!(kept.get(key.as_str()).unwrap().unwrap().value(), garbage);
		});
		// It may come again.
		let again = store.insert(assignment(1)).await.unwrap();
		assert!(matches!(again, Inserted::New(_)), "{again:?}");
	}

	#[tokio::test]
	async fn database_is_refused_with_what_to_do_when_it_is_damaged() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("jobs.redb");
		drop(open(&folder));
		let whole = std::fs::read(&path).unwrap();
		let mut headless = whole.clone();
		headless[..64].fill(0x55);
		let mut torn = whole.clone();
		torn[64..].fill(0xaa);
		for bytes in [b"no database at all".repeat(999), headless, torn] {
			std::fs::write(&path, bytes).unwrap();
			let error = Store::open(&path).unwrap_err();
			assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
			let text = error.to_string();
			assert!(
				text.contains("move it away") && text.contains("`secret`"),
				"{text}"
			);
		}
	}
}
