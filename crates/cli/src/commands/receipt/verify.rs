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
	Client, JobReceipt, Receipt, ReceiptState, Seat, Version, View, H256,
};
use weighhouse_gateway::{
	attest::{attest, fingerprint, Attested},
	engine::{Embedded, EmbeddedLimits, Engine, LoadedModel},
};
use weighhouse_manifest::{check_request, decode_canonical, Manifest};
use weighhouse_primitives::{
	agreement::{compare, distance, Comparison},
	inference::{Answer, Status},
	ContentId, ReceiptId,
};

use super::{job_json, output};
use crate::{
	commands::fetch::{manifest, wanted},
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
/// the model here and compares the answers as the chain would. Fails if any check fails.
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
}

/// What came of a check.
enum Verdict {
	Passed,
	Failed,
	/// There was nothing to check, or nothing to check it with.
	Skipped,
}

impl Verdict {
	const fn word(&self) -> &'static str {
		match self {
			Self::Passed => "passed",
			Self::Failed => "FAILED",
			Self::Skipped => "skipped",
		}
	}
}

struct Check {
	name: &'static str,
	verdict: Verdict,
	detail: String,
}

#[derive(Default)]
struct Checks(Vec<Check>);

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

	fn note(&mut self, name: &'static str, verdict: Verdict, detail: impl Into<String>) {
		let detail = plain(&detail.into());
		self.0.push(Check {
			name,
			verdict,
			detail,
		});
	}

	fn failed(&self) -> usize {
		let failed = |check: &&Check| matches!(check.verdict, Verdict::Failed);
		self.0.iter().filter(failed).count()
	}

	fn to_json(&self) -> Value {
		let check = |check: &Check| {
			json!({
				"check": check.name,
				"result": check.verdict.word().to_lowercase(),
				"detail": check.detail,
			})
		};
		self.0.iter().map(check).collect()
	}

	fn to_text(&self) -> String {
		let row = |check: &Check| {
			vec![
				check.verdict.word().to_owned(),
				check.name.to_owned(),
				check.detail.clone(),
			]
		};
		table(&self.0.iter().map(row).collect::<Vec<_>>(), &[])
	}
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let number = opts.receipt;
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
	let subject = check_manifest(&mut checks, &view, &ipfs, &receipt).await?;
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
	check_statement(&mut checks, &ipfs, &receipt).await;
	if opts.rerun {
		match (subject, input) {
			(Some(subject), Some(input)) => {
				spinner.set_message("Running the model");
				let models = opts.models.or_else(cache_folder);
				rerun(&mut checks, &ipfs, &receipt, subject, &input, models).await;
			}
			_ => checks.fail("re-run", "needs the manifest and the right input"),
		}
	}
	spinner.finish_and_clear();
	let failed = checks.failed();
	if failed > 0 {
		context.tell(&checks.to_text());
		return Err(Failure::Unverified {
			receipt: number,
			failed,
			checks: checks.to_json(),
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
	view: &View,
	ipfs: &Ipfs,
	receipt: &JobReceipt,
) -> Result<Option<Subject>, Failure> {
	let name = "manifest";
	let Some(version) = view.version(receipt.listing, receipt.version).await? else {
		checks.skip(name, "the version is not on chain any more");
		return Ok(None);
	};
	match manifest(ipfs, &version).await {
		Ok((cid, manifest)) if manifest.artifact_root.0 == version.artifact_root.0 => {
			checks.pass(name, format!("{cid} is of the files that were published"));
			Ok(Some(Subject { version, manifest }))
		}
		Ok((cid, _)) => {
			checks.fail(name, format!("{cid} lists other files than were published"));
			Ok(None)
		}
		Err(error) => {
			checks.fail(name, error.to_string());
			Ok(None)
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
			Err(error) => {
				checks.fail(name, error.to_string());
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
		Err(error) => return checks.fail(name, error.to_string()),
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

async fn check_statement(checks: &mut Checks, ipfs: &Ipfs, receipt: &JobReceipt) {
	let name = "statement";
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
	match contradiction(&bytes, receipt) {
		None => checks.pass(
			name,
			format!("{} says the same as the receipt", cid.to_text()),
		),
		Some(what) => checks.fail(name, format!("{} has another {what}", cid.to_text())),
	}
}

/// What a provenance statement says otherwise than the receipt; none if they fit each other.
fn contradiction(bytes: &[u8], receipt: &JobReceipt) -> Option<&'static str> {
	let Ok(statement) = serde_json::from_slice::<Value>(bytes) else {
		return Some("form");
	};
	let predicate = &statement["predicate"];
	let bare = |hash: &H256| hex::encode(hash);
	let is = |value: &Value, expected: &str| value.as_str() == Some(expected);
	let parts = [
		(
			"output",
			is(
				&statement["subject"][0]["digest"]["sha256"],
				&bare(&receipt.output_hash),
			),
		),
		(
			"request",
			is(&predicate["requestHash"], &hex(&receipt.request_hash)),
		),
		(
			"input",
			is(
				&predicate["input"]["digest"]["sha256"],
				&bare(&receipt.input_hash),
			),
		),
		(
			"fingerprint",
			is(&predicate["fingerprint"], &hex::encode(receipt.fingerprint)),
		),
		(
			"listing",
			predicate["model"]["listing"].as_u64() == Some(receipt.listing.into()),
		),
		(
			"version",
			predicate["model"]["version"].as_u64() == Some(receipt.version.into()),
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
	models: Option<PathBuf>,
) {
	let name = "re-run";
	let Some(models) = models else {
		return checks.fail(name, "there is no cache folder: name one with --models");
	};
	let Subject { version, manifest } = subject;
	let answers = version.answers;
	let pinned = manifest
		.attestation
		.as_ref()
		.and_then(|attestation| attestation.engine.clone());
	let attested = match answer_here(ipfs, &version, manifest, input, &models).await {
		Ok(attested) => attested,
		Err(reason) => return checks.fail(name, reason),
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
	let mut detail = format!(
		"{outputs}, {bits} of 256 bits of the fingerprint differ, at most {} may",
		answers.tau
	);
	let compared = compare(answers.class, answers.tau, &recorded(receipt), &here);
	if let (Some(pinned), false) = (&pinned, compared == Comparison::Agree) {
		let identity = Embedded::identity();
		if !identity.is(pinned) {
			detail.push_str(&format!(
				"; the manifest wants {} {}, this is {} {}",
				pinned.name, pinned.version, identity.name, identity.version
			));
		}
	}
	match compared {
		Comparison::Agree => checks.pass(name, detail),
		Comparison::NearTie | Comparison::Differ => checks.fail(name, detail),
	}
}

/// Fetches the model, unless it is here, and answers the input with it.
async fn answer_here(
	ipfs: &Ipfs,
	version: &Version,
	manifest: Manifest,
	input: &[u8],
	models: &Path,
) -> Result<Attested, String> {
	let interface = manifest
		.interface
		.as_ref()
		.ok_or("the manifest has no interface")?;
	let request = check_request(interface, input).map_err(|error| error.to_string())?;
	if let Some(sealed) = manifest.artifacts.iter().find(|artifact| artifact.sealed) {
		return Err(format!("`{}` is sealed, so it cannot be run", sealed.path));
	}
	let files = wanted(&version.manifest, &manifest).map_err(|error| error.to_string())?;
	fetch::check_list(&files, &version.artifact_root.0).map_err(|error| error.to_string())?;
	let folder = models.join(hex::encode(version.artifact_root));
	for file in &files {
		fetch::file(ipfs, &folder, file, &Progress::none())
			.await
			.map_err(|error| error.to_string())?;
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
		.map_err(|error| error.to_string())?;
	attest(&model.manifest, &outputs).map_err(|error| error.to_string())
}

/// Where this user's programs keep what they can fetch again.
fn cache_folder() -> Option<PathBuf> {
	let absolute = |name: &str| {
		std::env::var_os(name)
			.map(PathBuf::from)
			.filter(|path| path.is_absolute())
	};
	let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
	Some(cache.join("weighhouse/models"))
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
	use weighhouse_primitives::{Access, Evidence, Mode};

	use super::*;

	fn receipt() -> JobReceipt {
		JobReceipt {
			receipt: 3,
			job: 1,
			request_hash: H256::repeat_byte(1),
			listing: 7,
			version: 2,
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
			block: 9,
			state: ReceiptState::Provisional,
			prunable: 99,
		}
	}

	fn statement() -> Value {
		json!({
			"subject": [{ "name": "output", "digest": { "sha256": "03".repeat(32) } }],
			"predicate": {
				"requestHash": format!("0x{}", "01".repeat(32)),
				"model": { "listing": 7, "version": 2 },
				"input": { "digest": { "sha256": "02".repeat(32) } },
				"fingerprint": "04".repeat(32),
			},
		})
	}

	#[test]
	fn statement_fits_when_it_says_what_the_receipt_says() {
		let bytes = statement().to_string();
		assert_eq!(contradiction(bytes.as_bytes(), &receipt()), None);
	}

	#[test]
	fn statement_is_refused_when_any_part_differs() {
		let receipt = receipt();
		assert_eq!(contradiction(b"not json", &receipt), Some("form"));
		for (pointer, what) in [
			("/subject/0/digest/sha256", "output"),
			("/predicate/requestHash", "request"),
			("/predicate/input/digest/sha256", "input"),
			("/predicate/fingerprint", "fingerprint"),
			("/predicate/model/listing", "listing"),
			("/predicate/model/version", "version"),
		] {
			let mut other = statement();
			*other.pointer_mut(pointer).unwrap() = json!("other");
			let bytes = other.to_string();
			assert_eq!(contradiction(bytes.as_bytes(), &receipt), Some(what));
		}
	}

	#[test]
	fn checks_are_counted_as_failed_only_when_they_fail() {
		let mut checks = Checks::default();
		checks.pass("a", "");
		checks.skip("b", "");
		assert_eq!(checks.failed(), 0);
		checks.fail("c", "x\u{1b}[31my");
		assert_eq!(checks.failed(), 1);
		assert_eq!(checks.to_json()[2]["result"], "failed");
		assert_eq!(checks.to_json()[2]["detail"], "x[31my");
	}
}
