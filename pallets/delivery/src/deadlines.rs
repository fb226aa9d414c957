//! When a delivery is over, and how the chain ends it by itself as far as a block has room.

use crate::{types::*, Config, Deliveries, Due, NextDue, Pallet, WeightInfo};
use frame_support::{
	dispatch::DispatchClass, storage::with_storage_layer, traits::Get, weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{One, Saturating, Zero},
	DispatchResult,
};
use weighhouse_primitives::{sealing::SealedKey, traits::SealedSales, LicenceId};

/// What is to be done about a delivery now.
enum Step<T: Config> {
	Expire(DeliveryOf<T>, Payment),
	Finalize(DeliveryOf<T>, Payment, SealedKey),
	/// Look again in this block.
	Wait(DeliveryOf<T>, BlockNumberFor<T>),
	/// It is over.
	Nothing,
}

impl<T: Config> Pallet<T> {
	/// Whether a window is open whose last block this is.
	pub(crate) fn is_open(until: BlockNumberFor<T>) -> bool {
		frame_system::Pallet::<T>::block_number() <= until
	}

	/// Names a licence among those whose delivery is looked at in a block, or in the next one that
	/// names less than `most`. In which, if any has room.
	pub(crate) fn schedule(
		licence: LicenceId,
		at: BlockNumberFor<T>,
		most: u32,
	) -> Option<BlockNumberFor<T>> {
		let mut blocks = (0..DUE_SPREAD).map(|offset| at.saturating_add(offset.into()));
		blocks.find(|block| {
			Due::<T>::try_mutate(block, |licences| {
				let full = u32::try_from(licences.len()).map_or(true, |length| length >= most);
				if full {
					return Err(());
				}
				licences.try_push(licence).map_err(|_| ())
			})
			.is_ok()
		})
	}

	/// Takes a delivery off the queue that it waits in, so that no queue fills with what is over.
	pub(crate) fn unschedule(licence: LicenceId, queued: Option<BlockNumberFor<T>>) {
		let Some(block) = queued else { return };
		Due::<T>::mutate_exists(block, |queue| {
			if let Some(licences) = queue {
				licences.retain(|other| *other != licence);
			}
			*queue = queue.take().filter(|licences| !licences.is_empty());
		});
	}

	/// What the chain spends on deliveries in a block.
	pub(crate) fn hook_budget() -> Weight {
		T::BlockWeights::get().max_block.saturating_div(8)
	}

	/// Ends what is over, as long as this block has room for it.
	pub(crate) fn work_off(now: BlockNumberFor<T>) -> Weight {
		let budget = Self::hook_budget();
		let visit = T::WeightInfo::queue_visit();
		let mut used = visit;
		let mut steps = 0u32;
		let mut block = NextDue::<T>::get();
		if block.is_zero() {
			block = now;
		}
		while block <= now && steps < MAX_STEPS_A_BLOCK {
			let mut licences = Due::<T>::take(block);
			while let Some(licence) = licences.first().copied() {
				let step = Self::next_step(licence);
				let weight = Self::weight_of_step(&step);
				let after = used.saturating_add(visit).saturating_add(weight);
				if steps >= MAX_STEPS_A_BLOCK || after.any_gt(budget) {
					break;
				}
				licences.remove(0);
				steps = steps.saturating_add(1);
				used = after;
				// What fails stays as it was but for its place here, and waits for a call.
				if let Err(error) = with_storage_layer(|| Self::take_step(licence, step)) {
					log::error!(
						target: "runtime::delivery",
						"delivery of licence {licence} could not end: {error:?}"
					);
					Deliveries::<T>::mutate_extant(licence, |delivery| delivery.queued = None);
				}
			}
			if !licences.is_empty() {
				Due::<T>::insert(block, licences);
				break;
			}
			used = used.saturating_add(visit);
			if used.any_gt(budget) {
				break;
			}
			block = block.saturating_add(One::one());
		}
		NextDue::<T>::put(block);
		used
	}

	fn next_step(licence: LicenceId) -> Step<T> {
		let Some(delivery) = Deliveries::<T>::get(licence) else {
			return Step::Nothing;
		};
		match delivery.state {
			State::Awaiting { until, .. } | State::Delivered { until, .. }
				if Self::is_open(until) =>
			{
				Step::Wait(delivery, until.saturating_add(One::one()))
			}
			State::Awaiting { payment, .. } => Step::Expire(delivery, payment),
			State::Delivered {
				payment, sealed, ..
			} => Step::Finalize(delivery, payment, sealed),
			State::Settled { .. } => Step::Nothing,
		}
	}

	fn take_step(licence: LicenceId, step: Step<T>) -> DispatchResult {
		match step {
			Step::Expire(delivery, payment) => {
				Self::fail(licence, delivery, payment, Failure::Late)
			}
			Step::Finalize(delivery, payment, sealed) => {
				Self::settle(licence, delivery, payment, sealed)
			}
			Step::Wait(mut delivery, at) => {
				delivery.queued = Self::schedule(licence, at, MAX_DUE);
				if delivery.queued.is_none() {
					log::warn!(
						target: "runtime::delivery",
						"delivery of licence {licence} waits for a call: the next blocks are full"
					);
				}
				Deliveries::<T>::insert(licence, delivery);
				Ok(())
			}
			Step::Nothing => Ok(()),
		}
	}

	fn weight_of_step(step: &Step<T>) -> Weight {
		match step {
			Step::Expire(..) => Self::expire_weight(),
			Step::Finalize(..) => Self::finalize_weight(),
			Step::Wait(..) => T::WeightInfo::look_again(),
			Step::Nothing => Weight::zero(),
		}
	}

	pub(crate) fn check_configuration() {
		assert!(T::MinBond::get() > 0, "a seller answers with something");
		assert!(
			!T::MinWindow::get().is_zero(),
			"a seller has at least one block to deliver"
		);
		assert!(
			(T::MinWindow::get()..=T::MaxWindow::get()).contains(&T::DefaultWindow::get()),
			"the usual window is one that a seller could choose"
		);
		assert!(
			!T::ComplaintWindow::get().is_zero(),
			"a buyer has at least one block to complain"
		);
		let normal = T::BlockWeights::get()
			.get(DispatchClass::Normal)
			.max_total
			.unwrap_or(Weight::MAX);
		let half = normal.saturating_div(2);
		for (call, weight) in Self::worst_cases() {
			assert!(
				weight.all_lte(half),
				"{call} must fit half of the normal class"
			);
		}
		// With the two visits that a block which takes one step pays for.
		let visits = T::WeightInfo::queue_visit().saturating_mul(2);
		let step = Self::expire_weight()
			.max(Self::finalize_weight())
			.max(T::WeightInfo::look_again());
		assert!(
			step.saturating_add(visits).all_lte(Self::hook_budget()),
			"the chain must be able to take any step by itself"
		);
	}

	/// Each call with the most that it can weigh.
	fn worst_cases() -> [(&'static str, Weight); 11] {
		let lookup = T::Sales::lookup_weight();
		[
			("bond", T::WeightInfo::bond()),
			("unbond", T::WeightInfo::unbond()),
			("set_window", T::WeightInfo::set_window()),
			(
				"buy",
				T::WeightInfo::buy().saturating_add(T::Sales::reserve_weight()),
			),
			("deliver", T::WeightInfo::deliver()),
			("deliver_batch", T::WeightInfo::deliver_batch(MAX_BATCH)),
			("expire", Self::expire_weight()),
			("complain", Self::complain_weight()),
			("finalize", Self::finalize_weight()),
			(
				"ask_again",
				T::WeightInfo::ask_again().saturating_add(lookup),
			),
			(
				"remove_delivery",
				T::WeightInfo::remove_delivery().saturating_add(lookup),
			),
		]
	}
}
