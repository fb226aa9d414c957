//! What the calls cost.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weights of the calls and of the seams that this pallet offers to others.
pub trait WeightInfo {
	/// `p` parents; `t` bytes of name, task and licence together.
	fn register(p: u32, t: u32) -> Weight;
	/// `p` parents; `t` bytes of licence.
	fn add_version(p: u32, t: u32) -> Weight;
	/// Weight of `yank`.
	fn yank() -> Weight;
	/// Weight of `propose_owner`.
	fn propose_owner() -> Weight;
	/// Weight of `accept_ownership` without what the market does before the owner changes.
	fn accept_ownership() -> Weight;
	/// Weight of `cancel_proposal`.
	fn cancel_proposal() -> Weight;
	/// Weight of `claim_root`.
	fn claim_root() -> Weight;
	/// Weight of `release_claim`.
	fn release_claim() -> Weight;
	/// `p` parents of the removed version.
	fn remove_version(p: u32) -> Weight;
	/// One look-up by another pallet: an owner, a number or a version.
	fn lookup() -> Weight;
	/// One change of the number of dependants by another pallet.
	fn retain() -> Weight;
}

/// Counts database accesses and guesses the computation: for tests. A runtime brings its measured
/// weights.
impl WeightInfo for () {
	fn register(p: u32, t: u32) -> Weight {
		let base = Weight::from_parts(120_000_000, 0)
			.saturating_add(Weight::from_parts(50_000, 0).saturating_mul(t.into()));
		Self::with_parents(base, p, 6, 7)
	}

	fn add_version(p: u32, t: u32) -> Weight {
		let base = Weight::from_parts(110_000_000, 0)
			.saturating_add(Weight::from_parts(50_000, 0).saturating_mul(t.into()));
		Self::with_parents(base, p, 5, 6)
	}

	fn yank() -> Weight {
		Self::with_parents(Weight::from_parts(20_000_000, 0), 0, 2, 1)
	}

	fn propose_owner() -> Weight {
		Self::with_parents(Weight::from_parts(20_000_000, 0), 0, 1, 1)
	}

	fn accept_ownership() -> Weight {
		Self::with_parents(Weight::from_parts(90_000_000, 0), 0, 5, 5)
	}

	fn cancel_proposal() -> Weight {
		Self::with_parents(Weight::from_parts(20_000_000, 0), 0, 1, 1)
	}

	fn claim_root() -> Weight {
		Self::with_parents(Weight::from_parts(50_000_000, 0), 0, 3, 3)
	}

	fn release_claim() -> Weight {
		Self::with_parents(Weight::from_parts(50_000_000, 0), 0, 3, 3)
	}

	fn remove_version(p: u32) -> Weight {
		Self::with_parents(Weight::from_parts(90_000_000, 0), p, 6, 6)
	}

	fn lookup() -> Weight {
		Self::with_parents(Weight::from_parts(10_000_000, 0), 0, 1, 0)
	}

	fn retain() -> Weight {
		Self::with_parents(Weight::from_parts(10_000_000, 0), 0, 1, 1)
	}
}

/// How the weights above are put together.
trait ByAccess {
	/// `base`, `reads` and `writes`, and for each of `p` parents one read and one write of its
	/// version and one read of its listing.
	fn with_parents(base: Weight, p: u32, reads: u64, writes: u64) -> Weight;
}

impl ByAccess for () {
	fn with_parents(base: Weight, p: u32, reads: u64, writes: u64) -> Weight {
		let parent = Weight::from_parts(10_000_000, 0)
			.saturating_add(ParityDbWeight::get().reads_writes(2, 1));
		base.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
			.saturating_add(parent.saturating_mul(p.into()))
	}
}
