//! A node of the Weighhouse network.

// The error type of sc-cli is large, and every command returns it.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod database;
mod metrics;
mod reports;
mod rpc;
mod service;
mod worker;

fn main() -> sc_cli::Result<()> {
	command::run()
}
