//! A chain of three pallets with a small shop at the seam, and short words for the tests.

use crate::{self as pallet_delivery, types::*, *};
use frame_support::{
	derive_impl, parameter_types, storage_alias,
	traits::{
		fungible::{Inspect, InspectHold, Mutate},
		tokens::Preservation,
		Hooks, LinearStoragePrice,
	},
	weights::Weight,
	Twox64Concat,
};
use frame_system::mocking::MockBlockU32;
use sp_core::H256;
use sp_runtime::{
	traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult,
};
use weighhouse_primitives::{
	sealing::{
		Complaint, Context, DeliverySecret, Identity, PointBytes, Recipient, SealedKey, Vault,
	},
	traits::{SealedLicence, SealedSale, SealedSales},
	LicenceId, ListingId, OfferId, VersionNumber,
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
	pub type Delivery = pallet_delivery::Pallet<Test>;
}

pub const ED: u128 = 1_000;
pub const UNIT: u128 = 1_000_000_000_000;
pub const ENDOWMENT: u128 = 1_000 * UNIT;
pub const PRICE: u128 = 10 * UNIT;
pub const BOND: u128 = 5 * UNIT;
pub const FEE: u128 = UNIT / 100;
pub const MIN_BOND: u128 = UNIT;
pub const BYTE: u128 = 1_000_000;
pub const BASE: u128 = 50_000_000;
pub const WINDOW: u32 = 30;
pub const MIN_WINDOW: u32 = 5;
pub const MAX_WINDOW: u32 = 200;
pub const COMPLAINTS: u32 = 100;

pub const SELLER: AccountId = AccountId::new([1; 32]);
pub const BUYER: AccountId = AccountId::new([2; 32]);
pub const OTHER: AccountId = AccountId::new([3; 32]);
/// Who owns a listing after it changed hands.
pub const HEIR: AccountId = AccountId::new([4; 32]);
/// An account without balance.
pub const NOBODY: AccountId = AccountId::new([5; 32]);

pub const LISTING: ListingId = 7;
pub const VERSION: VersionNumber = 3;
pub const GENESIS: H256 = H256([9; 32]);

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
	pub storage MinBond: u128 = MIN_BOND;
	pub storage RepeatFee: u128 = FEE;
	pub storage MinWindow: u32 = MIN_WINDOW;
	pub storage DefaultWindow: u32 = WINDOW;
	pub storage MaxWindow: u32 = MAX_WINDOW;
	pub storage ComplaintWindow: u32 = COMPLAINTS;
	pub storage SeamWeight: Weight = Weight::zero();
	/// Whether the shop cannot complete sales.
	pub storage Shut: bool = false;
	pub storage NextLicence: LicenceId = 1;
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
	type Sales = Shop;
	type MinBond = MinBond;
	type RepeatFee = RepeatFee;
	type MinWindow = MinWindow;
	type DefaultWindow = DefaultWindow;
	type MaxWindow = MaxWindow;
	type ComplaintWindow = ComplaintWindow;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Shop;
}

/// Sells sealed licences of one listing, kept in storage so that what a refused call did to them is
/// undone as well.
pub struct Shop;

/// Owner of the listing.
#[storage_alias]
type Owner = StorageValue<Mock, AccountId>;
/// Price and recipient of each offer.
#[storage_alias]
type Offers = StorageMap<Mock, Twox64Concat, OfferId, (u128, Recipient)>;
/// Buyer, seller, price and recipient of each licence that is off sale.
#[storage_alias]
type Reserved = StorageMap<Mock, Twox64Concat, LicenceId, (AccountId, AccountId, u128, Recipient)>;
/// Holder and recipient of each licence that was sold.
#[storage_alias]
type Licences = StorageMap<Mock, Twox64Concat, LicenceId, (AccountId, Recipient)>;

impl Shop {
	/// Offers licences at this price.
	pub fn offer(offer: OfferId, price: u128) {
		Owner::put(SELLER);
		Offers::insert(offer, (price, identity().recipient()));
	}

	/// Asks another price under offer 1.
	pub fn reprice(price: u128) {
		Offers::insert(1, (price, identity().recipient()));
	}

	pub fn hand_over(to: AccountId) {
		Owner::put(to);
	}

	pub fn owner() -> AccountId {
		Owner::get().unwrap()
	}

	pub fn transfer(licence: LicenceId, to: AccountId) {
		Licences::mutate(licence, |licence| licence.as_mut().unwrap().0 = to);
	}

	pub fn drop_licence(licence: LicenceId) {
		Licences::remove(licence);
	}

	pub fn holder(licence: LicenceId) -> Option<AccountId> {
		Licences::get(licence).map(|(holder, _)| holder)
	}

	pub fn reserved() -> usize {
		Reserved::iter().count()
	}

	/// Takes a licence off sale that nobody bought.
	pub fn reserve_without_sale(licence: LicenceId) {
		Reserved::insert(licence, (BUYER, SELLER, 0, identity().recipient()));
	}
}

impl SealedSales<AccountId> for Shop {
	fn reserve(
		buyer: &AccountId,
		listing: ListingId,
		offer: OfferId,
	) -> Result<SealedSale<AccountId>, DispatchError> {
		if listing != LISTING {
			return Err(DispatchError::Other("no such listing"));
		}
		let (price, recipient) = Offers::get(offer).ok_or(DispatchError::Other("no such offer"))?;
		let (licence, seller) = (NextLicence::get(), Self::owner());
		if *buyer == seller {
			return Err(DispatchError::Other("own listing"));
		}
		NextLicence::set(&(licence + 1));
		Reserved::insert(licence, (buyer, &seller, price, recipient));
		Ok(SealedSale {
			licence,
			seller,
			version: VERSION,
			recipient,
			price,
		})
	}

	fn complete(licence: LicenceId) -> DispatchResult {
		if Shut::get() {
			return Err(DispatchError::Other("shut"));
		}
		let (buyer, seller, price, recipient) =
			Reserved::take(licence).ok_or(DispatchError::Other("not off sale"))?;
		Balances::transfer(&buyer, &seller, price, Preservation::Preserve)?;
		Licences::insert(licence, (buyer, recipient));
		Ok(())
	}

	fn cancel(licence: LicenceId) -> DispatchResult {
		Reserved::take(licence)
			.map(|_| ())
			.ok_or(DispatchError::Other("not off sale"))
	}

	fn sealed_licence(licence: LicenceId) -> Option<SealedLicence<AccountId>> {
		let (holder, recipient) = Licences::get(licence)?;
		Some(SealedLicence {
			holder,
			owner: Self::owner(),
			listing: LISTING,
			version: VERSION,
			recipient,
		})
	}

	fn is_reserved(licence: LicenceId) -> bool {
		Reserved::contains_key(licence)
	}

	fn reserve_weight() -> Weight {
		SeamWeight::get()
	}

	fn complete_weight() -> Weight {
		SeamWeight::get()
	}

	fn cancel_weight() -> Weight {
		SeamWeight::get()
	}

	fn lookup_weight() -> Weight {
		SeamWeight::get()
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for Shop {
	fn sealed_offer(seller: &AccountId, recipient: Recipient) -> (ListingId, OfferId) {
		Owner::put(seller);
		Offers::insert(1, (PRICE, recipient));
		(LISTING, 1)
	}
}

/// A chain on which these accounts have so much each.
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
	ext.execute_with(|| {
		frame_system::BlockHash::<Test>::insert(0, GENESIS);
		System::set_block_number(1);
		Shop::offer(1, PRICE);
	});
	ext
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	genesis(
		[SELLER, BUYER, OTHER, HEIR]
			.map(|who| (who, ENDOWMENT))
			.to_vec(),
	)
}

/// Runs `test` on a fresh chain and checks every invariant afterwards.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check_everything();
	});
}

/// The invariants of the pallet, those that it shares with the shop, and the balance of the whole
/// chain.
pub fn check_everything() {
	Delivery::check_invariants().unwrap();
	assert_eq!(Delivery::open_sales().count(), Shop::reserved());
	assert!(Delivery::open_sales().all(Shop::is_reserved));
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

pub fn record_deposit() -> u128 {
	deposit::<Test>(delivery_footprint::<Test>())
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Moves the clock without the chain doing anything by itself.
pub fn at(block: u32) {
	System::set_block_number(block);
}

pub fn now() -> u32 {
	System::block_number()
}

pub fn next_block() {
	let now = now() + 1;
	System::set_block_number(now);
	<Delivery as Hooks<u32>>::on_initialize(now);
}

pub fn forward(blocks: u32) {
	(0..blocks).for_each(|_| next_block());
}

/// The events of this pallet so far, oldest first.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet()
}

pub fn last_event() -> Event<Test> {
	events().pop().unwrap()
}

/// Takes what tests crowd the queues with out of them.
pub fn uncrowd() {
	let blocks: Vec<_> = Due::<Test>::iter_keys().collect();
	for block in blocks {
		Due::<Test>::mutate(block, |licences| licences.retain(|licence| *licence != 99));
	}
}

// ---- secrets ----

/// The key of the model.
pub fn identity() -> Identity {
	Identity::from_bytes([6; 32])
}

pub fn vault() -> Vault {
	Vault::from_bytes([8; 32])
}

/// The secret of a buyer for the delivery with this number.
pub fn secret(number: u8) -> DeliverySecret {
	DeliverySecret::from_seed([number; 32])
}

pub fn key(number: u8) -> PointBytes {
	secret(number).key()
}

pub fn context(licence: LicenceId) -> Context {
	Context {
		genesis: GENESIS,
		licence,
		version: VERSION,
	}
}

/// What an honest seller delivers to whoever asked under this licence.
pub fn right_key(licence: LicenceId) -> SealedKey {
	let key = delivery(licence).key;
	vault().seal(context(licence), &key, &identity()).unwrap()
}

/// A key that opens nothing.
pub fn wrong_key(licence: LicenceId) -> SealedKey {
	let mut sealed = right_key(licence);
	sealed.ciphertext[0] ^= 8;
	sealed
}

/// What a buyer says of a key, if it asked with the secret of this number.
pub fn complaint(licence: LicenceId, number: u8, sealed: &SealedKey) -> Complaint {
	secret(number).complain(context(licence), sealed).unwrap()
}

// ---- steps ----

pub fn delivery(licence: LicenceId) -> DeliveryOf<Test> {
	Deliveries::<Test>::get(licence).unwrap()
}

pub fn state(licence: LicenceId) -> State<u32> {
	delivery(licence).state
}

pub fn seller(who: &AccountId) -> Seller<u32> {
	Sellers::<Test>::get(who).unwrap()
}

pub fn bond(amount: u128) {
	Delivery::bond(signed(SELLER), amount).unwrap();
}

/// Buys offer 1 with the secret of this number.
pub fn buy(who: AccountId, number: u8) -> DispatchResult {
	Delivery::buy(signed(who), LISTING, 1, key(number), WINDOW)
}

/// What the seller with a bond of [`BOND`] has sold to [`BUYER`], who asked with secret 1.
pub fn bought() -> LicenceId {
	if Sellers::<Test>::get(SELLER).is_none() {
		bond(BOND);
	}
	let licence = NextLicence::get();
	buy(BUYER, 1).unwrap();
	licence
}

/// What a key for this licence is to be sealed for; nothing of use if none is asked for.
pub fn asked(licence: LicenceId) -> PointBytes {
	Deliveries::<Test>::get(licence).map_or([0; 32], |delivery| delivery.key)
}

pub fn deliver(who: AccountId, licence: LicenceId, sealed: SealedKey) -> DispatchResult {
	let SealedKey { point, ciphertext } = sealed;
	Delivery::deliver(signed(who), licence, asked(licence), point, ciphertext)
}

/// A sale whose key was delivered, right or wrong.
pub fn delivered(sealed: fn(LicenceId) -> SealedKey) -> LicenceId {
	let licence = bought();
	deliver(SELLER, licence, sealed(licence)).unwrap();
	licence
}

/// A sale that ended well.
pub fn settled() -> LicenceId {
	let licence = delivered(right_key);
	Delivery::finalize(signed(BUYER), licence).unwrap();
	licence
}

pub fn complain(who: AccountId, licence: LicenceId, complaint: Complaint) -> DispatchResult {
	Delivery::complain(
		signed(who),
		licence,
		complaint.shared,
		complaint.challenge,
		complaint.response,
	)
}

/// The complaint of a buyer that follows the protocol, about what was delivered.
pub fn honest_complaint(licence: LicenceId, number: u8) -> Complaint {
	let sealed = *state(licence).sealed().unwrap();
	complaint(licence, number, &sealed)
}
