//! The gateway as a whole: from a configuration to a server that can be stopped.

use std::{fmt, net::SocketAddr, path::Path, time::Duration};

use tokio::{
	net::TcpListener,
	task::JoinHandle,
	time::{interval, timeout, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
	api,
	config::{Config, EngineKind},
	content::Content,
	engine::{Embedded, EmbeddedLimits, Engine, EngineError, Oip, OipSettings},
	error::{ConfigError, StartError},
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
		let content = Content::open(&config, metrics.clone())?;
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
			tokio::spawn(async move {
				let served = axum::serve(listener, router)
					.with_graceful_shutdown(async move { closing.cancelled().await })
					.await;
				if let Err(error) = served {
					tracing::error!(%error, "the server ended");
				}
			})
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
	builder.create(path).map_err(|source| StartError::Folder {
		path: path.to_owned(),
		source,
	})
}
