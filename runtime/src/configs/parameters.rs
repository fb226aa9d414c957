//! Figures that governance may change without an upgrade. The pallet stores whatever it is given,
//! so each figure is read through a getter that clamps it.

// What the macros of the parameters expand to.
#![allow(clippy::as_conversions)]

use frame_support::{
	dynamic_params::{dynamic_pallet_params, dynamic_params},
	traits::Get,
	weights::Weight,
};
use frame_system::EnsureRoot;
use weighhouse_primitives::PARTS;

use crate::{
	constants::currency::{MICRO_WGH, MILLI_WGH, WGH},
	AccountId, Balance, Runtime, RuntimeEvent,
};

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

		/// The chance that a single worker's answer is audited, in parts per 10^9: 10 %.
		#[codec(index = 1)]
		pub static AuditChance: u32 = 100_000_000;

		/// The smallest reward of a worker, in the smallest unit: a thousandth of a WGH.
		#[codec(index = 2)]
		pub static MinReward: Balance = MILLI_WGH;

		/// The smallest bond of a worker that is drawn, in the smallest unit: 10 WGH.
		#[codec(index = 3)]
		pub static MinBond: Balance = WGH.saturating_mul(10);

		/// Escrow above which an answer can be disputed for a day, in the smallest unit: 1,000 WGH.
		#[codec(index = 4)]
		pub static HighValue: Balance = WGH.saturating_mul(1_000);

		/// The fee that a score's prior weighs on each side, in the smallest unit: 1 WGH.
		#[codec(index = 5)]
		pub static ReputationUnit: Balance = WGH;

		/// The smallest price of an item of a campaign, in the smallest unit: a thousandth of a WGH.
		#[codec(index = 6)]
		pub static MinItemPrice: Balance = MILLI_WGH;

		/// The smallest stake of a rater, in the smallest unit: a tenth of a WGH.
		#[codec(index = 7)]
		pub static MinStake: Balance = MILLI_WGH.saturating_mul(100);

		/// The smallest bond of a seller of sealed models, in the smallest unit: 1 WGH.
		#[codec(index = 8)]
		pub static MinSellerBond: Balance = WGH;

		/// What another delivery of a key costs, in the smallest unit: a hundredth of a WGH.
		#[codec(index = 9)]
		pub static RepeatFee: Balance = MILLI_WGH.saturating_mul(10);
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

/// The chance that a single worker's answer is audited, in parts per 10^9: from 1 % on, since with
/// none a false answer would be safe.
pub struct AuditChance;

impl AuditChance {
	/// The least that governance can set: 1 %.
	pub const MIN: u32 = 10_000_000;
	/// The most that governance can set: always.
	pub const MAX: u32 = PARTS;
}

impl Get<u32> for AuditChance {
	fn get() -> u32 {
		<dynamic_params::market::AuditChance as Get<u32>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// The smallest reward of a worker, in the smallest unit. All slashes are multiples or parts of it.
pub struct MinReward;

impl MinReward {
	/// The least that governance can set: a millionth of a WGH.
	pub const MIN: Balance = MICRO_WGH;
	/// The most that governance can set: one WGH.
	pub const MAX: Balance = WGH;
}

impl Get<Balance> for MinReward {
	fn get() -> Balance {
		<dynamic_params::market::MinReward as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// The smallest bond of a worker that is drawn, in the smallest unit. It is what a seat in draws
/// costs, so it never falls to nothing.
pub struct MinBond;

impl MinBond {
	/// The least that governance can set: one WGH.
	pub const MIN: Balance = WGH;
	/// The most that governance can set: 10,000 WGH.
	pub const MAX: Balance = 10_000 * WGH;
}

impl Get<Balance> for MinBond {
	fn get() -> Balance {
		<dynamic_params::market::MinBond as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// Escrow above which an answer can be disputed for a day instead of ten minutes, in the smallest
/// unit.
pub struct HighValue;

impl HighValue {
	/// The least that governance can set: 10 WGH.
	pub const MIN: Balance = 10 * WGH;
	/// The most that governance can set: 1,000,000 WGH.
	pub const MAX: Balance = 1_000_000 * WGH;
}

impl Get<Balance> for HighValue {
	fn get() -> Balance {
		<dynamic_params::market::HighValue as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// The fee that a score's prior weighs on each side, in the smallest unit. The more, the more a good
/// name costs.
pub struct ReputationUnit;

impl ReputationUnit {
	/// The least that governance can set: a thousandth of a WGH.
	pub const MIN: Balance = MILLI_WGH;
	/// The most that governance can set: 1,000 WGH.
	pub const MAX: Balance = 1_000 * WGH;
}

impl Get<Balance> for ReputationUnit {
	fn get() -> Balance {
		<dynamic_params::market::ReputationUnit as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// The smallest price of an item of a campaign, in the smallest unit.
pub struct MinItemPrice;

impl MinItemPrice {
	/// The least that governance can set: a millionth of a WGH.
	pub const MIN: Balance = MICRO_WGH;
	/// The most that governance can set: one WGH.
	pub const MAX: Balance = WGH;
}

impl Get<Balance> for MinItemPrice {
	fn get() -> Balance {
		<dynamic_params::market::MinItemPrice as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// The smallest stake of a rater, in the smallest unit. It is what a place that is left empty costs.
pub struct MinStake;

impl MinStake {
	/// The least that governance can set: a thousandth of a WGH.
	pub const MIN: Balance = MILLI_WGH;
	/// The most that governance can set: 100 WGH.
	pub const MAX: Balance = 100 * WGH;
}

impl Get<Balance> for MinStake {
	fn get() -> Balance {
		<dynamic_params::market::MinStake as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// The smallest bond of a seller of sealed models, in the smallest unit.
pub struct MinSellerBond;

impl MinSellerBond {
	/// The least that governance can set: a tenth of a WGH.
	pub const MIN: Balance = 100 * MILLI_WGH;
	/// The most that governance can set: 1,000 WGH.
	pub const MAX: Balance = 1_000 * WGH;
}

impl Get<Balance> for MinSellerBond {
	fn get() -> Balance {
		<dynamic_params::market::MinSellerBond as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

/// What another delivery of a key costs its holder, in the smallest unit. Never nothing, since a seller
/// pays a fee for the transaction that delivers.
pub struct RepeatFee;

impl RepeatFee {
	/// The least that governance can set: a thousandth of a WGH.
	pub const MIN: Balance = MILLI_WGH;
	/// The most that governance can set: one WGH.
	pub const MAX: Balance = WGH;
}

impl Get<Balance> for RepeatFee {
	fn get() -> Balance {
		<dynamic_params::market::RepeatFee as Get<Balance>>::get().clamp(Self::MIN, Self::MAX)
	}
}

impl pallet_parameters::Config for Runtime {
	type AdminOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeParameters = RuntimeParameters;
	type WeightInfo = SetParameter;
}

/// What setting a figure costs. The weights that the pallet ships with this are private, and those of
/// `()` count another database.
pub struct SetParameter;

impl pallet_parameters::WeightInfo for SetParameter {
	fn set_parameter() -> Weight {
		let database = <Runtime as frame_system::Config>::DbWeight::get();
		Weight::from_parts(6_204_000, 14_787).saturating_add(database.reads_writes(1, 1))
	}
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
