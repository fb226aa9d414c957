//! Requests of the Open Inference Protocol, held against a manifest before any engine sees them.

use serde::Deserialize;
use serde_json::{json, Value};
use thiserror::Error;

use crate::{tensors::WrittenTensor, Datatype, Interface, TensorData, TensorError};

/// What is wrong with a request.
#[derive(Debug, Error)]
pub enum RequestError {
	/// It is too long.
	#[error("the request is {found} bytes long, but the model takes at most {limit}")]
	TooLarge {
		/// Its length in bytes.
		found: usize,
		/// The limit in the manifest.
		limit: u32,
	},
	/// It is not written as the protocol writes requests.
	#[error("this is no Open Inference Protocol request, such as {{\"inputs\":[{{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[7]}}]}}: {0}")]
	Json(#[from] serde_json::Error),
	/// An input is missing.
	#[error("input `{name}` is missing: the model needs {needs}")]
	Missing {
		/// Which.
		name: String,
		/// The inputs that the model has.
		needs: String,
	},
	/// There is no such input.
	#[error("the model has no input `{name}`: it needs {needs}")]
	Unknown {
		/// The name.
		name: String,
		/// The inputs that the model has.
		needs: String,
	},
	/// An input comes twice.
	#[error("input `{name}` comes twice: give each input once")]
	Twice {
		/// Which.
		name: String,
	},
	/// An input has another datatype than the declared one.
	#[error("input `{name}` is {found}, but the model takes {declared}")]
	Datatype {
		/// Which.
		name: String,
		/// What it is.
		found: Datatype,
		/// What it should be.
		declared: Datatype,
	},
	/// An input has a dimension of length 0.
	#[error("input `{name}` has the shape {shape:?}: every dimension must be at least 1")]
	Hollow {
		/// Which.
		name: String,
		/// Its shape.
		shape: Vec<u32>,
	},
	/// A tensor makes no sense, or has another shape than the declared one.
	#[error(transparent)]
	Tensor(#[from] TensorError),
}

/// Why an inference server's answer cannot be read.
#[derive(Debug, Error)]
pub enum ResponseError {
	/// It is not written as the protocol writes responses.
	#[error("this is no Open Inference Protocol response: {0}")]
	Json(#[from] serde_json::Error),
	/// A tensor makes no sense.
	#[error(transparent)]
	Tensor(#[from] TensorError),
}

/// A request that fits a model's interface: every input once, in the declared order.
#[derive(Clone, PartialEq, Debug)]
pub struct OipRequest {
	/// The tensors.
	pub inputs: Vec<TensorData>,
}

impl OipRequest {
	/// The request as the Open Inference Protocol writes it.
	pub fn to_oip(&self) -> Value {
		let inputs: Vec<Value> = self.inputs.iter().map(TensorData::to_oip).collect();
		json!({ "inputs": inputs })
	}
}

#[derive(Deserialize)]
struct WrittenRequest {
	inputs: Vec<WrittenTensor>,
}

#[derive(Deserialize)]
struct WrittenResponse {
	outputs: Vec<WrittenTensor>,
}

/// Reads a request that nobody vouches for and holds it against the interface: length, names,
/// datatypes, shapes, numbers of elements and their ranges. Identifiers, parameters and wishes for
/// outputs are left out, so that whoever runs the model gets the same.
///
/// # Errors
/// [`RequestError`]
pub fn check_request(interface: &Interface, body: &[u8]) -> Result<OipRequest, RequestError> {
	if body.len() > interface.input_limit as usize {
		return Err(RequestError::TooLarge {
			found: body.len(),
			limit: interface.input_limit,
		});
	}
	let WrittenRequest { inputs: written } = serde_json::from_slice(body)?;
	let needs = || {
		let inputs = interface.inputs.iter();
		inputs
			.map(|input| format!("`{}` ({} {:?})", input.name, input.datatype, input.shape))
			.collect::<Vec<_>>()
			.join(", ")
	};
	let mut inputs: Vec<Option<TensorData>> = vec![None; interface.inputs.len()];
	for tensor in written {
		let place = interface
			.inputs
			.iter()
			.position(|declared| declared.name == tensor.name);
		let Some(place) = place else {
			return Err(RequestError::Unknown {
				name: tensor.name,
				needs: needs(),
			});
		};
		let declared = &interface.inputs[place];
		if inputs[place].is_some() {
			return Err(RequestError::Twice { name: tensor.name });
		}
		if tensor.datatype != declared.datatype {
			return Err(RequestError::Datatype {
				name: tensor.name,
				found: tensor.datatype,
				declared: declared.datatype,
			});
		}
		if tensor.shape.contains(&0) {
			return Err(RequestError::Hollow {
				name: tensor.name,
				shape: tensor.shape,
			});
		}
		let tensor = tensor.read()?;
		tensor.check_shape(declared)?;
		inputs[place] = Some(tensor);
	}
	let inputs: Result<Vec<_>, _> = inputs
		.into_iter()
		.zip(&interface.inputs)
		.map(|(input, declared)| {
			input.ok_or_else(|| RequestError::Missing {
				name: declared.name.clone(),
				needs: needs(),
			})
		})
		.collect();
	Ok(OipRequest { inputs: inputs? })
}

/// The outputs in a response of an inference server.
///
/// # Errors
/// [`ResponseError`]
pub fn read_response(body: &[u8]) -> Result<Vec<TensorData>, ResponseError> {
	let WrittenResponse { outputs } = serde_json::from_slice(body)?;
	let outputs: Result<Vec<_>, _> = outputs.into_iter().map(WrittenTensor::read).collect();
	Ok(outputs?)
}
