//! What the calls of this pallet cost, and the steps that a block takes by itself.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Cost of each call and of each piece of a step. What the seams cost comes on top.
pub trait WeightInfo {
	/// Creating a campaign.
	fn create_campaign() -> Weight;
	/// Adding `n` items, the last of the pool.
	fn add_items(n: u32) -> Weight;
	/// Taking a campaign back.
	fn cancel_campaign() -> Weight;
	/// Taking the last place.
	fn join() -> Weight;
	/// The last commit.
	fn commit() -> Weight;
	/// The last reveal, of all items of the largest pool.
	fn reveal() -> Weight;
	/// Opening `n` items of gold, the last of the largest campaign.
	fn open_gold(n: u32) -> Weight;
	/// Weighing `n` raters of the largest campaign, the last ones.
	fn weigh(n: u32) -> Weight;
	/// Paying `n` raters of the largest campaign, the last ones.
	fn pay(n: u32) -> Weight;
	/// Giving `n` raters their stakes back, the last ones.
	fn refund(n: u32) -> Weight;
	/// A step that draws items for `n` raters out of the largest pool.
	fn draw(n: u32) -> Weight;
	/// A step that only moves a campaign on.
	fn close_phase() -> Weight;
	/// Looking at a campaign in a queue.
	fn queue_visit() -> Weight;
	/// Removing `n` places, the last records of a campaign.
	fn remove_campaign(n: u32) -> Weight;
	/// Handing a dataset over to `n` raters.
	fn accept_dataset(n: u32) -> Weight;
	/// Paying dividends to `n` raters.
	fn distribute(n: u32) -> Weight;
	/// Paying dividends to `n` raters, and dropping the record of them.
	fn retire_dataset(n: u32) -> Weight;
}

/// The database accesses alone, and what hashing and counting take, for a chain that has not
/// measured its own weights. An account counts twice: its balance and its holds.
impl WeightInfo for () {
	fn create_campaign() -> Weight {
		with_queues(7, 5)
	}
	fn add_items(n: u32) -> Weight {
		with_queues(1, 1).saturating_add(each(n, 0, 1, 20_000_000))
	}
	fn cancel_campaign() -> Weight {
		accesses(4, 4)
	}
	fn join() -> Weight {
		with_queues(4, 5)
	}
	fn commit() -> Weight {
		with_queues(3, 2)
	}
	fn reveal() -> Weight {
		with_queues(4, 3).saturating_add(time(50_000_000))
	}
	fn open_gold(n: u32) -> Weight {
		with_queues(2, 2).saturating_add(each(n, 0, 0, 20_000_000))
	}
	fn weigh(n: u32) -> Weight {
		with_queues(2, 2).saturating_add(each(n, 1, 0, 40_000_000))
	}
	fn pay(n: u32) -> Weight {
		with_queues(8, 10).saturating_add(each(n, 3, 3, 100_000_000))
	}
	fn refund(n: u32) -> Weight {
		with_queues(3, 3).saturating_add(each(n, 3, 3, 10_000_000))
	}
	fn draw(n: u32) -> Weight {
		with_queues(3, 4).saturating_add(each(n, 1, 1, 150_000_000))
	}
	fn close_phase() -> Weight {
		with_queues(3, 3)
	}
	fn queue_visit() -> Weight {
		accesses(3, 1)
	}
	fn remove_campaign(n: u32) -> Weight {
		accesses(3, 8).saturating_add(each(n, 3, 4, 0))
	}
	fn accept_dataset(n: u32) -> Weight {
		accesses(8, 6).saturating_add(each(n, 1, 0, 0))
	}
	fn distribute(n: u32) -> Weight {
		accesses(3, 2).saturating_add(each(n, 1, 1, 20_000_000))
	}
	fn retire_dataset(n: u32) -> Weight {
		accesses(6, 6).saturating_add(each(n, 1, 1, 20_000_000))
	}
}

/// `picoseconds` and accesses for each of `n`.
fn each(n: u32, reads: u64, writes: u64, picoseconds: u64) -> Weight {
	accesses(reads, writes)
		.saturating_add(time(picoseconds))
		.saturating_mul(n.into())
}

fn time(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds, 0)
}

/// Accesses besides those of a campaign that leaves its queue and finds room in the last one only.
fn with_queues(reads: u64, writes: u64) -> Weight {
	let queues = u64::from(crate::DUE_SPREAD).saturating_add(1);
	accesses(queues.saturating_add(reads), queues.saturating_add(writes))
}

fn accesses(reads: u64, writes: u64) -> Weight {
	ParityDbWeight::get().reads_writes(reads, writes)
}
