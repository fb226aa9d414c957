//! # Validators
//!
//! Who makes and finalises blocks. Root adds and removes; whoever contradicted itself is removed by
//! itself.
//!
//! ## Lifecycle
//!
//! ```text
//! session.set_keys -> add -> planned at the next session -> in the set at the one after
//! in the set -> remove, purge_keys or an offence -> planned without -> out of the set
//! ```
//!
//! The session pallet plans a session ahead, so a change counts from the second session after it.
//! A member without session keys is left out until it has some.
//!
//! ## Offences
//!
//! Whoever is proven to have signed two things at once is disabled in the same block, as far as the
//! session pallet's strategy lets so many be disabled, and is taken off the list, so that the next
//! session that is planned goes without it. It stays disabled until it has left. Two rules keep
//! offences from emptying the set: they never take the list below [`Least`], and they take at most one
//! off in a session. Whom they spare stays on record in the offences pallet, and root may remove it.
//!
//! ## Session roots
//!
//! A session's root commits to the keys that its validators have in it, so that an offence is proven
//! against them later. Roots older than [`Config::ProvableSessions`] are forgotten.
//!
//! ## Invariants
//!
//! - INV-1 No account is on the list twice.
//! - INV-2 The list is never shorter than [`Least`].

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects,
		clippy::as_conversions
	)
)]

extern crate alloc;

use alloc::vec::Vec;

use frame_support::{ensure, traits::Get, weights::Weight};
use pallet_session::{
	historical::{self, IdentificationTuple},
	Pallet as Session, SessionInterface,
};
use sp_runtime::{Perbill, TryRuntimeError};
use sp_staking::{
	offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
	SessionIndex,
};

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

/// Who makes and finalises blocks.
// The macros expand to casts of discriminants and to `expect` on names that the runtime gives;
// nothing here does either by hand.
#[allow(clippy::as_conversions, clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	/// What a chain must provide.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
		+ historical::Config<FullIdentification = ()>
	{
		/// The most validators, as many as BABE and GRANDPA take.
		#[pallet::constant]
		type MaxValidators: Get<u32>;

		/// For how many sessions an offence can be proven.
		#[pallet::constant]
		type ProvableSessions: Get<SessionIndex>;

		/// Cost of each call.
		type WeightInfo: WeightInfo;
	}

	/// The validators pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Who is to make and finalise blocks, those who came first in front.
	#[pallet::storage]
	pub type Members<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxValidators>, ValueQuery>;

	/// The fewest that are kept; set at genesis.
	#[pallet::storage]
	pub type Least<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Whom an offence removed last, and in which session.
	#[pallet::storage]
	pub type LastExpelled<T: Config> = StorageValue<_, (SessionIndex, T::AccountId)>;

	/// Of whom offences were reported in a session, the last in which there were any.
	#[pallet::storage]
	pub type Reported<T: Config> =
		StorageValue<_, (SessionIndex, BoundedVec<T::AccountId, T::MaxValidators>), ValueQuery>;

	/// The first members are the session pallet's validators of genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The fewest validators that are kept.
		pub least: u32,
		/// The type of the chain.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let members =
				BoundedVec::<_, T::MaxValidators>::truncate_from(Session::<T>::validators());
			assert!(
				self.least <= Pallet::<T>::count(&members),
				"genesis has fewer validators than are to be kept"
			);
			Least::<T>::put(self.least);
			Members::<T>::put(members);
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Root added a validator.
		Added {
			/// Who it is.
			who: T::AccountId,
		},
		/// Root removed a validator.
		Removed {
			/// Who it was.
			who: T::AccountId,
		},
		/// A validator contradicted itself and was removed.
		Expelled {
			/// Who it was.
			who: T::AccountId,
		},
	}

	/// Why a call was refused. A refused call changes nothing.
	#[pallet::error]
	pub enum Error<T> {
		/// The account is on the list already.
		AlreadyValidator,
		/// The account is not on the list.
		NotValidator,
		/// The account has set no session keys; it calls `session.set_keys` first.
		NoKeys,
		/// There are as many validators as BABE and GRANDPA take.
		TooMany,
		/// There would be too few validators left.
		TooFew,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds a validator. It is in the set from the second session on. Root only.
		///
		/// - `who`: its account, which has set session keys.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::add())]
		pub fn add(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
			ensure_root(origin)?;
			ensure!(Session::<T>::load_keys(&who).is_some(), Error::<T>::NoKeys);
			Members::<T>::try_mutate(|members| {
				ensure!(!members.contains(&who), Error::<T>::AlreadyValidator);
				members
					.try_push(who.clone())
					.map_err(|_| Error::<T>::TooMany)
			})?;
			Self::deposit_event(Event::Added { who });
			Ok(())
		}

		/// Removes a validator. It makes blocks until the second session. Root only.
		///
		/// - `who`: its account.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::remove())]
		pub fn remove(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
			ensure_root(origin)?;
			Self::take_off(&who)?;
			Self::deposit_event(Event::Removed { who });
			Ok(())
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Checks the invariants that the crate's documentation numbers.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		let mut members = Members::<T>::get().into_inner();
		let listed = members.len();
		members.sort();
		members.dedup();
		ensure!(members.len() == listed, "INV-1: an account is listed twice");
		ensure!(
			Self::count(&members) >= Least::<T>::get(),
			"INV-2: the list is too short"
		);
		Ok(())
	}

	fn take_off(who: &T::AccountId) -> Result<(), Error<T>> {
		Members::<T>::try_mutate(|members| {
			let before = members.len();
			members.retain(|member| member != who);
			ensure!(members.len() < before, Error::<T>::NotValidator);
			ensure!(
				Self::count(members) >= Least::<T>::get(),
				Error::<T>::TooFew
			);
			Ok(())
		})
	}

	/// Those of `accounts` that have session keys, with them.
	fn with_keys(
		accounts: impl IntoIterator<Item = T::AccountId>,
	) -> impl Iterator<Item = (T::AccountId, <T as pallet_session::Config>::Keys)> {
		accounts
			.into_iter()
			.filter_map(|who| Session::<T>::load_keys(&who).map(|keys| (who, keys)))
	}

	fn count(members: &[T::AccountId]) -> u32 {
		u32::try_from(members.len()).unwrap_or(u32::MAX)
	}

	/// Whether a report of an offence of `who` may count: it is a validator or is to be one, and none
	/// has been heard in this session.
	pub fn hears_of(who: &T::AccountId) -> bool {
		let concerns =
			Members::<T>::get().contains(who) || Session::<T>::validators().contains(who);
		let (session, reported) = Reported::<T>::get();
		let heard = session == Session::<T>::current_index() && reported.contains(who);
		concerns && !heard
	}

	/// Notes a report of an offence of `who`; false if it may not count.
	pub fn hear_of(who: &T::AccountId) -> bool {
		if !Self::hears_of(who) {
			return false;
		}
		let now = Session::<T>::current_index();
		Reported::<T>::mutate(|(session, reported)| {
			if *session != now {
				*session = now;
				*reported = Default::default();
			}
			reported.try_push(who.clone()).is_ok()
		})
	}

	/// Takes somebody off the list who contradicted itself, at most one in a session.
	fn expel(who: &T::AccountId) {
		let now = Session::<T>::current_index();
		let done = LastExpelled::<T>::get().is_some_and(|(session, _)| session == now);
		// A member without keys makes no blocks.
		let mut left = Self::with_keys(Members::<T>::get()).filter(|(member, _)| member != who);
		let enough = (0..Least::<T>::get()).all(|_| left.next().is_some());
		if !done && enough && Self::take_off(who).is_ok() {
			LastExpelled::<T>::put((now, who));
			Self::deposit_event(Event::Expelled { who: who.clone() });
		}
	}
}

impl<T: Config> OnOffenceHandler<T::AccountId, IdentificationTuple<T>, Weight> for Pallet<T> {
	fn on_offence(
		offenders: &[OffenceDetails<T::AccountId, IdentificationTuple<T>>],
		fractions: &[Perbill],
		_: SessionIndex,
	) -> Weight {
		// All who ever did the same at the same time, the one who was reported now last.
		if let Some((details, fraction)) = offenders.iter().zip(fractions).next_back() {
			let (who, ()) = &details.offender;
			Session::<T>::report_offence(who.clone(), OffenceSeverity(*fraction));
			Self::expel(who);
		}
		// The pallet of offences asks nobody to pay for it: a report is charged as a whole.
		Weight::zero()
	}
}

impl<T: Config> pallet_session::SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<T::AccountId>> {
		let planned = <Self as historical::SessionManager<T::AccountId, ()>>::new_session(index);
		planned.map(|members| members.into_iter().map(|(who, ())| who).collect())
	}

	fn start_session(index: SessionIndex) {
		if let Some(oldest) = index.checked_sub(T::ProvableSessions::get()) {
			historical::Pallet::<T>::prune_up_to(oldest);
		}
		// Another change of the set has enabled everybody again. Who was removed in the last session
		// is in the set for this one yet.
		if let Some((session, who)) = LastExpelled::<T>::get() {
			if session.checked_add(1) == Some(index) && !Members::<T>::get().contains(&who) {
				Session::<T>::report_offence(who, OffenceSeverity::max_severity());
			}
		}
	}

	fn end_session(_: SessionIndex) {}
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
	// Naming the same validators again is what makes a new root; without, the last one goes on.
	fn new_session(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		// These count in the session before `index`.
		let running = Session::<T>::queued_keys();
		let mut planned: Vec<_> = Self::with_keys(Members::<T>::get()).collect();
		if planned.is_empty() {
			// A chain whose members all purged their keys would stop. Those who make its blocks go on.
			for (who, keys) in &running {
				if Session::<T>::load_keys(who).is_none() {
					// Refused if their owner has set them for another account meanwhile.
					let _ = <Session<T> as SessionInterface>::set_keys(who, keys.clone());
				}
			}
			planned = Self::with_keys(running.iter().map(|(who, _)| who.clone())).collect();
		}
		let noted = historical::Pallet::<T>::historical_root(index.saturating_sub(1)).is_some();
		if planned.is_empty() || (planned == running && noted) {
			return None;
		}
		Some(planned.into_iter().map(|(who, _)| (who, ())).collect())
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<T::AccountId>>::start_session(index)
	}

	fn end_session(_: SessionIndex) {}
}
