//! `weighhouse reputation show`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	keys::AccountId32,
	reputation::{Reputation, Subject},
};
use weighhouse_primitives::ListingId;

use crate::{
	context::Context,
	failure::Failure,
	output::{fields, score, wgh, Report},
	values,
};

/// Show a score and the evidence behind it
///
/// Success and failure are counted in the protocol fee that was paid, and halve every 30 days; failure
/// weighs three times. The score is the lower bound of the success rate at 95 % confidence, from 0 to
/// 1: little evidence is a low score.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
#[command(after_help = "Examples:
  weighhouse reputation show 1
  weighhouse reputation show --seller //Alice
  weighhouse reputation show --rater //Bob --json")]
pub struct Opts {
	/// Number of the listing
	listing: Option<ListingId>,
	/// Somebody who sells, over all listings
	#[arg(long, value_name = "ACCOUNT", value_parser = values::account)]
	seller: Option<AccountId32>,
	/// Somebody who answers requests
	#[arg(long, value_name = "ACCOUNT", value_parser = values::account)]
	worker: Option<AccountId32>,
	/// Somebody who rates in campaigns
	#[arg(long, value_name = "ACCOUNT", value_parser = values::account)]
	rater: Option<AccountId32>,
}

impl Opts {
	fn subject(&self) -> Option<Subject> {
		self.listing
			.map(Subject::Listing)
			.or_else(|| self.seller.map(Subject::Seller))
			.or_else(|| self.worker.map(Subject::Worker))
			.or_else(|| self.rater.map(Subject::Rater))
	}
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let subject = opts.subject().ok_or_else(|| {
		Failure::Usage("say whose: LISTING, --seller, --worker or --rater".into())
	})?;
	let view = context.view().await?;
	if let Subject::Listing(listing) = subject {
		let found = view.listing(listing).await?;
		found.ok_or_else(|| Failure::NotFound(format!("listing {listing}")))?;
	}
	let reputation = view.reputation(subject).await?;
	let now = view.block();
	Ok(Report {
		json: json!({
			"subject": subject_json(subject),
			"score": reputation.score,
			"success": reputation.success.to_string(),
			"failure": reputation.failure.to_string(),
			"unit": reputation.unit.to_string(),
			"successes": reputation.successes,
			"failures": reputation.failures,
			"changed": reputation.changed,
			"ownerChanged": reputation.owner_changed,
			"prunable": reputation.prunable,
			"block": now,
		}),
		text: to_text(subject, &reputation, now),
	})
}

fn subject_json(subject: Subject) -> Value {
	let of =
		|kind: &str, account: AccountId32| json!({ "kind": kind, "account": account.to_string() });
	match subject {
		Subject::Listing(listing) => json!({ "kind": "listing", "listing": listing }),
		Subject::Seller(account) => of("seller", account),
		Subject::Worker(account) => of("worker", account),
		Subject::Rater(account) => of("rater", account),
	}
}

fn to_text(subject: Subject, reputation: &Reputation, now: u64) -> String {
	let name = match subject {
		Subject::Listing(listing) => format!("listing {listing}"),
		Subject::Seller(account) => format!("seller {account}"),
		Subject::Worker(account) => format!("worker {account}"),
		Subject::Rater(account) => format!("rater {account}"),
	};
	let mut lines = vec![
		("Subject", name),
		("Score", format!("{} of 1", score(reputation.score))),
		(
			"Success",
			format!(
				"{} of fees, faded to block {now}; {} outcomes",
				wgh(reputation.success),
				reputation.successes
			),
		),
		(
			"Failure",
			format!(
				"{}, three times the fees, faded likewise; {} outcomes",
				wgh(reputation.failure),
				reputation.failures
			),
		),
		("Prior", format!("{} on either side", wgh(reputation.unit))),
		(
			"Last change",
			match reputation.changed {
				Some(block) => format!("block {block}"),
				None => "none: nothing is known".into(),
			},
		),
	];
	if let Some(block) = reputation.owner_changed {
		lines.push((
			"Owner changed",
			format!("in block {block}: what happened before says nothing of the owner now"),
		));
	}
	fields(&lines)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn reputation() -> Reputation {
		Reputation {
			score: 25_129_403,
			success: 0,
			failure: 0,
			unit: 1_000_000_000_000,
			successes: 0,
			failures: 0,
			changed: None,
			owner_changed: None,
			prunable: false,
		}
	}

	#[test]
	fn change_of_owner_is_shown_when_there_was_one() {
		let subject = Subject::Listing(3);
		let text = to_text(subject, &reputation(), 9);
		assert!(text.contains("0.025 of 1"), "{text}");
		assert!(!text.contains("Owner changed"), "{text}");
		let changed = Reputation {
			owner_changed: Some(7),
			..reputation()
		};
		let text = to_text(subject, &changed, 9);
		assert!(text.contains("in block 7"), "{text}");
	}
}
