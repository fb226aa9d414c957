//! Asking a model: what is checked, what is held, how a request gets its identity.

use crate::{types::*, Config, Error, Event, HoldReason, Jobs, NextJob, Pallet, Workers};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, MutateHold},
		tokens::{Fortitude, Preservation::Preserve},
		Consideration, Get,
	},
};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DispatchResult,
};
use weighhouse_primitives::{
	inference::{Access, JobId, Mode, Round},
	market::{AnswerClass, Serving},
	traits::{CallSales, ListingRegistry, VersionTerms},
	ContentId,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_request(who: AccountIdOf<T>, request: NewRequest) -> DispatchResult {
		let NewRequest {
			listing,
			version,
			mode,
			access,
			reward,
			input,
			input_hash,
		} = request;
		let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
		let terms =
			T::Listings::version_terms(listing, version).ok_or(Error::<T>::UnknownVersion)?;
		ensure!(
			Self::may_be_asked(&terms, access),
			Error::<T>::VersionYanked
		);
		ensure!(
			terms.answers.class != AnswerClass::None,
			Error::<T>::NotServed
		);
		ensure!(
			mode == Mode::Owner || terms.serving != Serving::Owner,
			Error::<T>::OnlyOwnerServes
		);
		ensure!(reward >= T::MinReward::get(), Error::<T>::RewardTooLow);
		// As long as jobs wait for their turn, more of them only make the others late.
		ensure!(!Self::is_behind(), Error::<T>::TooManyJobsDue);
		let input = ContentId::parse(&input).map_err(|_| Error::<T>::BadContentId)?;
		if mode == Mode::Owner {
			ensure!(who != owner, Error::<T>::OwnRequest);
			ensure!(
				Self::owner_answers(&owner, listing, reward),
				Error::<T>::OwnerDoesNotServe
			);
		}
		let call = T::Licences::call_terms(&who, listing, version, access)?;
		let price = Price {
			reward,
			call: call.price,
			royalties: call
				.royalties
				.try_into()
				.map_err(|_| Error::<T>::AmountTooLarge)?,
			premium: if mode == Mode::Solo { reward } else { 0 },
			fee_parts: Self::fee_parts(),
		};
		let escrow = price.escrow(mode);
		Self::ensure_can_hold(&who, escrow, mode)?;
		let job = NextJob::<T>::get();
		let next = job.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;

		NextJob::<T>::put(next);
		T::Licences::take_call(&who, listing, version, access)?;
		T::Listings::retain(listing).map_err(|()| Error::<T>::ListingCannotBeRetained)?;
		T::Currency::hold(&HoldReason::Escrow.into(), &who, escrow)?;
		let now = frame_system::Pallet::<T>::block_number();
		let request_hash = Self::request_hash(
			job,
			&who,
			(listing, version, mode, access, reward, input, input_hash),
		);
		let mut record = Job {
			request_hash,
			requester: who.clone(),
			owner: owner.clone(),
			listing,
			version,
			mode,
			access,
			answers: terms.answers,
			serving: terms.serving,
			manifest: terms.manifest,
			artifact_root: H256(terms.artifact_root),
			input,
			input_hash,
			price,
			audit_parts: T::AuditParts::get(),
			challenge_window: Self::challenge_window(escrow),
			requested: now,
			phase: Phase::Open { since: now },
			queued: None,
			redrawn: None,
			receipt: None,
			challenge: None,
			ticket: Ticket::<T, _>::new(&who, job_footprint::<T>(mode))?,
			receipt_ticket: Some(Ticket::<T, _>::new(&who, receipt_footprint::<T>())?),
		};
		Self::deposit_event(Event::Requested {
			job,
			request_hash,
			requester: who,
			listing,
			version,
			mode,
			reward,
			escrow,
		});
		if mode == Mode::Owner {
			let worker = Workers::<T>::get(&owner).ok_or(Error::<T>::OwnerDoesNotServe)?;
			Self::seat(job, &record, Round::Main, [(owner, worker.key)].into(), 1);
			record.phase = Self::main_reveal_phase(&record);
		}
		// A request that would wait for somebody's poke is not taken; steps of open jobs may wait.
		record.queued = Self::schedule(job, Self::due(&record.phase), MAX_DUE_REQUESTS);
		ensure!(record.queued.is_some(), Error::<T>::TooManyJobsDue);
		Self::deposit_event(Event::PhaseEntered {
			job,
			phase: record.phase,
		});
		Jobs::<T>::insert(job, record);
		Ok(())
	}

	/// Whether a version with these terms may be asked in this way. A yank ends the sale of calls, but
	/// not a licence that was sold, nor what the owner may do.
	pub(crate) fn may_be_asked(terms: &VersionTerms, access: Access) -> bool {
		!terms.yanked || !matches!(access, Access::Offer(_))
	}

	/// Identity of a request: nobody can make the same one on another fork, or twice on this.
	fn request_hash(job: JobId, who: &AccountIdOf<T>, arguments: impl codec::Encode) -> H256 {
		let parent = frame_system::Pallet::<T>::parent_hash();
		let nonce = frame_system::Pallet::<T>::account_nonce(who);
		BlakeTwo256::hash_of(&(b"weighhouse/request/v1", parent, job, who, nonce, arguments))
	}

	/// Whether `who` can hold an escrow and all deposits of a job and stay alive.
	fn ensure_can_hold(who: &AccountIdOf<T>, escrow: u128, mode: Mode) -> DispatchResult {
		let needed = deposit::<T>(job_footprint::<T>(mode))
			.checked_add(deposit::<T>(receipt_footprint::<T>()))
			.and_then(|deposits| deposits.checked_add(escrow))
			.ok_or(Error::<T>::BalanceTooLow)?;
		let free = T::Currency::reducible_balance(who, Preserve, Fortitude::Polite);
		ensure!(
			free >= needed && T::Currency::hold_available(&HoldReason::Escrow.into(), who),
			Error::<T>::BalanceTooLow
		);
		Ok(())
	}
}
