use super::*;
use alloc::vec;
use proptest::prelude::*;
use sp_core::H256;
use std::collections::BTreeSet;

use AnswerClass::{BitExact, Tolerant};
use Comparison::{Agree, Differ, NearTie};

const TAU: u8 = 8;

/// A fingerprint at `place` of a line: two of them differ in as many bits as they lie apart.
fn at(place: usize) -> Fingerprint {
	let mut bits = [0; 32];
	(0..place).for_each(|bit| bits[bit / 8] |= 1 << (bit % 8));
	bits
}

fn answer(place: usize, output: u8) -> Answer {
	Answer {
		status: Status::Ok,
		output_hash: H256::repeat_byte(output),
		fingerprint: at(place),
		statement: H256::zero(),
	}
}

fn failure(status: Status) -> Answer {
	Answer {
		status,
		output_hash: H256::zero(),
		fingerprint: [0; 32],
		statement: H256::zero(),
	}
}

mod comparing {
	use super::*;

	#[test]
	fn distance_counts_every_one_of_256_bits() {
		assert_eq!(distance(&[0; 32], &[0; 32]), 0);
		assert_eq!(distance(&[0; 32], &[0xff; 32]), 256);
		assert_eq!(distance(&[0b101; 32], &[0b110; 32]), 64);
		assert_eq!(distance(&at(10), &at(3)), 7);
	}

	#[test]
	fn compare_agrees_up_to_tau_and_no_further() {
		for class in [BitExact, Tolerant] {
			let (honest, edge, beyond) = (answer(20, 1), answer(28, 1), answer(29, 1));
			assert_eq!(compare(class, TAU, &honest, &edge), Agree);
			assert_eq!(compare(class, TAU, &honest, &beyond), Differ);
			assert_eq!(compare(class, 0, &honest, &honest), Agree);
			assert_eq!(compare(class, 0, &honest, &answer(21, 1)), Differ);
		}
	}

	#[test]
	fn compare_blames_nobody_when_like_evidence_has_unlike_outputs() {
		assert_eq!(
			compare(BitExact, TAU, &answer(0, 1), &answer(8, 2)),
			NearTie
		);
	}

	#[test]
	fn compare_ignores_outputs_when_the_class_is_tolerant() {
		assert_eq!(compare(Tolerant, TAU, &answer(0, 1), &answer(8, 2)), Agree);
	}

	#[test]
	fn compare_differs_when_an_equal_output_comes_without_the_evidence() {
		let (honest, guessed) = (answer(0, 1), answer(100, 1));
		assert_eq!(compare(BitExact, TAU, &honest, &guessed), Differ);
		assert_eq!(compare(Tolerant, TAU, &honest, &guessed), Differ);
	}

	#[test]
	fn compare_ignores_the_statement() {
		let other = Answer {
			statement: H256::repeat_byte(7),
			..answer(0, 1)
		};
		for class in [BitExact, Tolerant] {
			assert_eq!(compare(class, TAU, &answer(0, 1), &other), Agree);
		}
	}

	#[test]
	fn compare_agrees_on_the_same_failure_alone() {
		let (input, model) = (
			failure(Status::InputUnavailable),
			failure(Status::ModelError),
		);
		for class in [AnswerClass::None, BitExact, Tolerant] {
			assert_eq!(compare(class, TAU, &input, &input), Agree);
			assert_eq!(compare(class, TAU, &model, &model), Agree);
			assert_eq!(compare(class, TAU, &input, &model), Differ);
			assert_eq!(compare(class, TAU, &input, &answer(0, 0)), Differ);
			assert_eq!(compare(class, TAU, &answer(0, 0), &model), Differ);
		}
	}

	#[test]
	fn compare_finds_no_agreement_when_answers_cannot_be_compared() {
		let answer = answer(0, 1);
		assert_eq!(compare(AnswerClass::None, TAU, &answer, &answer), Differ);
	}

	proptest! {
		#[test]
		fn distance_is_a_metric(a: Fingerprint, b: Fingerprint, c: Fingerprint) {
			prop_assert_eq!(distance(&a, &a), 0);
			prop_assert_eq!(distance(&a, &b) == 0, a == b);
			prop_assert_eq!(distance(&a, &b), distance(&b, &a));
			prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c));
			prop_assert!(distance(&a, &b) <= 256);
		}

		#[test]
		fn compare_does_not_depend_on_who_comes_first(answers in answers(), class in class()) {
			for a in &answers {
				for b in &answers {
					prop_assert_eq!(compare(class, TAU, a, b), compare(class, TAU, b, a));
				}
			}
		}
	}
}

mod clusters {
	use super::*;

	fn cluster(answers: &[Answer], quorum: usize) -> Option<Cluster> {
		largest_cluster(Tolerant, TAU, answers, quorum)
	}

	fn found(centre: usize, members: &[usize]) -> Option<Cluster> {
		Some(Cluster {
			centre,
			members: members.to_vec(),
		})
	}

	#[test]
	fn largest_cluster_is_none_when_there_are_no_answers() {
		assert_eq!(cluster(&[], 1), None);
		assert_eq!(cluster(&[], 0), None);
	}

	#[test]
	fn largest_cluster_is_the_answer_itself_when_one_suffices() {
		assert_eq!(cluster(&[answer(0, 1)], 1), found(0, &[0]));
		assert_eq!(cluster(&[answer(0, 1)], 0), found(0, &[0]));
		assert_eq!(cluster(&[answer(0, 1)], 2), None);
	}

	#[test]
	fn largest_cluster_leaves_the_minority_out() {
		let answers = [answer(0, 1), answer(100, 2), answer(3, 1)];
		assert_eq!(cluster(&answers, 2), found(0, &[0, 2]));
		assert_eq!(cluster(&answers, 3), None);
	}

	#[test]
	fn largest_cluster_is_none_when_all_answers_differ() {
		let answers = [answer(0, 1), answer(50, 2), answer(100, 3)];
		assert_eq!(cluster(&answers, 2), None);
		// Three clusters of one are a tie, even where one would do.
		assert_eq!(cluster(&answers, 1), None);
	}

	#[test]
	fn largest_cluster_is_around_the_answer_in_the_middle() {
		// The outer two differ from each other, and both agree with the one between.
		let answers = [answer(0, 1), answer(16, 1), answer(8, 1)];
		assert_eq!(cluster(&answers, 2), found(2, &[0, 1, 2]));
	}

	#[test]
	fn largest_cluster_is_none_when_two_are_equally_large() {
		let answers = [answer(0, 1), answer(1, 1), answer(100, 2), answer(101, 2)];
		assert_eq!(cluster(&answers, 2), None);
	}

	#[test]
	fn largest_cluster_is_none_when_two_overlap_and_are_equally_large() {
		// Four agree around the answers at 8, and four others around the one at 12.
		let answers = [0, 8, 8, 12, 20].map(|place| answer(place, 1));
		assert_eq!(cluster(&answers, 4), None);
	}

	#[test]
	fn largest_cluster_wins_over_a_tie_of_smaller_ones() {
		let answers = [0, 1, 60, 61, 200, 201, 202].map(|place| answer(place, 1));
		assert_eq!(cluster(&answers, 3), found(4, &[4, 5, 6]));
	}

	#[test]
	fn largest_cluster_counts_equal_outputs_alone_when_bits_must_be_equal() {
		let answers = [answer(0, 1), answer(0, 2), answer(0, 2)];
		assert_eq!(
			largest_cluster(BitExact, TAU, &answers, 2),
			found(1, &[1, 2])
		);
		assert_eq!(cluster(&answers, 2), found(0, &[0, 1, 2]));
	}

	#[test]
	fn largest_cluster_can_be_one_of_failures() {
		let failed = failure(Status::InputUnavailable);
		let answers = [failed, answer(0, 1), failed];
		for class in [AnswerClass::None, BitExact, Tolerant] {
			assert_eq!(largest_cluster(class, TAU, &answers, 2), found(0, &[0, 2]));
		}
	}

	#[test]
	fn largest_cluster_is_none_when_answers_cannot_be_compared() {
		let answers = [answer(0, 1); 3];
		assert_eq!(largest_cluster(AnswerClass::None, TAU, &answers, 1), None);
	}

	/// Who agrees with each of the answers, by definition.
	fn circles(class: AnswerClass, answers: &[Answer]) -> Vec<Vec<usize>> {
		let agree = |a: &Answer, b: &Answer| compare(class, TAU, a, b) == Agree;
		answers
			.iter()
			.map(|a| {
				(0..answers.len())
					.filter(|b| agree(a, &answers[*b]))
					.collect()
			})
			.collect()
	}

	fn with_order() -> impl Strategy<Value = (Vec<Answer>, Vec<usize>)> {
		answers().prop_flat_map(|answers| {
			let order: Vec<usize> = (0..answers.len()).collect();
			(Just(answers), Just(order).prop_shuffle())
		})
	}

	proptest! {
		#[test]
		fn largest_cluster_is_the_only_one_of_its_size(
			answers in answers(),
			class in class(),
			quorum in 0usize..6,
		) {
			let circles = circles(class, &answers);
			let most = circles.iter().map(Vec::len).max().unwrap_or(0);
			let largest: BTreeSet<_> = circles.iter().filter(|c| c.len() == most).collect();
			match largest_cluster(class, TAU, &answers, quorum) {
				Some(cluster) => {
					prop_assert_eq!(&circles[cluster.centre], &cluster.members);
					prop_assert!(cluster.members.contains(&cluster.centre));
					prop_assert_eq!(largest, BTreeSet::from([&cluster.members]));
					prop_assert!(cluster.members.len() >= quorum.max(1));
				},
				None => prop_assert!(largest.len() != 1 || most < quorum.max(1)),
			}
		}

		#[test]
		fn clusters_of_more_than_half_share_an_answer(answers in answers(), class in class()) {
			let quorum = answers.len() / 2 + 1;
			let circles = circles(class, &answers);
			let large: Vec<_> = circles.iter().filter(|c| c.len() >= quorum).collect();
			for a in &large {
				for b in &large {
					prop_assert!(a.iter().any(|member| b.contains(member)));
				}
			}
		}

		#[test]
		fn a_cluster_within_half_of_tau_is_the_only_one_of_more_than_half(
			places in proptest::collection::vec(
				prop_oneof![0usize..=4, 50usize..=54, 100usize..=104],
				1..10,
			),
		) {
			// Honest workers lie so close together that whoever agrees with one agrees with all.
			let answers: Vec<_> = places.iter().map(|place| answer(*place, 1)).collect();
			let quorum = answers.len() / 2 + 1;
			let circles = circles(Tolerant, &answers);
			let large: BTreeSet<_> = circles.iter().filter(|c| c.len() >= quorum).collect();
			prop_assert!(large.len() <= 1);
			let members = cluster(&answers, quorum).map(|cluster| cluster.members);
			prop_assert_eq!(members, large.into_iter().next().cloned());
		}

		#[test]
		fn largest_cluster_has_the_same_members_in_any_order(
			(answers, order) in with_order(),
			class in class(),
			quorum in 1usize..5,
		) {
			let moved: Vec<Answer> = order.iter().map(|from| answers[*from]).collect();
			let members = |answers: &[Answer]| {
				largest_cluster(class, TAU, answers, quorum).map(|cluster| cluster.members)
			};
			let mut back = members(&moved).map(|members| {
				members.into_iter().map(|index| order[index]).collect::<Vec<_>>()
			});
			if let Some(members) = &mut back {
				members.sort_unstable();
			}
			prop_assert_eq!(back, members(&answers));
		}
	}
}

fn class() -> impl Strategy<Value = AnswerClass> {
	prop_oneof![Just(AnswerClass::None), Just(BitExact), Just(Tolerant)]
}

/// Up to nine answers that crowd at a few places of the line, so that they agree often and overlap
/// now and then.
fn answers() -> impl Strategy<Value = Vec<Answer>> {
	let ok = (prop_oneof![0usize..30, 200usize..210], 0u8..2)
		.prop_map(|(place, output)| answer(place, output));
	let failed = prop_oneof![Just(Status::InputUnavailable), Just(Status::ModelError)];
	let one = prop_oneof![8 => ok, 1 => failed.prop_map(failure)];
	proptest::collection::vec(one, 0..10)
}

#[test]
fn places_of_the_line_lie_as_far_apart_as_they_say() {
	let places = vec![0, 1, 8, 100, 256];
	for a in &places {
		for b in &places {
			assert_eq!(distance(&at(*a), &at(*b)) as usize, a.abs_diff(*b));
		}
	}
}
