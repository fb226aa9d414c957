//! Workers: becoming one, bonding, serving, leaving, and who of them can be drawn.

use crate::{
	crypto::{key_hash, WorkerSignature},
	mock::*,
	*,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Mutate, LockableCurrency, WithdrawReasons},
};
use sp_core::{Pair, H256};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};
use weighhouse_primitives::{
	inference::{signed_bytes, Mode, Round, COMMIT_DOMAIN, KEY_DOMAIN},
	market::{Answers, Rights, Serving},
	ListingId, PARTS,
};

/// A version that only `serving` may serve.
fn served_by(serving: Serving) -> MockVersion {
	MockVersion { serving, ..EXACT }
}

/// A licence of listing 1 that gives `rights` over its first version.
fn license(licence: u64, holder: &AccountId, rights: Rights) {
	Calls::grant(
		licence,
		MockLicence {
			holder: holder.clone(),
			listing: 1,
			versions: (1, 1),
			rights,
			calls_left: None,
		},
	);
}

/// Carol as a worker with [`BOND`].
fn carol_works() {
	assert_ok!(register(&CAROL, BOND));
}

fn serve(who: &AccountId, listing: ListingId, min_reward: u128) -> sp_runtime::DispatchResult {
	Inference::serve(signed(who.clone()), listing, min_reward)
}

/// Who serves `listing` for how much, in the order of the list.
fn asks(listing: ListingId) -> Vec<(AccountId, u128)> {
	Asks::<Test>::get(listing)
		.into_iter()
		.map(|ask| (ask.worker, ask.min_reward.now))
		.collect()
}

/// A job whose panel of three is drawn from five workers of listing 1.
fn open_job() -> (u64, Vec<AccountId>) {
	enlisted(plain_listing(), 5);
	let id = asked(ASKING);
	(id, drawn(id, Round::Main))
}

// ---- register_worker ----

#[test]
fn register_worker_holds_bond_with_deposit() {
	run(|| {
		at(7);
		assert_ok!(register(&CAROL, BOND));

		let key = key_of(&pair_of(&CAROL));
		let record = record_of(&CAROL);
		assert_eq!(record.key, key);
		assert_eq!((record.bond, record.reserved), (BOND, 0));
		assert!(record.unbonding.is_empty());
		assert_eq!(record.availability, Held::new(Availability::Active, 7));
		assert_eq!((record.silences, record.seen, record.served), (0, 7, 0));
		assert_eq!(KeyOwners::<Test>::get(&key), Some(CAROL));
		assert_eq!(held(&CAROL, HoldReason::Bond), BOND);
		assert_eq!(held(&CAROL, HoldReason::Worker), worker_deposit());
		assert_eq!(free(&CAROL), ENDOWMENT - BOND - worker_deposit());
		assert_eq!(
			events(),
			[Event::WorkerRegistered {
				worker: CAROL,
				key,
				bond: BOND
			}]
		);
	});
}

#[test]
fn register_worker_takes_a_bond_of_exactly_the_minimum() {
	run(|| {
		assert_noop!(register(&CAROL, LEAST_BOND - 1), Error::<Test>::BondTooLow);
		assert_ok!(register(&CAROL, LEAST_BOND));
	});
}

#[test]
fn register_worker_refuses_a_worker() {
	run(|| {
		carol_works();
		let pair = other_pair(1);
		assert_noop!(
			Inference::register_worker(signed(CAROL), key_of(&pair), proof(&pair, &CAROL), BOND),
			Error::<Test>::AlreadyWorker
		);
	});
}

#[test]
fn register_worker_refuses_a_key_of_another_worker() {
	run(|| {
		carol_works();
		let pair = pair_of(&CAROL);
		assert_noop!(
			Inference::register_worker(signed(DAVE), key_of(&pair), proof(&pair, &DAVE), BOND),
			Error::<Test>::KeyTaken
		);
	});
}

#[test]
fn register_worker_refuses_what_proves_nothing() {
	run(|| {
		let pair = pair_of(&CAROL);
		let signs = |said: &[u8]| WorkerSignature::from(pair.sign(said));
		let proofs = [
			proof(&pair, &DAVE),
			proof(&other_pair(1), &CAROL),
			signs(&signed_bytes(KEY_DOMAIN, H256::zero(), CAROL)),
			signs(&signed_bytes(COMMIT_DOMAIN, GENESIS, CAROL)),
			signs(&[]),
		];
		for proof in proofs {
			assert_noop!(
				Inference::register_worker(signed(CAROL), key_of(&pair), proof, BOND),
				Error::<Test>::BadKeyProof
			);
		}
	});
}

#[test]
fn register_worker_refuses_what_the_account_cannot_hold() {
	run(|| {
		let most = ENDOWMENT - ED - worker_deposit();
		for bond in [most + 1, ENDOWMENT, u128::MAX - 1, u128::MAX] {
			assert_noop!(register(&CAROL, bond), Error::<Test>::BalanceTooLow);
		}
		assert_noop!(register(&NOBODY, LEAST_BOND), Error::<Test>::BalanceTooLow);
		assert_ok!(register(&CAROL, most));
		assert_eq!(free(&CAROL), ED);
	});
}

#[test]
fn register_worker_takes_frozen_money() {
	run(|| {
		let everything = WithdrawReasons::all();
		Balances::set_lock(*b"frozen  ", &CAROL, ENDOWMENT, everything);
		assert_ok!(register(&CAROL, BOND));
		assert_eq!(held(&CAROL, HoldReason::Bond), BOND);
	});
}

// ---- set_worker_key ----

#[test]
fn set_worker_key_replaces_the_key() {
	run(|| {
		carol_works();
		let before = record_of(&CAROL);
		at(9);
		let pair = other_pair(1);
		assert_ok!(Inference::set_worker_key(
			signed(CAROL),
			key_of(&pair),
			proof(&pair, &CAROL)
		));
		let key = key_of(&pair);
		assert_eq!(
			record_of(&CAROL),
			WorkerOf::<Test> {
				key: key.clone(),
				..before.clone()
			}
		);
		assert_eq!(KeyOwners::<Test>::get(&before.key), None);
		assert_eq!(KeyOwners::<Test>::get(&key), Some(CAROL));
		assert_eq!(last_event(), Event::WorkerKeyChanged { worker: CAROL, key });
	});
}

#[test]
fn set_worker_key_refuses_a_key_in_use() {
	run(|| {
		carol_works();
		assert_ok!(register(&DAVE, BOND));
		for pair in [pair_of(&CAROL), pair_of(&DAVE)] {
			assert_noop!(
				Inference::set_worker_key(signed(CAROL), key_of(&pair), proof(&pair, &CAROL)),
				Error::<Test>::KeyTaken
			);
		}
	});
}

#[test]
fn set_worker_key_refuses_a_proof_for_another_account() {
	run(|| {
		carol_works();
		let pair = other_pair(1);
		assert_noop!(
			Inference::set_worker_key(signed(CAROL), key_of(&pair), proof(&pair, &DAVE)),
			Error::<Test>::BadKeyProof
		);
	});
}

#[test]
fn set_worker_key_leaves_the_key_of_open_seats() {
	run(|| {
		let (id, seats) = open_job();
		let who = &seats[0];
		let pair = other_pair(1);
		assert_ok!(Inference::set_worker_key(
			signed(who.clone()),
			key_of(&pair),
			proof(&pair, who)
		));
		assert_eq!(panel(id, Round::Main)[0].key, key_of(&pair_of(who)));
		let step = weighhouse_primitives::inference::Step {
			worker: key_hash(&key_of(&pair)),
			..step_of(id, Round::Main, who)
		};
		let commitment = commitment_of(id, Round::Main, who, &says(1));
		assert_eq!(
			submit(commit_call(step, commitment, &pair)).refused(),
			TransactionValidityError::Invalid(InvalidTransaction::Custom(102))
		);
		commit(id, Round::Main, who, &says(1)).taken();
	});
}

// ---- bond_more ----

#[test]
fn bond_more_adds_to_the_bond() {
	run(|| {
		carol_works();
		let before = free(&CAROL);
		assert_ok!(Inference::bond_more(signed(CAROL), 5));
		assert_eq!(record_of(&CAROL).bond, BOND + 5);
		assert_eq!(held(&CAROL, HoldReason::Bond), BOND + 5);
		assert_eq!(free(&CAROL), before - 5);
		assert_eq!(
			last_event(),
			Event::BondAdded {
				worker: CAROL,
				amount: 5
			}
		);
	});
}

#[test]
fn bond_more_refuses_zero() {
	run(|| {
		carol_works();
		assert_noop!(
			Inference::bond_more(signed(CAROL), 0),
			Error::<Test>::AmountIsZero
		);
	});
}

#[test]
fn bond_more_refuses_what_the_account_cannot_hold() {
	run(|| {
		carol_works();
		let most = free(&CAROL) - ED;
		for amount in [most + 1, u128::MAX - BOND] {
			assert_noop!(
				Inference::bond_more(signed(CAROL), amount),
				Error::<Test>::BalanceTooLow
			);
		}
		assert_ok!(Inference::bond_more(signed(CAROL), most));
	});
}

#[test]
fn bond_more_refuses_a_sum_that_cannot_be_counted() {
	run(|| {
		carol_works();
		for amount in [u128::MAX - BOND + 1, u128::MAX] {
			assert_noop!(
				Inference::bond_more(signed(CAROL), amount),
				Error::<Test>::AmountTooLarge
			);
		}
	});
}

// ---- unbond ----

#[test]
fn unbond_keeps_the_money_held_until_it_is_withdrawn() {
	run(|| {
		carol_works();
		at(10);
		assert_ok!(Inference::unbond(signed(CAROL), 7));
		let record = record_of(&CAROL);
		assert_eq!(record.bond, BOND - 7);
		let part = Unbonding {
			amount: 7,
			until: 10 + UNBONDING,
		};
		assert_eq!(record.unbonding.into_inner(), [part]);
		assert_eq!(held(&CAROL, HoldReason::Bond), BOND);
		assert_eq!(
			last_event(),
			Event::UnbondingStarted {
				worker: CAROL,
				amount: 7,
				until: part.until
			}
		);
	});
}

#[test]
fn unbond_takes_the_whole_bond_of_an_idle_worker() {
	run(|| {
		carol_works();
		for amount in [BOND + 1, u128::MAX] {
			assert_noop!(
				Inference::unbond(signed(CAROL), amount),
				Error::<Test>::BondReserved
			);
		}
		assert_ok!(Inference::unbond(signed(CAROL), BOND));
		assert_eq!(record_of(&CAROL).bond, 0);
	});
}

#[test]
fn unbond_refuses_what_a_job_reserves() {
	run(|| {
		let (_, seats) = open_job();
		let who = &seats[0];
		let rest = BOND - 100 * REWARD;
		assert_noop!(
			Inference::unbond(signed(who.clone()), rest + 1),
			Error::<Test>::BondReserved
		);
		assert_ok!(Inference::unbond(signed(who.clone()), rest));
		settle();
		assert_eq!(record_of(who).reserved, 0);
	});
}

#[test]
fn unbond_refuses_zero() {
	run(|| {
		carol_works();
		assert_noop!(
			Inference::unbond(signed(CAROL), 0),
			Error::<Test>::AmountIsZero
		);
	});
}

#[test]
fn unbond_refuses_a_ninth_withdrawal_that_waits() {
	run(|| {
		carol_works();
		for _ in 0..MAX_UNBONDING {
			assert_ok!(Inference::unbond(signed(CAROL), 1));
		}
		assert_noop!(
			Inference::unbond(signed(CAROL), 1),
			Error::<Test>::TooManyUnbonding
		);
	});
}

#[test]
fn unbond_is_shorter_on_a_development_chain() {
	run(|| {
		carol_works();
		ShortWindows::<Test>::put(DevelopmentWindows {
			challenge: 5,
			unbonding: 7,
		});
		assert_ok!(Inference::unbond(signed(CAROL), 1));
		assert_eq!(record_of(&CAROL).unbonding[0].until, 8);
	});
}

// ---- withdraw_unbonded ----

#[test]
fn withdraw_unbonded_gives_back_what_is_over() {
	run(|| {
		carol_works();
		assert_ok!(Inference::unbond(signed(CAROL), 3));
		at(2);
		assert_ok!(Inference::unbond(signed(CAROL), 4));
		at(3);
		assert_ok!(Inference::unbond(signed(CAROL), 5));
		let before = free(&CAROL);

		at(2 + UNBONDING);
		assert_ok!(Inference::withdraw_unbonded(signed(CAROL)));
		assert_eq!(free(&CAROL), before + 7);
		assert_eq!(held(&CAROL, HoldReason::Bond), BOND - 7);
		let record = record_of(&CAROL);
		assert_eq!(record.bond, BOND - 12);
		assert_eq!(record.unbonding.len(), 1);
		assert_eq!(
			last_event(),
			Event::BondWithdrawn {
				worker: CAROL,
				amount: 7
			}
		);
	});
}

#[test]
fn withdraw_unbonded_refuses_one_block_before_the_end() {
	run(|| {
		carol_works();
		assert_ok!(Inference::unbond(signed(CAROL), 3));
		at(UNBONDING);
		assert_noop!(
			Inference::withdraw_unbonded(signed(CAROL)),
			Error::<Test>::NothingToWithdraw
		);
		next_block();
		assert_ok!(Inference::withdraw_unbonded(signed(CAROL)));
	});
}

#[test]
fn withdraw_unbonded_refuses_when_nothing_is_on_its_way() {
	run(|| {
		carol_works();
		assert_noop!(
			Inference::withdraw_unbonded(signed(CAROL)),
			Error::<Test>::NothingToWithdraw
		);
	});
}

// ---- serve ----

#[test]
fn serve_adds_an_ask() {
	run(|| {
		carol_works();
		let (listing, before) = (plain_listing(), free(&CAROL));
		assert_ok!(serve(&CAROL, listing, LEAST_REWARD));
		assert_eq!(asks(listing), [(CAROL, LEAST_REWARD)]);
		assert_eq!(record_of(&CAROL).served, 1);
		assert_eq!(held(&CAROL, HoldReason::Ask), ask_deposit());
		assert_eq!(free(&CAROL), before - ask_deposit());
		assert_eq!(
			last_event(),
			Event::Serving {
				worker: CAROL,
				listing,
				min_reward: LEAST_REWARD
			}
		);
	});
}

#[test]
fn serve_changes_the_reward_of_who_serves_already() {
	run(|| {
		carol_works();
		let listing = plain_listing();
		assert_ok!(serve(&CAROL, listing, REWARD));
		let before = free(&CAROL);
		assert_ok!(serve(&CAROL, listing, 2 * REWARD));
		assert_eq!(asks(listing), [(CAROL, 2 * REWARD)]);
		assert_eq!((record_of(&CAROL).served, free(&CAROL)), (1, before));
		assert_eq!(
			last_event(),
			Event::Serving {
				worker: CAROL,
				listing,
				min_reward: 2 * REWARD
			}
		);
	});
}

#[test]
fn serve_holds_a_deposit_for_each_listing() {
	run(|| {
		carol_works();
		for listing in 1..=3 {
			Registry::list(listing, ALICE, &[EXACT]);
			assert_ok!(serve(&CAROL, listing, REWARD));
		}
		assert_eq!(record_of(&CAROL).served, 3);
		assert_eq!(held(&CAROL, HoldReason::Ask), 3 * ask_deposit());
	});
}

#[test]
fn serve_refuses_a_reward_below_the_smallest() {
	run(|| {
		carol_works();
		let listing = plain_listing();
		assert_ok!(serve(&CAROL, listing, REWARD));
		for reward in [0, LEAST_REWARD - 1] {
			assert_noop!(serve(&CAROL, listing, reward), Error::<Test>::RewardTooLow);
		}
	});
}

#[test]
fn serve_refuses_an_unknown_listing() {
	run(|| {
		carol_works();
		assert_noop!(serve(&CAROL, 9, REWARD), Error::<Test>::UnknownListing);
	});
}

#[test]
fn serve_refuses_a_listing_whose_newest_version_is_gone() {
	run(|| {
		carol_works();
		Registry::list(1, ALICE, &[EXACT, EXACT]);
		Registry::remove_version(1, 2);
		assert_noop!(serve(&CAROL, 1, REWARD), Error::<Test>::UnknownVersion);
	});
}

#[test]
fn serve_refuses_a_version_without_answers() {
	run(|| {
		carol_works();
		let data = MockVersion {
			answers: Answers::NONE,
			..EXACT
		};
		Registry::list(1, CAROL, &[EXACT, data]);
		assert_noop!(serve(&CAROL, 1, REWARD), Error::<Test>::NotServed);
	});
}

#[test]
fn serve_is_for_the_owner_alone_where_only_the_owner_serves() {
	run(|| {
		carol_works();
		Registry::list(1, ALICE, &[served_by(Serving::Owner)]);
		license(1, &CAROL, Rights::UseAndServe);
		assert_noop!(serve(&CAROL, 1, REWARD), Error::<Test>::OnlyOwnerServes);
		assert_ok!(register(&ALICE, BOND));
		assert_ok!(serve(&ALICE, 1, REWARD));
	});
}

#[test]
fn serve_takes_a_licence_with_the_right_to_serve() {
	run(|| {
		carol_works();
		Registry::list(1, ALICE, &[served_by(Serving::Licensed)]);
		license(1, &CAROL, Rights::Use);
		license(2, &DAVE, Rights::Serve);
		assert_noop!(
			serve(&CAROL, 1, REWARD),
			Error::<Test>::ServingLicenceMissing
		);
		license(3, &CAROL, Rights::Serve);
		assert_ok!(serve(&CAROL, 1, REWARD));
	});
}

#[test]
fn serve_needs_no_licence_of_the_owner() {
	run(|| {
		assert_ok!(register(&ALICE, BOND));
		Registry::list(1, ALICE, &[served_by(Serving::Licensed)]);
		assert_ok!(serve(&ALICE, 1, REWARD));
	});
}

#[test]
fn serve_goes_by_the_newest_version() {
	run(|| {
		carol_works();
		Registry::list(1, ALICE, &[EXACT, served_by(Serving::Owner)]);
		assert_noop!(serve(&CAROL, 1, REWARD), Error::<Test>::OnlyOwnerServes);
		Registry::publish(1, TOLERANT);
		assert_ok!(serve(&CAROL, 1, REWARD));
	});
}

#[test]
fn serve_refuses_when_the_deposit_cannot_be_held() {
	run(|| {
		carol_works();
		let listing = plain_listing();
		let rest = free(&CAROL) - ED - ask_deposit();
		assert_ok!(Inference::bond_more(signed(CAROL), rest + 1));
		assert_noop!(serve(&CAROL, listing, REWARD), Error::<Test>::BalanceTooLow);
		assert_ok!(Balances::mint_into(&CAROL, 1));
		assert_ok!(serve(&CAROL, listing, REWARD));
	});
}

#[test]
fn serve_displaces_the_worker_with_the_least_bond_when_the_list_is_full() {
	run(|| {
		let listing = plain_listing();
		enlisted(listing, MAX_SERVING);
		let weakest = worker(100);
		assert_ok!(Inference::unbond(signed(worker(50)), 1));
		assert_ok!(Inference::unbond(signed(weakest.clone()), 2));
		assert_ok!(register(&CAROL, BOND));
		let before = free(&weakest);

		assert_ok!(serve(&CAROL, listing, REWARD));
		assert_eq!(asks(listing).len(), MAX_SERVING as usize);
		assert!(asks(listing).contains(&(CAROL, REWARD)));
		assert!(asks(listing).iter().all(|(who, _)| *who != weakest));
		assert_eq!(record_of(&weakest).served, 0);
		assert_eq!(held(&weakest, HoldReason::Ask), 0);
		assert_eq!(free(&weakest), before + ask_deposit());
		let happened = events();
		assert_eq!(
			happened[happened.len() - 2..],
			[
				Event::ServingEnded {
					worker: weakest,
					listing
				},
				Event::Serving {
					worker: CAROL,
					listing,
					min_reward: REWARD
				}
			]
		);
	});
}

#[test]
fn serve_refuses_when_nobody_on_the_full_list_has_less_bond() {
	run(|| {
		let listing = plain_listing();
		enlisted(listing, MAX_SERVING);
		assert_ok!(register(&CAROL, BOND));
		assert_noop!(serve(&CAROL, listing, REWARD), Error::<Test>::ServingFull);
		assert_ok!(Inference::bond_more(signed(CAROL), 1));
		assert_ok!(serve(&CAROL, listing, REWARD));
	});
}

#[test]
fn serve_displaces_the_worker_with_the_least_bond_though_it_has_a_seat() {
	run(|| {
		let listing = plain_listing();
		enlisted(listing, MAX_SERVING);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		let weakest = &seats[1];
		assert_ok!(Inference::unbond(signed(weakest.clone()), 1));
		assert_ok!(register(&CAROL, BOND));
		let before = free(weakest);

		assert_ok!(serve(&CAROL, listing, REWARD));
		assert!(asks(listing).iter().all(|(who, _)| who != weakest));
		assert_eq!(free(weakest), before + ask_deposit());
		// Its open job goes on and is paid for.
		assert_eq!(record_of(weakest).reserved, 100 * REWARD);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();
		assert_eq!(free(weakest), before + ask_deposit() + REWARD - REWARD / 40);
		assert_eq!(record_of(weakest).bond, BOND - 1);
	});
}

#[test]
fn serve_displaces_nobody_whose_bond_is_reserved_for_what_is_free_of_it() {
	run(|| {
		let listing = plain_listing();
		enlisted(listing, MAX_SERVING);
		let id = asked(ASKING);
		let seats = drawn(id, Round::Main);
		// More than what the drawn ones have free, and no more than they have.
		assert!(record_of(&seats[0]).free() < BOND);
		assert_ok!(register(&CAROL, BOND));
		assert_noop!(serve(&CAROL, listing, REWARD), Error::<Test>::ServingFull);
		settle();
	});
}

#[test]
fn serve_takes_another_reward_on_a_full_list() {
	run(|| {
		let listing = plain_listing();
		enlisted(listing, MAX_SERVING);
		assert_ok!(serve(&worker(1), listing, 2 * REWARD));
		assert_eq!(asks(listing)[0], (worker(1), 2 * REWARD));
	});
}

// ---- stop_serving ----

#[test]
fn stop_serving_gives_the_deposit_back() {
	run(|| {
		carol_works();
		let (listing, before) = (plain_listing(), free(&CAROL));
		assert_ok!(serve(&CAROL, listing, REWARD));
		assert_ok!(Inference::stop_serving(signed(CAROL), listing));
		assert!(!Asks::<Test>::contains_key(listing));
		assert_eq!(record_of(&CAROL).served, 0);
		assert_eq!(held(&CAROL, HoldReason::Ask), 0);
		assert_eq!(free(&CAROL), before);
		assert_eq!(
			last_event(),
			Event::ServingEnded {
				worker: CAROL,
				listing
			}
		);
	});
}

#[test]
fn stop_serving_leaves_the_others() {
	run(|| {
		let listing = plain_listing();
		let workers = enlisted(listing, 4);
		assert_ok!(Inference::stop_serving(signed(workers[1].clone()), listing));
		let mut left: Vec<_> = asks(listing).into_iter().map(|(who, _)| who).collect();
		left.sort();
		let mut expected = vec![worker(1), worker(3), worker(4)];
		expected.sort();
		assert_eq!(left, expected);
	});
}

#[test]
fn stop_serving_works_when_the_listing_is_gone() {
	run(|| {
		carol_works();
		let listing = plain_listing();
		assert_ok!(serve(&CAROL, listing, REWARD));
		Registry::delist(listing);
		assert_ok!(Inference::stop_serving(signed(CAROL), listing));
	});
}

#[test]
fn stop_serving_lets_open_jobs_go_on() {
	run(|| {
		let (id, seats) = open_job();
		for who in &seats {
			assert_ok!(Inference::stop_serving(signed(who.clone()), 1));
		}
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();
		assert_eq!(Reputation::recorded().len(), 3);
	});
}

#[test]
fn stop_serving_refuses_a_worker_that_does_not_serve_the_listing() {
	run(|| {
		carol_works();
		enlisted(plain_listing(), 1);
		for listing in [1, 2] {
			assert_noop!(
				Inference::stop_serving(signed(CAROL), listing),
				Error::<Test>::NotServing
			);
		}
	});
}

// ---- pause, resume ----

#[test]
fn pause_keeps_a_worker_out_of_draws() {
	run(|| {
		let workers = enlisted(plain_listing(), 4);
		assert_ok!(Inference::pause(signed(workers[0].clone())));
		assert_eq!(
			last_event(),
			Event::AvailabilityChanged {
				worker: workers[0].clone(),
				availability: Availability::Paused
			}
		);
		let id = asked(ASKING);
		let mut seats = drawn(id, Round::Main);
		seats.sort();
		let mut others = workers[1..].to_vec();
		others.sort();
		assert_eq!(seats, others);
		settle();
	});
}

#[test]
fn resume_counts_as_a_sign_of_life() {
	run(|| {
		carol_works();
		assert_ok!(Inference::pause(signed(CAROL)));
		assert_eq!(record_of(&CAROL).seen, 1);
		at(400);
		assert!(!Inference::is_alive(&record_of(&CAROL), 400));
		assert_ok!(Inference::resume(signed(CAROL)));
		let record = record_of(&CAROL);
		assert_eq!(record.availability.now, Availability::Active);
		assert_eq!((record.seen, record.silences), (400, 0));
		assert_eq!(
			last_event(),
			Event::AvailabilityChanged {
				worker: CAROL,
				availability: Availability::Active
			}
		);
	});
}

#[test]
fn resume_ends_a_suspension() {
	run(|| {
		let workers = enlisted(plain_listing(), 3);
		for silences in 1..=MAX_SILENCES {
			asked(ASKING);
			settle();
			for who in &workers {
				assert_eq!(record_of(who).silences, silences);
			}
		}
		for who in &workers {
			assert_eq!(record_of(who).availability.now, Availability::Suspended);
			assert_ok!(Inference::resume(signed(who.clone())));
			let record = record_of(who);
			assert_eq!(
				(record.availability.now, record.silences),
				(Availability::Active, 0)
			);
		}
		let id = asked(ASKING);
		assert_eq!(drawn(id, Round::Main).len(), 3);
	});
}

// ---- remove_worker ----

#[test]
fn remove_worker_gives_everything_back() {
	run(|| {
		carol_works();
		let listing = plain_listing();
		assert_ok!(serve(&CAROL, listing, REWARD));
		assert_ok!(Inference::stop_serving(signed(CAROL), listing));
		assert_ok!(Inference::unbond(signed(CAROL), BOND));
		at(1 + UNBONDING);
		assert_ok!(Inference::withdraw_unbonded(signed(CAROL)));
		assert_ok!(Inference::remove_worker(signed(CAROL)));
		assert!(!Workers::<Test>::contains_key(&CAROL));
		assert!(!KeyOwners::<Test>::contains_key(key_of(&pair_of(&CAROL))));
		assert_eq!(held(&CAROL, HoldReason::Worker), 0);
		assert_eq!(free(&CAROL), ENDOWMENT);
		assert_eq!(last_event(), Event::WorkerRemoved { worker: CAROL });

		carol_works();
	});
}

#[test]
fn remove_worker_refuses_while_there_is_bond() {
	run(|| {
		carol_works();
		assert_noop!(
			Inference::remove_worker(signed(CAROL)),
			Error::<Test>::WorkerBusy
		);
	});
}

#[test]
fn remove_worker_refuses_while_bond_is_on_its_way() {
	run(|| {
		carol_works();
		assert_ok!(Inference::unbond(signed(CAROL), BOND));
		assert_noop!(
			Inference::remove_worker(signed(CAROL)),
			Error::<Test>::WorkerBusy
		);
	});
}

#[test]
fn remove_worker_refuses_while_a_listing_is_served() {
	run(|| {
		carol_works();
		assert_ok!(serve(&CAROL, plain_listing(), REWARD));
		assert_ok!(Inference::unbond(signed(CAROL), BOND));
		at(1 + UNBONDING);
		assert_ok!(Inference::withdraw_unbonded(signed(CAROL)));
		assert_noop!(
			Inference::remove_worker(signed(CAROL)),
			Error::<Test>::WorkerBusy
		);
	});
}

#[test]
fn remove_worker_refuses_while_a_job_is_open() {
	run(|| {
		plain_listing();
		enlist(&ALICE, 1, BOND, REWARD);
		let id = asked(Asking {
			mode: Mode::Owner,
			..ASKING
		});
		assert_eq!(seats(id, Round::Main), [ALICE]);
		assert_noop!(
			Inference::remove_worker(signed(ALICE)),
			Error::<Test>::WorkerBusy
		);
		settle();
	});
}

// ---- everybody ----

#[test]
fn calls_of_workers_refuse_who_is_no_worker() {
	run(|| {
		let pair = pair_of(&CAROL);
		let listing = plain_listing();
		let refusals = [
			Inference::set_worker_key(signed(CAROL), key_of(&pair), proof(&pair, &CAROL)),
			Inference::bond_more(signed(CAROL), 1),
			Inference::unbond(signed(CAROL), 1),
			Inference::withdraw_unbonded(signed(CAROL)),
			Inference::serve(signed(CAROL), listing, REWARD),
			Inference::stop_serving(signed(CAROL), listing),
			Inference::pause(signed(CAROL)),
			Inference::resume(signed(CAROL)),
			Inference::remove_worker(signed(CAROL)),
		];
		for refusal in refusals {
			assert_eq!(refusal, Err(Error::<Test>::NotWorker.into()));
		}
		assert_eq!(free(&CAROL), ENDOWMENT);
		assert!(events().is_empty());
	});
}

#[test]
fn calls_of_workers_refuse_an_unsigned_origin() {
	run(|| {
		let pair = pair_of(&CAROL);
		let none = RuntimeOrigin::none;
		let refusals = [
			Inference::register_worker(none(), key_of(&pair), proof(&pair, &CAROL), BOND),
			Inference::set_worker_key(none(), key_of(&pair), proof(&pair, &CAROL)),
			Inference::bond_more(none(), 1),
			Inference::unbond(none(), 1),
			Inference::withdraw_unbonded(none()),
			Inference::serve(none(), 1, REWARD),
			Inference::stop_serving(none(), 1),
			Inference::pause(none()),
			Inference::resume(none()),
			Inference::remove_worker(none()),
		];
		for refusal in refusals {
			assert_eq!(refusal, Err(DispatchError::BadOrigin));
		}
	});
}

// ---- who can be drawn ----

#[test]
fn is_alive_until_three_windows_after_the_last_sign() {
	run(|| {
		at(20);
		carol_works();
		let record = record_of(&CAROL);
		let last = 20 + MISSED_HEARTBEATS * HEARTBEAT;
		assert!(Inference::is_alive(&record, 20));
		assert!(Inference::is_alive(&record, last));
		assert!(!Inference::is_alive(&record, last + 1));
		assert!(!Inference::is_alive(&record, u32::MAX));
		// A block before, as on a fork.
		assert!(Inference::is_alive(&record, 3));
	});
}

#[test]
fn heartbeats_keep_a_worker_alive() {
	run(|| {
		carol_works();
		at(200);
		assert!(!Inference::is_alive(&record_of(&CAROL), 200));
		heartbeat(&CAROL).taken();
		assert_eq!(record_of(&CAROL).seen, 200);
		assert!(Inference::is_alive(&record_of(&CAROL), 200));
		assert_eq!(
			heartbeat(&CAROL).refused(),
			TransactionValidityError::Invalid(InvalidTransaction::Custom(106))
		);
	});
}

#[test]
fn can_be_drawn_wants_the_whole_reserve_to_be_free() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		let reward = BOND / RESERVE_REWARDS;
		let drawn = |record: &WorkerOf<Test>, reward| Inference::can_be_drawn(record, 0, reward, 1);
		assert!(drawn(&record, reward));
		assert!(!drawn(&record, reward + 1));
		assert!(!drawn(&record, u128::MAX));
		record.reserved = 1;
		assert!(!drawn(&record, reward));
	});
}

#[test]
fn can_be_drawn_wants_the_smallest_bond() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		record.bond = LEAST_BOND - 1;
		assert!(!Inference::can_be_drawn(&record, 0, LEAST_REWARD, 1));
		record.bond = LEAST_BOND;
		assert!(Inference::can_be_drawn(&record, 0, LEAST_REWARD, 1));
		// What jobs reserve still is bond.
		record.reserved = LEAST_BOND / 2;
		assert!(Inference::can_be_drawn(&record, 1, LEAST_REWARD, 1));
		MinBond::set(LEAST_BOND + 1);
		assert!(!Inference::can_be_drawn(&record, 1, LEAST_REWARD, 1));
	});
}

#[test]
fn can_be_drawn_ends_at_sixteen_open_jobs() {
	run(|| {
		carol_works();
		let record = record_of(&CAROL);
		let drawn = |jobs| Inference::can_be_drawn(&record, jobs, REWARD, 1);
		assert!(drawn(MAX_OPEN_JOBS as usize - 1));
		assert!(!drawn(MAX_OPEN_JOBS as usize));
		assert!(!drawn(usize::MAX));
	});
}

#[test]
fn can_be_drawn_wants_an_active_worker_alive() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		let dead = 2 + MISSED_HEARTBEATS * HEARTBEAT;
		assert!(Inference::can_be_drawn(&record, 0, REWARD, dead - 1));
		assert!(!Inference::can_be_drawn(&record, 0, REWARD, dead));
		for availability in [Availability::Paused, Availability::Suspended] {
			record.availability.now = availability;
			assert!(!Inference::can_be_drawn(&record, 0, REWARD, 1));
		}
	});
}

#[test]
fn reserve_of_saturates() {
	assert_eq!(Inference::reserve_of(0), 0);
	assert_eq!(Inference::reserve_of(7), 700);
	assert_eq!(
		Inference::reserve_of(u128::MAX / 100),
		u128::MAX / 100 * 100
	);
	assert_eq!(Inference::reserve_of(u128::MAX / 100 + 1), u128::MAX);
	assert_eq!(Inference::reserve_of(u128::MAX), u128::MAX);
}

#[test]
fn draw_weight_is_free_bond_times_reputation() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), BOND);
		Reputation::set_score(&CAROL, PARTS / 4);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), BOND / 4);
		record.reserved = BOND / 2;
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), BOND / 8);
		record.reserved = BOND;
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), 0);
	});
}

#[test]
fn draw_weight_never_falls_below_a_tenth() {
	run(|| {
		carol_works();
		let record = record_of(&CAROL);
		for score in [0, 1, REPUTATION_FLOOR - 1, REPUTATION_FLOOR] {
			Reputation::set_score(&CAROL, score);
			assert_eq!(Inference::draw_weight(&CAROL, &record, 1), BOND / 10);
		}
		Reputation::set_score(&CAROL, 2 * REPUTATION_FLOOR);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), BOND / 5);
	});
}

#[test]
fn draw_weight_rounds_down() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		Reputation::set_score(&CAROL, PARTS - 1);
		for (bond, weight) in [(0, 0), (1, 0), (u128::from(PARTS), u128::from(PARTS) - 1)] {
			record.bond = bond;
			assert_eq!(Inference::draw_weight(&CAROL, &record, 1), weight);
		}
	});
}

#[test]
fn draw_weight_holds_at_the_largest_bond() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		record.bond = u128::MAX;
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), u128::MAX);
		// A score that is more than all counts as all.
		Reputation::set_score(&CAROL, u32::MAX);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), u128::MAX);
		Reputation::set_score(&CAROL, PARTS / 2);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), u128::MAX / 2);
		Reputation::set_score(&CAROL, 0);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), u128::MAX / 10);
	});
}

#[test]
fn free_bond_is_zero_when_more_is_reserved() {
	run(|| {
		carol_works();
		let mut record = record_of(&CAROL);
		record.reserved = BOND + 1;
		assert_eq!(record.free(), 0);
		assert_eq!(Inference::draw_weight(&CAROL, &record, 1), 0);
	});
}
