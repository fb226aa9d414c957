use std::{env, process::Command};

use clap::Parser;
use sc_cli::SubstrateCli;
use sc_client_api::AuxStore;
use tempfile::TempDir;

use super::*;
use crate::{cli::Cli, service};

/// Tells the process that a test starts in which folder it is to end.
const FOLDER: &str = "WEIGHHOUSE_TEST_FOLDER";
/// A key on which no vote depends.
const OTHER: &[u8] = b"other";
const BLOCK: &[u8] = b"block";
const VALUE: &[u8] = b"value";

fn folder() -> TempDir {
	tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> ChainDatabase {
	ChainDatabase::open(folder.path()).unwrap()
}

fn error_of<T>(result: Result<T, DatabaseError>) -> String {
	result.err().unwrap().to_string()
}

fn set(column: u8, key: &[u8]) -> Transaction<H256> {
	let mut transaction = Transaction::new();
	transaction.set(column.into(), key, VALUE);
	transaction
}

fn mark(database: &ChainDatabase) -> u64 {
	written(&database.db).unwrap()
}

fn of_the_sdk(source: DatabaseSource) -> Arc<service::FullBackend> {
	let settings = sc_client_db::DatabaseSettings {
		trie_cache_maximum_size: None,
		state_pruning: None,
		source,
		blocks_pruning: sc_service::BlocksPruning::KeepAll,
		pruning_filters: Vec::new(),
		metrics_registry: None,
	};
	sc_service::new_db_backend(settings).unwrap()
}

/// Has a process of its own, which runs the same `test`, give a database much to write, then a block, then a value
/// under this key, and end at once. Whether the block and the value are there afterwards.
fn left_by_a_process_that_ends(test: &str, key: &[u8]) -> [bool; 2] {
	if let Ok(folder) = env::var(FOLDER) {
		end_behind_a_commit(Path::new(&folder), key);
	}
	let folder = folder();
	drop(open(&folder));
	let child = Command::new(env::current_exe().unwrap())
		.args(["--exact", &format!("database::tests::{test}")])
		.env(FOLDER, folder.path())
		.output()
		.unwrap();
	assert_eq!(child.status.code(), Some(7), "{child:?}");
	let database = open(&folder);
	[(column::HEADER, BLOCK), (column::AUX, key)]
		.map(|(column, key)| database.get(column.into(), key).as_deref() == Some(VALUE))
}

fn end_behind_a_commit(folder: &Path, key: &[u8]) -> ! {
	let database = ChainDatabase::open(folder).unwrap();
	let mut much = Transaction::new();
	for number in 0..2_000_u32 {
		let value = number.to_le_bytes().repeat(1_000);
		much.set_from_vec(column::BODY.into(), &number.to_le_bytes(), value);
	}
	database.commit(much).unwrap();
	database.commit(set(column::HEADER, BLOCK)).unwrap();
	database.commit(set(column::AUX, key)).unwrap();
	// Destructors do not run, so ParityDB has no time to write anything down.
	std::process::exit(7);
}

#[test]
fn a_vote_and_its_block_outlive_a_process_that_ends_at_once() {
	let test = "a_vote_and_its_block_outlive_a_process_that_ends_at_once";
	for _ in 0..5 {
		assert_eq!(left_by_a_process_that_ends(test, VOTER_STATE), [true, true]);
	}
}

#[test]
fn what_is_no_vote_waits_for_nothing_and_can_be_lost() {
	let test = "what_is_no_vote_waits_for_nothing_and_can_be_lost";
	let lost = |_| left_by_a_process_that_ends(test, OTHER) == [false, false];
	assert!((0..20).any(lost));
}

#[test]
fn only_votes_move_the_mark() {
	let folder = folder();
	let database = open(&folder);
	assert_eq!(mark(&database), 0);
	for (column, key, then) in [
		(column::AUX, OTHER, 0),
		(column::HEADER, VOTER_STATE, 0),
		(column::AUX, VOTER_STATE, 1),
		(column::AUX, VOTER_STATE, 2),
	] {
		database.commit(set(column, key)).unwrap();
		assert_eq!(mark(&database), then);
		assert_eq!(database.get(column.into(), key).as_deref(), Some(VALUE));
	}
	drop(database);
	let database = open(&folder);
	assert_eq!(mark(&database), 2);
	database.commit(set(column::AUX, VOTER_STATE)).unwrap();
	assert_eq!(mark(&database), 3);
}

#[test]
fn votes_of_many_threads_all_return() {
	let folder = folder();
	let database = open(&folder);
	thread::scope(|scope| {
		for _ in 0..8 {
			scope.spawn(|| {
				for _ in 0..20 {
					database.commit(set(column::AUX, VOTER_STATE)).unwrap();
				}
			});
		}
	});
	assert_eq!(mark(&database), 160);
}

#[test]
fn grandpa_of_a_node_passes_the_barrier() {
	let folder = folder();
	let base = folder.path().to_str().unwrap();
	let cli = Cli::parse_from(["weighhouse-node", "--chain", "dev", "--base-path", base]);
	let tokio = sc_cli::build_runtime().unwrap();
	let handle = tokio.handle().clone();
	let config = cli.create_configuration(&cli.run, handle).unwrap();
	drop(service::new_partial(&config).unwrap());
	drop(tokio);

	// GRANDPA stores that it has voted in no round yet.
	let database = ChainDatabase::open(config.database.path().unwrap()).unwrap();
	assert_eq!(mark(&database), 1);
	assert!(!database.is_new());
}

#[test]
fn a_database_of_the_sdk_is_opened_and_the_other_way_round() {
	let folder = folder();
	let path = folder.path().to_owned();
	let plain = DatabaseSource::ParityDb { path };
	for number in 0..4_u8 {
		let source = if number % 2 == 0 {
			plain.clone()
		} else {
			with_barrier(&plain).unwrap()
		};
		let backend = of_the_sdk(source);
		for before in 0..number {
			assert_eq!(backend.get_aux(&[before]).unwrap().as_deref(), Some(VALUE));
		}
		backend.insert_aux(&[(&[number][..], VALUE)], &[]).unwrap();
	}
}

#[test]
fn a_database_is_new_until_a_chain_is_set_up_in_it() {
	let folder = folder();
	let path = folder.path().to_owned();
	assert!(open(&folder).is_new());
	assert!(open(&folder).is_new());
	drop(of_the_sdk(
		with_barrier(&DatabaseSource::ParityDb { path }).unwrap(),
	));
	assert!(!open(&folder).is_new());
}

#[test]
fn a_counted_value_stays_until_it_is_released_as_often_as_stored() {
	type Step = fn(&mut Transaction<H256>, ColumnId, H256);
	let folder = folder();
	for column in column::COUNTED {
		let hash = H256::repeat_byte(column);
		let column = column.into();
		let steps: [(Step, bool); 4] = [
			(
				|to, column, hash| to.store(column, hash, VALUE.to_vec()),
				true,
			),
			(|to, column, hash| to.reference(column, hash), true),
			(|to, column, hash| to.release(column, hash), true),
			(|to, column, hash| to.release(column, hash), false),
		];
		for (step, stays) in steps {
			let mut transaction = Transaction::new();
			step(&mut transaction, column, hash);
			// ParityDB counts when it writes, and has written everything when it is closed.
			open(&folder).commit(transaction).unwrap();
			let size = open(&folder).value_size(column, &hash.0);
			assert_eq!(size, stays.then_some(VALUE.len()));
		}
	}
}

#[test]
fn a_value_is_gone_when_its_key_is_removed() {
	let folder = folder();
	let database = open(&folder);
	database.commit(set(column::AUX, b"key")).unwrap();
	assert!(database.contains(column::AUX.into(), b"key"));
	let mut transaction = Transaction::new();
	transaction.remove(column::AUX.into(), b"key");
	database.commit(transaction).unwrap();
	assert!(!database.contains(column::AUX.into(), b"key"));
}

#[test]
fn a_commit_is_refused_whole_when_a_column_is_none_or_does_not_count() {
	let folder = folder();
	let database = open(&folder);
	let good = || set(column::AUX, b"key");

	let mut transaction = good();
	transaction.store(column::AUX.into(), H256::zero(), VALUE.to_vec());
	assert_eq!(
		error_of(database.commit(transaction)),
		"column 8 does not count how often a value is stored"
	);
	let mut transaction = good();
	transaction.set(13, b"key", VALUE);
	assert_eq!(
		error_of(database.commit(transaction)),
		"there is no column 13"
	);
	assert_eq!(database.get(column::AUX.into(), b"key"), None);
}

#[test]
fn a_key_is_sanitized_to_its_hash() {
	let database = open(&folder());
	let hash = [1; 32].to_vec();
	for before in [&b""[..], b"prefix"] {
		let mut key = [before, &hash].concat();
		database.sanitize_key(&mut key);
		assert_eq!(key, hash);
	}
}

#[test]
fn a_database_that_another_has_open_is_refused_with_its_path() {
	let folder = folder();
	let _open = open(&folder);
	let path = folder.path().to_owned();
	let error = with_barrier(&DatabaseSource::ParityDb { path })
		.err()
		.unwrap()
		.to_string();
	assert!(error.contains("file is in use"), "{error}");
	assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
}

#[test]
fn logs_are_told_by_their_names() {
	for name in ["log0", "log12"] {
		assert!(is_log(name), "{name}");
	}
	for name in ["log", "lock", "metadata", "log1.old", "table_08_0"] {
		assert!(!is_log(name), "{name}");
	}
}

#[test]
fn a_log_that_is_gone_is_passed_over_and_one_that_cannot_be_opened_is_an_error() {
	let folder = folder();
	fs::write(folder.path().join("log0"), VALUE).unwrap();
	std::os::unix::fs::symlink("nowhere", folder.path().join("log1")).unwrap();
	sync_logs(folder.path()).unwrap();
	std::os::unix::fs::symlink("log2", folder.path().join("log2")).unwrap();
	assert!(sync_logs(folder.path()).is_err());
}

#[test]
fn a_source_without_a_path_is_left_as_it_is() {
	let source = DatabaseSource::Custom {
		db: Arc::new(sp_database::MemDb::default()),
		require_create_flag: true,
	};
	let DatabaseSource::Custom {
		db,
		require_create_flag: true,
	} = with_barrier(&source).unwrap()
	else {
		panic!("it became another")
	};
	let mut transaction = Transaction::new();
	transaction.set(40, b"key", VALUE);
	db.commit(transaction).unwrap();
	assert_eq!(db.get(40, b"key").as_deref(), Some(VALUE));
}
