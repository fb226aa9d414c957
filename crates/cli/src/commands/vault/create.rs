//! `weighhouse vault create`

use std::path::PathBuf;

use age::{secrecy::ExposeSecret, x25519};
use clap::Args;
use serde_json::json;
use tokio::task::block_in_place;
use weighhouse_client::vault::{self, Lock};

use super::{ask, Passphrase};
use crate::{commands::sealed, failure::Failure, output::Report};

/// Create a vault
///
/// Nothing is ever written over. Without --to-key it is encrypted to a passphrase, which is asked for
/// twice on a terminal.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse vault create seller.vault
  weighhouse vault create seller.vault --passphrase-file passphrase.txt
  weighhouse vault create seller.vault --to-key age-key.txt")]
pub struct Opts {
	/// Where to put it
	#[arg(value_name = "FILE")]
	vault: PathBuf,
	/// Encrypt it to the identity in this file, as age-keygen writes it, instead of a passphrase
	#[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
	to_key: Option<PathBuf>,
	#[command(flatten)]
	passphrase: Passphrase,
}

pub fn run(opts: &Opts) -> Result<Report, Failure> {
	let path = &opts.vault;
	let (lock, opens) = match &opts.to_key {
		Some(file) => {
			let recipient = sealed::read_identity(file)?.recipient().to_text();
			let recipient: x25519::Recipient = recipient.parse().map_err(|error| {
				Failure::BadInput(format!("recipient of {}: {error}", file.display()))
			})?;
			let opens = format!("the identity in {}", file.display());
			(Lock::Recipient(recipient), opens)
		}
		None => {
			let passphrase = match opts.passphrase.given()? {
				Some(passphrase) => passphrase,
				None => {
					let passphrase = ask("Passphrase of the new vault: ")?;
					let again = ask("The same once more: ")?;
					if passphrase.expose_secret() != again.expose_secret() {
						return Err(Failure::BadInput(
							"the passphrases differ, so nothing was created".into(),
						));
					}
					passphrase
				}
			};
			(Lock::Passphrase(passphrase), "its passphrase".to_owned())
		}
	};
	block_in_place(|| vault::create(path, &lock))?;
	let path = path.display();
	Ok(Report {
		json: json!({
			"vault": path.to_string(),
			"lock": match lock {
				Lock::Passphrase(_) => "passphrase",
				Lock::Recipient(_) => "key",
			},
		}),
		text: format!(
			"Created {path}, which opens with {opens}.\n\
			 Back up both, apart from each other, before you seal anything: one copy is enough for good, \
			 since nothing is ever added. Who has both reads all that you seal; if either is lost, no key \
			 can be delivered any more.\n\
			 Next: weighhouse publish DIR --sealed --vault {path}"
		),
	})
}
