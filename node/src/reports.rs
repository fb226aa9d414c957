//! Reports of two blocks in one slot, on their way into the pool.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use codec::{Decode, Encode};
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult};
use sc_transaction_pool_api::{LocalTransactionFor, LocalTransactionPool, TransactionPool};
use schnellru::{ByLength, LruMap};
use sp_consensus_babe::{AuthorityIndex, Slot};
use sp_runtime::traits::Block as BlockT;
use weighhouse_runtime::{
	opaque::{self, Block},
	Header, Runtime, RuntimeCall, UncheckedExtrinsic,
};

use crate::service::FullPool;

type BabeCall = pallet_babe::Call<Runtime>;

/// A slot and who made blocks in it.
type Place = (Slot, AuthorityIndex);

/// Of how many slots and authors blocks are remembered. BABE reports what is 1,000 slots old at most.
const PLACES: u32 = 1_024;
/// The most bytes of a header that is imported: nearly twice what one has that names a hundred new validators. Whatever is
/// imported is remembered, so this bounds the memory, and nobody can hide one of two blocks by padding it.
const LONGEST: usize = 16 * 1024;

/// Two blocks of each author in each of the last slots, as they were signed: all that a report needs.
#[derive(Clone)]
pub struct Signed(Arc<Mutex<LruMap<Place, Vec<Header>>>>);

impl Signed {
	/// Remembers nothing yet.
	pub fn new() -> Self {
		Self(Arc::new(Mutex::new(LruMap::new(ByLength::new(PLACES)))))
	}

	fn lock(&self) -> MutexGuard<'_, LruMap<Place, Vec<Header>>> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn remember(&self, header: Header) {
		let Some(place) = place(&header) else {
			return;
		};
		let mut places = self.lock();
		let Some(blocks) = places.get_or_insert(place, Vec::new) else {
			return;
		};
		if blocks.len() < 2 && !blocks.contains(&header) {
			blocks.push(header);
		}
	}

	/// Two blocks of the slot and the author of this one.
	fn beside(&self, header: &Header) -> Option<[Header; 2]> {
		let blocks = self.lock().get(&place(header)?)?.clone();
		blocks.try_into().ok()
	}
}

fn place(header: &Header) -> Option<Place> {
	let digest = sc_consensus_babe::find_pre_digest::<Block>(header).ok()?;
	Some((digest.slot(), digest.authority_index()))
}

/// Remembers blocks, and hands them on to be imported, but for those with too long a header. Whether they are valid makes
/// no difference: who signed two contradicted itself.
#[derive(Clone)]
pub struct Remembering<I> {
	/// What imports them.
	pub import: I,
	/// What is remembered.
	pub signed: Signed,
}

#[async_trait]
impl<I: BlockImport<Block> + Send + Sync> BlockImport<Block> for Remembering<I> {
	type Error = I::Error;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		self.import.check_block(block).await
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		let sealed = block.post_header();
		if sealed.encoded_size() > LONGEST {
			let (number, author) = (sealed.number, place(&sealed).map(|(_, author)| author));
			log::warn!("block {number} of author {author:?} is refused: its header has more than {LONGEST} bytes");
			return Ok(ImportResult::KnownBad);
		}
		// Only a seal that was verified has been taken off its header.
		if !block.post_digests.is_empty() {
			self.signed.remember(sealed);
		}
		self.import.import_block(block).await
	}
}

/// The pool as BABE reports to it. BABE looks for a second block in a slot while it imports blocks, when their
/// seals are not in their headers: nobody has signed what it reports, so the chain would refuse it. Such a report
/// names two blocks with their seals instead. They need not be the two that BABE names: that is always the first of
/// the slot, which was not imported if its header is too long.
pub struct Reports {
	/// The blocks.
	pub signed: Signed,
	/// Where reports go.
	pub pool: Arc<FullPool>,
}

impl LocalTransactionPool for Reports {
	type Block = Block;
	type Error = <FullPool as LocalTransactionPool>::Error;
	type Hash = <FullPool as TransactionPool>::Hash;

	fn submit_local(
		&self,
		at: <Block as BlockT>::Hash,
		extrinsic: LocalTransactionFor<Self>,
	) -> Result<Self::Hash, Self::Error> {
		self.pool
			.submit_local(at, with_seals(&self.signed, extrinsic))
	}
}

/// The report of two blocks as they were signed, if it is one; all else as it is.
fn with_seals(
	signed: &Signed,
	extrinsic: opaque::UncheckedExtrinsic,
) -> opaque::UncheckedExtrinsic {
	let decoded = UncheckedExtrinsic::decode(&mut &extrinsic.encode()[..]).map(|it| it.function);
	let Ok(RuntimeCall::Babe(BabeCall::report_equivocation_unsigned {
		mut equivocation_proof,
		key_owner_proof,
	})) = decoded
	else {
		return extrinsic;
	};
	let Some([first, second]) = signed.beside(&equivocation_proof.first_header) else {
		log::warn!(
			"two blocks in one slot are not reported: this node has not seen both signatures"
		);
		return extrinsic;
	};
	equivocation_proof.first_header = first;
	equivocation_proof.second_header = second;
	let call = BabeCall::report_equivocation_unsigned {
		equivocation_proof,
		key_owner_proof,
	};
	UncheckedExtrinsic::new_bare(call.into()).into()
}

#[cfg(test)]
mod tests;
