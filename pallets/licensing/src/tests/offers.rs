//! Opening and closing offers.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::fungible::Mutate};
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	market::{Rights, Term, Transferability},
	royalty::Share,
	PARTS,
};

const PERCENT: u32 = PARTS / 100;

#[test]
fn open_offer_stores_what_the_seller_said() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[]]);
		at(9);
		assert_ok!(Licensing::open_offer(
			signed(ALICE),
			1,
			5 * UNIT,
			Term::Blocks(10),
			2,
			3,
			Rights::UseAndServe,
			Transferability::Bound,
			Some(4),
			TEXT,
		));
		let offer = Offers::<Test>::get(1, 1).unwrap();
		assert_eq!(offer.opener, ALICE);
		assert_eq!(offer.price, 5 * UNIT);
		assert_eq!(offer.term, Term::Blocks(10));
		assert_eq!((offer.first_version, offer.last_version), (2, 3));
		assert_eq!(offer.rights, Rights::UseAndServe);
		assert_eq!(offer.transferability, Transferability::Bound);
		assert_eq!((offer.supply, offer.sold), (Some(4), 0));
		assert_eq!(offer.terms, TEXT);
		assert!(offer.royalties.is_empty());
		assert_eq!(offer.opened, 9);
		assert_eq!(NextOffer::<Test>::get(1), 2);
		assert_eq!(Registry::retained(1), 1);
		let opened = Event::OfferOpened {
			listing: 1,
			offer: 1,
			opener: ALICE,
			price: 5 * UNIT,
			term: Term::Blocks(10),
		};
		assert_eq!(events(), vec![opened]);
	});
}

#[test]
fn open_offer_holds_a_deposit_for_each_stored_byte() {
	run(|| {
		Registry::list(1, BOB, &[&[]]);
		Registry::list(2, ALICE, &[&[], &[(1, PERCENT)]]);
		opened(ALICE, 2, SIMPLE);
		assert_eq!(held(&ALICE, HoldReason::Offer), offer_deposit(0));
		assert_eq!(free(&ALICE), ENDOWMENT - offer_deposit(0));

		opened(
			ALICE,
			2,
			Terms {
				versions: (2, 2),
				..SIMPLE
			},
		);
		assert_eq!(
			held(&ALICE, HoldReason::Offer),
			offer_deposit(0) + offer_deposit(1)
		);
		assert_eq!(offer_deposit(1) - offer_deposit(0), 8 * BYTE);
	});
}

#[test]
fn open_offer_counts_offers_of_each_listing_apart() {
	run(|| {
		Registry::list(1, ALICE, &[&[]]);
		Registry::list(2, BOB, &[&[]]);
		assert_eq!(opened(ALICE, 1, SIMPLE), 1);
		assert_eq!(opened(ALICE, 1, SIMPLE), 2);
		assert_eq!(opened(BOB, 2, SIMPLE), 1);
		assert!(Offers::<Test>::contains_key(1, 2));
		assert!(Offers::<Test>::contains_key(2, 1));
		assert_eq!(Registry::retained(1), 2);
	});
}

#[test]
fn open_offer_gives_each_payee_its_largest_share_when_versions_differ() {
	run(|| {
		(1..=3).for_each(|payee| Registry::list(payee, BOB, &[&[]]));
		Registry::list(
			9,
			ALICE,
			&[
				&[(1, 5 * PERCENT), (3, PERCENT)],
				&[(1, 2 * PERCENT), (2, 7 * PERCENT)],
				&[],
			],
		);
		opened(
			ALICE,
			9,
			Terms {
				versions: (1, 3),
				..SIMPLE
			},
		);
		let share = |listing, percent| Share {
			listing,
			parts: percent * PERCENT,
		};
		assert_eq!(
			Offers::<Test>::get(9, 1).unwrap().royalties.into_inner(),
			vec![share(1, 5), share(2, 7), share(3, 1)]
		);
	});
}

#[test]
fn open_offer_takes_any_price() {
	run(|| {
		let listing = plain_listing();
		for price in [0, 1, u128::MAX] {
			let offer = opened(ALICE, listing, Terms { price, ..SIMPLE });
			assert_eq!(Offers::<Test>::get(listing, offer).unwrap().price, price);
		}
	});
}

#[test]
fn open_offer_refuses_a_price_of_which_a_royalty_would_be_nothing() {
	run(|| {
		(1..=2).for_each(|payee| Registry::list(payee, BOB, &[&[]]));
		// The smallest share decides: of 30 %, the whole is 3.33 times as much.
		Registry::list(9, ALICE, &[&[(1, 40 * PERCENT)], &[(2, 30 * PERCENT)]]);
		let opening = |versions, price, term| {
			let terms = Terms {
				versions,
				price,
				term,
				..SIMPLE
			};
			open(ALICE, 9, terms)
		};
		for term in [Term::Perpetual, Term::PerCall] {
			for price in 1..=3 {
				assert_noop!(opening((2, 2), price, term), Error::<Test>::PriceTooLow);
			}
			assert_ok!(opening((2, 2), 4, term));
			assert_noop!(opening((1, 1), 2, term), Error::<Test>::PriceTooLow);
			assert_ok!(opening((1, 1), 3, term));
		}
	});
}

#[test]
fn open_offer_takes_a_price_from_the_smallest_on_when_a_share_is_a_billionth() {
	run(|| {
		Registry::list(1, BOB, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 1)]]);
		let price = u128::from(PARTS);
		let below = Terms {
			price: price - 1,
			..SIMPLE
		};
		assert_noop!(open(ALICE, 9, below), Error::<Test>::PriceTooLow);
		let offer = opened(ALICE, 9, Terms { price, ..SIMPLE });
		bought(BOB, 9, offer);
		assert_eq!(Royalties::<Test>::get(1), Some(1));
	});
}

#[test]
fn open_offer_takes_a_price_of_zero_when_royalties_are_owed() {
	run(|| {
		Registry::list(1, BOB, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 1)]]);
		let offer = opened(ALICE, 9, Terms { price: 0, ..SIMPLE });
		assert_eq!(Offers::<Test>::get(9, offer).unwrap().price, 0);
	});
}

#[test]
fn open_offer_weighs_the_versions_it_read_when_it_is_done() {
	run(|| {
		Registry::list(1, BOB, &[&[]]);
		Registry::list(2, ALICE, &[&[(1, PERCENT)][..]; 8]);
		let call = Call::<Test>::open_offer {
			listing: 2,
			price: 0,
			term: Term::Perpetual,
			first_version: 1,
			last_version: 3,
			rights: Rights::Use,
			transferability: Transferability::Bound,
			supply: None,
			terms: TEXT,
		};
		assert_eq!(
			call.get_dispatch_info().call_weight,
			<()>::open_offer(3, 16)
		);
		let post = open(
			ALICE,
			2,
			Terms {
				versions: (1, 3),
				..SIMPLE
			},
		)
		.unwrap();
		assert_eq!(post.actual_weight, Some(<()>::open_offer(3, 1)));
	});
}

#[test]
fn open_offer_refuses_an_unsigned_origin() {
	run(|| {
		plain_listing();
		assert_noop!(
			Licensing::open_offer(
				RuntimeOrigin::root(),
				1,
				0,
				Term::Perpetual,
				1,
				1,
				Rights::Use,
				Transferability::Bound,
				None,
				TEXT
			),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn open_offer_refuses_a_listing_that_does_not_exist() {
	run(|| {
		assert_noop!(open(ALICE, 1, SIMPLE), Error::<Test>::UnknownListing);
	});
}

#[test]
fn open_offer_refuses_anybody_but_the_owner() {
	run(|| {
		let listing = plain_listing();
		assert_noop!(open(BOB, listing, SIMPLE), Error::<Test>::NotOwner);
	});
}

#[test]
fn open_offer_refuses_a_term_of_zero() {
	run(|| {
		let listing = plain_listing();
		for term in [Term::Blocks(0), Term::Calls(0)] {
			assert_noop!(
				open(ALICE, listing, Terms { term, ..SIMPLE }),
				Error::<Test>::TermIsZero
			);
		}
		for term in [Term::Blocks(1), Term::Calls(1)] {
			assert_ok!(open(ALICE, listing, Terms { term, ..SIMPLE }));
		}
	});
}

#[test]
fn open_offer_refuses_a_supply_of_zero() {
	run(|| {
		let listing = plain_listing();
		let none = Terms {
			supply: Some(0),
			..SIMPLE
		};
		assert_noop!(open(ALICE, listing, none), Error::<Test>::SupplyIsZero);
		assert_ok!(open(
			ALICE,
			listing,
			Terms {
				supply: Some(1),
				..SIMPLE
			}
		));
	});
}

#[test]
fn open_offer_refuses_a_range_without_versions() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[]]);
		for versions in [(0, 0), (0, 1), (2, 1), (u32::MAX, 1)] {
			assert_noop!(
				open(ALICE, 1, Terms { versions, ..SIMPLE }),
				Error::<Test>::VersionRangeEmpty
			);
		}
	});
}

#[test]
fn open_offer_refuses_a_version_that_does_not_exist() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[]]);
		for versions in [(3, 3), (2, 3), (1, u32::MAX), (u32::MAX, u32::MAX)] {
			assert_noop!(
				open(ALICE, 1, Terms { versions, ..SIMPLE }),
				Error::<Test>::UnknownVersion
			);
		}
	});
}

#[test]
fn open_offer_refuses_a_range_with_a_removed_version() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[]]);
		Registry::remove_version(1, 2);
		assert_noop!(
			open(
				ALICE,
				1,
				Terms {
					versions: (1, 3),
					..SIMPLE
				}
			),
			Error::<Test>::UnknownVersion
		);
		assert_ok!(open(
			ALICE,
			1,
			Terms {
				versions: (3, 3),
				..SIMPLE
			}
		));
	});
}

#[test]
fn open_offer_refuses_more_versions_than_an_offer_can_cover() {
	run(|| {
		Registry::list(1, ALICE, &[&[][..]; 9]);
		assert_noop!(
			open(
				ALICE,
				1,
				Terms {
					versions: (1, 9),
					..SIMPLE
				}
			),
			Error::<Test>::TooManyVersions
		);
		assert_ok!(open(
			ALICE,
			1,
			Terms {
				versions: (2, 9),
				..SIMPLE
			}
		));
	});
}

#[test]
fn open_offer_refuses_a_yanked_version() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[]]);
		Registry::yank(1, 2);
		assert_noop!(
			open(
				ALICE,
				1,
				Terms {
					versions: (1, 3),
					..SIMPLE
				}
			),
			Error::<Test>::VersionYanked
		);
		assert_ok!(open(
			ALICE,
			1,
			Terms {
				versions: (3, 3),
				..SIMPLE
			}
		));
	});
}

#[test]
fn open_offer_refuses_versions_whose_royalties_together_exceed_the_cap() {
	run(|| {
		Registry::list(1, BOB, &[&[]]);
		Registry::list(2, BOB, &[&[]]);
		Registry::list(3, ALICE, &[&[(1, 26 * PERCENT)], &[(2, 25 * PERCENT)]]);
		assert_noop!(
			open(
				ALICE,
				3,
				Terms {
					versions: (1, 2),
					..SIMPLE
				}
			),
			Error::<Test>::RoyaltiesOverCap
		);
		assert_ok!(open(
			ALICE,
			3,
			Terms {
				versions: (1, 1),
				..SIMPLE
			}
		));
	});
}

#[test]
fn open_offer_refuses_versions_with_more_payees_than_a_sale_can_pay() {
	run(|| {
		(1..=17).for_each(|payee| Registry::list(payee, BOB, &[&[]]));
		let table: Vec<_> = (1..=17).map(|payee| (payee, PERCENT)).collect();
		Registry::list(20, ALICE, &[&table[..9], &table[8..16], &table[16..]]);
		assert_noop!(
			open(
				ALICE,
				20,
				Terms {
					versions: (1, 3),
					..SIMPLE
				}
			),
			Error::<Test>::TooManyPayees
		);
		assert_ok!(open(
			ALICE,
			20,
			Terms {
				versions: (1, 2),
				..SIMPLE
			}
		));
		assert_eq!(Offers::<Test>::get(20, 1).unwrap().royalties.len(), 16);
	});
}

#[test]
fn open_offer_refuses_a_balance_one_unit_short_of_the_deposit() {
	run(|| {
		let listing = plain_listing();
		Balances::set_balance(&ALICE, ED + offer_deposit(0) - 1);
		assert_noop!(open(ALICE, listing, SIMPLE), Error::<Test>::BalanceTooLow);
		Balances::set_balance(&ALICE, ED + offer_deposit(0));
		assert_ok!(open(ALICE, listing, SIMPLE));
		assert_eq!(free(&ALICE), ED);
	});
}

#[test]
fn open_offer_refuses_a_listing_that_cannot_be_retained() {
	run(|| {
		let listing = plain_listing();
		RetainLimit::set(&0);
		assert_noop!(
			open(ALICE, listing, SIMPLE),
			Error::<Test>::ListingCannotBeRetained
		);
	});
}

#[test]
fn open_offer_refuses_when_no_number_is_left() {
	run(|| {
		let listing = plain_listing();
		NextOffer::<Test>::insert(listing, u32::MAX);
		assert_noop!(
			open(ALICE, listing, SIMPLE),
			Error::<Test>::NumbersExhausted
		);
	});
}

#[test]
fn close_offer_gives_the_deposit_back() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), listing, offer));
		assert_eq!(Offers::<Test>::iter().count(), 0);
		assert_eq!(held(&ALICE, HoldReason::Offer), 0);
		assert_eq!(free(&ALICE), ENDOWMENT);
		assert_eq!(Registry::retained(listing), 0);
		assert_eq!(
			events().last(),
			Some(&Event::OfferClosed { listing, offer })
		);
	});
}

#[test]
fn close_offer_gives_back_what_was_held_when_the_price_of_state_has_changed() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		PerByte::set(&(BYTE * 3));
		assert_ok!(Licensing::close_offer(signed(ALICE), listing, offer));
		assert_eq!(free(&ALICE), ENDOWMENT);
	});
}

#[test]
fn close_offer_leaves_licences_alone() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), 1, 1));
		assert!(Licences::<Test>::contains_key(licence));
		assert_eq!(Registry::retained(1), 1);
	});
}

#[test]
fn close_offer_tells_a_closed_offer_from_one_that_never_was() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), listing, offer));
		assert_noop!(
			Licensing::close_offer(signed(ALICE), listing, offer),
			Error::<Test>::OfferClosed
		);
		for never in [0, offer + 1] {
			assert_noop!(
				Licensing::close_offer(signed(ALICE), listing, never),
				Error::<Test>::UnknownOffer
			);
		}
	});
}

#[test]
fn close_offer_refuses_a_listing_that_does_not_exist() {
	run(|| {
		assert_noop!(
			Licensing::close_offer(signed(ALICE), 7, 1),
			Error::<Test>::UnknownListing
		);
	});
}

#[test]
fn close_offer_refuses_strangers() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_noop!(
			Licensing::close_offer(signed(BOB), listing, offer),
			Error::<Test>::NotOwner
		);
		assert_noop!(
			Licensing::close_offer(RuntimeOrigin::none(), listing, offer),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn close_offer_pays_the_opener_when_a_new_owner_closes() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_ok!(Registry::hand_over(listing, BOB));
		assert_ok!(Licensing::close_offer(signed(BOB), listing, offer));
		assert_eq!(free(&ALICE), ENDOWMENT);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn close_offer_lets_the_opener_close_when_the_listing_has_changed_hands() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_ok!(Registry::hand_over(listing, BOB));
		assert_noop!(
			Licensing::close_offer(signed(CAROL), listing, offer),
			Error::<Test>::NotOwner
		);
		assert_ok!(Licensing::close_offer(signed(ALICE), listing, offer));
		assert_eq!(free(&ALICE), ENDOWMENT);
	});
}
