//! What a rater does: join, commit, reveal.

use crate::{
	types::*, AnswerTallies, Campaigns, Config, Error, Event, HoldReason, Pallet, PlaceNumbers,
	Places, WeightInfo,
};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, Consideration, Get},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::DispatchResult;
use weighhouse_primitives::{
	feedback::{commitment, unpack, AnswerBits, CampaignId},
	traits::RecordReputation,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn join_weight() -> Weight {
		T::WeightInfo::join().saturating_add(T::Reputation::score_weight())
	}

	pub(crate) fn do_join(who: AccountIdOf<T>, id: CampaignId) -> DispatchResult {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			matches!(campaign.phase, Phase::Joining { until } if Self::is_open(until)),
			Error::<T>::NotJoining
		);
		ensure!(who != campaign.sponsor, Error::<T>::OwnCampaign);
		ensure!(
			!PlaceNumbers::<T>::contains_key(id, &who),
			Error::<T>::AlreadyJoined
		);
		let asked = campaign.terms.min_score;
		ensure!(
			asked == 0 || T::Reputation::rater_score(&who) >= asked,
			Error::<T>::ScoreTooLow
		);
		let footprint = place_footprint::<T>();
		let stake = campaign.terms.stake;
		let needed = stake.saturating_add(deposit::<T>(footprint));
		Self::ensure_can_hold(&who, HoldReason::Stake, needed)?;

		T::Currency::hold(&HoldReason::Stake.into(), &who, stake)?;
		let place = campaign.joined;
		campaign.joined = place.saturating_add(1);
		PlaceNumbers::<T>::insert(id, &who, place);
		Places::<T>::insert(
			id,
			place,
			Place {
				rater: who.clone(),
				state: PlaceState::Joined,
				ticket: Ticket::<T, _>::new(&who, footprint)?,
			},
		);
		Self::deposit_event(Event::Joined {
			campaign: id,
			rater: who,
			place,
		});
		if campaign.joined == campaign.terms.raters {
			let since = frame_system::Pallet::<T>::block_number();
			Self::enter(id, &mut campaign, Phase::Drawing { since });
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	pub(crate) fn do_commit(
		who: AccountIdOf<T>,
		id: CampaignId,
		commitment: H256,
	) -> DispatchResult {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			matches!(campaign.phase, Phase::Committing { until } if Self::is_open(until)),
			Error::<T>::NotCommitting
		);
		let (number, mut place) = Self::place_of(&who, id)?;
		let PlaceState::Drawn { items } = place.state else {
			return Err(Error::<T>::AlreadyCommitted.into());
		};

		place.state = PlaceState::Committed { items, commitment };
		Places::<T>::insert(id, number, place);
		campaign.committed = campaign.committed.saturating_add(1);
		Self::deposit_event(Event::Committed {
			campaign: id,
			rater: who,
			commitment,
		});
		if campaign.committed == campaign.joined {
			Self::close_commits(id, &mut campaign);
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	pub(crate) fn do_reveal(
		who: AccountIdOf<T>,
		id: CampaignId,
		answers: AnswerBits,
		salt: H256,
	) -> DispatchResult {
		let mut campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(
			matches!(campaign.phase, Phase::Revealing { until } if Self::is_open(until)),
			Error::<T>::NotRevealing
		);
		let (number, mut place) = Self::place_of(&who, id)?;
		let PlaceState::Committed {
			items,
			commitment: committed,
		} = place.state
		else {
			return Err(Error::<T>::NothingToReveal.into());
		};
		let choices = unpack(&items, &answers).ok_or(Error::<T>::WrongAnswers)?;
		ensure!(
			commitment(campaign.campaign_hash, &who, &answers, salt) == committed,
			Error::<T>::BadReveal
		);

		AnswerTallies::<T>::mutate(id, |tallies| {
			for (item, choice) in choices {
				let position = usize::try_from(item).unwrap_or(usize::MAX);
				if let Some(tally) = tallies.get_mut(position) {
					tally.count(choice);
				}
			}
		});
		place.state = PlaceState::Revealed {
			items,
			answers: answers.clone(),
		};
		Places::<T>::insert(id, number, place);
		campaign.revealed = campaign.revealed.saturating_add(1);
		Self::deposit_event(Event::Revealed {
			campaign: id,
			rater: who,
			answers,
		});
		if campaign.revealed == campaign.committed {
			Self::close_reveals(id, &mut campaign);
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	/// Nobody else will commit: those who have may show their answers.
	pub(crate) fn close_commits(id: CampaignId, campaign: &mut CampaignOf<T>) {
		let until = Self::last_block(T::RevealWindow::get());
		Self::enter(id, campaign, Phase::Revealing { until });
	}

	/// Nobody else will reveal: the sponsor may open the gold.
	pub(crate) fn close_reveals(id: CampaignId, campaign: &mut CampaignOf<T>) {
		let phase = match campaign.revealed {
			0 => Self::paying(Basis::Nobody),
			_ => Phase::Opening {
				until: Self::last_block(T::OpenWindow::get()),
			},
		};
		Self::enter(id, campaign, phase);
	}

	/// A rater's place in a campaign.
	pub(crate) fn place_of(
		who: &AccountIdOf<T>,
		id: CampaignId,
	) -> Result<(u32, PlaceOf<T>), Error<T>> {
		let number = PlaceNumbers::<T>::get(id, who).ok_or(Error::<T>::NotRater)?;
		let place = Places::<T>::get(id, number).ok_or(Error::<T>::NotRater)?;
		Ok((number, place))
	}
}
