//! A chain of three pallets with small stand-ins for listings, licences and reputation, and short
//! words for the tests.

use crate::{
	self as pallet_inference,
	crypto::{key_hash, WorkerId, WorkerSignature},
	types::*,
	workers::worker_footprint,
	*,
};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	pallet_prelude::ValueQuery,
	parameter_types,
	storage::with_transaction,
	storage_alias,
	traits::{
		fungible::{Balanced, Inspect, InspectHold, Mutate},
		tokens::{Fortitude::Polite, Precision::Exact, Preservation::Preserve},
		ConstU64, Contains, Imbalance, LinearStoragePrice, OnInitialize,
	},
	weights::{constants::RocksDbWeight, IdentityFee, Weight},
	Blake2_128Concat, Twox64Concat,
};
use frame_system::{
	limits::BlockWeights, mocking::MockBlockU32, offchain::CreateAuthorizedTransaction,
};
use sp_core::{sr25519, Pair as _, H256};
use sp_io::hashing::{blake2_256, sha2_256};
use sp_runtime::{
	generic,
	traits::IdentityLookup,
	transaction_validity::{
		TransactionSource, TransactionValidity, TransactionValidityError, ValidTransaction,
	},
	AccountId32, ApplyExtrinsicResult, BuildStorage, DispatchError, DispatchResult, MultiSignature,
	TransactionOutcome,
};
use weighhouse_primitives::{
	inference::{
		commitment, signed_bytes, Access, Answer, InlineOutput, JobId, Mode, Reveal, Round, Status,
		Step, COMMIT_DOMAIN, HEARTBEAT_DOMAIN, KEY_DOMAIN, REVEAL_DOMAIN,
	},
	market::{AnswerClass, Answers, Right, Rights, Serving},
	royalty::{self, Share},
	traits::{
		CallSales, CallTerms, LicenceCheck, ListingRegistry, ReceiptNumbers, RecordReputation,
		VersionTerms, WorkerVerdict,
	},
	ContentId, LicenceId, ListingId, OfferId, ReceiptId, VersionNumber, PARTS,
};

pub type AccountId = AccountId32;
/// What a transaction carries besides its call, in the order of the real runtime.
pub type TxExtension = (
	frame_system::AuthorizeCall<Test>,
	frame_system::CheckNonZeroSender<Test>,
	frame_system::CheckSpecVersion<Test>,
	frame_system::CheckTxVersion<Test>,
	frame_system::CheckGenesis<Test>,
	frame_system::CheckEra<Test>,
	frame_system::CheckNonce<Test>,
	frame_system::CheckWeight<Test>,
	pallet_transaction_payment::ChargeTransactionPayment<Test>,
	frame_system::WeightReclaim<Test>,
);
pub type Block = MockBlockU32<Test, MultiSignature, TxExtension>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId, RuntimeCall, MultiSignature, TxExtension>;
/// Checks and applies transactions as a real chain does.
pub type Executive = frame_executive::Executive<
	Test,
	Block,
	frame_system::ChainContext<Test>,
	Test,
	AllPalletsWithSystem,
>;

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
	pub type TransactionPayment = pallet_transaction_payment::Pallet<Test>;
	#[runtime::pallet_index(3)]
	pub type Inference = pallet_inference::Pallet<Test>;
}

pub const ED: u128 = 1_000;
pub const UNIT: u128 = 1_000_000_000_000;
pub const ENDOWMENT: u128 = 1_000_000 * UNIT;
pub const FEE: u32 = PARTS / 40;
pub const BYTE: u128 = 1_000_000;
pub const BASE: u128 = 50_000_000;
/// What a seat earns unless a test says otherwise.
pub const REWARD: u128 = UNIT;
/// What a worker bonds unless a test says otherwise: ten reserves of such a seat.
pub const BOND: u128 = 1_000 * UNIT;
/// What [`plain_listing`] asks for a call.
pub const CALL_PRICE: u128 = 4 * UNIT;

pub const LEAST_REWARD: u128 = UNIT / 100;
pub const LEAST_BOND: u128 = 100 * UNIT;
pub const HIGH: u128 = 1_000 * UNIT;

pub const MIN_COMMIT: u32 = 10;
pub const MAX_COMMIT: u32 = 600;
pub const REVEAL: u32 = 15;
pub const CHALLENGE: u32 = 30;
pub const HIGH_VALUE_CHALLENGE: u32 = 100;
pub const HEARTBEAT: u32 = 50;
/// Longer than any path of a job, as `integrity_test` wants it.
pub const UNBONDING: u32 = 5_000;
pub const LIFETIME: u32 = 100;
pub const STEP_LIVES: u32 = 8;
pub const STEP_PRIORITY: u64 = 1 << 40;
pub const MILLIS_A_BLOCK: u32 = 2_000;

/// Hash of the first block: not zero, so that a signature that leaves it out is found out.
pub const GENESIS: H256 = H256([0x47; 32]);

/// Owns the listings.
pub const ALICE: AccountId = AccountId::new([1; 32]);
/// Asks.
pub const BOB: AccountId = AccountId::new([2; 32]);
/// Challenges.
pub const CAROL: AccountId = AccountId::new([3; 32]);
pub const DAVE: AccountId = AccountId::new([4; 32]);
pub const TREASURY: AccountId = AccountId::new([5; 32]);
/// An account without balance.
pub const NOBODY: AccountId = AccountId::new([6; 32]);
/// Gets the royalties of calls.
pub const POT: AccountId = AccountId::new([7; 32]);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type BaseCallFilter = Filter;
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
	type BlockWeights = Weights;
	type DbWeight = RocksDbWeight;
}

parameter_types! {
	pub const ExistentialDeposit: u128 = ED;
	pub const PerByte: u128 = BYTE;
	pub const Base: u128 = BASE;
	pub const Treasury: AccountId = TREASURY;
	// Not in storage, since `integrity_test` reads them without any. Set back for each test.
	pub static FeeParts: u32 = FEE;
	pub static AuditParts: u32 = PARTS / 10;
	pub static MinReward: u128 = LEAST_REWARD;
	pub static MinBond: u128 = LEAST_BOND;
	pub static HighValue: u128 = HIGH;
	pub static BlockMillis: u32 = MILLIS_A_BLOCK;
	pub static MinCommitWindow: u32 = MIN_COMMIT;
	pub static MaxCommitWindow: u32 = MAX_COMMIT;
	pub static RevealWindow: u32 = REVEAL;
	pub static ChallengeWindow: u32 = CHALLENGE;
	pub static HighValueChallengeWindow: u32 = HIGH_VALUE_CHALLENGE;
	pub static HeartbeatWindow: u32 = HEARTBEAT;
	pub static UnbondingPeriod: u32 = UNBONDING;
	pub static ReceiptLifetime: u32 = LIFETIME;
	pub static StepLifetime: u32 = STEP_LIVES;
	pub static MaxBlock: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	/// What each thing weighs that is asked of another pallet.
	pub static SeamWeight: Weight = Weight::zero();
	pub static LastBlockRandomness: Option<[u8; 32]> = None;
	pub static RetainLimit: u32 = u32::MAX;
	pub static LastReceipt: ReceiptId = ReceiptId::MAX;
	/// Whether calls of workers are stopped, as safe-mode could stop them.
	pub static WorkersStopped: bool = false;
	pub Weights: BlockWeights = BlockWeights::simple_max(MaxBlock::get());
}

/// Stops what workers send, if a test says so.
pub struct Filter;

impl Contains<RuntimeCall> for Filter {
	fn contains(call: &RuntimeCall) -> bool {
		let of_workers = matches!(
			call,
			RuntimeCall::Inference(
				Call::commit { .. } | Call::reveal { .. } | Call::heartbeat { .. }
			)
		);
		!(WorkersStopped::get() && of_workers)
	}
}

/// Sets what tests may change back to the defaults.
fn reset_parameters() {
	FeeParts::reset();
	AuditParts::reset();
	MinReward::reset();
	MinBond::reset();
	HighValue::reset();
	BlockMillis::reset();
	MinCommitWindow::reset();
	MaxCommitWindow::reset();
	RevealWindow::reset();
	ChallengeWindow::reset();
	HighValueChallengeWindow::reset();
	HeartbeatWindow::reset();
	UnbondingPeriod::reset();
	ReceiptLifetime::reset();
	StepLifetime::reset();
	MaxBlock::reset();
	LastBlockRandomness::reset();
	RetainLimit::reset();
	LastReceipt::reset();
	WorkersStopped::reset();
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Test {
	type OnChargeTransaction = pallet_transaction_payment::FungibleAdapter<Balances, ()>;
	type WeightToFee = IdentityFee<u128>;
	type LengthToFee = IdentityFee<u128>;
}

impl Config for Test {
	type Currency = Balances;
	type DepositPrice = LinearStoragePrice<Base, PerByte, u128>;
	type Listings = Registry;
	type Licences = Calls;
	type Reputation = Reputation;
	type LastBlockRandomness = LastBlockRandomness;
	type FeeParts = FeeParts;
	type Treasury = Treasury;
	type AuditParts = AuditParts;
	type MinReward = MinReward;
	type MinBond = MinBond;
	type HighValue = HighValue;
	type BlockMillis = BlockMillis;
	type MinCommitWindow = MinCommitWindow;
	type MaxCommitWindow = MaxCommitWindow;
	type RevealWindow = RevealWindow;
	type ChallengeWindow = ChallengeWindow;
	type HighValueChallengeWindow = HighValueChallengeWindow;
	type HeartbeatWindow = HeartbeatWindow;
	type UnbondingPeriod = UnbondingPeriod;
	type ReceiptLifetime = ReceiptLifetime;
	type StepLifetime = StepLifetime;
	type StepPriority = ConstU64<STEP_PRIORITY>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Registry;
}

impl<C> frame_system::offchain::CreateTransactionBase<C> for Test
where
	RuntimeCall: From<C>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<C> frame_system::offchain::CreateTransaction<C> for Test
where
	RuntimeCall: From<C>,
{
	type Extension = TxExtension;

	fn create_transaction(call: RuntimeCall, extension: TxExtension) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_transaction(call, extension)
	}
}

impl<C> CreateAuthorizedTransaction<C> for Test
where
	RuntimeCall: From<C>,
{
	fn create_extension() -> TxExtension {
		(
			frame_system::AuthorizeCall::new(),
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckEra::from(generic::Era::Immortal),
			frame_system::CheckNonce::from(0),
			frame_system::CheckWeight::new(),
			pallet_transaction_payment::ChargeTransactionPayment::from(0),
			frame_system::WeightReclaim::new(),
		)
	}
}

/// Listings kept in storage, so that what a refused call did to them is undone as well.
pub struct Registry;

/// What a version says.
#[derive(Clone, Encode, Decode)]
pub struct MockVersion {
	pub yanked: bool,
	pub answers: Answers,
	pub serving: Serving,
	/// Who gets how many parts of the price of a call.
	pub table: Vec<Share>,
}

const ANSWERS: Answers = Answers {
	class: AnswerClass::BitExact,
	tau: 8,
	max_latency_ms: 30_000,
	input_limit: 1 << 20,
};

/// A version that anyone serves and whose outputs must be equal.
pub const EXACT: MockVersion = MockVersion {
	yanked: false,
	answers: ANSWERS,
	serving: Serving::Anyone,
	table: Vec::new(),
};

/// A version that anyone serves and whose fingerprints must be alike.
pub const TOLERANT: MockVersion = MockVersion {
	yanked: false,
	answers: Answers {
		class: AnswerClass::Tolerant,
		..ANSWERS
	},
	serving: Serving::Anyone,
	table: Vec::new(),
};

#[storage_alias]
type Owners = StorageMap<Mock, Twox64Concat, ListingId, AccountId>;
#[storage_alias]
type Versions = StorageMap<Mock, Twox64Concat, ListingId, Vec<Option<MockVersion>>, ValueQuery>;
#[storage_alias]
type Retained = StorageMap<Mock, Twox64Concat, ListingId, u32, ValueQuery>;

impl Registry {
	/// Lists something of `owner` with these versions.
	pub fn list(listing: ListingId, owner: AccountId, versions: &[MockVersion]) {
		Owners::insert(listing, owner);
		let versions: Vec<_> = versions.iter().cloned().map(Some).collect();
		Versions::insert(listing, versions);
	}

	/// Adds the newest version.
	pub fn publish(listing: ListingId, version: MockVersion) {
		Versions::mutate(listing, |versions| versions.push(Some(version)));
	}

	pub fn yank(listing: ListingId, version: VersionNumber) {
		Versions::mutate(listing, |versions| {
			versions[version as usize - 1].as_mut().unwrap().yanked = true;
		});
	}

	pub fn remove_version(listing: ListingId, version: VersionNumber) {
		Versions::mutate(listing, |versions| versions[version as usize - 1] = None);
	}

	pub fn delist(listing: ListingId) {
		Owners::remove(listing);
		Versions::remove(listing);
	}

	/// How many open jobs keep the listing.
	pub fn retained(listing: ListingId) -> u32 {
		Retained::get(listing)
	}

	fn version(listing: ListingId, version: VersionNumber) -> Option<MockVersion> {
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
		let found = Self::version(listing, version)?;
		Some(VersionTerms {
			yanked: found.yanked,
			table: found.table,
			serving: found.serving,
			answers: found.answers,
			manifest: ContentId::of_raw_block(&(b"manifest", listing, version).encode()),
			artifact_root: blake2_256(&(b"artifacts", listing, version).encode()),
			sealed: None,
		})
	}

	fn is_for_sale(listing: ListingId, version: VersionNumber) -> bool {
		Self::version(listing, version).is_some_and(|found| !found.yanked)
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
		SeamWeight::get()
	}

	fn retain_weight() -> Weight {
		SeamWeight::get()
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for Registry {
	fn listing(owner: &AccountId, serving: Serving) -> (ListingId, OfferId) {
		let listing = Owners::iter_keys().max().unwrap_or_default() + 1;
		let payee = |payee| Share {
			listing: payee,
			parts: PARTS / 100,
		};
		let table = (1_000..1_016).map(payee).collect();
		Self::list(
			listing,
			owner.clone(),
			&[MockVersion {
				serving,
				table,
				..EXACT
			}],
		);
		Calls::offer(listing, 1, CALL_PRICE);
		(listing, 1)
	}

	fn license(worker: &AccountId, listing: ListingId) {
		let first = Licences::iter_keys().max().unwrap_or_default() + 1;
		for (licence, rights) in (first..).zip([Rights::Use, Rights::Use, Rights::Serve]) {
			Calls::grant(
				licence,
				MockLicence {
					holder: worker.clone(),
					listing,
					versions: (1, 1),
					rights,
					calls_left: None,
				},
			);
		}
	}

	fn begin_epoch() {}
}

/// Licences and offers of single calls, with money that really moves.
pub struct Calls;

/// A licence of the mock.
#[derive(Clone, Encode, Decode)]
pub struct MockLicence {
	pub holder: AccountId,
	pub listing: ListingId,
	/// First and last version covered.
	pub versions: (VersionNumber, VersionNumber),
	pub rights: Rights,
	pub calls_left: Option<u32>,
}

#[storage_alias]
type Licences = StorageMap<Mock, Twox64Concat, LicenceId, MockLicence>;
#[storage_alias]
type CallPrices = StorageDoubleMap<Mock, Twox64Concat, ListingId, Twox64Concat, OfferId, u128>;
#[storage_alias]
type ReceiptCount = StorageValue<Mock, ReceiptId, ValueQuery>;

/// Why the mock refuses a call.
pub const NO_ACCESS: DispatchError = DispatchError::Other("no access");
/// Why the mock cannot pay for a call.
pub const OWNER_CANNOT_RECEIVE: DispatchError = DispatchError::Other("owner cannot receive");

impl Calls {
	pub fn grant(licence: LicenceId, terms: MockLicence) {
		Licences::insert(licence, terms);
	}

	/// Opens an offer of the term `PerCall`.
	pub fn offer(listing: ListingId, offer: OfferId, price: u128) {
		CallPrices::insert(listing, offer, price);
	}

	pub fn calls_left(licence: LicenceId) -> Option<u32> {
		Licences::get(licence).unwrap().calls_left
	}
}

impl MockLicence {
	fn allows(
		&self,
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> bool {
		self.holder == *who
			&& self.listing == listing
			&& (self.versions.0..=self.versions.1).contains(&version)
			&& self.rights.allows(right)
			&& self.calls_left != Some(0)
	}
}

impl LicenceCheck<AccountId> for Calls {
	fn has_licence(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> bool {
		Licences::iter_values().any(|licence| licence.allows(who, listing, version, right))
	}

	fn has_licence_weight() -> Weight {
		SeamWeight::get()
	}
}

impl CallSales<AccountId> for Calls {
	fn call_terms(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		access: Access,
	) -> Result<CallTerms, DispatchError> {
		match access {
			Access::Owner if Owners::get(listing).as_ref() == Some(who) => Ok(CallTerms::default()),
			Access::Licence(id) => Licences::get(id)
				.filter(|licence| licence.allows(who, listing, version, Right::Use))
				.map(|_| CallTerms::default())
				.ok_or(NO_ACCESS),
			Access::Offer(id) => Ok(CallTerms {
				price: CallPrices::get(listing, id).ok_or(NO_ACCESS)?,
				royalties: Registry::version(listing, version).ok_or(NO_ACCESS)?.table,
			}),
			Access::Owner => Err(NO_ACCESS),
		}
	}

	fn take_call(
		who: &AccountId,
		listing: ListingId,
		version: VersionNumber,
		access: Access,
	) -> Result<CallTerms, DispatchError> {
		let terms = Self::call_terms(who, listing, version, access)?;
		count_call(access, |calls| calls - 1);
		Ok(terms)
	}

	fn give_back_call(access: Access) {
		count_call(access, |calls| calls + 1);
	}

	fn pay_call(
		payer: &AccountId,
		owner: &AccountId,
		_: ListingId,
		terms: &CallTerms,
		fee_parts: u32,
		_: ReceiptId,
	) -> Result<(), DispatchError> {
		let parts = royalty::split(terms.price, fee_parts, &terms.royalties);
		let paid = Balances::withdraw(payer, terms.price, Exact, Preserve, Polite)?;
		let (to_owner, rest) = paid.split(parts.to_owner);
		let (to_treasury, rest) = rest.split(parts.fee_treasury);
		let (to_pot, burned) = rest.split(parts.royalty_total());
		assert_eq!(burned.peek(), parts.fee_burned);
		Balances::resolve(owner, to_owner).map_err(|_| OWNER_CANNOT_RECEIVE)?;
		Balances::resolve(&TREASURY, to_treasury).expect("the treasury exists");
		Balances::resolve(&POT, to_pot).expect("the pot exists");
		Ok(())
	}

	fn take_call_weight() -> Weight {
		SeamWeight::get()
	}

	fn pay_call_weight() -> Weight {
		SeamWeight::get()
	}
}

fn count_call(access: Access, change: impl Fn(u32) -> u32) {
	if let Access::Licence(id) = access {
		Licences::mutate_extant(id, |licence| {
			licence.calls_left = licence.calls_left.map(change);
		});
	}
}

impl ReceiptNumbers for Calls {
	fn next_receipt() -> Option<ReceiptId> {
		let next = ReceiptCount::get() + 1;
		(next <= LastReceipt::get()).then(|| {
			ReceiptCount::put(next);
			next
		})
	}

	fn next_receipt_weight() -> Weight {
		SeamWeight::get()
	}
}

/// Scores that tests set, and a list of what was recorded.
pub struct Reputation;

#[storage_alias]
type Scores = StorageMap<Mock, Blake2_128Concat, AccountId, u32>;
#[storage_alias]
type Records = StorageValue<Mock, Vec<(AccountId, bool, u128)>, ValueQuery>;
#[storage_alias]
type Settlements = StorageValue<Mock, Vec<(ListingId, AccountId, u128)>, ValueQuery>;

impl Reputation {
	pub fn set_score(worker: &AccountId, score: u32) {
		Scores::insert(worker, score);
	}

	/// The jobs that were paid for so far, oldest first: listing, seller and fee.
	pub fn settlements() -> Vec<(ListingId, AccountId, u128)> {
		Settlements::get()
	}

	/// What was recorded so far, oldest first: worker, verdict and fee.
	pub fn recorded() -> Vec<(AccountId, WorkerVerdict, u128)> {
		Records::get()
			.into_iter()
			.map(|(worker, agreed, fee)| match agreed {
				true => (worker, WorkerVerdict::Agreed, fee),
				false => (worker, WorkerVerdict::Failed, fee),
			})
			.collect()
	}
}

impl RecordReputation<AccountId> for Reputation {
	fn worker_score(worker: &AccountId) -> u32 {
		Scores::get(worker).unwrap_or(PARTS)
	}

	fn record_worker(worker: &AccountId, verdict: WorkerVerdict, fee: u128) {
		Records::append((worker, verdict == WorkerVerdict::Agreed, fee));
	}

	fn rater_score(_: &AccountId) -> u32 {
		PARTS
	}

	fn record_settlement(listing: ListingId, seller: &AccountId, fee: u128) {
		Settlements::append((listing, seller, fee));
	}

	fn record_rater(_: &AccountId, _: u32, _: u128) {}

	fn score_weight() -> Weight {
		SeamWeight::get()
	}

	fn record_settlement_weight() -> Weight {
		SeamWeight::get()
	}

	fn record_worker_weight() -> Weight {
		SeamWeight::get()
	}
}

// ---- the chain ----

/// Block 1 of a chain on which the named accounts have [`ENDOWMENT`] each.
pub fn new_test_ext() -> sp_io::TestExternalities {
	reset_parameters();
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: [ALICE, BOB, CAROL, DAVE, TREASURY, POT]
				.map(|who| (who, ENDOWMENT))
				.to_vec(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(next_block);
	ext
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
	Inference::check_invariants().unwrap();
	assert_eq!(Inference::retained(), Retained::iter().collect());
	let accounts = frame_system::Account::<Test>::iter_values();
	let total: u128 = accounts
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(Balances::total_issuance(), total);
}

#[storage_alias]
type Planned = StorageMap<Mock, Twox64Concat, u32, Option<[u8; 32]>>;

/// What the author of `block` puts into it, or put: a hash of the number unless a test planned
/// something else.
pub fn randomness_of(block: u32) -> Option<[u8; 32]> {
	Planned::get(block).unwrap_or_else(|| Some(blake2_256(&block.encode())))
}

/// Plans what the author of `block` puts into it; none for a block without a VRF output.
pub fn plan_randomness(block: u32, output: Option<[u8; 32]>) {
	Planned::insert(block, output);
}

/// Ends this block and begins the next.
pub fn next_block() {
	let last = System::block_number();
	let parent = match last {
		0 => GENESIS,
		_ => H256(blake2_256(&(b"block", last).encode())),
	};
	LastBlockRandomness::set(randomness_of(last));
	System::initialize(&(last + 1), &parent, &Default::default());
	<AllPalletsWithSystem as OnInitialize<u32>>::on_initialize(last + 1);
	System::note_finished_initialize();
}

/// Runs this many blocks.
pub fn forward(blocks: u32) {
	(0..blocks).for_each(|_| next_block());
}

/// Runs blocks until the given one has begun.
pub fn at(block: u32) {
	forward(block.checked_sub(System::block_number()).unwrap());
}

/// Runs blocks until no job is open.
pub fn settle() {
	for _ in 0..10 * UNBONDING {
		if Jobs::<Test>::iter_keys().next().is_none() {
			return;
		}
		next_block();
	}
	panic!("a job does not end");
}

/// Takes a job off its queue, as if its deadline had found no room: it waits for a poke.
pub fn lose(id: JobId) {
	Jobs::<Test>::mutate_extant(id, |job| Inference::unschedule(id, job.queued.take()));
}

/// The same for all jobs that are due in a block.
pub fn lose_all(block: u32) {
	for id in Due::<Test>::get(block) {
		lose(id);
	}
}

pub fn free(who: &AccountId) -> u128 {
	Balances::balance(who)
}

pub fn held(who: &AccountId, reason: HoldReason) -> u128 {
	Balances::balance_on_hold(&reason.into(), who)
}

pub fn worker_deposit() -> u128 {
	deposit::<Test>(worker_footprint::<Test>())
}

pub fn ask_deposit() -> u128 {
	deposit::<Test>(footprint_of::<AskOf<Test>>())
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// The events of this pallet so far, oldest first.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet()
}

pub fn last_event() -> Event<Test> {
	events().pop().expect("something happened")
}

// ---- workers ----

/// The account of worker `number`.
pub fn worker(number: u32) -> AccountId {
	AccountId::new(blake2_256(&(b"worker", number).encode()))
}

/// The pair with which `who` signs unless a test changes it.
pub fn pair_of(who: &AccountId) -> sr25519::Pair {
	sr25519::Pair::from_seed(&blake2_256(who.as_ref()))
}

/// A pair that belongs to nobody.
pub fn other_pair(seed: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[seed; 32])
}

pub fn key_of(pair: &sr25519::Pair) -> WorkerId {
	pair.public().into()
}

/// The proof that `who` has the secret of `pair`.
pub fn proof(pair: &sr25519::Pair, who: &AccountId) -> WorkerSignature {
	pair.sign(&signed_bytes(KEY_DOMAIN, GENESIS, who)).into()
}

/// Registers `who` with its own pair.
pub fn register(who: &AccountId, bond: u128) -> DispatchResult {
	let pair = pair_of(who);
	Inference::register_worker(signed(who.clone()), key_of(&pair), proof(&pair, who), bond)
}

/// Makes `who` rich and a worker that serves `listing`; the test takes that for granted.
pub fn enlist(who: &AccountId, listing: ListingId, bond: u128, min_reward: u128) {
	Balances::mint_into(who, bond + ENDOWMENT).unwrap();
	if !Workers::<Test>::contains_key(who) {
		register(who, bond).unwrap();
	}
	Inference::serve(signed(who.clone()), listing, min_reward).unwrap();
}

/// Workers `1..=count`, who serve `listing` for [`REWARD`] with [`BOND`] each.
pub fn enlisted(listing: ListingId, count: u32) -> Vec<AccountId> {
	let workers: Vec<_> = (1..=count).map(worker).collect();
	for who in &workers {
		enlist(who, listing, BOND, REWARD);
	}
	workers
}

/// The record of a worker that the test takes for granted.
pub fn record_of(who: &AccountId) -> WorkerOf<Test> {
	Workers::<Test>::get(who).unwrap()
}

// ---- requests ----

/// Alice's listing 1 with one version, [`EXACT`], and offer 1 of calls for [`CALL_PRICE`].
pub fn plain_listing() -> ListingId {
	Registry::list(1, ALICE, &[EXACT]);
	Calls::offer(1, 1, CALL_PRICE);
	1
}

/// What a requester says.
#[derive(Clone)]
pub struct Asking {
	pub who: AccountId,
	pub listing: ListingId,
	pub version: VersionNumber,
	pub mode: Mode,
	pub access: Access,
	pub reward: u128,
}

/// Bob asks [`plain_listing`] with a quorum of three.
pub const ASKING: Asking = Asking {
	who: BOB,
	listing: 1,
	version: 1,
	mode: Mode::QuorumOfThree,
	access: Access::Offer(1),
	reward: REWARD,
};

/// The bytes of the input that all requests name.
pub const INPUT: &[u8] = br#"{"inputs":[]}"#;

pub fn ask(asking: Asking) -> DispatchResult {
	let input = ContentId::of_raw_block(INPUT);
	let done = Inference::request(
		signed(asking.who),
		asking.listing,
		asking.version,
		asking.mode,
		asking.access,
		asking.reward,
		input.to_text().into_bytes().try_into().unwrap(),
		H256(input.digest),
	);
	done.map(|_| ()).map_err(|refused| {
		let weight = Some(Inference::request_weight());
		assert_eq!(refused.post_info.actual_weight, weight);
		refused.error
	})
}

/// Pushes a job on; one that is refused pays for a look at the job alone.
pub fn poke(who: AccountId, id: JobId) -> DispatchResult {
	let done = Inference::poke(signed(who), id);
	done.map(|_| ()).map_err(|refused| {
		let weight = Some(<() as WeightInfo>::queue_visit());
		assert_eq!(refused.post_info.actual_weight, weight);
		refused.error
	})
}

/// Asks what the test takes for granted and answers with the number of the job.
pub fn asked(asking: Asking) -> JobId {
	let id = NextJob::<Test>::get();
	ask(asking).unwrap();
	id
}

pub fn job(id: JobId) -> JobOf<Test> {
	Jobs::<Test>::get(id).unwrap()
}

/// The seats of a panel; none if it was not drawn.
pub fn panel(id: JobId, round: Round) -> Vec<SeatOf<Test>> {
	Panels::<Test>::get(id, round)
		.map(|seats| seats.into_inner())
		.unwrap_or_default()
}

/// Who sits on a panel, in the order drawn.
pub fn seats(id: JobId, round: Round) -> Vec<AccountId> {
	panel(id, round)
		.into_iter()
		.map(|seat| seat.worker)
		.collect()
}

/// Runs blocks until the panel is drawn and answers with who sits on it.
pub fn drawn(id: JobId, round: Round) -> Vec<AccountId> {
	for _ in 0..=SEED_BLOCKS {
		next_block();
		let seats = seats(id, round);
		if !seats.is_empty() {
			return seats;
		}
	}
	panic!("nobody was drawn");
}

// ---- what workers say ----

/// An answer with its output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
	pub answer: Answer,
	/// As the reveal carries it.
	pub output: InlineOutput,
}

/// Answer `number`; two of them differ in output and in fingerprint. The output is in the reveal
/// and long enough to be found by its hash.
pub fn says(number: u8) -> Said {
	let output = vec![number; 40];
	Said {
		answer: Answer {
			status: Status::Ok,
			output_hash: H256(sha2_256(&output)),
			fingerprint: blake2_256(&[number]),
			statement: H256::repeat_byte(number),
		},
		output: output.try_into().unwrap(),
	}
}

/// Answer `number` with an output that is too large for a reveal.
pub fn says_large(number: u8) -> Said {
	Said {
		output: InlineOutput::new(),
		..says(number)
	}
}

/// An answer with the fingerprint of answer `number` and another output.
pub fn says_near(number: u8) -> Said {
	let mut said = says(!number);
	said.answer.fingerprint = says(number).answer.fingerprint;
	said
}

/// An answer without an output.
pub fn says_no(status: Status) -> Said {
	Said {
		answer: Answer {
			status,
			output_hash: H256::zero(),
			fingerprint: Default::default(),
			statement: H256::zero(),
		},
		output: InlineOutput::new(),
	}
}

/// The answer as `who` gives it: each worker makes a statement of its own.
pub fn answer_of(who: &AccountId, said: &Said) -> Answer {
	Answer {
		statement: match said.answer.status {
			Status::Ok => H256(blake2_256(&(said.answer.statement, who).encode())),
			Status::InputUnavailable | Status::ModelError => H256::zero(),
		},
		..said.answer
	}
}

/// What `who` shows to say this in a job.
pub fn reveal_of(id: JobId, round: Round, who: &AccountId, said: &Said) -> Reveal {
	Reveal {
		answer: answer_of(who, said),
		salt: H256(blake2_256(&(b"salt", id, round, who).encode())),
		output: said.output.clone(),
	}
}

/// What `who` commits to before.
pub fn commitment_of(id: JobId, round: Round, who: &AccountId, said: &Said) -> H256 {
	let shown = reveal_of(id, round, who, said);
	let key = key_hash(&key_of(&pair_of(who)));
	commitment(
		job(id).request_hash,
		&key.0,
		round,
		&shown.answer,
		shown.salt,
	)
}

/// A step that `who` signs now.
pub fn step_of(id: JobId, round: Round, who: &AccountId) -> Step {
	Step {
		job: id,
		request_hash: job(id).request_hash,
		round,
		worker: key_hash(&key_of(&pair_of(who))),
		at: System::block_number(),
	}
}

pub fn commit_call(step: Step, commitment: H256, pair: &sr25519::Pair) -> RuntimeCall {
	let said = signed_bytes(COMMIT_DOMAIN, GENESIS, (step, commitment));
	RuntimeCall::Inference(Call::commit {
		step,
		commitment,
		signature: pair.sign(&said).into(),
	})
}

pub fn reveal_call(step: Step, reveal: Reveal, pair: &sr25519::Pair) -> RuntimeCall {
	let said = signed_bytes(REVEAL_DOMAIN, GENESIS, (step, &reveal));
	RuntimeCall::Inference(Call::reveal {
		step,
		reveal,
		signature: pair.sign(&said).into(),
	})
}

pub fn heartbeat_call(pair: &sr25519::Pair, at: u32) -> RuntimeCall {
	let worker = key_of(pair);
	let said = signed_bytes(HEARTBEAT_DOMAIN, GENESIS, (&worker, at));
	RuntimeCall::Inference(Call::heartbeat {
		worker,
		at,
		signature: pair.sign(&said).into(),
	})
}

/// What came of a free transaction.
#[derive(Debug)]
pub struct Submission {
	/// What the pool said, which looks at it as if in the next block.
	pub validity: TransactionValidity,
	/// What this block did.
	pub applied: ApplyExtrinsicResult,
}

impl Submission {
	/// What the pool knows of it, if both took it.
	pub fn taken(self) -> ValidTransaction {
		assert_eq!(self.applied, Ok(Ok(())));
		self.validity.unwrap()
	}

	/// Why the pool refused it, if the block did as well.
	pub fn refused(self) -> TransactionValidityError {
		let why = self.validity.unwrap_err();
		assert_eq!(self.applied, Err(why));
		why
	}
}

/// The call as an authorised general transaction.
pub fn general(call: RuntimeCall) -> UncheckedExtrinsic {
	let extension = <Test as CreateAuthorizedTransaction<Call<Test>>>::create_extension();
	UncheckedExtrinsic::new_transaction(call, extension)
}

/// What the pool says of a call from the network, without a trace in state.
pub fn validate(call: RuntimeCall) -> TransactionValidity {
	with_transaction(|| {
		let parent = H256(blake2_256(b"parent"));
		let said =
			Executive::validate_transaction(TransactionSource::External, general(call), parent);
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(said))
	})
	.unwrap()
}

/// What this block does with a call; nothing is left of one that it refuses.
pub fn apply(call: RuntimeCall) -> ApplyExtrinsicResult {
	with_transaction(|| match Executive::apply_extrinsic(general(call)) {
		Err(refused) => TransactionOutcome::Rollback(Ok::<_, DispatchError>(Err(refused))),
		Ok(outcome) => TransactionOutcome::Commit(Ok(Ok(outcome))),
	})
	.unwrap()
}

/// Asks the pool about a call and puts it into this block.
pub fn submit(call: RuntimeCall) -> Submission {
	Submission {
		validity: validate(call.clone()),
		applied: apply(call),
	}
}

/// `who` commits to an answer.
pub fn commit(id: JobId, round: Round, who: &AccountId, said: &Said) -> Submission {
	submit(commit_call(
		step_of(id, round, who),
		commitment_of(id, round, who, said),
		&pair_of(who),
	))
}

/// `who` shows an answer.
pub fn reveal(id: JobId, round: Round, who: &AccountId, said: &Said) -> Submission {
	submit(reveal_call(
		step_of(id, round, who),
		reveal_of(id, round, who, said),
		&pair_of(who),
	))
}

/// `who` gives a sign of life.
pub fn heartbeat(who: &AccountId) -> Submission {
	submit(heartbeat_call(&pair_of(who), System::block_number()))
}

/// The whole panel answers, each seat in the order drawn with its part of `said`: commits if there
/// is something to hide, then shows.
pub fn play(id: JobId, round: Round, said: &[Said]) {
	let seats = seats(id, round);
	assert_eq!(seats.len(), said.len());
	if matches!(
		job(id).phase,
		Phase::Committing { .. } | Phase::JuryCommitting { .. }
	) {
		for (who, said) in seats.iter().zip(said) {
			commit(id, round, who, said).taken();
		}
	}
	for (who, said) in seats.iter().zip(said) {
		reveal(id, round, who, said).taken();
	}
}
