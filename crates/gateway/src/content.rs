//! Manifests, inputs, models and outputs, fetched by content id and believed only by digest.
//!
//! Models are cached under their artifact root: a folder lies under that name only when every file
//! in it has been checked. While files arrive they lie in another folder, from which a later attempt
//! goes on. When the cache is full, the models that were used longest ago make room, those of running
//! jobs excepted.

use std::{
	collections::{HashMap, VecDeque},
	fs, io,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant, SystemTime},
};

use sha2::{Digest, Sha256};
use sp_core::H256;
use tokio::time::timeout;
use weighhouse_client::{
	fetch::{self, FetchError, SealedForm, Wanted},
	ipfs::{Ipfs, Patience, Progress},
	sealed::Identity,
};
use weighhouse_manifest::{Artifact, Manifest, MAX_CANONICAL_OUTPUT};
use weighhouse_primitives::{inference::Assignment, ContentId};

use crate::{
	config::Config,
	error::ContentError,
	identities::{unseal, Identities, HEADER},
	metrics::{Metrics, Stage},
};

/// Whole models, each in a folder named by its artifact root.
const MODELS: &str = "models";
/// Models on their way here, named likewise, and what is about to be removed.
const PARTIAL: &str = "partial";
/// What the name of a folder that is about to be removed begins with.
const DOOMED: &str = "removed-";
/// How many manifests stay in memory; each has at most 256 KiB of text.
const MANIFESTS: usize = 64;
/// The largest input that any model takes, in bytes.
pub(crate) const LARGEST_INPUT: u64 = 16 * 1024 * 1024;
/// How long the IPFS node has to show that it works.
const WORKS: Duration = Duration::from_secs(2);

/// The way from and to IPFS, with the cache of models. Clones share it.
#[derive(Clone)]
pub struct Content {
	shared: Arc<Shared>,
}

struct Shared {
	ipfs: Ipfs,
	folder: PathBuf,
	cache_limit: u64,
	input_limit: u64,
	fetch_timeout: Duration,
	model_timeout: Duration,
	identities: Identities,
	manifests: Mutex<VecDeque<(ContentId, Arc<Manifest>)>>,
	cache: Mutex<Cache>,
	metrics: Metrics,
}

#[derive(Default)]
struct Cache {
	entries: HashMap<H256, Entry>,
}

struct Entry {
	/// Bytes on disk, or those set aside for it.
	size: u64,
	/// When it was last wanted.
	used: SystemTime,
	/// How many jobs need it now.
	leases: usize,
	/// Whether all of it is here and checked.
	whole: bool,
	/// Held by the one job that fetches it.
	fetching: Arc<tokio::sync::Mutex<()>>,
}

impl Entry {
	fn new(size: u64, used: SystemTime, whole: bool) -> Self {
		Self {
			size,
			used,
			leases: 0,
			whole,
			fetching: Arc::default(),
		}
	}
}

impl Cache {
	fn bytes(&self) -> u64 {
		self.entries
			.values()
			.fold(0, |sum, entry| sum.saturating_add(entry.size))
	}

	fn whole(&self) -> usize {
		self.entries.values().filter(|entry| entry.whole).count()
	}

	/// The entries that must go so that `more` bytes fit below `limit`, those used longest ago first;
	/// none if that cannot be.
	fn to_evict(&self, more: u64, limit: u64) -> Option<Vec<H256>> {
		let mut excess = self.bytes().saturating_add(more).saturating_sub(limit);
		let mut idle: Vec<_> = self
			.entries
			.iter()
			.filter(|(_, entry)| entry.leases == 0)
			.collect();
		idle.sort_by_key(|(_, entry)| entry.used);
		let mut chosen = Vec::new();
		for (root, entry) in idle {
			if excess == 0 {
				break;
			}
			excess = excess.saturating_sub(entry.size);
			chosen.push(*root);
		}
		(excess == 0).then_some(chosen)
	}
}

/// A model that stays in the cache as long as this lives.
#[derive(Debug)]
pub struct Lease {
	folder: PathBuf,
	_hold: Hold,
}

impl Lease {
	/// The folder with the model's files, each under its path.
	pub fn folder(&self) -> &Path {
		&self.folder
	}
}

/// Keeps an entry of the cache from being evicted.
struct Hold {
	shared: Arc<Shared>,
	root: H256,
}

impl std::fmt::Debug for Hold {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_tuple("Hold").field(&self.root).finish()
	}
}

impl Drop for Hold {
	fn drop(&mut self) {
		if let Some(entry) = self.shared.cache().entries.get_mut(&self.root) {
			entry.leases = entry.leases.saturating_sub(1);
		}
	}
}

impl Shared {
	fn cache(&self) -> MutexGuard<'_, Cache> {
		self.cache.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn whole_folder(&self, root: H256) -> PathBuf {
		self.folder.join(MODELS).join(hex::encode(root))
	}

	fn partial_folder(&self, root: H256) -> PathBuf {
		self.folder.join(PARTIAL).join(hex::encode(root))
	}

	fn publish_metrics(&self) {
		let cache = self.cache();
		self.metrics.cache(cache.bytes(), cache.whole());
	}
}

fn disk(path: &Path) -> impl Fn(io::Error) -> ContentError + '_ {
	move |source| ContentError::Disk {
		path: path.to_owned(),
		source,
	}
}

impl Content {
	/// Opens the cache below the configured folder, and connects to nothing yet.
	///
	/// # Errors
	/// [`ContentError`] if the folder cannot be read or made.
	pub(crate) fn open(
		config: &Config,
		identities: Identities,
		metrics: Metrics,
	) -> Result<Self, ContentError> {
		let patience = Patience {
			connect: config.timeouts.connect,
			idle: config.timeouts.idle,
			..Patience::default()
		};
		let ipfs = Ipfs::with_patience(&config.ipfs, patience)
			.map_err(ContentError::ipfs("the IPFS node"))?;
		let mut cache = Cache::default();
		let (models, partial) = (config.data.join(MODELS), config.data.join(PARTIAL));
		for folder in [&models, &partial] {
			fs::create_dir_all(folder).map_err(disk(folder))?;
			// The plaintext of sealed models lies there.
			#[cfg(unix)]
			{
				use std::os::unix::fs::PermissionsExt;
				let private = fs::Permissions::from_mode(0o700);
				fs::set_permissions(folder, private).map_err(disk(folder))?;
			}
		}
		for (folder, whole) in [(&models, true), (&partial, false)] {
			for found in fs::read_dir(folder).map_err(disk(folder))? {
				let path = found.map_err(disk(folder))?.path();
				let name = path.file_name().and_then(|name| name.to_str());
				let mut root = H256::zero();
				let named = name
					.is_some_and(|name| hex::decode_to_slice(name, root.as_bytes_mut()).is_ok());
				// What an eviction did not finish, and a part of what is whole by now.
				if !named || (!whole && cache.entries.contains_key(&root)) {
					tracing::info!(path = %path.display(), "removing what is no cached model");
					remove(&path).map_err(disk(&path))?;
					continue;
				}
				let used = fs::metadata(&path)
					.and_then(|metadata| metadata.modified())
					.unwrap_or(SystemTime::UNIX_EPOCH);
				let size = folder_size(&path).map_err(disk(&path))?;
				cache.entries.insert(root, Entry::new(size, used, whole));
			}
		}
		let content = Self {
			shared: Arc::new(Shared {
				ipfs,
				folder: config.data.clone(),
				cache_limit: config.cache_limit,
				input_limit: config.input_limit,
				fetch_timeout: config.timeouts.fetch,
				model_timeout: config.timeouts.model,
				identities,
				manifests: Mutex::default(),
				cache: Mutex::new(cache),
				metrics,
			}),
		};
		// The limit may have been lowered since.
		let surplus = content
			.shared
			.cache()
			.to_evict(0, config.cache_limit)
			.unwrap_or_default();
		for root in surplus {
			if let Some(doomed) = content.unlist(root)? {
				remove(&doomed).map_err(disk(&doomed))?;
			}
		}
		content.shared.publish_metrics();
		Ok(content)
	}

	/// Whether the IPFS node answers.
	///
	/// # Errors
	/// [`ContentError`] with the reason if not.
	pub async fn ready(&self) -> Result<(), ContentError> {
		let id = self.shared.ipfs.id().await;
		id.map(|_| ()).map_err(ContentError::ipfs("the IPFS node"))
	}

	/// The manifest that an assignment names, if it is of the version's files.
	///
	/// # Errors
	/// [`ContentError`]
	pub async fn manifest(&self, assignment: &Assignment) -> Result<Arc<Manifest>, ContentError> {
		let started = Instant::now();
		let cid = parse_cid("the manifest", &assignment.manifest)?;
		let manifest = match self.remembered(&cid) {
			Some(manifest) => manifest,
			None => {
				let bytes = self
					.within("the manifest", self.shared.fetch_timeout, async {
						fetch::manifest(&self.shared.ipfs, &cid)
							.await
							.map_err(ContentError::fetch("the manifest"))
					})
					.await?;
				let manifest =
					Manifest::parse(&bytes).map_err(|source| ContentError::Manifest {
						cid: cid.to_text(),
						source,
					})?;
				let manifest = Arc::new(manifest);
				self.remember(cid, manifest.clone());
				manifest
			}
		};
		if manifest.artifact_root.0 != assignment.artifact_root.0 {
			return Err(ContentError::Root {
				cid: cid.to_text(),
				manifest: manifest.artifact_root.to_string(),
				chain: hex::encode(assignment.artifact_root),
			});
		}
		self.shared
			.metrics
			.stage(Stage::Manifest, started.elapsed());
		Ok(manifest)
	}

	/// The input that an assignment names, checked against the digest on the chain. None if it is
	/// longer than the model takes by the chain, which is known only once all of it was seen.
	///
	/// # Errors
	/// [`ContentError`]; [`ContentError::Slow`] if it does not come within `limit`.
	pub async fn input(
		&self,
		assignment: &Assignment,
		limit: Duration,
	) -> Result<Option<Vec<u8>>, ContentError> {
		let what = "the input";
		let started = Instant::now();
		let cid = parse_cid(what, &assignment.input)?;
		let taken = u64::from(assignment.answers.input_limit);
		// Below this machine's own limit others know more; beyond that of the model all know the same.
		let limits = [self.shared.input_limit, LARGEST_INPUT];
		let longest = limits
			.into_iter()
			.find(|own| *own < taken)
			.unwrap_or(LARGEST_INPUT);
		let (digest, bytes) = self
			.within(what, limit.min(self.shared.fetch_timeout), async {
				let mut content = self
					.shared
					.ipfs
					.cat(&cid, 0)
					.await
					.map_err(ContentError::ipfs(what))?;
				let (mut hasher, mut length) = (Sha256::new(), 0u64);
				let mut bytes = Some(Vec::new());
				while let Some(chunk) = content.next().await.map_err(ContentError::ipfs(what))? {
					hasher.update(&chunk);
					length = length.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
					if length > longest {
						return Err(ContentError::TooLarge {
							what,
							limit: longest,
						});
					}
					if length > taken {
						bytes = None;
					} else if let Some(bytes) = &mut bytes {
						bytes.extend_from_slice(&chunk);
					}
				}
				let digest: [u8; 32] = hasher.finalize().into();
				Ok((digest, bytes))
			})
			.await?;
		expect_digest(what, digest, assignment.input_hash)?;
		self.shared.metrics.stage(Stage::Input, started.elapsed());
		Ok(bytes)
	}

	/// A small file of a model, opened and checked in memory, without fetching the model.
	///
	/// # Errors
	/// [`ContentError`]; [`ContentError::Slow`] if it does not come within `limit`.
	pub async fn file(
		&self,
		what: &'static str,
		artifact: &Artifact,
		limit: Duration,
	) -> Result<Vec<u8>, ContentError> {
		let path = || artifact.path.clone();
		let size = match &artifact.sealed {
			// The header and a tag for every 64 KiB; what is longer is no sealed form of these bytes.
			Some(sealed) => sealed
				.size
				.min(artifact.size.saturating_mul(2).saturating_add(64 * 1024)),
			None => artifact.size,
		};
		let cid = artifact
			.cid
			.ok_or_else(|| ContentError::NoCid { path: path() })?;
		let bytes = self
			.within(what, limit.min(self.shared.fetch_timeout), async {
				let mut content = self
					.shared
					.ipfs
					.cat(&cid, 0)
					.await
					.map_err(ContentError::ipfs(what))?;
				let mut bytes = Vec::new();
				while let Some(chunk) = content.next().await.map_err(ContentError::ipfs(what))? {
					bytes.extend_from_slice(&chunk);
					if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > size {
						return Err(ContentError::TooLarge { what, limit: size });
					}
				}
				Ok(bytes)
			})
			.await?;
		let Some(sealed) = &artifact.sealed else {
			check_digest(what, &bytes, H256(artifact.sha256.0))?;
			return Ok(bytes);
		};
		check_digest(what, &bytes, H256(sealed.sha256.0))?;
		let unopened = |reason: String| ContentError::Unopened {
			path: path(),
			reason,
		};
		let identity = self
			.shared
			.identities
			.of(&bytes)
			.map_err(|error| unopened(error.to_string()))?
			.ok_or_else(|| ContentError::Sealed { path: path() })?;
		let plain =
			unseal(&bytes, identity, artifact.size).map_err(|error| unopened(error.to_string()))?;
		check_digest(what, &plain, H256(artifact.sha256.0))
			.map_err(|error| unopened(error.to_string()))?;
		Ok(plain)
	}

	/// Whether the IPFS node works: it answers, and gives the manifest of an assignment, which this
	/// gateway has had from it before. If not, nothing is known about what it did not give.
	///
	/// # Errors
	/// [`ContentError`] with the reason if not.
	pub async fn works(&self, assignment: &Assignment) -> Result<(), ContentError> {
		let what = "the manifest";
		let cid = parse_cid(what, &assignment.manifest)?;
		let manifest = self.within(what, WORKS, async {
			fetch::manifest(&self.shared.ipfs, &cid)
				.await
				.map_err(ContentError::fetch(what))
		});
		let node = self.within("an answer of the IPFS node", WORKS, self.ready());
		let ((), _) = tokio::try_join!(node, manifest)?;
		Ok(())
	}

	/// An output that lies on IPFS as one raw block.
	///
	/// # Errors
	/// [`ContentError`]; [`ContentError::Slow`] if it does not come within `limit`.
	pub async fn output(&self, hash: H256, limit: Duration) -> Result<Vec<u8>, ContentError> {
		let what = "the disputed output";
		let started = Instant::now();
		let cid = ContentId::raw(hash.0);
		let bytes = self
			.within(what, limit.min(self.shared.fetch_timeout), async {
				self.shared
					.ipfs
					.get_block(&cid, MAX_CANONICAL_OUTPUT)
					.await
					.map_err(ContentError::ipfs(what))
			})
			.await?;
		check_digest(what, &bytes, hash)?;
		self.shared
			.metrics
			.stage(Stage::Disputed, started.elapsed());
		Ok(bytes)
	}

	/// Stores bytes on IPFS as one raw block, so that their sha2-256 is where they are found.
	///
	/// # Errors
	/// [`ContentError`]
	pub async fn publish(&self, what: &'static str, bytes: &[u8]) -> Result<(), ContentError> {
		let started = Instant::now();
		self.within(what, self.shared.fetch_timeout, async {
			self.shared
				.ipfs
				.put_raw_block(bytes)
				.await
				.map_err(ContentError::ipfs(what))
		})
		.await?;
		self.shared.metrics.stage(Stage::Publish, started.elapsed());
		Ok(())
	}

	/// The model's files, every one of them checked, fetched if they are not in the cache.
	///
	/// # Errors
	/// [`ContentError`]
	pub async fn model(&self, manifest: &Manifest) -> Result<Lease, ContentError> {
		let started = Instant::now();
		let root = H256(manifest.artifact_root.0);
		let wanted = wanted(manifest)?;
		fetch::check_list(&wanted, &root.0).map_err(ContentError::fetch("the model"))?;
		let total = manifest.total_size();
		// A sealed file and its plaintext lie side by side until it is open.
		let beside = wanted
			.iter()
			.filter_map(|file| Some(file.sealed.as_ref()?.size))
			.max()
			.unwrap_or(0);
		let hold = self.hold(root, total.saturating_add(beside)).await?;
		let fetching = match self.shared.cache().entries.get(&root) {
			Some(entry) => entry.fetching.clone(),
			// The hold keeps the entry there.
			None => Arc::default(),
		};
		let folder = self.shared.whole_folder(root);
		// Whoever comes second waits here and finds the model whole.
		let turn = fetching.lock().await;
		let is_whole = self.is_whole(root);
		self.shared.metrics.cache_lookup(is_whole);
		if is_whole {
			touch(&folder);
		} else {
			let fetched = self
				.within("the model", self.shared.model_timeout, async {
					self.fetch_model(root, &wanted, &folder).await
				})
				.await;
			let whole = fetched.is_ok().then_some(total);
			self.settle(root, whole).await;
			fetched?;
		}
		drop(turn);
		self.shared.publish_metrics();
		self.shared.metrics.stage(Stage::Model, started.elapsed());
		Ok(Lease {
			folder,
			_hold: hold,
		})
	}

	/// Takes a hold on an entry, made if need be, for which there is room then.
	async fn hold(&self, root: H256, size: u64) -> Result<Hold, ContentError> {
		let limit = self.shared.cache_limit;
		if size > limit && !self.is_whole(root) {
			return Err(ContentError::OverCache { size, limit });
		}
		let evicted = {
			let mut cache = self.shared.cache();
			let have = cache.entries.get(&root).map_or(0, |entry| entry.size);
			let entry = cache
				.entries
				.entry(root)
				.or_insert_with(|| Entry::new(0, SystemTime::now(), false));
			entry.used = SystemTime::now();
			entry.leases = entry.leases.saturating_add(1);
			let more = if entry.whole {
				0
			} else {
				size.saturating_sub(have)
			};
			match cache.to_evict(more, limit) {
				Some(evicted) => {
					if let Some(entry) = cache.entries.get_mut(&root) {
						entry.size = entry.size.saturating_add(more);
					}
					Some(evicted)
				}
				None => None,
			}
		};
		// From here on the entry is held, and let go of whatever happens.
		let hold = Hold {
			shared: self.shared.clone(),
			root,
		};
		let Some(evicted) = evicted else {
			return Err(ContentError::CacheBusy { size });
		};
		for old in evicted {
			if let Some(doomed) = self.unlist(old)? {
				tracing::info!(root = %hex::encode(old), "removing a model to make room");
				self.shared.metrics.cache_eviction();
				let path = doomed.clone();
				// It counts no more, so an error here costs space until the next start, not the job.
				let removed = tokio::task::spawn_blocking(move || remove(&path)).await;
				if let Ok(Err(error)) = removed {
					tracing::warn!(%error, path = %doomed.display(), "cannot remove a model");
				}
			}
		}
		Ok(hold)
	}

	/// Takes an idle entry off the list and its files out of their place; gives the folder that is to
	/// be removed. Another job may have taken a hold meanwhile: then nothing happens.
	fn unlist(&self, root: H256) -> Result<Option<PathBuf>, ContentError> {
		let mut cache = self.shared.cache();
		let whole = match cache.entries.get(&root) {
			Some(entry) if entry.leases == 0 => entry.whole,
			_ => return Ok(None),
		};
		let folder = if whole {
			self.shared.whole_folder(root)
		} else {
			self.shared.partial_folder(root)
		};
		let doomed = self
			.shared
			.folder
			.join(PARTIAL)
			.join(format!("{DOOMED}{}", hex::encode(root)));
		let moved = remove(&doomed).and_then(|()| fs::rename(&folder, &doomed));
		match moved {
			Ok(()) => {
				cache.entries.remove(&root);
				Ok(Some(doomed))
			}
			Err(error) if error.kind() == io::ErrorKind::NotFound => {
				cache.entries.remove(&root);
				Ok(None)
			}
			Err(source) => Err(ContentError::Disk {
				path: folder,
				source,
			}),
		}
	}

	/// Whether the model lies in the cache, as it should if the list says so.
	fn is_whole(&self, root: H256) -> bool {
		let mut cache = self.shared.cache();
		let Some(entry) = cache.entries.get_mut(&root) else {
			return false;
		};
		// Somebody may have emptied the folder by hand.
		if entry.whole && !self.shared.whole_folder(root).is_dir() {
			entry.whole = false;
		}
		entry.whole
	}

	async fn fetch_model(
		&self,
		root: H256,
		wanted: &[Wanted],
		folder: &Path,
	) -> Result<(), ContentError> {
		let partial = self.shared.partial_folder(root);
		let identity = self.identity(wanted).await?;
		for file in wanted {
			let outcome = fetch::file(
				&self.shared.ipfs,
				&partial,
				file,
				identity.as_ref(),
				&Progress::none(),
			)
			.await;
			// The folder is ours alone, so what is in the way is damaged and the next attempt is
			// better off without it.
			if let Err(FetchError::InTheWay { .. } | FetchError::Link { .. }) = &outcome {
				let path = partial.clone();
				let _ = tokio::task::spawn_blocking(move || remove(&path)).await;
			}
			outcome.map_err(ContentError::fetch("the model"))?;
		}
		fetch::tidy(&partial).await;
		tokio::fs::rename(&partial, folder)
			.await
			.map_err(disk(folder))
	}

	/// What opens a model, by the first bytes of its first sealed file: all of a version is sealed for
	/// one recipient. None if nothing is sealed.
	async fn identity(&self, wanted: &[Wanted]) -> Result<Option<Identity>, ContentError> {
		let Some(file) = wanted.iter().find(|file| file.sealed.is_some()) else {
			return Ok(None);
		};
		let what = "the model";
		let mut content = self
			.shared
			.ipfs
			.cat(&file.cid, 0)
			.await
			.map_err(ContentError::ipfs(what))?;
		let mut begin = Vec::new();
		while begin.len() < HEADER {
			let Some(chunk) = content.next().await.map_err(ContentError::ipfs(what))? else {
				break;
			};
			begin.extend_from_slice(&chunk);
		}
		let identity = self
			.shared
			.identities
			.of(&begin)
			.map_err(|error| ContentError::Header {
				path: file.path.clone(),
				reason: error.to_string(),
			})?;
		match identity {
			Some(identity) => Ok(Some(identity.clone())),
			None => Err(ContentError::Sealed {
				path: file.path.clone(),
			}),
		}
	}

	/// Writes down what an attempt to fetch a model left: all of so many bytes, or a part.
	async fn settle(&self, root: H256, whole: Option<u64>) {
		let size = match whole {
			Some(total) => total,
			None => {
				let partial = self.shared.partial_folder(root);
				let measured = tokio::task::spawn_blocking(move || folder_size(&partial)).await;
				measured.ok().and_then(Result::ok).unwrap_or(0)
			}
		};
		if let Some(entry) = self.shared.cache().entries.get_mut(&root) {
			entry.whole = whole.is_some();
			entry.size = size;
		}
		self.shared.publish_metrics();
	}

	fn remembered(&self, cid: &ContentId) -> Option<Arc<Manifest>> {
		let mut manifests = self.manifests();
		let at = manifests.iter().position(|(known, _)| known == cid)?;
		let found = manifests.remove(at)?;
		let manifest = found.1.clone();
		manifests.push_back(found);
		Some(manifest)
	}

	fn remember(&self, cid: ContentId, manifest: Arc<Manifest>) {
		let mut manifests = self.manifests();
		manifests.retain(|(known, _)| *known != cid);
		if manifests.len() >= MANIFESTS {
			manifests.pop_front();
		}
		manifests.push_back((cid, manifest));
	}

	fn manifests(&self) -> MutexGuard<'_, VecDeque<(ContentId, Arc<Manifest>)>> {
		let manifests = self.shared.manifests.lock();
		manifests.unwrap_or_else(PoisonError::into_inner)
	}

	async fn within<T>(
		&self,
		what: &'static str,
		limit: Duration,
		work: impl std::future::Future<Output = Result<T, ContentError>>,
	) -> Result<T, ContentError> {
		timeout(limit, work)
			.await
			.unwrap_or(Err(ContentError::Slow { what, limit }))
	}
}

fn parse_cid(what: &'static str, text: &str) -> Result<ContentId, ContentError> {
	ContentId::parse(text.as_bytes()).map_err(|source| ContentError::Cid {
		what,
		text: text.to_owned(),
		source,
	})
}

fn check_digest(what: &'static str, bytes: &[u8], expected: H256) -> Result<(), ContentError> {
	expect_digest(what, Sha256::digest(bytes).into(), expected)
}

fn expect_digest(what: &'static str, got: [u8; 32], expected: H256) -> Result<(), ContentError> {
	if got == expected.0 {
		return Ok(());
	}
	Err(ContentError::Digest {
		what,
		expected: hex::encode(expected),
		got: hex::encode(got),
	})
}

/// The files of a model as the downloader takes them.
fn wanted(manifest: &Manifest) -> Result<Vec<Wanted>, ContentError> {
	manifest
		.artifacts
		.iter()
		.map(|artifact| {
			let path = artifact.path.clone();
			let Some(cid) = artifact.cid else {
				return Err(ContentError::NoCid { path });
			};
			Ok(Wanted {
				path,
				size: artifact.size,
				sha256: artifact.sha256.0,
				cid,
				sealed: artifact.sealed.as_ref().map(|sealed| SealedForm {
					size: sealed.size,
					sha256: sealed.sha256.0,
				}),
			})
		})
		.collect()
}

/// The bytes of all files below `folder`; none if it is not there. Links are not followed.
fn folder_size(folder: &Path) -> io::Result<u64> {
	let mut sum = 0u64;
	let mut open = vec![folder.to_owned()];
	while let Some(at) = open.pop() {
		let entries = match fs::read_dir(&at) {
			Ok(entries) => entries,
			Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
			Err(error) => return Err(error),
		};
		for entry in entries {
			let entry = entry?;
			let metadata = entry.metadata()?;
			if metadata.is_dir() {
				open.push(entry.path());
			} else {
				sum = sum.saturating_add(metadata.len());
			}
		}
	}
	Ok(sum)
}

/// Removes a file or a folder with all that is in it, if it is there.
fn remove(path: &Path) -> io::Result<()> {
	let removed = match fs::symlink_metadata(path) {
		Ok(found) if found.is_dir() => fs::remove_dir_all(path),
		Ok(_) => fs::remove_file(path),
		Err(error) => Err(error),
	};
	match removed {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

/// Notes in the file system when a model was last used, so that a restart knows.
fn touch(folder: &Path) {
	let touched = fs::File::open(folder).and_then(|folder| folder.set_modified(SystemTime::now()));
	if let Err(error) = touched {
		tracing::debug!(%error, path = %folder.display(), "cannot note the time of use");
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn cache(entries: &[(u8, u64, u64, usize)]) -> Cache {
		let mut cache = Cache::default();
		for (root, size, used, leases) in entries {
			let used = SystemTime::UNIX_EPOCH + Duration::from_secs(*used);
			let mut entry = Entry::new(*size, used, true);
			entry.leases = *leases;
			cache.entries.insert(H256::repeat_byte(*root), entry);
		}
		cache
	}

	#[test]
	fn model_used_longest_ago_makes_room() {
		let cache = cache(&[(1, 10, 300, 0), (2, 10, 100, 0), (3, 10, 200, 0)]);
		assert_eq!(cache.to_evict(0, 30), Some(vec![]));
		assert_eq!(
			cache.to_evict(5, 30),
			Some(vec![H256::repeat_byte(2)]),
			"the oldest"
		);
		assert_eq!(
			cache.to_evict(15, 30),
			Some(vec![H256::repeat_byte(2), H256::repeat_byte(3)])
		);
	}

	#[test]
	fn model_in_use_stays() {
		let cache = cache(&[(1, 10, 100, 1), (2, 10, 200, 0)]);
		assert_eq!(cache.to_evict(5, 20), Some(vec![H256::repeat_byte(2)]));
		assert_eq!(cache.to_evict(15, 20), None);
	}

	#[test]
	fn folder_is_measured_with_all_below_it() {
		let folder = tempfile::tempdir().unwrap();
		fs::create_dir_all(folder.path().join("a/b")).unwrap();
		fs::write(folder.path().join("x"), [0; 10]).unwrap();
		fs::write(folder.path().join("a/b/y"), [0; 32]).unwrap();
		assert_eq!(folder_size(folder.path()).unwrap(), 42);
		assert_eq!(folder_size(&folder.path().join("none")).unwrap(), 0);
		remove(folder.path()).unwrap();
		remove(folder.path()).unwrap();
	}
}
