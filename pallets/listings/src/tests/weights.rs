use frame_support::{dispatch::GetDispatchInfo, traits::Hooks};
use weighhouse_primitives::{LicenceCheck, OwnershipChange};

use crate::{mock::*, Call, WeightInfo};

type W = ();

fn declared(call: Call<Test>) -> frame_support::weights::Weight {
	call.get_dispatch_info().call_weight
}

#[test]
fn configuration_holds_together() {
	ExtBuilder::default().build_and_execute(|| {
		<Listings as Hooks<u32>>::integrity_test();
	});
}

#[test]
fn publishing_is_charged_for_text_parents_licence_checks() {
	let Draft {
		kind,
		name,
		task,
		manifest,
		artifact_root,
		licence,
		derivatives,
		serving,
		..
	} = draft(1);
	let parents = vec![parent(1, 1, 0), parent(2, 1, 0), parent(3, 1, 0)];
	let licences = MockLicences::has_licence_weight() * 3;
	let register = Call::<Test>::register {
		kind,
		name,
		task,
		manifest: manifest.clone(),
		artifact_root,
		licence: licence.clone(),
		derivatives,
		serving,
		answers: EXACT,
		parents: parents.clone().try_into().expect("fits an argument"),
		claim_salt: None,
		recipient: None,
	};
	assert_eq!(
		declared(register),
		<W as WeightInfo>::register(3, 6 + 20 + 10) + licences
	);
	let add_version = Call::<Test>::add_version {
		listing: 1,
		manifest,
		artifact_root,
		licence,
		derivatives,
		serving,
		answers: EXACT,
		parents: parents.try_into().expect("fits an argument"),
		claim_salt: None,
		recipient: None,
	};
	assert_eq!(
		declared(add_version),
		<W as WeightInfo>::add_version(3, 10) + licences
	);
}

#[test]
fn accepting_is_charged_for_settling_with_the_old_owner() {
	assert_eq!(
		declared(Call::accept_ownership { listing: 1 }),
		<W as WeightInfo>::accept_ownership() + MockMarket::weight()
	);
}
