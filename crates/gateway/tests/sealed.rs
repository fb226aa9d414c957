//! Sealed models: served with their identity, and not answered for without it.

mod common;

use std::{
	fs::{self, Permissions},
	io::Write,
	iter,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	time::Duration,
};

use age::{x25519, Encryptor};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use weighhouse_client::sealed::Identity;
use weighhouse_gateway::{
	config::EngineKind, Config, Gateway, Identities, IdentitiesError, StartError,
};
use weighhouse_manifest::{decode_canonical, Role, Sealed, Sha256Digest, Values};
use weighhouse_primitives::{inference::Status, ContentId};

use common::{assignment, config, models, publish, vectors, FakeIpfs, FakeOip, Http, Model};

/// What the files of these tests are sealed for.
fn right() -> Identity {
	Identity::from_bytes([7; 32])
}

fn wrong() -> Identity {
	Identity::from_bytes([8; 32])
}

/// An age file, made by age alone.
fn seal(bytes: &[u8]) -> Vec<u8> {
	let recipient: x25519::Recipient = right().recipient().to_text().parse().unwrap();
	let encryptor =
		Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient)).unwrap();
	let mut sealed = Vec::new();
	let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
	writer.write_all(bytes).unwrap();
	writer.finish().unwrap();
	sealed
}

/// The digits model, its files but the card sealed.
fn publish_sealed(ipfs: &FakeIpfs) -> Model {
	publish(ipfs, "digits", |manifest| {
		let files: Vec<_> = manifest
			.artifacts
			.iter()
			.filter(|artifact| artifact.role != Role::Card)
			.filter(|artifact| manifest.licence.text.as_ref() != Some(&artifact.path))
			.map(|artifact| artifact.path.clone())
			.collect();
		for path in files {
			let sealed = seal(&fs::read(models().join("digits").join(&path)).unwrap());
			let form = Sealed {
				size: sealed.len() as u64,
				sha256: Sha256Digest(Sha256::digest(&sealed).into()),
			};
			manifest.set_sealed(&path, ipfs.add(&sealed), form).unwrap();
		}
	})
}

fn write(folder: &Path, name: &str, identities: &[Identity]) -> PathBuf {
	let mut text = "# sealed models\n\n".to_owned();
	for identity in identities {
		text.push_str(&format!("# one\n{}\n", *identity.to_text()));
	}
	let path = folder.join(name);
	fs::write(&path, text).unwrap();
	fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
	path
}

struct Setting {
	folder: TempDir,
	keys: TempDir,
	ipfs: FakeIpfs,
	model: Model,
}

impl Setting {
	fn new() -> Self {
		let ipfs = FakeIpfs::start();
		Self {
			folder: tempfile::tempdir().unwrap(),
			keys: tempfile::tempdir().unwrap(),
			model: publish_sealed(&ipfs),
			ipfs,
		}
	}

	fn config(&self, identities: &[Identity]) -> Config {
		let mut config = config(&self.ipfs, self.folder.path());
		if !identities.is_empty() {
			config.identities = vec![write(self.keys.path(), "keys.txt", identities)];
		}
		config.timeouts.job = Duration::from_millis(300);
		config
	}

	fn weights(&self) -> ContentId {
		let weights = self.model.manifest.artifact("model.onnx").unwrap();
		weights.cid.unwrap()
	}

	fn models(&self) -> PathBuf {
		self.folder.path().join("models")
	}

	/// Why a job fails, after which no model may lie in the cache.
	async fn failure(&self, config: Config) -> String {
		let gateway = Gateway::start(config).await.unwrap();
		let job = assignment(&self.ipfs, &self.model, &vectors()[0].0, 1);
		let reason = Http::of(&gateway).end(&job).await.unwrap_err();
		assert_eq!(fs::read_dir(self.models()).unwrap().count(), 0);
		reason
	}
}

#[tokio::test]
async fn sealed_model_is_served_with_its_identity_among_others() {
	let setting = Setting::new();
	let mut config = setting.config(&[wrong(), right()]);
	config.timeouts.job = Duration::from_secs(60);
	let gateway = Gateway::start(config).await.unwrap();
	let http = Http::of(&gateway);
	for (number, (request, labels)) in (1u8..).zip(vectors()) {
		let job = assignment(&setting.ipfs, &setting.model, &request, number);
		let reveal = http.end(&job).await.unwrap().reveal;
		assert_eq!(reveal.answer.status, Status::Ok);
		let outputs = decode_canonical(&reveal.output).unwrap();
		assert_eq!(outputs[0].values, Values::Int(labels));
	}
	// The plaintext lies where nobody else can read it.
	let root = setting.model.manifest.artifact_root.to_string();
	let plain = fs::read(setting.models().join(root).join("model.onnx")).unwrap();
	assert_eq!(plain, fs::read(models().join("digits/model.onnx")).unwrap());
	let mode = fs::metadata(setting.models()).unwrap().permissions().mode();
	assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn sealed_model_is_not_answered_for_without_an_identity() {
	let setting = Setting::new();
	let reason = setting.failure(setting.config(&[])).await;
	assert!(reason.starts_with("422"), "{reason}");
	assert!(reason.contains("--identity"), "{reason}");
}

#[tokio::test]
async fn sealed_model_is_not_answered_for_with_another_identity() {
	let setting = Setting::new();
	let reason = setting.failure(setting.config(&[wrong()])).await;
	assert!(reason.starts_with("422"), "{reason}");
	assert!(reason.contains("no identity of this gateway"), "{reason}");
}

#[tokio::test]
async fn sealed_model_is_never_run_with_a_flipped_byte() {
	let setting = Setting::new();
	let cid = setting.weights();
	let mut bytes = setting
		.ipfs
		.block(sp_core::H256(cid.digest))
		.expect("it was added as a raw block");
	*bytes.last_mut().unwrap() ^= 1;
	setting.ipfs.add_as(&cid, bytes);
	let reason = setting.failure(setting.config(&[right()])).await;
	assert!(reason.contains("given up"), "{reason}");
	assert!(reason.contains("sha256"), "{reason}");
}

#[tokio::test]
async fn sealed_test_vectors_are_opened_for_a_server_that_has_the_files() {
	let setting = Setting::new();
	for (identities, says) in [
		(vec![right()], "does not give the test vector"),
		(Vec::new(), "no test vectors"),
	] {
		let folder = tempfile::tempdir().unwrap();
		let server = FakeOip::start(|_| Some((400, "no".into()))).await;
		let mut config = setting.config(&identities);
		config.data = folder.path().to_owned();
		config.engine.kind = EngineKind::Oip;
		config.engine.url = Some(server.address.clone());
		config.engine.ignore_pin = true;
		config.timeouts.job = Duration::from_secs(60);
		let gateway = Gateway::start(config).await.unwrap();
		let job = assignment(&setting.ipfs, &setting.model, &vectors()[0].0, 1);
		let reason = Http::of(&gateway).end(&job).await.unwrap_err();
		assert!(reason.contains(says), "{reason}");
	}
	assert_eq!(setting.ipfs.asked_for(&setting.weights()), 0);
}

#[tokio::test]
async fn gateway_does_not_start_when_others_can_read_an_identity() {
	let setting = Setting::new();
	let config = setting.config(&[right()]);
	fs::set_permissions(&config.identities[0], Permissions::from_mode(0o640)).unwrap();
	let error = Gateway::start(config).await.unwrap_err();
	assert!(matches!(
		error,
		StartError::Identities(IdentitiesError::Exposed { mode: 0o640, .. })
	));
	assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn identities_are_read_from_several_files_and_refused_when_one_is_none() {
	let folder = tempfile::tempdir().unwrap();
	let first = write(folder.path(), "first", &[wrong()]);
	let second = write(folder.path(), "second", &[right()]);
	let both = Identities::open(&[first.clone(), second]).unwrap();
	assert!(both.opens(&right().recipient().to_text()));
	let one = Identities::open(&[first]).unwrap();
	assert!(!one.opens(&right().recipient().to_text()));

	let empty = write(folder.path(), "empty", &[]);
	assert!(Identities::open(std::slice::from_ref(&empty)).is_err());
	let secret = right()
		.to_text()
		.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2");
	fs::write(&empty, format!("# one\n{secret}\n")).unwrap();
	let error = Identities::open(&[empty]).unwrap_err();
	assert!(matches!(error, IdentitiesError::Malformed { line: 2, .. }));
	assert!(!error.to_string().contains(&secret), "a secret is repeated");
	assert!(Identities::open(&[folder.path().join("none")]).is_err());
}
