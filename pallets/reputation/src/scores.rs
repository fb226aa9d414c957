//! Masses and scores: outcomes come in through the seams, scores go out, and what has faded is pruned.

use crate::{
	AccountIdOf, Config, Error, Event, Pallet, Record, Subject, SubjectOf, Subjects, WeightInfo,
	FADED_PART,
};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{DispatchResult, SaturatedConversion};
use weighhouse_primitives::{
	reputation::Mass,
	traits::{OwnershipChange, ReceiptFacts, RecordReputation, WorkerVerdict},
	ListingId, PARTS,
};

impl<T: Config> Pallet<T> {
	/// This block, in the number that masses are dated by.
	fn now() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	fn half_life() -> u32 {
		T::HalfLife::get().saturated_into()
	}

	/// The masses of a record as of now.
	pub(crate) fn faded(record: &Record<BlockNumberFor<T>>) -> Mass {
		record.mass.decayed(Self::now(), Self::half_life())
	}

	/// The score now, in parts of 10^9.
	fn score_of(subject: &SubjectOf<T>) -> u32 {
		Subjects::<T>::get(subject)
			.map_or_else(Mass::default, |record| Self::faded(&record))
			.score(Self::unit())
	}

	/// Adds an outcome, if anything was paid for it.
	fn record(subject: SubjectOf<T>, fee: u128, succeeded: u32) {
		if fee == 0 {
			return;
		}
		let succeeded = succeeded.min(PARTS);
		let mut record = Subjects::<T>::get(&subject).unwrap_or_else(|| Record::empty(Self::now()));
		record.mass = Self::faded(&record);
		record.add(fee, succeeded);
		Subjects::<T>::insert(&subject, record);
		Self::deposit_event(Event::OutcomeRecorded {
			subject,
			fee,
			succeeded,
		});
	}

	/// Makes of the success of a receipt what its buyer says of it. Says how much was taken out of the
	/// success, in the smallest unit, and the score after that.
	pub(crate) fn correct(
		subject: SubjectOf<T>,
		facts: &ReceiptFacts<AccountIdOf<T>, BlockNumberFor<T>>,
		succeeded: u32,
	) -> (u128, u32) {
		let settled = facts.settled.saturated_into();
		let mut record = Subjects::<T>::get(&subject).unwrap_or_else(|| {
			// Whoever keeps the receipt did not tell of it: it is counted as if it had.
			let mut record = Record::empty(settled);
			record.add(facts.fee, PARTS);
			record
		});
		record.mass = Self::faded(&record);
		let taken = record.correct(facts.fee, settled, succeeded, Self::half_life());
		let score = record.mass.score(Self::unit());
		Subjects::<T>::insert(subject, record);
		(taken, score)
	}

	/// Whether nothing is left of the evidence that would show in a score. That nothing has changed for
	/// a half-life keeps small outcomes from being pruned as fast as they come.
	pub(crate) fn is_faded(record: &Record<BlockNumberFor<T>>) -> bool {
		let (success, failure) = Self::faded(record).in_money();
		let least = Self::unit().checked_div(FADED_PART).unwrap_or_default();
		let unchanged = Self::now().saturating_sub(record.mass.at);
		unchanged >= Self::half_life() && success.max(failure) < least
	}

	pub(crate) fn do_prune(subject: SubjectOf<T>) -> DispatchResult {
		let record = Subjects::<T>::get(&subject).ok_or(Error::<T>::UnknownSubject)?;
		ensure!(Self::is_faded(&record), Error::<T>::NotFaded);

		Subjects::<T>::remove(&subject);
		Self::deposit_event(Event::SubjectPruned { subject });
		Ok(())
	}
}

impl<T: Config> RecordReputation<AccountIdOf<T>> for Pallet<T> {
	fn worker_score(worker: &AccountIdOf<T>) -> u32 {
		Self::score_of(&Subject::Worker(worker.clone()))
	}

	fn rater_score(rater: &AccountIdOf<T>) -> u32 {
		Self::score_of(&Subject::Rater(rater.clone()))
	}

	fn record_settlement(listing: ListingId, seller: &AccountIdOf<T>, fee: u128) {
		Self::record(Subject::Listing(listing), fee, PARTS);
		Self::record(Subject::Seller(seller.clone()), fee, PARTS);
	}

	fn record_worker(worker: &AccountIdOf<T>, verdict: WorkerVerdict, fee: u128) {
		let succeeded = match verdict {
			WorkerVerdict::Agreed => PARTS,
			WorkerVerdict::Failed => 0,
		};
		Self::record(Subject::Worker(worker.clone()), fee, succeeded);
	}

	fn record_rater(rater: &AccountIdOf<T>, earned: u32, fee: u128) {
		Self::record(Subject::Rater(rater.clone()), fee, earned);
	}

	fn score_weight() -> Weight {
		T::WeightInfo::score()
	}

	fn record_settlement_weight() -> Weight {
		T::WeightInfo::record_settlement()
	}

	fn record_worker_weight() -> Weight {
		T::WeightInfo::record_outcome()
	}
}

impl<T: Config> OwnershipChange<AccountIdOf<T>> for Pallet<T> {
	/// Never fails. A listing of which nothing is remembered has nothing to hand on.
	fn before_change(listing: ListingId, _: &AccountIdOf<T>) -> DispatchResult {
		let subject = Subject::Listing(listing);
		if let Some(mut record) = Subjects::<T>::get(&subject) {
			record.owner_changed = Some(frame_system::Pallet::<T>::block_number());
			Subjects::<T>::insert(subject, record);
			Self::deposit_event(Event::OwnerChanged { listing });
		}
		Ok(())
	}

	fn weight() -> Weight {
		T::WeightInfo::before_change()
	}
}
