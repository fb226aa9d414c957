use sc_client_api::{BlockImportOperation, NewBlockState};
use sc_client_db::DatabaseSettings;
use sc_service::config::{BlocksPruning, DatabaseSource};
use sp_consensus_babe::{
	digests::NextConfigDescriptor, AllowedSlots, EquivocationProof, BABE_ENGINE_ID,
};
use sp_core::{crypto::UncheckedFrom, sr25519};
use sp_runtime::{generic::DigestItem, traits::TrailingZeroInput};
use tempfile::TempDir;
use weighhouse_runtime::Hash;

use super::*;

/// A database that holds a first block.
struct Chain {
	backend: Arc<FullBackend>,
	first: Hash,
	_folder: TempDir,
}

impl Chain {
	fn new() -> Self {
		let folder = TempDir::new().unwrap();
		let settings = DatabaseSettings {
			trie_cache_maximum_size: None,
			state_pruning: None,
			source: DatabaseSource::ParityDb {
				path: folder.path().into(),
			},
			blocks_pruning: BlocksPruning::KeepAll,
			pruning_filters: Vec::new(),
			metrics_registry: None,
		};
		let first = header(0, Hash::zero(), 0);
		let chain = Self {
			backend: sc_service::new_db_backend(settings).unwrap(),
			first: first.hash(),
			_folder: folder,
		};
		chain.import(first);
		chain
	}

	fn import(&self, header: Header) {
		let mut operation = self.backend.begin_operation().unwrap();
		operation
			.set_block_data(
				header,
				Some(Vec::new()),
				None,
				None,
				NewBlockState::Best,
				true,
			)
			.unwrap();
		self.backend.commit_operation(operation).unwrap();
	}

	/// A block after the first one as BABE knows it while it imports it: without its seal.
	fn block(&self, content: u8) -> Header {
		header(1, self.first, content)
	}
}

fn header(number: u32, parent: Hash, content: u8) -> Header {
	Header::new(
		number,
		Hash::repeat_byte(content),
		Hash::zero(),
		parent,
		Default::default(),
	)
}

/// The same block as it was signed.
fn sealed(block: &Header) -> Header {
	let mut sealed = block.clone();
	let seal = DigestItem::Seal(BABE_ENGINE_ID, block.hash().as_bytes().to_vec());
	sealed.digest_mut().push(seal);
	sealed
}

fn offence() -> Offence {
	let key = sr25519::Public::unchecked_from([1; 32]);
	(key.into(), 7.into())
}

/// The report of two blocks as BABE makes it.
fn report(first_header: Header, second_header: Header) -> opaque::UncheckedExtrinsic {
	let (offender, slot) = offence();
	let call = BabeCall::report_equivocation_unsigned {
		equivocation_proof: Box::new(EquivocationProof {
			offender,
			slot,
			first_header,
			second_header,
		}),
		key_owner_proof: Decode::decode(&mut TrailingZeroInput::zeroes()).unwrap(),
	};
	UncheckedExtrinsic::new_bare(call.into()).into()
}

/// What BABE reports, put to what waits already; what is sent of all of it then, and whether it was the first.
fn hear(
	chain: &Chain,
	waiting: &Mutex<Waiting>,
	blocks: [&Header; 2],
) -> (bool, Option<[Header; 2]>) {
	let named = report(blocks[0].clone(), blocks[1].clone());
	let (call, offence, blocks) = of_blocks(&named).unwrap();
	let first = begins(waiting, &offence, blocks);
	let known = lock(waiting).get(&offence).cloned().unwrap();
	let sent = with_seals(&chain.backend, &call, &known).map(|sent| {
		let (_, whose, blocks) = of_blocks(&sent).unwrap();
		assert_eq!(whose, offence);
		blocks
	});
	(first, sent)
}

#[test]
fn two_imported_blocks_are_reported_with_their_seals() {
	let chain = Chain::new();
	let [a, b] = [1, 2].map(|content| chain.block(content));
	let waiting = Mutex::default();
	chain.import(sealed(&a));
	assert_eq!(hear(&chain, &waiting, [&a, &b]), (true, None));
	chain.import(sealed(&b));
	assert_eq!(
		hear(&chain, &waiting, [&a, &b]),
		(false, Some([sealed(&a), sealed(&b)]))
	);
}

#[test]
fn an_invalid_block_first_in_its_slot_hides_no_two_others() {
	let chain = Chain::new();
	let [invalid, a, b] = [1, 2, 3].map(|content| chain.block(content));
	let waiting = Mutex::default();
	chain.import(sealed(&a));
	assert_eq!(hear(&chain, &waiting, [&invalid, &a]), (true, None));
	chain.import(sealed(&b));
	assert_eq!(
		hear(&chain, &waiting, [&invalid, &b]),
		(false, Some([sealed(&a), sealed(&b)]))
	);
}

#[test]
fn blocks_of_an_offence_wait_once_each_and_not_without_end() {
	let chain = Chain::new();
	let waiting = Mutex::default();
	let first = chain.block(0);
	for content in 1..=u8::MAX {
		hear(&chain, &waiting, [&first, &chain.block(content)]);
	}
	let known = lock(&waiting).remove(&offence()).unwrap();
	let expected: Vec<_> = (0..MOST)
		.map(|content| chain.block(content as u8))
		.collect();
	assert_eq!(known, expected);
}

#[test]
fn what_reports_no_two_blocks_does_not_wait() {
	let call = BabeCall::plan_config_change {
		config: NextConfigDescriptor::V1 {
			c: (1, 4),
			allowed_slots: AllowedSlots::PrimarySlots,
		},
	};
	assert!(of_blocks(&UncheckedExtrinsic::new_bare(call.into()).into()).is_none());
}
