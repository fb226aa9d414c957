//! Deliveries of the keys of sealed versions: who waits for what, until when, and what came.
//!
//! Amounts are in plancks (10^-12 WGH), blocks are block numbers.

use subxt::utils::H256;
use weighhouse_primitives::{
	sealing::{Context, DeliverySecret, PointBytes, SealedKey},
	LicenceId, ListingId, VersionNumber,
};

use crate::{
	error::ChainError,
	keys::{self, AccountId32, Keypair},
	runtime::{runtime_apis, runtime_types},
	view::View,
};

mod generated {
	pub use super::runtime_types::{
		pallet_delivery::types::*, weighhouse_primitives::sealing::SealedKey,
	};
}

/// The most records that the runtime gives at once.
const PAGE: u32 = 100;
/// How many transactions of an account are looked back on to find a secret again.
const LOOK_BACK: u64 = 100_000;
/// How many are looked ahead to: the pool may have counted some that never came into a block.
const LOOK_AHEAD: u64 = 1_000;

/// What a key is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
	/// A licence is being bought.
	Sale,
	/// A holder asks once more.
	Again,
}

/// What is paid for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
	/// What for.
	pub purpose: Purpose,
	/// The price or fee that is held of the buyer.
	pub amount: u128,
	/// What of the seller's bond covers it.
	pub cover: u128,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
	/// The seller has to deliver.
	Awaiting {
		/// What waits.
		payment: Payment,
		/// The last block in which the seller can deliver.
		until: u32,
	},
	/// The buyer may complain.
	Delivered {
		/// What waits.
		payment: Payment,
		/// The key.
		sealed: SealedKey,
		/// The last block in which the buyer can complain.
		until: u32,
	},
	/// It ended well and was paid for.
	Settled {
		/// The key.
		sealed: SealedKey,
	},
}

/// A key that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
	/// Number of the licence, which counts only once a sale is settled.
	pub licence: LicenceId,
	/// Number of the listing.
	pub listing: ListingId,
	/// Who asked for the key.
	pub buyer: AccountId32,
	/// Who has to deliver.
	pub seller: AccountId32,
	/// The version whose files the key opens.
	pub version: VersionNumber,
	/// Whom those files are encrypted to, as age writes it.
	pub recipient: String,
	/// What the key is sealed for.
	pub key: PointBytes,
	/// Where it stands.
	pub state: State,
}

impl Delivery {
	/// What the delivery is bound to on the chain with this genesis hash.
	pub fn context(&self, genesis: H256) -> Context {
		Context {
			genesis: genesis.0.into(),
			licence: self.licence,
			version: self.version,
		}
	}

	/// The key, if it came.
	pub fn sealed(&self) -> Option<&SealedKey> {
		match &self.state {
			State::Awaiting { .. } => None,
			State::Delivered { sealed, .. } | State::Settled { sealed } => Some(sealed),
		}
	}

	/// What waits for the end of the delivery.
	pub fn payment(&self) -> Option<&Payment> {
		match &self.state {
			State::Awaiting { payment, .. } | State::Delivered { payment, .. } => Some(payment),
			State::Settled { .. } => None,
		}
	}
}

/// A key that is sealed for one request, which the chain takes for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedFor {
	/// Number of the licence.
	pub licence: LicenceId,
	/// What the key was asked for with.
	pub key: PointBytes,
	/// What is delivered.
	pub sealed: SealedKey,
}

/// Who sells sealed versions, and what it answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seller {
	/// What is held of it.
	pub bond: u128,
	/// What of that covers sales that wait.
	pub covers: u128,
	/// The highest price of one more sale that the rest covers.
	pub highest_price: u128,
	/// How many blocks it has to deliver.
	pub window: u32,
}

/// A key that was asked for by [`crate::calls::buy_sealed`] or [`crate::calls::ask_again`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequested {
	/// Number of the licence.
	pub licence: LicenceId,
	/// Number of the listing.
	pub listing: ListingId,
	/// The version whose files the key opens.
	pub version: VersionNumber,
	/// Who has to deliver.
	pub seller: AccountId32,
	/// Who asked and pays.
	pub buyer: AccountId32,
	/// What is paid for it.
	pub payment: Payment,
	/// The last block in which it can be delivered.
	pub until: u32,
}

/// What came of a delivery that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refunded {
	/// What the buyer has back.
	pub refunded: u128,
	/// What the buyer got of the seller's bond besides.
	pub compensation: u128,
	/// What of the bond was burned.
	pub burned: u128,
}

/// The secret behind a delivery key of the account of `key`, whose next transaction has the number
/// `next`: secrets follow from the key and the number of a transaction before.
///
/// Tries 100,000 numbers before and 1,000 from then on, newest first, each for a few ten microseconds.
pub fn secret_of(
	key: &Keypair,
	genesis: H256,
	next: u64,
	wanted: &PointBytes,
) -> Option<DeliverySecret> {
	let first = next.saturating_sub(LOOK_BACK);
	(first..=next.saturating_add(LOOK_AHEAD))
		.rev()
		.map(|number| keys::delivery_secret(key, genesis, number))
		.find(|secret| secret.key() == *wanted)
}

impl View {
	/// The last delivery under a licence, if there is one.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked; so for every read here.
	pub async fn delivery(&self, licence: LicenceId) -> Result<Option<Delivery>, ChainError> {
		let payload = runtime_apis().delivery_api().delivery(licence);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// At most `limit` (100) deliveries that follow the one of the licence `after`; 0 is the start.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn deliveries(
		&self,
		after: LicenceId,
		limit: u32,
	) -> Result<Vec<Delivery>, ChainError> {
		let payload = runtime_apis().delivery_api().deliveries(after, limit);
		let page = self.call(payload).await?;
		Ok(page.into_iter().map(Into::into).collect())
	}

	/// All deliveries that `wants` takes.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn all_deliveries(
		&self,
		wants: impl Fn(&Delivery) -> bool,
	) -> Result<Vec<Delivery>, ChainError> {
		let mut found = Vec::new();
		let mut after = 0;
		loop {
			let page = self.deliveries(after, PAGE).await?;
			let Some(last) = page.last() else {
				return Ok(found);
			};
			after = last.licence;
			found.extend(page.into_iter().filter(|delivery| wants(delivery)));
		}
	}

	/// What a seller has put aside, and how long it has to deliver; none if it has no bond.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn seller(&self, account: &AccountId32) -> Result<Option<Seller>, ChainError> {
		let payload = runtime_apis().delivery_api().seller(*account);
		Ok(self.call(payload).await?.map(Into::into))
	}

	/// The deposit that a delivery holds of whoever asked for it.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn delivery_deposit(&self) -> Result<u128, ChainError> {
		let payload = runtime_apis().delivery_api().delivery_deposit();
		self.call(payload).await
	}

	/// What another delivery of a key costs.
	///
	/// # Errors
	/// [`ChainError`] if the node cannot be asked.
	pub async fn repeat_fee(&self) -> Result<u128, ChainError> {
		let payload = runtime_apis().delivery_api().repeat_fee();
		self.call(payload).await
	}
}

impl From<generated::Purpose> for Purpose {
	fn from(purpose: generated::Purpose) -> Self {
		match purpose {
			generated::Purpose::Sale => Self::Sale,
			generated::Purpose::Again => Self::Again,
		}
	}
}

impl From<generated::Payment> for Payment {
	fn from(payment: generated::Payment) -> Self {
		Self {
			purpose: payment.purpose.into(),
			amount: payment.amount,
			cover: payment.cover,
		}
	}
}

fn sealed_key(sealed: generated::SealedKey) -> SealedKey {
	SealedKey {
		point: sealed.point,
		ciphertext: sealed.ciphertext,
	}
}

impl From<generated::State<u32>> for State {
	fn from(state: generated::State<u32>) -> Self {
		match state {
			generated::State::Awaiting { payment, until } => Self::Awaiting {
				payment: payment.into(),
				until,
			},
			generated::State::Delivered {
				payment,
				sealed,
				until,
			} => Self::Delivered {
				payment: payment.into(),
				sealed: sealed_key(sealed),
				until,
			},
			generated::State::Settled { sealed } => Self::Settled {
				sealed: sealed_key(sealed),
			},
		}
	}
}

impl From<generated::DeliveryView<AccountId32, u32>> for Delivery {
	fn from(view: generated::DeliveryView<AccountId32, u32>) -> Self {
		Self {
			licence: view.licence,
			listing: view.listing,
			buyer: view.buyer,
			seller: view.seller,
			version: view.version,
			recipient: view.recipient,
			key: view.key,
			state: view.state.into(),
		}
	}
}

impl From<generated::SellerView<u32>> for Seller {
	fn from(view: generated::SellerView<u32>) -> Self {
		Self {
			bond: view.bond,
			covers: view.covers,
			highest_price: view.highest_price,
			window: view.window,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn secret_is_found_again_when_the_account_has_sent_more_since() {
		let key = keys::from_suri("//Bob").unwrap();
		let genesis = H256::repeat_byte(7);
		let wanted = keys::delivery_secret(&key, genesis, 3).key();
		let found =
			|key, genesis, next| secret_of(key, genesis, next, &wanted).map(|secret| secret.key());
		assert_eq!(found(&key, genesis, 3), Some(wanted));
		assert_eq!(found(&key, genesis, 40), Some(wanted));
		assert_eq!(found(&key, genesis, 2), Some(wanted));
		assert_eq!(found(&key, H256::repeat_byte(8), 40), None);
		let other = keys::from_suri("//Bob//2").unwrap();
		assert_eq!(found(&other, genesis, 40), None);
	}
}
