//! Asking: what is refused, what is held, and what a request is known by.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, storage::with_transaction, traits::fungible::Mutate};
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult, TransactionOutcome};
use weighhouse_primitives::{
	inference::{Access, Mode, Round},
	market::{AnswerClass, Answers, Rights, Serving},
	royalty::{Share, MAX_PAYEES},
	traits::ListingRegistry,
	ContentId, PARTS,
};

const MODES: [Mode; 4] = [
	Mode::Owner,
	Mode::Solo,
	Mode::QuorumOfThree,
	Mode::QuorumOfFive,
];

/// What a request holds of its requester besides the escrow.
fn deposits(mode: Mode) -> u128 {
	deposit::<Test>(job_footprint::<Test>(mode)) + deposit::<Test>(receipt_footprint::<Test>())
}

/// Bob asks with this input.
fn ask_with(input: &[u8]) -> DispatchResult {
	let done = Inference::request(
		signed(BOB),
		1,
		1,
		Mode::QuorumOfThree,
		Access::Offer(1),
		REWARD,
		input.to_vec().try_into().unwrap(),
		H256::zero(),
	);
	done.map(|_| ()).map_err(|refused| refused.error)
}

/// A licence of listing 1 for Bob that covers its first version.
fn bob_has(licence: u64, rights: Rights) {
	Calls::grant(
		licence,
		MockLicence {
			holder: BOB,
			listing: 1,
			versions: (1, 1),
			rights,
			calls_left: None,
		},
	);
}

/// Alice's own worker serves her plain listing.
fn alice_serves() {
	plain_listing();
	enlist(&ALICE, 1, BOND, REWARD);
}

/// Bob asks Alice's own worker.
fn owner_mode() -> Asking {
	Asking {
		mode: Mode::Owner,
		..ASKING
	}
}

/// What a request would be known by; nothing is left of it.
fn hash_of(asking: Asking) -> H256 {
	with_transaction(|| {
		let hash = job(asked(asking)).request_hash;
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(hash))
	})
	.unwrap()
}

#[test]
fn request_opens_a_job() {
	run(|| {
		plain_listing();
		at(7);
		assert_ok!(ask(ASKING));

		let record = job(1);
		let terms = Registry::version_terms(1, 1).unwrap();
		let input = ContentId::of_raw_block(INPUT);
		assert_eq!((record.requester, record.owner), (BOB, ALICE));
		assert_eq!((record.listing, record.version), (1, 1));
		assert_eq!(record.mode, Mode::QuorumOfThree);
		assert_eq!(record.access, Access::Offer(1));
		assert_eq!(record.answers, terms.answers);
		assert_eq!(record.serving, Serving::Anyone);
		assert_eq!(record.manifest, terms.manifest);
		assert_eq!(record.artifact_root, H256(terms.artifact_root));
		assert_eq!(
			(record.input_hash, record.input),
			(H256(input.digest), input)
		);
		assert_eq!(
			record.price,
			Price {
				reward: REWARD,
				call: CALL_PRICE,
				royalties: Default::default(),
				premium: 0,
				fee_parts: FEE,
			}
		);
		assert_eq!(record.audit_parts, AuditParts::get());
		assert_eq!(record.challenge_window, CHALLENGE);
		assert_eq!(record.requested, 7);
		assert_eq!(record.phase, Phase::Open { since: 7 });
		assert_eq!((record.receipt, record.challenge), (None, None));
		assert!(record.receipt_ticket.is_some());
		assert_eq!(NextJob::<Test>::get(), 2);
		assert_eq!(Registry::retained(1), 1);
		assert_eq!(Due::<Test>::get(10).into_inner(), [1]);
		assert!(panel(1, Round::Main).is_empty());
	});
}

#[test]
fn request_tells_what_was_asked() {
	run(|| {
		plain_listing();
		assert_ok!(ask(ASKING));
		assert_eq!(
			events(),
			[
				Event::Requested {
					job: 1,
					request_hash: job(1).request_hash,
					requester: BOB,
					listing: 1,
					version: 1,
					mode: Mode::QuorumOfThree,
					reward: REWARD,
					escrow: 3 * REWARD + CALL_PRICE,
				},
				Event::PhaseEntered {
					job: 1,
					phase: Phase::Open { since: 1 },
				},
			]
		);
	});
}

#[test]
fn request_holds_all_rewards_with_the_price_of_the_call() {
	for (mode, rewards) in MODES.into_iter().zip([1, 2, 3, 5]) {
		run(|| {
			alice_serves();
			assert_ok!(ask(Asking { mode, ..ASKING }));
			let escrow = rewards * REWARD + CALL_PRICE;
			assert_eq!(held(&BOB, HoldReason::Escrow), escrow);
			assert_eq!(
				held(&BOB, HoldReason::Job),
				deposit::<Test>(job_footprint::<Test>(mode))
			);
			assert_eq!(
				held(&BOB, HoldReason::Receipt),
				deposit::<Test>(receipt_footprint::<Test>())
			);
			assert_eq!(free(&BOB), ENDOWMENT - escrow - deposits(mode));
		});
	}
}

#[test]
fn request_keeps_an_auditors_reward_when_one_drawn_worker_answers() {
	run(|| {
		alice_serves();
		for (mode, premium) in MODES.into_iter().zip([0, REWARD, 0, 0]) {
			let id = asked(Asking { mode, ..ASKING });
			assert_eq!(job(id).price.premium, premium);
		}
	});
}

#[test]
fn request_takes_a_larger_deposit_when_there_are_more_seats() {
	run(|| {
		let of = |mode| deposit::<Test>(job_footprint::<Test>(mode));
		assert_eq!(of(Mode::Owner), of(Mode::Solo));
		let seat = (of(Mode::QuorumOfThree) - of(Mode::Solo)) / 2;
		assert!(seat > 512 * BYTE);
		assert_eq!(of(Mode::QuorumOfFive), of(Mode::Solo) + 4 * seat);
	});
}

#[test]
fn request_costs_no_call_when_a_licence_covers_it() {
	run(|| {
		plain_listing();
		bob_has(5, Rights::Use);
		let id = asked(Asking {
			access: Access::Licence(5),
			..ASKING
		});
		assert_eq!(job(id).price.call, 0);
		assert_eq!(held(&BOB, HoldReason::Escrow), 3 * REWARD);
	});
}

#[test]
fn request_costs_no_call_when_the_owner_asks() {
	run(|| {
		plain_listing();
		let id = asked(Asking {
			who: ALICE,
			access: Access::Owner,
			..ASKING
		});
		assert_eq!(job(id).price.call, 0);
		assert_eq!(held(&ALICE, HoldReason::Escrow), 3 * REWARD);
	});
}

#[test]
fn request_fixes_the_terms_of_the_call() {
	run(|| {
		let table = vec![Share {
			listing: 9,
			parts: PARTS / 10,
		}];
		plain_listing();
		Registry::publish(
			1,
			MockVersion {
				table: table.clone(),
				..TOLERANT
			},
		);
		let id = asked(Asking {
			version: 2,
			..ASKING
		});
		Calls::offer(1, 1, 2 * CALL_PRICE);
		FeeParts::set(0);
		let record = job(id);
		assert_eq!(record.answers.class, AnswerClass::Tolerant);
		assert_eq!(record.price.call, CALL_PRICE);
		assert_eq!(record.price.royalties.into_inner(), table);
		assert_eq!(record.price.fee_parts, FEE);
		settle();
	});
}

#[test]
fn request_takes_no_more_than_a_tenth_as_fee_whatever_is_configured() {
	run(|| {
		plain_listing();
		FeeParts::set(PARTS);
		assert_eq!(job(asked(ASKING)).price.fee_parts, PARTS / 10);
	});
}

#[test]
fn request_counts_a_call_of_the_licence() {
	run(|| {
		plain_listing();
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: Some(2),
			},
		);
		asked(Asking {
			access: Access::Licence(5),
			..ASKING
		});
		assert_eq!(Calls::calls_left(5), Some(1));
	});
}

// ---- the owner's own worker ----

#[test]
fn request_seats_the_owners_worker_when_the_owner_answers() {
	run(|| {
		alice_serves();
		enlisted(1, 3);
		at(5);
		let before = events().len();
		assert_ok!(ask(owner_mode()));

		let phase = Phase::Revealing {
			since: 5,
			until: 20,
			window: Window::Last,
		};
		assert_eq!(job(1).phase, phase);
		assert_eq!(seats(1, Round::Main), [ALICE]);
		let seat = panel(1, Round::Main).remove(0);
		assert_eq!(seat.key, key_of(&pair_of(&ALICE)));
		assert_eq!((seat.commitment, seat.answer), (None, None));
		assert_eq!(seat.finding, Finding::Open);
		assert_eq!(record_of(&ALICE).reserved, 100 * REWARD);
		assert_eq!(Assignments::<Test>::get(ALICE).into_inner(), [1]);
		assert_eq!(Eligible::<Test>::get(1), 1);
		assert_eq!(Due::<Test>::get(21).into_inner(), [1]);
		let said = events().split_off(before);
		assert!(matches!(said[0], Event::Requested { job: 1, .. }));
		assert_eq!(
			said[1..],
			[
				Event::Drawn {
					job: 1,
					round: Round::Main,
					workers: vec![ALICE],
					eligible: 1,
				},
				Event::PhaseEntered { job: 1, phase },
			]
		);
	});
}

#[test]
fn request_refuses_an_owner_who_asks_their_own_worker() {
	run(|| {
		alice_serves();
		let asking = Asking {
			who: ALICE,
			access: Access::Owner,
			..owner_mode()
		};
		assert_noop!(ask(asking), Error::<Test>::OwnRequest);
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owner_is_no_worker() {
	run(|| {
		enlisted(plain_listing(), 3);
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owner_does_not_serve_the_listing() {
	run(|| {
		alice_serves();
		assert_ok!(Inference::stop_serving(signed(ALICE), 1));
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owner_asks_for_more() {
	run(|| {
		alice_serves();
		assert_ok!(Inference::serve(signed(ALICE), 1, REWARD + 1));
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
		assert_ok!(ask(Asking {
			reward: REWARD + 1,
			..owner_mode()
		}));
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owners_worker_pauses() {
	run(|| {
		alice_serves();
		assert_ok!(Inference::pause(signed(ALICE)));
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
		assert_ok!(Inference::resume(signed(ALICE)));
		assert_ok!(ask(owner_mode()));
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owners_worker_was_not_seen() {
	run(|| {
		alice_serves();
		at(1 + 3 * HEARTBEAT + 1);
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
		assert_ok!(Inference::heartbeat_signed(signed(ALICE)));
		assert_ok!(ask(owner_mode()));
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owners_bond_is_reserved() {
	run(|| {
		alice_serves();
		for _ in 0..10 {
			assert_ok!(ask(owner_mode()));
		}
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
	});
}

#[test]
fn request_refuses_owner_mode_when_the_owner_has_sixteen_open_jobs() {
	run(|| {
		plain_listing();
		enlist(&ALICE, 1, 20 * BOND, REWARD);
		for _ in 0..MAX_OPEN_JOBS {
			assert_ok!(ask(owner_mode()));
		}
		assert_noop!(ask(owner_mode()), Error::<Test>::OwnerDoesNotServe);
	});
}

#[test]
fn request_takes_owner_mode_alone_when_only_the_owner_serves() {
	run(|| {
		Registry::list(
			1,
			ALICE,
			&[MockVersion {
				serving: Serving::Owner,
				..EXACT
			}],
		);
		Calls::offer(1, 1, CALL_PRICE);
		enlist(&ALICE, 1, BOND, REWARD);
		for mode in [Mode::Solo, Mode::QuorumOfThree, Mode::QuorumOfFive] {
			assert_noop!(
				ask(Asking { mode, ..ASKING }),
				Error::<Test>::OnlyOwnerServes
			);
		}
		assert_ok!(ask(owner_mode()));
	});
}

// ---- what is refused in every mode ----

#[test]
fn request_refuses_an_unknown_listing() {
	run(|| {
		plain_listing();
		assert_noop!(
			ask(Asking {
				listing: 2,
				..ASKING
			}),
			Error::<Test>::UnknownListing
		);
	});
}

#[test]
fn request_refuses_an_unknown_version() {
	run(|| {
		plain_listing();
		Registry::publish(1, EXACT);
		Registry::remove_version(1, 1);
		for version in [0, 1, 3, u32::MAX] {
			assert_noop!(
				ask(Asking { version, ..ASKING }),
				Error::<Test>::UnknownVersion
			);
		}
		assert_ok!(ask(Asking {
			version: 2,
			..ASKING
		}));
	});
}

#[test]
fn request_refuses_to_pay_for_a_call_of_a_yanked_version() {
	run(|| {
		plain_listing();
		Registry::publish(1, EXACT);
		Registry::yank(1, 2);
		assert_noop!(
			ask(Asking {
				version: 2,
				..ASKING
			}),
			Error::<Test>::VersionYanked
		);
		assert_ok!(ask(ASKING));
	});
}

#[test]
fn request_asks_a_yanked_version_under_a_licence() {
	run(|| {
		enlisted(plain_listing(), 3);
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: Some(2),
			},
		);
		Registry::yank(1, 1);
		let asking = Asking {
			access: Access::Licence(5),
			..ASKING
		};
		let id = asked(asking);
		assert_eq!(Calls::calls_left(5), Some(1));
		assert_eq!(held(&BOB, HoldReason::Escrow), 3 * REWARD);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();
		assert!(matches!(
			last_event(),
			Event::JobEnded {
				outcome: Outcome::Final,
				..
			}
		));
	});
}

#[test]
fn request_asks_a_yanked_version_for_its_owner() {
	run(|| {
		enlisted(plain_listing(), 3);
		Registry::yank(1, 1);
		assert_ok!(ask(Asking {
			who: ALICE,
			access: Access::Owner,
			..ASKING
		}));
		settle();
	});
}

#[test]
fn request_refuses_a_version_without_answers() {
	run(|| {
		let answers = Answers {
			class: AnswerClass::None,
			..EXACT.answers
		};
		alice_serves();
		Registry::list(1, ALICE, &[MockVersion { answers, ..EXACT }]);
		for mode in MODES {
			assert_noop!(ask(Asking { mode, ..ASKING }), Error::<Test>::NotServed);
		}
	});
}

#[test]
fn request_refuses_a_reward_below_the_smallest() {
	run(|| {
		plain_listing();
		for reward in [0, LEAST_REWARD - 1] {
			assert_noop!(
				ask(Asking { reward, ..ASKING }),
				Error::<Test>::RewardTooLow
			);
		}
		assert_ok!(ask(Asking {
			reward: LEAST_REWARD,
			..ASKING
		}));
	});
}

#[test]
fn request_refuses_an_input_that_is_no_content_id() {
	run(|| {
		plain_listing();
		let good = ContentId::of_raw_block(INPUT).to_text().into_bytes();
		let cut = &good[..good.len() - 1];
		let path = [&good[..], b"/path"].concat();
		let long = [&good[..], &[b' '; 128]].concat();
		for input in [&b""[..], b"input.json", cut, &path[..], &long[..]] {
			assert_noop!(ask_with(input), Error::<Test>::BadContentId);
		}
		assert_ok!(ask_with(&good));
	});
}

#[test]
fn request_stores_one_form_of_the_content_id() {
	run(|| {
		plain_listing();
		let id = ContentId::of_raw_block(INPUT);
		assert_ok!(ask_with(id.to_text().as_bytes()));
		assert_ok!(ask_with(format!(" ipfs://{} ", id.to_text()).as_bytes()));
		assert_eq!(job(1).input, id);
		assert_eq!(job(2).input, id);
	});
}

#[test]
fn request_refuses_what_nothing_entitles_to() {
	run(|| {
		plain_listing();
		bob_has(5, Rights::Serve);
		let without_right = [
			(BOB, Access::Offer(2)),
			(BOB, Access::Owner),
			(BOB, Access::Licence(4)),
			(CAROL, Access::Licence(5)),
		];
		for (who, access) in without_right {
			assert_noop!(
				ask(Asking {
					who,
					access,
					..ASKING
				}),
				NO_ACCESS
			);
		}
	});
}

#[test]
fn request_refuses_royalties_that_nobody_could_pay_out() {
	run(|| {
		let share = |listing| Share { listing, parts: 1 };
		let with = |payees: u32| MockVersion {
			table: (0..payees).map(share).collect(),
			..EXACT
		};
		Registry::list(1, ALICE, &[with(MAX_PAYEES), with(MAX_PAYEES + 1)]);
		Calls::offer(1, 1, CALL_PRICE);
		assert_noop!(
			ask(Asking {
				version: 2,
				..ASKING
			}),
			Error::<Test>::AmountTooLarge
		);
		assert_ok!(ask(ASKING));
	});
}

#[test]
fn request_refuses_what_the_account_cannot_hold() {
	run(|| {
		alice_serves();
		for (mode, rewards) in MODES.into_iter().zip([1, 2, 3, 5]) {
			let asking = Asking {
				who: NOBODY,
				mode,
				..ASKING
			};
			assert_noop!(ask(asking.clone()), Error::<Test>::BalanceTooLow);
			let needed = rewards * REWARD + CALL_PRICE + deposits(mode);
			Balances::set_balance(&NOBODY, needed + ED - 1);
			assert_noop!(ask(asking.clone()), Error::<Test>::BalanceTooLow);
			Balances::set_balance(&NOBODY, needed + ED);
			assert_ok!(ask(asking));
			assert_eq!(free(&NOBODY), ED);
		}
	});
}

#[test]
fn request_refuses_a_reward_that_cannot_be_counted() {
	run(|| {
		plain_listing();
		for mode in [Mode::Solo, Mode::QuorumOfThree, Mode::QuorumOfFive] {
			for reward in [u128::MAX / 3, u128::MAX] {
				assert_noop!(
					ask(Asking {
						mode,
						reward,
						..ASKING
					}),
					Error::<Test>::BalanceTooLow
				);
			}
		}
	});
}

#[test]
fn request_refuses_when_no_number_is_left() {
	run(|| {
		plain_listing();
		NextJob::<Test>::put(u64::MAX - 1);
		assert_ok!(ask(ASKING));
		assert_noop!(ask(ASKING), Error::<Test>::NumbersExhausted);
	});
}

#[test]
fn request_refuses_when_the_listing_cannot_be_retained() {
	run(|| {
		plain_listing();
		RetainLimit::set(0);
		assert_noop!(ask(ASKING), Error::<Test>::ListingCannotBeRetained);
		RetainLimit::set(1);
		assert_ok!(ask(ASKING));
	});
}

#[test]
fn request_refuses_an_unsigned_origin() {
	run(|| {
		plain_listing();
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(
				Inference::request(
					origin,
					1,
					1,
					Mode::QuorumOfThree,
					Access::Offer(1),
					REWARD,
					ContentId::of_raw_block(INPUT)
						.to_text()
						.into_bytes()
						.try_into()
						.unwrap(),
					H256::zero(),
				),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn request_goes_on_when_the_version_is_yanked_later() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		Registry::yank(1, 1);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		settle();
		assert!(matches!(
			last_event(),
			Event::JobEnded {
				outcome: Outcome::Final,
				..
			}
		));
	});
}

// ---- identity ----

#[test]
fn request_hash_differs_with_every_argument() {
	run(|| {
		alice_serves();
		Registry::publish(1, EXACT);
		Registry::list(2, ALICE, &[EXACT]);
		Calls::offer(2, 1, CALL_PRICE);
		Calls::offer(1, 2, CALL_PRICE);
		let reference = hash_of(ASKING);
		assert_eq!(hash_of(ASKING), reference);
		let others = [
			Asking {
				who: DAVE,
				..ASKING
			},
			Asking {
				listing: 2,
				..ASKING
			},
			Asking {
				version: 2,
				..ASKING
			},
			Asking {
				mode: Mode::QuorumOfFive,
				..ASKING
			},
			Asking {
				access: Access::Offer(2),
				..ASKING
			},
			Asking {
				reward: REWARD + 1,
				..ASKING
			},
		];
		for other in others {
			assert_ne!(hash_of(other), reference);
		}
	});
}

#[test]
fn request_hash_differs_with_the_input() {
	run(|| {
		plain_listing();
		let text = |block: &[u8]| ContentId::of_raw_block(block).to_text().into_bytes();
		let ask_for = |input: &[u8], hash: u8| {
			with_transaction(|| {
				let asked = Inference::request(
					signed(BOB),
					1,
					1,
					Mode::Solo,
					Access::Offer(1),
					REWARD,
					text(input).try_into().unwrap(),
					H256::repeat_byte(hash),
				);
				assert_ok!(asked);
				TransactionOutcome::Rollback(Ok::<_, DispatchError>(job(1).request_hash))
			})
			.unwrap()
		};
		assert_eq!(ask_for(b"a", 1), ask_for(b"a", 1));
		assert_ne!(ask_for(b"a", 1), ask_for(b"b", 1));
		assert_ne!(ask_for(b"a", 1), ask_for(b"a", 2));
	});
}

#[test]
fn request_hash_differs_on_another_fork() {
	run(|| {
		plain_listing();
		let here = hash_of(ASKING);
		System::set_parent_hash(H256::repeat_byte(9));
		assert_ne!(hash_of(ASKING), here);
	});
}

#[test]
fn request_hash_differs_with_the_nonce() {
	run(|| {
		plain_listing();
		let first = hash_of(ASKING);
		System::inc_account_nonce(BOB);
		assert_ne!(hash_of(ASKING), first);
	});
}

#[test]
fn request_hash_differs_when_one_transaction_asks_twice() {
	run(|| {
		plain_listing();
		let (first, second) = (asked(ASKING), asked(ASKING));
		assert_ne!(job(first).request_hash, job(second).request_hash);
	});
}
