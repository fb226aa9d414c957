//! Runs the benchmarks of the market's pallets on this runtime.

use alloc::{format, string::String, vec, vec::Vec};

use frame_benchmarking::{
	account, define_benchmarks, BenchmarkBatch, BenchmarkConfig, BenchmarkList,
};
use frame_support::traits::{fungible::Mutate, StorageInfo};
use sp_core::H256;
use weighhouse_primitives::{
	content::ContentId, AnswerClass, Answers, DerivativePolicy, Kind, ListingId, Parent, Relation,
	Serving,
};

use crate::{
	constants::currency::WGH, AccountId, AllPalletsWithSystem, Balances, Licensing, Listings,
	Runtime, RuntimeOrigin,
};

define_benchmarks!([pallet_licensing, Licensing][pallet_listings, Listings]);

/// What the benchmarks are called and range over.
pub fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
	use frame_benchmarking::{BenchmarkList, Benchmarking};
	use frame_support::traits::StorageInfoTrait;

	let mut list = Vec::<BenchmarkList>::new();
	list_benchmarks!(list, extra);
	(list, AllPalletsWithSystem::storage_info())
}

/// Runs the benchmark that `config` names.
pub fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	use frame_benchmarking::{BenchmarkBatch, Benchmarking};
	use frame_support::traits::WhitelistedStorageKeys;

	let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
	let mut batches = Vec::<BenchmarkBatch>::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}

/// Puts real listings on the chain for the benchmarks of licensing.
pub struct Market;

/// The royalty that each parent takes, in parts per 10^9: eight of them stay below the cap.
const ROYALTY: u32 = 50_000_000;
/// The most parents that a version names.
const PARENTS: u32 = 8;

impl Market {
	/// Registers a listing with one version and `parents`, or adds a version to `listing`.
	fn publish(owner: &AccountId, listing: Option<ListingId>, parents: Vec<Parent>) -> ListingId {
		let number = pallet_listings::NextListing::<Runtime>::get();
		let versions = listing
			.and_then(pallet_listings::Listings::<Runtime>::get)
			.map_or(0, |listing| listing.versions);
		let seed = format!("{number}/{versions}");
		let manifest = ContentId::of_raw_block(seed.as_bytes())
			.to_text()
			.into_bytes();
		let root = H256(sp_io::hashing::sha2_256(seed.as_bytes()));
		let bytes = |text: &[u8]| text.to_vec().try_into().expect("short");
		let origin = RuntimeOrigin::signed(owner.clone());
		let answers = Answers {
			class: AnswerClass::None,
			tau: 0,
			max_latency_ms: 0,
			input_limit: 0,
		};
		let parents = parents.try_into().expect("at most eight");
		match listing {
			Some(listing) => Listings::add_version(
				origin,
				listing,
				bytes(&manifest),
				root,
				bytes(b"Apache-2.0"),
				DerivativePolicy::Royalty(0),
				Serving::Anyone,
				answers,
				parents,
				None,
			)
			.map(|_| listing),
			None => Listings::register(
				origin,
				Kind::Model,
				bytes(b"benchmark"),
				bytes(b"text-classification"),
				bytes(&manifest),
				root,
				bytes(b"Apache-2.0"),
				DerivativePolicy::Royalty(0),
				Serving::Anyone,
				answers,
				parents,
				None,
			)
			.map(|_| number),
		}
		.expect("a valid publication")
	}

	fn parent(listing: ListingId, royalty: u32) -> Parent {
		Parent {
			listing,
			version: 1,
			relation: Relation::FineTune,
			royalty,
		}
	}
}

impl pallet_licensing::BenchmarkHelper<AccountId> for Market {
	fn listing(owner: &AccountId, versions: u32, payees: u32) -> ListingId {
		// The first payees are parents; those beyond eight are an ancestor of one parent each.
		let parents: Vec<Parent> = (0..payees.min(PARENTS))
			.map(|index| {
				let seller: AccountId = account("payee", index, 0);
				Balances::mint_into(&seller, 1_000 * WGH).expect("issuance is far from its end");
				let ancestors = if index + PARENTS < payees {
					let ancestor: AccountId = account("ancestor", index, 0);
					Balances::mint_into(&ancestor, 1_000 * WGH)
						.expect("issuance is far from its end");
					vec![Self::parent(
						Self::publish(&ancestor, None, vec![]),
						2 * ROYALTY,
					)]
				} else {
					vec![]
				};
				Self::parent(Self::publish(&seller, None, ancestors), ROYALTY)
			})
			.collect();
		let listing = Self::publish(owner, None, parents.clone());
		for _ in 1..versions {
			Self::publish(owner, Some(listing), parents.clone());
		}
		listing
	}
}
