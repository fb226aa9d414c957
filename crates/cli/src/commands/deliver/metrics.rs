//! What the daemon says about itself to Prometheus.

use std::{net::SocketAddr, sync::Arc};

use axum::{extract::State, http::header, response::IntoResponse, routing::get, Router};
use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{
	Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::net::TcpListener;

use crate::failure::Failure;

static METADATA: Metadata<'static> =
	Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

const PENDING: &str = "weighhouse_deliver_pending";
const DELIVERED: &str = "weighhouse_deliver_delivered_total";
const REFUSED: &str = "weighhouse_deliver_refused_total";
const ERRORS: &str = "weighhouse_deliver_errors_total";
const DELAY: &str = "weighhouse_deliver_delay_blocks";
const FINAL_BLOCK: &str = "weighhouse_deliver_final_block";

/// From the next block to an hour of blocks.
const BUCKETS: [f64; 11] = [
	1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 50.0, 100.0, 300.0, 1800.0,
];

/// The recorder and what reads it. Clones share them.
#[derive(Clone)]
pub struct Metrics {
	recorder: Arc<PrometheusRecorder>,
	handle: PrometheusHandle,
}

impl Metrics {
	/// All of them at 0.
	pub fn new() -> Result<Self, Failure> {
		let recorder = PrometheusBuilder::new()
			.set_buckets_for_metric(Matcher::Full(DELAY.into()), &BUCKETS)
			.map_err(|error| Failure::BadInput(error.to_string()))?
			.build_recorder();
		let handle = recorder.handle();
		let metrics = Self {
			recorder: Arc::new(recorder),
			handle,
		};
		metrics.describe();
		metrics.pending(0);
		metrics.final_block(0);
		for name in [DELIVERED, REFUSED, ERRORS] {
			metrics.counter(name).absolute(0);
		}
		let _ = metrics.delays();
		Ok(metrics)
	}

	fn describe(&self) {
		let gauge = |name: &'static str, text: &'static str| {
			self.recorder
				.describe_gauge(name.into(), Some(Unit::Count), text.into());
		};
		let counter = |name: &'static str, text: &'static str| {
			self.recorder
				.describe_counter(name.into(), Some(Unit::Count), text.into());
		};
		gauge(
			PENDING,
			"Keys that buyers wait for, as of the last final block",
		);
		gauge(FINAL_BLOCK, "The last final block that was seen");
		counter(DELIVERED, "Keys that were delivered, in final blocks");
		counter(REFUSED, "Keys that the chain refused");
		counter(
			ERRORS,
			"Keys that cannot be delivered or came too late, transactions that failed",
		);
		self.recorder.describe_histogram(
			DELAY.into(),
			Some(Unit::Count),
			"Blocks from the one in which a request was seen to be final to that of its delivery"
				.into(),
		);
	}

	fn delays(&self) -> Histogram {
		let key = Key::from_static_name(DELAY);
		self.recorder.register_histogram(&key, &METADATA)
	}

	/// How many keys are waited for.
	pub fn pending(&self, count: usize) {
		let count = u64::try_from(count).unwrap_or(u64::MAX);
		self.gauge(PENDING).set(float(count));
	}

	/// The last final block that was seen.
	pub fn final_block(&self, number: u64) {
		self.gauge(FINAL_BLOCK).set(float(number));
	}

	/// A key is delivered, so many blocks late if that is known.
	pub fn delivered(&self, delay: Option<u64>) {
		self.counter(DELIVERED).increment(1);
		if let Some(delay) = delay {
			self.delays().record(float(delay));
		}
	}

	/// The chain refused a key.
	pub fn refused(&self) {
		self.counter(REFUSED).increment(1);
	}

	/// Something failed.
	pub fn error(&self) {
		self.counter(ERRORS).increment(1);
	}

	/// Empties what piles up between two readings.
	pub fn upkeep(&self) {
		self.handle.run_upkeep();
	}

	/// All of it as Prometheus reads it.
	pub fn render(&self) -> String {
		self.handle.render()
	}

	fn counter(&self, name: &'static str) -> Counter {
		let key = Key::from_static_name(name);
		self.recorder.register_counter(&key, &METADATA)
	}

	fn gauge(&self, name: &'static str) -> Gauge {
		let key = Key::from_static_name(name);
		self.recorder.register_gauge(&key, &METADATA)
	}
}

/// Shows them at `/metrics` of an address of this machine, for as long as the program runs. Gives the
/// address.
pub async fn serve(address: SocketAddr, metrics: Metrics) -> Result<SocketAddr, Failure> {
	let failed = |source| Failure::Listen { address, source };
	let listener = TcpListener::bind(address).await.map_err(failed)?;
	let address = listener.local_addr().map_err(failed)?;
	let app = Router::new()
		.route("/metrics", get(show))
		.with_state(metrics);
	tokio::spawn(async move {
		// Deliveries do not stop because nobody can look at them.
		let _ = axum::serve(listener, app).await;
	});
	Ok(address)
}

async fn show(State(metrics): State<Metrics>) -> impl IntoResponse {
	let form = [(
		header::CONTENT_TYPE,
		"text/plain; version=0.0.4; charset=utf-8",
	)];
	(form, metrics.render())
}

/// Prometheus counts in floats; numbers above 2^32 are out of reach here.
fn float(number: u64) -> f64 {
	f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn figures_are_there_before_anything_happened() {
		let text = Metrics::new().unwrap().render();
		for line in [
			"weighhouse_deliver_pending 0",
			"weighhouse_deliver_delivered_total 0",
			"weighhouse_deliver_refused_total 0",
			"weighhouse_deliver_errors_total 0",
			"weighhouse_deliver_final_block 0",
			"weighhouse_deliver_delay_blocks_count 0",
		] {
			assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
		}
	}

	#[test]
	fn figures_count_what_happened() {
		let metrics = Metrics::new().unwrap();
		metrics.pending(3);
		metrics.final_block(412);
		metrics.delivered(Some(2));
		metrics.delivered(None);
		metrics.refused();
		metrics.error();
		metrics.upkeep();
		let text = metrics.render();
		for line in [
			"weighhouse_deliver_pending 3",
			"weighhouse_deliver_delivered_total 2",
			"weighhouse_deliver_refused_total 1",
			"weighhouse_deliver_errors_total 1",
			"weighhouse_deliver_final_block 412",
			"weighhouse_deliver_delay_blocks_bucket{le=\"1\"} 0",
			"weighhouse_deliver_delay_blocks_bucket{le=\"2\"} 1",
			"weighhouse_deliver_delay_blocks_count 1",
		] {
			assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
		}
	}
}
