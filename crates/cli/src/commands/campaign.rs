//! `weighhouse campaign`

mod answers;
mod balance;
mod cancel;
pub mod contents;
mod create;
mod dataset;
mod export;
mod gold;
mod input;
mod open_gold;
mod remove;
mod settle;
mod status;

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{json, Value};
use weighhouse_client::{
	feedback::{Basis, Campaign, Phase, Refund, PALLET},
	fetch::FetchError,
	ipfs::Ipfs,
	View,
};
use weighhouse_manifest::decode_canonical;
use weighhouse_primitives::{feedback::CampaignId, Codec, ContentId};

use crate::{
	commands::receipt,
	context::{no_tip, Context},
	failure::Failure,
	output::{hex, plain, wgh, Report},
};

/// Pause between two looks at the chain: half of a block.
pub const PAUSE: Duration = Duration::from_secs(1);
/// The largest prompt or answer, in bytes: one block.
pub const MAX_CONTENT: usize = 1024 * 1024;

/// Pay raters for saying which of two answers is better
///
/// A campaign is a pool of prompts with two answers each. For 20 to 40 of them, the gold, the sponsor
/// knows which answer is better, and raters are paid by their gold and by how they agree with others
/// beyond habit. What they say in the end can be exported to train a model, and sold as a dataset.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice campaign create pairs.jsonl --price 0.01 --raters 5
  weighhouse campaign list
  weighhouse campaign status 1
  weighhouse --suri //Alice campaign open-gold 1 --watch
  weighhouse campaign export 1 --out preferences.jsonl
  weighhouse --suri //Alice campaign list-dataset 1 7")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	Create(create::Opts),
	#[command(arg = no_tip())]
	List(status::ListOpts),
	#[command(arg = no_tip())]
	Status(status::Opts),
	OpenGold(open_gold::Opts),
	Settle(settle::Opts),
	#[command(arg = no_tip())]
	Export(export::Opts),
	ListDataset(dataset::ListOpts),
	Distribute(dataset::DistributeOpts),
	RetireDataset(dataset::RetireOpts),
	Cancel(cancel::Opts),
	Remove(remove::Opts),
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Create(opts) => create::run(opts, context).await,
		Action::List(opts) => status::list(opts, context).await,
		Action::Status(opts) => status::run(opts, context).await,
		Action::OpenGold(opts) => open_gold::run(opts, context).await,
		Action::Settle(opts) => settle::run(opts, context).await,
		Action::Export(opts) => export::run(opts, context).await,
		Action::ListDataset(opts) => dataset::list(opts, context).await,
		Action::Distribute(opts) => dataset::distribute(opts, context).await,
		Action::RetireDataset(opts) => dataset::retire(opts, context).await,
		Action::Cancel(opts) => cancel::run(opts, context).await,
		Action::Remove(opts) => remove::run(opts, context).await,
	}
}

/// A campaign that is kept.
pub async fn campaign_of(view: &View, id: CampaignId) -> Result<Campaign, Failure> {
	let campaign = view.campaign(id).await?;
	campaign.ok_or_else(|| Failure::NotFound(format!("campaign {id}")))
}

/// What the chain says when it refuses with this error of the feedback pallet.
pub fn refusal(view: &View, name: &str) -> Failure {
	Failure::Chain(view.refusal(PALLET, name).into())
}

/// The bytes of a prompt or an answer, which have the digest in their content id.
pub async fn content(ipfs: &Ipfs, cid: &str) -> Result<Vec<u8>, Failure> {
	let parsed = ContentId::parse(cid.as_bytes())
		.map_err(|error| Failure::BadInput(format!("content id {}: {error}", plain(cid))))?;
	if parsed.codec != Codec::Raw {
		return Err(Failure::BadInput(format!(
			"{cid} names a file of several blocks; prompts and answers are one raw block each"
		)));
	}
	let bytes = ipfs.get_block(&parsed, MAX_CONTENT).await?;
	if ContentId::of_raw_block(&bytes) != parsed {
		return Err(FetchError::WrongBlock { cid: cid.into() }.into());
	}
	Ok(bytes)
}

/// A prompt or an answer as text: an answer of a model as its tensors.
pub fn content_text(bytes: &[u8]) -> String {
	if let Ok(text) = std::str::from_utf8(bytes) {
		return text.to_owned();
	}
	match decode_canonical(bytes) {
		Ok(tensors) => receipt::answer_text(&tensors),
		Err(_) => format!("{} bytes: 0x{}", bytes.len(), hex::encode(bytes)),
	}
}

pub fn phase_name(phase: &Phase) -> &'static str {
	match phase {
		Phase::Filling { .. } => "filling",
		Phase::Joining { .. } => "joining",
		Phase::Drawing { .. } => "drawing",
		Phase::Committing { .. } => "committing",
		Phase::Revealing { .. } => "revealing",
		Phase::Opening { .. } => "opening",
		Phase::Weighing { .. } => "weighing",
		Phase::Paying { .. } => "paying",
		Phase::Settled { .. } => "settled",
		Phase::Refunding { .. } => "refunding",
		Phase::Refunded { .. } => "refunded",
		Phase::Removing { .. } => "removing",
	}
}

fn refund_name(why: Refund) -> &'static str {
	match why {
		Refund::Cancelled => "cancelled",
		Refund::NotComplete => "not-complete",
		Refund::NotFilled => "not-filled",
		Refund::NoRandomness => "no-randomness",
	}
}

fn basis_json(basis: Basis) -> Value {
	match basis {
		Basis::Scored { gold } => json!({ "kind": "scored", "gold": gold }),
		Basis::Equal => json!({ "kind": "equal" }),
		Basis::Nobody => json!({ "kind": "nobody" }),
	}
}

fn show_basis(basis: Basis) -> String {
	match basis {
		Basis::Scored { gold } => format!("by score, {gold} gold counted"),
		Basis::Equal => "all in full, since the gold was not opened or mostly wrong".into(),
		Basis::Nobody => "nobody, since nobody revealed".into(),
	}
}

/// A phase for people.
pub fn describe(campaign: &Campaign, now: u64) -> String {
	let left = |until: u32| {
		let left = u64::from(until).saturating_sub(now);
		format!("until block {until}, {left} left")
	};
	let terms = &campaign.terms;
	match campaign.phase {
		Phase::Filling { until } => format!(
			"{} of {} items added, {}",
			campaign.added,
			terms.item_count,
			left(until)
		),
		Phase::Joining { until } => format!(
			"{} of {} raters joined, {}",
			campaign.joined,
			terms.raters,
			left(until)
		),
		Phase::Drawing { since } => format!("waits for the randomness after block {since}"),
		Phase::Committing { until } => format!(
			"raters answer: {} of {} committed, {}",
			campaign.committed,
			campaign.joined,
			left(until)
		),
		Phase::Revealing { until } => format!(
			"raters show their answers: {} of {} did, {}",
			campaign.revealed,
			campaign.committed,
			left(until)
		),
		Phase::Opening { until } => format!(
			"the sponsor opens its gold: {} of {}, {}",
			campaign.opened,
			terms.gold_count,
			left(until)
		),
		Phase::Weighing { next } => format!("raters are weighed: {next} of {}", campaign.joined),
		Phase::Paying { next, .. } => format!("raters are paid: {next} of {}", campaign.joined),
		Phase::Settled { basis, since, paid } => format!(
			"settled in block {since}: {} paid, {}",
			wgh(paid),
			show_basis(basis)
		),
		Phase::Refunding { why, next } => format!(
			"stakes are given back: {next} of {}, since {why}",
			campaign.joined
		),
		Phase::Refunded { why } => format!("refunded, since {why}"),
		Phase::Removing { places, items } => {
			format!("is being removed: {places} places and {items} items are left")
		}
	}
}

/// A campaign for scripts.
pub fn to_json(campaign: &Campaign, now: u64) -> Value {
	let terms = &campaign.terms;
	let (basis, since, paid, why) = match campaign.phase {
		Phase::Settled { basis, since, paid } => (Some(basis), Some(since), Some(paid), None),
		Phase::Paying { basis, paid, .. } => (Some(basis), None, Some(paid), None),
		Phase::Refunding { why, .. } | Phase::Refunded { why } => (None, None, None, Some(why)),
		_ => (None, None, None, None),
	};
	json!({
		"campaign": campaign.campaign,
		"campaignHash": hex(&campaign.campaign_hash),
		"sponsor": campaign.sponsor.to_string(),
		"goldRoot": hex(&terms.gold_root),
		"gold": terms.gold_count,
		"items": terms.item_count,
		"itemsEach": terms.items_each,
		"places": terms.raters,
		"price": terms.price.to_string(),
		"stake": terms.stake.to_string(),
		"joiningBlocks": terms.joining,
		"answeringBlocks": terms.answering,
		"dataset": terms.dataset,
		"minScore": terms.min_score,
		"feeParts": campaign.fee_parts,
		"added": campaign.added,
		"joined": campaign.joined,
		"committed": campaign.committed,
		"revealed": campaign.revealed,
		"opened": campaign.opened,
		"fullPay": campaign.full_pay.to_string(),
		"budget": campaign.budget.to_string(),
		"placeDeposit": campaign.place_deposit.to_string(),
		"seed": campaign.seed.as_ref().map(hex),
		"phase": phase_name(&campaign.phase),
		"until": campaign.phase.until(),
		"due": campaign.due,
		"basis": basis.map(basis_json),
		"settled": since,
		"paid": paid.map(|paid| paid.to_string()),
		"refund": why.map(refund_name),
		"pot": campaign.pot.to_string(),
		"block": now,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn content_is_shown_as_what_it_is() {
		assert_eq!(content_text("zwei\nZeilen".as_bytes()), "zwei\nZeilen");
		assert_eq!(content_text(&[0xff, 0xfe]), "2 bytes: 0xfffe");
	}
}
