//! What opens sealed versions: identities, where they come from, and the files they are kept in.

use std::{collections::BTreeMap, path::Path};

use tokio::task::block_in_place;
use weighhouse_client::{
	delivery::{self, Delivery, State},
	keys::{account_of, AccountId32, Keypair},
	sealed::{identity_lines, DeliverySecret, Identity, OpenError, Recipient, SealedKey},
	secret::Zeroizing,
	ChainError, Client, Licence, Listing, Standing, Version, View,
};
use weighhouse_primitives::{LicenceId, ListingId, VersionNumber};

use crate::{
	failure::{Failure, MissingKey},
	output::plain,
	secrets::{read, write_private},
};

/// Whom a version is sealed for.
pub fn recipient_of(version: &Version) -> Result<Option<Recipient>, Failure> {
	version.sealed.as_deref().map(recipient).transpose()
}

/// The recipient in a text of the chain.
pub fn recipient(text: &str) -> Result<Recipient, Failure> {
	Recipient::parse(text.as_bytes()).map_err(|error| {
		Failure::Chain(ChainError::Unexpected(format!("recipient {text}: {error}")))
	})
}

/// Refuses an identity that is not that of a version.
pub fn check_identity(version: &Version, identity: &Identity) -> Result<(), Failure> {
	let (listing, number) = (version.listing, version.version);
	let expected = recipient_of(version)?.ok_or(Failure::NotSealed {
		listing,
		version: number,
	})?;
	let given = identity.recipient();
	if given == expected {
		return Ok(());
	}
	Err(Failure::OtherIdentity {
		listing,
		version: number,
		expected: expected.to_text(),
		given: given.to_text(),
	})
}

/// Refuses a file that is there already.
pub fn check_free(path: &Path) -> Result<(), Failure> {
	if path.symlink_metadata().is_ok() {
		return Err(Failure::BadInput(format!(
			"{} exists already, and may hold the only copy of another key: name another file",
			path.display()
		)));
	}
	Ok(())
}

/// Writes an age identity file that its owner alone may read, where there is none yet.
pub fn write_identity(
	path: &Path,
	identity: &Identity,
	listing: ListingId,
	version: VersionNumber,
) -> Result<(), Failure> {
	check_free(path)?;
	let text = identity_text(identity, listing, version);
	write_private(path, text.as_bytes())
}

/// An identity file in the form of `age-keygen`.
fn identity_text(
	identity: &Identity,
	listing: ListingId,
	version: VersionNumber,
) -> Zeroizing<String> {
	Zeroizing::new(format!(
		"# Weighhouse: the files of {listing}@{version}\n# public key: {}\n{}\n",
		identity.recipient().to_text(),
		*identity.to_text()
	))
}

/// Reads the identity in an age identity file, which must be the only one in it.
pub fn read_identity(path: &Path) -> Result<Identity, Failure> {
	let text = read(path)?;
	parse_identity(&text)
		.map_err(|reason| Failure::BadInput(format!("{} {reason}", path.display())))
}

/// The identity in the text of an age identity file. What is wrong with a secret is not repeated.
fn parse_identity(text: &str) -> Result<Identity, String> {
	let mut keys = identity_lines(text);
	let (Some((_, key)), None) = (keys.next(), keys.next()) else {
		return Err("must hold one age identity, AGE-SECRET-KEY-1...".into());
	};
	Identity::parse(key.as_bytes()).map_err(|error| format!("holds what is {error}"))
}

/// The secret for which a key was asked, found again from the key that signs.
pub async fn secret_of(
	client: &Client,
	key: &Keypair,
	delivery: &Delivery,
) -> Result<DeliverySecret, Failure> {
	let next = client.next_index(&account_of(key)).await?;
	let genesis = client.genesis_hash();
	let secret = block_in_place(|| delivery::secret_of(key, genesis, next, &delivery.key));
	secret.ok_or(Failure::Sealed {
		listing: delivery.listing,
		version: delivery.version,
		missing: MissingKey::OtherSecret(delivery.licence),
	})
}

/// Opens what was delivered. None if it is a wrong key.
pub fn open(
	client: &Client,
	secret: &DeliverySecret,
	delivery: &Delivery,
	sealed: &SealedKey,
) -> Result<Option<Identity>, Failure> {
	let context = delivery.context(client.genesis_hash());
	match secret.open(context, &recipient(&delivery.recipient)?, sealed) {
		Ok(identity) => Ok(Some(identity)),
		Err(OpenError::WrongKey) => Ok(None),
		// The chain takes no such delivery.
		Err(error @ OpenError::Point(_)) => Err(Failure::Chain(ChainError::Unexpected(format!(
			"delivery of licence {}: {error}",
			delivery.licence
		)))),
	}
}

/// Opens what was delivered, as was seen in block `now`, by the key that signs.
pub async fn open_by(
	client: &Client,
	key: &Keypair,
	delivery: &Delivery,
	now: u64,
) -> Result<Identity, Failure> {
	let sealed = delivery.sealed().ok_or(Failure::Sealed {
		listing: delivery.listing,
		version: delivery.version,
		missing: MissingKey::Awaited(delivery.licence),
	})?;
	let secret = secret_of(client, key, delivery).await?;
	open(client, &secret, delivery, sealed)?.ok_or(Failure::WrongKey {
		licence: delivery.licence,
		complain_until: complain_until(&delivery.state, now),
	})
}

/// The last block in which the buyer can complain of what came, seen from block `now`: what is sent then
/// is executed in a later one. None if it is too late, or nothing came.
pub fn complain_until(state: &State, now: u64) -> Option<u32> {
	match state {
		State::Delivered { until, .. } if now < u64::from(*until) => Some(*until),
		_ => None,
	}
}

/// The identity of a version that was delivered to the account of a key.
pub async fn bought(
	client: &Client,
	view: &View,
	key: &Keypair,
	listing: &Listing,
	version: &Version,
) -> Result<Identity, Failure> {
	let (id, number) = (listing.id, version.version);
	let account = account_of(key);
	let mut licences = view.licences_of(&account).await?;
	licences.retain(|licence| covers(licence, id, number));
	let mut deliveries = Vec::new();
	for licence in &licences {
		deliveries.extend(view.delivery(licence.licence).await?);
	}
	// A licence that is not paid for good yet is none, but its key may be here.
	let is_here = |one: &Delivery| one.buyer == account && one.sealed().is_some();
	if !deliveries.iter().any(is_here) {
		let wants = |delivery: &Delivery| {
			delivery.buyer == account && delivery.listing == id && delivery.version == number
		};
		deliveries.extend(view.all_deliveries(wants).await?);
	}
	// Some may be for a secret that is kept elsewhere.
	for delivery in deliveries.iter().filter(|one| is_here(one)) {
		if let Ok(identity) = open_by(client, key, delivery, view.block()).await {
			return Ok(identity);
		}
	}
	let held: Vec<_> = licences.iter().map(|licence| licence.licence).collect();
	match choose(&account, &held, deliveries) {
		Ok(delivery) => open_by(client, key, &delivery, view.block()).await,
		Err(missing) => Err(Failure::Sealed {
			listing: id,
			version: number,
			missing: match missing {
				MissingKey::NoLicence if account == listing.owner => MissingKey::OwnVault,
				missing => missing,
			},
		}),
	}
}

fn covers(licence: &Licence, listing: ListingId, version: VersionNumber) -> bool {
	licence.listing == listing
		&& licence.standing == Standing::Valid
		&& (licence.first_version..=licence.last_version).contains(&version)
}

/// Which of the deliveries of a version holds a key for `account`, which holds these licences of it.
fn choose(
	account: &AccountId32,
	licences: &[LicenceId],
	deliveries: Vec<Delivery>,
) -> Result<Delivery, MissingKey> {
	let mut own: Vec<_> = deliveries
		.into_iter()
		.filter(|delivery| delivery.buyer == *account)
		.collect();
	if let Some(here) = own.iter().position(|delivery| delivery.sealed().is_some()) {
		return Ok(own.swap_remove(here));
	}
	match (own.first(), licences.first()) {
		(Some(awaited), _) => Err(MissingKey::Awaited(awaited.licence)),
		(None, Some(licence)) => Err(MissingKey::NotAsked(*licence)),
		(None, None) => Err(MissingKey::NoLicence),
	}
}

/// Whom versions are sealed for, as far as `licences` cover one version alone. Others are not sealed.
pub async fn recipients(
	view: &View,
	licences: &[Licence],
) -> Result<BTreeMap<(ListingId, VersionNumber), String>, Failure> {
	let mut recipients = BTreeMap::new();
	let mut seen = Vec::new();
	for licence in licences {
		let version = (licence.listing, licence.first_version);
		if licence.first_version != licence.last_version || seen.contains(&version) {
			continue;
		}
		seen.push(version);
		let sealed = view.version(version.0, version.1).await?;
		if let Some(recipient) = sealed.and_then(|version| version.sealed) {
			recipients.insert(version, plain(&recipient));
		}
	}
	Ok(recipients)
}

#[cfg(test)]
pub mod tests {
	use weighhouse_client::delivery::{Payment, Purpose};

	use super::*;

	/// A delivery of licence 7 for the version 3@1, to the account of ones.
	pub fn delivery(state: State) -> Delivery {
		Delivery {
			licence: 7,
			listing: 3,
			buyer: AccountId32([1; 32]),
			seller: AccountId32([2; 32]),
			version: 1,
			recipient: Identity::from_bytes([5; 32]).recipient().to_text(),
			key: [6; 32],
			state,
		}
	}

	/// The price of a sale of 5 WGH.
	pub fn payment() -> Payment {
		Payment {
			purpose: Purpose::Sale,
			amount: 5_000_000_000_000,
			cover: 500_000_000_000,
		}
	}

	/// A key that opens nothing.
	pub fn sealed() -> SealedKey {
		SealedKey {
			point: [8; 32],
			ciphertext: [9; 32],
		}
	}

	fn awaiting() -> Delivery {
		delivery(State::Awaiting {
			payment: payment(),
			until: 100,
		})
	}

	#[test]
	fn identity_comes_back_when_its_file_is_read() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("key.txt");
		let identity = Identity::from_bytes([5; 32]);
		write_identity(&path, &identity, 3, 1).unwrap();
		assert_eq!(read_identity(&path).unwrap().bytes(), identity.bytes());
		let text = std::fs::read_to_string(&path).unwrap();
		assert!(text.contains("# public key: age1"), "{text}");
		let again = write_identity(&path, &Identity::from_bytes([4; 32]), 3, 1);
		assert_eq!(again.unwrap_err().exit(), 8);
		assert_eq!(read_identity(&path).unwrap().bytes(), identity.bytes());
	}

	#[test]
	fn identity_is_refused_when_a_file_does_not_hold_just_one() {
		let key = Identity::from_bytes([5; 32]).to_text();
		assert!(parse_identity(&format!("# made today\n\n  {}\r\n", *key)).is_ok());
		for text in [
			"# nothing".to_owned(),
			format!("{0}\n{0}\n", *key),
			"AGE-SECRET-KEY-1QQQQ".to_owned(),
		] {
			let refused = parse_identity(&text).unwrap_err();
			assert!(!refused.contains("QQQQ"), "{refused}");
		}
	}

	#[test]
	fn delivered_key_is_taken_when_another_is_still_awaited() {
		let account = AccountId32([1; 32]);
		let mut here = delivery(State::Settled { sealed: sealed() });
		here.licence = 8;
		let chosen = choose(&account, &[7, 8], vec![awaiting(), here]);
		assert_eq!(chosen.unwrap().licence, 8);
	}

	#[test]
	fn what_is_missing_is_told_when_no_key_is_here() {
		let account = AccountId32([1; 32]);
		let missing = |licences: &[LicenceId], deliveries| {
			choose(&account, licences, deliveries).unwrap_err()
		};
		assert_eq!(missing(&[], vec![awaiting()]), MissingKey::Awaited(7));
		assert_eq!(missing(&[], vec![]), MissingKey::NoLicence);
		assert_eq!(missing(&[7], vec![]), MissingKey::NotAsked(7));
		// The licence was handed on, and the key went to who had it before.
		let mut before = delivery(State::Settled { sealed: sealed() });
		before.buyer = AccountId32([3; 32]);
		assert_eq!(missing(&[7], vec![before]), MissingKey::NotAsked(7));
	}
}
