//! The courier: what it asks of gateways, what of their answers it believes, what it submits.

use crate::{
	courier::{LOCK, MEMORY},
	crypto::{key_hash, WorkerId},
	mock::*,
	*,
};
use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::Hooks};
use sp_core::{
	offchain::{
		testing, Externalities, HttpError, HttpRequestId, HttpRequestStatus, OffchainDbExt,
		OffchainWorkerExt, OpaqueNetworkState, StorageKind, Timestamp, TransactionPool,
		TransactionPoolExt,
	},
	OpaquePeerId, H256,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::offchain::storage::StorageValueRef;
use std::{
	collections::BTreeSet,
	sync::{Arc, Mutex, MutexGuard},
};
use weighhouse_primitives::{
	courier::Count,
	inference::{
		gateway_key, Assignment, Completion, JobId, Mode, Round, Step, MEDIA_TYPE, WORKER_KEY_TYPE,
	},
};

const GATEWAY: &str = "http://127.0.0.1:8791";
const OTHER_GATEWAY: &str = "http://localhost:9000";
/// A key that the node holds besides those of its workers.
const SPARE: u8 = 9;

/// What a gateway does with a request.
#[derive(Clone)]
enum Reply {
	Says(u16, Vec<u8>),
	Refuses,
	Hangs,
	/// Says 200 and never sends all of the body.
	Stalls,
}

/// A request, as it was sent.
#[derive(Clone, Debug)]
struct Asked {
	method: String,
	uri: String,
	headers: Vec<(String, String)>,
	body: Vec<u8>,
}

#[derive(Default)]
struct State {
	/// What is done with requests whose address contains the text; the last rule counts.
	rules: Vec<(String, Reply)>,
	asked: Vec<Asked>,
	/// How many of them a test has looked at.
	seen: usize,
	/// How much of each body was read.
	read: Vec<usize>,
	submitted: Vec<Vec<u8>>,
	/// Whether the pool takes no transactions.
	full: bool,
	now: u64,
}

/// Everything around a node: the gateways, the clock and the transaction pool.
#[derive(Clone, Default)]
struct World(Arc<Mutex<State>>);

impl World {
	fn state(&self) -> MutexGuard<'_, State> {
		self.0.lock().unwrap()
	}

	fn on(&self, part: impl Into<String>, reply: Reply) {
		self.state().rules.push((part.into(), reply));
	}

	/// From now on, `who`'s gateway has this answer in a job.
	fn answers(&self, id: JobId, round: Round, who: &AccountId, said: &Said) {
		self.on(
			format!("{:x}-{:x}", job(id).request_hash, key_of_worker(who)),
			Reply::Says(200, completion(id, round, who, said).encode()),
		);
	}

	/// Runs the off-chain worker of this block; answers with what was asked and submitted.
	fn carry(&self) -> (Vec<Asked>, Vec<RuntimeCall>) {
		Inference::offchain_worker(System::block_number());
		let mut state = self.state();
		let asked = state.asked[state.seen..].to_vec();
		state.seen = state.asked.len();
		let submitted = std::mem::take(&mut state.submitted)
			.into_iter()
			.map(|raw| {
				UncheckedExtrinsic::decode(&mut raw.as_slice())
					.unwrap()
					.function
			})
			.collect();
		(asked, submitted)
	}

	fn reply(&self, id: HttpRequestId) -> Reply {
		let state = self.state();
		let uri = &state.asked[id.0 as usize].uri;
		let rule = state
			.rules
			.iter()
			.rev()
			.find(|(part, _)| uri.contains(part));
		match rule {
			Some((_, reply)) => reply.clone(),
			None if uri.ends_with("/health/ready") => Reply::Says(200, b"{}".to_vec()),
			None => Reply::Says(202, Vec::new()),
		}
	}
}

impl Externalities for World {
	fn is_validator(&self) -> bool {
		false
	}

	fn network_state(&self) -> Result<OpaqueNetworkState, ()> {
		Err(())
	}

	fn timestamp(&mut self) -> Timestamp {
		Timestamp::from_unix_millis(self.state().now)
	}

	fn sleep_until(&mut self, _: Timestamp) {
		panic!("the courier sleeps");
	}

	fn random_seed(&mut self) -> [u8; 32] {
		panic!("the courier gambles");
	}

	fn http_request_start(
		&mut self,
		method: &str,
		uri: &str,
		_: &[u8],
	) -> Result<HttpRequestId, ()> {
		let mut state = self.state();
		let id = u16::try_from(state.asked.len()).unwrap();
		state.asked.push(Asked {
			method: method.into(),
			uri: uri.into(),
			headers: Vec::new(),
			body: Vec::new(),
		});
		state.read.push(0);
		Ok(HttpRequestId(id))
	}

	fn http_request_add_header(
		&mut self,
		id: HttpRequestId,
		name: &str,
		value: &str,
	) -> Result<(), ()> {
		let mut state = self.state();
		state.asked[id.0 as usize]
			.headers
			.push((name.into(), value.into()));
		Ok(())
	}

	fn http_request_write_body(
		&mut self,
		id: HttpRequestId,
		chunk: &[u8],
		deadline: Option<Timestamp>,
	) -> Result<(), HttpError> {
		assert!(deadline.is_some());
		self.state().asked[id.0 as usize].body.extend(chunk);
		Ok(())
	}

	fn http_response_wait(
		&mut self,
		ids: &[HttpRequestId],
		deadline: Option<Timestamp>,
	) -> Vec<HttpRequestStatus> {
		let deadline = deadline.expect("nobody is waited for without end");
		ids.iter()
			.map(|id| match self.reply(*id) {
				Reply::Says(code, _) => HttpRequestStatus::Finished(code),
				Reply::Stalls => HttpRequestStatus::Finished(200),
				Reply::Refuses => HttpRequestStatus::IoError,
				Reply::Hangs => {
					self.state().now = deadline.unix_millis();
					HttpRequestStatus::DeadlineReached
				}
			})
			.collect()
	}

	fn http_response_headers(&mut self, _: HttpRequestId) -> Vec<(Vec<u8>, Vec<u8>)> {
		Vec::new()
	}

	fn http_response_read_body(
		&mut self,
		id: HttpRequestId,
		buffer: &mut [u8],
		deadline: Option<Timestamp>,
	) -> Result<usize, HttpError> {
		let deadline = deadline.expect("no body is waited for without end");
		let Reply::Says(_, body) = self.reply(id) else {
			self.state().now = deadline.unix_millis();
			return Err(HttpError::DeadlineReached);
		};
		let mut state = self.state();
		if state.now >= deadline.unix_millis() {
			return Err(HttpError::DeadlineReached);
		}
		let read = &mut state.read[id.0 as usize];
		let rest = &body[*read..];
		let count = rest.len().min(buffer.len());
		buffer[..count].copy_from_slice(&rest[..count]);
		*read += count;
		Ok(count)
	}

	fn set_authorized_nodes(&mut self, _: Vec<OpaquePeerId>, _: bool) {
		panic!("the courier has no say in the network");
	}
}

impl TransactionPool for World {
	fn submit_transaction(&mut self, extrinsic: Vec<u8>) -> Result<(), ()> {
		let mut state = self.state();
		if state.full {
			return Err(());
		}
		state.submitted.push(extrinsic);
		Ok(())
	}
}

/// Runs `test` on a node with the keys of `workers`, whose gateway is at [`GATEWAY`].
fn on_node(workers: &[AccountId], test: impl FnOnce(&World)) {
	let world = World::default();
	let keystore = MemoryKeystore::new();
	let insert = |seed: [u8; 32], key: WorkerId| {
		let suri = format!("{:?}", H256(seed));
		keystore
			.insert(WORKER_KEY_TYPE, &suri, key.as_ref())
			.unwrap();
	};
	for who in workers {
		insert(
			sp_io::hashing::blake2_256(who.as_ref()),
			key_of(&pair_of(who)),
		);
	}
	if !workers.is_empty() {
		insert([SPARE; 32], key_of(&other_pair(SPARE)));
	}
	let (storage, _state) = testing::TestOffchainExt::new();
	let mut ext = new_test_ext();
	ext.register_extension(OffchainDbExt::new(storage));
	ext.register_extension(OffchainWorkerExt::new(world.clone()));
	ext.register_extension(TransactionPoolExt::new(world.clone()));
	ext.register_extension(KeystoreExt::new(keystore));
	run_on(ext, || {
		for who in workers {
			set_gateway(key_of_worker(who), GATEWAY.as_bytes());
		}
		test(&world);
	});
}

fn key_of_worker(who: &AccountId) -> H256 {
	key_hash(&key_of(&pair_of(who)))
}

fn set_gateway(key: H256, address: &[u8]) {
	let name = gateway_key(key.as_bytes());
	sp_io::offchain::local_storage_set(StorageKind::PERSISTENT, &name, address);
}

fn stored(name: &[u8]) -> Option<Vec<u8>> {
	sp_io::offchain::local_storage_get(StorageKind::PERSISTENT, name)
}

/// What was counted so far.
fn counted() -> Vec<(Count, u64)> {
	let counted = |count: &Count| {
		let bytes = stored(&count.key())?;
		let number = u64::from_le_bytes(bytes.try_into().unwrap());
		Some((*count, number))
	};
	Count::ALL.iter().filter_map(counted).collect()
}

/// What `who`'s gateway ends a job with.
fn completion(id: JobId, round: Round, who: &AccountId, said: &Said) -> Completion {
	Completion {
		commitment: commitment_of(id, round, who, said),
		reveal: reveal_of(id, round, who, said),
	}
}

/// A job of workers 1 to 3, drawn; its number.
fn quorum() -> JobId {
	enlisted(plain_listing(), 3);
	let id = asked(ASKING);
	drawn(id, Round::Main);
	id
}

/// A job of worker 1 alone, drawn; its number.
fn solo() -> JobId {
	enlisted(plain_listing(), 1);
	let id = asked(Asking {
		mode: Mode::Solo,
		..ASKING
	});
	drawn(id, Round::Main);
	id
}

/// The only call of a run.
fn only(calls: Vec<RuntimeCall>) -> RuntimeCall {
	let [call] = <[_; 1]>::try_from(calls).unwrap();
	call
}

fn step_in(call: &RuntimeCall) -> Step {
	match call {
		RuntimeCall::Inference(Call::commit { step, .. } | Call::reveal { step, .. }) => *step,
		other => panic!("{other:?} is no step"),
	}
}

#[test]
fn courier_commits_then_reveals_what_the_gateway_answers() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		let who = worker(1);
		world.answers(id, Round::Main, &who, &says(1));
		let (_, calls) = world.carry();
		let call = only(calls);
		let RuntimeCall::Inference(Call::commit {
			step, commitment, ..
		}) = &call
		else {
			panic!("{call:?} is no commitment");
		};
		assert_eq!(*step, step_of(id, Round::Main, &who));
		assert_eq!(*commitment, commitment_of(id, Round::Main, &who, &says(1)));
		submit(call).taken();
		for other in [worker(2), worker(3)] {
			commit(id, Round::Main, &other, &says(1)).taken();
		}

		let mut calls = Vec::new();
		let mut waited = 0;
		while calls.is_empty() {
			calls = world.carry().1;
			if calls.is_empty() {
				next_block();
				waited += 1;
			}
		}
		assert_eq!(waited, REVEAL_DELAY);
		let call = only(calls);
		let RuntimeCall::Inference(Call::reveal { reveal, .. }) = &call else {
			panic!("{call:?} is no reveal");
		};
		assert_eq!(*reveal, reveal_of(id, Round::Main, &who, &says(1)));
		submit(call).taken();
		let seat = panel(id, Round::Main)
			.into_iter()
			.find(|seat| seat.worker == who)
			.unwrap();
		assert_eq!(seat.answer, Some(answer_of(&who, &says(1))));
	});
}

#[test]
fn courier_sends_the_assignment_as_the_gateway_reads_it() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		let (asked, calls) = world.carry();
		assert!(calls.is_empty());
		let [asked] = <[_; 1]>::try_from(asked).unwrap();
		assert_eq!(asked.method, "PUT");
		let hash = job(id).request_hash;
		let digits = |hash: H256| format!("{hash:?}").split_off(2);
		assert_eq!(
			asked.uri,
			format!(
				"{GATEWAY}/v1/jobs/{}-{}",
				digits(hash),
				digits(key_of_worker(&worker(1)))
			)
		);
		let header = |name: &str| (name.to_string(), MEDIA_TYPE.to_string());
		assert_eq!(asked.headers, [header("content-type"), header("accept")]);
		let sent = Assignment::decode(&mut asked.body.as_slice()).unwrap();
		assert_eq!(sent.encode(), asked.body);
		assert_eq!(
			(sent.genesis, sent.job, sent.request_hash),
			(GENESIS, id, hash)
		);
		assert_eq!(sent.worker, key_of_worker(&worker(1)));
		assert_eq!(sent.round, Round::Main);
		assert_eq!(sent.answers, job(id).answers);
	});
}

#[test]
fn courier_reveals_at_once_when_a_worker_answers_alone() {
	on_node(&[worker(1)], |world| {
		let id = solo();
		world.answers(id, Round::Main, &worker(1), &says(1));
		let call = only(world.carry().1);
		assert!(matches!(call, RuntimeCall::Inference(Call::reveal { .. })));
		assert_eq!(apply(call), Ok(Ok(())));
		let shown = answer_of(&worker(1), &says(1));
		assert_eq!(panel(id, Round::Main)[0].answer, Some(shown));
	});
}

#[test]
fn courier_asks_again_in_the_next_block_when_the_gateway_works() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		for _ in 0..3 {
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (1, 0));
			next_block();
		}
		world.answers(id, Round::Main, &worker(1), &says(1));
		assert_eq!(world.carry().1.len(), 1);
	});
}

#[test]
fn courier_leaves_a_gateway_alone_for_four_blocks_when_it_is_dead() {
	for reply in [
		Reply::Refuses,
		Reply::Hangs,
		Reply::Stalls,
		Reply::Says(500, b"{\"error\":\"broken\"}".to_vec()),
		Reply::Says(503, Vec::new()),
	] {
		on_node(&[worker(1)], |world| {
			let id = quorum();
			world.on(GATEWAY, reply);
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (1, 0));
			for _ in 0..4 {
				next_block();
				assert!(world.carry().0.is_empty());
			}
			next_block();
			world.answers(id, Round::Main, &worker(1), &says(1));
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (1, 1));
		});
	}
}

#[test]
fn courier_goes_on_asking_when_a_gateway_objects() {
	for code in [400, 403, 404, 409, 413, 415, 422, 429, 302] {
		on_node(&[worker(1)], |world| {
			quorum();
			world.on(GATEWAY, Reply::Says(code, b"{\"error\":\"no\"}".to_vec()));
			for _ in 0..3 {
				let (asked, calls) = world.carry();
				assert_eq!((asked.len(), calls.len()), (1, 0), "{code}");
				next_block();
			}
		});
	}
}

#[test]
fn courier_ends_within_its_deadline_when_gateways_hang() {
	on_node(&[worker(1), worker(2)], |world| {
		let id = quorum();
		set_gateway(key_of_worker(&worker(2)), OTHER_GATEWAY.as_bytes());
		world.on(GATEWAY, Reply::Hangs);
		world.answers(id, Round::Main, &worker(2), &says(1));
		let (asked, calls) = world.carry();
		assert_eq!(asked.len(), 2);
		// Who answered is not let down by who did not.
		assert_eq!(step_in(&only(calls)).worker, key_of_worker(&worker(2)));
		assert!(world.state().now <= 800, "{}", world.state().now);
	});
}

#[test]
fn courier_uses_no_answer_when_it_does_not_fit() {
	let large = |completion: Completion| {
		let mut body = completion.encode();
		body.resize(4_097, 0);
		body
	};
	type Spoil = Box<dyn Fn(Completion, &Completion) -> Vec<u8>>;
	let spoils: [(&str, Spoil); 9] = [
		("nothing", Box::new(|_, _| Vec::new())),
		(
			"text",
			Box::new(|_, _| b"{\"commitment\":\"0x00\"}".to_vec()),
		),
		(
			"cut off",
			Box::new(|honest, _| {
				let mut body = honest.encode();
				body.pop();
				body
			}),
		),
		(
			"trailing byte",
			Box::new(|honest, _| [honest.encode(), vec![0]].concat()),
		),
		("too long", Box::new(move |honest, _| large(honest))),
		(
			"wrong commitment",
			Box::new(|mut honest, _| {
				honest.commitment.0[0] ^= 1;
				honest.encode()
			}),
		),
		(
			"other salt",
			Box::new(|mut honest, _| {
				honest.reveal.salt.0[0] ^= 1;
				honest.encode()
			}),
		),
		("another worker's", Box::new(|_, other| other.encode())),
		(
			"output that the answer does not name",
			Box::new(|mut honest, _| {
				honest.reveal.output[0] ^= 1;
				honest.encode()
			}),
		),
	];
	for (name, spoil) in spoils {
		on_node(&[worker(1)], |world| {
			let id = quorum();
			let honest = completion(id, Round::Main, &worker(1), &says(1));
			let other = completion(id, Round::Main, &worker(2), &says(1));
			world.on("/v1/jobs/", Reply::Says(200, spoil(honest, &other)));
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (1, 0), "{name}");
			// An answer that is too long is not read to its end.
			assert!(world.state().read[0] <= 8_192, "{name}");
		});
	}
}

#[test]
fn courier_stops_reading_when_a_body_is_endless() {
	on_node(&[worker(1)], |world| {
		quorum();
		world.on("/v1/jobs/", Reply::Says(200, vec![0; 1 << 20]));
		let (asked, calls) = world.carry();
		assert_eq!((asked.len(), calls.len()), (1, 0));
		assert!(world.state().read[0] <= 8_192);
	});
}

#[test]
fn courier_commits_to_nothing_when_output_and_hash_differ() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		let mut said = says(1);
		said.answer.output_hash = H256::repeat_byte(7);
		world.answers(id, Round::Main, &worker(1), &said);
		assert!(world.carry().1.is_empty());
	});
}

#[test]
fn courier_never_reveals_when_another_answer_was_committed() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		for who in seats(id, Round::Main) {
			commit(id, Round::Main, &who, &says(1)).taken();
		}
		world.answers(id, Round::Main, &worker(1), &says(2));
		for _ in 0..REVEAL {
			next_block();
			assert!(world.carry().1.is_empty());
		}
	});
}

#[test]
fn courier_serves_each_worker_by_its_own_gateway() {
	on_node(&[worker(1), worker(2)], |world| {
		let id = quorum();
		set_gateway(key_of_worker(&worker(2)), OTHER_GATEWAY.as_bytes());
		for who in [worker(1), worker(2)] {
			world.answers(id, Round::Main, &who, &says(1));
		}
		let (asked, calls) = world.carry();
		let hosts: BTreeSet<_> = asked
			.iter()
			.map(|asked| {
				let (address, path) = asked.uri.split_once("/v1/jobs/").unwrap();
				(
					address.to_string(),
					path.split_once('-').unwrap().1.to_string(),
				)
			})
			.collect();
		let of = |address: &str, who| (address.to_string(), format!("{:x}", key_of_worker(&who)));
		assert_eq!(
			hosts,
			BTreeSet::from([of(GATEWAY, worker(1)), of(OTHER_GATEWAY, worker(2))])
		);
		let signers: BTreeSet<_> = calls.iter().map(|call| step_in(call).worker).collect();
		assert_eq!(
			signers,
			[worker(1), worker(2)]
				.iter()
				.map(key_of_worker)
				.collect::<BTreeSet<_>>()
		);
		for call in calls {
			submit(call).taken();
		}
	});
}

#[test]
fn courier_runs_once_at_a_time() {
	on_node(&[worker(1)], |world| {
		quorum();
		StorageValueRef::persistent(LOCK).set(&Timestamp::from_unix_millis(5_000));
		assert!(world.carry().0.is_empty());
		// A run that never let go does not block the others for ever.
		world.state().now = 5_001;
		assert_eq!(world.carry().0.len(), 1);
		assert_eq!(stored(LOCK), None);
	});
}

#[test]
fn courier_submits_again_with_more_priority_after_three_blocks() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		world.answers(id, Round::Main, &worker(1), &says(1));
		let first = only(world.carry().1);
		for _ in 0..2 {
			next_block();
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (0, 0));
		}
		next_block();
		let second = only(world.carry().1);
		assert_eq!(step_in(&second).at, step_in(&first).at + 3);
		let (before, after) = (validate(first).unwrap(), validate(second.clone()).unwrap());
		assert!(after.priority > before.priority);
		assert_eq!(after.provides, before.provides);
		submit(second).taken();
		next_block();
		assert!(world.carry().1.is_empty());
	});
}

#[test]
fn courier_forgets_what_is_over() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		world.answers(id, Round::Main, &worker(1), &says(1));
		for _ in 0..10 {
			world.carry();
			next_block();
			// One submission, and what goes with it.
			assert!(stored(MEMORY).unwrap().len() <= 200);
		}
	});
}

#[test]
fn courier_starts_over_when_its_memory_cannot_be_read() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		sp_io::offchain::local_storage_set(StorageKind::PERSISTENT, MEMORY, &[0xff; 7]);
		world.answers(id, Round::Main, &worker(1), &says(1));
		assert_eq!(world.carry().1.len(), 1);
	});
}

#[test]
fn courier_asks_nobody_without_keys() {
	on_node(&[], |world| {
		quorum();
		assert!(world.carry().0.is_empty());
		assert_eq!((stored(LOCK), stored(MEMORY)), (None, None));
	});
}

#[test]
fn courier_asks_nobody_when_its_keys_are_no_workers() {
	on_node(&[worker(7)], |world| {
		quorum();
		assert!(world.carry().0.is_empty());
	});
}

#[test]
fn courier_asks_nobody_when_the_address_is_refused() {
	for address in [
		b"".as_slice(),
		b"http://192.168.0.1:8791",
		b"http://example.org",
		b"https://127.0.0.1:8791",
		b"http://127.0.0.1:8791/x",
		b"http://127.0.0.1:8791@example.org",
		b"\xff\xfe",
		&[b'0'; 300],
	] {
		on_node(&[worker(1)], |world| {
			quorum();
			set_gateway(key_of_worker(&worker(1)), address);
			at(HEARTBEAT);
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (0, 0));
			// It complained, and does not do so again.
			let memory = stored(MEMORY);
			assert!(memory.is_some());
			next_block();
			world.carry();
			assert_eq!(stored(MEMORY), memory);
		});
	}
}

#[test]
fn courier_takes_an_address_with_a_slash_at_its_end() {
	on_node(&[worker(1)], |world| {
		quorum();
		set_gateway(key_of_worker(&worker(1)), b"http://[::1]:8791/");
		let (asked, _) = world.carry();
		assert!(asked[0].uri.starts_with("http://[::1]:8791/v1/jobs/"));
	});
}

#[test]
fn courier_gives_one_sign_of_life_in_each_window() {
	on_node(&[worker(1)], |world| {
		enlisted(plain_listing(), 1);
		assert!(world.carry().0.is_empty());
		at(HEARTBEAT);
		let (asked, calls) = world.carry();
		assert_eq!(asked.len(), 1);
		assert_eq!(
			(asked[0].method.as_str(), asked[0].uri.clone()),
			("GET", format!("{GATEWAY}/health/ready"))
		);
		// The chain did not take it, so it is given again.
		forward(3);
		let again = only(world.carry().1);
		let (before, after) = (
			validate(only(calls)).unwrap(),
			validate(again.clone()).unwrap(),
		);
		assert!(after.priority > before.priority);
		submit(again).taken();
		assert_eq!(record_of(&worker(1)).seen, HEARTBEAT + 3);
		for _ in 0..10 {
			next_block();
			assert!(world.carry().0.is_empty());
		}
	});
}

#[test]
fn courier_gives_no_sign_of_life_when_the_gateway_could_not_answer() {
	for reply in [
		Reply::Says(503, b"{\"engine\":\"down\"}".to_vec()),
		Reply::Says(404, Vec::new()),
		Reply::Hangs,
	] {
		on_node(&[worker(1)], |world| {
			enlisted(plain_listing(), 1);
			at(HEARTBEAT);
			world.on("/health/ready", reply);
			let (asked, calls) = world.carry();
			assert_eq!((asked.len(), calls.len()), (1, 0));
			world.on("/health/ready", Reply::Says(200, Vec::new()));
			forward(3);
			assert_eq!(world.carry().1.len(), 1);
		});
	}
}

#[test]
fn courier_gives_no_sign_of_life_when_the_bond_does_not_count() {
	on_node(&[worker(1)], |world| {
		enlisted(plain_listing(), 1);
		MinBond::set(BOND + 1);
		at(HEARTBEAT);
		assert!(world.carry().0.is_empty());
	});
}

#[test]
fn courier_signs_with_the_seats_key_when_the_worker_changed_it() {
	on_node(&[worker(1)], |world| {
		let id = quorum();
		let who = worker(1);
		let new = other_pair(SPARE);
		assert_ok!(Inference::set_worker_key(
			signed(who.clone()),
			key_of(&new),
			proof(&new, &who)
		));
		set_gateway(key_hash(&key_of(&new)), OTHER_GATEWAY.as_bytes());
		world.answers(id, Round::Main, &who, &says(1));
		let (asked, calls) = world.carry();
		assert!(asked[0].uri.starts_with(OTHER_GATEWAY));
		let call = only(calls);
		assert_eq!(step_in(&call).worker, key_of_worker(&who));
		submit(call).taken();
	});
}

#[test]
fn courier_lets_tasks_take_turns_when_there_are_too_many() {
	let workers = [worker(1), worker(2)];
	on_node(&workers, |world| {
		enlisted(plain_listing(), 2);
		for _ in 0..18 {
			asked(Asking {
				mode: Mode::Solo,
				..ASKING
			});
		}
		let tasks = || -> usize {
			let of = |who| Inference::tasks_of(who).len();
			workers.iter().map(of).sum()
		};
		for _ in 0..8 {
			if tasks() < 18 {
				next_block();
			}
		}
		assert_eq!(tasks(), 18);
		let mut seen = BTreeSet::new();
		for _ in 0..2 {
			let (asked, _) = world.carry();
			assert_eq!(asked.len(), 16);
			seen.extend(asked.into_iter().map(|asked| asked.uri));
			next_block();
		}
		assert_eq!(seen.len(), 18);
	});
}

#[test]
fn courier_counts_what_gateways_say_of_jobs() {
	for (reply, count) in [
		(Reply::Says(202, Vec::new()), Count::JobWorking),
		(Reply::Says(429, Vec::new()), Count::JobBusy),
		(Reply::Says(409, Vec::new()), Count::JobDeclined),
		(Reply::Says(422, Vec::new()), Count::JobDeclined),
		(Reply::Says(302, Vec::new()), Count::JobDeclined),
		(Reply::Says(500, Vec::new()), Count::JobFailed),
		(Reply::Says(200, Vec::new()), Count::JobUnusable),
		(Reply::Says(200, vec![0; 4_097]), Count::JobUnusable),
		(Reply::Refuses, Count::JobUnreachable),
		(Reply::Hangs, Count::JobSilent),
		(Reply::Stalls, Count::JobSilent),
	] {
		on_node(&[worker(1)], |world| {
			quorum();
			world.on("/v1/jobs/", reply);
			world.carry();
			assert_eq!(counted(), [(Count::RunDone, 1), (count, 1)]);
		});
	}
}

#[test]
fn courier_counts_what_gateways_say_of_themselves() {
	for (reply, count) in [
		(Reply::Says(503, Vec::new()), Count::ReadyNo),
		(Reply::Refuses, Count::ReadyUnreachable),
		(Reply::Hangs, Count::ReadySilent),
	] {
		on_node(&[worker(1)], |world| {
			enlisted(plain_listing(), 1);
			at(HEARTBEAT);
			world.on("/health/ready", reply);
			world.carry();
			assert_eq!(counted(), [(Count::RunDone, 1), (count, 1)]);
		});
	}
}

#[test]
fn courier_counts_what_it_submits() {
	on_node(&[worker(1)], |world| {
		enlisted(plain_listing(), 1);
		at(HEARTBEAT);
		world.carry();
		assert_eq!(
			counted(),
			[
				(Count::RunDone, 1),
				(Count::ReadyYes, 1),
				(Count::StepSubmitted, 1)
			]
		);
	});
	for (full, step) in [(false, Count::StepSubmitted), (true, Count::StepRefused)] {
		on_node(&[worker(1)], |world| {
			let id = quorum();
			world.answers(id, Round::Main, &worker(1), &says(1));
			world.state().full = full;
			world.carry();
			let answered = (Count::JobAnswered, 1);
			assert_eq!(counted(), [(Count::RunDone, 1), answered, (step, 1)]);
		});
	}
}

#[test]
fn courier_counts_runs_that_do_not_begin() {
	on_node(&[worker(1)], |world| {
		quorum();
		StorageValueRef::persistent(LOCK).set(&Timestamp::from_unix_millis(5_000));
		world.carry();
		assert_eq!(counted(), [(Count::RunSkipped, 1)]);
	});
}

#[test]
fn courier_counts_on_from_run_to_run() {
	on_node(&[worker(1)], |world| {
		quorum();
		for runs in 1..=3 {
			world.carry();
			assert_eq!(
				counted(),
				[(Count::RunDone, runs), (Count::JobWorking, runs)]
			);
			next_block();
		}
	});
}

#[test]
fn courier_counts_afresh_when_a_count_cannot_be_read() {
	on_node(&[worker(1)], |world| {
		quorum();
		let key = Count::RunDone.key();
		sp_io::offchain::local_storage_set(StorageKind::PERSISTENT, &key, &[7]);
		world.carry();
		assert_eq!(counted(), [(Count::RunDone, 1), (Count::JobWorking, 1)]);
	});
}

#[test]
fn courier_stays_at_the_largest_count() {
	on_node(&[worker(1)], |world| {
		quorum();
		StorageValueRef::persistent(&Count::RunDone.key()).set(&u64::MAX);
		world.carry();
		assert_eq!(
			counted(),
			[(Count::RunDone, u64::MAX), (Count::JobWorking, 1)]
		);
	});
}

#[test]
fn courier_counts_nothing_when_its_keys_are_no_workers() {
	on_node(&[worker(7)], |world| {
		quorum();
		world.carry();
		assert!(counted().is_empty());
	});
}

#[test]
fn courier_asks_a_gateway_again_after_three_blocks_when_it_is_not_ready() {
	for reply in [Reply::Says(503, Vec::new()), Reply::Hangs] {
		on_node(&[worker(1)], |world| {
			enlisted(plain_listing(), 1);
			at(HEARTBEAT);
			world.on("/health/ready", reply);
			assert_eq!(world.carry().0.len(), 1);
			for _ in 0..2 {
				next_block();
				assert!(world.carry().0.is_empty());
			}
			next_block();
			assert_eq!(world.carry().0.len(), 1);
		});
	}
}

#[test]
fn courier_goes_on_asking_others_when_a_gateway_is_dead() {
	on_node(&[worker(1), worker(2)], |world| {
		quorum();
		set_gateway(key_of_worker(&worker(2)), OTHER_GATEWAY.as_bytes());
		world.on(GATEWAY, Reply::Refuses);
		assert_eq!(world.carry().0.len(), 2);
		next_block();
		let (asked, _) = world.carry();
		assert_eq!(asked.len(), 1);
		assert!(asked[0].uri.starts_with(OTHER_GATEWAY));
	});
}

/// What the courier remembers: what, since when, for how many blocks.
fn notes() -> Vec<(H256, u32, u32)> {
	type Memory = (Vec<(H256, u32, u32)>, (H256, H256));
	let bytes = stored(MEMORY).unwrap_or_default();
	if bytes.is_empty() {
		return Vec::new();
	}
	Memory::decode(&mut bytes.as_slice()).unwrap().0
}

#[test]
fn courier_forgets_that_a_gateway_was_down_when_it_answers() {
	on_node(&[worker(1), worker(2)], |world| {
		quorum();
		set_gateway(key_of_worker(&worker(2)), OTHER_GATEWAY.as_bytes());
		world.on("/v1/jobs/", Reply::Refuses);
		world.carry();
		// Each is down and rests.
		assert_eq!(notes().len(), 4);
		forward(5);
		world.on(GATEWAY, Reply::Says(202, Vec::new()));
		assert_eq!(world.carry().0.len(), 2);
		// The other one still is down, and rests again.
		assert_eq!(notes().len(), 2);
	});
}

#[test]
fn courier_complains_when_it_holds_the_keys_of_more_than_sixteen_workers() {
	for (count, complaints) in [(1, 0), (16, 0), (17, 1)] {
		let workers: Vec<_> = (1..=count).map(worker).collect();
		on_node(&workers, |world| {
			enlisted(plain_listing(), count);
			assert!(world.carry().0.is_empty());
			assert_eq!(notes().len(), complaints);
			at(HEARTBEAT);
			assert_eq!(world.carry().0.len(), count.min(16) as usize);
		});
	}
}

#[test]
fn courier_reads_why_a_gateway_refuses() {
	for code in [400, 409, 422, 500] {
		on_node(&[worker(1)], |world| {
			quorum();
			world.on("/v1/jobs/", Reply::Says(code, b"why".to_vec()));
			world.carry();
			assert_eq!(world.state().read[0], 3, "{code}");
		});
	}
}
