//! What can go wrong between here and the chain.

use std::time::Duration;

use subxt::{
	error::{
		BackendError, BlocksError, DispatchError, EventsError, ExtrinsicError, ModuleError,
		OnlineClientAtBlockError, RpcError, RuntimeApiError, StorageError, TransactionEventsError,
		TransactionProgressError,
	},
	rpcs,
};

/// Why the chain could not be asked, or what it answered instead of doing as told.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	/// The address is no `ws` or `wss` URL.
	#[error("`{url}` is no address of a node: {reason}")]
	BadAddress {
		/// What was given.
		url: String,
		/// What is wrong with it.
		reason: String,
	},
	/// Nobody answers at the address.
	#[error("no node answers at {url}: {reason}")]
	Unreachable {
		/// Where it was looked for.
		url: String,
		/// What the system said.
		reason: String,
	},
	/// The connection broke. Whether a transaction on its way arrived is not known.
	#[error("the connection to the node broke: {0}")]
	Lost(String),
	/// The node's runtime has not got what this program was built for.
	#[error("the node runs a chain that this program does not fit: {0}")]
	Incompatible(String),
	/// A call was executed and refused; nothing changed but the fee.
	#[error(transparent)]
	Refused(#[from] Refusal),
	/// The transaction did not enter the pool; nothing changed at all.
	#[error("the node did not take the transaction: {0}")]
	NotAccepted(String),
	/// The transaction left the pool without entering a block.
	#[error("the transaction was dropped before it entered a block: {0}")]
	Dropped(String),
	/// Nothing happened for too long.
	#[error("the transaction was not {what} within {} s", after.as_secs())]
	TimedOut {
		/// `in a block` or `final`.
		what: &'static str,
		/// How long it was waited for.
		after: Duration,
	},
	/// The node answered something that it should not.
	#[error("the node gave an answer that makes no sense: {0}")]
	Unexpected(String),
}

/// A dispatch error with the words of the runtime's own documentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pallet}.{name}: {docs}")]
pub struct Refusal {
	/// The pallet that refused, for example `Licensing`.
	pub pallet: String,
	/// The error's name, for example `SoldOut`.
	pub name: String,
	/// What its documentation says.
	pub docs: String,
}

impl ChainError {
	/// Whether this is the pallet error `pallet.name`.
	pub fn is(&self, pallet: &str, name: &str) -> bool {
		matches!(self, Self::Refused(refusal) if refusal.pallet == pallet && refusal.name == name)
	}

	pub(crate) fn unexpected(error: impl std::fmt::Display) -> Self {
		Self::Unexpected(error.to_string())
	}
}

impl From<rpcs::Error> for ChainError {
	fn from(error: rpcs::Error) -> Self {
		match error {
			// 1010 and its neighbours are the pool's verdicts on a transaction.
			rpcs::Error::User(user) if (1000..1100).contains(&user.code) => {
				let details = user
					.data
					.and_then(|data| serde_json::from_str::<String>(data.get()).ok());
				Self::NotAccepted(details.unwrap_or(user.message))
			}
			rpcs::Error::User(user) => Self::Unexpected(user.to_string()),
			rpcs::Error::Client(error) => Self::Lost(error.to_string()),
			rpcs::Error::DisconnectedWillReconnect(reason) => Self::Lost(reason),
			other => Self::unexpected(other),
		}
	}
}

impl From<BackendError> for ChainError {
	fn from(error: BackendError) -> Self {
		match error {
			BackendError::Rpc(RpcError::ClientError(error)) => error.into(),
			BackendError::Rpc(RpcError::SubscriptionDropped) => {
				Self::Lost("the node ended a subscription".into())
			}
			other => Self::unexpected(other),
		}
	}
}

impl From<BlocksError> for ChainError {
	fn from(error: BlocksError) -> Self {
		match error {
			BlocksError::CannotGetCurrentBlock(error) => error.into(),
			BlocksError::CannotGetBlockHeaderStream(error)
			| BlocksError::CannotGetBlockHeader(error) => error.into(),
			other => Self::unexpected(other),
		}
	}
}

impl From<OnlineClientAtBlockError> for ChainError {
	fn from(error: OnlineClientAtBlockError) -> Self {
		match error {
			OnlineClientAtBlockError::CannotGetCurrentBlock { reason }
			| OnlineClientAtBlockError::CannotGetBlockHash { reason, .. }
			| OnlineClientAtBlockError::CannotGetBlockHeader { reason, .. }
			| OnlineClientAtBlockError::CannotGetSpecVersion { reason, .. } => reason.into(),
			other => Self::unexpected(other),
		}
	}
}

impl From<RuntimeApiError> for ChainError {
	fn from(error: RuntimeApiError) -> Self {
		match error {
			RuntimeApiError::CannotCallApi(error) => error.into(),
			RuntimeApiError::IncompatibleCodegen
			| RuntimeApiError::TraitNotFound(_)
			| RuntimeApiError::MethodNotFound { .. }
			| RuntimeApiError::CouldNotDecodeResponse(_) => Self::Incompatible(error.to_string()),
			other => Self::unexpected(other),
		}
	}
}

impl From<StorageError> for ChainError {
	fn from(error: StorageError) -> Self {
		match error {
			StorageError::CannotFetchValue(error)
			| StorageError::CannotIterateValues(error)
			| StorageError::StreamFailure(error) => error.into(),
			StorageError::IncompatibleCodegen
			| StorageError::PalletNameNotFound(_)
			| StorageError::StorageEntryNotFound { .. } => Self::Incompatible(error.to_string()),
			other => Self::unexpected(other),
		}
	}
}

impl From<EventsError> for ChainError {
	fn from(error: EventsError) -> Self {
		match error {
			EventsError::CannotFetchEventBytes(error) => error.into(),
			other => Self::Incompatible(other.to_string()),
		}
	}
}

impl From<ExtrinsicError> for ChainError {
	fn from(error: ExtrinsicError) -> Self {
		match error {
			ExtrinsicError::ErrorSubmittingTransaction(error)
			| ExtrinsicError::TransactionStatusStreamError(error) => error.into(),
			ExtrinsicError::IncompatibleCodegen
			| ExtrinsicError::PalletNameNotFound(_)
			| ExtrinsicError::CallNameNotFound { .. }
			| ExtrinsicError::EncodeError(_) => Self::Incompatible(error.to_string()),
			other => Self::unexpected(other),
		}
	}
}

impl From<TransactionProgressError> for ChainError {
	fn from(error: TransactionProgressError) -> Self {
		match error {
			TransactionProgressError::CannotGetNextProgressUpdate(error) => error.into(),
			TransactionProgressError::TransactionStatusError(error) => {
				Self::Dropped(error.to_string())
			}
			other => Self::Lost(other.to_string()),
		}
	}
}

impl From<TransactionEventsError> for ChainError {
	fn from(error: TransactionEventsError) -> Self {
		match error {
			TransactionEventsError::ExtrinsicFailed(error) => Self::Refused(error.into()),
			TransactionEventsError::CannotFetchBlockBody { error, .. } => error.into(),
			TransactionEventsError::CannotInstantiateClientAtBlock(error) => error.into(),
			other => Self::unexpected(other),
		}
	}
}

impl Refusal {
	/// A refusal with its documentation as the metadata has it, line by line.
	pub(crate) fn new(pallet: &str, name: &str, docs: &[String]) -> Self {
		let lines = docs.iter().map(|line| line.trim());
		Self {
			pallet: pallet.to_owned(),
			name: name.to_owned(),
			docs: lines
				.filter(|line| !line.is_empty())
				.collect::<Vec<_>>()
				.join(" "),
		}
	}
}

impl From<DispatchError> for Refusal {
	fn from(error: DispatchError) -> Self {
		let plain = |name: &str, docs: String| Self {
			pallet: "System".into(),
			name: name.into(),
			docs,
		};
		match error {
			DispatchError::Module(error) => error.into(),
			DispatchError::BadOrigin => plain(
				"BadOrigin",
				"The account is not the one that may do this, or the call is switched off.".into(),
			),
			DispatchError::Token(error) => plain(&format!("{error:?}"), error.to_string()),
			DispatchError::Arithmetic(error) => plain(&format!("{error:?}"), error.to_string()),
			other => plain(&format!("{other:?}"), other.to_string()),
		}
	}
}

impl From<ModuleError> for Refusal {
	fn from(error: ModuleError) -> Self {
		match error.details() {
			Ok(details) => Self::new(
				details.pallet.name(),
				&details.variant.name,
				&details.variant.docs,
			),
			Err(_) => Self {
				pallet: format!("pallet {}", error.pallet_index()),
				name: format!("error {}", error.error_index()),
				docs: "The node's metadata does not name it.".into(),
			},
		}
	}
}
