//! What the chain would refuse of a publication, asked before anything leaves this machine.
//!
//! The rules are those of `listings.register` and `add_version`, in their order and with their words,
//! as far as reads can tell. The chain has the last word: what changes meanwhile it refuses later.

use weighhouse_primitives::{
	royalty::{flatten, smallest_price, ParentRoyalty, RoyaltyError},
	DerivativePolicy, ListingId, Parent, Right, Share,
};

use crate::{error::ChainError, keys::AccountId32, types::Version, view::View};

const PALLET: &str = "Listings";
/// Why a claim's deposit is held.
const CLAIM: &str = "Listings::RootClaim";
/// The most parents of a version.
const MAX_PARENTS: usize = 8;
/// No listing has this number, so nothing comes back to one that is still to be made.
const NO_LISTING: ListingId = 0;
/// What the pool says of an account that has nothing for the fee.
const CANNOT_PAY: &str = "Inability to pay some fees (e.g. account balance too low)";

/// A publication that is planned.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
	/// The listing that gets a version; none registers a new one.
	pub listing: Option<ListingId>,
	/// Bytes of name and task, which a new listing stores.
	pub labels: usize,
	/// Bytes of the licence expression.
	pub licence: usize,
	/// What it was made from.
	pub parents: &'a [Parent],
	/// Price of an offer that is opened for it.
	pub price: Option<u128>,
	/// What each transaction gives the author of its block.
	pub tip: u128,
}

impl Plan<'_> {
	/// All tips together: an offer is a transaction of its own.
	fn tips(&self) -> u128 {
		let offer = self.price.map_or(0, |_| self.tip);
		self.tip.saturating_add(offer)
	}
}

impl View {
	/// Whether `publisher` may publish this now.
	///
	/// # Errors
	/// [`ChainError::Refused`] or [`ChainError::NotAccepted`] as the chain would answer, or as the
	/// connection has it.
	pub async fn check_publication(
		&self,
		publisher: &AccountId32,
		plan: &Plan<'_>,
	) -> Result<(), ChainError> {
		let refuse = |name: &str| Err(ChainError::Refused(self.refusal(PALLET, name)));
		if let Some(id) = plan.listing {
			let Some(listing) = self.listing(id).await? else {
				return refuse("UnknownListing");
			};
			if listing.owner != *publisher {
				return refuse("NotOwner");
			}
			if listing.versions >= self.constant::<u32>(PALLET, "MaxVersions")? {
				return refuse("TooManyVersions");
			}
		}
		let own = plan.listing.unwrap_or(NO_LISTING);
		if let Some(name) = refused_list(own, plan.parents) {
			return refuse(name);
		}
		let mut versions = Vec::new();
		for parent in plan.parents {
			let version = self.version(parent.listing, parent.version).await?;
			let version = match refused_parent(parent, version) {
				Ok(version) => version,
				Err(name) => return refuse(name),
			};
			if matches!(version.derivatives, DerivativePolicy::Licensed(_))
				&& !self.is_licensed(publisher, parent).await?
			{
				return refuse("LicenceRequired");
			}
			versions.push(version);
		}
		let table = match royalty_table(own, plan.parents, &versions) {
			Ok(table) => table,
			Err(name) => return refuse(name),
		};
		let lowest = smallest_price(&table);
		if plan.price.is_some_and(|price| price > 0 && price < lowest) {
			let refusal = self.refusal("Licensing", "PriceTooLow");
			return Err(ChainError::Refused(refusal));
		}
		let account = self.account(publisher).await?;
		if account.free <= plan.tip {
			return Err(ChainError::NotAccepted(CANNOT_PAY.into()));
		}
		// What is held for a claim is given back before the publication that uses it is paid for.
		let claims = account.holds.iter().filter(|hold| hold.reason == CLAIM);
		let free = claims.fold(account.free, |sum, claim| sum.saturating_add(claim.amount));
		if free < self.deposit(plan, table.len())?.saturating_add(plan.tips()) {
			return refuse("BalanceTooLow");
		}
		Ok(())
	}

	/// Owners need no licence for what is theirs.
	async fn is_licensed(
		&self,
		publisher: &AccountId32,
		parent: &Parent,
	) -> Result<bool, ChainError> {
		let owner = self
			.listing(parent.listing)
			.await?
			.map(|listing| listing.owner);
		if owner.as_ref() == Some(publisher) {
			return Ok(true);
		}
		self.has_licence(publisher, parent.listing, parent.version, Right::Use)
			.await
	}

	/// The least that will be held.
	fn deposit(&self, plan: &Plan<'_>, payees: usize) -> Result<u128, ChainError> {
		let (item, byte) = self.storage_price()?;
		let (items, bytes) = least_footprint(plan, payees);
		Ok(item
			.saturating_mul(items.into())
			.saturating_add(byte.saturating_mul(u128::try_from(bytes).unwrap_or(u128::MAX))))
	}
}

/// What is wrong with a list of parents, whoever they are.
fn refused_list(own: ListingId, parents: &[Parent]) -> Option<&'static str> {
	if parents.len() > MAX_PARENTS {
		return Some("TooManyParents");
	}
	if parents.iter().any(|parent| parent.listing == own) {
		return Some("OwnParent");
	}
	let mut listings: Vec<_> = parents.iter().map(|parent| parent.listing).collect();
	listings.sort_unstable();
	listings.dedup();
	(listings.len() < parents.len()).then_some("DuplicateParent")
}

/// The parent's version, unless nobody may derive from it on these terms.
fn refused_parent(parent: &Parent, version: Option<Version>) -> Result<Version, &'static str> {
	let version = version.ok_or("UnknownParent")?;
	if version.yanked {
		return Err("ParentYanked");
	}
	let minimum = version
		.derivatives
		.minimum()
		.ok_or("DerivativesForbidden")?;
	if parent.royalty < minimum {
		return Err("RoyaltyBelowMinimum");
	}
	Ok(version)
}

fn royalty_table(
	own: ListingId,
	parents: &[Parent],
	versions: &[Version],
) -> Result<Vec<Share>, &'static str> {
	let owed: Vec<_> = parents
		.iter()
		.zip(versions)
		.map(|(parent, version)| ParentRoyalty {
			listing: parent.listing,
			parts: parent.royalty,
			table: &version.royalties,
		})
		.collect();
	flatten(own, &owed).map_err(|error| match error {
		RoyaltyError::OverCap => "RoyaltiesOverCap",
		RoyaltyError::TooManyPayees => "TooManyPayees",
		RoyaltyError::ShareRoundsToZero => "ShareRoundsToZero",
	})
}

/// Records and bytes that will be stored at least: fields at their shortest, so that nobody is sent
/// away whom the chain would take.
fn least_footprint(plan: &Plan<'_>, payees: usize) -> (u32, usize) {
	/// A version's fields of one length, and its places in the order of its root.
	const VERSION: usize = 33 + 32 + 1 + 1 + 1 + 10 + 1 + 1 + 4 + 4 + 1 + 4 + 124;
	/// Owner, kind, counters and deposit of a listing.
	const LISTING: usize = 32 + 1 + 12 + 1 + 4 + 16;
	/// An offer without its royalties.
	const OFFER: usize = 32 + 16 + 1 + 8 + 2 + 1 + 4 + 32 + 4 + 16;
	const PARENT: usize = 13;
	const SHARE: usize = 8;
	let shares = SHARE.saturating_mul(payees);
	let mut items = 1;
	let mut bytes = VERSION
		.saturating_add(plan.licence)
		.saturating_add(PARENT.saturating_mul(plan.parents.len()))
		.saturating_add(shares);
	if plan.listing.is_none() {
		items += 1;
		bytes = bytes.saturating_add(LISTING).saturating_add(plan.labels);
	}
	if plan.price.is_some() {
		items += 1;
		bytes = bytes.saturating_add(OFFER).saturating_add(shares);
	}
	(items, bytes)
}

#[cfg(test)]
mod tests {
	use weighhouse_primitives::{Answers, Relation, Serving};

	use super::*;

	fn parent(listing: ListingId, royalty: u32) -> Parent {
		Parent {
			listing,
			version: 1,
			relation: Relation::Distilled,
			royalty,
		}
	}

	fn version(derivatives: DerivativePolicy, royalties: &[Share]) -> Version {
		Version {
			listing: 1,
			version: 1,
			manifest: String::new(),
			artifact_root: Default::default(),
			licence: "MIT".into(),
			derivatives,
			serving: Serving::Anyone,
			answers: Answers::NONE,
			parents: Vec::new(),
			royalties: royalties.to_vec(),
			published: 1,
			yanked: false,
			same_bytes_as: None,
			sealed: None,
		}
	}

	#[test]
	fn list_is_refused_when_it_names_itself_twice_or_too_many() {
		assert_eq!(refused_list(9, &[parent(1, 0), parent(2, 0)]), None);
		assert_eq!(refused_list(2, &[parent(2, 0)]), Some("OwnParent"));
		let twice = [parent(1, 0), parent(2, 0), parent(1, 5)];
		assert_eq!(refused_list(9, &twice), Some("DuplicateParent"));
		let many: Vec<_> = (1..=9).map(|listing| parent(listing, 0)).collect();
		assert_eq!(refused_list(99, &many), Some("TooManyParents"));
	}

	#[test]
	fn parent_is_refused_when_its_owner_wants_otherwise() {
		let refused = |royalty, version| refused_parent(&parent(1, royalty), version).err();
		assert_eq!(refused(0, None), Some("UnknownParent"));
		let policy = DerivativePolicy::Royalty(100);
		let yanked = Version {
			yanked: true,
			..version(policy, &[])
		};
		assert_eq!(refused(100, Some(yanked)), Some("ParentYanked"));
		let forbidden = version(DerivativePolicy::Forbidden, &[]);
		assert_eq!(refused(100, Some(forbidden)), Some("DerivativesForbidden"));
		let below = refused(99, Some(version(policy, &[])));
		assert_eq!(below, Some("RoyaltyBelowMinimum"));
		assert_eq!(refused(100, Some(version(policy, &[]))), None);
	}

	#[test]
	fn table_is_refused_when_the_chain_could_not_write_it() {
		let free = DerivativePolicy::Royalty(0);
		let parents = [parent(1, 300_000_000), parent(2, 300_000_000)];
		let versions = [version(free, &[]), version(free, &[])];
		let over = royalty_table(NO_LISTING, &parents, &versions);
		assert_eq!(over, Err("RoyaltiesOverCap"));
		let share = Share {
			listing: 3,
			parts: 1,
		};
		let rounded = royalty_table(NO_LISTING, &[parent(1, 1)], &[version(free, &[share])]);
		assert_eq!(rounded, Err("ShareRoundsToZero"));
	}

	#[test]
	fn tip_is_counted_for_each_transaction() {
		let plan = |price| Plan {
			listing: None,
			labels: 20,
			licence: 3,
			parents: &[],
			price,
			tip: 5,
		};
		assert_eq!(plan(None).tips(), 5);
		assert_eq!(plan(Some(0)).tips(), 10);
	}

	#[test]
	fn footprint_grows_with_everything_that_is_stored() {
		let plan = Plan {
			listing: Some(1),
			labels: 20,
			licence: 3,
			parents: &[],
			price: None,
			tip: 0,
		};
		let (items, bytes) = least_footprint(&plan, 0);
		assert_eq!(items, 1);
		let parents = [parent(1, 1)];
		let more = Plan {
			listing: None,
			licence: 4,
			parents: &parents,
			price: Some(1),
			..plan
		};
		assert_eq!(
			least_footprint(&more, 1),
			(3, bytes + 1 + 13 + 8 + 66 + 20 + 116 + 8)
		);
	}
}
