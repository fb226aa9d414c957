//! One campaign on the chain as it is deployed, from its creation to the last payment.
//!
//! The calls go through the runtime's dispatch and its hook works off what is due, block by block.
//! Only the randomness of blocks is put there, since no validator makes any. Every campaign begins
//! with the same chain, so none has a history.

use frame_support::{
	genesis_builder_helper::build_state,
	storage::with_transaction,
	traits::{
		fungible::{Inspect, Mutate},
		Hooks,
	},
};
use pallet_feedback::{
	Basis, Call, CampaignOf, Campaigns, Event, GoldStanding, Label, Labels, NewItem, NewItems,
	NextCampaign, OpenedGold, Openings, Phase, PlaceState, Places, MAX_ADDED, MAX_OPENED,
};
use pallet_inference::{BlockRandomness, Randomness, RANDOMNESS_KEPT};
use serde_json::Value;
use sp_core::H256;
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, TransactionOutcome};
use weighhouse_primitives::{
	feedback::{commitment, gold_openings, gold_root, pack, CampaignId, Choice, GoldItem, Shown},
	ContentId,
};
use weighhouse_runtime::{
	configs::market::Treasury,
	constants::{
		currency::{MILLI_WGH, WGH},
		time::HOURS,
	},
	genesis_config_presets::{self, DEVELOPMENT},
	AccountId, Balance, Balances, BlockNumber, Feedback, Runtime, RuntimeCall,
	RuntimeGenesisConfig, RuntimeOrigin, System,
};

use crate::{
	dice::Dice,
	failure::Failure,
	population::Population,
	strategy,
	world::{Size, World},
};

/// What a rater without mistakes gets for an item.
const PRICE: Balance = 10 * MILLI_WGH;
/// What a rater puts at stake.
const STAKE: Balance = WGH;
/// What the sponsor and each rater own at first.
const ENDOWMENT: Balance = 100_000 * WGH;
/// More blocks than any phase lasts in which nobody dawdles.
const PATIENCE: u32 = 100;

/// What the dice of a campaign decide.
const BLOCK: u64 = 20;
const GOLD: u64 = 21;
const SALT: u64 = 22;

/// What came of a campaign.
pub struct Outcome {
	/// What each rater got, as a part of full pay.
	pub pay: Vec<f64>,
	/// What each would get if it were paid for the part of its items in which it agrees with most.
	pub majority_pay: Vec<f64>,
	/// The part of the tasks whose label is the better answer; one that is undecided counts half.
	pub labels: f64,
	/// The same for what most raters prefer, each with the same weight.
	pub majority_labels: f64,
	/// How much gold was void.
	pub void: u32,
	/// Whether so much was void that all got full pay.
	pub equal: bool,
}

/// A chain in memory that begins as a development chain does.
pub struct Chain(TestExternalities);

impl Chain {
	/// Builds it.
	pub fn new() -> Result<Self, Failure> {
		let config = genesis()?.to_string().into_bytes();
		let mut state = TestExternalities::default();
		state.execute_with(|| -> Result<(), Failure> {
			build_state::<RuntimeGenesisConfig>(config)?;
			System::set_block_number(1);
			Balances::mint_into(&sponsor(), ENDOWMENT)?;
			Ok(())
		})?;
		Ok(Self(state))
	}

	/// Runs a campaign, checks its sums, and forgets it.
	pub fn run(
		&mut self,
		population: &Population,
		size: &Size,
		dice: Dice,
	) -> Result<Outcome, Failure> {
		self.0.execute_with(|| {
			with_transaction(|| TransactionOutcome::Rollback(play(population, size, dice)))
		})
	}
}

/// The genesis of the development preset: the defaults with its patch on top.
fn genesis() -> Result<Value, Failure> {
	let wrong = |error: serde_json::Error| Failure(format!("no genesis: {error}"));
	let patch = genesis_config_presets::get_preset(&DEVELOPMENT.into())
		.ok_or("the runtime has no development preset")?;
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).map_err(wrong)?;
	merge(&mut config, serde_json::from_slice(&patch).map_err(wrong)?);
	Ok(config)
}

fn merge(into: &mut Value, patch: Value) {
	match (into, patch) {
		(Value::Object(into), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(Value::Null), value);
			}
		}
		(into, patch) => *into = patch,
	}
}

fn sponsor() -> AccountId {
	AccountId::from([1u8; 32])
}

fn rater(number: u32) -> AccountId {
	let mut bytes = [2; 32];
	bytes[..4].copy_from_slice(&number.to_le_bytes());
	AccountId::from(bytes)
}

fn play(population: &Population, size: &Size, dice: Dice) -> Result<Outcome, Failure> {
	let world = World::make(size, dice);
	let seats = population.seats();
	let raters: Vec<_> = (0..population.raters()).map(rater).collect();
	for who in &raters {
		Balances::mint_into(who, ENDOWMENT)?;
	}
	let before = Money::of(&raters);

	let gold = gold_of(&world, dice);
	let id = create(&world, size, &gold, population.raters())?;
	for who in &raters {
		call(who, Call::join { campaign: id })?;
	}
	wait(id, dice, |phase| matches!(phase, Phase::Committing { .. }))?;
	let drawn = campaign(id)?;

	let shown = raters
		.iter()
		.map(|who| shown_to(id, who))
		.collect::<Result<Vec<_>, _>>()?;
	let answers = strategy::answers(&world, &seats, &shown, dice);
	let reveals = raters
		.iter()
		.zip((0..).zip(&answers))
		.map(|(who, (number, answers))| -> Result<_, Failure> {
			let choices: Vec<_> = answers.iter().map(|(_, choice)| *choice).collect();
			let bits = pack(&choices).ok_or("more answers than a pool has items")?;
			Ok((who, bits, H256(dice.of(SALT).of(number).bytes())))
		})
		.collect::<Result<Vec<_>, _>>()?;
	for (who, bits, salt) in &reveals {
		let commitment = commitment(drawn.campaign_hash, *who, bits, *salt);
		let commit = Call::commit {
			campaign: id,
			commitment,
		};
		call(who, commit)?;
	}
	for (who, answers, salt) in reveals {
		let reveal = Call::reveal {
			campaign: id,
			answers,
			salt,
		};
		call(who, reveal)?;
	}
	for some in gold_openings(&gold).chunks(MAX_OPENED as usize) {
		let open = Call::open_gold {
			campaign: id,
			openings: Openings::truncate_from(some.to_vec()),
		};
		call(&sponsor(), open)?;
	}
	wait(id, dice, |phase| matches!(phase, Phase::Settled { .. }))?;

	let paid = paid(id, population.raters())?;
	let basis = check_sums(id, &drawn, &paid, &before, &Money::of(&raters))?;
	let full = drawn.full_pay() as f64;
	let majority = majority(&world, &answers);
	let void = OpenedGold::<Runtime>::get(id)
		.iter()
		.filter(|gold| gold.standing == GoldStanding::Void)
		.count();
	Ok(Outcome {
		pay: paid.iter().map(|amount| *amount as f64 / full).collect(),
		majority_pay: answers
			.iter()
			.map(|answers| agreement(answers, &majority))
			.collect(),
		labels: right(&world, &labels(id)),
		majority_labels: right(&world, &majority),
		void: void as u32,
		equal: basis == Basis::Equal,
	})
}

/// Sends a call as an account does, without the fee.
fn call(who: &AccountId, call: Call<Runtime>) -> Result<(), Failure> {
	RuntimeCall::Feedback(call)
		.dispatch(RuntimeOrigin::signed(who.clone()))
		.map(|_| ())
		.map_err(|refused| refused.error.into())
}

fn campaign(id: CampaignId) -> Result<CampaignOf<Runtime>, Failure> {
	Campaigns::<Runtime>::get(id).ok_or_else(|| "the campaign is gone".into())
}

/// Makes blocks until the campaign is in some phase.
fn wait(
	id: CampaignId,
	dice: Dice,
	reached: impl Fn(&Phase<BlockNumber>) -> bool,
) -> Result<(), Failure> {
	for _ in 0..PATIENCE {
		if reached(&campaign(id)?.phase) {
			return Ok(());
		}
		next_block(dice);
	}
	Err(Failure(format!(
		"the campaign hangs: {:?}",
		campaign(id)?.phase
	)))
}

fn next_block(dice: Dice) {
	let last = System::block_number();
	let now = last + 1;
	System::reset_events();
	System::set_block_number(now);
	// What the VRF of its author would leave of the last block.
	let randomness = BlockRandomness {
		block: last,
		output: Some(dice.of(BLOCK).of(last.into()).bytes()),
	};
	Randomness::<Runtime>::insert(last % RANDOMNESS_KEPT, randomness);
	Feedback::on_initialize(now);
}

fn gold_of(world: &World, dice: Dice) -> Vec<GoldItem> {
	(0..)
		.zip(&world.items)
		.filter(|(_, item)| item.gold)
		.map(|(position, item)| GoldItem {
			item: position,
			label: item.truth,
			salt: H256(dice.of(GOLD).of(position.into()).bytes()),
		})
		.collect()
}

/// Creates a campaign and fills its pool.
fn create(
	world: &World,
	size: &Size,
	gold: &[GoldItem],
	raters: u32,
) -> Result<CampaignId, Failure> {
	let id = NextCampaign::<Runtime>::get();
	let create = Call::create_campaign {
		gold_root: gold_root(gold),
		gold_count: size.gold,
		item_count: size.items(),
		items_each: size.each,
		raters,
		price: PRICE,
		stake: STAKE,
		joining: HOURS,
		answering: HOURS,
		dataset: None,
		min_score: 0,
	};
	call(&sponsor(), create)?;
	for items in world.items.chunks(MAX_ADDED as usize) {
		let text = |content: &ContentId| content.to_text().into_bytes();
		let new = items.iter().map(|item| {
			let [prompt, a, b] = &item.contents;
			Some(NewItem {
				prompt: text(prompt).try_into().ok()?,
				a: text(a).try_into().ok()?,
				b: text(b).try_into().ok()?,
			})
		});
		let new = new
			.collect::<Option<Vec<_>>>()
			.ok_or("a content id is too long")?;
		let add = Call::add_items {
			campaign: id,
			items: NewItems::truncate_from(new),
		};
		call(&sponsor(), add)?;
	}
	Ok(id)
}

/// What a rater is shown, in the order of the pool.
fn shown_to(id: CampaignId, who: &AccountId) -> Result<Vec<Shown>, Failure> {
	let view = Feedback::rater(id, who.clone()).ok_or("a rater has no place")?;
	let mut shown = view.shown;
	shown.sort_by_key(|shown| shown.item);
	Ok(shown)
}

/// What each rater got, by its place.
fn paid(id: CampaignId, raters: u32) -> Result<Vec<Balance>, Failure> {
	(0..raters)
		.map(
			|place| match Places::<Runtime>::get(id, place).map(|place| place.state) {
				Some(PlaceState::Paid { amount, .. }) => Ok(amount),
				state => Err(Failure(format!("a rater is not paid: {state:?}"))),
			},
		)
		.collect()
}

/// What accounts own, whatever is held of it.
struct Money {
	sponsor: Balance,
	raters: Vec<Balance>,
	treasury: Balance,
	issuance: Balance,
}

impl Money {
	fn of(raters: &[AccountId]) -> Self {
		Self {
			sponsor: Balances::total_balance(&sponsor()),
			raters: raters.iter().map(Balances::total_balance).collect(),
			treasury: Balances::total_balance(&Treasury::get()),
			issuance: <Balances as Inspect<AccountId>>::total_issuance(),
		}
	}
}

/// Checks what the campaign says of its money against the accounts, and says what raters were paid
/// by.
fn check_sums(
	id: CampaignId,
	drawn: &CampaignOf<Runtime>,
	amounts: &[Balance],
	before: &Money,
	after: &Money,
) -> Result<Basis, Failure> {
	let settled = System::read_events_for_pallet::<Event<Runtime>>()
		.into_iter()
		.find_map(|event| match event {
			Event::CampaignSettled {
				campaign,
				basis,
				paid,
				fees,
				returned,
				burned,
			} if campaign == id => Some((basis, paid, fees, returned, burned)),
			_ => None,
		});
	let (basis, paid, fees, returned, burned) = settled.ok_or("nothing says what was settled")?;
	let full = drawn.full_pay();
	let budget = drawn.place_budget() * Balance::from(drawn.joined);
	let gains = after.raters.iter().zip(&before.raters);
	let gains: Vec<_> = gains
		.map(|(after, before)| after.checked_sub(*before))
		.collect();
	let gained: Vec<_> = amounts.iter().copied().map(Some).collect();
	let checks = [
		(
			"the budget is not full pay and fee of all places",
			drawn.budget == budget,
		),
		(
			"paid, fees, returned and burned are not the budget",
			paid + fees + returned + burned == budget,
		),
		(
			"the amounts are not what was paid",
			amounts.iter().sum::<Balance>() == paid,
		),
		(
			"a rater got more than full pay",
			amounts.iter().all(|amount| *amount <= full),
		),
		("raters own something else than they got", gains == gained),
		(
			"the sponsor lost something else than what did not come back",
			before.sponsor.checked_sub(after.sponsor) == Some(budget - returned),
		),
		(
			"fees and what was burned went elsewhere",
			(after.treasury + before.issuance).checked_sub(before.treasury + after.issuance)
				== Some(fees + burned),
		),
	];
	match checks.iter().find(|(_, holds)| !holds) {
		Some((what, _)) => Err(Failure(format!("the sums are wrong: {what}"))),
		None => Ok(basis),
	}
}

/// What the chain says of each item.
fn labels(id: CampaignId) -> Vec<Option<Choice>> {
	Labels::<Runtime>::get(id)
		.iter()
		.map(|label| match label {
			Label::Undecided => None,
			Label::Preferred { choice, .. } => Some(*choice),
			Label::Gold { label, .. } => Some(*label),
		})
		.collect()
}

/// What most raters prefer, of each item.
fn majority(world: &World, answers: &[Vec<(u32, Choice)>]) -> Vec<Option<Choice>> {
	let mut balance = vec![0i32; world.items.len()];
	for (item, choice) in answers.iter().flatten() {
		balance[*item as usize] += match choice {
			Choice::A => 1,
			Choice::B => -1,
		};
	}
	balance
		.into_iter()
		.map(|balance| match balance.signum() {
			1 => Some(Choice::A),
			-1 => Some(Choice::B),
			_ => None,
		})
		.collect()
}

/// The part of a rater's items in which it agrees with most.
fn agreement(answers: &[(u32, Choice)], majority: &[Option<Choice>]) -> f64 {
	let agrees = |(item, choice): &&(u32, Choice)| majority[*item as usize] == Some(*choice);
	answers.iter().filter(agrees).count() as f64 / answers.len().max(1) as f64
}

/// The part of the tasks of which the label is the better answer.
fn right(world: &World, labels: &[Option<Choice>]) -> f64 {
	let tasks = world
		.items
		.iter()
		.zip(labels)
		.filter(|(item, _)| !item.gold);
	let right: Vec<_> = tasks
		.map(|(item, label)| match label {
			Some(choice) if *choice == item.truth => 1.0,
			Some(_) => 0.0,
			None => 0.5,
		})
		.collect();
	crate::statistics::mean(&right)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::strategy::Strategy;

	const SIZE: Size = Size {
		gold: 20,
		tasks: 20,
		each: 40,
		longer_is_better: 0.5,
	};

	#[test]
	fn raters_without_mistakes_get_all_and_label_all() {
		let mut chain = Chain::new().unwrap();
		let population = Population::honest(1.0, 5);
		let outcome = chain.run(&population, &SIZE, Dice::new(1)).unwrap();
		assert_eq!(outcome.pay, [1.0; 5]);
		assert_eq!(outcome.majority_pay, [1.0; 5]);
		assert_eq!((outcome.labels, outcome.majority_labels), (1.0, 1.0));
		assert_eq!((outcome.void, outcome.equal), (0, false));
	}

	#[test]
	fn wrong_majority_gets_nothing_where_agreement_would_pay_it_all() {
		let mut chain = Chain::new().unwrap();
		let population = Population::mixed(1.0, Strategy::Inverted { accuracy: 1.0 }, 0.6, 10);
		let outcome = chain.run(&population, &SIZE, Dice::new(1)).unwrap();
		// Nor do the others: they move against most answers.
		assert_eq!(outcome.pay, [0.0; 10]);
		assert_eq!(outcome.majority_pay[..4], [0.0; 4]);
		assert_eq!(outcome.majority_pay[4..], [1.0; 6]);
		assert_eq!((outcome.labels, outcome.majority_labels), (1.0, 0.0));
	}

	#[test]
	fn campaign_leaves_nothing_behind() {
		let mut chain = Chain::new().unwrap();
		let population = Population::mixed(0.8, Strategy::Random, 0.4, 10);
		let mut pay = || chain.run(&population, &SIZE, Dice::new(1)).unwrap().pay;
		assert_eq!(pay(), pay());
	}

	#[test]
	fn even_parts_of_a_larger_pool_are_answered_as_well() {
		let mut chain = Chain::new().unwrap();
		let size = Size { tasks: 40, ..SIZE };
		let outcome = chain.run(&Population::honest(0.9, 10), &size, Dice::new(1));
		assert!(outcome
			.unwrap()
			.pay
			.iter()
			.all(|pay| (0.0..=1.0).contains(pay)));
	}

	#[test]
	fn what_the_chain_refuses_ends_the_run() {
		let mut chain = Chain::new().unwrap();
		let size = Size { gold: 4, ..SIZE };
		let refused = chain.run(&Population::honest(0.9, 10), &size, Dice::new(1));
		assert!(refused.is_err_and(|Failure(why)| why.contains("WrongGoldCount")));
	}

	#[test]
	fn agreement_is_with_what_most_prefer_and_a_tie_is_nobodys() {
		let world = World::make(&SIZE, Dice::new(1));
		let say = |first, second| vec![(0, first), (1, second)];
		let (a, b) = (Choice::A, Choice::B);
		let answers = [say(a, a), say(a, b)];
		let majority = majority(&world, &answers);
		assert_eq!(majority[..3], [Some(a), None, None]);
		assert_eq!(agreement(&answers[0], &majority), 0.5);
		assert_eq!(agreement(&[(0, b)], &majority), 0.0);
	}
}
