//! What a rater can expect of a campaign, and what the campaign asks of it, told before anything is
//! staked.

use serde_json::{json, Value};
use weighhouse_client::{
	amount::{Percent, Score},
	feedback::{Campaign, Phase},
	keys::AccountId32,
	reputation::Subject,
	View,
};
use weighhouse_primitives::PARTS;

use crate::{
	failure::Failure,
	output::{score, table, wgh},
};

/// Chances to be right for which the expected pay is shown, in parts of 10^9.
const ACCURACIES: [u32; 3] = [650_000_000, 750_000_000, 850_000_000];
/// What is taken for granted of the other raters.
const OTHERS: u32 = PARTS / 4 * 3;

/// What the chain says before anything is staked.
pub struct Expectation {
	/// The pay that it expects, by the chance to be right.
	pays: Vec<(u32, u128)>,
	/// The score as a rater of who asks, if somebody does.
	score: Option<u32>,
}

impl Expectation {
	/// Asks the chain, for an account if there is one.
	pub async fn of(
		view: &View,
		campaign: &Campaign,
		account: Option<&AccountId32>,
	) -> Result<Self, Failure> {
		let mut pays = Vec::new();
		for accuracy in ACCURACIES {
			let pay = view.expected_pay(campaign.campaign, accuracy, OTHERS);
			pays.push((accuracy, pay.await?.unwrap_or_default()));
		}
		let score = match account {
			Some(account) => Some(view.reputation(Subject::Rater(*account)).await?.score),
			None => None,
		};
		Ok(Self { pays, score })
	}

	/// Whether the score of who asks is too low to join.
	pub fn is_barred(&self, campaign: &Campaign) -> bool {
		self.score
			.is_some_and(|score| score < campaign.terms.min_score)
	}

	/// The score of who asks, for scripts.
	pub fn score(&self) -> Option<u32> {
		self.score
	}

	/// The expected pay, for scripts.
	pub fn json(&self) -> Value {
		let pays = self.pays.iter();
		Value::from_iter(
			pays.map(
				|(accuracy, pay)| json!({ "accuracyParts": accuracy, "pay": pay.to_string() }),
			),
		)
	}

	/// For people, with what is put at stake for it.
	pub fn text(&self, campaign: &Campaign, now: u64) -> String {
		let terms = &campaign.terms;
		let until = match campaign.phase {
			Phase::Joining { until } => format!(", until block {until} (now {now})"),
			_ => String::new(),
		};
		let heading = ["RIGHT ANSWERS", "EXPECTED PAY"];
		let mut rows = vec![heading.map(str::to_owned).to_vec()];
		rows.extend(
			self.pays
				.iter()
				.map(|(accuracy, pay)| vec![Percent(*accuracy).to_string(), wgh(*pay)]),
		);
		format!(
			"Campaign {}: {} items, some of them tests; {} of {} places are taken{until}.\nFull pay is \
			 {}. If the others are right in {}, expect on the average:\n{}\nWho answers without care \
			 gets next to nothing.\nHeld: {} of stake, lost if you do not answer within {} blocks of the \
			 draw and show your answers then, and {} of deposit.{}",
			campaign.campaign,
			terms.items_each,
			campaign.joined,
			terms.raters,
			wgh(campaign.full_pay),
			Percent(OTHERS),
			table(&rows, &[0, 1]),
			wgh(terms.stake),
			terms.answering,
			wgh(campaign.place_deposit),
			self.asked(campaign),
		)
	}

	/// What is asked of a rater's past, if anything is.
	fn asked(&self, campaign: &Campaign) -> String {
		let asked = campaign.terms.min_score;
		if asked == 0 {
			return String::new();
		}
		let own = match self.score {
			None => String::new(),
			Some(own) if own < asked => format!("; yours is {}, too low to join", score(own)),
			Some(own) => format!("; yours is {}", score(own)),
		};
		format!(
			"\nOpen to raters with a score of {} or more{own}.",
			Score(asked)
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::rater::answers::tests::campaign;

	#[test]
	fn pay_and_stake_are_told_for_every_accuracy() {
		let mut campaign = campaign(1);
		campaign.phase = Phase::Joining { until: 9 };
		campaign.full_pay = 4_000_000_000_000;
		campaign.terms.stake = 2_000_000_000_000;
		let expected = Expectation {
			pays: vec![
				(650_000_000, 100_000_000_000),
				(850_000_000, 3_000_000_000_000),
			],
			score: None,
		};
		let said = expected.text(&campaign, 5);
		for part in [
			"5 of 5 places are taken, until block 9 (now 5)",
			"Full pay is 4 WGH",
			"right in 75%",
			"65%       0.1 WGH",
			"85%         3 WGH",
			"2 WGH of stake",
		] {
			assert!(said.contains(part), "{part} is not in: {said}");
		}
		assert_eq!(expected.json()[1]["pay"], "3000000000000");
		assert!(!said.contains("score"), "{said}");
	}

	#[test]
	fn score_that_is_asked_for_is_told_with_ones_own() {
		let mut campaign = campaign(1);
		campaign.terms.min_score = 200_000_000;
		let with = |score| Expectation {
			pays: Vec::new(),
			score,
		};
		for (score, is_barred, part) in [
			(None, false, "a score of 0.2 or more."),
			(
				Some(199_999_999),
				true,
				"or more; yours is 0.199, too low to join.",
			),
			(Some(200_000_000), false, "or more; yours is 0.200."),
		] {
			let expected = with(score);
			assert_eq!(expected.is_barred(&campaign), is_barred, "{score:?}");
			let said = expected.text(&campaign, 5);
			assert!(said.ends_with(part), "{part} is not in: {said}");
		}
		campaign.terms.min_score = 0;
		assert!(!with(Some(0)).is_barred(&campaign));
	}
}
