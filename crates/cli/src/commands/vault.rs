//! `weighhouse vault`

mod create;
mod identity;
mod show;

use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use clap::{Args, Subcommand};
use tokio::task::block_in_place;
use weighhouse_client::{
	sealed::{Identity, Vault},
	vault::{self, Unlock},
	H256,
};

use crate::{
	context::Context,
	failure::Failure,
	output::Report,
	secrets::{line, read},
};

/// Keep the secret from which the keys of all your sealed models follow
///
/// A vault is an age file of one line, encrypted to a passphrase or to an age identity. Publish with
/// it, deliver with it, and back it up once: it never changes. Whoever opens it reads all that you
/// sealed and will seal with it. Without it nobody can deliver any key, and you pay for each sale.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse vault create seller.vault
  weighhouse vault create seller.vault --to-key age-key.txt
  weighhouse vault show seller.vault 1@1
  weighhouse vault identity seller.vault 1@1 --out digits.key")]
pub struct Opts {
	#[command(subcommand)]
	action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
	Create(create::Opts),
	Show(show::Opts),
	Identity(identity::Opts),
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	match opts.action {
		Action::Create(opts) => create::run(&opts),
		Action::Show(opts) => show::run(opts, context).await,
		Action::Identity(opts) => identity::run(opts, context).await,
	}
}

/// What opens the argument `vault` of a command.
#[derive(Args, Clone, Debug)]
pub struct Unlocking {
	/// Age identity file that opens the vault, if it was created with --to-key
	#[arg(long, value_name = "FILE", requires = "vault")]
	vault_key: Option<PathBuf>,
	#[command(flatten)]
	passphrase: Passphrase,
}

/// Where the passphrase of a vault comes from.
#[derive(Args, Clone, Debug)]
pub struct Passphrase {
	/// File that holds the passphrase of the vault; without it, WEIGHHOUSE_VAULT_PASSPHRASE or the
	/// terminal
	#[arg(long, value_name = "FILE", requires = "vault")]
	passphrase_file: Option<PathBuf>,
}

impl Unlocking {
	/// The files that open the vault.
	pub fn files(&self) -> impl Iterator<Item = &Path> {
		let files = [&self.vault_key, &self.passphrase.passphrase_file];
		files.into_iter().flatten().map(PathBuf::as_path)
	}

	/// Opens the vault at `path`.
	pub fn open(&self, path: &Path) -> Result<Vault, Failure> {
		if !path.exists() {
			return Err(Failure::NoVault {
				path: path.to_owned(),
			});
		}
		let unlock = match &self.vault_key {
			Some(key) => Unlock::KeyFile(key.clone()),
			None if vault::needs_passphrase(path)? => {
				let prompt = format!("Passphrase of {}: ", path.display());
				let given = self.passphrase.given()?;
				Unlock::Passphrase(given.map_or_else(|| ask(&prompt), Ok)?)
			}
			None => {
				return Err(Failure::Usage(format!(
					"{} opens with an age identity file: name it with --vault-key",
					path.display()
				)))
			}
		};
		// A passphrase is slow to try, which is its protection.
		Ok(block_in_place(|| vault::open(path, &unlock))?)
	}
}

impl Passphrase {
	/// The passphrase of the file or the environment; none if it is to be asked for.
	fn given(&self) -> Result<Option<SecretString>, Failure> {
		let Some(path) = &self.passphrase_file else {
			return Ok(variable(std::env::var("WEIGHHOUSE_VAULT_PASSPHRASE").ok()));
		};
		let text = read(path)?;
		match line(&text) {
			"" => Err(Failure::BadInput(format!(
				"{} holds no passphrase",
				path.display()
			))),
			passphrase => Ok(Some(SecretString::from(passphrase.to_owned()))),
		}
	}
}

/// The passphrase of the environment. An empty variable is none.
fn variable(text: Option<String>) -> Option<SecretString> {
	text.filter(|text| !text.is_empty()).map(SecretString::from)
}

/// Asks for a passphrase on the terminal.
fn ask(prompt: &str) -> Result<SecretString, Failure> {
	match block_in_place(|| rpassword::prompt_password(prompt)) {
		Ok(text) if text.is_empty() => Err(Failure::BadInput("the passphrase is empty".into())),
		Ok(text) => Ok(SecretString::from(text)),
		Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Err(Failure::Interrupted),
		Err(_) => Err(Failure::BadInput(
			"the vault needs a passphrase: set WEIGHHOUSE_VAULT_PASSPHRASE or --passphrase-file"
				.into(),
		)),
	}
}

/// The identity that a vault has for files with this root.
pub fn identity_of(vault: &Vault, artifact_root: &H256) -> Identity {
	vault.identity(artifact_root.0)
}

#[cfg(test)]
mod tests {
	use age::secrecy::ExposeSecret;

	use super::*;

	fn of_file(text: &str) -> Result<Option<SecretString>, Failure> {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("passphrase.txt");
		std::fs::write(&path, text).unwrap();
		let passphrase_file = Some(path);
		Passphrase { passphrase_file }.given()
	}

	#[test]
	fn passphrase_is_asked_for_when_its_variable_is_empty() {
		assert!(variable(None).is_none());
		assert!(variable(Some(String::new())).is_none());
		let given = variable(Some("a b".into())).unwrap();
		assert_eq!(given.expose_secret(), "a b");
	}

	#[test]
	fn passphrase_is_the_line_of_its_file_and_never_empty() {
		let given = of_file(" a b \r\n").unwrap().unwrap();
		assert_eq!(given.expose_secret(), " a b ");
		let refused = of_file("\n").err().unwrap().to_string();
		assert!(refused.contains("passphrase.txt holds no"), "{refused}");
	}
}
