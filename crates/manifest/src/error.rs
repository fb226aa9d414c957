//! What can be wrong, and what would be right.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;
use weighhouse_primitives::{artifact::PathError, ContentId, ContentIdError};

use crate::{Manifest, Sha256Digest};

/// What is wrong with a model card.
#[derive(Debug, Error)]
pub enum CardError {
	/// The front matter has no end.
	#[error("README.md begins with `---` but no second `---` closes the front matter")]
	Unclosed,
	/// The front matter is not YAML.
	#[error("the front matter of README.md is not YAML: {0}")]
	Yaml(serde_norway::Error),
	/// The front matter is YAML, but not fields with values.
	#[error("the front matter of README.md must be fields with values, such as `license: mit`")]
	NotFields,
	/// A value cannot be written as JSON.
	#[error("the front matter of README.md holds {what} in `{field}`, which JSON cannot express")]
	NoJson {
		/// Where.
		field: String,
		/// What it is.
		what: &'static str,
	},
}

/// One place in which JSON departs from the manifest's schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaFault {
	/// JSON pointer to the place; empty for the whole.
	pub at: String,
	/// What is wrong there.
	pub problem: String,
}

impl fmt::Display for SchemaFault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let at = if self.at.is_empty() { "/" } else { &self.at };
		write!(f, "at {at}: {}", self.problem)
	}
}

fn list(faults: &[SchemaFault]) -> String {
	faults
		.iter()
		.map(ToString::to_string)
		.collect::<Vec<_>>()
		.join("; ")
}

/// What is wrong with a manifest.
#[derive(Debug, Error)]
pub enum ManifestError {
	/// It is too long.
	#[error("the manifest is {found} bytes long, but at most {max} fit (256 KiB): publish fewer files, or shorten the model card", max = Manifest::MAX_BYTES)]
	TooLarge {
		/// Its length in bytes.
		found: usize,
	},
	/// It is not JSON, or a field comes twice.
	#[error("the manifest is not valid JSON: {0}")]
	Json(#[from] serde_json::Error),
	/// It departs from the schema.
	#[error("the manifest does not follow its schema: {}", list(.faults))]
	Schema {
		/// The first few places.
		faults: Vec<SchemaFault>,
	},
	/// It is of another form.
	#[error("the manifest says it is `{found}`, but only `{form}` is known", form = Manifest::FORM)]
	UnknownForm {
		/// What it says.
		found: String,
	},
	/// A text for people is missing or too long.
	#[error("`{field}` is {found} bytes long, but must be {min} to {max}")]
	TextLength {
		/// Which.
		field: &'static str,
		/// Its length in bytes.
		found: usize,
		/// The least.
		min: usize,
		/// The most.
		max: usize,
	},
	/// A text for people holds a control character.
	#[error("`{field}` holds a control character: write it on one line of plain text")]
	TextControl {
		/// Which.
		field: &'static str,
	},
	/// `created` is no point in time.
	#[error("`created` is `{found}`, but must be a point in time such as 2026-11-21T08:00:00Z")]
	Created {
		/// What it is.
		found: String,
	},
	/// The task is not one that the chain takes.
	#[error("the card's `pipeline_tag` is `{found}`, but must be 1 to 32 of a-z, 0-9 and `-`, such as image-classification")]
	Task {
		/// What it is.
		found: String,
	},
	/// There are no files.
	#[error("the manifest names no artifacts: it must name at least one file")]
	NoArtifacts,
	/// A path is refused.
	#[error("artifact {path:?}: {source}")]
	Path {
		/// The path.
		path: String,
		/// Why.
		source: PathError,
	},
	/// Two artifacts have the same path.
	#[error("artifact `{path}` is named twice: each path must be named once")]
	DuplicatePath {
		/// The path.
		path: String,
	},
	/// One artifact is a file where another needs a folder.
	#[error("artifact `{file}` is a file, but `{path}` needs a folder of that name: rename one")]
	FileAndFolder {
		/// The file.
		file: String,
		/// The path that goes through it.
		path: String,
	},
	/// A size is beyond what JSON numbers hold exactly.
	#[error("artifact `{path}` is said to be {size} bytes long, but no size may exceed 2^53 - 1")]
	Size {
		/// The path.
		path: String,
		/// What is said.
		size: u64,
	},
	/// The stated root is not that of the artifacts.
	#[error("`artifactRoot` is {stated}, but the artifacts listed have the root {computed}")]
	RootMismatch {
		/// What is stated.
		stated: Sha256Digest,
		/// What is right.
		computed: Sha256Digest,
	},
	/// A content id cannot be read.
	#[error("the content id `{cid}` of {of} is refused: {source}")]
	Cid {
		/// What it is of.
		of: String,
		/// The text.
		cid: String,
		/// Why.
		source: ContentIdError,
	},
	/// A raw content id names other bytes than the digest beside it.
	#[error("the content id {cid} of `{path}` is that of a raw block with other bytes than sha256 {sha256}")]
	CidOfOtherBytes {
		/// The artifact.
		path: String,
		/// Its content id.
		cid: ContentId,
		/// Its digest.
		sha256: Sha256Digest,
	},
	/// There is no such artifact.
	#[error("the manifest names no artifact `{path}`")]
	UnknownArtifact {
		/// The path.
		path: String,
	},
	/// The licence is no SPDX expression.
	#[error("the licence `{expression}` is no SPDX expression: {reason}; {hint}")]
	Spdx {
		/// What it is.
		expression: String,
		/// Why not.
		reason: String,
		/// What may have been meant.
		hint: String,
	},
	/// The licence is too long for the chain.
	#[error("the SPDX expression is {found} bytes long, but the chain takes 64: use LicenseRef-NAME and put the text into a file")]
	SpdxTooLong {
		/// Its length in bytes.
		found: usize,
	},
	/// The licence text is not among the artifacts.
	#[error("`licence.text` is `{path}`, but no artifact has that path")]
	LicenceText {
		/// The path.
		path: String,
	},
	/// The licence text has two content ids.
	#[error("`licence.textCid` is {stated}, but must be the content id of the artifact `licence.text` names")]
	LicenceTextCid {
		/// What is stated.
		stated: ContentId,
	},
	/// The smallest royalty makes no sense.
	#[error("`licence.derivatives.minimum` is {found}, but must be at most 500000000 (50 %), and 0 if the policy is forbidden")]
	DerivativesMinimum {
		/// What it is.
		found: u32,
	},
	/// Royalties are too high.
	#[error("the royalties in `lineage` come to {found} parts of 10^9, but at most 500000000 (50 %) may be given together")]
	RoyaltiesOverCap {
		/// Their sum.
		found: u64,
	},
	/// A lineage entry names nothing, or a version of nothing.
	#[error(
		"entry {index} of `lineage` must name `listing` and `version` together, or a `source`"
	)]
	LineageIncomplete {
		/// Which, from 0.
		index: usize,
	},
	/// Two lineage entries name the same listing.
	#[error("`lineage` names listing {listing} twice: name each parent once")]
	LineageDuplicate {
		/// The listing.
		listing: u32,
	},
	/// There are too many parents.
	#[error("`lineage` names {found} listings, but at most 8 may be parents")]
	TooManyParents {
		/// How many.
		found: usize,
	},
	/// Answers are compared, but nothing says what they are.
	#[error(
		"`attestation.class` needs an `interface`: say which inputs and outputs the model has"
	)]
	InterfaceMissing,
	/// The largest request makes no sense.
	#[error("`interface.inputLimit` is {found}, but must be 1 to 16777216 bytes (16 MiB)")]
	InputLimit {
		/// What it is.
		found: u32,
	},
	/// Two tensors of one side have the same name, or one has none.
	#[error("`interface` has two {side} named `{name}`, or one without a name")]
	TensorName {
		/// Inputs or outputs.
		side: &'static str,
		/// The name.
		name: String,
	},
	/// A dimension or a scale makes no sense.
	#[error("tensor `{name}`: dimensions must be -1 (free) or above 0, and `scale` at most 62")]
	TensorShape {
		/// The tensor.
		name: String,
	},
	/// Something for comparing answers is missing.
	#[error("`attestation.class` is {class} and so needs `attestation.{field}`")]
	AttestationIncomplete {
		/// The class.
		class: &'static str,
		/// What is missing.
		field: &'static str,
	},
	/// An output that is compared does not exist.
	#[error("`attestation.{field}` names `{name}`, but the interface has no such output")]
	UnknownOutput {
		/// Where.
		field: &'static str,
		/// The name.
		name: String,
	},
	/// The longest time makes no sense.
	#[error("`attestation.maxLatencyMs` is {found}, but must be 1 to 1200000 (20 minutes)")]
	Latency {
		/// What it is.
		found: u32,
	},
	/// Tau makes no sense.
	#[error("`attestation.fingerprint.tau` is {found}, but must be at most 64 of the 256 bits")]
	Tau {
		/// What it is.
		found: u8,
	},
	/// A file with test vectors is not among the artifacts.
	#[error("`attestation.testVectors` names `{path}`, but no artifact has that path")]
	TestVectors {
		/// The path.
		path: String,
	},
	/// A measured value is no number.
	#[error("the evaluation of `{metric}` on `{dataset}` is no finite number")]
	EvaluationValue {
		/// On what.
		dataset: String,
		/// Of what.
		metric: String,
	},
}

/// Why a folder does not become a manifest.
#[derive(Debug, Error)]
pub enum BuildError {
	/// There is no such folder.
	#[error("{} is not a folder: give the folder that holds README.md and the model's files", .path.display())]
	NotAFolder {
		/// The path.
		path: PathBuf,
	},
	/// Something cannot be read.
	#[error("cannot read {}: {source}", .path.display())]
	Read {
		/// The path.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// There is a symbolic link.
	#[error("`{path}` is a symbolic link to {}: put the file itself there, since a link may lead out of the folder (`cp -rL` copies a folder without links)", .target.display())]
	Symlink {
		/// The link, relative to the folder.
		path: String,
		/// What it names.
		target: PathBuf,
	},
	/// There is something that is neither file nor folder.
	#[error("`{path}` is neither a file nor a folder: remove it")]
	NotAFile {
		/// The path, relative to the folder.
		path: String,
	},
	/// A file name is not UTF-8.
	#[error("the name of {} is not UTF-8: rename it", .path.display())]
	NotUtf8 {
		/// The path.
		path: PathBuf,
	},
	/// A file name is refused.
	#[error("file {path:?}: {source}")]
	Path {
		/// The path, relative to the folder.
		path: String,
		/// Why.
		source: PathError,
	},
	/// There are too many files.
	#[error("the folder holds more than {max} files: pack them, since a manifest names each one")]
	TooManyFiles {
		/// The most.
		max: usize,
	},
	/// There is no model card.
	#[error("{} is missing: describe the model in a README.md, with front matter as on Hugging Face", .path.display())]
	MissingCard {
		/// Where it should be.
		path: PathBuf,
	},
	/// The model card is too long.
	#[error("README.md is {found} bytes long, but at most {max} are read")]
	CardTooLarge {
		/// Its length in bytes.
		found: u64,
		/// The most.
		max: u64,
	},
	/// The model card is not text.
	#[error("README.md is not UTF-8 text")]
	CardNotText,
	/// The model card is malformed.
	#[error(transparent)]
	Card(#[from] CardError),
	/// There is nothing but the model card.
	#[error("the folder holds no files besides README.md: put the model's files beside it")]
	NoFiles,
	/// There are two settings files.
	#[error("both {first} and {second} are there: keep one")]
	TwoSettings {
		/// One.
		first: &'static str,
		/// The other.
		second: &'static str,
	},
	/// The settings file is malformed.
	#[error("{file} is refused: {problem}")]
	Settings {
		/// Its name.
		file: &'static str,
		/// What is wrong.
		problem: String,
	},
	/// Nothing names the licence.
	#[error("no licence is named: set `license` in README.md (with `license_name` if it is `other`), or `licence.spdx` in weighhouse.yaml")]
	NoLicence,
	/// A file changed while it was read.
	#[error("`{path}` changed while it was read: its size was {before}, then {after} bytes")]
	Changed {
		/// The path, relative to the folder.
		path: String,
		/// Its size at first, in bytes.
		before: u64,
		/// Its size when read, in bytes.
		after: u64,
	},
	/// What came out is no valid manifest.
	#[error(transparent)]
	Manifest(#[from] ManifestError),
}

/// Why files are not what a manifest says.
#[derive(Debug, Error)]
pub enum VerifyError {
	/// A path of the manifest is refused, before anything is opened.
	#[error("artifact {path:?}: {source}")]
	Path {
		/// The path.
		path: String,
		/// Why.
		source: PathError,
	},
	/// A file is missing.
	#[error("`{path}` is missing")]
	Missing {
		/// The path.
		path: String,
	},
	/// There is something, but no regular file.
	#[error("`{path}` is not a regular file")]
	NotAFile {
		/// The path.
		path: String,
	},
	/// The size differs.
	#[error("`{path}` is {found} bytes long, but the manifest says {expected}")]
	WrongSize {
		/// The path.
		path: String,
		/// What the manifest says, in bytes.
		expected: u64,
		/// What it is, in bytes.
		found: u64,
	},
	/// The bytes differ.
	#[error("`{path}` has sha256 {found}, but the manifest says {expected}: these are not the bytes that were published")]
	WrongDigest {
		/// The path.
		path: String,
		/// What the manifest says.
		expected: Sha256Digest,
		/// What it is.
		found: Sha256Digest,
	},
	/// A file cannot be read.
	#[error("cannot read `{path}`: {source}")]
	Read {
		/// The path.
		path: String,
		/// Why.
		source: io::Error,
	},
}
