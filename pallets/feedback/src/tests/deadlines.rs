//! When campaigns are due: queues, pokes, and what a block has room for.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::{Get, Hooks},
	weights::Weight,
};
use weighhouse_primitives::feedback::CampaignId;

fn due(block: u32) -> Vec<CampaignId> {
	Due::<Test>::get(block).into_inner()
}

#[test]
fn campaign_needs_nobody_after_its_raters_have_revealed() {
	run(|| {
		let id = played(sized(20, 40, 40, 25), &[Policy::Right(80); 25]);
		open_usual(id);
		// Ten raters a step, each of them twice.
		forward(6);
		assert!(matches!(phase(id), Phase::Settled { .. }));
	});
}

#[test]
fn poke_pushes_a_campaign_on_when_it_is_due() {
	run(|| {
		let poke = |id| Feedback::poke(signed(OTHER), id);
		assert_noop!(poke(1), Error::<Test>::UnknownCampaign);
		let id = filled(terms());
		assert_noop!(poke(id), Error::<Test>::NotDueYet);
		let Phase::Joining { until } = phase(id) else {
			panic!("it is the time to join");
		};
		System::set_block_number(until);
		assert_noop!(poke(id), Error::<Test>::NotDueYet);
		System::set_block_number(until + 1);
		let info = poke(id).unwrap();
		assert_eq!(info.actual_weight, Some(<() as WeightInfo>::close_phase()));
		assert!(matches!(phase(id), Phase::Refunded { .. }));
		assert_noop!(poke(id), Error::<Test>::NotDueYet);
	});
}

#[test]
fn poke_settles_raters_at_any_time() {
	run(|| {
		let id = played(sized(20, 40, 40, 25), &[Policy::Right(80); 25]);
		open_usual(id);
		let info = Feedback::poke(signed(OTHER), id).unwrap();
		assert_eq!(phase(id), Phase::Weighing { next: 10 });
		let weight = Feedback::settle_weight(10).saturating_add(<() as WeightInfo>::close_phase());
		assert_eq!(info.actual_weight, Some(weight));
	});
}

#[test]
fn new_campaigns_fill_half_of_a_queue() {
	run(|| {
		for _ in 0..=MAX_DUE_CREATED {
			created(terms());
		}
		let at = 2 + FILL;
		assert_eq!(due(at).len(), MAX_DUE_CREATED as usize);
		let last = u64::from(MAX_DUE_CREATED) + 1;
		assert_eq!(due(at + 1), [last]);
		assert_eq!(campaign(last).queued, Some(at + 1));
		assert_eq!(Feedback::schedule(GONE, at, MAX_DUE), Some(at));
		disperse();
	});
}

#[test]
fn deadline_of_an_open_campaign_moves_to_the_next_block_when_the_queue_is_full() {
	run(|| {
		crowd(4);
		let id = with_raters(terms(), 5);
		assert_eq!(campaign(id).queued, Some(5));
		assert_eq!(due(5), [id]);
		disperse();
	});
}

#[test]
fn block_takes_eight_steps_at_most() {
	run(|| {
		for _ in 0..20 {
			created(terms());
		}
		forward(FILL + 1);
		let refunded = || {
			Campaigns::<Test>::iter_values()
				.filter(|campaign| matches!(campaign.phase, Phase::Refunded { .. }))
				.count()
		};
		assert_eq!(refunded(), 8);
		next_block();
		assert_eq!(refunded(), 16);
		next_block();
		assert_eq!(refunded(), 20);
	});
}

#[test]
fn campaign_leaves_its_queue_when_it_moves_on() {
	run(|| {
		// The only entry there is, if any.
		let only = |id: CampaignId, block: Option<u32>| {
			assert_eq!(campaign(id).queued, block);
			let queues: Vec<_> = Due::<Test>::iter()
				.map(|(at, campaigns)| (at, campaigns.into_inner()))
				.collect();
			let expected: Vec<_> = block.into_iter().map(|at| (at, vec![id])).collect();
			assert_eq!(queues, expected);
		};
		let id = created(terms());
		only(id, Some(2 + FILL));
		fill(id);
		only(id, Some(1 + 20 + 1));
		for number in 0..5 {
			assert_ok!(Feedback::join(signed(rater(number)), id));
		}
		only(id, Some(1 + 2 + 1));
		forward(3);
		only(id, Some(4 + 25 + 1));
		for number in 0..5 {
			assert_ok!(commit(id, number, Policy::Right(90)));
		}
		only(id, Some(4 + REVEAL + 1));
		for number in 0..5 {
			assert_ok!(reveal(id, number, Policy::Right(90)));
		}
		only(id, Some(4 + OPEN + 1));
		open_usual(id);
		only(id, Some(5));
		assert_ok!(Feedback::settle(signed(OTHER), id, 3));
		only(id, Some(5));
		assert_ok!(Feedback::poke(signed(OTHER), id));
		assert!(matches!(phase(id), Phase::Paying { next: 0, .. }));
		only(id, Some(5));
		assert_ok!(Feedback::settle(signed(OTHER), id, 5));
		assert!(matches!(phase(id), Phase::Settled { .. }));
		only(id, None);
	});
}

#[test]
fn campaign_that_is_poked_leaves_its_queue() {
	run(|| {
		let id = filled(terms());
		System::set_block_number(22);
		assert_ok!(Feedback::poke(signed(OTHER), id));
		assert_eq!(Due::<Test>::iter().count(), 0);
		let open = with_raters(terms(), 5);
		System::set_block_number(25);
		assert_ok!(Feedback::poke(signed(OTHER), open));
		assert_eq!(campaign(open).queued, Some(25 + 25 + 1));
		assert!(due(25).is_empty());
	});
}

#[test]
fn open_campaign_finds_room_when_no_other_can_be_created() {
	run(|| {
		let id = with_raters(terms(), 4);
		while create(OTHER, terms()).is_ok() {}
		assert_noop!(create(SPONSOR, terms()), Error::<Test>::TooManyDue);
		// Its next deadline is in the midst of theirs.
		let at = 2 + FILL;
		assert_eq!(due(at).len(), MAX_DUE_CREATED as usize);
		assert_eq!(Feedback::schedule(id, at, MAX_DUE), Some(at));
		Feedback::unschedule(id, Some(at));
		assert_eq!(due(at).len(), MAX_DUE_CREATED as usize);
	});
}

#[test]
fn campaign_without_room_in_a_queue_is_pushed_on_by_a_poke_and_waits_in_one_again() {
	run(|| {
		let id = with_raters(terms(), 4);
		for block in 0..DUE_SPREAD {
			crowd(4 + block);
		}
		assert_ok!(Feedback::join(signed(rater(4)), id));
		assert_eq!(phase(id), Phase::Drawing { since: 1 });
		assert_eq!(campaign(id).queued, None);
		System::set_block_number(4);
		assert_ok!(Feedback::poke(signed(OTHER), id));
		assert_eq!(phase(id), Phase::Committing { until: 4 + 25 });
		assert_eq!(campaign(id).queued, Some(4 + 25 + 1));
		disperse();
	});
}

#[test]
fn hook_stays_within_its_part_of_the_block() {
	run(|| {
		// Draws of a hundred raters each, all due at once.
		for _ in 0..6 {
			with_raters(sized(20, 41, 40, 100), 100);
		}
		let now = 4;
		System::set_block_number(now);
		let used = Feedback::on_initialize(now);
		assert!(used.all_lte(Feedback::hook_budget()));
		let drawn = Campaigns::<Test>::iter_values()
			.filter(|campaign| campaign.seed.is_some())
			.count();
		assert!((1..6).contains(&drawn), "{drawn}");
		forward(5);
		assert!(Campaigns::<Test>::iter_values().all(|campaign| campaign.seed.is_some()));
	});
}

#[test]
fn hook_weighs_something_when_nothing_is_due() {
	run(|| {
		let weight = Feedback::on_initialize(2);
		assert!(weight.ref_time() > 0);
		let max: Weight = <<Test as frame_system::Config>::BlockWeights as Get<
			frame_system::limits::BlockWeights,
		>>::get()
		.max_block;
		assert!(weight.ref_time() < max.ref_time() / 100);
	});
}

#[test]
fn integrity_test_passes_with_the_settings_of_the_mock() {
	new_test_ext().execute_with(<Feedback as Hooks<u32>>::integrity_test);
}

fn integrity_fails_when(change: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		change();
		<Feedback as Hooks<u32>>::integrity_test();
	});
}

#[test]
#[should_panic(expected = "raters are paid something for an item")]
fn integrity_test_fails_when_the_price_may_be_nothing() {
	integrity_fails_when(|| MinPrice::set(&0));
}

#[test]
#[should_panic(expected = "silence costs a rater something")]
fn integrity_test_fails_when_the_stake_may_be_nothing() {
	integrity_fails_when(|| MinStake::set(&0));
}

#[test]
#[should_panic(expected = "RevealWindow must be at least one block")]
fn integrity_test_fails_when_a_window_is_empty() {
	integrity_fails_when(|| RevealWindow::set(&0));
}

#[test]
#[should_panic(expected = "OpenWindow must be at least one block")]
fn integrity_test_fails_when_nobody_could_open_gold() {
	integrity_fails_when(|| OpenWindow::set(&0));
}

#[test]
#[should_panic(expected = "the shortest window is not longer than the longest")]
fn integrity_test_fails_when_no_window_is_allowed() {
	integrity_fails_when(|| MinWindow::set(&1_001));
}

#[test]
#[should_panic(expected = "settle must fit half of the normal class")]
fn integrity_test_fails_when_a_call_is_too_heavy() {
	// Reputation that takes ten milliseconds for each rater.
	integrity_fails_when(|| RecordWeight::set(&Weight::from_parts(10_000_000_000, 0)));
}

#[test]
#[should_panic(expected = "the chain must be able to take any step by itself")]
fn integrity_test_fails_when_a_step_is_too_heavy_for_the_hook() {
	// Randomness that takes 200 milliseconds to look up.
	integrity_fails_when(|| SeedWeight::set(&Weight::from_parts(200_000_000_000, 0)));
}

#[test]
fn block_that_took_all_its_steps_looks_into_no_other_queue() {
	run(|| {
		for _ in 0..MAX_STEPS_A_BLOCK {
			created(terms());
		}
		// Nothing was worked off for two blocks.
		let due = 2 + FILL;
		NextDue::<Test>::put(due);
		System::set_block_number(due + 2);
		Feedback::on_initialize(due + 2);
		assert_eq!(Due::<Test>::iter().count(), 0);
		assert_eq!(NextDue::<Test>::get(), due + 1);
	});
}
