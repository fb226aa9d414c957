//! What the node may be asked on the command line.

use crate::worker::WorkerParams;

/// A node of the Weighhouse network, a market for AI models.
#[derive(Debug, clap::Parser)]
pub struct Cli {
	/// What to do instead of running a node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// How to run the node.
	#[clap(flatten)]
	pub run: sc_cli::RunCmd,

	/// Which workers to carry for.
	#[clap(flatten)]
	pub workers: WorkerParams,
}

/// What the node does beside running.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
	/// Key management utilities.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write the specification of a chain: `dev`, `local`, `local4` or a file.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Validate a block by executing it again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Import blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Write the state at a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Remove the whole chain.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Take the chain back to an earlier block.
	Revert(sc_cli::RevertCmd),

	/// Print what the database says of the chain.
	ChainInfo(sc_cli::ChainInfoCmd),
}
