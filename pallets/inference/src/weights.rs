//! What the calls of this pallet cost, and the steps that a block takes by itself.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Cost of each call and of each piece of a step. What the seams cost comes on top.
pub trait WeightInfo {
	/// Becoming a worker.
	fn register_worker() -> Weight;
	/// Changing the key.
	fn set_worker_key() -> Weight;
	/// Adding to a bond.
	fn bond_more() -> Weight;
	/// Starting to take bond back.
	fn unbond() -> Weight;
	/// Getting bond back.
	fn withdraw_unbonded() -> Weight;
	/// Serving a listing that as many as possible serve, one of whom makes room.
	fn serve() -> Weight;
	/// Leaving a listing that as many as possible serve.
	fn stop_serving() -> Weight;
	/// Not being drawn for a while.
	fn pause() -> Weight;
	/// Being drawn again.
	fn resume() -> Weight;
	/// Being no worker any more.
	fn remove_worker() -> Weight;
	/// Asking a model.
	fn request() -> Weight;
	/// A commit that was authorised and is the last of its panel.
	fn commit() -> Weight;
	/// Checking whether a commit is due and signed.
	fn authorize_commit() -> Weight;
	/// A reveal that was authorised and is the last of its panel, with what follows from it.
	fn reveal() -> Weight;
	/// Checking whether a reveal is due and signed.
	fn authorize_reveal() -> Weight;
	/// A sign of life that was authorised.
	fn heartbeat() -> Weight;
	/// Checking whether a sign of life is due and signed.
	fn authorize_heartbeat() -> Weight;
	/// A commit by an ordinary transaction.
	fn commit_signed() -> Weight;
	/// A reveal by an ordinary transaction.
	fn reveal_signed() -> Weight;
	/// A sign of life by an ordinary transaction.
	fn heartbeat_signed() -> Weight;
	/// Disputing an answer of a listing that as many as possible serve.
	fn dispute() -> Weight;
	/// Removing a receipt.
	fn prune_receipt() -> Weight;
	/// Keeping the randomness of the last block.
	fn note_randomness() -> Weight;
	/// A step that draws a panel among the `n` workers that serve a listing.
	fn draw(n: u32) -> Weight;
	/// A step that finds the answer of a panel.
	fn resolve() -> Weight;
	/// A step that ends a job whose answer stands; the price of the call is not in it.
	fn close() -> Weight;
	/// A step that ends a job whose answer was overturned.
	fn close_overturned() -> Weight;
	/// Looking at a job in a queue.
	fn queue_visit() -> Weight;
}

/// The database accesses alone, for a chain that has not measured its own weights. An account
/// counts twice: its balance and its holds. A signature costs as much as sr25519 takes.
impl WeightInfo for () {
	fn register_worker() -> Weight {
		accesses(5, 4).saturating_add(SIGNATURE)
	}
	fn set_worker_key() -> Weight {
		accesses(3, 3).saturating_add(SIGNATURE)
	}
	fn bond_more() -> Weight {
		accesses(3, 3)
	}
	fn unbond() -> Weight {
		accesses(2, 1)
	}
	fn withdraw_unbonded() -> Weight {
		accesses(3, 3)
	}
	fn serve() -> Weight {
		// The bond of all others.
		accesses(u64::from(crate::MAX_SERVING).saturating_add(26), 7)
	}
	fn stop_serving() -> Weight {
		accesses(4, 4)
	}
	fn pause() -> Weight {
		accesses(1, 1)
	}
	fn resume() -> Weight {
		accesses(1, 1)
	}
	fn remove_worker() -> Weight {
		accesses(4, 4)
	}
	fn request() -> Weight {
		with_queues(13, 11)
	}
	fn commit() -> Weight {
		with_queues(5, 5)
	}
	fn authorize_commit() -> Weight {
		accesses(5, 0).saturating_add(SIGNATURE)
	}
	fn reveal() -> Weight {
		with_queues(14, 11)
	}
	fn authorize_reveal() -> Weight {
		accesses(5, 0).saturating_add(SIGNATURE)
	}
	fn heartbeat() -> Weight {
		accesses(2, 1)
	}
	fn authorize_heartbeat() -> Weight {
		accesses(3, 0).saturating_add(SIGNATURE)
	}
	fn commit_signed() -> Weight {
		Self::commit().saturating_add(accesses(2, 0))
	}
	fn reveal_signed() -> Weight {
		Self::reveal().saturating_add(accesses(2, 0))
	}
	fn heartbeat_signed() -> Weight {
		accesses(1, 1)
	}
	fn dispute() -> Weight {
		// The record of each who serves, and whether it has room for a job.
		let candidates = u64::from(crate::MAX_SERVING).saturating_mul(2);
		with_queues(candidates.saturating_add(10), 5)
	}
	fn prune_receipt() -> Weight {
		accesses(4, 5)
	}
	fn note_randomness() -> Weight {
		accesses(5, 1)
	}
	fn draw(n: u32) -> Weight {
		with_queues(u64::from(n).saturating_mul(2).saturating_add(9), 24)
	}
	fn resolve() -> Weight {
		with_queues(14, 11)
	}
	fn close() -> Weight {
		// Fifteen seats of a worker record, its jobs and two items of its account, and an output.
		accesses(76, 86)
	}
	fn close_overturned() -> Weight {
		// As many seats; those who are slashed are not those who are paid, and the challenger is another
		// account than the requester.
		accesses(80, 90)
	}
	fn queue_visit() -> Weight {
		accesses(2, 1)
	}
}

/// What checking one sr25519 signature takes.
const SIGNATURE: Weight = Weight::from_parts(46_000_000, 0);

/// Accesses besides those of a deadline that finds room in the last queue only.
fn with_queues(reads: u64, writes: u64) -> Weight {
	let queues = u64::from(crate::DUE_SPREAD);
	accesses(queues.saturating_add(reads), queues.saturating_add(writes))
}

fn accesses(reads: u64, writes: u64) -> Weight {
	ParityDbWeight::get().reads_writes(reads, writes)
}
