//! Campaigns on the whole runtime: what each pays to whom, with the records and the money of the chain
//! compared after every step.

use frame_support::{assert_ok, traits::fungible::InspectHold};
use pallet_feedback::{
	AnswerPair, ContentIdArgument, HoldReason, ItemView, NewAnswers, NewItem, NewItems,
	NextCampaign, Openings, Phase, MAX_OPENED,
};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use weighhouse_primitives::{
	feedback::{
		commitment, gold_openings, gold_root, pack, AnswerBits, CampaignId, Choice, GoldItem,
	},
	ContentId, ListingId, Term,
};
use weighhouse_runtime::{
	configs::market::Treasury,
	constants::{
		currency::{EXISTENTIAL_DEPOSIT, MILLI_WGH, WGH},
		time::HOURS,
	},
	Balance, Balances, Feedback, Licensing, Listings, Reputation, Runtime, System,
};

use crate::{
	chain::{
		development, free, held, next_block, offer, reconcile, register, signed, total, ALICE, BOB,
		CHARLIE, DAVE,
	},
	jobs,
};

pub const SPONSOR: Sr25519Keyring = ALICE;
pub const RATERS: [Sr25519Keyring; 5] = [
	BOB,
	CHARLIE,
	DAVE,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
];
/// Has nothing to do with the campaign.
const OTHER: Sr25519Keyring = Sr25519Keyring::AliceStash;

/// How many items there are, all of which everybody answers.
const ITEMS: u32 = 40;
const GOLD: u32 = 20;
const PRICE: Balance = 10 * MILLI_WGH;
/// Full pay of a rater.
const FULL: Balance = 40 * PRICE;
/// The fee on that: 2.5 % of both together.
const FEE: Balance = FULL / 39;
const STAKE: Balance = WGH;
const SALT: H256 = H256([9; 32]);

/// The better answer: each as often as the other, in gold and tasks.
fn truth(item: u32) -> Choice {
	match item % 4 {
		0 | 1 => Choice::A,
		_ => Choice::B,
	}
}

/// Every second item.
fn gold() -> Vec<GoldItem> {
	(0..GOLD)
		.map(|number| 2 * number)
		.map(|item| GoldItem {
			item,
			label: truth(item),
			salt: H256::from_low_u64_be(item.into()),
		})
		.collect()
}

fn new_item(item: u32) -> NewItem {
	let content = |name: &str| {
		let id = ContentId::of_raw_block(format!("{name} {item}").as_bytes());
		ContentIdArgument::truncate_from(id.to_text().into_bytes())
	};
	NewItem {
		prompt: content("prompt"),
		a: content("a"),
		b: content("b"),
	}
}

fn right_answers() -> AnswerBits {
	let answers: Vec<_> = (0..ITEMS).map(truth).collect();
	pack(&answers).unwrap()
}

fn phase(id: CampaignId) -> Phase<u32> {
	Feedback::campaign(id).unwrap().phase
}

fn held_for(reason: HoldReason, who: Sr25519Keyring) -> Balance {
	Balances::balance_on_hold(&reason.into(), &who.to_account_id())
}

/// A campaign of the sponsor without items.
fn created() -> CampaignId {
	let id = NextCampaign::<Runtime>::get();
	assert_ok!(Feedback::create_campaign(
		signed(SPONSOR),
		gold_root(&gold()),
		GOLD,
		ITEMS,
		ITEMS,
		5,
		PRICE,
		STAKE,
		HOURS,
		HOURS,
		None,
		0,
	));
	reconcile();
	id
}

/// A campaign with all its items, which these raters joined.
pub fn joined(raters: &[Sr25519Keyring]) -> CampaignId {
	let id = created();
	let items = NewItems::truncate_from((0..ITEMS).map(new_item).collect());
	assert_ok!(Feedback::add_items(signed(SPONSOR), id, items));
	reconcile();
	for rater in raters {
		assert_ok!(Feedback::join(signed(*rater), id));
		reconcile();
	}
	id
}

/// A campaign whose raters all have their items.
fn drawn() -> CampaignId {
	let id = joined(&RATERS);
	(0..3).for_each(|_| next_block());
	assert!(matches!(phase(id), Phase::Committing { .. }));
	reconcile();
	id
}

fn commit(id: CampaignId, rater: Sr25519Keyring) {
	let identity = Feedback::campaign(id).unwrap().campaign_hash;
	let hash = commitment(identity, &rater.to_account_id(), &right_answers(), SALT);
	assert_ok!(Feedback::commit(signed(rater), id, hash));
	reconcile();
}

fn reveal(id: CampaignId, rater: Sr25519Keyring) {
	assert_ok!(Feedback::reveal(signed(rater), id, right_answers(), SALT));
	reconcile();
}

fn open_gold(id: CampaignId) {
	for some in gold_openings(&gold()).chunks(MAX_OPENED as usize) {
		let openings = Openings::truncate_from(some.to_vec());
		assert_ok!(Feedback::open_gold(signed(SPONSOR), id, openings));
		reconcile();
	}
}

/// Lets the deadline of a campaign pass, without the chain having done anything about it.
fn let_pass(id: CampaignId) {
	System::set_block_number(Feedback::campaign(id).unwrap().due);
	assert_ok!(Feedback::poke(signed(OTHER), id));
	reconcile();
}

/// Somebody settles all raters of a campaign: weighs, pays or refunds them, whatever is next.
fn settle_all(id: CampaignId) {
	assert_ok!(Feedback::settle(signed(OTHER), id, 100));
	reconcile();
}

/// A settled campaign whose raters were right in everything.
pub fn settled() -> CampaignId {
	let id = drawn();
	RATERS.into_iter().for_each(|rater| commit(id, rater));
	RATERS.into_iter().for_each(|rater| reveal(id, rater));
	open_gold(id);
	// The chain by itself weighs them in one block and pays them in the next.
	for _ in 0..2 {
		next_block();
		reconcile();
	}
	assert!(matches!(phase(id), Phase::Settled { .. }));
	id
}

/// Gives a dataset, licences of which are sold, to the raters of a settled campaign.
pub fn give_dataset(id: CampaignId) -> ListingId {
	let dataset = register(SPONSOR, "dataset", vec![]);
	offer(SPONSOR, dataset, Term::Perpetual);
	assert_ok!(Listings::propose_owner(
		signed(SPONSOR),
		dataset,
		Feedback::pot_account(id).into()
	));
	assert_ok!(Feedback::accept_dataset(signed(SPONSOR), id, dataset));
	reconcile();
	dataset
}

#[test]
fn a_campaign_pays_raters_and_treasury_to_the_last_unit() {
	development(|| {
		let (raters, sponsor) = (RATERS.map(total), total(SPONSOR));
		let treasury = free(&Treasury::get());
		let issuance = Balances::total_issuance();
		let id = settled();
		assert_eq!(RATERS.map(total), raters.map(|before| before + FULL));
		assert_eq!(total(SPONSOR), sponsor - 5 * (FULL + FEE));
		assert_eq!(free(&Treasury::get()), treasury + 5 * FEE / 2);
		assert_eq!(Balances::total_issuance(), issuance - 5 * FEE / 2);
		assert_eq!(held_for(HoldReason::Budget, SPONSOR), 0);
		for rater in RATERS {
			assert_eq!(held_for(HoldReason::Stake, rater), 0);
			let known = Reputation::rater_reputation(rater.to_account_id());
			assert_eq!((known.successes, known.failures), (1, 0));
		}
		assert_eq!(Feedback::labels(id, 0, 100).len(), ITEMS as usize);
	});
}

#[test]
fn items_are_made_of_answers_that_were_paid_for() {
	development(|| {
		jobs::served();
		let (a, b) = (jobs::answered(b"yes"), jobs::answered(b"no"));
		let id = created();
		let pairs = NewAnswers::truncate_from(vec![AnswerPair { a, b }]);
		assert_ok!(Feedback::add_answers(signed(SPONSOR), id, pairs));
		let text = |bytes: &[u8]| ContentId::of_raw_block(bytes).to_text();
		assert_eq!(
			Feedback::items(id, 0, 100),
			[ItemView {
				item: 0,
				prompt: jobs::input().to_text(),
				a: text(b"yes"),
				b: text(b"no"),
			}]
		);
	});
}

#[test]
fn stakes_are_burned_and_places_come_back_when_raters_are_silent() {
	development(|| {
		let raters = RATERS.map(total);
		let (sponsor, issuance) = (total(SPONSOR), Balances::total_issuance());
		let id = drawn();
		let [silent, hidden, right @ ..] = RATERS;
		commit(id, hidden);
		right.into_iter().for_each(|rater| commit(id, rater));
		let_pass(id);
		right.into_iter().for_each(|rater| reveal(id, rater));
		let_pass(id);
		open_gold(id);
		settle_all(id);
		settle_all(id);
		assert!(matches!(phase(id), Phase::Settled { .. }));

		let [of_silent, of_hidden, of_right @ ..] = raters;
		assert_eq!(total(silent), of_silent - STAKE);
		assert_eq!(total(hidden), of_hidden - STAKE);
		assert_eq!(right.map(total), of_right.map(|before| before + FULL));
		assert_eq!(total(SPONSOR), sponsor - 3 * (FULL + FEE));
		let burned = 2 * STAKE + 3 * FEE / 2;
		assert_eq!(Balances::total_issuance(), issuance - burned);
		for rater in [silent, hidden] {
			let known = Reputation::rater_reputation(rater.to_account_id());
			assert_eq!((known.successes, known.failures), (0, 1));
		}
	});
}

#[test]
fn raters_share_what_their_dataset_earns_until_it_is_retired() {
	development(|| {
		let id = settled();
		let sponsor = total(SPONSOR);
		let dataset = give_dataset(id);
		let raters = RATERS.map(total);
		assert_ok!(Licensing::buy(signed(OTHER), dataset, 1));
		reconcile();
		assert_ok!(Feedback::distribute(signed(OTHER), id));
		reconcile();
		// 10 WGH less 2.5 %, in five equal parts.
		assert_eq!(
			RATERS.map(total),
			raters.map(|before| before + 1_950 * MILLI_WGH)
		);
		let pot = Feedback::pot_account(id);
		assert_eq!(free(&pot), EXISTENTIAL_DEPOSIT);

		// Nobody can buy it any more, and nobody has a licence.
		assert_ok!(Licensing::close_offer(signed(SPONSOR), dataset, 1));
		assert_ok!(Licensing::remove_licence(signed(OTHER), 1));
		assert_ok!(Feedback::retire_dataset(signed(SPONSOR), id, 1));
		reconcile();
		assert_eq!(free(&pot), 0);
		assert_eq!(held_for(HoldReason::Dividends, SPONSOR), 0);
		assert_eq!(total(SPONSOR), sponsor);
	});
}

#[test]
fn all_money_comes_back_when_too_few_join() {
	development(|| {
		let everybody = [SPONSOR, BOB, CHARLIE];
		let (before, issuance) = (everybody.map(total), Balances::total_issuance());
		let id = joined(&[BOB, CHARLIE]);
		assert_eq!(held_for(HoldReason::Budget, SPONSOR), 5 * (FULL + FEE));
		assert_eq!(held_for(HoldReason::Stake, BOB), STAKE);
		let_pass(id);
		settle_all(id);
		assert!(matches!(phase(id), Phase::Refunded { .. }));
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 50));
		assert_eq!(everybody.map(total), before);
		assert_eq!(everybody.map(held), [0; 3]);
		assert_eq!(Balances::total_issuance(), issuance);
	});
}

#[test]
fn every_deposit_comes_back_when_a_settled_campaign_is_removed() {
	development(|| {
		let id = settled();
		assert!(RATERS.iter().all(|rater| held(*rater) > 0) && held(SPONSOR) > 0);
		System::set_block_number(Feedback::campaign(id).unwrap().due);
		// Some of its records, then the others.
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 3));
		reconcile();
		assert_ok!(Feedback::remove_campaign(signed(OTHER), id, 50));
		assert_eq!(RATERS.map(held), [0; 5]);
		assert_eq!(held(SPONSOR), 0);
		assert_eq!(Feedback::campaign(id), None);
	});
}
