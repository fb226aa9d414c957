//! What the node shows Prometheus besides what Substrate shows of the chain: the market as the last
//! final block leaves it, and what became of its own courier's ways.

use std::{
	sync::Arc,
	time::{Duration, Instant},
};

use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sc_service::SpawnTaskHandle;
use sp_api::ProvideRuntimeApi;
use sp_core::offchain::{OffchainStorage, STORAGE_PREFIX};
use substrate_prometheus_endpoint::{
	register, Counter, CounterVec, Gauge, GaugeVec, Opts, PrometheusError, Registry, F64, U64,
};
use weighhouse_primitives::courier::Count;
use weighhouse_runtime::{
	apis::MarketApi, constants::currency::WGH, figures::MarketFigures, Balance,
};

use crate::service::FullClient;

const LOG_TARGET: &str = "metrics";
/// How old a figure may be when a block comes.
const FRESH: Duration = Duration::from_secs(5);

/// Keeps the figures fresh for as long as blocks come, whether or not they become final.
pub fn spawn(
	registry: &Registry,
	client: Arc<FullClient>,
	storage: Option<impl OffchainStorage + 'static>,
	spawner: &SpawnTaskHandle,
) -> Result<(), PrometheusError> {
	let metrics = Metrics::register(registry)?;
	let mut blocks = client.import_notification_stream();
	spawner.spawn_blocking("market-metrics", None, async move {
		metrics.refresh(&client, storage.as_ref());
		let mut refreshed = Instant::now();
		while blocks.next().await.is_some() {
			if refreshed.elapsed() >= FRESH {
				metrics.refresh(&client, storage.as_ref());
				refreshed = Instant::now();
			}
		}
	});
	Ok(())
}

struct Metrics {
	records: CounterVec<U64>,
	open_jobs: GaugeVec<U64>,
	workers: GaugeVec<U64>,
	open_sales: Gauge<U64>,
	held: GaugeVec<F64>,
	royalties: Gauge<F64>,
	complete: Gauge<U64>,
	courier: CounterVec<U64>,
}

impl Metrics {
	fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		Ok(Self {
			records: register(
				CounterVec::new(
					Opts::new(
						"weighhouse_records_total",
						"Listings, licences, jobs, receipts and campaigns that the chain ever numbered",
					),
					&["record"],
				)?,
				registry,
			)?,
			open_jobs: register(
				GaugeVec::new(
					Opts::new("weighhouse_open_jobs", "Open jobs by phase"),
					&["phase"],
				)?,
				registry,
			)?,
			workers: register(
				GaugeVec::new(
					Opts::new(
						"weighhouse_workers",
						"Workers whose bond counts, and those of them who can be drawn",
					),
					&["state"],
				)?,
				registry,
			)?,
			open_sales: register(
				Gauge::new(
					"weighhouse_open_sales",
					"Sales of sealed models that wait for their keys or for complaints",
				)?,
				registry,
			)?,
			held: register(
				GaugeVec::new(
					Opts::new(
						"weighhouse_held_wgh",
						"What is held for open jobs, for open sales, and as bond of workers, in WGH",
					),
					&["purpose"],
				)?,
				registry,
			)?,
			royalties: register(
				Gauge::new(
					"weighhouse_royalties_pending_wgh",
					"Royalties that nobody has claimed, in WGH",
				)?,
				registry,
			)?,
			complete: register(
				Gauge::new(
					"weighhouse_figures_complete",
					"1 if all open jobs, workers and open sales were counted, else 0",
				)?,
				registry,
			)?,
			courier: register(
				CounterVec::new(
					Opts::new(
						"weighhouse_courier_events_total",
						"What this node's courier did, and how it came out",
					),
					&["what", "outcome"],
				)?,
				registry,
			)?,
		})
	}

	fn refresh(&self, client: &FullClient, storage: Option<&impl OffchainStorage>) {
		let at = client.chain_info().finalized_hash;
		match client.runtime_api().figures(at) {
			Ok(figures) => self.show_market(&figures),
			Err(error) => {
				self.complete.set(0);
				log::debug!(target: LOG_TARGET, "the runtime gives no figures at {at:?}: {error}");
			}
		}
		for count in Count::ALL {
			let counted = storage.and_then(|storage| storage.get(STORAGE_PREFIX, &count.key()));
			let counted = counted.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
			raise(
				&self.courier.with_label_values(&count.labels()),
				counted.map_or(0, u64::from_le_bytes),
			);
		}
	}

	fn show_market(&self, figures: &MarketFigures) {
		for (record, number) in [
			("listing", u64::from(figures.listings)),
			("licence", figures.licences),
			("job", figures.jobs),
			("receipt", figures.receipts),
			("campaign", figures.campaigns),
		] {
			raise(&self.records.with_label_values(&[record]), number);
		}
		let jobs = &figures.open_jobs;
		for (phase, number) in [
			("open", jobs.open),
			("committing", jobs.committing),
			("revealing", jobs.revealing),
			("sampling", jobs.sampling),
			("auditing", jobs.auditing),
			("resolved", jobs.resolved),
			("summoning", jobs.summoning),
			("jury_committing", jobs.jury_committing),
			("jury_revealing", jobs.jury_revealing),
			("ending", jobs.ending),
		] {
			let gauge = self.open_jobs.with_label_values(&[phase]);
			gauge.set(number.into());
		}
		for (state, number) in [("bonded", figures.bonded), ("alive", figures.alive)] {
			let gauge = self.workers.with_label_values(&[state]);
			gauge.set(number.into());
		}
		self.open_sales.set(figures.open_sales.into());
		for (purpose, amount) in [
			("escrow", figures.escrow),
			("price", figures.prices),
			("bond", figures.bonds),
		] {
			let gauge = self.held.with_label_values(&[purpose]);
			gauge.set(wgh(amount));
		}
		self.royalties.set(wgh(figures.royalties));
		self.complete.set(figures.complete.into());
	}
}

/// Brings a counter up to what was counted elsewhere. It never falls while the node runs.
fn raise(counter: &Counter<U64>, counted: u64) {
	counter.inc_by(counted.saturating_sub(counter.get()));
}

/// An amount in WGH, as precise as Prometheus can show it.
fn wgh(amount: Balance) -> f64 {
	amount as f64 / WGH as f64
}
