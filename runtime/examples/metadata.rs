//! Writes the runtime's metadata to standard output: `make metadata` keeps the client's copy.

use std::io::Write;

fn main() -> std::io::Result<()> {
	let metadata = weighhouse_runtime::Runtime::metadata_at_version(16)
		.ok_or_else(|| std::io::Error::other("the runtime does not speak metadata version 16"))?;
	std::io::stdout().write_all(&metadata)
}
