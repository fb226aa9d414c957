//! Random sequences of operations against a plain model that keeps every outcome for ever and sums
//! them up with floating point: refused with which error, or done with which scores and deposits.

use crate::{mock::*, *};
use frame_support::{assert_ok, storage::with_storage_layer};
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_runtime::DispatchError;
use std::{cell::Cell, collections::BTreeMap};
use weighhouse_primitives::{
	traits::{OwnershipChange, RecordReputation, WorkerVerdict},
	PARTS,
};

/// Accounts by index; the last has no balance.
const WHO: [AccountId; 5] = [ALICE, BOB, CAROL, DAVE, NOBODY];

/// How far a score may be off: two parts for its arithmetic, and masses that are one smallest unit
/// and a trace off.
const SCORE_ERROR: f64 = 4.0;

type Refusal = Error<Test>;

/// A subject whose accounts are indices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Name {
	Listing(u32),
	Worker(usize),
	Rater(usize),
	Seller(usize),
}

impl Name {
	fn subject(self) -> SubjectOf<Test> {
		match self {
			Name::Listing(listing) => Subject::Listing(listing),
			Name::Worker(who) => Subject::Worker(WHO[who].clone()),
			Name::Rater(who) => Subject::Rater(WHO[who].clone()),
			Name::Seller(who) => Subject::Seller(WHO[who].clone()),
		}
	}
}

#[derive(Clone, Debug)]
enum Op {
	Settle {
		listing: u32,
		seller: usize,
		buyer: usize,
		fee: u128,
	},
	Rate {
		who: usize,
		receipt: u64,
		percent: u8,
	},
	Forget {
		receipt: u64,
	},
	/// The book no longer keeps a receipt.
	Lose {
		receipt: u64,
	},
	Work {
		who: usize,
		verdict: WorkerVerdict,
		fee: u128,
	},
	Care {
		who: usize,
		earned: u32,
		fee: u128,
	},
	HandOver {
		listing: u32,
	},
	Prune {
		name: Name,
	},
	Wait {
		blocks: u32,
	},
}

/// An outcome as it turned out in the end.
#[derive(Clone)]
struct Outcome {
	block: u32,
	fee: f64,
	/// The part that was well spent.
	good: f64,
	/// The receipt that it is of, if any.
	receipt: Option<u64>,
}

#[derive(Clone, Default)]
struct History {
	outcomes: Vec<Outcome>,
	changed: u32,
	owner_changed: Option<u32>,
}

impl History {
	/// Success and failure in the smallest unit.
	fn masses(&self, now: u32) -> (f64, f64) {
		self.outcomes.iter().fold((0.0, 0.0), |sum, outcome| {
			let age = f64::from(now - outcome.block) / f64::from(HALF_LIFE);
			let left = outcome.fee * (-age).exp2();
			(
				sum.0 + left * outcome.good,
				sum.1 + 3.0 * left * (1.0 - outcome.good),
			)
		})
	}

	fn counts(&self) -> (u32, u32) {
		let good = self.outcomes.iter().filter(|o| o.good >= 0.5).count();
		(good as u32, (self.outcomes.len() - good) as u32)
	}
}

struct ModelReceipt {
	listing: u32,
	seller: usize,
	buyer: usize,
	fee: u128,
	settled: u32,
}

struct ModelRating {
	buyer: usize,
	percent: u8,
	block: u32,
	until: u32,
}

/// What happened, as a person would keep it in a diary.
struct Model {
	now: u32,
	deposit: u128,
	free: [u128; 5],
	held: [u128; 5],
	histories: BTreeMap<Name, History>,
	receipts: BTreeMap<u64, ModelReceipt>,
	ratings: BTreeMap<u64, ModelRating>,
	next_receipt: u64,
}

fn formula((success, failure): (f64, f64)) -> f64 {
	let unit = UNIT as f64;
	let (good, bad) = (success / unit + 1.0, failure / unit + 1.0);
	let p = good / (good + bad);
	let bound = p - 1.645 * (p * (1.0 - p) / (good + bad + 1.0)).sqrt();
	bound.max(0.0) * f64::from(PARTS)
}

fn ensure(condition: bool, otherwise: Refusal) -> Result<(), Refusal> {
	condition.then_some(()).ok_or(otherwise)
}

impl Model {
	fn add(&mut self, name: Name, fee: u128, good: f64, receipt: Option<u64>) {
		if fee == 0 {
			return;
		}
		let history = self.histories.entry(name).or_default();
		history.changed = self.now;
		history.outcomes.push(Outcome {
			block: self.now,
			fee: fee as f64,
			good,
			receipt,
		});
	}

	/// Whether the evidence about `name` has faded, unless it is too near the limit to say.
	fn faded(&self, name: Name) -> Option<Result<(), Refusal>> {
		let Some(history) = self.histories.get(&name) else {
			return Some(Err(Error::UnknownSubject));
		};
		let (success, failure) = history.masses(self.now);
		let most = success.max(failure) / (UNIT as f64 / 1_000.0);
		if history.changed + HALF_LIFE > self.now {
			return Some(Err(Error::NotFaded));
		}
		((most - 1.0).abs() > 1e-6).then(|| ensure(most < 1.0, Error::NotFaded))
	}

	/// Points `op` at the `n`th of the records that exist, and mostly at the account that may do it.
	fn aim(&self, op: &mut Op, n: usize) {
		fn nth<K: Copy, V>(records: &BTreeMap<K, V>, n: usize) -> Option<(K, &V)> {
			let index = n.checked_rem(records.len())?;
			records.iter().nth(index).map(|(key, value)| (*key, value))
		}
		let by_right = !n.is_multiple_of(4);
		match op {
			Op::Rate { who, receipt, .. } => {
				if let Some((key, record)) = nth(&self.receipts, n) {
					*receipt = key;
					*who = if by_right { record.buyer } else { *who };
				}
			}
			Op::Forget { receipt } => {
				if let Some((key, _)) = nth(&self.ratings, n) {
					*receipt = key;
				}
			}
			Op::Prune { name } => {
				if let Some((key, _)) = nth(&self.histories, n) {
					*name = key;
				}
			}
			_ => {}
		}
	}

	/// What `op` does; `None` if it is too near a limit to predict, and then it is left out.
	fn apply(&mut self, op: &Op) -> Option<Result<(), Refusal>> {
		match *op {
			Op::Settle {
				listing,
				seller,
				buyer,
				fee,
			} => {
				let receipt = self.next_receipt;
				self.next_receipt += 1;
				self.add(Name::Listing(listing), fee, 1.0, Some(receipt));
				self.add(Name::Seller(seller), fee, 1.0, Some(receipt));
				let settled = self.now;
				self.receipts.insert(
					receipt,
					ModelReceipt {
						listing,
						seller,
						buyer,
						fee,
						settled,
					},
				);
			}
			Op::Rate {
				who,
				receipt,
				percent,
			} => return Some(self.rate(who, receipt, percent)),
			Op::Forget { receipt } => {
				let Some(rating) = self.ratings.get(&receipt) else {
					return Some(Err(Error::UnknownRating));
				};
				if self.now < rating.until {
					return Some(Err(Error::RatingStillNeeded));
				}
				self.held[rating.buyer] -= self.deposit;
				self.free[rating.buyer] += self.deposit;
				self.ratings.remove(&receipt);
			}
			Op::Lose { receipt } => {
				self.receipts.remove(&receipt);
			}
			Op::Work { who, verdict, fee } => {
				let good = f64::from(u8::from(verdict == WorkerVerdict::Agreed));
				self.add(Name::Worker(who), fee, good, None);
			}
			Op::Care { who, earned, fee } => {
				let good = f64::from(earned.min(PARTS)) / f64::from(PARTS);
				self.add(Name::Rater(who), fee, good, None);
			}
			Op::HandOver { listing } => {
				if let Some(history) = self.histories.get_mut(&Name::Listing(listing)) {
					history.owner_changed = Some(self.now);
				}
			}
			Op::Prune { name } => {
				let faded = self.faded(name)?;
				if faded.is_ok() {
					self.histories.remove(&name);
				}
				return Some(faded);
			}
			Op::Wait { blocks } => self.now += blocks,
		}
		Some(Ok(()))
	}

	fn rate(&mut self, who: usize, receipt: u64, percent: u8) -> Result<(), Refusal> {
		ensure(percent <= 100, Error::PercentTooHigh)?;
		let facts = self.receipts.get(&receipt).ok_or(Error::UnknownReceipt)?;
		ensure(facts.buyer == who, Error::NotBuyer)?;
		ensure(facts.seller != who, Error::OwnListing)?;
		ensure(facts.fee > 0, Error::NothingPaid)?;
		ensure(!self.ratings.contains_key(&receipt), Error::AlreadyRated)?;
		let until = facts.settled + RATING_WINDOW;
		ensure(self.now < until, Error::WindowOver)?;
		ensure(self.free[who] >= ED + self.deposit, Error::BalanceTooLow)?;
		self.free[who] -= self.deposit;
		self.held[who] += self.deposit;
		for name in [Name::Listing(facts.listing), Name::Seller(facts.seller)] {
			let history = self.histories.get_mut(&name).unwrap();
			history.changed = self.now;
			let outcome = history
				.outcomes
				.iter_mut()
				.find(|outcome| outcome.receipt == Some(receipt))
				.unwrap();
			outcome.good = f64::from(percent) / 100.0;
		}
		self.ratings.insert(
			receipt,
			ModelRating {
				buyer: who,
				percent,
				block: self.now,
				until,
			},
		);
		Ok(())
	}

	/// Compares everything that the chain keeps with the diary. Says how far the worst score is off.
	fn compare(&self) -> f64 {
		for (index, who) in WHO.iter().enumerate() {
			assert_eq!(free(who), self.free[index], "free balance of {index}");
			assert_eq!(held(who), self.held[index], "deposits of {index}");
		}
		let ratings: BTreeMap<_, _> = Ratings::<Test>::iter()
			.map(|(id, r)| (id, (r.buyer, r.percent, r.block, r.until)))
			.collect();
		let expected: BTreeMap<_, _> = self
			.ratings
			.iter()
			.map(|(id, r)| (*id, (WHO[r.buyer].clone(), r.percent, r.block, r.until)))
			.collect();
		assert_eq!(ratings, expected);

		assert_eq!(Subjects::<Test>::iter().count(), self.histories.len());
		let mut worst = 0f64;
		for (name, history) in &self.histories {
			let shown = view(name.subject());
			assert_eq!((shown.successes, shown.failures), history.counts());
			assert_eq!(shown.changed, Some(history.changed));
			assert_eq!(shown.owner_changed, history.owner_changed);
			let (success, failure) = history.masses(self.now);
			// What is taken back leaves a trace of the whole.
			let tolerance = 4.0 + 1e-9 * (success + failure);
			assert!((shown.success as f64 - success).abs() <= tolerance);
			assert!((shown.failure as f64 - failure).abs() <= tolerance);
			let error = (f64::from(shown.score) - formula((success, failure))).abs();
			assert!(error <= SCORE_ERROR, "{error} parts off for {name:?}");
			worst = worst.max(error);
		}
		check_everything();
		worst
	}

	/// Compares the answers to whether a receipt may be rated.
	fn compare_views(&mut self) {
		for receipt in 0..self.next_receipt + 1 {
			for (index, who) in WHO.iter().enumerate() {
				let rateable = |facts: &ModelReceipt| {
					let until = facts.settled + RATING_WINDOW;
					let may = facts.buyer == index
						&& facts.seller != index
						&& facts.fee > 0 && !self.ratings.contains_key(&receipt)
						&& self.now < until;
					may.then_some(until)
				};
				assert_eq!(
					Reputation::may_rate(who.clone(), receipt).ok(),
					self.receipts.get(&receipt).and_then(rateable)
				);
			}
		}
	}
}

/// What `op` does to the chain.
fn dispatch(op: &Op) -> Result<(), DispatchError> {
	match *op {
		Op::Settle {
			listing,
			seller,
			buyer,
			fee,
		} => {
			Book::settle(listing, WHO[seller].clone(), WHO[buyer].clone(), fee);
			Ok(())
		}
		Op::Rate {
			who,
			receipt,
			percent,
		} => Reputation::rate(signed(WHO[who].clone()), receipt, percent),
		Op::Forget { receipt } => Reputation::forget_rating(signed(DAVE), receipt),
		Op::Lose { receipt } => {
			Book::prune(receipt);
			Ok(())
		}
		Op::Work { who, verdict, fee } => {
			<Reputation as RecordReputation<_>>::record_worker(&WHO[who], verdict, fee);
			Ok(())
		}
		Op::Care { who, earned, fee } => {
			<Reputation as RecordReputation<_>>::record_rater(&WHO[who], earned, fee);
			Ok(())
		}
		Op::HandOver { listing } => {
			<Reputation as OwnershipChange<_>>::before_change(listing, &ALICE)
		}
		Op::Prune { name } => Reputation::prune(signed(DAVE), name.subject()),
		Op::Wait { blocks } => {
			at(System::block_number() + blocks);
			Ok(())
		}
	}
}

fn ops() -> impl Strategy<Value = Vec<(Op, Option<usize>)>> {
	let who = || prop_oneof![12 => 0usize..4, 1 => Just(4usize)];
	let listing = || 1u32..=4;
	let receipt = || 0u64..30;
	let fee = || {
		prop_oneof![
			1 => Just(0u128),
			2 => 1..100u128,
			3 => UNIT / 10_000..UNIT / 100,
			8 => UNIT / 100..10 * UNIT,
			3 => UNIT..1_000 * UNIT,
			1 => (40u32..100).prop_map(|bits| 1u128 << bits),
		]
	};
	let percent = prop_oneof![
		2 => Just(0u8),
		2 => Just(100),
		1 => Just(50),
		6 => 0u8..=100,
		1 => Just(101),
	];
	let verdict = prop_oneof![Just(WorkerVerdict::Agreed), Just(WorkerVerdict::Failed)];
	let earned = prop_oneof![1 => Just(0), 2 => Just(PARTS), 4 => 0..=PARTS, 1 => Just(u32::MAX)];
	let name = prop_oneof![
		listing().prop_map(Name::Listing),
		(0usize..5).prop_map(Name::Worker),
		(0usize..5).prop_map(Name::Rater),
		(0usize..5).prop_map(Name::Seller),
	];
	let settle =
		(listing(), who(), who(), fee()).prop_map(|(listing, seller, buyer, fee)| Op::Settle {
			listing,
			seller,
			buyer,
			fee,
		});
	let op = prop_oneof![
		14 => settle,
		16 => (who(), receipt(), percent)
			.prop_map(|(who, receipt, percent)| Op::Rate { who, receipt, percent }),
		5 => receipt().prop_map(|receipt| Op::Forget { receipt }),
		1 => receipt().prop_map(|receipt| Op::Lose { receipt }),
		6 => (who(), verdict, fee()).prop_map(|(who, verdict, fee)| Op::Work { who, verdict, fee }),
		4 => (who(), earned, fee()).prop_map(|(who, earned, fee)| Op::Care { who, earned, fee }),
		2 => listing().prop_map(|listing| Op::HandOver { listing }),
		5 => name.prop_map(|name| Op::Prune { name }),
		10 => prop_oneof![
			6 => 1..RATING_WINDOW / 4,
			2 => 1..2 * RATING_WINDOW,
			2 => 1..3 * HALF_LIFE,
			1 => Just(HALF_LIFE),
			1 => Just(12 * HALF_LIFE)
		].prop_map(|blocks| Op::Wait { blocks }),
	];
	let aim = prop::option::weighted(0.9, 0usize..1_000);
	prop::collection::vec((op, aim), 1..200)
}

/// Forgets and prunes all that there is, and expects every deposit back and nothing left.
fn wind_up(model: &mut Model, money: [u128; 4]) {
	// Nothing is left of the largest fee in so many half-lives.
	model.now += 200 * HALF_LIFE;
	at(model.now);
	let forgotten = model
		.ratings
		.keys()
		.map(|receipt| Op::Forget { receipt: *receipt });
	let pruned = model.histories.keys().map(|name| Op::Prune { name: *name });
	let ops: Vec<_> = forgotten.chain(pruned).collect();
	for op in ops {
		assert_ok!(dispatch(&op));
		assert!(model.apply(&op).is_some_and(|done| done.is_ok()));
	}
	model.compare();
	assert_eq!(model.held, [0; 5]);
	assert_eq!(model.free[..4], money);
	assert_eq!(Subjects::<Test>::iter().count(), 0);
	assert_eq!(Ratings::<Test>::iter().count(), 0);
}

#[test]
fn evidence_agrees_with_the_model_whatever_happens() {
	// More can be asked for, by the variable that all proptests heed.
	let asked = std::env::var("PROPTEST_CASES").ok();
	let cases = asked.and_then(|cases| cases.parse().ok()).unwrap_or(256u32);
	let mut runner = TestRunner::new(Settings {
		cases,
		failure_persistence: None,
		..Settings::default()
	});
	let (done, refused) = (Cell::new(0u32), Cell::new(0u32));
	let worst = Cell::new(0f64);
	let deposit = new_test_ext().execute_with(deposit);
	let money = prop::array::uniform4(prop_oneof![
		1 => Just(ED),
		2 => Just(ED + 3 * deposit - 1),
		3 => Just(ENDOWMENT)
	]);
	runner
		.run(&(money, ops()), |(money, ops)| {
			let balances = WHO.into_iter().zip(money).collect();
			let mut model = Model {
				now: 1,
				deposit,
				free: [money[0], money[1], money[2], money[3], 0],
				held: [0; 5],
				histories: BTreeMap::new(),
				receipts: BTreeMap::new(),
				ratings: BTreeMap::new(),
				next_receipt: 1,
			};
			genesis(balances).execute_with(|| {
				for (mut op, aim) in ops {
					if let Some(n) = aim {
						model.aim(&mut op, n);
					}
					let Some(expected) = model.apply(&op) else {
						continue;
					};
					let counter = if expected.is_ok() { &done } else { &refused };
					counter.set(counter.get() + 1);
					let actual = with_storage_layer(|| dispatch(&op));
					assert_eq!(actual, expected.map_err(DispatchError::from), "{op:?}");
					worst.set(model.compare().max(worst.get()));
				}
				model.compare_views();
				wind_up(&mut model, money);
			});
			Ok(())
		})
		.unwrap();
	let (done, refused) = (done.get(), refused.get());
	println!(
		"{cases} histories: {done} operations done, {refused} refused as predicted, scores within \
		 {:.2} parts of 10^9",
		worst.get()
	);
	assert!(
		done > 20 * cases && refused > 10 * cases,
		"the sequences must do and refuse enough"
	);
}
