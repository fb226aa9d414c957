//! Receipts of sales.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, weights::RuntimeDbWeight};
use sp_runtime::DispatchError;
use weighhouse_primitives::traits::{ReceiptFacts, SettledReceipts};

#[test]
fn prune_receipt_gives_the_deposit_back_to_the_buyer_when_its_time_is_over() {
	run(|| {
		at(5);
		bobs_licence(SIMPLE);
		let (bob, dave) = (free(&BOB), free(&DAVE));
		at(5 + LIFETIME);
		assert_ok!(Licensing::prune_receipt(signed(DAVE), 1));
		assert!(!Receipts::<Test>::contains_key(1));
		assert_eq!((free(&BOB), free(&DAVE)), (bob + receipt_deposit(), dave));
		assert_eq!(held(&BOB, HoldReason::Receipt), 0);
		assert_eq!(held(&BOB, HoldReason::Licence), licence_deposit());
		assert_eq!(
			events().last(),
			Some(&Event::ReceiptPruned {
				receipt: 1,
				buyer: BOB
			})
		);
	});
}

#[test]
fn prune_receipt_refuses_one_block_before_its_time() {
	run(|| {
		at(5);
		bobs_licence(SIMPLE);
		at(5 + LIFETIME - 1);
		for who in [ALICE, BOB, DAVE] {
			assert_noop!(
				Licensing::prune_receipt(signed(who), 1),
				Error::<Test>::ReceiptStillNeeded
			);
		}
	});
}

#[test]
fn prune_receipt_refuses_an_unknown_receipt() {
	run(|| {
		bobs_licence(SIMPLE);
		at(1 + LIFETIME);
		for receipt in [0, 2] {
			assert_noop!(
				Licensing::prune_receipt(signed(BOB), receipt),
				Error::<Test>::UnknownReceipt
			);
		}
		assert_ok!(Licensing::prune_receipt(signed(BOB), 1));
		assert_noop!(
			Licensing::prune_receipt(signed(BOB), 1),
			Error::<Test>::UnknownReceipt
		);
	});
}

#[test]
fn prune_receipt_refuses_an_unsigned_origin() {
	run(|| {
		bobs_licence(SIMPLE);
		at(1 + LIFETIME);
		assert_noop!(
			Licensing::prune_receipt(RuntimeOrigin::none(), 1),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn receipts_stay_with_the_buyer_when_the_licence_moves() {
	run(|| {
		let licence = bobs_licence(SIMPLE);
		assert_ok!(Licensing::transfer(signed(BOB), licence, CAROL));
		assert_ok!(Licensing::remove_licence(signed(CAROL), licence));
		let receipt = Receipts::<Test>::get(1).unwrap();
		assert_eq!(receipt.sale.buyer, BOB);
		assert_eq!(receipt.sale.licence, licence);
		at(1 + LIFETIME);
		assert_ok!(Licensing::prune_receipt(signed(CAROL), 1));
		assert_eq!(held(&BOB, HoldReason::Receipt), 0);
	});
}

/// What somebody who rates a sale is told of its receipt.
fn told(receipt: u64) -> Option<ReceiptFacts<AccountId, u32>> {
	<Licensing as SettledReceipts<AccountId, u32>>::settled_receipt(receipt)
}

#[test]
fn settled_receipt_tells_of_a_sale_until_it_is_pruned() {
	run(|| {
		at(5);
		bobs_licence(SIMPLE);
		let facts = ReceiptFacts {
			listing: 1,
			seller: ALICE,
			buyer: BOB,
			fee: UNIT / 40,
			settled: 5,
		};
		assert_eq!(told(1), Some(facts));
		assert_eq!(told(2), None);
		at(5 + LIFETIME);
		assert_ok!(Licensing::prune_receipt(signed(BOB), 1));
		assert_eq!(told(1), None);
		let database: RuntimeDbWeight = <Test as frame_system::Config>::DbWeight::get();
		let weight = <Licensing as SettledReceipts<AccountId, u32>>::settled_receipt_weight();
		assert_eq!(weight, database.reads(1));
	});
}
