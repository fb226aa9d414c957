//! Where money moves: raters are paid or lose their stakes, a few at a time, and what is left of the
//! budget goes where it belongs. Settling one rater costs the same however many there are.
//!
//! Full pay is the price times the items of a rater, gold included. A rater earns the part
//! [`earned`] of it: by how it agrees with the others on tasks beyond habit, times by how much its
//! gold can be relied on. As nobody earns more than full pay, the budget is never short. Gold that
//! four fifths of the raters' weight contradict is void. If more than half of it is, or not all of it
//! is opened in time, all who revealed get full pay, and as nobody was weighed, there are no labels
//! but those of gold.

use crate::{
	gold::Answers, types::*, AnswerTallies, Campaigns, Config, Error, Event, HoldReason, Labels,
	OpenBallots, OpenedGold, Pallet, Places, Shares, WeightInfo,
};
use alloc::{vec, vec::Vec};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{
			DepositConsequence, Fortitude::Force, Precision::BestEffort, Provenance, Restriction,
		},
		Get,
	},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::DispatchError;
use weighhouse_primitives::{
	feedback::{
		care, earned, part_of, shares, CampaignId, Choice, Covariance, ItemSet, MAX_RATERS,
	},
	traits::RecordReputation,
	PARTS,
};

/// What raters are paid by in one step, read once for all of them.
struct Books {
	basis: Basis,
	gold: GoldList,
	gold_items: ItemSet,
	tallies: Tallies,
	ballots: Ballots,
}

impl Books {
	/// What a rater's answers are worth. Its weight speaks for its answers to tasks.
	fn score(&mut self, answers: &Answers, counting: u32) -> Score {
		let (gold, correct) = answers.of_gold(&self.gold);
		let care_of_rater = care(correct, gold);
		let tasks: Vec<_> = answers
			.iter()
			.filter(|(item, _)| !self.gold_items.contains(*item))
			.filter_map(|(item, choice)| Some((usize::try_from(item).ok()?, choice)))
			.collect();
		let covariance = Covariance::of(tasks.iter().filter_map(|(position, choice)| {
			let others = self.tallies.get(*position)?.others(*choice)?;
			Some((*choice, others))
		}));
		for (position, choice) in tasks {
			if let Some(ballot) = self.ballots.weights.get_mut(position) {
				let side = match choice {
					Choice::A => &mut ballot.a,
					Choice::B => &mut ballot.b,
				};
				*side = side.saturating_add(care_of_rater.into());
			}
		}
		let best = care(counting, counting);
		Score {
			gold,
			correct,
			care: care_of_rater,
			covariance,
			earned: earned(covariance.agreement(), care_of_rater, best),
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The beginning of payment.
	pub(crate) fn paying(basis: Basis) -> Phase<BlockNumberFor<T>> {
		Phase::Paying {
			basis,
			next: 0,
			paid: 0,
			fees: 0,
		}
	}

	pub(crate) fn do_settle(id: CampaignId, limit: u32) -> Result<u32, DispatchError> {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			matches!(
				campaign.phase,
				Phase::Weighing { .. } | Phase::Paying { .. } | Phase::Refunding { .. }
			),
			Error::<T>::NotSettling
		);
		let done = Self::settle_some(id, &mut campaign, limit.clamp(1, MAX_RATERS));
		Campaigns::<T>::insert(id, campaign);
		Ok(done)
	}

	/// What settling this many raters weighs at most, whatever is done with them.
	pub(crate) fn settle_weight(limit: u32) -> Weight {
		let raters = limit.clamp(1, MAX_RATERS);
		let record = T::Reputation::record_worker_weight().saturating_mul(raters.into());
		T::WeightInfo::pay(raters)
			.saturating_add(record)
			.max(T::WeightInfo::weigh(raters))
			.max(T::WeightInfo::refund(raters))
	}

	/// Settles up to `limit` raters, and says how many.
	pub(crate) fn settle_some(id: CampaignId, campaign: &mut CampaignOf<T>, limit: u32) -> u32 {
		match campaign.phase {
			Phase::Weighing { next } => Self::weigh(id, campaign, next, limit),
			Phase::Paying {
				basis,
				next,
				paid,
				fees,
			} => Self::pay_some(id, campaign, (basis, paid, fees), next, limit),
			Phase::Refunding { why, next } => Self::refund_some(id, campaign, why, next, limit),
			_ => 0,
		}
	}

	fn pay_some(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		(basis, mut paid, mut fees): (Basis, u128, u128),
		next: u32,
		limit: u32,
	) -> u32 {
		let until = next.saturating_add(limit).min(campaign.joined);
		let mut books = Self::open_books(id, campaign, basis);
		for number in next..until {
			let Some(mut place) = Places::<T>::get(id, number) else {
				continue;
			};
			let mut amount = 0;
			place.state = match place.state {
				PlaceState::Revealed { items, answers } => {
					let reason = match basis {
						Basis::Scored { gold } => {
							let unpacked = Answers::unpacked(&items, &answers);
							Reason::Scored(books.score(&unpacked, gold))
						}
						Basis::Equal | Basis::Nobody => Reason::Equal,
					};
					let fee;
					(amount, fee) = Self::pay_rater(id, campaign, &place.rater, reason);
					paid = paid.saturating_add(amount);
					fees = fees.saturating_add(fee);
					PlaceState::Paid {
						items,
						answers,
						reason,
						amount,
					}
				}
				PlaceState::Committed { items, .. } => {
					Self::take_stake(id, campaign, &place.rater);
					PlaceState::Unrevealed { items }
				}
				PlaceState::Drawn { items } => {
					Self::take_stake(id, campaign, &place.rater);
					PlaceState::Silent { items }
				}
				settled => settled,
			};
			let kept = books.ballots.paid.try_push(amount);
			debug_assert!(kept.is_ok(), "there is room for each place");
			Places::<T>::insert(id, number, place);
		}
		campaign.phase = Phase::Paying {
			basis,
			next: until,
			paid,
			fees,
		};
		if until < campaign.joined {
			OpenBallots::<T>::insert(id, books.ballots);
		} else {
			Self::close_books(id, campaign, books, paid, fees);
		}
		until.saturating_sub(next)
	}

	fn open_books(id: CampaignId, campaign: &CampaignOf<T>, basis: Basis) -> Books {
		let gold = OpenedGold::<T>::get(id);
		let mut ballots = OpenBallots::<T>::get(id);
		if ballots.weights.is_empty() {
			let pool = usize::try_from(campaign.terms.item_count).unwrap_or_default();
			ballots.weights = sp_runtime::BoundedVec::truncate_from(vec![Ballot::default(); pool]);
		}
		Books {
			basis,
			gold_items: gold.iter().map(|gold| gold.item).collect(),
			gold,
			tallies: AnswerTallies::<T>::get(id),
			ballots,
		}
	}

	/// Gives a rater its stake back and what it earned. Says what it got, and the fee on that.
	fn pay_rater(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		rater: &AccountIdOf<T>,
		reason: Reason,
	) -> (u128, u128) {
		Self::give_back(HoldReason::Stake, rater, campaign.terms.stake);
		let full = campaign.full_pay();
		let amount = match reason {
			Reason::Scored(score) => {
				// The fee on full pay, since the part of it that was earned is the fee that was paid.
				let fee = campaign.fee_on(full);
				T::Reputation::record_rater(rater, score.earned, fee);
				part_of(full, score.earned)
			}
			Reason::Equal => full,
		};
		let fee = campaign.fee_on(amount);
		let burned = fee >> 1;
		let (from, reason) = (&campaign.sponsor, HoldReason::Budget);
		Self::hand_over(reason, from, rater, amount);
		Self::hand_over(
			reason,
			from,
			&T::Treasury::get(),
			fee.saturating_sub(burned),
		);
		Self::burn(reason, from, burned);
		campaign.budget = campaign.budget.saturating_sub(amount.saturating_add(fee));
		Self::deposit_event(Event::RaterPaid {
			campaign: id,
			rater: rater.clone(),
			amount,
			fee,
		});
		(amount, fee)
	}

	fn take_stake(id: CampaignId, campaign: &CampaignOf<T>, rater: &AccountIdOf<T>) {
		let amount = campaign.terms.stake;
		Self::burn(HoldReason::Stake, rater, amount);
		T::Reputation::record_rater(rater, 0, campaign.fee_on(campaign.full_pay()));
		Self::deposit_event(Event::StakeLost {
			campaign: id,
			rater: rater.clone(),
			amount,
		});
	}

	/// All are paid: writes down labels and shares, and settles what is left of the budget.
	fn close_books(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		books: Books,
		paid: u128,
		fees: u128,
	) {
		OpenBallots::<T>::remove(id);
		Labels::<T>::insert(id, Self::labels_of(&books));
		if paid > 0 {
			Shares::<T>::insert(id, ShareList::truncate_from(shares(&books.ballots.paid)));
		}
		let left = campaign.budget;
		let spent = paid.saturating_add(fees);
		let returned = Self::returned(campaign, books.basis, &books.ballots.paid, spent);
		let burned = left.saturating_sub(returned);
		Self::give_back(HoldReason::Budget, &campaign.sponsor, returned);
		Self::burn(HoldReason::Budget, &campaign.sponsor, burned);
		campaign.budget = 0;
		let since = frame_system::Pallet::<T>::block_number();
		let basis = books.basis;
		Self::enter(id, campaign, Phase::Settled { basis, since, paid });
		Self::deposit_event(Event::CampaignSettled {
			campaign: id,
			basis,
			paid,
			fees,
			returned,
			burned,
		});
	}

	/// What comes back to the sponsor of the budget that is left, when the rater of each place got what
	/// `amounts` say and raters and fees cost `spent`.
	fn returned(campaign: &CampaignOf<T>, basis: Basis, amounts: &[u128], spent: u128) -> u128 {
		let left = campaign.budget;
		match basis {
			Basis::Nobody => left,
			Basis::Equal => 0,
			Basis::Scored { .. } => {
				let place = campaign.place_budget();
				let most = place.checked_div(RETURNED_PART).unwrap_or_default();
				// Place by place, or accounts of the sponsor that are paid in full would bring it the
				// pay of others back.
				let unpaid = amounts.iter().fold(0u128, |sum, amount| {
					let cost = amount.saturating_add(campaign.fee_on(*amount));
					sum.saturating_add(place.saturating_sub(cost).min(most))
				});
				// Places that did not reveal were counted with a whole part each. They come back whole.
				let silent = u128::from(campaign.joined.saturating_sub(campaign.revealed));
				// No more than it spent, or it would pay to have gold under which nobody earns.
				let unpaid = unpaid
					.saturating_sub(most.saturating_mul(silent))
					.min(spent);
				place
					.saturating_mul(silent)
					.saturating_add(unpaid)
					.min(left)
			}
		}
	}

	fn labels_of(books: &Books) -> LabelList {
		let labels: Vec<_> = (0..)
			.zip(&books.ballots.weights)
			.map(
				|(item, ballot)| match books.gold.iter().find(|gold| gold.item == item) {
					Some(gold) => Label::Gold {
						label: gold.label,
						standing: gold.standing,
					},
					None => Self::label_of(ballot),
				},
			)
			.collect();
		LabelList::truncate_from(labels)
	}

	fn label_of(ballot: &Ballot) -> Label {
		let (choice, weight) = match ballot.a.cmp(&ballot.b) {
			core::cmp::Ordering::Greater => (Choice::A, ballot.a),
			core::cmp::Ordering::Less => (Choice::B, ballot.b),
			core::cmp::Ordering::Equal => return Label::Undecided,
		};
		let all = u128::from(ballot.a.saturating_add(ballot.b));
		let confidence = u128::from(weight)
			.saturating_mul(PARTS.into())
			.checked_div(all)
			.unwrap_or_default();
		Label::Preferred {
			choice,
			confidence: u32::try_from(confidence).unwrap_or(PARTS),
		}
	}

	/// Ends a campaign that comes to nothing: raters get their stakes back, then the sponsor the
	/// budget.
	pub(crate) fn refund(id: CampaignId, campaign: &mut CampaignOf<T>, why: Refund) {
		if campaign.joined > 0 {
			Self::enter(id, campaign, Phase::Refunding { why, next: 0 });
		} else {
			Self::close_refund(id, campaign, why);
		}
	}

	fn refund_some(
		id: CampaignId,
		campaign: &mut CampaignOf<T>,
		why: Refund,
		next: u32,
		limit: u32,
	) -> u32 {
		let until = next.saturating_add(limit).min(campaign.joined);
		for number in next..until {
			let Some(mut place) = Places::<T>::get(id, number) else {
				continue;
			};
			Self::give_back(HoldReason::Stake, &place.rater, campaign.terms.stake);
			place.state = PlaceState::Refunded;
			Places::<T>::insert(id, number, place);
		}
		campaign.phase = Phase::Refunding { why, next: until };
		if until >= campaign.joined {
			Self::close_refund(id, campaign, why);
		}
		until.saturating_sub(next)
	}

	fn close_refund(id: CampaignId, campaign: &mut CampaignOf<T>, why: Refund) {
		let returned = campaign.budget;
		Self::give_back(HoldReason::Budget, &campaign.sponsor, returned);
		campaign.budget = 0;
		Self::enter(id, campaign, Phase::Refunded { why });
		Self::deposit_event(Event::CampaignRefunded {
			campaign: id,
			why,
			returned,
		});
	}

	/// Releases held money to its owner.
	pub(crate) fn give_back(reason: HoldReason, who: &AccountIdOf<T>, amount: u128) {
		if amount > 0 {
			let released = T::Currency::release(&reason.into(), who, amount, BestEffort);
			debug_assert_eq!(released, Ok(amount), "what is returned was held");
		}
	}

	fn burn(reason: HoldReason, who: &AccountIdOf<T>, amount: u128) {
		if amount > 0 {
			let burned = T::Currency::burn_held(&reason.into(), who, amount, BestEffort, Force);
			debug_assert_eq!(burned, Ok(amount), "what is burned was held");
		}
	}

	/// Pays out of what is held of somebody. What the payee cannot take is burned.
	fn hand_over(reason: HoldReason, from: &AccountIdOf<T>, to: &AccountIdOf<T>, amount: u128) {
		if amount == 0 {
			return;
		}
		let takes = T::Currency::can_deposit(to, amount, Provenance::Extant);
		if takes != DepositConsequence::Success {
			return Self::burn(reason, from, amount);
		}
		let moved = T::Currency::transfer_on_hold(
			&reason.into(),
			from,
			to,
			amount,
			BestEffort,
			Restriction::Free,
			Force,
		);
		debug_assert_eq!(moved, Ok(amount), "what is paid was held");
	}
}
