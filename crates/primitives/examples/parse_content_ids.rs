//! Reads hex lines, each the bytes of one pasted text, and answers a line for each: `ok` with the 36
//! bytes of the content id in hex, or `err` with the name of the error. Lets other implementations
//! be compared with the reader of the runtime.

use std::io::{self, BufRead, BufWriter, Write};
use weighhouse_primitives::content::ContentId;

fn main() -> io::Result<()> {
	let mut out = BufWriter::new(io::stdout().lock());
	for line in io::stdin().lock().lines() {
		let text = hex::decode(line?)
			.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
		match ContentId::parse(&text) {
			Ok(id) => writeln!(out, "ok {}", hex::encode(id.to_bytes()))?,
			Err(error) => writeln!(out, "err {error:?}")?,
		}
	}
	out.flush()
}
