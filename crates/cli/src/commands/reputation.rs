//! `weighhouse reputation`

use clap::{Args, Subcommand};

use crate::{context::Context, failure::Failure, output::Report};

mod show;

/// Show what others' money says of a listing, a seller, a worker or a rater
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse reputation show 1
  weighhouse reputation show --seller //Alice
  weighhouse reputation show --worker //Worker1 --json")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	Show(show::Opts),
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Show(opts) => show::run(opts, context).await,
	}
}
