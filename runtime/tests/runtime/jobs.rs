//! Jobs on the whole runtime, from the request to their end, for tests of what follows from them.

use frame_support::assert_ok;
use pallet_inference::NextJob;
use pallet_licensing::NextReceipt;
use sp_core::{Pair, H256};
use sp_io::hashing::sha2_256;
use sp_keyring::Sr25519Keyring;
use weighhouse_primitives::{
	inference::{
		commitment, signed_bytes, Access, Answer, JobId, Mode, Reveal, Round, Status, KEY_DOMAIN,
	},
	ContentId, ReceiptId, Term,
};
use weighhouse_runtime::{
	constants::currency::{MILLI_WGH, WGH},
	Inference, Runtime, System,
};

use crate::chain::{
	bytes, next_block, offer, publish_served, reconcile, signed, ALICE, BOB, CHARLIE, DAVE,
};

pub const SELLER: Sr25519Keyring = ALICE;
pub const WORKERS: [Sr25519Keyring; 3] = [BOB, CHARLIE, DAVE];
pub const REQUESTER: Sr25519Keyring = Sr25519Keyring::Eve;

/// What everybody asks.
pub fn input() -> ContentId {
	ContentId::of_raw_block(b"input")
}

/// Listing 1, a call of which costs 10 WGH, and the workers who serve it.
pub fn served() {
	publish_served(SELLER, "model", vec![]);
	offer(SELLER, 1, Term::PerCall);
	for worker in WORKERS {
		let proof = signed_bytes(KEY_DOMAIN, System::block_hash(0), worker.to_account_id());
		assert_ok!(Inference::register_worker(
			signed(worker),
			worker.public().into(),
			worker.pair().sign(&proof).into(),
			100 * WGH
		));
		assert_ok!(Inference::serve(signed(worker), 1, MILLI_WGH));
	}
	next_block();
}

/// A job of listing 1 whose workers are not drawn yet.
pub fn requested() -> JobId {
	let job = NextJob::<Runtime>::get();
	assert_ok!(Inference::request(
		signed(REQUESTER),
		1,
		1,
		Mode::QuorumOfThree,
		Access::Offer(1),
		MILLI_WGH,
		bytes(&input().to_text()).into_inner().try_into().unwrap(),
		H256(input().digest),
	));
	job
}

/// All workers, who were drawn, commit to an output.
pub fn committed(job: JobId, output: &[u8]) -> Reveal {
	let request_hash = Inference::job(job).unwrap().request_hash;
	let reveal = Reveal {
		answer: Answer {
			status: Status::Ok,
			output_hash: H256(sha2_256(output)),
			fingerprint: [1; 32],
			statement: H256::zero(),
		},
		salt: H256([9; 32]),
		output: output.to_vec().try_into().unwrap(),
	};
	for worker in WORKERS {
		let key = worker.to_raw_public();
		let hash = commitment(request_hash, &key, Round::Main, &reveal.answer, reveal.salt);
		assert_ok!(Inference::commit_signed(signed(worker), job, hash));
	}
	reveal
}

/// All workers show what they committed to.
pub fn shown(job: JobId, reveal: &Reveal) {
	for worker in WORKERS {
		assert_ok!(Inference::reveal_signed(
			signed(worker),
			job,
			reveal.clone()
		));
	}
}

/// The receipt of an answer of listing 1 that all workers gave, after its job has ended.
pub fn answered(output: &[u8]) -> ReceiptId {
	let receipt = NextReceipt::<Runtime>::get();
	let job = requested();
	(0..3).for_each(|_| next_block());
	reconcile();
	let reveal = committed(job, output);
	shown(job, &reveal);
	reconcile();
	// Until nobody can dispute it any more, and all are paid.
	(0..20).for_each(|_| next_block());
	reconcile();
	assert_eq!(Inference::job(job), None);
	receipt
}
