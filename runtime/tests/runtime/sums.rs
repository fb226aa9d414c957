//! The sums over all pallets: that they hold when every kind of record exists, and that each fails
//! when it is broken.

use codec::{Decode, Encode};
use frame_support::{
	assert_ok,
	storage::with_transaction,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Preservation},
		ReservableCurrency,
	},
};
use pallet_listings::HoldReason;
use sp_core::{sr25519, Pair, H256};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{DispatchError, TransactionOutcome, TryRuntimeError};
use weighhouse_primitives::{
	inference::{signed_bytes, Access, Mode, KEY_DOMAIN},
	ListingRegistry, Term,
};
use weighhouse_runtime::{
	configs::proxies::ProxyType,
	constants::currency::{MILLI_WGH, WGH},
	reconcile::check,
	Balances, Inference, Licensing, Listings, Multisig, Preimage, Proxy, Reputation, Runtime,
	RuntimeHoldReason, Session, SessionKeys, System,
};

use crate::{
	campaigns,
	chain::{
		bytes, development, distilled, offer, publish_served, register, signed, ALICE, BOB,
		CHARLIE, DAVE,
	},
	delivery,
};

/// A market in which every pallet holds something: Alice's listing 1, of which Bob's listing 2 that
/// can be asked comes, sold, rated and asked once; a worker; campaign 1 with listing 3 as its dataset,
/// and campaign 2 with two raters; Bob's sealed listing 4, whose key Charlie waits for; and records of
/// the chain's own pallets.
fn busy() {
	let campaign = campaigns::settled();
	register(ALICE, "parent", vec![]);
	publish_served(BOB, "child", vec![distilled(1, 1, 100_000_000)]);
	assert_ok!(Listings::claim_root(signed(ALICE), H256::repeat_byte(7)));
	offer(BOB, 2, Term::Perpetual);
	offer(BOB, 2, Term::PerCall);
	assert_ok!(Licensing::buy(signed(CHARLIE), 2, 1));
	assert_ok!(Reputation::rate(signed(CHARLIE), 1, 50));
	assert_eq!(campaigns::give_dataset(campaign), 3);
	campaigns::joined(&[BOB, CHARLIE]);
	delivery::bought();

	let pair = sr25519::Pair::from_seed(&[1; 32]);
	let proof = signed_bytes(KEY_DOMAIN, System::block_hash(0), DAVE.to_account_id());
	assert_ok!(Inference::register_worker(
		signed(DAVE),
		pair.public().into(),
		pair.sign(&proof).into(),
		100 * WGH
	));
	assert_ok!(Inference::serve(signed(DAVE), 2, MILLI_WGH));
	assert_ok!(Inference::unbond(signed(DAVE), WGH));
	let input = "bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4";
	assert_ok!(Inference::request(
		signed(CHARLIE),
		2,
		1,
		Mode::QuorumOfThree,
		Access::Offer(2),
		MILLI_WGH,
		bytes(input).into_inner().try_into().unwrap(),
		H256::zero(),
	));

	assert_ok!(Preimage::note_preimage(signed(ALICE), b"later".to_vec()));
	let keys = SessionKeys::generate(&DAVE.to_account_id().encode(), None);
	assert_ok!(Session::set_keys(
		signed(DAVE),
		keys.keys,
		keys.proof.encode()
	));
	let (alice, bob) = (ALICE.to_account_id(), BOB.to_account_id());
	assert_ok!(Proxy::add_proxy(
		signed(ALICE),
		bob.clone().into(),
		ProxyType::Any,
		0
	));
	assert_ok!(Proxy::create_pure(signed(BOB), ProxyType::Agent, 0, 0));
	assert_ok!(Proxy::announce(
		signed(BOB),
		alice.clone().into(),
		H256::zero()
	));
	let mut others = [alice, bob];
	others.sort();
	assert_ok!(Multisig::approve_as_multi(
		signed(CHARLIE),
		2,
		others.to_vec(),
		None,
		[0; 32],
		Default::default()
	));
}

#[test]
fn sums_hold_when_every_kind_of_record_exists() {
	development(|| {
		busy();
		assert_ok!(check());
	});
}

/// What the check says after a damage, which is undone.
fn damaged(damage: impl FnOnce()) -> Result<(), TryRuntimeError> {
	with_transaction(|| {
		damage();
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(check()))
	})
	.unwrap()
}

/// Breaks a busy market and expects to be told how.
fn broken(damage: fn(), why: &'static str) {
	development(|| {
		busy();
		assert_eq!(damaged(damage), Err(TryRuntimeError::Other(why)));
	});
}

/// Each reason to hold money for ratings, campaigns and deliveries, with somebody of whom it is held.
fn held_for_ratings_campaigns_and_deliveries() -> [(RuntimeHoldReason, Sr25519Keyring); 9] {
	use pallet_delivery::HoldReason::{Bond, Delivery, Price};
	use pallet_feedback::HoldReason::{Budget, Campaign, Dividends, Place, Stake};
	use pallet_reputation::HoldReason::Rating;
	[
		(Rating.into(), CHARLIE),
		(Budget.into(), campaigns::SPONSOR),
		(Stake.into(), BOB),
		(Campaign.into(), campaigns::SPONSOR),
		(Place.into(), BOB),
		(Dividends.into(), campaigns::SPONSOR),
		(Bond.into(), delivery::SELLER),
		(Price.into(), delivery::BUYER),
		(Delivery.into(), delivery::BUYER),
	]
}

#[test]
fn sum_1_fails_when_money_appears() {
	broken(
		|| pallet_balances::TotalIssuance::<Runtime>::mutate(|total| *total += 1),
		"SUM-1: the issuance is not what the accounts own",
	);
}

#[test]
fn sum_2_fails_when_money_is_held_without_a_record() {
	broken(
		|| {
			let listing = HoldReason::Listing.into();
			assert_ok!(Balances::hold(&listing, &CHARLIE.to_account_id(), 1));
		},
		"SUM-2: what is held is not what the records say",
	);
}

#[test]
fn sum_2_fails_when_less_is_held_than_a_record_says() {
	broken(
		|| {
			let bond = pallet_inference::HoldReason::Bond.into();
			let released = Balances::release(&bond, &DAVE.to_account_id(), 1, Precision::Exact);
			assert_ok!(released, 1);
		},
		"SUM-2: what is held is not what the records say",
	);
}

#[test]
fn sum_2_fails_when_nothing_is_held_for_a_record() {
	broken(
		|| {
			let claim = HoldReason::RootClaim.into();
			let who = ALICE.to_account_id();
			assert!(Balances::release_all(&claim, &who, Precision::Exact).unwrap() > 0);
		},
		"SUM-2: a record says more than is held",
	);
}

#[test]
fn sum_2_fails_when_what_is_held_for_ratings_campaigns_or_deliveries_is_not_what_they_say() {
	let differs = Err(TryRuntimeError::Other(
		"SUM-2: what is held is not what the records say",
	));
	let missing = Err(TryRuntimeError::Other(
		"SUM-2: a record says more than is held",
	));
	development(|| {
		busy();
		for (reason, who) in held_for_ratings_campaigns_and_deliveries() {
			let who = who.to_account_id();
			let more = damaged(|| {
				assert_ok!(Balances::hold(&reason, &who, 1));
			});
			assert_eq!(more, differs, "{reason:?}");
			let less = damaged(|| {
				assert_ok!(Balances::release(&reason, &who, 1, Precision::Exact), 1);
			});
			assert_eq!(less, differs, "{reason:?}");
			let nothing = damaged(|| {
				let released = Balances::release_all(&reason, &who, Precision::Exact);
				assert!(released.unwrap() > 0);
			});
			assert_eq!(nothing, missing, "{reason:?}");
		}
	});
}

#[test]
fn sum_3_fails_when_less_is_reserved_than_proxies_and_multisigs_say() {
	broken(
		|| {
			assert_eq!(Balances::unreserve(&CHARLIE.to_account_id(), 1), 0);
		},
		"SUM-3: what is reserved without a name does not cover what proxies and multisigs say",
	);
}

#[test]
fn sum_4_fails_when_the_pot_is_one_unit_short() {
	broken(
		|| {
			use frame_support::traits::fungible::Mutate;
			let (pot, one) = (Licensing::pot(), Preservation::Preserve);
			let burned = Balances::burn_from(&pot, 1, one, Precision::Exact, Fortitude::Polite);
			assert_ok!(burned, 1);
		},
		"SUM-4: the pot does not cover what accrued",
	);
}

#[test]
fn sum_5_fails_when_a_listing_counts_a_dependant_that_is_not_there() {
	broken(
		|| assert_eq!(Listings::retain(1), Ok(())),
		"SUM-5: a listing miscounts what depends on it",
	);
}

#[test]
fn sum_5_fails_when_the_listing_of_an_open_job_is_gone() {
	broken(
		|| {
			let record = pallet_listings::Listings::<Runtime>::take(2).unwrap();
			let who = BOB.to_account_id();
			let amount = u128::decode(&mut &record.ticket.encode()[..]).unwrap();
			let reason = HoldReason::Listing.into();
			assert!(Balances::release(&reason, &who, amount, Precision::Exact).unwrap() > 0);
			assert!(record.dependants > 0);
		},
		"SUM-5: something depends on a listing that does not exist",
	);
}

#[test]
fn sum_6_fails_when_a_licence_is_off_sale_that_nobody_buys() {
	broken(
		|| {
			use pallet_licensing::Reservations;
			let (licence, sale) = Reservations::<Runtime>::iter().next().unwrap();
			Reservations::<Runtime>::remove(licence);
			Reservations::<Runtime>::insert(licence + 1, sale);
		},
		"SUM-6: the licences off sale are not those whose keys are being sold",
	);
}
