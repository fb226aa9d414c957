//! Requests against an interface.

mod common;

use common::full_manifest;
use serde_json::{json, Value};
use weighhouse_manifest::{
	check_request, read_response, Datatype, Interface, OipRequest, RequestError, Tensor,
	TensorData, TensorError, Values,
};

fn tensor(name: &str, datatype: Datatype, shape: &[i64]) -> Tensor {
	Tensor {
		name: name.to_owned(),
		datatype,
		shape: shape.to_vec(),
		scale: None,
		description: None,
	}
}

fn interface(inputs: Vec<Tensor>) -> Interface {
	Interface {
		inputs,
		outputs: Vec::new(),
		input_limit: 4096,
	}
}

fn one(datatype: Datatype, shape: &[i64]) -> Interface {
	interface(vec![tensor("x", datatype, shape)])
}

fn ask(interface: &Interface, request: &Value) -> Result<OipRequest, RequestError> {
	check_request(interface, request.to_string().as_bytes())
}

fn ask_one(
	datatype: Datatype,
	declared: &[i64],
	shape: Value,
	data: Value,
) -> Result<Values, RequestError> {
	let input = json!({ "name": "x", "datatype": datatype.name(), "shape": shape, "data": data });
	let request = ask(&one(datatype, declared), &json!({ "inputs": [input] }))?;
	Ok(request.inputs.into_iter().next().unwrap().values)
}

#[test]
fn check_request_takes_flat_and_nested_elements() {
	let expected = Values::Int(vec![1, 2, 3, 4]);
	for data in [json!([1, 2, 3, 4]), json!([[1, 2], [3, 4]])] {
		let values = ask_one(Datatype::Int64, &[-1, 2], json!([2, 2]), data);
		assert_eq!(values.unwrap(), expected);
	}
}

#[test]
fn check_request_leaves_out_what_is_not_asked_for() {
	let input =
		json!({ "name": "x", "datatype": "BOOL", "shape": [1], "data": [true], "parameters": {} });
	let request = json!({ "id": "7", "parameters": { "a": 1 }, "outputs": [], "inputs": [input] });
	let request = ask(&one(Datatype::Bool, &[1]), &request).unwrap();
	let expected =
		json!({ "inputs": [{ "name": "x", "datatype": "BOOL", "shape": [1], "data": [true] }] });
	assert_eq!(request.to_oip(), expected);
}

#[test]
fn check_request_gives_inputs_in_the_declared_order() {
	let declared = interface(vec![
		tensor("a", Datatype::Int8, &[1]),
		tensor("b", Datatype::Bytes, &[1]),
	]);
	let request = json!({ "inputs": [
		{ "name": "b", "datatype": "BYTES", "shape": [1], "data": ["é"] },
		{ "name": "a", "datatype": "INT8", "shape": [1], "data": [-128] },
	] });
	let request = ask(&declared, &request).unwrap();
	let expected = [
		TensorData::new("a", Datatype::Int8, vec![1], Values::Int(vec![-128])).unwrap(),
		TensorData::new(
			"b",
			Datatype::Bytes,
			vec![1],
			Values::Bytes(vec!["é".into()]),
		)
		.unwrap(),
	];
	assert_eq!(request.inputs, expected);
}

#[test]
fn check_request_rounds_floats_to_their_datatype() {
	let wide = 13.149_033_546_447_754_f64;
	let values = ask_one(Datatype::Fp32, &[2], json!([2]), json!([13.149034, wide]));
	assert_eq!(values.unwrap(), Values::Float(vec![wide, wide]));
	let values = ask_one(Datatype::Fp16, &[2], json!([2]), json!([0.1, 3]));
	assert_eq!(
		values.unwrap(),
		Values::Float(vec![0.099_975_585_937_5, 3.0])
	);
}

#[test]
fn check_request_takes_whole_numbers_to_the_ends_of_their_range() {
	let values = ask_one(Datatype::Uint64, &[2], json!([2]), json!([0, u64::MAX]));
	assert_eq!(values.unwrap(), Values::Uint(vec![0, u64::MAX]));
	let values = ask_one(
		Datatype::Int64,
		&[2],
		json!([2]),
		json!([i64::MIN, i64::MAX]),
	);
	assert_eq!(values.unwrap(), Values::Int(vec![i64::MIN, i64::MAX]));
}

#[test]
fn check_request_fails_when_it_is_longer_than_the_model_takes() {
	let mut declared = one(Datatype::Int8, &[1]);
	declared.input_limit = 10;
	let result = check_request(&declared, &[b' '; 11]);
	assert_error!(result, RequestError::TooLarge { .. }, "11 bytes", "10");
}

#[test]
fn check_request_fails_when_it_is_no_request() {
	let declared = one(Datatype::Int8, &[1]);
	for body in [
		"",
		"{}",
		"[]",
		"{\"inputs\":[]} x",
		"{\"inputs\":[],\"inputs\":[]}",
	] {
		let result = check_request(&declared, body.as_bytes());
		assert_error!(result, RequestError::Json(_), "Open Inference Protocol");
	}
}

#[test]
fn check_request_fails_when_data_is_malformed() {
	for (data, word) in [
		(json!(1), "must be a list"),
		(json!([1, true]), "different kinds"),
		(json!([1, [2]]), "side by side"),
		(json!([[1], [2, 3]]), "different lengths"),
		(json!([null]), "NaN"),
		(json!([{}]), "a JSON number"),
	] {
		let result = ask_one(Datatype::Int8, &[-1], json!([2]), data);
		assert_error!(result, RequestError::Json(_), word);
	}
}

#[test]
fn check_request_fails_when_lists_are_nested_too_deeply() {
	let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
	let result = ask_one(Datatype::Int8, &[1], json!([1]), deep);
	assert_error!(result, RequestError::Json(_), "16 lists");
}

#[test]
fn check_request_fails_when_names_differ() {
	let manifest = full_manifest();
	let declared = manifest.interface.unwrap();
	let result = ask(&declared, &json!({ "inputs": [] }));
	assert_error!(
		result,
		RequestError::Missing { .. },
		"`image`",
		"FP32 [-1, 64]"
	);
	let input = |name: &str| json!({ "name": name, "datatype": "FP32", "shape": [1, 64], "data": vec![0; 64] });
	let result = ask(&declared, &json!({ "inputs": [input("picture")] }));
	assert_error!(result, RequestError::Unknown { .. }, "`picture`", "`image`");
	let twice = json!({ "inputs": [input("image"), input("image")] });
	assert_error!(ask(&declared, &twice), RequestError::Twice { .. }, "once");
}

#[test]
fn check_request_fails_when_the_datatype_differs() {
	let request =
		json!({ "inputs": [{ "name": "x", "datatype": "FP64", "shape": [1], "data": [1] }] });
	let result = ask(&one(Datatype::Fp32, &[1]), &request);
	assert_error!(result, RequestError::Datatype { .. }, "FP64", "FP32");
}

#[test]
fn check_request_fails_when_the_shape_differs() {
	for (shape, count) in [(json!([2]), 2), (json!([1, 3]), 3), (json!([1, 2, 1]), 2)] {
		let result = ask_one(Datatype::Int8, &[-1, 2], shape, json!(vec![0; count]));
		assert_error!(
			result,
			RequestError::Tensor(TensorError::Shape { .. }),
			"[-1, 2]"
		);
	}
	let result = ask_one(Datatype::Int8, &[-1, 2], json!([0, 2]), json!([]));
	assert_error!(result, RequestError::Hollow { .. }, "at least 1");
	let result = ask_one(Datatype::Int8, &[-1], json!([-1]), json!([1]));
	assert_error!(result, RequestError::Json(_), "-1");
}

#[test]
fn check_request_fails_when_the_number_of_elements_differs() {
	let result = ask_one(Datatype::Int8, &[-1], json!([3]), json!([1, 2]));
	assert_error!(
		result,
		RequestError::Tensor(TensorError::Count { .. }),
		"2 elements",
		"3"
	);
	let result = ask_one(
		Datatype::Int8,
		&[-1, -1],
		json!([2, 2]),
		json!([[1, 2, 3, 4]]),
	);
	assert_error!(
		result,
		RequestError::Tensor(TensorError::Nesting { .. }),
		"[1, 4]",
		"[2, 2]"
	);
	let huge = json!(vec![u32::MAX; 5]);
	let result = ask_one(Datatype::Int8, &[-1; 5], huge, json!([1]));
	assert_error!(
		result,
		RequestError::Tensor(TensorError::Count { .. }),
		"more than fit"
	);
}

#[test]
fn check_request_fails_when_an_element_does_not_fit() {
	for (datatype, data) in [
		(Datatype::Uint8, json!([0, 256])),
		(Datatype::Uint8, json!([0, -1])),
		(Datatype::Int8, json!([0, 128])),
		(Datatype::Int64, json!([0, u64::MAX])),
		(Datatype::Fp32, json!([0, 1e39])),
		(Datatype::Fp16, json!([0, 65_520])),
	] {
		let result = ask_one(datatype, &[2], json!([2]), data);
		assert_error!(
			result,
			RequestError::Tensor(TensorError::Range { index: 1, .. }),
			datatype.name()
		);
	}
}

#[test]
fn check_request_fails_when_elements_are_of_another_kind() {
	for (datatype, data) in [
		(Datatype::Int8, json!([1.5])),
		(Datatype::Bool, json!([1])),
		(Datatype::Fp32, json!(["1"])),
		(Datatype::Bytes, json!([1])),
		(Datatype::Uint8, json!([true])),
	] {
		let result = ask_one(datatype, &[1], json!([1]), data);
		assert_error!(
			result,
			RequestError::Tensor(TensorError::Kind { .. }),
			datatype.name()
		);
	}
}

#[test]
fn read_response_reads_what_an_inference_server_writes() {
	let body = br#"{"model_name":"digits","id":"1","parameters":{},"outputs":[
		{"name":"labels","shape":[1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[0]},
		{"name":"logits","shape":[1,2],"datatype":"FP32","data":[13.149033546447754,-1.3598670959472656]}]}"#;
	let outputs = read_response(body).unwrap();
	assert_eq!(outputs[0].values, Values::Int(vec![0]));
	assert_eq!(outputs[1].shape, [1, 2]);
	assert_eq!(
		outputs[1].to_oip()["data"].to_string(),
		"[13.149034,-1.3598671]"
	);
	assert!(read_response(b"Internal Server Error").is_err());
}

#[test]
fn from_oip_reads_what_to_oip_writes() {
	for (datatype, values) in [
		(Datatype::Bool, Values::Bool(vec![true, false])),
		(Datatype::Uint64, Values::Uint(vec![0, u64::MAX])),
		(Datatype::Int16, Values::Int(vec![-7, 7])),
		(Datatype::Fp32, Values::Float(vec![0.5, f64::from(0.1_f32)])),
		(Datatype::Fp64, Values::Float(vec![1e-300, -0.1])),
		(
			Datatype::Bytes,
			Values::Bytes(vec![b"a".to_vec(), Vec::new()]),
		),
	] {
		let tensor = TensorData::new("x", datatype, vec![2, 1], values).unwrap();
		assert_eq!(TensorData::from_oip(&tensor.to_oip()).unwrap(), tensor);
	}
}
