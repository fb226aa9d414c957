//! The gateway as a whole: from a configuration to a server that can be stopped.

use std::{fmt, net::SocketAddr, path::Path, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
	rt::{TokioIo, TokioTimer},
	service::TowerToHyperService,
};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::Semaphore,
	task::{JoinHandle, JoinSet},
	time::{interval, sleep, timeout, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
	api,
	config::{Config, EngineKind},
	content::Content,
	engine::{Embedded, EmbeddedLimits, Engine, EngineError, Oip, OipSettings},
	error::{ConfigError, StartError},
	identities::Identities,
	metrics::Metrics,
	runner::Runner,
	salt::Secret,
	store::Store,
};

/// The database of jobs, in the folder for data.
const JOBS: &str = "jobs.redb";
/// The secret behind the salts, in the folder for data.
const SECRET: &str = "secret";
/// How often figures are tidied up.
const UPKEEP: Duration = Duration::from_secs(30);
/// After how many of those old jobs are looked for.
const PRUNE_EVERY: u32 = 120;
/// How long open connections may take to end when the gateway stops.
const HANG_UP: Duration = Duration::from_secs(2);
/// How many connections may be open; more wait until one ends.
const CONNECTIONS: usize = 256;
/// How long the head of a request may take to arrive, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(15);
/// Pause after a connection could not be taken, most likely because too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A gateway that listens.
pub struct Gateway {
	address: SocketAddr,
	runner: Runner,
	closing: CancellationToken,
	server: JoinHandle<()>,
	upkeep: JoinHandle<()>,
}

impl Gateway {
	/// Opens what `config` names, takes up what an earlier run left undone, and listens.
	///
	/// # Errors
	/// [`StartError`] with what is in the way.
	pub async fn start(config: Config) -> Result<Self, StartError> {
		config.check()?;
		make_folder(&config.data)?;
		// The database first: its lock keeps a second gateway away from all else.
		let store = Store::open(&config.data.join(JOBS))?;
		let secret = Secret::open(&config.data.join(SECRET))?;
		let metrics = Metrics::new().map_err(StartError::Metrics)?;
		let identities = Identities::open(&config.identities)?;
		let content = Content::open(&config, identities, metrics.clone())?;
		let engine = engine(&config)?;
		let listen = config.listen;
		let refused = |source| StartError::Listen { listen, source };
		let listener = TcpListener::bind(listen).await.map_err(refused)?;
		let address = listener.local_addr().map_err(refused)?;
		let keep = config.keep;
		let runner = Runner::new(config, store, secret, content, engine, metrics);
		let resumed = runner.resume().await?;
		if resumed > 0 {
			tracing::info!(jobs = resumed, "taking up what was left undone");
		}
		let closing = CancellationToken::new();
		let server = {
			let router = api::router(runner.clone());
			let closing = closing.clone();
			tokio::spawn(serve(listener, router, closing))
		};
		let upkeep = tokio::spawn(upkeep(runner.clone(), keep, closing.clone()));
		tracing::info!(%address, "gateway ready");
		Ok(Self {
			address,
			runner,
			closing,
			server,
			upkeep,
		})
	}

	/// Where it listens.
	pub fn local_addr(&self) -> SocketAddr {
		self.address
	}

	/// Its jobs.
	pub fn runner(&self) -> &Runner {
		&self.runner
	}

	/// Stops: takes nothing new, gives running jobs as long as configured, and leaves what is not at
	/// an end for the next start. A model that still runs in this process then is left to the end of
	/// the program.
	pub async fn shutdown(mut self) {
		tracing::info!("stopping");
		// Couriers that ask while jobs end are told to come back, so the server closes last.
		self.runner
			.shutdown(self.runner.config().timeouts.shutdown)
			.await;
		self.closing.cancel();
		if timeout(HANG_UP, &mut self.server).await.is_err() {
			self.server.abort();
		}
		let _ = (&mut self.upkeep).await;
		tracing::info!("stopped");
	}
}

impl fmt::Debug for Gateway {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Gateway")
			.field("address", &self.address)
			.finish_non_exhaustive()
	}
}

impl Drop for Gateway {
	fn drop(&mut self) {
		self.closing.cancel();
		self.runner.abort();
		self.server.abort();
		self.upkeep.abort();
	}
}

/// Takes connections until `closing`, then waits for those that are open.
async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) {
	let places = Arc::new(Semaphore::new(CONNECTIONS));
	let mut open = JoinSet::new();
	loop {
		let accepted = async {
			let place = places.clone().acquire_owned().await.ok();
			(place, listener.accept().await)
		};
		let (place, accepted) = tokio::select! {
			() = closing.cancelled() => break,
			accepted = accepted => accepted,
		};
		while open.try_join_next().is_some() {}
		match accepted {
			Ok((stream, _)) => {
				let talk = talk(stream, router.clone(), closing.clone());
				open.spawn(async move {
					talk.await;
					drop(place);
				});
			}
			Err(error) => {
				tracing::warn!(%error, "cannot take a connection");
				sleep(ACCEPT_PAUSE).await;
			}
		}
	}
	drop(listener);
	while open.join_next().await.is_some() {}
}

/// Answers the requests of one connection. A head that does not arrive in time ends it.
async fn talk(stream: TcpStream, router: Router, closing: CancellationToken) {
	let connection = http1::Builder::new()
		.timer(TokioTimer::new())
		.header_read_timeout(HEAD)
		.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
	let mut connection = pin!(connection);
	let served = tokio::select! {
		served = connection.as_mut() => served,
		() = closing.cancelled() => {
			connection.as_mut().graceful_shutdown();
			connection.await
		}
	};
	if let Err(error) = served {
		tracing::debug!(%error, "a connection broke");
	}
}

/// Does what has to be done from time to time.
async fn upkeep(runner: Runner, keep: Duration, closing: CancellationToken) {
	let mut ticks = interval(UPKEEP);
	ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
	let mut until_prune = 0;
	loop {
		tokio::select! {
			() = closing.cancelled() => return,
			_ = ticks.tick() => {}
		}
		runner.metrics().upkeep();
		if until_prune > 0 {
			until_prune -= 1;
			continue;
		}
		until_prune = PRUNE_EVERY;
		match runner.store().prune(keep).await {
			Ok(0) => {}
			Ok(jobs) => tracing::info!(jobs, "forgot old jobs"),
			Err(error) => tracing::error!(%error, "cannot forget old jobs"),
		}
	}
}

fn engine(config: &Config) -> Result<Engine, StartError> {
	let settings = &config.engine;
	match (settings.kind, &settings.url) {
		(EngineKind::Embedded, _) => Ok(Engine::Embedded(Embedded::new(EmbeddedLimits {
			concurrency: config.concurrency,
			plans: settings.plans,
			weights: settings.memory,
		}))),
		(EngineKind::Oip, Some(url)) => {
			let url = Url::parse(url).map_err(|error| ConfigError::Value {
				key: "engine.url",
				problem: error.to_string(),
			})?;
			let oip = Oip::new(OipSettings {
				models: settings.models.clone(),
				answer_limit: usize::try_from(settings.answer_limit).unwrap_or(usize::MAX),
				..OipSettings::new(url)
			})?;
			Ok(Engine::Oip(oip))
		}
		(EngineKind::Oip, None) => {
			Err(EngineError::Broken("engine.url names no inference server".into()).into())
		}
	}
}

/// Makes the folder for data, for this user only: it holds answers that are not revealed yet.
fn make_folder(path: &Path) -> Result<(), StartError> {
	let mut builder = std::fs::DirBuilder::new();
	builder.recursive(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::DirBuilderExt;
		builder.mode(0o700);
	}
	let failed = |source| StartError::Folder {
		path: path.to_owned(),
		source,
	};
	builder.create(path).map_err(failed)?;
	#[cfg(unix)]
	close_folder(path)?;
	Ok(())
}

/// Takes a folder that was there before from all others, if nothing but a gateway's own lies in it.
#[cfg(unix)]
fn close_folder(path: &Path) -> Result<(), StartError> {
	use std::os::unix::fs::PermissionsExt;
	let failed = |source| StartError::Folder {
		path: path.to_owned(),
		source,
	};
	let mode = std::fs::metadata(path)
		.map_err(failed)?
		.permissions()
		.mode()
		& 0o777;
	if mode & 0o077 == 0 {
		return Ok(());
	}
	let exposed = || StartError::Exposed {
		path: path.to_owned(),
		mode,
	};
	let is_empty = std::fs::read_dir(path).map_err(failed)?.next().is_none();
	if !is_empty && !path.join(JOBS).exists() && !path.join(SECRET).exists() {
		return Err(exposed());
	}
	tracing::warn!(path = %path.display(), "others could read the folder; it is closed to them now");
	let private = std::fs::Permissions::from_mode(0o700);
	std::fs::set_permissions(path, private).map_err(|_| exposed())
}
