//! A chain of three pallets on which campaigns are played with the calls that everybody has, from
//! `create_campaign` to the last `settle`. Who owns what is compared before and after.

use std::{fmt, sync::OnceLock};

use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{Inspect, InspectHold},
		ConstU128, ConstU32, GetCallName, LinearStoragePrice,
	},
	weights::Weight,
	PalletId,
};
use frame_system::mocking::MockBlockU32;
use pallet_feedback::{
	Basis, Call, Campaigns, Event, HoldReason, Label, Labels, NewItem, NewItems, NextCampaign,
	Openings, Phase, PlaceState, Places, Reason, Shares, MAX_ADDED, MAX_OPENED,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{Dispatchable, IdentityLookup},
	AccountId32, BuildStorage,
};
use weighhouse_primitives::{
	feedback::{
		commitment, gold_openings, gold_root, pack, part_of, CampaignId, Choice, MAX_ITEMS,
		MAX_RATERS,
	},
	traits::{AnsweredReceipt, AnsweredReceipts, SeedSource, SeedState},
	ContentId, ReceiptId, PARTS,
};

use crate::{
	dice::{Dice, Of},
	play::{account, answers, Answers, Population},
	score::Outcome,
	world::World,
};

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Runtime>;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances::Pallet<Runtime>;
	#[runtime::pallet_index(2)]
	pub type Feedback = pallet_feedback::Pallet<Runtime>;
}

/// No round number, so that whatever is rounded shows.
const PRICE: u128 = 999_999_999_989;
const STAKE: u128 = 10_000_000_000_000;
const ENDOWMENT: u128 = 1_000_000_000_000_000_000_000;
const SPONSOR: AccountId32 = AccountId32::new([1; 32]);
const TREASURY: AccountId32 = AccountId32::new([2; 32]);
/// After so many blocks the seed of a draw is known.
const SEED_DELAY: u32 = 2;
/// How many raters one call settles.
const SETTLED_AT_ONCE: u32 = 50;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = MockBlockU32<Runtime>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1_000>;
	type AccountStore = System;
}

parameter_types! {
	pub const Treasury: AccountId32 = TREASURY;
	pub const PotId: PalletId = PalletId(*b"wgh/feed");
}

impl pallet_feedback::Config for Runtime {
	type Currency = Balances;
	type DepositPrice = LinearStoragePrice<ConstU128<50_000_000>, ConstU128<1_000_000>, u128>;
	type Seeds = BlockSeeds;
	type Answers = NoAnswers;
	// The first campaign of all: nobody has a history, and nobody would look at it.
	type Reputation = ();
	type Listings = ();
	type Datasets = ();
	type FeeParts = ConstU32<{ PARTS / 40 }>;
	type Treasury = Treasury;
	type MinPrice = ConstU128<1_000_000_000>;
	type MinStake = ConstU128<1_000_000_000_000>;
	type PalletId = PotId;
	type FillWindow = ConstU32<30>;
	type MinWindow = ConstU32<5>;
	type MaxWindow = ConstU32<1_000>;
	type RevealWindow = ConstU32<12>;
	type OpenWindow = ConstU32<14>;
	type Retention = ConstU32<100>;
	type WeightInfo = ();
}

/// Randomness of a chain that has none: a hash of what is asked for, two blocks later.
pub struct BlockSeeds;

impl SeedSource<u32> for BlockSeeds {
	fn seed(subject: H256, since: u32) -> SeedState {
		if System::block_number() <= since + SEED_DELAY {
			return SeedState::NotYet;
		}
		let mut asked = subject.0.to_vec();
		asked.extend(since.to_le_bytes());
		SeedState::Known(H256(blake2_256(&asked)))
	}

	fn delay() -> u32 {
		SEED_DELAY
	}

	fn seed_weight() -> Weight {
		Weight::zero()
	}
}

/// Nothing was ever asked of a model.
pub struct NoAnswers;

impl AnsweredReceipts for NoAnswers {
	fn answered_receipt(_: ReceiptId) -> Option<AnsweredReceipt> {
		None
	}

	fn answered_receipt_weight() -> Weight {
		Weight::zero()
	}
}

/// What must not happen: a call was refused, or money is not where it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(String);

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0)
	}
}

fn must(holds: bool, what: &str) -> Result<(), Fault> {
	match holds {
		true => Ok(()),
		false => Err(Fault(what.into())),
	}
}

/// A campaign that was played to its end.
pub struct Played {
	/// What was asked.
	pub world: World,
	/// What was answered.
	pub answers: Answers,
	/// What the pallet made of it.
	pub outcome: Outcome,
}

/// Plays one campaign on a chain of its own, and checks where the money went.
///
/// # Errors
/// If a call is refused, an invariant of the pallet does not hold, or a sum is not exact.
pub fn play(population: &Population, dice: &Dice) -> Result<Played, Fault> {
	static GENESIS: OnceLock<sp_core::storage::Storage> = OnceLock::new();
	let genesis = GENESIS.get_or_init(genesis).clone();
	sp_io::TestExternalities::new(genesis).execute_with(|| play_here(population, dice))
}

/// A chain on which sponsor, treasury and a hundred raters have money.
fn genesis() -> sp_core::storage::Storage {
	let rich = [SPONSOR, TREASURY]
		.into_iter()
		.chain((0..MAX_RATERS).map(account));
	RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: rich.map(|who| (who, ENDOWMENT)).collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.expect("the genesis of the simulation is sound")
}

fn call(who: &AccountId32, call: Call<Runtime>) -> Result<(), Fault> {
	let name = call.get_call_name();
	let origin = RuntimeOrigin::signed(who.clone());
	match RuntimeCall::Feedback(call).dispatch(origin) {
		Ok(_) => Ok(()),
		Err(refused) => Err(Fault(format!("{name} is refused: {:?}", refused.error))),
	}
}

/// What each of them owns, held or not.
struct Wealth {
	issuance: u128,
	sponsor: u128,
	treasury: u128,
	raters: Vec<u128>,
}

impl Wealth {
	fn now(raters: u32) -> Self {
		Self {
			issuance: Balances::total_issuance(),
			sponsor: Balances::total_balance(&SPONSOR),
			treasury: Balances::total_balance(&TREASURY),
			raters: (0..raters)
				.map(|rater| Balances::total_balance(&account(rater)))
				.collect(),
		}
	}
}

fn phase(id: CampaignId) -> Result<Phase<u32>, Fault> {
	let campaign = Campaigns::<Runtime>::get(id);
	Ok(campaign.ok_or(Fault("there is no campaign".into()))?.phase)
}

fn play_here(population: &Population, dice: &Dice) -> Result<Played, Fault> {
	System::set_block_number(1);
	let shape = &population.shape;
	let world = World::new(shape, dice);
	let before = Wealth::now(shape.raters);
	let id = NextCampaign::<Runtime>::get();
	call(&SPONSOR, Call::create_campaign {
		gold_root: gold_root(&world.gold),
		gold_count: shape.gold,
		item_count: shape.items(),
		items_each: shape.items_each(),
		raters: shape.raters,
		price: PRICE,
		stake: STAKE,
		joining: 20,
		answering: 20,
		dataset: None,
	})?;
	for items in pool(shape.items()).chunks(MAX_ADDED as usize) {
		let items = NewItems::truncate_from(items.to_vec());
		call(&SPONSOR, Call::add_items {
			campaign: id,
			items,
		})?;
	}
	for rater in 0..shape.raters {
		call(&account(rater), Call::join { campaign: id })?;
	}
	System::set_block_number(1 + SEED_DELAY + 1);
	call(&TREASURY, Call::poke { campaign: id })?;

	let campaign = Campaigns::<Runtime>::get(id).ok_or(Fault("there is no campaign".into()))?;
	let seed = campaign.seed.ok_or(Fault("nothing was drawn".into()))?;
	let hands = (0..shape.raters)
		.filter_map(|place| Places::<Runtime>::get(id, place)?.state.items().copied())
		.collect::<Vec<_>>();
	must(hands.len() == shape.raters as usize, "somebody got nothing")?;
	let answers = answers(population, &world, dice, seed, &hands);
	let packed: Vec<_> = answers
		.of
		.iter()
		.filter_map(|answers| {
			let choices: Vec<_> = answers.iter().map(|(_, choice)| *choice).collect();
			pack(&choices)
		})
		.collect();
	let salt = dice.bytes(Of::Salt, u64::MAX);
	for (rater, answers) in (0..).map(account).zip(&packed) {
		let commitment = commitment(campaign.campaign_hash, &rater, answers, salt);
		call(&rater, Call::commit {
			campaign: id,
			commitment,
		})?;
	}
	for (rater, answers) in (0..).map(account).zip(packed) {
		call(&rater, Call::reveal {
			campaign: id,
			answers,
			salt,
		})?;
	}
	System::reset_events();
	for openings in gold_openings(&world.gold).chunks(MAX_OPENED as usize) {
		let openings = Openings::truncate_from(openings.to_vec());
		call(&SPONSOR, Call::open_gold {
			campaign: id,
			openings,
		})?;
	}
	// Each rater is weighed and paid, a few at a time.
	for _ in 0..=2 * MAX_RATERS {
		if matches!(phase(id)?, Phase::Settled { .. }) {
			break;
		}
		call(&TREASURY, Call::settle {
			campaign: id,
			limit: SETTLED_AT_ONCE,
		})?;
	}
	let outcome = outcome(id, shape.items(), shape.raters)?;
	check_money(
		id,
		&before,
		campaign.budget,
		campaign.full_pay(),
		&outcome.earned,
	)?;
	Feedback::check_invariants().map_err(|error| Fault(format!("{error:?}")))?;
	Ok(Played {
		world,
		answers,
		outcome,
	})
}

/// Items that a pallet accepts. It never looks at what they are of.
fn pool(count: u32) -> &'static [NewItem] {
	static POOL: OnceLock<Vec<NewItem>> = OnceLock::new();
	let item = |item: u32| {
		let of = |name: &str| {
			let id = ContentId::of_raw_block(format!("{name} {item}").as_bytes());
			id.to_text().into_bytes().try_into().unwrap_or_default()
		};
		NewItem {
			prompt: of("prompt"),
			a: of("a"),
			b: of("b"),
		}
	};
	&POOL.get_or_init(|| (0..MAX_ITEMS).map(item).collect())[..count as usize]
}

/// What the pallet wrote down.
fn outcome(id: CampaignId, items: u32, raters: u32) -> Result<Outcome, Fault> {
	let Phase::Settled { basis, .. } = phase(id)? else {
		return Err(Fault("the campaign does not come to its end".into()));
	};
	let counting = match basis {
		Basis::Scored { gold } => Some(gold),
		Basis::Equal | Basis::Nobody => None,
	};
	let earned = (0..raters)
		.map(|place| match Places::<Runtime>::get(id, place)?.state {
			PlaceState::Paid { reason, .. } => Some(match reason {
				Reason::Scored(score) => score.earned,
				Reason::Equal => PARTS,
			}),
			_ => None,
		})
		.collect::<Option<Vec<_>>>();
	let labels: Vec<Option<Choice>> = Labels::<Runtime>::get(id)
		.into_iter()
		.map(|label| match label {
			Label::Preferred { choice, .. } => Some(choice),
			Label::Undecided | Label::Gold { .. } => None,
		})
		.collect();
	must(labels.len() == items as usize, "an item has no label")?;
	Ok(Outcome {
		earned: earned.ok_or(Fault("a rater is not paid".into()))?,
		counting,
		labels,
	})
}

/// Whether what was paid, burned and returned is the budget, and everybody has what they should.
fn check_money(
	id: CampaignId,
	before: &Wealth,
	budget: u128,
	full: u128,
	earned: &[u32],
) -> Result<(), Fault> {
	let after = Wealth::now(earned.len() as u32);
	let (mut amounts, mut fees, mut fees_burned) = (vec![0; earned.len()], 0, 0);
	let mut settled = None;
	for event in System::read_events_for_pallet::<Event<Runtime>>() {
		match event {
			Event::RaterPaid {
				rater, amount, fee, ..
			} => {
				let place = (0..).map(account).take(earned.len());
				let place = place.into_iter().position(|known| known == rater);
				let place = place.ok_or(Fault("somebody else was paid".into()))?;
				amounts[place] += amount;
				fees += fee;
				fees_burned += fee / 2;
			}
			Event::CampaignSettled {
				paid,
				fees,
				returned,
				burned,
				..
			} => settled = Some((paid, fees, returned, burned)),
			_ => {}
		}
	}
	let (paid, fees_named, returned, burned) =
		settled.ok_or(Fault("nothing says that it is settled".into()))?;
	must(paid + fees <= budget, "more was paid than there is")?;
	must(
		paid + fees + returned + burned == budget,
		"parts do not add up to the budget",
	)?;
	must(
		amounts.iter().sum::<u128>() == paid && fees == fees_named,
		"payments do not add up",
	)?;
	for (place, amount) in amounts.iter().enumerate() {
		must(*amount <= full, "a rater got more than full pay")?;
		must(
			*amount == part_of(full, earned[place]),
			"a rater did not get what it earned",
		)?;
		must(
			after.raters[place] == before.raters[place] + amount,
			"a rater does not have what it got",
		)?;
		must(
			Balances::balance_on_hold(&HoldReason::Stake.into(), &account(place as u32)) == 0,
			"a stake is still held",
		)?;
	}
	must(
		before.sponsor == after.sponsor + paid + fees + burned,
		"the sponsor paid something else",
	)?;
	must(
		after.treasury == before.treasury + fees - fees_burned,
		"the treasury got something else",
	)?;
	must(
		before.issuance == after.issuance + burned + fees_burned,
		"something else was burned",
	)?;
	must(
		Balances::balance_on_hold(&HoldReason::Budget.into(), &SPONSOR) == 0,
		"a budget is still held",
	)?;
	let shares: u64 = Shares::<Runtime>::get(id)
		.into_iter()
		.map(u64::from)
		.sum();
	let whole = if paid > 0 { u64::from(PARTS) } else { 0 };
	must(shares == whole, "shares do not add up")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		score::score,
		strategy::{Behaviour, Strategy},
		world::{Balance, Shape},
	};

	fn shape(part: Option<u32>, raters: u32) -> Shape {
		Shape {
			gold: 20,
			tasks: 40,
			part,
			raters,
			balance: Balance::Even,
		}
	}

	#[test]
	fn chain_comes_to_what_the_functions_come_to() {
		let strategies = [
			Strategy::simple("", Behaviour::Hash),
			Strategy::simple("", Behaviour::Left),
			Strategy::simple("", Behaviour::Inverted),
			Strategy {
				eyes: 0,
				..Strategy::simple("", Behaviour::Copied)
			},
		];
		for (number, strategy) in (0..).zip(strategies) {
			for (part, raters) in [(None, 12), (Some(45), 60)] {
				for members in [3, 9] {
					let shape = shape(part, raters);
					let population = Population::with(shape, 0.8, strategy.clone(), members);
					let played = play(&population, &Dice::new(number, raters.into())).unwrap();
					let again = score(&played.world, &played.answers);
					assert_eq!(played.outcome, again, "{strategy} {raters} {members}");
				}
			}
		}
	}

	#[test]
	fn chain_gives_the_same_when_played_again() {
		let population = Population::honest(shape(None, 12), 0.8);
		let play = |run| play(&population, &Dice::new(7, run)).unwrap().outcome;
		assert_eq!(play(1), play(1));
		assert_ne!(play(1), play(2));
	}

	#[test]
	fn play_tells_of_a_refused_call() {
		let population = Population::honest(shape(None, 4), 0.8);
		let fault = play(&population, &Dice::new(7, 1)).err().unwrap();
		assert!(fault.to_string().contains("create_campaign"), "{fault}");
	}

	#[test]
	fn play_tells_when_money_is_not_where_it_should_be() {
		sp_io::TestExternalities::new(genesis()).execute_with(|| {
			System::set_block_number(1);
			let before = Wealth::now(2);
			let nothing = check_money(1, &before, 0, 0, &[0, 0]);
			assert!(nothing.unwrap_err().to_string().contains("settled"));
		});
	}
}
