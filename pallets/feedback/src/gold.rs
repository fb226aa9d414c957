//! Opening the gold, and finding out which of it is wrong.
//!
//! The gold stands under a Merkle root that is fixed at the start. Items are not marked, and each
//! rater is drawn its own part of the whole pool, so neither the chain nor raters who compare what
//! they were given can tell gold from tasks. Whoever wants to be paid for gold has to be careful with
//! everything.

use crate::{types::*, Campaigns, Config, Error, Event, OpenedGold, Pallet, Places};
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::feedback::{care, unpack, AnswerBits, CampaignId, Choice, ItemSet};

/// The answers of one rater by position of the item.
pub(crate) struct Answers(alloc::vec::Vec<(u32, Choice)>);

impl Answers {
	/// The answers that a rater has shown; none if it has not.
	pub(crate) fn of(state: &PlaceState) -> Option<Self> {
		Some(Self::unpacked(state.items()?, state.answers()?))
	}

	/// The answers to `items`, which were found sound before they were stored.
	pub(crate) fn unpacked(items: &ItemSet, answers: &AnswerBits) -> Self {
		Self(unpack(items, answers).unwrap_or_default())
	}

	/// What the rater answered to an item, if it was asked.
	pub(crate) fn to(&self, item: u32) -> Option<Choice> {
		let found = self.0.binary_search_by_key(&item, |(item, _)| *item).ok()?;
		self.0.get(found).map(|(_, choice)| *choice)
	}

	/// All items with their answers, in the order of the pool.
	pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, Choice)> + '_ {
		self.0.iter().copied()
	}

	/// How much of the gold that counts the rater answered, and how much of that it had right.
	pub(crate) fn of_gold(&self, gold: &[Gold]) -> (u32, u32) {
		gold.iter()
			.filter(|gold| gold.standing == GoldStanding::Counts)
			.filter_map(|gold| Some((self.to(gold.item)?, gold.label)))
			.fold((0, 0), |(all, correct), (choice, label)| {
				let right = u32::from(choice == label);
				(all.saturating_add(1), right.saturating_add(correct))
			})
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_open_gold(id: CampaignId, openings: Openings) -> DispatchResult {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			matches!(campaign.phase, Phase::Opening { until } if Self::is_open(until)),
			Error::<T>::NotOpening
		);
		ensure!(!openings.is_empty(), Error::<T>::NothingGiven);
		let terms = campaign.terms;
		let mut opened = OpenedGold::<T>::get(id);
		let mut count = 0u32;
		for opening in openings {
			ensure!(opening.item < terms.item_count, Error::<T>::UnknownItem);
			// Whoever sees a call before it is included can open part of it first. The rest must stand.
			if opened.iter().any(|gold| gold.item == opening.item) {
				continue;
			}
			ensure!(
				opening.is_under(terms.gold_root, terms.gold_count),
				Error::<T>::BadProof
			);
			let gold = Gold {
				item: opening.item,
				label: opening.label,
				against: 0,
				total: 0,
				standing: GoldStanding::Counts,
			};
			// No more leaves are under the root than there is room for.
			opened
				.try_push(gold)
				.map_err(|_| DispatchError::from(Error::<T>::AlreadyOpened))?;
			count = count.saturating_add(1);
		}
		ensure!(count > 0, Error::<T>::AlreadyOpened);

		let so_far = u32::try_from(opened.len()).unwrap_or(u32::MAX);
		let left = terms.gold_count.saturating_sub(so_far);
		OpenedGold::<T>::insert(id, opened);
		Self::deposit_event(Event::GoldOpened {
			campaign: id,
			count,
			left,
		});
		if left == 0 {
			Self::enter(id, &mut campaign, Phase::Weighing { next: 0 });
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	/// Weighs raters from `next` on by all gold, and lets each of them speak about it. Says how many.
	pub(crate) fn weigh(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		next: u32,
		limit: u32,
	) -> u32 {
		let until = next.saturating_add(limit).min(campaign.joined);
		let mut opened = OpenedGold::<T>::get(id);
		for number in next..until {
			let place = Places::<T>::get(id, number);
			let Some(answers) = place.and_then(|place| Answers::of(&place.state)) else {
				continue;
			};
			let (all, correct) = answers.of_gold(&opened);
			let weight = u64::from(care(correct, all));
			for gold in opened.iter_mut() {
				if let Some(choice) = answers.to(gold.item) {
					gold.total = gold.total.saturating_add(weight);
					if choice != gold.label {
						gold.against = gold.against.saturating_add(weight);
					}
				}
			}
		}
		if until < campaign.joined {
			campaign.phase = Phase::Weighing { next: until };
		} else {
			let basis = Self::void_gold(id, &mut opened);
			Self::enter(id, campaign, Self::paying(basis));
		}
		OpenedGold::<T>::insert(id, opened);
		until.saturating_sub(next)
	}

	/// Takes out the gold that the raters' weight contradicts, and says what they are paid by.
	fn void_gold(id: CampaignId, opened: &mut GoldList) -> Basis {
		let mut counting = 0u32;
		for gold in opened.iter_mut() {
			// Four fifths; a whole of nothing contradicts nothing.
			let contradicted =
				gold.total > 0 && gold.against.saturating_mul(5) >= gold.total.saturating_mul(4);
			if contradicted {
				gold.standing = GoldStanding::Void;
				Self::deposit_event(Event::GoldVoided {
					campaign: id,
					item: gold.item,
				});
			} else {
				counting = counting.saturating_add(1);
			}
		}
		let all = u32::try_from(opened.len()).unwrap_or(u32::MAX);
		// A sponsor most of whose gold is wrong is treated like one who did not open it. Whoever has any
		// weight has most gold right, so this hardly ever runs.
		if counting.saturating_mul(2) < all {
			Basis::Equal
		} else {
			Basis::Scored { gold: counting }
		}
	}
}
