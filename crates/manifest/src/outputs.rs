//! Canonical outputs: the bytes whose sha2-256 stands for an answer.
//!
//! ```text
//! "weighhouse/out/v1" | for each output: u16 length of name | name | u8 rank | u32 dimensions
//!                                        | 8 bytes datatype | elements
//! ```
//! All numbers are little-endian and the datatype is ASCII, filled up with zeros. Whole numbers have
//! the name and the width that the Open Inference Protocol gives them, booleans are one byte, 0 or 1,
//! and each element of `BYTES` is a u32 length and that many bytes. Floats never enter a hash: with
//! `n` fractional bits they become the datatype `Qn`, such as `Q12`, of signed 64-bit numbers, where
//! `k` stands for `k / 2^n`.

use thiserror::Error;

use crate::{
	tensors::{check_rank, element_count, Kind},
	Datatype, Interface, Tensor, TensorData, TensorError, Values,
};

/// The largest canonical output, in bytes: what every IPFS node shares as one raw block.
pub const MAX_CANONICAL_OUTPUT: usize = 1024 * 1024;

const DOMAIN: &[u8] = b"weighhouse/out/v1";
const MAX_SCALE: u8 = 62;
/// 2^63, the first number that is too large for a signed 64-bit integer.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Why outputs have no canonical form.
#[derive(Debug, Error)]
pub enum OutputError {
	/// An output is missing.
	#[error("the model gave no output `{name}`")]
	Missing {
		/// Which.
		name: String,
	},
	/// An output was given twice.
	#[error("the model gave two outputs `{name}`")]
	Twice {
		/// Which.
		name: String,
	},
	/// An output is not part of the interface.
	#[error("the interface has no output `{name}`")]
	Undeclared {
		/// Which.
		name: String,
	},
	/// No outputs were asked for.
	#[error("no outputs are named: `attestation.outputs` must name at least one")]
	Nothing,
	/// A name does not fit its length.
	#[error("an output has a name of {found} bytes, but at most 65535 fit")]
	Name {
		/// How long it is.
		found: usize,
	},
	/// Floats have no scale.
	#[error("output `{name}` holds {datatype}, which cannot be compared bit by bit: give it a `scale` in the interface")]
	NoScale {
		/// The output.
		name: String,
		/// What its elements are.
		datatype: Datatype,
	},
	/// A float is `NaN` or infinite.
	#[error(
		"element {index} of output `{name}` is {value}: only finite numbers have a canonical form"
	)]
	NotFinite {
		/// The output.
		name: String,
		/// Which element, from 0.
		index: usize,
		/// What it is.
		value: f64,
	},
	/// A float is too large for its scale.
	#[error("element {index} of output `{name}` is {value}, too large for 64 bits with {scale} of them fractional")]
	Overflow {
		/// The output.
		name: String,
		/// Which element, from 0.
		index: usize,
		/// What it is.
		value: f64,
		/// How many fractional bits there are.
		scale: u8,
	},
	/// The canonical form is too long.
	#[error("the outputs are more than {max} bytes long in canonical form (1 MiB)", max = MAX_CANONICAL_OUTPUT)]
	TooLarge,
	/// A tensor is not what the interface says.
	#[error("the model's output is not what its interface says: {0}")]
	Tensor(#[from] TensorError),
}

/// Why bytes are no canonical output.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("these bytes are no canonical output: at byte {at}, {problem}")]
pub struct DecodeError {
	/// Where, from 0.
	pub at: usize,
	/// What is wrong there.
	pub problem: &'static str,
}

/// Holds what a model gave against its interface: every declared output in the declared order and with
/// the declared shape and datatype. Other datatypes are cast where nothing but precision is lost, since
/// servers may widen them on the way, and a last dimension of 1 that is not declared goes, since MLServer
/// adds one to plain lists. Outputs that are not declared are left out.
///
/// # Errors
/// [`OutputError`]
pub fn conform(
	outputs: Vec<TensorData>,
	interface: &Interface,
) -> Result<Vec<TensorData>, OutputError> {
	let mut outputs: Vec<Option<TensorData>> = outputs.into_iter().map(Some).collect();
	let take = |declared: &Tensor| -> Result<TensorData, OutputError> {
		let mut found = outputs
			.iter_mut()
			.filter(|output| matches!(output, Some(output) if output.name == declared.name));
		match (found.next().and_then(Option::take), found.next()) {
			(Some(mut output), None) => {
				output.check()?;
				if output.shape.len() == declared.shape.len() + 1 && output.shape.ends_with(&[1]) {
					output.shape.pop();
				}
				output.check_shape(declared)?;
				Ok(output.cast(declared.datatype)?)
			}
			(None, _) => Err(OutputError::Missing {
				name: declared.name.clone(),
			}),
			(Some(_), Some(_)) => Err(OutputError::Twice {
				name: declared.name.clone(),
			}),
		}
	};
	interface.outputs.iter().map(take).collect()
}

/// The canonical form of the outputs named `names`, in that order. Floats keep as many fractional bits
/// as the interface says and are rounded to the nearest, halves to even.
///
/// # Errors
/// [`OutputError`]
pub fn canonical(
	outputs: &[TensorData],
	names: &[String],
	interface: &Interface,
) -> Result<Vec<u8>, OutputError> {
	if names.is_empty() {
		return Err(OutputError::Nothing);
	}
	let mut bytes = DOMAIN.to_vec();
	for (place, name) in names.iter().enumerate() {
		if names[..place].contains(name) {
			return Err(OutputError::Twice { name: name.clone() });
		}
		let named = || name.clone();
		let output = outputs
			.iter()
			.find(|output| output.name == *name)
			.ok_or_else(|| OutputError::Missing { name: named() })?;
		let declared = interface
			.outputs
			.iter()
			.find(|output| output.name == *name)
			.ok_or_else(|| OutputError::Undeclared { name: named() })?;
		output.check()?;
		put(&mut bytes, output, declared)?;
		if bytes.len() > MAX_CANONICAL_OUTPUT {
			return Err(OutputError::TooLarge);
		}
	}
	Ok(bytes)
}

fn put(bytes: &mut Vec<u8>, output: &TensorData, declared: &Tensor) -> Result<(), OutputError> {
	let name = output.name.as_bytes();
	let length = u16::try_from(name.len()).map_err(|_| OutputError::Name { found: name.len() })?;
	let rank = u8::try_from(output.shape.len()).map_err(|_| TensorError::Rank {
		name: output.name.clone(),
		found: output.shape.len(),
	})?;
	// No element takes less than a byte, so this bounds the work as well.
	if output.values.len() > MAX_CANONICAL_OUTPUT {
		return Err(OutputError::TooLarge);
	}
	bytes.extend_from_slice(&length.to_le_bytes());
	bytes.extend_from_slice(name);
	bytes.push(rank);
	for dimension in &output.shape {
		bytes.extend_from_slice(&dimension.to_le_bytes());
	}
	let whole = |bits: u32| (bits / 8) as usize;
	match (&output.values, output.datatype.kind()) {
		(Values::Float(values), _) => {
			let scale = declared.scale.ok_or_else(|| OutputError::NoScale {
				name: output.name.clone(),
				datatype: output.datatype,
			})?;
			put_code(bytes, &format!("Q{scale}"));
			for (index, value) in values.iter().enumerate() {
				let integer = quantise(*value, scale).map_err(|problem| {
					let (name, value) = (output.name.clone(), *value);
					match problem {
						Unfit::NotFinite => OutputError::NotFinite { name, index, value },
						Unfit::Overflow => OutputError::Overflow {
							name,
							index,
							value,
							scale,
						},
					}
				})?;
				bytes.extend_from_slice(&integer.to_le_bytes());
			}
		}
		(Values::Uint(values), Kind::Uint(bits)) => {
			put_code(bytes, output.datatype.name());
			for value in values {
				bytes.extend_from_slice(&value.to_le_bytes()[..whole(bits)]);
			}
		}
		(Values::Int(values), Kind::Int(bits)) => {
			put_code(bytes, output.datatype.name());
			for value in values {
				bytes.extend_from_slice(&value.to_le_bytes()[..whole(bits)]);
			}
		}
		(Values::Bool(values), _) => {
			put_code(bytes, output.datatype.name());
			bytes.extend(values.iter().map(|value| u8::from(*value)));
		}
		(Values::Bytes(values), _) => {
			put_code(bytes, output.datatype.name());
			for value in values {
				let length = u32::try_from(value.len()).map_err(|_| OutputError::TooLarge)?;
				bytes.extend_from_slice(&length.to_le_bytes());
				bytes.extend_from_slice(value);
			}
		}
		(Values::Uint(_) | Values::Int(_), _) => {
			return Err(TensorError::Kind {
				name: output.name.clone(),
				datatype: output.datatype,
				found: "whole numbers",
			}
			.into())
		}
	}
	Ok(())
}

fn put_code(bytes: &mut Vec<u8>, code: &str) {
	let mut field = [0; 8];
	field[..code.len()].copy_from_slice(code.as_bytes());
	bytes.extend_from_slice(&field);
}

enum Unfit {
	NotFinite,
	Overflow,
}

/// The whole number nearest to `value * 2^scale`, halves to even.
fn quantise(value: f64, scale: u8) -> Result<i64, Unfit> {
	if !value.is_finite() {
		return Err(Unfit::NotFinite);
	}
	// Exact, since a power of two changes nothing but the exponent.
	let scaled = (value * 2_f64.powi(scale.into())).round_ties_even();
	if (-TOO_LARGE..TOO_LARGE).contains(&scaled) {
		Ok(scaled as i64)
	} else {
		Err(Unfit::Overflow)
	}
}

/// Reads a canonical output from bytes that nobody vouches for. Scaled floats come back as `FP64`.
///
/// # Errors
/// [`DecodeError`] if the bytes are not what [`canonical`] writes.
pub fn decode_canonical(bytes: &[u8]) -> Result<Vec<TensorData>, DecodeError> {
	let mut reader = Reader { bytes, at: 0 };
	if bytes.len() > MAX_CANONICAL_OUTPUT {
		return Err(reader.fault("it is longer than 1 MiB"));
	}
	if !bytes.starts_with(DOMAIN) {
		return Err(reader.fault("it does not begin with weighhouse/out/v1"));
	}
	reader.at = DOMAIN.len();
	let mut outputs: Vec<TensorData> = Vec::new();
	while reader.at < bytes.len() {
		let start = reader.at;
		let output = reader.tensor()?;
		if outputs.iter().any(|other| other.name == output.name) {
			reader.at = start;
			return Err(reader.fault("an output comes a second time"));
		}
		outputs.push(output);
	}
	if outputs.is_empty() {
		return Err(reader.fault("it ends without any output"));
	}
	Ok(outputs)
}

struct Reader<'a> {
	bytes: &'a [u8],
	at: usize,
}

impl<'a> Reader<'a> {
	const fn fault(&self, problem: &'static str) -> DecodeError {
		DecodeError {
			at: self.at,
			problem,
		}
	}

	fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
		let rest = &self.bytes[self.at..];
		match rest.get(..length) {
			Some(taken) => {
				self.at += length;
				Ok(taken)
			}
			None => Err(self.fault("it ends too early")),
		}
	}

	/// A whole number of at most eight bytes, the missing ones zero.
	fn unsigned(&mut self, width: usize) -> Result<u64, DecodeError> {
		let mut wide = [0; 8];
		wide[..width].copy_from_slice(self.take(width)?);
		Ok(u64::from_le_bytes(wide))
	}

	fn u32(&mut self) -> Result<u32, DecodeError> {
		let mut field = [0; 4];
		field.copy_from_slice(self.take(4)?);
		Ok(u32::from_le_bytes(field))
	}

	fn tensor(&mut self) -> Result<TensorData, DecodeError> {
		let length = self.unsigned(2)? as usize;
		let name = std::str::from_utf8(self.take(length)?)
			.map_err(|_| self.fault("a name is not UTF-8"))?
			.to_owned();
		let rank = self.unsigned(1)? as usize;
		let mut shape = Vec::with_capacity(rank);
		for _ in 0..rank {
			shape.push(self.u32()?);
		}
		check_rank(&name, &shape).map_err(|_| self.fault("an output has too many dimensions"))?;
		let form = self.form()?;
		let count = element_count(&shape)
			.ok_or_else(|| self.fault("a shape has more elements than can be counted"))?;
		let (datatype, values) = self.values(form, count)?;
		Ok(TensorData {
			name,
			datatype,
			shape,
			values,
		})
	}

	fn form(&mut self) -> Result<Form, DecodeError> {
		let code = self.take(8)?;
		let is = |name: &str| {
			let (head, tail) = code.split_at(name.len());
			head == name.as_bytes() && tail.iter().all(|byte| *byte == 0)
		};
		if let Some(datatype) = EXACT.into_iter().find(|datatype| is(datatype.name())) {
			return Ok(Form::Exact(datatype));
		}
		match (0..=MAX_SCALE).find(|scale| is(&format!("Q{scale}"))) {
			Some(scale) => Ok(Form::Scaled(scale)),
			None => Err(self.fault("the 8 bytes before it name no datatype")),
		}
	}

	fn values(&mut self, form: Form, count: usize) -> Result<(Datatype, Values), DecodeError> {
		// Before anything is set aside for them.
		let least = count.checked_mul(form.least_width());
		if least.is_none_or(|least| least > self.bytes.len() - self.at) {
			return Err(self.fault("fewer elements follow than the shape says"));
		}
		let datatype = match form {
			Form::Scaled(scale) => {
				let unit = 2_f64.powi(-i32::from(scale));
				let values: Result<Vec<_>, DecodeError> = (0..count)
					.map(|_| Ok(self.unsigned(8)? as i64 as f64 * unit))
					.collect();
				return Ok((Datatype::Fp64, Values::Float(values?)));
			}
			Form::Exact(datatype) => datatype,
		};
		let values = match datatype.kind() {
			Kind::Uint(bits) => {
				let values: Result<Vec<_>, DecodeError> = (0..count)
					.map(|_| self.unsigned((bits / 8) as usize))
					.collect();
				Values::Uint(values?)
			}
			Kind::Int(bits) => {
				// The sign is the highest bit of the narrow number.
				let shift = 64 - bits;
				let values: Result<Vec<_>, DecodeError> = (0..count)
					.map(|_| Ok(((self.unsigned((bits / 8) as usize)? << shift) as i64) >> shift))
					.collect();
				Values::Int(values?)
			}
			Kind::Bool => {
				let values: Result<Vec<_>, DecodeError> = (0..count)
					.map(|_| match self.unsigned(1)? {
						0 => Ok(false),
						1 => Ok(true),
						_ => Err(self.fault("the byte before it is no boolean, which is 0 or 1")),
					})
					.collect();
				Values::Bool(values?)
			}
			Kind::Bytes => {
				let values: Result<Vec<_>, DecodeError> = (0..count)
					.map(|_| {
						let length = self.u32()? as usize;
						Ok(self.take(length)?.to_vec())
					})
					.collect();
				Values::Bytes(values?)
			}
			Kind::Float => return Err(self.fault("floats have no canonical form")),
		};
		Ok((datatype, values))
	}
}

/// The datatypes whose elements are written as they are.
const EXACT: [Datatype; 10] = [
	Datatype::Bool,
	Datatype::Uint8,
	Datatype::Uint16,
	Datatype::Uint32,
	Datatype::Uint64,
	Datatype::Int8,
	Datatype::Int16,
	Datatype::Int32,
	Datatype::Int64,
	Datatype::Bytes,
];

#[derive(Clone, Copy)]
enum Form {
	Exact(Datatype),
	Scaled(u8),
}

impl Form {
	/// How many bytes an element takes at least.
	const fn least_width(self) -> usize {
		match self {
			Self::Scaled(_) => 8,
			Self::Exact(datatype) => match datatype.kind() {
				Kind::Uint(bits) | Kind::Int(bits) => (bits / 8) as usize,
				Kind::Bool => 1,
				Kind::Bytes => 4,
				Kind::Float => 8,
			},
		}
	}
}
