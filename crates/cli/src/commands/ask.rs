//! `weighhouse ask`

use std::{
	fs::File,
	io::{stdin, IsTerminal, Read, Write},
	path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use tokio::task::block_in_place;
use weighhouse_client::{
	amount::Amount,
	calls,
	ipfs::{Ipfs, IpfsError},
	keys::{account_of, AccountId32},
	Client, Included, JobQuote, JobReceipt, NewRequest, NoQuote, NotForSale, Outcome, Seat,
	Standing, View, H256,
};
use weighhouse_manifest::{check_request, Interface, Manifest, TensorData};
use weighhouse_primitives::{
	inference::MAX_JURY, Access, AnswerClass, ContentId, JobId, LicenceId, ListingId, Mode,
	OfferId, Right, Serving, Term, VersionNumber, PARTS,
};

use crate::{
	commands::{
		fetch,
		job::{self, follow, Goal, Teller},
		receipt,
	},
	context::Context,
	failure::Failure,
	output::{hex, settled, table, transaction, wgh, Report},
	values::{self, Target},
};

/// The largest input that any model takes, in bytes.
const LARGEST_INPUT: u64 = 16 * 1024 * 1024;
/// The largest block that every IPFS node shares, in bytes.
const LARGEST_BLOCK: usize = 1024 * 1024;
/// The fewest jurors that decide anything.
const LEAST_JURY: u32 = 3;

/// Ask a model, have the answer checked, and pay for it
///
/// The input is an Open Inference Protocol request in JSON. It is checked against the model's manifest
/// before anything is paid, and lies on IPFS for everybody to read afterwards.
#[derive(Args, Debug)]
#[command(after_help = "Modes:
  solo     one drawn worker answers; one answer in ten is audited by another
  quorum3  three drawn workers answer, two must agree
  quorum5  five drawn workers answer, four must agree
  owner    the seller's own worker answers, unchecked

Examples:
  weighhouse --suri //Bob ask 1 --input question.json
  weighhouse --suri //Bob ask 1@2 --input question.json --mode quorum3 --yes --json
  weighhouse --suri //Bob ask 1 --input - --licence 4 --reward 0.2 --yes --out answer.bin
  weighhouse --suri //Bob ask 1 --input question.json --offer 2 --yes --no-wait")]
pub struct Opts {
	/// Listing, or listing and version; without a version, the newest that stands
	#[arg(value_name = "LISTING[@VERSION]")]
	target: Target,
	/// The question: a file, - for standard input, or JSON that begins with {; without it, standard
	/// input
	#[arg(short, long, value_name = "FILE|-|JSON")]
	input: Option<String>,
	/// How many workers answer: solo, quorum3, quorum5 or owner
	#[arg(short, long, default_value = "solo", value_parser = values::mode)]
	mode: Mode,
	/// What each worker earns, in WGH; without it, the least for which enough would answer
	#[arg(long, value_name = "WGH")]
	reward: Option<Amount>,
	/// Pay the price of this offer per call
	#[arg(long, value_name = "N", conflicts_with = "licence")]
	offer: Option<OfferId>,
	/// Ask under this licence; without it or an offer, one is found, a licence first
	#[arg(long, value_name = "N")]
	licence: Option<LicenceId>,
	/// Do not ask for confirmation
	#[arg(short, long)]
	yes: bool,
	/// Refuse to have more than this held, in WGH
	#[arg(long, value_name = "WGH")]
	max_price: Option<Amount>,
	/// Do not wait for the answer
	#[arg(long)]
	no_wait: bool,
	/// Wait until the answer cannot be disputed any more
	#[arg(long = "final", conflicts_with = "no_wait")]
	until_final: bool,
	/// Write the canonical output, whose sha2-256 the receipt names, to this file
	#[arg(short, long, value_name = "FILE", conflicts_with = "no_wait")]
	out: Option<PathBuf>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let account = account_of(&key);
	let input = read_input(opts.input.as_deref())?;
	let client = context.client().await?;
	let ipfs = context.ipfs()?;
	let view = client.best().await?;
	let subject = Subject::read(&view, &ipfs, opts.target).await?;
	subject.check(&input)?;
	let access = match (opts.licence, opts.offer) {
		(Some(licence), _) => Some(Access::Licence(licence)),
		(None, Some(offer)) => Some(Access::Offer(offer)),
		(None, None) => None,
	};
	let reward = opts.reward.map(|reward| reward.0);
	let terms = Terms::find(&view, &account, &subject, opts.mode, access, reward).await?;
	context.tell(&terms.to_text(&subject));
	let escrow = terms.quote.escrow;
	if let Some(limit) = opts.max_price.filter(|limit| escrow > limit.0) {
		return Err(Failure::Declined(format!(
			"{} would be held, over the limit of {}",
			wgh(escrow),
			wgh(limit.0)
		)));
	}
	if !opts.yes {
		context.confirm(&format!("Ask, and have {} held?", wgh(escrow)))?;
	}
	// What cannot be written is said before it is paid for.
	let out = opts.out.as_deref().map(Out::open).transpose()?;
	let (cid, input_hash) = add_input(&ipfs, &input).await?;
	let call = calls::request(terms.request(&subject, &cid, input_hash));
	let included = context.submit_request(&client, &call, &key).await?;
	let (job, request_hash, escrow) = calls::requested(&included)?;
	let asked = Asked {
		job,
		request_hash,
		escrow,
		input: cid.to_text(),
		input_hash,
	};
	if opts.no_wait {
		return Ok(Report {
			json: asked.to_json(&subject, &terms, &included, None),
			text: format!(
				"Asked as job {job}, {} held, {}.\nNext: weighhouse job watch {job}",
				wgh(escrow),
				settled(&included)
			),
		});
	}
	let goal = if opts.until_final {
		Goal::End
	} else {
		Goal::Answer
	};
	let answered = async {
		let (receipt, seats) =
			answer(context, &client, &account, job, included.block, goal).await?;
		let output = receipt::output(&client, &ipfs, &receipt, &seats).await?;
		if let Some(out) = out {
			out.write(&output)?;
		}
		let tensors = receipt::tensors(&subject.manifest, &output)?;
		Ok::<_, Failure>((receipt, tensors))
	};
	let answered = answered.await;
	let (receipt, tensors) = answered.map_err(|failure| failure.of_job(job))?;
	Ok(Report {
		json: asked.to_json(
			&subject,
			&terms,
			&included,
			Some((&receipt, tensors.as_slice())),
		),
		text: to_text(&subject, &receipt, &tensors),
	})
}

/// Follows a job until it has come to its goal; gives its receipt, and its seats while they are there.
async fn answer(
	context: &Context,
	client: &Client,
	account: &AccountId32,
	job: JobId,
	since: u64,
	goal: Goal,
) -> Result<(JobReceipt, Vec<Seat>), Failure> {
	let teller = Teller::new(context, job);
	let followed = follow(client, job, since, goal, |job, now| {
		teller.tell(job, now);
	})
	.await;
	teller.done();
	let followed = followed?;
	refuse_refunded(job, &followed)?;
	let number = match followed.last.as_ref().and_then(|job| job.receipt) {
		Some(number) => Some(number),
		None => receipt::of_job(&client.best().await?, account, job).await?,
	};
	let number = number.ok_or_else(|| Failure::NotFound(format!("receipt of job {job}")))?;
	let spinner = context.spinner("Waiting until the answer is in a final block".into());
	let receipt = receipt::settled(context, client, job, number).await;
	spinner.finish_and_clear();
	let seats = followed.last.map(|job| job.seats).unwrap_or_default();
	Ok((receipt?, seats))
}

/// A file that an output is written to. It is opened before anything is paid, and what was in it stays
/// until there is an output.
struct Out {
	path: PathBuf,
	file: File,
	/// Whether it was made here, and holds nothing yet.
	fresh: bool,
}

impl Out {
	fn open(path: &Path) -> Result<Self, Failure> {
		let fresh = !path.exists();
		let opened = File::options()
			.write(true)
			.create(true)
			.truncate(false)
			.open(path);
		let file = opened.map_err(|source| Failure::Write {
			path: path.to_owned(),
			source,
		})?;
		Ok(Self {
			path: path.to_owned(),
			file,
			fresh,
		})
	}

	fn write(mut self, output: &[u8]) -> Result<(), Failure> {
		let written = match self.file.metadata() {
			// A device has no length to set.
			Ok(about) if about.is_file() => self.file.set_len(0),
			Ok(_) => Ok(()),
			Err(error) => Err(error),
		};
		let written = written.and_then(|()| self.file.write_all(output));
		self.fresh = false;
		written.map_err(|source| Failure::Write {
			path: self.path.clone(),
			source,
		})
	}
}

impl Drop for Out {
	fn drop(&mut self) {
		if self.fresh {
			// An empty file would look like an answer.
			let _ = std::fs::remove_file(&self.path);
		}
	}
}

/// Fails if the job is over without an answer that stands.
pub fn refuse_refunded(job: JobId, followed: &job::Followed) -> Result<(), Failure> {
	match followed.end {
		Some(end) => match end.outcome {
			Outcome::Refunded(reason) => Err(Failure::Refunded {
				job,
				reason,
				spent: end.spent,
				refunded: end.refunded,
			}),
			Outcome::Final => Ok(()),
		},
		None => Ok(()),
	}
}

/// A job that was asked for.
struct Asked {
	job: JobId,
	request_hash: H256,
	escrow: u128,
	input: String,
	input_hash: H256,
}

impl Asked {
	fn to_json(
		&self,
		subject: &Subject,
		terms: &Terms,
		included: &Included,
		answer: Option<(&JobReceipt, &[TensorData])>,
	) -> Value {
		json!({
			"job": self.job,
			"requestHash": hex(&self.request_hash),
			"listing": subject.listing,
			"version": subject.version,
			"mode": values::show_mode(terms.mode),
			"access": values::access_json(terms.access),
			"input": self.input,
			"inputHash": hex(&self.input_hash),
			"escrow": self.escrow.to_string(),
			"quote": quote_json(&terms.quote),
			"outputs": answer.map(|(_, tensors)| {
				tensors.iter().map(TensorData::to_oip).collect::<Vec<_>>()
			}),
			"receipt": answer.map(|(receipt, _)| receipt::job_json(receipt)),
			"tx": transaction(included),
		})
	}
}

fn to_text(subject: &Subject, receipt: &JobReceipt, tensors: &[TensorData]) -> String {
	format!(
		"Answer of {}@{}, {} of {} agreed, {}:\n{}\n\
		 Receipt {} of job {}: {}, {}.\n\
		 Next: weighhouse receipt verify {}",
		subject.listing,
		subject.version,
		receipt.agreed.len(),
		receipt.mode.seats(),
		values::show_evidence(receipt.evidence),
		receipt::answer_text(tensors),
		receipt.receipt,
		receipt.job,
		wgh(receipt.price),
		values::show_state(receipt.state),
		receipt.receipt,
	)
}

/// What is asked.
fn read_input(given: Option<&str>) -> Result<Vec<u8>, Failure> {
	let too_large = || {
		Failure::BadInput(format!(
			"the input is larger than {LARGEST_INPUT} bytes, the most that any model takes"
		))
	};
	let bytes = match given {
		Some(text) if text.trim_start().starts_with('{') => text.as_bytes().to_vec(),
		Some(path) if path != "-" => {
			let path = PathBuf::from(path);
			let unreadable = |source| Failure::File {
				path: path.clone(),
				source,
			};
			let length = std::fs::metadata(&path).map_err(unreadable)?.len();
			if length > LARGEST_INPUT {
				return Err(too_large());
			}
			std::fs::read(&path).map_err(unreadable)?
		}
		None if stdin().is_terminal() => {
			return Err(Failure::BadInput(
				"say what to ask: --input FILE, --input - or --input JSON".into(),
			))
		}
		Some(_) | None => {
			let mut bytes = Vec::new();
			let limit = LARGEST_INPUT.saturating_add(1);
			block_in_place(|| stdin().lock().take(limit).read_to_end(&mut bytes)).map_err(
				|source| Failure::File {
					path: "standard input".into(),
					source,
				},
			)?;
			bytes
		}
	};
	match u64::try_from(bytes.len()) {
		Ok(length) if length <= LARGEST_INPUT => Ok(bytes),
		_ => Err(too_large()),
	}
}

/// Adds an input to IPFS, as one raw block if it fits into one, else as a file.
pub async fn add_input(ipfs: &Ipfs, bytes: &[u8]) -> Result<(ContentId, H256), IpfsError> {
	let hash = H256(Sha256::digest(bytes).into());
	let cid = if bytes.len() <= LARGEST_BLOCK {
		ipfs.put_raw_block(bytes).await?
	} else {
		ipfs.add_bytes(bytes, "input.json").await?.cid
	};
	Ok((cid, hash))
}

/// A version that can be asked, and what its manifest says.
pub struct Subject {
	pub listing: ListingId,
	pub version: VersionNumber,
	pub owner: AccountId32,
	pub serving: Serving,
	pub manifest: Manifest,
}

impl Subject {
	pub async fn read(view: &View, ipfs: &Ipfs, target: Target) -> Result<Self, Failure> {
		let id = target.listing;
		let (listing, version) = fetch::version(view, target).await?;
		let number = version.version;
		let refuse = |reason| Failure::NoQuote {
			listing: id,
			version: number,
			reason,
		};
		if version.answers.class == AnswerClass::None {
			return Err(refuse(NoQuote::NotServed));
		}
		let (cid, manifest) = fetch::manifest(ipfs, &version).await?;
		if manifest.interface.is_none() {
			return Err(Failure::ForeignManifest {
				cid,
				reason: "it does not say how to ask the model: it has no `interface`".into(),
			});
		}
		Ok(Self {
			listing: id,
			version: number,
			owner: listing.owner,
			serving: version.serving,
			manifest,
		})
	}

	/// How to ask it.
	pub fn interface(&self) -> Option<&Interface> {
		self.manifest.interface.as_ref()
	}

	/// How many workers could be drawn now for a request of `account` with this reward. The runtime
	/// gives this number for the least reward only.
	async fn willing(
		&self,
		view: &View,
		account: &AccountId32,
		mode: Mode,
		reward: u128,
	) -> Result<u32, Failure> {
		let mut willing = 0u32;
		for server in view.serving(self.listing, reward).await? {
			let worker = server.worker;
			let is_owner = worker == self.owner;
			let answers = is_owner == (mode == Mode::Owner) && worker != *account;
			if server.weight == 0 || !answers {
				continue;
			}
			let may_serve = is_owner
				|| match self.serving {
					Serving::Anyone => true,
					Serving::Owner => false,
					Serving::Licensed => {
						view.has_licence(&worker, self.listing, self.version, Right::Serve)
							.await?
					}
				};
			willing = willing.saturating_add(may_serve.into());
		}
		Ok(willing)
	}

	/// Holds an input against the manifest.
	pub fn check(&self, input: &[u8]) -> Result<(), Failure> {
		let Some(interface) = self.interface() else {
			return Ok(());
		};
		check_request(interface, input)
			.map(|_| ())
			.map_err(|error| Failure::BadInput(format!("the input does not fit: {error}")))
	}
}

/// On which terms something is asked.
pub struct Terms {
	pub mode: Mode,
	pub access: Access,
	pub quote: JobQuote,
}

impl Terms {
	/// What asking costs now. Without `access`, something that allows the call is found; without
	/// `reward`, it is the least for which enough workers would answer.
	pub async fn find(
		view: &View,
		account: &AccountId32,
		subject: &Subject,
		mode: Mode,
		access: Option<Access>,
		reward: Option<u128>,
	) -> Result<Self, Failure> {
		let access = match access {
			Some(access) => access,
			None => allowed(view, account, subject).await?,
		};
		let (listing, version) = (subject.listing, subject.version);
		let quote = view
			.job_quote(account, listing, version, mode, access)
			.await?
			.map_err(|reason| Failure::NoQuote {
				listing,
				version,
				reason,
			})?;
		let quote = match reward {
			Some(reward) if reward != quote.reward => {
				let willing = subject.willing(view, account, mode, reward).await?;
				if willing < mode.seats() {
					return Err(Failure::TooFewWorkers {
						listing,
						version,
						reward,
						willing,
						needed: mode.seats(),
						enough: quote.reward,
					});
				}
				at_reward(quote, mode, reward, willing)
			}
			_ => quote,
		};
		Ok(Self {
			mode,
			access,
			quote,
		})
	}

	/// The request under these terms.
	pub fn request(&self, subject: &Subject, input: &ContentId, input_hash: H256) -> NewRequest {
		NewRequest {
			listing: subject.listing,
			version: subject.version,
			mode: self.mode,
			access: self.access,
			reward: self.quote.reward,
			input: input.to_text(),
			input_hash,
		}
	}

	fn to_text(&self, subject: &Subject) -> String {
		let quote = &self.quote;
		let heading = format!(
			"Asking {}@{} in mode {}: {} of {} workers must agree, {} could be drawn; allowed by {}.",
			subject.listing,
			subject.version,
			values::show_mode(self.mode),
			self.mode.quorum(),
			self.mode.seats(),
			quote.eligible,
			values::show_access(self.access),
		);
		let row = |what: &str, amount: u128, whom: &str| {
			vec![what.to_owned(), wgh(amount), whom.to_owned()]
		};
		let seats = self.mode.seats();
		let mut rows = vec![
			row(
				"Rewards",
				quote.reward.saturating_mul(seats.into()),
				&format!("{seats} x {} to workers who agree", wgh(quote.reward)),
			),
			row("Price of the call", quote.call, "to the seller"),
		];
		if quote.premium > 0 {
			let whom = "given back unless there is an audit";
			rows.push(row("Premium for an audit", quote.premium, whom));
		}
		rows.extend([
			row(
				"Held until it is over",
				quote.escrow,
				"what is not spent comes back",
			),
			row("Protocol fee in it", quote.fee, "half is burned"),
			row("Deposits", quote.deposit, "held, and given back later"),
		]);
		let dispute = match quote.jury {
			0 => "The answer cannot be disputed: too few workers are left for a jury.".to_owned(),
			jury => format!(
				"The answer can be disputed: {jury} jurors, {} at stake.",
				wgh(quote.dispute_bond)
			),
		};
		format!("{heading}\n{}\n{dispute}", table(&rows, &[1]))
	}
}

/// A quote for scripts.
fn quote_json(quote: &JobQuote) -> Value {
	json!({
		"reward": quote.reward.to_string(),
		"call": quote.call.to_string(),
		"premium": quote.premium.to_string(),
		"escrow": quote.escrow.to_string(),
		"fee": quote.fee.to_string(),
		"deposit": quote.deposit.to_string(),
		"eligible": quote.eligible,
		"jury": quote.jury,
		"disputable": quote.jury > 0,
		"disputeBond": quote.dispute_bond.to_string(),
	})
}

/// How many jurors a dispute has if `eligible` workers could be drawn for the request: the largest
/// odd number of those whom it leaves; 0 if they are too few.
fn jury(mode: Mode, eligible: u32) -> u32 {
	if mode == Mode::Owner {
		return 0;
	}
	let fresh = eligible.saturating_sub(mode.seats()).min(MAX_JURY);
	let odd = if fresh.is_multiple_of(2) {
		fresh.saturating_sub(1)
	} else {
		fresh
	};
	if odd < LEAST_JURY {
		0
	} else {
		odd
	}
}

/// The same quote for another reward. Nothing in it but the number of workers depends on the chain.
fn at_reward(quote: JobQuote, mode: Mode, reward: u128, eligible: u32) -> JobQuote {
	let spent = |reward: u128| {
		reward
			.saturating_mul(mode.seats().into())
			.saturating_add(quote.call)
	};
	// The fee is the same part of rewards and call; it is rounded seat by seat, so the nearest fits.
	let (whole, before) = (u128::from(PARTS), spent(quote.reward).max(1));
	let parts = quote
		.fee
		.saturating_mul(whole)
		.saturating_add(before / 2)
		.checked_div(before)
		.unwrap_or(0);
	let premium = if quote.premium == 0 { 0 } else { reward };
	let bond_rewards = quote
		.dispute_bond
		.checked_div(quote.reward)
		.unwrap_or_default();
	JobQuote {
		reward,
		premium,
		escrow: spent(reward).saturating_add(premium),
		fee: spent(reward).saturating_mul(parts) / whole,
		eligible,
		jury: jury(mode, eligible),
		dispute_bond: reward.saturating_mul(bond_rewards),
		..quote
	}
}

/// What allows an account the call: owning the listing, a licence (one that does not count calls
/// first), or the cheapest offer per call.
async fn allowed(view: &View, account: &AccountId32, subject: &Subject) -> Result<Access, Failure> {
	if *account == subject.owner {
		return Ok(Access::Owner);
	}
	let (listing, version) = (subject.listing, subject.version);
	let covers = |first: VersionNumber, last: VersionNumber| (first..=last).contains(&version);
	let licences = view.licences_of(account).await?;
	let fitting = licences.iter().filter(|licence| {
		licence.listing == listing
			&& licence.standing == Standing::Valid
			&& licence.rights.allows(Right::Use)
			&& covers(licence.first_version, licence.last_version)
	});
	if let Some(licence) =
		fitting.min_by_key(|licence| (licence.calls_left.is_some(), licence.licence))
	{
		return Ok(Access::Licence(licence.licence));
	}
	let offers = view.offers(listing).await?;
	let fitting = offers.iter().filter(|offer| {
		offer.term == Term::PerCall
			&& matches!(offer.unavailable, None | Some(NotForSale::NotForPurchase))
			&& covers(offer.first_version, offer.last_version)
	});
	match fitting.min_by_key(|offer| (offer.price, offer.offer)) {
		Some(offer) => Ok(Access::Offer(offer.offer)),
		None => Err(Failure::NoCall {
			account: account.to_string(),
			listing,
			version,
		}),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn quote() -> JobQuote {
		JobQuote {
			reward: 1_000_000_000,
			call: 2_000_000_000,
			premium: 0,
			escrow: 5_000_000_000,
			// 2.5 % of three rewards and the call.
			fee: 125_000_000,
			deposit: 7,
			eligible: 3,
			jury: 0,
			dispute_bond: 10_000_000_000,
		}
	}

	#[test]
	fn quote_follows_when_more_is_offered() {
		let higher = at_reward(quote(), Mode::QuorumOfThree, 2_000_000_000, 6);
		assert_eq!(
			higher,
			JobQuote {
				reward: 2_000_000_000,
				escrow: 8_000_000_000,
				fee: 200_000_000,
				eligible: 6,
				jury: 3,
				dispute_bond: 20_000_000_000,
				..quote()
			}
		);
	}

	#[test]
	fn jury_shrinks_when_fewer_have_bond_left_for_the_reward() {
		let quote = JobQuote {
			eligible: 12,
			jury: 9,
			..quote()
		};
		let higher = |eligible| at_reward(quote.clone(), Mode::QuorumOfThree, 2, eligible).jury;
		for (eligible, expected) in [(3, 0), (5, 0), (6, 3), (7, 3), (8, 5), (12, 9), (200, 9)] {
			assert_eq!(higher(eligible), expected, "{eligible} workers");
		}
		assert_eq!(at_reward(quote, Mode::Owner, 2, 12).jury, 0);
		assert_eq!(jury(Mode::Solo, 4), 3);
	}

	#[test]
	fn file_is_left_as_it_was_when_there_is_no_output() {
		let folder = std::env::temp_dir().join(format!("weighhouse-out-{}", std::process::id()));
		std::fs::create_dir_all(&folder).unwrap();
		let (fresh, old) = (folder.join("fresh"), folder.join("old"));
		std::fs::write(&old, "what was there before").unwrap();
		drop(Out::open(&fresh).unwrap());
		drop(Out::open(&old).unwrap());
		assert!(!fresh.exists());
		assert_eq!(std::fs::read(&old).unwrap(), b"what was there before");
		Out::open(&fresh).unwrap().write(b"new").unwrap();
		Out::open(&old).unwrap().write(b"new").unwrap();
		assert_eq!(std::fs::read(&fresh).unwrap(), b"new");
		assert_eq!(std::fs::read(&old).unwrap(), b"new");
		let missing = Out::open(&folder.join("no/such/folder"));
		assert!(matches!(missing, Err(Failure::Write { .. })));
		std::fs::remove_dir_all(folder).unwrap();
	}

	#[test]
	fn premium_follows_when_there_is_one() {
		let quote = JobQuote {
			premium: 1_000_000_000,
			..quote()
		};
		let higher = at_reward(quote, Mode::Solo, 3_000_000_000, 1);
		assert_eq!(higher.premium, 3_000_000_000);
		assert_eq!(higher.escrow, 8_000_000_000);
	}

	#[test]
	fn quote_does_not_overflow_when_the_reward_is_absurd() {
		let absurd = at_reward(quote(), Mode::QuorumOfFive, u128::MAX, 0);
		assert_eq!(absurd.escrow, u128::MAX);
	}

	#[test]
	fn input_is_taken_as_json_when_it_begins_like_it() {
		let input = read_input(Some(r#" {"inputs":[]}"#)).unwrap();
		assert_eq!(input, br#" {"inputs":[]}"#);
		let missing = read_input(Some("no/such/file.json"));
		assert!(matches!(missing, Err(Failure::File { .. })));
	}
}
