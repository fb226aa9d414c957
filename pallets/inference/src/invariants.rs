//! The invariants of the module documentation, one function each. They walk all state, so they are
//! for tests and `try-runtime`, never for a block.

use crate::{
	AccountIdOf, Asks, Assignments, Config, Due, Eligible, HoldReason, HoldReasonOf, Jobs,
	KeyOwners, Outputs, Pallet, Panels, Phase, Receipts, ReceiptsByOutput, ReceiptsOf, Workers,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use codec::{Decode, Encode};
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{
	inference::{JobId, Round},
	traits::ListingRegistry,
	ListingId,
};

/// The shortest output by whose hash a receipt is found, in bytes.
const SHORTEST_FOUND: u32 = 32;

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of this pallet. Walks all of its state and all accounts.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::escrow_is_what_jobs_say()?;
		Self::bonds_are_what_workers_and_jobs_say()?;
		Self::reserves_are_what_seats_say()?;
		Self::assignments_name_the_seats()?;
		Self::panels_fit_the_phases()?;
		Self::keys_and_workers_agree()?;
		Self::asks_belong_to_workers()?;
		Self::deposits_equal_tickets()?;
		Self::receipts_and_indices_agree()?;
		Self::retained_listings_exist()?;
		Self::queues_name_the_jobs()
	}

	/// How often this pallet retains each listing: once for each open job. For checks against what
	/// the registry of listings counts.
	pub fn retained() -> BTreeMap<ListingId, u32> {
		let mut retained = BTreeMap::<ListingId, u32>::new();
		for job in Jobs::<T>::iter_values() {
			let count = retained.entry(job.listing).or_default();
			*count = count.saturating_add(1);
		}
		retained
	}

	/// INV-1.
	pub(crate) fn escrow_is_what_jobs_say() -> Check {
		let escrows =
			Jobs::<T>::iter_values().map(|job| (job.requester, job.price.escrow(job.mode)));
		Self::holds_equal(
			HoldReason::Escrow,
			escrows,
			"INV-1: the escrow on an account is not what its jobs say",
		)
	}

	/// INV-2.
	pub(crate) fn bonds_are_what_workers_and_jobs_say() -> Check {
		let bonds = Workers::<T>::iter().map(|(account, worker)| {
			let leaving = worker
				.unbonding
				.iter()
				.fold(0u128, |sum, part| sum.saturating_add(part.amount));
			(account, worker.bond.saturating_add(leaving))
		});
		let challenges = Jobs::<T>::iter_values()
			.filter_map(|job| job.challenge)
			.map(|challenge| (challenge.challenger, challenge.bond));
		Self::holds_equal(
			HoldReason::Bond,
			bonds,
			"INV-2: the bond on an account is not what its worker says",
		)?;
		Self::holds_equal(
			HoldReason::Challenge,
			challenges,
			"INV-2: the bond of a challenger is not what the jobs say",
		)
	}

	/// INV-3.
	pub(crate) fn reserves_are_what_seats_say() -> Check {
		let mut reserved = BTreeMap::<AccountIdOf<T>, u128>::new();
		for (job, worker) in Self::seats() {
			let reward = Jobs::<T>::get(job).map_or(0, |job| job.price.reward);
			let sum = reserved.entry(worker).or_default();
			*sum = sum.saturating_add(Self::reserve_of(reward));
		}
		for (account, worker) in Workers::<T>::iter() {
			ensure!(
				worker.reserved == reserved.remove(&account).unwrap_or_default(),
				"INV-3: a worker's reserve is not the sum over its seats"
			);
			ensure!(
				worker.bond >= worker.reserved,
				"INV-3: a worker's bond does not cover its reserve"
			);
		}
		ensure!(
			reserved.is_empty(),
			"INV-3: a seat is of an account that is no worker"
		);
		Ok(())
	}

	/// INV-4.
	pub(crate) fn assignments_name_the_seats() -> Check {
		let mut seats = BTreeSet::<(JobId, AccountIdOf<T>)>::new();
		for seat in Self::seats() {
			ensure!(
				seats.insert(seat),
				"INV-4: a worker has two seats in one job"
			);
		}
		for (worker, jobs) in Assignments::<T>::iter() {
			for job in jobs {
				ensure!(
					seats.remove(&(job, worker.clone())),
					"INV-4: an assignment names no seat"
				);
			}
		}
		ensure!(
			seats.is_empty(),
			"INV-4: a seat is not among the assignments of its worker"
		);
		Ok(())
	}

	/// INV-5.
	pub(crate) fn panels_fit_the_phases() -> Check {
		for (id, job) in Jobs::<T>::iter() {
			let seats = |round| Panels::<T>::get(id, round).map_or(0, |panel| panel.len());
			let main = seats(Round::Main);
			let (drawn, judged) = match job.phase {
				Phase::Open { .. } => (main == 0, false),
				// A job that came to nothing ends without a panel.
				Phase::Ending { .. } => (true, seats(Round::Jury) > 0),
				Phase::JuryCommitting { .. } | Phase::JuryRevealing { .. } => (main > 0, true),
				_ => (main > 0, false),
			};
			ensure!(
				drawn,
				"INV-5: a job has no panel though it was drawn, or has one before"
			);
			ensure!(
				(seats(Round::Jury) > 0) == judged,
				"INV-5: a job has no jury though it is judged, or has one otherwise"
			);
			ensure!(
				!matches!(job.phase, Phase::Auditing { .. }) || seats(Round::Audit) > 0,
				"INV-5: a job is audited by nobody"
			);
			let most = usize::try_from(job.mode.seats()).unwrap_or(usize::MAX);
			ensure!(
				main <= most && seats(Round::Audit) <= 1,
				"INV-5: a panel has more seats than it should"
			);
		}
		ensure!(
			Panels::<T>::iter_keys().all(|(job, _)| Jobs::<T>::contains_key(job)),
			"INV-5: a panel is without a job"
		);
		ensure!(
			Eligible::<T>::iter_keys().all(Jobs::<T>::contains_key),
			"INV-5: a count of the eligible is without a job"
		);
		let seats: BTreeSet<_> = Self::seats().into_iter().collect();
		ensure!(
			Outputs::<T>::iter_keys().all(|seat| seats.contains(&seat)),
			"INV-5: an output is without a seat"
		);
		Ok(())
	}

	/// INV-6.
	pub(crate) fn keys_and_workers_agree() -> Check {
		ensure!(
			Workers::<T>::iter()
				.all(|(account, worker)| KeyOwners::<T>::get(worker.key) == Some(account)),
			"INV-6: a key does not name its worker"
		);
		ensure!(
			KeyOwners::<T>::iter()
				.all(|(key, account)| Workers::<T>::get(account)
					.is_some_and(|worker| worker.key == key)),
			"INV-6: a key names a worker that has another one"
		);
		Ok(())
	}

	/// INV-7.
	pub(crate) fn asks_belong_to_workers() -> Check {
		let mut served = BTreeMap::<AccountIdOf<T>, u32>::new();
		for asks in Asks::<T>::iter_values() {
			let mut workers = BTreeSet::new();
			for ask in asks {
				let count = served.entry(ask.worker.clone()).or_default();
				*count = count.saturating_add(1);
				ensure!(
					workers.insert(ask.worker),
					"INV-7: a worker serves a listing twice"
				);
			}
		}
		for (account, worker) in Workers::<T>::iter() {
			ensure!(
				worker.served == served.remove(&account).unwrap_or_default(),
				"INV-7: a worker counts its asks wrong"
			);
		}
		ensure!(
			served.is_empty(),
			"INV-7: an ask is of an account that is no worker"
		);
		Ok(())
	}

	/// INV-8.
	pub(crate) fn deposits_equal_tickets() -> Check {
		const WHY: &str = "INV-8: the deposits on an account are not what its records say";
		let workers =
			Workers::<T>::iter().map(|(account, worker)| (account, ticket_amount(&worker.ticket)));
		let asks = Asks::<T>::iter_values()
			.flatten()
			.map(|ask| (ask.worker, ticket_amount(&ask.ticket)));
		let jobs = Jobs::<T>::iter_values().map(|job| (job.requester, ticket_amount(&job.ticket)));
		// The deposit for a receipt is held from the request on.
		let awaited = Jobs::<T>::iter_values().filter_map(|job| {
			let ticket = job.receipt_ticket?;
			Some((job.requester, ticket_amount(&ticket)))
		});
		let receipts = Receipts::<T>::iter_values()
			.map(|receipt| (receipt.record.buyer, ticket_amount(&receipt.ticket)))
			.chain(awaited);
		Self::holds_equal(HoldReason::Worker, workers, WHY)?;
		Self::holds_equal(HoldReason::Ask, asks, WHY)?;
		Self::holds_equal(HoldReason::Job, jobs, WHY)?;
		Self::holds_equal(HoldReason::Receipt, receipts, WHY)
	}

	/// INV-9.
	pub(crate) fn receipts_and_indices_agree() -> Check {
		let mut of: BTreeSet<_> = ReceiptsOf::<T>::iter_keys().collect();
		let mut by_output: BTreeSet<_> = ReceiptsByOutput::<T>::iter_keys().collect();
		for (id, receipt) in Receipts::<T>::iter() {
			ensure!(
				of.remove(&(receipt.record.buyer.clone(), id)),
				"INV-9: a receipt is not among those of its buyer"
			);
			let long = receipt
				.record
				.output_length
				.is_none_or(|length| length >= SHORTEST_FOUND);
			ensure!(
				by_output.remove(&(receipt.record.output_hash, id)) == long,
				"INV-9: a receipt is not found by its output, or by one too short"
			);
		}
		ensure!(
			of.is_empty() && by_output.is_empty(),
			"INV-9: an index names a receipt that it does not belong to"
		);
		Ok(())
	}

	/// INV-10.
	pub(crate) fn retained_listings_exist() -> Check {
		ensure!(
			Self::retained()
				.into_keys()
				.all(|listing| T::Listings::owner(listing).is_some()),
			"INV-10: the listing of an open job does not exist"
		);
		Ok(())
	}

	/// INV-11.
	pub(crate) fn queues_name_the_jobs() -> Check {
		let mut waiting: BTreeSet<_> = Jobs::<T>::iter()
			.filter_map(|(id, job)| Some((job.queued?, id)))
			.collect();
		for (block, jobs) in Due::<T>::iter() {
			for id in jobs {
				ensure!(
					waiting.remove(&(block, id)),
					"INV-11: a queue names a job that does not say so"
				);
			}
		}
		ensure!(
			waiting.is_empty(),
			"INV-11: a job is not in the queue that it says"
		);
		Ok(())
	}

	/// Every seat there is: the job and the worker.
	fn seats() -> Vec<(JobId, AccountIdOf<T>)> {
		Panels::<T>::iter()
			.flat_map(|(job, _, seats)| seats.into_iter().map(move |seat| (job, seat.worker)))
			.collect()
	}

	/// Whether exactly `owed` is held for `reason` on every account of the chain, so that money
	/// held without a record shows.
	fn holds_equal(
		reason: HoldReason,
		owed: impl Iterator<Item = (AccountIdOf<T>, u128)>,
		why: &'static str,
	) -> Check {
		let reason: HoldReasonOf<T> = reason.into();
		let mut sums = BTreeMap::<AccountIdOf<T>, u128>::new();
		for (account, amount) in owed {
			let sum = sums.entry(account).or_default();
			*sum = sum.saturating_add(amount);
		}
		for account in frame_system::Account::<T>::iter_keys() {
			let expected = sums.remove(&account).unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == expected,
				why
			);
		}
		ensure!(sums.values().all(|amount| *amount == 0), why);
		Ok(())
	}
}

/// What a ticket holds. The deposit type keeps its amount private but encodes as nothing else; a
/// test pins that. One that tells none counts as more than anybody has.
fn ticket_amount(ticket: &impl Encode) -> u128 {
	u128::decode(&mut ticket.encode().as_slice()).unwrap_or(u128::MAX)
}
