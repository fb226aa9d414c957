//! Receipts of sales: written by a sale, pruned when their time is over.

use crate::{AccountIdOf, Config, Error, Event, Pallet, Receipt, ReceiptHold, Receipts, Ticket};
use frame_support::{
	ensure,
	traits::{Consideration, Get},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, DispatchError, DispatchResult};
use weighhouse_primitives::{
	receipt::SaleReceipt,
	traits::{ReceiptFacts, ReceiptNumbers, SettledReceipts},
	ReceiptId,
};

impl<T: Config> Pallet<T> {
	/// Keeps the record of a sale, at the buyer's deposit.
	pub(crate) fn write_receipt(
		sale: SaleReceipt<AccountIdOf<T>, BlockNumberFor<T>>,
		ticket: Ticket<T, ReceiptHold<T>>,
	) -> Result<ReceiptId, DispatchError> {
		let receipt = Self::next_receipt().ok_or(Error::<T>::NumbersExhausted)?;
		Receipts::<T>::insert(receipt, Receipt { sale, ticket });
		Ok(receipt)
	}

	pub(crate) fn do_prune_receipt(receipt: ReceiptId) -> DispatchResult {
		let record = Receipts::<T>::get(receipt).ok_or(Error::<T>::UnknownReceipt)?;
		ensure!(
			frame_system::Pallet::<T>::block_number() >= Self::prunable(&record.sale),
			Error::<T>::ReceiptStillNeeded
		);

		let buyer = record.sale.buyer;
		Receipts::<T>::remove(receipt);
		record.ticket.drop(&buyer)?;
		Self::deposit_event(Event::ReceiptPruned { receipt, buyer });
		Ok(())
	}

	/// The first block in which the receipt of `sale` may be pruned.
	pub(crate) fn prunable(
		sale: &SaleReceipt<AccountIdOf<T>, BlockNumberFor<T>>,
	) -> BlockNumberFor<T> {
		sale.block.saturating_add(T::ReceiptLifetime::get())
	}
}

impl<T: Config> SettledReceipts<AccountIdOf<T>, BlockNumberFor<T>> for Pallet<T> {
	fn settled_receipt(
		receipt: ReceiptId,
	) -> Option<ReceiptFacts<AccountIdOf<T>, BlockNumberFor<T>>> {
		let sale = Receipts::<T>::get(receipt)?.sale;
		Some(ReceiptFacts {
			listing: sale.listing,
			seller: sale.seller,
			buyer: sale.buyer,
			fee: sale.fee,
			settled: sale.block,
		})
	}

	fn settled_receipt_weight() -> Weight {
		T::DbWeight::get().reads(1)
	}
}
