//! What this pallet stores and what its view functions answer with.

// Derived codecs cast the discriminants of enums; nothing here does so by hand.
#![allow(clippy::as_conversions)]

use crate::{Config, HoldReason};
use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::traits::{
	fungible::{HoldConsideration, InspectHold},
	Footprint, Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::{traits::Convert, BoundedVec};
use weighhouse_primitives::{
	feedback::{
		fee_on, AnswerBits, CampaignId, Choice, Covariance, GoldOpening, ItemSet, Shown, Tally,
		MAX_GOLD, MAX_ITEMS, MAX_RATERS,
	},
	ContentId, ListingId, ReceiptId, PARTS,
};

/// The most items that one call adds.
pub const MAX_ADDED: u32 = 50;
/// The most gold that one call opens.
pub const MAX_OPENED: u32 = 10;
/// The most records that one call of `remove_campaign` removes.
pub const MAX_REMOVED: u32 = 50;
/// How many raters the chain by itself settles in one step.
pub const STEP_RATERS: u32 = 10;
/// The most campaigns whose deadline is the same block.
pub const MAX_DUE: u32 = 32;
/// The most of them when a new campaign is added, so that the next steps of open ones find room.
pub const MAX_DUE_CREATED: u32 = MAX_DUE / 2;
/// For how many blocks after it a full deadline is moved.
pub const DUE_SPREAD: u32 = 16;
/// The most steps of campaigns that one block takes by itself.
pub const MAX_STEPS_A_BLOCK: u32 = 8;
/// The most records that one page of a view function holds.
pub const MAX_PAGE: u32 = 100;
/// Longest text of a content id that a call accepts before it fails to decode, in bytes.
pub const MAX_CONTENT_ID_TEXT: u32 = 256;
/// The most that the protocol may take of a payment, in parts per 10^9: 10 %.
pub const MAX_FEE_PARTS: u32 = PARTS / 10;
/// The part of a place that comes back to a sponsor at most if its rater did not earn it: one in this
/// many.
pub const RETURNED_PART: u128 = 5;

/// An account of the chain.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// The chain-wide reason type of holds.
pub type HoldReasonOf<T> =
	<<T as Config>::Currency as InspectHold<<T as frame_system::Config>::AccountId>>::Reason;

/// Text of a content id as a call takes it.
pub type ContentIdArgument = BoundedVec<u8, ConstU32<MAX_CONTENT_ID_TEXT>>;

/// A deposit held under the reason `R` for as long as a record exists.
pub type Ticket<T, R> =
	HoldConsideration<AccountIdOf<T>, <T as Config>::Currency, R, <T as Config>::DepositPrice>;

/// Names [`HoldReason::Campaign`] to the deposit type.
pub struct CampaignHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for CampaignHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Campaign.into()
	}
}

/// Names [`HoldReason::Place`] to the deposit type.
pub struct PlaceHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for PlaceHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Place.into()
	}
}

/// Names [`HoldReason::Dividends`] to the deposit type.
pub struct DividendsHold<T>(PhantomData<T>);
impl<T: Config> Get<HoldReasonOf<T>> for DividendsHold<T> {
	fn get() -> HoldReasonOf<T> {
		HoldReason::Dividends.into()
	}
}

/// A campaign as this chain stores it.
pub type CampaignOf<T> = Campaign<AccountIdOf<T>, BlockNumberFor<T>, Ticket<T, CampaignHold<T>>>;
/// A rater's place as this chain stores it.
pub type PlaceOf<T> = Place<AccountIdOf<T>, Ticket<T, PlaceHold<T>>>;
/// The dividends of a campaign as this chain stores them.
pub type DividendsOf<T> = Dividends<AccountIdOf<T>, Ticket<T, DividendsHold<T>>>;

/// How the answers to each item of a pool stand.
pub type Tallies = BoundedVec<Tally, ConstU32<MAX_ITEMS>>;
/// The gold of a campaign that was opened, in the order of opening.
pub type GoldList = BoundedVec<Gold, ConstU32<MAX_GOLD>>;
/// What is known of the items of a pool in the end.
pub type LabelList = BoundedVec<Label, ConstU32<MAX_ITEMS>>;
/// Each place's part of the dividends, in parts of 10^9.
pub type ShareList = BoundedVec<u32, ConstU32<MAX_RATERS>>;
/// Campaigns that are due in one block.
pub type DueList = BoundedVec<CampaignId, ConstU32<MAX_DUE>>;
/// Items as a call adds them.
pub type NewItems = BoundedVec<NewItem, ConstU32<MAX_ADDED>>;
/// Pairs of receipts as a call adds them.
pub type NewAnswers = BoundedVec<AnswerPair, ConstU32<MAX_ADDED>>;
/// Gold as a call opens it.
pub type Openings = BoundedVec<GoldOpening, ConstU32<MAX_OPENED>>;

/// Why a campaign ends without having been answered.
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
pub enum Refund {
	/// Its sponsor took it back before anybody could join.
	Cancelled,
	/// Its items were not complete in time.
	NotComplete,
	/// Too few raters joined in time.
	NotFilled,
	/// The blocks that would have decided the draw carried no randomness.
	NoRandomness,
}

/// What raters are paid by.
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
pub enum Basis {
	/// Their gold and how they agree with others.
	Scored {
		/// How much gold counts; the rest is void.
		gold: u32,
	},
	/// All who revealed get full pay: the sponsor did not open its gold, or most of it was wrong.
	Equal,
	/// Nobody revealed, so there is nobody to pay.
	Nobody,
}

/// Where a campaign stands, with what it waits for.
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
pub enum Phase<BlockNumber> {
	/// The sponsor adds items, until the last one is in.
	Filling {
		/// The last block for it.
		until: BlockNumber,
	},
	/// Raters join, until all places are taken.
	Joining {
		/// The last block for it.
		until: BlockNumber,
	},
	/// The draw waits for its randomness.
	Drawing {
		/// The block whose followers decide.
		since: BlockNumber,
	},
	/// Raters answer, until all have committed.
	Committing {
		/// The last block for it.
		until: BlockNumber,
	},
	/// Raters show their answers, until all who committed have.
	Revealing {
		/// The last block for it.
		until: BlockNumber,
	},
	/// The gold is opened, until all of it is.
	Opening {
		/// The last block for it.
		until: BlockNumber,
	},
	/// Raters are weighed by all gold, one after the other, to find the gold that is wrong.
	Weighing {
		/// The next place.
		next: u32,
	},
	/// Raters are paid, one after the other.
	Paying {
		/// What they are paid by.
		basis: Basis,
		/// The next place.
		next: u32,
		/// What raters got so far, in the smallest unit.
		paid: u128,
		/// The fees on that, in the smallest unit.
		fees: u128,
	},
	/// All are paid; items, labels and pay can be read.
	Settled {
		/// What raters were paid by.
		basis: Basis,
		/// The block in which it was settled.
		since: BlockNumber,
		/// What raters got, in the smallest unit.
		paid: u128,
	},
	/// Raters get their stakes back, one after the other.
	Refunding {
		/// Why.
		why: Refund,
		/// The next place.
		next: u32,
	},
	/// All have their money back.
	Refunded {
		/// Why.
		why: Refund,
	},
	/// Its records are being removed.
	Removing {
		/// Places that are left.
		places: u32,
		/// Items that are left.
		items: u32,
	},
}

/// A campaign: what is asked, on which terms, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Campaign<AccountId, BlockNumber, Ticket> {
	/// Its identity: nobody can make the same campaign on another fork, or twice on this.
	pub campaign_hash: H256,
	/// Who pays.
	pub sponsor: AccountId,
	/// What is asked of whom, for how much.
	pub terms: Terms<BlockNumber>,
	/// The protocol's part of what is paid, in parts per 10^9, as it was at the start.
	pub fee_parts: u32,
	/// How many items are in the pool.
	pub added: u32,
	/// How many raters joined.
	pub joined: u32,
	/// How many of them committed.
	pub committed: u32,
	/// How many of those revealed.
	pub revealed: u32,
	/// What is still held of the sponsor's money for it, in the smallest unit.
	pub budget: u128,
	/// The seed of the draw, once it is known.
	pub seed: Option<H256>,
	/// Where it stands.
	pub phase: Phase<BlockNumber>,
	/// The block in whose queue it waits; none if it waits for nothing, or found no room and waits for
	/// a poke.
	pub queued: Option<BlockNumber>,
	/// The deposit of the sponsor.
	pub ticket: Ticket,
}

impl<AccountId, BlockNumber, Ticket> Campaign<AccountId, BlockNumber, Ticket> {
	/// Full pay of one rater, in the smallest unit.
	pub fn full_pay(&self) -> u128 {
		self.terms.full_pay().unwrap_or_default()
	}

	/// The fee on an amount.
	pub fn fee_on(&self, amount: u128) -> u128 {
		fee_on(amount, self.fee_parts).unwrap_or_default()
	}

	/// What one place costs the sponsor at most: full pay and the fee on it.
	pub fn place_budget(&self) -> u128 {
		let full = self.full_pay();
		full.saturating_add(self.fee_on(full))
	}
}

/// What a sponsor says when it creates a campaign.
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
pub struct Terms<BlockNumber> {
	/// The Merkle root that the gold stands under.
	pub gold_root: H256,
	/// How many items are gold.
	pub gold_count: u32,
	/// How many items there are, gold included.
	pub item_count: u32,
	/// How many of them each rater answers.
	pub items_each: u32,
	/// How many raters can join.
	pub raters: u32,
	/// What a rater who makes no mistake gets for each of its items, in the smallest unit.
	pub price: u128,
	/// What a rater puts at stake, in the smallest unit.
	pub stake: u128,
	/// How many blocks there are to join.
	pub joining: BlockNumber,
	/// How many blocks there are to answer.
	pub answering: BlockNumber,
	/// The listing under which the answers will be sold, if the sponsor promises that.
	pub dataset: Option<ListingId>,
	/// The least score as a rater with which one can join, in parts of 10^9; 0 asks for nothing.
	pub min_score: u32,
}

impl<BlockNumber> Terms<BlockNumber> {
	/// Full pay of one rater, in the smallest unit. None if it cannot be counted.
	pub fn full_pay(&self) -> Option<u128> {
		self.price.checked_mul(self.items_each.into())
	}
}

/// A prompt and two answers to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Item {
	/// Content id of the prompt.
	pub prompt: ContentId,
	/// Content id of the first answer.
	pub a: ContentId,
	/// Content id of the second answer.
	pub b: ContentId,
}

/// An item as a person pastes it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct NewItem {
	/// Content id of the prompt.
	pub prompt: ContentIdArgument,
	/// Content id of the first answer.
	pub a: ContentIdArgument,
	/// Content id of the second answer.
	pub b: ContentIdArgument,
}

/// Two receipts of answers to the same input.
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
pub struct AnswerPair {
	/// Receipt of the first answer.
	pub a: ReceiptId,
	/// Receipt of the second answer.
	pub b: ReceiptId,
}

/// A rater in a campaign.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Place<AccountId, Ticket> {
	/// Who it is.
	pub rater: AccountId,
	/// What it did.
	pub state: PlaceState,
	/// The deposit of the rater.
	pub ticket: Ticket,
}

/// What a rater did in a campaign, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub enum PlaceState {
	/// It joined, and its stake is held.
	Joined,
	/// It was given items.
	Drawn {
		/// Which ones.
		items: ItemSet,
	},
	/// It committed to its answers.
	Committed {
		/// The items that it was given.
		items: ItemSet,
		/// The commitment.
		commitment: H256,
	},
	/// It showed its answers.
	Revealed {
		/// The items that it was given.
		items: ItemSet,
		/// What it answered.
		answers: AnswerBits,
	},
	/// It was paid and has its stake back.
	Paid {
		/// The items that it was given.
		items: ItemSet,
		/// What it answered.
		answers: AnswerBits,
		/// Why it was paid what it was paid.
		reason: Reason,
		/// What it got, in the smallest unit.
		amount: u128,
	},
	/// It did not commit, and lost its stake.
	Silent {
		/// The items that it was given.
		items: ItemSet,
	},
	/// It committed and did not reveal, and lost its stake.
	Unrevealed {
		/// The items that it was given.
		items: ItemSet,
	},
	/// The campaign came to nothing, and it has its stake back.
	Refunded,
}

impl PlaceState {
	/// The items that the rater was given, if it was.
	pub fn items(&self) -> Option<&ItemSet> {
		match self {
			Self::Joined | Self::Refunded => None,
			Self::Drawn { items }
			| Self::Committed { items, .. }
			| Self::Revealed { items, .. }
			| Self::Paid { items, .. }
			| Self::Silent { items }
			| Self::Unrevealed { items } => Some(items),
		}
	}

	/// Whether the stake is held.
	pub fn has_stake(&self) -> bool {
		match self {
			Self::Joined | Self::Drawn { .. } | Self::Committed { .. } | Self::Revealed { .. } => {
				true
			}
			Self::Paid { .. } | Self::Silent { .. } | Self::Unrevealed { .. } | Self::Refunded => {
				false
			}
		}
	}

	/// The answers that the rater has shown, if it has.
	pub fn answers(&self) -> Option<&AnswerBits> {
		match self {
			Self::Revealed { answers, .. } | Self::Paid { answers, .. } => Some(answers),
			_ => None,
		}
	}
}

/// Why a rater was paid what it was paid.
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
pub enum Reason {
	/// By its gold and how it agrees with others.
	Scored(Score),
	/// All who revealed got full pay.
	Equal,
}

/// What was found of a rater's answers.
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
pub struct Score {
	/// How much gold that counts it answered.
	pub gold: u32,
	/// How much of that it had right.
	pub correct: u32,
	/// How much it can be relied on by that, in parts of 10^9.
	pub care: u32,
	/// How its other answers move with those of others.
	pub covariance: Covariance,
	/// The part of full pay that it earned, in parts of 10^9.
	pub earned: u32,
}

/// An item that was shown to be gold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Gold {
	/// Its position in the pool.
	pub item: u32,
	/// The better answer, by the sponsor.
	pub label: Choice,
	/// The weight of raters who prefer the other answer.
	pub against: u64,
	/// The weight of raters who answered it.
	pub total: u64,
	/// Whether it counts.
	pub standing: GoldStanding,
}

/// Whether gold counts.
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
pub enum GoldStanding {
	/// It counts.
	Counts,
	/// At least four fifths of the weight of raters contradict it, so it does not.
	Void,
}

/// Weights of raters on the two sides of an item, and what raters got, while a campaign is paid.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Ballots {
	/// For each item.
	pub weights: BoundedVec<Ballot, ConstU32<MAX_ITEMS>>,
	/// For each place so far, in the smallest unit.
	pub paid: BoundedVec<u128, ConstU32<MAX_RATERS>>,
}

/// Weights of raters on the two sides of an item, in parts of 10^9 each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Ballot {
	/// For the first answer.
	pub a: u64,
	/// For the second answer.
	pub b: u64,
}

/// What is known of an item in the end.
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
pub enum Label {
	/// Raters are divided evenly, or none that can be relied on answered it, or all got full pay and
	/// nobody was weighed.
	Undecided,
	/// Most of the weight of raters prefers one answer.
	Preferred {
		/// That answer.
		choice: Choice,
		/// Its part of the weight, in parts of 10^9.
		confidence: u32,
	},
	/// The sponsor knew.
	Gold {
		/// The better answer, by the sponsor.
		label: Choice,
		/// Whether it counted.
		standing: GoldStanding,
	},
}

/// Who shares what the dataset of a campaign earns.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Dividends<AccountId, Ticket> {
	/// The dataset, which the pot of the campaign owns.
	pub listing: ListingId,
	/// Who pays the deposit for this record.
	pub sponsor: AccountId,
	/// All that was given out, in the smallest unit.
	pub paid: u128,
	/// The raters who earned anything.
	pub payees: BoundedVec<Payee<AccountId>, ConstU32<MAX_RATERS>>,
	/// The deposit of the sponsor.
	pub ticket: Ticket,
}

impl<AccountId, Ticket> Dividends<AccountId, Ticket> {
	/// How many raters share it.
	pub fn count(&self) -> u32 {
		u32::try_from(self.payees.len()).unwrap_or(u32::MAX)
	}
}

/// A rater who shares what a dataset earns.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Payee<AccountId> {
	/// Who it is.
	pub rater: AccountId,
	/// Its share, in parts of 10^9.
	pub parts: u32,
	/// What it has got of it so far, in the smallest unit.
	pub taken: u128,
}

/// What a campaign of this size occupies in state at most, apart from its raters' places.
pub fn campaign_footprint<T: Config>(terms: &Terms<BlockNumberFor<T>>) -> Footprint {
	let (items, gold) = (u64::from(terms.item_count), u64::from(terms.gold_count));
	let raters = u64::from(terms.raters);
	let item = mel::<Item>()
		.saturating_add(mel::<Tally>())
		.saturating_add(mel::<Ballot>())
		.saturating_add(mel::<Label>());
	let place = mel::<u128>().saturating_add(mel::<u32>());
	Footprint {
		// The record, tallies, gold, ballots, labels, shares.
		count: items.saturating_add(6),
		size: mel::<CampaignOf<T>>()
			.saturating_add(items.saturating_mul(item))
			.saturating_add(gold.saturating_mul(mel::<Gold>()))
			.saturating_add(raters.saturating_mul(place)),
	}
}

/// What a rater's place occupies in state at most.
pub fn place_footprint<T: Config>() -> Footprint {
	Footprint {
		count: 2,
		size: mel::<PlaceOf<T>>().saturating_add(mel::<u32>()),
	}
}

/// What the dividends of this many raters occupy in state at most.
pub fn dividends_footprint<T: Config>(payees: u32) -> Footprint {
	let unused = u64::from(MAX_RATERS.saturating_sub(payees));
	let payee = mel::<Payee<AccountIdOf<T>>>();
	Footprint {
		count: 1,
		size: mel::<DividendsOf<T>>().saturating_sub(payee.saturating_mul(unused)),
	}
}

/// The deposit for `footprint`, in the smallest unit.
pub fn deposit<T: Config>(footprint: Footprint) -> u128 {
	T::DepositPrice::convert(footprint)
}

fn mel<E: MaxEncodedLen>() -> u64 {
	u64::try_from(E::max_encoded_len()).unwrap_or(u64::MAX)
}

/// A campaign, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct CampaignView<AccountId, BlockNumber> {
	/// Number of the campaign.
	pub campaign: u64,
	/// Its identity, which commitments carry.
	pub campaign_hash: H256,
	/// Who pays.
	pub sponsor: AccountId,
	/// What is asked of whom, for how much.
	pub terms: Terms<BlockNumber>,
	/// The protocol's part of what is paid, in parts per 10^9.
	pub fee_parts: u32,
	/// How many items are in the pool.
	pub added: u32,
	/// How many raters joined.
	pub joined: u32,
	/// How many of them committed.
	pub committed: u32,
	/// How many of those revealed.
	pub revealed: u32,
	/// How much gold was opened.
	pub opened: u32,
	/// Full pay of one rater, in the smallest unit.
	pub full_pay: u128,
	/// What is still held of the sponsor's money, in the smallest unit.
	pub budget: u128,
	/// What is held of each rater besides its stake while the campaign is kept, in the smallest unit.
	pub place_deposit: u128,
	/// The seed of the draw, once it is known.
	pub seed: Option<H256>,
	/// Where it stands.
	pub phase: Phase<BlockNumber>,
	/// The first block in which anybody can push it on, or remove it when it is over.
	pub due: BlockNumber,
	/// The account that shares what a dataset earns.
	pub pot: AccountId,
}

/// An item, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ItemView {
	/// Its position in the pool, from 0.
	pub item: u32,
	/// Content id of the prompt.
	pub prompt: String,
	/// Content id of the first answer.
	pub a: String,
	/// Content id of the second answer.
	pub b: String,
}

/// A rater in a campaign, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct RaterView<AccountId> {
	/// Who it is.
	pub rater: AccountId,
	/// Its place.
	pub place: u32,
	/// What it did, and what came of it.
	pub state: PlaceState,
	/// Its items in the order in which they are shown, once they are drawn.
	pub shown: Vec<Shown>,
}

/// What is known of an item in the end, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct LabelView {
	/// The item.
	pub item: ItemView,
	/// What is known of it.
	pub label: Label,
	/// How many raters prefer the first answer.
	pub votes_a: u32,
	/// How many raters answered.
	pub votes: u32,
}

/// A rater's part of what a dataset earns, as the view functions show it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ShareView<AccountId> {
	/// Who it is.
	pub rater: AccountId,
	/// Its share, in parts of 10^9.
	pub parts: u32,
	/// What it has got of it so far, in the smallest unit.
	pub taken: u128,
}
