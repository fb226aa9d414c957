use std::collections::BTreeSet;

use pallet_validators::{Least, Members};
use weighhouse_runtime::{
	configs::market::Treasury,
	constants::currency::{EXISTENTIAL_DEPOSIT, WGH},
	genesis_config_presets::{council, preset_names, DEVELOPMENT, LOCAL, LOCAL4},
	Babe, Balances, Grandpa, Licensing, Runtime, Session,
};

use crate::chain::{chain, free, ALICE};

#[test]
fn every_preset_starts_with_its_validators() {
	for (preset, validators) in [(DEVELOPMENT, 1), (LOCAL, 2), (LOCAL4, 4)] {
		chain(preset, || {
			assert_eq!(Session::validators().len(), validators, "{preset}");
			assert_eq!(Members::<Runtime>::get(), Session::validators(), "{preset}");
			assert_eq!(Babe::authorities().len(), validators, "{preset}");
			assert_eq!(Grandpa::grandpa_authorities().len(), validators, "{preset}");
		});
	}
}

#[test]
fn four_validators_never_become_two() {
	for (preset, least) in [(DEVELOPMENT, 1), (LOCAL, 1), (LOCAL4, 3)] {
		chain(preset, || {
			assert_eq!(Least::<Runtime>::get(), least, "{preset}")
		});
	}
}

#[test]
fn every_preset_is_named() {
	let names: BTreeSet<String> = preset_names()
		.iter()
		.map(|name| String::from(AsRef::<str>::as_ref(name)))
		.collect();
	assert_eq!(names, [DEVELOPMENT, LOCAL, LOCAL4].map(String::from).into());
}

#[test]
fn sudo_is_alice_where_one_person_develops_and_three_of_four_where_four_validate() {
	for preset in [DEVELOPMENT, LOCAL] {
		chain(preset, || {
			assert_eq!(
				pallet_sudo::Key::<Runtime>::get(),
				Some(ALICE.to_account_id()),
				"{preset}"
			)
		});
	}
	chain(LOCAL4, || {
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(council()))
	});
}

#[test]
fn only_the_development_chain_has_short_windows() {
	let windows = pallet_inference::ShortWindows::<Runtime>::get;
	chain(DEVELOPMENT, || {
		let short = windows().unwrap();
		assert_eq!((short.challenge, short.unbonding), (15, 60));
	});
	for preset in [LOCAL, LOCAL4] {
		chain(preset, || assert_eq!(windows(), None, "{preset}"));
	}
}

#[test]
fn the_pots_exist_from_the_start_and_development_accounts_are_funded() {
	chain(DEVELOPMENT, || {
		assert_eq!(free(&Treasury::get()), EXISTENTIAL_DEPOSIT);
		assert_eq!(free(&Licensing::pot()), EXISTENTIAL_DEPOSIT);
		assert_eq!(free(&ALICE.to_account_id()), 1_000_000 * WGH);
		assert_eq!(
			Balances::total_issuance(),
			12_000_000 * WGH + 2 * EXISTENTIAL_DEPOSIT
		);
	});
}
