//! What must hold across pallets. Each pallet checks its own records; here the money of the whole
//! chain is compared with all of them. Walks all state and all accounts, so it is for tests and
//! `try-runtime`, never for a block.
//!
//! - SUM-1 The total issuance is what the accounts own, free and reserved.
//! - SUM-2 What is held for a reason on any account is what the records of all pallets say.
//! - SUM-3 What is reserved besides covers what proxies, announcements and multisigs say.
//! - SUM-4 The royalty pot covers all that listings accrued, and its existential deposit.
//! - SUM-5 A listing counts as many dependants as licensing and inference have.
//! - SUM-6 The licences that are off sale are those whose keys are being sold.

use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};

use codec::{Decode, Encode};
use frame_support::{ensure, traits::Get};
use pallet_preimage::RequestStatus;
use sp_runtime::TryRuntimeError;

use crate::{
	constants::currency::EXISTENTIAL_DEPOSIT, AccountId, Balance, Balances, Delivery, Inference,
	Licensing, Runtime, RuntimeHoldReason,
};

type Check = Result<(), TryRuntimeError>;

/// Checks everything.
pub fn check() -> Check {
	issuance_is_what_accounts_own()?;
	holds_are_what_records_say()?;
	reserves_cover_what_proxies_and_multisigs_say()?;
	pot_covers_what_accrued()?;
	dependants_are_what_retains_a_listing()?;
	licences_off_sale_wait_for_keys()
}

/// SUM-1.
fn issuance_is_what_accounts_own() -> Check {
	let owned = sum(frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free.saturating_add(account.data.reserved)));
	ensure!(
		Balances::total_issuance() == owned,
		"SUM-1: the issuance is not what the accounts own"
	);
	Ok(())
}

/// SUM-2.
fn holds_are_what_records_say() -> Check {
	let mut recorded = Recorded::default();
	recorded.listings();
	recorded.licensing();
	recorded.inference();
	recorded.reputation();
	recorded.feedback();
	recorded.delivery();
	recorded.chain();
	for (account, holds) in pallet_balances::Holds::<Runtime>::iter() {
		for hold in holds {
			ensure!(
				recorded.take(&account, hold.id) == hold.amount,
				"SUM-2: what is held is not what the records say"
			);
		}
	}
	ensure!(
		recorded.0.into_values().all(|amount| amount == 0),
		"SUM-2: a record says more than is held"
	);
	Ok(())
}

/// SUM-3. Proxies do not say who paid for them, so only the sum is known. It may be larger: what a
/// spawner paid for a pure account that gave up its proxies stays reserved.
fn reserves_cover_what_proxies_and_multisigs_say() -> Check {
	let mut unnamed: Balance = 0;
	for (account, info) in frame_system::Account::<Runtime>::iter() {
		let held = sum(pallet_balances::Holds::<Runtime>::get(&account)
			.into_iter()
			.map(|hold| hold.amount));
		let rest = info.data.reserved.checked_sub(held);
		let rest = rest.ok_or("SUM-3: more is held than reserved")?;
		unnamed = unnamed.saturating_add(rest);
	}
	let proxies = pallet_proxy::Proxies::<Runtime>::iter_values().map(|(_, deposit)| deposit);
	let announced =
		pallet_proxy::Announcements::<Runtime>::iter_values().map(|(_, deposit)| deposit);
	let multisigs = pallet_multisig::Multisigs::<Runtime>::iter_values().map(|call| call.deposit);
	ensure!(
		unnamed >= sum(proxies.chain(announced).chain(multisigs)),
		"SUM-3: what is reserved without a name does not cover what proxies and multisigs say"
	);
	Ok(())
}

/// SUM-4.
fn pot_covers_what_accrued() -> Check {
	let accrued = sum(pallet_licensing::Royalties::<Runtime>::iter_values());
	let pot = frame_system::Account::<Runtime>::get(Licensing::pot());
	ensure!(
		pot.data.free >= accrued.saturating_add(EXISTENTIAL_DEPOSIT),
		"SUM-4: the pot does not cover what accrued"
	);
	Ok(())
}

/// SUM-5.
fn dependants_are_what_retains_a_listing() -> Check {
	let mut retained = Licensing::retained();
	for (listing, count) in Inference::retained() {
		let sum = retained.entry(listing).or_default();
		*sum = sum.saturating_add(count);
	}
	for (listing, record) in pallet_listings::Listings::<Runtime>::iter() {
		ensure!(
			record.dependants == retained.remove(&listing).unwrap_or_default(),
			"SUM-5: a listing miscounts what depends on it"
		);
	}
	ensure!(
		retained.is_empty(),
		"SUM-5: something depends on a listing that does not exist"
	);
	Ok(())
}

/// SUM-6.
fn licences_off_sale_wait_for_keys() -> Check {
	let reserved: BTreeSet<_> = pallet_licensing::Reservations::<Runtime>::iter_keys().collect();
	ensure!(
		Delivery::open_sales().collect::<BTreeSet<_>>() == reserved,
		"SUM-6: the licences off sale are not those whose keys are being sold"
	);
	Ok(())
}

/// What the records of all pallets say is held, by account and encoded reason.
#[derive(Default)]
struct Recorded(BTreeMap<(AccountId, Vec<u8>), Balance>);

impl Recorded {
	fn add(&mut self, account: AccountId, reason: impl Into<RuntimeHoldReason>, amount: Balance) {
		let key = (account, reason.into().encode());
		let sum = self.0.entry(key).or_default();
		*sum = sum.saturating_add(amount);
	}

	fn take(&mut self, account: &AccountId, reason: RuntimeHoldReason) -> Balance {
		let key = (account.clone(), reason.encode());
		self.0.remove(&key).unwrap_or_default()
	}

	fn listings(&mut self) {
		use pallet_listings::{HoldReason, Listings, RootClaims};
		for listing in Listings::<Runtime>::iter_values() {
			let deposit = ticket_amount(&listing.ticket);
			self.add(listing.owner, HoldReason::Listing, deposit);
		}
		for (account, _, claim) in RootClaims::<Runtime>::iter() {
			self.add(account, HoldReason::RootClaim, ticket_amount(&claim.ticket));
		}
	}

	fn licensing(&mut self) {
		use pallet_licensing::{HoldReason, Licences, Offers, Receipts, Reservations};
		for offer in Offers::<Runtime>::iter_values() {
			let deposit = ticket_amount(&offer.ticket);
			self.add(offer.opener, HoldReason::Offer, deposit);
		}
		for licence in Licences::<Runtime>::iter_values() {
			let deposit = ticket_amount(&licence.ticket);
			self.add(licence.holder, HoldReason::Licence, deposit);
		}
		for sale in Reservations::<Runtime>::iter_values() {
			let (licence, receipt) = (
				ticket_amount(&sale.licence_ticket),
				ticket_amount(&sale.receipt_ticket),
			);
			self.add(sale.buyer.clone(), HoldReason::Licence, licence);
			self.add(sale.buyer, HoldReason::Receipt, receipt);
		}
		for receipt in Receipts::<Runtime>::iter_values() {
			let deposit = ticket_amount(&receipt.ticket);
			self.add(receipt.sale.buyer, HoldReason::Receipt, deposit);
		}
	}

	fn inference(&mut self) {
		use pallet_inference::{Asks, HoldReason, Jobs, Receipts, Workers};
		for (account, worker) in Workers::<Runtime>::iter() {
			let leaving = sum(worker.unbonding.iter().map(|part| part.amount));
			let bond = worker.bond.saturating_add(leaving);
			self.add(account.clone(), HoldReason::Bond, bond);
			self.add(account, HoldReason::Worker, ticket_amount(&worker.ticket));
		}
		for ask in Asks::<Runtime>::iter_values().flatten() {
			let deposit = ticket_amount(&ask.ticket);
			self.add(ask.worker, HoldReason::Ask, deposit);
		}
		for job in Jobs::<Runtime>::iter_values() {
			let escrow = job.price.escrow(job.mode);
			self.add(job.requester.clone(), HoldReason::Escrow, escrow);
			let deposit = ticket_amount(&job.ticket);
			self.add(job.requester.clone(), HoldReason::Job, deposit);
			// The deposit for a receipt is held from the request on.
			if let Some(ticket) = job.receipt_ticket {
				self.add(job.requester, HoldReason::Receipt, ticket_amount(&ticket));
			}
			if let Some(challenge) = job.challenge {
				self.add(challenge.challenger, HoldReason::Challenge, challenge.bond);
			}
		}
		for receipt in Receipts::<Runtime>::iter_values() {
			let deposit = ticket_amount(&receipt.ticket);
			self.add(receipt.record.buyer, HoldReason::Receipt, deposit);
		}
	}

	fn reputation(&mut self) {
		use pallet_reputation::{HoldReason, Ratings};
		for rating in Ratings::<Runtime>::iter_values() {
			let deposit = ticket_amount(&rating.ticket);
			self.add(rating.buyer, HoldReason::Rating, deposit);
		}
	}

	fn feedback(&mut self) {
		use pallet_feedback::{Campaigns, DatasetDividends, HoldReason, Places};
		for campaign in Campaigns::<Runtime>::iter_values() {
			let deposit = ticket_amount(&campaign.ticket);
			self.add(
				campaign.sponsor.clone(),
				HoldReason::Budget,
				campaign.budget,
			);
			self.add(campaign.sponsor, HoldReason::Campaign, deposit);
		}
		for (id, _, place) in Places::<Runtime>::iter() {
			if place.state.has_stake() {
				// A place without its campaign counts as more than anybody has.
				let stake = Campaigns::<Runtime>::get(id)
					.map_or(Balance::MAX, |campaign| campaign.terms.stake);
				self.add(place.rater.clone(), HoldReason::Stake, stake);
			}
			let deposit = ticket_amount(&place.ticket);
			self.add(place.rater, HoldReason::Place, deposit);
		}
		for record in DatasetDividends::<Runtime>::iter_values() {
			let deposit = ticket_amount(&record.ticket);
			self.add(record.sponsor, HoldReason::Dividends, deposit);
		}
	}

	fn delivery(&mut self) {
		use pallet_delivery::{Deliveries, HoldReason, Sellers};
		for (account, seller) in Sellers::<Runtime>::iter() {
			self.add(account, HoldReason::Bond, seller.bond);
		}
		for delivery in Deliveries::<Runtime>::iter_values() {
			if let Some(payment) = delivery.state.payment() {
				self.add(delivery.buyer.clone(), HoldReason::Price, payment.amount);
			}
			let deposit = ticket_amount(&delivery.ticket);
			self.add(delivery.buyer, HoldReason::Delivery, deposit);
		}
	}

	/// What the pallets hold that came with FRAME. Safe mode takes no deposits.
	fn chain(&mut self) {
		for status in pallet_preimage::RequestStatusFor::<Runtime>::iter_values() {
			let ticket = match status {
				RequestStatus::Unrequested { ticket, .. } => Some(ticket),
				RequestStatus::Requested { maybe_ticket, .. } => maybe_ticket,
			};
			if let Some((account, ticket)) = ticket {
				let reason = pallet_preimage::HoldReason::Preimage;
				self.add(account, reason, ticket_amount(&ticket));
			}
		}
		// Nothing records whether an account paid for its keys: those of genesis did not.
		let reason: RuntimeHoldReason = pallet_session::HoldReason::Keys.into();
		for account in pallet_session::NextKeys::<Runtime>::iter_keys() {
			let holds = pallet_balances::Holds::<Runtime>::get(&account);
			if holds.iter().any(|hold| hold.id == reason) {
				let deposit = <Runtime as pallet_session::Config>::KeyDeposit::get();
				self.add(account, reason, deposit);
			}
		}
	}
}

fn sum(amounts: impl Iterator<Item = Balance>) -> Balance {
	amounts.fold(0, Balance::saturating_add)
}

/// What a ticket holds. The deposit type keeps its amount private but encodes as nothing else. One
/// that tells none counts as more than anybody has.
fn ticket_amount(ticket: &impl Encode) -> Balance {
	Balance::decode(&mut ticket.encode().as_slice()).unwrap_or(Balance::MAX)
}
