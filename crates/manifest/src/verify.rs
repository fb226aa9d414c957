//! Whether files are what a manifest says.

use std::{fs, io, path::Path};

use weighhouse_primitives::artifact::check_path;

use crate::{hash_file, Artifact, Manifest, Progress, VerifyError};

/// Holds every artifact against the file of the same path below `dir`: it must be there, be a
/// regular file, and have the right size and digest. Files that the manifest does not name are left
/// alone. Stops at the first that differs.
pub fn verify_folder(
	dir: impl AsRef<Path>,
	manifest: &Manifest,
	mut progress: impl FnMut(Progress<'_>),
) -> Result<(), VerifyError> {
	for artifact in &manifest.artifacts {
		check_path(&artifact.path).map_err(|source| VerifyError::Path {
			path: artifact.path.clone(),
			source,
		})?;
		verify_file(dir.as_ref().join(&artifact.path), artifact, &mut progress)?;
	}
	Ok(())
}

/// Holds one file against one artifact. A file of the wrong size is not read.
pub fn verify_file(
	file: impl AsRef<Path>,
	artifact: &Artifact,
	mut progress: impl FnMut(Progress<'_>),
) -> Result<(), VerifyError> {
	let path = || artifact.path.clone();
	let wrong_size = |found| VerifyError::WrongSize {
		path: path(),
		expected: artifact.size,
		found,
	};
	let metadata = match fs::symlink_metadata(&file) {
		Ok(metadata) => metadata,
		Err(error) if error.kind() == io::ErrorKind::NotFound => {
			return Err(VerifyError::Missing { path: path() })
		}
		Err(source) => {
			return Err(VerifyError::Read {
				path: path(),
				source,
			})
		}
	};
	if !metadata.is_file() {
		return Err(VerifyError::NotAFile { path: path() });
	}
	if metadata.len() != artifact.size {
		return Err(wrong_size(metadata.len()));
	}
	let (size, digest) = hash_file(&file, |bytes| {
		progress(Progress {
			path: &artifact.path,
			bytes,
		})
	})
	.map_err(|source| VerifyError::Read {
		path: path(),
		source,
	})?;
	if size != artifact.size {
		return Err(wrong_size(size));
	}
	if digest != artifact.sha256.0 {
		let (expected, found) = (artifact.sha256, digest.into());
		return Err(VerifyError::WrongDigest {
			path: path(),
			expected,
			found,
		});
	}
	Ok(())
}
