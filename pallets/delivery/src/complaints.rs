//! Complaints about wrong keys.

use crate::{types::*, Config, Deliveries, Error, Pallet};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{traits::Zero, DispatchResult};
use weighhouse_primitives::{
	sealing::{judge, Complaint, Context, Verdict},
	LicenceId, VersionNumber,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_complain(
		who: &AccountIdOf<T>,
		licence: LicenceId,
		complaint: &Complaint,
	) -> DispatchResult {
		let delivery = Deliveries::<T>::get(licence).ok_or(Error::<T>::UnknownDelivery)?;
		ensure!(delivery.buyer == *who, Error::<T>::NotBuyer);
		let (payment, sealed, until) = match delivery.state {
			State::Awaiting { .. } => return Err(Error::<T>::NotDelivered.into()),
			State::Delivered {
				payment,
				sealed,
				until,
			} => (payment, sealed, until),
			State::Settled { .. } => return Err(Error::<T>::AlreadySettled.into()),
		};
		ensure!(Self::is_open(until), Error::<T>::TooLateToComplain);
		let verdict = judge(
			Self::context(licence, delivery.version),
			&delivery.key,
			&delivery.recipient,
			&sealed,
			complaint,
		)
		.map_err(Error::<T>::from)?;
		ensure!(verdict == Verdict::WrongKey, Error::<T>::KeyIsRight);

		Self::fail(licence, delivery, payment, Failure::WrongKey)
	}

	/// What a delivery on this chain is bound to.
	pub(crate) fn context(licence: LicenceId, version: VersionNumber) -> Context {
		let hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let bytes: &[u8] = hash.as_ref();
		let mut genesis = H256::zero();
		genesis
			.0
			.iter_mut()
			.zip(bytes)
			.for_each(|(to, from)| *to = *from);
		Context {
			genesis,
			licence,
			version,
		}
	}
}
