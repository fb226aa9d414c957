//! The salts that hide answers in their commitments.
//!
//! A salt is derived, not drawn: HMAC-SHA256 under this machine's secret over a domain, the request,
//! the worker and the round. So the reveal of a commitment can be rebuilt as long as the secret is
//! there, and nobody without it can try answers against a commitment.

use std::{
	fmt,
	fs::{self, File, OpenOptions},
	io::{self, Read, Write},
	path::Path,
};

use codec::Encode;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sp_core::H256;
use weighhouse_client::secret::sync_folder;
use weighhouse_primitives::inference::Round;

use crate::SecretError;

/// Sets these hashes apart from all others under the same secret.
const DOMAIN: &[u8] = b"weighhouse/salt/v1";
/// Bytes of a secret.
const LENGTH: usize = 32;

/// 32 random bytes that never leave this machine.
#[derive(Clone)]
pub struct Secret([u8; LENGTH]);

impl fmt::Debug for Secret {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Secret(..)")
	}
}

impl Secret {
	/// Reads the secret at `path`, or makes one there that only this user can read. Two processes
	/// must not do this at the same time.
	///
	/// # Errors
	/// [`SecretError`] if it cannot be read or written, is malformed, or can be read by others.
	pub fn open(path: &Path) -> Result<Self, SecretError> {
		match File::open(path) {
			Ok(file) => Self::read(file, path),
			Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
			Err(source) => Err(SecretError::File {
				path: path.to_owned(),
				source,
			}),
		}
	}

	/// The salt of a worker's answer to a request in a round.
	pub fn salt(&self, request_hash: H256, worker: H256, round: Round) -> H256 {
		let mut mac =
			<Hmac<Sha256> as Mac>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
		mac.update(DOMAIN);
		mac.update(request_hash.as_bytes());
		mac.update(worker.as_bytes());
		mac.update(&round.encode());
		H256(mac.finalize().into_bytes().into())
	}

	fn read(file: File, path: &Path) -> Result<Self, SecretError> {
		let failed = |source| SecretError::File {
			path: path.to_owned(),
			source,
		};
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
			if mode & 0o077 != 0 {
				return Err(SecretError::Exposed {
					path: path.to_owned(),
					mode,
				});
			}
		}
		let mut bytes = Vec::new();
		// One byte more than there should be tells a longer file apart.
		file.take(LENGTH as u64 + 1)
			.read_to_end(&mut bytes)
			.map_err(failed)?;
		match <[u8; LENGTH]>::try_from(bytes.as_slice()) {
			Ok(secret) => Ok(Self(secret)),
			Err(_) => Err(SecretError::Length {
				path: path.to_owned(),
				found: bytes.len(),
			}),
		}
	}

	fn create(path: &Path) -> Result<Self, SecretError> {
		let mut secret = [0; LENGTH];
		getrandom::fill(&mut secret).map_err(|error| SecretError::Random(error.to_string()))?;
		// Under its own name only when it is on the disk, so that half a secret is never found.
		let fresh = path.with_extension("new");
		write(&fresh, &secret)
			.and_then(|()| fs::rename(&fresh, path))
			.and_then(|()| sync_folder(path))
			.map_err(|source| SecretError::File {
				path: path.to_owned(),
				source,
			})?;
		Ok(Self(secret))
	}
}

fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
	match fs::remove_file(path) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
		_ => {}
	}
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt;
		options.mode(0o600);
	}
	let mut file = options.open(path)?;
	file.write_all(secret)?;
	file.sync_all()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn folder() -> tempfile::TempDir {
		tempfile::tempdir().unwrap()
	}

	#[test]
	fn secret_is_the_same_when_opened_again() {
		let folder = folder();
		let path = folder.path().join("secret");
		let first = Secret::open(&path).unwrap();
		let second = Secret::open(&path).unwrap();
		assert_eq!(first.0, second.0);
		assert_ne!(first.0, [0; 32]);
		assert_eq!(format!("{first:?}"), "Secret(..)");
		let other = Secret::open(&folder.path().join("other")).unwrap();
		assert_ne!(first.0, other.0);
	}

	#[cfg(unix)]
	#[test]
	fn secret_is_for_its_owner_only() {
		use std::os::unix::fs::PermissionsExt;
		let folder = folder();
		let path = folder.path().join("secret");
		Secret::open(&path).unwrap();
		let mode = fs::metadata(&path).unwrap().permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
		fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
		assert!(matches!(
			Secret::open(&path),
			Err(SecretError::Exposed { mode: 0o644, .. })
		));
	}

	#[cfg(unix)]
	#[test]
	fn secret_is_refused_when_its_length_is_wrong() {
		use std::os::unix::fs::PermissionsExt;
		let folder = folder();
		let path = folder.path().join("secret");
		for length in [0, 31, 33, 64] {
			fs::write(&path, vec![1; length]).unwrap();
			fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
			assert!(matches!(
				Secret::open(&path),
				Err(SecretError::Length { .. })
			));
		}
	}

	#[test]
	fn salt_differs_when_anything_differs() {
		let secret = Secret([1; 32]);
		let one = H256::repeat_byte(1);
		let two = H256::repeat_byte(2);
		let salt = secret.salt(one, two, Round::Main);
		assert_eq!(salt, secret.salt(one, two, Round::Main));
		for other in [
			secret.salt(two, two, Round::Main),
			secret.salt(one, one, Round::Main),
			secret.salt(one, two, Round::Audit),
			secret.salt(one, two, Round::Jury),
			Secret([2; 32]).salt(one, two, Round::Main),
		] {
			assert_ne!(salt, other);
		}
	}

	#[test]
	fn salt_is_the_hmac_that_the_page_describes() {
		// Python: hmac.new(bytes([1]*32), b"weighhouse/salt/v1" + b"\1"*32 + b"\2"*32 + b"\0", "sha256")
		let salt = Secret([1; 32]).salt(H256::repeat_byte(1), H256::repeat_byte(2), Round::Main);
		assert_eq!(hex::encode(salt), SALT_OF_PYTHON);
	}

	const SALT_OF_PYTHON: &str = "c0e2a7cb43c49b26322141534082108371d10e2372ba28fb2cb17da64972b08e";
}
