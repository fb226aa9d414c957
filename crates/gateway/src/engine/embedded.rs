//! ONNX models on the CPU of this process, by tract.
//!
//! A model is read and optimised once and then kept ready, as long as not too many others are. One
//! model is read at a time and only so many run at once, since that is when memory is needed.
//!
//! Nothing stops tract while it reads. When the time of the request is over, the others go on and that
//! model is refused, until its thread ends; then it is kept like any other.

use std::{
	collections::{HashMap, VecDeque},
	future::Future,
	panic::{catch_unwind, AssertUnwindSafe},
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

use tokio::{
	sync::Semaphore,
	task::{spawn_blocking, JoinHandle},
	time::timeout_at,
};
use tract_onnx::{
	prelude::{
		tract_ndarray::ArrayD, DatumType, Framework, InferenceModelExt, TValue, TVec, Tensor,
		TractError, TractResult, TypedSimplePlan, TypedSimpleState,
	},
	tract_core::plan::eval,
};
use weighhouse_manifest::{Datatype, Manifest, OipRequest, Role, TensorData, Values};

use super::{one_line, EngineError, EngineIdentity, LoadedModel};

/// The version of tract that is built in. A test holds it against Cargo.lock.
const TRACT_VERSION: &str = "0.23.9";

/// The most elements of one output.
const MAX_ELEMENTS: usize = 16 * 1024 * 1024;

/// How much the embedded engine may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EmbeddedLimits {
	/// How many requests run at once, at least 1.
	pub concurrency: usize,
	/// How many models are kept ready.
	pub plans: usize,
	/// How many bytes the weights of those models have together. A larger model is refused: memory that
	/// is not there ends the whole process.
	pub weights: u64,
}

impl Default for EmbeddedLimits {
	fn default() -> Self {
		Self {
			concurrency: 2,
			plans: 4,
			weights: 1024 * 1024 * 1024,
		}
	}
}

/// The embedded engine.
#[derive(Debug)]
pub struct Embedded {
	/// For running, not for reading: a model that is read for ever takes none.
	permits: Arc<Semaphore>,
	/// Held while a model is read, but not beyond the time of the request.
	turn: tokio::sync::Mutex<()>,
	plans: Arc<Plans>,
}

impl Embedded {
	/// An engine without any model in memory.
	pub fn new(limits: EmbeddedLimits) -> Self {
		let concurrency = limits.concurrency.clamp(1, 1024);
		Self {
			permits: Arc::new(Semaphore::new(concurrency)),
			turn: tokio::sync::Mutex::default(),
			plans: Arc::new(Plans {
				limits: EmbeddedLimits {
					concurrency,
					..limits
				},
				kept: Mutex::default(),
				reading: Mutex::default(),
			}),
		}
	}

	/// Its name and version.
	pub fn identity() -> EngineIdentity {
		EngineIdentity {
			name: "tract".into(),
			version: TRACT_VERSION.into(),
		}
	}

	pub(super) fn admits(&self, manifest: &Manifest) -> Result<(), EngineError> {
		let (weights, limit) = (weights(manifest), self.plans.limits.weights);
		if weights > limit {
			return Err(EngineError::Broken(format!(
				"its weights have {weights} bytes, and engine.memory allows {limit}: raise it to serve this model, if there is as much memory"
			)));
		}
		Ok(())
	}

	pub(super) fn ready(&self) -> Result<(), EngineError> {
		// Runs that were given up still hold theirs until they end.
		if self.permits.available_permits() == 0 {
			return Err(EngineError::Unavailable("every place is taken".into()));
		}
		if self.plans.is_full(&lock(&self.plans.reading)) {
			return Err(no_more());
		}
		Ok(())
	}

	pub(super) async fn run(
		&self,
		model: &LoadedModel,
		request: &OipRequest,
	) -> Result<Vec<TensorData>, EngineError> {
		let mut time = Time::new(model.time_limit());
		self.admits(&model.manifest)?;
		let inputs: Arc<[TensorData]> = request.inputs.as_slice().into();
		let plan = self.plan(Source::of(model)?, &inputs, &mut time).await?;
		let permit = time.turn(self.permits.clone().acquire_owned()).await;
		let Some(Ok(permit)) = permit else {
			return Err(EngineError::Unavailable("every place is taken".into()));
		};
		let deadline = time.deadline.into_std();
		time.work(spawn_blocking(move || {
			// Given back when the thread ends, even if nobody waits for it any more.
			let _permit = permit;
			guarded(|| plan.run(&inputs, deadline)).map_err(|fault| match fault {
				Fault::Failed(reason) => EngineError::Refused(reason),
				// No model asks for that: it is a mistake of the engine, which others may not have.
				Fault::Panicked(reason) => EngineError::Broken(format!("tract panicked: {reason}")),
			})
		}))
		.await
	}

	/// The model ready to run, read if it is not kept.
	async fn plan(
		&self,
		source: Source,
		inputs: &Arc<[TensorData]>,
		time: &mut Time,
	) -> Result<Arc<Plan>, EngineError> {
		if let Some(plan) = self.plans.find(&source.root, inputs) {
			return Ok(plan);
		}
		let Some(_turn) = time.turn(self.turn.lock()).await else {
			return Err(EngineError::Unavailable(
				"another model is being read".into(),
			));
		};
		let reading = Reading::begin(&self.plans, source.root, time.limit)?;
		// Whoever had the turn before may have read it.
		if let Some(plan) = self.plans.find(&source.root, inputs) {
			return Ok(plan);
		}
		let (plans, inputs) = (self.plans.clone(), inputs.clone());
		time.work(spawn_blocking(move || {
			// Ends with the thread, even if nobody waits for it any more.
			let _reading = reading;
			guarded(|| plans.read(&source, &inputs)).map_err(|fault| {
				let (Fault::Failed(reason) | Fault::Panicked(reason)) = fault;
				EngineError::Broken(format!("tract cannot read it: {reason}"))
			})
		}))
		.await
	}
}

fn no_more() -> EngineError {
	EngineError::Unavailable(
		"every place for reading a model is taken: if that lasts, it must be started again".into(),
	)
}

fn too_slow(limit: Duration) -> EngineError {
	EngineError::Broken(format!(
		"it did not answer within the {} ms that its manifest allows",
		limit.as_millis()
	))
}

/// The time that a request has.
struct Time {
	limit: Duration,
	deadline: tokio::time::Instant,
	/// How much of it others have taken.
	waited: Duration,
}

impl Time {
	fn new(limit: Duration) -> Self {
		Self {
			limit,
			deadline: tokio::time::Instant::now() + limit,
			waited: Duration::ZERO,
		}
	}

	/// Waits for others; none if the time is over before.
	async fn turn<T>(&mut self, turn: impl Future<Output = T>) -> Option<T> {
		let since = Instant::now();
		let turn = timeout_at(self.deadline, turn).await.ok();
		self.waited += since.elapsed();
		turn
	}

	/// Waits for work on the own model. The thread goes on if that takes too long.
	async fn work<T>(&self, work: JoinHandle<Result<T, EngineError>>) -> Result<T, EngineError> {
		match timeout_at(self.deadline, work).await {
			Err(_) => Err(self.over()),
			Ok(_) if tokio::time::Instant::now() >= self.deadline => Err(self.over()),
			Ok(Ok(outcome)) => outcome,
			Ok(Err(error)) => Err(EngineError::Unavailable(one_line(&error.to_string()))),
		}
	}

	/// The model is to blame only if it had nearly all of its time.
	fn over(&self) -> EngineError {
		if self.waited > self.limit / 10 {
			return EngineError::Unavailable("other models took the time that it has".into());
		}
		too_slow(self.limit)
	}
}

/// How work of tract ends badly, each with its message.
#[derive(PartialEq, Eq, Debug)]
enum Fault {
	Failed(String),
	Panicked(String),
}

/// Runs `work`, and survives a panic in tract.
fn guarded<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, Fault> {
	match catch_unwind(AssertUnwindSafe(work)) {
		Ok(Ok(value)) => Ok(value),
		Ok(Err(error)) => Err(Fault::Failed(one_line(&format!("{error:#}")))),
		Err(panic) => {
			let message = panic
				.downcast_ref::<String>()
				.map(String::as_str)
				.or_else(|| panic.downcast_ref::<&str>().copied());
			Err(Fault::Panicked(one_line(
				message.unwrap_or("it said nothing"),
			)))
		}
	}
}

/// The length of all weights, which is about what the model takes in memory.
fn weights(manifest: &Manifest) -> u64 {
	let weights = manifest
		.artifacts
		.iter()
		.filter(|artifact| artifact.role == Role::Weights);
	weights.fold(0, |sum, artifact| sum.saturating_add(artifact.size))
}

/// Which file is run, and what it is known by.
#[derive(Clone, Debug)]
struct Source {
	/// The artifact root: the same files behave the same under any listing.
	root: [u8; 32],
	file: PathBuf,
	weights: u64,
}

impl Source {
	fn of(model: &LoadedModel) -> Result<Self, EngineError> {
		let manifest = &*model.manifest;
		Ok(Self {
			root: manifest.artifact_root.0,
			file: model.folder.join(onnx_file(manifest)?),
			weights: weights(manifest),
		})
	}
}

/// The one ONNX file, or the one called `model.onnx` if there are several.
fn onnx_file(manifest: &Manifest) -> Result<&str, EngineError> {
	let files: Vec<&str> = manifest
		.artifacts
		.iter()
		.filter(|artifact| artifact.role == Role::Weights)
		.map(|artifact| artifact.path.as_str())
		.filter(|path| path.to_ascii_lowercase().ends_with(".onnx"))
		.collect();
	match files.as_slice() {
		[file] => Ok(file),
		[] => Err(EngineError::Broken(
			"none of its files is ONNX (*.onnx), and nothing else runs here: use an inference server"
				.into(),
		)),
		several => several
			.iter()
			.find(|file| **file == "model.onnx" || **file == "onnx/model.onnx")
			.copied()
			.ok_or_else(|| {
				EngineError::Broken(format!(
					"it has {} ONNX files, and none is called model.onnx",
					several.len()
				))
			}),
	}
}

/// The models that are ready to run, the last one used at the end.
#[derive(Debug)]
struct Plans {
	limits: EmbeddedLimits,
	kept: Mutex<VecDeque<Kept>>,
	/// The artifact roots of the models that are read, and since when. Nobody waits any more for those
	/// that are there when the next one has its turn.
	reading: Mutex<HashMap<[u8; 32], Instant>>,
}

#[derive(Debug)]
struct Kept {
	root: [u8; 32],
	/// The shapes of the inputs it was read for; none if it takes any that the model allows.
	shapes: Option<Vec<Vec<u32>>>,
	weights: u64,
	plan: Arc<Plan>,
}

impl Plans {
	/// The plan for these inputs. A model is read without regard to the lengths of its free
	/// dimensions; only if that cannot be done, for the very shapes of the inputs. Which of the two
	/// follows from the model alone, so all workers come to the same bits.
	fn read(&self, source: &Source, inputs: &[TensorData]) -> TractResult<Arc<Plan>> {
		let (plan, shapes) = match Plan::read(&source.file, None) {
			Ok(plan) => (plan, None),
			Err(error) => match Plan::read(&source.file, Some(inputs)) {
				Ok(plan) => {
					let shapes = inputs.iter().map(|input| input.shape.clone());
					(plan, Some(shapes.collect()))
				}
				Err(_) => return Err(error),
			},
		};
		let plan = Arc::new(plan);
		self.keep(Kept {
			root: source.root,
			shapes,
			weights: source.weights,
			plan: plan.clone(),
		});
		Ok(plan)
	}

	fn find(&self, root: &[u8; 32], inputs: &[TensorData]) -> Option<Arc<Plan>> {
		let fits = |shapes: &[Vec<u32>]| shapes.iter().eq(inputs.iter().map(|input| &input.shape));
		let mut kept = lock(&self.kept);
		let place = kept
			.iter()
			.position(|kept| kept.root == *root && kept.shapes.as_deref().is_none_or(fits))?;
		let found = kept.remove(place)?;
		let plan = found.plan.clone();
		kept.push_back(found);
		Some(plan)
	}

	/// Whether no more models may be read: all but one of these have outlived their requests.
	fn is_full(&self, reading: &HashMap<[u8; 32], Instant>) -> bool {
		reading.len() >= self.limits.concurrency
	}

	fn keep(&self, new: Kept) {
		let mut kept = lock(&self.kept);
		kept.push_back(new);
		while kept.len() > self.limits.plans || weights_of(&kept) > self.limits.weights {
			if kept.pop_front().is_none() {
				break;
			}
		}
	}
}

/// That a model is being read, until its thread ends.
#[derive(Debug)]
struct Reading {
	plans: Arc<Plans>,
	root: [u8; 32],
}

impl Reading {
	/// Refuses a model that is still being read, though nobody waits for it any more: each takes one
	/// thread at most. It is to blame if it has had all the time that this request gives it.
	fn begin(plans: &Arc<Plans>, root: [u8; 32], limit: Duration) -> Result<Self, EngineError> {
		let mut reading = lock(&plans.reading);
		if let Some(since) = reading.get(&root) {
			return Err(if since.elapsed() < limit {
				EngineError::Unavailable("it is being read".into())
			} else {
				too_slow(limit)
			});
		}
		if plans.is_full(&reading) {
			return Err(no_more());
		}
		reading.insert(root, Instant::now());
		Ok(Self {
			plans: plans.clone(),
			root,
		})
	}
}

impl Drop for Reading {
	fn drop(&mut self) {
		lock(&self.plans.reading).remove(&self.root);
	}
}

fn weights_of(kept: &VecDeque<Kept>) -> u64 {
	kept.iter()
		.fold(0, |sum, kept| sum.saturating_add(kept.weights))
}

/// Nothing is left half done under these locks, so a panic elsewhere does no harm.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A model that is ready to run.
#[derive(Debug)]
struct Plan {
	runnable: Arc<TypedSimplePlan>,
	inputs: Vec<Input>,
	outputs: Vec<String>,
}

#[derive(Debug)]
struct Input {
	name: String,
	datum: DatumType,
	datatype: Datatype,
}

impl Plan {
	fn read(file: &Path, fixed: Option<&[TensorData]>) -> TractResult<Self> {
		let mut model = tract_onnx::onnx().model_for_path(file)?;
		let names: Vec<String> = model
			.input_outlets()?
			.iter()
			.map(|outlet| model.node(outlet.node).name.clone())
			.collect();
		let outputs: Vec<String> = model
			.output_outlets()?
			.iter()
			.map(|outlet| {
				let label = model.outlet_label(*outlet);
				label.unwrap_or(&model.node(outlet.node).name).to_owned()
			})
			.collect();
		if let Some(fixed) = fixed {
			for (place, name) in names.iter().enumerate() {
				let shape = usize_shape(find(fixed, name)?)?;
				let fact = model.input_fact(place)?.clone().with_shape(shape);
				model.set_input_fact(place, fact)?;
			}
		}
		let model = model.into_optimized()?;
		let inputs = names
			.into_iter()
			.enumerate()
			.map(|(place, name)| {
				let datum = model.input_fact(place)?.datum_type;
				let datatype = datatype_of(datum).ok_or_else(|| {
					TractError::msg(format!(
						"input `{name}` is {datum:?}, which no request holds"
					))
				})?;
				Ok(Input {
					name,
					datum,
					datatype,
				})
			})
			.collect::<TractResult<Vec<_>>>()?;
		Ok(Self {
			runnable: TypedSimplePlan::new(model)?,
			inputs,
			outputs,
		})
	}

	/// Runs until `deadline`, looking at the clock between two nodes of the graph.
	fn run(&self, inputs: &[TensorData], deadline: Instant) -> TractResult<Vec<TensorData>> {
		let mut tensors: TVec<TValue> = TVec::new();
		for input in &self.inputs {
			tensors.push(to_tract(find(inputs, &input.name)?, input)?.into());
		}
		let mut state = TypedSimpleState::new(&self.runnable)?;
		let outputs = state.run_plan_with_eval(tensors, |context, state, node, inputs| {
			if Instant::now() >= deadline {
				return Err(TractError::msg("its time is over"));
			}
			eval(context, state, node, inputs)
		})?;
		self.outputs
			.iter()
			.zip(outputs)
			.map(|(name, output)| from_tract(name, &output))
			.collect()
	}
}

fn find<'a>(tensors: &'a [TensorData], name: &str) -> TractResult<&'a TensorData> {
	tensors
		.iter()
		.find(|tensor| tensor.name == name)
		.ok_or_else(|| {
			TractError::msg(format!(
				"the model has an input `{name}`, which its manifest does not name"
			))
		})
}

fn usize_shape(tensor: &TensorData) -> TractResult<Vec<usize>> {
	let shape = tensor.shape.iter().map(|length| usize::try_from(*length));
	Ok(shape.collect::<Result<Vec<usize>, _>>()?)
}

fn datatype_of(datum: DatumType) -> Option<Datatype> {
	Some(match datum {
		DatumType::Bool => Datatype::Bool,
		DatumType::U8 => Datatype::Uint8,
		DatumType::U16 => Datatype::Uint16,
		DatumType::U32 => Datatype::Uint32,
		DatumType::U64 => Datatype::Uint64,
		DatumType::I8 => Datatype::Int8,
		DatumType::I16 => Datatype::Int16,
		DatumType::I32 => Datatype::Int32,
		DatumType::I64 => Datatype::Int64,
		DatumType::F16 => Datatype::Fp16,
		DatumType::F32 => Datatype::Fp32,
		DatumType::F64 => Datatype::Fp64,
		DatumType::String => Datatype::Bytes,
		_ => return None,
	})
}

/// The tensor with the element type that the model takes, if its elements fit that.
fn to_tract(tensor: &TensorData, input: &Input) -> TractResult<Tensor> {
	let shape = usize_shape(tensor)?;
	let tensor = tensor.clone().cast(input.datatype)?;
	let wide = match tensor.values {
		Values::Bool(values) => Tensor::from_shape(&shape, &values)?,
		Values::Uint(values) => Tensor::from_shape(&shape, &values)?,
		Values::Int(values) => Tensor::from_shape(&shape, &values)?,
		Values::Float(values) => Tensor::from_shape(&shape, &values)?,
		Values::Bytes(values) => {
			let texts = values
				.into_iter()
				.map(String::from_utf8)
				.collect::<Result<Vec<String>, _>>()?;
			Tensor::from(ArrayD::from_shape_vec(shape, texts)?)
		}
	};
	// Nothing is lost any more: the elements were cast to the narrow type above.
	Ok(wide.cast_to_dt(input.datum)?.into_owned())
}

fn from_tract(name: &str, output: &Tensor) -> TractResult<TensorData> {
	let datum = output.datum_type();
	if output.len() > MAX_ELEMENTS {
		return Err(TractError::msg(format!(
			"output `{name}` has {} elements, but at most {MAX_ELEMENTS} are taken",
			output.len()
		)));
	}
	let shape = output.shape().iter().map(|length| u32::try_from(*length));
	let shape = shape.collect::<Result<Vec<u32>, _>>()?;
	// What tract calculates shapes with leaves it as a plain number.
	let datatype = match datum {
		DatumType::TDim => Some(Datatype::Int64),
		_ => datatype_of(datum),
	};
	let datatype = datatype.ok_or_else(|| {
		TractError::msg(format!(
			"output `{name}` is {datum:?}, which no answer holds"
		))
	})?;
	let values = match datum {
		DatumType::Bool => Values::Bool(output.try_as_plain_ram()?.as_slice::<bool>()?.to_vec()),
		DatumType::String => {
			let texts = output.try_as_plain_ram()?;
			let texts = texts.as_slice::<String>()?.iter();
			Values::Bytes(texts.map(|text| text.as_bytes().to_vec()).collect())
		}
		DatumType::F16 | DatumType::F32 | DatumType::F64 => {
			let wide = output.cast_to::<f64>()?;
			Values::Float(wide.try_as_plain_ram()?.as_slice::<f64>()?.to_vec())
		}
		DatumType::U8 | DatumType::U16 | DatumType::U32 | DatumType::U64 => {
			let wide = output.cast_to::<u64>()?;
			Values::Uint(wide.try_as_plain_ram()?.as_slice::<u64>()?.to_vec())
		}
		_ => {
			let wide = output.cast_to::<i64>()?;
			Values::Int(wide.try_as_plain_ram()?.as_slice::<i64>()?.to_vec())
		}
	};
	Ok(TensorData::new(name, datatype, shape, values)?)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn model_is_not_read_again_while_it_is_read() {
		let plans = Embedded::new(EmbeddedLimits::default()).plans;
		let begin = |root, seconds| {
			let limit = Duration::from_secs(seconds);
			Reading::begin(&plans, [root; 32], limit)
		};
		let reading = begin(1, 60).unwrap();
		assert_eq!(begin(1, 0).unwrap_err(), too_slow(Duration::ZERO));
		// Another listing with the same files may give it more time.
		let result = begin(1, 3600).unwrap_err();
		assert_eq!(result, EngineError::Unavailable("it is being read".into()));
		drop(reading);
		assert!(begin(1, 60).is_ok());
	}

	#[test]
	fn no_more_models_are_read_than_requests_may_run() {
		let engine = Embedded::new(EmbeddedLimits::default());
		let begin = |root| Reading::begin(&engine.plans, [root; 32], Duration::ZERO);
		let _first = begin(1).unwrap();
		assert_eq!(engine.ready(), Ok(()));
		let second = begin(2).unwrap();
		assert_eq!(begin(3).unwrap_err(), no_more());
		assert_eq!(engine.ready(), Err(no_more()));
		drop(second);
		assert_eq!(engine.ready(), Ok(()));
		assert!(begin(3).is_ok());
	}

	#[test]
	fn model_is_not_to_blame_for_time_that_others_took() {
		let limit = Duration::from_secs(20);
		let mut time = Time::new(limit);
		assert_eq!(time.over(), too_slow(limit));
		time.waited = Duration::from_secs(3);
		let result = time.over();
		assert!(matches!(result, EngineError::Unavailable(_)), "{result:?}");
	}

	#[test]
	fn identity_names_the_version_in_the_lock_file() {
		let lock = include_str!("../../../../Cargo.lock");
		let entry = format!("name = \"tract-onnx\"\nversion = \"{TRACT_VERSION}\"\n");
		assert!(
			lock.contains(&entry),
			"TRACT_VERSION is not the version that is built in"
		);
	}

	#[test]
	fn panic_is_told_from_a_failure() {
		let fails = || -> TractResult<()> { Err(TractError::msg("no luck")) };
		assert_eq!(guarded(fails), Err(Fault::Failed("no luck".to_owned())));
		let panics = || -> TractResult<()> { panic!("no such\nluck") };
		assert_eq!(
			guarded(panics),
			Err(Fault::Panicked("no such luck".to_owned()))
		);
	}
}
