//! `weighhouse campaign export`

use std::{collections::HashMap, path::PathBuf};

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	amount::Percent,
	feedback::{Basis, GoldStanding, Label, Labelled, Phase},
	ipfs::Ipfs,
	H256,
};
use weighhouse_primitives::{
	feedback::{CampaignId, Choice},
	PARTS,
};

use super::{campaign_of, content, content_text, describe, refusal, show_basis};
use crate::{
	context::Context,
	failure::Failure,
	output::{hex, Report},
};

/// Write what raters prefer as lines that train a model
///
/// Each line is {"prompt", "chosen", "rejected", "confidence", "provenance"}, as trainers by preference
/// (DPO) read it. Items on which raters are divided, and gold that they contradict, are left out. If all
/// raters got full pay, since the gold was not opened, nobody was weighed and there are none.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse campaign export 1 --out preferences.jsonl
  weighhouse campaign export 1 --min-confidence 80% --no-gold > preferences.jsonl")]
pub struct Opts {
	/// Number of the campaign; it must be settled
	campaign: CampaignId,
	/// Write to this file instead of standard output
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
	/// Leave out what is less sure than this part of the raters' weight
	#[arg(long, value_name = "PERCENT", default_value = "0")]
	min_confidence: Percent,
	/// Leave out the gold, of which the sponsor knew the better answer
	#[arg(long)]
	no_gold: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let id = opts.campaign;
	let client = context.client().await?;
	let view = client.best().await?;
	let campaign = campaign_of(&view, id).await?;
	let Phase::Settled { since, basis, .. } = campaign.phase else {
		context.tell(&format!(
			"Campaign {id}: {}",
			describe(&campaign, view.block())
		));
		return Err(refusal(&view, "NoShares"));
	};
	are_weighed(id, basis)?;
	let labels = view.labels(id).await?;
	let wanted: Vec<_> = labels
		.iter()
		.filter_map(|label| Some((label, preference(&label.label)?)))
		.filter(|(_, preference)| preference.confidence >= opts.min_confidence.0)
		.filter(|(_, preference)| !(opts.no_gold && preference.source == "gold"))
		.collect();
	let ipfs = context.ipfs()?;
	let spinner = context.spinner("Fetching prompts and answers".into());
	let origin = Origin {
		campaign: id,
		genesis: client.genesis_hash(),
		block: since,
	};
	let mut texts = Texts::new(&ipfs);
	let mut lines = Vec::new();
	for (label, preference) in &wanted {
		spinner.set_message(format!(
			"Fetching prompts and answers, {} of {}",
			lines.len().saturating_add(1),
			wanted.len()
		));
		let item = &label.item;
		let (prompt, a, b) = (
			texts.get(&item.prompt).await?,
			texts.get(&item.a).await?,
			texts.get(&item.b).await?,
		);
		lines.push(line(label, preference, &origin, (prompt, a, b)));
	}
	spinner.finish_and_clear();
	let written: Vec<String> = lines.iter().map(Value::to_string).collect();
	if let Some(path) = &opts.out {
		let text = written.iter().map(|line| format!("{line}\n"));
		let text = text.collect::<String>();
		std::fs::write(path, text).map_err(|source| Failure::Write {
			path: path.clone(),
			source,
		})?;
	}
	let left_out = labels.len().saturating_sub(lines.len());
	let count = lines.len();
	if count == 0 {
		context.tell(&format!("All {left_out} items are left out."));
	}
	Ok(Report {
		json: json!({
			"campaign": id,
			"count": count,
			"leftOut": left_out,
			"out": opts.out.as_ref().map(|path| path.display().to_string()),
			"lines": if opts.out.is_some() { Value::Null } else { lines.into() },
		}),
		text: match &opts.out {
			Some(path) => format!(
				"Wrote {count} preferences to {}; {left_out} items are left out.",
				path.display()
			),
			None => written.join("\n"),
		},
	})
}

/// Refuses a campaign whose raters were not weighed, so that nothing is known of what they prefer.
fn are_weighed(campaign: CampaignId, basis: Basis) -> Result<(), Failure> {
	match basis {
		Basis::Scored { .. } => Ok(()),
		Basis::Equal | Basis::Nobody => Err(Failure::NotFound(format!(
			"preference in campaign {campaign}: it paid {}",
			show_basis(basis)
		))),
	}
}

/// What is preferred, how surely, and who says so.
struct Preference {
	choice: Choice,
	confidence: u32,
	source: &'static str,
}

fn preference(label: &Label) -> Option<Preference> {
	match *label {
		Label::Preferred { choice, confidence } => Some(Preference {
			choice,
			confidence,
			source: "raters",
		}),
		Label::Gold {
			label,
			standing: GoldStanding::Counts,
		} => Some(Preference {
			choice: label,
			confidence: PARTS,
			source: "gold",
		}),
		Label::Undecided | Label::Gold { .. } => None,
	}
}

/// Where labels come from.
struct Origin {
	campaign: CampaignId,
	genesis: H256,
	block: u32,
}

fn line(
	label: &Labelled,
	preference: &Preference,
	origin: &Origin,
	(prompt, a, b): (String, String, String),
) -> Value {
	let (chosen, rejected, votes_for) = match preference.choice {
		Choice::A => (a, b, label.votes_a),
		Choice::B => (b, a, label.votes.saturating_sub(label.votes_a)),
	};
	json!({
		"prompt": prompt,
		"chosen": chosen,
		"rejected": rejected,
		"confidence": f64::from(preference.confidence) / f64::from(PARTS),
		"provenance": {
			"campaign": origin.campaign,
			"item": label.item.item,
			"genesis": hex(&origin.genesis),
			"block": origin.block,
			"source": preference.source,
			"votes": { "for": votes_for, "of": label.votes },
		},
	})
}

/// Texts by content id, each fetched once.
struct Texts<'a> {
	ipfs: &'a Ipfs,
	known: HashMap<String, String>,
}

impl<'a> Texts<'a> {
	fn new(ipfs: &'a Ipfs) -> Self {
		Self {
			ipfs,
			known: HashMap::new(),
		}
	}

	async fn get(&mut self, cid: &str) -> Result<String, Failure> {
		if let Some(text) = self.known.get(cid) {
			return Ok(text.clone());
		}
		let text = content_text(&content(self.ipfs, cid).await?);
		self.known.insert(cid.to_owned(), text.clone());
		Ok(text)
	}
}

#[cfg(test)]
mod tests {
	use weighhouse_client::feedback::Item;

	use super::*;

	fn labelled(label: Label) -> Labelled {
		Labelled {
			item: Item {
				item: 4,
				prompt: "p".into(),
				a: "a".into(),
				b: "b".into(),
			},
			label,
			votes_a: 1,
			votes: 5,
		}
	}

	#[test]
	fn line_has_the_preferred_answer_first() {
		let label = labelled(Label::Preferred {
			choice: Choice::B,
			confidence: 750_000_000,
		});
		let origin = Origin {
			campaign: 2,
			genesis: H256::repeat_byte(1),
			block: 9,
		};
		let preference = preference(&label.label).unwrap();
		let texts = ("prompt".into(), "first".into(), "second".into());
		let line = line(&label, &preference, &origin, texts);
		assert_eq!(line["chosen"], "second");
		assert_eq!(line["rejected"], "first");
		assert_eq!(line["confidence"], 0.75);
		assert_eq!(line["provenance"]["item"], 4);
		assert_eq!(line["provenance"]["votes"], json!({ "for": 4, "of": 5 }));
	}

	#[test]
	fn export_is_refused_with_the_reason_when_nobody_was_weighed() {
		assert!(are_weighed(3, Basis::Scored { gold: 20 }).is_ok());
		let failure = are_weighed(3, Basis::Equal).unwrap_err();
		assert_eq!(failure.exit(), 7);
		let said = failure.to_string();
		assert!(said.contains("the gold was not opened"), "{said}");
		assert!(are_weighed(3, Basis::Nobody).is_err());
	}

	#[test]
	fn item_is_left_out_when_nothing_is_known_of_it() {
		let gold = |standing| Label::Gold {
			label: Choice::A,
			standing,
		};
		assert!(preference(&Label::Undecided).is_none());
		assert!(preference(&gold(GoldStanding::Void)).is_none());
		let counts = preference(&gold(GoldStanding::Counts)).unwrap();
		assert_eq!((counts.confidence, counts.source), (PARTS, "gold"));
	}
}
