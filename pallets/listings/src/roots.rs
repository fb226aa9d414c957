//! Artifact roots: who was first with some bytes, and hidden claims to have been.

use codec::{Encode, MaxEncodedLen};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{Consideration, Footprint},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::DispatchError;
use weighhouse_primitives::{ListingId, VersionNumber};

use crate::*;

impl<T: Config> Pallet<T> {
	/// What `claim_root` takes: sha2-256 of root, account and salt, one after the other.
	pub fn commitment(root: H256, account: &T::AccountId, salt: H256) -> H256 {
		let mut bytes = root.as_bytes().to_vec();
		account.encode_to(&mut bytes);
		bytes.extend_from_slice(salt.as_bytes());
		H256(sp_io::hashing::sha2_256(&bytes))
	}

	pub(crate) fn do_claim_root(account: T::AccountId, commitment: H256) -> DispatchResult {
		ensure!(
			!RootClaims::<T>::contains_key(&account, commitment),
			Error::<T>::ClaimExists
		);
		let ticket =
			T::ClaimDeposit::new(&account, Self::claim_footprint()).map_err(Self::afford_error)?;
		let block = frame_system::Pallet::<T>::block_number();
		RootClaims::<T>::insert(&account, commitment, RootClaim { block, ticket });
		Self::deposit_event(Event::RootClaimed {
			commitment,
			account,
		});
		Ok(())
	}

	pub(crate) fn do_release_claim(account: T::AccountId, commitment: H256) -> DispatchResult {
		let claim = RootClaims::<T>::take(&account, commitment).ok_or(Error::<T>::UnknownClaim)?;
		claim.ticket.drop(&account)?;
		Self::deposit_event(Event::ClaimReleased {
			commitment,
			account,
		});
		Ok(())
	}

	/// The claim that `salt` opens, and since when its bytes count as known. A claim of the same
	/// block is refused: its author could have seen the root in the pool.
	pub(crate) fn open_claim(
		account: &T::AccountId,
		root: H256,
		salt: H256,
	) -> Result<(H256, BlockNumberFor<T>), DispatchError> {
		let commitment = Self::commitment(root, account, salt);
		let claim = RootClaims::<T>::get(account, commitment).ok_or(Error::<T>::UnknownClaim)?;
		ensure!(
			claim.block < frame_system::Pallet::<T>::block_number(),
			Error::<T>::ClaimTooRecent
		);
		Ok((commitment, claim.block))
	}

	/// Gives up the claim that a publication opened; its deposit may then pay for the version.
	pub(crate) fn use_claim(account: &T::AccountId, claim: Option<H256>) -> DispatchResult {
		match claim {
			Some(commitment) => Self::do_release_claim(account.clone(), commitment),
			None => Ok(()),
		}
	}

	/// Gives a new version its rank among those with its root; says which one is first if that is
	/// another.
	pub(crate) fn rank_root(
		root: H256,
		listing: ListingId,
		version: VersionNumber,
		since: BlockNumberFor<T>,
	) -> Option<(ListingId, VersionNumber)> {
		let rank = Precedence::new(since, listing, version);
		RootOrder::<T>::insert(root, rank, ());
		match Roots::<T>::get(root) {
			Some(first) if Self::rank_of(&first) < rank => Some((first.listing, first.version)),
			_ => {
				Roots::<T>::insert(
					root,
					EarliestVersion {
						listing,
						version,
						since,
					},
				);
				None
			}
		}
	}

	/// Takes a version's rank away. If it was the first, the next one is.
	pub(crate) fn unrank_root(listing: ListingId, number: VersionNumber, version: &VersionOf<T>) {
		let root = version.artifact_root;
		RootOrder::<T>::remove(root, Precedence::new(version.root_since, listing, number));
		let was_first = Roots::<T>::get(root)
			.is_some_and(|first| (first.listing, first.version) == (listing, number));
		if was_first {
			Roots::<T>::set(root, Self::first_in_rank(root));
		}
	}

	/// The first version in rank with this root. Reads two items: storage keeps ranks in order.
	pub(crate) fn first_in_rank(root: H256) -> Option<EarliestVersion<BlockNumberFor<T>>> {
		let (listing, version) = RootOrder::<T>::iter_key_prefix(root).next()?.holder();
		let since = Versions::<T>::get(listing, version)?.root_since;
		Some(EarliestVersion {
			listing,
			version,
			since,
		})
	}

	fn rank_of(first: &EarliestVersion<BlockNumberFor<T>>) -> Precedence {
		Precedence::new(first.since, first.listing, first.version)
	}

	/// Record and both parts of its key.
	fn claim_footprint() -> Footprint {
		let keys = 32_usize
			.saturating_add(T::AccountId::max_encoded_len())
			.saturating_add(H256::max_encoded_len());
		Footprint::from_parts(1, RootClaimOf::<T>::max_encoded_len().saturating_add(keys))
	}
}
