//! Asking for licences.

use crate::mock::*;
use frame_support::assert_ok;
use weighhouse_primitives::{
	market::{
		Right::{self, Serve, Use},
		Rights, Term,
	},
	traits::LicenceCheck,
	VersionNumber,
};

/// What other pallets are told, which must be what everybody else is told.
fn may(who: AccountId, listing: u32, version: VersionNumber, right: Right) -> bool {
	let seam = <Licensing as LicenceCheck<_>>::has_licence(&who, listing, version, right);
	assert_eq!(Licensing::has_licence(who, listing, version, right), seam);
	seam
}

#[test]
fn has_licence_denies_when_nothing_was_bought() {
	run(|| {
		let listing = plain_listing();
		opened(ALICE, listing, SIMPLE);
		for who in [ALICE, BOB, NOBODY] {
			assert!(!may(who, listing, 1, Use));
		}
		assert!(!may(BOB, 77, 1, Use));
	});
}

#[test]
fn has_licence_allows_the_holder_alone() {
	run(|| {
		bobs_licence(SIMPLE);
		assert!(may(BOB, 1, 1, Use));
		assert!(!may(ALICE, 1, 1, Use));
		assert!(!may(CAROL, 1, 1, Use));
	});
}

#[test]
fn has_licence_answers_for_the_listing_that_was_bought() {
	run(|| {
		bobs_licence(SIMPLE);
		Registry::list(2, ALICE, &[&[]]);
		assert!(!may(BOB, 2, 1, Use));
	});
}

#[test]
fn has_licence_covers_the_range_of_versions() {
	run(|| {
		Registry::list(1, ALICE, &[&[][..]; 5]);
		let offer = opened(
			ALICE,
			1,
			Terms {
				versions: (2, 4),
				..SIMPLE
			},
		);
		bought(BOB, 1, offer);
		let covered: Vec<_> = (0..=6)
			.filter(|version| may(BOB, 1, *version, Use))
			.collect();
		assert_eq!(covered, vec![2, 3, 4]);
	});
}

#[test]
fn has_licence_allows_the_rights_that_were_sold() {
	run(|| {
		let listing = plain_listing();
		let sell = |who: AccountId, rights| {
			let offer = opened(ALICE, listing, Terms { rights, ..SIMPLE });
			bought(who, listing, offer);
		};
		sell(BOB, Rights::Use);
		sell(CAROL, Rights::Serve);
		sell(DAVE, Rights::UseAndServe);
		let allowed = |who: AccountId| (may(who.clone(), 1, 1, Use), may(who, 1, 1, Serve));
		assert_eq!(allowed(BOB), (true, false));
		assert_eq!(allowed(CAROL), (false, true));
		assert_eq!(allowed(DAVE), (true, true));
	});
}

#[test]
fn has_licence_denies_from_the_block_in_which_it_expires() {
	run(|| {
		bobs_licence(Terms {
			term: Term::Blocks(10),
			..SIMPLE
		});
		at(10);
		assert!(may(BOB, 1, 1, Use));
		at(11);
		assert!(!may(BOB, 1, 1, Use));
	});
}

#[test]
fn has_licence_denies_when_all_calls_are_used_up() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Calls(2),
			..SIMPLE
		});
		set_calls_left(licence, 1);
		assert!(may(BOB, 1, 1, Use));
		set_calls_left(licence, 0);
		assert!(!may(BOB, 1, 1, Use));
	});
}

#[test]
fn has_licence_moves_with_the_licence() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
		assert!(!may(BOB, 1, 1, Use));
		assert!(may(CAROL, 1, 1, Use));
	});
}

#[test]
fn has_licence_ends_when_the_licence_is_removed() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::remove_licence(signed(BOB), licence));
		assert!(!may(BOB, 1, 1, Use));
	});
}

#[test]
fn has_licence_finds_the_one_that_counts_among_others() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[]]);
		let spent = opened(
			ALICE,
			1,
			Terms {
				term: Term::Blocks(1),
				..SIMPLE
			},
		);
		let other = opened(
			ALICE,
			1,
			Terms {
				versions: (2, 2),
				..SIMPLE
			},
		);
		let serve = opened(
			ALICE,
			1,
			Terms {
				rights: Rights::Serve,
				..SIMPLE
			},
		);
		for offer in [spent, other, serve] {
			bought(BOB, 1, offer);
		}
		at(50);
		assert!(!may(BOB, 1, 1, Use));
		let good = opened(ALICE, 1, SIMPLE);
		bought(BOB, 1, good);
		assert!(may(BOB, 1, 1, Use));
	});
}

#[test]
fn has_licence_outlives_offer_or_sale_of_the_version() {
	run(|| {
		bobs_licence(SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), 1, 1));
		Registry::yank(1, 1);
		assert!(may(BOB, 1, 1, Use));
	});
}
