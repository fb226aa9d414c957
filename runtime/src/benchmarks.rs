//! Runs the benchmarks of the market's pallets on this runtime.

use alloc::{format, string::String, vec, vec::Vec};

use frame_benchmarking::{
	account, define_benchmarks, BenchmarkBatch, BenchmarkConfig, BenchmarkList,
};
use frame_support::traits::{fungible::Mutate, Get, StorageInfo};
use sp_core::H256;
use weighhouse_primitives::{
	content::ContentId, sealing::Recipient, AnswerClass, Answers, DerivativePolicy, Kind,
	ListingId, OfferId, Parent, ReceiptId, Relation, Rights, Serving, Term, Transferability,
};

use crate::{
	constants::currency::WGH, AccountId, AllPalletsWithSystem, Balances, Delivery, Feedback,
	Inference, Licensing, Listings, Reputation, Runtime, RuntimeOrigin, System, Validators,
};

define_benchmarks!(
	[pallet_delivery, Delivery]
	[pallet_feedback, Feedback]
	[pallet_inference, Inference]
	[pallet_licensing, Licensing]
	[pallet_listings, Listings]
	[pallet_reputation, Reputation]
	[pallet_validators, Validators]
);

/// What the benchmarks are called and range over.
pub fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
	use frame_benchmarking::BenchmarkList;
	use frame_support::traits::StorageInfoTrait;

	let mut list = Vec::<BenchmarkList>::new();
	list_benchmarks!(list, extra);
	(list, AllPalletsWithSystem::storage_info())
}

/// Runs the benchmark that `config` names.
pub fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	use frame_benchmarking::BenchmarkBatch;
	use frame_support::traits::WhitelistedStorageKeys;

	let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
	let mut batches = Vec::<BenchmarkBatch>::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}

/// Puts real listings on the chain for the benchmarks of licensing and inference.
pub struct Market;

/// The royalty that each parent takes, in parts per 10^9: eight of them stay below the cap.
const ROYALTY: u32 = 50_000_000;
/// The most parents that a version names.
const PARENTS: u32 = 8;
/// The most payees of a sale.
const PAYEES: u32 = 16;
/// What is asked of answers that are checked.
const EXACT: Answers = Answers {
	class: AnswerClass::BitExact,
	tau: 8,
	max_latency_ms: 1_000,
	input_limit: 1_024,
};

impl Market {
	/// Registers a listing with one version and `parents`, or adds a version to `listing`.
	fn publish(
		owner: &AccountId,
		listing: Option<ListingId>,
		served: (Serving, Answers),
		parents: Vec<Parent>,
	) -> ListingId {
		Self::publish_sealed(owner, listing, served, parents, None)
	}

	/// The same, encrypted to `sealed` if there is one.
	fn publish_sealed(
		owner: &AccountId,
		listing: Option<ListingId>,
		(serving, answers): (Serving, Answers),
		parents: Vec<Parent>,
		sealed: Option<Recipient>,
	) -> ListingId {
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
		let recipient = sealed.map(|recipient| bytes(recipient.to_text().as_bytes()));
		let origin = RuntimeOrigin::signed(owner.clone());
		let parents = parents.try_into().expect("at most eight");
		match listing {
			Some(listing) => Listings::add_version(
				origin,
				listing,
				bytes(&manifest),
				root,
				bytes(b"Apache-2.0"),
				DerivativePolicy::Royalty(0),
				serving,
				answers,
				parents,
				None,
				recipient,
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
				serving,
				answers,
				parents,
				None,
				recipient,
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

/// How a version is served that nobody serves.
const UNSERVED: (Serving, Answers) = (Serving::Anyone, Answers::NONE);

impl Market {
	/// Parents of a version whose sales pay `payees` listings.
	fn parents(payees: u32) -> Vec<Parent> {
		// The first payees are parents; those beyond eight are an ancestor of one parent each.
		(0..payees.min(PARENTS))
			.map(|index| {
				let seller: AccountId = account("payee", index, 0);
				Balances::mint_into(&seller, 1_000 * WGH).expect("issuance is far from its end");
				let ancestors = if index + PARENTS < payees {
					let ancestor: AccountId = account("ancestor", index, 0);
					Balances::mint_into(&ancestor, 1_000 * WGH)
						.expect("issuance is far from its end");
					vec![Self::parent(
						Self::publish(&ancestor, None, UNSERVED, vec![]),
						2 * ROYALTY,
					)]
				} else {
					vec![]
				};
				Self::parent(Self::publish(&seller, None, UNSERVED, ancestors), ROYALTY)
			})
			.collect()
	}

	/// Opens an offer for version 1 of a listing.
	fn offer(owner: &AccountId, listing: ListingId, term: Term, rights: Rights) -> OfferId {
		let offer = pallet_licensing::NextOffer::<Runtime>::get(listing);
		Licensing::open_offer(
			RuntimeOrigin::signed(owner.clone()),
			listing,
			// Every part of it is more than the existential deposit.
			1_000 * WGH,
			term,
			1,
			1,
			rights,
			Transferability::Transferable,
			None,
			H256::zero(),
		)
		.expect("a valid offer");
		offer
	}
}

impl pallet_licensing::BenchmarkHelper<AccountId> for Market {
	fn listing(
		owner: &AccountId,
		versions: u32,
		payees: u32,
		sealed: Option<Recipient>,
	) -> ListingId {
		let parents = Self::parents(payees);
		let publish =
			|listing| Self::publish_sealed(owner, listing, UNSERVED, parents.clone(), sealed);
		let listing = publish(None);
		for _ in 1..versions {
			publish(Some(listing));
		}
		listing
	}
}

impl pallet_delivery::BenchmarkHelper<AccountId> for Market {
	fn sealed_offer(seller: &AccountId, recipient: Recipient) -> (ListingId, OfferId) {
		let parents = Self::parents(PAYEES);
		let listing = Self::publish_sealed(seller, None, UNSERVED, parents, Some(recipient));
		let offer = Self::offer(seller, listing, Term::Perpetual, Rights::Use);
		(listing, offer)
	}
}

impl pallet_reputation::BenchmarkHelper<AccountId> for Market {
	// A sale, since receipts of jobs are looked for first.
	fn settled_receipt(buyer: &AccountId, seller: &AccountId) -> ReceiptId {
		let listing = Self::publish(seller, None, UNSERVED, vec![]);
		let offer = Self::offer(seller, listing, Term::Perpetual, Rights::Use);
		let receipt = pallet_licensing::NextReceipt::<Runtime>::get();
		Licensing::buy(RuntimeOrigin::signed(buyer.clone()), listing, offer)
			.expect("the buyer is rich");
		receipt
	}
}

impl pallet_feedback::BenchmarkHelper<AccountId> for Market {
	fn dataset(owner: &AccountId, to: &AccountId) -> ListingId {
		let listing = Self::publish(owner, None, UNSERVED, Self::parents(PAYEES));
		Listings::propose_owner(
			RuntimeOrigin::signed(owner.clone()),
			listing,
			sp_runtime::MultiAddress::Id(to.clone()),
		)
		.expect("the owner proposes another");
		listing
	}

	fn know_seed() {
		let now = System::block_number();
		for block in [now + 1, now + 2] {
			pallet_inference::Randomness::<Runtime>::insert(
				block % pallet_inference::RANDOMNESS_KEPT,
				pallet_inference::BlockRandomness {
					block,
					output: Some([1; 32]),
				},
			);
		}
		System::set_block_number(now + 3);
	}
}

impl pallet_inference::BenchmarkHelper<AccountId> for Market {
	fn listing(owner: &AccountId, serving: Serving) -> (ListingId, OfferId) {
		let listing = Self::publish(owner, None, (serving, EXACT), Self::parents(PAYEES));
		let offer = Self::offer(owner, listing, Term::PerCall, Rights::Use);
		(listing, offer)
	}

	fn license(worker: &AccountId, listing: ListingId) {
		let owner = Listings::listing(listing).expect("it is listed").owner;
		let useful = Self::offer(&owner, listing, Term::Perpetual, Rights::UseAndServe);
		let useless = Self::offer(&owner, listing, Term::Perpetual, Rights::Use);
		let most = <Runtime as pallet_licensing::Config>::MaxLicencesPerListing::get();
		// They are looked at in the order in which they were bought.
		for offer in (1..most).map(|_| useless).chain([useful]) {
			Licensing::buy(RuntimeOrigin::signed(worker.clone()), listing, offer)
				.expect("the worker is rich");
		}
	}

	fn begin_epoch() {
		let now = System::block_number();
		pallet_babe::EpochStart::<Runtime>::mutate(|(before, this)| {
			*before = *this;
			*this = now;
		});
	}
}
