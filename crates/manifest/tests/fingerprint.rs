//! Fingerprints against values from another program.

use proptest::prelude::*;
use weighhouse_manifest::{simhash256, FingerprintError};

fn hexadecimal(values: &[f64]) -> String {
	hex::encode(simhash256(values).unwrap())
}

/// Three blocks of weights, with numbers that sums hold exactly.
fn many() -> Vec<f64> {
	(0..600)
		.map(|j| f64::from(j * 37 % 101 - 50) / 8.0)
		.collect()
}

#[test]
fn simhash256_gives_the_bits_that_python_gives() {
	// From the definition, with Python's hashlib.
	for (values, expected) in [
		(
			vec![1.0],
			"e5e6300bc3cf55927e8f715e5357d687be46ca8914af34c870e8e766cc4e3910",
		),
		(
			vec![1.0, -2.0, 0.5],
			"d30cac125fea8a2bc7b345e7899283d406a08beefc587e681ad3fe304d7aade5",
		),
		(
			many(),
			"0a1fc2ad3a1a8b370ef1cacb954d7598eeaf23c358e42da74cef50a71e62846f",
		),
	] {
		assert_eq!(hexadecimal(&values), expected, "{} values", values.len());
	}
}

#[test]
fn simhash256_counts_a_sum_of_zero_as_one() {
	assert_eq!(simhash256(&[0.0; 3]), Ok([0xff; 32]));
}

#[test]
fn simhash256_is_refused_when_there_is_nothing() {
	assert_eq!(simhash256(&[]), Err(FingerprintError::Empty));
}

#[test]
fn simhash256_is_refused_when_an_element_is_not_finite() {
	for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
		let result = simhash256(&[1.0, value]);
		assert_eq!(result, Err(FingerprintError::NotFinite { index: 1 }));
	}
}

proptest! {
	#[test]
	fn simhash256_stays_when_all_numbers_grow_alike(
		values in prop::collection::vec(-1000..1000_i32, 1..400),
		power in -3..10_i32,
	) {
		let values: Vec<f64> = values.into_iter().map(f64::from).collect();
		let grown: Vec<f64> = values.iter().map(|value| value * 2_f64.powi(power)).collect();
		prop_assert_eq!(simhash256(&values), simhash256(&grown));
	}

	#[test]
	fn simhash256_flips_every_bit_but_those_of_zero_sums_when_signs_do(
		values in prop::collection::vec(-1000..1000_i32, 1..400),
	) {
		let values: Vec<f64> = values.into_iter().map(f64::from).collect();
		let opposite: Vec<f64> = values.iter().map(|value| -value).collect();
		let (one, other) = (simhash256(&values).unwrap(), simhash256(&opposite).unwrap());
		// A sum of zero gives 1 on both sides; at least one side of each bit is 1.
		prop_assert!(one.iter().zip(other).all(|(one, other)| one | other == 0xff));
	}
}
