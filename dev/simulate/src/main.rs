//! What raters of many kinds are paid by the chain, and what an attacker who knows the rules can make
//! of them: populations and a search, over campaigns on the runtime as it is deployed.

mod campaign;
mod dice;
mod failure;
mod plot;
mod population;
mod report;
mod search;
mod statistics;
mod strategy;
mod study;
mod targets;
mod world;

use std::{path::PathBuf, process::ExitCode, thread};

use clap::Parser;

use crate::{
	dice::Dice,
	failure::Failure,
	population::Population,
	report::{group_table, Report},
	search::{search, Looking, Position, Settings},
	strategy::Strategy,
	study::{observe, parallel, Finding},
	world::Size,
};

/// Simulate campaigns of raters on the runtime, and search for the best that an attacker can do
///
/// Tables go to standard output, progress to standard error. Ends with 1 if a target is not met and
/// --check is given, and with 2 if something went wrong, a sum that is not exact included.
#[derive(Debug, Parser)]
#[command(name = "weighhouse-simulate", max_term_width = 100)]
struct Options {
	/// Chance: the same number gives the same figures
	#[arg(long, default_value_t = 1)]
	seed: u64,
	/// How often each population is run; for targets 15 times, for plans of the search a quarter
	#[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(4..))]
	runs: u32,
	/// How many raters a campaign has
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(5..=100))]
	raters: u32,
	/// How many tasks a campaign has
	#[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=200))]
	tasks: u32,
	/// How many items of gold; several numbers: each in turn, what is less important with the first
	#[arg(long, value_delimiter = ',', default_values_t = [20, 40])]
	gold: Vec<u32>,
	/// How many items each rater answers [default: all]
	#[arg(long)]
	each: Option<u32>,
	/// The chance that the longer answer of a task is the better one
	#[arg(long, default_value_t = 0.65)]
	longer: f64,
	/// What a careful answer costs a rater, as a part of the price of an item
	#[arg(long, default_value_t = 0.2)]
	effort: f64,
	/// How many threads work [default: one for each core]
	#[arg(long)]
	threads: Option<usize>,
	/// Run the populations of this file instead (see strategies.json beside this program's source)
	#[arg(long, value_name = "FILE", conflicts_with_all = ["write", "check"])]
	strategies: Option<PathBuf>,
	/// Write simulation.md, simulation.svg and simulation.json into this folder
	#[arg(long, value_name = "FOLDER")]
	write: Option<PathBuf>,
	/// End with 1 if a target is not met
	#[arg(long)]
	check: bool,
}

/// The accuracies of honest raters alone.
const ACCURACIES: [f64; 6] = [0.65, 0.70, 0.75, 0.80, 0.85, 0.90];
/// The accuracies of honest raters with others among them, and of attackers who search.
const AMONG: [f64; 2] = [0.75, 0.85];
/// The shares of the others.
const SHARES: [f64; 8] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// The largest share of an attacker who searches.
const MOST_SEARCHED: f64 = 0.6;
/// How much more often targets are run, since they are ratios of small numbers.
const TARGET_RUNS: u32 = 15;
/// How much less often plans are run of which most are dropped.
const TRIAL_RUNS: u32 = 4;

/// A population, in campaigns of one size.
struct Job {
	population: Population,
	size: Size,
	runs: u32,
}

fn main() -> ExitCode {
	let options = Options::parse();
	match run(&options) {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::FAILURE,
		Err(Failure(why)) => {
			eprintln!("Error: {why}");
			ExitCode::from(2)
		}
	}
}

/// Whether all is well.
fn run(options: &Options) -> Result<bool, Failure> {
	let first_gold = *options.gold.first().ok_or("no number of gold is given")?;
	let jobs = |gold: &[u32], populations: &[Population], runs| -> Vec<Job> {
		let job = |gold: u32| {
			populations.iter().map(move |population| Job {
				population: population.clone(),
				size: options.size(gold),
				runs,
			})
		};
		gold.iter().flat_map(|gold| job(*gold)).collect()
	};
	if let Some(file) = &options.strategies {
		let populations = population::load(file, options.raters)?;
		let own = jobs(&options.gold, &populations, options.runs);
		println!("{}", group_table(&options.study("populations", &own)?));
		return Ok(true);
	}

	let raters = options.raters;
	let alone: Vec<_> = ACCURACIES
		.into_iter()
		.map(|accuracy| Population::honest(accuracy, raters))
		.collect();
	let [able, abler] = AMONG.map(|accuracy| mixtures(accuracy, raters));
	let tested = targets::populations(raters);
	let alone = jobs(&options.gold, &alone, options.runs);
	let mut mixed = jobs(&options.gold, &able, options.runs);
	// What more gold does is seen where it is needed.
	mixed.extend(jobs(&options.gold[..1], &abler, options.runs));
	let tested = jobs(&[targets::GOLD], &tested, options.runs * TARGET_RUNS);

	let honest = options.study("honest raters alone", &alone)?;
	let mixtures = options.study("mixtures", &mixed)?;
	let tested = options.study("targets", &tested)?;
	let settings = Settings {
		size: options.size(first_gold),
		raters,
		trials: (options.runs / TRIAL_RUNS).max(2),
		runs: options.runs,
		effort: options.effort,
		dice: Dice::new(options.seed),
	};
	let responses = parallel(
		"searches",
		&positions(),
		options.threads(),
		|chain, position| search(chain, &settings, *position),
	)?;

	let targets = targets::judge(&tested, &responses)?;
	let missed: Vec<_> = targets.iter().filter(|target| !target.is_met()).collect();
	for target in &missed {
		eprintln!("not met: {}", target.what);
	}
	let well = missed.is_empty() || !options.check;
	let report = Report {
		seed: options.seed,
		effort: options.effort,
		targets,
		honest,
		mixtures,
		responses,
	};
	println!("{}", report.tables());
	if let Some(folder) = &options.write {
		report.write(folder)?;
	}
	Ok(well)
}

impl Options {
	fn size(&self, gold: u32) -> Size {
		let items = gold + self.tasks;
		Size {
			gold,
			tasks: self.tasks,
			each: self.each.map_or(items, |each| each.min(items)),
			longer_is_better: self.longer,
		}
	}

	fn threads(&self) -> usize {
		let cores = || thread::available_parallelism().map_or(1, |cores| cores.get());
		self.threads.unwrap_or_else(cores)
	}

	fn study(&self, what: &str, jobs: &[Job]) -> Result<Vec<Finding>, Failure> {
		parallel(what, jobs, self.threads(), |chain, job| {
			let Job {
				population,
				size,
				runs,
			} = job;
			let observed = observe(chain, population, size, *runs, Dice::new(self.seed))?;
			Ok(Finding::of(population, size, &observed, self.effort))
		})
	}
}

/// Honest raters with each kind of others among them.
fn mixtures(accuracy: f64, raters: u32) -> Vec<Population> {
	let others = [
		Strategy::Random,
		Strategy::AlwaysLeft,
		Strategy::AlwaysRight,
		Strategy::Hash,
		Strategy::Length,
		Strategy::Inverted { accuracy },
		Strategy::GoldGuessing {
			accuracy,
			known: 0.0,
		},
		Strategy::GoldGuessing {
			accuracy,
			known: 0.5,
		},
		Strategy::Copying {
			accuracy,
			flip: 0.0,
		},
		Strategy::Copying {
			accuracy,
			flip: 0.1,
		},
		Strategy::Mixed {
			accuracy,
			careful: 0.5,
		},
	];
	let with =
		|others: Strategy| SHARES.map(|share| Population::mixed(accuracy, others, share, raters));
	others.into_iter().flat_map(with).collect()
}

/// Where attackers search from.
fn positions() -> Vec<Position> {
	let looking = [Looking::Apart, Looking::Shared];
	AMONG
		.into_iter()
		.flat_map(|accuracy| {
			looking.into_iter().flat_map(move |looking| {
				let shares = SHARES.into_iter().filter(|share| *share <= MOST_SEARCHED);
				shares.map(move |share| Position {
					accuracy,
					share,
					looking,
				})
			})
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn options_are_sound_and_name_the_whole_pool_by_default() {
		Options::command().debug_assert();
		let options = Options::parse_from(["weighhouse-simulate"]);
		assert_eq!(options.gold, [20, 40]);
		assert_eq!(options.size(20).each, 220);
		assert_eq!(options.size(20).items(), 220);
		let parts = Options::parse_from(["weighhouse-simulate", "--gold", "30", "--each", "60"]);
		assert_eq!(parts.gold, [30]);
		assert_eq!(parts.size(30).each, 60);
	}

	#[test]
	fn every_attack_is_mixed_in_from_10_to_80_percent() {
		let populations = mixtures(0.75, 20);
		assert_eq!(populations.len(), 11 * 8);
		let others: Vec<_> = populations.iter().map(|one| one.groups[1].count).collect();
		assert_eq!(others[..8], [2, 4, 6, 8, 10, 12, 14, 16]);
		assert!(populations.iter().all(|one| one.raters() == 20));
	}

	#[test]
	fn attackers_search_up_to_60_percent() {
		let positions = positions();
		assert_eq!(positions.len(), 2 * 2 * 6);
		assert!(positions.iter().all(|position| position.share <= 0.6));
		assert!(positions.iter().any(|position| position.share == 0.6));
	}
}
