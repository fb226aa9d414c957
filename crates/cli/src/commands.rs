//! One module a command, each with its options and a `run`.

mod account;
mod buy;
mod claim;
mod close_offer;
mod completions;
mod fetch;
mod licences;
mod offer;
mod publish;
mod quote;
mod royalties;
mod search;
mod show;
mod transfer;
mod yank;

use clap::Subcommand;

use crate::{context::Context, failure::Failure, output::Report};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
	Publish(publish::Opts),
	Offer(offer::Opts),
	CloseOffer(close_offer::Opts),
	Search(search::Opts),
	Show(show::Opts),
	Quote(quote::Opts),
	Buy(buy::Opts),
	Licences(licences::Opts),
	Transfer(transfer::Opts),
	Fetch(fetch::Opts),
	Royalties(royalties::Opts),
	Claim(claim::Opts),
	Account(account::Opts),
	Yank(yank::Opts),
	Completions(completions::Opts),
}

impl Command {
	/// Runs the command. `definition` is the whole command line, for completions.
	pub async fn run(
		self,
		context: &Context,
		definition: fn() -> clap::Command,
	) -> Result<Report, Failure> {
		match self {
			Self::Publish(opts) => publish::run(opts, context).await,
			Self::Offer(opts) => offer::run(opts, context).await,
			Self::CloseOffer(opts) => close_offer::run(opts, context).await,
			Self::Search(opts) => search::run(opts, context).await,
			Self::Show(opts) => show::run(opts, context).await,
			Self::Quote(opts) => quote::run(opts, context).await,
			Self::Buy(opts) => buy::run(opts, context).await,
			Self::Licences(opts) => licences::run(opts, context).await,
			Self::Transfer(opts) => transfer::run(opts, context).await,
			Self::Fetch(opts) => fetch::run(opts, context).await,
			Self::Royalties(opts) => royalties::run(opts, context).await,
			Self::Claim(opts) => claim::run(opts, context).await,
			Self::Account(opts) => account::run(opts, context).await,
			Self::Yank(opts) => yank::run(opts, context).await,
			Self::Completions(opts) => completions::run(&opts, definition()),
		}
	}
}
