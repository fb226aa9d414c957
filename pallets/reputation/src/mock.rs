//! A chain of three pallets and a small book of receipts, and short words for the tests.

use crate::{self as pallet_reputation, types::*, *};
use frame_support::{
	derive_impl, parameter_types, storage_alias,
	traits::{
		fungible::{Inspect, InspectHold},
		LinearStoragePrice,
	},
	weights::Weight,
	Twox64Concat,
};
use frame_system::mocking::MockBlockU32;
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage};
use weighhouse_primitives::{
	reputation::Mass,
	traits::{ReceiptFacts, RecordReputation, SettledReceipts},
	ListingId, ReceiptId,
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
	pub type Reputation = pallet_reputation::Pallet<Test>;
}

pub const ED: u128 = 1_000;
pub const UNIT: u128 = 1_000_000_000_000;
pub const ENDOWMENT: u128 = 1_000 * UNIT;
pub const BYTE: u128 = 1_000_000;
pub const BASE: u128 = 50_000_000;
pub const HALF_LIFE: u32 = 1_000;
pub const RATING_WINDOW: u32 = 100;
/// The score of whoever is unknown.
pub const PRIOR: u32 = 25_129_403;

pub const ALICE: AccountId = AccountId::new([1; 32]);
pub const BOB: AccountId = AccountId::new([2; 32]);
pub const CAROL: AccountId = AccountId::new([3; 32]);
pub const DAVE: AccountId = AccountId::new([4; 32]);
/// An account without balance.
pub const NOBODY: AccountId = AccountId::new([6; 32]);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
}

parameter_types! {
	pub const ExistentialDeposit: u128 = ED;
	// In storage, so that each test starts with the defaults.
	pub storage PerByte: u128 = BYTE;
	pub storage Base: u128 = BASE;
	pub storage HalfLife: u32 = HALF_LIFE;
	pub storage RatingWindow: u32 = RATING_WINDOW;
	pub storage PriorUnit: u128 = UNIT;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

impl Config for Test {
	type Currency = Balances;
	type DepositPrice = LinearStoragePrice<Base, PerByte, u128>;
	type Receipts = Book;
	type HalfLife = HalfLife;
	type RatingWindow = RatingWindow;
	type Unit = PriorUnit;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Book;
}

/// Receipts kept in storage, as a market or a pallet of jobs keeps them.
pub struct Book;

/// Listing, seller, buyer, fee and block.
type Entry = (ListingId, AccountId, AccountId, u128, u32);

#[storage_alias]
type Entries = StorageMap<Mock, Twox64Concat, ReceiptId, Entry>;
#[storage_alias]
type Numbers = StorageValue<Mock, ReceiptId, frame_support::pallet_prelude::ValueQuery>;

impl Book {
	/// Settles a receipt of `buyer` and tells of it.
	pub fn settle(listing: ListingId, seller: AccountId, buyer: AccountId, fee: u128) -> ReceiptId {
		<Reputation as RecordReputation<_>>::record_settlement(listing, &seller, fee);
		Self::write(listing, seller, buyer, fee)
	}

	/// Settles a receipt without telling of it.
	pub fn write(listing: ListingId, seller: AccountId, buyer: AccountId, fee: u128) -> ReceiptId {
		let receipt = Numbers::mutate(|last| {
			*last += 1;
			*last
		});
		Entries::insert(
			receipt,
			(listing, seller, buyer, fee, System::block_number()),
		);
		receipt
	}

	pub fn prune(receipt: ReceiptId) {
		Entries::remove(receipt);
	}
}

impl SettledReceipts<AccountId, u32> for Book {
	fn settled_receipt(receipt: ReceiptId) -> Option<ReceiptFacts<AccountId, u32>> {
		let (listing, seller, buyer, fee, settled) = Entries::get(receipt)?;
		Some(ReceiptFacts {
			listing,
			seller,
			buyer,
			fee,
			settled,
		})
	}

	fn settled_receipt_weight() -> Weight {
		Weight::zero()
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for Book {
	fn settled_receipt(buyer: &AccountId, seller: &AccountId) -> ReceiptId {
		Self::settle(1, seller.clone(), buyer.clone(), UNIT)
	}
}

/// The genesis of a chain on which accounts have the given balances.
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
		[ALICE, BOB, CAROL, DAVE]
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

/// The invariants of the pallet, and the balance of the whole chain.
pub fn check_everything() {
	Reputation::check_invariants().unwrap();
	let accounts = frame_system::Account::<Test>::iter_values();
	let total: u128 = accounts
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(Balances::total_issuance(), total);
}

pub fn free(who: &AccountId) -> u128 {
	Balances::balance(who)
}

pub fn held(who: &AccountId) -> u128 {
	Balances::balance_on_hold(&HoldReason::Rating.into(), who)
}

pub fn deposit() -> u128 {
	Reputation::rating_deposit()
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn at(block: u32) {
	System::set_block_number(block);
}

/// Both masses of a subject now, in the smallest unit; zero if nothing is remembered.
pub fn masses(subject: SubjectOf<Test>) -> (u128, u128) {
	let view = view(subject);
	(view.success, view.failure)
}

/// Successes and failures that were counted.
pub fn counts(subject: SubjectOf<Test>) -> (u32, u32) {
	let view = view(subject);
	(view.successes, view.failures)
}

pub fn score(subject: SubjectOf<Test>) -> u32 {
	view(subject).score
}

/// What a subject is shown as, by the view function of its kind.
pub fn view(subject: SubjectOf<Test>) -> ReputationView<u32> {
	match subject {
		Subject::Listing(listing) => Reputation::listing_reputation(listing),
		Subject::Seller(account) => Reputation::seller_reputation(account),
		Subject::Worker(account) => Reputation::worker_reputation(account),
		Subject::Rater(account) => Reputation::rater_reputation(account),
	}
}

/// The score that masses in the smallest unit give.
pub fn score_of(success: u128, failure: u128) -> u32 {
	weighhouse_primitives::reputation::lower_bound(success, failure, UNIT)
}

pub const LISTING: SubjectOf<Test> = Subject::Listing(1);
pub const SELLER: SubjectOf<Test> = Subject::Seller(ALICE);

/// Bob's receipt of Alice's listing 1 with the given fee.
pub fn bobs_receipt(fee: u128) -> ReceiptId {
	Book::settle(1, ALICE, BOB, fee)
}

/// The record of a subject that the test takes for granted.
pub fn record_of(subject: SubjectOf<Test>) -> Record<u32> {
	Subjects::<Test>::get(subject).unwrap()
}

/// The masses of a subject as they are stored.
pub fn stored(subject: SubjectOf<Test>) -> Mass {
	record_of(subject).mass
}

/// The events of this pallet so far, oldest first.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet()
}
