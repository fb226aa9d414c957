use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	royalty::MAX_DIRECT, sealing::Identity, AnswerClass, Answers, ContentId, DerivativePolicy,
	Kind, Serving,
};

use crate::{mock::*, Error, Event, NextListing, Roots, Versions};

type E = Error<Test>;

#[test]
fn register_stores_what_was_given_and_holds_the_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Draft {
			kind: Kind::Adapter,
			..draft(7)
		}
		.register(ALICE));

		let listing = listing_of(1);
		assert_eq!(listing.owner, ALICE);
		assert_eq!(listing.kind, Kind::Adapter);
		assert_eq!(listing.name.as_slice(), b"digits");
		assert_eq!(listing.task.as_slice(), b"image-classification");
		assert_eq!(
			(listing.versions, listing.live_versions, listing.dependants),
			(1, 1, 0)
		);
		assert_eq!(listing.proposed_owner, None);

		let version = version_of(1, 1);
		assert_eq!(version.manifest, ContentId::raw([7; 32]));
		assert_eq!(version.artifact_root, root(7));
		assert_eq!(version.licence.as_slice(), b"Apache-2.0");
		assert_eq!(version.derivatives, DerivativePolicy::Royalty(0));
		assert_eq!(version.serving, Serving::Anyone);
		assert_eq!(version.answers, EXACT);
		assert!(version.parents.is_empty() && version.royalties.is_empty());
		assert_eq!((version.published, version.root_since), (1, 1));
		assert_eq!((version.yanked, version.children), (false, 0));

		// Two records; 101 bytes of listing but its text, 98 of version but its text, 124 of places.
		let text = (6 + 20) + 10;
		let deposit = 2 * PER_ITEM + PER_BYTE * (101 + 98 + 124 + text);
		assert_eq!(listing_deposit(&ALICE), deposit);
		assert_eq!(free(&ALICE), ENDOWMENT - deposit);
		assert_eq!(
			events(),
			[
				Event::Registered {
					listing: 1,
					owner: ALICE,
					kind: Kind::Adapter
				},
				Event::VersionPublished {
					listing: 1,
					version: 1,
					artifact_root: root(7),
					manifest: ContentId::raw([7; 32]),
					same_bytes_as: None,
				},
			]
		);
	});
}

#[test]
fn register_counts_numbers_up() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(registered(draft(1), ALICE), 1);
		assert_eq!(registered(draft(2), BOB), 2);
		assert_eq!(NextListing::<Test>::get(), 3);
	});
}

#[test]
fn register_accepts_every_form_of_a_content_id() {
	let raw = ContentId::raw([7; 32]);
	let forms = [
		"bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4",
		"ipfs://bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4",
		"  bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4\n",
		"zb2rhX7iGATVSB6WQRq9pragp5ktbw63VgqHCnEz7zQUnQCXg",
		"k2cwue8tpjs37zc2b2yfsft7quwan57nszxjge0mgy1uzo623h2j8emf",
	];
	ExtBuilder::default().build_and_execute(|| {
		for form in forms {
			let listing = registered(
				Draft {
					manifest: text(form),
					..draft(1)
				},
				ALICE,
			);
			assert_eq!(version_of(listing, 1).manifest, raw, "{form}");
		}
	});
}

#[test]
fn register_turns_an_old_content_id_into_a_new_one() {
	ExtBuilder::default().build_and_execute(|| {
		let old = text("QmNp5n7FFav5ZDaHAj6HzuhJ8LDbL1N6NRzAgT6piWS2Kx");
		let new = text("bafybeiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4");
		registered(
			Draft {
				manifest: old,
				..draft(1)
			},
			ALICE,
		);
		registered(
			Draft {
				manifest: new,
				..draft(2)
			},
			ALICE,
		);
		assert_eq!(version_of(1, 1).manifest, version_of(2, 1).manifest);
	});
}

#[test]
fn register_is_refused_when_the_content_id_is_bad() {
	let too_long = "b".repeat(ContentId::MAX_TEXT + 1);
	let cases = [
		("", E::CidEmpty),
		(" \n", E::CidEmpty),
		("ipfs://", E::CidEmpty),
		(too_long.as_str(), E::CidTooLong),
		("!!", E::CidMalformed),
		(
			"bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4/README.md",
			E::CidMalformed,
		),
		(
			"f015512200707070707070707070707070707070707070707070707070707070707070707",
			E::CidUnsupportedBase,
		),
		(
			"bajkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4",
			E::CidUnsupportedVersion,
		),
		(
			"bafyreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4",
			E::CidUnsupportedCodec,
		),
		(
			"bafkrmiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4",
			E::CidUnsupportedHash,
		),
		(
			"bafkrehyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyh",
			E::CidWrongDigestLength,
		),
		(
			"bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4aa",
			E::CidTrailingBytes,
		),
	];
	ExtBuilder::default().build_and_execute(|| {
		for (manifest, error) in cases {
			assert_noop!(
				Draft {
					manifest: text(manifest),
					..draft(1)
				}
				.register(ALICE),
				error
			);
		}
	});
}

#[test]
fn register_is_refused_when_the_name_is_bad() {
	let bytes = |bytes: &[u8]| bytes.to_vec().try_into().expect("fits an argument");
	let cases = [
		(text(""), E::NameMissing),
		(text(" \t "), E::NameMissing),
		(text(&"n".repeat(65)), E::NameTooLong),
		(text(&"é".repeat(33)), E::NameTooLong),
		(text("two\nlines"), E::NameMalformed),
		(text("\u{9b}31m"), E::NameMalformed),
		(text("\u{200b}"), E::NameMalformed),
		(text("dig\u{200b}its"), E::NameMalformed),
		(bytes(&[0xff, 0xfe]), E::NameMalformed),
	];
	ExtBuilder::default().build_and_execute(|| {
		for (name, error) in cases {
			assert_noop!(Draft { name, ..draft(1) }.register(ALICE), error);
		}
	});
}

#[test]
fn register_refuses_every_character_that_does_not_show_or_turns_the_text() {
	let hidden = ['\u{61c}', '\u{2060}', '\u{feff}'];
	let ranges = [
		'\u{200b}'..='\u{200f}',
		'\u{202a}'..='\u{202e}',
		'\u{2066}'..='\u{2069}',
	];
	ExtBuilder::default().build_and_execute(|| {
		for character in ranges.into_iter().flatten().chain(hidden) {
			let name = text(&format!("digits{character}7B"));
			assert_noop!(Draft { name, ..draft(1) }.register(ALICE), E::NameMalformed);
		}
	});
}

#[test]
fn register_accepts_names_in_every_script() {
	// The neighbours of what is refused, and text that runs from right to left by itself.
	let names = [
		"\u{200a}x\u{2010}",
		"a\u{2027}\u{202f}b",
		"x\u{206a}",
		"ספרות",
		"أرقام",
		"数字 7B",
	];
	ExtBuilder::default().build_and_execute(|| {
		for name in names {
			let name = text(name);
			assert_ok!(Draft { name, ..draft(1) }.register(ALICE));
		}
	});
}

#[test]
fn register_accepts_names_up_to_their_limit() {
	ExtBuilder::default().build_and_execute(|| {
		registered(
			Draft {
				name: text(&"é".repeat(32)),
				..draft(1)
			},
			ALICE,
		);
		registered(
			Draft {
				name: text("n"),
				..draft(2)
			},
			ALICE,
		);
		assert_eq!(listing_of(1).name.len(), 64);
	});
}

#[test]
fn register_is_refused_when_the_task_is_bad() {
	let cases = [
		("", E::TaskMissing),
		("abcdefghijklmnopqrstuvwxyz-012345", E::TaskTooLong),
		("Image-Classification", E::TaskMalformed),
		("image classification", E::TaskMalformed),
		("image_classification", E::TaskMalformed),
	];
	ExtBuilder::default().build_and_execute(|| {
		for (task, error) in cases {
			assert_noop!(
				Draft {
					task: text(task),
					..draft(1)
				}
				.register(ALICE),
				error
			);
		}
		assert_ok!(Draft {
			task: text("abcdefghijklmnopqrstuvwxyz-01234"),
			..draft(1)
		}
		.register(ALICE));
	});
}

#[test]
fn register_is_refused_when_the_licence_is_bad() {
	let too_long = "M".repeat(65);
	let cases = [
		("", E::LicenceMissing),
		("  ", E::LicenceMissing),
		(too_long.as_str(), E::LicenceTooLong),
		("MIT;", E::LicenceMalformed),
		("MIT\n", E::LicenceMalformed),
		(" MIT", E::LicenceMalformed),
		("Lizenz für alle", E::LicenceMalformed),
	];
	ExtBuilder::default().build_and_execute(|| {
		for (licence, error) in cases {
			assert_noop!(
				Draft {
					licence: text(licence),
					..draft(1)
				}
				.register(ALICE),
				error
			);
		}
		let expression = "(MIT OR Apache-2.0) AND DocumentRef-x:LicenseRef-y AND GPL-2.0+";
		assert_ok!(Draft {
			licence: text(expression),
			..draft(1)
		}
		.register(ALICE));
		assert_eq!(version_of(1, 1).licence.as_slice(), expression.as_bytes());
	});
}

#[test]
fn register_is_refused_when_the_root_is_zero() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Draft {
				artifact_root: H256::zero(),
				..draft(1)
			}
			.register(ALICE),
			E::RootMissing
		);
	});
}

#[test]
fn register_is_refused_when_answers_have_no_class_but_numbers() {
	let none = Answers::NONE;
	let cases = [
		Answers { tau: 1, ..none },
		Answers {
			max_latency_ms: 1,
			..none
		},
		Answers {
			input_limit: 1,
			..none
		},
	];
	ExtBuilder::default().build_and_execute(|| {
		for answers in cases {
			assert_noop!(
				Draft {
					answers,
					..draft(1)
				}
				.register(ALICE),
				E::AnswersUnexpected
			);
		}
		assert_ok!(Draft {
			answers: none,
			..draft(1)
		}
		.register(ALICE));
	});
}

#[test]
fn register_is_refused_when_answers_are_out_of_range() {
	let cases = [
		Answers { tau: 65, ..EXACT },
		Answers {
			max_latency_ms: 0,
			..EXACT
		},
		Answers {
			max_latency_ms: 1_200_001,
			..EXACT
		},
		Answers {
			input_limit: 0,
			..EXACT
		},
		Answers {
			input_limit: 16 * 1024 * 1024 + 1,
			..EXACT
		},
	];
	ExtBuilder::default().build_and_execute(|| {
		for answers in cases {
			assert_noop!(
				Draft {
					answers,
					..draft(1)
				}
				.register(ALICE),
				E::AnswersOutOfRange
			);
		}
	});
}

#[test]
fn register_accepts_answers_at_both_ends_of_their_range() {
	let least = Answers {
		class: AnswerClass::Tolerant,
		tau: 0,
		max_latency_ms: 1,
		input_limit: 1,
	};
	let most = Answers {
		class: AnswerClass::BitExact,
		tau: 64,
		max_latency_ms: 1_200_000,
		input_limit: 16 * 1024 * 1024,
	};
	ExtBuilder::default().build_and_execute(|| {
		for answers in [least, most] {
			let listing = registered(
				Draft {
					answers,
					..draft(1)
				},
				ALICE,
			);
			assert_eq!(version_of(listing, 1).answers, answers);
		}
	});
}

#[test]
fn register_is_refused_when_the_policy_asks_for_more_than_half() {
	ExtBuilder::default().build_and_execute(|| {
		for policy in [DerivativePolicy::Royalty, DerivativePolicy::Licensed] {
			assert_noop!(
				draft(1).policy(policy(MAX_DIRECT + 1)).register(ALICE),
				E::PolicyOverCap
			);
			assert_ok!(draft(1).policy(policy(MAX_DIRECT)).register(ALICE));
		}
	});
}

#[test]
fn register_is_refused_when_the_balance_does_not_cover_the_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(draft(1).register(POOR), E::BalanceTooLow);
	});
}

#[test]
fn register_is_refused_when_the_deposit_would_take_the_existential_deposit() {
	let deposit = 2 * PER_ITEM + PER_BYTE * (101 + 98 + 124 + 36);
	let enough = deposit + EXISTENTIAL_DEPOSIT;
	ExtBuilder::default()
		.endow(BOB, enough)
		.endow(CAROL, enough - 1)
		.build_and_execute(|| {
			assert_noop!(draft(1).register(CAROL), E::BalanceTooLow);
			assert_ok!(draft(1).register(BOB));
			assert_eq!(free(&BOB), EXISTENTIAL_DEPOSIT);
		});
}

#[test]
fn register_is_refused_when_numbers_are_used_up() {
	ExtBuilder::default().build_and_execute(|| {
		NextListing::<Test>::put(u32::MAX);
		assert_noop!(draft(1).register(ALICE), E::IdsExhausted);
	});
}

#[test]
fn register_is_refused_when_nobody_signed() {
	ExtBuilder::default().build_and_execute(|| {
		let Draft {
			name,
			task,
			manifest,
			licence,
			..
		} = draft(1);
		assert_noop!(
			Listings::register(
				RuntimeOrigin::none(),
				Kind::Model,
				name,
				task,
				manifest,
				root(1),
				licence,
				DerivativePolicy::Forbidden,
				Serving::Anyone,
				EXACT,
				Default::default(),
				None,
				None,
			),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn register_says_who_was_first_with_the_same_bytes() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		next_block();
		events();
		registered(draft(1), BOB);
		assert!(events().contains(&Event::VersionPublished {
			listing: 2,
			version: 1,
			artifact_root: root(1),
			manifest: ContentId::raw([1; 32]),
			same_bytes_as: Some((1, 1)),
		}));
		let first = Roots::<Test>::get(root(1)).expect("the root is known");
		assert_eq!((first.listing, first.version, first.since), (1, 1, 1));
	});
}

#[test]
fn register_keeps_whom_the_files_are_encrypted_to() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		assert_eq!(version_of(1, 1).sealed, None);
		let recipient = Identity::from_bytes([6; 32]).recipient();
		let sealed = Draft {
			recipient: Some(text(&recipient.to_text())),
			..draft(2)
		};
		registered(sealed, BOB);
		assert_eq!(version_of(2, 1).sealed, Some(recipient));
		// The deposit pays for the 32 bytes more.
		assert_eq!(
			listing_deposit(&BOB) - listing_deposit(&ALICE),
			32 * PER_BYTE
		);
	});
}

#[test]
fn register_is_refused_when_the_recipient_is_bad() {
	let cases = [
		("", E::RecipientPrefix),
		(
			"AGE-SECRET-KEY-1QCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5",
			E::RecipientPrefix,
		),
		(
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5\n",
			E::RecipientLength,
		),
		(
			"age17Keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5",
			E::RecipientCharacter,
		),
		(
			"age17kededs0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5",
			E::RecipientChecksum,
		),
		(
			"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4t36zk05x",
			E::RecipientPadding,
		),
		(
			"age17mlllllllllllllllllllllllllllllllllllllllllllllllalsxajvgg",
			E::RecipientNotCanonical,
		),
		(
			"age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z",
			E::RecipientLowOrder,
		),
	];
	ExtBuilder::default().build_and_execute(|| {
		for (recipient, error) in cases {
			let draft = Draft {
				recipient: Some(text(recipient)),
				..draft(1)
			};
			assert_noop!(draft.register(ALICE), error);
		}
	});
}

#[test]
fn register_decodes_text_that_is_a_little_too_long() {
	// So that it reaches its own error instead of failing to decode.
	let encoded = "n".repeat(256).encode();
	assert!(crate::TextArgument::decode(&mut &encoded[..]).is_ok());
	assert!(crate::TextArgument::decode(&mut &"n".repeat(257).encode()[..]).is_err());
}

#[test]
fn listings_do_not_share_storage() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(2), BOB);
		assert_eq!(Versions::<Test>::iter().count(), 2);
		assert_eq!(crate::Listings::<Test>::iter_values().count(), 2);
		assert_eq!((listing_of(1).owner, listing_of(2).owner), (ALICE, BOB));
	});
}
