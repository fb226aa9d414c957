//! The keys with which workers sign what their off-chain workers submit.

use sp_application_crypto::{app_crypto, sr25519};
use sp_core::H256;
use weighhouse_primitives::inference::WORKER_KEY_TYPE;

mod app {
	use super::*;
	app_crypto!(sr25519, WORKER_KEY_TYPE);
}

/// The public key of a worker.
pub type WorkerId = app::Public;
/// A signature by such a key.
pub type WorkerSignature = app::Signature;

/// The 32 bytes of a key, as payloads and gateways name it.
pub fn key_hash(key: &WorkerId) -> H256 {
	H256(sr25519::Public::from(key.clone()).0)
}
