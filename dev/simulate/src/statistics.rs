//! Means of repeated runs, and how far they can be trusted.

use serde::{Serialize, Serializer};

/// A mean and half the width of its 95 % interval, by the normal approximation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
	/// The mean.
	#[serde(serialize_with = "five_digits")]
	pub mean: f64,
	/// How far the interval reaches to either side.
	#[serde(serialize_with = "five_digits")]
	pub margin: f64,
}

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.96;

impl Estimate {
	/// Of independent runs.
	pub fn of(values: &[f64]) -> Self {
		let mean = mean(values);
		Self {
			mean,
			margin: margin(values.iter().map(|value| value - mean), values.len()),
		}
	}

	/// Of the ratio of two means, of runs in pairs; None if the lower one is 0. The interval is by
	/// the delta method, which takes it into account that the two of a pair move together.
	pub fn ratio(above: &[f64], below: &[f64]) -> Option<Self> {
		let divisor = mean(below);
		if divisor == 0.0 {
			return None;
		}
		let ratio = mean(above) / divisor;
		let residues = above
			.iter()
			.zip(below)
			.map(|(above, below)| (above - ratio * below) / divisor);
		Some(Self {
			mean: ratio,
			margin: margin(residues, above.len()),
		})
	}

	/// The same, less an amount that is known exactly.
	pub fn less(self, amount: f64) -> Self {
		Self {
			mean: self.mean - amount,
			..self
		}
	}
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
	values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// More digits would say nothing.
fn five_digits<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.serialize_f64((value * 1e5).round() / 1e5)
}

fn margin(residues: impl Iterator<Item = f64>, count: usize) -> f64 {
	if count < 2 {
		return 0.0;
	}
	let squares: f64 = residues.map(|residue| residue * residue).sum();
	let variance = squares / (count - 1) as f64;
	Z * (variance / count as f64).sqrt()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn close(found: f64, expected: f64) {
		assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
	}

	#[test]
	fn interval_is_that_of_the_textbook() {
		// Variance 5/3 over four values.
		let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0]);
		close(estimate.mean, 2.5);
		close(estimate.margin, 1.96 * (5.0f64 / 12.0).sqrt());
	}

	#[test]
	fn one_value_has_no_interval() {
		assert_eq!(
			Estimate::of(&[3.0]),
			Estimate {
				mean: 3.0,
				margin: 0.0
			}
		);
		close(Estimate::of(&[]).mean, 0.0);
	}

	#[test]
	fn ratio_of_what_moves_together_is_certain() {
		let ratio = Estimate::ratio(&[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0]).unwrap();
		close(ratio.mean, 2.0);
		close(ratio.margin, 0.0);
		let loose = Estimate::ratio(&[6.0, 4.0, 2.0], &[1.0, 2.0, 3.0]).unwrap();
		close(loose.mean, 2.0);
		assert!(loose.margin > 1.0);
	}

	#[test]
	fn there_is_no_ratio_to_nothing() {
		assert_eq!(Estimate::ratio(&[1.0, 2.0], &[0.0, 0.0]), None);
	}

	#[test]
	fn figures_are_written_with_five_digits() {
		let estimate = Estimate::of(&[1.0, 0.0, 0.0]);
		let json = serde_json::to_string(&estimate).unwrap();
		assert_eq!(json, r#"{"mean":0.33333,"margin":0.65333}"#);
	}

	#[test]
	fn what_is_known_exactly_moves_the_mean_alone() {
		let less = Estimate {
			mean: 0.5,
			margin: 0.1,
		}
		.less(0.2);
		close(less.mean, 0.3);
		close(less.margin, 0.1);
	}
}
