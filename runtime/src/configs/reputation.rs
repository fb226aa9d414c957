//! What is remembered of those who sell, work and rate.

use frame_support::traits::ConstU32;

use super::{market::StoragePrice, parameters::ReputationUnit};
use crate::{constants::time::DAYS, Balances, Inference, Licensing, Runtime};

impl pallet_reputation::Config for Runtime {
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Market;
	type Currency = Balances;
	type DepositPrice = StoragePrice;
	type HalfLife = ConstU32<{ 30 * DAYS }>;
	type RatingWindow = ConstU32<{ 7 * DAYS }>;
	type Receipts = (Inference, Licensing);
	type Unit = ReputationUnit;
	type WeightInfo = crate::weights::pallet_reputation::WeightInfo<Runtime>;
}
