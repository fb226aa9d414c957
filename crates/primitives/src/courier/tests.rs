use super::*;
use std::collections::BTreeSet;

#[test]
fn a_count_is_kept_under_the_prefix_and_its_labels() {
	assert_eq!(
		Count::JobAnswered.key(),
		b"weighhouse/courier/count/job/answered"
	);
}

#[test]
fn no_two_counts_are_kept_in_one_place() {
	let keys: BTreeSet<_> = Count::ALL.iter().map(|count| count.key()).collect();
	assert_eq!(keys.len(), Count::ALL.len());
}
