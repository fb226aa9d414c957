//! Creating a campaign, and taking it back before anybody can join; and the settings that all
//! campaigns share.

use crate::{
	types::*, Campaigns, Config, Error, Event, HoldReason, NextCampaign, Pallet, WeightInfo,
};
use frame_support::{
	dispatch::DispatchClass,
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, MutateHold},
		tokens::{Fortitude, Preservation::Preserve},
		Consideration, Get,
	},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash, Saturating, Zero},
	DispatchResult,
};
use weighhouse_primitives::{
	feedback::{
		fee_on, panel, CampaignId, MAX_GOLD, MAX_RATERS, MAX_TASKS, MIN_GOLD, MIN_ITEMS_EACH,
		MIN_PANEL, MIN_RATERS, MIN_TASKS,
	},
	traits::ListingRegistry,
	PARTS,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create_campaign(
		who: AccountIdOf<T>,
		terms: Terms<BlockNumberFor<T>>,
	) -> DispatchResult {
		Self::check_terms(&terms)?;
		if let Some(listing) = terms.dataset {
			let owner = T::Listings::owner(listing).ok_or(Error::<T>::UnknownListing)?;
			ensure!(owner == who, Error::<T>::NotOwner);
		}
		let fee_parts = Self::fee_parts();
		let full = terms.full_pay().ok_or(Error::<T>::AmountTooLarge)?;
		let budget = fee_on(full, fee_parts)
			.and_then(|fee| full.checked_add(fee))
			.and_then(|place| place.checked_mul(terms.raters.into()))
			.ok_or(Error::<T>::AmountTooLarge)?;
		let footprint = campaign_footprint::<T>(&terms);
		let needed = budget.saturating_add(deposit::<T>(footprint));
		Self::ensure_can_hold(&who, HoldReason::Budget, needed)?;
		let id = NextCampaign::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;

		NextCampaign::<T>::put(next);
		T::Currency::hold(&HoldReason::Budget.into(), &who, budget)?;
		let campaign_hash = Self::campaign_hash(id, &who, &terms);
		let now = frame_system::Pallet::<T>::block_number();
		let phase = Phase::Filling {
			until: now.saturating_add(T::FillWindow::get()),
		};
		// A campaign that would wait for somebody's poke is not taken; steps of open ones may wait.
		ensure!(!Self::is_behind(), Error::<T>::TooManyDue);
		let queued =
			Self::schedule(id, Self::due(&phase), MAX_DUE_CREATED).ok_or(Error::<T>::TooManyDue)?;
		Campaigns::<T>::insert(
			id,
			Campaign {
				campaign_hash,
				sponsor: who.clone(),
				terms,
				fee_parts,
				added: 0,
				joined: 0,
				committed: 0,
				revealed: 0,
				budget,
				seed: None,
				phase,
				queued: Some(queued),
				ticket: Ticket::<T, _>::new(&who, footprint)?,
			},
		);
		Self::deposit_event(Event::CampaignCreated {
			campaign: id,
			campaign_hash,
			sponsor: who,
			terms,
			budget,
		});
		Self::deposit_event(Event::PhaseEntered {
			campaign: id,
			phase,
		});
		Ok(())
	}

	fn check_terms(terms: &Terms<BlockNumberFor<T>>) -> DispatchResult {
		ensure!(
			(MIN_GOLD..=MAX_GOLD).contains(&terms.gold_count),
			Error::<T>::WrongGoldCount
		);
		let tasks = terms.item_count.checked_sub(terms.gold_count);
		ensure!(
			tasks.is_some_and(|tasks| (MIN_TASKS..=MAX_TASKS).contains(&tasks)),
			Error::<T>::WrongItemCount
		);
		ensure!(
			(MIN_ITEMS_EACH..=terms.item_count).contains(&terms.items_each),
			Error::<T>::WrongItemsEach
		);
		ensure!(
			(MIN_RATERS..=MAX_RATERS).contains(&terms.raters),
			Error::<T>::WrongRaterCount
		);
		ensure!(
			panel(terms.raters, terms.item_count, terms.items_each) >= MIN_PANEL,
			Error::<T>::PanelTooSmall
		);
		ensure!(terms.price >= T::MinPrice::get(), Error::<T>::PriceTooLow);
		ensure!(terms.stake >= T::MinStake::get(), Error::<T>::StakeTooLow);
		let allowed = T::MinWindow::get()..=T::MaxWindow::get();
		ensure!(
			allowed.contains(&terms.joining) && allowed.contains(&terms.answering),
			Error::<T>::WrongWindow
		);
		ensure!(terms.min_score <= PARTS, Error::<T>::WrongMinScore);
		Ok(())
	}

	/// Identity of a campaign: nobody can make the same one on another fork, or twice on this.
	fn campaign_hash(
		id: CampaignId,
		who: &AccountIdOf<T>,
		terms: &Terms<BlockNumberFor<T>>,
	) -> H256 {
		let parent = frame_system::Pallet::<T>::parent_hash();
		let nonce = frame_system::Pallet::<T>::account_nonce(who);
		BlakeTwo256::hash_of(&(b"weighhouse/campaign/v1", parent, id, who, nonce, terms))
	}

	pub(crate) fn do_cancel_campaign(who: AccountIdOf<T>, id: CampaignId) -> DispatchResult {
		let mut campaign = Self::sponsored(&who, id)?;
		ensure!(
			matches!(campaign.phase, Phase::Filling { .. }),
			Error::<T>::NotFilling
		);
		Self::refund(id, &mut campaign, Refund::Cancelled);
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	/// A campaign of this sponsor.
	pub(crate) fn sponsored(
		who: &AccountIdOf<T>,
		id: CampaignId,
	) -> Result<CampaignOf<T>, Error<T>> {
		let campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::UnknownCampaign)?;
		ensure!(campaign.sponsor == *who, Error::<T>::NotSponsor);
		Ok(campaign)
	}

	/// Whether `who` can hold this much and stay alive.
	pub(crate) fn ensure_can_hold(
		who: &AccountIdOf<T>,
		reason: HoldReason,
		amount: u128,
	) -> DispatchResult {
		let free = T::Currency::reducible_balance(who, Preserve, Fortitude::Polite);
		ensure!(
			free >= amount && T::Currency::hold_available(&reason.into(), who),
			Error::<T>::BalanceTooLow
		);
		Ok(())
	}

	/// The protocol's part of what is paid, within bounds whatever is configured.
	pub(crate) fn fee_parts() -> u32 {
		T::FeeParts::get().min(MAX_FEE_PARTS)
	}

	pub(crate) fn check_configuration() {
		assert!(
			T::MinPrice::get() > 0,
			"raters are paid something for an item"
		);
		assert!(T::MinStake::get() > 0, "silence costs a rater something");
		let windows = [
			("FillWindow", T::FillWindow::get()),
			("MinWindow", T::MinWindow::get()),
			("RevealWindow", T::RevealWindow::get()),
			("OpenWindow", T::OpenWindow::get()),
			("Retention", T::Retention::get()),
		];
		for (name, window) in windows {
			assert!(!window.is_zero(), "{name} must be at least one block");
		}
		assert!(
			T::MinWindow::get() <= T::MaxWindow::get(),
			"the shortest window is not longer than the longest"
		);
		let normal = T::BlockWeights::get()
			.get(DispatchClass::Normal)
			.max_total
			.unwrap_or(Weight::MAX);
		let half = normal.saturating_div(2);
		for (call, weight) in Self::worst_cases() {
			assert!(
				weight.all_lte(half),
				"{call} must fit half of the normal class"
			);
		}
		// With the two visits that a block which takes one step pays for.
		let visits = T::WeightInfo::queue_visit().saturating_mul(2);
		assert!(
			Self::step_weight()
				.saturating_add(visits)
				.all_lte(Self::hook_budget()),
			"the chain must be able to take any step by itself"
		);
	}

	/// Each call with the most that it can weigh: 240 items, 100 raters, all lists full.
	fn worst_cases() -> [(&'static str, Weight); 14] {
		[
			("create_campaign", T::WeightInfo::create_campaign()),
			("add_items", T::WeightInfo::add_items(MAX_ADDED)),
			("add_answers", Self::add_answers_weight(MAX_ADDED)),
			("cancel_campaign", T::WeightInfo::cancel_campaign()),
			("join", Self::join_weight()),
			("commit", T::WeightInfo::commit()),
			("reveal", T::WeightInfo::reveal()),
			("open_gold", T::WeightInfo::open_gold(MAX_OPENED)),
			("settle", Self::settle_weight(MAX_RATERS)),
			("poke", Self::step_weight()),
			(
				"remove_campaign",
				T::WeightInfo::remove_campaign(MAX_REMOVED),
			),
			("accept_dataset", Self::accept_dataset_weight()),
			("distribute", T::WeightInfo::distribute(MAX_RATERS)),
			("retire_dataset", Self::retire_dataset_weight(MAX_RATERS)),
		]
	}
}
