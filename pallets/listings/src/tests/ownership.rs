use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use weighhouse_primitives::ListingRegistry;

use crate::{mock::*, Error, Event};

type E = Error<Test>;

fn proposed() {
	registered(draft(1), ALICE);
	assert_ok!(draft(2).add_to(ALICE, 1));
	assert_ok!(Listings::propose_owner(signed(ALICE), 1, BOB));
}

#[test]
fn propose_owner_notes_who_may_accept() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		events();
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, BOB));
		assert_eq!(listing_of(1).proposed_owner, Some(BOB));
		assert_eq!(listing_of(1).owner, ALICE);
		assert_eq!(
			events(),
			[Event::OwnerProposed {
				listing: 1,
				owner: ALICE,
				proposed: BOB
			}]
		);
	});
}

#[test]
fn propose_owner_replaces_an_earlier_proposal() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, CAROL));
		assert_eq!(listing_of(1).proposed_owner, Some(CAROL));
		assert_noop!(Listings::accept_ownership(signed(BOB), 1), E::NotProposed);
	});
}

#[test]
fn propose_owner_is_refused_when_the_listing_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Listings::propose_owner(signed(ALICE), 1, BOB),
			E::UnknownListing
		);
	});
}

#[test]
fn propose_owner_is_refused_when_the_caller_is_not_the_owner() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(Listings::propose_owner(signed(BOB), 1, BOB), E::NotOwner);
	});
}

#[test]
fn propose_owner_is_refused_when_the_owner_is_named() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(
			Listings::propose_owner(signed(ALICE), 1, ALICE),
			E::AlreadyOwner
		);
	});
}

#[test]
fn accept_ownership_moves_listing_with_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		let deposit = listing_deposit(&ALICE);
		events();

		assert_ok!(Listings::accept_ownership(signed(BOB), 1));

		assert_eq!(listing_of(1).owner, BOB);
		assert_eq!(listing_of(1).proposed_owner, None);
		assert_eq!(
			(listing_deposit(&ALICE), listing_deposit(&BOB)),
			(0, deposit)
		);
		assert_eq!((free(&ALICE), free(&BOB)), (ENDOWMENT, ENDOWMENT - deposit));
		assert_eq!(
			events(),
			[Event::OwnerChanged {
				listing: 1,
				from: ALICE,
				to: BOB
			}]
		);
	});
}

#[test]
fn accept_ownership_gives_the_new_owner_every_right_of_the_old_one() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		assert_ok!(Listings::accept_ownership(signed(BOB), 1));
		assert_noop!(draft(3).add_to(ALICE, 1), E::NotOwner);
		assert_ok!(draft(3).add_to(BOB, 1));
		assert_ok!(Listings::yank(signed(BOB), 1, 1));
		for version in 1..=3 {
			assert_ok!(Listings::remove_version(signed(BOB), 1, version));
		}
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn accept_ownership_settles_with_the_old_owner_first() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		assert_ok!(Listings::accept_ownership(signed(BOB), 1));
		assert_eq!(settled(), [(1, ALICE)]);
	});
}

#[test]
fn accept_ownership_keeps_what_settling_changed() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		assert_eq!(Listings::retain(1), Ok(()));
		assert_eq!(Listings::retain(1), Ok(()));
		set_settlement(Settlement::Releases);
		assert_ok!(Listings::accept_ownership(signed(BOB), 1));
		assert_eq!(listing_of(1).dependants, 1);
		assert_eq!(listing_of(1).owner, BOB);
	});
}

#[test]
fn accept_ownership_is_refused_when_settling_fails() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		set_settlement(Settlement::Fails);
		assert_noop!(
			Listings::accept_ownership(signed(BOB), 1),
			DispatchError::Other("the market cannot settle")
		);
	});
}

#[test]
fn accept_ownership_is_refused_when_the_listing_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Listings::accept_ownership(signed(BOB), 1),
			E::UnknownListing
		);
	});
}

#[test]
fn accept_ownership_is_refused_when_nobody_is_proposed() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(Listings::accept_ownership(signed(BOB), 1), E::NoProposal);
	});
}

#[test]
fn accept_ownership_is_refused_when_somebody_else_is_proposed() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		for who in [ALICE, CAROL] {
			assert_noop!(Listings::accept_ownership(signed(who), 1), E::NotProposed);
		}
		assert_eq!(settled(), []);
	});
}

#[test]
fn accept_ownership_is_refused_when_it_was_done_before() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		assert_ok!(Listings::accept_ownership(signed(BOB), 1));
		assert_noop!(Listings::accept_ownership(signed(BOB), 1), E::NoProposal);
	});
}

#[test]
fn accept_ownership_is_refused_when_the_new_owner_cannot_pay_the_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_ok!(Listings::propose_owner(signed(ALICE), 1, POOR));
		assert_noop!(
			Listings::accept_ownership(signed(POOR), 1),
			E::BalanceTooLow
		);
	});
}

#[test]
fn cancel_proposal_withdraws_it_for_the_owner() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		events();
		assert_ok!(Listings::cancel_proposal(signed(ALICE), 1));
		assert_eq!(listing_of(1).proposed_owner, None);
		assert_eq!(
			events(),
			[Event::ProposalCancelled {
				listing: 1,
				proposed: BOB
			}]
		);
		assert_noop!(Listings::accept_ownership(signed(BOB), 1), E::NoProposal);
	});
}

#[test]
fn cancel_proposal_declines_it_for_the_proposed_account() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		events();
		assert_ok!(Listings::cancel_proposal(signed(BOB), 1));
		assert_eq!(listing_of(1).proposed_owner, None);
		assert_eq!(
			events(),
			[Event::ProposalCancelled {
				listing: 1,
				proposed: BOB
			}]
		);
	});
}

#[test]
fn cancel_proposal_is_refused_when_the_listing_is_unknown() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Listings::cancel_proposal(signed(ALICE), 1),
			E::UnknownListing
		);
	});
}

#[test]
fn cancel_proposal_is_refused_when_nobody_is_proposed() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_noop!(Listings::cancel_proposal(signed(ALICE), 1), E::NoProposal);
	});
}

#[test]
fn cancel_proposal_is_refused_when_the_caller_has_no_part_in_it() {
	ExtBuilder::default().build_and_execute(|| {
		proposed();
		assert_noop!(Listings::cancel_proposal(signed(CAROL), 1), E::NotOwner);
	});
}
