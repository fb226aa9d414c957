//! Random interleavings of everything that anybody can send, of deadlines, and of messages that are
//! lost, late or sent twice, against a plain model: a ledger that a person would keep.
//!
//! The model takes from the chain who was drawn and whether chance called for an audit. All else it
//! works out by itself: what is refused and why, where each job stands, and every unit of money.

use crate::{mock::*, *};
use codec::MaxEncodedLen;
use sp_core::H256;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};
use std::collections::{BTreeMap, BTreeSet};
use weighhouse_primitives::{
	inference::{Access, Ground, InlineOutput, JobId, Mode, Round, Status},
	ListingId, ReceiptId, PARTS,
};

mod history;
mod play;

use history::{burst, counted, History};

type Error = crate::Error<Test>;

/// An account by its index.
type Who = usize;
const TREASURER: Who = 4;
const POTTER: Who = 5;
/// Owns listing 2 and begins without an account.
const UNBORN: Who = 6;
const FIRST_WORKER: Who = 7;
const LAST_WORKER: Who = 19;
const ACCOUNTS: usize = 20;

fn account(who: Who) -> AccountId {
	match who {
		0..=6 => [ALICE, BOB, CAROL, DAVE, TREASURY, POT, NOBODY][who].clone(),
		_ => worker(who as u32),
	}
}

fn index(wanted: &AccountId) -> Who {
	(0..ACCOUNTS).find(|who| account(*who) == *wanted).unwrap()
}

/// The reasons of holds, as indices of a ledger line.
const REASONS: [HoldReason; 7] = [
	HoldReason::Bond,
	HoldReason::Escrow,
	HoldReason::Challenge,
	HoldReason::Worker,
	HoldReason::Ask,
	HoldReason::Job,
	HoldReason::Receipt,
];
const BONDED: usize = 0;
const ESCROW: usize = 1;
const CHALLENGED: usize = 2;
const WORKER: usize = 3;
const ASK: usize = 4;
const JOB: usize = 5;
const RECEIPT: usize = 6;

const SHORT: DevelopmentWindows<u32> = DevelopmentWindows {
	challenge: 20,
	unbonding: 60,
};
/// Both versions say 30 s.
const COMMIT: u32 = 15;
const SMALLEST: u128 = 100;

/// What a worker says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
	Plain(u8),
	/// The same with an output that is too large for a reveal.
	Large(u8),
	/// The evidence of that, and another output.
	Near(u8),
	NoInput,
	Fails,
}

impl Word {
	fn said(self) -> Said {
		match self {
			Self::Plain(number) => says(number),
			Self::Large(number) => says_large(number),
			Self::Near(number) => says_near(number),
			Self::NoInput => says_no(Status::InputUnavailable),
			Self::Fails => says_no(Status::ModelError),
		}
	}

	/// The answer, whichever way the output travels.
	fn answer(self) -> Self {
		match self {
			Self::Large(number) => Self::Plain(number),
			word => word,
		}
	}

	/// Evidence, and whether the output is the one that belongs to it; none without an output.
	fn parts(self) -> Option<(u8, bool)> {
		match self {
			Self::Plain(number) | Self::Large(number) => Some((number, true)),
			Self::Near(number) => Some((number, false)),
			Self::NoInput | Self::Fails => None,
		}
	}
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Likeness {
	Same,
	Near,
	Other,
}

/// How alike two words are where outputs must be equal, or need not.
fn likeness(exact: bool, a: Word, b: Word) -> Likeness {
	match (a.parts(), b.parts()) {
		(None, None) if a == b => Likeness::Same,
		(Some((a, first)), Some((b, second))) if a == b => match first == second || !exact {
			true => Likeness::Same,
			false => Likeness::Near,
		},
		_ => Likeness::Other,
	}
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
	Open,
	Agreed,
	Near,
	Minority,
	Silent,
	Hidden,
	Fallen,
}

#[derive(Clone, Debug)]
struct ModelSeat {
	who: Who,
	/// Number of the key that it signs with.
	key: u8,
	/// What it committed to; a hash of nothing opens to no word.
	committed: Option<Option<Word>>,
	shown: Option<Word>,
	fate: Fate,
}

struct ModelJob {
	asker: Who,
	owner: Who,
	listing: ListingId,
	exact: bool,
	mode: Mode,
	licensed: bool,
	reward: u128,
	call: u128,
	phase: Phase<u32>,
	/// Main panel, auditor, jury.
	panels: [Vec<ModelSeat>; 3],
	/// The answer so far, and whether its output was in a reveal.
	standing: Option<(Word, bool)>,
	receipt: Option<ReceiptId>,
	challenge: Option<(Who, Ground)>,
	/// The panel that was drawn a second time.
	redrawn: Option<usize>,
}

impl ModelJob {
	fn escrow(&self) -> u128 {
		let premium = match self.mode {
			Mode::Solo => self.reward,
			_ => 0,
		};
		seats_of(self.mode) * self.reward + self.call + premium
	}

	/// The panel whose turn it is.
	fn round(&self) -> usize {
		match self.phase {
			Phase::Auditing { .. } => 1,
			Phase::JuryCommitting { .. } | Phase::JuryRevealing { .. } => 2,
			_ => 0,
		}
	}

	fn quorum(&self, round: usize) -> usize {
		match (round, self.mode) {
			(2, _) => match self.panels[2].len() {
				3 => 2,
				5 => 4,
				7 => 5,
				_ => 6,
			},
			(_, Mode::Owner | Mode::Solo) => 1,
			(_, Mode::QuorumOfThree) => 2,
			(_, Mode::QuorumOfFive) => 4,
		}
	}

	/// What a seat of a panel may do in block `now`.
	fn due(&self, round: usize, seat: &ModelSeat, now: u32) -> Option<Turn> {
		match (self.phase, round) {
			(Phase::Committing { until }, 0) | (Phase::JuryCommitting { until }, 2) => {
				(now <= until && seat.committed.is_none()).then_some(Turn::Commit)
			}
			(Phase::Revealing { until, .. }, 0) | (Phase::JuryRevealing { until, .. }, 2) => {
				let single = round == 0 && matches!(self.mode, Mode::Owner | Mode::Solo);
				match seat.committed {
					_ if now > until || seat.shown.is_some() => None,
					Some(word) => Some(Turn::Open(word)),
					None => single.then_some(Turn::Answer),
				}
			}
			(Phase::Auditing { until }, 1) => {
				(now <= until && seat.shown.is_none()).then_some(Turn::Answer)
			}
			_ => None,
		}
	}
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
	Commit,
	Open(Option<Word>),
	Answer,
}

fn seats_of(mode: Mode) -> u128 {
	match mode {
		Mode::Owner | Mode::Solo => 1,
		Mode::QuorumOfThree => 3,
		Mode::QuorumOfFive => 5,
	}
}

struct ModelWorker {
	key: u8,
	bond: u128,
	/// What was bonded when.
	bonded: History<u128>,
	reserved: u128,
	leaving: Vec<(u128, u32)>,
	availability: History<Availability>,
	silences: u8,
	seen: u32,
	/// For how much.
	serves: BTreeMap<ListingId, History<u128>>,
	open: usize,
}

impl ModelWorker {
	fn free(&self) -> u128 {
		self.bond - self.reserved
	}

	fn available(&self) -> Availability {
		self.availability.last().unwrap().1
	}

	fn turn(&mut self, availability: Availability, now: u32) {
		if self.available() != availability {
			self.availability.push((now, availability));
		}
	}

	/// Who comes back is drawn for nothing that happened before.
	fn gives_sign(&mut self, now: u32) {
		if now.saturating_sub(2).saturating_sub(self.seen) > 3 * HEARTBEAT {
			self.availability = vec![(now, self.available())];
		}
		self.seen = now;
	}

	/// Bond that came too late to count for a block.
	fn late(&self, block: u32) -> u128 {
		match self.bonded.last().unwrap().0 <= block {
			true => 0,
			false => self.bonded[burst(&self.bonded)..]
				.iter()
				.map(|(_, amount)| amount)
				.sum(),
		}
	}
}

struct Model {
	now: u32,
	free: [u128; ACCOUNTS],
	held: [[u128; 7]; ACCOUNTS],
	issuance: u128,
	workers: BTreeMap<Who, ModelWorker>,
	jobs: BTreeMap<JobId, ModelJob>,
	next_job: JobId,
	/// What is due when, in order.
	queue: BTreeMap<u32, Vec<JobId>>,
	/// Buyer, block of the answer or of the end, and whether the job is over.
	receipts: BTreeMap<ReceiptId, (Who, u32, bool)>,
	next_receipt: ReceiptId,
	/// Blocks without randomness.
	blind: BTreeSet<u32>,
	/// Calls left under Bob's licence.
	calls: u32,
	audit_parts: u32,
	ends: BTreeMap<String, u32>,
}

/// A free message of a worker.
#[derive(Clone, Copy, Debug)]
struct Message {
	job: JobId,
	who: Who,
	round: usize,
	key: u8,
	at: u32,
	/// It names another request.
	other: bool,
	/// It is signed by another key.
	forged: bool,
}

#[derive(Clone, Copy, Debug)]
enum Flaw {
	None,
	Future,
	Stale,
	Other,
	Forged,
}

/// What happens next, as it is drawn; jobs and seats by their place among those there are.
#[derive(Clone, Debug)]
enum Op {
	Register(Who, u128),
	SetKey(Who, u8),
	BondMore(Who, u128),
	Unbond(Who, u128),
	Withdraw(Who),
	Serve(Who, ListingId, u128),
	Stop(Who, ListingId),
	Pause(Who),
	Resume(Who),
	Remove(Who),
	Ask {
		who: Who,
		listing: ListingId,
		version: u32,
		mode: Mode,
		access: Access,
		reward: u128,
	},
	Commit {
		job: usize,
		seat: usize,
		word: Option<Word>,
		free: bool,
		flaw: Flaw,
	},
	Reveal {
		job: usize,
		seat: usize,
		/// None for what was committed to.
		word: Option<Word>,
		garbled: bool,
		free: bool,
		flaw: Flaw,
	},
	/// Everybody whose turn it is in a job, or in all, acts, but for those whose bit is set.
	Play {
		job: Option<usize>,
		words: [Word; 9],
		lost: u16,
	},
	Beat(Who, bool),
	/// All workers are drawn again.
	Gather,
	/// The last free message again.
	Repeat,
	Dispute(Who, usize, Ground),
	Poke(usize),
	Prune(u64),
	/// A deadline finds no room in its block.
	Lose(usize),
	/// The next block carries no randomness.
	Blind,
	Wait(u32),
}

/// A step with all that it says; what the chain is told and what the model reckons with.
#[derive(Clone, Debug)]
enum Act {
	Simple(Op),
	Commit(Message, Option<Word>, bool),
	Reveal(Message, Word, bool, bool),
	Dispute(Who, JobId, Ground),
	Poke(JobId),
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Refused {
	Call(DispatchError),
	Pool(TransactionValidityError),
}

impl From<Error> for Refused {
	fn from(error: Error) -> Self {
		Self::Call(error.into())
	}
}

fn pool(code: u8) -> Refused {
	Refused::Pool(InvalidTransaction::Custom(code).into())
}

fn invalid(why: InvalidTransaction) -> Refused {
	Refused::Pool(why.into())
}

// ---- what things cost, worked out from sizes ----

fn deposit_of(bytes: usize) -> u128 {
	BASE + BYTE * bytes as u128
}

fn job_price(mode: Mode) -> u128 {
	let seat = SeatOf::<Test>::max_encoded_len() + InlineOutput::max_encoded_len();
	deposit_of(JobOf::<Test>::max_encoded_len() + seats_of(mode) as usize * seat)
}

fn receipt_price() -> u128 {
	deposit_of(
		ReceiptOf::<Test>::max_encoded_len()
			+ AccountId::max_encoded_len()
			+ 2 * ReceiptId::max_encoded_len()
			+ H256::max_encoded_len(),
	)
}

fn worker_price() -> u128 {
	deposit_of(WorkerOf::<Test>::max_encoded_len() + 32 + AccountId::max_encoded_len())
}

fn ask_price() -> u128 {
	deposit_of(AskOf::<Test>::max_encoded_len())
}

fn rounds(round: usize) -> Round {
	[Round::Main, Round::Audit, Round::Jury][round]
}

impl Model {
	// ---- money ----

	fn can_hold(&self, who: Who, amount: u128) -> bool {
		self.free[who].saturating_sub(ED) >= amount
	}

	fn hold(&mut self, who: Who, reason: usize, amount: u128) {
		self.free[who] -= amount;
		self.held[who][reason] += amount;
	}

	fn release(&mut self, who: Who, reason: usize, amount: u128) {
		self.held[who][reason] -= amount;
		self.free[who] += amount;
	}

	fn burn(&mut self, who: Who, reason: usize, amount: u128) {
		self.held[who][reason] -= amount;
		self.issuance -= amount;
	}

	/// Pays what is held to somebody else, or burns it if that keeps no account alive.
	fn give(&mut self, who: Who, reason: usize, to: Who, amount: u128) {
		if amount > 0 && self.free[to] + amount < ED {
			return self.burn(who, reason, amount);
		}
		self.held[who][reason] -= amount;
		self.free[to] += amount;
	}

	/// Pays a worker out of an escrow: a fortieth is the fee, half of that is burned.
	fn pay(&mut self, asker: Who, to: Who, amount: u128) {
		let fee = amount / 40;
		self.give(asker, ESCROW, to, amount - fee);
		self.give(asker, ESCROW, TREASURER, fee - fee / 2);
		self.burn(asker, ESCROW, fee / 2);
	}

	/// Pays several times the same out of what several lost, first owner first.
	fn share(&mut self, purse: &mut [(Who, u128)], reason: usize, to: &[Who], amount: u128) {
		for to in to {
			let mut wanted = amount;
			for (owner, left) in purse.iter_mut() {
				let part = wanted.min(*left);
				*left -= part;
				wanted -= part;
				self.give(*owner, reason, *to, part);
			}
		}
	}

	// ---- the course of a job ----

	fn enter(&mut self, id: JobId, phase: Phase<u32>) {
		self.jobs.get_mut(&id).unwrap().phase = phase;
		// What is due in the same block is taken in the order in which it entered.
		self.forget(id);
		self.queue.entry(last(&phase) + 1).or_default().push(id);
	}

	/// Takes a job off the queue of deadlines.
	fn forget(&mut self, id: JobId) {
		for jobs in self.queue.values_mut() {
			jobs.retain(|job| *job != id);
		}
	}

	fn draw_again(&mut self, id: JobId, round: usize, phase: Phase<u32>) {
		self.jobs.get_mut(&id).unwrap().redrawn = Some(round);
		self.enter(id, phase);
	}

	fn ending(&mut self, id: JobId, outcome: Outcome) {
		let since = self.now;
		self.enter(id, Phase::Ending { since, outcome });
	}

	fn refund(&mut self, id: JobId, why: Refund) {
		self.ending(id, Outcome::Refunded(why));
	}

	/// Who could be drawn: those who served already when the job came to its phase.
	fn eligible(&self, id: JobId) -> BTreeSet<Who> {
		let since = last(&self.jobs[&id].phase) - 2;
		self.fresh(id, since, None)
	}

	/// Who served in the block `since`, could answer, and has nothing to do with the job.
	fn fresh(&self, id: JobId, since: u32, challenger: Option<Who>) -> BTreeSet<Who> {
		let job = &self.jobs[&id];
		let mut involved = BTreeSet::from([job.asker, job.owner]);
		involved.extend(job.challenge.map(|(who, _)| who));
		involved.extend(challenger);
		involved.extend(job.panels.iter().flatten().map(|seat| seat.who));
		self.workers
			.iter()
			.filter(|(who, record)| {
				let asks = record.serves.get(&job.listing);
				!involved.contains(*who)
					&& asks
						.and_then(|asks| counted(asks, since))
						.is_some_and(|least| least <= job.reward)
					&& self.could_answer(record, job.reward, since)
			})
			.map(|(who, _)| *who)
			.collect()
	}

	fn could_answer(&self, record: &ModelWorker, reward: u128, since: u32) -> bool {
		let late = record.late(since);
		counted(&record.availability, since) == Some(Availability::Active)
			&& since.saturating_sub(record.seen) <= 3 * HEARTBEAT
			&& record.bond >= LEAST_BOND + late
			&& record.free() >= 100 * reward + late
			&& record.open < 16
	}

	fn seed_is_known(&self, since: u32) -> bool {
		!self.blind.contains(&(since + 1))
			&& !self.blind.contains(&(since + 2))
			&& since + 1 + 256 >= self.now
	}

	/// Takes over from the chain who was drawn, after a look at whether they could be.
	fn take_panel(&mut self, id: JobId, round: usize, count: usize) {
		let eligible = self.eligible(id);
		let drawn: Vec<_> = seats(id, rounds(round)).iter().map(index).collect();
		assert_eq!(drawn.len(), count, "a panel is full");
		assert!(drawn.iter().all(|who| eligible.contains(who)));
		self.seat(id, round, drawn);
	}

	fn seat(&mut self, id: JobId, round: usize, drawn: Vec<Who>) {
		let job = self.jobs.get_mut(&id).unwrap();
		for who in drawn {
			let record = self.workers.get_mut(&who).unwrap();
			record.reserved += 100 * job.reward;
			record.open += 1;
			job.panels[round].push(ModelSeat {
				who,
				key: record.key,
				committed: None,
				shown: None,
				fate: Fate::Open,
			});
		}
	}

	fn step(&mut self, id: JobId) {
		let job = &self.jobs[&id];
		let now = self.now;
		match job.phase {
			Phase::Open { since } => {
				let count = seats_of(job.mode) as usize;
				if !self.seed_is_known(since) {
					return self.refund(id, Refund::SeedLost);
				}
				if self.eligible(id).len() < count {
					return self.refund(id, Refund::NotEnoughWorkers);
				}
				self.take_panel(id, 0, count);
				let until = now + COMMIT;
				let phase = match count {
					1 => Phase::Revealing {
						since: now,
						until,
						window: Window::Last,
					},
					_ => Phase::Committing { until },
				};
				self.enter(id, phase);
			}
			Phase::Sampling { since } if !self.seed_is_known(since) && job.redrawn != Some(1) => {
				self.draw_again(id, 1, Phase::Sampling { since: now });
			}
			Phase::Sampling { since } => {
				let possible = self.seed_is_known(since) && !self.eligible(id).is_empty();
				let audited = !seats(id, Round::Audit).is_empty();
				assert!(possible || !audited);
				assert!(audited || !possible || self.audit_parts < PARTS);
				assert!(!audited || self.audit_parts > 0);
				if audited {
					self.take_panel(id, 1, 1);
					let until = now + 2 * COMMIT;
					self.enter(id, Phase::Auditing { until });
				} else {
					self.resolved(id);
				}
			}
			Phase::Summoning { since } if !self.seed_is_known(since) && job.redrawn != Some(2) => {
				self.draw_again(id, 2, Phase::Summoning { since: now });
			}
			Phase::Summoning { since } => {
				let fresh = self.eligible(id).len();
				let size = [0, 0, 0, 3, 3, 5, 5, 7, 7, 9][fresh.min(9)];
				if size == 0 || !self.seed_is_known(since) {
					return match job.challenge {
						Some(_) => self.ending(id, Outcome::Final),
						None => self.refund(id, Refund::Undecided),
					};
				}
				self.take_panel(id, 2, size);
				let until = now + 2 * COMMIT;
				self.enter(id, Phase::JuryCommitting { until });
			}
			Phase::Committing { .. } | Phase::JuryCommitting { .. } => {
				let round = job.round();
				let quorum = job.quorum(round);
				let panel = &mut self.jobs.get_mut(&id).unwrap().panels[round];
				for seat in panel.iter_mut().filter(|seat| seat.committed.is_none()) {
					seat.fate = Fate::Silent;
				}
				match panel.iter().filter(|seat| seat.committed.is_some()).count() >= quorum {
					true => self.reveals(id, Window::First),
					false if round == 2 => self.refund(id, Refund::Undecided),
					false => self.refund(id, Refund::Silence),
				}
			}
			Phase::Revealing { window, .. } | Phase::JuryRevealing { window, .. } => {
				self.close(id, window);
			}
			Phase::Auditing { .. } => {
				self.jobs.get_mut(&id).unwrap().panels[1][0].fate = Fate::Silent;
				self.resolved(id);
			}
			Phase::Resolved { .. } => self.ending(id, Outcome::Final),
			Phase::Ending { outcome, .. } => self.end(id, outcome),
		}
	}

	fn resolved(&mut self, id: JobId) {
		let until = self.now + SHORT.challenge;
		self.enter(id, Phase::Resolved { until });
	}

	fn reveals(&mut self, id: JobId, window: Window) {
		let (since, until) = (self.now, self.now + REVEAL);
		let phase = match self.jobs[&id].round() {
			2 => Phase::JuryRevealing {
				since,
				until,
				window,
			},
			_ => Phase::Revealing {
				since,
				until,
				window,
			},
		};
		self.enter(id, phase);
	}

	/// Counts answers after a window to reveal, or when all are in.
	fn close(&mut self, id: JobId, window: Window) {
		let job = self.jobs.get_mut(&id).unwrap();
		let round = job.round();
		let (quorum, exact) = (job.quorum(round), job.exact);
		let for_output = round == 2 && matches!(job.challenge, Some((_, Ground::Unavailable)));
		let panel = &mut job.panels[round];
		let shown: Vec<Word> = panel.iter().filter_map(|seat| seat.shown).collect();
		if shown.len() < quorum {
			if window == Window::First {
				return self.reveals(id, Window::Last);
			}
			for seat in panel.iter_mut() {
				if seat.committed.is_none() && seat.shown.is_none() {
					seat.fate = Fate::Silent;
				}
			}
			return match round {
				2 => self.refund(id, Refund::Undecided),
				_ => self.refund(id, Refund::Silence),
			};
		}
		for seat in panel.iter_mut() {
			if seat.committed.is_some() && seat.shown.is_none() {
				seat.fate = Fate::Hidden;
			}
		}
		// Words of a kind, most first; two kinds with as many are none.
		let votes = |word: Word| {
			let same = |other: &&Word| likeness(exact, word, **other) == Likeness::Same;
			shown.iter().filter(same).count()
		};
		let most = shown.iter().map(|word| votes(*word)).max().unwrap();
		let first = shown.iter().copied().find(|word| votes(*word) == most);
		let winner = first.filter(|winner| {
			let rival = |word: &Word| {
				votes(*word) == most && likeness(exact, *winner, *word) != Likeness::Same
			};
			most >= quorum && !shown.iter().any(rival)
		});
		if let Some(winner) = winner {
			for seat in panel.iter_mut() {
				if let Some(word) = seat.shown {
					seat.fate = match likeness(exact, winner, word) {
						Likeness::Same => Fate::Agreed,
						Likeness::Near => Fate::Near,
						// It has what the others could not have.
						Likeness::Other
							if winner == Word::NoInput && word.parts().is_some() && !for_output =>
						{
							Fate::Open
						}
						Likeness::Other => Fate::Minority,
					};
				}
			}
		}
		match round {
			2 => self.verdict(id, winner),
			_ => self.answered(id, winner),
		}
	}

	fn answered(&mut self, id: JobId, winner: Option<Word>) {
		let Some(winner) = winner else {
			return self.refund(id, Refund::NoQuorum);
		};
		let now = self.now;
		let job = self.jobs.get_mut(&id).unwrap();
		if winner.parts().is_none() {
			// One who says so alone gets nothing for it.
			if seats_of(job.mode) == 1 {
				job.panels[0][0].fate = Fate::Open;
			}
			return match winner {
				Word::NoInput => self.refund(id, Refund::InputUnavailable),
				_ => self.refund(id, Refund::ModelError),
			};
		}
		let inline = job.panels[0]
			.iter()
			.filter_map(|seat| seat.shown)
			.any(|word| word.answer() == winner.answer() && !matches!(word, Word::Large(_)));
		job.standing = Some((winner, inline));
		job.receipt = Some(self.next_receipt);
		let (asker, mode) = (job.asker, job.mode);
		self.receipts.insert(self.next_receipt, (asker, now, false));
		self.next_receipt += 1;
		match mode {
			Mode::Owner => self.ending(id, Outcome::Final),
			Mode::Solo => self.enter(id, Phase::Sampling { since: now }),
			_ => self.resolved(id),
		}
	}

	fn audited(&mut self, id: JobId, word: Word) {
		let job = self.jobs.get_mut(&id).unwrap();
		let (standing, _) = job.standing.unwrap();
		if word == Word::NoInput {
			return self.resolved(id);
		}
		match likeness(job.exact, standing, word) {
			Likeness::Same => {
				job.panels[1][0].fate = Fate::Agreed;
				self.resolved(id);
			}
			Likeness::Near => {
				job.panels[0][0].fate = Fate::Near;
				job.panels[1][0].fate = Fate::Near;
				self.refund(id, Refund::NoQuorum);
			}
			Likeness::Other => {
				let since = self.now;
				self.enter(id, Phase::Summoning { since });
			}
		}
	}

	fn verdict(&mut self, id: JobId, verdict: Option<Word>) {
		let Some(word) = verdict else {
			return self.refund(id, Refund::Undecided);
		};
		let job = self.jobs.get_mut(&id).unwrap();
		let (standing, _) = job.standing.unwrap();
		let (exact, challenge) = (job.exact, job.challenge);
		let finding = match (word, challenge) {
			(Word::NoInput, None) => return self.refund(id, Refund::Undecided),
			(Word::NoInput, Some((_, Ground::Wrong | Ground::NotAsFingerprinted))) => {
				Likeness::Same
			}
			_ => likeness(exact, standing, word),
		};
		match finding {
			Likeness::Same => {
				if challenge.is_none() {
					job.panels[1][0].fate = Fate::Fallen;
				}
				self.ending(id, Outcome::Final);
			}
			Likeness::Near => {
				for seat in job.panels[..2].iter_mut().flatten() {
					if seat.shown.is_some() {
						seat.fate = Fate::Near;
					}
				}
				self.refund(id, Refund::NoQuorum);
			}
			Likeness::Other => {
				let right = |shown: Option<Word>| {
					shown.is_some_and(|shown| likeness(exact, word, shown) == Likeness::Same)
				};
				// A finding about the output says nothing of those who named another one.
				let of_output = matches!(
					(word, challenge),
					(Word::NoInput, Some((_, Ground::Unavailable)))
						| (Word::Fails, Some((_, Ground::NotAsFingerprinted)))
				);
				let fallen = |shown: Option<Word>| match of_output
					&& shown.map(Word::answer) != Some(standing.answer())
				{
					true => Fate::Open,
					false => Fate::Fallen,
				};
				for seat in &mut job.panels[0] {
					if seat.fate == Fate::Agreed {
						seat.fate = fallen(seat.shown);
					} else if right(seat.shown) {
						seat.fate = Fate::Agreed;
					}
				}
				for seat in &mut job.panels[1] {
					if seat.fate == Fate::Agreed {
						seat.fate = fallen(seat.shown);
					} else if challenge.is_none() {
						seat.fate = match right(seat.shown) {
							true => Fate::Agreed,
							false => Fate::Minority,
						};
					}
				}
				self.refund(id, Refund::Overturned);
			}
		}
	}

	/// The end of a job: who earns and loses what.
	fn end(&mut self, id: JobId, outcome: Outcome) {
		let job = self.jobs.remove(&id).unwrap();
		let name = format!("{outcome:?}");
		*self.ends.entry(name).or_default() += 1;
		let reward = job.reward;
		let mut fallen = Vec::new();
		for seat in job.panels.iter().flatten() {
			let record = self.workers.get_mut(&seat.who).unwrap();
			record.reserved -= 100 * reward;
			record.open -= 1;
			if seat.fate == Fate::Silent {
				record.silences = record.silences.saturating_add(1);
				if record.silences >= 3 && record.available() == Availability::Active {
					record.availability = vec![(self.now, Availability::Suspended)];
				}
			} else if seat.shown.is_some() {
				record.silences = 0;
			}
			let lost = match seat.fate {
				Fate::Open | Fate::Agreed | Fate::Near => 0,
				Fate::Silent => reward / 4,
				Fate::Hidden => 2 * reward,
				Fate::Minority if job.exact => 2 * reward,
				Fate::Minority => reward,
				Fate::Fallen => 100 * reward,
			};
			record.bond -= lost;
			match seat.fate {
				Fate::Fallen => fallen.push((seat.who, lost)),
				_ => self.burn(seat.who, BONDED, lost),
			}
		}
		let overturned = outcome == Outcome::Refunded(Refund::Overturned);
		let of = |round: usize, fate: Fate| -> Vec<Who> {
			let panel = job.panels[round].iter();
			panel
				.filter(|seat| seat.fate == fate)
				.map(|seat| seat.who)
				.collect()
		};
		let jurors = of(2, Fate::Agreed);
		let worked: Vec<Who> = job.panels[2]
			.iter()
			.filter(|seat| seat.shown.is_some())
			.map(|seat| seat.who)
			.collect();
		let total: u128 = fallen.iter().map(|(_, lost)| lost).sum();

		if let Some((challenger, _)) = job.challenge {
			let mut stake = [(challenger, 10 * reward)];
			if outcome == Outcome::Final && !job.panels[2].is_empty() {
				self.share(&mut stake, CHALLENGED, &jurors, reward);
				self.burn(challenger, CHALLENGED, stake[0].1);
			} else if overturned {
				self.share(&mut fallen, BONDED, &jurors, reward);
				if challenger != job.asker {
					let gain = (total / 5).min(10 * reward);
					self.share(&mut fallen, BONDED, &[challenger], gain);
				}
				self.release(challenger, CHALLENGED, 10 * reward);
			} else {
				self.share(&mut stake, CHALLENGED, &worked, reward / 10);
				self.release(challenger, CHALLENGED, stake[0].1);
			}
		} else {
			self.share(&mut fallen, BONDED, &jurors, reward);
			if overturned {
				self.share(&mut fallen, BONDED, &of(1, Fate::Agreed), reward);
			}
		}
		for (who, left) in fallen {
			self.burn(who, BONDED, left);
		}

		let before = self.held[job.asker][ESCROW];
		let (paid, amount) = match outcome {
			Outcome::Final => ([of(0, Fate::Agreed), of(1, Fate::Agreed)].concat(), reward),
			Outcome::Refunded(Refund::InputUnavailable | Refund::ModelError) => {
				(of(0, Fate::Agreed), reward / 10)
			}
			Outcome::Refunded(Refund::Undecided | Refund::NoQuorum) if job.challenge.is_none() => {
				(worked, reward / 10)
			}
			_ => (Vec::new(), 0),
		};
		for who in paid {
			self.pay(job.asker, who, amount);
		}
		match outcome {
			Outcome::Final => self.pay_call(&job),
			Outcome::Refunded(_) if job.licensed => self.calls += 1,
			Outcome::Refunded(_) => {}
		}
		let spent = before - self.held[job.asker][ESCROW];
		self.release(job.asker, ESCROW, job.escrow() - spent);
		self.release(job.asker, JOB, job_price(job.mode));
		match job.receipt {
			Some(receipt) => {
				let (_, block, over) = self.receipts.get_mut(&receipt).unwrap();
				(*block, *over) = (self.now, true);
			}
			None => self.release(job.asker, RECEIPT, receipt_price()),
		}
	}

	/// A fortieth for the protocol, a tenth for the pot if it is listing 1, the rest for the owner.
	fn pay_call(&mut self, job: &ModelJob) {
		let (price, fee) = (job.call, job.call / 40);
		let royalty = match job.listing {
			1 => price / 10,
			_ => 0,
		};
		let rest = price - fee - royalty;
		if self.free[job.owner] + rest < ED {
			return;
		}
		self.give(job.asker, ESCROW, job.owner, rest);
		self.give(job.asker, ESCROW, TREASURER, fee - fee / 2);
		self.give(job.asker, ESCROW, POTTER, royalty);
		self.burn(job.asker, ESCROW, fee / 2);
	}

	// ---- what is sent ----

	/// The seat that a message is about and what it may do, or why the pool refuses it.
	fn heard(&self, message: &Message) -> Result<(usize, Turn), Refused> {
		if message.at > self.now {
			return Err(invalid(InvalidTransaction::Future));
		}
		if self.now - message.at > STEP_LIVES {
			return Err(invalid(InvalidTransaction::Stale));
		}
		let job = self.jobs.get(&message.job).ok_or(pool(100))?;
		if message.other {
			return Err(pool(101));
		}
		let panel = &job.panels[message.round];
		let place = panel
			.iter()
			.position(|seat| seat.who == message.who && seat.key == message.key)
			.ok_or(pool(102))?;
		let turn = job.due(message.round, &panel[place], self.now);
		Ok((place, turn.ok_or(pool(103))?))
	}

	/// The same for an ordinary transaction; the seat is found by the account.
	fn signed(&self, job: JobId, who: Who) -> Result<(usize, usize, Turn), Refused> {
		let record = self.jobs.get(&job).ok_or(Error::UnknownJob)?;
		for (round, panel) in record.panels.iter().enumerate() {
			if let Some(place) = panel.iter().position(|seat| seat.who == who) {
				let turn = record.due(round, &panel[place], self.now);
				return Ok((round, place, turn.ok_or(Error::NothingDue)?));
			}
		}
		Err(Error::NothingDue.into())
	}

	fn commit(&mut self, message: &Message, word: Option<Word>, free: bool) -> Result<(), Refused> {
		let (round, place) = if free {
			let (place, turn) = self.heard(message)?;
			if turn != Turn::Commit {
				return Err(pool(103));
			}
			if message.forged {
				return Err(invalid(InvalidTransaction::BadProof));
			}
			(message.round, place)
		} else {
			let (round, place, turn) = self.signed(message.job, message.who)?;
			if turn != Turn::Commit {
				return Err(Error::NothingDue.into());
			}
			(round, place)
		};
		let panel = &mut self.jobs.get_mut(&message.job).unwrap().panels[round];
		// What was hashed with another key or round than the seat's opens to nothing.
		let own = message.round == round && message.key == panel[place].key;
		panel[place].committed = Some(word.filter(|_| own));
		let all = panel.iter().all(|seat| seat.committed.is_some());
		let now = self.now;
		self.workers.get_mut(&message.who).unwrap().gives_sign(now);
		if all {
			self.reveals(message.job, Window::First);
		}
		Ok(())
	}

	fn reveal(
		&mut self,
		message: &Message,
		word: Word,
		garbled: bool,
		free: bool,
	) -> Result<(), Refused> {
		let (round, place, turn) = if free {
			let (place, turn) = self.heard(message)?;
			(message.round, place, turn)
		} else {
			self.signed(message.job, message.who)?
		};
		let opens = match turn {
			Turn::Commit if free => return Err(pool(103)),
			Turn::Commit => return Err(Error::NothingDue.into()),
			Turn::Open(committed) => {
				// The salt is of the round that the message names.
				message.round == round
					&& committed.is_some_and(|committed| committed.answer() == word.answer())
			}
			Turn::Answer => true,
		};
		if !opens || garbled {
			return match free {
				true => Err(pool(104)),
				false => Err(Error::BadReveal.into()),
			};
		}
		if free && message.forged {
			return Err(invalid(InvalidTransaction::BadProof));
		}
		let panel = &mut self.jobs.get_mut(&message.job).unwrap().panels[round];
		panel[place].shown = Some(word);
		let waits = |seat: &ModelSeat| seat.committed.is_some() && seat.shown.is_none();
		let done = !panel.iter().any(waits);
		let now = self.now;
		self.workers.get_mut(&message.who).unwrap().gives_sign(now);
		match round {
			1 => self.audited(message.job, word),
			_ if done => self.close(message.job, Window::Last),
			_ => {}
		}
		Ok(())
	}

	fn dispute(&mut self, who: Who, id: JobId, ground: Ground) -> Result<(), Refused> {
		let job = self.jobs.get(&id).ok_or(Error::UnknownJob)?;
		match job.phase {
			Phase::Sampling { .. } | Phase::Auditing { .. } => {
				return Err(Error::AuditDecides.into())
			}
			Phase::Resolved { until } if self.now <= until => {}
			_ => return Err(Error::NotDisputable.into()),
		}
		if ground == Ground::Unavailable && job.standing.unwrap().1 {
			return Err(Error::OutputIsInline.into());
		}
		let stake = 10 * job.reward;
		if !self.can_hold(who, stake) {
			return Err(Error::BalanceTooLow.into());
		}
		if self.fresh(id, self.now, Some(who)).len() < 3 {
			return Err(Error::Undisputable.into());
		}
		self.hold(who, CHALLENGED, stake);
		self.jobs.get_mut(&id).unwrap().challenge = Some((who, ground));
		let since = self.now;
		self.enter(id, Phase::Summoning { since });
		Ok(())
	}

	fn ask(
		&mut self,
		who: Who,
		(listing, version): (ListingId, u32),
		mode: Mode,
		access: Access,
		reward: u128,
	) -> Result<(), Refused> {
		let (owner, exact) = match listing {
			1 => (0, true),
			2 => (UNBORN, false),
			_ => return Err(Error::UnknownListing.into()),
		};
		if version != 1 {
			return Err(Error::UnknownVersion.into());
		}
		if reward < SMALLEST {
			return Err(Error::RewardTooLow.into());
		}
		if mode == Mode::Owner {
			if who == owner {
				return Err(Error::OwnRequest.into());
			}
			let answers = self.workers.get(&owner).is_some_and(|record| {
				let asks = record.serves.get(&listing);
				asks.is_some_and(|asks| asks.last().unwrap().1 <= reward)
					&& self.could_answer(record, reward, self.now)
			});
			if !answers {
				return Err(Error::OwnerDoesNotServe.into());
			}
		}
		let call = match access {
			Access::Offer(1) if listing == 1 => CALL_PRICE,
			Access::Offer(1) => ED / 2,
			Access::Offer(2) if listing == 2 => UNIT,
			Access::Licence(5) if who == 1 && listing == 1 && self.calls > 0 => 0,
			Access::Owner if who == owner => 0,
			_ => return Err(Refused::Call(NO_ACCESS)),
		};
		let now = self.now;
		let job = ModelJob {
			asker: who,
			owner,
			listing,
			exact,
			mode,
			licensed: matches!(access, Access::Licence(_)),
			reward,
			call,
			phase: Phase::Open { since: now },
			panels: Default::default(),
			standing: None,
			receipt: None,
			challenge: None,
			redrawn: None,
		};
		if !self.can_hold(who, job.escrow() + job_price(mode) + receipt_price()) {
			return Err(Error::BalanceTooLow.into());
		}
		self.hold(who, ESCROW, job.escrow());
		self.hold(who, JOB, job_price(mode));
		self.hold(who, RECEIPT, receipt_price());
		if job.licensed {
			self.calls -= 1;
		}
		let id = self.next_job;
		self.next_job += 1;
		self.jobs.insert(id, job);
		if mode == Mode::Owner {
			self.seat(id, 0, vec![owner]);
			let (until, window) = (now + COMMIT, Window::Last);
			self.enter(
				id,
				Phase::Revealing {
					since: now,
					until,
					window,
				},
			);
		} else {
			self.enter(id, Phase::Open { since: now });
		}
		Ok(())
	}

	fn simple(&mut self, op: &Op) -> Result<(), Refused> {
		let now = self.now;
		match *op {
			Op::Register(who, bond) => {
				if self.workers.contains_key(&who) {
					return Err(Error::AlreadyWorker.into());
				}
				if bond < LEAST_BOND {
					return Err(Error::BondTooLow.into());
				}
				if !self.can_hold(who, bond + worker_price()) {
					return Err(Error::BalanceTooLow.into());
				}
				self.hold(who, BONDED, bond);
				self.hold(who, WORKER, worker_price());
				let record = ModelWorker {
					key: 0,
					bond,
					bonded: vec![(now, bond)],
					reserved: 0,
					leaving: Vec::new(),
					availability: vec![(now, Availability::Active)],
					silences: 0,
					seen: now,
					serves: BTreeMap::new(),
					open: 0,
				};
				self.workers.insert(who, record);
			}
			Op::Ask {
				who,
				listing,
				version,
				mode,
				access,
				reward,
			} => return self.ask(who, (listing, version), mode, access, reward),
			Op::Prune(receipt) => {
				let (buyer, block, over) =
					*self.receipts.get(&receipt).ok_or(Error::UnknownReceipt)?;
				if !over || now < block + LIFETIME {
					return Err(Error::ReceiptStillNeeded.into());
				}
				self.receipts.remove(&receipt);
				self.release(buyer, RECEIPT, receipt_price());
			}
			Op::Beat(who, free) => {
				let (stranger, poor, early): (Refused, Refused, Refused) = match free {
					true => (pool(105), pool(105), pool(106)),
					false => (
						Error::NotWorker.into(),
						Error::BondTooLow.into(),
						Error::NothingDue.into(),
					),
				};
				let record = self.workers.get_mut(&who).ok_or(stranger)?;
				if record.bond < LEAST_BOND {
					return Err(poor);
				}
				if now / HEARTBEAT <= record.seen / HEARTBEAT {
					return Err(early);
				}
				record.gives_sign(now);
			}
			Op::Lose(_)
			| Op::Blind
			| Op::Wait(_)
			| Op::Gather
			| Op::Repeat
			| Op::Commit { .. }
			| Op::Reveal { .. }
			| Op::Play { .. }
			| Op::Dispute(..)
			| Op::Poke(_) => unreachable!("is no simple call"),
			Op::SetKey(who, _)
			| Op::BondMore(who, _)
			| Op::Unbond(who, _)
			| Op::Withdraw(who)
			| Op::Serve(who, ..)
			| Op::Stop(who, _)
			| Op::Pause(who)
			| Op::Resume(who)
			| Op::Remove(who) => return self.manage(who, op),
		}
		Ok(())
	}

	/// Calls of somebody who is a worker already.
	fn manage(&mut self, who: Who, op: &Op) -> Result<(), Refused> {
		let now = self.now;
		let means = self.free[who].saturating_sub(ED);
		let record = self.workers.get_mut(&who).ok_or(Error::NotWorker)?;
		match *op {
			Op::SetKey(_, key) => {
				if key == record.key {
					return Err(Error::KeyTaken.into());
				}
				record.key = key;
			}
			Op::BondMore(_, amount) => {
				if amount == 0 {
					return Err(Error::AmountIsZero.into());
				}
				if amount > means {
					return Err(Error::BalanceTooLow.into());
				}
				record.bond += amount;
				record.bonded.push((now, amount));
				self.hold(who, BONDED, amount);
			}
			Op::Unbond(_, amount) => {
				if amount == 0 {
					return Err(Error::AmountIsZero.into());
				}
				if amount > record.free() {
					return Err(Error::BondReserved.into());
				}
				if record.leaving.len() == 8 {
					return Err(Error::TooManyUnbonding.into());
				}
				record.bond -= amount;
				record.leaving.push((amount, now + SHORT.unbonding));
			}
			Op::Withdraw(_) => {
				let over = record.leaving.iter().filter(|(_, until)| *until <= now);
				let amount: u128 = over.map(|(amount, _)| amount).sum();
				if amount == 0 {
					return Err(Error::NothingToWithdraw.into());
				}
				record.leaving.retain(|(_, until)| *until > now);
				self.release(who, BONDED, amount);
			}
			Op::Serve(_, listing, least) => {
				if least < SMALLEST {
					return Err(Error::RewardTooLow.into());
				}
				if listing > 2 {
					return Err(Error::UnknownListing.into());
				}
				let served = record.serves.contains_key(&listing);
				if !served && means < ask_price() {
					return Err(Error::BalanceTooLow.into());
				}
				record.serves.entry(listing).or_default().push((now, least));
				if !served {
					self.hold(who, ASK, ask_price());
				}
			}
			Op::Stop(_, listing) => {
				record.serves.remove(&listing).ok_or(Error::NotServing)?;
				self.release(who, ASK, ask_price());
			}
			Op::Pause(_) => record.turn(Availability::Paused, now),
			Op::Resume(_) => {
				record.turn(Availability::Active, now);
				record.silences = 0;
				record.gives_sign(now);
			}
			Op::Remove(_) => {
				let idle = record.bond == 0
					&& record.leaving.is_empty()
					&& record.serves.is_empty()
					&& record.open == 0;
				if !idle {
					return Err(Error::WorkerBusy.into());
				}
				self.workers.remove(&who);
				self.release(who, WORKER, worker_price());
			}
			_ => unreachable!("is no call of a worker"),
		}
		Ok(())
	}

	fn apply(&mut self, act: &Act) -> Result<(), Refused> {
		match act {
			Act::Simple(op) => self.simple(op),
			Act::Commit(message, word, free) => self.commit(message, *word, *free),
			Act::Reveal(message, word, garbled, free) => {
				self.reveal(message, *word, *garbled, *free)
			}
			Act::Dispute(who, job, ground) => self.dispute(*who, *job, *ground),
			Act::Poke(id) => {
				let job = self.jobs.get(id).ok_or(Error::UnknownJob)?;
				if self.now <= last(&job.phase) {
					return Err(Error::NotDueYet.into());
				}
				self.step(*id);
				Ok(())
			}
		}
	}

	/// One more block, in which the chain takes the steps that are due.
	fn block(&mut self) {
		next_block();
		self.now += 1;
		for id in self.queue.remove(&self.now).unwrap_or_default() {
			let due = self.jobs.get(&id).map(|job| last(&job.phase) + 1);
			if due.is_some_and(|due| due <= self.now) {
				self.step(id);
			}
		}
	}

	// ---- comparison ----

	fn compare(&self) {
		check_everything();
		assert_eq!(Balances::total_issuance(), self.issuance);
		for who in 0..ACCOUNTS {
			let account = account(who);
			assert_eq!(free(&account), self.free[who], "free balance of {who}");
			for (reason, amount) in REASONS.into_iter().zip(self.held[who]) {
				assert_eq!(held(&account, reason), amount, "{reason:?} of {who}");
			}
			let Some(record) = Workers::<Test>::get(&account) else {
				assert!(!self.workers.contains_key(&who));
				continue;
			};
			let expected = &self.workers[&who];
			assert_eq!(
				(record.bond, record.reserved, record.silences, record.seen),
				(
					expected.bond,
					expected.reserved,
					expected.silences,
					expected.seen
				),
				"worker {who}"
			);
			assert_eq!(record.availability.now, expected.available());
			assert_eq!(record.served as usize, expected.serves.len());
			assert_eq!(record.unbonding.len(), expected.leaving.len());
		}
		let phases: BTreeMap<_, _> = Jobs::<Test>::iter()
			.map(|(id, job)| (id, job.phase))
			.collect();
		let expected: BTreeMap<_, _> = self.jobs.iter().map(|(id, job)| (*id, job.phase)).collect();
		assert_eq!(phases, expected);
		assert_eq!(Receipts::<Test>::iter().count(), self.receipts.len());
		assert_eq!(Calls::calls_left(5), Some(self.calls));
	}
}

/// The last block in which a phase waits for somebody.
fn last(phase: &Phase<u32>) -> u32 {
	match *phase {
		Phase::Open { since } | Phase::Sampling { since } | Phase::Summoning { since } => since + 2,
		Phase::Committing { until }
		| Phase::Revealing { until, .. }
		| Phase::Auditing { until }
		| Phase::Resolved { until }
		| Phase::JuryCommitting { until }
		| Phase::JuryRevealing { until, .. } => until,
		Phase::Ending { since, .. } => since,
	}
}
