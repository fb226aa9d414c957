//! `weighhouse search`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{keys::AccountId32, Listing, View};
use weighhouse_primitives::{Kind, ListingId};

use crate::{
	context::Context,
	failure::Failure,
	output::{plain, table, Report},
	values,
};

/// Records asked for at once.
const PAGE: u32 = 100;

/// Find listings
///
/// TEXT is looked for in name and task, whatever its case.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse search
  weighhouse search digits
  weighhouse search --kind dataset --owner //Alice
  weighhouse search --task image-classification --json")]
pub struct Opts {
	/// Part of the name or task
	text: Option<String>,
	/// Only this kind: model, dataset or adapter
	#[arg(long, value_parser = values::kind)]
	kind: Option<Kind>,
	/// Only this task, a Hugging Face pipeline tag
	#[arg(long)]
	task: Option<String>,
	/// Only listings of this account
	#[arg(long, value_parser = values::account)]
	owner: Option<AccountId32>,
	/// At most so many
	#[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
	limit: u32,
	/// Begin with this listing; an earlier search says where it stopped
	#[arg(long, default_value_t = 1, value_name = "LISTING")]
	from: ListingId,
}

impl Opts {
	fn wants(&self, listing: &Listing) -> bool {
		let text = self.text.as_deref().unwrap_or_default().to_lowercase();
		(listing.name.to_lowercase().contains(&text) || listing.task.contains(&text))
			&& self.kind.is_none_or(|kind| listing.kind == kind)
			&& self.task.as_ref().is_none_or(|task| listing.task == *task)
			&& self.owner.is_none_or(|owner| listing.owner == owner)
	}
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let view = context.view().await?;
	let _spinner = context.spinner("Reading the chain".into());
	let limit = usize::try_from(opts.limit).unwrap_or(usize::MAX);
	let (found, next) = collect(&view, opts.from, limit, |listing| opts.wants(listing)).await?;
	let mut rows = vec![["LISTING", "NAME", "KIND", "TASK", "VERSIONS", "OWNER"]
		.map(str::to_owned)
		.to_vec()];
	rows.extend(found.iter().map(|listing| {
		vec![
			listing.id.to_string(),
			plain(&listing.name),
			values::show_kind(listing.kind).to_owned(),
			plain(&listing.task),
			listing.live_versions.to_string(),
			listing.owner.to_string(),
		]
	}));
	let more = next
		.map(|next| format!("\nMore with --from {next}."))
		.unwrap_or_default();
	let text = if found.is_empty() {
		format!("No listing fits.{more}")
	} else {
		format!("{}{more}", table(&rows, &[0, 4]))
	};
	let listings: Vec<_> = found.iter().map(to_json).collect();
	Ok(Report {
		json: json!({ "listings": listings, "next": next }),
		text,
	})
}

/// Every listing that `wants` takes.
pub async fn all(view: &View, wants: impl Fn(&Listing) -> bool) -> Result<Vec<Listing>, Failure> {
	Ok(collect(view, 1, usize::MAX, wants).await?.0)
}

/// A listing for scripts.
pub fn to_json(listing: &Listing) -> Value {
	json!({
		"listing": listing.id,
		"owner": listing.owner.to_string(),
		"kind": values::show_kind(listing.kind),
		"name": listing.name,
		"task": listing.task,
		"versions": listing.versions,
		"liveVersions": listing.live_versions,
	})
}

/// The first `limit` listings from `from` on that `wants` takes, and where to go on.
async fn collect(
	view: &View,
	from: ListingId,
	limit: usize,
	wants: impl Fn(&Listing) -> bool,
) -> Result<(Vec<Listing>, Option<ListingId>), Failure> {
	let mut found = Vec::new();
	let mut next = Some(from);
	while let Some(from) = next {
		let page = view.listings(from, PAGE).await?;
		for listing in page.listings {
			if found.len() == limit {
				return Ok((found, Some(listing.id)));
			}
			if wants(&listing) {
				found.push(listing);
			}
		}
		// A page that does not move on would be asked for for ever.
		next = page.next.filter(|next| *next > from);
	}
	Ok((found, None))
}
