//! The texts, points and proofs of sealed models: what is taken has one form, and no change of a
//! complaint makes it count.

#![no_main]

use arbitrary::{Result, Unstructured};
use codec::{Decode, Encode};
use curve25519_dalek::{ristretto::CompressedRistretto, MontgomeryPoint};
use libfuzzer_sys::fuzz_target;
use sp_core::H256;
use weighhouse_primitives::sealing::{
	check_point, judge, Complaint, Context, DeliverySecret, Identity, OpenError, Recipient,
	SealedKey, Vault, Verdict,
};

/// 2^255 - 19, the highest byte first.
const PRIME: [u8; 32] = {
	let mut prime = [0xff; 32];
	prime[0] = 0x7f;
	prime[31] = 0xed;
	prime
};
/// How many wrong characters the checksum of a text always finds.
const FOUND: usize = 4;

fuzz_target!(|data: &[u8]| {
	texts(data);
	// What is missing at the end of the data is zero.
	let mut u = Unstructured::new(data);
	word(u.arbitrary().expect("zeros at least"));
	misspelt(&mut u).expect("zeros at least");
	deliveries(&mut u).expect("zeros at least");
});

/// Whatever a text says, it is the text of it.
fn texts(data: &[u8]) {
	if let Ok(recipient) = Recipient::parse(data) {
		assert_eq!(recipient.to_text().as_bytes(), data);
		assert_eq!(Recipient::from_bytes(*recipient.as_bytes()), Ok(recipient));
	}
	if let Ok(identity) = Identity::parse(data) {
		assert_eq!(identity.to_text().as_bytes(), data);
		let recipient = identity.recipient();
		assert_eq!(Recipient::from_bytes(*recipient.as_bytes()), Ok(recipient));
	}
	if let Ok(recipient) = Recipient::decode(&mut &data[..]) {
		assert_eq!(recipient.encode(), data[..32]);
		assert_eq!(Recipient::from_bytes(*recipient.as_bytes()), Ok(recipient));
	}
}

/// 32 bytes as a recipient and as a point.
fn word(bytes: [u8; 32]) {
	let mut highest_first = bytes;
	highest_first.reverse();
	let low_order = MontgomeryPoint(bytes).mul_clamped([1; 32]).to_bytes() == [0; 32];
	let recipient = Recipient::from_bytes(bytes);
	assert_eq!(recipient.is_ok(), highest_first < PRIME && !low_order);
	assert_eq!(Recipient::decode(&mut &bytes[..]).ok(), recipient.ok());
	if let Ok(recipient) = recipient {
		assert_eq!(
			Recipient::parse(recipient.to_text().as_bytes()),
			Ok(recipient)
		);
	}
	let identity = Identity::from_bytes(bytes);
	let parsed = Identity::parse(identity.to_text().as_bytes()).expect("its own text");
	assert_eq!(parsed.bytes(), identity.bytes());

	let point = CompressedRistretto(bytes).decompress();
	let canonical = point.is_some_and(|point| point.compress().to_bytes() == bytes);
	assert_eq!(check_point(&bytes).is_ok(), canonical && bytes != [0; 32]);
}

/// A text with a few wrong characters is refused.
fn misspelt(u: &mut Unstructured) -> Result<()> {
	let identity = Identity::from_bytes(u.arbitrary()?);
	let mut recipient = identity.recipient().to_text().into_bytes();
	let mut secret = identity.to_text().as_bytes().to_vec();
	for text in [&mut recipient, &mut secret] {
		let right = text.clone();
		for _ in 0..FOUND {
			let position = u.choose_index(text.len())?;
			text[position] = u.arbitrary()?;
		}
		if *text != right {
			assert!(Recipient::parse(text).is_err());
			assert!(Identity::parse(text).is_err());
		}
	}
	Ok(())
}

/// A delivery of a right key and of a changed one, and what is complained of them.
fn deliveries(u: &mut Unstructured) -> Result<()> {
	let context = context(u)?;
	let secret = DeliverySecret::from_seed(u.arbitrary()?);
	let identity = Identity::from_bytes(u.arbitrary()?);
	let (key, recipient) = (secret.key(), identity.recipient());
	let vault = Vault::from_bytes(u.arbitrary()?);
	let right = vault.seal(context, &key, &identity).expect("a point");
	let mut other = right;
	changed(&mut other.ciphertext, u)?;

	for sealed in [right, other] {
		let complaint = secret.complain(context, &sealed).expect("a point");
		let opened = secret.open(context, &recipient, &sealed);
		let verdict = judge(context, &key, &recipient, &sealed, &complaint);
		match opened {
			Ok(opened) => {
				assert_eq!(opened.recipient(), recipient);
				assert_eq!(verdict, Ok(Verdict::RightKey));
			}
			Err(error) => {
				assert_eq!(error, OpenError::WrongKey);
				assert_eq!(verdict, Ok(Verdict::WrongKey));
				assert_ne!(sealed, right);
			}
		}

		// A changed complaint counts for nothing, not even of a wrong key.
		let mut forged = complaint;
		changed(&mut forged.shared, u)?;
		changed(&mut forged.challenge, u)?;
		changed(&mut forged.response, u)?;
		if forged != complaint {
			assert!(judge(context, &key, &recipient, &sealed, &forged).is_err());
		}
		// Nor does a complaint of another delivery.
		let elsewhere = self::context(u)?;
		if elsewhere != context {
			assert!(judge(elsewhere, &key, &recipient, &sealed, &complaint).is_err());
		}
	}

	// Nor one of bytes alone, whoever the buyer and whatever the key.
	let mut stranger = key;
	changed(&mut stranger, u)?;
	let sealed = SealedKey {
		point: u.arbitrary()?,
		ciphertext: u.arbitrary()?,
	};
	let complaint = Complaint {
		shared: u.arbitrary()?,
		challenge: u.arbitrary()?,
		response: u.arbitrary()?,
	};
	assert!(judge(context, &stranger, &recipient, &sealed, &complaint).is_err());
	assert!(judge(context, &key, &recipient, &right, &complaint).is_err());
	Ok(())
}

fn context(u: &mut Unstructured) -> Result<Context> {
	Ok(Context {
		genesis: H256([u.arbitrary()?; 32]),
		licence: u.arbitrary::<u8>()?.into(),
		version: u.arbitrary::<u8>()?.into(),
	})
}

/// Turns bits of one byte around, or takes other bytes altogether, or changes nothing.
fn changed(bytes: &mut [u8; 32], u: &mut Unstructured) -> Result<()> {
	match u.int_in_range(0..=3u8)? {
		0 => {}
		1 => *bytes = u.arbitrary()?,
		_ => {
			let position = u.choose_index(bytes.len())?;
			bytes[position] ^= u.arbitrary::<u8>()?;
		}
	}
	Ok(())
}
