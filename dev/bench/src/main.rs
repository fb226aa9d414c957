//! Runs the benchmarks that a runtime's WebAssembly holds: `weighhouse-bench --runtime FILE ...`.
//! The flags are those of `frame-benchmarking-cli`'s pallet command.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

fn main() -> sc_cli::Result<()> {
	// Why a benchmark failed is told in the log only.
	sc_cli::LoggerBuilder::new("error").init()?;
	PalletCmd::parse().run_with_spec::<BlakeTwo256, ()>(None)
}
