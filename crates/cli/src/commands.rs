//! One module a command, each with its options and a `run`.

mod accept_ownership;
mod account;
mod ask;
mod buy;
mod campaign;
mod cancel_proposal;
mod claim;
mod close_offer;
mod complain;
mod completions;
mod deliver;
mod delivery;
mod dispute;
mod faucet;
mod fetch;
mod job;
mod licences;
mod offer;
mod propose_owner;
mod proxy;
mod prune_receipt;
mod publish;
mod quote;
mod rate;
mod rater;
mod receipt;
mod redeliver;
mod release_claim;
mod remove_licence;
mod remove_version;
mod reputation;
mod royalties;
mod sealed;
mod search;
mod seller;
mod show;
mod transfer;
mod vault;
mod work;
mod yank;

use clap::Subcommand;

use crate::{
	context::{no_tip, Context},
	failure::Failure,
	output::Report,
};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
	Publish(publish::Opts),
	Offer(offer::Opts),
	CloseOffer(close_offer::Opts),
	#[command(arg = no_tip())]
	Search(search::Opts),
	#[command(arg = no_tip())]
	Show(show::Opts),
	#[command(arg = no_tip())]
	Quote(quote::Opts),
	Buy(buy::Opts),
	#[command(arg = no_tip())]
	Licences(licences::Opts),
	Transfer(transfer::Opts),
	RemoveLicence(remove_licence::Opts),
	#[command(arg = no_tip())]
	Fetch(fetch::Opts),
	Delivery(delivery::Opts),
	Complain(complain::Opts),
	Redeliver(redeliver::Opts),
	Ask(ask::Opts),
	Proxy(proxy::Opts),
	#[command(arg = no_tip())]
	Receipt(receipt::Opts),
	PruneReceipt(prune_receipt::Opts),
	Rate(rate::Opts),
	#[command(arg = no_tip())]
	Reputation(reputation::Opts),
	Job(job::Opts),
	Dispute(dispute::Opts),
	Work(work::Opts),
	Campaign(campaign::Opts),
	Rater(rater::Opts),
	Faucet(faucet::Opts),
	#[command(arg = no_tip())]
	Royalties(royalties::Opts),
	Claim(claim::Opts),
	#[command(arg = no_tip())]
	Account(account::Opts),
	#[command(arg = no_tip())]
	Vault(vault::Opts),
	Seller(seller::Opts),
	Deliver(deliver::Opts),
	Yank(yank::Opts),
	RemoveVersion(remove_version::Opts),
	ReleaseClaim(release_claim::Opts),
	ProposeOwner(propose_owner::Opts),
	#[command(visible_alias = "accept-owner")]
	AcceptOwnership(accept_ownership::Opts),
	CancelProposal(cancel_proposal::Opts),
	#[command(arg = no_tip())]
	Completions(completions::Opts),
}

impl Command {
	/// Whether the command runs until it is told to stop, and ends its work in order then.
	pub fn serves(&self) -> bool {
		match self {
			Self::Proxy(_) => true,
			Self::Work(opts) => opts.serves(),
			Self::Deliver(opts) => opts.serves(),
			_ => false,
		}
	}

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
			Self::RemoveLicence(opts) => remove_licence::run(opts, context).await,
			Self::Fetch(opts) => fetch::run(opts, context).await,
			Self::Delivery(opts) => delivery::run(opts, context).await,
			Self::Complain(opts) => complain::run(opts, context).await,
			Self::Redeliver(opts) => redeliver::run(opts, context).await,
			Self::Ask(opts) => ask::run(opts, context).await,
			Self::Proxy(opts) => proxy::run(opts, context).await,
			Self::Receipt(opts) => receipt::run(opts, context).await,
			Self::PruneReceipt(opts) => prune_receipt::run(opts, context).await,
			Self::Rate(opts) => rate::run(opts, context).await,
			Self::Reputation(opts) => reputation::run(opts, context).await,
			Self::Job(opts) => job::run(opts, context).await,
			Self::Dispute(opts) => dispute::run(opts, context).await,
			Self::Work(opts) => work::run(opts, context).await,
			Self::Campaign(opts) => campaign::run(opts, context).await,
			Self::Rater(opts) => rater::run(opts, context).await,
			Self::Faucet(opts) => faucet::run(opts, context).await,
			Self::Royalties(opts) => royalties::run(opts, context).await,
			Self::Claim(opts) => claim::run(opts, context).await,
			Self::Account(opts) => account::run(opts, context).await,
			Self::Vault(opts) => vault::run(opts, context).await,
			Self::Seller(opts) => seller::run(opts, context).await,
			Self::Deliver(opts) => deliver::run(opts, context).await,
			Self::Yank(opts) => yank::run(opts, context).await,
			Self::RemoveVersion(opts) => remove_version::run(opts, context).await,
			Self::ReleaseClaim(opts) => release_claim::run(opts, context).await,
			Self::ProposeOwner(opts) => propose_owner::run(opts, context).await,
			Self::AcceptOwnership(opts) => accept_ownership::run(opts, context).await,
			Self::CancelProposal(opts) => cancel_proposal::run(opts, context).await,
			Self::Completions(opts) => completions::run(&opts, definition()),
		}
	}
}
