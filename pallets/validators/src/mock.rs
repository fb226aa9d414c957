//! A chain of five pallets on which every block begins a session, and short words for the tests.

use crate::{self as pallet_validators, Config, Event, Members};
use frame_support::{
	assert_ok, derive_impl,
	traits::{ConstU32, ConstU64, Hooks},
};
use frame_system::mocking::MockBlockU32;
use pallet_session::{
	disabling::UpToLimitDisablingStrategy,
	historical::{self as pallet_session_historical, NoteHistoricalRoot},
	PeriodicSessions, TestSessionHandler,
};
use sp_runtime::{
	testing::UintAuthorityId,
	traits::{Convert, ConvertInto, IdentityLookup},
	AccountId32, BuildStorage, DispatchResult, Perbill,
};
use sp_staking::{
	offence::{OffenceDetails, OnOffenceHandler},
	SessionIndex,
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
	pub type Session = pallet_session::Pallet<Test>;
	#[runtime::pallet_index(3)]
	pub type Historical = pallet_session_historical::Pallet<Test>;
	#[runtime::pallet_index(4)]
	pub type Validators = pallet_validators::Pallet<Test>;
}

/// The fewest on the list.
pub const LEAST: u32 = 3;
/// The most on the list.
pub const MOST: u32 = 7;
/// For how many sessions an offence can be proven.
pub const PROVABLE: SessionIndex = 4;
/// How grave an offence is.
pub const FRACTION: Perbill = Perbill::from_percent(50);

pub const ALICE: AccountId = AccountId::new([1; 32]);
pub const BOB: AccountId = AccountId::new([2; 32]);
pub const CAROL: AccountId = AccountId::new([3; 32]);
pub const DAVE: AccountId = AccountId::new([4; 32]);
pub const EVE: AccountId = AccountId::new([5; 32]);
pub const FRED: AccountId = AccountId::new([6; 32]);
pub const GRACE: AccountId = AccountId::new([7; 32]);
pub const HEIDI: AccountId = AccountId::new([8; 32]);

/// The validators of most tests.
pub const FOUR: [AccountId; 4] = [ALICE, BOB, CAROL, DAVE];
/// Everybody, one more than the most that are listed.
pub const ALL: [AccountId; 8] = [ALICE, BOB, CAROL, DAVE, EVE, FRED, GRACE, HEIDI];

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

type EachBlock = PeriodicSessions<ConstU32<1>, ConstU32<0>>;

impl pallet_session::Config for Test {
	type Currency = Balances;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type KeyDeposit = ConstU64<0>;
	// They take any proof of who owns them.
	type Keys = UintAuthorityId;
	type NextSessionRotation = EachBlock;
	type RuntimeEvent = RuntimeEvent;
	type SessionHandler = TestSessionHandler;
	type SessionManager = NoteHistoricalRoot<Self, Validators>;
	type ShouldEndSession = EachBlock;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type WeightInfo = ();
}

impl pallet_session_historical::Config for Test {
	type FullIdentification = ();
	type FullIdentificationOf = NothingMore;
	type RuntimeEvent = RuntimeEvent;
}

impl Config for Test {
	type MaxValidators = ConstU32<MOST>;
	type ProvableSessions = ConstU32<PROVABLE>;
	type WeightInfo = ();
}

/// A validator is known by its account alone.
pub struct NothingMore;

impl Convert<AccountId, Option<()>> for NothingMore {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// The genesis of a chain with the given validators, on which everybody may have keys.
pub fn genesis(validators: &[AccountId]) -> sp_io::TestExternalities {
	let keys = validators
		.iter()
		.map(|who| (who.clone(), who.clone(), UintAuthorityId(first_key(who))))
		.collect();
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: ALL.map(|who| (who, 1)).to_vec(),
			..Default::default()
		},
		session: pallet_session::GenesisConfig {
			keys,
			..Default::default()
		},
		validators: pallet_validators::GenesisConfig {
			least: LEAST,
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

/// Runs `test` in session 2 of a chain of four validators, the first session that has a root, and
/// checks every invariant afterwards.
pub fn run(test: impl FnOnce()) {
	run_on(&FOUR, || {
		until(2);
		test();
	});
}

/// Runs `test` in session 0 of a chain with the given validators and checks every invariant
/// afterwards.
pub fn run_on(validators: &[AccountId], test: impl FnOnce()) {
	genesis(validators).execute_with(|| {
		test();
		assert_ok!(Validators::check_invariants());
	});
}

pub fn next_session() {
	let block = System::block_number() + 1;
	System::set_block_number(block);
	Session::on_initialize(block);
}

/// Makes blocks until `session` runs.
pub fn until(session: SessionIndex) {
	while Session::current_index() < session {
		next_session();
	}
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn add(who: AccountId) -> DispatchResult {
	Validators::add(RuntimeOrigin::root(), who)
}

pub fn remove(who: AccountId) -> DispatchResult {
	Validators::remove(RuntimeOrigin::root(), who)
}

pub fn set_keys(who: AccountId, key: u64) -> DispatchResult {
	Session::set_keys(signed(who), UintAuthorityId(key), Vec::new())
}

pub fn purge_keys(who: AccountId) -> DispatchResult {
	Session::purge_keys(signed(who))
}

/// The key that an account begins with.
pub fn first_key(who: &AccountId) -> u64 {
	let bytes: &[u8; 32] = who.as_ref();
	bytes[0].into()
}

/// Sets keys for an account and adds it.
pub fn join(who: AccountId) {
	assert_ok!(set_keys(who.clone(), first_key(&who)));
	assert_ok!(add(who));
}

/// Reports all of `who` at once for having contradicted themselves.
pub fn offend(who: &[AccountId]) {
	let offenders: Vec<_> = who
		.iter()
		.map(|who| OffenceDetails {
			offender: (who.clone(), ()),
			reporters: Vec::new(),
		})
		.collect();
	let fractions = vec![FRACTION; who.len()];
	Validators::on_offence(&offenders, &fractions, Session::current_index());
}

pub fn members() -> Vec<AccountId> {
	Members::<Test>::get().into_inner()
}

/// Who makes blocks in this session.
pub fn set() -> Vec<AccountId> {
	Session::validators()
}

/// Who makes blocks in the next session.
pub fn queued() -> Vec<AccountId> {
	let queued = Session::queued_keys();
	queued.into_iter().map(|(who, _)| who).collect()
}

/// Who of the set is disabled.
pub fn disabled() -> Vec<AccountId> {
	let set = set();
	Session::disabled_validators()
		.into_iter()
		.map(|index| set[index as usize].clone())
		.collect()
}

/// The events of this pallet so far, oldest first.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet()
}
