//! What people type, and the same words back.

use std::{net::SocketAddr, str::FromStr};

use serde_json::{json, Value};
use weighhouse_client::{
	amount::Percent,
	keys::{parse_account, AccountId32},
	Finding, Phase, ReceiptState, Refund, H256,
};
use weighhouse_primitives::{
	inference::{Ground, Round, Status},
	royalty::MAX_DIRECT,
	Access, AnswerClass, DerivativePolicy, Evidence, Kind, ListingId, Mode, Relation, Rights,
	Serving, Term, Transferability, VersionNumber,
};

const KINDS: &[(&str, Kind)] = &[
	("model", Kind::Model),
	("dataset", Kind::Dataset),
	("adapter", Kind::Adapter),
];
const RELATIONS: &[(&str, Relation)] = &[
	("fine-tune", Relation::FineTune),
	("adapter", Relation::Adapter),
	("merge", Relation::Merge),
	("quantized", Relation::Quantized),
	("distilled", Relation::Distilled),
	("trained-on", Relation::TrainedOn),
];
const SERVINGS: &[(&str, Serving)] = &[
	("anyone", Serving::Anyone),
	("licensed", Serving::Licensed),
	("owner", Serving::Owner),
];
const RIGHTS: &[(&str, Rights)] = &[
	("use", Rights::Use),
	("serve", Rights::Serve),
	("use-and-serve", Rights::UseAndServe),
];
const CLASSES: &[(&str, AnswerClass)] = &[
	("none", AnswerClass::None),
	("bit-exact", AnswerClass::BitExact),
	("tolerant", AnswerClass::Tolerant),
];

const MODES: &[(&str, Mode)] = &[
	("solo", Mode::Solo),
	("quorum3", Mode::QuorumOfThree),
	("quorum5", Mode::QuorumOfFive),
	("owner", Mode::Owner),
];
const GROUNDS: &[(&str, Ground)] = &[
	("wrong", Ground::Wrong),
	("unavailable", Ground::Unavailable),
	("not-as-fingerprinted", Ground::NotAsFingerprinted),
];
const EVIDENCE: &[(&str, Evidence)] = &[
	("owner-signed", Evidence::OwnerSigned),
	("sampled", Evidence::Sampled),
	("audited", Evidence::Audited),
	("quorum", Evidence::Quorum),
	("proven", Evidence::Proven),
];
const ROUNDS: &[(&str, Round)] = &[
	("main", Round::Main),
	("audit", Round::Audit),
	("jury", Round::Jury),
];
const STATUSES: &[(&str, Status)] = &[
	("ok", Status::Ok),
	("input-unavailable", Status::InputUnavailable),
	("model-error", Status::ModelError),
];
const FINDINGS: &[(&str, Finding)] = &[
	("open", Finding::Open),
	("agreed", Finding::Agreed),
	("near-tie", Finding::NearTie),
	("minority", Finding::Minority),
	("silent", Finding::Silent),
	("unrevealed", Finding::Unrevealed),
	("overturned", Finding::Overturned),
];
const STATES: &[(&str, ReceiptState)] = &[
	("provisional", ReceiptState::Provisional),
	("final", ReceiptState::Final),
	("refunded", ReceiptState::Refunded),
];
const REFUNDS: &[(&str, Refund)] = &[
	("not-enough-workers", Refund::NotEnoughWorkers),
	("seed-lost", Refund::SeedLost),
	("silence", Refund::Silence),
	("no-quorum", Refund::NoQuorum),
	("input-unavailable", Refund::InputUnavailable),
	("model-error", Refund::ModelError),
	("overturned", Refund::Overturned),
	("undecided", Refund::Undecided),
];

/// A listing, or one version of it: `7` or `7@2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
	pub listing: ListingId,
	pub version: Option<VersionNumber>,
}

impl FromStr for Target {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (listing, version) = match text.split_once('@') {
			Some((listing, version)) => (listing, Some(version)),
			None => (text, None),
		};
		Ok(Self {
			listing: number(listing, "a listing")?,
			version: version
				.map(|version| number(version, "a version"))
				.transpose()?,
		})
	}
}

/// Reads one version of a listing, for what cannot be undone: `7@2`.
pub fn exact(text: &str) -> Result<(ListingId, VersionNumber), String> {
	let Target { listing, version } = text.parse::<Target>()?;
	let version = version.ok_or_else(|| format!("say which version, as in `{listing}@1`"))?;
	Ok((listing, version))
}

/// A parent of a new version: `1@2:distilled:10%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentArgument {
	pub target: Target,
	pub relation: Relation,
	pub royalty: Percent,
}

impl FromStr for ParentArgument {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let parts: Vec<_> = text.split(':').collect();
		let [target, relation, royalty] = parts.as_slice() else {
			return Err("write LISTING[@VERSION]:RELATION:PERCENT, as in 1@2:distilled:10%".into());
		};
		let royalty: Percent = royalty
			.parse()
			.map_err(|error| format!("the royalty {error}"))?;
		if royalty.0 > MAX_DIRECT {
			return Err(format!(
				"a royalty of {royalty} is over {}",
				Percent(MAX_DIRECT)
			));
		}
		Ok(Self {
			target: target.parse()?,
			relation: word(relation, RELATIONS)?,
			royalty,
		})
	}
}

/// Versions that an offer covers: `3` or `1-3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
	pub first: VersionNumber,
	pub last: VersionNumber,
}

impl FromStr for Range {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (first, last) = text.split_once('-').unwrap_or((text, text));
		let range = Self {
			first: number(first, "a version")?,
			last: number(last, "a version")?,
		};
		if range.first > range.last {
			return Err("the first version comes after the last".into());
		}
		Ok(range)
	}
}

/// Reads a kind of listing.
pub fn kind(text: &str) -> Result<Kind, String> {
	word(text, KINDS)
}

/// Reads who may serve a version.
pub fn serving(text: &str) -> Result<Serving, String> {
	word(text, SERVINGS)
}

/// Reads what a licence allows.
pub fn rights(text: &str) -> Result<Rights, String> {
	word(text, RIGHTS)
}

/// Reads how long a licence holds.
pub fn term(text: &str) -> Result<Term, String> {
	match text.split_once(':') {
		None if text == "perpetual" => Ok(Term::Perpetual),
		None if text == "per-call" => Ok(Term::PerCall),
		Some(("blocks", count)) => Ok(Term::Blocks(number(count, "a count of blocks")?)),
		Some(("calls", count)) => Ok(Term::Calls(number(count, "a count of calls")?)),
		_ => Err("write perpetual, blocks:N, calls:N or per-call".into()),
	}
}

/// Reads what others may derive.
pub fn policy(text: &str) -> Result<DerivativePolicy, String> {
	let minimum = |percent: &str| -> Result<u32, String> {
		let percent: Percent = percent
			.parse()
			.map_err(|error| format!("the minimum {error}"))?;
		if percent.0 > MAX_DIRECT {
			return Err(format!(
				"a minimum of {percent} is over {}",
				Percent(MAX_DIRECT)
			));
		}
		Ok(percent.0)
	};
	match text.split_once(':') {
		None if text == "forbidden" => Ok(DerivativePolicy::Forbidden),
		Some(("royalty", percent)) => Ok(DerivativePolicy::Royalty(minimum(percent)?)),
		Some(("licensed", percent)) => Ok(DerivativePolicy::Licensed(minimum(percent)?)),
		_ => Err("write forbidden, royalty:PERCENT or licensed:PERCENT".into()),
	}
}

/// Reads how many workers answer.
pub fn mode(text: &str) -> Result<Mode, String> {
	word(text, MODES)
}

/// Reads what is wrong with an answer.
pub fn ground(text: &str) -> Result<Ground, String> {
	word(text, GROUNDS)
}

/// Reads how content somebody is: whole percent, with or without the sign.
pub fn rating(text: &str) -> Result<u8, String> {
	match text.strip_suffix('%').unwrap_or(text).parse::<u8>() {
		Ok(percent) if percent <= 100 => Ok(percent),
		_ => Err(format!(
			"`{text}` is no rating: write whole percent from 0 to 100"
		)),
	}
}

/// Reads an address that only this machine reaches, such as `example`. `harm` is what others would do.
pub fn loopback(text: &str, example: &str, harm: &str) -> Result<SocketAddr, String> {
	let address: SocketAddr = text
		.parse()
		.map_err(|_| format!("`{text}` is no address and port such as {example}"))?;
	if !address.ip().is_loopback() {
		return Err(format!(
			"{} is reached from other machines{harm}: use 127.0.0.1 or [::1]",
			address.ip()
		));
	}
	Ok(address)
}

/// Seconds from one block to the next.
const BLOCK_SECONDS: u32 = 2;
/// What a time can be written in, with its seconds, longest first.
const UNITS: &[(&str, u32)] = &[("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Reads a time in blocks: a count of them, or 90s, 30m, 1h or 2d.
pub fn window(text: &str) -> Result<u32, String> {
	let wrong = || format!("`{text}` is no time: write 30m, 1h or 2d, or a count of blocks");
	let unit = UNITS
		.iter()
		.find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
	let blocks = match unit {
		Some((count, seconds)) => {
			let count: u32 = count.trim().parse().map_err(|_| wrong())?;
			let seconds = count.checked_mul(seconds).ok_or_else(wrong)?;
			seconds.div_ceil(BLOCK_SECONDS)
		}
		None => text.parse().map_err(|_| wrong())?,
	};
	if blocks == 0 {
		return Err(wrong());
	}
	Ok(blocks)
}

/// A count of blocks with the time that they take.
pub fn show_blocks(blocks: u32) -> String {
	let seconds = blocks.saturating_mul(BLOCK_SECONDS);
	let fits = |length: u32| seconds == length || seconds >= length.saturating_mul(2);
	let (unit, length) = UNITS
		.iter()
		.copied()
		.find(|(_, length)| fits(*length))
		.unwrap_or(("s", 1));
	let about = match seconds.checked_rem(length) {
		Some(0) => "",
		_ => "about ",
	};
	let count = seconds.checked_div(length).unwrap_or(seconds);
	let unit = if unit == "m" { "min" } else { unit };
	match blocks {
		1 => format!("1 block ({about}{count} {unit})"),
		blocks => format!("{blocks} blocks ({about}{count} {unit})"),
	}
}

/// Reads a sha2-256: 64 hex digits, with or without `0x`. None if the text is something else.
pub fn digest(text: &str) -> Option<H256> {
	let mut hash = H256::zero();
	let digits = text.strip_prefix("0x").unwrap_or(text);
	hex::decode_to_slice(digits, hash.as_bytes_mut()).ok()?;
	Some(hash)
}

/// Reads a hash of the chain: 64 hex digits, with or without `0x`.
pub fn hash(text: &str) -> Result<H256, String> {
	digest(text).ok_or_else(|| format!("`{text}` is no hash: write 0x and 64 hex digits"))
}

/// Reads an account. What is wrong with a secret is not repeated.
pub fn account(text: &str) -> Result<AccountId32, String> {
	parse_account(text).map_err(|error| error.to_string())
}

pub fn show_kind(kind: Kind) -> &'static str {
	name(kind, KINDS)
}

pub fn show_relation(relation: Relation) -> &'static str {
	name(relation, RELATIONS)
}

pub fn show_serving(serving: Serving) -> &'static str {
	name(serving, SERVINGS)
}

pub fn show_rights(rights: Rights) -> &'static str {
	name(rights, RIGHTS)
}

pub fn show_class(class: AnswerClass) -> &'static str {
	name(class, CLASSES)
}

pub fn show_mode(mode: Mode) -> &'static str {
	name(mode, MODES)
}

pub fn show_ground(ground: Ground) -> &'static str {
	name(ground, GROUNDS)
}

pub fn show_evidence(evidence: Evidence) -> &'static str {
	name(evidence, EVIDENCE)
}

pub fn show_round(round: Round) -> &'static str {
	name(round, ROUNDS)
}

pub fn show_status(status: Status) -> &'static str {
	name(status, STATUSES)
}

pub fn show_finding(finding: Finding) -> &'static str {
	name(finding, FINDINGS)
}

pub fn show_state(state: ReceiptState) -> &'static str {
	name(state, STATES)
}

pub fn show_refund(refund: Refund) -> &'static str {
	name(refund, REFUNDS)
}

pub fn show_phase(phase: &Phase) -> &'static str {
	match phase {
		Phase::Open { .. } => "open",
		Phase::Committing { .. } => "committing",
		Phase::Revealing { .. } => "revealing",
		Phase::Sampling { .. } => "sampling",
		Phase::Auditing { .. } => "auditing",
		Phase::Resolved { .. } => "resolved",
		Phase::Summoning { .. } => "summoning",
		Phase::JuryCommitting { .. } => "jury-committing",
		Phase::JuryRevealing { .. } => "jury-revealing",
		Phase::Ending { .. } => "ending",
	}
}

pub fn show_access(access: Access) -> String {
	match access {
		Access::Licence(licence) => format!("licence {licence}"),
		Access::Offer(offer) => format!("offer {offer}, per call"),
		Access::Owner => "owning the listing".into(),
	}
}

pub fn access_json(access: Access) -> Value {
	match access {
		Access::Licence(licence) => json!({ "kind": "licence", "licence": licence }),
		Access::Offer(offer) => json!({ "kind": "offer", "offer": offer }),
		Access::Owner => json!({ "kind": "owner" }),
	}
}

pub fn show_policy(policy: DerivativePolicy) -> String {
	match policy {
		DerivativePolicy::Forbidden => "forbidden".into(),
		DerivativePolicy::Royalty(parts) => format!("allowed for a royalty of {}", Percent(parts)),
		DerivativePolicy::Licensed(parts) => {
			format!("allowed with a licence and a royalty of {}", Percent(parts))
		}
	}
}

pub fn show_term(term: Term) -> String {
	match term {
		Term::Perpetual => "perpetual".into(),
		Term::Blocks(count) => format!("{count} blocks"),
		Term::Calls(count) => format!("{count} calls"),
		Term::PerCall => "per call".into(),
	}
}

pub fn show_range(first: VersionNumber, last: VersionNumber) -> String {
	if first == last {
		first.to_string()
	} else {
		format!("{first}-{last}")
	}
}

pub fn is_transferable(transferability: Transferability) -> bool {
	transferability == Transferability::Transferable
}

pub fn policy_json(policy: DerivativePolicy) -> Value {
	match policy {
		DerivativePolicy::Forbidden => json!({ "policy": "forbidden", "minParts": null }),
		DerivativePolicy::Royalty(parts) => json!({ "policy": "royalty", "minParts": parts }),
		DerivativePolicy::Licensed(parts) => json!({ "policy": "licensed", "minParts": parts }),
	}
}

pub fn term_json(term: Term) -> Value {
	match term {
		Term::Perpetual => json!({ "kind": "perpetual" }),
		Term::Blocks(count) => json!({ "kind": "blocks", "count": count }),
		Term::Calls(count) => json!({ "kind": "calls", "count": count }),
		Term::PerCall => json!({ "kind": "per-call" }),
	}
}

/// Numbers on chain begin with 1.
fn number(text: &str, what: &str) -> Result<u32, String> {
	match text.parse() {
		Ok(number) if number > 0 => Ok(number),
		_ => Err(format!("`{text}` is not {what}: write a number from 1 on")),
	}
}

fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
	words
		.iter()
		.find(|(word, _)| *word == text)
		.map(|(_, value)| *value)
		.ok_or_else(|| {
			let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
			format!("`{text}` is none of {}", words.join(", "))
		})
}

fn name<T: PartialEq>(value: T, words: &[(&'static str, T)]) -> &'static str {
	words
		.iter()
		.find(|(_, known)| *known == value)
		.map_or("unknown", |(word, _)| word)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn window_is_read_when_in_time_or_in_blocks() {
		assert_eq!(window("900"), Ok(900));
		assert_eq!(window("30m"), Ok(900));
		assert_eq!(window("1h"), Ok(1800));
		assert_eq!(window("7d"), Ok(302_400));
		// A block more, and not less time than was asked for.
		assert_eq!(window("3s"), Ok(2));
		for text in ["", "0", "0h", "h", "-1", "1.5h", "1w", "4000000000d"] {
			assert!(window(text).is_err(), "{text}");
		}
	}

	#[test]
	fn blocks_are_shown_with_their_time() {
		assert_eq!(show_blocks(1), "1 block (2 s)");
		assert_eq!(show_blocks(1800), "1800 blocks (1 h)");
		assert_eq!(show_blocks(2700), "2700 blocks (90 min)");
		assert_eq!(show_blocks(1799), "1799 blocks (about 59 min)");
		assert_eq!(show_blocks(302_400), "302400 blocks (7 d)");
	}

	#[test]
	fn target_is_read_when_with_or_without_version() {
		assert_eq!(
			"7".parse(),
			Ok(Target {
				listing: 7,
				version: None
			})
		);
		assert_eq!(
			"7@2".parse(),
			Ok(Target {
				listing: 7,
				version: Some(2)
			})
		);
	}

	#[test]
	fn target_is_refused_when_a_number_is_wrong() {
		for text in [
			"",
			"0",
			"7@",
			"@2",
			"7@0",
			"7@2@3",
			"-1",
			"1.0",
			"4294967296",
			"digits",
		] {
			assert!(text.parse::<Target>().is_err(), "{text}");
		}
	}

	#[test]
	fn exact_version_is_refused_when_left_out() {
		assert_eq!(exact("3@1"), Ok((3, 1)));
		let error = exact("3").unwrap_err();
		assert!(error.contains("3@1"), "{error}");
		for text in ["", "3@", "3@0", "@1"] {
			assert!(exact(text).is_err(), "{text}");
		}
	}

	#[test]
	fn parent_is_read_when_complete() {
		assert_eq!(
			"1@2:distilled:10%".parse(),
			Ok(ParentArgument {
				target: Target {
					listing: 1,
					version: Some(2)
				},
				relation: Relation::Distilled,
				royalty: Percent(100_000_000),
			})
		);
		assert_eq!(
			"1:trained-on:0".parse::<ParentArgument>().unwrap().royalty,
			Percent(0)
		);
	}

	#[test]
	fn parent_is_refused_when_a_part_is_wrong() {
		for text in [
			"1",
			"1:distilled",
			"1:distilled:",
			"1:cousin:10%",
			"0:distilled:10%",
			"1:distilled:50.0000001%",
			"1:distilled:-1",
			"1:distilled:10:5",
		] {
			assert!(text.parse::<ParentArgument>().is_err(), "{text}");
		}
	}

	#[test]
	fn term_is_read_when_it_is_one_of_four() {
		assert_eq!(term("perpetual"), Ok(Term::Perpetual));
		assert_eq!(term("blocks:43200"), Ok(Term::Blocks(43_200)));
		assert_eq!(term("calls:100"), Ok(Term::Calls(100)));
		assert_eq!(term("per-call"), Ok(Term::PerCall));
		for text in ["", "blocks", "blocks:0", "calls:x", "days:3", "perpetual:1"] {
			assert!(term(text).is_err(), "{text}");
		}
	}

	#[test]
	fn policy_is_read_when_it_is_one_of_three() {
		assert_eq!(policy("forbidden"), Ok(DerivativePolicy::Forbidden));
		assert_eq!(
			policy("royalty:5%"),
			Ok(DerivativePolicy::Royalty(50_000_000))
		);
		assert_eq!(policy("licensed:0"), Ok(DerivativePolicy::Licensed(0)));
		for text in ["royalty", "royalty:51%", "licensed:x", "free"] {
			assert!(policy(text).is_err(), "{text}");
		}
	}

	#[test]
	fn range_is_refused_when_it_runs_backwards() {
		assert_eq!("2".parse(), Ok(Range { first: 2, last: 2 }));
		assert_eq!("1-3".parse(), Ok(Range { first: 1, last: 3 }));
		for text in ["3-1", "0-1", "1-", "-", "1-2-3"] {
			assert!(text.parse::<Range>().is_err(), "{text}");
		}
	}

	#[test]
	fn rating_is_refused_when_it_is_no_whole_percent() {
		assert_eq!(rating("0"), Ok(0));
		assert_eq!(rating("100%"), Ok(100));
		for text in ["", "%", "101", "-1", "50.5", "good"] {
			assert!(rating(text).is_err(), "{text}");
		}
	}

	#[test]
	fn digest_is_read_when_with_or_without_prefix() {
		let text = "ab".repeat(32);
		assert_eq!(digest(&text), Some(H256::repeat_byte(0xab)));
		assert_eq!(digest(&format!("0x{text}")), digest(&text));
		for text in ["", "0x", "ab", "answer.bin", &format!("{text}ab")] {
			assert_eq!(digest(text), None, "{text}");
		}
	}

	#[test]
	fn word_reads_back_when_shown() {
		for (text, value) in MODES {
			assert_eq!(mode(show_mode(*value)), Ok(*value), "{text}");
		}
		for (text, value) in GROUNDS {
			assert_eq!(ground(show_ground(*value)), Ok(*value), "{text}");
		}
		for (text, value) in RELATIONS {
			assert_eq!(word(show_relation(*value), RELATIONS), Ok(*value), "{text}");
		}
		for (_, value) in KINDS {
			assert_eq!(kind(show_kind(*value)), Ok(*value));
		}
		for (_, value) in SERVINGS {
			assert_eq!(serving(show_serving(*value)), Ok(*value));
		}
		for (_, value) in RIGHTS {
			assert_eq!(rights(show_rights(*value)), Ok(*value));
		}
	}
}
