use codec::Decode;
use frame_support::{
	assert_noop, assert_ok,
	traits::{Contains, GetCallMetadata},
};
use sp_core::H256;
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult};
use weighhouse_primitives::inference::{Access, Ground, Mode};
use weighhouse_runtime::{
	configs::proxies::ProxyType, Listings, Proxy, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeOrigin, SafeMode, System, Utility,
};

use crate::chain::{development, held, register, signed, ALICE, BOB};

fn yank() -> RuntimeCall {
	RuntimeCall::Listings(pallet_listings::Call::yank {
		listing: 1,
		version: 1,
	})
}

fn buy() -> RuntimeCall {
	RuntimeCall::Licensing(pallet_licensing::Call::buy {
		listing: 1,
		offer: 1,
	})
}

#[test]
fn safe_mode_stops_new_risk_when_root_enters_it() {
	development(|| {
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		assert_noop!(
			buy().dispatch(signed(BOB)),
			frame_system::Error::<Runtime>::CallFiltered
		);
		// Passes the filter and fails for its own reason.
		assert_noop!(
			yank().dispatch(signed(ALICE)),
			pallet_listings::Error::<Runtime>::UnknownListing
		);
		assert_ok!(SafeMode::force_exit(RuntimeOrigin::root()));
		assert_noop!(
			buy().dispatch(signed(BOB)),
			pallet_licensing::Error::<Runtime>::UnknownListing
		);
	});
}

fn passes(call: RuntimeCall) -> bool {
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	call.dispatch(signed(BOB)).map_err(|failed| failed.error) != Err(filtered)
}

#[test]
fn safe_mode_lets_workers_finish_and_leave() {
	use pallet_inference::Call;
	development(|| {
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		for call in [
			Call::poke { job: 1 },
			Call::dispute {
				job: 1,
				ground: Ground::Wrong,
			},
			Call::commit_signed {
				job: 1,
				commitment: Default::default(),
			},
			Call::heartbeat_signed {},
			Call::unbond { amount: 1 },
			Call::withdraw_unbonded {},
			Call::stop_serving { listing: 1 },
			Call::pause {},
			Call::prune_receipt { receipt: 1 },
		] {
			assert!(passes(RuntimeCall::Inference(call.clone())), "{call:?}");
		}
		for call in [
			Call::bond_more { amount: 1 },
			Call::serve {
				listing: 1,
				min_reward: 1,
			},
			Call::resume {},
		] {
			assert!(!passes(RuntimeCall::Inference(call.clone())), "{call:?}");
		}
	});
}

#[test]
fn safe_mode_lets_deliveries_end_but_no_other_begin() {
	use pallet_delivery::Call;
	let (licence, zeros) = (1, [0; 32]);
	let ends: [Call<Runtime>; 7] = [
		Call::unbond { amount: 1 },
		Call::deliver {
			licence,
			key: zeros,
			point: zeros,
			ciphertext: zeros,
		},
		Call::deliver_batch {
			keys: Default::default(),
		},
		Call::expire { licence },
		Call::complain {
			licence,
			shared: zeros,
			challenge: zeros,
			response: zeros,
		},
		Call::finalize { licence },
		Call::remove_delivery { licence },
	];
	let begins: [Call<Runtime>; 4] = [
		Call::bond { amount: 1 },
		Call::set_window { blocks: 1 },
		Call::buy {
			listing: 1,
			offer: 1,
			key: zeros,
			within: 1,
		},
		Call::ask_again {
			licence,
			key: zeros,
		},
	];
	development(|| {
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		for call in ends {
			assert!(passes(RuntimeCall::Delivery(call.clone())), "{call:?}");
		}
		for call in begins {
			assert!(!passes(RuntimeCall::Delivery(call.clone())), "{call:?}");
		}
	});
}

#[test]
fn nobody_enters_safe_mode_by_a_deposit() {
	development(|| {
		assert_noop!(
			SafeMode::enter(signed(ALICE)),
			pallet_safe_mode::Error::<Runtime>::NotConfigured
		);
	});
}

/// What the filter says of a call, whoever makes it.
fn is_let_through(call: &RuntimeCall) -> bool {
	<Runtime as frame_system::Config>::BaseCallFilter::contains(call)
}

/// The call with these indices, all of whose arguments are zero or empty.
fn blank(indices: [u8; 2], name: &str) -> RuntimeCall {
	let bytes = [indices.as_slice(), &[0; 1_024]].concat();
	let call = RuntimeCall::decode(&mut bytes.as_slice()).unwrap();
	assert_eq!(call.get_call_metadata().function_name, name);
	call
}

#[test]
fn safe_mode_lets_the_chain_and_its_keepers_go_on() {
	development(|| {
		let calls = [
			RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: 1 }),
			blank([2, 0], "report_equivocation"),
			blank([2, 1], "report_equivocation_unsigned"),
			blank([7, 0], "report_equivocation"),
			blank([7, 1], "report_equivocation_unsigned"),
			RuntimeCall::Sudo(pallet_sudo::Call::sudo {
				call: Box::new(buy()),
			}),
			RuntimeCall::Multisig(pallet_multisig::Call::cancel_as_multi {
				threshold: 2,
				other_signatories: vec![],
				timepoint: Default::default(),
				call_hash: [0; 32],
			}),
			RuntimeCall::SafeMode(pallet_safe_mode::Call::force_exit {}),
		];
		assert!(calls.iter().all(is_let_through));
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		for call in calls {
			assert!(is_let_through(&call), "{call:?}");
		}
	});
}

#[test]
fn safe_mode_lets_sellers_take_back_what_is_theirs() {
	use pallet_listings::Call;
	development(|| {
		register(BOB, "model", vec![]);
		assert_ok!(Listings::claim_root(signed(BOB), H256::zero()));
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		let commitment = H256::zero();
		for call in [
			Call::release_claim { commitment },
			Call::remove_version {
				listing: 1,
				version: 1,
			},
		] {
			assert_ok!(RuntimeCall::Listings(call).dispatch(signed(BOB)));
		}
		assert_eq!(held(BOB), 0);
	});
}

/// Calls that take a new risk.
fn risks() -> Vec<RuntimeCall> {
	use pallet_inference::Call as Inference;
	vec![
		buy(),
		RuntimeCall::Inference(Inference::request {
			listing: 1,
			version: 1,
			mode: Mode::Solo,
			access: Access::Owner,
			reward: 1,
			input: Default::default(),
			input_hash: H256::zero(),
		}),
		RuntimeCall::Inference(Inference::bond_more { amount: 1 }),
		blank([52, 0], "register_worker"),
		blank([50, 0], "register"),
		blank([50, 4], "accept_ownership"),
		blank([51, 0], "open_offer"),
		blank([51, 3], "transfer"),
		blank([10, 3], "transfer_keep_alive"),
		RuntimeCall::Session(pallet_session::Call::purge_keys {}),
	]
}

#[test]
fn safe_mode_stops_every_new_risk() {
	development(|| {
		assert!(risks().iter().all(is_let_through));
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		for call in risks() {
			assert!(!is_let_through(&call), "{call:?}");
		}
	});
}

/// What came of the last call inside a batch or made by a proxy.
fn inside() -> DispatchResult {
	let events = System::events().into_iter().rev();
	let mut results = events.filter_map(|record| match record.event {
		RuntimeEvent::Utility(pallet_utility::Event::ItemFailed { error }) => Some(Err(error)),
		RuntimeEvent::Utility(pallet_utility::Event::ItemCompleted) => Some(Ok(())),
		RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		_ => None,
	});
	results.next().unwrap()
}

#[test]
fn safe_mode_asks_again_about_each_call_of_a_batch() {
	use pallet_utility::Call;
	development(|| {
		register(BOB, "model", vec![]);
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
		for risk in risks() {
			let calls = vec![risk];
			for batch in [
				Call::batch {
					calls: calls.clone(),
				},
				Call::batch_all {
					calls: calls.clone(),
				},
			] {
				assert!(is_let_through(&RuntimeCall::Utility(batch)));
			}
			let all = Utility::batch_all(signed(BOB), calls.clone());
			assert_eq!(all.map_err(|refused| refused.error), Err(filtered));
			assert_ok!(Utility::force_batch(signed(BOB), calls));
			assert_eq!(inside(), Err(filtered));
		}
		let batch = Call::force_batch {
			calls: vec![yank()],
		};
		assert_ok!(RuntimeCall::Utility(batch).dispatch(signed(BOB)));
		assert_eq!(inside(), Ok(()));
	});
}

#[test]
fn safe_mode_asks_again_about_the_call_of_a_proxy() {
	development(|| {
		register(BOB, "model", vec![]);
		let alice = ALICE.to_account_id().into();
		assert_ok!(Proxy::add_proxy(signed(BOB), alice, ProxyType::Any, 0));
		assert_ok!(SafeMode::force_enter(RuntimeOrigin::root()));
		let act = |call: RuntimeCall| {
			let call = RuntimeCall::Proxy(pallet_proxy::Call::proxy {
				real: BOB.to_account_id().into(),
				force_proxy_type: None,
				call: Box::new(call),
			});
			assert_ok!(call.dispatch(signed(ALICE)));
			inside()
		};
		let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
		for risk in risks() {
			let batch = RuntimeCall::Utility(pallet_utility::Call::batch_all {
				calls: vec![risk.clone()],
			});
			assert_eq!(act(risk), Err(filtered));
			assert_eq!(act(batch), Err(filtered));
		}
		assert_eq!(act(yank()), Ok(()));
	});
}
