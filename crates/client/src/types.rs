//! What reads answer with: the runtime's views with plain types.
//!
//! Amounts are in plancks (10^-12 WGH), blocks are block numbers, shares are parts per 10^9.

use core::fmt;

use subxt::utils::H256;
use weighhouse_primitives::{
	Answers, DerivativePolicy, Kind, LicenceId, ListingId, OfferId, Parent, ReceiptId, Relation,
	Rights, Serving, Share, Term, Transferability, VersionNumber,
};

use crate::{keys::AccountId32, runtime::runtime_types};

type Generated<T> = subxt::utils::Static<T>;

mod listings {
	pub use super::runtime_types::pallet_listings::types::*;
}
mod licensing {
	pub use super::runtime_types::pallet_licensing::types::*;
}

/// What is offered: a model, data set or adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
	/// Number of the listing.
	pub id: ListingId,
	/// Who is paid and who may publish.
	pub owner: AccountId32,
	/// What kind of thing it is.
	pub kind: Kind,
	/// Name shown to people; not unique.
	pub name: String,
	/// What it does, a Hugging Face pipeline tag.
	pub task: String,
	/// Newest version number ever used.
	pub versions: VersionNumber,
	/// Versions that stand, yanked ones included.
	pub live_versions: u32,
	/// Open offers, licences and accrued royalties that need it.
	pub dependants: u32,
	/// Who may accept it, if the owner proposed somebody.
	pub proposed_owner: Option<AccountId32>,
}

/// One page of listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingPage {
	/// In the order of their numbers.
	pub listings: Vec<Listing>,
	/// Where the next page starts; none if this was the last.
	pub next: Option<ListingId>,
}

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
	/// The listing.
	pub listing: ListingId,
	/// The version.
	pub version: VersionNumber,
	/// Content id of the manifest as text.
	pub manifest: String,
	/// sha2-256 of the `sha256sum` listing of the files.
	pub artifact_root: H256,
	/// Licence as an SPDX expression.
	pub licence: String,
	/// What derived models owe.
	pub derivatives: DerivativePolicy,
	/// Who may serve it.
	pub serving: Serving,
	/// How answers are compared.
	pub answers: Answers,
	/// What it was made from.
	pub parents: Vec<Parent>,
	/// Who is paid from every sale.
	pub royalties: Vec<Share>,
	/// Block of publication.
	pub published: u32,
	/// Whether new sales and new children are refused.
	pub yanked: bool,
	/// The version that was first with the same files, if that is another one.
	pub same_bytes_as: Option<(ListingId, VersionNumber)>,
	/// Whom the files are encrypted to, as age writes it, if they are sealed.
	pub sealed: Option<String>,
}

/// One ancestor of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
	/// Generations back; 1 is a parent.
	pub depth: u32,
	/// The ancestor's listing.
	pub listing: ListingId,
	/// The ancestor's version.
	pub version: VersionNumber,
	/// How its child was made from it.
	pub relation: Relation,
	/// What its child pays it directly, in parts per 10^9.
	pub royalty: u32,
}

/// Terms on which licences of a listing are sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
	/// The listing.
	pub listing: ListingId,
	/// Number of the offer within the listing.
	pub offer: OfferId,
	/// Who opened it and gets its deposit back.
	pub opener: AccountId32,
	/// Price of one licence, all included.
	pub price: u128,
	/// How long, or for how many calls, a licence lasts.
	pub term: Term,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// What a licence allows.
	pub rights: Rights,
	/// Whether a holder may hand the licence on.
	pub transferability: Transferability,
	/// The most licences that are sold; none is no limit.
	pub supply: Option<u32>,
	/// Licences sold so far.
	pub sold: u32,
	/// sha2-256 of the licence text.
	pub terms: H256,
	/// Royalties by listing.
	pub royalties: Vec<Share>,
	/// Block in which it was opened.
	pub opened: u32,
	/// Why it cannot be bought now; none if it can.
	pub unavailable: Option<NotForSale>,
	/// Whom the files are encrypted to, as age writes it, if licences wait for their key.
	pub sealed: Option<String>,
}

/// Why an offer cannot be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotForSale {
	/// There is no such listing.
	UnknownListing,
	/// There never was such an offer.
	UnknownOffer,
	/// The offer was closed.
	OfferClosed,
	/// Its price is that of one answer without a licence.
	NotForPurchase,
	/// Every licence is sold.
	SoldOut,
	/// A version that it covers was withdrawn.
	VersionYanked,
}

impl fmt::Display for NotForSale {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::UnknownListing => "there is no such listing",
			Self::UnknownOffer => "there is no such offer",
			Self::OfferClosed => "the offer was closed",
			Self::NotForPurchase => "it is a price per call, not a licence to buy",
			Self::SoldOut => "every licence is sold",
			Self::VersionYanked => "a version that it covers was yanked",
		})
	}
}

/// What a purchase costs and who is paid. The four parts sum to the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
	/// What the buyer pays.
	pub price: u128,
	/// Protocol fee that is burned.
	pub fee_burned: u128,
	/// Protocol fee that the treasury gets.
	pub fee_treasury: u128,
	/// Royalties by listing.
	pub royalties: Vec<Royalty>,
	/// What the owner gets.
	pub to_owner: u128,
	/// The owner of the listing.
	pub owner: AccountId32,
	/// Held on the buyer's account besides, and given back with licence and receipt.
	pub deposit: u128,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// How long, or for how many calls, the licence lasts.
	pub term: Term,
	/// What the licence allows.
	pub rights: Rights,
	/// Whether the holder may hand it on.
	pub transferability: Transferability,
	/// sha2-256 of the licence text.
	pub terms: H256,
	/// Whom the files are encrypted to, as age writes it, if the licence waits for its key:
	/// [`crate::calls::buy_sealed`] buys it.
	pub sealed: Option<String>,
}

/// One royalty of a [`Quote`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Royalty {
	/// The listing that is paid.
	pub listing: ListingId,
	/// Who owns that listing now.
	pub owner: AccountId32,
	/// How much.
	pub amount: u128,
}

/// A licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
	/// Number of the licence.
	pub licence: LicenceId,
	/// Whose it is.
	pub holder: AccountId32,
	/// The listing.
	pub listing: ListingId,
	/// The offer under which it was bought.
	pub offer: OfferId,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// What it allows.
	pub rights: Rights,
	/// Whether the holder may hand it on.
	pub transferability: Transferability,
	/// The first block in which it no longer counts.
	pub expires: Option<u32>,
	/// Calls that are left.
	pub calls_left: Option<u32>,
	/// Whether it counts now.
	pub standing: Standing,
}

/// Whether a licence counts, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
	/// It counts.
	Valid,
	/// Its time is over.
	Expired,
	/// All its calls are used up.
	CallsUsedUp,
}

/// What an account has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
	/// What it can spend, or freeze.
	pub free: u128,
	/// What is held for deposits.
	pub held: u128,
	/// What of it cannot be spent.
	pub frozen: u128,
	/// Transactions that it sent.
	pub nonce: u32,
	/// The holds one by one.
	pub holds: Vec<Hold>,
}

/// Money that is held for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
	/// Pallet and reason, for example `Licensing::Licence`.
	pub reason: String,
	/// How much.
	pub amount: u128,
}

/// A new version as [`crate::calls::register`] and [`crate::calls::add_version`] take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
	/// Content id of the manifest as text.
	pub manifest: String,
	/// sha2-256 of the `sha256sum` listing of the files.
	pub artifact_root: H256,
	/// Licence as an SPDX expression.
	pub licence: String,
	/// What derived models owe.
	pub derivatives: DerivativePolicy,
	/// Who may serve it.
	pub serving: Serving,
	/// How answers are compared.
	pub answers: Answers,
	/// What it was made from.
	pub parents: Vec<Parent>,
	/// The salt of an earlier claim to these bytes.
	pub claim_salt: Option<H256>,
	/// The age recipient that the files are encrypted to, if they are sealed.
	pub recipient: Option<String>,
}

/// A new offer as [`crate::calls::open_offer`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOffer {
	/// Price of one licence, all included.
	pub price: u128,
	/// How long, or for how many calls, a licence lasts.
	pub term: Term,
	/// First version covered.
	pub first_version: VersionNumber,
	/// Last version covered.
	pub last_version: VersionNumber,
	/// What a licence allows.
	pub rights: Rights,
	/// Whether a holder may hand the licence on.
	pub transferability: Transferability,
	/// The most licences that are sold; none is no limit.
	pub supply: Option<u32>,
	/// sha2-256 of the licence text.
	pub terms: H256,
}

/// What a sale did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
	/// The licence that was made.
	pub licence: LicenceId,
	/// The receipt that was written.
	pub receipt: ReceiptId,
	/// What was paid.
	pub price: u128,
	/// Protocol fee that was burned.
	pub fee_burned: u128,
	/// Protocol fee that the treasury got.
	pub fee_treasury: u128,
	/// All royalties together.
	pub royalties: u128,
	/// What the owner got.
	pub to_owner: u128,
}

fn plain<T>(values: Vec<Generated<T>>) -> Vec<T> {
	values.into_iter().map(|value| value.0).collect()
}

impl From<listings::ListingView<AccountId32>> for Listing {
	fn from(view: listings::ListingView<AccountId32>) -> Self {
		Self {
			id: view.id,
			owner: view.owner,
			kind: view.kind.0,
			name: view.name,
			task: view.task,
			versions: view.versions,
			live_versions: view.live_versions,
			dependants: view.dependants,
			proposed_owner: view.proposed_owner,
		}
	}
}

impl From<listings::ListingPage<AccountId32>> for ListingPage {
	fn from(page: listings::ListingPage<AccountId32>) -> Self {
		Self {
			listings: page.listings.into_iter().map(Into::into).collect(),
			next: page.next,
		}
	}
}

impl From<listings::VersionView<u32>> for Version {
	fn from(view: listings::VersionView<u32>) -> Self {
		Self {
			listing: view.listing,
			version: view.version,
			manifest: view.manifest,
			artifact_root: view.artifact_root,
			licence: view.licence,
			derivatives: view.derivatives.0,
			serving: view.serving.0,
			answers: view.answers.0,
			parents: plain(view.parents),
			royalties: plain(view.royalties),
			published: view.published,
			yanked: view.yanked,
			same_bytes_as: view.same_bytes_as,
			sealed: view.sealed,
		}
	}
}

impl From<listings::LineageEntry> for Ancestor {
	fn from(entry: listings::LineageEntry) -> Self {
		Self {
			depth: entry.depth,
			listing: entry.listing,
			version: entry.version,
			relation: entry.relation.0,
			royalty: entry.royalty,
		}
	}
}

impl From<licensing::OfferView<AccountId32, u32>> for Offer {
	fn from(view: licensing::OfferView<AccountId32, u32>) -> Self {
		Self {
			listing: view.listing,
			offer: view.offer,
			opener: view.opener,
			price: view.price,
			term: view.term.0,
			first_version: view.first_version,
			last_version: view.last_version,
			rights: view.rights.0,
			transferability: view.transferability.0,
			supply: view.supply,
			sold: view.sold,
			terms: view.terms,
			royalties: plain(view.royalties),
			opened: view.opened,
			unavailable: view.unavailable.map(Into::into),
			sealed: view.sealed,
		}
	}
}

impl From<licensing::QuoteError> for NotForSale {
	fn from(error: licensing::QuoteError) -> Self {
		match error {
			licensing::QuoteError::UnknownListing => Self::UnknownListing,
			licensing::QuoteError::UnknownOffer => Self::UnknownOffer,
			licensing::QuoteError::OfferClosed => Self::OfferClosed,
			licensing::QuoteError::NotForPurchase => Self::NotForPurchase,
			licensing::QuoteError::SoldOut => Self::SoldOut,
			licensing::QuoteError::VersionYanked => Self::VersionYanked,
		}
	}
}

impl From<licensing::Quote<AccountId32>> for Quote {
	fn from(quote: licensing::Quote<AccountId32>) -> Self {
		let royalty = |royalty: licensing::RoyaltyQuote<AccountId32>| Royalty {
			listing: royalty.listing,
			owner: royalty.owner,
			amount: royalty.amount,
		};
		Self {
			price: quote.price,
			fee_burned: quote.fee_burned,
			fee_treasury: quote.fee_treasury,
			royalties: quote.royalties.into_iter().map(royalty).collect(),
			to_owner: quote.to_owner,
			owner: quote.owner,
			deposit: quote.deposit,
			first_version: quote.first_version,
			last_version: quote.last_version,
			term: quote.term.0,
			rights: quote.rights.0,
			transferability: quote.transferability.0,
			terms: quote.terms,
			sealed: quote.sealed,
		}
	}
}

impl From<licensing::LicenceView<AccountId32, u32>> for Licence {
	fn from(view: licensing::LicenceView<AccountId32, u32>) -> Self {
		Self {
			licence: view.licence,
			holder: view.holder,
			listing: view.listing,
			offer: view.offer,
			first_version: view.first_version,
			last_version: view.last_version,
			rights: view.rights.0,
			transferability: view.transferability.0,
			expires: view.expires,
			calls_left: view.calls_left,
			standing: match view.standing {
				licensing::Standing::Valid => Standing::Valid,
				licensing::Standing::Expired => Standing::Expired,
				licensing::Standing::CallsUsedUp => Standing::CallsUsedUp,
			},
		}
	}
}
