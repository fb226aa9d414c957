//! `weighhouse rater`

mod answers;
mod desk;
mod expectation;
mod join;
mod reveal;
mod status;
mod work;

use clap::{Args, Subcommand};
use serde_json::{json, Value};
use weighhouse_client::{
	feedback::{PlaceState, Rater, Reason},
	keys::AccountId32,
	View,
};
use weighhouse_primitives::feedback::CampaignId;

use crate::{
	commands::campaign::refusal,
	context::{no_tip, Context},
	failure::Failure,
	output::Report,
};

/// Be paid for saying with care which of two answers is better
///
/// Take a place in a campaign, answer your items, and be paid by how many of the hidden test items you
/// had right and by how your other answers agree with those of others. A stake is lost by who takes a
/// place and does not answer.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse campaign list --open
  weighhouse rater status 1
  weighhouse --suri //Bob rater join 1
  weighhouse --suri //Bob rater work 1
  weighhouse --suri //Bob rater status 1")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	Join(join::Opts),
	Work(work::Opts),
	Reveal(reveal::Opts),
	#[command(arg = no_tip())]
	Status(status::Opts),
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Join(opts) => join::run(opts, context).await,
		Action::Work(opts) => work::run(opts, context).await,
		Action::Reveal(opts) => reveal::run(opts, context).await,
		Action::Status(opts) => status::run(opts, context).await,
	}
}

/// The place of an account in a campaign.
pub async fn place_of(
	view: &View,
	campaign: CampaignId,
	account: &AccountId32,
) -> Result<Rater, Failure> {
	let rater = view.rater(campaign, account).await?;
	rater.ok_or_else(|| refusal(view, "NotRater"))
}

pub fn show_state(state: &PlaceState) -> &'static str {
	match state {
		PlaceState::Joined => "joined",
		PlaceState::Drawn { .. } => "drawn",
		PlaceState::Committed { .. } => "committed",
		PlaceState::Revealed { .. } => "revealed",
		PlaceState::Paid { .. } => "paid",
		PlaceState::Silent { .. } => "silent",
		PlaceState::Unrevealed { .. } => "unrevealed",
		PlaceState::Refunded => "refunded",
	}
}

/// A rater for scripts.
pub fn to_json(rater: &Rater) -> Value {
	let (reason, amount) = match &rater.state {
		PlaceState::Paid { reason, amount, .. } => (Some(reason_json(reason)), Some(amount)),
		_ => (None, None),
	};
	json!({
		"rater": rater.rater.to_string(),
		"place": rater.place,
		"state": show_state(&rater.state),
		"amount": amount.map(u128::to_string),
		"reason": reason,
	})
}

fn reason_json(reason: &Reason) -> Value {
	match reason {
		Reason::Equal => json!({ "kind": "equal" }),
		Reason::Scored(score) => json!({
			"kind": "scored",
			"gold": score.gold,
			"correct": score.correct,
			"care": score.care,
			"compared": score.covariance.compared,
			"covariance": score.covariance.parts,
			"agreement": score.covariance.agreement(),
			"earned": score.earned,
		}),
	}
}
