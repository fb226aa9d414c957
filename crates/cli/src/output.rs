//! What a command has to say, for people and for scripts.

use std::{
	io::{stdout, Write},
	process::ExitCode,
};

use serde_json::{json, Value};
use weighhouse_client::{amount::Amount, Included, H256};

/// The outcome of a command in both forms.
pub struct Report {
	/// For scripts.
	pub json: Value,
	/// For people; lines without a trailing line break.
	pub text: String,
}

impl Report {
	/// Prints one of the two forms to standard output.
	pub fn print(&self, json: bool) -> ExitCode {
		let text = if json {
			self.json.to_string()
		} else {
			self.text.clone()
		};
		if text.is_empty() {
			return ExitCode::SUCCESS;
		}
		// A closed pipe (`weighhouse search | head`) is no failure.
		let _ = writeln!(stdout(), "{text}");
		ExitCode::SUCCESS
	}
}

/// Text of strangers as it may be shown on a terminal: no control and no direction characters.
pub fn plain(text: &str) -> String {
	let harmless = |c: &char| {
		!c.is_control()
			&& !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
	};
	text.chars().filter(harmless).collect()
}

/// An amount for people.
pub fn wgh(plancks: u128) -> String {
	format!("{} WGH", Amount(plancks))
}

/// Parts of 10^9 for people, as a number from 0 to 1 with three decimals, rounded down.
pub fn score(parts: u32) -> String {
	let thousandths = parts / 1_000_000;
	format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Bytes for people.
pub fn bytes(count: u64) -> String {
	indicatif::HumanBytes(count).to_string()
}

/// A transaction for scripts.
pub fn transaction(included: &Included) -> Value {
	json!({
		"block": included.block,
		"blockHash": hex(&included.block_hash),
		"extrinsicHash": hex(&included.extrinsic_hash),
		"finalized": included.is_final,
	})
}

/// A transaction for people.
pub fn settled(included: &Included) -> String {
	let state = if included.is_final { "final in" } else { "in" };
	format!("{state} block {}", included.block)
}

/// A hash with `0x` before it.
pub fn hex(hash: &H256) -> String {
	format!("0x{}", hex::encode(hash.as_bytes()))
}

/// Columns that line up. The first row is the heading; columns named in `right` align right.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
	let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
	let width = |column: usize| {
		let cell = |row: &Vec<String>| row.get(column).map_or(0, |cell| cell.chars().count());
		rows.iter().map(cell).max().unwrap_or(0)
	};
	let widths: Vec<usize> = (0..columns).map(width).collect();
	let line = |row: &Vec<String>| {
		let cells = row
			.iter()
			.zip(&widths)
			.enumerate()
			.map(|(column, (cell, &width))| {
				if right.contains(&column) {
					format!("{cell:>width$}")
				} else {
					format!("{cell:<width$}")
				}
			});
		cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
	};
	rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `name  value` lines that line up.
pub fn fields(fields: &[(&str, String)]) -> String {
	let rows: Vec<_> = fields
		.iter()
		.map(|(name, value)| vec![(*name).to_owned(), value.clone()])
		.collect();
	table(&rows, &[])
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn score_is_rounded_down() {
		assert_eq!(score(0), "0.000");
		assert_eq!(score(25_129_403), "0.025");
		assert_eq!(score(999_999_999), "0.999");
		assert_eq!(score(1_000_000_000), "1.000");
	}
}
