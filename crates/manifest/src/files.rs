//! The files of a model folder, and what each is for.

use std::{
	io,
	path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use walkdir::{DirEntry, WalkDir};
use weighhouse_primitives::artifact::check_path;

use crate::{settings, BuildError};

/// The name of the model card.
pub(crate) const CARD: &str = "README.md";

/// More files than any manifest of 256 KiB names.
const MAX_FILES: usize = 4096;

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
	/// The model's parameters, or a graph that holds them.
	Weights,
	/// How the model is set up.
	Config,
	/// How text becomes tokens.
	Tokenizer,
	/// The model card.
	Card,
	/// Requests and their right answers.
	TestVectors,
	/// Anything else.
	Other,
}

/// A file that will be an artifact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
	/// Where it lies in the model folder, with `/` between segments.
	pub path: String,
	/// Where it lies on this machine.
	pub full_path: PathBuf,
	/// Its length in bytes.
	pub size: u64,
	/// What it is for.
	pub role: Role,
	/// Its media type.
	pub media_type: String,
}

/// All files below `dir`, and what is hidden there, each sorted by path. Hidden ones and the settings
/// file are no artifacts; anything else that is neither a file nor a folder is refused, symbolic links
/// first of all.
pub(crate) fn walk(dir: &Path) -> Result<(Vec<SourceFile>, Vec<String>), BuildError> {
	if !dir.is_dir() {
		return Err(BuildError::NotAFolder {
			path: dir.to_owned(),
		});
	}
	let mut files = Vec::new();
	let mut hidden = Vec::new();
	let entries = WalkDir::new(dir)
		.follow_links(false)
		.min_depth(1)
		.sort_by_file_name();
	for entry in entries.into_iter().filter_entry(|entry| {
		let leave_out = entry.depth() > 0 && is_hidden(entry);
		if leave_out {
			hidden.push(hidden_path(dir, entry));
		}
		!leave_out
	}) {
		let entry = entry.map_err(|error| BuildError::Read {
			path: error.path().unwrap_or(dir).to_owned(),
			source: error
				.into_io_error()
				.unwrap_or_else(|| io::ErrorKind::Other.into()),
		})?;
		let path = relative_path(dir, entry.path())?;
		if entry.path_is_symlink() {
			let target = std::fs::read_link(entry.path()).map_err(|source| BuildError::Read {
				path: entry.path().to_owned(),
				source,
			})?;
			return Err(BuildError::Symlink { path, target });
		}
		if entry.file_type().is_dir() || settings::FILES.contains(&path.as_str()) {
			continue;
		}
		if !entry.file_type().is_file() {
			return Err(BuildError::NotAFile { path });
		}
		check_path(&path).map_err(|source| BuildError::Path {
			path: path.clone(),
			source,
		})?;
		if files.len() == MAX_FILES {
			return Err(BuildError::TooManyFiles { max: MAX_FILES });
		}
		let full_path = entry.path().to_owned();
		let size = entry
			.metadata()
			.map_err(|error| BuildError::Read {
				path: full_path.clone(),
				source: error.into(),
			})?
			.len();
		let (role, media_type) = (role(&path), media_type(&path).to_owned());
		files.push(SourceFile {
			path,
			full_path,
			size,
			role,
			media_type,
		});
	}
	// A walk sorts folder by folder, which is not the order of whole paths.
	files.sort_unstable_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
	hidden.sort_unstable();
	Ok((files, hidden))
}

fn is_hidden(entry: &DirEntry) -> bool {
	entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// For people only, so a name need not be UTF-8.
fn hidden_path(dir: &Path, entry: &DirEntry) -> String {
	let path = entry.path().strip_prefix(dir).unwrap_or(entry.path());
	let end = if entry.file_type().is_dir() { "/" } else { "" };
	format!("{}{end}", path.to_string_lossy())
}

fn relative_path(dir: &Path, path: &Path) -> Result<String, BuildError> {
	let segments: Option<Vec<&str>> = path
		.strip_prefix(dir)
		.unwrap_or(path)
		.components()
		.map(|segment| segment.as_os_str().to_str())
		.collect();
	let segments = segments.ok_or_else(|| BuildError::NotUtf8 {
		path: path.to_owned(),
	})?;
	Ok(segments.join("/"))
}

fn role(path: &str) -> Role {
	if path == CARD {
		return Role::Card;
	}
	let lower = path.to_ascii_lowercase();
	let name = lower.rsplit('/').next().unwrap_or(&lower);
	let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
	let is_test_vectors =
		|segment: &str| segment.starts_with("test_vectors") || segment.starts_with("test-vectors");
	if lower.split('/').any(is_test_vectors) {
		return Role::TestVectors;
	}
	match name {
		"vocab.json"
		| "vocab.txt"
		| "merges.txt"
		| "special_tokens_map.json"
		| "added_tokens.json"
		| "spiece.model" => return Role::Tokenizer,
		_ if name.starts_with("tokenizer") => return Role::Tokenizer,
		"params.json" | "hyperparams.yaml" => return Role::Config,
		_ if name.ends_with("config.json") || name.ends_with("config.yaml") => return Role::Config,
		_ => {}
	}
	match extension {
		"onnx" | "onnx_data" | "safetensors" | "gguf" | "ggml" | "bin" | "pt" | "pth" | "ckpt"
		| "h5" | "keras" | "tflite" | "pb" | "npz" | "msgpack" | "pkl" | "joblib" => Role::Weights,
		"spm" => Role::Tokenizer,
		_ => Role::Other,
	}
}

fn media_type(path: &str) -> &'static str {
	let name = path.rsplit('/').next().unwrap_or(path);
	let Some((_, extension)) = name.rsplit_once('.') else {
		return match name {
			"LICENSE" | "LICENCE" | "NOTICE" | "COPYING" => "text/plain",
			_ => "application/octet-stream",
		};
	};
	match extension.to_ascii_lowercase().as_str() {
		"json" => "application/json",
		"jsonl" | "ndjson" => "application/x-ndjson",
		"yaml" | "yml" => "application/yaml",
		"md" => "text/markdown",
		"txt" => "text/plain",
		"csv" => "text/csv",
		"html" => "text/html",
		"py" => "text/x-python",
		"png" => "image/png",
		"jpg" | "jpeg" => "image/jpeg",
		"svg" => "image/svg+xml",
		"pdf" => "application/pdf",
		"gz" => "application/gzip",
		"zip" => "application/zip",
		"tar" => "application/x-tar",
		"parquet" => "application/vnd.apache.parquet",
		_ => "application/octet-stream",
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn role_follows_from_the_name() {
		for (path, expected) in [
			("README.md", Role::Card),
			("docs/README.md", Role::Other),
			("model.onnx", Role::Weights),
			("onnx/MODEL.ONNX", Role::Weights),
			("model-00001-of-00002.safetensors", Role::Weights),
			("pytorch_model.bin", Role::Weights),
			("config.json", Role::Config),
			("generation_config.json", Role::Config),
			("preprocessor_config.json", Role::Config),
			("tokenizer.json", Role::Tokenizer),
			("tokenizer_config.json", Role::Tokenizer),
			("tokenizer.model", Role::Tokenizer),
			("vocab.txt", Role::Tokenizer),
			("test-vectors.json", Role::TestVectors),
			("test_vectors/0.npz", Role::TestVectors),
			("LICENSE", Role::Other),
			("figure.png", Role::Other),
		] {
			assert_eq!(role(path), expected, "{path}");
		}
	}

	#[test]
	fn media_type_follows_from_the_extension() {
		for (path, expected) in [
			("README.md", "text/markdown"),
			("a.b/config.JSON", "application/json"),
			("LICENSE", "text/plain"),
			("model.onnx", "application/octet-stream"),
			("a.json/noextension", "application/octet-stream"),
		] {
			assert_eq!(media_type(path), expected, "{path}");
		}
	}
}
