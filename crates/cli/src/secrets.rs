//! Random bytes, and files that nobody else on this machine may read.

use std::{
	fs::{self, OpenOptions},
	io::Write,
	path::Path,
};

use weighhouse_client::secret::{self, Zeroizing};

use crate::failure::Failure;

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
	let mut bytes = [0; N];
	getrandom::fill(&mut bytes).map_err(|error| {
		Failure::BadInput(format!("this system gives no random bytes: {error}"))
	})?;
	Ok(bytes)
}

/// One of two, each with the same chance.
pub fn coin() -> Result<bool, Failure> {
	let [byte] = random::<1>()?;
	Ok(byte & 1 == 1)
}

/// Brings items into an order that nobody can guess.
pub fn shuffle<T>(items: &mut [T]) -> Result<(), Failure> {
	for last in (1..items.len()).rev() {
		let bound = u128::try_from(last.saturating_add(1)).unwrap_or(1);
		// The upper half of the product is below the bound, each with the same chance but for 2^-56.
		let number = u128::from(u64::from_le_bytes(random()?)).saturating_mul(bound) >> 64;
		items.swap(last, usize::try_from(number).unwrap_or(last));
	}
	Ok(())
}

/// The text of a file that holds a secret.
pub fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
	secret::read_file(path).map_err(|source| Failure::File {
		path: path.to_owned(),
		source,
	})
}

/// What a file of one line says, such as one with a password.
pub fn line(text: &str) -> &str {
	text.trim_end_matches(['\r', '\n'])
}

/// Writes a file that its owner alone may read. What was there before stays whole until this is.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
	let unwritable = |source| Failure::Write {
		path: path.to_owned(),
		source,
	};
	let mut name = path.file_name().unwrap_or_default().to_owned();
	name.push(".part");
	let part = path.with_file_name(name);
	// One that an interrupted run left may have other permissions.
	match fs::remove_file(&part) {
		Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
			return Err(unwritable(error))
		}
		_ => {}
	}
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt;
		options.mode(0o600);
	}
	let mut file = options.open(&part).map_err(unwritable)?;
	file.write_all(bytes)
		.and_then(|()| file.sync_all())
		.and_then(|()| fs::rename(&part, path))
		.and_then(|()| secret::sync_folder(path))
		.map_err(unwritable)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn shuffle_keeps_every_item() {
		let mut items: Vec<u32> = (0..240).collect();
		shuffle(&mut items).unwrap();
		assert_ne!(items, (0..240).collect::<Vec<_>>());
		items.sort_unstable();
		assert_eq!(items, (0..240).collect::<Vec<_>>());
	}

	#[cfg(unix)]
	#[test]
	fn file_is_private_when_it_is_written_again() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("gold.json");
		fs::write(&path, b"old").unwrap();
		fs::write(folder.path().join("gold.json.part"), b"left").unwrap();
		write_private(&path, b"new").unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"new");
		let mode = fs::metadata(&path).unwrap().permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
		assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
	}
}
