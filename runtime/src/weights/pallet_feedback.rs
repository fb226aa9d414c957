//! Stands in until the benchmarks have run.

use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T> pallet_feedback::WeightInfo for WeightInfo<T> {
	fn create_campaign() -> Weight {
		<() as pallet_feedback::WeightInfo>::create_campaign()
	}
	fn add_items(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::add_items(n)
	}
	fn cancel_campaign() -> Weight {
		<() as pallet_feedback::WeightInfo>::cancel_campaign()
	}
	fn join() -> Weight {
		<() as pallet_feedback::WeightInfo>::join()
	}
	fn commit() -> Weight {
		<() as pallet_feedback::WeightInfo>::commit()
	}
	fn reveal() -> Weight {
		<() as pallet_feedback::WeightInfo>::reveal()
	}
	fn open_gold(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::open_gold(n)
	}
	fn weigh(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::weigh(n)
	}
	fn pay(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::pay(n)
	}
	fn refund(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::refund(n)
	}
	fn draw(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::draw(n)
	}
	fn close_phase() -> Weight {
		<() as pallet_feedback::WeightInfo>::close_phase()
	}
	fn queue_visit() -> Weight {
		<() as pallet_feedback::WeightInfo>::queue_visit()
	}
	fn remove_campaign(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::remove_campaign(n)
	}
	fn accept_dataset(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::accept_dataset(n)
	}
	fn distribute(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::distribute(n)
	}
	fn retire_dataset(n: u32) -> Weight {
		<() as pallet_feedback::WeightInfo>::retire_dataset(n)
	}
}
