//! Random sequences of operations against a plain model of the list, the sets and their keys: refused
//! with which error, or done with whom on the list, in the set, planned, disabled and provable.

use crate::{mock::*, Error, Event, LastExpelled};
use frame_support::{assert_ok, storage::with_storage_layer};
use pallet_session::historical::HistoricalSessions;
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_runtime::{testing::UintAuthorityId, DispatchError, DispatchResult};
use std::{
	cell::Cell,
	collections::{BTreeMap, BTreeSet},
};

/// What may be done, accounts by their index in [`ALL`].
#[derive(Clone, Debug)]
enum Op {
	Add { who: usize },
	Remove { who: usize },
	SetKeys { who: usize, key: u64 },
	PurgeKeys { who: usize },
	Offend { who: usize },
	NextSession,
}

/// Validators and the keys that they have in a session.
type Plan = Vec<(usize, u64)>;

/// What happened, as a person would keep it in a diary.
#[derive(Clone)]
struct Model {
	session: u32,
	list: Vec<usize>,
	/// The keys that count from the next plan on.
	keys: [Option<u64>; ALL.len()],
	running: Plan,
	queued: Plan,
	disabled: BTreeSet<usize>,
	expelled: Option<(u32, usize)>,
	/// The plans of the sessions that are provable.
	provable: BTreeMap<u32, Plan>,
	events: Vec<Event<Test>>,
}

fn ensure(condition: bool, otherwise: impl Into<DispatchError>) -> DispatchResult {
	condition.then_some(()).ok_or(otherwise.into())
}

fn account(who: usize) -> AccountId {
	ALL[who].clone()
}

fn accounts<'a>(who: impl IntoIterator<Item = &'a usize>) -> Vec<AccountId> {
	who.into_iter().map(|who| account(*who)).collect()
}

impl Model {
	/// A chain that begins with the first `count` accounts.
	fn new(count: usize) -> Self {
		let first = |who: usize| (who, first_key(&ALL[who]));
		let running: Plan = (0..count).map(first).collect();
		let mut keys = [None; ALL.len()];
		for (who, key) in &running {
			keys[*who] = Some(*key);
		}
		Model {
			session: 0,
			list: (0..count).collect(),
			keys,
			queued: running.clone(),
			running,
			disabled: BTreeSet::new(),
			expelled: None,
			provable: BTreeMap::new(),
			events: Vec::new(),
		}
	}

	/// Whoever is on the list and has keys.
	fn planned(&self) -> Plan {
		let keyed = |who: &usize| self.keys[*who].map(|key| (*who, key));
		self.list.iter().filter_map(keyed).collect()
	}

	/// What comes of `op`; `None` if nobody who is listed would have keys, and then it is left out.
	fn after(&self, op: &Op) -> Option<(Self, DispatchResult)> {
		let mut after = self.clone();
		let result = after.apply(op);
		(!after.planned().is_empty()).then_some((after, result))
	}

	fn apply(&mut self, op: &Op) -> DispatchResult {
		match *op {
			Op::Add { who } => {
				ensure(self.keys[who].is_some(), Error::<Test>::NoKeys)?;
				ensure(!self.list.contains(&who), Error::<Test>::AlreadyValidator)?;
				ensure(self.list.len() < MOST as usize, Error::<Test>::TooMany)?;
				self.list.push(who);
				self.events.push(Event::Added { who: account(who) });
			}
			Op::Remove { who } => {
				ensure(self.list.contains(&who), Error::<Test>::NotValidator)?;
				ensure(self.list.len() > LEAST as usize, Error::<Test>::TooFew)?;
				self.list.retain(|member| *member != who);
				self.events.push(Event::Removed { who: account(who) });
			}
			Op::SetKeys { who, key } => {
				let owner = self.keys.iter().position(|keys| *keys == Some(key));
				let free = owner.is_none_or(|owner| owner == who);
				ensure(free, pallet_session::Error::<Test>::DuplicatedKey)?;
				self.keys[who] = Some(key);
			}
			Op::PurgeKeys { who } => {
				let keys = self.keys[who].take();
				ensure(keys.is_some(), pallet_session::Error::<Test>::NoKeys)?;
			}
			Op::Offend { who } => self.offend(who),
			Op::NextSession => self.next_session(),
		}
		Ok(())
	}

	fn offend(&mut self, who: usize) {
		self.disable(who);
		let first = self
			.expelled
			.is_none_or(|(session, _)| session < self.session);
		let others = self
			.planned()
			.iter()
			.filter(|(other, _)| *other != who)
			.count();
		if first && self.list.contains(&who) && others >= LEAST as usize {
			self.list.retain(|member| *member != who);
			self.expelled = Some((self.session, who));
			self.events.push(Event::Expelled { who: account(who) });
		}
	}

	/// Fewer than a third of the set are disabled.
	fn disable(&mut self, who: usize) {
		let most = (self.running.len() - 1) / 3;
		let runs = self.running.iter().any(|(validator, _)| *validator == who);
		if runs && self.disabled.len() < most {
			self.disabled.insert(who);
		}
	}

	fn next_session(&mut self) {
		// The set of genesis is named once more, for its root.
		let changed = self.queued != self.running || self.session == 1;
		self.session += 1;
		self.running = self.queued.clone();
		if changed {
			self.disabled.clear();
		}
		if let Some((session, who)) = self.expelled {
			if session + 1 == self.session && !self.list.contains(&who) {
				self.disable(who);
			}
		}
		self.queued = self.planned();
		self.provable.insert(self.session + 1, self.queued.clone());
		let oldest = self.session.saturating_sub(PROVABLE);
		self.provable = self.provable.split_off(&oldest);
	}

	/// Compares everything that the chain keeps with the diary.
	fn compare(&self) {
		assert_eq!(Session::current_index(), self.session);
		assert_eq!(members(), accounts(&self.list));
		assert_eq!(set(), accounts(self.running.iter().map(|(who, _)| who)));
		let queued: Vec<_> = self
			.queued
			.iter()
			.map(|(who, key)| (account(*who), UintAuthorityId(*key)))
			.collect();
		assert_eq!(Session::queued_keys(), queued);
		let disabled: BTreeSet<_> = disabled().into_iter().collect();
		let expected: BTreeSet<_> = accounts(&self.disabled).into_iter().collect();
		assert_eq!(disabled, expected);
		let expelled = self.expelled.map(|(session, who)| (session, account(who)));
		assert_eq!(LastExpelled::<Test>::get(), expelled);
		self.compare_roots();
		assert_ok!(Validators::check_invariants());
	}

	/// Sessions have the same root if they have the same validators with the same keys.
	fn compare_roots(&self) {
		let roots: BTreeMap<_, _> = HistoricalSessions::<Test>::iter().collect();
		assert!(roots.keys().eq(self.provable.keys()));
		for (session, plan) in &self.provable {
			assert_eq!(roots[session].1 as usize, plan.len());
			for (other, its_plan) in &self.provable {
				assert_eq!(roots[session] == roots[other], plan == its_plan);
			}
		}
	}
}

/// What `op` does to the chain.
fn dispatch(op: &Op) -> DispatchResult {
	match op {
		Op::Add { who } => add(account(*who))?,
		Op::Remove { who } => remove(account(*who))?,
		Op::SetKeys { who, key } => set_keys(account(*who), *key)?,
		Op::PurgeKeys { who } => purge_keys(account(*who))?,
		Op::Offend { who } => offend(&[account(*who)]),
		Op::NextSession => next_session(),
	}
	Ok(())
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
	let who = || 0..ALL.len();
	let key = 1u64..25;
	let op = prop_oneof![
		6 => who().prop_map(|who| Op::Add { who }),
		3 => who().prop_map(|who| Op::Remove { who }),
		6 => (who(), key).prop_map(|(who, key)| Op::SetKeys { who, key }),
		2 => who().prop_map(|who| Op::PurgeKeys { who }),
		4 => who().prop_map(|who| Op::Offend { who }),
		8 => Just(Op::NextSession),
	];
	prop::collection::vec(op, 1..150)
}

#[test]
fn the_set_agrees_with_the_model_whatever_happens() {
	// More can be asked for, by the variable that all proptests heed.
	let asked = std::env::var("PROPTEST_CASES").ok();
	let cases = asked.and_then(|cases| cases.parse().ok()).unwrap_or(256u32);
	let mut runner = TestRunner::new(Settings {
		cases,
		failure_persistence: None,
		..Settings::default()
	});
	let (done, refused, expelled) = (Cell::new(0u32), Cell::new(0u32), Cell::new(0u32));
	let first = LEAST as usize..=MOST as usize;
	runner
		.run(&(first, ops()), |(first, ops)| {
			let mut model = Model::new(first);
			genesis(&ALL[..first]).execute_with(|| {
				model.compare();
				for op in ops {
					let Some((after, expected)) = model.after(&op) else {
						continue;
					};
					let counter = if expected.is_ok() { &done } else { &refused };
					counter.set(counter.get() + 1);
					let actual = with_storage_layer(|| dispatch(&op));
					assert_eq!(actual, expected, "{op:?}");
					model = after;
					model.compare();
				}
				assert_eq!(events(), model.events);
			});
			let out = |event: &&Event<Test>| matches!(event, Event::Expelled { .. });
			expelled.set(expelled.get() + model.events.iter().filter(out).count() as u32);
			Ok(())
		})
		.unwrap();
	let (done, refused, expelled) = (done.get(), refused.get(), expelled.get());
	println!(
		"{cases} histories: {done} operations done, {refused} refused as predicted, {expelled} \
		 validators expelled"
	);
	assert!(
		done > 20 * cases && refused > 8 * cases && expelled > cases,
		"the sequences must do and refuse enough"
	);
}
