//! Sizes and layouts that clients and deposits rely on.

use codec::{Encode, MaxEncodedLen};
use weighhouse_primitives::{sealing::Identity, Codec, ContentId, DerivativePolicy, Serving};

use crate::{mock::*, EarliestVersion, ListingOf, Precedence, RootClaimOf, Version, VersionOf};

fn bare() -> VersionOf<Test> {
	Version {
		manifest: ContentId {
			codec: Codec::DagPb,
			digest: [7; 32],
		},
		artifact_root: root(8),
		licence: Default::default(),
		derivatives: DerivativePolicy::Licensed(u32::MAX),
		serving: Serving::Licensed,
		answers: EXACT,
		parents: Default::default(),
		royalties: Default::default(),
		published: 0x0403_0201,
		root_since: 0x0807_0605,
		yanked: true,
		children: 0x0c0b_0a09,
		sealed: None,
	}
}

#[test]
fn a_version_without_parents_and_text_takes_98_bytes() {
	let version = bare();
	assert_eq!(version.encoded_size(), 98);
	assert!(version.encoded_size() <= 180, "the goal of the design");
}

#[test]
fn a_version_keeps_its_size_over_its_life() {
	// Its part of the deposit is computed again when it is removed.
	let (young, old) = (
		bare(),
		Version {
			yanked: false,
			children: 0,
			..bare()
		},
	);
	assert_eq!(young.encoded_size(), old.encoded_size());
}

#[test]
fn a_version_is_laid_out_as_clients_read_it() {
	let mut expected = vec![1];
	expected.extend([7; 32]);
	expected.extend([8; 32]);
	expected.push(0);
	expected.extend([2, 0xff, 0xff, 0xff, 0xff]);
	expected.push(1);
	expected.extend([1, 8, 0xd0, 0x07, 0, 0, 0, 0x10, 0, 0]);
	expected.extend([0, 0]);
	expected.extend([1, 2, 3, 4, 5, 6, 7, 8, 1, 9, 10, 11, 12]);
	let unsealed = [&expected[..], &[0]].concat();
	assert_eq!(bare().encode(), unsealed);
	let recipient = Identity::from_bytes([6; 32]).recipient();
	let sealed = Version {
		sealed: Some(recipient),
		..bare()
	};
	let expected = [&expected[..], &[1], recipient.as_bytes()].concat();
	assert_eq!(sealed.encode(), expected);
}

#[test]
fn records_have_the_largest_sizes_that_deposits_count_with() {
	assert_eq!(ListingOf::<Test>::max_encoded_len(), 101 + 64 + 32);
	assert_eq!(RootClaimOf::<Test>::max_encoded_len(), 20);
	assert_eq!(EarliestVersion::<u32>::max_encoded_len(), 12);
	assert_eq!(Precedence::max_encoded_len(), 16);
	assert_eq!(
		VersionOf::<Test>::max_encoded_len(),
		98 + 64 + 8 * 13 + 16 * 8 + 33
	);
}

#[test]
fn precedence_is_big_endian() {
	let rank = Precedence::new(0x0102_0304_u32, 0x0506_0708, 0x090a_0b0c);
	assert_eq!(
		rank.encode(),
		[0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
	);
}
