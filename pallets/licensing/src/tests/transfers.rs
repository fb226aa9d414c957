//! Handing licences on and removing them.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use sp_runtime::DispatchError;
use weighhouse_primitives::market::{Term, Transferability};

#[test]
fn transfer_moves_licence_with_deposit() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		let (bob, carol) = (free(&BOB), free(&CAROL));
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));

		assert_eq!(Licences::<Test>::get(licence).unwrap().holder, CAROL);
		assert!(!Holdings::<Test>::contains_key(BOB, 1));
		assert_eq!(Holdings::<Test>::get(CAROL, 1).into_inner(), vec![licence]);
		assert_eq!((free(&BOB), free(&CAROL)), (bob, carol));
		assert_eq!(held(&BOB, HoldReason::Licence), 0);
		assert_eq!(held(&CAROL, HoldReason::Licence), licence_deposit());
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
		assert_eq!(Registry::retained(1), 2);
		assert_eq!(
			events().last(),
			Some(&Event::LicenceTransferred {
				licence,
				from: BOB,
				to: CAROL
			})
		);
	});
}

#[test]
fn transfer_keeps_what_the_licence_says() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Calls(7),
			..SIMPLE
		});
		set_calls_left(licence, 3);
		let before = Licences::<Test>::get(licence).unwrap();
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
		let after = Licences::<Test>::get(licence).unwrap();
		assert_eq!(
			after,
			Licence {
				holder: CAROL,
				..before
			}
		);
	});
}

#[test]
fn transfer_leaves_other_licences_of_the_sender() {
	run(|| {
		let first = bobs_licence(SIMPLE);
		let second = bought(BOB, 1, 1);
		assert_ok!(Licensing::transfer(signed(BOB), first, CAROL));
		assert_eq!(Holdings::<Test>::get(BOB, 1).into_inner(), vec![second]);
		assert_eq!(held(&BOB, HoldReason::Licence), licence_deposit());
	});
}

#[test]
fn transfer_lets_the_recipient_hand_it_on() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, DAVE),
			Error::<Test>::NotHolder
		);
		assert_ok!(Licensing::transfer(signed(CAROL), licence, BOB));
		assert_eq!(Licences::<Test>::get(licence).unwrap().holder, BOB);
	});
}

#[test]
fn transfer_takes_the_owner_of_the_listing_as_recipient() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::transfer(signed(BOB), licence, ALICE));
		assert_eq!(held(&ALICE, HoldReason::Licence), licence_deposit());
	});
}

#[test]
fn transfer_needs_nothing_of_a_recipient_that_has_the_existential_deposit() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		Balances::set_balance(&NOBODY, ED);
		assert_ok!(Licensing::transfer(signed(BOB), licence, NOBODY));
		assert_eq!(free(&NOBODY), ED);
		assert_eq!(held(&NOBODY, HoldReason::Licence), licence_deposit());
	});
}

#[test]
fn transfer_makes_the_sender_pay_more_when_the_price_of_state_has_risen() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		let before = licence_deposit();
		let (bob, carol) = (free(&BOB), free(&CAROL));
		PerByte::set(&(2 * BYTE));
		let rise = licence_deposit() - before;
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
		assert_eq!((free(&BOB), free(&CAROL)), (bob - rise, carol));
		assert_eq!(held(&CAROL, HoldReason::Licence), licence_deposit());
	});
}

#[test]
fn transfer_gives_the_sender_the_rest_when_the_price_of_state_has_fallen() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		let before = licence_deposit();
		let (bob, carol) = (free(&BOB), free(&CAROL));
		PerByte::set(&1);
		let rest = before - licence_deposit();
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
		assert_eq!((free(&BOB), free(&CAROL)), (bob + rest, carol));
	});
}

#[test]
fn transfer_refuses_a_sender_who_cannot_pay_the_rise_of_the_deposit() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		let before = licence_deposit();
		PerByte::set(&(2 * BYTE));
		let rise = licence_deposit() - before;
		Balances::set_balance(&BOB, ED + rise - 1);
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, CAROL),
			Error::<Test>::BalanceTooLow
		);
		Balances::set_balance(&BOB, ED + rise);
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
	});
}

#[test]
fn transfer_refuses_an_unknown_licence() {
	run(|| {
		assert_noop!(
			Licensing::transfer(signed(BOB), 1, CAROL),
			Error::<Test>::UnknownLicence
		);
	});
}

#[test]
fn transfer_refuses_anybody_but_the_holder() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		for who in [ALICE, CAROL] {
			assert_noop!(
				Licensing::transfer(signed(who), licence, CAROL),
				Error::<Test>::NotHolder
			);
		}
		assert_noop!(
			Licensing::transfer(RuntimeOrigin::none(), licence, CAROL),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn transfer_refuses_a_licence_from_the_block_in_which_it_expires() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Blocks(10),
			..SIMPLE
		});
		at(11);
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, CAROL),
			Error::<Test>::Expired
		);
		at(10);
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
	});
}

#[test]
fn transfer_refuses_a_licence_whose_calls_are_used_up() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Calls(1),
			..SIMPLE
		});
		set_calls_left(licence, 0);
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, CAROL),
			Error::<Test>::CallsUsedUp
		);
	});
}

#[test]
fn transfer_refuses_a_bound_licence() {
	run(|| {
		let terms = Terms {
			transferability: Transferability::Bound,
			..SIMPLE
		};
		let licence = bobs_licence(terms);
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, CAROL),
			Error::<Test>::NotTransferable
		);
	});
}

#[test]
fn transfer_refuses_the_holder_as_recipient() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, BOB),
			Error::<Test>::SameHolder
		);
	});
}

#[test]
fn transfer_refuses_a_recipient_without_account() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, NOBODY),
			Error::<Test>::RecipientHasNoAccount
		);
	});
}

#[test]
fn transfer_refuses_a_recipient_whose_holding_is_full() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		(0..MAX_LICENCES).for_each(|_| {
			bought(CAROL, 1, 1);
		});
		assert_noop!(
			Licensing::transfer(signed(BOB), licence, CAROL),
			Error::<Test>::HoldingsFull
		);
	});
}

#[test]
fn remove_licence_gives_the_deposit_back_to_the_holder() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		let bob = free(&BOB);
		assert_ok!(Licensing::remove_licence(signed(BOB), licence));
		assert!(!Licences::<Test>::contains_key(licence));
		assert!(!Holdings::<Test>::contains_key(BOB, 1));
		assert_eq!(free(&BOB), bob + licence_deposit());
		assert_eq!(held(&BOB, HoldReason::Licence), 0);
		assert_eq!(Registry::retained(1), 1);
		assert_eq!(
			events().last(),
			Some(&Event::LicenceRemoved {
				licence,
				holder: BOB
			})
		);
	});
}

#[test]
fn remove_licence_makes_room_for_another() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		(1..MAX_LICENCES).for_each(|_| {
			bought(BOB, 1, 1);
		});
		assert_noop!(
			Licensing::buy(signed(BOB), 1, 1),
			Error::<Test>::HoldingsFull
		);
		assert_ok!(Licensing::remove_licence(signed(BOB), licence));
		assert_ok!(Licensing::buy(signed(BOB), 1, 1));
	});
}

#[test]
fn remove_licence_refuses_strangers_while_it_counts() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Blocks(10),
			..SIMPLE
		});
		at(10);
		for who in [ALICE, CAROL] {
			assert_noop!(
				Licensing::remove_licence(signed(who), licence),
				Error::<Test>::LicenceStillValid
			);
		}
		assert_noop!(
			Licensing::remove_licence(RuntimeOrigin::none(), licence),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn remove_licence_lets_anybody_when_it_has_expired() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Blocks(10),
			..SIMPLE
		});
		let (bob, carol) = (free(&BOB), free(&CAROL));
		at(11);
		assert_ok!(Licensing::remove_licence(signed(CAROL), licence));
		assert_eq!((free(&BOB), free(&CAROL)), (bob + licence_deposit(), carol));
	});
}

#[test]
fn remove_licence_lets_anybody_when_its_calls_are_used_up() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Calls(5),
			..SIMPLE
		});
		set_calls_left(licence, 1);
		assert_noop!(
			Licensing::remove_licence(signed(CAROL), licence),
			Error::<Test>::LicenceStillValid
		);
		set_calls_left(licence, 0);
		assert_ok!(Licensing::remove_licence(signed(CAROL), licence));
		assert_eq!(held(&BOB, HoldReason::Licence), 0);
	});
}

#[test]
fn remove_licence_refuses_an_unknown_licence() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::remove_licence(signed(BOB), licence));
		assert_noop!(
			Licensing::remove_licence(signed(BOB), licence),
			Error::<Test>::UnknownLicence
		);
	});
}
