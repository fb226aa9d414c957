//! What an account may let another do for it. Proxies are allow-lists over one table that names
//! every call of the runtime; a test fails when a call is missing from it.

// What the derives of a plain enum expand to.
#![allow(clippy::as_conversions)]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{GetCallMetadata, InstanceFilter};
use scale_info::TypeInfo;

use crate::RuntimeCall;

/// What a proxy may do.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Default,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Runs a seller's shop and a validator, but moves no money and gives nothing away.
	NonTransfer,
	/// Buys and asks: a funded account behind such a proxy is an agent with a budget.
	Agent,
	/// Delivers the keys of sealed models.
	Deliver,
	/// Works on inference requests.
	Work,
}

use ProxyType::{Agent, Deliver, NonTransfer, Work};

/// Calls that nobody but the account itself (or an `Any` proxy) makes.
const OWNER_ONLY: &[ProxyType] = &[];
/// Calls that run a shop or a validator.
const SHOP: &[ProxyType] = &[NonTransfer];
/// Batches hold their calls to the same proxy type.
const BATCH: &[ProxyType] = &[NonTransfer, Agent, Deliver, Work];

/// Every call of the runtime and the proxy types that may make it.
pub const CALLS: &[(&str, &str, &[ProxyType])] = &[
	("System", "remark", SHOP),
	("System", "set_heap_pages", OWNER_ONLY),
	("System", "set_code", OWNER_ONLY),
	("System", "set_code_without_checks", OWNER_ONLY),
	("System", "set_storage", OWNER_ONLY),
	("System", "kill_storage", OWNER_ONLY),
	("System", "kill_prefix", OWNER_ONLY),
	("System", "remark_with_event", SHOP),
	("System", "authorize_upgrade", OWNER_ONLY),
	("System", "authorize_upgrade_without_checks", OWNER_ONLY),
	("System", "apply_authorized_upgrade", OWNER_ONLY),
	("Timestamp", "set", OWNER_ONLY),
	("Babe", "report_equivocation", OWNER_ONLY),
	("Babe", "report_equivocation_unsigned", OWNER_ONLY),
	("Babe", "plan_config_change", OWNER_ONLY),
	("Session", "set_keys", SHOP),
	("Session", "purge_keys", SHOP),
	("Grandpa", "report_equivocation", OWNER_ONLY),
	("Grandpa", "report_equivocation_unsigned", OWNER_ONLY),
	("Grandpa", "note_stalled", OWNER_ONLY),
	("Validators", "add", OWNER_ONLY),
	("Validators", "remove", OWNER_ONLY),
	("Balances", "transfer_allow_death", OWNER_ONLY),
	("Balances", "force_transfer", OWNER_ONLY),
	("Balances", "transfer_keep_alive", OWNER_ONLY),
	("Balances", "transfer_all", OWNER_ONLY),
	("Balances", "force_unreserve", OWNER_ONLY),
	("Balances", "upgrade_accounts", OWNER_ONLY),
	("Balances", "force_set_balance", OWNER_ONLY),
	("Balances", "force_adjust_total_issuance", OWNER_ONLY),
	("Balances", "burn", OWNER_ONLY),
	("Sudo", "sudo", OWNER_ONLY),
	("Sudo", "sudo_unchecked_weight", OWNER_ONLY),
	("Sudo", "set_key", OWNER_ONLY),
	("Sudo", "sudo_as", OWNER_ONLY),
	("Sudo", "remove_key", OWNER_ONLY),
	("Utility", "batch", BATCH),
	("Utility", "as_derivative", OWNER_ONLY),
	("Utility", "batch_all", BATCH),
	("Utility", "dispatch_as", OWNER_ONLY),
	("Utility", "force_batch", BATCH),
	("Utility", "with_weight", OWNER_ONLY),
	("Utility", "if_else", OWNER_ONLY),
	("Utility", "dispatch_as_fallible", OWNER_ONLY),
	("Proxy", "proxy", OWNER_ONLY),
	("Proxy", "add_proxy", OWNER_ONLY),
	("Proxy", "remove_proxy", OWNER_ONLY),
	("Proxy", "remove_proxies", OWNER_ONLY),
	("Proxy", "create_pure", OWNER_ONLY),
	("Proxy", "kill_pure", OWNER_ONLY),
	("Proxy", "announce", OWNER_ONLY),
	("Proxy", "remove_announcement", OWNER_ONLY),
	("Proxy", "reject_announcement", OWNER_ONLY),
	("Proxy", "proxy_announced", OWNER_ONLY),
	("Proxy", "poke_deposit", OWNER_ONLY),
	("Multisig", "as_multi_threshold_1", OWNER_ONLY),
	("Multisig", "as_multi", OWNER_ONLY),
	("Multisig", "approve_as_multi", OWNER_ONLY),
	("Multisig", "cancel_as_multi", OWNER_ONLY),
	("Multisig", "poke_deposit", OWNER_ONLY),
	("Preimage", "note_preimage", OWNER_ONLY),
	("Preimage", "unnote_preimage", OWNER_ONLY),
	("Preimage", "request_preimage", OWNER_ONLY),
	("Preimage", "unrequest_preimage", OWNER_ONLY),
	("Preimage", "ensure_updated", OWNER_ONLY),
	("Scheduler", "schedule", OWNER_ONLY),
	("Scheduler", "cancel", OWNER_ONLY),
	("Scheduler", "schedule_named", OWNER_ONLY),
	("Scheduler", "cancel_named", OWNER_ONLY),
	("Scheduler", "schedule_after", OWNER_ONLY),
	("Scheduler", "schedule_named_after", OWNER_ONLY),
	("Scheduler", "set_retry", OWNER_ONLY),
	("Scheduler", "set_retry_named", OWNER_ONLY),
	("Scheduler", "cancel_retry", OWNER_ONLY),
	("Scheduler", "cancel_retry_named", OWNER_ONLY),
	("Parameters", "set_parameter", OWNER_ONLY),
	("SafeMode", "enter", OWNER_ONLY),
	("SafeMode", "force_enter", OWNER_ONLY),
	("SafeMode", "extend", OWNER_ONLY),
	("SafeMode", "force_extend", OWNER_ONLY),
	("SafeMode", "force_exit", OWNER_ONLY),
	("SafeMode", "force_slash_deposit", OWNER_ONLY),
	("SafeMode", "release_deposit", OWNER_ONLY),
	("SafeMode", "force_release_deposit", OWNER_ONLY),
	("Listings", "register", SHOP),
	("Listings", "add_version", SHOP),
	("Listings", "yank", SHOP),
	("Listings", "propose_owner", OWNER_ONLY),
	("Listings", "accept_ownership", SHOP),
	("Listings", "cancel_proposal", SHOP),
	("Listings", "claim_root", SHOP),
	("Listings", "release_claim", SHOP),
	("Listings", "remove_version", SHOP),
	("Licensing", "open_offer", SHOP),
	("Licensing", "close_offer", SHOP),
	("Licensing", "buy", &[Agent]),
	("Licensing", "transfer", OWNER_ONLY),
	("Licensing", "remove_licence", OWNER_ONLY),
	("Licensing", "claim", &[NonTransfer, Agent, Deliver, Work]),
	(
		"Licensing",
		"prune_receipt",
		&[NonTransfer, Agent, Deliver, Work],
	),
	("Inference", "register_worker", &[Work]),
	("Inference", "set_worker_key", &[Work]),
	("Inference", "bond_more", &[Work]),
	("Inference", "unbond", &[Work]),
	("Inference", "withdraw_unbonded", &[Work]),
	("Inference", "serve", &[Work]),
	("Inference", "stop_serving", &[Work]),
	("Inference", "pause", &[Work]),
	("Inference", "resume", &[Work]),
	("Inference", "remove_worker", &[Work]),
	("Inference", "request", &[Agent]),
	("Inference", "commit", OWNER_ONLY),
	("Inference", "reveal", OWNER_ONLY),
	("Inference", "heartbeat", OWNER_ONLY),
	("Inference", "commit_signed", &[Work]),
	("Inference", "reveal_signed", &[Work]),
	("Inference", "heartbeat_signed", &[Work]),
	("Inference", "dispute", &[Agent]),
	("Inference", "poke", &[NonTransfer, Agent, Deliver, Work]),
	(
		"Inference",
		"prune_receipt",
		&[NonTransfer, Agent, Deliver, Work],
	),
	("Reputation", "rate", &[Agent]),
	(
		"Reputation",
		"forget_rating",
		&[NonTransfer, Agent, Deliver, Work],
	),
	("Reputation", "prune", &[NonTransfer, Agent, Deliver, Work]),
	("Feedback", "create_campaign", &[Agent]),
	("Feedback", "add_items", &[Agent]),
	("Feedback", "add_answers", &[Agent]),
	("Feedback", "cancel_campaign", &[Agent]),
	("Feedback", "join", &[Work]),
	("Feedback", "commit", &[Work]),
	("Feedback", "reveal", &[Work]),
	(
		"Feedback",
		"open_gold",
		&[NonTransfer, Agent, Deliver, Work],
	),
	("Feedback", "settle", &[NonTransfer, Agent, Deliver, Work]),
	("Feedback", "poke", &[NonTransfer, Agent, Deliver, Work]),
	(
		"Feedback",
		"remove_campaign",
		&[NonTransfer, Agent, Deliver, Work],
	),
	("Feedback", "accept_dataset", OWNER_ONLY),
	("Feedback", "retire_dataset", OWNER_ONLY),
	(
		"Feedback",
		"distribute",
		&[NonTransfer, Agent, Deliver, Work],
	),
	("Delivery", "bond", OWNER_ONLY),
	("Delivery", "unbond", OWNER_ONLY),
	("Delivery", "set_window", SHOP),
	("Delivery", "buy", &[Agent]),
	("Delivery", "deliver", &[Deliver]),
	("Delivery", "deliver_batch", &[Deliver]),
	("Delivery", "expire", &[NonTransfer, Agent, Deliver, Work]),
	("Delivery", "complain", &[Agent]),
	("Delivery", "finalize", &[Agent]),
	("Delivery", "ask_again", &[Agent]),
	("Delivery", "remove_delivery", &[Agent]),
];

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		if *self == ProxyType::Any {
			return true;
		}
		let asked = call.get_call_metadata();
		CALLS.iter().any(|(pallet, name, allowed)| {
			*pallet == asked.pallet_name && *name == asked.function_name && allowed.contains(self)
		})
	}

	fn is_superset(&self, other: &Self) -> bool {
		*self == ProxyType::Any || self == other
	}
}
