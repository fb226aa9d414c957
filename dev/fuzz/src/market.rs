//! A development chain on which every pallet of the market has something under way, so that a short
//! sequence of calls goes deep.

use std::sync::LazyLock;

use frame_support::genesis_builder_helper::build_state;
use pallet_feedback::{ContentIdArgument, NewItem, NewItems};
use pallet_listings::TextArgument;
use serde_json::Value;
use sp_core::{storage::StateVersion, Pair, H256};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring::{self, Bob, BobStash, Charlie, Dave, Eve, Ferdie};
use weighhouse_primitives::{
	feedback::{gold_openings, gold_root, Choice, GoldItem, GoldOpening},
	inference::{signed_bytes, Access, Mode, KEY_DOMAIN},
	sealing::{DeliverySecret, Identity, Recipient, Vault},
	AnswerClass, Answers, ContentId, DerivativePolicy, Kind, ListingId, OfferId, Parent, Relation,
	Rights, Serving, Term, Transferability,
};
use weighhouse_runtime::{
	constants::{
		currency::{MILLI_WGH, WGH},
		time::HOURS,
	},
	genesis_config_presets::{self, DEVELOPMENT},
	Delivery, Feedback, Inference, Licensing, Listings, RuntimeGenesisConfig, RuntimeOrigin,
	System,
};

use super::chain::Chain;

/// Who acts. Alice is not among them: she makes the blocks, and as sudo she may break anything.
pub const ACTORS: [Sr25519Keyring; 6] = [Bob, Charlie, Dave, Eve, Ferdie, BobStash];
/// The listing whose files are sealed.
pub const SEALED: ListingId = 3;
/// The listing that can be asked, and the offer that says what a call costs.
pub const ASKED: (ListingId, OfferId) = (1, 2);
/// Who answers requests for listing 1.
pub const WORKERS: [Sr25519Keyring; 3] = [Charlie, Dave, Eve];
/// Who answers the items of campaign 1.
pub const RATERS: [Sr25519Keyring; 5] = [Bob, Charlie, Dave, Eve, Ferdie];

/// Whose campaign 1 is.
pub const SPONSOR: Sr25519Keyring = BobStash;
/// How many items campaign 1 has, all of which everybody answers.
pub const ITEMS: u32 = 40;
const GOLD: u32 = 20;

/// A node of the trie that a state is: its key, its bytes, and how often it is there.
type Node = (Vec<u8>, (Vec<u8>, i32));

/// A state that is quickly made again.
struct Snapshot {
	nodes: Vec<Node>,
	root: H256,
}

static MARKET: LazyLock<Snapshot> = LazyLock::new(|| {
	let mut state = TestExternalities::new_empty();
	state.execute_with(|| {
		build_state::<RuntimeGenesisConfig>(genesis().to_string().into_bytes())
			.expect("the preset builds");
		let mut chain = Chain::begin(0);
		listings();
		workers();
		campaign();
		// Workers and raters are drawn from the randomness of the blocks that follow.
		chain.pass(2, [1; 32]);
		job();
		chain.pass(2, [2; 32]);
		chain.end([3; 32]);
	});
	state.commit_all().expect("nothing is left open");
	let (nodes, root) = state.into_raw_snapshot();
	Snapshot { nodes, root }
});

/// The state in which every sequence begins: between two blocks, with
///
/// - listing 1 of Bob, which is sold, can be asked, and has three workers and a job;
/// - listing 2 of Charlie, which comes of it;
/// - the sealed listing 3 of Dave, whose key Ferdie waits for under licence 2;
/// - campaign 1, whose five raters have their items.
pub fn market() -> TestExternalities {
	let Snapshot { nodes, root } = &*MARKET;
	TestExternalities::from_raw_snapshot(nodes.clone(), *root, StateVersion::V1)
}

/// The vault of every seller.
pub fn vault() -> Vault {
	Vault::from_bytes([5; 32])
}

/// The key of every sealed model.
pub fn identity() -> Identity {
	Identity::from_bytes([6; 32])
}

/// Whom sealed models are encrypted to.
pub fn recipient() -> Recipient {
	identity().recipient()
}

/// What buyers keep to themselves.
pub fn secrets() -> [DeliverySecret; 3] {
	[1, 2, 3].map(|seed| DeliverySecret::from_seed([seed; 32]))
}

/// The gold of campaign 1, ready to be opened.
pub fn openings() -> Vec<GoldOpening> {
	gold_openings(&gold())
}

/// The better answer to an item of campaign 1.
pub fn truth(item: u32) -> Choice {
	match item % 4 {
		0 | 1 => Choice::A,
		_ => Choice::B,
	}
}

/// The content id of some bytes.
pub fn content(name: &str) -> Vec<u8> {
	ContentId::of_raw_block(name.as_bytes())
		.to_text()
		.into_bytes()
}

/// The development preset: the defaults with its patch on top.
fn genesis() -> Value {
	let patch = genesis_config_presets::get_preset(&DEVELOPMENT.into()).expect("it exists");
	let defaults = serde_json::to_value(RuntimeGenesisConfig::default());
	let mut config = defaults.expect("the configuration is JSON");
	merge(
		&mut config,
		serde_json::from_slice(&patch).expect("the patch is JSON"),
	);
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

fn signed(who: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.to_account_id())
}

fn text(text: &str) -> TextArgument {
	TextArgument::truncate_from(text.as_bytes().to_vec())
}

fn listings() {
	register(Bob, "model", vec![], None);
	let parent = Parent {
		listing: 1,
		version: 1,
		relation: Relation::Distilled,
		royalty: 100_000_000,
	};
	register(Charlie, "child", vec![parent], None);
	register(Dave, "sealed", vec![], Some(recipient()));
	for (who, listing, term) in [
		(Bob, 1, Term::Perpetual),
		(Bob, 1, Term::PerCall),
		(Charlie, 2, Term::Perpetual),
		(Dave, 3, Term::Perpetual),
	] {
		offer(who, listing, term);
	}
	Licensing::buy(signed(Ferdie), 1, 1).expect("a sale");
	Delivery::bond(signed(Dave), 100 * WGH).expect("a bond");
	let [secret, ..] = secrets();
	Delivery::buy(signed(Ferdie), 3, 1, secret.key(), HOURS).expect("a sealed sale");
}

fn register(who: Sr25519Keyring, name: &str, parents: Vec<Parent>, sealed: Option<Recipient>) {
	Listings::register(
		signed(who),
		Kind::Model,
		text(name),
		text("image-classification"),
		TextArgument::truncate_from(content(name)),
		H256(ContentId::of_raw_block(name.as_bytes()).digest),
		text("Apache-2.0"),
		DerivativePolicy::Royalty(0),
		Serving::Anyone,
		Answers {
			class: AnswerClass::BitExact,
			tau: 8,
			max_latency_ms: 1_000,
			input_limit: 1_024,
		},
		parents.try_into().expect("few parents"),
		None,
		sealed.map(|recipient| text(&recipient.to_text())),
	)
	.expect("a listing");
}

fn offer(who: Sr25519Keyring, listing: ListingId, term: Term) {
	Licensing::open_offer(
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
	)
	.expect("an offer");
}

fn workers() {
	for worker in WORKERS {
		let proof = signed_bytes(KEY_DOMAIN, System::block_hash(0), worker.to_account_id());
		Inference::register_worker(
			signed(worker),
			worker.public().into(),
			worker.pair().sign(&proof).into(),
			100 * WGH,
		)
		.expect("a worker");
		Inference::serve(signed(worker), 1, MILLI_WGH).expect("an ask");
	}
}

fn job() {
	Inference::request(
		signed(Ferdie),
		ASKED.0,
		1,
		Mode::QuorumOfThree,
		Access::Offer(ASKED.1),
		MILLI_WGH,
		content("input").try_into().expect("a short id"),
		H256(ContentId::of_raw_block(b"input").digest),
	)
	.expect("a job");
}

fn gold() -> Vec<GoldItem> {
	(0..GOLD)
		.map(|number| 2 * number)
		.map(|item| GoldItem {
			item,
			label: truth(item),
			salt: H256::from_low_u64_be(item.into()),
		})
		.collect()
}

fn campaign() {
	Feedback::create_campaign(
		signed(SPONSOR),
		gold_root(&gold()),
		GOLD,
		ITEMS,
		ITEMS,
		5,
		10 * MILLI_WGH,
		WGH,
		HOURS,
		HOURS,
		None,
		0,
	)
	.expect("a campaign");
	let part =
		|name: &str, item| ContentIdArgument::truncate_from(content(&format!("{name} {item}")));
	let items = (0..ITEMS).map(|item| NewItem {
		prompt: part("prompt", item),
		a: part("a", item),
		b: part("b", item),
	});
	Feedback::add_items(signed(SPONSOR), 1, NewItems::truncate_from(items.collect()))
		.expect("items");
	for rater in RATERS {
		Feedback::join(signed(rater), 1).expect("a place");
	}
}
