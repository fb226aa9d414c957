//! Each invariant broken on purpose, and the sizes of records.

use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_ok,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
	},
	BoundedVec,
};
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{feedback::Tally, PARTS};

type Check = Result<(), TryRuntimeError>;

const POLICIES: [Policy; 5] = [Policy::Right(90); 5];

/// Breaks a sound chain and expects `check` to say why, and the whole to fail with it.
fn broken(
	build: impl FnOnce() -> u64,
	damage: impl FnOnce(u64),
	check: fn() -> Check,
	why: &'static str,
) {
	new_test_ext().execute_with(|| {
		let id = build();
		assert_ok!(Feedback::check_invariants());
		damage(id);
		assert_eq!(check(), Err(TryRuntimeError::Other(why)));
		assert!(Feedback::check_invariants().is_err());
	});
}

fn open_campaign() -> u64 {
	drawn(sized(20, 41, 40, 6))
}

fn settled_campaign() -> u64 {
	settled(terms(), &POLICIES)
}

/// A settled campaign whose dataset has earned something.
fn earning() -> u64 {
	let id = settled_campaign();
	Registry::list(7, SPONSOR);
	Registry::propose(7, Feedback::pot(id));
	Feedback::accept_dataset(signed(SPONSOR), id, 7).unwrap();
	let pot = Feedback::pot(id);
	Balances::transfer(&OTHER, &pot, UNIT, Preservation::Preserve).unwrap();
	Feedback::distribute(signed(OTHER), id).unwrap();
	id
}

fn edit(id: u64, edit: impl FnOnce(&mut CampaignOf<Test>)) {
	Campaigns::<Test>::mutate(id, |campaign| edit(campaign.as_mut().unwrap()));
}

fn edit_place(id: u64, number: u32, edit: impl FnOnce(&mut PlaceOf<Test>)) {
	Places::<Test>::mutate(id, number, |place| edit(place.as_mut().unwrap()));
}

fn burn(reason: HoldReason, who: &AccountId) {
	let (exact, force) = (Precision::Exact, Fortitude::Force);
	assert_ok!(Balances::burn_held(&reason.into(), who, 1, exact, force));
}

#[test]
fn inv_1_fails_when_a_budget_is_one_unit_short() {
	broken(
		open_campaign,
		|_| burn(HoldReason::Budget, &SPONSOR),
		Feedback::budgets_are_held,
		"INV-1: what is held as budget differs from the campaigns",
	);
}

#[test]
fn inv_1_fails_when_a_budget_is_held_without_a_campaign() {
	broken(
		open_campaign,
		|_| Balances::hold(&HoldReason::Budget.into(), &OTHER, 1).unwrap(),
		Feedback::budgets_are_held,
		"INV-1: what is held as budget differs from the campaigns",
	);
}

#[test]
fn inv_2_fails_when_a_stake_is_one_unit_short() {
	broken(
		open_campaign,
		|_| burn(HoldReason::Stake, &rater(1)),
		Feedback::stakes_are_held,
		"INV-2: what is held as stake differs from the places",
	);
}

#[test]
fn inv_2_fails_when_a_settled_rater_still_has_its_stake() {
	broken(
		open_campaign,
		|id| edit_place(id, 1, |place| place.state = PlaceState::Refunded),
		Feedback::stakes_are_held,
		"INV-2: what is held as stake differs from the places",
	);
}

#[test]
fn inv_3_fails_when_a_deposit_is_one_unit_short() {
	for (reason, who) in [
		(HoldReason::Campaign, SPONSOR),
		(HoldReason::Place, rater(0)),
		(HoldReason::Dividends, SPONSOR),
	] {
		broken(
			earning,
			|_| burn(reason, &who),
			Feedback::deposits_equal_tickets,
			"INV-3: what is held as deposit differs from the tickets",
		);
	}
}

#[test]
fn inv_4_fails_when_the_index_misses_a_place() {
	broken(
		open_campaign,
		|id| PlaceNumbers::<Test>::remove(id, rater(2)),
		Feedback::places_are_counted,
		"INV-4: a place is not in the index of raters",
	);
}

#[test]
fn inv_4_fails_when_the_index_names_a_place_of_nobody() {
	broken(
		open_campaign,
		|id| PlaceNumbers::<Test>::insert(id, OTHER, 2),
		Feedback::places_are_counted,
		"INV-4: the index of raters names another place",
	);
}

#[test]
fn inv_4_fails_when_a_campaign_counts_too_many() {
	let edits: [fn(&mut CampaignOf<Test>); 3] =
		[|c| c.joined += 1, |c| c.committed += 1, |c| c.revealed += 1];
	for change in edits {
		broken(
			open_campaign,
			|id| edit(id, change),
			Feedback::places_are_counted,
			"INV-4: a campaign counts other raters than it has",
		);
	}
}

#[test]
fn inv_5_fails_when_an_item_has_the_place_of_another() {
	broken(
		open_campaign,
		|id| Items::<Test>::insert(id, 41, Items::<Test>::take(id, 3).unwrap()),
		Feedback::items_are_counted,
		"INV-5: a campaign counts other items than it has",
	);
}

#[test]
fn inv_5_fails_when_an_item_is_missing() {
	broken(
		open_campaign,
		|id| Items::<Test>::remove(id, 3),
		Feedback::items_are_counted,
		"INV-5: a campaign counts other items than it has",
	);
}

#[test]
fn inv_6_fails_when_a_tally_is_off() {
	broken(
		settled_campaign,
		|id| {
			AnswerTallies::<Test>::mutate(id, |tallies| {
				tallies[3] = Tally { a: 5, total: 6 };
			})
		},
		Feedback::tallies_are_what_answers_say,
		"INV-6: tallies are not what the answers say",
	);
}

#[test]
fn inv_6_fails_when_an_answer_has_no_tally() {
	broken(
		settled_campaign,
		|id| AnswerTallies::<Test>::mutate(id, |tallies| tallies.truncate(39)),
		Feedback::tallies_are_what_answers_say,
		"INV-6: an answer is about an item without a tally",
	);
}

#[test]
fn inv_7_fails_when_a_record_is_without_a_campaign() {
	const WHY: &str = "INV-7: a record is without a campaign";
	let damages: [fn(); 5] = [
		|| AnswerTallies::<Test>::insert(9, Tallies::default()),
		|| OpenedGold::<Test>::insert(9, GoldList::default()),
		|| OpenBallots::<Test>::insert(9, Ballots::default()),
		|| Labels::<Test>::insert(9, LabelList::default()),
		|| {
			let item = Items::<Test>::get(1, 0).unwrap();
			Items::<Test>::insert(9, 0, item);
		},
	];
	for damage in damages {
		broken(
			open_campaign,
			|_| damage(),
			Feedback::records_fit_their_phase,
			WHY,
		);
	}
}

#[test]
fn inv_7_fails_when_a_campaign_lacks_what_its_phase_needs() {
	broken(
		open_campaign,
		AnswerTallies::<Test>::remove,
		Feedback::records_fit_their_phase,
		"INV-7: a drawn campaign has a tally for each item, another none",
	);
	broken(
		settled_campaign,
		Labels::<Test>::remove,
		Feedback::records_fit_their_phase,
		"INV-7: a settled campaign has a label for each item, another none",
	);
	broken(
		open_campaign,
		|id| {
			OpenBallots::<Test>::mutate(id, |ballots| ballots.paid.try_push(1).unwrap());
		},
		Feedback::records_fit_their_phase,
		"INV-7: the ballots of a campaign are of other places than those paid",
	);
	broken(
		|| {
			let id = played(terms(), &POLICIES);
			open_usual(id);
			id
		},
		|id| OpenedGold::<Test>::mutate(id, |gold| gold.truncate(19)),
		Feedback::records_fit_their_phase,
		"INV-7: a scored campaign has all of its gold opened",
	);
}

#[test]
fn inv_7_fails_when_shares_do_not_fit_the_phase() {
	const WHY: &str = "INV-7: a campaign that paid has a share for each place, another none";
	let check: fn() -> Check = Feedback::records_fit_their_phase;
	broken(settled_campaign, Shares::<Test>::remove, check, WHY);
	broken(
		settled_campaign,
		|id| Shares::<Test>::mutate(id, |shares| shares.truncate(4)),
		check,
		WHY,
	);
	broken(
		open_campaign,
		|id| Shares::<Test>::insert(id, ShareList::truncate_from(vec![PARTS])),
		check,
		WHY,
	);
}

#[test]
fn inv_7_fails_when_a_place_does_not_fit_the_phase() {
	let campaigns: [(fn() -> u64, PlaceState); 7] = [
		(|| with_raters(terms(), 5), PlaceState::Refunded),
		(open_campaign, PlaceState::Joined),
		(revealing, PlaceState::Joined),
		(paying, PlaceState::Joined),
		(settled_campaign, PlaceState::Joined),
		(refunding, PlaceState::Refunded),
		(refunded, PlaceState::Joined),
	];
	for (build, state) in campaigns {
		broken(
			build,
			|id| edit_place(id, 4, |place| place.state = state),
			Feedback::records_fit_their_phase,
			"INV-7: a place does not stand as its campaign does",
		);
	}
	// What was settled is before the next place.
	broken(
		paying,
		|id| {
			let revealed = place(id, 4).state;
			edit_place(id, 1, |place| place.state = revealed);
		},
		Feedback::records_fit_their_phase,
		"INV-7: a place does not stand as its campaign does",
	);
}

fn revealing() -> u64 {
	let id = drawn(terms());
	for number in 0..5 {
		commit(id, number, POLICIES[0]).unwrap();
	}
	reveal(id, 0, POLICIES[0]).unwrap();
	id
}

/// Two of five raters are paid.
fn paying() -> u64 {
	let id = played(terms(), &POLICIES);
	open_usual(id);
	Feedback::settle(signed(OTHER), id, 5).unwrap();
	Feedback::settle(signed(OTHER), id, 2).unwrap();
	id
}

/// Two of five raters have their stakes back.
fn refunding() -> u64 {
	SeedLost::set(&true);
	let id = with_raters(terms(), 5);
	forward(3);
	Feedback::settle(signed(OTHER), id, 2).unwrap();
	id
}

fn refunded() -> u64 {
	let id = refunding();
	finish(id);
	id
}

#[test]
fn inv_8_fails_when_shares_do_not_add_up() {
	broken(
		settled_campaign,
		|id| Shares::<Test>::mutate(id, |shares| shares[0] += 1),
		Feedback::shares_add_up,
		"INV-8: shares do not add up to the whole",
	);
	let dividends = |change: fn(&mut DividendsOf<Test>), why| {
		broken(
			earning,
			|id| DatasetDividends::<Test>::mutate(id, |d| change(d.as_mut().unwrap())),
			Feedback::shares_add_up,
			why,
		)
	};
	dividends(
		|d| d.payees[0].parts += 1,
		"INV-8: shares of a dataset do not add up to the whole",
	);
	dividends(
		|d| d.paid += 1,
		"INV-8: what raters got of a dataset is not what was given out",
	);
	dividends(
		|d| {
			d.payees[0].taken += 9;
			d.payees[1].taken -= 9;
		},
		"INV-8: a rater got more than its part of a dataset",
	);
}

#[test]
fn inv_9_fails_when_a_number_was_not_given() {
	broken(
		open_campaign,
		NextCampaign::<Test>::put,
		Feedback::numbers_are_below_the_next,
		"INV-9: the number of a campaign was not given",
	);
}

#[test]
fn inv_10_fails_when_a_rater_has_too_few_items() {
	broken(
		open_campaign,
		|id| {
			edit_place(id, 0, |place| {
				place.state = PlaceState::Drawn {
					items: (0..39).collect(),
				}
			})
		},
		Feedback::items_are_dealt_evenly,
		"INV-10: a rater was not dealt as many items as all",
	);
}

#[test]
fn inv_10_fails_when_all_have_the_same_items() {
	broken(
		open_campaign,
		|id| {
			for number in 0..6 {
				edit_place(id, number, |place| {
					place.state = PlaceState::Drawn {
						items: (0..40).collect(),
					}
				})
			}
		},
		Feedback::items_are_dealt_evenly,
		"INV-10: items are not dealt evenly",
	);
}

#[test]
fn inv_11_fails_when_a_queue_names_a_campaign_that_does_not_say_so() {
	let damages: [fn(u64); 3] = [
		|_| Due::<Test>::mutate(100, |others| others.try_push(GONE)).unwrap(),
		|id| Due::<Test>::mutate(100, |others| others.try_push(id)).unwrap(),
		|id| {
			let queue = campaign(id).queued.unwrap();
			Due::<Test>::mutate(queue, |others| others.try_push(id)).unwrap();
		},
	];
	for damage in damages {
		broken(
			open_campaign,
			damage,
			Feedback::queues_name_the_campaigns,
			"INV-11: a queue names a campaign that does not say so",
		);
	}
}

#[test]
fn inv_11_fails_when_a_campaign_is_not_in_its_queue() {
	broken(
		open_campaign,
		|id| Due::<Test>::remove(campaign(id).queued.unwrap()),
		Feedback::queues_name_the_campaigns,
		"INV-11: a campaign is not in the queue that it says",
	);
}

#[test]
fn inv_12_fails_when_a_dataset_belongs_to_somebody_else() {
	broken(
		earning,
		|_| Registry::list(7, SPONSOR),
		Feedback::pots_own_their_datasets,
		"INV-12: the pot of a campaign does not own its dataset",
	);
}

#[test]
fn inv_13_fails_when_a_budget_does_not_fit_the_phase() {
	let builds: [fn() -> u64; 6] = [
		|| created(terms()),
		refunding,
		open_campaign,
		revealing,
		paying,
		settled_campaign,
	];
	for build in builds {
		broken(
			build,
			|id| edit(id, |campaign| campaign.budget += 1),
			Feedback::budgets_fit_their_phase,
			"INV-13: a budget is not what its places can cost",
		);
	}
}

#[test]
fn tickets_encode_as_their_amount() {
	new_test_ext().execute_with(|| {
		let id = filled(terms());
		let ticket = campaign(id).ticket;
		assert_eq!(ticket.encode(), campaign_deposit(&terms()).encode());
	});
}

#[test]
fn records_have_their_sizes() {
	assert_eq!(Item::max_encoded_len(), 99);
	assert_eq!(Ballot::max_encoded_len(), 16);
	assert_eq!(Gold::max_encoded_len(), 22);
	assert_eq!(Label::max_encoded_len(), 6);
	assert_eq!(Tallies::max_encoded_len(), 482);
	// The largest state of a place is that of a paid rater.
	assert_eq!(PlaceState::max_encoded_len(), 1 + 30 + 31 + 1 + 24 + 16);
	let whole = BoundedVec::<u128, frame_support::traits::ConstU32<100>>::max_encoded_len();
	assert_eq!(whole, 1_602);
}

#[test]
fn records_never_outgrow_their_deposit() {
	run(|| {
		let terms = sized(40, 240, 240, 100);
		let policies = [Policy::Right(90); 100];
		let id = settled(terms, &policies);
		let size = |encoded: Vec<u8>| encoded.len() as u64;
		let stored = size(campaign(id).encode())
			+ size(AnswerTallies::<Test>::get(id).encode())
			+ size(OpenedGold::<Test>::get(id).encode())
			+ size(Labels::<Test>::get(id).encode())
			+ size(Shares::<Test>::get(id).encode())
			+ Items::<Test>::iter_prefix_values(id)
				.map(|item| size(item.encode()))
				.sum::<u64>();
		assert!(stored <= campaign_footprint::<Test>(&terms).size);
		for number in 0..100 {
			let stored = size(place(id, number).encode()) + 4;
			assert!(stored <= place_footprint::<Test>().size);
		}
	});
}

#[test]
fn deposit_for_dividends_counts_each_payee() {
	let of = |payees| {
		let footprint = dividends_footprint::<Test>(payees);
		(footprint.count, footprint.size)
	};
	// Listing, sponsor, sum and ticket, the length of the list, and 52 bytes for each.
	assert_eq!(of(100), (1, 4 + 32 + 16 + 16 + 2 + 100 * 52));
	assert_eq!(of(5), (1, 70 + 5 * 52));
}
