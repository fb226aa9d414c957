//! Delivery of the keys of sealed models.

use frame_support::traits::ConstU32;

use super::{
	market::StoragePrice,
	parameters::{MinSellerBond, RepeatFee},
};
use crate::{
	constants::time::{DAYS, HOURS, MINUTES},
	Balances, Licensing, Runtime,
};

impl pallet_delivery::Config for Runtime {
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Market;
	type ComplaintWindow = ConstU32<DAYS>;
	type Currency = Balances;
	type DefaultWindow = ConstU32<HOURS>;
	type DepositPrice = StoragePrice;
	type MaxWindow = ConstU32<{ 7 * DAYS }>;
	type MinBond = MinSellerBond;
	type MinWindow = ConstU32<{ 10 * MINUTES }>;
	type RepeatFee = RepeatFee;
	type Sales = Licensing;
	type WeightInfo = crate::weights::pallet_delivery::WeightInfo<Runtime>;
}
