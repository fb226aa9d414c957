//! The market in figures: that each says what the records of the pallets say.

use frame_support::{
	assert_ok,
	storage::with_transaction,
	traits::{
		fungible::{InspectHold, Mutate},
		tokens::Preservation,
	},
};
use pallet_inference::{HoldReason, Jobs, Outcome, Phase, Window, Workers};
use sp_core::crypto::AccountId32;
use sp_runtime::{DispatchError, TransactionOutcome};
use weighhouse_primitives::{Term, PARTS};
use weighhouse_runtime::{
	constants::{
		currency::WGH,
		time::{DAYS, HOURS},
	},
	figures::{market, JobsByPhase, MarketFigures, MAX_COUNTED},
	Balances, BlockNumber, Inference, Licensing, Runtime, System,
};

use crate::{
	chain::{
		development, distilled, next_block, offer, publish_served, register, signed, ALICE, BOB,
		CHARLIE,
	},
	delivery,
	jobs::{committed, requested, served, shown, REQUESTER, WORKERS},
};

/// The figures after a change, which is undone.
fn after(change: impl FnOnce()) -> MarketFigures {
	with_transaction(|| {
		change();
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(market()))
	})
	.unwrap()
}

#[test]
fn a_market_begins_with_nothing() {
	development(|| {
		let nothing = MarketFigures {
			complete: true,
			..Default::default()
		};
		assert_eq!(market(), nothing);
	});
}

#[test]
fn a_job_is_counted_in_the_phase_that_it_is_in() {
	development(|| {
		served();
		let escrowed = || {
			let who = REQUESTER.to_account_id();
			Balances::balance_on_hold(&HoldReason::Escrow.into(), &who)
		};
		let job = requested();
		let figures = market();
		let expected = JobsByPhase {
			open: 1,
			..Default::default()
		};
		assert_eq!((figures.jobs, figures.open_jobs), (1, expected));
		assert!(escrowed() > 0);
		assert_eq!(figures.escrow, escrowed());

		(0..3).for_each(|_| next_block());
		assert_eq!(market().open_jobs.committing, 1);
		let reveal = committed(job, b"yes");
		assert_eq!(market().open_jobs.revealing, 1);
		shown(job, &reveal);
		assert_eq!(market().open_jobs.resolved, 1);
		(0..20).for_each(|_| next_block());
		let figures = market();
		assert_eq!((figures.jobs, figures.receipts), (1, 1));
		assert_eq!(figures.open_jobs, JobsByPhase::default());
		assert_eq!(figures.escrow, 0);
	});
}

#[test]
fn every_phase_has_its_own_figure() {
	let (since, until, window) = (1, 9, Window::First);
	type Figure = fn(&JobsByPhase) -> u32;
	let phases: [(Phase<BlockNumber>, Figure); 10] = [
		(Phase::Open { since }, |jobs| jobs.open),
		(Phase::Committing { until }, |jobs| jobs.committing),
		(
			Phase::Revealing {
				since,
				until,
				window,
			},
			|jobs| jobs.revealing,
		),
		(Phase::Sampling { since }, |jobs| jobs.sampling),
		(Phase::Auditing { until }, |jobs| jobs.auditing),
		(Phase::Resolved { until }, |jobs| jobs.resolved),
		(Phase::Summoning { since }, |jobs| jobs.summoning),
		(Phase::JuryCommitting { until }, |jobs| jobs.jury_committing),
		(
			Phase::JuryRevealing {
				since,
				until,
				window,
			},
			|jobs| jobs.jury_revealing,
		),
		(
			Phase::Ending {
				since,
				outcome: Outcome::Final,
			},
			|jobs| jobs.ending,
		),
	];
	development(|| {
		served();
		let job = requested();
		for (phase, _) in &phases {
			let figures = after(|| {
				Jobs::<Runtime>::mutate(job, |job| job.as_mut().unwrap().phase = *phase);
			});
			for (other, figure) in &phases {
				let expected = u32::from(other == phase);
				assert_eq!(
					figure(&figures.open_jobs),
					expected,
					"{other:?} in {phase:?}"
				);
			}
		}
	});
}

#[test]
fn workers_are_counted_while_their_bond_counts_and_they_are_there() {
	development(|| {
		served();
		let workers = |figures: MarketFigures| (figures.bonded, figures.alive, figures.bonds);
		assert_eq!(workers(market()), (3, 3, 300 * WGH));
		let paused = after(|| {
			assert_ok!(Inference::pause(signed(WORKERS[0])));
		});
		assert_eq!(workers(paused), (3, 2, 300 * WGH));
		let silent = after(|| System::set_block_number(DAYS));
		assert_eq!(workers(silent), (3, 0, 300 * WGH));
		let leaving = after(|| {
			assert_ok!(Inference::unbond(signed(WORKERS[0]), 99 * WGH));
		});
		assert_eq!(workers(leaving), (2, 2, 201 * WGH));
	});
}

#[test]
fn a_sale_is_open_until_it_is_over() {
	development(|| {
		next_block();
		delivery::bought();
		let figures = market();
		assert_eq!((figures.open_sales, figures.prices), (1, 10 * WGH));
		assert_eq!((figures.listings, figures.licences), (1, 1));
		(0..=HOURS).for_each(|_| next_block());
		let figures = market();
		assert_eq!((figures.open_sales, figures.prices), (0, 0));
		assert_eq!((figures.listings, figures.licences), (1, 1));
	});
}

#[test]
fn royalties_are_pending_until_they_are_claimed() {
	development(|| {
		register(ALICE, "parent", vec![]);
		publish_served(BOB, "child", vec![distilled(1, 1, PARTS / 10)]);
		offer(BOB, 2, Term::Perpetual);
		assert_ok!(Licensing::buy(signed(CHARLIE), 2, 1));
		let figures = market();
		assert_eq!(figures.royalties, WGH);
		assert_eq!(figures.royalties, Licensing::accrued(1));
		assert_eq!((figures.listings, figures.licences), (2, 1));
		// What is given to the pot is nobody's, but there.
		let given = after(|| {
			let giver = CHARLIE.to_account_id();
			let pot = Licensing::pot();
			assert_ok!(Balances::transfer(&giver, &pot, 1, Preservation::Preserve));
		});
		assert_eq!(given.royalties, WGH + 1);
		assert_ok!(Licensing::claim(signed(ALICE), 1));
		assert_eq!(market().royalties, 0);
	});
}

#[test]
fn figures_say_when_not_all_was_counted() {
	development(|| {
		served();
		let record = Workers::<Runtime>::get(BOB.to_account_id()).unwrap();
		let with = |number: usize| {
			after(|| {
				for more in WORKERS.len()..number {
					let mut account = [0xff; 32];
					account[..8].copy_from_slice(&more.to_le_bytes());
					Workers::<Runtime>::insert(AccountId32::new(account), record.clone());
				}
			})
		};
		let most = u32::try_from(MAX_COUNTED).unwrap();
		let all = with(MAX_COUNTED);
		assert_eq!((all.bonded, all.complete), (most, true));
		let more = with(MAX_COUNTED + 1);
		assert_eq!((more.bonded, more.complete), (most, false));
		assert_eq!(more.bonds, 100 * WGH * u128::from(most));
	});
}
