//! The same operations on the chain, and what is drawn at random.

use super::*;
use crate::crypto::{key_hash, WorkerSignature};
use frame_support::{assert_ok, storage::with_storage_layer, traits::fungible::Mutate};
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_core::{sr25519, Pair};
use sp_io::hashing::blake2_256;
use sp_runtime::DispatchResult;
use std::cell::RefCell;
use weighhouse_primitives::{
	inference::{commitment, signed_bytes, Reveal, Step, HEARTBEAT_DOMAIN, KEY_DOMAIN},
	market::Rights,
	royalty::Share,
};

// ---- what an operation means here and now ----

impl Model {
	fn nth(&self, place: usize) -> JobId {
		match self.jobs.len() {
			0 => 1_000,
			_ if place % 25 == 24 => 1_000,
			count => *self.jobs.keys().nth(place % count).unwrap(),
		}
	}

	/// A message of a seat, or of somebody without one.
	fn message(&self, job: JobId, seat: usize, flaw: Flaw) -> Message {
		let seated = self.jobs.get(&job).and_then(|record| {
			let round = record.round();
			let panel = &record.panels[round];
			let found = panel.get(seat % panel.len().max(1))?;
			(seat % 16 != 15).then_some((found.who, round, found.key))
		});
		let (who, round, key) = seated.unwrap_or((FIRST_WORKER + seat % 13, 0, 0));
		Message {
			job,
			who,
			round,
			key,
			at: match flaw {
				Flaw::Future => self.now + 1,
				Flaw::Stale => self.now.saturating_sub(STEP_LIVES + 1),
				_ => self.now.saturating_sub(seat as u32 % STEP_LIVES),
			},
			other: matches!(flaw, Flaw::Other),
			forged: matches!(flaw, Flaw::Forged),
		}
	}

	/// What all seats of a job do whose turn it is, but for those whose bit is set.
	fn turns(&self, job: JobId, words: &[Word; 9], lost: u16) -> Vec<Act> {
		let Some(record) = self.jobs.get(&job) else {
			return Vec::new();
		};
		let round = record.round();
		let seats = record.panels[round].iter().enumerate();
		seats
			.filter(|(place, _)| lost & (1 << place) == 0)
			.filter_map(|(place, seat)| {
				let message = Message {
					job,
					who: seat.who,
					round,
					key: seat.key,
					at: self.now,
					other: false,
					forged: false,
				};
				let free = place % 2 == 0;
				let word = words[place];
				Some(match record.due(round, seat, self.now)? {
					Turn::Commit => Act::Commit(message, Some(word), free),
					Turn::Open(word) => Act::Reveal(message, word?, false, free),
					Turn::Answer => Act::Reveal(message, word, false, free),
				})
			})
			.collect()
	}

	/// What an operation comes down to.
	fn acts(&self, op: Op) -> Vec<Act> {
		match op {
			Op::Commit {
				job,
				seat,
				word,
				free,
				flaw,
			} => {
				let message = self.message(self.nth(job), seat, flaw);
				vec![Act::Commit(message, word, free)]
			}
			Op::Reveal {
				job,
				seat,
				word,
				garbled,
				free,
				flaw,
			} => {
				let message = self.message(self.nth(job), seat, flaw);
				let committed = self.jobs.get(&message.job).and_then(|record| {
					let mut panel = record.panels[message.round].iter();
					panel.find(|seat| seat.who == message.who)?.committed?
				});
				let word = word.or(committed).unwrap_or(Word::Plain(1));
				vec![Act::Reveal(message, word, garbled, free)]
			}
			Op::Play { job, words, lost } => {
				let ids = match job {
					Some(job) => vec![self.nth(job)],
					None => self.jobs.keys().copied().collect(),
				};
				ids.into_iter()
					.flat_map(|id| self.turns(id, &words, lost))
					.collect()
			}
			Op::Gather => {
				let workers = self.workers.keys().copied();
				workers.map(|who| Act::Simple(Op::Resume(who))).collect()
			}
			Op::Dispute(who, job, ground) => vec![Act::Dispute(who, self.nth(job), ground)],
			Op::Poke(job) => vec![Act::Poke(self.nth(job))],
			simple => vec![Act::Simple(simple)],
		}
	}
}

// ---- the same on the chain ----

fn called(call: impl FnOnce() -> DispatchResult) -> Result<(), Refused> {
	with_storage_layer(call).map_err(Refused::Call)
}

fn sent(call: RuntimeCall) -> Result<(), Refused> {
	match apply(call) {
		Ok(done) => done.map_err(Refused::Call),
		Err(why) => Err(Refused::Pool(why)),
	}
}

fn step_of(message: &Message) -> Step {
	let known = Jobs::<Test>::get(message.job).map(|job| job.request_hash);
	Step {
		job: message.job,
		request_hash: match message.other {
			true => H256::repeat_byte(9),
			false => known.unwrap_or_default(),
		},
		round: rounds(message.round),
		worker: key_hash(&key_of(&pair(message.who, message.key))),
		at: message.at,
	}
}

fn pair(who: Who, key: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&blake2_256(&[who as u8, key]))
}

fn signer(message: &Message) -> sr25519::Pair {
	match message.forged {
		true => other_pair(3),
		false => pair(message.who, message.key),
	}
}

fn salt(message: &Message) -> H256 {
	H256(blake2_256(&[message.who as u8, message.round as u8]))
}

fn commitment_to(message: &Message, word: Option<Word>) -> H256 {
	let Some(word) = word else {
		return H256::repeat_byte(7);
	};
	let Some(job) = Jobs::<Test>::get(message.job) else {
		return H256::zero();
	};
	let key = key_hash(&key_of(&pair(message.who, message.key)));
	let answer = answer_of(&account(message.who), &word.said());
	let round = rounds(message.round);
	commitment(job.request_hash, &key.0, round, &answer, salt(message))
}

fn shown(message: &Message, word: Word, garbled: bool) -> Reveal {
	let said = word.said();
	Reveal {
		answer: answer_of(&account(message.who), &said),
		salt: salt(message),
		output: match garbled {
			true => vec![99].try_into().unwrap(),
			false => said.output,
		},
	}
}

/// The free transaction that an act sends, if it is one.
fn call_of(act: &Act) -> Option<RuntimeCall> {
	match act {
		Act::Commit(message, word, true) => Some(commit_call(
			step_of(message),
			commitment_to(message, *word),
			&signer(message),
		)),
		Act::Reveal(message, word, garbled, true) => Some(reveal_call(
			step_of(message),
			shown(message, *word, *garbled),
			&signer(message),
		)),
		_ => None,
	}
}

fn key_proof(who: Who, key: u8) -> WorkerSignature {
	let said = signed_bytes(KEY_DOMAIN, GENESIS, account(who));
	pair(who, key).sign(&said).into()
}

fn beat(model: &Model, who: Who) -> RuntimeCall {
	let key = model.workers.get(&who).map_or(0, |record| record.key);
	let pair = pair(who, key);
	let (worker, at) = (key_of(&pair), model.now);
	let said = signed_bytes(HEARTBEAT_DOMAIN, GENESIS, (&worker, at));
	RuntimeCall::Inference(Call::heartbeat {
		worker,
		at,
		signature: pair.sign(&said).into(),
	})
}

fn dispatch(model: &Model, act: &Act) -> Result<(), Refused> {
	if let Some(call) = call_of(act) {
		return sent(call);
	}
	if let Act::Simple(Op::Beat(who, true)) = act {
		return sent(beat(model, *who));
	}
	let by = |who: &Who| signed(account(*who));
	called(|| match act {
		Act::Commit(message, word, _) => {
			let hidden = commitment_to(message, *word);
			Inference::commit_signed(by(&message.who), message.job, hidden)
		}
		Act::Reveal(message, word, garbled, _) => {
			let shown = shown(message, *word, *garbled);
			Inference::reveal_signed(by(&message.who), message.job, shown)
		}
		Act::Dispute(who, job, ground) => Inference::dispute(by(who), *job, *ground),
		Act::Poke(job) => poke(account(3), *job),
		Act::Simple(op) => match op {
			Op::Register(who, bond) => {
				let key = key_of(&pair(*who, 0));
				Inference::register_worker(by(who), key, key_proof(*who, 0), *bond)
			}
			Op::SetKey(who, key) => {
				let proof = key_proof(*who, *key);
				Inference::set_worker_key(by(who), key_of(&pair(*who, *key)), proof)
			}
			Op::BondMore(who, amount) => Inference::bond_more(by(who), *amount),
			Op::Unbond(who, amount) => Inference::unbond(by(who), *amount),
			Op::Withdraw(who) => Inference::withdraw_unbonded(by(who)),
			Op::Serve(who, listing, least) => Inference::serve(by(who), *listing, *least),
			Op::Stop(who, listing) => Inference::stop_serving(by(who), *listing),
			Op::Pause(who) => Inference::pause(by(who)),
			Op::Resume(who) => Inference::resume(by(who)),
			Op::Remove(who) => Inference::remove_worker(by(who)),
			Op::Ask {
				who,
				listing,
				version,
				mode,
				access,
				reward,
			} => ask(Asking {
				who: account(*who),
				listing: *listing,
				version: *version,
				mode: *mode,
				access: *access,
				reward: *reward,
			}),
			Op::Beat(who, _) => Inference::heartbeat_signed(by(who)),
			Op::Prune(receipt) => Inference::prune_receipt(by(&2), *receipt),
			_ => unreachable!("is no call"),
		},
	})
}

/// Takes a job off the queue of deadlines, as if no block had had room.
fn lose(model: &mut Model, id: JobId) {
	crate::mock::lose(id);
	model.forget(id);
}

// ---- the market ----

/// What the counters of a run say.
#[derive(Default)]
struct Counts {
	done: u32,
	refused: u32,
	blocks: u32,
	whys: BTreeMap<String, u32>,
	ends: BTreeMap<String, u32>,
}

/// A chain and its ledger: two listings, thirteen workers, an owner who works, a treasury that may
/// be dead, and requesters of whom one is poor.
fn market(treasury: u128, money: [u128; 3], audit_parts: u32) -> (sp_io::TestExternalities, Model) {
	let mut ext = new_test_ext();
	AuditParts::set(audit_parts);
	MinReward::set(SMALLEST);
	let mut free = [5_000 * UNIT; ACCOUNTS];
	free[1..4].copy_from_slice(&money);
	free[TREASURER] = treasury;
	free[POTTER] = ED;
	free[UNBORN] = 0;
	ext.execute_with(|| {
		for (who, amount) in free.into_iter().enumerate() {
			Balances::set_balance(&account(who), amount);
		}
		ShortWindows::<Test>::put(SHORT);
		let table = vec![Share {
			listing: 9,
			parts: PARTS / 10,
		}];
		Registry::list(1, ALICE, &[MockVersion { table, ..EXACT }]);
		Registry::list(2, NOBODY, &[TOLERANT]);
		Calls::offer(1, 1, CALL_PRICE);
		Calls::offer(2, 1, ED / 2);
		Calls::offer(2, 2, UNIT);
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: Some(3),
			},
		);
	});
	let model = Model {
		now: 1,
		free,
		held: [[0; 7]; ACCOUNTS],
		issuance: free.iter().sum(),
		workers: BTreeMap::new(),
		jobs: BTreeMap::new(),
		next_job: 1,
		queue: BTreeMap::new(),
		receipts: BTreeMap::new(),
		next_receipt: 1,
		blind: BTreeSet::new(),
		calls: 3,
		audit_parts,
		ends: BTreeMap::new(),
	};
	(ext, model)
}

/// Does what the sequences take for granted: workers who serve.
fn open_market(model: &mut Model) {
	for who in [0].into_iter().chain(FIRST_WORKER..=LAST_WORKER) {
		for op in [
			Op::Register(who, BOND),
			Op::Serve(who, 1, SMALLEST),
			Op::Serve(who, 2, SMALLEST),
		] {
			let act = Act::Simple(op);
			assert_eq!(dispatch(model, &act), Ok(()));
			assert_eq!(model.apply(&act), Ok(()));
		}
	}
	model.compare();
}

/// Both do an act and agree on what comes of it.
fn perform(model: &mut Model, act: &Act, counts: &mut Counts) {
	let actual = dispatch(model, act);
	agree(model, act, actual, counts);
}

fn agree(model: &mut Model, act: &Act, actual: Result<(), Refused>, counts: &mut Counts) {
	let expected = model.apply(act);
	assert_eq!(actual, expected, "{act:?}");
	match expected {
		Ok(()) => counts.done += 1,
		Err(why) => {
			counts.refused += 1;
			*counts.whys.entry(format!("{why:?}")).or_default() += 1;
		}
	}
	model.compare();
}

/// Lets all jobs end, then takes everything back that is held.
fn wind_up(model: &mut Model) {
	while !model.jobs.is_empty() {
		// Whose deadline was lost waits for somebody.
		let due: Vec<_> = model
			.jobs
			.iter()
			.filter(|(_, job)| last(&job.phase) < model.now)
			.map(|(id, _)| *id)
			.collect();
		for id in due {
			assert_ok!(poke(CAROL, id));
			assert_eq!(model.apply(&Act::Poke(id)), Ok(()));
		}
		model.block();
	}
	model.compare();
	for held in model.held {
		assert_eq!((held[ESCROW], held[CHALLENGED], held[JOB]), (0, 0, 0));
	}
	(0..LIFETIME).for_each(|_| model.block());
	let mut ops: Vec<_> = model.receipts.keys().copied().map(Op::Prune).collect();
	for (who, record) in &model.workers {
		assert_eq!(record.reserved, 0);
		ops.extend(record.serves.keys().map(|listing| Op::Stop(*who, *listing)));
		let leaves = record.leaving.len();
		// The windows of a development chain are shorter than a receipt's life.
		ops.extend((leaves > 0).then_some(Op::Withdraw(*who)));
		ops.extend((record.bond > 0).then_some(Op::Unbond(*who, record.bond)));
	}
	let bonded: Vec<_> = model
		.workers
		.iter()
		.map(|(who, record)| (*who, record.bond > 0))
		.collect();
	let run = |model: &mut Model, op: Op| {
		let act = Act::Simple(op);
		assert_eq!(dispatch(model, &act), Ok(()));
		assert_eq!(model.apply(&act), Ok(()));
	};
	for op in ops {
		run(model, op);
	}
	(0..SHORT.unbonding).for_each(|_| model.block());
	for (who, bonded) in bonded {
		if bonded {
			run(model, Op::Withdraw(who));
		}
		run(model, Op::Remove(who));
	}
	model.compare();
	assert_eq!(model.held, [[0; 7]; ACCOUNTS]);
	assert!(Inference::retained().is_empty());
	assert_eq!(Panels::<Test>::iter().count(), 0);
	assert_eq!(Outputs::<Test>::iter().count(), 0);
	assert_eq!(Receipts::<Test>::iter().count(), 0);
}

fn word() -> impl Strategy<Value = Word> {
	prop_oneof![
		24 => Just(Word::Plain(1)),
		4 => Just(Word::Plain(2)),
		1 => Just(Word::Plain(3)),
		3 => Just(Word::Large(1)),
		2 => Just(Word::Near(1)),
		2 => Just(Word::NoInput),
		1 => Just(Word::Fails),
	]
}

/// What a panel says: one word for most, its own for each of the others.
fn words() -> impl Strategy<Value = [Word; 9]> {
	let all = prop_oneof![
		6 => Just(Word::Plain(1)),
		3 => Just(Word::Plain(2)),
		2 => Just(Word::Large(1)),
		2 => Just(Word::Near(1)),
		2 => Just(Word::NoInput),
		1 => Just(Word::Fails),
	];
	let each = prop::array::uniform9(prop::option::weighted(0.08, word()));
	(all, each).prop_map(|(all, each)| each.map(|own| own.unwrap_or(all)))
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
	let worker = || prop_oneof![12 => FIRST_WORKER..=LAST_WORKER, 1 => Just(0), 1 => 1usize..4];
	let asker =
		|| prop_oneof![3 => Just(1usize), 2 => Just(3usize), 2 => Just(2usize), 1 => worker()];
	let listing = || prop_oneof![8 => Just(1u32), 6 => Just(2u32), 1 => Just(3u32)];
	let mode = prop_oneof![
		1 => Just(Mode::Owner),
		4 => Just(Mode::Solo),
		5 => Just(Mode::QuorumOfThree),
		2 => Just(Mode::QuorumOfFive),
	];
	let access = prop_oneof![
		16 => Just(Access::Offer(1)),
		3 => Just(Access::Offer(2)),
		2 => Just(Access::Licence(5)),
		1 => Just(Access::Owner),
	];
	let reward = || {
		prop_oneof![
			1 => Just(SMALLEST - 1),
			2 => Just(SMALLEST),
			3 => Just(4_007u128),
			4 => Just(LEAST_REWARD),
			5 => Just(REWARD),
			2 => SMALLEST..2 * UNIT,
		]
	};
	let bond = || {
		prop_oneof![
			1 => Just(0u128),
			2 => 1..UNIT,
			4 => LEAST_BOND..2 * BOND,
			1 => Just(1_000_000 * UNIT),
		]
	};
	let flaw = || {
		prop_oneof![
			12 => Just(Flaw::None),
			1 => Just(Flaw::Future),
			1 => Just(Flaw::Stale),
			1 => Just(Flaw::Other),
			1 => Just(Flaw::Forged),
		]
	};
	let ground = prop_oneof![
		3 => Just(Ground::Wrong),
		2 => Just(Ground::Unavailable),
		1 => Just(Ground::NotAsFingerprinted),
	];
	let job = || 0usize..1_000;
	let version = prop_oneof![20 => Just(1u32), 1 => Just(2u32)];
	let request = (asker(), listing(), version, mode, access, reward()).prop_map(
		|(who, listing, version, mode, access, reward)| Op::Ask {
			who,
			listing,
			version,
			mode,
			access,
			reward,
		},
	);
	let commit = (
		job(),
		job(),
		prop::option::weighted(0.8, word()),
		any::<bool>(),
		flaw(),
	)
		.prop_map(|(job, seat, word, free, flaw)| Op::Commit {
			job,
			seat,
			word,
			free,
			flaw,
		});
	let garbled = prop::bool::weighted(0.1);
	let shown = prop::option::weighted(0.3, word());
	let reveal = (job(), job(), shown, garbled, any::<bool>(), flaw()).prop_map(
		|(job, seat, word, garbled, free, flaw)| Op::Reveal {
			job,
			seat,
			word,
			garbled,
			free,
			flaw,
		},
	);
	let lost = prop_oneof![4 => Just(0u16), 1 => any::<u16>(), 1 => Just(0b1_0001_0010)];
	let one = prop::option::weighted(0.2, job());
	let play = (one, words(), lost).prop_map(|(job, words, lost)| Op::Play { job, words, lost });
	let calls = prop_oneof![
		2 => (worker(), bond()).prop_map(|(who, bond)| Op::Register(who, bond)),
		2 => (worker(), 0u8..3).prop_map(|(who, key)| Op::SetKey(who, key)),
		2 => (worker(), bond()).prop_map(|(who, amount)| Op::BondMore(who, amount)),
		2 => (worker(), bond()).prop_map(|(who, amount)| Op::Unbond(who, amount)),
		2 => worker().prop_map(Op::Withdraw),
		3 => (worker(), listing(), reward())
			.prop_map(|(who, listing, least)| Op::Serve(who, listing, least)),
		1 => (worker(), listing()).prop_map(|(who, listing)| Op::Stop(who, listing)),
		1 => worker().prop_map(Op::Pause),
		6 => worker().prop_map(Op::Resume),
		1 => worker().prop_map(Op::Remove),
		6 => (worker(), any::<bool>()).prop_map(|(who, free)| Op::Beat(who, free)),
		3 => (0u64..12).prop_map(Op::Prune),
	];
	let op = prop_oneof![
		10 => calls,
		16 => request,
		5 => commit,
		5 => reveal,
		40 => play,
		3 => Just(Op::Gather),
		4 => Just(Op::Repeat),
		9 => (asker(), job(), ground).prop_map(|(who, job, ground)| Op::Dispute(who, job, ground)),
		5 => job().prop_map(Op::Poke),
		2 => job().prop_map(Op::Lose),
		1 => Just(Op::Blind),
		26 => prop_oneof![24 => 1u32..4, 8 => 4u32..20, 1 => Just(300u32)].prop_map(Op::Wait),
	];
	prop::collection::vec(op, 80..320)
}

/// Plays a sequence on a market of its own.
fn play_out(model: &mut Model, ops: Vec<Op>, counts: &mut Counts) {
	let mut sent_last: Option<(Act, RuntimeCall)> = None;
	for op in ops {
		match op {
			Op::Wait(blocks) => {
				for _ in 0..blocks {
					let eventful = model.queue.contains_key(&(model.now + 1));
					model.block();
					counts.blocks += 1;
					if eventful {
						model.compare();
					}
				}
			}
			Op::Blind => {
				let block = model.now + 1;
				plan_randomness(block, None);
				model.blind.insert(block);
			}
			Op::Lose(job) => {
				let id = model.nth(job);
				lose(model, id);
			}
			Op::Repeat => {
				if let Some((act, call)) = sent_last.clone() {
					let actual = sent(call);
					agree(model, &act, actual, counts);
				}
			}
			op => {
				for act in model.acts(op) {
					if let Some(call) = call_of(&act) {
						sent_last = Some((act.clone(), call));
					}
					perform(model, &act, counts);
				}
			}
		}
	}
}

#[test]
fn money_is_where_the_ledger_says_whatever_is_sent_in_whatever_order() {
	// More can be asked for, by the variable that all proptests heed.
	let asked = std::env::var("PROPTEST_CASES").ok();
	let cases = asked.and_then(|cases| cases.parse().ok()).unwrap_or(64u32);
	let mut runner = TestRunner::new(Settings {
		cases,
		failure_persistence: None,
		..Settings::default()
	});
	let counts = RefCell::new(Counts::default());
	let money = prop::array::uniform3(prop_oneof![
		1 => Just(12 * UNIT),
		1 => Just(60 * UNIT),
		4 => Just(100_000 * UNIT)
	]);
	let treasury = prop_oneof![Just(0), Just(ED), Just(ENDOWMENT)];
	let audits = prop_oneof![Just(0), Just(PARTS / 2), Just(PARTS)];
	runner
		.run(
			&(treasury, money, audits, ops()),
			|(treasury, money, audits, ops)| {
				let (mut ext, mut model) = market(treasury, money, audits);
				let mut counts = counts.borrow_mut();
				ext.execute_with(|| {
					open_market(&mut model);
					play_out(&mut model, ops, &mut counts);
					wind_up(&mut model);
				});
				for (end, times) in model.ends {
					*counts.ends.entry(end).or_default() += times;
				}
				Ok(())
			},
		)
		.unwrap();
	let counts = counts.into_inner();
	println!(
		"{cases} markets: {} operations done, {} refused as predicted, {} blocks",
		counts.done, counts.refused, counts.blocks
	);
	println!("ends: {:#?}", counts.ends);
	println!("refusals: {:#?}", counts.whys);
	assert!(
		counts.done > 100 * cases && counts.refused > 30 * cases,
		"the sequences must do and refuse enough"
	);
	assert!(
		cases < 64 || counts.ends.len() == 9,
		"the sequences must come to every end"
	);
}
