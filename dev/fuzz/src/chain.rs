//! The runtime as a validator drives it, in memory.

use std::{
	sync::atomic::{AtomicU64, Ordering},
	time::{Duration, Instant},
};

use codec::Encode;
use frame_support::{storage::with_transaction, traits::OnFinalize, weights::Weight};
use frame_system::offchain::CreateAuthorizedTransaction;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Digest, DigestItem, SignedPayload},
	traits::{BlakeTwo256, Hash, Header as _},
	transaction_validity::TransactionSource,
	ApplyExtrinsicResult, DispatchError, MultiSignature, TransactionOutcome,
};
use weighhouse_runtime::{
	configs::system::RuntimeBlockWeights, constants::time::SLOT_DURATION, AccountId,
	AllPalletsWithSystem, Balances, BlockNumber, Executive, Header, Nonce, Runtime, RuntimeCall,
	Session, System, TxExtension, UncheckedExtrinsic,
};

/// The slot before the first block.
const FIRST_SLOT: u64 = 1_000;
/// A block that took less says nothing about its weight.
const NOTICEABLE: Duration = Duration::from_millis(5);
/// Picoseconds, in which weights count, in a microsecond.
const PER_MICROSECOND: u64 = 1_000_000;

/// The most time that a noticeable block took so far, in percent of its weight.
static SLOWEST: AtomicU64 = AtomicU64::new(0);

/// A block that is being made by Alice.
pub struct Chain {
	/// How long its beginning and its transactions took so far. The end is left out: a node computes the
	/// root of its state otherwise than this chain does.
	spent: Duration,
	/// What the session pallet charges it: a whole block when a session begins, whatever that takes.
	session: Weight,
}

impl Chain {
	/// Begins the next block, after so many slots without one.
	pub fn begin(skipped: u64) -> Self {
		let number = System::block_number() + 1;
		let slot = FIRST_SLOT.max(*pallet_babe::CurrentSlot::<Runtime>::get()) + 1 + skipped;
		let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: 0,
			slot: slot.into(),
		});
		let header = Header::new(
			number,
			Default::default(),
			Default::default(),
			// Nothing reads the hash of any block but the first.
			System::block_hash(0),
			Digest {
				logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())],
			},
		);
		let set = RuntimeCall::Timestamp(pallet_timestamp::Call::set {
			now: slot * SLOT_DURATION,
		});
		let mut chain = Self {
			spent: Duration::ZERO,
			session: Weight::zero(),
		};
		let session = Session::current_index();
		chain.timed(|| Executive::initialize_block(&header));
		if Session::current_index() != session {
			chain.session = RuntimeBlockWeights::get().max_block;
		}
		let applied = chain.apply(UncheckedExtrinsic::new_bare(set));
		assert_eq!(applied, Ok(Ok(())), "the time of a block is accepted");
		chain
	}

	/// Ends the block and begins the next one.
	pub fn next(&mut self, skipped: u64, seed: [u8; 32]) {
		self.end(seed);
		*self = Self::begin(skipped);
	}

	/// Ends the block and lets `blocks` empty ones follow. Their state roots are not computed, which is
	/// most of what they would cost.
	pub fn pass(&mut self, blocks: u32, seed: [u8; 32]) {
		self.end(seed);
		for _ in 0..blocks {
			let empty = Self::begin(0);
			System::note_finished_extrinsics();
			let number = System::block_number();
			conserving(|| <AllPalletsWithSystem as OnFinalize<BlockNumber>>::on_finalize(number));
			empty.check_weight();
			leave_randomness(seed);
		}
		*self = Self::begin(0);
	}

	/// Ends the block.
	pub fn end(&mut self, seed: [u8; 32]) {
		conserving(Executive::finalize_block);
		self.check_weight();
		leave_randomness(seed);
	}

	/// Has `who` sign a call, with the right nonce, and puts it into the block.
	pub fn send(&mut self, who: Sr25519Keyring, call: RuntimeCall) -> ApplyExtrinsicResult {
		let extension = extension(System::account_nonce(who.to_account_id()));
		let payload = SignedPayload::new(call.clone(), extension.clone())
			.expect("what is implied follows from the state");
		let signature = payload.using_encoded(|bytes| who.sign(bytes));
		let account: AccountId = who.to_account_id();
		self.apply(UncheckedExtrinsic::new_signed(
			call,
			account.into(),
			MultiSignature::Sr25519(signature),
			extension,
		))
	}

	/// Puts a transaction that came from anywhere into the block, if the pool would take it.
	pub fn offer(&mut self, extrinsic: UncheckedExtrinsic) {
		let checked = with_transaction(|| {
			let copy = extrinsic.clone();
			let source = TransactionSource::External;
			let valid = Executive::validate_transaction(source, copy, H256::zero()).is_ok();
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(valid))
		});
		if checked == Ok(true) {
			// A block that is full refuses it nevertheless.
			let _ = self.apply(extrinsic);
		}
	}

	/// As whoever builds a block does, undoes all that a refused transaction did.
	fn apply(&mut self, extrinsic: UncheckedExtrinsic) -> ApplyExtrinsicResult {
		let apply = || match Executive::apply_extrinsic(extrinsic) {
			Ok(done) => TransactionOutcome::Commit(Ok(Ok(done))),
			Err(refused) => TransactionOutcome::Rollback(Ok::<_, DispatchError>(Err(refused))),
		};
		self.timed(|| with_transaction(apply))
			.expect("nothing stands around it")
	}

	fn timed<R>(&mut self, run: impl FnOnce() -> R) -> R {
		let started = Instant::now();
		let result = conserving(run);
		self.spent += started.elapsed();
		result
	}

	/// No block weighs more than a block may. How long it took depends on the machine and on what else
	/// runs there, so that is only told.
	fn check_weight(&self) {
		let weight = System::block_weight().total().saturating_sub(self.session);
		let most = RuntimeBlockWeights::get().max_block;
		assert!(weight.all_lte(most), "a block weighs {weight} of {most}");
		if self.spent < NOTICEABLE {
			return;
		}
		let counted = Duration::from_micros(weight.ref_time() / PER_MICROSECOND);
		let share = self.spent.as_micros() * 100 / counted.as_micros().max(1);
		let share = u64::try_from(share).unwrap_or(u64::MAX);
		if SLOWEST.fetch_max(share, Ordering::Relaxed) < share {
			let spent = self.spent;
			eprintln!("slowest block: {share} % of its weight, {spent:?} of {counted:?}");
		}
	}
}

/// Runs a step of the chain: none makes money, whatever those before it burned.
///
/// # Panics
/// When more money is there than before.
pub fn conserving<R>(run: impl FnOnce() -> R) -> R {
	let issued = Balances::total_issuance();
	let result = run();
	assert!(Balances::total_issuance() <= issued, "money was made");
	result
}

/// What every transaction is checked for, as a wallet fills it in.
pub fn extension(nonce: Nonce) -> TxExtension {
	let mut extension = <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
	extension.6 = frame_system::CheckNonce::from(nonce);
	extension
}

/// What the VRF of its author leaves of the last block; nothing if the seed is zero.
fn leave_randomness(seed: [u8; 32]) {
	let output = (seed != [0; 32]).then(|| BlakeTwo256::hash_of(&(seed, System::block_number())).0);
	pallet_babe::AuthorVrfRandomness::<Runtime>::put(output);
}
