//! Signing keys and account addresses.

use std::str::FromStr;

use sha2::{Digest, Sha256};
use subxt::utils::H256;
use subxt_signer::{DeriveJunction, SecretUri};
use weighhouse_primitives::sealing::DeliverySecret;

/// An account: the 32 bytes that its SS58 address spells.
pub use subxt::utils::AccountId32;
/// A key that signs transactions.
pub use subxt_signer::sr25519::Keypair;

/// Shortest base64 text that holds the parameters of an encrypted key; shorter files were cut.
const SHORTEST_ENCRYPTED_KEY: usize = 92;

/// Why a key or an address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The text is no secret URI, or its phrase is no BIP-39 phrase.
	#[error("the secret URI cannot be read: {0}")]
	Uri(String),
	/// The file is no Polkadot.js export of an sr25519 key, or the password is wrong.
	#[error("the key file cannot be opened: {0}")]
	File(String),
	/// The text is no address.
	#[error("`{text}` is no account: {reason}")]
	Account {
		/// What was typed.
		text: String,
		/// What is wrong with it.
		reason: String,
	},
}

/// The key of a secret URI: `//Alice`, a BIP-39 phrase or a `0x` seed, with derivations.
///
/// # Errors
/// [`KeyError::Uri`] if it is none of these. The message does not repeat the secret.
pub fn from_suri(suri: &str) -> Result<Keypair, KeyError> {
	let uri = SecretUri::from_str(suri.trim()).map_err(|error| KeyError::Uri(error.to_string()))?;
	Keypair::from_uri(&uri).map_err(|error| KeyError::Uri(error.to_string()))
}

/// The junction that leads from the key of a worker's account to the key that signs its steps.
const WORKER_JUNCTION: &str = "infw";

/// The key that signs the steps of a worker if none is named: that of its account, derived by
/// `//infw`. It holds no money, so a node can have it.
pub fn worker_key(account: &Keypair) -> Keypair {
	account.derive([DeriveJunction::hard(WORKER_JUNCTION)])
}

/// The secret URI of [`worker_key`]. A password stays at the end.
pub fn worker_suri(account: &str) -> String {
	match account.trim().split_once("///") {
		Some((path, password)) => format!("{path}//{WORKER_JUNCTION}///{password}"),
		None => format!("{}//{WORKER_JUNCTION}", account.trim()),
	}
}

/// Sets salts of claims apart from every other key that is derived.
const CLAIM_DOMAIN: &str = "weighhouse/claim/v1";

/// The salt by which `key` claims files. It follows from the secret key and the root, so a claim can
/// be opened again by whoever has the key, and nobody else can try roots against it.
pub fn claim_salt(key: &Keypair, artifact_root: H256) -> H256 {
	let derived = key.derive([DeriveJunction::hard((CLAIM_DOMAIN, artifact_root.0))]);
	H256(Sha256::digest(derived.public_key().0).into())
}

/// Sets secrets of deliveries apart from every other key that is derived.
const DELIVERY_DOMAIN: &str = "weighhouse/delivery/v1";

/// The secret by which `key` asks for the key of a sealed version, `number` being that of a transaction
/// of its account. It follows from the secret key, so it comes back to whoever has that.
pub fn delivery_secret(key: &Keypair, genesis: H256, number: u64) -> DeliverySecret {
	let junction = (DELIVERY_DOMAIN, genesis.0, number);
	let derived = key.derive([DeriveJunction::hard(junction)]);
	DeliverySecret::from_seed(Sha256::digest(derived.public_key().0).into())
}

/// The key of a JSON file as Polkadot.js exports it, opened with its password.
///
/// # Errors
/// [`KeyError::File`] if the file is of another kind or damaged, or the password is wrong.
pub fn from_keystore(json: &str, password: &str) -> Result<Keypair, KeyError> {
	let value: serde_json::Value =
		serde_json::from_str(json).map_err(|error| KeyError::File(error.to_string()))?;
	// The decoder slices the parameters off the front without looking at the length.
	let encoded = value
		.get("encoded")
		.and_then(serde_json::Value::as_str)
		.unwrap_or_default();
	if encoded.len() < SHORTEST_ENCRYPTED_KEY {
		return Err(KeyError::File("it holds no encrypted key".into()));
	}
	subxt_signer::polkadot_js_compat::decrypt_json(json, password).map_err(|error| match error {
		subxt_signer::polkadot_js_compat::Error::Secretbox(_) => {
			KeyError::File("the password is wrong, or the file is damaged".into())
		}
		subxt_signer::polkadot_js_compat::Error::UnsupportedEncoding => KeyError::File(
			"only encrypted sr25519 keys in the Polkadot.js format 3 can be read".into(),
		),
		other => KeyError::File(other.to_string()),
	})
}

/// The account of such a file, which is readable without its password.
///
/// # Errors
/// [`KeyError::File`] if the file is of another kind or damaged.
pub fn keystore_account(json: &str) -> Result<AccountId32, KeyError> {
	let value: serde_json::Value =
		serde_json::from_str(json).map_err(|error| KeyError::File(error.to_string()))?;
	let address = value.get("address").and_then(serde_json::Value::as_str);
	let address = address.ok_or_else(|| KeyError::File("it names no address".into()))?;
	AccountId32::from_str(address).map_err(|error| KeyError::File(error.to_string()))
}

/// The account that a key signs for.
pub fn account_of(key: &Keypair) -> AccountId32 {
	key.public_key().to_account_id()
}

/// Reads an account: an SS58 address, `0x` and 64 hex digits, or a development URI such as `//Bob`.
///
/// # Errors
/// [`KeyError::Account`] with what is wrong.
pub fn parse_account(text: &str) -> Result<AccountId32, KeyError> {
	let text = text.trim();
	let refuse = |reason: String| KeyError::Account {
		text: text.to_owned(),
		reason,
	};
	if text.starts_with("//") {
		return from_suri(text).map(|key| account_of(&key));
	}
	if let Some(digits) = text.strip_prefix("0x") {
		let mut bytes = [0; 32];
		hex::decode_to_slice(digits, &mut bytes).map_err(|error| refuse(error.to_string()))?;
		return Ok(AccountId32(bytes));
	}
	AccountId32::from_str(text).map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
	use super::*;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	const ALICE_HEX: &str = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
	const ALICE_FILE: &str = r#"{
		"encoded": "DumgApKCTqoCty1OZW/8WS+sgo6RdpHhCwAkA2IoDBMAgAAAAQAAAAgAAAB6IG/q24EeVf0JqWqcBd5m2tKq5BlyY84IQ8oamLn9DZe9Ouhgunr7i36J1XxUnTI801axqL/ym1gil0U8440Qvj0lFVKwGuxq38zuifgoj0B3Yru0CI6QKEvQPU5xxj4MpyxdSxP+2PnTzYao0HDH0fulaGvlAYXfqtU89xrx2/z9z7IjSwS3oDFPXRQ9kAdDebtyCVreZ9Otw9v3",
		"encoding": { "content": ["pkcs8", "sr25519"], "type": ["scrypt", "xsalsa20-poly1305"], "version": "3" },
		"address": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
		"meta": { "name": "Alice" }
	}"#;

	#[test]
	fn account_is_the_same_when_written_in_any_form() {
		let accounts = [ALICE, ALICE_HEX, "//Alice", " //Alice "].map(parse_account);
		for account in accounts {
			assert_eq!(account.unwrap().to_string(), ALICE);
		}
	}

	#[test]
	fn account_is_refused_when_a_character_is_wrong() {
		for text in [
			"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ",
			"0xd43593c7",
			&ALICE_HEX.replace("0xd", "0xg"),
			"Alice",
			"",
		] {
			assert!(
				matches!(parse_account(text), Err(KeyError::Account { .. })),
				"{text}"
			);
		}
	}

	#[test]
	fn keystore_opens_when_the_password_is_right() {
		let key = from_keystore(ALICE_FILE, "whoisalice").unwrap();
		assert_eq!(account_of(&key).to_string(), ALICE);
		assert_eq!(account_of(&key), keystore_account(ALICE_FILE).unwrap());
	}

	#[test]
	fn keystore_account_is_refused_when_the_file_names_none() {
		for json in ["", "{}", r#"{"address":1}"#, r#"{"address":"//Alice"}"#] {
			assert!(
				matches!(keystore_account(json), Err(KeyError::File(_))),
				"{json}"
			);
		}
	}

	#[test]
	fn keystore_is_refused_when_the_password_is_wrong() {
		let error = from_keystore(ALICE_FILE, "whoisbob")
			.unwrap_err()
			.to_string();
		assert!(error.contains("password is wrong"), "{error}");
	}

	#[test]
	fn keystore_is_refused_when_the_file_was_cut() {
		for kept in [0, 4, 88, 92, 120] {
			let mut file: serde_json::Value = serde_json::from_str(ALICE_FILE).unwrap();
			let cut = file["encoded"].as_str().unwrap()[..kept].to_owned();
			file["encoded"] = cut.into();
			let result = from_keystore(&file.to_string(), "whoisalice");
			assert!(matches!(result, Err(KeyError::File(_))), "{kept}");
		}
		for json in ["{}", "", "[]"] {
			assert!(
				matches!(from_keystore(json, "whoisalice"), Err(KeyError::File(_))),
				"{json}"
			);
		}
	}

	#[test]
	fn worker_key_is_the_one_of_its_suri() {
		for suri in ["//Worker1", "//Worker1///secret", "//a/b//1", " //Worker1 "] {
			let derived = worker_key(&from_suri(suri).unwrap());
			let named = from_suri(&worker_suri(suri)).unwrap();
			assert_eq!(derived.public_key().0, named.public_key().0, "{suri}");
			assert_ne!(
				derived.public_key().0,
				from_suri(suri).unwrap().public_key().0
			);
		}
	}

	#[test]
	fn claim_salt_comes_back_when_the_key_is_read_again() {
		let salt =
			|suri: &str, root: u8| claim_salt(&from_suri(suri).unwrap(), H256::repeat_byte(root));
		assert_eq!(salt("//Alice", 1), salt("//Alice", 1));
		assert_ne!(salt("//Alice", 1), salt("//Alice", 2));
		assert_ne!(salt("//Alice", 1), salt("//Bob", 1));
		let from_file = from_keystore(ALICE_FILE, "whoisalice").unwrap();
		assert_eq!(
			claim_salt(&from_file, H256::repeat_byte(1)),
			salt("//Alice", 1)
		);
	}

	#[test]
	fn suri_error_keeps_the_secret_to_itself() {
		let error = from_suri("bottom drive obey lake curtain smoke basket hold race lonely fit")
			.unwrap_err()
			.to_string();
		assert!(!error.contains("bottom"), "{error}");
	}
}
