//! What the gateway says about itself to Prometheus.
//!
//! Each gateway has a recorder of its own, so that two in one process do not count into each other.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{
	Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use weighhouse_primitives::inference::Status;

use crate::store::{Counts, StateName};

static METADATA: Metadata<'static> =
	Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

const JOBS: &str = "weighhouse_work_jobs";
const QUEUE: &str = "weighhouse_work_queue_length";
const STAGES: &str = "weighhouse_work_stage_seconds";
const ANSWERS: &str = "weighhouse_work_answers_total";
const ATTEMPTS: &str = "weighhouse_work_attempts_total";
const ENGINE_RUNS: &str = "weighhouse_work_engine_runs_total";
const CACHE_BYTES: &str = "weighhouse_work_cache_bytes";
const CACHE_MODELS: &str = "weighhouse_work_cache_models";
const CACHE_LOOKUPS: &str = "weighhouse_work_cache_lookups_total";
const CACHE_EVICTIONS: &str = "weighhouse_work_cache_evictions_total";

/// From a cached label in a millisecond to a large model over a slow line.
const BUCKETS: [f64; 14] = [
	0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1200.0,
];

/// What a job spends its time on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
	/// Fetching and checking the manifest.
	Manifest,
	/// Fetching and checking the input.
	Input,
	/// Fetching and checking the model.
	Model,
	/// Fetching and checking an output that is disputed.
	Disputed,
	/// The model's run.
	Engine,
	/// Putting the output and the statement on IPFS.
	Publish,
	/// All of it, from arrival to answer.
	Job,
}

impl Stage {
	const fn as_str(self) -> &'static str {
		match self {
			Self::Manifest => "manifest",
			Self::Input => "input",
			Self::Model => "model",
			Self::Disputed => "disputed",
			Self::Engine => "engine",
			Self::Publish => "publish",
			Self::Job => "job",
		}
	}
}

/// How an engine's run ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EngineRun {
	/// With outputs.
	Ok,
	/// The model refused the input.
	Refused,
	/// The engine was away or busy.
	Unavailable,
	/// The engine cannot run the model.
	Broken,
}

impl EngineRun {
	const fn as_str(self) -> &'static str {
		match self {
			Self::Ok => "ok",
			Self::Refused => "refused",
			Self::Unavailable => "unavailable",
			Self::Broken => "broken",
		}
	}
}

/// How an attempt at a job ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attempt {
	/// With an answer.
	Answered,
	/// It will be repeated.
	Postponed,
	/// The job failed.
	Failed,
}

impl Attempt {
	const fn as_str(self) -> &'static str {
		match self {
			Self::Answered => "answered",
			Self::Postponed => "postponed",
			Self::Failed => "failed",
		}
	}
}

/// The recorder and what reads it. Clones share them.
#[derive(Clone)]
pub(crate) struct Metrics {
	recorder: Arc<PrometheusRecorder>,
	handle: PrometheusHandle,
}

impl Metrics {
	pub(crate) fn new() -> Result<Self, String> {
		let recorder = PrometheusBuilder::new()
			.set_buckets_for_metric(Matcher::Full(STAGES.into()), &BUCKETS)
			.map_err(|error| error.to_string())?
			.build_recorder();
		let handle = recorder.handle();
		let metrics = Self {
			recorder: Arc::new(recorder),
			handle,
		};
		metrics.describe();
		Ok(metrics)
	}

	fn describe(&self) {
		let gauge = |name: &'static str, unit, text: &'static str| {
			self.recorder.describe_gauge(name.into(), unit, text.into());
		};
		let counter = |name: &'static str, text: &'static str| {
			self.recorder
				.describe_counter(name.into(), Some(Unit::Count), text.into());
		};
		gauge(JOBS, Some(Unit::Count), "Jobs in the database, by state");
		gauge(
			QUEUE,
			Some(Unit::Count),
			"Jobs that wait for a place or for their next attempt",
		);
		self.recorder.describe_histogram(
			STAGES.into(),
			Some(Unit::Seconds),
			"What jobs spend their time on".into(),
		);
		counter(ANSWERS, "Answers, by status");
		counter(ATTEMPTS, "Attempts at jobs, by how they ended");
		counter(ENGINE_RUNS, "Runs of the engine, by how they ended");
		gauge(CACHE_BYTES, Some(Unit::Bytes), "Cached models, in bytes");
		gauge(CACHE_MODELS, Some(Unit::Count), "Cached models");
		counter(
			CACHE_LOOKUPS,
			"Models that were looked up, by whether they were there",
		);
		counter(CACHE_EVICTIONS, "Models that made room for others");
	}

	/// All of it as Prometheus reads it.
	pub(crate) fn render(&self, counts: Counts) -> String {
		for state in StateName::ALL {
			self.gauge(JOBS, Some(("state", state.as_str())))
				.set(float(counts.of(state)));
		}
		self.gauge(QUEUE, None)
			.set(float(counts.of(StateName::Queued)));
		self.handle.render()
	}

	/// Empties what piles up between two readings.
	pub(crate) fn upkeep(&self) {
		self.handle.run_upkeep();
	}

	pub(crate) fn stage(&self, stage: Stage, took: Duration) {
		let key = key(STAGES, Some(("stage", stage.as_str())));
		let histogram: Histogram = self.recorder.register_histogram(&key, &METADATA);
		histogram.record(took.as_secs_f64());
	}

	pub(crate) fn answer(&self, status: Status) {
		let status = match status {
			Status::Ok => "ok",
			Status::InputUnavailable => "input_unavailable",
			Status::ModelError => "model_error",
		};
		self.count(ANSWERS, Some(("status", status)));
	}

	pub(crate) fn attempt(&self, attempt: Attempt) {
		self.count(ATTEMPTS, Some(("outcome", attempt.as_str())));
	}

	pub(crate) fn engine_run(&self, run: EngineRun) {
		self.count(ENGINE_RUNS, Some(("outcome", run.as_str())));
	}

	pub(crate) fn cache(&self, bytes: u64, models: usize) {
		self.gauge(CACHE_BYTES, None).set(float(bytes));
		self.gauge(CACHE_MODELS, None)
			.set(float(u64::try_from(models).unwrap_or(u64::MAX)));
	}

	pub(crate) fn cache_lookup(&self, found: bool) {
		let result = if found { "hit" } else { "miss" };
		self.count(CACHE_LOOKUPS, Some(("result", result)));
	}

	pub(crate) fn cache_eviction(&self) {
		self.count(CACHE_EVICTIONS, None);
	}

	fn count(&self, name: &'static str, label: Option<(&'static str, &'static str)>) {
		let counter: Counter = self.recorder.register_counter(&key(name, label), &METADATA);
		counter.increment(1);
	}

	fn gauge(&self, name: &'static str, label: Option<(&'static str, &'static str)>) -> Gauge {
		self.recorder.register_gauge(&key(name, label), &METADATA)
	}
}

fn key(name: &'static str, label: Option<(&'static str, &'static str)>) -> Key {
	let labels: Vec<Label> = label
		.into_iter()
		.map(|(name, value)| Label::new(name, value))
		.collect();
	Key::from_parts(name, labels)
}

/// Prometheus counts in floats; 2^53 of anything is out of reach here.
#[allow(clippy::cast_precision_loss)]
fn float(number: u64) -> f64 {
	number as f64
}
