//! Puts a node together: client, pool, network, BABE, GRANDPA, off-chain workers.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use sc_client_api::{Backend, BlockBackend};
use sc_consensus::BlockImport;
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{FinalityProofProvider, LinkHalf, SharedVoterState, VotingRulesBuilder};
use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_network::NetworkBackend;
use sc_service::{
	error::Error as ServiceError, BuildNetworkParams, ChainType, Configuration,
	GenesisBlockBuilder, PartialComponents, SpawnTasksParams, TaskManager, WarpSyncConfig,
};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool::TransactionPoolHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::inherents::InherentDataProvider as BabeInherent;
use sp_runtime::traits::Block as BlockT;
use sp_timestamp::InherentDataProvider as TimestampInherent;
use weighhouse_runtime::{apis::RuntimeApi, opaque::Block};

use crate::{
	database, metrics,
	reports::{Remembering, Reports, Signed},
	rpc,
	worker::WorkerParams,
};

type HostFunctions = sp_io::SubstrateHostFunctions;
type BlockHash = <Block as BlockT>::Hash;

/// The chain as this node runs it.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, WasmExecutor<HostFunctions>>;
/// Where the chain is stored.
pub type FullBackend = sc_service::TFullBackend<Block>;
/// The longest chain is the best.
pub type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;

/// What waits to be in a block.
pub type FullPool = TransactionPoolHandle<Block, FullClient>;
/// GRANDPA makes a proof of finality at least every this many blocks.
const JUSTIFICATION_PERIOD: u32 = 512;
/// How often GRANDPA's voters repeat themselves.
const GOSSIP_PERIOD: Duration = Duration::from_millis(333);
/// The part of a slot in which a block is made; the rest is for the network.
const PROPOSAL_PORTION: f32 = 2.0 / 3.0;

type Inherents = (BabeInherent, TimestampInherent);

/// The slot and the time that a block made now would carry.
fn inherents(slot_duration: sp_consensus_babe::SlotDuration) -> Inherents {
	let timestamp = TimestampInherent::from_system_time();
	let slot = BabeInherent::from_timestamp_and_slot_duration(*timestamp, slot_duration);
	(slot, timestamp)
}

/// What runs the runtime. It keeps the compiled one beside the chain, so that a node that starts again
/// need not compile it again.
fn new_executor(config: &Configuration) -> WasmExecutor<HostFunctions> {
	let limits = &config.executor;
	let heap = limits
		.default_heap_pages
		.map_or(DEFAULT_HEAP_ALLOC_STRATEGY, |pages| {
			HeapAllocStrategy::Static {
				extra_pages: u32::try_from(pages).unwrap_or(u32::MAX),
			}
		});
	let folder = config.base_path.config_dir(config.chain_spec.id());
	let compiled = folder.join("compiled");
	// At a relative path nothing is kept.
	let compiled = std::path::absolute(&compiled).unwrap_or(compiled);
	WasmExecutor::builder()
		.with_execution_method(limits.wasm_method)
		.with_onchain_heap_alloc_strategy(heap)
		.with_offchain_heap_alloc_strategy(heap)
		.with_max_runtime_instances(limits.max_runtime_instances)
		.with_runtime_cache_size(limits.runtime_cache_size)
		.with_cache_path(compiled)
		.build()
}

/// What a command that reads or imports blocks needs, and a full node builds upon.
#[allow(clippy::type_complexity)]
pub fn new_partial(
	config: &Configuration,
) -> Result<
	PartialComponents<
		FullClient,
		FullBackend,
		FullSelectChain,
		sc_consensus::DefaultImportQueue<Block>,
		FullPool,
		(
			impl BlockImport<Block, Error = sp_consensus::Error> + Clone + Send + Sync + 'static,
			BabeLink<Block>,
			BabeWorkerHandle<Block>,
			LinkHalf<Block, FullClient, FullSelectChain>,
			Option<Telemetry>,
		),
	>,
	ServiceError,
> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = new_executor(config);
	let mut settings = config.db_config();
	settings.source = database::with_barrier(&config.database)?;
	let backend = sc_service::new_db_backend(settings)?;
	let genesis = GenesisBlockBuilder::new(
		config.chain_spec.as_storage_builder(),
		!config.no_genesis(),
		backend.clone(),
		executor.clone(),
	)?;
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts_with_genesis_builder::<Block, RuntimeApi, _, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			backend,
			genesis,
			false,
		)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager
			.spawn_handle()
			.spawn("telemetry", None, worker.run());
		telemetry
	});
	let telemetry_handle = telemetry.as_ref().map(Telemetry::handle);

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry_handle.clone(),
	)?;
	let justification_import = grandpa_import.clone();

	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let signed = Signed::new();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_import,
		client.clone(),
		move |_, ()| async move {
			Ok::<_, Box<dyn std::error::Error + Send + Sync>>(inherents(slot_duration))
		},
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(Reports {
			signed: signed.clone(),
			pool: transaction_pool.clone(),
		}),
	)?;
	let block_import = Remembering {
		import: block_import,
		signed,
	};

	let (import_queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			block_import: block_import.clone(),
			justification_import: Some(Box::new(justification_import)),
			client: client.clone(),
			slot_duration,
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			telemetry: telemetry_handle,
		})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (
			block_import,
			babe_link,
			babe_worker,
			grandpa_link,
			telemetry,
		),
	})
}

/// Starts a full node that carries for `workers`; it runs until the returned task manager ends.
pub fn new_full<N: NetworkBackend<Block, BlockHash>>(
	config: Configuration,
	workers: &WorkerParams,
) -> Result<TaskManager, ServiceError> {
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (block_import, babe_link, babe_worker, grandpa_link, mut telemetry),
	} = new_partial(&config)?;
	workers.install(
		&config.keystore,
		&keystore_container.keystore(),
		backend.offchain_storage(),
	)?;

	let prometheus = config.prometheus_registry().cloned();
	let mut net_config = sc_network::config::FullNetworkConfiguration::<Block, BlockHash, N>::new(
		&config.network,
		prometheus.clone(),
	);
	let metrics = N::register_notification_metrics(prometheus.as_ref());
	let genesis_hash = client
		.block_hash(0)?
		.ok_or_else(|| ServiceError::Other("the database holds no genesis block".into()))?;
	let grandpa_protocol =
		sc_consensus_grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
	let (grandpa_protocol_config, grandpa_notifications) =
		sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
			grandpa_protocol.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
	net_config.add_notification_protocol(grandpa_protocol_config);

	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		vec![],
	));
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if let Some(registry) = &prometheus {
		metrics::spawn(
			registry,
			client.clone(),
			backend.offchain_storage(),
			&task_manager.spawn_handle(),
		)?;
	}

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(
				transaction_pool.clone(),
			)),
			network_provider: Arc::new(network.clone()),
			is_validator: config.role.is_authority(),
			enable_http_requests: true,
			custom_extensions: |_| vec![],
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers",
			"offchain-worker",
			workers
				.run(client.clone(), task_manager.spawn_handle())
				.boxed(),
		);
	}

	// One validator has nobody to wait for, so a development chain finalises its best block. A network
	// stays two blocks behind, where forks are over.
	let voting_rule = match config.chain_spec.chain_type() {
		ChainType::Development => VotingRulesBuilder::new(),
		_ => VotingRulesBuilder::default(),
	};
	let role = config.role;
	let force_authoring = config.force_authoring;
	let node_name = config.network.node_name.clone();
	let enable_grandpa = !config.disable_grandpa;
	let keystore = keystore_container.keystore();
	let voter_state = SharedVoterState::empty();

	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		let keystore = keystore.clone();
		let authority_set = grandpa_link.shared_authority_set().clone();
		let justifications = grandpa_link.justification_stream();
		let voter_state = voter_state.clone();
		let finality_proofs =
			FinalityProofProvider::new_for_service(backend.clone(), Some(authority_set.clone()));
		let select_chain = select_chain.clone();
		Box::new(move |executor| {
			rpc::create(
				rpc::Dependencies {
					client: client.clone(),
					pool: pool.clone(),
					select_chain: select_chain.clone(),
					keystore: keystore.clone(),
					babe_worker: babe_worker.clone(),
					authority_set: authority_set.clone(),
					voter_state: voter_state.clone(),
					justifications: justifications.clone(),
					finality_proofs: finality_proofs.clone(),
				},
				executor,
			)
			.map_err(ServiceError::Application)
		})
	};

	sc_service::spawn_tasks(SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore.clone(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let telemetry_handle = telemetry.as_ref().map(Telemetry::handle);

	if role.is_authority() {
		let proposer = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus.as_ref(),
			telemetry_handle.clone(),
		);
		let slot_duration = babe_link.config().slot_duration();
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: keystore.clone(),
			client,
			select_chain,
			env: proposer,
			block_import,
			sync_oracle: sync_service.clone(),
			justification_sync_link: sync_service.clone(),
			create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
			force_authoring,
			backoff_authoring_blocks: None::<()>,
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(PROPOSAL_PORTION),
			max_block_proposal_slot_portion: None,
			telemetry: telemetry_handle.clone(),
		})?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("babe", Some("block-authoring"), babe);
	}

	if enable_grandpa {
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config: sc_consensus_grandpa::Config {
				gossip_duration: GOSSIP_PERIOD,
				justification_generation_period: JUSTIFICATION_PERIOD,
				name: Some(node_name),
				observer_enabled: false,
				keystore: role.is_authority().then_some(keystore),
				local_role: role,
				telemetry: telemetry_handle.clone(),
				protocol_name: grandpa_protocol,
			},
			link: grandpa_link,
			network,
			sync: Arc::new(sync_service),
			notification_service: grandpa_notifications,
			voting_rule: voting_rule.build(),
			prometheus_registry: prometheus,
			shared_voter_state: voter_state,
			telemetry: telemetry_handle,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}
