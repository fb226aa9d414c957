//! The command line of Weighhouse: sell, buy and fetch AI models.

mod commands;
mod context;
mod failure;
mod output;
mod values;

use std::{process::ExitCode, sync::Arc};

use clap::{CommandFactory, Parser};

use crate::{
	commands::Command,
	context::{Context, Global},
	failure::{Failure, EXIT_CODES},
};

/// Sell, buy and fetch AI models on a Weighhouse chain.
#[derive(Debug, Parser)]
#[command(name = "weighhouse", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
	#[command(flatten)]
	global: Global,
	#[command(subcommand)]
	command: Command,
}

#[tokio::main]
async fn main() -> ExitCode {
	let cli = match Cli::try_parse() {
		Ok(cli) => cli,
		Err(error) => return failure::usage(&error),
	};
	let context = Arc::new(Context::new(cli.global));
	let json = context.json();
	// What serves ends its work in order before it stops.
	let serves = cli.command.serves();
	// A task of its own: a prompt or a hash may block its thread, and Ctrl-C must get through.
	let task = tokio::spawn(async move { cli.command.run(&context, Cli::command).await });
	let done = tokio::select! {
		done = task => done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
		_ = tokio::signal::ctrl_c(), if !serves => {
			Failure::Interrupted.report(json);
			// Not by returning, which would wait for the blocked thread.
			std::process::exit(Failure::Interrupted.exit().into());
		},
	};
	match done {
		Ok(report) => report.print(json),
		Err(failure) => failure.report(json),
	}
}

#[cfg(test)]
mod tests;
