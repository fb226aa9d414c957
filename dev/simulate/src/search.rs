//! The best that an attacker finds who knows the mechanism, holds a share of the places and may let
//! them answer by any plan: a grid over plans, then steps to better neighbours as long as there are
//! any. What is found is run again with other dice, since the best of many is partly luck.

use serde::Serialize;

use crate::{
	campaign::Chain,
	dice::Dice,
	failure::Failure,
	population::{places, Population},
	statistics::{mean, Estimate},
	strategy::{Coordination, Rest, Strategy},
	study::observe,
	world::Size,
};

/// Where an attacker stands.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Position {
	/// The accuracy of its looks, and of the others', who are honest.
	pub accuracy: f64,
	/// The share of the places that it holds.
	pub share: f64,
	/// Who looks.
	pub looking: Looking,
}

/// Who looks for the accounts of an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looking {
	/// Each account has somebody of its own, as honest raters have.
	Apart,
	/// Looks are shared by all accounts.
	Shared,
}

/// What all searches have in common.
pub struct Settings {
	/// The campaigns.
	pub size: Size,
	/// How many raters there are.
	pub raters: u32,
	/// How often each plan is tried.
	pub trials: u32,
	/// How often what was found is run again.
	pub runs: u32,
	/// What a careful answer costs, as a part of the price of an item.
	pub effort: f64,
	/// Chance.
	pub dice: Dice,
}

/// The best that was found.
#[derive(Debug, Serialize)]
pub struct Response {
	/// From where.
	pub position: Position,
	/// How many plans were tried.
	pub tried: usize,
	/// The plan that is paid most.
	pub paid_most: Best,
	/// The plan that leaves most after the cost of looking, of those that were tried.
	pub leaves_most: Best,
	/// What the accounts of the attacker get if all work honestly, as a part of full pay.
	pub honest: Estimate,
	/// The same less the cost of looking.
	pub honest_net: Estimate,
}

/// A plan, and what it is worth to each account.
#[derive(Debug, Serialize)]
pub struct Best {
	/// The plan.
	pub plan: Coordination,
	/// What each account gets, as a part of full pay.
	pub pay: Estimate,
	/// The same less the cost of looking.
	pub net: Estimate,
	/// What honest raters get in the same campaigns.
	pub honest_beside: Estimate,
	/// What each account gets for each that it would get by honest work.
	pub to_honest_work: Option<Estimate>,
}

/// Honest work on nearly everything is no attack: who looks apart leaves out at least this part.
const LEAST_LEFT_OUT: f64 = 0.1;
/// The most that is turned around; more would be turning around the other half.
const MOST_FLIPPED: f64 = 0.5;
/// The most looks at one item that are searched.
const MOST_LOOKS: u32 = 9;
/// How far a step goes, first and last.
const STEPS: [f64; 2] = [0.15, 0.05];
/// More steps than any search takes.
const PATIENCE: usize = 12;

/// What the dice of a search decide.
const TRY: u64 = 30;
const AGAIN: u64 = 31;

/// A search, with what every plan was paid that was tried.
struct Search<'a> {
	chain: &'a mut Chain,
	settings: &'a Settings,
	position: Position,
	tried: Vec<(Coordination, f64)>,
}

/// Searches from one position.
pub fn search(
	chain: &mut Chain,
	settings: &Settings,
	position: Position,
) -> Result<Response, Failure> {
	let mut search = Search {
		chain,
		settings,
		position,
		tried: Vec::new(),
	};
	let most = search.climb()?;
	let net = |(plan, pay): &(Coordination, f64)| pay - search.cost(plan);
	let leaves_most = search.tried.iter().max_by(|a, b| net(a).total_cmp(&net(b)));
	let leaves_most = leaves_most.ok_or("nothing was tried")?.0;

	let honest = search.honest()?;
	let honest_pay = Estimate::of(&honest);
	Ok(Response {
		position,
		tried: search.tried.len(),
		paid_most: search.again(most, &honest)?,
		leaves_most: search.again(leaves_most, &honest)?,
		honest: honest_pay,
		honest_net: honest_pay.less(settings.effort),
	})
}

impl Search<'_> {
	/// The plan that is paid most, by a grid and then by steps.
	fn climb(&mut self) -> Result<Coordination, Failure> {
		let mut best = self.best_of(self.grid())?;
		for step in STEPS {
			for _ in 0..PATIENCE {
				let better = self.best_of(self.neighbours(best.0, step))?;
				if better.1 <= best.1 {
					break;
				}
				best = better;
			}
		}
		Ok(best.0)
	}

	fn best_of(&mut self, plans: Vec<Coordination>) -> Result<(Coordination, f64), Failure> {
		let mut best: Option<(Coordination, f64)> = None;
		for plan in plans {
			let pay = self.pay(plan)?;
			if best.is_none_or(|(_, most)| pay > most) {
				best = Some((plan, pay));
			}
		}
		best.ok_or_else(|| "there is no plan to try".into())
	}

	/// What a plan is paid on average; each is tried once, all with the same dice.
	fn pay(&mut self, plan: Coordination) -> Result<f64, Failure> {
		if let Some((_, pay)) = self.tried.iter().find(|(tried, _)| *tried == plan) {
			return Ok(*pay);
		}
		let strategy = Strategy::Coordinated(plan);
		let [_, pay] = self.run(strategy, self.settings.trials, TRY)?;
		let pay = mean(&pay);
		self.tried.push((plan, pay));
		Ok(pay)
	}

	/// What honest raters and the accounts of the attacker get in each run.
	fn run(&mut self, strategy: Strategy, runs: u32, name: u64) -> Result<[Vec<f64>; 2], Failure> {
		let Position {
			accuracy, share, ..
		} = self.position;
		let Settings {
			size, raters, dice, ..
		} = self.settings;
		let population = Population::mixed(accuracy, strategy, share, *raters);
		let observed = observe(self.chain, &population, size, runs, dice.of(name))?;
		<[_; 2]>::try_from(observed.pay).map_err(|_| "there are not two groups".into())
	}

	/// What the accounts get in each run if they work honestly.
	fn honest(&mut self) -> Result<Vec<f64>, Failure> {
		let accuracy = self.position.accuracy;
		let honest = Strategy::Honest { accuracy };
		let [_, pay] = self.run(honest, self.settings.runs, AGAIN)?;
		Ok(pay)
	}

	/// Runs a plan with other dice than it was found with.
	fn again(&mut self, plan: Coordination, honest: &[f64]) -> Result<Best, Failure> {
		let strategy = Strategy::Coordinated(plan);
		let [beside, pay] = self.run(strategy, self.settings.runs, AGAIN)?;
		let estimate = Estimate::of(&pay);
		Ok(Best {
			plan,
			pay: estimate,
			net: estimate.less(self.cost(&plan)),
			honest_beside: Estimate::of(&beside),
			to_honest_work: Estimate::ratio(&pay, honest),
		})
	}

	/// What the looks of a plan cost each account, as a part of full pay.
	fn cost(&self, plan: &Coordination) -> f64 {
		let plan = Strategy::Coordinated(*plan).plan();
		self.settings.effort * plan.effort(self.members(), 0.0)
	}

	fn members(&self) -> u32 {
		places(self.position.share, self.settings.raters)
	}

	fn most_careful(&self) -> f64 {
		match self.position.looking {
			Looking::Apart => 1.0 - LEAST_LEFT_OUT,
			Looking::Shared => 1.0,
		}
	}

	fn looks(&self) -> std::ops::RangeInclusive<u32> {
		match self.position.looking {
			Looking::Apart => 0..=0,
			Looking::Shared => 1..=MOST_LOOKS.min(self.members()).max(1),
		}
	}

	fn grid(&self) -> Vec<Coordination> {
		let looks = [0, 1, 3, 5]
			.into_iter()
			.filter(|looks| self.looks().contains(looks));
		let carefully =
			|looks| [0.0, 0.3, 0.6, self.most_careful()].map(|careful| (looks, careful));
		looks
			.flat_map(carefully)
			.flat_map(|(looks, careful)| {
				[Rest::Hash, Rest::Length, Rest::Random].map(|rest| Coordination {
					accuracy: self.position.accuracy,
					careful,
					looks,
					flip: 0.0,
					rest,
				})
			})
			.fold(Vec::new(), |mut plans, plan| {
				let plan = plain(plan);
				if !plans.contains(&plan) {
					plans.push(plan);
				}
				plans
			})
	}

	/// The plans that differ in one thing.
	fn neighbours(&self, plan: Coordination, step: f64) -> Vec<Coordination> {
		let careful = [plan.careful - step, plan.careful + step].map(|careful| Coordination {
			careful: rounded(careful.clamp(0.0, self.most_careful())),
			..plan
		});
		let flip = [plan.flip - step / 2.0, plan.flip + step / 2.0].map(|flip| Coordination {
			flip: rounded(flip.clamp(0.0, MOST_FLIPPED)),
			..plan
		});
		let rest =
			[Rest::Hash, Rest::Length, Rest::Random].map(|rest| Coordination { rest, ..plan });
		// Of an even number of looks one is for nothing.
		let looks = [plan.looks.saturating_sub(2), plan.looks + 2]
			.into_iter()
			.filter(|looks| self.looks().contains(looks))
			.map(|looks| Coordination { looks, ..plan });
		let all = careful.into_iter().chain(flip).chain(rest).chain(looks);
		all.map(plain).collect()
	}
}

/// A plan without what makes no difference to it, so that it is tried once.
fn plain(plan: Coordination) -> Coordination {
	if plan.careful == 0.0 {
		Coordination {
			looks: plan.looks.min(1),
			flip: 0.0,
			..plan
		}
	} else if plan.careful >= 1.0 {
		Coordination {
			rest: Rest::Hash,
			..plan
		}
	} else {
		plan
	}
}

/// To three digits, so that steps there and back meet.
fn rounded(value: f64) -> f64 {
	(value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
	use super::*;

	const SETTINGS: Settings = Settings {
		size: Size {
			gold: 20,
			tasks: 20,
			each: 40,
			longer_is_better: 0.6,
		},
		raters: 10,
		trials: 2,
		runs: 2,
		effort: 0.2,
		dice: Dice::new(1),
	};

	fn from(looking: Looking, test: impl FnOnce(&mut Search)) {
		let mut chain = Chain::new().unwrap();
		test(&mut Search {
			chain: &mut chain,
			settings: &SETTINGS,
			position: Position {
				accuracy: 0.8,
				share: 0.4,
				looking,
			},
			tried: Vec::new(),
		});
	}

	#[test]
	fn who_looks_apart_leaves_something_out() {
		from(Looking::Apart, |search| {
			let grid = search.grid();
			assert!(grid
				.iter()
				.all(|plan| plan.looks == 0 && plan.careful <= 0.9));
			let last = *grid.iter().find(|plan| plan.careful == 0.9).unwrap();
			let near = search.neighbours(last, 0.15);
			assert!(near
				.iter()
				.all(|plan| plan.looks == 0 && plan.careful <= 0.9));
			assert!(near.iter().any(|plan| plan.careful == 0.75));
		});
	}

	#[test]
	fn no_group_looks_more_often_than_it_has_members() {
		from(Looking::Shared, |search| {
			let grid = search.grid();
			assert!(grid.iter().all(|plan| (1..=4).contains(&plan.looks)));
			assert!(grid.iter().any(|plan| plan.careful == 1.0));
			let most = *grid.iter().find(|plan| plan.looks == 3).unwrap();
			let near = search.neighbours(most, 0.05);
			assert!(near.iter().all(|plan| (1..=4).contains(&plan.looks)));
		});
	}

	#[test]
	fn what_makes_no_difference_is_tried_once() {
		from(Looking::Shared, |search| {
			let grid = search.grid();
			let all = |plan: &&Coordination| plan.careful == 1.0 && plan.looks == 1;
			assert_eq!(grid.iter().filter(all).count(), 1);
			let plan = grid[0];
			let pay = search.pay(plan).unwrap();
			assert_eq!(search.pay(plan).unwrap(), pay);
			assert_eq!(search.tried.len(), 1);
		});
	}

	#[test]
	fn search_finds_no_less_than_its_grid() {
		from(Looking::Apart, |search| {
			let found = search.climb().unwrap();
			let pay = search.pay(found).unwrap();
			assert!(search.tried.iter().all(|(_, other)| *other <= pay));
			assert!(search.tried.len() > search.grid().len());
		});
	}
}
