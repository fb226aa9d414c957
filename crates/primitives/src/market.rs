//! The words of the market: what a listing is, what an offer sells, what a licence allows.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{ListingId, VersionNumber};

/// What a listing offers.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Kind {
	/// A model that runs by itself.
	Model,
	/// A data set.
	Dataset,
	/// An adapter that runs on top of another model, such as LoRA weights.
	Adapter,
}

/// How a version came from its parent.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Relation {
	/// The parent was trained further.
	FineTune,
	/// It adapts the parent and runs on top of it.
	Adapter,
	/// The parent's weights were merged with others.
	Merge,
	/// The parent's weights at a lower precision.
	Quantized,
	/// It learned from the parent's answers.
	Distilled,
	/// It was trained on the parent, a data set.
	TrainedOn,
}

/// What others may publish as derived from a version.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum DerivativePolicy {
	/// Nothing.
	Forbidden,
	/// Anything that gives at least this royalty, in parts of 10^9.
	Royalty(u32),
	/// What a licence holder publishes, with at least this royalty, in parts of 10^9.
	Licensed(u32),
}

impl DerivativePolicy {
	/// The smallest royalty that a derived version must give, in parts of 10^9; none if there may be
	/// no derived version.
	pub const fn minimum(self) -> Option<u32> {
		match self {
			Self::Forbidden => None,
			Self::Royalty(parts) | Self::Licensed(parts) => Some(parts),
		}
	}
}

/// Who may serve a version to others for pay.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Serving {
	/// Anyone.
	Anyone,
	/// Holders of a licence with the right to serve.
	Licensed,
	/// Only the listing's owner.
	Owner,
}

/// How two answers of a version are compared.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum AnswerClass {
	/// It gives no answers that could be compared.
	None,
	/// Equal outputs, and evidence fingerprints within tau.
	BitExact,
	/// Evidence fingerprints within tau.
	Tolerant,
}

/// What a version's answers look like to those who check them; all zero if the class is
/// [`AnswerClass::None`].
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Answers {
	/// How answers are compared.
	pub class: AnswerClass,
	/// The most bits, of 256, in which fingerprints of like answers differ.
	pub tau: u8,
	/// The longest time that an answer takes, in milliseconds.
	pub max_latency_ms: u32,
	/// The largest input, in bytes.
	pub input_limit: u32,
}

impl Answers {
	/// No answers: a data set, or a model that nobody serves.
	pub const NONE: Self = Self {
		class: AnswerClass::None,
		tau: 0,
		max_latency_ms: 0,
		input_limit: 0,
	};
}

/// A version that another one comes from, and what it is given of each sale.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Parent {
	/// The parent's listing.
	pub listing: ListingId,
	/// The parent's version.
	pub version: VersionNumber,
	/// How the child came from it.
	pub relation: Relation,
	/// Its share of the child's revenue, in parts of 10^9.
	pub royalty: u32,
}

/// How long a licence holds.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Term {
	/// For ever.
	Perpetual,
	/// For this many blocks from the sale.
	Blocks(u32),
	/// For this many paid answers.
	Calls(u32),
	/// No licence is sold: the price is what one answer costs somebody without a licence.
	PerCall,
}

/// One thing that a licence may allow.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Right {
	/// Run it for oneself and derive from it.
	Use,
	/// Answer others with it for pay.
	Serve,
}

/// What a licence allows.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Rights {
	/// To use only.
	Use,
	/// To serve only.
	Serve,
	/// Both.
	UseAndServe,
}

impl Rights {
	/// Whether `right` is among them.
	pub const fn allows(self, right: Right) -> bool {
		match (self, right) {
			(Self::UseAndServe, _) | (Self::Use, Right::Use) | (Self::Serve, Right::Serve) => true,
			(Self::Use, Right::Serve) | (Self::Serve, Right::Use) => false,
		}
	}
}

/// Whether a licence may change hands.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Transferability {
	/// It stays with its buyer.
	Bound,
	/// Its holder may give it to another account.
	Transferable,
}

#[cfg(test)]
mod tests;
