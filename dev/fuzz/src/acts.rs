//! What happens on the chain, one act after another, as some bytes say.

use arbitrary::{Result, Unstructured};
use codec::{Decode, DecodeLimit};
use frame_support::{
	dispatch::DispatchClass,
	traits::fungible::{Mutate, MutateHold},
	BoundedVec, MAX_EXTRINSIC_DEPTH,
};
use pallet_feedback::MAX_OPENED;
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use weighhouse_primitives::{
	feedback::{self, pack},
	inference::{
		self, signed_bytes, Access, Answer, Mode, Reveal, Round, Status, Step, COMMIT_DOMAIN,
		HEARTBEAT_DOMAIN, REVEAL_DOMAIN,
	},
	sealing::Context,
	ContentId, LicenceId, Rights, Term, Transferability,
};
use weighhouse_runtime::{
	configs::{proxies::ProxyType, system::RuntimeBlockWeights},
	constants::{
		currency::{MILLI_WGH, WGH},
		time::{DAYS, HOURS, MINUTES},
	},
	AccountId, Balances, BlockNumber, Delivery, Feedback, Inference, Licensing, Listings, Proxy,
	Runtime, RuntimeCall, System, UncheckedExtrinsic,
};

use super::{
	chain::{conserving, extension, Chain},
	invariants,
	market::{
		self, content, identity, recipient, secrets, truth, vault, ACTORS, ASKED, RATERS, SEALED,
		SPONSOR, WORKERS,
	},
	shapes::SHAPES,
};

type Agents = pallet_proxy::Call<Runtime>;
type Campaigns = pallet_feedback::Call<Runtime>;
type Jobs = pallet_inference::Call<Runtime>;
type Keys = pallet_delivery::Call<Runtime>;
type Money = pallet_balances::Call<Runtime>;
type Shelf = pallet_listings::Call<Runtime>;
type Shop = pallet_licensing::Call<Runtime>;

/// The most acts of a sequence.
const ACTS: usize = 64;
/// After how many blocks that followed each other everything is checked. It is besides whenever time
/// passed, and at the end.
const CHECKED: u32 = 8;
/// For how many blocks nothing happens at a time. A campaign and a delivery wait for an hour, which is
/// 1,800 blocks.
const PAUSES: [u32; 8] = [1, 2, 5, 16, 61, 301, 301, 1_801];
/// For how many blocks nothing happens in a sequence.
const PATIENCE: u32 = 4_000;
/// Slots without a block: none, some, or more than an epoch.
const SKIPPED: [u64; 4] = [0, 0, 7, 200];
/// The sealed sales that somebody follows up.
const LICENCES: LicenceId = 6;
/// What an agent gets to spend.
const BUDGET: u128 = 200 * WGH;
/// What hides answers.
const SALT: H256 = H256([9; 32]);

/// A fault that is planted to show that it is noticed.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
	/// Money is made.
	Issuance,
	/// Money is held for nothing.
	Hold,
	/// A block weighs too much.
	Weight,
	/// Something panics.
	Panic,
}

impl Fault {
	fn plant(self) {
		let who = SPONSOR.to_account_id();
		match self {
			Self::Issuance => {
				Balances::mint_into(&who, WGH).expect("somebody can have more");
			}
			Self::Hold => {
				let reason = pallet_listings::HoldReason::RootClaim.into();
				Balances::hold(&reason, &who, 1).expect("somebody has more");
			}
			Self::Weight => {
				let most = RuntimeBlockWeights::get().max_block;
				System::register_extra_weight_unchecked(most, DispatchClass::Mandatory);
			}
			Self::Panic => panic!("a planted panic"),
		}
	}
}

/// Plays the sequence that `data` says, and checks the chain meanwhile and behind it. A fault is planted
/// before it.
pub fn play(data: &[u8], fault: Option<Fault>) {
	market::market().execute_with(|| {
		let mut u = Unstructured::new(data);
		let mut player = Player {
			chain: Chain::begin(0),
			patience: PATIENCE,
			blocks: 0,
			agents: Vec::new(),
		};
		if let Some(fault) = fault {
			conserving(|| fault.plant());
		}
		for _ in 0..ACTS {
			// What is too short for an act is no act.
			if u.is_empty() || player.act(&mut u).is_err() {
				break;
			}
		}
		player.chain.end([1; 32]);
		invariants::check();
	});
}

struct Player {
	chain: Chain,
	/// For how many blocks nothing may happen yet.
	patience: u32,
	/// Blocks that followed each other.
	blocks: u32,
	agents: Vec<Agent>,
}

/// An account without a key, for which its spawner acts as a proxy.
#[derive(Clone)]
struct Agent {
	spawner: Sr25519Keyring,
	account: AccountId,
	height: BlockNumber,
	index: u32,
}

impl Player {
	fn act(&mut self, u: &mut Unstructured) -> Result<()> {
		match u.int_in_range(0..=25u8)? {
			0..=8 => {
				let who = *u.choose(&ACTORS)?;
				if let Some(call) = SHAPES.call(u)? {
					self.send(who, call);
				}
			}
			9 => {
				if let Some(call) = SHAPES.call(u)? {
					self.chain.offer(match u.int_in_range(0..=1u8)? {
						0 => UncheckedExtrinsic::new_transaction(call, extension(0)),
						_ => UncheckedExtrinsic::new_bare(call),
					});
				}
			}
			10 => self.hostile(u)?,
			11 | 12 => {
				let skipped = *u.choose(&SKIPPED)?;
				let seed = u.arbitrary()?;
				self.blocks += 1;
				if self.blocks.is_multiple_of(CHECKED) {
					self.chain.end(seed);
					invariants::check();
					self.chain = Chain::begin(skipped);
				} else {
					self.chain.next(skipped, seed);
				}
			}
			13 => {
				let blocks = (*u.choose(&PAUSES)?).min(self.patience);
				self.patience -= blocks;
				self.chain.pass(blocks, u.arbitrary()?);
				self.chain.end([1; 32]);
				invariants::check();
				self.chain = Chain::begin(0);
			}
			14 => self.deliver(u)?,
			15 => self.complain(u)?,
			16 | 17 => self.work(u)?,
			18 | 19 => self.rate(u)?,
			20..=22 => self.trade(u)?,
			23 => self.ask(u)?,
			_ => self.employ(u)?,
		}
		Ok(())
	}

	/// It is enough that nothing breaks, whatever comes of it.
	fn send(&mut self, who: Sr25519Keyring, call: impl Into<RuntimeCall>) {
		let _ = self.chain.send(who, call.into());
	}

	/// Bytes that claim to be a transaction, or a call that somebody signs.
	fn hostile(&mut self, u: &mut Unstructured) -> Result<()> {
		let who = *u.choose(&ACTORS)?;
		let length = usize::from(u.arbitrary::<u8>()?);
		let bytes = u.bytes(length.min(u.len()))?;
		if let Ok(extrinsic) = UncheckedExtrinsic::decode(&mut &bytes[..]) {
			self.chain.offer(extrinsic);
		}
		let call = RuntimeCall::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..]);
		if let Ok(call) = call {
			self.send(who, call);
		}
		Ok(())
	}

	/// The seller delivers the right key, or one with some bits turned around.
	fn deliver(&mut self, u: &mut Unstructured) -> Result<()> {
		let licence = u.int_in_range(1..=LICENCES)?;
		let (position, bits): (usize, u8) = (u.int_in_range(0..=31)?, u.arbitrary()?);
		let Some(delivery) = Delivery::delivery(licence) else {
			return Ok(());
		};
		let context = context(licence, delivery.version);
		// The chain takes no key that is not a point.
		let sealed = vault().seal(context, &delivery.key, &identity());
		let mut sealed = sealed.expect("the delivery key is a point");
		sealed.ciphertext[position] ^= bits;
		if let Some(seller) = actor(&delivery.seller) {
			let deliver = Keys::deliver {
				licence,
				key: delivery.key,
				point: sealed.point,
				ciphertext: sealed.ciphertext,
			};
			self.send(seller, deliver);
		}
		Ok(())
	}

	/// The buyer complains, of a right key in vain.
	fn complain(&mut self, u: &mut Unstructured) -> Result<()> {
		let licence = u.int_in_range(1..=LICENCES)?;
		let Some(delivery) = Delivery::delivery(licence) else {
			return Ok(());
		};
		let (Some(sealed), Some(buyer)) = (delivery.state.sealed(), actor(&delivery.buyer)) else {
			return Ok(());
		};
		let context = context(licence, delivery.version);
		let mut secrets = secrets().into_iter();
		let Some(secret) = secrets.find(|secret| secret.key() == delivery.key) else {
			return Ok(());
		};
		let Ok(complaint) = secret.complain(context, sealed) else {
			return Ok(());
		};
		let ours = delivery.recipient == recipient().to_text();
		let right = ours && secret.open(context, &recipient(), sealed).is_ok();
		let complain = Keys::complain {
			licence,
			shared: complaint.shared,
			challenge: complaint.challenge,
			response: complaint.response,
		};
		let upheld = self.chain.send(buyer, complain.into()) == Ok(Ok(()));
		assert!(!(right && upheld), "a right key was disputed");
		Ok(())
	}

	/// Buyers, the seller and others do with the sealed model and its licences all else that they can.
	fn trade(&mut self, u: &mut Unstructured) -> Result<()> {
		let step = u.int_in_range(0..=17u8)?;
		let who = *u.choose(&ACTORS)?;
		let licence = u.int_in_range(1..=LICENCES)?;
		let offer = u.int_in_range(1..=3)?;
		let key = u.choose(&secrets())?.key();
		let owner = Listings::listing(SEALED).and_then(|listing| actor(&listing.owner));
		let owner = owner.unwrap_or(who);
		let holder = Licensing::licence(licence).and_then(|licence| actor(&licence.holder));
		let buyer = Delivery::delivery(licence).and_then(|delivery| actor(&delivery.buyer));
		let (buyer, holder) = (buyer.unwrap_or(who), holder.or(buyer).unwrap_or(who));
		match step {
			0..=3 => {
				let listing = SEALED;
				let within = HOURS;
				let buy = Keys::buy {
					listing,
					offer,
					key,
					within,
				};
				self.send(who, buy);
			}
			4 => self.send(who, Keys::expire { licence }),
			5 => self.send(buyer, Keys::finalize { licence }),
			6 => self.send(holder, Keys::ask_again { licence, key }),
			7 => self.send(buyer, Keys::remove_delivery { licence }),
			8 => {
				let to = who.to_account_id().into();
				self.send(holder, Shop::transfer { licence, to });
			}
			9 => self.send(holder, Shop::remove_licence { licence }),
			10 => {
				let listing = SEALED;
				self.send(owner, Shop::close_offer { listing, offer });
			}
			11 => {
				let open = Shop::open_offer {
					listing: SEALED,
					price: *u.choose(&[0, 1, 99, MILLI_WGH, 30 * WGH])?,
					term: *u.choose(&[Term::Perpetual, Term::Blocks(10), Term::Calls(2)])?,
					first_version: 1,
					last_version: 1,
					rights: *u.choose(&[Rights::Use, Rights::Serve])?,
					transferability: Transferability::Transferable,
					supply: *u.choose(&[None, Some(1)])?,
					terms: H256::zero(),
				};
				self.send(owner, open);
			}
			12 => {
				let (listing, version) = (SEALED, 1);
				self.send(owner, Shelf::yank { listing, version });
			}
			13 => {
				let new_owner = who.to_account_id().into();
				let listing = SEALED;
				self.send(owner, Shelf::propose_owner { listing, new_owner });
				self.send(who, Shelf::accept_ownership { listing });
			}
			14 => {
				let amount = *u.choose(&[1, WGH, 10 * WGH])?;
				self.send(owner, Keys::bond { amount });
			}
			15 => {
				let amount = *u.choose(&[1, WGH, 98 * WGH, 100 * WGH])?;
				self.send(owner, Keys::unbond { amount });
			}
			16 => {
				let blocks = *u.choose(&[10 * MINUTES, HOURS, 7 * DAYS])?;
				self.send(owner, Keys::set_window { blocks });
			}
			_ => self.send(who, Shop::claim { listing: SEALED }),
		}
		Ok(())
	}

	/// Somebody asks listing 1.
	fn ask(&mut self, u: &mut Unstructured) -> Result<()> {
		let who = *u.choose(&ACTORS)?;
		let mode = *u.choose(&[Mode::QuorumOfThree, Mode::Solo, Mode::Owner])?;
		let (listing, offer) = ASKED;
		let request = Jobs::request {
			listing,
			version: 1,
			mode,
			access: Access::Offer(offer),
			reward: *u.choose(&[MILLI_WGH, WGH])?,
			input: BoundedVec::truncate_from(content("input")),
			input_hash: H256(ContentId::of_raw_block(b"input").digest),
		};
		self.send(who, request);
		Ok(())
	}

	/// All workers commit to an answer, show it, or say that they are alive: themselves, or their keys for
	/// them. Which of two answers, the bits say.
	fn work(&mut self, u: &mut Unstructured) -> Result<()> {
		let job = u.int_in_range(1..=3)?;
		let round = *u.choose(&[Round::Main, Round::Main, Round::Audit, Round::Jury])?;
		let (act, bits): (u8, u8) = (u.int_in_range(0..=2)?, u.arbitrary()?);
		let by_key = bits >> 7 == 1;
		let Some(view) = Inference::job(job) else {
			return Ok(());
		};
		for (number, who) in WORKERS.into_iter().enumerate() {
			let output = vec![(bits >> number) & 1];
			let answer = Answer {
				status: Status::Ok,
				output_hash: H256(ContentId::of_raw_block(&output).digest),
				fingerprint: [1; 32],
				statement: H256::zero(),
			};
			let key = who.to_raw_public();
			let commitment = inference::commitment(view.request_hash, &key, round, &answer, SALT);
			let reveal = Reveal {
				answer,
				salt: SALT,
				output: BoundedVec::truncate_from(output),
			};
			if !by_key {
				let call = match act {
					0 => Jobs::commit_signed { job, commitment },
					1 => Jobs::reveal_signed { job, reveal },
					_ => Jobs::heartbeat_signed {},
				};
				self.send(who, call);
				continue;
			}
			let (genesis, at) = (System::block_hash(0), System::block_number());
			let step = Step {
				job,
				request_hash: view.request_hash,
				round,
				worker: H256(key),
				at,
			};
			let call = match act {
				0 => {
					let said = signed_bytes(COMMIT_DOMAIN, genesis, (step, commitment));
					let signature = who.sign(&said).into();
					Jobs::commit {
						step,
						commitment,
						signature,
					}
				}
				1 => {
					let said = signed_bytes(REVEAL_DOMAIN, genesis, (step, &reveal));
					let signature = who.sign(&said).into();
					Jobs::reveal {
						step,
						reveal,
						signature,
					}
				}
				_ => {
					let said = signed_bytes(HEARTBEAT_DOMAIN, genesis, (who.public(), at));
					let signature = who.sign(&said).into();
					let worker = who.public().into();
					Jobs::heartbeat {
						worker,
						at,
						signature,
					}
				}
			};
			let call = RuntimeCall::Inference(call);
			self.chain
				.offer(UncheckedExtrinsic::new_transaction(call, extension(0)));
		}
		Ok(())
	}

	/// All raters commit to their answers or show them, or the sponsor opens gold.
	fn rate(&mut self, u: &mut Unstructured) -> Result<()> {
		let campaign = u.int_in_range(1..=2)?;
		let (step, wrong): (u8, u8) = (u.int_in_range(0..=2)?, u.arbitrary()?);
		let Some(view) = Feedback::campaign(campaign) else {
			return Ok(());
		};
		if step == 2 {
			for some in market::openings().chunks(MAX_OPENED as usize) {
				let openings = BoundedVec::truncate_from(some.to_vec());
				self.send(SPONSOR, Campaigns::open_gold { campaign, openings });
			}
			return Ok(());
		}
		for (number, who) in RATERS.into_iter().enumerate() {
			// Some raters say the opposite of what is right.
			let inverted = (wrong >> number) & 1 == 1;
			let choices: Vec<_> = (0..market::ITEMS)
				.map(|item| {
					if inverted {
						truth(item).other()
					} else {
						truth(item)
					}
				})
				.collect();
			let answers = pack(&choices).expect("a small pool");
			let account = who.to_account_id();
			let commitment = feedback::commitment(view.campaign_hash, &account, &answers, SALT);
			let salt = SALT;
			let call = match step {
				0 => Campaigns::commit {
					campaign,
					commitment,
				},
				_ => Campaigns::reveal {
					campaign,
					answers,
					salt,
				},
			};
			self.send(who, call);
		}
		Ok(())
	}

	/// Somebody makes an agent, which then does something, or gets or loses a proxy, or ends.
	fn employ(&mut self, u: &mut Unstructured) -> Result<()> {
		let step = u.int_in_range(0..=5u8)?;
		let who = *u.choose(&ACTORS)?;
		let proxy_type = ProxyType::Any;
		if step == 0 {
			let height = System::block_number();
			let index = System::extrinsic_index().unwrap_or_default();
			let account = who.to_account_id();
			let account = Proxy::pure_account(&account, &proxy_type, 0, Some((height, index)));
			let create = Agents::create_pure {
				proxy_type,
				delay: 0,
				index: 0,
			};
			self.send(who, create);
			let fund = Money::transfer_keep_alive {
				dest: account.clone().into(),
				value: BUDGET,
			};
			self.send(who, fund);
			self.agents.push(Agent {
				spawner: who,
				account,
				height,
				index,
			});
			return Ok(());
		}
		if self.agents.is_empty() {
			return Ok(());
		}
		let agent = u.choose(&self.agents)?.clone();
		let call: RuntimeCall = match step {
			1 => {
				let delegate = who.to_account_id().into();
				let delay = 0;
				Agents::add_proxy {
					delegate,
					proxy_type,
					delay,
				}
				.into()
			}
			2 => Agents::remove_proxies {}.into(),
			3 => Agents::kill_pure {
				spawner: agent.spawner.to_account_id().into(),
				proxy_type,
				index: 0,
				height: agent.height,
				ext_index: agent.index,
			}
			.into(),
			_ => match SHAPES.call(u)? {
				Some(call) => call,
				None => return Ok(()),
			},
		};
		let act = Agents::proxy {
			real: agent.account.into(),
			force_proxy_type: None,
			call: Box::new(call),
		};
		self.send(agent.spawner, act);
		Ok(())
	}
}

/// Who has this account, if it is somebody who acts.
fn actor(account: &AccountId) -> Option<Sr25519Keyring> {
	let mut actors = ACTORS.into_iter();
	actors.find(|who| who.to_account_id() == *account)
}

fn context(licence: LicenceId, version: u32) -> Context {
	Context {
		genesis: System::block_hash(0),
		licence,
		version,
	}
}
