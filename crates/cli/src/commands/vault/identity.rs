//! `weighhouse vault identity`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use weighhouse_primitives::{ListingId, VersionNumber};

use super::{identity_of, Unlocking};
use crate::{
	commands::{fetch, sealed},
	context::Context,
	failure::Failure,
	output::Report,
	values::{self, Target},
};

/// Write the key of one version to a file that stock age takes
///
/// It is the key that every buyer of the version gets: whoever has the file reads all of the version's
/// files, for good.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  weighhouse vault identity seller.vault 1@1 --out digits.key")]
pub struct Opts {
	/// The vault
	#[arg(value_name = "FILE")]
	vault: PathBuf,
	/// The version
	#[arg(value_name = "LISTING@VERSION", value_parser = values::exact)]
	version: (ListingId, VersionNumber),
	/// Where to write it
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
	#[command(flatten)]
	unlocking: Unlocking,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let (listing, number) = opts.version;
	let target = Target {
		listing,
		version: Some(number),
	};
	let (_, version) = fetch::version(&context.view().await?, target).await?;
	let vault = opts.unlocking.open(&opts.vault)?;
	let identity = identity_of(&vault, &version.artifact_root);
	sealed::check_identity(&version, &identity)?;
	sealed::write_identity(&opts.out, &identity, listing, number)?;
	let out = opts.out.display();
	Ok(Report {
		json: json!({
			"listing": listing,
			"version": number,
			"recipient": identity.recipient().to_text(),
			"out": out.to_string(),
		}),
		text: format!(
			"The key of {listing}@{number} is in {out}: age --decrypt --identity {out} SEALED-FILE\n\
			 Whoever has this file reads all that is sealed in {listing}@{number}."
		),
	})
}
