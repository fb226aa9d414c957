use super::*;
use proptest::prelude::*;

#[test]
fn loopback_addresses_are_taken() {
	for text in [
		"http://127.0.0.1:8791",
		"http://127.0.0.1",
		"http://127.8.9.10:1",
		"http://localhost:65535",
		"http://[::1]:8791",
		"http://[::1]",
		"http://[0:0:0:0:0:0:0:1]:80",
	] {
		assert_eq!(address(text.as_bytes()), Ok(text));
	}
	assert_eq!(address(DEFAULT_ADDRESS.as_bytes()), Ok(DEFAULT_ADDRESS));
}

#[test]
fn a_slash_at_the_end_is_taken_off() {
	assert_eq!(
		address(b"http://127.0.0.1:8791/"),
		Ok("http://127.0.0.1:8791")
	);
	assert_eq!(
		address(b"http://127.0.0.1:8791//"),
		Err(AddressError::NotPlain)
	);
}

#[test]
fn everything_else_is_refused_with_its_reason() {
	use AddressError::*;
	for (text, error) in [
		("", NotHttp),
		("127.0.0.1:8791", NotHttp),
		("https://127.0.0.1:8791", NotHttp),
		("HTTP://127.0.0.1:8791", NotHttp),
		(" http://127.0.0.1:8791", NotHttp),
		("http://127.0.0.1:8791/v1", NotPlain),
		("http://127.0.0.1:8791?x", NotPlain),
		("http://127.0.0.1:8791#x", NotPlain),
		("http://127.0.0.1:80@example.org", NotPlain),
		("http://127.0.0.1\\@example.org", NotPlain),
		("http://", NotHttp),
		("http://:8791", NotLoopback),
		("http://0.0.0.0:8791", NotLoopback),
		("http://192.168.1.2:8791", NotLoopback),
		("http://127.1:8791", NotLoopback),
		("http://0x7f.0.0.1:8791", NotLoopback),
		("http://localhost.example.org:8791", NotLoopback),
		("http://127.0.0.1.example.org", NotLoopback),
		("http://127.0.0.1 :8791", NotLoopback),
		("http://[::]:8791", NotLoopback),
		("http://[::ffff:127.0.0.1]:8791", NotLoopback),
		("http://[::1:8791", NotLoopback),
		("http://::1", NotLoopback),
		("http://[::1]8791", BadPort),
		("http://127.0.0.1:", BadPort),
		("http://127.0.0.1:0", BadPort),
		("http://127.0.0.1:65536", BadPort),
		("http://127.0.0.1:+80", BadPort),
		("http://127.0.0.1:80 ", BadPort),
		("http://127.0.0.1:80:80", BadPort),
	] {
		assert_eq!(address(text.as_bytes()), Err(error), "{text:?}");
	}
	assert_eq!(address(b"http://\xff"), Err(NotText));
	let long = [b"http://127.0.0.1:".as_slice(), &[b'0'; 256]].concat();
	assert_eq!(address(&long), Err(TooLong));
}

proptest! {
	#[test]
	fn whatever_is_taken_begins_with_a_loopback_host(text in "\\PC{0,40}", scheme in any::<bool>()) {
		let text = if scheme { format!("http://{text}") } else { text };
		if let Ok(taken) = address(text.as_bytes()) {
			let host = &taken["http://".len()..];
			prop_assert!(
				host.starts_with("127.") || host.starts_with("localhost") || host.starts_with('['),
				"{taken}"
			);
		}
	}
}
