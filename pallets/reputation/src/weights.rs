//! What the calls of this pallet cost.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Cost of each call and of each seam that other pallets use.
pub trait WeightInfo {
	/// Rating a receipt, whose look-up is inside.
	fn rate() -> Weight;
	/// Removing a rating.
	fn forget_rating() -> Weight;
	/// Removing a subject.
	fn prune() -> Weight;
	/// Counting a settled receipt for its listing and its seller.
	fn record_settlement() -> Weight;
	/// Counting an outcome of a worker or a rater.
	fn record_outcome() -> Weight;
	/// Asking for the score of a worker or a rater.
	fn score() -> Weight;
	/// Noting that a listing changes hands.
	fn before_change() -> Weight;
}

/// The database accesses alone, for a chain that has not measured its own weights. An account
/// counts twice: its balance and its holds; a receipt twice, since there may be two kinds.
impl WeightInfo for () {
	fn rate() -> Weight {
		accesses(7, 5)
	}
	fn forget_rating() -> Weight {
		accesses(3, 3)
	}
	fn prune() -> Weight {
		accesses(1, 1)
	}
	fn record_settlement() -> Weight {
		accesses(2, 2)
	}
	fn record_outcome() -> Weight {
		accesses(1, 1)
	}
	fn score() -> Weight {
		accesses(1, 0)
	}
	fn before_change() -> Weight {
		accesses(1, 1)
	}
}

fn accesses(reads: u64, writes: u64) -> Weight {
	ParityDbWeight::get().reads_writes(reads, writes)
}
