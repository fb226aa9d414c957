//! What the view functions answer.

use crate::{mock::*, *};

#[test]
fn delivery_shows_what_the_seller_needs() {
	run(|| {
		assert_eq!(Delivery::delivery(1), None);
		let licence = bought();
		assert_eq!(
			Delivery::delivery(licence),
			Some(DeliveryView {
				licence,
				listing: LISTING,
				buyer: BUYER,
				seller: SELLER,
				version: VERSION,
				recipient: identity().recipient().to_text(),
				key: key(1),
				state: State::Awaiting {
					payment: Payment::sale(PRICE),
					until: 1 + WINDOW
				},
			})
		);
	});
}

#[test]
fn deliveries_come_in_pages_that_join_without_gap_or_overlap() {
	run(|| {
		bond(100 * UNIT);
		let licences: Vec<_> = (0..7).map(|_| bought()).collect();
		let mut seen = Vec::new();
		loop {
			let after = seen.last().copied().unwrap_or(0);
			let page = Delivery::deliveries(after, 3);
			assert!(page.len() <= 3);
			if page.is_empty() {
				break;
			}
			seen.extend(page.into_iter().map(|view| view.licence));
		}
		seen.sort_unstable();
		assert_eq!(seen, licences);
	});
}

#[test]
fn deliveries_of_one_page_are_a_hundred_at_most() {
	run(|| {
		bond(500 * UNIT);
		Shop::offer(1, 10);
		for block in 1..=4 {
			at(block * 100);
			(0..30).for_each(|_| {
				bought();
			});
		}
		assert_eq!(Delivery::deliveries(0, u32::MAX).len(), MAX_PAGE as usize);
		assert_eq!(Delivery::deliveries(0, 0).len(), 0);
	});
}

#[test]
fn seller_shows_what_it_can_still_sell() {
	run(|| {
		assert_eq!(Delivery::seller(SELLER), None);
		bought();
		let view = Delivery::seller(SELLER).unwrap();
		assert_eq!(
			view,
			SellerView {
				bond: BOND,
				covers: PRICE / 10,
				highest_price: 10 * BOND - PRICE,
				window: WINDOW
			}
		);
		// One more at that price is covered, and nothing beyond.
		Shop::offer(1, view.highest_price);
		bought();
		assert_eq!(Delivery::seller(SELLER).unwrap().highest_price, 0);
	});
}

#[test]
fn deposit_and_fee_are_what_is_held() {
	run(|| {
		let licence = settled();
		assert_eq!(
			Delivery::delivery_deposit(),
			held(&BUYER, HoldReason::Delivery)
		);
		Delivery::ask_again(signed(BUYER), licence, key(2)).unwrap();
		assert_eq!(Delivery::repeat_fee(), held(&BUYER, HoldReason::Price));
	});
}
