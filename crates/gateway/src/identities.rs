//! The age identities that open sealed models.
//!
//! Neither an assignment nor a manifest names the recipient of a sealed model, so its identity is the
//! one that the header of a file opens with.

use std::{
	fmt,
	fs::File,
	io::{self, Read},
	path::{Path, PathBuf},
	sync::Arc,
};

use age::DecryptError;
use weighhouse_client::{
	sealed::{decrypt, identity_lines, Identity},
	secret,
};

use crate::IdentitiesError;

/// The most of a file that is looked at for its header, in bytes. One of a single recipient is far
/// shorter.
pub(crate) const HEADER: usize = 16 * 1024;

/// What opens sealed models. Clones share it.
#[derive(Clone, Default)]
pub struct Identities(Arc<Vec<Identity>>);

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
		let read = paths.iter().map(|path| read(path));
		let read: Vec<_> = read.collect::<Result<_, _>>()?;
		Ok(Self(Arc::new(read.concat())))
	}

	/// Whether one of them opens what is encrypted to `recipient`, in its text form.
	pub fn opens(&self, recipient: &str) -> bool {
		self.0
			.iter()
			.any(|identity| identity.recipient().to_text() == recipient)
	}

	/// The one that opens a file that begins with `bytes`; none if there is none.
	///
	/// # Errors
	/// Why `bytes` do not begin with the header of an age file.
	pub(crate) fn of(&self, bytes: &[u8]) -> Result<Option<&Identity>, DecryptError> {
		for identity in self.0.iter() {
			match decrypt(bytes, identity) {
				Ok(_) => return Ok(Some(identity)),
				Err(DecryptError::NoMatchingKeys) => {}
				Err(error) => return Err(error),
			}
		}
		Ok(None)
	}
}

/// Opens a small file in memory, and reads one byte more than `size` at most.
///
/// # Errors
/// Why it does not open.
pub(crate) fn unseal(
	sealed: &[u8],
	identity: &Identity,
	size: u64,
) -> Result<Vec<u8>, DecryptError> {
	let mut bytes = Vec::new();
	decrypt(sealed, identity)?
		.take(size.saturating_add(1))
		.read_to_end(&mut bytes)?;
	Ok(bytes)
}

fn read(path: &Path) -> Result<Vec<Identity>, IdentitiesError> {
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
	let text = secret::read(file).map_err(failed)?;
	let parse = |(line, text): (usize, &str)| {
		Identity::parse(text.as_bytes()).map_err(|error| IdentitiesError::Malformed {
			path: path.to_owned(),
			line,
			problem: error.to_string(),
		})
	};
	let identities: Vec<_> = identity_lines(&text).map(parse).collect::<Result<_, _>>()?;
	if identities.is_empty() {
		return Err(failed(io::Error::new(
			io::ErrorKind::InvalidData,
			"there is no age identity in it, AGE-SECRET-KEY-1...",
		)));
	}
	Ok(identities)
}
