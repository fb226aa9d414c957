//! Does what the command line asks.

use std::{future::Future, sync::Arc};

use sc_cli::{CliConfiguration, DatabasePruningMode, SubstrateCli};
use sc_consensus::DefaultImportQueue;
use sc_network::config::NetworkBackendType;
use sc_service::{Configuration, PartialComponents};
use weighhouse_runtime::opaque::Block;

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	service::{self, FullBackend, FullClient},
};

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Weighhouse Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"The Weighhouse founders".into()
	}

	fn support_url() -> String {
		"the issues of the repository".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		chain_spec::load(id)
	}
}

/// Reads the command line and does what it asks.
pub fn run() -> sc_cli::Result<()> {
	let mut cli = Cli::from_args();

	match &cli.subcommand {
		Some(Subcommand::Key(command)) => command.run(&cli),
		Some(Subcommand::ExportChainSpec(command)) => {
			let spec = chain_spec::describe(&command.chain)?;
			command.run(spec)
		}
		Some(Subcommand::CheckBlock(command)) => on_chain(&cli, command, |chain| {
			command.run(chain.client, chain.import_queue)
		}),
		Some(Subcommand::ExportBlocks(command)) => on_chain(&cli, command, |chain| {
			command.run(chain.client, chain.config.database)
		}),
		Some(Subcommand::ImportBlocks(command)) => on_chain(&cli, command, |chain| {
			command.run(chain.client, chain.import_queue)
		}),
		Some(Subcommand::ExportState(command)) => on_chain(&cli, command, |chain| {
			command.run(chain.client, chain.config.chain_spec)
		}),
		Some(Subcommand::PurgeChain(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.database)),
		Some(Subcommand::Revert(command)) => on_chain(&cli, command, |chain| {
			let revert_consensus = Box::new(|client: Arc<_>, backend, blocks| {
				sc_consensus_babe::revert(Arc::clone(&client), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			command.run(chain.client, chain.backend, Some(revert_consensus))
		}),
		Some(Subcommand::ChainInfo(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run::<Block>(&config)),
		None => {
			keep_everything_in_development(&mut cli)?;
			let workers = cli.workers.clone();
			workers.apply(&mut cli.run.offchain_worker_params.enabled)?;
			cli.create_runner(&cli.run)?
				.run_node_until_exit(|config| async move {
					match config.network.network_backend {
						NetworkBackendType::Libp2p => {
							service::new_full::<sc_network::NetworkWorker<_, _>>(config, &workers)
						}
						NetworkBackendType::Litep2p => {
							service::new_full::<sc_network::Litep2pNetworkBackend>(config, &workers)
						}
					}
					.map_err(sc_cli::Error::Service)
				})
		}
	}
}

/// A chain on disk, without a node that runs it.
struct Chain {
	client: Arc<FullClient>,
	backend: Arc<FullBackend>,
	import_queue: DefaultImportQueue<Block>,
	config: Configuration,
}

/// Opens the chain and does with it what a subcommand asks.
fn on_chain<F>(
	cli: &Cli,
	command: &impl CliConfiguration,
	work: impl FnOnce(Chain) -> F,
) -> sc_cli::Result<()>
where
	F: Future<Output = sc_cli::Result<()>>,
{
	cli.create_runner(command)?.async_run(|config| {
		let PartialComponents {
			client,
			backend,
			task_manager,
			import_queue,
			..
		} = service::new_partial(&config)?;
		let chain = Chain {
			client,
			backend,
			import_queue,
			config,
		};
		Ok((work(chain), task_manager))
	})
}

/// A development chain keeps every state unless told otherwise, so that clients can ask about the
/// past (`archive` calls, the explorer of Polkadot.js Apps).
fn keep_everything_in_development(cli: &mut Cli) -> sc_cli::Result<()> {
	if cli.run.is_dev()? {
		let pruning = &mut cli.run.import_params.pruning_params;
		pruning
			.state_pruning
			.get_or_insert(DatabasePruningMode::Archive);
	}
	Ok(())
}
