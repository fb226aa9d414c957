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
	/// Serving a listing that as many as possible serve, `n` of whom are idle.
	fn serve(n: u32) -> Weight;
	/// Leaving a listing that `n` workers serve.
	fn stop_serving(n: u32) -> Weight;
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
	/// Disputing an answer.
	fn dispute() -> Weight;
	/// Removing a receipt.
	fn prune_receipt() -> Weight;
	/// Keeping the randomness of the last block.
	fn note_randomness() -> Weight;
	/// A step that draws a panel among the `n` workers that serve a listing.
	fn draw(n: u32) -> Weight;
	/// A step that finds the answer of a panel.
	fn resolve() -> Weight;
	/// A step that ends a job; the price of the call is not in it.
	fn close() -> Weight;
	/// Passing over a job in a queue that moved on before.
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
	fn serve(n: u32) -> Weight {
		// Whether the others are idle, and the bond of those who are.
		let others = u64::from(crate::MAX_SERVING).saturating_add(n.into());
		accesses(others.saturating_add(26), 6)
	}
	fn stop_serving(n: u32) -> Weight {
		accesses(4, 4).saturating_add(Weight::from_parts(100_000, 0).saturating_mul(n.into()))
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
		with_queues(12, 11)
	}
	fn commit() -> Weight {
		with_queues(4, 4)
	}
	fn authorize_commit() -> Weight {
		accesses(5, 0).saturating_add(SIGNATURE)
	}
	fn reveal() -> Weight {
		with_queues(9, 10)
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
		with_queues(5, 4)
	}
	fn prune_receipt() -> Weight {
		accesses(4, 5)
	}
	fn note_randomness() -> Weight {
		accesses(4, 1)
	}
	fn draw(n: u32) -> Weight {
		with_queues(u64::from(n).saturating_mul(2).saturating_add(8), 23)
	}
	fn resolve() -> Weight {
		with_queues(9, 10)
	}
	fn close() -> Weight {
		// Fifteen seats of a worker record, its jobs and two items of its account, and an output.
		accesses(75, 85)
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
