//! Buying: who pays, who is paid, who is refused.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::GetDispatchInfo,
	traits::{fungible::Mutate, LockableCurrency, WithdrawReasons},
};
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	market::{Rights, Term, Transferability},
	receipt::SaleReceipt,
	PARTS,
};

const PERCENT: u32 = PARTS / 100;

/// Carol's listings 1 and 2, and Alice's listing 9 that owes them 10 % and 5 %.
fn derived_listing() -> u32 {
	Registry::list(1, CAROL, &[&[]]);
	Registry::list(2, CAROL, &[&[]]);
	Registry::list(9, ALICE, &[&[(1, 10 * PERCENT), (2, 5 * PERCENT)]]);
	9
}

#[test]
fn buy_pays_everybody_when_the_listing_owes_royalties() {
	run(|| {
		let listing = derived_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 400 * UNIT,
				..SIMPLE
			},
		);
		let issuance = Balances::total_issuance();
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));

		assert_eq!(
			free(&BOB),
			ENDOWMENT - 400 * UNIT - licence_deposit() - receipt_deposit()
		);
		assert_eq!(held(&BOB, HoldReason::Licence), licence_deposit());
		assert_eq!(held(&BOB, HoldReason::Receipt), receipt_deposit());
		assert_eq!(free(&TREASURY), ENDOWMENT + 5 * UNIT);
		assert_eq!(Balances::total_issuance(), issuance - 5 * UNIT);
		assert_eq!(pot(), 60 * UNIT);
		assert_eq!(Royalties::<Test>::get(1), Some(40 * UNIT));
		assert_eq!(Royalties::<Test>::get(2), Some(20 * UNIT));
		assert_eq!(free(&ALICE), ENDOWMENT - offer_deposit(2) + 330 * UNIT);
		assert_eq!(free(&CAROL), ENDOWMENT);
	});
}

#[test]
fn buy_reports_every_payment() {
	run(|| {
		let listing = derived_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 400 * UNIT,
				..SIMPLE
			},
		);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		let accrued = |payee, amount| Event::RoyaltyAccrued {
			payee,
			source: 9,
			receipt: 1,
			amount,
		};
		let sold = Event::Sold {
			listing,
			offer,
			licence: 1,
			receipt: 1,
			buyer: BOB,
			owner: ALICE,
			price: 400 * UNIT,
			fee_burned: 5 * UNIT,
			fee_treasury: 5 * UNIT,
			royalties: 60 * UNIT,
			to_owner: 330 * UNIT,
		};
		assert_eq!(
			events()[1..],
			[accrued(1, 40 * UNIT), accrued(2, 20 * UNIT), sold]
		);
	});
}

#[test]
fn buy_writes_licence_holding_receipt() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[]]);
		let terms = Terms {
			versions: (2, 3),
			rights: Rights::Serve,
			transferability: Transferability::Bound,
			supply: Some(2),
			..SIMPLE
		};
		let offer = opened(ALICE, 1, terms);
		at(40);
		assert_ok!(Licensing::buy(signed(BOB), 1, offer));

		let licence = Licences::<Test>::get(1).unwrap();
		assert_eq!(licence.holder, BOB);
		assert_eq!((licence.listing, licence.offer), (1, offer));
		assert_eq!((licence.first_version, licence.last_version), (2, 3));
		assert_eq!(licence.rights, Rights::Serve);
		assert_eq!(licence.transferability, Transferability::Bound);
		assert_eq!((licence.expires, licence.calls_left), (None, None));
		assert_eq!(Holdings::<Test>::get(BOB, 1).into_inner(), vec![1]);
		let sale = SaleReceipt {
			listing: 1,
			first_version: 2,
			last_version: 3,
			offer,
			licence: 1,
			seller: ALICE,
			buyer: BOB,
			price: UNIT,
			fee: UNIT / 40,
			block: 40,
		};
		assert_eq!(Receipts::<Test>::get(1).unwrap().sale, sale);
		assert_eq!(
			(NextLicence::<Test>::get(), NextReceipt::<Test>::get()),
			(2, 2)
		);
		assert_eq!(Offers::<Test>::get(1, offer).unwrap().sold, 1);
		assert_eq!(Registry::retained(1), 2);
	});
}

#[test]
fn buy_gives_a_licence_that_expires_when_the_term_is_in_blocks() {
	run(|| {
		at(40);
		let licence = bobs_licence(Terms {
			term: Term::Blocks(60),
			..SIMPLE
		});
		let licence = Licences::<Test>::get(licence).unwrap();
		assert_eq!((licence.expires, licence.calls_left), (Some(100), None));
	});
}

#[test]
fn buy_gives_a_licence_until_the_last_block_when_the_term_goes_beyond() {
	run(|| {
		at(40);
		let licence = bobs_licence(Terms {
			term: Term::Blocks(u32::MAX),
			..SIMPLE
		});
		assert_eq!(
			Licences::<Test>::get(licence).unwrap().expires,
			Some(u32::MAX)
		);
	});
}

#[test]
fn buy_gives_a_licence_with_calls_when_the_term_is_in_calls() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Calls(60),
			..SIMPLE
		});
		let licence = Licences::<Test>::get(licence).unwrap();
		assert_eq!((licence.expires, licence.calls_left), (None, Some(60)));
	});
}

#[test]
fn buy_moves_only_deposits_when_the_price_is_zero() {
	run(|| {
		let listing = derived_listing();
		let offer = opened(ALICE, listing, Terms { price: 0, ..SIMPLE });
		let (alice, issuance) = (free(&ALICE), Balances::total_issuance());
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(
			free(&BOB),
			ENDOWMENT - licence_deposit() - receipt_deposit()
		);
		assert_eq!(free(&ALICE), alice);
		assert_eq!(free(&TREASURY), ENDOWMENT);
		assert_eq!(pot(), 0);
		assert_eq!(Balances::total_issuance(), issuance);
		assert!(Licences::<Test>::contains_key(1));
	});
}

#[test]
fn buy_leaves_a_dust_price_to_the_owner_when_the_fee_rounds_to_zero() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, Terms { price: 1, ..SIMPLE });
		let alice = free(&ALICE);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&ALICE), alice + 1);
		assert_eq!(free(&TREASURY), ENDOWMENT);
	});
}

#[test]
fn buy_pays_every_royalty_at_the_smallest_price() {
	run(|| {
		let listing = derived_listing();
		// 10 % of 20 is 2, 5 % is 1; the fee of 0.5 is nothing.
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 20,
				..SIMPLE
			},
		);
		let alice = free(&ALICE);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(Royalties::<Test>::get(1), Some(2));
		assert_eq!(Royalties::<Test>::get(2), Some(1));
		assert_eq!(free(&ALICE), alice + 17);
	});
}

#[test]
fn buy_burns_the_smaller_half_when_the_fee_is_odd() {
	run(|| {
		let listing = plain_listing();
		// 2.5 % of 280 is 7.
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 280,
				..SIMPLE
			},
		);
		let issuance = Balances::total_issuance();
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(Balances::total_issuance(), issuance - 3);
		assert_eq!(free(&TREASURY), ENDOWMENT + 4);
	});
}

#[test]
fn buy_takes_at_most_a_tenth_when_the_fee_is_set_higher() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 100 * UNIT,
				..SIMPLE
			},
		);
		FeeParts::set(&PARTS);
		let alice = free(&ALICE);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&ALICE), alice + 90 * UNIT);
		assert_eq!(free(&TREASURY), ENDOWMENT + 5 * UNIT);
	});
}

#[test]
fn buy_pays_an_enormous_price_exactly() {
	let price = u128::MAX / 2 + 1;
	let funds = u128::MAX - 10 * ENDOWMENT;
	let rich = [(ALICE, ENDOWMENT), (BOB, funds), (TREASURY, ENDOWMENT)];
	run_on(genesis(rich.to_vec()), || {
		let listing = derived_listing();
		let offer = opened(ALICE, listing, Terms { price, ..SIMPLE });
		let alice = free(&ALICE);
		let issuance = Balances::total_issuance();
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(
			free(&BOB),
			funds - price - licence_deposit() - receipt_deposit()
		);
		let burned = issuance - Balances::total_issuance();
		let treasury = free(&TREASURY) - ENDOWMENT;
		// 2^127: a tenth, a twentieth, a fortieth, each rounded down.
		assert_eq!(pot(), (1 << 127) / 10 + (1 << 127) / 20);
		assert_eq!(burned + treasury, (1 << 127) / 40);
		assert_eq!(burned, (1 << 127) / 40 / 2);
		assert_eq!(free(&ALICE) - alice, price - pot() - burned - treasury);
	});
}

#[test]
fn buy_refuses_the_largest_price_of_all_when_nobody_can_pay_it() {
	let funds = u128::MAX - 10 * ENDOWMENT;
	run_on(genesis(vec![(ALICE, ENDOWMENT), (BOB, funds)]), || {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: u128::MAX,
				..SIMPLE
			},
		);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::BalanceTooLow
		);
	});
}

#[test]
fn buy_burns_the_treasurys_half_when_its_account_is_dead() {
	let others = [ALICE, BOB].map(|who| (who, ENDOWMENT)).to_vec();
	run_on(genesis(others), || {
		let listing = plain_listing();
		// The half of the fee is one below the existential deposit.
		let price = (ED - 1) * 80;
		let offer = opened(ALICE, listing, Terms { price, ..SIMPLE });
		let issuance = Balances::total_issuance();
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&TREASURY), 0);
		assert_eq!(Balances::total_issuance(), issuance - 2 * (ED - 1));
		let burned_all = |event: &Event<Test>| {
			matches!(
				event,
				Event::Sold { fee_burned, fee_treasury: 0, .. } if *fee_burned == 2 * (ED - 1)
			)
		};
		assert!(events().iter().any(burned_all));
	});
}

#[test]
fn buy_brings_the_treasury_to_life_when_its_half_suffices() {
	let others = [ALICE, BOB].map(|who| (who, ENDOWMENT)).to_vec();
	run_on(genesis(others), || {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: ED * 80,
				..SIMPLE
			},
		);
		let issuance = Balances::total_issuance();
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&TREASURY), ED);
		assert_eq!(Balances::total_issuance(), issuance - ED);
	});
}

#[test]
fn buy_refuses_when_the_owners_account_cannot_take_the_price() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: ED,
				..SIMPLE
			},
		);
		let large = opened(
			ALICE,
			listing,
			Terms {
				price: 2 * ED,
				..SIMPLE
			},
		);
		assert_ok!(Registry::hand_over(listing, NOBODY));
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::PayeeCannotReceive
		);
		assert_ok!(Licensing::buy(signed(BOB), listing, large));
		assert_eq!(free(&NOBODY), 2 * ED - 2 * ED / 40);
	});
}

#[test]
fn buy_pays_the_new_owner_when_the_listing_has_changed_hands() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 40 * UNIT,
				..SIMPLE
			},
		);
		assert_ok!(Registry::hand_over(listing, CAROL));
		let alice = free(&ALICE);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&CAROL), ENDOWMENT + 39 * UNIT);
		assert_eq!(free(&ALICE), alice);
		assert_noop!(
			Licensing::buy(signed(CAROL), listing, offer),
			Error::<Test>::OwnListing
		);
	});
}

#[test]
fn buy_sells_until_the_supply_is_used_up() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				supply: Some(2),
				..SIMPLE
			},
		);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_ok!(Licensing::buy(signed(CAROL), listing, offer));
		assert_noop!(
			Licensing::buy(signed(DAVE), listing, offer),
			Error::<Test>::SoldOut
		);
		assert_eq!(Offers::<Test>::get(listing, offer).unwrap().sold, 2);
	});
}

#[test]
fn buy_keeps_selling_without_a_supply_when_the_count_is_full() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		Offers::<Test>::mutate(listing, offer, |o| o.as_mut().unwrap().sold = u32::MAX);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(Offers::<Test>::get(listing, offer).unwrap().sold, u32::MAX);
	});
}

#[test]
fn buy_refuses_owners() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_noop!(
			Licensing::buy(signed(ALICE), listing, offer),
			Error::<Test>::OwnListing
		);
	});
}

#[test]
fn buy_refuses_an_unsigned_origin() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_noop!(
			Licensing::buy(RuntimeOrigin::none(), listing, offer),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn buy_tells_a_closed_offer_from_an_unknown_one() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), listing, offer));
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::OfferClosed
		);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer + 1),
			Error::<Test>::UnknownOffer
		);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, 0),
			Error::<Test>::UnknownOffer
		);
		assert_noop!(
			Licensing::buy(signed(BOB), 5, 1),
			Error::<Test>::UnknownListing
		);
	});
}

#[test]
fn buy_refuses_the_price_of_single_calls() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				term: Term::PerCall,
				..SIMPLE
			},
		);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::NotForPurchase
		);
	});
}

#[test]
fn buy_refuses_when_any_covered_version_was_yanked() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[], &[]]);
		let offer = opened(
			ALICE,
			1,
			Terms {
				versions: (1, 3),
				..SIMPLE
			},
		);
		Registry::yank(1, 4);
		assert_ok!(Licensing::buy(signed(BOB), 1, offer));
		Registry::yank(1, 3);
		assert_noop!(
			Licensing::buy(signed(BOB), 1, offer),
			Error::<Test>::VersionYanked
		);
	});
}

#[test]
fn buy_refuses_a_balance_one_unit_short_of_price_with_deposits() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		let needed = UNIT + licence_deposit() + receipt_deposit();
		Balances::set_balance(&BOB, ED + needed - 1);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::BalanceTooLow
		);
		Balances::set_balance(&BOB, ED + needed);
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&BOB), ED);
	});
}

#[test]
fn buy_takes_the_deposit_but_not_the_price_from_frozen_money() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		Balances::set_balance(&BOB, 2 * UNIT);
		Balances::set_lock(*b"vesting ", &BOB, UNIT + 1, WithdrawReasons::all());
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::BalanceTooLow
		);
		Balances::set_lock(*b"vesting ", &BOB, UNIT, WithdrawReasons::all());
		assert_ok!(Licensing::buy(signed(BOB), listing, offer));
		assert_eq!(free(&BOB), UNIT - licence_deposit() - receipt_deposit());
	});
}

#[test]
fn buy_refuses_another_licence_when_the_holding_is_full() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		(0..MAX_LICENCES).for_each(|_| {
			bought(BOB, listing, offer);
		});
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::HoldingsFull
		);
		assert_ok!(Licensing::buy(signed(CAROL), listing, offer));
	});
}

#[test]
fn buy_undoes_the_payment_when_the_listing_cannot_be_retained() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		RetainLimit::set(&1);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::ListingCannotBeRetained
		);
		assert_eq!(free(&BOB), ENDOWMENT);
	});
}

#[test]
fn buy_refuses_when_no_number_is_left() {
	run(|| {
		let listing = plain_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		NextLicence::<Test>::put(u64::MAX);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::NumbersExhausted
		);
		NextLicence::<Test>::put(1);
		NextReceipt::<Test>::put(u64::MAX);
		assert_noop!(
			Licensing::buy(signed(BOB), listing, offer),
			Error::<Test>::NumbersExhausted
		);
	});
}

#[test]
fn buy_weighs_what_it_did_when_it_is_done() {
	run(|| {
		let listing = derived_listing();
		let offer = opened(ALICE, listing, SIMPLE);
		let call = Call::<Test>::buy { listing, offer };
		assert_eq!(call.get_dispatch_info().call_weight, <()>::buy(8, 16));
		let post = Licensing::buy(signed(BOB), listing, offer).unwrap();
		assert_eq!(post.actual_weight, Some(<()>::buy(1, 2)));
	});
}

#[test]
fn buy_weighs_each_version_that_the_offer_covers() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[], &[]]);
		let versions = (2, 4);
		let offer = opened(ALICE, 1, Terms { versions, ..SIMPLE });
		let post = Licensing::buy(signed(BOB), 1, offer).unwrap();
		assert_eq!(post.actual_weight, Some(<()>::buy(3, 0)));
	});
}
