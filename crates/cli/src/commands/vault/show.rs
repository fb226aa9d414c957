//! `weighhouse vault show`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tokio::task::block_in_place;
use weighhouse_client::H256;
use weighhouse_manifest::{BuildOptions, Builder};

use super::{identity_of, Unlocking};
use crate::{
	commands::{fetch, sealed},
	context::Context,
	failure::Failure,
	output::{hex, Report},
	values::Target,
};

/// Say whether a vault opens, and whom it seals a model for
///
/// For a model folder it shows the recipient for whom its files would be sealed. For a version on
/// chain it looks whether this is the vault that it was sealed with. Do this with a backup, too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse vault show seller.vault
  weighhouse vault show seller.vault models/digits
  weighhouse vault show seller.vault 1@1 --vault-key age-key.txt")]
pub struct Opts {
	/// The vault
	#[arg(value_name = "FILE")]
	vault: PathBuf,
	/// A listing, a listing and version, or else a model folder
	#[arg(value_name = "LISTING[@VERSION]|DIR")]
	of: Option<String>,
	#[command(flatten)]
	unlocking: Unlocking,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let path = opts.vault.display().to_string();
	let vault = opts.unlocking.open(&opts.vault)?;
	let Some(of) = opts.of else {
		return Ok(Report {
			json: json!({
				"vault": path,
				"listing": null,
				"version": null,
				"artifactRoot": null,
				"recipient": null,
				"fits": null,
			}),
			text: format!("{path} opens."),
		});
	};
	let (version, root) = match of.parse::<Target>() {
		Ok(target) => {
			let (_, version) = fetch::version(&context.view().await?, target).await?;
			let root = version.artifact_root;
			(Some(version), root)
		}
		Err(_) => {
			let builder = Builder::from_dir(Path::new(&of), BuildOptions::default())?;
			let bar = context.bar(builder.total_size(), "Reading");
			let manifest = block_in_place(|| builder.build(|progress| bar.inc(progress.bytes)));
			bar.finish_and_clear();
			(None, H256(manifest?.artifact_root.0))
		}
	};
	let identity = identity_of(&vault, &root);
	let recipient = identity.recipient().to_text();
	if let Some(version) = &version {
		sealed::check_identity(version, &identity)?;
	}
	let text = match &version {
		Some(version) => format!(
			"{path} opens, and is what {}@{} was sealed with, for {recipient}.",
			version.listing, version.version
		),
		None => format!("{path} opens, and seals these files for {recipient}."),
	};
	Ok(Report {
		json: json!({
			"vault": path,
			"listing": version.as_ref().map(|version| version.listing),
			"version": version.as_ref().map(|version| version.version),
			"artifactRoot": hex(&root),
			"recipient": recipient,
			"fits": version.as_ref().map(|_| true),
		}),
		text,
	})
}
