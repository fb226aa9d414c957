//! `weighhouse rater reveal`

use std::path::PathBuf;

use clap::Args;
use weighhouse_client::{
	calls,
	feedback::{Campaign, Phase, PlaceState, Rater},
	keys::{account_of, Keypair},
	Client, Included,
};
use weighhouse_primitives::feedback::CampaignId;

use super::{
	answers::{self, Answers},
	place_of, status,
};
use crate::{
	commands::campaign::{campaign_of, describe, refusal},
	context::Context,
	failure::Failure,
	output::{settled, transaction, Report},
};

/// Show the answers that were committed to, if `rater work` did not wait for it
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Bob rater reveal 1")]
pub struct Opts {
	/// Number of the campaign
	campaign: CampaignId,
	/// Folder in which `rater work` kept answers and salt [default: weighhouse/rater in the user's
	/// data folder]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let folder = answers::folder(opts.data)?;
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let rater = place_of(&view, id, &account).await?;
	if !matches!(campaign.phase, Phase::Revealing { .. }) {
		context.tell(&format!(
			"Campaign {id}: {}",
			describe(&campaign, view.block())
		));
		return Err(refusal(&view, "NotRevealing"));
	}
	if !matches!(rater.state, PlaceState::Committed { .. }) {
		return Err(refusal(&view, "NothingToReveal"));
	}
	let kept = Answers::find(&folder, &campaign, &account)?;
	let kept = kept.ok_or_else(|| {
		Failure::BadInput(format!(
			"{} holds no answers of this rater: name the folder that `rater work` used with --data",
			folder.display()
		))
	})?;
	let included = show(&client, &key, &campaign, &rater, &kept, context).await?;
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let rater = place_of(&view, id, &account).await?;
	Ok(revealed(
		status::report(&campaign, &rater, view.block()),
		&included,
	))
}

/// Shows what was committed to.
pub async fn show(
	client: &Client,
	key: &Keypair,
	campaign: &Campaign,
	rater: &Rater,
	kept: &Answers,
	context: &Context,
) -> Result<Included, Failure> {
	let PlaceState::Committed { items, commitment } = &rater.state else {
		return Err(refusal(&client.best().await?, "NothingToReveal"));
	};
	let bits = kept.opening(&rater.rater, items, *commitment);
	let bits = bits.ok_or_else(|| {
		Failure::BadInput(format!(
			"the answers in {} are not those that were committed to",
			kept.path().display()
		))
	})?;
	let call = calls::reveal(campaign.campaign, &bits, kept.salt());
	context
		.submit(client, &call, key, "Showing the answers")
		.await
}

/// The same report with the transaction that showed the answers.
pub fn revealed(mut report: Report, included: &Included) -> Report {
	if let Some(json) = report.json.as_object_mut() {
		json.insert("revealTx".into(), transaction(included));
	}
	report.text = format!(
		"The answers are shown, {}.\n{}",
		settled(included),
		report.text
	);
	report
}
