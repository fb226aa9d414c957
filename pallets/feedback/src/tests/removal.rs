//! Removing campaigns: when, by whom, in pieces.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};

const HONEST: [Policy; 5] = [Policy::Right(100); 5];

#[test]
fn remove_campaign_returns_deposits_when_retention_is_over() {
	run(|| {
		let id = settled(terms(), &HONEST);
		forward(RETENTION);
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 50));
		assert_eq!(held(&SPONSOR, HoldReason::Campaign), 0);
		for number in 0..5 {
			assert_eq!(held(&rater(number), HoldReason::Place), 0);
			assert_eq!(free(&rater(number)), ENDOWMENT + 40 * UNIT);
		}
		assert_eq!(Campaigns::<Test>::iter().count(), 0);
		assert_eq!(Items::<Test>::iter().count(), 0);
		assert_eq!(Places::<Test>::iter().count(), 0);
		assert_eq!(PlaceNumbers::<Test>::iter().count(), 0);
		assert_eq!(AnswerTallies::<Test>::iter().count(), 0);
		assert_eq!(OpenedGold::<Test>::iter().count(), 0);
		assert_eq!(OpenBallots::<Test>::iter().count(), 0);
		assert_eq!(Labels::<Test>::iter().count(), 0);
		assert_eq!(Shares::<Test>::iter().count(), 0);
		assert_eq!(last_event(), Event::CampaignRemoved { campaign: id });
	});
}

#[test]
fn remove_campaign_goes_in_pieces() {
	run(|| {
		let id = settled(terms(), &HONEST);
		forward(RETENTION);
		let remove = |limit| Feedback::remove_campaign(signed(OTHER), id, limit);
		let info = remove(3).unwrap();
		let weight = <() as WeightInfo>::remove_campaign(3);
		assert_eq!(info.actual_weight, Some(weight));
		assert_eq!(
			phase(id),
			Phase::Removing {
				places: 2,
				items: 40
			}
		);
		check_everything();
		// At least one.
		assert_ok!(remove(0));
		assert_eq!(
			phase(id),
			Phase::Removing {
				places: 1,
				items: 40
			}
		);
		assert_ok!(remove(11));
		assert_eq!(
			phase(id),
			Phase::Removing {
				places: 0,
				items: 30
			}
		);
		check_everything();
		assert_ok!(remove(30));
		assert!(Campaigns::<Test>::get(id).is_none());
		assert_noop!(remove(1), Error::<Test>::UnknownCampaign);
	});
}

#[test]
fn remove_campaign_is_charged_for_the_records_that_it_removes_at_most() {
	let charged = |limit| {
		let call = Call::<Test>::remove_campaign { campaign: 1, limit };
		call.get_dispatch_info().call_weight
	};
	for (limit, most) in [(0, 1), (1, 1), (7, 7), (50, 50), (u32::MAX, 50)] {
		assert_eq!(charged(limit), <() as WeightInfo>::remove_campaign(most));
	}
}

#[test]
fn remove_campaign_takes_fifty_records_at_most() {
	run(|| {
		let id = settled(sized(20, 60, 60, 5), &HONEST);
		forward(RETENTION);
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, u32::MAX));
		assert_eq!(
			phase(id),
			Phase::Removing {
				places: 0,
				items: 15
			}
		);
	});
}

#[test]
fn remove_campaign_is_refused_when_it_is_still_needed() {
	run(|| {
		let remove = |id| Feedback::remove_campaign(signed(SPONSOR), id, 50);
		assert_noop!(remove(1), Error::<Test>::UnknownCampaign);
		let id = created(terms());
		assert_noop!(remove(id), Error::<Test>::StillNeeded);
		fill(id);
		assert_noop!(remove(id), Error::<Test>::StillNeeded);
		let id = settled(terms(), &HONEST);
		let Phase::Settled { since, .. } = phase(id) else {
			panic!("it is settled");
		};
		System::set_block_number(since + RETENTION - 1);
		assert_noop!(remove(id), Error::<Test>::StillNeeded);
		System::set_block_number(since + RETENTION);
		assert_ok!(remove(id));
	});
}

#[test]
fn remove_campaign_needs_no_retention_when_it_came_to_nothing() {
	run(|| {
		SeedLost::set(&true);
		let id = with_raters(terms(), 5);
		forward(4);
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 50));
		assert_eq!(free(&SPONSOR), ENDOWMENT);
		assert_eq!(free(&rater(0)), ENDOWMENT);
	});
}

#[test]
fn remove_campaign_costs_what_it_removed_when_there_is_no_more() {
	run(|| {
		let id = settled(terms(), &HONEST);
		forward(RETENTION);
		let info = Feedback::remove_campaign(signed(OTHER), id, 50).unwrap();
		let weight = <() as WeightInfo>::remove_campaign(5 + 40);
		assert_eq!(info.actual_weight, Some(weight));
	});
}
