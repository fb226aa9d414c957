//! What the view functions answer, and that no page is longer than its bound.

use crate::{crypto::key_hash, mock::*, *};
use frame_support::assert_ok;
use sp_core::H256;
use weighhouse_primitives::{
	inference::{Access, Ground, JobId, Mode, Round},
	market::{AnswerClass, Answers, Rights, Serving},
	ContentId, ReceiptId,
};

fn quote(mode: Mode) -> Result<JobQuote, QuoteError> {
	Inference::quote(BOB, 1, 1, mode, Access::Offer(1))
}

/// This many receipts of Bob's with the same output, all of them final.
fn many_receipts(count: u32) {
	plain_listing();
	enlist(&ALICE, 1, BOND, REWARD);
	for _ in 0..count {
		if Inference::heartbeat_due(&record_of(&ALICE), System::block_number()) {
			assert_ok!(Inference::heartbeat_signed(signed(ALICE)));
		}
		let id = asked(Asking {
			mode: Mode::Owner,
			..ASKING
		});
		let shown = reveal_of(id, Round::Main, &ALICE, &says(1));
		assert_ok!(Inference::reveal_signed(signed(ALICE), id, shown));
		next_block();
	}
	assert_eq!(Jobs::<Test>::iter().count(), 0);
}

/// All that pages of `limit` hold, one after the other.
fn paged(limit: u32, page: impl Fn(ReceiptId, u32) -> Vec<ReceiptId>) -> Vec<ReceiptId> {
	let mut all = Vec::new();
	let mut after = 0;
	loop {
		let next = page(after, limit);
		assert!(next.len() <= limit as usize);
		match next.last() {
			Some(last) => after = *last,
			None => return all,
		}
		all.extend(next);
	}
}

// ---- pages ----

#[test]
fn pages_hold_a_hundred_at_most() {
	run(|| {
		many_receipts(MAX_PAGE + 5);
		let output = says(1).answer.output_hash;
		for limit in [MAX_PAGE, MAX_PAGE + 1, u32::MAX] {
			assert_eq!(Inference::receipts_of(BOB, 0, limit).len(), 100);
			assert_eq!(Inference::receipts_by_output(output, 0, limit).len(), 100);
		}
		for limit in [0, 1, 7] {
			let length = limit as usize;
			assert_eq!(Inference::receipts_of(BOB, 0, limit).len(), length);
			let found = Inference::receipts_by_output(output, 0, limit);
			assert_eq!(found.len(), length);
		}
		let last = *Inference::receipts_of(BOB, 0, 100).last().unwrap();
		assert_eq!(Inference::receipts_of(BOB, last, u32::MAX).len(), 5);
	});
}

#[test]
fn pages_one_after_the_other_hold_all_receipts_once() {
	run(|| {
		many_receipts(23);
		let output = says(1).answer.output_hash;
		for limit in [1, 7, 100] {
			let of_account = paged(limit, |after, limit| {
				Inference::receipts_of(BOB, after, limit)
			});
			let of_output = paged(limit, |after, limit| {
				Inference::receipts_by_output(output, after, limit)
			});
			for mut found in [of_account, of_output] {
				found.sort_unstable();
				assert_eq!(found, (1..=23).collect::<Vec<_>>());
			}
		}
	});
}

#[test]
fn page_goes_on_when_the_last_receipt_of_the_page_before_was_pruned() {
	run(|| {
		many_receipts(9);
		let all = Inference::receipts_of(BOB, 0, 9);
		at(System::block_number() + LIFETIME);
		assert_ok!(Inference::prune_receipt(signed(DAVE), all[3]));
		assert_eq!(Inference::receipts_of(BOB, all[3], 100), all[4..]);
	});
}

#[test]
fn pages_of_others_are_empty() {
	run(|| {
		many_receipts(2);
		assert!(Inference::receipts_of(CAROL, 0, 100).is_empty());
		let unknown = says(2).answer.output_hash;
		assert!(Inference::receipts_by_output(unknown, 0, 100).is_empty());
	});
}

// ---- single records ----

#[test]
fn worker_shows_its_bond_with_its_jobs() {
	run(|| {
		enlisted(plain_listing(), 3);
		assert_ok!(Inference::unbond(signed(worker(1)), 7));
		let id = asked(ASKING);
		drawn(id, Round::Main);
		let view = Inference::worker(worker(1)).unwrap();
		assert_eq!(
			view,
			WorkerView {
				worker: worker(1),
				key: key_hash(&key_of(&pair_of(&worker(1)))),
				bond: BOND - 7,
				reserved: 100 * REWARD,
				unbonding: vec![Unbonding {
					amount: 7,
					until: 1 + UNBONDING,
				}],
				availability: Availability::Active,
				silences: 0,
				seen: 1,
				alive: true,
				served: 1,
				open_jobs: vec![id],
			}
		);
		settle();
		at(1 + 3 * HEARTBEAT + 1);
		let view = Inference::worker(worker(1)).unwrap();
		assert!(!view.alive);
		assert_eq!((view.silences, view.reserved), (1, 0));
		assert!(view.open_jobs.is_empty());
	});
}

#[test]
fn worker_is_nothing_when_the_account_is_none() {
	run(|| {
		assert_eq!(Inference::worker(BOB), None);
	});
}

#[test]
fn serving_weighs_who_could_be_drawn() {
	run(|| {
		enlisted(plain_listing(), 4);
		assert_ok!(Inference::pause(signed(worker(2))));
		assert_ok!(Inference::serve(signed(worker(3)), 1, REWARD + 1));
		Reputation::set_score(&worker(4), weighhouse_primitives::PARTS / 2);
		let of = |number, min_reward, weight| ServingView {
			worker: worker(number),
			min_reward,
			free_bond: BOND,
			weight,
		};
		assert_eq!(
			Inference::serving(1, REWARD),
			[
				of(1, REWARD, BOND),
				of(2, REWARD, 0),
				of(3, REWARD + 1, 0),
				of(4, REWARD, BOND / 2),
			]
		);
		// What reserves more than the bond draws nobody.
		let most = BOND / 100;
		assert_eq!(Inference::serving(1, most)[0].weight, BOND);
		assert_eq!(Inference::serving(1, most + 1)[0].weight, 0);
		assert!(Inference::serving(2, REWARD).is_empty());
	});
}

#[test]
fn job_shows_phase_with_deadline_and_seats() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		let input = ContentId::of_raw_block(INPUT);
		let view = Inference::job(id).unwrap();
		assert_eq!(view.phase, Phase::Open { since: 1 });
		assert_eq!(view.due, 4);
		assert!(view.seats.is_empty());

		let seats = drawn(id, Round::Main);
		for who in &seats {
			commit(id, Round::Main, who, &says(1)).taken();
		}
		reveal(id, Round::Main, &seats[0], &says(1)).taken();
		let seat = |index: usize, said: Option<Said>| SeatView {
			round: Round::Main,
			worker: seats[index].clone(),
			key: key_hash(&key_of(&pair_of(&seats[index]))),
			commitment: Some(commitment_of(id, Round::Main, &seats[index], &says(1))),
			answer: said.as_ref().map(|said| answer_of(&seats[index], said)),
			output: said
				.map(|said| said.output.into_inner())
				.unwrap_or_default(),
			finding: Finding::Open,
		};
		assert_eq!(
			Inference::job(id).unwrap(),
			JobView {
				job: id,
				request_hash: job(id).request_hash,
				requester: BOB,
				listing: 1,
				version: 1,
				mode: Mode::QuorumOfThree,
				access: Access::Offer(1),
				input: input.to_text(),
				input_hash: H256(input.digest),
				reward: REWARD,
				escrow: 3 * REWARD + CALL_PRICE,
				requested: 1,
				phase: Phase::Revealing {
					since: 4,
					until: 19,
					window: Window::First,
				},
				due: 20,
				receipt: None,
				challenge: None,
				seats: vec![seat(0, Some(says(1))), seat(1, None), seat(2, None)],
			}
		);
	});
}

#[test]
fn job_shows_all_panels_of_a_dispute() {
	run(|| {
		enlisted(plain_listing(), 6);
		let id = asked(ASKING);
		drawn(id, Round::Main);
		play(id, Round::Main, &[says(1), says(1), says(1)]);
		assert_ok!(Inference::dispute(signed(CAROL), id, Ground::Wrong));
		drawn(id, Round::Jury);
		let view = Inference::job(id).unwrap();
		assert_eq!(view.receipt, Some(1));
		assert_eq!(
			view.challenge,
			Some(Challenge {
				challenger: CAROL,
				ground: Ground::Wrong,
				bond: 10 * REWARD,
			})
		);
		let rounds: Vec<_> = view.seats.iter().map(|seat| seat.round).collect();
		assert_eq!(rounds[..3], [Round::Main; 3]);
		assert_eq!(rounds[3..], [Round::Jury; 3]);
	});
}

#[test]
fn job_is_nothing_when_it_is_over() {
	run(|| {
		plain_listing();
		let id: JobId = asked(ASKING);
		settle();
		assert_eq!(Inference::job(id), None);
	});
}

#[test]
fn due_is_the_first_block_in_which_a_poke_helps() {
	run(|| {
		enlisted(plain_listing(), 3);
		let id = asked(ASKING);
		while let Some(view) = Inference::job(id) {
			let due = view.due;
			for block in System::block_number()..=due {
				lose_all(block);
			}
			at(due - 1);
			assert!(poke(DAVE, id).is_err());
			next_block();
			assert_ok!(poke(DAVE, id));
		}
	});
}

#[test]
fn receipt_shows_when_it_can_be_pruned() {
	run(|| {
		many_receipts(1);
		let view = Inference::receipt(1).unwrap();
		assert_eq!(view.receipt, 1);
		assert_eq!(view.input, ContentId::of_raw_block(INPUT).to_text());
		assert_eq!(view.record, Receipts::<Test>::get(1).unwrap().record);
		let settled = view.record.settled.unwrap();
		assert_eq!((view.record.block, settled), (1, 2));
		assert_eq!(view.prunable, settled + LIFETIME);
		assert_eq!(Inference::receipt(2), None);
	});
}

// ---- quotes ----

#[test]
fn quote_says_what_a_request_will_hold() {
	let modes = [
		(Mode::Solo, 2 * REWARD, REWARD, 1),
		(Mode::QuorumOfThree, 3 * REWARD, 0, 3),
		(Mode::QuorumOfFive, 5 * REWARD, 0, 5),
	];
	for (mode, rewards, premium, seats) in modes {
		run(|| {
			enlisted(plain_listing(), 10);
			let said = quote(mode).unwrap();
			assert_eq!(said.reward, REWARD);
			assert_eq!(said.call, CALL_PRICE);
			assert_eq!(said.premium, premium);
			assert_eq!(said.escrow, rewards + CALL_PRICE);
			assert_eq!(said.fee, (seats * REWARD + CALL_PRICE) / 40);
			assert_eq!(said.eligible, 10);
			assert_eq!(said.dispute_bond, 10 * REWARD);

			let id = asked(Asking {
				mode,
				reward: said.reward,
				..ASKING
			});
			assert_eq!(held(&BOB, HoldReason::Escrow), said.escrow);
			let deposits = held(&BOB, HoldReason::Job) + held(&BOB, HoldReason::Receipt);
			assert_eq!(deposits, said.deposit);
			assert_eq!(free(&BOB), ENDOWMENT - said.escrow - said.deposit);
			assert_eq!(drawn(id, Round::Main).len() as u128, seats);
			assert_eq!(Eligible::<Test>::get(id), said.eligible);
		});
	}
}

#[test]
fn quote_takes_the_smallest_reward_for_which_enough_would_work() {
	run(|| {
		plain_listing();
		for number in 1..=5 {
			enlist(&worker(number), 1, BOND, u128::from(number) * REWARD);
		}
		assert_eq!(quote(Mode::Solo).unwrap().reward, REWARD);
		assert_eq!(quote(Mode::Solo).unwrap().eligible, 1);
		assert_eq!(quote(Mode::QuorumOfThree).unwrap().reward, 3 * REWARD);
		assert_eq!(quote(Mode::QuorumOfThree).unwrap().eligible, 3);
		assert_eq!(quote(Mode::QuorumOfFive).unwrap().reward, 5 * REWARD);
		assert_ok!(Inference::pause(signed(worker(1))));
		assert_eq!(quote(Mode::Solo).unwrap().reward, 2 * REWARD);
		assert_eq!(quote(Mode::QuorumOfFive), Err(QuoteError::NotEnoughWorkers));
	});
}

#[test]
fn quote_says_how_many_jurors_are_left() {
	for (workers, jury) in [(3, 0), (5, 0), (6, 3), (8, 5), (12, 9), (20, 9)] {
		run(|| {
			enlisted(plain_listing(), workers);
			assert_eq!(quote(Mode::QuorumOfThree).unwrap().jury, jury);
		});
	}
}

#[test]
fn quote_counts_neither_the_requester_nor_the_owner() {
	run(|| {
		enlisted(plain_listing(), 2);
		enlist(&ALICE, 1, BOND, REWARD);
		enlist(&BOB, 1, BOND, REWARD);
		assert_eq!(
			quote(Mode::QuorumOfThree),
			Err(QuoteError::NotEnoughWorkers)
		);
		let by_another = Inference::quote(DAVE, 1, 1, Mode::QuorumOfThree, Access::Offer(1));
		assert_eq!(by_another.unwrap().eligible, 3);
	});
}

#[test]
fn quote_of_the_owners_worker_has_no_jury() {
	run(|| {
		enlisted(plain_listing(), 9);
		assert_eq!(quote(Mode::Owner), Err(QuoteError::NotEnoughWorkers));
		enlist(&ALICE, 1, BOND, 2 * REWARD);
		let said = quote(Mode::Owner).unwrap();
		assert_eq!(said.reward, 2 * REWARD);
		assert_eq!((said.eligible, said.jury, said.premium), (1, 0, 0));
		assert_eq!(said.escrow, 2 * REWARD + CALL_PRICE);
		assert_eq!(
			Inference::quote(ALICE, 1, 1, Mode::Owner, Access::Owner),
			Err(QuoteError::OwnRequest)
		);
	});
}

#[test]
fn quote_counts_who_may_serve_the_version() {
	run(|| {
		Registry::list(
			1,
			ALICE,
			&[MockVersion {
				serving: Serving::Licensed,
				..EXACT
			}],
		);
		Calls::offer(1, 1, CALL_PRICE);
		for number in 1..=4 {
			Calls::grant(
				number.into(),
				MockLicence {
					holder: worker(number),
					listing: 1,
					versions: (1, 1),
					rights: Rights::Serve,
					calls_left: None,
				},
			);
			enlist(&worker(number), 1, BOND, REWARD);
		}
		assert_eq!(quote(Mode::QuorumOfThree).unwrap().eligible, 4);
		Calls::grant(
			1,
			MockLicence {
				holder: NOBODY,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Serve,
				calls_left: None,
			},
		);
		assert_eq!(quote(Mode::QuorumOfThree).unwrap().eligible, 3);
		Registry::list(
			1,
			ALICE,
			&[MockVersion {
				serving: Serving::Owner,
				..EXACT
			}],
		);
		assert_eq!(quote(Mode::Solo), Err(QuoteError::OnlyOwnerServes));
		// Of the owner's worker there may be a price, once it serves.
		assert_eq!(quote(Mode::Owner), Err(QuoteError::NotEnoughWorkers));
	});
}

#[test]
fn quote_costs_no_call_under_a_licence() {
	run(|| {
		enlisted(plain_listing(), 3);
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: None,
			},
		);
		let said = Inference::quote(BOB, 1, 1, Mode::QuorumOfThree, Access::Licence(5)).unwrap();
		assert_eq!(said.call, 0);
		assert_eq!(said.escrow, 3 * REWARD);
	});
}

#[test]
fn quote_is_the_same_under_a_licence_when_the_version_was_yanked() {
	run(|| {
		enlisted(plain_listing(), 3);
		Calls::grant(
			5,
			MockLicence {
				holder: BOB,
				listing: 1,
				versions: (1, 1),
				rights: Rights::Use,
				calls_left: None,
			},
		);
		let quote = || Inference::quote(BOB, 1, 1, Mode::QuorumOfThree, Access::Licence(5));
		let before = quote();
		assert!(before.is_ok());
		Registry::yank(1, 1);
		assert_eq!(quote(), before);
	});
}

#[test]
fn quote_says_why_there_is_no_price() {
	run(|| {
		enlisted(plain_listing(), 3);
		let answers = Answers {
			class: AnswerClass::None,
			..EXACT.answers
		};
		Registry::publish(1, MockVersion { answers, ..EXACT });
		Registry::publish(1, EXACT);
		Registry::yank(1, 3);
		let price = |listing, version, access| {
			Inference::quote(BOB, listing, version, Mode::QuorumOfThree, access)
		};
		let offer = Access::Offer(1);
		assert!(price(1, 1, offer).is_ok());
		assert_eq!(price(2, 1, offer), Err(QuoteError::UnknownVersion));
		assert_eq!(price(1, 4, offer), Err(QuoteError::UnknownVersion));
		assert_eq!(price(1, 2, offer), Err(QuoteError::NotServed));
		assert_eq!(price(1, 3, offer), Err(QuoteError::VersionYanked));
		assert_eq!(
			price(1, 3, Access::Licence(5)),
			Err(QuoteError::NoAccess),
			"a yank is no reason to refuse a licence"
		);
		assert_eq!(price(1, 1, Access::Offer(2)), Err(QuoteError::NoAccess));
		assert_eq!(price(1, 1, Access::Owner), Err(QuoteError::NoAccess));
	});
}

#[test]
fn quote_of_the_owners_worker_needs_no_licence() {
	for serving in [Serving::Licensed, Serving::Owner] {
		run(|| {
			Registry::list(1, ALICE, &[MockVersion { serving, ..EXACT }]);
			Calls::offer(1, 1, CALL_PRICE);
			enlist(&ALICE, 1, BOND, REWARD);
			assert_eq!(quote(Mode::Owner).unwrap().eligible, 1);
		});
	}
}
