//! From options to a worker that is registered, bonded and served by a gateway.

use std::{path::Path, time::Duration};

use serde_json::json;
use tokio::time::sleep;
use weighhouse_client::{
	calls, key_proof,
	keys::{self, account_of, AccountId32, Keypair},
	secret::Zeroizing,
	worker::Ask,
	Availability, Client, Job, H256,
};
use weighhouse_gateway::{config::EngineKind, Config, Gateway, Identities, StartError};

use crate::{
	commands::work::{status, Courier, Engine, Line, RunOpts},
	context::Context,
	failure::Failure,
	output::{hex, transaction, wgh},
	secrets::read,
};

/// What a new worker bonds if it does not say: 100 WGH.
const BOND: u128 = 100_000_000_000_000;
/// How often a gateway that is not ready is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// A worker that is open for requests.
pub struct Open {
	pub client: Client,
	pub key: Keypair,
	pub account: AccountId32,
	pub gateway: Gateway,
	pub courier: Courier,
	/// Jobs that were open before.
	pub jobs: Vec<u64>,
}

/// The key that signs a worker's steps on a node.
struct WorkerKey {
	pair: Keypair,
	/// As a node takes it; not known of a key that came out of a key file.
	suri: Option<Zeroizing<String>>,
}

impl WorkerKey {
	fn of(opts: &RunOpts, context: &Context, account: &Keypair) -> Result<Self, Failure> {
		match &opts.worker_suri {
			Some(text) => {
				let suri = secret(text)?;
				Ok(Self {
					pair: keys::from_suri(&suri)?,
					suri: Some(suri),
				})
			}
			None => Ok(Self {
				pair: keys::worker_key(account),
				suri: context.suri().map(keys::worker_suri).map(Zeroizing::new),
			}),
		}
	}

	fn public(&self) -> H256 {
		H256(self.pair.public_key().0)
	}
}

/// A secret URI, or what the file of that name holds.
fn secret(text: &str) -> Result<Zeroizing<String>, Failure> {
	let path = Path::new(text);
	if !path.is_file() {
		return Ok(Zeroizing::new(text.to_owned()));
	}
	Ok(Zeroizing::new(read(path)?.trim().to_owned()))
}

/// The settings of the gateway: file and environment first, then what was typed.
fn settings(opts: &RunOpts, context: &Context) -> Result<Config, Failure> {
	let refused = |error| Failure::from(StartError::Config(error));
	let mut config = Config::load(opts.gateway_config.as_deref()).map_err(refused)?;
	if let Some(listen) = opts.gateway_listen {
		config.listen = listen;
	}
	if let Some(data) = &opts.data {
		config.data.clone_from(data);
	}
	if let Some(ipfs) = context.chosen_ipfs() {
		config.ipfs = ipfs.to_owned();
	}
	config.identities.extend(opts.identity.iter().cloned());
	match (opts.engine, &opts.oip_url) {
		(Some(Engine::Embedded), Some(_)) => {
			return Err(Failure::Usage(
				"--oip-url names an inference server, which --engine embedded does not ask: give one of the two".into(),
			))
		}
		(_, Some(url)) => {
			config.engine.kind = EngineKind::Oip;
			config.engine.url = Some(url.clone());
		}
		(Some(Engine::Oip), None) => config.engine.kind = EngineKind::Oip,
		(Some(Engine::Embedded), None) => {
			config.engine.kind = EngineKind::Embedded;
			config.engine.url = None;
			config.engine.models.clear();
		}
		(None, None) => {}
	}
	config.check().map_err(refused)?;
	Ok(config)
}

/// Opens the worker: the gateway first, so that nobody is drawn who cannot answer.
pub async fn open(opts: &RunOpts, context: &Context) -> Result<Open, Failure> {
	let mut config = settings(opts, context)?;
	let key = context.key()?;
	let account = account_of(&key);
	let own = WorkerKey::of(opts, context, &key)?;
	let client = context.client().await?;
	let view = client.best().await?;
	let worker = view.worker(&account).await?;
	let asks = match &worker {
		Some(_) => view.asks_of(&account).await?,
		None => Vec::new(),
	};
	if asks.is_empty() && opts.serve.is_empty() {
		return Err(Failure::Usage(
			"this worker serves nothing yet: give --serve LISTING:REWARD, as in --serve 1:0.1WGH"
				.into(),
		));
	}
	let identities = Identities::open(&config.identities)
		.map_err(|error| Failure::BadInput(error.to_string()))?;
	let fetches = config.engine.kind == EngineKind::Embedded || config.engine.download;
	for serve in &opts.serve {
		let id = serve.listing;
		let listing = view
			.listing(id)
			.await?
			.ok_or_else(|| Failure::NotFound(format!("listing {id}")))?;
		// Whoever is drawn and cannot open the model is silent, and loses bond.
		let newest = view.newest_standing(&listing).await?;
		let recipient = newest.and_then(|version| version.sealed);
		if fetches && recipient.is_some_and(|recipient| !identities.opens(&recipient)) {
			return Err(Failure::Usage(format!(
				"listing {id} is sealed, and no identity opens its newest version: give --identity FILE, with what `weighhouse delivery LICENCE --identity-out FILE` writes, or run the model on a server of your own with --oip-url"
			)));
		}
	}
	// A key that was not named is no reason to change the one that the chain knows.
	let signer = match &worker {
		Some(worker) if opts.worker_suri.is_none() => worker.key,
		_ => own.public(),
	};
	let mut keys = vec![signer];
	if let Some(worker) = &worker {
		// Seats sign with the key of their draw, and the next draw may come before a new key does.
		keys.push(worker.key);
		for job in &worker.open_jobs {
			keys.extend(seat_keys(view.job(*job).await?.as_ref(), &account));
		}
	}
	serve_also(&mut config.workers, keys);
	let gateway = Gateway::start(config).await?;
	let address = format!("http://{}", gateway.local_addr());
	let courier = courier(opts, context, &client, &own, &signer, &address).await?;

	let changes: Vec<Ask> = opts
		.serve
		.iter()
		.map(|serve| Ask {
			listing: serve.listing,
			min_reward: serve.min_reward,
		})
		.filter(|ask| !asks.contains(ask))
		.collect();
	let active = worker
		.as_ref()
		.is_some_and(|worker| worker.availability == Availability::Active && worker.alive);
	if !active || !changes.is_empty() {
		until_ready(context, &gateway).await;
	}
	match &worker {
		None => {
			let bond = opts.bond.map_or(BOND, |bond| bond.0);
			let proof = key_proof(&own.pair, client.genesis_hash(), &account);
			let call = calls::register_worker(signer.0, proof, bond);
			let included = context.submit(&client, &call, &key, "Registering").await?;
			Line {
				json: json!({
					"event": "registered",
					"worker": account.to_string(),
					"key": hex(&signer),
					"bond": bond.to_string(),
					"tx": transaction(&included),
				}),
				text: format!(
					"Registered {account} as a worker with {} of bond.",
					wgh(bond)
				),
			}
			.print(context);
		}
		Some(worker) => {
			if worker.key != signer {
				let proof = key_proof(&own.pair, client.genesis_hash(), &account);
				let call = calls::set_worker_key(signer.0, proof);
				let included = context
					.submit(&client, &call, &key, "Changing the key")
					.await?;
				Line {
					json: json!({
						"event": "key-changed",
						"key": hex(&signer),
						"tx": transaction(&included),
					}),
					text: format!(
						"Signs with {} from now on. A node needs the old key until the open jobs are over.",
						hex(&signer)
					),
				}
				.print(context);
			}
			let missing = opts
				.bond
				.map_or(0, |bond| bond.0.saturating_sub(worker.bond));
			if missing > 0 {
				let call = calls::bond_more(missing);
				let included = context.submit(&client, &call, &key, "Bonding").await?;
				Line {
					json: json!({
						"event": "bonded",
						"amount": missing.to_string(),
						"tx": transaction(&included),
					}),
					text: format!("Bonded {} more.", wgh(missing)),
				}
				.print(context);
			}
		}
	}
	for ask in &changes {
		let call = calls::serve(ask.listing, ask.min_reward);
		let what = format!("Serving listing {}", ask.listing);
		let included = context.submit(&client, &call, &key, &what).await?;
		Line {
			json: json!({
				"event": "serving",
				"listing": ask.listing,
				"minReward": ask.min_reward.to_string(),
				"tx": transaction(&included),
			}),
			text: format!(
				"Serves listing {} for {} or more.",
				ask.listing,
				wgh(ask.min_reward)
			),
		}
		.print(context);
	}
	if worker.is_some() && !active {
		let included = context
			.submit(&client, &calls::resume(), &key, "Resuming")
			.await?;
		Line {
			json: json!({ "event": "resumed", "tx": transaction(&included) }),
			text: "Drawn again.".into(),
		}
		.print(context);
	}

	let view = client.best().await?;
	let jobs = view
		.worker(&account)
		.await?
		.map(|worker| worker.open_jobs)
		.unwrap_or_default();
	let asks = view.asks_of(&account).await?;
	let carrier = match courier {
		Courier::Node => "the node at --url carries",
		Courier::Rpc => "this program carries, by transactions of the worker's account",
	};
	Line {
		json: json!({
			"event": "started",
			"worker": account.to_string(),
			"key": hex(&signer),
			"gateway": address,
			"courier": match courier {
				Courier::Node => "node",
				Courier::Rpc => "rpc",
			},
			"serving": status::serving_json(&asks),
			"openJobs": jobs,
		}),
		text: format!(
			"Worker {account}, gateway {address}; {carrier}.\n{}\nWaiting for work. Ctrl-C stops.",
			status::serving_text(&asks)
		),
	}
	.print(context);
	Ok(Open {
		client,
		key,
		account,
		gateway,
		courier,
		jobs,
	})
}

/// The keys with which the seats of `account` in a job sign.
fn seat_keys(job: Option<&Job>, account: &AccountId32) -> Vec<H256> {
	let seats = job.map_or(&[][..], |job| job.seats.as_slice());
	seats
		.iter()
		.filter(|seat| seat.worker == *account)
		.map(|seat| seat.key)
		.collect()
}

/// Has the gateway serve these keys, beside those that its settings name.
fn serve_also(served: &mut Vec<H256>, keys: Vec<H256>) {
	for key in keys {
		if !served.contains(&key) {
			served.push(key);
		}
	}
}

/// Waits until the gateway could take a job, and says what is in the way.
async fn until_ready(context: &Context, gateway: &Gateway) {
	let mut said = String::new();
	loop {
		let readiness = gateway.runner().ready().await;
		if readiness.is_ready() {
			return;
		}
		let problems = readiness.problems().join("; ");
		if problems != said {
			Line {
				json: json!({ "event": "waiting", "message": problems }),
				text: format!("Not drawn before the gateway is ready: {problems}"),
			}
			.print(context);
			said = problems;
		}
		sleep(ASK_AGAIN).await;
	}
}

/// Who carries, and that they can.
async fn courier(
	opts: &RunOpts,
	context: &Context,
	client: &Client,
	own: &WorkerKey,
	signer: &H256,
	address: &str,
) -> Result<Courier, Failure> {
	if opts.node_local {
		let suri = own.suri.as_deref().ok_or_else(|| {
			Failure::Usage(
				"--node-local gives the node a secret URI, and a key file has none: give --worker-suri".into(),
			)
		})?;
		if own.public() != *signer {
			return Err(Failure::Usage(format!(
				"this worker signs with {}, which is another key: give its secret with --worker-suri",
				hex(signer)
			)));
		}
		client.insert_worker_key(suri, signer).await?;
		client.set_node_gateway(signer, address).await?;
		return Ok(Courier::Node);
	}
	if opts.courier == Some(Courier::Rpc) {
		return Ok(Courier::Rpc);
	}
	// A node on another machine does not say, and then it is not ours.
	let holds = client.node_has_worker_key(signer).await;
	match (opts.courier, &holds) {
		(None, Ok(false) | Err(_)) => return Ok(Courier::Rpc),
		(Some(_), Ok(false)) => {
			return Err(Failure::Usage(format!(
				"the node at --url does not hold the worker's key {}: start it with --worker-suri, give --node-local here, or let this program carry with --courier rpc",
				hex(signer)
			)))
		}
		(None, Ok(true)) | (Some(_), _) => {}
	}
	match client.node_gateway(signer).await {
		Ok(Some(named)) if named.trim_end_matches('/') == address => {}
		Ok(named) => context.tell(&format!(
			"Note: the node takes this worker's requests to {}, but the gateway listens on {address}: give the node --inference-gateway {address}, or give --node-local here.",
			named.as_deref().unwrap_or("no gateway")
		)),
		Err(_) => {}
	}
	Ok(Courier::Node)
}

#[cfg(test)]
mod tests {
	use weighhouse_client::{Finding, Phase, Seat};
	use weighhouse_primitives::{
		inference::{Access, Round},
		Mode,
	};

	use super::*;

	const ME: AccountId32 = AccountId32([1; 32]);

	fn seat(worker: AccountId32, key: u8) -> Seat {
		Seat {
			round: Round::Main,
			worker,
			key: H256::repeat_byte(key),
			commitment: None,
			answer: None,
			output: Vec::new(),
			finding: Finding::Open,
		}
	}

	#[test]
	fn key_of_an_open_seat_is_served_beside_the_new_one() {
		let job = Job {
			job: 7,
			request_hash: H256::zero(),
			requester: AccountId32([5; 32]),
			listing: 1,
			version: 1,
			mode: Mode::QuorumOfThree,
			access: Access::Owner,
			input: String::new(),
			input_hash: H256::zero(),
			reward: 10,
			escrow: 30,
			requested: 1,
			phase: Phase::Committing { until: 20 },
			due: 21,
			receipt: None,
			challenge: None,
			seats: vec![seat(AccountId32([2; 32]), 2), seat(ME, 3)],
		};
		let old = seat_keys(Some(&job), &ME);
		assert_eq!(old, [H256::repeat_byte(3)]);
		assert!(seat_keys(None, &ME).is_empty());
		let mut served = Vec::new();
		serve_also(&mut served, vec![H256::repeat_byte(4), old[0], old[0]]);
		assert_eq!(served, [H256::repeat_byte(4), H256::repeat_byte(3)]);
	}

	#[test]
	fn keys_that_the_settings_name_stay_served() {
		let mut served = vec![H256::repeat_byte(9)];
		serve_also(&mut served, vec![H256::repeat_byte(4)]);
		assert_eq!(served, [H256::repeat_byte(9), H256::repeat_byte(4)]);
	}
}
