//! A chain of three pallets with small stand-ins at the seams, and short words for the tests.

use crate::{self as pallet_feedback, types::*, *};
use codec::Encode;
use frame_support::{
	derive_impl,
	pallet_prelude::ValueQuery,
	parameter_types, storage_alias,
	traits::{
		fungible::{Inspect, InspectHold, Mutate},
		tokens::Preservation,
		Hooks, LinearStoragePrice,
	},
	weights::Weight,
	PalletId, Twox64Concat,
};
use frame_system::mocking::MockBlockU32;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult,
};
use weighhouse_primitives::{
	feedback::{
		commitment, gold_openings, gold_root, pack, CampaignId, Choice, GoldItem, KeylessOwnership,
	},
	traits::{
		AnsweredReceipt, AnsweredReceipts, ListingRegistry, RecordReputation, SeedSource,
		SeedState, VersionTerms, WorkerVerdict,
	},
	ContentId, ListingId, ReceiptId, VersionNumber, PARTS,
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
	pub type Feedback = pallet_feedback::Pallet<Test>;
}

pub const ED: u128 = 1_000;
pub const UNIT: u128 = 1_000_000_000_000;
pub const ENDOWMENT: u128 = 100_000 * UNIT;
pub const FEE: u32 = PARTS / 40;
pub const BYTE: u128 = 1_000_000;
pub const BASE: u128 = 50_000_000;
/// What the pot must hold for a listing of one version.
pub const LISTING_DEPOSIT: u128 = 3 * UNIT;
/// What it must hold for each version more.
pub const VERSION_DEPOSIT: u128 = UNIT;
/// What an unknown rater scores.
pub const UNKNOWN: u32 = PARTS / 40;

pub const FILL: u32 = 30;
pub const REVEAL: u32 = 12;
pub const OPEN: u32 = 14;
pub const RETENTION: u32 = 100;

pub const SPONSOR: AccountId = AccountId::new([1; 32]);
pub const OTHER: AccountId = AccountId::new([2; 32]);
pub const TREASURY: AccountId = AccountId::new([3; 32]);
/// Where the registry of listings keeps deposits.
pub const REGISTRY: AccountId = AccountId::new([4; 32]);

/// A rater by number, up to 100.
pub fn rater(number: u32) -> AccountId {
	AccountId::new([100 + number as u8; 32])
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
}

parameter_types! {
	pub const ExistentialDeposit: u128 = ED;
	pub const PotId: PalletId = PalletId(*b"wgh/feed");
	pub const Treasury: AccountId = TREASURY;
	pub const Retention: u32 = RETENTION;
	pub const MaxWindow: u32 = 1_000;
	// In storage, so that each test starts with the defaults.
	pub storage FeeParts: u32 = FEE;
	pub storage PerByte: u128 = BYTE;
	pub storage Base: u128 = BASE;
	pub storage MinPrice: u128 = UNIT / 1_000;
	pub storage MinStake: u128 = UNIT;
	pub storage FillWindow: u32 = FILL;
	pub storage MinWindow: u32 = 5;
	pub storage RevealWindow: u32 = REVEAL;
	pub storage OpenWindow: u32 = OPEN;
	pub storage SeedLost: bool = false;
	pub storage SeedDelay: u32 = 2;
	pub storage Known: Vec<(AccountId, u32, u128)> = Vec::new();
	pub storage Scores: Vec<(AccountId, u32)> = Vec::new();
	pub storage RecordWeight: Weight = Weight::zero();
	pub storage SeedWeight: Weight = Weight::zero();
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
	type Seeds = Seeds;
	type Answers = Answered;
	type Reputation = Renown;
	type Listings = Registry;
	type Datasets = Registry;
	type FeeParts = FeeParts;
	type Treasury = Treasury;
	type MinPrice = MinPrice;
	type MinStake = MinStake;
	type PalletId = PotId;
	type FillWindow = FillWindow;
	type MinWindow = MinWindow;
	type MaxWindow = MaxWindow;
	type RevealWindow = RevealWindow;
	type OpenWindow = OpenWindow;
	type Retention = Retention;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Registry;
}

/// Randomness that is known two blocks later, unless it is lost.
pub struct Seeds;

impl SeedSource<u32> for Seeds {
	fn seed(subject: H256, since: u32) -> SeedState {
		if System::block_number() <= since + SeedDelay::get() {
			SeedState::NotYet
		} else if SeedLost::get() {
			SeedState::Lost
		} else {
			SeedState::Known(H256(blake2_256(&(subject, since).encode())))
		}
	}

	fn delay() -> u32 {
		2
	}

	fn seed_weight() -> Weight {
		SeedWeight::get()
	}
}

#[storage_alias]
type AnswersOf = StorageMap<Mock, Twox64Concat, ReceiptId, (ListingId, ContentId, H256)>;

/// Answers that were paid for.
pub struct Answered;

impl Answered {
	/// A receipt of this listing for this input and output.
	pub fn note(receipt: ReceiptId, listing: ListingId, input: u8, output: u8) {
		let input = ContentId::of_raw_block(&[input]);
		AnswersOf::insert(receipt, (listing, input, H256([output; 32])));
	}
}

impl AnsweredReceipts for Answered {
	fn answered_receipt(receipt: ReceiptId) -> Option<AnsweredReceipt> {
		let (listing, input, output_hash) = AnswersOf::get(receipt)?;
		Some(AnsweredReceipt {
			listing,
			input,
			output_hash,
		})
	}

	fn answered_receipt_weight() -> Weight {
		Weight::from_parts(7, 3)
	}
}

/// Remembers what it is told of raters.
pub struct Renown;

impl RecordReputation<AccountId> for Renown {
	fn worker_score(_: &AccountId) -> u32 {
		PARTS
	}

	fn rater_score(rater: &AccountId) -> u32 {
		let scores = Scores::get();
		let known = scores.iter().find(|(who, _)| who == rater);
		known.map_or(UNKNOWN, |(_, score)| *score)
	}

	fn record_settlement(_: ListingId, _: &AccountId, _: u128) {}

	fn record_worker(_: &AccountId, _: WorkerVerdict, _: u128) {}

	fn record_rater(rater: &AccountId, earned: u32, fee: u128) {
		let mut known = Known::get();
		known.push((rater.clone(), earned, fee));
		Known::set(&known);
	}

	fn score_weight() -> Weight {
		Weight::from_parts(13, 6)
	}

	fn record_settlement_weight() -> Weight {
		Weight::zero()
	}

	fn record_worker_weight() -> Weight {
		RecordWeight::get()
	}
}

#[storage_alias]
type Owners = StorageMap<Mock, Twox64Concat, ListingId, AccountId>;
#[storage_alias]
type Proposed = StorageMap<Mock, Twox64Concat, ListingId, AccountId>;
/// How many versions a listing has besides the first.
#[storage_alias]
type MoreVersions = StorageMap<Mock, Twox64Concat, ListingId, u32, ValueQuery>;
/// Listings that somebody needs.
#[storage_alias]
type Needed = StorageMap<Mock, Twox64Concat, ListingId, ()>;

/// Listings kept in storage.
pub struct Registry;

impl Registry {
	pub fn list(listing: ListingId, owner: AccountId) {
		Owners::insert(listing, owner);
	}

	pub fn propose(listing: ListingId, to: AccountId) {
		Proposed::insert(listing, to);
	}

	/// A version more.
	pub fn add_version(listing: ListingId) {
		MoreVersions::mutate(listing, |more| *more += 1);
	}

	/// Somebody holds a licence.
	pub fn need(listing: ListingId) {
		Needed::insert(listing, ());
	}

	/// Nobody does any more.
	pub fn free(listing: ListingId) {
		Needed::remove(listing);
	}

	fn deposit_of(listing: ListingId) -> u128 {
		LISTING_DEPOSIT + VERSION_DEPOSIT * u128::from(MoreVersions::get(listing))
	}
}

impl ListingRegistry<AccountId> for Registry {
	fn owner(listing: ListingId) -> Option<AccountId> {
		Owners::get(listing)
	}

	fn latest_version(_: ListingId) -> Option<VersionNumber> {
		None
	}

	fn version_terms(_: ListingId, _: VersionNumber) -> Option<VersionTerms> {
		None
	}

	fn is_for_sale(_: ListingId, _: VersionNumber) -> bool {
		false
	}

	fn retain(_: ListingId) -> Result<(), ()> {
		Err(())
	}

	fn release(_: ListingId) {}

	fn lookup_weight() -> Weight {
		Weight::from_parts(5, 2)
	}

	fn retain_weight() -> Weight {
		Weight::zero()
	}
}

impl KeylessOwnership<AccountId> for Registry {
	fn acceptance_deposit(listing: ListingId) -> Option<u128> {
		Owners::contains_key(listing).then(|| Self::deposit_of(listing))
	}

	fn accept_ownership(to: &AccountId, listing: ListingId) -> DispatchResult {
		if Proposed::get(listing).as_ref() != Some(to) {
			return Err(DispatchError::Other("not proposed"));
		}
		let deposit = Self::deposit_of(listing);
		Balances::transfer(to, &REGISTRY, deposit, Preservation::Preserve)?;
		Owners::insert(listing, to);
		Ok(())
	}

	fn accept_ownership_weight() -> Weight {
		Weight::from_parts(11, 4)
	}

	fn remove_version(owner: &AccountId, listing: ListingId, _: VersionNumber) -> DispatchResult {
		if Owners::get(listing).as_ref() != Some(owner) {
			return Err(DispatchError::Other("not the owner"));
		}
		if Needed::contains_key(listing) {
			return Err(DispatchError::Other("in use"));
		}
		let more = MoreVersions::get(listing);
		let released = if more == 0 {
			Owners::remove(listing);
			LISTING_DEPOSIT
		} else {
			MoreVersions::insert(listing, more - 1);
			VERSION_DEPOSIT
		};
		Balances::transfer(&REGISTRY, owner, released, Preservation::Preserve)?;
		Ok(())
	}

	fn remove_version_weight() -> Weight {
		Weight::from_parts(17, 9)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for Registry {
	fn dataset(owner: &AccountId, to: &AccountId) -> ListingId {
		Self::list(1, owner.clone());
		Self::propose(1, to.clone());
		1
	}

	fn know_seed() {
		let now = System::block_number();
		System::set_block_number(now + SeedDelay::get() + 1);
	}
}

/// A chain on which sponsor, treasury and a hundred raters have [`ENDOWMENT`] each.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let rich = [SPONSOR, OTHER, TREASURY, REGISTRY]
		.into_iter()
		.chain((0..100).map(rater));
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: rich.map(|who| (who, ENDOWMENT)).collect(),
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

/// Runs `test` on a fresh chain and checks every invariant afterwards.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check_everything();
	});
}

/// The invariants of the pallet, and the balance of the whole chain.
pub fn check_everything() {
	Feedback::check_invariants().unwrap();
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

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// The events of this pallet so far, oldest first.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet()
}

pub fn last_event() -> Event<Test> {
	events().pop().unwrap()
}

/// What stands in queues for others: no campaign has this number.
pub const GONE: CampaignId = 9_999;

/// Fills the queue of a block.
pub fn crowd(block: u32) {
	let gone = vec![GONE; MAX_DUE as usize];
	Due::<Test>::insert(block, DueList::truncate_from(gone));
}

/// Takes out again what [`crowd`] put in.
pub fn disperse() {
	let blocks: Vec<_> = Due::<Test>::iter_keys().collect();
	for block in blocks {
		Feedback::unschedule(GONE, Some(block));
	}
}

pub fn next_block() {
	let now = System::block_number() + 1;
	System::set_block_number(now);
	<Feedback as Hooks<u32>>::on_initialize(now);
}

pub fn forward(blocks: u32) {
	(0..blocks).for_each(|_| next_block());
}

// ---- campaigns ----

/// The better answer of an item: each as often as the other, in gold and tasks.
pub fn truth(item: u32) -> Choice {
	match item % 4 {
		0 | 1 => Choice::A,
		_ => Choice::B,
	}
}

/// The gold of a campaign: the first of every two or more items, spread over the pool.
pub fn gold_of(gold_count: u32, item_count: u32) -> Vec<GoldItem> {
	let step = item_count / gold_count;
	(0..gold_count)
		.map(|number| number * step)
		.map(|item| GoldItem {
			item,
			label: truth(item),
			salt: H256(blake2_256(&(b"salt", item).encode())),
		})
		.collect()
}

/// Twenty gold among forty items, all of which five raters answer.
pub fn terms() -> Terms<u32> {
	sized(20, 40, 40, 5)
}

pub fn sized(gold_count: u32, item_count: u32, items_each: u32, raters: u32) -> Terms<u32> {
	Terms {
		gold_root: gold_root(&gold_of(gold_count, item_count)),
		gold_count,
		item_count,
		items_each,
		raters,
		price: UNIT,
		stake: 10 * UNIT,
		joining: 20,
		answering: 25,
		dataset: None,
		min_score: 0,
	}
}

pub fn create(who: AccountId, terms: Terms<u32>) -> DispatchResult {
	Feedback::create_campaign(
		signed(who),
		terms.gold_root,
		terms.gold_count,
		terms.item_count,
		terms.items_each,
		terms.raters,
		terms.price,
		terms.stake,
		terms.joining,
		terms.answering,
		terms.dataset,
		terms.min_score,
	)
}

/// A campaign of the sponsor without items.
pub fn created(terms: Terms<u32>) -> CampaignId {
	let id = NextCampaign::<Test>::get();
	create(SPONSOR, terms).unwrap();
	id
}

pub fn cid(text: &str, item: u32) -> ContentId {
	ContentId::of_raw_block(format!("{text} {item}").as_bytes())
}

pub fn argument(text: &str) -> ContentIdArgument {
	ContentIdArgument::truncate_from(text.as_bytes().to_vec())
}

pub fn new_item(item: u32) -> NewItem {
	let text = |name| argument(&cid(name, item).to_text());
	NewItem {
		prompt: text("prompt"),
		a: text("a"),
		b: text("b"),
	}
}

pub fn add(id: CampaignId, items: core::ops::Range<u32>) -> DispatchResult {
	let items: Vec<_> = items.map(new_item).collect();
	Feedback::add_items(signed(SPONSOR), id, NewItems::truncate_from(items))
}

/// Adds all items that are missing.
pub fn fill(id: CampaignId) {
	loop {
		let campaign = campaign(id);
		let Phase::Filling { .. } = campaign.phase else {
			return;
		};
		let until = campaign.terms.item_count.min(campaign.added + MAX_ADDED);
		add(id, campaign.added..until).unwrap();
	}
}

/// A campaign that raters can join.
pub fn filled(terms: Terms<u32>) -> CampaignId {
	let id = created(terms);
	fill(id);
	id
}

/// A campaign that this many raters joined.
pub fn with_raters(terms: Terms<u32>, raters: u32) -> CampaignId {
	let id = filled(terms);
	for number in 0..raters {
		Feedback::join(signed(rater(number)), id).unwrap();
	}
	id
}

/// A campaign with all its raters and their items.
pub fn drawn(terms: Terms<u32>) -> CampaignId {
	let id = with_raters(terms, terms.raters);
	forward(3);
	assert!(matches!(phase(id), Phase::Committing { .. }));
	id
}

pub fn campaign(id: CampaignId) -> CampaignOf<Test> {
	Campaigns::<Test>::get(id).unwrap()
}

pub fn phase(id: CampaignId) -> Phase<u32> {
	campaign(id).phase
}

pub fn place(id: CampaignId, number: u32) -> PlaceOf<Test> {
	Places::<Test>::get(id, number).unwrap()
}

/// What a rater does: how it answers, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
	/// Right with this chance in percent, each item by itself.
	Right(u32),
	/// Always the first answer.
	First,
	/// As all others of this policy, whatever is right.
	Colluder,
	/// Always wrong.
	Wrong,
	/// Wrong in even items, which are gold with the labels turned around, and right in all others.
	Accomplice,
	/// Right in even items, which are gold, and as all others of this policy in the rest.
	Plotter,
	/// Commits and does not reveal.
	Unrevealed,
	/// Does not commit.
	Silent,
}

impl Policy {
	pub fn answer(self, number: u32, item: u32) -> Choice {
		let dice = u32::from(blake2_256(&(b"dice", number, item).encode())[0]);
		match self {
			Self::Right(percent) if dice * 100 < percent * 256 => truth(item),
			Self::Accomplice if !item.is_multiple_of(2) => truth(item),
			Self::Plotter if item.is_multiple_of(2) => truth(item),
			Self::Right(_) | Self::Wrong | Self::Accomplice => truth(item).other(),
			Self::First | Self::Unrevealed | Self::Silent => Choice::A,
			Self::Colluder | Self::Plotter => match blake2_256(&(b"plot", item).encode())[0] % 2 {
				0 => Choice::A,
				_ => Choice::B,
			},
		}
	}
}

pub const SALT: H256 = H256([9; 32]);

/// The packed answers of a rater who follows a policy.
pub fn answers(
	id: CampaignId,
	number: u32,
	policy: Policy,
) -> weighhouse_primitives::feedback::AnswerBits {
	let place = place(id, number);
	let items = place.state.items().unwrap();
	let answers: Vec<_> = items
		.iter()
		.map(|item| policy.answer(number, item))
		.collect();
	pack(&answers).unwrap()
}

pub fn commit(id: CampaignId, number: u32, policy: Policy) -> DispatchResult {
	let answers = answers(id, number, policy);
	let hash = commitment(campaign(id).campaign_hash, &rater(number), &answers, SALT);
	Feedback::commit(signed(rater(number)), id, hash)
}

pub fn reveal(id: CampaignId, number: u32, policy: Policy) -> DispatchResult {
	let answers = answers(id, number, policy);
	Feedback::reveal(signed(rater(number)), id, answers, SALT)
}

/// All commit and reveal as their policies say, and deadlines pass for those who do not.
pub fn play(id: CampaignId, policies: &[Policy]) {
	let who = || (0..).zip(policies.iter().copied());
	for (number, policy) in who().filter(|(_, policy)| *policy != Policy::Silent) {
		commit(id, number, policy).unwrap();
	}
	if matches!(phase(id), Phase::Committing { .. }) {
		forward(campaign(id).terms.answering + 1);
	}
	for (number, policy) in who() {
		if !matches!(policy, Policy::Silent | Policy::Unrevealed) {
			reveal(id, number, policy).unwrap();
		}
	}
	if matches!(phase(id), Phase::Revealing { .. }) {
		forward(REVEAL + 1);
	}
}

/// A campaign whose raters follow policies, one each, and have revealed.
pub fn played(terms: Terms<u32>, policies: &[Policy]) -> CampaignId {
	let id = drawn(terms);
	play(id, policies);
	id
}

pub fn open(
	id: CampaignId,
	openings: &[weighhouse_primitives::feedback::GoldOpening],
) -> DispatchResult {
	let openings = Openings::truncate_from(openings.to_vec());
	Feedback::open_gold(signed(SPONSOR), id, openings)
}

/// Opens this gold, ten at a time.
pub fn open_all(id: CampaignId, gold: &[GoldItem]) {
	for some in gold_openings(gold).chunks(MAX_OPENED as usize) {
		open(id, some).unwrap();
	}
}

/// Opens the gold of a campaign with the usual gold.
pub fn open_usual(id: CampaignId) {
	let terms = campaign(id).terms;
	open_all(id, &gold_of(terms.gold_count, terms.item_count));
}

/// Blocks until all raters are settled.
pub fn finish(id: CampaignId) {
	for _ in 0..100 {
		if matches!(phase(id), Phase::Settled { .. } | Phase::Refunded { .. }) {
			return;
		}
		next_block();
	}
	panic!("a campaign is settled within a hundred blocks");
}

/// A campaign from its beginning to its end.
pub fn settled(terms: Terms<u32>, policies: &[Policy]) -> CampaignId {
	let id = played(terms, policies);
	open_usual(id);
	finish(id);
	id
}

/// What a rater was paid.
pub fn paid(id: CampaignId, number: u32) -> u128 {
	match place(id, number).state {
		PlaceState::Paid { amount, .. } => amount,
		state => panic!("{state:?} is not paid"),
	}
}

pub fn score(id: CampaignId, number: u32) -> Score {
	match place(id, number).state {
		PlaceState::Paid {
			reason: Reason::Scored(score),
			..
		} => score,
		state => panic!("{state:?} is not scored"),
	}
}

pub fn campaign_deposit(terms: &Terms<u32>) -> u128 {
	deposit::<Test>(campaign_footprint::<Test>(terms))
}

pub fn place_deposit() -> u128 {
	deposit::<Test>(place_footprint::<Test>())
}
