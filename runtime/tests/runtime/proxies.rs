use std::collections::BTreeSet;

use frame_support::traits::{GetCallMetadata, InstanceFilter};
use sp_runtime::MultiAddress;
use weighhouse_primitives::inference::Ground;
use weighhouse_runtime::{
	configs::proxies::{ProxyType, CALLS},
	Runtime, RuntimeCall,
};

use crate::chain::BOB;

#[test]
fn every_call_of_the_runtime_is_classified_once() {
	let classified: Vec<(&str, &str)> = CALLS
		.iter()
		.map(|(pallet, call, _)| (*pallet, *call))
		.collect();
	let existing: BTreeSet<(&str, &str)> = RuntimeCall::get_module_names()
		.iter()
		.flat_map(|pallet| {
			RuntimeCall::get_call_names(pallet)
				.iter()
				.map(move |call| (*pallet, *call))
		})
		.collect();
	let unique: BTreeSet<(&str, &str)> = classified.iter().copied().collect();
	assert_eq!(unique.len(), classified.len(), "a call is classified twice");
	let missing: Vec<_> = existing.difference(&unique).collect();
	let gone: Vec<_> = unique.difference(&existing).collect();
	assert!(
		missing.is_empty(),
		"not classified in configs/proxies.rs: {missing:?}"
	);
	assert!(gone.is_empty(), "classified, but no such call: {gone:?}");
}

fn transfer() -> RuntimeCall {
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
		dest: MultiAddress::Id(BOB.to_account_id()),
		value: 1,
	})
}

fn buy() -> RuntimeCall {
	RuntimeCall::Licensing(pallet_licensing::Call::buy {
		listing: 1,
		offer: 1,
	})
}

fn yank() -> RuntimeCall {
	RuntimeCall::Listings(pallet_listings::Call::yank {
		listing: 1,
		version: 1,
	})
}

#[test]
fn only_any_may_transfer() {
	assert!(ProxyType::Any.filter(&transfer()));
	for kind in [
		ProxyType::NonTransfer,
		ProxyType::Agent,
		ProxyType::Deliver,
		ProxyType::Work,
	] {
		assert!(!kind.filter(&transfer()), "{kind:?}");
	}
}

#[test]
fn an_agent_buys_but_runs_no_shop() {
	assert!(ProxyType::Agent.filter(&buy()));
	assert!(!ProxyType::Agent.filter(&yank()));
	assert!(ProxyType::NonTransfer.filter(&yank()));
	assert!(!ProxyType::NonTransfer.filter(&buy()));
}

fn dispute() -> RuntimeCall {
	RuntimeCall::Inference(pallet_inference::Call::dispute {
		job: 1,
		ground: Ground::Wrong,
	})
}

fn serve() -> RuntimeCall {
	RuntimeCall::Inference(pallet_inference::Call::serve {
		listing: 1,
		min_reward: 1,
	})
}

fn poke() -> RuntimeCall {
	RuntimeCall::Inference(pallet_inference::Call::poke { job: 1 })
}

#[test]
fn an_agent_asks_and_a_worker_answers() {
	assert!(ProxyType::Agent.filter(&dispute()));
	assert!(!ProxyType::Agent.filter(&serve()));
	assert!(ProxyType::Work.filter(&serve()));
	assert!(!ProxyType::Work.filter(&dispute()));
	assert!(!ProxyType::NonTransfer.filter(&serve()));
}

#[test]
fn every_proxy_may_push_a_job_on() {
	for kind in [
		ProxyType::NonTransfer,
		ProxyType::Agent,
		ProxyType::Deliver,
		ProxyType::Work,
	] {
		assert!(kind.filter(&poke()), "{kind:?}");
	}
}

#[test]
fn a_deliverer_delivers_but_neither_sells_nor_spends() {
	use pallet_delivery::Call;
	let (licence, amount, key) = (1, 1, [0; 32]);
	let delivers: [Call<Runtime>; 2] = [
		Call::deliver {
			licence,
			key,
			point: [0; 32],
			ciphertext: [0; 32],
		},
		Call::deliver_batch {
			keys: Default::default(),
		},
	];
	for call in delivers {
		assert!(ProxyType::Deliver.filter(&RuntimeCall::Delivery(call)));
	}
	let others: [Call<Runtime>; 6] = [
		Call::bond { amount },
		Call::unbond { amount },
		Call::set_window { blocks: 1 },
		Call::finalize { licence },
		Call::ask_again { licence, key },
		Call::remove_delivery { licence },
	];
	for call in others {
		assert!(!ProxyType::Deliver.filter(&RuntimeCall::Delivery(call)));
	}
	assert!(!ProxyType::Deliver.filter(&buy()));
	assert!(!ProxyType::Deliver.filter(&yank()));
}

#[test]
fn no_narrow_proxy_contains_another() {
	let narrow = [
		ProxyType::NonTransfer,
		ProxyType::Agent,
		ProxyType::Deliver,
		ProxyType::Work,
	];
	for one in narrow {
		assert!(ProxyType::Any.is_superset(&one));
		assert!(!one.is_superset(&ProxyType::Any));
		for other in narrow {
			assert_eq!(one.is_superset(&other), one == other);
		}
	}
}
