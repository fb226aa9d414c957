//! Workers: their keys, their bonds, what they serve, and who of them can be drawn.

use crate::{
	crypto::{WorkerId, WorkerSignature},
	deposit, footprint_of, AccountIdOf, Ask, AskOf, Asks, Assignments, Availability, Config, Error,
	Event, Held, HoldReason, KeyOwners, Pallet, Ticket, Unbonding, Worker, WorkerOf, Workers,
	MAX_DROPPED, MAX_OPEN_JOBS, MISSED_HEARTBEATS, REPUTATION_FLOOR, RESERVE_REWARDS, SEED_BLOCKS,
};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{Fortitude, Precision::Exact, Preservation::Preserve},
		Consideration, Footprint, Get,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, BoundedVec, DispatchResult, Perbill, RuntimeAppPublic};
use weighhouse_primitives::{
	inference::KEY_DOMAIN,
	market::{AnswerClass, Right, Serving},
	traits::{LicenceCheck, ListingRegistry, RecordReputation},
	ListingId,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register_worker(
		who: AccountIdOf<T>,
		key: WorkerId,
		proof: WorkerSignature,
		bond: u128,
	) -> DispatchResult {
		ensure!(!Workers::<T>::contains_key(&who), Error::<T>::AlreadyWorker);
		ensure!(bond >= T::MinBond::get(), Error::<T>::BondTooLow);
		let footprint = worker_footprint::<T>();
		Self::ensure_holdable(&who, bond.saturating_add(deposit::<T>(footprint)))?;
		Self::ensure_has_free_key(&who, &key, &proof)?;

		T::Currency::hold(&HoldReason::Bond.into(), &who, bond)?;
		let ticket = Ticket::<T, _>::new(&who, footprint)?;
		KeyOwners::<T>::insert(&key, &who);
		let now = frame_system::Pallet::<T>::block_number();
		Workers::<T>::insert(
			&who,
			Worker {
				key: key.clone(),
				bond,
				reserved: 0,
				unbonding: BoundedVec::new(),
				availability: Held::new(Availability::Active, now),
				silences: 0,
				seen: now,
				bonded: now,
				added: bond,
				served: 0,
				ticket,
			},
		);
		Self::deposit_event(Event::WorkerRegistered {
			worker: who,
			key,
			bond,
		});
		Ok(())
	}

	pub(crate) fn do_set_worker_key(
		who: AccountIdOf<T>,
		key: WorkerId,
		proof: WorkerSignature,
	) -> DispatchResult {
		let mut worker = Self::worker_of(&who)?;
		Self::ensure_has_free_key(&who, &key, &proof)?;

		KeyOwners::<T>::remove(&worker.key);
		KeyOwners::<T>::insert(&key, &who);
		worker.key = key.clone();
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::WorkerKeyChanged { worker: who, key });
		Ok(())
	}

	pub(crate) fn do_bond_more(who: AccountIdOf<T>, amount: u128) -> DispatchResult {
		let mut worker = Self::worker_of(&who)?;
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		worker
			.add_bond(amount, frame_system::Pallet::<T>::block_number())
			.ok_or(Error::<T>::AmountTooLarge)?;
		Self::ensure_holdable(&who, amount)?;

		T::Currency::hold(&HoldReason::Bond.into(), &who, amount)?;
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::BondAdded {
			worker: who,
			amount,
		});
		Ok(())
	}

	pub(crate) fn do_unbond(who: AccountIdOf<T>, amount: u128) -> DispatchResult {
		let mut worker = Self::worker_of(&who)?;
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		ensure!(amount <= worker.free(), Error::<T>::BondReserved);
		let now = frame_system::Pallet::<T>::block_number();
		let until = now.saturating_add(Self::unbonding_period());
		worker
			.unbonding
			.try_push(Unbonding { amount, until })
			.map_err(|_| Error::<T>::TooManyUnbonding)?;

		worker.bond = worker.bond.saturating_sub(amount);
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::UnbondingStarted {
			worker: who,
			amount,
			until,
		});
		Ok(())
	}

	pub(crate) fn do_withdraw_unbonded(who: AccountIdOf<T>) -> DispatchResult {
		let mut worker = Self::worker_of(&who)?;
		let now = frame_system::Pallet::<T>::block_number();
		let mut amount = 0u128;
		worker.unbonding.retain(|part| {
			let waits = part.until > now;
			if !waits {
				amount = amount.saturating_add(part.amount);
			}
			waits
		});
		ensure!(amount > 0, Error::<T>::NothingToWithdraw);

		T::Currency::release(&HoldReason::Bond.into(), &who, amount, Exact)?;
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::BondWithdrawn {
			worker: who,
			amount,
		});
		Ok(())
	}

	pub(crate) fn do_serve(
		who: AccountIdOf<T>,
		listing: ListingId,
		min_reward: u128,
	) -> DispatchResult {
		let mut worker = Self::worker_of(&who)?;
		ensure!(min_reward >= T::MinReward::get(), Error::<T>::RewardTooLow);
		Self::ensure_may_serve(&who, listing)?;
		let now = frame_system::Pallet::<T>::block_number();
		let mut asks = Asks::<T>::get(listing);
		if let Some(ask) = asks.iter_mut().find(|ask| ask.worker == who) {
			ask.min_reward.choose(min_reward, now);
		} else {
			let footprint = footprint_of::<AskOf<T>>();
			Self::ensure_holdable(&who, deposit::<T>(footprint))?;
			worker.served = worker
				.served
				.checked_add(1)
				.ok_or(Error::<T>::NumbersExhausted)?;

			if asks.is_full() {
				let weakest = Self::weakest(&asks, worker.bond);
				let weakest = weakest.ok_or(Error::<T>::ServingFull)?;
				Self::end_serving(listing, asks.swap_remove(weakest))?;
			}
			let ask = Ask {
				worker: who.clone(),
				min_reward: Held::new(min_reward, now),
				ticket: Ticket::<T, _>::new(&who, footprint)?,
			};
			asks.try_push(ask).map_err(|_| Error::<T>::ServingFull)?;
			Workers::<T>::insert(&who, worker);
		}
		Asks::<T>::insert(listing, asks);
		Self::deposit_event(Event::Serving {
			worker: who,
			listing,
			min_reward,
		});
		Ok(())
	}

	pub(crate) fn do_stop_serving(who: AccountIdOf<T>, listing: ListingId) -> DispatchResult {
		ensure!(Workers::<T>::contains_key(&who), Error::<T>::NotWorker);
		Self::take_ask(&who, listing)
	}

	/// Takes off the list of a listing those of `found` who have no licence to serve it any more. Some
	/// of them, if they are many; the next draw finds the others.
	pub(crate) fn drop_unlicensed(listing: ListingId, found: Vec<AccountIdOf<T>>) {
		let most = usize::try_from(MAX_DROPPED).unwrap_or(usize::MAX);
		for who in found.into_iter().take(most) {
			// One who lacks a licence for an old version may have one for the newest.
			if Self::ensure_may_serve(&who, listing).is_ok() {
				continue;
			}
			if let Err(error) = with_storage_layer(|| Self::take_ask(&who, listing)) {
				log::error!(target: "runtime::inference", "an ask for listing {listing} stays: {error:?}");
			}
		}
	}

	fn take_ask(who: &AccountIdOf<T>, listing: ListingId) -> DispatchResult {
		let mut asks = Asks::<T>::get(listing);
		let index = asks
			.iter()
			.position(|ask| ask.worker == *who)
			.ok_or(Error::<T>::NotServing)?;

		let ask = asks.swap_remove(index);
		if asks.is_empty() {
			Asks::<T>::remove(listing);
		} else {
			Asks::<T>::insert(listing, asks);
		}
		Self::end_serving(listing, ask)
	}

	pub(crate) fn do_set_availability(
		who: AccountIdOf<T>,
		availability: Availability,
	) -> DispatchResult {
		let mut worker = Self::worker_of(&who)?;
		let now = frame_system::Pallet::<T>::block_number();

		if availability != worker.availability.now {
			worker.availability.choose(availability, now);
		}
		if availability == Availability::Active {
			worker.silences = 0;
			Self::note_sign_of_life(&mut worker, now);
		}
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::AvailabilityChanged {
			worker: who,
			availability,
		});
		Ok(())
	}

	pub(crate) fn do_remove_worker(who: AccountIdOf<T>) -> DispatchResult {
		let worker = Self::worker_of(&who)?;
		ensure!(
			worker.bond == 0
				&& worker.unbonding.is_empty()
				&& worker.served == 0
				&& Self::is_idle(&who),
			Error::<T>::WorkerBusy
		);

		Workers::<T>::remove(&who);
		KeyOwners::<T>::remove(&worker.key);
		worker.ticket.drop(&who)?;
		Self::deposit_event(Event::WorkerRemoved { worker: who });
		Ok(())
	}

	/// Whether the worker was seen lately enough before `block` to be drawn for what happened in it.
	pub fn is_alive(worker: &WorkerOf<T>, block: BlockNumberFor<T>) -> bool {
		let window = T::HeartbeatWindow::get().saturating_mul(MISSED_HEARTBEATS.into());
		block.saturating_sub(worker.seen) <= window
	}

	/// Notes that the worker was seen. If it comes back, it is drawn for nothing that happened before,
	/// or whoever knows a seed could let it in. It comes back if it was not alive in the last block
	/// whose seed can be known now.
	pub(crate) fn note_sign_of_life(worker: &mut WorkerOf<T>, now: BlockNumberFor<T>) {
		if !Self::is_alive(worker, now.saturating_sub(SEED_BLOCKS.into())) {
			worker.availability = Held::new(worker.availability.now, now);
		}
		worker.seen = now;
	}

	/// Whether the worker, who sits in `open_jobs` jobs, can be drawn for one more that pays
	/// `reward`, for something that happened in the block `since`. Says nothing of what it serves and
	/// for how much.
	pub(crate) fn can_be_drawn(
		worker: &WorkerOf<T>,
		open_jobs: usize,
		reward: u128,
		since: BlockNumberFor<T>,
	) -> bool {
		worker.is_active_for(since)
			&& Self::is_alive(worker, since)
			&& worker.bond_for(since) >= T::MinBond::get()
			&& worker.free_for(since) >= Self::reserve_of(reward)
			&& u32::try_from(open_jobs).is_ok_and(|jobs| jobs < MAX_OPEN_JOBS)
	}

	/// The bond that a seat in a job reserves; saturates.
	pub(crate) fn reserve_of(reward: u128) -> u128 {
		reward.saturating_mul(RESERVE_REWARDS)
	}

	/// The worker's weight in a draw about something in the block `since`: its free bond times its
	/// reputation, rounded down. Linear in the bond, so splitting it over accounts gains nothing.
	pub(crate) fn draw_weight(
		who: &AccountIdOf<T>,
		worker: &WorkerOf<T>,
		since: BlockNumberFor<T>,
	) -> u128 {
		let score = T::Reputation::worker_score(who).max(REPUTATION_FLOOR);
		Perbill::from_parts(score).mul_floor(worker.free_for(since))
	}

	fn worker_of(who: &AccountIdOf<T>) -> Result<WorkerOf<T>, Error<T>> {
		Workers::<T>::get(who).ok_or(Error::NotWorker)
	}

	/// Whether `amount` of the account's money can be held. Frozen money can.
	fn ensure_holdable(who: &AccountIdOf<T>, amount: u128) -> DispatchResult {
		let holdable = T::Currency::reducible_balance(who, Preserve, Fortitude::Force);
		ensure!(amount <= holdable, Error::<T>::BalanceTooLow);
		Ok(())
	}

	/// Whether no worker has `key`, and `who` has its secret. The signature is looked at last.
	fn ensure_has_free_key(
		who: &AccountIdOf<T>,
		key: &WorkerId,
		proof: &WorkerSignature,
	) -> DispatchResult {
		ensure!(!KeyOwners::<T>::contains_key(key), Error::<T>::KeyTaken);
		let said = Self::to_sign(KEY_DOMAIN, who);
		ensure!(key.verify(&said, proof), Error::<T>::BadKeyProof);
		Ok(())
	}

	/// Whether `who` may answer for the newest version of `listing`, and it gives answers at all.
	fn ensure_may_serve(who: &AccountIdOf<T>, listing: ListingId) -> DispatchResult {
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		let version = T::Listings::latest_version(listing).ok_or(Error::<T>::UnknownListing)?;
		let terms =
			T::Listings::version_terms(listing, version).ok_or(Error::<T>::UnknownVersion)?;
		ensure!(
			terms.answers.class != AnswerClass::None,
			Error::<T>::NotServed
		);
		match terms.serving {
			_ if *who == owner => {}
			Serving::Anyone => {}
			Serving::Owner => return Err(Error::<T>::OnlyOwnerServes.into()),
			Serving::Licensed => ensure!(
				T::Licences::has_licence(who, listing, version, Right::Serve),
				Error::<T>::ServingLicenceMissing
			),
		}
		Ok(())
	}

	/// Where in `asks` the worker with the least bond is, if it has less than `bond`. All of its bond
	/// counts, so that nobody is displaced for being busy and nobody stays by it. Its open jobs go on.
	fn weakest(asks: &[AskOf<T>], bond: u128) -> Option<usize> {
		asks.iter()
			.enumerate()
			.map(|(index, ask)| {
				let theirs = Workers::<T>::get(&ask.worker).map_or(0, |worker| worker.bond);
				(index, theirs)
			})
			.filter(|(_, theirs)| *theirs < bond)
			.min_by_key(|(_, theirs)| *theirs)
			.map(|(index, _)| index)
	}

	/// Whether the worker has no seat in an open job.
	fn is_idle(who: &AccountIdOf<T>) -> bool {
		Assignments::<T>::decode_len(who).unwrap_or_default() == 0
	}

	/// Settles an ask that was taken off the list of `listing`.
	fn end_serving(listing: ListingId, ask: AskOf<T>) -> DispatchResult {
		let Ask { worker, ticket, .. } = ask;
		ticket.drop(&worker)?;
		Workers::<T>::mutate(&worker, |record| {
			if let Some(record) = record {
				record.served = record.served.saturating_sub(1);
			}
		});
		Self::deposit_event(Event::ServingEnded { worker, listing });
		Ok(())
	}
}

/// What a worker occupies in state: its record and the entry of its key.
pub(crate) fn worker_footprint<T: Config>() -> Footprint {
	footprint_of::<(WorkerOf<T>, WorkerId, AccountIdOf<T>)>()
}
