//! From what is asked for to a transaction with sealed keys, and what came of it.

use std::collections::BTreeMap;

use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use weighhouse_client::{
	calls,
	delivery::{Delivery, SealedFor},
	keys::{account_of, AccountId32, Keypair},
	sealed::{SealedKey, Vault},
	ChainError, Client, Included, Stage, Until, View, H256,
};
use weighhouse_primitives::{LicenceId, ListingId, VersionNumber};

use crate::{commands::vault::identity_of, failure::Failure};

/// Number of a transaction of this run.
pub type Flight = u64;

/// What is heard of a transaction.
pub enum News {
	/// It is in a block, which a fork may still undo.
	InBlock,
	/// It is final, or nothing more will be heard of it.
	Ended(Result<Outcome, ChainError>),
}

/// What a final transaction did.
pub struct Outcome {
	/// The block that it is in.
	pub block: u64,
	/// The keys that the chain took.
	pub delivered: Vec<LicenceId>,
	/// Those that it did not take, and why.
	pub refused: Vec<(LicenceId, String)>,
}

/// Seals and sends.
pub struct Sender {
	key: Keypair,
	/// The account that signs.
	pub signer: AccountId32,
	/// The account that delivers.
	pub seller: AccountId32,
	/// What the keys follow from.
	pub vault: Vault,
	/// Roots of versions, which never change.
	roots: BTreeMap<(ListingId, VersionNumber), H256>,
	news: UnboundedSender<(Flight, News)>,
	next: Flight,
}

impl Sender {
	/// One that signs with `key` for `seller`, and where to hear from its transactions.
	pub fn new(
		key: Keypair,
		seller: AccountId32,
		vault: Vault,
	) -> (Self, UnboundedReceiver<(Flight, News)>) {
		let (news, heard) = unbounded_channel();
		let sender = Self {
			signer: account_of(&key),
			key,
			seller,
			vault,
			roots: BTreeMap::new(),
			news,
			next: 0,
		};
		(sender, heard)
	}

	/// Seals the key that is asked for, or says why it must not be: a wrong key costs the bond. The
	/// same every time.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn seal(
		&mut self,
		genesis: H256,
		view: &View,
		asked: &Delivery,
	) -> Result<Result<SealedKey, Failure>, ChainError> {
		let (listing, version) = (asked.listing, asked.version);
		let root = match self.roots.get(&(listing, version)) {
			Some(root) => *root,
			None => {
				let Some(found) = view.version(listing, version).await? else {
					return Ok(Err(Failure::NotFound(format!(
						"version {listing}@{version}"
					))));
				};
				self.roots.insert((listing, version), found.artifact_root);
				found.artifact_root
			}
		};
		let identity = identity_of(&self.vault, &root);
		let given = identity.recipient().to_text();
		if given != asked.recipient {
			return Ok(Err(Failure::OtherIdentity {
				listing,
				version,
				expected: asked.recipient.clone(),
				given,
			}));
		}
		let sealed = self
			.vault
			.seal(asked.context(genesis), &asked.key, &identity);
		Ok(sealed.map_err(|error| Failure::BadInput(format!("the buyer's key is {error}"))))
	}

	/// Sends keys in one transaction.
	///
	/// # Errors
	/// [`ChainError::NotAccepted`], or as the connection has it.
	pub async fn send(
		&mut self,
		client: &Client,
		keys: &[SealedFor],
	) -> Result<Flight, ChainError> {
		let is_proxy = self.signer != self.seller;
		let sent = if is_proxy {
			let call = calls::deliver_batch_for(self.seller, keys);
			client.send(&call, &self.key).await?
		} else {
			client.send(&calls::deliver_batch(keys), &self.key).await?
		};
		let flight = self.next;
		self.next = flight.saturating_add(1);
		let news = self.news.clone();
		tokio::spawn(async move {
			// Nobody listens any more when the daemon has stopped.
			let seen = |stage: Stage| {
				if stage == Stage::InBlock {
					let _ = news.send((flight, News::InBlock));
				}
			};
			let settled = sent.settle(Until::Final, seen).await;
			let outcome = settled.and_then(|included| read(&included, is_proxy));
			let _ = news.send((flight, News::Ended(outcome)));
		});
		Ok(flight)
	}
}

/// What a final transaction did. A proxy's succeeds also if the call in it does not.
fn read(included: &Included, is_proxy: bool) -> Result<Outcome, ChainError> {
	if is_proxy {
		calls::proxied(included)?;
	}
	Ok(Outcome {
		block: included.block,
		delivered: calls::delivered(included)?,
		refused: calls::refused(included)?,
	})
}
