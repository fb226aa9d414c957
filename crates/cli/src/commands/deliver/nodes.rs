//! Which node is asked next, and when.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The first pause once no node answered.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a node may show no new final block before another is asked.
pub const STALL: Duration = Duration::from_secs(60);

/// The nodes that were named, by position.
pub struct Nodes {
	count: usize,
	current: usize,
	/// How many failed, one after the other.
	failed: usize,
	pauses: ExponentialBackoff,
}

impl Nodes {
	/// So many of them; at least one.
	pub fn new(count: usize) -> Self {
		Self {
			count: count.max(1),
			current: 0,
			failed: 0,
			pauses: pauses(),
		}
	}

	/// The one to ask now.
	pub fn current(&self) -> usize {
		self.current
	}

	/// The current one gave a new final block.
	pub fn worked(&mut self) {
		if self.failed > 0 {
			self.failed = 0;
			self.pauses = pauses();
		}
	}

	/// The current one is away, stalls, or is on another chain: the next one's turn. Gives the pause
	/// before it, which is none while there is one that was not tried.
	pub fn failed(&mut self) -> Duration {
		self.failed = self.failed.saturating_add(1);
		self.current = self.current.saturating_add(1) % self.count;
		if self.failed.is_multiple_of(self.count) {
			self.pauses.next().unwrap_or(LONGEST_PAUSE)
		} else {
			Duration::ZERO
		}
	}

	/// Whether one failed since one worked.
	pub fn has_failed(&self) -> bool {
		self.failed > 0
	}

	/// Whether each of them failed since one worked.
	pub fn all_failed(&self) -> bool {
		self.failed >= self.count
	}
}

/// Whether a final block is newer than all that were seen. A node that is behind must not make a key
/// due that another has seen delivered.
pub fn is_new(last: Option<u64>, number: u64) -> bool {
	last.is_none_or(|last| number > last)
}

fn pauses() -> ExponentialBackoff {
	ExponentialBuilder::default()
		.with_min_delay(FIRST_PAUSE)
		.with_max_delay(LONGEST_PAUSE)
		.without_max_times()
		.build()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn next_node_is_asked_at_once_when_one_drops() {
		let mut nodes = Nodes::new(2);
		nodes.worked();
		assert_eq!(nodes.failed(), Duration::ZERO);
		assert_eq!(nodes.current(), 1);
		assert!(!nodes.all_failed());
	}

	#[test]
	fn pause_grows_when_all_nodes_are_away() {
		let mut nodes = Nodes::new(2);
		assert_eq!(nodes.failed(), Duration::ZERO);
		assert_eq!(nodes.failed(), FIRST_PAUSE);
		assert_eq!(nodes.current(), 0);
		assert!(nodes.all_failed());
		assert_eq!(nodes.failed(), Duration::ZERO);
		assert_eq!(nodes.failed(), FIRST_PAUSE * 2);
		let longest = (0..40).map(|_| nodes.failed()).max();
		assert_eq!(longest, Some(LONGEST_PAUSE));
	}

	#[test]
	fn only_node_is_asked_again_after_a_pause() {
		let mut nodes = Nodes::new(1);
		assert_eq!(nodes.failed(), FIRST_PAUSE);
		assert_eq!(nodes.current(), 0);
	}

	#[test]
	fn pause_is_short_again_when_a_node_worked() {
		let mut nodes = Nodes::new(1);
		for _ in 0..8 {
			nodes.failed();
		}
		nodes.worked();
		assert!(!nodes.all_failed());
		assert_eq!(nodes.failed(), FIRST_PAUSE);
	}

	#[test]
	fn final_block_is_new_when_it_is_above_all_that_were_seen() {
		assert!(is_new(None, 0));
		assert!(is_new(Some(7), 8));
		assert!(!is_new(Some(7), 7));
		assert!(!is_new(Some(7), 6));
	}
}
