//! When answers agree. No floating point, no state: the runtime decides by these functions and
//! anybody can run them again.

use alloc::vec::Vec;

use crate::{
	inference::{Answer, Fingerprint, Status},
	market::AnswerClass,
};

/// In how many of 256 bits two fingerprints differ.
pub fn distance(a: &Fingerprint, b: &Fingerprint) -> u32 {
	a.iter()
		.zip(b)
		.fold(0, |sum, (a, b)| sum.saturating_add((a ^ b).count_ones()))
}

/// What two answers are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
	/// They are the same answer.
	Agree,
	/// The evidence is alike but the outputs are not, as on an input that was made to lie between
	/// two outputs. Nobody is to blame for it.
	NearTie,
	/// They are different answers.
	Differ,
}

/// Compares two answers under the rules of a version.
pub fn compare(class: AnswerClass, tau: u8, a: &Answer, b: &Answer) -> Comparison {
	if a.status != b.status {
		return Comparison::Differ;
	}
	if a.status != Status::Ok {
		return Comparison::Agree;
	}
	let alike = distance(&a.fingerprint, &b.fingerprint) <= u32::from(tau);
	match (class, alike, a.output_hash == b.output_hash) {
		(_, false, _) | (AnswerClass::None, ..) => Comparison::Differ,
		(AnswerClass::BitExact, true, false) => Comparison::NearTie,
		(AnswerClass::BitExact, true, true) | (AnswerClass::Tolerant, true, _) => Comparison::Agree,
	}
}

/// Answers that agree with the one in their middle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
	/// Index of the answer that all others agree with; of several, the first.
	pub centre: usize,
	/// Indices of all answers of the cluster, in order.
	pub members: Vec<usize>,
}

/// The largest cluster of at least `quorum` answers. None if there is none so large, or if two
/// different ones are equally large: a tie is no quorum.
pub fn largest_cluster(
	class: AnswerClass,
	tau: u8,
	answers: &[Answer],
	quorum: usize,
) -> Option<Cluster> {
	let mut best: Option<Cluster> = None;
	let mut tied = false;
	for (centre, answer) in answers.iter().enumerate() {
		let members: Vec<usize> = answers
			.iter()
			.enumerate()
			.filter(|(_, other)| compare(class, tau, answer, other) == Comparison::Agree)
			.map(|(index, _)| index)
			.collect();
		match &best {
			Some(best) if best.members.len() > members.len() || best.members == members => continue,
			Some(best) => tied = best.members.len() == members.len(),
			None => {}
		}
		best = Some(Cluster { centre, members });
	}
	best.filter(|cluster| !tied && cluster.members.len() >= quorum.max(1))
}

#[cfg(test)]
mod tests;
