//! Each invariant broken on purpose, the sizes of records, and the relations between settings.

use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_ok,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Hooks,
	},
	BoundedVec,
};
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{market::Term, royalty::Share, traits::SealedSales, PARTS};

type Check = Result<(), TryRuntimeError>;

/// Carol's listing 1 and Alice's listing 9 that owes it 10 %; Bob bought a licence of the latter.
fn market() {
	Registry::list(1, CAROL, &[&[]]);
	Registry::list(9, ALICE, &[&[(1, PARTS / 10)]]);
	opened(
		ALICE,
		9,
		Terms {
			price: 40 * UNIT,
			supply: Some(3),
			..SIMPLE
		},
	);
	bought(BOB, 9, 1);
	assert_ok!(Licensing::check_invariants());
}

/// Breaks a sound market and expects `check` to say why, and the whole to fail with it.
fn broken(damage: impl FnOnce(), check: fn() -> Check, why: &'static str) {
	new_test_ext().execute_with(|| {
		market();
		assert_ok!(check());
		damage();
		assert_eq!(check(), Err(TryRuntimeError::Other(why)));
		assert!(Licensing::check_invariants().is_err());
	});
}

fn edit_offer(edit: impl FnOnce(&mut OfferOf<Test>)) {
	Offers::<Test>::mutate(9, 1, |offer| edit(offer.as_mut().unwrap()));
}

fn edit_licence(edit: impl FnOnce(&mut LicenceOf<Test>)) {
	Licences::<Test>::mutate(1, |licence| edit(licence.as_mut().unwrap()));
}

#[test]
fn inv_1_fails_when_the_pot_is_one_unit_short() {
	let damage = || {
		let pot = Licensing::pot();
		Balances::burn_from(
			&pot,
			1,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Polite,
		)
		.unwrap();
	};
	broken(
		damage,
		Licensing::pot_holds_what_accrued,
		"INV-1: the pot does not hold what accrued",
	);
}

#[test]
fn inv_2_fails_when_a_listing_accrues_zero() {
	broken(
		|| Royalties::<Test>::insert(9, 0),
		Licensing::no_listing_accrues_zero,
		"INV-2: a listing accrues zero",
	);
}

#[test]
fn inv_3_fails_when_a_holding_is_empty() {
	broken(
		|| Holdings::<Test>::insert(CAROL, 9, BoundedVec::new()),
		Licensing::licences_and_holdings_agree,
		"INV-3: an empty holding is stored",
	);
}

#[test]
fn inv_3_fails_when_a_licence_is_held_twice() {
	broken(
		|| Holdings::<Test>::insert(CAROL, 9, BoundedVec::truncate_from(vec![1])),
		Licensing::licences_and_holdings_agree,
		"INV-3: a licence is held twice",
	);
}

#[test]
fn inv_3_fails_when_a_licence_names_another_holder() {
	broken(
		|| edit_licence(|licence| licence.holder = CAROL),
		Licensing::licences_and_holdings_agree,
		"INV-3: a licence is not among the holdings of its holder",
	);
}

#[test]
fn inv_3_fails_when_a_licence_names_another_listing() {
	broken(
		|| edit_licence(|licence| licence.listing = 1),
		Licensing::licences_and_holdings_agree,
		"INV-3: a licence is not among the holdings of its holder",
	);
}

#[test]
fn inv_3_fails_when_a_holding_is_lost() {
	broken(
		|| Holdings::<Test>::remove(BOB, 9),
		Licensing::licences_and_holdings_agree,
		"INV-3: a licence is not among the holdings of its holder",
	);
}

#[test]
fn inv_3_fails_when_a_licence_is_lost() {
	broken(
		|| Licences::<Test>::remove(1),
		Licensing::licences_and_holdings_agree,
		"INV-3: a holding names a licence that does not exist",
	);
}

/// Damages a market in which Bob waits for the key of Alice's listing 5, and expects `check` to say why.
fn broken_sale(damage: fn(&mut ReservationOf<Test>), check: fn() -> Check, why: &'static str) {
	new_test_ext().execute_with(|| {
		market();
		Registry::list(5, ALICE, &[&[]]);
		Registry::seal(5, recipient());
		let offer = opened(ALICE, 5, SIMPLE);
		let sale = <Licensing as SealedSales<_>>::reserve(&BOB, 5, offer).unwrap();
		assert_ok!(Licensing::check_invariants());
		Reservations::<Test>::mutate(sale.licence, |sale| damage(sale.as_mut().unwrap()));
		assert_eq!(check(), Err(TryRuntimeError::Other(why)));
		assert!(Licensing::check_invariants().is_err());
	});
}

#[test]
fn inv_3_fails_when_a_sale_that_waits_names_another_buyer() {
	broken_sale(
		|sale| sale.buyer = CAROL,
		Licensing::licences_and_holdings_agree,
		"INV-3: a sale that waits is not among the holdings of its buyer",
	);
}

#[test]
fn inv_4_fails_when_a_sale_that_waits_names_another_buyer() {
	broken_sale(
		|sale| sale.buyer = CAROL,
		Licensing::holds_equal_tickets,
		"INV-4: what is held differs from the tickets",
	);
}

#[test]
fn inv_8_fails_when_a_sale_that_waits_names_a_listing_that_does_not_exist() {
	broken_sale(
		|sale| sale.listing = 77,
		Licensing::retained_listings_exist,
		"INV-8: a listing that something depends on does not exist",
	);
}

#[test]
fn inv_4_fails_when_less_is_held_than_the_tickets_say() {
	for (reason, who) in [
		(HoldReason::Offer, ALICE),
		(HoldReason::Licence, BOB),
		(HoldReason::Receipt, BOB),
	] {
		broken(
			|| {
				assert_ok!(
					Balances::release(&reason.into(), &who, 1, Precision::Exact),
					1
				)
			},
			Licensing::holds_equal_tickets,
			"INV-4: what is held differs from the tickets",
		);
	}
}

#[test]
fn inv_4_fails_when_money_is_held_without_a_ticket() {
	for reason in [HoldReason::Offer, HoldReason::Licence, HoldReason::Receipt] {
		broken(
			|| Balances::hold(&reason.into(), &DAVE, 1).unwrap(),
			Licensing::holds_equal_tickets,
			"INV-4: what is held differs from the tickets",
		);
	}
}

#[test]
fn inv_4_fails_when_a_ticket_names_a_dead_account() {
	broken(
		|| {
			let mut receipt = Receipts::<Test>::get(1).unwrap();
			receipt.sale.buyer = NOBODY;
			Receipts::<Test>::insert(1, receipt.clone());
			Balances::release(
				&HoldReason::Receipt.into(),
				&BOB,
				receipt_deposit(),
				Precision::Exact,
			)
			.unwrap();
		},
		Licensing::holds_equal_tickets,
		"INV-4: a ticket names an account that does not exist",
	);
}

#[test]
fn inv_5_fails_when_an_offer_sold_more_than_its_supply() {
	broken(
		|| edit_offer(|offer| offer.sold = 4),
		Licensing::no_offer_is_oversold,
		"INV-5: an offer sold more than its supply",
	);
}

#[test]
fn inv_6_fails_when_the_number_of_an_offer_comes_again() {
	for next in [0, 1] {
		broken(
			|| NextOffer::<Test>::insert(9, next),
			Licensing::numbers_are_below_the_next,
			"INV-6: the number of an offer was not given",
		);
	}
}

#[test]
fn inv_6_fails_when_an_offer_has_number_zero() {
	broken(
		|| Offers::<Test>::insert(9, 0, Offers::<Test>::get(9, 1).unwrap()),
		Licensing::numbers_are_below_the_next,
		"INV-6: the number of an offer was not given",
	);
}

#[test]
fn inv_6_fails_when_the_number_of_a_licence_comes_again() {
	broken(
		|| NextLicence::<Test>::put(1),
		Licensing::numbers_are_below_the_next,
		"INV-6: the number of a licence was not given",
	);
}

#[test]
fn inv_6_fails_when_the_number_of_a_receipt_comes_again() {
	broken(
		|| NextReceipt::<Test>::put(1),
		Licensing::numbers_are_below_the_next,
		"INV-6: the number of a receipt was not given",
	);
}

#[test]
fn inv_7_fails_when_an_offer_covers_a_wrong_range() {
	for (first, last) in [(0, 0), (2, 1), (1, 9), (0, u32::MAX)] {
		broken(
			|| edit_offer(|offer| (offer.first_version, offer.last_version) = (first, last)),
			Licensing::offers_are_well_formed,
			"INV-7: an offer covers a wrong range of versions",
		);
	}
}

fn break_table(shares: &[(u32, u32)], why: &'static str) {
	let shares: Vec<_> = shares
		.iter()
		.map(|&(listing, parts)| Share { listing, parts })
		.collect();
	broken(
		|| edit_offer(|offer| offer.royalties = shares.try_into().unwrap()),
		Licensing::offers_are_well_formed,
		why,
	);
}

#[test]
fn inv_7_fails_when_a_table_is_not_sorted() {
	break_table(
		&[(2, 1), (1, 1)],
		"INV-7: a royalty table is not sorted by distinct listings",
	);
}

#[test]
fn inv_7_fails_when_a_table_names_a_listing_twice() {
	break_table(
		&[(1, 1), (1, 1)],
		"INV-7: a royalty table is not sorted by distinct listings",
	);
}

#[test]
fn inv_7_fails_when_a_table_pays_its_own_listing() {
	break_table(
		&[(9, 1)],
		"INV-7: a royalty table pays its own listing, or pays nothing",
	);
}

#[test]
fn inv_7_fails_when_a_share_is_zero() {
	break_table(
		&[(1, 0)],
		"INV-7: a royalty table pays its own listing, or pays nothing",
	);
}

#[test]
fn inv_7_fails_when_a_table_is_over_the_cap() {
	break_table(
		&[(1, PARTS / 2), (2, 1)],
		"INV-7: a royalty table is over the cap",
	);
}

#[test]
fn inv_7_fails_when_a_price_leaves_a_payee_out() {
	// A tenth of 9 is nothing.
	for price in [1, 9] {
		broken(
			|| edit_offer(|offer| offer.price = price),
			Licensing::offers_are_well_formed,
			"INV-7: a price leaves a payee out",
		);
	}
}

#[test]
fn inv_7_fails_when_a_sealed_version_is_sold_by_the_call_or_with_others() {
	let damages: [fn(&mut OfferOf<Test>); 2] = [
		|offer| offer.term = Term::PerCall,
		|offer| offer.last_version = 2,
	];
	for damage in damages {
		broken(
			|| {
				edit_offer(|offer| {
					offer.sealed = Some(recipient());
					damage(offer);
				})
			},
			Licensing::offers_are_well_formed,
			"INV-7: a sealed version is sold with others, or by the call",
		);
	}
}

#[test]
fn inv_8_fails_when_offers_of_a_lost_listing_are_counted() {
	broken(
		|| NextOffer::<Test>::insert(5, 2),
		Licensing::retained_listings_exist,
		"INV-8: offers of a listing that does not exist are counted",
	);
}

#[test]
fn inv_8_fails_when_a_listing_vanishes() {
	// 9 is named by offer and licence, 1 by an accrued royalty.
	for listing in [9, 1] {
		broken(
			|| Registry::delist(listing),
			Licensing::retained_listings_exist,
			"INV-8: a listing that something depends on does not exist",
		);
	}
}

#[test]
fn retained_counts_each_offer_licence_royalty() {
	new_test_ext().execute_with(|| {
		market();
		bought(BOB, 9, 1);
		assert_eq!(
			Licensing::retained().into_iter().collect::<Vec<_>>(),
			vec![(1, 1), (9, 3)]
		);
	});
}

#[test]
fn tickets_encode_as_their_amount() {
	new_test_ext().execute_with(|| {
		market();
		let ticket = Licences::<Test>::get(1).unwrap().ticket;
		assert_eq!(ticket.encode(), licence_deposit().encode());
	});
}

#[test]
fn records_have_their_sizes() {
	new_test_ext().execute_with(|| {
		market();
		let licence = Licences::<Test>::get(1).unwrap();
		assert_eq!(licence.encode().len(), 68);
		assert_eq!(LicenceOf::<Test>::max_encoded_len(), 76);
		assert_eq!(Offers::<Test>::get(9, 1).unwrap().encode().len(), 130);
		assert_eq!(OfferOf::<Test>::max_encoded_len(), 286);
		assert_eq!(Receipts::<Test>::get(1).unwrap().encode().len(), 140);
		assert_eq!(ReceiptOf::<Test>::max_encoded_len(), 140);
		// A licence of 76 bytes, and a list with its number.
		let licence = licence_footprint::<Test>();
		assert_eq!((licence.count, licence.size), (2, 76 + 1 + 8));
		assert_eq!(licence_deposit(), 2 * BASE + 85 * BYTE);
		assert_eq!(offer_footprint::<Test>(0, false).size, 126);
		assert_eq!(offer_footprint::<Test>(0, true).size, 158);
		assert_eq!(offer_footprint::<Test>(16, true).size, 286);
		assert_eq!(receipt_footprint::<Test>().size, 140);

		let timed = opened(
			ALICE,
			9,
			Terms {
				term: Term::Blocks(1),
				..SIMPLE
			},
		);
		let timed = bought(DAVE, 9, timed);
		assert_eq!(Licences::<Test>::get(timed).unwrap().encode().len(), 72);
	});
}

#[test]
fn integrity_test_passes_with_the_settings_of_the_mock() {
	new_test_ext().execute_with(<Licensing as Hooks<u32>>::integrity_test);
}

#[test]
#[should_panic(expected = "the protocol fee is at most 10 %")]
fn integrity_test_fails_when_the_fee_is_above_its_cap() {
	new_test_ext().execute_with(|| {
		FeeParts::set(&(MAX_FEE_PARTS + 1));
		<Licensing as Hooks<u32>>::integrity_test();
	});
}

#[test]
#[should_panic(expected = "must fit half of the normal class")]
fn integrity_test_fails_when_a_call_is_too_heavy() {
	new_test_ext().execute_with(|| {
		MaxBlock::set(&<() as WeightInfo>::claim().set_proof_size(u64::MAX));
		<Licensing as Hooks<u32>>::integrity_test();
	});
}
