//! What the calls cost on a chain with its real registry of listings.

use crate::{
	AccountIdOf, Call, Config, Event, Holdings, Licences, NextLicence, NextOffer, Offers, Pallet,
	Receipts, Reservations, Royalties,
};
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, StaticLookup},
	BoundedVec,
};
use weighhouse_primitives::{
	inference::Access,
	market::{Right, Rights, Term, Transferability},
	royalty::MAX_PAYEES,
	sealing::{Identity, Recipient},
	traits::{CallSales, LicenceCheck, ListingRegistry, OwnershipChange, SealedSales},
	LicenceId, ListingId, OfferId,
};

/// Prepares what the benchmarks sell.
pub trait BenchmarkHelper<AccountId> {
	/// Registers a listing of `owner`, who is rich, with versions `1..=versions` for sale. Each of
	/// them has the same royalty table of `payees` distinct listings that exist, with at least 10^6
	/// parts each and at most a half together. `versions` is 1 to 8 and `payees` 0 to 16. All are
	/// encrypted to `sealed`, if there is one.
	fn listing(
		owner: &AccountId,
		versions: u32,
		payees: u32,
		sealed: Option<Recipient>,
	) -> ListingId;
}

const SEED: u32 = 0;

fn rich<T: Config>(name: &'static str) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account(name, 0, SEED);
	T::Currency::set_balance(&who, u128::MAX >> 8);
	who
}

/// Large enough that every part of a sale is more than the existential deposit.
fn price<T: Config>() -> u128 {
	T::Currency::minimum_balance().saturating_mul(1_000_000)
}

/// An open offer of a new listing over all its `versions`.
fn offer<T: Config>(
	owner: &AccountIdOf<T>,
	term: Term,
	versions: u32,
	payees: u32,
) -> Result<(ListingId, OfferId), BenchmarkError> {
	let listing = T::BenchmarkHelper::listing(owner, versions, payees, None);
	Ok((listing, open::<T>(owner, listing, term, versions)?))
}

/// An open offer of `listing` over all its `versions`.
fn open<T: Config>(
	owner: &AccountIdOf<T>,
	listing: ListingId,
	term: Term,
	versions: u32,
) -> Result<OfferId, BenchmarkError> {
	let offer = NextOffer::<T>::get(listing);
	Pallet::<T>::open_offer(
		RawOrigin::Signed(owner.clone()).into(),
		listing,
		price::<T>(),
		term,
		1,
		versions,
		Rights::Use,
		Transferability::Transferable,
		None,
		H256::zero(),
	)?;
	Ok(offer)
}

fn buy<T: Config>(
	buyer: &AccountIdOf<T>,
	(listing, offer): (ListingId, OfferId),
) -> Result<LicenceId, BenchmarkError> {
	let licence = NextLicence::<T>::get();
	Pallet::<T>::buy(RawOrigin::Signed(buyer.clone()).into(), listing, offer)?;
	Ok(licence)
}

/// An open offer of a new sealed listing.
fn sealed_offer<T: Config>(
	owner: &AccountIdOf<T>,
	payees: u32,
) -> Result<(ListingId, OfferId), BenchmarkError> {
	let recipient = Identity::from_bytes([6; 32]).recipient();
	let listing = T::BenchmarkHelper::listing(owner, 1, payees, Some(recipient));
	Ok((listing, open::<T>(owner, listing, Term::Perpetual, 1)?))
}

/// A licence that is off sale for `buyer`, the last of a full holding.
fn off_sale<T: Config>(buyer: &AccountIdOf<T>, payees: u32) -> Result<LicenceId, BenchmarkError> {
	let (listing, offer) = sealed_offer::<T>(&rich::<T>("owner"), payees)?;
	let licence = <Pallet<T> as SealedSales<_>>::reserve(buyer, listing, offer)?.licence;
	crowd::<T>(buyer, listing, Some(licence));
	Ok(licence)
}

/// Fills what `who` holds of `listing` with other licences until one more has room.
fn crowd<T: Config>(who: &AccountIdOf<T>, listing: ListingId, and: Option<LicenceId>) {
	let others = T::MaxLicencesPerListing::get().saturating_sub(1);
	let ids: Vec<_> = (0..others)
		.map(|id| LicenceId::MAX - u64::from(id))
		.chain(and)
		.collect();
	Holdings::<T>::insert(who, listing, BoundedVec::truncate_from(ids));
}

/// A listing to which one sale has paid a royalty, and its owner.
fn accrued<T: Config>() -> Result<(ListingId, AccountIdOf<T>), BenchmarkError> {
	let (owner, buyer) = (rich::<T>("owner"), rich::<T>("buyer"));
	let offered = offer::<T>(&owner, Term::Perpetual, 1, 1)?;
	buy::<T>(&buyer, offered)?;
	let payee = Royalties::<T>::iter_keys()
		.next()
		.ok_or("a royalty accrued")?;
	Ok((
		payee,
		T::Listings::owner(payee).ok_or("the payee is listed")?,
	))
}

fn forward<T: Config>(blocks: BlockNumberFor<T>) {
	let now = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(now.saturating_add(blocks));
}

fn assert_last<T: Config>(event: Event<T>) {
	frame_system::Pallet::<T>::assert_last_event(event.into());
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// Every covered version is read, and all their tables name the same payees, so merging walks
	// v times p shares and stores p.
	#[benchmark]
	fn open_offer(v: Linear<1, 8>, p: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner");
		let listing = T::BenchmarkHelper::listing(&owner, v, p, None);

		#[extrinsic_call]
		_(
			RawOrigin::Signed(owner),
			listing,
			price::<T>(),
			Term::Perpetual,
			1,
			v,
			Rights::UseAndServe,
			Transferability::Transferable,
			Some(u32::MAX),
			H256::repeat_byte(1),
		);

		let offer = Offers::<T>::get(listing, 1).ok_or("the offer is open")?;
		assert_eq!(offer.royalties.len() as u32, p);
		assert_eq!(NextOffer::<T>::get(listing), 2);
		Ok(())
	}

	// The largest record that an offer can be: all payees.
	#[benchmark]
	fn close_offer() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner");
		let (listing, offer) = offer::<T>(&owner, Term::Perpetual, 1, MAX_PAYEES)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), listing, offer);

		assert!(!Offers::<T>::contains_key(listing, offer));
		assert_last::<T>(Event::OfferClosed { listing, offer });
		Ok(())
	}

	// Every payee accrues for the first time, so each is retained and gets a new entry; the buyer
	// has room for one licence left; every part of the price is paid.
	#[benchmark]
	fn buy(v: Linear<1, 8>, p: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let (owner, buyer) = (rich::<T>("owner"), rich::<T>("buyer"));
		let (listing, offer) = offer::<T>(&owner, Term::Perpetual, v, p)?;
		crowd::<T>(&buyer, listing, None);
		let licence = NextLicence::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(buyer.clone()), listing, offer);

		let record = Licences::<T>::get(licence).ok_or("the licence exists")?;
		assert!(record.holder == buyer);
		assert_eq!(Royalties::<T>::iter().count() as u32, p);
		Ok(())
	}

	// The licence is the last of a full holding, and the recipient has room for one left.
	#[benchmark]
	fn transfer() -> Result<(), BenchmarkError> {
		let (owner, from) = (rich::<T>("owner"), rich::<T>("from"));
		let to = rich::<T>("to");
		let offered = offer::<T>(&owner, Term::Perpetual, 1, 0)?;
		let licence = super::buy::<T>(&from, offered)?;
		crowd::<T>(&from, offered.0, Some(licence));
		crowd::<T>(&to, offered.0, None);

		#[extrinsic_call]
		_(
			RawOrigin::Signed(from.clone()),
			licence,
			T::Lookup::unlookup(to.clone()),
		);

		assert_last::<T>(Event::LicenceTransferred { licence, from, to });
		Ok(())
	}

	// Somebody else removes an expired licence, the last of a full holding.
	#[benchmark]
	fn remove_licence() -> Result<(), BenchmarkError> {
		let (owner, holder) = (rich::<T>("owner"), rich::<T>("holder"));
		let offered = offer::<T>(&owner, Term::Blocks(1), 1, 0)?;
		let licence = super::buy::<T>(&holder, offered)?;
		crowd::<T>(&holder, offered.0, Some(licence));
		forward::<T>(1u32.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), licence);

		assert!(!Licences::<T>::contains_key(licence));
		assert_last::<T>(Event::LicenceRemoved { licence, holder });
		Ok(())
	}

	// A third account calls, so caller, pot and owner are three accounts.
	#[benchmark]
	fn claim() -> Result<(), BenchmarkError> {
		let (listing, owner) = accrued::<T>()?;
		let caller = rich::<T>("caller");
		let before = T::Currency::balance(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), listing);

		assert!(!Royalties::<T>::contains_key(listing));
		assert!(T::Currency::balance(&owner) > before);
		Ok(())
	}

	// A third account calls, so caller and buyer are two accounts.
	#[benchmark]
	fn prune_receipt() -> Result<(), BenchmarkError> {
		let (owner, buyer) = (rich::<T>("owner"), rich::<T>("buyer"));
		let offered = offer::<T>(&owner, Term::Perpetual, 1, 0)?;
		super::buy::<T>(&buyer, offered)?;
		let receipt = Receipts::<T>::iter_keys()
			.next()
			.ok_or("the receipt exists")?;
		forward::<T>(T::ReceiptLifetime::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), receipt);

		assert!(!Receipts::<T>::contains_key(receipt));
		assert_last::<T>(Event::ReceiptPruned { receipt, buyer });
		Ok(())
	}

	// None of the licences allows what is asked, so each of them is read.
	#[benchmark]
	fn has_licence(
		l: Linear<0, { T::MaxLicencesPerListing::get() }>,
	) -> Result<(), BenchmarkError> {
		let (owner, holder) = (rich::<T>("owner"), rich::<T>("holder"));
		let offered = offer::<T>(&owner, Term::Perpetual, 1, 0)?;
		for _ in 0..l {
			super::buy::<T>(&holder, offered)?;
		}
		let answer;

		#[block]
		{
			answer =
				<Pallet<T> as LicenceCheck<_>>::has_licence(&holder, offered.0, 1, Right::Serve);
		}

		assert!(!answer);
		assert_eq!(Holdings::<T>::get(&holder, offered.0).len() as u32, l);
		Ok(())
	}

	// Something accrued, so the old owner is paid.
	#[benchmark]
	fn before_change() -> Result<(), BenchmarkError> {
		let (listing, owner) = accrued::<T>()?;

		let paid;

		#[block]
		{
			paid = <Pallet<T> as OwnershipChange<_>>::before_change(listing, &owner);
		}

		assert!(paid.is_ok());
		assert!(!Royalties::<T>::contains_key(listing));
		Ok(())
	}

	// A call costs the most to look up under an offer that pays as many as can be, and to write down
	// under a licence that counts. One after the other they bound either, and giving back as well.
	#[benchmark]
	fn take_call() -> Result<(), BenchmarkError> {
		let (owner, caller) = (rich::<T>("owner"), rich::<T>("caller"));
		let versions = T::MaxVersionsPerOffer::get();
		let offered = offer::<T>(&owner, Term::Calls(2), versions, MAX_PAYEES)?;
		let licence = super::buy::<T>(&caller, offered)?;
		let listing = offered.0;
		let per_call = open::<T>(&owner, listing, Term::PerCall, versions)?;
		let (licensed, paid);

		#[block]
		{
			let take = <Pallet<T> as CallSales<_>>::take_call;
			licensed = take(&caller, listing, versions, Access::Licence(licence));
			paid = take(&caller, listing, versions, Access::Offer(per_call));
		}

		assert!(licensed.is_ok_and(|terms| terms.price == 0));
		assert!(paid.is_ok_and(|terms| terms.royalties.len() as u32 == MAX_PAYEES));
		let record = Licences::<T>::get(licence).ok_or("the licence exists")?;
		assert_eq!(record.calls_left, Some(1));
		Ok(())
	}

	// Every payee accrues for the first time, so each is retained and gets a new entry; payer, owner,
	// treasury and pot are four accounts, and every part of the price is paid.
	#[benchmark]
	fn pay_call(p: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let (owner, payer) = (rich::<T>("owner"), rich::<T>("payer"));
		let (listing, offer) = offer::<T>(&owner, Term::PerCall, 1, p)?;
		let terms =
			<Pallet<T> as CallSales<_>>::call_terms(&payer, listing, 1, Access::Offer(offer))?;
		let before = T::Currency::balance(&payer);
		let paid;

		#[block]
		{
			let fee = Pallet::<T>::fee_parts();
			paid = <Pallet<T> as CallSales<_>>::pay_call(&payer, &owner, listing, &terms, fee, 1);
		}

		assert!(paid.is_ok());
		assert_eq!(T::Currency::balance(&payer), before - price::<T>());
		assert_eq!(Royalties::<T>::iter().count() as u32, p);
		Ok(())
	}

	// The buyer has room for one licence left.
	#[benchmark]
	fn reserve(p: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let (owner, buyer) = (rich::<T>("owner"), rich::<T>("buyer"));
		let (listing, offer) = sealed_offer::<T>(&owner, p)?;
		crowd::<T>(&buyer, listing, None);
		let sale;

		#[block]
		{
			sale = <Pallet<T> as SealedSales<_>>::reserve(&buyer, listing, offer);
		}

		let record = Reservations::<T>::get(sale?.licence).ok_or("it is off sale")?;
		assert_eq!(record.royalties.len() as u32, p);
		Ok(())
	}

	// Every payee accrues for the first time, as in a plain sale.
	#[benchmark]
	fn complete(p: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let licence = off_sale::<T>(&rich::<T>("buyer"), p)?;
		let completed;

		#[block]
		{
			completed = <Pallet<T> as SealedSales<_>>::complete(licence);
		}

		assert!(completed.is_ok());
		assert!(Licences::<T>::contains_key(licence));
		assert_eq!(Royalties::<T>::iter().count() as u32, p);
		Ok(())
	}

	// The offer is open and as large as can be, so it is read and written back.
	#[benchmark]
	fn cancel() -> Result<(), BenchmarkError> {
		let licence = off_sale::<T>(&rich::<T>("buyer"), MAX_PAYEES)?;
		let cancelled;

		#[block]
		{
			cancelled = <Pallet<T> as SealedSales<_>>::cancel(licence);
		}

		assert!(cancelled.is_ok());
		assert!(!Reservations::<T>::contains_key(licence));
		Ok(())
	}

	#[benchmark]
	fn sealed_licence() -> Result<(), BenchmarkError> {
		let licence = off_sale::<T>(&rich::<T>("buyer"), MAX_PAYEES)?;
		<Pallet<T> as SealedSales<_>>::complete(licence)?;
		let found;

		#[block]
		{
			found = <Pallet<T> as SealedSales<_>>::sealed_licence(licence);
		}

		assert!(found.is_some());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
