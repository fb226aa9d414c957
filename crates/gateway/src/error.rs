//! What can go wrong, by where it arises. The crate's page says which of these goes where.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use axum::{
	http::{header, HeaderValue, StatusCode},
	response::{IntoResponse, Response},
	Json,
};
use serde::Serialize;
use utoipa::ToSchema;
use weighhouse_client::{fetch::FetchError, ipfs::IpfsError};
use weighhouse_manifest::ManifestError;
use weighhouse_primitives::ContentIdError;

use crate::EngineError;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
	/// The file cannot be read.
	#[error("the configuration {} cannot be read: {source}", .path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
	/// The file or a variable is malformed, or has a key that is not known.
	#[error("the configuration {}is refused: {problem}", .file.as_ref().map(|file| format!("({} and WEIGHHOUSE_WORK_* variables) ", file.display())).unwrap_or_default())]
	Refused {
		/// The file, if there was one.
		file: Option<PathBuf>,
		/// What is wrong.
		problem: String,
	},
	/// Others could reach the gateway.
	#[error("listen is {listen}, which other machines can reach: whoever reaches the gateway learns answers before they are revealed. Use 127.0.0.1 or [::1], and a tunnel if the node is elsewhere")]
	NotLoopback {
		/// What was set.
		listen: SocketAddr,
	},
	/// A value makes no sense.
	#[error("{key}: {problem}")]
	Value {
		/// The key.
		key: &'static str,
		/// What is wrong, and what would be right.
		problem: String,
	},
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
	/// The configuration is refused.
	#[error(transparent)]
	Config(#[from] ConfigError),
	/// The folder for data cannot be made.
	#[error("the folder {} cannot be made: {source}", .path.display())]
	Folder {
		/// The folder.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
	/// Others can read the folder for data, and it is not ours to close.
	#[error("the folder {} can be read by others (mode {mode:o}), and answers lie in it before they are revealed: `chmod 700` it, or set `data` to a folder of its own", .path.display())]
	Exposed {
		/// The folder.
		path: PathBuf,
		/// Its mode.
		mode: u32,
	},
	/// The database cannot be opened.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The secret cannot be used.
	#[error(transparent)]
	Secret(#[from] SecretError),
	/// The identities cannot be used.
	#[error(transparent)]
	Identities(#[from] IdentitiesError),
	/// The cache of models cannot be opened.
	#[error(transparent)]
	Content(#[from] ContentError),
	/// The engine cannot be set up.
	#[error("the engine cannot be set up: {0}")]
	Engine(#[from] EngineError),
	/// The metrics cannot be set up.
	#[error("the metrics cannot be set up: {0}")]
	Metrics(String),
	/// The address cannot be listened on.
	#[error("cannot listen on {listen}: {source}{}", if source.kind() == io::ErrorKind::AddrInUse { "; another gateway may run: stop it, or set `listen` to another port" } else { "" })]
	Listen {
		/// The address.
		listen: SocketAddr,
		/// What the system said.
		source: io::Error,
	},
}

/// Why a job cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// Another process has the database open.
	#[error("{} is in use by another gateway: stop it, or set `data` to another folder", .path.display())]
	InUse {
		/// The file.
		path: PathBuf,
	},
	/// The database had it.
	#[error("the database of jobs: {0}")]
	Database(Box<redb::Error>),
	/// The file is damaged.
	#[error("{} is damaged ({problem}): move it away and start again. Keep `secret` in the same folder, with which commitments can still be opened", .path.display())]
	Corrupt {
		/// The file.
		path: PathBuf,
		/// What was found.
		problem: String,
	},
	/// A record is not one that this program writes.
	#[error("the database of jobs holds a record for {id} that cannot be read: {problem}")]
	Malformed {
		/// The job.
		id: String,
		/// What is wrong.
		problem: String,
	},
	/// The database was made by another version of this program.
	#[error("the database of jobs has form {found}, but this program reads form {expected}: use the program that made it, or set `data` to another folder")]
	Form {
		/// What it is.
		found: u32,
		/// What it should be.
		expected: u32,
	},
	/// It had this error, and could not be opened again since.
	#[error("{0}")]
	Shut(String),
	/// It made a mistake in the middle of its work.
	#[error("the database of jobs panicked: please report what the log says")]
	Panicked,
	/// The work on the database was given up, since the program ends.
	#[error("the database of jobs is closed")]
	Closed,
}

/// Why the secret behind the salts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
	/// It cannot be read or written.
	#[error("{}: {source}", .path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
	/// It is not what this program wrote.
	#[error("{} is {found} bytes long, but must be 32: put the copy of it back, or remove it if no job is open", .path.display())]
	Length {
		/// The file.
		path: PathBuf,
		/// Its length.
		found: usize,
	},
	/// Others can read it.
	#[error("{} can be read by others (mode {mode:o}), who could then see through commitments: `chmod 600` it, or remove it if no job is open", .path.display())]
	Exposed {
		/// The file.
		path: PathBuf,
		/// Its mode.
		mode: u32,
	},
	/// The system gives no random bytes.
	#[error("the system gives no random bytes: {0}")]
	Random(String),
}

/// Why the age identities that open sealed models cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentitiesError {
	/// A file cannot be read, or holds none.
	#[error("the identities in {}: {source}", .path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
	/// Others can read it.
	#[error("{} can be read by others (mode {mode:o}), who could then open the sealed models: `chmod 600` it", .path.display())]
	Exposed {
		/// The file.
		path: PathBuf,
		/// Its mode.
		mode: u32,
	},
	/// A line is something else. What it holds may be a secret, and is not repeated.
	#[error("line {line} of {} must be an age identity, AGE-SECRET-KEY-1...: {problem}", .path.display())]
	Malformed {
		/// The file.
		path: PathBuf,
		/// The line, from 1 on.
		line: usize,
		/// What is wrong with it.
		problem: String,
	},
}

/// Why something could not be fetched, checked, kept or published.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
	/// The network had it, or bytes were not those that were named.
	#[error("{what}: {source}")]
	Fetch {
		/// What was fetched.
		what: &'static str,
		/// Why it was not.
		source: FetchError,
	},
	/// It took too long.
	#[error("{what} did not come within {} s", .limit.as_secs_f32())]
	Slow {
		/// What was fetched.
		what: &'static str,
		/// How long it was waited for.
		limit: Duration,
	},
	/// A text is no content id.
	#[error("{what} `{text}`: {source}")]
	Cid {
		/// What it should name.
		what: &'static str,
		/// The text.
		text: String,
		/// What is wrong with it.
		source: ContentIdError,
	},
	/// The manifest cannot be used.
	#[error("the manifest {cid} is refused: {source}")]
	Manifest {
		/// Where it was found.
		cid: String,
		/// What is wrong with it.
		source: ManifestError,
	},
	/// The manifest is of other files than the version.
	#[error("the manifest {cid} lists files with root {manifest}, but the version was published with {chain}")]
	Root {
		/// Where it was found.
		cid: String,
		/// The root of what it lists.
		manifest: String,
		/// The root on the chain.
		chain: String,
	},
	/// Bytes have another digest than the one that names them.
	#[error("{what} has sha256 {got}, but {expected} was asked for")]
	Digest {
		/// What was fetched.
		what: &'static str,
		/// The digest that was asked for.
		expected: String,
		/// The digest of what came.
		got: String,
	},
	/// There is more of it than may be.
	#[error("{what} is larger than {limit} bytes")]
	TooLarge {
		/// What was fetched.
		what: &'static str,
		/// The limit.
		limit: u64,
	},
	/// A file of the model cannot be fetched by anybody.
	#[error("the manifest gives no content id for `{path}`")]
	NoCid {
		/// The file.
		path: String,
	},
	/// A file of the model is only for those who buy, and this gateway was not given the key.
	#[error("`{path}` is sealed, and no identity of this gateway opens it: write the one of your licence to a file (`weighhouse delivery LICENCE --identity-out FILE`) and start with `--identity FILE` (`identities`)")]
	Sealed {
		/// The file.
		path: String,
	},
	/// What came under the content id of a sealed file does not begin as one.
	#[error("`{path}` does not begin like an age file: {reason}")]
	Header {
		/// The file.
		path: String,
		/// What is wrong with it.
		reason: String,
	},
	/// The sealed file is the one that the manifest names, and still does not open.
	#[error("`{path}` is what was published, but does not open: {reason}")]
	Unopened {
		/// The file.
		path: String,
		/// What is wrong with it.
		reason: String,
	},
	/// The model can never fit.
	#[error(
		"the model has {size} bytes, but the cache may take {limit}: raise cache_limit to serve it"
	)]
	OverCache {
		/// Bytes of the model.
		size: u64,
		/// Bytes of the cache.
		limit: u64,
	},
	/// The model does not fit until running jobs end.
	#[error(
		"the cache is full of models that are in use; {size} bytes more would exceed cache_limit"
	)]
	CacheBusy {
		/// Bytes of the model.
		size: u64,
	},
	/// The disk had it.
	#[error("{}: {source}", .path.display())]
	Disk {
		/// Where.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
}

impl ContentError {
	pub(crate) fn fetch(what: &'static str) -> impl Fn(FetchError) -> Self {
		move |source| Self::Fetch { what, source }
	}

	pub(crate) fn ipfs(what: &'static str) -> impl Fn(IpfsError) -> Self {
		move |source| Self::Fetch {
			what,
			source: FetchError::Ipfs(source),
		}
	}

	/// Whether another attempt may end differently. What an honest node can never give, because the
	/// chain or the manifest forbids it, is permanent; wrong bytes may come from one bad node.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Fetch { source, .. } => match source {
				FetchError::NotRaw { .. }
				| FetchError::WrongRoot { .. }
				| FetchError::BadList(_)
				| FetchError::UnsafePath { .. }
				| FetchError::NoIdentity { .. }
				| FetchError::NotSealedForUs { .. } => false,
				FetchError::Ipfs(_)
				| FetchError::ManifestTooLarge { .. }
				| FetchError::WrongBlock { .. }
				| FetchError::Link { .. }
				| FetchError::InTheWay { .. }
				| FetchError::TooLong { .. }
				| FetchError::TooShort { .. }
				| FetchError::WrongBytes { .. }
				| FetchError::Disk { .. } => true,
			},
			Self::Slow { .. }
			| Self::Digest { .. }
			| Self::TooLarge { .. }
			| Self::Header { .. }
			| Self::CacheBusy { .. }
			| Self::Disk { .. } => true,
			Self::Cid { .. }
			| Self::Manifest { .. }
			| Self::Root { .. }
			| Self::NoCid { .. }
			| Self::Sealed { .. }
			| Self::Unopened { .. }
			| Self::OverCache { .. } => false,
		}
	}

	/// Whether this machine or its own IPFS node failed, so that nothing is known about the content.
	pub fn is_local(&self) -> bool {
		match self {
			Self::Fetch { source, .. } => matches!(
				source,
				FetchError::Ipfs(IpfsError::Unreachable { .. } | IpfsError::BadAddress { .. })
					| FetchError::Link { .. }
					| FetchError::InTheWay { .. }
					| FetchError::Disk { .. }
					| FetchError::NoIdentity { .. }
			),
			Self::Sealed { .. }
			| Self::Disk { .. }
			| Self::CacheBusy { .. }
			| Self::OverCache { .. } => true,
			_ => false,
		}
	}
}

/// Why a request to the gateway gets no answer, as a status and one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
	/// The request makes no sense.
	#[error("{0}")]
	BadRequest(String),
	/// The request may come from a web page.
	#[error("{0}")]
	Forbidden(&'static str),
	/// There is no such job, or its worker is not served here.
	#[error("{0}")]
	NotFound(String),
	/// The path has other methods.
	#[error("this path does not take {0}: see /openapi.json")]
	Method(String),
	/// The job is another one already.
	#[error("job {0} was given before with another assignment: an assignment never changes for a request and a worker")]
	Conflict(String),
	/// The body is too large.
	#[error("the body is larger than {0} bytes (`body_limit`)")]
	TooLarge(u64),
	/// The body is in a form that is not read.
	#[error("{0}")]
	MediaType(String),
	/// The request took too long to arrive or to be worked on.
	#[error("the request took longer than {} s: ask again", .0.as_secs())]
	Slow(Duration),
	/// The job ended without an answer.
	#[error("{0}")]
	Failed(String),
	/// There is no room for another job.
	#[error("{0} jobs are waiting or running, and no more are taken (`queue`): ask again later")]
	Busy(usize),
	/// The gateway is about to stop.
	#[error("the gateway is stopping: ask again when it is back")]
	Stopping,
	/// The database had it.
	#[error(transparent)]
	Store(#[from] StoreError),
}

/// The body of an unhappy answer.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
	/// What was wrong and what would be right.
	pub error: String,
}

impl ApiError {
	/// The HTTP status.
	pub fn status(&self) -> StatusCode {
		match self {
			Self::BadRequest(_) => StatusCode::BAD_REQUEST,
			Self::Forbidden(_) => StatusCode::FORBIDDEN,
			Self::NotFound(_) => StatusCode::NOT_FOUND,
			Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
			Self::Conflict(_) => StatusCode::CONFLICT,
			Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
			Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
			Self::Slow(_) => StatusCode::REQUEST_TIMEOUT,
			Self::Failed(_) => StatusCode::UNPROCESSABLE_ENTITY,
			Self::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
			Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
			Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
		}
	}
}

impl IntoResponse for ApiError {
	fn into_response(self) -> Response {
		let status = self.status();
		if let Self::Store(error) = &self {
			tracing::error!(%error, "a request failed");
		}
		let body = Json(ErrorBody {
			error: self.to_string(),
		});
		let mut response = (status, body).into_response();
		if matches!(self, Self::Busy(_) | Self::Stopping) {
			response
				.headers_mut()
				.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
		}
		response
	}
}
