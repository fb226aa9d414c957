//! `weighhouse publish`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{json, Value};
use tokio::task::block_in_place;
use weighhouse_client::{
	amount::{Amount, Percent},
	calls,
	ipfs::{Ipfs, Progress},
	keys::{account_of, Keypair},
	sealed::{Recipient, Vault},
	Client, Included, Listing, Plan, Publication, H256,
};
use weighhouse_manifest::{
	Artifact, BuildOptions, Builder, LineageEntry, Manifest, Role, Sealed, Sha256Digest, SourceFile,
};
use weighhouse_primitives::{
	ContentId, DerivativePolicy, Kind, ListingId, OfferId, Parent, Serving, VersionNumber,
};

use crate::{
	commands::{
		offer::{self, Terms},
		vault::{identity_of, Unlocking},
	},
	context::Context,
	failure::Failure,
	output::{bytes, hex, plain, settled, transaction, wgh, Report},
	values::{self, ParentArgument, Range},
};

mod claim;

use claim::Claim;

/// Longest name of a listing, in bytes.
const MAX_NAME: usize = 64;
/// Longest task of a listing, in bytes.
const MAX_TASK: usize = 32;
/// Longest text of a licence that a sealed version leaves open, in bytes.
const MAX_LICENCE: u64 = 1 << 20;
/// Hidden files that people are told of one by one.
const SHOWN: usize = 8;

/// List a model from the folder it lives in
///
/// Reads the folder's README.md with its Hugging Face front matter, and weighhouse.yaml if there is
/// one; checks everything, and asks the chain what it would refuse; adds the files to IPFS; registers
/// a listing, or adds a version to one. Hidden files are not published.
///
/// With --sealed every file is encrypted while it is added, but for the card and the text of the licence,
/// which buyers read before. A buyer gets the key by paying: run `deliver`, and put a bond aside with
/// `seller bond`. The folder itself stays as it is.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse publish models/digits --dry-run
  weighhouse --suri //Alice publish models/digits --price 5 --derivatives royalty:10%
  weighhouse --suri //Bob publish models/digits-small --parent 1@1:distilled:10% --price 1
  weighhouse --suri //Alice publish models/digits --listing 1 --version-name 1.1.0
  weighhouse --suri //Alice publish models/digits --claim
  weighhouse --suri //Alice publish models/digits --sealed --vault seller.vault --price 5")]
pub struct Opts {
	/// Folder of the model
	#[arg(value_name = "DIR")]
	folder: PathBuf,
	/// Add a version to this listing instead of registering a new one. The listing keeps its kind, name
	/// and task for good
	#[arg(long)]
	listing: Option<ListingId>,
	/// Kind of the listing: model, dataset or adapter; without it, what the folder says
	#[arg(long, value_parser = values::kind)]
	kind: Option<Kind>,
	/// Name; without it, what the folder says
	#[arg(long)]
	name: Option<String>,
	/// Task, a Hugging Face pipeline tag; without it, what the card says
	#[arg(long)]
	task: Option<String>,
	/// Label of the version in the manifest
	#[arg(long, value_name = "LABEL")]
	version_name: Option<String>,
	/// What it was made from, and its share of each sale; may be given several times, and replaces
	/// what the folder says. Without a version, the newest that is not yanked
	#[arg(long, value_name = "LISTING[@VERSION]:RELATION:PERCENT")]
	parent: Vec<ParentArgument>,
	/// What others may derive: forbidden, royalty:PERCENT or licensed:PERCENT; without it, what the
	/// folder says, else royalty:0
	#[arg(long, value_name = "POLICY", value_parser = values::policy)]
	derivatives: Option<DerivativePolicy>,
	/// Who may serve it: anyone, licensed or owner; without it, what the folder says, else anyone
	#[arg(long, value_parser = values::serving)]
	serving: Option<Serving>,
	/// Open an offer for the new version at this price in WGH
	#[arg(long, value_name = "WGH")]
	price: Option<Amount>,
	#[command(flatten)]
	terms: Terms,
	/// First claim the files without showing them, before they leave this machine, so that nobody who
	/// sees them or the transaction can be first with them. Goes on from an own claim that is there
	#[arg(long)]
	claim: bool,
	/// Go on from a claim that was made with this salt
	#[arg(long, value_name = "HEX", value_parser = values::hash)]
	claim_salt: Option<H256>,
	/// Encrypt the files for those who buy
	#[arg(long, requires = "vault")]
	sealed: bool,
	/// The vault from which the key of the files follows, see `vault create`
	#[arg(long, value_name = "FILE", requires = "sealed")]
	vault: Option<PathBuf>,
	#[command(flatten)]
	unlocking: Unlocking,
	/// Build and check everything, but contact neither the chain nor IPFS
	#[arg(long)]
	dry_run: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	// Whoever cannot be reached is noticed before a large folder is read.
	let connection = if opts.dry_run {
		None
	} else {
		Some((context.key()?, context.client().await?))
	};
	let client = connection.as_ref().map(|(_, client)| client);
	let lineage = lineage(&opts.parent, client).await?;
	let builder = Builder::from_dir(
		&opts.folder,
		BuildOptions {
			name: opts.name.clone(),
			version: opts.version_name.clone(),
			kind: opts.kind,
			task: opts.task.clone(),
			derivatives: opts.derivatives.map(Into::into),
			serving: opts.serving,
			lineage,
			..Default::default()
		},
	)?;
	let warning = match unpaid(&builder.lineage()) {
		Some(reason) if !opts.dry_run => return Err(Failure::BadInput(reason)),
		warning => warning,
	};
	let vault = opts.vault.as_deref();
	for secret in vault.into_iter().chain(opts.unlocking.files()) {
		check_outside(builder.files(), secret)?;
	}
	let vault = vault.map(|path| opts.unlocking.open(path)).transpose()?;
	let mut manifest = build(&builder, context)?;
	let recipient = recipient(vault.as_ref(), &manifest)?;
	let draft = Draft::new(&opts, &manifest, builder.hidden(), recipient)?;
	let terms = opts.terms.digest(manifest.spdx())?;
	let Some((key, client)) = connection else {
		return dry_run(&opts, &draft, &manifest, warning.as_deref());
	};
	if let Some(note) = draft.hidden_note() {
		context.tell(&note);
	}
	for note in check(&opts, &draft, &manifest, &client, &key, context).await? {
		context.tell(&note);
	}
	let ipfs = context.ipfs()?;
	ipfs.id().await?;
	// Before anything leaves this machine: who sees the files could claim them, too.
	let claim = if opts.claim || opts.claim_salt.is_some() {
		let root = H256(manifest.artifact_root.0);
		Some(Claim::make(&client, &key, root, opts.claim_salt, context).await?)
	} else {
		None
	};
	let sent = async {
		let recipient = draft.recipient.as_ref();
		add_files(&ipfs, builder.files(), recipient, &mut manifest, context).await?;
		let encoded = manifest.to_canonical_json()?;
		let cid = ipfs.put_raw_block(&encoded).await?;
		context.tell(&format!("Manifest {}", cid.to_text()));
		let publication = publication(&manifest, cid, claim.as_ref(), recipient);
		let included = match opts.listing {
			Some(listing) => {
				let call = calls::add_version(listing, publication);
				context
					.submit(&client, &call, &key, "Adding the version")
					.await?
			}
			None => {
				let call = calls::register(manifest.kind, &draft.name, &draft.task, publication);
				context.submit(&client, &call, &key, "Registering").await?
			}
		};
		Ok::<_, Failure>((cid, encoded.len(), included))
	}
	.await;
	let (cid, encoded, included) = sent.map_err(|failure| match &claim {
		Some(claim) => claim.left_by(failure),
		None => failure,
	})?;
	let listing = match opts.listing {
		Some(listing) => listing,
		None => calls::registered(&included)?,
	};
	let (version, same_bytes_as) = calls::published(&included)?;
	context.tell(&format!(
		"Published {listing}@{version}, {}.",
		settled(&included)
	));
	let offer = match opts.price {
		Some(price) => {
			let versions = Range {
				first: version,
				last: version,
			};
			let call = calls::open_offer(listing, opts.terms.offer(price, versions, terms));
			let opened = context
				.submit(&client, &call, &key, "Opening the offer")
				.await;
			let opened = opened.map_err(|failure| match failure {
				Failure::Chain(source) => Failure::NoOffer {
					listing,
					version,
					source,
				},
				other => other,
			})?;
			Some((calls::opened(&opened)?, opened))
		}
		None => None,
	};
	let done = Done {
		listing,
		version,
		cid,
		same_bytes_as,
		included,
		offer,
		claim,
	};
	Ok(done.report(&opts, &draft, &manifest, encoded))
}

/// Asks the chain what it would refuse. Gives what a person is to be told.
async fn check(
	opts: &Opts,
	draft: &Draft,
	manifest: &Manifest,
	client: &Client,
	key: &Keypair,
	context: &Context,
) -> Result<Vec<String>, Failure> {
	let account = account_of(key);
	let view = client.best().await?;
	let kept = match opts.listing {
		Some(listing) => {
			let found = view.listing(listing).await?;
			let found = found.ok_or_else(|| Failure::NotFound(format!("listing {listing}")))?;
			Kept::of(&found, draft, manifest.kind)
		}
		None => Vec::new(),
	};
	let plan = Plan {
		listing: opts.listing,
		labels: draft.name.len().saturating_add(draft.task.len()),
		licence: manifest.spdx().len(),
		parents: &manifest.parents(),
		price: opts.price.map(|price| price.0),
		tip: context.tip(),
	};
	view.check_publication(&account, &plan).await?;
	let mut notes = Vec::new();
	notes.extend(Kept::note(&kept, opts)?);
	if draft.recipient.is_some() {
		let root = H256(manifest.artifact_root.0);
		if let Some((listing, version, _)) = view.by_artifact_root(root).await? {
			let same = view.version(listing, version).await?;
			if same.is_some_and(|same| same.sealed.is_none()) {
				notes.push(format!(
					"Note: {listing}@{version} has the same files, open to all, so sealing hides nothing."
				));
			}
		}
		if let Some(price) = opts.price.filter(|_| opts.terms.sells_licences()) {
			notes.extend(offer::uncovered(&view, &account, price).await?);
		}
	}
	Ok(notes)
}

/// Whom the files are sealed for, if they are.
fn recipient(vault: Option<&Vault>, manifest: &Manifest) -> Result<Option<Recipient>, Failure> {
	let Some(vault) = vault else {
		return Ok(None);
	};
	check_licence_text(manifest)?;
	if !manifest
		.artifacts
		.iter()
		.any(|artifact| is_sealed(artifact, manifest))
	{
		return Err(Failure::BadInput(
			"there is nothing to seal: the folder holds only what buyers read before".into(),
		));
	}
	let identity = identity_of(vault, &H256(manifest.artifact_root.0));
	Ok(Some(identity.recipient()))
}

/// Refuses to leave open as the text of the licence what is sold: what a model works by, or is too long to
/// be read before buying.
fn check_licence_text(manifest: &Manifest) -> Result<(), Failure> {
	let text = manifest.licence.text.as_deref();
	let Some(text) = text.and_then(|path| manifest.artifact(path)) else {
		return Ok(());
	};
	if text.role == Role::Card || (text.role == Role::Other && text.size <= MAX_LICENCE) {
		return Ok(());
	}
	Err(Failure::BadInput(format!(
		"`{}` is named as the text of the licence, which stays open to all, but is {}: name the text \
		 itself as `licence.text` in weighhouse.yaml",
		plain(&text.path),
		match text.role {
			Role::Other => format!("{} long", bytes(text.size)),
			_ => "a file of the model".to_owned(),
		},
	)))
}

/// Whether a sealed version seals this file: all but what a buyer has to read before.
fn is_sealed(artifact: &Artifact, manifest: &Manifest) -> bool {
	artifact.role != Role::Card && manifest.licence.text.as_deref() != Some(artifact.path.as_str())
}

/// A field of a listing that stays what it is, while the manifest of a new version says something else.
struct Kept {
	/// The option that the manifest's value may come from.
	option: &'static str,
	/// What the listing keeps.
	listing: String,
	/// What the manifest says.
	manifest: String,
}

impl Kept {
	fn of(listing: &Listing, draft: &Draft, kind: Kind) -> Vec<Self> {
		let (listed, said) = (values::show_kind(listing.kind), values::show_kind(kind));
		[
			("--kind", listed, said),
			("--name", listing.name.as_str(), draft.name.as_str()),
			("--task", listing.task.as_str(), draft.task.as_str()),
		]
		.into_iter()
		.filter(|(_, listing, manifest)| listing != manifest)
		.map(|(option, listing, manifest)| Self {
			option,
			listing: listing.to_owned(),
			manifest: manifest.to_owned(),
		})
		.collect()
	}

	/// Refuses an option that would change a listing, and tells of what the folder says differently.
	fn note(kept: &[Self], opts: &Opts) -> Result<Option<String>, Failure> {
		let is_given = |kept: &&Self| match kept.option {
			"--kind" => opts.kind.is_some(),
			"--name" => opts.name.is_some(),
			_ => opts.task.is_some(),
		};
		if let Some(Self {
			option,
			listing,
			manifest,
		}) = kept.iter().find(is_given)
		{
			let field = option.trim_start_matches('-');
			return Err(Failure::Usage(format!(
				"the {field} of the listing is `{listing}` for good, and {option} {manifest} would only \
				 be in the manifest of this version: leave {option} away, or publish a new listing \
				 without --listing",
				listing = plain(listing),
				manifest = plain(manifest),
			)));
		}
		let differs = kept.iter().map(|kept| {
			format!(
				"the {} `{}` where this manifest says `{}`",
				kept.option.trim_start_matches('-'),
				plain(&kept.listing),
				plain(&kept.manifest)
			)
		});
		let differs = differs.collect::<Vec<_>>().join(", and ");
		Ok((!differs.is_empty()).then(|| format!("Note: the listing keeps {differs}.")))
	}
}

/// What the manifest does not say as the chain takes it, checked before anything leaves this machine.
struct Draft {
	name: String,
	task: String,
	/// What lies in the folder and is not published.
	hidden: Vec<String>,
	/// Whom the files are sealed for, if they are.
	recipient: Option<Recipient>,
}

impl Draft {
	fn new(
		opts: &Opts,
		manifest: &Manifest,
		hidden: &[String],
		recipient: Option<Recipient>,
	) -> Result<Self, Failure> {
		let name = manifest.name.clone();
		if name.is_empty() || name.len() > MAX_NAME || name.contains(char::is_control) {
			return Err(Failure::BadInput(format!(
				"the name `{}` must have 1 to {MAX_NAME} bytes and no control characters: give \
				 --name",
				plain(&name)
			)));
		}
		let task = manifest.task().unwrap_or_default().to_owned();
		if task.is_empty() && opts.listing.is_none() {
			return Err(Failure::BadInput(
				"the card names no task: put `pipeline_tag: ...` into the front matter of \
				 README.md, or give --task"
					.into(),
			));
		}
		let letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
		if opts.listing.is_none() && (task.len() > MAX_TASK || !task.bytes().all(letter)) {
			return Err(Failure::BadInput(format!(
				"the task `{}` must have 1 to {MAX_TASK} of a to z, 0 to 9 and the hyphen: give --task",
				plain(&task)
			)));
		}
		Ok(Self {
			name,
			task,
			hidden: hidden.to_vec(),
			recipient,
		})
	}

	/// Whether a file is sealed.
	fn seals(&self, artifact: &Artifact, manifest: &Manifest) -> bool {
		self.recipient.is_some() && is_sealed(artifact, manifest)
	}

	/// What a person is told of hidden files.
	fn hidden_note(&self) -> Option<String> {
		if self.hidden.is_empty() {
			return None;
		}
		let shown = self.hidden.iter().take(SHOWN).map(|path| plain(path));
		let shown = shown.collect::<Vec<_>>().join(", ");
		let more = match self.hidden.len().saturating_sub(SHOWN) {
			0 => String::new(),
			more => format!(" and {more} more"),
		};
		Some(format!("Note: hidden, so not published: {shown}{more}"))
	}
}

/// The lineage that `--parent` gives, with the newest version for sale where none is named. Without a chain
/// to ask, version 1 stands in for it.
async fn lineage(
	parents: &[ParentArgument],
	client: Option<&Client>,
) -> Result<Option<Vec<LineageEntry>>, Failure> {
	if parents.is_empty() {
		return Ok(None);
	}
	let mut lineage = Vec::new();
	for parent in parents {
		let listing = parent.target.listing;
		let version = match (parent.target.version, client) {
			(Some(version), _) => version,
			(None, Some(client)) => offer::newest(&client.best().await?, listing).await?,
			(None, None) => 1,
		};
		lineage.push(LineageEntry {
			listing: Some(listing),
			version: Some(version),
			relation: parent.relation,
			royalty: parent.royalty.0,
			source: None,
		});
	}
	Ok(Some(lineage))
}

/// What is wrong with a lineage that gives a royalty to something that is no listing: the chain
/// would not learn of it.
fn unpaid(lineage: &[LineageEntry]) -> Option<String> {
	let unlisted: Vec<_> = lineage
		.iter()
		.filter(|entry| entry.listing.is_none() && entry.royalty > 0)
		.filter_map(|entry| entry.source.as_deref())
		.map(|source| format!("`{}`", plain(source)))
		.collect();
	if unlisted.is_empty() {
		return None;
	}
	// `--parent` replaces the whole lineage, so that parents with a listing are to be given as well.
	let arguments: Vec<_> = lineage
		.iter()
		.filter(|entry| entry.listing.is_some() || entry.royalty > 0)
		.map(|entry| {
			let target = match (entry.listing, entry.version) {
				(Some(listing), Some(version)) => format!("{listing}@{version}"),
				_ => "LISTING".to_owned(),
			};
			let relation = values::show_relation(entry.relation);
			format!("--parent {target}:{relation}:{}", Percent(entry.royalty))
		})
		.collect();
	Some(format!(
		"the lineage gives a royalty to {}, but no listing for it, so the chain would not pay it: \
		 give {}, or put `listing` and `version` into weighhouse.yaml",
		unlisted.join(", "),
		arguments.join(" ")
	))
}

/// Refuses to publish a seller's own secret: whoever buys one model could open all.
fn check_outside(files: &[SourceFile], secret: &Path) -> Result<(), Failure> {
	let Ok(place) = secret.canonicalize() else {
		return Ok(());
	};
	let is_it = |file: &SourceFile| file.full_path.canonicalize().is_ok_and(|at| at == place);
	if files.iter().any(is_it) {
		return Err(Failure::BadInput(format!(
			"{} lies in the folder and would be published: move it out",
			secret.display()
		)));
	}
	Ok(())
}

/// Reads and hashes the folder.
fn build(builder: &Builder, context: &Context) -> Result<Manifest, Failure> {
	let bar = context.bar(builder.total_size(), "Reading");
	let manifest = block_in_place(|| builder.build(|progress| bar.inc(progress.bytes)));
	bar.finish_and_clear();
	Ok(manifest?)
}

/// Adds every file to IPFS, sealed for the recipient if there is one, and writes its content id into the
/// manifest.
async fn add_files(
	ipfs: &Ipfs,
	files: &[SourceFile],
	recipient: Option<&Recipient>,
	manifest: &mut Manifest,
	context: &Context,
) -> Result<(), Failure> {
	for file in files {
		let artifact = manifest.artifact(&file.path);
		let expected = artifact.map(|artifact| artifact.sha256.0);
		let recipient =
			recipient.filter(|_| artifact.is_none_or(|artifact| is_sealed(artifact, manifest)));
		let verb = if recipient.is_some() {
			"Sealing"
		} else {
			"Adding"
		};
		let bar = context.bar(file.size, &format!("{verb} {}", plain(&file.path)));
		let moving = bar.clone();
		let progress = Progress::new(move |at| moving.set_position(at));
		let sent = match recipient {
			Some(recipient) => ipfs
				.add_sealed(&file.full_path, &file.path, recipient, &progress)
				.await
				.map(|sent| (sent.added, sent.sha256, true)),
			None => ipfs
				.add_file(&file.full_path, &file.path, &progress)
				.await
				.map(|added| (added, added.sha256, false)),
		};
		bar.finish_and_clear();
		let (added, read, is_sealed) = sent?;
		if expected != Some(read) {
			return Err(Failure::BadInput(format!(
				"`{}` changed while it was published: let it rest and publish again",
				plain(&file.path)
			)));
		}
		if is_sealed {
			let sealed = Sealed {
				size: added.size,
				sha256: Sha256Digest(added.sha256),
			};
			manifest.set_sealed(&file.path, added.cid, sealed)?;
		} else {
			manifest.set_cid(&file.path, added.cid)?;
		}
	}
	Ok(())
}

/// What goes on chain is what the manifest says.
fn publication(
	manifest: &Manifest,
	cid: ContentId,
	claim: Option<&Claim>,
	recipient: Option<&Recipient>,
) -> Publication {
	Publication {
		manifest: cid.to_text(),
		artifact_root: H256(manifest.artifact_root.0),
		licence: manifest.spdx().to_owned(),
		derivatives: manifest
			.derivatives()
			.unwrap_or(DerivativePolicy::Royalty(0)),
		serving: manifest.serving().unwrap_or(Serving::Anyone),
		answers: manifest.answers(),
		parents: manifest.parents(),
		claim_salt: claim.map(|claim| claim.salt),
		recipient: recipient.map(Recipient::to_text),
	}
}

/// A publication that went through.
struct Done {
	listing: ListingId,
	version: VersionNumber,
	cid: ContentId,
	same_bytes_as: Option<(ListingId, VersionNumber)>,
	included: Included,
	offer: Option<(OfferId, Included)>,
	claim: Option<Claim>,
}

impl Done {
	fn report(&self, opts: &Opts, draft: &Draft, manifest: &Manifest, encoded: usize) -> Report {
		let Self {
			listing, version, ..
		} = self;
		let mut text = format!(
			"{} {}@{version}: {} files, {}, {}.",
			plain(&draft.name),
			listing,
			manifest.artifacts.len(),
			bytes(manifest.total_size()),
			settled(&self.included),
		);
		if let Some((other, version)) = self.same_bytes_as {
			text.push_str(&format!(
				"\nNote: {other}@{version} was first with the same files."
			));
		}
		match (&self.offer, opts.price) {
			(Some((offer, _)), Some(price)) => {
				text.push_str(&format!("\nOffer {offer} is open at {}.", wgh(price.0)))
			}
			_ => text.push_str(&format!("\nNext: weighhouse offer {listing} --price WGH")),
		}
		if let (Some(recipient), Some(vault)) = (&draft.recipient, &opts.vault) {
			text.push_str(&format!(
				"\nSealed for {}. Deliver its key to buyers: weighhouse deliver --vault {}",
				recipient.to_text(),
				vault.display()
			));
		}
		let mut json = common(opts, draft, manifest, encoded);
		merge(
			&mut json,
			json!({
				"listing": listing,
				"version": version,
				"manifest": self.cid.to_text(),
				"offer": self.offer.as_ref().map(|(offer, _)| offer),
				"sameBytesAs": self.same_bytes_as.map(|(listing, version)| {
					json!({ "listing": listing, "version": version })
				}),
				"claim": self.claim.as_ref().map(Claim::json),
				"dryRun": false,
				"warning": null,
				"tx": transaction(&self.included),
				"offerTx": self.offer.as_ref().map(|(_, included)| transaction(included)),
			}),
		);
		Report { json, text }
	}
}

fn dry_run(
	opts: &Opts,
	draft: &Draft,
	manifest: &Manifest,
	warning: Option<&str>,
) -> Result<Report, Failure> {
	let encoded = manifest.to_canonical_json()?.len();
	let mut json = common(opts, draft, manifest, encoded);
	merge(
		&mut json,
		json!({
			"listing": null,
			"version": null,
			"manifest": null,
			"offer": null,
			"sameBytesAs": null,
			"claim": null,
			"dryRun": true,
			"warning": warning,
			"tx": null,
			"offerTx": null,
		}),
	);
	let files = manifest.artifacts.iter().map(|artifact| {
		let state = match &draft.recipient {
			None => "",
			Some(_) if draft.seals(artifact, manifest) => ", sealed",
			Some(_) => ", open",
		};
		format!(
			"  {}  {}  {}{state}",
			artifact.sha256,
			plain(&artifact.path),
			bytes(artifact.size)
		)
	});
	let parents = manifest.parents();
	let parents = parents.iter().map(|parent| {
		let version = if is_looked_up_later(opts, parent) {
			"the newest version for sale, looked up when published".to_owned()
		} else {
			format!("version {}", parent.version)
		};
		format!(
			"Parent: listing {}, {version}; {}, {}",
			parent.listing,
			values::show_relation(parent.relation),
			Percent(parent.royalty)
		)
	});
	let state = if warning.is_some() {
		"cannot be published yet"
	} else {
		"can be published"
	};
	let mut lines = vec![format!(
		"{} {state}: {} files, {}, licence {}, manifest of {}.",
		plain(&draft.name),
		manifest.artifacts.len(),
		bytes(manifest.total_size()),
		plain(manifest.spdx()),
		bytes(u64::try_from(encoded).unwrap_or(u64::MAX)),
	)];
	lines.extend(files);
	lines.extend(parents);
	lines.push(format!("Artifact root {}", manifest.artifact_root));
	let sealed_for = |recipient: &Recipient| format!("Sealed for {}", recipient.to_text());
	lines.extend(draft.recipient.as_ref().map(sealed_for));
	lines.extend(draft.hidden_note());
	lines.extend(warning.map(|warning| format!("Warning: {warning}")));
	lines.push("Nothing was added or sent.".to_owned());
	let text = lines.join("\n");
	Ok(Report { json, text })
}

/// Whether a dry run leaves the version of this parent open.
fn is_looked_up_later(opts: &Opts, parent: &Parent) -> bool {
	let is_it = |given: &ParentArgument| {
		given.target.listing == parent.listing && given.target.version.is_none()
	};
	opts.dry_run && opts.parent.iter().any(is_it)
}

fn common(opts: &Opts, draft: &Draft, manifest: &Manifest, encoded: usize) -> Value {
	let file = |artifact: &weighhouse_manifest::Artifact| {
		json!({
			"path": artifact.path,
			"size": artifact.size,
			"sha256": artifact.sha256.to_string(),
			"cid": artifact.cid.map(|cid| cid.to_text()),
			"sealed": draft.seals(artifact, manifest),
			"age": artifact.sealed.as_ref().map(|sealed| json!({
				"size": sealed.size,
				"sha256": sealed.sha256.to_string(),
			})),
		})
	};
	let parent = |parent: &Parent| {
		let version = (!is_looked_up_later(opts, parent)).then_some(parent.version);
		json!({
			"listing": parent.listing,
			"version": version,
			"relation": values::show_relation(parent.relation),
			"royaltyParts": parent.royalty,
		})
	};
	let parents: Vec<_> = manifest.parents().iter().map(parent).collect();
	json!({
		"name": draft.name,
		"task": draft.task,
		"kind": values::show_kind(manifest.kind),
		"licence": manifest.spdx(),
		"artifactRoot": hex(&H256(manifest.artifact_root.0)),
		"files": manifest.artifacts.iter().map(file).collect::<Vec<_>>(),
		"hidden": draft.hidden,
		"recipient": draft.recipient.as_ref().map(Recipient::to_text),
		"manifestBytes": encoded,
		"parents": parents,
	})
}

fn merge(into: &mut Value, more: Value) {
	if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
		into.extend(more);
	}
}

#[cfg(test)]
mod tests {
	use weighhouse_primitives::Relation;

	use super::*;

	fn entry(listing: Option<ListingId>, royalty: u32, source: Option<&str>) -> LineageEntry {
		LineageEntry {
			listing,
			version: listing.map(|_| 1),
			relation: Relation::Distilled,
			royalty,
			source: source.map(ToOwned::to_owned),
		}
	}

	#[derive(clap::Parser)]
	struct Only {
		#[command(flatten)]
		opts: Opts,
	}

	/// What is said of a version named `digits-2` for images of a listing named `digits` for text.
	fn note(given: &[&str]) -> Result<Option<String>, Failure> {
		use clap::Parser;
		let listing = Listing {
			id: 1,
			owner: weighhouse_client::keys::AccountId32([1; 32]),
			kind: Kind::Model,
			name: "digits".into(),
			task: "text".into(),
			versions: 1,
			live_versions: 1,
			dependants: 0,
			proposed_owner: None,
		};
		let draft = Draft {
			name: "digits-2".into(),
			task: "image".into(),
			hidden: Vec::new(),
			recipient: None,
		};
		let words = ["publish", ".", "--listing", "1"];
		let words = words.iter().chain(given);
		let opts = Only::try_parse_from(words).unwrap().opts;
		Kept::note(&Kept::of(&listing, &draft, Kind::Model), &opts)
	}

	#[test]
	fn option_is_refused_when_it_would_change_what_a_listing_keeps() {
		for (option, value) in [("--name", "digits-2"), ("--task", "image")] {
			let failure = note(&[option, value]).unwrap_err();
			assert_eq!(failure.exit(), 2);
			let said = failure.to_string();
			assert!(said.contains(&format!("leave {option} away")), "{said}");
		}
	}

	#[test]
	fn listing_is_told_to_keep_what_the_folder_says_differently() {
		// The kind is the same, so it may be named.
		let said = note(&["--kind", "model"]).unwrap().unwrap();
		assert!(
			said.contains("the name `digits` where this manifest says `digits-2`"),
			"{said}"
		);
		assert!(
			said.contains("the task `text` where this manifest says `image`"),
			"{said}"
		);
		assert!(!said.contains("kind"), "{said}");
	}

	#[test]
	fn sealed_version_leaves_card_and_licence_open() {
		let folder = tempfile::tempdir().unwrap();
		for (name, text) in [
			(
				"README.md",
				"---\nlicense: mit\npipeline_tag: text-generation\n---\nA model.\n",
			),
			("LICENSE", "As you like it.\n"),
			("model.onnx", "weights"),
			("notes/README.md", "How it was made.\n"),
		] {
			let path = folder.path().join(name);
			std::fs::create_dir_all(path.parent().unwrap()).unwrap();
			std::fs::write(path, text).unwrap();
		}
		let builder = Builder::from_dir(folder.path(), BuildOptions::default()).unwrap();
		let manifest = builder.build(|_| ()).unwrap();
		let sealed = manifest.artifacts.iter();
		let sealed = sealed.filter(|artifact| is_sealed(artifact, &manifest));
		let sealed: Vec<_> = sealed.map(|artifact| artifact.path.as_str()).collect();
		assert_eq!(sealed, ["model.onnx", "notes/README.md"]);
	}

	#[test]
	fn file_of_a_model_is_not_left_open_as_the_text_of_its_licence() {
		let vault = Vault::from_bytes([1; 32]);
		let of_licence = |named: &str| {
			let folder = tempfile::tempdir().unwrap();
			let write = |name: &str, bytes: &[u8]| {
				std::fs::write(folder.path().join(name), bytes).unwrap();
			};
			let card = "---\nlicense: mit\npipeline_tag: text-generation\n---\nA model.\n";
			write("README.md", card.as_bytes());
			write("TERMS", b"As you like it.\n");
			write("model.onnx", b"weights");
			write("model.dat", &vec![1; 1 + (1 << 20)]);
			let settings = format!("licence: {{ text: {named} }}\n");
			write("weighhouse.yaml", settings.as_bytes());
			let builder = Builder::from_dir(folder.path(), BuildOptions::default()).unwrap();
			recipient(Some(&vault), &builder.build(|_| ()).unwrap())
		};
		assert!(of_licence("TERMS").unwrap().is_some());
		assert!(of_licence("README.md").unwrap().is_some());
		for named in ["model.onnx", "model.dat"] {
			let refused = of_licence(named).unwrap_err();
			assert_eq!(refused.exit(), 8);
			let said = refused.to_string();
			assert!(said.contains(&format!("`{named}`")), "{said}");
		}
	}

	#[test]
	fn vault_is_needed_when_a_version_is_to_be_sealed() {
		use clap::Parser;
		assert!(Only::try_parse_from(["publish", ".", "--sealed"]).is_err());
		assert!(Only::try_parse_from(["publish", ".", "--vault", "v"]).is_err());
		assert!(Only::try_parse_from(["publish", ".", "--vault-key", "k"]).is_err());
		let line = ["publish", ".", "--sealed", "--vault", "v"];
		assert!(Only::try_parse_from(line).is_ok());
	}

	#[test]
	fn lineage_is_refused_when_a_royalty_has_no_listing() {
		let reason = unpaid(&[
			entry(Some(3), 50_000_000, None),
			entry(None, 100_000_000, Some("someone/base")),
		])
		.unwrap();
		assert!(reason.contains("`someone/base`"), "{reason}");
		assert!(
			reason.contains("--parent 3@1:distilled:5% --parent LISTING:distilled:10%"),
			"{reason}"
		);
	}

	#[test]
	fn lineage_is_taken_when_every_royalty_has_a_listing() {
		let lineage = [
			entry(Some(3), 50_000_000, Some("someone/base")),
			entry(None, 0, Some("someone/other")),
		];
		assert_eq!(unpaid(&lineage), None);
		assert_eq!(unpaid(&[]), None);
	}
}
