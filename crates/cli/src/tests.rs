//! What can be typed.

use std::path::Path;

use clap::{error::ErrorKind, CommandFactory, Parser};

use crate::{context::Context, Cli};

fn parse(line: &str) -> Result<Cli, clap::Error> {
	Cli::try_parse_from(line.split(' '))
}

#[test]
fn definition_holds_together() {
	Cli::command().debug_assert();
}

#[test]
fn command_line_is_taken_when_it_is_an_example_of_the_help() {
	let mut examples = 0;
	let mut definition = Cli::command();
	let mut helps = vec![definition.render_long_help().to_string()];
	for command in definition
		.get_subcommands_mut()
		.filter(|command| command.get_name() != "help")
	{
		let help = command.render_long_help().to_string();
		assert!(
			help.contains("Example"),
			"`help {}` has no example",
			command.get_name()
		);
		helps.push(help);
	}
	for line in helps.iter().flat_map(|help| help.lines()) {
		let line = line.trim();
		if !line.starts_with("weighhouse ") || line.contains('[') || line.contains('`') {
			continue;
		}
		let line = line.split(" > ").next().unwrap_or(line);
		examples += 1;
		if let Err(error) = parse(line) {
			panic!("{line}\n{error}");
		}
	}
	assert!(examples >= 30, "only {examples} examples were found");
}

#[test]
fn command_line_is_taken_when_a_document_shows_it() {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
	let mut shown = 0;
	for document in ["README.md", "docs/models.md", "docs/troubleshooting.md"]
		.map(|path| root.join(path))
		.into_iter()
		.chain(
			std::fs::read_dir(root.join("docs/guides"))
				.unwrap()
				.map(|file| file.unwrap().path()),
		) {
		let text = std::fs::read_to_string(&document).unwrap();
		for line in text
			.lines()
			.map(str::trim)
			.filter(|line| line.starts_with("weighhouse "))
		{
			let line = line.split(['#', '|', '>']).next().unwrap_or(line).trim();
			let words: Vec<_> = line.split_whitespace().collect();
			shown += 1;
			if let Err(error) = Cli::try_parse_from(words) {
				panic!("{}: {line}\n{error}", document.display());
			}
		}
	}
	assert!(shown >= 20, "only {shown} command lines were found");
}

#[test]
fn command_line_is_refused_when_a_value_makes_no_sense() {
	for line in [
		"weighhouse",
		"weighhouse sell 1",
		"weighhouse buy",
		"weighhouse buy one",
		"weighhouse buy 1 --max-price 0.0000000000001",
		"weighhouse offer 1",
		"weighhouse offer 1 --price -1",
		"weighhouse offer 1 --price 1 --term forever",
		"weighhouse offer 1 --price 1 --versions 3-1",
		"weighhouse offer 1 --price 1 --supply 0",
		"weighhouse publish",
		"weighhouse publish . --parent 1:cousin:10%",
		"weighhouse publish . --derivatives royalty:60%",
		"weighhouse publish . --sealed",
		"weighhouse publish . --vault v",
		"weighhouse buy 1 --within 0",
		"weighhouse buy 1 --within 1w",
		"weighhouse buy 1 --no-wait --keep-open",
		"weighhouse fetch 1 --vault v --identity i",
		"weighhouse fetch 1 --vault-key k",
		"weighhouse delivery --watch",
		"weighhouse delivery 1 --keep-open",
		"weighhouse delivery 1 --remove --identity-out k",
		"weighhouse delivery 1 --account //Bob",
		"weighhouse complain",
		"weighhouse redeliver",
		"weighhouse vault",
		"weighhouse vault create",
		"weighhouse vault create v --to-key k --passphrase-file p",
		"weighhouse vault identity v 1 --out k",
		"weighhouse vault identity v 1@1",
		"weighhouse seller",
		"weighhouse seller bond",
		"weighhouse seller bond -1",
		"weighhouse seller window 0",
		"weighhouse seller window soon",
		"weighhouse transfer 1 nobody",
		"weighhouse yank 3",
		"weighhouse remove-version 3",
		"weighhouse remove-licence 3@1",
		"weighhouse prune-receipt",
		"weighhouse release-claim 0x12",
		"weighhouse propose-owner 1",
		"weighhouse propose-owner 1 nobody",
		"weighhouse accept-ownership",
		"weighhouse publish . --claim-salt salt",
		"weighhouse show 1 --card --no-card",
		"weighhouse search --limit 0",
		"weighhouse ask",
		"weighhouse ask 1 --mode quorum4",
		"weighhouse ask 1 --offer 1 --licence 2",
		"weighhouse ask 1 --no-wait --final",
		"weighhouse ask 1 --no-wait --out answer.bin",
		"weighhouse proxy",
		"weighhouse proxy --listing 1 --bind 0.0.0.0:8800",
		"weighhouse proxy --listing 1 --timeout 0",
		"weighhouse proxy --listing 1 --at-once 0",
		"weighhouse receipt show",
		"weighhouse receipt show 1 --mine",
		"weighhouse receipt verify",
		"weighhouse receipt verify 1 --models models",
		"weighhouse receipt verify 1 --identity digits.key",
		"weighhouse dispute 1",
		"weighhouse dispute 1 --ground false",
		"weighhouse job",
		"weighhouse job show",
		"weighhouse work --serve 1",
		"weighhouse work --serve 0:1",
		"weighhouse work --serve 1:0",
		"weighhouse work --serve 1:0.1EUR",
		"weighhouse work --bond -1",
		"weighhouse work --courier pigeon",
		"weighhouse work --node-local --courier rpc",
		"weighhouse work --engine onnx",
		"weighhouse work --gateway-listen localhost",
		"weighhouse work begin",
		"weighhouse work estimate",
		"weighhouse work estimate 1 --blocks 0",
		"weighhouse work stop one",
		"weighhouse rate 3",
		"weighhouse rate 3 101%",
		"weighhouse rate 3 50 --forget",
		"weighhouse reputation",
		"weighhouse reputation show",
		"weighhouse reputation show 1 --seller //Alice",
		"weighhouse reputation show --worker nobody",
		"weighhouse campaign",
		"weighhouse campaign create pairs.jsonl",
		"weighhouse campaign create pairs.jsonl --price -1",
		"weighhouse campaign create pairs.jsonl --price 1 --min-score 1.1",
		"weighhouse campaign create pairs.jsonl --price 1 --min-score 20%",
		"weighhouse campaign status",
		"weighhouse campaign settle 1 --limit 0",
		"weighhouse campaign export 1 --min-confidence 101%",
		"weighhouse campaign list-dataset 1",
		"weighhouse campaign retire-dataset 1",
		"weighhouse rater",
		"weighhouse rater join",
		"weighhouse rater work one",
		"weighhouse rater status 1 nobody",
		"weighhouse faucet",
		"weighhouse faucet nobody",
		"weighhouse faucet //Bob --amount 0.0000000000001",
		"weighhouse buy 1 --tip",
		"weighhouse buy 1 --tip much",
		"weighhouse buy 1 --tip -1",
		"weighhouse --tip 0.0000000000001 buy 1",
		"weighhouse search --tip 0.01",
		"weighhouse fetch 1 --tip 0.01",
		"weighhouse vault show v --tip 0.01",
		"weighhouse receipt show 1 --tip 0.01",
		"weighhouse job list --tip 0.01",
		"weighhouse seller show --tip 0.01",
		"weighhouse work status --tip 0.01",
		"weighhouse campaign export 1 --tip 0.01",
		"weighhouse rater status 1 --tip 0.01",
		"weighhouse --wait never search",
		"weighhouse --password-file p account",
	] {
		assert!(parse(line).is_err(), "{line}");
	}
}

#[test]
fn version_must_be_named_for_what_cannot_be_undone() {
	for line in ["weighhouse yank 3", "weighhouse remove-version 3"] {
		let error = parse(line).unwrap_err();
		assert_eq!(error.kind(), ErrorKind::ValueValidation);
		assert_eq!(error.exit_code(), 2);
		assert!(error.to_string().contains("`3@1`"), "{error}");
	}
}

#[test]
fn tip_is_offered_where_something_is_signed() {
	let help = |command: &str| {
		let shown = parse(&format!("weighhouse {command} --help")).unwrap_err();
		assert_eq!(shown.kind(), ErrorKind::DisplayHelp);
		shown.to_string()
	};
	for command in [
		"buy",
		"proxy",
		"work",
		"deliver",
		"job poke",
		"rater work",
		"campaign create",
	] {
		assert!(help(command).contains("--tip <WGH>"), "{command}");
	}
	for command in [
		"search",
		"fetch",
		"vault create",
		"receipt verify",
		"job watch",
		"work status",
	] {
		assert!(!help(command).contains("--tip"), "{command}");
	}
}

#[test]
fn options_are_taken_when_they_come_after_the_command() {
	let cli = parse("weighhouse account //Alice --json --url ws://127.0.0.1:1 --wait best");
	assert!(cli.is_ok(), "{:?}", cli.err());
}

#[test]
fn node_is_named_by_either_word() {
	assert!(parse("weighhouse work --serve 1:0.1 --rpc ws://127.0.0.1:1").is_ok());
	assert!(parse("weighhouse --rpc ws://127.0.0.1:1 work").is_ok());
	assert!(parse("weighhouse work --rpc ws://127.0.0.1:1 --courier rpc").is_ok());
	assert!(parse("weighhouse work --rpc ws://127.0.0.1:1 --url ws://127.0.0.1:2").is_err());
}

#[test]
fn ipfs_node_is_chosen_when_the_default_one_is_named() {
	let line = "weighhouse work --ipfs http://127.0.0.1:5001";
	let named = Context::of(parse(line).unwrap().global);
	assert_eq!(named.chosen_ipfs(), Some("http://127.0.0.1:5001"));
}

#[test]
fn example_of_a_nested_command_is_taken() {
	for line in [
		"weighhouse receipt show 3",
		"weighhouse receipt show --output answer.bin",
		"weighhouse --suri //Bob receipt show --mine --json",
		"weighhouse receipt verify 3 --input question.json --output answer.bin --rerun",
		"weighhouse --suri //Bob job list --mine",
		"weighhouse --suri //Bob job poke 3",
		"weighhouse --suri //Bob rate 3 20% --yes",
		"weighhouse vault show seller.vault 1@1 --vault-key key.txt",
		"weighhouse vault identity seller.vault 1@1 --out digits.key --passphrase-file p",
		"weighhouse --suri //Alice seller window 30m",
		"weighhouse seller show //Alice --json",
		"weighhouse --suri //Bob delivery 7 --watch --keep-open --identity-out digits.key",
		"weighhouse delivery --account //Bob",
		"weighhouse reputation show --seller //Alice --json",
		"weighhouse campaign list --open --sponsor //Alice",
		"weighhouse --suri //Alice campaign create pairs.jsonl --price 1 --min-score 0.2",
		"weighhouse --suri //Alice campaign list-dataset 1 7 --yes",
		"weighhouse --suri //Alice campaign retire-dataset 1 1 --yes",
		"weighhouse --suri //Bob rater join 1 --unseen --yes",
		"weighhouse --suri //Bob rater work 1 --policy policy.mjs --data data --guess --no-wait",
	] {
		if let Err(error) = parse(line) {
			panic!("{line}\n{error}");
		}
	}
}

#[test]
fn examples_of_nested_help_are_taken() {
	let mut definition = Cli::command();
	let mut examples = 0;
	for command in definition.get_subcommands_mut() {
		for nested in command.get_subcommands_mut() {
			let help = nested.render_long_help().to_string();
			for line in help
				.lines()
				.map(str::trim)
				.filter(|line| line.starts_with("weighhouse "))
				.filter(|line| !line.contains(['[', '`']))
			{
				let line = line.split(" > ").next().unwrap_or(line);
				examples += 1;
				if let Err(error) = parse(line) {
					panic!("{line}\n{error}");
				}
			}
		}
	}
	assert!(examples >= 8, "only {examples} examples were found");
}

#[test]
fn worker_is_taken_with_all_its_options() {
	let line = "weighhouse --suri //Worker1 work --serve 1:0.1WGH --serve 2:0.25 --bond 100WGH \
		--gateway-listen 127.0.0.1:0 --data data --engine oip --oip-url http://127.0.0.1:8080 \
		--gateway-config work.toml --worker-suri //Worker1//infw --courier rpc --pause-on-exit --json";
	let words: Vec<_> = line.split_whitespace().collect();
	let cli = Cli::try_parse_from(words);
	assert!(cli.is_ok(), "{:?}", cli.err());
}

#[test]
fn worker_serves_until_it_is_stopped() {
	let serves = |line: &str| parse(line).unwrap().command.serves();
	assert!(serves("weighhouse work"));
	assert!(serves("weighhouse work --serve 1:1"));
	assert!(!serves("weighhouse work status"));
	assert!(!serves("weighhouse work stop"));
}

#[test]
fn input_is_taken_in_each_of_its_forms() {
	for input in ["question.json", "-", r#"{"inputs":[]}"#] {
		let line = ["weighhouse", "ask", "1", "--input", input];
		assert!(Cli::try_parse_from(line).is_ok(), "{input}");
	}
}

#[test]
fn secret_is_not_shown_when_help_is_asked_for() {
	let help = Cli::command().render_long_help().to_string();
	assert!(help.contains("WEIGHHOUSE_SURI"));
	let error = parse("weighhouse --help").unwrap_err();
	assert_eq!(error.kind(), ErrorKind::DisplayHelp);
}

#[test]
fn every_exit_code_is_in_the_help() {
	let help = Cli::command().render_long_help().to_string();
	for code in [
		"0  done", "1  ", "2  ", "3  ", "4  ", "5  ", "6  ", "7  ", "8  ", "9  ", "10  ", "130  ",
	] {
		assert!(
			help.contains(&format!("\n  {code}"))
				|| help.contains(&format!("\n {code}"))
				|| help.contains(&format!("\n{code}")),
			"{code}"
		);
	}
}
