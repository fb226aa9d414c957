//! Files that hold secrets: wiped from memory after they were read, and on the disk for good once they
//! were written.

use std::{
	fs::File,
	io::{self, Read},
	path::Path,
};

/// What is wiped when it is dropped.
pub use zeroize::Zeroizing;

/// The most that is read of a file, in bytes.
const LONGEST: usize = 256 * 1024;

/// The text of a file of at most 256 KiB.
///
/// # Errors
/// What the system says; also if it is longer, or no UTF-8.
pub fn read_file(path: &Path) -> io::Result<Zeroizing<String>> {
	read(File::open(path)?)
}

/// All the text that comes, of at most 256 KiB.
///
/// # Errors
/// As [`read_file`].
pub fn read(from: impl Read) -> io::Result<Zeroizing<String>> {
	// Room for all of it, since a text that grows leaves copies of itself behind.
	let room = LONGEST.saturating_add(1);
	let mut text = Zeroizing::new(String::with_capacity(room));
	let most = u64::try_from(room).unwrap_or(u64::MAX);
	from.take(most).read_to_string(&mut text)?;
	if text.len() > LONGEST {
		return Err(io::Error::new(
			io::ErrorKind::InvalidData,
			format!("it is longer than {LONGEST} bytes"),
		));
	}
	Ok(text)
}

/// Writes down in its folder that there is a file of this name, so that no power cut takes away one that
/// was just created or renamed.
///
/// # Errors
/// What the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
	let folder = match path.parent() {
		Some(folder) if !folder.as_os_str().is_empty() => folder,
		_ => Path::new("."),
	};
	if !cfg!(unix) {
		return Ok(());
	}
	match File::open(folder)?.sync_all() {
		// Some file systems know no such thing.
		Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
		synced => synced,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_is_read_whole_up_to_a_limit() {
		let longest = "k".repeat(LONGEST);
		assert_eq!(*read(longest.as_bytes()).unwrap(), longest);
		let refused = read(format!("{longest}k").as_bytes()).unwrap_err();
		assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
		assert!(read(&[0xff][..]).is_err());
	}

	#[test]
	fn text_is_not_moved_while_it_is_read() {
		let text = read("k".repeat(100_000).as_bytes()).unwrap();
		assert_eq!(text.capacity(), LONGEST + 1);
	}

	#[cfg(unix)]
	#[test]
	fn folder_is_found_when_a_path_names_none() {
		sync_folder(Path::new("seller.vault")).unwrap();
		let folder = tempfile::tempdir().unwrap();
		sync_folder(&folder.path().join("seller.vault")).unwrap();
		let nowhere = folder.path().join("nowhere/seller.vault");
		let failed = sync_folder(&nowhere).unwrap_err();
		assert_eq!(failed.kind(), io::ErrorKind::NotFound);
	}
}
