use super::*;
use proptest::{collection::vec, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

fn seed(number: u32) -> H256 {
	BlakeTwo256::hash_of(&number)
}

fn gold(count: u32) -> Vec<GoldItem> {
	(0..count)
		.map(|number| GoldItem {
			item: number * 3,
			label: if number.is_multiple_of(2) {
				Choice::A
			} else {
				Choice::B
			},
			salt: seed(number),
		})
		.collect()
}

fn choices(bits: &[bool]) -> Vec<Choice> {
	bits.iter()
		.map(|a| if *a { Choice::A } else { Choice::B })
		.collect()
}

mod sets {
	use super::*;

	#[test]
	fn first_holds_the_first_items() {
		for count in [0, 1, 7, 8, 9, 40, 239, 240] {
			let set = ItemSet::first(count);
			assert_eq!(set.len(), count);
			assert_eq!(set.is_empty(), count == 0);
			assert!(set.iter().eq(0..count));
		}
	}

	#[test]
	fn insert_leaves_out_what_is_beyond_the_largest_pool() {
		let mut set = ItemSet::default();
		for item in [240, 241, 255, 256, u32::MAX] {
			set.insert(item);
			assert!(!set.contains(item));
		}
		assert!(set.is_empty());
	}

	proptest! {
		#[test]
		fn set_holds_what_was_inserted(items in vec(0..MAX_ITEMS, 0..100)) {
			let set: ItemSet = items.iter().copied().collect();
			let expected: BTreeSet<u32> = items.into_iter().collect();
			prop_assert_eq!(set.len() as usize, expected.len());
			prop_assert!(set.iter().eq(expected.iter().copied()));
			prop_assert_eq!(ItemSet::decode(&mut &set.encode()[..]), Ok(set));
		}
	}
}

mod answers {
	use super::*;

	proptest! {
		#[test]
		fn unpack_gives_back_what_was_packed(
			items in proptest::collection::btree_set(0..MAX_ITEMS, 0..240),
			bits in vec(any::<bool>(), 240),
		) {
			let set: ItemSet = items.iter().copied().collect();
			let answers = choices(&bits[..items.len()]);
			let packed = pack(&answers).unwrap();
			prop_assert_eq!(packed.len(), items.len().div_ceil(8));
			let expected: Vec<_> = items.into_iter().zip(answers).collect();
			prop_assert_eq!(unpack(&set, &packed), Some(expected));
		}

		#[test]
		fn unpack_takes_one_encoding_only(count in 1u32..=MAX_ITEMS, bytes in vec(any::<u8>(), 0..32)) {
			let set = ItemSet::first(count);
			if let Some(answers) = unpack(&set, &bytes) {
				let answers: Vec<_> = answers.into_iter().map(|(_, choice)| choice).collect();
				prop_assert_eq!(pack(&answers).unwrap().into_inner(), bytes);
			}
		}
	}

	#[test]
	fn pack_puts_the_first_answer_into_the_lowest_bit() {
		use Choice::{A, B};
		let packed = pack(&[A, B, B, A, B, B, B, B, A]).unwrap();
		assert_eq!(packed.into_inner(), [0b1001, 1]);
	}

	#[test]
	fn pack_refuses_more_than_the_largest_pool() {
		assert!(pack(&[Choice::A; 240]).is_some());
		assert!(pack(&[Choice::A; 241]).is_none());
	}

	#[test]
	fn unpack_refuses_stray_bits() {
		let set = ItemSet::first(9);
		assert!(unpack(&set, &[0xff, 1]).is_some());
		assert!(unpack(&set, &[0xff, 2]).is_none());
		assert!(unpack(&set, &[0xff]).is_none());
		assert!(unpack(&set, &[0xff, 1, 0]).is_none());
	}

	#[test]
	fn commitment_changes_with_everything_that_it_is_made_of() {
		let bits = |byte| AnswerBits::truncate_from(vec![byte]);
		let all = BTreeSet::from([
			commitment(seed(1), &[1u8; 32], &bits(1), seed(2)),
			commitment(seed(3), &[1u8; 32], &bits(1), seed(2)),
			commitment(seed(1), &[2u8; 32], &bits(1), seed(2)),
			commitment(seed(1), &[1u8; 32], &bits(2), seed(2)),
			commitment(seed(1), &[1u8; 32], &bits(1), seed(3)),
		]);
		assert_eq!(all.len(), 5);
	}

	#[test]
	fn commitment_is_what_other_programs_compute() {
		let bits = AnswerBits::truncate_from(vec![5, 1]);
		let bytes = [
			b"weighhouse/feedback/v1".as_slice(),
			&[1; 32],
			&[2; 32],
			&[2 << 2, 5, 1],
			&[3; 32],
		]
		.concat();
		let (hash, salt) = (H256([1; 32]), H256([3; 32]));
		assert_eq!(
			commitment(hash, &[2u8; 32], &bits, salt),
			BlakeTwo256::hash(&bytes)
		);
	}
}

mod dealing {
	use super::*;

	proptest! {
		#[test]
		fn deal_is_even_for_every_size(
			number: u32,
			raters in 0u32..=MAX_RATERS,
			items in 40u32..=MAX_ITEMS,
			part in 0u32..=100,
		) {
			let each = 40 + (items - 40) * part / 100;
			let hands = deal(seed(number), raters, items, each);
			prop_assert_eq!(hands.len() as u32, raters);
			let mut counts = BTreeMap::<u32, u32>::new();
			for hand in &hands {
				prop_assert_eq!(hand.len(), each);
				hand.iter().for_each(|item| *counts.entry(item).or_default() += 1);
			}
			let fewest = panel(raters, items, each);
			for item in 0..items {
				let count = counts.remove(&item).unwrap_or_default();
				prop_assert!(count == fewest || count == fewest + 1);
			}
			prop_assert!(counts.is_empty());
		}
	}

	#[test]
	fn deal_gives_everything_when_raters_answer_the_whole_pool() {
		let hands = deal(seed(1), 3, 50, 50);
		assert_eq!(hands, [ItemSet::first(50); 3]);
	}

	#[test]
	fn deal_changes_with_the_seed() {
		assert_ne!(deal(seed(1), 5, 100, 50), deal(seed(2), 5, 100, 50));
		assert_eq!(deal(seed(1), 5, 100, 50), deal(seed(1), 5, 100, 50));
	}

	#[test]
	fn deal_gives_each_item_to_each_rater_equally_often() {
		// 4,000 deals of 40 of 80 items to 10 raters: each pair comes in half of them.
		let mut counts = BTreeMap::<(usize, u32), u32>::new();
		let deals = 4_000u32;
		for number in 0..deals {
			for (rater, hand) in deal(seed(number), 10, 80, 40).iter().enumerate() {
				for item in hand.iter() {
					*counts.entry((rater, item)).or_default() += 1;
				}
			}
		}
		assert_eq!(counts.len(), 800);
		// Five standard deviations of a binomial with a half.
		let spread = 5.0 * (f64::from(deals) * 0.25).sqrt();
		for count in counts.values() {
			assert!((f64::from(*count) - f64::from(deals) / 2.0).abs() < spread);
		}
	}

	#[test]
	fn panel_is_the_number_of_raters_of_an_item() {
		assert_eq!(panel(10, 80, 40), 5);
		assert_eq!(panel(9, 80, 40), 4);
		assert_eq!(panel(5, 40, 40), 5);
		assert_eq!(panel(5, 0, 40), 0);
	}

	#[test]
	fn presentation_shows_each_item_once() {
		let items: ItemSet = [3, 5, 8, 13, 21, 34, 55, 89, 144, 233]
			.into_iter()
			.collect();
		let shown = presentation(seed(1), &[1u8; 32], &items);
		let set: ItemSet = shown.iter().map(|shown| shown.item).collect();
		assert_eq!((shown.len(), set), (10, items));
	}

	#[test]
	fn presentation_is_each_raters_own() {
		let items = ItemSet::first(40);
		let shown = presentation(seed(1), &[1u8; 32], &items);
		assert_eq!(shown, presentation(seed(1), &[1u8; 32], &items));
		assert_ne!(shown, presentation(seed(1), &[2u8; 32], &items));
		assert_ne!(shown, presentation(seed(2), &[1u8; 32], &items));
	}

	#[test]
	fn presentation_puts_either_answer_on_the_left_equally_often() {
		let items = ItemSet::first(40);
		let mut left = [0u32; 40];
		let mut first = [0u32; 40];
		for number in 0..4_000u32 {
			let shown = presentation(seed(number), &[1u8; 32], &items);
			first[shown[0].item as usize] += 1;
			for shown in shown {
				left[shown.item as usize] += u32::from(shown.left == Choice::A);
			}
		}
		assert!(left.iter().all(|count| (1_840..=2_160).contains(count)));
		assert!(first.iter().all(|count| (50..=150).contains(count)));
	}
}

mod golds {
	use super::*;

	#[test]
	fn opening_is_under_its_root_for_every_size() {
		for count in MIN_GOLD..=MAX_GOLD {
			let gold = gold(count);
			let root = gold_root(&gold);
			let openings = gold_openings(&gold);
			assert_eq!(openings.len() as u32, count);
			for (opening, gold) in openings.iter().zip(&gold) {
				assert_eq!((opening.item, opening.label), (gold.item, gold.label));
				assert!(opening.is_under(root, count));
				assert!(!opening.is_under(root, opening.position));
				assert!(!opening.is_under(seed(1), count));
			}
		}
	}

	#[test]
	fn opening_is_not_under_the_root_when_anything_is_changed() {
		let gold = gold(40);
		let root = gold_root(&gold);
		let opening = gold_openings(&gold)[7].clone();
		let changes: [fn(&mut GoldOpening); 6] = [
			|o| o.position = 8,
			|o| o.item += 1,
			|o| o.label = o.label.other(),
			|o| o.salt = H256::zero(),
			|o| o.proof[0] = H256::zero(),
			|o| o.proof = GoldProof::default(),
		];
		for change in changes {
			let mut changed = opening.clone();
			change(&mut changed);
			assert!(!changed.is_under(root, 40));
		}
	}

	#[test]
	fn openings_are_none_when_there_is_too_much_gold() {
		assert!(gold_openings(&gold(41)).is_empty());
	}

	#[test]
	fn leaf_is_never_as_long_as_two_hashes() {
		assert_eq!(gold(1)[0].leaf().len(), 55);
	}
}

mod scores {
	use super::*;

	/// `care` as its definition reads.
	fn exact_care(correct: f64, gold: f64) -> f64 {
		let p = (correct + 1.0) / (gold + 2.0);
		let bound = p - 0.5 * (p * (1.0 - p) / (gold + 3.0)).sqrt();
		(2.0 * bound - 1.0).clamp(0.0, 1.0)
	}

	fn parts(part: u32) -> f64 {
		f64::from(part) / f64::from(PARTS)
	}

	#[test]
	fn care_is_within_its_bound_for_all_gold() {
		for gold in 0..=MAX_GOLD {
			for correct in 0..=gold {
				let exact = exact_care(correct.into(), gold.into());
				let error = parts(care(correct, gold)) - exact;
				assert!(error.abs() <= 5e-9, "{correct} of {gold}: {error}");
			}
		}
	}

	#[test]
	fn care_rises_with_what_is_right() {
		for gold in 1..=MAX_GOLD {
			assert_eq!(care(gold / 2, gold), 0);
			assert!((0..gold).all(|correct| care(correct, gold) <= care(correct + 1, gold)));
			assert!(care(gold, gold) > care(gold - 1, gold - 1));
			assert_eq!(care(gold + 5, gold), care(gold, gold));
		}
	}

	#[test]
	fn care_has_the_values_of_the_design() {
		// 20 of gold and an accuracy of 0.75, 0.80, 0.85.
		assert!((parts(care(15, 20)) - 0.362).abs() < 0.001);
		assert!((parts(care(16, 20)) - 0.458).abs() < 0.001);
		assert!((parts(care(17, 20)) - 0.556).abs() < 0.001);
	}

	#[test]
	fn earned_is_all_for_whoever_makes_no_mistake() {
		for gold in 1..=MAX_GOLD {
			let best = care(gold, gold);
			assert_eq!(earned(PARTS, best, best), if best > 0 { PARTS } else { 0 });
			assert_eq!(earned(0, best, best), 0);
			assert_eq!(earned(PARTS, 0, best), 0);
		}
		assert_eq!(earned(PARTS, PARTS, 0), 0);
	}

	#[test]
	fn covariance_is_nothing_when_answers_have_no_content() {
		let others = |item: i64| (item * 7 % 11 - 5) * 100_000_000;
		let same = (0..100).map(|item| (Choice::A, others(item)));
		assert_eq!(Covariance::of(same).parts, 0);
		assert_eq!(Covariance::of([]), Covariance::default());
	}

	#[test]
	fn agreement_is_all_when_there_is_too_little_to_compare() {
		let covariance = |compared, parts| Covariance { compared, parts };
		assert_eq!(covariance(9, -5).agreement(), PARTS);
		assert_eq!(covariance(10, -5).agreement(), 0);
		assert_eq!(covariance(10, 0).agreement(), 0);
		assert_eq!(covariance(10, 100_000_000).agreement(), 400_000_000);
		assert_eq!(covariance(10, 250_000_000).agreement(), PARTS);
		assert_eq!(covariance(10, 1_000_000_000).agreement(), PARTS);
	}

	#[test]
	fn others_leave_ones_own_answer_out() {
		let tally = Tally { a: 3, total: 5 };
		assert_eq!(tally.others(Choice::A), Some(0));
		assert_eq!(tally.others(Choice::B), Some(500_000_000));
		let alone = Tally { a: 1, total: 1 };
		assert_eq!(alone.others(Choice::A), None);
		assert_eq!(Tally::default().others(Choice::A), None);
	}

	/// A population's answers as the chain and as floating point sees them.
	fn score_both(answers: &[Vec<bool>], truth: &[bool], gold: usize, rater: usize) -> (u32, f64) {
		let items = truth.len();
		let mut tallies = vec![Tally::default(); items];
		for row in answers {
			for (tally, choice) in tallies.iter_mut().zip(choices(row)) {
				tally.count(choice);
			}
		}
		let mine = choices(&answers[rater]);
		let correct = (0..gold)
			.filter(|item| answers[rater][*item] == truth[*item])
			.count();
		let best = care(gold as u32, gold as u32);
		let covariance = Covariance::of(
			(gold..items).filter_map(|item| Some((mine[item], tallies[item].others(mine[item])?))),
		);
		let part = earned(
			covariance.agreement(),
			care(correct as u32, gold as u32),
			best,
		);

		let sign = |a: bool| if a { 1.0 } else { -1.0 };
		let n = (items - gold) as f64;
		let (mut xs, mut ys, mut xys) = (0.0, 0.0, 0.0);
		for item in gold..items {
			let x = sign(answers[rater][item]);
			let others: f64 = answers
				.iter()
				.enumerate()
				.filter(|(other, _)| *other != rater)
				.map(|(_, row)| sign(row[item]))
				.sum();
			let y = others / (answers.len() - 1) as f64;
			(xs, ys, xys) = (xs + x, ys + y, xys + x * y);
		}
		let exact = xys / n - xs / n * (ys / n);
		assert!((f64::from(covariance.parts) / 1e9 - exact).abs() <= 4e-9);
		let agreement = (exact.max(0.0) / 0.25).min(1.0);
		let gold = gold as f64;
		let exact = agreement * exact_care(correct as f64, gold) / exact_care(gold, gold);
		(part, exact)
	}

	proptest! {
		#[test]
		fn earned_part_is_within_its_bound(
			seed_of_truth in vec(any::<bool>(), 60..240),
			gold in 20usize..=40,
			flips in vec(vec(0u8..100, 240), 2..12),
			errors in vec(0u8..100, 12),
		) {
			let answers: Vec<Vec<bool>> = flips
				.iter()
				.zip(&errors)
				.map(|(row, error)| {
					let wrong = row.iter().map(|dice| dice < error);
					seed_of_truth.iter().zip(wrong).map(|(truth, wrong)| *truth ^ wrong).collect()
				})
				.collect();
			for rater in 0..answers.len() {
				let (part, exact) = score_both(&answers, &seed_of_truth, gold, rater);
				prop_assert!((parts(part) - exact).abs() <= 3e-8, "{part} for {exact}");
			}
		}
	}

	#[test]
	fn expected_part_is_within_its_bound() {
		let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
		for gold in [0, 7, 20, 40] {
			for percent in (0..=100).step_by(5) {
				let p = f64::from(percent) / 100.0;
				let best = exact_care(40.0, 40.0);
				let of_gold: f64 = (0..=gold)
					.map(|right| {
						let ways = factorial(gold) / factorial(right) / factorial(gold - right);
						let chance =
							ways * p.powi(right as i32) * (1.0 - p).powi((gold - right) as i32);
						chance * exact_care(right.into(), gold.into()).min(best) / best
					})
					.sum();
				let covariance: f64 = (2.0 * p - 1.0) * 0.6;
				let exact = of_gold * (covariance / 0.25).clamp(0.0, 1.0);
				let part = expected_part(PARTS / 100 * percent, PARTS / 10 * 8, gold, 40);
				assert!((parts(part) - exact).abs() <= 3e-8, "{gold} {percent}");
			}
		}
	}

	#[test]
	fn expected_part_is_what_honest_raters_are_promised() {
		let percent = |percent| PARTS / 100 * percent;
		let expect = |mine| expected_part(percent(mine), percent(80), 20, 20);
		assert!(expect(85) > PARTS / 2);
		assert!(expect(75) > PARTS / 4);
		assert_eq!(expect(50), 0);
		assert_eq!(expect(100), PARTS);
	}
}

mod money {
	use super::*;

	proptest! {
		#[test]
		fn shares_add_up_to_the_whole(amounts in vec(0u128..u128::MAX / 200, 1..100)) {
			let parts = shares(&amounts);
			let total: u128 = amounts.iter().sum();
			let sum: u32 = parts.iter().sum();
			prop_assert_eq!(sum, if total > 0 { PARTS } else { 0 });
			for (part, amount) in parts.iter().zip(&amounts) {
				let exact = *amount as f64 / total.max(1) as f64 * 1e9;
				prop_assert!((f64::from(*part) - exact).abs() < 1.001);
				prop_assert!(*amount > 0 || *part == 0);
			}
		}

		#[test]
		fn fees_of_parts_are_no_more_than_the_fee_of_the_whole(
			full in 0u128..1 << 100,
			earned in vec(0..=PARTS, 1..100),
			fee in 0..=PARTS / 10,
		) {
			let whole = fee_on(full, fee).unwrap();
			for earned in earned {
				let pay = part_of(full, earned);
				prop_assert!(pay <= full);
				prop_assert!(fee_on(pay, fee).unwrap() <= whole);
			}
			// The fee is its part of what is paid with it.
			let exact = part_of(full + whole, fee);
			prop_assert!(whole.abs_diff(exact) <= 1);
		}
	}

	#[test]
	fn shares_are_nothing_when_nothing_was_paid() {
		assert_eq!(shares(&[0, 0]), [0, 0]);
		assert!(shares(&[]).is_empty());
	}

	#[test]
	fn shares_of_thirds_differ_by_one_part() {
		assert_eq!(shares(&[1, 1, 1]), [333_333_333, 333_333_333, 333_333_334]);
	}

	#[test]
	fn part_of_is_exact_for_every_amount() {
		assert_eq!(part_of(u128::MAX, PARTS), u128::MAX);
		assert_eq!(part_of(u128::MAX, u32::MAX), u128::MAX);
		assert_eq!(part_of(7, PARTS / 2), 3);
		assert_eq!(part_of(u128::MAX, 0), 0);
	}

	#[test]
	fn fee_is_none_when_it_cannot_be_counted() {
		assert_eq!(fee_on(1, PARTS), None);
		assert_eq!(fee_on(1, PARTS + 1), None);
		assert_eq!(fee_on(u128::MAX, PARTS - 1), None);
		assert_eq!(fee_on(39, PARTS / 40), Some(1));
	}

	#[test]
	fn unit_accepts_no_ownership() {
		assert_eq!(<() as KeylessOwnership<u8>>::acceptance_deposit(1), None);
		assert_eq!(
			<() as KeylessOwnership<u8>>::accept_ownership(&1, 1),
			Err(DispatchError::Unavailable)
		);
		assert_eq!(
			<() as KeylessOwnership<u8>>::remove_version(&1, 1, 1),
			Err(DispatchError::Unavailable)
		);
	}
}
