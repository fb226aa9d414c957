//! Downloads that are checked byte by byte.
//!
//! A file lies under its own name only when its digest is the one that the chain vouches for.
//! Until then it is a `.part` file, named by that digest, which a later run takes up where this one
//! stopped. Bytes that turn out wrong are removed. A sealed file is fetched as it is stored, and opened
//! among the parts before it gets its name.

use std::path::{Path, PathBuf};

use backon::BackoffBuilder;
use sha2::{Digest, Sha256};
use tokio::{
	fs,
	io::{AsyncReadExt, AsyncWriteExt},
	task::spawn_blocking,
};
use weighhouse_primitives::{
	artifact::{self, Entry},
	content::{Codec, ContentId},
};

use crate::{
	ipfs::{Ipfs, IpfsError, Progress},
	sealed::{self, Identity, Unopened},
};

/// Folder inside the target that holds parts; it goes when the last file is there.
pub const PARTS_FOLDER: &str = ".weighhouse";
/// The largest manifest, in bytes.
pub const MANIFEST_LIMIT: usize = 256 * 1024;
/// Bytes read from disk at a time.
const CHUNK: usize = 64 * 1024;

/// Why bytes were not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
	/// The network had it.
	#[error(transparent)]
	Ipfs(#[from] IpfsError),
	/// A manifest is one raw block, so that its content id is its digest.
	#[error("{cid} cannot be a manifest: it is no raw block")]
	NotRaw {
		/// What the listing names.
		cid: String,
	},
	/// A manifest may have 256 KiB.
	#[error("the manifest {cid} is larger than {MANIFEST_LIMIT} bytes")]
	ManifestTooLarge {
		/// What the listing names.
		cid: String,
	},
	/// The bytes of a block are not those that its content id names.
	#[error("the IPFS node sent other bytes than {cid} stands for")]
	WrongBlock {
		/// What was asked for.
		cid: String,
	},
	/// The files that the manifest lists are not those that the version was published with.
	#[error("the manifest lists files with root {manifest}, but the chain recorded {chain}")]
	WrongRoot {
		/// The root of what the manifest lists.
		manifest: String,
		/// The root on chain.
		chain: String,
	},
	/// The files have no root: none, a bad path, or the same path twice.
	#[error("the manifest's list of files is unusable: {0}")]
	BadList(artifact::ArtifactError),
	/// A path that would leave the folder, or that this program keeps for itself.
	#[error("the manifest wants to write `{path}`: {reason}")]
	UnsafePath {
		/// The path in the manifest.
		path: String,
		/// Why it is refused.
		reason: String,
	},
	/// A symbolic link on the way could lead anywhere.
	#[error("{path} is a symbolic link", path = path.display())]
	Link {
		/// The link.
		path: PathBuf,
	},
	/// Something else already lies under the name.
	#[error("{path} exists already and is not what was published", path = path.display())]
	InTheWay {
		/// The file.
		path: PathBuf,
	},
	/// More bytes than the manifest says.
	#[error("`{path}` is longer than the {size} bytes that its manifest says")]
	TooLong {
		/// The path in the manifest.
		path: String,
		/// The size in the manifest.
		size: u64,
	},
	/// Fewer bytes than the manifest says.
	#[error("`{path}` ends after {got} of the {size} bytes that its manifest says")]
	TooShort {
		/// The path in the manifest.
		path: String,
		/// The size in the manifest.
		size: u64,
		/// Bytes that came.
		got: u64,
	},
	/// As many bytes as the manifest says, but others.
	#[error("`{path}` has sha256 {got}, but its manifest says {expected}")]
	WrongBytes {
		/// The path in the manifest.
		path: String,
		/// The digest in the manifest.
		expected: String,
		/// The digest of what came.
		got: String,
	},
	/// The file is sealed, and nothing was given that opens it.
	#[error("`{path}` is sealed, and nothing was given that opens it")]
	NoIdentity {
		/// The path in the manifest.
		path: String,
	},
	/// What lies on IPFS as the sealed form of a file is not that: the publisher's fault.
	#[error("`{path}` does not open with the key of its version: {reason}")]
	NotSealedForUs {
		/// The path in the manifest.
		path: String,
		/// Why not.
		reason: String,
	},
	/// The disk had it.
	#[error("{path}: {source}", path = path.display())]
	Disk {
		/// Where.
		path: PathBuf,
		/// What the system said.
		source: std::io::Error,
	},
}

impl FetchError {
	/// Whether bytes or a list of files did not verify, as opposed to a network or disk that failed.
	pub fn is_verification(&self) -> bool {
		matches!(
			self,
			Self::NotRaw { .. }
				| Self::ManifestTooLarge { .. }
				| Self::WrongBlock { .. }
				| Self::WrongRoot { .. }
				| Self::BadList(_)
				| Self::UnsafePath { .. }
				| Self::TooLong { .. }
				| Self::TooShort { .. }
				| Self::WrongBytes { .. }
				| Self::NotSealedForUs { .. }
		)
	}
}

/// One file as a manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
	/// Path below the target folder, with `/` between segments.
	pub path: String,
	/// Bytes.
	pub size: u64,
	/// sha2-256 of the bytes.
	pub sha256: [u8; 32],
	/// Where it is found, or its sealed form.
	pub cid: ContentId,
	/// What is found there if it is sealed.
	pub sealed: Option<SealedForm>,
}

/// The age file that a sealed file is found as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedForm {
	/// Bytes.
	pub size: u64,
	/// sha2-256 of the bytes.
	pub sha256: [u8; 32],
}

/// How a file came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// It was there already, and is right.
	Present,
	/// A part of an earlier run was completed.
	Resumed,
	/// All of it came now.
	Fetched,
}

/// The bytes of a manifest, checked against its content id.
///
/// # Errors
/// [`FetchError`] if it is no raw block, too large, or other bytes came.
pub async fn manifest(ipfs: &Ipfs, cid: &ContentId) -> Result<Vec<u8>, FetchError> {
	if cid.codec != Codec::Raw {
		return Err(FetchError::NotRaw { cid: cid.to_text() });
	}
	let bytes = ipfs
		.get_block(cid, MANIFEST_LIMIT)
		.await
		.map_err(|error| match error {
			IpfsError::TooLarge { .. } => FetchError::ManifestTooLarge { cid: cid.to_text() },
			other => other.into(),
		})?;
	if ContentId::of_raw_block(&bytes) != *cid {
		return Err(FetchError::WrongBlock { cid: cid.to_text() });
	}
	Ok(bytes)
}

/// Checks before any download that `files` are those that `root` on chain stands for, and that each
/// path stays inside the folder.
///
/// # Errors
/// [`FetchError::BadList`], [`FetchError::UnsafePath`] or [`FetchError::WrongRoot`].
pub fn check_list(files: &[Wanted], root: &[u8; 32]) -> Result<(), FetchError> {
	for file in files {
		check_path(&file.path)?;
	}
	let entries: Vec<_> = files
		.iter()
		.map(|file| Entry {
			path: &file.path,
			digest: file.sha256,
		})
		.collect();
	let listed = artifact::artifact_root(&entries).map_err(FetchError::BadList)?;
	if listed != *root {
		return Err(FetchError::WrongRoot {
			manifest: hex::encode(listed),
			chain: hex::encode(root),
		});
	}
	Ok(())
}

/// Whether a path from a stranger's manifest may be written below the target folder.
///
/// # Errors
/// [`FetchError::UnsafePath`] with the reason.
pub fn check_path(path: &str) -> Result<(), FetchError> {
	let refuse = |reason: String| FetchError::UnsafePath {
		path: path.to_owned(),
		reason,
	};
	artifact::check_path(path).map_err(|error| refuse(error.to_string()))?;
	let first = path.split('/').next().unwrap_or_default();
	// File systems that ignore case would take `.WeighHouse` for the same folder.
	if first.eq_ignore_ascii_case(PARTS_FOLDER) {
		return Err(refuse(format!(
			"{PARTS_FOLDER} is kept for unfinished downloads"
		)));
	}
	// A drive letter would leave the folder on Windows.
	if first.contains(':') && cfg!(windows) {
		return Err(refuse("it names a drive".into()));
	}
	Ok(())
}

/// Brings one file into `folder`, verified, and opened with `identity` if it is sealed. `progress`
/// counts its bytes that are on disk.
///
/// # Errors
/// [`FetchError`]; wrong bytes are gone by then, right ones of an interrupted transfer stay for the
/// next run.
pub async fn file(
	ipfs: &Ipfs,
	folder: &Path,
	wanted: &Wanted,
	identity: Option<&Identity>,
	progress: &Progress,
) -> Result<Outcome, FetchError> {
	check_path(&wanted.path)?;
	let target = prepare(folder, &wanted.path).await?;
	if is_present(&target, wanted, progress).await? {
		// Of a run that ended before it removed what it had opened.
		if let Some(form) = wanted.sealed.filter(|_| folder.join(PARTS_FOLDER).is_dir()) {
			remove(&part(folder, &form.sha256).await?).await?;
		}
		return Ok(Outcome::Present);
	}
	let (whole, sealed, outcome) = match (wanted.sealed, identity) {
		(None, _) => {
			let (whole, outcome) = download(ipfs, folder, wanted, progress).await?;
			(whole, None, outcome)
		}
		(Some(_), None) => {
			return Err(FetchError::NoIdentity {
				path: wanted.path.clone(),
			})
		}
		(Some(form), Some(identity)) => {
			// What is stored is fetched and checked like any other file.
			let stored = Wanted {
				size: form.size,
				sha256: form.sha256,
				sealed: None,
				..wanted.clone()
			};
			let (sealed, outcome) = download(ipfs, folder, &stored, progress).await?;
			let opened = open(folder, &sealed, wanted, identity, progress).await?;
			(opened, Some(sealed), outcome)
		}
	};
	place(&whole, sealed.as_deref(), &target).await?;
	Ok(outcome)
}

/// Gives a whole file its name. What it was opened from goes last, so that nothing has to be fetched again
/// if this is interrupted.
async fn place(whole: &Path, sealed: Option<&Path>, target: &Path) -> Result<(), FetchError> {
	fs::rename(whole, target)
		.await
		.map_err(|source| FetchError::Disk {
			path: target.to_owned(),
			source,
		})?;
	match sealed {
		Some(sealed) => remove(sealed).await,
		None => Ok(()),
	}
}

/// Where the part with this digest lies.
async fn part(folder: &Path, sha256: &[u8; 32]) -> Result<PathBuf, FetchError> {
	let part = format!("{PARTS_FOLDER}/{}.part", hex::encode(sha256));
	prepare(folder, &part).await
}

/// Brings what a content id names among the parts, whole and right.
async fn download(
	ipfs: &Ipfs,
	folder: &Path,
	wanted: &Wanted,
	progress: &Progress,
) -> Result<(PathBuf, Outcome), FetchError> {
	let part = part(folder, &wanted.sha256).await?;
	let started = length(&part).await?.is_some_and(|length| length > 0);
	let outcome = match complete(ipfs, &part, wanted, progress).await {
		Ok(()) if started => Outcome::Resumed,
		Ok(()) => Outcome::Fetched,
		// The earlier part may be what was wrong, so it gets one chance from the start.
		Err(FetchError::WrongBytes { .. } | FetchError::TooLong { .. }) if started => {
			complete(ipfs, &part, wanted, progress).await?;
			Outcome::Fetched
		}
		Err(error) => return Err(error),
	};
	Ok((part, outcome))
}

/// Opens a sealed file among the parts, and checks what was in it.
async fn open(
	folder: &Path,
	sealed: &Path,
	wanted: &Wanted,
	identity: &Identity,
	progress: &Progress,
) -> Result<PathBuf, FetchError> {
	let opened = format!("{PARTS_FOLDER}/{}.opened", hex::encode(wanted.sha256));
	let opened = prepare(folder, &opened).await?;
	let opening = {
		let (sealed, opened) = (sealed.to_owned(), opened.clone());
		let (identity, progress) = (identity.clone(), progress.clone());
		spawn_blocking(move || sealed::open(&sealed, &opened, &identity, &progress))
	};
	let refused = |reason: String| FetchError::NotSealedForUs {
		path: wanted.path.clone(),
		reason,
	};
	let error = match opening.await {
		Ok(Ok(plain)) if plain.size == wanted.size && plain.sha256 == wanted.sha256 => {
			return Ok(opened)
		}
		Ok(Ok(plain)) if plain.size != wanted.size => refused(format!(
			"{} bytes were in it, not the {} of its manifest",
			plain.size, wanted.size
		)),
		Ok(Ok(plain)) => FetchError::WrongBytes {
			path: wanted.path.clone(),
			expected: hex::encode(wanted.sha256),
			got: hex::encode(plain.sha256),
		},
		Ok(Err(Unopened::Refused(reason))) => refused(reason),
		Ok(Err(Unopened::Disk { path, source })) => FetchError::Disk { path, source },
		Err(error) => FetchError::Disk {
			path: opened.clone(),
			source: std::io::Error::other(error),
		},
	};
	remove(&opened).await?;
	// Another key may open what was fetched; what opened and is wrong, nothing makes right.
	if matches!(error, FetchError::WrongBytes { .. }) {
		remove(sealed).await?;
	}
	Err(error)
}

/// Removes a file if it is there.
async fn remove(path: &Path) -> Result<(), FetchError> {
	match fs::remove_file(path).await {
		Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(FetchError::Disk {
			path: path.to_owned(),
			source,
		}),
		_ => Ok(()),
	}
}

/// Removes the folder for parts if nothing is left in it.
pub async fn tidy(folder: &Path) {
	// Other parts may lie there for another run: then it is not empty, and stays.
	let _ = fs::remove_dir(folder.join(PARTS_FOLDER)).await;
}

/// Makes the folders above `path` inside `folder` and refuses links on the way.
async fn prepare(folder: &Path, path: &str) -> Result<PathBuf, FetchError> {
	let disk = |path: &Path, source| FetchError::Disk {
		path: path.to_owned(),
		source,
	};
	fs::create_dir_all(folder)
		.await
		.map_err(|source| disk(folder, source))?;
	let mut at = folder.to_owned();
	let mut segments = path.split('/').peekable();
	while let Some(segment) = segments.next() {
		at.push(segment);
		match fs::symlink_metadata(&at).await {
			Ok(found) if found.is_symlink() => return Err(FetchError::Link { path: at }),
			Ok(_) => {}
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
				if segments.peek().is_some() {
					fs::create_dir(&at)
						.await
						.map_err(|source| disk(&at, source))?;
				}
			}
			Err(source) => return Err(disk(&at, source)),
		}
	}
	Ok(at)
}

/// Whether the right file lies at `target` already. A wrong one is not ours to overwrite.
async fn is_present(
	target: &Path,
	wanted: &Wanted,
	progress: &Progress,
) -> Result<bool, FetchError> {
	match length(target).await? {
		None => Ok(false),
		Some(length) if length == wanted.size => {
			let digest: [u8; 32] = hash_file(target, progress).await?.finalize().into();
			if digest == wanted.sha256 {
				return Ok(true);
			}
			Err(FetchError::InTheWay {
				path: target.to_owned(),
			})
		}
		Some(_) => Err(FetchError::InTheWay {
			path: target.to_owned(),
		}),
	}
}

/// Downloads into `part` until it is whole and right.
async fn complete(
	ipfs: &Ipfs,
	part: &Path,
	wanted: &Wanted,
	progress: &Progress,
) -> Result<(), FetchError> {
	let mut pauses = ipfs.patience().backoff().build();
	loop {
		let before = length(part).await?.unwrap_or(0);
		let ended = append(ipfs, part, wanted, progress).await;
		let after = length(part).await?.unwrap_or(0);
		match ended {
			Ok(()) if after == wanted.size => return verify(part, wanted, progress).await,
			// A clean end that brought something may have been a node that hands out slices.
			Ok(()) if after > before => {}
			Ok(()) => {
				let error = FetchError::TooShort {
					path: wanted.path.clone(),
					size: wanted.size,
					got: after,
				};
				return Err(discard(part, error).await);
			}
			Err(FetchError::Ipfs(error)) if error.is_transient() => {
				if after > before {
					pauses = ipfs.patience().backoff().build();
				}
				let Some(pause) = pauses.next() else {
					return Err(error.into());
				};
				tracing::debug!(%error, ?pause, bytes = after, "taking the download up again");
				tokio::time::sleep(pause).await;
			}
			Err(error @ FetchError::TooLong { .. }) => return Err(discard(part, error).await),
			Err(error) => return Err(error),
		}
	}
}

/// Appends what is missing to `part`, and stops at the first byte too many.
async fn append(
	ipfs: &Ipfs,
	part: &Path,
	wanted: &Wanted,
	progress: &Progress,
) -> Result<(), FetchError> {
	let disk = |source| FetchError::Disk {
		path: part.to_owned(),
		source,
	};
	let too_long = || FetchError::TooLong {
		path: wanted.path.clone(),
		size: wanted.size,
	};
	let mut have = length(part).await?.unwrap_or(0);
	if have > wanted.size {
		return Err(too_long());
	}
	progress.at(have);
	let mut file = fs::OpenOptions::new()
		.create(true)
		.append(true)
		.open(part)
		.await
		.map_err(disk)?;
	if have == wanted.size {
		return Ok(());
	}
	let mut content = ipfs.cat(&wanted.cid, have).await?;
	let ended = loop {
		let chunk = match content.next().await {
			Ok(Some(chunk)) => chunk,
			Ok(None) => break Ok(()),
			Err(error) => break Err(error.into()),
		};
		have = have.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
		if have > wanted.size {
			break Err(too_long());
		}
		file.write_all(&chunk).await.map_err(disk)?;
		progress.at(have);
	};
	// Also after an error: what came counts for the next attempt.
	file.flush().await.map_err(disk)?;
	file.sync_all().await.map_err(disk)?;
	ended
}

/// Checks a whole part, and removes it if it is wrong.
async fn verify(part: &Path, wanted: &Wanted, progress: &Progress) -> Result<(), FetchError> {
	let digest: [u8; 32] = hash_file(part, &Progress::none()).await?.finalize().into();
	if digest == wanted.sha256 {
		progress.at(wanted.size);
		return Ok(());
	}
	let error = FetchError::WrongBytes {
		path: wanted.path.clone(),
		expected: hex::encode(wanted.sha256),
		got: hex::encode(digest),
	};
	Err(discard(part, error).await)
}

/// Removes a part that cannot become right and hands `error` on, or what kept it from going.
async fn discard(part: &Path, error: FetchError) -> FetchError {
	remove(part).await.err().unwrap_or(error)
}

async fn length(path: &Path) -> Result<Option<u64>, FetchError> {
	let disk = |source| FetchError::Disk {
		path: path.to_owned(),
		source,
	};
	match fs::symlink_metadata(path).await {
		Ok(found) if found.is_symlink() => Err(FetchError::Link {
			path: path.to_owned(),
		}),
		Ok(found) if found.is_file() => Ok(Some(found.len())),
		Ok(_) => Err(FetchError::InTheWay {
			path: path.to_owned(),
		}),
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
		Err(source) => Err(disk(source)),
	}
}

async fn hash_file(path: &Path, progress: &Progress) -> Result<Sha256, FetchError> {
	let disk = |source| FetchError::Disk {
		path: path.to_owned(),
		source,
	};
	let mut file = fs::File::open(path).await.map_err(disk)?;
	let mut hash = Sha256::new();
	let mut buffer = vec![0; CHUNK];
	let mut total = 0u64;
	loop {
		let read = file.read(&mut buffer).await.map_err(disk)?;
		let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
			break;
		};
		hash.update(bytes);
		total = total.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
		progress.at(total);
	}
	Ok(hash)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn wanted(path: &str, bytes: &[u8]) -> Wanted {
		Wanted {
			path: path.into(),
			size: bytes.len() as u64,
			sha256: Sha256::digest(bytes).into(),
			cid: ContentId::of_raw_block(bytes),
			sealed: None,
		}
	}

	#[test]
	fn path_is_refused_when_it_could_leave_the_folder() {
		for path in [
			"",
			"/etc/passwd",
			"../up",
			"a/../../up",
			"a/./b",
			"a//b",
			"a/",
			"..",
			".",
			"a\\b",
			"a\nb",
			"a\0b",
			".weighhouse/x.part",
			".WeighHouse/x",
			".weighhouse",
		] {
			assert!(
				matches!(check_path(path), Err(FetchError::UnsafePath { .. })),
				"{path:?} was taken"
			);
		}
		for path in [
			"model.onnx",
			"a/b/c",
			"..a",
			"a..b",
			".gitattributes",
			"ü/模型.bin",
		] {
			assert!(check_path(path).is_ok(), "{path:?} was refused");
		}
	}

	#[test]
	fn list_is_refused_when_its_root_is_not_the_one_on_chain() {
		let files = [wanted("b", b"two"), wanted("a", b"one")];
		let listing = format!(
			"{}  a\n{}  b\n",
			hex::encode(Sha256::digest(b"one")),
			hex::encode(Sha256::digest(b"two"))
		);
		let root: [u8; 32] = Sha256::digest(listing.as_bytes()).into();
		assert!(check_list(&files, &root).is_ok());
		assert!(matches!(
			check_list(&files[..1], &root),
			Err(FetchError::WrongRoot { .. })
		));
		assert!(matches!(
			check_list(&[], &root),
			Err(FetchError::BadList(_))
		));
		let twice = [wanted("a", b"one"), wanted("a", b"two")];
		assert!(matches!(
			check_list(&twice, &root),
			Err(FetchError::BadList(_))
		));
	}

	#[cfg(unix)]
	#[tokio::test]
	async fn file_is_refused_when_a_link_is_on_the_way() {
		let folder = tempfile::tempdir().unwrap();
		let outside = tempfile::tempdir().unwrap();
		std::os::unix::fs::symlink(outside.path(), folder.path().join("sub")).unwrap();
		std::os::unix::fs::symlink(outside.path().join("x"), folder.path().join("link")).unwrap();
		let ipfs = Ipfs::new("http://127.0.0.1:9").unwrap();
		for path in ["sub/model", "link"] {
			let result = file(
				&ipfs,
				folder.path(),
				&wanted(path, b"x"),
				None,
				&Progress::none(),
			)
			.await;
			assert!(matches!(result, Err(FetchError::Link { .. })), "{path}");
		}
		assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
	}

	#[tokio::test]
	async fn file_is_left_alone_when_another_one_has_its_name() {
		let folder = tempfile::tempdir().unwrap();
		std::fs::write(folder.path().join("model"), b"mine").unwrap();
		let ipfs = Ipfs::new("http://127.0.0.1:9").unwrap();
		for theirs in [&b"your"[..], b"yours"] {
			let wanted = wanted("model", theirs);
			let result = file(&ipfs, folder.path(), &wanted, None, &Progress::none()).await;
			assert!(matches!(result, Err(FetchError::InTheWay { .. })));
		}
		assert_eq!(std::fs::read(folder.path().join("model")).unwrap(), b"mine");
	}

	#[tokio::test]
	async fn sealed_form_stays_until_its_file_has_its_name() {
		let folder = tempfile::tempdir().unwrap();
		let at = |name: &str| folder.path().join(name);
		std::fs::write(at("opened"), b"plain").unwrap();
		std::fs::write(at("sealed"), b"sealed").unwrap();
		// A folder with something in it lets nothing take its name.
		std::fs::create_dir_all(at("taken/inside")).unwrap();
		let sealed = at("sealed");
		let failed = place(&at("opened"), Some(&sealed), &at("taken")).await;
		assert!(matches!(failed, Err(FetchError::Disk { .. })), "{failed:?}");
		assert!(sealed.exists());
		place(&at("opened"), Some(&sealed), &at("model"))
			.await
			.unwrap();
		assert_eq!(std::fs::read(at("model")).unwrap(), b"plain");
		assert!(!sealed.exists());
	}

	#[tokio::test]
	async fn sealed_form_of_an_interrupted_run_goes_when_its_file_is_right_already() {
		let folder = tempfile::tempdir().unwrap();
		std::fs::write(folder.path().join("model"), b"right").unwrap();
		let ipfs = Ipfs::new("http://127.0.0.1:9").unwrap();
		let wanted = Wanted {
			sealed: Some(SealedForm {
				size: 6,
				sha256: [7; 32],
			}),
			..wanted("model", b"right")
		};
		let progress = Progress::none();
		let fetched = || file(&ipfs, folder.path(), &wanted, None, &progress);
		assert!(matches!(fetched().await, Ok(Outcome::Present)));
		// It makes no folder for that.
		assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
		let left = part(folder.path(), &[7; 32]).await.unwrap();
		std::fs::write(&left, b"sealed").unwrap();
		assert!(matches!(fetched().await, Ok(Outcome::Present)));
		assert!(!left.exists());
	}

	#[tokio::test]
	async fn file_is_taken_as_it_is_when_it_is_right_already() {
		let folder = tempfile::tempdir().unwrap();
		std::fs::create_dir(folder.path().join("a")).unwrap();
		std::fs::write(folder.path().join("a/model"), b"right").unwrap();
		let ipfs = Ipfs::new("http://127.0.0.1:9").unwrap();
		let result = file(
			&ipfs,
			folder.path(),
			&wanted("a/model", b"right"),
			None,
			&Progress::none(),
		)
		.await;
		assert!(matches!(result, Ok(Outcome::Present)), "{result:?}");
	}
}
