//! What must hold between blocks.

use frame_support::traits::{PalletsInfoAccess, TryState, TryStateSelect};
use weighhouse_runtime::{reconcile, AllPalletsWithSystem, BlockNumber, System};

/// Checks the invariants of every pallet, and the sums over all of them.
pub fn check() {
	// Each pallet once. `All` answers only that something is wrong, and logs what; this answers the
	// first error itself.
	let pallets = <AllPalletsWithSystem as PalletsInfoAccess>::infos().len();
	let each = TryStateSelect::RoundRobin(u32::try_from(pallets).expect("few pallets"));
	<AllPalletsWithSystem as TryState<BlockNumber>>::try_state(System::block_number(), each)
		.expect("the invariants of all pallets hold");
	reconcile::check().expect("the sums over all pallets hold");
}
