//! How a chain begins: one machine (`development`), two validators (`local`) or four (`local4`).

use alloc::{vec, vec::Vec};

use frame_support::build_struct_json_patch;
use pallet_inference::DevelopmentWindows;
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::traits::AccountIdConversion;

use crate::{
	apis::EPOCH_CONFIG,
	configs::market::{RoyaltyPot, Treasury},
	constants::currency::{EXISTENTIAL_DEPOSIT, WGH},
	AccountId, BabeConfig, Balance, BalancesConfig, BlockNumber, InferenceConfig, Multisig,
	RuntimeGenesisConfig, SessionConfig, SessionKeys, SudoConfig, ValidatorsConfig,
};

/// One validator, Alice, who is also sudo.
pub const DEVELOPMENT: &str = "development";
/// Two validators, Alice and Bob.
pub const LOCAL: &str = "local";
/// Four validators; sudo takes three of them.
pub const LOCAL4: &str = "local4";

/// What each development account starts with.
const ENDOWMENT: Balance = 1_000_000 * WGH;

/// The validators of the keyring in their order.
const VALIDATORS: [(Sr25519Keyring, Ed25519Keyring); 4] = [
	(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
	(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
	(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
	(Sr25519Keyring::Dave, Ed25519Keyring::Dave),
];

/// The account that any three of the four validators are together.
pub fn council() -> AccountId {
	let mut members: Vec<AccountId> = VALIDATORS
		.iter()
		.map(|(account, _)| account.to_account_id())
		.collect();
	members.sort();
	Multisig::multi_account_id(&members, 3)
}

/// Half a minute to dispute an answer and two minutes to get a bond back, so that one person sees
/// both within a coffee break.
const SHORT_WINDOWS: DevelopmentWindows<BlockNumber> = DevelopmentWindows {
	challenge: 15,
	unbonding: 60,
};

/// The fewest validators of a network that outlives one of them.
const LEAST: u32 = 3;

fn genesis(
	validators: usize,
	least: u32,
	root: AccountId,
	short_windows: Option<DevelopmentWindows<BlockNumber>>,
) -> Value {
	// The pots exist from the start, so that the first small payment into them is not dust.
	let pots = [Treasury::get(), RoyaltyPot::get().into_account_truncating()];
	let mut balances: Vec<(AccountId, Balance)> = Sr25519Keyring::well_known()
		.map(|key| (key.to_account_id(), ENDOWMENT))
		.collect();
	balances.extend(pots.map(|pot| (pot, EXISTENTIAL_DEPOSIT)));
	if !balances.iter().any(|(account, _)| *account == root) {
		balances.push((root.clone(), ENDOWMENT));
	}
	let keys: Vec<(AccountId, AccountId, SessionKeys)> = VALIDATORS
		.iter()
		.take(validators)
		.map(|(account, grandpa)| {
			let id = account.to_account_id();
			let keys = SessionKeys {
				babe: account.public().into(),
				grandpa: grandpa.public().into(),
			};
			(id.clone(), id, keys)
		})
		.collect();

	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances },
		session: SessionConfig { keys },
		babe: BabeConfig {
			epoch_config: EPOCH_CONFIG
		},
		sudo: SudoConfig { key: Some(root) },
		inference: InferenceConfig { short_windows },
		validators: ValidatorsConfig { least },
	})
}

/// The genesis of the preset `id` as JSON.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let value = match id.as_ref() {
		DEVELOPMENT => genesis(
			1,
			1,
			Sr25519Keyring::Alice.to_account_id(),
			Some(SHORT_WINDOWS),
		),
		LOCAL => genesis(2, 1, Sr25519Keyring::Alice.to_account_id(), None),
		LOCAL4 => genesis(4, LEAST, council(), None),
		_ => return None,
	};
	serde_json::to_string(&value).ok().map(Into::into)
}

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![DEVELOPMENT.into(), LOCAL.into(), LOCAL4.into()]
}
