//! The invariants of the module documentation, one function each. They walk all state, so they are
//! for tests and `try-runtime`, never for a block.

use crate::{
	covered, AccountIdOf, Config, HoldReason, HoldReasonOf, Holdings, Licences, NextLicence,
	NextOffer, NextReceipt, Offers, Pallet, Receipts, Reservations, Royalties,
};
use alloc::collections::BTreeMap;
use codec::{Decode, Encode};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold},
		tokens::{Fortitude, Preservation::Preserve},
		Get,
	},
};
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{
	market::Term,
	royalty::{smallest_price, MAX_DIRECT},
	traits::ListingRegistry,
	LicenceId, ListingId,
};

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of this pallet. Walks all of its state and all accounts.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::pot_holds_what_accrued()?;
		Self::no_listing_accrues_zero()?;
		Self::licences_and_holdings_agree()?;
		Self::holds_equal_tickets()?;
		Self::no_offer_is_oversold()?;
		Self::numbers_are_below_the_next()?;
		Self::offers_are_well_formed()?;
		Self::retained_listings_exist()
	}

	/// How often this pallet retains each listing: once for each offer, licence, sale that waits and
	/// accrued royalty. For checks against what the registry of listings counts.
	pub fn retained() -> BTreeMap<ListingId, u32> {
		let offers = Offers::<T>::iter_keys().map(|(listing, _)| listing);
		let licences = Licences::<T>::iter_values().map(|licence| licence.listing);
		let reservations = Reservations::<T>::iter_values().map(|sale| sale.listing);
		let royalties = Royalties::<T>::iter_keys();
		let mut retained = BTreeMap::<ListingId, u32>::new();
		for listing in offers.chain(licences).chain(reservations).chain(royalties) {
			let count = retained.entry(listing).or_default();
			*count = count.saturating_add(1);
		}
		retained
	}

	/// INV-1.
	pub(crate) fn pot_holds_what_accrued() -> Check {
		let accrued =
			Royalties::<T>::iter_values().fold(0u128, |sum, amount| sum.saturating_add(amount));
		let pot = T::Currency::reducible_balance(&Self::pot(), Preserve, Fortitude::Force);
		ensure!(pot >= accrued, "INV-1: the pot does not hold what accrued");
		Ok(())
	}

	/// INV-2.
	pub(crate) fn no_listing_accrues_zero() -> Check {
		ensure!(
			Royalties::<T>::iter_values().all(|amount| amount > 0),
			"INV-2: a listing accrues zero"
		);
		Ok(())
	}

	/// INV-3.
	pub(crate) fn licences_and_holdings_agree() -> Check {
		let mut held = BTreeMap::<LicenceId, (AccountIdOf<T>, ListingId)>::new();
		for (account, listing, ids) in Holdings::<T>::iter() {
			ensure!(!ids.is_empty(), "INV-3: an empty holding is stored");
			for id in ids {
				ensure!(
					held.insert(id, (account.clone(), listing)).is_none(),
					"INV-3: a licence is held twice"
				);
			}
		}
		for (id, licence) in Licences::<T>::iter() {
			ensure!(
				held.remove(&id) == Some((licence.holder, licence.listing)),
				"INV-3: a licence is not among the holdings of its holder"
			);
		}
		for (id, sale) in Reservations::<T>::iter() {
			ensure!(
				held.remove(&id) == Some((sale.buyer, sale.listing)),
				"INV-3: a sale that waits is not among the holdings of its buyer"
			);
		}
		ensure!(
			held.is_empty(),
			"INV-3: a holding names a licence that does not exist"
		);
		Ok(())
	}

	/// INV-4. Looks at every account of the chain, so that money held without a record shows.
	pub(crate) fn holds_equal_tickets() -> Check {
		let offers = Offers::<T>::iter_values().map(|o| (o.opener, ticket_amount(&o.ticket)));
		let licences = Licences::<T>::iter_values()
			.map(|l| (l.holder, ticket_amount(&l.ticket)))
			.chain(
				Reservations::<T>::iter_values()
					.map(|sale| (sale.buyer, ticket_amount(&sale.licence_ticket))),
			);
		let receipts = Receipts::<T>::iter_values()
			.map(|r| (r.sale.buyer, ticket_amount(&r.ticket)))
			.chain(
				Reservations::<T>::iter_values()
					.map(|sale| (sale.buyer, ticket_amount(&sale.receipt_ticket))),
			);
		Self::holds_equal(HoldReason::Offer, offers)?;
		Self::holds_equal(HoldReason::Licence, licences)?;
		Self::holds_equal(HoldReason::Receipt, receipts)
	}

	fn holds_equal(
		reason: HoldReason,
		tickets: impl Iterator<Item = (AccountIdOf<T>, Option<u128>)>,
	) -> Check {
		let reason: HoldReasonOf<T> = reason.into();
		let mut owed = BTreeMap::<AccountIdOf<T>, u128>::new();
		for (account, amount) in tickets {
			let amount = amount.ok_or("INV-4: a ticket does not tell its amount")?;
			let sum = owed.entry(account).or_default();
			*sum = sum.saturating_add(amount);
		}
		for account in frame_system::Account::<T>::iter_keys() {
			let expected = owed.remove(&account).unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == expected,
				"INV-4: what is held differs from the tickets"
			);
		}
		ensure!(
			owed.values().all(|amount| *amount == 0),
			"INV-4: a ticket names an account that does not exist"
		);
		Ok(())
	}

	/// INV-5.
	pub(crate) fn no_offer_is_oversold() -> Check {
		ensure!(
			Offers::<T>::iter_values()
				.all(|offer| offer.supply.is_none_or(|supply| offer.sold <= supply)),
			"INV-5: an offer sold more than its supply"
		);
		Ok(())
	}

	/// INV-6.
	pub(crate) fn numbers_are_below_the_next() -> Check {
		ensure!(
			Offers::<T>::iter_keys()
				.all(|(listing, offer)| (1..NextOffer::<T>::get(listing)).contains(&offer)),
			"INV-6: the number of an offer was not given"
		);
		let next = NextLicence::<T>::get();
		ensure!(
			Licences::<T>::iter_keys()
				.chain(Reservations::<T>::iter_keys())
				.all(|licence| (1..next).contains(&licence)),
			"INV-6: the number of a licence was not given"
		);
		let next = NextReceipt::<T>::get();
		ensure!(
			Receipts::<T>::iter_keys().all(|receipt| (1..next).contains(&receipt)),
			"INV-6: the number of a receipt was not given"
		);
		Ok(())
	}

	/// INV-7.
	pub(crate) fn offers_are_well_formed() -> Check {
		let most = T::MaxVersionsPerOffer::get();
		for (listing, _, offer) in Offers::<T>::iter() {
			let versions = covered(offer.first_version, offer.last_version);
			ensure!(
				offer.first_version > 0 && (1..=most).contains(&versions),
				"INV-7: an offer covers a wrong range of versions"
			);
			let table = &offer.royalties;
			ensure!(
				table
					.iter()
					.zip(table.iter().skip(1))
					.all(|(a, b)| a.listing < b.listing),
				"INV-7: a royalty table is not sorted by distinct listings"
			);
			ensure!(
				table
					.iter()
					.all(|share| share.listing != listing && share.parts > 0),
				"INV-7: a royalty table pays its own listing, or pays nothing"
			);
			let parts = table
				.iter()
				.fold(0u32, |sum, share| sum.saturating_add(share.parts));
			ensure!(
				parts <= MAX_DIRECT,
				"INV-7: a royalty table is over the cap"
			);
			ensure!(
				offer.price == 0 || offer.price >= smallest_price(table),
				"INV-7: a price leaves a payee out"
			);
			ensure!(
				offer.sealed.is_none() || (versions == 1 && offer.term != Term::PerCall),
				"INV-7: a sealed version is sold with others, or by the call"
			);
		}
		Ok(())
	}

	/// INV-8.
	pub(crate) fn retained_listings_exist() -> Check {
		ensure!(
			Self::retained()
				.into_keys()
				.all(|listing| T::Listings::owner(listing).is_some()),
			"INV-8: a listing that something depends on does not exist"
		);
		ensure!(
			NextOffer::<T>::iter_keys().all(|listing| T::Listings::owner(listing).is_some()),
			"INV-8: offers of a listing that does not exist are counted"
		);
		Ok(())
	}
}

/// What a ticket holds. The deposit type keeps its amount private but encodes as nothing else; a
/// test pins that.
fn ticket_amount(ticket: &impl Encode) -> Option<u128> {
	u128::decode(&mut ticket.encode().as_slice()).ok()
}
