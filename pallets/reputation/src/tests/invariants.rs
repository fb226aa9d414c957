//! Each invariant broken on purpose, the sizes of records, and the relations between settings.

use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_ok,
	traits::{fungible::MutateHold, tokens::Precision, Hooks},
};
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::reputation::MAX_HALF_LIFE;

type Check = Result<(), TryRuntimeError>;

/// Bob's rating of a receipt for Alice's listing 1, made in block 3, and an owner who came then.
fn evidence() {
	let receipt = bobs_receipt(UNIT);
	at(3);
	assert_ok!(Reputation::rate(signed(BOB), receipt, 50));
	edit_subject(LISTING, |record| record.owner_changed = Some(3));
	assert_ok!(Reputation::check_invariants());
}

/// Breaks sound evidence and expects `check` to say why, and the whole to fail with it.
fn broken(damage: impl FnOnce(), check: fn() -> Check, why: &'static str) {
	new_test_ext().execute_with(|| {
		evidence();
		assert_ok!(check());
		damage();
		assert_eq!(check(), Err(TryRuntimeError::Other(why)));
		assert!(Reputation::check_invariants().is_err());
	});
}

fn edit_subject(subject: SubjectOf<Test>, edit: impl FnOnce(&mut Record<u32>)) {
	Subjects::<Test>::mutate(subject, |record| edit(record.as_mut().unwrap()));
}

fn edit_rating(edit: impl FnOnce(&mut RatingOf<Test>)) {
	Ratings::<Test>::mutate(1, |rating| edit(rating.as_mut().unwrap()));
}

#[test]
fn inv_1_fails_when_less_is_held_than_the_tickets_say() {
	broken(
		|| {
			assert_ok!(
				Balances::release(&HoldReason::Rating.into(), &BOB, 1, Precision::Exact),
				1
			)
		},
		Reputation::holds_equal_tickets,
		"INV-1: what is held differs from the tickets",
	);
}

#[test]
fn inv_1_fails_when_money_is_held_without_a_ticket() {
	broken(
		|| Balances::hold(&HoldReason::Rating.into(), &DAVE, 1).unwrap(),
		Reputation::holds_equal_tickets,
		"INV-1: what is held differs from the tickets",
	);
}

#[test]
fn inv_1_fails_when_a_ticket_names_a_dead_account() {
	broken(
		|| {
			edit_rating(|rating| rating.buyer = NOBODY);
			Balances::release(
				&HoldReason::Rating.into(),
				&BOB,
				deposit(),
				Precision::Exact,
			)
			.unwrap();
		},
		Reputation::holds_equal_tickets,
		"INV-1: a ticket names an account that does not exist",
	);
}

#[test]
fn inv_2_fails_when_a_subject_has_no_outcome() {
	broken(
		|| edit_subject(SELLER, |record| record.successes = 0),
		Reputation::subjects_have_outcomes,
		"INV-2: a subject is remembered without an outcome",
	);
}

#[test]
fn inv_3_fails_when_the_masses_are_of_a_later_block() {
	broken(
		|| edit_subject(SELLER, |record| record.mass.at = 4),
		Reputation::nothing_is_dated_later,
		"INV-3: a subject changed in a later block",
	);
}

#[test]
fn inv_3_fails_when_an_owner_came_in_a_later_block() {
	broken(
		|| edit_subject(LISTING, |record| record.owner_changed = Some(4)),
		Reputation::nothing_is_dated_later,
		"INV-3: a subject changed in a later block",
	);
}

#[test]
fn inv_3_fails_when_a_rating_is_of_a_later_block() {
	broken(
		|| edit_rating(|rating| rating.block = 4),
		Reputation::nothing_is_dated_later,
		"INV-3: a rating is of a later block",
	);
}

#[test]
fn inv_4_fails_when_a_rating_is_above_a_hundred() {
	broken(
		|| edit_rating(|rating| rating.percent = 101),
		Reputation::ratings_are_well_formed,
		"INV-4: a rating is above the best",
	);
}

#[test]
fn inv_4_fails_when_a_rating_came_too_late() {
	broken(
		|| edit_rating(|rating| rating.until = rating.block),
		Reputation::ratings_are_well_formed,
		"INV-4: a rating was made after its window",
	);
}

#[test]
fn inv_5_fails_when_a_seller_changed_hands() {
	broken(
		|| edit_subject(SELLER, |record| record.owner_changed = Some(1)),
		Reputation::only_listings_change_hands,
		"INV-5: somebody who is no listing changed hands",
	);
}

#[test]
fn tickets_encode_as_their_amount() {
	new_test_ext().execute_with(|| {
		evidence();
		let ticket = Ratings::<Test>::get(1).unwrap().ticket;
		assert_eq!(ticket.encode(), deposit().encode());
	});
}

#[test]
fn records_have_their_sizes() {
	new_test_ext().execute_with(|| {
		evidence();
		assert_eq!(record_of(SELLER).encode().len(), 45);
		assert_eq!(record_of(LISTING).encode().len(), 49);
		assert_eq!(Record::<u32>::max_encoded_len(), 49);
		assert_eq!(Ratings::<Test>::get(1).unwrap().encode().len(), 57);
		assert_eq!(RatingOf::<Test>::max_encoded_len(), 57);
		assert_eq!(rating_footprint::<Test>().size, 57);
		assert_eq!(SubjectOf::<Test>::max_encoded_len(), 33);
	});
}

#[test]
fn subjects_are_encoded_as_other_programs_name_them() {
	assert_eq!(LISTING.encode(), [0, 1, 0, 0, 0]);
	assert_eq!(Subject::Worker(BOB).encode()[..2], [1, 2]);
	assert_eq!(Subject::Rater(BOB).encode()[..2], [2, 2]);
	assert_eq!(Subject::Seller(BOB).encode()[..2], [3, 2]);
}

fn integrity_test() {
	<Reputation as Hooks<u32>>::integrity_test();
}

#[test]
fn integrity_test_passes_with_the_settings_of_the_mock() {
	new_test_ext().execute_with(integrity_test);
}

#[test]
fn integrity_test_passes_with_the_extremes() {
	new_test_ext().execute_with(|| {
		HalfLife::set(&MAX_HALF_LIFE);
		RatingWindow::set(&MAX_HALF_LIFE);
		PriorUnit::set(&MAX_UNIT);
		integrity_test();
		HalfLife::set(&1);
		RatingWindow::set(&1);
		PriorUnit::set(&MIN_UNIT);
		integrity_test();
	});
}

#[test]
#[should_panic(expected = "evidence must fade over time")]
fn integrity_test_fails_when_nothing_fades() {
	new_test_ext().execute_with(|| {
		HalfLife::set(&0);
		integrity_test();
	});
}

#[test]
#[should_panic(expected = "rounding is bounded up to MAX_HALF_LIFE")]
fn integrity_test_fails_when_the_half_life_is_too_long() {
	new_test_ext().execute_with(|| {
		HalfLife::set(&(MAX_HALF_LIFE + 1));
		integrity_test();
	});
}

#[test]
#[should_panic(expected = "there must be time to rate")]
fn integrity_test_fails_when_there_is_no_time_to_rate() {
	new_test_ext().execute_with(|| {
		RatingWindow::set(&0);
		integrity_test();
	});
}

#[test]
#[should_panic(expected = "a subject cannot be pruned while its receipts can be rated")]
fn integrity_test_fails_when_the_window_outlasts_a_half_life() {
	new_test_ext().execute_with(|| {
		RatingWindow::set(&(HALF_LIFE + 1));
		integrity_test();
	});
}

#[test]
#[should_panic(expected = "the unit is within its bounds")]
fn integrity_test_fails_when_the_unit_is_too_small() {
	new_test_ext().execute_with(|| {
		PriorUnit::set(&(MIN_UNIT - 1));
		integrity_test();
	});
}
