//! What a daemon begins with: the lock, and what there is to deliver with.

use std::{
	collections::BTreeSet,
	fs::{self, File, OpenOptions, TryLockError},
	io::{Read, Write},
	path::{Path, PathBuf},
};

use weighhouse_client::{keys::AccountId32, sealed::Vault, ChainError, Offer, View};
use weighhouse_gateway::config::user_data;

use crate::{
	commands::{deliver::lines::Shop, vault::identity_of},
	failure::Failure,
};

/// Listings that are asked for at once.
const PAGE: u32 = 100;

/// Keeps a second daemon of `seller` from starting on this machine while the file is open. The system
/// gives the lock back when the process ends, however it does.
pub fn lock(named: Option<PathBuf>, seller: &AccountId32) -> Result<File, Failure> {
	let folder = folder(named)?;
	fs::create_dir_all(&folder).map_err(|source| Failure::Write {
		path: folder.clone(),
		source,
	})?;
	lock_at(&folder.join(format!("{seller}.lock")), seller)
}

fn lock_at(path: &Path, seller: &AccountId32) -> Result<File, Failure> {
	let failed = |source| Failure::Write {
		path: path.to_owned(),
		source,
	};
	let mut file = OpenOptions::new()
		.read(true)
		.write(true)
		.create(true)
		.truncate(false)
		.open(path)
		.map_err(failed)?;
	match file.try_lock() {
		Ok(()) => {}
		Err(TryLockError::WouldBlock) => {
			let mut process = String::new();
			// Whose it is matters less than that it is taken.
			let _ = file.read_to_string(&mut process);
			return Err(Failure::BadInput(format!(
				"another `weighhouse deliver` of {seller} runs on this machine (process {}): one is enough, and two pay twice. It holds {}",
				process.trim(),
				path.display()
			)));
		}
		Err(TryLockError::Error(source)) => return Err(failed(source)),
	}
	file.set_len(0)
		.and_then(|()| writeln!(file, "{}", std::process::id()))
		.map_err(failed)?;
	Ok(file)
}

/// Where the lock is, unless another folder was named.
fn folder(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
	let usual = || Some(user_data()?.join("weighhouse/deliver"));
	named
		.or_else(usual)
		.ok_or_else(|| Failure::Usage("say where to keep the lock with --data".into()))
}

/// Reads the bond of a seller, and which of its sealed versions on sale a vault opens.
pub async fn shop(view: &View, seller: &AccountId32, vault: &Vault) -> Result<Shop, ChainError> {
	let mut sealed = BTreeSet::new();
	let mut misfits = Vec::new();
	let mut next = Some(1);
	while let Some(from) = next {
		let page = view.listings(from, PAGE).await?;
		for listing in page.listings.iter().filter(|one| one.owner == *seller) {
			for offer in view.offers(listing.id).await? {
				let version = (listing.id, offer.first_version);
				let Some(recipient) = on_sale(offer) else {
					continue;
				};
				if !sealed.insert(version) {
					continue;
				}
				let record = view.version(version.0, version.1).await?;
				let fits = record.is_some_and(|record| {
					identity_of(vault, &record.artifact_root)
						.recipient()
						.to_text() == recipient
				});
				if !fits {
					misfits.push(format!("{}@{}", version.0, version.1));
				}
			}
		}
		next = page.next;
	}
	Ok(Shop {
		seller: view.seller(seller).await?,
		sealed: sealed.len(),
		misfits,
	})
}

/// Whom the files of an offer are sealed for, if it is one of a sealed version and can be bought now.
fn on_sale(offer: Offer) -> Option<String> {
	offer.sealed.filter(|_| offer.unavailable.is_none())
}

#[cfg(test)]
mod tests {
	use weighhouse_client::{NotForSale, H256};
	use weighhouse_primitives::{Rights, Term, Transferability};

	use super::*;

	fn offer(sealed: Option<&str>, unavailable: Option<NotForSale>) -> Offer {
		Offer {
			listing: 1,
			offer: 1,
			opener: AccountId32([5; 32]),
			price: 0,
			term: Term::Perpetual,
			first_version: 1,
			last_version: 1,
			rights: Rights::Use,
			transferability: Transferability::Bound,
			supply: None,
			sold: 0,
			terms: H256::zero(),
			royalties: Vec::new(),
			opened: 1,
			unavailable,
			sealed: sealed.map(ToOwned::to_owned),
		}
	}

	#[test]
	fn version_is_on_sale_when_it_is_sealed_and_can_be_bought() {
		let age = Some("age1");
		assert_eq!(on_sale(offer(age, None)).as_deref(), age);
		assert_eq!(on_sale(offer(None, None)), None);
		for why in [
			NotForSale::SoldOut,
			NotForSale::OfferClosed,
			NotForSale::VersionYanked,
		] {
			assert_eq!(on_sale(offer(age, Some(why))), None);
		}
	}

	#[test]
	fn second_daemon_of_a_seller_is_refused_until_the_first_ends() {
		let data = tempfile::tempdir().unwrap();
		let folder = Some(data.path().join("deliver"));
		let (seller, other) = (AccountId32([5; 32]), AccountId32([6; 32]));
		let first = lock(folder.clone(), &seller).unwrap();
		let refused = lock(folder.clone(), &seller).unwrap_err().to_string();
		let process = format!("process {}", std::process::id());
		assert!(refused.contains(&process), "{refused}");
		lock(folder.clone(), &other).unwrap();
		drop(first);
		lock(folder, &seller).unwrap();
	}
}
