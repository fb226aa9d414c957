use super::*;
use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};
use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_COMPRESSED, MontgomeryPoint};
use hkdf::Hkdf;
use proptest::prelude::*;

fn bytes<const N: usize>(text: &str) -> [u8; N] {
	hex::decode(text).unwrap().try_into().unwrap()
}

fn context() -> Context {
	Context {
		genesis: H256([1; 32]),
		licence: 2,
		version: 3,
	}
}

fn buyer() -> DeliverySecret {
	DeliverySecret::from_seed([4; 32])
}

fn vault() -> Vault {
	Vault::from_bytes([5; 32])
}

fn identity() -> Identity {
	Identity::from_bytes([6; 32])
}

/// What an honest seller delivers.
fn sealed() -> SealedKey {
	vault()
		.seal(context(), &buyer().key(), &identity())
		.unwrap()
}

/// What a seller delivers whose key does not open the files of [`identity`]. The point and the shared
/// point are those of [`sealed`].
fn wrongly_sealed() -> SealedKey {
	let mut wrong = sealed();
	wrong.ciphertext[7] ^= 1;
	wrong
}

fn judged(sealed: &SealedKey, complaint: &Complaint) -> Result<Verdict, ComplaintError> {
	let recipient = identity().recipient();
	judge(context(), &buyer().key(), &recipient, sealed, complaint)
}

/// Seals `file_key` by hand, whatever its recipient, for the files of `recipient`.
fn seal_anything(
	context: Context,
	key: &PointBytes,
	recipient: &Recipient,
	secret: u64,
	file_key: &[u8; 32],
) -> SealedKey {
	let secret = Scalar::from(secret);
	let point = group::encode(&group::times_generator(&secret));
	let shared = group::encode(&group::times(&secret, &group::decode(key).unwrap()));
	SealedKey {
		point,
		ciphertext: xor(file_key, &pad(context, &shared, key, &point, recipient)),
	}
}

/// Bytes that encode no point: not canonical, negative, no square, negative product, y zero. From
/// RFC 9496, appendix A.2.
fn no_points() -> Vec<[u8; 32]> {
	[
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
		"4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
		"3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	]
	.map(bytes)
	.to_vec()
}

/// Everything that [`check_point`] refuses, with the reason.
fn bad_points() -> Vec<([u8; 32], PointError)> {
	let mut bad: Vec<_> = no_points()
		.into_iter()
		.map(|bytes| (bytes, PointError::NotAPoint))
		.collect();
	bad.push(([0; 32], PointError::Identity));
	bad
}

/// The order of the group, which is the smallest number that is not a scalar.
fn order() -> [u8; 32] {
	bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
}

mod vectors {
	use super::*;

	// All of these come from `dev/scripts/sealing_vectors.py`, which shares no code with this crate.

	#[test]
	fn key_of_a_seed_is_what_other_programs_compute() {
		assert_eq!(
			buyer().key(),
			bytes("82ab7dfc280f19b143e7d3853c9001598c794c6e315cf389d6a233e38efe3a54")
		);
	}

	#[test]
	fn seal_is_what_other_programs_compute() {
		assert_eq!(
			sealed(),
			SealedKey {
				point: bytes("165f605b87eb6521f8c926815490371149e8e4d390703924485cbfc692c08473"),
				ciphertext: bytes(
					"044de0b6719f4780155c25e32c6f342126cfed4a85158e9c33f28ebc88cee524"
				),
			}
		);
	}

	#[test]
	fn complaint_is_what_other_programs_compute() {
		assert_eq!(
			buyer().complain(context(), &sealed()).unwrap(),
			Complaint {
				shared: bytes("b612ce935d0b632b8219fed4e96a68e7629fb48e73269703100e85dc61bf8109"),
				challenge: bytes(
					"abc6d829c4dd6dac5bc885cff7e255b433cbed560ef54280a2f2909e30e8e60f"
				),
				response: bytes("671bce8b1331982278477926b2d89bd10f0896b9a150d5be2a828fd5a01bd40d"),
			}
		);
	}

	#[test]
	fn texts_are_what_other_programs_compute() {
		let recipient = identity().recipient();
		assert_eq!(
			*recipient.as_bytes(),
			bytes("f5b2d6e60f9477e310c2982daaa6c9136c108a1777c5947e448fa37d68174557")
		);
		assert_eq!(
			recipient.to_text(),
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5"
		);
		assert_eq!(
			*identity().to_text(),
			"AGE-SECRET-KEY-1QCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5"
		);
	}

	#[test]
	fn identities_that_age_made_lead_to_their_recipients() {
		for (identity, recipient) in [
			(
				"AGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU",
				"age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm",
			),
			(
				"AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33",
				"age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
			),
		] {
			let parsed = Identity::parse(identity.as_bytes()).unwrap();
			assert_eq!(parsed.recipient().to_text(), recipient);
			assert_eq!(*parsed.to_text(), identity);
			assert_eq!(recipient.parse::<Recipient>(), Ok(parsed.recipient()));
		}
	}

	// RFC 7748, section 5.2.
	#[test]
	fn recipient_is_what_x25519_makes_of_the_identity() {
		let mut nine = [0; 32];
		nine[0] = 9;
		assert_eq!(
			*Identity::from_bytes(nine).recipient().as_bytes(),
			bytes("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
		);
	}

	#[test]
	fn pad_is_hkdf() {
		let (shared, key, point) = ([1; 32], [2; 32], [3; 32]);
		let recipient = identity().recipient();
		let info = [
			&context().to_bytes()[..],
			&key,
			&point,
			recipient.as_bytes(),
		]
		.concat();
		let mut expected = [0; 32];
		Hkdf::<Sha256>::new(Some(PAD), &shared)
			.expand(&info, &mut expected)
			.unwrap();
		assert_eq!(*pad(context(), &shared, &key, &point, &recipient), expected);
	}
}

mod points {
	use super::*;

	#[test]
	fn check_point_takes_the_generator() {
		assert_eq!(check_point(&RISTRETTO_BASEPOINT_COMPRESSED.0), Ok(()));
	}

	#[test]
	fn check_point_refuses_what_is_malformed() {
		for (point, error) in bad_points() {
			assert_eq!(check_point(&point), Err(error), "{}", hex::encode(point));
		}
	}

	proptest! {
		#[test]
		fn a_point_has_one_encoding(bytes: [u8; 32]) {
			match group::decode(&bytes) {
				Ok(point) => prop_assert_eq!(group::encode(&point), bytes),
				Err(error) => prop_assert_eq!(check_point(&bytes), Err(error)),
			}
		}
	}
}

mod sealing_and_opening {
	use super::*;

	#[test]
	fn open_gives_the_identity_that_was_sealed() {
		let opened = buyer()
			.open(context(), &identity().recipient(), &sealed())
			.unwrap();
		assert_eq!(opened.bytes(), identity().bytes());
	}

	#[test]
	fn open_fails_when_the_key_is_wrong() {
		let opened = buyer().open(context(), &identity().recipient(), &wrongly_sealed());
		assert_eq!(opened.map(|_| ()), Err(OpenError::WrongKey));
	}

	#[test]
	fn open_fails_when_the_point_is_malformed() {
		for (point, error) in bad_points() {
			let sealed = SealedKey { point, ..sealed() };
			let opened = buyer().open(context(), &identity().recipient(), &sealed);
			assert_eq!(opened.map(|_| ()), Err(OpenError::Point(error)));
		}
	}

	#[test]
	fn seal_fails_when_the_key_is_malformed() {
		for (key, error) in bad_points() {
			assert_eq!(vault().seal(context(), &key, &identity()), Err(error));
		}
	}

	#[test]
	fn secrets_do_not_show_when_printed() {
		assert_eq!(format!("{:?}", vault()), "Vault(..)");
		assert_eq!(format!("{:?}", buyer()), "DeliverySecret(..)");
		assert_eq!(format!("{:?}", identity()), "Identity(..)");
	}

	proptest! {
		#[test]
		fn open_gives_back_whatever_was_sealed(
			seed: [u8; 32],
			vault: [u8; 32],
			identity: [u8; 32],
			genesis: [u8; 32],
			licence: u64,
			version: u32,
		) {
			let context = Context { genesis: H256(genesis), licence, version };
			let (buyer, vault) = (DeliverySecret::from_seed(seed), Vault::from_bytes(vault));
			let identity = Identity::from_bytes(identity);
			let sealed = vault.seal(context, &buyer.key(), &identity).unwrap();
			prop_assert_eq!(vault.seal(context, &buyer.key(), &identity), Ok(sealed));
			let opened = buyer.open(context, &identity.recipient(), &sealed).unwrap();
			prop_assert_eq!(opened.bytes(), identity.bytes());
		}

		#[test]
		fn deliveries_differ_in_everything_when_their_context_does(
			genesis: [u8; 32],
			licence: u64,
			version: u32,
		) {
			let other = Context { genesis: H256(genesis), licence, version };
			prop_assume!(other != context());
			let there = vault().seal(other, &buyer().key(), &identity()).unwrap();
			prop_assert_ne!(there.point, sealed().point);
			prop_assert_ne!(there.ciphertext, sealed().ciphertext);
		}

		#[test]
		fn somebody_else_reads_nothing(seed: [u8; 32]) {
			prop_assume!(seed != [4; 32]);
			let other = DeliverySecret::from_seed(seed);
			let opened = other.open(context(), &identity().recipient(), &sealed());
			prop_assert_eq!(opened.map(|_| ()), Err(OpenError::WrongKey));
		}
	}
}

mod complaints {
	use super::*;

	#[test]
	fn judge_upholds_a_complaint_about_a_wrong_key() {
		let wrong = wrongly_sealed();
		let complaint = buyer().complain(context(), &wrong).unwrap();
		assert_eq!(judged(&wrong, &complaint), Ok(Verdict::WrongKey));
	}

	#[test]
	fn judge_finds_a_right_key_right() {
		let complaint = buyer().complain(context(), &sealed()).unwrap();
		assert_eq!(judged(&sealed(), &complaint), Ok(Verdict::RightKey));
	}

	// Stock age makes identities with all of their bits at random.
	#[test]
	fn judge_finds_a_right_key_right_whatever_bits_clamping_drops() {
		for (first, last) in [(0x06, 0x06), (0x07, 0x46), (0x00, 0x86), (0x01, 0xc6)] {
			let mut file_key = *identity().bytes();
			(file_key[0], file_key[31]) = (first, last);
			let recipient = identity().recipient();
			assert_eq!(Identity::from_bytes(file_key).recipient(), recipient);
			let sealed = seal_anything(context(), &buyer().key(), &recipient, 99, &file_key);
			let complaint = buyer().complain(context(), &sealed).unwrap();
			assert_eq!(judged(&sealed, &complaint), Ok(Verdict::RightKey));
		}
	}

	#[test]
	fn judge_refuses_a_shared_point_that_is_malformed() {
		let complaint = buyer().complain(context(), &wrongly_sealed()).unwrap();
		for (shared, error) in bad_points() {
			let complaint = Complaint {
				shared,
				..complaint
			};
			assert_eq!(
				judged(&wrongly_sealed(), &complaint),
				Err(ComplaintError::Shared(error))
			);
		}
	}

	#[test]
	fn judge_refuses_a_key_or_point_that_is_malformed() {
		let (sealed, recipient) = (wrongly_sealed(), identity().recipient());
		let complaint = buyer().complain(context(), &sealed).unwrap();
		for (bad, error) in bad_points() {
			assert_eq!(
				judge(context(), &bad, &recipient, &sealed, &complaint),
				Err(ComplaintError::Key(error))
			);
			let sealed = SealedKey {
				point: bad,
				..sealed
			};
			assert_eq!(
				judged(&sealed, &complaint),
				Err(ComplaintError::Point(error))
			);
		}
	}

	#[test]
	fn judge_refuses_scalars_that_are_not_canonical() {
		let complaint = buyer().complain(context(), &wrongly_sealed()).unwrap();
		let expected = Err(ComplaintError::ScalarTooLarge);
		for scalar in [order(), [0xff; 32]] {
			let (mut challenge, mut response) = (complaint, complaint);
			challenge.challenge = scalar;
			response.response = scalar;
			assert_eq!(judged(&wrongly_sealed(), &challenge), expected);
			assert_eq!(judged(&wrongly_sealed(), &response), expected);
		}
	}

	// The same number in another form must not be another proof.
	#[test]
	fn judge_refuses_a_response_with_the_order_added() {
		let mut complaint = buyer().complain(context(), &wrongly_sealed()).unwrap();
		let mut carry = 0u16;
		for (byte, added) in complaint.response.iter_mut().zip(order()) {
			let sum = u16::from(*byte) + u16::from(added) + carry;
			*byte = (sum & 0xff) as u8;
			carry = sum >> 8;
		}
		assert_eq!(
			judged(&wrongly_sealed(), &complaint),
			Err(ComplaintError::ScalarTooLarge)
		);
	}

	#[test]
	fn judge_refuses_a_proof_of_another_delivery() {
		let (sealed, recipient) = (wrongly_sealed(), identity().recipient());
		let complaint = buyer().complain(context(), &sealed).unwrap();
		for other in [
			Context {
				genesis: H256([9; 32]),
				..context()
			},
			Context {
				licence: 9,
				..context()
			},
			Context {
				version: 9,
				..context()
			},
		] {
			assert_eq!(
				judge(other, &buyer().key(), &recipient, &sealed, &complaint),
				Err(ComplaintError::ProofInvalid)
			);
		}
	}

	#[test]
	fn judge_refuses_a_proof_of_another_buyer() {
		let sealed = wrongly_sealed();
		let other = DeliverySecret::from_seed([9; 32]);
		let complaint = other.complain(context(), &sealed).unwrap();
		assert_eq!(
			judged(&sealed, &complaint),
			Err(ComplaintError::ProofInvalid)
		);
	}

	#[test]
	fn judge_refuses_a_proof_of_another_point() {
		let complaint = buyer().complain(context(), &wrongly_sealed()).unwrap();
		let other = seal_anything(
			context(),
			&buyer().key(),
			&identity().recipient(),
			99,
			&[0; 32],
		);
		assert_eq!(
			judged(&other, &complaint),
			Err(ComplaintError::ProofInvalid)
		);
	}

	// A buyer who has a right key and would like its money back can choose any shared point, but
	// prove one only.
	#[test]
	fn judge_refuses_a_false_shared_point() {
		let honest = buyer().complain(context(), &sealed()).unwrap();
		let false_shared = group::encode(&group::times_generator(&Scalar::from(77u64)));
		let complaint = Complaint {
			shared: false_shared,
			..honest
		};
		assert_eq!(
			judged(&sealed(), &complaint),
			Err(ComplaintError::ProofInvalid)
		);
		// Nor with a proof that is made for the false point.
		let statement = Statement {
			context: context(),
			key: buyer().key(),
			point: sealed().point,
			shared: false_shared,
		};
		let nonce = Scalar::from(55u64);
		let point = group::decode(&sealed().point).unwrap();
		let challenge = statement.challenge(
			&group::times_generator(&nonce),
			&group::times(&nonce, &point),
		);
		let complaint = Complaint {
			shared: false_shared,
			challenge: challenge.to_bytes(),
			response: group::respond(&nonce, &challenge, &buyer().0).to_bytes(),
		};
		assert_eq!(
			judged(&sealed(), &complaint),
			Err(ComplaintError::ProofInvalid)
		);
	}

	#[test]
	fn judge_refuses_a_proof_of_zeros() {
		let complaint = buyer().complain(context(), &sealed()).unwrap();
		let zeros = Complaint {
			challenge: [0; 32],
			response: [0; 32],
			..complaint
		};
		assert_eq!(judged(&sealed(), &zeros), Err(ComplaintError::ProofInvalid));
	}

	proptest! {
		#[test]
		fn a_right_key_is_never_disputed_and_a_wrong_one_always_can_be(
			seed: [u8; 32],
			secret in 1u64..,
			identity: [u8; 32],
			file_key: [u8; 32],
			genesis: [u8; 32],
			licence: u64,
			version: u32,
		) {
			let context = Context { genesis: H256(genesis), licence, version };
			let buyer = DeliverySecret::from_seed(seed);
			let recipient = Identity::from_bytes(identity).recipient();
			for file_key in [identity, file_key] {
				let sealed = seal_anything(context, &buyer.key(), &recipient, secret, &file_key);
				let complaint = buyer.complain(context, &sealed).unwrap();
				let opens = Identity::from_bytes(file_key).recipient() == recipient;
				let expected = if opens { Verdict::RightKey } else { Verdict::WrongKey };
				prop_assert_eq!(
					judge(context, &buyer.key(), &recipient, &sealed, &complaint),
					Ok(expected)
				);
				prop_assert_eq!(buyer.open(context, &recipient, &sealed).is_ok(), opens);
			}
		}

		#[test]
		fn a_complaint_with_any_bit_changed_is_refused(place in 0usize..96, bit in 0u32..8) {
			let complaint = buyer().complain(context(), &wrongly_sealed()).unwrap();
			let mut encoded = complaint.encode();
			encoded[place] ^= 1 << bit;
			let changed = Complaint::decode(&mut &encoded[..]).unwrap();
			prop_assert!(judged(&wrongly_sealed(), &changed).is_err());
		}

		#[test]
		fn a_complaint_out_of_nothing_is_refused(
			shared: [u8; 32],
			challenge: [u8; 32],
			response: [u8; 32],
		) {
			let complaint = Complaint { shared, challenge, response };
			prop_assert!(judged(&wrongly_sealed(), &complaint).is_err());
		}
	}
}

mod texts {
	use super::*;

	const RECIPIENT: &str = "age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5";
	const IDENTITY: &str =
		"AGE-SECRET-KEY-1QCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5";

	fn refused(text: &str) -> RecipientError {
		Recipient::parse(text.as_bytes()).unwrap_err()
	}

	fn refused_identity(text: &str) -> TextError {
		Identity::parse(text.as_bytes()).unwrap_err().0
	}

	/// The text of any 32 bytes, which need not be a recipient.
	fn text_of(bytes: [u8; 32]) -> String {
		bech32::encode("age", &bytes).to_string()
	}

	#[test]
	fn lengths_are_what_they_are_said_to_be() {
		assert_eq!(RECIPIENT.len(), Recipient::TEXT);
		assert_eq!(IDENTITY.len(), 74);
	}

	#[test]
	fn parse_refuses_a_text_with_another_beginning() {
		for text in [
			"",
			"age",
			"AGE17KEDDES0J3M7XYXZNQK64FKFZDKPPZSHWLZEGLJY373H66QHG4TS85Z6F5",
			"age-plugin1qqqq",
			IDENTITY,
			" age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5",
			"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
		] {
			assert_eq!(
				refused(text),
				RecipientError::Text(TextError::WrongPrefix),
				"{text:?}"
			);
		}
	}

	#[test]
	fn parse_refuses_a_text_of_another_length() {
		for text in [
			"age1".to_string(),
			RECIPIENT[..61].to_string(),
			format!("{RECIPIENT}q"),
			format!("{RECIPIENT}\n"),
			format!("age1{}", "q".repeat(100_000)),
		] {
			assert_eq!(refused(&text), RecipientError::Text(TextError::WrongLength));
		}
	}

	#[test]
	fn parse_refuses_characters_that_are_not_in_bech32() {
		for character in ['1', 'b', 'i', 'o', 'K', '-', ' ', '\0'] {
			let text = RECIPIENT.replacen('k', &character.to_string(), 1);
			assert_eq!(
				refused(&text),
				RecipientError::Text(TextError::BadCharacter),
				"{text:?}"
			);
		}
	}

	#[test]
	fn parse_refuses_two_characters_that_changed_places() {
		assert_eq!(
			refused("age17kededs0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5"),
			RecipientError::Text(TextError::BadChecksum)
		);
	}

	// The same bytes, as BIP 350 would write them.
	#[test]
	fn parse_refuses_the_checksum_of_bech32m() {
		assert_eq!(
			refused("age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4tsjgjkvk"),
			RecipientError::Text(TextError::BadChecksum)
		);
	}

	// The last character before the checksum has four bits behind the 32 bytes; the checksums are right.
	#[test]
	fn parse_refuses_bits_behind_the_bytes() {
		for text in [
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4t36zk05x",
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4tj53re6e",
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4t5g7quxw",
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4tceqxkhf",
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4tlce3xkv",
		] {
			assert_eq!(
				refused(text),
				RecipientError::Text(TextError::BadPadding),
				"{text:?}"
			);
		}
	}

	#[test]
	fn parse_refuses_coordinates_that_are_not_canonical() {
		// 2^255 - 19 and all above it, with and without the highest bit.
		for first in 0xed..=0xff {
			for last in [0x7f, 0xff] {
				let mut bytes = [0xff; 32];
				(bytes[0], bytes[31]) = (first, last);
				assert_eq!(refused(&text_of(bytes)), RecipientError::NotCanonical);
			}
		}
		let mut high = *identity().recipient().as_bytes();
		high[31] |= 0x80;
		assert_eq!(refused(&text_of(high)), RecipientError::NotCanonical);
	}

	#[test]
	fn parse_takes_the_largest_coordinate_of_large_order() {
		let mut bytes = [0xff; 32];
		(bytes[0], bytes[31]) = (0xeb, 0x7f);
		assert_eq!(
			Recipient::parse(text_of(bytes).as_bytes()),
			Recipient::from_bytes(bytes)
		);
		assert!(Recipient::from_bytes(bytes).is_ok());
	}

	#[test]
	fn parse_refuses_points_of_low_order() {
		for text in [
			"0000000000000000000000000000000000000000000000000000000000000000",
			"0100000000000000000000000000000000000000000000000000000000000000",
			"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
			"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
			"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		] {
			let point = MontgomeryPoint(bytes(text));
			assert_eq!(point.mul_clamped([7; 32]).to_bytes(), [0; 32]);
			assert_eq!(refused(&text_of(point.0)), RecipientError::LowOrder);
		}
	}

	#[test]
	fn decode_refuses_what_is_not_a_recipient() {
		let recipient = identity().recipient();
		assert_eq!(
			Recipient::decode(&mut &recipient.encode()[..]),
			Ok(recipient)
		);
		assert!(Recipient::decode(&mut &[0u8; 32][..]).is_err());
		assert!(Recipient::decode(&mut &[0xffu8; 32][..]).is_err());
		assert!(Recipient::decode(&mut &[0x09u8; 31][..]).is_err());
	}

	#[test]
	fn parse_refuses_identities_that_are_malformed() {
		for (text, error) in [
			("", TextError::WrongPrefix),
			(RECIPIENT, TextError::WrongPrefix),
			("age-secret-key-1qcrqvps", TextError::WrongPrefix),
			(&IDENTITY[..73], TextError::WrongLength),
			(
				"AGE-SECRET-KEY-1qCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5",
				TextError::BadCharacter,
			),
			(
				"AGE-SECRET-KEY-1BCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5",
				TextError::BadCharacter,
			),
			(
				"AGE-SECRET-KEY-1QCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTUQ",
				TextError::BadChecksum,
			),
		] {
			assert_eq!(refused_identity(text), error, "{text:?}");
		}
	}

	#[test]
	fn every_error_says_something_of_its_own() {
		let texts: std::collections::BTreeSet<String> = [
			RecipientError::Text(TextError::WrongPrefix),
			RecipientError::Text(TextError::WrongLength),
			RecipientError::Text(TextError::BadCharacter),
			RecipientError::Text(TextError::BadChecksum),
			RecipientError::Text(TextError::BadPadding),
			RecipientError::NotCanonical,
			RecipientError::LowOrder,
		]
		.map(|error| error.to_string())
		.into();
		assert_eq!(texts.len(), 7);
	}

	proptest! {
		#[test]
		fn every_identity_survives_its_text(secret: [u8; 32]) {
			let identity = Identity::from_bytes(secret);
			let parsed = Identity::parse(identity.to_text().as_bytes()).unwrap();
			prop_assert_eq!(parsed.bytes(), &secret);
		}

		#[test]
		fn every_recipient_is_sound_and_survives_its_text(secret: [u8; 32]) {
			let recipient = Identity::from_bytes(secret).recipient();
			prop_assert_eq!(Recipient::from_bytes(*recipient.as_bytes()), Ok(recipient));
			prop_assert_eq!(recipient.to_text().parse::<Recipient>(), Ok(recipient));
		}

		#[test]
		fn parse_refuses_a_text_with_one_character_changed(
			place in 4usize..62,
			character in "[qpzry9x8gf2tvdw0s3jn54khce6mua7l]",
		) {
			let mut text = RECIPIENT.to_string();
			prop_assume!(text[place..=place] != character);
			text.replace_range(place..=place, &character);
			prop_assert_eq!(refused(&text), RecipientError::Text(TextError::BadChecksum));
		}

		#[test]
		fn a_text_is_taken_just_when_its_coordinate_is(coordinate: [u8; 32], small: bool) {
			let mut coordinate = coordinate;
			if small {
				coordinate[31] &= 0x7f;
			}
			let text = text_of(coordinate);
			let parsed = Recipient::parse(text.as_bytes());
			prop_assert_eq!(parsed, Recipient::from_bytes(coordinate));
			if let Ok(recipient) = parsed {
				prop_assert_eq!(recipient.to_text(), text);
			}
		}

		#[test]
		fn no_text_makes_a_reader_panic(text: Vec<u8>, data in "[a-z0-9]{0,60}") {
			prop_assert!(Recipient::parse(&text).is_err());
			prop_assert!(Identity::parse(&text).is_err());
			let text = format!("age1{data}");
			prop_assert!(Recipient::parse(text.as_bytes()).is_err());
		}
	}
}

#[test]
fn identity_of_files_follows_from_vault_and_root() {
	// Python: hmac.new(bytes([7] * 32), b"weighhouse/identity/v1" + bytes([9] * 32), "sha256")
	let expected = "b9fbc91b575e48112db1c204e9920f2d1ee69df6d1816f1da21fdce5f9f391f5";
	let identity = |vault, root| Vault::from_bytes([vault; 32]).identity([root; 32]);
	assert_eq!(hex::encode(identity(7, 9).bytes()), expected);
	assert_ne!(identity(7, 9).bytes(), identity(7, 8).bytes());
	assert_ne!(identity(7, 9).bytes(), identity(6, 9).bytes());
}
