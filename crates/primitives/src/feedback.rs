//! Comparisons that people are paid for: what they are asked, how it is hidden who is tested with
//! what, and what care is worth.
//!
//! A campaign is a pool of items, each a prompt with two answers. For some of them, the gold, the
//! sponsor knows which answer is better; nobody else can tell which they are before all have
//! answered. The chain, the command line and a simulation use the functions of this module, so that
//! all of them hash the same bytes and come to the same pay.
//!
//! Everything is in integers. Chances, weights and shares are in parts of 10^9. Against exact
//! arithmetic, [`care`] and [`expected_part`] are off by at most 5 * 10^-9, a [`Covariance`] by
//! 4 * 10^-9, and what they are multiplied to by 3 * 10^-8.

use alloc::{vec, vec::Vec};
use binary_merkle_tree as merkle;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding,
	traits::{BlakeTwo256, Hash, IntegerSquareRoot},
	BoundedVec, DispatchError, Rounding,
};
use sp_weights::Weight;

use crate::{ListingId, VersionNumber, PARTS};

/// A campaign, counted from 1, never reused.
pub type CampaignId = u64;

/// The least gold of a campaign.
pub const MIN_GOLD: u32 = 20;
/// The most gold of a campaign.
pub const MAX_GOLD: u32 = 40;
/// The fewest ordinary tasks of a campaign.
pub const MIN_TASKS: u32 = 20;
/// The most ordinary tasks of a campaign.
pub const MAX_TASKS: u32 = 200;
/// The most items of a campaign, gold and tasks together.
pub const MAX_ITEMS: u32 = MAX_GOLD + MAX_TASKS;
/// The fewest items that a rater answers.
pub const MIN_ITEMS_EACH: u32 = 40;
/// The fewest raters of a campaign.
pub const MIN_RATERS: u32 = 5;
/// The most raters of a campaign.
pub const MAX_RATERS: u32 = 100;
/// The fewest raters that answer an item.
pub const MIN_PANEL: u32 = 5;
/// A covariance over fewer items than this says nothing; gold alone decides then.
pub const MIN_COMPARED: u32 = 10;
/// The length of the longest proof that an item is gold.
pub const MAX_PROOF: u32 = 6;
/// Bytes that hold one bit for each item of the largest pool.
const SET_BYTES: u32 = MAX_ITEMS / 8;

const WHOLE: u128 = 1_000_000_000;
const UNIT: i64 = 1_000_000_000;

/// One of the two answers of an item, in the order in which the campaign lists them.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Choice {
	/// The first answer.
	A,
	/// The second answer.
	B,
}

impl Choice {
	/// The other one.
	pub const fn other(self) -> Self {
		match self {
			Self::A => Self::B,
			Self::B => Self::A,
		}
	}

	/// 1 for the first answer, -1 for the second.
	const fn sign(self) -> i64 {
		match self {
			Self::A => 1,
			Self::B => -1,
		}
	}
}

/// Items of one campaign, by their position in its pool.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub struct ItemSet([u8; SET_BYTES as usize]);

impl ItemSet {
	/// The first `count` items.
	pub fn first(count: u32) -> Self {
		(0..count).collect()
	}

	fn place(item: u32) -> (usize, u8) {
		let byte = usize::try_from(item / 8).unwrap_or(usize::MAX);
		(byte, 1u8.wrapping_shl(item % 8))
	}

	/// Adds an item; one that is beyond [`MAX_ITEMS`] is left out.
	pub fn insert(&mut self, item: u32) {
		let (byte, bit) = Self::place(item);
		if let Some(byte) = self.0.get_mut(byte) {
			*byte |= bit;
		}
	}

	/// Whether the item is one of them.
	pub fn contains(&self, item: u32) -> bool {
		let (byte, bit) = Self::place(item);
		self.0.get(byte).is_some_and(|byte| byte & bit > 0)
	}

	/// How many there are.
	pub fn len(&self) -> u32 {
		self.0
			.iter()
			.fold(0, |sum, byte| byte.count_ones().saturating_add(sum))
	}

	/// Whether there are none.
	pub fn is_empty(&self) -> bool {
		self.0.iter().all(|byte| *byte == 0)
	}

	/// The items in the order of the pool.
	pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
		(0..MAX_ITEMS).filter(|item| self.contains(*item))
	}
}

impl FromIterator<u32> for ItemSet {
	fn from_iter<I: IntoIterator<Item = u32>>(items: I) -> Self {
		let mut set = Self::default();
		items.into_iter().for_each(|item| set.insert(item));
		set
	}
}

/// A rater's answers as a reveal carries them: one bit for each of its items in the order of the
/// pool, the lowest bit of the first byte first. A set bit prefers answer A; bits beyond the last
/// item are not set.
pub type AnswerBits = BoundedVec<u8, ConstU32<SET_BYTES>>;

/// Packs answers, given in the order of the pool. None if there are more than [`MAX_ITEMS`].
pub fn pack(answers: &[Choice]) -> Option<AnswerBits> {
	let bytes = answers.chunks(8).map(|eight| {
		eight.iter().rev().fold(0u8, |byte, choice| {
			byte.wrapping_shl(1) | u8::from(*choice == Choice::A)
		})
	});
	bytes.collect::<Vec<_>>().try_into().ok()
}

/// The answers of a rater who was given `items`, each with its item, in the order of the pool. None
/// unless there is exactly one bit for each item and no other is set.
pub fn unpack(items: &ItemSet, answers: &[u8]) -> Option<Vec<(u32, Choice)>> {
	let count = items.len();
	let bytes = usize::try_from(count.div_ceil(8)).ok()?;
	let set: u32 = answers
		.iter()
		.fold(0, |sum, byte| byte.count_ones().saturating_add(sum));
	let bit = |position: u32| {
		let (byte, bit) = ItemSet::place(position);
		answers.get(byte).is_some_and(|byte| byte & bit > 0)
	};
	let choices: Vec<_> = (0..count)
		.zip(items.iter())
		.map(|(position, item)| {
			let choice = if bit(position) { Choice::A } else { Choice::B };
			(item, choice)
		})
		.collect();
	let used = choices.iter().filter(|(_, choice)| *choice == Choice::A);
	let sound = answers.len() == bytes && u32::try_from(used.count()) == Ok(set);
	sound.then_some(choices)
}

/// The hash that binds a rater to all its answers without showing them: blake2-256 over a domain,
/// the identity of the campaign, the account, the [packed](pack) answers and a salt. The account is
/// in it, so a copied commitment can never be opened by the copier.
pub fn commitment(
	campaign_hash: H256,
	rater: &impl Encode,
	answers: &AnswerBits,
	salt: H256,
) -> H256 {
	let domain = b"weighhouse/feedback/v1";
	BlakeTwo256::hash_of(&(domain, campaign_hash, rater, answers, salt))
}

/// Numbers that follow from a seed for something of one name.
struct Numbers<Name> {
	seed: H256,
	name: Name,
	next_block: u32,
	block: Vec<u64>,
}

impl<Name: Encode> Numbers<Name> {
	const fn new(seed: H256, name: Name) -> Self {
		Self {
			seed,
			name,
			next_block: 0,
			block: Vec::new(),
		}
	}

	fn next(&mut self) -> u64 {
		if self.block.is_empty() {
			let hash = BlakeTwo256::hash_of(&(self.seed, &self.name, self.next_block));
			self.next_block = self.next_block.wrapping_add(1);
			// The last number is taken first, so they are kept in reverse.
			self.block = hash
				.0
				.rchunks_exact(8)
				.filter_map(|bytes| bytes.try_into().ok().map(u64::from_le_bytes))
				.collect();
		}
		self.block.pop().unwrap_or_default()
	}

	/// A number below `bound`, each with the same chance but for one part in 2^32.
	fn below(&mut self, bound: usize) -> usize {
		let bound = u128::try_from(bound).unwrap_or_default();
		let number = u128::from(self.next())
			.saturating_mul(bound)
			.wrapping_shr(64);
		usize::try_from(number).unwrap_or_default()
	}

	/// Fisher and Yates' shuffle.
	fn shuffle<T>(&mut self, items: &mut [T]) {
		for last in (1..items.len()).rev() {
			let other = self.below(last.saturating_add(1));
			items.swap(last, other);
		}
	}
}

/// How many raters answer each item at least, if `raters` of them answer `items_each` of `items`.
pub fn panel(raters: u32, items: u32, items_each: u32) -> u32 {
	raters
		.saturating_mul(items_each)
		.checked_div(items)
		.unwrap_or_default()
}

/// Which items each rater answers: `items_each` different ones of the pool, so that each item gets
/// the same number of raters, or one more.
///
/// The pool is a deck of cards that is shuffled and dealt, and shuffled again when it is used up.
/// What the rater at the break has in hand goes to the end of the new deck.
pub fn deal(seed: H256, raters: u32, items: u32, items_each: u32) -> Vec<ItemSet> {
	if items_each >= items {
		return (0..raters).map(|_| ItemSet::first(items)).collect();
	}
	let mut numbers = Numbers::new(seed, b"weighhouse/feedback/deal/v1");
	// Dealt from the end.
	let mut deck = Vec::new();
	let mut hand = || {
		let mut hand = ItemSet::default();
		for _ in 0..items_each {
			if deck.is_empty() {
				let mut fresh: Vec<u32> = (0..items).collect();
				numbers.shuffle(&mut fresh);
				let (held, others): (Vec<u32>, Vec<u32>) =
					fresh.into_iter().partition(|item| hand.contains(*item));
				deck = held;
				deck.extend(others);
			}
			if let Some(item) = deck.pop() {
				hand.insert(item);
			}
		}
		hand
	};
	(0..raters).map(|_| hand()).collect()
}

/// An item as a rater sees it.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Shown {
	/// Its position in the pool.
	pub item: u32,
	/// Which answer is on the left.
	pub left: Choice,
}

/// In which order, and with which answer on the left, a rater sees its items. It follows from the
/// seed of the draw and the account, so whoever always presses left answers at random.
pub fn presentation(seed: H256, rater: &impl Encode, items: &ItemSet) -> Vec<Shown> {
	let mut numbers = Numbers::new(seed, (b"weighhouse/feedback/show/v1", rater));
	let mut order: Vec<u32> = items.iter().collect();
	numbers.shuffle(&mut order);
	order
		.into_iter()
		.map(|item| {
			let left = match numbers.below(2) {
				0 => Choice::A,
				_ => Choice::B,
			};
			Shown { item, left }
		})
		.collect()
}

/// An item of which the sponsor knows the better answer.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GoldItem {
	/// Its position in the pool.
	pub item: u32,
	/// The better answer.
	pub label: Choice,
	/// What hides it in its leaf: 32 random bytes, of its own for each item.
	pub salt: H256,
}

impl GoldItem {
	/// What its leaf is the hash of: a domain, the item, the label and the salt.
	fn leaf(&self) -> Vec<u8> {
		(b"weighhouse/gold/v1", self.item, self.label, self.salt).encode()
	}
}

/// Path from a leaf to the root of the gold.
pub type GoldProof = BoundedVec<H256, ConstU32<MAX_PROOF>>;

/// An item shown to be gold.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct GoldOpening {
	/// The position of its leaf among the leaves, from 0.
	pub position: u32,
	/// The position of the item in the pool, from 0.
	pub item: u32,
	/// The better answer.
	pub label: Choice,
	/// The salt of the leaf.
	pub salt: H256,
	/// The hashes beside the path from the leaf to the root.
	pub proof: GoldProof,
}

impl GoldOpening {
	/// Whether it is a leaf under `root`, which stands over `gold_count` leaves.
	pub fn is_under(&self, root: H256, gold_count: u32) -> bool {
		let gold = GoldItem {
			item: self.item,
			label: self.label,
			salt: self.salt,
		};
		merkle::verify_proof::<BlakeTwo256, _, _>(
			&root,
			self.proof.iter().copied(),
			gold_count,
			self.position,
			&gold.leaf(),
		)
	}
}

/// The root under which a sponsor puts its gold, in the order given: a binary Merkle tree of
/// blake2-256.
pub fn gold_root(gold: &[GoldItem]) -> H256 {
	merkle::merkle_root::<BlakeTwo256, _>(gold.iter().map(GoldItem::leaf))
}

/// What opens all gold that stands under [`gold_root`]. Empty if there is more than [`MAX_GOLD`].
pub fn gold_openings(gold: &[GoldItem]) -> Vec<GoldOpening> {
	let leaves: Vec<_> = gold.iter().map(GoldItem::leaf).collect();
	(0..)
		.zip(gold)
		.take_while(|_| u32::try_from(gold.len()).is_ok_and(|count| count <= MAX_GOLD))
		.filter_map(|(position, gold)| {
			let path = merkle::merkle_proof::<BlakeTwo256, _, _>(leaves.iter(), position);
			Some(GoldOpening {
				position,
				item: gold.item,
				label: gold.label,
				salt: gold.salt,
				proof: path.proof.try_into().ok()?,
			})
		})
		.collect()
}

/// How the revealed answers to one item stand.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub struct Tally {
	/// How many raters prefer answer A.
	pub a: u8,
	/// How many raters answered.
	pub total: u8,
}

impl Tally {
	/// Counts one more answer.
	pub fn count(&mut self, choice: Choice) {
		self.total = self.total.saturating_add(1);
		if choice == Choice::A {
			self.a = self.a.saturating_add(1);
		}
	}

	/// The mean of the other raters' answers, between -10^9 (all prefer B) and 10^9 (all prefer A),
	/// rounded towards 0. None if there is no other.
	pub fn others(&self, own: Choice) -> Option<i64> {
		let others = i64::from(self.total).saturating_sub(1);
		let a = i64::from(self.a).saturating_sub(i64::from(own == Choice::A));
		let sum = a.saturating_mul(2).saturating_sub(others);
		if others < 1 {
			return None;
		}
		sum.saturating_mul(UNIT).checked_div(others)
	}
}

/// How far a rater's answers move with those of others, beyond what a habit of one side explains.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Covariance {
	/// Over how many items.
	pub compared: u32,
	/// Mean of the products less the product of the means, between -10^9 and 10^9.
	pub parts: i32,
}

impl Covariance {
	/// Of a rater's answers with the [mean of the others'](Tally::others).
	pub fn of(answers: impl IntoIterator<Item = (Choice, i64)>) -> Self {
		let (mut compared, mut xs, mut ys, mut products) = (0u32, 0i64, 0i64, 0i64);
		for (own, others) in answers {
			let x = own.sign();
			compared = compared.saturating_add(1);
			xs = xs.saturating_add(x);
			ys = ys.saturating_add(others);
			products = products.saturating_add(x.saturating_mul(others));
		}
		let count = i64::from(compared);
		let covariance = products
			.saturating_mul(count)
			.saturating_sub(xs.saturating_mul(ys))
			.checked_div(count.saturating_mul(count));
		Self {
			compared,
			parts: i32::try_from(covariance.unwrap_or_default()).unwrap_or_default(),
		}
	}

	/// The part of full pay that it leaves, in parts of 10^9: all from a covariance of a quarter on,
	/// nothing from 0 down. Over fewer than [`MIN_COMPARED`] items it says nothing and leaves all.
	pub fn agreement(&self) -> u32 {
		if self.compared < MIN_COMPARED {
			return PARTS;
		}
		let positive = u32::try_from(self.parts).unwrap_or_default();
		positive.saturating_mul(4).min(PARTS)
	}
}

/// How much a rater can be relied on who had `correct` of `gold` right, in parts of 10^9.
///
/// Twice the lower confidence bound p - z * sqrt(p * (1 - p) / (n + 1)) of its accuracy, less one,
/// and never below 0: p is the mean and n the mass of a Beta distribution with a prior of one success
/// and one failure, so p = (correct + 1) / (gold + 2) and n = gold + 2, and z is a half.
pub fn care(correct: u32, gold: u32) -> u32 {
	let (gold, correct) = (u128::from(gold), u128::from(correct.min(gold)));
	let wrong = gold.saturating_sub(correct);
	// With z = 1/2 this is (correct - wrong - sqrt((correct + 1) * (wrong + 1) / (gold + 3))) / (gold + 2).
	let spread = correct
		.saturating_add(1)
		.saturating_mul(wrong.saturating_add(1))
		.saturating_mul(WHOLE)
		.saturating_mul(WHOLE)
		.checked_div(gold.saturating_add(3))
		.unwrap_or_default()
		.integer_sqrt();
	let care = correct
		.saturating_sub(wrong)
		.saturating_mul(WHOLE)
		.saturating_sub(spread)
		.checked_div(gold.saturating_add(2));
	u32::try_from(care.unwrap_or_default()).unwrap_or_default()
}

/// The part of full pay that a rater has earned, in parts of 10^9: `agreement` times `care`, where
/// `best` is the care of somebody who had all gold of the campaign right. Whoever did, and agrees
/// enough, has earned all.
pub fn earned(agreement: u32, care: u32, best: u32) -> u32 {
	let earned = multiply_by_rational_with_rounding(
		agreement.min(PARTS).into(),
		care.min(best).into(),
		best.into(),
		Rounding::Down,
	);
	u32::try_from(earned.unwrap_or_default()).unwrap_or_default()
}

/// `parts` of 10^9 of an amount, rounded down.
pub fn part_of(amount: u128, parts: u32) -> u128 {
	let parts = parts.min(PARTS).into();
	multiply_by_rational_with_rounding(amount, parts, WHOLE, Rounding::Down).unwrap_or_default()
}

/// The protocol fee that goes with a payment of `amount` to a rater, rounded down: `fee_parts` of
/// 10^9 of both together, so it is inside what the sponsor pays. None if it cannot be counted.
pub fn fee_on(amount: u128, fee_parts: u32) -> Option<u128> {
	let rest = PARTS.checked_sub(fee_parts)?;
	multiply_by_rational_with_rounding(amount, fee_parts.into(), rest.into(), Rounding::Down)
}

/// What part of full pay a rater can expect, in parts of 10^9, whose answers are right with the chance
/// `accuracy`, when those of the others are right with the chance `others`, and who meets `gold` of
/// the campaign's `all_gold`. An estimate: it takes it that each answer is the better one in half of
/// the items, and that the covariance is what it is on the average.
pub fn expected_part(accuracy: u32, others: u32, gold: u32, all_gold: u32) -> u32 {
	const FINE: u128 = WHOLE * WHOLE;
	let gold = gold.min(MAX_GOLD);
	let right = u128::from(accuracy.min(PARTS));
	let wrong = WHOLE.saturating_sub(right);
	// The chances to have 0, 1, ... right, in parts of 10^18.
	let mut chances = vec![FINE];
	for _ in 0..gold {
		let mut next = Vec::with_capacity(chances.len().saturating_add(1));
		let mut below = 0u128;
		for chance in &chances {
			let both = chance
				.saturating_mul(wrong)
				.saturating_add(below.saturating_mul(right));
			next.push(both / WHOLE);
			below = *chance;
		}
		next.push(below.saturating_mul(right) / WHOLE);
		chances = next;
	}
	let best = care(all_gold, all_gold);
	let of_gold = (0..).zip(&chances).fold(0u128, |sum, (correct, chance)| {
		let part = earned(PARTS, care(correct, gold), best);
		sum.saturating_add(chance.saturating_mul(part.into()))
	});
	let edge = |chance: u32| {
		i64::from(chance.min(PARTS))
			.saturating_mul(2)
			.saturating_sub(UNIT)
	};
	let covariance = edge(accuracy).saturating_mul(edge(others)) / UNIT;
	let agreement = Covariance {
		compared: MIN_COMPARED,
		parts: i32::try_from(covariance).unwrap_or_default(),
	}
	.agreement();
	let of_gold = u32::try_from(of_gold / FINE).unwrap_or_default();
	earned(agreement, of_gold.min(PARTS), PARTS)
}

/// What part of a whole each amount is, in parts of 10^9; together they are exactly that. Each is off
/// by less than one part, and an amount of 0 gets nothing. All are 0 if all amounts are.
pub fn shares(amounts: &[u128]) -> Vec<u32> {
	let sum = |sum: u128, amount: &u128| sum.saturating_add(*amount);
	let total = amounts.iter().fold(0, sum);
	let mut seen = 0u128;
	let mut given = 0u32;
	amounts
		.iter()
		.map(|amount| {
			seen = seen.saturating_add(*amount);
			let until =
				multiply_by_rational_with_rounding(seen, WHOLE, total.max(1), Rounding::Down);
			let until = u32::try_from(until.unwrap_or_default()).unwrap_or(PARTS);
			let share = until.saturating_sub(given);
			given = until;
			share
		})
		.collect()
}

/// Listings of accounts that nobody holds a key of.
pub trait KeylessOwnership<AccountId> {
	/// What the new owner must be able to hold as the deposit of the listing, in the smallest unit of
	/// money. None if there is no such listing.
	fn acceptance_deposit(listing: ListingId) -> Option<u128>;

	/// Makes `to`, whom the owner has proposed, the owner. If it fails, nothing changed.
	fn accept_ownership(to: &AccountId, listing: ListingId) -> Result<(), DispatchError>;

	/// What both together weigh.
	fn accept_ownership_weight() -> Weight;

	/// Removes a version that nobody needs, with the last one the listing, and gives `owner` the
	/// deposit. If it fails, nothing changed.
	fn remove_version(
		owner: &AccountId,
		listing: ListingId,
		version: VersionNumber,
	) -> Result<(), DispatchError>;

	/// What `remove_version` weighs at most.
	fn remove_version_weight() -> Weight;
}

/// There are no listings.
impl<AccountId> KeylessOwnership<AccountId> for () {
	fn acceptance_deposit(_: ListingId) -> Option<u128> {
		None
	}

	fn accept_ownership(_: &AccountId, _: ListingId) -> Result<(), DispatchError> {
		Err(DispatchError::Unavailable)
	}

	fn accept_ownership_weight() -> Weight {
		Weight::zero()
	}

	fn remove_version(_: &AccountId, _: ListingId, _: VersionNumber) -> Result<(), DispatchError> {
		Err(DispatchError::Unavailable)
	}

	fn remove_version_weight() -> Weight {
		Weight::zero()
	}
}

#[cfg(test)]
mod tests;
