//! The same population in many campaigns, and what comes of it on average. Run number n of every
//! population has the same dice, so populations are compared over the same items.

use std::{
	sync::{
		atomic::{AtomicUsize, Ordering::Relaxed},
		Mutex,
	},
	thread,
	time::Instant,
};

use serde::Serialize;

use crate::{
	campaign::Chain,
	dice::Dice,
	failure::Failure,
	population::{Group, Population},
	statistics::{mean, Estimate},
	strategy::Strategy,
	world::Size,
};

/// What came of a population run after run.
#[derive(Default)]
pub struct Observed {
	/// For each group: what its members got on average in each run, as a part of full pay.
	pub pay: Vec<Vec<f64>>,
	/// The same if they were paid for agreement with most.
	pub majority_pay: Vec<Vec<f64>>,
	labels: Vec<f64>,
	majority_labels: Vec<f64>,
	void: Vec<f64>,
	equal: Vec<f64>,
}

/// Runs a population so many times.
pub fn observe(
	chain: &mut Chain,
	population: &Population,
	size: &Size,
	runs: u32,
	dice: Dice,
) -> Result<Observed, Failure> {
	let groups = population.groups.len();
	let mut observed = Observed {
		pay: vec![Vec::new(); groups],
		majority_pay: vec![Vec::new(); groups],
		..Observed::default()
	};
	for run in 0..runs {
		let outcome = chain.run(population, size, dice.of(run.into()))?;
		let mut first = 0;
		for (number, group) in population.groups.iter().enumerate() {
			let members = first..first + group.count as usize;
			first = members.end;
			observed.pay[number].push(mean(&outcome.pay[members.clone()]));
			observed.majority_pay[number].push(mean(&outcome.majority_pay[members]));
		}
		observed.labels.push(outcome.labels);
		observed.majority_labels.push(outcome.majority_labels);
		observed.void.push(outcome.void.into());
		observed.equal.push(if outcome.equal { 1.0 } else { 0.0 });
	}
	Ok(observed)
}

/// What was found of a population.
#[derive(Debug, Serialize)]
pub struct Finding {
	/// What the population is called.
	pub population: String,
	/// The campaigns that it was in.
	pub size: Size,
	/// How many.
	pub runs: u32,
	/// What was found of each of its groups.
	pub groups: Vec<GroupFinding>,
	/// The part of the tasks that got the right label.
	pub labels: Estimate,
	/// The same if all raters had the same weight.
	pub majority_labels: Estimate,
	/// How much gold was void on average.
	pub void_gold: f64,
	/// The part of the campaigns in which all got full pay, since most gold was void.
	pub equal_pay: f64,
}

/// What was found of raters who do the same.
#[derive(Debug, Serialize)]
pub struct GroupFinding {
	/// Who they are.
	#[serde(flatten)]
	pub group: Group,
	/// What they got, as a part of full pay.
	pub pay: Estimate,
	/// The same less the cost of looking.
	pub net: Estimate,
	/// What they got for each that the first honest group got.
	pub to_honest: Option<Estimate>,
	/// What they would get if they were paid for agreement with most.
	pub majority_pay: Estimate,
	/// What they would get of that for each that the first honest group would get.
	pub majority_to_honest: Option<Estimate>,
}

impl Finding {
	/// Of what was observed. `effort` is what a careful answer costs a rater, as a part of the price.
	pub fn of(population: &Population, size: &Size, observed: &Observed, effort: f64) -> Self {
		let groups = &population.groups;
		let honest = groups
			.iter()
			.position(|group| matches!(group.strategy, Strategy::Honest { .. }));
		let to_honest = |pay: &[Vec<f64>], number: usize| {
			let honest = honest.filter(|honest| *honest != number)?;
			Estimate::ratio(&pay[number], &pay[honest])
		};
		let gold = f64::from(size.gold) / f64::from(size.items());
		let of_group = |(number, group): (usize, &Group)| {
			let looks = group.strategy.plan().effort(group.count, gold);
			let pay = Estimate::of(&observed.pay[number]);
			GroupFinding {
				group: *group,
				pay,
				net: pay.less(effort * looks),
				to_honest: to_honest(&observed.pay, number),
				majority_pay: Estimate::of(&observed.majority_pay[number]),
				majority_to_honest: to_honest(&observed.majority_pay, number),
			}
		};
		Self {
			population: population.name.clone(),
			size: *size,
			runs: observed.labels.len() as u32,
			groups: groups.iter().enumerate().map(of_group).collect(),
			labels: Estimate::of(&observed.labels),
			majority_labels: Estimate::of(&observed.majority_labels),
			void_gold: mean(&observed.void),
			equal_pay: mean(&observed.equal),
		}
	}
}

/// Does jobs on several threads, each with a chain of its own, and gives what came of them in their
/// order. Says on standard error how far it is.
pub fn parallel<J: Sync, R: Send>(
	what: &str,
	jobs: &[J],
	threads: usize,
	work: impl Fn(&mut Chain, &J) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
	let started = Instant::now();
	let next = AtomicUsize::new(0);
	let results = Mutex::new(Vec::new());
	let worker = || -> Result<(), Failure> {
		let mut chain = Chain::new()?;
		loop {
			let number = next.fetch_add(1, Relaxed);
			let Some(job) = jobs.get(number) else {
				return Ok(());
			};
			let result = work(&mut chain, job).inspect_err(|_| {
				// The others need not go on.
				next.store(jobs.len(), Relaxed);
			})?;
			let mut results = results.lock().map_err(|_| "another thread failed")?;
			results.push((number, result));
			let done = results.len();
			let tenths = |done: usize| done * 10 / jobs.len();
			if tenths(done) > tenths(done - 1) {
				let seconds = started.elapsed().as_secs();
				eprintln!("{what}: {done} of {} after {seconds} s", jobs.len());
			}
		}
	};
	thread::scope(|scope| {
		let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(worker)).collect();
		let ends: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
		ends.into_iter()
			.try_for_each(|end| end.unwrap_or_else(|_| Err("a thread broke off".into())))
	})?;
	let mut results = results.into_inner().map_err(|_| "a thread broke off")?;
	results.sort_by_key(|(number, _)| *number);
	Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	const SIZE: Size = Size {
		gold: 20,
		tasks: 20,
		each: 40,
		longer_is_better: 0.5,
	};

	#[test]
	fn jobs_come_back_in_their_order_whoever_did_them() {
		let jobs: Vec<u64> = (0..20).collect();
		let squares = parallel("squares", &jobs, 3, |_, job| Ok(job * job)).unwrap();
		assert_eq!(
			squares,
			jobs.iter().map(|job| job * job).collect::<Vec<_>>()
		);
	}

	#[test]
	fn first_failure_ends_all() {
		let jobs: Vec<u64> = (0..20).collect();
		let result: Result<Vec<u64>, _> = parallel("failing", &jobs, 2, |_, job| match job {
			3 => Err("three".into()),
			_ => Ok(*job),
		});
		assert_eq!(result.unwrap_err().0, "three");
	}

	#[test]
	fn groups_are_told_apart_and_compared_with_the_honest() {
		let mut chain = Chain::new().unwrap();
		let population = Population::mixed(0.9, Strategy::Random, 0.4, 10);
		let observed = observe(&mut chain, &population, &SIZE, 4, Dice::new(1)).unwrap();
		let finding = Finding::of(&population, &SIZE, &observed, 0.25);
		assert_eq!(finding.runs, 4);
		let [honest, random] = &finding.groups[..] else {
			panic!("there are two groups");
		};
		assert!(honest.pay.mean > random.pay.mean);
		assert_eq!(honest.net.mean, honest.pay.mean - 0.25);
		assert_eq!(random.net, random.pay);
		assert_eq!(honest.to_honest, None);
		let ratio = random.to_honest.unwrap().mean;
		assert!((ratio - random.pay.mean / honest.pay.mean).abs() < 1e-9);
		assert!(random.majority_to_honest.unwrap().mean > 0.4);
	}
}
