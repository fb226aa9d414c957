//! The chain of the tests: that its stand-ins move money and keep count like the real ones.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use weighhouse_primitives::{
	inference::{Access, Mode, Round, Status},
	market::Rights,
	royalty::Share,
	traits::WorkerVerdict,
	PARTS,
};

/// The end of the last job that ended.
fn outcome() -> Outcome {
	events()
		.into_iter()
		.rev()
		.find_map(|event| match event {
			Event::JobEnded { outcome, .. } => Some(outcome),
			_ => None,
		})
		.expect("a job ended")
}

/// What is left of an amount after the protocol fee.
fn less_fee(amount: u128) -> u128 {
	amount - amount / 40
}

#[test]
fn a_panel_that_agrees_is_paid() {
	run(|| {
		let share = |listing| Share {
			listing,
			parts: PARTS / 10,
		};
		let version = MockVersion {
			table: vec![share(8), share(9)],
			..EXACT
		};
		Registry::list(1, ALICE, &[version]);
		Calls::offer(1, 1, CALL_PRICE);
		let workers = enlisted(1, 3);
		let before = free(&workers[0]);
		let issuance = Balances::total_issuance();
		let id = asked(ASKING);
		assert_eq!(Registry::retained(1), 1);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();

		assert_eq!(outcome(), Outcome::Final);
		let spent = 3 * REWARD + CALL_PRICE;
		assert_eq!(free(&workers[0]), before + less_fee(REWARD));
		assert_eq!(free(&POT), ENDOWMENT + CALL_PRICE / 5);
		assert_eq!(
			free(&ALICE),
			ENDOWMENT + less_fee(CALL_PRICE) - CALL_PRICE / 5
		);
		assert_eq!(free(&TREASURY), ENDOWMENT + spent / 80);
		assert_eq!(Balances::total_issuance(), issuance - spent / 80);
		assert_eq!(
			free(&BOB) + held(&BOB, HoldReason::Receipt),
			ENDOWMENT - spent
		);
		assert_eq!(Registry::retained(1), 0);
		let fee = REWARD / 40;
		for (_, verdict, paid) in Reputation::recorded() {
			assert_eq!((verdict, paid), (WorkerVerdict::Agreed, fee));
		}
	});
}

#[test]
fn a_licence_that_counts_has_its_call_back_when_there_is_no_answer() {
	run(|| {
		enlisted(plain_listing(), 3);
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: Some(1),
			},
		);
		let licensed = Asking {
			access: Access::Licence(5),
			..ASKING
		};
		asked(licensed.clone());
		assert_eq!(Calls::calls_left(5), Some(0));
		assert_noop!(ask(licensed), NO_ACCESS);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::Silence));
		assert_eq!(Calls::calls_left(5), Some(1));
	});
}

#[test]
fn an_owner_who_cannot_be_paid_leaves_the_price_with_the_requester() {
	run(|| {
		Registry::list(1, NOBODY, &[EXACT]);
		Calls::offer(1, 1, ED / 2);
		enlisted(1, 3);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();
		assert_eq!(outcome(), Outcome::Final);
		assert_eq!(
			free(&BOB) + held(&BOB, HoldReason::Receipt),
			ENDOWMENT - 3 * REWARD
		);
		assert_eq!(paid_by_hand(ED / 2), Err(OWNER_CANNOT_RECEIVE));
	});
}

/// Pays a call of nobody's listing.
fn paid_by_hand(price: u128) -> Result<(), sp_runtime::DispatchError> {
	use weighhouse_primitives::traits::{CallSales, CallTerms};
	let terms = CallTerms {
		price,
		royalties: vec![],
	};
	frame_support::storage::with_storage_layer(|| Calls::pay_call(&BOB, &NOBODY, 1, &terms, FEE, 1))
}

#[test]
fn a_yanked_version_sells_no_answers() {
	run(|| {
		enlisted(plain_listing(), 3);
		Registry::yank(1, 1);
		assert_noop!(ask(ASKING), Error::<Test>::VersionYanked);
	});
}

#[test]
fn a_listing_without_room_for_dependants_cannot_be_asked() {
	run(|| {
		enlisted(plain_listing(), 3);
		RetainLimit::set(1);
		assert_ok!(ask(ASKING));
		assert_noop!(ask(ASKING), Error::<Test>::ListingCannotBeRetained);
		settle();
	});
}

#[test]
fn a_block_without_randomness_loses_the_seed() {
	run(|| {
		enlisted(plain_listing(), 3);
		assert_ok!(ask(ASKING));
		assert!(randomness_of(3).is_some());
		plan_randomness(3, None);
		settle();
		assert_eq!(outcome(), Outcome::Refunded(Refund::SeedLost));
	});
}

#[test]
fn no_number_of_a_receipt_is_given_twice() {
	run(|| {
		use weighhouse_primitives::traits::ReceiptNumbers;
		LastReceipt::set(2);
		assert_eq!(Calls::next_receipt(), Some(1));
		assert_eq!(Calls::next_receipt(), Some(2));
		assert_eq!(Calls::next_receipt(), None);
	});
}

#[test]
fn answers_of_the_tests_differ_as_they_say() {
	run(|| {
		let judged = |said: [Said; 3]| {
			let id = asked(ASKING);
			drawn(id, Round::Main);
			play(id, Round::Main, &said);
			settle();
			outcome()
		};
		Registry::list(1, ALICE, &[EXACT]);
		Calls::offer(1, 1, CALL_PRICE);
		enlisted(1, 3);
		let large = says_large(2);
		assert_eq!(
			judged([large.clone(), large.clone(), large]),
			Outcome::Final
		);
		assert_eq!(
			judged([says(1), says(2), says(3)]),
			Outcome::Refunded(Refund::NoQuorum)
		);
		let failed = says_no(Status::ModelError);
		assert_eq!(
			judged([failed.clone(), failed.clone(), failed]),
			Outcome::Refunded(Refund::ModelError)
		);
		assert_eq!(
			judged([says(1), says_near(1), says(2)]),
			Outcome::Refunded(Refund::NoQuorum)
		);
		Registry::list(1, ALICE, &[TOLERANT]);
		assert_eq!(judged([says(1), says_near(1), says(2)]), Outcome::Final);
	});
}

#[test]
fn a_single_worker_answers_without_a_commitment() {
	run(|| {
		AuditParts::set(0);
		HighValue::set(u128::MAX);
		enlisted(plain_listing(), 3);
		let id = asked(Asking {
			who: DAVE,
			mode: Mode::Solo,
			..ASKING
		});
		let seats = drawn(id, Round::Main);
		assert_eq!(seats.len(), 1);
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
		settle();
		assert_eq!(outcome(), Outcome::Final);
	});
}
