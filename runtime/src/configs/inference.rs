//! Paid answers. Every window is a time, written here in blocks.

use frame_support::traits::{ConstU32, ConstU64, Get};

use super::{
	market::{StoragePrice, Treasury},
	parameters::{AuditChance, HighValue, MinBond, MinReward, ProtocolFee},
};
use crate::{
	constants::time::{DAYS, MINUTES, SLOT_MILLIS},
	Babe, Balances, Licensing, Listings, Reputation, Runtime, System,
};

/// 20 seconds.
const MIN_COMMIT: u32 = MINUTES / 3;
/// 30 seconds.
const REVEAL: u32 = MINUTES / 2;
/// 100 seconds.
const HEARTBEAT: u32 = 5 * MINUTES / 3;

/// The VRF output of the last block's author, where the last block is known to have carried one.
///
/// BABE writes the output of a block at its end, so at the start of the next one the value is the
/// last block's. But a block without a VRF leaves the value of an older block in place, which
/// everybody has known for long, and a draw from it could be foreseen. So nothing counts while plain
/// secondary slots are allowed. The last block before the first one of an epoch stood under the
/// rules of the epoch before, which are not kept: if it was plain, so was the one before it by the
/// same rules, and the pallet has noted none for that one.
pub struct LastBlockVrf;

impl Get<Option<[u8; 32]>> for LastBlockVrf {
	fn get() -> Option<[u8; 32]> {
		let rules = Babe::epoch_config()?;
		if rules.allowed_slots.is_secondary_plain_slots_allowed() {
			return None;
		}
		let now = System::block_number();
		let (_, epoch_start) = pallet_babe::EpochStart::<Runtime>::get();
		if now == epoch_start && !Self::was_noted(now.checked_sub(2)?) {
			return None;
		}
		Babe::author_vrf_randomness()
	}
}

impl LastBlockVrf {
	/// Whether the author of `block` was found to have left an output.
	fn was_noted(block: u32) -> bool {
		let slot = block.checked_rem(pallet_inference::RANDOMNESS_KEPT);
		slot.and_then(pallet_inference::Randomness::<Runtime>::get)
			.is_some_and(|noted| noted.block == block && noted.output.is_some())
	}
}

impl pallet_inference::Config for Runtime {
	type AuditParts = AuditChance;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Market;
	type BlockMillis = ConstU32<SLOT_MILLIS>;
	type ChallengeWindow = ConstU32<{ 10 * MINUTES }>;
	type Currency = Balances;
	type DepositPrice = StoragePrice;
	type FeeParts = ProtocolFee;
	type HeartbeatWindow = ConstU32<HEARTBEAT>;
	type HighValue = HighValue;
	type HighValueChallengeWindow = ConstU32<DAYS>;
	type LastBlockRandomness = LastBlockVrf;
	type Licences = Licensing;
	type Listings = Listings;
	type MaxCommitWindow = ConstU32<{ 20 * MINUTES }>;
	type MinBond = MinBond;
	type MinCommitWindow = ConstU32<MIN_COMMIT>;
	type MinReward = MinReward;
	type ReceiptLifetime = ConstU32<{ 30 * DAYS }>;
	type Reputation = Reputation;
	type RevealWindow = ConstU32<REVEAL>;
	type StepLifetime = ConstU32<16>;
	// Above all but tips of thousands of WGH; reports of equivocations stand at the top.
	type StepPriority = ConstU64<{ u64::MAX / 2 }>;
	type Treasury = Treasury;
	type UnbondingPeriod = ConstU32<{ 7 * DAYS }>;
	type WeightInfo = crate::weights::pallet_inference::WeightInfo<Runtime>;
}
