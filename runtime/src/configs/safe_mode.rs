//! Safe mode: what still works while governance has stopped new risk.

use frame_support::traits::{ConstU32, Contains, Get};
use frame_system::EnsureRoot;

use crate::{
	constants::time::{DAYS, HOURS},
	AccountId, Balance, Balances, BlockNumber, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeHoldReason,
};

/// The calls that safe mode lets through: the chain's own, whatever ends a risk or pays out what is
/// owed, and the steps of jobs and deliveries that are under way. Batches, proxies and multisigs pass as
/// well, since each call inside meets this filter again.
///
/// Session keys wait: a validator that purges its keys leaves the set, which makes the chain weaker
/// when it is least wanted.
pub struct EndsRisk;

impl Contains<RuntimeCall> for EndsRisk {
	fn contains(call: &RuntimeCall) -> bool {
		use pallet_delivery::Call as Delivery;
		use pallet_feedback::Call as Feedback;
		use pallet_inference::Call as Inference;
		use pallet_licensing::Call as Licensing;
		use pallet_listings::Call as Listings;
		use pallet_utility::Call as Utility;
		matches!(
			call,
			RuntimeCall::Timestamp(_)
				| RuntimeCall::Babe(_)
				| RuntimeCall::Grandpa(_)
				| RuntimeCall::Sudo(_)
				| RuntimeCall::Multisig(_)
				| RuntimeCall::SafeMode(_)
				| RuntimeCall::Proxy(pallet_proxy::Call::proxy { .. })
				| RuntimeCall::Utility(
					Utility::batch { .. } | Utility::batch_all { .. } | Utility::force_batch { .. },
				) | RuntimeCall::Listings(
				Listings::yank { .. }
					| Listings::release_claim { .. }
					| Listings::remove_version { .. },
			) | RuntimeCall::Licensing(
				Licensing::claim { .. }
					| Licensing::close_offer { .. }
					| Licensing::remove_licence { .. }
					| Licensing::prune_receipt { .. },
			) | RuntimeCall::Inference(
				Inference::set_worker_key { .. }
					| Inference::unbond { .. }
					| Inference::withdraw_unbonded { .. }
					| Inference::stop_serving { .. }
					| Inference::pause { .. }
					| Inference::remove_worker { .. }
					| Inference::commit { .. }
					| Inference::reveal { .. }
					| Inference::heartbeat { .. }
					| Inference::commit_signed { .. }
					| Inference::reveal_signed { .. }
					| Inference::heartbeat_signed { .. }
					| Inference::dispute { .. }
					| Inference::poke { .. }
					| Inference::prune_receipt { .. },
			) | RuntimeCall::Reputation(_)
				| RuntimeCall::Feedback(
					Feedback::cancel_campaign { .. }
						| Feedback::commit { .. }
						| Feedback::reveal { .. }
						| Feedback::open_gold { .. }
						| Feedback::settle { .. }
						| Feedback::poke { .. }
						| Feedback::remove_campaign { .. }
						| Feedback::distribute { .. }
						| Feedback::retire_dataset { .. },
				) | RuntimeCall::Delivery(
				Delivery::unbond { .. }
					| Delivery::deliver { .. }
					| Delivery::deliver_batch { .. }
					| Delivery::expire { .. }
					| Delivery::complain { .. }
					| Delivery::finalize { .. }
					| Delivery::remove_delivery { .. },
			)
		)
	}
}

/// Nobody enters safe mode by a deposit; root does.
pub struct ByRootOnly;

impl Get<Option<Balance>> for ByRootOnly {
	fn get() -> Option<Balance> {
		None
	}
}

impl Get<Option<BlockNumber>> for ByRootOnly {
	fn get() -> Option<BlockNumber> {
		None
	}
}

/// Root enters or prolongs safe mode for a day at a time.
pub struct RootForADay;

impl frame_support::traits::EnsureOrigin<crate::RuntimeOrigin> for RootForADay {
	type Success = BlockNumber;

	fn try_origin(origin: crate::RuntimeOrigin) -> Result<BlockNumber, crate::RuntimeOrigin> {
		EnsureRoot::<AccountId>::try_origin(origin).map(|()| DAYS)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<crate::RuntimeOrigin, ()> {
		Ok(crate::RuntimeOrigin::root())
	}
}

impl pallet_safe_mode::Config for Runtime {
	type Currency = Balances;
	type EnterDepositAmount = ByRootOnly;
	type EnterDuration = ConstU32<{ 4 * HOURS }>;
	type ExtendDepositAmount = ByRootOnly;
	type ExtendDuration = ConstU32<{ 2 * HOURS }>;
	type ForceDepositOrigin = EnsureRoot<AccountId>;
	type ForceEnterOrigin = RootForADay;
	type ForceExitOrigin = EnsureRoot<AccountId>;
	type ForceExtendOrigin = RootForADay;
	type Notify = ();
	type ReleaseDelay = ByRootOnly;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = pallet_safe_mode::weights::SubstrateWeight<Runtime>;
	type WhitelistedCalls = EndsRisk;
}
