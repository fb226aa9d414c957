//! Feedback that people are paid for.

use frame_support::{parameter_types, traits::ConstU32, weights::Weight, PalletId};
use sp_runtime::{traits::Convert, DispatchError};
use weighhouse_primitives::{
	feedback::KeylessOwnership,
	traits::{ListingRemoval, OwnershipChange},
	ListingId, VersionNumber,
};

use super::{
	market::{StoragePrice, Treasury},
	parameters::{MinItemPrice, MinStake, ProtocolFee},
};
use crate::{
	constants::time::{DAYS, MINUTES},
	AccountId, Balance, Balances, Inference, Listings, Reputation, Runtime, RuntimeOrigin,
};

/// 20 seconds, so that one person can try a campaign out.
const SHORTEST: u32 = MINUTES / 3;

parameter_types! {
	/// Names the pots of campaigns.
	pub const CampaignPots: PalletId = PalletId(*b"wgh/fdbk");
}

/// Lets the pot of a campaign take the listing of its dataset, and remove it.
pub struct Datasets;

impl KeylessOwnership<AccountId> for Datasets {
	fn acceptance_deposit(listing: ListingId) -> Option<Balance> {
		Listings::deposit_footprint(listing).map(StoragePrice::convert)
	}

	fn accept_ownership(to: &AccountId, listing: ListingId) -> Result<(), DispatchError> {
		Listings::accept_ownership(RuntimeOrigin::signed(to.clone()), listing)
	}

	fn accept_ownership_weight() -> Weight {
		use pallet_listings::WeightInfo;
		<Runtime as pallet_listings::Config>::WeightInfo::accept_ownership()
			.saturating_add(<Runtime as pallet_listings::Config>::OwnershipChange::weight())
	}

	fn remove_version(
		owner: &AccountId,
		listing: ListingId,
		version: VersionNumber,
	) -> Result<(), DispatchError> {
		Listings::remove_version(RuntimeOrigin::signed(owner.clone()), listing, version)
			.map(|_| ())
			.map_err(|refused| refused.error)
	}

	fn remove_version_weight() -> Weight {
		use pallet_listings::{WeightInfo, MAX_PARENTS};
		<Runtime as pallet_listings::Config>::WeightInfo::remove_version(MAX_PARENTS)
			.saturating_add(
				<Runtime as pallet_listings::Config>::ListingRemoval::after_removal_weight(),
			)
	}
}

impl pallet_feedback::Config for Runtime {
	type Answers = Inference;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Market;
	type Currency = Balances;
	type Datasets = Datasets;
	type DepositPrice = StoragePrice;
	type FeeParts = ProtocolFee;
	type FillWindow = ConstU32<DAYS>;
	type Listings = Listings;
	type MaxWindow = ConstU32<{ 30 * DAYS }>;
	type MinPrice = MinItemPrice;
	type MinStake = MinStake;
	type MinWindow = ConstU32<SHORTEST>;
	type OpenWindow = ConstU32<DAYS>;
	type PalletId = CampaignPots;
	type Reputation = Reputation;
	type Retention = ConstU32<{ 30 * DAYS }>;
	type RevealWindow = ConstU32<DAYS>;
	type Seeds = Inference;
	type Treasury = Treasury;
	type WeightInfo = crate::weights::pallet_feedback::WeightInfo<Runtime>;
}
