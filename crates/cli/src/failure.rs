//! What a person or a script is told when something fails: what happened, and what to do next.

use std::{
	fmt,
	io::{stderr, Write},
	path::PathBuf,
	process::ExitCode,
};

use serde_json::{json, Value};
use weighhouse_client::{
	fetch::FetchError, ipfs::IpfsError, keys::KeyError, vault::VaultError, ChainError, NoQuote,
	NotForSale, Refund, Refusal, H256,
};
use weighhouse_gateway::StartError;
use weighhouse_manifest::{BuildError, ManifestError};
use weighhouse_primitives::{
	feedback::CampaignId, JobId, LicenceId, ListingId, ReceiptId, VersionNumber,
};

use crate::{
	output::{hex, wgh},
	values,
};

/// What the exit codes mean, for the help text.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  anything that is not listed here
  2  the command line makes no sense
  3  no node answers
  4  no IPFS node answers, or it fails
  5  the chain refused
  6  bytes are not those that were published, or a receipt does not verify
  7  there is no such listing, version, offer, licence, job, receipt or campaign
  8  a folder, model card, manifest, key file, vault or input is unusable
  9  not confirmed, dearer than --max-price, or a complaint about a right key
 10  refunded: no answer that stands, or no key that opens a sealed model
130  interrupted

Examples:
  weighhouse search digits
  weighhouse show 1
  weighhouse quote 1
  weighhouse --suri //Bob buy 1 --yes
  weighhouse fetch 1 --out digits
  weighhouse --suri //Bob ask 1 --input question.json --yes
  weighhouse receipt verify 3

`weighhouse help COMMAND` has examples for each command.";

const OWN_REQUEST: &str = "Sign with another key, or run the model here: it is yours.";
const ONLY_OWNER_SERVES: &str =
	"Its owner's worker alone answers: ask it with --mode owner, or serve another listing.";

/// Why a command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
	/// The chain could not be asked, or refused.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The runtime says beforehand that a purchase would be refused.
	#[error("offer {offer} of listing {listing} cannot be bought: {reason}")]
	NotForSale {
		/// The listing.
		listing: ListingId,
		/// The offer.
		offer: u32,
		/// Why.
		reason: NotForSale,
	},
	/// The runtime says beforehand that a question would not be taken or answered.
	#[error("{listing}@{version} cannot be asked: {reason}")]
	NoQuote {
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
		/// Why.
		reason: NoQuote,
	},
	/// For this reward too few workers would answer.
	#[error("{listing}@{version} cannot be asked for {reward}: {willing} workers would answer for it, and {needed} are needed", reward = wgh(*reward))]
	TooFewWorkers {
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
		/// What was to be paid.
		reward: u128,
		/// How many would answer for it now.
		willing: u32,
		/// How many the mode needs.
		needed: u32,
		/// The least for which enough would.
		enough: u128,
	},
	/// A request was paid for, and what should follow failed.
	#[error("job {job} was asked and goes on, but this command does not: {source}")]
	Asked {
		/// The job.
		job: JobId,
		/// Why.
		source: Box<Failure>,
	},
	/// A job is over, without an answer.
	#[error("job {job} was refunded: {reason}")]
	Refunded {
		/// The job.
		job: JobId,
		/// Why.
		reason: Refund,
		/// What was spent of the escrow nevertheless.
		spent: u128,
		/// What came back.
		refunded: u128,
	},
	/// What a receipt says does not hold.
	#[error("receipt {receipt} does not verify: {failed} of its checks failed")]
	Unverified {
		/// The receipt.
		receipt: ReceiptId,
		/// How many checks failed.
		failed: usize,
		/// All checks, for scripts.
		checks: Value,
	},
	/// Something that a receipt needs to be checked could not be had.
	#[error("receipt {receipt} is not verified: {missing} of its checks could not be made, the first since {source}")]
	Unchecked {
		/// The receipt.
		receipt: ReceiptId,
		/// How many checks could not be made.
		missing: usize,
		/// All checks, for scripts.
		checks: Value,
		/// What was in the way of the first.
		source: Box<Failure>,
	},
	/// An address of this machine cannot be listened on.
	#[error("cannot listen on {address}: {source}")]
	Listen {
		/// Where.
		address: std::net::SocketAddr,
		/// What the system said.
		source: std::io::Error,
	},
	/// The IPFS node failed.
	#[error(transparent)]
	Ipfs(#[from] IpfsError),
	/// A download did not verify, or could not be written.
	#[error(transparent)]
	Fetch(#[from] FetchError),
	/// A manifest from IPFS has the right digest, but is no manifest.
	#[error("the manifest {cid} is unusable: {reason}")]
	ForeignManifest {
		/// Its content id.
		cid: String,
		/// What is wrong with it.
		reason: String,
	},
	/// A model folder cannot be published as it is.
	#[error(transparent)]
	Folder(#[from] BuildError),
	/// The manifest that was built cannot be published.
	#[error(transparent)]
	Manifest(#[from] ManifestError),
	/// A key or address is unusable.
	#[error(transparent)]
	Key(#[from] KeyError),
	/// A command that signs was given no key.
	#[error("this command signs a transaction, and no key was given")]
	NoKey,
	/// Options that make no sense together, or not here.
	#[error("{0}")]
	Usage(String),
	/// The gateway of a worker cannot be started.
	#[error(transparent)]
	Gateway(Box<StartError>),
	/// Something typed or read from disk that the parser could not see through.
	#[error("{0}")]
	BadInput(String),
	/// A file cannot be read.
	#[error("{path} cannot be read: {source}", path = path.display())]
	File {
		/// Which.
		path: PathBuf,
		/// What the system said.
		source: std::io::Error,
	},
	/// A file cannot be written.
	#[error("{path} cannot be written: {source}", path = path.display())]
	Write {
		/// Which.
		path: PathBuf,
		/// What the system said.
		source: std::io::Error,
	},
	/// Nothing has that number.
	#[error("there is no {0}")]
	NotFound(String),
	/// The files are claimed, but were not published.
	#[error("the files are claimed, but not published: {source}")]
	Claimed {
		/// What the claim is known by on chain.
		commitment: H256,
		/// What opens it.
		salt: H256,
		/// Why.
		source: Box<Failure>,
	},
	/// The version is published, but what should follow failed.
	#[error("version {listing}@{version} is published, but its offer was not opened: {source}")]
	NoOffer {
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
		/// Why.
		source: ChainError,
	},
	/// A campaign holds its money, but its items are not complete.
	#[error("campaign {campaign} was created, but its items are not complete: {source}")]
	Incomplete {
		/// The campaign.
		campaign: CampaignId,
		/// Why.
		source: Box<Failure>,
	},
	/// The gold of a campaign can be told by something else than care.
	#[error("the gold is not balanced: {0}")]
	Unbalanced(String),
	/// Gold of a campaign that is not open, though all was done to open it.
	#[error("gold of campaign {campaign} is not open: {}", named(items))]
	HiddenGold {
		/// The campaign.
		campaign: CampaignId,
		/// Which of its items.
		items: Vec<u32>,
	},
	/// A campaign asks about something that cannot be read.
	#[error("item {item} of campaign {campaign} cannot be read, so nothing was staked: {source}")]
	Unreadable {
		/// The campaign.
		campaign: CampaignId,
		/// One of the items.
		item: u32,
		/// Why.
		source: Box<Failure>,
	},
	/// A program answered all that could be read.
	#[error(
		"all that can be read is answered, but {} of campaign {campaign} cannot be: {reason}",
		named(items)
	)]
	Unanswered {
		/// The campaign.
		campaign: CampaignId,
		/// The items that are left.
		items: Vec<u32>,
		/// Why the first of them cannot be read.
		reason: String,
	},
	/// `fetch --require-licence` without one.
	#[error("{account} holds no licence for {listing}@{version}")]
	NoLicence {
		/// Who asked.
		account: String,
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
	},
	/// `ask` without anything that allows the call.
	#[error("{account} holds no licence for {listing}@{version}, and no offer per call covers it")]
	NoCall {
		/// Who asked.
		account: String,
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
	},
	/// The question was answered with no, or nobody could be asked.
	#[error("{0}")]
	Declined(String),
	/// A vault cannot be made or opened.
	#[error(transparent)]
	Vault(#[from] VaultError),
	/// There is nothing where a vault should be.
	#[error("there is no vault at {path}", path = path.display())]
	NoVault {
		/// Where it was looked for.
		path: PathBuf,
	},
	/// What was named opens other files.
	#[error(
		"{listing}@{version} is sealed for {expected}, and this opens what is sealed for {given}"
	)]
	OtherIdentity {
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
		/// Whom the version is sealed for.
		expected: String,
		/// Whose identity it is.
		given: String,
	},
	/// A version is not sealed, so that there is nothing to open.
	#[error("{listing}@{version} is not sealed: its files are open to all")]
	NotSealed {
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
	},
	/// The key of a sealed version is not to be had.
	#[error("{listing}@{version} is sealed, and {missing}")]
	Sealed {
		/// The listing.
		listing: ListingId,
		/// The version.
		version: VersionNumber,
		/// What is missing.
		missing: MissingKey,
	},
	/// The key of a sealed version was asked for, and what should follow failed.
	#[error("the key for licence {licence} is asked for and the money for it waits, but this command does not: {source}")]
	KeyAsked {
		/// The licence.
		licence: LicenceId,
		/// Why.
		source: Box<Failure>,
	},
	/// The key of a sealed version did not come, or was a wrong one, and the money is back.
	#[error("{fault} for licence {licence}: {}", money_back(*refunded, *compensation, *burned))]
	KeyRefunded {
		/// The licence.
		licence: LicenceId,
		/// What the seller did.
		fault: KeyFault,
		/// What is back.
		refunded: u128,
		/// What of the seller's bond came besides.
		compensation: u128,
		/// What of it was burned.
		burned: u128,
	},
	/// A key that was delivered opens nothing, and this command does not complain.
	#[error("the key that was delivered for licence {licence} does not open the files")]
	WrongKey {
		/// The licence.
		licence: LicenceId,
		/// The last block for a complaint; none if it is too late.
		complain_until: Option<u32>,
	},
	/// `deliver --once` was stopped before its end.
	#[error("stopped before all that was due was delivered and final; {}", finals(*delivered))]
	Unfinished {
		/// The keys that are in final blocks.
		delivered: u64,
	},
	/// A complaint about a key that opens the files.
	#[error("the key for licence {licence} opens the files: a complaint would be refused, and would show the key to all, so none was sent")]
	KeyIsRight {
		/// The licence.
		licence: LicenceId,
	},
	/// Ctrl-C.
	#[error("interrupted")]
	Interrupted,
}

/// Why there is no key of a sealed version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKey {
	/// Nobody said whose it is.
	NoAccount,
	/// The account owns the listing, and opens it by its vault.
	OwnVault,
	/// The account holds no licence.
	NoLicence,
	/// It was asked for and did not come yet.
	Awaited(LicenceId),
	/// The account holds a licence, but did not ask for the key under it.
	NotAsked(LicenceId),
	/// It was asked for by another key of the same account.
	OtherSecret(LicenceId),
}

impl MissingKey {
	/// The licence whose key it is.
	fn licence(self) -> Option<LicenceId> {
		match self {
			Self::NoAccount | Self::OwnVault | Self::NoLicence => None,
			Self::Awaited(licence) | Self::NotAsked(licence) | Self::OtherSecret(licence) => {
				Some(licence)
			}
		}
	}

	/// How to come by it.
	fn hint(self, listing: ListingId) -> String {
		match self {
			Self::NoAccount => format!(
				"Give the key that bought it with --suri or --keystore, or --identity FILE; or buy it: \
				 `weighhouse buy {listing}`."
			),
			Self::OwnVault => "Give it with --vault FILE.".into(),
			Self::NoLicence => format!("Buy one with `weighhouse buy {listing}`."),
			Self::Awaited(licence) => {
				format!("Wait for it with `weighhouse delivery {licence} --watch`.")
			}
			Self::NotAsked(licence) => {
				format!("Ask for it, for a small fee: `weighhouse redeliver {licence}`.")
			}
			Self::OtherSecret(licence) => format!(
				"Sign with the key that asked for it, or ask again, for a small fee: `weighhouse \
				 redeliver {licence}`."
			),
		}
	}
}

impl fmt::Display for MissingKey {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::NoAccount => f.write_str("nothing was given that could open it"),
			Self::OwnVault => f.write_str("its owner opens it by the vault, which was not given"),
			Self::NoLicence => f.write_str("this account holds no licence for it"),
			Self::Awaited(licence) => write!(f, "the key for licence {licence} has not come yet"),
			Self::NotAsked(licence) => {
				write!(
					f,
					"this account has not asked for the key under licence {licence}"
				)
			}
			Self::OtherSecret(licence) => write!(
				f,
				"what was delivered for licence {licence} is not for the key that signs here"
			),
		}
	}
}

/// How a seller failed to deliver a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
	/// Not in time.
	Late,
	/// Another key than that of the files, as was proved on chain.
	Wrong,
}

impl fmt::Display for KeyFault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Late => "no key came in time",
			Self::Wrong => "a wrong key came",
		})
	}
}

/// How many keys are delivered for good.
fn finals(delivered: u64) -> String {
	match delivered {
		0 => "no key is yet".into(),
		1 => "1 key is".into(),
		count => format!("{count} keys are"),
	}
}

/// What a buyer has after a delivery failed.
fn money_back(refunded: u128, compensation: u128, burned: u128) -> String {
	let mut text = format!("{} are back", wgh(refunded));
	if compensation > 0 {
		text.push_str(&format!(
			", and {} of the seller's bond besides",
			wgh(compensation)
		));
	}
	if burned > 0 {
		text.push_str(&format!("; {} more of it were burned", wgh(burned)));
	}
	text
}

impl From<StartError> for Failure {
	fn from(error: StartError) -> Self {
		Self::Gateway(Box::new(error))
	}
}

impl Failure {
	/// The same, after `job` was asked and paid for. A refund says its job itself.
	#[must_use]
	pub fn of_job(self, job: JobId) -> Self {
		match self {
			Self::Refunded { .. } | Self::Asked { .. } => self,
			other => Self::Asked {
				job,
				source: Box::new(other),
			},
		}
	}

	/// The same, after the key for `licence` was asked and paid for. What ended its delivery says its
	/// licence itself.
	#[must_use]
	pub fn of_key(self, licence: LicenceId) -> Self {
		match self {
			Self::KeyRefunded { .. }
			| Self::WrongKey { .. }
			| Self::Sealed { .. }
			| Self::NotFound(_)
			| Self::KeyAsked { .. } => self,
			other => Self::KeyAsked {
				licence,
				source: Box::new(other),
			},
		}
	}

	/// A stable word for scripts.
	pub fn code(&self) -> &'static str {
		match self {
			Self::Chain(error) | Self::NoOffer { source: error, .. } => chain_code(error),
			Self::NotForSale {
				reason: NotForSale::UnknownListing | NotForSale::UnknownOffer,
				..
			}
			| Self::NoQuote {
				reason: NoQuote::UnknownVersion,
				..
			}
			| Self::NotFound(_) => "not-found",
			Self::NotForSale { .. } | Self::NoQuote { .. } | Self::TooFewWorkers { .. } => {
				"chain-refused"
			}
			Self::Asked { source, .. }
			| Self::KeyAsked { source, .. }
			| Self::Unchecked { source, .. }
			| Self::Unreadable { source, .. } => source.code(),
			Self::HiddenGold { .. } => "not-included",
			Self::Unanswered { .. } => "ipfs-unreachable",
			Self::Claimed { source, .. } | Self::Incomplete { source, .. } => source.code(),
			Self::Refunded { .. } | Self::KeyRefunded { .. } => "refunded",
			Self::Unverified { .. } | Self::WrongKey { .. } => "verification-failed",
			Self::Sealed { missing, .. } => match missing {
				MissingKey::NoAccount | MissingKey::OwnVault => "usage",
				MissingKey::NoLicence => "no-licence",
				_ => "no-key",
			},
			Self::Listen { .. } => "unexpected",
			Self::Ipfs(IpfsError::File { .. }) => "bad-input",
			Self::Ipfs(IpfsError::BadAddress { .. }) => "usage",
			Self::Ipfs(_) | Self::Fetch(FetchError::Ipfs(_)) => "ipfs-unreachable",
			Self::Fetch(error) if error.is_verification() => "verification-failed",
			Self::Fetch(_) => "bad-input",
			Self::ForeignManifest { .. } => "verification-failed",
			Self::Folder(_)
			| Self::Manifest(_)
			| Self::Key(_)
			| Self::BadInput(_)
			| Self::Unbalanced(_)
			| Self::File { .. }
			| Self::Write { .. }
			| Self::Vault(_)
			| Self::NoVault { .. }
			| Self::OtherIdentity { .. }
			| Self::NotSealed { .. } => "bad-input",
			Self::NoKey | Self::Usage(_) => "usage",
			Self::Gateway(error) => match **error {
				StartError::Config(_) => "bad-input",
				_ => "gateway-failed",
			},
			Self::NoLicence { .. } | Self::NoCall { .. } => "no-licence",
			Self::Declined(_) | Self::KeyIsRight { .. } => "declined",
			Self::Interrupted | Self::Unfinished { .. } => "interrupted",
		}
	}

	/// The exit status that [`EXIT_CODES`] documents.
	pub fn exit(&self) -> u8 {
		match self.code() {
			"usage" => 2,
			"node-unreachable" => 3,
			"ipfs-unreachable" => 4,
			"chain-refused" => 5,
			"verification-failed" => 6,
			"not-found" => 7,
			"bad-input" => 8,
			"declined" => 9,
			"refunded" => 10,
			"interrupted" => 130,
			_ => 1,
		}
	}

	/// What to do next, where that is known.
	pub fn hint(&self) -> Option<String> {
		let hint = match self {
			Self::Chain(error) | Self::NoOffer { source: error, .. } => match error {
				ChainError::Unreachable { .. } => {
					"Start one with `make node`, or name another with --url or WEIGHHOUSE_URL."
				}
				ChainError::BadAddress { .. } => "Give --url a WebSocket address.",
				ChainError::Lost(_) => {
					"Look at the chain before you repeat it: a transaction may have arrived."
				}
				ChainError::Incompatible(_) => {
					"Use the `weighhouse` that was built with this node, or another --url."
				}
				ChainError::NotAccepted(reason) if reason.contains("pay") => {
					"The account is too poor for the fee: send it some WGH first."
				}
				ChainError::NotAccepted(reason) if reason.contains("enter the pool") => {
					"The node's pool is full: give a --tip, or try again later. Nothing was changed."
				}
				ChainError::NotAccepted(_) => "Nothing was changed.",
				ChainError::TimedOut { what: "final", .. } => {
					"It is in a block. Watch it in the explorer, or use --wait best."
				}
				ChainError::TimedOut { .. } | ChainError::Dropped(_) => {
					"Check that the node makes blocks, and look whether it took effect. Where many wait, a \
					 --tip goes first."
				}
				ChainError::Refused(refusal) => return refused_hint(refusal),
				_ => return None,
			},
			Self::NotForSale {
				listing, reason, ..
			} => match reason {
				NotForSale::UnknownListing => "Find listings with `weighhouse search`.",
				_ => {
					return Some(format!(
						"See what is open with `weighhouse show {listing}`."
					))
				}
			},
			Self::Ipfs(error) | Self::Fetch(FetchError::Ipfs(error)) => match error {
				IpfsError::Unreachable { .. } => {
					"Start one with `make ipfs`, or name yours with --ipfs or WEIGHHOUSE_IPFS."
				}
				IpfsError::BadAddress { .. } => "Give --ipfs an HTTP address.",
				IpfsError::Stalled { .. } | IpfsError::Interrupted { .. } => {
					"Run it again: what came so far is kept. Does another node have the content?"
				}
				IpfsError::Refused { what, .. } if what.starts_with("give ") => {
					"This IPFS node has not got it. Connect it to one that has, or use that one."
				}
				IpfsError::WrongCid { .. } => "Do not trust this IPFS node; use another.",
				_ => return None,
			},
			Self::Fetch(FetchError::InTheWay { .. } | FetchError::Link { .. }) => {
				"Move it away, or choose another folder with --out."
			}
			Self::Fetch(FetchError::Disk { .. }) => "Is there space, and may you write there?",
			Self::Fetch(error) if error.is_verification() => {
				"Nothing wrong was kept. Try another IPFS node; if it stays so, the seller lies."
			}
			Self::ForeignManifest { .. } => "The seller published something that is no manifest.",
			Self::NoKey => {
				"Give --suri //Alice on a development chain, or --keystore FILE as Polkadot.js \
				 exports it."
			}
			Self::NotFound(what) if what.starts_with("listing") => {
				"Find listings with `weighhouse search`."
			}
			Self::NotFound(what) if what.starts_with("campaign") => {
				"See what there is with `weighhouse campaign list`."
			}
			Self::NotFound(what) if what.starts_with("delivery") => {
				"See what there is with `weighhouse delivery`."
			}
			Self::NotFound(what) if what.starts_with("worker") => {
				"Become one with `weighhouse work --serve LISTING:REWARD`."
			}
			Self::NoQuote {
				reason, listing, ..
			} => match reason {
				NoQuote::UnknownVersion => "Find listings with `weighhouse search`.",
				NoQuote::VersionYanked | NoQuote::NotServed => {
					return Some(format!("See its versions with `weighhouse show {listing}`."))
				}
				NoQuote::NotEnoughWorkers => {
					"Try again later, or --mode solo, for which one worker is enough."
				}
				NoQuote::NoAccess => "Leave --licence and --offer away to have one found.",
				NoQuote::OwnRequest => OWN_REQUEST,
				NoQuote::OnlyOwnerServes => ONLY_OWNER_SERVES,
			},
			Self::TooFewWorkers { reward, enough, .. } if reward < enough => {
				return Some(format!("Offer at least {}.", wgh(*enough)))
			}
			Self::TooFewWorkers { enough, .. } => {
				return Some(format!(
					"A higher reward reserves more bond of each worker, and fewer have it free: for {} enough would answer.",
					wgh(*enough)
				))
			}
			Self::Asked { job, .. } => {
				return Some(format!(
					"Its money is held, so do not ask again: follow it with `weighhouse job watch {job}`; its receipt is then among `weighhouse receipt show --mine`."
				))
			}
			Self::Incomplete { campaign, .. } => {
				return Some(format!(
					"Its money is held: take it back with `weighhouse campaign cancel {campaign}`, then create it again."
				))
			}
			Self::Unbalanced(_) => {
				"Change the gold as said, or take it as it is with --force: who answers by habit is then \
				 paid by it, too."
			}
			Self::HiddenGold { campaign, .. } => {
				return Some(format!(
					"Run `weighhouse campaign open-gold {campaign}` again while there is time: if any is \
					 left then, all raters get full pay."
				))
			}
			Self::Unreadable { campaign, .. } => {
				return Some(format!(
					"Who cannot read an item has to guess it. To take a place all the same: `weighhouse \
					 rater join {campaign} --unseen`."
				))
			}
			Self::Unanswered { campaign, .. } => {
				return Some(format!(
					"Run it again to look for it again. Any answer keeps the stake: `weighhouse rater work \
					 {campaign} --guess` goes by a coin."
				))
			}
			Self::KeyAsked { licence, .. } => {
				return Some(format!(
					"Do not pay again: it goes on by itself, and `weighhouse delivery {licence} --watch` \
					 takes it up."
				))
			}
			Self::KeyRefunded { .. } => "Nothing is left to do here; see what else there is: `weighhouse search`.",
			Self::WrongKey {
				licence,
				complain_until: Some(until),
			} => {
				return Some(format!(
					"Prove it and have the money back: `weighhouse complain {licence}`, up to block {until}."
				))
			}
			Self::WrongKey {
				licence,
				complain_until: None,
			} => {
				return Some(format!(
					"The time to complain is over, so what was paid stays with the seller. What remains: ask \
					 for the key again, for a small fee that comes back if it is wrong again, with `weighhouse \
					 redeliver {licence}`; and tell others with `weighhouse rate`."
				))
			}
			Self::Unfinished { .. } => "Run it again: no key is delivered twice.",
			Self::KeyIsRight { .. } => "Download the files with `weighhouse fetch`.",
			Self::NoVault { path } => {
				return Some(format!(
					"Create one: `weighhouse vault create {}`.",
					path.display()
				))
			}
			Self::OtherIdentity { .. } => {
				"Name the vault with which it was published, or the identity that was bought."
			}
			Self::NotSealed { .. } => "Download it with `weighhouse fetch`.",
			Self::Sealed {
				listing, missing, ..
			} => return Some(missing.hint(*listing)),
			Self::Unchecked { source, .. } => return source.hint(),
			Self::Claimed {
				commitment,
				salt,
				source,
			} => {
				let hint = source.hint().map(|hint| format!("{hint} "));
				return Some(format!(
					"{}Publish again with --claim, which goes on from the claim (or with --claim-salt \
					 {}), or get its deposit back: `weighhouse release-claim {}`.",
					hint.unwrap_or_default(),
					hex(salt),
					hex(commitment)
				));
			}
			Self::Refunded { reason, .. } => match reason {
				Refund::NotEnoughWorkers => "Offer more with --reward, or ask with --mode solo.",
				Refund::InputUnavailable => {
					"Is your IPFS node connected to others, so that workers can fetch the input?"
				}
				Refund::ModelError => "The model takes no such input: see its card.",
				_ => "Ask again: other workers may be drawn.",
			},
			Self::Unverified { .. } => {
				"Dispute it while it is provisional: `weighhouse dispute`."
			}
			Self::Listen { .. } => "Choose another port with --bind.",
			Self::NoCall { listing, .. } => {
				return Some(format!("Buy a licence with `weighhouse buy {listing}`."))
			}
			Self::NoLicence { listing, .. } => {
				return Some(format!("Buy one with `weighhouse buy {listing}`."))
			}
			_ => return None,
		};
		Some(match self {
			Self::NoOffer { listing, .. } => {
				format!("{hint} Then open it with `weighhouse offer {listing} --price ...`.")
			}
			_ => hint.to_owned(),
		})
	}

	/// Prints the failure to standard error and says how to exit.
	pub fn report(&self, json: bool) -> ExitCode {
		let mut err = stderr().lock();
		// Nobody is left to tell if standard error is closed.
		let _ = if json {
			writeln!(err, "{}", self.json())
		} else if matches!(self, Self::Interrupted) {
			writeln!(err)
		} else {
			let hint = self
				.hint()
				.map(|hint| format!("\n       {hint}"))
				.unwrap_or_default();
			writeln!(
				err,
				"Error: {}{hint}",
				crate::output::plain(&self.to_string())
			)
		};
		ExitCode::from(self.exit())
	}

	fn json(&self) -> Value {
		let mut error = match self {
			// What is special about the cause stays.
			Self::Asked { source, .. }
			| Self::KeyAsked { source, .. }
			| Self::Unchecked { source, .. }
			| Self::Unreadable { source, .. }
			| Self::Incomplete { source, .. }
			| Self::Claimed { source, .. } => {
				let mut whole = source.json();
				whole["error"].take()
			}
			_ => json!({}),
		};
		let own = json!({
			"code": self.code(),
			"exit": self.exit(),
			"message": self.to_string(),
			"hint": self.hint(),
		});
		if let (Some(error), Value::Object(own)) = (error.as_object_mut(), own) {
			error.extend(own);
		}
		let chain = match self {
			Self::Chain(ChainError::Refused(refusal))
			| Self::NoOffer {
				source: ChainError::Refused(refusal),
				..
			} => Some(json!({
				"pallet": refusal.pallet,
				"name": refusal.name,
				"docs": refusal.docs,
			})),
			Self::Chain(ChainError::NotAccepted(reason))
			| Self::NoOffer {
				source: ChainError::NotAccepted(reason),
				..
			} => Some(json!({
				"pallet": null,
				"name": null,
				"docs": reason,
			})),
			Self::NotForSale { reason, .. } if self.code() == "chain-refused" => Some(json!({
				"pallet": "Licensing",
				"name": format!("{reason:?}"),
				"docs": reason.to_string(),
			})),
			Self::NoQuote { reason, .. } if self.code() == "chain-refused" => Some(json!({
				"pallet": "Inference",
				"name": format!("{reason:?}"),
				"docs": reason.to_string(),
			})),
			Self::TooFewWorkers { .. } => Some(json!({
				"pallet": "Inference",
				"name": "NotEnoughWorkers",
				"docs": NoQuote::NotEnoughWorkers.to_string(),
			})),
			_ => None,
		};
		let chain = chain.map(|chain| ("chain", chain));
		let more = match self {
			Self::Refunded {
				job,
				reason,
				spent,
				refunded,
			} => Some((
				"refund",
				json!({
					"job": job,
					"reason": values::show_refund(*reason),
					"spent": spent.to_string(),
					"refunded": refunded.to_string(),
				}),
			)),
			Self::Unverified { checks, .. } | Self::Unchecked { checks, .. } => {
				Some(("checks", checks.clone()))
			}
			Self::KeyRefunded {
				licence,
				fault,
				refunded,
				compensation,
				burned,
			} => Some((
				"refund",
				json!({
					"licence": licence,
					"reason": match fault {
						KeyFault::Late => "late",
						KeyFault::Wrong => "wrong-key",
					},
					"refunded": refunded.to_string(),
					"compensation": compensation.to_string(),
					"burned": burned.to_string(),
				}),
			)),
			Self::KeyAsked { licence, .. }
			| Self::WrongKey { licence, .. }
			| Self::KeyIsRight { licence } => Some(("licence", json!(licence))),
			Self::Sealed { missing, .. } => {
				missing.licence().map(|licence| ("licence", json!(licence)))
			}
			Self::Asked { job, .. } => Some(("job", json!(job))),
			Self::Incomplete { campaign, .. } => Some(("campaign", json!(campaign))),
			Self::HiddenGold { items, .. } | Self::Unanswered { items, .. } => {
				Some(("items", json!(items)))
			}
			Self::Unreadable { item, .. } => Some(("items", json!([item]))),
			Self::Claimed {
				commitment, salt, ..
			} => Some((
				"claim",
				json!({ "commitment": hex(commitment), "salt": hex(salt) }),
			)),
			Self::TooFewWorkers {
				reward,
				willing,
				needed,
				enough,
				..
			} => Some((
				"workers",
				json!({
					"reward": reward.to_string(),
					"willing": willing,
					"needed": needed,
					"enough": enough.to_string(),
				}),
			)),
			_ => None,
		};
		if let Some(fields) = error.as_object_mut() {
			for (name, value) in chain.into_iter().chain(more) {
				fields.insert(name.into(), value);
			}
		}
		json!({ "error": error })
	}
}

/// Items by position, the first ones if there are many.
fn named(items: &[u32]) -> String {
	const MOST: usize = 10;
	let shown: Vec<_> = items.iter().take(MOST).map(u32::to_string).collect();
	let shown = shown.join(", ");
	match items.len() {
		1 => format!("item {shown}"),
		count if count <= MOST => format!("{count} items: {shown}"),
		count => format!("{count} items: {shown}, ..."),
	}
}

fn chain_code(error: &ChainError) -> &'static str {
	match error {
		ChainError::BadAddress { .. } => "usage",
		ChainError::Unreachable { .. } | ChainError::Lost(_) => "node-unreachable",
		ChainError::Refused(_) | ChainError::NotAccepted(_) => "chain-refused",
		ChainError::Incompatible(_) => "incompatible",
		ChainError::TimedOut { .. } | ChainError::Dropped(_) => "not-included",
		ChainError::Unexpected(_) => "unexpected",
	}
}

/// What helps against a refusal whose own documentation says what is wrong, but not what to do.
fn refused_hint(refusal: &Refusal) -> Option<String> {
	let name = refusal.name.as_str();
	let hint = match refusal.pallet.as_str() {
		"Reputation" => rating_hint(name),
		"Feedback" => campaign_hint(name),
		"Delivery" => delivery_hint(name),
		_ => market_hint(name),
	};
	hint.map(ToOwned::to_owned)
}

fn rating_hint(name: &str) -> Option<&'static str> {
	Some(match name {
		"UnknownReceipt" => {
			"An answer can be rated once it is final: see `weighhouse receipt show`."
		}
		"NotBuyer" => "Sign with the key of the buyer: `weighhouse receipt show` names it.",
		"OwnListing" => "What others say of a listing is not for its owner to say.",
		"AlreadyRated" => "A rating cannot be changed.",
		"BalanceTooLow" => "See `weighhouse account` for the balance.",
		"UnknownRating" => "Its buyer gives one with `weighhouse rate RECEIPT PERCENT`.",
		"RatingStillNeeded" => {
			"`weighhouse rate RECEIPT --forget` says from which block on it can be forgotten."
		}
		_ => return None,
	})
}

fn delivery_hint(name: &str) -> Option<&'static str> {
	Some(match name {
		"BalanceTooLow" => {
			"See `weighhouse account` for the balance, `quote` for price and deposits."
		}
		"BondBelowMinimum" | "BondTooLow" | "BondInUse" | "WrongWindow" => {
			"See bond and window with `weighhouse seller show`."
		}
		"NoBond" => "Put one aside: `weighhouse seller bond WGH`.",
		"SellerNotBonded" | "BondCoversNoMore" => {
			"See the seller's bond with `weighhouse seller show ACCOUNT`; what covers other sales is free \
			 again when they end."
		}
		"DeliveryTooSlow" => {
			"See how long the seller has with `weighhouse quote`, and accept it with --within."
		}
		"UnknownDelivery" => "See what there is with `weighhouse delivery`.",
		"NoSealedLicence" => "See which licences count with `weighhouse licences`.",
		"NotHolder" => "Sign with the key of the holder: --suri or --keystore.",
		"NotSeller" => "Sign with the key of the seller, or for it as its proxy with --seller.",
		"NotBuyer" => "Sign with the key that asked for it: --suri or --keystore.",
		"AlreadyDelivered" | "TooLate" | "NotOverdue" | "NotDelivered" | "AlreadySettled"
		| "TooLateToComplain" | "MayComplain" | "DeliveryOpen" | "OtherKey" => {
			"See where it stands with `weighhouse delivery LICENCE`."
		}
		"KeyIsRight" => "Download the files with `weighhouse fetch`.",
		_ => return None,
	})
}

fn campaign_hint(name: &str) -> Option<&'static str> {
	Some(match name {
		"UnknownCampaign" => "See what there is with `weighhouse campaign list`.",
		"NotSponsor" => "Sign with the key of the sponsor: --suri or --keystore.",
		"NotFilling" | "NotJoining" | "NotCommitting" | "NotRevealing" | "NotOpening"
		| "NotSettling" | "NotDueYet" | "StillNeeded" | "NoShares" | "TooManyItems"
		| "AlreadyOpened" => "See where it stands with `weighhouse campaign status`.",
		"NotRater" => "Take a place while it is open: `weighhouse rater join`.",
		"OwnCampaign" => "Sign with the key of somebody who knows nothing of the gold.",
		"AlreadyJoined" | "AlreadyCommitted" | "NothingToReveal" => {
			"See what you did with `weighhouse rater status`."
		}
		"BalanceTooLow" => "See `weighhouse account` for the balance.",
		"WrongGoldCount" | "WrongItemCount" => {
			"Lines with \"better\" are gold, all others are not: change how many there are."
		}
		"WrongItemsEach" => "Set it with --items-each, or leave that away for all.",
		"WrongRaterCount" => "Set it with --raters.",
		"PanelTooSmall" => "Take more --raters, or more --items-each.",
		"PriceTooLow" => "Pay more for an item with --price.",
		"StakeTooLow" => "Ask for more with --stake.",
		"WrongWindow" => "Set them with --joining and --answering.",
		"WrongMinScore" => "Set it with --min-score, from 0 to 1.",
		"ScoreTooLow" => {
			"See it with `weighhouse reputation show --rater ACCOUNT`; campaigns that ask for less raise it."
		}
		"SameAnswers" | "UnknownAnswer" | "DifferentListings" | "DifferentInputs" => {
			"See what was asked and answered, and whether it is final, with `weighhouse receipt show`."
		}
		"WrongAnswers" | "BadReveal" => {
			"Name the folder with the answers that `weighhouse rater work` kept with --data."
		}
		"UnknownItem" | "BadProof" => "Name the folder with the gold of this campaign with --keep.",
		"AlreadyAccepted" => "Give raters what it earned with `weighhouse campaign distribute`.",
		"OtherDataset" => "See which one it promises with `weighhouse campaign status`.",
		"UnknownListing" => "Find listings with `weighhouse search`.",
		"NotOwner" => "Sign with the key of the owner: --suri or --keystore.",
		"NoDataset" => "List one with `weighhouse campaign list-dataset`.",
		"NothingToDistribute" => "Royalties come in with `weighhouse claim LISTING`.",
		_ => return None,
	})
}

fn market_hint(name: &str) -> Option<&'static str> {
	let hint = match name {
		"BalanceTooLow" => {
			"See `weighhouse account` for the balance, `quote` for price and deposit."
		}
		"NotOwner" | "NotHolder" => "Sign with the key of the owner: --suri or --keystore.",
		"OwnListing" => "The owner needs no licence.",
		"LicenceRequired" => "Buy a licence of the parent first: `weighhouse buy`.",
		"RoyaltyBelowMinimum" => "See the parent's minimum with `weighhouse show`.",
		"UnknownListing" | "UnknownParent" => "Find listings with `weighhouse search`.",
		"UnknownVersion" | "VersionYanked" => {
			"See which versions there are with `weighhouse show LISTING --all`."
		}
		"AlreadyWorker" => {
			"Run `weighhouse work` without registering again; see it with `weighhouse work status`."
		}
		"BondTooLow" => "Bond more: `weighhouse work --bond WGH`.",
		"BondReserved" | "WorkerBusy" | "NothingDue" => {
			"See what is open with `weighhouse work status`."
		}
		"TooManyUnbonding" => "Take out what is over: `weighhouse work withdraw`.",
		"NothingToWithdraw" => "See from which block on with `weighhouse work status`.",
		"KeyTaken" | "BadKeyProof" => "Give another key with --worker-suri.",
		"NotWorker" => "Become one with `weighhouse work --serve LISTING:REWARD`.",
		"NotServing" => "See what it serves with `weighhouse work status`.",
		"NotServed" => {
			"Its versions say nothing about how answers are compared: see `weighhouse show`."
		}
		"OnlyOwnerServes" => ONLY_OWNER_SERVES,
		"ServingLicenceMissing" => {
			"Buy a licence with the right to serve, if there is one: `weighhouse show`."
		}
		"ServingFull" => {
			"Bond more than the weakest of those who serve it, or serve another listing."
		}
		"RewardTooLow" => {
			"Give a higher reward: --reward when asking, --serve LISTING:REWARD when working."
		}
		"OwnerDoesNotServe" => {
			"Ask with another --mode, or offer more with --reward: `weighhouse work estimate` says who \
			 serves it for how much."
		}
		"OwnRequest" => OWN_REQUEST,
		"NotDisputable" | "UnknownJob" => "See where it stands with `weighhouse job show`.",
		"AuditDecides" => {
			"Wait for the audit with `weighhouse job watch`, and dispute what comes of it."
		}
		"OutputIsInline" => "Say instead that it is wrong: --ground wrong.",
		"Undisputable" => {
			"Try again while its time lasts (`weighhouse job show`) and more workers come (`weighhouse \
			 work estimate`); before the next request, the quote of `weighhouse ask` says whether its \
			 answer could be disputed."
		}
		"NotDueYet" => "See the block in which it is due with `weighhouse job show`.",
		"UnknownOffer" | "OfferClosed" | "SoldOut" => "See what is open with `weighhouse show`.",
		"LicenceStillValid" => "Its holder alone may remove it before it ends.",
		"UnknownReceipt" => "List those of your requests with `weighhouse receipt show --mine`.",
		"ReceiptStillNeeded" => "See from which block on with `weighhouse receipt show`.",
		"ListingInUse" => {
			"Close its offers, claim its royalties and wait until its licences are gone: see \
			 `weighhouse show` and `royalties`."
		}
		"HasChildren" => "It can be yanked instead: `weighhouse yank`.",
		"NoProposal" | "NotProposed" => "See who is proposed with `weighhouse show --json`.",
		"Sealed" | "NotSealed" => "`weighhouse buy` takes the right way by itself.",
		"SealedVersionNotAlone" => "Name one version with --versions.",
		"UnknownClaim" => "Claim it anew with `weighhouse publish --claim`.",
		_ => return None,
	};
	Some(hint)
}

/// Prints what clap has to say: help and version to standard output, misuse to standard error.
pub fn usage(error: &clap::Error) -> ExitCode {
	let json = std::env::args_os().any(|argument| argument == "--json");
	if json && error.use_stderr() {
		let text = error.render().to_string();
		let lines = text
			.lines()
			.take_while(|line| !line.starts_with("Usage:"))
			.map(str::trim);
		let said = lines.filter(|line| !line.is_empty() && !line.starts_with("For more"));
		let message = said.collect::<Vec<_>>().join(" ");
		let message = message.trim_start_matches("error: ");
		let report = json!({ "error": {
			"code": "usage",
			"exit": 2,
			"message": message,
			"hint": "See `weighhouse help`.",
		}});
		let _ = writeln!(stderr(), "{report}");
	} else {
		let _ = error.print();
	}
	ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn job_is_named_when_it_was_paid_for_before_the_failure() {
		let lost = || Failure::Chain(ChainError::Lost("it hung up".into()));
		let failure = lost().of_job(7);
		assert_eq!(failure.code(), lost().code());
		assert_eq!(failure.exit(), 3);
		let error = &failure.json()["error"];
		assert_eq!(error["job"], 7);
		assert_eq!(error["code"], "node-unreachable");
		assert!(error["message"].as_str().unwrap().contains("it hung up"));
		assert!(error["hint"]
			.as_str()
			.unwrap()
			.contains("weighhouse job watch 7"));
		assert_eq!(Failure::Interrupted.of_job(7).exit(), 130);
	}

	#[test]
	fn refund_stays_a_refund_when_it_is_of_a_job() {
		let refunded = Failure::Refunded {
			job: 7,
			reason: Refund::Silence,
			spent: 0,
			refunded: 1,
		};
		let error = refunded.of_job(7).json();
		assert_eq!(error["error"]["refund"]["job"], 7);
		assert_eq!(error["error"]["exit"], 10);
	}

	#[test]
	fn tip_is_advised_when_the_pool_is_full() {
		// As the node says it.
		let full = "The transaction couldn't enter the pool because of the limit";
		let hint = |reason: &str| Failure::Chain(ChainError::NotAccepted(reason.into())).hint();
		assert!(hint(full).unwrap().contains("--tip"));
		for other in [
			"Transaction is outdated",
			"Transaction would exhaust the block limits",
		] {
			assert!(!hint(other).unwrap().contains("--tip"), "{other}");
		}
	}

	#[test]
	fn refusal_of_the_chain_is_kept_when_it_is_a_cause() {
		let failure = Failure::Chain(ChainError::NotAccepted("no".into())).of_job(7);
		assert_eq!(failure.json()["error"]["chain"]["docs"], "no");
	}

	#[test]
	fn claim_is_told_when_the_publication_failed_after_it() {
		let failure = Failure::Claimed {
			commitment: H256::repeat_byte(1),
			salt: H256::repeat_byte(2),
			source: Box::new(Failure::Chain(ChainError::NotAccepted("no".into()))),
		};
		assert_eq!(failure.exit(), 5);
		let error = &failure.json()["error"];
		assert_eq!(error["claim"]["commitment"], hex(&H256::repeat_byte(1)));
		assert_eq!(error["claim"]["salt"], hex(&H256::repeat_byte(2)));
		assert_eq!(error["chain"]["docs"], "no");
		let hint = error["hint"].as_str().unwrap();
		assert!(hint.contains(&hex(&H256::repeat_byte(1))), "{hint}");
		assert!(hint.contains(&hex(&H256::repeat_byte(2))), "{hint}");
	}

	#[test]
	fn workers_are_counted_when_they_are_too_few() {
		let failure = Failure::TooFewWorkers {
			listing: 1,
			version: 2,
			reward: 3_000_000_000_000,
			willing: 1,
			needed: 3,
			enough: 1_000_000_000_000,
		};
		assert_eq!(failure.exit(), 5);
		let error = &failure.json()["error"];
		assert_eq!(error["workers"]["willing"], 1);
		assert_eq!(error["chain"]["name"], "NotEnoughWorkers");
		assert!(error["message"].as_str().unwrap().contains("3 WGH"));
	}

	#[test]
	fn licence_is_named_when_its_key_was_paid_for_before_the_failure() {
		let failure = Failure::Interrupted.of_key(7);
		assert_eq!(failure.exit(), 130);
		let error = &failure.json()["error"];
		assert_eq!(error["licence"], 7);
		let hint = error["hint"].as_str().unwrap();
		assert!(hint.contains("weighhouse delivery 7 --watch"), "{hint}");
	}

	#[test]
	fn money_is_counted_when_a_wrong_key_was_proved() {
		let failure = Failure::KeyRefunded {
			licence: 7,
			fault: KeyFault::Wrong,
			refunded: 5_000_000_000_000,
			compensation: 500_000_000_000,
			burned: 500_000_000_000,
		};
		let failure = failure.of_key(7);
		assert_eq!(failure.exit(), 10);
		assert_eq!(
			failure.to_string(),
			"a wrong key came for licence 7: 5 WGH are back, and 0.5 WGH of the seller's bond besides; \
			 0.5 WGH more of it were burned"
		);
		let refund = &failure.json()["error"]["refund"];
		assert_eq!(refund["reason"], "wrong-key");
		assert_eq!(refund["compensation"], "500000000000");
	}

	#[test]
	fn complaint_is_named_only_when_it_can_be_in_time() {
		let hint = |complain_until| {
			let failure = Failure::WrongKey {
				licence: 7,
				complain_until,
			};
			assert_eq!(failure.exit(), 6);
			assert_eq!(failure.json()["error"]["licence"], 7);
			failure.hint().unwrap()
		};
		let in_time = hint(Some(200));
		assert!(in_time.contains("weighhouse complain 7"), "{in_time}");
		assert!(in_time.contains("block 200"), "{in_time}");
		let late = hint(None);
		assert!(!late.contains("weighhouse complain"), "{late}");
		assert!(late.contains("is over"), "{late}");
		assert!(late.contains("weighhouse redeliver 7"), "{late}");
	}

	#[test]
	fn way_to_the_key_is_told_when_a_sealed_version_cannot_be_opened() {
		for (missing, exit, way) in [
			(MissingKey::NoAccount, 2, "--identity FILE"),
			(MissingKey::OwnVault, 2, "--vault FILE"),
			(MissingKey::NoLicence, 1, "weighhouse buy 3"),
			(MissingKey::Awaited(7), 1, "weighhouse delivery 7 --watch"),
			(MissingKey::NotAsked(7), 1, "weighhouse redeliver 7"),
			(MissingKey::OtherSecret(7), 1, "weighhouse redeliver 7"),
		] {
			let failure = Failure::Sealed {
				listing: 3,
				version: 1,
				missing,
			};
			assert_eq!(failure.exit(), exit, "{missing:?}");
			assert!(failure.hint().unwrap().contains(way), "{missing:?}");
		}
	}

	/// Refusals that leave nothing to do, or say themselves what to do; or that no command can run into.
	const SELF_EXPLAINED: [(&str, &[&str]); 4] = [
		(
			"delivery",
			&[
				"NothingGiven",
				"KeyNotAPoint",
				"KeyIsIdentity",
				"TooManyDue",
				"PointNotAPoint",
				"PointIsIdentity",
				"SharedNotAPoint",
				"SharedIsIdentity",
				"ScalarTooLarge",
				"BadProof",
			],
		),
		(
			"inference",
			&[
				"AmountIsZero",
				"BadContentId",
				"AmountTooLarge",
				"NumbersExhausted",
				"ListingCannotBeRetained",
				"TooManyJobsDue",
				"BadReveal",
			],
		),
		(
			"feedback",
			&[
				"AmountTooLarge",
				"TooManyDue",
				"NumbersExhausted",
				"NothingGiven",
				"BadContentId",
			],
		),
		(
			"reputation",
			&[
				"PercentTooHigh",
				"NothingPaid",
				"WindowOver",
				"UnknownSubject",
				"NotFaded",
			],
		),
	];

	/// The errors of a pallet, from its source.
	fn errors(pallet: &str) -> Vec<String> {
		let path = format!(
			"{}/../../pallets/{pallet}/src/lib.rs",
			env!("CARGO_MANIFEST_DIR")
		);
		let source = std::fs::read_to_string(path).unwrap();
		let (_, rest) = source.split_once("pub enum Error<T> {").unwrap();
		let (variants, _) = rest.split_once("\n\t}").unwrap();
		let names = variants.lines().map(str::trim);
		let names = names.filter(|line| !line.is_empty() && !line.starts_with("//"));
		names
			.map(|line| line.trim_end_matches(',').to_owned())
			.collect()
	}

	#[test]
	fn refusal_has_a_hint_unless_there_is_nothing_to_do() {
		for (pallet, explained) in SELF_EXPLAINED {
			let errors = errors(pallet);
			assert!(errors.len() > 10, "{pallet}: {errors:?}");
			for name in &errors {
				let refusal = Refusal {
					pallet: format!("{}{}", pallet[..1].to_uppercase(), &pallet[1..]),
					name: name.clone(),
					docs: String::new(),
				};
				assert_ne!(
					refused_hint(&refusal).is_some(),
					explained.contains(&name.as_str()),
					"{pallet}: {name}"
				);
			}
			for name in explained {
				assert!(errors.iter().any(|error| error == name), "{pallet}: {name}");
			}
		}
	}

	#[test]
	fn answer_that_nobody_could_judge_is_told_with_a_way_on() {
		let failure = Failure::Chain(ChainError::Refused(Refusal {
			pallet: "Inference".into(),
			name: "Undisputable".into(),
			docs: "Too few workers could judge the answer, so it cannot be disputed.".into(),
		}));
		assert_eq!(failure.exit(), 5);
		assert!(failure.hint().unwrap().contains("weighhouse job show"));
	}

	#[test]
	fn items_are_named_when_their_gold_is_not_open() {
		let failure = Failure::HiddenGold {
			campaign: 3,
			items: (0..12).collect(),
		};
		assert_eq!(failure.exit(), 1);
		let said = failure.to_string();
		assert!(said.contains("12 items: 0, 1,"), "{said}");
		assert!(said.ends_with("9, ..."), "{said}");
		assert_eq!(failure.json()["error"]["items"][11], 11);
		assert!(failure.hint().unwrap().contains("open-gold 3"));
	}

	#[test]
	fn way_on_is_told_when_an_item_cannot_be_read() {
		let before = Failure::Unreadable {
			campaign: 3,
			item: 7,
			source: Box::new(Failure::Fetch(FetchError::WrongBlock { cid: "c".into() })),
		};
		assert_eq!(before.exit(), 6);
		assert!(before.hint().unwrap().contains("rater join 3 --unseen"));
		let after = Failure::Unanswered {
			campaign: 3,
			items: vec![7],
			reason: "it is gone".into(),
		};
		assert_eq!(after.exit(), 4);
		assert!(after.to_string().contains("item 7"), "{after}");
		assert!(after.hint().unwrap().contains("rater work 3 --guess"));
	}

	#[test]
	fn exit_is_that_of_the_obstacle_when_a_receipt_could_not_be_checked() {
		let failure = Failure::Unchecked {
			receipt: 3,
			missing: 1,
			checks: json!([]),
			source: Box::new(Failure::NotFound("output".into())),
		};
		assert_eq!(failure.exit(), 7);
	}
}
