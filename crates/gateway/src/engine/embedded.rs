//! ONNX models on the CPU of this process, by tract.
//!
//! A model is read and optimised once and then kept ready, as long as not too many others are. One
//! model is read at a time and only so many run at once, since that is when memory is needed.

use std::{
	collections::VecDeque,
	panic::{catch_unwind, AssertUnwindSafe},
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Instant,
};

use tokio::{sync::Semaphore, time::timeout_at};
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
	permits: Arc<Semaphore>,
	plans: Arc<Plans>,
}

impl Embedded {
	/// An engine without any model in memory.
	pub fn new(limits: EmbeddedLimits) -> Self {
		Self {
			permits: Arc::new(Semaphore::new(limits.concurrency.clamp(1, 1024))),
			plans: Arc::new(Plans {
				limits,
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
		Ok(())
	}

	pub(super) async fn run(
		&self,
		model: &LoadedModel,
		request: &OipRequest,
	) -> Result<Vec<TensorData>, EngineError> {
		let limit = model.time_limit();
		let too_slow = || {
			EngineError::Broken(format!(
				"it did not answer within the {} ms that its manifest allows",
				limit.as_millis()
			))
		};
		let deadline = tokio::time::Instant::now() + limit;
		let permit = match timeout_at(deadline, self.permits.clone().acquire_owned()).await {
			Ok(Ok(permit)) => permit,
			Ok(Err(_)) | Err(_) => {
				return Err(EngineError::Unavailable("every place is taken".into()))
			}
		};
		self.admits(&model.manifest)?;
		let source = Source::of(model)?;
		let (plans, inputs) = (self.plans.clone(), request.inputs.clone());
		let run = tokio::task::spawn_blocking(move || -> Result<Vec<TensorData>, EngineError> {
			// Given back when the thread ends, even if nobody waits for it any more.
			let _permit = permit;
			let plan = guarded(|| plans.get(&source, &inputs)).map_err(|fault| {
				let (Fault::Failed(reason) | Fault::Panicked(reason)) = fault;
				EngineError::Broken(format!("tract cannot read it: {reason}"))
			})?;
			guarded(|| plan.run(&inputs, deadline.into_std())).map_err(|fault| match fault {
				Fault::Failed(reason) => EngineError::Refused(reason),
				// No model asks for that: it is a mistake of the engine, which others may not have.
				Fault::Panicked(reason) => EngineError::Broken(format!("tract panicked: {reason}")),
			})
		});
		match timeout_at(deadline, run).await {
			Err(_) => Err(too_slow()),
			Ok(_) if tokio::time::Instant::now() >= deadline => Err(too_slow()),
			Ok(Ok(outcome)) => outcome,
			Ok(Err(error)) => Err(EngineError::Unavailable(one_line(&error.to_string()))),
		}
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
	/// Held while a model is read.
	reading: Mutex<()>,
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
	fn get(&self, source: &Source, inputs: &[TensorData]) -> TractResult<Arc<Plan>> {
		let shapes: Vec<Vec<u32>> = inputs.iter().map(|input| input.shape.clone()).collect();
		if let Some(plan) = self.find(&source.root, &shapes) {
			return Ok(plan);
		}
		let _reading = lock(&self.reading);
		if let Some(plan) = self.find(&source.root, &shapes) {
			return Ok(plan);
		}
		let (plan, shapes) = match Plan::read(&source.file, None) {
			Ok(plan) => (plan, None),
			Err(error) => match Plan::read(&source.file, Some(inputs)) {
				Ok(plan) => (plan, Some(shapes)),
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

	fn find(&self, root: &[u8; 32], shapes: &[Vec<u32>]) -> Option<Arc<Plan>> {
		let mut kept = lock(&self.kept);
		let place = kept.iter().position(|kept| {
			kept.root == *root && kept.shapes.as_deref().is_none_or(|own| own == shapes)
		})?;
		let found = kept.remove(place)?;
		let plan = found.plan.clone();
		kept.push_back(found);
		Some(plan)
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
