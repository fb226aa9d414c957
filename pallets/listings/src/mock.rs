//! A chain with this pallet, and helpers that say what a test means.

use core::cell::RefCell;

use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::HoldConsideration,
		fungible::{Inspect, InspectHold},
		ConstU128, ConstU32, Footprint,
	},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::{
	traits::{Convert, IdentityLookup},
	AccountId32, BuildStorage, DispatchError, DispatchResult,
};
use weighhouse_primitives::{
	AnswerClass, Answers, ContentId, DerivativePolicy, Kind, LicenceCheck, ListingId,
	ListingRegistry, ListingRemoval, OwnershipChange, Parent, Relation, Right, Serving,
	VersionNumber,
};

use crate::{self as pallet_listings, *};

pub type AccountId = AccountId32;
pub type Block = frame_system::mocking::MockBlockU32<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Test>;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances::Pallet<Test>;
	#[runtime::pallet_index(2)]
	pub type Listings = pallet_listings::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
}

parameter_types! {
	pub const ListingHold: RuntimeHoldReason = RuntimeHoldReason::Listings(HoldReason::Listing);
	pub const ClaimHold: RuntimeHoldReason = RuntimeHoldReason::Listings(HoldReason::RootClaim);
}

pub const EXISTENTIAL_DEPOSIT: u128 = 10;
pub const PER_ITEM: u128 = 1_000;
pub const PER_BYTE: u128 = 7;
/// What everybody but the poor starts with.
pub const ENDOWMENT: u128 = 1_000_000_000;

/// Items and bytes each at their price.
pub struct DepositPrice;

impl Convert<Footprint, u128> for DepositPrice {
	fn convert(footprint: Footprint) -> u128 {
		u128::from(footprint.count) * PER_ITEM + u128::from(footprint.size) * PER_BYTE
	}
}

thread_local! {
	static LICENCES: RefCell<Vec<(AccountId, ListingId, VersionNumber, Right)>> =
		const { RefCell::new(Vec::new()) };
	static SETTLED: RefCell<Vec<(ListingId, AccountId)>> = const { RefCell::new(Vec::new()) };
	static REMOVED: RefCell<Vec<ListingId>> = const { RefCell::new(Vec::new()) };
	static SETTLEMENT: RefCell<Settlement> = const { RefCell::new(Settlement::Nothing) };
}

/// What the market does when it is told of a change of owner.
#[derive(Clone, Copy)]
pub enum Settlement {
	Nothing,
	Fails,
	/// Pays what accrued, and with that no longer needs the listing.
	Releases,
}

pub fn grant_licence(who: &AccountId, listing: ListingId, version: VersionNumber, right: Right) {
	LICENCES.with_borrow_mut(|held| held.push((who.clone(), listing, version, right)));
}

pub fn set_settlement(settlement: Settlement) {
	SETTLEMENT.set(settlement);
}

/// Whom the market was told of, oldest first.
pub fn settled() -> Vec<(ListingId, AccountId)> {
	SETTLED.with_borrow(Clone::clone)
}

/// Of which removed listings the market was told, oldest first.
pub fn removed() -> Vec<ListingId> {
	REMOVED.with_borrow(Clone::clone)
}

pub struct MockLicences;

impl LicenceCheck<AccountId> for MockLicences {
	fn has_licence(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> bool {
		LICENCES.with_borrow(|held| held.contains(&(who.clone(), listing, version, right)))
	}

	fn has_licence_weight() -> Weight {
		Weight::from_parts(1_000, 0)
	}
}

pub struct MockMarket;

impl OwnershipChange<AccountId> for MockMarket {
	fn before_change(listing: ListingId, old_owner: &AccountId) -> Result<(), DispatchError> {
		SETTLED.with_borrow_mut(|settled| settled.push((listing, old_owner.clone())));
		match SETTLEMENT.with_borrow(|settlement| *settlement) {
			Settlement::Nothing => Ok(()),
			Settlement::Fails => Err(DispatchError::Other("the market cannot settle")),
			Settlement::Releases => {
				<Listings as ListingRegistry<AccountId>>::release(listing);
				Ok(())
			}
		}
	}

	fn weight() -> Weight {
		Weight::from_parts(2_000, 0)
	}
}

impl ListingRemoval for MockMarket {
	fn after_removal(listing: ListingId) {
		assert!(
			Listings::listing(listing).is_none(),
			"the listing is gone by then"
		);
		REMOVED.with_borrow_mut(|removed| removed.push(listing));
	}

	fn after_removal_weight() -> Weight {
		Weight::from_parts(3_000, 0)
	}
}

impl Config for Test {
	type ListingDeposit = HoldConsideration<AccountId, Balances, ListingHold, DepositPrice>;
	type ClaimDeposit = HoldConsideration<AccountId, Balances, ClaimHold, DepositPrice>;
	type Licences = MockLicences;
	type OwnershipChange = MockMarket;
	type ListingRemoval = MockMarket;
	type MaxVersions = ConstU32<4>;
	type WeightInfo = ();
}

pub const ALICE: AccountId = AccountId32::new([1; 32]);
pub const BOB: AccountId = AccountId32::new([2; 32]);
pub const CAROL: AccountId = AccountId32::new([3; 32]);
/// Has less than any listing costs.
pub const POOR: AccountId = AccountId32::new([4; 32]);
pub const POOR_ENDOWMENT: u128 = 2_000;

/// A chain at block 1 with endowed accounts.
pub struct ExtBuilder {
	balances: Vec<(AccountId, u128)>,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		let rich = [ALICE, BOB, CAROL].map(|who| (who, ENDOWMENT));
		Self {
			balances: rich.into_iter().chain([(POOR, POOR_ENDOWMENT)]).collect(),
		}
	}
}

impl ExtBuilder {
	/// Instead of what they would start with.
	pub fn endow(mut self, who: AccountId, amount: u128) -> Self {
		self.balances.retain(|(other, _)| *other != who);
		self.balances.push((who, amount));
		self
	}

	pub fn build(self) -> sp_io::TestExternalities {
		LICENCES.take();
		SETTLED.take();
		REMOVED.take();
		SETTLEMENT.set(Settlement::Nothing);
		let storage = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances: self.balances,
				..Default::default()
			},
			..Default::default()
		}
		.build_storage()
		.expect("the genesis is valid");
		let mut ext = sp_io::TestExternalities::from(storage);
		ext.execute_with(|| System::set_block_number(1));
		ext
	}

	/// Runs a test; whatever it did must leave every invariant whole and every deposit held.
	pub fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			let issuance = Balances::total_issuance();
			test();
			assert_eq!(Listings::check_invariants(), Ok(()));
			assert_eq!(
				Balances::total_issuance(),
				issuance,
				"nothing mints or burns here"
			);
			assert_deposits_are_held();
		});
	}
}

/// What is on hold of each account is the price of what it has in storage.
pub fn assert_deposits_are_held() {
	for who in frame_system::Account::<Test>::iter_keys() {
		let listings: u128 = pallet_listings::Listings::<Test>::iter_values()
			.filter(|listing| listing.owner == who)
			.map(|listing| {
				PER_ITEM * (1 + u128::from(listing.live_versions))
					+ PER_BYTE * u128::from(listing.bytes)
			})
			.sum();
		let claims = RootClaims::<Test>::iter_key_prefix(&who).count() as u128;
		assert_eq!(
			listing_deposit(&who),
			listings,
			"listing deposit of {who:?}"
		);
		assert_eq!(
			claim_deposit(&who),
			claims * CLAIM_PRICE,
			"claim deposit of {who:?}"
		);
	}
}

/// 20 bytes of record, twice 16 bytes of hash and 32 bytes of key.
pub const CLAIM_PRICE: u128 = PER_ITEM + PER_BYTE * (20 + 96);

pub fn listing_deposit(who: &AccountId) -> u128 {
	Balances::balance_on_hold(&ListingHold::get(), who)
}

pub fn claim_deposit(who: &AccountId) -> u128 {
	Balances::balance_on_hold(&ClaimHold::get(), who)
}

pub fn free(who: &AccountId) -> u128 {
	Balances::balance(who)
}

pub fn next_block() {
	System::set_block_number(System::block_number() + 1);
}

/// Events of this pallet since the last call, oldest first.
pub fn events() -> Vec<Event<Test>> {
	let events = System::events();
	System::reset_events();
	events
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Listings(event) => Some(event),
			_ => None,
		})
		.collect()
}

pub fn root(seed: u8) -> H256 {
	H256::repeat_byte(seed)
}

pub fn text(text: &str) -> TextArgument {
	text.as_bytes()
		.to_vec()
		.try_into()
		.expect("fits an argument")
}

pub fn parent(listing: ListingId, version: VersionNumber, royalty: u32) -> Parent {
	Parent {
		listing,
		version,
		relation: Relation::FineTune,
		royalty,
	}
}

pub const EXACT: Answers = Answers {
	class: AnswerClass::BitExact,
	tau: 8,
	max_latency_ms: 2_000,
	input_limit: 4_096,
};

/// What to publish; everything has a valid value to begin with.
#[derive(Clone)]
pub struct Draft {
	pub kind: Kind,
	pub name: TextArgument,
	pub task: TextArgument,
	pub manifest: TextArgument,
	pub artifact_root: H256,
	pub licence: TextArgument,
	pub derivatives: DerivativePolicy,
	pub serving: Serving,
	pub answers: Answers,
	pub parents: Vec<Parent>,
	pub claim_salt: Option<H256>,
	pub recipient: Option<TextArgument>,
}

/// A valid draft of files with this root.
pub fn draft(seed: u8) -> Draft {
	Draft {
		kind: Kind::Model,
		name: text("digits"),
		task: text("image-classification"),
		manifest: text(&ContentId::raw([seed; 32]).to_text()),
		artifact_root: root(seed),
		licence: text("Apache-2.0"),
		derivatives: DerivativePolicy::Royalty(0),
		serving: Serving::Anyone,
		answers: EXACT,
		parents: Vec::new(),
		claim_salt: None,
		recipient: None,
	}
}

impl Draft {
	pub fn parents(self, parents: impl IntoIterator<Item = Parent>) -> Self {
		Self {
			parents: parents.into_iter().collect(),
			..self
		}
	}

	pub fn policy(self, derivatives: DerivativePolicy) -> Self {
		Self {
			derivatives,
			..self
		}
	}

	pub fn register(self, who: AccountId) -> DispatchResult {
		Listings::register(
			RuntimeOrigin::signed(who),
			self.kind,
			self.name,
			self.task,
			self.manifest,
			self.artifact_root,
			self.licence,
			self.derivatives,
			self.serving,
			self.answers,
			self.parents.try_into().expect("fits an argument"),
			self.claim_salt,
			self.recipient,
		)
	}

	pub fn add_to(self, who: AccountId, listing: ListingId) -> DispatchResult {
		Listings::add_version(
			RuntimeOrigin::signed(who),
			listing,
			self.manifest,
			self.artifact_root,
			self.licence,
			self.derivatives,
			self.serving,
			self.answers,
			self.parents.try_into().expect("fits an argument"),
			self.claim_salt,
			self.recipient,
		)
	}
}

/// Registers a draft that must be accepted; says its number.
pub fn registered(draft: Draft, who: AccountId) -> ListingId {
	let listing = NextListing::<Test>::get();
	assert_eq!(draft.register(who), Ok(()));
	listing
}

pub fn listing_of(listing: ListingId) -> ListingOf<Test> {
	pallet_listings::Listings::<Test>::get(listing).expect("the listing exists")
}

pub fn version_of(listing: ListingId, version: VersionNumber) -> VersionOf<Test> {
	Versions::<Test>::get(listing, version).expect("the version stands")
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}
