//! Who is paid what of a sale.
//!
//! A listing's table says which share of its revenue goes to which other listing, in parts of 10^9.
//! It is [flattened](flatten) once, at publication, so a sale costs the same at any depth of
//! lineage. Rounding: every share is rounded down, in a table and in money; what rounding leaves
//! stays with the parent that splits (in a table) or with the seller (in a sale). So nothing is ever
//! paid twice and all parts of a price add up to the price.

use alloc::{collections::BTreeMap, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{ListingId, PARTS};

/// The most payees in one table.
pub const MAX_PAYEES: u32 = 16;

/// The most that all royalties of one listing may come to, in parts of 10^9: a half.
pub const MAX_DIRECT: u32 = PARTS / 2;

const WHOLE: u128 = 1_000_000_000;

/// A payee and its share of a listing's revenue.
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
pub struct Share {
	/// The listing that is paid.
	pub listing: ListingId,
	/// Its share, in parts of 10^9.
	pub parts: u32,
}

/// Why royalties cannot be written as one table.
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
pub enum RoyaltyError {
	/// Together they come to more than [`MAX_DIRECT`].
	OverCap,
	/// There are more than [`MAX_PAYEES`] different payees.
	TooManyPayees,
	/// A share that is not zero would become zero by rounding, so somebody would be dropped.
	ShareRoundsToZero,
}

impl core::fmt::Display for RoyaltyError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::OverCap => "royalties come to more than 50 % together",
			Self::TooManyPayees => "royalties go to more than 16 listings, ancestors included",
			Self::ShareRoundsToZero => "an ancestor's share would round to zero: raise the royalty",
		})
	}
}

impl core::error::Error for RoyaltyError {}

/// What a child gives a parent, and how the parent shares its own revenue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParentRoyalty<'a> {
	/// The parent.
	pub listing: ListingId,
	/// Its share of the child's revenue, in parts of 10^9.
	pub parts: u32,
	/// The parent's own flattened table.
	pub table: &'a [Share],
}

/// One table for a child, sorted by listing, from what it gives its parents.
///
/// A royalty is the parent's revenue and splits by the parent's own table: each share rounded down,
/// the rest to the parent. Equal payees merge. What would come back to `own` stays with the seller
/// and is left out, and so is a parent with no royalty.
pub fn flatten(own: ListingId, parents: &[ParentRoyalty<'_>]) -> Result<Vec<Share>, RoyaltyError> {
	ensure_within_cap(parents.iter().map(|parent| parent.parts))?;
	let mut table = BTreeMap::new();
	for parent in parents.iter().filter(|parent| parent.parts > 0) {
		ensure_within_cap(parent.table.iter().map(|share| share.parts))?;
		let mut left = parent.parts;
		for share in parent.table.iter().filter(|share| share.parts > 0) {
			let parts = part_of_parts(parent.parts, share.parts);
			// A share of one's own listing stays with the seller, so rounding can drop nobody.
			if parts == 0 && share.listing != own {
				return Err(RoyaltyError::ShareRoundsToZero);
			}
			left = left.saturating_sub(parts);
			add(&mut table, share.listing, parts);
		}
		add(&mut table, parent.listing, left);
	}
	table.remove(&own);
	into_table(table)
}

/// One table for an offer that covers several versions, sorted by listing: of each payee the largest
/// share that any of the tables gives it, so a bundle dilutes nobody.
pub fn merge(tables: &[&[Share]]) -> Result<Vec<Share>, RoyaltyError> {
	let mut merged = BTreeMap::new();
	for share in tables
		.iter()
		.flat_map(|table| table.iter())
		.filter(|share| share.parts > 0)
	{
		let parts: &mut u32 = merged.entry(share.listing).or_default();
		*parts = share.parts.max(*parts);
	}
	ensure_within_cap(merged.values().copied())?;
	into_table(merged)
}

/// The smallest price above 0 at which [`split`] leaves out no payee of a lawful table: 10^9 divided
/// by the smallest share, rounded up; 1 for a table that pays nobody.
pub fn smallest_price(table: &[Share]) -> u128 {
	let smallest = table
		.iter()
		.map(|share| share.parts)
		.filter(|parts| *parts > 0)
		.min();
	smallest.map_or(1, |parts| WHOLE.div_ceil(parts.into()))
}

/// Where the price of a sale goes. The parts add up to the price.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Split {
	/// The half of the fee that is burned, rounded down.
	pub fee_burned: u128,
	/// The rest of the fee, for the treasury.
	pub fee_treasury: u128,
	/// What each payee gets, in the order of the table. Amounts of zero are left out.
	pub royalties: Vec<(ListingId, u128)>,
	/// What is left, for the seller.
	pub to_owner: u128,
}

impl Split {
	/// The fee, both halves.
	pub const fn fee(&self) -> u128 {
		self.fee_burned.saturating_add(self.fee_treasury)
	}

	/// All royalties together.
	pub fn royalty_total(&self) -> u128 {
		self.royalties
			.iter()
			.fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
	}
}

/// Splits `price`, in the smallest unit of money. The fee is `fee_parts` of 10^9 of it, and each
/// royalty is a share of the whole price, fee included; all are rounded down. Exact for every price.
/// If fee and royalties came to more than the price, later payees would get what is left.
pub fn split(price: u128, fee_parts: u32, table: &[Share]) -> Split {
	let fee = part_of_price(price, fee_parts);
	let fee_burned = fee >> 1;
	let mut left = price.saturating_sub(fee);
	let mut royalties = Vec::with_capacity(table.len());
	for share in table {
		let amount = part_of_price(price, share.parts).min(left);
		if amount > 0 {
			left = left.saturating_sub(amount);
			royalties.push((share.listing, amount));
		}
	}
	Split {
		fee_burned,
		fee_treasury: fee.saturating_sub(fee_burned),
		royalties,
		to_owner: left,
	}
}

/// `floor(price * parts / 10^9)`, never more than `price`.
fn part_of_price(price: u128, parts: u32) -> u128 {
	let parts = u128::from(parts.min(PARTS));
	// The product itself may not fit: whole and remainder are multiplied apart, which is exact
	// because the whole part times `parts` needs no rounding.
	let whole = (price / WHOLE).saturating_mul(parts);
	let rest = (price % WHOLE).saturating_mul(parts) / WHOLE;
	whole.saturating_add(rest)
}

fn part_of_parts(of: u32, parts: u32) -> u32 {
	u32::try_from(part_of_price(u128::from(of), parts)).unwrap_or(of)
}

fn add(table: &mut BTreeMap<ListingId, u32>, listing: ListingId, parts: u32) {
	let sum = table.entry(listing).or_default();
	*sum = sum.saturating_add(parts);
}

fn ensure_within_cap(parts: impl Iterator<Item = u32>) -> Result<(), RoyaltyError> {
	let sum = parts.fold(0_u32, u32::saturating_add);
	if sum > MAX_DIRECT {
		return Err(RoyaltyError::OverCap);
	}
	Ok(())
}

fn into_table(table: BTreeMap<ListingId, u32>) -> Result<Vec<Share>, RoyaltyError> {
	let table: Vec<Share> = table
		.into_iter()
		.map(|(listing, parts)| Share { listing, parts })
		.collect();
	if u32::try_from(table.len()).map_or(true, |payees| payees > MAX_PAYEES) {
		return Err(RoyaltyError::TooManyPayees);
	}
	Ok(table)
}

#[cfg(test)]
mod tests;
