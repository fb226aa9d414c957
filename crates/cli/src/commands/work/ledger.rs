//! What happened to a worker while this program watched, and what it came to.

use std::collections::BTreeSet;

use serde_json::{json, Value};
use weighhouse_client::{keys::AccountId32, worker::Happening, Finding, Job, Outcome};
use weighhouse_primitives::inference::{JobId, Status};

use crate::{
	commands::work::{show_availability, Line},
	output::{fields, wgh, Report},
	values,
};

/// The count of all that happened.
pub struct Ledger {
	account: AccountId32,
	/// Jobs in which the worker has a seat.
	jobs: BTreeSet<JobId>,
	drawn: u64,
	shown: u64,
	paid: u64,
	earned: u128,
	fees: u128,
	slashed: u128,
	slashes: u64,
}

impl Ledger {
	/// Begins with nothing but the jobs that were open before.
	pub fn new(account: AccountId32, open: impl IntoIterator<Item = JobId>) -> Self {
		Self {
			account,
			jobs: open.into_iter().collect(),
			drawn: 0,
			shown: 0,
			paid: 0,
			earned: 0,
			fees: 0,
			slashed: 0,
			slashes: 0,
		}
	}

	/// The job that the worker is drawn to by this, if it is.
	pub fn draws(&self, happening: &Happening) -> Option<JobId> {
		match happening {
			Happening::Drawn { job, workers, .. } if workers.contains(&self.account) => Some(*job),
			_ => None,
		}
	}

	/// Takes something into account that happened in a final block, and says it if it concerns the
	/// worker. `job` is the job of a draw.
	pub fn note(&mut self, block: u64, happening: &Happening, job: Option<&Job>) -> Option<Line> {
		let me = self.account;
		let (event, about, details, text) = match happening {
			Happening::Drawn {
				job: id,
				round,
				workers,
				eligible,
			} if workers.contains(&me) => {
				self.jobs.insert(*id);
				self.drawn = self.drawn.saturating_add(1);
				let reward = job.map(|job| job.reward);
				let listing = job.map(|job| job.listing);
				let mut text = format!(
					"drawn ({}) with {} of {eligible}",
					values::show_round(*round),
					workers.len()
				);
				if let (Some(listing), Some(reward)) = (listing, reward) {
					text.push_str(&format!(", listing {listing}, for {}", wgh(reward)));
				}
				let details = json!({
					"round": values::show_round(*round),
					"listing": listing,
					"reward": reward.map(|reward| reward.to_string()),
					"eligible": eligible,
				});
				("drawn", Some(*id), details, text)
			}
			Happening::Committed { job, round, worker } if *worker == me => (
				"committed",
				Some(*job),
				json!({ "round": values::show_round(*round) }),
				"committed to an answer".into(),
			),
			Happening::Revealed {
				job,
				round,
				worker,
				status,
			} if *worker == me => {
				self.shown = self.shown.saturating_add(1);
				let text = match status {
					Status::Ok => "showed the answer",
					Status::InputUnavailable => "showed that the input cannot be had",
					Status::ModelError => "showed that the model fails on the input",
				};
				let details = json!({
					"round": values::show_round(*round),
					"status": values::show_status(*status),
				});
				("revealed", Some(*job), details, text.into())
			}
			Happening::Answered {
				job,
				receipt,
				agreed,
			} if self.jobs.contains(job) => (
				"answered",
				Some(*job),
				json!({ "receipt": receipt, "agreed": agreed }),
				format!("{agreed} agreed, receipt {receipt}; it can be disputed now"),
			),
			Happening::Disputed { job, challenger } if self.jobs.contains(job) => (
				"disputed",
				Some(*job),
				json!({ "challenger": challenger.to_string() }),
				format!("disputed by {challenger}; a jury decides"),
			),
			Happening::Paid {
				job,
				worker,
				amount,
				fee,
			} if *worker == me => {
				self.paid = self.paid.saturating_add(1);
				self.earned = self.earned.saturating_add(*amount);
				self.fees = self.fees.saturating_add(*fee);
				let details = json!({
					"amount": amount.to_string(),
					"fee": fee.to_string(),
					"earned": self.earned.to_string(),
				});
				let text = format!("paid {} ({} since the start)", wgh(*amount), wgh(self.earned));
				("paid", Some(*job), details, text)
			}
			Happening::Slashed {
				job,
				worker,
				finding,
				amount,
			} if *worker == me => {
				self.slashes = self.slashes.saturating_add(1);
				self.slashed = self.slashed.saturating_add(*amount);
				let details = json!({
					"amount": amount.to_string(),
					"finding": values::show_finding(*finding),
				});
				let text = format!("LOST {} of bond: {}", wgh(*amount), why(*finding));
				("slashed", Some(*job), details, text)
			}
			Happening::Ended { job, outcome } if self.jobs.remove(job) => {
				let (word, reason, text) = match outcome {
					Outcome::Final => ("final", None, "over, the answer stands".into()),
					Outcome::Refunded(refund) => (
						"refunded",
						Some(values::show_refund(*refund)),
						format!("over, refunded: {refund}"),
					),
				};
				let details = json!({ "outcome": word, "reason": reason });
				("ended", Some(*job), details, text)
			}
			Happening::AvailabilityChanged {
				worker,
				availability,
			} if *worker == me => {
				let word = show_availability(*availability);
				(
					"availability",
					None,
					json!({ "availability": word }),
					format!("{word} from now on; `weighhouse work resume` makes it active"),
				)
			}
			Happening::ServingEnded { worker, listing } if *worker == me => (
				"serving-ended",
				None,
				json!({ "listing": listing }),
				format!("serves listing {listing} no more: one with more bond took the place, or you left"),
			),
			_ => return None,
		};
		Some(line(block, event, about, details, &text))
	}

	/// Jobs that are not over.
	pub fn open(&self) -> impl Iterator<Item = JobId> + '_ {
		self.jobs.iter().copied()
	}

	/// What it came to.
	pub fn report(&self) -> Report {
		let text = fields(&[
			("Drawn", format!("{} times", self.drawn)),
			("Answers shown", self.shown.to_string()),
			(
				"Earned",
				format!("{} in {} payments", wgh(self.earned), self.paid),
			),
			("Fees before that", wgh(self.fees)),
			(
				"Lost",
				format!("{} in {} slashes", wgh(self.slashed), self.slashes),
			),
			("Jobs still open", self.jobs.len().to_string()),
		]);
		Report {
			json: json!({
				"event": "summary",
				"worker": self.account.to_string(),
				"drawn": self.drawn,
				"revealed": self.shown,
				"payments": self.paid,
				"earned": self.earned.to_string(),
				"fees": self.fees.to_string(),
				"slashes": self.slashes,
				"slashed": self.slashed.to_string(),
				"openJobs": self.jobs,
			}),
			text,
		}
	}
}

/// A line about a block and, if there is one, a job.
fn line(block: u64, event: &str, job: Option<JobId>, details: Value, text: &str) -> Line {
	let mut json = json!({ "event": event, "block": block, "job": job });
	if let (Some(json), Value::Object(details)) = (json.as_object_mut(), details) {
		json.extend(details);
	}
	let about = job.map_or_else(String::new, |job| format!("job {job}: "));
	Line {
		json,
		text: format!("#{block}  {about}{text}"),
	}
}

/// What a worker did who loses bond for it.
fn why(finding: Finding) -> &'static str {
	match finding {
		Finding::Silent => "no answer in time",
		Finding::Unrevealed => "committed and never showed the answer",
		Finding::Minority => "answered something else than the others",
		Finding::Overturned => "a jury or an audit found the answer wrong",
		Finding::Open | Finding::Agreed | Finding::NearTie => "the chain does not say why",
	}
}

#[cfg(test)]
mod tests {
	use weighhouse_client::Refund;
	use weighhouse_primitives::inference::Round;

	use super::*;

	const ME: AccountId32 = AccountId32([1; 32]);
	const OTHER: AccountId32 = AccountId32([2; 32]);

	fn paid(job: JobId, worker: AccountId32, amount: u128) -> Happening {
		Happening::Paid {
			job,
			worker,
			amount,
			fee: 5,
		}
	}

	#[test]
	fn money_is_counted_when_it_is_ones_own() {
		let mut ledger = Ledger::new(ME, []);
		assert!(ledger.note(9, &paid(7, OTHER, 100), None).is_none());
		let line = ledger.note(9, &paid(7, ME, 100), None).unwrap();
		assert_eq!(line.json["event"], "paid");
		assert_eq!(line.json["block"], 9);
		assert_eq!(line.json["job"], 7);
		assert_eq!(line.json["amount"], "100");
		ledger.note(10, &paid(8, ME, 11), None).unwrap();
		let slashed = Happening::Slashed {
			job: 8,
			worker: ME,
			finding: Finding::Silent,
			amount: 3,
		};
		let line = ledger.note(10, &slashed, None).unwrap();
		assert!(line.text.contains("no answer in time"), "{}", line.text);
		let report = ledger.report().json;
		assert_eq!(report["earned"], "111");
		assert_eq!(report["fees"], "10");
		assert_eq!(report["slashed"], "3");
		assert_eq!(report["payments"], 2);
	}

	#[test]
	fn job_is_followed_from_the_draw_to_its_end() {
		let mut ledger = Ledger::new(ME, [3]);
		let ended = |job| Happening::Ended {
			job,
			outcome: Outcome::Refunded(Refund::Silence),
		};
		assert!(ledger.note(1, &ended(4), None).is_none());
		assert!(ledger.note(1, &ended(3), None).is_some());
		let drawn = Happening::Drawn {
			job: 5,
			round: Round::Main,
			workers: vec![OTHER, ME],
			eligible: 9,
		};
		assert_eq!(ledger.draws(&drawn), Some(5));
		let line = ledger.note(2, &drawn, None).unwrap();
		assert!(line.text.starts_with("#2  job 5: drawn (main) with 2 of 9"));
		assert_eq!(ledger.open().collect::<Vec<_>>(), [5]);
		let line = ledger.note(3, &ended(5), None).unwrap();
		assert_eq!(line.json["reason"], "silence");
		assert_eq!(ledger.open().count(), 0);
	}

	#[test]
	fn others_are_not_reported() {
		let mut ledger = Ledger::new(ME, []);
		let drawn = Happening::Drawn {
			job: 5,
			round: Round::Main,
			workers: vec![OTHER],
			eligible: 9,
		};
		assert_eq!(ledger.draws(&drawn), None);
		assert!(ledger.note(2, &drawn, None).is_none());
		let committed = Happening::Committed {
			job: 5,
			round: Round::Main,
			worker: OTHER,
		};
		assert!(ledger.note(2, &committed, None).is_none());
	}
}
