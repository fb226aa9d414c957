//! The command line of Weighhouse: sell, buy and fetch AI models.

mod commands;
mod context;
mod failure;
mod logs;
mod output;
mod secrets;
mod values;

use std::{process::ExitCode, sync::Arc};

use clap::{CommandFactory, Parser};

use crate::{
	commands::Command,
	context::{Context, Global},
	failure::EXIT_CODES,
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

fn main() -> ExitCode {
	let runtime = match tokio::runtime::Runtime::new() {
		Ok(runtime) => runtime,
		Err(error) => {
			eprintln!("Error: this system gives no threads: {error}");
			return ExitCode::FAILURE;
		}
	};
	let code = runtime.block_on(run());
	// A model or a prompt may hold a thread for long yet. Nobody waits for it: the process ends.
	runtime.shutdown_background();
	code
}

async fn run() -> ExitCode {
	let cli = match Cli::try_parse() {
		Ok(cli) => cli,
		Err(error) => return failure::usage(&error),
	};
	// What serves ends its work in order before it stops, and says what it does meanwhile.
	let serves = cli.command.serves();
	let usual = if serves {
		"weighhouse_gateway=info"
	} else {
		"weighhouse_gateway=warn"
	};
	let context = Arc::new(Context::new(cli.global, usual));
	let json = context.json();
	// A task of its own: a prompt or a hash may block its thread, and Ctrl-C must get through.
	let at_work = context.clone();
	let task = tokio::spawn(async move { cli.command.run(&at_work, Cli::command).await });
	let done = tokio::select! {
		done = task => done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
		_ = tokio::signal::ctrl_c(), if !serves => {
			let interruption = context.interruption();
			interruption.report(json);
			// Not by returning, which would wait for the blocked thread.
			std::process::exit(interruption.exit().into());
		},
	};
	match done {
		Ok(report) => report.print(json),
		Err(failure) => failure.report(json),
	}
}

#[cfg(test)]
mod tests;
