//! Jobs whose model is behind an inference server, right or wrong.

mod common;

use std::time::Duration;

use serde_json::{json, Value};
use tempfile::TempDir;
use weighhouse_gateway::{config::EngineKind, Config, Gateway};
use weighhouse_manifest::{Engine, Manifest};
use weighhouse_primitives::inference::Status;

use common::{assignment, config, models, publish, vectors, FakeIpfs, FakeOip, Http, Model};

struct Setting {
	_folder: TempDir,
	ipfs: FakeIpfs,
	model: Model,
	_gateway: Gateway,
	http: Http,
}

async fn setting(
	server: &FakeOip,
	edit: impl FnOnce(&mut Manifest),
	change: impl FnOnce(&mut Config),
) -> Setting {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", edit);
	let mut config = config(&ipfs, folder.path());
	config.engine.kind = EngineKind::Oip;
	config.engine.url = Some(server.address.clone());
	config.engine.ignore_pin = true;
	change(&mut config);
	let gateway = Gateway::start(config).await.unwrap();
	let http = Http::of(&gateway);
	Setting {
		_folder: folder,
		ipfs,
		model,
		_gateway: gateway,
		http,
	}
}

impl Setting {
	/// The end of a job that asks with the test vector of this number.
	async fn end(&self, vector: usize) -> Result<Status, String> {
		let request = &vectors()[vector].0;
		let number = u8::try_from(vector).unwrap() + 1;
		let job = assignment(&self.ipfs, &self.model, request, number);
		let completion = self.http.end(&job).await?;
		Ok(completion.reveal.answer.status)
	}
}

/// The right answers to the first two test vectors; to everything else, the status given.
fn first_vectors(otherwise: u16) -> impl Fn(Value) -> Option<(u16, String)> + Clone {
	let text = std::fs::read(models().join("digits/test-vectors.json")).unwrap();
	let file: Value = serde_json::from_slice(&text).unwrap();
	let known: Vec<(Value, String)> = file["vectors"].as_array().unwrap()[..2]
		.iter()
		.map(|vector| {
			let answer = json!({ "model_name": "digits", "outputs": vector["outputs"] });
			(vector["inputs"][0]["data"].clone(), answer.to_string())
		})
		.collect();
	let numbers = |data: &Value| -> Vec<f64> {
		let all = data.as_array().unwrap().iter();
		all.map(|number| number.as_f64().unwrap()).collect()
	};
	move |body: Value| {
		let asked = numbers(&body["inputs"][0]["data"]);
		let found = known.iter().find(|(data, _)| numbers(data) == asked);
		Some(found.map_or_else(
			|| (otherwise, r#"{"error":"no"}"#.to_owned()),
			|(_, answer)| (200, answer.clone()),
		))
	}
}

fn without_vectors(manifest: &mut Manifest) {
	manifest.attestation.as_mut().unwrap().test_vectors.clear();
}

#[tokio::test]
async fn right_server_is_believed_whatever_it_says() {
	for refusal in [400, 422, 500] {
		let server = FakeOip::start(first_vectors(refusal)).await;
		let setting = setting(&server, |_| (), |_| ()).await;
		assert_eq!(setting.end(0).await, Ok(Status::Ok));
		assert_eq!(setting.end(1).await, Ok(Status::Ok));
		assert_eq!(setting.end(2).await, Ok(Status::ModelError), "{refusal}");
	}
}

#[tokio::test]
async fn wrong_server_is_not_believed_when_it_refuses() {
	for refusal in [400, 500] {
		let server = FakeOip::start(move |_| Some((refusal, "no".into()))).await;
		let setting = setting(&server, |_| (), |_| ()).await;
		let reason = setting.end(0).await.unwrap_err();
		assert!(reason.starts_with("422 "), "{reason}");
		assert!(reason.contains("test vector"), "{reason}");
	}
}

#[tokio::test]
async fn wrong_server_is_not_believed_when_it_answers() {
	let (right, swapped) = (first_vectors(500), vectors()[1].0.clone());
	// To every image, the answer to the second.
	let server = FakeOip::start(move |_| right(swapped.clone())).await;
	let setting = setting(&server, |_| (), |_| ()).await;
	let reason = setting.end(1).await.unwrap_err();
	assert!(reason.contains("test vector"), "{reason}");
}

#[tokio::test]
async fn refusal_is_no_answer_when_there_are_no_test_vectors() {
	let server = FakeOip::start(first_vectors(500)).await;
	let setting = setting(&server, without_vectors, |_| ()).await;
	assert_eq!(setting.end(0).await, Ok(Status::Ok));
	let reason = setting.end(2).await.unwrap_err();
	assert!(reason.starts_with("422 "), "{reason}");
	assert!(reason.contains("no test vectors"), "{reason}");
}

#[tokio::test]
async fn job_waits_when_a_pinned_server_does_not_say_who_it_is() {
	let server = FakeOip::start(first_vectors(500)).await;
	server.be_shy(2);
	let pin = |manifest: &mut Manifest| {
		manifest.attestation.as_mut().unwrap().engine = Some(Engine {
			name: "mlserver".into(),
			version: "1.7.1".into(),
		});
	};
	let strict = |config: &mut Config| {
		config.engine.ignore_pin = false;
		config.timeouts.job = Duration::from_secs(20);
	};
	let setting = setting(&server, pin, strict).await;
	assert_eq!(setting.end(0).await, Ok(Status::Ok));
}
