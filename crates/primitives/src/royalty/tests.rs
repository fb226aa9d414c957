use super::*;
use alloc::vec;
use proptest::prelude::*;

const ONE_PERCENT: u32 = PARTS / 100;

fn share(listing: ListingId, parts: u32) -> Share {
	Share { listing, parts }
}

fn sum(table: &[Share]) -> u64 {
	table.iter().map(|share| u64::from(share.parts)).sum()
}

mod flattening {
	use super::*;

	#[test]
	fn flatten_gives_an_empty_table_when_there_are_no_parents() {
		assert_eq!(flatten(9, &[]), Ok(vec![]));
	}

	#[test]
	fn flatten_gives_the_parent_everything_when_it_has_no_table() {
		let parent = ParentRoyalty {
			listing: 1,
			parts: 10 * ONE_PERCENT,
			table: &[],
		};
		assert_eq!(flatten(9, &[parent]), Ok(vec![share(1, 10 * ONE_PERCENT)]));
	}

	#[test]
	fn flatten_splits_a_royalty_by_the_parents_own_table() {
		let table = [share(1, 20 * ONE_PERCENT)];
		let parent = ParentRoyalty {
			listing: 2,
			parts: 10 * ONE_PERCENT,
			table: &table,
		};
		let expected = vec![share(1, 2 * ONE_PERCENT), share(2, 8 * ONE_PERCENT)];
		assert_eq!(flatten(9, &[parent]), Ok(expected));
	}

	#[test]
	fn flatten_leaves_what_rounding_leaves_with_the_parent() {
		let table = [share(1, 333_333_333)];
		let parent = ParentRoyalty {
			listing: 2,
			parts: 10,
			table: &table,
		};
		assert_eq!(flatten(9, &[parent]), Ok(vec![share(1, 3), share(2, 7)]));
	}

	#[test]
	fn flatten_merges_equal_payees() {
		let table = [share(1, PARTS / 2)];
		let parents = [
			ParentRoyalty {
				listing: 3,
				parts: 4,
				table: &table,
			},
			ParentRoyalty {
				listing: 1,
				parts: 10,
				table: &[],
			},
			ParentRoyalty {
				listing: 2,
				parts: 6,
				table: &table,
			},
		];
		assert_eq!(
			flatten(9, &parents),
			Ok(vec![share(1, 15), share(2, 3), share(3, 2)])
		);
	}

	#[test]
	fn flatten_leaves_with_the_seller_what_would_come_back() {
		let table = [share(9, PARTS / 2), share(1, PARTS / 4)];
		let parent = ParentRoyalty {
			listing: 2,
			parts: 100,
			table: &[],
		};
		let through = ParentRoyalty {
			table: &table[..1],
			..parent
		};
		assert_eq!(flatten(9, &[through]), Ok(vec![share(2, 50)]));
		// A share of one's own listing that rounds to nothing drops nobody.
		let tiny = [share(9, 1)];
		assert_eq!(
			flatten(
				9,
				&[ParentRoyalty {
					table: &tiny,
					..parent
				}]
			),
			Ok(vec![share(2, 100)])
		);
	}

	#[test]
	fn flatten_leaves_out_a_parent_when_it_gets_nothing() {
		let table = [share(1, PARTS / 2)];
		let parents = [
			ParentRoyalty {
				listing: 2,
				parts: 0,
				table: &table,
			},
			ParentRoyalty {
				listing: 3,
				parts: 1,
				table: &[],
			},
		];
		assert_eq!(flatten(9, &parents), Ok(vec![share(3, 1)]));
	}

	#[test]
	fn flatten_fails_when_direct_royalties_are_one_part_over_the_cap() {
		let at_cap = [
			ParentRoyalty {
				listing: 1,
				parts: MAX_DIRECT - 1,
				table: &[],
			},
			ParentRoyalty {
				listing: 2,
				parts: 1,
				table: &[],
			},
		];
		assert_eq!(sum(&flatten(9, &at_cap).unwrap()), u64::from(MAX_DIRECT));
		let over = [
			at_cap[0],
			ParentRoyalty {
				parts: 2,
				..at_cap[1]
			},
		];
		assert_eq!(flatten(9, &over), Err(RoyaltyError::OverCap));
		let absurd = [ParentRoyalty {
			listing: 1,
			parts: u32::MAX,
			table: &[],
		}; 3];
		assert_eq!(flatten(9, &absurd), Err(RoyaltyError::OverCap));
	}

	#[test]
	fn flatten_fails_when_a_parents_table_is_over_the_cap() {
		let table = [share(1, MAX_DIRECT), share(3, 1)];
		let parent = ParentRoyalty {
			listing: 2,
			parts: 100,
			table: &table,
		};
		assert_eq!(flatten(9, &[parent]), Err(RoyaltyError::OverCap));
	}

	#[test]
	fn flatten_fails_when_a_share_rounds_to_zero() {
		let table = [share(1, PARTS / 4)];
		let parent = ParentRoyalty {
			listing: 2,
			parts: 3,
			table: &table,
		};
		assert_eq!(flatten(9, &[parent]), Err(RoyaltyError::ShareRoundsToZero));
		let enough = ParentRoyalty { parts: 4, ..parent };
		assert_eq!(flatten(9, &[enough]), Ok(vec![share(1, 1), share(2, 3)]));
	}

	#[test]
	fn flatten_fails_when_there_is_one_payee_too_many() {
		let table: Vec<Share> = (1..=15)
			.map(|listing| share(listing, ONE_PERCENT))
			.collect();
		let parent = ParentRoyalty {
			listing: 16,
			parts: PARTS / 10,
			table: &table,
		};
		assert_eq!(flatten(99, &[parent]).unwrap().len(), 16);
		let parents = [
			parent,
			ParentRoyalty {
				listing: 17,
				parts: 1,
				table: &[],
			},
		];
		assert_eq!(flatten(99, &parents), Err(RoyaltyError::TooManyPayees));
		// The seller is no payee.
		assert_eq!(flatten(17, &parents).unwrap().len(), 16);
	}

	#[test]
	fn a_chain_keeps_its_sum_until_it_has_too_many_payees() {
		let mut table = vec![];
		for own in 2..=17 {
			let parent = ParentRoyalty {
				listing: own - 1,
				parts: PARTS / 2,
				table: &table,
			};
			table = flatten(own, &[parent]).unwrap();
			assert_eq!(sum(&table), u64::from(PARTS / 2), "generation {own}");
			assert_eq!(table.len(), usize::try_from(own - 1).unwrap());
		}
		let parent = ParentRoyalty {
			listing: 17,
			parts: PARTS / 2,
			table: &table,
		};
		assert_eq!(flatten(18, &[parent]), Err(RoyaltyError::TooManyPayees));
	}

	#[test]
	fn a_chain_stops_when_its_oldest_ancestor_would_get_nothing() {
		// Each generation gives a thousandth: the fourth leaves nothing whole of 10^9 for the first.
		let mut table = vec![];
		let thousandth = PARTS / 1000;
		for own in 2..=4 {
			let parent = ParentRoyalty {
				listing: own - 1,
				parts: thousandth,
				table: &table,
			};
			table = flatten(own, &[parent]).unwrap();
		}
		assert_eq!(table.first(), Some(&share(1, 1)));
		let parent = ParentRoyalty {
			listing: 4,
			parts: thousandth,
			table: &table,
		};
		assert_eq!(flatten(5, &[parent]), Err(RoyaltyError::ShareRoundsToZero));
	}

	fn any_table() -> impl Strategy<Value = Vec<Share>> {
		proptest::collection::btree_map(1_u32..12, 1..MAX_DIRECT / 6, 0..6).prop_map(|shares| {
			shares
				.into_iter()
				.map(|(listing, parts)| share(listing, parts))
				.collect()
		})
	}

	proptest! {
		#[test]
		fn flatten_agrees_with_fractions_to_less_than_one_part_a_share(
			given in proptest::collection::vec((1_u32..12, 0..MAX_DIRECT / 4, any_table()), 0..4),
			own in 1_u32..14,
		) {
			let parents: Vec<ParentRoyalty> = given
				.iter()
				.map(|(listing, parts, table)| ParentRoyalty { listing: *listing, parts: *parts, table })
				.collect();
			let Ok(flat) = flatten(own, &parents) else {
				// The given sums stay under the cap and under 16 payees.
				prop_assert_eq!(flatten(own, &parents), Err(RoyaltyError::ShareRoundsToZero));
				let dropped = parents.iter().any(|parent| parent.table.iter().any(|share| {
					let product = u64::from(parent.parts) * u64::from(share.parts);
					share.listing != own && product > 0 && product < u64::from(PARTS)
				}));
				prop_assert!(dropped);
				return Ok(());
			};

			// What everybody is due in units of 10^-18, no rounding; and how many shares it is made of.
			let mut due: BTreeMap<ListingId, (u64, u64)> = BTreeMap::new();
			let mut shares = 0;
			for parent in &parents {
				let mut left = u64::from(parent.parts) * u64::from(PARTS);
				for share in parent.table {
					let amount = u64::from(parent.parts) * u64::from(share.parts);
					left -= amount;
					let entry = due.entry(share.listing).or_default();
					*entry = (entry.0 + amount, entry.1 + 1);
					shares += 1;
				}
				due.entry(parent.listing).or_default().0 += left;
			}
			due.remove(&own);
			due.retain(|_, (amount, _)| *amount > 0);

			prop_assert_eq!(
				flat.iter().map(|share| share.listing).collect::<Vec<_>>(),
				due.keys().copied().collect::<Vec<_>>()
			);
			for share in &flat {
				let (exact, rounded_down) = due[&share.listing];
				let got = u64::from(share.parts) * u64::from(PARTS);
				prop_assert!(got + rounded_down * u64::from(PARTS) >= exact, "too little");
				prop_assert!(got <= exact + shares * u64::from(PARTS), "too much");
				let is_parent = parents.iter().any(|parent| parent.listing == share.listing);
				prop_assert!(is_parent || got <= exact, "only a parent gains by rounding");
			}
			if parents.iter().all(|parent| {
				parent.listing != own && parent.table.iter().all(|share| share.listing != own)
			}) {
				let direct: u64 = parents.iter().map(|parent| u64::from(parent.parts)).sum();
				prop_assert_eq!(sum(&flat), direct);
			}
		}
	}
}

mod merging {
	use super::*;

	#[test]
	fn merge_takes_the_largest_share_of_each_payee() {
		let older = [share(1, 10), share(2, 30)];
		let newer = [share(1, 20), share(3, 5), share(4, 0)];
		let expected = vec![share(1, 20), share(2, 30), share(3, 5)];
		assert_eq!(merge(&[&older, &newer]), Ok(expected.clone()));
		assert_eq!(merge(&[&newer, &older]), Ok(expected));
	}

	#[test]
	fn merge_gives_the_table_itself_when_there_is_one() {
		let table = [share(1, 10), share(2, 30)];
		assert_eq!(merge(&[&table]), Ok(table.to_vec()));
		assert_eq!(merge(&[]), Ok(vec![]));
	}

	#[test]
	fn merge_fails_when_the_sum_is_over_the_cap() {
		let older = [share(1, MAX_DIRECT)];
		let newer = [share(2, 1)];
		assert_eq!(merge(&[&older, &newer]), Err(RoyaltyError::OverCap));
		assert_eq!(merge(&[&older, &older]), Ok(older.to_vec()));
	}

	#[test]
	fn merge_fails_when_there_is_one_payee_too_many() {
		let older: Vec<Share> = (1..=16).map(|listing| share(listing, 1)).collect();
		assert_eq!(merge(&[&older]).unwrap().len(), 16);
		let newer = [share(17, 1)];
		assert_eq!(merge(&[&older, &newer]), Err(RoyaltyError::TooManyPayees));
	}

	proptest! {
		#[test]
		fn merge_never_gives_a_payee_less_than_any_table(
			tables in proptest::collection::vec(
				proptest::collection::vec((1_u32..8, 0..MAX_DIRECT / 8), 0..5),
				0..4,
			),
		) {
			let tables: Vec<Vec<Share>> = tables
				.into_iter()
				.map(|table| table.into_iter().map(|(listing, parts)| share(listing, parts)).collect())
				.collect();
			let borrowed: Vec<&[Share]> = tables.iter().map(Vec::as_slice).collect();
			let merged = merge(&borrowed).unwrap();
			for share in &merged {
				let largest = tables
					.iter()
					.flatten()
					.filter(|other| other.listing == share.listing)
					.map(|other| other.parts)
					.max();
				prop_assert_eq!(Some(share.parts), largest);
			}
			let payees = tables.iter().flatten().filter(|share| share.parts > 0);
			for share in payees {
				prop_assert!(merged.iter().any(|other| other.listing == share.listing));
			}
		}
	}
}

mod splitting {
	use super::*;

	const FEE: u32 = 25_000_000;

	/// `floor(price * parts / 10^9)` digit by digit, with a remainder that never leaves 64 bits.
	fn by_long_division(price: u128, parts: u32) -> u128 {
		let limbs: Vec<u64> = (0..4)
			.rev()
			.map(|limb| u64::try_from((price >> (32 * limb)) & 0xffff_ffff).unwrap())
			.collect();
		let mut product = [0_u64; 5];
		let mut carry = 0;
		for (index, limb) in limbs.iter().enumerate().rev() {
			let value = limb * u64::from(parts) + carry;
			product[index + 1] = value & 0xffff_ffff;
			carry = value >> 32;
		}
		product[0] = carry;
		let mut remainder = 0;
		let mut quotient = 0_u128;
		for limb in product {
			let value = (remainder << 32) | limb;
			quotient = quotient.wrapping_shl(32) | u128::from(value / u64::from(PARTS));
			remainder = value % u64::from(PARTS);
		}
		quotient
	}

	#[test]
	fn split_halves_the_fee_and_leaves_the_rest_with_the_owner() {
		let price = 1_000_000_000_000;
		let split = split(price, FEE, &[share(1, PARTS / 10), share(2, PARTS / 100)]);
		assert_eq!(split.fee_burned, 12_500_000_000);
		assert_eq!(split.fee_treasury, 12_500_000_000);
		assert_eq!(
			split.royalties,
			vec![(1, 100_000_000_000), (2, 10_000_000_000)]
		);
		assert_eq!(split.to_owner, 865_000_000_000);
		assert_eq!(split.fee(), 25_000_000_000);
		assert_eq!(split.royalty_total(), 110_000_000_000);
	}

	#[test]
	fn split_gives_the_odd_unit_of_the_fee_to_the_treasury() {
		let split = split(120, FEE, &[]);
		assert_eq!(
			(split.fee_burned, split.fee_treasury, split.to_owner),
			(1, 2, 117)
		);
	}

	#[test]
	fn split_gives_dust_to_the_owner() {
		let split = split(1, FEE, &[share(1, MAX_DIRECT)]);
		assert_eq!(
			split,
			Split {
				to_owner: 1,
				..Split::default()
			}
		);
		assert_eq!(
			super::split(0, FEE, &[share(1, MAX_DIRECT)]),
			Split::default()
		);
	}

	#[test]
	fn smallest_price_is_the_whole_divided_by_the_smallest_share_rounded_up() {
		assert_eq!(smallest_price(&[]), 1);
		assert_eq!(smallest_price(&[share(1, 0)]), 1);
		assert_eq!(smallest_price(&[share(1, MAX_DIRECT)]), 2);
		assert_eq!(
			smallest_price(&[share(1, PARTS / 10), share(2, 300_000_000)]),
			10
		);
		assert_eq!(smallest_price(&[share(1, 300_000_000)]), 4);
		assert_eq!(
			smallest_price(&[share(1, PARTS / 10), share(2, 1)]),
			1_000_000_000
		);
	}

	#[test]
	fn split_is_exact_when_the_price_is_the_largest() {
		let split = split(u128::MAX, FEE, &[share(1, MAX_DIRECT)]);
		assert_eq!(split.fee(), by_long_division(u128::MAX, FEE));
		assert_eq!(split.royalties, vec![(1, u128::MAX / 2)]);
		assert_eq!(
			split.fee() + split.royalty_total() + split.to_owner,
			u128::MAX
		);
		assert_eq!(super::split(u128::MAX, PARTS, &[]).fee(), u128::MAX);
	}

	#[test]
	fn split_never_goes_over_the_price_when_shares_do() {
		let table = [share(1, PARTS), share(2, u32::MAX), share(3, 1)];
		let split = split(u128::MAX, PARTS / 10, &table);
		assert_eq!(
			split.royalties.len(),
			1,
			"the first payee takes all that the fee leaves"
		);
		assert_eq!(split.to_owner, 0);
		assert_eq!(split.fee() + split.royalty_total(), u128::MAX);
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(2_000))]

		#[test]
		fn parts_of_any_split_add_up_to_the_price(
			price: u128,
			fee: u32,
			table in proptest::collection::vec((any::<u32>(), any::<u32>()), 0..17),
		) {
			let table: Vec<Share> =
				table.into_iter().map(|(listing, parts)| share(listing, parts)).collect();
			let split = split(price, fee, &table);
			let parts = [split.fee_burned, split.fee_treasury, split.to_owner];
			let sum = parts
				.into_iter()
				.chain(split.royalties.iter().map(|(_, amount)| *amount))
				.try_fold(0_u128, u128::checked_add);
			prop_assert_eq!(sum, Some(price));
			prop_assert!(split.fee_treasury - split.fee_burned <= 1);
		}

		#[test]
		fn no_payee_is_left_out_from_the_smallest_price_on(
			parts in proptest::collection::vec(1..=MAX_DIRECT / 16, 1..17),
			more: u64,
		) {
			let table: Vec<Share> =
				(1_u32..).zip(parts).map(|(listing, parts)| share(listing, parts)).collect();
			let price = smallest_price(&table);
			for enough in [price, price + u128::from(more)] {
				prop_assert_eq!(split(enough, PARTS / 10, &table).royalties.len(), table.len());
			}
			prop_assert!(split(price - 1, PARTS / 10, &table).royalties.len() < table.len());
		}

		#[test]
		fn each_share_of_a_lawful_split_is_rounded_down_alone(
			price: u128,
			fee in 0..=PARTS / 10,
			parts in proptest::collection::vec(0..=MAX_DIRECT / 16, 0..17),
		) {
			let table: Vec<Share> =
				(1_u32..).zip(parts).map(|(listing, parts)| share(listing, parts)).collect();
			let split = split(price, fee, &table);
			prop_assert_eq!(split.fee(), by_long_division(price, fee));
			let expected: Vec<(ListingId, u128)> = table
				.iter()
				.map(|share| (share.listing, by_long_division(price, share.parts)))
				.filter(|(_, amount)| *amount > 0)
				.collect();
			prop_assert_eq!(split.royalties, expected);
		}
	}
}
