//! The calls that this chain adds to the node's JSON-RPC: nonces and dry runs, fees, BABE, GRANDPA.
//! The node brings `chain`, `state`, `author`, `system`, `chainHead`, `archive` and `transaction`.

use std::sync::Arc;

use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer};
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use sc_transaction_pool::TransactionPoolHandle;
use sp_keystore::KeystorePtr;
use substrate_frame_rpc_system::{System, SystemApiServer};
use weighhouse_runtime::{opaque::Block, BlockNumber, Hash};

use crate::service::{FullBackend, FullClient, FullSelectChain};

/// What the calls need to answer.
pub struct Dependencies {
	/// The chain.
	pub client: Arc<FullClient>,
	/// Transactions that wait.
	pub pool: Arc<TransactionPoolHandle<Block, FullClient>>,
	/// Which of several chains is the best.
	pub select_chain: FullSelectChain,
	/// The node's keys.
	pub keystore: KeystorePtr,
	/// BABE's worker.
	pub babe_worker: BabeWorkerHandle<Block>,
	/// GRANDPA's voters.
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// The round that GRANDPA is in.
	pub voter_state: SharedVoterState,
	/// Proofs of finality as they are made.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Proofs of finality of the past.
	pub finality_proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// The module of all these calls.
pub fn create(
	dependencies: Dependencies,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	let Dependencies {
		client,
		pool,
		select_chain,
		keystore,
		babe_worker,
		authority_set,
		voter_state,
		justifications,
		finality_proofs,
	} = dependencies;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(Babe::new(client, babe_worker, keystore, select_chain).into_rpc())?;
	module.merge(
		Grandpa::new(
			executor,
			authority_set,
			voter_state,
			justifications,
			finality_proofs,
		)
		.into_rpc(),
	)?;
	Ok(module)
}
