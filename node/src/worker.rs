//! The workers that this node carries for: their keys in its keystore, and the addresses of their
//! gateways where the runtime's off-chain worker looks for them.

use std::collections::BTreeSet;

use clap::builder::NonEmptyStringValueParser;
use sc_cli::{utils, OffchainWorkerEnabled};
use sc_service::{config::KeystoreConfig, error::Error as ServiceError};
use sp_core::{
	crypto::{SecretString, Ss58Codec},
	offchain::{OffchainStorage, STORAGE_PREFIX},
	sr25519, Pair, H256,
};
use sp_keystore::KeystorePtr;
use weighhouse_primitives::{
	gateway::{self, AddressError},
	inference::{gateway_key, WORKER_KEY_TYPE},
};

const LOG_TARGET: &str = "courier";

/// Which workers the node carries for.
#[derive(Debug, Clone, clap::Args)]
pub struct WorkerParams {
	/// Carry for the worker with this key: a secret URI, or a file that holds one.
	///
	/// The sr25519 key goes into the keystore with the type `infw`, as `author_insertKey` would put
	/// it there, and stays. Give the flag once for each worker. Prefer a file or the variable, which
	/// takes one: other users of the machine see the arguments of programs.
	#[arg(
		long,
		value_name = "SURI",
		env = "WEIGHHOUSE_WORKER_SURI",
		hide_env_values = true,
		value_parser = NonEmptyStringValueParser::new()
	)]
	pub worker_suri: Vec<String>,

	/// Address of the gateway that answers for the workers, such as http://127.0.0.1:8791.
	///
	/// Give one for all, or one for each --worker-suri in the same order. Without --worker-suri it is
	/// set for all keys of the type `infw` in the keystore. A worker without one keeps the address
	/// that is stored, or gets http://127.0.0.1:8791.
	#[arg(
		long,
		value_name = "URL",
		env = "WEIGHHOUSE_INFERENCE_GATEWAY",
		value_parser = parse_address
	)]
	pub inference_gateway: Vec<String>,
}

fn parse_address(text: &str) -> Result<String, AddressError> {
	gateway::address(text.as_bytes()).map(Into::into)
}

impl WorkerParams {
	fn are_given(&self) -> bool {
		!self.worker_suri.is_empty() || !self.inference_gateway.is_empty()
	}

	/// Checks what was given before anything starts, and turns off-chain workers on: they carry.
	pub fn apply(&self, offchain_worker: &mut OffchainWorkerEnabled) -> sc_cli::Result<()> {
		if !self.are_given() {
			return Ok(());
		}
		if matches!(offchain_worker, OffchainWorkerEnabled::Never) {
			return Err(sc_cli::Error::Input(
				"--offchain-worker never contradicts --worker-suri and --inference-gateway: off-chain workers carry between the chain and the gateway; leave the flag out".into(),
			));
		}
		let (keys, gateways) = (self.worker_suri.len(), self.inference_gateway.len());
		if gateways > 1 && gateways != keys {
			return Err(sc_cli::Error::Input(format!(
				"--inference-gateway was given {gateways} times and --worker-suri {keys} times: give one address for all workers, or one for each in the same order",
			)));
		}
		*offchain_worker = OffchainWorkerEnabled::Always;
		Ok(())
	}

	/// Puts the keys into the keystore and the addresses into the off-chain storage.
	pub fn install(
		&self,
		config: &KeystoreConfig,
		keystore: &KeystorePtr,
		storage: Option<impl OffchainStorage>,
	) -> Result<(), ServiceError> {
		if !self.are_given() {
			return Ok(());
		}
		let mut storage = storage.ok_or_else(|| {
			ServiceError::Other("this node's database has no off-chain storage, so it cannot remember the gateways of workers".into())
		})?;
		let password = match config {
			KeystoreConfig::Path { password, .. } => password.as_ref(),
			KeystoreConfig::InMemory => None,
		};
		let mut keys = self
			.worker_suri
			.iter()
			.map(|suri| insert(suri, password, keystore))
			.collect::<Result<Vec<_>, _>>()?;
		if keys.iter().collect::<BTreeSet<_>>().len() != keys.len() {
			return Err(ServiceError::Other(
				"--worker-suri was given twice with the same key: every worker has its own".into(),
			));
		}
		if keys.is_empty() {
			keys = keystore.sr25519_public_keys(WORKER_KEY_TYPE);
		}
		if keys.is_empty() {
			return Err(ServiceError::Other(
				"--inference-gateway was given, but the keystore holds no key of a worker (type infw): add --worker-suri, or insert one with author_insertKey first".into(),
			));
		}
		for (index, key) in keys.iter().enumerate() {
			let given = match self.inference_gateway.as_slice() {
				[one] => Some(one),
				several => several.get(index),
			};
			let name = gateway_key(&key.0);
			let stored = storage.get(STORAGE_PREFIX, &name);
			let stored = stored
				.as_deref()
				.and_then(|bytes| gateway::address(bytes).ok());
			let address = given
				.map(String::as_str)
				.or(stored)
				.unwrap_or(gateway::DEFAULT_ADDRESS);
			storage.set(STORAGE_PREFIX, &name, address.as_bytes());
			log::info!(
				target: LOG_TARGET,
				"Carrying for the worker key {:?} ({}), gateway {address}",
				H256(key.0),
				key.to_ss58check(),
			);
		}
		Ok(())
	}
}

/// Puts a key into the keystore. The keystore's password is part of every key in it.
fn insert(
	suri: &str,
	password: Option<&SecretString>,
	keystore: &KeystorePtr,
) -> Result<sr25519::Public, ServiceError> {
	let refused = |problem: &dyn std::fmt::Display| {
		ServiceError::Other(format!(
			"--worker-suri: {problem}; expected a mnemonic, a 32-byte seed in hexadecimal, a development key such as //Alice, or a file with one of these"
		))
	};
	let suri = utils::read_uri(Some(&suri.to_string())).map_err(|error| refused(&error))?;
	if suri.is_empty() {
		return Err(refused(&"the file is empty"));
	}
	let pair = utils::pair_from_suri::<sr25519::Pair>(&suri, password.cloned())
		.map_err(|error| refused(&error))?;
	let public = pair.public();
	keystore
		.insert(WORKER_KEY_TYPE, &suri, &public.0)
		.map_err(|()| {
			ServiceError::Other(
				"the key of a worker cannot be written into the keystore: is its folder writable?"
					.into(),
			)
		})?;
	Ok(public)
}
