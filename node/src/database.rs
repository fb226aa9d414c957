//! Where the chain is stored: ParityDB, and a barrier that no vote passes before it is on disk.
//!
//! ParityDB returns from a commit when it has the changes in memory, and writes them down a moment later: more than
//! a second later while a full log goes to the disk. GRANDPA stores its vote, then sends it. A node that is killed
//! between the two has forgotten a vote that others know, and may vote otherwise when it starts again.
//!
//! So a commit with GRANDPA's state in it returns only when ParityDB's log has it on disk, and with it all that was
//! committed before: the block of the vote, too. A mark goes with the commit. Iteration over ParityDB tells when
//! the mark is in the log, since it leaves out what is still in memory.

use std::{
	error::Error,
	fs::{self, File},
	io::{self, ErrorKind},
	iter,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError},
	thread,
	time::{Duration, Instant},
};

use parity_db::{ColId, CompressionType, Db, Operation, Options};
use sc_service::{error::Error as ServiceError, DatabaseSource};
use sp_core::H256;
use sp_database::{error::DatabaseError, Change, ColumnId, Database, Transaction};

#[cfg(test)]
mod tests;

/// The columns of `sc-client-db`.
mod column {
	/// How many there are.
	pub const COUNT: u8 = 13;
	pub const STATE: u8 = 1;
	pub const STATE_META: u8 = 2;
	pub const HEADER: u8 = 4;
	pub const BODY: u8 = 5;
	pub const JUSTIFICATIONS: u8 = 6;
	/// Free there, and used here for the mark.
	pub const MARK: u8 = 7;
	pub const AUX: u8 = 8;
	pub const TRANSACTION: u8 = 11;
	pub const BODY_INDEX: u8 = 12;

	/// Of these the values are compressed.
	pub const COMPRESSED: [u8; 6] = [STATE, HEADER, BODY, BODY_INDEX, TRANSACTION, JUSTIFICATIONS];
	/// In these a key is the hash of its value, which stays until it was released as often as stored.
	pub const COUNTED: [u8; 2] = [STATE, TRANSACTION];
}

/// Where GRANDPA keeps its votes of the rounds that run (`SET_STATE_KEY` of `sc-consensus-grandpa`).
const VOTER_STATE: &[u8] = b"grandpa_completed_round";
/// Where the state's way of pruning is kept, from the first start on.
const PRUNING_MODE: &[u8] = b"mode";
/// The key of the mark.
const MARK: &[u8] = b"mark";
/// Between two looks at the mark.
const PAUSE: Duration = Duration::from_millis(2);
/// Whoever waited for so long says so.
const LONG: Duration = Duration::from_secs(1);
/// Whoever has waited for so long waits for a database that has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// ParityDB with a barrier, as what the chain is to be stored in. Another kind of source is returned as it is.
///
/// # Errors
/// When another node has the database open, when it is broken or of another layout, or on an I/O error.
pub fn with_barrier(source: &DatabaseSource) -> Result<DatabaseSource, ServiceError> {
	let (DatabaseSource::ParityDb { path }
	| DatabaseSource::Auto {
		paritydb_path: path,
		..
	}) = source
	else {
		return Ok(source.clone());
	};
	let database = ChainDatabase::open(path).map_err(|error| {
		let path = path.display();
		ServiceError::Other(format!("the database in {path} cannot be opened: {error}"))
	})?;
	Ok(DatabaseSource::Custom {
		require_create_flag: database.is_new(),
		db: Arc::new(database),
	})
}

/// What a commit does to a key of a column.
type ColumnOperation = (ColId, Operation<Vec<u8>, Vec<u8>>);

struct ChainDatabase {
	db: Db,
	folder: PathBuf,
	/// The last mark. Marks are committed in their order, so the one that is written says that all before it are.
	mark: Mutex<u64>,
}

impl ChainDatabase {
	fn open(folder: &Path) -> Result<Self, DatabaseError> {
		let options = options(folder);
		let mut db = Db::open_or_create(&options).map_err(failed)?;
		if db.get(column::MARK, MARK).map_err(failed)?.is_none() {
			let first = (column::MARK, MARK, Some(0_u64.to_le_bytes().to_vec()));
			db.commit(iter::once(first)).map_err(failed)?;
			// A key is iterated over once it has left the log, which closing sees to.
			drop(db);
			db = Db::open(&options).map_err(failed)?;
		}
		let mark = written(&db)?;
		Ok(Self {
			db,
			folder: folder.to_owned(),
			mark: Mutex::new(mark),
		})
	}

	/// Whether nobody has set up the state of a chain in it.
	fn is_new(&self) -> bool {
		!self.contains(column::STATE_META.into(), PRUNING_MODE)
	}

	/// Commits, and returns when it is on disk with all that was committed before.
	fn commit_to_disk(&self, mut changes: Vec<ColumnOperation>) -> Result<(), DatabaseError> {
		let mark = {
			let mut last = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
			*last += 1;
			let mark = Operation::Set(MARK.to_vec(), last.to_le_bytes().to_vec());
			changes.push((column::MARK, mark));
			self.db.commit_changes(changes).map_err(failed)?;
			*last
		};

		let started = Instant::now();
		while written(&self.db)? < mark {
			if started.elapsed() >= PATIENCE {
				let seconds = PATIENCE.as_secs();
				return Err(failed(format!("a vote was not on disk after {seconds} s")));
			}
			thread::sleep(PAUSE);
		}
		sync_logs(&self.folder).map_err(failed)?;
		let waited = started.elapsed();
		log::debug!(target: "database", "mark {mark} on disk after {waited:?}");
		if waited >= LONG {
			log::warn!("A vote waited {:.1} s for the disk", waited.as_secs_f32());
		}
		Ok(())
	}
}

impl Database<H256> for ChainDatabase {
	fn commit(&self, transaction: Transaction<H256>) -> Result<(), DatabaseError> {
		let votes = transaction.0.iter().any(is_voter_state);
		let changes = transaction
			.0
			.into_iter()
			.map(operation)
			.collect::<Result<Vec<_>, _>>()?;
		if votes {
			self.commit_to_disk(changes)
		} else {
			self.db.commit_changes(changes).map_err(failed)
		}
	}

	fn get(&self, column: ColumnId, key: &[u8]) -> Option<Vec<u8>> {
		readable(id(column).and_then(|column| self.db.get(column, key).map_err(failed)))
	}

	fn contains(&self, column: ColumnId, key: &[u8]) -> bool {
		self.value_size(column, key).is_some()
	}

	fn value_size(&self, column: ColumnId, key: &[u8]) -> Option<usize> {
		let size = id(column).and_then(|column| self.db.get_size(column, key).map_err(failed));
		readable(size).and_then(|size| size.try_into().ok())
	}

	fn supports_ref_counting(&self) -> bool {
		true
	}

	/// Takes away what stands before a hash, since values of the same hash are counted here.
	fn sanitize_key(&self, key: &mut Vec<u8>) {
		key.drain(..key.len().saturating_sub(H256::len_bytes()));
	}
}

/// The layout of `sc-client-db`, which its own commands (`chain-info`) open as well.
fn options(folder: &Path) -> Options {
	let mut options = Options::with_columns(folder, column::COUNT);
	for (id, settings) in (0..).zip(&mut options.columns) {
		if column::COMPRESSED.contains(&id) {
			settings.compression = CompressionType::Lz4;
		}
		if column::COUNTED.contains(&id) {
			settings.ref_counted = true;
			settings.preimage = true;
			settings.uniform = true;
		}
	}
	options
}

fn is_voter_state(change: &Change<H256>) -> bool {
	matches!(change, Change::Set(column, key, _)
		if *column == ColumnId::from(column::AUX) && key == VOTER_STATE)
}

/// The last mark that ParityDB's log has.
fn written(db: &Db) -> Result<u64, DatabaseError> {
	let mut mark = None;
	db.iter_column_while(column::MARK, |entry| {
		mark = entry.value.try_into().ok().map(u64::from_le_bytes);
		false
	})
	.map_err(failed)?;
	mark.ok_or_else(|| failed("it has no mark to wait for"))
}

/// Has the disk keep what ParityDB has written to its logs.
fn sync_logs(folder: &Path) -> io::Result<()> {
	for entry in fs::read_dir(folder)? {
		let entry = entry?;
		if !is_log(&entry.file_name().to_string_lossy()) {
			continue;
		}
		match File::open(entry.path()) {
			Ok(log) => log.sync_data()?,
			// ParityDB removes a log when all of it is in the tables.
			Err(error) if error.kind() == ErrorKind::NotFound => {}
			Err(error) => return Err(error),
		}
	}
	// The name of a new log is in the folder.
	File::open(folder)?.sync_all()
}

fn is_log(name: &str) -> bool {
	name.strip_prefix("log")
		.is_some_and(|number| number.parse::<u32>().is_ok())
}

fn operation(change: Change<H256>) -> Result<ColumnOperation, DatabaseError> {
	Ok(match change {
		Change::Set(column, key, value) => (id(column)?, Operation::Set(key, value)),
		Change::Remove(column, key) => (id(column)?, Operation::Dereference(key)),
		Change::Store(column, hash, value) => {
			(counted(column)?, Operation::Set(hash.0.to_vec(), value))
		}
		Change::Reference(column, hash) => {
			(counted(column)?, Operation::Reference(hash.0.to_vec()))
		}
		Change::Release(column, hash) => {
			(counted(column)?, Operation::Dereference(hash.0.to_vec()))
		}
	})
}

fn id(column: ColumnId) -> Result<ColId, DatabaseError> {
	ColId::try_from(column)
		.ok()
		.filter(|id| *id < column::COUNT)
		.ok_or_else(|| failed(format!("there is no column {column}")))
}

fn counted(column: ColumnId) -> Result<ColId, DatabaseError> {
	let id = id(column)?;
	if column::COUNTED.contains(&id) {
		return Ok(id);
	}
	let message = format!("column {column} does not count how often a value is stored");
	Err(failed(message))
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> DatabaseError {
	DatabaseError(error.into())
}

/// What was read. Reading has no errors in `sp-database`, and a node that cannot read its chain cannot go on.
fn readable<T>(result: Result<T, DatabaseError>) -> T {
	result.unwrap_or_else(|error| panic!("the database cannot be read: {error}"))
}
