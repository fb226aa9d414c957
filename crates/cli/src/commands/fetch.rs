//! `weighhouse fetch`

use std::path::PathBuf;

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{
	fetch::{self, Outcome, SealedForm, Wanted},
	ipfs::{Ipfs, Progress},
	sealed::Identity,
	Client, Listing, Version, View,
};
use weighhouse_manifest::Manifest;
use weighhouse_primitives::{ContentId, Right};

use crate::{
	commands::{
		sealed,
		vault::{identity_of, Unlocking},
	},
	context::Context,
	failure::{Failure, MissingKey},
	output::{bytes, hex, plain, Report},
	values::Target,
};

/// Download a version and check every byte
///
/// What is on IPFS is public: a licence is what lets you use it. Run it again to go on after an
/// interruption.
///
/// The files of a sealed version are decrypted as they come, by the key that was delivered to the account
/// that signs, by the vault of the seller, or by an age identity. Its bytes are checked before and after.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse fetch 1
  weighhouse --suri //Bob fetch 1@2 --out models/digits --require-licence
  weighhouse --suri //Bob fetch 3
  weighhouse fetch 3 --identity digits.key
  weighhouse fetch 3 --vault seller.vault")]
pub struct Opts {
	/// Listing, or listing and version; without a version, the newest that stands
	#[arg(value_name = "LISTING[@VERSION]")]
	target: Target,
	/// Folder for the files; without it, NAME-vVERSION here
	#[arg(short, long, value_name = "DIR")]
	out: Option<PathBuf>,
	/// Do nothing if the key's account holds no licence
	#[arg(long)]
	require_licence: bool,
	/// Open a sealed version by the age identity in this file
	#[arg(long, value_name = "FILE", conflicts_with = "vault")]
	identity: Option<PathBuf>,
	/// Open a sealed version of your own by its vault
	#[arg(long, value_name = "FILE")]
	vault: Option<PathBuf>,
	#[command(flatten)]
	unlocking: Unlocking,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let account = if opts.require_licence {
		Some(context.account(None)?)
	} else {
		context.own_account()?
	};
	let client = context.client().await?;
	let view = client.best().await?;
	let id = opts.target.listing;
	let (listing, version) = version(&view, opts.target).await?;
	let number = version.version;
	let licensed = match account {
		Some(account) if account == listing.owner => Some(true),
		Some(account) => Some(view.has_licence(&account, id, number, Right::Use).await?),
		None => None,
	};
	if let (Some(account), Some(false), true) = (account, licensed, opts.require_licence) {
		let account = account.to_string();
		return Err(Failure::NoLicence {
			account,
			listing: id,
			version: number,
		});
	}
	if licensed != Some(true) && version.sealed.is_none() {
		context.tell(&format!(
			"Note: {}. The bytes are public, the right to use them is not: see `weighhouse quote {id}`.",
			match licensed {
				Some(_) => "this account holds no licence for this version",
				None => "no key was given, so nobody looked for a licence",
			}
		));
	}
	if version.yanked {
		context.tell("Note: this version was yanked by its owner.");
	}
	let ipfs = context.ipfs()?;
	let (cid, manifest) = manifest(&ipfs, &version).await?;
	let wanted = wanted(&cid, &manifest)?;
	fetch::check_list(&wanted, &version.artifact_root.0)?;
	let identity = if wanted.iter().any(|file| file.sealed.is_some()) {
		Some(identity(&opts, &client, &view, &listing, &version, context).await?)
	} else {
		None
	};
	let folder = opts
		.out
		.unwrap_or_else(|| folder_name(&listing.name, id, number).into());
	let folder = std::path::absolute(&folder).map_err(|source| Failure::File {
		path: folder.clone(),
		source,
	})?;
	let mut files = Vec::new();
	for file in &wanted {
		let bar = context.bar(file.size, &plain(&file.path));
		let moving = bar.clone();
		let progress = Progress::new(move |at| moving.set_position(at));
		let outcome = fetch::file(&ipfs, &folder, file, identity.as_ref(), &progress).await;
		bar.finish_and_clear();
		files.push((file, outcome?));
	}
	fetch::tidy(&folder).await;
	let total: u64 = wanted
		.iter()
		.map(|file| file.size)
		.fold(0, u64::saturating_add);
	let rows: Vec<String> = files
		.iter()
		.map(|(file, outcome)| {
			format!(
				"  {}  {}, {}",
				plain(&file.path),
				bytes(file.size),
				show(*outcome)
			)
		})
		.collect();
	Ok(Report {
		json: json!({
			"listing": id,
			"version": number,
			"manifest": version.manifest,
			"artifactRoot": hex(&version.artifact_root),
			"directory": folder.display().to_string(),
			"licensed": licensed,
			"files": files.iter().map(|(file, outcome)| to_json(file, *outcome)).collect::<Vec<_>>(),
			"bytes": total,
			"verified": true,
		}),
		text: format!(
			"{}\nAll {} files, {}, in {} are what was published as {id}@{number}.",
			rows.join("\n"),
			wanted.len(),
			bytes(total),
			folder.display(),
		),
	})
}

/// What opens a sealed version.
async fn identity(
	opts: &Opts,
	client: &Client,
	view: &View,
	listing: &Listing,
	version: &Version,
	context: &Context,
) -> Result<Identity, Failure> {
	let given = match (&opts.identity, &opts.vault) {
		(Some(path), _) => Some(sealed::read_identity(path)?),
		(None, Some(path)) => {
			let vault = opts.unlocking.open(path)?;
			Some(identity_of(&vault, &version.artifact_root))
		}
		(None, None) => None,
	};
	if let Some(identity) = given {
		sealed::check_identity(version, &identity)?;
		return Ok(identity);
	}
	match context.own_account()? {
		Some(_) => sealed::bought(client, view, &context.key()?, listing, version).await,
		None => Err(Failure::Sealed {
			listing: listing.id,
			version: version.version,
			missing: MissingKey::NoAccount,
		}),
	}
}

/// A listing and the version that is named, or else its newest that stands.
pub async fn version(view: &View, target: Target) -> Result<(Listing, Version), Failure> {
	let id = target.listing;
	let missing = || Failure::NotFound(format!("listing {id}"));
	let listing = view.listing(id).await?.ok_or_else(missing)?;
	let version = match target.version {
		Some(number) => view
			.version(id, number)
			.await?
			.ok_or_else(|| Failure::NotFound(format!("version {id}@{number}")))?,
		None => view.newest_standing(&listing).await?.ok_or_else(missing)?,
	};
	Ok((listing, version))
}

/// The manifest of a version, verified and read.
pub async fn manifest(ipfs: &Ipfs, version: &Version) -> Result<(String, Manifest), Failure> {
	let foreign = |reason: String| Failure::ForeignManifest {
		cid: version.manifest.clone(),
		reason,
	};
	let cid = ContentId::parse(version.manifest.as_bytes())
		.map_err(|error| foreign(error.to_string()))?;
	let bytes = fetch::manifest(ipfs, &cid).await?;
	let manifest = Manifest::parse(&bytes).map_err(|error| foreign(error.to_string()))?;
	Ok((cid.to_text(), manifest))
}

/// The files of a version as the downloader takes them.
pub fn wanted(cid: &str, manifest: &Manifest) -> Result<Vec<Wanted>, Failure> {
	let foreign = |path: &str| Failure::ForeignManifest {
		cid: cid.to_owned(),
		reason: format!("it names no content id for `{path}`"),
	};
	let file = |artifact: &weighhouse_manifest::Artifact| {
		Ok(Wanted {
			path: artifact.path.clone(),
			size: artifact.size,
			sha256: artifact.sha256.0,
			cid: artifact.cid.ok_or_else(|| foreign(&artifact.path))?,
			sealed: artifact.sealed.as_ref().map(|sealed| SealedForm {
				size: sealed.size,
				sha256: sealed.sha256.0,
			}),
		})
	};
	manifest.artifacts.iter().map(file).collect()
}

fn to_json(file: &Wanted, outcome: Outcome) -> Value {
	json!({
		"path": file.path,
		"size": file.size,
		"sha256": hex::encode(file.sha256),
		"sealed": file.sealed.is_some(),
		"state": show(outcome),
	})
}

fn show(outcome: Outcome) -> &'static str {
	match outcome {
		Outcome::Present => "present",
		Outcome::Resumed => "resumed",
		Outcome::Fetched => "fetched",
	}
}

/// A folder name from a stranger's listing name: letters, digits, `-`, `_` and inner dots.
fn folder_name(name: &str, listing: u32, version: u32) -> String {
	let safe = |c: char| {
		if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
			c
		} else {
			'-'
		}
	};
	let name: String = name.chars().map(safe).collect();
	let name = name.trim_matches(['.', '-']);
	if name.is_empty() {
		return format!("listing-{listing}-v{version}");
	}
	format!("{name}-v{version}")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn folder_name_stays_here_when_a_listing_name_would_leave() {
		assert_eq!(folder_name("digits", 1, 2), "digits-v2");
		assert_eq!(folder_name("../../etc/passwd", 1, 1), "etc-passwd-v1");
		assert_eq!(folder_name("/", 7, 1), "listing-7-v1");
		assert_eq!(folder_name("..", 7, 1), "listing-7-v1");
		assert_eq!(folder_name("a b\\c:d", 1, 1), "a-b-c-d-v1");
		assert_eq!(folder_name("模型 1.0", 1, 1), "模型-1.0-v1");
	}
}
