//! Points in time as the manifest writes them: RFC 3339, UTC, whole seconds.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// Now.
pub(crate) fn now() -> String {
	timestamp(SystemTime::now())
}

/// A point in time as RFC 3339 has it, in UTC and whole seconds, such as `2026-11-21T08:00:00Z`.
pub fn timestamp(at: SystemTime) -> String {
	let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
	format(seconds)
}

/// Seconds since 1970 as text.
fn format(seconds: u64) -> String {
	let (mut year, mut days) = (1970, seconds / DAY);
	while days >= days_in_year(year) {
		days -= days_in_year(year);
		year += 1;
	}
	let mut month = 1;
	while days >= days_in_month(year, month) {
		days -= days_in_month(year, month);
		month += 1;
	}
	let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
	format!(
		"{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
		days + 1
	)
}

/// Whether the text is a point in time in the form that [`now`] gives.
pub(crate) fn is_point_in_time(text: &str) -> bool {
	let shape = text
		.bytes()
		.map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
	if !shape.eq("0000-00-00T00:00:00Z".bytes()) {
		return false;
	}
	let number = |from: usize, to: usize| text[from..to].parse::<u64>().unwrap_or(u64::MAX);
	let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
	(1..=12).contains(&month)
		&& (1..=days_in_month(year, month)).contains(&day)
		&& number(11, 13) < 24
		&& number(14, 16) < 60
		&& number(17, 19) < 60
}

fn is_leap(year: u64) -> bool {
	year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u64) -> u64 {
	if is_leap(year) {
		366
	} else {
		365
	}
}

fn days_in_month(year: u64, month: u64) -> u64 {
	match month {
		2 if is_leap(year) => 29,
		2 => 28,
		4 | 6 | 9 | 11 => 30,
		_ => 31,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn format_agrees_with_the_calendar() {
		// As `date -u -d @SECONDS +%FT%TZ` prints them.
		for (seconds, text) in [
			(0, "1970-01-01T00:00:00Z"),
			(951_782_399, "2000-02-28T23:59:59Z"),
			(951_782_400, "2000-02-29T00:00:00Z"),
			(1_709_251_199, "2024-02-29T23:59:59Z"),
			(1_795_247_999, "2026-11-21T07:59:59Z"),
			(4_107_542_400, "2100-03-01T00:00:00Z"),
		] {
			assert_eq!(format(seconds), text);
			assert!(is_point_in_time(text), "{text}");
		}
	}

	#[test]
	fn is_point_in_time_refuses_what_no_clock_shows() {
		for text in [
			"",
			"2026-11-21",
			"2026-11-21T08:00:00",
			"2026-11-21T08:00:00+00:00",
			"2026-11-21 08:00:00Z",
			"2026-13-01T00:00:00Z",
			"2026-00-01T00:00:00Z",
			"2026-02-29T00:00:00Z",
			"2026-04-31T00:00:00Z",
			"2026-01-00T00:00:00Z",
			"2026-01-01T24:00:00Z",
			"2026-01-01T00:60:00Z",
			"2026-01-01T00:00:60Z",
			"２026-01-01T00:00:00Z",
		] {
			assert!(!is_point_in_time(text), "{text}");
		}
	}

	#[test]
	fn now_is_a_point_in_time() {
		assert!(is_point_in_time(&now()), "{}", now());
	}
}
