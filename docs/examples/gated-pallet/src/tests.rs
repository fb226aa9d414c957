use frame_support::{
	assert_noop, assert_ok, derive_impl, parameter_types,
	traits::{fungible::HoldConsideration, ConstU128, ConstU32, ConstU64, Footprint},
	PalletId,
};
use sp_core::H256;
use sp_runtime::{
	traits::{Convert, IdentityLookup},
	AccountId32, BuildStorage,
};
use weighhouse_primitives::{
	Answers, ContentId, DerivativePolicy, Kind, Rights, Serving, Term, Transferability,
};

use crate::{Error, Event};

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Listings = pallet_listings;
	#[runtime::pallet_index(3)]
	pub type Licensing = pallet_licensing;
	#[runtime::pallet_index(4)]
	pub type Gated = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type AccountData = pallet_balances::AccountData<u128>;
	type AccountId = AccountId32;
	type Block = frame_system::mocking::MockBlock<Test>;
	type Lookup = IdentityLookup<AccountId32>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
}

/// One unit an item and one a byte.
pub struct StoragePrice;
impl Convert<Footprint, u128> for StoragePrice {
	fn convert(footprint: Footprint) -> u128 {
		u128::from(footprint.count) + u128::from(footprint.size)
	}
}

parameter_types! {
	pub const ListingHold: RuntimeHoldReason =
		RuntimeHoldReason::Listings(pallet_listings::HoldReason::Listing);
	pub const ClaimHold: RuntimeHoldReason =
		RuntimeHoldReason::Listings(pallet_listings::HoldReason::RootClaim);
	pub const Pot: PalletId = PalletId(*b"wgh/roya");
	pub const Treasury: AccountId32 = AccountId32::new([9; 32]);
}

impl pallet_listings::Config for Test {
	type ClaimDeposit = HoldConsideration<AccountId32, Balances, ClaimHold, StoragePrice>;
	type Licences = Licensing;
	type ListingDeposit = HoldConsideration<AccountId32, Balances, ListingHold, StoragePrice>;
	type ListingRemoval = Licensing;
	type MaxVersions = ConstU32<8>;
	type OwnershipChange = Licensing;
	type WeightInfo = ();
}

impl pallet_licensing::Config for Test {
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
	type Currency = Balances;
	type DepositPrice = StoragePrice;
	type FeeParts = ConstU32<25_000_000>;
	type Listings = Listings;
	type MaxLicencesPerListing = ConstU32<16>;
	type MaxVersionsPerOffer = ConstU32<8>;
	type PalletId = Pot;
	type ReceiptLifetime = ConstU64<100>;
	type Reputation = ();
	type Treasury = Treasury;
	type WeightInfo = ();
}

// The whole of the wiring.
impl crate::Config for Test {
	type Licences = Licensing;
}

const SELLER: AccountId32 = AccountId32::new([1; 32]);
const BUYER: AccountId32 = AccountId32::new([2; 32]);
const STRANGER: AccountId32 = AccountId32::new([3; 32]);

/// Runs `test` on a chain where SELLER sells listing 1 to BUYER for five blocks.
fn with_a_licence(test: impl FnOnce()) {
	let balances = [SELLER, BUYER, STRANGER]
		.map(|who| (who, 1_000_000))
		.to_vec();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances,
			..Default::default()
		},
		..Default::default()
	};
	sp_io::TestExternalities::new(genesis.build_storage().unwrap()).execute_with(|| {
		System::set_block_number(1);
		let text = |text: &str| text.as_bytes().to_vec().try_into().unwrap();
		assert_ok!(Listings::register(
			RuntimeOrigin::signed(SELLER),
			Kind::Model,
			text("digits"),
			text("image-classification"),
			text(&ContentId::of_raw_block(b"manifest").to_text()),
			H256::repeat_byte(1),
			text("MIT"),
			DerivativePolicy::Forbidden,
			Serving::Anyone,
			Answers::NONE,
			Default::default(),
			None,
			None,
		));
		assert_ok!(Licensing::open_offer(
			RuntimeOrigin::signed(SELLER),
			1,
			1_000,
			Term::Blocks(5),
			1,
			1,
			Rights::Use,
			Transferability::Bound,
			None,
			H256::repeat_byte(2),
		));
		assert_ok!(Licensing::buy(RuntimeOrigin::signed(BUYER), 1, 1));
		test();
	});
}

#[test]
fn enter_lets_in_who_holds_a_licence() {
	with_a_licence(|| {
		assert_ok!(Gated::enter(RuntimeOrigin::signed(BUYER), 1, 1));
		System::assert_last_event(
			Event::Entered {
				who: BUYER,
				listing: 1,
			}
			.into(),
		);
	});
}

#[test]
fn enter_is_refused_when_the_caller_holds_no_licence() {
	with_a_licence(|| {
		let refused = Error::<Test>::LicenceRequired;
		assert_noop!(Gated::enter(RuntimeOrigin::signed(STRANGER), 1, 1), refused);
	});
}

#[test]
fn enter_is_refused_when_the_licence_is_for_something_else() {
	with_a_licence(|| {
		for (listing, version) in [(1, 2), (2, 1)] {
			assert_noop!(
				Gated::enter(RuntimeOrigin::signed(BUYER), listing, version),
				Error::<Test>::LicenceRequired
			);
		}
	});
}

#[test]
fn enter_is_refused_when_the_licence_has_expired() {
	with_a_licence(|| {
		System::set_block_number(5);
		assert_ok!(Gated::enter(RuntimeOrigin::signed(BUYER), 1, 1));
		System::set_block_number(6);
		let refused = Error::<Test>::LicenceRequired;
		assert_noop!(Gated::enter(RuntimeOrigin::signed(BUYER), 1, 1), refused);
	});
}
