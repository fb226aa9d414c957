//! Content on IPFS through the Kubo RPC routes that Weighhouse needs.
//!
//! Whether Kubo answers or another program with the same routes is never asked. Nothing that comes
//! back is believed: [`crate::fetch`] checks every byte against a digest.

use std::{
	io::Cursor,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError},
	time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use futures::TryStreamExt;
use reqwest::{multipart, Body, Response, StatusCode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::{
	io::AsyncRead,
	time::{sleep_until, timeout, Instant},
};
use tokio_util::{bytes::Bytes, io::ReaderStream};
use url::Url;
use weighhouse_primitives::content::{Codec, ContentId};

/// How files are cut into blocks: 1 MiB with raw leaves, the `unixfs-v1-2025` profile.
const CHUNKER: &str = "size-1048576";
/// How many blocks a block may link to, of the same profile.
const MAX_FILE_LINKS: &str = "1024";
/// Longest error text that is read from a node.
const LONGEST_MESSAGE: usize = 4 * 1024;
/// Longest answer to a command; content has limits of its own.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What went wrong between here and the IPFS node.
#[derive(Debug, thiserror::Error)]
pub enum IpfsError {
	/// The address is no `http` or `https` URL.
	#[error("`{address}` is no address of an IPFS node: {reason}")]
	BadAddress {
		/// What was given.
		address: String,
		/// What is wrong with it.
		reason: String,
	},
	/// Nobody answers at the address.
	#[error("no IPFS node answers at {address}: {reason}")]
	Unreachable {
		/// Where it was looked for.
		address: String,
		/// What the system said.
		reason: String,
	},
	/// The node stopped moving bytes.
	#[error("the IPFS node sent nothing for {} s while it should {what}", idle.as_secs_f32())]
	Stalled {
		/// What was asked.
		what: String,
		/// How long it was waited for.
		idle: Duration,
	},
	/// The connection broke half-way.
	#[error("the connection to the IPFS node broke while it should {what}: {reason}")]
	Interrupted {
		/// What was asked.
		what: String,
		/// What the system said.
		reason: String,
	},
	/// The node answered that it cannot or will not.
	#[error("the IPFS node could not {what}: {status}{}{message}", if message.is_empty() { "" } else { ": " })]
	Refused {
		/// What was asked.
		what: String,
		/// The HTTP status.
		status: StatusCode,
		/// What the node said.
		message: String,
	},
	/// The answer is not what this command returns.
	#[error("the IPFS node gave an answer that makes no sense when asked to {what}: {reason}")]
	BadAnswer {
		/// What was asked.
		what: String,
		/// What is wrong with it.
		reason: String,
	},
	/// More bytes than were asked for or allowed.
	#[error("the IPFS node sent more than {limit} bytes when asked to {what}")]
	TooLarge {
		/// What was asked.
		what: String,
		/// The limit in bytes.
		limit: usize,
	},
	/// The node filed the bytes under a content id that belongs to other bytes.
	#[error("the IPFS node filed {name} under {cid}, which belongs to other bytes")]
	WrongCid {
		/// What was stored.
		name: String,
		/// The content id that came back.
		cid: String,
	},
	/// A file to be added cannot be read.
	#[error("{path} cannot be read: {source}", path = path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// What the system said.
		source: std::io::Error,
	},
}

impl IpfsError {
	/// Whether the same request may succeed a moment later.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Unreachable { .. } | Self::Stalled { .. } | Self::Interrupted { .. } => true,
			Self::Refused { status, .. } => {
				status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
			}
			_ => false,
		}
	}
}

/// How long a node is waited for, and how often it is asked again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
	/// For a connection.
	pub connect: Duration,
	/// For the next bytes; a transfer that moves may take as long as it needs.
	pub idle: Duration,
	/// How often a request that failed for a moment is repeated.
	pub retries: usize,
	/// Pause before the first repetition; it doubles with each one.
	pub pause: Duration,
}

impl Default for Patience {
	fn default() -> Self {
		Self {
			connect: Duration::from_secs(5),
			idle: Duration::from_secs(30),
			retries: 2,
			pause: Duration::from_millis(250),
		}
	}
}

impl Patience {
	pub(crate) fn backoff(&self) -> ExponentialBuilder {
		ExponentialBuilder::default()
			.with_min_delay(self.pause)
			.with_factor(2.0)
			.with_max_times(self.retries)
	}
}

/// Told how many bytes of the transfer at hand have passed so far. Falls back when one is repeated.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(u64) + Send + Sync>);

impl Progress {
	/// Calls `report` whenever bytes have passed.
	pub fn new(report: impl Fn(u64) + Send + Sync + 'static) -> Self {
		Self(Arc::new(report))
	}

	/// Tells nobody.
	pub fn none() -> Self {
		Self::new(|_| ())
	}

	pub(crate) fn at(&self, bytes: u64) {
		(self.0)(bytes);
	}
}

/// What adding a file gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
	/// Where it is found.
	pub cid: ContentId,
	/// Bytes sent.
	pub size: u64,
	/// sha2-256 of the bytes sent.
	pub sha256: [u8; 32],
}

/// A connection to the RPC address of an IPFS node.
#[derive(Clone, Debug)]
pub struct Ipfs {
	base: Url,
	http: reqwest::Client,
	patience: Patience,
}

impl Ipfs {
	/// A client for the RPC `address`, for example `http://127.0.0.1:5001`. Connects to nothing yet.
	///
	/// # Errors
	/// [`IpfsError::BadAddress`] if that is no such URL.
	pub fn new(address: &str) -> Result<Self, IpfsError> {
		Self::with_patience(address, Patience::default())
	}

	/// The same with other waiting times.
	///
	/// # Errors
	/// [`IpfsError::BadAddress`] if `address` is no such URL.
	pub fn with_patience(address: &str, patience: Patience) -> Result<Self, IpfsError> {
		let bad = |reason: String| IpfsError::BadAddress {
			address: address.to_owned(),
			reason,
		};
		let mut base = Url::parse(address.trim()).map_err(|error| bad(error.to_string()))?;
		if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
			return Err(bad("it must look like http://127.0.0.1:5001".into()));
		}
		base.set_query(None);
		base.set_fragment(None);
		let path = base.path().trim_end_matches('/');
		let path = format!("{}/api/v0/", path.strip_suffix("/api/v0").unwrap_or(path));
		base.set_path(&path);
		let builder = reqwest::Client::builder()
			.connect_timeout(patience.connect)
			.redirect(reqwest::redirect::Policy::none());
		// A proxy from the environment cannot know this machine's own loopback.
		let builder = match base.host_str() {
			Some("localhost" | "127.0.0.1" | "[::1]") => builder.no_proxy(),
			_ => builder,
		};
		let http = builder.build().map_err(|error| bad(error.to_string()))?;
		Ok(Self {
			base,
			http,
			patience,
		})
	}

	/// The address, without the path.
	pub fn address(&self) -> String {
		self.base.origin().ascii_serialization()
	}

	/// The waiting times.
	pub fn patience(&self) -> &Patience {
		&self.patience
	}

	/// The node's own name for itself; the cheapest way to know that one answers.
	///
	/// # Errors
	/// [`IpfsError`] as the network has it.
	pub async fn id(&self) -> Result<String, IpfsError> {
		#[derive(Deserialize)]
		struct Identity {
			#[serde(rename = "ID")]
			id: String,
		}
		let what = "say who it is";
		let identity: Identity = self.command("id", &[], what).await?;
		Ok(identity.id)
	}

	/// Adds a file and pins it. `name` is what the node is told the file is called.
	///
	/// # Errors
	/// [`IpfsError::File`] if it cannot be read, [`IpfsError::WrongCid`] if the node files it under
	/// the content id of something else, or as the network has it.
	pub async fn add_file(
		&self,
		path: &Path,
		name: &str,
		progress: &Progress,
	) -> Result<Added, IpfsError> {
		(|| self.add_file_once(path, name, progress))
			.retry(self.patience.backoff())
			.when(IpfsError::is_transient)
			.notify(|error, pause| tracing::debug!(%error, ?pause, "asking the IPFS node again"))
			.await
	}

	/// Adds bytes as a file of that name and pins it, for what is too large for one block.
	///
	/// # Errors
	/// [`IpfsError::WrongCid`] if the node files it under the content id of something else, or as the
	/// network has it.
	pub async fn add_bytes(&self, bytes: &[u8], name: &str) -> Result<Added, IpfsError> {
		let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
		let progress = Progress::none();
		(|| self.add_once(Cursor::new(bytes.to_vec()), length, name, &progress))
			.retry(self.patience.backoff())
			.when(IpfsError::is_transient)
			.notify(|error, pause| tracing::debug!(%error, ?pause, "asking the IPFS node again"))
			.await
	}

	/// Stores bytes as one raw block and pins it, so that its content id is its sha2-256.
	///
	/// # Errors
	/// [`IpfsError::WrongCid`] if the node files it elsewhere, or as the network has it.
	pub async fn put_raw_block(&self, bytes: &[u8]) -> Result<ContentId, IpfsError> {
		#[derive(Deserialize)]
		struct Put {
			#[serde(rename = "Key")]
			key: String,
		}
		let what = "store a block";
		let query = [
			("cid-codec", "raw"),
			("mhtype", "sha2-256"),
			("pin", "true"),
		];
		let put: Put = (|| async {
			let part = multipart::Part::bytes(bytes.to_vec()).file_name("block");
			let form = multipart::Form::new().part("data", part);
			let request = self.post("block/put", &query)?.multipart(form);
			self.json(self.send(request, what).await?, what).await
		})
		.retry(self.patience.backoff())
		.when(IpfsError::is_transient)
		.await?;
		let expected = ContentId::of_raw_block(bytes);
		match ContentId::parse(put.key.as_bytes()) {
			Ok(cid) if cid == expected => Ok(cid),
			_ => Err(IpfsError::WrongCid {
				name: "a block".into(),
				cid: put.key,
			}),
		}
	}

	/// The bytes of one block, at most `limit`. Nobody has checked them yet.
	///
	/// # Errors
	/// [`IpfsError::TooLarge`] beyond `limit`, or as the network has it.
	pub async fn get_block(&self, cid: &ContentId, limit: usize) -> Result<Vec<u8>, IpfsError> {
		let text = cid.to_text();
		let what = format!("give block {text}");
		(|| async {
			let request = self.post("block/get", &[("arg", &text)])?;
			self.collect(self.send(request, &what).await?, &what, limit)
				.await
		})
		.retry(self.patience.backoff())
		.when(IpfsError::is_transient)
		.await
	}

	/// The bytes of a file from `offset` on. Nobody has checked them yet, and nothing is repeated:
	/// who reads knows how far it came.
	///
	/// # Errors
	/// [`IpfsError`] as the network has it.
	pub async fn cat(&self, cid: &ContentId, offset: u64) -> Result<Content, IpfsError> {
		let text = cid.to_text();
		let what = format!("give {text}");
		let offset = offset.to_string();
		let request = self.post("cat", &[("arg", &text), ("offset", &offset)])?;
		let response = self.send(request, &what).await?;
		Ok(Content {
			response,
			what,
			idle: self.patience.idle,
		})
	}

	/// Asks the node to fetch and keep what `cid` names.
	///
	/// # Errors
	/// [`IpfsError`] as the network has it.
	pub async fn pin(&self, cid: &ContentId) -> Result<(), IpfsError> {
		let text = cid.to_text();
		let _: serde_json::Value = self
			.command("pin/add", &[("arg", &text)], &format!("pin {text}"))
			.await?;
		Ok(())
	}

	async fn add_file_once(
		&self,
		path: &Path,
		name: &str,
		progress: &Progress,
	) -> Result<Added, IpfsError> {
		let unreadable = |source| IpfsError::File {
			path: path.to_owned(),
			source,
		};
		let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
		let length = file.metadata().await.map_err(unreadable)?.len();
		self.add_once(file, length, name, progress).await
	}

	pub(crate) async fn add_once(
		&self,
		content: impl AsyncRead + Send + 'static,
		length: u64,
		name: &str,
		progress: &Progress,
	) -> Result<Added, IpfsError> {
		#[derive(Deserialize)]
		struct Line {
			#[serde(rename = "Hash")]
			hash: Option<String>,
		}
		let what = format!("add {name}");
		let sent = Arc::new(Mutex::new(Sent::new()));
		let body = {
			let (sent, progress) = (sent.clone(), progress.clone());
			Body::wrap_stream(ReaderStream::with_capacity(content, 64 * 1024).inspect_ok(
				move |chunk: &Bytes| {
					let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
					progress.at(sent.take(chunk));
				},
			))
		};
		let part = multipart::Part::stream_with_length(body, length).file_name(name.to_owned());
		let query = [
			("cid-version", "1"),
			("raw-leaves", "true"),
			("chunker", CHUNKER),
			("max-file-links", MAX_FILE_LINKS),
			("pin", "true"),
		];
		let request = self
			.post("add", &query)?
			.multipart(multipart::Form::new().part("file", part));
		let response = tokio::select! {
			response = request.send() => self.accept(response, &what).await?,
			() = stalled(&sent, self.patience.idle) =>
				return Err(IpfsError::Stalled { what, idle: self.patience.idle }),
		};
		let answer = self.collect(response, &what, LONGEST_ANSWER).await?;
		// Nodes may report progress in lines of their own before the one that names the result.
		let hash = answer
			.split(|byte| *byte == b'\n')
			.filter_map(|line| serde_json::from_slice::<Line>(line).ok()?.hash)
			.next_back()
			.ok_or_else(|| IpfsError::BadAnswer {
				what: what.clone(),
				reason: "it names no content id".into(),
			})?;
		let cid = ContentId::parse(hash.as_bytes()).map_err(|error| IpfsError::BadAnswer {
			what,
			reason: format!("content id `{hash}`: {error:?}"),
		})?;
		let (size, sha256) = sent.lock().unwrap_or_else(PoisonError::into_inner).finish();
		// A file of one block is named by its own digest, so here the node can be checked.
		if cid.codec == Codec::Raw && cid.digest != sha256 {
			return Err(IpfsError::WrongCid {
				name: name.to_owned(),
				cid: hash,
			});
		}
		Ok(Added { cid, size, sha256 })
	}

	fn post(
		&self,
		route: &str,
		query: &[(&str, &str)],
	) -> Result<reqwest::RequestBuilder, IpfsError> {
		let url = self
			.base
			.join(route)
			.map_err(|error| IpfsError::BadAddress {
				address: self.base.to_string(),
				reason: error.to_string(),
			})?;
		Ok(self.http.post(url).query(query))
	}

	async fn command<T: for<'de> Deserialize<'de>>(
		&self,
		route: &str,
		query: &[(&str, &str)],
		what: &str,
	) -> Result<T, IpfsError> {
		(|| async {
			let request = self.post(route, query)?;
			self.json(self.send(request, what).await?, what).await
		})
		.retry(self.patience.backoff())
		.when(IpfsError::is_transient)
		.await
	}

	async fn send(
		&self,
		request: reqwest::RequestBuilder,
		what: &str,
	) -> Result<Response, IpfsError> {
		let response = timeout(self.patience.idle, request.send())
			.await
			.map_err(|_| IpfsError::Stalled {
				what: what.to_owned(),
				idle: self.patience.idle,
			})?;
		self.accept(response, what).await
	}

	/// Turns a failed request or an unhappy status into an error.
	async fn accept(
		&self,
		response: reqwest::Result<Response>,
		what: &str,
	) -> Result<Response, IpfsError> {
		#[derive(Deserialize)]
		struct Failure {
			#[serde(rename = "Message")]
			message: String,
		}
		let response = response.map_err(|error| {
			if error.is_connect() {
				IpfsError::Unreachable {
					address: self.address(),
					reason: innermost(&error),
				}
			} else {
				IpfsError::Interrupted {
					what: what.to_owned(),
					reason: innermost(&error),
				}
			}
		})?;
		let status = response.status();
		if status.is_success() {
			return Ok(response);
		}
		let body = self
			.collect(response, what, LONGEST_MESSAGE)
			.await
			.unwrap_or_default();
		let message = match serde_json::from_slice::<Failure>(&body) {
			Ok(failure) => failure.message,
			Err(_) => String::from_utf8_lossy(&body).trim().to_owned(),
		};
		// What a stranger's server says is shown on a terminal: one short line without controls.
		let message = message
			.chars()
			.filter(|c| !c.is_control())
			.take(300)
			.collect();
		Err(IpfsError::Refused {
			what: what.to_owned(),
			status,
			message,
		})
	}

	async fn json<T: for<'de> Deserialize<'de>>(
		&self,
		response: Response,
		what: &str,
	) -> Result<T, IpfsError> {
		let body = self.collect(response, what, LONGEST_ANSWER).await?;
		serde_json::from_slice(&body).map_err(|error| IpfsError::BadAnswer {
			what: what.to_owned(),
			reason: error.to_string(),
		})
	}

	async fn collect(
		&self,
		response: Response,
		what: &str,
		limit: usize,
	) -> Result<Vec<u8>, IpfsError> {
		let mut content = Content {
			response,
			what: what.to_owned(),
			idle: self.patience.idle,
		};
		let mut bytes = Vec::new();
		while let Some(chunk) = content.next().await? {
			if chunk.len() > limit.saturating_sub(bytes.len()) {
				return Err(IpfsError::TooLarge {
					what: what.to_owned(),
					limit,
				});
			}
			bytes.extend_from_slice(&chunk);
		}
		Ok(bytes)
	}
}

/// A file on its way here.
#[derive(Debug)]
pub struct Content {
	response: Response,
	what: String,
	idle: Duration,
}

impl Content {
	/// The next bytes, `None` at the end.
	///
	/// # Errors
	/// [`IpfsError::Stalled`] or [`IpfsError::Interrupted`].
	pub async fn next(&mut self) -> Result<Option<Bytes>, IpfsError> {
		match timeout(self.idle, self.response.chunk()).await {
			Ok(Ok(chunk)) => Ok(chunk),
			Ok(Err(error)) => Err(IpfsError::Interrupted {
				what: self.what.clone(),
				reason: innermost(&error),
			}),
			Err(_) => Err(IpfsError::Stalled {
				what: self.what.clone(),
				idle: self.idle,
			}),
		}
	}
}

/// What has left for the node, and when something last did.
struct Sent {
	bytes: u64,
	hash: Sha256,
	last: Instant,
}

impl Sent {
	fn new() -> Self {
		Self {
			bytes: 0,
			hash: Sha256::new(),
			last: Instant::now(),
		}
	}

	fn take(&mut self, chunk: &[u8]) -> u64 {
		self.bytes = self
			.bytes
			.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
		self.hash.update(chunk);
		self.last = Instant::now();
		self.bytes
	}

	fn finish(&self) -> (u64, [u8; 32]) {
		(self.bytes, self.hash.clone().finalize().into())
	}
}

/// Ends once nothing has been sent for `idle`.
async fn stalled(sent: &Mutex<Sent>, idle: Duration) {
	loop {
		let deadline = sent.lock().unwrap_or_else(PoisonError::into_inner).last + idle;
		if deadline <= Instant::now() {
			return;
		}
		sleep_until(deadline).await;
	}
}

/// The bottom of a chain of errors, which is the one that says something.
fn innermost(error: &dyn std::error::Error) -> String {
	let mut error = error;
	while let Some(source) = error.source() {
		error = source;
	}
	error.to_string()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn route(address: &str) -> String {
		Ipfs::new(address)
			.unwrap()
			.base
			.join("cat")
			.unwrap()
			.to_string()
	}

	#[test]
	fn address_leads_to_the_same_routes_when_written_in_any_form() {
		for address in [
			"http://127.0.0.1:5001",
			"http://127.0.0.1:5001/",
			"http://127.0.0.1:5001/api/v0",
			" http://127.0.0.1:5001/api/v0/ ",
		] {
			assert_eq!(
				route(address),
				"http://127.0.0.1:5001/api/v0/cat",
				"{address}"
			);
		}
		assert_eq!(
			route("https://example.org/ipfs"),
			"https://example.org/ipfs/api/v0/cat"
		);
	}

	#[test]
	fn address_is_refused_when_it_is_no_web_address() {
		for address in [
			"",
			"127.0.0.1:5001",
			"/ip4/127.0.0.1/tcp/5001",
			"ftp://x",
			"http://",
		] {
			assert!(
				matches!(Ipfs::new(address), Err(IpfsError::BadAddress { .. })),
				"{address}"
			);
		}
	}
}
