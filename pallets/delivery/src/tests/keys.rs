//! Delivering keys, one and many.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use weighhouse_primitives::{sealing::SealedKey, LicenceId};

#[test]
fn deliver_gives_the_buyer_a_key_that_opens() {
	run(|| {
		let licence = bought();
		at(1 + WINDOW);
		let sealed = right_key(licence);
		assert_ok!(deliver(SELLER, licence, sealed));
		let until = 1 + WINDOW + COMPLAINTS;
		assert_eq!(
			last_event(),
			Event::KeyDelivered {
				licence,
				seller: SELLER,
				sealed,
				until
			}
		);
		let stored = *state(licence).sealed().unwrap();
		let opened = secret(1)
			.open(context(licence), &identity().recipient(), &stored)
			.unwrap();
		assert_eq!(opened.bytes(), identity().bytes());
		// The money still waits.
		assert_eq!(held(&BUYER, HoldReason::Price), PRICE);
		assert_eq!(Shop::holder(licence), None);
	});
}

#[test]
fn deliver_fails_when_nothing_was_asked_for() {
	run(|| {
		let sealed = SealedKey {
			point: key(1),
			ciphertext: [0; 32],
		};
		assert_noop!(deliver(SELLER, 1, sealed), Error::<Test>::UnknownDelivery);
	});
}

#[test]
fn deliver_fails_when_somebody_else_does_it() {
	run(|| {
		let licence = bought();
		let sealed = right_key(licence);
		assert_noop!(deliver(OTHER, licence, sealed), Error::<Test>::NotSeller);
		assert_noop!(deliver(BUYER, licence, sealed), Error::<Test>::NotSeller);
	});
}

#[test]
fn deliver_fails_when_it_was_done() {
	run(|| {
		let licence = delivered(right_key);
		let sealed = right_key(licence);
		assert_noop!(
			deliver(SELLER, licence, sealed),
			Error::<Test>::AlreadyDelivered
		);
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_noop!(
			deliver(SELLER, licence, sealed),
			Error::<Test>::AlreadyDelivered
		);
	});
}

#[test]
fn deliver_fails_when_the_time_is_over() {
	run(|| {
		let licence = bought();
		at(2 + WINDOW);
		assert_noop!(
			deliver(SELLER, licence, right_key(licence)),
			Error::<Test>::TooLate
		);
	});
}

#[test]
fn deliver_fails_when_the_point_is_malformed() {
	run(|| {
		let licence = bought();
		let key = asked(licence);
		let deliver = |point| Delivery::deliver(signed(SELLER), licence, key, point, [0; 32]);
		assert_noop!(deliver([0; 32]), Error::<Test>::PointIsIdentity);
		assert_noop!(deliver([0xff; 32]), Error::<Test>::PointNotAPoint);
	});
}

#[test]
fn deliver_fails_when_it_is_meant_for_an_earlier_request() {
	run(|| {
		let licence = settled();
		assert_ok!(Delivery::ask_again(signed(BUYER), licence, key(2)));
		let (before, SealedKey { point, ciphertext }) = (asked(licence), right_key(licence));
		Shop::transfer(licence, OTHER);
		assert_ok!(Delivery::ask_again(signed(OTHER), licence, key(3)));
		assert_noop!(
			Delivery::deliver(signed(SELLER), licence, before, point, ciphertext),
			Error::<Test>::OtherKey
		);
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
	});
}

fn batch(keys: &[(LicenceId, SealedKey)]) -> KeyBatch {
	let keys = keys.iter().map(|(licence, sealed)| KeyOf {
		licence: *licence,
		key: asked(*licence),
		point: sealed.point,
		ciphertext: sealed.ciphertext,
	});
	KeyBatch::truncate_from(keys.collect())
}

#[test]
fn deliver_batch_delivers_all() {
	run(|| {
		let licences = [bought(), bought(), bought()];
		let keys = licences.map(|licence| (licence, right_key(licence)));
		assert_ok!(Delivery::deliver_batch(signed(SELLER), batch(&keys)));
		for (licence, sealed) in keys {
			assert_eq!(state(licence).sealed(), Some(&sealed));
		}
	});
}

#[test]
fn deliver_batch_goes_on_when_one_key_is_refused() {
	run(|| {
		let (first, second) = (bought(), bought());
		let none = SealedKey {
			point: [0; 32],
			ciphertext: [0; 32],
		};
		let keys = [(77, none), (first, none), (second, right_key(second))];
		assert_ok!(Delivery::deliver_batch(signed(SELLER), batch(&keys)));
		assert!(matches!(state(first), State::Awaiting { .. }));
		assert!(matches!(state(second), State::Delivered { .. }));
		let refused: Vec<_> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::KeyRefused { licence, error } => Some((licence, error)),
				_ => None,
			})
			.collect();
		assert_eq!(
			refused,
			[
				(77, DispatchError::from(Error::<Test>::UnknownDelivery)),
				(first, DispatchError::from(Error::<Test>::PointIsIdentity))
			]
		);
	});
}

#[test]
fn deliver_batch_takes_a_key_once_when_it_comes_twice() {
	run(|| {
		let licence = bought();
		let keys = [(licence, right_key(licence)), (licence, wrong_key(licence))];
		assert_ok!(Delivery::deliver_batch(signed(SELLER), batch(&keys)));
		assert_eq!(state(licence).sealed(), Some(&right_key(licence)));
		assert_eq!(
			last_event(),
			Event::KeyRefused {
				licence,
				error: Error::<Test>::AlreadyDelivered.into()
			}
		);
	});
}

#[test]
fn deliver_batch_fails_when_it_is_empty() {
	run(|| {
		assert_noop!(
			Delivery::deliver_batch(signed(SELLER), batch(&[])),
			Error::<Test>::NothingGiven
		);
	});
}
