//! `weighhouse campaign create`

use std::{
	collections::HashMap,
	path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;
use weighhouse_client::{
	amount::{Amount, Percent, Score},
	calls,
	feedback::{Created, NewItem, Terms},
	ipfs::Ipfs,
	keys::{account_of, AccountId32, Keypair},
	ChainError, Client, Included, View, H256,
};
use weighhouse_primitives::{
	feedback::{
		fee_on, panel, Choice, GoldItem, MAX_GOLD, MAX_RATERS, MAX_TASKS, MIN_GOLD, MIN_ITEMS_EACH,
		MIN_PANEL, MIN_RATERS, MIN_TASKS,
	},
	ListingId, ReceiptId,
};

use super::{
	answers,
	balance::imbalances,
	gold::Secret,
	input::{self, Line, Pool},
	refusal,
};
use crate::{
	commands::work::amount,
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
	secrets::{coin, random, shuffle},
};

/// The most items that one call adds.
const BATCH: usize = 50;
/// Why the deposit of a campaign is held.
const DEPOSIT: &str = "Feedback::Campaign";

/// Create a campaign from prompts with two answers each
///
/// Each line is {"prompt": ..., "a": ..., "b": ...}, or, in all lines alike, {"receipts": [N, M]} of two
/// different final answers of one listing to the same input. The 20 to 40 lines of gold also say which
/// answer is "better": "a" or "b". "model_a" and "model_b" may name what gave the answers; they are
/// checked and not published. The lines are shuffled and their answers put on sides at random, what they
/// ask goes to IPFS as raw blocks, and which of them are gold is kept in a file that only you can read:
/// without it the gold cannot be opened, and all raters get full pay.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Alice campaign create pairs.jsonl --price 0.01 --raters 5
  weighhouse --suri //Alice campaign create pairs --price 0.01 --keep secret --yes
  weighhouse --suri //Alice campaign create receipts.jsonl --price 0.01
  weighhouse --suri //Alice campaign create pairs --price 0.01 --raters 10 --items-each 40
  weighhouse --suri //Alice campaign create pairs --price 0.01 --min-score 0.2")]
pub struct Opts {
	/// File of lines, or a folder with .jsonl files
	#[arg(value_name = "DIR|FILE.jsonl")]
	items: PathBuf,
	/// What a rater without mistakes gets for each of its items, in WGH
	#[arg(long, value_name = "WGH", value_parser = amount)]
	price: Amount,
	/// How many places there are, 5 to 100
	#[arg(long, value_name = "COUNT", default_value_t = MIN_RATERS)]
	raters: u32,
	/// What a rater loses who does not answer, in WGH
	#[arg(long, value_name = "WGH", default_value = "1", value_parser = amount)]
	stake: Amount,
	/// The least score as a rater that lets somebody join, from 0 to 1; 0 lets anybody, and who never
	/// rated has about 0.025
	#[arg(long, value_name = "SCORE", default_value = "0")]
	min_score: Score,
	/// How many items each rater answers, 40 or more [default: all]
	#[arg(long, value_name = "COUNT")]
	items_each: Option<u32>,
	/// How many blocks there are to join: a day
	#[arg(long, value_name = "BLOCKS", default_value_t = 43_200)]
	joining: u32,
	/// How many blocks there are to answer: a day
	#[arg(long, value_name = "BLOCKS", default_value_t = 43_200)]
	answering: u32,
	/// Promise to sell the answers under this listing of yours, for the raters
	#[arg(long, value_name = "LISTING")]
	dataset: Option<ListingId>,
	/// Folder for the file that says which items are gold [default: ./campaign-N]
	#[arg(long, value_name = "FOLDER")]
	keep: Option<PathBuf>,
	/// Take gold that is not balanced
	#[arg(long)]
	force: bool,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let pool = input::read(&opts.items)?;
	let sizes = Sizes::of(&pool.labels(), &opts)?;
	// Texts are judged before anybody is asked for anything.
	let judged = match &pool {
		Pool::Texts(lines) => Some(judge(lines, &opts, context)?),
		Pool::Answers(_) => None,
	};
	if let Some(keep) = opts.keep.as_deref().filter(|keep| Secret::is_in(keep)) {
		return Err(Failure::BadInput(format!(
			"{} holds the gold of another campaign: choose another folder with --keep",
			keep.display()
		)));
	}
	let key = context.key()?;
	let sponsor = account_of(&key);
	let client = context.client().await?;
	let view = client.best().await?;
	let costs = Costs::of(&opts, &sizes, &view).await?;
	check(&view, &opts, &sponsor, &costs, sizes.tips(context.tip())).await?;
	let ipfs = context.ipfs()?;
	ipfs.id().await?;
	let mut lines = match pool {
		Pool::Texts(lines) => lines,
		Pool::Answers(pairs) => answers::read(&client, &view, &ipfs, &pairs, context).await?,
	};
	let unbalanced = match judged {
		Some(unbalanced) => unbalanced,
		None => judge(&lines, &opts, context)?,
	};
	context.tell(&costs.text(&opts, &sizes));
	if !opts.yes {
		context.confirm(&format!(
			"Create it and have {} held?",
			wgh(costs.budget.saturating_add(costs.deposit))
		))?;
	}

	mix(&mut lines)?;
	let secret = Secret::new(client.genesis_hash(), gold(&lines)?);
	let items = upload(&ipfs, &lines, context).await?;
	// The secret is on disk before any money is held for it.
	let mut folder = opts.keep.clone().unwrap_or_else(|| {
		PathBuf::from(format!(
			"campaign-{}",
			hex::encode(&secret.gold_root.as_bytes()[..4])
		))
	});
	secret.write(&folder)?;
	let held = deposit_of(&view, &sponsor).await?;
	let call = calls::create_campaign(&opts.terms(&sizes, secret.gold_root));
	let included = context
		.submit(&client, &call, &key, "Creating the campaign")
		.await?;
	let created = calls::campaign_created(&included)?;
	let Created { campaign, .. } = created;
	let known = Secret {
		campaign: Some(campaign),
		..secret
	};
	let filled = async {
		known.write(&folder)?;
		if opts.keep.is_none() {
			folder = settle_folder(folder.clone(), campaign)?;
		}
		fill(&client, &key, campaign, &items, context).await
	}
	.await;
	let last = filled.map_err(|source| Failure::Incomplete {
		campaign,
		source: Box::new(source),
	})?;
	let deposit = deposit_of(&client.best().await?, &sponsor)
		.await?
		.saturating_sub(held);
	let shown = folder.display();
	Ok(Report {
		json: json!({
			"campaign": campaign,
			"campaignHash": crate::output::hex(&created.campaign_hash),
			"sponsor": sponsor.to_string(),
			"goldRoot": crate::output::hex(&known.gold_root),
			"gold": sizes.gold,
			"items": sizes.items,
			"itemsEach": sizes.each,
			"places": opts.raters,
			"fullPay": costs.full.to_string(),
			"feeParts": costs.fee_parts,
			"budget": created.budget.to_string(),
			"deposit": deposit.to_string(),
			"unbalanced": unbalanced,
			"keep": shown.to_string(),
			"tx": transaction(&included),
			"lastTx": transaction(&last),
		}),
		text: format!(
			"Campaign {campaign}: {} items, {} of them gold, {}. {} are held for raters and fee, {} as \
			 deposit.\nWhich items are gold is in {shown}: keep it, and keep it to yourself.\nRaters: \
			 weighhouse rater join {campaign}\nNext: weighhouse campaign open-gold {campaign} --watch",
			sizes.items,
			sizes.gold,
			settled(&last),
			wgh(created.budget),
			wgh(deposit),
		),
	})
}

/// Refuses gold that is not balanced, or says with `--force` what is wrong with it.
fn judge(lines: &[Line], opts: &Opts, context: &Context) -> Result<Vec<String>, Failure> {
	let gold: Vec<&Line> = lines.iter().filter(|line| line.better.is_some()).collect();
	let unbalanced = imbalances(&gold);
	if !unbalanced.is_empty() {
		let said = unbalanced.join("; ");
		if !opts.force {
			return Err(Failure::Unbalanced(said));
		}
		context.tell(&format!("Warning: the gold is not balanced: {said}"));
	}
	Ok(unbalanced)
}

/// How many of what there are.
struct Sizes {
	items: u32,
	gold: u32,
	each: u32,
}

impl Sizes {
	/// Refuses what the chain would refuse.
	fn of(labels: &[Option<Choice>], opts: &Opts) -> Result<Self, Failure> {
		let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
		let items = count(labels.len());
		let gold = count(labels.iter().flatten().count());
		let tasks = items.saturating_sub(gold);
		let each = opts.items_each.unwrap_or(items);
		let refuse = |reason: String| Err(Failure::BadInput(reason));
		if !(MIN_GOLD..=MAX_GOLD).contains(&gold) {
			return refuse(format!(
				"{gold} of the {items} lines say which answer is \"better\": gold must be {MIN_GOLD} to \
				 {MAX_GOLD} lines"
			));
		}
		if !(MIN_TASKS..=MAX_TASKS).contains(&tasks) {
			return refuse(format!(
				"{tasks} lines do not say which answer is \"better\": there must be {MIN_TASKS} to \
				 {MAX_TASKS} of these"
			));
		}
		if !(MIN_ITEMS_EACH..=items).contains(&each) {
			return refuse(format!(
				"--items-each must be {MIN_ITEMS_EACH} to {items}, of which there are so many"
			));
		}
		if !(MIN_RATERS..=MAX_RATERS).contains(&opts.raters) {
			return refuse(format!("--raters must be {MIN_RATERS} to {MAX_RATERS}"));
		}
		let answered = panel(opts.raters, items, each);
		if answered < MIN_PANEL {
			return refuse(format!(
				"each item would be answered by {answered} raters, and {MIN_PANEL} are needed: take more \
				 --raters, or more --items-each"
			));
		}
		Ok(Self { items, gold, each })
	}

	/// What is given if each transaction has this tip: the one that creates the campaign, and those that
	/// add its items.
	fn tips(&self, tip: u128) -> u128 {
		let batches = (0..self.items).step_by(BATCH);
		batches.fold(tip, |sum, _| sum.saturating_add(tip))
	}
}

/// What a campaign costs at most.
struct Costs {
	/// Full pay of one place.
	full: u128,
	/// The protocol's part of what is paid, in parts of 10^9.
	fee_parts: u32,
	/// The fee on full pay.
	fee: u128,
	/// What is held for all places.
	budget: u128,
	/// What is held for the records.
	deposit: u128,
}

impl Costs {
	async fn of(opts: &Opts, sizes: &Sizes, view: &View) -> Result<Self, Failure> {
		let fee_parts = view.protocol_fee().await?;
		let deposit = view.campaign_deposit(&opts.terms(sizes, H256::zero()))?;
		Self::count(opts, sizes, fee_parts, deposit)
	}

	fn count(opts: &Opts, sizes: &Sizes, fee_parts: u32, deposit: u128) -> Result<Self, Failure> {
		let count = || {
			let full = opts.price.0.checked_mul(sizes.each.into())?;
			let fee = fee_on(full, fee_parts)?;
			let budget = full.checked_add(fee)?.checked_mul(opts.raters.into())?;
			budget.checked_add(deposit)?;
			Some(Self {
				full,
				fee_parts,
				fee,
				budget,
				deposit,
			})
		};
		count().ok_or_else(|| Failure::BadInput("the price is larger than can be counted".into()))
	}

	fn text(&self, opts: &Opts, sizes: &Sizes) -> String {
		format!(
			"{} items, {} of them gold; {} raters answer {} each.\nA rater without mistakes gets {} ({} \
			 for each item), and stakes {}.\nHeld: {} for raters, {} of protocol fee ({} of both \
			 together), and {} of deposit, which come back when the campaign is removed.\nWho does not \
			 show answers costs nothing. Of what others do not earn, at most a fifth of each place comes \
			 back, and together no more than raters cost; the rest is burned.",
			sizes.items,
			sizes.gold,
			opts.raters,
			sizes.each,
			wgh(self.full),
			wgh(opts.price.0),
			wgh(opts.stake.0),
			wgh(self.full.saturating_mul(opts.raters.into())),
			wgh(self.fee.saturating_mul(opts.raters.into())),
			Percent(self.fee_parts),
			wgh(self.deposit),
		)
	}
}

impl Opts {
	fn terms(&self, sizes: &Sizes, gold_root: H256) -> Terms {
		Terms {
			gold_root,
			gold_count: sizes.gold,
			item_count: sizes.items,
			items_each: sizes.each,
			raters: self.raters,
			price: self.price.0,
			stake: self.stake.0,
			joining: self.joining,
			answering: self.answering,
			dataset: self.dataset,
			min_score: self.min_score.0,
		}
	}
}

/// Refuses what the chain would refuse, before anything leaves this machine.
async fn check(
	view: &View,
	opts: &Opts,
	sponsor: &AccountId32,
	costs: &Costs,
	tips: u128,
) -> Result<(), Failure> {
	let (shortest, longest) = view.campaign_windows()?;
	for (name, blocks) in [("--joining", opts.joining), ("--answering", opts.answering)] {
		if !(shortest..=longest).contains(&blocks) {
			return Err(Failure::BadInput(format!(
				"{name} must be {shortest} to {longest} blocks"
			)));
		}
	}
	if let Some(listing) = opts.dataset {
		let found = view.listing(listing).await?;
		let found = found.ok_or_else(|| Failure::NotFound(format!("listing {listing}")))?;
		if found.owner != *sponsor {
			return Err(refusal(view, "NotOwner"));
		}
	}
	let held = costs.budget.saturating_add(costs.deposit);
	if view.account(sponsor).await?.free < held.saturating_add(tips) {
		return Err(refusal(view, "BalanceTooLow"));
	}
	Ok(())
}

/// What is held of an account as deposits of its campaigns.
async fn deposit_of(view: &View, account: &AccountId32) -> Result<u128, ChainError> {
	let holds = view.account(account).await?.holds;
	let deposits = holds.iter().filter(|hold| hold.reason == DEPOSIT);
	Ok(deposits.fold(0, |sum, hold| sum.saturating_add(hold.amount)))
}

/// Brings lines into an order, and their answers on sides, that nobody can guess. The better answer of
/// the gold is as often the first as the second one; each task goes by a coin.
fn mix(lines: &mut [Line]) -> Result<(), Failure> {
	// Before as well as after, so that the sides of the gold follow neither from the order of the sponsor
	// nor from that of the pool.
	shuffle(lines)?;
	let mut next = if coin()? { Choice::A } else { Choice::B };
	for line in lines.iter_mut() {
		let turns = match line.better {
			Some(better) => {
				let side = next;
				next = side.other();
				better != side
			}
			None => coin()?,
		};
		if turns {
			line.turn();
		}
	}
	shuffle(lines)
}

/// The gold of a pool in this order, each with a salt of its own.
fn gold(lines: &[Line]) -> Result<Vec<GoldItem>, Failure> {
	let labelled = |(item, line): (u32, &Line)| line.better.map(|label: Choice| (item, label));
	(0..)
		.zip(lines)
		.filter_map(labelled)
		.map(|(item, label)| {
			Ok(GoldItem {
				item,
				label,
				salt: H256(random()?),
			})
		})
		.collect()
}

/// Items as the chain takes them.
enum Items {
	Texts(Vec<NewItem>),
	Answers(Vec<(ReceiptId, ReceiptId)>),
}

/// Puts all contents on IPFS, each once. Those of receipts may be nowhere else any more.
async fn upload(ipfs: &Ipfs, lines: &[Line], context: &Context) -> Result<Items, Failure> {
	let size = |block: &[u8]| u64::try_from(block.len()).unwrap_or(u64::MAX);
	let total = lines.iter().flat_map(Line::blocks);
	let total = total.fold(0u64, |sum, block| sum.saturating_add(size(block)));
	let bar = context.bar(total, "Adding prompts and answers");
	let mut known: HashMap<&[u8], String> = HashMap::new();
	let (mut texts, mut pairs) = (Vec::new(), Vec::<(ReceiptId, ReceiptId)>::new());
	for line in lines {
		let mut cids = Vec::new();
		for block in line.blocks() {
			let cid = match known.get(block) {
				Some(cid) => cid.clone(),
				None => {
					let put = ipfs.put_raw_block(block).await;
					let cid = match put {
						Ok(cid) => cid.to_text(),
						Err(error) => {
							bar.finish_and_clear();
							return Err(error.into());
						}
					};
					known.insert(block, cid.clone());
					cid
				}
			};
			bar.inc(size(block));
			cids.push(cid);
		}
		match (&line.answered, <[String; 3]>::try_from(cids)) {
			(Some(answered), _) => pairs.push(answered.receipts.into()),
			(None, Ok([prompt, a, b])) => texts.push(NewItem { prompt, a, b }),
			(None, Err(_)) => {}
		}
	}
	bar.finish_and_clear();
	Ok(if pairs.is_empty() {
		Items::Texts(texts)
	} else {
		Items::Answers(pairs)
	})
}

/// Gives the folder the name of the campaign, unless something else has it.
fn settle_folder(folder: PathBuf, campaign: u64) -> Result<PathBuf, Failure> {
	let named = PathBuf::from(format!("campaign-{campaign}"));
	if named.exists() {
		return Ok(folder);
	}
	rename(&folder, &named)?;
	Ok(named)
}

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
	std::fs::rename(from, to).map_err(|source| Failure::Write {
		path: to.to_owned(),
		source,
	})
}

/// Adds the items, and gives the transaction of the last ones.
async fn fill(
	client: &Client,
	key: &Keypair,
	campaign: u64,
	items: &Items,
	context: &Context,
) -> Result<Included, Failure> {
	let what = |number: usize, all: usize| {
		let first = number.saturating_mul(BATCH).saturating_add(1);
		let last = number.saturating_add(1).saturating_mul(BATCH).min(all);
		format!("Adding items {first} to {last} of {all}")
	};
	let mut included = None;
	match items {
		Items::Texts(items) => {
			for (number, batch) in items.chunks(BATCH).enumerate() {
				let (call, what) = (calls::add_items(campaign, batch), what(number, items.len()));
				included = Some(context.submit(client, &call, key, &what).await?);
			}
		}
		Items::Answers(pairs) => {
			for (number, batch) in pairs.chunks(BATCH).enumerate() {
				let (call, what) = (
					calls::add_answers(campaign, batch),
					what(number, pairs.len()),
				);
				included = Some(context.submit(client, &call, key, &what).await?);
			}
		}
	}
	included.ok_or_else(|| Failure::BadInput("there are no items".into()))
}

#[cfg(test)]
mod tests {
	use clap::Parser;

	use super::*;

	#[derive(Parser)]
	struct Only {
		#[command(flatten)]
		opts: Opts,
	}

	fn opts(more: &[&str]) -> Opts {
		let words = ["create", "items.jsonl", "--price", "0.01"];
		let words = words.iter().chain(more);
		Only::try_parse_from(words).unwrap().opts
	}

	fn lines(gold: usize, tasks: usize) -> Vec<Line> {
		(0..gold.saturating_add(tasks))
			.map(|index| Line {
				prompt: index.to_string(),
				a: "a".into(),
				b: "b".into(),
				better: (index < gold).then_some(Choice::A),
				model_a: None,
				model_b: None,
				answered: None,
			})
			.collect()
	}

	fn sizes(gold: usize, tasks: usize, more: &[&str]) -> Result<Sizes, Failure> {
		let labels: Vec<_> = lines(gold, tasks).iter().map(|line| line.better).collect();
		Sizes::of(&labels, &opts(more))
	}

	#[test]
	fn sizes_are_refused_when_the_chain_would() {
		assert!(sizes(20, 20, &[]).is_ok());
		assert!(sizes(40, 200, &["--raters", "100"]).is_ok());
		assert!(sizes(19, 20, &[]).is_err());
		assert!(sizes(41, 20, &[]).is_err());
		assert!(sizes(20, 19, &[]).is_err());
		assert!(sizes(20, 201, &[]).is_err());
		assert!(sizes(20, 20, &["--raters", "4"]).is_err());
		assert!(sizes(20, 20, &["--items-each", "41"]).is_err());
		assert!(sizes(20, 60, &["--items-each", "40"]).is_err());
		assert!(sizes(20, 60, &["--items-each", "40", "--raters", "10"]).is_ok());
	}

	#[test]
	fn tip_is_counted_for_each_transaction() {
		let tips = |gold, tasks| sizes(gold, tasks, &[]).unwrap().tips(5);
		assert_eq!(tips(20, 20), 10);
		assert_eq!(tips(20, 30), 10);
		assert_eq!(tips(20, 31), 15);
	}

	#[test]
	fn costs_are_those_of_all_places_in_full() {
		let opts = opts(&[]);
		let sizes = sizes(20, 20, &[]).unwrap();
		let costs = Costs::count(&opts, &sizes, 25_000_000, 7).unwrap();
		assert_eq!(costs.full, 400_000_000_000);
		// A fortieth of both together.
		assert_eq!(costs.fee, costs.full / 39);
		assert_eq!(costs.budget, (costs.full + costs.fee) * 5);
	}

	#[test]
	fn costs_are_shown_at_the_fee_of_the_chain() {
		let opts = opts(&[]);
		let sizes = sizes(20, 20, &[]).unwrap();
		let costs = Costs::count(&opts, &sizes, 100_000_000, 3_000_000_000_000).unwrap();
		assert_eq!(costs.fee, costs.full / 9);
		let said = costs.text(&opts, &sizes);
		for part in [
			"2 WGH for raters",
			"0.22222222222 WGH of protocol fee",
			"(10% of both together)",
			"3 WGH of deposit",
		] {
			assert!(said.contains(part), "{part} is not in: {said}");
		}
	}

	#[test]
	fn price_is_refused_when_it_cannot_be_counted() {
		let sizes = sizes(20, 20, &[]).unwrap();
		assert!(Costs::count(&opts(&[]), &sizes, 0, u128::MAX).is_err());
	}

	#[test]
	fn better_answers_are_on_either_side_wherever_the_sponsor_put_them() {
		for gold in [20, 39] {
			let mut pool = lines(gold, 200);
			for line in &mut pool {
				(line.a, line.b) = (format!("good {}", line.prompt), "bad".into());
			}
			mix(&mut pool).unwrap();
			let first = |line: &&Line| line.a.starts_with("good");
			let (known, tasks): (Vec<&Line>, Vec<&Line>) =
				pool.iter().partition(|line| line.better.is_some());
			assert_eq!((known.len(), tasks.len()), (gold, 200));
			for line in &known {
				let better = if first(line) { &line.a } else { &line.b };
				assert_eq!(*better, format!("good {}", line.prompt));
				assert_eq!(line.better == Some(Choice::A), first(line));
			}
			let known = known.into_iter().filter(first).count();
			assert!(known.abs_diff(gold - known) <= 1, "{known} of {gold}");
			// 100 on the average, and outside of this once in 10^14 runs.
			let tasks = tasks.into_iter().filter(first).count();
			assert!((45..=155).contains(&tasks), "{tasks}");
		}
	}

	#[test]
	fn sides_of_the_gold_do_not_follow_from_the_order() {
		let sides = || {
			let mut pool = lines(40, 20);
			mix(&mut pool).unwrap();
			let known = pool.into_iter().filter_map(|line| line.better);
			known.collect::<Vec<_>>()
		};
		// The chance that 40 sides are the same again is 1 in 10^11.
		assert_ne!(sides(), sides());
	}

	#[test]
	fn terms_carry_the_least_score_of_raters() {
		let terms = |more: &[&str]| opts(more).terms(&sizes(20, 20, &[]).unwrap(), H256::zero());
		assert_eq!(terms(&[]).min_score, 0);
		assert_eq!(terms(&["--min-score", "0.2"]).min_score, 200_000_000);
	}

	#[test]
	fn gold_is_where_its_lines_are() {
		let mut pool = lines(20, 20);
		pool.reverse();
		let gold = gold(&pool).unwrap();
		assert_eq!(gold.len(), 20);
		assert_eq!(gold[0].item, 20);
		assert_ne!(gold[0].salt, gold[1].salt);
	}
}
