//! Figures that governance may change without an upgrade. The pallet stores whatever it is given,
//! so each figure is read through a getter that clamps it.

// What the macros of the parameters expand to.
#![allow(clippy::as_conversions)]

use frame_support::{
	dynamic_params::{dynamic_pallet_params, dynamic_params},
	traits::Get,
};
use frame_system::EnsureRoot;

use crate::{AccountId, Runtime, RuntimeEvent};

/// The figures as they are stored.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
#[allow(missing_docs)]
pub mod dynamic_params {
	use super::*;

	/// The market's figures.
	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod market {
		/// The protocol's part of every price in parts per 10^9: 2.5 %.
		#[codec(index = 0)]
		pub static ProtocolFee: u32 = 25_000_000;
	}
}

/// The protocol's part of every price in parts per 10^9, never above 10 %.
pub struct ProtocolFee;

impl ProtocolFee {
	/// The most that governance can set: 10 %.
	pub const MAX: u32 = 100_000_000;
}

impl Get<u32> for ProtocolFee {
	fn get() -> u32 {
		<dynamic_params::market::ProtocolFee as Get<u32>>::get().min(Self::MAX)
	}
}

impl pallet_parameters::Config for Runtime {
	type AdminOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeParameters = RuntimeParameters;
	type WeightInfo = ();
}

#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
	fn default() -> Self {
		RuntimeParameters::Market(dynamic_params::market::Parameters::ProtocolFee(
			dynamic_params::market::ProtocolFee,
			Some(1),
		))
	}
}
