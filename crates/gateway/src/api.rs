//! The HTTP interface: jobs for couriers, state for operators.
//!
//! A courier sends SCALE and gets SCALE; a person sends JSON and gets JSON. The OpenAPI document is
//! made from the routes below, so it cannot say anything else than they do. Nothing here is for web
//! pages: a request that a browser may have made for one is refused.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
	body::Bytes,
	extract::{
		rejection::{BytesRejection, PathRejection},
		DefaultBodyLimit, Path, RawQuery, Request, State,
	},
	http::{header, HeaderMap, Method, StatusCode, Uri},
	middleware::{self, Next},
	response::{IntoResponse, Response},
	Json, Router,
};
use codec::{DecodeAll, Encode};
use serde::Serialize;
use tokio::time::timeout;
use tower_http::trace::TraceLayer;
use utoipa::{openapi::OpenApi, OpenApi as _, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use weighhouse_primitives::{
	inference::{Assignment, Completion, MEDIA_TYPE},
	ContentId,
};

use crate::{
	error::{ApiError, ErrorBody},
	runner::Runner,
	store::{Cursor, Id, Record, State as JobState, StateName},
};

mod schema;

use schema::{AssignmentSchema, CompletionSchema};

/// How long a PUT waits for the answer. A courier has 800 ms for all of its jobs together and must
/// have some answer within 300.
const WAIT: Duration = Duration::from_millis(250);
/// How long any request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// How many jobs a list has if nobody says.
const LIST: usize = 50;
/// How many jobs a list has at most.
const LONGEST_LIST: usize = 500;

#[derive(Clone)]
struct App {
	runner: Runner,
	openapi: Arc<OpenApi>,
}

#[derive(utoipa::OpenApi)]
#[openapi(
	info(
		title = "Weighhouse gateway",
		description = "Takes jobs from nodes, runs models, and keeps every answer. Loopback only."
	),
	tags(
		(name = "jobs", description = "What nodes ask of a worker"),
		(name = "operation", description = "What operators ask of the gateway")
	)
)]
struct Document;

/// The routes, and around them what every request goes through.
pub(crate) fn router(runner: Runner) -> Router {
	let body_limit = runner.config().body_limit;
	let (router, openapi) = OpenApiRouter::with_openapi(Document::openapi())
		.routes(routes!(put_job, get_job))
		.routes(routes!(list_jobs))
		.routes(routes!(live))
		.routes(routes!(ready))
		.routes(routes!(metrics))
		.routes(routes!(openapi_document))
		.split_for_parts();
	router
		.fallback(no_such_path)
		.method_not_allowed_fallback(no_such_method)
		.with_state(App {
			runner,
			openapi: Arc::new(openapi),
		})
		.layer(DefaultBodyLimit::max(
			usize::try_from(body_limit).unwrap_or(usize::MAX),
		))
		.layer(middleware::from_fn(refuse_web_pages))
		.layer(middleware::from_fn(limit_time))
		.layer(TraceLayer::new_for_http())
}

/// A job as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Job {
	/// `{request hash}-{worker}`, in hexadecimal digits.
	id: String,
	/// Where it stands.
	state: StateName,
	/// How many attempts were begun.
	attempts: u32,
	/// How many runs of the engine were begun and did not come back; one that is under way counts.
	interrupted: u32,
	/// When it came, in milliseconds since 1970.
	arrived: u64,
	/// When its state last changed, in milliseconds since 1970.
	changed: u64,
	/// Why the last attempt did not end it, or why it failed.
	#[serde(skip_serializing_if = "Option::is_none")]
	problem: Option<String>,
	/// What was asked.
	#[serde(skip_serializing_if = "Option::is_none")]
	#[schema(value_type = Option<AssignmentSchema>)]
	assignment: Option<Assignment>,
	/// The answer.
	#[serde(skip_serializing_if = "Option::is_none")]
	#[schema(value_type = Option<CompletionSchema>)]
	completion: Option<Completion>,
}

impl Job {
	fn whole(record: Record) -> Self {
		let id = record.id().to_string();
		let state = record.state.name();
		let (problem, completion) = match record.state {
			JobState::Queued { problem } => (problem, None),
			JobState::Running => (None, None),
			JobState::Done(completion) => (None, Some(completion)),
			JobState::Failed { reason } => (Some(reason), None),
		};
		Self {
			id,
			state,
			attempts: record.attempts,
			interrupted: record.interrupted,
			arrived: record.arrived,
			changed: record.changed,
			problem,
			assignment: Some(record.assignment),
			completion,
		}
	}

	/// Without what whoever asks has said themselves.
	fn brief(record: Record) -> Self {
		Self {
			assignment: None,
			..Self::whole(record)
		}
	}
}

/// A list of jobs.
#[derive(Serialize, ToSchema)]
struct Jobs {
	/// The newest first.
	jobs: Vec<Job>,
	/// Where the list goes on: what to ask for as `from`. Missing if there are no older jobs.
	#[serde(skip_serializing_if = "Option::is_none")]
	next: Option<String>,
}

/// Whether jobs would be answered.
#[derive(Serialize, ToSchema)]
struct Health {
	/// `ready`, `not ready` or `live`.
	status: &'static str,
	/// Why the engine takes nothing, if so.
	#[serde(skip_serializing_if = "Option::is_none")]
	engine: Option<String>,
	/// Why the IPFS node takes nothing, if so.
	#[serde(skip_serializing_if = "Option::is_none")]
	ipfs: Option<String>,
	/// Why the database of jobs takes nothing, if so.
	#[serde(skip_serializing_if = "Option::is_none")]
	database: Option<String>,
	/// Whether the gateway is about to stop.
	#[serde(skip_serializing_if = "std::ops::Not::not")]
	stopping: bool,
}

/// How a body is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
	Scale,
	Json,
}

impl Form {
	/// The form that a request is in.
	fn of_body(headers: &HeaderMap) -> Result<Self, ApiError> {
		let wanted = format!("send {MEDIA_TYPE} or application/json as content-type");
		let Some(value) = headers.get(header::CONTENT_TYPE) else {
			return Err(ApiError::MediaType(format!(
				"the request has no content-type: {wanted}"
			)));
		};
		let text = value.to_str().unwrap_or_default();
		match media_type(text).as_str() {
			MEDIA_TYPE => Ok(Self::Scale),
			"application/json" => Ok(Self::Json),
			_ => Err(ApiError::MediaType(format!(
				"`{}` is not read: {wanted}",
				printable(text)
			))),
		}
	}

	/// The form that a caller without a body would like.
	fn of_accept(headers: &HeaderMap) -> Self {
		let wants_scale = headers
			.get_all(header::ACCEPT)
			.iter()
			.filter_map(|value| value.to_str().ok())
			.flat_map(|value| value.split(','))
			.any(|value| media_type(value) == MEDIA_TYPE);
		if wants_scale {
			Self::Scale
		} else {
			Self::Json
		}
	}
}

/// A media type without its parameters.
fn media_type(text: &str) -> String {
	text.split(';')
		.next()
		.unwrap_or_default()
		.trim()
		.to_ascii_lowercase()
}

/// What a stranger wrote, short and without control characters.
fn printable(text: &str) -> String {
	text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// Hand a job in, or ask for its answer
///
/// May be repeated at any time and with the same body always means the same job. Waits up to a
/// quarter of a second for the answer.
#[utoipa::path(
	put,
	path = "/v1/jobs/{id}",
	tag = "jobs",
	params(("id" = String, Path, description = "`{request hash}-{worker}`: 64 hexadecimal digits each, with or without 0x")),
	request_body(
		description = "The assignment, as SCALE or JSON",
		content(
			(AssignmentSchema = "application/json"),
			(Vec<u8> = "application/vnd.weighhouse.scale")
		)
	),
	responses(
		(status = 200, description = "The answer", content(
			(CompletionSchema = "application/json"),
			(Vec<u8> = "application/vnd.weighhouse.scale")
		)),
		(status = 202, description = "Queued or running; the body is empty for SCALE", body = Job),
		(status = 400, description = "The path or the body makes no sense, or they name different jobs", body = ErrorBody),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 404, description = "The worker is not served here", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
		(status = 409, description = "The job was given before with another assignment", body = ErrorBody),
		(status = 413, description = "The body is too large", body = ErrorBody),
		(status = 415, description = "The body is neither SCALE nor JSON", body = ErrorBody),
		(status = 422, description = "The job ended without an answer", body = ErrorBody),
		(status = 429, description = "The queue is full", body = ErrorBody),
		(status = 500, description = "The database failed", body = ErrorBody),
		(status = 503, description = "The gateway is stopping", body = ErrorBody),
	)
)]
async fn put_job(
	State(app): State<App>,
	id: Result<Path<String>, PathRejection>,
	headers: HeaderMap,
	body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
	let started = tokio::time::Instant::now();
	let id = path_id(id)?;
	let form = Form::of_body(&headers)?;
	let body = body.map_err(|rejection| match rejection.status() {
		StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge(app.runner.config().body_limit),
		_ => ApiError::BadRequest(format!("the body broke off: {}", rejection.body_text())),
	})?;
	let assignment = read(form, &body)?;
	check(&assignment, id)?;
	if !app.runner.config().serves(&assignment.worker) {
		return Err(ApiError::NotFound(format!(
			"worker 0x{} is not served here (`workers`)",
			hex::encode(assignment.worker)
		)));
	}
	let mut record = app.runner.submit(assignment).await?;
	if !record.state.is_final() {
		let rest = WAIT.saturating_sub(started.elapsed());
		record = app.runner.wait(record.key(), rest).await?.unwrap_or(record);
	}
	answer(record, form)
}

/// A job as it stands
///
/// Who accepts SCALE gets what a PUT would give.
#[utoipa::path(
	get,
	path = "/v1/jobs/{id}",
	tag = "jobs",
	params(("id" = String, Path, description = "`{request hash}-{worker}`: 64 hexadecimal digits each, with or without 0x")),
	responses(
		(status = 200, description = "The job; for SCALE, the answer", content(
			(Job = "application/json"),
			(Vec<u8> = "application/vnd.weighhouse.scale")
		)),
		(status = 202, description = "Queued or running; only for SCALE"),
		(status = 400, description = "The path makes no sense", body = ErrorBody),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 404, description = "There is no such job", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
		(status = 422, description = "The job ended without an answer; only for SCALE", body = ErrorBody),
		(status = 500, description = "The database failed", body = ErrorBody),
	)
)]
async fn get_job(
	State(app): State<App>,
	id: Result<Path<String>, PathRejection>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let id = path_id(id)?;
	let Some(record) = app.runner.store().find(id).await? else {
		return Err(ApiError::NotFound(format!("there is no job {id}")));
	};
	match Form::of_accept(&headers) {
		Form::Scale => answer(record, Form::Scale),
		Form::Json => Ok(Json(Job::whole(record)).into_response()),
	}
}

/// The newest jobs
///
/// One list looks at no more than 10,000 jobs, in whatever state they are. It may so end before
/// `limit`, even without a job, and then says in `next` where it goes on.
#[utoipa::path(
	get,
	path = "/v1/jobs",
	tag = "jobs",
	params(
		("state" = Option<StateName>, Query, description = "Only jobs in this state"),
		("limit" = Option<u32>, Query, description = "How many, 1 to 500; 50 if not given"),
		("from" = Option<String>, Query, description = "Where to go on: the `next` of another list"),
	),
	responses(
		(status = 200, description = "The jobs, the newest first", body = Jobs),
		(status = 400, description = "The query makes no sense", body = ErrorBody),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
		(status = 500, description = "The database failed", body = ErrorBody),
	)
)]
async fn list_jobs(
	State(app): State<App>,
	RawQuery(query): RawQuery,
) -> Result<Json<Jobs>, ApiError> {
	let ListQuery { state, limit, from } = parse_list(query.as_deref().unwrap_or_default())?;
	let list = app.runner.store().newest(state, limit, from).await?;
	Ok(Json(Jobs {
		jobs: list.records.into_iter().map(Job::whole).collect(),
		next: list.next.map(|next| next.to_string()),
	}))
}

/// Whether the gateway runs
#[utoipa::path(
	get,
	path = "/health/live",
	tag = "operation",
	responses(
		(status = 200, description = "It does", body = Health),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
	)
)]
async fn live() -> Json<Health> {
	Json(Health {
		status: "live",
		engine: None,
		ipfs: None,
		database: None,
		stopping: false,
	})
}

/// Whether jobs would be answered
#[utoipa::path(
	get,
	path = "/health/ready",
	tag = "operation",
	responses(
		(status = 200, description = "The engine, the IPFS node and the database answer", body = Health),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
		(status = 503, description = "One of them does not, or the gateway is stopping", body = Health),
	)
)]
async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
	let readiness = app.runner.ready().await;
	let (code, status) = if readiness.is_ready() {
		(StatusCode::OK, "ready")
	} else {
		(StatusCode::SERVICE_UNAVAILABLE, "not ready")
	};
	let health = Health {
		status,
		engine: readiness.engine,
		ipfs: readiness.ipfs,
		database: readiness.database,
		stopping: readiness.stopping,
	};
	(code, Json(health))
}

/// Figures for Prometheus
#[utoipa::path(
	get,
	path = "/metrics",
	tag = "operation",
	responses(
		(status = 200, description = "In the text format", body = String, content_type = "text/plain"),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
	)
)]
async fn metrics(State(app): State<App>) -> Response {
	let counts = app.runner.store().counts();
	let text = app.runner.metrics().render(counts);
	let form = [(
		header::CONTENT_TYPE,
		"text/plain; version=0.0.4; charset=utf-8",
	)];
	(form, text).into_response()
}

/// This document
#[utoipa::path(
	get,
	path = "/openapi.json",
	tag = "operation",
	responses(
		(status = 200, description = "OpenAPI 3.1, in JSON"),
		(status = 403, description = "The request may come from a web page", body = ErrorBody),
		(status = 405, description = "The path takes other methods", body = ErrorBody),
		(status = 408, description = "The request took longer than 10 s", body = ErrorBody),
	)
)]
async fn openapi_document(State(app): State<App>) -> Json<OpenApi> {
	Json(app.openapi.as_ref().clone())
}

async fn no_such_path(uri: Uri) -> ApiError {
	let path = printable(uri.path());
	ApiError::NotFound(format!("there is nothing at {path}: see /openapi.json"))
}

async fn no_such_method(method: Method) -> ApiError {
	ApiError::Method(printable(method.as_str()))
}

/// A body that does not arrive must hold nobody up.
async fn limit_time(request: Request, next: Next) -> Response {
	timeout(REQUEST_LIMIT, next.run(request))
		.await
		.unwrap_or_else(|_| ApiError::Slow(REQUEST_LIMIT).into_response())
}

/// Browsers say where a request comes from, and a page that rebinds a name of its own to this address
/// still sends that name as host.
async fn refuse_web_pages(request: Request, next: Next) -> Response {
	match check_headers(request.headers()) {
		Ok(()) => next.run(request).await,
		Err(error) => error.into_response(),
	}
}

fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
	if headers.contains_key(header::ORIGIN) {
		return Err(ApiError::Forbidden(
			"the request has an Origin: web pages may not ask the gateway",
		));
	}
	let site = headers.get("sec-fetch-site");
	if site.is_some_and(|site| site != "none") {
		return Err(ApiError::Forbidden(
			"the request comes from a web page, and those may not ask the gateway",
		));
	}
	let host = headers
		.get(header::HOST)
		.and_then(|host| host.to_str().ok());
	if !host.is_some_and(is_loopback_host) {
		return Err(ApiError::Forbidden(
			"the request is not addressed to this machine: use 127.0.0.1, [::1] or localhost",
		));
	}
	Ok(())
}

/// Whether a Host header names this machine, whatever the port.
fn is_loopback_host(host: &str) -> bool {
	let name = match host.strip_prefix('[') {
		Some(rest) => match rest.split_once(']') {
			Some((name, port)) if port.is_empty() || port.starts_with(':') => name,
			_ => return false,
		},
		None => host.split_once(':').map_or(host, |(name, _)| name),
	};
	name.eq_ignore_ascii_case("localhost")
		|| name
			.parse::<IpAddr>()
			.is_ok_and(|address| address.is_loopback())
}

fn path_id(path: Result<Path<String>, PathRejection>) -> Result<Id, ApiError> {
	let Path(text) = path.map_err(|rejection| {
		ApiError::BadRequest(format!(
			"the path makes no sense: {}",
			rejection.body_text()
		))
	})?;
	parse_id(&text)
}

fn parse_id(text: &str) -> Result<Id, ApiError> {
	Id::parse(text).ok_or_else(|| {
		ApiError::BadRequest(format!(
			"`{}` is no name of a job: it must be {{request hash}}-{{worker}}, 64 hexadecimal digits each",
			text.chars()
				.filter(|c| !c.is_control())
				.take(140)
				.collect::<String>()
		))
	})
}

fn read(form: Form, body: &[u8]) -> Result<Assignment, ApiError> {
	match form {
		Form::Scale => Assignment::decode_all(&mut &*body).map_err(|error| {
			ApiError::BadRequest(format!("the body is no SCALE of an assignment: {error}"))
		}),
		Form::Json => serde_json::from_slice(body).map_err(|error| {
			ApiError::BadRequest(format!("the body is no JSON of an assignment: {error}"))
		}),
	}
}

/// What can be seen to be wrong before anything is fetched.
fn check(assignment: &Assignment, id: Id) -> Result<(), ApiError> {
	let named = Id::of(assignment);
	if named != id {
		return Err(ApiError::BadRequest(format!(
			"the path names job {id}, but the body is job {named}"
		)));
	}
	for (what, text) in [
		("manifest", &assignment.manifest),
		("input", &assignment.input),
	] {
		ContentId::parse(text.as_bytes()).map_err(|error| {
			ApiError::BadRequest(format!("{what} `{}`: {error}", printable(text)))
		})?;
	}
	Ok(())
}

fn answer(record: Record, form: Form) -> Result<Response, ApiError> {
	match (record.state, form) {
		(JobState::Done(completion), Form::Scale) => {
			let form = [(header::CONTENT_TYPE, MEDIA_TYPE)];
			Ok((form, completion.encode()).into_response())
		}
		(JobState::Done(completion), Form::Json) => Ok(Json(completion).into_response()),
		(JobState::Failed { reason }, _) => Err(ApiError::Failed(reason)),
		(JobState::Queued { .. } | JobState::Running, Form::Scale) => {
			Ok(StatusCode::ACCEPTED.into_response())
		}
		(state @ (JobState::Queued { .. } | JobState::Running), Form::Json) => {
			let job = Job::brief(Record { state, ..record });
			Ok((StatusCode::ACCEPTED, Json(job)).into_response())
		}
	}
}

/// Which jobs a list is of.
#[derive(PartialEq, Eq, Debug)]
struct ListQuery {
	state: Option<StateName>,
	limit: usize,
	from: Option<Cursor>,
}

fn parse_list(query: &str) -> Result<ListQuery, ApiError> {
	let mut list = ListQuery {
		state: None,
		limit: LIST,
		from: None,
	};
	for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
		match &*key {
			"state" => {
				list.state = Some(StateName::parse(&value).ok_or_else(|| {
					ApiError::BadRequest(format!(
						"`{}` is no state: it must be queued, running, done or failed",
						printable(&value)
					))
				})?);
			}
			"limit" => {
				list.limit = value
					.parse()
					.ok()
					.filter(|limit| (1..=LONGEST_LIST).contains(limit))
					.ok_or_else(|| {
						ApiError::BadRequest(format!(
							"limit is `{}`, but must be 1 to {LONGEST_LIST}",
							printable(&value)
						))
					})?;
			}
			"from" => {
				list.from = Some(Cursor::parse(&value).ok_or_else(|| {
					ApiError::BadRequest(format!(
						"from is `{}`, but must be the `next` of another list",
						printable(&value)
					))
				})?);
			}
			other => {
				return Err(ApiError::BadRequest(format!(
					"`{}` is not known: a list takes state, limit and from",
					printable(other)
				)))
			}
		}
	}
	Ok(list)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		runner::testing,
		store::testing::{assignment, until_open, Space},
	};

	#[test]
	fn host_is_taken_only_when_it_is_loopback() {
		for host in [
			"127.0.0.1",
			"127.0.0.1:8791",
			"127.9.9.9:1",
			"localhost",
			"LOCALHOST:80",
			"[::1]",
			"[::1]:8791",
		] {
			assert!(is_loopback_host(host), "{host}");
		}
		for host in [
			"",
			"example.org",
			"localhost.example.org",
			"127.0.0.1.example.org:80",
			"192.168.0.1",
			"[::2]:1",
			"[::1",
			"[::1]x",
			"::1",
			"0.0.0.0:8791",
		] {
			assert!(!is_loopback_host(host), "{host}");
		}
	}

	#[test]
	fn list_is_refused_when_its_query_makes_no_sense() {
		let list = parse_list("").unwrap();
		assert_eq!((list.state, list.limit, list.from), (None, 50, None));
		let list = parse_list("state=done&limit=3&from=7-ab").unwrap();
		assert_eq!((list.state, list.limit), (Some(StateName::Done), 3));
		assert_eq!(list.from, Cursor::parse("7-ab"));
		for query in [
			"state=ended",
			"limit=0",
			"limit=501",
			"limit=-1",
			"limit=x",
			"from=x",
			"sort=age",
		] {
			let error = parse_list(query).unwrap_err();
			assert_eq!(error.status(), StatusCode::BAD_REQUEST, "{query}");
		}
	}

	fn app(folder: &std::path::Path) -> (App, Space) {
		let (runner, space) = testing::runner(folder);
		let openapi = Arc::new(Document::openapi());
		(App { runner, openapi }, space)
	}

	#[tokio::test]
	async fn list_goes_on_when_it_is_given_what_it_said() {
		let folder = tempfile::tempdir().unwrap();
		let (app, _) = app(folder.path());
		for number in 1..=3 {
			let store = app.runner.store();
			store.insert(assignment(number)).await.unwrap();
		}
		let list = |query: String| list_jobs(State(app.clone()), RawQuery(Some(query)));
		let Json(newest) = list("limit=2".into()).await.unwrap();
		assert_eq!(newest.jobs.len(), 2);
		let next = newest.next.unwrap();
		let Json(rest) = list(format!("limit=2&from={next}")).await.unwrap();
		assert_eq!((rest.jobs.len(), rest.next), (1, None));
	}

	#[tokio::test]
	async fn gateway_is_not_ready_when_its_database_is_shut() {
		let folder = tempfile::tempdir().unwrap();
		let (app, space) = app(folder.path());
		let store = app.runner.store();
		let (_, Json(health)) = ready(State(app.clone())).await;
		assert_eq!(health.database, None);
		space.fill();
		assert!(store.insert(assignment(1)).await.is_err());
		let (status, Json(health)) = ready(State(app.clone())).await;
		assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
		let problem = health.database.unwrap();
		assert!(problem.contains("no space left"), "{problem}");
		space.free();
		until_open(store).await;
		let (_, Json(health)) = ready(State(app.clone())).await;
		assert_eq!(health.database, None);
	}
}
