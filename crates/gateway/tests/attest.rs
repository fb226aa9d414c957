//! From outputs to what a worker commits to, with the digits model.

mod digits;

use std::time::{Duration, SystemTime};

use digits::{change, digits, distance, embedded, first_request};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use sp_core::H256;
use weighhouse_gateway::attest::{
	attest, fingerprint, statement, AttestError, Provenance, MAX_EVIDENCE,
};
use weighhouse_manifest::{decode_canonical, Values};
use weighhouse_primitives::inference::{Assignment, Round};

#[tokio::test]
async fn attest_hashes_only_the_outputs_that_are_the_answer() {
	let model = digits();
	let outputs = embedded()
		.run(&model, &first_request(&model))
		.await
		.unwrap();
	let attested = attest(&model.manifest, &outputs).unwrap();
	assert_eq!(
		attested.output_hash,
		H256(Sha256::digest(&attested.canonical).into())
	);
	let decoded = decode_canonical(&attested.canonical).unwrap();
	assert_eq!(decoded, outputs[..1]);
	assert_eq!(
		fingerprint(&model.manifest, &outputs).unwrap(),
		attested.fingerprint
	);
	assert!(fingerprint(&model.manifest, &decoded).is_err());
}

#[tokio::test]
async fn fingerprint_of_a_decoded_output_is_that_of_the_run() {
	let mut model = digits();
	change(&mut model, |manifest| {
		manifest.attestation.as_mut().unwrap().outputs = vec!["logits".into()];
	});
	let outputs = embedded()
		.run(&model, &first_request(&model))
		.await
		.unwrap();
	let attested = attest(&model.manifest, &outputs).unwrap();
	let decoded = decode_canonical(&attested.canonical).unwrap();
	let again = fingerprint(&model.manifest, &decoded).unwrap();
	let found = distance(&again, &attested.fingerprint);
	assert!(found <= 2, "{found} bits differ");
}

#[tokio::test]
async fn attest_blames_the_model_when_an_output_is_not_finite() {
	let model = digits();
	let mut outputs = embedded()
		.run(&model, &first_request(&model))
		.await
		.unwrap();
	let Values::Float(logits) = &mut outputs[1].values else {
		panic!("logits are no floats");
	};
	logits[3] = f64::NAN;
	let error = attest(&model.manifest, &outputs).unwrap_err();
	assert!(matches!(error, AttestError::Fingerprint { .. }), "{error}");
	assert!(error.is_of_the_model());
}

#[tokio::test]
async fn attest_blames_the_model_when_the_evidence_is_too_wide() {
	let model = digits();
	let mut outputs = embedded()
		.run(&model, &first_request(&model))
		.await
		.unwrap();
	outputs[1].values = Values::Float(vec![0.5; MAX_EVIDENCE + 1]);
	let error = attest(&model.manifest, &outputs).unwrap_err();
	assert!(matches!(error, AttestError::Wide { .. }), "{error}");
	assert!(error.to_string().contains("at most 1048576"), "{error}");
	assert!(error.is_of_the_model());
}

#[test]
fn attest_fails_when_answers_are_not_compared() {
	let mut model = digits();
	change(&mut model, |manifest| manifest.attestation = None);
	let error = attest(&model.manifest, &[]).unwrap_err();
	assert!(
		matches!(error, AttestError::NotComparable { .. }),
		"{error}"
	);
	assert!(!error.is_of_the_model());
}

#[tokio::test]
async fn statement_says_how_the_answer_came_about() {
	let (engine, model) = (embedded(), digits());
	let outputs = engine.run(&model, &first_request(&model)).await.unwrap();
	let attested = attest(&model.manifest, &outputs).unwrap();
	let assignment = Assignment {
		genesis: H256([1; 32]),
		request_hash: H256([2; 32]),
		job: u64::MAX,
		round: Round::Audit,
		worker: H256([3; 32]),
		listing: 4,
		version: 5,
		manifest: "bafkreimanifest".into(),
		artifact_root: H256([6; 32]),
		input: "bafkreiinput".into(),
		input_hash: H256([7; 32]),
		answers: model.manifest.answers(),
		disputed: None,
	};
	let identity = engine.identity();
	let provenance = Provenance {
		assignment: &assignment,
		attested: &attested,
		engine: &identity,
		started: SystemTime::UNIX_EPOCH,
		finished: SystemTime::UNIX_EPOCH + Duration::from_secs(1),
	};
	let written = statement(&provenance).unwrap();
	assert_eq!(written.hash, H256(Sha256::digest(&written.bytes).into()));
	assert_eq!(statement(&provenance).unwrap(), written);
	let found: Value = serde_json::from_slice(&written.bytes).unwrap();
	let sha256 = |hash: H256| json!({ "sha256": hex::encode(hash) });
	let expected = json!({
		"_type": "https://in-toto.io/Statement/v1",
		"subject": [{ "name": "output", "digest": sha256(attested.output_hash) }],
		"predicateType": "https://weighhouse.example/inference/v1",
		"predicate": {
			"genesis": format!("0x{}", "01".repeat(32)),
			"requestHash": format!("0x{}", "02".repeat(32)),
			"job": "18446744073709551615",
			"round": "audit",
			"worker": format!("0x{}", "03".repeat(32)),
			"model": {
				"listing": 4,
				"version": 5,
				"manifest": "bafkreimanifest",
				"artifactRoot": sha256(H256([6; 32])),
			},
			"input": { "cid": "bafkreiinput", "digest": sha256(H256([7; 32])) },
			"engine": { "name": "tract", "version": "0.23.9" },
			"fingerprint": hex::encode(attested.fingerprint),
			"startedOn": "1970-01-01T00:00:00Z",
			"finishedOn": "1970-01-01T00:00:01Z",
		},
	});
	assert_eq!(found, expected);
}
