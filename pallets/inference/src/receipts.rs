//! Receipts: written when there is an answer, brought up to date when the job ends, pruned when
//! their time is over.

use crate::{
	types::*, Config, Eligible, Error, Event, Outputs, Pallet, Panels, Receipts, ReceiptsByOutput,
	ReceiptsOf,
};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{Consideration, Get},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, BoundedVec, DispatchResult};
use weighhouse_primitives::{
	inference::{Answer, JobId, Round},
	receipt::Evidence,
	traits::{
		AnsweredReceipt, AnsweredReceipts, ReceiptFacts, ReceiptNumbers, SettledReceipts,
	},
	ReceiptId,
};

/// Outputs shorter than this are not found by their hash: so many models say the same that the
/// entries would be of no use to anybody.
const MIN_FOUND_OUTPUT: u32 = 32;

impl<T: Config> Pallet<T> {
	/// Writes the receipt of an answer. Without a number or a deposit there is none.
	pub(crate) fn write_receipt(
		id: JobId,
		job: &mut JobOf<T>,
		answer: &Answer,
		evidence: Evidence,
		agreed: Vec<AccountIdOf<T>>,
	) {
		let Some(ticket) = job.receipt_ticket.take() else {
			return;
		};
		let Some(receipt) = T::Licences::next_receipt() else {
			job.receipt_ticket = Some(ticket);
			return;
		};
		let panel = Panels::<T>::get(id, Round::Main).unwrap_or_default();
		let inline = panel
			.iter()
			.filter(|seat| seat.answer.as_ref() == Some(answer))
			.find_map(|seat| Outputs::<T>::get(id, &seat.worker))
			.and_then(|output| u32::try_from(output.len()).ok());
		let count = |len: usize| u128::try_from(len).unwrap_or(u128::MAX);
		let paid = job.price.reward.saturating_mul(count(agreed.len()));
		let record = JobReceipt {
			job: id,
			request_hash: job.request_hash,
			listing: job.listing,
			version: job.version,
			seller: job.owner.clone(),
			buyer: job.requester.clone(),
			mode: job.mode,
			access: job.access,
			input: job.input,
			input_hash: job.input_hash,
			output_hash: answer.output_hash,
			output_length: inline,
			fingerprint: answer.fingerprint,
			statement: answer.statement,
			evidence,
			agreed: BoundedVec::truncate_from(agreed),
			panel_bond: Self::reserve_of(job.price.reward).saturating_mul(count(panel.len())),
			eligible: Eligible::<T>::get(id),
			price: paid.saturating_add(job.price.call),
			fee: 0,
			block: frame_system::Pallet::<T>::block_number(),
			settled: None,
			state: ReceiptState::Provisional,
		};
		ReceiptsOf::<T>::insert(&job.requester, receipt, ());
		if inline.is_none_or(|length| length >= MIN_FOUND_OUTPUT) {
			ReceiptsByOutput::<T>::insert(answer.output_hash, receipt, ());
		}
		Self::deposit_event(Event::Answered {
			job: id,
			receipt,
			output_hash: answer.output_hash,
			agreed: u32::try_from(record.agreed.len()).unwrap_or(u32::MAX),
		});
		Receipts::<T>::insert(receipt, Receipt { record, ticket });
		job.receipt = Some(receipt);
	}

	/// Notes better evidence for an answer, and what it cost.
	pub(crate) fn support(job: &JobOf<T>, evidence: Evidence, cost: u128) {
		let Some(receipt) = job.receipt else { return };
		Receipts::<T>::mutate_extant(receipt, |receipt| {
			receipt.record.evidence = receipt.record.evidence.max(evidence);
			receipt.record.price = receipt.record.price.saturating_add(cost);
		});
	}

	pub(crate) fn do_prune_receipt(receipt: ReceiptId) -> DispatchResult {
		let Receipt { record, ticket } =
			Receipts::<T>::get(receipt).ok_or(Error::<T>::UnknownReceipt)?;
		ensure!(
			record.state != ReceiptState::Provisional
				&& frame_system::Pallet::<T>::block_number() >= Self::prunable(&record),
			Error::<T>::ReceiptStillNeeded
		);

		let buyer = record.buyer;
		Receipts::<T>::remove(receipt);
		ReceiptsOf::<T>::remove(&buyer, receipt);
		ReceiptsByOutput::<T>::remove(record.output_hash, receipt);
		ticket.drop(&buyer)?;
		Self::deposit_event(Event::ReceiptPruned { receipt, buyer });
		Ok(())
	}

	/// The first block in which a receipt may be pruned.
	pub(crate) fn prunable(
		record: &JobReceipt<AccountIdOf<T>, BlockNumberFor<T>>,
	) -> BlockNumberFor<T> {
		record.block.saturating_add(T::ReceiptLifetime::get())
	}
}

impl<T: Config> SettledReceipts<AccountIdOf<T>, BlockNumberFor<T>> for Pallet<T> {
	fn settled_receipt(
		receipt: ReceiptId,
	) -> Option<ReceiptFacts<AccountIdOf<T>, BlockNumberFor<T>>> {
		let record = Receipts::<T>::get(receipt)?.record;
		let settled = record.settled.filter(|_| record.state == ReceiptState::Final)?;
		Some(ReceiptFacts {
			listing: record.listing,
			seller: record.seller,
			buyer: record.buyer,
			fee: record.fee,
			settled,
		})
	}

	fn settled_receipt_weight() -> Weight {
		T::DbWeight::get().reads(1)
	}
}

impl<T: Config> AnsweredReceipts for Pallet<T> {
	fn answered_receipt(receipt: ReceiptId) -> Option<AnsweredReceipt> {
		let record = Receipts::<T>::get(receipt)?.record;
		(record.state == ReceiptState::Final).then_some(AnsweredReceipt {
			listing: record.listing,
			input: record.input,
			output_hash: record.output_hash,
		})
	}

	fn answered_receipt_weight() -> Weight {
		T::DbWeight::get().reads(1)
	}
}
