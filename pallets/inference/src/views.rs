//! What the view functions answer. Pages are walked in the order of storage, so that a page costs
//! what it holds, however many receipts there are.

use crate::{
	crypto::key_hash, deposit, job_footprint, receipt_footprint, AccountIdOf, AskOf, Asks,
	Assignments, CallRoyalties, Config, JobOf, JobQuote, JobView, Jobs, Outputs, Pallet, Panels,
	Price, QuoteError, ReceiptView, Receipts, ReceiptsByOutput, ReceiptsOf, SeatView, ServingView,
	WorkerOf, WorkerView, Workers, MAX_PAGE,
};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use weighhouse_primitives::{
	inference::{Access, JobId, Mode, Round},
	market::{AnswerClass, Right, Serving},
	royalty,
	traits::{CallSales, LicenceCheck, ListingRegistry},
	ListingId, ReceiptId, VersionNumber,
};

type WorkerViewOf<T> = WorkerView<AccountIdOf<T>, BlockNumberFor<T>>;
type JobViewOf<T> = JobView<AccountIdOf<T>, BlockNumberFor<T>>;
type ReceiptViewOf<T> = ReceiptView<AccountIdOf<T>, BlockNumberFor<T>>;

/// Somebody who serves a listing, with all that decides whether they can be drawn.
struct Server<T: Config> {
	ask: AskOf<T>,
	worker: WorkerOf<T>,
	open_jobs: usize,
}

impl<T: Config> Server<T> {
	fn can_be_drawn(&self, reward: u128) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		self.ask.min_reward.now <= reward
			&& Pallet::<T>::can_be_drawn(&self.worker, self.open_jobs, reward, now)
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn view_worker(worker: &AccountIdOf<T>) -> Option<WorkerViewOf<T>> {
		let record = Workers::<T>::get(worker)?;
		let alive = Self::is_alive(&record, frame_system::Pallet::<T>::block_number());
		Some(WorkerView {
			worker: worker.clone(),
			key: key_hash(&record.key),
			bond: record.bond,
			reserved: record.reserved,
			unbonding: record.unbonding.into_inner(),
			availability: record.availability.now,
			silences: record.silences,
			seen: record.seen,
			alive,
			served: record.served,
			open_jobs: Assignments::<T>::get(worker).into_inner(),
		})
	}

	pub(crate) fn view_serving(
		listing: ListingId,
		reward: u128,
	) -> Vec<ServingView<AccountIdOf<T>>> {
		Self::servers(listing)
			.map(|server| {
				let now = frame_system::Pallet::<T>::block_number();
				let weight = if server.can_be_drawn(reward) {
					Self::draw_weight(&server.ask.worker, &server.worker, now)
				} else {
					0
				};
				ServingView {
					min_reward: server.ask.min_reward.now,
					free_bond: server.worker.free(),
					worker: server.ask.worker,
					weight,
				}
			})
			.collect()
	}

	fn servers(listing: ListingId) -> impl Iterator<Item = Server<T>> {
		Asks::<T>::get(listing).into_iter().filter_map(|ask| {
			let worker = Workers::<T>::get(&ask.worker)?;
			let open_jobs = Assignments::<T>::decode_len(&ask.worker).unwrap_or_default();
			Some(Server {
				ask,
				worker,
				open_jobs,
			})
		})
	}

	pub(crate) fn view_job(id: JobId) -> Option<JobViewOf<T>> {
		let job: JobOf<T> = Jobs::<T>::get(id)?;
		let seats = [Round::Main, Round::Audit, Round::Jury]
			.into_iter()
			.flat_map(|round| Self::view_panel(id, round))
			.collect();
		Some(JobView {
			job: id,
			request_hash: job.request_hash,
			escrow: job.price.escrow(job.mode),
			due: Self::due(&job.phase),
			requester: job.requester,
			listing: job.listing,
			version: job.version,
			mode: job.mode,
			access: job.access,
			input: job.input.to_text(),
			input_hash: job.input_hash,
			reward: job.price.reward,
			requested: job.requested,
			phase: job.phase,
			receipt: job.receipt,
			challenge: job.challenge,
			seats,
		})
	}

	fn view_panel(id: JobId, round: Round) -> Vec<SeatView<AccountIdOf<T>>> {
		Panels::<T>::get(id, round)
			.into_iter()
			.flatten()
			.map(|seat| SeatView {
				round,
				key: key_hash(&seat.key),
				output: Outputs::<T>::get(id, &seat.worker)
					.map(|output| output.into_inner())
					.unwrap_or_default(),
				worker: seat.worker,
				commitment: seat.commitment,
				answer: seat.answer,
				finding: seat.finding,
			})
			.collect()
	}

	pub(crate) fn view_quote(
		requester: &AccountIdOf<T>,
		listing: ListingId,
		version: VersionNumber,
		mode: Mode,
		access: Access,
	) -> Result<JobQuote, QuoteError> {
		let owner = T::Listings::owner(listing).ok_or(QuoteError::UnknownVersion)?;
		let terms =
			T::Listings::version_terms(listing, version).ok_or(QuoteError::UnknownVersion)?;
		ensure!(
			Self::may_be_asked(&terms, access),
			QuoteError::VersionYanked
		);
		ensure!(
			terms.answers.class != AnswerClass::None,
			QuoteError::NotServed
		);
		ensure!(
			mode == Mode::Owner || terms.serving != Serving::Owner,
			QuoteError::OnlyOwnerServes
		);
		ensure!(
			mode != Mode::Owner || *requester != owner,
			QuoteError::OwnRequest
		);
		let call = T::Licences::call_terms(requester, listing, version, access)
			.map_err(|_| QuoteError::NoAccess)?;
		let royalties: CallRoyalties = call
			.royalties
			.try_into()
			.map_err(|_| QuoteError::NoAccess)?;

		let servers: Vec<Server<T>> = Self::servers(listing)
			.filter(|server| {
				let worker = &server.ask.worker;
				let answers = match mode {
					Mode::Owner => *worker == owner,
					_ => *worker != owner && worker != requester,
				};
				answers
					&& match terms.serving {
						_ if *worker == owner => true,
						Serving::Anyone => true,
						Serving::Owner => false,
						Serving::Licensed => {
							T::Licences::has_licence(worker, listing, version, Right::Serve)
						}
					}
			})
			.collect();
		let (reward, eligible) =
			cheapest(&servers, mode.seats()).ok_or(QuoteError::NotEnoughWorkers)?;
		let price = Price {
			reward,
			call: call.price,
			royalties,
			premium: if mode == Mode::Solo { reward } else { 0 },
			fee_parts: Self::fee_parts(),
		};
		// Fees are taken seat by seat, so they are rounded seat by seat.
		let fee_of = |amount| royalty::split(amount, price.fee_parts, &[]).fee();
		let fee = fee_of(reward)
			.saturating_mul(mode.seats().into())
			.saturating_add(fee_of(price.call));
		let jury = match mode {
			Mode::Owner => 0,
			_ => {
				let fresh = eligible.saturating_sub(mode.seats());
				Self::jury_size(usize::try_from(fresh).unwrap_or_default()).unwrap_or_default()
			}
		};
		Ok(JobQuote {
			reward,
			call: price.call,
			premium: price.premium,
			escrow: price.escrow(mode),
			fee,
			deposit: deposit::<T>(job_footprint::<T>(mode))
				.saturating_add(deposit::<T>(receipt_footprint::<T>())),
			eligible,
			jury,
			dispute_bond: Self::dispute_bond(reward),
		})
	}

	pub(crate) fn view_receipt(receipt: ReceiptId) -> Option<ReceiptViewOf<T>> {
		let record = Receipts::<T>::get(receipt)?.record;
		Some(ReceiptView {
			receipt,
			input: record.input.to_text(),
			prunable: Self::prunable(&record),
			record,
		})
	}

	pub(crate) fn view_receipts_of(
		account: &AccountIdOf<T>,
		after: ReceiptId,
		limit: u32,
	) -> Vec<ReceiptId> {
		let receipts = if after == 0 {
			ReceiptsOf::<T>::iter_key_prefix(account)
		} else {
			let last = ReceiptsOf::<T>::hashed_key_for(account, after);
			ReceiptsOf::<T>::iter_key_prefix_from(account, last)
		};
		receipts.take(page(limit)).collect()
	}

	pub(crate) fn view_receipts_by_output(
		output_hash: H256,
		after: ReceiptId,
		limit: u32,
	) -> Vec<ReceiptId> {
		let receipts = if after == 0 {
			ReceiptsByOutput::<T>::iter_key_prefix(output_hash)
		} else {
			let last = ReceiptsByOutput::<T>::hashed_key_for(output_hash, after);
			ReceiptsByOutput::<T>::iter_key_prefix_from(output_hash, last)
		};
		receipts.take(page(limit)).collect()
	}
}

/// The smallest reward for which at least `seats` of the servers would be drawn, and how many would
/// be for it. A higher reward reserves more bond, so for it there may be fewer.
fn cheapest<T: Config>(servers: &[Server<T>], seats: u32) -> Option<(u128, u32)> {
	let mut rewards: Vec<u128> = servers
		.iter()
		.map(|server| server.ask.min_reward.now.max(T::MinReward::get()))
		.collect();
	rewards.sort_unstable();
	rewards.dedup();
	rewards.into_iter().find_map(|reward| {
		let drawn = servers
			.iter()
			.filter(|server| server.can_be_drawn(reward))
			.count();
		let eligible = u32::try_from(drawn).unwrap_or(u32::MAX);
		(eligible >= seats).then_some((reward, eligible))
	})
}

/// How many entries a page of `limit` holds.
fn page(limit: u32) -> usize {
	usize::try_from(limit.min(MAX_PAGE)).unwrap_or_default()
}
