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
	const ALL: [Self; 7] = [
		Self::Manifest,
		Self::Input,
		Self::Model,
		Self::Disputed,
		Self::Engine,
		Self::Publish,
		Self::Job,
	];

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
	const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Unavailable, Self::Broken];

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
	const ALL: [Self; 3] = [Self::Answered, Self::Postponed, Self::Failed];

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
		metrics.begin();
		Ok(metrics)
	}

	/// Puts all that is counted at 0: Prometheus sees no rise where nothing was before.
	fn begin(&self) {
		for stage in Stage::ALL {
			let _ = self.times(stage);
		}
		for status in [Status::Ok, Status::InputUnavailable, Status::ModelError] {
			self.answers(status).absolute(0);
		}
		for attempt in Attempt::ALL {
			self.attempts(attempt).absolute(0);
		}
		for run in EngineRun::ALL {
			self.engine_runs(run).absolute(0);
		}
		for found in [true, false] {
			self.cache_lookups(found).absolute(0);
		}
		self.cache_evictions().absolute(0);
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
		self.times(stage).record(took.as_secs_f64());
	}

	pub(crate) fn answer(&self, status: Status) {
		self.answers(status).increment(1);
	}

	pub(crate) fn attempt(&self, attempt: Attempt) {
		self.attempts(attempt).increment(1);
	}

	pub(crate) fn engine_run(&self, run: EngineRun) {
		self.engine_runs(run).increment(1);
	}

	pub(crate) fn cache(&self, bytes: u64, models: usize) {
		self.gauge(CACHE_BYTES, None).set(float(bytes));
		self.gauge(CACHE_MODELS, None)
			.set(float(u64::try_from(models).unwrap_or(u64::MAX)));
	}

	pub(crate) fn cache_lookup(&self, found: bool) {
		self.cache_lookups(found).increment(1);
	}

	pub(crate) fn cache_eviction(&self) {
		self.cache_evictions().increment(1);
	}

	fn times(&self, stage: Stage) -> Histogram {
		let key = key(STAGES, Some(("stage", stage.as_str())));
		self.recorder.register_histogram(&key, &METADATA)
	}

	fn answers(&self, status: Status) -> Counter {
		let status = match status {
			Status::Ok => "ok",
			Status::InputUnavailable => "input_unavailable",
			Status::ModelError => "model_error",
		};
		self.counter(ANSWERS, Some(("status", status)))
	}

	fn attempts(&self, attempt: Attempt) -> Counter {
		self.counter(ATTEMPTS, Some(("outcome", attempt.as_str())))
	}

	fn engine_runs(&self, run: EngineRun) -> Counter {
		self.counter(ENGINE_RUNS, Some(("outcome", run.as_str())))
	}

	fn cache_lookups(&self, found: bool) -> Counter {
		let result = if found { "hit" } else { "miss" };
		self.counter(CACHE_LOOKUPS, Some(("result", result)))
	}

	fn cache_evictions(&self) -> Counter {
		self.counter(CACHE_EVICTIONS, None)
	}

	fn counter(&self, name: &'static str, label: Option<(&'static str, &'static str)>) -> Counter {
		self.recorder.register_counter(&key(name, label), &METADATA)
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn figures_are_there_before_anything_happened() {
		let text = Metrics::new().unwrap().render(Counts::default());
		let labelled: [(&str, &str, &[&str]); 5] = [
			(
				"stage_seconds_count",
				"stage",
				&[
					"manifest", "input", "model", "disputed", "engine", "publish", "job",
				],
			),
			(
				"answers_total",
				"status",
				&["ok", "input_unavailable", "model_error"],
			),
			(
				"attempts_total",
				"outcome",
				&["answered", "postponed", "failed"],
			),
			(
				"engine_runs_total",
				"outcome",
				&["ok", "refused", "unavailable", "broken"],
			),
			("cache_lookups_total", "result", &["hit", "miss"]),
		];
		for (name, label, values) in labelled {
			for value in values {
				let line = format!("weighhouse_work_{name}{{{label}=\"{value}\"}} 0");
				assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
			}
		}
		let line = "weighhouse_work_cache_evictions_total 0";
		assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
	}
}
