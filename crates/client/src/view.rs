//! Reads as of one block.

use futures::future::try_join_all;
use subxt::{
	dynamic::{self, Value},
	ext::scale_decode::DecodeAsType,
	ext::scale_value::{Composite, ValueDef},
	runtime_apis::Payload,
	storage,
	utils::{Static, H256},
	OnlineClientAtBlock, PolkadotConfig,
};
use weighhouse_primitives::{ListingId, OfferId, Right, VersionNumber};

use crate::{
	error::{ChainError, Refusal},
	keys::AccountId32,
	runtime::runtime_apis,
	types::{
		Account, Ancestor, Hold, Licence, Listing, ListingPage, NotForSale, Offer, Quote, Version,
	},
};

/// The most records that the runtime gives at once.
const PAGE: u32 = 100;
/// Versions that are asked for at once.
const AT_ONCE: u32 = 16;
/// The protocol fee, in parts per 10^9, until governance sets another: what the runtime begins with.
/// Its metadata does not name it.
const FIRST_FEE: u32 = 25_000_000;
/// The highest protocol fee that the runtime takes, in parts per 10^9, whatever governance sets.
const HIGHEST_FEE: u32 = 100_000_000;

/// The state of the chain as of one block. All reads of one view fit each other.
pub struct View(pub(crate) OnlineClientAtBlock<PolkadotConfig>);

impl View {
	pub(crate) fn new(at: OnlineClientAtBlock<PolkadotConfig>) -> Self {
		Self(at)
	}

	/// Number of the block.
	pub fn block(&self) -> u64 {
		self.0.block_number()
	}

	/// Hash of the block.
	pub fn block_hash(&self) -> H256 {
		self.0.block_hash()
	}

	/// One listing, if it exists.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every read here.
	pub async fn listing(&self, listing: ListingId) -> Result<Option<Listing>, ChainError> {
		let payload = runtime_apis().listings_api().listing(listing);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// At most `limit` (100) listings from number `from` on.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn listings(&self, from: ListingId, limit: u32) -> Result<ListingPage, ChainError> {
		let payload = runtime_apis().listings_api().listings(from, limit);
		Ok(self.call(payload).await?.into())
	}

	/// One version, if it stands.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn version(
		&self,
		listing: ListingId,
		version: VersionNumber,
	) -> Result<Option<Version>, ChainError> {
		let payload = runtime_apis().listings_api().version(listing, version);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// At most `most` standing versions of a listing, newest first. Numbers whose version was removed
	/// are passed over.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn standing(&self, listing: &Listing, most: u32) -> Result<Vec<Version>, ChainError> {
		self.newest_of(listing, most, |_| true).await
	}

	/// The newest version of a listing that stands, yanked or not. None only if the listing is gone:
	/// with its last version it goes, too.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn newest_standing(&self, listing: &Listing) -> Result<Option<Version>, ChainError> {
		Ok(self.newest_of(listing, 1, |_| true).await?.pop())
	}

	/// The newest version of a listing that can be sold and derived from; none if all are yanked.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn newest_for_sale(&self, listing: &Listing) -> Result<Option<Version>, ChainError> {
		let newest = self.newest_of(listing, 1, |version| !version.yanked);
		Ok(newest.await?.pop())
	}

	async fn newest_of(
		&self,
		listing: &Listing,
		most: u32,
		wants: fn(&Version) -> bool,
	) -> Result<Vec<Version>, ChainError> {
		let most = usize::try_from(most).unwrap_or(usize::MAX);
		let mut found = Vec::new();
		let mut left = listing.live_versions;
		let mut next = listing.versions;
		// The newest alone is nearly always the answer where one is wanted.
		let mut count = if most == 1 { 1 } else { AT_ONCE };
		while next > 0 && left > 0 && found.len() < most {
			let first = next.saturating_sub(count);
			let numbers = (first.saturating_add(1)..=next).rev();
			let versions = numbers.map(|number| self.version(listing.id, number));
			for version in try_join_all(versions).await?.into_iter().flatten() {
				left = left.saturating_sub(1);
				if wants(&version) && found.len() < most {
					found.push(version);
				}
			}
			next = first;
			count = AT_ONCE;
		}
		Ok(found)
	}

	/// The block of a claim that is neither used nor given up.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn root_claim(
		&self,
		account: &AccountId32,
		commitment: H256,
	) -> Result<Option<u32>, ChainError> {
		let claims = storage::dynamic::<(AccountId32, H256), RootClaim>("Listings", "RootClaims");
		let storage = self.0.storage();
		match storage.try_fetch(claims, (*account, commitment)).await? {
			Some(claim) => Ok(Some(claim.decode().map_err(ChainError::unexpected)?.block)),
			None => Ok(None),
		}
	}

	/// The earliest version with these files, and the block since which they are known.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn by_artifact_root(
		&self,
		root: H256,
	) -> Result<Option<(ListingId, VersionNumber, u32)>, ChainError> {
		self.call(runtime_apis().listings_api().by_artifact_root(root))
			.await
	}

	/// The ancestors of a version, nearest first, at most 64.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn lineage(
		&self,
		listing: ListingId,
		version: VersionNumber,
	) -> Result<Vec<Ancestor>, ChainError> {
		let payload = runtime_apis().listings_api().lineage(listing, version);
		Ok(self
			.call(payload)
			.await?
			.into_iter()
			.map(Into::into)
			.collect())
	}

	/// All open offers of a listing, in the order of their numbers.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn offers(&self, listing: ListingId) -> Result<Vec<Offer>, ChainError> {
		let mut offers: Vec<Offer> = Vec::new();
		loop {
			let after = offers.last().map_or(0, |offer| offer.offer);
			let payload = runtime_apis().licensing_api().offers(listing, after, PAGE);
			let page = self.call(payload).await?;
			let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
			offers.extend(page.into_iter().map(Offer::from));
			if is_last {
				// Pages come in the order of storage, which says nothing to a reader.
				offers.sort_by_key(|offer| offer.offer);
				return Ok(offers);
			}
		}
	}

	/// What buying costs now and who is paid, or why it cannot be bought.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn quote(
		&self,
		listing: ListingId,
		offer: OfferId,
	) -> Result<Result<Quote, NotForSale>, ChainError> {
		let payload = runtime_apis().licensing_api().quote(listing, offer);
		Ok(self
			.call(payload)
			.await?
			.map(Into::into)
			.map_err(Into::into))
	}

	/// All licences of an account, in the order of their numbers.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn licences_of(&self, account: &AccountId32) -> Result<Vec<Licence>, ChainError> {
		let mut licences: Vec<Licence> = Vec::new();
		loop {
			let after = licences.last().map_or(0, |licence| licence.listing);
			let payload = runtime_apis()
				.licensing_api()
				.licences_of(*account, after, PAGE);
			let page = self.call(payload).await?;
			if page.is_empty() {
				licences.sort_by_key(|licence| licence.licence);
				return Ok(licences);
			}
			licences.extend(page.into_iter().map(Licence::from));
		}
	}

	/// Whether an account may use a version for `right` now.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn has_licence(
		&self,
		account: &AccountId32,
		listing: ListingId,
		version: VersionNumber,
		right: Right,
	) -> Result<bool, ChainError> {
		let right = Static(right);
		self.call(
			runtime_apis()
				.licensing_api()
				.has_licence(*account, listing, version, right),
		)
		.await
	}

	/// Royalties that wait to be claimed for a listing's owner.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn accrued(&self, listing: ListingId) -> Result<u128, ChainError> {
		self.call(runtime_apis().licensing_api().accrued(listing))
			.await
	}

	/// Balances and holds of an account; all zero if there is no such account.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn account(&self, account: &AccountId32) -> Result<Account, ChainError> {
		let info = storage::dynamic::<(AccountId32,), AccountInfo>("System", "Account");
		let holds = storage::dynamic::<(AccountId32,), Vec<HeldAmount>>("Balances", "Holds");
		let storage = self.0.storage();
		let info = match storage.try_fetch(info, (*account,)).await? {
			Some(value) => value.decode().map_err(ChainError::unexpected)?,
			None => return Ok(Account::default()),
		};
		let holds = match storage.try_fetch(holds, (*account,)).await? {
			Some(value) => value.decode().map_err(ChainError::unexpected)?,
			None => Vec::new(),
		};
		let hold = |held: HeldAmount| Hold {
			reason: names(&held.id).join("::"),
			amount: held.amount,
		};
		Ok(Account {
			free: info.data.free,
			held: info.data.reserved,
			frozen: info.data.frozen,
			nonce: info.nonce,
			holds: holds.into_iter().map(hold).collect(),
		})
	}

	/// The protocol's part of every payment now, in parts per 10^9.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn protocol_fee(&self) -> Result<u32, ChainError> {
		let figures = storage::dynamic::<(Value,), Figure>("Parameters", "Parameters");
		let set = self.0.storage().try_fetch(figures, (fee_key(),)).await?;
		let Some(set) = set else {
			return Ok(FIRST_FEE);
		};
		let Figure::Market(MarketFigure::ProtocolFee(parts)) =
			set.decode().map_err(ChainError::unexpected)?;
		Ok(parts.min(HIGHEST_FEE))
	}

	/// What is held for a record and for a byte of it.
	pub(crate) fn storage_price(&self) -> Result<(u128, u128), ChainError> {
		// The runtime names no price of storage, but what a multisig holds at that price: 32 bytes for
		// each signatory, and a record of 88 bytes.
		let signatory: u128 = self.constant("Multisig", "DepositFactor")?;
		let record: u128 = self.constant("Multisig", "DepositBase")?;
		let byte = signatory / 32;
		Ok((record.saturating_sub(byte.saturating_mul(88)), byte))
	}

	/// What the chain says when it refuses with the error `pallet.name`.
	pub fn refusal(&self, pallet: &str, name: &str) -> Refusal {
		let errors = self.0.metadata_ref().pallet_by_name(pallet);
		let errors = errors.and_then(|pallet| pallet.error_variants());
		let error = errors
			.unwrap_or_default()
			.iter()
			.find(|error| error.name == name);
		Refusal::new(pallet, name, error.map_or(&[], |error| &error.docs))
	}

	/// A number that the runtime names, such as `Listings.MaxVersions`.
	pub(crate) fn constant<T: DecodeAsType>(
		&self,
		pallet: &'static str,
		name: &'static str,
	) -> Result<T, ChainError> {
		self.0
			.constants()
			.entry(dynamic::constant::<T>(pallet, name))
			.map_err(|error| ChainError::Incompatible(error.to_string()))
	}

	pub(crate) async fn call<P: Payload>(&self, payload: P) -> Result<P::ReturnType, ChainError> {
		Ok(self.0.runtime_apis().call(payload).await?)
	}
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	nonce: u32,
	data: Balances,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Balances {
	free: u128,
	reserved: u128,
	frozen: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RootClaim {
	block: u32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct HeldAmount {
	id: Value,
	amount: u128,
}

/// Figures that governance may set, as far as they are read here.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum Figure {
	Market(MarketFigure),
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum MarketFigure {
	ProtocolFee(u32),
}

/// What the protocol fee is stored under.
fn fee_key() -> Value {
	let name = Value::unnamed_composite([]);
	let figure = Value::unnamed_variant("ProtocolFee", [name]);
	Value::unnamed_variant("Market", [figure])
}

/// The names of nested enum variants, outermost first: pallet and reason of a hold.
fn names(value: &Value) -> Vec<String> {
	let ValueDef::Variant(variant) = &value.value else {
		return Vec::new();
	};
	let mut path = vec![variant.name.clone()];
	let inner = match &variant.values {
		Composite::Unnamed(values) => values.first(),
		Composite::Named(values) => values.first().map(|(_, value)| value),
	};
	path.extend(inner.map(names).unwrap_or_default());
	path
}

#[cfg(test)]
mod tests {
	use subxt::{ext::scale_encode::EncodeAsType, Metadata};

	use super::*;

	#[test]
	fn protocol_fee_is_stored_as_the_metadata_says() {
		let metadata = Metadata::decode_from(include_bytes!("../metadata.scale")).unwrap();
		let pallet = metadata.pallet_by_name("Parameters").unwrap();
		let entry = pallet.storage().unwrap().entry_by_name("Parameters");
		let entry = entry.unwrap();
		let key = entry.keys().next().unwrap().key_id;
		let mut stored = fee_key().encode_as_type(key, metadata.types()).unwrap();
		// An index for the group and one for the figure; the value has the same before it.
		assert_eq!(stored.len(), 2);
		stored.extend(1_000_000u32.to_le_bytes());
		let mut stored = stored.as_slice();
		let figure = Figure::decode_as_type(&mut stored, entry.value_ty(), metadata.types());
		let Figure::Market(MarketFigure::ProtocolFee(parts)) = figure.unwrap();
		assert_eq!(parts, 1_000_000);
	}

	#[test]
	fn protocol_fee_begins_and_ends_where_the_runtime_says() {
		let path = concat!(
			env!("CARGO_MANIFEST_DIR"),
			"/../../runtime/src/configs/parameters.rs"
		);
		let source = std::fs::read_to_string(path).unwrap();
		let after = |start: &str| {
			let (_, rest) = source.split_once(start).unwrap();
			let (number, _) = rest.split_once(';').unwrap();
			number.replace('_', "").parse::<u32>().unwrap()
		};
		assert_eq!(after("pub static ProtocolFee: u32 = "), FIRST_FEE);
		let source = source.split_once("impl ProtocolFee {").unwrap().1;
		let (_, highest) = source.split_once("pub const MAX: u32 = ").unwrap();
		assert!(highest.starts_with("100_000_000;"), "{highest:.20}");
		assert_eq!(HIGHEST_FEE, 100_000_000);
	}
}
