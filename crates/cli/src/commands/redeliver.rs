//! `weighhouse redeliver`

use clap::Args;
use tokio::task::block_in_place;
use weighhouse_client::{
	calls,
	keys::{account_of, delivery_secret},
};
use weighhouse_primitives::LicenceId;

use crate::{
	commands::{
		delivery::{self, Waiting},
		sealed::open_by,
	},
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
};

/// Ask for the key of a licence once more, for a small fee
///
/// For a licence that was handed to you, or if the key that signs is another one now. The seller has as
/// long as for a sale, and gets the fee for the key; without one it comes back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Charlie redeliver 7
  weighhouse --suri //Charlie redeliver 7 --yes --no-wait --json")]
pub struct Opts {
	/// Number of the licence, which must be yours
	licence: LicenceId,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
	#[command(flatten)]
	waiting: Waiting,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let licence = opts.licence;
	let key = context.key()?;
	let account = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	let held = view.delivery(licence).await?;
	if let Some(held) = held.filter(|held| held.buyer == account) {
		if open_by(&client, &key, &held, view.block()).await.is_ok() {
			return Err(Failure::BadInput(format!(
				"the key of licence {licence} is here and opens the files, and another request would \
				 replace it: keep it with `weighhouse delivery {licence} --identity-out FILE`, then \
				 give up its record with `weighhouse delivery {licence} --remove`"
			)));
		}
	}
	let fee = view.repeat_fee().await?;
	let deposit = view.delivery_deposit().await?;
	context.tell(&format!(
		"Another delivery costs {}, and {} are held until its record is removed.",
		wgh(fee),
		wgh(deposit)
	));
	if !opts.yes {
		context.confirm(&format!("Ask for the key of licence {licence} again?"))?;
	}
	let next = client.next_index(&account).await?;
	let secret = block_in_place(|| delivery_secret(&key, client.genesis_hash(), next));
	let call = calls::ask_again(licence, secret.key());
	let what = "Asking for the key";
	let included = context
		.submit_key_request(&client, &call, &key, what)
		.await?;
	let reached = delivery::go_on(&client, &key, licence, opts.waiting, context).await?;
	let (mut json, text) = match &reached.opened {
		Some(opened) => (opened.json(), opened.text()),
		None => (
			delivery::to_json(&reached.delivery, reached.block),
			format!(
				"Asked for the key of licence {licence}, {}; the seller has until block {}.\n\
				 Next: weighhouse delivery {licence} --watch",
				settled(&included),
				calls::key_requested(&included)?.until,
			),
		),
	};
	json["tx"] = transaction(&included);
	Ok(Report { json, text })
}
