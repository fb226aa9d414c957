//! Accruing royalties and paying them out.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate, weights::RuntimeDbWeight};
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	traits::{LicenceCheck, ListingRemoval, OwnershipChange},
	PARTS,
};

const PERCENT: u32 = PARTS / 100;

/// Carol's listing 1, and Alice's listing 9 that owes it 10 %, sold once to Bob for `price`.
fn sold_once(price: u128) {
	Registry::list(1, CAROL, &[&[]]);
	Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
	let offer = opened(ALICE, 9, Terms { price, ..SIMPLE });
	bought(BOB, 9, offer);
}

#[test]
fn royalties_retain_their_listing_once_however_many_sales_accrue() {
	run(|| {
		sold_once(40 * UNIT);
		assert_eq!(Registry::retained(1), 1);
		bought(DAVE, 9, 1);
		assert_eq!(Registry::retained(1), 1);
		assert_eq!(Royalties::<Test>::get(1), Some(8 * UNIT));
		assert_eq!(pot(), 8 * UNIT);
	});
}

#[test]
fn royalties_accrue_to_ones_own_other_listing() {
	run(|| {
		Registry::list(1, ALICE, &[&[]]);
		Registry::list(2, ALICE, &[&[(1, 10 * PERCENT)]]);
		let offer = opened(
			ALICE,
			2,
			Terms {
				price: 40 * UNIT,
				..SIMPLE
			},
		);
		let alice = free(&ALICE);
		bought(BOB, 2, offer);
		assert_eq!(free(&ALICE), alice + 35 * UNIT);
		assert_eq!(Licensing::accrued(1), 4 * UNIT);
		assert_ok!(Licensing::claim(signed(ALICE), 1));
		assert_eq!(free(&ALICE), alice + 39 * UNIT);
	});
}

#[test]
fn claim_pays_the_owner_whoever_calls() {
	run(|| {
		sold_once(40 * UNIT);
		let dave = free(&DAVE);
		assert_ok!(Licensing::claim(signed(DAVE), 1));
		assert_eq!(free(&CAROL), ENDOWMENT + 4 * UNIT);
		assert_eq!(free(&DAVE), dave);
		assert_eq!(pot(), 0);
		assert_eq!(free(&Licensing::pot()), ED);
		assert!(!Royalties::<Test>::contains_key(1));
		assert_eq!(Registry::retained(1), 0);
		assert_eq!(
			events().last(),
			Some(&Event::RoyaltyClaimed {
				listing: 1,
				owner: CAROL,
				amount: 4 * UNIT
			})
		);
	});
}

#[test]
fn claim_pays_one_unit() {
	run(|| {
		sold_once(10);
		assert_eq!(Licensing::accrued(1), 1);
		assert_ok!(Licensing::claim(signed(CAROL), 1));
		assert_eq!(free(&CAROL), ENDOWMENT + 1);
	});
}

#[test]
fn claim_leaves_what_other_listings_accrued() {
	run(|| {
		Registry::list(1, CAROL, &[&[]]);
		Registry::list(2, DAVE, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 10 * PERCENT), (2, 20 * PERCENT)]]);
		let offer = opened(
			ALICE,
			9,
			Terms {
				price: 40 * UNIT,
				..SIMPLE
			},
		);
		bought(BOB, 9, offer);
		assert_ok!(Licensing::claim(signed(BOB), 1));
		assert_eq!(Licensing::accrued(2), 8 * UNIT);
		assert_eq!(pot(), 8 * UNIT);
	});
}

#[test]
fn claim_refuses_when_nothing_accrued() {
	run(|| {
		sold_once(40 * UNIT);
		assert_noop!(
			Licensing::claim(signed(ALICE), 9),
			Error::<Test>::NothingToClaim
		);
		assert_ok!(Licensing::claim(signed(CAROL), 1));
		assert_noop!(
			Licensing::claim(signed(CAROL), 1),
			Error::<Test>::NothingToClaim
		);
	});
}

#[test]
fn claim_refuses_a_listing_that_does_not_exist() {
	run(|| {
		assert_noop!(
			Licensing::claim(signed(ALICE), 3),
			Error::<Test>::UnknownListing
		);
	});
}

#[test]
fn claim_refuses_an_unsigned_origin() {
	run(|| {
		sold_once(40 * UNIT);
		assert_noop!(
			Licensing::claim(RuntimeOrigin::none(), 1),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn claim_refuses_while_the_owner_is_dead() {
	run(|| {
		Registry::list(1, NOBODY, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
		let offer = opened(
			ALICE,
			9,
			Terms {
				price: 10 * (ED - 1),
				..SIMPLE
			},
		);
		bought(BOB, 9, offer);
		assert_noop!(
			Licensing::claim(signed(BOB), 1),
			Error::<Test>::PayeeCannotReceive
		);
		assert_eq!(Licensing::accrued(1), ED - 1);
		Balances::set_balance(&NOBODY, ED);
		assert_ok!(Licensing::claim(signed(BOB), 1));
		assert_eq!(free(&NOBODY), 2 * ED - 1);
	});
}

#[test]
fn claim_brings_a_dead_owner_to_life_when_the_amount_suffices() {
	run(|| {
		Registry::list(1, NOBODY, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
		let offer = opened(
			ALICE,
			9,
			Terms {
				price: 10 * ED,
				..SIMPLE
			},
		);
		bought(BOB, 9, offer);
		assert_ok!(Licensing::claim(signed(BOB), 1));
		assert_eq!(free(&NOBODY), ED);
	});
}

#[test]
fn before_change_pays_the_old_owner() {
	run(|| {
		sold_once(40 * UNIT);
		assert_ok!(Registry::hand_over(1, DAVE));
		assert_eq!(free(&CAROL), ENDOWMENT + 4 * UNIT);
		assert_eq!(Licensing::accrued(1), 0);
		assert_eq!(Registry::retained(1), 0);
		assert_eq!(
			events().last(),
			Some(&Event::RoyaltyClaimed {
				listing: 1,
				owner: CAROL,
				amount: 4 * UNIT
			})
		);

		bought(BOB, 9, 1);
		let dave = free(&DAVE);
		assert_ok!(Licensing::claim(signed(ALICE), 1));
		assert_eq!(free(&CAROL), ENDOWMENT + 4 * UNIT);
		assert_eq!(free(&DAVE), dave + 4 * UNIT);
	});
}

#[test]
fn before_change_does_nothing_when_nothing_accrued() {
	run(|| {
		let listing = plain_listing();
		let before = free(&ALICE);
		assert_ok!(<Licensing as OwnershipChange<_>>::before_change(
			listing, &ALICE
		));
		assert_eq!(free(&ALICE), before);
		assert_eq!(events(), vec![]);
	});
}

#[test]
fn before_change_fails_when_the_old_owner_cannot_be_paid() {
	run(|| {
		Registry::list(1, NOBODY, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
		let offer = opened(
			ALICE,
			9,
			Terms {
				price: 10,
				..SIMPLE
			},
		);
		bought(BOB, 9, offer);
		assert_noop!(
			Registry::hand_over(1, DAVE),
			Error::<Test>::PayeeCannotReceive
		);
	});
}

#[test]
fn after_removal_drops_the_count_of_offers() {
	run(|| {
		let (gone, stays) = (plain_listing(), 2);
		Registry::list(stays, BOB, &[&[]]);
		let offer = opened(ALICE, gone, SIMPLE);
		opened(BOB, stays, SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), gone, offer));
		assert_eq!(NextOffer::<Test>::get(gone), 2);
		Registry::delist(gone);
		assert!(!NextOffer::<Test>::contains_key(gone));
		assert_eq!(NextOffer::<Test>::get(stays), 2);
		assert_noop!(
			Licensing::buy(signed(BOB), gone, offer),
			Error::<Test>::UnknownListing
		);
	});
}

#[test]
fn seams_weigh_what_was_measured() {
	run(|| {
		assert_eq!(
			<Licensing as OwnershipChange<_>>::weight(),
			<() as WeightInfo>::before_change()
		);
		assert_eq!(
			<Licensing as LicenceCheck<_>>::has_licence_weight(),
			<() as WeightInfo>::has_licence(MAX_LICENCES)
		);
		let database: RuntimeDbWeight = <Test as frame_system::Config>::DbWeight::get();
		assert_eq!(Licensing::after_removal_weight(), database.writes(1));
	});
}

#[test]
fn genesis_gives_the_pot_its_existential_deposit() {
	run(|| {
		assert_eq!(free(&Licensing::pot()), ED);
		assert_eq!(pot(), 0);
	});
}

#[test]
fn genesis_mints_nothing_when_the_pot_is_alive() {
	let funded = vec![(ALICE, ENDOWMENT), (Licensing::pot(), 3 * ED)];
	run_on(genesis(funded), || {
		assert_eq!(free(&Licensing::pot()), 3 * ED);
	});
}
