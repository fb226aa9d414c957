//! Reports of two blocks in one slot, on their way into the pool.

use std::{
	collections::HashSet,
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

/// Who signed two blocks, and in which slot.
type Offence = (AuthorityId, Slot);

/// How often the blocks of a report are looked for, and how long it waits before each look.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// The pool as BABE reports to it. BABE looks for a second block in a slot while it imports
/// blocks, when their seals are not in their headers: nobody has signed what it reports, so the chain
/// would refuse it. Such a report waits here until both blocks are imported, and gets their seals back.
pub struct Reports {
	/// Where the blocks are.
	pub backend: Arc<FullBackend>,
	/// Where reports go.
	pub pool: Arc<FullPool>,
	/// Runs what waits.
	pub spawner: SpawnTaskHandle,
	/// What waits: of many blocks in a slot, two are reported.
	pub waiting: Arc<Mutex<HashSet<Offence>>>,
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
		let Some((report, offence)) = of_blocks(&extrinsic) else {
			return self.pool.submit_local(at, extrinsic);
		};
		let hash = self.pool.hash_of(&extrinsic);
		if !lock(&self.waiting).insert(offence.clone()) {
			return Ok(hash);
		}
		let (backend, pool, waiting) = (
			self.backend.clone(),
			self.pool.clone(),
			self.waiting.clone(),
		);
		self.spawner
			.spawn_blocking("block-reports", Some("babe"), async move {
				submit_with_seals(&backend, &pool, &report);
				lock(&waiting).remove(&offence);
			});
		Ok(hash)
	}
}

fn lock(waiting: &Mutex<HashSet<Offence>>) -> MutexGuard<'_, HashSet<Offence>> {
	waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until both blocks are imported, and reports them as they were signed.
fn submit_with_seals(backend: &FullBackend, pool: &FullPool, report: &BabeCall) {
	for _ in 0..LOOKS {
		thread::sleep(PAUSE);
		let Some(sealed) = with_seals(backend, report) else {
			continue;
		};
		let best = backend.blockchain().info().best_hash;
		if let Err(error) = pool.submit_local(best, sealed) {
			log::warn!("two blocks in one slot were not reported: {error}");
		}
		return;
	}
	log::warn!("two blocks in one slot were not reported: one of them is not here");
}

/// The call by which a node reports two blocks, if it is one, and whose they are.
fn of_blocks(extrinsic: &opaque::UncheckedExtrinsic) -> Option<(BabeCall, Offence)> {
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
	Some((call, offence))
}

/// The same report with both headers as they were signed.
fn with_seals(backend: &FullBackend, report: &BabeCall) -> Option<opaque::UncheckedExtrinsic> {
	let mut report = report.clone();
	if let BabeCall::report_equivocation_unsigned {
		equivocation_proof, ..
	} = &mut report
	{
		for header in [
			&mut equivocation_proof.first_header,
			&mut equivocation_proof.second_header,
		] {
			*header = with_seal(backend, header)?;
		}
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
