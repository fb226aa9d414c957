//! What the calls and the steps of deliveries cost on a chain with its real market.

use crate::{
	delivery_footprint, AccountIdOf, Call, Config, Deliveries, Due, Event, HoldReason, KeyBatch,
	KeyOf, NextDue, Pallet, Payment, Sellers, State, Ticket, DUE_SPREAD, MAX_DUE,
};
use alloc::vec;
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Mutate, MutateHold},
	Consideration, Get,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{
	traits::{One, Saturating},
	BoundedVec,
};
use weighhouse_primitives::{
	sealing::{DeliverySecret, Identity, PointBytes, Recipient, SealedKey, Vault},
	LicenceId, ListingId, OfferId,
};

/// Prepares what the benchmarks sell.
pub trait BenchmarkHelper<AccountId> {
	/// Registers a listing of `seller`, who is rich, with a version that is sealed for `recipient`, and
	/// opens an offer of it that pays as many royalties as can be, at a price of which a hundredth is
	/// more than the existential deposit.
	fn sealed_offer(seller: &AccountId, recipient: Recipient) -> (ListingId, OfferId);
}

const SEED: u32 = 0;

fn rich<T: Config>(name: &'static str) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account(name, 0, SEED);
	T::Currency::set_balance(&who, u128::MAX >> 12);
	who
}

fn seller<T: Config>() -> AccountIdOf<T> {
	account("seller", 0, SEED)
}

fn buyer<T: Config>() -> AccountIdOf<T> {
	account("buyer", 0, SEED)
}

/// The origin of a call by `who`, whose account the fee reads and writes anyway. To be made before
/// what is measured begins.
fn caller<T: Config>(who: AccountIdOf<T>) -> RawOrigin<AccountIdOf<T>> {
	whitelist_account!(who);
	RawOrigin::Signed(who)
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

/// Lets time pass until the first block after a window that began now.
fn pass<T: Config>(window: BlockNumberFor<T>) {
	let after = now::<T>().saturating_add(window).saturating_add(One::one());
	frame_system::Pallet::<T>::set_block_number(after);
}

fn assert_last<T: Config>(event: Event<T>) {
	frame_system::Pallet::<T>::assert_last_event(event.into());
}

/// Fills the queues of a window that begins now but the last.
fn crowd_after<T: Config>(window: BlockNumberFor<T>) {
	let at = now::<T>().saturating_add(window).saturating_add(One::one());
	for offset in 0..DUE_SPREAD.saturating_sub(1) {
		let others = vec![LicenceId::MAX; MAX_DUE as usize];
		Due::<T>::insert(
			at.saturating_add(offset.into()),
			BoundedVec::truncate_from(others),
		);
	}
}

fn identity() -> Identity {
	Identity::from_bytes([6; 32])
}

fn secret() -> DeliverySecret {
	DeliverySecret::from_seed([4; 32])
}

fn key() -> PointBytes {
	secret().key()
}

/// An offer whose seller has a bond for many sales.
fn offer<T: Config>() -> Result<(ListingId, OfferId), BenchmarkError> {
	// Where it is block 0, benchmarking would set it to 1 between here and the call.
	frame_system::Pallet::<T>::set_block_number(One::one());
	let seller = rich::<T>("seller");
	rich::<T>("buyer");
	Pallet::<T>::bond(RawOrigin::Signed(seller.clone()).into(), u128::MAX >> 16)?;
	Ok(T::BenchmarkHelper::sealed_offer(
		&seller,
		identity().recipient(),
	))
}

fn buy<T: Config>((listing, offer): (ListingId, OfferId)) -> Result<LicenceId, BenchmarkError> {
	let origin = RawOrigin::Signed(buyer::<T>()).into();
	Pallet::<T>::buy(origin, listing, offer, key(), T::MaxWindow::get())?;
	Ok(Deliveries::<T>::iter_keys().max().unwrap_or_default())
}

fn sealed<T: Config>(licence: LicenceId) -> Result<SealedKey, BenchmarkError> {
	let delivery = Deliveries::<T>::get(licence).ok_or("the delivery exists")?;
	let context = Pallet::<T>::context(licence, delivery.version);
	let vault = Vault::from_bytes([5; 32]);
	let sealed = vault.seal(context, &delivery.key, &identity());
	Ok(sealed.map_err(|_| "the key is a point")?)
}

fn deliver<T: Config>(licence: LicenceId, sealed: SealedKey) -> Result<(), BenchmarkError> {
	let origin = RawOrigin::Signed(seller::<T>()).into();
	Ok(Pallet::<T>::deliver(
		origin,
		licence,
		key(),
		sealed.point,
		sealed.ciphertext,
	)?)
}

/// A sale whose key was delivered.
fn delivered<T: Config>() -> Result<LicenceId, BenchmarkError> {
	let licence = buy::<T>(offer::<T>()?)?;
	deliver::<T>(licence, sealed::<T>(licence)?)?;
	Ok(licence)
}

/// A sale that ended well.
fn settled<T: Config>() -> Result<LicenceId, BenchmarkError> {
	let licence = delivered::<T>()?;
	Pallet::<T>::finalize(RawOrigin::Signed(buyer::<T>()).into(), licence)?;
	Ok(licence)
}

fn state<T: Config>(licence: LicenceId) -> Option<State<BlockNumberFor<T>>> {
	Deliveries::<T>::get(licence).map(|delivery| delivery.state)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond() {
		let seller = rich::<T>("seller");
		let amount = T::MinBond::get();

		let origin = caller::<T>(seller.clone());

		#[extrinsic_call]
		_(origin, amount);

		assert_last::<T>(Event::BondChanged {
			seller,
			bond: amount,
		});
	}

	// All of it, so that the hold and the record go.
	#[benchmark]
	fn unbond() -> Result<(), BenchmarkError> {
		let seller = rich::<T>("seller");
		let amount = T::MinBond::get();
		Pallet::<T>::bond(RawOrigin::Signed(seller.clone()).into(), amount)?;

		let origin = caller::<T>(seller.clone());

		#[extrinsic_call]
		_(origin, amount);

		assert!(!Sellers::<T>::contains_key(&seller));
		assert_last::<T>(Event::BondChanged { seller, bond: 0 });
		Ok(())
	}

	#[benchmark]
	fn set_window() -> Result<(), BenchmarkError> {
		let seller = rich::<T>("seller");
		Pallet::<T>::bond(RawOrigin::Signed(seller.clone()).into(), T::MinBond::get())?;
		let blocks = T::MaxWindow::get();

		let origin = caller::<T>(seller.clone());

		#[extrinsic_call]
		_(origin, blocks);

		assert_last::<T>(Event::WindowSet { seller, blocks });
		Ok(())
	}

	// The deadline finds room in the last queue only.
	#[benchmark]
	fn buy() -> Result<(), BenchmarkError> {
		let (listing, offer) = offer::<T>()?;
		let (window, within) = (T::DefaultWindow::get(), T::MaxWindow::get());
		crowd_after::<T>(window);

		let origin = caller::<T>(buyer::<T>());

		#[extrinsic_call]
		_(origin, listing, offer, key(), within);

		let licence = Deliveries::<T>::iter_keys()
			.next()
			.ok_or("it was asked for")?;
		assert!(matches!(
			state::<T>(licence),
			Some(State::Awaiting { payment, .. }) if payment.amount > 0
		));
		Ok(())
	}

	#[benchmark]
	fn deliver() -> Result<(), BenchmarkError> {
		let licence = super::buy::<T>(offer::<T>()?)?;
		let sealed = sealed::<T>(licence)?;

		let origin = caller::<T>(seller::<T>());

		#[extrinsic_call]
		_(origin, licence, key(), sealed.point, sealed.ciphertext);

		assert!(matches!(state::<T>(licence), Some(State::Delivered { .. })));
		Ok(())
	}

	// Each key is taken, and is of a licence of its own. A buyer can hold few licences of a listing, so
	// all deliveries but one are put there by hand.
	#[benchmark]
	fn deliver_batch(n: Linear<1, 50>) -> Result<(), BenchmarkError> {
		let licence = super::buy::<T>(offer::<T>()?)?;
		let delivery = Deliveries::<T>::get(licence).ok_or("the delivery exists")?;
		let sealed = sealed::<T>(licence)?;
		let licences = || (0..n).map(move |more| licence.saturating_add(more.into()));
		for more in licences() {
			Deliveries::<T>::insert(more, &delivery);
		}
		let keys = licences().map(|licence| KeyOf {
			licence,
			key: key(),
			point: sealed.point,
			ciphertext: sealed.ciphertext,
		});
		let keys = KeyBatch::truncate_from(keys.collect());

		let origin = caller::<T>(seller::<T>());

		#[extrinsic_call]
		_(origin, keys);

		assert!(
			licences().all(|licence| matches!(state::<T>(licence), Some(State::Delivered { .. })))
		);
		Ok(())
	}

	// The buyer gets something of the bond.
	#[benchmark]
	fn expire() -> Result<(), BenchmarkError> {
		let licence = super::buy::<T>(offer::<T>()?)?;
		pass::<T>(T::DefaultWindow::get());

		let origin = caller::<T>(rich::<T>("caller"));

		#[extrinsic_call]
		_(origin, licence);

		assert_eq!(state::<T>(licence), None);
		Ok(())
	}

	// The complaint is upheld: the buyer gets something of the bond, and something is burned.
	#[benchmark]
	fn complain() -> Result<(), BenchmarkError> {
		let licence = super::buy::<T>(offer::<T>()?)?;
		let mut wrong = sealed::<T>(licence)?;
		wrong.ciphertext = wrong.ciphertext.map(|byte| byte ^ 0xff);
		super::deliver::<T>(licence, wrong)?;
		let delivery = Deliveries::<T>::get(licence).ok_or("the delivery exists")?;
		let context = Pallet::<T>::context(licence, delivery.version);
		let complaint = secret()
			.complain(context, &wrong)
			.map_err(|_| "the point is one")?;
		let issued = T::Currency::total_issuance();

		let origin = caller::<T>(buyer::<T>());

		#[extrinsic_call]
		_(
			origin,
			licence,
			complaint.shared,
			complaint.challenge,
			complaint.response,
		);

		assert_eq!(state::<T>(licence), None);
		assert!(T::Currency::total_issuance() < issued);
		Ok(())
	}

	#[benchmark]
	fn finalize() -> Result<(), BenchmarkError> {
		let licence = delivered::<T>()?;
		pass::<T>(T::ComplaintWindow::get());

		let origin = caller::<T>(rich::<T>("caller"));

		#[extrinsic_call]
		_(origin, licence);

		assert!(matches!(state::<T>(licence), Some(State::Settled { .. })));
		Ok(())
	}

	// The deadline finds room in the last queue only, and the request of a holder before ends.
	#[benchmark]
	fn ask_again() -> Result<(), BenchmarkError> {
		let licence = settled::<T>()?;
		let before = rich::<T>("before");
		let ticket = Ticket::<T>::new(&before, delivery_footprint::<T>())?;
		let payment = Payment::again(T::RepeatFee::get());
		T::Currency::hold(&HoldReason::Price.into(), &before, payment.amount)?;
		let until = now::<T>().saturating_add(T::MaxWindow::get());
		let mut others = vec![LicenceId::MAX; (MAX_DUE as usize).saturating_sub(1)];
		others.push(licence);
		Due::<T>::insert(until, BoundedVec::truncate_from(others));
		Deliveries::<T>::mutate_extant(licence, |delivery| {
			delivery.buyer = before;
			delivery.ticket = ticket;
			delivery.state = State::Awaiting { payment, until };
			delivery.queued = Some(until);
		});
		crowd_after::<T>(T::DefaultWindow::get());

		let origin = caller::<T>(buyer::<T>());

		#[extrinsic_call]
		_(origin, licence, key());

		assert!(matches!(state::<T>(licence), Some(State::Awaiting { .. })));
		Ok(())
	}

	#[benchmark]
	fn remove_delivery() -> Result<(), BenchmarkError> {
		let (licence, buyer) = (settled::<T>()?, buyer::<T>());

		let origin = caller::<T>(buyer.clone());

		#[extrinsic_call]
		_(origin, licence);

		assert_last::<T>(Event::DeliveryRemoved { licence, buyer });
		Ok(())
	}

	// A key that came, looked at while the buyer may complain; room is in the last queue only.
	#[benchmark]
	fn look_again() -> Result<(), BenchmarkError> {
		let licence = delivered::<T>()?;
		crowd_after::<T>(T::ComplaintWindow::get());
		let now = now::<T>();
		NextDue::<T>::put(now);
		Due::<T>::insert(now, BoundedVec::truncate_from(vec![licence]));

		#[block]
		{
			Pallet::<T>::work_off(now);
		}

		let at = now
			.saturating_add(T::ComplaintWindow::get())
			.saturating_add(DUE_SPREAD.into());
		assert_eq!(Due::<T>::get(at).into_inner(), vec![licence]);
		Ok(())
	}

	// An entry that nothing is to be done about, in a queue of its own.
	#[benchmark]
	fn queue_visit() -> Result<(), BenchmarkError> {
		let licence = settled::<T>()?;
		let now = now::<T>();
		NextDue::<T>::put(now);
		Due::<T>::insert(now, BoundedVec::truncate_from(vec![licence]));

		#[block]
		{
			Pallet::<T>::work_off(now);
		}

		assert!(Due::<T>::get(now).is_empty());
		assert!(NextDue::<T>::get() > now);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
