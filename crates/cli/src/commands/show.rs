//! `weighhouse show`

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{amount::Percent, Ancestor, Listing, Offer, Version, View};
use weighhouse_manifest::Manifest;
use weighhouse_primitives::{AnswerClass, ListingId, Parent, Share, VersionNumber};

use crate::{
	commands::fetch,
	context::Context,
	failure::Failure,
	output::{bytes, fields, hex, plain, table, wgh, Report},
	values::{self, Target},
};

/// Show a listing: card, versions, lineage, offers, royalties
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse show 2
  weighhouse show 2@1 --card
  weighhouse show 2 --all
  weighhouse show 2 --json --no-card")]
pub struct Opts {
	/// Listing, or listing and version; without a version, the newest that stands
	#[arg(value_name = "LISTING[@VERSION]")]
	target: Target,
	/// Print the whole manifest too
	#[arg(long, conflicts_with = "no_card")]
	card: bool,
	/// Do not ask IPFS for the manifest
	#[arg(long)]
	no_card: bool,
	/// List all versions, not only the newest 20
	#[arg(long)]
	all: bool,
}

/// Versions that are listed unless all are wanted.
const NEWEST: u32 = 20;

/// What is shown.
struct Shown {
	listing: Listing,
	version: Version,
	history: Vec<Version>,
	first_seen: Option<(ListingId, VersionNumber, u32)>,
	lineage: Vec<Ancestor>,
	family: Family,
	offers: Vec<Offer>,
	accrued: u128,
	manifest: Option<Result<Manifest, Failure>>,
}

/// Ancestors by name and parents, to draw the tree.
type Family = BTreeMap<(ListingId, VersionNumber), (String, Vec<Parent>)>;

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let id = opts.target.listing;
	let (listing, version) = fetch::version(&view, opts.target).await?;
	let most = if opts.all { u32::MAX } else { NEWEST };
	let mut history = view.standing(&listing, most).await?;
	history.reverse();
	let lineage = view.lineage(id, version.version).await?;
	let manifest = if opts.no_card {
		None
	} else {
		let ipfs = context.ipfs()?;
		Some(
			fetch::manifest(&ipfs, &version)
				.await
				.map(|(_, manifest)| manifest),
		)
	};
	let shown = Shown {
		first_seen: view.by_artifact_root(version.artifact_root).await?,
		family: family(&view, &lineage).await?,
		offers: view.offers(id).await?,
		accrued: view.accrued(id).await?,
		listing,
		version,
		history,
		lineage,
		manifest,
	};
	Ok(Report {
		json: shown.json(),
		text: shown.text(opts.card),
	})
}

async fn family(view: &View, lineage: &[Ancestor]) -> Result<Family, Failure> {
	let mut family = Family::new();
	for ancestor in lineage {
		let name = view
			.listing(ancestor.listing)
			.await?
			.map(|listing| listing.name);
		let version = view.version(ancestor.listing, ancestor.version).await?;
		let parents = version.map(|version| version.parents).unwrap_or_default();
		family.insert(
			(ancestor.listing, ancestor.version),
			(name.unwrap_or_default(), parents),
		);
	}
	Ok(family)
}

impl Shown {
	fn json(&self) -> Value {
		let Self {
			listing, version, ..
		} = self;
		let (card, error) = match &self.manifest {
			Some(Ok(manifest)) => (serde_json::to_value(manifest).unwrap_or_default(), None),
			Some(Err(failure)) => (Value::Null, Some(failure.to_string())),
			None => (Value::Null, None),
		};
		let history = |version: &Version| {
			json!({
				"version": version.version,
				"published": version.published,
				"yanked": version.yanked,
				"artifactRoot": hex(&version.artifact_root),
			})
		};
		let ancestor = |ancestor: &Ancestor| {
			json!({
				"depth": ancestor.depth,
				"listing": ancestor.listing,
				"version": ancestor.version,
				"relation": values::show_relation(ancestor.relation),
				"royaltyParts": ancestor.royalty,
			})
		};
		json!({
			"listing": listing.id,
			"owner": listing.owner.to_string(),
			"kind": values::show_kind(listing.kind),
			"name": listing.name,
			"task": listing.task,
			"versions": listing.versions,
			"liveVersions": listing.live_versions,
			"dependants": listing.dependants,
			"proposedOwner": listing.proposed_owner.map(|owner| owner.to_string()),
			"version": self.version_json(version),
			"history": self.history.iter().map(history).collect::<Vec<_>>(),
			"older": self.older(),
			"lineage": self.lineage.iter().map(ancestor).collect::<Vec<_>>(),
			"offers": self.offers.iter().map(offer_json).collect::<Vec<_>>(),
			"accrued": self.accrued.to_string(),
			"card": card,
			"cardError": error,
		})
	}

	/// Standing versions that are older than those listed.
	fn older(&self) -> u32 {
		let listed = u32::try_from(self.history.len()).unwrap_or(u32::MAX);
		self.listing.live_versions.saturating_sub(listed)
	}

	fn version_json(&self, version: &Version) -> Value {
		let parent = |parent: &Parent| {
			json!({
				"listing": parent.listing,
				"version": parent.version,
				"relation": values::show_relation(parent.relation),
				"royaltyParts": parent.royalty,
			})
		};
		json!({
			"version": version.version,
			"manifest": version.manifest,
			"artifactRoot": hex(&version.artifact_root),
			"licence": version.licence,
			"derivatives": values::policy_json(version.derivatives),
			"serving": values::show_serving(version.serving),
			"answers": {
				"class": values::show_class(version.answers.class),
				"tau": version.answers.tau,
				"maxLatencyMs": version.answers.max_latency_ms,
				"inputLimit": version.answers.input_limit,
			},
			"parents": version.parents.iter().map(parent).collect::<Vec<_>>(),
			"royalties": version.royalties.iter().map(share_json).collect::<Vec<_>>(),
			"published": version.published,
			"yanked": version.yanked,
			"sealed": version.sealed,
			"firstSeen": self.first_seen.map(|(listing, version, since)| {
				json!({ "listing": listing, "version": version, "since": since })
			}),
			"sameBytesAs": version.same_bytes_as.map(|(listing, version)| {
				json!({ "listing": listing, "version": version })
			}),
		})
	}

	fn text(&self, whole_card: bool) -> String {
		let Self {
			listing, version, ..
		} = self;
		let answers = match version.answers.class {
			AnswerClass::None => "none to compare".to_owned(),
			class => format!(
				"{}, tau {} of 256 bits, within {} ms, inputs up to {}",
				values::show_class(class),
				version.answers.tau,
				version.answers.max_latency_ms,
				bytes(version.answers.input_limit.into()),
			),
		};
		let mut facts = vec![
			(
				"Listing",
				format!("{} {}", listing.id, plain(&listing.name)),
			),
			("Kind", values::show_kind(listing.kind).to_owned()),
			("Task", plain(&listing.task)),
			("Owner", listing.owner.to_string()),
			(
				"Version",
				format!(
					"{} ({} stand), block {}{}",
					version.version,
					listing.live_versions,
					version.published,
					if version.yanked { ", YANKED" } else { "" }
				),
			),
			("Licence", plain(&version.licence)),
			("Derivatives", values::show_policy(version.derivatives)),
			("Serving", values::show_serving(version.serving).to_owned()),
			("Answers", answers),
			("Manifest", version.manifest.clone()),
			("Artifact root", hex(&version.artifact_root)),
		];
		if let Some(recipient) = &version.sealed {
			facts.push((
				"Sealed",
				format!("for {}; buyers get the key", plain(recipient)),
			));
		}
		if let Some((other, version)) = version.same_bytes_as {
			facts.push((
				"Same bytes as",
				format!("{other}@{version}, which was first"),
			));
		}
		facts.push(("Royalties to claim", wgh(self.accrued)));
		let mut parts = vec![fields(&facts), self.card_text(whole_card)];
		if self.history.len() > 1 {
			let row = |version: &Version| {
				let state = if version.yanked { "yanked" } else { "for sale" };
				let number = version.version.to_string();
				vec![
					number,
					version.published.to_string(),
					state.into(),
					plain(&version.licence),
				]
			};
			let heading = ["VERSION", "BLOCK", "STATE", "LICENCE"]
				.map(str::to_owned)
				.to_vec();
			let rows: Vec<_> = std::iter::once(heading)
				.chain(self.history.iter().map(row))
				.collect();
			let older = match self.older() {
				0 => String::new(),
				older => format!("\nand {older} older: --all lists them"),
			};
			parts.push(format!("Versions\n{}{older}", table(&rows, &[0, 1])));
		}
		parts.push(self.lineage_text());
		parts.push(self.offers_text());
		parts.retain(|part| !part.is_empty());
		parts.join("\n\n")
	}

	fn card_text(&self, whole: bool) -> String {
		let manifest = match &self.manifest {
			None => return String::new(),
			Some(Err(failure)) => {
				return format!("Card\nnot shown: {}", plain(&failure.to_string()))
			}
			Some(Ok(manifest)) => manifest,
		};
		if whole {
			let text = serde_json::to_string_pretty(manifest).unwrap_or_default();
			let lines: Vec<_> = text.lines().map(plain).collect();
			return format!("Card\n{}", lines.join("\n"));
		}
		let mut facts = vec![
			(
				"Label",
				format!("{} {}", plain(&manifest.name), plain(&manifest.version)),
			),
			("Description", plain(&manifest.description)),
			(
				"Files",
				format!(
					"{}, {}",
					manifest.artifacts.len(),
					bytes(manifest.total_size())
				),
			),
		];
		for result in &manifest.evaluation {
			let value = format!("{} {} on {}", result.metric, result.value, result.dataset);
			facts.push(("Evaluation", plain(&value)));
		}
		format!("Card\n{}", fields(&facts))
	}

	fn lineage_text(&self) -> String {
		if self.version.parents.is_empty() {
			return String::new();
		}
		let mut lines = vec![format!("{}@{}", self.listing.id, self.version.version)];
		let mut drawn = Vec::new();
		branch(
			&self.version.parents,
			&self.family,
			"",
			&mut drawn,
			&mut lines,
		);
		let mut text = format!("Lineage\n{}", lines.join("\n"));
		if !self.version.royalties.is_empty() {
			let shares = self
				.version
				.royalties
				.iter()
				.map(|share| format!("{} to listing {}", Percent(share.parts), share.listing));
			let shares: Vec<_> = shares.collect();
			text.push_str(&format!("\nOf each sale: {}.", shares.join(", ")));
		}
		text
	}

	fn offers_text(&self) -> String {
		if self.offers.is_empty() {
			return "Offers\nnone open".into();
		}
		let heading = [
			"OFFER", "PRICE", "TERM", "VERSIONS", "RIGHTS", "SEALED", "SOLD", "STATE",
		];
		let mut rows = vec![heading.map(str::to_owned).to_vec()];
		rows.extend(self.offers.iter().map(|offer| {
			let sold = match offer.supply {
				Some(supply) => format!("{} of {supply}", offer.sold),
				None => offer.sold.to_string(),
			};
			vec![
				offer.offer.to_string(),
				wgh(offer.price),
				values::show_term(offer.term),
				values::show_range(offer.first_version, offer.last_version),
				values::show_rights(offer.rights).into(),
				if offer.sealed.is_some() { "yes" } else { "no" }.into(),
				sold,
				offer
					.unavailable
					.map_or("open".into(), |reason| reason.to_string()),
			]
		}));
		format!("Offers\n{}", table(&rows, &[0, 1]))
	}
}

/// Draws `parents` below a node. An ancestor that was drawn already is not unfolded again.
fn branch(
	parents: &[Parent],
	family: &Family,
	indent: &str,
	drawn: &mut Vec<(ListingId, VersionNumber)>,
	lines: &mut Vec<String>,
) {
	for (index, parent) in parents.iter().enumerate() {
		let is_last = index + 1 == parents.len();
		let key = (parent.listing, parent.version);
		let (name, grandparents) = match family.get(&key) {
			Some((name, parents)) => (plain(name), parents.as_slice()),
			None => (String::new(), &[][..]),
		};
		let again = drawn.contains(&key);
		let note = if again && !grandparents.is_empty() {
			", see above"
		} else {
			""
		};
		lines.push(format!(
			"{indent}{} {} {}@{} {name}, royalty {}{note}",
			if is_last { "└─" } else { "├─" },
			values::show_relation(parent.relation),
			parent.listing,
			parent.version,
			Percent(parent.royalty),
		));
		if !again {
			drawn.push(key);
			let deeper = format!("{indent}{}  ", if is_last { " " } else { "│" });
			branch(grandparents, family, &deeper, drawn, lines);
		}
	}
}

fn share_json(share: &Share) -> Value {
	json!({ "listing": share.listing, "parts": share.parts })
}

fn offer_json(offer: &Offer) -> Value {
	json!({
		"listing": offer.listing,
		"offer": offer.offer,
		"opener": offer.opener.to_string(),
		"price": offer.price.to_string(),
		"term": values::term_json(offer.term),
		"firstVersion": offer.first_version,
		"lastVersion": offer.last_version,
		"rights": values::show_rights(offer.rights),
		"transferable": values::is_transferable(offer.transferability),
		"supply": offer.supply,
		"sold": offer.sold,
		"terms": hex(&offer.terms),
		"royalties": offer.royalties.iter().map(share_json).collect::<Vec<_>>(),
		"opened": offer.opened,
		"sealed": offer.sealed,
		"unavailable": offer.unavailable.map(|reason| reason.to_string()),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use weighhouse_primitives::Relation;

	fn parent(listing: ListingId, royalty: u32) -> Parent {
		Parent {
			listing,
			version: 1,
			relation: Relation::Distilled,
			royalty,
		}
	}

	#[test]
	fn tree_unfolds_an_ancestor_once_when_two_lines_lead_to_it() {
		let family = Family::from([
			((1, 1), ("root".to_owned(), vec![])),
			((2, 1), ("middle".to_owned(), vec![parent(1, 50_000_000)])),
			((3, 1), ("other".to_owned(), vec![parent(2, 0)])),
		]);
		let mut lines = Vec::new();
		let parents = [parent(2, 100_000_000), parent(3, 125_000_000)];
		branch(&parents, &family, "", &mut Vec::new(), &mut lines);
		assert_eq!(
			lines,
			[
				"├─ distilled 2@1 middle, royalty 10%",
				"│  └─ distilled 1@1 root, royalty 5%",
				"└─ distilled 3@1 other, royalty 12.5%",
				"   └─ distilled 2@1 middle, royalty 0%, see above",
			]
		);
	}
}
