//! What the view functions answer.

use crate::{mock::*, *};
use codec::{Decode, Encode};
use frame_support::{
	assert_ok,
	view_functions::{DispatchViewFunction, ViewFunction, ViewFunctionId},
};
use weighhouse_primitives::{
	market::{Rights, Term, Transferability},
	royalty::Share,
	PARTS,
};

const PERCENT: u32 = PARTS / 100;

#[test]
fn quote_says_what_a_sale_then_does() {
	run(|| {
		Registry::list(1, CAROL, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
		for price in [0, 10, 15, 39, 41, ED, 1_234_567_891, 40 * UNIT] {
			let offer = opened(ALICE, 9, Terms { price, ..SIMPLE });
			let quote = Licensing::quote(9, offer).unwrap();
			let royalties: u128 = quote.royalties.iter().map(|royalty| royalty.amount).sum();
			assert_eq!(
				quote.fee_burned + quote.fee_treasury + royalties + quote.to_owner,
				price
			);
			assert!(quote
				.royalties
				.iter()
				.all(|r| r.listing == 1 && r.owner == CAROL));
			assert_eq!((quote.price, quote.owner), (price, ALICE));

			let (alice, bob, pot_before) = (free(&ALICE), free(&BOB), pot());
			let (issuance, treasury) = (Balances::total_issuance(), free(&TREASURY));
			let licence = bought(BOB, 9, offer);
			assert_eq!(free(&ALICE), alice + quote.to_owner);
			assert_eq!(free(&BOB), bob - price - quote.deposit);
			assert_eq!(free(&TREASURY), treasury + quote.fee_treasury);
			assert_eq!(Balances::total_issuance(), issuance - quote.fee_burned);
			assert_eq!(pot(), pot_before + royalties);
			assert_ok!(Licensing::remove_licence(signed(BOB), licence));
		}
	});
}

#[test]
fn quote_repeats_the_terms_of_the_offer() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[], &[]]);
		let terms = Terms {
			versions: (2, 3),
			term: Term::Calls(9),
			rights: Rights::UseAndServe,
			transferability: Transferability::Bound,
			..SIMPLE
		};
		let offer = opened(ALICE, 1, terms);
		let quote = Licensing::quote(1, offer).unwrap();
		assert_eq!((quote.first_version, quote.last_version), (2, 3));
		assert_eq!(quote.term, Term::Calls(9));
		assert_eq!(quote.rights, Rights::UseAndServe);
		assert_eq!(quote.transferability, Transferability::Bound);
		assert_eq!(quote.terms, TEXT);
	});
}

#[test]
fn quote_sums_exactly_at_the_largest_price() {
	run(|| {
		Registry::list(1, CAROL, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 33 * PERCENT + 1)]]);
		let offer = opened(
			ALICE,
			9,
			Terms {
				price: u128::MAX,
				..SIMPLE
			},
		);
		let quote = Licensing::quote(9, offer).unwrap();
		let parts = [
			quote.fee_burned,
			quote.fee_treasury,
			quote.royalties[0].amount,
			quote.to_owner,
		];
		let sum = parts
			.into_iter()
			.try_fold(0u128, |sum, part| sum.checked_add(part));
		assert_eq!(sum, Some(u128::MAX));
		assert_eq!(quote.fee_burned + quote.fee_treasury, u128::MAX / 40);
	});
}

#[test]
fn quote_counts_the_treasurys_half_as_burned_when_its_account_is_dead() {
	run_on(genesis(vec![(ALICE, ENDOWMENT)]), || {
		let listing = plain_listing();
		let offer = opened(
			ALICE,
			listing,
			Terms {
				price: 40 * ED,
				..SIMPLE
			},
		);
		let quote = Licensing::quote(listing, offer).unwrap();
		assert_eq!((quote.fee_burned, quote.fee_treasury), (ED, 0));
	});
}

#[test]
fn quote_says_why_an_offer_cannot_be_bought() {
	run(|| {
		Registry::list(1, ALICE, &[&[], &[]]);
		let closed = opened(ALICE, 1, SIMPLE);
		let calls = opened(
			ALICE,
			1,
			Terms {
				term: Term::PerCall,
				..SIMPLE
			},
		);
		let scarce = opened(
			ALICE,
			1,
			Terms {
				supply: Some(1),
				..SIMPLE
			},
		);
		let yanked = opened(
			ALICE,
			1,
			Terms {
				versions: (1, 2),
				..SIMPLE
			},
		);
		let good = opened(ALICE, 1, SIMPLE);
		assert_ok!(Licensing::close_offer(signed(ALICE), 1, closed));
		bought(BOB, 1, scarce);
		Registry::yank(1, 2);

		let why = |listing, offer| Licensing::quote(listing, offer).err();
		assert_eq!(why(2, 1), Some(QuoteError::UnknownListing));
		assert_eq!(why(1, good + 1), Some(QuoteError::UnknownOffer));
		assert_eq!(why(1, 0), Some(QuoteError::UnknownOffer));
		assert_eq!(why(1, closed), Some(QuoteError::OfferClosed));
		assert_eq!(why(1, calls), Some(QuoteError::NotForPurchase));
		assert_eq!(why(1, scarce), Some(QuoteError::SoldOut));
		assert_eq!(why(1, yanked), Some(QuoteError::VersionYanked));
		assert_eq!(why(1, good), None);

		let mut offers = Licensing::offers(1, 0, 100);
		offers.sort_by_key(|offer| offer.offer);
		let shown: Vec<_> = offers
			.iter()
			.map(|offer| (offer.offer, offer.unavailable))
			.collect();
		assert_eq!(
			shown,
			vec![
				(calls, Some(QuoteError::NotForPurchase)),
				(scarce, Some(QuoteError::SoldOut)),
				(yanked, Some(QuoteError::VersionYanked)),
				(good, None),
			]
		);
	});
}

#[test]
fn offers_shows_what_the_seller_said() {
	run(|| {
		Registry::list(1, CAROL, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, PERCENT)], &[(1, PERCENT)]]);
		at(3);
		let terms = Terms {
			price: 700,
			term: Term::Blocks(8),
			versions: (1, 2),
			rights: Rights::Serve,
			transferability: Transferability::Bound,
			supply: Some(5),
		};
		opened(ALICE, 9, terms);
		bought(BOB, 9, 1);
		let expected = OfferView {
			listing: 9,
			offer: 1,
			opener: ALICE,
			price: 700,
			term: Term::Blocks(8),
			first_version: 1,
			last_version: 2,
			rights: Rights::Serve,
			transferability: Transferability::Bound,
			supply: Some(5),
			sold: 1,
			terms: TEXT,
			royalties: vec![Share {
				listing: 1,
				parts: PERCENT,
			}],
			sealed: None,
			opened: 3,
			unavailable: None,
		};
		assert_eq!(Licensing::offers(9, 0, 10), vec![expected]);
	});
}

#[test]
fn offers_shows_each_offer_once_when_read_page_by_page() {
	run(|| {
		let listing = plain_listing();
		Registry::list(2, BOB, &[&[]]);
		opened(BOB, 2, SIMPLE);
		(0..7).for_each(|_| {
			opened(ALICE, listing, SIMPLE);
		});
		let (mut seen, mut after) = (Vec::new(), 0);
		loop {
			let page = Licensing::offers(listing, after, 3);
			assert!(page.len() <= 3);
			let Some(last) = page.last() else { break };
			after = last.offer;
			seen.extend(page.into_iter().map(|offer| offer.offer));
		}
		assert_eq!(seen.len(), 7);
		seen.sort();
		assert_eq!(seen, (1..=7).collect::<Vec<_>>());
		assert_eq!(Licensing::offers(listing, 0, 0), vec![]);
	});
}

#[test]
fn offers_answers_with_at_most_a_hundred() {
	run(|| {
		let listing = plain_listing();
		(0..101).for_each(|_| {
			opened(ALICE, listing, SIMPLE);
		});
		let page = Licensing::offers(listing, 0, u32::MAX);
		assert_eq!(page.len(), 100);
		let rest = Licensing::offers(listing, page[99].offer, u32::MAX);
		assert_eq!(rest.len(), 1);
	});
}

#[test]
fn licences_of_shows_each_licence_once_when_read_page_by_page() {
	run(|| {
		for listing in 1..=5 {
			Registry::list(listing, ALICE, &[&[]]);
			opened(ALICE, listing, SIMPLE);
			bought(BOB, listing, 1);
			bought(BOB, listing, 1);
			bought(CAROL, listing, 1);
		}
		let (mut seen, mut after) = (Vec::new(), 0);
		loop {
			let page = Licensing::licences_of(BOB, after, 2);
			let Some(last) = page.last() else { break };
			assert!(page.len() <= 4);
			after = last.listing;
			seen.extend(page.into_iter().map(|licence| licence.licence));
		}
		assert_eq!(seen.len(), 10);
		seen.sort();
		let bobs = Licences::<Test>::iter().filter(|(_, licence)| licence.holder == BOB);
		let mut expected: Vec<_> = bobs.map(|(id, _)| id).collect();
		expected.sort();
		assert_eq!(seen, expected);
		assert_eq!(Licensing::licences_of(DAVE, 0, 100), vec![]);
	});
}

#[test]
fn licence_shows_its_standing() {
	run(|| {
		let licence = bobs_licence(Terms {
			term: Term::Blocks(10),
			..SIMPLE
		});
		let expected = LicenceView {
			licence,
			holder: BOB,
			listing: 1,
			offer: 1,
			first_version: 1,
			last_version: 1,
			rights: Rights::Use,
			transferability: Transferability::Transferable,
			expires: Some(11),
			calls_left: None,
			standing: Standing::Valid,
		};
		assert_eq!(Licensing::licence(licence), Some(expected.clone()));
		assert_eq!(Licensing::licences_of(BOB, 0, 1), vec![expected]);
		at(11);
		assert_eq!(
			Licensing::licence(licence).unwrap().standing,
			Standing::Expired
		);
		assert_eq!(Licensing::licence(licence + 1), None);

		let counted = opened(
			ALICE,
			1,
			Terms {
				term: Term::Calls(3),
				..SIMPLE
			},
		);
		let counted = bought(BOB, 1, counted);
		assert_eq!(Licensing::licence(counted).unwrap().calls_left, Some(3));
		set_calls_left(counted, 0);
		assert_eq!(
			Licensing::licence(counted).unwrap().standing,
			Standing::CallsUsedUp
		);
	});
}

#[test]
fn accrued_shows_what_waits_for_the_owner() {
	run(|| {
		Registry::list(1, CAROL, &[&[]]);
		Registry::list(9, ALICE, &[&[(1, 10 * PERCENT)]]);
		let offer = opened(
			ALICE,
			9,
			Terms {
				price: 40 * UNIT,
				..SIMPLE
			},
		);
		assert_eq!(Licensing::accrued(1), 0);
		bought(BOB, 9, offer);
		assert_eq!(Licensing::accrued(1), 4 * UNIT);
		assert_ok!(Licensing::claim(signed(BOB), 1));
		assert_eq!(Licensing::accrued(1), 0);
	});
}

#[test]
fn receipt_shows_sale_with_the_block_of_its_end() {
	run(|| {
		at(5);
		bobs_licence(SIMPLE);
		let view = Licensing::receipt(1).unwrap();
		assert_eq!(view.receipt, 1);
		assert_eq!(view.sale, Receipts::<Test>::get(1).unwrap().sale);
		assert_eq!(view.prunable, 5 + LIFETIME);
		at(view.prunable - 1);
		assert!(Licensing::prune_receipt(signed(BOB), 1).is_err());
		at(view.prunable);
		assert_ok!(Licensing::prune_receipt(signed(BOB), 1));
		assert_eq!(Licensing::receipt(1), None);
	});
}

#[test]
fn view_functions_answer_through_the_runtime() {
	run(|| {
		bobs_licence(SIMPLE);
		let ask = |id: ViewFunctionId, input: Vec<u8>| {
			let mut output = Vec::new();
			RuntimeViewFunction::dispatch_view_function(&id, &mut input.as_slice(), &mut output)
				.unwrap();
			output
		};
		let id = AccruedViewFunction::<Test>::id();
		assert_eq!(u128::decode(&mut ask(id, 1u32.encode()).as_slice()), Ok(0));
		let id = LicenceViewFunction::<Test>::id();
		let answer = ask(id, 1u64.encode());
		assert_eq!(answer, Licensing::licence(1).encode());
	});
}
