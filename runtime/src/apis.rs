//! What the outside may ask the runtime: the node's own questions, and the market's.

use alloc::vec::Vec;

use codec::Encode;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::KeyOwnerProofSystem,
	weights::Weight,
};
use pallet_delivery::{DeliveryView, SellerView};
use pallet_feedback::{CampaignView, ItemView, LabelView, RaterView, ShareView};
use pallet_inference::{
	JobQuote, JobView, QuoteError as JobQuoteError, ReceiptView as JobReceiptView, ServingView,
	WorkerView,
};
use pallet_licensing::{LicenceView, OfferView, Quote, QuoteError, ReceiptView};
use pallet_listings::{LineageEntry, ListingPage, ListingView, VersionView};
use pallet_reputation::{RatingRefusal, RatingView, ReputationView};
use sp_api::{decl_runtime_apis, impl_runtime_apis};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_core::{crypto::KeyTypeId, OpaqueMetadata, H256};
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_version::RuntimeVersion;
use weighhouse_primitives::{
	feedback::CampaignId,
	inference::{Access, JobId, Mode},
	market::Right,
	LicenceId, ListingId, OfferId, ReceiptId, VersionNumber,
};

use crate::{
	configs::consensus::KeyOwners,
	constants::time::EPOCH_SLOTS,
	figures::{self, MarketFigures},
	genesis_config_presets, AccountId, Babe, BabeId, Balance, Block, BlockNumber, Delivery,
	Executive, Feedback, Grandpa, GrandpaId, Inference, InherentDataExt, Licensing, Listings,
	Nonce, Reputation, Runtime, RuntimeCall, RuntimeGenesisConfig, SessionKeys, System,
	TransactionPayment, VERSION,
};

/// A quarter of the slots has a primary author; the others fall to secondary ones, who carry a VRF
/// too, since the market draws from it.
pub const EPOCH_CONFIG: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (1, 4),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

decl_runtime_apis! {
	/// Reads of what is offered and where it came from.
	pub trait ListingsApi {
		/// The listing `id`, if it exists.
		fn listing(id: ListingId) -> Option<ListingView<AccountId>>;
		/// At most `limit` (100) listings from the id `from` upwards, and where to go on.
		fn listings(from: ListingId, limit: u32) -> ListingPage<AccountId>;
		/// One version of a listing, if it exists.
		fn version(id: ListingId, version: VersionNumber) -> Option<VersionView<BlockNumber>>;
		/// The earliest version with this artifact root, and the block since which it is known.
		fn by_artifact_root(root: H256) -> Option<(ListingId, VersionNumber, BlockNumber)>;
		/// The ancestors of a version, nearest first.
		fn lineage(id: ListingId, version: VersionNumber) -> Vec<LineageEntry>;
	}

	/// Reads of who may use what, and of who is paid for it.
	pub trait LicensingApi {
		/// At most `limit` (100) open offers of a listing that follow the offer `after` (0: from the start).
		fn offers(listing: ListingId, after: OfferId, limit: u32) -> Vec<OfferView<AccountId, BlockNumber>>;
		/// What buying an offer costs and who gets which part of it.
		fn quote(listing: ListingId, offer: OfferId) -> Result<Quote<AccountId>, QuoteError>;
		/// An account's licences of at most `limit` (100) listings that follow the listing `after` (0: from the start).
		fn licences_of(account: AccountId, after: ListingId, limit: u32) -> Vec<LicenceView<AccountId, BlockNumber>>;
		/// The licence `id`, if it exists.
		fn licence(id: LicenceId) -> Option<LicenceView<AccountId, BlockNumber>>;
		/// Whether an account may use a version for `right` now.
		fn has_licence(account: AccountId, listing: ListingId, version: VersionNumber, right: Right) -> bool;
		/// Royalties that wait for a listing's owner to claim them.
		fn accrued(listing: ListingId) -> Balance;
		/// The receipt `id`, if it still exists.
		fn receipt(id: ReceiptId) -> Option<ReceiptView<AccountId, BlockNumber>>;
	}

	/// Reads of who answers, what an answer costs and what came of it.
	pub trait InferenceApi {
		/// The worker of an account, if it is one.
		fn worker(account: AccountId) -> Option<WorkerView<AccountId, BlockNumber>>;
		/// Who serves a listing, with the weight that each has in a draw for `reward`.
		fn serving(listing: ListingId, reward: Balance) -> Vec<ServingView<AccountId>>;
		/// The open job `id`, if there is one.
		fn job(id: JobId) -> Option<JobView<AccountId, BlockNumber>>;
		/// What a job would cost from the standing asks.
		fn quote(
			requester: AccountId,
			listing: ListingId,
			version: VersionNumber,
			mode: Mode,
			access: Access,
		) -> Result<JobQuote, JobQuoteError>;
		/// The receipt `id` of a job, if it still exists.
		fn receipt(id: ReceiptId) -> Option<JobReceiptView<AccountId, BlockNumber>>;
		/// At most `limit` (100) receipts of an account's requests that follow the receipt `after` (0: from the start).
		fn receipts_of(account: AccountId, after: ReceiptId, limit: u32) -> Vec<ReceiptId>;
		/// At most `limit` (100) receipts of an output that follow the receipt `after` (0: from the start).
		fn receipts_by_output(output_hash: H256, after: ReceiptId, limit: u32) -> Vec<ReceiptId>;
	}

	/// Reads of what others' money says.
	pub trait ReputationApi {
		/// Score of a listing now, and the evidence behind it.
		fn of_listing(listing: ListingId) -> ReputationView<BlockNumber>;
		/// Score of an account as a seller now, and the evidence behind it.
		fn of_seller(account: AccountId) -> ReputationView<BlockNumber>;
		/// Score of an account as a worker now, and the evidence behind it.
		fn of_worker(account: AccountId) -> ReputationView<BlockNumber>;
		/// Score of an account as a rater now, and the evidence behind it.
		fn of_rater(account: AccountId) -> ReputationView<BlockNumber>;
		/// The rating of a receipt, if there is one and it was not forgotten.
		fn rating(receipt: ReceiptId) -> Option<RatingView<AccountId, BlockNumber>>;
		/// The first block in which an account may no longer rate a receipt, or why it may not.
		fn may_rate(account: AccountId, receipt: ReceiptId) -> Result<BlockNumber, RatingRefusal>;
		/// The deposit that a rating holds, in the smallest unit.
		fn rating_deposit() -> Balance;
	}

	/// Reads of campaigns: what is asked, who answers, what came of it.
	pub trait FeedbackApi {
		/// The campaign `id`, if it still exists.
		fn campaign(id: CampaignId) -> Option<CampaignView<AccountId, BlockNumber>>;
		/// At most `limit` (100) items of a campaign from position `from`.
		fn items(id: CampaignId, from: u32, limit: u32) -> Vec<ItemView>;
		/// A rater in a campaign, with its items in the order in which they are to be shown.
		fn rater(id: CampaignId, account: AccountId) -> Option<RaterView<AccountId>>;
		/// At most `limit` (100) raters of a campaign from place `from`.
		fn raters(id: CampaignId, from: u32, limit: u32) -> Vec<RaterView<AccountId>>;
		/// What a rater can expect to be paid, by its own chance to be right and that of the others, in
		/// parts of 10^9.
		fn expected_pay(id: CampaignId, accuracy: u32, others: u32) -> Option<Balance>;
		/// What is known of at most `limit` (100) items of a settled campaign from position `from`.
		fn labels(id: CampaignId, from: u32, limit: u32) -> Vec<LabelView>;
		/// Who shares what the dataset of a campaign earns.
		fn dataset_shares(id: CampaignId) -> Vec<ShareView<AccountId>>;
		/// The account that owns the dataset of a campaign.
		fn pot_account(id: CampaignId) -> AccountId;
	}

	/// Reads of who waits for which key, and of who answers for it.
	pub trait DeliveryApi {
		/// The last delivery under a licence, if there is one.
		fn delivery(id: LicenceId) -> Option<DeliveryView<AccountId, BlockNumber>>;
		/// At most `limit` (100) deliveries that follow the one of the licence `after` (0: from the start).
		fn deliveries(after: LicenceId, limit: u32) -> Vec<DeliveryView<AccountId, BlockNumber>>;
		/// The bond and the window of a seller, if it has a bond.
		fn seller(account: AccountId) -> Option<SellerView<BlockNumber>>;
		/// The deposit that a delivery holds, in the smallest unit.
		fn delivery_deposit() -> Balance;
		/// What another delivery of a key costs, in the smallest unit.
		fn repeat_fee() -> Balance;
	}

	/// Reads of the market as a whole.
	pub trait MarketApi {
		/// The market in figures, at a cost that does not grow with it.
		fn figures() -> MarketFigures;
	}
}

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block)
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			transaction: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, transaction, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch_config = Babe::epoch_config().unwrap_or(EPOCH_CONFIG);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: EPOCH_SLOTS.into(),
				c: epoch_config.c,
				authorities: Babe::authorities().to_vec(),
				randomness: Babe::randomness(),
				allowed_slots: epoch_config.allowed_slots,
			}
		}

		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}

		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}

		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}

		fn generate_key_ownership_proof(
			slot: sp_consensus_babe::Slot,
			authority: BabeId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			// Before the first block of a session, this proves the session before, which the chain would
			// refuse. Told that there is no proof, a node asks its best block.
			if slot >= Babe::current_epoch_start().saturating_add(EPOCH_SLOTS) {
				return None;
			}
			KeyOwners::prove((sp_consensus_babe::KEY_TYPE, authority))
				.map(|proof| sp_consensus_babe::OpaqueKeyOwnershipProof::new(proof.encode()))
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			proof: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
			key_owner_proof: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Babe::submit_unsigned_equivocation_report(proof, key_owner_proof.decode()?)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			proof: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(proof, key_owner_proof.decode()?)
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			authority: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			KeyOwners::prove((sp_consensus_grandpa::KEY_TYPE, authority))
				.map(|proof| sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> sp_session::OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(
			extrinsic: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(extrinsic, len)
		}

		fn query_fee_details(
			extrinsic: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_fee_details(extrinsic, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall> for Runtime {
		fn query_call_info(
			call: RuntimeCall,
			len: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, len)
		}

		fn query_call_fee_details(
			call: RuntimeCall,
			len: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get_preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_config_presets::preset_names()
		}
	}

	impl self::ListingsApi<Block> for Runtime {
		fn listing(id: ListingId) -> Option<ListingView<AccountId>> {
			Listings::listing(id)
		}

		fn listings(from: ListingId, limit: u32) -> ListingPage<AccountId> {
			Listings::listings(from, limit)
		}

		fn version(id: ListingId, version: VersionNumber) -> Option<VersionView<BlockNumber>> {
			Listings::version(id, version)
		}

		fn by_artifact_root(root: H256) -> Option<(ListingId, VersionNumber, BlockNumber)> {
			Listings::by_artifact_root(root)
		}

		fn lineage(id: ListingId, version: VersionNumber) -> Vec<LineageEntry> {
			Listings::lineage(id, version)
		}
	}

	impl self::LicensingApi<Block> for Runtime {
		fn offers(listing: ListingId, after: OfferId, limit: u32) -> Vec<OfferView<AccountId, BlockNumber>> {
			Licensing::offers(listing, after, limit)
		}

		fn quote(listing: ListingId, offer: OfferId) -> Result<Quote<AccountId>, QuoteError> {
			Licensing::quote(listing, offer)
		}

		fn licences_of(account: AccountId, after: ListingId, limit: u32) -> Vec<LicenceView<AccountId, BlockNumber>> {
			Licensing::licences_of(account, after, limit)
		}

		fn licence(id: LicenceId) -> Option<LicenceView<AccountId, BlockNumber>> {
			Licensing::licence(id)
		}

		fn has_licence(account: AccountId, listing: ListingId, version: VersionNumber, right: Right) -> bool {
			Licensing::has_licence(account, listing, version, right)
		}

		fn accrued(listing: ListingId) -> Balance {
			Licensing::accrued(listing)
		}

		fn receipt(id: ReceiptId) -> Option<ReceiptView<AccountId, BlockNumber>> {
			Licensing::receipt(id)
		}
	}

	impl self::InferenceApi<Block> for Runtime {
		fn worker(account: AccountId) -> Option<WorkerView<AccountId, BlockNumber>> {
			Inference::worker(account)
		}

		fn serving(listing: ListingId, reward: Balance) -> Vec<ServingView<AccountId>> {
			Inference::serving(listing, reward)
		}

		fn job(id: JobId) -> Option<JobView<AccountId, BlockNumber>> {
			Inference::job(id)
		}

		fn quote(
			requester: AccountId,
			listing: ListingId,
			version: VersionNumber,
			mode: Mode,
			access: Access,
		) -> Result<JobQuote, JobQuoteError> {
			Inference::quote(requester, listing, version, mode, access)
		}

		fn receipt(id: ReceiptId) -> Option<JobReceiptView<AccountId, BlockNumber>> {
			Inference::receipt(id)
		}

		fn receipts_of(account: AccountId, after: ReceiptId, limit: u32) -> Vec<ReceiptId> {
			Inference::receipts_of(account, after, limit)
		}

		fn receipts_by_output(output_hash: H256, after: ReceiptId, limit: u32) -> Vec<ReceiptId> {
			Inference::receipts_by_output(output_hash, after, limit)
		}
	}

	impl self::ReputationApi<Block> for Runtime {
		fn of_listing(listing: ListingId) -> ReputationView<BlockNumber> {
			Reputation::listing_reputation(listing)
		}

		fn of_seller(account: AccountId) -> ReputationView<BlockNumber> {
			Reputation::seller_reputation(account)
		}

		fn of_worker(account: AccountId) -> ReputationView<BlockNumber> {
			Reputation::worker_reputation(account)
		}

		fn of_rater(account: AccountId) -> ReputationView<BlockNumber> {
			Reputation::rater_reputation(account)
		}

		fn rating(receipt: ReceiptId) -> Option<RatingView<AccountId, BlockNumber>> {
			Reputation::rating(receipt)
		}

		fn may_rate(account: AccountId, receipt: ReceiptId) -> Result<BlockNumber, RatingRefusal> {
			Reputation::may_rate(account, receipt)
		}

		fn rating_deposit() -> Balance {
			Reputation::rating_deposit()
		}
	}

	impl self::FeedbackApi<Block> for Runtime {
		fn campaign(id: CampaignId) -> Option<CampaignView<AccountId, BlockNumber>> {
			Feedback::campaign(id)
		}

		fn items(id: CampaignId, from: u32, limit: u32) -> Vec<ItemView> {
			Feedback::items(id, from, limit)
		}

		fn rater(id: CampaignId, account: AccountId) -> Option<RaterView<AccountId>> {
			Feedback::rater(id, account)
		}

		fn raters(id: CampaignId, from: u32, limit: u32) -> Vec<RaterView<AccountId>> {
			Feedback::raters(id, from, limit)
		}

		fn expected_pay(id: CampaignId, accuracy: u32, others: u32) -> Option<Balance> {
			Feedback::expected_pay(id, accuracy, others)
		}

		fn labels(id: CampaignId, from: u32, limit: u32) -> Vec<LabelView> {
			Feedback::labels(id, from, limit)
		}

		fn dataset_shares(id: CampaignId) -> Vec<ShareView<AccountId>> {
			Feedback::dataset_shares(id)
		}

		fn pot_account(id: CampaignId) -> AccountId {
			Feedback::pot_account(id)
		}
	}

	impl self::DeliveryApi<Block> for Runtime {
		fn delivery(id: LicenceId) -> Option<DeliveryView<AccountId, BlockNumber>> {
			Delivery::delivery(id)
		}

		fn deliveries(after: LicenceId, limit: u32) -> Vec<DeliveryView<AccountId, BlockNumber>> {
			Delivery::deliveries(after, limit)
		}

		fn seller(account: AccountId) -> Option<SellerView<BlockNumber>> {
			Delivery::seller(account)
		}

		fn delivery_deposit() -> Balance {
			Delivery::delivery_deposit()
		}

		fn repeat_fee() -> Balance {
			Delivery::repeat_fee()
		}
	}

	impl self::MarketApi<Block> for Runtime {
		fn figures() -> MarketFigures {
			figures::market()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(extra: bool) -> (
			Vec<frame_benchmarking::BenchmarkList>,
			Vec<frame_support::traits::StorageInfo>,
		) {
			crate::benchmarks::metadata(extra)
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			crate::benchmarks::dispatch(config)
		}
	}

	// A panic here is how the tool that calls this learns of a failure.
	#[cfg(feature = "try-runtime")]
	#[allow(clippy::unwrap_used)]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks).unwrap();
			if checks.try_state() {
				crate::reconcile::check().unwrap();
			}
			(weight, crate::configs::system::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			let sums = select != frame_try_runtime::TryStateSelect::None;
			let weight =
				Executive::try_execute_block(block, state_root_check, signature_check, select)
					.unwrap();
			if sums {
				crate::reconcile::check().unwrap();
			}
			weight
		}
	}
}
