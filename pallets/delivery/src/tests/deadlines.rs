//! What the chain does by itself, and what a block has room for.

use crate::{mock::*, *};
use frame_support::{
	assert_ok, dispatch::GetDispatchInfo, traits::Hooks, weights::Weight, BoundedVec,
};

#[test]
fn chain_expires_what_was_not_delivered() {
	run(|| {
		let licence = bought();
		forward(WINDOW);
		assert!(matches!(state(licence), State::Awaiting { .. }));
		next_block();
		assert_eq!(Deliveries::<Test>::get(licence), None);
		assert_eq!(free(&BUYER), ENDOWMENT + PRICE / 100);
	});
}

#[test]
fn chain_pays_for_what_nobody_complained_of() {
	run(|| {
		let licence = delivered(right_key);
		forward(COMPLAINTS);
		assert!(matches!(state(licence), State::Delivered { .. }));
		next_block();
		assert!(matches!(state(licence), State::Settled { .. }));
		assert_eq!(Shop::holder(licence), Some(BUYER));
	});
}

#[test]
fn chain_pays_when_the_key_came_in_the_last_block() {
	run(|| {
		let licence = bought();
		forward(WINDOW);
		assert_ok!(deliver(SELLER, licence, right_key(licence)));
		forward(COMPLAINTS);
		assert!(matches!(state(licence), State::Delivered { .. }));
		next_block();
		assert!(matches!(state(licence), State::Settled { .. }));
	});
}

#[test]
fn chain_looks_again_late_when_the_seller_may_take_longer_than_complaints() {
	run(|| {
		bond(BOND);
		assert_ok!(Delivery::set_window(signed(SELLER), MAX_WINDOW));
		let until = MAX_WINDOW;
		assert_ok!(Delivery::buy(signed(BUYER), LISTING, 1, key(1), until));
		assert_ok!(deliver(SELLER, 1, right_key(1)));
		forward(MAX_WINDOW);
		assert!(matches!(state(1), State::Delivered { .. }));
		next_block();
		assert!(matches!(state(1), State::Settled { .. }));
	});
}

#[test]
fn entry_goes_when_the_delivery_is_over() {
	run(|| {
		let licence = delivered(right_key);
		assert!(Due::<Test>::get(2 + WINDOW).contains(&licence));
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		assert_eq!(delivery(licence).queued, None);
		let licence = delivered(wrong_key);
		assert_ok!(complain(BUYER, licence, honest_complaint(licence, 1)));
		let licence = bought();
		at(2 + WINDOW);
		assert_ok!(Delivery::expire(signed(OTHER), licence));
		assert_eq!(Due::<Test>::iter().count(), 0);
	});
}

#[test]
fn deadline_moves_to_the_next_block_when_its_queue_has_enough_requests() {
	run(|| {
		bond(100 * UNIT);
		for _ in 0..=MAX_DUE_REQUESTS {
			bought();
		}
		let at = 2 + WINDOW;
		assert_eq!(Due::<Test>::get(at).len(), MAX_DUE_REQUESTS as usize);
		let last = u64::from(MAX_DUE_REQUESTS) + 1;
		assert_eq!(Due::<Test>::get(at + 1).into_inner(), [last]);
		assert_eq!(delivery(last).queued, Some(at + 1));
	});
}

#[test]
fn block_ends_eight_deliveries_at_most() {
	run(|| {
		bond(100 * UNIT);
		for _ in 0..20 {
			bought();
		}
		forward(WINDOW + 1);
		let open = || Deliveries::<Test>::iter().count();
		assert_eq!(open(), 12);
		next_block();
		assert_eq!(open(), 4);
		next_block();
		assert_eq!(open(), 0);
	});
}

#[test]
fn delivery_waits_for_a_call_when_its_sale_cannot_be_completed() {
	run(|| {
		let licence = delivered(right_key);
		Shut::set(&true);
		forward(COMPLAINTS + 2);
		assert!(matches!(state(licence), State::Delivered { .. }));
		assert_eq!(delivery(licence).queued, None);
		assert_eq!(held(&BUYER, HoldReason::Price), PRICE);
		Shut::set(&false);
		forward(1);
		assert!(matches!(state(licence), State::Delivered { .. }));
		assert_ok!(Delivery::finalize(signed(OTHER), licence));
	});
}

#[test]
fn delivery_waits_for_a_call_when_its_queues_are_full() {
	run(|| {
		let licence = delivered(right_key);
		for block in 0..DUE_SPREAD {
			let others = vec![99; MAX_DUE as usize];
			Due::<Test>::insert(2 + COMPLAINTS + block, BoundedVec::truncate_from(others));
		}
		// Where it is looked at for the first time.
		forward(WINDOW + 1);
		assert_eq!(delivery(licence).queued, None);
		at(2 + COMPLAINTS);
		assert_ok!(Delivery::finalize(signed(OTHER), licence));
		uncrowd();
	});
}

#[test]
fn delivery_that_moves_on_finds_room_when_requests_fill_their_part() {
	run(|| {
		let licence = delivered(right_key);
		for block in 0..DUE_SPREAD {
			let others = vec![99; MAX_DUE_REQUESTS as usize];
			Due::<Test>::insert(2 + COMPLAINTS + block, BoundedVec::truncate_from(others));
		}
		forward(WINDOW + 1);
		assert_eq!(delivery(licence).queued, Some(2 + COMPLAINTS));
		uncrowd();
	});
}

#[test]
fn hook_stays_within_its_part_of_the_block() {
	run(|| {
		// So heavy that one step fills most of it.
		let heavy = Delivery::hook_budget().saturating_mul(2).saturating_div(3);
		bond(100 * UNIT);
		for _ in 0..3 {
			bought();
		}
		SeamWeight::set(&heavy);
		at(2 + WINDOW);
		NextDue::<Test>::put(2 + WINDOW);
		let used = Delivery::on_initialize(2 + WINDOW);
		assert!(used.all_lte(Delivery::hook_budget()));
		assert_eq!(Deliveries::<Test>::iter().count(), 2);
		forward(2);
		assert_eq!(Deliveries::<Test>::iter().count(), 0);
	});
}

#[test]
fn hook_weighs_something_when_nothing_is_due() {
	run(|| {
		let weight = Delivery::on_initialize(2);
		assert!(weight.ref_time() > 0);
		assert!(weight.all_lte(Delivery::hook_budget().saturating_div(10)));
	});
}

#[test]
fn integrity_test_passes_with_the_settings_of_the_mock() {
	new_test_ext().execute_with(<Delivery as Hooks<u32>>::integrity_test);
}

fn integrity_fails_when(change: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		change();
		<Delivery as Hooks<u32>>::integrity_test();
	});
}

#[test]
#[should_panic(expected = "a seller answers with something")]
fn integrity_test_fails_when_the_bond_may_be_nothing() {
	integrity_fails_when(|| MinBond::set(&0));
}

#[test]
#[should_panic(expected = "a seller has at least one block to deliver")]
fn integrity_test_fails_when_nobody_could_deliver() {
	integrity_fails_when(|| MinWindow::set(&0));
}

#[test]
#[should_panic(expected = "the usual window is one that a seller could choose")]
fn integrity_test_fails_when_the_usual_window_is_out_of_bounds() {
	integrity_fails_when(|| DefaultWindow::set(&(MAX_WINDOW + 1)));
}

#[test]
#[should_panic(expected = "a buyer has at least one block to complain")]
fn integrity_test_fails_when_nobody_could_complain() {
	integrity_fails_when(|| ComplaintWindow::set(&0));
}

#[test]
#[should_panic(expected = "must fit half of the normal class")]
fn integrity_test_fails_when_a_call_is_too_heavy() {
	integrity_fails_when(|| SeamWeight::set(&Weight::MAX));
}

#[test]
#[should_panic(expected = "the chain must be able to take any step by itself")]
fn integrity_test_fails_when_a_step_is_too_heavy_for_the_hook() {
	integrity_fails_when(|| SeamWeight::set(&Delivery::hook_budget()));
}

#[test]
fn calls_are_charged_for_what_they_do_to_a_sale() {
	run(|| {
		let seam = Weight::from_parts(7_000, 30);
		SeamWeight::set(&seam);
		let charged = |call: Call<Test>| call.get_dispatch_info().call_weight;
		let licence = 1;
		assert_eq!(
			charged(Call::expire { licence }),
			<() as WeightInfo>::expire().saturating_add(seam)
		);
		assert_eq!(
			charged(Call::finalize { licence }),
			<() as WeightInfo>::finalize().saturating_add(seam)
		);
		let (shared, challenge, response) = ([0; 32], [0; 32], [0; 32]);
		assert_eq!(
			charged(Call::complain {
				licence,
				shared,
				challenge,
				response
			}),
			<() as WeightInfo>::complain()
		);
	});
}

#[test]
fn hook_leaves_payments_that_the_block_has_no_room_for() {
	run(|| {
		bond(100 * UNIT);
		for _ in 0..3 {
			delivered(right_key);
		}
		// Their turn comes when complaints are over.
		forward(WINDOW + 1);
		SeamWeight::set(&Delivery::hook_budget().saturating_mul(2).saturating_div(3));
		let paid = || {
			Deliveries::<Test>::iter_values()
				.filter(|delivery| matches!(delivery.state, State::Settled { .. }))
				.count()
		};
		at(2 + COMPLAINTS);
		NextDue::<Test>::put(2 + COMPLAINTS);
		let used = Delivery::on_initialize(2 + COMPLAINTS);
		assert!(used.all_lte(Delivery::hook_budget()));
		assert_eq!(paid(), 1);
	});
}

#[test]
fn block_that_took_all_its_steps_looks_into_no_other_queue() {
	run(|| {
		bond(100 * UNIT);
		for _ in 0..MAX_STEPS_A_BLOCK {
			bought();
		}
		// Nothing was worked off for two blocks.
		let due = 2 + WINDOW;
		NextDue::<Test>::put(due);
		at(due + 2);
		Delivery::on_initialize(due + 2);
		assert_eq!(Deliveries::<Test>::iter().count(), 0);
		assert_eq!(NextDue::<Test>::get(), due + 1);
	});
}
