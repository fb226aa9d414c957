//! What was found, as tables, as a document with a plot, and as JSON.

use std::{fs, path::Path};

use serde::Serialize;

use crate::{
	failure::Failure,
	plot::{svg, Chart, Line},
	search::{Best, Looking, Response},
	statistics::Estimate,
	strategy::Strategy,
	study::{Finding, GroupFinding},
	targets::{Bound, Target},
};

/// Everything that was found.
#[derive(Serialize)]
pub struct Report {
	/// The seed of all chance.
	pub seed: u64,
	/// What a careful answer costs, as a part of the price of an item.
	pub effort: f64,
	/// What was wanted.
	pub targets: Vec<Target>,
	/// Honest raters alone.
	pub honest: Vec<Finding>,
	/// Honest raters with others among them.
	pub mixtures: Vec<Finding>,
	/// What attackers found.
	pub responses: Vec<Response>,
}

/// A table and what to know before reading it.
struct Section {
	title: &'static str,
	text: String,
	table: String,
}

impl Report {
	/// All tables, for a terminal.
	pub fn tables(&self) -> String {
		let sections = self.sections().into_iter();
		let shown = sections.map(|Section { title, table, .. }| format!("{title}\n\n{table}"));
		shown.collect::<Vec<_>>().join("\n")
	}

	/// Writes `simulation.md`, `simulation.svg` and `simulation.json` into a folder.
	pub fn write(&self, folder: &Path) -> Result<(), Failure> {
		let json = serde_json::to_string(self).map_err(|error| error.to_string())?;
		for (name, text) in [
			("simulation.md", self.document()),
			("simulation.svg", svg(&self.charts())),
			("simulation.json", json + "\n"),
		] {
			let path = folder.join(name);
			let written = fs::write(&path, text);
			written.map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
			eprintln!("written: {}", path.display());
		}
		Ok(())
	}

	fn document(&self) -> String {
		let mut document = String::from(INTRODUCTION);
		for Section { title, text, table } in self.sections() {
			document += &format!("\n## {title}\n\n{text}\n\n{table}");
		}
		document + LIMITS
	}

	fn sections(&self) -> Vec<Section> {
		let Some(first) = self.honest.first() else {
			return Vec::new();
		};
		let (size, raters) = (first.size, people(first));
		let runs = |findings: &[Finding]| findings.first().map_or(0, |finding| finding.runs);
		vec![
			Section {
				title: "What has to hold",
				text: "With 20 items of gold, in a first campaign. A mean that is where it has to be counts as met; the interval says how sure that is.".into(),
				table: self.target_table(),
			},
			Section {
				title: "Honest raters alone",
				text: format!(
					"{raters} raters, {} tasks and the gold, {} campaigns each.",
					size.tasks,
					runs(&self.honest),
				),
				table: group_table(&self.honest),
			},
			Section {
				title: "Honest raters with others among them",
				text: format!(
					"{raters} raters, {} campaigns each. The columns after \"ratio\" are what paying for agreement with most would give the same people for the same answers, and how many labels it would have right. In tasks the longer answer is the better one with a chance of {:.0} %. More accuracies are in [simulation.json](simulation.json).",
					runs(&self.mixtures),
					size.longer_is_better * 100.0,
				),
				table: self.mixture_table(),
			},
			Section {
				title: "The best response",
				text: format!(
					"An attacker who knows all of this holds a share of the places. It chooses which part of the items is looked at, by whom, how many looks are combined, how much is turned around so that accounts look less alike, and what is answered to the rest. \"Apart\": each account has somebody who looks, and leaves out a tenth at least. \"Shared\": what is seen is copied to all accounts. \"Of honest work\" is the pay of each account for each that it would get if all of the attacker's accounts worked honestly in the same campaigns; above 1 the attack pays more. \"Net\" is less {:.0} % of the price of an item for each look. A first row is the plan that is paid most, a second one, where it is another, the plan that leaves most after that cost.",
					self.effort * 100.0,
				),
				table: self.response_table(),
			},
		]
	}

	/// The least accuracy of honest raters with others among them, which tables and plot show.
	fn least_accuracy(&self) -> f64 {
		let among = self.mixtures.iter().filter_map(accuracy);
		among.fold(1.0, f64::min)
	}

	fn target_table(&self) -> String {
		let rows = self.targets.iter().map(|target| {
			let wanted = match target.wanted {
				Bound::AtLeast(least) => format!("at least {least:.3}"),
				Bound::AtMost(most) => format!("at most {most:.3}"),
				Bound::Below(limit) => format!("below {limit:.3}"),
			};
			let met = if target.is_met() {
				"met"
			} else {
				"**not met**"
			};
			vec![target.what.clone(), wanted, parts(target.found), met.into()]
		});
		table(&["what", "wanted", "found", ""], rows)
	}

	fn mixture_table(&self) -> String {
		let least = self.least_accuracy();
		let shown = self
			.mixtures
			.iter()
			.filter(|finding| accuracy(finding) == Some(least));
		let rows = shown.filter_map(|finding| {
			let (honest, others) = two_groups(finding)?;
			Some(vec![
				others.group.strategy.to_string(),
				format!("{:.0}", share(finding) * 100.0),
				finding.size.gold.to_string(),
				percent(honest.pay),
				percent(others.pay),
				ratio(others.to_honest),
				percent(honest.majority_pay),
				percent(others.majority_pay),
				ratio(others.majority_to_honest),
				percent(finding.labels),
				percent(finding.majority_labels),
			])
		});
		let honest = format!("honest {least:.2}, %");
		let head = [
			"others",
			"share, %",
			"gold",
			&honest,
			"others, %",
			"ratio",
			"honest by agreement, %",
			"others by agreement, %",
			"ratio by agreement",
			"labels right, %",
			"by majority, %",
		];
		table(&head, rows)
	}

	fn response_table(&self) -> String {
		let rows = self.responses.iter().flat_map(|response| {
			let position = response.position;
			let row = |best: &Best| {
				let looking = match position.looking {
					Looking::Apart => "apart",
					Looking::Shared => "shared",
				};
				vec![
					format!("{:.2}", position.accuracy),
					format!("{:.0}", position.share * 100.0),
					looking.into(),
					best.plan.to_string(),
					percent(best.pay),
					percent(best.honest_beside),
					percent(response.honest),
					ratio(best.to_honest_work),
					percent(best.net),
					percent(response.honest_net),
				]
			};
			let (most, net) = (&response.paid_most, &response.leaves_most);
			let other = Some(net).filter(|net| net.plan != most.plan);
			[Some(most), other]
				.into_iter()
				.flatten()
				.map(row)
				.collect::<Vec<_>>()
		});
		let head = [
			"accuracy",
			"share, %",
			"looks",
			"plan",
			"pay, %",
			"honest beside, %",
			"honest work, %",
			"of honest work",
			"net, %",
			"net of honest work, %",
		];
		table(&head, rows)
	}

	fn charts(&self) -> [Chart; 2] {
		let least = self.least_accuracy();
		let gold = self.honest.first().map(|finding| finding.size.gold);
		let colluding = |pay: fn(&GroupFinding, &GroupFinding) -> Estimate| -> Vec<_> {
			let findings = self.mixtures.iter().filter(|finding| {
				accuracy(finding) == Some(least) && Some(finding.size.gold) == gold
			});
			let points = findings.filter_map(|finding| {
				let (honest, others) = two_groups(finding)?;
				(others.group.strategy == Strategy::Hash)
					.then(|| (share(finding), pay(honest, others)))
			});
			points.collect()
		};
		let line = |name: &str, dashed, points| Line {
			name: name.into(),
			dashed,
			points,
		};
		let honest = format!("honest raters of {least:.2}");
		let collusion = Chart {
			title: "Colluders who answer by a hash".into(),
			x: "share of colluders, %",
			y: "pay, % of full pay",
			lines: vec![
				line(&honest, false, colluding(|honest, _| honest.pay)),
				line("colluders", false, colluding(|_, others| others.pay)),
				line(
					"honest, if agreement were paid",
					true,
					colluding(|honest, _| honest.majority_pay),
				),
				line(
					"colluders, if agreement were paid",
					true,
					colluding(|_, others| others.majority_pay),
				),
			],
		};
		let searched = self.responses.iter();
		let least = searched.fold(1.0, |least, response| response.position.accuracy.min(least));
		let found = |looking: Looking, pay: fn(&Response) -> Estimate| -> Vec<_> {
			let responses = self.responses.iter().filter(|response| {
				response.position.looking == looking && response.position.accuracy == least
			});
			let points = responses.map(|response| (response.position.share, pay(response)));
			points.collect()
		};
		let best = Chart {
			title: format!("The best response, accuracy {least:.2}"),
			x: "share of the attacker, %",
			y: "pay of each account, % of full pay",
			lines: vec![
				line(
					"honest work of the same accounts",
					false,
					found(Looking::Apart, |response| response.honest),
				),
				line(
					"best found, each looks apart",
					false,
					found(Looking::Apart, |response| response.paid_most.pay),
				),
				line(
					"best found, looks are shared",
					false,
					found(Looking::Shared, |response| response.paid_most.pay),
				),
			],
		};
		[collusion, best]
	}
}

/// The groups of populations of a file, one a row.
pub fn group_table(findings: &[Finding]) -> String {
	let rows = findings.iter().flat_map(|finding| {
		finding.groups.iter().map(|group| {
			vec![
				finding.population.clone(),
				finding.size.gold.to_string(),
				group.group.strategy.to_string(),
				group.group.count.to_string(),
				percent(group.pay),
				percent(group.net),
				ratio(group.to_honest),
				percent(group.majority_pay),
				ratio(group.majority_to_honest),
				percent(finding.labels),
				percent(finding.majority_labels),
			]
		})
	});
	let head = [
		"population",
		"gold",
		"raters",
		"how many",
		"pay, %",
		"net, %",
		"ratio to honest",
		"by agreement, %",
		"ratio by agreement",
		"labels right, %",
		"by majority, %",
	];
	table(&head, rows)
}

const INTRODUCTION: &str = "# Simulation of feedback

What raters of many kinds are paid, and what an attacker can make of it. `make simulate` writes this page, the plot and [simulation.json](simulation.json); the same seed gives the same figures. The mechanism and its formulas are explained in [feedback.md](feedback.md); they stand in [crates/primitives/src/feedback.rs](../crates/primitives/src/feedback.rs) (`earned`, `care`, `Covariance`).

Every campaign runs on the runtime as it is deployed, natively: created, filled, joined, drawn, committed to, revealed, opened with Merkle proofs and settled by calls and by the chain's own hook. Pay is read from the chain. After each campaign its sums are compared with the accounts to the last unit, and the program stops if they differ. Nobody has a history: weights come from the gold of the campaign alone.

Pay is a part of full pay: the price times the items of a rater. A figure behind a ± is half of the 95 % interval over campaigns, by the normal approximation. Members of a group often share their luck, so the campaign is what counts as one observation. The program is [dev/simulate](../dev/simulate); `--strategies FILE` runs other populations ([example](../dev/simulate/strategies.json)).

![Pay beside colluders, and the best response that was found](simulation.svg)

## The strategies

| name | answers |
|---|---|
| honest | looks at each item; a look shows the better answer with the accuracy that is given |
| random | by a coin |
| always left, always right | one side of the screen; sides are drawn for each rater |
| hash | all of the group the same, by a hash of the item |
| length | the longer answer, which tells something of tasks and nothing of gold |
| inverted | looks, and says the opposite |
| gold-guessing | compares what its members were given, looks at as many items as there is gold where most were given the same, and answers the rest by the hash. Where everybody answers everything, comparing shows nothing, and the guess is by chance |
| told 50 % of the gold | the same, after the sponsor has told them half of the gold |
| copying | one looks, all give its answers; some turn a part of them around |
| careful with a part | looks at this part, each member by itself, and answers the rest by the hash |
";

const LIMITS: &str = "
## Limits

- Mistakes are independent of each other and equally likely everywhere. Where honest raters fall for the same traps, their errors agree, and labels and pay are worse than here. Where gold is easier than tasks, its accuracy says too much of a rater.
- An honest rater's accuracy is the same from the first item to the last.
- The search goes over the plans that are described above, for attackers who are as able as the others and give all of their accounts the same plan. A cleverer plan may earn more; what was found is a lower bound of what can be earned.
- A mechanism that sees answers only cannot tell somebody who copies a careful answer from somebody who gave it. Who shares looks is paid for the care that is in the answers, once for each account; identity, stakes and the price of a place are what limits it.
- Unless a row says that it told gold, the sponsor is honest. It opens all gold, and every label of it is right. What a sponsor gains by wrong gold is in [feedback.md](feedback.md).
- Accounts pay no transaction fees here.
";

fn people(finding: &Finding) -> u32 {
	finding.groups.iter().map(|group| group.group.count).sum()
}

/// The honest raters of a mixture, and the others.
fn two_groups(finding: &Finding) -> Option<(&GroupFinding, &GroupFinding)> {
	match &finding.groups[..] {
		[honest, others] => Some((honest, others)),
		_ => None,
	}
}

/// The accuracy of the honest raters of a mixture.
fn accuracy(finding: &Finding) -> Option<f64> {
	match two_groups(finding)?.0.group.strategy {
		Strategy::Honest { accuracy } => Some(accuracy),
		_ => None,
	}
}

/// The share of the others in a mixture.
fn share(finding: &Finding) -> f64 {
	let others = two_groups(finding).map_or(0, |(_, others)| others.group.count);
	f64::from(others) / f64::from(people(finding).max(1))
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
	let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
	let head: Vec<_> = head.iter().map(|name| name.to_string()).collect();
	let rule = format!("|{}\n", "---|".repeat(head.len()));
	let rows: String = rows.map(|cells| line(&cells)).collect();
	line(&head) + &rule + &rows
}

fn percent(estimate: Estimate) -> String {
	let Estimate { mean, margin } = estimate;
	format!("{:.1} ± {:.1}", mean * 100.0, margin * 100.0)
}

fn parts(estimate: Estimate) -> String {
	format!("{:.3} ± {:.3}", estimate.mean, estimate.margin)
}

fn ratio(estimate: Option<Estimate>) -> String {
	estimate.map_or_else(|| "–".into(), parts)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn table_has_a_rule_and_a_line_for_each_row() {
		let rows = [vec!["1".to_string(), "2".to_string()]];
		let drawn = table(&["a", "b"], rows.into_iter());
		assert_eq!(drawn, "| a | b |\n|---|---|\n| 1 | 2 |\n");
	}

	#[test]
	fn figures_carry_their_intervals() {
		let estimate = Estimate {
			mean: 0.4126,
			margin: 0.0094,
		};
		assert_eq!(percent(estimate), "41.3 ± 0.9");
		assert_eq!(ratio(Some(estimate)), "0.413 ± 0.009");
		assert_eq!(ratio(None), "–");
	}

	#[test]
	fn target_that_is_missed_stands_out() {
		let target = |mean| Target {
			what: "pay".into(),
			found: Estimate { mean, margin: 0.01 },
			wanted: Bound::AtLeast(0.5),
		};
		let report = Report {
			seed: 1,
			effort: 0.2,
			targets: vec![target(0.6), target(0.4)],
			honest: Vec::new(),
			mixtures: Vec::new(),
			responses: Vec::new(),
		};
		let drawn = report.target_table();
		let lines: Vec<_> = drawn.lines().collect();
		assert_eq!(lines[2], "| pay | at least 0.500 | 0.600 ± 0.010 | met |");
		assert_eq!(
			lines[3],
			"| pay | at least 0.500 | 0.400 ± 0.010 | **not met** |"
		);
	}
}
