//! `weighhouse completions`

use clap::Args;
use clap_complete::Shell;
use serde_json::json;

use crate::{failure::Failure, output::Report};

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse completions bash > /etc/bash_completion.d/weighhouse
  weighhouse completions zsh > ~/.zfunc/_weighhouse")]
pub struct Opts {
	/// Which shell
	shell: Shell,
}

pub fn run(opts: &Opts, mut definition: clap::Command) -> Result<Report, Failure> {
	let mut script = Vec::new();
	clap_complete::generate(opts.shell, &mut definition, "weighhouse", &mut script);
	let text = String::from_utf8_lossy(&script).into_owned();
	Ok(Report {
		json: json!({ "shell": opts.shell.to_string(), "script": text }),
		text,
	})
}
