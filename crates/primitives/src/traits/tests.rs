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
}

#[test]
fn ownership_may_change_when_nothing_is_wired() {
	assert_eq!(<() as OwnershipChange<u64>>::before_change(1, &1), Ok(()));
}
