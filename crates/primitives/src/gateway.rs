//! Where a node may carry a worker's assignments to.
//!
//! Whoever talks to a gateway learns answers before they are revealed, and whoever answers in its
//! place decides what a worker signs. So a gateway is reached over loopback only.

use core::net::{Ipv4Addr, Ipv6Addr};

/// The longest address of a gateway, in bytes.
pub const MAX_ADDRESS: usize = 256;

/// The address of a gateway that runs as it comes.
pub const DEFAULT_ADDRESS: &str = "http://127.0.0.1:8791";

/// Why a text is not the address of a gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressError {
	/// The text is longer than [`MAX_ADDRESS`].
	TooLong,
	/// The bytes are not text.
	NotText,
	/// The text does not begin with `http://`.
	NotHttp,
	/// Something follows the port, or comes before the host.
	NotPlain,
	/// The host is not this machine.
	NotLoopback,
	/// The port is no number between 1 and 65535.
	BadPort,
}

impl core::fmt::Display for AddressError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::TooLong => "longer than 256 bytes",
			Self::NotText => "not text: expected the bytes of an address such as http://127.0.0.1:8791",
			Self::NotHttp => "it must begin with http://, as http://127.0.0.1:8791 does",
			Self::NotPlain => "only http://, host and port are taken, without user, path or query",
			Self::NotLoopback =>
				"the host must be this machine: 127.0.0.1, [::1] or localhost; use a tunnel for a gateway elsewhere",
			Self::BadPort => "the port must be a number from 1 to 65535",
		})
	}
}

impl core::error::Error for AddressError {}

/// Reads the address of a gateway: `http://`, a loopback host and, unless it is 80, a port. A slash
/// at the end is taken off.
pub fn address(bytes: &[u8]) -> Result<&str, AddressError> {
	if bytes.len() > MAX_ADDRESS {
		return Err(AddressError::TooLong);
	}
	let text = core::str::from_utf8(bytes).map_err(|_| AddressError::NotText)?;
	let text = text.strip_suffix('/').unwrap_or(text);
	let authority = text.strip_prefix("http://").ok_or(AddressError::NotHttp)?;
	if authority.contains(['/', '?', '#', '@', '\\']) {
		return Err(AddressError::NotPlain);
	}
	let (host, port) = match authority.strip_prefix('[') {
		Some(rest) => {
			let (host, port) = rest.split_once(']').ok_or(AddressError::NotLoopback)?;
			let host = host
				.parse::<Ipv6Addr>()
				.is_ok_and(|host| host.is_loopback());
			let port = match port {
				"" => None,
				port => Some(port.strip_prefix(':').ok_or(AddressError::BadPort)?),
			};
			(host, port)
		}
		None => {
			let (host, port) = match authority.split_once(':') {
				Some((host, port)) => (host, Some(port)),
				None => (authority, None),
			};
			let host = host == "localhost"
				|| host
					.parse::<Ipv4Addr>()
					.is_ok_and(|host| host.is_loopback());
			(host, port)
		}
	};
	if !host {
		return Err(AddressError::NotLoopback);
	}
	if port.is_some_and(|port| !is_port(port)) {
		return Err(AddressError::BadPort);
	}
	Ok(text)
}

fn is_port(text: &str) -> bool {
	text.bytes().all(|byte| byte.is_ascii_digit())
		&& text.parse::<u16>().is_ok_and(|port| port != 0)
}

#[cfg(test)]
mod tests;
