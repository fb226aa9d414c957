//! What the view functions answer.

use crate::{
	AccountIdOf, Config, Pallet, RatingView, Ratings, ReputationView, SubjectOf, Subjects,
};
use frame_system::pallet_prelude::BlockNumberFor;
use weighhouse_primitives::{reputation::Mass, ReceiptId};

impl<T: Config> Pallet<T> {
	pub(crate) fn view_reputation(subject: &SubjectOf<T>) -> ReputationView<BlockNumberFor<T>> {
		let record = Subjects::<T>::get(subject);
		let mass = record.as_ref().map_or_else(Mass::default, Self::faded);
		let (success, failure) = mass.in_money();
		let unit = Self::unit();
		ReputationView {
			score: mass.score(unit),
			success,
			failure,
			unit,
			successes: record.as_ref().map_or(0, |record| record.successes),
			failures: record.as_ref().map_or(0, |record| record.failures),
			changed: record.as_ref().map(|record| record.mass.at.into()),
			owner_changed: record.as_ref().and_then(|record| record.owner_changed),
			prunable: record.as_ref().is_some_and(Self::is_faded),
		}
	}

	pub(crate) fn view_rating(
		receipt: ReceiptId,
	) -> Option<RatingView<AccountIdOf<T>, BlockNumberFor<T>>> {
		let rating = Ratings::<T>::get(receipt)?;
		Some(RatingView {
			receipt,
			buyer: rating.buyer,
			percent: rating.percent,
			block: rating.block,
			forgettable: rating.until,
		})
	}
}
