//! A chain in memory that starts as the preset does, and the checks that hold after everything.

use frame_support::{
	assert_ok,
	genesis_builder_helper::{build_state, get_preset},
	traits::{
		fungible::{Inspect, InspectHold},
		Hooks,
	},
};
use pallet_listings::TextArgument;
use serde_json::Value;
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::DispatchResult;
use weighhouse_primitives::{
	content::ContentId, sealing::Recipient, AnswerClass, Answers, DerivativePolicy, Kind,
	ListingId, Parent, Relation, Rights, Serving, Term, Transferability, VersionNumber,
};
use weighhouse_runtime::{
	constants::currency::WGH, genesis_config_presets, AccountId, Balance, Balances, Delivery,
	Feedback, Inference, Licensing, Listings, Reputation, Runtime, RuntimeGenesisConfig,
	RuntimeOrigin, System, Validators,
};

pub const ALICE: Sr25519Keyring = Sr25519Keyring::Alice;
pub const BOB: Sr25519Keyring = Sr25519Keyring::Bob;
pub const CHARLIE: Sr25519Keyring = Sr25519Keyring::Charlie;
pub const DAVE: Sr25519Keyring = Sr25519Keyring::Dave;

/// Runs `test` on block 1 of the chain that `preset` begins.
pub fn chain(preset: &str, test: impl FnOnce()) {
	untouched(preset, || {
		System::set_block_number(1);
		test();
	});
}

/// Runs `test` on the state that `preset` begins with, before its first block.
pub fn untouched(preset: &str, test: impl FnOnce()) {
	let config = genesis(preset);
	let mut state = sp_io::TestExternalities::default();
	state.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	state.execute_with(|| {
		build_state::<RuntimeGenesisConfig>(config.to_string().into_bytes()).unwrap();
		reconcile();
		test();
		reconcile();
	});
}

/// The development chain.
pub fn development(test: impl FnOnce()) {
	chain(genesis_config_presets::DEVELOPMENT, test);
}

/// The whole genesis configuration that `preset` stands for: the defaults with its patch on top.
pub fn genesis(preset: &str) -> Value {
	let read = |id: &Option<sp_genesis_builder::PresetId>| -> Value {
		let bytes = get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get_preset);
		serde_json::from_slice(&bytes.unwrap()).unwrap()
	};
	let mut config = read(&None);
	merge(&mut config, read(&Some(preset.into())));
	config
}

fn merge(into: &mut Value, patch: Value) {
	match (into, patch) {
		(Value::Object(into), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(Value::Null), value);
			}
		}
		(into, patch) => *into = patch,
	}
}

/// What must hold at any time: the pallets' own invariants, and that the money of the chain is what
/// all their records say.
pub fn reconcile() {
	Delivery::check_invariants().unwrap();
	Listings::check_invariants().unwrap();
	Licensing::check_invariants().unwrap();
	Inference::check_invariants().unwrap();
	Reputation::check_invariants().unwrap();
	Feedback::check_invariants().unwrap();
	Validators::check_invariants().unwrap();
	weighhouse_runtime::reconcile::check().unwrap();
}

/// Begins the next block as far as jobs, campaigns and deliveries go by it: the author of the last one
/// left randomness, and what is due is done.
pub fn next_block() {
	let now = System::block_number() + 1;
	System::set_block_number(now);
	pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some([7; 32]));
	<Inference as Hooks<u32>>::on_initialize(now);
	<Feedback as Hooks<u32>>::on_initialize(now);
	<Delivery as Hooks<u32>>::on_initialize(now);
}

pub fn signed(who: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.to_account_id())
}

pub fn free(who: &AccountId) -> Balance {
	Balances::balance(who)
}

/// All that somebody has, free and held.
pub fn total(who: Sr25519Keyring) -> Balance {
	Balances::total_balance(&who.to_account_id())
}

/// All that is held of an account, whatever for.
pub fn held(who: Sr25519Keyring) -> Balance {
	Balances::total_balance_on_hold(&who.to_account_id())
}

pub fn bytes(text: &str) -> TextArgument {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// Answers of a version that nobody serves.
pub const UNSERVED: Answers = Answers {
	class: AnswerClass::None,
	tau: 0,
	max_latency_ms: 0,
	input_limit: 0,
};

/// Answers that are compared.
const SERVED: Answers = Answers {
	class: AnswerClass::BitExact,
	tau: 8,
	max_latency_ms: 1_000,
	input_limit: 1_024,
};

/// Offers version 1 of a listing for 10 WGH.
pub fn offer(who: Sr25519Keyring, listing: ListingId, term: Term) {
	assert_ok!(Licensing::open_offer(
		signed(who),
		listing,
		10 * WGH,
		term,
		1,
		1,
		Rights::Use,
		Transferability::Transferable,
		None,
		H256::zero(),
	));
}

pub fn distilled(listing: ListingId, version: VersionNumber, royalty: u32) -> Parent {
	Parent {
		listing,
		version,
		relation: Relation::Distilled,
		royalty,
	}
}

/// Registers a model of its own bytes and gives its id.
pub fn register(who: Sr25519Keyring, name: &str, parents: Vec<Parent>) -> ListingId {
	let id = pallet_listings::NextListing::<Runtime>::get();
	try_register(who, name, DerivativePolicy::Royalty(0), parents).unwrap();
	id
}

/// Registers a model that can be asked.
pub fn publish_served(who: Sr25519Keyring, name: &str, parents: Vec<Parent>) {
	let derivatives = DerivativePolicy::Royalty(0);
	publish(who, name, derivatives, SERVED, parents, None).unwrap();
}

/// Registers a model whose files are encrypted to `recipient`, and gives its id.
pub fn register_sealed(who: Sr25519Keyring, name: &str, recipient: Recipient) -> ListingId {
	let id = pallet_listings::NextListing::<Runtime>::get();
	let derivatives = DerivativePolicy::Royalty(0);
	publish(who, name, derivatives, UNSERVED, vec![], Some(recipient)).unwrap();
	id
}

pub fn try_register(
	who: Sr25519Keyring,
	name: &str,
	derivatives: DerivativePolicy,
	parents: Vec<Parent>,
) -> DispatchResult {
	publish(who, name, derivatives, UNSERVED, parents, None)
}

fn publish(
	who: Sr25519Keyring,
	name: &str,
	derivatives: DerivativePolicy,
	answers: Answers,
	parents: Vec<Parent>,
	sealed: Option<Recipient>,
) -> DispatchResult {
	Listings::register(
		signed(who),
		Kind::Model,
		bytes(name),
		bytes("image-classification"),
		bytes(&ContentId::of_raw_block(name.as_bytes()).to_text()),
		H256(sp_io::hashing::sha2_256(name.as_bytes())),
		bytes("Apache-2.0"),
		derivatives,
		Serving::Anyone,
		answers,
		parents.try_into().unwrap(),
		None,
		sealed.map(|recipient| bytes(&recipient.to_text())),
	)
}
