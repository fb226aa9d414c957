//! What the view functions answer. Pages are walked in the order of storage, so that a page costs
//! what it holds, however many records there are.

use crate::{types::*, Config, Deliveries, Pallet, Sellers};
use alloc::vec::Vec;
use frame_system::pallet_prelude::BlockNumberFor;
use weighhouse_primitives::LicenceId;

type DeliveryViewOf<T> = DeliveryView<AccountIdOf<T>, BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
	pub(crate) fn view_delivery(licence: LicenceId) -> Option<DeliveryViewOf<T>> {
		let delivery = Deliveries::<T>::get(licence)?;
		Some(Self::show_delivery(licence, delivery))
	}

	pub(crate) fn view_deliveries(after: LicenceId, limit: u32) -> Vec<DeliveryViewOf<T>> {
		let deliveries = if after == 0 {
			Deliveries::<T>::iter()
		} else {
			Deliveries::<T>::iter_from(Deliveries::<T>::hashed_key_for(after))
		};
		deliveries
			.take(usize::try_from(limit.min(MAX_PAGE)).unwrap_or_default())
			.map(|(licence, delivery)| Self::show_delivery(licence, delivery))
			.collect()
	}

	fn show_delivery(licence: LicenceId, delivery: DeliveryOf<T>) -> DeliveryViewOf<T> {
		DeliveryView {
			licence,
			listing: delivery.listing,
			buyer: delivery.buyer,
			seller: delivery.seller,
			version: delivery.version,
			recipient: delivery.recipient.to_text(),
			key: delivery.key,
			state: delivery.state,
		}
	}

	pub(crate) fn view_seller(who: &AccountIdOf<T>) -> Option<SellerView<BlockNumberFor<T>>> {
		let Seller {
			bond,
			covers,
			window,
		} = Sellers::<T>::get(who)?;
		Some(SellerView {
			bond,
			covers,
			highest_price: bond.saturating_sub(covers).saturating_mul(COVERED_PART),
			window,
		})
	}
}
