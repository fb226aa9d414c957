//! The pallets of the market, wired to each other through the seams of the primitives.

use frame_support::{
	parameter_types,
	traits::{fungible::HoldConsideration, ConstU32, Footprint},
	PalletId,
};
use sp_runtime::traits::{AccountIdConversion, Convert};

use super::parameters::ProtocolFee;
use crate::{
	constants::{
		currency::{DEPOSIT_PER_BYTE, DEPOSIT_PER_ITEM},
		time::DAYS,
	},
	AccountId, Balance, Balances, Licensing, Listings, Reputation, Runtime, RuntimeHoldReason,
};

/// Prices what is stored: so much an item and so much a byte of all items together.
pub struct StoragePrice;

impl Convert<Footprint, Balance> for StoragePrice {
	fn convert(footprint: Footprint) -> Balance {
		let items = DEPOSIT_PER_ITEM.saturating_mul(footprint.count.into());
		items.saturating_add(DEPOSIT_PER_BYTE.saturating_mul(footprint.size.into()))
	}
}

/// Holds a deposit for what is stored.
type Deposit<Reason> = HoldConsideration<AccountId, Balances, Reason, StoragePrice>;

/// The pot that half of the protocol fee goes to.
pub const TREASURY_PALLET_ID: PalletId = PalletId(*b"wgh/trsy");

parameter_types! {
	pub const ListingHold: RuntimeHoldReason =
		RuntimeHoldReason::Listings(pallet_listings::HoldReason::Listing);
	pub const RootClaimHold: RuntimeHoldReason =
		RuntimeHoldReason::Listings(pallet_listings::HoldReason::RootClaim);
	pub const RoyaltyPot: PalletId = PalletId(*b"wgh/roya");
	/// The account that half of the protocol fee goes to.
	pub Treasury: AccountId = TREASURY_PALLET_ID.into_account_truncating();
}

impl pallet_listings::Config for Runtime {
	type ClaimDeposit = Deposit<RootClaimHold>;
	type Licences = Licensing;
	type ListingDeposit = Deposit<ListingHold>;
	type ListingRemoval = Licensing;
	type MaxVersions = ConstU32<1024>;
	type OwnershipChange = (Licensing, Reputation);
	type WeightInfo = crate::weights::pallet_listings::WeightInfo<Runtime>;
}

impl pallet_licensing::Config for Runtime {
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Market;
	type Currency = Balances;
	type DepositPrice = StoragePrice;
	type FeeParts = ProtocolFee;
	type Listings = Listings;
	type MaxLicencesPerListing = ConstU32<16>;
	type MaxVersionsPerOffer = ConstU32<8>;
	type PalletId = RoyaltyPot;
	type ReceiptLifetime = ConstU32<{ 30 * DAYS }>;
	type Reputation = Reputation;
	type Treasury = Treasury;
	type WeightInfo = crate::weights::pallet_licensing::WeightInfo<Runtime>;
}
