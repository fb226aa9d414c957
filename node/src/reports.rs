//! Reports of two blocks in one slot, on their way into the pool.

use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	thread,
	time::Duration,
};

use codec::{Decode, Encode};
use sc_client_api::{
	blockchain::{Backend as _, HeaderBackend},
	Backend,
};
use sc_service::SpawnTaskHandle;
use sc_transaction_pool_api::{LocalTransactionFor, LocalTransactionPool, TransactionPool};
use sp_consensus_babe::{AuthorityId, Slot};
use sp_runtime::traits::{Block as BlockT, Header as _};
use weighhouse_runtime::{
	opaque::{self, Block},
	Header, Runtime, RuntimeCall, UncheckedExtrinsic,
};

use crate::service::{FullBackend, FullPool};

type BabeCall = pallet_babe::Call<Runtime>;

/// Who signed several blocks, and in which slot.
type Offence = (AuthorityId, Slot);

/// The blocks of offences that wait to be reported.
type Waiting = HashMap<Offence, Vec<Header>>;

/// How often two blocks of an offence are looked for, and how long it waits before each look.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);
/// How many blocks of an offence wait at most.
const MOST: usize = 64;

/// The pool as BABE reports to it. BABE looks for a second block in a slot while it imports
/// blocks, when their seals are not in their headers: nobody has signed what it reports, so the chain
/// would refuse it. Such a report waits here until two blocks are imported, and gets their seals back.
/// It need not be the two that BABE names: that is always the first of the slot and another one, and
/// whoever makes an invalid block first would never be reported.
pub struct Reports {
	/// Where the blocks are.
	pub backend: Arc<FullBackend>,
	/// Where reports go.
	pub pool: Arc<FullPool>,
	/// Runs what waits.
	pub spawner: SpawnTaskHandle,
	/// What waits. Of many blocks in a slot, two are reported.
	pub waiting: Arc<Mutex<Waiting>>,
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
		let Some((report, offence, blocks)) = of_blocks(&extrinsic) else {
			return self.pool.submit_local(at, extrinsic);
		};
		let hash = self.pool.hash_of(&extrinsic);
		if !begins(&self.waiting, &offence, blocks) {
			return Ok(hash);
		}
		let (backend, pool, waiting) = (
			self.backend.clone(),
			self.pool.clone(),
			self.waiting.clone(),
		);
		self.spawner
			.spawn_blocking("block-reports", Some("babe"), async move {
				submit_with_seals(&backend, &pool, &waiting, &report, &offence);
				lock(&waiting).remove(&offence);
			});
		Ok(hash)
	}
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
	waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds blocks to those of an offence that wait; whether they are the first.
fn begins(waiting: &Mutex<Waiting>, offence: &Offence, blocks: [Header; 2]) -> bool {
	let mut waiting = lock(waiting);
	let known = waiting.entry(offence.clone()).or_default();
	let first = known.is_empty();
	for block in blocks {
		if known.len() < MOST && !known.contains(&block) {
			known.push(block);
		}
	}
	first
}

/// Waits until two blocks of the offence are imported, and reports them as they were signed.
fn submit_with_seals(
	backend: &FullBackend,
	pool: &FullPool,
	waiting: &Mutex<Waiting>,
	report: &BabeCall,
	offence: &Offence,
) {
	let (mut known, mut looks) = (0, LOOKS);
	while looks > 0 {
		thread::sleep(PAUSE);
		let blocks = lock(waiting).get(offence).cloned().unwrap_or_default();
		// Each block has its time to be imported.
		if blocks.len() > known {
			(known, looks) = (blocks.len(), LOOKS);
		}
		looks -= 1;
		let Some(sealed) = with_seals(backend, report, &blocks) else {
			continue;
		};
		let best = backend.blockchain().info().best_hash;
		if let Err(error) = pool.submit_local(best, sealed) {
			log::warn!("two blocks in one slot were not reported: {error}");
		}
		return;
	}
	log::warn!("two blocks in one slot were not reported: no two of them are here");
}

/// The call by which a node reports two blocks, if it is one, whose they are, and the blocks.
fn of_blocks(extrinsic: &opaque::UncheckedExtrinsic) -> Option<(BabeCall, Offence, [Header; 2])> {
	let extrinsic = UncheckedExtrinsic::decode(&mut &extrinsic.encode()[..]).ok()?;
	let RuntimeCall::Babe(call) = extrinsic.function else {
		return None;
	};
	let BabeCall::report_equivocation_unsigned {
		equivocation_proof: proof,
		..
	} = &call
	else {
		return None;
	};
	let offence = (proof.offender.clone(), proof.slot);
	let blocks = [proof.first_header.clone(), proof.second_header.clone()];
	Some((call, offence, blocks))
}

/// The same report of the first two of `blocks` that are imported, as they were signed.
fn with_seals(
	backend: &FullBackend,
	report: &BabeCall,
	blocks: &[Header],
) -> Option<opaque::UncheckedExtrinsic> {
	let mut sealed = blocks.iter().filter_map(|block| with_seal(backend, block));
	let (first, second) = (sealed.next()?, sealed.next()?);
	let mut report = report.clone();
	if let BabeCall::report_equivocation_unsigned {
		equivocation_proof, ..
	} = &mut report
	{
		equivocation_proof.first_header = first;
		equivocation_proof.second_header = second;
	}
	Some(UncheckedExtrinsic::new_bare(report.into()).into())
}

/// The header of the imported block that this was before its seal was taken off.
fn with_seal(backend: &FullBackend, header: &Header) -> Option<Header> {
	let blocks = backend.blockchain();
	let siblings = blocks.children(*header.parent_hash()).ok()?;
	siblings.into_iter().find_map(|hash| {
		let sealed = blocks.header(hash).ok()??;
		let mut bare = sealed.clone();
		bare.digest_mut().pop();
		(bare == *header || sealed == *header).then_some(sealed)
	})
}

#[cfg(test)]
mod tests;
