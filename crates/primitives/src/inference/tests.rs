use super::*;
use crate::AnswerClass;
use alloc::{string::ToString, vec};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn hash(text: &str) -> H256 {
	H256::from_slice(&hex::decode(text).unwrap())
}

const ANSWER: Answer = Answer {
	status: Status::Ok,
	output_hash: H256([3; 32]),
	fingerprint: [4; 32],
	statement: H256([5; 32]),
};

const FAILED: Answer = Answer {
	status: Status::ModelError,
	output_hash: H256([0; 32]),
	fingerprint: [0; 32],
	statement: H256([0; 32]),
};

mod modes {
	use super::*;

	const MODES: [Mode; 4] = [
		Mode::Owner,
		Mode::Solo,
		Mode::QuorumOfThree,
		Mode::QuorumOfFive,
	];

	#[test]
	fn quorum_is_more_than_half_of_the_seats() {
		for mode in MODES {
			assert!(mode.quorum() <= mode.seats());
			assert!(2 * mode.quorum() > mode.seats());
		}
	}

	#[test]
	fn seats_are_those_that_the_name_says() {
		assert_eq!(MODES.map(Mode::seats), [1, 1, 3, 5]);
		assert_eq!(MODES.map(Mode::quorum), [1, 1, 2, 4]);
	}
}

mod commitments {
	use super::*;

	fn committed(round: Round, answer: &Answer) -> H256 {
		commitment(
			H256::repeat_byte(1),
			&[2; 32],
			round,
			answer,
			H256::repeat_byte(6),
		)
	}

	#[test]
	fn commitment_is_what_other_programs_compute() {
		assert_eq!(
			committed(Round::Main, &ANSWER),
			hash("52b947b713639d02dc0d5b358a700083c9ceec60ffcefb8b97cadc19ddefb137")
		);
		assert_eq!(
			committed(Round::Audit, &ANSWER),
			hash("4859080b0efe806ab7fc3a80e61b811b1178f1c4dd0c389995597f9f6f303bbe")
		);
		assert_eq!(
			committed(Round::Jury, &ANSWER),
			hash("0834f8944a741c2f5bc93ad406b875a0407c0f6bdd26de65eb58045d9430d6cb")
		);
		assert_eq!(
			committed(Round::Main, &FAILED),
			hash("4e29b5ee8abc43406d23ee5ee95bf4eb574976df8553f011d1857c124802a9de")
		);
	}

	#[test]
	fn commitment_binds_the_request_the_worker_and_the_salt() {
		let (request, salt, other) = ([1; 32], [6; 32], [9; 32]);
		let made = |request, worker, salt| {
			commitment(H256(request), &worker, Round::Main, &ANSWER, H256(salt))
		};
		let all = BTreeSet::from([
			made(request, [2; 32], salt),
			made(other, [2; 32], salt),
			made(request, other, salt),
			made(request, [2; 32], other),
		]);
		assert_eq!(all.len(), 4);
	}

	proptest! {
		#[test]
		fn commitment_binds_every_part_of_the_answer(a in answer(), b in answer()) {
			prop_assert_eq!(committed(Round::Main, &a) == committed(Round::Main, &b), a == b);
		}
	}
}

mod reveals {
	use super::*;

	fn reveal(answer: Answer, output: &[u8]) -> Reveal {
		Reveal {
			answer,
			salt: H256::zero(),
			output: output.to_vec().try_into().unwrap(),
		}
	}

	fn answer_of(output: &[u8]) -> Answer {
		Answer {
			output_hash: H256(Sha256::digest(output).into()),
			..ANSWER
		}
	}

	#[test]
	fn reveal_is_well_formed_when_the_output_has_the_hash_of_the_answer() {
		assert!(reveal(answer_of(b"seven"), b"seven").is_well_formed());
		let largest = [7; MAX_INLINE_OUTPUT as usize];
		assert!(reveal(answer_of(&largest), &largest).is_well_formed());
	}

	#[test]
	fn reveal_is_well_formed_when_the_output_lies_elsewhere() {
		assert!(reveal(ANSWER, b"").is_well_formed());
	}

	#[test]
	fn reveal_is_malformed_when_the_output_is_another_one() {
		assert!(!reveal(answer_of(b"seven"), b"eight").is_well_formed());
	}

	#[test]
	fn reveal_is_well_formed_when_a_failure_names_no_output() {
		for status in [Status::InputUnavailable, Status::ModelError] {
			assert!(reveal(Answer { status, ..FAILED }, b"").is_well_formed());
			let stated = Answer {
				status,
				statement: H256::repeat_byte(1),
				..FAILED
			};
			assert!(reveal(stated, b"").is_well_formed());
		}
	}

	#[test]
	fn reveal_is_malformed_when_a_failure_has_anything_of_an_output() {
		for status in [Status::InputUnavailable, Status::ModelError] {
			let failed = Answer { status, ..FAILED };
			let hashed = Answer {
				status,
				..answer_of(b"")
			};
			let nothing_but_hash = Answer {
				fingerprint: [0; 32],
				..hashed
			};
			let nothing_but_fingerprint = Answer {
				fingerprint: [4; 32],
				..failed
			};
			assert!(!reveal(failed, b"seven").is_well_formed());
			assert!(!reveal(nothing_but_hash, b"").is_well_formed());
			assert!(!reveal(nothing_but_fingerprint, b"").is_well_formed());
			let seven = Answer {
				status,
				..answer_of(b"seven")
			};
			assert!(!reveal(seven, b"seven").is_well_formed());
		}
	}

	#[test]
	fn output_of_one_byte_too_many_does_not_fit() {
		let output = vec![0; MAX_INLINE_OUTPUT as usize + 1];
		assert!(InlineOutput::try_from(output.clone()).is_err());
		assert!(InlineOutput::decode(&mut &output.encode()[..]).is_err());
	}
}

mod signatures {
	use super::*;

	const STEP: Step = Step {
		job: 7,
		request_hash: H256([1; 32]),
		round: Round::Jury,
		worker: H256([2; 32]),
		at: 258,
	};

	#[test]
	fn signed_bytes_are_what_other_programs_compute() {
		let expected = [
			"507765696768686f7573652f636f6d6d69742f7631",
			&"09".repeat(32),
			"0700000000000000",
			&"01".repeat(32),
			"02",
			&"02".repeat(32),
			"02010000",
		]
		.concat();
		let signed = signed_bytes(COMMIT_DOMAIN, H256::repeat_byte(9), STEP);
		assert_eq!(hex::encode(signed), expected);
	}

	#[test]
	fn signed_bytes_of_one_step_serve_no_other() {
		let domains = [COMMIT_DOMAIN, REVEAL_DOMAIN, HEARTBEAT_DOMAIN, KEY_DOMAIN];
		let signed: BTreeSet<_> = domains
			.iter()
			.map(|domain| signed_bytes(domain, H256::zero(), STEP))
			.collect();
		assert_eq!(signed.len(), domains.len());
	}

	proptest! {
		// The length of the domain is among the bytes, so no domain and payload read as others.
		#[test]
		fn signed_bytes_are_different_when_anything_is(
			a in (proptest::collection::vec(any::<u8>(), 0..40), any::<[u8; 32]>(), any::<u64>()),
			b in (proptest::collection::vec(any::<u8>(), 0..40), any::<[u8; 32]>(), any::<u64>()),
		) {
			let signed = |(domain, genesis, payload): &(Vec<u8>, [u8; 32], u64)| {
				signed_bytes(domain, H256(*genesis), *payload)
			};
			prop_assert_eq!(signed(&a) == signed(&b), a == b);
		}
	}
}

mod gateways {
	use super::*;

	#[test]
	fn gateway_key_is_the_prefix_followed_by_the_worker() {
		let key = gateway_key(&[7; 32]);
		assert_eq!(&key[..19], b"weighhouse/gateway/");
		assert_eq!(&key[19..], [7; 32]);
	}

	#[test]
	fn assignment_in_json_has_the_names_that_gateways_know() {
		let assignment = Assignment {
			genesis: H256::repeat_byte(1),
			request_hash: H256::repeat_byte(2),
			job: 3,
			round: Round::Jury,
			worker: H256::repeat_byte(4),
			listing: 5,
			version: 6,
			manifest: "bafkmanifest".to_string(),
			artifact_root: H256::repeat_byte(7),
			input: "bafkinput".to_string(),
			input_hash: H256::repeat_byte(8),
			answers: Answers {
				class: AnswerClass::BitExact,
				tau: 2,
				max_latency_ms: 20_000,
				input_limit: 65_536,
			},
			disputed: Some(Disputed {
				ground: Ground::NotAsFingerprinted,
				output_hash: H256::repeat_byte(9),
				fingerprint: [10; 32],
			}),
		};
		let of = |byte: &str| format!("0x{}", byte.repeat(32));
		let expected = serde_json::json!({
			"genesis": of("01"),
			"requestHash": of("02"),
			"job": 3,
			"round": "jury",
			"worker": of("04"),
			"listing": 5,
			"version": 6,
			"manifest": "bafkmanifest",
			"artifactRoot": of("07"),
			"input": "bafkinput",
			"inputHash": of("08"),
			"answers": {
				"class": "bitExact",
				"tau": 2,
				"maxLatencyMs": 20_000,
				"inputLimit": 65_536,
			},
			"disputed": {
				"ground": "notAsFingerprinted",
				"outputHash": of("09"),
				"fingerprint": vec![10; 32],
			},
		});
		assert_eq!(serde_json::to_value(&assignment).unwrap(), expected);
	}

	#[test]
	fn completion_in_json_has_the_names_that_couriers_know() {
		let completion = Completion {
			commitment: H256::repeat_byte(1),
			reveal: Reveal {
				answer: Answer {
					status: Status::InputUnavailable,
					..FAILED
				},
				salt: H256::repeat_byte(2),
				output: vec![1, 2].try_into().unwrap(),
			},
		};
		let of = |byte: &str| format!("0x{}", byte.repeat(32));
		let expected = serde_json::json!({
			"commitment": of("01"),
			"reveal": {
				"answer": {
					"status": "inputUnavailable",
					"outputHash": of("00"),
					"fingerprint": vec![0; 32],
					"statement": of("00"),
				},
				"salt": of("02"),
				"output": [1, 2],
			},
		});
		assert_eq!(serde_json::to_value(&completion).unwrap(), expected);
	}

	#[test]
	fn completion_in_json_is_refused_when_the_output_is_too_long() {
		let completion = |length: usize| {
			serde_json::json!({
				"commitment": H256::zero(),
				"reveal": { "answer": ANSWER, "salt": H256::zero(), "output": vec![0; length] },
			})
		};
		let limit = MAX_INLINE_OUTPUT as usize;
		assert!(serde_json::from_value::<Completion>(completion(limit)).is_ok());
		assert!(serde_json::from_value::<Completion>(completion(limit + 1)).is_err());
	}

	proptest! {
		#[test]
		fn assignments_survive_both_encodings(assignment in assignment()) {
			let scale = assignment.encode();
			prop_assert_eq!(&Assignment::decode(&mut &scale[..]).unwrap(), &assignment);
			let json = serde_json::to_vec(&assignment).unwrap();
			prop_assert_eq!(serde_json::from_slice::<Assignment>(&json).unwrap(), assignment);
		}

		#[test]
		fn completions_survive_both_encodings(completion in completion()) {
			let scale = completion.encode();
			prop_assert_eq!(&Completion::decode(&mut &scale[..]).unwrap(), &completion);
			let json = serde_json::to_vec(&completion).unwrap();
			prop_assert_eq!(serde_json::from_slice::<Completion>(&json).unwrap(), completion);
		}

		#[test]
		fn words_survive_json(access in access()) {
			let json = serde_json::to_string(&access).unwrap();
			prop_assert_eq!(serde_json::from_str::<Access>(&json).unwrap(), access);
		}
	}
}

fn access() -> impl Strategy<Value = Access> {
	prop_oneof![
		any::<LicenceId>().prop_map(Access::Licence),
		any::<OfferId>().prop_map(Access::Offer),
		Just(Access::Owner),
	]
}

fn status() -> impl Strategy<Value = Status> {
	prop_oneof![
		Just(Status::Ok),
		Just(Status::InputUnavailable),
		Just(Status::ModelError)
	]
}

fn round() -> impl Strategy<Value = Round> {
	prop_oneof![Just(Round::Main), Just(Round::Audit), Just(Round::Jury)]
}

fn h256() -> impl Strategy<Value = H256> {
	any::<[u8; 32]>().prop_map(H256)
}

fn answer() -> impl Strategy<Value = Answer> {
	(status(), h256(), any::<Fingerprint>(), h256()).prop_map(
		|(status, output_hash, fingerprint, statement)| Answer {
			status,
			output_hash,
			fingerprint,
			statement,
		},
	)
}

fn completion() -> impl Strategy<Value = Completion> {
	let output = proptest::collection::vec(any::<u8>(), 0..=MAX_INLINE_OUTPUT as usize);
	(h256(), answer(), h256(), output).prop_map(|(commitment, answer, salt, output)| Completion {
		commitment,
		reveal: Reveal {
			answer,
			salt,
			output: output.try_into().unwrap(),
		},
	})
}

fn assignment() -> impl Strategy<Value = Assignment> {
	let ground = prop_oneof![
		Just(Ground::Wrong),
		Just(Ground::Unavailable),
		Just(Ground::NotAsFingerprinted)
	];
	let disputed =
		(ground, h256(), any::<Fingerprint>()).prop_map(|(ground, output_hash, fingerprint)| {
			Disputed {
				ground,
				output_hash,
				fingerprint,
			}
		});
	let numbers = (any::<JobId>(), any::<ListingId>(), any::<VersionNumber>());
	let hashes = (h256(), h256(), h256(), h256(), h256());
	let words = (round(), ".{0,60}", ".{0,60}");
	let disputed = proptest::option::of(disputed);
	let class = prop_oneof![Just(AnswerClass::BitExact), Just(AnswerClass::Tolerant)];
	let answers = (class, any::<u8>(), any::<u32>(), any::<u32>()).prop_map(
		|(class, tau, max_latency_ms, input_limit)| Answers {
			class,
			tau,
			max_latency_ms,
			input_limit,
		},
	);
	(numbers, hashes, words, (answers, disputed)).prop_map(
		|((job, listing, version), hashes, (round, manifest, input), (answers, disputed))| {
			Assignment {
				genesis: hashes.0,
				request_hash: hashes.1,
				job,
				round,
				worker: hashes.2,
				listing,
				version,
				manifest,
				artifact_root: hashes.3,
				input,
				input_hash: hashes.4,
				answers,
				disputed,
			}
		},
	)
}
