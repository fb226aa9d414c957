//! A claim to be first with some files, made before anybody else sees them.

use serde_json::{json, Value};
use weighhouse_client::{
	calls,
	keys::{account_of, claim_salt, Keypair},
	ChainError, Client, H256,
};

use crate::{context::Context, failure::Failure, output::hex};

/// A claim that is in a block.
pub struct Claim {
	pub salt: H256,
	commitment: H256,
}

impl Claim {
	/// Claims files by a commitment that shows nothing, or goes on from a claim that is there: one of
	/// this key, or the one that was made with `salt`.
	pub async fn make(
		client: &Client,
		key: &Keypair,
		root: H256,
		salt: Option<H256>,
		context: &Context,
	) -> Result<Self, Failure> {
		let account = account_of(key);
		let used = salt.unwrap_or_else(|| claim_salt(key, root));
		let claim = Self {
			salt: used,
			commitment: calls::commitment(root, &account, used),
		};
		let view = client.best().await?;
		let claimed = view.root_claim(&account, claim.commitment).await?;
		let state = match (claimed, salt) {
			(Some(block), _) => format!("Going on from the claim of block {block}"),
			(None, Some(_)) => {
				let refusal = view.refusal("Listings", "UnknownClaim");
				return Err(Failure::Chain(refusal.into()));
			}
			(None, None) => {
				let call = calls::claim_root(claim.commitment);
				context
					.submit(client, &call, key, "Claiming the files")
					.await?;
				"Claimed the files".to_owned()
			}
		};
		context.tell(&format!(
			"{state}: commitment {}, salt {}",
			hex(&claim.commitment),
			hex(&claim.salt)
		));
		Ok(claim)
	}

	/// The claim for scripts.
	pub fn json(&self) -> Value {
		json!({ "commitment": hex(&self.commitment), "salt": hex(&self.salt) })
	}

	/// A failure to publish, which leaves the claim and its deposit.
	pub fn left_by(&self, failure: Failure) -> Failure {
		match failure {
			// It is in a block, and has used the claim.
			Failure::Chain(ChainError::TimedOut { what: "final", .. }) => failure,
			other => Failure::Claimed {
				commitment: self.commitment,
				salt: self.salt,
				source: Box::new(other),
			},
		}
	}
}
