//! What is answered, with the digits model run by the embedded engine.

mod common;

use std::time::{Duration, Instant};

use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use sp_core::H256;
use tempfile::TempDir;
use weighhouse_gateway::{attest::fingerprint, Config, Gateway};
use weighhouse_manifest::{decode_canonical, Manifest, Values};
use weighhouse_primitives::{
	inference::{Answer, Disputed, Ground, Round, Status},
	AnswerClass, Answers, Codec, ContentId,
};

use common::{assignment, batch, config, path, publish, vectors, FakeIpfs, Http, Model};

struct Setting {
	folder: TempDir,
	ipfs: FakeIpfs,
	model: Model,
	_gateway: Gateway,
	http: Http,
}

async fn setting(edit: impl FnOnce(&mut Manifest), change: impl FnOnce(&mut Config)) -> Setting {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", edit);
	let mut config = config(&ipfs, folder.path());
	change(&mut config);
	let gateway = Gateway::start(config).await.unwrap();
	let http = Http::of(&gateway);
	Setting {
		folder,
		ipfs,
		model,
		_gateway: gateway,
		http,
	}
}

/// Makes the logits part of the answer, so that outputs grow and hold their own evidence.
fn with_logits(manifest: &mut Manifest) {
	let attestation = manifest.attestation.as_mut().unwrap();
	attestation.outputs = vec!["labels".into(), "logits".into()];
}

/// Gives up on inputs after a hundredth of 20 s.
fn impatient(config: &mut Config) {
	config.input_patience = 5;
}

#[tokio::test]
async fn labels_are_right_for_every_test_vector() {
	let setting = setting(|_| (), |_| ()).await;
	for (number, (request, labels)) in (1u8..).zip(vectors()) {
		let job = assignment(&setting.ipfs, &setting.model, &request, number);
		let reveal = setting.http.end(&job).await.unwrap().reveal;
		assert_eq!(reveal.answer.status, Status::Ok);
		let outputs = decode_canonical(&reveal.output).unwrap();
		assert_eq!(outputs.len(), 1);
		assert_eq!(outputs[0].name, "labels");
		assert_eq!(outputs[0].values, Values::Int(labels));
	}
}

#[tokio::test]
async fn output_lies_on_ipfs_when_it_is_too_large_for_a_reveal() {
	let setting = setting(with_logits, |_| ()).await;
	let job = assignment(&setting.ipfs, &setting.model, &batch(40), 1);
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::Ok);
	assert!(reveal.output.is_empty());
	let output = setting.ipfs.block(reveal.answer.output_hash).unwrap();
	assert!(output.len() > 512);
	assert_eq!(decode_canonical(&output).unwrap().len(), 2);
}

#[tokio::test]
async fn statement_says_how_the_answer_came_about() {
	let setting = setting(|_| (), |_| ()).await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let answer = setting.http.end(&job).await.unwrap().reveal.answer;
	let statement = stored(&setting.ipfs, answer.statement).await;
	let statement: Value = serde_json::from_slice(&statement).unwrap();
	assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
	assert_eq!(
		statement["subject"][0]["digest"]["sha256"],
		hex::encode(answer.output_hash)
	);
	assert_eq!(statement["predicate"]["engine"]["name"], "tract");
	assert_eq!(statement["predicate"]["input"]["cid"], job.input);
}

/// What lies under a digest, once it does.
async fn stored(ipfs: &FakeIpfs, hash: H256) -> Vec<u8> {
	let started = Instant::now();
	loop {
		if let Some(block) = ipfs.block(hash) {
			return block;
		}
		assert!(started.elapsed() < Duration::from_secs(30), "not stored");
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
}

#[tokio::test]
async fn answer_does_not_wait_for_its_statement() {
	let setting = setting(
		|_| (),
		|config| {
			config.timeouts.idle = Duration::from_secs(30);
			config.timeouts.fetch = Duration::from_secs(60);
		},
	)
	.await;
	setting.ipfs.hang_puts(true);
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let started = Instant::now();
	let answer = setting.http.end(&job).await.unwrap().reveal.answer;
	assert!(started.elapsed() < Duration::from_secs(20));
	assert_eq!(answer.status, Status::Ok);
	assert!(!answer.statement.is_zero());
	assert!(setting.ipfs.block(answer.statement).is_none());
	setting.ipfs.hang_puts(false);
	stored(&setting.ipfs, answer.statement).await;
}

#[tokio::test]
async fn workers_agree_but_hide_it_from_each_other() {
	let setting = setting(|_| (), |_| ()).await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let mut other = job.clone();
	other.worker = H256::repeat_byte(0x78);
	let first = setting.http.end(&job).await.unwrap();
	let second = setting.http.end(&other).await.unwrap();
	assert_eq!(
		first.reveal.answer.output_hash,
		second.reveal.answer.output_hash
	);
	assert_eq!(
		first.reveal.answer.fingerprint,
		second.reveal.answer.fingerprint
	);
	assert_ne!(first.reveal.salt, second.reveal.salt);
	assert_ne!(first.commitment, second.commitment);
}

#[tokio::test]
async fn input_is_unavailable_when_nobody_has_it_in_time() {
	let setting = setting(|_| (), impatient).await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	setting.ipfs.hide(&ContentId::raw(job.input_hash.0));
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::InputUnavailable);
	assert!(reveal.answer.output_hash.is_zero() && reveal.answer.statement.is_zero());
	let asked = setting.ipfs.asked_for(&ContentId::raw(job.input_hash.0));
	assert!(asked > 1, "it was asked for {asked} times");
}

/// As patient with an IPFS node as it comes, which is longer than the shortest window of the chain.
fn patient(config: &mut Config) {
	config.timeouts.idle = Duration::from_secs(30);
	config.timeouts.fetch = Duration::from_secs(60);
}

#[tokio::test]
async fn input_is_unavailable_in_time_when_the_ipfs_node_looks_for_it_for_ever() {
	let setting = setting(
		|_| (),
		|config| {
			patient(config);
			config.input_patience = 20;
		},
	)
	.await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	setting.ipfs.hang(&ContentId::raw(job.input_hash.0));
	let started = Instant::now();
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	let took = started.elapsed();
	assert_eq!(reveal.answer.status, Status::InputUnavailable);
	assert!(took > Duration::from_secs(3), "it gave up after {took:?}");
	assert!(took < Duration::from_secs(12), "it took {took:?} of 20 s");
}

#[tokio::test]
async fn output_is_unavailable_in_time_when_the_ipfs_node_looks_for_it_for_ever() {
	let setting = setting(
		|_| (),
		|config| {
			patient(config);
			config.input_patience = 20;
		},
	)
	.await;
	let mut job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let lost = H256::repeat_byte(9);
	setting.ipfs.hang(&ContentId::raw(lost.0));
	job.round = Round::Jury;
	job.disputed = Some(Disputed {
		ground: Ground::Unavailable,
		output_hash: lost,
		fingerprint: [0; 32],
	});
	let started = Instant::now();
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::InputUnavailable);
	assert!(started.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn other_jobs_are_answered_when_inputs_are_withheld() {
	let setting = setting(
		|_| (),
		|config| {
			patient(config);
			config.concurrency = 1;
		},
	)
	.await;
	let mut withheld = Vec::new();
	for number in 1..=4 {
		let request = &vectors()[usize::from(number)].0;
		let job = assignment(&setting.ipfs, &setting.model, request, number);
		setting.ipfs.hang(&ContentId::raw(job.input_hash.0));
		setting.http.put_scale(&job).await;
		withheld.push(job);
	}
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 9);
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::Ok);
	for job in &withheld {
		let (_, job) = setting.http.get_json(&path(job)).await;
		assert_eq!(job["state"], "running");
	}
}

#[tokio::test]
async fn nothing_is_answered_when_the_own_ipfs_node_gives_nothing_at_all() {
	let setting = setting(
		|_| (),
		|config| {
			impatient(config);
			config.timeouts.job = Duration::from_secs(2);
		},
	)
	.await;
	let first = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	assert!(setting.http.end(&first).await.is_ok());
	setting.ipfs.hide(&setting.model.cid);
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[1].0, 2);
	setting.ipfs.hide(&ContentId::raw(job.input_hash.0));
	let reason = setting.http.end(&job).await.unwrap_err();
	assert!(reason.starts_with("422 "), "{reason}");
	assert!(reason.contains("given before"), "{reason}");
}

#[tokio::test]
async fn input_is_unavailable_when_its_id_cannot_be_of_its_digest() {
	let setting = setting(|_| (), |_| ()).await;
	let mut job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	job.input_hash = H256::repeat_byte(1);
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::InputUnavailable);
}

#[tokio::test]
async fn nothing_is_answered_when_the_own_ipfs_node_is_away() {
	let setting = setting(
		|_| (),
		|config| {
			impatient(config);
			config.ipfs = "http://127.0.0.1:9".into();
			config.timeouts.job = Duration::from_secs(3);
		},
	)
	.await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let reason = setting.http.end(&job).await.unwrap_err();
	assert!(reason.starts_with("422 "), "{reason}");
	assert!(reason.contains("no IPFS node answers"), "{reason}");
}

#[tokio::test]
async fn model_error_is_answered_when_the_request_does_not_fit() {
	let setting = setting(|_| (), |_| ()).await;
	let wrong = [
		json!({ "inputs": [] }),
		json!({ "inputs": [{ "name": "image", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3] }] }),
		json!({ "inputs": [{ "name": "picture", "datatype": "FP32", "shape": [1, 64], "data": vec![0; 64] }] }),
		json!("digits"),
		batch(400),
	];
	for (number, request) in (1u8..).zip(wrong) {
		let job = assignment(&setting.ipfs, &setting.model, &request, number);
		let reveal = setting.http.end(&job).await.unwrap().reveal;
		assert_eq!(reveal.answer.status, Status::ModelError, "{number}");
		assert!(reveal.output.is_empty());
	}
}

#[tokio::test]
async fn model_error_is_answered_when_the_input_is_longer_than_the_chain_allows() {
	let setting = setting(
		|manifest| {
			manifest.interface.as_mut().unwrap().input_limit = 100;
			// So that the input is still looked for when the test has seen enough.
			manifest.attestation.as_mut().unwrap().max_latency_ms = 1_200_000;
		},
		|_| (),
	)
	.await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let reveal = setting.http.end(&job).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::ModelError);
	// But not if what came is only longer than it should be.
	let mut job = assignment(&setting.ipfs, &setting.model, &vectors()[1].0, 2);
	let cid = ContentId {
		codec: Codec::DagPb,
		digest: Sha256::digest(b"elsewhere").into(),
	};
	setting.ipfs.add_as(&cid, vec![b' '; 4096]);
	job.input = cid.to_text();
	setting.http.put_scale(&job).await;
	let started = Instant::now();
	let job = loop {
		let (_, job) = setting.http.get_json(&path(&job)).await;
		// Only between two attempts is there a problem.
		if !job["problem"].is_null() || job["state"] == "done" {
			break job;
		}
		assert!(started.elapsed() < Duration::from_secs(60), "{job}");
		tokio::time::sleep(Duration::from_millis(5)).await;
	};
	assert_eq!(job["state"], "queued", "{job}");
	let problem = job["problem"].as_str().unwrap();
	assert!(problem.contains("has sha256"), "{problem}");
}

#[tokio::test]
async fn job_fails_when_the_manifest_says_otherwise_than_the_chain() {
	let setting = setting(|_| (), |_| ()).await;
	type Edit = fn(&mut Answers);
	let edits: [(Edit, &str); 4] = [
		(|answers| answers.class = AnswerClass::Tolerant, "class"),
		(|answers| answers.tau += 1, "tau"),
		(|answers| answers.max_latency_ms += 1, "latency"),
		(|answers| answers.input_limit += 1, "input limit"),
	];
	for (number, (edit, says)) in (1u8..).zip(edits) {
		let mut job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, number);
		edit(&mut job.answers);
		let reason = setting.http.end(&job).await.unwrap_err();
		assert!(reason.starts_with("422 "), "{reason}");
		assert!(reason.contains(says), "{reason}");
		assert!(reason.contains("the chain recorded"), "{reason}");
	}
}

#[tokio::test]
async fn model_is_not_fetched_when_it_is_too_large_for_the_engine() {
	let setting = setting(|_| (), |config| config.engine.memory = 1000).await;
	let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
	let reason = setting.http.end(&job).await.unwrap_err();
	assert!(reason.contains("engine.memory"), "{reason}");
	let weights = setting.model.manifest.artifact("model.onnx").unwrap();
	assert_eq!(setting.ipfs.asked_for(&weights.cid.unwrap()), 0);
}

#[tokio::test]
async fn job_fails_when_the_engine_does_not_give_the_test_vector() {
	let ipfs = FakeIpfs::start();
	let folder = tempfile::tempdir().unwrap();
	// The files of another version, with the vectors of this one.
	let files = tempfile::tempdir().unwrap();
	for entry in std::fs::read_dir(common::models().join("digits")).unwrap() {
		let entry = entry.unwrap();
		std::fs::copy(entry.path(), files.path().join(entry.file_name())).unwrap();
	}
	let wrong = std::fs::read_to_string(files.path().join("test-vectors.json")).unwrap();
	let wrong = wrong.replacen("\"data\":[0]", "\"data\":[1]", 1);
	std::fs::write(files.path().join("test-vectors.json"), wrong).unwrap();
	let model = common::publish_folder(&ipfs, files.path(), |_| ());
	let gateway = Gateway::start(config(&ipfs, folder.path())).await.unwrap();
	let http = Http::of(&gateway);
	let job = assignment(&ipfs, &model, &vectors()[1].0, 1);
	let reason = http.end(&job).await.unwrap_err();
	assert!(reason.starts_with("422 "), "{reason}");
	assert!(
		reason.contains("test vector") && reason.contains("`labels`"),
		"{reason}"
	);
}

#[tokio::test]
async fn job_fails_when_the_manifest_pins_another_engine() {
	let pin = |manifest: &mut Manifest| {
		let attestation = manifest.attestation.as_mut().unwrap();
		attestation.engine.as_mut().unwrap().version = "0.0.1".into();
	};
	let strict = setting(pin, |_| ()).await;
	let job = assignment(&strict.ipfs, &strict.model, &vectors()[0].0, 1);
	let reason = strict.http.end(&job).await.unwrap_err();
	assert!(reason.contains("engine.ignore_pin"), "{reason}");
	let lax = setting(pin, |config| config.engine.ignore_pin = true).await;
	let job = assignment(&lax.ipfs, &lax.model, &vectors()[0].0, 1);
	assert!(lax.http.end(&job).await.is_ok());
}

#[tokio::test]
async fn job_fails_when_the_model_cannot_be_had() {
	let lost = |manifest: &mut Manifest| {
		let mut artifacts = manifest.artifacts.iter_mut();
		let model = artifacts.find(|artifact| artifact.path == "model.onnx");
		model.unwrap().cid = None;
	};
	let no_cid = setting(lost, |_| ()).await;
	let job = assignment(&no_cid.ipfs, &no_cid.model, &vectors()[0].0, 1);
	let reason = no_cid.http.end(&job).await.unwrap_err();
	assert!(reason.contains("no content id"), "{reason}");
	let no_room = setting(|_| (), |config| config.cache_limit = 1000).await;
	let job = assignment(&no_room.ipfs, &no_room.model, &vectors()[0].0, 1);
	let reason = no_room.http.end(&job).await.unwrap_err();
	assert!(reason.contains("cache_limit"), "{reason}");
}

/// Somebody says that the output of this answer is not to be had.
fn unavailable(answer: &Answer) -> Disputed {
	Disputed {
		ground: Ground::Unavailable,
		output_hash: answer.output_hash,
		fingerprint: answer.fingerprint,
	}
}

#[tokio::test]
async fn juror_answers_by_whether_a_disputed_output_is_to_be_had() {
	let setting = setting(with_logits, impatient).await;
	let request = batch(40);
	let main = assignment(&setting.ipfs, &setting.model, &request, 1);
	let answer = setting.http.end(&main).await.unwrap().reveal.answer;
	let mut jury = assignment(&setting.ipfs, &setting.model, &request, 2);
	jury.round = Round::Jury;
	jury.disputed = Some(unavailable(&answer));
	let verdict = setting.http.end(&jury).await.unwrap().reveal.answer;
	assert_eq!(verdict.status, Status::Ok);
	assert_eq!(verdict.output_hash, answer.output_hash);
	let mut lost = jury.clone();
	lost.request_hash = H256::repeat_byte(3);
	lost.disputed.as_mut().unwrap().output_hash = H256::repeat_byte(9);
	let verdict = setting.http.end(&lost).await.unwrap().reveal.answer;
	assert_eq!(verdict.status, Status::InputUnavailable);
	// One that is there, but is the answer to something else, is not what the run gives.
	let other = assignment(&setting.ipfs, &setting.model, &vectors()[1].0, 4);
	let false_answer = setting.http.end(&other).await.unwrap().reveal;
	setting.ipfs.add(&false_answer.output);
	let false_answer = false_answer.answer;
	assert_ne!(false_answer.output_hash, answer.output_hash);
	let mut found = jury.clone();
	found.request_hash = H256::repeat_byte(5);
	found.disputed = Some(unavailable(&false_answer));
	let verdict = setting.http.end(&found).await.unwrap().reveal.answer;
	assert_eq!(verdict.status, Status::Ok);
	assert_eq!(verdict.output_hash, answer.output_hash);
	assert_eq!(verdict.fingerprint, answer.fingerprint);
	// Without the input nothing can be run, and that it is there is all that can be said.
	setting.ipfs.hide(&ContentId::raw(found.input_hash.0));
	found.request_hash = H256::repeat_byte(6);
	let verdict = setting.http.end(&found).await.unwrap().reveal.answer;
	assert_eq!(verdict.status, Status::Ok);
	assert_eq!(verdict.output_hash, false_answer.output_hash);
	assert_eq!(verdict.fingerprint, false_answer.fingerprint);
}

#[tokio::test]
async fn juror_takes_the_fingerprint_of_the_output_that_is_disputed() {
	let setting = setting(with_logits, |_| ()).await;
	let all = vectors();
	let main = assignment(&setting.ipfs, &setting.model, &all[0].0, 1);
	let honest = setting.http.end(&main).await.unwrap().reveal.answer;
	// What lies on IPFS is the answer to something else.
	let other = assignment(&setting.ipfs, &setting.model, &all[1].0, 2);
	let output = setting.http.end(&other).await.unwrap().reveal.output;
	let cid = setting.ipfs.add(&output);
	let mut jury = assignment(&setting.ipfs, &setting.model, &all[0].0, 3);
	jury.round = Round::Jury;
	jury.disputed = Some(Disputed {
		ground: Ground::NotAsFingerprinted,
		output_hash: H256(cid.digest),
		fingerprint: honest.fingerprint,
	});
	let verdict = setting.http.end(&jury).await.unwrap().reveal.answer;
	let expected =
		fingerprint(&setting.model.manifest, &decode_canonical(&output).unwrap()).unwrap();
	assert_eq!(verdict.status, Status::Ok);
	assert_eq!(verdict.output_hash.0, cid.digest);
	assert_eq!(verdict.fingerprint, expected);
	assert_ne!(verdict.fingerprint, honest.fingerprint);
	// Bytes that are no output at all.
	let garbage = setting.ipfs.add(b"garbage");
	let mut jury = jury.clone();
	jury.request_hash = H256::repeat_byte(4);
	jury.disputed.as_mut().unwrap().output_hash = H256(garbage.digest);
	let verdict = setting.http.end(&jury).await.unwrap().reveal.answer;
	assert_eq!(verdict.status, Status::ModelError);
}

#[tokio::test]
async fn model_is_fetched_once_and_makes_room_for_another() {
	let setting = setting(|_| (), |_| ()).await;
	let weights = |model: &Model| model.manifest.artifact("model.onnx").unwrap().cid.unwrap();
	for number in 1..=3 {
		let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, number);
		setting.http.end(&job).await.unwrap();
	}
	assert_eq!(setting.ipfs.asked_for(&weights(&setting.model)), 1);
	let kept = |folder: &TempDir, model: &Model| {
		let root = model.manifest.artifact_root.to_string();
		folder.path().join("models").join(root).is_dir()
	};
	assert!(kept(&setting.folder, &setting.model));

	let folder = tempfile::tempdir().unwrap();
	let (ipfs, first) = (&setting.ipfs, &setting.model);
	let second = publish(ipfs, "digits-small", |_| ());
	let mut narrow = config(ipfs, folder.path());
	let sizes = [&first.manifest, &second.manifest].map(Manifest::total_size);
	narrow.cache_limit = sizes[0].max(sizes[1]) + 100;
	let gateway = Gateway::start(narrow).await.unwrap();
	let http = Http::of(&gateway);
	for (number, model) in [(1, first), (2, &second), (3, first)] {
		let mut job = assignment(ipfs, model, &vectors()[0].0, number);
		job.listing = number.into();
		http.end(&job).await.unwrap();
		assert!(kept(&folder, model));
		let other = if number == 2 { first } else { &second };
		assert!(!kept(&folder, other), "both are kept");
	}
	let partial = std::fs::read_dir(folder.path().join("partial")).unwrap();
	assert_eq!(partial.count(), 0, "something is left over");
}

#[tokio::test]
async fn wrong_bytes_are_never_run() {
	let setting = setting(
		|_| (),
		|config| {
			config.timeouts.job = Duration::from_millis(300);
		},
	)
	.await;
	let cid = ContentId {
		codec: Codec::DagPb,
		digest: Sha256::digest(b"elsewhere").into(),
	};
	let model = publish(&setting.ipfs, "digits", |manifest| {
		// The manifest is right, but what lies under the id of the weights is not.
		let size = manifest.artifact("model.onnx").unwrap().size;
		setting.ipfs.add_as(&cid, vec![0; size as usize]);
		manifest.set_cid("model.onnx", cid).unwrap();
	});
	let job = assignment(&setting.ipfs, &model, &vectors()[0].0, 1);
	let reason = setting.http.end(&job).await.unwrap_err();
	assert!(reason.contains("given up"), "{reason}");
	assert!(reason.contains("has sha256"), "{reason}");
	assert!(setting.ipfs.asked_for(&cid) > 0);
	let models = std::fs::read_dir(setting.folder.path().join("models")).unwrap();
	assert_eq!(models.count(), 0);
}
