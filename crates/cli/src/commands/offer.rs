//! `weighhouse offer`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};
use weighhouse_client::{
	amount::Amount,
	calls,
	keys::{account_of, AccountId32},
	NewOffer, View, H256,
};
use weighhouse_primitives::{ListingId, Rights, Term, Transferability, VersionNumber};

use crate::{
	commands::seller,
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
	values::{self, Range},
};

/// Open an offer: sell licences of your listing
///
/// An offer never changes. For another price, close it and open a new one. An offer of licences for a
/// sealed version covers that version alone, and your bond must cover it before anybody can buy: see
/// `seller`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice offer 1 --price 2.5
  weighhouse --suri //Alice offer 1 --price 0.4 --term blocks:43200 --versions 1-2
  weighhouse --suri //Alice offer 1 --price 10 --rights use-and-serve --transferable --supply 100
  weighhouse --suri //Alice offer 1 --price 0.001 --term per-call")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Price of one licence in WGH, fee and royalties included
	#[arg(long, value_name = "WGH")]
	price: Amount,
	/// Versions covered: N or FIRST-LAST, at most 8; without it, the newest that is not yanked
	#[arg(long)]
	versions: Option<Range>,
	#[command(flatten)]
	terms: Terms,
}

/// What `offer` and `publish` ask alike.
#[derive(Args, Clone, Debug)]
pub struct Terms {
	/// How long a licence holds: perpetual, blocks:N, calls:N or per-call
	#[arg(long, default_value = "perpetual", value_parser = values::term)]
	term: Term,
	/// What it allows: use, serve or use-and-serve
	#[arg(long, default_value = "use", value_parser = values::rights)]
	rights: Rights,
	/// Let holders hand licences on
	#[arg(long)]
	transferable: bool,
	/// Sell at most so many
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
	supply: Option<u32>,
	/// Text of the terms, of which the offer records the sha256; without it, of the licence
	/// expression of the newest version covered
	#[arg(long, value_name = "FILE")]
	terms: Option<PathBuf>,
}

impl Terms {
	/// Whether licences are sold, and not single calls.
	pub fn sells_licences(&self) -> bool {
		self.term != Term::PerCall
	}

	/// Reads the file before anything is sent, so that a wrong path costs nothing.
	pub fn digest(&self, licence: &str) -> Result<H256, Failure> {
		let digest = |bytes: &[u8]| H256(Sha256::digest(bytes).into());
		let read = |path: &Path| {
			std::fs::read(path).map_err(|source| Failure::File {
				path: path.to_owned(),
				source,
			})
		};
		match &self.terms {
			Some(path) => Ok(digest(&read(path)?)),
			None => Ok(digest(licence.as_bytes())),
		}
	}

	/// The offer that these terms make of a price and versions.
	pub fn offer(&self, price: Amount, versions: Range, terms: H256) -> NewOffer {
		NewOffer {
			price: price.0,
			term: self.term,
			first_version: versions.first,
			last_version: versions.last,
			rights: self.rights,
			transferability: if self.transferable {
				Transferability::Transferable
			} else {
				Transferability::Bound
			},
			supply: self.supply,
			terms,
		}
	}
}

/// The newest version of a listing that is not yanked. If all are, the newest that stands: what is
/// wrong with it is for the chain to say.
pub async fn newest(view: &View, listing: ListingId) -> Result<VersionNumber, Failure> {
	let missing = || Failure::NotFound(format!("listing {listing}"));
	let listing = view.listing(listing).await?.ok_or_else(missing)?;
	let newest = match view.newest_for_sale(&listing).await? {
		Some(version) => version,
		None => view.newest_standing(&listing).await?.ok_or_else(missing)?,
	};
	Ok(newest.version)
}

/// What the seller of a sealed version is told if its bond does not cover a sale at this price.
pub async fn uncovered(
	view: &View,
	account: &AccountId32,
	price: Amount,
) -> Result<Option<String>, Failure> {
	let seller = view.seller(account).await?;
	Ok(seller::uncovered(seller.as_ref(), price.0))
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let Opts {
		listing,
		price,
		versions,
		terms,
	} = opts;
	let key = context.key()?;
	let client = context.client().await?;
	let view = client.best().await?;
	let newest = newest(&view, listing).await?;
	let versions = versions.unwrap_or(Range {
		first: newest,
		last: newest,
	});
	// A version that is not there is for the chain to refuse.
	let version = view.version(listing, versions.last).await?;
	let sealed = version.as_ref().and_then(|version| version.sealed.clone());
	let licence = version.map(|version| version.licence);
	let digest = terms.digest(&licence.unwrap_or_default())?;
	if sealed.is_some() && terms.sells_licences() {
		if let Some(note) = uncovered(&view, &account_of(&key), price).await? {
			context.tell(&note);
		}
	}
	let call = calls::open_offer(listing, terms.offer(price, versions, digest));
	let included = context
		.submit(&client, &call, &key, "Opening the offer")
		.await?;
	let offer = calls::opened(&included)?;
	Ok(Report {
		json: json!({
			"listing": listing,
			"offer": offer,
			"price": price.0.to_string(),
			"firstVersion": versions.first,
			"lastVersion": versions.last,
			"term": values::term_json(terms.term),
			"sealed": sealed,
			"tx": transaction(&included),
		}),
		text: format!(
			"Opened offer {offer} of listing {listing}, version {}, at {}, {}, {}.",
			values::show_range(versions.first, versions.last),
			wgh(price.0),
			values::show_term(terms.term),
			settled(&included),
		),
	})
}
