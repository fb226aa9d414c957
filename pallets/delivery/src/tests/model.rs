//! Random sequences of operations against a plain model: refused with which error, or done with which
//! money where. Keys, proofs and verdicts are real.

use crate::{mock::*, *};
use frame_support::{assert_ok, storage::with_storage_layer, traits::Hooks};
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_runtime::DispatchError;
use std::{cell::Cell, collections::BTreeMap};

/// Accounts by index; the last has no balance.
const WHO: [AccountId; 5] = [SELLER, BUYER, OTHER, HEIR, NOBODY];

type Refusal = DispatchError;

/// What a seller delivers.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Quality {
	Right,
	Wrong,
	/// It is sealed for a request that is not there any more.
	Stale,
	Malformed,
}

#[derive(Clone, Debug)]
enum Op {
	Bond {
		who: usize,
		amount: u128,
	},
	Unbond {
		who: usize,
		amount: u128,
	},
	SetWindow {
		who: usize,
		blocks: u32,
	},
	/// The seller asks another price.
	Reprice {
		price: u128,
	},
	Buy {
		who: usize,
		within: u32,
	},
	Deliver {
		who: usize,
		licence: u64,
		quality: Quality,
	},
	/// By the book, or with a false shared point.
	Complain {
		who: usize,
		licence: u64,
		honest: bool,
	},
	Expire {
		licence: u64,
	},
	Finalize {
		who: usize,
		licence: u64,
	},
	AskAgain {
		who: usize,
		licence: u64,
	},
	Remove {
		who: usize,
		licence: u64,
	},
	/// The holder hands its licence on.
	Transfer {
		licence: u64,
		to: usize,
	},
	/// The holder gives its licence up.
	Drop {
		licence: u64,
	},
	/// The listing changes hands.
	HandOver {
		to: usize,
	},
	/// Time passes, in which the chain is too busy to do anything by itself.
	Wait {
		blocks: u32,
	},
	/// Time passes, and the chain ends by itself what is due.
	Pass {
		blocks: u32,
	},
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
	Awaiting,
	Delivered,
	Settled,
}

#[derive(Clone, Copy, Debug)]
struct Record {
	buyer: usize,
	seller: usize,
	sale: bool,
	amount: u128,
	stage: Stage,
	until: u32,
	right: bool,
}

impl Record {
	fn cover(&self) -> u128 {
		if self.sale {
			self.amount / 10 + u128::from(!self.amount.is_multiple_of(10))
		} else {
			0
		}
	}
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bonded {
	bond: u128,
	window: u32,
}

#[derive(Clone)]
struct Model {
	now: u32,
	deposit: u128,
	free: [u128; 5],
	price: u128,
	owner: usize,
	next: u64,
	sellers: BTreeMap<usize, Bonded>,
	records: BTreeMap<u64, Record>,
	holders: BTreeMap<u64, usize>,
	burned: u128,
}

fn ensure(condition: bool, otherwise: Error<Test>) -> Result<(), Refusal> {
	condition.then_some(()).ok_or(otherwise.into())
}

impl Model {
	fn covers(&self, seller: usize) -> u128 {
		let open = |record: &&Record| record.seller == seller && record.stage != Stage::Settled;
		self.records
			.values()
			.filter(open)
			.map(|record| record.cover())
			.sum()
	}

	fn record(&self, licence: u64) -> Result<Record, Refusal> {
		let unknown = Error::<Test>::UnknownDelivery;
		self.records.get(&licence).copied().ok_or(unknown.into())
	}

	fn can_hold(&self, who: usize, amount: u128) -> Result<(), Refusal> {
		let enough = self.free[who].saturating_sub(ED) >= amount;
		ensure(enough, Error::BalanceTooLow)
	}

	fn request(&mut self, licence: u64, record: Record) -> Result<(), Refusal> {
		let needed = record.amount + self.deposit;
		self.can_hold(record.buyer, needed)?;
		self.free[record.buyer] -= needed;
		self.records.insert(licence, record);
		Ok(())
	}

	/// Price, or fee, and deposit come back.
	fn refund(&mut self, licence: u64, compensation: u128, burned: u128) {
		let record = self.records.remove(&licence).unwrap();
		self.free[record.buyer] += record.amount + self.deposit + compensation;
		self.burned += burned;
		if let Some(seller) = self.sellers.get_mut(&record.seller) {
			seller.bond -= compensation + burned;
			if seller.bond == 0 {
				self.sellers.remove(&record.seller);
			}
		}
	}

	/// What `op` does. What it did is to be thrown away if it is refused.
	fn apply(&mut self, op: &Op) -> Result<(), Refusal> {
		match *op {
			Op::Bond { who, amount } => {
				ensure(amount > 0, Error::NothingGiven)?;
				let before = self.sellers.get(&who).copied().unwrap_or(Bonded {
					bond: 0,
					window: WINDOW,
				});
				let bond = before.bond + amount;
				ensure(bond >= MIN_BOND, Error::BondBelowMinimum)?;
				self.can_hold(who, amount)?;
				self.free[who] -= amount;
				self.sellers.insert(who, Bonded { bond, ..before });
			}
			Op::Unbond { who, amount } => {
				ensure(amount > 0, Error::NothingGiven)?;
				let before = self.sellers.get(&who).copied();
				let before = before.ok_or(Refusal::from(Error::<Test>::NoBond))?;
				ensure(amount <= before.bond, Error::BondTooLow)?;
				let bond = before.bond - amount;
				ensure(bond >= self.covers(who), Error::BondInUse)?;
				ensure(bond == 0 || bond >= MIN_BOND, Error::BondBelowMinimum)?;
				self.free[who] += amount;
				if bond == 0 {
					self.sellers.remove(&who);
				} else {
					self.sellers.insert(who, Bonded { bond, ..before });
				}
			}
			Op::SetWindow { who, blocks } => {
				let seller = self.sellers.get_mut(&who);
				let seller = seller.ok_or(Refusal::from(Error::<Test>::NoBond))?;
				let allowed = (MIN_WINDOW..=MAX_WINDOW).contains(&blocks);
				ensure(allowed, Error::WrongWindow)?;
				seller.window = blocks;
			}
			Op::Reprice { price } => self.price = price,
			Op::Buy { who, within } => {
				let seller = self.owner;
				if who == seller {
					return Err(DispatchError::Other("own listing"));
				}
				let bonded = self.sellers.get(&seller).copied();
				let bonded = bonded.ok_or(Refusal::from(Error::<Test>::SellerNotBonded))?;
				ensure(bonded.window <= within, Error::DeliveryTooSlow)?;
				let record = Record {
					buyer: who,
					seller,
					sale: true,
					amount: self.price,
					stage: Stage::Awaiting,
					until: self.now + bonded.window,
					right: false,
				};
				let covers = self.covers(seller) + record.cover();
				ensure(covers <= bonded.bond, Error::BondCoversNoMore)?;
				let licence = self.next;
				self.next += 1;
				self.request(licence, record)?;
			}
			Op::Deliver {
				who,
				licence,
				quality,
			} => {
				let record = self.record(licence)?;
				ensure(record.seller == who, Error::NotSeller)?;
				ensure(record.stage == Stage::Awaiting, Error::AlreadyDelivered)?;
				ensure(self.now <= record.until, Error::TooLate)?;
				ensure(quality != Quality::Stale, Error::OtherKey)?;
				ensure(quality != Quality::Malformed, Error::PointIsIdentity)?;
				let until = self.now + COMPLAINTS;
				let record = self.records.get_mut(&licence).unwrap();
				record.stage = Stage::Delivered;
				record.until = until;
				record.right = quality == Quality::Right;
			}
			Op::Complain {
				who,
				licence,
				honest,
			} => {
				let record = self.record(licence)?;
				ensure(record.buyer == who, Error::NotBuyer)?;
				ensure(record.stage != Stage::Awaiting, Error::NotDelivered)?;
				ensure(record.stage != Stage::Settled, Error::AlreadySettled)?;
				ensure(self.now <= record.until, Error::TooLateToComplain)?;
				ensure(honest, Error::BadProof)?;
				ensure(!record.right, Error::KeyIsRight)?;
				let (mut compensation, mut burned) = (0, 0);
				if let Some(seller) = self.sellers.get(&record.seller).filter(|_| record.sale) {
					let others = self.covers(record.seller) - record.cover();
					compensation = record.amount / 10;
					burned = compensation.min(seller.bond - others - compensation);
				}
				self.refund(licence, compensation, burned);
			}
			Op::Expire { licence } => {
				let record = self.record(licence)?;
				ensure(record.stage == Stage::Awaiting, Error::AlreadyDelivered)?;
				ensure(self.now > record.until, Error::NotOverdue)?;
				let compensation = if record.sale { record.amount / 100 } else { 0 };
				self.refund(licence, compensation, 0);
			}
			Op::Finalize { who, licence } => {
				let record = self.record(licence)?;
				ensure(record.stage != Stage::Awaiting, Error::NotDelivered)?;
				ensure(record.stage != Stage::Settled, Error::AlreadySettled)?;
				let free_to = record.buyer == who || self.now > record.until;
				ensure(free_to, Error::MayComplain)?;
				if record.sale {
					self.holders.insert(licence, record.buyer);
				}
				self.free[record.seller] += record.amount;
				let record = self.records.get_mut(&licence).unwrap();
				record.stage = Stage::Settled;
			}
			Op::AskAgain { who, licence } => {
				let holder = self.holders.get(&licence).copied();
				let holder = holder.ok_or(Refusal::from(Error::<Test>::NoSealedLicence))?;
				ensure(holder == who, Error::NotHolder)?;
				if let Some(before) = self.records.get(&licence).copied() {
					let left = before.stage == Stage::Awaiting && before.buyer != who;
					ensure(before.stage == Stage::Settled || left, Error::DeliveryOpen)?;
					if left {
						self.free[before.buyer] += before.amount;
					}
					self.free[before.buyer] += self.deposit;
					self.records.remove(&licence);
				}
				let bonded = self.sellers.get(&self.owner);
				let record = Record {
					buyer: who,
					seller: self.owner,
					sale: false,
					amount: FEE,
					stage: Stage::Awaiting,
					until: self.now + bonded.map_or(WINDOW, |seller| seller.window),
					right: false,
				};
				self.request(licence, record)?;
			}
			Op::Remove { who, licence } => {
				let record = self.record(licence)?;
				ensure(record.stage == Stage::Settled, Error::DeliveryOpen)?;
				let may = record.buyer == who || !self.holders.contains_key(&licence);
				ensure(may, Error::NotBuyer)?;
				self.records.remove(&licence);
				self.free[record.buyer] += self.deposit;
			}
			Op::Transfer { licence, to } => {
				if let Some(holder) = self.holders.get_mut(&licence) {
					*holder = to;
				}
			}
			Op::Drop { licence } => {
				self.holders.remove(&licence);
			}
			Op::HandOver { to } => self.owner = to,
			Op::Wait { blocks } | Op::Pass { blocks } => self.now += blocks,
		}
		Ok(())
	}

	/// What the chain ended by itself is what anybody could have ended.
	fn follow(&mut self) {
		for (licence, record) in self.records.clone() {
			let state = Deliveries::<Test>::get(licence).map(|delivery| delivery.state);
			let op = match (record.stage, state) {
				(Stage::Awaiting, None) => Op::Expire { licence },
				(Stage::Delivered, Some(State::Settled { .. })) => Op::Finalize { who: 4, licence },
				_ => continue,
			};
			assert_ok!(self.apply(&op));
		}
	}

	/// Points `op` at the `n`th of the records that exist, and mostly at the account that may do it.
	fn aim(&self, op: &mut Op, n: usize) {
		let Some(index) = n.checked_rem(self.records.len()) else {
			return;
		};
		let (key, record) = self.records.iter().nth(index).unwrap();
		let by_right = !n.is_multiple_of(4);
		let point = |licence: &mut u64, who: &mut usize, rightful: usize| {
			*licence = *key;
			if by_right {
				*who = rightful;
			}
		};
		match op {
			Op::Deliver { who, licence, .. } => point(licence, who, record.seller),
			Op::Complain { who, licence, .. }
			| Op::Finalize { who, licence }
			| Op::Remove { who, licence } => point(licence, who, record.buyer),
			Op::AskAgain { who, licence } => {
				let holder = self.holders.get(key).copied().unwrap_or(record.buyer);
				point(licence, who, holder);
			}
			Op::Expire { licence } | Op::Transfer { licence, .. } | Op::Drop { licence } => {
				*licence = *key;
			}
			Op::Unbond { who, .. } | Op::SetWindow { who, .. } if by_right => {
				*who = record.seller;
			}
			_ => {}
		}
	}

	fn compare(&self) {
		check_everything();
		for (index, who) in WHO.iter().enumerate() {
			let own = |record: &&Record| record.buyer == index;
			let open = |record: &&Record| record.stage != Stage::Settled;
			let records = || self.records.values().filter(own);
			let prices: u128 = records().filter(open).map(|record| record.amount).sum();
			let deposits = self.deposit * records().count() as u128;
			let bond = self.sellers.get(&index).map_or(0, |seller| seller.bond);
			assert_eq!(free(who), self.free[index], "free balance of {index}");
			assert_eq!(held(who, HoldReason::Price), prices, "prices of {index}");
			assert_eq!(
				held(who, HoldReason::Delivery),
				deposits,
				"deposits of {index}"
			);
			assert_eq!(held(who, HoldReason::Bond), bond, "bond of {index}");
			let stored = Sellers::<Test>::get(who);
			let expected = self.sellers.get(&index).map(|seller| Seller {
				bond: seller.bond,
				covers: self.covers(index),
				window: seller.window,
			});
			assert_eq!(stored, expected, "seller {index}");
		}
		assert_eq!(Deliveries::<Test>::iter().count(), self.records.len());
		for (licence, record) in &self.records {
			let stored = delivery(*licence);
			assert_eq!(stored.buyer, WHO[record.buyer]);
			assert_eq!(stored.seller, WHO[record.seller]);
			let (stage, until) = match stored.state {
				State::Awaiting { until, .. } => (Stage::Awaiting, until),
				State::Delivered { until, .. } => (Stage::Delivered, until),
				State::Settled { .. } => (Stage::Settled, record.until),
			};
			assert_eq!((stage, until), (record.stage, record.until));
		}
		for licence in 1..self.next {
			let holder = self.holders.get(&licence).map(|index| WHO[*index].clone());
			assert_eq!(Shop::holder(licence), holder, "holder of {licence}");
		}
	}
}

/// The secret that this account asks for keys with.
fn number(who: usize) -> u8 {
	who as u8 + 10
}

fn dispatch(op: &Op) -> Result<(), DispatchError> {
	match *op {
		Op::Bond { who, amount } => Delivery::bond(signed(WHO[who].clone()), amount),
		Op::Unbond { who, amount } => Delivery::unbond(signed(WHO[who].clone()), amount),
		Op::SetWindow { who, blocks } => Delivery::set_window(signed(WHO[who].clone()), blocks),
		Op::Reprice { price } => {
			Shop::reprice(price);
			Ok(())
		}
		Op::Buy { who, within } => Delivery::buy(
			signed(WHO[who].clone()),
			LISTING,
			1,
			key(number(who)),
			within,
		),
		Op::Deliver {
			who,
			licence,
			quality,
		} => {
			let sealed: Bytes = match quality {
				_ if !Deliveries::<Test>::contains_key(licence) => Bytes::default(),
				Quality::Right | Quality::Stale => right_key(licence).into(),
				Quality::Wrong => wrong_key(licence).into(),
				Quality::Malformed => Bytes::default(),
			};
			let Bytes { point, ciphertext } = sealed;
			let key = match quality {
				Quality::Stale => key(99),
				_ => asked(licence),
			};
			Delivery::deliver(signed(WHO[who].clone()), licence, key, point, ciphertext)
		}
		Op::Complain {
			who,
			licence,
			honest,
		} => {
			let delivery = Deliveries::<Test>::get(licence);
			let sealed = delivery.and_then(|delivery| delivery.state.sealed().copied());
			let mut made = match sealed {
				Some(sealed) => complaint(licence, number(who), &sealed),
				None => weighhouse_primitives::sealing::Complaint {
					shared: [0; 32],
					challenge: [0; 32],
					response: [0; 32],
				},
			};
			if !honest {
				made.shared = key(99);
			}
			complain(WHO[who].clone(), licence, made)
		}
		Op::Expire { licence } => Delivery::expire(signed(OTHER), licence),
		Op::Finalize { who, licence } => Delivery::finalize(signed(WHO[who].clone()), licence),
		Op::AskAgain { who, licence } => {
			Delivery::ask_again(signed(WHO[who].clone()), licence, key(number(who)))
		}
		Op::Remove { who, licence } => Delivery::remove_delivery(signed(WHO[who].clone()), licence),
		Op::Transfer { licence, to } => {
			if Shop::holder(licence).is_some() {
				Shop::transfer(licence, WHO[to].clone());
			}
			Ok(())
		}
		Op::Drop { licence } => {
			Shop::drop_licence(licence);
			Ok(())
		}
		Op::HandOver { to } => {
			Shop::hand_over(WHO[to].clone());
			Ok(())
		}
		Op::Wait { blocks } => {
			at(now() + blocks);
			Ok(())
		}
		Op::Pass { blocks } => {
			forward(blocks);
			Ok(())
		}
	}
}

/// A sealed key as the call takes it; zeros are malformed.
#[derive(Default)]
struct Bytes {
	point: [u8; 32],
	ciphertext: [u8; 32],
}

impl From<weighhouse_primitives::sealing::SealedKey> for Bytes {
	fn from(sealed: weighhouse_primitives::sealing::SealedKey) -> Self {
		Self {
			point: sealed.point,
			ciphertext: sealed.ciphertext,
		}
	}
}

fn ops() -> impl Strategy<Value = Vec<(Op, Option<usize>)>> {
	let who = || prop_oneof![12 => 0usize..4, 1 => Just(4usize)];
	// Whoever has no account cannot be paid the price of a sale.
	let rich = || 0usize..4;
	let licence = || 1u64..20;
	let amount = || {
		prop_oneof![
			1 => Just(0u128),
			1 => Just(1),
			2 => Just(MIN_BOND),
			6 => MIN_BOND..20 * UNIT,
			2 => 1..2 * ENDOWMENT,
		]
	};
	let price = prop_oneof![
		1 => Just(0u128),
		2 => 1u128..200,
		6 => UNIT / 100..20 * UNIT,
		1 => 1..2 * ENDOWMENT,
	];
	let within = || prop_oneof![6 => Just(MAX_WINDOW), 2 => 0..=MAX_WINDOW];
	let blocks = prop_oneof![8 => MIN_WINDOW..=MAX_WINDOW, 1 => 0..2 * MAX_WINDOW];
	let quality = prop_oneof![
		5 => Just(Quality::Right),
		4 => Just(Quality::Wrong),
		1 => Just(Quality::Stale),
		1 => Just(Quality::Malformed),
	];
	let wait = prop_oneof![
		8 => 1..10u32,
		4 => 1..2 * WINDOW,
		2 => 1..2 * COMPLAINTS,
	];
	let op = prop_oneof![
		8 => (rich(), amount()).prop_map(|(who, amount)| Op::Bond { who, amount }),
		4 => (who(), amount()).prop_map(|(who, amount)| Op::Unbond { who, amount }),
		2 => (who(), blocks).prop_map(|(who, blocks)| Op::SetWindow { who, blocks }),
		3 => price.prop_map(|price| Op::Reprice { price }),
		20 => (who(), within()).prop_map(|(who, within)| Op::Buy { who, within }),
		24 => (who(), licence(), quality)
			.prop_map(|(who, licence, quality)| Op::Deliver { who, licence, quality }),
		20 => (who(), licence(), prop::bool::weighted(0.8))
			.prop_map(|(who, licence, honest)| Op::Complain { who, licence, honest }),
		6 => licence().prop_map(|licence| Op::Expire { licence }),
		14 => (who(), licence()).prop_map(|(who, licence)| Op::Finalize { who, licence }),
		8 => (who(), licence()).prop_map(|(who, licence)| Op::AskAgain { who, licence }),
		4 => (who(), licence()).prop_map(|(who, licence)| Op::Remove { who, licence }),
		3 => (licence(), rich()).prop_map(|(licence, to)| Op::Transfer { licence, to }),
		1 => licence().prop_map(|licence| Op::Drop { licence }),
		2 => rich().prop_map(|to| Op::HandOver { to }),
		10 => wait.prop_map(|blocks| Op::Wait { blocks }),
		3 => (1..2 * WINDOW).prop_map(|blocks| Op::Pass { blocks }),
	];
	let aim = prop::option::weighted(0.9, 0usize..1_000);
	let ops = prop::collection::vec((op, aim), 1..120);
	// Without a bond nothing is sold.
	(prop::bool::weighted(0.8), ops).prop_map(|(bonded, mut ops)| {
		if bonded {
			let bond = Op::Bond {
				who: 0,
				amount: 20 * UNIT,
			};
			ops.insert(0, (bond, None));
		}
		ops
	})
}

/// Lets the chain end whatever is open by itself, gives up the rest, and expects all money back that
/// was not paid or burned.
fn wind_up(model: &mut Model, issued: u128) {
	let open = || {
		Deliveries::<Test>::iter_values()
			.filter(|delivery| delivery.state.payment().is_some())
			.count()
	};
	model.now += 2 * MAX_WINDOW;
	at(model.now);
	for _ in 0..100 {
		if open() == 0 {
			break;
		}
		next_block();
	}
	assert_eq!(open(), 0, "nothing stays open for ever");
	// The chain did what anybody could have asked of it.
	model.now = now();
	model.follow();
	model.compare();
	let removed = model.records.iter().map(|(licence, record)| Op::Remove {
		who: record.buyer,
		licence: *licence,
	});
	let unbonded = model.sellers.iter().map(|(who, seller)| Op::Unbond {
		who: *who,
		amount: seller.bond,
	});
	let ops: Vec<_> = removed.chain(unbonded).collect();
	for op in ops {
		assert_ok!(dispatch(&op));
		assert_ok!(model.apply(&op));
	}
	model.compare();
	assert_eq!(Deliveries::<Test>::iter().count(), 0);
	assert_eq!(Sellers::<Test>::iter().count(), 0);
	assert_eq!(model.free.iter().sum::<u128>(), issued - model.burned);
	assert_eq!(Balances::total_issuance(), issued - model.burned);
}

#[test]
fn deliveries_agree_with_the_model_whatever_happens() {
	// More can be asked for, by the variable that all proptests heed. Fewer may lack some of it by chance.
	let asked = std::env::var("PROPTEST_CASES").ok();
	let cases = asked
		.and_then(|cases| cases.parse::<u32>().ok())
		.unwrap_or_default()
		.max(256);
	let mut runner = TestRunner::new(Settings {
		cases,
		failure_persistence: None,
		..Settings::default()
	});
	let (done, refused) = (Cell::new(0u32), Cell::new(0u32));
	let (upheld, paid) = (Cell::new(0u32), Cell::new(0u32));
	let deposit = new_test_ext().execute_with(record_deposit);
	let money = prop::array::uniform4(prop_oneof![
		1 => Just(ED),
		1 => Just(ED + deposit + 200),
		6 => Just(ENDOWMENT),
	]);
	runner
		.run(&(money, ops()), |(money, ops)| {
			let balances = WHO.into_iter().zip(money).collect();
			let mut model = Model {
				now: 1,
				deposit,
				free: [money[0], money[1], money[2], money[3], 0],
				price: PRICE,
				owner: 0,
				next: 1,
				sellers: BTreeMap::new(),
				records: BTreeMap::new(),
				holders: BTreeMap::new(),
				burned: 0,
			};
			genesis(balances).execute_with(|| {
				<Delivery as Hooks<u32>>::on_initialize(1);
				for (mut op, aim) in ops {
					if let Some(n) = aim {
						model.aim(&mut op, n);
					}
					let mut after = model.clone();
					let expected = after.apply(&op);
					let counter = if expected.is_ok() { &done } else { &refused };
					counter.set(counter.get() + 1);
					match op {
						Op::Complain { .. } if expected.is_ok() => upheld.set(upheld.get() + 1),
						Op::Finalize { .. } if expected.is_ok() => paid.set(paid.get() + 1),
						_ => {}
					}
					let actual = with_storage_layer(|| dispatch(&op));
					assert_eq!(actual, expected, "{op:?}");
					if expected.is_ok() {
						model = after;
					}
					model.follow();
					model.compare();
				}
				wind_up(&mut model, money.iter().sum());
			});
			Ok(())
		})
		.unwrap();
	let (done, refused, upheld, paid) = (done.get(), refused.get(), upheld.get(), paid.get());
	println!(
		"{cases} histories: {done} operations done, {refused} refused as predicted, {upheld} \
		 complaints upheld, {paid} deliveries paid"
	);
	assert!(
		done > 10 * cases && refused > 5 * cases && upheld > cases / 10 && paid > cases / 4,
		"the sequences must do and refuse enough"
	);
}
