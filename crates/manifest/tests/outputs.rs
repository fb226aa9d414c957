//! Canonical outputs: bytes, refusals, and reading them back.

mod common;

use proptest::prelude::*;
use weighhouse_manifest::{
	canonical, conform, decode_canonical, Datatype, DecodeError, Interface, OutputError, Tensor,
	TensorData, TensorError, Values, MAX_CANONICAL_OUTPUT,
};

fn tensor(name: &str, datatype: Datatype, shape: &[i64], scale: Option<u8>) -> Tensor {
	Tensor {
		name: name.to_owned(),
		datatype,
		shape: shape.to_vec(),
		scale,
		description: None,
	}
}

fn interface() -> Interface {
	Interface {
		inputs: Vec::new(),
		outputs: vec![
			tensor("labels", Datatype::Int64, &[-1], None),
			tensor("logits", Datatype::Fp32, &[-1, 2], Some(12)),
			tensor("text", Datatype::Bytes, &[-1], None),
			tensor("bare", Datatype::Fp32, &[-1], None),
		],
		input_limit: 4096,
	}
}

fn labels(values: &[i64]) -> TensorData {
	let shape = vec![u32::try_from(values.len()).unwrap()];
	TensorData::new(
		"labels",
		Datatype::Int64,
		shape,
		Values::Int(values.to_vec()),
	)
	.unwrap()
}

fn logits(values: &[f64]) -> TensorData {
	let shape = vec![u32::try_from(values.len() / 2).unwrap(), 2];
	TensorData::new(
		"logits",
		Datatype::Fp32,
		shape,
		Values::Float(values.to_vec()),
	)
	.unwrap()
}

fn canonical_of(outputs: &[TensorData], names: &[&str]) -> Result<Vec<u8>, OutputError> {
	let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
	canonical(outputs, &names, &interface())
}

#[test]
fn canonical_writes_the_documented_bytes() {
	let bytes = canonical_of(&[logits(&[0.5, -1.0]), labels(&[7])], &["labels", "logits"]).unwrap();
	let mut expected = b"weighhouse/out/v1".to_vec();
	expected.extend(b"\x06\0labels\x01\x01\0\0\0INT64\0\0\0\x07\0\0\0\0\0\0\0");
	expected.extend(b"\x06\0logits\x02\x01\0\0\0\x02\0\0\0Q12\0\0\0\0\0");
	expected.extend(2048_i64.to_le_bytes());
	expected.extend((-4096_i64).to_le_bytes());
	assert_eq!(bytes, expected);
}

#[test]
fn canonical_follows_the_order_of_the_names() {
	let outputs = [labels(&[7]), logits(&[0.5, -1.0])];
	let one = canonical_of(&outputs, &["labels", "logits"]).unwrap();
	let other = canonical_of(&outputs, &["logits", "labels"]).unwrap();
	assert_ne!(one, other);
}

#[test]
fn canonical_rounds_halves_to_even() {
	let unit = 1.0 / 4096.0;
	let floats = [0.5, 1.5, 2.5, -0.5, -1.5, 0.499].map(|units| units * unit);
	let bytes = canonical_of(&[logits(&floats)], &["logits"]).unwrap();
	let decoded = decode_canonical(&bytes).unwrap();
	let expected = [0.0, 2.0, 2.0, 0.0, -2.0, 0.0].map(|units| units * unit);
	assert_eq!(decoded[0].values, Values::Float(expected.to_vec()));
	assert_eq!(decoded[0].datatype, Datatype::Fp64);
}

#[test]
fn canonical_fails_when_a_float_is_not_finite() {
	for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
		let result = canonical_of(&[logits(&[0.0, value])], &["logits"]);
		assert_error!(
			result,
			OutputError::NotFinite { index: 1, .. },
			"element 1",
			"logits"
		);
	}
}

#[test]
fn canonical_fails_when_a_float_overflows() {
	let edge = 2_f64.powi(51);
	assert!(canonical_of(&[logits(&[-edge, edge.next_down()])], &["logits"]).is_ok());
	let result = canonical_of(&[logits(&[0.0, edge])], &["logits"]);
	assert_error!(
		result,
		OutputError::Overflow { index: 1, .. },
		"12 of them fractional"
	);
}

#[test]
fn canonical_fails_when_floats_have_no_scale() {
	let bare = TensorData::new("bare", Datatype::Fp32, vec![1], Values::Float(vec![1.0])).unwrap();
	let result = canonical_of(&[bare], &["bare"]);
	assert_error!(result, OutputError::NoScale { .. }, "`bare`", "scale");
}

#[test]
fn canonical_fails_when_outputs_are_not_there() {
	assert_error!(
		canonical_of(&[], &["labels"]),
		OutputError::Missing { .. },
		"labels"
	);
	assert_error!(
		canonical_of(&[labels(&[1])], &[]),
		OutputError::Nothing,
		"at least one"
	);
	assert_error!(
		canonical_of(&[labels(&[1])], &["labels", "labels"]),
		OutputError::Twice { .. },
		"labels"
	);
	let stray = TensorData::new("stray", Datatype::Int8, vec![1], Values::Int(vec![1])).unwrap();
	assert_error!(
		canonical_of(&[stray], &["stray"]),
		OutputError::Undeclared { .. },
		"stray"
	);
}

#[test]
fn canonical_fails_when_it_does_not_fit_one_block() {
	let text = TensorData::new(
		"text",
		Datatype::Bytes,
		vec![1],
		Values::Bytes(vec![vec![b'x'; MAX_CANONICAL_OUTPUT]]),
	);
	let result = canonical_of(&[text.unwrap()], &["text"]);
	assert_error!(result, OutputError::TooLarge, "1 MiB");
}

#[test]
fn canonical_fails_when_a_tensor_lies_about_itself() {
	let mut tensor = labels(&[1]);
	tensor.shape = vec![2];
	let result = canonical_of(&[tensor], &["labels"]);
	assert_error!(
		result,
		OutputError::Tensor(TensorError::Count { .. }),
		"labels"
	);
	let mut tensor = labels(&[300]);
	tensor.datatype = Datatype::Int8;
	let result = canonical_of(&[tensor], &["labels"]);
	assert_error!(
		result,
		OutputError::Tensor(TensorError::Range { .. }),
		"300",
		"INT8"
	);
}

#[test]
fn conform_narrows_what_a_server_widened() {
	let declared = Interface {
		outputs: interface().outputs[..2].to_vec(),
		..interface()
	};
	let narrow = TensorData::new("labels", Datatype::Int32, vec![1], Values::Int(vec![7])).unwrap();
	let mut wide = logits(&[0.1, 0.2]);
	wide.datatype = Datatype::Fp64;
	let stray = TensorData::new("stray", Datatype::Int8, vec![1], Values::Int(vec![1])).unwrap();
	let outputs = conform(vec![stray, wide, narrow], &declared).unwrap();
	let rounded = [f64::from(0.1_f32), f64::from(0.2_f32)];
	assert_eq!(outputs, [labels(&[7]), logits(&rounded)]);
}

#[test]
fn conform_drops_the_last_dimension_that_a_server_added() {
	let declared = Interface {
		outputs: interface().outputs[..1].to_vec(),
		..interface()
	};
	let mut column = labels(&[7, 8]);
	column.shape = vec![2, 1];
	assert_eq!(conform(vec![column], &declared).unwrap(), [labels(&[7, 8])]);
}

#[test]
fn conform_fails_when_outputs_are_not_as_declared() {
	let declared = Interface {
		outputs: interface().outputs[..1].to_vec(),
		..interface()
	};
	let result = conform(Vec::new(), &declared);
	assert_error!(result, OutputError::Missing { .. }, "labels");
	let result = conform(vec![labels(&[1]), labels(&[1])], &declared);
	assert_error!(result, OutputError::Twice { .. }, "labels");
	let mut square = labels(&[1]);
	square.shape = vec![1, 1, 1];
	let result = conform(vec![square], &declared);
	assert_error!(
		result,
		OutputError::Tensor(TensorError::Shape { .. }),
		"[1, 1, 1]",
		"[-1]"
	);
	let float =
		TensorData::new("labels", Datatype::Fp32, vec![1], Values::Float(vec![1.0])).unwrap();
	let result = conform(vec![float], &declared);
	assert_error!(
		result,
		OutputError::Tensor(TensorError::Kind { .. }),
		"INT64"
	);
}

#[test]
fn decode_canonical_fails_when_bytes_are_cut_off_anywhere() {
	let bytes = canonical_of(&[labels(&[7]), logits(&[0.5, 1.0])], &["labels", "logits"]).unwrap();
	let first = canonical_of(&[labels(&[7])], &["labels"]).unwrap().len();
	for length in 0..bytes.len() {
		let is_whole = length == first;
		assert_eq!(
			decode_canonical(&bytes[..length]).is_ok(),
			is_whole,
			"{length}"
		);
	}
}

#[test]
fn decode_canonical_fails_when_counts_promise_more_than_there_is() {
	let mut bytes = b"weighhouse/out/v1\x01\0x".to_vec();
	bytes.push(2);
	bytes.extend([0xff; 8]);
	bytes.extend(b"UINT8\0\0\0");
	let expected = DecodeError {
		at: bytes.len(),
		problem: "fewer elements follow than the shape says",
	};
	assert_eq!(decode_canonical(&bytes), Err(expected));
}

#[test]
fn decode_canonical_fails_when_a_field_makes_no_sense() {
	for (tail, problem) in [
		(&b"\x01\0\xff\0INT8\0\0\0\0\x01"[..], "not UTF-8"),
		(b"\x01\0x\0FP32\0\0\0\0\0\0\0\0", "no datatype"),
		(b"\x01\0x\0INT8\0\0\0x\x01", "no datatype"),
		(b"\x01\0x\0Q63\0\0\0\0\0\0\0\0\0\0\0\0\0", "no datatype"),
		(b"\x01\0x\0Q01\0\0\0\0\0\0\0\0\0\0\0\0\0", "no datatype"),
		(b"\x01\0x\0BOOL\0\0\0\0\x02", "no boolean"),
		(b"\x01\0x\x11", "too early"),
		(
			b"\x01\0x\0INT8\0\0\0\0\x01\x01\0x\0INT8\0\0\0\0\x01",
			"second time",
		),
		(b"", "without any output"),
	] {
		let bytes = [&b"weighhouse/out/v1"[..], tail].concat();
		match decode_canonical(&bytes) {
			Err(error) => assert!(error.to_string().contains(problem), "{error}"),
			Ok(outputs) => panic!("{tail:?} was read as {outputs:?}"),
		}
	}
	assert!(decode_canonical(b"weighhouse/out/v2").is_err());
	assert!(decode_canonical(&vec![0; MAX_CANONICAL_OUTPUT + 1]).is_err());
}

fn any_output() -> impl Strategy<Value = (Datatype, Values)> {
	let few = 0..5_usize;
	prop_oneof![
		prop::collection::vec(any::<bool>(), few.clone())
			.prop_map(|values| (Datatype::Bool, Values::Bool(values))),
		prop::collection::vec(any::<u16>(), few.clone()).prop_map(|values| {
			let values = values.into_iter().map(u64::from).collect();
			(Datatype::Uint16, Values::Uint(values))
		}),
		prop::collection::vec(any::<i8>(), few.clone()).prop_map(|values| {
			let values = values.into_iter().map(i64::from).collect();
			(Datatype::Int8, Values::Int(values))
		}),
		prop::collection::vec(any::<i64>(), few.clone())
			.prop_map(|values| (Datatype::Int64, Values::Int(values))),
		prop::collection::vec(any::<u64>(), few.clone())
			.prop_map(|values| (Datatype::Uint64, Values::Uint(values))),
		prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), few)
			.prop_map(|values| (Datatype::Bytes, Values::Bytes(values))),
	]
}

proptest! {
	#[test]
	fn decode_canonical_reads_what_canonical_writes(outputs in prop::collection::vec(any_output(), 1..4)) {
		let mut declared = interface();
		let (mut tensors, mut names) = (Vec::new(), Vec::new());
		for (place, (datatype, values)) in outputs.into_iter().enumerate() {
			let name = format!("out{place}");
			let shape = vec![1, u32::try_from(values.len()).unwrap()];
			declared.outputs.push(tensor(&name, datatype, &[-1, -1], None));
			tensors.push(TensorData::new(name.as_str(), datatype, shape, values).unwrap());
			names.push(name);
		}
		let bytes = canonical(&tensors, &names, &declared).unwrap();
		prop_assert_eq!(decode_canonical(&bytes).unwrap(), tensors);
	}

	#[test]
	fn decode_canonical_never_panics(tail in prop::collection::vec(any::<u8>(), 0..64)) {
		let _ = decode_canonical(&tail);
		let _ = decode_canonical(&[&b"weighhouse/out/v1"[..], &tail].concat());
	}
}
