use super::*;

#[test]
fn registry_is_empty_when_nothing_is_wired() {
	assert_eq!(<() as ListingRegistry<u64>>::owner(1), None);
	assert_eq!(<() as ListingRegistry<u64>>::latest_version(1), None);
	assert_eq!(<() as ListingRegistry<u64>>::version_terms(1, 1), None);
	assert!(!<() as ListingRegistry<u64>>::is_for_sale(1, 1));
	assert_eq!(<() as ListingRegistry<u64>>::retain(1), Err(()));
	assert_eq!(
		<() as ListingRegistry<u64>>::lookup_weight(),
		Weight::zero()
	);
	assert_eq!(
		<() as ListingRegistry<u64>>::retain_weight(),
		Weight::zero()
	);
}

#[test]
fn licence_check_denies_when_nothing_is_wired() {
	assert!(!<() as LicenceCheck<u64>>::has_licence(
		&1,
		1,
		1,
		Right::Use
	));
	assert!(!<() as LicenceCheck<u64>>::has_licence(
		&1,
		1,
		1,
		Right::Serve
	));
	assert_eq!(
		<() as LicenceCheck<u64>>::has_licence_weight(),
		Weight::zero()
	);
}

#[test]
fn ownership_may_change_when_nothing_is_wired() {
	assert_eq!(<() as OwnershipChange<u64>>::before_change(1, &1), Ok(()));
	assert_eq!(<() as OwnershipChange<u64>>::weight(), Weight::zero());
}

#[test]
fn workers_stay_as_good_as_can_be_when_nothing_is_remembered() {
	type Memory = ();
	assert_eq!(<Memory as RecordReputation<u64>>::worker_score(&1), PARTS);
	<Memory as RecordReputation<u64>>::record_worker(&1, WorkerVerdict::Failed, u128::MAX);
	<Memory as RecordReputation<u64>>::record_worker(&2, WorkerVerdict::Agreed, 0);
	assert_eq!(<Memory as RecordReputation<u64>>::worker_score(&1), PARTS);
	assert_eq!(<Memory as RecordReputation<u64>>::worker_score(&2), PARTS);
	assert_eq!(
		<Memory as RecordReputation<u64>>::score_weight(),
		Weight::zero()
	);
	assert_eq!(
		<Memory as RecordReputation<u64>>::record_worker_weight(),
		Weight::zero()
	);
}

#[test]
fn call_terms_cost_nothing_when_nothing_is_said() {
	let terms = CallTerms::default();
	assert_eq!(terms.price, 0);
	assert!(terms.royalties.is_empty());
}
