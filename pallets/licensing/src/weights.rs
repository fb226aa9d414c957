//! What the calls of this pallet cost.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Cost of each call and of each seam that other pallets use.
pub trait WeightInfo {
	/// An offer over `v` versions whose merged table has `p` payees.
	fn open_offer(v: u32, p: u32) -> Weight;
	/// Closing an offer.
	fn close_offer() -> Weight;
	/// A sale over `v` versions that pays `p` royalties.
	fn buy(v: u32, p: u32) -> Weight;
	/// Handing a licence on.
	fn transfer() -> Weight;
	/// Removing a licence.
	fn remove_licence() -> Weight;
	/// Paying out what a listing accrued.
	fn claim() -> Weight;
	/// Removing a receipt.
	fn prune_receipt() -> Weight;
	/// Asking for a licence among `l` that the account holds of one listing.
	fn has_licence(l: u32) -> Weight;
	/// Paying the old owner of a listing before it changes hands.
	fn before_change() -> Weight;
	/// Taking a call, or giving it back, under whatever entitles to it.
	fn take_call() -> Weight;
	/// Paying for a call with `p` royalties.
	fn pay_call(p: u32) -> Weight;
	/// Taking a licence of a sealed version off sale, under an offer that pays `p` royalties.
	fn reserve(p: u32) -> Weight;
	/// Completing the sale of a sealed version that pays `p` royalties.
	fn complete(p: u32) -> Weight;
	/// Cancelling the sale of a sealed version.
	fn cancel() -> Weight;
	/// Looking a licence of a sealed version up.
	fn sealed_licence() -> Weight;
}

/// The database accesses alone, for a chain that has not measured its own weights. An account
/// counts twice: its balance and its holds.
impl WeightInfo for () {
	fn open_offer(v: u32, p: u32) -> Weight {
		accesses(u64::from(v).saturating_add(5), 5)
			.saturating_add(Weight::from_parts(100_000, 8).saturating_mul(p.into()))
	}
	fn close_offer() -> Weight {
		accesses(5, 4)
	}
	fn buy(v: u32, p: u32) -> Weight {
		let payees = u64::from(p).saturating_mul(2);
		accesses(
			u64::from(v).saturating_add(payees).saturating_add(14),
			payees.saturating_add(13),
		)
	}
	fn transfer() -> Weight {
		accesses(7, 7)
	}
	fn remove_licence() -> Weight {
		accesses(5, 5)
	}
	fn claim() -> Weight {
		accesses(5, 4)
	}
	fn prune_receipt() -> Weight {
		accesses(3, 3)
	}
	fn has_licence(l: u32) -> Weight {
		accesses(u64::from(l).saturating_add(1), 0)
	}
	fn before_change() -> Weight {
		accesses(4, 4)
	}
	fn take_call() -> Weight {
		accesses(4, 1)
	}
	fn pay_call(p: u32) -> Weight {
		let payees = u64::from(p).saturating_mul(2);
		accesses(payees.saturating_add(5), payees.saturating_add(5))
	}
	fn reserve(_: u32) -> Weight {
		accesses(14, 12)
	}
	fn complete(p: u32) -> Weight {
		let payees = u64::from(p).saturating_mul(2);
		accesses(payees.saturating_add(15), payees.saturating_add(8))
	}
	fn cancel() -> Weight {
		accesses(8, 8)
	}
	fn sealed_licence() -> Weight {
		accesses(3, 0)
	}
}

fn accesses(reads: u64, writes: u64) -> Weight {
	ParityDbWeight::get().reads_writes(reads, writes)
}
