//! # Inference
//!
//! Paid answers of models, checked before anyone is paid. A requester puts money aside, drawn and
//! bonded workers answer, the chain compares the answers by itself, and the money follows the
//! verdict. What is left is a receipt.
//!
//! ## Lifecycle
//!
//! ```text
//! Open -> Committing -> Revealing ------------------------> Resolved -> Final
//!    `--> Revealing -> Sampling -> (Auditing ->) ----------'    |
//!         (one worker)                 |                      dispute
//!                                      `-> Summoning <----------'
//!                        JuryCommitting -> JuryRevealing -> Final | Refunded
//! ```
//!
//! A job whose end is decided is `Ending` for one block; only there money moves.
//!
//! Every phase has a deadline and a default; from most of them a default leads to `Refunded`. A phase
//! also ends as soon as all are in. Deadlines wait in bounded queues by block, which the chain works
//! off by itself, and anybody may [`poke`](Pallet::poke) a job that is due. No step needs an
//! off-chain worker at a given block.
//!
//! ## Identity
//!
//! A request is known by its hash over the parent block, the requester, their nonce and all
//! arguments. Whatever a worker signs, commits to or sends carries that hash, so nothing is of use
//! on another fork, another chain or for another request of the same number.
//!
//! ## Money
//!
//! - A request holds the rewards of all seats, the price of the call and, for a single worker, the
//!   reward of an auditor. What is not spent comes back when the job is over. The protocol fee is
//!   inside: half of it is burned, half goes to the treasury.
//! - A seat reserves [`RESERVE_REWARDS`] rewards of its worker's bond until the job is over. What it
//!   is found to have done decides what it earns or loses; nothing moves before the end.
//! - A challenger holds [`DISPUTE_REWARDS`] rewards. Jurors are paid out of the loser: the bond of
//!   the challenger or the slash of those who were wrong. What is left of either is burned; the
//!   requester never gets any of it.
//! - Records of workers, asks, jobs and receipts hold deposits, which come back with their removal.
//!
//! ## Seams
//!
//! Reads versions through [`ListingRegistry`] and retains a listing for each open job. Takes and pays
//! calls through [`CallSales`], asks [`LicenceCheck`] who may serve, takes the numbers of receipts
//! from [`ReceiptNumbers`], and tells [`RecordReputation`] how workers did.
//!
//! ## Off-chain worker
//!
//! A courier between the chain and the gateways of the workers whose keys the node holds, see
//! `courier`. Nothing that it submits is trusted. What came of its ways it counts in the node's own
//! storage, see [`weighhouse_primitives::courier`].
//!
//! ## Invariants
//!
//! - INV-1 What is held for escrow on any account is what its open jobs say.
//! - INV-2 What is held for bonds and challenges is what workers and jobs say.
//! - INV-3 A worker's reserve is the sum over its seats in open jobs, and its bond covers it.
//! - INV-4 Assignments name exactly the seats of open jobs.
//! - INV-5 A job has the panels that its phase needs, and no panel or output is without a job.
//! - INV-6 Keys and workers name each other.
//! - INV-7 Asks belong to workers, and each worker counts its own.
//! - INV-8 Deposits are what the records say.
//! - INV-9 Receipts and their two indices name each other.
//! - INV-10 Every listing of an open job exists.
//! - INV-11 A job waits in the queue of one block at most, the one that it says.
//!
//! [`ListingRegistry`]: weighhouse_primitives::traits::ListingRegistry
//! [`CallSales`]: weighhouse_primitives::traits::CallSales
//! [`LicenceCheck`]: weighhouse_primitives::traits::LicenceCheck
//! [`ReceiptNumbers`]: weighhouse_primitives::traits::ReceiptNumbers
//! [`RecordReputation`]: weighhouse_primitives::traits::RecordReputation

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects,
		clippy::as_conversions
	)
)]

extern crate alloc;

mod courier;
// The macro expands to casts and to `expect`.
#[allow(
	missing_docs,
	clippy::as_conversions,
	clippy::expect_used,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	clippy::arithmetic_side_effects
)]
pub mod crypto;
mod deadlines;
mod disputes;
mod draw;
mod events;
mod invariants;
mod receipts;
mod requests;
mod rounds;
mod settlement;
mod submissions;
mod types;
mod views;
pub mod weights;
mod windows;
mod workers;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
use frame_support::pallet_macros::import_section;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// Paid answers of models, checked before anyone is paid.
// The macros expand to casts of discriminants and to `expect` on names that the runtime gives;
// nothing here does either by hand. A request has as many arguments as it has terms.
#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	clippy::too_many_arguments
)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::crypto::{WorkerId, WorkerSignature};
	use alloc::vec::Vec;
	use frame_support::{
		dispatch::WithPostDispatchInfo,
		pallet_prelude::*,
		traits::{fungible, ConstU64, Footprint},
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use sp_core::H256;
	use sp_runtime::{traits::Convert, transaction_validity::TransactionPriority};
	use weighhouse_primitives::{
		inference::{Access, Ground, InlineOutput, JobId, Mode, Reveal, Round, Step},
		traits::{CallSales, LicenceCheck, ListingRegistry, ReceiptNumbers, RecordReputation},
		ListingId, ReceiptId, VersionNumber,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	/// What a chain must provide.
	#[pallet::config]
	pub trait Config:
		CreateAuthorizedTransaction<Call<Self>>
		+ frame_system::Config<RuntimeEvent: From<Event<Self>>, RuntimeCall: From<Call<Self>>>
	{
		/// The money of the chain.
		type Currency: fungible::Inspect<Self::AccountId, Balance = u128>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;

		/// What state costs: the deposit for a record of the given size in bytes.
		type DepositPrice: Convert<Footprint, u128> + 'static;

		/// Where listings are kept.
		type Listings: ListingRegistry<Self::AccountId>;

		/// Who may use and serve what, and who is paid for a call.
		type Licences: LicenceCheck<Self::AccountId> + CallSales<Self::AccountId> + ReceiptNumbers;

		/// What is remembered of workers.
		type Reputation: RecordReputation<Self::AccountId>;

		/// The VRF output of the author of the block before this one, if it carried one.
		type LastBlockRandomness: Get<Option<[u8; 32]>>;

		/// The protocol's part of rewards and calls, in parts per 10^9. More than
		/// [`MAX_FEE_PARTS`] counts as that.
		type FeeParts: Get<u32>;

		/// The account that gets half of the protocol fee.
		type Treasury: Get<Self::AccountId>;

		/// The chance that a single worker's answer is audited, in parts per 10^9.
		type AuditParts: Get<u32>;

		/// The smallest reward of a seat, in the smallest unit.
		type MinReward: Get<u128>;

		/// The smallest bond of a worker that is drawn, in the smallest unit.
		type MinBond: Get<u128>;

		/// Escrow above which a job has the long challenge window, in the smallest unit.
		type HighValue: Get<u128>;

		/// The time between two blocks, in milliseconds.
		#[pallet::constant]
		type BlockMillis: Get<u32>;

		/// The shortest window to commit, in blocks.
		#[pallet::constant]
		type MinCommitWindow: Get<BlockNumberFor<Self>>;

		/// The longest window to commit, in blocks.
		#[pallet::constant]
		type MaxCommitWindow: Get<BlockNumberFor<Self>>;

		/// The window to reveal, in blocks.
		#[pallet::constant]
		type RevealWindow: Get<BlockNumberFor<Self>>;

		/// The window to dispute an answer, in blocks.
		#[pallet::constant]
		type ChallengeWindow: Get<BlockNumberFor<Self>>;

		/// The window to dispute an answer of high value, in blocks.
		#[pallet::constant]
		type HighValueChallengeWindow: Get<BlockNumberFor<Self>>;

		/// The time in which a worker gives one sign of life, in blocks.
		#[pallet::constant]
		type HeartbeatWindow: Get<BlockNumberFor<Self>>;

		/// How long a bond takes to come back, in blocks: longer than any job takes.
		#[pallet::constant]
		type UnbondingPeriod: Get<BlockNumberFor<Self>>;

		/// How many blocks a receipt is kept before anybody may prune it.
		#[pallet::constant]
		type ReceiptLifetime: Get<BlockNumberFor<Self>>;

		/// How many blocks a signed step of a worker is good for.
		#[pallet::constant]
		type StepLifetime: Get<BlockNumberFor<Self>>;

		/// Priority of workers' free transactions: above tips, below reports of offences.
		#[pallet::constant]
		type StepPriority: Get<TransactionPriority>;

		/// Cost of the calls.
		type WeightInfo: WeightInfo;

		/// Prepares listings and licences for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The inference pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What this pallet holds money for.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Bond of a worker, until it is withdrawn or slashed.
		Bond,
		/// What a requester put aside for a job.
		Escrow,
		/// What a challenger put aside for a jury.
		Challenge,
		/// Deposit for the record of a worker.
		Worker,
		/// Deposit for a worker's price for a listing.
		Ask,
		/// Deposit for the state of a job.
		Job,
		/// Deposit for the receipt of a job.
		Receipt,
	}

	/// Workers by account.
	#[pallet::storage]
	pub type Workers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, WorkerOf<T>>;

	/// The account of each worker key.
	#[pallet::storage]
	pub type KeyOwners<T: Config> = StorageMap<_, Blake2_128Concat, WorkerId, T::AccountId>;

	/// Who serves a listing, and for how much.
	#[pallet::storage]
	pub type Asks<T: Config> = StorageMap<
		_,
		Twox64Concat,
		ListingId,
		BoundedVec<AskOf<T>, ConstU32<MAX_SERVING>>,
		ValueQuery,
	>;

	/// The open jobs in which a worker has a seat.
	#[pallet::storage]
	pub type Assignments<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<JobId, ConstU32<MAX_OPEN_JOBS>>,
		ValueQuery,
	>;

	/// The number that the next job gets.
	#[pallet::storage]
	pub type NextJob<T: Config> = StorageValue<_, JobId, ValueQuery, ConstU64<1>>;

	/// Open jobs by number.
	#[pallet::storage]
	pub type Jobs<T: Config> = StorageMap<_, Twox64Concat, JobId, JobOf<T>>;

	/// Drawn workers of open jobs, by job and round.
	#[pallet::storage]
	pub type Panels<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Round, PanelOf<T>>;

	/// How many workers could have been drawn for an open job.
	#[pallet::storage]
	pub type Eligible<T: Config> = StorageMap<_, Twox64Concat, JobId, u32, ValueQuery>;

	/// Outputs of open jobs that were small enough for a reveal, by job and worker.
	#[pallet::storage]
	pub type Outputs<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Blake2_128Concat, T::AccountId, InlineOutput>;

	/// Jobs that are due in a block. Each says in its record where it waits, and leaves with its phase.
	#[pallet::storage]
	pub type Due<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<JobId, ConstU32<MAX_DUE>>,
		ValueQuery,
	>;

	/// The first block whose due jobs are not worked off.
	#[pallet::storage]
	pub type NextDue<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Randomness of the last [`RANDOMNESS_KEPT`] blocks, by block number modulo that.
	#[pallet::storage]
	pub type Randomness<T: Config> =
		StorageMap<_, Twox64Concat, u32, BlockRandomness<BlockNumberFor<T>>>;

	/// Receipts of jobs by number, until they are pruned. Sales and jobs share the numbers.
	#[pallet::storage]
	pub type Receipts<T: Config> = StorageMap<_, Twox64Concat, ReceiptId, ReceiptOf<T>>;

	/// Receipts of an account's requests.
	#[pallet::storage]
	pub type ReceiptsOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, ReceiptId, ()>;

	/// Receipts by the hash of their output, for outputs of 32 bytes or more. An output that nobody showed
	/// on chain counts as one.
	#[pallet::storage]
	pub type ReceiptsByOutput<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, H256, Twox64Concat, ReceiptId, ()>;

	/// Windows of a development chain; set at genesis or never.
	#[pallet::storage]
	pub type ShortWindows<T: Config> = StorageValue<_, DevelopmentWindows<BlockNumberFor<T>>>;

	/// Shortens what would make trying things out slow.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Windows of a development chain.
		pub short_windows: Option<DevelopmentWindows<BlockNumberFor<T>>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			ShortWindows::<T>::set(self.short_windows);
		}
	}

	/// Why a call was refused. A refused call changes nothing.
	#[pallet::error]
	pub enum Error<T> {
		/// The account is a worker already.
		AlreadyWorker,
		/// The account is no worker; register it first.
		NotWorker,
		/// Another worker signs with this key; make a new one.
		KeyTaken,
		/// The proof is not this key's signature over the key domain, the genesis hash and the
		/// account.
		BadKeyProof,
		/// The bond is below the smallest that counts, `MinBond`.
		BondTooLow,
		/// The amount must be more than 0.
		AmountIsZero,
		/// The account cannot hold that much and stay alive.
		BalanceTooLow,
		/// That much of the bond is not free: open jobs reserve the rest.
		BondReserved,
		/// Too many withdrawals wait; withdraw those that are over.
		TooManyUnbonding,
		/// No bond has come to the end of its way out yet.
		NothingToWithdraw,
		/// The worker still has bond, listings or open jobs; end them first.
		WorkerBusy,
		/// There is no listing of this number.
		UnknownListing,
		/// There is no such version of the listing.
		UnknownVersion,
		/// The version was yanked, so no calls of it are sold; ask a newer one, or under a licence.
		VersionYanked,
		/// The version gives no answers that could be checked, so it cannot be asked for pay.
		NotServed,
		/// Only the owner of the listing may serve this version.
		OnlyOwnerServes,
		/// Serving this version takes a licence with the right to serve.
		ServingLicenceMissing,
		/// The reward is below the smallest, `MinReward`.
		RewardTooLow,
		/// As many workers as possible serve this listing, and none of them has less bond.
		ServingFull,
		/// The worker does not serve this listing.
		NotServing,
		/// The owner has no worker that serves this listing and could answer now.
		OwnerDoesNotServe,
		/// Owners cannot ask their own worker.
		OwnRequest,
		/// Content ids are text such as `bafkrei...`; this one is malformed or not accepted.
		BadContentId,
		/// The deadlines of the next blocks are full, or some are not worked off; try again in a few
		/// blocks.
		TooManyJobsDue,
		/// The sum is larger than the chain can count.
		AmountTooLarge,
		/// No number is left for another record.
		NumbersExhausted,
		/// The listing cannot take another record that depends on it.
		ListingCannotBeRetained,
		/// There is no open job of this number; it may be over.
		UnknownJob,
		/// The worker has no seat in this job that has something to do now, or has already given its sign of
		/// life in this window.
		NothingDue,
		/// The reveal does not open the commitment, or its output does not have the hash it names.
		BadReveal,
		/// The job has no answer that could be disputed now.
		NotDisputable,
		/// Whether the answer is audited is not over yet; dispute it afterwards.
		AuditDecides,
		/// The output was in the reveal, so it is available.
		OutputIsInline,
		/// Nothing is due for this job yet.
		NotDueYet,
		/// There is no receipt of this number; it may have been pruned.
		UnknownReceipt,
		/// The receipt must be kept until its lifetime is over and its job has ended.
		ReceiptStillNeeded,
		/// Too few workers could judge the answer, so it cannot be disputed.
		Undisputable,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::note_randomness(now);
			T::WeightInfo::note_randomness().saturating_add(Self::work_off(now))
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			Self::carry(now);
		}

		fn integrity_test() {
			Self::check_configuration();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Become a worker: bond money and name the key that your node signs with.
		///
		/// The key must be of no other worker, and the proof shows that you have it. The bond is
		/// held, and so is a deposit. Emits `WorkerRegistered`.
		///
		/// - `key`: public sr25519 key, 32 bytes.
		/// - `proof`: the key's signature over the domain `weighhouse/worker-key/v1`, the genesis
		///   hash and your account; `weighhouse work` makes it.
		/// - `bond`: how much to bond, in the smallest unit (10^12 are 1 WGH).
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_worker())]
		pub fn register_worker(
			origin: OriginFor<T>,
			key: WorkerId,
			proof: WorkerSignature,
			bond: u128,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_worker(who, key, proof, bond)
		}

		/// Sign with another key from now on; seats that you have keep the old one.
		///
		/// Emits `WorkerKeyChanged`.
		///
		/// - `key`: public sr25519 key, 32 bytes.
		/// - `proof`: the key's signature, as for `register_worker`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_worker_key())]
		pub fn set_worker_key(
			origin: OriginFor<T>,
			key: WorkerId,
			proof: WorkerSignature,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_worker_key(who, key, proof)
		}

		/// Add to your bond: more free bond is more weight in draws.
		///
		/// Emits `BondAdded`.
		///
		/// - `amount`: how much to add, in the smallest unit.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::bond_more())]
		pub fn bond_more(origin: OriginFor<T>, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond_more(who, amount)
		}

		/// Take free bond back; it stops to count now and can be withdrawn after a while.
		///
		/// Emits `UnbondingStarted`.
		///
		/// - `amount`: how much, in the smallest unit; no more than open jobs leave free.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unbond(who, amount)
		}

		/// Get bond back that has come to the end of its way out.
		///
		/// Emits `BondWithdrawn`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::withdraw_unbonded())]
		pub fn withdraw_unbonded(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_unbonded(who)
		}

		/// Answer requests of a listing for a reward that you name, or change that reward.
		///
		/// If as many workers as possible serve it, the one with the least bond makes room, provided
		/// that it has less than you. Draws for requests of earlier blocks go by the reward before.
		/// Emits `Serving`, and `ServingEnded` for the one that made room.
		///
		/// - `listing`: number of the listing.
		/// - `min_reward`: the smallest reward for which you work, in the smallest unit.
		#[pallet::call_index(5)]
		#[pallet::weight(Pallet::<T>::serve_weight())]
		pub fn serve(origin: OriginFor<T>, listing: ListingId, min_reward: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_serve(who, listing, min_reward)
		}

		/// Answer no more requests of a listing; open jobs go on.
		///
		/// Emits `ServingEnded`.
		///
		/// - `listing`: number of the listing.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::stop_serving())]
		pub fn stop_serving(origin: OriginFor<T>, listing: ListingId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_stop_serving(who, listing)
		}

		/// Say that you do not want to be drawn for now; open jobs go on, and requests of earlier blocks
		/// still draw you.
		///
		/// Emits `AvailabilityChanged`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::pause())]
		pub fn pause(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_availability(who, Availability::Paused)
		}

		/// Be drawn again after a pause or a suspension, for requests from now on.
		///
		/// Emits `AvailabilityChanged`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_availability(who, Availability::Active)
		}

		/// Be no worker any more, with the deposit back.
		///
		/// All bond must be withdrawn, all jobs over and no listing served. Emits `WorkerRemoved`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::remove_worker())]
		pub fn remove_worker(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_worker(who)
		}

		/// Ask a model, and have the answer checked before anyone is paid.
		///
		/// Rewards, the price of the call and an audit's premium are held until the job is over;
		/// what is not spent comes back. The view function `quote` shows all of it beforehand. The
		/// transaction fee is also for the steps that follow where nobody serves, unless the request is
		/// refused. Emits `Requested`.
		///
		/// - `listing`: number of the listing.
		/// - `version`: number of the version within the listing.
		/// - `mode`: how many workers answer: `Owner`, `Solo`, `QuorumOfThree` or `QuorumOfFive`.
		/// - `access`: a licence of yours, an offer of the term `PerCall`, or `Owner` if the listing
		///   is yours.
		/// - `reward`: what each worker earns, protocol fee inside, in the smallest unit.
		/// - `input`: content id of the input, as text: an Open Inference Protocol request in JSON.
		/// - `input_hash`: sha2-256 of the input's bytes, 32 bytes.
		#[pallet::call_index(10)]
		#[pallet::weight(Pallet::<T>::request_charge())]
		pub fn request(
			origin: OriginFor<T>,
			listing: ListingId,
			version: VersionNumber,
			mode: Mode,
			access: Access,
			reward: u128,
			input: ContentIdArgument,
			input_hash: H256,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let request = NewRequest {
				listing,
				version,
				mode,
				access,
				reward,
				input,
				input_hash,
			};
			Self::do_request(who, request)
				.map_err(|error| error.with_weight(Self::request_weight()))?;
			Ok(().into())
		}

		/// Commit to an answer, free of charge; a worker's node sends this by itself.
		///
		/// Emits `Committed`, and `PhaseEntered` if all have committed.
		///
		/// - `step`: the job, the request, the round, the worker's key and the block of signing.
		/// - `commitment`: hash over request, key, round, answer and salt.
		/// - `signature`: the worker key's signature over all of this.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::commit())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_commit())]
		#[pallet::authorize(Pallet::<T>::authorize_commit)]
		pub fn commit(
			origin: OriginFor<T>,
			step: Step,
			commitment: H256,
			signature: WorkerSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = signature;
			Self::commit_seat(&step, commitment);
			Ok(())
		}

		/// Show an answer, free of charge; a worker's node sends this by itself.
		///
		/// Emits `Revealed`, and what follows if all have revealed.
		///
		/// - `step`: the job, the request, the round, the worker's key and the block of signing.
		/// - `reveal`: the answer, the salt and, if it is small, the output.
		/// - `signature`: the worker key's signature over all of this.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::reveal())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_reveal())]
		#[pallet::authorize(Pallet::<T>::authorize_reveal)]
		pub fn reveal(
			origin: OriginFor<T>,
			step: Step,
			reveal: Reveal,
			signature: WorkerSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = signature;
			Self::reveal_seat(&step, reveal);
			Ok(())
		}

		/// Give a sign of life, free of charge; a worker's node sends this by itself.
		///
		/// - `worker`: the worker's key.
		/// - `at`: the block of signing.
		/// - `signature`: the worker key's signature over all of this.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::heartbeat())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_heartbeat())]
		#[pallet::authorize(Pallet::<T>::authorize_heartbeat)]
		pub fn heartbeat(
			origin: OriginFor<T>,
			worker: WorkerId,
			at: u32,
			signature: WorkerSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = (at, signature);
			Self::note_heartbeat(&worker);
			Ok(())
		}

		/// Commit to an answer by an ordinary transaction of the worker's account.
		///
		/// The same as `commit`, for workers without a node of their own. Emits `Committed`, and
		/// `PhaseEntered` if all have committed.
		///
		/// - `job`: number of the job.
		/// - `commitment`: hash over request, key, round, answer and salt.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::commit_signed())]
		pub fn commit_signed(origin: OriginFor<T>, job: JobId, commitment: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_commit_signed(who, job, commitment)
		}

		/// Show an answer by an ordinary transaction of the worker's account.
		///
		/// The same as `reveal`, for workers without a node of their own. Emits `Revealed`, and what
		/// follows if all have revealed.
		///
		/// - `job`: number of the job.
		/// - `reveal`: the answer, the salt and, if it is small, the output.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::reveal_signed())]
		pub fn reveal_signed(origin: OriginFor<T>, job: JobId, reveal: Reveal) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_reveal_signed(who, job, reveal)
		}

		/// Give a sign of life by an ordinary transaction of the worker's account.
		///
		/// The same as `heartbeat`, for workers without a node of their own.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::heartbeat_signed())]
		pub fn heartbeat_signed(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_heartbeat_signed(who)
		}

		/// Say that an answer is wrong, and have a jury decide.
		///
		/// A bond of ten rewards is held for the jury: it is lost if the answer withstands it, and
		/// comes back with a part of what the wrong workers lose if it does not. Emits `Disputed`.
		///
		/// - `job`: number of the job; it must be in its challenge window.
		/// - `ground`: `Wrong`, `Unavailable` or `NotAsFingerprinted`.
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::dispute())]
		pub fn dispute(origin: OriginFor<T>, job: JobId, ground: Ground) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_dispute(who, job, ground)
		}

		/// Push a job on whose deadline is over; anybody may.
		///
		/// The chain does this by itself as long as it has room. Costs what the step weighs. Emits what
		/// it leads to.
		///
		/// - `job`: number of the job.
		#[pallet::call_index(18)]
		#[pallet::weight(Pallet::<T>::step_weight())]
		pub fn poke(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			// One that is refused has only looked at the job.
			let weight =
				Self::step(job).map_err(|error| error.with_weight(T::WeightInfo::queue_visit()))?;
			Ok(Some(weight).into())
		}

		/// Remove a receipt whose lifetime is over; the deposit goes back to the buyer.
		///
		/// Anybody may call this. Emits `ReceiptPruned`.
		///
		/// - `receipt`: number of the receipt.
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::prune_receipt())]
		pub fn prune_receipt(origin: OriginFor<T>, receipt: ReceiptId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_prune_receipt(receipt)
		}
	}

	/// Reads that clients make without a transaction.
	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A worker: bond, key, whether it is drawn, its open jobs.
		///
		/// - `worker`: account of the worker.
		pub fn worker(worker: T::AccountId) -> Option<WorkerView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_worker(&worker)
		}

		/// Who serves a listing, with the weight that each would have in a draw.
		///
		/// - `listing`: number of the listing.
		/// - `reward`: the reward that is offered, in the smallest unit.
		pub fn serving(listing: ListingId, reward: u128) -> Vec<ServingView<T::AccountId>> {
			Self::view_serving(listing, reward)
		}

		/// An open job: phase, deadline, who sits on its panels and what they answered.
		///
		/// - `job`: number of the job.
		pub fn job(job: JobId) -> Option<JobView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_job(job)
		}

		/// What a job would cost from the standing asks, before asking.
		///
		/// - `requester`: who would ask; they and the owner are not drawn.
		/// - `listing`: number of the listing.
		/// - `version`: number of the version within the listing.
		/// - `mode`: how many workers answer.
		/// - `access`: what entitles the requester.
		pub fn quote(
			requester: T::AccountId,
			listing: ListingId,
			version: VersionNumber,
			mode: Mode,
			access: Access,
		) -> Result<JobQuote, QuoteError> {
			Self::view_quote(&requester, listing, version, mode, access)
		}

		/// The receipt of a job, unless it was pruned.
		///
		/// - `receipt`: number of the receipt.
		pub fn receipt(receipt: ReceiptId) -> Option<ReceiptView<T::AccountId, BlockNumberFor<T>>> {
			Self::view_receipt(receipt)
		}

		/// Receipts of an account's requests, at most 100, that follow the receipt `after` in the
		/// order of storage (0: from the start).
		///
		/// - `account`: who asked.
		/// - `after`: the last receipt of the page before, or 0.
		/// - `limit`: how many to answer with.
		pub fn receipts_of(account: T::AccountId, after: ReceiptId, limit: u32) -> Vec<ReceiptId> {
			Self::view_receipts_of(&account, after, limit)
		}

		/// Receipts whose output has this hash, at most 100, that follow the receipt `after` in the
		/// order of storage (0: from the start).
		///
		/// - `output_hash`: sha2-256 of the canonical output.
		/// - `after`: the last receipt of the page before, or 0.
		/// - `limit`: how many to answer with.
		pub fn receipts_by_output(
			output_hash: H256,
			after: ReceiptId,
			limit: u32,
		) -> Vec<ReceiptId> {
			Self::view_receipts_by_output(output_hash, after, limit)
		}
	}
}
