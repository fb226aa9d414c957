//! Stands in until the benchmarks have run.

use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T> pallet_reputation::WeightInfo for WeightInfo<T> {
	fn rate() -> Weight {
		<() as pallet_reputation::WeightInfo>::rate()
	}
	fn forget_rating() -> Weight {
		<() as pallet_reputation::WeightInfo>::forget_rating()
	}
	fn prune() -> Weight {
		<() as pallet_reputation::WeightInfo>::prune()
	}
	fn record_settlement() -> Weight {
		<() as pallet_reputation::WeightInfo>::record_settlement()
	}
	fn record_outcome() -> Weight {
		<() as pallet_reputation::WeightInfo>::record_outcome()
	}
	fn score() -> Weight {
		<() as pallet_reputation::WeightInfo>::score()
	}
	fn before_change() -> Weight {
		<() as pallet_reputation::WeightInfo>::before_change()
	}
}
