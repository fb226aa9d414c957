//! What the calls of this pallet cost, and the steps that a block takes by itself.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Cost of each call and of each step. What the seam costs comes on top.
pub trait WeightInfo {
	/// Adding to a bond.
	fn bond() -> Weight;
	/// Taking some of a bond back.
	fn unbond() -> Weight;
	/// Choosing a window.
	fn set_window() -> Weight;
	/// Buying, with a deadline that finds room in the last queue only.
	fn buy() -> Weight;
	/// Delivering a key.
	fn deliver() -> Weight;
	/// Delivering `n` keys.
	fn deliver_batch(n: u32) -> Weight;
	/// A refund because no key came.
	fn expire() -> Weight;
	/// A complaint that is upheld.
	fn complain() -> Weight;
	/// Paying for a key.
	fn finalize() -> Weight;
	/// Asking once more, with a deadline that finds room in the last queue only.
	fn ask_again() -> Weight;
	/// Removing a delivery.
	fn remove_delivery() -> Weight;
	/// Moving a delivery that is not over to the last queue that has room.
	fn look_again() -> Weight;
	/// Coming to the end of a queue, or to a delivery in it.
	fn queue_visit() -> Weight;
}

/// The database accesses alone, and what curve arithmetic takes in wasm, for a chain that has not
/// measured its own weights. An account counts twice: its balance and its holds.
impl WeightInfo for () {
	fn bond() -> Weight {
		accesses(3, 3)
	}
	fn unbond() -> Weight {
		accesses(3, 3)
	}
	fn set_window() -> Weight {
		accesses(1, 1)
	}
	fn buy() -> Weight {
		with_queues(4, 4).saturating_add(time(POINT))
	}
	fn deliver() -> Weight {
		accesses(1, 1).saturating_add(time(POINT))
	}
	fn deliver_batch(n: u32) -> Weight {
		Self::deliver().saturating_mul(n.into())
	}
	fn expire() -> Weight {
		accesses(7, 7)
	}
	fn complain() -> Weight {
		accesses(8, 7).saturating_add(time(COMPLAINT))
	}
	fn finalize() -> Weight {
		accesses(7, 7)
	}
	fn ask_again() -> Weight {
		with_queues(6, 5).saturating_add(time(POINT))
	}
	fn remove_delivery() -> Weight {
		accesses(3, 3)
	}
	fn look_again() -> Weight {
		with_queues(2, 2)
	}
	fn queue_visit() -> Weight {
		accesses(2, 1)
	}
}

/// Decoding a point, in picoseconds.
const POINT: u64 = 60_000_000;
/// Three points, four multiplications and a fixed one, in picoseconds.
const COMPLAINT: u64 = 1_200_000_000;

fn time(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds, 0)
}

/// Accesses besides those of a deadline that finds room in the last queue only.
fn with_queues(reads: u64, writes: u64) -> Weight {
	let queues = u64::from(crate::DUE_SPREAD);
	accesses(queues.saturating_add(reads), queues.saturating_add(writes))
}

fn accesses(reads: u64, writes: u64) -> Weight {
	ParityDbWeight::get().reads_writes(reads, writes)
}
