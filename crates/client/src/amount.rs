//! Exact decimals: amounts of WGH, percentages and scores, typed and shown as people write them.
//!
//! Nothing here touches a floating-point number, so what is typed is what is signed.

use core::{fmt, str::FromStr};

use weighhouse_primitives::PARTS;

/// Decimals of the token: one WGH is 10^12 plancks.
pub const DECIMALS: u32 = 12;
/// Decimals of a percentage: one percent is 10^7 parts per 10^9.
const PERCENT_DECIMALS: u32 = 7;
/// Decimals of a score: 1 is 10^9 parts.
const SCORE_DECIMALS: u32 = 9;

/// Why a decimal cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
	/// Nothing but white space.
	#[error("a number is missing")]
	Empty,
	/// Something else than digits around at most one point.
	#[error("`{0}` is not a plain decimal number such as 2.5")]
	Malformed(String),
	/// More decimals than the unit has.
	#[error("`{text}` has more than {limit} decimals")]
	TooFine {
		/// What was typed.
		text: String,
		/// Decimals that the unit has.
		limit: u32,
	},
	/// Larger than the unit can hold.
	#[error("`{0}` is too large")]
	TooLarge(String),
}

/// An amount of money in plancks (10^-12 WGH), typed and shown in WGH.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u128);

impl FromStr for Amount {
	type Err = DecimalError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		parse(text, DECIMALS).map(Self)
	}
}

impl fmt::Display for Amount {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.pad(&show(self.0, DECIMALS))
	}
}

/// A share in parts per 10^9, typed and shown in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub u32);

impl FromStr for Percent {
	type Err = DecimalError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let trimmed = text.trim();
		let parts = parse(
			trimmed.strip_suffix('%').unwrap_or(trimmed).trim_end(),
			PERCENT_DECIMALS,
		)?;
		match u32::try_from(parts) {
			Ok(parts) if parts <= PARTS => Ok(Self(parts)),
			_ => Err(DecimalError::TooLarge(text.to_owned())),
		}
	}
}

impl fmt::Display for Percent {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.pad(&format!("{}%", show(self.0.into(), PERCENT_DECIMALS)))
	}
}

/// A score in parts per 10^9, typed and shown as a number from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(pub u32);

impl FromStr for Score {
	type Err = DecimalError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		match u32::try_from(parse(text, SCORE_DECIMALS)?) {
			Ok(parts) if parts <= PARTS => Ok(Self(parts)),
			_ => Err(DecimalError::TooLarge(text.to_owned())),
		}
	}
}

impl fmt::Display for Score {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.pad(&show(self.0.into(), SCORE_DECIMALS))
	}
}

/// Reads `text` as a count of 10^-`decimals`.
fn parse(text: &str, decimals: u32) -> Result<u128, DecimalError> {
	let text = text.trim();
	if text.is_empty() {
		return Err(DecimalError::Empty);
	}
	let malformed = || DecimalError::Malformed(text.to_owned());
	let (whole, fraction) = match text.split_once('.') {
		// A point stands between digits: `.5` and `5.` are typing slips more often than amounts.
		Some((whole, fraction)) if !whole.is_empty() && !fraction.is_empty() => (whole, fraction),
		Some(_) => return Err(malformed()),
		None => (text, ""),
	};
	if !whole
		.bytes()
		.chain(fraction.bytes())
		.all(|byte| byte.is_ascii_digit())
	{
		return Err(malformed());
	}
	let missing = usize::try_from(decimals)
		.ok()
		.and_then(|decimals| decimals.checked_sub(fraction.len()))
		.ok_or_else(|| DecimalError::TooFine {
			text: text.to_owned(),
			limit: decimals,
		})?;
	let digits = format!("{whole}{fraction}{}", "0".repeat(missing));
	digits
		.parse()
		.map_err(|_| DecimalError::TooLarge(text.to_owned()))
}

/// Shows a count of 10^-`decimals` without trailing zeros.
fn show(value: u128, decimals: u32) -> String {
	let unit = 10u128.pow(decimals);
	let (whole, rest) = (value / unit, value % unit);
	if rest == 0 {
		return whole.to_string();
	}
	let rest = format!(
		"{rest:0width$}",
		width = usize::try_from(decimals).unwrap_or(0)
	);
	format!("{whole}.{}", rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn plancks(text: &str) -> Result<u128, DecimalError> {
		text.parse::<Amount>().map(|amount| amount.0)
	}

	#[test]
	fn amount_is_exact_when_decimals_fit() {
		assert_eq!(plancks("2.5"), Ok(2_500_000_000_000));
		assert_eq!(plancks("0"), Ok(0));
		assert_eq!(plancks("0.000000000001"), Ok(1));
		assert_eq!(plancks("0.1"), Ok(100_000_000_000));
		assert_eq!(plancks(" 007 "), Ok(7_000_000_000_000));
		assert_eq!(
			plancks("340282366920938463463374607.431768211455"),
			Ok(u128::MAX)
		);
	}

	#[test]
	fn amount_is_refused_when_it_would_be_rounded() {
		assert_eq!(
			plancks("0.0000000000001"),
			Err(DecimalError::TooFine {
				text: "0.0000000000001".into(),
				limit: 12
			})
		);
	}

	#[test]
	fn amount_is_refused_when_it_overflows() {
		assert_eq!(
			plancks("340282366920938463463374607.431768211456"),
			Err(DecimalError::TooLarge(
				"340282366920938463463374607.431768211456".into()
			))
		);
	}

	#[test]
	fn amount_is_refused_when_it_is_not_a_plain_decimal() {
		for text in [
			"-1", "+1", "1e3", "1,5", "1.2.3", ".5", "5.", "0x10", "1_000", "one", "١",
		] {
			assert_eq!(
				plancks(text),
				Err(DecimalError::Malformed(text.into())),
				"{text}"
			);
		}
		assert_eq!(plancks("  "), Err(DecimalError::Empty));
	}

	#[test]
	fn amount_reads_back_when_shown() {
		for value in [
			0,
			1,
			999_999_999_999,
			1_000_000_000_000,
			2_500_000_000_000,
			u128::MAX,
		] {
			assert_eq!(plancks(&Amount(value).to_string()), Ok(value));
		}
		assert_eq!(Amount(2_500_000_000_000).to_string(), "2.5");
		assert_eq!(Amount(1).to_string(), "0.000000000001");
		assert_eq!(format!("{:>6}", Amount(2_500_000_000_000)), "   2.5");
	}

	#[test]
	fn percent_is_exact_when_it_fits_parts() {
		assert_eq!("10%".parse(), Ok(Percent(100_000_000)));
		assert_eq!("10".parse(), Ok(Percent(100_000_000)));
		assert_eq!("0.0000001 %".parse(), Ok(Percent(1)));
		assert_eq!("100%".parse(), Ok(Percent(PARTS)));
		assert_eq!(Percent(125_000_000).to_string(), "12.5%");
	}

	#[test]
	fn score_is_a_number_from_0_to_1() {
		assert_eq!("0.025".parse(), Ok(Score(25_000_000)));
		assert_eq!("1".parse(), Ok(Score(PARTS)));
		assert_eq!(Score(200_000_001).to_string(), "0.200000001");
		for text in ["1.000000001", "20", "99999999999999999999"] {
			assert_eq!(
				text.parse::<Score>(),
				Err(DecimalError::TooLarge(text.into()))
			);
		}
		assert!("20%".parse::<Score>().is_err());
	}

	#[test]
	fn percent_is_refused_when_over_a_hundred() {
		for text in ["100.0000001%", "500", "99999999999999999999"] {
			assert_eq!(
				text.parse::<Percent>(),
				Err(DecimalError::TooLarge(text.into()))
			);
		}
	}
}
