//! Both engines, with the digits model.

mod digits;

use std::{
	collections::BTreeMap,
	fs,
	os::unix::fs::symlink,
	process::Command,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};

use axum::{
	extract::Path as Segment,
	http::StatusCode,
	routing::{get, post},
	Json, Router,
};
use digits::{change, digits, distance, embedded, first_request, load, models, request, vectors};
use serde_json::{json, Value};
use tokio::{
	io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
	net::TcpStream,
};
use weighhouse_gateway::{
	attest::attest,
	engine::{
		Embedded, EmbeddedLimits, Engine, EngineError, EngineIdentity, LoadedModel, Oip,
		OipSettings,
	},
};
use weighhouse_manifest::{Datatype, TensorData, Values};

/// The digits model with its files in a folder of the test's own.
fn own_digits() -> (tempfile::TempDir, LoadedModel) {
	let folder = tempfile::tempdir().unwrap();
	for entry in fs::read_dir(models().join("digits")).unwrap() {
		let entry = entry.unwrap();
		fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
	}
	let model = load(folder.path());
	(folder, model)
}

/// The digits model under a root of its own, which is not read before it may be: its file is a pipe,
/// which nobody opens for writing.
struct Slow {
	folder: tempfile::TempDir,
	model: LoadedModel,
}

impl Slow {
	fn new(limit_ms: u32) -> Self {
		let (folder, mut model) = own_digits();
		set_limit(&mut model, limit_ms);
		change(&mut model, |manifest| manifest.artifact_root.0 = [1; 32]);
		let at = |name: &str| folder.path().join(name);
		fs::rename(at("model.onnx"), at("whole.onnx")).unwrap();
		let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
		assert!(made.success());
		symlink(at("pipe"), at("model.onnx")).unwrap();
		Self { folder, model }
	}

	/// Lets it be read. Whoever waits for the pipe sees that it is no model, and reads the file anew for
	/// the shapes of the inputs.
	fn let_go(&self) {
		let at = |name: &str| self.folder.path().join(name);
		let _ = fs::rename(at("whole.onnx"), at("model.onnx"));
		let mut both = fs::OpenOptions::new();
		if let Ok(pipe) = both.read(true).write(true).open(at("pipe")) {
			// Stays open for whoever is on the way to it.
			std::mem::forget(pipe);
		}
	}
}

impl Drop for Slow {
	fn drop(&mut self) {
		// The runtime waits for its threads.
		self.let_go();
	}
}

fn set_limit(model: &mut LoadedModel, limit_ms: u32) {
	change(model, |manifest| {
		manifest.attestation.as_mut().unwrap().max_latency_ms = limit_ms;
	});
}

async fn ask_first(engine: &Engine, model: &LoadedModel) -> Result<Vec<TensorData>, EngineError> {
	engine.run(model, &first_request(model)).await
}

fn close(found: &TensorData, expected: &TensorData) -> bool {
	let (found, expected) = (found.to_floats().unwrap(), expected.to_floats().unwrap());
	found.len() == expected.len()
		&& found
			.iter()
			.zip(&expected)
			.all(|(found, expected)| (found - expected).abs() < 1e-4)
}

#[tokio::test]
async fn embedded_gives_the_test_vectors() {
	let engine = embedded();
	assert_eq!(engine.ready().await, Ok(()));
	for folder in ["digits", "digits-small"] {
		let model = load(&models().join(folder));
		for (asked, expected) in vectors(folder) {
			let outputs = engine.run(&model, &request(&model, &asked)).await.unwrap();
			assert_eq!(outputs.len(), 2);
			assert_eq!(outputs[0], expected[0]);
			assert!(close(&outputs[1], &expected[1]), "{:?}", outputs[1]);
		}
	}
}

#[tokio::test]
async fn embedded_answers_a_batch_as_its_parts() {
	let (engine, model) = (embedded(), digits());
	let vectors = vectors("digits");
	let pixels: Vec<Value> = vectors
		.iter()
		.map(|(asked, _)| asked["inputs"][0]["data"].clone())
		.collect();
	let batch = json!({ "inputs": [{
		"name": "image", "datatype": "FP32", "shape": [vectors.len(), 64], "data": pixels,
	}] });
	let outputs = engine.run(&model, &request(&model, &batch)).await.unwrap();
	let expected = vectors
		.iter()
		.flat_map(|(_, outputs)| match &outputs[0].values {
			Values::Int(labels) => labels.clone(),
			other => panic!("labels are {other:?}"),
		});
	assert_eq!(outputs[0].values, Values::Int(expected.collect()));
}

#[tokio::test]
async fn embedded_answers_when_nothing_is_kept() {
	let engine = Engine::Embedded(Embedded::new(EmbeddedLimits {
		concurrency: 1,
		plans: 0,
		..EmbeddedLimits::default()
	}));
	let model = digits();
	for _ in 0..2 {
		let outputs = engine.run(&model, &first_request(&model)).await.unwrap();
		assert_eq!(outputs[0].values, Values::Int(vec![0]));
	}
}

#[tokio::test]
async fn embedded_runs_other_models_when_one_is_read_for_ever() {
	let engine = embedded();
	let (kept, other) = (digits(), load(&models().join("digits-small")));
	ask_first(&engine, &kept).await.unwrap();
	let slow = Slow::new(1_000);
	let result = ask_first(&engine, &slow.model).await;
	assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
	for _ in 0..3 {
		let result = ask_first(&engine, &slow.model).await;
		assert!(result.is_err(), "{result:?}");
	}
	assert_eq!(engine.ready().await, Ok(()));
	for model in [kept, other] {
		let outputs = ask_first(&engine, &model).await.unwrap();
		assert_eq!(outputs[0].values, Values::Int(vec![0]));
	}
}

#[tokio::test]
async fn embedded_is_unavailable_when_another_model_is_read_for_too_long() {
	let engine = embedded();
	let (kept, mut other) = (digits(), load(&models().join("digits-small")));
	ask_first(&engine, &kept).await.unwrap();
	let slow = Slow::new(600_000);
	let others = async {
		ask_first(&engine, &kept).await.unwrap();
		set_limit(&mut other, 300);
		let reason = "another model is being read".to_owned();
		let expected = Err(EngineError::Unavailable(reason));
		assert_eq!(ask_first(&engine, &other).await, expected);
		set_limit(&mut other, 20_000);
	};
	tokio::select! {
		biased;
		result = ask_first(&engine, &slow.model) => panic!("{result:?}"),
		() = others => {}
	}
	// Nobody waits for the slow one any more.
	ask_first(&engine, &other).await.unwrap();
}

#[tokio::test]
async fn embedded_runs_a_model_when_it_was_read_too_late() {
	let engine = embedded();
	let mut slow = Slow::new(1_000);
	let result = ask_first(&engine, &slow.model).await;
	assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
	slow.let_go();
	set_limit(&mut slow.model, 600_000);
	let started = Instant::now();
	let outputs = loop {
		match ask_first(&engine, &slow.model).await {
			Ok(outputs) => break outputs,
			Err(EngineError::Unavailable(reason)) => {
				assert!(started.elapsed() < Duration::from_secs(60), "{reason}");
			}
			Err(error) => panic!("{error}"),
		}
		tokio::time::sleep(Duration::from_millis(10)).await;
	};
	assert_eq!(outputs[0].values, Values::Int(vec![0]));
}

#[tokio::test]
async fn embedded_reads_no_model_that_is_larger_than_its_memory() {
	let model = digits();
	let size = model.manifest.artifact("model.onnx").unwrap().size;
	let engine = |weights| {
		Engine::Embedded(Embedded::new(EmbeddedLimits {
			weights,
			..EmbeddedLimits::default()
		}))
	};
	let small = engine(size - 1);
	for result in [
		small.admits(&model.manifest),
		small.run(&model, &first_request(&model)).await.map(|_| ()),
	] {
		let Err(EngineError::Broken(reason)) = result else {
			panic!("{result:?}");
		};
		assert!(reason.contains("engine.memory"), "{reason}");
	}
	let large = engine(size);
	assert_eq!(large.admits(&model.manifest), Ok(()));
	assert!(large.run(&model, &first_request(&model)).await.is_ok());
}

#[tokio::test]
async fn embedded_takes_the_datatype_that_the_manifest_declares() {
	let (engine, mut model) = (embedded(), digits());
	change(&mut model, |manifest| {
		let interface = manifest.interface.as_mut().unwrap();
		interface.inputs[0].datatype = Datatype::Uint8;
		interface.outputs[0].datatype = Datatype::Int8;
	});
	let mut asked = vectors("digits")[0].0.clone();
	asked["inputs"][0]["datatype"] = json!("UINT8");
	let outputs = engine.run(&model, &request(&model, &asked)).await.unwrap();
	assert_eq!(outputs[0].datatype, Datatype::Int8);
	assert_eq!(outputs[0].values, Values::Int(vec![0]));
}

#[tokio::test]
async fn embedded_refuses_input_that_the_model_does_not_take() {
	let (engine, mut model) = (embedded(), digits());
	change(&mut model, |manifest| {
		manifest.interface.as_mut().unwrap().inputs[0].shape = vec![-1, -1];
	});
	let asked = json!({ "inputs": [{ "name": "image", "datatype": "FP32", "shape": [1, 63], "data": vec![0; 63] }] });
	let result = engine.run(&model, &request(&model, &asked)).await;
	assert!(matches!(result, Err(EngineError::Refused(_))), "{result:?}");
}

#[tokio::test]
async fn embedded_refuses_when_the_model_gives_other_outputs() {
	let (engine, mut model) = (embedded(), digits());
	change(&mut model, |manifest| {
		manifest.interface.as_mut().unwrap().outputs[0].name = "digit".into();
	});
	let result = engine.run(&model, &first_request(&model)).await;
	let Err(EngineError::Refused(reason)) = result else {
		panic!("{result:?}");
	};
	assert!(reason.contains("`digit`"), "{reason}");
}

#[tokio::test]
async fn embedded_is_broken_when_the_model_cannot_be_read() {
	let (folder, model) = own_digits();
	fs::write(folder.path().join("model.onnx"), b"\x0a\x05hello").unwrap();
	let result = embedded().run(&model, &first_request(&model)).await;
	assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
	fs::remove_file(folder.path().join("model.onnx")).unwrap();
	let result = embedded().run(&model, &first_request(&model)).await;
	assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
}

#[tokio::test]
async fn embedded_is_broken_when_no_file_is_onnx() {
	let mut model = digits();
	change(&mut model, |manifest| {
		manifest
			.artifacts
			.retain(|artifact| !artifact.path.ends_with(".onnx"));
	});
	let asked = first_request(&model);
	let result = embedded().run(&model, &asked).await;
	let Err(EngineError::Broken(reason)) = result else {
		panic!("{result:?}");
	};
	assert!(reason.contains("*.onnx"), "{reason}");
}

#[tokio::test]
async fn run_is_broken_when_the_manifest_has_no_interface() {
	let mut model = digits();
	let asked = first_request(&model);
	change(&mut model, |manifest| manifest.interface = None);
	let result = embedded().run(&model, &asked).await;
	assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
}

/// An inference server with the routes given; how often it was asked to infer is counted.
async fn server(status: u16, answer: &'static str, is_ready: bool) -> (Oip, Arc<AtomicUsize>) {
	let asked = Arc::new(AtomicUsize::new(0));
	let counted = asked.clone();
	let status = StatusCode::from_u16(status).unwrap();
	let infer = move |Segment(name): Segment<String>, Json(body): Json<Value>| async move {
		counted.fetch_add(1, Ordering::SeqCst);
		assert!(body["inputs"].is_array());
		match name.as_str() {
			"digits" if answer == "hang" => {
				tokio::time::sleep(Duration::from_secs(60)).await;
				(status, answer)
			}
			"digits" => (status, answer),
			_ => (StatusCode::NOT_FOUND, r#"{"error":"Model none not found"}"#),
		}
	};
	let ready = if is_ready {
		StatusCode::OK
	} else {
		StatusCode::SERVICE_UNAVAILABLE
	};
	let about = r#"{"name":"mlserver","version":"1.7.1","extensions":[]}"#;
	let routes = Router::new()
		.route("/v2", get(move || async move { about }))
		.route("/v2/health/ready", get(move || async move { ready }))
		.route("/v2/models/{name}/ready", get(move || async move { ready }))
		.route("/v2/models/{name}/infer", post(infer));
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let url = format!("http://{}", listener.local_addr().unwrap());
	tokio::spawn(async move { axum::serve(listener, routes).await });
	let oip = Oip::new(OipSettings::new(url.parse().unwrap())).unwrap();
	(oip, asked)
}

/// As MLServer 1.7.1 answers, with an added dimension and floats as doubles.
const ANSWER: &str = r#"{"model_name":"digits","id":"1","parameters":{},"outputs":[
	{"name":"labels","shape":[1,1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[0]},
	{"name":"logits","shape":[1,10],"datatype":"FP32","parameters":{"content_type":"np"},
	"data":[13.14903450012207,-1.3598672151565552,-3.245866298675537,-11.27511978149414,0.8215696215629578,
	-5.428899765014648,3.1157400608062744,-3.5385169982910156,-0.13182327151298523,-3.4459421634674072]}]}"#;

async fn ask(oip: Oip, model: &LoadedModel) -> Result<Vec<TensorData>, EngineError> {
	Engine::Oip(oip).run(model, &first_request(model)).await
}

#[tokio::test]
async fn oip_answers_as_the_embedded_engine_does() {
	let (oip, _) = server(200, ANSWER, true).await;
	let model = digits();
	let outputs = ask(oip, &model).await.unwrap();
	let own = embedded()
		.run(&model, &first_request(&model))
		.await
		.unwrap();
	assert_eq!(outputs[0], own[0]);
	let (one, other) = (
		attest(&model.manifest, &outputs).unwrap(),
		attest(&model.manifest, &own).unwrap(),
	);
	assert_eq!(one.output_hash, other.output_hash);
	let tau = model
		.manifest
		.attestation
		.as_ref()
		.unwrap()
		.fingerprint
		.unwrap()
		.tau;
	let found = distance(&one.fingerprint, &other.fingerprint);
	assert!(found <= u32::from(tau), "{found} bits differ");
}

#[tokio::test]
async fn oip_says_which_server_it_is_once_it_was_ready() {
	let (oip, _) = server(200, ANSWER, true).await;
	let engine = Engine::Oip(oip);
	assert_eq!(engine.identity().name, "oip");
	assert_eq!(engine.known_identity(), None);
	assert_eq!(engine.ready().await, Ok(()));
	let expected = EngineIdentity {
		name: "mlserver".into(),
		version: "1.7.1".into(),
	};
	assert_eq!(engine.identity(), expected);
}

#[tokio::test]
async fn oip_is_unavailable_when_the_server_is_not_ready() {
	let (oip, _) = server(200, ANSWER, false).await;
	let result = Engine::Oip(oip).ready().await;
	assert!(
		matches!(result, Err(EngineError::Unavailable(_))),
		"{result:?}"
	);
}

#[tokio::test]
async fn oip_is_unavailable_when_nobody_listens() {
	let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let url = format!("http://{}", listener.local_addr().unwrap());
	drop(listener);
	let oip = Oip::new(OipSettings::new(url.parse().unwrap())).unwrap();
	let result = ask(oip, &digits()).await;
	let Err(EngineError::Unavailable(reason)) = result else {
		panic!("{result:?}");
	};
	assert!(reason.contains(&url), "{reason}");
}

#[tokio::test]
async fn oip_is_unavailable_when_the_answer_takes_too_long() {
	let (oip, _) = server(200, "hang", true).await;
	let mut model = digits();
	change(&mut model, |manifest| {
		manifest.attestation.as_mut().unwrap().max_latency_ms = 300;
	});
	let start = Instant::now();
	let result = ask(oip, &model).await;
	assert!(
		matches!(result, Err(EngineError::Unavailable(_))),
		"{result:?}"
	);
	assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn oip_refuses_when_a_ready_server_fails() {
	for status in [400, 422, 500] {
		let (oip, asked) = server(status, "Internal Server Error", true).await;
		let result = ask(oip, &digits()).await;
		let Err(EngineError::Refused(reason)) = result else {
			panic!("{result:?}");
		};
		assert!(reason.contains(&status.to_string()), "{reason}");
		assert!(reason.contains("Internal Server Error"), "{reason}");
		assert_eq!(asked.load(Ordering::SeqCst), 1, "it was asked again");
	}
}

/// A server that does this with the first connection, and answers all others with status 200. How often it
/// was asked to infer is counted.
async fn server_that(first: First) -> (Oip, Arc<AtomicUsize>) {
	let asked = Arc::new(AtomicUsize::new(0));
	let counted = asked.clone();
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let url = format!("http://{}", listener.local_addr().unwrap());
	tokio::spawn(async move {
		for connection in 0.. {
			let (stream, _) = listener.accept().await.unwrap();
			let is_first = connection == 0;
			tokio::spawn(answer(stream, is_first.then_some(first), counted.clone()));
		}
	});
	let oip = Oip::new(OipSettings::new(url.parse().unwrap())).unwrap();
	(oip, asked)
}

#[derive(Clone, Copy)]
enum First {
	/// Hangs up without an answer.
	HangsUp,
	/// Answers with status 500 and, as uvicorn does after a fault, hangs up when the next request is on its way.
	FailsAndHangsUp,
}

async fn answer(stream: TcpStream, first: Option<First>, posts: Arc<AtomicUsize>) {
	let mut stream = BufReader::new(stream);
	let (mut line, mut length) = (String::new(), 0);
	while line != "\r\n" {
		line.clear();
		if stream.read_line(&mut line).await.unwrap() == 0 {
			return;
		}
		if line.starts_with("POST ") {
			posts.fetch_add(1, Ordering::SeqCst);
		}
		if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
			length = bytes.trim().parse().unwrap();
		}
	}
	stream.read_exact(&mut vec![0; length]).await.unwrap();
	let answer: &[u8] = match first {
		Some(First::HangsUp) => return,
		Some(First::FailsAndHangsUp) => {
			b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
		}
		None => b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
	};
	stream.write_all(answer).await.unwrap();
	if first.is_some() {
		stream.read_u8().await.unwrap();
	}
}

#[tokio::test]
async fn oip_refuses_when_a_ready_server_that_fails_hangs_up() {
	let (oip, asked) = server_that(First::FailsAndHangsUp).await;
	let result = ask(oip, &digits()).await;
	assert!(matches!(result, Err(EngineError::Refused(_))), "{result:?}");
	assert_eq!(asked.load(Ordering::SeqCst), 1, "it was asked again");
}

#[tokio::test]
async fn oip_does_not_ask_again_when_the_server_hangs_up_on_it() {
	let (oip, asked) = server_that(First::HangsUp).await;
	let result = ask(oip, &digits()).await;
	assert!(
		matches!(result, Err(EngineError::Unavailable(_))),
		"{result:?}"
	);
	assert_eq!(asked.load(Ordering::SeqCst), 1, "it was asked again");
}

#[tokio::test]
async fn oip_is_unavailable_when_the_server_fails_for_a_moment() {
	for (status, is_ready) in [(500, false), (503, true), (429, true)] {
		let (oip, _) = server(status, "busy", is_ready).await;
		let result = ask(oip, &digits()).await;
		assert!(
			matches!(result, Err(EngineError::Unavailable(_))),
			"{result:?}"
		);
	}
}

#[tokio::test]
async fn oip_is_broken_when_the_server_does_not_know_the_model() {
	let (oip, _) = server(200, ANSWER, true).await;
	let mut model = digits();
	change(&mut model, |manifest| manifest.name = "no/../ne".into());
	let result = ask(oip, &model).await;
	let Err(EngineError::Broken(reason)) = result else {
		panic!("{result:?}");
	};
	assert!(reason.contains("no/../ne"), "{reason}");
	assert!(reason.contains("Model none not found"), "{reason}");
}

#[tokio::test]
async fn oip_calls_models_as_the_settings_say() {
	let (oip, _) = server(200, ANSWER, true).await;
	let mut model = digits();
	change(&mut model, |manifest| manifest.name = "other".into());
	let settings = oip.settings().clone();
	let oip = Oip::new(OipSettings {
		models: BTreeMap::from([(model.listing, "digits".to_owned())]),
		..settings
	});
	assert!(ask(oip.unwrap(), &model).await.is_ok());
}

#[tokio::test]
async fn oip_is_broken_when_the_answer_makes_no_sense() {
	for answer in ["{}", "not JSON", r#"{"outputs":[]}"#] {
		let (oip, _) = server(200, answer, true).await;
		let result = ask(oip, &digits()).await;
		assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
	}
	let (oip, _) = server(200, ANSWER, true).await;
	let settings = OipSettings {
		answer_limit: 100,
		..oip.settings().clone()
	};
	let result = ask(Oip::new(settings).unwrap(), &digits()).await;
	let Err(EngineError::Broken(reason)) = result else {
		panic!("{result:?}");
	};
	assert!(reason.contains("100 bytes"), "{reason}");
}

#[test]
fn oip_is_broken_when_the_address_is_no_web_address() {
	for address in ["ftp://127.0.0.1", "data:x"] {
		let result = Oip::new(OipSettings::new(address.parse().unwrap()));
		assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
	}
}
