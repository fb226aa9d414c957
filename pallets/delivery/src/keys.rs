//! Delivering keys.

use crate::{point_error, types::*, Config, Deliveries, Error, Event, Pallet};
use frame_support::{ensure, traits::Get};
use sp_runtime::traits::Saturating;
use weighhouse_primitives::{
	sealing::{check_point, PointBytes, SealedKey},
	LicenceId,
};

impl<T: Config> Pallet<T> {
	/// Takes the key that a seller sealed for `key`, or refuses it and changes nothing.
	pub(crate) fn do_deliver(
		who: &AccountIdOf<T>,
		licence: LicenceId,
		key: &PointBytes,
		sealed: SealedKey,
	) -> Result<(), Error<T>> {
		let mut delivery = Deliveries::<T>::get(licence).ok_or(Error::<T>::UnknownDelivery)?;
		ensure!(delivery.seller == *who, Error::<T>::NotSeller);
		let State::Awaiting { payment, until } = delivery.state else {
			return Err(Error::AlreadyDelivered);
		};
		ensure!(Self::is_open(until), Error::<T>::TooLate);
		ensure!(delivery.key == *key, Error::<T>::OtherKey);
		check_point(&sealed.point).map_err(point_error::<T>)?;

		let now = frame_system::Pallet::<T>::block_number();
		let until = now.saturating_add(T::ComplaintWindow::get());
		let seller = delivery.seller.clone();
		delivery.state = State::Delivered {
			payment,
			sealed,
			until,
		};
		Deliveries::<T>::insert(licence, delivery);
		Self::deposit_event(Event::KeyDelivered {
			licence,
			seller,
			sealed,
			until,
		});
		Ok(())
	}

	pub(crate) fn do_deliver_batch(who: &AccountIdOf<T>, keys: KeyBatch) {
		for KeyOf {
			licence,
			key,
			point,
			ciphertext,
		} in keys
		{
			let sealed = SealedKey { point, ciphertext };
			if let Err(error) = Self::do_deliver(who, licence, &key, sealed) {
				Self::deposit_event(Event::KeyRefused {
					licence,
					error: error.into(),
				});
			}
		}
	}
}
