//! The interface over a real socket: each status, each form, and who is turned away.

mod common;

use std::time::{Duration, Instant};

use codec::{DecodeAll, Encode};
use reqwest::{header, Method, StatusCode};
use serde_json::json;
use sp_core::H256;
use tempfile::TempDir;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};
use weighhouse_gateway::{Config, Gateway, StartError};
use weighhouse_primitives::{
	inference::{Assignment, Completion, Disputed, Ground, Round, Status, MEDIA_TYPE},
	ContentId,
};

use common::{assignment, config, path, publish, vectors, FakeIpfs, Http, Model};

struct Setting {
	folder: TempDir,
	ipfs: FakeIpfs,
	model: Model,
	gateway: Gateway,
	http: Http,
}

async fn setting(change: impl FnOnce(&mut Config)) -> Setting {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let model = publish(&ipfs, "digits", |_| ());
	let mut config = config(&ipfs, folder.path());
	change(&mut config);
	let gateway = Gateway::start(config).await.unwrap();
	let http = Http::of(&gateway);
	Setting {
		folder,
		ipfs,
		model,
		gateway,
		http,
	}
}

impl Setting {
	fn job(&self, number: u8) -> Assignment {
		assignment(&self.ipfs, &self.model, &vectors()[0].0, number)
	}

	/// A job that waits until the test shows its input.
	fn stuck_job(&self, number: u8) -> (Assignment, ContentId) {
		let mut request = vectors()[0].0.clone();
		request["id"] = json!(number.to_string());
		let assignment = assignment(&self.ipfs, &self.model, &request, number);
		let cid = ContentId::raw(assignment.input_hash.0);
		self.ipfs.hide(&cid);
		(assignment, cid)
	}
}

#[tokio::test]
async fn answer_is_the_same_when_asked_in_either_form() {
	let setting = setting(|_| ()).await;
	let job = setting.job(1);
	let completion = setting.http.end(&job).await.unwrap();
	assert_eq!(completion.reveal.answer.status, Status::Ok);
	let (status, body) = setting.http.put_json(&job).await;
	assert_eq!(status, StatusCode::OK);
	assert_eq!(
		serde_json::from_value::<Completion>(body).unwrap(),
		completion
	);
	let (status, whole) = setting.http.get_json(&path(&job)).await;
	assert_eq!(status, StatusCode::OK);
	assert_eq!(whole["state"], "done");
	assert_eq!(
		serde_json::from_value::<Assignment>(whole["assignment"].clone()).unwrap(),
		job
	);
	let scale = setting
		.http
		.request(Method::GET, &path(&job))
		.header(header::ACCEPT, MEDIA_TYPE)
		.send()
		.await
		.unwrap();
	assert_eq!(scale.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
	let bytes = scale.bytes().await.unwrap();
	assert_eq!(Completion::decode_all(&mut &*bytes).unwrap(), completion);
}

#[tokio::test]
async fn state_is_given_in_time_when_the_answer_takes_longer() {
	let setting = setting(|_| ()).await;
	let (job, cid) = setting.stuck_job(1);
	let started = Instant::now();
	let (status, body) = setting.http.put_json(&job).await;
	// 300 ms, and some more for a machine that has other things to do.
	assert!(started.elapsed() < Duration::from_millis(900));
	assert_eq!(status, StatusCode::ACCEPTED, "{body}");
	assert!(["queued", "running"].contains(&body["state"].as_str().unwrap()));
	assert!(body.get("assignment").is_none());
	let (status, body) = setting.http.put_scale(&job).await;
	assert_eq!((status, body.len()), (StatusCode::ACCEPTED, 0));
	setting.ipfs.show(&cid);
	let completion = setting.http.end(&job).await.unwrap();
	assert_eq!(completion.reveal.answer.status, Status::Ok);
}

#[tokio::test]
async fn request_is_refused_when_it_makes_no_sense() {
	let setting = setting(|_| ()).await;
	let job = setting.job(1);
	let put = |path: String, body: Vec<u8>, form: &'static str| {
		let request = setting.http.request(Method::PUT, &path);
		request.header(header::CONTENT_TYPE, form).body(body).send()
	};
	let scale = job.encode();
	let mut trailing = scale.clone();
	trailing.push(0);
	let mut bad_cid = job.clone();
	bad_cid.input = "bafkrei".into();
	for (path, body, form, says) in [
		(
			"/v1/jobs/12-34".into(),
			scale.clone(),
			MEDIA_TYPE,
			"64 hexadecimal",
		),
		(
			path(&setting.job(2)),
			scale.clone(),
			MEDIA_TYPE,
			"the path names",
		),
		(path(&job), trailing, MEDIA_TYPE, "no SCALE"),
		(path(&job), scale[..40].to_vec(), MEDIA_TYPE, "no SCALE"),
		(path(&job), b"{".to_vec(), "application/json", "no JSON"),
		(path(&job), b"{}".to_vec(), "application/json", "no JSON"),
		(path(&job), bad_cid.encode(), MEDIA_TYPE, "input `bafkrei`"),
	] {
		let response = put(path, body, form).await.unwrap();
		assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{says}");
		let text = response.text().await.unwrap();
		assert!(text.contains(says), "{text}");
	}
	let response = setting.http.get("/v1/jobs?limit=0").await;
	assert_eq!(response.status(), StatusCode::BAD_REQUEST);
	let (_, list) = setting.http.get_json("/v1/jobs").await;
	assert_eq!(list["jobs"], json!([]));
}

#[tokio::test]
async fn web_page_is_turned_away() {
	let setting = setting(|_| ()).await;
	for (name, value) in [
		("origin", "http://127.0.0.1:8791"),
		("origin", "null"),
		("sec-fetch-site", "cross-site"),
		("sec-fetch-site", "same-origin"),
		("host", "example.org"),
		("host", "rebound.example.org:8791"),
	] {
		for path in ["/health/live", "/metrics", "/v1/jobs"] {
			let response = setting
				.http
				.request(Method::GET, path)
				.header(name, value)
				.send()
				.await
				.unwrap();
			assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
		}
	}
	let typed = setting
		.http
		.request(Method::GET, "/health/live")
		.header("sec-fetch-site", "none")
		.header("host", "localhost:1")
		.send()
		.await
		.unwrap();
	assert_eq!(typed.status(), StatusCode::OK);
}

#[tokio::test]
async fn job_is_not_found_when_its_worker_is_not_served() {
	let setting = setting(|config| config.workers = vec![H256::repeat_byte(0x77)]).await;
	let mut job = setting.job(1);
	job.worker = H256::repeat_byte(0x78);
	let (status, body) = setting.http.put_json(&job).await;
	assert_eq!(status, StatusCode::NOT_FOUND);
	assert!(body["error"].as_str().unwrap().contains("workers"));
	let (status, _) = setting.http.get_json(&path(&job)).await;
	assert_eq!(status, StatusCode::NOT_FOUND);
	assert!(setting.http.end(&setting.job(2)).await.is_ok());
}

#[tokio::test]
async fn path_or_method_is_refused_when_there_is_none() {
	let setting = setting(|_| ()).await;
	let (status, body) = setting.http.get_json("/v2/models/digits").await;
	assert_eq!(status, StatusCode::NOT_FOUND);
	assert!(body["error"].as_str().unwrap().contains("/openapi.json"));
	let response = setting.http.request(Method::DELETE, &path(&setting.job(1)));
	let status = response.send().await.unwrap().status();
	assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

/// Sends bytes as they are, and gives all that comes back until the connection ends.
async fn raw(setting: &Setting, bytes: &[u8]) -> String {
	let mut stream = TcpStream::connect(setting.gateway.local_addr())
		.await
		.unwrap();
	stream.write_all(bytes).await.unwrap();
	let mut answer = Vec::new();
	// A connection that is reset has said all that it had to say.
	let _ = tokio::time::timeout(Duration::from_secs(40), stream.read_to_end(&mut answer))
		.await
		.expect("the connection stays open");
	String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn unhappy_answer_is_json_when_the_path_cannot_be_decoded() {
	let setting = setting(|_| ()).await;
	for method in ["GET", "PUT"] {
		let request = format!(
			"{method} /v1/jobs/%ff HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
		);
		let answer = raw(&setting, request.as_bytes()).await;
		assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
		let (_, body) = answer.split_once("\r\n\r\n").unwrap();
		let body: serde_json::Value = serde_json::from_str(body).unwrap();
		assert!(body["error"].is_string(), "{body}");
	}
}

#[tokio::test]
async fn unhappy_answer_is_json_when_the_body_does_not_arrive() {
	let setting = setting(|_| ()).await;
	let job = setting.job(1);
	let request = format!(
		"PUT {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: 99\r\n\r\nx",
		path(&job)
	);
	let answer = raw(&setting, request.as_bytes()).await;
	assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
	let (_, body) = answer.split_once("\r\n\r\n").unwrap();
	let body: serde_json::Value = serde_json::from_str(body).unwrap();
	assert!(body["error"].as_str().unwrap().contains("10 s"), "{body}");
}

#[tokio::test]
async fn connection_ends_when_the_head_of_a_request_does_not_arrive() {
	let setting = setting(|_| ()).await;
	let started = Instant::now();
	let answer = raw(&setting, b"GET /health/live HTTP/1.1\r\nhost: local").await;
	assert!(!answer.contains("200 OK"), "{answer}");
	assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn juror_is_answered_on_every_fork() {
	let setting = setting(|config| config.input_patience = 1).await;
	let main = setting.job(1);
	let answer = setting.http.end(&main).await.unwrap().reveal.answer;
	let jury = |ground| Assignment {
		round: Round::Jury,
		disputed: Some(Disputed {
			ground,
			output_hash: answer.output_hash,
			fingerprint: answer.fingerprint,
		}),
		..setting.job(2)
	};
	for job in [jury(Ground::Wrong), jury(Ground::NotAsFingerprinted)] {
		let verdict = setting.http.end(&job).await.unwrap();
		// At the first request, since each is kept.
		let (status, body) = setting.http.put_json(&job).await;
		assert_eq!(status, StatusCode::OK, "{body}");
		assert_eq!(body, serde_json::to_value(&verdict).unwrap());
		let (_, last) = setting.http.get_json(&path(&job)).await;
		let last: Assignment = serde_json::from_value(last["assignment"].clone()).unwrap();
		assert_eq!(last, job);
	}
}

#[cfg(unix)]
#[tokio::test]
async fn folder_is_closed_to_others_if_it_is_the_gateways_own() {
	use std::{fs, os::unix::fs::PermissionsExt};
	let open = |folder: &std::path::Path| {
		fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
	};
	let mode =
		|folder: &std::path::Path| fs::metadata(folder).unwrap().permissions().mode() & 0o777;
	let ipfs = FakeIpfs::start();
	let folder = tempfile::tempdir().unwrap();
	// Empty at first, and with its own files in it then.
	for _ in 0..2 {
		open(folder.path());
		let gateway = Gateway::start(config(&ipfs, folder.path())).await.unwrap();
		assert_eq!(mode(folder.path()), 0o700);
		gateway.shutdown().await;
	}
	let foreign = tempfile::tempdir().unwrap();
	fs::write(foreign.path().join("notes.txt"), "mine").unwrap();
	open(foreign.path());
	let error = Gateway::start(config(&ipfs, foreign.path()))
		.await
		.unwrap_err();
	assert!(
		matches!(error, StartError::Exposed { mode: 0o755, .. }),
		"{error}"
	);
	assert_eq!(mode(foreign.path()), 0o755);
}

#[tokio::test]
async fn job_conflicts_when_its_body_differs() {
	let setting = setting(|_| ()).await;
	let job = setting.job(1);
	setting.http.end(&job).await.unwrap();
	let mut other = job.clone();
	other.listing = 2;
	let (status, _) = setting.http.put_scale(&other).await;
	assert_eq!(status, StatusCode::CONFLICT);
	assert!(setting.http.end(&job).await.is_ok());
}

#[tokio::test]
async fn body_is_refused_when_it_is_too_large() {
	let setting = setting(|config| config.body_limit = 4096).await;
	let response = setting
		.http
		.request(Method::PUT, &path(&setting.job(1)))
		.header(header::CONTENT_TYPE, "application/json")
		.body(vec![b' '; 4097])
		.send()
		.await
		.unwrap();
	assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
	assert!(response.text().await.unwrap().contains("4096"));
}

#[tokio::test]
async fn body_is_refused_when_its_form_is_not_known() {
	let setting = setting(|_| ()).await;
	let job = setting.job(1);
	for form in [None, Some("text/plain"), Some("application/cbor")] {
		let mut request = setting
			.http
			.request(Method::PUT, &path(&job))
			.body(job.encode());
		if let Some(form) = form {
			request = request.header(header::CONTENT_TYPE, form);
		}
		let response = request.send().await.unwrap();
		assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
		assert!(response.text().await.unwrap().contains(MEDIA_TYPE));
	}
}

#[tokio::test]
async fn job_fails_when_the_manifest_is_of_other_files() {
	let setting = setting(|_| ()).await;
	let mut job = setting.job(1);
	job.artifact_root = H256::repeat_byte(1);
	let reason = setting.http.end(&job).await.unwrap_err();
	assert!(reason.starts_with("422 "), "{reason}");
	assert!(reason.contains(&"01".repeat(32)), "{reason}");
	let (_, list) = setting.http.get_json("/v1/jobs?state=failed").await;
	assert_eq!(list["jobs"].as_array().unwrap().len(), 1);
	assert_eq!(list["jobs"][0]["attempts"], 1);
}

#[tokio::test]
async fn job_is_turned_away_when_the_queue_is_full() {
	let setting = setting(|config| {
		config.concurrency = 1;
		config.queue = 1;
	})
	.await;
	let (first, first_cid) = setting.stuck_job(1);
	let (second, second_cid) = setting.stuck_job(2);
	let (third, third_cid) = setting.stuck_job(3);
	for job in [&first, &second] {
		let (status, _) = setting.http.put_scale(job).await;
		assert_eq!(status, StatusCode::ACCEPTED);
	}
	let response = setting
		.http
		.request(Method::PUT, &path(&third))
		.json(&third)
		.send()
		.await
		.unwrap();
	assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
	assert!(response.headers().contains_key(header::RETRY_AFTER));
	// One that is known is not turned away.
	let (status, _) = setting.http.put_scale(&first).await;
	assert_eq!(status, StatusCode::ACCEPTED);
	for cid in [first_cid, second_cid, third_cid] {
		setting.ipfs.show(&cid);
	}
	for job in [&first, &second, &third] {
		assert!(setting.http.end(job).await.is_ok());
	}
}

#[tokio::test]
async fn gateway_is_not_ready_when_no_ipfs_node_answers() {
	let ready = setting(|_| ()).await;
	let (status, body) = ready.http.get_json("/health/ready").await;
	assert_eq!(status, StatusCode::OK, "{body}");
	assert_eq!(body["status"], "ready");
	let lost = setting(|config| config.ipfs = "http://127.0.0.1:9".into()).await;
	let (status, body) = lost.http.get_json("/health/ready").await;
	assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
	assert!(body["ipfs"].as_str().unwrap().contains("127.0.0.1:9"));
	let (status, _) = lost.http.get_json("/health/live").await;
	assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn figures_tell_what_happened() {
	let setting = setting(|_| ()).await;
	setting.http.end(&setting.job(1)).await.unwrap();
	let response = setting.http.get("/metrics").await;
	let form = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
	assert!(form.starts_with("text/plain"), "{form}");
	let text = response.text().await.unwrap();
	for line in [
		"weighhouse_work_jobs{state=\"done\"} 1",
		"weighhouse_work_jobs{state=\"failed\"} 0",
		"weighhouse_work_queue_length 0",
		"weighhouse_work_answers_total{status=\"ok\"} 1",
		"weighhouse_work_engine_runs_total{outcome=\"ok\"} 1",
		"weighhouse_work_cache_lookups_total{result=\"miss\"} 1",
		"weighhouse_work_cache_models 1",
		"weighhouse_work_stage_seconds_count{stage=\"engine\"} 1",
		"weighhouse_work_stage_seconds_bucket{stage=\"job\",le=\"+Inf\"} 1",
	] {
		assert!(text.contains(line), "no `{line}` in\n{text}");
	}
	assert!(text.contains("# HELP weighhouse_work_jobs"), "{text}");
}

#[tokio::test]
async fn document_names_every_route() {
	let setting = setting(|_| ()).await;
	let (status, document) = setting.http.get_json("/openapi.json").await;
	assert_eq!(status, StatusCode::OK);
	let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
	assert_eq!(
		paths,
		[
			"/health/live",
			"/health/ready",
			"/metrics",
			"/openapi.json",
			"/v1/jobs",
			"/v1/jobs/{id}",
		]
	);
	let put = &document["paths"]["/v1/jobs/{id}"]["put"];
	let statuses: Vec<_> = put["responses"].as_object().unwrap().keys().collect();
	assert_eq!(
		statuses,
		[
			"200", "202", "400", "403", "404", "405", "408", "409", "413", "415", "422", "429",
			"500", "503"
		]
	);
	let get = &document["paths"]["/v1/jobs/{id}"]["get"];
	let statuses: Vec<_> = get["responses"].as_object().unwrap().keys().collect();
	assert_eq!(
		statuses,
		["200", "202", "400", "403", "404", "405", "408", "422", "500"]
	);
	for (path, operations) in document["paths"].as_object().unwrap() {
		for operation in operations.as_object().unwrap().values() {
			let responses = operation["responses"].as_object().unwrap();
			for status in ["403", "405", "408"] {
				assert!(responses.contains_key(status), "{path} has no {status}");
			}
		}
	}
	let schemas = document["components"]["schemas"].as_object().unwrap();
	// Nothing is referred to that is not there.
	let text = document.to_string();
	for reference in text.split("#/components/schemas/").skip(1) {
		let name = reference.split('"').next().unwrap();
		assert!(schemas.contains_key(name), "{name} is not described");
	}
	for name in ["Assignment", "Completion", "Job", "ErrorBody"] {
		assert!(schemas.contains_key(name), "{name} is not described");
	}
}

#[tokio::test]
async fn gateway_does_not_start_when_others_could_reach_it() {
	let folder = tempfile::tempdir().unwrap();
	let ipfs = FakeIpfs::start();
	let mut config = config(&ipfs, folder.path());
	config.listen = "0.0.0.0:0".parse().unwrap();
	let error = Gateway::start(config).await.unwrap_err();
	assert!(matches!(error, StartError::Config(_)), "{error}");
}

#[tokio::test]
async fn gateway_does_not_start_when_another_has_its_folder_or_port() {
	let setting = setting(|_| ()).await;
	let folder = tempfile::tempdir().unwrap();
	let mut same_port = config(&setting.ipfs, folder.path());
	same_port.listen = setting.gateway.local_addr();
	let error = Gateway::start(same_port).await.unwrap_err();
	assert!(matches!(error, StartError::Listen { .. }), "{error}");
	let same_folder = config(&setting.ipfs, setting.folder.path());
	let error = Gateway::start(same_folder).await.unwrap_err();
	assert!(matches!(error, StartError::Store(_)), "{error}");
}
