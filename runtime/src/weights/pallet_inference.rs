
//! Weights for `pallet_inference`, estimated from what similar calls of the other pallets take:
//! `make weights` writes measured ones here.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::Weight};
use core::marker::PhantomData;

/// Weight functions for `pallet_inference`.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_inference::WeightInfo for WeightInfo<T> {
	fn register_worker() -> Weight {
		Weight::from_parts(150_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn set_worker_key() -> Weight {
		Weight::from_parts(90_000_000, 0)
			.saturating_add(Weight::from_parts(0, 11600))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn bond_more() -> Weight {
		Weight::from_parts(70_000_000, 0)
			.saturating_add(Weight::from_parts(0, 11600))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn unbond() -> Weight {
		Weight::from_parts(25_000_000, 0)
			.saturating_add(Weight::from_parts(0, 8900))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn withdraw_unbonded() -> Weight {
		Weight::from_parts(65_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// The range of component `n` is `[1, 128]`.
	fn serve(n: u32, ) -> Weight {
		Weight::from_parts(550_000_000, 0)
			.saturating_add(Weight::from_parts(0, 424700))
			.saturating_add(Weight::from_parts(4_000_000, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(156))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(Weight::from_parts(0, 2700).saturating_mul(n.into()))
	}
	/// The range of component `n` is `[1, 128]`.
	fn stop_serving(n: u32, ) -> Weight {
		Weight::from_parts(75_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(Weight::from_parts(300_000, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn pause() -> Weight {
		Weight::from_parts(20_000_000, 0)
			.saturating_add(Weight::from_parts(0, 6200))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn resume() -> Weight {
		Weight::from_parts(20_000_000, 0)
			.saturating_add(Weight::from_parts(0, 6200))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn remove_worker() -> Weight {
		Weight::from_parts(65_000_000, 0)
			.saturating_add(Weight::from_parts(0, 17000))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn request() -> Weight {
		Weight::from_parts(400_000_000, 0)
			.saturating_add(Weight::from_parts(0, 95300))
			.saturating_add(T::DbWeight::get().reads(34))
			.saturating_add(T::DbWeight::get().writes(29))
	}
	fn commit() -> Weight {
		Weight::from_parts(110_000_000, 0)
			.saturating_add(Weight::from_parts(0, 62900))
			.saturating_add(T::DbWeight::get().reads(22))
			.saturating_add(T::DbWeight::get().writes(21))
	}
	fn authorize_commit() -> Weight {
		Weight::from_parts(80_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(T::DbWeight::get().reads(4))
	}
	fn reveal() -> Weight {
		Weight::from_parts(220_000_000, 0)
			.saturating_add(Weight::from_parts(0, 79100))
			.saturating_add(T::DbWeight::get().reads(28))
			.saturating_add(T::DbWeight::get().writes(28))
	}
	fn authorize_reveal() -> Weight {
		Weight::from_parts(95_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(T::DbWeight::get().reads(4))
	}
	fn heartbeat() -> Weight {
		Weight::from_parts(22_000_000, 0)
			.saturating_add(Weight::from_parts(0, 8900))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn authorize_heartbeat() -> Weight {
		Weight::from_parts(75_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(T::DbWeight::get().reads(4))
	}
	fn commit_signed() -> Weight {
		Weight::from_parts(120_000_000, 0)
			.saturating_add(Weight::from_parts(0, 68300))
			.saturating_add(T::DbWeight::get().reads(24))
			.saturating_add(T::DbWeight::get().writes(21))
	}
	fn reveal_signed() -> Weight {
		Weight::from_parts(230_000_000, 0)
			.saturating_add(Weight::from_parts(0, 79100))
			.saturating_add(T::DbWeight::get().reads(28))
			.saturating_add(T::DbWeight::get().writes(28))
	}
	fn heartbeat_signed() -> Weight {
		Weight::from_parts(20_000_000, 0)
			.saturating_add(Weight::from_parts(0, 6200))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn dispute() -> Weight {
		Weight::from_parts(120_000_000, 0)
			.saturating_add(Weight::from_parts(0, 60200))
			.saturating_add(T::DbWeight::get().reads(21))
			.saturating_add(T::DbWeight::get().writes(20))
	}
	fn prune_receipt() -> Weight {
		Weight::from_parts(65_000_000, 0)
			.saturating_add(Weight::from_parts(0, 11600))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	fn note_randomness() -> Weight {
		Weight::from_parts(12_000_000, 0)
			.saturating_add(Weight::from_parts(0, 14300))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// The range of component `n` is `[14, 128]`.
	fn draw(n: u32, ) -> Weight {
		Weight::from_parts(450_000_000, 0)
			.saturating_add(Weight::from_parts(0, 73700))
			.saturating_add(Weight::from_parts(12_000_000, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(26))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(38))
			.saturating_add(Weight::from_parts(0, 5400).saturating_mul(n.into()))
	}
	fn resolve() -> Weight {
		Weight::from_parts(230_000_000, 0)
			.saturating_add(Weight::from_parts(0, 79100))
			.saturating_add(T::DbWeight::get().reads(28))
			.saturating_add(T::DbWeight::get().writes(28))
	}
	fn close() -> Weight {
		Weight::from_parts(1_300_000_000, 0)
			.saturating_add(Weight::from_parts(0, 181700))
			.saturating_add(T::DbWeight::get().reads(66))
			.saturating_add(T::DbWeight::get().writes(74))
	}
	fn queue_visit() -> Weight {
		Weight::from_parts(25_000_000, 0)
			.saturating_add(Weight::from_parts(0, 11600))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
}
