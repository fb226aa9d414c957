//! What is due, from what the chain says alone. Nothing here asks or sends anything.
//!
//! Who paid is read in a final block: a payment that a fork may still undo gets no key. Whether a key
//! is in a block already is read in the best one.

use weighhouse_client::{
	delivery::{Delivery, SealedFor, State},
	sealed::PointBytes,
};

/// The most keys that one call delivers.
const BATCH: usize = 50;
/// With fewer blocks than this left, somebody should look.
const NEAR: u64 = 5;

/// What to do about a key that was asked for in a final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// Send it in the next block.
	Send,
	/// Nothing now: it is on its way or in a block, or is not asked for any more.
	Leave,
	/// Nothing ever: its time is over.
	Late,
}

/// What became of a key that was asked for, as a later final block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
	/// It is waited for.
	Waits,
	/// The chain has it.
	Delivered,
	/// The delivery is over without it, and the buyer has the money back.
	Over,
	/// The licence has another request by now.
	Replaced,
}

/// The last block in which a key can be delivered, if one is waited for.
pub fn awaited(delivery: &Delivery) -> Option<u32> {
	match &delivery.state {
		State::Awaiting { until, .. } => Some(*until),
		State::Delivered { .. } | State::Settled { .. } => None,
	}
}

/// What to do about `asked`, given the same licence in the best block, whether a transaction of this
/// run with its key is alive, and the number of the block that comes next.
pub fn step(asked: &Delivery, best: Option<&Delivery>, is_flying: bool, next: u64) -> Step {
	// The chain takes what is sealed for one request for no other.
	let same = best.filter(|best| best.key == asked.key);
	match same.and_then(awaited) {
		None => Step::Leave,
		Some(until) if u64::from(until) < next => Step::Late,
		Some(_) if is_flying => Step::Leave,
		Some(_) => Step::Send,
	}
}

/// What became of the request with this delivery key, given its licence in a final block.
pub fn fate(key: &PointBytes, now: Option<&Delivery>) -> Fate {
	match now {
		None => Fate::Over,
		Some(now) if now.key != *key => Fate::Replaced,
		Some(now) if awaited(now).is_some() => Fate::Waits,
		Some(_) => Fate::Delivered,
	}
}

/// Whether so few blocks are left that somebody should look.
pub fn is_near_end(until: u32, now: u64) -> bool {
	u64::from(until).saturating_sub(now) < NEAR
}

/// A sealed key and the last block for it.
pub type Due = (u32, SealedFor);

/// Puts what ends first to the front, in parts that fit a call each.
pub fn batches(mut due: Vec<Due>) -> Vec<Vec<SealedFor>> {
	due.sort_by_key(|(until, one)| (*until, one.licence));
	let keys: Vec<_> = due.into_iter().map(|(_, one)| one).collect();
	keys.chunks(BATCH).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
pub mod tests {
	use weighhouse_client::{
		delivery::{Payment, Purpose},
		keys::AccountId32,
		sealed::SealedKey,
	};

	use super::*;

	const PAYMENT: Payment = Payment {
		purpose: Purpose::Sale,
		amount: 5_000_000_000_000,
		cover: 500_000_000_000,
	};
	const SEALED: SealedKey = SealedKey {
		point: [2; 32],
		ciphertext: [3; 32],
	};

	/// A key that is waited for until a block.
	pub fn asked(licence: u64, until: u32) -> Delivery {
		Delivery {
			licence,
			listing: 1,
			buyer: AccountId32([4; 32]),
			seller: AccountId32([5; 32]),
			version: 1,
			recipient: "age1".into(),
			key: [1; 32],
			state: State::Awaiting {
				payment: PAYMENT,
				until,
			},
		}
	}

	fn delivered(licence: u64) -> Delivery {
		Delivery {
			state: State::Delivered {
				payment: PAYMENT,
				sealed: SEALED,
				until: 1_000,
			},
			..asked(licence, 0)
		}
	}

	fn settled(licence: u64) -> Delivery {
		Delivery {
			state: State::Settled { sealed: SEALED },
			..asked(licence, 0)
		}
	}

	#[test]
	fn key_is_sent_when_it_is_waited_for_in_both_blocks() {
		let asked = asked(7, 100);
		assert_eq!(step(&asked, Some(&asked), false, 50), Step::Send);
	}

	#[test]
	fn key_is_sent_in_the_last_block_of_its_time_and_not_after_it() {
		let asked = asked(7, 100);
		assert_eq!(step(&asked, Some(&asked), false, 100), Step::Send);
		assert_eq!(step(&asked, Some(&asked), false, 101), Step::Late);
		assert_eq!(step(&asked, Some(&asked), true, 101), Step::Late);
	}

	#[test]
	fn key_is_left_when_it_is_on_its_way_or_in_a_block() {
		let asked = asked(7, 100);
		assert_eq!(step(&asked, Some(&asked), true, 50), Step::Leave);
		assert_eq!(step(&asked, Some(&delivered(7)), false, 50), Step::Leave);
		assert_eq!(step(&asked, Some(&settled(7)), false, 50), Step::Leave);
	}

	#[test]
	fn key_is_due_again_when_a_fork_took_the_delivery_back() {
		let asked = asked(7, 100);
		assert_eq!(step(&asked, Some(&delivered(7)), false, 50), Step::Leave);
		assert_eq!(step(&asked, Some(&asked), false, 51), Step::Send);
	}

	#[test]
	fn key_is_left_when_the_best_block_asks_for_none_or_for_another() {
		let old = asked(7, 100);
		assert_eq!(step(&old, None, false, 50), Step::Leave);
		let again = Delivery {
			key: [9; 32],
			..asked(7, 200)
		};
		assert_eq!(step(&old, Some(&again), false, 50), Step::Leave);
	}

	#[test]
	fn fate_is_that_of_the_same_request() {
		let key = asked(7, 100).key;
		assert_eq!(fate(&key, Some(&asked(7, 100))), Fate::Waits);
		assert_eq!(fate(&key, Some(&delivered(7))), Fate::Delivered);
		assert_eq!(fate(&key, Some(&settled(7))), Fate::Delivered);
		assert_eq!(fate(&key, None), Fate::Over);
		assert_eq!(fate(&[9; 32], Some(&delivered(7))), Fate::Replaced);
	}

	#[test]
	fn end_is_near_when_fewer_than_five_blocks_are_left() {
		assert!(!is_near_end(100, 95));
		assert!(is_near_end(100, 96));
		assert!(is_near_end(100, 101));
	}

	#[test]
	fn batches_are_full_and_begin_with_what_ends_first() {
		let sealed = |licence| SealedFor {
			licence,
			key: asked(licence, 0).key,
			sealed: SEALED,
		};
		let due = (1..=120)
			.map(|licence| (if licence == 120 { 10 } else { 20 }, sealed(licence)))
			.collect();
		let batches = batches(due);
		let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
		assert_eq!(sizes, [50, 50, 20]);
		let order: Vec<_> = batches.iter().flatten().map(|one| one.licence).collect();
		assert_eq!(order.first(), Some(&120));
		assert_eq!(order.get(1), Some(&1));
		assert_eq!(order.last(), Some(&119));
	}

	#[test]
	fn batches_are_none_when_nothing_is_due() {
		assert!(batches(Vec::new()).is_empty());
	}
}
