//! What the calls of this pallet cost.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Cost of each call.
pub trait WeightInfo {
	/// Adding a validator.
	fn add() -> Weight;
	/// Removing a validator.
	fn remove() -> Weight;
}

/// The database accesses alone, for a chain that has not measured its own weights.
impl WeightInfo for () {
	fn add() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}
	fn remove() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}
}
