//! The secret of a campaign: which items are gold, with the salts that hide them until they are opened.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use weighhouse_client::H256;
use weighhouse_primitives::feedback::{gold_root, CampaignId, GoldItem};

use crate::{failure::Failure, secrets::write_private};

/// Name of the file in the folder that is kept.
const FILE: &str = "gold.json";

/// What is kept until the gold is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
	/// Hash of the first block of the chain.
	pub genesis: H256,
	/// Number of the campaign, once it is known.
	pub campaign: Option<CampaignId>,
	/// The root that is on chain.
	pub gold_root: H256,
	/// The gold, in the order under the root.
	pub gold: Vec<GoldItem>,
}

/// The folder of a campaign, unless another one was named.
pub fn folder(named: Option<PathBuf>, campaign: CampaignId) -> PathBuf {
	named.unwrap_or_else(|| PathBuf::from(format!("campaign-{campaign}")))
}

impl Secret {
	pub fn new(genesis: H256, gold: Vec<GoldItem>) -> Self {
		Self {
			genesis,
			campaign: None,
			gold_root: gold_root(&gold),
			gold,
		}
	}

	/// Writes it into a folder, which is made for it.
	pub fn write(&self, folder: &Path) -> Result<(), Failure> {
		std::fs::create_dir_all(folder).map_err(|source| Failure::Write {
			path: folder.to_owned(),
			source,
		})?;
		let text = serde_json::to_string_pretty(self)
			.map_err(|error| Failure::BadInput(error.to_string()))?;
		write_private(&folder.join(FILE), text.as_bytes())
	}

	/// Whether a folder holds one.
	pub fn is_in(folder: &Path) -> bool {
		folder.join(FILE).exists()
	}

	/// Reads it, and checks that it stands under its own root.
	pub fn read(folder: &Path) -> Result<Self, Failure> {
		let path = folder.join(FILE);
		let unusable = |reason: String| Failure::BadInput(format!("{}: {reason}", path.display()));
		let text = std::fs::read_to_string(&path).map_err(|source| Failure::File {
			path: path.clone(),
			source,
		})?;
		let secret: Self =
			serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
		if gold_root(&secret.gold) != secret.gold_root {
			return Err(unusable("the gold in it does not fit its root".into()));
		}
		Ok(secret)
	}
}

#[cfg(test)]
mod tests {
	use weighhouse_primitives::feedback::Choice;

	use super::*;

	#[test]
	fn secret_reads_back_unless_it_was_changed() {
		let folder = tempfile::tempdir().unwrap();
		let kept = folder.path().join("campaign-3");
		let gold = (0..20).map(|item| GoldItem {
			item,
			label: if item % 2 == 0 { Choice::A } else { Choice::B },
			salt: H256::repeat_byte(7),
		});
		let mut secret = Secret::new(H256::repeat_byte(1), gold.collect());
		secret.campaign = Some(3);
		assert!(!Secret::is_in(&kept));
		secret.write(&kept).unwrap();
		assert!(Secret::is_in(&kept));
		assert_eq!(Secret::read(&kept).unwrap(), secret);
		secret.gold.swap(0, 1);
		secret.write(&kept).unwrap();
		let reason = Secret::read(&kept).unwrap_err().to_string();
		assert!(reason.contains("does not fit its root"), "{reason}");
	}
}
