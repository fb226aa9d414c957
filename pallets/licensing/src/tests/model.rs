//! Random sequences of operations against a plain model that predicts the outcome of each: refused
//! with which error, or done with which balances, holds, pot, burn and records.

use crate::{mock::*, *};
use frame_support::{assert_ok, storage::with_storage_layer, traits::fungible::Mutate};
use proptest::{
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};
use sp_runtime::DispatchError;
use std::{cell::Cell, collections::BTreeMap};
use weighhouse_primitives::{
	inference::Access,
	market::{
		Right, Rights,
		Term::{self, Blocks, Calls, PerCall, Perpetual},
		Transferability::{Bound, Transferable},
	},
	royalty::Share,
	traits::{CallSales, CallTerms, ListingRegistry, ReceiptNumbers, SealedSales},
	PARTS,
};

/// Accounts by index; the last but one is the treasury, the last begins without an account.
const WHO: [AccountId; 6] = [ALICE, BOB, CAROL, DAVE, TREASURY, NOBODY];
const TREASURER: usize = 4;
const UNBORN: usize = 5;
const PERCENT: u32 = PARTS / 100;

type Refusal = Error<Test>;

#[derive(Clone, Debug)]
enum Op {
	Open {
		who: usize,
		listing: u32,
		price: u128,
		term: Term,
		versions: (u32, u32),
		rights: Rights,
		bound: bool,
		supply: Option<u32>,
	},
	Close {
		who: usize,
		listing: u32,
		offer: u32,
	},
	Buy {
		who: usize,
		listing: u32,
		offer: u32,
	},
	/// Takes a licence of a sealed version off sale.
	Reserve {
		who: usize,
		listing: u32,
		offer: u32,
	},
	Complete {
		licence: u64,
	},
	Cancel {
		licence: u64,
	},
	Transfer {
		who: usize,
		licence: u64,
		to: usize,
	},
	Remove {
		who: usize,
		licence: u64,
	},
	Claim {
		who: usize,
		listing: u32,
	},
	Prune {
		who: usize,
		receipt: u64,
	},
	Take {
		who: usize,
		listing: u32,
		version: u32,
		access: Access,
	},
	GiveBack {
		access: Access,
	},
	/// Pays the owner of a listing by the table of one of its versions.
	Pay {
		who: usize,
		listing: u32,
		version: u32,
		price: u128,
		fee: u32,
	},
	Yank {
		listing: u32,
		version: u32,
	},
	HandOver {
		listing: u32,
		to: usize,
	},
	Wait {
		blocks: u32,
	},
}

#[derive(Clone)]
struct ModelOffer {
	opener: usize,
	price: u128,
	term: Term,
	versions: (u32, u32),
	rights: Rights,
	bound: bool,
	supply: Option<u32>,
	sold: u32,
	table: BTreeMap<u32, u32>,
	sealed: bool,
	deposit: u128,
}

/// A sale on the terms of its day.
#[derive(Clone)]
struct ModelSale {
	buyer: usize,
	seller: usize,
	listing: u32,
	offer: u32,
	terms: ModelOffer,
}

#[derive(Clone)]
struct ModelLicence {
	holder: usize,
	listing: u32,
	versions: (u32, u32),
	rights: Rights,
	bound: bool,
	expires: Option<u32>,
	calls: Option<u32>,
	/// How many calls it was sold with.
	sold: Option<u32>,
}

struct ModelListing {
	owner: usize,
	/// Yanked, and the royalty table.
	versions: Vec<(bool, BTreeMap<u32, u32>)>,
	sealed: bool,
}

/// The market as a person would keep it in a ledger.
struct Model {
	now: u32,
	free: [u128; 6],
	held: [[u128; 3]; 6],
	pot: u128,
	issuance: u128,
	listings: BTreeMap<u32, ModelListing>,
	offers: BTreeMap<(u32, u32), ModelOffer>,
	next_offer: BTreeMap<u32, u32>,
	licences: BTreeMap<u64, ModelLicence>,
	next_licence: u64,
	/// Sales that wait for their keys, by the number of the licence.
	reservations: BTreeMap<u64, ModelSale>,
	/// Buyer and block of the sale.
	receipts: BTreeMap<u64, (usize, u32)>,
	next_receipt: u64,
	accrued: BTreeMap<u32, u128>,
	/// Licences under which calls were taken that were not given back.
	taken: Vec<u64>,
}

const OFFER: usize = 0;
const LICENCE: usize = 1;
const RECEIPT: usize = 2;

impl Model {
	fn hold(&mut self, who: usize, reason: usize, amount: u128) {
		self.free[who] -= amount;
		self.held[who][reason] += amount;
	}

	fn release(&mut self, who: usize, reason: usize, amount: u128) {
		self.held[who][reason] -= amount;
		self.free[who] += amount;
	}

	/// Whether `who` can part with `amount` and keep the existential deposit.
	fn has(&self, who: usize, amount: u128) -> bool {
		self.free[who].saturating_sub(ED) >= amount
	}

	fn can_receive(&self, who: usize, amount: u128) -> bool {
		amount == 0 || self.free[who] + amount >= ED
	}

	fn holding(&self, who: usize, listing: u32) -> usize {
		let held = self
			.licences
			.values()
			.filter(|l| l.holder == who && l.listing == listing);
		let waiting = self
			.reservations
			.values()
			.filter(|sale| sale.buyer == who && sale.listing == listing);
		held.count() + waiting.count()
	}

	fn counts(&self, licence: &ModelLicence) -> Result<(), Refusal> {
		if licence.expires.is_some_and(|end| self.now >= end) {
			return Err(Error::Expired);
		}
		if licence.calls == Some(0) {
			return Err(Error::CallsUsedUp);
		}
		Ok(())
	}

	fn offer(&self, listing: u32, offer: u32) -> Result<&ModelOffer, Refusal> {
		let next = self.next_offer.get(&listing).copied().unwrap_or(1);
		self.offers
			.get(&(listing, offer))
			.ok_or(if (1..next).contains(&offer) {
				Error::OfferClosed
			} else {
				Error::UnknownOffer
			})
	}

	/// Points `op` at the `n`th of the records that exist, so that most operations have an object,
	/// and mostly at the account that may do it.
	fn aim(&self, op: &mut Op, n: usize) {
		fn nth<K: Copy, V>(records: &BTreeMap<K, V>, n: usize) -> Option<(K, &V)> {
			let index = n.checked_rem(records.len())?;
			records.iter().nth(index).map(|(key, value)| (*key, value))
		}
		let by_right = !n.is_multiple_of(4);
		match op {
			Op::Buy { listing, offer, .. } => {
				if let Some((key, _)) = nth(&self.offers, n) {
					(*listing, *offer) = key;
				}
			}
			Op::Reserve { listing, offer, .. } => {
				let sealed: BTreeMap<_, _> = self.offers.iter().filter(|(_, o)| o.sealed).collect();
				if let Some((key, _)) = nth(&sealed, n) {
					(*listing, *offer) = *key;
				}
			}
			Op::Complete { licence } | Op::Cancel { licence } => {
				if let Some((key, _)) = nth(&self.reservations, n) {
					*licence = key;
				}
			}
			Op::Close {
				who,
				listing,
				offer,
			} => {
				if let Some((key, record)) = nth(&self.offers, n) {
					(*listing, *offer) = key;
					*who = if by_right { record.opener } else { *who };
				}
			}
			Op::Transfer { who, licence, .. } | Op::Remove { who, licence } => {
				if let Some((key, record)) = nth(&self.licences, n) {
					*licence = key;
					*who = if by_right { record.holder } else { *who };
				}
			}
			Op::Take {
				who,
				listing,
				version,
				access,
			} => match access {
				Access::Licence(licence) => {
					// Those that count calls first, since they change.
					let mut licences: Vec<_> = self.licences.iter().collect();
					licences.sort_by_key(|(_, record)| record.calls.is_none());
					if let Some(index) = (n / 4).checked_rem(licences.len().min(3)) {
						let (key, record) = licences[index];
						(*licence, *listing) = (*key, record.listing);
						*who = if by_right { record.holder } else { *who };
						*version = if by_right {
							record.versions.0
						} else {
							*version
						};
					}
				}
				Access::Offer(offer) => {
					let per_call = |o: &ModelOffer| o.term == PerCall;
					let found = self.offers.iter().find(|(_, o)| per_call(o) == by_right);
					if let Some((key, record)) = found {
						(*listing, *offer) = *key;
						*version = record.versions.1;
					}
				}
				Access::Owner => {
					if let Some(record) = self.listings.get(listing) {
						*who = if by_right { record.owner } else { *who };
					}
				}
			},
			Op::GiveBack { access } => {
				if let Some(index) = n.checked_rem(self.taken.len()) {
					*access = Access::Licence(self.taken[index]);
				}
			}
			Op::Claim { listing, .. } => {
				if let Some((key, _)) = nth(&self.accrued, n) {
					*listing = key;
				}
			}
			Op::Prune { receipt, .. } => {
				if let Some((key, _)) = nth(&self.receipts, n) {
					*receipt = key;
				}
			}
			Op::Open {
				who,
				listing,
				versions,
				..
			} => {
				if let Some(record) = self.listings.get(listing) {
					let count = record.versions.len() as u32;
					versions.1 = versions.1.clamp(1, count);
					versions.0 = versions.0.clamp(1, versions.1);
					*who = if by_right { record.owner } else { *who };
				}
			}
			Op::Pay { .. } | Op::Yank { .. } | Op::HandOver { .. } | Op::Wait { .. } => {}
		}
	}

	fn apply(&mut self, op: &Op) -> Result<(), Refusal> {
		match *op {
			Op::Open {
				who,
				listing,
				price,
				term,
				versions,
				rights,
				bound,
				supply,
			} => {
				let record = self.listings.get(&listing).ok_or(Error::UnknownListing)?;
				ensure(record.owner == who, Error::NotOwner)?;
				ensure(!matches!(term, Blocks(0) | Calls(0)), Error::TermIsZero)?;
				ensure(supply != Some(0), Error::SupplyIsZero)?;
				ensure(
					0 < versions.0 && versions.0 <= versions.1,
					Error::VersionRangeEmpty,
				)?;
				ensure(
					versions.1 as usize <= record.versions.len(),
					Error::UnknownVersion,
				)?;
				ensure(versions.1 - versions.0 < 8, Error::TooManyVersions)?;
				let covered = &record.versions[versions.0 as usize - 1..versions.1 as usize];
				ensure(
					covered.iter().all(|(yanked, _)| !yanked),
					Error::VersionYanked,
				)?;
				let sealed = record.sealed && term != PerCall;
				ensure(
					!sealed || versions.0 == versions.1,
					Error::SealedVersionNotAlone,
				)?;
				let mut table = BTreeMap::<u32, u32>::new();
				for (payee, parts) in covered.iter().flat_map(|(_, table)| table) {
					let most = table.get(payee).copied().unwrap_or(0).max(*parts);
					table.insert(*payee, most);
				}
				ensure(
					table.values().sum::<u32>() <= PARTS / 2,
					Error::RoyaltiesOverCap,
				)?;
				let pays = |parts: &u32| price.saturating_mul((*parts).into()) >= PARTS.into();
				ensure(price == 0 || table.values().all(pays), Error::PriceTooLow)?;
				let payees = table.len() as u32;
				let deposit = match sealed {
					true => sealed_offer_deposit(payees),
					false => offer_deposit(payees),
				};
				ensure(self.has(who, deposit), Error::BalanceTooLow)?;
				self.hold(who, OFFER, deposit);
				let next = self.next_offer.entry(listing).or_insert(1);
				let offer = ModelOffer {
					opener: who,
					price,
					term,
					versions,
					rights,
					bound,
					supply,
					sold: 0,
					table,
					sealed,
					deposit,
				};
				self.offers.insert((listing, *next), offer);
				*next += 1;
			}
			Op::Close {
				who,
				listing,
				offer,
			} => {
				let owner = self
					.listings
					.get(&listing)
					.ok_or(Error::UnknownListing)?
					.owner;
				let record = self.offer(listing, offer)?.clone();
				ensure(who == owner || who == record.opener, Error::NotOwner)?;
				self.release(record.opener, OFFER, record.deposit);
				self.offers.remove(&(listing, offer));
			}
			Op::Buy {
				who,
				listing,
				offer,
			} => self.buy(who, listing, offer)?,
			Op::Reserve {
				who,
				listing,
				offer,
			} => self.reserve(who, listing, offer)?,
			Op::Complete { licence } => {
				let sale = self.reservation(licence)?;
				let payable = self.has(sale.buyer, sale.terms.price);
				ensure(payable, Error::BalanceTooLow)?;
				self.sell(licence, &sale)?;
				self.reservations.remove(&licence);
			}
			Op::Cancel { licence } => {
				let sale = self.reservation(licence)?;
				self.release(sale.buyer, LICENCE, licence_deposit());
				self.release(sale.buyer, RECEIPT, receipt_deposit());
				if let Some(offer) = self.offers.get_mut(&(sale.listing, sale.offer)) {
					offer.sold -= 1;
				}
				self.reservations.remove(&licence);
			}
			Op::Transfer {
				who, licence, to, ..
			} => {
				let record = self
					.licences
					.get(&licence)
					.ok_or(Error::UnknownLicence)?
					.clone();
				ensure(record.holder == who, Error::NotHolder)?;
				self.counts(&record)?;
				ensure(!record.bound, Error::NotTransferable)?;
				ensure(to != who, Error::SameHolder)?;
				ensure(self.free[to] >= ED, Error::RecipientHasNoAccount)?;
				let held = self.holding(to, record.listing);
				ensure(held < MAX_LICENCES as usize, Error::HoldingsFull)?;
				self.held[who][LICENCE] -= licence_deposit();
				self.held[to][LICENCE] += licence_deposit();
				self.licences.get_mut(&licence).unwrap().holder = to;
			}
			Op::Remove { who, licence, .. } => {
				let record = self
					.licences
					.get(&licence)
					.ok_or(Error::UnknownLicence)?
					.clone();
				let over = self.counts(&record).is_err();
				ensure(record.holder == who || over, Error::LicenceStillValid)?;
				self.release(record.holder, LICENCE, licence_deposit());
				self.licences.remove(&licence);
			}
			Op::Claim { listing, .. } => {
				let owner = self
					.listings
					.get(&listing)
					.ok_or(Error::UnknownListing)?
					.owner;
				ensure(self.accrued.contains_key(&listing), Error::NothingToClaim)?;
				self.pay_out(listing, owner)?;
			}
			Op::Prune { receipt, .. } => {
				let &(buyer, sold) = self.receipts.get(&receipt).ok_or(Error::UnknownReceipt)?;
				ensure(self.now >= sold + LIFETIME, Error::ReceiptStillNeeded)?;
				self.release(buyer, RECEIPT, receipt_deposit());
				self.receipts.remove(&receipt);
			}
			Op::Take {
				who,
				listing,
				version,
				access,
			} => {
				self.terms(who, listing, version, access)?;
				if let Access::Licence(licence) = access {
					let record = self.licences.get_mut(&licence).unwrap();
					record.calls = record.calls.map(|calls| calls - 1);
					self.taken.push(licence);
				}
			}
			Op::GiveBack { access } => {
				if let Access::Licence(licence) = access {
					if let Some(record) = self.licences.get_mut(&licence) {
						record.calls = record.calls.map(|calls| calls + 1);
					}
					if let Some(index) = self.taken.iter().position(|taken| *taken == licence) {
						self.taken.remove(index);
					}
				}
			}
			Op::Pay {
				who,
				listing,
				version,
				price,
				fee,
			} => {
				let record = &self.listings[&listing];
				let (owner, table) = (
					record.owner,
					record.versions[version as usize - 1].1.clone(),
				);
				ensure(price == 0 || self.has(who, price), Error::BalanceTooLow)?;
				self.pay(who, owner, price, fee, &table)?;
				self.next_receipt += 1;
			}
			Op::Yank { listing, version } => {
				self.listings.get_mut(&listing).unwrap().versions[version as usize - 1].0 = true;
			}
			Op::HandOver { listing, to } => {
				let owner = self.listings[&listing].owner;
				self.pay_out(listing, owner)?;
				self.listings.get_mut(&listing).unwrap().owner = to;
			}
			Op::Wait { blocks } => self.now += blocks,
		}
		Ok(())
	}

	fn reservation(&self, licence: u64) -> Result<ModelSale, Refusal> {
		let sale = self.reservations.get(&licence);
		sale.cloned().ok_or(Error::UnknownReservation)
	}

	/// An offer that can be bought, and who is paid.
	fn on_sale(&self, listing: u32, offer: u32) -> Result<(usize, ModelOffer), Refusal> {
		let owner = self
			.listings
			.get(&listing)
			.ok_or(Error::UnknownListing)?
			.owner;
		let record = self.offer(listing, offer)?.clone();
		ensure(!matches!(record.term, PerCall), Error::NotForPurchase)?;
		ensure(
			record.supply.is_none_or(|supply| record.sold < supply),
			Error::SoldOut,
		)?;
		let (first, last) = record.versions;
		let covered = &self.listings[&listing].versions[first as usize - 1..last as usize];
		ensure(
			covered.iter().all(|(yanked, _)| !yanked),
			Error::VersionYanked,
		)?;
		Ok((owner, record))
	}

	/// Whether the buyer of `sale` can have it.
	fn may_have(&self, sale: &ModelSale) -> Result<(), Refusal> {
		ensure(sale.buyer != sale.seller, Error::OwnListing)?;
		ensure(
			self.holding(sale.buyer, sale.listing) < MAX_LICENCES as usize,
			Error::HoldingsFull,
		)?;
		let deposits = licence_deposit() + receipt_deposit();
		let total = sale
			.terms
			.price
			.checked_add(deposits)
			.ok_or(Error::BalanceTooLow)?;
		ensure(self.has(sale.buyer, total), Error::BalanceTooLow)
	}

	/// Holds the deposits of a sale and counts it.
	fn take_off_sale(&mut self, sale: &ModelSale) {
		self.hold(sale.buyer, RECEIPT, receipt_deposit());
		self.hold(sale.buyer, LICENCE, licence_deposit());
		self.next_licence += 1;
		let key = (sale.listing, sale.offer);
		self.offers.get_mut(&key).unwrap().sold += 1;
	}

	fn buy(&mut self, who: usize, listing: u32, offer: u32) -> Result<(), Refusal> {
		let (owner, terms) = self.on_sale(listing, offer)?;
		ensure(!terms.sealed, Error::Sealed)?;
		let sale = ModelSale {
			buyer: who,
			seller: owner,
			listing,
			offer,
			terms,
		};
		self.may_have(&sale)?;
		self.sell(self.next_licence, &sale)?;
		self.take_off_sale(&sale);
		Ok(())
	}

	fn reserve(&mut self, who: usize, listing: u32, offer: u32) -> Result<(), Refusal> {
		let (owner, terms) = self.on_sale(listing, offer)?;
		ensure(terms.sealed, Error::NotSealed)?;
		let sale = ModelSale {
			buyer: who,
			seller: owner,
			listing,
			offer,
			terms,
		};
		self.may_have(&sale)?;
		let licence = self.next_licence;
		self.take_off_sale(&sale);
		self.reservations.insert(licence, sale);
		Ok(())
	}

	/// Pays for a sale, and lets the licence count. Changes nothing if it is refused.
	fn sell(&mut self, licence: u64, sale: &ModelSale) -> Result<(), Refusal> {
		let terms = &sale.terms;
		self.pay(sale.buyer, sale.seller, terms.price, FEE, &terms.table)?;
		let receipt = (sale.buyer, self.now);
		self.receipts.insert(self.next_receipt, receipt);
		self.next_receipt += 1;
		let calls = if let Calls(calls) = terms.term {
			Some(calls)
		} else {
			None
		};
		let record = ModelLicence {
			holder: sale.buyer,
			listing: sale.listing,
			versions: terms.versions,
			rights: terms.rights,
			bound: terms.bound,
			expires: if let Blocks(blocks) = terms.term {
				Some(self.now + blocks)
			} else {
				None
			},
			calls,
			sold: calls,
		};
		self.licences.insert(licence, record);
		Ok(())
	}

	/// Moves `price`; the payer can pay it.
	fn pay(
		&mut self,
		who: usize,
		owner: usize,
		price: u128,
		fee: u32,
		table: &BTreeMap<u32, u32>,
	) -> Result<(), Refusal> {
		let part = |parts: u32| price * u128::from(parts) / u128::from(PARTS);
		let fee = part(fee);
		let treasury = fee - fee / 2;
		let treasury = if self.can_receive(TREASURER, treasury) {
			treasury
		} else {
			0
		};
		let royalties: BTreeMap<_, _> = table
			.iter()
			.map(|(payee, parts)| (*payee, part(*parts)))
			.collect();
		let accrued: u128 = royalties.values().sum();
		let to_owner = price - fee - accrued;
		ensure(self.can_receive(owner, to_owner), Error::PayeeCannotReceive)?;
		self.free[who] -= price;
		self.free[owner] += to_owner;
		self.free[TREASURER] += treasury;
		self.pot += accrued;
		self.issuance -= fee - treasury;
		for (payee, amount) in royalties.into_iter().filter(|(_, amount)| *amount > 0) {
			*self.accrued.entry(payee).or_default() += amount;
		}
		Ok(())
	}

	/// Price and royalties of a call.
	fn terms(
		&self,
		who: usize,
		listing: u32,
		version: u32,
		access: Access,
	) -> Result<(u128, BTreeMap<u32, u32>), Refusal> {
		let called = self.listings.get(&listing).ok_or(Error::UnknownListing)?;
		let found = (version as usize)
			.checked_sub(1)
			.and_then(|index| called.versions.get(index));
		let (yanked, _) = found.ok_or(Error::UnknownVersion)?;
		let covers = |(first, last): (u32, u32)| first <= version && version <= last;
		match access {
			Access::Licence(licence) => {
				let record = self.licences.get(&licence).ok_or(Error::UnknownLicence)?;
				ensure(record.holder == who, Error::NotHolder)?;
				ensure(record.listing == listing, Error::OtherListing)?;
				ensure(covers(record.versions), Error::VersionNotCovered)?;
				ensure(record.rights != Rights::Serve, Error::NotForUse)?;
				self.counts(record)?;
				Ok((0, BTreeMap::new()))
			}
			Access::Offer(offer) => {
				let record = self.offer(listing, offer)?;
				ensure(record.term == PerCall, Error::NotPerCall)?;
				ensure(covers(record.versions), Error::VersionNotCovered)?;
				ensure(!yanked, Error::VersionYanked)?;
				Ok((record.price, record.table.clone()))
			}
			Access::Owner => {
				ensure(called.owner == who, Error::NotOwner)?;
				Ok((0, BTreeMap::new()))
			}
		}
	}

	/// Compares what a call would cost, before it is taken.
	fn compare_terms(&self, op: &Op) {
		if let Op::Take {
			who,
			listing,
			version,
			access,
		} = *op
		{
			let table = |shares: Vec<Share>| -> BTreeMap<u32, u32> {
				let shares = shares.into_iter();
				shares.map(|share| (share.listing, share.parts)).collect()
			};
			let asked = Licensing::call_terms(&WHO[who], listing, version, access);
			assert_eq!(
				asked.map(|terms| (terms.price, table(terms.royalties))),
				self.terms(who, listing, version, access)
					.map_err(DispatchError::from)
			);
		}
	}

	fn pay_out(&mut self, listing: u32, owner: usize) -> Result<(), Refusal> {
		let amount = self.accrued.get(&listing).copied().unwrap_or(0);
		ensure(self.can_receive(owner, amount), Error::PayeeCannotReceive)?;
		self.accrued.remove(&listing);
		self.pot -= amount;
		self.free[owner] += amount;
		Ok(())
	}

	fn may(&self, who: usize, listing: u32, version: u32, right: Right) -> bool {
		self.licences.values().any(|licence| {
			licence.holder == who
				&& licence.listing == listing
				&& (licence.versions.0..=licence.versions.1).contains(&version)
				&& (licence.rights == Rights::UseAndServe
					|| (licence.rights == Rights::Use) == (right == Right::Use))
				&& self.counts(licence).is_ok()
		})
	}

	/// Compares everything that the chain keeps with the ledger.
	fn compare(&self) {
		for (index, who) in WHO.iter().enumerate() {
			assert_eq!(free(who), self.free[index], "free balance of {index}");
			let reasons = [HoldReason::Offer, HoldReason::Licence, HoldReason::Receipt];
			assert_eq!(reasons.map(|reason| held(who, reason)), self.held[index]);
		}
		assert_eq!(pot(), self.pot);
		assert_eq!(Balances::total_issuance(), self.issuance);
		let parts: u128 = self.free.iter().sum::<u128>()
			+ self.held.iter().flatten().sum::<u128>()
			+ self.pot
			+ ED;
		assert_eq!(parts, self.issuance);
		assert_eq!(self.accrued.values().sum::<u128>(), self.pot);

		let accrued: BTreeMap<_, _> = Royalties::<Test>::iter().collect();
		assert_eq!(accrued, self.accrued);
		let sold = |sold: u32, left: Option<u32>| (sold, left);
		let offers: BTreeMap<_, _> = Offers::<Test>::iter()
			.map(|(listing, offer, o)| ((listing, offer), sold(o.sold, o.supply)))
			.collect();
		let expected: BTreeMap<_, _> = self
			.offers
			.iter()
			.map(|(key, o)| (*key, sold(o.sold, o.supply)))
			.collect();
		assert_eq!(offers, expected);
		let numbers: BTreeMap<_, _> = NextOffer::<Test>::iter().collect();
		assert_eq!(numbers, self.next_offer);
		let licences: BTreeMap<_, _> = Licences::<Test>::iter()
			.map(|(id, l)| (id, (l.holder, l.listing, l.expires, l.calls_left)))
			.collect();
		let expected: BTreeMap<_, _> = self
			.licences
			.iter()
			.map(|(id, l)| (*id, (WHO[l.holder].clone(), l.listing, l.expires, l.calls)))
			.collect();
		assert_eq!(licences, expected);
		let waiting: BTreeMap<_, _> = Reservations::<Test>::iter()
			.map(|(id, sale)| (id, (sale.buyer, sale.seller, sale.listing, sale.price)))
			.collect();
		let expected: BTreeMap<_, _> = self
			.reservations
			.iter()
			.map(|(id, sale)| {
				let (buyer, seller) = (WHO[sale.buyer].clone(), WHO[sale.seller].clone());
				(*id, (buyer, seller, sale.listing, sale.terms.price))
			})
			.collect();
		assert_eq!(waiting, expected);
		let receipts: BTreeMap<_, _> = Receipts::<Test>::iter()
			.map(|(id, r)| (id, (r.sale.buyer, r.sale.block)))
			.collect();
		let expected: BTreeMap<_, _> = self
			.receipts
			.iter()
			.map(|(id, (who, at))| (*id, (WHO[*who].clone(), *at)))
			.collect();
		assert_eq!(receipts, expected);
		assert_eq!(NextReceipt::<Test>::get(), self.next_receipt);
		let within = |l: &ModelLicence| l.calls <= l.sold;
		assert!(self.licences.values().all(within), "more calls than sold");
		check_everything();
	}

	/// Compares every question about access with the ledger.
	fn compare_access(&self) {
		for (index, who) in WHO.iter().enumerate() {
			for listing in 1..=5 {
				for (version, right) in [(1, Right::Use), (2, Right::Serve), (3, Right::Use)] {
					assert_eq!(
						Licensing::has_licence(who.clone(), listing, version, right),
						self.may(index, listing, version, right)
					);
				}
			}
		}
	}
}

fn ensure(condition: bool, otherwise: Refusal) -> Result<(), Refusal> {
	condition.then_some(()).ok_or(otherwise)
}

/// What `op` does to the chain.
fn dispatch(op: &Op) -> Result<(), DispatchError> {
	let origin = |who: usize| signed(WHO[who].clone());
	match *op {
		Op::Open {
			who,
			listing,
			price,
			term,
			versions,
			rights,
			bound,
			supply,
		} => {
			let transferability = if bound { Bound } else { Transferable };
			let terms = Terms {
				price,
				term,
				versions,
				rights,
				transferability,
				supply,
			};
			open(WHO[who].clone(), listing, terms)
				.map(drop)
				.map_err(|e| e.error)
		}
		Op::Close {
			who,
			listing,
			offer,
		} => Licensing::close_offer(origin(who), listing, offer),
		Op::Buy {
			who,
			listing,
			offer,
		} => Licensing::buy(origin(who), listing, offer)
			.map(drop)
			.map_err(|e| e.error),
		Op::Reserve {
			who,
			listing,
			offer,
		} => <Licensing as SealedSales<_>>::reserve(&WHO[who], listing, offer).map(drop),
		Op::Complete { licence } => <Licensing as SealedSales<_>>::complete(licence),
		Op::Cancel { licence } => <Licensing as SealedSales<_>>::cancel(licence),
		Op::Transfer {
			who, licence, to, ..
		} => Licensing::transfer(origin(who), licence, WHO[to].clone()),
		Op::Remove { who, licence, .. } => Licensing::remove_licence(origin(who), licence),
		Op::Claim { who, listing } => Licensing::claim(origin(who), listing),
		Op::Prune { who, receipt } => Licensing::prune_receipt(origin(who), receipt),
		Op::Take {
			who,
			listing,
			version,
			access,
		} => Licensing::take_call(&WHO[who], listing, version, access).map(drop),
		Op::GiveBack { access } => {
			<Licensing as CallSales<AccountId>>::give_back_call(access);
			Ok(())
		}
		Op::Pay {
			who,
			listing,
			version,
			price,
			fee,
		} => {
			let called = Registry::version_terms(listing, version).unwrap();
			let terms = CallTerms {
				price,
				royalties: called.table,
			};
			let owner = Registry::owner(listing).unwrap();
			let receipt = Licensing::next_receipt().unwrap();
			Licensing::pay_call(&WHO[who], &owner, listing, &terms, fee, receipt)
		}
		Op::Yank { listing, version } => {
			Registry::yank(listing, version);
			Ok(())
		}
		Op::HandOver { listing, to } => Registry::hand_over(listing, WHO[to].clone()),
		Op::Wait { blocks } => {
			at(System::block_number() + blocks);
			Ok(())
		}
	}
}

/// Four listings: an original, two generations of derived ones, and a sealed one of the first owner
/// that owes a share which rounds to zero at most prices.
fn listings() -> BTreeMap<u32, ModelListing> {
	let listing = |owner, tables: &[&[(u32, u32)]]| {
		let versions = tables
			.iter()
			.map(|t| (false, t.iter().copied().collect()))
			.collect();
		ModelListing {
			owner,
			versions,
			sealed: false,
		}
	};
	let sealed = ModelListing {
		sealed: true,
		..listing(0, &[&[(1, 25 * PERCENT), (3, 1)]])
	};
	BTreeMap::from([
		(1, listing(0, &[&[]])),
		(2, listing(1, &[&[(1, 10 * PERCENT)], &[(1, 20 * PERCENT)]])),
		(
			3,
			listing(
				2,
				&[
					&[(1, 5 * PERCENT), (2, 30 * PERCENT)],
					&[(2, 45 * PERCENT)],
					&[(1, 15 * PERCENT)],
				],
			),
		),
		(4, sealed),
	])
}

/// A market of which the treasury may be dead and the buyers may be poor.
fn market(treasury: u128, money: [u128; 4]) -> (sp_io::TestExternalities, Model) {
	let free = [money[0], money[1], money[2], money[3], treasury, 0];
	let balances = free.iter().enumerate().filter(|(_, amount)| **amount > 0);
	let mut ext = genesis(
		balances
			.map(|(index, amount)| (WHO[index].clone(), *amount))
			.collect(),
	);
	let listings = listings();
	ext.execute_with(|| {
		for (id, listing) in &listings {
			let tables: Vec<Vec<_>> = listing
				.versions
				.iter()
				.map(|(_, table)| {
					table
						.iter()
						.map(|(payee, parts)| (*payee, *parts))
						.collect()
				})
				.collect();
			let tables: Vec<_> = tables.iter().map(|table| table.as_slice()).collect();
			Registry::list(*id, WHO[listing.owner].clone(), &tables);
			if listing.sealed {
				Registry::seal(*id, recipient());
			}
		}
	});
	let model = Model {
		now: 1,
		free,
		held: Default::default(),
		pot: 0,
		issuance: free.iter().sum::<u128>() + ED,
		listings,
		offers: BTreeMap::new(),
		next_offer: BTreeMap::new(),
		licences: BTreeMap::new(),
		next_licence: 1,
		reservations: BTreeMap::new(),
		receipts: BTreeMap::new(),
		next_receipt: 1,
		accrued: BTreeMap::new(),
		taken: Vec::new(),
	};
	(ext, model)
}

fn ops() -> impl Strategy<Value = Vec<(Op, Option<usize>)>> {
	let who = || 0usize..4;
	let anyone = || prop_oneof![9 => 0usize..5, 1 => Just(UNBORN)];
	let listing = || prop_oneof![20 => 1u32..=4, 1 => Just(5u32)];
	let offer = || prop_oneof![8 => 1u32..=3, 2 => 0u32..=7];
	let licence = || 0u64..24;
	let price = || {
		prop_oneof![
			2 => Just(0u128),
			3 => 1..100u128,
			3 => ED..200 * ED,
			6 => UNIT..20 * UNIT,
			1 => Just(u128::MAX),
			1 => any::<u64>().prop_map(u128::from),
		]
	};
	// Nobody gives back under a licence who has not taken; aiming finds those that were taken.
	let access = || {
		prop_oneof![
			4 => licence().prop_map(Access::Licence),
			2 => offer().prop_map(Access::Offer),
			1 => Just(Access::Owner),
		]
	};
	let none = prop_oneof![
		4 => Just(Access::Licence(0)),
		1 => offer().prop_map(Access::Offer),
		1 => Just(Access::Owner),
	];
	let term = prop_oneof![
		3 => Just(Perpetual),
		3 => (0u32..60).prop_map(Blocks),
		2 => (0u32..4).prop_map(Calls),
		1 => Just(PerCall),
	];
	let versions = prop_oneof![4 => Just((1, 1)), 3 => (0u32..4, 0u32..4), 1 => Just((1, 9))];
	let rights = prop_oneof![
		Just(Rights::Use),
		Just(Rights::Serve),
		Just(Rights::UseAndServe)
	];
	let supply = prop_oneof![3 => Just(None), 2 => (0u32..4).prop_map(Some)];
	let open = (
		who(),
		listing(),
		price(),
		term,
		versions,
		rights,
		any::<bool>(),
		supply,
	)
		.prop_map(
			|(who, listing, price, term, versions, rights, bound, supply)| Op::Open {
				who,
				listing,
				price,
				term,
				versions,
				rights,
				bound,
				supply,
			},
		);
	let version =
		|| prop::sample::select(vec![(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 1)]);
	let fee = prop_oneof![3 => Just(FEE), 1 => Just(0), 1 => Just(PARTS / 10)];
	let pay = (who(), version(), price(), fee).prop_map(|(who, (listing, version), price, fee)| {
		Op::Pay {
			who,
			listing,
			version,
			price,
			fee,
		}
	});
	let called = prop_oneof![5 => Just(1u32), 3 => 2u32..4, 1 => Just(0), 1 => Just(4)];
	let take =
		(who(), listing(), called, access()).prop_map(|(who, listing, version, access)| Op::Take {
			who,
			listing,
			version,
			access,
		});
	let op = prop_oneof![
		10 => open,
		2 => (who(), listing(), offer())
			.prop_map(|(who, listing, offer)| Op::Close { who, listing, offer }),
		24 => (who(), listing(), offer())
			.prop_map(|(who, listing, offer)| Op::Buy { who, listing, offer }),
		10 => (who(), listing(), offer())
			.prop_map(|(who, listing, offer)| Op::Reserve { who, listing, offer }),
		5 => licence().prop_map(|licence| Op::Complete { licence }),
		3 => licence().prop_map(|licence| Op::Cancel { licence }),
		8 => (who(), licence(), anyone())
			.prop_map(|(who, licence, to)| Op::Transfer { who, licence, to }),
		8 => (who(), licence()).prop_map(|(who, licence)| Op::Remove { who, licence }),
		6 => (who(), listing()).prop_map(|(who, listing)| Op::Claim { who, listing }),
		4 => (who(), licence()).prop_map(|(who, receipt)| Op::Prune { who, receipt }),
		12 => take,
		3 => none.prop_map(|access| Op::GiveBack { access }),
		5 => pay,
		1 => version().prop_map(|(listing, version)| Op::Yank { listing, version }),
		2 => (1u32..=4, anyone()).prop_map(|(listing, to)| Op::HandOver { listing, to }),
		6 => (1u32..40).prop_map(|blocks| Op::Wait { blocks }),
	];
	let aim = prop::option::weighted(0.85, 0usize..1_000);
	prop::collection::vec((op, aim), 1..200)
}

/// Closes, claims, removes and prunes all that there is, and expects every deposit back.
fn wind_up(model: &mut Model) {
	// Accounts that began without money may own a listing; they must be able to be paid.
	for who in [TREASURER, UNBORN] {
		Balances::mint_into(&WHO[who], ED).unwrap();
		model.free[who] += ED;
		model.issuance += ED;
	}
	at(model.now + LIFETIME);
	model.now += LIFETIME;
	let offers = model
		.offers
		.iter()
		.map(|((listing, offer), record)| Op::Close {
			who: record.opener,
			listing: *listing,
			offer: *offer,
		});
	let waiting = model
		.reservations
		.keys()
		.map(|licence| Op::Cancel { licence: *licence });
	let licences = model.licences.iter().map(|(licence, record)| Op::Remove {
		who: record.holder,
		licence: *licence,
	});
	let claims = model.accrued.keys().map(|listing| Op::Claim {
		who: 0,
		listing: *listing,
	});
	let receipts = model.receipts.keys().map(|receipt| Op::Prune {
		who: 0,
		receipt: *receipt,
	});
	let ops: Vec<_> = offers
		.chain(waiting)
		.chain(licences)
		.chain(claims)
		.chain(receipts)
		.collect();
	for op in ops {
		assert_ok!(dispatch(&op));
		assert!(model.apply(&op).is_ok());
	}
	model.compare();
	assert_eq!(model.held, [[0; 3]; 6]);
	assert_eq!(pot(), 0);
	assert!(Licensing::retained().is_empty());
	assert_eq!(Holdings::<Test>::iter().count(), 0);
	for listing in model.listings.keys() {
		Registry::delist(*listing);
	}
	assert_eq!(NextOffer::<Test>::iter().count(), 0);
	check_everything();
}

#[test]
fn market_agrees_with_the_model_whatever_happens() {
	// More can be asked for, by the variable that all proptests heed.
	let asked = std::env::var("PROPTEST_CASES").ok();
	let cases = asked.and_then(|cases| cases.parse().ok()).unwrap_or(384u32);
	let mut runner = TestRunner::new(Settings {
		cases,
		failure_persistence: None,
		..Settings::default()
	});
	let (done, refused) = (Cell::new(0u32), Cell::new(0u32));
	let money = prop::array::uniform4(prop_oneof![
		1 => Just(ED + UNIT / 1_000),
		2 => Just(3 * UNIT),
		3 => Just(ENDOWMENT)
	]);
	let treasury = prop_oneof![Just(0), Just(ED), Just(ENDOWMENT)];
	runner
		.run(&(treasury, money, ops()), |(treasury, money, ops)| {
			let (mut ext, mut model) = market(treasury, money);
			ext.execute_with(|| {
				for (mut op, aim) in ops {
					if let Some(n) = aim {
						model.aim(&mut op, n);
					}
					model.compare_terms(&op);
					let expected = model.apply(&op);
					let counter = if expected.is_ok() { &done } else { &refused };
					counter.set(counter.get() + 1);
					let actual = with_storage_layer(|| dispatch(&op));
					assert_eq!(actual, expected.map_err(DispatchError::from), "{op:?}");
					model.compare();
				}
				model.compare_access();
				wind_up(&mut model);
			});
			Ok(())
		})
		.unwrap();
	let (done, refused) = (done.get(), refused.get());
	println!("{cases} markets: {done} operations done, {refused} refused as predicted");
	assert!(
		done > 20 * cases && refused > 20 * cases,
		"the sequences must do and refuse enough"
	);
}
