//! What an operator can set, and what holds if nothing is set.
//!
//! A TOML file comes first, variables named `WEIGHHOUSE_WORK_*` override it; a key inside a table is
//! written with two underscores, as in `WEIGHHOUSE_WORK_ENGINE__URL`. A key that is not known is
//! refused, so that a misspelt limit is never silently the default.

use std::{
	collections::{BTreeMap, HashMap},
	net::{IpAddr, Ipv4Addr, SocketAddr},
	path::{Path, PathBuf},
	time::Duration,
};

use serde::{de, Deserialize, Deserializer};
use sp_core::{
	crypto::{AccountId32, Ss58Codec},
	H256,
};
use url::Url;
use weighhouse_client::ipfs::Ipfs;
use weighhouse_primitives::ListingId;

use crate::ConfigError;

/// What the variables begin with.
const PREFIX: &str = "WEIGHHOUSE_WORK";
/// What separates a table from a key in the name of a variable.
const SEPARATOR: &str = "__";

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// How a gateway is set up. Sizes are bytes or text such as `"64 KiB"`, times text such as `"30s"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
	/// Where to listen. Loopback only: whoever reaches the gateway learns answers before they are
	/// revealed. Port 0 takes a free one.
	pub listen: SocketAddr,
	/// The folder for jobs, the secret and cached models.
	pub data: PathBuf,
	/// RPC address of an IPFS node.
	pub ipfs: String,
	/// Keys of the workers that are served, in SS58 or as 0x and 64 hexadecimal digits; anybody's if
	/// there are none.
	#[serde(deserialize_with = "workers")]
	pub workers: Vec<H256>,
	/// Files with the age identities that open sealed models. For their owner only (mode 600).
	#[serde(deserialize_with = "paths")]
	pub identities: Vec<PathBuf>,
	/// How many jobs run at the same time.
	#[serde(deserialize_with = "count")]
	pub concurrency: usize,
	/// How many more jobs may wait.
	#[serde(deserialize_with = "count")]
	pub queue: usize,
	/// The largest body of a request to the gateway.
	#[serde(deserialize_with = "size")]
	pub body_limit: u64,
	/// The largest input that is fetched. A manifest may set a lower limit for its model.
	#[serde(deserialize_with = "size")]
	pub input_limit: u64,
	/// The most that cached models take on disk.
	#[serde(deserialize_with = "size")]
	pub cache_limit: u64,
	/// How much of a model's longest latency, in percent, an input is looked for before the answer is
	/// that it cannot be had.
	#[serde(deserialize_with = "count")]
	pub input_patience: usize,
	/// How long finished jobs are kept.
	#[serde(deserialize_with = "duration")]
	pub keep: Duration,
	/// What runs the models.
	pub engine: EngineConfig,
	/// How long things may take.
	pub timeouts: Timeouts,
}

/// What runs the models.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
	/// Which kind of engine.
	pub kind: EngineKind,
	/// Address of the inference server; for `oip`.
	pub url: Option<String>,
	/// What the server calls the model of a listing, by the listing's number; for `oip`. A listing
	/// that is not named has the name in its manifest.
	#[serde(deserialize_with = "models")]
	pub models: BTreeMap<ListingId, String>,
	/// The largest answer of the server; for `oip`.
	#[serde(deserialize_with = "size")]
	pub answer_limit: u64,
	/// How many models stay ready to run in memory; for `embedded`.
	#[serde(deserialize_with = "count")]
	pub plans: usize,
	/// How many bytes of weights those models have together; for `embedded`.
	#[serde(deserialize_with = "size")]
	pub memory: u64,
	/// Whether models are fetched and checked although the server brings its own; for `oip`.
	#[serde(deserialize_with = "flag")]
	pub download: bool,
	/// Whether models run that pin another engine. Their answers may then differ from everybody
	/// else's, which costs the worker's bond.
	#[serde(deserialize_with = "flag")]
	pub ignore_pin: bool,
}

/// The kinds of engines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
	/// ONNX on the CPU, in this process.
	Embedded,
	/// An Open Inference Protocol V2 server over HTTP.
	Oip,
}

/// How long things may take.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
	/// A connection to the IPFS node.
	#[serde(deserialize_with = "duration")]
	pub connect: Duration,
	/// The next bytes from the IPFS node.
	#[serde(deserialize_with = "duration")]
	pub idle: Duration,
	/// One attempt to fetch a manifest, an input or a disputed output.
	#[serde(deserialize_with = "duration")]
	pub fetch: Duration,
	/// One attempt to fetch a model; what came is kept for the next one.
	#[serde(deserialize_with = "duration")]
	pub model: Duration,
	/// The pause before a job's second attempt; it doubles up to [`retry_most`](Self::retry_most).
	#[serde(deserialize_with = "duration")]
	pub retry: Duration,
	/// The longest pause between two attempts.
	#[serde(deserialize_with = "duration")]
	pub retry_most: Duration,
	/// How long after its arrival a job is given up. No window of the chain is longer by default.
	#[serde(deserialize_with = "duration")]
	pub job: Duration,
	/// How long running jobs may go on when the gateway is asked to stop; what is not done by then is
	/// taken up again at the next start.
	#[serde(deserialize_with = "duration")]
	pub shutdown: Duration,
}

impl Default for Config {
	fn default() -> Self {
		Self {
			listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8791),
			data: default_data(),
			ipfs: "http://127.0.0.1:5001".into(),
			workers: Vec::new(),
			identities: Vec::new(),
			concurrency: 2,
			queue: 64,
			body_limit: 64 * KIB,
			input_limit: 16 * MIB,
			cache_limit: 10 * GIB,
			input_patience: 50,
			keep: Duration::from_secs(30 * 24 * 60 * 60),
			engine: EngineConfig::default(),
			timeouts: Timeouts::default(),
		}
	}
}

impl Default for EngineConfig {
	fn default() -> Self {
		Self {
			kind: EngineKind::Embedded,
			url: None,
			models: BTreeMap::new(),
			answer_limit: 16 * MIB,
			plans: 4,
			memory: GIB,
			download: false,
			ignore_pin: false,
		}
	}
}

impl Default for Timeouts {
	fn default() -> Self {
		Self {
			connect: Duration::from_secs(5),
			idle: Duration::from_secs(30),
			fetch: Duration::from_secs(60),
			model: Duration::from_secs(60 * 60),
			retry: Duration::from_millis(500),
			retry_most: Duration::from_secs(15),
			job: Duration::from_secs(60 * 60),
			shutdown: Duration::from_secs(20),
		}
	}
}

impl Config {
	/// Reads `file`, if one is given, then the environment, and checks the whole.
	///
	/// # Errors
	/// [`ConfigError`] with the key that is wrong and what would be right.
	pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
		Self::from_sources(file, None)
	}

	/// The same with other variables than those of this process.
	///
	/// # Errors
	/// [`ConfigError`] with the key that is wrong and what would be right.
	pub fn from_sources(
		file: Option<&Path>,
		variables: Option<HashMap<String, String>>,
	) -> Result<Self, ConfigError> {
		let mut builder = config::Config::builder();
		if let Some(path) = file {
			let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
				path: path.to_owned(),
				source,
			})?;
			builder = builder.add_source(config::File::from_str(&text, config::FileFormat::Toml));
		}
		let refused = |error: config::ConfigError| ConfigError::Refused {
			file: file.map(Path::to_owned),
			problem: error.to_string(),
		};
		let read: Self = builder
			.add_source(
				config::Environment::with_prefix(PREFIX)
					.prefix_separator("_")
					.separator(SEPARATOR)
					.ignore_empty(true)
					.source(variables.map(|variables| variables.into_iter().collect())),
			)
			.build()
			.map_err(refused)?
			.try_deserialize()
			.map_err(refused)?;
		read.check()?;
		Ok(read)
	}

	/// Holds the values against each other and against what is safe.
	///
	/// # Errors
	/// [`ConfigError`] with the key that is wrong and what would be right.
	pub fn check(&self) -> Result<(), ConfigError> {
		if !self.listen.ip().is_loopback() {
			return Err(ConfigError::NotLoopback {
				listen: self.listen,
			});
		}
		let value = |key, problem: &str| ConfigError::Value {
			key,
			problem: problem.into(),
		};
		if self.data.as_os_str().is_empty() {
			return Err(value(
				"data",
				"it is empty, and neither XDG_DATA_HOME nor HOME names a place: give a folder",
			));
		}
		Ipfs::new(&self.ipfs).map_err(|error| value("ipfs", &error.to_string()))?;
		let at_least_one = [
			("concurrency", self.concurrency),
			("queue", self.queue),
			("engine.plans", self.engine.plans),
		];
		for (key, number) in at_least_one {
			if number == 0 {
				return Err(value(key, "it is 0, but must be at least 1"));
			}
		}
		for (key, number, most) in [
			("concurrency", self.concurrency, 1024),
			("queue", self.queue, 65_536),
		] {
			if number > most {
				return Err(ConfigError::Value {
					key,
					problem: format!("it is {number}, but may be at most {most}"),
				});
			}
		}
		for (key, size, least, most) in [
			("body_limit", self.body_limit, KIB, 16 * MIB),
			("input_limit", self.input_limit, 1, 16 * MIB),
			(
				"engine.answer_limit",
				self.engine.answer_limit,
				KIB,
				256 * MIB,
			),
		] {
			if size < least || size > most {
				return Err(ConfigError::Value {
					key,
					problem: format!("it is {size} bytes, but must be {least} to {most}"),
				});
			}
		}
		if !(1..=90).contains(&self.input_patience) {
			return Err(value(
				"input_patience",
				"it must be 1 to 90 percent: the answer itself needs the rest of the time",
			));
		}
		for (key, time) in [
			("keep", self.keep),
			("timeouts.connect", self.timeouts.connect),
			("timeouts.idle", self.timeouts.idle),
			("timeouts.fetch", self.timeouts.fetch),
			("timeouts.model", self.timeouts.model),
			("timeouts.retry", self.timeouts.retry),
			("timeouts.job", self.timeouts.job),
		] {
			if time.is_zero() {
				return Err(value(key, "it is no time at all: give for example \"30s\""));
			}
		}
		if self.timeouts.retry_most < self.timeouts.retry {
			return Err(value(
				"timeouts.retry_most",
				"it is shorter than timeouts.retry",
			));
		}
		if self.keep < self.timeouts.job {
			return Err(value(
				"keep",
				"it is shorter than timeouts.job: jobs would be forgotten before they end",
			));
		}
		self.engine.check()
	}

	/// Whether jobs of this worker are taken.
	pub fn serves(&self, worker: &H256) -> bool {
		self.workers.is_empty() || self.workers.contains(worker)
	}
}

impl EngineConfig {
	fn check(&self) -> Result<(), ConfigError> {
		let value = |key, problem: String| Err(ConfigError::Value { key, problem });
		match (self.kind, &self.url) {
			(EngineKind::Oip, None) => value(
				"engine.url",
				"engine.kind is oip, so give the server's address, for example http://127.0.0.1:8080"
					.into(),
			),
			(EngineKind::Oip, Some(url)) => match Url::parse(url) {
				Ok(parsed)
					if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() =>
				{
					Ok(())
				}
				Ok(_) => value(
					"engine.url",
					format!("`{url}` must look like http://127.0.0.1:8080"),
				),
				Err(error) => value("engine.url", format!("`{url}` is no URL: {error}")),
			},
			(EngineKind::Embedded, Some(_)) => value(
				"engine.url",
				"engine.kind is embedded, which asks no server: set engine.kind to oip or remove it"
					.into(),
			),
			(EngineKind::Embedded, None) if !self.models.is_empty() => value(
				"engine.models",
				"engine.kind is embedded, which takes models from their listings: remove it".into(),
			),
			(EngineKind::Embedded, None) => Ok(()),
		}
	}
}

/// `weighhouse/work` where this user's programs keep data; empty if nothing says where.
fn default_data() -> PathBuf {
	user_data()
		.map(|base| base.join("weighhouse/work"))
		.unwrap_or_default()
}

/// Where this user's programs keep data; none if nothing says where.
pub fn user_data() -> Option<PathBuf> {
	user_folder("XDG_DATA_HOME", ".local/share")
}

/// Where this user's programs keep what they can fetch again; none if nothing says where.
pub fn user_cache() -> Option<PathBuf> {
	user_folder("XDG_CACHE_HOME", ".cache")
}

/// The folder that a variable names, or else one in the user's home. Relative ones do not count.
fn user_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
	let absolute = |name| {
		std::env::var_os(name)
			.map(PathBuf::from)
			.filter(|path| path.is_absolute())
	};
	absolute(variable).or_else(|| Some(absolute("HOME")?.join(in_home)))
}

/// A key as a person writes it.
fn worker(text: &str) -> Result<H256, String> {
	let text = text.trim();
	if let Some(digits) = text.strip_prefix("0x") {
		let mut key = [0; 32];
		return match hex::decode_to_slice(digits, &mut key) {
			Ok(()) => Ok(H256(key)),
			Err(error) => Err(format!(
				"worker `{text}`: {error}; 0x must be followed by 64 hexadecimal digits"
			)),
		};
	}
	match AccountId32::from_ss58check_with_version(text) {
		Ok((account, _)) => Ok(H256(account.into())),
		Err(error) => Err(format!(
			"worker `{text}` is neither an SS58 address ({error}) nor 0x and 64 hexadecimal digits"
		)),
	}
}

/// A number of bytes: digits, with a unit behind them if one likes.
fn parse_size(text: &str) -> Option<u64> {
	let text = text.trim();
	let end = text
		.find(|c: char| !c.is_ascii_digit())
		.unwrap_or(text.len());
	let (number, unit) = text.split_at_checked(end)?;
	let factor = match unit.trim_start().to_ascii_lowercase().as_str() {
		"" | "b" => 1,
		"kib" | "k" => KIB,
		"mib" | "m" => MIB,
		"gib" | "g" => GIB,
		"tib" | "t" => 1024 * GIB,
		_ => return None,
	};
	number.parse::<u64>().ok()?.checked_mul(factor)
}

/// A time: digits and a unit.
fn parse_duration(text: &str) -> Option<Duration> {
	let text = text.trim();
	let end = text.find(|c: char| !c.is_ascii_digit())?;
	let (number, unit) = text.split_at_checked(end)?;
	let number = number.parse::<u64>().ok()?;
	let seconds = |factor| Some(Duration::from_secs(number.checked_mul(factor)?));
	match unit.trim_start().to_ascii_lowercase().as_str() {
		"ms" => Some(Duration::from_millis(number)),
		"s" => seconds(1),
		"m" | "min" => seconds(60),
		"h" => seconds(60 * 60),
		"d" => seconds(24 * 60 * 60),
		_ => None,
	}
}

/// What a file says as a number may be text in a variable.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
	Number(u64),
	Text(String),
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
	match NumberOrText::deserialize(deserializer)? {
		NumberOrText::Number(bytes) => Ok(bytes),
		NumberOrText::Text(text) => parse_size(&text).ok_or_else(|| {
			de::Error::custom(format!(
				"`{text}` is no size: give bytes, or a number with KiB, MiB or GiB behind it"
			))
		}),
	}
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
	let (number, text) = match NumberOrText::deserialize(deserializer)? {
		NumberOrText::Number(number) => (usize::try_from(number).ok(), number.to_string()),
		NumberOrText::Text(text) => (text.trim().parse().ok(), text),
	};
	number.ok_or_else(|| de::Error::custom(format!("`{text}` is no whole number")))
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
	let text = match NumberOrText::deserialize(deserializer)? {
		NumberOrText::Number(number) => number.to_string(),
		NumberOrText::Text(text) => text,
	};
	parse_duration(&text).ok_or_else(|| {
		de::Error::custom(format!(
			"`{text}` is no time: give a number with ms, s, m, h or d behind it, such as \"30s\""
		))
	})
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
	#[derive(Deserialize)]
	#[serde(untagged)]
	enum FlagOrText {
		Flag(bool),
		Text(String),
	}
	match FlagOrText::deserialize(deserializer)? {
		FlagOrText::Flag(flag) => Ok(flag),
		FlagOrText::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
			"true" | "1" | "yes" | "on" => Ok(true),
			"false" | "0" | "no" | "off" => Ok(false),
			_ => Err(de::Error::custom(format!(
				"`{text}` is neither true nor false"
			))),
		},
	}
}

/// What a file says as a list is text with commas in a variable.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
	#[derive(Deserialize)]
	#[serde(untagged)]
	enum ListOrText {
		List(Vec<String>),
		Text(String),
	}
	Ok(match ListOrText::deserialize(deserializer)? {
		ListOrText::List(texts) => texts,
		ListOrText::Text(text) => text
			.split(',')
			.map(str::trim)
			.filter(|text| !text.is_empty())
			.map(str::to_owned)
			.collect(),
	})
}

fn workers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<H256>, D::Error> {
	list(deserializer)?
		.iter()
		.map(|text| worker(text).map_err(de::Error::custom))
		.collect()
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
	Ok(list(deserializer)?.into_iter().map(PathBuf::from).collect())
}

fn models<'de, D: Deserializer<'de>>(
	deserializer: D,
) -> Result<BTreeMap<ListingId, String>, D::Error> {
	BTreeMap::<String, String>::deserialize(deserializer)?
		.into_iter()
		.map(|(listing, name)| match listing.parse() {
			Ok(listing) if !name.is_empty() => Ok((listing, name)),
			Ok(_) => Err(de::Error::custom(format!("listing {listing} has no name"))),
			Err(_) => Err(de::Error::custom(format!(
				"`{listing}` is no number of a listing"
			))),
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), text).unwrap();
		let variables = variables
			.iter()
			.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
			.collect();
		Config::from_sources(Some(file.path()), Some(variables))
	}

	fn problem(text: &str, variables: &[(&str, &str)]) -> String {
		load(text, variables).unwrap_err().to_string()
	}

	#[test]
	fn defaults_hold_when_nothing_is_set() {
		let config = load("", &[]).unwrap();
		assert_eq!(config.listen.to_string(), "127.0.0.1:8791");
		assert_eq!(config.ipfs, "http://127.0.0.1:5001");
		assert_eq!((config.concurrency, config.queue), (2, 64));
		assert_eq!(config.body_limit, 65_536);
		assert_eq!(config.cache_limit, 10 * GIB);
		assert_eq!(config.engine.kind, EngineKind::Embedded);
		assert!(config.serves(&H256::repeat_byte(7)));
	}

	#[test]
	fn values_are_taken_from_file_then_environment() {
		let text = r#"
			listen = "127.0.0.1:0"
			concurrency = 3
			cache_limit = "2 GiB"
			keep = "7d"
			workers = ["0x0707070707070707070707070707070707070707070707070707070707070707"]
			[engine]
			kind = "oip"
			url = "http://127.0.0.1:8080"
			models = { 1 = "digits", 12 = "reranker" }
			[timeouts]
			retry = "250ms"
		"#;
		let variables = [
			("WEIGHHOUSE_WORK_CONCURRENCY", "5"),
			("WEIGHHOUSE_WORK_BODY_LIMIT", "128KiB"),
			("WEIGHHOUSE_WORK_ENGINE__URL", "http://localhost:9000"),
			("WEIGHHOUSE_WORK_ENGINE__MODELS__3", "other"),
			("WEIGHHOUSE_WORK_ENGINE__DOWNLOAD", "true"),
			("WEIGHHOUSE_WORK_TIMEOUTS__JOB", "2h"),
			("HOME", "/nowhere"),
		];
		let config = load(text, &variables).unwrap();
		assert_eq!(config.concurrency, 5);
		assert_eq!(config.body_limit, 131_072);
		assert_eq!(config.cache_limit, 2 * GIB);
		assert_eq!(config.keep, Duration::from_secs(7 * 86_400));
		assert_eq!(config.engine.url.as_deref(), Some("http://localhost:9000"));
		assert_eq!(config.engine.models[&1], "digits");
		assert_eq!(config.engine.models[&3], "other");
		assert_eq!(config.engine.models[&12], "reranker");
		assert!(config.engine.download);
		assert_eq!(config.timeouts.retry, Duration::from_millis(250));
		assert_eq!(config.timeouts.job, Duration::from_secs(7200));
		assert!(config.serves(&H256::repeat_byte(7)));
		assert!(!config.serves(&H256::repeat_byte(8)));
	}

	#[test]
	fn workers_are_read_from_a_variable_when_separated_by_commas() {
		// Alice's key of every development chain.
		let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		let list = format!("{alice}, 0x{}", "09".repeat(32));
		let config = load("", &[("WEIGHHOUSE_WORK_WORKERS", list.as_str())]).unwrap();
		assert_eq!(config.workers.len(), 2);
		assert_eq!(
			hex::encode(config.workers[0]),
			"d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
		);
	}

	#[test]
	fn identities_are_read_from_a_list_or_a_variable() {
		let text = "identities = [\"/a.txt\", \"/b.txt\"]";
		let both = [PathBuf::from("/a.txt"), PathBuf::from("/b.txt")];
		assert_eq!(load(text, &[]).unwrap().identities, both);
		let variables = [("WEIGHHOUSE_WORK_IDENTITIES", "/a.txt, /b.txt")];
		assert_eq!(load("", &variables).unwrap().identities, both);
	}

	#[test]
	fn address_is_refused_when_it_is_not_loopback() {
		for listen in ["0.0.0.0:8791", "192.168.1.5:8791", "[::]:8791"] {
			let error = load(&format!("listen = \"{listen}\""), &[]).unwrap_err();
			assert!(matches!(error, ConfigError::NotLoopback { .. }), "{error}");
			assert!(error.to_string().contains("127.0.0.1"), "{error}");
		}
		assert!(load("listen = \"[::1]:0\"", &[]).is_ok());
	}

	#[test]
	fn key_is_refused_when_it_is_not_known() {
		assert!(problem("cache_limt = 1", &[]).contains("cache_limt"));
		assert!(problem("[engine]\nurll = \"x\"", &[]).contains("urll"));
		assert!(problem("", &[("WEIGHHOUSE_WORK_QUEU", "1")]).contains("queu"));
	}

	#[test]
	fn value_is_refused_when_it_makes_no_sense() {
		for (text, says) in [
			("concurrency = 0", "at least 1"),
			("concurrency = \"many\"", "no whole number"),
			("queue = 1000000", "at most 65536"),
			("body_limit = \"64 KB\"", "no size"),
			("body_limit = 1", "must be 1024"),
			("keep = 30", "no time"),
			("keep = \"1m\"", "shorter than timeouts.job"),
			("input_patience = 100", "1 to 90"),
			("ipfs = \"127.0.0.1:5001\"", "no address of an IPFS node"),
			("workers = [\"Alice\"]", "neither an SS58 address"),
			("workers = [\"0x12\"]", "64 hexadecimal digits"),
			("engine = { kind = \"oip\" }", "engine.url"),
			(
				"engine = { kind = \"oip\", url = \"localhost\" }",
				"engine.url",
			),
			(
				"engine = { url = \"http://127.0.0.1:1\" }",
				"set engine.kind to oip",
			),
			("engine = { models = { 1 = \"a\" } }", "engine.models"),
			(
				"engine = { kind = \"oip\", url = \"http://[::1]:1\", models = { a = \"b\" } }",
				"no number of a listing",
			),
			(
				"engine = { download = \"maybe\" }",
				"neither true nor false",
			),
			(
				"timeouts = { retry = \"1m\" }",
				"shorter than timeouts.retry",
			),
		] {
			let problem = problem(text, &[]);
			assert!(problem.contains(says), "{text}: {problem}");
		}
	}

	#[test]
	fn file_is_named_when_it_cannot_be_read() {
		let error = Config::from_sources(Some(Path::new("/no/such.toml")), Some(HashMap::new()));
		assert!(error.unwrap_err().to_string().contains("/no/such.toml"));
	}
}
