//! An example: a pallet whose one call is open to licence holders only.
//!
//! It needs no dependency on the licensing pallet: the runtime wires `type Licences = Licensing`.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(test)]
mod tests;

pub use pallet::*;

/// A room that only holders of a licence enter.
#[frame_support::pallet]
pub mod pallet {
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use weighhouse_primitives::{LicenceCheck, ListingId, Right, VersionNumber};

	/// The example.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What the runtime brings.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who holds which licence.
		type Licences: LicenceCheck<Self::AccountId>;
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(fn deposit_event)]
	pub enum Event<T: Config> {
		/// Somebody with a licence came in.
		Entered {
			/// Who holds the licence.
			who: T::AccountId,
			/// Number of the listing that it is for.
			listing: ListingId,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The caller holds no licence to use this version that counts now.
		LicenceRequired,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Come in with a licence to use `version` of `listing`. Emits `Entered`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::Licences::has_licence_weight())]
		pub fn enter(
			origin: OriginFor<T>,
			listing: ListingId,
			version: VersionNumber,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(
				T::Licences::has_licence(&who, listing, version, Right::Use),
				Error::<T>::LicenceRequired
			);
			Self::deposit_event(Event::Entered { who, listing });
			Ok(())
		}
	}
}
