//! Tensors as JSON that nobody vouches for.

use std::fmt;

use serde::{
	de::{self, value::MapAccessDeserializer, DeserializeSeed, MapAccess, SeqAccess, Visitor},
	Deserialize, Deserializer,
};
use serde_json::Number;

use super::{
	check_rank, element_count, fits_signed, fits_unsigned, Kind, TensorData, TensorError, Values,
	MAX_RANK,
};
use crate::Datatype;

/// A tensor as it was written, before anything about it is known to make sense.
#[derive(Deserialize)]
pub(crate) struct WrittenTensor {
	pub(crate) name: String,
	pub(crate) shape: Vec<u32>,
	pub(crate) datatype: Datatype,
	data: Data,
}

impl WrittenTensor {
	pub(crate) fn read(self) -> Result<TensorData, TensorError> {
		let Self {
			name,
			shape,
			datatype,
			data: Data { column, lengths },
		} = self;
		check_rank(&name, &shape)?;
		let expected = element_count(&shape);
		let found = column.len();
		let is_flat = lengths.len() == 1;
		let follows_shape = || {
			lengths.len() == shape.len()
				&& lengths.iter().zip(&shape).all(|(a, b)| *a == *b as usize)
		};
		if is_flat && expected != Some(found) {
			return Err(TensorError::Count {
				name,
				shape,
				expected,
				found,
			});
		}
		if !is_flat && !follows_shape() {
			return Err(TensorError::Nesting {
				name,
				shape,
				found: lengths,
			});
		}
		let values = column.read(&name, datatype)?;
		TensorData::new(name, datatype, shape, values)
	}
}

/// Elements whose datatype is not known yet, in one vector rather than one JSON value each.
pub(super) enum Column {
	Nothing,
	Bools(Vec<bool>),
	Integers(Vec<i128>),
	Floats(Vec<f64>),
	Bytes(Vec<Vec<u8>>),
}

impl Column {
	fn len(&self) -> usize {
		match self {
			Self::Nothing => 0,
			Self::Bools(values) => values.len(),
			Self::Integers(values) => values.len(),
			Self::Floats(values) => values.len(),
			Self::Bytes(values) => values.len(),
		}
	}

	/// Adds an element; false if it is of another kind than those before.
	fn push(&mut self, element: Element) -> bool {
		if let Self::Nothing = self {
			*self = match element {
				Element::Bool(_) => Self::Bools(Vec::new()),
				Element::Integer(_) => Self::Integers(Vec::new()),
				Element::Float(_) => Self::Floats(Vec::new()),
				Element::Text(_) => Self::Bytes(Vec::new()),
			};
		}
		match (&mut *self, element) {
			(Self::Bools(values), Element::Bool(value)) => values.push(value),
			(Self::Integers(values), Element::Integer(value)) => values.push(value),
			(Self::Floats(values), Element::Float(value)) => values.push(value),
			(Self::Floats(values), Element::Integer(value)) => values.push(value as f64),
			(Self::Integers(values), Element::Float(value)) => {
				let mut floats: Vec<f64> = values.iter().map(|value| *value as f64).collect();
				floats.push(value);
				*self = Self::Floats(floats);
			}
			(Self::Bytes(values), Element::Text(value)) => values.push(value.into_bytes()),
			_ => return false,
		}
		true
	}

	pub(super) fn read(self, name: &str, datatype: Datatype) -> Result<Values, TensorError> {
		let range = |index: usize, found: String| TensorError::Range {
			name: name.to_owned(),
			index,
			found,
			datatype,
		};
		let kind = |found| TensorError::Kind {
			name: name.to_owned(),
			datatype,
			found,
		};
		let round = |(index, value): (usize, f64)| {
			let rounded = datatype.round(value);
			rounded.ok_or_else(|| range(index, value.to_string()))
		};
		match (datatype.kind(), self) {
			(Kind::Bool, Self::Nothing) => Ok(Values::Bool(Vec::new())),
			(Kind::Uint(_), Self::Nothing) => Ok(Values::Uint(Vec::new())),
			(Kind::Int(_), Self::Nothing) => Ok(Values::Int(Vec::new())),
			(Kind::Float, Self::Nothing) => Ok(Values::Float(Vec::new())),
			(Kind::Bytes, Self::Nothing) => Ok(Values::Bytes(Vec::new())),
			(Kind::Bool, Self::Bools(values)) => Ok(Values::Bool(values)),
			(Kind::Bytes, Self::Bytes(values)) => Ok(Values::Bytes(values)),
			(Kind::Uint(bits), Self::Integers(values)) => {
				let read = |(index, value): (usize, i128)| match u64::try_from(value) {
					Ok(read) if fits_unsigned(value, bits) => Ok(read),
					_ => Err(range(index, value.to_string())),
				};
				let values: Result<Vec<_>, _> = values.into_iter().enumerate().map(read).collect();
				values.map(Values::Uint)
			}
			(Kind::Int(bits), Self::Integers(values)) => {
				let read = |(index, value): (usize, i128)| match i64::try_from(value) {
					Ok(read) if fits_signed(value, bits) => Ok(read),
					_ => Err(range(index, value.to_string())),
				};
				let values: Result<Vec<_>, _> = values.into_iter().enumerate().map(read).collect();
				values.map(Values::Int)
			}
			(Kind::Float, Self::Integers(values)) => {
				let floats = values.into_iter().map(|value| value as f64);
				let values: Result<Vec<_>, _> = floats.enumerate().map(round).collect();
				values.map(Values::Float)
			}
			(Kind::Float, Self::Floats(values)) => {
				let values: Result<Vec<_>, _> = values.into_iter().enumerate().map(round).collect();
				values.map(Values::Float)
			}
			(_, Self::Bools(_)) => Err(kind("booleans")),
			(_, Self::Integers(_)) => Err(kind("whole numbers")),
			(_, Self::Floats(_)) => Err(kind("numbers with a fraction")),
			(_, Self::Bytes(_)) => Err(kind("texts")),
		}
	}
}

enum Element {
	Bool(bool),
	Integer(i128),
	Float(f64),
	Text(String),
}

/// The elements of one tensor, and the lengths of the lists they lay in, from the outermost.
struct Data {
	column: Column,
	lengths: Vec<usize>,
}

impl<'de> Deserialize<'de> for Data {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let mut reading = Reading {
			column: Column::Nothing,
			lengths: Vec::new(),
			depth: None,
		};
		let level = Level {
			reading: &mut reading,
			depth: 0,
		};
		level.deserialize(deserializer)?;
		if reading.depth == Some(0) {
			return Err(de::Error::custom("`data` must be a list"));
		}
		Ok(Self {
			column: reading.column,
			lengths: reading.lengths.into_iter().flatten().collect(),
		})
	}
}

struct Reading {
	column: Column,
	/// The length of the lists at each depth, once the first of them has ended.
	lengths: Vec<Option<usize>>,
	/// In how many lists the elements lie, once one has been seen.
	depth: Option<usize>,
}

/// One element, or one list with all that it holds.
struct Level<'a> {
	reading: &'a mut Reading,
	depth: usize,
}

impl Level<'_> {
	fn element<E: de::Error>(self, element: Element) -> Result<(), E> {
		if *self.reading.depth.get_or_insert(self.depth) != self.depth {
			return Err(E::custom("`data` holds elements and lists side by side"));
		}
		if !self.reading.column.push(element) {
			return Err(E::custom("`data` holds elements of different kinds"));
		}
		Ok(())
	}
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
	type Value = ();

	fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
		deserializer.deserialize_any(self)
	}
}

impl<'de> Visitor<'de> for Level<'_> {
	type Value = ();

	fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("a number, a boolean, a text or a list of them")
	}

	fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
		self.element(Element::Bool(value))
	}

	fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
		self.element(Element::Integer(value.into()))
	}

	fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
		self.element(Element::Integer(value.into()))
	}

	fn visit_i128<E: de::Error>(self, value: i128) -> Result<(), E> {
		self.element(Element::Integer(value))
	}

	fn visit_u128<E: de::Error>(self, value: u128) -> Result<(), E> {
		self.element(Element::Float(value as f64))
	}

	fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
		self.element(Element::Float(value))
	}

	fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
		self.element(Element::Text(value.to_owned()))
	}

	fn visit_unit<E: de::Error>(self) -> Result<(), E> {
		Err(E::custom(
			"`data` holds null, which some programs write for NaN and infinity: only finite numbers are taken",
		))
	}

	fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
		let Self { reading, depth } = self;
		if depth == MAX_RANK {
			return Err(de::Error::custom(format!(
				"`data` holds lists in more than {MAX_RANK} lists"
			)));
		}
		if reading.lengths.len() == depth {
			reading.lengths.push(None);
		}
		let mut length = 0_usize;
		loop {
			let level = Level {
				reading: &mut *reading,
				depth: depth + 1,
			};
			if list.next_element_seed(level)?.is_none() {
				break;
			}
			length += 1;
		}
		if *reading.lengths[depth].get_or_insert(length) != length {
			return Err(de::Error::custom(
				"`data` holds lists of different lengths side by side",
			));
		}
		Ok(())
	}

	/// Numbers come as maps where serde_json keeps them as text.
	fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
		let number = Number::deserialize(MapAccessDeserializer::new(map))?;
		let integer = number
			.as_i64()
			.map(i128::from)
			.or_else(|| number.as_u64().map(i128::from));
		match (integer, number.as_f64()) {
			(Some(value), _) => self.element(Element::Integer(value)),
			(None, Some(value)) => self.element(Element::Float(value)),
			(None, None) => Err(de::Error::custom(format!(
				"`data` holds {number}, which no datatype holds"
			))),
		}
	}
}
