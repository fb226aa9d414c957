//! What is logged, and how. It goes to standard error, so that standard output holds the outcome alone.

use std::io::{stderr, IsTerminal};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// What `--verbose` adds. The spans and lines of `tower_http` are the requests to the gateway.
const VERBOSE: &str =
	"weighhouse=debug,weighhouse_client=debug,weighhouse_gateway=debug,tower_http=debug";

/// Options about logs.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub struct Logs {
	/// Say what happens inside, on standard error
	#[arg(short, long, global = true)]
	verbose: bool,
	/// What is logged instead: parts of the program and how much of each, as in
	/// `weighhouse_gateway=debug,tower_http=debug`
	#[arg(
		long,
		global = true,
		value_name = "FILTER",
		env = "WEIGHHOUSE_LOG",
		value_parser = filter
	)]
	log: Option<String>,
	/// How lines of the log are written [default: text, and json with --json]
	#[arg(long, global = true, value_enum, value_name = "FORM")]
	log_format: Option<Format>,
}

/// The values of `--log-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
	Text,
	Json,
}

/// Refuses a filter that would be half ignored.
fn filter(text: &str) -> Result<String, String> {
	match EnvFilter::try_new(text) {
		Ok(_) => Ok(text.to_owned()),
		Err(error) => Err(format!(
			"{error}; write parts and levels, as in weighhouse_gateway=debug,tower_http=debug"
		)),
	}
}

impl Logs {
	/// Begins to log: once in a program. `usual` is what is logged if nobody says otherwise.
	pub fn start(&self, usual: &str, json: bool) {
		let logs = tracing_subscriber::fmt()
			.with_env_filter(EnvFilter::new(self.filter(usual)))
			.with_ansi(stderr().is_terminal())
			.with_writer(stderr);
		match self.format(json) {
			Format::Text => logs.init(),
			Format::Json => logs.json().init(),
		}
	}

	fn filter<'a>(&'a self, usual: &'a str) -> &'a str {
		match self.log.as_deref().filter(|log| !log.trim().is_empty()) {
			Some(log) => log,
			None if self.verbose => VERBOSE,
			None => usual,
		}
	}

	fn format(&self, json: bool) -> Format {
		let usual = if json { Format::Json } else { Format::Text };
		self.log_format.unwrap_or(usual)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn filter_is_the_one_that_was_asked_for() {
		let usual = "weighhouse_gateway=info";
		let quiet = Logs::default();
		assert_eq!(quiet.filter(usual), usual);
		let verbose = Logs {
			verbose: true,
			..Logs::default()
		};
		assert!(verbose.filter(usual).contains("tower_http=debug"));
		let own = Logs {
			log: Some("tower_http=trace".into()),
			..verbose.clone()
		};
		assert_eq!(own.filter(usual), "tower_http=trace");
		// A variable that is set to nothing.
		let empty = Logs {
			log: Some(String::new()),
			..verbose
		};
		assert_eq!(empty.filter(usual), VERBOSE);
	}

	#[test]
	fn filter_is_refused_when_it_makes_no_sense() {
		assert!(filter("weighhouse_gateway=loud").is_err());
		assert!(filter("weighhouse_gateway=debug,tower_http=debug").is_ok());
		assert!(filter(VERBOSE).is_ok());
	}

	#[test]
	fn lines_are_json_when_the_outcome_is() {
		let logs = Logs::default();
		assert_eq!(logs.format(false), Format::Text);
		assert_eq!(logs.format(true), Format::Json);
		let text = Logs {
			log_format: Some(Format::Text),
			..logs
		};
		assert_eq!(text.format(true), Format::Text);
	}
}
