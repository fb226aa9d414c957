//! A chain of three pallets and a small registry of listings, and short words for the tests.

use crate::{self as pallet_licensing, types::*, *};
use frame_support::{
	derive_impl, parameter_types, storage_alias,
	traits::{
		fungible::{Inspect, InspectHold},
		tokens::{Fortitude, Preservation},
		ConstU32, Footprint,
	},
	weights::{constants::RocksDbWeight, Weight},
	PalletId, Twox64Concat,
};
use frame_system::{limits::BlockWeights, mocking::MockBlockU32};
use sp_core::H256;
use sp_runtime::{
	traits::{Convert, IdentityLookup},
	AccountId32, BuildStorage,
};
use weighhouse_primitives::{
	market::{AnswerClass, Answers, Rights, Serving, Term, Transferability},
	royalty::Share,
	sealing::{Identity, Recipient},
	traits::{ListingRegistry, VersionTerms},
	ContentId, LicenceId, ListingId, OfferId, VersionNumber, PARTS,
};

pub type AccountId = AccountId32;

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
	pub type System = frame_system::Pallet<Test>;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances::Pallet<Test>;
	#[runtime::pallet_index(2)]
	pub type Licensing = pallet_licensing::Pallet<Test>;
}

pub const ED: u128 = 1_000;
pub const UNIT: u128 = 1_000_000_000_000;
pub const ENDOWMENT: u128 = 1_000 * UNIT;
pub const FEE: u32 = PARTS / 40;
pub const BYTE: u128 = 1_000_000;
pub const BASE: u128 = 50_000_000;
pub const LIFETIME: u32 = 100;
pub const MAX_LICENCES: u32 = 4;

pub const ALICE: AccountId = AccountId::new([1; 32]);
pub const BOB: AccountId = AccountId::new([2; 32]);
pub const CAROL: AccountId = AccountId::new([3; 32]);
pub const DAVE: AccountId = AccountId::new([4; 32]);
pub const TREASURY: AccountId = AccountId::new([5; 32]);
/// An account without balance.
pub const NOBODY: AccountId = AccountId::new([6; 32]);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
	type BlockWeights = Weights;
	type DbWeight = RocksDbWeight;
}

parameter_types! {
	pub const ExistentialDeposit: u128 = ED;
	pub const PotId: PalletId = PalletId(*b"wgh/roya");
	pub const Treasury: AccountId = TREASURY;
	// In storage, so that each test starts with the defaults.
	pub storage FeeParts: u32 = FEE;
	pub storage PerByte: u128 = BYTE;
	pub storage Base: u128 = BASE;
	pub storage RetainLimit: u32 = u32::MAX;
	pub storage MaxBlock: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	pub Weights: BlockWeights = BlockWeights::simple_max(MaxBlock::get());
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

/// Items and bytes each at their price.
pub struct StoragePrice;

impl Convert<Footprint, u128> for StoragePrice {
	fn convert(footprint: Footprint) -> u128 {
		u128::from(footprint.count) * Base::get() + u128::from(footprint.size) * PerByte::get()
	}
}

impl Config for Test {
	type Currency = Balances;
	type DepositPrice = StoragePrice;
	type Listings = Registry;
	type Reputation = ();
	type FeeParts = FeeParts;
	type Treasury = Treasury;
	type PalletId = PotId;
	type MaxLicencesPerListing = ConstU32<MAX_LICENCES>;
	type MaxVersionsPerOffer = ConstU32<8>;
	type ReceiptLifetime = ConstU32<LIFETIME>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Registry;
}

/// Listings kept in storage, so that what a refused call did to them is undone as well.
pub struct Registry;

/// Whether a version was yanked, and its royalty table; none if it was removed.
type MockVersion = Option<(bool, Vec<Share>)>;

#[storage_alias]
type Owners = StorageMap<Mock, Twox64Concat, ListingId, AccountId>;
#[storage_alias]
type Versions = StorageMap<
	Mock,
	Twox64Concat,
	ListingId,
	Vec<MockVersion>,
	frame_support::pallet_prelude::ValueQuery,
>;
/// Whom the files of all versions of a listing are encrypted to.
#[storage_alias]
type Sealed = StorageMap<Mock, Twox64Concat, ListingId, Recipient>;
#[storage_alias]
type Retained =
	StorageMap<Mock, Twox64Concat, ListingId, u32, frame_support::pallet_prelude::ValueQuery>;

impl Registry {
	/// Lists something of `owner` with one version for each table.
	pub fn list(listing: ListingId, owner: AccountId, tables: &[&[(ListingId, u32)]]) {
		Owners::insert(listing, owner);
		Sealed::remove(listing);
		Versions::insert(
			listing,
			tables
				.iter()
				.map(|table| {
					let share = |&(listing, parts)| Share { listing, parts };
					Some((false, table.iter().map(share).collect::<Vec<_>>()))
				})
				.collect::<Vec<_>>(),
		);
	}

	/// Seals all versions of a listing.
	pub fn seal(listing: ListingId, recipient: Recipient) {
		Sealed::insert(listing, recipient);
	}

	pub fn yank(listing: ListingId, version: VersionNumber) {
		Versions::mutate(listing, |versions| {
			versions[version as usize - 1].as_mut().unwrap().0 = true;
		});
	}

	pub fn remove_version(listing: ListingId, version: VersionNumber) {
		Versions::mutate(listing, |versions| versions[version as usize - 1] = None);
	}

	/// What the pallet of listings does when the last version of a listing is removed.
	pub fn delist(listing: ListingId) {
		use weighhouse_primitives::traits::ListingRemoval;
		Owners::remove(listing);
		Versions::remove(listing);
		Licensing::after_removal(listing);
	}

	/// What the pallet of listings does when somebody accepts a listing.
	pub fn hand_over(listing: ListingId, to: AccountId) -> sp_runtime::DispatchResult {
		use weighhouse_primitives::traits::OwnershipChange;
		let owner = Self::owner(listing).unwrap();
		<Licensing as OwnershipChange<_>>::before_change(listing, &owner)?;
		Owners::insert(listing, to);
		Ok(())
	}

	pub fn retained(listing: ListingId) -> u32 {
		Retained::get(listing)
	}

	fn version(listing: ListingId, version: VersionNumber) -> MockVersion {
		Versions::get(listing)
			.get((version as usize).checked_sub(1)?)
			.cloned()
			.flatten()
	}
}

impl ListingRegistry<AccountId> for Registry {
	fn owner(listing: ListingId) -> Option<AccountId> {
		Owners::get(listing)
	}

	fn latest_version(listing: ListingId) -> Option<VersionNumber> {
		Owners::contains_key(listing).then(|| Versions::get(listing).len() as u32)
	}

	fn version_terms(listing: ListingId, version: VersionNumber) -> Option<VersionTerms> {
		let (yanked, table) = Self::version(listing, version)?;
		let answers = Answers {
			class: AnswerClass::None,
			tau: 0,
			max_latency_ms: 0,
			input_limit: 0,
		};
		Some(VersionTerms {
			yanked,
			table,
			serving: Serving::Anyone,
			answers,
			manifest: ContentId::of_raw_block(b"manifest"),
			artifact_root: [0; 32],
			sealed: Sealed::get(listing),
		})
	}

	fn is_for_sale(listing: ListingId, version: VersionNumber) -> bool {
		Self::version(listing, version).is_some_and(|(yanked, _)| !yanked)
	}

	fn retain(listing: ListingId) -> Result<(), ()> {
		let count = Retained::get(listing);
		if !Owners::contains_key(listing) || count >= RetainLimit::get() {
			return Err(());
		}
		Retained::insert(listing, count + 1);
		Ok(())
	}

	fn release(listing: ListingId) {
		match Retained::get(listing)
			.checked_sub(1)
			.expect("released once for each retain")
		{
			0 => Retained::remove(listing),
			count => Retained::insert(listing, count),
		}
	}

	fn lookup_weight() -> Weight {
		Weight::zero()
	}

	fn retain_weight() -> Weight {
		Weight::zero()
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for Registry {
	fn listing(
		owner: &AccountId,
		versions: u32,
		payees: u32,
		sealed: Option<Recipient>,
	) -> ListingId {
		let table: Vec<_> = (1..=payees).map(|payee| (payee, PARTS / 100)).collect();
		(1..=payees).for_each(|payee| Self::list(payee, CAROL, &[&[]]));
		Self::list(
			100,
			owner.clone(),
			&vec![table.as_slice(); versions as usize],
		);
		if let Some(recipient) = sealed {
			Self::seal(100, recipient);
		}
		100
	}
}

/// The genesis of a chain on which `rich` accounts have [`ENDOWMENT`] each.
pub fn genesis(balances: Vec<(AccountId, u128)>) -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances,
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	genesis(
		[ALICE, BOB, CAROL, DAVE, TREASURY]
			.map(|who| (who, ENDOWMENT))
			.to_vec(),
	)
}

/// Runs `test` on a fresh chain and checks every invariant afterwards.
pub fn run(test: impl FnOnce()) {
	run_on(new_test_ext(), test);
}

/// Runs `test` on the given chain and checks every invariant afterwards.
pub fn run_on(mut ext: sp_io::TestExternalities, test: impl FnOnce()) {
	ext.execute_with(|| {
		test();
		check_everything();
	});
}

/// The invariants of the pallet, those that it shares with the registry, and the balance of the
/// whole chain.
pub fn check_everything() {
	Licensing::check_invariants().unwrap();
	let retained: Vec<_> = Retained::iter().collect();
	assert_eq!(Licensing::retained(), retained.into_iter().collect());
	let accounts = frame_system::Account::<Test>::iter_values();
	let total: u128 = accounts
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(Balances::total_issuance(), total);
}

pub fn free(who: &AccountId) -> u128 {
	Balances::balance(who)
}

pub fn held(who: &AccountId, reason: HoldReason) -> u128 {
	Balances::balance_on_hold(&reason.into(), who)
}

/// What the pot holds besides its existential deposit.
pub fn pot() -> u128 {
	Balances::reducible_balance(&Licensing::pot(), Preservation::Preserve, Fortitude::Force)
}

pub fn offer_deposit(payees: u32) -> u128 {
	deposit::<Test>(offer_footprint::<Test>(payees, false))
}

pub fn sealed_offer_deposit(payees: u32) -> u128 {
	deposit::<Test>(offer_footprint::<Test>(payees, true))
}

pub fn licence_deposit() -> u128 {
	deposit::<Test>(licence_footprint::<Test>())
}

pub fn receipt_deposit() -> u128 {
	deposit::<Test>(receipt_footprint::<Test>())
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn at(block: u32) {
	System::set_block_number(block);
}

/// What a seller says, with defaults for what a test does not care about.
#[derive(Clone)]
pub struct Terms {
	pub price: u128,
	pub term: Term,
	pub versions: (VersionNumber, VersionNumber),
	pub rights: Rights,
	pub transferability: Transferability,
	pub supply: Option<u32>,
}

pub const SIMPLE: Terms = Terms {
	price: UNIT,
	term: Term::Perpetual,
	versions: (1, 1),
	rights: Rights::Use,
	transferability: Transferability::Transferable,
	supply: None,
};

pub const TEXT: H256 = H256([7; 32]);

pub fn open(
	who: AccountId,
	listing: ListingId,
	terms: Terms,
) -> frame_support::pallet_prelude::DispatchResultWithPostInfo {
	Licensing::open_offer(
		signed(who),
		listing,
		terms.price,
		terms.term,
		terms.versions.0,
		terms.versions.1,
		terms.rights,
		terms.transferability,
		terms.supply,
		TEXT,
	)
}

/// Opens an offer that the test takes for granted and answers with its number.
pub fn opened(who: AccountId, listing: ListingId, terms: Terms) -> OfferId {
	let offer = NextOffer::<Test>::get(listing);
	open(who, listing, terms).unwrap();
	offer
}

/// Buys what the test takes for granted and answers with the number of the licence.
pub fn bought(who: AccountId, listing: ListingId, offer: OfferId) -> LicenceId {
	let licence = NextLicence::<Test>::get();
	Licensing::buy(signed(who), listing, offer).unwrap();
	licence
}

/// Whom sealed versions are encrypted to.
pub fn recipient() -> Recipient {
	Identity::from_bytes([6; 32]).recipient()
}

/// Alice's listing 1 with one version and no royalties.
pub fn plain_listing() -> ListingId {
	Registry::list(1, ALICE, &[&[]]);
	1
}

/// Bob's licence of Alice's listing 1, sold on the given terms.
pub fn bobs_licence(terms: Terms) -> LicenceId {
	let listing = plain_listing();
	let offer = opened(ALICE, listing, terms);
	bought(BOB, listing, offer)
}

/// The events of this pallet so far, oldest first.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet()
}

/// Sets how many calls a licence has left, as jobs that run under it do.
pub fn set_calls_left(licence: LicenceId, calls: u32) {
	Licences::<Test>::mutate(licence, |l| l.as_mut().unwrap().calls_left = Some(calls));
}
