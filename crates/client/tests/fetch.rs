//! Downloads from an IPFS node that misbehaves.
//!
//! The server below is the fault itself: it speaks the Kubo routes over HTTP and breaks where a test
//! tells it to. What works is tested against a real node elsewhere.

use std::{
	io::{BufRead, BufReader, Read, Write},
	net::{TcpListener, TcpStream},
	path::Path,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
	thread,
	time::{Duration, Instant},
};

use sha2::{Digest, Sha256};
use weighhouse_client::{
	fetch::{self, FetchError, Outcome, SealedForm, Wanted, MANIFEST_LIMIT, PARTS_FOLDER},
	ipfs::{Ipfs, IpfsError, Patience, Progress},
	sealed::{self, Identity},
};
use weighhouse_primitives::content::ContentId;

/// How one request goes.
#[derive(Clone, Debug)]
enum Play {
	/// Everything from the offset on.
	Whole,
	/// The length is announced, the connection breaks after so many bytes.
	BreakAfter(usize),
	/// A clean end after so many bytes.
	EndAfter(usize),
	/// So many bytes, then silence.
	SilentAfter(usize),
	/// These bytes instead, whatever was asked.
	Instead(Vec<u8>),
	/// Everything from the start, whatever offset was asked.
	IgnoreOffset,
	/// An endless stream.
	Endless,
	/// An HTTP status with a Kubo error body.
	Fail(u16, &'static str),
	/// The connection closes before a status line.
	Close,
}

struct Server {
	address: String,
	requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
	/// Serves `content`; the nth request goes as the nth entry of `plays`, further ones as the last.
	fn start(content: &[u8], plays: Vec<Play>) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").unwrap();
		let address = format!("http://{}", listener.local_addr().unwrap());
		let requests = Arc::new(Mutex::new(Vec::new()));
		let (log, content, count) = (requests.clone(), content.to_vec(), AtomicUsize::new(0));
		thread::spawn(move || {
			for stream in listener.incoming() {
				let Ok(stream) = stream else { break };
				let turn = count.fetch_add(1, Ordering::SeqCst);
				let play = plays
					.get(turn)
					.or(plays.last())
					.cloned()
					.unwrap_or(Play::Whole);
				let (log, content) = (log.clone(), content.clone());
				thread::spawn(move || answer(stream, &play, &content, &log));
			}
		});
		Self { address, requests }
	}

	fn client(&self) -> Ipfs {
		Ipfs::with_patience(&self.address, patience()).unwrap()
	}

	fn requests(&self) -> Vec<String> {
		self.requests.lock().unwrap().clone()
	}

	/// The offsets that were asked for, in order.
	fn offsets(&self) -> Vec<usize> {
		let offset = |line: String| {
			let value = line
				.split("offset=")
				.nth(1)?
				.split([' ', '&'])
				.next()?
				.parse()
				.ok()?;
			Some(value)
		};
		self.requests().into_iter().filter_map(offset).collect()
	}
}

fn patience() -> Patience {
	Patience {
		connect: Duration::from_secs(1),
		idle: Duration::from_millis(300),
		retries: 2,
		pause: Duration::from_millis(5),
	}
}

fn answer(mut stream: TcpStream, play: &Play, content: &[u8], log: &Mutex<Vec<String>>) {
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
	let _ = reader.read_exact(&mut body);
	log.lock().unwrap().push(first.trim().to_owned());
	let offset = first
		.split("offset=")
		.nth(1)
		.and_then(|rest| rest.split([' ', '&']).next()?.parse().ok())
		.unwrap_or(0usize);
	let rest = content.get(offset..).unwrap_or_default();
	// Writing fails once the client has seen enough, which is none of the server's business.
	let _ = match play {
		Play::Whole => full(&mut stream, rest),
		Play::IgnoreOffset => full(&mut stream, content),
		Play::Instead(bytes) => full(&mut stream, bytes),
		Play::EndAfter(count) => full(&mut stream, &rest[..*count.min(&rest.len())]),
		Play::BreakAfter(count) => head(&mut stream, rest.len())
			.and_then(|()| stream.write_all(&rest[..*count.min(&rest.len())])),
		Play::SilentAfter(count) => head(&mut stream, rest.len())
			.and_then(|()| stream.write_all(&rest[..*count.min(&rest.len())]))
			.map(|()| thread::sleep(Duration::from_secs(5))),
		Play::Endless => {
			write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").and_then(|()| loop {
				stream.write_all(&[7; 4096])?;
			})
		}
		Play::Fail(status, message) => {
			let body = format!(r#"{{"Message":"{message}","Code":0,"Type":"error"}}"#);
			write!(
				stream,
				"HTTP/1.1 {status} Refused\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
				body.len()
			)
		}
		Play::Close => Ok(()),
	};
}

fn head(stream: &mut TcpStream, length: usize) -> std::io::Result<()> {
	write!(
		stream,
		"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
	)
}

fn full(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
	head(stream, bytes.len())?;
	stream.write_all(bytes)
}

/// Bytes without a repeating pattern, so that a shift cannot go unnoticed.
fn content(length: usize) -> Vec<u8> {
	let mut state = 0x2545_f491_4f6c_dd1du64;
	(0..length)
		.map(|_| {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			state.to_le_bytes()[0]
		})
		.collect()
}

fn wanted(bytes: &[u8]) -> Wanted {
	Wanted {
		path: "weights/model.bin".into(),
		size: bytes.len() as u64,
		sha256: Sha256::digest(bytes).into(),
		cid: ContentId::of_raw_block(bytes),
		sealed: None,
	}
}

fn part_of(folder: &Path, wanted: &Wanted) -> std::path::PathBuf {
	folder
		.join(PARTS_FOLDER)
		.join(format!("{}.part", hex::encode(wanted.sha256)))
}

async fn download(server: &Server, folder: &Path, wanted: &Wanted) -> Result<Outcome, FetchError> {
	fetch::file(&server.client(), folder, wanted, None, &Progress::none()).await
}

#[tokio::test]
async fn file_is_fetched_when_the_node_behaves() {
	let (bytes, folder) = (content(200_000), tempfile::tempdir().unwrap());
	let server = Server::start(&bytes, vec![Play::Whole]);
	let reached = Arc::new(Mutex::new(0));
	let seen = reached.clone();
	let progress = Progress::new(move |at| *seen.lock().unwrap() = at);
	let outcome = fetch::file(
		&server.client(),
		folder.path(),
		&wanted(&bytes),
		None,
		&progress,
	)
	.await;
	assert!(matches!(outcome, Ok(Outcome::Fetched)), "{outcome:?}");
	assert_eq!(
		std::fs::read(folder.path().join("weights/model.bin")).unwrap(),
		bytes
	);
	assert_eq!(*reached.lock().unwrap(), 200_000);
	assert!(
		server.requests()[0].starts_with("POST /api/v0/cat?arg=bafkrei"),
		"Kubo takes POST only"
	);
	fetch::tidy(folder.path()).await;
	assert!(!folder.path().join(PARTS_FOLDER).exists());
}

#[tokio::test]
async fn file_is_taken_up_where_it_stopped_when_the_connection_breaks() {
	let (bytes, folder) = (content(100_000), tempfile::tempdir().unwrap());
	let plays = vec![
		Play::BreakAfter(30_000),
		Play::BreakAfter(25_000),
		Play::Whole,
	];
	let server = Server::start(&bytes, plays);
	let outcome = download(&server, folder.path(), &wanted(&bytes)).await;
	assert!(matches!(outcome, Ok(Outcome::Fetched)), "{outcome:?}");
	assert_eq!(
		std::fs::read(folder.path().join("weights/model.bin")).unwrap(),
		bytes
	);
	assert_eq!(server.offsets(), [0, 30_000, 55_000]);
}

#[tokio::test]
async fn file_is_completed_by_a_later_run_when_the_first_gave_up() {
	let (bytes, folder) = (content(100_000), tempfile::tempdir().unwrap());
	let wanted = wanted(&bytes);
	let broken = Server::start(&bytes, vec![Play::BreakAfter(40_000), Play::Close]);
	let outcome = download(&broken, folder.path(), &wanted).await;
	assert!(
		matches!(
			outcome,
			Err(FetchError::Ipfs(IpfsError::Interrupted { .. }))
		),
		"{outcome:?}"
	);
	assert!(!folder.path().join("weights/model.bin").exists());
	let server = Server::start(&bytes, vec![Play::Whole]);
	let outcome = download(&server, folder.path(), &wanted).await;
	assert!(matches!(outcome, Ok(Outcome::Resumed)), "{outcome:?}");
	assert_eq!(server.offsets(), [40_000]);
	assert_eq!(
		std::fs::read(folder.path().join("weights/model.bin")).unwrap(),
		bytes
	);
}

#[tokio::test]
async fn file_is_fetched_anew_when_the_earlier_part_was_damaged() {
	let (bytes, folder) = (content(10_000), tempfile::tempdir().unwrap());
	let wanted = wanted(&bytes);
	for damaged in [vec![1; 4_000], vec![1; 10_000], vec![1; 20_000]] {
		let part = part_of(folder.path(), &wanted);
		std::fs::create_dir_all(part.parent().unwrap()).unwrap();
		std::fs::write(&part, damaged).unwrap();
		let server = Server::start(&bytes, vec![Play::Whole]);
		let outcome = download(&server, folder.path(), &wanted).await;
		assert!(matches!(outcome, Ok(Outcome::Fetched)), "{outcome:?}");
		let target = folder.path().join("weights/model.bin");
		assert_eq!(std::fs::read(&target).unwrap(), bytes);
		std::fs::remove_file(target).unwrap();
	}
}

#[tokio::test]
async fn file_is_fetched_anew_when_the_node_ignores_the_offset() {
	let (bytes, folder) = (content(10_000), tempfile::tempdir().unwrap());
	let server = Server::start(&bytes, vec![Play::BreakAfter(6_000), Play::IgnoreOffset]);
	let wanted = wanted(&bytes);
	// The first run sees 16,000 bytes for 10,000 and drops the part, the second starts from zero.
	let first = download(&server, folder.path(), &wanted).await;
	assert!(
		matches!(first, Err(FetchError::TooLong { .. })),
		"{first:?}"
	);
	assert!(!part_of(folder.path(), &wanted).exists());
	let second = download(&server, folder.path(), &wanted).await;
	assert!(matches!(second, Ok(Outcome::Fetched)), "{second:?}");
}

#[tokio::test]
async fn file_is_refused_when_the_bytes_are_wrong() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let mut other = bytes.clone();
	other[4_999] ^= 1;
	let wanted = wanted(&bytes);
	let server = Server::start(&bytes, vec![Play::Instead(other)]);
	let outcome = download(&server, folder.path(), &wanted).await;
	assert!(
		matches!(outcome, Err(FetchError::WrongBytes { .. })),
		"{outcome:?}"
	);
	assert!(outcome.unwrap_err().is_verification());
	assert!(!folder.path().join("weights/model.bin").exists());
	assert!(
		!part_of(folder.path(), &wanted).exists(),
		"wrong bytes stayed"
	);
	assert_eq!(
		server.requests().len(),
		1,
		"wrong bytes were asked for again"
	);
}

#[tokio::test]
async fn file_is_refused_when_it_is_longer_than_its_manifest_says() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let wanted = wanted(&bytes);
	for play in [Play::Instead(content(5_001)), Play::Endless] {
		let server = Server::start(&bytes, vec![play]);
		let outcome = download(&server, folder.path(), &wanted).await;
		assert!(
			matches!(outcome, Err(FetchError::TooLong { .. })),
			"{outcome:?}"
		);
		assert!(
			!part_of(folder.path(), &wanted).exists(),
			"wrong bytes stayed"
		);
	}
}

#[tokio::test]
async fn file_is_refused_when_it_is_shorter_than_its_manifest_says() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let mut lie = wanted(&bytes);
	lie.size = 6_000;
	let server = Server::start(&bytes, vec![Play::Whole]);
	let outcome = download(&server, folder.path(), &lie).await;
	assert!(
		matches!(
			outcome,
			Err(FetchError::TooShort {
				got: 5_000,
				size: 6_000,
				..
			})
		),
		"{outcome:?}"
	);
	assert!(!part_of(folder.path(), &lie).exists(), "wrong bytes stayed");
}

#[tokio::test]
async fn file_is_completed_when_the_node_ends_early_once() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let server = Server::start(&bytes, vec![Play::EndAfter(2_000), Play::Whole]);
	let outcome = download(&server, folder.path(), &wanted(&bytes)).await;
	assert!(matches!(outcome, Ok(Outcome::Fetched)), "{outcome:?}");
	assert_eq!(server.offsets(), [0, 2_000]);
}

#[tokio::test]
async fn file_is_given_up_when_the_node_falls_silent() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let server = Server::start(&bytes, vec![Play::SilentAfter(1_000), Play::SilentAfter(0)]);
	let begun = Instant::now();
	let outcome = download(&server, folder.path(), &wanted(&bytes)).await;
	assert!(
		matches!(outcome, Err(FetchError::Ipfs(IpfsError::Stalled { .. }))),
		"{outcome:?}"
	);
	assert!(
		begun.elapsed() < Duration::from_secs(4),
		"{:?}",
		begun.elapsed()
	);
	assert_eq!(server.offsets(), [0, 1_000, 1_000]);
}

#[tokio::test]
async fn file_is_fetched_when_the_node_recovers_from_an_error() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let plays = vec![
		Play::Fail(500, "busy"),
		Play::Fail(503, "busy"),
		Play::Whole,
	];
	let server = Server::start(&bytes, plays);
	let outcome = download(&server, folder.path(), &wanted(&bytes)).await;
	assert!(matches!(outcome, Ok(Outcome::Fetched)), "{outcome:?}");
}

#[tokio::test]
async fn file_is_not_asked_for_again_when_the_node_refuses() {
	let (bytes, folder) = (content(5_000), tempfile::tempdir().unwrap());
	let server = Server::start(&bytes, vec![Play::Fail(404, "no such route")]);
	let outcome = download(&server, folder.path(), &wanted(&bytes)).await;
	let Err(FetchError::Ipfs(IpfsError::Refused {
		status, message, ..
	})) = outcome
	else {
		panic!("{outcome:?}")
	};
	assert_eq!((status.as_u16(), message.as_str()), (404, "no such route"));
	assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn file_is_given_up_when_no_node_is_there() {
	let port = TcpListener::bind("127.0.0.1:0")
		.unwrap()
		.local_addr()
		.unwrap();
	let ipfs = Ipfs::with_patience(&format!("http://{port}"), patience()).unwrap();
	let (bytes, folder) = (content(100), tempfile::tempdir().unwrap());
	let outcome = fetch::file(
		&ipfs,
		folder.path(),
		&wanted(&bytes),
		None,
		&Progress::none(),
	)
	.await;
	assert!(
		matches!(
			outcome,
			Err(FetchError::Ipfs(IpfsError::Unreachable { .. }))
		),
		"{outcome:?}"
	);
}

#[tokio::test]
async fn manifest_is_refused_when_its_bytes_are_wrong() {
	let bytes = content(1_000);
	let server = Server::start(&bytes, vec![Play::Instead(content(999)), Play::Whole]);
	let cid = ContentId::of_raw_block(&bytes);
	let outcome = fetch::manifest(&server.client(), &cid).await;
	assert!(
		matches!(outcome, Err(FetchError::WrongBlock { .. })),
		"{outcome:?}"
	);
	assert_eq!(
		fetch::manifest(&server.client(), &cid).await.unwrap(),
		bytes
	);
	assert!(server.requests()[0].starts_with("POST /api/v0/block/get?arg=bafkrei"));
}

#[tokio::test]
async fn manifest_is_refused_when_it_is_too_large() {
	let bytes = content(MANIFEST_LIMIT + 1);
	let server = Server::start(&bytes, vec![Play::Whole, Play::Endless]);
	let cid = ContentId::of_raw_block(&bytes);
	for _ in 0..2 {
		let outcome = fetch::manifest(&server.client(), &cid).await;
		assert!(
			matches!(outcome, Err(FetchError::ManifestTooLarge { .. })),
			"{outcome:?}"
		);
	}
}

#[tokio::test]
async fn block_is_refused_when_the_node_files_it_under_another_id() {
	let other = ContentId::of_raw_block(b"other").to_text();
	let answer = format!(r#"{{"Key":"{other}","Size":5}}"#).into_bytes();
	let server = Server::start(&[], vec![Play::Instead(answer)]);
	let outcome = server.client().put_raw_block(b"bytes").await;
	assert!(
		matches!(outcome, Err(IpfsError::WrongCid { .. })),
		"{outcome:?}"
	);
}

#[tokio::test]
async fn added_file_is_refused_when_the_node_files_it_under_another_id() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("file");
	std::fs::write(&path, b"bytes").unwrap();
	let right = ContentId::of_raw_block(b"bytes");
	let other = ContentId::of_raw_block(b"other").to_text();
	let line = |cid: &str| {
		format!("{{\"Name\":\"file\",\"Bytes\":5}}\n{{\"Name\":\"file\",\"Hash\":\"{cid}\"}}\n")
			.into_bytes()
	};
	let plays = vec![
		Play::Instead(line(&other)),
		Play::Instead(line("nonsense")),
		Play::Instead(b"{}".to_vec()),
		Play::Instead(line(&right.to_text())),
	];
	let server = Server::start(&[], plays);
	let add = async || {
		server
			.client()
			.add_file(&path, "file", &Progress::none())
			.await
	};
	let outcome = add().await;
	assert!(
		matches!(outcome, Err(IpfsError::WrongCid { .. })),
		"{outcome:?}"
	);
	for _ in 0..2 {
		let outcome = add().await;
		assert!(
			matches!(outcome, Err(IpfsError::BadAnswer { .. })),
			"{outcome:?}"
		);
	}
	let added = add().await.unwrap();
	assert_eq!((added.cid, added.size), (right, 5));
	assert_eq!(added.sha256, <[u8; 32]>::from(Sha256::digest(b"bytes")));
}

#[tokio::test]
async fn command_is_given_up_when_the_answer_never_ends() {
	let server = Server::start(&[], vec![Play::Endless]);
	let outcome = server.client().id().await;
	assert!(
		matches!(outcome, Err(IpfsError::TooLarge { .. })),
		"{outcome:?}"
	);
}

/// Bytes sealed for the identity of ones, and what a manifest says of them.
fn sealed_file(bytes: &[u8]) -> (Vec<u8>, Wanted) {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("plain");
	std::fs::write(&path, bytes).unwrap();
	let mut age = Vec::new();
	sealed::seal(&path, &identity(1).recipient(), &mut age, |_| ()).unwrap();
	let form = SealedForm {
		size: age.len() as u64,
		sha256: Sha256::digest(&age).into(),
	};
	let wanted = Wanted {
		cid: ContentId::of_raw_block(&age),
		sealed: Some(form),
		..wanted(bytes)
	};
	(age, wanted)
}

fn identity(seed: u8) -> Identity {
	Identity::from_bytes([seed; 32])
}

async fn open(
	server: &Server,
	folder: &Path,
	wanted: &Wanted,
	identity: &Identity,
) -> Result<Outcome, FetchError> {
	let progress = Progress::none();
	fetch::file(&server.client(), folder, wanted, Some(identity), &progress).await
}

#[tokio::test]
async fn sealed_file_is_opened_when_its_transfer_broke_on_the_way() {
	let (bytes, folder) = (content(150_000), tempfile::tempdir().unwrap());
	let (age, wanted) = sealed_file(&bytes);
	let server = Server::start(&age, vec![Play::BreakAfter(70_000), Play::Whole]);
	let outcome = open(&server, folder.path(), &wanted, &identity(1)).await;
	assert!(matches!(outcome, Ok(Outcome::Fetched)), "{outcome:?}");
	assert_eq!(server.offsets(), [0, 70_000]);
	let target = folder.path().join("weights/model.bin");
	assert_eq!(std::fs::read(&target).unwrap(), bytes);
	// Neither of the parts is left.
	fetch::tidy(folder.path()).await;
	assert!(!folder.path().join(PARTS_FOLDER).exists());
	// What is there needs no key.
	let again = download(&server, folder.path(), &wanted).await;
	assert!(matches!(again, Ok(Outcome::Present)), "{again:?}");
}

#[tokio::test]
async fn sealed_file_is_not_fetched_when_nothing_opens_it() {
	let (age, wanted) = sealed_file(&content(1_000));
	let folder = tempfile::tempdir().unwrap();
	let server = Server::start(&age, vec![Play::Whole]);
	let outcome = download(&server, folder.path(), &wanted).await;
	assert!(
		matches!(outcome, Err(FetchError::NoIdentity { .. })),
		"{outcome:?}"
	);
	assert!(server.requests().is_empty());
}

#[tokio::test]
async fn sealed_file_is_refused_when_it_is_for_somebody_else_and_kept_for_the_right_key() {
	let (bytes, folder) = (content(1_000), tempfile::tempdir().unwrap());
	let (age, wanted) = sealed_file(&bytes);
	let server = Server::start(&age, vec![Play::Whole]);
	let outcome = open(&server, folder.path(), &wanted, &identity(2)).await;
	assert!(
		matches!(outcome, Err(FetchError::NotSealedForUs { .. })),
		"{outcome:?}"
	);
	assert!(outcome.unwrap_err().is_verification());
	assert!(!folder.path().join("weights/model.bin").exists());
	let outcome = open(&server, folder.path(), &wanted, &identity(1)).await;
	assert!(matches!(outcome, Ok(Outcome::Resumed)), "{outcome:?}");
	assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn sealed_file_is_refused_when_it_holds_other_bytes_than_its_manifest_says() {
	let folder = tempfile::tempdir().unwrap();
	let (age, mut wanted) = sealed_file(&content(1_000));
	wanted.sha256 = [7; 32];
	let server = Server::start(&age, vec![Play::Whole]);
	let outcome = open(&server, folder.path(), &wanted, &identity(1)).await;
	assert!(
		matches!(outcome, Err(FetchError::WrongBytes { .. })),
		"{outcome:?}"
	);
	assert!(!folder.path().join("weights/model.bin").exists());
	assert_eq!(
		std::fs::read_dir(folder.path().join(PARTS_FOLDER))
			.unwrap()
			.count(),
		0,
		"nothing of it is left"
	);
}
