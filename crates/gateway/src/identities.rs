//! The age identities that open sealed models.
//!
//! Neither an assignment nor a manifest names the recipient of a sealed model, so its identity is the
//! one that the header of a file opens with.

use std::{
	fmt,
	fs::File,
	io::{self, Read},
	iter,
	path::{Path, PathBuf},
	sync::Arc,
};

use age::{x25519, DecryptError, Decryptor};
use weighhouse_client::sealed::Identity;

use crate::IdentitiesError;

/// The largest file of identities, in bytes.
const LONGEST: u64 = 256 * 1024;
/// The most of a file that is looked at for its header, in bytes. One of a single recipient is far
/// shorter.
pub(crate) const HEADER: usize = 16 * 1024;

/// What opens sealed models. Clones share it.
#[derive(Clone, Default)]
pub struct Identities(Arc<Vec<Key>>);

/// One identity, for the downloader and for age.
pub(crate) struct Key {
	identity: Identity,
	age: x25519::Identity,
}

impl fmt::Debug for Identities {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_tuple("Identities").field(&self.0.len()).finish()
	}
}

impl Identities {
	/// Reads age identity files: one identity a line, empty lines and those with `#` before them
	/// apart.
	///
	/// # Errors
	/// [`IdentitiesError`] with the file that cannot be read, is open to others, or holds something
	/// else.
	pub fn open(paths: &[PathBuf]) -> Result<Self, IdentitiesError> {
		let mut keys = Vec::new();
		for path in paths {
			keys.append(&mut read(path)?);
		}
		Ok(Self(Arc::new(keys)))
	}

	/// Whether one of them opens what is encrypted to `recipient`, in its text form.
	pub fn opens(&self, recipient: &str) -> bool {
		self.0
			.iter()
			.any(|key| key.identity.recipient().to_text() == recipient)
	}

	/// The one that opens a file that begins with `bytes`; none if there is none.
	///
	/// # Errors
	/// Why `bytes` do not begin with the header of an age file.
	pub(crate) fn of(&self, bytes: &[u8]) -> Result<Option<&Key>, DecryptError> {
		for key in self.0.iter() {
			let decryptor = Decryptor::new_buffered(bytes)?;
			match decryptor.decrypt(iter::once(&key.age as &dyn age::Identity)) {
				Ok(_) => return Ok(Some(key)),
				Err(DecryptError::NoMatchingKeys) => {}
				Err(error) => return Err(error),
			}
		}
		Ok(None)
	}
}

impl Key {
	/// The identity as the downloader takes it.
	pub(crate) fn identity(&self) -> &Identity {
		&self.identity
	}

	/// Opens a small file in memory, and reads one byte more than `size` at most.
	///
	/// # Errors
	/// Why it does not open.
	pub(crate) fn unseal(&self, sealed: &[u8], size: u64) -> Result<Vec<u8>, DecryptError> {
		let plain = Decryptor::new_buffered(sealed)?
			.decrypt(iter::once(&self.age as &dyn age::Identity))?;
		let mut bytes = Vec::new();
		plain
			.take(size.saturating_add(1))
			.read_to_end(&mut bytes)
			.map_err(DecryptError::Io)?;
		Ok(bytes)
	}
}

fn read(path: &Path) -> Result<Vec<Key>, IdentitiesError> {
	let failed = |source| IdentitiesError::File {
		path: path.to_owned(),
		source,
	};
	let file = File::open(path).map_err(failed)?;
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(IdentitiesError::Exposed {
				path: path.to_owned(),
				mode,
			});
		}
	}
	let mut text = String::new();
	file.take(LONGEST)
		.read_to_string(&mut text)
		.map_err(failed)?;
	let malformed = |line, problem: String| IdentitiesError::Malformed {
		path: path.to_owned(),
		line,
		problem,
	};
	let mut keys = Vec::new();
	for (line, text) in (1usize..).zip(text.lines()) {
		let text = text.trim();
		if text.is_empty() || text.starts_with('#') {
			continue;
		}
		let identity =
			Identity::parse(text.as_bytes()).map_err(|error| malformed(line, error.to_string()))?;
		let age = text
			.parse::<x25519::Identity>()
			.map_err(|error| malformed(line, error.to_owned()))?;
		keys.push(Key { identity, age });
	}
	if keys.is_empty() {
		return Err(failed(io::Error::new(
			io::ErrorKind::InvalidData,
			"there is no age identity in it, AGE-SECRET-KEY-1...",
		)));
	}
	Ok(keys)
}
