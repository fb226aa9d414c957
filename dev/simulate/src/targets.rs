//! What the mechanism has to hold with 20 gold in a first campaign, and whether it does.

use serde::Serialize;

use crate::{
	failure::Failure,
	population::Population,
	search::{Looking, Response},
	statistics::Estimate,
	strategy::Strategy,
	study::Finding,
};

/// The gold of the campaigns that targets are about.
pub const GOLD: u32 = 20;

/// What was wanted, and what was found.
#[derive(Debug, Serialize)]
pub struct Target {
	/// What is measured.
	pub what: String,
	/// What was found.
	pub found: Estimate,
	/// Where it has to be.
	pub wanted: Bound,
}

/// Where a figure has to be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
	/// There or above.
	AtLeast(f64),
	/// There or below.
	AtMost(f64),
	/// Below.
	Below(f64),
}

impl Target {
	/// Whether the mean is where it has to be.
	pub fn is_met(&self) -> bool {
		let mean = self.found.mean;
		match self.wanted {
			Bound::AtLeast(least) => mean >= least,
			Bound::AtMost(most) => mean <= most,
			Bound::Below(limit) => mean < limit,
		}
	}
}

/// The populations that decide about targets, in the order in which they are judged.
pub fn populations(raters: u32) -> Vec<Population> {
	vec![
		Population::honest(0.85, raters),
		Population::mixed(0.75, Strategy::Random, 0.2, raters),
		Population::mixed(0.75, Strategy::Random, 0.5, raters),
		Population::mixed(0.75, Strategy::Hash, 0.6, raters),
	]
}

/// Judges what was found of [`populations`], and what attackers found.
pub fn judge(findings: &[Finding], responses: &[Response]) -> Result<Vec<Target>, Failure> {
	let [honest, few_random, many_random, colluders] = findings else {
		return Err("targets are judged by four populations".into());
	};
	let first = honest.groups.first().ok_or("a population has a group")?;
	let to_honest = |finding: &Finding| {
		let others = finding.groups.get(1).and_then(|group| group.to_honest);
		others.ok_or("honest raters got nothing to compare with")
	};
	let mut targets = vec![
		Target {
			what: "pay of honest raters of 0.85 alone, of full pay".into(),
			found: first.pay,
			wanted: Bound::AtLeast(0.5),
		},
		Target {
			what: "pay of random raters, 20 % of all, of that of honest ones of 0.75".into(),
			found: to_honest(few_random)?,
			wanted: Bound::AtMost(0.05),
		},
		Target {
			what: "pay of random raters, 50 % of all, of that of honest ones of 0.75".into(),
			found: to_honest(many_random)?,
			wanted: Bound::AtMost(0.05),
		},
		Target {
			what: "pay of colluders, 60 % of all, of that of honest raters of 0.75".into(),
			found: to_honest(colluders)?,
			wanted: Bound::AtMost(1.0 / 3.0),
		},
	];
	for (looking, how) in [
		(Looking::Apart, "each account looks for itself"),
		(Looking::Shared, "accounts share looks"),
	] {
		let found = responses
			.iter()
			.filter(|response| response.position.looking == looking)
			.filter_map(|response| response.paid_most.to_honest_work)
			.max_by(|a, b| a.mean.total_cmp(&b.mean));
		if let Some(found) = found {
			targets.push(Target {
				what: format!("the best response where {how}, of honest work of its accounts"),
				found,
				wanted: Bound::Below(1.0),
			});
		}
	}
	Ok(targets)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		population::Group,
		search::{Best, Position},
		strategy::{Coordination, Rest},
		study::GroupFinding,
		world::Size,
	};

	fn exactly(mean: f64) -> Estimate {
		Estimate { mean, margin: 0.0 }
	}

	fn finding(pay: f64, to_honest: f64) -> Finding {
		let group = |pay, to_honest| GroupFinding {
			group: Group {
				strategy: Strategy::Random,
				count: 1,
			},
			pay: exactly(pay),
			net: exactly(pay),
			to_honest,
			majority_pay: exactly(pay),
			majority_to_honest: None,
		};
		Finding {
			population: String::new(),
			size: Size {
				gold: GOLD,
				tasks: 20,
				each: 40,
				longer_is_better: 0.5,
			},
			runs: 1,
			groups: vec![group(pay, None), group(pay, Some(exactly(to_honest)))],
			labels: exactly(1.0),
			majority_labels: exactly(1.0),
			void_gold: 0.0,
			equal_pay: 0.0,
		}
	}

	fn response(looking: Looking, to_honest_work: f64) -> Response {
		let best = || Best {
			plan: Coordination {
				accuracy: 0.75,
				careful: 1.0,
				looks: 1,
				flip: 0.0,
				rest: Rest::Hash,
			},
			pay: exactly(0.5),
			net: exactly(0.4),
			honest_beside: exactly(0.5),
			to_honest_work: Some(exactly(to_honest_work)),
		};
		Response {
			position: Position {
				accuracy: 0.75,
				share: 0.5,
				looking,
			},
			tried: 1,
			paid_most: best(),
			leaves_most: best(),
			honest: exactly(0.5),
			honest_net: exactly(0.3),
		}
	}

	fn met(findings: [(f64, f64); 4], responses: &[Response]) -> Vec<bool> {
		let findings = findings.map(|(pay, to_honest)| finding(pay, to_honest));
		let targets = judge(&findings, responses).unwrap();
		targets.iter().map(Target::is_met).collect()
	}

	#[test]
	fn targets_are_met_at_their_bounds_and_missed_beyond() {
		let good = [(0.5, 0.0), (0.3, 0.05), (0.3, 0.05), (0.3, 0.33)];
		assert_eq!(met(good, &[]), [true; 4]);
		let bad = [(0.49, 0.0), (0.3, 0.051), (0.3, 0.2), (0.3, 0.34)];
		assert_eq!(met(bad, &[]), [false; 4]);
	}

	#[test]
	fn worst_response_of_each_kind_decides() {
		let good = [(0.5, 0.0), (0.3, 0.0), (0.3, 0.0), (0.3, 0.0)];
		let responses = [
			response(Looking::Apart, 0.9),
			response(Looking::Shared, 0.8),
			response(Looking::Shared, 1.2),
		];
		assert_eq!(met(good, &responses)[4..], [true, false]);
	}

	#[test]
	fn earning_the_same_as_honest_work_is_not_less() {
		let good = [(0.5, 0.0), (0.3, 0.0), (0.3, 0.0), (0.3, 0.0)];
		assert_eq!(met(good, &[response(Looking::Apart, 1.0)])[4..], [false]);
	}
}
