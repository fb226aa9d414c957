use super::*;
use alloc::{
	format,
	string::{String, ToString},
	vec,
	vec::Vec,
};
use proptest::prelude::*;

/// The empty block, as JS multiformats 14 writes it.
const EMPTY_RAW: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
/// The empty UnixFS folder.
const FOLDER_V0: &str = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn";
const FOLDER_V1: &str = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";

fn header_and(digest: &[u8], header: &[u8]) -> Vec<u8> {
	[header, digest].concat()
}

fn text_of(bytes: &[u8]) -> String {
	multibase::encode(Base::Base32Lower, bytes)
}

fn verdict(header: &[u8], digest_length: usize) -> Result<ContentId, ContentIdError> {
	ContentId::parse(text_of(&header_and(&vec![7; digest_length], header)).as_bytes())
}

#[test]
fn parse_gives_the_digest_when_text_is_a_raw_block() {
	let id = ContentId::parse(EMPTY_RAW.as_bytes()).unwrap();
	assert_eq!(id, ContentId::of_raw_block(b""));
	assert_eq!(id.to_text(), EMPTY_RAW);
}

#[test]
fn parse_gives_version_one_when_text_is_version_zero() {
	let id = ContentId::parse(FOLDER_V0.as_bytes()).unwrap();
	assert_eq!(id.codec, Codec::DagPb);
	assert_eq!(id.to_text(), FOLDER_V1);
	assert_eq!(ContentId::parse(FOLDER_V1.as_bytes()), Ok(id));
}

#[test]
fn parse_takes_text_as_pasted_when_scheme_or_white_space_surround_it() {
	let expected = ContentId::of_raw_block(b"");
	for pasted in [
		format!("ipfs://{EMPTY_RAW}"),
		format!(" \t{EMPTY_RAW}\r\n"),
		format!("\nipfs://{EMPTY_RAW} "),
	] {
		assert_eq!(
			ContentId::parse(pasted.as_bytes()),
			Ok(expected),
			"{pasted:?}"
		);
	}
}

#[test]
fn parse_takes_base32_when_letters_are_upper_case_or_padded() {
	let expected = ContentId::of_raw_block(b"");
	let upper = format!("b{}", EMPTY_RAW[1..].to_uppercase());
	assert_eq!(ContentId::parse(upper.as_bytes()), Ok(expected));
	assert_eq!(
		ContentId::parse(format!("{EMPTY_RAW}==").as_bytes()),
		Ok(expected)
	);
}

#[test]
fn parse_takes_bytes_when_they_are_a_whole_version_one_id() {
	// A digest that ends in white space must not be trimmed.
	let id = ContentId {
		codec: Codec::DagPb,
		digest: [b'\n'; 32],
	};
	assert_eq!(ContentId::parse(&id.to_bytes()), Ok(id));
	assert_eq!(
		ContentId::parse(&id.to_bytes()[..35]),
		Err(ContentIdError::WrongDigestLength)
	);
	let longer = header_and(&[0], &id.to_bytes());
	assert_eq!(
		ContentId::parse(&longer),
		Err(ContentIdError::TrailingBytes)
	);
}

#[test]
fn parse_refuses_when_there_is_no_text() {
	for nothing in ["", " ", "\n\t", "ipfs://", " ipfs:// "] {
		assert_eq!(
			ContentId::parse(nothing.as_bytes()),
			Err(ContentIdError::Empty),
			"{nothing:?}"
		);
	}
}

#[test]
fn parse_refuses_when_text_is_one_byte_over_the_limit() {
	let spaces = " ".repeat(ContentId::MAX_TEXT - EMPTY_RAW.len());
	let longest = format!("{EMPTY_RAW}{spaces}");
	assert_eq!(
		ContentId::parse(longest.as_bytes()),
		Ok(ContentId::of_raw_block(b""))
	);
	let longer = format!("{longest} ");
	assert_eq!(
		ContentId::parse(longer.as_bytes()),
		Err(ContentIdError::TooLong)
	);
}

#[test]
fn parse_refuses_when_text_is_no_multibase() {
	for text in [
		"hello world".replace('h', "x"),
		"é".to_string(),
		format!("{EMPTY_RAW}/config.json"),
		format!("{EMPTY_RAW}/"),
		format!("/ipfs/{EMPTY_RAW}"),
		format!("ipfs://ipfs://{EMPTY_RAW}"),
		EMPTY_RAW[..58].to_string(),
		FOLDER_V0.replace('U', "0"),
		format!("{FOLDER_V0}é"),
		"b".to_string(),
		"z".to_string(),
		"k".to_string(),
	] {
		assert_eq!(
			ContentId::parse(text.as_bytes()),
			Err(ContentIdError::Malformed),
			"{text:?}"
		);
	}
	assert_eq!(
		ContentId::parse(&[0xff, 0xfe]),
		Err(ContentIdError::Malformed)
	);
}

#[test]
fn parse_refuses_when_base_is_not_one_that_clients_read() {
	let bytes = ContentId::of_raw_block(b"").to_bytes();
	for base in [
		Base::Base16Lower,
		Base::Base32Upper,
		Base::Base32PadLower,
		Base::Base36Upper,
		Base::Base58Flickr,
		Base::Base64,
		Base::Base64Url,
	] {
		let text = multibase::encode(base, bytes);
		let verdict = ContentId::parse(text.as_bytes());
		assert_eq!(verdict, Err(ContentIdError::UnsupportedBase), "{text}");
	}
}

#[test]
fn parse_refuses_when_version_is_foreign() {
	for version in [0, 2, 3, 0x11, 0x13, 0x81] {
		let verdict = verdict(&[version, RAW, SHA2_256, 32], 32);
		assert_eq!(
			verdict,
			Err(ContentIdError::UnsupportedVersion),
			"{version}"
		);
	}
}

#[test]
fn parse_refuses_when_version_zero_has_a_multibase_prefix() {
	let version_zero = header_and(&[7; 32], &[SHA2_256, 32]);
	for base in [Base::Base58Btc, Base::Base36Lower, Base::Base32Lower] {
		let text = multibase::encode(base, &version_zero);
		let verdict = ContentId::parse(text.as_bytes());
		assert_eq!(verdict, Err(ContentIdError::UnsupportedVersion), "{text}");
	}
}

#[test]
fn parse_refuses_when_codec_is_foreign() {
	for codec in [0x00, 0x51, 0x71, 0x72, 0xa9] {
		let verdict = verdict(&[1, codec, SHA2_256, 32], 32);
		assert_eq!(verdict, Err(ContentIdError::UnsupportedCodec), "{codec}");
	}
	// 0x0129, dag-json, as a varint of two bytes.
	let dag_json = verdict(&[1, 0xa9, 0x02, SHA2_256, 32], 32);
	assert_eq!(dag_json, Err(ContentIdError::UnsupportedCodec));
}

#[test]
fn parse_refuses_when_hash_is_foreign() {
	// identity, sha1, sha2-512, sha3-256, blake2b-256
	for hash in [&[0x00][..], &[0x11], &[0x13], &[0x16], &[0xa0, 0xe4, 0x02]] {
		let header = [&[1, RAW][..], hash, &[32]].concat();
		assert_eq!(
			verdict(&header, 32),
			Err(ContentIdError::UnsupportedHash),
			"{hash:?}"
		);
	}
}

#[test]
fn parse_refuses_when_digest_is_not_thirty_two_bytes() {
	for (declared, present) in [
		(20, 20),
		(31, 31),
		(33, 33),
		(64, 64),
		(32, 31),
		(32, 0),
		(0xa0, 32),
	] {
		let verdict = verdict(&[1, RAW, SHA2_256, declared], present);
		assert_eq!(
			verdict,
			Err(ContentIdError::WrongDigestLength),
			"{declared} {present}"
		);
	}
}

#[test]
fn parse_refuses_when_bytes_follow_the_digest() {
	let verdict = verdict(&[1, RAW, SHA2_256, 32], 33);
	assert_eq!(verdict, Err(ContentIdError::TrailingBytes));
}

#[test]
fn parse_refuses_when_header_is_cut_short() {
	let whole = [1, RAW, SHA2_256, 32];
	for length in 1..4 {
		let text = text_of(&whole[..length]);
		assert_eq!(
			ContentId::parse(text.as_bytes()),
			Err(ContentIdError::Malformed),
			"{length}"
		);
	}
}

#[test]
fn content_id_encodes_to_thirty_three_bytes() {
	let id = ContentId::of_raw_block(b"weights");
	assert_eq!(id.encoded_size(), 33);
	assert_eq!(ContentId::max_encoded_len(), 33);
	assert_eq!(ContentId::decode(&mut &id.encode()[..]), Ok(id));
}

#[test]
fn content_id_is_text_in_json() {
	let id = ContentId::of_raw_block(b"");
	assert_eq!(
		serde_json::to_string(&id).unwrap(),
		format!("\"{EMPTY_RAW}\"")
	);
	assert_eq!(
		serde_json::from_str::<ContentId>(&format!("\"{EMPTY_RAW}\"")).unwrap(),
		id
	);
	let error = serde_json::from_str::<ContentId>("\"nonsense\"")
		.unwrap_err()
		.to_string();
	assert!(
		error.contains("bafkrei"),
		"says what would be right: {error}"
	);
}

fn any_id() -> impl Strategy<Value = ContentId> {
	(any::<bool>(), any::<[u8; 32]>()).prop_map(|(raw, digest)| ContentId {
		codec: if raw { Codec::Raw } else { Codec::DagPb },
		digest,
	})
}

/// The same question asked of the `cid` crate, which takes more than Weighhouse does and does not
/// look behind the digest.
fn cid_crate_verdict(bytes: &[u8]) -> Option<ContentId> {
	let cid = cid::CidGeneric::<64>::read_bytes(bytes).ok()?;
	let codec = Codec::from_code(u8::try_from(cid.codec()).ok()?)?;
	let hash = cid.hash();
	let whole = cid.encoded_len() == bytes.len() && hash.code() == u64::from(SHA2_256);
	let digest = hash.digest().try_into().ok()?;
	(whole && cid.version() == cid::Version::V1).then_some(ContentId { codec, digest })
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn every_base_reads_back_to_the_same_id(id in any_id()) {
		for base in [Base::Base32Lower, Base::Base36Lower, Base::Base58Btc] {
			let text = multibase::encode(base, id.to_bytes());
			prop_assert_eq!(ContentId::parse(text.as_bytes()), Ok(id));
		}
		prop_assert_eq!(id.to_text().parse::<ContentId>(), Ok(id));
		prop_assert_eq!(ContentId::parse(&id.to_bytes()), Ok(id));
	}

	#[test]
	fn version_zero_reads_as_dag_pb(digest: [u8; 32]) {
		let text = Base::Base58Btc.encode(header_and(&digest, &[SHA2_256, 32]));
		let id = ContentId::parse(text.as_bytes());
		prop_assert_eq!(id, Ok(ContentId { codec: Codec::DagPb, digest }));
	}

	#[test]
	fn mutated_bytes_are_judged_as_the_cid_crate_judges_them(
		id in any_id(),
		at in 0_usize..37,
		byte: u8,
		how in 0_u8..3,
	) {
		let mut bytes = id.to_bytes().to_vec();
		let at = at.min(bytes.len() - 1);
		match how {
			0 => bytes[at] = byte,
			1 => bytes.insert(at, byte),
			_ => { bytes.remove(at); },
		}
		let ours = ContentId::parse(text_of(&bytes).as_bytes()).ok();
		prop_assert_eq!(ours, cid_crate_verdict(&bytes));
	}

	#[test]
	fn mutated_text_never_panics_and_stays_canonical(
		id in any_id(),
		base in 0_usize..3,
		at in 0_usize..60,
		replacement: char,
	) {
		let base = [Base::Base32Lower, Base::Base36Lower, Base::Base58Btc][base];
		let mut text: Vec<char> = multibase::encode(base, id.to_bytes()).chars().collect();
		let at = at % text.len();
		text[at] = replacement;
		let text: String = text.into_iter().collect();
		if let Ok(read) = ContentId::parse(text.as_bytes()) {
			prop_assert_eq!(ContentId::parse(read.to_text().as_bytes()), Ok(read));
		}
	}

	#[test]
	fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..140)) {
		if let Ok(read) = ContentId::parse(&bytes) {
			prop_assert_eq!(ContentId::parse(read.to_text().as_bytes()), Ok(read));
		}
	}
}
