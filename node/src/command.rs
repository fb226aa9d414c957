//! Does what the command line asks.

use sc_cli::{CliConfiguration, DatabasePruningMode, SubstrateCli};
use sc_network::config::NetworkBackendType;
use sc_service::PartialComponents;
use weighhouse_runtime::opaque::Block;

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	service,
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
			let spec = cli.load_spec(&command.chain)?;
			command.run(spec)
		}
		Some(Subcommand::CheckBlock(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				import_queue,
				..
			} = service::new_partial(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(command)) => {
			cli.create_runner(command)?.async_run(|config| {
				let PartialComponents {
					client,
					task_manager,
					..
				} = service::new_partial(&config)?;
				Ok((command.run(client, config.database), task_manager))
			})
		}
		Some(Subcommand::ImportBlocks(command)) => {
			cli.create_runner(command)?.async_run(|config| {
				let PartialComponents {
					client,
					task_manager,
					import_queue,
					..
				} = service::new_partial(&config)?;
				Ok((command.run(client, import_queue), task_manager))
			})
		}
		Some(Subcommand::ExportState(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				..
			} = service::new_partial(&config)?;
			Ok((command.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::PurgeChain(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.database)),
		Some(Subcommand::Revert(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				backend,
				..
			} = service::new_partial(&config)?;
			let revert_consensus = Box::new(|client: std::sync::Arc<_>, backend, blocks| {
				sc_consensus_babe::revert(std::sync::Arc::clone(&client), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((
				command.run(client, backend, Some(revert_consensus)),
				task_manager,
			))
		}),
		Some(Subcommand::ChainInfo(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run::<Block>(&config)),
		None => {
			keep_everything_in_development(&mut cli)?;
			cli.create_runner(&cli.run)?
				.run_node_until_exit(|config| async move {
					match config.network.network_backend {
						NetworkBackendType::Libp2p => {
							service::new_full::<sc_network::NetworkWorker<_, _>>(config)
						}
						NetworkBackendType::Litep2p => {
							service::new_full::<sc_network::Litep2pNetworkBackend>(config)
						}
					}
					.map_err(sc_cli::Error::Service)
				})
		}
	}
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
