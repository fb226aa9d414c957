//! Models behind a server that speaks the Open Inference Protocol V2 over HTTP.
//!
//! Servers differ in how they fail. MLServer answers input that its model refuses with status 500 and
//! a text that is not JSON, just as it answers a fault of its own; so a server that fails but says that
//! it is well may have refused the input. Whether it has, or is the wrong server, is not seen here.

use std::{
	collections::BTreeMap,
	sync::{Mutex, PoisonError},
	time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use reqwest::{header, redirect, Client, Response, StatusCode};
use serde::Deserialize;
use tokio::time::timeout;
use tokio_util::bytes::Bytes;
use url::Url;
use weighhouse_manifest::{read_response, OipRequest, TensorData};
use weighhouse_primitives::ListingId;

use super::{one_line, EngineError, EngineIdentity, LoadedModel};

/// Longest error text and description that is read from a server.
const LONGEST_MESSAGE: usize = 4 * 1024;

/// How long a server is waited for when it is asked how it is.
const HEALTH_PATIENCE: Duration = Duration::from_secs(2);

/// Where the server is and how it is treated.
#[derive(Clone, Debug)]
pub struct OipSettings {
	/// Its address, such as `http://127.0.0.1:8080`.
	pub url: Url,
	/// What it calls the models of some listings. All others have the name in their manifest.
	pub models: BTreeMap<ListingId, String>,
	/// The longest answer that is read, in bytes.
	pub answer_limit: usize,
	/// How long a connection may take.
	pub connect: Duration,
}

impl OipSettings {
	/// The settings for a server with nothing special about it.
	pub fn new(url: Url) -> Self {
		Self {
			url,
			models: BTreeMap::new(),
			answer_limit: 16 * 1024 * 1024,
			connect: Duration::from_secs(5),
		}
	}
}

/// An inference server.
#[derive(Debug)]
pub struct Oip {
	settings: OipSettings,
	http: Client,
	identity: Mutex<Option<EngineIdentity>>,
}

impl Oip {
	/// A client for a server. Connects to nothing yet.
	///
	/// # Errors
	/// [`EngineError::Broken`] if the address is no web address.
	pub fn new(settings: OipSettings) -> Result<Self, EngineError> {
		let address = &settings.url;
		if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
			return Err(EngineError::Broken(format!(
				"`{address}` is no address of an inference server: it must look like http://127.0.0.1:8080"
			)));
		}
		let builder = Client::builder()
			.connect_timeout(settings.connect)
			.redirect(redirect::Policy::none());
		// A proxy from the environment cannot know this machine's own loopback.
		let builder = match address.host_str() {
			Some("localhost" | "127.0.0.1" | "[::1]") => builder.no_proxy(),
			_ => builder,
		};
		let http = builder
			.build()
			.map_err(|error| EngineError::Broken(innermost(&error)))?;
		Ok(Self {
			settings,
			http,
			identity: Mutex::new(None),
		})
	}

	/// Where the server is and how it is treated.
	pub const fn settings(&self) -> &OipSettings {
		&self.settings
	}

	/// What the server said that it is.
	pub(super) fn identity(&self) -> Option<EngineIdentity> {
		let known = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
		known.clone()
	}

	/// Asks the server whether it is ready, and which one it is.
	pub(super) async fn ready(&self) -> Result<(), EngineError> {
		let response = self.get(&["v2", "health", "ready"]).await?;
		let status = response.status();
		if !status.is_success() {
			let message = self.message(response).await;
			return Err(EngineError::Unavailable(format!(
				"{} says that it is not ready: {status}{message}",
				self.address()
			)));
		}
		self.ask_identity().await;
		Ok(())
	}

	async fn ask_identity(&self) {
		#[derive(Deserialize)]
		struct Server {
			name: String,
			version: String,
		}
		let Ok(response) = self.get(&["v2"]).await else {
			return;
		};
		if !response.status().is_success() {
			return;
		}
		let asked = timeout(HEALTH_PATIENCE, collect(response, LONGEST_MESSAGE)).await;
		let Ok(Ok(body)) = asked else {
			return;
		};
		if let Ok(Server { name, version }) = serde_json::from_slice(&body) {
			let identity = EngineIdentity {
				name: one_line(&name),
				version: one_line(&version),
			};
			*self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
		}
	}

	pub(super) async fn run(
		&self,
		model: &LoadedModel,
		request: &OipRequest,
	) -> Result<Vec<TensorData>, EngineError> {
		let limit = model.time_limit();
		match timeout(limit, self.infer(model, request)).await {
			Ok(outcome) => outcome,
			Err(_) => Err(EngineError::Unavailable(format!(
				"{} did not answer within {} ms",
				self.address(),
				limit.as_millis()
			))),
		}
	}

	async fn infer(
		&self,
		model: &LoadedModel,
		request: &OipRequest,
	) -> Result<Vec<TensorData>, EngineError> {
		let name = self
			.settings
			.models
			.get(&model.listing)
			.unwrap_or(&model.manifest.name);
		let url = self.route(&["v2", "models", name, "infer"]);
		let body = Bytes::from(request.to_oip().to_string());
		// A model is not run twice: what reached the server is not repeated.
		let response = self
			.send(reqwest::Error::is_connect, || {
				self.http
					.post(url.clone())
					.header(header::CONTENT_TYPE, "application/json")
					.body(body.clone())
			})
			.await?;
		let status = response.status();
		if !status.is_success() {
			return Err(self.failure(status, name, response).await);
		}
		let answer = collect(response, self.settings.answer_limit)
			.await
			.map_err(|problem| match problem {
				Problem::Interrupted(reason) => EngineError::Unavailable(format!(
					"the connection to {} broke: {reason}",
					self.address()
				)),
				Problem::TooLarge => EngineError::Broken(format!(
					"{} answered with more than {} bytes",
					self.address(),
					self.settings.answer_limit
				)),
			})?;
		read_response(&answer).map_err(|error| {
			EngineError::Broken(format!("{} answered badly: {error}", self.address()))
		})
	}

	/// What an unhappy status means, in the server's own words.
	async fn failure(&self, status: StatusCode, name: &str, response: Response) -> EngineError {
		let message = self.message(response).await;
		let said = format!("{} answered {status}{message}", self.address());
		let is_well = status == StatusCode::INTERNAL_SERVER_ERROR && self.is_well(name).await;
		match status {
			StatusCode::NOT_FOUND => EngineError::Broken(format!(
				"{said}; it knows no model `{name}`: load it there, or say in engine.models what it is called"
			)),
			StatusCode::BAD_REQUEST
			| StatusCode::PAYLOAD_TOO_LARGE
			| StatusCode::UNSUPPORTED_MEDIA_TYPE
			| StatusCode::UNPROCESSABLE_ENTITY => EngineError::Refused(said),
			StatusCode::INTERNAL_SERVER_ERROR if is_well => EngineError::Refused(said),
			StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
				EngineError::Unavailable(said)
			}
			_ if status.is_server_error() => EngineError::Unavailable(said),
			_ => EngineError::Broken(said),
		}
	}

	/// Whether the server says that it and the model are ready.
	async fn is_well(&self, name: &str) -> bool {
		for route in [
			["v2", "health", "ready"].as_slice(),
			["v2", "models", name, "ready"].as_slice(),
		] {
			match self.get(route).await {
				Ok(response) if response.status().is_success() => {}
				Ok(_) | Err(_) => return false,
			}
		}
		true
	}

	async fn get(&self, route: &[&str]) -> Result<Response, EngineError> {
		let url = self.route(route);
		// A server that failed may end a connection that looks as good as new.
		let asked = self.send(|_| true, || self.http.get(url.clone()));
		timeout(HEALTH_PATIENCE, asked).await.map_err(|_| {
			EngineError::Unavailable(format!(
				"{} did not answer within {} s",
				self.address(),
				HEALTH_PATIENCE.as_secs()
			))
		})?
	}

	/// Sends a request, and again after an error that `may_repeat`.
	async fn send(
		&self,
		may_repeat: fn(&reqwest::Error) -> bool,
		request: impl Fn() -> reqwest::RequestBuilder,
	) -> Result<Response, EngineError> {
		let backoff = ExponentialBuilder::default()
			.with_min_delay(Duration::from_millis(100))
			.with_factor(2.0)
			.with_max_times(2);
		(|| request().send())
			.retry(backoff)
			.when(may_repeat)
			.await
			.map_err(|error| {
				let reason = innermost(&error);
				EngineError::Unavailable(if error.is_connect() {
					format!(
						"no inference server answers at {}: {reason}",
						self.address()
					)
				} else {
					format!("the connection to {} broke: {reason}", self.address())
				})
			})
	}

	fn route(&self, segments: &[&str]) -> Url {
		let mut url = self.settings.url.clone();
		url.set_query(None);
		url.set_fragment(None);
		// Web addresses always have segments; each is escaped, so that no name leaves its place.
		if let Ok(mut path) = url.path_segments_mut() {
			path.pop_if_empty().extend(segments);
		}
		url
	}

	fn address(&self) -> String {
		self.settings.url.origin().ascii_serialization()
	}

	/// What the server says about a failure, ready to be put behind the status.
	async fn message(&self, response: Response) -> String {
		#[derive(Deserialize)]
		struct Failure {
			error: String,
		}
		let asked = timeout(HEALTH_PATIENCE, collect(response, LONGEST_MESSAGE)).await;
		let Ok(Ok(body)) = asked else {
			return String::new();
		};
		let text = match serde_json::from_slice::<Failure>(&body) {
			Ok(failure) => failure.error,
			Err(_) => String::from_utf8_lossy(&body).into_owned(),
		};
		match one_line(&text) {
			line if line.is_empty() => line,
			line => format!(": {line}"),
		}
	}
}

enum Problem {
	Interrupted(String),
	TooLarge,
}

async fn collect(mut response: Response, limit: usize) -> Result<Vec<u8>, Problem> {
	let mut bytes = Vec::new();
	while let Some(chunk) = response
		.chunk()
		.await
		.map_err(|error| Problem::Interrupted(innermost(&error)))?
	{
		if chunk.len() > limit.saturating_sub(bytes.len()) {
			return Err(Problem::TooLarge);
		}
		bytes.extend_from_slice(&chunk);
	}
	Ok(bytes)
}

/// The bottom of a chain of errors, which is the one that says something.
fn innermost(error: &dyn std::error::Error) -> String {
	let mut error = error;
	while let Some(source) = error.source() {
		error = source;
	}
	error.to_string()
}
