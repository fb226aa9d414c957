//! What the calls cost with a list that is full.

use crate::{Call, Config, Members, Pallet};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{traits::Get, BoundedVec};
use frame_system::RawOrigin;
use pallet_session::NextKeys;
use sp_runtime::traits::TrailingZeroInput;

const SEED: u32 = 0;

/// Lists `count` accounts.
fn list<T: Config>(count: u32) {
	let members = (0..count)
		.map(|index| account("member", index, SEED))
		.collect();
	Members::<T>::put(BoundedVec::<_, T::MaxValidators>::truncate_from(members));
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn add() -> Result<(), BenchmarkError> {
		list::<T>(T::MaxValidators::get().saturating_sub(1));
		let who: T::AccountId = account("new", 0, SEED);
		let keys = <T as pallet_session::Config>::Keys::decode(&mut TrailingZeroInput::zeroes())
			.map_err(|_| "keys of zeros decode")?;
		NextKeys::<T>::insert(&who, keys);

		#[extrinsic_call]
		_(RawOrigin::Root, who.clone());

		assert!(Members::<T>::get().contains(&who));
		Ok(())
	}

	#[benchmark]
	fn remove() {
		list::<T>(T::MaxValidators::get());
		let who: T::AccountId = account("member", T::MaxValidators::get().saturating_sub(1), SEED);

		#[extrinsic_call]
		_(RawOrigin::Root, who.clone());

		assert!(!Members::<T>::get().contains(&who));
	}
}
