//! `weighhouse complain`

use clap::Args;
use serde_json::json;
use weighhouse_client::delivery::State;
use weighhouse_primitives::LicenceId;

use crate::{
	commands::delivery::{self, delivery_of, own},
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Prove that the key of a sealed model is a wrong one, and have the money back
///
/// `buy` does so by itself. The key is tried first: nothing is sent of one that opens the files, since
/// a complaint shows the key to all.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse --suri //Bob complain 7")]
pub struct Opts {
	/// Number of the licence
	licence: LicenceId,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let licence = opts.licence;
	let key = context.key()?;
	let client = context.client().await?;
	// What a fork may replace is not shown to all.
	let view = client.finalized().await?;
	let delivery = delivery_of(&view, licence).await?;
	own(&view, &key, &delivery)?;
	let refusal = match delivery.state {
		State::Awaiting { .. } => Some("NotDelivered"),
		State::Delivered { .. } => None,
		State::Settled { .. } => Some("AlreadySettled"),
	};
	if let Some(name) = refusal {
		return Err(Failure::Chain(view.refusal("Delivery", name).into()));
	}
	let upheld = delivery::complain(&client, &key, &delivery, context).await?;
	Ok(Report {
		json: json!({
			"licence": licence,
			"seller": delivery.seller.to_string(),
			"refunded": upheld.refunded.to_string(),
			"compensation": upheld.compensation.to_string(),
			"burned": upheld.burned.to_string(),
			"tx": transaction(&upheld.included),
		}),
		text: format!(
			"The key was a wrong one, {}: {} are back, and {} of the seller's bond besides; {} more of it \
			 were burned. There is no licence {licence}.",
			settled(&upheld.included),
			wgh(upheld.refunded),
			wgh(upheld.compensation),
			wgh(upheld.burned),
		),
	})
}
