//! What the pallet says has happened. A part of its module, kept here so that each fits a sitting.

use frame_support::pallet_macros::pallet_section;

/// The events of the pallet, which imports them.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account became a worker.
		WorkerRegistered {
			/// The account.
			worker: T::AccountId,
			/// The key that signs its steps.
			key: WorkerId,
			/// Its bond, in the smallest unit.
			bond: u128,
		},
		/// A worker signs with another key from now on.
		WorkerKeyChanged {
			/// Account of the worker.
			worker: T::AccountId,
			/// Its new key.
			key: WorkerId,
		},
		/// A worker added to its bond.
		BondAdded {
			/// Account of the worker.
			worker: T::AccountId,
			/// What it added, in the smallest unit.
			amount: u128,
		},
		/// A worker takes bond back; it can withdraw it later.
		UnbondingStarted {
			/// Account of the worker.
			worker: T::AccountId,
			/// How much, in the smallest unit.
			amount: u128,
			/// The first block in which it can be withdrawn.
			until: BlockNumberFor<T>,
		},
		/// Bond was given back to a worker.
		BondWithdrawn {
			/// Account of the worker.
			worker: T::AccountId,
			/// How much, in the smallest unit.
			amount: u128,
		},
		/// A worker answers requests of a listing for this reward or a higher one.
		Serving {
			/// Account of the worker.
			worker: T::AccountId,
			/// Number of the listing.
			listing: ListingId,
			/// The smallest reward, in the smallest unit.
			min_reward: u128,
		},
		/// A worker answers no more requests of a listing: it left, or one with more bond took its
		/// place.
		ServingEnded {
			/// Account of the worker.
			worker: T::AccountId,
			/// Number of the listing.
			listing: ListingId,
		},
		/// A worker is drawn again, or is not drawn any more.
		AvailabilityChanged {
			/// Account of the worker.
			worker: T::AccountId,
			/// Whether it is drawn.
			availability: Availability,
		},
		/// An account is no worker any more.
		WorkerRemoved {
			/// The account.
			worker: T::AccountId,
		},
		/// Somebody asked a model and put the money aside.
		Requested {
			/// Number of the job.
			job: JobId,
			/// Identity of the request.
			request_hash: H256,
			/// Who asked.
			requester: T::AccountId,
			/// The listing that is asked.
			listing: ListingId,
			/// The version that is asked.
			version: VersionNumber,
			/// How many workers answer.
			mode: Mode,
			/// What each seat earns, in the smallest unit.
			reward: u128,
			/// All that is held, in the smallest unit.
			escrow: u128,
		},
		/// Workers were drawn to a panel.
		Drawn {
			/// Number of the job.
			job: JobId,
			/// Which panel.
			round: Round,
			/// The workers, in the order drawn.
			workers: Vec<T::AccountId>,
			/// How many could have been drawn.
			eligible: u32,
		},
		/// A job came to another phase.
		PhaseEntered {
			/// Number of the job.
			job: JobId,
			/// The phase, with what it waits for.
			phase: Phase<BlockNumberFor<T>>,
		},
		/// A worker committed to its answer.
		Committed {
			/// Number of the job.
			job: JobId,
			/// Which panel the worker sits on.
			round: Round,
			/// Account of the worker.
			worker: T::AccountId,
			/// Hash that binds it to the answer.
			commitment: H256,
		},
		/// A worker showed its answer.
		Revealed {
			/// Number of the job.
			job: JobId,
			/// Which panel the worker sits on.
			round: Round,
			/// Account of the worker.
			worker: T::AccountId,
			/// The answer and, if it is small, the output.
			reveal: Reveal,
		},
		/// The workers came to an answer; it stands unless somebody disputes it in time.
		Answered {
			/// Number of the job.
			job: JobId,
			/// Number of the receipt.
			receipt: ReceiptId,
			/// Sha2-256 of the output.
			output_hash: H256,
			/// How many workers agreed.
			agreed: u32,
		},
		/// Somebody disputes an answer.
		Disputed {
			/// Number of the job.
			job: JobId,
			/// Who disputes it.
			challenger: T::AccountId,
			/// What they say.
			ground: Ground,
			/// What they hold for the jury, in the smallest unit.
			bond: u128,
		},
		/// A worker was paid for its part in a job.
		WorkerPaid {
			/// Number of the job.
			job: JobId,
			/// Account of the worker.
			worker: T::AccountId,
			/// What it got, in the smallest unit.
			amount: u128,
			/// The protocol fee that was taken before, in the smallest unit.
			fee: u128,
		},
		/// A worker lost a part of its bond.
		Slashed {
			/// Number of the job.
			job: JobId,
			/// Account of the worker.
			worker: T::AccountId,
			/// Why.
			finding: Finding,
			/// What it lost, in the smallest unit.
			amount: u128,
		},
		/// A challenge was decided, and what the challenger had held was settled.
		ChallengeSettled {
			/// Number of the job.
			job: JobId,
			/// Who had disputed the answer.
			challenger: T::AccountId,
			/// What came back of the bond, in the smallest unit.
			returned: u128,
			/// What they gained of the slashes, in the smallest unit.
			gained: u128,
		},
		/// A job is over.
		JobEnded {
			/// Number of the job.
			job: JobId,
			/// How it ended.
			outcome: Outcome,
			/// What was spent of the escrow, in the smallest unit.
			spent: u128,
			/// What came back to the requester, in the smallest unit.
			refunded: u128,
		},
		/// A receipt was removed and its deposit given back.
		ReceiptPruned {
			/// Number of the receipt.
			receipt: ReceiptId,
			/// Who had asked.
			buyer: T::AccountId,
		},
	}
}
