//! `weighhouse proxy`

use std::{
	collections::HashMap,
	io::{stderr, Write},
	net::SocketAddr,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};

use axum::{
	body::Bytes,
	extract::{DefaultBodyLimit, FromRequest, Path, Request, State},
	http::{header, HeaderMap, Method, StatusCode, Uri},
	middleware::{self, Next},
	response::{IntoResponse, Response},
	routing::{get, post},
	Json, Router,
};
use clap::Args;
use serde_json::{json, Value};
use tokio::{
	net::TcpListener,
	sync::{watch, Semaphore},
	time::{sleep, timeout, Instant},
};
use weighhouse_client::{
	amount::Amount,
	calls,
	ipfs::Ipfs,
	keys::{account_of, AccountId32, Keypair},
	ChainError, Client, Included, JobReceipt, NoQuote, Refund, View, H256,
};
use weighhouse_manifest::{check_request, Tensor, TensorData};
use weighhouse_primitives::{
	gateway, inference::JobId, Access, LicenceId, ListingId, Mode, OfferId, VersionNumber,
};

use crate::{
	commands::{
		ask::{add_input, refuse_refunded, Subject, Terms},
		job::{follow, Goal},
		receipt,
	},
	context::{interrupted, Context},
	failure::Failure,
	output::{hex, plain, wgh, Report},
	values::{self, Target},
};

/// How long requests under way are waited for once the program is told to stop.
const GRACE: Duration = Duration::from_secs(30);
/// How long the node may take to show that it is still there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause before a lost node is looked for again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long an answer that is paid for is looked for when the node was lost.
const ABSENCE: Duration = Duration::from_secs(300);
/// The largest input if the manifest names no limit, in bytes.
const LARGEST_INPUT: usize = 1024 * 1024;
/// The header that announces tensors in binary form, which jobs do not have.
const BINARY: &str = "inference-header-content-length";

/// Answer Open Inference Protocol requests on this machine by asking a listing, for pay
///
/// Any client of the protocol (version 2, over HTTP) can be pointed at it. Each request is asked as
/// `ask` does; the answer carries the numbers of job and receipt. Ctrl-C ends it in order.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob proxy --listing 1
  weighhouse --suri //Bob proxy --listing 1@2 --mode quorum3 --max-price 1 --budget 20
  weighhouse --suri //Bob proxy --listing 1 --bind 127.0.0.1:9000 --wait best

Then:
  curl http://127.0.0.1:8800/v2/models/digits/infer -d @question.json")]
pub struct Opts {
	/// Listing, or listing and version; without a version, the newest that stands now
	#[arg(short, long, value_name = "LISTING[@VERSION]")]
	listing: Target,
	/// Where to listen; only on this machine, since whoever reaches it spends your money
	#[arg(short, long, value_name = "ADDRESS", default_value = "127.0.0.1:8800", value_parser = loopback)]
	bind: SocketAddr,
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
	/// The most that is held for one request, in WGH; without it, what one costs as of now
	#[arg(long, value_name = "WGH")]
	max_price: Option<Amount>,
	/// The most that is spent for all requests together, in WGH
	#[arg(long, value_name = "WGH")]
	budget: Option<Amount>,
	/// How long a client is kept waiting, in seconds; a job goes on after that
	#[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=86_400))]
	timeout: u64,
	/// How many requests are asked at the same time; more are told to come back
	#[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1_000))]
	at_once: u16,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
	values::loopback(text, "127.0.0.1:8800", ", which would spend your money")
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let key = context.key()?;
	let account = account_of(&key);
	let ipfs = context.ipfs()?;
	let link = Link::open(context).await?;
	let view = link.view().await?;
	let subject = Subject::read(&view, &ipfs, opts.listing).await?;
	let access = match (opts.licence, opts.offer) {
		(Some(licence), _) => Some(Access::Licence(licence)),
		(None, Some(offer)) => Some(Access::Offer(offer)),
		(None, None) => None,
	};
	let reward = opts.reward.map(|reward| reward.0);
	let max_price = match opts.max_price {
		Some(limit) => limit.0,
		None => {
			Terms::find(&view, &account, &subject, opts.mode, access, reward)
				.await?
				.quote
				.escrow
		}
	};
	let limit = subject.interface().map_or(LARGEST_INPUT, |interface| {
		usize::try_from(interface.input_limit).unwrap_or(LARGEST_INPUT)
	});
	let (listing, version) = (subject.listing, subject.version);
	let name = plain(&subject.manifest.name);
	let proxy = Arc::new(Proxy {
		context: context.clone(),
		link,
		ipfs,
		key,
		account,
		subject,
		mode: opts.mode,
		access,
		reward,
		max_price,
		timeout: Duration::from_secs(opts.timeout),
		ledger: Mutex::new(Ledger::new(opts.budget.map(|budget| budget.0))),
		submitting: Arc::default(),
		places: Arc::new(Semaphore::new(opts.at_once.into())),
	});
	let failed = |source| Failure::Listen {
		address: opts.bind,
		source,
	};
	let listener = TcpListener::bind(opts.bind).await.map_err(failed)?;
	let address = listener.local_addr().map_err(failed)?;
	context.tell(&format!(
		"Answering for {listing}@{version} as model `{name}` on http://{address}/v2, at most {} for a request{}.",
		wgh(max_price),
		match opts.budget {
			Some(budget) => format!(" and {} together", wgh(budget.0)),
			None => String::new(),
		}
	));
	let (stopping, mut stopped) = watch::channel(false);
	let app = router(proxy.clone(), limit);
	let server = async move {
		axum::serve(listener, app)
			.with_graceful_shutdown(async move {
				interrupted().await;
				let _ = stopping.send(true);
			})
			.await
	};
	let patience = async {
		// The other side goes only when the server has ended, which is noticed first.
		let _ = stopped.wait_for(|stopping| *stopping).await;
		context.tell("Stopping when the requests under way are answered; Ctrl-C again stops now.");
		tokio::select! {
			() = sleep(GRACE) => {}
			() = interrupted() => {}
		}
	};
	tokio::select! {
		biased;
		ended = server => ended.map_err(failed)?,
		() = patience => context.tell("Some requests were left; see `weighhouse job list --mine`."),
	}
	let (requests, answered, spent) = {
		let ledger = proxy.ledger();
		(ledger.requests, ledger.answered, ledger.total())
	};
	Ok(Report {
		json: json!({
			"listing": listing,
			"version": version,
			"address": address.to_string(),
			"requests": requests,
			"answered": answered,
			"spent": spent.to_string(),
		}),
		text: format!(
			"Answered {answered} of {requests} requests for {} at most.",
			wgh(spent)
		),
	})
}

/// The connection to the node that all requests share, made anew when it broke.
struct Link {
	context: Context,
	genesis: H256,
	client: tokio::sync::Mutex<Client>,
}

impl Link {
	async fn open(context: &Context) -> Result<Self, Failure> {
		let client = context.client().await?;
		Ok(Self {
			context: context.clone(),
			genesis: client.genesis_hash(),
			client: tokio::sync::Mutex::new(client),
		})
	}

	/// A connection that works, and the best block.
	async fn get(&self) -> Result<(Client, View), Failure> {
		let client = self.client.lock().await.clone();
		if let Ok(Ok(view)) = timeout(PATIENCE, client.best()).await {
			return Ok((client, view));
		}
		let mut shared = self.client.lock().await;
		// Another request may have been here first.
		if let Ok(Ok(view)) = timeout(PATIENCE, shared.best()).await {
			return Ok((shared.clone(), view));
		}
		let client = self.context.client().await?;
		if client.genesis_hash() != self.genesis {
			return Err(ChainError::Incompatible(
				"it is on another chain than the one that this proxy began on".into(),
			)
			.into());
		}
		let view = client.best().await?;
		*shared = client.clone();
		Ok((client, view))
	}

	async fn client(&self) -> Result<Client, Failure> {
		Ok(self.get().await?.0)
	}

	async fn view(&self) -> Result<View, Failure> {
		Ok(self.get().await?.1)
	}
}

/// Whether a new connection may help.
fn is_lost(error: &ChainError) -> bool {
	matches!(error, ChainError::Lost(_) | ChainError::Unreachable { .. })
}

/// What all requests share.
struct Proxy {
	context: Context,
	link: Link,
	ipfs: Ipfs,
	key: Keypair,
	account: AccountId32,
	subject: Subject,
	mode: Mode,
	access: Option<Access>,
	reward: Option<u128>,
	max_price: u128,
	timeout: Duration,
	ledger: Mutex<Ledger>,
	/// Held until a transaction is in the pool, so that no two take the same nonce.
	submitting: Arc<tokio::sync::Mutex<()>>,
	/// Requests that may be under way beside those that are.
	places: Arc<Semaphore>,
}

/// What was spent, and what may still be.
struct Ledger {
	budget: Option<u128>,
	/// Held for requests under way.
	held: u128,
	/// Paid for those that ended.
	spent: u128,
	requests: u64,
	answered: u64,
}

impl Ledger {
	const fn new(budget: Option<u128>) -> Self {
		Self {
			budget,
			held: 0,
			spent: 0,
			requests: 0,
			answered: 0,
		}
	}

	const fn total(&self) -> u128 {
		self.held.saturating_add(self.spent)
	}

	/// Sets `escrow` aside, if the budget allows.
	fn hold(&mut self, escrow: u128) -> Result<(), Failure> {
		let left = self
			.budget
			.map(|budget| budget.saturating_sub(self.total()));
		if let Some(left) = left.filter(|left| escrow > *left) {
			return Err(Failure::Declined(format!(
				"{} would be held, but only {} of the budget is left",
				wgh(escrow),
				wgh(left)
			)));
		}
		self.held = self.held.saturating_add(escrow);
		Ok(())
	}

	/// Replaces what was set aside by what was paid.
	fn settle(&mut self, escrow: u128, paid: u128) {
		self.held = self.held.saturating_sub(escrow);
		self.spent = self.spent.saturating_add(paid);
	}
}

/// An answer with its receipt.
struct Answered {
	receipt: JobReceipt,
	tensors: Vec<TensorData>,
}

/// Why there is none, and what is certain about the money.
struct Unanswered {
	failure: Failure,
	/// What was paid; none if that is not known, and then all of it counts.
	paid: Option<u128>,
	job: Option<JobId>,
}

impl From<Failure> for Unanswered {
	fn from(failure: Failure) -> Self {
		Self {
			failure,
			paid: Some(0),
			job: None,
		}
	}
}

impl Proxy {
	fn ledger(&self) -> MutexGuard<'_, Ledger> {
		self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Asks, and keeps the books.
	async fn ask(&self, input: &[u8]) -> Result<Answered, Unanswered> {
		self.ledger().requests += 1;
		let (client, view) = self.link.get().await?;
		let (access, reward) = (self.access, self.reward);
		let terms = Terms::find(
			&view,
			&self.account,
			&self.subject,
			self.mode,
			access,
			reward,
		)
		.await?;
		let escrow = terms.quote.escrow;
		if escrow > self.max_price {
			return Err(Failure::Declined(format!(
				"{} would be held, over the limit of {} for a request",
				wgh(escrow),
				wgh(self.max_price)
			))
			.into());
		}
		self.ledger().hold(escrow)?;
		let outcome = self.ask_held(&client, &terms, input).await;
		let mut ledger = self.ledger();
		match &outcome {
			Ok(answered) => {
				ledger.settle(escrow, answered.receipt.price);
				ledger.answered += 1;
			}
			Err(unanswered) => ledger.settle(escrow, unanswered.paid.unwrap_or(escrow)),
		}
		drop(ledger);
		outcome
	}

	async fn ask_held(
		&self,
		client: &Client,
		terms: &Terms,
		input: &[u8],
	) -> Result<Answered, Unanswered> {
		let added = add_input(&self.ipfs, input).await;
		let (cid, hash) = added.map_err(Failure::from)?;
		let call = calls::request(terms.request(&self.subject, &cid, hash));
		let turn = Mutex::new(Some(self.submitting.clone().lock_owned().await));
		let in_pool = move |_| {
			// The next one may take its nonce.
			drop(turn.lock().unwrap_or_else(PoisonError::into_inner).take());
		};
		// The job shows in the first block that has it, which may not be a final one yet.
		let job = Mutex::new(None);
		let seen = |included: Option<&Included>| {
			let requested = included.and_then(|included| calls::requested(included).ok());
			let seen = requested.map(|(job, ..)| job);
			*job.lock().unwrap_or_else(PoisonError::into_inner) = seen;
		};
		let included = client
			.submit_seen(&call, &self.key, self.context.until(), in_pool, seen)
			.await
			.map_err(|error| Unanswered {
				// A refused call holds nothing; of anything else it is not known.
				paid: matches!(error, ChainError::Refused(_) | ChainError::NotAccepted(_))
					.then_some(0),
				failure: error.into(),
				job: *job.lock().unwrap_or_else(PoisonError::into_inner),
			})?;
		let unknown = |failure: Failure| Unanswered {
			failure,
			paid: None,
			job: None,
		};
		let (job, ..) =
			calls::requested(&included).map_err(|error| unknown(Failure::from(error)))?;
		self.note(&format!("Job {job} asked."));
		let outcome = self.answer(client.clone(), job, included.block).await;
		outcome.map_err(|failure| Unanswered {
			paid: match &failure {
				Failure::Refunded { spent, .. } => Some(*spent),
				_ => None,
			},
			failure,
			job: Some(job),
		})
	}

	/// Waits for the answer to a job, with a new connection if the node was away.
	async fn answer(
		&self,
		mut client: Client,
		job: JobId,
		since: u64,
	) -> Result<Answered, Failure> {
		let mut lost: Option<Instant> = None;
		loop {
			let began = Instant::now();
			let failure = match self.answer_over(&client, job, since).await {
				Err(failure @ Failure::Chain(_)) => failure,
				done => return done,
			};
			if began.elapsed() > PATIENCE {
				// It was there meanwhile.
				lost = None;
			}
			let is_lost = matches!(&failure, Failure::Chain(error) if is_lost(error));
			if !is_lost || lost.get_or_insert_with(Instant::now).elapsed() > ABSENCE {
				return Err(failure);
			}
			sleep(PAUSE).await;
			if let Ok(found) = self.link.client().await {
				client = found;
			}
		}
	}

	/// The same over one connection.
	async fn answer_over(
		&self,
		client: &Client,
		job: JobId,
		since: u64,
	) -> Result<Answered, Failure> {
		let followed = follow(client, job, since, Goal::Answer, |_, _| ()).await?;
		refuse_refunded(job, &followed)?;
		let number = match followed.last.as_ref().and_then(|job| job.receipt) {
			Some(number) => Some(number),
			None => receipt::of_job(&client.best().await?, &self.account, job).await?,
		};
		let number = number.ok_or_else(|| Failure::NotFound(format!("receipt of job {job}")))?;
		let receipt = receipt::settled(&self.context, client, job, number).await?;
		let seats = followed.last.map(|job| job.seats).unwrap_or_default();
		let output = receipt::output(client, &self.ipfs, &receipt, &seats).await?;
		let tensors = receipt::tensors(&self.subject.manifest, &output)?;
		self.note(&format!(
			"Job {job} answered, receipt {}, {}.",
			receipt.receipt,
			wgh(receipt.price)
		));
		Ok(Answered { receipt, tensors })
	}

	/// Whether a path names this model and version.
	fn is_named(&self, path: &HashMap<String, String>) -> Result<(), Refusal> {
		let (listing, version) = (self.subject.listing, self.subject.version);
		let name = path.get("name").map_or("", String::as_str);
		if name != self.subject.manifest.name && name != listing.to_string() {
			return Err(Refusal(
				StatusCode::NOT_FOUND,
				format!(
					"there is no model `{name}` here, only `{}`, also called `{listing}`",
					self.subject.manifest.name
				),
			));
		}
		match path.get("version") {
			Some(other) if *other != version.to_string() => Err(Refusal(
				StatusCode::NOT_FOUND,
				format!("there is no version `{other}` here, only `{version}`"),
			)),
			_ => Ok(()),
		}
	}

	/// The outputs that an answer has. Others of the model are not part of what workers agree on.
	fn answered(&self) -> &[String] {
		let attestation = self.subject.manifest.attestation.as_ref();
		attestation.map_or(&[], |attestation| attestation.outputs.as_slice())
	}

	/// Whether requests can be answered now: node and IPFS node are there, and enough workers.
	async fn is_ready(&self) -> Result<(), Failure> {
		let view = self.link.view().await?;
		self.ipfs.id().await?;
		let (access, reward) = (self.access, self.reward);
		Terms::find(
			&view,
			&self.account,
			&self.subject,
			self.mode,
			access,
			reward,
		)
		.await?;
		Ok(())
	}

	/// Tells a person what happens.
	fn note(&self, text: &str) {
		if !self.context.json() {
			let _ = writeln!(stderr(), "{text}");
		}
	}
}

/// A status and one sentence.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
	fn into_response(self) -> Response {
		(self.0, Json(json!({ "error": self.1 }))).into_response()
	}
}

impl From<Unanswered> for Refusal {
	fn from(unanswered: Unanswered) -> Self {
		let Unanswered { failure, job, .. } = unanswered;
		let text = match (job, failure.hint()) {
			(Some(job), _) if !matches!(failure, Failure::Refunded { .. }) => {
				format!("{failure}; see job {job}")
			}
			(_, Some(hint)) => format!("{failure}. {hint}"),
			(_, None) => failure.to_string(),
		};
		Self(status(&failure), plain(&text))
	}
}

/// The HTTP status of a failure.
fn status(failure: &Failure) -> StatusCode {
	match failure {
		Failure::BadInput(_) => StatusCode::BAD_REQUEST,
		Failure::Declined(_) => StatusCode::PAYMENT_REQUIRED,
		Failure::NoCall { .. }
		| Failure::NoQuote {
			reason: NoQuote::NoAccess | NoQuote::OwnRequest | NoQuote::OnlyOwnerServes,
			..
		} => StatusCode::FORBIDDEN,
		Failure::TooFewWorkers { .. }
		| Failure::NoQuote {
			reason: NoQuote::NotEnoughWorkers,
			..
		} => StatusCode::SERVICE_UNAVAILABLE,
		Failure::NoQuote { .. } => StatusCode::NOT_FOUND,
		// The workers agree that the model does not take it.
		Failure::Refunded {
			reason: Refund::ModelError,
			..
		} => StatusCode::UNPROCESSABLE_ENTITY,
		Failure::Refunded { .. } => StatusCode::BAD_GATEWAY,
		other => match other.code() {
			"node-unreachable" | "ipfs-unreachable" | "not-included" => {
				StatusCode::SERVICE_UNAVAILABLE
			}
			"chain-refused" | "verification-failed" | "not-found" => StatusCode::BAD_GATEWAY,
			_ => StatusCode::INTERNAL_SERVER_ERROR,
		},
	}
}

fn router(proxy: Arc<Proxy>, limit: usize) -> Router {
	Router::new()
		.route("/v2", get(server))
		.route("/v2/health/live", get(live))
		.route("/v2/health/ready", get(ready))
		.route("/v2/models/{name}", get(model))
		.route("/v2/models/{name}/versions/{version}", get(model))
		.route("/v2/models/{name}/ready", get(model_ready))
		.route(
			"/v2/models/{name}/versions/{version}/ready",
			get(model_ready),
		)
		.route("/v2/models/{name}/infer", post(infer))
		.route("/v2/models/{name}/versions/{version}/infer", post(infer))
		.fallback(unknown)
		.method_not_allowed_fallback(not_allowed)
		.layer(DefaultBodyLimit::max(limit))
		.layer(middleware::from_fn(local_only))
		.with_state(proxy)
}

/// Lets nothing through that a web page may have sent, which could spend money unseen.
async fn local_only(request: Request, next: Next) -> Response {
	match refuse_foreign(request.headers()) {
		Ok(()) => next.run(request).await,
		Err(refusal) => refusal.into_response(),
	}
}

fn refuse_foreign(headers: &HeaderMap) -> Result<(), Refusal> {
	if headers.contains_key(header::ORIGIN) {
		return Err(Refusal(
			StatusCode::FORBIDDEN,
			"requests of web pages (with an Origin header) are refused, since they cost money"
				.into(),
		));
	}
	let host = headers
		.get(header::HOST)
		.and_then(|host| host.to_str().ok());
	let is_here = host.is_some_and(|host| {
		gateway::address(format!("http://{}", host.to_ascii_lowercase()).as_bytes()).is_ok()
	});
	if !is_here {
		return Err(Refusal(
			StatusCode::FORBIDDEN,
			"the Host header must be this machine: 127.0.0.1, [::1] or localhost".into(),
		));
	}
	Ok(())
}

async fn unknown(uri: Uri) -> Refusal {
	Refusal(
		StatusCode::NOT_FOUND,
		format!("there is nothing at {}; try /v2", plain(uri.path())),
	)
}

async fn not_allowed(method: Method, uri: Uri) -> Refusal {
	Refusal(
		StatusCode::METHOD_NOT_ALLOWED,
		format!("{method} is not for {}", plain(uri.path())),
	)
}

async fn server() -> Json<Value> {
	Json(json!({
		"name": "weighhouse-proxy",
		"version": env!("CARGO_PKG_VERSION"),
		"extensions": [],
	}))
}

async fn live() -> Json<Value> {
	Json(json!({ "live": true }))
}

async fn ready(State(proxy): State<Arc<Proxy>>) -> Result<Json<Value>, Refusal> {
	match proxy.is_ready().await {
		Ok(()) => Ok(Json(json!({ "ready": true }))),
		Err(failure) => Err(Refusal(
			StatusCode::SERVICE_UNAVAILABLE,
			plain(&failure.to_string()),
		)),
	}
}

async fn model_ready(
	State(proxy): State<Arc<Proxy>>,
	Path(path): Path<HashMap<String, String>>,
) -> Result<Json<Value>, Refusal> {
	proxy.is_named(&path)?;
	let _ = ready(State(proxy.clone())).await?;
	Ok(Json(
		json!({ "name": proxy.subject.manifest.name, "ready": true }),
	))
}

async fn model(
	State(proxy): State<Arc<Proxy>>,
	Path(path): Path<HashMap<String, String>>,
) -> Result<Json<Value>, Refusal> {
	proxy.is_named(&path)?;
	let tensor = |tensor: &Tensor| {
		json!({
			"name": tensor.name,
			"datatype": tensor.datatype.name(),
			"shape": tensor.shape,
		})
	};
	let manifest = &proxy.subject.manifest;
	let interface = proxy.subject.interface();
	let answered = proxy.answered();
	let inputs = interface.map(|it| it.inputs.iter().map(tensor).collect::<Vec<_>>());
	let outputs = interface.map(|it| {
		it.outputs
			.iter()
			.filter(|output| answered.contains(&output.name))
			.map(tensor)
			.collect::<Vec<_>>()
	});
	Ok(Json(json!({
		"name": manifest.name,
		"versions": [proxy.subject.version.to_string()],
		"platform": "weighhouse",
		"inputs": inputs.unwrap_or_default(),
		"outputs": outputs.unwrap_or_default(),
	})))
}

async fn infer(
	State(proxy): State<Arc<Proxy>>,
	Path(path): Path<HashMap<String, String>>,
	request: Request,
) -> Result<Json<Value>, Refusal> {
	proxy.is_named(&path)?;
	let refuse = |reason: String| Refusal(StatusCode::BAD_REQUEST, plain(&reason));
	// Before the body is read, which may be large.
	let place = proxy.places.clone().try_acquire_owned().map_err(|_| {
		Refusal(
			StatusCode::TOO_MANY_REQUESTS,
			"as many requests as may be (--at-once) are under way: send it again later".into(),
		)
	})?;
	if request.headers().contains_key(BINARY) {
		return Err(refuse(
			"tensors in binary form are not taken: send them as JSON".into(),
		));
	}
	let body = timeout(proxy.timeout, Bytes::from_request(request, &()))
		.await
		.map_err(|_| {
			Refusal(
				StatusCode::REQUEST_TIMEOUT,
				"the request did not come to its end".into(),
			)
		})?
		.map_err(|rejection| Refusal(rejection.status(), rejection.body_text()))?;
	if let Some(interface) = proxy.subject.interface() {
		check_request(interface, &body).map_err(|error| refuse(error.to_string()))?;
	}
	let wish = Wish::read(&body).map_err(refuse)?;
	wish.check(proxy.answered()).map_err(refuse)?;
	// What is paid for is seen through and counted, also if the client hangs up.
	let asking = {
		let (proxy, body) = (proxy.clone(), body.clone());
		tokio::spawn(async move {
			let answered = proxy.ask(&body).await;
			drop(place);
			answered
		})
	};
	let answered = timeout(proxy.timeout, asking)
		.await
		.map_err(|_| {
			Refusal(
				StatusCode::GATEWAY_TIMEOUT,
				format!(
					"no answer within {} s; the job goes on, see `weighhouse job list --mine`",
					proxy.timeout.as_secs()
				),
			)
		})?
		.map_err(|error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))??;
	wish.answer(&proxy, &answered).map(Json)
}

/// What a request says besides its inputs.
struct Wish {
	id: Option<String>,
	outputs: Option<Vec<String>>,
}

impl Wish {
	fn read(body: &[u8]) -> Result<Self, String> {
		let request: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
		let id = match request.get("id") {
			None | Some(Value::Null) => None,
			Some(Value::String(id)) => Some(id.clone()),
			Some(_) => return Err("`id` must be a text".into()),
		};
		let outputs = match request.get("outputs") {
			None | Some(Value::Null) => None,
			Some(Value::Array(outputs)) => {
				let name = |output: &Value| output["name"].as_str().map(str::to_owned);
				let names: Option<Vec<String>> = outputs.iter().map(name).collect();
				Some(names.ok_or("every one of `outputs` must have a `name`")?)
			}
			Some(_) => return Err("`outputs` must be a list".into()),
		};
		Ok(Self {
			id,
			outputs: outputs.filter(|outputs| !outputs.is_empty()),
		})
	}

	/// Refuses names that no answer has: nothing is paid for an answer that would be left out.
	fn check(&self, answered: &[String]) -> Result<(), String> {
		let unknown = |name: &&String| !answered.contains(name);
		match self.outputs.iter().flatten().find(unknown) {
			Some(name) => Err(format!(
				"`outputs` names `{name}`, which no answer has, only {}",
				answered.join(", ")
			)),
			None => Ok(()),
		}
	}

	fn answer(&self, proxy: &Proxy, answered: &Answered) -> Result<Value, Refusal> {
		let Answered { receipt, tensors } = answered;
		let (listing, version): (ListingId, VersionNumber) = (receipt.listing, receipt.version);
		let is_wished = |tensor: &&TensorData| {
			self.outputs
				.as_ref()
				.is_none_or(|outputs| outputs.contains(&tensor.name))
		};
		let outputs: Vec<Value> = tensors
			.iter()
			.filter(is_wished)
			.map(TensorData::to_oip)
			.collect();
		let mut response = json!({
			"model_name": proxy.subject.manifest.name,
			"model_version": version.to_string(),
			"outputs": outputs,
			"parameters": {
				"listing": listing,
				"receipt": receipt.receipt,
				"job": receipt.job,
				"evidence": values::show_evidence(receipt.evidence),
				"state": values::show_state(receipt.state),
				"agreed": receipt.agreed.len(),
				"price": receipt.price.to_string(),
				"output_hash": hex(&receipt.output_hash),
			},
		});
		if let (Some(id), Some(fields)) = (&self.id, response.as_object_mut()) {
			fields.insert("id".into(), json!(id));
		}
		Ok(response)
	}
}

#[cfg(test)]
mod tests {
	use axum::http::HeaderValue;

	use super::*;

	fn headers(host: Option<&str>, origin: Option<&str>) -> HeaderMap {
		let mut headers = HeaderMap::new();
		for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
			if let Some(value) = value {
				headers.insert(name, HeaderValue::from_str(value).unwrap());
			}
		}
		headers
	}

	#[test]
	fn request_is_refused_when_a_web_page_may_have_sent_it() {
		for host in [
			"127.0.0.1:8800",
			"localhost",
			"LocalHost:8800",
			"[::1]:8800",
		] {
			assert!(refuse_foreign(&headers(Some(host), None)).is_ok(), "{host}");
		}
		for (host, origin) in [
			(None, None),
			(Some("example.org"), None),
			(Some("127.0.0.1.example.org:8800"), None),
			(Some("192.168.0.1:8800"), None),
			(Some("localhost@example.org"), None),
			(Some("127.0.0.1:8800"), Some("https://example.org")),
			(Some("127.0.0.1:8800"), Some("null")),
		] {
			let refused = refuse_foreign(&headers(host, origin)).unwrap_err();
			assert_eq!(refused.0, StatusCode::FORBIDDEN, "{host:?} {origin:?}");
		}
	}

	#[test]
	fn address_is_refused_when_others_could_reach_it() {
		assert!(loopback("127.0.0.1:8800").is_ok());
		assert!(loopback("[::1]:0").is_ok());
		for text in [
			"0.0.0.0:8800",
			"[::]:8800",
			"10.0.0.1:1",
			"localhost",
			"8800",
		] {
			assert!(loopback(text).is_err(), "{text}");
		}
	}

	#[test]
	fn budget_holds_when_requests_run_beside_each_other() {
		let mut ledger = Ledger::new(Some(10));
		ledger.hold(6).unwrap();
		assert!(ledger.hold(5).is_err());
		ledger.hold(4).unwrap();
		// An unspent premium of 2 comes back, and then there is room for that much.
		ledger.settle(6, 4);
		assert!(ledger.hold(3).is_err());
		ledger.hold(2).unwrap();
		assert_eq!(ledger.total(), 10);
		let mut unlimited = Ledger::new(None);
		unlimited.hold(u128::MAX).unwrap();
		unlimited.hold(u128::MAX).unwrap();
	}

	#[test]
	fn wish_is_read_when_the_protocol_allows_it() {
		let wish = Wish::read(br#"{"id":"a","inputs":[],"outputs":[{"name":"label"}]}"#).unwrap();
		assert_eq!(wish.id.as_deref(), Some("a"));
		assert_eq!(wish.outputs, Some(vec!["label".to_owned()]));
		let plain = Wish::read(br#"{"inputs":[],"outputs":[]}"#).unwrap();
		assert!(plain.id.is_none() && plain.outputs.is_none());
		for body in [
			r#"{"id":7}"#,
			r#"{"outputs":{}}"#,
			r#"{"outputs":[{}]}"#,
			"x",
		] {
			assert!(Wish::read(body.as_bytes()).is_err(), "{body}");
		}
	}

	#[test]
	fn wish_is_refused_when_no_answer_has_it() {
		let answered = ["labels".to_owned(), "scores".to_owned()];
		let check = |body: &str| Wish::read(body.as_bytes()).unwrap().check(&answered);
		for body in [
			"{}",
			r#"{"outputs":[]}"#,
			r#"{"outputs":[{"name":"scores"}]}"#,
			r#"{"outputs":[{"name":"scores"},{"name":"labels"}]}"#,
		] {
			assert_eq!(check(body), Ok(()), "{body}");
		}
		let error = check(r#"{"outputs":[{"name":"labels"},{"name":"logits"}]}"#).unwrap_err();
		assert!(error.contains("`logits`"), "{error}");
		assert!(error.contains("labels, scores"), "{error}");
	}

	#[test]
	fn status_says_whose_turn_it_is() {
		let refused = |reason| Failure::Refunded {
			job: 1,
			reason,
			spent: 0,
			refunded: 1,
		};
		for (failure, expected) in [
			(Failure::BadInput("x".into()), 400),
			(Failure::Declined("x".into()), 402),
			(
				Failure::TooFewWorkers {
					listing: 1,
					version: 1,
					reward: 2,
					willing: 0,
					needed: 1,
					enough: 1,
				},
				503,
			),
			(refused(Refund::ModelError), 422),
			(refused(Refund::Silence), 502),
		] {
			assert_eq!(status(&failure).as_u16(), expected, "{failure}");
		}
	}
}
