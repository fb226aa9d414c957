//! The dataset of a campaign: how it comes into the pot, how what it earns reaches raters, and how it
//! ends.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{
	feedback::{part_of, CampaignId},
	PARTS,
};

const DATASET: u32 = 7;
const POLICIES: [Policy; 6] = [
	Policy::Right(100),
	Policy::Right(85),
	Policy::Right(80),
	Policy::First,
	Policy::Silent,
	Policy::Right(90),
];

fn accept(who: AccountId, id: CampaignId, listing: u32) -> DispatchResult {
	Feedback::accept_dataset(signed(who), id, listing)
}

/// A settled campaign whose sponsor wants to hand its dataset over.
fn offered() -> CampaignId {
	let id = settled(sized(20, 40, 40, 6), &POLICIES);
	Registry::list(DATASET, SPONSOR);
	Registry::propose(DATASET, Feedback::pot(id));
	id
}

fn accepted() -> CampaignId {
	let id = offered();
	assert_ok!(accept(SPONSOR, id, DATASET));
	id
}

/// Somebody buys a licence of the dataset.
fn sell(id: CampaignId, amount: u128) {
	Balances::transfer(&OTHER, &Feedback::pot(id), amount, Preservation::Preserve).unwrap();
}

fn distribute(id: CampaignId) -> DispatchResult {
	Feedback::distribute(signed(OTHER), id)
		.map(|_| ())
		.map_err(|error| error.error)
}

#[test]
fn accept_dataset_makes_the_pot_the_owner() {
	run(|| {
		let id = offered();
		let pot = Feedback::pot(id);
		let before = free(&SPONSOR);
		assert_ok!(accept(SPONSOR, id, DATASET));
		use weighhouse_primitives::traits::ListingRegistry;
		assert_eq!(Registry::owner(DATASET), Some(pot.clone()));
		let payees = Shares::<Test>::get(id)
			.iter()
			.filter(|parts| **parts > 0)
			.count();
		let record = DatasetDividends::<Test>::get(id).unwrap();
		assert_eq!(record.listing, DATASET);
		assert_eq!((record.sponsor, record.paid), (SPONSOR, 0));
		assert_eq!(record.payees.len(), payees);
		let kept = deposit::<Test>(dividends_footprint::<Test>(payees as u32));
		assert_eq!(held(&SPONSOR, HoldReason::Dividends), kept);
		let endowment = LISTING_DEPOSIT + ED;
		assert_eq!(free(&SPONSOR), before - endowment - kept);
		assert_eq!(free(&pot), ED);
		assert_eq!(
			last_event(),
			Event::DatasetAccepted {
				campaign: id,
				listing: DATASET,
				pot,
				endowment
			}
		);
	});
}

#[test]
fn accept_dataset_is_refused_when_the_sponsor_may_not() {
	run(|| {
		assert_noop!(accept(SPONSOR, 1, DATASET), Error::<Test>::UnknownCampaign);
		let id = played(terms(), &[Policy::Right(90); 5]);
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::NoShares);
		open_usual(id);
		finish(id);
		assert_noop!(accept(OTHER, id, DATASET), Error::<Test>::NotSponsor);
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::UnknownListing);
		Registry::list(DATASET, OTHER);
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::NotOwner);
		Registry::list(DATASET, SPONSOR);
		assert_noop!(
			accept(SPONSOR, id, DATASET),
			DispatchError::Other("not proposed")
		);
		Registry::propose(DATASET, Feedback::pot(id));
		let kept = deposit::<Test>(dividends_footprint::<Test>(5));
		Balances::set_balance(&SPONSOR, kept + LISTING_DEPOSIT + 2 * ED - 1);
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::BalanceTooLow);
		Balances::set_balance(&SPONSOR, kept + LISTING_DEPOSIT + 2 * ED);
		assert_ok!(accept(SPONSOR, id, DATASET));
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::AlreadyAccepted);
	});
}

#[test]
fn accept_dataset_is_refused_when_another_was_promised() {
	run(|| {
		Registry::list(8, SPONSOR);
		let terms = Terms {
			dataset: Some(8),
			..terms()
		};
		let id = settled(terms, &[Policy::Right(90); 5]);
		Registry::list(DATASET, SPONSOR);
		Registry::propose(DATASET, Feedback::pot(id));
		Registry::propose(8, Feedback::pot(id));
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::OtherDataset);
		assert_ok!(accept(SPONSOR, id, 8));
	});
}

#[test]
fn accept_dataset_is_refused_when_nobody_earned_anything() {
	run(|| {
		let id = settled(terms(), &[Policy::Wrong; 5]);
		assert_noop!(accept(SPONSOR, id, DATASET), Error::<Test>::NoShares);
	});
}

#[test]
fn distribute_pays_raters_by_their_shares() {
	run(|| {
		let id = accepted();
		let shares = Feedback::dataset_shares(id);
		assert_eq!(shares.iter().map(|share| share.parts).sum::<u32>(), PARTS);
		let before: Vec<_> = shares.iter().map(|share| free(&share.rater)).collect();
		sell(id, 1_000 * UNIT + 1);
		assert_ok!(distribute(id));
		let mut sum = 0;
		for (share, before) in shares.iter().zip(before) {
			let part = part_of(1_000 * UNIT + 1, share.parts);
			assert_eq!(free(&share.rater), before + part);
			assert!(events().contains(&Event::DividendPaid {
				campaign: id,
				rater: share.rater.clone(),
				amount: part
			}));
			sum += part;
		}
		// What rounding leaves stays for the next time, and so does what the pot lives on.
		let left = 1_000 * UNIT + 1 - sum;
		assert!(left < 10);
		assert_eq!(free(&Feedback::pot(id)), ED + left);
		assert_eq!(DatasetDividends::<Test>::get(id).unwrap().paid, sum);
	});
}

#[test]
fn distribute_comes_to_the_same_in_any_pieces() {
	run(|| {
		let id = accepted();
		for _ in 0..7 {
			sell(id, 333 * UNIT + 3);
			assert_ok!(distribute(id));
		}
		for share in Feedback::dataset_shares(id) {
			assert_eq!(share.taken, part_of(7 * (333 * UNIT + 3), share.parts));
		}
	});
}

#[test]
fn distribute_is_refused_when_there_is_nothing() {
	run(|| {
		assert_noop!(distribute(1), Error::<Test>::NoDataset);
		let id = offered();
		assert_noop!(distribute(id), Error::<Test>::NoDataset);
		assert_ok!(accept(SPONSOR, id, DATASET));
		assert_noop!(distribute(id), Error::<Test>::NothingToDistribute);
		sell(id, UNIT);
		assert_ok!(distribute(id));
		assert_noop!(distribute(id), Error::<Test>::NothingToDistribute);
	});
}

#[test]
fn distribute_keeps_what_a_rater_cannot_take() {
	run(|| {
		let id = accepted();
		assert_ok!(remove_all(id));
		let poor = rater(1);
		Balances::set_balance(&poor, 0);
		let parts = Feedback::dataset_shares(id)
			.iter()
			.find(|share| share.rater == poor)
			.unwrap()
			.parts;
		// Its part of this is below the existential deposit.
		sell(id, 1_500);
		assert_ok!(distribute(id));
		assert_eq!(free(&poor), 0);
		sell(id, UNIT);
		assert_ok!(distribute(id));
		assert_eq!(free(&poor), part_of(UNIT + 1_500, parts));
	});
}

fn remove_all(id: CampaignId) -> DispatchResult {
	forward(RETENTION);
	Feedback::remove_campaign(signed(OTHER), id, 50)
		.map(|_| ())
		.map_err(|error| error.error)
}

#[test]
fn distribute_works_after_the_campaign_was_removed() {
	run(|| {
		let id = accepted();
		let shares = Feedback::dataset_shares(id);
		forward(RETENTION);
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 50));
		assert!(Campaigns::<Test>::get(id).is_none());
		assert_eq!(Feedback::dataset_shares(id), shares);
		sell(id, UNIT);
		assert_ok!(distribute(id));
	});
}

#[test]
fn distribute_costs_what_it_pays() {
	run(|| {
		let id = accepted();
		sell(id, UNIT);
		let payees = DatasetDividends::<Test>::get(id).unwrap().payees.len() as u32;
		let info = Feedback::distribute(signed(OTHER), id).unwrap();
		assert_eq!(
			info.actual_weight,
			Some(<() as WeightInfo>::distribute(payees))
		);
	});
}

// ---- the end ----

fn retire(who: AccountId, id: CampaignId) -> DispatchResult {
	Feedback::retire_dataset(signed(who), id, 1)
		.map(|_| ())
		.map_err(|error| error.error)
}

#[test]
fn retire_dataset_gives_all_deposits_back_to_the_sponsor() {
	run(|| {
		let id = offered();
		let before = free(&SPONSOR);
		assert_ok!(accept(SPONSOR, id, DATASET));
		assert_ok!(retire(SPONSOR, id));
		assert_eq!(free(&SPONSOR), before);
		assert_eq!(held(&SPONSOR, HoldReason::Dividends), 0);
		assert_eq!(free(&Feedback::pot(id)), 0);
		assert!(DatasetDividends::<Test>::get(id).is_none());
		use weighhouse_primitives::traits::ListingRegistry;
		assert_eq!(Registry::owner(DATASET), None);
		assert_eq!(
			last_event(),
			Event::DatasetRetired {
				campaign: id,
				listing: DATASET,
				returned: LISTING_DEPOSIT + ED
			}
		);
		assert_noop!(retire(SPONSOR, id), Error::<Test>::NoDataset);
		assert_noop!(distribute(id), Error::<Test>::NoDataset);
	});
}

#[test]
fn retire_dataset_pays_raters_first() {
	run(|| {
		let id = accepted();
		let shares = Feedback::dataset_shares(id);
		let before: Vec<_> = shares.iter().map(|share| free(&share.rater)).collect();
		let sponsor = free(&SPONSOR) + held(&SPONSOR, HoldReason::Dividends);
		let earned = 1_000 * UNIT + 1;
		sell(id, earned);
		assert_ok!(retire(SPONSOR, id));
		let mut rest = earned;
		for (share, before) in shares.iter().zip(before) {
			let part = part_of(earned, share.parts);
			assert_eq!(free(&share.rater), before + part);
			rest -= part;
		}
		// What rounding left is all that the sponsor gets of it.
		assert!(rest < 10);
		assert_eq!(free(&SPONSOR), sponsor + LISTING_DEPOSIT + ED + rest);
	});
}

#[test]
fn retire_dataset_keeps_the_record_while_versions_are_left() {
	run(|| {
		let id = offered();
		Registry::add_version(DATASET);
		let before = free(&SPONSOR);
		assert_ok!(accept(SPONSOR, id, DATASET));
		let kept = held(&SPONSOR, HoldReason::Dividends);
		assert_ok!(retire(SPONSOR, id));
		// The deposit of the version is back, and raters got nothing of it.
		assert_eq!(free(&SPONSOR), before - kept - LISTING_DEPOSIT - ED);
		assert_eq!(free(&Feedback::pot(id)), ED);
		assert_eq!(DatasetDividends::<Test>::get(id).unwrap().paid, 0);
		check_everything();
		sell(id, UNIT);
		assert_ok!(distribute(id));
		assert_ok!(retire(SPONSOR, id));
		assert!(DatasetDividends::<Test>::get(id).is_none());
	});
}

#[test]
fn retire_dataset_is_refused_while_somebody_needs_it() {
	run(|| {
		assert_noop!(retire(SPONSOR, 1), Error::<Test>::NoDataset);
		let id = accepted();
		assert_noop!(retire(OTHER, id), Error::<Test>::NotSponsor);
		Registry::need(DATASET);
		sell(id, UNIT);
		assert_noop!(retire(SPONSOR, id), DispatchError::Other("in use"));
		Registry::free(DATASET);
		assert_ok!(retire(SPONSOR, id));
	});
}

#[test]
fn retire_dataset_works_after_the_campaign_was_removed() {
	run(|| {
		let id = accepted();
		assert_ok!(remove_all(id));
		assert_ok!(retire(SPONSOR, id));
		assert!(DatasetDividends::<Test>::get(id).is_none());
	});
}

#[test]
fn retire_dataset_makes_room_for_another() {
	run(|| {
		let id = accepted();
		assert_ok!(retire(SPONSOR, id));
		Registry::list(8, SPONSOR);
		Registry::propose(8, Feedback::pot(id));
		assert_ok!(accept(SPONSOR, id, 8));
	});
}

#[test]
fn retire_dataset_costs_what_it_pays() {
	run(|| {
		let id = accepted();
		sell(id, UNIT);
		let payees = DatasetDividends::<Test>::get(id).unwrap().count();
		let info = Feedback::retire_dataset(signed(SPONSOR), id, 1).unwrap();
		let weight = Feedback::retire_dataset_weight(payees);
		assert_eq!(info.actual_weight, Some(weight));
		let own = <() as WeightInfo>::retire_dataset(payees).ref_time();
		assert_eq!(weight.ref_time(), own + 5 + 17);
	});
}

#[test]
fn accept_dataset_weighs_its_seams() {
	let own = <() as WeightInfo>::accept_dataset(100).ref_time();
	assert_eq!(Feedback::accept_dataset_weight().ref_time(), own + 5 + 11);
}

#[test]
fn pots_of_campaigns_are_different_accounts() {
	run(|| assert_ne!(Feedback::pot(1), Feedback::pot(2)));
}
