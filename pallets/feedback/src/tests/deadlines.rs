//! When campaigns are due: queues, stale entries, pokes, and what a block has room for.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::{Get, Hooks},
	weights::Weight,
	BoundedVec,
};

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
		assert_ok!(Feedback::poke(signed(OTHER), id));
		assert_eq!(phase(id), Phase::Weighing { next: 10 });
	});
}

#[test]
fn deadline_moves_to_the_next_block_when_the_queue_is_full() {
	run(|| {
		for _ in 0..=MAX_DUE {
			created(terms());
		}
		let at = 2 + FILL;
		assert_eq!(Due::<Test>::get(at).len(), MAX_DUE as usize);
		let last = u64::from(MAX_DUE) + 1;
		assert_eq!(Due::<Test>::get(at + 1).into_inner(), [last]);
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
fn entry_is_passed_over_when_the_campaign_has_moved_on() {
	run(|| {
		let id = filled(terms());
		assert!(Due::<Test>::get(2 + FILL).contains(&id));
		forward(FILL + 1);
		assert!(Due::<Test>::get(2 + FILL).is_empty());
		assert_eq!(NextDue::<Test>::get(), System::block_number() + 1);
	});
}

#[test]
fn campaign_waits_for_a_poke_when_its_queues_are_full() {
	run(|| {
		let id = filled(terms());
		for number in 0..4 {
			assert_ok!(Feedback::join(signed(rater(number)), id));
		}
		for block in 0..DUE_SPREAD {
			let others = vec![99; MAX_DUE as usize];
			Due::<Test>::insert(4 + block, BoundedVec::truncate_from(others));
		}
		assert_ok!(Feedback::join(signed(rater(4)), id));
		System::set_block_number(4);
		assert_eq!(phase(id), Phase::Drawing { since: 1 });
		assert_ok!(Feedback::poke(signed(OTHER), id));
		assert!(matches!(phase(id), Phase::Committing { .. }));
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
