use super::*;
use alloc::string::ToString;
use codec::{Decode, Encode, MaxEncodedLen};

#[test]
fn rights_allow_only_what_they_name() {
	let cases = [
		(Rights::Use, true, false),
		(Rights::Serve, false, true),
		(Rights::UseAndServe, true, true),
	];
	for (rights, may_use, may_serve) in cases {
		assert_eq!(rights.allows(Right::Use), may_use, "{rights:?}");
		assert_eq!(rights.allows(Right::Serve), may_serve, "{rights:?}");
	}
}

#[test]
fn policy_has_no_minimum_when_it_forbids() {
	assert_eq!(DerivativePolicy::Forbidden.minimum(), None);
	assert_eq!(DerivativePolicy::Royalty(7).minimum(), Some(7));
	assert_eq!(DerivativePolicy::Licensed(0).minimum(), Some(0));
}

/// Stored values outlive the code that wrote them: a changed order would change their meaning.
#[test]
fn encodings_stay_as_they_are() {
	assert_eq!(
		[Kind::Model, Kind::Dataset, Kind::Adapter].encode(),
		[0, 1, 2]
	);
	let relations = [
		Relation::FineTune,
		Relation::Adapter,
		Relation::Merge,
		Relation::Quantized,
		Relation::Distilled,
		Relation::TrainedOn,
	];
	assert_eq!(relations.encode(), [0, 1, 2, 3, 4, 5]);
	assert_eq!(
		[Serving::Anyone, Serving::Licensed, Serving::Owner].encode(),
		[0, 1, 2]
	);
	assert_eq!(
		[Rights::Use, Rights::Serve, Rights::UseAndServe].encode(),
		[0, 1, 2]
	);
	assert_eq!(
		[Transferability::Bound, Transferability::Transferable].encode(),
		[0, 1]
	);
	assert_eq!(DerivativePolicy::Licensed(1).encode(), [2, 1, 0, 0, 0]);
	assert_eq!(Term::Perpetual.encode(), [0]);
	assert_eq!(Term::Blocks(1).encode(), [1, 1, 0, 0, 0]);
	assert_eq!(Term::Calls(1).encode(), [2, 1, 0, 0, 0]);
	assert_eq!(Term::PerCall.encode(), [3]);
	let answers = Answers {
		class: AnswerClass::Tolerant,
		tau: 8,
		max_latency_ms: 1,
		input_limit: 2,
	};
	assert_eq!(answers.encode(), [2, 8, 1, 0, 0, 0, 2, 0, 0, 0]);
	let parent = Parent {
		listing: 1,
		version: 2,
		relation: Relation::Merge,
		royalty: 3,
	};
	assert_eq!(parent.encode(), [1, 0, 0, 0, 2, 0, 0, 0, 2, 3, 0, 0, 0]);
	assert_eq!(Parent::max_encoded_len(), 13);
	assert_eq!(
		Answers::decode(&mut &Answers::NONE.encode()[..]),
		Ok(Answers::NONE)
	);
}

#[test]
fn json_reads_as_people_write_it() {
	assert_eq!(
		serde_json::to_string(&Relation::FineTune).unwrap(),
		"\"fineTune\""
	);
	assert_eq!(
		serde_json::to_string(&Term::Blocks(5)).unwrap(),
		r#"{"blocks":5}"#
	);
	assert_eq!(
		serde_json::to_string(&Rights::UseAndServe).unwrap(),
		"\"useAndServe\""
	);
	let parent: Parent =
		serde_json::from_str(r#"{"listing":1,"version":2,"relation":"trainedOn","royalty":3}"#)
			.unwrap();
	assert_eq!(parent.relation, Relation::TrainedOn);
	let answers = serde_json::to_value(Answers::NONE).unwrap();
	assert_eq!(answers["maxLatencyMs"].to_string(), "0");
}
