//! Sealed files: ordinary age files for the one recipient of a version.
//!
//! Files are sealed and opened while they are read, so that their size does not matter.

use std::{
	cell::Cell,
	fs::File,
	io::{self, BufRead, BufReader, Read, Write},
	iter,
	path::{Path, PathBuf},
};

use age::{x25519, DecryptError, Decryptor, Encryptor};
use backon::Retryable;
use sha2::{Digest, Sha256};
use tokio::{sync::oneshot, task::spawn_blocking};
use tokio_util::io::SyncIoBridge;

use crate::ipfs::{Added, Ipfs, IpfsError, Progress};

/// The arithmetic of keys, and what is bought and sold.
pub use weighhouse_primitives::sealing::{
	Complaint, Context, DeliverySecret, Identity, OpenError, PointBytes, Recipient, SealedKey,
	Vault,
};

/// Bytes of a file that age encrypts at a time.
const CHUNK: usize = 64 * 1024;
/// What each of these chunks is longer by when it is encrypted, in bytes.
const TAG: u64 = 16;

/// A file that was sealed and added to IPFS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddedSealed {
	/// The age file.
	pub added: Added,
	/// Bytes of the file that it was made from.
	pub size: u64,
	/// sha2-256 of that file.
	pub sha256: [u8; 32],
}

/// What a file held when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
	/// Bytes.
	pub size: u64,
	/// sha2-256 of them.
	pub sha256: [u8; 32],
}

/// Why a sealed file was not opened.
#[derive(Debug)]
pub enum Unopened {
	/// It is no age file for this identity, or was not sealed as a whole.
	Refused(String),
	/// The disk had it.
	Disk {
		/// Where.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
}

impl Ipfs {
	/// Seals a file for `recipient` while it is added, and pins the sealed form. A second attempt seals
	/// anew, so only what is given back at the end holds.
	///
	/// # Errors
	/// [`IpfsError::File`] if it cannot be read, or as [`add_file`](Self::add_file).
	pub async fn add_sealed(
		&self,
		path: &Path,
		name: &str,
		recipient: &Recipient,
		progress: &Progress,
	) -> Result<AddedSealed, IpfsError> {
		(|| self.add_sealed_once(path, name, recipient, progress))
			.retry(self.patience().backoff())
			.when(IpfsError::is_transient)
			.notify(|error, pause| tracing::debug!(%error, ?pause, "asking the IPFS node again"))
			.await
	}

	async fn add_sealed_once(
		&self,
		path: &Path,
		name: &str,
		recipient: &Recipient,
		progress: &Progress,
	) -> Result<AddedSealed, IpfsError> {
		let unreadable = |source| IpfsError::File {
			path: path.to_owned(),
			source,
		};
		let (reader, writer) = tokio::io::duplex(4 * CHUNK);
		let (tell, length) = oneshot::channel();
		let sealing = {
			let (path, recipient) = (path.to_owned(), *recipient);
			spawn_blocking(move || {
				// Nobody listens if the transfer failed at once.
				let known = |length| {
					let _ = tell.send(length);
				};
				seal(&path, &recipient, SyncIoBridge::new(writer), known)
			})
		};
		let added = match length.await {
			Ok(length) => Some(self.add_once(reader, length, name, progress).await),
			Err(_) => None,
		};
		let sealed = sealing
			.await
			.map_err(|error| unreadable(io::Error::other(error)))?;
		match (added, sealed) {
			(Some(Ok(added)), Ok(plain)) => Ok(AddedSealed {
				added,
				size: plain.size,
				sha256: plain.sha256,
			}),
			// The node hung up, and so the other end of the pipe broke.
			(Some(Err(error)), Ok(_)) => Err(error),
			(Some(Err(error)), Err(source)) if source.kind() == io::ErrorKind::BrokenPipe => {
				Err(error)
			}
			(_, Err(source)) => Err(unreadable(source)),
			(None, Ok(_)) => Err(unreadable(io::Error::other("its length is not known"))),
		}
	}
}

/// Seals the file at `path` for `recipient` into `out`. `length` is told how long the result will be
/// before the first byte has to be taken.
///
/// # Errors
/// What the system says; also if the file grows or shrinks meanwhile.
pub fn seal(
	path: &Path,
	recipient: &Recipient,
	out: impl Write,
	length: impl FnOnce(u64),
) -> io::Result<Plain> {
	let mut file = File::open(path)?;
	let size = file.metadata()?.len();
	let recipient: x25519::Recipient = recipient.to_text().parse().map_err(io::Error::other)?;
	let written = Cell::new(0);
	let counted = Counted {
		out,
		written: &written,
	};
	let recipients = iter::once(&recipient as &dyn age::Recipient);
	let encryptor = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
	// The header is written here, and the nonce.
	let mut stream = encryptor.wrap_output(counted)?;
	let expected = sealed_length(written.get(), size);
	length(expected);
	let plain = copy(&mut file, &mut stream, &Progress::none())?;
	stream.finish()?.flush()?;
	if plain.size != size || written.get() != expected {
		return Err(io::Error::other("it changed while it was read"));
	}
	Ok(plain)
}

/// How long an age file is, by what comes before its first chunk and by what it holds.
fn sealed_length(header: u64, size: u64) -> u64 {
	let chunk = u64::try_from(CHUNK).unwrap_or(u64::MAX);
	// Nothing is a chunk, too.
	let chunks = size.div_ceil(chunk).max(1);
	header
		.saturating_add(size)
		.saturating_add(chunks.saturating_mul(TAG))
}

/// Opens the age file at `from` into a file at `to`, which is made or written over.
///
/// # Errors
/// [`Unopened`]; what was written until then stays.
pub fn open(
	from: &Path,
	to: &Path,
	identity: &Identity,
	progress: &Progress,
) -> Result<Plain, Unopened> {
	let disk = |path: &Path| {
		let path = path.to_owned();
		move |source| Unopened::Disk { path, source }
	};
	let sealed = File::open(from).map_err(disk(from))?;
	let opened = decrypt(BufReader::with_capacity(CHUNK, sealed), identity);
	let mut opened = opened.map_err(|error| match error {
		DecryptError::Io(source) if !is_of_the_file(&source) => disk(from)(source),
		DecryptError::NoMatchingKeys => {
			Unopened::Refused("it is encrypted to somebody else".into())
		}
		error => Unopened::Refused(error.to_string()),
	})?;
	let mut file = File::create(to).map_err(disk(to))?;
	let plain = copy(&mut opened, &mut file, progress).map_err(|stopped| match stopped {
		Stopped::Reading(source) if is_of_the_file(&source) => {
			Unopened::Refused(source.to_string())
		}
		Stopped::Reading(source) => disk(from)(source),
		Stopped::Writing(source) => disk(to)(source),
	})?;
	file.sync_all().map_err(disk(to))?;
	Ok(plain)
}

/// Reads what an age file holds, if it is encrypted to `identity`.
///
/// # Errors
/// [`DecryptError`]; what is wrong further on in the file shows when it is read.
pub fn decrypt<R: BufRead>(sealed: R, identity: &Identity) -> Result<impl Read, DecryptError> {
	let identity: x25519::Identity = identity
		.to_text()
		.parse()
		.map_err(|error: &str| io::Error::new(io::ErrorKind::InvalidData, error))?;
	Decryptor::new_buffered(sealed)?.decrypt(iter::once(&identity as &dyn age::Identity))
}

/// The lines of an age identity file that are to hold an identity, each with its number from 1 on.
pub fn identity_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
	(1..)
		.zip(text.lines().map(str::trim))
		.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Why not all was copied.
#[derive(Debug)]
enum Stopped {
	/// The rest was not read.
	Reading(io::Error),
	/// What was read was not written.
	Writing(io::Error),
}

impl From<Stopped> for io::Error {
	fn from(stopped: Stopped) -> Self {
		match stopped {
			Stopped::Reading(source) | Stopped::Writing(source) => source,
		}
	}
}

/// Whether an error in reading is about what a file holds, and not about the disk.
pub(crate) fn is_of_the_file(error: &io::Error) -> bool {
	matches!(
		error.kind(),
		io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
	)
}

/// Copies all there is, a chunk at a time.
fn copy(from: &mut impl Read, to: &mut impl Write, progress: &Progress) -> Result<Plain, Stopped> {
	let mut hash = Sha256::new();
	let mut buffer = vec![0; CHUNK];
	let mut size = 0u64;
	loop {
		let read = match from.read(&mut buffer) {
			Ok(read) => read,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
			Err(error) => return Err(Stopped::Reading(error)),
		};
		let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
			break;
		};
		hash.update(bytes);
		to.write_all(bytes).map_err(Stopped::Writing)?;
		size = size.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
		progress.at(size);
	}
	Ok(Plain {
		size,
		sha256: hash.finalize().into(),
	})
}

/// Counts what passes.
struct Counted<'a, W> {
	out: W,
	written: &'a Cell<u64>,
}

impl<W: Write> Write for Counted<'_, W> {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		let count = self.out.write(bytes)?;
		let more = u64::try_from(count).unwrap_or(u64::MAX);
		self.written.set(self.written.get().saturating_add(more));
		Ok(count)
	}

	fn flush(&mut self) -> io::Result<()> {
		self.out.flush()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn identity(seed: u8) -> Identity {
		Identity::from_bytes([seed; 32])
	}

	/// A file of so many bytes in `folder`, and its sealed form.
	fn sealed(folder: &Path, size: usize) -> (Vec<u8>, PathBuf) {
		let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
		let (from, to) = (folder.join("plain"), folder.join("sealed.age"));
		std::fs::write(&from, &bytes).unwrap();
		let told = Cell::new(0);
		let out = File::create(&to).unwrap();
		let plain = seal(&from, &identity(1).recipient(), out, |length| {
			told.set(length)
		})
		.unwrap();
		assert_eq!(plain.size, size as u64);
		assert_eq!(plain.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
		assert_eq!(std::fs::metadata(&to).unwrap().len(), told.get());
		(bytes, to)
	}

	#[test]
	fn file_of_any_size_comes_back_and_its_sealed_length_is_known_before() {
		let folder = tempfile::tempdir().unwrap();
		let out = folder.path().join("opened");
		for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 200_000] {
			let (bytes, sealed) = sealed(folder.path(), size);
			let plain = open(&sealed, &out, &identity(1), &Progress::none()).unwrap();
			assert_eq!(plain.size, size as u64);
			assert_eq!(std::fs::read(&out).unwrap(), bytes);
		}
	}

	#[test]
	fn file_is_not_opened_by_the_identity_of_another() {
		let folder = tempfile::tempdir().unwrap();
		let (_, sealed) = sealed(folder.path(), 10);
		let out = folder.path().join("opened");
		let refused = open(&sealed, &out, &identity(2), &Progress::none()).unwrap_err();
		assert!(matches!(refused, Unopened::Refused(why) if why.contains("somebody else")));
		assert!(!out.exists());
	}

	#[test]
	fn file_is_refused_when_it_was_cut_or_changed() {
		let folder = tempfile::tempdir().unwrap();
		let (_, path) = sealed(folder.path(), 3 * CHUNK);
		let whole = std::fs::read(&path).unwrap();
		let out = folder.path().join("opened");
		let last = whole.len() - 1;
		let mut flipped = whole.clone();
		flipped[last] ^= 1;
		let mut header = whole.clone();
		header[40] ^= 1;
		for bytes in [
			&whole[..last],
			&whole[..whole.len() - CHUNK - TAG as usize],
			&whole[..100],
			&[],
			&flipped,
			&header,
		] {
			std::fs::write(&path, bytes).unwrap();
			let refused = open(&path, &out, &identity(1), &Progress::none());
			assert!(
				matches!(refused, Err(Unopened::Refused(_))),
				"{}",
				bytes.len()
			);
		}
	}

	/// A disk that gives and takes nothing, for a reason that a broken file may have as well.
	struct Broken;

	impl Read for Broken {
		fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
			Err(io::ErrorKind::InvalidData.into())
		}
	}

	impl Write for Broken {
		fn write(&mut self, _: &[u8]) -> io::Result<usize> {
			Err(io::ErrorKind::InvalidData.into())
		}

		fn flush(&mut self) -> io::Result<()> {
			Ok(())
		}
	}

	#[test]
	fn what_is_not_written_is_told_from_what_is_not_read() {
		let progress = Progress::none();
		let read = copy(&mut Broken, &mut io::sink(), &progress);
		assert!(matches!(read, Err(Stopped::Reading(_))), "{read:?}");
		let written = copy(&mut &b"some"[..], &mut Broken, &progress);
		assert!(matches!(written, Err(Stopped::Writing(_))), "{written:?}");
	}

	#[cfg(target_os = "linux")]
	#[test]
	fn full_disk_is_told_by_its_path_and_not_as_a_broken_file() {
		let folder = tempfile::tempdir().unwrap();
		let (_, sealed) = sealed(folder.path(), 10);
		let full = Path::new("/dev/full");
		let refused = open(&sealed, full, &identity(1), &Progress::none()).unwrap_err();
		let is_full = |source: &io::Error| source.kind() == io::ErrorKind::StorageFull;
		assert!(
			matches!(&refused, Unopened::Disk { path, source } if path == full && is_full(source)),
			"{refused:?}"
		);
	}

	#[test]
	fn missing_file_is_told_by_its_path() {
		let folder = tempfile::tempdir().unwrap();
		let nowhere = folder.path().join("nowhere");
		let refused = open(&nowhere, &nowhere, &identity(1), &Progress::none()).unwrap_err();
		assert!(matches!(refused, Unopened::Disk { path, .. } if path == nowhere));
		let out = io::sink();
		assert!(seal(&nowhere, &identity(1).recipient(), out, |_| ()).is_err());
	}
}
