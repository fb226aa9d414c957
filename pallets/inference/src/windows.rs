//! How long each phase lasts. Windows are configured in blocks, but for that to commit, which a
//! version declares in milliseconds.

use crate::{types::*, Config, Pallet, ShortWindows, WeightInfo};
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Saturating, Zero};
use weighhouse_primitives::{
	market::{Answers, Serving},
	traits::{CallSales, LicenceCheck, ListingRegistry},
	PARTS,
};

impl<T: Config> Pallet<T> {
	/// How long workers have to commit to an answer.
	pub(crate) fn commit_window(answers: &Answers) -> BlockNumberFor<T> {
		let blocks = answers
			.max_latency_ms
			.div_ceil(T::BlockMillis::get().max(1));
		BlockNumberFor::<T>::from(blocks)
			.max(T::MinCommitWindow::get())
			.min(T::MaxCommitWindow::get())
	}

	/// How long auditors and jurors have: they come to a job that is old, and may have to fetch a
	/// model first.
	pub(crate) fn second_window(answers: &Answers) -> BlockNumberFor<T> {
		Self::commit_window(answers).saturating_mul(2u32.into())
	}

	/// How long the answer of a job with this escrow can be disputed.
	pub(crate) fn challenge_window(escrow: u128) -> BlockNumberFor<T> {
		match ShortWindows::<T>::get() {
			Some(short) => short.challenge,
			None if escrow > T::HighValue::get() => T::HighValueChallengeWindow::get(),
			None => T::ChallengeWindow::get(),
		}
	}

	/// How long a bond takes to come back.
	pub(crate) fn unbonding_period() -> BlockNumberFor<T> {
		ShortWindows::<T>::get().map_or_else(T::UnbondingPeriod::get, |short| short.unbonding)
	}

	/// The protocol's part of rewards and calls, within bounds whatever is configured.
	pub(crate) fn fee_parts() -> u32 {
		T::FeeParts::get().min(MAX_FEE_PARTS)
	}

	pub(crate) fn check_configuration() {
		assert!(
			T::AuditParts::get() <= PARTS,
			"the chance of an audit is at most one"
		);
		assert!(T::BlockMillis::get() > 0, "time passes between two blocks");
		assert!(
			T::MinReward::get() >= RESERVE_REWARDS,
			"parts of a reward do not round to nothing"
		);
		let windows = [
			("MinCommitWindow", T::MinCommitWindow::get()),
			("RevealWindow", T::RevealWindow::get()),
			("ChallengeWindow", T::ChallengeWindow::get()),
			("HeartbeatWindow", T::HeartbeatWindow::get()),
			("UnbondingPeriod", T::UnbondingPeriod::get()),
			("ReceiptLifetime", T::ReceiptLifetime::get()),
			("StepLifetime", T::StepLifetime::get()),
		];
		for (name, window) in windows {
			assert!(!window.is_zero(), "{name} must be at least one block");
		}
		assert!(
			T::RevealWindow::get() > REVEAL_DELAY.into(),
			"couriers wait before they reveal"
		);
		assert!(
			T::MinCommitWindow::get() <= T::MaxCommitWindow::get(),
			"the shortest window to commit is not longer than the longest"
		);
		assert!(
			T::ChallengeWindow::get() <= T::HighValueChallengeWindow::get(),
			"answers of high value can be disputed for longer"
		);
		// The answer, an audit and a jury of twice its time each, all windows to reveal, the dispute,
		// and the draws, two of which may be made a second time.
		let longest = T::MaxCommitWindow::get()
			.saturating_mul(5u32.into())
			.saturating_add(T::RevealWindow::get().saturating_mul(4u32.into()))
			.saturating_add(T::HighValueChallengeWindow::get())
			.saturating_add(RANDOMNESS_KEPT.saturating_mul(5).into());
		assert!(
			T::UnbondingPeriod::get() > longest,
			"a bond comes back after every job that it could have been drawn for"
		);
		let normal = T::BlockWeights::get().get(DispatchClass::Normal).max_total;
		let half = normal.unwrap_or(Weight::MAX).saturating_div(2);
		for (call, weight) in Self::worst_cases() {
			assert!(
				weight.all_lte(half),
				"{call} must fit half of the normal class"
			);
		}
		// Or the heaviest step would never find a block that has room for it.
		let visits = T::WeightInfo::queue_visit().saturating_mul(MAX_STEPS_A_BLOCK.into());
		assert!(
			Self::step_weight()
				.saturating_add(visits)
				.all_lte(Self::step_budget()),
			"a step must fit what a block keeps for steps, beside the entries that it passes over"
		);
	}

	/// The most that a block spends on steps by itself.
	pub(crate) fn step_budget() -> Weight {
		T::BlockWeights::get().max_block.saturating_div(4)
	}

	/// The most that `serve` weighs.
	pub(crate) fn serve_weight() -> Weight {
		T::WeightInfo::serve()
			.saturating_add(T::Listings::lookup_weight().saturating_mul(3))
			.saturating_add(T::Licences::has_licence_weight())
	}

	/// The most that `request` weighs by itself.
	pub(crate) fn request_weight() -> Weight {
		T::WeightInfo::request()
			.saturating_add(T::Licences::take_call_weight())
			.saturating_add(T::Listings::lookup_weight().saturating_mul(2))
			.saturating_add(T::Listings::retain_weight())
	}

	/// What a request is charged for: itself, and the steps that follow where nobody serves. Those are a
	/// draw among none, and an end that gives back what the request took.
	pub(crate) fn request_charge() -> Weight {
		Self::request_weight()
			.saturating_mul(2)
			.saturating_add(Self::draw_weight_among(0, Serving::Anyone))
	}

	/// The heaviest calls with the most that they can weigh.
	pub(crate) fn worst_cases() -> [(&'static str, Weight); 6] {
		[
			("serve", Self::serve_weight()),
			("request", Self::request_charge()),
			(
				"commit",
				T::WeightInfo::commit().saturating_add(T::WeightInfo::authorize_commit()),
			),
			(
				"reveal",
				T::WeightInfo::reveal().saturating_add(T::WeightInfo::authorize_reveal()),
			),
			("dispute", T::WeightInfo::dispute()),
			("poke", Self::step_weight()),
		]
	}
}
