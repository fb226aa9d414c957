//! Waiting for the key of a sealed version, and ending its delivery as the buyer should.

use std::{sync::Mutex, time::Duration};

use indicatif::ProgressBar;
use tokio::time::sleep;
use weighhouse_client::{
	calls,
	delivery::{Delivery, Payment, Purpose, State},
	keys::Keypair,
	sealed::{DeliverySecret, Identity, SealedKey},
	Client, Included, Sale,
};
use weighhouse_primitives::LicenceId;

use super::{describe, missing, own, show_state};
use crate::{
	commands::sealed::{complain_until, open, secret_of},
	context::Context,
	failure::{Failure, KeyFault},
};

/// Pause between two looks at the chain: half of a block.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a delivery is looked for that is not there, as while a node is behind.
const LOOKS: u32 = 10;
/// What a buyer gets of the price, besides all of it, if no key came in time: one part in so many.
const LATE_PART: u128 = 100;

/// A key that opens the files.
pub struct Opened {
	/// Its delivery, as it was last seen.
	pub delivery: Delivery,
	/// In which block that was.
	pub block: u64,
	/// The key.
	pub identity: Identity,
	/// The transaction by which this command paid for it, if it did.
	pub end: Option<Included>,
	/// What a sale paid to whom, if this command ended it.
	pub sale: Option<Sale>,
}

/// What there is to do about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
	/// Look again.
	Wait,
	/// Have the money back: no key came.
	Expire,
	/// Pay for the key, which is right.
	Finalize,
	/// Have the money back: the key is wrong.
	Complain,
	/// Nothing: the key is right.
	Done,
	/// Nothing: the key is wrong, and it is too late to complain.
	Lost,
}

impl Step {
	/// `opens` says whether the key that came is right. In block `now` all is seen; what is sent is
	/// executed in a later one.
	fn of(state: &State, opens: bool, now: u64, keep_open: bool) -> Self {
		match state {
			State::Awaiting { until, .. } if now > u64::from(*until) => Self::Expire,
			State::Awaiting { .. } => Self::Wait,
			State::Delivered { .. } if opens && keep_open => Self::Done,
			State::Delivered { .. } if opens => Self::Finalize,
			state if complain_until(state, now).is_some() => Self::Complain,
			State::Settled { .. } if opens => Self::Done,
			State::Delivered { .. } | State::Settled { .. } => Self::Lost,
		}
	}
}

/// Waits until the key for a licence is here, opens it, and pays for it unless `keep_open`. If it is
/// wrong, it complains; if none comes in time, it has the money back. Reads what counts as settled
/// under `--wait`.
///
/// From now on Ctrl-C tells how to go on.
pub async fn until_open(
	client: &Client,
	key: &Keypair,
	licence: LicenceId,
	keep_open: bool,
	context: &Context,
) -> Result<Opened, Failure> {
	context.await_key(licence);
	let teller = Teller::new(context, licence);
	let buyer = Buyer {
		client,
		key,
		licence,
		context,
	};
	let opened = buyer.follow(keep_open, &teller).await;
	teller.done();
	context.await_nothing();
	opened.map_err(|failure| failure.of_key(licence))
}

/// A complaint that the chain upheld.
pub struct Upheld {
	/// The transaction.
	pub included: Included,
	/// What the buyer has back, in plancks.
	pub refunded: u128,
	/// What it got of the bond besides.
	pub compensation: u128,
	/// What of the bond was burned.
	pub burned: u128,
}

/// Proves that a key is wrong, and has the money back. Nothing is sent of what is right.
pub async fn complain(
	client: &Client,
	key: &Keypair,
	delivery: &Delivery,
	context: &Context,
) -> Result<Upheld, Failure> {
	let licence = delivery.licence;
	let sealed = delivery
		.sealed()
		.ok_or_else(|| Failure::NotFound(format!("key delivered for licence {licence} yet")))?;
	let secret = secret_of(client, key, delivery).await?;
	if open(client, &secret, delivery, sealed)?.is_some() {
		return Err(Failure::KeyIsRight { licence });
	}
	let complaint = secret
		.complain(delivery.context(client.genesis_hash()), sealed)
		.map_err(|error| Failure::BadInput(format!("the seller's point is {error}")))?;
	let call = calls::complain(licence, &complaint);
	let included = context.submit(client, &call, key, "Complaining").await?;
	let upheld = calls::complaint_upheld(&included)?;
	Ok(Upheld {
		refunded: upheld.refunded,
		compensation: upheld.compensation,
		burned: upheld.burned,
		included,
	})
}

/// Who waits.
struct Buyer<'a> {
	client: &'a Client,
	key: &'a Keypair,
	licence: LicenceId,
	context: &'a Context,
}

impl Buyer<'_> {
	async fn follow(&self, keep_open: bool, teller: &Teller<'_>) -> Result<Opened, Failure> {
		let mut last: Option<Delivery> = None;
		let mut secret: Option<DeliverySecret> = None;
		let mut missed: u32 = 0;
		loop {
			let view = self.context.settled(self.client).await?;
			let now = view.block();
			let Some(delivery) = view.delivery(self.licence).await? else {
				// It was asked for, but not in a block that counts yet.
				let best = self.client.best().await?;
				if best.delivery(self.licence).await?.is_some() {
					sleep(PAUSE).await;
					continue;
				}
				missed = missed.saturating_add(1);
				self.gone(last.as_ref(), now, missed)?;
				sleep(PAUSE).await;
				continue;
			};
			own(&view, self.key, &delivery)?;
			missed = 0;
			teller.tell(&delivery, now);
			if secret.is_none() {
				secret = Some(secret_of(self.client, self.key, &delivery).await?);
			}
			let identity = match (&secret, delivery.sealed()) {
				(Some(secret), Some(sealed)) => open(self.client, secret, &delivery, sealed)?,
				_ => None,
			};
			let step = Step::of(&delivery.state, identity.is_some(), now, keep_open);
			let ends = matches!(step, Step::Complain | Step::Finalize);
			if ends && !self.is_final(&delivery).await? {
				last = Some(delivery);
				sleep(PAUSE).await;
				continue;
			}
			if step == Step::Complain {
				return Err(self.complain(&delivery).await?);
			}
			match (step, identity) {
				(Step::Finalize, Some(identity)) => {
					let (end, sale) = self.finalize(&delivery).await?;
					let delivery = settled(delivery);
					return Ok(Opened {
						delivery,
						block: now,
						identity,
						end,
						sale,
					});
				}
				(Step::Done, Some(identity)) => {
					return Ok(Opened {
						delivery,
						block: now,
						identity,
						end: None,
						sale: None,
					})
				}
				(Step::Expire, _) => self.expire().await?,
				(Step::Lost, _) => {
					return Err(Failure::WrongKey {
						licence: self.licence,
						complain_until: None,
					})
				}
				_ => {}
			}
			last = Some(delivery);
			sleep(PAUSE).await;
		}
	}

	/// Whether the key that came is in a final block. A complaint shows it to all, and a payment is for
	/// whatever is there then, so neither is sent of what a fork may still replace.
	async fn is_final(&self, delivery: &Delivery) -> Result<bool, Failure> {
		let view = self.client.finalized().await?;
		let found = view.delivery(self.licence).await?;
		let same = |found: &Delivery| same_key(found.sealed(), delivery.sealed());
		Ok(found.as_ref().is_some_and(same))
	}

	/// Proves that the key is wrong. What the buyer has then.
	async fn complain(&self, delivery: &Delivery) -> Result<Failure, Failure> {
		self.context
			.tell("The key does not open the files: proving it on chain.");
		let upheld = complain(self.client, self.key, delivery, self.context).await?;
		Ok(Failure::KeyRefunded {
			licence: self.licence,
			fault: KeyFault::Wrong,
			refunded: upheld.refunded,
			compensation: upheld.compensation,
			burned: upheld.burned,
		})
	}

	/// Pays for a right key. The chain or somebody else may have been first.
	async fn finalize(
		&self,
		delivery: &Delivery,
	) -> Result<(Option<Included>, Option<Sale>), Failure> {
		let call = calls::finalize_delivery(self.licence);
		let what = "The key opens the files: paying for it";
		match self
			.context
			.submit(self.client, &call, self.key, what)
			.await
		{
			Ok(included) => {
				let sale = match delivery.payment() {
					Some(Payment {
						purpose: Purpose::Sale,
						..
					}) => Some(calls::sold(&included)?),
					_ => None,
				};
				Ok((Some(included), sale))
			}
			Err(Failure::Chain(error)) if error.is("Delivery", "AlreadySettled") => {
				Ok((None, None))
			}
			Err(failure) => Err(failure),
		}
	}

	/// Has the money back that no key came for. The chain may have been first: then the delivery is
	/// gone at the next look.
	async fn expire(&self) -> Result<(), Failure> {
		let call = calls::expire_delivery(self.licence);
		let what = "No key came in time: taking the money back";
		match self
			.context
			.submit(self.client, &call, self.key, what)
			.await
		{
			Ok(included) => {
				let expired = calls::expired(&included)?;
				Err(Failure::KeyRefunded {
					licence: self.licence,
					fault: KeyFault::Late,
					refunded: expired.refunded,
					compensation: expired.compensation,
					burned: 0,
				})
			}
			// The chain was first, or a key came after all.
			Err(Failure::Chain(error))
				if error.is("Delivery", "UnknownDelivery")
					|| error.is("Delivery", "AlreadyDelivered") =>
			{
				Ok(())
			}
			Err(failure) => Err(failure),
		}
	}

	/// What it means that there is no delivery any more, if that is known.
	fn gone(&self, last: Option<&Delivery>, now: u64, missed: u32) -> Result<(), Failure> {
		if let Some((refunded, compensation)) = last.and_then(|last| late(&last.state, now)) {
			return Err(Failure::KeyRefunded {
				licence: self.licence,
				fault: KeyFault::Late,
				refunded,
				compensation,
				burned: 0,
			});
		}
		if missed < LOOKS {
			return Ok(());
		}
		Err(missing(self.licence))
	}
}

/// What a buyer has back, and gets besides, if the chain has ended a delivery that was last seen
/// `Awaiting`.
fn late(state: &State, now: u64) -> Option<(u128, u128)> {
	match state {
		State::Awaiting { payment, until } if now > u64::from(*until) => {
			let compensation = match payment.purpose {
				Purpose::Sale => payment.amount / LATE_PART,
				Purpose::Again => 0,
			};
			Some((payment.amount, compensation))
		}
		_ => None,
	}
}

/// A delivery as it is once it was paid for.
fn settled(mut delivery: Delivery) -> Delivery {
	if let Some(sealed) = delivery.sealed().copied() {
		delivery.state = State::Settled { sealed };
	}
	delivery
}

fn same_key(one: Option<&SealedKey>, other: Option<&SealedKey>) -> bool {
	one.is_some() && one == other
}

/// Shows where a delivery stands: a line for each phase, and below a line that moves.
struct Teller<'a> {
	context: &'a Context,
	spinner: ProgressBar,
	shown: Mutex<Option<&'static str>>,
}

impl<'a> Teller<'a> {
	fn new(context: &'a Context, licence: LicenceId) -> Self {
		Self {
			context,
			spinner: context.spinner(format!("Licence {licence}")),
			shown: Mutex::new(None),
		}
	}

	fn tell(&self, delivery: &Delivery, now: u64) {
		let described = format!("Licence {}: {}", delivery.licence, describe(delivery, now));
		let phase = show_state(&delivery.state);
		let mut shown = match self.shown.lock() {
			Ok(shown) => shown,
			Err(poisoned) => poisoned.into_inner(),
		};
		if shown.replace(phase) != Some(phase) {
			self.spinner
				.suspend(|| self.context.tell(&format!("Block {now}  {described}")));
		}
		self.spinner.set_message(described);
	}

	fn done(&self) {
		self.spinner.finish_and_clear();
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::sealed::tests::{delivery, payment, sealed};

	fn awaiting() -> State {
		State::Awaiting {
			payment: payment(),
			until: 100,
		}
	}

	fn delivered() -> State {
		State::Delivered {
			payment: payment(),
			sealed: sealed(),
			until: 200,
		}
	}

	#[test]
	fn key_is_waited_for_until_the_last_block_of_the_window() {
		assert_eq!(Step::of(&awaiting(), false, 100, false), Step::Wait);
		assert_eq!(Step::of(&awaiting(), false, 101, false), Step::Expire);
	}

	#[test]
	fn right_key_is_paid_for_unless_the_sale_is_to_stay_open() {
		assert_eq!(Step::of(&delivered(), true, 150, false), Step::Finalize);
		assert_eq!(Step::of(&delivered(), true, 150, true), Step::Done);
		assert_eq!(Step::of(&delivered(), true, 300, false), Step::Finalize);
		let settled = State::Settled { sealed: sealed() };
		assert_eq!(Step::of(&settled, true, 150, false), Step::Done);
	}

	#[test]
	fn wrong_key_is_complained_of_while_a_complaint_can_be_in_time() {
		for keep_open in [false, true] {
			let step = |now| Step::of(&delivered(), false, now, keep_open);
			assert_eq!(step(199), Step::Complain);
			// Seen in the last block, it could be executed only after it.
			assert_eq!(step(200), Step::Lost);
		}
		let settled = State::Settled { sealed: sealed() };
		assert_eq!(Step::of(&settled, false, 150, false), Step::Lost);
	}

	#[test]
	fn price_is_back_with_a_hundredth_of_it_when_the_chain_has_ended_a_late_sale() {
		assert_eq!(late(&awaiting(), 100), None);
		let sale = late(&awaiting(), 101);
		assert_eq!(sale, Some((5_000_000_000_000, 50_000_000_000)));
		let again = State::Awaiting {
			payment: Payment {
				purpose: Purpose::Again,
				..payment()
			},
			until: 100,
		};
		assert_eq!(late(&again, 101), Some((5_000_000_000_000, 0)));
		// One that was delivered ended otherwise.
		assert_eq!(late(&delivered(), 300), None);
	}

	#[test]
	fn key_is_the_same_only_when_there_is_one() {
		let other = SealedKey {
			ciphertext: [0; 32],
			..sealed()
		};
		assert!(same_key(Some(&sealed()), Some(&sealed())));
		assert!(!same_key(Some(&other), Some(&sealed())));
		assert!(!same_key(None, None));
	}

	#[test]
	fn delivery_counts_as_settled_when_it_was_paid_for() {
		let paid = settled(delivery(delivered()));
		assert_eq!(show_state(&paid.state), "settled");
		assert_eq!(paid.sealed(), Some(&sealed()));
	}
}
