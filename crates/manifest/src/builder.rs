//! From a model folder to a manifest.

use std::{
	fs, io,
	path::{Path, PathBuf},
};

use weighhouse_primitives::{Kind, Relation, Serving};

use crate::{
	card, clock, files, hash_file, licence, Artifact, BuildError, Card, Derivatives, Licence,
	LineageEntry, Manifest, Progress, Publisher, Role, Settings, Sha256Digest, SourceFile,
};

/// More than any model card that people read.
const MAX_CARD: u64 = 1 << 20;
const MAX_NAME: usize = 64;
const MAX_SUMMARY: usize = 512;
const DEFAULT_VERSION: &str = "1.0.0";
const LICENCE_FILES: [&str; 6] = [
	"LICENSE",
	"LICENSE.txt",
	"LICENSE.md",
	"LICENCE",
	"LICENCE.txt",
	"LICENCE.md",
];

/// What the person who publishes says this time. Each value goes before the one in
/// `weighhouse.yaml`, which goes before the model card's.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BuildOptions {
	/// See [`Manifest::name`].
	pub name: Option<String>,
	/// See [`Manifest::version`].
	pub version: Option<String>,
	/// See [`Manifest::description`].
	pub description: Option<String>,
	/// See [`Manifest::created`]; now if it is not given.
	pub created: Option<String>,
	/// See [`Manifest::publisher`].
	pub publisher: Option<Publisher>,
	/// See [`Manifest::kind`].
	pub kind: Option<Kind>,
	/// The card's `pipeline_tag`, see [`Manifest::task`].
	pub task: Option<String>,
	/// See [`Licence::spdx`].
	pub spdx: Option<String>,
	/// See [`Licence::derivatives`].
	pub derivatives: Option<Derivatives>,
	/// See [`Licence::serving`].
	pub serving: Option<Serving>,
	/// See [`Manifest::lineage`]; replaces all of it.
	pub lineage: Option<Vec<LineageEntry>>,
}

/// A model folder that was looked through, before its files are read.
#[derive(Clone, PartialEq, Debug)]
pub struct Builder {
	dir: PathBuf,
	options: BuildOptions,
	settings: Settings,
	card: Card,
	body: String,
	files: Vec<SourceFile>,
	hidden: Vec<String>,
}

impl Builder {
	/// Looks through a model folder: its model card, its `weighhouse.yaml` and the names and sizes of
	/// its files. Hidden files are left out; symbolic links are refused.
	pub fn from_dir(dir: impl AsRef<Path>, options: BuildOptions) -> Result<Self, BuildError> {
		let dir = dir.as_ref();
		let (mut files, hidden) = files::walk(dir)?;
		let (mut card, body) = read_readme(dir)?;
		if let Some(task) = &options.task {
			card.set_pipeline_tag(task);
		}
		if files.iter().all(|file| file.role == Role::Card) {
			return Err(BuildError::NoFiles);
		}
		let settings = Settings::read(dir)?;
		if let Some(attestation) = &settings.attestation {
			for file in files
				.iter_mut()
				.filter(|file| attestation.test_vectors.contains(&file.path))
			{
				file.role = Role::TestVectors;
			}
		}
		Ok(Self {
			dir: dir.to_owned(),
			options,
			settings,
			card,
			body,
			files,
			hidden,
		})
	}

	/// The files that will be artifacts, sorted by path.
	pub fn files(&self) -> &[SourceFile] {
		&self.files
	}

	/// What was left out because it is hidden, sorted by path; a folder has `/` behind it.
	pub fn hidden(&self) -> &[String] {
		&self.hidden
	}

	/// How many bytes [`build`](Self::build) will read.
	pub fn total_size(&self) -> u64 {
		self.files
			.iter()
			.fold(0, |sum, file| sum.saturating_add(file.size))
	}

	/// The model card.
	pub fn card(&self) -> &Card {
		&self.card
	}

	/// Reads all files and writes the manifest, without content ids. `progress` hears each read.
	pub fn build(&self, mut progress: impl FnMut(Progress<'_>)) -> Result<Manifest, BuildError> {
		// What needs no reading comes first, so that nobody waits for an answer that is known.
		let licence = self.licence()?;
		licence::check_spdx(&licence.spdx)?;
		let mut manifest = Manifest {
			schema: Manifest::FORM.to_owned(),
			name: self.name(),
			version: self.version(),
			description: self.description(),
			created: self.options.created.clone().unwrap_or_else(clock::now),
			publisher: self
				.options
				.publisher
				.clone()
				.or_else(|| self.settings.publisher.clone()),
			kind: self
				.options
				.kind
				.or(self.settings.kind)
				.unwrap_or(Kind::Model),
			card: self.card.clone(),
			artifacts: Vec::with_capacity(self.files.len()),
			artifact_root: Sha256Digest([0; 32]),
			interface: self.settings.interface.clone(),
			attestation: self.settings.attestation.clone(),
			lineage: self.lineage(),
			evaluation: self.settings.evaluation.clone(),
			licence,
			safety: self.settings.safety.clone(),
		};
		for file in &self.files {
			manifest.artifacts.push(read_artifact(file, &mut progress)?);
		}
		manifest.artifact_root = manifest.computed_root()?;
		manifest.to_canonical_json()?;
		Ok(manifest)
	}

	fn name(&self) -> String {
		let given = self.options.name.as_ref().or(self.settings.name.as_ref());
		if let Some(name) = given {
			return name.clone();
		}
		let from_index = self
			.card
			.model_index()
			.and_then(|index| index.pointer("/0/name"));
		let folder = || {
			let dir = fs::canonicalize(&self.dir).ok()?;
			Some(dir.file_name()?.to_string_lossy().into_owned())
		};
		let name = self
			.card
			.text("model_name")
			.or(from_index.and_then(|name| name.as_str()))
			.or_else(|| heading(&self.body))
			.map(ToOwned::to_owned)
			.or_else(folder)
			.unwrap_or_default();
		// A name that nobody chose for this purpose is cut rather than refused.
		shortened(&one_line(&name), MAX_NAME)
	}

	fn version(&self) -> String {
		let given = self
			.options
			.version
			.as_ref()
			.or(self.settings.version.as_ref());
		given.map_or_else(|| DEFAULT_VERSION.to_owned(), Clone::clone)
	}

	fn description(&self) -> String {
		let given = self
			.options
			.description
			.as_ref()
			.or(self.settings.description.as_ref());
		given.map_or_else(
			|| shortened(&summary(&self.body), MAX_SUMMARY),
			Clone::clone,
		)
	}

	/// See [`Manifest::lineage`].
	pub fn lineage(&self) -> Vec<LineageEntry> {
		let given = self
			.options
			.lineage
			.as_ref()
			.or(self.settings.lineage.as_ref());
		if let Some(lineage) = given {
			return lineage.clone();
		}
		let relation = match self.card.text("base_model_relation") {
			Some("adapter") => Relation::Adapter,
			Some("merge") => Relation::Merge,
			Some("quantized") => Relation::Quantized,
			_ => Relation::FineTune,
		};
		let from_card = |source: &str| LineageEntry {
			listing: None,
			version: None,
			relation,
			royalty: 0,
			source: Some(source.to_owned()),
		};
		self.card.base_model().into_iter().map(from_card).collect()
	}

	fn licence(&self) -> Result<Licence, BuildError> {
		let settings = &self.settings.licence;
		let spdx = self
			.options
			.spdx
			.clone()
			.or_else(|| settings.spdx.clone())
			.or_else(|| licence::from_card(&self.card))
			.ok_or(BuildError::NoLicence)?;
		let beside_the_card = || {
			let name = LICENCE_FILES
				.iter()
				.find(|name| self.files.iter().any(|f| f.path == **name));
			name.map(|name| (*name).to_owned())
		};
		Ok(Licence {
			spdx,
			text: settings.text.clone().or_else(beside_the_card),
			text_cid: None,
			derivatives: self.options.derivatives.or(settings.derivatives),
			serving: self.options.serving.or(settings.serving),
		})
	}
}

fn read_artifact(
	file: &SourceFile,
	progress: &mut impl FnMut(Progress<'_>),
) -> Result<Artifact, BuildError> {
	let (size, digest) = hash_file(&file.full_path, |bytes| {
		progress(Progress {
			path: &file.path,
			bytes,
		})
	})
	.map_err(|source| BuildError::Read {
		path: file.full_path.clone(),
		source,
	})?;
	if size != file.size {
		return Err(BuildError::Changed {
			path: file.path.clone(),
			before: file.size,
			after: size,
		});
	}
	Ok(Artifact {
		path: file.path.clone(),
		role: file.role,
		media_type: file.media_type.clone(),
		size,
		sha256: digest.into(),
		cid: None,
		sealed: None,
	})
}

fn read_readme(dir: &Path) -> Result<(Card, String), BuildError> {
	let path = dir.join(files::CARD);
	let read = |source: io::Error| BuildError::Read {
		path: path.clone(),
		source,
	};
	let found = match fs::metadata(&path) {
		Ok(metadata) if metadata.is_file() => metadata.len(),
		Ok(_) => return Err(BuildError::MissingCard { path }),
		Err(error) if error.kind() == io::ErrorKind::NotFound => {
			return Err(BuildError::MissingCard { path })
		}
		Err(error) => return Err(read(error)),
	};
	if found > MAX_CARD {
		return Err(BuildError::CardTooLarge {
			found,
			max: MAX_CARD,
		});
	}
	let readme =
		String::from_utf8(fs::read(&path).map_err(read)?).map_err(|_| BuildError::CardNotText)?;
	let (card, body) = card::read_card(&readme)?;
	Ok((card, body.to_owned()))
}

/// The first heading of a Markdown text.
fn heading(body: &str) -> Option<&str> {
	let heading = body
		.lines()
		.find_map(|line| line.strip_prefix("# "))?
		.trim();
	(!heading.is_empty()).then_some(heading)
}

/// The first paragraph of a Markdown text that is prose: no heading, markup, list or code.
fn summary(body: &str) -> String {
	let is_prose = |line: &str| !line.starts_with(['#', '<', '!', '[', '|', '-', '*', '>', '`']);
	body.replace("\r\n", "\n")
		.split("\n\n")
		.map(str::trim)
		.find(|paragraph| !paragraph.is_empty() && is_prose(paragraph))
		.map(one_line)
		.unwrap_or_default()
}

fn one_line(text: &str) -> String {
	let words = text.split(|c: char| c.is_whitespace() || c.is_control());
	words
		.filter(|word| !word.is_empty())
		.collect::<Vec<_>>()
		.join(" ")
}

fn shortened(text: &str, max: usize) -> String {
	let fitting = text
		.char_indices()
		.map(|(at, c)| at + c.len_utf8())
		.take_while(|end| *end <= max);
	text[..fitting.last().unwrap_or(0)].trim_end().to_owned()
}
