//! The state transition function of Weighhouse: the types of the chain and the pallets it is made
//! of. How each pallet is set up stands in [`configs`], what the outside may ask in [`apis`], and
//! how a chain begins in [`genesis_config_presets`].

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
// The macros that put the runtime together make public items without documentation.
#![allow(missing_docs)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects
	)
)]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

// Denied module by module: the macro below numbers the pallets with `as`.
#[deny(clippy::as_conversions)]
pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
#[deny(clippy::as_conversions)]
pub mod configs;
#[deny(clippy::as_conversions)]
pub mod constants;
#[deny(clippy::as_conversions)]
pub mod figures;
#[deny(clippy::as_conversions)]
pub mod genesis_config_presets;
#[deny(clippy::as_conversions)]
pub mod reconcile;
#[cfg(feature = "rehearsal")]
#[deny(clippy::as_conversions)]
pub mod rehearsal;
pub mod weights;

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

use pallet_session::historical as pallet_session_historical;

pub use sp_consensus_babe::AuthorityId as BabeId;
pub use sp_consensus_grandpa::AuthorityId as GrandpaId;

/// A signature of an account: sr25519, ed25519 or ECDSA.
pub type Signature = MultiSignature;
/// The public identity of an account.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An amount of WGH in its smallest unit (10^-12).
pub type Balance = u128;
/// The number of transactions that an account has sent.
pub type Nonce = u32;
/// The height of a block.
pub type BlockNumber = u32;
/// A hash of chain data.
pub type Hash = sp_core::H256;
/// How extrinsics name an account.
pub type Address = MultiAddress<AccountId, ()>;
/// A block header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// What every transaction is checked for, in this order.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);
/// A transaction as it travels.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// Dispatches what comes in to the pallets.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

/// The block types as the node sees them: extrinsics are bytes.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block whose extrinsics are not decoded.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
}

impl_opaque_keys! {
	/// The keys that a validator signs with.
	pub struct SessionKeys {
		/// Makes blocks.
		pub babe: Babe,
		/// Finalises blocks.
		pub grandpa: Grandpa,
	}
}

#[cfg(feature = "rehearsal")]
pub use rehearsal::{Migrations, VERSION};

/// What an upgrade to this version changes in state.
#[cfg(not(feature = "rehearsal"))]
pub type Migrations = ();

/// What this runtime is called and which version it is.
#[cfg(not(feature = "rehearsal"))]
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("weighhouse"),
	impl_name: Cow::Borrowed("weighhouse"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// The runtime and its pallets. An index is part of the chain's encoding and never changes.
#[frame_support::runtime]
mod runtime {
	/// The runtime of Weighhouse.
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(3)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(4)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(5)]
	pub type Historical = pallet_session_historical;
	#[runtime::pallet_index(6)]
	pub type Offences = pallet_offences;
	#[runtime::pallet_index(7)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(8)]
	pub type Validators = pallet_validators;

	#[runtime::pallet_index(10)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(11)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(20)]
	pub type Sudo = pallet_sudo;
	#[runtime::pallet_index(21)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(22)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(23)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(24)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(25)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(26)]
	pub type Parameters = pallet_parameters;
	#[runtime::pallet_index(27)]
	pub type SafeMode = pallet_safe_mode;

	#[runtime::pallet_index(50)]
	pub type Listings = pallet_listings;
	#[runtime::pallet_index(51)]
	pub type Licensing = pallet_licensing;
	#[runtime::pallet_index(52)]
	pub type Inference = pallet_inference;
	#[runtime::pallet_index(53)]
	pub type Reputation = pallet_reputation;
	#[runtime::pallet_index(54)]
	pub type Feedback = pallet_feedback;
	#[runtime::pallet_index(55)]
	pub type Delivery = pallet_delivery;
}
