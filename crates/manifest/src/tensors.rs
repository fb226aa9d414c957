//! Tensors with their elements, and how the Open Inference Protocol writes them as JSON.

use std::fmt;

use half::{bf16, f16};
use serde::Deserialize;
use serde_json::{json, Value};
use thiserror::Error;

use crate::{Datatype, Tensor};

mod written;

use written::Column;
pub(crate) use written::WrittenTensor;

/// The most dimensions that a tensor has.
pub const MAX_RANK: usize = 16;

fn needed(expected: &Option<usize>) -> String {
	expected.map_or_else(
		|| "more than fit".to_owned(),
		|expected| expected.to_string(),
	)
}

/// What is wrong with a tensor.
#[derive(Debug, Error)]
pub enum TensorError {
	/// It is not written as the protocol writes tensors.
	#[error("this is no tensor of the Open Inference Protocol, such as {{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[7]}}: {0}")]
	Json(#[from] serde_json::Error),
	/// It has too many dimensions.
	#[error("tensor `{name}` has {found} dimensions, but at most {max} are read", max = MAX_RANK)]
	Rank {
		/// The tensor.
		name: String,
		/// How many it has.
		found: usize,
	},
	/// It has more or fewer elements than its shape says.
	#[error("tensor `{name}` has {found} elements, but its shape {shape:?} needs {}", needed(.expected))]
	Count {
		/// The tensor.
		name: String,
		/// Its shape.
		shape: Vec<u32>,
		/// How many that makes, if it can be counted.
		expected: Option<usize>,
		/// How many there are.
		found: usize,
	},
	/// Its lists are nested in another way than its shape says.
	#[error("the lists in `data` of tensor `{name}` have the lengths {found:?}, but must be one flat list or follow the shape {shape:?}")]
	Nesting {
		/// The tensor.
		name: String,
		/// Its shape.
		shape: Vec<u32>,
		/// The lengths of its lists, from the outermost.
		found: Vec<usize>,
	},
	/// Its elements are of another kind than its datatype.
	#[error("tensor `{name}` is {datatype}, but its elements are {found}")]
	Kind {
		/// The tensor.
		name: String,
		/// What they should be.
		datatype: Datatype,
		/// What they are.
		found: &'static str,
	},
	/// An element does not fit the datatype.
	#[error("element {index} of tensor `{name}` is {found}, which does not fit {datatype}")]
	Range {
		/// The tensor.
		name: String,
		/// Which element, from 0.
		index: usize,
		/// What it is.
		found: String,
		/// What it should fit.
		datatype: Datatype,
	},
	/// Its shape is not the declared one.
	#[error("tensor `{name}` has the shape {found:?}, but the interface says {declared:?} (-1 is any length)")]
	Shape {
		/// The tensor.
		name: String,
		/// Its shape.
		found: Vec<u32>,
		/// The declared one.
		declared: Vec<i64>,
	},
}

/// The elements of a tensor in row-major order. Small numbers are held in wide types; the datatype
/// beside them says what they fit.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
	/// Of `BOOL`.
	Bool(Vec<bool>),
	/// Of `UINT8` to `UINT64`.
	Uint(Vec<u64>),
	/// Of `INT8` to `INT64`.
	Int(Vec<i64>),
	/// Of `FP16`, `BF16`, `FP32` and `FP64`.
	Float(Vec<f64>),
	/// Of `BYTES`.
	Bytes(Vec<Vec<u8>>),
}

impl Values {
	/// How many elements there are.
	pub fn len(&self) -> usize {
		match self {
			Self::Bool(values) => values.len(),
			Self::Uint(values) => values.len(),
			Self::Int(values) => values.len(),
			Self::Float(values) => values.len(),
			Self::Bytes(values) => values.len(),
		}
	}

	/// Whether there are none.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	const fn what(&self) -> &'static str {
		match self {
			Self::Bool(_) => "booleans",
			Self::Uint(_) | Self::Int(_) => "whole numbers",
			Self::Float(_) => "numbers with a fraction",
			Self::Bytes(_) => "texts",
		}
	}
}

/// A tensor with its elements.
#[derive(Clone, PartialEq, Debug)]
pub struct TensorData {
	/// Its name.
	pub name: String,
	/// What its elements are.
	pub datatype: Datatype,
	/// The length of each dimension.
	pub shape: Vec<u32>,
	/// Its elements.
	pub values: Values,
}

impl TensorData {
	/// A tensor whose parts fit each other.
	///
	/// # Errors
	/// [`TensorError`] if they do not.
	pub fn new(
		name: impl Into<String>,
		datatype: Datatype,
		shape: Vec<u32>,
		values: Values,
	) -> Result<Self, TensorError> {
		let tensor = Self {
			name: name.into(),
			datatype,
			shape,
			values,
		};
		tensor.check()?;
		Ok(tensor)
	}

	/// Reads a tensor as the Open Inference Protocol writes it, its elements flat or nested.
	///
	/// # Errors
	/// [`TensorError`]
	pub fn from_oip(value: &Value) -> Result<Self, TensorError> {
		WrittenTensor::deserialize(value)?.read()
	}

	/// The tensor as the Open Inference Protocol writes it, its elements flat. Bytes that are not
	/// UTF-8 are shown with replacement characters, and `NaN` and infinities as `null`.
	pub fn to_oip(&self) -> Value {
		let data: Vec<Value> = match &self.values {
			Values::Bool(values) => values.iter().map(|value| json!(value)).collect(),
			Values::Uint(values) => values.iter().map(|value| json!(value)).collect(),
			Values::Int(values) => values.iter().map(|value| json!(value)).collect(),
			// The shortest text of the narrower number, which reads back as the same.
			Values::Float(values) if self.datatype == Datatype::Fp32 => values
				.iter()
				.map(|value| Value::from(*value as f32))
				.collect(),
			Values::Float(values) => values.iter().map(|value| Value::from(*value)).collect(),
			Values::Bytes(values) => values
				.iter()
				.map(|value| Value::from(String::from_utf8_lossy(value)))
				.collect(),
		};
		json!({
			"name": self.name,
			"shape": self.shape,
			"datatype": self.datatype.name(),
			"data": data,
		})
	}

	/// Whether rank, number, kind and range of the elements are what shape and datatype say.
	pub(crate) fn check(&self) -> Result<(), TensorError> {
		check_rank(&self.name, &self.shape)?;
		let expected = element_count(&self.shape);
		if expected != Some(self.values.len()) {
			return Err(TensorError::Count {
				name: self.name.clone(),
				shape: self.shape.clone(),
				expected,
				found: self.values.len(),
			});
		}
		let outside = match (&self.values, self.datatype.kind()) {
			(Values::Bool(_), Kind::Bool)
			| (Values::Bytes(_), Kind::Bytes)
			| (Values::Float(_), Kind::Float) => None,
			(Values::Uint(values), Kind::Uint(bits)) => values
				.iter()
				.position(|value| !fits_unsigned(i128::from(*value), bits))
				.map(|index| (index, values[index].to_string())),
			(Values::Int(values), Kind::Int(bits)) => values
				.iter()
				.position(|value| !fits_signed(i128::from(*value), bits))
				.map(|index| (index, values[index].to_string())),
			(values, _) => {
				return Err(TensorError::Kind {
					name: self.name.clone(),
					datatype: self.datatype,
					found: values.what(),
				})
			}
		};
		match outside {
			None => Ok(()),
			Some((index, found)) => Err(TensorError::Range {
				name: self.name.clone(),
				index,
				found,
				datatype: self.datatype,
			}),
		}
	}

	/// Holds the shape against the declared one.
	pub(crate) fn check_shape(&self, declared: &Tensor) -> Result<(), TensorError> {
		let is_length =
			|(found, declared): (&u32, &i64)| *declared == -1 || i64::from(*found) == *declared;
		if self.shape.len() == declared.shape.len()
			&& self.shape.iter().zip(&declared.shape).all(is_length)
		{
			return Ok(());
		}
		Err(TensorError::Shape {
			name: self.name.clone(),
			found: self.shape.clone(),
			declared: declared.shape.clone(),
		})
	}

	/// The same tensor with another datatype. Whole numbers become others if they fit, and numbers
	/// with a fraction if they must; these become narrower by rounding. Nothing else changes kind.
	///
	/// # Errors
	/// [`TensorError::Kind`] and [`TensorError::Range`]
	pub fn cast(self, datatype: Datatype) -> Result<Self, TensorError> {
		if self.datatype == datatype {
			return Ok(self);
		}
		let Self {
			name,
			shape,
			values,
			..
		} = self;
		let column = match values {
			Values::Bool(values) => Column::Bools(values),
			Values::Uint(values) => Column::Integers(values.into_iter().map(i128::from).collect()),
			Values::Int(values) => Column::Integers(values.into_iter().map(i128::from).collect()),
			Values::Float(values) => Column::Floats(values),
			Values::Bytes(values) => Column::Bytes(values),
		};
		let values = column.read(&name, datatype)?;
		Ok(Self {
			name,
			datatype,
			shape,
			values,
		})
	}

	/// The elements as 64-bit floats, for a fingerprint.
	///
	/// # Errors
	/// [`TensorError::Kind`] if they are bytes.
	pub fn to_floats(&self) -> Result<Vec<f64>, TensorError> {
		match &self.values {
			Values::Bool(values) => Ok(values.iter().map(|value| f64::from(*value)).collect()),
			Values::Uint(values) => Ok(values.iter().map(|value| *value as f64).collect()),
			Values::Int(values) => Ok(values.iter().map(|value| *value as f64).collect()),
			Values::Float(values) => Ok(values.clone()),
			Values::Bytes(_) => Err(TensorError::Kind {
				name: self.name.clone(),
				datatype: Datatype::Fp64,
				found: self.values.what(),
			}),
		}
	}
}

/// What kind of elements a datatype has, and how many bits whole numbers have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
	Bool,
	Uint(u32),
	Int(u32),
	Float,
	Bytes,
}

impl Datatype {
	/// The name that the Open Inference Protocol gives it.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Bool => "BOOL",
			Self::Uint8 => "UINT8",
			Self::Uint16 => "UINT16",
			Self::Uint32 => "UINT32",
			Self::Uint64 => "UINT64",
			Self::Int8 => "INT8",
			Self::Int16 => "INT16",
			Self::Int32 => "INT32",
			Self::Int64 => "INT64",
			Self::Fp16 => "FP16",
			Self::Bf16 => "BF16",
			Self::Fp32 => "FP32",
			Self::Fp64 => "FP64",
			Self::Bytes => "BYTES",
		}
	}

	pub(crate) const fn kind(self) -> Kind {
		match self {
			Self::Bool => Kind::Bool,
			Self::Uint8 => Kind::Uint(8),
			Self::Uint16 => Kind::Uint(16),
			Self::Uint32 => Kind::Uint(32),
			Self::Uint64 => Kind::Uint(64),
			Self::Int8 => Kind::Int(8),
			Self::Int16 => Kind::Int(16),
			Self::Int32 => Kind::Int(32),
			Self::Int64 => Kind::Int(64),
			Self::Fp16 | Self::Bf16 | Self::Fp32 | Self::Fp64 => Kind::Float,
			Self::Bytes => Kind::Bytes,
		}
	}

	/// The nearest number that this type of floats holds; none if a finite one lies beyond all.
	fn round(self, value: f64) -> Option<f64> {
		let rounded = match self {
			Self::Fp16 => f16::from_f64(value).to_f64(),
			Self::Bf16 => bf16::from_f64(value).to_f64(),
			Self::Fp32 => f64::from(value as f32),
			_ => value,
		};
		(rounded.is_finite() || !value.is_finite()).then_some(rounded)
	}
}

impl fmt::Display for Datatype {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

fn fits_unsigned(value: i128, bits: u32) -> bool {
	(0..1 << bits).contains(&value)
}

fn fits_signed(value: i128, bits: u32) -> bool {
	(-(1 << (bits - 1))..1 << (bits - 1)).contains(&value)
}

/// How many elements a shape has, if that can be counted.
pub(crate) fn element_count(shape: &[u32]) -> Option<usize> {
	shape.iter().try_fold(1_usize, |count, length| {
		count.checked_mul(usize::try_from(*length).ok()?)
	})
}

pub(crate) fn check_rank(name: &str, shape: &[u32]) -> Result<(), TensorError> {
	if shape.len() > MAX_RANK {
		return Err(TensorError::Rank {
			name: name.to_owned(),
			found: shape.len(),
		});
	}
	Ok(())
}
