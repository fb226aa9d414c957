//! Who is drawn: the randomness that decides, the candidates, and the seats that they take.

use crate::{
	crypto::WorkerId, types::*, Asks, Assignments, Config, Eligible, Event, Pallet, Panels,
	Randomness, Workers,
};
use alloc::{vec, vec::Vec};
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::traits::{One, SaturatedConversion, Saturating};
use weighhouse_primitives::{
	draw::{self, Purpose},
	inference::{JobId, Round},
	market::{Right, Serving},
	traits::{LicenceCheck, SeedSource, SeedState},
	ListingId,
};

/// Somebody who can be drawn.
pub(crate) struct Candidate<AccountId> {
	/// The account.
	pub(crate) worker: AccountId,
	/// The key that it signs with now.
	pub(crate) key: WorkerId,
	/// Its weight.
	pub(crate) weight: u128,
}

impl<T: Config> Pallet<T> {
	/// Keeps the randomness of the block before `now`.
	pub(crate) fn note_randomness(now: BlockNumberFor<T>) {
		let block = now.saturating_sub(One::one());
		Randomness::<T>::insert(
			Self::slot_of(block),
			BlockRandomness {
				block,
				output: T::LastBlockRandomness::get(),
			},
		);
	}

	fn slot_of(block: BlockNumberFor<T>) -> u32 {
		let block: u64 = block.saturated_into();
		let slot = block.checked_rem(RANDOMNESS_KEPT.into());
		slot.unwrap_or_default().saturated_into()
	}

	fn randomness_of(block: BlockNumberFor<T>) -> Option<[u8; 32]> {
		Randomness::<T>::get(Self::slot_of(block))
			.filter(|kept| kept.block == block)
			.and_then(|kept| kept.output)
	}

	/// The seed of a draw about something that happened in the block `since`.
	pub(crate) fn seed(request_hash: H256, purpose: Purpose, since: BlockNumberFor<T>) -> SeedState {
		let first = since.saturating_add(One::one());
		let second = since.saturating_add(SEED_BLOCKS.into());
		if frame_system::Pallet::<T>::block_number() <= second {
			return SeedState::NotYet;
		}
		match (Self::randomness_of(first), Self::randomness_of(second)) {
			(Some(first), Some(second)) => {
				SeedState::Known(draw::seed(request_hash, purpose, &first, &second))
			}
			_ => SeedState::Lost,
		}
	}

	/// Everybody who serves `listing` for `reward`, did so with this bond in the block `since`, and
	/// could be drawn now.
	pub(crate) fn candidates(
		listing: ListingId,
		reward: u128,
		since: BlockNumberFor<T>,
		excluded: impl Fn(&AccountIdOf<T>) -> bool,
	) -> Vec<Candidate<AccountIdOf<T>>> {
		let now = frame_system::Pallet::<T>::block_number();
		Asks::<T>::get(listing)
			.into_iter()
			.filter(|ask| ask.min_reward <= reward && ask.since <= since && !excluded(&ask.worker))
			.filter_map(|ask| {
				let worker = Workers::<T>::get(&ask.worker)?;
				let open = Assignments::<T>::decode_len(&ask.worker).unwrap_or_default();
				let stood = worker.bonded <= since;
				let able = stood && Self::can_be_drawn(&worker, open, reward, now);
				able.then(|| Candidate {
					weight: Self::draw_weight(&ask.worker, &worker),
					worker: ask.worker,
					key: worker.key,
				})
			})
			.collect()
	}

	/// Whether the owner's own worker serves the listing for this reward and could answer now.
	pub(crate) fn owner_answers(owner: &AccountIdOf<T>, listing: ListingId, reward: u128) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		!Self::candidates(listing, reward, now, |worker| worker != owner).is_empty()
	}

	/// Those who could take part in a job since a block and have nothing to do with it yet.
	pub(crate) fn fresh(
		id: JobId,
		job: &JobOf<T>,
		since: BlockNumberFor<T>,
	) -> Vec<Candidate<AccountIdOf<T>>> {
		let mut involved = vec![job.requester.clone(), job.owner.clone()];
		involved.extend(
			job.challenge
				.iter()
				.map(|challenge| challenge.challenger.clone()),
		);
		for round in [Round::Main, Round::Audit] {
			let panel = Panels::<T>::get(id, round).unwrap_or_default();
			involved.extend(panel.into_iter().map(|seat| seat.worker));
		}
		Self::candidates(job.listing, job.price.reward, since, |who| {
			involved.contains(who)
		})
	}

	/// Draws `count` of the candidates and gives them seats. Whether there were enough.
	pub(crate) fn draw_panel(
		id: JobId,
		job: &JobOf<T>,
		round: Round,
		seed: H256,
		candidates: Vec<Candidate<AccountIdOf<T>>>,
		count: u32,
	) -> bool {
		let eligible = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
		let wanted = usize::try_from(count).unwrap_or(usize::MAX);
		let weights: Vec<_> = candidates.iter().map(|c| (&c.worker, c.weight)).collect();
		// Who lacks a licence is passed over. So many are asked and no more, since each costs a search.
		let workers: Vec<_> = draw::draw(seed, &weights, MAX_LICENCE_CHECKS)
			.into_iter()
			.filter_map(|index| candidates.get(index))
			.filter(|candidate| Self::may_serve(job, &candidate.worker))
			.map(|candidate| (candidate.worker.clone(), candidate.key.clone()))
			.take(wanted)
			.collect();
		if workers.len() < wanted {
			return false;
		}
		Self::seat(id, job, round, workers, eligible);
		true
	}

	fn may_serve(job: &JobOf<T>, worker: &AccountIdOf<T>) -> bool {
		match job.serving {
			Serving::Anyone => true,
			Serving::Owner => *worker == job.owner,
			Serving::Licensed => {
				T::Licences::has_licence(worker, job.listing, job.version, Right::Serve)
			}
		}
	}

	/// Gives workers their seats and reserves their bond.
	pub(crate) fn seat(
		id: JobId,
		job: &JobOf<T>,
		round: Round,
		workers: Vec<(AccountIdOf<T>, WorkerId)>,
		eligible: u32,
	) {
		let reserve = Self::reserve_of(job.price.reward);
		for (worker, _) in &workers {
			Workers::<T>::mutate_extant(worker, |record| {
				record.reserved = record.reserved.saturating_add(reserve);
			});
			Assignments::<T>::mutate(worker, |jobs| {
				let room = jobs.try_push(id);
				debug_assert!(room.is_ok(), "a worker without room is no candidate");
			});
		}
		if round == Round::Main {
			Eligible::<T>::insert(id, eligible);
		}
		Self::deposit_event(Event::Drawn {
			job: id,
			round,
			workers: workers.iter().map(|(worker, _)| worker.clone()).collect(),
			eligible,
		});
		let seats: Vec<SeatOf<T>> = workers
			.into_iter()
			.map(|(worker, key)| Seat {
				worker,
				key,
				commitment: None,
				answer: None,
				finding: Finding::Open,
			})
			.collect();
		Panels::<T>::insert(id, round, PanelOf::<T>::truncate_from(seats));
	}
}

impl<T: Config> SeedSource<BlockNumberFor<T>> for Pallet<T> {
	fn seed(subject: H256, since: BlockNumberFor<T>) -> SeedState {
		Self::seed(subject, Purpose::Raters, since)
	}

	fn delay() -> u32 {
		SEED_BLOCKS
	}

	fn seed_weight() -> Weight {
		T::DbWeight::get().reads(2)
	}
}
