//! The connection to a node, and transactions.

use std::time::Duration;

use subxt::{
	backend::LegacyBackend,
	config::{Config, DefaultExtrinsicParams, DefaultExtrinsicParamsBuilder, RpcConfigFor},
	events::DecodeAsEvent,
	extrinsics::ExtrinsicEvents,
	rpcs::{LegacyRpcMethods, RpcClient},
	tx::{Payload, TransactionInBlock, TransactionProgress, TransactionStatus},
	utils::H256,
	ArcMetadata, OnlineClient, PolkadotConfig,
};
use tokio::time::{timeout, timeout_at, Instant};
use url::Url;

use crate::{
	error::{ChainError, Refusal},
	keys::{account_of, AccountId32, Keypair},
	view::View,
};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for a block that takes the transaction.
const INCLUSION: Duration = Duration::from_secs(60);
/// Longest wait for finality after that.
const FINALITY: Duration = Duration::from_secs(120);
/// Blocks for which a signature holds, so that a lost transaction cannot come back much later.
/// Counted from the last final block: long enough for a chain whose finality is behind.
const MORTALITY: u64 = 256;

type Online = OnlineClient<PolkadotConfig>;
type AtBlock = subxt::client::OnlineClientAtBlockImpl<PolkadotConfig>;
type InBlock = TransactionInBlock<PolkadotConfig, AtBlock>;

/// When a transaction counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
	/// In a block, which a fork may still undo.
	InBlock,
	/// In a final block.
	Final,
}

/// How far a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
	/// The pool took it.
	Submitted,
	/// It is in a block, which a fork may still undo.
	InBlock,
	/// It is final.
	Final,
}

/// A transaction that succeeded.
pub struct Included {
	/// The block's number.
	pub block: u64,
	/// The block's hash.
	pub block_hash: H256,
	/// The transaction's hash.
	pub extrinsic_hash: H256,
	/// Whether the block is final.
	pub is_final: bool,
	events: ExtrinsicEvents<PolkadotConfig>,
	metadata: ArcMetadata,
}

impl Included {
	/// What the runtime says to an error that a call in the transaction ended with.
	pub(crate) fn refusal(&self, pallet: u8, error: u8) -> Option<Refusal> {
		let pallet = self.metadata.pallet_by_error_index(pallet)?;
		let mut errors = pallet.error_variants()?.iter();
		let error = errors.find(|variant| variant.index == error)?;
		Some(Refusal::new(pallet.name(), &error.name, &error.docs))
	}

	/// The first event of this kind that the transaction emitted.
	pub(crate) fn event<E: DecodeAsEvent>(&self, name: &str) -> Result<E, ChainError> {
		self.events
			.find_first::<E>()
			.ok_or_else(|| ChainError::Incompatible(format!("it emitted no {name} event")))?
			.map_err(ChainError::unexpected)
	}

	/// All events of this kind that the transaction emitted, in order.
	pub(crate) fn events<E: DecodeAsEvent>(&self) -> Result<Vec<E>, ChainError> {
		let events: Result<Vec<E>, _> = self.events.find::<E>().collect();
		events.map_err(ChainError::unexpected)
	}
}

/// A connection to a node.
#[derive(Clone, Debug)]
pub struct Client {
	pub(crate) online: Online,
	pub(crate) rpc: LegacyRpcMethods<RpcConfigFor<PolkadotConfig>>,
	/// For methods that the libraries do not name.
	pub(crate) raw: RpcClient,
	/// What each transaction gives the author of its block, in plancks.
	tip: u128,
}

/// A transaction on its way.
pub struct Sent(TransactionProgress<PolkadotConfig, AtBlock>);

impl Client {
	/// Connects to the node at `url`, for example `ws://127.0.0.1:9944`.
	///
	/// # Errors
	/// [`ChainError::BadAddress`] or [`ChainError::Unreachable`].
	pub async fn connect(url: &str) -> Result<Self, ChainError> {
		let bad = |reason: String| ChainError::BadAddress {
			url: url.to_owned(),
			reason,
		};
		let unreachable = |reason: String| ChainError::Unreachable {
			url: url.to_owned(),
			reason,
		};
		let parsed = Url::parse(url.trim()).map_err(|error| bad(error.to_string()))?;
		if !matches!(parsed.scheme(), "ws" | "wss") || parsed.host_str().is_none() {
			return Err(bad("it must look like ws://127.0.0.1:9944".into()));
		}
		let open = async {
			let client = RpcClient::from_insecure_url(parsed.as_str()).await?;
			let rpc = LegacyRpcMethods::new(client.clone());
			let backend = LegacyBackend::builder().build(client.clone());
			let config = PolkadotConfig::builder().use_historic_types(false).build();
			let online = Online::from_backend_with_config(config, backend.into()).await;
			Ok::<_, subxt::rpcs::Error>(online.map(|online| Self {
				online,
				rpc,
				raw: client,
				tip: 0,
			}))
		};
		timeout(CONNECT, open)
			.await
			.map_err(|_| unreachable(format!("no answer within {} s", CONNECT.as_secs())))?
			.map_err(|error| unreachable(last_words(&error)))?
			.map_err(|error| unreachable(last_words(&error)))
	}

	/// The same connection, with a tip in each transaction that it sends: so much in plancks, besides the
	/// fee, for the author of the block. Pools and blocks prefer the higher tip.
	#[must_use]
	pub fn tipping(self, tip: u128) -> Self {
		Self { tip, ..self }
	}

	/// The hash of the first block, which tells chains apart.
	pub fn genesis_hash(&self) -> H256 {
		self.online.genesis_hash()
	}

	/// The number of the next transaction of an account, those in the pool counted.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn next_index(&self, account: &AccountId32) -> Result<u64, ChainError> {
		Ok(self.rpc.system_account_next_index(account).await?)
	}

	/// Reads as of the best block: the newest state, which a fork may still undo.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn best(&self) -> Result<View, ChainError> {
		let hash = self
			.rpc
			.chain_get_block_hash(None)
			.await?
			.ok_or_else(|| ChainError::unexpected("it has no best block"))?;
		Ok(View::new(self.online.at_block(hash).await?))
	}

	/// Reads as of the last final block.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn finalized(&self) -> Result<View, ChainError> {
		Ok(View::new(self.online.at_current_block().await?))
	}

	/// Reads as of block `number` of the best chain, if it has come to it.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked, or keeps the state of that block no more.
	pub async fn at(&self, number: u64) -> Result<Option<View>, ChainError> {
		match self.rpc.chain_get_block_hash(Some(number.into())).await? {
			Some(hash) => Ok(Some(View::new(self.online.at_block(hash).await?))),
			None => Ok(None),
		}
	}

	/// Signs `call`, submits it and waits. The nonce follows what is already in the pool. A refused
	/// call ends the wait in the first block that has it.
	///
	/// # Errors
	/// [`ChainError::Refused`] with the runtime's words, [`ChainError::NotAccepted`],
	/// [`ChainError::TimedOut`], or as the connection has it.
	pub async fn submit(
		&self,
		call: &impl Payload,
		key: &Keypair,
		until: Until,
		watch: impl Fn(Stage),
	) -> Result<Included, ChainError> {
		self.submit_seen(call, key, until, watch, |_| ()).await
	}

	/// The same for a call whose effect must not be forgotten if the wait for finality fails. `seen` is
	/// told with every block that has the transaction, and with none when a fork took it back.
	///
	/// # Errors
	/// As of [`submit`](Self::submit).
	pub async fn submit_seen(
		&self,
		call: &impl Payload,
		key: &Keypair,
		until: Until,
		watch: impl Fn(Stage),
		seen: impl Fn(Option<&Included>),
	) -> Result<Included, ChainError> {
		let sent = self.send(call, key).await?;
		watch(Stage::Submitted);
		sent.settle_seen(until, watch, seen).await
	}

	/// Signs `call` and submits it without waiting for a block. The nonce follows what is already in
	/// the pool, so calls of one key are sent one after the other.
	///
	/// # Errors
	/// [`ChainError::NotAccepted`], or as the connection has it.
	pub async fn send(&self, call: &impl Payload, key: &Keypair) -> Result<Sent, ChainError> {
		let account: AccountId32 = account_of(key);
		let nonce = self.next_index(&account).await?;
		let params = params::<PolkadotConfig>(nonce, self.tip);
		let mut transactions = self.online.at_current_block().await?.transactions();
		Ok(Sent(
			transactions
				.sign_and_submit_then_watch(call, key, params)
				.await?,
		))
	}
}

impl Sent {
	/// Waits until the transaction is where `until` says. A refused call ends the wait in the first
	/// block that has it.
	///
	/// # Errors
	/// [`ChainError::Refused`] with the runtime's words, [`ChainError::Dropped`],
	/// [`ChainError::TimedOut`], or as the connection has it.
	pub async fn settle(self, until: Until, watch: impl Fn(Stage)) -> Result<Included, ChainError> {
		self.settle_seen(until, watch, |_| ()).await
	}

	async fn settle_seen(
		mut self,
		until: Until,
		watch: impl Fn(Stage),
		seen: impl Fn(Option<&Included>),
	) -> Result<Included, ChainError> {
		let mut deadline = Instant::now() + INCLUSION;
		let mut limit = ("in a block", INCLUSION);
		loop {
			let status = timeout_at(deadline, self.0.next())
				.await
				.map_err(|_| ChainError::TimedOut {
					what: limit.0,
					after: limit.1,
				})?
				.ok_or_else(|| ChainError::Lost("the node stopped reporting".into()))??;
			match status {
				TransactionStatus::InBestBlock(block) => {
					watch(Stage::InBlock);
					// Also when finality is waited for: a refusal need not be waited out.
					let included = included(&block, false).await?;
					seen(Some(&included));
					if until == Until::InBlock {
						return Ok(included);
					}
					limit = ("final", FINALITY);
					deadline = Instant::now() + FINALITY;
				}
				TransactionStatus::InFinalizedBlock(block) => {
					watch(Stage::Final);
					return included(&block, true).await;
				}
				TransactionStatus::NoLongerInBestBlock => {
					seen(None);
					limit = ("in a block", INCLUSION);
					deadline = Instant::now() + INCLUSION;
				}
				TransactionStatus::Error { message }
				| TransactionStatus::Invalid { message }
				| TransactionStatus::Dropped { message } => return Err(ChainError::Dropped(message)),
				TransactionStatus::Validated | TransactionStatus::Broadcasted => {}
			}
		}
	}
}

/// What is signed with a call. For any configuration: tests sign without a node, and that of Polkadot
/// learns the first block's hash from nobody else.
fn params<T: Config>(nonce: u64, tip: u128) -> DefaultExtrinsicParams<T> {
	DefaultExtrinsicParamsBuilder::<T>::new()
		.nonce(nonce)
		.mortal(MORTALITY)
		.tip(tip)
		.build()
}

async fn included(block: &InBlock, is_final: bool) -> Result<Included, ChainError> {
	let events = block.wait_for_success().await?;
	let at = block.at().await?;
	Ok(Included {
		block: at.block_number(),
		block_hash: block.block_hash(),
		extrinsic_hash: block.extrinsic_hash(),
		is_final,
		events,
		metadata: at.metadata(),
	})
}

/// What the system said, without the layers above it, each of which repeats that it is an error.
fn last_words(error: &impl std::fmt::Display) -> String {
	let text = error.to_string();
	text.rsplit("client error: ")
		.next()
		.unwrap_or(&text)
		.to_owned()
}

#[cfg(test)]
mod tests {
	use subxt::{
		config::{substrate::SpecVersionForRange, transaction_extensions::Params},
		Metadata, OfflineClient, SubstrateConfig,
	};

	use super::*;
	use crate::{calls, keys::from_suri};

	#[tokio::test]
	async fn tip_of_a_signed_transaction_is_the_one_that_was_asked_for() {
		let metadata = Metadata::decode_from(include_bytes!("../metadata.scale")).unwrap();
		let config = SubstrateConfig::builder()
			.set_genesis_hash(H256::zero())
			.set_spec_version_for_block_ranges([SpecVersionForRange {
				block_range: 0..1,
				spec_version: 1,
				transaction_version: 1,
			}])
			.set_metadata_for_spec_versions([(1, metadata.arc())])
			.build();
		let client = OfflineClient::new_with_config(config)
			.at_block(0u64)
			.unwrap();
		let (call, key) = (calls::close_offer(1, 1), from_suri("//Alice").unwrap());
		for tip in [0, 10_000_000_000, u128::MAX] {
			let mut signed_with = params::<SubstrateConfig>(7, tip);
			signed_with.inject_block(0, H256::zero());
			let signable = client.tx().create_signable_offline(&call, signed_with);
			let signed = signable.unwrap().sign(&key).unwrap();
			let bytes = vec![signed.encoded().to_vec()];
			let block = client.extrinsics().from_bytes(bytes).await;
			let extrinsic = block.iter().next().unwrap().unwrap();
			assert!(extrinsic.is_signed());
			assert_eq!(extrinsic.call_name(), "close_offer");
			let extensions = extrinsic.transaction_extensions().unwrap();
			assert_eq!((extensions.nonce(), extensions.tip()), (Some(7), Some(tip)));
		}
	}
}
