//! A gateway that stops, or is killed, and what is there when it starts again.

mod common;

use std::{
	path::Path,
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};

use reqwest::StatusCode;
use weighhouse_gateway::{config::EngineKind, Config, Gateway};
use weighhouse_primitives::{
	inference::{Assignment, Status},
	ContentId,
};

use common::{assignment, config, path, publish, vectors, FakeIpfs, FakeOip, Http, Model};

fn stuck_job(ipfs: &FakeIpfs, model: &Model, number: u8) -> (Assignment, ContentId) {
	let job = assignment(ipfs, model, &vectors()[usize::from(number)].0, number);
	let cid = ContentId::raw(job.input_hash.0);
	ipfs.hide(&cid);
	(job, cid)
}

#[tokio::test]
async fn answers_and_open_jobs_are_there_after_a_restart() {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", |_| ());
	let done = assignment(&ipfs, &model, &vectors()[0].0, 10);
	let (open, cid) = stuck_job(&ipfs, &model, 1);

	let gateway = Gateway::start(config(&ipfs, folder.path())).await.unwrap();
	let http = Http::of(&gateway);
	let completion = http.end(&done).await.unwrap();
	assert_eq!(http.put_scale(&open).await.0, StatusCode::ACCEPTED);
	drop(http);
	let stopping = Instant::now();
	gateway.shutdown().await;
	assert!(stopping.elapsed() < Duration::from_secs(8));

	ipfs.show(&cid);
	let gateway = Gateway::start(config(&ipfs, folder.path())).await.unwrap();
	let http = Http::of(&gateway);
	assert_eq!(http.end(&done).await.unwrap(), completion);
	// Nobody has to ask again for it to go on.
	let started = Instant::now();
	loop {
		let (_, job) = http.get_json(&path(&open)).await;
		if job["state"] == "done" {
			break;
		}
		assert!(started.elapsed() < Duration::from_secs(30), "{job}");
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	let reveal = http.end(&open).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::Ok);
	gateway.shutdown().await;
}

#[tokio::test]
async fn salt_is_the_same_when_the_database_is_lost() {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", |_| ());
	let job = assignment(&ipfs, &model, &vectors()[0].0, 1);
	let mut salts = Vec::new();
	for _ in 0..2 {
		let gateway = Gateway::start(config(&ipfs, folder.path())).await.unwrap();
		let http = Http::of(&gateway);
		salts.push(http.end(&job).await.unwrap().reveal.salt);
		drop(http);
		gateway.shutdown().await;
		std::fs::remove_file(folder.path().join("jobs.redb")).unwrap();
	}
	assert_eq!(salts[0], salts[1]);
}

const FOLDER: &str = "WEIGHHOUSE_TEST_GATEWAY_FOLDER";
const IPFS: &str = "WEIGHHOUSE_TEST_GATEWAY_IPFS";
const OIP: &str = "WEIGHHOUSE_TEST_GATEWAY_OIP";

/// No test of its own: the process that the next test kills.
#[tokio::test]
async fn gateway_of_another_process() {
	let (Ok(folder), Ok(ipfs)) = (std::env::var(FOLDER), std::env::var(IPFS)) else {
		return;
	};
	let folder = Path::new(&folder);
	let mut config = config(&FakeIpfs::start(), folder);
	config.ipfs = ipfs;
	if let Ok(url) = std::env::var(OIP) {
		use_server(&mut config, &url);
	}
	let gateway = Gateway::start(config).await.unwrap();
	let address = gateway.local_addr().to_string();
	std::fs::write(folder.join("address.new"), address).unwrap();
	std::fs::rename(folder.join("address.new"), folder.join("address")).unwrap();
	// Until it is killed, or at the latest when nobody can be waiting any more.
	tokio::time::sleep(Duration::from_secs(120)).await;
}

struct Process(Child);

impl Drop for Process {
	fn drop(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

fn use_server(config: &mut Config, url: &str) {
	config.engine.kind = EngineKind::Oip;
	config.engine.url = Some(url.to_owned());
	config.engine.ignore_pin = true;
}

async fn start_process(
	folder: &Path,
	ipfs: &FakeIpfs,
	server: Option<&FakeOip>,
) -> (Process, Http) {
	let address = folder.join("address");
	let _ = std::fs::remove_file(&address);
	let child = Command::new(std::env::current_exe().unwrap())
		.args(["--exact", "gateway_of_another_process", "--nocapture"])
		.env(FOLDER, folder)
		.env(IPFS, &ipfs.address)
		.envs(server.map(|server| (OIP, &server.address)))
		.stdout(Stdio::null())
		.stderr(Stdio::null())
		.spawn()
		.unwrap();
	let process = Process(child);
	let started = Instant::now();
	loop {
		if let Ok(address) = std::fs::read_to_string(&address) {
			return (process, Http::to(address));
		}
		assert!(started.elapsed() < Duration::from_secs(30), "no gateway");
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
}

#[tokio::test]
async fn answers_are_kept_when_the_process_is_killed() {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", |_| ());
	let (process, http) = start_process(folder.path(), &ipfs, None).await;
	let mut answered = Vec::new();
	for number in 10..14 {
		let job = assignment(
			&ipfs,
			&model,
			&vectors()[usize::from(number) - 10].0,
			number,
		);
		let completion = http.end(&job).await.unwrap();
		answered.push((job, completion));
	}
	let (open, cid) = stuck_job(&ipfs, &model, 5);
	assert_eq!(http.put_scale(&open).await.0, StatusCode::ACCEPTED);
	drop(process);

	ipfs.show(&cid);
	let (_process, http) = start_process(folder.path(), &ipfs, None).await;
	for (job, completion) in answered {
		// At the first request, since nothing is run again.
		let (status, body) = http.put_json(&job).await;
		assert_eq!(status, StatusCode::OK, "{body}");
		assert_eq!(body, serde_json::to_value(&completion).unwrap());
	}
	let reveal = http.end(&open).await.unwrap().reveal;
	assert_eq!(reveal.answer.status, Status::Ok);
}

#[tokio::test]
async fn job_is_given_up_when_the_process_dies_in_its_run_again_and_again() {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", |_| ());
	let server = FakeOip::start(|_| None).await;
	let poison = assignment(&ipfs, &model, &vectors()[0].0, 1);
	let (waiting, _) = stuck_job(&ipfs, &model, 2);
	for died in 0..3 {
		let asked = server.asked();
		let (process, http) = start_process(folder.path(), &ipfs, Some(&server)).await;
		http.put_scale(&waiting).await;
		assert_eq!(http.put_scale(&poison).await.0, StatusCode::ACCEPTED);
		let started = Instant::now();
		while server.asked() == asked {
			assert!(started.elapsed() < Duration::from_secs(30), "it is not run");
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
		let (_, job) = http.get_json(&path(&poison)).await;
		assert_eq!(job["state"], "running");
		assert_eq!(job["interrupted"], died + 1);
		drop(process);
	}
	let (_process, http) = start_process(folder.path(), &ipfs, Some(&server)).await;
	let reason = http.end(&poison).await.unwrap_err();
	assert!(reason.contains("died 3 times"), "{reason}");
	// What was only waiting for its input goes on.
	let (_, job) = http.get_json(&path(&waiting)).await;
	assert_ne!(job["state"], "failed", "{job}");
}

#[tokio::test]
async fn job_is_not_given_up_when_the_gateway_is_stopped_in_its_run() {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", |_| ());
	let server = FakeOip::start(|_| None).await;
	let job = assignment(&ipfs, &model, &vectors()[0].0, 1);
	let mut config = config(&ipfs, folder.path());
	use_server(&mut config, &server.address);
	config.timeouts.shutdown = Duration::from_millis(100);
	for round in 1..=4 {
		let gateway = Gateway::start(config.clone()).await.unwrap();
		let http = Http::of(&gateway);
		http.put_scale(&job).await;
		let started = Instant::now();
		while server.asked() < round {
			assert!(started.elapsed() < Duration::from_secs(30), "it is not run");
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
		drop(http);
		gateway.shutdown().await;
	}
	let gateway = Gateway::start(config).await.unwrap();
	let (_, job) = Http::of(&gateway).get_json(&path(&job)).await;
	assert_ne!(job["state"], "failed", "{job}");
}
