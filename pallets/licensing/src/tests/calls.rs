//! Single calls: who may make them, what they cost, who is paid for them.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok, assert_storage_noop,
	traits::{fungible::Mutate, LockableCurrency, WithdrawReasons},
	weights::RuntimeDbWeight,
};
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	inference::Access,
	market::{Rights, Term},
	royalty::{Share, MAX_PAYEES},
	traits::{CallSales, CallTerms, ReceiptNumbers},
	PARTS,
};

const PERCENT: u32 = PARTS / 100;
const FREE: CallTerms = CallTerms {
	price: 0,
	royalties: Vec::new(),
};
const PER_CALL: Terms = Terms {
	term: Term::PerCall,
	..SIMPLE
};

type Taken = Result<CallTerms, DispatchError>;

fn terms(who: AccountId, listing: u32, version: u32, access: Access) -> Taken {
	<Licensing as CallSales<_>>::call_terms(&who, listing, version, access)
}

/// Takes a call, which must be answered as the question for its terms before was.
fn take(who: AccountId, listing: u32, version: u32, access: Access) -> Taken {
	let asked = terms(who.clone(), listing, version, access);
	let taken = <Licensing as CallSales<_>>::take_call(&who, listing, version, access);
	assert_eq!(asked, taken);
	taken
}

fn give_back(access: Access) {
	<Licensing as CallSales<AccountId>>::give_back_call(access);
}

/// Bob pays the owner of a listing for a call of it, with the receipt number 7.
fn pay(owner: AccountId, listing: u32, terms: &CallTerms, fee: u32) -> Result<(), DispatchError> {
	<Licensing as CallSales<_>>::pay_call(&BOB, &owner, listing, terms, fee, 7)
}

fn calls_left(licence: u64) -> Option<u32> {
	Licences::<Test>::get(licence).unwrap().calls_left
}

/// Bob's licence of Alice's listing 1 for `calls` calls.
fn counted(calls: u32) -> Access {
	Access::Licence(bobs_licence(Terms {
		term: Term::Calls(calls),
		..SIMPLE
	}))
}

/// What a call of Alice's listing 9 costs, which owes 10 % to Carol's listing 1 and 5 % to her 2.
fn derived(price: u128) -> CallTerms {
	Registry::list(1, CAROL, &[&[]]);
	Registry::list(2, CAROL, &[&[]]);
	Registry::list(9, ALICE, &[&[(1, 10 * PERCENT), (2, 5 * PERCENT)]]);
	let royalties = [(1, 10 * PERCENT), (2, 5 * PERCENT)]
		.map(|(listing, parts)| Share { listing, parts })
		.to_vec();
	CallTerms { price, royalties }
}

fn priced(price: u128) -> CallTerms {
	CallTerms { price, ..FREE }
}

mod licences {
	use super::*;

	#[test]
	fn take_call_is_free_under_a_licence() {
		run(|| {
			let licence = Access::Licence(bobs_licence(SIMPLE));
			assert_storage_noop!(assert_eq!(take(BOB, 1, 1, licence), Ok(FREE)));
		});
	}

	#[test]
	fn take_call_takes_one_of_the_calls_that_a_licence_counts() {
		run(|| {
			let licence = counted(3);
			let (bob, events) = (free(&BOB), events());
			assert_eq!(take(BOB, 1, 1, licence), Ok(FREE));
			assert_eq!(calls_left(1), Some(2));
			assert_eq!(free(&BOB), bob);
			assert_eq!(super::events(), events);
		});
	}

	#[test]
	fn take_call_refuses_once_all_calls_are_used_up() {
		run(|| {
			let licence = counted(2);
			assert_ok!(take(BOB, 1, 1, licence));
			assert_ok!(take(BOB, 1, 1, licence));
			assert_eq!(calls_left(1), Some(0));
			assert_noop!(take(BOB, 1, 1, licence), Error::<Test>::CallsUsedUp);
		});
	}

	#[test]
	fn take_call_refuses_when_the_licence_has_expired() {
		run(|| {
			at(5);
			let licence = Access::Licence(bobs_licence(Terms {
				term: Term::Blocks(10),
				..SIMPLE
			}));
			at(14);
			assert_eq!(take(BOB, 1, 1, licence), Ok(FREE));
			at(15);
			assert_noop!(take(BOB, 1, 1, licence), Error::<Test>::Expired);
		});
	}

	#[test]
	fn take_call_refuses_everybody_but_the_holder() {
		run(|| {
			let licence = counted(3);
			for who in [ALICE, CAROL, NOBODY] {
				assert_noop!(take(who, 1, 1, licence), Error::<Test>::NotHolder);
			}
		});
	}

	#[test]
	fn take_call_follows_a_licence_that_was_handed_on() {
		run(|| {
			let licence = counted(3);
			assert_ok!(Licensing::transfer(signed(BOB), 1, CAROL));
			assert_noop!(take(BOB, 1, 1, licence), Error::<Test>::NotHolder);
			assert_eq!(take(CAROL, 1, 1, licence), Ok(FREE));
		});
	}

	#[test]
	fn take_call_refuses_an_unknown_licence() {
		run(|| {
			counted(3);
			for licence in [0, 2] {
				assert_noop!(
					take(BOB, 1, 1, Access::Licence(licence)),
					Error::<Test>::UnknownLicence
				);
			}
		});
	}

	#[test]
	fn take_call_refuses_a_licence_of_another_listing() {
		run(|| {
			let licence = counted(3);
			Registry::list(2, ALICE, &[&[]]);
			assert_noop!(take(BOB, 2, 1, licence), Error::<Test>::OtherListing);
		});
	}

	#[test]
	fn take_call_refuses_versions_that_the_licence_does_not_cover() {
		run(|| {
			Registry::list(1, ALICE, &[&[][..]; 4]);
			let versions = (2, 3);
			let offer = opened(ALICE, 1, Terms { versions, ..SIMPLE });
			let licence = Access::Licence(bought(BOB, 1, offer));
			for version in [1, 4] {
				assert_noop!(
					take(BOB, 1, version, licence),
					Error::<Test>::VersionNotCovered
				);
			}
			for version in [2, 3] {
				assert_eq!(take(BOB, 1, version, licence), Ok(FREE));
			}
		});
	}

	#[test]
	fn take_call_needs_the_right_to_use() {
		run(|| {
			let listing = plain_listing();
			let licence = |rights| {
				let offer = opened(ALICE, listing, Terms { rights, ..SIMPLE });
				Access::Licence(bought(BOB, listing, offer))
			};
			let (serve, both) = (licence(Rights::Serve), licence(Rights::UseAndServe));
			assert_noop!(take(BOB, listing, 1, serve), Error::<Test>::NotForUse);
			assert_eq!(take(BOB, listing, 1, both), Ok(FREE));
		});
	}

	#[test]
	fn take_call_works_under_a_licence_when_its_offer_is_closed() {
		run(|| {
			let licence = counted(3);
			assert_ok!(Licensing::close_offer(signed(ALICE), 1, 1));
			assert_eq!(take(BOB, 1, 1, licence), Ok(FREE));
		});
	}

	#[test]
	fn give_back_call_returns_what_was_taken() {
		run(|| {
			let licence = counted(1);
			assert_ok!(take(BOB, 1, 1, licence));
			let events = events();
			give_back(licence);
			assert_eq!(calls_left(1), Some(1));
			assert_eq!(super::events(), events);
			assert_ok!(take(BOB, 1, 1, licence));
		});
	}

	#[test]
	fn give_back_call_returns_to_a_licence_that_was_handed_on() {
		run(|| {
			let licence = counted(3);
			assert_ok!(take(BOB, 1, 1, licence));
			assert_ok!(Licensing::transfer(signed(BOB), 1, CAROL));
			give_back(licence);
			assert_eq!(calls_left(1), Some(3));
		});
	}

	#[test]
	fn give_back_call_stops_at_the_largest_number() {
		run(|| {
			let licence = counted(u32::MAX);
			give_back(licence);
			assert_eq!(calls_left(1), Some(u32::MAX));
		});
	}

	#[test]
	fn give_back_call_does_nothing_when_the_licence_is_gone() {
		run(|| {
			let licence = counted(1);
			assert_ok!(take(BOB, 1, 1, licence));
			assert_ok!(Licensing::remove_licence(signed(CAROL), 1));
			assert_storage_noop!(give_back(licence));
		});
	}

	#[test]
	fn give_back_call_does_nothing_when_calls_are_not_counted() {
		run(|| {
			let licence = Access::Licence(bobs_licence(SIMPLE));
			assert_storage_noop!(give_back(licence));
			assert_storage_noop!(give_back(Access::Offer(1)));
			assert_storage_noop!(give_back(Access::Owner));
		});
	}
}

mod offers {
	use super::*;

	#[test]
	fn take_call_names_price_with_royalties_under_an_offer() {
		run(|| {
			let expected = derived(40 * UNIT);
			let price = 40 * UNIT;
			let offer = opened(ALICE, 9, Terms { price, ..PER_CALL });
			for who in [BOB, CAROL, NOBODY] {
				assert_storage_noop!(assert_eq!(
					take(who, 9, 1, Access::Offer(offer)),
					Ok(expected.clone())
				));
			}
		});
	}

	#[test]
	fn take_call_covers_the_versions_of_the_offer() {
		run(|| {
			Registry::list(1, ALICE, &[&[][..]; 4]);
			let versions = (2, 3);
			let offer = opened(
				ALICE,
				1,
				Terms {
					versions,
					..PER_CALL
				},
			);
			for version in [2, 3] {
				assert_eq!(
					take(BOB, 1, version, Access::Offer(offer)),
					Ok(priced(UNIT))
				);
			}
			for version in [1, 4] {
				assert_noop!(
					take(BOB, 1, version, Access::Offer(offer)),
					Error::<Test>::VersionNotCovered
				);
			}
		});
	}

	#[test]
	fn take_call_refuses_offers_that_sell_licences() {
		run(|| {
			let listing = plain_listing();
			for term in [Term::Perpetual, Term::Blocks(9), Term::Calls(9)] {
				let offer = opened(ALICE, listing, Terms { term, ..SIMPLE });
				assert_noop!(
					take(BOB, listing, 1, Access::Offer(offer)),
					Error::<Test>::NotPerCall
				);
			}
		});
	}

	#[test]
	fn take_call_tells_a_closed_offer_from_an_unknown_one() {
		run(|| {
			let listing = plain_listing();
			let offer = opened(ALICE, listing, PER_CALL);
			assert_ok!(Licensing::close_offer(signed(ALICE), listing, offer));
			assert_noop!(
				take(BOB, listing, 1, Access::Offer(offer)),
				Error::<Test>::OfferClosed
			);
			for unknown in [0, offer + 1] {
				assert_noop!(
					take(BOB, listing, 1, Access::Offer(unknown)),
					Error::<Test>::UnknownOffer
				);
			}
		});
	}

	#[test]
	fn take_call_refuses_the_versions_of_an_offer_that_were_yanked() {
		run(|| {
			Registry::list(1, ALICE, &[&[][..]; 4]);
			let versions = (1, 3);
			let offer = Access::Offer(opened(
				ALICE,
				1,
				Terms {
					versions,
					..PER_CALL
				},
			));
			Registry::yank(1, 1);
			assert_noop!(take(BOB, 1, 1, offer), Error::<Test>::VersionYanked);
			for version in [2, 3] {
				assert_eq!(take(BOB, 1, version, offer), Ok(priced(UNIT)));
			}
		});
	}

	#[test]
	fn take_call_ignores_what_an_offer_says_of_licences() {
		run(|| {
			let listing = plain_listing();
			let terms = Terms {
				rights: Rights::Serve,
				supply: Some(1),
				..PER_CALL
			};
			let offer = Access::Offer(opened(ALICE, listing, terms));
			for _ in 0..3 {
				assert_eq!(take(BOB, listing, 1, offer), Ok(priced(UNIT)));
			}
		});
	}
}

mod owners {
	use super::*;

	#[test]
	fn take_call_is_free_for_the_owner_alone() {
		run(|| {
			let listing = plain_listing();
			assert_storage_noop!(assert_eq!(take(ALICE, listing, 1, Access::Owner), Ok(FREE)));
			for who in [BOB, NOBODY] {
				assert_noop!(
					take(who, listing, 1, Access::Owner),
					Error::<Test>::NotOwner
				);
			}
		});
	}

	#[test]
	fn take_call_follows_a_listing_that_changed_hands() {
		run(|| {
			let listing = plain_listing();
			assert_ok!(Registry::hand_over(listing, CAROL));
			assert_eq!(take(CAROL, listing, 1, Access::Owner), Ok(FREE));
			assert_noop!(
				take(ALICE, listing, 1, Access::Owner),
				Error::<Test>::NotOwner
			);
		});
	}
}

mod versions {
	use super::*;

	/// A way to call listing 1 for each kind, and who may.
	fn ways() -> [(AccountId, Access); 3] {
		Registry::list(1, ALICE, &[&[][..]; 2]);
		let versions = (1, 2);
		let licences = opened(ALICE, 1, Terms { versions, ..SIMPLE });
		let calls = opened(
			ALICE,
			1,
			Terms {
				versions,
				..PER_CALL
			},
		);
		let licence = bought(BOB, 1, licences);
		[
			(BOB, Access::Licence(licence)),
			(CAROL, Access::Offer(calls)),
			(ALICE, Access::Owner),
		]
	}

	#[test]
	fn take_call_refuses_unknown_listings() {
		run(|| {
			for (who, access) in ways() {
				assert_noop!(take(who, 5, 1, access), Error::<Test>::UnknownListing);
			}
		});
	}

	#[test]
	fn take_call_refuses_versions_that_do_not_exist() {
		run(|| {
			for (who, access) in ways() {
				for version in [0, 3] {
					assert_noop!(
						take(who.clone(), 1, version, access),
						Error::<Test>::UnknownVersion
					);
				}
				assert_ok!(take(who, 1, 2, access));
			}
		});
	}

	#[test]
	fn take_call_refuses_versions_that_were_removed() {
		run(|| {
			let ways = ways();
			Registry::remove_version(1, 2);
			for (who, access) in ways {
				assert_noop!(take(who, 1, 2, access), Error::<Test>::UnknownVersion);
			}
		});
	}

	#[test]
	fn take_call_sells_no_call_of_a_version_that_was_yanked() {
		run(|| {
			let [_, (carol, offer), _] = ways();
			Registry::yank(1, 2);
			assert_noop!(take(carol, 1, 2, offer), Error::<Test>::VersionYanked);
		});
	}

	#[test]
	fn take_call_stays_free_under_a_licence_when_its_version_was_yanked() {
		run(|| {
			let [(bob, licence), ..] = ways();
			Registry::yank(1, 1);
			Registry::yank(1, 2);
			for version in [1, 2] {
				assert_eq!(take(bob.clone(), 1, version, licence), Ok(FREE));
			}
		});
	}

	#[test]
	fn take_call_counts_down_a_licence_when_its_version_was_yanked() {
		run(|| {
			let licence = counted(1);
			Registry::yank(1, 1);
			assert_eq!(take(BOB, 1, 1, licence), Ok(FREE));
			assert_eq!(calls_left(1), Some(0));
		});
	}

	#[test]
	fn take_call_stays_free_for_the_owner_when_the_version_was_yanked() {
		run(|| {
			let [.., (alice, owner)] = ways();
			Registry::yank(1, 2);
			assert_eq!(take(alice, 1, 2, owner), Ok(FREE));
		});
	}
}

mod payments {
	use super::*;

	#[test]
	fn pay_call_pays_everybody_when_the_listing_owes_royalties() {
		run(|| {
			let terms = derived(400 * UNIT);
			let issuance = Balances::total_issuance();
			assert_ok!(pay(ALICE, 9, &terms, FEE));

			assert_eq!(free(&BOB), ENDOWMENT - 400 * UNIT);
			assert_eq!(free(&TREASURY), ENDOWMENT + 5 * UNIT);
			assert_eq!(Balances::total_issuance(), issuance - 5 * UNIT);
			assert_eq!(pot(), 60 * UNIT);
			assert_eq!(Royalties::<Test>::get(1), Some(40 * UNIT));
			assert_eq!(Royalties::<Test>::get(2), Some(20 * UNIT));
			assert_eq!(free(&ALICE), ENDOWMENT + 330 * UNIT);
			assert_eq!(free(&CAROL), ENDOWMENT);
			assert_eq!(Receipts::<Test>::iter().count(), 0);
		});
	}

	#[test]
	fn pay_call_reports_every_payment() {
		run(|| {
			let terms = derived(400 * UNIT);
			assert_ok!(pay(ALICE, 9, &terms, FEE));
			let accrued = |payee, amount| Event::RoyaltyAccrued {
				payee,
				source: 9,
				receipt: 7,
				amount,
			};
			let paid = Event::CallPaid {
				listing: 9,
				receipt: 7,
				payer: BOB,
				owner: ALICE,
				price: 400 * UNIT,
				fee_burned: 5 * UNIT,
				fee_treasury: 5 * UNIT,
				royalties: 60 * UNIT,
				to_owner: 330 * UNIT,
			};
			assert_eq!(
				events(),
				[accrued(1, 40 * UNIT), accrued(2, 20 * UNIT), paid]
			);
		});
	}

	#[test]
	fn pay_call_splits_as_a_sale_does() {
		for price in [20, 39, 280, 12_345_679, 7 * UNIT + 3] {
			let outcome = |by_sale: bool| {
				let mut outcome = None;
				run(|| {
					let terms = derived(price);
					let offer = opened(ALICE, 9, Terms { price, ..SIMPLE });
					let (alice, issuance) = (free(&ALICE), Balances::total_issuance());
					if by_sale {
						assert_ok!(Licensing::buy(signed(BOB), 9, offer));
					} else {
						assert_ok!(pay(ALICE, 9, &terms, FEE));
					}
					let burned = issuance - Balances::total_issuance();
					let paid = [free(&ALICE) - alice, free(&TREASURY) - ENDOWMENT, pot()];
					assert_eq!(paid.iter().sum::<u128>() + burned, price);
					outcome = Some((paid, burned));
				});
				outcome.unwrap()
			};
			assert_eq!(outcome(true), outcome(false), "price {price}");
		}
	}

	#[test]
	fn pay_call_takes_the_fee_that_is_named() {
		run(|| {
			plain_listing();
			FeeParts::set(&0);
			assert_ok!(pay(ALICE, 1, &priced(100 * UNIT), 10 * PERCENT));
			assert_eq!(free(&ALICE), ENDOWMENT + 90 * UNIT);
			assert_eq!(free(&TREASURY), ENDOWMENT + 5 * UNIT);
			assert_ok!(pay(ALICE, 1, &priced(100 * UNIT), 0));
			assert_eq!(free(&ALICE), ENDOWMENT + 190 * UNIT);
		});
	}

	#[test]
	fn pay_call_does_nothing_when_the_call_is_free() {
		run(|| {
			let terms = derived(0);
			assert_storage_noop!(assert_ok!(pay(ALICE, 9, &terms, FEE)));
			assert_storage_noop!(assert_ok!(pay(NOBODY, 9, &terms, FEE)));
		});
	}

	#[test]
	fn pay_call_adds_up_what_listings_accrue() {
		run(|| {
			let terms = derived(100 * UNIT);
			assert_ok!(pay(ALICE, 9, &terms, FEE));
			assert_ok!(pay(ALICE, 9, &terms, FEE));
			assert_eq!(Royalties::<Test>::get(1), Some(20 * UNIT));
			assert_eq!(Registry::retained(1), 1);
			assert_ok!(Licensing::claim(signed(BOB), 1));
			assert_eq!(free(&CAROL), ENDOWMENT + 20 * UNIT);
		});
	}

	#[test]
	fn pay_call_pays_an_owner_who_calls_under_their_own_offer() {
		run(|| {
			plain_listing();
			let paid = <Licensing as CallSales<_>>::pay_call(
				&ALICE,
				&ALICE,
				1,
				&priced(40 * UNIT),
				FEE,
				7,
			);
			assert_ok!(paid);
			assert_eq!(free(&ALICE), ENDOWMENT - UNIT);
		});
	}

	#[test]
	fn pay_call_burns_the_treasurys_half_when_its_account_is_dead() {
		let others = [ALICE, BOB].map(|who| (who, ENDOWMENT)).to_vec();
		run_on(genesis(others), || {
			plain_listing();
			let issuance = Balances::total_issuance();
			// The half of the fee is one below the existential deposit.
			assert_ok!(pay(ALICE, 1, &priced((ED - 1) * 80), FEE));
			assert_eq!(free(&TREASURY), 0);
			assert_eq!(Balances::total_issuance(), issuance - 2 * (ED - 1));
			let Some(Event::CallPaid {
				fee_burned,
				fee_treasury,
				..
			}) = events().pop()
			else {
				panic!("the last event is that of the payment");
			};
			assert_eq!((fee_burned, fee_treasury), (2 * (ED - 1), 0));
		});
	}

	#[test]
	fn pay_call_refuses_when_the_owners_account_cannot_take_the_price() {
		run(|| {
			plain_listing();
			assert_noop!(
				pay(NOBODY, 1, &priced(ED), FEE),
				Error::<Test>::PayeeCannotReceive
			);
			assert_ok!(pay(NOBODY, 1, &priced(2 * ED), FEE));
			assert_eq!(free(&NOBODY), 2 * ED - 2 * ED / 40);
		});
	}

	#[test]
	fn pay_call_refuses_to_empty_the_payers_account() {
		run(|| {
			plain_listing();
			Balances::set_balance(&BOB, ED + UNIT - 1);
			assert_noop!(
				pay(ALICE, 1, &priced(UNIT), FEE),
				Error::<Test>::BalanceTooLow
			);
			Balances::set_balance(&BOB, ED + UNIT);
			assert_ok!(pay(ALICE, 1, &priced(UNIT), FEE));
			assert_eq!(free(&BOB), ED);
		});
	}

	#[test]
	fn pay_call_takes_no_frozen_money() {
		run(|| {
			plain_listing();
			Balances::set_balance(&BOB, 2 * UNIT);
			Balances::set_lock(*b"vesting ", &BOB, UNIT + 1, WithdrawReasons::all());
			assert_noop!(
				pay(ALICE, 1, &priced(UNIT), FEE),
				Error::<Test>::BalanceTooLow
			);
			Balances::set_lock(*b"vesting ", &BOB, UNIT, WithdrawReasons::all());
			assert_ok!(pay(ALICE, 1, &priced(UNIT), FEE));
			assert_eq!(free(&BOB), UNIT);
		});
	}

	#[test]
	fn pay_call_takes_no_held_money() {
		run(|| {
			bobs_licence(SIMPLE);
			let free = free(&BOB);
			assert_noop!(
				pay(ALICE, 1, &priced(free), FEE),
				Error::<Test>::BalanceTooLow
			);
			assert_ok!(pay(ALICE, 1, &priced(free - ED), FEE));
			assert_eq!(held(&BOB, HoldReason::Licence), licence_deposit());
		});
	}

	#[test]
	fn pay_call_undoes_every_payment_when_a_royalty_cannot_accrue() {
		run(|| {
			let terms = derived(400 * UNIT);
			Registry::delist(2);
			assert_noop!(
				pay(ALICE, 9, &terms, FEE),
				Error::<Test>::ListingCannotBeRetained
			);
			assert_eq!(free(&BOB), ENDOWMENT);
		});
	}
}

mod numbers {
	use super::*;

	#[test]
	fn next_receipt_never_gives_a_number_twice() {
		run(|| {
			assert_eq!(Licensing::next_receipt(), Some(1));
			bobs_licence(SIMPLE);
			assert!(Receipts::<Test>::contains_key(2));
			assert_eq!(Licensing::next_receipt(), Some(3));
			assert_eq!(NextReceipt::<Test>::get(), 4);
		});
	}

	#[test]
	fn next_receipt_is_none_when_no_number_is_left() {
		run(|| {
			NextReceipt::<Test>::put(u64::MAX - 1);
			assert_eq!(Licensing::next_receipt(), Some(u64::MAX - 1));
			assert_storage_noop!(assert_eq!(Licensing::next_receipt(), None));
		});
	}
}

#[test]
fn seams_weigh_what_their_worst_case_does() {
	type Seam = Licensing;
	assert_eq!(
		<Seam as CallSales<AccountId>>::take_call_weight(),
		<()>::take_call()
	);
	assert_eq!(
		<Seam as CallSales<AccountId>>::pay_call_weight(),
		<()>::pay_call(MAX_PAYEES)
	);
	let database: RuntimeDbWeight = <Test as frame_system::Config>::DbWeight::get();
	assert_eq!(
		Licensing::next_receipt_weight(),
		database.reads_writes(1, 1)
	);
}
