//! Blocks as validators make them, and transactions as people sign them.

use codec::Encode;
use frame_system::offchain::CreateAuthorizedTransaction;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Digest, DigestItem, SignedPayload},
	traits::Header as _,
	MultiSignature,
};
use weighhouse_runtime::{
	constants::time::{EPOCH_SLOTS, SLOT_DURATION},
	AccountId, Balance, Executive, Header, Nonce, Runtime, RuntimeCall, System, TxExtension,
	UncheckedExtrinsic,
};

/// The slot of the first block in these tests.
const FIRST_SLOT: u64 = 1_000;

/// Begins the next block, which names the validator with the number `author` as its author, if any.
/// Each stands one epoch after the one before, so each begins a session.
pub fn begin_block(author: Option<u32>) {
	let number = System::block_number() + 1;
	let slot = FIRST_SLOT + u64::from(number * EPOCH_SLOTS);
	let logs = author
		.map(|authority_index| {
			let slot = slot.into();
			let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
				authority_index,
				slot,
			});
			DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())
		})
		.into_iter()
		.collect();
	let header = Header::new(
		number,
		Default::default(),
		Default::default(),
		System::parent_hash(),
		Digest { logs },
	);
	Executive::initialize_block(&header);
	if author.is_some() {
		let now = slot * SLOT_DURATION;
		let set = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
		let applied = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(set));
		assert_eq!(applied, Ok(Ok(())));
	}
}

/// Makes the first block of the next session.
pub fn next_session() {
	begin_block(Some(0));
	Executive::finalize_block();
}

/// What every transaction is checked for, as a wallet fills it in.
pub fn extension(nonce: Nonce, tip: Balance) -> TxExtension {
	let mut extension = <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
	extension.6 = frame_system::CheckNonce::from(nonce);
	extension.8 = pallet_transaction_payment::ChargeTransactionPayment::from(tip);
	extension
}

/// A transaction that `who` signed.
pub fn signed_transaction(
	who: Sr25519Keyring,
	call: RuntimeCall,
	extension: TxExtension,
) -> UncheckedExtrinsic {
	let payload = SignedPayload::new(call.clone(), extension.clone()).unwrap();
	let signature = payload.using_encoded(|bytes| who.sign(bytes));
	let account: AccountId = who.to_account_id();
	UncheckedExtrinsic::new_signed(
		call,
		account.into(),
		MultiSignature::Sr25519(signature),
		extension,
	)
}
