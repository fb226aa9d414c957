//! What the courier in a node's off-chain worker counts, and where, so that the node can show it.
//!
//! Counts lie in the node's own off-chain storage and grow for as long as its database lives. No block
//! depends on them.

use alloc::vec::Vec;

/// Where a node keeps the counts, in the persistent off-chain storage: this prefix and the labels.
pub const COUNT_PREFIX: &[u8] = b"weighhouse/courier/count/";

macro_rules! counts {
	($($(#[$doc:meta])+ $name:ident = ($what:literal, $outcome:literal),)+) => {
		/// Something that a courier does, and how it came out.
		#[derive(Clone, Copy, PartialEq, Eq, Debug)]
		pub enum Count {
			$($(#[$doc])+ $name,)+
		}

		impl Count {
			/// All of them.
			pub const ALL: &'static [Self] = &[$(Self::$name),+];

			/// What it does, and how that came out.
			pub const fn labels(self) -> [&'static str; 2] {
				match self {
					$(Self::$name => [$what, $outcome],)+
				}
			}
		}
	};
}

counts! {
	/// A run, of which a node that carries for a worker begins one in every block, came to its end.
	RunDone = ("run", "done"),
	/// A run did not begin, since the one before it was still under way.
	RunSkipped = ("run", "skipped"),
	/// A gateway could take a job.
	ReadyYes = ("ready", "yes"),
	/// A gateway said that it could take no job.
	ReadyNo = ("ready", "no"),
	/// A gateway did not say in time whether it could take a job.
	ReadySilent = ("ready", "silent"),
	/// Nobody could be asked whether they could take a job.
	ReadyUnreachable = ("ready", "unreachable"),
	/// A gateway had an answer, and it is used.
	JobAnswered = ("job", "answered"),
	/// A gateway had an answer that the chain would refuse or the worker would be punished for.
	JobUnusable = ("job", "unusable"),
	/// A gateway is at work on a job.
	JobWorking = ("job", "working"),
	/// A gateway takes a job later.
	JobBusy = ("job", "busy"),
	/// A gateway will not answer a job.
	JobDeclined = ("job", "declined"),
	/// A gateway failed at a job.
	JobFailed = ("job", "failed"),
	/// A gateway said nothing of a job in time, or not all.
	JobSilent = ("job", "silent"),
	/// A job could be taken to nobody.
	JobUnreachable = ("job", "unreachable"),
	/// The node's transaction pool took a signed step.
	StepSubmitted = ("step", "submitted"),
	/// The node's transaction pool did not take a signed step.
	StepRefused = ("step", "refused"),
}

impl Count {
	/// Where the persistent off-chain storage keeps it: as a `u64`, little end first.
	pub fn key(self) -> Vec<u8> {
		let [what, outcome] = self.labels().map(str::as_bytes);
		[COUNT_PREFIX, what, b"/".as_slice(), outcome].concat()
	}
}

#[cfg(test)]
mod tests;
