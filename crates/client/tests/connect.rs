//! A node that is not there, or is no node.

use std::{io::Write, net::TcpListener, thread};

use weighhouse_client::{ChainError, Client};

#[tokio::test]
async fn connection_is_refused_when_the_address_is_no_websocket() {
	for url in [
		"",
		"127.0.0.1:9944",
		"http://127.0.0.1:9944",
		"ws://",
		"/ip4/127.0.0.1/tcp/9944",
	] {
		let outcome = Client::connect(url).await;
		assert!(
			matches!(outcome, Err(ChainError::BadAddress { .. })),
			"{url}: {outcome:?}"
		);
	}
}

#[tokio::test]
async fn connection_fails_when_nobody_listens() {
	let free = TcpListener::bind("127.0.0.1:0")
		.unwrap()
		.local_addr()
		.unwrap();
	let url = format!("ws://{free}");
	let Err(ChainError::Unreachable { url: named, reason }) = Client::connect(&url).await else {
		panic!("somebody listened at {url}")
	};
	assert_eq!(named, url);
	assert!(
		reason.contains("refused") && !reason.contains("RPC error"),
		"{reason}"
	);
}

#[tokio::test]
async fn connection_fails_when_another_program_answers() {
	let listener = TcpListener::bind("127.0.0.1:0").unwrap();
	let url = format!("ws://{}", listener.local_addr().unwrap());
	thread::spawn(move || {
		for stream in listener.incoming().flatten() {
			let mut stream = stream;
			let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
		}
	});
	let outcome = Client::connect(&url).await;
	assert!(
		matches!(outcome, Err(ChainError::Unreachable { .. })),
		"{outcome:?}"
	);
}
