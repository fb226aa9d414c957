//! Transactions from the outside: what is checked of them, and where their fees go.

use pallet_inference::crypto::WorkerId;
use sp_core::{sr25519, Pair};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	ApplyExtrinsicResult, DispatchError,
};
use weighhouse_primitives::inference::{signed_bytes, HEARTBEAT_DOMAIN, KEY_DOMAIN};
use weighhouse_runtime::{
	configs::market::Treasury, constants::currency::WGH, genesis_config_presets::LOCAL, Balance,
	Balances, Executive, Inference, Runtime, RuntimeCall, RuntimeEvent, System, UncheckedExtrinsic,
};

use crate::{
	blocks::{begin_block, extension, signed_transaction},
	chain::{free, signed, untouched, ALICE, BOB, CHARLIE, DAVE},
};

fn remark() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark {
		remark: b"weighed".to_vec(),
	})
}

fn send(nonce: u32, tip: Balance, call: RuntimeCall) -> ApplyExtrinsicResult {
	Executive::apply_extrinsic(signed_transaction(CHARLIE, call, extension(nonce, tip)))
}

fn invalid(why: InvalidTransaction) -> ApplyExtrinsicResult {
	Err(TransactionValidityError::Invalid(why))
}

/// What the last transaction paid, by the event that says so.
fn fee_said() -> Balance {
	let events = System::events().into_iter().rev();
	let mut fees = events.filter_map(|record| match record.event {
		RuntimeEvent::TransactionPayment(
			pallet_transaction_payment::Event::TransactionFeePaid { actual_fee, .. },
		) => Some(actual_fee),
		_ => None,
	});
	fees.next().unwrap()
}

#[test]
fn a_signed_transaction_is_done_when_all_that_is_checked_holds() {
	untouched(LOCAL, || {
		begin_block(Some(0));
		assert_eq!(send(0, 0, remark()), Ok(Ok(())));
		assert_eq!(System::account_nonce(CHARLIE.to_account_id()), 1);
		assert_eq!(send(1, 0, remark()), Ok(Ok(())));
	});
}

#[test]
fn a_signed_transaction_is_refused_when_its_nonce_is_wrong() {
	untouched(LOCAL, || {
		begin_block(Some(0));
		let before = free(&CHARLIE.to_account_id());
		assert_eq!(send(1, 0, remark()), invalid(InvalidTransaction::Future));
		assert_eq!(free(&CHARLIE.to_account_id()), before);
		assert_eq!(send(0, 0, remark()), Ok(Ok(())));
		assert_eq!(send(0, 0, remark()), invalid(InvalidTransaction::Stale));
	});
}

#[test]
fn a_signed_transaction_is_refused_when_somebody_else_signed_it() {
	untouched(LOCAL, || {
		begin_block(Some(0));
		let by_dave = signed_transaction(DAVE, remark(), extension(0, 0));
		let signature = by_dave.preamble.to_signed().unwrap().1;
		let forged = UncheckedExtrinsic::new_signed(
			remark(),
			CHARLIE.to_account_id().into(),
			signature,
			extension(0, 0),
		);
		assert_eq!(
			Executive::apply_extrinsic(forged),
			invalid(InvalidTransaction::BadProof)
		);
	});
}

#[test]
fn a_transaction_is_refused_when_nobody_signed_or_authorised_it() {
	untouched(LOCAL, || {
		begin_block(Some(0));
		let unsigned = UncheckedExtrinsic::new_transaction(remark(), extension(0, 0));
		assert!(Executive::apply_extrinsic(unsigned).is_err());
		assert!(Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(remark())).is_err());
	});
}

#[test]
fn a_worker_gives_a_free_sign_of_life_when_its_key_signed_it() {
	untouched(LOCAL, || {
		let (pair, other) = (pair(1), pair(2));
		let account = CHARLIE.to_account_id();
		let genesis = System::block_hash(0);
		let proof = pair.sign(&signed_bytes(KEY_DOMAIN, genesis, &account));
		let key = WorkerId::from(pair.public());
		Inference::register_worker(signed(CHARLIE), key.clone(), proof.into(), 100 * WGH).unwrap();
		// Into the next window.
		System::set_block_number(60);
		begin_block(Some(0));
		let at = System::block_number();
		let beat = |by: &sr25519::Pair| {
			let message = signed_bytes(HEARTBEAT_DOMAIN, genesis, (&key, at));
			let call = RuntimeCall::Inference(pallet_inference::Call::heartbeat {
				worker: key.clone(),
				at,
				signature: by.sign(&message).into(),
			});
			Executive::apply_extrinsic(UncheckedExtrinsic::new_transaction(call, extension(0, 0)))
		};
		let seen = || {
			pallet_inference::Workers::<Runtime>::get(&account)
				.unwrap()
				.seen
		};
		let before = free(&account);

		assert_eq!(beat(&other), invalid(InvalidTransaction::BadProof));
		assert_eq!(seen(), 0);
		assert_eq!(beat(&pair), Ok(Ok(())));
		assert_eq!(seen(), at);
		assert_eq!(free(&account), before);
		assert_eq!(beat(&pair), invalid(InvalidTransaction::Custom(106)));
	});
}

#[test]
fn a_step_that_an_account_signs_does_nothing_and_pays_a_fee() {
	untouched(LOCAL, || {
		begin_block(Some(1));
		let account = CHARLIE.to_account_id();
		let before = free(&account);
		let heartbeat = RuntimeCall::Inference(pallet_inference::Call::heartbeat {
			worker: pair(1).public().into(),
			at: 1,
			signature: pair(1).sign(b"any").into(),
		});
		assert_eq!(send(0, 0, heartbeat), Ok(Err(DispatchError::BadOrigin)));
		let fee = fee_said();
		assert!(fee > 0);
		assert_eq!(free(&account), before - fee);
	});
}

fn pair(seed: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[seed; 32])
}

#[test]
fn a_fee_with_its_tip_goes_to_the_author_of_the_block() {
	untouched(LOCAL, || {
		begin_block(Some(1));
		let money = || [CHARLIE, BOB, ALICE].map(|who| free(&who.to_account_id()));
		let [payer, author, other] = money();
		let (issuance, treasury) = (Balances::total_issuance(), free(&Treasury::get()));
		assert_eq!(send(0, 5 * WGH, remark()), Ok(Ok(())));

		let fee = fee_said();
		assert!(fee > 5 * WGH);
		assert_eq!(money(), [payer - fee, author + fee, other]);
		assert_eq!(Balances::total_issuance(), issuance);
		assert_eq!(free(&Treasury::get()), treasury);
	});
}

#[test]
fn a_fee_is_paid_when_the_call_is_refused() {
	untouched(LOCAL, || {
		begin_block(Some(1));
		let author = free(&BOB.to_account_id());
		let claim = RuntimeCall::Licensing(pallet_licensing::Call::claim { listing: 1 });
		let unknown = pallet_licensing::Error::<Runtime>::UnknownListing;
		assert_eq!(send(0, 0, claim), Ok(Err(unknown.into())));
		assert_eq!(free(&BOB.to_account_id()), author + fee_said());
	});
}

#[test]
fn a_fee_is_burned_when_the_block_names_no_author() {
	untouched(LOCAL, || {
		begin_block(None);
		let (payer, issuance) = (free(&CHARLIE.to_account_id()), Balances::total_issuance());
		assert_eq!(send(0, 0, remark()), Ok(Ok(())));
		let fee = fee_said();
		assert!(fee > 0);
		assert_eq!(free(&CHARLIE.to_account_id()), payer - fee);
		assert_eq!(Balances::total_issuance(), issuance - fee);
	});
}
