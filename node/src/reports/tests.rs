use futures::executor::block_on;
use sp_consensus::{BlockOrigin, Error};
use sp_consensus_babe::{
	digests::{NextConfigDescriptor, NextEpochDescriptor, PreDigest, SecondaryPlainPreDigest},
	AllowedSlots, ConsensusLog, EquivocationProof, BABE_ENGINE_ID,
};
use sp_core::{crypto::UncheckedFrom, sr25519};
use sp_runtime::{
	generic::{Digest, DigestItem},
	traits::{Get, Header as _, TrailingZeroInput},
};
use weighhouse_runtime::{configs::system::RuntimeBlockLength, Hash};

use super::*;

/// Answers the same of every block.
struct Answering(fn() -> ImportResult);

#[async_trait]
impl BlockImport<Block> for Answering {
	type Error = Error;

	async fn check_block(&self, _: BlockCheckParams<Block>) -> Result<ImportResult, Error> {
		Ok((self.0)())
	}

	async fn import_block(&self, _: BlockImportParams<Block>) -> Result<ImportResult, Error> {
		Ok((self.0)())
	}
}

/// A block of an author in a slot as BABE knows it while it imports it: without its seal.
fn block((slot, authority_index): (u64, u32), content: u8) -> Header {
	let slot = slot.into();
	let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index,
		slot,
	});
	let logs = vec![DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())];
	let (any, content) = (Hash::zero(), Hash::repeat_byte(content));
	Header::new(1, content, any, any, Digest { logs })
}

fn seal(block: &Header) -> DigestItem {
	DigestItem::Seal(BABE_ENGINE_ID, block.hash().as_bytes().to_vec())
}

/// The same block as it was signed.
fn sealed(block: &Header) -> Header {
	let mut sealed = block.clone();
	sealed.digest_mut().push(seal(block));
	sealed
}

/// What a node remembers that was given these blocks to import.
fn imported<'a>(blocks: impl IntoIterator<Item = &'a Header>) -> Signed {
	given(blocks.into_iter().map(verified))
}

/// The import of a block whose seal was verified.
fn verified(block: &Header) -> BlockImportParams<Block> {
	let mut params = BlockImportParams::new(BlockOrigin::NetworkBroadcast, block.clone());
	params.post_digests.push(seal(block));
	params
}

/// What a node remembers after these imports.
fn given(imports: impl IntoIterator<Item = BlockImportParams<Block>>) -> Signed {
	let signed = Signed::new();
	let import = Remembering {
		import: Answering(|| ImportResult::KnownBad),
		signed: signed.clone(),
	};
	for params in imports {
		assert_eq!(
			block_on(import.import_block(params)).unwrap(),
			ImportResult::KnownBad
		);
	}
	signed
}

/// The report of two blocks.
fn report(first_header: &Header, second_header: &Header) -> opaque::UncheckedExtrinsic {
	let offender = sr25519::Public::unchecked_from([1; 32]).into();
	let (slot, _) = place(first_header).unwrap();
	let call = BabeCall::report_equivocation_unsigned {
		equivocation_proof: Box::new(EquivocationProof {
			offender,
			slot,
			first_header: first_header.clone(),
			second_header: second_header.clone(),
		}),
		key_owner_proof: Decode::decode(&mut TrailingZeroInput::zeroes()).unwrap(),
	};
	UncheckedExtrinsic::new_bare(call.into()).into()
}

#[test]
fn two_blocks_are_reported_with_their_seals_even_if_invalid() {
	let [a, b] = [1, 2].map(|content| block((7, 0), content));
	let signed = imported([&a, &b]);
	assert_eq!(
		with_seals(&signed, report(&a, &b)),
		report(&sealed(&a), &sealed(&b))
	);
}

#[test]
fn blocks_of_other_slots_and_authors_are_not_mixed() {
	let [a, b] = [1, 2].map(|content| block((7, 0), content));
	let (earlier, other) = (block((6, 0), 3), block((7, 1), 4));
	let signed = imported([&earlier, &a, &other, &b]);
	assert_eq!(
		with_seals(&signed, report(&a, &b)),
		report(&sealed(&a), &sealed(&b))
	);
	let alone = report(&other, &block((7, 1), 5));
	assert_eq!(with_seals(&signed, alone.clone()), alone);
}

/// Pads the header of a block with an item that BABE and the runtime pass over.
fn padded(mut block: Header, bytes: usize) -> Header {
	let padding = DigestItem::PreRuntime(*b"any ", vec![0; bytes]);
	block.digest_mut().push(padding);
	block
}

#[test]
fn a_block_with_too_long_a_header_is_not_imported() {
	let import = Remembering {
		import: Answering(|| ImportResult::imported(false)),
		signed: Signed::new(),
	};
	let taken = |block: &Header| block_on(import.import_block(verified(block))).unwrap();
	let most = LONGEST - sealed(&padded(block((7, 0), 1), 1_000)).encoded_size() + 1_000;
	let longest = padded(block((7, 0), 1), most);
	assert_eq!(sealed(&longest).encoded_size(), LONGEST);
	assert_eq!(taken(&longest), ImportResult::imported(false));
	let longer = padded(block((7, 0), 1), most + 1);
	assert_eq!(taken(&longer), ImportResult::KnownBad);
}

#[test]
fn a_header_that_names_as_many_new_validators_as_there_can_be_is_short_enough() {
	let most: u32 = <Runtime as pallet_babe::Config>::MaxAuthorities::get();
	let epoch = ConsensusLog::NextEpochData(NextEpochDescriptor {
		authorities: vec![(sr25519::Public::default().into(), 1); most as usize],
		randomness: [0; 32],
	});
	// A scheduled change as GRANDPA encodes it: keys with weights, and the delay.
	let voters = (1u8, vec![([0u8; 32], 1u64); most as usize], 0u32);
	// The runtime refuses what is longer before it adds these.
	let begun = RuntimeBlockLength::get().max_header_size();
	let mut block = padded(block((7, 0), 1), begun as usize);
	for (engine, log) in [
		(BABE_ENGINE_ID, epoch.encode()),
		(*b"FRNK", voters.encode()),
	] {
		block.digest_mut().push(DigestItem::Consensus(engine, log));
	}
	assert!(block.encoded_size() > 80 * most as usize);
	assert!(sealed(&block).encoded_size() < LONGEST);
}

#[test]
fn a_block_with_too_long_a_header_hides_no_two_others() {
	let [huge, a, b] = [1, 2, 3].map(|content| block((7, 0), content));
	let huge = padded(huge, LONGEST);
	let signed = imported([&huge, &a, &b]);
	assert_eq!(
		with_seals(&signed, report(&huge, &b)),
		report(&sealed(&a), &sealed(&b))
	);
}

#[test]
fn a_block_that_comes_twice_is_one() {
	let [a, b] = [1, 2].map(|content| block((7, 0), content));
	let signed = imported([&a, &a]);
	assert_eq!(with_seals(&signed, report(&a, &b)), report(&a, &b));
}

#[test]
fn a_seal_that_was_not_verified_is_not_remembered() {
	let [a, b] = [1, 2].map(|content| block((7, 0), content));
	let signed =
		given([&a, &b].map(|block| BlockImportParams::new(BlockOrigin::WarpSync, sealed(block))));
	assert!(signed.beside(&a).is_none());
}

#[test]
fn what_is_remembered_has_an_end() {
	let blocks: Vec<_> = (0..=PLACES)
		.flat_map(|slot| [1, 2].map(|content| block((slot.into(), 0), content)))
		.collect();
	let signed = imported(&blocks);
	assert!(signed.beside(&blocks[0]).is_none());
	assert!(signed.beside(&blocks[2]).is_some());
	assert_eq!(signed.lock().len(), PLACES as usize);
}

#[test]
fn what_reports_no_two_blocks_is_left_as_it_is() {
	let call = BabeCall::plan_config_change {
		config: NextConfigDescriptor::V1 {
			c: (1, 4),
			allowed_slots: AllowedSlots::PrimarySlots,
		},
	};
	let extrinsic: opaque::UncheckedExtrinsic = UncheckedExtrinsic::new_bare(call.into()).into();
	assert_eq!(with_seals(&Signed::new(), extrinsic.clone()), extrinsic);
}
