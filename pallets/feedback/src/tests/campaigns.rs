//! Creating campaigns and taking them back: what is held, what is refused.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use weighhouse_primitives::PARTS;

#[test]
fn create_campaign_holds_budget_when_the_terms_are_sound() {
	run(|| {
		let terms = terms();
		assert_ok!(create(SPONSOR, terms));

		// 5 raters, 40 items, and a fee of 2.5 % of what that costs with the fee.
		let full = 40 * UNIT;
		let fee = full / 39;
		let budget = 5 * (full + fee);
		assert_eq!(held(&SPONSOR, HoldReason::Budget), budget);
		assert_eq!(
			held(&SPONSOR, HoldReason::Campaign),
			campaign_deposit(&terms)
		);
		assert_eq!(
			free(&SPONSOR),
			ENDOWMENT - budget - campaign_deposit(&terms)
		);
		let record = campaign(1);
		assert_eq!(record.sponsor, SPONSOR);
		assert_eq!(record.terms, terms);
		assert_eq!(record.fee_parts, FEE);
		assert_eq!(record.budget, budget);
		assert_eq!(record.full_pay(), full);
		assert_eq!(record.phase, Phase::Filling { until: 1 + FILL });
		assert_eq!(record.queued, Some(2 + FILL));
		assert_eq!((record.added, record.joined, record.seed), (0, 0, None));
		assert_eq!(NextCampaign::<Test>::get(), 2);
		assert_eq!(
			events(),
			[
				Event::CampaignCreated {
					campaign: 1,
					campaign_hash: record.campaign_hash,
					sponsor: SPONSOR,
					terms,
					budget,
				},
				Event::PhaseEntered {
					campaign: 1,
					phase: record.phase
				},
			]
		);
	});
}

#[test]
fn create_campaign_gives_another_hash_when_the_terms_are_the_same() {
	run(|| {
		let (first, second) = (created(terms()), created(terms()));
		assert_ne!(
			campaign(first).campaign_hash,
			campaign(second).campaign_hash
		);
	});
}

#[test]
fn create_campaign_accepts_the_largest_terms() {
	run(|| {
		assert_ok!(create(SPONSOR, sized(40, 240, 240, 100)));
		assert_ok!(create(SPONSOR, sized(20, 220, 40, 28)));
	});
}

#[test]
fn create_campaign_is_refused_when_a_count_is_out_of_bounds() {
	run(|| {
		let refused = |change: fn(&mut Terms<u32>), error: Error<Test>| {
			let mut terms = terms();
			change(&mut terms);
			assert_noop!(create(SPONSOR, terms), error);
		};
		refused(|t| t.gold_count = 19, Error::WrongGoldCount);
		refused(
			|t| (t.gold_count, t.item_count) = (41, 100),
			Error::WrongGoldCount,
		);
		refused(|t| t.item_count = 39, Error::WrongItemCount);
		refused(|t| t.item_count = 0, Error::WrongItemCount);
		refused(|t| t.item_count = 221, Error::WrongItemCount);
		refused(|t| t.items_each = 39, Error::WrongItemsEach);
		refused(|t| t.items_each = 41, Error::WrongItemsEach);
		refused(|t| t.raters = 4, Error::WrongRaterCount);
		refused(|t| t.raters = 101, Error::WrongRaterCount);
		// 80 items, of which each of 9 raters answers 40: some have four raters only.
		refused(|t| (t.item_count, t.raters) = (80, 9), Error::PanelTooSmall);
		refused(|t| t.price = MinPrice::get() - 1, Error::PriceTooLow);
		refused(|t| t.stake = MinStake::get() - 1, Error::StakeTooLow);
		refused(|t| t.joining = 4, Error::WrongWindow);
		refused(|t| t.joining = 1_001, Error::WrongWindow);
		refused(|t| t.answering = 4, Error::WrongWindow);
		refused(|t| t.answering = 1_001, Error::WrongWindow);
		refused(|t| t.min_score = PARTS + 1, Error::WrongMinScore);
		refused(|t| t.price = u128::MAX, Error::AmountTooLarge);
		refused(|t| t.price = u128::MAX / 41, Error::AmountTooLarge);
	});
}

#[test]
fn create_campaign_is_accepted_when_a_panel_is_just_large_enough() {
	run(|| {
		assert_ok!(create(SPONSOR, sized(20, 80, 40, 10)));
	});
}

#[test]
fn create_campaign_is_refused_when_the_sponsor_cannot_pay() {
	run(|| {
		let terms = terms();
		let budget = 5 * (40 * UNIT + 40 * UNIT / 39);
		let needed = budget + campaign_deposit(&terms);
		use frame_support::traits::fungible::Mutate;
		Balances::set_balance(&OTHER, needed + ED - 1);
		assert_noop!(create(OTHER, terms), Error::<Test>::BalanceTooLow);
		Balances::set_balance(&OTHER, needed + ED);
		assert_ok!(create(OTHER, terms));
		assert_eq!(free(&OTHER), ED);
	});
}

#[test]
fn create_campaign_is_refused_when_the_promised_dataset_is_not_the_sponsors() {
	run(|| {
		let promising = Terms {
			dataset: Some(7),
			..terms()
		};
		assert_noop!(create(SPONSOR, promising), Error::<Test>::UnknownListing);
		Registry::list(7, OTHER);
		assert_noop!(create(SPONSOR, promising), Error::<Test>::NotOwner);
		Registry::list(7, SPONSOR);
		assert_ok!(create(SPONSOR, promising));
	});
}

#[test]
fn create_campaign_is_refused_when_the_deadlines_are_full() {
	run(|| {
		for block in 0..DUE_SPREAD {
			crowd(2 + FILL + block);
		}
		assert_noop!(create(SPONSOR, terms()), Error::<Test>::TooManyDue);
		let last = 2 + FILL + DUE_SPREAD - 1;
		Due::<Test>::mutate(last, |others| others.truncate(MAX_DUE_CREATED as usize));
		assert_noop!(create(SPONSOR, terms()), Error::<Test>::TooManyDue);
		Due::<Test>::mutate(last, |others| others.pop());
		assert_ok!(create(SPONSOR, terms()));
		assert_eq!(campaign(1).queued, Some(last));
		disperse();
	});
}

#[test]
fn create_campaign_is_refused_when_the_chain_is_behind() {
	run(|| {
		forward(3);
		NextDue::<Test>::put(4);
		assert_noop!(create(SPONSOR, terms()), Error::<Test>::TooManyDue);
		next_block();
		assert_ok!(create(SPONSOR, terms()));
	});
}

#[test]
fn create_campaign_is_refused_when_no_number_is_left() {
	new_test_ext().execute_with(|| {
		NextCampaign::<Test>::put(u64::MAX);
		assert_noop!(create(SPONSOR, terms()), Error::<Test>::NumbersExhausted);
	});
}

#[test]
fn create_campaign_takes_the_highest_fee_when_more_is_configured() {
	run(|| {
		FeeParts::set(&PARTS);
		let id = created(terms());
		assert_eq!(campaign(id).fee_parts, MAX_FEE_PARTS);
		// A tenth of what the sponsor pays.
		assert_eq!(campaign(id).fee_on(9 * UNIT), UNIT);
	});
}

#[test]
fn cancel_campaign_returns_everything_when_items_are_missing() {
	run(|| {
		let id = created(terms());
		assert_ok!(add(id, 0..39));
		let returned = campaign(id).budget;
		assert_ok!(Feedback::cancel_campaign(signed(SPONSOR), id));
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 0);
		assert_eq!(
			free(&SPONSOR),
			ENDOWMENT - held(&SPONSOR, HoldReason::Campaign)
		);
		let why = Refund::Cancelled;
		assert_eq!(phase(id), Phase::Refunded { why });
		assert_eq!(campaign(id).queued, None);
		assert_eq!(Due::<Test>::iter().count(), 0);
		assert_eq!(
			last_event(),
			Event::CampaignRefunded {
				campaign: id,
				why,
				returned
			}
		);
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 50));
		assert_eq!(free(&SPONSOR), ENDOWMENT);
	});
}

#[test]
fn cancel_campaign_is_refused_when_it_is_not_the_sponsors_to_take_back() {
	run(|| {
		let cancel = |who, id| Feedback::cancel_campaign(signed(who), id);
		assert_noop!(cancel(SPONSOR, 1), Error::<Test>::UnknownCampaign);
		let id = created(terms());
		assert_noop!(cancel(OTHER, id), Error::<Test>::NotSponsor);
		fill(id);
		assert_noop!(cancel(SPONSOR, id), Error::<Test>::NotFilling);
	});
}

#[test]
fn campaign_is_refunded_when_items_are_missing_at_the_deadline() {
	run(|| {
		let id = created(terms());
		assert_ok!(add(id, 0..10));
		forward(FILL);
		assert!(matches!(phase(id), Phase::Filling { .. }));
		next_block();
		let why = Refund::NotComplete;
		assert_eq!(phase(id), Phase::Refunded { why });
		assert_eq!(held(&SPONSOR, HoldReason::Budget), 0);
	});
}

#[test]
fn root_of_gold_is_kept_as_given() {
	run(|| {
		let root = H256::repeat_byte(5);
		let id = created(Terms {
			gold_root: root,
			..terms()
		});
		assert_eq!(campaign(id).terms.gold_root, root);
	});
}
