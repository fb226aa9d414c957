//! Random sequences of operations against a plain model that predicts the outcome of each: refused
//! with which error, or done with which balances, holds, pots, burn and records.

use crate::{mock::*, *};
use codec::Encode;
use frame_support::traits::{fungible::Mutate, tokens::Preservation};
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::DispatchError;
use std::{
	cell::Cell,
	collections::{BTreeMap, BTreeSet},
};
use weighhouse_primitives::{
	feedback::{
		care, deal, earned, fee_on, gold_openings, pack, panel, part_of, AnswerBits, Choice,
	},
	PARTS,
};

/// Accounts by index: two sponsors, eight raters of whom the last two are poor, the treasury.
const SPONSORS: usize = 2;
const RATERS: usize = 8;
const TREASURER: usize = SPONSORS + RATERS;
const ALL: usize = TREASURER + 1;
const POOR: u128 = 15 * UNIT;
/// A rater with a bad score.
const FAILED: usize = SPONSORS + 2;
/// Gold, items, items of each, places.
const SIZES: [(u32, u32, u32, u32); 4] = [
	(20, 40, 40, 5),
	(20, 44, 40, 6),
	(21, 43, 43, 8),
	(20, 50, 45, 8),
];

/// The score that a campaign of each size asks for.
const MIN_SCORES: [u32; 4] = [0, UNKNOWN, 0, 0];

fn account(index: usize) -> AccountId {
	match index {
		0 => SPONSOR,
		1 => OTHER,
		TREASURER => TREASURY,
		rater_index => rater((rater_index - SPONSORS) as u32),
	}
}

/// How the rater with this index answers.
fn policy(index: usize) -> Policy {
	// A sponsor that rates for another one.
	let Some(number) = index.checked_sub(SPONSORS) else {
		return Policy::First;
	};
	let policies = [
		Policy::Right(95),
		Policy::Right(85),
		Policy::Right(80),
		Policy::First,
		Policy::Right(75),
		Policy::Right(100),
		Policy::Wrong,
		Policy::Right(90),
	];
	policies[number % policies.len()]
}

type Refusal = Error<Test>;

#[derive(Clone, Debug)]
enum Op {
	Create {
		who: usize,
		size: usize,
		price: u128,
	},
	Fill {
		who: usize,
		c: u64,
		count: u32,
	},
	Cancel {
		who: usize,
		c: u64,
	},
	Join {
		who: usize,
		c: u64,
	},
	Commit {
		who: usize,
		c: u64,
	},
	/// Right or with other answers than those committed to.
	Reveal {
		who: usize,
		c: u64,
		right: bool,
	},
	Open {
		c: u64,
		from: usize,
		count: usize,
	},
	Settle {
		c: u64,
		limit: u32,
	},
	Poke {
		c: u64,
	},
	Remove {
		c: u64,
		limit: u32,
	},
	Accept {
		who: usize,
		c: u64,
	},
	/// Somebody pays into the pot.
	Sell {
		c: u64,
		amount: u128,
	},
	Distribute {
		c: u64,
	},
	Retire {
		who: usize,
		c: u64,
	},
	Wait {
		blocks: u32,
	},
	/// Whatever brings a campaign on, by the `n`th account that could do it.
	Advance {
		c: u64,
		n: usize,
	},
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
	Filling(u32),
	Joining(u32),
	Drawing(u32),
	Committing(u32),
	Revealing(u32),
	Opening(u32),
	Weighing(u32),
	Paying(u32, Basis),
	Settled(u32),
	Refunding(u32),
	Refunded,
	Removing(u32, u32),
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Did {
	Joined,
	Committed,
	Revealed,
}

struct Seat {
	who: usize,
	did: Did,
	items: Vec<u32>,
	paid: u128,
}

struct Ledger {
	sponsor: usize,
	terms: Terms<u32>,
	hash: H256,
	added: u32,
	budget: u128,
	stage: Stage,
	seats: Vec<Seat>,
	opened: Vec<usize>,
	/// Deposit of the sponsor.
	deposit: u128,
	paid: u128,
	fees: u128,
	/// Of each item of gold whether it counts, once that is known.
	standing: Vec<(u32, bool)>,
}

struct Dividend {
	sponsor: usize,
	/// Rater, pay, taken.
	payees: Vec<(usize, u32, u128)>,
	paid: u128,
}

impl Ledger {
	fn full(&self) -> u128 {
		self.terms.price * u128::from(self.terms.items_each)
	}

	fn seat(&self, who: usize) -> Option<usize> {
		self.seats.iter().position(|seat| seat.who == who)
	}

	fn did(&self, did: &[Did]) -> usize {
		self.seats
			.iter()
			.filter(|seat| did.contains(&seat.did))
			.count()
	}
}

fn answer(who: usize, item: u32) -> Choice {
	policy(who).answer(who.saturating_sub(SPONSORS) as u32, item)
}

/// The world as a person would keep it in a ledger.
struct Model {
	now: u32,
	free: [u128; ALL],
	held: [[u128; 5]; ALL],
	pots: BTreeMap<u64, u128>,
	issuance: u128,
	campaigns: BTreeMap<u64, Ledger>,
	dividends: BTreeMap<u64, Dividend>,
	/// Campaigns whose dataset is gone.
	retired: BTreeSet<u64>,
	next: u64,
	/// How many campaigns were settled, and how many refunded.
	ended: (u32, u32),
}

const BUDGET: usize = 0;
const STAKE: usize = 1;
const CAMPAIGN: usize = 2;
const PLACE: usize = 3;
const DIVIDENDS: usize = 4;

impl Model {
	fn hold(&mut self, who: usize, reason: usize, amount: u128) {
		self.free[who] -= amount;
		self.held[who][reason] += amount;
	}

	fn release(&mut self, who: usize, reason: usize, amount: u128) {
		self.held[who][reason] -= amount;
		self.free[who] += amount;
	}

	fn burn(&mut self, who: usize, reason: usize, amount: u128) {
		self.held[who][reason] -= amount;
		self.issuance -= amount;
	}

	fn can_hold(&self, who: usize, amount: u128) -> Result<(), Refusal> {
		ensure(
			self.free[who].saturating_sub(ED) >= amount,
			Error::BalanceTooLow,
		)
	}

	fn find(&self, c: u64) -> Result<&Ledger, Refusal> {
		self.campaigns.get(&c).ok_or(Error::UnknownCampaign)
	}

	fn sponsored(&self, who: usize, c: u64) -> Result<&Ledger, Refusal> {
		let ledger = self.find(c)?;
		ensure(ledger.sponsor == who, Error::NotSponsor)?;
		Ok(ledger)
	}

	fn set(&mut self, c: u64, stage: Stage) {
		self.campaigns.get_mut(&c).unwrap().stage = stage;
	}

	/// Whether the dataset of a campaign was not given away before.
	fn can_accept(&self, c: u64) -> bool {
		!self.dividends.contains_key(&c) && !self.retired.contains(&c)
	}

	/// The operation that brings a campaign on.
	fn natural(&self, c: u64, n: usize) -> Op {
		let Some(ledger) = self.campaigns.get(&c) else {
			return Op::Create {
				who: n % SPONSORS,
				size: n % SIZES.len(),
				price: UNIT,
			};
		};
		let raters = || SPONSORS..SPONSORS + RATERS;
		let able = |did| {
			let able: Vec<_> = ledger
				.seats
				.iter()
				.filter(|seat| seat.did == did)
				.map(|seat| seat.who)
				.collect();
			able.get(n % able.len().max(1)).copied()
		};
		let wait = Op::Wait { blocks: 3 };
		match ledger.stage {
			Stage::Filling(_) => Op::Fill {
				who: ledger.sponsor,
				c,
				count: ledger.terms.item_count - ledger.added,
			},
			Stage::Joining(_) => {
				let others: Vec<_> = raters().filter(|who| ledger.seat(*who).is_none()).collect();
				Op::Join {
					who: others[n % others.len()],
					c,
				}
			}
			Stage::Drawing(since) if self.now <= since + 2 => wait,
			Stage::Drawing(_) => Op::Poke { c },
			Stage::Committing(_) => able(Did::Joined).map_or(wait, |who| Op::Commit { who, c }),
			Stage::Revealing(_) => able(Did::Committed).map_or(wait, |who| Op::Reveal {
				who,
				c,
				right: true,
			}),
			Stage::Opening(_) => Op::Open {
				c,
				from: (0..).find(|gold| !ledger.opened.contains(gold)).unwrap(),
				count: 10,
			},
			Stage::Weighing(_) | Stage::Paying(..) | Stage::Refunding(_) => Op::Settle {
				c,
				limit: 1 + n as u32 % 4,
			},
			Stage::Settled(_) if self.can_accept(c) && !n.is_multiple_of(4) => Op::Accept {
				who: ledger.sponsor,
				c,
			},
			Stage::Settled(_) if self.dividends.contains_key(&c) && n.is_multiple_of(5) => {
				Op::Retire {
					who: ledger.sponsor,
					c,
				}
			}
			Stage::Settled(_) if n.is_multiple_of(3) => Op::Wait { blocks: RETENTION },
			Stage::Settled(_) | Stage::Refunded | Stage::Removing(..) => Op::Remove {
				c,
				limit: 5 + n as u32,
			},
		}
	}

	fn apply(&mut self, op: &Op) -> Result<(), Refusal> {
		let now = self.now;
		match *op {
			Op::Create { who, size, price } => {
				ensure(price >= MinPrice::get(), Error::PriceTooLow)?;
				let terms = terms_of(size, price);
				let full = price * u128::from(terms.items_each);
				let place = full + fee_on(full, FEE).unwrap();
				let budget = place * u128::from(terms.raters);
				let deposit = campaign_deposit(&terms);
				self.can_hold(who, budget + deposit)?;
				self.hold(who, BUDGET, budget);
				self.hold(who, CAMPAIGN, deposit);
				let ledger = Ledger {
					sponsor: who,
					terms,
					hash: H256::zero(),
					added: 0,
					budget,
					stage: Stage::Filling(now + FILL),
					seats: Vec::new(),
					opened: Vec::new(),
					deposit,
					paid: 0,
					fees: 0,
					standing: Vec::new(),
				};
				self.campaigns.insert(self.next, ledger);
				self.next += 1;
			}
			Op::Fill { who, c, count } => {
				let ledger = self.sponsored(who, c)?;
				ensure(matches!(ledger.stage, Stage::Filling(_)), Error::NotFilling)?;
				ensure(count > 0, Error::NothingGiven)?;
				let added = ledger.added + count;
				ensure(added <= ledger.terms.item_count, Error::TooManyItems)?;
				let ledger = self.campaigns.get_mut(&c).unwrap();
				ledger.added = added;
				if added == ledger.terms.item_count {
					ledger.stage = Stage::Joining(now + ledger.terms.joining);
				}
			}
			Op::Cancel { who, c } => {
				let ledger = self.sponsored(who, c)?;
				ensure(matches!(ledger.stage, Stage::Filling(_)), Error::NotFilling)?;
				self.refund(c);
			}
			Op::Join { who, c } => {
				let ledger = self.find(c)?;
				let open = matches!(ledger.stage, Stage::Joining(until) if now <= until);
				ensure(open, Error::NotJoining)?;
				ensure(who != ledger.sponsor, Error::OwnCampaign)?;
				ensure(ledger.seat(who).is_none(), Error::AlreadyJoined)?;
				let asked = ledger.terms.min_score;
				ensure(asked == 0 || score_of(who) >= asked, Error::ScoreTooLow)?;
				let stake = ledger.terms.stake;
				self.can_hold(who, stake + place_deposit())?;
				self.hold(who, STAKE, stake);
				self.hold(who, PLACE, place_deposit());
				let ledger = self.campaigns.get_mut(&c).unwrap();
				ledger.seats.push(Seat {
					who,
					did: Did::Joined,
					items: Vec::new(),
					paid: 0,
				});
				if ledger.seats.len() == ledger.terms.raters as usize {
					ledger.stage = Stage::Drawing(now);
				}
			}
			Op::Commit { who, c } => {
				let ledger = self.find(c)?;
				let open = matches!(ledger.stage, Stage::Committing(until) if now <= until);
				ensure(open, Error::NotCommitting)?;
				let seat = ledger.seat(who).ok_or(Error::NotRater)?;
				ensure(
					ledger.seats[seat].did == Did::Joined,
					Error::AlreadyCommitted,
				)?;
				let ledger = self.campaigns.get_mut(&c).unwrap();
				ledger.seats[seat].did = Did::Committed;
				if ledger.did(&[Did::Joined]) == 0 {
					ledger.stage = Stage::Revealing(now + REVEAL);
				}
			}
			Op::Reveal { who, c, right } => {
				let ledger = self.find(c)?;
				let open = matches!(ledger.stage, Stage::Revealing(until) if now <= until);
				ensure(open, Error::NotRevealing)?;
				let seat = ledger.seat(who).ok_or(Error::NotRater)?;
				ensure(
					ledger.seats[seat].did == Did::Committed,
					Error::NothingToReveal,
				)?;
				ensure(right, Error::BadReveal)?;
				let ledger = self.campaigns.get_mut(&c).unwrap();
				ledger.seats[seat].did = Did::Revealed;
				if ledger.did(&[Did::Committed]) == 0 {
					ledger.stage = Stage::Opening(now + OPEN);
				}
			}
			Op::Open { c, from, count } => {
				let ledger = self.find(c)?;
				let open = matches!(ledger.stage, Stage::Opening(until) if now <= until);
				ensure(open, Error::NotOpening)?;
				let all = ledger.terms.gold_count as usize;
				let some: Vec<_> = (from..(from + count.min(10)).min(all)).collect();
				ensure(!some.is_empty(), Error::NothingGiven)?;
				let fresh: Vec<_> = some
					.into_iter()
					.filter(|gold| !ledger.opened.contains(gold))
					.collect();
				ensure(!fresh.is_empty(), Error::AlreadyOpened)?;
				let ledger = self.campaigns.get_mut(&c).unwrap();
				ledger.opened.extend(fresh);
				if ledger.opened.len() == all {
					ledger.stage = Stage::Weighing(0);
				}
			}
			Op::Settle { c, limit } => {
				let ledger = self.find(c)?;
				let settling = matches!(
					ledger.stage,
					Stage::Weighing(_) | Stage::Paying(..) | Stage::Refunding(_)
				);
				ensure(settling, Error::NotSettling)?;
				self.settle(c, limit.clamp(1, 100));
			}
			Op::Poke { c } => self.poke(c)?,
			Op::Remove { c, limit } => self.remove(c, limit.clamp(1, 50))?,
			Op::Accept { who, c } => {
				let ledger = self.sponsored(who, c)?;
				ensure(!self.dividends.contains_key(&c), Error::AlreadyAccepted)?;
				let settled = matches!(ledger.stage, Stage::Settled(_)) && ledger.paid > 0;
				ensure(settled, Error::NoShares)?;
				ensure(!self.retired.contains(&c), Error::UnknownListing)?;
				let mut until = (0u128, 0u32);
				let mut payees = Vec::new();
				for seat in &ledger.seats {
					let seen = until.0 + seat.paid;
					let parts = (seen * u128::from(PARTS) / ledger.paid) as u32;
					if parts > until.1 {
						payees.push((seat.who, parts - until.1, 0));
					}
					until = (seen, parts);
				}
				let kept = deposit::<Test>(dividends_footprint::<Test>(payees.len() as u32));
				self.can_hold(who, LISTING_DEPOSIT + ED + kept)?;
				self.free[who] -= LISTING_DEPOSIT + ED;
				*self.pots.entry(c).or_default() += ED;
				self.hold(who, DIVIDENDS, kept);
				let record = Dividend {
					sponsor: who,
					payees,
					paid: 0,
				};
				self.dividends.insert(c, record);
			}
			Op::Sell { c, amount } => {
				*self.pots.entry(c).or_default() += amount;
			}
			Op::Distribute { c } => {
				ensure(self.dividends.contains_key(&c), Error::NoDataset)?;
				ensure(self.distribute(c) > 0, Error::NothingToDistribute)?;
			}
			Op::Retire { who, c } => {
				ensure(self.dividends.contains_key(&c), Error::NoDataset)?;
				ensure(self.dividends[&c].sponsor == who, Error::NotSponsor)?;
				self.distribute(c);
				let payees = self.dividends.remove(&c).unwrap().payees.len();
				self.retired.insert(c);
				let kept = deposit::<Test>(dividends_footprint::<Test>(payees as u32));
				self.release(who, DIVIDENDS, kept);
				self.free[who] += self.pots.insert(c, 0).unwrap() + LISTING_DEPOSIT;
			}
			Op::Wait { blocks } => self.now += blocks,
			Op::Advance { .. } => unreachable!("it was made another"),
		}
		Ok(())
	}

	/// Gives raters what they have not got of what a dataset earned, and says how much.
	fn distribute(&mut self, c: u64) -> u128 {
		let record = self.dividends.get_mut(&c).unwrap();
		let pot = self.pots.get_mut(&c).unwrap();
		let earned = *pot - ED + record.paid;
		let before = record.paid;
		for (who, parts, taken) in &mut record.payees {
			let due = part_of(earned, *parts) - *taken;
			*taken += due;
			*pot -= due;
			record.paid += due;
			self.free[*who] += due;
		}
		record.paid - before
	}

	fn poke(&mut self, c: u64) -> Result<(), Refusal> {
		let now = self.now;
		let ledger = self.find(c)?;
		let (joined, revealed) = (ledger.seats.len() as u32, ledger.did(&[Did::Revealed]));
		let due = |until: u32| ensure(now > until, Error::NotDueYet);
		match ledger.stage {
			Stage::Filling(until) => {
				due(until)?;
				self.refund(c);
			}
			Stage::Joining(until) => {
				due(until)?;
				let terms = &ledger.terms;
				let enough = panel(joined, terms.item_count, terms.items_each) >= 5;
				if joined >= 5 && enough {
					self.set(c, Stage::Drawing(now));
				} else {
					self.refund(c);
				}
			}
			Stage::Drawing(since) => {
				due(since + 2)?;
				let seed = H256(blake2_256(&(ledger.hash, since).encode()));
				let terms = ledger.terms;
				let hands = deal(seed, joined, terms.item_count, terms.items_each);
				let ledger = self.campaigns.get_mut(&c).unwrap();
				for (seat, hand) in ledger.seats.iter_mut().zip(hands) {
					seat.items = hand.iter().collect();
				}
				let place = ledger.full() + fee_on(ledger.full(), FEE).unwrap();
				let back = place * u128::from(terms.raters - joined);
				ledger.budget -= back;
				ledger.stage = Stage::Committing(now + terms.answering);
				let sponsor = ledger.sponsor;
				self.release(sponsor, BUDGET, back);
			}
			Stage::Committing(until) => {
				due(until)?;
				self.set(c, Stage::Revealing(now + REVEAL));
			}
			Stage::Revealing(until) => {
				due(until)?;
				let stage = match revealed {
					0 => Stage::Paying(0, Basis::Nobody),
					_ => Stage::Opening(now + OPEN),
				};
				self.set(c, stage);
			}
			Stage::Opening(until) => {
				due(until)?;
				self.set(c, Stage::Paying(0, Basis::Equal));
			}
			Stage::Weighing(_) | Stage::Paying(..) | Stage::Refunding(_) => self.settle(c, 10),
			Stage::Settled(_) | Stage::Refunded | Stage::Removing(..) => {
				return Err(Error::NotDueYet)
			}
		}
		Ok(())
	}

	fn refund(&mut self, c: u64) {
		let ledger = self.campaigns.get_mut(&c).unwrap();
		if ledger.seats.is_empty() {
			self.end_refund(c);
		} else {
			ledger.stage = Stage::Refunding(0);
		}
	}

	fn end_refund(&mut self, c: u64) {
		self.ended.1 += 1;
		let ledger = self.campaigns.get_mut(&c).unwrap();
		ledger.stage = Stage::Refunded;
		let (who, budget) = (ledger.sponsor, ledger.budget);
		ledger.budget = 0;
		self.release(who, BUDGET, budget);
	}

	fn settle(&mut self, c: u64, limit: u32) {
		let ledger = &self.campaigns[&c];
		let joined = ledger.seats.len() as u32;
		match ledger.stage {
			Stage::Weighing(next) => {
				let until = (next + limit).min(joined);
				let stage = if until < joined {
					Stage::Weighing(until)
				} else {
					let basis = self.basis(c);
					Stage::Paying(0, basis)
				};
				self.set(c, stage);
			}
			Stage::Paying(next, basis) => {
				let until = (next + limit).min(joined);
				for seat in next..until {
					self.pay(c, seat as usize, basis);
				}
				self.set(c, Stage::Paying(until, basis));
				if until == joined {
					self.end_pay(c, basis);
				}
			}
			Stage::Refunding(next) => {
				let until = (next + limit).min(joined);
				let stake = ledger.terms.stake;
				for seat in next..until {
					let who = self.campaigns[&c].seats[seat as usize].who;
					self.release(who, STAKE, stake);
				}
				self.set(c, Stage::Refunding(until));
				if until == joined {
					self.end_refund(c);
				}
			}
			_ => unreachable!("there is nothing to settle"),
		}
	}

	/// Gold of which this list says whether it counts, by position of the item.
	fn standing(&self, c: u64) -> Vec<(u32, bool)> {
		let ledger = &self.campaigns[&c];
		let gold: Vec<_> = gold_of(ledger.terms.gold_count, ledger.terms.item_count)
			.iter()
			.map(|gold| gold.item)
			.collect();
		let weight = |seat: usize| {
			let answers = gold
				.iter()
				.filter_map(|item| Some(ledger.answer_of_revealed(seat, *item)? == truth(*item)));
			let answers: Vec<_> = answers.collect();
			let correct = answers.iter().filter(|right| **right).count();
			u64::from(care(correct as u32, answers.len() as u32))
		};
		let weights: Vec<_> = (0..ledger.seats.len()).map(weight).collect();
		gold.iter()
			.map(|item| {
				let (mut total, mut against) = (0u64, 0u64);
				for (seat, weight) in weights.iter().enumerate() {
					if let Some(choice) = ledger.answer_of_revealed(seat, *item) {
						total += weight;
						against += if choice == truth(*item) { 0 } else { *weight };
					}
				}
				(*item, total == 0 || against * 5 < total * 4)
			})
			.collect()
	}

	fn basis(&mut self, c: u64) -> Basis {
		let standing = self.standing(c);
		self.campaigns.get_mut(&c).unwrap().standing = standing.clone();
		let counting = standing.iter().filter(|(_, counts)| *counts).count();
		if counting * 2 < standing.len() {
			Basis::Equal
		} else {
			Basis::Scored {
				gold: counting as u32,
			}
		}
	}

	fn pay(&mut self, c: u64, seat: usize, basis: Basis) {
		let ledger = &self.campaigns[&c];
		let (who, did) = (ledger.seats[seat].who, ledger.seats[seat].did);
		let (stake, full, sponsor) = (ledger.terms.stake, ledger.full(), ledger.sponsor);
		if did != Did::Revealed {
			self.burn(who, STAKE, stake);
			return;
		}
		let amount = match basis {
			Basis::Scored { gold } => part_of(full, self.earned(c, seat, gold)),
			_ => full,
		};
		let fee = fee_on(amount, FEE).unwrap();
		self.release(who, STAKE, stake);
		self.held[sponsor][BUDGET] -= amount + fee;
		self.free[who] += amount;
		self.free[TREASURER] += fee - fee / 2;
		self.issuance -= fee / 2;
		let ledger = self.campaigns.get_mut(&c).unwrap();
		ledger.budget -= amount + fee;
		ledger.paid += amount;
		ledger.fees += fee;
		ledger.seats[seat].paid = amount;
	}

	fn earned(&self, c: u64, seat: usize, counting: u32) -> u32 {
		let ledger = &self.campaigns[&c];
		let standing = &ledger.standing;
		let mine = &ledger.seats[seat].items;
		let tested: Vec<_> = standing
			.iter()
			.filter(|(item, counts)| *counts && mine.contains(item))
			.map(|(item, _)| answer(ledger.seats[seat].who, *item) == truth(*item))
			.collect();
		let correct = tested.iter().filter(|right| **right).count();
		let care_of = care(correct as u32, tested.len() as u32);
		let sign = |choice| if choice == Choice::A { 1i64 } else { -1 };
		let (mut n, mut xs, mut ys, mut xys) = (0i64, 0, 0, 0);
		let is_gold = |item: &u32| standing.iter().any(|(gold, _)| gold == item);
		for item in mine.iter().filter(|item| !is_gold(item)) {
			let others: Vec<_> = (0..ledger.seats.len())
				.filter(|other| *other != seat)
				.filter_map(|other| ledger.answer_of_revealed(other, *item))
				.map(sign)
				.collect();
			if others.is_empty() {
				continue;
			}
			let x = sign(answer(ledger.seats[seat].who, *item));
			let y = others.iter().sum::<i64>() * i64::from(PARTS) / others.len() as i64;
			(n, xs, ys, xys) = (n + 1, xs + x, ys + y, xys + x * y);
		}
		let agreement = if n < 10 {
			PARTS
		} else {
			((n * xys - xs * ys) / (n * n) * 4).clamp(0, i64::from(PARTS)) as u32
		};
		earned(agreement, care_of, care(counting, counting))
	}

	fn end_pay(&mut self, c: u64, basis: Basis) {
		self.ended.0 += 1;
		let now = self.now;
		let ledger = self.campaigns.get_mut(&c).unwrap();
		ledger.stage = Stage::Settled(now);
		let left = ledger.budget;
		ledger.budget = 0;
		let place = ledger.full() + fee_on(ledger.full(), FEE).unwrap();
		let (shown, silent): (Vec<_>, Vec<_>) = ledger
			.seats
			.iter()
			.partition(|seat| seat.did == Did::Revealed);
		// Of each place that was not earned in full a fifth at most; of silent ones all.
		let unpaid: u128 = shown
			.iter()
			.map(|seat| place - seat.paid - fee_on(seat.paid, FEE).unwrap())
			.map(|rest| rest.min(place / 5))
			.sum();
		let back = match basis {
			Basis::Nobody => left,
			Basis::Equal => 0,
			Basis::Scored { .. } => {
				let spent = ledger.paid + ledger.fees;
				silent.len() as u128 * place + unpaid.min(spent)
			}
		};
		let sponsor = ledger.sponsor;
		self.release(sponsor, BUDGET, back);
		self.burn(sponsor, BUDGET, left - back);
	}

	fn remove(&mut self, c: u64, limit: u32) -> Result<(), Refusal> {
		let ledger = self.find(c)?;
		let (mut seats, mut items) = match ledger.stage {
			Stage::Settled(since) if self.now >= since + RETENTION => {
				(ledger.seats.len() as u32, ledger.added)
			}
			Stage::Refunded => (ledger.seats.len() as u32, ledger.added),
			Stage::Removing(seats, items) => (seats, items),
			_ => return Err(Error::StillNeeded),
		};
		let removed = limit.min(seats);
		for _ in 0..removed {
			seats -= 1;
			let who = self.campaigns[&c].seats[seats as usize].who;
			self.release(who, PLACE, place_deposit());
		}
		items -= (limit - removed).min(items);
		if seats > 0 || items > 0 {
			self.set(c, Stage::Removing(seats, items));
		} else {
			let ledger = self.campaigns.remove(&c).unwrap();
			self.release(ledger.sponsor, CAMPAIGN, ledger.deposit);
		}
		Ok(())
	}
}

impl Ledger {
	/// What a rater who revealed answered to an item that it was given.
	fn answer_of_revealed(&self, seat: usize, item: u32) -> Option<Choice> {
		let seat = &self.seats[seat];
		(seat.did == Did::Revealed && seat.items.contains(&item)).then(|| answer(seat.who, item))
	}
}

fn ensure(condition: bool, error: Refusal) -> Result<(), Refusal> {
	if condition {
		Ok(())
	} else {
		Err(error)
	}
}

fn terms_of(size: usize, price: u128) -> Terms<u32> {
	let (gold, items, each, raters) = SIZES[size];
	Terms {
		price,
		min_score: MIN_SCORES[size],
		..sized(gold, items, each, raters)
	}
}

/// What a rater scores: one has failed before.
fn score_of(who: usize) -> u32 {
	if who == FAILED {
		UNKNOWN - 1
	} else {
		UNKNOWN
	}
}

fn bits(c: u64, who: usize, policy: Policy) -> AnswerBits {
	let number = who.saturating_sub(SPONSORS) as u32;
	let items: Vec<_> = PlaceNumbers::<Test>::get(c, account(who))
		.and_then(|place| Places::<Test>::get(c, place))
		.and_then(|place| Some(place.state.items()?.iter().collect()))
		.unwrap_or_default();
	let answers: Vec<_> = items
		.into_iter()
		.map(|item: u32| policy.answer(number, item))
		.collect();
	pack(&answers).unwrap()
}

/// Does on the chain what the model predicted.
fn perform(op: &Op) -> Result<(), DispatchError> {
	let plain = |result: frame_support::dispatch::DispatchResultWithPostInfo| {
		result.map(|_| ()).map_err(|error| error.error)
	};
	let commitment = |c: u64, who| {
		let hash = Campaigns::<Test>::get(c).map(|campaign| campaign.campaign_hash);
		weighhouse_primitives::feedback::commitment(
			hash.unwrap_or_default(),
			&account(who),
			&bits(c, who, policy(who)),
			SALT,
		)
	};
	match *op {
		Op::Create { who, size, price } => {
			let c = NextCampaign::<Test>::get();
			create(account(who), terms_of(size, price))?;
			Registry::list(c as u32, account(who));
			Registry::propose(c as u32, Feedback::pot(c));
			Ok(())
		}
		Op::Fill { who, c, count } => {
			let first = Campaigns::<Test>::get(c).map_or(0, |campaign| campaign.added);
			let items: Vec<_> = (first..first + count).map(new_item).collect();
			Feedback::add_items(signed(account(who)), c, NewItems::truncate_from(items))
		}
		Op::Cancel { who, c } => Feedback::cancel_campaign(signed(account(who)), c),
		Op::Join { who, c } => Feedback::join(signed(account(who)), c),
		Op::Commit { who, c } => Feedback::commit(signed(account(who)), c, commitment(c, who)),
		Op::Reveal { who, c, right } => {
			let answers = bits(c, who, policy(who));
			let salt = if right { SALT } else { H256::zero() };
			Feedback::reveal(signed(account(who)), c, answers, salt)
		}
		Op::Open { c, from, count } => {
			let terms = Campaigns::<Test>::get(c).map_or(terms_of(0, UNIT), |c| c.terms);
			let all = gold_openings(&gold_of(terms.gold_count, terms.item_count));
			let some: Vec<_> = all.into_iter().skip(from).take(count.min(10)).collect();
			Feedback::open_gold(signed(OTHER), c, Openings::truncate_from(some))
		}
		Op::Settle { c, limit } => plain(Feedback::settle(signed(OTHER), c, limit)),
		Op::Poke { c } => plain(Feedback::poke(signed(OTHER), c)),
		Op::Remove { c, limit } => plain(Feedback::remove_campaign(signed(OTHER), c, limit)),
		Op::Accept { who, c } => Feedback::accept_dataset(signed(account(who)), c, c as u32),
		Op::Sell { c, amount } => {
			Balances::transfer(&REGISTRY, &Feedback::pot(c), amount, Preservation::Preserve)?;
			Ok(())
		}
		Op::Distribute { c } => plain(Feedback::distribute(signed(OTHER), c)),
		Op::Retire { who, c } => plain(Feedback::retire_dataset(signed(account(who)), c, 1)),
		// Without the hook: what is due waits for a poke.
		Op::Wait { blocks } => {
			System::set_block_number(System::block_number() + blocks);
			Ok(())
		}
		Op::Advance { .. } => unreachable!("it was made another"),
	}
}

fn compare(model: &Model) {
	const REASONS: [HoldReason; 5] = [
		HoldReason::Budget,
		HoldReason::Stake,
		HoldReason::Campaign,
		HoldReason::Place,
		HoldReason::Dividends,
	];
	for index in 0..ALL {
		let who = account(index);
		assert_eq!(free(&who), model.free[index], "free of {index}");
		for (number, reason) in REASONS.into_iter().enumerate() {
			assert_eq!(
				held(&who, reason),
				model.held[index][number],
				"{reason:?} of {index}"
			);
		}
	}
	for (c, pot) in &model.pots {
		assert_eq!(free(&Feedback::pot(*c)), *pot);
	}
	assert_eq!(Balances::total_issuance(), model.issuance);
	assert_eq!(
		Campaigns::<Test>::iter_keys().count(),
		model.campaigns.len()
	);
	for (c, ledger) in &model.campaigns {
		let campaign = campaign(*c);
		assert_eq!(campaign.budget, ledger.budget);
		assert_eq!(campaign.joined as usize, ledger.seats.len());
		let stage = match campaign.phase {
			Phase::Filling { until } => Stage::Filling(until),
			Phase::Joining { until } => Stage::Joining(until),
			Phase::Drawing { since } => Stage::Drawing(since),
			Phase::Committing { until } => Stage::Committing(until),
			Phase::Revealing { until } => Stage::Revealing(until),
			Phase::Opening { until } => Stage::Opening(until),
			Phase::Weighing { next } => Stage::Weighing(next),
			Phase::Paying { next, basis, .. } => Stage::Paying(next, basis),
			Phase::Settled { since, .. } => Stage::Settled(since),
			Phase::Refunding { next, .. } => Stage::Refunding(next),
			Phase::Refunded { .. } => Stage::Refunded,
			Phase::Removing { places, items } => Stage::Removing(places, items),
		};
		assert_eq!(stage, ledger.stage);
	}
}

fn start() -> Model {
	Scores::set(&vec![(account(FAILED), score_of(FAILED))]);
	Balances::set_balance(&account(TREASURER - 1), POOR);
	Balances::set_balance(&account(TREASURER - 2), POOR);
	let mut free = [ENDOWMENT; ALL];
	(free[TREASURER - 1], free[TREASURER - 2]) = (POOR, POOR);
	Model {
		now: 1,
		free,
		held: [[0; 5]; ALL],
		pots: BTreeMap::new(),
		issuance: Balances::total_issuance(),
		campaigns: BTreeMap::new(),
		dividends: BTreeMap::new(),
		retired: BTreeSet::new(),
		next: 1,
		ended: (0, 0),
	}
}

fn any_op() -> impl Strategy<Value = Op> {
	let who = || 0..TREASURER;
	let c = || 1..4u64;
	prop_oneof![
		60 => (1..3u64, any::<usize>()).prop_map(|(c, n)| Op::Advance { c, n: n % 1_000 }),
		1 => (0..SPONSORS, 0..SIZES.len(), prop_oneof![Just(1), Just(UNIT), Just(7 * UNIT + 3)])
			.prop_map(|(who, size, price)| Op::Create { who, size, price }),
		2 => (0..SPONSORS, c(), 0..50u32).prop_map(|(who, c, count)| Op::Fill { who, c, count }),
		1 => (0..SPONSORS, c()).prop_map(|(who, c)| Op::Cancel { who, c }),
		2 => (who(), c()).prop_map(|(who, c)| Op::Join { who, c }),
		2 => (who(), c()).prop_map(|(who, c)| Op::Commit { who, c }),
		2 => (who(), c(), any::<bool>()).prop_map(|(who, c, right)| Op::Reveal { who, c, right }),
		2 => (c(), 0..22usize, 0..11usize).prop_map(|(c, from, count)| Op::Open { c, from, count }),
		2 => (c(), 0..9u32).prop_map(|(c, limit)| Op::Settle { c, limit }),
		4 => c().prop_map(|c| Op::Poke { c }),
		2 => (c(), 0..60u32).prop_map(|(c, limit)| Op::Remove { c, limit }),
		2 => (0..SPONSORS, c()).prop_map(|(who, c)| Op::Accept { who, c }),
		2 => (c(), ED..UNIT).prop_map(|(c, amount)| Op::Sell { c, amount }),
		3 => c().prop_map(|c| Op::Distribute { c }),
		1 => (0..SPONSORS, c()).prop_map(|(who, c)| Op::Retire { who, c }),
		5 => (1..30u32).prop_map(|blocks| Op::Wait { blocks }),
	]
}

#[test]
fn every_operation_does_what_the_model_predicts() {
	let (settled, refunded) = (Cell::new(0), Cell::new(0));
	let (shared, retired) = (Cell::new(0), Cell::new(0));
	let mut runner = TestRunner::new(Settings {
		cases: 32,
		failure_persistence: None,
		..Settings::default()
	});
	runner
		.run(&proptest::collection::vec(any_op(), 100..240), |ops| {
			new_test_ext().execute_with(|| {
				let mut model = start();
				for (number, op) in (0..).zip(ops) {
					let op = match op {
						Op::Advance { c, n } => model.natural(c, n),
						other => other,
					};
					let expected = model.apply(&op).map_err(DispatchError::from);
					// As an extrinsic does: nothing is left of what is refused.
					let happened = frame_support::storage::with_storage_layer(|| perform(&op));
					assert_eq!(happened, expected, "{op:?}");
					for (c, ledger) in &mut model.campaigns {
						ledger.hash = campaign(*c).campaign_hash;
					}
					compare(&model);
					// All state is walked for it, so not each time.
					if number % 16 == 0 {
						check_everything();
					}
				}
				check_everything();
				settled.set(settled.get() + model.ended.0);
				refunded.set(refunded.get() + model.ended.1);
				shared.set(shared.get() + model.dividends.len() + model.retired.len());
				retired.set(retired.get() + model.retired.len());
			});
			Ok(())
		})
		.unwrap();
	// Sequences that come to nothing would prove nothing.
	assert!(settled.get() > 10, "{settled:?} were settled");
	assert!(refunded.get() > 0, "{refunded:?} were refunded");
	assert!(shared.get() > 5, "{shared:?} had a dataset");
	assert!(retired.get() > 0, "{retired:?} datasets were retired");
}
