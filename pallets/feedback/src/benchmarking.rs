//! What the calls and the steps of campaigns cost, each in the largest campaign that there can be.

use crate::{
	AccountIdOf, AnswerTallies, Ballots, Basis, Call, Campaigns, Config, DatasetDividends, Due,
	DueList, Event, GoldStanding, Items, Labels, NewItem, NextCampaign, NextDue, OpenBallots,
	OpenedGold, Openings, Pallet, Phase, PlaceState, Places, Refund, Shares, Terms, DUE_SPREAD,
	MAX_ADDED, MAX_DUE, MAX_OPENED,
};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::H256;
use sp_runtime::{
	traits::{One, Saturating},
	BoundedVec,
};
use weighhouse_primitives::{
	feedback::{
		care, commitment, gold_openings, gold_root, pack, AnswerBits, CampaignId, Choice, GoldItem,
		GoldOpening, MAX_GOLD, MAX_ITEMS, MAX_PROOF, MAX_RATERS,
	},
	traits::SeedSource,
	ContentId, ListingId, PARTS,
};

/// Prepares what campaigns meet outside of this pallet.
pub trait BenchmarkHelper<AccountId> {
	/// Registers a listing of `owner`, who is rich and has proposed `to` as its new owner.
	fn dataset(owner: &AccountId, to: &AccountId) -> ListingId;

	/// Makes the seed of a draw known that waits since the present block. Time may pass.
	fn know_seed();
}

const SEED: u32 = 0;
const SALT: H256 = H256::repeat_byte(3);

fn rich<T: Config>(name: &'static str, index: u32) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account(name, index, SEED);
	T::Currency::set_balance(&who, u128::MAX >> 12);
	who
}

fn sponsor<T: Config>() -> AccountIdOf<T> {
	account("sponsor", 0, SEED)
}

fn rater<T: Config>(number: u32) -> AccountIdOf<T> {
	account("rater", number, SEED)
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

fn assert_last<T: Config>(event: Event<T>) {
	frame_system::Pallet::<T>::assert_last_event(event.into());
}

/// Fills all queues that a deadline in `at` is put into but the last.
fn crowd<T: Config>(at: BlockNumberFor<T>) {
	for offset in 0..DUE_SPREAD.saturating_sub(1) {
		let others = vec![CampaignId::MAX; MAX_DUE as usize];
		Due::<T>::insert(
			at.saturating_add(offset.into()),
			DueList::truncate_from(others),
		);
	}
}

/// Fills the queues of a window that begins now.
fn crowd_after<T: Config>(window: BlockNumberFor<T>) {
	crowd::<T>(now::<T>().saturating_add(window).saturating_add(One::one()));
}

fn truth(item: u32) -> Choice {
	if item % 2 == 0 {
		Choice::A
	} else {
		Choice::B
	}
}

fn gold() -> Vec<GoldItem> {
	(0..MAX_GOLD)
		.map(|item| GoldItem {
			item,
			label: truth(item),
			salt: SALT,
		})
		.collect()
}

fn openings() -> Vec<GoldOpening> {
	gold_openings(&gold())
}

fn terms<T: Config>(items_each: u32) -> Terms<BlockNumberFor<T>> {
	Terms {
		gold_root: gold_root(&gold()),
		gold_count: MAX_GOLD,
		item_count: MAX_ITEMS,
		items_each,
		raters: MAX_RATERS,
		price: T::MinPrice::get().saturating_add(T::Currency::minimum_balance()),
		stake: T::MinStake::get(),
		joining: T::MinWindow::get(),
		answering: T::MinWindow::get(),
		dataset: None,
		// What reputation costs comes on top.
		min_score: 0,
	}
}

fn edit<T: Config>(id: CampaignId, edit: impl FnOnce(&mut crate::CampaignOf<T>)) {
	Campaigns::<T>::mutate_extant(id, edit);
}

fn created<T: Config>(items_each: u32) -> Result<CampaignId, BenchmarkError> {
	let id = NextCampaign::<T>::get();
	let who = rich::<T>("sponsor", 0);
	Pallet::<T>::do_create_campaign(who, terms::<T>(items_each))?;
	Ok(id)
}

fn new_items(first: u32, count: u32) -> Vec<NewItem> {
	let text = |name: u8, item: u32| {
		let id = ContentId::of_raw_block(&[name, item as u8]);
		BoundedVec::truncate_from(id.to_text().into_bytes())
	};
	(first..first.saturating_add(count))
		.map(|item| NewItem {
			prompt: text(0, item),
			a: text(1, item),
			b: text(2, item),
		})
		.collect()
}

/// Adds items until `left` are missing.
fn fill<T: Config>(id: CampaignId, left: u32) -> Result<(), BenchmarkError> {
	let until = MAX_ITEMS.saturating_sub(left);
	let mut first = 0;
	while first < until {
		let count = MAX_ADDED.min(until.saturating_sub(first));
		Pallet::<T>::do_add_items(sponsor::<T>(), id, &new_items(first, count))?;
		first = first.saturating_add(count);
	}
	Ok(())
}

/// A campaign that `raters` have joined.
fn joined<T: Config>(items_each: u32, raters: u32) -> Result<CampaignId, BenchmarkError> {
	let id = created::<T>(items_each)?;
	fill::<T>(id, 0)?;
	for number in 0..raters {
		Pallet::<T>::do_join(rich::<T>("rater", number), id)?;
	}
	Ok(id)
}

/// A campaign whose draw is due.
fn drawing<T: Config>(items_each: u32, raters: u32) -> Result<CampaignId, BenchmarkError> {
	let id = joined::<T>(items_each, raters)?;
	let since = now::<T>();
	edit::<T>(id, |campaign| campaign.phase = Phase::Drawing { since });
	let known = since.saturating_add((T::Seeds::delay() + 1).into());
	T::BenchmarkHelper::know_seed();
	if now::<T>() < known {
		frame_system::Pallet::<T>::set_block_number(known);
	}
	Ok(id)
}

fn drawn<T: Config>() -> Result<CampaignId, BenchmarkError> {
	let id = drawing::<T>(MAX_ITEMS, MAX_RATERS)?;
	Pallet::<T>::step(id).map_err(|_| "the draw is due")?;
	let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
	assert!(campaign.seed.is_some());
	Ok(id)
}

/// Right answers but to the first `wrong` items.
fn answers(wrong: u32) -> Result<AnswerBits, BenchmarkError> {
	let answer = |item| {
		let right = truth(item);
		if item < wrong {
			right.other()
		} else {
			right
		}
	};
	let answers: Vec<_> = (0..MAX_ITEMS).map(answer).collect();
	Ok(pack(&answers).ok_or("a pool fits")?)
}

fn hash<T: Config>(
	id: CampaignId,
	number: u32,
	answers: &AnswerBits,
) -> Result<H256, BenchmarkError> {
	let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
	let rater = rater::<T>(number);
	Ok(commitment(campaign.campaign_hash, &rater, answers, SALT))
}

/// Lets the raters up to this one commit to these answers.
fn commit<T: Config>(
	id: CampaignId,
	raters: u32,
	answers: &AnswerBits,
) -> Result<(), BenchmarkError> {
	for number in 0..raters {
		let hash = hash::<T>(id, number, answers)?;
		Pallet::<T>::do_commit(rater::<T>(number), id, hash)?;
	}
	Ok(())
}

/// Lets the raters up to this one reveal these answers.
fn reveal<T: Config>(
	id: CampaignId,
	raters: u32,
	answers: &AnswerBits,
) -> Result<(), BenchmarkError> {
	for number in 0..raters {
		Pallet::<T>::do_reveal(rater::<T>(number), id, answers.clone(), SALT)?;
	}
	Ok(())
}

/// A campaign whose raters have all revealed, with this much gold wrong.
fn revealed<T: Config>(wrong: u32) -> Result<CampaignId, BenchmarkError> {
	let id = drawn::<T>()?;
	let answers = answers(wrong)?;
	commit::<T>(id, MAX_RATERS, &answers)?;
	reveal::<T>(id, MAX_RATERS, &answers)?;
	Ok(id)
}

/// Opens gold, as much as a call takes at a time.
fn open<T: Config>(id: CampaignId, openings: &[GoldOpening]) -> Result<(), BenchmarkError> {
	for some in openings.chunks(MAX_OPENED as usize) {
		Pallet::<T>::do_open_gold(id, Openings::truncate_from(some.to_vec()))?;
	}
	Ok(())
}

/// A campaign whose last `left` raters are to be weighed, who have this much gold wrong.
fn weighing<T: Config>(left: u32, wrong: u32) -> Result<CampaignId, BenchmarkError> {
	let id = revealed::<T>(wrong)?;
	open::<T>(id, &openings())?;
	settle_until::<T>(id, left)?;
	Ok(id)
}

/// A campaign whose last `left` raters are to be paid.
fn paying<T: Config>(left: u32) -> Result<CampaignId, BenchmarkError> {
	let id = weighing::<T>(MAX_RATERS, 0)?;
	Pallet::<T>::do_settle(id, MAX_RATERS)?;
	settle_until::<T>(id, left)?;
	Ok(id)
}

fn settle_until<T: Config>(id: CampaignId, left: u32) -> Result<(), BenchmarkError> {
	let count = MAX_RATERS.saturating_sub(left);
	if count > 0 {
		Pallet::<T>::do_settle(id, count)?;
	}
	Ok(())
}

fn settled<T: Config>() -> Result<CampaignId, BenchmarkError> {
	let id = paying::<T>(MAX_RATERS)?;
	Pallet::<T>::do_settle(id, MAX_RATERS)?;
	Ok(id)
}

/// Shares of a settled campaign as if only the first `raters` had earned anything.
fn share_among<T: Config>(id: CampaignId, raters: u32) {
	let mut shares = vec![PARTS / raters; raters as usize];
	shares[0] += PARTS % raters;
	Shares::<T>::insert(id, BoundedVec::truncate_from(shares));
}

/// A campaign whose dataset has earned something for the first `raters`.
fn earning<T: Config>(raters: u32) -> Result<CampaignId, BenchmarkError> {
	let id = settled::<T>()?;
	share_among::<T>(id, raters);
	let pot = Pallet::<T>::pot(id);
	let listing = T::BenchmarkHelper::dataset(&sponsor::<T>(), &pot);
	Pallet::<T>::do_accept_dataset(sponsor::<T>(), id, listing)?;
	let amount = T::Currency::minimum_balance().saturating_mul(1_000_000);
	T::Currency::mint_into(&pot, amount)?;
	Ok(id)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// The deadline finds room in the last queue only.
	#[benchmark]
	fn create_campaign() {
		let who = rich::<T>("sponsor", 0);
		let terms = terms::<T>(MAX_ITEMS);
		crowd_after::<T>(T::FillWindow::get());

		#[extrinsic_call]
		_(
			RawOrigin::Signed(who),
			terms.gold_root,
			terms.gold_count,
			terms.item_count,
			terms.items_each,
			terms.raters,
			terms.price,
			terms.stake,
			terms.joining,
			terms.answering,
			terms.dataset,
			terms.min_score,
		);

		assert!(Campaigns::<T>::contains_key(1));
	}

	// Each item has three content ids to read, and with the last the campaign is opened.
	#[benchmark]
	fn add_items(n: Linear<1, { MAX_ADDED }>) -> Result<(), BenchmarkError> {
		let id = created::<T>(MAX_ITEMS)?;
		fill::<T>(id, n)?;
		let items = BoundedVec::truncate_from(new_items(MAX_ITEMS - n, n));
		crowd_after::<T>(T::MinWindow::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(sponsor::<T>()), id, items);

		assert!(Items::<T>::contains_key(id, MAX_ITEMS - 1));
		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert!(matches!(campaign.phase, Phase::Joining { .. }));
		Ok(())
	}

	#[benchmark]
	fn cancel_campaign() -> Result<(), BenchmarkError> {
		let id = created::<T>(MAX_ITEMS)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(sponsor::<T>()), id);

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert_eq!(campaign.budget, 0);
		Ok(())
	}

	// The last place is taken.
	#[benchmark]
	fn join() -> Result<(), BenchmarkError> {
		let id = joined::<T>(MAX_ITEMS, MAX_RATERS - 1)?;
		let who = rich::<T>("rater", MAX_RATERS - 1);
		crowd_after::<T>(T::Seeds::delay().into());

		#[extrinsic_call]
		_(RawOrigin::Signed(who), id);

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert!(matches!(campaign.phase, Phase::Drawing { .. }));
		Ok(())
	}

	// All others have committed.
	#[benchmark]
	fn commit() -> Result<(), BenchmarkError> {
		let id = drawn::<T>()?;
		let answers = answers(0)?;
		super::commit::<T>(id, MAX_RATERS - 1, &answers)?;
		let hash = hash::<T>(id, MAX_RATERS - 1, &answers)?;
		crowd_after::<T>(T::RevealWindow::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(rater::<T>(MAX_RATERS - 1)), id, hash);

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert!(matches!(campaign.phase, Phase::Revealing { .. }));
		Ok(())
	}

	// All others have revealed, and the answers are about the largest pool.
	#[benchmark]
	fn reveal() -> Result<(), BenchmarkError> {
		let id = drawn::<T>()?;
		let answers = answers(0)?;
		super::commit::<T>(id, MAX_RATERS, &answers)?;
		super::reveal::<T>(id, MAX_RATERS - 1, &answers)?;
		crowd_after::<T>(T::OpenWindow::get());

		#[extrinsic_call]
		_(
			RawOrigin::Signed(rater::<T>(MAX_RATERS - 1)),
			id,
			answers,
			SALT,
		);

		let tallies = AnswerTallies::<T>::get(id);
		assert_eq!(u32::from(tallies[0].total), MAX_RATERS);
		Ok(())
	}

	// The first leaves have the longest proofs. They come last, so the gold is complete afterwards.
	#[benchmark]
	fn open_gold(n: Linear<1, { MAX_OPENED }>) -> Result<(), BenchmarkError> {
		let id = revealed::<T>(0)?;
		let all = openings();
		let (last, before) = all.split_at(n as usize);
		assert!(last
			.iter()
			.all(|gold| gold.proof.len() == MAX_PROOF as usize));
		open::<T>(id, before)?;
		let last = Openings::truncate_from(last.to_vec());
		crowd_after::<T>(0u32.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(sponsor::<T>()), id, last);

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert!(matches!(campaign.phase, Phase::Weighing { .. }));
		Ok(())
	}

	// The last raters, so that the gold is judged as well. Much of it is void: they have as much wrong as
	// leaves them any weight.
	#[benchmark]
	fn weigh(n: Linear<1, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let wrong = (0..MAX_GOLD / 2)
			.rev()
			.find(|wrong| care(MAX_GOLD - wrong, MAX_GOLD) > 0)
			.ok_or("who is right has weight")?;
		let id = weighing::<T>(n, wrong)?;
		crowd_after::<T>(0u32.into());

		#[block]
		{
			Pallet::<T>::do_settle(id, n)?;
		}

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		let gold = MAX_GOLD - wrong;
		let basis = Basis::Scored { gold };
		assert!(matches!(campaign.phase, Phase::Paying { basis: b, .. } if b == basis));
		let opened = OpenedGold::<T>::get(id);
		let void = opened
			.iter()
			.filter(|gold| gold.standing == GoldStanding::Void);
		assert_eq!(void.count() as u32, wrong);
		Ok(())
	}

	// The last raters, so that labels and shares are written as well. Each is paid, which costs more
	// than to burn a stake. What reputation costs comes on top.
	#[benchmark]
	fn pay(n: Linear<1, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let id = paying::<T>(n)?;

		#[block]
		{
			Pallet::<T>::do_settle(id, n)?;
		}

		assert_eq!(Labels::<T>::get(id).len() as u32, MAX_ITEMS);
		let last = Places::<T>::get(id, MAX_RATERS - 1).ok_or("the place exists")?;
		assert!(matches!(last.state, PlaceState::Paid { amount, .. } if amount > 0));
		Ok(())
	}

	// The last raters, so that the sponsor is paid back as well.
	#[benchmark]
	fn refund(n: Linear<1, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let id = joined::<T>(MAX_ITEMS, MAX_RATERS)?;
		let (why, next) = (Refund::NoRandomness, MAX_RATERS - n);
		edit::<T>(id, |campaign| {
			campaign.phase = Phase::Refunding { why, next }
		});

		#[block]
		{
			Pallet::<T>::do_settle(id, n)?;
		}

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert_eq!(campaign.phase, Phase::Refunded { why });
		Ok(())
	}

	// All items but one to each rater, so that the deck is shuffled once for each of them.
	#[benchmark]
	fn draw(n: Linear<6, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let id = drawing::<T>(MAX_ITEMS - 1, n)?;
		crowd_after::<T>(T::MinWindow::get());

		#[block]
		{
			Pallet::<T>::step(id).map_err(|_| "the draw is due")?;
		}

		let last = Places::<T>::get(id, n - 1).ok_or("the place exists")?;
		assert!(matches!(last.state, PlaceState::Drawn { .. }));
		Ok(())
	}

	// The next deadline finds room in the last queue only.
	#[benchmark]
	fn close_phase() -> Result<(), BenchmarkError> {
		let id = drawn::<T>()?;
		let until = now::<T>().saturating_add(T::MinWindow::get());
		frame_system::Pallet::<T>::set_block_number(until.saturating_add(One::one()));
		crowd_after::<T>(T::RevealWindow::get());

		#[block]
		{
			Pallet::<T>::step(id).map_err(|_| "commits are over")?;
		}

		let campaign = Campaigns::<T>::get(id).ok_or("the campaign exists")?;
		assert!(matches!(campaign.phase, Phase::Revealing { .. }));
		Ok(())
	}

	// An entry of a campaign that is not due, in a queue of its own: the whole campaign is read in vain.
	#[benchmark]
	fn queue_visit() -> Result<(), BenchmarkError> {
		let id = created::<T>(MAX_ITEMS)?;
		let now = now::<T>();
		NextDue::<T>::put(now);
		Due::<T>::insert(now, DueList::truncate_from(vec![id]));

		#[block]
		{
			Pallet::<T>::work_off(now);
		}

		assert!(Due::<T>::get(now).is_empty());
		assert!(NextDue::<T>::get() > now);
		Ok(())
	}

	// Places cost more to remove than items; with the last all other records go.
	#[benchmark]
	fn remove_campaign(n: Linear<1, 50>) -> Result<(), BenchmarkError> {
		let id = settled::<T>()?;
		edit::<T>(id, |campaign| {
			campaign.phase = Phase::Removing {
				places: n,
				items: 0,
			}
		});

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>("caller", 0)), id, n);

		assert_last::<T>(Event::CampaignRemoved { campaign: id });
		Ok(())
	}

	#[benchmark]
	fn accept_dataset(n: Linear<1, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let id = settled::<T>()?;
		share_among::<T>(id, n);
		let listing = T::BenchmarkHelper::dataset(&sponsor::<T>(), &Pallet::<T>::pot(id));

		#[extrinsic_call]
		_(RawOrigin::Signed(sponsor::<T>()), id, listing);

		let record = DatasetDividends::<T>::get(id).ok_or("it is accepted")?;
		assert_eq!(record.payees.len() as u32, n);
		Ok(())
	}

	// Every rater gets something.
	#[benchmark]
	fn distribute(n: Linear<1, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let id = earning::<T>(n)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>("caller", 0)), id);

		let record = DatasetDividends::<T>::get(id).ok_or("it is accepted")?;
		assert!(record.payees.iter().all(|payee| payee.taken > 0));
		assert!(OpenBallots::<T>::get(id) == Ballots::default());
		Ok(())
	}

	// Every rater gets something, and the version is the last one. What its removal costs comes on top.
	#[benchmark]
	fn retire_dataset(n: Linear<1, { MAX_RATERS }>) -> Result<(), BenchmarkError> {
		let id = earning::<T>(n)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(sponsor::<T>()), id, 1);

		assert!(!DatasetDividends::<T>::contains_key(id));
		assert_eq!(T::Currency::total_balance(&Pallet::<T>::pot(id)), 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
