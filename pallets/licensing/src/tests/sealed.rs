//! Sales of sealed versions, up to where their keys are: off sale, sold, or on sale again.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	storage::with_storage_layer,
	traits::{fungible::Mutate, tokens::Preservation::Preserve},
};
use sp_runtime::DispatchResult;
use weighhouse_primitives::{
	inference::Access,
	market::{Right, Rights, Term},
	royalty::MAX_PAYEES,
	traits::{CallSales, LicenceCheck, SealedLicence, SealedSale, SealedSales},
	LicenceId, OfferId, PARTS,
};

const PERCENT: u32 = PARTS / 100;

/// Carol's listing 1, and Alice's sealed listing 9 that owes it 10 %.
fn sealed_offer(terms: Terms) -> OfferId {
	Registry::list(1, CAROL, &[&[]]);
	Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
	Registry::seal(9, recipient());
	opened(ALICE, 9, terms)
}

fn reserve(offer: OfferId) -> Result<SealedSale<AccountId>, sp_runtime::DispatchError> {
	<Licensing as SealedSales<_>>::reserve(&BOB, 9, offer)
}

/// Bob's licence that waits for its key.
fn reserved(terms: Terms) -> LicenceId {
	reserve(sealed_offer(terms)).unwrap().licence
}

fn complete(licence: LicenceId) -> DispatchResult {
	<Licensing as SealedSales<_>>::complete(licence)
}

fn cancel(licence: LicenceId) -> DispatchResult {
	<Licensing as SealedSales<_>>::cancel(licence)
}

#[test]
fn reserve_holds_deposits_and_takes_no_money() {
	run(|| {
		let offer = sealed_offer(SIMPLE);
		let deposits = licence_deposit() + receipt_deposit();
		assert_eq!(
			reserve(offer),
			Ok(SealedSale {
				licence: 1,
				seller: ALICE,
				version: 1,
				recipient: recipient(),
				price: UNIT,
			})
		);
		assert_eq!(free(&BOB), ENDOWMENT - deposits);
		assert_eq!(held(&BOB, HoldReason::Licence), licence_deposit());
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
		assert_eq!(pot(), 0);
		assert!(<Licensing as SealedSales<_>>::is_reserved(1));
		assert_eq!(
			events().pop(),
			Some(Event::Reserved {
				listing: 9,
				offer,
				licence: 1,
				buyer: BOB,
				seller: ALICE,
				price: UNIT,
			})
		);
	});
}

#[test]
fn licence_does_not_count_when_it_waits_for_its_key() {
	run(|| {
		let licence = reserved(Terms {
			rights: Rights::UseAndServe,
			..SIMPLE
		});
		let unknown = || Error::<Test>::UnknownLicence;
		assert_noop!(Licensing::transfer(signed(BOB), licence, DAVE), unknown());
		assert_noop!(Licensing::remove_licence(signed(BOB), licence), unknown());
		let call = <Licensing as CallSales<_>>::take_call(&BOB, 9, 1, Access::Licence(licence));
		assert_eq!(call, Err(unknown().into()));
		for right in [Right::Use, Right::Serve] {
			assert!(!<Licensing as LicenceCheck<_>>::has_licence(
				&BOB, 9, 1, right
			));
		}
		assert!(Licensing::licences_of(BOB, 0, 100).is_empty());
		assert_eq!(<Licensing as SealedSales<_>>::sealed_licence(licence), None);
	});
}

#[test]
fn complete_pays_everybody_just_as_a_plain_sale() {
	run(|| {
		let licence = reserved(Terms {
			price: 400 * UNIT,
			..SIMPLE
		});
		let issuance = Balances::total_issuance();
		assert_ok!(complete(licence));
		let deposits = licence_deposit() + receipt_deposit();
		assert_eq!(free(&BOB), ENDOWMENT - 400 * UNIT - deposits);
		assert_eq!(free(&TREASURY), ENDOWMENT + 5 * UNIT);
		assert_eq!(Balances::total_issuance(), issuance - 5 * UNIT);
		assert_eq!(Royalties::<Test>::get(1), Some(40 * UNIT));
		assert_eq!(
			free(&ALICE),
			ENDOWMENT - sealed_offer_deposit(1) + 350 * UNIT
		);
		assert!(!<Licensing as SealedSales<_>>::is_reserved(licence));
		assert!(<Licensing as LicenceCheck<_>>::has_licence(
			&BOB,
			9,
			1,
			Right::Use
		));
		assert_eq!(
			<Licensing as SealedSales<_>>::sealed_licence(licence),
			Some(SealedLicence {
				holder: BOB,
				owner: ALICE,
				listing: 9,
				version: 1,
				recipient: recipient(),
			})
		);
		assert_eq!(Licensing::receipt(1).unwrap().sale.licence, licence);
	});
}

#[test]
fn complete_pays_on_the_terms_of_the_day_of_the_sale() {
	run(|| {
		let licence = reserved(Terms {
			price: 400 * UNIT,
			..SIMPLE
		});
		FeeParts::set(&0);
		Licensing::close_offer(signed(ALICE), 9, 1).unwrap();
		Registry::yank(9, 1);
		Registry::hand_over(9, DAVE).unwrap();
		assert_ok!(complete(licence));
		assert_eq!(free(&ALICE), ENDOWMENT + 350 * UNIT);
		assert_eq!(free(&DAVE), ENDOWMENT);
	});
}

#[test]
fn term_begins_when_the_sale_is_completed() {
	run(|| {
		let licence = reserved(Terms {
			term: Term::Blocks(10),
			..SIMPLE
		});
		at(100);
		assert_ok!(complete(licence));
		assert_eq!(Licences::<Test>::get(licence).unwrap().expires, Some(110));
	});
}

#[test]
fn complete_fails_when_the_money_is_not_there() {
	run(|| {
		let licence = reserved(Terms {
			price: ENDOWMENT / 2,
			..SIMPLE
		});
		Balances::transfer(&BOB, &DAVE, 600 * UNIT, Preserve).unwrap();
		assert_noop!(
			with_storage_layer(|| complete(licence)),
			Error::<Test>::BalanceTooLow
		);
		Balances::transfer(&DAVE, &BOB, 600 * UNIT, Preserve).unwrap();
		assert_ok!(complete(licence));
	});
}

#[test]
fn cancel_gives_the_deposits_back() {
	run(|| {
		let licence = reserved(SIMPLE);
		assert_ok!(cancel(licence));
		assert_eq!(free(&BOB), ENDOWMENT);
		assert!(Holdings::<Test>::get(BOB, 9).is_empty());
		assert_eq!(
			events().pop(),
			Some(Event::ReservationCancelled {
				licence,
				buyer: BOB
			})
		);
	});
}

#[test]
fn cancel_puts_the_licence_on_sale_again() {
	run(|| {
		let offer = sealed_offer(Terms {
			supply: Some(1),
			..SIMPLE
		});
		let licence = reserve(offer).unwrap().licence;
		assert_noop!(reserve(offer), Error::<Test>::SoldOut);
		assert_ok!(cancel(licence));
		// Under a number of its own.
		assert_eq!(reserve(offer).unwrap().licence, licence + 1);
	});
}

#[test]
fn cancel_works_when_the_offer_was_closed() {
	run(|| {
		let licence = reserved(SIMPLE);
		Licensing::close_offer(signed(ALICE), 9, 1).unwrap();
		assert_ok!(cancel(licence));
		assert_eq!(Registry::retained(9), 0);
	});
}

#[test]
fn no_sale_ends_twice() {
	run(|| {
		let unknown = || Error::<Test>::UnknownReservation;
		assert_noop!(complete(1), unknown());
		assert_noop!(cancel(1), unknown());
		let licence = reserved(SIMPLE);
		assert_ok!(complete(licence));
		assert_noop!(complete(licence), unknown());
		assert_noop!(cancel(licence), unknown());
	});
}

#[test]
fn buy_fails_when_the_version_is_sealed() {
	run(|| {
		let offer = sealed_offer(SIMPLE);
		assert_noop!(Licensing::buy(signed(BOB), 9, offer), Error::<Test>::Sealed);
	});
}

#[test]
fn quote_and_offers_show_whom_the_files_are_encrypted_to() {
	run(|| {
		let offer = sealed_offer(SIMPLE);
		let shown = Some(recipient().to_text());
		assert_eq!(Licensing::quote(9, offer).unwrap().sealed, shown);
		assert_eq!(Licensing::offers(9, 0, 1)[0].sealed, shown);
	});
}

#[test]
fn reserve_fails_when_the_version_is_not_sealed() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_noop!(
			<Licensing as SealedSales<_>>::reserve(&BOB, listing, offer),
			Error::<Test>::NotSealed
		);
	});
}

#[test]
fn reserve_fails_when_a_plain_sale_would() {
	run(|| {
		let offer = sealed_offer(SIMPLE);
		let by = |who| <Licensing as SealedSales<_>>::reserve(&who, 9, offer);
		assert_noop!(by(ALICE), Error::<Test>::OwnListing);
		assert_noop!(by(NOBODY), Error::<Test>::BalanceTooLow);
		for _ in 0..MAX_LICENCES {
			assert_ok!(by(BOB));
		}
		assert_noop!(by(BOB), Error::<Test>::HoldingsFull);
		Registry::yank(9, 1);
		assert_noop!(by(DAVE), Error::<Test>::VersionYanked);
	});
}

#[test]
fn open_offer_fails_when_a_sealed_version_is_not_alone() {
	run(|| {
		Registry::list(9, ALICE, &[&[], &[]]);
		Registry::seal(9, recipient());
		let both = Terms {
			versions: (1, 2),
			..SIMPLE
		};
		assert_noop!(
			open(ALICE, 9, both.clone()),
			Error::<Test>::SealedVersionNotAlone
		);
		// Calls need no key.
		assert_ok!(open(
			ALICE,
			9,
			Terms {
				term: Term::PerCall,
				..both
			}
		));
	});
}

#[test]
fn sealed_licence_is_none_when_it_does_not_count_any_more() {
	run(|| {
		let licence = reserved(Terms {
			term: Term::Calls(1),
			..SIMPLE
		});
		assert_ok!(complete(licence));
		set_calls_left(licence, 0);
		assert_eq!(<Licensing as SealedSales<_>>::sealed_licence(licence), None);
	});
}

#[test]
fn seams_of_sealed_sales_weigh_what_was_measured() {
	fn of<S: SealedSales<AccountId>>() -> [frame_support::weights::Weight; 4] {
		[
			S::reserve_weight(),
			S::complete_weight(),
			S::cancel_weight(),
			S::lookup_weight(),
		]
	}
	// Reputation of the mock weighs nothing.
	assert_eq!(
		of::<Licensing>(),
		[
			<()>::reserve(MAX_PAYEES),
			<()>::complete(MAX_PAYEES),
			<()>::cancel(),
			<()>::sealed_licence(),
		]
	);
}
