//! An IPFS node in memory, the digits model on it, and a gateway before both.
//!
//! The node speaks the few routes of Kubo that the gateway uses, over HTTP, and can be told to have
//! nothing. Everything else is the real thing: the model, the engine, the database, the sockets.
#![allow(dead_code)]

use std::{
	collections::{HashMap, HashSet},
	io::{BufRead, BufReader, Read, Write},
	net::{TcpListener, TcpStream},
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
	thread,
	time::{Duration, Instant},
};

use axum::{
	routing::{get, post},
	Json, Router,
};
use codec::{DecodeAll, Encode};
use reqwest::{header, Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use sp_core::H256;
use weighhouse_gateway::{Config, Gateway};
use weighhouse_manifest::{BuildOptions, Builder, Manifest};
use weighhouse_primitives::{
	inference::{commitment, Assignment, Completion, Round, MEDIA_TYPE},
	ContentId,
};

pub struct FakeIpfs {
	pub address: String,
	state: Arc<Shelf>,
}

#[derive(Default)]
struct Shelf {
	blocks: Mutex<HashMap<String, Vec<u8>>>,
	hidden: Mutex<HashSet<String>>,
	/// What requests hang for, as Kubo lets them for what nobody has; `put` for whatever is stored.
	hanging: Mutex<HashSet<String>>,
	requests: Mutex<Vec<String>>,
}

impl FakeIpfs {
	pub fn start() -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").unwrap();
		let address = format!("http://{}", listener.local_addr().unwrap());
		let state = Arc::new(Shelf::default());
		let shelf = state.clone();
		thread::spawn(move || {
			for stream in listener.incoming() {
				let Ok(stream) = stream else { break };
				let shelf = shelf.clone();
				thread::spawn(move || shelf.answer(stream));
			}
		});
		Self { address, state }
	}

	pub fn add(&self, bytes: &[u8]) -> ContentId {
		let cid = ContentId::of_raw_block(bytes);
		let mut blocks = self.state.blocks.lock().unwrap();
		blocks.insert(cid.to_text(), bytes.to_vec());
		cid
	}

	/// Files bytes under an id that is not theirs.
	pub fn add_as(&self, cid: &ContentId, bytes: Vec<u8>) {
		let mut blocks = self.state.blocks.lock().unwrap();
		blocks.insert(cid.to_text(), bytes);
	}

	pub fn hide(&self, cid: &ContentId) {
		self.state.hidden.lock().unwrap().insert(cid.to_text());
	}

	pub fn show(&self, cid: &ContentId) {
		self.state.hidden.lock().unwrap().remove(&cid.to_text());
	}

	/// Lets every request for content hang.
	pub fn hang(&self, cid: &ContentId) {
		self.state.hanging.lock().unwrap().insert(cid.to_text());
	}

	/// Lets everything that is stored hang, or no longer.
	pub fn hang_puts(&self, hang: bool) {
		let mut hanging = self.state.hanging.lock().unwrap();
		if hang {
			hanging.insert("put".into());
		} else {
			hanging.remove("put");
		}
	}

	/// What lies under a digest.
	pub fn block(&self, hash: H256) -> Option<Vec<u8>> {
		let blocks = self.state.blocks.lock().unwrap();
		blocks.get(&ContentId::raw(hash.0).to_text()).cloned()
	}

	/// How often content was asked for.
	pub fn asked_for(&self, cid: &ContentId) -> usize {
		let text = cid.to_text();
		let requests = self.state.requests.lock().unwrap();
		requests.iter().filter(|line| line.contains(&text)).count()
	}
}

impl Shelf {
	fn answer(&self, stream: TcpStream) {
		let mut reader = BufReader::new(stream.try_clone().unwrap());
		let mut first = String::new();
		if reader.read_line(&mut first).unwrap_or(0) == 0 {
			return;
		}
		let mut length = 0;
		loop {
			let mut line = String::new();
			if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
				break;
			}
			if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
				length = value.trim().parse().unwrap();
			}
		}
		let mut body = vec![0; length];
		if reader.read_exact(&mut body).is_err() {
			return;
		}
		self.requests.lock().unwrap().push(first.trim().to_owned());
		let target = first.split(' ').nth(1).unwrap_or_default();
		let parameter = |name: &str| {
			let (_, query) = target.split_once('?')?;
			query
				.split('&')
				.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
		};
		let route = target.split('?').next().unwrap_or_default();
		let wanted = match route {
			"/api/v0/block/put" => "put",
			_ => parameter("arg").unwrap_or_default(),
		};
		while self.hanging.lock().unwrap().contains(wanted) {
			thread::sleep(Duration::from_millis(50));
		}
		let (status, answer) = match route {
			"/api/v0/id" => (200, br#"{"ID":"fake"}"#.to_vec()),
			"/api/v0/cat" | "/api/v0/block/get" => {
				let cid = parameter("arg").unwrap_or_default();
				let offset: usize = parameter("offset").map_or(0, |text| text.parse().unwrap());
				match self.blocks.lock().unwrap().get(cid) {
					Some(bytes) if !self.hidden.lock().unwrap().contains(cid) => {
						(200, bytes.get(offset..).unwrap_or_default().to_vec())
					}
					_ => (500, failure("block was not found locally (offline)")),
				}
			}
			"/api/v0/block/put" => {
				let bytes = part(&body);
				let cid = ContentId::of_raw_block(&bytes).to_text();
				let answer = format!(r#"{{"Key":"{cid}","Size":{}}}"#, bytes.len());
				self.blocks.lock().unwrap().insert(cid, bytes);
				(200, answer.into_bytes())
			}
			_ => (404, failure("no such command")),
		};
		let mut stream = stream;
		// Writing fails once the client has seen enough, which is none of the node's business.
		let _ = write!(
			stream,
			"HTTP/1.1 {status} Status\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
			answer.len()
		)
		.and_then(|()| stream.write_all(&answer));
	}
}

fn failure(message: &str) -> Vec<u8> {
	format!(r#"{{"Message":"{message}","Code":0,"Type":"error"}}"#).into_bytes()
}

/// The one part of a multipart body.
fn part(body: &[u8]) -> Vec<u8> {
	let find = |needle: &[u8]| {
		body.windows(needle.len())
			.position(|window| window == needle)
			.unwrap()
	};
	let boundary = &body[..find(b"\r\n")];
	let start = find(b"\r\n\r\n") + 4;
	let end = body.len() - boundary.len() - b"\r\n--\r\n".len();
	body[start..end].to_vec()
}

/// An inference server. What it answers is up to the test; nothing means that it hangs.
pub struct FakeOip {
	pub address: String,
	state: Arc<Counter>,
}

#[derive(Default)]
struct Counter {
	asked: AtomicUsize,
	/// How often it still refuses to say who it is.
	shy: AtomicUsize,
}

impl FakeOip {
	pub async fn start(
		infer: impl Fn(Value) -> Option<(u16, String)> + Clone + Send + Sync + 'static,
	) -> Self {
		let state = Arc::new(Counter::default());
		let (counted, shy) = (state.clone(), state.clone());
		let about = move || async move {
			match shy.shy.load(Ordering::SeqCst) {
				0 => (
					axum::http::StatusCode::OK,
					r#"{"name":"mlserver","version":"1.7.1","extensions":[]}"#,
				),
				times => {
					shy.shy.store(times - 1, Ordering::SeqCst);
					(axum::http::StatusCode::SERVICE_UNAVAILABLE, "not now")
				}
			}
		};
		let infer = move |Json(body): Json<Value>| async move {
			counted.asked.fetch_add(1, Ordering::SeqCst);
			let Some((status, answer)) = infer(body) else {
				std::future::pending::<()>().await;
				unreachable!()
			};
			(axum::http::StatusCode::from_u16(status).unwrap(), answer)
		};
		let routes = Router::new()
			.route("/v2", get(about))
			.route("/v2/health/ready", get(|| async {}))
			.route("/v2/models/{name}/ready", get(|| async {}))
			.route("/v2/models/{name}/infer", post(infer));
		let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = format!("http://{}", listener.local_addr().unwrap());
		tokio::spawn(async move { axum::serve(listener, routes).await });
		Self { address, state }
	}

	/// How often it was asked to infer.
	pub fn asked(&self) -> usize {
		self.state.asked.load(Ordering::SeqCst)
	}

	/// Refuses so often to say who it is.
	pub fn be_shy(&self, times: usize) {
		self.state.shy.store(times, Ordering::SeqCst);
	}
}

pub fn models() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dev/models")
}

pub struct Model {
	pub manifest: Manifest,
	pub cid: ContentId,
}

/// Puts a model of the repository on IPFS, its manifest changed as the test likes.
pub fn publish(ipfs: &FakeIpfs, name: &str, change: impl FnOnce(&mut Manifest)) -> Model {
	publish_folder(ipfs, &models().join(name), change)
}

/// The same with a model of the test's own.
pub fn publish_folder(ipfs: &FakeIpfs, folder: &Path, change: impl FnOnce(&mut Manifest)) -> Model {
	let mut manifest = Builder::from_dir(folder, BuildOptions::default())
		.unwrap()
		.build(|_| ())
		.unwrap();
	let paths: Vec<String> = manifest
		.artifacts
		.iter()
		.map(|artifact| artifact.path.clone())
		.collect();
	for path in paths {
		let cid = ipfs.add(&std::fs::read(folder.join(&path)).unwrap());
		manifest.set_cid(&path, cid).unwrap();
	}
	change(&mut manifest);
	let cid = ipfs.add(&manifest.to_canonical_json().unwrap());
	Model { manifest, cid }
}

/// The requests and the right labels that the digits model comes with.
pub fn vectors() -> Vec<(Value, Vec<i64>)> {
	let text = std::fs::read(models().join("digits/test-vectors.json")).unwrap();
	let value: Value = serde_json::from_slice(&text).unwrap();
	value["vectors"]
		.as_array()
		.unwrap()
		.iter()
		.map(|vector| {
			let labels = vector["outputs"][0]["data"].as_array().unwrap();
			let labels = labels.iter().map(|label| label.as_i64().unwrap()).collect();
			(json!({ "inputs": vector["inputs"] }), labels)
		})
		.collect()
}

/// A request with the same image many times.
pub fn batch(size: usize) -> Value {
	let (request, _) = vectors().remove(0);
	let image = request["inputs"][0]["data"].as_array().unwrap().clone();
	let data: Vec<Value> = (0..size).flat_map(|_| image.clone()).collect();
	json!({ "inputs": [{
		"name": "image", "datatype": "FP32", "shape": [size, 64], "data": data,
	}] })
}

/// An assignment whose input lies on IPFS. `number` sets it apart from others.
pub fn assignment(ipfs: &FakeIpfs, model: &Model, request: &Value, number: u8) -> Assignment {
	let input = serde_json::to_vec(request).unwrap();
	let cid = ipfs.add(&input);
	Assignment {
		genesis: H256::repeat_byte(0xee),
		request_hash: H256::repeat_byte(number),
		job: number.into(),
		round: Round::Main,
		worker: H256::repeat_byte(0x77),
		listing: 1,
		version: 1,
		manifest: model.cid.to_text(),
		artifact_root: H256(model.manifest.artifact_root.0),
		input: cid.to_text(),
		input_hash: H256(Sha256::digest(&input).into()),
		answers: model.manifest.answers(),
		disputed: None,
	}
}

/// A configuration that does not let tests wait.
pub fn config(ipfs: &FakeIpfs, folder: &Path) -> Config {
	let mut config = Config {
		listen: "127.0.0.1:0".parse().unwrap(),
		data: folder.to_owned(),
		ipfs: ipfs.address.clone(),
		..Config::default()
	};
	config.timeouts.connect = Duration::from_secs(2);
	config.timeouts.idle = Duration::from_secs(5);
	config.timeouts.fetch = Duration::from_secs(10);
	config.timeouts.retry = Duration::from_millis(20);
	config.timeouts.retry_most = Duration::from_millis(100);
	config.timeouts.shutdown = Duration::from_secs(10);
	config
}

pub struct Http {
	base: String,
	client: Client,
}

impl Http {
	pub fn to(address: impl std::fmt::Display) -> Self {
		Self {
			base: format!("http://{address}"),
			client: Client::builder().no_proxy().build().unwrap(),
		}
	}

	pub fn of(gateway: &Gateway) -> Self {
		Self::to(gateway.local_addr())
	}

	pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
		self.client.request(method, format!("{}{path}", self.base))
	}

	pub async fn get(&self, path: &str) -> Response {
		self.request(Method::GET, path).send().await.unwrap()
	}

	pub async fn get_json(&self, path: &str) -> (StatusCode, Value) {
		let response = self.get(path).await;
		let status = response.status();
		(status, response.json().await.unwrap())
	}

	pub async fn put_json(&self, assignment: &Assignment) -> (StatusCode, Value) {
		let response = self
			.request(Method::PUT, &path(assignment))
			.json(assignment)
			.send()
			.await
			.unwrap();
		let status = response.status();
		(status, response.json().await.unwrap())
	}

	pub async fn put_scale(&self, assignment: &Assignment) -> (StatusCode, Vec<u8>) {
		let response = self
			.request(Method::PUT, &path(assignment))
			.header(header::CONTENT_TYPE, MEDIA_TYPE)
			.body(assignment.encode())
			.send()
			.await
			.unwrap();
		let status = response.status();
		(status, response.bytes().await.unwrap().to_vec())
	}

	/// Asks as a courier does until the job is at an end: the answer, or why there is none.
	pub async fn end(&self, assignment: &Assignment) -> Result<Completion, String> {
		let started = Instant::now();
		loop {
			let (status, body) = self.put_scale(assignment).await;
			match status {
				StatusCode::OK => {
					let completion = Completion::decode_all(&mut body.as_slice()).unwrap();
					check(assignment, &completion);
					return Ok(completion);
				}
				StatusCode::ACCEPTED => assert!(body.is_empty()),
				_ => {
					let body: Value = serde_json::from_slice(&body).unwrap();
					return Err(format!("{} {}", status.as_u16(), body["error"]));
				}
			}
			assert!(started.elapsed() < Duration::from_secs(60), "no end");
			tokio::time::sleep(Duration::from_millis(10)).await;
		}
	}
}

pub fn path(assignment: &Assignment) -> String {
	format!(
		"/v1/jobs/{}-{}",
		hex::encode(assignment.request_hash),
		hex::encode(assignment.worker)
	)
}

/// Holds an answer against its commitment.
fn check(assignment: &Assignment, completion: &Completion) {
	assert!(completion.reveal.is_well_formed());
	assert_eq!(
		completion.commitment,
		commitment(
			assignment.request_hash,
			&assignment.worker.0,
			assignment.round,
			&completion.reveal.answer,
			completion.reveal.salt,
		)
	);
}
