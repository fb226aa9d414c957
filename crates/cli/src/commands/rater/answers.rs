//! What a rater has answered so far, with the salt that hides it until it is shown.

use std::{
	collections::BTreeMap,
	path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use weighhouse_client::{feedback::Campaign, keys::AccountId32, H256};
use weighhouse_gateway::config::user_data;
use weighhouse_primitives::feedback::{commitment, pack, AnswerBits, CampaignId, Choice, ItemSet};

use crate::{
	failure::Failure,
	output::hex,
	secrets::{random, write_private},
};

/// The work of one rater in one campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answers {
	campaign: CampaignId,
	campaign_hash: H256,
	rater: String,
	/// Whoever knows it can try answers against the commitment, so it stays here until the reveal.
	salt: H256,
	/// By position of the item in the pool.
	answers: BTreeMap<u32, Choice>,
	#[serde(skip)]
	path: PathBuf,
}

/// Where work is kept, unless another folder was named.
pub fn folder(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
	let usual = || Some(user_data()?.join("weighhouse/rater"));
	named
		.or_else(usual)
		.ok_or_else(|| Failure::Usage("say where to keep answers with --data".into()))
}

impl Answers {
	/// A campaign is known by its hash: a development chain that began anew counts from 1 again.
	fn file(folder: &Path, campaign: &Campaign, rater: &AccountId32) -> PathBuf {
		let hash = hex(&campaign.campaign_hash);
		let hash = hash.get(2..14).unwrap_or_default();
		folder.join(format!(
			"campaign-{}-{hash}-{rater}.json",
			campaign.campaign
		))
	}

	/// Goes on with what is kept in a folder, or begins and keeps a new salt.
	pub fn open(folder: &Path, campaign: &Campaign, rater: &AccountId32) -> Result<Self, Failure> {
		if let Some(kept) = Self::find(folder, campaign, rater)? {
			return Ok(kept);
		}
		std::fs::create_dir_all(folder).map_err(|source| Failure::Write {
			path: folder.to_owned(),
			source,
		})?;
		let answers = Self {
			campaign: campaign.campaign,
			campaign_hash: campaign.campaign_hash,
			rater: rater.to_string(),
			salt: H256(random()?),
			answers: BTreeMap::new(),
			path: Self::file(folder, campaign, rater),
		};
		answers.save()?;
		Ok(answers)
	}

	/// What is kept in a folder for this rater and campaign.
	pub fn find(
		folder: &Path,
		campaign: &Campaign,
		rater: &AccountId32,
	) -> Result<Option<Self>, Failure> {
		let path = Self::file(folder, campaign, rater);
		let text = match std::fs::read_to_string(&path) {
			Ok(text) => text,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
			Err(source) => return Err(Failure::File { path, source }),
		};
		let unusable = |reason: String| Failure::BadInput(format!("{}: {reason}", path.display()));
		let kept: Self =
			serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
		if kept.campaign_hash != campaign.campaign_hash || kept.rater != rater.to_string() {
			return Err(unusable("it is of another campaign or rater".into()));
		}
		Ok(Some(Self { path, ..kept }))
	}

	fn save(&self) -> Result<(), Failure> {
		let text = serde_json::to_string_pretty(self)
			.map_err(|error| Failure::BadInput(error.to_string()))?;
		write_private(&self.path, text.as_bytes())
	}

	/// Keeps an answer, in place of one that was given before.
	pub fn give(&mut self, item: u32, choice: Choice) -> Result<(), Failure> {
		self.answers.insert(item, choice);
		self.save()
	}

	/// What was answered to an item.
	pub fn to(&self, item: u32) -> Option<Choice> {
		self.answers.get(&item).copied()
	}

	/// Where it is kept.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// The answers to these items as the chain takes them. None until all are answered.
	pub fn packed(&self, items: &ItemSet) -> Option<AnswerBits> {
		let choices: Option<Vec<_>> = items.iter().map(|item| self.to(item)).collect();
		pack(&choices?)
	}

	/// What hides them.
	pub fn salt(&self) -> H256 {
		self.salt
	}

	/// What binds the rater to these answers without showing them.
	pub fn commitment(&self, rater: &AccountId32, bits: &AnswerBits) -> H256 {
		commitment(self.campaign_hash, &rater.0, bits, self.salt)
	}

	/// The answers to these items, if they are those that were committed to.
	pub fn opening(
		&self,
		rater: &AccountId32,
		items: &ItemSet,
		committed: H256,
	) -> Option<AnswerBits> {
		let bits = self.packed(items)?;
		(self.commitment(rater, &bits) == committed).then_some(bits)
	}
}

#[cfg(test)]
pub(super) mod tests {
	use weighhouse_client::feedback::{Phase, Terms};

	use super::*;

	pub const ME: AccountId32 = AccountId32([1; 32]);

	pub fn campaign(hash: u8) -> Campaign {
		Campaign {
			campaign: 3,
			campaign_hash: H256::repeat_byte(hash),
			sponsor: AccountId32([9; 32]),
			terms: Terms {
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
			},
			fee_parts: 0,
			added: 40,
			joined: 5,
			committed: 0,
			revealed: 0,
			opened: 0,
			full_pay: 40,
			budget: 200,
			place_deposit: 1,
			seed: None,
			phase: Phase::Committing { until: 9 },
			due: 10,
			pot: AccountId32([8; 32]),
		}
	}

	#[test]
	fn work_goes_on_where_it_stopped() {
		let folder = tempfile::tempdir().unwrap();
		let data = folder.path().join("rater");
		let mut answers = Answers::open(&data, &campaign(1), &ME).unwrap();
		answers.give(7, Choice::A).unwrap();
		answers.give(2, Choice::A).unwrap();
		answers.give(7, Choice::B).unwrap();
		let again = Answers::open(&data, &campaign(1), &ME).unwrap();
		assert_eq!(again, answers);
		assert_eq!(again.to(7), Some(Choice::B));
		assert_eq!(again.to(3), None);
	}

	#[test]
	fn work_is_not_mixed_when_the_chain_began_anew() {
		let folder = tempfile::tempdir().unwrap();
		let mut first = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		first.give(0, Choice::A).unwrap();
		let second = Answers::open(folder.path(), &campaign(2), &ME).unwrap();
		assert_eq!(second.to(0), None);
		assert_ne!(second.salt(), first.salt());
		let other = AccountId32([2; 32]);
		assert_eq!(
			Answers::find(folder.path(), &campaign(1), &other).unwrap(),
			None
		);
	}

	#[test]
	fn answers_are_packed_in_the_order_of_the_pool_once_all_are_given() {
		let folder = tempfile::tempdir().unwrap();
		let mut answers = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		let items: ItemSet = [9, 4, 30].into_iter().collect();
		answers.give(30, Choice::A).unwrap();
		answers.give(9, Choice::B).unwrap();
		assert_eq!(answers.packed(&items), None);
		answers.give(4, Choice::A).unwrap();
		let bits = answers.packed(&items).unwrap();
		// 4 is A, 9 is B, 30 is A, the lowest bit first.
		assert_eq!(bits.to_vec(), [0b101]);
		let hash = answers.commitment(&ME, &bits);
		assert_ne!(hash, answers.commitment(&AccountId32([2; 32]), &bits));
	}

	#[test]
	fn answers_open_their_commitment_after_a_pause_and_no_other_answers_do() {
		let folder = tempfile::tempdir().unwrap();
		let mut answers = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		let items: ItemSet = [0, 1].into_iter().collect();
		answers.give(0, Choice::A).unwrap();
		answers.give(1, Choice::B).unwrap();
		let bits = answers.packed(&items).unwrap();
		let committed = answers.commitment(&ME, &bits);
		let kept = Answers::find(folder.path(), &campaign(1), &ME).unwrap();
		let mut kept = kept.unwrap();
		assert_eq!(kept.opening(&ME, &items, committed), Some(bits));
		// Showing them takes nothing away, so that it can be repeated.
		assert!(kept.path().exists());
		kept.give(1, Choice::A).unwrap();
		assert_eq!(kept.opening(&ME, &items, committed), None);
	}

	#[cfg(unix)]
	#[test]
	fn file_is_private() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().unwrap();
		let mut answers = Answers::open(folder.path(), &campaign(1), &ME).unwrap();
		answers.give(0, Choice::A).unwrap();
		let mode = std::fs::metadata(answers.path())
			.unwrap()
			.permissions()
			.mode();
		assert_eq!(mode & 0o777, 0o600);
	}
}
