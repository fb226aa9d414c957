//! `weighhouse work estimate`

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	amount::Amount,
	keys::AccountId32,
	worker::{BlockHappenings, Happening},
	Outcome, ServingWorker,
};
use weighhouse_primitives::{inference::JobId, ListingId};

use crate::{
	commands::work::amount,
	context::Context,
	failure::Failure,
	output::{fields, table, wgh, Report},
};

/// Bond that is reckoned with if none is given: what a new worker bonds.
const BOND: u128 = 100_000_000_000_000;

/// Show what a listing has paid lately, and what part one would get
///
/// Reads the events of the last blocks and the standing prices. The past says nothing certain about
/// what comes.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse work estimate 1
  weighhouse work estimate 1 --bond 500 --blocks 5000 --json")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Free bond that one would have. Without it, that of the key's worker, else 100 WGH
	#[arg(long, value_name = "WGH", value_parser = amount)]
	bond: Option<Amount>,
	/// How many blocks to look back; a block takes 2 s. Nodes that are no archives keep the last 256
	#[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
	blocks: u64,
}

/// What a listing was asked and paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Past {
	/// Jobs that were asked.
	jobs: u64,
	/// Seats of their main panels.
	seats: u64,
	/// Rewards of these seats together.
	offered: u128,
	/// Jobs of these that ended with an answer.
	answered: u64,
	/// Jobs of these that were refunded.
	refunded: u64,
	/// What workers got for these, after the protocol fee.
	paid: u128,
	/// What workers lost in these.
	slashed: u128,
}

impl Past {
	/// Of jobs that were asked in these blocks, since what was asked before is not known any more.
	fn of(listing: ListingId, blocks: &[BlockHappenings]) -> Self {
		let mut past = Self::default();
		let mut jobs: BTreeSet<JobId> = BTreeSet::new();
		let happenings = || blocks.iter().flat_map(|block| &block.happenings);
		for happening in happenings() {
			if let Happening::Requested {
				job,
				listing: asked,
				mode,
				reward,
			} = happening
			{
				if *asked == listing && jobs.insert(*job) {
					let seats = mode.seats();
					past.jobs = past.jobs.saturating_add(1);
					past.seats = past.seats.saturating_add(seats.into());
					past.offered = past
						.offered
						.saturating_add(reward.saturating_mul(seats.into()));
				}
			}
		}
		for happening in happenings() {
			match happening {
				Happening::Paid { job, amount, .. } if jobs.contains(job) => {
					past.paid = past.paid.saturating_add(*amount);
				}
				Happening::Slashed { job, amount, .. } if jobs.contains(job) => {
					past.slashed = past.slashed.saturating_add(*amount);
				}
				Happening::Ended { job, outcome } if jobs.contains(job) => match outcome {
					Outcome::Final => past.answered = past.answered.saturating_add(1),
					Outcome::Refunded(_) => past.refunded = past.refunded.saturating_add(1),
				},
				_ => {}
			}
		}
		past
	}

	/// What a seat paid on average; none if nobody asked.
	fn mean_reward(&self) -> Option<u128> {
		self.offered.checked_div(self.seats.into())
	}
}

/// The part of draws that a bond would get, in parts per million, beside the others that could be
/// drawn. By bond alone: reputation is counted as that of the others on average.
fn share(bond: u128, others: &[&ServingWorker]) -> u32 {
	let theirs = others
		.iter()
		.fold(0u128, |sum, other| sum.saturating_add(other.free_bond));
	// In thousandths of WGH, so that the product below fits.
	let (bond, theirs) = (bond / 1_000_000_000, theirs / 1_000_000_000);
	let parts = bond
		.saturating_mul(1_000_000)
		.checked_div(bond.saturating_add(theirs));
	u32::try_from(parts.unwrap_or_default()).unwrap_or(1_000_000)
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let listing = opts.listing;
	let me = context.own_account()?;
	let client = context.client().await?;
	let view = client.best().await?;
	if view.listing(listing).await?.is_none() {
		return Err(Failure::NotFound(format!("listing {listing}")));
	}
	let bond = match (opts.bond, me) {
		(Some(bond), _) => bond.0,
		(None, Some(me)) => view
			.worker(&me)
			.await?
			.map_or(BOND, |worker| worker.bond.saturating_sub(worker.reserved)),
		(None, None) => BOND,
	};
	let spinner = context.spinner("Reading blocks".into());
	let watch =
		|read: u64| spinner.set_message(format!("Reading blocks: {read} of {}", opts.blocks));
	let blocks = client
		.happenings_before(view.block(), opts.blocks, watch)
		.await?;
	spinner.finish_and_clear();
	let past = Past::of(listing, &blocks);
	let mean = past.mean_reward();
	// Without a past, the reward for which the dearest of them works shows all.
	let asks = view.serving(listing, 0).await?;
	let reward = mean.or_else(|| asks.iter().map(|ask| ask.min_reward).max());
	let asks = match reward {
		Some(reward) => view.serving(listing, reward).await?,
		None => asks,
	};
	let is_other = |ask: &&ServingWorker| Some(ask.worker) != me;
	let drawn: Vec<&ServingWorker> = asks
		.iter()
		.filter(is_other)
		.filter(|ask| ask.weight > 0)
		.collect();
	let share = share(bond, &drawn);
	let percent = format!("{}.{:02} %", share / 10_000, share % 10_000 / 100);
	let seats_at_once = reward
		.filter(|reward| *reward > 0)
		.map(|reward| bond / reward.saturating_mul(100).max(1));
	let scanned = u64::try_from(blocks.len()).unwrap_or(u64::MAX);
	let mut lines = vec![
		("Listing", listing.to_string()),
		("Blocks read", scanned.to_string()),
		("Asked", format!("{} jobs, {} seats", past.jobs, past.seats)),
		(
			"Ended",
			format!("{} answered, {} refunded", past.answered, past.refunded),
		),
		(
			"Mean reward of a seat",
			mean.map_or("nobody asked".into(), wgh),
		),
		("Paid to workers", wgh(past.paid)),
		("Lost by workers", wgh(past.slashed)),
		(
			"Others who could be drawn",
			format!(
				"{} of {} that serve it",
				drawn.len(),
				asks.iter().filter(is_other).count()
			),
		),
		(
			"Your share of seats",
			format!("{percent} with {} of free bond", wgh(bond)),
		),
	];
	if let Some(seats) = seats_at_once {
		lines.push((
			"Seats at the same time",
			format!("{} (each reserves 100 rewards)", seats.min(16)),
		));
	}
	if scanned < opts.blocks && view.block() > scanned {
		lines.push((
			"Note",
			"the node keeps no older state; ask an archive node (--url) for more".into(),
		));
	}
	Ok(Report {
		json: json!({
			"listing": listing,
			"blocks": scanned,
			"jobs": past.jobs,
			"seats": past.seats,
			"answered": past.answered,
			"refunded": past.refunded,
			"meanReward": mean.map(|mean| mean.to_string()),
			"paid": past.paid.to_string(),
			"slashed": past.slashed.to_string(),
			"asks": asks
				.iter()
				.map(|ask| json!({
					"worker": ask.worker.to_string(),
					"minReward": ask.min_reward.to_string(),
					"freeBond": ask.free_bond.to_string(),
					"weight": ask.weight.to_string(),
				}))
				.collect::<Vec<_>>(),
			"bond": bond.to_string(),
			"shareParts": u64::from(share).saturating_mul(1_000),
		}),
		text: format!("{}\n\n{}", fields(&lines), asks_text(&asks, me)),
	})
}

fn asks_text(asks: &[ServingWorker], me: Option<AccountId32>) -> String {
	if asks.is_empty() {
		return "Nobody serves it yet.".into();
	}
	let mut by_price: BTreeMap<(u128, String), &ServingWorker> = BTreeMap::new();
	for ask in asks {
		by_price.insert((ask.min_reward, ask.worker.to_string()), ask);
	}
	let heading = ["Asks for", "Free bond", "Drawn", "Worker"];
	let mut rows = vec![heading.map(String::from).to_vec()];
	rows.extend(by_price.into_values().map(|ask| {
		vec![
			wgh(ask.min_reward),
			wgh(ask.free_bond),
			if ask.weight > 0 { "yes" } else { "no" }.into(),
			if Some(ask.worker) == me {
				format!("{} (you)", ask.worker)
			} else {
				ask.worker.to_string()
			},
		]
	}));
	table(&rows, &[0, 1])
}

#[cfg(test)]
mod tests {
	use weighhouse_client::{Finding, Refund};
	use weighhouse_primitives::inference::Mode;

	use super::*;

	const WGH: u128 = 1_000_000_000_000;

	fn requested(job: JobId, listing: ListingId, mode: Mode, reward: u128) -> Happening {
		Happening::Requested {
			job,
			listing,
			mode,
			reward,
		}
	}

	fn paid(job: JobId, amount: u128) -> Happening {
		Happening::Paid {
			job,
			worker: AccountId32([1; 32]),
			amount,
			fee: 1,
		}
	}

	#[test]
	fn past_counts_only_jobs_of_the_listing_asked_in_these_blocks() {
		// The newest block first, as they are read.
		let blocks = [
			BlockHappenings {
				block: 2,
				happenings: vec![
					paid(1, 9),
					paid(2, 50),
					paid(3, 70),
					Happening::Ended {
						job: 1,
						outcome: Outcome::Final,
					},
					Happening::Ended {
						job: 4,
						outcome: Outcome::Refunded(Refund::Silence),
					},
					Happening::Slashed {
						job: 4,
						worker: AccountId32([1; 32]),
						finding: Finding::Silent,
						amount: 5,
					},
				],
			},
			BlockHappenings {
				block: 1,
				happenings: vec![
					requested(1, 7, Mode::QuorumOfThree, 10),
					requested(2, 8, Mode::Solo, 50),
					requested(4, 7, Mode::Solo, 30),
				],
			},
		];
		let past = Past::of(7, &blocks);
		assert_eq!(
			past,
			Past {
				jobs: 2,
				seats: 4,
				offered: 60,
				answered: 1,
				refunded: 1,
				paid: 9,
				slashed: 5,
			}
		);
		assert_eq!(past.mean_reward(), Some(15));
		assert_eq!(Past::of(9, &blocks).mean_reward(), None);
	}

	#[test]
	fn share_follows_the_bond() {
		let other = |free_bond| ServingWorker {
			worker: AccountId32([2; 32]),
			min_reward: 1,
			free_bond,
			weight: 1,
		};
		let (one, three) = (other(100 * WGH), other(300 * WGH));
		assert_eq!(share(100 * WGH, &[]), 1_000_000);
		assert_eq!(share(100 * WGH, &[&one]), 500_000);
		assert_eq!(share(100 * WGH, &[&three]), 250_000);
		assert_eq!(share(0, &[&one]), 0);
		assert_eq!(share(0, &[]), 0);
	}
}
