//! What the calls cost on a chain with its real receipts.

use crate::{
	AccountIdOf, Call, Config, Event, Pallet, Ratings, Subject, SubjectOf, Subjects, MAX_UNIT,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Mutate, Get};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::Saturating;
use weighhouse_primitives::{
	traits::{OwnershipChange, RecordReputation, SettledReceipts, WorkerVerdict},
	ReceiptId, PARTS,
};

/// Prepares what the benchmarks rate.
pub trait BenchmarkHelper<AccountId> {
	/// Makes a receipt, settled in this block, by which `buyer` paid a fee to the protocol for a
	/// listing of `seller`; both are rich. Where receipts are of several kinds, it is of the kind that
	/// is the dearest to look up.
	fn settled_receipt(buyer: &AccountId, seller: &AccountId) -> ReceiptId;
}

const SEED: u32 = 0;

/// A fee of which nothing is left in 200 half-lives, and much after one.
const FEE: u128 = MAX_UNIT;

fn rich<T: Config>(name: &'static str) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account(name, 0, SEED);
	T::Currency::set_balance(&who, u128::MAX >> 8);
	who
}

/// A receipt of "buyer" from "seller", both of whom are remembered already, as is the listing.
fn receipt<T: Config>() -> Result<(ReceiptId, AccountIdOf<T>), BenchmarkError> {
	let (buyer, seller) = (rich::<T>("buyer"), rich::<T>("seller"));
	let receipt = T::BenchmarkHelper::settled_receipt(&buyer, &seller);
	let facts = T::Receipts::settled_receipt(receipt).ok_or("the receipt is settled")?;
	<Pallet<T> as RecordReputation<_>>::record_settlement(facts.listing, &seller, FEE);
	Ok((receipt, buyer))
}

/// A worker with success and failure, of whom nothing was heard for almost a half-life, so that most
/// bits of the time that has passed are set.
fn worker<T: Config>() -> AccountIdOf<T> {
	let worker = rich::<T>("worker");
	<Pallet<T> as RecordReputation<_>>::record_worker(&worker, WorkerVerdict::Agreed, FEE);
	<Pallet<T> as RecordReputation<_>>::record_worker(&worker, WorkerVerdict::Failed, FEE);
	forward::<T>(T::HalfLife::get().saturating_sub(1u32.into()));
	worker
}

fn changed<T: Config>(subject: SubjectOf<T>) -> Result<BlockNumberFor<T>, BenchmarkError> {
	let record = Subjects::<T>::get(subject).ok_or("the subject is remembered")?;
	Ok(record.mass.at.into())
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

fn forward<T: Config>(blocks: BlockNumberFor<T>) {
	frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(blocks));
}

fn assert_last<T: Config>(event: Event<T>) {
	frame_system::Pallet::<T>::assert_last_event(event.into());
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// In the last block of the window, so that all masses have faded; listing and seller have been
	// told of before, so both are read and written.
	#[benchmark]
	fn rate() -> Result<(), BenchmarkError> {
		let (receipt, buyer) = super::receipt::<T>()?;
		let seller: AccountIdOf<T> = account("seller", 0, SEED);
		forward::<T>(T::RatingWindow::get().saturating_sub(1u32.into()));

		#[extrinsic_call]
		_(RawOrigin::Signed(buyer.clone()), receipt, 33);

		let rating = Ratings::<T>::get(receipt).ok_or("the receipt is rated")?;
		assert!(rating.buyer == buyer);
		assert!(changed::<T>(Subject::Seller(seller))? == now::<T>());
		Ok(())
	}

	// A third account calls, so caller and buyer are two accounts.
	#[benchmark]
	fn forget_rating() -> Result<(), BenchmarkError> {
		let (receipt, buyer) = super::receipt::<T>()?;
		Pallet::<T>::rate(RawOrigin::Signed(buyer.clone()).into(), receipt, 0)?;
		forward::<T>(T::RatingWindow::get());
		let caller = rich::<T>("caller");

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), receipt);

		assert!(!Ratings::<T>::contains_key(receipt));
		assert_last::<T>(Event::RatingForgotten { receipt, buyer });
		Ok(())
	}

	// A subject that is named by an account, the longest key.
	#[benchmark]
	fn prune() -> Result<(), BenchmarkError> {
		let subject = Subject::Worker(worker::<T>());
		forward::<T>(T::HalfLife::get().saturating_mul(200u32.into()));
		let caller = rich::<T>("caller");

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), subject.clone());

		assert!(!Subjects::<T>::contains_key(&subject));
		assert_last::<T>(Event::SubjectPruned { subject });
		Ok(())
	}

	// Listing and seller have evidence that fades first.
	#[benchmark]
	fn record_settlement() -> Result<(), BenchmarkError> {
		let seller = rich::<T>("seller");
		<Pallet<T> as RecordReputation<_>>::record_settlement(1, &seller, FEE);
		forward::<T>(T::HalfLife::get().saturating_sub(1u32.into()));

		#[block]
		{
			<Pallet<T> as RecordReputation<_>>::record_settlement(1, &seller, FEE);
		}

		assert!(changed::<T>(Subject::Listing(1))? == now::<T>());
		assert!(changed::<T>(Subject::Seller(seller))? == now::<T>());
		Ok(())
	}

	// A rater's outcome falls on both sides; a worker's on one.
	#[benchmark]
	fn record_outcome() -> Result<(), BenchmarkError> {
		let rater = rich::<T>("rater");
		<Pallet<T> as RecordReputation<_>>::record_rater(&rater, PARTS / 3, FEE);
		forward::<T>(T::HalfLife::get().saturating_sub(1u32.into()));

		#[block]
		{
			<Pallet<T> as RecordReputation<_>>::record_rater(&rater, PARTS / 3, FEE);
		}

		assert!(changed::<T>(Subject::Rater(rater))? == now::<T>());
		Ok(())
	}

	// Both masses fade and neither is zero.
	#[benchmark]
	fn score() -> Result<(), BenchmarkError> {
		let worker = worker::<T>();
		let parts;

		#[block]
		{
			parts = <Pallet<T> as RecordReputation<_>>::worker_score(&worker);
		}

		assert!(parts > 0 && parts < PARTS);
		Ok(())
	}

	// The listing is remembered, so there is something to write.
	#[benchmark]
	fn before_change() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner");
		<Pallet<T> as RecordReputation<_>>::record_settlement(1, &owner, FEE);
		let noted;

		#[block]
		{
			noted = <Pallet<T> as OwnershipChange<_>>::before_change(1, &owner);
		}

		assert!(noted.is_ok());
		let record = Subjects::<T>::get(Subject::Listing(1)).ok_or("the listing is remembered")?;
		assert!(record.owner_changed == Some(now::<T>()));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
