//! Scores of trust: masses that fade, and the lower bound of a success rate.
//!
//! Trust is counted in the protocol fee that was paid for it, so it is as dear to make up as to earn.
//! A subject has a mass of success and one of failure; both halve every half-life, and what failed
//! weighs [`FAILURE_WEIGHT`] times. With a prior of one unit each, the score is the lower bound of
//! the success rate at 95 % confidence:
//!
//! ```text
//! p = (success + unit) / (success + failure + 2 unit)      n = (success + failure + 2 unit) / unit
//! score = max(0, p - 1.645 * sqrt(p * (1 - p) / (n + 1)))
//! ```
//!
//! Masses are linear in the fee: a fee in many parts weighs what it weighs in one. They are kept in
//! 2^-24 of the smallest unit of money, so that rounding does not grow with the number of changes.
//!
//! ## Rounding
//!
//! All of it is down. The score is within 2 parts of 10^9 of the real number and monotone: more
//! success never lowers it, more failure never raises it. One [`decay`] is within one of its own unit
//! and 2^-56 of the mass. However many steps a mass fades in, with a half-life of at most
//! [`MAX_HALF_LIFE`] it stays within one smallest unit of money and 10^-9 of the real number.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::U256;

use crate::PARTS;

/// How many times what failed weighs against what succeeded.
pub const FAILURE_WEIGHT: u32 = 3;

/// The prior of either side unless said otherwise, in the smallest unit of money: 1 WGH.
pub const DEFAULT_UNIT: u128 = 1_000_000_000_000;

/// The longest half-life in blocks for which the bounds of rounding are stated: 194 days of 2 s.
pub const MAX_HALF_LIFE: u32 = 1 << 23;

/// How many parts of a [`Mass`] are one smallest unit of money.
pub const SCALE: u128 = 1 << 24;

/// One, with 64 bits after the point.
const ONE: u128 = 1 << 64;

/// The natural logarithm of 2, with 64 bits after the point.
const LN_2: u128 = 0xb172_17f7_d1cf_79ab;

/// The standard score of the bound, in thousandths: 95 % of one side.
const Z_THOUSANDTHS: u128 = 1_645;

/// 2^-(1/2), 2^-(1/4), ... 2^-(1/2^32): each the square root of the one before, with 64 bits after the
/// point, rounded down.
const ROOTS: [u64; 32] = [
	0xb504_f333_f9de_6484,
	0xd744_fcca_d69d_6af4,
	0xeac0_c6e7_dd24_392e,
	0xf525_7d15_2486_cc2c,
	0xfa83_b2db_722a_033a,
	0xfd3e_0c0c_f486_c174,
	0xfe9e_115c_7b8f_884b,
	0xff4e_cb59_511e_c8a5,
	0xffa7_5652_1c8d_aed1,
	0xffd3_a751_c0f7_e10b,
	0xffe9_d2b2_f7db_2755,
	0xfff4_e91b_ff1b_8c3d,
	0xfffa_747e_a004_0664,
	0xfffd_3a3b_7814_eb53,
	0xfffe_9d1c_c60d_dab1,
	0xffff_4e8e_2587_9bfa,
	0xffff_a747_0363_f451,
	0xffff_d3a3_7dda_0313,
	0xffff_e9d1_bdf7_03ae,
	0xffff_f4e8_debe_025e,
	0xffff_fa74_6f4f_a150,
	0xffff_fd3a_37a3_f8b0,
	0xffff_fe9d_1bd1_065a,
	0xffff_ff4e_8de8_45ad,
	0xffff_ffa7_46f4_1376,
	0xffff_ffd3_a37a_05e3,
	0xffff_ffe9_d1bd_01fb,
	0xffff_fff4_e8de_80c0,
	0xffff_fffa_746f_4050,
	0xffff_fffd_3a37_a024,
	0xffff_fffe_9d1b_d011,
	0xffff_ffff_4e8d_e808,
];

/// What is left of `mass` after `elapsed` blocks, rounded down. `mass` may be in any unit. A half-life
/// of 0 counts as one block.
pub fn decay(mass: u128, elapsed: u32, half_life: u32) -> u128 {
	Decay::over(elapsed, half_life).of(mass)
}

/// How far masses fade in a span of time.
#[derive(Clone, Copy)]
struct Decay {
	/// The whole half-lives.
	halvings: u32,
	/// What is left after the rest of a half-life, in (1/2, 1], with 64 bits after the point.
	factor: u128,
}

impl Decay {
	fn over(elapsed: u32, half_life: u32) -> Self {
		let half_life = half_life.max(1);
		let rest = elapsed.checked_rem(half_life).unwrap_or_default();
		let fraction = (u128::from(rest) << 64)
			.checked_div(u128::from(half_life))
			.and_then(|fraction| u64::try_from(fraction).ok())
			.unwrap_or_default();
		Self {
			halvings: elapsed.checked_div(half_life).unwrap_or_default(),
			factor: power(fraction),
		}
	}

	fn of(self, mass: u128) -> u128 {
		// The product may not fit: the halves are multiplied apart, and the upper one is exact.
		let (upper, lower) = (mass >> 64, mass & u128::from(u64::MAX));
		upper
			.saturating_mul(self.factor)
			.saturating_add(lower.saturating_mul(self.factor) >> 64)
			.checked_shr(self.halvings)
			.unwrap_or_default()
	}
}

/// 2^-`fraction`, both with 64 bits after the point; within 2^-57 and rounded down.
fn power(fraction: u64) -> u128 {
	let mut bits = fraction;
	let mut value = ONE;
	for root in ROOTS {
		if bits.leading_zeros() == 0 {
			value = value.saturating_mul(u128::from(root)) >> 64;
		}
		bits = bits.wrapping_shl(1);
	}
	// Below 2^-32 the curve is its tangent, within 2^-66.
	let drop = u128::from(bits >> 32).saturating_mul(LN_2) >> 64;
	value.saturating_sub(value.saturating_mul(drop) >> 64)
}

/// The lower bound of the success rate in parts of 10^9, rounded down. The three are in one unit,
/// whichever; a `unit` of 0 counts as 1.
pub fn lower_bound(success: u128, failure: u128, unit: u128) -> u32 {
	let unit = U256::from(unit.max(1));
	let good = U256::from(success).saturating_add(unit);
	let bad = U256::from(failure).saturating_add(unit);
	let all = good.saturating_add(bad);
	// p - z * sqrt(p * (1 - p) / (n + 1)) = p * (1 - z * sqrt(bad / (all + unit) * unit / good)), in
	// which each quotient moves one way with success and the other way with failure. So rounding
	// cannot turn the score against its evidence.
	let variance = quotient(bad, all.saturating_add(unit)).saturating_mul(quotient(unit, good));
	let margin = variance.isqrt().saturating_mul(Z_THOUSANDTHS) / 1_000;
	let kept = ONE.saturating_sub(margin);
	let bound = quotient(good, all).saturating_mul(kept) >> 64;
	let parts = bound.saturating_mul(u128::from(PARTS)) >> 64;
	u32::try_from(parts).unwrap_or(PARTS)
}

/// `part / whole` with 64 bits after the point, at most one.
fn quotient(part: U256, whole: U256) -> u128 {
	part.saturating_mul(U256::from(ONE))
		.checked_div(whole)
		.map_or(ONE, |quotient| quotient.min(U256::from(ONE)).low_u128())
}

/// The evidence about a subject, in [`SCALE`]ths of the smallest unit of money. Both sides stop at the
/// largest number, which is more than 10^31 smallest units.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Mass {
	/// What succeeded.
	pub success: u128,
	/// What failed, [`FAILURE_WEIGHT`] times.
	pub failure: u128,
	/// The block as of which both are stated.
	pub at: u32,
}

impl Mass {
	/// No evidence, as of block `at`.
	pub const fn empty(at: u32) -> Self {
		Self {
			success: 0,
			failure: 0,
			at,
		}
	}

	/// The same evidence as of block `now`; as it is if `now` is before.
	#[must_use]
	pub fn decayed(self, now: u32, half_life: u32) -> Self {
		let decay = Decay::over(now.saturating_sub(self.at), half_life);
		Self {
			success: decay.of(self.success),
			failure: decay.of(self.failure),
			at: now.max(self.at),
		}
	}

	/// With a fee, in the smallest unit of money, of which `succeeded` parts of 10^9 were well spent
	/// and the rest was not. It counts in full as of block `at`.
	#[must_use]
	pub fn add(self, fee: u128, succeeded: u32) -> Self {
		let fee = fee.saturating_mul(SCALE);
		let failed = failed_part(fee, succeeded);
		Self {
			success: self.success.saturating_add(fee.saturating_sub(failed)),
			failure: self.failure.saturating_add(weighed(failed)),
			at: self.at,
		}
	}

	/// With a fee that was added as a success in block `since` turned into one of which only `succeeded`
	/// parts of 10^9 were well spent. The fee, in the smallest unit of money, has faded since as the
	/// masses have. Says as well how much success was taken back, in the smallest unit.
	#[must_use]
	pub fn correct(self, fee: u128, since: u32, succeeded: u32, half_life: u32) -> (Self, u128) {
		let failed = failed_part(fee.saturating_mul(SCALE), succeeded);
		let failed = decay(failed, self.at.saturating_sub(since), half_life);
		let corrected = Self {
			// Saturates only where rounding left less than was added.
			success: self.success.saturating_sub(failed),
			failure: self.failure.saturating_add(weighed(failed)),
			at: self.at,
		};
		(corrected, failed / SCALE)
	}

	/// The score in parts of 10^9, with a prior of `unit` on either side, in the smallest unit of money.
	pub fn score(self, unit: u128) -> u32 {
		lower_bound(self.success, self.failure, unit.saturating_mul(SCALE))
	}

	/// Both sides in the smallest unit of money, rounded down: success, then failure as weighed.
	pub const fn in_money(self) -> (u128, u128) {
		(self.success / SCALE, self.failure / SCALE)
	}
}

/// The part of `fee` that failed when `succeeded` parts of 10^9 did not, rounded down.
fn failed_part(fee: u128, succeeded: u32) -> u128 {
	let whole = u128::from(PARTS);
	let parts = u128::from(PARTS.saturating_sub(succeeded));
	let quotient = fee.checked_div(whole).unwrap_or_default();
	let rest = fee.checked_rem(whole).unwrap_or_default();
	let rest = rest.saturating_mul(parts).checked_div(whole);
	quotient
		.saturating_mul(parts)
		.saturating_add(rest.unwrap_or_default())
}

fn weighed(failed: u128) -> u128 {
	failed.saturating_mul(u128::from(FAILURE_WEIGHT))
}

#[cfg(test)]
mod tests;
