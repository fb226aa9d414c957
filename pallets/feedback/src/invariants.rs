//! The invariants of the module documentation, one function each. They walk all state, so they are
//! for tests and `try-runtime`, never for a block.

use crate::{
	gold::Answers, types::*, AnswerTallies, Campaigns, Config, DatasetDividends, Due, HoldReason,
	Items, Labels, NextCampaign, OpenBallots, OpenedGold, Pallet, PlaceNumbers, Places, Shares,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec,
	vec::Vec,
};
use codec::{Decode, Encode};
use frame_support::{ensure, traits::fungible::InspectHold};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::TryRuntimeError;
use weighhouse_primitives::{
	feedback::{panel, part_of, CampaignId, Tally},
	traits::ListingRegistry,
	PARTS,
};

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of this pallet. Walks all of its state and all accounts.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::budgets_are_held()?;
		Self::stakes_are_held()?;
		Self::deposits_equal_tickets()?;
		Self::places_are_counted()?;
		Self::items_are_counted()?;
		Self::tallies_are_what_answers_say()?;
		Self::records_fit_their_phase()?;
		Self::shares_add_up()?;
		Self::numbers_are_below_the_next()?;
		Self::items_are_dealt_evenly()?;
		Self::queues_name_the_campaigns()?;
		Self::pots_own_their_datasets()?;
		Self::budgets_fit_their_phase()
	}

	/// INV-1.
	pub(crate) fn budgets_are_held() -> Check {
		let budgets = Campaigns::<T>::iter_values().map(|c| (c.sponsor, Some(c.budget)));
		Self::holds_equal(
			HoldReason::Budget,
			budgets,
			"INV-1: what is held as budget differs from the campaigns",
		)
	}

	/// INV-2.
	pub(crate) fn stakes_are_held() -> Check {
		let stakes = Places::<T>::iter()
			.filter(|(_, _, place)| place.state.has_stake())
			.map(|(id, _, place)| {
				let stake = Campaigns::<T>::get(id).map(|campaign| campaign.terms.stake);
				(place.rater, stake)
			});
		Self::holds_equal(
			HoldReason::Stake,
			stakes,
			"INV-2: what is held as stake differs from the places",
		)
	}

	/// INV-3.
	pub(crate) fn deposits_equal_tickets() -> Check {
		const WHY: &str = "INV-3: what is held as deposit differs from the tickets";
		let campaigns =
			Campaigns::<T>::iter_values().map(|c| (c.sponsor, ticket_amount(&c.ticket)));
		let places = Places::<T>::iter_values().map(|p| (p.rater, ticket_amount(&p.ticket)));
		let dividends =
			DatasetDividends::<T>::iter_values().map(|d| (d.sponsor, ticket_amount(&d.ticket)));
		Self::holds_equal(HoldReason::Campaign, campaigns, WHY)?;
		Self::holds_equal(HoldReason::Place, places, WHY)?;
		Self::holds_equal(HoldReason::Dividends, dividends, WHY)
	}

	/// Looks at every account of the chain, so that money held without a record shows.
	fn holds_equal(
		reason: HoldReason,
		records: impl Iterator<Item = (AccountIdOf<T>, Option<u128>)>,
		why: &'static str,
	) -> Check {
		let reason: HoldReasonOf<T> = reason.into();
		let mut owed = BTreeMap::<AccountIdOf<T>, u128>::new();
		for (account, amount) in records {
			let sum = owed.entry(account).or_default();
			*sum = sum.saturating_add(amount.ok_or(why)?);
		}
		for account in frame_system::Account::<T>::iter_keys() {
			let expected = owed.remove(&account).unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == expected,
				why
			);
		}
		ensure!(owed.values().all(|amount| *amount == 0), why);
		Ok(())
	}

	/// INV-4.
	pub(crate) fn places_are_counted() -> Check {
		let mut counts = BTreeMap::<CampaignId, (u32, u32, u32)>::new();
		for (id, number, place) in Places::<T>::iter() {
			ensure!(
				PlaceNumbers::<T>::get(id, &place.rater) == Some(number),
				"INV-4: a place is not in the index of raters"
			);
			let (committed, revealed) = match place.state {
				PlaceState::Joined
				| PlaceState::Drawn { .. }
				| PlaceState::Silent { .. }
				| PlaceState::Refunded => (0, 0),
				PlaceState::Committed { .. } | PlaceState::Unrevealed { .. } => (1, 0),
				PlaceState::Revealed { .. } | PlaceState::Paid { .. } => (1, 1),
			};
			let count = counts.entry(id).or_default();
			count.0 = count.0.saturating_add(1);
			count.1 = count.1.saturating_add(committed);
			count.2 = count.2.saturating_add(revealed);
		}
		for (id, rater, number) in PlaceNumbers::<T>::iter() {
			ensure!(
				Places::<T>::get(id, number).is_some_and(|place| place.rater == rater),
				"INV-4: the index of raters names another place"
			);
		}
		for (id, campaign) in Campaigns::<T>::iter() {
			let counted = counts.remove(&id).unwrap_or_default();
			let sound = match campaign.phase {
				Phase::Removing { places, .. } => counted.0 == places,
				_ => counted == (campaign.joined, campaign.committed, campaign.revealed),
			};
			ensure!(sound, "INV-4: a campaign counts other raters than it has");
		}
		Ok(())
	}

	/// INV-5.
	pub(crate) fn items_are_counted() -> Check {
		let mut counts = BTreeMap::<CampaignId, u32>::new();
		for (id, _) in Items::<T>::iter_keys() {
			let count = counts.entry(id).or_default();
			*count = count.saturating_add(1);
		}
		for (id, campaign) in Campaigns::<T>::iter() {
			let expected = match campaign.phase {
				Phase::Removing { items, .. } => items,
				_ => campaign.added,
			};
			let in_order = (0..expected).all(|item| Items::<T>::contains_key(id, item));
			ensure!(
				in_order && counts.remove(&id).unwrap_or_default() == expected,
				"INV-5: a campaign counts other items than it has"
			);
		}
		Ok(())
	}

	/// INV-6.
	pub(crate) fn tallies_are_what_answers_say() -> Check {
		for (id, campaign) in Campaigns::<T>::iter() {
			if matches!(campaign.phase, Phase::Removing { .. }) {
				continue;
			}
			let stored = AnswerTallies::<T>::get(id);
			let mut counted = vec![Tally::default(); stored.len()];
			for place in Places::<T>::iter_prefix_values(id) {
				let answers = Answers::of(&place.state);
				for (item, choice) in answers.iter().flat_map(Answers::iter) {
					let position = usize::try_from(item).unwrap_or(usize::MAX);
					counted
						.get_mut(position)
						.ok_or("INV-6: an answer is about an item without a tally")?
						.count(choice);
				}
			}
			ensure!(
				stored.into_inner() == counted,
				"INV-6: tallies are not what the answers say"
			);
		}
		Ok(())
	}

	/// INV-7.
	pub(crate) fn records_fit_their_phase() -> Check {
		let orphans = Items::<T>::iter_keys()
			.map(|(id, _)| id)
			.chain(Places::<T>::iter_keys().map(|(id, _)| id))
			.chain(PlaceNumbers::<T>::iter_keys().map(|(id, _)| id))
			.chain(AnswerTallies::<T>::iter_keys())
			.chain(OpenedGold::<T>::iter_keys())
			.chain(OpenBallots::<T>::iter_keys())
			.chain(Labels::<T>::iter_keys())
			.chain(Shares::<T>::iter_keys())
			.find(|id| !Campaigns::<T>::contains_key(id));
		ensure!(orphans.is_none(), "INV-7: a record is without a campaign");
		for (id, campaign) in Campaigns::<T>::iter() {
			if matches!(campaign.phase, Phase::Removing { .. }) {
				continue;
			}
			let pool = usize::try_from(campaign.terms.item_count).unwrap_or_default();
			let tallies = AnswerTallies::<T>::get(id).len();
			let expected = campaign.seed.map_or(0, |_| pool);
			ensure!(
				tallies == expected,
				"INV-7: a drawn campaign has a tally for each item, another none"
			);
			let settled = matches!(campaign.phase, Phase::Settled { .. });
			let labels = if settled { pool } else { 0 };
			ensure!(
				Labels::<T>::get(id).len() == labels,
				"INV-7: a settled campaign has a label for each item, another none"
			);
			let next = match campaign.phase {
				Phase::Paying { next, .. } => next,
				_ => 0,
			};
			let paid = OpenBallots::<T>::get(id).paid.len();
			ensure!(
				u32::try_from(paid) == Ok(next),
				"INV-7: the ballots of a campaign are of other places than those paid"
			);
			let opened = u32::try_from(OpenedGold::<T>::get(id).len()).unwrap_or(u32::MAX);
			let sound = match campaign.phase {
				Phase::Weighing { .. }
				| Phase::Paying {
					basis: Basis::Scored { .. },
					..
				} => opened == campaign.terms.gold_count,
				_ => opened <= campaign.terms.gold_count,
			};
			ensure!(sound, "INV-7: a scored campaign has all of its gold opened");
			let shared = match campaign.phase {
				Phase::Settled { paid, .. } if paid > 0 => campaign.joined,
				_ => 0,
			};
			ensure!(
				u32::try_from(Shares::<T>::get(id).len()) == Ok(shared),
				"INV-7: a campaign that paid has a share for each place, another none"
			);
		}
		for (id, number, place) in Places::<T>::iter() {
			let phase = Campaigns::<T>::get(id).map(|campaign| campaign.phase);
			ensure!(
				phase.is_some_and(|phase| Self::place_fits(&phase, number, &place.state)),
				"INV-7: a place does not stand as its campaign does"
			);
		}
		Ok(())
	}

	/// Whether a place can stand like this when its campaign is in this phase.
	fn place_fits(phase: &Phase<BlockNumberFor<T>>, number: u32, state: &PlaceState) -> bool {
		use PlaceState::*;
		let paid = matches!(state, Paid { .. } | Silent { .. } | Unrevealed { .. });
		match phase {
			Phase::Filling { .. } | Phase::Joining { .. } | Phase::Drawing { .. } => {
				matches!(state, Joined)
			}
			Phase::Committing { .. } => matches!(state, Drawn { .. } | Committed { .. }),
			Phase::Paying { next, .. } if number < *next => paid,
			Phase::Revealing { .. }
			| Phase::Opening { .. }
			| Phase::Weighing { .. }
			| Phase::Paying { .. } => {
				matches!(state, Drawn { .. } | Committed { .. } | Revealed { .. })
			}
			Phase::Settled { .. } => paid,
			Phase::Refunding { next, .. } if number >= *next => matches!(state, Joined),
			Phase::Refunding { .. } | Phase::Refunded { .. } => matches!(state, Refunded),
			Phase::Removing { .. } => paid || matches!(state, Refunded),
		}
	}

	/// INV-8.
	pub(crate) fn shares_add_up() -> Check {
		for shares in Shares::<T>::iter_values() {
			ensure!(
				sum(shares.iter().copied()) == u64::from(PARTS),
				"INV-8: shares do not add up to the whole"
			);
		}
		for (id, record) in DatasetDividends::<T>::iter() {
			ensure!(
				sum(record.payees.iter().map(|payee| payee.parts)) == u64::from(PARTS),
				"INV-8: shares of a dataset do not add up to the whole"
			);
			let earned = Self::earned_by_dataset(id, record.paid);
			let taken = record
				.payees
				.iter()
				.fold(0u128, |sum, payee| sum.saturating_add(payee.taken));
			ensure!(
				taken == record.paid,
				"INV-8: what raters got of a dataset is not what was given out"
			);
			ensure!(
				record
					.payees
					.iter()
					.all(|payee| payee.taken <= part_of(earned, payee.parts)),
				"INV-8: a rater got more than its part of a dataset"
			);
		}
		Ok(())
	}

	/// INV-9.
	pub(crate) fn numbers_are_below_the_next() -> Check {
		let next = NextCampaign::<T>::get();
		ensure!(
			Campaigns::<T>::iter_keys()
				.chain(DatasetDividends::<T>::iter_keys())
				.all(|id| (1..next).contains(&id)),
			"INV-9: the number of a campaign was not given"
		);
		Ok(())
	}

	/// INV-10.
	pub(crate) fn items_are_dealt_evenly() -> Check {
		for (id, campaign) in Campaigns::<T>::iter() {
			let removing = matches!(campaign.phase, Phase::Removing { .. });
			if removing || campaign.seed.is_none() {
				continue;
			}
			let terms = &campaign.terms;
			let mut dealt = BTreeMap::<u32, u32>::new();
			for place in Places::<T>::iter_prefix_values(id) {
				let items = place.state.items().copied().unwrap_or_default();
				ensure!(
					items.len() == terms.items_each,
					"INV-10: a rater was not dealt as many items as all"
				);
				for item in items.iter() {
					let count = dealt.entry(item).or_default();
					*count = count.saturating_add(1);
				}
			}
			let fewest = panel(campaign.joined, terms.item_count, terms.items_each);
			let most = fewest.saturating_add(1);
			let counts: Vec<_> = (0..terms.item_count)
				.map(|item| dealt.remove(&item).unwrap_or_default())
				.collect();
			ensure!(
				dealt.is_empty() && counts.iter().all(|count| (fewest..=most).contains(count)),
				"INV-10: items are not dealt evenly"
			);
		}
		Ok(())
	}

	/// INV-11.
	pub(crate) fn queues_name_the_campaigns() -> Check {
		let mut waiting: BTreeSet<_> = Campaigns::<T>::iter()
			.filter_map(|(id, campaign)| Some((campaign.queued?, id)))
			.collect();
		for (block, campaigns) in Due::<T>::iter() {
			for id in campaigns {
				ensure!(
					waiting.remove(&(block, id)),
					"INV-11: a queue names a campaign that does not say so"
				);
			}
		}
		ensure!(
			waiting.is_empty(),
			"INV-11: a campaign is not in the queue that it says"
		);
		Ok(())
	}

	/// INV-12.
	pub(crate) fn pots_own_their_datasets() -> Check {
		ensure!(
			DatasetDividends::<T>::iter()
				.all(|(id, record)| T::Listings::owner(record.listing) == Some(Self::pot(id))),
			"INV-12: the pot of a campaign does not own its dataset"
		);
		Ok(())
	}

	/// INV-13.
	pub(crate) fn budgets_fit_their_phase() -> Check {
		for campaign in Campaigns::<T>::iter_values() {
			let of_places = |count: u32| campaign.place_budget().saturating_mul(count.into());
			let expected = match campaign.phase {
				Phase::Filling { .. }
				| Phase::Joining { .. }
				| Phase::Drawing { .. }
				| Phase::Refunding { .. } => of_places(campaign.terms.raters),
				Phase::Committing { .. }
				| Phase::Revealing { .. }
				| Phase::Opening { .. }
				| Phase::Weighing { .. } => of_places(campaign.joined),
				Phase::Paying { paid, fees, .. } => of_places(campaign.joined)
					.saturating_sub(paid)
					.saturating_sub(fees),
				Phase::Settled { .. } | Phase::Refunded { .. } | Phase::Removing { .. } => 0,
			};
			ensure!(
				campaign.budget == expected,
				"INV-13: a budget is not what its places can cost"
			);
		}
		Ok(())
	}
}

fn sum(parts: impl Iterator<Item = u32>) -> u64 {
	parts.fold(0, |sum, parts| u64::from(parts).saturating_add(sum))
}

/// What a ticket holds. The deposit type keeps its amount private but encodes as nothing else; a
/// test pins that.
fn ticket_amount(ticket: &impl Encode) -> Option<u128> {
	u128::decode(&mut ticket.encode().as_slice()).ok()
}
