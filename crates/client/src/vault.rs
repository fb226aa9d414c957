//! The file that a seller's secret is kept in: an ordinary armored age file of one line,
//! `WEIGHHOUSE-VAULT-1` and 64 hexadecimal digits, encrypted to a passphrase or to a key of age.

use std::{
	fs::{self, File, Metadata, OpenOptions},
	io::{self, BufReader, Read, Write},
	iter,
	path::{Path, PathBuf},
};

use age::{
	armor::{ArmoredReader, ArmoredWriter, Format},
	scrypt,
	secrecy::SecretString,
	x25519, DecryptError, Decryptor, Encryptor,
};
use weighhouse_primitives::sealing::Vault;
use zeroize::Zeroizing;

use crate::{
	sealed::{identity_lines, is_of_the_file},
	secret,
};

/// What the one line begins with.
const MARK: &str = "WEIGHHOUSE-VAULT-1 ";
/// The work of a new passphrase, as a power of two: 128 MiB of memory, as the Password Storage Cheat Sheet of
/// OWASP has it for scrypt with r = 8 and p = 1.
const WORK: u8 = 17;
/// The most work that a passphrase is tried for, as a power of two: 4 GiB of memory.
const MOST_WORK: u8 = 22;
/// The largest vault that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What a new vault is encrypted to.
pub enum Lock {
	/// A passphrase.
	Passphrase(SecretString),
	/// A key of age.
	Recipient(x25519::Recipient),
}

/// What opens a vault.
pub enum Unlock {
	/// Its passphrase.
	Passphrase(SecretString),
	/// A file of age identities, as `age-keygen` writes it.
	KeyFile(PathBuf),
}

/// Why a vault was not made or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
	/// A vault is never written over: it may be the only copy.
	#[error("{path} exists already, and may be the only copy of another vault: name another file", path = path.display())]
	Exists {
		/// The file.
		path: PathBuf,
	},
	/// The system gives no random bytes.
	#[error("this system gives no random bytes: {0}")]
	NoRandomness(String),
	/// A link could lead anywhere.
	#[error("{path} is a symbolic link: name the file itself", path = path.display())]
	Link {
		/// The link.
		path: PathBuf,
	},
	/// Others on this machine may read it.
	#[error("{path} has mode {mode:o}, so others may read it: chmod 600 {path}", path = path.display())]
	Exposed {
		/// The file.
		path: PathBuf,
		/// Its permissions.
		mode: u32,
	},
	/// It is no age file with a vault in it.
	#[error("{path} is no vault: {reason}", path = path.display())]
	NoVault {
		/// The file.
		path: PathBuf,
		/// What it is instead.
		reason: String,
	},
	/// A passphrase was given for a vault that a key opens, or the other way round.
	#[error("{path} opens with {with}", path = path.display())]
	OtherLock {
		/// The file.
		path: PathBuf,
		/// What opens it.
		with: &'static str,
	},
	/// The passphrase or key does not open it.
	#[error("{path} does not open with this {with}", path = path.display())]
	Wrong {
		/// The file.
		path: PathBuf,
		/// `passphrase` or `key`.
		with: &'static str,
	},
	/// The key file holds no identity of age.
	#[error("{path} holds no age identity, AGE-SECRET-KEY-1...", path = path.display())]
	NoIdentity {
		/// The file.
		path: PathBuf,
	},
	/// The disk had it.
	#[error("{path}: {source}", path = path.display())]
	Disk {
		/// Where.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
}

fn disk(path: &Path) -> impl Fn(io::Error) -> VaultError + '_ {
	|source| VaultError::Disk {
		path: path.to_owned(),
		source,
	}
}

/// Makes a vault of random bytes and writes it where there is no file yet.
///
/// # Errors
/// [`VaultError`]; nothing is left behind then.
pub fn create(path: &Path, lock: &Lock) -> Result<Vault, VaultError> {
	let mut secret = Zeroizing::new([0; 32]);
	getrandom::fill(secret.as_mut_slice())
		.map_err(|error| VaultError::NoRandomness(error.to_string()))?;
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt;
		options.mode(0o600);
	}
	let file = options.open(path).map_err(|source| match source.kind() {
		io::ErrorKind::AlreadyExists => VaultError::Exists {
			path: path.to_owned(),
		},
		_ => disk(path)(source),
	})?;
	match write(file, lock, &secret).and_then(|()| secret::sync_folder(path)) {
		Ok(()) => Ok(Vault::from_bytes(*secret)),
		Err(source) => {
			// Half a vault is worse than none.
			let _ = fs::remove_file(path);
			Err(disk(path)(source))
		}
	}
}

fn write(file: File, lock: &Lock, secret: &[u8; 32]) -> io::Result<()> {
	let to = |recipient: &dyn age::Recipient| {
		Encryptor::with_recipients(iter::once(recipient)).map_err(io::Error::other)
	};
	let encryptor = match lock {
		Lock::Passphrase(passphrase) => {
			// By itself age takes what this machine can do in a second, which is little on a busy one.
			let mut recipient = scrypt::Recipient::new(passphrase.clone());
			recipient.set_work_factor(WORK);
			to(&recipient)?
		}
		Lock::Recipient(recipient) => to(recipient)?,
	};
	let armored = ArmoredWriter::wrap_output(file, Format::AsciiArmor)?;
	let mut stream = encryptor.wrap_output(armored)?;
	let line = Zeroizing::new(format!("{MARK}{}\n", *Zeroizing::new(hex::encode(secret))));
	stream.write_all(line.as_bytes())?;
	let file = stream.finish()?.finish()?;
	file.sync_all()
}

/// Whether a vault opens with a passphrase, and not with a key.
///
/// # Errors
/// [`VaultError`]
pub fn needs_passphrase(path: &Path) -> Result<bool, VaultError> {
	Ok(read(path)?.is_scrypt())
}

/// Opens a vault.
///
/// # Errors
/// [`VaultError`]
pub fn open(path: &Path, unlock: &Unlock) -> Result<Vault, VaultError> {
	let sealed = read(path)?;
	let other = |with| VaultError::OtherLock {
		path: path.to_owned(),
		with,
	};
	let (identities, with): (Vec<Box<dyn age::Identity>>, _) = match unlock {
		Unlock::Passphrase(_) if !sealed.is_scrypt() => {
			return Err(other("a key of age, not with a passphrase"))
		}
		Unlock::KeyFile(_) if sealed.is_scrypt() => return Err(other("a passphrase")),
		Unlock::Passphrase(passphrase) => {
			let mut identity = scrypt::Identity::new(passphrase.clone());
			// The vault may come from a much faster machine.
			identity.set_max_work_factor(MOST_WORK);
			(vec![Box::new(identity)], "passphrase")
		}
		Unlock::KeyFile(key) => (identities(key)?, "key"),
	};
	let opened = sealed.decrypt(identities.iter().map(AsRef::as_ref));
	let opened = opened.map_err(|error| match error {
		DecryptError::NoMatchingKeys
		| DecryptError::DecryptionFailed
		| DecryptError::KeyDecryptionFailed => VaultError::Wrong {
			path: path.to_owned(),
			with,
		},
		error => unread(path, error),
	})?;
	let line = secret::read(opened).map_err(|error| unread(path, error.into()))?;
	let digits = line.trim_end().strip_prefix(MARK);
	let mut secret = Zeroizing::new([0; 32]);
	digits
		.and_then(|digits| hex::decode_to_slice(digits, secret.as_mut_slice()).ok())
		.ok_or_else(|| no_vault(path, "it holds something else"))?;
	Ok(Vault::from_bytes(*secret))
}

fn no_vault(path: &Path, reason: &str) -> VaultError {
	VaultError::NoVault {
		path: path.to_owned(),
		reason: reason.to_owned(),
	}
}

/// Why a vault was not read: the disk had it, or there is something else in the file.
fn unread(path: &Path, error: DecryptError) -> VaultError {
	match error {
		DecryptError::Io(source) if !is_of_the_file(&source) => disk(path)(source),
		error => no_vault(path, &error.to_string()),
	}
}

type Armored = ArmoredReader<BufReader<io::Take<File>>>;

/// The header of a vault that nobody else may read.
fn read(path: &Path) -> Result<Decryptor<Armored>, VaultError> {
	let file = open_private(path, 0o077)?;
	let armored = ArmoredReader::new(file.take(LONGEST));
	Decryptor::new_buffered(armored).map_err(|error| unread(path, error))
}

/// The identities in a key file. Others may be refused to the group alone, since services are handed
/// their credentials that way.
fn identities(path: &Path) -> Result<Vec<Box<dyn age::Identity>>, VaultError> {
	let file = open_private(path, 0o027)?;
	let text = secret::read(file).map_err(disk(path))?;
	let keys = identity_lines(&text).map(|(_, line)| line.parse());
	let parsed: Result<Vec<x25519::Identity>, _> = keys.collect();
	match parsed {
		Ok(keys) if !keys.is_empty() => Ok(keys
			.into_iter()
			.map(|key| Box::new(key) as Box<dyn age::Identity>)
			.collect()),
		_ => Err(VaultError::NoIdentity {
			path: path.to_owned(),
		}),
	}
}

/// Opens a file that is no link and has none of these permissions. What is looked at is the file that was
/// opened, whatever has its name by then.
fn open_private(path: &Path, refused: u32) -> Result<File, VaultError> {
	let file = File::open(path).map_err(disk(path))?;
	let opened = file.metadata().map_err(disk(path))?;
	let named = fs::symlink_metadata(path).map_err(disk(path))?;
	if !is_same(&named, &opened) {
		return Err(VaultError::Link {
			path: path.to_owned(),
		});
	}
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		let mode = opened.permissions().mode() & 0o777;
		if mode & refused != 0 {
			return Err(VaultError::Exposed {
				path: path.to_owned(),
				mode,
			});
		}
	}
	#[cfg(not(unix))]
	let _ = refused;
	Ok(file)
}

/// Whether a name, not followed if it is a link, is that of an open file.
fn is_same(named: &Metadata, opened: &Metadata) -> bool {
	#[cfg(unix)]
	{
		use std::os::unix::fs::MetadataExt;
		(named.dev(), named.ino()) == (opened.dev(), opened.ino())
	}
	#[cfg(not(unix))]
	{
		let _ = opened;
		!named.is_symlink()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use age::secrecy::ExposeSecret;

	fn root(vault: &Vault) -> [u8; 32] {
		*vault.identity([1; 32]).bytes()
	}

	/// A key file in `folder`, private, and whom it opens for.
	fn key_file(folder: &Path, name: &str) -> (PathBuf, Lock) {
		let path = folder.join(name);
		let identity = x25519::Identity::generate();
		let text = format!("# made today\n{}\n", identity.to_string().expose_secret());
		fs::write(&path, text).unwrap();
		permit(&path, 0o600);
		(path, Lock::Recipient(identity.to_public()))
	}

	fn permit(path: &Path, mode: u32) {
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
		}
	}

	#[test]
	fn vault_opens_with_its_key_alone() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("seller.vault");
		let (key, lock) = key_file(folder.path(), "key");
		let (other, _) = key_file(folder.path(), "other");
		let made = create(&path, &lock).unwrap();
		assert!(!needs_passphrase(&path).unwrap());
		let again = open(&path, &Unlock::KeyFile(key)).unwrap();
		assert_eq!(root(&again), root(&made));
		let refused = open(&path, &Unlock::KeyFile(other)).unwrap_err();
		assert!(
			matches!(refused, VaultError::Wrong { with: "key", .. }),
			"{refused}"
		);
		let refused = open(&path, &Unlock::Passphrase("x".to_owned().into())).unwrap_err();
		assert!(matches!(refused, VaultError::OtherLock { .. }), "{refused}");
		let text = fs::read_to_string(&path).unwrap();
		assert!(
			text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"),
			"{text}"
		);
		// It is never written over.
		let refused = create(&path, &lock).err().unwrap();
		assert!(matches!(refused, VaultError::Exists { .. }), "{refused}");
		assert_eq!(fs::read_to_string(&path).unwrap(), text);
	}

	#[test]
	fn vault_opens_with_its_passphrase_alone() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("seller.vault");
		let passphrase = |text: &str| SecretString::from(text.to_owned());
		let made = create(&path, &Lock::Passphrase(passphrase("right"))).unwrap();
		assert!(needs_passphrase(&path).unwrap());
		let opened = open(&path, &Unlock::Passphrase(passphrase("right"))).unwrap();
		assert_eq!(root(&opened), root(&made));
		let refused = open(&path, &Unlock::Passphrase(passphrase("wrong"))).unwrap_err();
		assert!(
			matches!(
				refused,
				VaultError::Wrong {
					with: "passphrase",
					..
				}
			),
			"{refused}"
		);
		let (key, _) = key_file(folder.path(), "key");
		let refused = open(&path, &Unlock::KeyFile(key)).unwrap_err();
		assert!(matches!(refused, VaultError::OtherLock { .. }), "{refused}");
	}

	#[cfg(unix)]
	#[test]
	fn passphrase_is_worked_on_as_hard_on_a_busy_machine() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("seller.vault");
		create(&path, &Lock::Passphrase("right".to_owned().into())).unwrap();
		let mut bytes = Vec::new();
		let mut armored = ArmoredReader::new(File::open(&path).unwrap());
		armored.read_to_end(&mut bytes).unwrap();
		let head = String::from_utf8_lossy(&bytes);
		let stanza = head.lines().find(|line| line.starts_with("-> scrypt "));
		assert!(stanza.unwrap().ends_with(" 17"), "{stanza:?}");
	}

	#[test]
	fn vault_is_refused_when_others_could_read_it() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("seller.vault");
		let (key, lock) = key_file(folder.path(), "key");
		create(&path, &lock).unwrap();
		let unlock = Unlock::KeyFile(key.clone());
		for mode in [0o640, 0o604, 0o620] {
			permit(&path, mode);
			let refused = open(&path, &unlock).unwrap_err();
			assert!(refused.to_string().contains("chmod 600"), "{refused}");
		}
		permit(&path, 0o400);
		assert!(open(&path, &unlock).is_ok());
		permit(&key, 0o644);
		assert!(matches!(
			open(&path, &unlock),
			Err(VaultError::Exposed { .. })
		));
		permit(&key, 0o440);
		assert!(open(&path, &unlock).is_ok());
		let link = folder.path().join("link");
		std::os::unix::fs::symlink(&path, &link).unwrap();
		assert!(matches!(open(&link, &unlock), Err(VaultError::Link { .. })));
	}

	#[cfg(unix)]
	#[test]
	fn opened_file_is_told_from_one_that_took_its_name() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("seller.vault");
		fs::write(&path, "one").unwrap();
		let opened = File::open(&path).unwrap().metadata().unwrap();
		let named = || fs::symlink_metadata(&path).unwrap();
		assert!(is_same(&named(), &opened));
		fs::rename(&path, folder.path().join("moved")).unwrap();
		fs::write(&path, "another").unwrap();
		assert!(!is_same(&named(), &opened));
		fs::remove_file(&path).unwrap();
		std::os::unix::fs::symlink(folder.path().join("moved"), &path).unwrap();
		assert!(!is_same(&named(), &opened));
	}

	#[test]
	fn broken_disk_is_told_from_a_broken_vault() {
		let path = Path::new("seller.vault");
		let broken = |kind: io::ErrorKind| unread(path, io::Error::from(kind).into());
		let disk = broken(io::ErrorKind::StorageFull);
		assert!(matches!(disk, VaultError::Disk { .. }), "{disk}");
		let file = broken(io::ErrorKind::UnexpectedEof);
		assert!(matches!(file, VaultError::NoVault { .. }), "{file}");
	}

	#[test]
	fn file_is_refused_when_it_is_no_vault() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("seller.vault");
		let (key, _) = key_file(folder.path(), "key");
		fs::write(&path, "nothing of age\n").unwrap();
		permit(&path, 0o600);
		let refused = open(&path, &Unlock::KeyFile(key)).unwrap_err();
		assert!(matches!(refused, VaultError::NoVault { .. }), "{refused}");
	}
}
