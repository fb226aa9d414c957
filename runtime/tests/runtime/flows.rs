use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_core::H256;
use weighhouse_primitives::{DerivativePolicy, ListingId, Right, Rights, Term, Transferability};
use weighhouse_runtime::{
	configs::market::Treasury, constants::currency::WGH, Balance, Balances, Licensing, Listings,
	Runtime,
};

use crate::chain::{
	development, distilled, free, held, reconcile, register, signed, try_register, ALICE, BOB,
	CHARLIE, DAVE,
};

fn offer(who: sp_keyring::Sr25519Keyring, listing: ListingId, price: Balance) {
	assert_ok!(Licensing::open_offer(
		signed(who),
		listing,
		price,
		Term::Perpetual,
		1,
		1,
		Rights::Use,
		Transferability::Transferable,
		None,
		H256::zero(),
	));
}

#[test]
fn a_sale_pays_fee_ancestors_and_owner_to_the_last_unit() {
	development(|| {
		let (alice, bob) = (ALICE.to_account_id(), BOB.to_account_id());
		let grandparent = register(ALICE, "grandparent", vec![]);
		let parent = register(BOB, "parent", vec![distilled(grandparent, 1, 100_000_000)]);
		let child = register(CHARLIE, "child", vec![distilled(parent, 1, 200_000_000)]);
		offer(CHARLIE, child, 100 * WGH);
		reconcile();

		let issuance = Balances::total_issuance();
		let treasury = free(&Treasury::get());
		let charlie = free(&CHARLIE.to_account_id());
		assert_ok!(Licensing::buy(signed(DAVE), child, 1));

		// 2.5 % fee, half burned; 20 % to the parent, of which a tenth is its own parent's.
		assert_eq!(Balances::total_issuance(), issuance - 5 * WGH / 4);
		assert_eq!(free(&Treasury::get()), treasury + 5 * WGH / 4);
		assert_eq!(Licensing::accrued(parent), 18 * WGH);
		assert_eq!(Licensing::accrued(grandparent), 2 * WGH);
		assert_eq!(free(&CHARLIE.to_account_id()), charlie + 775 * WGH / 10);
		assert!(Licensing::has_licence(
			DAVE.to_account_id(),
			child,
			1,
			Right::Use
		));
		assert!(!Licensing::has_licence(
			DAVE.to_account_id(),
			child,
			1,
			Right::Serve
		));
		assert!(!Licensing::has_licence(
			DAVE.to_account_id(),
			parent,
			1,
			Right::Use
		));
		reconcile();

		let (before_alice, before_bob) = (free(&alice), free(&bob));
		assert_ok!(Licensing::claim(signed(DAVE), parent));
		assert_ok!(Licensing::claim(signed(DAVE), grandparent));
		assert_eq!(free(&bob), before_bob + 18 * WGH);
		assert_eq!(free(&alice), before_alice + 2 * WGH);
	});
}

#[test]
fn ownership_moves_after_what_accrued_is_paid_to_the_old_owner() {
	development(|| {
		let parent = register(ALICE, "parent", vec![]);
		let child = register(BOB, "child", vec![distilled(parent, 1, 100_000_000)]);
		offer(BOB, child, 10 * WGH);
		assert_ok!(Licensing::buy(signed(CHARLIE), child, 1));
		assert_eq!(Licensing::accrued(parent), WGH);

		assert_ok!(Listings::propose_owner(
			signed(ALICE),
			parent,
			DAVE.to_account_id().into()
		));
		let alice = Balances::total_balance(&ALICE.to_account_id());
		assert_ok!(Listings::accept_ownership(signed(DAVE), parent));
		assert_eq!(Balances::total_balance(&ALICE.to_account_id()), alice + WGH);
		assert_eq!(Licensing::accrued(parent), 0);
		assert_eq!(
			Listings::listing(parent).unwrap().owner,
			DAVE.to_account_id()
		);
	});
}

#[test]
fn a_derivative_needs_a_licence_when_its_parent_says_so() {
	development(|| {
		assert_ok!(try_register(
			ALICE,
			"strict",
			DerivativePolicy::Licensed(50_000_000),
			vec![]
		));
		let parents = vec![distilled(1, 1, 50_000_000)];
		let derive = || try_register(BOB, "child", DerivativePolicy::Royalty(0), parents.clone());
		assert_noop!(derive(), pallet_listings::Error::<Runtime>::LicenceRequired);
		offer(ALICE, 1, WGH);
		assert_ok!(Licensing::buy(signed(BOB), 1, 1));
		assert_ok!(derive());
	});
}

#[test]
fn every_deposit_comes_back_when_everything_is_removed() {
	development(|| {
		let before: Balance = [ALICE, BOB, CHARLIE].map(held).iter().sum();
		assert_eq!(before, 0);
		let parent = register(ALICE, "parent", vec![]);
		let child = register(BOB, "child", vec![distilled(parent, 1, 100_000_000)]);
		offer(BOB, child, WGH);
		assert_ok!(Licensing::buy(signed(CHARLIE), child, 1));
		assert!([ALICE, BOB, CHARLIE].iter().all(|who| held(*who) > 0));

		assert_noop!(
			Listings::remove_version(signed(ALICE), parent, 1),
			pallet_listings::Error::<Runtime>::ListingInUse
		);
		assert_ok!(Licensing::close_offer(signed(BOB), child, 1));
		assert_ok!(Licensing::remove_licence(signed(CHARLIE), 1));
		assert_ok!(Licensing::claim(signed(CHARLIE), parent));
		frame_system::Pallet::<Runtime>::set_block_number(2_000_000);
		assert_ok!(Licensing::prune_receipt(signed(ALICE), 1));
		assert_ok!(Listings::remove_version(signed(BOB), child, 1));
		assert_ok!(Listings::remove_version(signed(ALICE), parent, 1));
		assert_eq!([ALICE, BOB, CHARLIE].map(held), [0, 0, 0]);
	});
}
