use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use sp_core::H256;
use sp_runtime::traits::Dispatchable;

use crate::{
	mock::*, Call, EarliestVersion, Error, Event, Precedence, RootClaims, RootOrder, Roots,
};

type E = Error<Test>;

const SALT: H256 = H256([9; 32]);

fn claim(seed: u8, who: AccountId) -> H256 {
	let commitment = Listings::commitment(root(seed), &who, SALT);
	assert_ok!(Listings::claim_root(signed(who), commitment));
	commitment
}

fn opening(seed: u8) -> Draft {
	Draft {
		claim_salt: Some(SALT),
		..draft(seed)
	}
}

fn first(seed: u8) -> Option<(u32, u32, u32)> {
	Roots::<Test>::get(root(seed)).map(
		|EarliestVersion {
		     listing,
		     version,
		     since,
		 }| (listing, version, since),
	)
}

#[test]
fn commitment_is_what_sha256sum_says_of_root_account_and_salt() {
	// printf of 32 x 01, 32 x 02, 32 x 03 as raw bytes, piped into sha256sum.
	let expected = "8a2e491356cfdb05a1d13785e0794d7cd163f91af79a146c976b1d2ac643b679";
	let commitment = Listings::commitment(root(1), &BOB, H256([3; 32]));
	assert_eq!(format!("{commitment:?}"), format!("0x{expected}"));
}

#[test]
fn claim_root_notes_block_with_deposit() {
	ExtBuilder::default().build_and_execute(|| {
		next_block();
		let commitment = claim(1, ALICE);
		let noted = RootClaims::<Test>::get(ALICE, commitment).expect("the claim stands");
		assert_eq!(noted.block, 2);
		assert_eq!(claim_deposit(&ALICE), CLAIM_PRICE);
		assert_eq!(free(&ALICE), ENDOWMENT - CLAIM_PRICE);
		assert_eq!(
			events(),
			[Event::RootClaimed {
				commitment,
				account: ALICE
			}]
		);
	});
}

#[test]
fn claim_root_is_refused_when_the_account_made_it_before() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = claim(1, ALICE);
		next_block();
		assert_noop!(
			Listings::claim_root(signed(ALICE), commitment),
			E::ClaimExists
		);
	});
}

#[test]
fn claim_root_is_not_blocked_by_somebody_who_copied_it() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = Listings::commitment(root(1), &ALICE, SALT);
		assert_ok!(Listings::claim_root(signed(BOB), commitment));
		assert_ok!(Listings::claim_root(signed(ALICE), commitment));
		next_block();
		assert_noop!(opening(1).register(BOB), E::UnknownClaim);
		assert_ok!(opening(1).register(ALICE));
	});
}

#[test]
fn claim_root_is_refused_when_the_balance_does_not_cover_the_deposit() {
	let short = CLAIM_PRICE + EXISTENTIAL_DEPOSIT - 1;
	ExtBuilder::default()
		.endow(BOB, short)
		.build_and_execute(|| {
			assert_noop!(Listings::claim_root(signed(BOB), root(1)), E::BalanceTooLow);
		});
}

#[test]
fn release_claim_gives_the_deposit_back() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = claim(1, ALICE);
		events();
		assert_ok!(Listings::release_claim(signed(ALICE), commitment));
		assert!(!RootClaims::<Test>::contains_key(ALICE, commitment));
		assert_eq!(free(&ALICE), ENDOWMENT);
		assert_eq!(
			events(),
			[Event::ClaimReleased {
				commitment,
				account: ALICE
			}]
		);
	});
}

#[test]
fn release_claim_is_refused_when_the_account_made_no_such_claim() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = claim(1, ALICE);
		assert_noop!(
			Listings::release_claim(signed(BOB), commitment),
			E::UnknownClaim
		);
		assert_noop!(
			Listings::release_claim(signed(ALICE), root(1)),
			E::UnknownClaim
		);
	});
}

#[test]
fn register_counts_from_the_block_of_the_claim_it_opens() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = claim(1, ALICE);
		next_block();
		registered(draft(1), BOB);
		next_block();
		events();

		assert_ok!(opening(1).register(ALICE));

		assert_eq!(first(1), Some((2, 1, 1)));
		assert_eq!(
			(version_of(2, 1).published, version_of(2, 1).root_since),
			(3, 1)
		);
		assert!(!RootClaims::<Test>::contains_key(ALICE, commitment));
		assert_eq!(claim_deposit(&ALICE), 0);
		let events = events();
		assert_eq!(
			events[0],
			Event::ClaimReleased {
				commitment,
				account: ALICE
			}
		);
		assert!(matches!(
			events[2],
			Event::VersionPublished {
				same_bytes_as: None,
				..
			}
		));
	});
}

#[test]
fn add_version_opens_a_claim_too() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		claim(2, ALICE);
		next_block();
		assert_ok!(opening(2).add_to(ALICE, 1));
		assert_eq!(first(2), Some((1, 2, 1)));
		assert_eq!(claim_deposit(&ALICE), 0);
	});
}

#[test]
fn register_leaves_the_first_in_place_when_the_claim_is_later() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), BOB);
		next_block();
		claim(1, ALICE);
		next_block();
		events();
		assert_ok!(opening(1).register(ALICE));
		assert_eq!(first(1), Some((1, 1, 1)));
		assert!(matches!(
			events()[..],
			[
				_,
				_,
				Event::VersionPublished {
					same_bytes_as: Some((1, 1)),
					..
				}
			]
		));
	});
}

#[test]
fn register_is_refused_when_the_claim_is_of_the_same_block() {
	ExtBuilder::default().build_and_execute(|| {
		claim(1, ALICE);
		assert_noop!(opening(1).register(ALICE), E::ClaimTooRecent);
		next_block();
		assert_ok!(opening(1).register(ALICE));
	});
}

#[test]
fn register_is_refused_when_root_or_salt_differ_from_the_claim() {
	ExtBuilder::default().build_and_execute(|| {
		claim(1, ALICE);
		next_block();
		assert_noop!(opening(2).register(ALICE), E::UnknownClaim);
		let other_salt = Draft {
			claim_salt: Some(root(8)),
			..draft(1)
		};
		assert_noop!(other_salt.register(ALICE), E::UnknownClaim);
	});
}

#[test]
fn register_is_refused_when_the_claim_was_used_before() {
	ExtBuilder::default().build_and_execute(|| {
		claim(1, ALICE);
		next_block();
		assert_ok!(opening(1).register(ALICE));
		assert_noop!(opening(1).register(ALICE), E::UnknownClaim);
	});
}

#[test]
fn register_leaves_the_claim_alone_when_no_salt_is_given() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = claim(1, ALICE);
		next_block();
		registered(draft(1), ALICE);
		assert_eq!(first(1), Some((1, 1, 2)));
		assert!(RootClaims::<Test>::contains_key(ALICE, commitment));
	});
}

#[test]
fn register_takes_back_the_use_of_a_claim_when_the_deposit_is_too_high() {
	ExtBuilder::default().build_and_execute(|| {
		let commitment = claim(1, POOR);
		next_block();
		let Draft {
			kind,
			name,
			task,
			manifest,
			artifact_root,
			licence,
			..
		} = draft(1);
		let call = RuntimeCall::Listings(Call::register {
			kind,
			name,
			task,
			manifest,
			artifact_root,
			licence,
			derivatives: draft(1).derivatives,
			serving: draft(1).serving,
			answers: EXACT,
			parents: Default::default(),
			claim_salt: Some(SALT),
			recipient: None,
		});
		assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
		let refused = call
			.dispatch(signed(POOR))
			.expect_err("the deposit is too high");
		assert_eq!(refused.error, E::BalanceTooLow.into());
		assert!(RootClaims::<Test>::contains_key(POOR, commitment));
		assert_eq!(claim_deposit(&POOR), CLAIM_PRICE);
	});
}

#[test]
fn register_pays_with_the_deposit_of_the_claim_that_it_opens() {
	let needed = 2 * PER_ITEM + PER_BYTE * (101 + 98 + 124 + 36) + EXISTENTIAL_DEPOSIT;
	ExtBuilder::default()
		.endow(BOB, needed)
		.build_and_execute(|| {
			claim(1, BOB);
			next_block();
			assert_ok!(opening(1).register(BOB));
			assert_eq!(free(&BOB), EXISTENTIAL_DEPOSIT);
		});
}

#[test]
fn the_lower_listing_is_first_when_two_are_known_since_the_same_block() {
	ExtBuilder::default().build_and_execute(|| {
		registered(draft(1), ALICE);
		registered(draft(1), BOB);
		assert_eq!(first(1), Some((1, 1, 1)));
		assert_ok!(draft(1).add_to(ALICE, 1));
		assert_eq!(first(1), Some((1, 1, 1)));
	});
}

#[test]
fn precedence_sorts_by_block_then_listing_then_version() {
	let ranks = [
		Precedence::new(1_u32, 1, 1),
		Precedence::new(1_u32, 1, 256),
		Precedence::new(1_u32, 2, 1),
		Precedence::new(1_u32, 256, 1),
		Precedence::new(2_u32, 1, 1),
		Precedence::new(256_u32, 1, 1),
		Precedence::new(u32::MAX, u32::MAX, u32::MAX),
	];
	assert!(ranks.is_sorted_by(|a, b| a < b));
	assert_eq!(ranks[3].holder(), (256, 1));
	assert_eq!(ranks[1].holder(), (1, 256));
}

#[test]
fn storage_keeps_ranks_in_order_whatever_the_order_of_publication() {
	ExtBuilder::default().build_and_execute(|| {
		// Claims of blocks 300 down to 255, so that a little-endian key would sort otherwise.
		for block in [300_u32, 255, 256, 299] {
			System::set_block_number(block);
			let salt = H256::from_low_u64_be(u64::from(block));
			let commitment = Listings::commitment(root(1), &ALICE, salt);
			assert_ok!(Listings::claim_root(signed(ALICE), commitment));
		}
		System::set_block_number(400);
		for block in [300_u32, 255, 256, 299] {
			let salt = H256::from_low_u64_be(u64::from(block));
			registered(
				Draft {
					claim_salt: Some(salt),
					..draft(1)
				},
				ALICE,
			);
		}
		let order: Vec<_> = RootOrder::<Test>::iter_key_prefix(root(1))
			.map(|rank| rank.holder().0)
			.collect();
		assert_eq!(order, [2, 3, 4, 1]);
		assert_eq!(first(1), Some((2, 1, 255)));
	});
}
