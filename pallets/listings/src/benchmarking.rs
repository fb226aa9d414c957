//! Worst cases of every call, each with its reason.

use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Consideration, Footprint},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::{
	traits::{One, StaticLookup},
	SaturatedConversion,
};
use weighhouse_primitives::{
	royalty::MAX_PAYEES, sealing::Identity, AnswerClass, Answers, ContentId, DerivativePolicy,
	Kind, ListingId, ListingRegistry, Parent, Relation, Serving, Share, VersionNumber, PARTS,
};

use crate::*;

const ANSWERS: Answers = Answers {
	class: AnswerClass::BitExact,
	tau: 8,
	max_latency_ms: MAX_LATENCY_MS,
	input_limit: MAX_INPUT,
};

/// A content id in base 58 with blanks around it: the dearest base to decode, at the longest length
/// that is looked at.
fn longest_cid() -> TextArgument {
	let mut text = b"ipfs://zb2rhX7iGATVSB6WQRq9pragp5ktbw63VgqHCnEz7zQUnQCXg".to_vec();
	text.resize(ContentId::MAX_TEXT, b' ');
	filled(text)
}

fn filled<const N: u32>(bytes: Vec<u8>) -> BoundedVec<u8, frame_support::traits::ConstU32<N>> {
	bytes.try_into().expect("fits")
}

/// Whom the files of all versions are encrypted to, so that each has its largest size.
fn recipient() -> TextArgument {
	let recipient = Identity::from_bytes([6; 32]).recipient();
	filled(recipient.to_text().into_bytes())
}

/// An account with money for more than any benchmark makes it store.
fn funded<T: Config>(name: &'static str) -> T::AccountId {
	fund::<T>(account(name, 0, 0))
}

fn caller<T: Config>() -> T::AccountId {
	fund::<T>(whitelisted_caller())
}

fn fund<T: Config>(who: T::AccountId) -> T::AccountId {
	let plenty = Footprint {
		count: 64,
		size: 64 * 1_024,
	};
	T::ListingDeposit::ensure_successful(&who, plenty);
	T::ClaimDeposit::ensure_successful(&who, plenty);
	who
}

/// Registers a plain listing through the call.
fn listing<T: Config>(owner: &T::AccountId, root: H256) -> ListingId {
	let id = NextListing::<T>::get();
	Pallet::<T>::register(
		RawOrigin::Signed(owner.clone()).into(),
		Kind::Model,
		filled(vec![b'n'; 64]),
		filled(vec![b't'; 32]),
		longest_cid(),
		root,
		filled(vec![b'l'; 64]),
		DerivativePolicy::Royalty(0),
		Serving::Anyone,
		ANSWERS,
		Default::default(),
		None,
		Some(recipient()),
	)
	.expect("a listing can be registered");
	id
}

/// `count` parents of different listings. Each has a full table over the same 16 payees, the most
/// that a child's table can take in; keys and values are read and written in full.
fn parents<T: Config>(count: u32) -> ParentsArgument {
	let owner = funded::<T>("parent");
	let payees: Vec<Share> = (0..MAX_PAYEES - MAX_PARENTS)
		.map(|_| Share {
			listing: listing::<T>(&owner, H256::repeat_byte(200)),
			parts: PARTS / 64,
		})
		.collect();
	let payees = RoyaltyTable::try_from(payees).expect("fits");
	let parents: Vec<Parent> = (0..count)
		.map(|_| {
			let listing = listing::<T>(&owner, H256::repeat_byte(201));
			Versions::<T>::mutate(listing, 1, |version| {
				version.as_mut().expect("was registered").royalties = payees.clone();
			});
			Parent {
				listing,
				version: 1,
				relation: Relation::Merge,
				royalty: PARTS / 16,
			}
		})
		.collect();
	parents.try_into().expect("fits")
}

/// A claim of an earlier block for this root.
fn claimed<T: Config>(who: &T::AccountId, root: H256) -> H256 {
	let salt = H256::repeat_byte(3);
	let commitment = Pallet::<T>::commitment(root, who, salt);
	Pallet::<T>::claim_root(RawOrigin::Signed(who.clone()).into(), commitment)
		.expect("the claim is new");
	let now = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(now + One::one());
	salt
}

/// Another's version with this root, published after the claim of the caller, whom the caller
/// therefore displaces.
fn displaced<T: Config>(root: H256) {
	let other = funded::<T>("other");
	listing::<T>(&other, root);
}

fn lookup_of<T: Config>(who: &T::AccountId) -> AccountIdLookupOf<T> {
	T::Lookup::unlookup(who.clone())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Opens a claim and displaces the version that was first with the bytes, so every place of the
	/// root is rewritten; parents have full tables, which flatten into a full one. Text is at most
	/// 64 + 32 + 64 bytes and at least one byte each.
	#[benchmark]
	fn register(p: Linear<0, MAX_PARENTS>, t: Linear<3, 160>) {
		let caller = caller::<T>();
		let root = H256::repeat_byte(1);
		let parents = parents::<T>(p);
		let claim_salt = Some(claimed::<T>(&caller, root));
		displaced::<T>(root);
		let id = NextListing::<T>::get();
		let name = (t - 2).min(MAX_NAME);
		let licence = (t - name - 1).min(MAX_LICENCE);
		let task = t - name - licence;

		#[extrinsic_call]
		_(
			RawOrigin::Signed(caller),
			Kind::Adapter,
			filled(vec![b'n'; name as usize]),
			filled(vec![b't'; task as usize]),
			longest_cid(),
			root,
			filled(vec![b'l'; licence as usize]),
			DerivativePolicy::Licensed(0),
			Serving::Licensed,
			ANSWERS,
			parents,
			claim_salt,
			Some(recipient()),
		);

		assert_published::<T>(id, 1, p);
	}

	/// As for a new listing; its record grows instead of being made.
	#[benchmark]
	fn add_version(p: Linear<0, MAX_PARENTS>, t: Linear<1, MAX_LICENCE>) {
		let caller = caller::<T>();
		let root = H256::repeat_byte(1);
		let parents = parents::<T>(p);
		let id = listing::<T>(&caller, H256::repeat_byte(2));
		let claim_salt = Some(claimed::<T>(&caller, root));
		displaced::<T>(root);

		#[extrinsic_call]
		_(
			RawOrigin::Signed(caller),
			id,
			longest_cid(),
			root,
			filled(vec![b'l'; t as usize]),
			DerivativePolicy::Licensed(0),
			Serving::Licensed,
			ANSWERS,
			parents,
			claim_salt,
			Some(recipient()),
		);

		assert_published::<T>(id, 2, p);
	}

	/// A version at its largest is read and written back.
	#[benchmark]
	fn yank() {
		let caller = caller::<T>();
		let id = child::<T>(&caller, MAX_PARENTS);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), id, 1);

		assert!(Versions::<T>::get(id, 1).is_some_and(|version| version.yanked));
	}

	/// The listing's record is read and written back; replacing a proposal costs the same.
	#[benchmark]
	fn propose_owner() {
		let caller = caller::<T>();
		let heir = funded::<T>("heir");
		let id = listing::<T>(&caller, H256::repeat_byte(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), id, lookup_of::<T>(&heir));

		assert!(Listings::<T>::get(id).is_some_and(|listing| listing.proposed_owner == Some(heir)));
	}

	/// Both accounts' holds change. The old owner has nothing accrued here: what settling costs is
	/// weighed by the pallet that settles and added by the call.
	#[benchmark]
	fn accept_ownership() {
		let caller = caller::<T>();
		let heir = funded::<T>("heir");
		let id = listing::<T>(&caller, H256::repeat_byte(1));
		Pallet::<T>::propose_owner(RawOrigin::Signed(caller).into(), id, lookup_of::<T>(&heir))
			.expect("the owner may propose");

		#[extrinsic_call]
		_(RawOrigin::Signed(heir.clone()), id);

		assert!(Listings::<T>::get(id).is_some_and(|listing| listing.owner == heir));
	}

	/// Declined by the proposed account, the second of the two who may.
	#[benchmark]
	fn cancel_proposal() {
		let caller = caller::<T>();
		let heir = funded::<T>("heir");
		let id = listing::<T>(&caller, H256::repeat_byte(1));
		Pallet::<T>::propose_owner(RawOrigin::Signed(caller).into(), id, lookup_of::<T>(&heir))
			.expect("the owner may propose");

		#[extrinsic_call]
		_(RawOrigin::Signed(heir), id);

		assert!(Listings::<T>::get(id).is_some_and(|listing| listing.proposed_owner.is_none()));
	}

	/// The first claim of an account, so that its hold is made and not just raised.
	#[benchmark]
	fn claim_root() {
		let caller = caller::<T>();
		let commitment = H256::repeat_byte(1);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()), commitment);

		assert!(RootClaims::<T>::contains_key(caller, commitment));
	}

	/// The only claim of an account, so that its hold goes.
	#[benchmark]
	fn release_claim() {
		let caller = caller::<T>();
		let commitment = H256::repeat_byte(1);
		Pallet::<T>::claim_root(RawOrigin::Signed(caller.clone()).into(), commitment)
			.expect("the claim is new");

		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()), commitment);

		assert!(!RootClaims::<T>::contains_key(caller, commitment));
	}

	/// The last version of a listing that was first with its bytes, while another version has the
	/// same: the next in rank is looked up, and the listing goes with its whole hold.
	#[benchmark]
	fn remove_version(p: Linear<0, MAX_PARENTS>) {
		let caller = caller::<T>();
		let id = child::<T>(&caller, p);
		displaced::<T>(H256::repeat_byte(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), id, 1);

		assert!(Listings::<T>::get(id).is_none());
		assert!(Versions::<T>::get(id, 1).is_none());
		assert!(Roots::<T>::get(H256::repeat_byte(1)).is_some_and(|first| first.listing != id));
	}

	/// A version at its largest, the dearest of the reads that the seam offers.
	#[benchmark]
	fn lookup() {
		let caller = caller::<T>();
		let id = child::<T>(&caller, MAX_PARENTS);
		let terms;

		#[block]
		{
			terms = <Pallet<T> as ListingRegistry<T::AccountId>>::version_terms(id, 1);
		}

		assert!(terms.is_some_and(|terms| !terms.table.is_empty()));
	}

	/// A listing's record is read and written back.
	#[benchmark]
	fn retain() {
		let caller = caller::<T>();
		let id = listing::<T>(&caller, H256::repeat_byte(1));
		let retained;

		#[block]
		{
			retained = <Pallet<T> as ListingRegistry<T::AccountId>>::retain(id);
		}

		assert_eq!(retained, Ok(()));
		assert!(Listings::<T>::get(id).is_some_and(|listing| listing.dependants == 1));
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::ExtBuilder::default().build(),
		crate::mock::Test
	);
}

/// A listing of `owner` with so many parents and the longest text, in the first block.
fn child<T: Config>(owner: &T::AccountId, count: u32) -> ListingId {
	let parents = parents::<T>(count);
	let id = NextListing::<T>::get();
	Pallet::<T>::register(
		RawOrigin::Signed(owner.clone()).into(),
		Kind::Model,
		filled(vec![b'n'; 64]),
		filled(vec![b't'; 32]),
		longest_cid(),
		H256::repeat_byte(1),
		filled(vec![b'l'; 64]),
		DerivativePolicy::Royalty(0),
		Serving::Anyone,
		ANSWERS,
		parents,
		None,
		Some(recipient()),
	)
	.expect("a listing can be registered");
	id
}

/// The version stands, is first with its bytes, and its parents count it.
fn assert_published<T: Config>(listing: ListingId, number: VersionNumber, parents: u32) {
	let version = Versions::<T>::get(listing, number).expect("was published");
	assert_eq!(version.parents.encoded_size(), 1 + 13 * parents as usize);
	let payees = if parents == 0 {
		0
	} else {
		MAX_PAYEES - MAX_PARENTS + parents
	};
	assert_eq!(version.royalties.len().saturated_into::<u32>(), payees);
	for parent in &version.parents {
		let parent = Versions::<T>::get(parent.listing, parent.version).expect("stands");
		assert_eq!(parent.children, 1);
	}
	let first = Roots::<T>::get(version.artifact_root).expect("the root is known");
	assert_eq!((first.listing, first.version), (listing, number));
}
