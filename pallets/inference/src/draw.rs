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
	pub(crate) fn seed(
		request_hash: H256,
		purpose: Purpose,
		since: BlockNumberFor<T>,
	) -> SeedState {
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

	/// Everybody who served `listing` for `reward` in the block `since` and could be drawn now for
	/// something that happened then.
	fn able(
		listing: ListingId,
		reward: u128,
		since: BlockNumberFor<T>,
		excluded: impl Fn(&AccountIdOf<T>) -> bool,
	) -> impl Iterator<Item = (AccountIdOf<T>, WorkerOf<T>)> {
		Asks::<T>::get(listing)
			.into_iter()
			.filter(move |ask| {
				let asked = ask.min_reward.at(since);
				asked.is_some_and(|least| least <= reward) && !excluded(&ask.worker)
			})
			.filter_map(move |ask| {
				let worker = Workers::<T>::get(&ask.worker)?;
				let open = Assignments::<T>::decode_len(&ask.worker).unwrap_or_default();
				Self::can_be_drawn(&worker, open, reward, since).then_some((ask.worker, worker))
			})
	}

	/// Those who can be drawn for something that happened in the block `since`, with their weights.
	pub(crate) fn candidates(
		listing: ListingId,
		reward: u128,
		since: BlockNumberFor<T>,
		excluded: impl Fn(&AccountIdOf<T>) -> bool,
	) -> Vec<Candidate<AccountIdOf<T>>> {
		Self::able(listing, reward, since, excluded)
			.map(|(who, worker)| Candidate {
				weight: Self::draw_weight(&who, &worker, since),
				worker: who,
				key: worker.key,
			})
			.collect()
	}

	/// Whether the owner's own worker serves the listing for this reward and could answer now.
	pub(crate) fn owner_answers(owner: &AccountIdOf<T>, listing: ListingId, reward: u128) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		Self::able(listing, reward, now, |worker| worker != owner)
			.next()
			.is_some()
	}

	/// Those who have something to do with a job and are not drawn to look at it.
	fn involved(id: JobId, job: &JobOf<T>) -> Vec<AccountIdOf<T>> {
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
		involved
	}

	/// Those who could take part in a job since a block and have nothing to do with it yet.
	pub(crate) fn fresh(
		id: JobId,
		job: &JobOf<T>,
		since: BlockNumberFor<T>,
	) -> Vec<Candidate<AccountIdOf<T>>> {
		let involved = Self::involved(id, job);
		Self::candidates(job.listing, job.price.reward, since, |who| {
			involved.contains(who)
		})
	}

	/// How many these are. Does not ask for their licences.
	pub(crate) fn count_fresh(id: JobId, job: &JobOf<T>, since: BlockNumberFor<T>) -> usize {
		let involved = Self::involved(id, job);
		Self::able(job.listing, job.price.reward, since, |who| {
			involved.contains(who)
		})
		.count()
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
		let (mut workers, mut unlicensed) = (Vec::new(), Vec::new());
		for index in draw::draw(seed, &weights, MAX_LICENCE_CHECKS) {
			let Some(candidate) = candidates.get(index).filter(|_| workers.len() < wanted) else {
				break;
			};
			if Self::may_serve(job, &candidate.worker) {
				workers.push((candidate.worker.clone(), candidate.key.clone()));
			} else {
				unlicensed.push(candidate.worker.clone());
			}
		}
		Self::drop_unlicensed(job.listing, unlicensed);
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
