//! Random calls of the market on the whole runtime, against a ledger that a person could keep: who
//! has how much, free and held, what each listing accrued, and which calls must be refused with
//! which error.

use std::{cell::Cell, collections::BTreeMap};

use frame_support::storage::with_storage_layer;
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{DispatchError, DispatchResult};
use weighhouse_primitives::{
	content::ContentId, DerivativePolicy, Kind as Sort, Parent, Relation, Rights, Serving, Term,
	Transferability,
};
use weighhouse_runtime::{
	configs::market::Treasury,
	constants::{
		currency::{EXISTENTIAL_DEPOSIT, WGH},
		time::DAYS,
	},
	AccountId, Balance, Balances, Licensing, Listings, Runtime, System,
};

use crate::chain::{
	bytes, development, free, held, reconcile, signed, ALICE, BOB, CHARLIE, DAVE, UNSERVED,
};

const WHO: [Sr25519Keyring; 4] = [ALICE, BOB, CHARLIE, DAVE];
const RECEIPT_LIFETIME: u32 = 30 * DAYS;
const PARTS: Balance = 1_000_000_000;
const PERCENT: u32 = 10_000_000;
const ITEM: Balance = WGH / 100;
const BYTE: Balance = WGH / 10_000;
const LICENCE_DEPOSIT: Balance = 2 * ITEM + 85 * BYTE;
const RECEIPT_DEPOSIT: Balance = ITEM + 140 * BYTE;

/// What somebody does. Accounts are indices of [`WHO`].
#[derive(Clone, Debug)]
enum Action {
	Register(usize, Content),
	AddVersion(usize, u32, Content),
	Yank(usize, u32, u32),
	Remove(usize, u32, u32),
	HandOver(usize, u32, usize),
	Open(usize, u32, Terms),
	Close(usize, u32, u32),
	Buy(usize, u32, u32),
	Transfer(usize, u64, usize),
	Drop(usize, u64),
	Claim(usize, u32),
	Prune(usize, u64),
	Wait(u32),
}

/// The kinds of action, each as often as it should come.
const KINDS: [&str; 24] = [
	"register",
	"register",
	"register",
	"add",
	"add",
	"yank",
	"remove",
	"hand over",
	"open",
	"open",
	"open",
	"open",
	"close",
	"buy",
	"buy",
	"buy",
	"buy",
	"buy",
	"buy",
	"transfer",
	"drop",
	"claim",
	"prune",
	"wait",
];

#[derive(Clone, Debug)]
struct Content {
	policy: DerivativePolicy,
	parents: Vec<Parent>,
}

#[derive(Clone, Copy, Debug)]
struct Terms {
	price: Balance,
	term: Term,
	versions: (u32, u32),
	rights: Rights,
	transferability: Transferability,
	supply: Option<u32>,
}

struct Listing {
	owner: usize,
	newest: u32,
	versions: BTreeMap<u32, Version>,
	next_offer: u32,
}

struct Version {
	yanked: bool,
	policy: DerivativePolicy,
	parents: Vec<(u32, u32)>,
	table: BTreeMap<u32, u32>,
}

struct Offer {
	opener: usize,
	terms: Terms,
	sold: u32,
	table: BTreeMap<u32, u32>,
}

struct Licence {
	holder: usize,
	listing: u32,
	terms: Terms,
	expires: Option<u32>,
}

type Refusal = &'static str;
type Outcome = Result<(), Refusal>;

struct Ledger {
	now: u32,
	free: [Balance; 4],
	treasury: Balance,
	issuance: Balance,
	next_listing: u32,
	listings: BTreeMap<u32, Listing>,
	offers: BTreeMap<(u32, u32), Offer>,
	next_licence: u64,
	licences: BTreeMap<u64, Licence>,
	next_receipt: u64,
	/// Buyer and block of the sale.
	receipts: BTreeMap<u64, (usize, u32)>,
	accrued: BTreeMap<u32, Balance>,
}

fn ensure(holds: bool, otherwise: Refusal) -> Outcome {
	holds.then_some(()).ok_or(otherwise)
}

fn part(price: Balance, parts: u32) -> Balance {
	price * Balance::from(parts) / PARTS
}

impl Version {
	/// 94 bytes of record, four of its smallest royalty, three of its licence, 124 of the places of its
	/// root.
	fn bytes(&self) -> usize {
		let least = match self.policy {
			DerivativePolicy::Forbidden => 0,
			DerivativePolicy::Royalty(_) | DerivativePolicy::Licensed(_) => 4,
		};
		94 + least + 3 + 124 + 13 * self.parents.len() + 8 * self.table.len()
	}
}

impl Listing {
	/// A listing of 101 bytes with a name of five and a task of four, and its versions.
	fn deposit(&self) -> Balance {
		let versions: usize = self.versions.values().map(Version::bytes).sum();
		let bytes = 101 + 5 + 4 + versions;
		ITEM * (1 + self.versions.len() as Balance) + BYTE * bytes as Balance
	}
}

impl Offer {
	fn deposit(&self) -> Balance {
		ITEM + BYTE * (126 + 8 * self.table.len() as Balance)
	}
}

impl Ledger {
	fn new() -> Self {
		Self {
			now: 1,
			free: WHO.map(|who| free(&who.to_account_id())),
			treasury: EXISTENTIAL_DEPOSIT,
			issuance: Balances::total_issuance(),
			next_listing: 1,
			listings: BTreeMap::new(),
			offers: BTreeMap::new(),
			next_licence: 1,
			licences: BTreeMap::new(),
			next_receipt: 1,
			receipts: BTreeMap::new(),
			accrued: BTreeMap::new(),
		}
	}

	/// All that is held of an account: the deposits of its records.
	fn held(&self, who: usize) -> Balance {
		let listings = self
			.listings
			.values()
			.filter(|listing| listing.owner == who);
		let offers = self.offers.values().filter(|offer| offer.opener == who);
		let licences = self
			.licences
			.values()
			.filter(|licence| licence.holder == who);
		let receipts = self.receipts.values().filter(|(buyer, _)| *buyer == who);
		listings.map(Listing::deposit).sum::<Balance>()
			+ offers.map(Offer::deposit).sum::<Balance>()
			+ licences.count() as Balance * LICENCE_DEPOSIT
			+ receipts.count() as Balance * RECEIPT_DEPOSIT
	}

	fn owned(&self, who: usize, listing: u32) -> Result<&Listing, Refusal> {
		let found = self.listings.get(&listing).ok_or("UnknownListing")?;
		ensure(found.owner == who, "NotOwner")?;
		Ok(found)
	}

	fn version(&self, (listing, version): (u32, u32)) -> Option<&Version> {
		self.listings.get(&listing)?.versions.get(&version)
	}

	fn children(&self, parent: (u32, u32)) -> bool {
		let mut versions = self
			.listings
			.values()
			.flat_map(|found| found.versions.values());
		versions.any(|version| version.parents.contains(&parent))
	}

	fn in_use(&self, listing: u32) -> bool {
		self.offers.keys().any(|(of, _)| *of == listing)
			|| self
				.licences
				.values()
				.any(|licence| licence.listing == listing)
			|| self.accrued.contains_key(&listing)
	}

	fn counts(&self, licence: &Licence) -> bool {
		licence.expires.is_none_or(|end| self.now < end)
	}

	fn may_use(&self, who: usize, listing: u32, version: u32) -> bool {
		self.licences.values().any(|licence| {
			let (first, last) = licence.terms.versions;
			licence.holder == who
				&& licence.listing == listing
				&& (first..=last).contains(&version)
				&& licence.terms.rights != Rights::Serve
				&& self.counts(licence)
		})
	}

	fn offer(&self, listing: u32, offer: u32) -> Result<&Offer, Refusal> {
		let found = self.listings.get(&listing).ok_or("UnknownListing")?;
		let why = if (1..found.next_offer).contains(&offer) {
			"OfferClosed"
		} else {
			"UnknownOffer"
		};
		self.offers.get(&(listing, offer)).ok_or(why)
	}

	/// A version as it is published, or why it is not.
	fn draft(&self, who: usize, own: u32, content: &Content) -> Result<Version, Refusal> {
		let parents = &content.parents;
		ensure(
			parents.iter().all(|parent| parent.listing != own),
			"OwnParent",
		)?;
		for (index, parent) in parents.iter().enumerate() {
			let twice = parents[..index]
				.iter()
				.any(|other| other.listing == parent.listing);
			ensure(!twice, "DuplicateParent")?;
		}
		for parent in parents {
			let id = (parent.listing, parent.version);
			let found = self.version(id).ok_or("UnknownParent")?;
			ensure(!found.yanked, "ParentYanked")?;
			let least = match found.policy {
				DerivativePolicy::Forbidden => return Err("DerivativesForbidden"),
				DerivativePolicy::Royalty(least) | DerivativePolicy::Licensed(least) => least,
			};
			ensure(parent.royalty >= least, "RoyaltyBelowMinimum")?;
			let licensed = self.listings[&parent.listing].owner == who
				|| self.may_use(who, parent.listing, parent.version);
			let open = matches!(found.policy, DerivativePolicy::Royalty(_));
			ensure(open || licensed, "LicenceRequired")?;
		}
		let direct: u32 = parents.iter().map(|parent| parent.royalty).sum();
		ensure(direct <= 50 * PERCENT, "RoyaltiesOverCap")?;
		let mut table = BTreeMap::new();
		for parent in parents.iter().filter(|parent| parent.royalty > 0) {
			let mut left = parent.royalty;
			let theirs = &self
				.version((parent.listing, parent.version))
				.unwrap()
				.table;
			for (payee, parts) in theirs {
				let share = part(parent.royalty.into(), *parts) as u32;
				ensure(share > 0 || *payee == own, "ShareRoundsToZero")?;
				left -= share;
				*table.entry(*payee).or_default() += share;
			}
			*table.entry(parent.listing).or_default() += left;
		}
		table.remove(&own);
		ensure(table.len() <= 16, "TooManyPayees")?;
		Ok(Version {
			yanked: false,
			policy: content.policy,
			parents: parents
				.iter()
				.map(|parent| (parent.listing, parent.version))
				.collect(),
			table,
		})
	}

	fn apply(&mut self, action: &Action) -> Outcome {
		let before: [Balance; 4] = [0, 1, 2, 3].map(|who| self.held(who));
		self.record(action)?;
		// A deposit is free money that cannot be spent: what records cost moves between the two.
		for (who, before) in before.into_iter().enumerate() {
			self.free[who] = self.free[who] + before - self.held(who);
		}
		Ok(())
	}

	fn record(&mut self, action: &Action) -> Outcome {
		match action {
			Action::Register(who, content) => {
				let version = self.draft(*who, self.next_listing, content)?;
				let listing = Listing {
					owner: *who,
					newest: 1,
					versions: [(1, version)].into(),
					next_offer: 1,
				};
				self.listings.insert(self.next_listing, listing);
				self.next_listing += 1;
			}
			Action::AddVersion(who, listing, content) => {
				self.owned(*who, *listing)?;
				let version = self.draft(*who, *listing, content)?;
				let found = self.listings.get_mut(listing).unwrap();
				found.newest += 1;
				found.versions.insert(found.newest, version);
			}
			Action::Yank(who, listing, number) => {
				self.owned(*who, *listing)?;
				let found = self.listings.get_mut(listing).unwrap();
				let version = found.versions.get_mut(number).ok_or("UnknownVersion")?;
				ensure(!version.yanked, "AlreadyYanked")?;
				version.yanked = true;
			}
			Action::Remove(who, listing, number) => {
				let found = self.owned(*who, *listing)?;
				ensure(found.versions.contains_key(number), "UnknownVersion")?;
				ensure(!self.in_use(*listing), "ListingInUse")?;
				ensure(!self.children((*listing, *number)), "HasChildren")?;
				let found = self.listings.get_mut(listing).unwrap();
				found.versions.remove(number);
				if found.versions.is_empty() {
					self.listings.remove(listing);
				}
			}
			Action::HandOver(who, listing, to) => {
				self.owned(*who, *listing)?;
				ensure(who != to, "AlreadyOwner")?;
				self.free[*who] += self.accrued.remove(listing).unwrap_or_default();
				self.listings.get_mut(listing).unwrap().owner = *to;
			}
			Action::Open(who, listing, terms) => self.open(*who, *listing, *terms)?,
			Action::Close(who, listing, offer) => {
				let found = self.offer(*listing, *offer)?;
				let owner = self.listings[listing].owner;
				ensure(*who == owner || *who == found.opener, "NotOwner")?;
				self.offers.remove(&(*listing, *offer));
			}
			Action::Buy(who, listing, offer) => self.buy(*who, *listing, *offer)?,
			Action::Transfer(who, licence, to) => {
				let found = self.licences.get(licence).ok_or("UnknownLicence")?;
				ensure(found.holder == *who, "NotHolder")?;
				ensure(self.counts(found), "Expired")?;
				let bound = found.terms.transferability == Transferability::Bound;
				ensure(!bound, "NotTransferable")?;
				ensure(who != to, "SameHolder")?;
				self.licences.get_mut(licence).unwrap().holder = *to;
				// The deposit goes along.
				self.free[*who] -= LICENCE_DEPOSIT;
				self.free[*to] += LICENCE_DEPOSIT;
			}
			Action::Drop(who, licence) => {
				let found = self.licences.get(licence).ok_or("UnknownLicence")?;
				let own = found.holder == *who;
				ensure(own || !self.counts(found), "LicenceStillValid")?;
				self.licences.remove(licence);
			}
			Action::Claim(_, listing) => {
				let found = self.listings.get(listing).ok_or("UnknownListing")?;
				let amount = self.accrued.remove(listing).ok_or("NothingToClaim")?;
				self.free[found.owner] += amount;
			}
			Action::Prune(_, receipt) => {
				let (_, block) = self.receipts.get(receipt).ok_or("UnknownReceipt")?;
				ensure(self.now >= block + RECEIPT_LIFETIME, "ReceiptStillNeeded")?;
				self.receipts.remove(receipt);
			}
			Action::Wait(blocks) => self.now += blocks,
		}
		Ok(())
	}

	fn open(&mut self, who: usize, listing: u32, terms: Terms) -> Outcome {
		let found = self.owned(who, listing)?;
		let (first, last) = terms.versions;
		ensure(first >= 1 && first <= last, "VersionRangeEmpty")?;
		ensure(last <= found.newest, "UnknownVersion")?;
		ensure(last - first < 8, "TooManyVersions")?;
		let mut table = BTreeMap::<u32, u32>::new();
		for number in first..=last {
			let version = found.versions.get(&number).ok_or("UnknownVersion")?;
			ensure(!version.yanked, "VersionYanked")?;
			for (payee, parts) in &version.table {
				let most = table.entry(*payee).or_default();
				*most = (*most).max(*parts);
			}
		}
		ensure(
			table.values().sum::<u32>() <= 50 * PERCENT,
			"RoyaltiesOverCap",
		)?;
		ensure(table.len() <= 16, "TooManyPayees")?;
		let pays_all = table.values().all(|parts| part(terms.price, *parts) > 0);
		ensure(terms.price == 0 || pays_all, "PriceTooLow")?;
		let offer = Offer {
			opener: who,
			terms,
			sold: 0,
			table,
		};
		let next = &mut self.listings.get_mut(&listing).unwrap().next_offer;
		self.offers.insert((listing, *next), offer);
		*next += 1;
		Ok(())
	}

	fn buy(&mut self, who: usize, listing: u32, offer: u32) -> Outcome {
		let found = self.offer(listing, offer)?;
		let terms = found.terms;
		ensure(terms.term != Term::PerCall, "NotForPurchase")?;
		ensure(
			terms.supply.is_none_or(|supply| found.sold < supply),
			"SoldOut",
		)?;
		let (first, last) = terms.versions;
		let on_sale = |number| {
			self.version((listing, number))
				.is_some_and(|found| !found.yanked)
		};
		ensure((first..=last).all(on_sale), "VersionYanked")?;
		let owner = self.listings[&listing].owner;
		ensure(who != owner, "OwnListing")?;
		let holds = |licence: &&Licence| licence.holder == who && licence.listing == listing;
		ensure(
			self.licences.values().filter(holds).count() < 16,
			"HoldingsFull",
		)?;

		let fee = part(terms.price, 25_000_000);
		let royalties: Vec<_> = found
			.table
			.iter()
			.map(|(payee, parts)| (*payee, part(terms.price, *parts)))
			.collect();
		let royalty: Balance = royalties.iter().map(|(_, amount)| amount).sum();
		self.free[who] -= terms.price;
		self.free[owner] += terms.price - fee - royalty;
		self.issuance -= fee / 2;
		self.treasury += fee - fee / 2;
		for (payee, amount) in royalties.into_iter().filter(|(_, amount)| *amount > 0) {
			*self.accrued.entry(payee).or_default() += amount;
		}
		let expires = match terms.term {
			Term::Blocks(blocks) => Some(self.now + blocks),
			_ => None,
		};
		let licence = Licence {
			holder: who,
			listing,
			terms,
			expires,
		};
		self.licences.insert(self.next_licence, licence);
		self.next_licence += 1;
		self.receipts.insert(self.next_receipt, (who, self.now));
		self.next_receipt += 1;
		self.offers.get_mut(&(listing, offer)).unwrap().sold += 1;
		Ok(())
	}

	/// Turns random numbers into an action that mostly has an object, mostly of somebody who may.
	fn aim(&self, kind: &str, n: [usize; 6]) -> Action {
		fn nth<K: Copy, V>(records: &BTreeMap<K, V>, n: usize) -> Option<(K, &V)> {
			let index = n.checked_rem(records.len())?;
			records
				.iter()
				.nth(index)
				.map(|(key, record)| (*key, record))
		}
		let anybody = n[0] % 4;
		let mostly = |able: usize| {
			if n[1].is_multiple_of(8) {
				anybody
			} else {
				able
			}
		};
		let (listing, found) = nth(&self.listings, n[2]).unzip();
		let listing = listing.unwrap_or(1);
		let owner = mostly(found.map_or(anybody, |found| found.owner));
		let newest = found.map_or(1, |found| found.newest);
		let version = found.and_then(|found| nth(&found.versions, n[3]));
		let version = version.map_or(1, |(number, _)| number);
		let ((of, offer), offered) = nth(&self.offers, n[2])
			.map_or(((listing, (n[3] % 3) as u32), None), |(key, offer)| {
				(key, Some(offer))
			});
		let (licence, licensed) = nth(&self.licences, n[2]).unzip();
		let (licence, holder) = (
			licence.unwrap_or(1),
			mostly(licensed.map_or(anybody, |licence| licence.holder)),
		);
		match kind {
			"register" => Action::Register(anybody, self.content(n)),
			"add" => Action::AddVersion(owner, listing, self.content(n)),
			"yank" => Action::Yank(owner, listing, version),
			"remove" => Action::Remove(owner, listing, version),
			"hand over" => Action::HandOver(owner, listing, n[4] % 4),
			"open" => {
				let first = if n[3].is_multiple_of(2) { newest } else { 1 };
				let terms = Terms {
					price: [0, 1, 19, WGH, 7 * WGH + 3, 50 * WGH][n[4] % 6],
					term: [
						Term::Perpetual,
						Term::Perpetual,
						Term::Blocks(20),
						Term::PerCall,
					][n[5] % 4],
					versions: (first, newest),
					rights: [Rights::Use, Rights::Serve, Rights::UseAndServe][n[5] % 3],
					transferability: if n[4].is_multiple_of(3) {
						Transferability::Bound
					} else {
						Transferability::Transferable
					},
					supply: n[3].is_multiple_of(5).then_some(1),
				};
				Action::Open(owner, listing, terms)
			}
			"close" => Action::Close(mostly(offered.map_or(owner, |o| o.opener)), of, offer),
			"buy" => Action::Buy(n[4] % 4, of, offer),
			"transfer" => Action::Transfer(holder, licence, n[4] % 4),
			"drop" => Action::Drop(holder, licence),
			"claim" => {
				let due = nth(&self.accrued, n[2]).map_or(listing, |(listing, _)| listing);
				Action::Claim(anybody, due)
			}
			"prune" => {
				let receipt = nth(&self.receipts, n[2]).map_or(1, |(receipt, _)| receipt);
				Action::Prune(anybody, receipt)
			}
			_ if n[2].is_multiple_of(6) => Action::Wait(RECEIPT_LIFETIME),
			_ => Action::Wait(1 + (n[3] % 20) as u32),
		}
	}

	fn content(&self, n: [usize; 6]) -> Content {
		let policy = match n[4] % 8 {
			0 => DerivativePolicy::Forbidden,
			1 | 2 => DerivativePolicy::Licensed(5 * PERCENT),
			3 => DerivativePolicy::Royalty(10 * PERCENT),
			_ => DerivativePolicy::Royalty(0),
		};
		let standing: Vec<_> = self
			.listings
			.iter()
			.flat_map(|(id, listing)| listing.versions.keys().map(move |number| (*id, *number)))
			.collect();
		let picks = [n[2], n[3]];
		let parents = picks[..n[5] % 3].iter().filter_map(|pick| {
			let (listing, version) = *standing.get(pick.checked_rem(standing.len())?)?;
			Some(Parent {
				listing,
				version,
				relation: Relation::FineTune,
				royalty: [0, 5, 5, 10, 10, 20, 30][pick % 7] * PERCENT,
			})
		});
		Content {
			policy,
			parents: parents.collect(),
		}
	}

	/// Compares all money with the chain's.
	fn compare(&self) {
		for (index, who) in WHO.into_iter().enumerate() {
			let account = who.to_account_id();
			assert_eq!(free(&account), self.free[index], "free of {who}");
			assert_eq!(held(who), self.held(index), "held of {who}");
		}
		let accrued = pallet_licensing::Royalties::<Runtime>::iter().collect::<BTreeMap<_, _>>();
		assert_eq!(accrued, self.accrued);
		let waits: Balance = self.accrued.values().sum();
		assert_eq!(free(&Licensing::pot()), EXISTENTIAL_DEPOSIT + waits);
		assert_eq!(free(&Treasury::get()), self.treasury);
		assert_eq!(Balances::total_issuance(), self.issuance);
	}

	/// The actions that remove everything there is, in an order in which each is possible.
	fn next_of_wind_up(&self) -> Option<Action> {
		if let Some(((listing, offer), found)) = self.offers.first_key_value() {
			return Some(Action::Close(found.opener, *listing, *offer));
		}
		if let Some((licence, found)) = self.licences.first_key_value() {
			return Some(Action::Drop(found.holder, *licence));
		}
		if let Some((listing, _)) = self.accrued.first_key_value() {
			return Some(Action::Claim(0, *listing));
		}
		if let Some((receipt, _)) = self.receipts.first_key_value() {
			return Some(Action::Prune(0, *receipt));
		}
		let mut standing = self.listings.iter().flat_map(|(id, listing)| {
			let numbers = listing.versions.keys();
			numbers.map(|number| (listing.owner, *id, *number))
		});
		standing
			.find(|(_, listing, number)| !self.children((*listing, *number)))
			.map(|(owner, listing, number)| Action::Remove(owner, listing, number))
	}
}

/// What `action` does on the chain.
fn dispatch(action: &Action) -> DispatchResult {
	let done = |result: frame_support::dispatch::DispatchResultWithPostInfo| {
		result.map(drop).map_err(|refused| refused.error)
	};
	let by = |who: &usize| signed(WHO[*who]);
	let account = |who: &usize| -> AccountId { WHO[*who].to_account_id() };
	let manifest = || bytes(&ContentId::of_raw_block(b"manifest").to_text());
	let parents = |content: &Content| content.parents.clone().try_into().unwrap();
	match action {
		Action::Register(who, content) => Listings::register(
			by(who),
			Sort::Model,
			bytes("model"),
			bytes("task"),
			manifest(),
			H256::repeat_byte(1),
			bytes("MIT"),
			content.policy,
			Serving::Anyone,
			UNSERVED,
			parents(content),
			None,
			None,
		),
		Action::AddVersion(who, listing, content) => Listings::add_version(
			by(who),
			*listing,
			manifest(),
			H256::repeat_byte(1),
			bytes("MIT"),
			content.policy,
			Serving::Anyone,
			UNSERVED,
			parents(content),
			None,
			None,
		),
		Action::Yank(who, listing, version) => Listings::yank(by(who), *listing, *version),
		Action::Remove(who, listing, version) => {
			done(Listings::remove_version(by(who), *listing, *version))
		}
		Action::HandOver(who, listing, to) => {
			Listings::propose_owner(by(who), *listing, account(to).into())?;
			Listings::accept_ownership(by(to), *listing)
		}
		Action::Open(who, listing, terms) => done(Licensing::open_offer(
			by(who),
			*listing,
			terms.price,
			terms.term,
			terms.versions.0,
			terms.versions.1,
			terms.rights,
			terms.transferability,
			terms.supply,
			H256::zero(),
		)),
		Action::Close(who, listing, offer) => Licensing::close_offer(by(who), *listing, *offer),
		Action::Buy(who, listing, offer) => done(Licensing::buy(by(who), *listing, *offer)),
		Action::Transfer(who, licence, to) => {
			Licensing::transfer(by(who), *licence, account(to).into())
		}
		Action::Drop(who, licence) => Licensing::remove_licence(by(who), *licence),
		Action::Claim(who, listing) => Licensing::claim(by(who), *listing),
		Action::Prune(who, receipt) => Licensing::prune_receipt(by(who), *receipt),
		Action::Wait(blocks) => {
			System::set_block_number(System::block_number() + blocks);
			Ok(())
		}
	}
}

/// Does `action` on the chain and in the ledger, which must agree.
fn play(ledger: &mut Ledger, action: &Action) -> Outcome {
	let expected = ledger.apply(action);
	let said = with_storage_layer(|| dispatch(action));
	let said = said.map_err(|refused: DispatchError| -> Refusal { refused.into() });
	assert_eq!(said, expected, "{action:?}");
	ledger.compare();
	said
}

#[test]
fn the_market_agrees_with_a_ledger_and_leaves_nothing_when_everything_is_removed() {
	// More can be asked for, by the variable that all proptests heed.
	let asked = std::env::var("PROPTEST_CASES").ok();
	let cases = asked.and_then(|cases| cases.parse().ok()).unwrap_or(24u32);
	let mut runner = TestRunner::new(Settings {
		cases,
		failure_persistence: None,
		..Settings::default()
	});
	let (done, refused) = (Cell::new(0u32), Cell::new(0u32));
	let numbers = prop::array::uniform6(0usize..10_000);
	let steps = prop::collection::vec((prop::sample::select(KINDS.to_vec()), numbers), 1..120);
	runner
		.run(&steps, |steps| {
			development(|| {
				let mut ledger = Ledger::new();
				let initial = ledger.issuance;
				for (index, (kind, numbers)) in steps.into_iter().enumerate() {
					let action = ledger.aim(kind, numbers);
					let counter = match play(&mut ledger, &action) {
						Ok(()) => &done,
						Err(_) => &refused,
					};
					counter.set(counter.get() + 1);
					if index % 10 == 0 {
						reconcile();
					}
				}
				let burned = initial - ledger.issuance;
				play(&mut ledger, &Action::Wait(RECEIPT_LIFETIME)).unwrap();
				while let Some(action) = ledger.next_of_wind_up() {
					play(&mut ledger, &action).unwrap();
				}
				assert!(WHO.iter().all(|who| held(*who) == 0));
				assert_eq!(pallet_licensing::NextOffer::<Runtime>::iter().count(), 0);
				let mut holds = pallet_balances::Holds::<Runtime>::iter_values();
				assert!(holds.all(|holds| holds.is_empty()));
				assert_eq!(free(&Licensing::pot()), EXISTENTIAL_DEPOSIT);
				assert_eq!(Balances::total_issuance(), initial - burned);
			});
			Ok(())
		})
		.unwrap();
	let (done, refused) = (done.get(), refused.get());
	println!("{cases} markets: {done} calls done, {refused} refused as predicted");
	assert!(
		done > 10 * cases && refused > 5 * cases,
		"the sequences must do and refuse enough"
	);
}
