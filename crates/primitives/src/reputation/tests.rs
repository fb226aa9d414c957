use super::*;
use proptest::prelude::*;

/// 30 days of blocks of 2 s.
const MONTH: u32 = 1_296_000;

/// What the documentation promises of a score, in parts of 10^9. A part is lost where the result is
/// rounded down; 1.00 is the most that was measured.
const SCORE_ERROR: f64 = 2.0;

/// The score without evidence: p is a half and n is 2.
const PRIOR: u32 = 25_129_403;

/// The score of masses in units, by the formula and with floating point, in parts of 10^9.
fn score_by_formula(success: f64, failure: f64) -> f64 {
	let all = success + failure + 2.0;
	let p = (success + 1.0) / all;
	let bound = p - 1.645 * (p * (1.0 - p) / (all + 1.0)).sqrt();
	bound.max(0.0) * f64::from(PARTS)
}

/// What is left of one.
fn left(elapsed: u32, half_life: u32) -> f64 {
	(-f64::from(elapsed) / f64::from(half_life)).exp2()
}

/// Amounts from nothing to more than all money together, all magnitudes alike.
fn amount() -> impl Strategy<Value = u128> {
	prop_oneof![
		1 => Just(0),
		20 => (0u32..103, any::<u128>()).prop_map(|(bits, random)| random >> (127 - bits)),
	]
}

/// All there is of masses, whatever they count.
fn mass() -> impl Strategy<Value = u128> {
	prop_oneof![
		1 => Just(0),
		1 => Just(u128::MAX),
		20 => (0u32..128, any::<u128>()).prop_map(|(bits, random)| random >> (127 - bits)),
	]
}

fn half_life() -> impl Strategy<Value = u32> {
	prop_oneof![Just(MONTH), Just(1), Just(MAX_HALF_LIFE), 1..MAX_HALF_LIFE]
}

mod decaying {
	use super::*;

	#[test]
	fn roots_are_the_square_roots_of_each_other() {
		// The first squares to a half, each other one to the one before; the next number would be over.
		let squares = core::iter::once(1 << 63).chain(ROOTS.map(u128::from));
		for (root, square) in ROOTS.into_iter().zip(squares) {
			let (below, above) = (U256::from(root), U256::from(root) + 1);
			// The square was itself rounded down, by less than one.
			let square = U256::from(square) << 64;
			assert!(below * below <= square + (U256::one() << 64));
			assert!(above * above > square);
		}
	}

	#[test]
	fn decay_is_what_other_programs_compute() {
		// By a program with a hundred digits, rounded down.
		for (mass, elapsed, half_life, expected) in [
			(DEFAULT_UNIT, MONTH / 30, MONTH, 977_159_968_434),
			(DEFAULT_UNIT, 1, MONTH, 999_999_465_164),
			(
				10u128.pow(30),
				MONTH / 4 * 7,
				MONTH,
				297_301_778_750_680_266_679_374_992_640,
			),
			(
				u128::MAX,
				1,
				2,
				240_615_969_168_004_511_545_033_772_477_625_056_926,
			),
		] {
			let left = decay(mass, elapsed, half_life);
			assert!(left <= expected, "rounded down");
			assert!(expected - left <= mass >> 56, "{left} for {expected}");
		}
	}

	#[test]
	fn decay_halves_exactly_every_half_life() {
		for (halvings, expected) in [(0, 1_000), (1, 500), (3, 125), (4, 62), (9, 1), (10, 0)] {
			assert_eq!(decay(1_000, halvings * MONTH, MONTH), expected);
		}
		assert_eq!(decay(u128::MAX, 127 * MONTH, MONTH), 1);
		assert_eq!(decay(u128::MAX, 128 * MONTH, MONTH), 0);
		assert_eq!(decay(u128::MAX, u32::MAX, 1), 0);
	}

	#[test]
	fn decay_takes_a_half_life_of_zero_for_one_block() {
		assert_eq!(decay(1_000, 0, 0), 1_000);
		assert_eq!(decay(1_000, 2, 0), 250);
	}

	proptest! {
		#[test]
		fn decay_is_within_one_and_a_trace_of_the_real_number(
			mass in mass(),
			elapsed in prop_oneof![0..10 * MONTH, any::<u32>()],
			half_life in half_life(),
		) {
			let exact = mass as f64 * left(elapsed, half_life);
			let error = (decay(mass, elapsed, half_life) as f64 - exact).abs();
			// The exponent of the reference has 53 bits, of which a hundred half-lives take seven.
			prop_assert!(error <= 1.0 + exact * 2f64.powi(-46), "{error} of {exact}");
		}

		#[test]
		fn decay_never_adds(mass in mass(), elapsed: u32, half_life in half_life()) {
			prop_assert!(decay(mass, elapsed, half_life) <= mass);
		}

		#[test]
		fn decay_keeps_the_order_of_masses(
			a in mass(),
			b in mass(),
			elapsed in 0..10 * MONTH,
			half_life in half_life(),
		) {
			let (less, more) = (a.min(b), a.max(b));
			prop_assert!(decay(less, elapsed, half_life) <= decay(more, elapsed, half_life));
		}

		#[test]
		fn power_is_within_two_to_the_minus_57(fraction in 1..u64::MAX) {
			// Floating point has too few digits to tell, but two powers must come to a half.
			let product = (power(fraction) * power(fraction.wrapping_neg())) >> 64;
			prop_assert!(product <= ONE >> 1, "rounded down");
			prop_assert!((ONE >> 1) - product <= 1 << 7, "{}", (ONE >> 1) - product);
		}
	}

	/// Lets a fee fade in steps, and says how far from the real number it ends and what that is, in the
	/// smallest unit of money.
	fn fade(fee: u128, steps: impl Iterator<Item = u32>, half_life: u32) -> (f64, f64) {
		let mut mass = Mass::empty(0).add(fee, PARTS);
		for step in steps {
			mass = mass.decayed(mass.at + step, half_life);
		}
		let exact = fee as f64 * left(mass.at, half_life);
		let error = (mass.success as f64 / SCALE as f64 - exact).abs();
		(error, exact)
	}

	#[test]
	fn masses_stay_exact_when_they_fade_block_by_block() {
		// The worst there is: a change in each block of a month, with the chain's half-life and the
		// longest one, of a millionth of a WGH and of a million million. Measured: 0.028 and 0.037 of a
		// smallest unit; 4e-13 of the large fee.
		let steps = || core::iter::repeat_n(1, MONTH as usize);
		for half_life in [MONTH, MAX_HALF_LIFE] {
			let (error, _) = fade(1_000_000, steps(), half_life);
			println!("{error:.3} of a smallest unit, half-life {half_life}");
			assert!(error <= 0.1, "{error}");
		}
		let (error, exact) = fade(10u128.pow(24), steps(), MONTH);
		println!("{:.1e} of what is left", error / exact);
		assert!(error <= exact * 1e-10, "{error} of {exact}");
	}

	#[test]
	fn masses_stay_exact_when_they_fade_to_almost_nothing() {
		// Twenty half-lives in a hundred thousand steps: a millionth is left.
		let (error, exact) = fade(DEFAULT_UNIT, core::iter::repeat_n(20, 100_000), 100_000);
		println!("{error:.3} of {exact:.0}");
		assert!(error <= 1.0, "{error}");
	}

	proptest! {
		#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

		#[test]
		fn masses_fade_within_three_in_ten_thousand_whatever_the_steps(
			fee in 1u128 << 10..1 << 100,
			steps in proptest::collection::vec(prop_oneof![0u32..10, 0u32..MONTH / 100], 0..2_000),
			half_life in half_life(),
		) {
			let (error, exact) = fade(fee, steps.into_iter(), half_life);
			prop_assert!(error <= 1.0 + exact * 1e-9, "{error} of {exact}");
			// Of some thousand smallest units, which are nothing in a score, one is more than that.
			prop_assert!(exact < 4_000.0 || error <= exact * 3e-4, "{error} of {exact}");
		}
	}
}

mod bounds {
	use super::*;

	#[test]
	fn lower_bound_is_what_other_programs_compute() {
		// By a program with eighty digits, rounded down.
		let unit = DEFAULT_UNIT;
		for (success, failure, expected) in [
			(0, 0, PRIOR),
			(unit, 0, 278_936_448),
			(0, 3 * unit, 0),
			(10 * unit, 3 * unit, 551_471_740),
			(unit * 238_249 / 10_000, 0, 900_000_052),
		] {
			assert_eq!(lower_bound(success, failure, unit), expected);
		}
	}

	#[test]
	fn lower_bound_reaches_neither_end_by_overflow() {
		let max = u128::MAX;
		assert_eq!(lower_bound(max, 0, 1), PARTS - 1);
		assert_eq!(lower_bound(0, max, 1), 0);
		assert_eq!(lower_bound(max, max, 1), PARTS / 2);
		assert_eq!(lower_bound(max, max, max), lower_bound(1_000, 1_000, 1_000));
		assert_eq!(lower_bound(0, 0, max), lower_bound(0, 0, 1));
		// A unit of nothing counts as one.
		assert_eq!(lower_bound(5, 7, 0), lower_bound(5, 7, 1));
	}

	proptest! {
		#[test]
		fn lower_bound_is_within_two_parts_of_the_formula(
			success in mass(),
			failure in mass(),
			unit in prop_oneof![Just(DEFAULT_UNIT), amount()],
		) {
			let unit = unit.max(1);
			let units = |mass: u128| mass as f64 / unit as f64;
			let exact = score_by_formula(units(success), units(failure));
			let error = (f64::from(lower_bound(success, failure, unit)) - exact).abs();
			prop_assert!(error <= SCORE_ERROR, "{error}");
		}

		#[test]
		fn lower_bound_is_within_two_parts_where_masses_are_a_few_units(
			success in 0..200 * DEFAULT_UNIT,
			failure in prop_oneof![Just(0), 0..20 * DEFAULT_UNIT, 0..200 * DEFAULT_UNIT],
		) {
			let units = |mass: u128| mass as f64 / DEFAULT_UNIT as f64;
			let exact = score_by_formula(units(success), units(failure));
			let error = (f64::from(lower_bound(success, failure, DEFAULT_UNIT)) - exact).abs();
			prop_assert!(error <= SCORE_ERROR, "{error}");
		}

		#[test]
		fn lower_bound_never_falls_when_more_succeeds(
			success in mass(),
			more in mass(),
			failure in mass(),
			unit in amount(),
		) {
			let before = lower_bound(success, failure, unit);
			prop_assert!(lower_bound(success.saturating_add(more), failure, unit) >= before);
		}

		#[test]
		fn lower_bound_never_rises_when_more_fails(
			success in mass(),
			failure in mass(),
			more in mass(),
			unit in amount(),
		) {
			let before = lower_bound(success, failure, unit);
			prop_assert!(lower_bound(success, failure.saturating_add(more), unit) <= before);
		}

		// The smallest steps are where rounding could turn the order.
		#[test]
		fn lower_bound_is_monotone_in_single_steps(
			success in mass(),
			failure in mass(),
			unit in amount(),
		) {
			let here = lower_bound(success, failure, unit);
			prop_assert!(lower_bound(success.saturating_add(1), failure, unit) >= here);
			prop_assert!(lower_bound(success, failure.saturating_add(1), unit) <= here);
		}

		#[test]
		fn lower_bound_counts_in_any_unit_alike(
			success in 0u128..1 << 90,
			failure in 0u128..1 << 90,
			unit in 1u128..1 << 80,
			times in 1u128..1 << 30,
		) {
			let once = lower_bound(success, failure, unit);
			let scaled = lower_bound(success * times, failure * times, unit * times);
			prop_assert_eq!(once, scaled);
		}
	}
}

mod masses {
	use super::*;

	/// How well somebody did, in parts of 10^9.
	fn parts() -> impl Strategy<Value = u32> {
		prop_oneof![Just(0), Just(PARTS), 0..=PARTS]
	}

	fn prior() -> u32 {
		Mass::empty(0).score(DEFAULT_UNIT)
	}

	#[test]
	fn add_counts_what_failed_three_times() {
		let mass = Mass::empty(7).add(1_000, PARTS / 4);
		assert_eq!(mass.in_money(), (250, 2_250));
		assert_eq!(mass.at, 7);
		let mass = mass.add(8, 0).add(9, PARTS);
		assert_eq!(mass.in_money(), (259, 2_274));
	}

	#[test]
	fn add_takes_more_than_the_whole_for_the_whole() {
		assert_eq!(
			Mass::empty(0).add(5, u32::MAX),
			Mass::empty(0).add(5, PARTS)
		);
	}

	#[test]
	fn add_stops_at_the_largest_number() {
		let full = Mass::empty(0).add(u128::MAX, PARTS);
		assert_eq!(full.success, u128::MAX);
		let full = full.add(u128::MAX, PARTS).add(u128::MAX, 0);
		assert_eq!((full.success, full.failure), (u128::MAX, u128::MAX));
		assert_eq!(full.score(DEFAULT_UNIT), PARTS / 2);
	}

	#[test]
	fn decayed_stays_when_time_goes_back() {
		let mass = Mass::empty(100).add(1_000, PARTS / 2);
		assert_eq!(mass.decayed(99, MONTH), mass);
		assert_eq!(mass.decayed(100, MONTH), mass);
	}

	#[test]
	fn correct_undoes_a_success_when_nothing_was_well_spent() {
		let mass = Mass::empty(10).add(400, PARTS).add(600, PARTS);
		let (mass, taken) = mass.correct(600, 10, 0, MONTH);
		assert_eq!(taken, 600);
		assert_eq!(mass, Mass::empty(10).add(400, PARTS).add(600, 0));
	}

	#[test]
	fn correct_changes_nothing_when_all_was_well_spent() {
		let mass = Mass::empty(10).add(400, PARTS);
		assert_eq!(mass.correct(400, 10, PARTS, MONTH), (mass, 0));
	}

	#[test]
	fn correct_takes_no_more_than_there_is() {
		let mass = Mass::empty(10).add(400, PARTS);
		let (mass, taken) = mass.correct(401, 10, 0, MONTH);
		assert_eq!((mass.in_money(), taken), ((0, 1_203), 401));
	}

	#[test]
	fn score_of_nothing_is_what_half_of_two_is_worth() {
		assert_eq!(prior(), PRIOR);
		assert_eq!(Mass::default().score(0), prior());
	}

	proptest! {
		#[test]
		fn masses_are_the_same_when_a_fee_comes_in_pieces(
			pieces in proptest::collection::vec(0u128..1 << 90, 0..20),
			succeeded in parts(),
		) {
			let split = pieces.iter().fold(Mass::empty(0), |mass, fee| mass.add(*fee, succeeded));
			let whole = Mass::empty(0).add(pieces.iter().sum(), succeeded);
			if succeeded == 0 || succeeded == PARTS {
				prop_assert_eq!(split, whole);
			}
			// Each piece is rounded down by less than one, of which failure is three times.
			let most = 3 * pieces.len() as u128;
			prop_assert!(whole.success.abs_diff(split.success) <= most);
			prop_assert!(whole.failure.abs_diff(split.failure) <= most);
		}

		#[test]
		fn masses_hold_the_whole_fee_on_one_side_or_the_other(
			fee in 0u128..1 << 100,
			succeeded in parts(),
		) {
			let mass = Mass::empty(0).add(fee, succeeded);
			prop_assert_eq!(mass.success + mass.failure / 3, fee * SCALE);
			let exact = fee as f64 * f64::from(succeeded) / f64::from(PARTS);
			prop_assert!((mass.in_money().0 as f64 - exact).abs() <= 1.0 + exact * 1e-15);
		}

		#[test]
		fn a_correction_later_is_what_a_record_at_once_would_be(
			fee in 1u128..1 << 90,
			other in 0u128..1 << 90,
			succeeded in parts(),
			waited in 0u32..MONTH,
			more in 0u32..MONTH,
			half_life in half_life(),
		) {
			let later = Mass::empty(5).add(other, PARTS / 3).add(fee, PARTS);
			let (later, _) = later
				.decayed(5 + waited, half_life)
				.correct(fee, 5, succeeded, half_life);
			let at_once = Mass::empty(5).add(other, PARTS / 3).add(fee, succeeded);
			let at_once = at_once.decayed(5 + waited, half_life);
			// Rounding of three masses and of what is weighed three times.
			prop_assert!(later.success.abs_diff(at_once.success) <= 6);
			prop_assert!(later.failure.abs_diff(at_once.failure) <= 6);
			let end = 5 + waited + more;
			let error = later
				.decayed(end, half_life)
				.score(DEFAULT_UNIT)
				.abs_diff(at_once.decayed(end, half_life).score(DEFAULT_UNIT));
			prop_assert!(error <= 1);
		}

		#[test]
		fn a_better_rating_never_gives_a_lower_score(
			fee in 0u128..1 << 90,
			other in 0u128..1 << 90,
			(a, b) in (parts(), parts()),
			waited in 0u32..MONTH,
		) {
			let mass = Mass::empty(0).add(other, PARTS / 2).add(fee, PARTS).decayed(waited, MONTH);
			let rated = |parts| mass.correct(fee, 0, parts, MONTH).0.score(DEFAULT_UNIT);
			prop_assert!(rated(a.min(b)) <= rated(a.max(b)));
		}

		#[test]
		fn scores_fade_down_to_the_prior_when_success_prevails(
			more in 0u128..1 << 90,
			failed in amount(),
			spans in proptest::collection::vec(0u32..2 * MONTH, 1..20),
		) {
			let failed = failed >> 14;
			let success = 3 * failed + more;
			let mut mass = Mass::empty(0).add(success, PARTS).add(failed, 0);
			let mut score = mass.score(DEFAULT_UNIT);
			for span in spans {
				mass = mass.decayed(mass.at + span, MONTH);
				let next = mass.score(DEFAULT_UNIT);
				// Where both sides are alike only rounding is left, a part at a time.
				prop_assert!(next <= score + 1, "{next} after {score}");
				score = next;
			}
			prop_assert!(score + 1 >= prior());
		}

		#[test]
		fn scores_end_at_the_prior_whatever_they_were(
			success in 0u128..1 << 100,
			failed in 0u128..1 << 100,
		) {
			let mass = Mass::empty(0).add(success, PARTS).add(failed, 0);
			// In a hundred half-lives nothing is left of 10^18 WGH that would show.
			let faded = mass.decayed(100 * MONTH, MONTH).score(DEFAULT_UNIT);
			prop_assert!(faded.abs_diff(prior()) <= 1);
		}
	}

	#[test]
	fn masses_are_encoded_as_other_programs_read_them() {
		let mass = Mass {
			success: 1,
			failure: 2,
			at: 3,
		};
		let bytes = mass.encode();
		assert_eq!(bytes.len(), Mass::max_encoded_len());
		assert_eq!(bytes[0], 1);
		assert_eq!(bytes[16], 2);
		assert_eq!(bytes[32..], [3, 0, 0, 0]);
		assert_eq!(Mass::decode(&mut bytes.as_slice()), Ok(mass));
		let json = serde_json::to_string(&Mass::empty(3)).unwrap();
		assert_eq!(json, r#"{"success":0,"failure":0,"at":3}"#);
	}
}
