//! Asks a node whether an account may use a version of a listing. After `make build`:
//! `. dev/scripts/env.sh; "$CARGO_TARGET_DIR/release/examples/has_licence" //Bob 1 1`
use weighhouse_client::{keys::parse_account, Client};
use weighhouse_primitives::Right;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [account, listing, version] = arguments.as_slice() else {
		return Err("usage: has_licence ACCOUNT LISTING VERSION".into());
	};
	let url = std::env::var("WEIGHHOUSE_URL").unwrap_or("ws://127.0.0.1:9944".into());
	let state = Client::connect(&url).await?.finalized().await?;
	let (account, listing, version) = (parse_account(account)?, listing.parse()?, version.parse()?);
	let may_use = state
		.has_licence(&account, listing, version, Right::Use)
		.await?;
	println!("{may_use}");
	Ok(())
}
