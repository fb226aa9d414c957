//! Accounts that act together or for another: the council, and agents with a budget.

use frame_support::{assert_ok, dispatch::GetDispatchInfo, traits::Get};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{
	inference::{Access, Mode},
	Right, Rights, Term, Transferability,
};
use weighhouse_runtime::{
	configs::{
		parameters::{dynamic_params, ProtocolFee, RuntimeParameters},
		proxies::ProxyType,
	},
	constants::currency::{deposit, MILLI_WGH, WGH},
	genesis_config_presets::LOCAL4,
	AccountId, Balances, Licensing, Listings, Multisig, Proxy, Runtime, RuntimeCall, RuntimeEvent,
	System,
};

use crate::chain::{
	bytes, chain, development, free, held, publish_served, signed, ALICE, BOB, CHARLIE, DAVE,
};

/// A sudo call that sets the protocol fee to 1 %.
fn lower_the_fee() -> RuntimeCall {
	let fee = RuntimeParameters::Market(dynamic_params::market::Parameters::ProtocolFee(
		dynamic_params::market::ProtocolFee,
		Some(10_000_000),
	));
	let set = RuntimeCall::Parameters(pallet_parameters::Call::set_parameter { key_value: fee });
	RuntimeCall::Sudo(pallet_sudo::Call::sudo {
		call: Box::new(set),
	})
}

/// `who` approves `call` as one of the four, with so many needed; the last one carries it out.
fn approve(who: Sr25519Keyring, threshold: u16, call: &RuntimeCall) {
	let mut others: Vec<AccountId> = [ALICE, BOB, CHARLIE, DAVE]
		.into_iter()
		.filter(|member| *member != who)
		.map(|member| member.to_account_id())
		.collect();
	others.sort();
	let open = pallet_multisig::Multisigs::<Runtime>::iter_values().next();
	assert_ok!(Multisig::as_multi(
		signed(who),
		threshold,
		others,
		open.map(|call| call.when),
		Box::new(call.clone()),
		call.get_dispatch_info().total_weight(),
	));
}

/// What came of the last call that a multisig or a proxy carried out.
fn carried_out() -> Option<DispatchResult> {
	let events = System::events().into_iter().rev();
	let mut results = events.filter_map(|record| match record.event {
		RuntimeEvent::Multisig(pallet_multisig::Event::MultisigExecuted { result, .. })
		| RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		_ => None,
	});
	results.next()
}

#[test]
fn three_of_four_carry_a_sudo_call() {
	chain(LOCAL4, || {
		let call = lower_the_fee();
		approve(ALICE, 3, &call);
		approve(DAVE, 3, &call);
		assert_eq!(carried_out(), None);
		assert_eq!(ProtocolFee::get(), 25_000_000);
		approve(CHARLIE, 3, &call);
		assert_eq!(carried_out(), Some(Ok(())));
		assert_eq!(ProtocolFee::get(), 10_000_000);
		let done = RuntimeEvent::Sudo(pallet_sudo::Event::Sudid {
			sudo_result: Ok(()),
		});
		System::assert_has_event(done);
		let first = System::account(ALICE.to_account_id()).data;
		assert_eq!(first.reserved, 0, "the deposit of the first is back");
	});
}

#[test]
fn two_of_four_carry_no_sudo_call() {
	chain(LOCAL4, || {
		let call = lower_the_fee();
		approve(ALICE, 2, &call);
		approve(BOB, 2, &call);
		let refused = pallet_sudo::Error::<Runtime>::RequireSudo;
		assert_eq!(carried_out(), Some(Err(refused.into())));
		assert_eq!(ProtocolFee::get(), 25_000_000);
	});
}

/// Bob sells licences and single calls of listing 1. Alice gives a new account 50 WGH, and lets
/// Charlie do for it what an agent may.
fn agent_with_a_budget() -> AccountId {
	publish_served(BOB, "model", vec![]);
	for term in [Term::Perpetual, Term::PerCall] {
		assert_ok!(Licensing::open_offer(
			signed(BOB),
			1,
			10 * WGH,
			term,
			1,
			1,
			Rights::Use,
			Transferability::Transferable,
			None,
			H256::zero(),
		));
	}
	assert_ok!(Proxy::create_pure(signed(ALICE), ProxyType::Any, 0, 0));
	let agent = System::events()
		.into_iter()
		.find_map(|record| match record.event {
			RuntimeEvent::Proxy(pallet_proxy::Event::PureCreated { pure, .. }) => Some(pure),
			_ => None,
		})
		.unwrap();
	assert_ok!(Balances::transfer_keep_alive(
		signed(ALICE),
		agent.clone().into(),
		50 * WGH
	));
	let hire = RuntimeCall::Proxy(pallet_proxy::Call::add_proxy {
		delegate: CHARLIE.to_account_id().into(),
		proxy_type: ProxyType::Agent,
		delay: 0,
	});
	assert_eq!(acts(ALICE, &agent, hire), Ok(()));
	agent
}

/// What comes of `call` when `who` makes it for `agent`.
fn acts(who: Sr25519Keyring, agent: &AccountId, call: RuntimeCall) -> DispatchResult {
	assert_ok!(Proxy::proxy(
		signed(who),
		agent.clone().into(),
		None,
		Box::new(call)
	));
	carried_out().unwrap()
}

fn buy() -> RuntimeCall {
	RuntimeCall::Licensing(pallet_licensing::Call::buy {
		listing: 1,
		offer: 1,
	})
}

fn request() -> RuntimeCall {
	let input = "bafkreiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4";
	RuntimeCall::Inference(pallet_inference::Call::request {
		listing: 1,
		version: 1,
		mode: Mode::QuorumOfThree,
		access: Access::Offer(2),
		reward: MILLI_WGH,
		input: bytes(input).into_inner().try_into().unwrap(),
		input_hash: H256::zero(),
	})
}

/// Ends the agent.
fn end() -> RuntimeCall {
	RuntimeCall::Proxy(pallet_proxy::Call::kill_pure {
		spawner: ALICE.to_account_id().into(),
		proxy_type: ProxyType::Any,
		index: 0,
		height: 1,
		ext_index: 0,
	})
}

fn transfer() -> RuntimeCall {
	RuntimeCall::Balances(pallet_balances::Call::transfer_allow_death {
		dest: CHARLIE.to_account_id().into(),
		value: WGH,
	})
}

#[test]
fn an_agent_buys_with_its_budget() {
	development(|| {
		let agent = agent_with_a_budget();
		let charlie = free(&CHARLIE.to_account_id());
		let before = free(&agent);
		assert_eq!(acts(CHARLIE, &agent, buy()), Ok(()));
		assert!(Licensing::has_licence(agent.clone(), 1, 1, Right::Use));
		assert!(free(&agent) < before - 10 * WGH);
		assert_eq!(free(&CHARLIE.to_account_id()), charlie);
	});
}

#[test]
fn an_agent_asks_with_its_budget() {
	development(|| {
		let agent = agent_with_a_budget();
		assert_eq!(acts(CHARLIE, &agent, request()), Ok(()));
		let job = pallet_inference::Jobs::<Runtime>::get(1).unwrap();
		assert_eq!(job.requester, agent);
		assert_eq!(job.price.call, 10 * WGH);
	});
}

#[test]
fn an_agent_spends_no_more_than_its_budget() {
	development(|| {
		let agent = agent_with_a_budget();
		let results = [(); 6].map(|()| acts(CHARLIE, &agent, buy()));
		let refused: DispatchError = pallet_licensing::Error::<Runtime>::BalanceTooLow.into();
		assert_eq!(results[..4], [Ok(()); 4]);
		assert_eq!(results[4..], [Err(refused); 2]);
	});
}

#[test]
fn an_agent_takes_nothing_out_of_its_budget() {
	development(|| {
		let agent = agent_with_a_budget();
		let hire = RuntimeCall::Proxy(pallet_proxy::Call::add_proxy {
			delegate: CHARLIE.to_account_id().into(),
			proxy_type: ProxyType::Any,
			delay: 0,
		});
		let batch = RuntimeCall::Utility(pallet_utility::Call::batch_all {
			calls: vec![transfer()],
		});
		let before = free(&agent);
		let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
		for call in [transfer(), hire, batch] {
			assert_eq!(acts(CHARLIE, &agent, call), Err(filtered));
		}
		assert_eq!(free(&agent), before);
	});
}

#[test]
fn whoever_gave_an_agent_its_budget_takes_the_rest_back() {
	development(|| {
		let agent = agent_with_a_budget();
		let back = RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
			dest: ALICE.to_account_id().into(),
			value: 40 * WGH,
		});
		let before = free(&ALICE.to_account_id());
		assert_eq!(acts(ALICE, &agent, back), Ok(()));
		assert_eq!(free(&ALICE.to_account_id()), before + 40 * WGH);
	});
}

#[test]
fn an_agent_that_gives_up_its_proxies_frees_nothing_that_is_held() {
	development(|| {
		let agent = agent_with_a_budget();
		assert_eq!(acts(CHARLIE, &agent, buy()), Ok(()));
		let before = free(&agent);
		let give_up = RuntimeCall::Proxy(pallet_proxy::Call::remove_proxies {});
		assert_eq!(acts(ALICE, &agent, give_up), Ok(()));
		// It paid for its second proxy, Alice for the first.
		assert_eq!(free(&agent), before + deposit(0, 37));
	});
}

#[test]
fn an_agent_that_ends_frees_nothing_that_is_held_of_its_spawner() {
	development(|| {
		let agent = agent_with_a_budget();
		assert_ok!(Listings::claim_root(signed(ALICE), H256::repeat_byte(7)));
		let before = free(&ALICE.to_account_id());
		assert_eq!(acts(ALICE, &agent, end()), Ok(()));
		assert_eq!(free(&ALICE.to_account_id()), before + deposit(1, 45));
	});
}

/// Ends an agent that paid for so many proxies of its own that its end frees all that is reserved of
/// Alice, whatever for.
fn free_what_is_reserved(agent: &AccountId) {
	for delegate in 0..30u8 {
		let hire = RuntimeCall::Proxy(pallet_proxy::Call::add_proxy {
			delegate: AccountId::from([delegate; 32]).into(),
			proxy_type: ProxyType::Agent,
			delay: 0,
		});
		assert_eq!(acts(ALICE, agent, hire), Ok(()));
	}
	assert_eq!(acts(ALICE, agent, end()), Ok(()));
}

#[test]
fn a_multisig_that_is_called_off_frees_nothing_that_is_held() {
	development(|| {
		assert_ok!(Listings::claim_root(signed(ALICE), H256::repeat_byte(7)));
		let before = held(ALICE);
		let agent = agent_with_a_budget();
		let others = vec![BOB.to_account_id()];
		assert_ok!(Multisig::approve_as_multi(
			signed(ALICE),
			2,
			others.clone(),
			None,
			[0; 32],
			Default::default()
		));
		let open = pallet_multisig::Multisigs::<Runtime>::iter_values().next();
		let when = open.unwrap().when;
		free_what_is_reserved(&agent);
		assert_eq!(held(ALICE), before);
		assert_ok!(Multisig::cancel_as_multi(
			signed(ALICE),
			2,
			others,
			when,
			[0; 32]
		));
		assert_eq!(held(ALICE), before);
	});
}

#[test]
fn a_multisig_that_is_carried_out_frees_nothing_that_is_held() {
	development(|| {
		assert_ok!(Listings::claim_root(signed(ALICE), H256::repeat_byte(7)));
		let before = held(ALICE);
		let agent = agent_with_a_budget();
		let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
		approve(ALICE, 2, &call);
		free_what_is_reserved(&agent);
		assert_eq!(held(ALICE), before);
		approve(BOB, 2, &call);
		assert_eq!(carried_out(), Some(Ok(())));
		assert_eq!(held(ALICE), before);
	});
}
