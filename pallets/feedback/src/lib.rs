//! # Feedback
//!
//! Comparisons by raters who are paid for care, not for agreeing with a crowd. A sponsor puts money
//! aside for raters who say which of two answers is better; for some of the items the sponsor knows,
//! and nobody else can tell which those are before all have answered.
//!
//! ## Lifecycle
//!
//! ```text
//! Filling -> Joining -> Drawing -> Committing -> Revealing -> Opening -> Weighing -> Paying -> Settled
//!    |          |          |                        |            `-- gold not opened --^
//!    |          |          |                        `-- nobody revealed ---------------'
//!    `----------`----------`-> Refunding -> Refunded
//! Settled | Refunded -> Removing
//! ```
//!
//! Every phase has a deadline and a default, and ends as soon as all are in. Deadlines wait in bounded
//! queues by block, which the chain works off by itself, and anybody may
//! [`poke`](Pallet::poke) a campaign that is due. Raters are settled a few at a time: by the chain, or
//! by anybody with [`settle`](Pallet::settle). What is hidden: `gold`. What is paid: `settlement`.
//!
//! ## Money
//!
//! - A sponsor holds full pay and the protocol fee for every place. Money of places that nobody took
//!   comes back at the draw.
//! - The fee goes with each payment, inside what the sponsor pays: half is burned, half goes to the
//!   treasury.
//! - When raters are paid by their score, the sponsor gets the places back that did not reveal, and of
//!   each other place what it did not earn, a fifth of it at most, together no more than raters cost.
//!   The rest is burned, so wrong gold buys nothing. If the gold was not opened, all that is left is
//!   burned.
//! - A rater holds a stake, which comes back with its pay. One that did not commit, or did not reveal,
//!   loses it: it is burned.
//! - Records hold deposits, which come back when a campaign is removed.
//! - A campaign has a pot, which can own the listing of its dataset. What comes into the pot goes to
//!   the raters by their part of what was paid. When nobody can buy the dataset or owes it anything,
//!   its sponsor may retire it, and what the pot held goes back.
//!
//! ## Seams
//!
//! Takes randomness from [`Config::Seeds`] and answers from [`Config::Answers`], tells
//! [`Config::Reputation`] what raters earned and asks it how well they did before.
//! [`Config::Datasets`] hands a dataset over and retires it; [`Config::Listings`] says whose it is.
//!
//! ## Invariants
//!
//! - INV-1 What is held as budget on any account is what its campaigns say.
//! - INV-2 What is held as stake on any account is what its places say.
//! - INV-3 Deposits are what the records say.
//! - INV-4 Places and the index of raters name each other, and a campaign counts them.
//! - INV-5 A campaign has the items that it counts.
//! - INV-6 Tallies are what the answers say.
//! - INV-7 A campaign has the records that its phase needs, its places stand as it does, and no record
//!   is without a campaign.
//! - INV-8 Shares add up to the whole, and nobody has got more than its part.
//! - INV-9 Every number given is below the next one.
//! - INV-10 Drawn items are dealt evenly.
//! - INV-11 A campaign waits in the queue of one block at most, the one that it says.
//! - INV-12 The pot of a campaign owns its dataset.
//! - INV-13 A budget is what its places can cost, less what they did, and nothing in the end.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects,
		clippy::as_conversions
	)
)]

extern crate alloc;

mod campaigns;
mod deadlines;
mod dividends;
mod draw;
mod gold;
mod invariants;
mod items;
mod raters;
mod removal;
mod settlement;
mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// Comparisons by raters who are paid for care.
// The macros expand to casts of discriminants and to `expect` on names that the runtime gives;
// nothing here does either by hand. A campaign has as many arguments as it has terms.
#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	clippy::too_many_arguments
)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, ConstU64, Footprint},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_runtime::traits::Convert;
	use weighhouse_primitives::{
		feedback::{AnswerBits, CampaignId, KeylessOwnership},
		traits::{AnsweredReceipts, ListingRegistry, RecordReputation, SeedSource},
		ListingId, VersionNumber,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	/// What a chain must provide.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The money of the chain.
		type Currency: fungible::Inspect<Self::AccountId, Balance = u128>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;

		/// What state costs: the deposit for a record of the given size in bytes.
		type DepositPrice: Convert<Footprint, u128> + 'static;

		/// Randomness for the draw.
		type Seeds: SeedSource<BlockNumberFor<Self>>;

		/// Answers that were paid for, as items are made of.
		type Answers: AnsweredReceipts;

		/// What is known and remembered of raters.
		type Reputation: RecordReputation<Self::AccountId>;

		/// Where listings are kept.
		type Listings: ListingRegistry<Self::AccountId>;

		/// How the listing of a dataset comes into the pot of its campaign, and goes.
		type Datasets: KeylessOwnership<Self::AccountId>;

		/// The protocol's part of what is paid, in parts per 10^9, [`MAX_FEE_PARTS`] at most.
		type FeeParts: Get<u32>;

		/// The account that gets half of the protocol fee.
		type Treasury: Get<Self::AccountId>;

		/// The smallest price of an item, in the smallest unit.
		type MinPrice: Get<u128>;

		/// The smallest stake of a rater, in the smallest unit.
		type MinStake: Get<u128>;

		/// Names the pots of campaigns.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// How many blocks a sponsor has to add all items.
		#[pallet::constant]
		type FillWindow: Get<BlockNumberFor<Self>>;

		/// The fewest blocks to join, or to answer, that a sponsor may give.
		#[pallet::constant]
		type MinWindow: Get<BlockNumberFor<Self>>;

		/// The most blocks to join, or to answer, that a sponsor may give.
		#[pallet::constant]
		type MaxWindow: Get<BlockNumberFor<Self>>;

		/// How many blocks raters have to reveal.
		#[pallet::constant]
		type RevealWindow: Get<BlockNumberFor<Self>>;

		/// How many blocks there are to open the gold.
		#[pallet::constant]
		type OpenWindow: Get<BlockNumberFor<Self>>;

		/// How many blocks a settled campaign is kept before anybody may remove it.
		#[pallet::constant]
		type Retention: Get<BlockNumberFor<Self>>;

		/// Cost of the calls.
		type WeightInfo: WeightInfo;

		/// Prepares answers and listings for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The feedback pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What this pallet holds money for.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// What a sponsor put aside for raters.
		Budget,
		/// What a rater put at stake.
		Stake,
		/// Deposit for a campaign and its items.
		Campaign,
		/// Deposit for a rater's place.
		Place,
		/// Deposit for the record of who shares what a dataset earns.
		Dividends,
	}

	/// The number that the next campaign gets.
	#[pallet::storage]
	pub type NextCampaign<T: Config> = StorageValue<_, CampaignId, ValueQuery, ConstU64<1>>;

	/// Campaigns by number, until they are removed.
	#[pallet::storage]
	pub type Campaigns<T: Config> = StorageMap<_, Twox64Concat, CampaignId, CampaignOf<T>>;

	/// The pool of a campaign, by position from 0.
	#[pallet::storage]
	pub type Items<T: Config> =
		StorageDoubleMap<_, Twox64Concat, CampaignId, Twox64Concat, u32, Item>;

	/// The raters of a campaign, by place from 0 in the order in which they joined.
	#[pallet::storage]
	pub type Places<T: Config> =
		StorageDoubleMap<_, Twox64Concat, CampaignId, Twox64Concat, u32, PlaceOf<T>>;

	/// The place of a rater in a campaign.
	#[pallet::storage]
	pub type PlaceNumbers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, CampaignId, Blake2_128Concat, T::AccountId, u32>;

	/// How revealed answers stand, by position of the item.
	#[pallet::storage]
	pub type AnswerTallies<T: Config> =
		StorageMap<_, Twox64Concat, CampaignId, Tallies, ValueQuery>;

	/// Items that the sponsor has shown to be gold, with the better answer of each.
	#[pallet::storage]
	pub type OpenedGold<T: Config> = StorageMap<_, Twox64Concat, CampaignId, GoldList, ValueQuery>;

	/// What adds up while a campaign is being paid.
	#[pallet::storage]
	pub type OpenBallots<T: Config> = StorageMap<_, Twox64Concat, CampaignId, Ballots, ValueQuery>;

	/// What is known of the items of a settled campaign, by position.
	#[pallet::storage]
	pub type Labels<T: Config> = StorageMap<_, Twox64Concat, CampaignId, LabelList, ValueQuery>;

	/// What part of the pay of a settled campaign each place got, in parts of 10^9.
	#[pallet::storage]
	pub type Shares<T: Config> = StorageMap<_, Twox64Concat, CampaignId, ShareList, ValueQuery>;

	/// Who shares what the dataset of a campaign earns, until it is retired.
	#[pallet::storage]
	pub type DatasetDividends<T: Config> = StorageMap<_, Twox64Concat, CampaignId, DividendsOf<T>>;

	/// Campaigns that are due in a block.
	#[pallet::storage]
	pub type Due<T: Config> = StorageMap<_, Twox64Concat, BlockNumberFor<T>, DueList, ValueQuery>;

	/// The first block whose due campaigns are not worked off.
	#[pallet::storage]
	pub type NextDue<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A sponsor put money aside for raters.
		CampaignCreated {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Its identity, which commitments carry.
			campaign_hash: H256,
			/// Who pays.
			sponsor: T::AccountId,
			/// What is asked of whom, for how much.
			terms: Terms<BlockNumberFor<T>>,
			/// What is held for raters and fee, in the smallest unit.
			budget: u128,
		},
		/// Items came into the pool of a campaign.
		ItemsAdded {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Position of the first of them.
			first: u32,
			/// How many.
			count: u32,
		},
		/// A campaign moved on.
		PhaseEntered {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Where it stands now.
			phase: Phase<BlockNumberFor<T>>,
		},
		/// A rater took a place and put its stake aside.
		Joined {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Who it is.
			rater: T::AccountId,
			/// Its place, from 0.
			place: u32,
		},
		/// Raters were given their items.
		Drawn {
			/// Number of the campaign.
			campaign: CampaignId,
			/// The seed of the draw.
			seed: H256,
			/// How many raters there are.
			raters: u32,
			/// What came back to the sponsor for places that nobody took, in the smallest unit.
			returned: u128,
		},
		/// A rater committed to its answers.
		Committed {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Who it is.
			rater: T::AccountId,
			/// Hash that binds it to all its answers.
			commitment: H256,
		},
		/// A rater showed its answers.
		Revealed {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Who it is.
			rater: T::AccountId,
			/// The answers, packed.
			answers: AnswerBits,
		},
		/// Items were shown to be gold.
		GoldOpened {
			/// Number of the campaign.
			campaign: CampaignId,
			/// How many of them.
			count: u32,
			/// How many are still hidden.
			left: u32,
		},
		/// Gold was found to be wrong by most of the raters' weight, and does not count.
		GoldVoided {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Position of the item in the pool.
			item: u32,
		},
		/// A rater was paid, and got its stake back.
		RaterPaid {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Who it is.
			rater: T::AccountId,
			/// What it got besides its stake, in the smallest unit.
			amount: u128,
			/// The fee on that, in the smallest unit.
			fee: u128,
		},
		/// A rater lost its stake: it did not commit, or did not reveal.
		StakeLost {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Who it is.
			rater: T::AccountId,
			/// What was burned, in the smallest unit.
			amount: u128,
		},
		/// All raters of a campaign are paid. The budget that was left at the draw is the sum of the
		/// four amounts.
		CampaignSettled {
			/// Number of the campaign.
			campaign: CampaignId,
			/// What raters were paid by.
			basis: Basis,
			/// What raters got, in the smallest unit.
			paid: u128,
			/// The fees on that, in the smallest unit.
			fees: u128,
			/// What came back to the sponsor, in the smallest unit.
			returned: u128,
			/// What was burned, in the smallest unit.
			burned: u128,
		},
		/// A campaign came to nothing, and all have their money back.
		CampaignRefunded {
			/// Number of the campaign.
			campaign: CampaignId,
			/// What it lacked to go on.
			why: Refund,
			/// What came back to the sponsor, in the smallest unit.
			returned: u128,
		},
		/// All records of a campaign are removed, and deposits given back.
		CampaignRemoved {
			/// Number of the campaign.
			campaign: CampaignId,
		},
		/// The dataset of a campaign belongs to its raters now.
		DatasetAccepted {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Number of the listing.
			listing: ListingId,
			/// The account that owns it.
			pot: T::AccountId,
			/// What the sponsor gave the pot to live on, in the smallest unit.
			endowment: u128,
		},
		/// A rater got its part of what a dataset earned.
		DividendPaid {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Who it is.
			rater: T::AccountId,
			/// How much, in the smallest unit.
			amount: u128,
		},
		/// The dataset of a campaign is gone, and with it the record of who shares what it earned.
		DatasetRetired {
			/// Number of the campaign.
			campaign: CampaignId,
			/// Number that the listing had.
			listing: ListingId,
			/// What the pot still held and the sponsor got, in the smallest unit.
			returned: u128,
		},
	}

	/// Why a call was refused. A refused call changes nothing.
	#[pallet::error]
	pub enum Error<T> {
		/// A campaign has 20 to 40 items of gold.
		WrongGoldCount,
		/// A campaign has 20 to 200 items besides its gold.
		WrongItemCount,
		/// A rater answers at least 40 items, and at most all of them.
		WrongItemsEach,
		/// A campaign has 5 to 100 places.
		WrongRaterCount,
		/// Too few raters would answer an item: take more raters, or more items for each.
		PanelTooSmall,
		/// The price is below the smallest, `MinPrice`.
		PriceTooLow,
		/// The stake is below the smallest, `MinStake`.
		StakeTooLow,
		/// There are fewer blocks than `MinWindow`, or more than `MaxWindow`.
		WrongWindow,
		/// The sum is larger than the chain can count.
		AmountTooLarge,
		/// The account cannot hold that much and stay alive.
		BalanceTooLow,
		/// The deadlines of the next blocks are full; try again in a few blocks.
		TooManyDue,
		/// No number is left for another record.
		NumbersExhausted,
		/// There is no campaign of this number; it may have been removed.
		UnknownCampaign,
		/// Only the sponsor of the campaign may do this.
		NotSponsor,
		/// The campaign takes no items now: they are complete.
		NotFilling,
		/// The pool has no room for so many items.
		TooManyItems,
		/// There is nothing in the list.
		NothingGiven,
		/// Content ids are text such as `bafkrei...`; this one is malformed or not accepted.
		BadContentId,
		/// The two answers of an item are the same.
		SameAnswers,
		/// There is no final answer of this receipt, or it was pruned.
		UnknownAnswer,
		/// The two receipts are not of the same listing.
		DifferentListings,
		/// The two receipts are not of the same input.
		DifferentInputs,
		/// The campaign takes no raters now.
		NotJoining,
		/// Sponsors cannot rate for themselves.
		OwnCampaign,
		/// The account has a place already.
		AlreadyJoined,
		/// The account has no place in this campaign.
		NotRater,
		/// Answers cannot be committed to now.
		NotCommitting,
		/// The rater has committed already.
		AlreadyCommitted,
		/// Answers cannot be shown now.
		NotRevealing,
		/// The rater has not committed, or has revealed already.
		NothingToReveal,
		/// There must be exactly one bit for each item of the rater.
		WrongAnswers,
		/// Answers and salt are not what the rater committed to.
		BadReveal,
		/// Gold cannot be opened now: it is after all have revealed.
		NotOpening,
		/// The item is not in the pool.
		UnknownItem,
		/// All of these items were opened before.
		AlreadyOpened,
		/// The proof does not lead to the root of the gold.
		BadProof,
		/// No raters are being settled.
		NotSettling,
		/// Nothing is due for this campaign yet.
		NotDueYet,
		/// The campaign must be kept until it is over and its retention has passed.
		StillNeeded,
		/// The campaign is not settled, or nothing was paid in it.
		NoShares,
		/// The campaign has a dataset already.
		AlreadyAccepted,
		/// The campaign promises another listing as its dataset.
		OtherDataset,
		/// There is no listing of this number.
		UnknownListing,
		/// Only the owner of the listing may do this.
		NotOwner,
		/// The campaign has no dataset that could earn.
		NoDataset,
		/// There is nothing in the pot that a rater could get.
		NothingToDistribute,
		/// A score is at most 10^9.
		WrongMinScore,
		/// The sponsor asks for a higher score than the account has as a rater.
		ScoreTooLow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::work_off(now)
		}

		fn integrity_test() {
			Self::check_configuration();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Put money aside for raters who compare answers.
		///
		/// Full pay and fee of all places are held, and a deposit. Emits `CampaignCreated`.
		///
		/// - `gold_root`: Merkle root of the items whose better answer you know.
		/// - `gold_count`: how many these are, 20 to 40.
		/// - `item_count`: how many items there are with the gold, which is mixed among them by you.
		/// - `items_each`: how many of them each rater answers, 40 or more; best all.
		/// - `raters`: how many places there are, 5 to 100; each item needs at least 5 raters.
		/// - `price`: what a rater gets for an item if it makes no mistake, in the smallest unit.
		/// - `stake`: what a rater loses if it does not answer, in the smallest unit.
		/// - `joining`: how many blocks there are to join.
		/// - `answering`: how many blocks there are to answer.
		/// - `dataset`: the listing under which the answers will be sold, if you promise that.
		/// - `min_score`: the least score as a rater with which one can join, in parts of 10^9; 0 asks
		///   for nothing. Somebody unknown has 25,129,403.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create_campaign().saturating_add(T::Listings::lookup_weight()))]
		pub fn create_campaign(
			origin: OriginFor<T>,
			gold_root: H256,
			gold_count: u32,
			item_count: u32,
			items_each: u32,
			raters: u32,
			price: u128,
			stake: u128,
			joining: BlockNumberFor<T>,
			answering: BlockNumberFor<T>,
			dataset: Option<ListingId>,
			min_score: u32,
		) -> DispatchResult {
			let terms = Terms {
				gold_root,
				gold_count,
				item_count,
				items_each,
				raters,
				price,
				stake,
				joining,
				answering,
				dataset,
				min_score,
			};
			Self::do_create_campaign(ensure_signed(origin)?, terms)
		}

		/// Add items to a campaign of yours, gold among them; with the last one raters can join.
		///
		/// Emits `ItemsAdded`.
		///
		/// - `campaign`: number of the campaign.
		/// - `items`: at most 50, each with the content ids of a prompt and of two answers to it.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::add_items(items.len().try_into().unwrap_or(u32::MAX)))]
		pub fn add_items(
			origin: OriginFor<T>,
			campaign: CampaignId,
			items: NewItems,
		) -> DispatchResult {
			Self::do_add_items(ensure_signed(origin)?, campaign, &items)
		}

		/// Add items made of answers that models gave for pay; with the last one raters can join.
		///
		/// The prompt is the input of both receipts, and the answers are their outputs, each as one
		/// raw block. Emits `ItemsAdded`.
		///
		/// - `campaign`: number of the campaign.
		/// - `pairs`: at most 50 pairs of receipts of the same listing and input with different
		///   outputs.
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::add_answers_weight(pairs.len().try_into().unwrap_or(u32::MAX)))]
		pub fn add_answers(
			origin: OriginFor<T>,
			campaign: CampaignId,
			pairs: NewAnswers,
		) -> DispatchResult {
			Self::do_add_answers(ensure_signed(origin)?, campaign, &pairs)
		}

		/// Take a campaign back whose items are not complete.
		///
		/// Emits `CampaignRefunded`.
		///
		/// - `campaign`: number of the campaign.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::cancel_campaign())]
		pub fn cancel_campaign(origin: OriginFor<T>, campaign: CampaignId) -> DispatchResult {
			Self::do_cancel_campaign(ensure_signed(origin)?, campaign)
		}

		/// Take a place as a rater: your stake is held until you are paid.
		///
		/// You lose it if you do not commit, or do not reveal. A deposit is held as well. Refused if
		/// your score as a rater is below `min_score` of the terms. Emits `Joined`.
		///
		/// - `campaign`: number of the campaign; `expected_pay` shows what to expect.
		#[pallet::call_index(4)]
		#[pallet::weight(Pallet::<T>::join_weight())]
		pub fn join(origin: OriginFor<T>, campaign: CampaignId) -> DispatchResult {
			Self::do_join(ensure_signed(origin)?, campaign)
		}

		/// Commit to all of your answers without showing them.
		///
		/// Keep answers and salt: you need both to reveal. Emits `Committed`.
		///
		/// - `campaign`: number of the campaign.
		/// - `commitment`: hash over the campaign's hash, your account, your answers and a salt.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::commit())]
		pub fn commit(
			origin: OriginFor<T>,
			campaign: CampaignId,
			commitment: H256,
		) -> DispatchResult {
			Self::do_commit(ensure_signed(origin)?, campaign, commitment)
		}

		/// Show the answers that you committed to.
		///
		/// Emits `Revealed`.
		///
		/// - `campaign`: number of the campaign.
		/// - `answers`: one bit for each of your items in the order of the pool, the lowest bit
		///   first; 1 prefers the first answer.
		/// - `salt`: what hid the answers in the commitment.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::reveal())]
		pub fn reveal(
			origin: OriginFor<T>,
			campaign: CampaignId,
			answers: AnswerBits,
			salt: H256,
		) -> DispatchResult {
			Self::do_reveal(ensure_signed(origin)?, campaign, answers, salt)
		}

		/// Show that items are gold, after raters have revealed; whoever has the proofs may.
		///
		/// What is open already is passed over. If not all gold is opened in time, all raters get full
		/// pay and nothing comes back to the sponsor. Emits `GoldOpened`.
		///
		/// - `campaign`: number of the campaign.
		/// - `openings`: at most 10 items with their labels, salts and proofs.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::open_gold(openings.len().try_into().unwrap_or(u32::MAX)))]
		pub fn open_gold(
			origin: OriginFor<T>,
			campaign: CampaignId,
			openings: Openings,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_open_gold(campaign, openings)
		}

		/// Settle some raters of a campaign now; anybody may.
		///
		/// The chain does this by itself as long as it has room. Costs what it does.
		///
		/// - `campaign`: number of the campaign.
		/// - `limit`: how many raters at most.
		#[pallet::call_index(8)]
		#[pallet::weight(Pallet::<T>::settle_weight(*limit))]
		pub fn settle(
			origin: OriginFor<T>,
			campaign: CampaignId,
			limit: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let done = Self::do_settle(campaign, limit)?;
			Ok(Some(Self::settle_weight(done)).into())
		}

		/// Push a campaign on whose deadline is over; anybody may.
		///
		/// The chain does this by itself as long as it has room. Emits what the step leads to.
		///
		/// - `campaign`: number of the campaign.
		#[pallet::call_index(9)]
		#[pallet::weight(Pallet::<T>::step_weight())]
		pub fn poke(origin: OriginFor<T>, campaign: CampaignId) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Ok(Some(Self::step(campaign)?).into())
		}

		/// Remove records of a campaign that is over; deposits go back to who paid them.
		///
		/// Anybody may call this. Emits `CampaignRemoved` when all are gone.
		///
		/// - `campaign`: number of the campaign; if it was settled, its retention must be over.
		/// - `limit`: how many records at most, 1 to 50; what is beyond counts as the nearest.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::remove_campaign((*limit).clamp(1, MAX_REMOVED)))]
		pub fn remove_campaign(
			origin: OriginFor<T>,
			campaign: CampaignId,
			limit: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let removed = Self::do_remove_campaign(campaign, limit)?;
			Ok(Some(T::WeightInfo::remove_campaign(removed)).into())
		}

		/// Give the listing of a campaign's dataset to its raters, who share what it earns from now.
		///
		/// First open its offers and propose the campaign's pot as its owner: afterwards nobody can open
		/// another, and only who opened one can close it. The deposits of the pot and of the record are
		/// yours to pay, and come back when it is retired. Emits `DatasetAccepted`.
		///
		/// - `campaign`: number of the campaign; it must be settled.
		/// - `listing`: number of the listing; you must own it.
		#[pallet::call_index(11)]
		#[pallet::weight(Pallet::<T>::accept_dataset_weight())]
		pub fn accept_dataset(
			origin: OriginFor<T>,
			campaign: CampaignId,
			listing: ListingId,
		) -> DispatchResult {
			Self::do_accept_dataset(ensure_signed(origin)?, campaign, listing)
		}

		/// Give what a dataset has earned to the raters, by their shares; anybody may.
		///
		/// What a rater cannot take stays in the pot for it. Royalties come into the pot when somebody
		/// claims them for the listing. Emits `DividendPaid`.
		///
		/// - `campaign`: number of the campaign.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::distribute(weighhouse_primitives::feedback::MAX_RATERS))]
		pub fn distribute(
			origin: OriginFor<T>,
			campaign: CampaignId,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let payees = Self::do_distribute(campaign)?;
			Ok(Some(T::WeightInfo::distribute(payees)).into())
		}

		/// Remove a version of a dataset that nobody can earn by any more; its sponsor only.
		///
		/// Refused while open offers, licences, unpaid royalties or derived models need it. Raters get
		/// first what they have not got. Deposits come back to you: that of the version, and with the
		/// last one all that is left. Emits `DatasetRetired` with the last version.
		///
		/// - `campaign`: number of the campaign.
		/// - `version`: number of the version.
		#[pallet::call_index(13)]
		#[pallet::weight(Pallet::<T>::retire_dataset_weight(weighhouse_primitives::feedback::MAX_RATERS))]
		pub fn retire_dataset(
			origin: OriginFor<T>,
			campaign: CampaignId,
			version: VersionNumber,
		) -> DispatchResultWithPostInfo {
			let payees = Self::do_retire_dataset(ensure_signed(origin)?, campaign, version)?;
			Ok(Some(Self::retire_dataset_weight(payees)).into())
		}
	}

	/// Reads that clients make without a transaction.
	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A campaign: terms, phase, deadline, places, budget.
		///
		/// - `campaign`: number of the campaign.
		pub fn campaign(
			campaign: CampaignId,
		) -> Option<CampaignView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_campaign(campaign)
		}

		/// Items of a campaign with their content ids as text, at most 100.
		///
		/// - `campaign`: number of the campaign.
		/// - `from`: position of the first one.
		/// - `limit`: how many to answer with.
		pub fn items(campaign: CampaignId, from: u32, limit: u32) -> Vec<ItemView> {
			Self::view_items(campaign, from, limit)
		}

		/// A rater in a campaign: its items as they are to be shown, what it did, why it was paid so.
		///
		/// - `campaign`: number of the campaign.
		/// - `rater`: account of the rater.
		pub fn rater(campaign: CampaignId, rater: T::AccountId) -> Option<RaterView<T::AccountId>> {
			Self::view_rater(campaign, &rater)
		}

		/// The raters of a campaign by place, at most 100, without the order of their items.
		///
		/// - `campaign`: number of the campaign.
		/// - `from`: the first place.
		/// - `limit`: how many to answer with.
		pub fn raters(campaign: CampaignId, from: u32, limit: u32) -> Vec<RaterView<T::AccountId>> {
			Self::view_raters(campaign, from, limit)
		}

		/// An estimate of what a rater will be paid, in the smallest unit.
		///
		/// - `campaign`: number of the campaign.
		/// - `accuracy`: the chance that an answer of the rater is right, in parts of 10^9.
		/// - `others`: the same for the other raters.
		pub fn expected_pay(campaign: CampaignId, accuracy: u32, others: u32) -> Option<u128> {
			Self::view_expected_pay(campaign, accuracy, others)
		}

		/// What is known of the items of a settled campaign, at most 100.
		///
		/// - `campaign`: number of the campaign.
		/// - `from`: position of the first one.
		/// - `limit`: how many to answer with.
		pub fn labels(campaign: CampaignId, from: u32, limit: u32) -> Vec<LabelView> {
			Self::view_labels(campaign, from, limit)
		}

		/// Who shares what the dataset of a campaign earns, and how much each has got.
		///
		/// - `campaign`: number of the campaign; it must be settled.
		pub fn dataset_shares(campaign: CampaignId) -> Vec<ShareView<T::AccountId>> {
			Self::view_dataset_shares(campaign)
		}

		/// The account that owns the dataset of a campaign and gets what it earns, without a key.
		///
		/// - `campaign`: number of the campaign.
		pub fn pot_account(campaign: CampaignId) -> T::AccountId {
			Self::pot(campaign)
		}
	}
}
