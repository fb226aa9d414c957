//! Campaigns of comparisons: what is asked, who answers, what came of it.
//!
//! Amounts are in plancks (10^-12 WGH), blocks are block numbers, chances and shares are parts of 10^9.

use core::fmt;

use subxt::{dynamic::Value, ext::scale_decode::DecodeAsType, storage, utils::H256};
use weighhouse_primitives::{
	feedback::{CampaignId, Choice, Covariance, ItemSet, Shown},
	ListingId,
};

use crate::{
	error::ChainError,
	keys::AccountId32,
	runtime::{runtime_apis, runtime_types},
	view::View,
};

mod generated {
	pub use super::runtime_types::pallet_feedback::types::*;
}

/// The pallet that campaigns live in.
pub const PALLET: &str = "Feedback";
/// The most records that the runtime gives at once.
const PAGE: u32 = 100;

/// Why a campaign came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl fmt::Display for Refund {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Cancelled => "its sponsor took it back",
			Self::NotComplete => "its items were not complete in time",
			Self::NotFilled => "too few raters joined in time",
			Self::NoRandomness => {
				"the blocks that would have decided the draw carried no randomness"
			}
		})
	}
}

/// What raters are paid by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
	/// The sponsor adds items.
	Filling {
		/// The last block for it.
		until: u32,
	},
	/// Raters join.
	Joining {
		/// The last block for it.
		until: u32,
	},
	/// The draw waits for its randomness.
	Drawing {
		/// The block whose followers decide.
		since: u32,
	},
	/// Raters answer.
	Committing {
		/// The last block for it.
		until: u32,
	},
	/// Raters show their answers.
	Revealing {
		/// The last block for it.
		until: u32,
	},
	/// The gold is opened.
	Opening {
		/// The last block for it.
		until: u32,
	},
	/// Raters are weighed to find gold that is wrong.
	Weighing {
		/// The next place.
		next: u32,
	},
	/// Raters are paid.
	Paying {
		/// What they are paid by.
		basis: Basis,
		/// The next place.
		next: u32,
		/// What raters got so far.
		paid: u128,
		/// The fees on that.
		fees: u128,
	},
	/// All are paid.
	Settled {
		/// What raters were paid by.
		basis: Basis,
		/// The block in which it was settled.
		since: u32,
		/// What raters got.
		paid: u128,
	},
	/// Raters get their stakes back.
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

impl Phase {
	/// The last block for what it waits for, if there is one.
	pub fn until(&self) -> Option<u32> {
		match *self {
			Self::Filling { until }
			| Self::Joining { until }
			| Self::Committing { until }
			| Self::Revealing { until }
			| Self::Opening { until } => Some(until),
			_ => None,
		}
	}
}

/// What a sponsor says when it creates a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
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
	/// What a rater who makes no mistake gets for each of its items.
	pub price: u128,
	/// What a rater puts at stake.
	pub stake: u128,
	/// How many blocks there are to join.
	pub joining: u32,
	/// How many blocks there are to answer.
	pub answering: u32,
	/// The listing under which the answers will be sold, if the sponsor promises that.
	pub dataset: Option<ListingId>,
	/// The least score as a rater that lets somebody join, in parts of 10^9; 0 lets anybody.
	pub min_score: u32,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
	/// Number of the campaign.
	pub campaign: CampaignId,
	/// Its identity, which commitments carry.
	pub campaign_hash: H256,
	/// Who pays.
	pub sponsor: AccountId32,
	/// What is asked of whom, for how much.
	pub terms: Terms,
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
	/// Full pay of one rater.
	pub full_pay: u128,
	/// What is still held of the sponsor's money.
	pub budget: u128,
	/// What is held of each rater besides its stake.
	pub place_deposit: u128,
	/// The seed of the draw, once it is known.
	pub seed: Option<H256>,
	/// Where it stands.
	pub phase: Phase,
	/// The first block in which anybody can push it on, or remove it when it is over.
	pub due: u32,
	/// The account that shares what a dataset earns.
	pub pot: AccountId32,
}

/// A prompt and two answers to it, by content id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
	/// Its position in the pool, from 0.
	pub item: u32,
	/// Content id of the prompt.
	pub prompt: String,
	/// Content id of the first answer.
	pub a: String,
	/// Content id of the second answer.
	pub b: String,
}

/// What was found of a rater's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Why a rater was paid what it was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
	/// By its gold and how it agrees with others.
	Scored(Score),
	/// All who revealed got full pay.
	Equal,
}

/// What a rater did in a campaign, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
		/// What it answered, packed.
		answers: Vec<u8>,
	},
	/// It was paid and has its stake back.
	Paid {
		/// The items that it was given.
		items: ItemSet,
		/// What it answered, packed.
		answers: Vec<u8>,
		/// Why it was paid what it was paid.
		reason: Reason,
		/// What it got.
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

/// A rater in a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rater {
	/// Who it is.
	pub rater: AccountId32,
	/// Its place, from 0.
	pub place: u32,
	/// What it did, and what came of it.
	pub state: PlaceState,
	/// Its items in the order in which they are shown, once they are drawn. Only of one rater, not in
	/// lists of them.
	pub shown: Vec<Shown>,
}

/// Whether gold counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoldStanding {
	/// It counts.
	Counts,
	/// Raters contradict it, so it does not.
	Void,
}

/// What is known of an item in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
	/// Raters are divided evenly, or none that can be relied on answered it.
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

/// An item with what is known of it in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
	/// The item.
	pub item: Item,
	/// What is known of it.
	pub label: Label,
	/// How many raters prefer the first answer.
	pub votes_a: u32,
	/// How many raters answered.
	pub votes: u32,
}

/// A rater's part of what a dataset earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetShare {
	/// Who it is.
	pub rater: AccountId32,
	/// Its share, in parts of 10^9.
	pub parts: u32,
	/// What it has got of it so far.
	pub taken: u128,
}

/// A campaign that [`crate::calls::create_campaign`] made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
	/// Number of the campaign.
	pub campaign: CampaignId,
	/// Its identity.
	pub campaign_hash: H256,
	/// What is held for raters and fee.
	pub budget: u128,
}

/// A dataset that [`crate::calls::accept_dataset`] gave to raters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
	/// The account that owns it.
	pub pot: AccountId32,
	/// What the sponsor gave the pot to live on.
	pub endowment: u128,
}

/// A dataset whose last version [`crate::calls::retire_dataset`] removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
	/// Number that the listing had.
	pub listing: ListingId,
	/// What the pot still held and the sponsor got.
	pub returned: u128,
}

/// An item as [`crate::calls::add_items`] takes it: content ids as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
	/// Content id of the prompt.
	pub prompt: String,
	/// Content id of the first answer.
	pub a: String,
	/// Content id of the second answer.
	pub b: String,
}

impl View {
	/// A campaign, unless it was removed.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every read here.
	pub async fn campaign(&self, campaign: CampaignId) -> Result<Option<Campaign>, ChainError> {
		let payload = runtime_apis().feedback_api().campaign(campaign);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// The numbers of all campaigns that are kept, in order.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn campaigns(&self) -> Result<Vec<CampaignId>, ChainError> {
		let campaigns = storage::dynamic::<(CampaignId,), Value>(PALLET, "Campaigns");
		let mut entries = self.0.storage().iter(campaigns, ()).await?;
		let mut numbers = Vec::new();
		while let Some(entry) = entries.next().await {
			let key = entry?.key().map_err(ChainError::unexpected)?;
			let (number,) = key.decode().map_err(ChainError::unexpected)?;
			numbers.push(number);
		}
		numbers.sort_unstable();
		Ok(numbers)
	}

	/// The positions of the items that were shown to be gold, in the order in which they were.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn opened_gold(&self, campaign: CampaignId) -> Result<Vec<u32>, ChainError> {
		let opened = storage::dynamic::<(CampaignId,), Vec<Opened>>(PALLET, "OpenedGold");
		let opened = self.0.storage().try_fetch(opened, (campaign,)).await?;
		let Some(opened) = opened else {
			return Ok(Vec::new());
		};
		let opened = opened.decode().map_err(ChainError::unexpected)?;
		Ok(opened.into_iter().map(|gold| gold.item).collect())
	}

	/// All items of a campaign, in the order of the pool.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn campaign_items(&self, campaign: CampaignId) -> Result<Vec<Item>, ChainError> {
		let mut items: Vec<Item> = Vec::new();
		loop {
			let from = count(items.len());
			let payload = runtime_apis().feedback_api().items(campaign, from, PAGE);
			let page = self.call(payload).await?;
			let is_last = count(page.len()) < PAGE;
			items.extend(page.into_iter().map(Item::from));
			if is_last {
				return Ok(items);
			}
		}
	}

	/// A rater in a campaign, with its items in the order in which they are to be shown.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn rater(
		&self,
		campaign: CampaignId,
		account: &AccountId32,
	) -> Result<Option<Rater>, ChainError> {
		let payload = runtime_apis().feedback_api().rater(campaign, *account);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// All raters of a campaign, by place.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn raters(&self, campaign: CampaignId) -> Result<Vec<Rater>, ChainError> {
		let mut raters: Vec<Rater> = Vec::new();
		loop {
			let from = count(raters.len());
			let payload = runtime_apis().feedback_api().raters(campaign, from, PAGE);
			let page = self.call(payload).await?;
			let is_last = count(page.len()) < PAGE;
			raters.extend(page.into_iter().map(Rater::from));
			if is_last {
				return Ok(raters);
			}
		}
	}

	/// What a rater can expect to be paid whose answers are right with the chance `accuracy`, when
	/// those of the others are with the chance `others`. None if there is no such campaign.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn expected_pay(
		&self,
		campaign: CampaignId,
		accuracy: u32,
		others: u32,
	) -> Result<Option<u128>, ChainError> {
		let payload = runtime_apis()
			.feedback_api()
			.expected_pay(campaign, accuracy, others);
		self.call(payload).await
	}

	/// What is known of all items of a settled campaign, in the order of the pool.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn labels(&self, campaign: CampaignId) -> Result<Vec<Labelled>, ChainError> {
		let mut labels: Vec<Labelled> = Vec::new();
		loop {
			let from = count(labels.len());
			let payload = runtime_apis().feedback_api().labels(campaign, from, PAGE);
			let page = self.call(payload).await?;
			let is_last = count(page.len()) < PAGE;
			labels.extend(page.into_iter().map(Labelled::from));
			if is_last {
				return Ok(labels);
			}
		}
	}

	/// Who shares what the dataset of a settled campaign earns.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn dataset_shares(
		&self,
		campaign: CampaignId,
	) -> Result<Vec<DatasetShare>, ChainError> {
		let payload = runtime_apis().feedback_api().dataset_shares(campaign);
		Ok(self
			.call(payload)
			.await?
			.into_iter()
			.map(Into::into)
			.collect())
	}

	/// What is held of a sponsor for the records of a campaign, besides its budget.
	///
	/// # Errors
	/// [`ChainError::Incompatible`] if the runtime does not say what records cost.
	pub fn campaign_deposit(&self, terms: &Terms) -> Result<u128, ChainError> {
		let (record, byte) = self.storage_price()?;
		let (records, bytes) = campaign_footprint(terms);
		Ok(record
			.saturating_mul(records.into())
			.saturating_add(byte.saturating_mul(bytes.into())))
	}

	/// The fewest and the most blocks that a sponsor may give to join, or to answer.
	///
	/// # Errors
	/// [`ChainError::Incompatible`] if the runtime does not say.
	pub fn campaign_windows(&self) -> Result<(u32, u32), ChainError> {
		let shortest = self.constant(PALLET, "MinWindow")?;
		let longest = self.constant(PALLET, "MaxWindow")?;
		Ok((shortest, longest))
	}
}

/// An item of gold as it is stored, as far as it is read here.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Opened {
	item: u32,
}

/// Records and bytes that a campaign may come to occupy, as the pallet counts them: every field at its
/// longest.
fn campaign_footprint(terms: &Terms) -> (u32, u32) {
	/// Three content ids, a tally, the weights of both sides and a label.
	const ITEM: u32 = 3 * 33 + 2 + 16 + 6;
	/// Position, label, two weights and standing of an item of gold.
	const GOLD: u32 = 4 + 1 + 16 + 1;
	/// What a rater got, and its share.
	const PLACE: u32 = 16 + 4;
	/// Root, counts, amounts, windows, dataset and least score.
	const TERMS: u32 = 32 + 4 * 4 + 16 * 2 + 4 * 2 + 9 + 4;
	/// Hash, sponsor, terms, fee, counters, budget, seed, the longest phase, its queue and the deposit.
	const CAMPAIGN: u32 = 32 + 32 + TERMS + 4 + 4 * 4 + 16 + 33 + 42 + 5 + 16;
	/// The campaign, tallies, gold, ballots, labels and shares.
	const RECORDS: u32 = 6;
	let bytes = [
		(ITEM, terms.item_count),
		(GOLD, terms.gold_count),
		(PLACE, terms.raters),
	]
	.into_iter()
	.fold(CAMPAIGN, |sum, (bytes, count)| {
		sum.saturating_add(bytes.saturating_mul(count))
	});
	(terms.item_count.saturating_add(RECORDS), bytes)
}

fn count(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}

impl From<generated::Refund> for Refund {
	fn from(refund: generated::Refund) -> Self {
		match refund {
			generated::Refund::Cancelled => Self::Cancelled,
			generated::Refund::NotComplete => Self::NotComplete,
			generated::Refund::NotFilled => Self::NotFilled,
			generated::Refund::NoRandomness => Self::NoRandomness,
		}
	}
}

impl From<generated::Basis> for Basis {
	fn from(basis: generated::Basis) -> Self {
		match basis {
			generated::Basis::Scored { gold } => Self::Scored { gold },
			generated::Basis::Equal => Self::Equal,
			generated::Basis::Nobody => Self::Nobody,
		}
	}
}

impl From<generated::Phase<u32>> for Phase {
	fn from(phase: generated::Phase<u32>) -> Self {
		match phase {
			generated::Phase::Filling { until } => Self::Filling { until },
			generated::Phase::Joining { until } => Self::Joining { until },
			generated::Phase::Drawing { since } => Self::Drawing { since },
			generated::Phase::Committing { until } => Self::Committing { until },
			generated::Phase::Revealing { until } => Self::Revealing { until },
			generated::Phase::Opening { until } => Self::Opening { until },
			generated::Phase::Weighing { next } => Self::Weighing { next },
			generated::Phase::Paying {
				basis,
				next,
				paid,
				fees,
			} => Self::Paying {
				basis: basis.into(),
				next,
				paid,
				fees,
			},
			generated::Phase::Settled { basis, since, paid } => Self::Settled {
				basis: basis.into(),
				since,
				paid,
			},
			generated::Phase::Refunding { why, next } => Self::Refunding {
				why: why.into(),
				next,
			},
			generated::Phase::Refunded { why } => Self::Refunded { why: why.into() },
			generated::Phase::Removing { places, items } => Self::Removing { places, items },
		}
	}
}

impl From<generated::Terms<u32>> for Terms {
	fn from(terms: generated::Terms<u32>) -> Self {
		Self {
			gold_root: terms.gold_root,
			gold_count: terms.gold_count,
			item_count: terms.item_count,
			items_each: terms.items_each,
			raters: terms.raters,
			price: terms.price,
			stake: terms.stake,
			joining: terms.joining,
			answering: terms.answering,
			dataset: terms.dataset,
			min_score: terms.min_score,
		}
	}
}

impl From<generated::CampaignView<AccountId32, u32>> for Campaign {
	fn from(view: generated::CampaignView<AccountId32, u32>) -> Self {
		Self {
			campaign: view.campaign,
			campaign_hash: view.campaign_hash,
			sponsor: view.sponsor,
			terms: view.terms.into(),
			fee_parts: view.fee_parts,
			added: view.added,
			joined: view.joined,
			committed: view.committed,
			revealed: view.revealed,
			opened: view.opened,
			full_pay: view.full_pay,
			budget: view.budget,
			place_deposit: view.place_deposit,
			seed: view.seed,
			phase: view.phase.into(),
			due: view.due,
			pot: view.pot,
		}
	}
}

impl From<generated::ItemView> for Item {
	fn from(view: generated::ItemView) -> Self {
		Self {
			item: view.item,
			prompt: view.prompt,
			a: view.a,
			b: view.b,
		}
	}
}

impl From<generated::Score> for Score {
	fn from(score: generated::Score) -> Self {
		Self {
			gold: score.gold,
			correct: score.correct,
			care: score.care,
			covariance: score.covariance.0,
			earned: score.earned,
		}
	}
}

impl From<generated::Reason> for Reason {
	fn from(reason: generated::Reason) -> Self {
		match reason {
			generated::Reason::Scored(score) => Self::Scored(score.into()),
			generated::Reason::Equal => Self::Equal,
		}
	}
}

impl From<generated::PlaceState> for PlaceState {
	fn from(state: generated::PlaceState) -> Self {
		match state {
			generated::PlaceState::Joined => Self::Joined,
			generated::PlaceState::Drawn { items } => Self::Drawn { items: items.0 },
			generated::PlaceState::Committed { items, commitment } => Self::Committed {
				items: items.0,
				commitment,
			},
			generated::PlaceState::Revealed { items, answers } => Self::Revealed {
				items: items.0,
				answers: answers.0,
			},
			generated::PlaceState::Paid {
				items,
				answers,
				reason,
				amount,
			} => Self::Paid {
				items: items.0,
				answers: answers.0,
				reason: reason.into(),
				amount,
			},
			generated::PlaceState::Silent { items } => Self::Silent { items: items.0 },
			generated::PlaceState::Unrevealed { items } => Self::Unrevealed { items: items.0 },
			generated::PlaceState::Refunded => Self::Refunded,
		}
	}
}

impl From<generated::RaterView<AccountId32>> for Rater {
	fn from(view: generated::RaterView<AccountId32>) -> Self {
		Self {
			rater: view.rater,
			place: view.place,
			state: view.state.into(),
			shown: view.shown.into_iter().map(|shown| shown.0).collect(),
		}
	}
}

impl From<generated::GoldStanding> for GoldStanding {
	fn from(standing: generated::GoldStanding) -> Self {
		match standing {
			generated::GoldStanding::Counts => Self::Counts,
			generated::GoldStanding::Void => Self::Void,
		}
	}
}

impl From<generated::Label> for Label {
	fn from(label: generated::Label) -> Self {
		match label {
			generated::Label::Undecided => Self::Undecided,
			generated::Label::Preferred { choice, confidence } => Self::Preferred {
				choice: choice.0,
				confidence,
			},
			generated::Label::Gold { label, standing } => Self::Gold {
				label: label.0,
				standing: standing.into(),
			},
		}
	}
}

impl From<generated::LabelView> for Labelled {
	fn from(view: generated::LabelView) -> Self {
		Self {
			item: view.item.into(),
			label: view.label.into(),
			votes_a: view.votes_a,
			votes: view.votes,
		}
	}
}

impl From<generated::ShareView<AccountId32>> for DatasetShare {
	fn from(view: generated::ShareView<AccountId32>) -> Self {
		Self {
			rater: view.rater,
			parts: view.parts,
			taken: view.taken,
		}
	}
}

#[cfg(test)]
mod tests {
	use subxt::Metadata;

	use super::*;

	#[test]
	fn opened_gold_is_stored_as_the_metadata_says() {
		let metadata = Metadata::decode_from(include_bytes!("../metadata.scale")).unwrap();
		let pallet = metadata.pallet_by_name(PALLET).unwrap();
		let entry = pallet.storage().unwrap().entry_by_name("OpenedGold");
		// One of them: position, label, two weights and standing.
		let mut stored = vec![4, 7, 0, 0, 0, 1];
		stored.extend([0; 17]);
		let mut stored = stored.as_slice();
		let kind = entry.unwrap().value_ty();
		let opened = Vec::<Opened>::decode_as_type(&mut stored, kind, metadata.types());
		let items: Vec<_> = opened.unwrap().iter().map(|gold| gold.item).collect();
		assert_eq!((items, stored.len()), (vec![7], 0));
	}

	#[test]
	fn footprint_of_a_campaign_grows_with_items_gold_and_places() {
		let terms = Terms {
			gold_root: H256::zero(),
			gold_count: 20,
			item_count: 40,
			items_each: 40,
			raters: 5,
			price: 1,
			stake: 1,
			joining: 10,
			answering: 10,
			dataset: None,
			min_score: 0,
		};
		let (records, bytes) = campaign_footprint(&terms);
		assert_eq!((records, bytes), (46, 297 + 40 * 123 + 20 * 22 + 5 * 20));
		let more = Terms {
			item_count: 41,
			gold_count: 21,
			raters: 6,
			..terms
		};
		assert_eq!(
			campaign_footprint(&more),
			(records + 1, bytes + 123 + 22 + 20)
		);
	}
}
