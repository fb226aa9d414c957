//! `weighhouse receipt verify`

use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

use clap::Args;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use weighhouse_client::{
	fetch::{self, FetchError},
	ipfs::{Ipfs, IpfsError, Progress},
	sealed::Identity,
	Client, JobReceipt, Receipt, ReceiptState, Seat, Version, H256,
};
use weighhouse_gateway::{
	attest::{attest, fingerprint, Attested, PREDICATE_TYPE, STATEMENT_TYPE},
	config::user_cache,
	engine::{Embedded, EmbeddedLimits, Engine, EngineError, LoadedModel},
};
use weighhouse_manifest::{check_request, decode_canonical, Manifest};
use weighhouse_primitives::{
	agreement::{compare, distance, Comparison},
	inference::{Answer, Status},
	ContentId, ReceiptId,
};

use super::{job_json, output};
use crate::{
	commands::{
		fetch::{manifest, wanted},
		sealed,
	},
	context::Context,
	failure::Failure,
	output::{hex, plain, table, Report},
};

/// The largest input that any model takes, in bytes.
const LARGEST_INPUT: usize = 16 * 1024 * 1024;
/// The largest provenance statement that is read, in bytes.
const LARGEST_STATEMENT: usize = 64 * 1024;

/// Check what the receipt of an answer says
///
/// Compares input, output and provenance statement with the digests on chain, and, with --rerun, runs
/// the model here and compares the answers as the chain would. Fails if any check fails, or if what one
/// needs is not to be had.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse receipt verify 3
  weighhouse receipt verify 3 --input question.json --output answer.bin
  weighhouse receipt verify 3 --rerun --json")]
pub struct Opts {
	/// Number of the receipt
	receipt: ReceiptId,
	/// The input; without it, it is fetched from IPFS
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	/// The canonical output, as `ask --out` writes it; without it, it is taken from the chain or IPFS
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Run the model on this machine and compare
	#[arg(long)]
	rerun: bool,
	/// Folder where models are kept for --rerun; without it, weighhouse/models in the user's cache
	#[arg(long, value_name = "DIR", requires = "rerun")]
	models: Option<PathBuf>,
	/// Age identity file that opens the model for --rerun if it is sealed; see `delivery --identity-out`.
	/// The model is kept decrypted then
	#[arg(long, value_name = "FILE", requires = "rerun")]
	identity: Option<PathBuf>,
}

/// What a model is run with here.
struct Bench {
	/// Folder where models are kept.
	models: PathBuf,
	/// What opens the model if it is sealed.
	identity: Option<Identity>,
}

/// What came of a check.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
	Passed,
	Failed,
	/// There was nothing to check, or nothing to check it with.
	Skipped,
	/// What it needs could not be had, which says nothing about the receipt.
	Missing,
}

impl Verdict {
	const fn word(&self) -> &'static str {
		match self {
			Self::Passed => "passed",
			Self::Failed => "FAILED",
			Self::Skipped => "skipped",
			Self::Missing => "missing",
		}
	}
}

struct Check {
	name: &'static str,
	verdict: Verdict,
	detail: String,
}

#[derive(Default)]
struct Checks {
	made: Vec<Check>,
	/// What was in the way of the first that is missing.
	obstacle: Option<Box<Failure>>,
}

impl Checks {
	fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
		self.note(name, Verdict::Passed, detail);
	}

	fn fail(&mut self, name: &'static str, detail: impl Into<String>) {
		self.note(name, Verdict::Failed, detail);
	}

	fn skip(&mut self, name: &'static str, detail: impl Into<String>) {
		self.note(name, Verdict::Skipped, detail);
	}

	/// Fails if `problem` shows that bytes are wrong, and counts as missing otherwise.
	fn stop(&mut self, name: &'static str, problem: Failure) {
		let verdict = match problem.code() {
			"verification-failed" => Verdict::Failed,
			_ => Verdict::Missing,
		};
		self.note(name, verdict, problem.to_string());
		if verdict == Verdict::Missing {
			self.obstacle.get_or_insert_with(|| Box::new(problem));
		}
	}

	fn note(&mut self, name: &'static str, verdict: Verdict, detail: impl Into<String>) {
		let detail = plain(&detail.into());
		self.made.push(Check {
			name,
			verdict,
			detail,
		});
	}

	fn count(&self, verdict: Verdict) -> usize {
		let is_it = |check: &&Check| check.verdict == verdict;
		self.made.iter().filter(is_it).count()
	}

	fn to_json(&self) -> Value {
		let check = |check: &Check| {
			json!({
				"check": check.name,
				"result": check.verdict.word().to_lowercase(),
				"detail": check.detail,
			})
		};
		self.made.iter().map(check).collect()
	}

	fn to_text(&self) -> String {
		let row = |check: &Check| {
			vec![
				check.verdict.word().to_owned(),
				check.name.to_owned(),
				check.detail.clone(),
			]
		};
		table(&self.made.iter().map(row).collect::<Vec<_>>(), &[])
	}
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let number = opts.receipt;
	let bench = if opts.rerun {
		let models = opts.models.or_else(cache_folder).ok_or_else(|| {
			Failure::Usage("there is no cache folder for --rerun: name one with --models".into())
		})?;
		let identity = opts.identity.as_deref();
		let identity = identity.map(sealed::read_identity).transpose()?;
		Some(Bench { models, identity })
	} else {
		None
	};
	let client = context.client().await?;
	let ipfs = context.ipfs()?;
	let view = client.best().await?;
	let receipt = match view.receipt(number).await? {
		Some(Receipt::Job(receipt)) => *receipt,
		Some(Receipt::Sale(sale)) => {
			return Err(Failure::BadInput(format!(
				"receipt {number} is of a sale, in which nothing was answered; see licence {}",
				sale.licence
			)))
		}
		None => return Err(Failure::NotFound(format!("receipt {number}"))),
	};
	let spinner = context.spinner(format!("Checking receipt {number}"));
	let mut checks = Checks::default();
	check_chain(&mut checks, &client, &receipt).await?;
	let version = view.version(receipt.listing, receipt.version).await?;
	let subject = check_manifest(&mut checks, &ipfs, version.as_ref()).await;
	let input = check_input(&mut checks, &ipfs, &receipt, opts.input.as_deref()).await?;
	let seats = match view.job(receipt.job).await? {
		Some(job) => job.seats,
		None => Vec::new(),
	};
	let bytes = match &opts.output {
		Some(path) => Ok(read(path)?),
		None => output(&client, &ipfs, &receipt, &seats).await,
	};
	check_output(&mut checks, &receipt, subject.as_ref(), bytes);
	check_seats(&mut checks, &receipt, subject.as_ref(), &seats);
	let said = Said {
		genesis: client.genesis_hash(),
		receipt: &receipt,
		version: version.as_ref(),
	};
	check_statement(&mut checks, &ipfs, &said).await;
	if let Some(bench) = bench {
		match (subject, input) {
			(Some(subject), Some(input)) => {
				spinner.set_message("Running the model");
				rerun(&mut checks, &ipfs, &receipt, subject, &input, &bench).await;
			}
			_ => checks.skip("re-run", "needs the manifest and the right input"),
		}
	}
	spinner.finish_and_clear();
	let failed = checks.count(Verdict::Failed);
	if failed > 0 {
		context.tell(&checks.to_text());
		return Err(Failure::Unverified {
			receipt: number,
			failed,
			checks: checks.to_json(),
		});
	}
	let (missing, all) = (checks.count(Verdict::Missing), checks.to_json());
	if let Some(source) = checks.obstacle.take() {
		context.tell(&checks.to_text());
		return Err(Failure::Unchecked {
			receipt: number,
			missing,
			checks: all,
			source,
		});
	}
	Ok(Report {
		json: json!({
			"receipt": job_json(&receipt),
			"verified": true,
			"checks": checks.to_json(),
		}),
		text: format!("{}\nReceipt {number} verifies.", checks.to_text()),
	})
}

/// A version and what its manifest says.
struct Subject {
	version: Version,
	manifest: Manifest,
}

/// The answer as the receipt has it, in the form that the chain compares.
fn recorded(receipt: &JobReceipt) -> Answer {
	Answer {
		status: Status::Ok,
		output_hash: receipt.output_hash,
		fingerprint: receipt.fingerprint,
		statement: receipt.statement,
	}
}

async fn check_chain(
	checks: &mut Checks,
	client: &Client,
	receipt: &JobReceipt,
) -> Result<(), Failure> {
	let name = "state";
	match receipt.state {
		ReceiptState::Final => checks.pass(name, "the answer stands, and all were paid"),
		ReceiptState::Provisional => {
			checks.pass(
				name,
				"there is an answer, which can still be disputed or is",
			);
		}
		ReceiptState::Refunded => checks.fail(name, "the answer does not stand"),
	}
	let name = "final block";
	let view = client.finalized().await?;
	let last = view.block();
	match view.job_receipt(receipt.receipt).await? {
		Some(settled) if is_same(&settled, receipt) => checks.pass(
			name,
			format!("block {} with the answer is final", receipt.block),
		),
		Some(_) => checks.fail(
			name,
			"another answer has this number in the last final block",
		),
		None => checks.fail(
			name,
			format!(
				"block {} is not final yet, only {last} is: look again in a moment",
				receipt.block
			),
		),
	}
	Ok(())
}

/// Whether two receipts are of the same answer; whether it stands may have changed between.
fn is_same(a: &JobReceipt, b: &JobReceipt) -> bool {
	(a.job, a.request_hash, a.block) == (b.job, b.request_hash, b.block)
		&& (a.input_hash, a.output_hash, a.fingerprint)
			== (b.input_hash, b.output_hash, b.fingerprint)
}

async fn check_manifest(
	checks: &mut Checks,
	ipfs: &Ipfs,
	version: Option<&Version>,
) -> Option<Subject> {
	let name = "manifest";
	let Some(version) = version else {
		checks.skip(name, "the version is not on chain any more");
		return None;
	};
	match manifest(ipfs, version).await {
		Ok((cid, manifest)) if manifest.artifact_root.0 == version.artifact_root.0 => {
			checks.pass(name, format!("{cid} is of the files that were published"));
			Some(Subject {
				version: version.clone(),
				manifest,
			})
		}
		Ok((cid, _)) => {
			checks.fail(name, format!("{cid} lists other files than were published"));
			None
		}
		Err(problem) => {
			checks.stop(name, problem);
			None
		}
	}
}

async fn check_input(
	checks: &mut Checks,
	ipfs: &Ipfs,
	receipt: &JobReceipt,
	file: Option<&Path>,
) -> Result<Option<Vec<u8>>, Failure> {
	let name = "input";
	let bytes = match file {
		Some(path) => read(path)?,
		None => match fetched_input(ipfs, &receipt.input).await {
			Ok(bytes) => bytes,
			Err(problem) => {
				checks.stop(name, problem);
				return Ok(None);
			}
		},
	};
	let found = sha256(&bytes);
	if found != receipt.input_hash {
		checks.fail(
			name,
			format!(
				"has sha2-256 {}, the receipt says {}",
				hex(&found),
				hex(&receipt.input_hash)
			),
		);
		return Ok(None);
	}
	checks.pass(name, format!("{} bytes, sha2-256 as on chain", bytes.len()));
	Ok(Some(bytes))
}

async fn fetched_input(ipfs: &Ipfs, text: &str) -> Result<Vec<u8>, Failure> {
	let cid = ContentId::parse(text.as_bytes())
		.map_err(|error| Failure::BadInput(format!("the input `{text}`: {error}")))?;
	let mut content = ipfs.cat(&cid, 0).await?;
	let mut bytes = Vec::new();
	while let Some(chunk) = content.next().await? {
		bytes.extend_from_slice(&chunk);
		if bytes.len() > LARGEST_INPUT {
			return Err(IpfsError::TooLarge {
				what: format!("give {text}"),
				limit: LARGEST_INPUT,
			}
			.into());
		}
	}
	Ok(bytes)
}

fn check_output(
	checks: &mut Checks,
	receipt: &JobReceipt,
	subject: Option<&Subject>,
	bytes: Result<Vec<u8>, Failure>,
) {
	let name = "output";
	let bytes = match bytes {
		Ok(bytes) => bytes,
		Err(problem) => return checks.stop(name, problem),
	};
	let found = sha256(&bytes);
	if found != receipt.output_hash {
		return checks.fail(
			name,
			format!(
				"has sha2-256 {}, the receipt says {}",
				hex(&found),
				hex(&receipt.output_hash)
			),
		);
	}
	let tensors = match decode_canonical(&bytes) {
		Ok(tensors) => tensors,
		Err(error) => return checks.fail(name, error.to_string()),
	};
	checks.pass(name, format!("{} bytes, sha2-256 as on chain", bytes.len()));
	let name = "fingerprint";
	let Some(Subject { version, manifest }) = subject else {
		return checks.skip(name, "needs the manifest");
	};
	let evidence = manifest
		.attestation
		.as_ref()
		.and_then(|attestation| attestation.evidence.as_ref());
	if !tensors
		.iter()
		.any(|tensor| evidence.is_some_and(|evidence| *evidence == tensor.name))
	{
		return checks.skip(
			name,
			"the evidence is not part of the output; --rerun compares it",
		);
	}
	match fingerprint(manifest, &tensors) {
		Ok(found) => {
			let bits = distance(&found, &receipt.fingerprint);
			let tau = version.answers.tau;
			let detail = format!("{bits} of 256 bits differ, at most {tau} may");
			if bits <= u32::from(tau) {
				checks.pass(name, detail);
			} else {
				checks.fail(name, detail);
			}
		}
		Err(error) => checks.fail(name, error.to_string()),
	}
}

/// Whether the answers of the workers that were found to agree do, as long as the job is open.
fn check_seats(
	checks: &mut Checks,
	receipt: &JobReceipt,
	subject: Option<&Subject>,
	seats: &[Seat],
) {
	let name = "seats";
	let Some(Subject { version, .. }) = subject else {
		return checks.skip(name, "needs the version");
	};
	let of_agreed: Vec<&Seat> = seats
		.iter()
		.filter(|seat| receipt.agreed.contains(&seat.worker) && seat.answer.is_some())
		.collect();
	if of_agreed.is_empty() {
		return checks.skip(name, "the job is over, its seats are gone");
	}
	let answers = version.answers;
	let differs = |seat: &&&Seat| {
		let compared = seat
			.answer
			.as_ref()
			.map(|answer| compare(answers.class, answers.tau, &recorded(receipt), answer));
		compared != Some(Comparison::Agree)
	};
	match of_agreed.iter().find(differs) {
		None => checks.pass(name, format!("{} answers agree", of_agreed.len())),
		Some(seat) => checks.fail(name, format!("{} answered something else", seat.worker)),
	}
}

/// What a provenance statement is held against.
struct Said<'a> {
	genesis: H256,
	receipt: &'a JobReceipt,
	/// None once the version is not on chain any more.
	version: Option<&'a Version>,
}

async fn check_statement(checks: &mut Checks, ipfs: &Ipfs, said: &Said<'_>) {
	let name = "statement";
	let receipt = said.receipt;
	if receipt.statement.is_zero() {
		return checks.skip(name, "the worker made none");
	}
	let cid = ContentId::raw(receipt.statement.0);
	let bytes = match ipfs.get_block(&cid, LARGEST_STATEMENT).await {
		Ok(bytes) => bytes,
		Err(error @ IpfsError::TooLarge { .. }) => return checks.fail(name, error.to_string()),
		Err(error) => return checks.skip(name, error.to_string()),
	};
	if ContentId::of_raw_block(&bytes) != cid {
		let error = FetchError::WrongBlock { cid: cid.to_text() };
		return checks.fail(name, error.to_string());
	}
	match contradiction(&bytes, said) {
		None => checks.pass(
			name,
			format!("{} says the same as chain and receipt", cid.to_text()),
		),
		Some(what) => checks.fail(name, format!("{} has another {what}", cid.to_text())),
	}
}

/// What a provenance statement says otherwise than chain and receipt; none if they fit each other.
fn contradiction(bytes: &[u8], said: &Said<'_>) -> Option<&'static str> {
	let Ok(statement) = serde_json::from_slice::<Value>(bytes) else {
		return Some("form");
	};
	let receipt = said.receipt;
	let predicate = &statement["predicate"];
	let model = &predicate["model"];
	let bare = |hash: &H256| hex::encode(hash);
	let is = |value: &Value, expected: &str| value.as_str() == Some(expected);
	let digest_is = |value: &Value, hash: &H256| is(&value["digest"]["sha256"], &bare(hash));
	let of_version = |holds: &dyn Fn(&Version) -> bool| said.version.is_none_or(holds);
	let parts = [
		("type", is(&statement["_type"], STATEMENT_TYPE)),
		(
			"predicate type",
			is(&statement["predicateType"], PREDICATE_TYPE),
		),
		("genesis", is(&predicate["genesis"], &hex(&said.genesis))),
		(
			"output",
			digest_is(&statement["subject"][0], &receipt.output_hash),
		),
		(
			"request",
			is(&predicate["requestHash"], &hex(&receipt.request_hash)),
		),
		("job", is(&predicate["job"], &receipt.job.to_string())),
		("input", digest_is(&predicate["input"], &receipt.input_hash)),
		(
			"input's content id",
			is(&predicate["input"]["cid"], &receipt.input),
		),
		(
			"fingerprint",
			is(&predicate["fingerprint"], &hex::encode(receipt.fingerprint)),
		),
		(
			"listing",
			model["listing"].as_u64() == Some(receipt.listing.into()),
		),
		(
			"version",
			model["version"].as_u64() == Some(receipt.version.into()),
		),
		(
			"manifest",
			of_version(&|version| is(&model["manifest"], &version.manifest)),
		),
		(
			"artifact root",
			of_version(&|version| {
				is(
					&model["artifactRoot"]["sha256"],
					&bare(&version.artifact_root),
				)
			}),
		),
	];
	parts
		.into_iter()
		.find(|(_, holds)| !holds)
		.map(|(what, _)| what)
}

/// Runs the model here, and compares as the chain would.
async fn rerun(
	checks: &mut Checks,
	ipfs: &Ipfs,
	receipt: &JobReceipt,
	subject: Subject,
	input: &[u8],
	bench: &Bench,
) {
	let name = "re-run";
	let Subject { version, manifest } = subject;
	let answers = version.answers;
	let pinned = manifest
		.attestation
		.as_ref()
		.and_then(|attestation| attestation.engine.clone());
	let identity = Embedded::identity();
	let other_engine = pinned.filter(|pinned| !identity.is(pinned)).map(|pinned| {
		(
			pinned.name != identity.name,
			format!(
				"the manifest wants {} {}, this is {} {}",
				pinned.name, pinned.version, identity.name, identity.version
			),
		)
	});
	if let Some((true, reason)) = other_engine {
		return checks.skip(name, reason);
	}
	let attested = match answer_here(ipfs, &version, manifest, input, bench).await {
		Ok(attested) => attested,
		Err(Unanswered::Wrong(reason)) => return checks.fail(name, reason),
		Err(Unanswered::Impossible(reason)) => return checks.skip(name, reason),
		Err(Unanswered::Missing(problem)) => return checks.stop(name, problem),
	};
	let here = Answer {
		status: Status::Ok,
		output_hash: attested.output_hash,
		fingerprint: attested.fingerprint,
		statement: H256::zero(),
	};
	let bits = distance(&here.fingerprint, &receipt.fingerprint);
	let outputs = if here.output_hash == receipt.output_hash {
		"the same output"
	} else {
		"another output"
	};
	let detail = format!(
		"{outputs}, {bits} of 256 bits of the fingerprint differ, at most {} may",
		answers.tau
	);
	match (
		compare(answers.class, answers.tau, &recorded(receipt), &here),
		other_engine,
	) {
		(Comparison::Agree, _) => checks.pass(name, detail),
		// Another version of the engine may well come to other bits.
		(_, Some((_, reason))) => checks.skip(name, format!("{detail}; {reason}")),
		(Comparison::NearTie | Comparison::Differ, None) => checks.fail(name, detail),
	}
}

/// Why a model gives no answer here.
enum Unanswered {
	/// The model has none, so nobody can have had one.
	Wrong(String),
	/// This machine cannot run it.
	Impossible(String),
	/// What it needs could not be had, or is not what was published.
	Missing(Failure),
}

impl From<Failure> for Unanswered {
	fn from(problem: Failure) -> Self {
		Self::Missing(problem)
	}
}

impl From<FetchError> for Unanswered {
	fn from(problem: FetchError) -> Self {
		Self::Missing(problem.into())
	}
}

/// Fetches the model, unless it is here, and answers the input with it.
async fn answer_here(
	ipfs: &Ipfs,
	version: &Version,
	manifest: Manifest,
	input: &[u8],
	bench: &Bench,
) -> Result<Attested, Unanswered> {
	let interface = manifest
		.interface
		.as_ref()
		.ok_or_else(|| Unanswered::Wrong("the manifest has no interface".into()))?;
	let request = check_request(interface, input)
		.map_err(|error| Unanswered::Wrong(format!("the input does not fit: {error}")))?;
	let identity = bench.identity.as_ref();
	let mut artifacts = manifest.artifacts.iter();
	if let Some(sealed) = artifacts.find(|artifact| artifact.sealed.is_some()) {
		if identity.is_none() {
			return Err(Unanswered::Impossible(format!(
				"`{}` is sealed: give its key with --identity",
				sealed.path
			)));
		}
	}
	let files = wanted(&version.manifest, &manifest)?;
	fetch::check_list(&files, &version.artifact_root.0)?;
	let folder = bench.models.join(hex::encode(version.artifact_root));
	for file in &files {
		fetch::file(ipfs, &folder, file, identity, &Progress::none()).await?;
	}
	fetch::tidy(&folder).await;
	let model = LoadedModel {
		listing: version.listing,
		manifest: Arc::new(manifest),
		folder,
	};
	let engine = Engine::Embedded(Embedded::new(EmbeddedLimits::default()));
	let outputs = engine
		.run(&model, &request)
		.await
		.map_err(|error| match error {
			EngineError::Refused(_) => Unanswered::Wrong(error.to_string()),
			EngineError::Unavailable(_) | EngineError::Broken(_) => {
				Unanswered::Impossible(error.to_string())
			}
		})?;
	attest(&model.manifest, &outputs).map_err(|error| Unanswered::Wrong(error.to_string()))
}

/// Where this user's programs keep what they can fetch again.
fn cache_folder() -> Option<PathBuf> {
	Some(user_cache()?.join("weighhouse/models"))
}

fn sha256(bytes: &[u8]) -> H256 {
	H256(Sha256::digest(bytes).into())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
	std::fs::read(path).map_err(|source| Failure::File {
		path: path.to_owned(),
		source,
	})
}

#[cfg(test)]
mod tests {
	use weighhouse_client::keys::parse_account;
	use weighhouse_primitives::{Access, Answers, DerivativePolicy, Evidence, Mode, Serving};

	use super::*;

	fn receipt() -> JobReceipt {
		JobReceipt {
			receipt: 3,
			job: 1,
			request_hash: H256::repeat_byte(1),
			listing: 7,
			version: 2,
			seller: parse_account("//Alice").unwrap(),
			buyer: parse_account("//Bob").unwrap(),
			mode: Mode::Solo,
			access: Access::Owner,
			input: ContentId::raw([2; 32]).to_text(),
			input_hash: H256::repeat_byte(2),
			output_hash: H256::repeat_byte(3),
			output_length: Some(40),
			fingerprint: [4; 32],
			statement: H256::repeat_byte(5),
			evidence: Evidence::Sampled,
			agreed: vec![parse_account("//Charlie").unwrap()],
			panel_bond: 1,
			eligible: 1,
			price: 1,
			fee: 0,
			block: 9,
			settled: None,
			state: ReceiptState::Provisional,
			prunable: 99,
		}
	}

	fn version() -> Version {
		Version {
			listing: 7,
			version: 2,
			manifest: ContentId::raw([6; 32]).to_text(),
			artifact_root: H256::repeat_byte(7),
			licence: "MIT".into(),
			derivatives: DerivativePolicy::Forbidden,
			serving: Serving::Anyone,
			answers: Answers::NONE,
			parents: Vec::new(),
			royalties: Vec::new(),
			published: 1,
			yanked: false,
			same_bytes_as: None,
			sealed: None,
		}
	}

	fn statement() -> Value {
		json!({
			"_type": "https://in-toto.io/Statement/v1",
			"predicateType": "https://weighhouse.example/inference/v1",
			"subject": [{ "name": "output", "digest": { "sha256": "03".repeat(32) } }],
			"predicate": {
				"genesis": format!("0x{}", "09".repeat(32)),
				"requestHash": format!("0x{}", "01".repeat(32)),
				"job": "1",
				"model": {
					"listing": 7,
					"version": 2,
					"manifest": ContentId::raw([6; 32]).to_text(),
					"artifactRoot": { "sha256": "07".repeat(32) },
				},
				"input": {
					"cid": ContentId::raw([2; 32]).to_text(),
					"digest": { "sha256": "02".repeat(32) },
				},
				"fingerprint": "04".repeat(32),
			},
		})
	}

	fn contradicts(statement: &[u8], version: Option<&Version>) -> Option<&'static str> {
		let said = Said {
			genesis: H256::repeat_byte(9),
			receipt: &receipt(),
			version,
		};
		contradiction(statement, &said)
	}

	#[test]
	fn statement_fits_when_it_says_what_the_receipt_says() {
		let bytes = statement().to_string();
		assert_eq!(contradicts(bytes.as_bytes(), Some(&version())), None);
		assert_eq!(contradicts(bytes.as_bytes(), None), None);
	}

	#[test]
	fn statement_is_refused_when_any_part_differs() {
		let version = version();
		assert_eq!(contradicts(b"not json", Some(&version)), Some("form"));
		for (pointer, what) in [
			("/_type", "type"),
			("/predicateType", "predicate type"),
			("/subject/0/digest/sha256", "output"),
			("/predicate/genesis", "genesis"),
			("/predicate/requestHash", "request"),
			("/predicate/job", "job"),
			("/predicate/input/digest/sha256", "input"),
			("/predicate/input/cid", "input's content id"),
			("/predicate/fingerprint", "fingerprint"),
			("/predicate/model/listing", "listing"),
			("/predicate/model/version", "version"),
			("/predicate/model/manifest", "manifest"),
			("/predicate/model/artifactRoot/sha256", "artifact root"),
		] {
			let mut other = statement();
			*other.pointer_mut(pointer).unwrap() = json!("other");
			let bytes = other.to_string();
			assert_eq!(contradicts(bytes.as_bytes(), Some(&version)), Some(what));
		}
	}

	#[test]
	fn check_is_missing_when_nothing_shows_that_bytes_are_wrong() {
		let mut checks = Checks::default();
		let away = IpfsError::Unreachable {
			address: "http://127.0.0.1:1".into(),
			reason: "refused".into(),
		};
		checks.stop("a", away.into());
		checks.stop("b", Failure::NotFound("output".into()));
		assert_eq!(checks.count(Verdict::Failed), 0);
		assert_eq!(checks.count(Verdict::Missing), 2);
		assert_eq!(checks.to_json()[0]["result"], "missing");
		assert_eq!(checks.obstacle.as_ref().unwrap().exit(), 4);
		let wrong = FetchError::WrongBlock { cid: "x".into() };
		checks.stop("c", wrong.into());
		assert_eq!(checks.count(Verdict::Failed), 1);
	}

	#[test]
	fn checks_are_counted_as_failed_only_when_they_fail() {
		let mut checks = Checks::default();
		checks.pass("a", "");
		checks.skip("b", "");
		assert_eq!(checks.count(Verdict::Failed), 0);
		checks.fail("c", "x\u{1b}[31my");
		assert_eq!(checks.count(Verdict::Failed), 1);
		assert_eq!(checks.to_json()[2]["result"], "failed");
		assert_eq!(checks.to_json()[2]["detail"], "x[31my");
	}
}
