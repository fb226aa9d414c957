//! Sequences of calls, signed and not, honest and hostile, in blocks of the whole runtime: nothing
//! panics, what must hold between blocks does, and no block is over its weight.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighhouse_fuzz::acts::{play, Fault};

/// What `dev/scripts/fuzz.sh` plants to see that it is noticed.
static PLANTED: LazyLock<Option<Fault>> = LazyLock::new(|| {
	let fault = std::env::var("WEIGHHOUSE_FUZZ_PLANT").ok()?;
	Some(match fault.as_str() {
		"issuance" => Fault::Issuance,
		"hold" => Fault::Hold,
		"weight" => Fault::Weight,
		"panic" => Fault::Panic,
		other => panic!("{other} is no fault that can be planted"),
	})
});

fuzz_target!(|data: &[u8]| play(data, *PLANTED));
