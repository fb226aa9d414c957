//! What the calls and the steps of jobs cost on a chain with its real listings and licences.

use crate::{
	crypto::{key_hash, WorkerId, WorkerSignature},
	footprint_of, AccountIdOf, Ask, AskHold, AskOf, Asks, Availability, BlockRandomness, Call,
	Config, Due, Event, Held, HoldReason, Jobs, KeyOwners, NextDue, NextJob, Pallet, Panels, Phase,
	Randomness, ReceiptState, Receipts, ReceiptsByOutput, ReceiptsOf, SeatOf, Ticket, Window,
	Workers, DUE_SPREAD, MAX_DUE, MAX_SERVING, MAX_UNBONDING, RANDOMNESS_KEPT, SEED_BLOCKS,
};
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{InspectHold, Mutate},
	Consideration, Get,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::H256;
use sp_runtime::{
	traits::{One, SaturatedConversion, Saturating},
	transaction_validity::TransactionSource,
	BoundedVec, DispatchError, RuntimeAppPublic,
};
use weighhouse_primitives::{
	inference::{
		commitment, Access, Answer, Ground, InlineOutput, JobId, Mode, Reveal, Round, Status, Step,
		COMMIT_DOMAIN, HEARTBEAT_DOMAIN, KEY_DOMAIN, MAX_INLINE_OUTPUT, MAX_JURY, REVEAL_DOMAIN,
	},
	market::Serving,
	traits::ListingRegistry,
	ContentId, ListingId, OfferId, ReceiptId,
};

/// Prepares what the benchmarks ask and serve.
pub trait BenchmarkHelper<AccountId> {
	/// Registers a listing of `owner`, who is rich, with version 1, whose answers are compared bit by
	/// bit and which `serving` may serve, and opens an offer of the term `PerCall` with 16 payees
	/// for it.
	fn listing(owner: &AccountId, serving: Serving) -> (ListingId, OfferId);

	/// Gives `worker`, who is rich, as many licences for version 1 of `listing` as an account can
	/// hold, of which only the last one that is looked at gives the right to serve.
	fn license(worker: &AccountId, listing: ListingId);

	/// Makes this block the first of an epoch, if the chain has epochs.
	fn begin_epoch();
}

const SEED: u32 = 0;
/// The most seats of a main panel.
const SEATS: u32 = 5;
/// What hides the answers.
const SALT: H256 = H256::repeat_byte(3);

fn rich<T: Config>(name: &'static str, index: u32) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account(name, index, SEED);
	T::Currency::set_balance(&who, u128::MAX >> 12);
	who
}

fn signed<T: Config>(who: &AccountIdOf<T>) -> T::RuntimeOrigin {
	RawOrigin::Signed(who.clone()).into()
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

/// The present block as steps name it.
fn at<T: Config>() -> u32 {
	now::<T>().saturated_into()
}

fn forward<T: Config>(blocks: BlockNumberFor<T>) {
	frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(blocks));
}

fn assert_last<T: Config>(event: Event<T>) {
	frame_system::Pallet::<T>::assert_last_event(event.into());
}

/// Enough for a seat in as many jobs as a worker can have.
fn bond<T: Config>() -> u128 {
	let reserve = Pallet::<T>::reserve_of(T::MinReward::get());
	T::MinBond::get().max(reserve).saturating_mul(16)
}

/// A new key of the node, and the proof that `who` has it.
fn key<T: Config>(who: &AccountIdOf<T>) -> Result<(WorkerId, WorkerSignature), BenchmarkError> {
	let key = WorkerId::generate_pair(None);
	let proof = sign::<T>(&key, KEY_DOMAIN, who)?;
	Ok((key, proof))
}

fn sign<T: Config>(
	key: &WorkerId,
	domain: &[u8],
	payload: impl Encode,
) -> Result<WorkerSignature, BenchmarkError> {
	let signature = key.sign(&Pallet::<T>::to_sign(domain, payload));
	Ok(signature.ok_or("the keystore has the key")?)
}

fn register<T: Config>(who: &AccountIdOf<T>) -> Result<WorkerId, BenchmarkError> {
	let (key, proof) = key::<T>(who)?;
	Pallet::<T>::register_worker(signed::<T>(who), key.clone(), proof, bond::<T>())?;
	Ok(key)
}

/// A worker that serves nothing.
fn worker<T: Config>() -> Result<(AccountIdOf<T>, WorkerId), BenchmarkError> {
	let who = rich::<T>("worker", 0);
	let key = register::<T>(&who)?;
	Ok((who, key))
}

/// Puts a worker on the list of those who serve a listing, whoever may serve it.
fn add_ask<T: Config>(who: &AccountIdOf<T>, listing: ListingId) -> Result<(), BenchmarkError> {
	let ask = Ask {
		worker: who.clone(),
		min_reward: Held::new(T::MinReward::get(), Default::default()),
		ticket: Ticket::<T, AskHold<T>>::new(who, footprint_of::<AskOf<T>>())?,
	};
	Asks::<T>::try_mutate(listing, |asks| asks.try_push(ask))
		.map_err(|_| "the list of a listing has room")?;
	Workers::<T>::mutate_extant(who, |worker| worker.served += 1);
	Ok(())
}

/// `count` other workers that serve a listing.
fn crowd<T: Config>(listing: ListingId, count: u32) -> Result<Vec<AccountIdOf<T>>, BenchmarkError> {
	let mut crowd = Vec::new();
	for index in 0..count {
		let who = rich::<T>("crowd", index);
		register::<T>(&who)?;
		add_ask::<T>(&who, listing)?;
		crowd.push(who);
	}
	Ok(crowd)
}

/// Leaves no room for a deadline in the block `due` and those after it but in the last one where it
/// is looked for.
fn crowd_queues<T: Config>(due: BlockNumberFor<T>) {
	for offset in 0..DUE_SPREAD - 1 {
		let jobs = vec![JobId::MAX; MAX_DUE as usize];
		Due::<T>::insert(
			due.saturating_add(offset.into()),
			BoundedVec::truncate_from(jobs),
		);
	}
}

/// What is asked and served.
struct Scene<T: Config> {
	owner: AccountIdOf<T>,
	listing: ListingId,
	offer: OfferId,
}

fn scene<T: Config>(serving: Serving) -> Scene<T> {
	// Where it is block 0, benchmarking would set it to 1 between here and the call.
	frame_system::Pallet::<T>::set_block_number(now::<T>().max(One::one()));
	let owner = rich::<T>("owner", 0);
	let (listing, offer) = T::BenchmarkHelper::listing(&owner, serving);
	Scene {
		owner,
		listing,
		offer,
	}
}

/// The owner asks five of `workers` workers, so that the call itself costs nothing: what a call costs
/// is charged on top.
fn asked<T: Config>(workers: u32) -> Result<JobId, BenchmarkError> {
	let Scene { owner, listing, .. } = scene::<T>(Serving::Anyone);
	crowd::<T>(listing, workers)?;
	let id = NextJob::<T>::get();
	Pallet::<T>::request(
		signed::<T>(&owner),
		listing,
		1,
		Mode::QuorumOfFive,
		Access::Owner,
		T::MinReward::get(),
		input(),
		H256::repeat_byte(1),
	)?;
	Ok(id)
}

fn input() -> crate::ContentIdArgument {
	let text = ContentId::of_raw_block(b"input").to_text().into_bytes();
	BoundedVec::truncate_from(text)
}

fn phase<T: Config>(id: JobId) -> Result<Phase<BlockNumberFor<T>>, BenchmarkError> {
	Ok(Jobs::<T>::get(id).ok_or("the job is open")?.phase)
}

/// Where the randomness of a block is kept.
fn slot<T: Config>(block: BlockNumberFor<T>) -> u32 {
	let kept: BlockNumberFor<T> = RANDOMNESS_KEPT.into();
	(block % kept).saturated_into()
}

/// Goes on to the first block in which the job is due, with randomness for what it may draw.
fn until_due<T: Config>(id: JobId) -> Result<(), BenchmarkError> {
	let due = Pallet::<T>::due(&phase::<T>(id)?);
	for back in 1..=SEED_BLOCKS {
		let block = due.saturating_sub(back.into());
		let output = Some([back as u8; 32]);
		Randomness::<T>::insert(slot::<T>(block), BlockRandomness { block, output });
	}
	frame_system::Pallet::<T>::set_block_number(due);
	Ok(())
}

/// Takes the job's next step.
fn step<T: Config>(id: JobId) -> Result<(), BenchmarkError> {
	until_due::<T>(id)?;
	Pallet::<T>::step(id).map_err(DispatchError::from)?;
	Ok(())
}

/// What a panel says, and what some jurors and other jurors find instead. No two are alike.
const ANSWER: u8 = 0b0000_0101;
const FOUND: u8 = 0b0000_1010;
const OTHER: u8 = 0b0110_0000;

/// Says something of the longest output that travels in a reveal.
fn says(word: u8) -> Reveal {
	let output = vec![word; MAX_INLINE_OUTPUT as usize];
	Reveal {
		answer: Answer {
			status: Status::Ok,
			output_hash: H256(sp_io::hashing::sha2_256(&output)),
			fingerprint: [word; 32],
			statement: H256::repeat_byte(9),
		},
		salt: SALT,
		output: BoundedVec::truncate_from(output),
	}
}

/// Says the answer of the panel without its output.
fn says_alone() -> Reveal {
	Reveal {
		output: InlineOutput::default(),
		..says(ANSWER)
	}
}

fn seats<T: Config>(id: JobId, round: Round) -> Result<Vec<SeatOf<T>>, BenchmarkError> {
	let panel = Panels::<T>::get(id, round).ok_or("the panel was drawn")?;
	Ok(panel.into_inner())
}

fn commitment_of<T: Config>(
	id: JobId,
	round: Round,
	seat: &SeatOf<T>,
	word: u8,
) -> Result<H256, BenchmarkError> {
	let job = Jobs::<T>::get(id).ok_or("the job is open")?;
	Ok(commitment(
		job.request_hash,
		&key_hash(&seat.key).0,
		round,
		&says(word).answer,
		SALT,
	))
}

fn step_of<T: Config>(id: JobId, round: Round, seat: &SeatOf<T>) -> Result<Step, BenchmarkError> {
	let job = Jobs::<T>::get(id).ok_or("the job is open")?;
	Ok(Step {
		job: id,
		request_hash: job.request_hash,
		round,
		worker: key_hash(&seat.key),
		at: at::<T>(),
	})
}

/// All seats of a panel but the last one commit; answers with that one.
fn commit_but_one<T: Config>(id: JobId, round: Round) -> Result<SeatOf<T>, BenchmarkError> {
	let mut seats = seats::<T>(id, round)?;
	let last = seats.pop().ok_or("the panel has seats")?;
	for seat in seats {
		let hash = commitment_of::<T>(id, round, &seat, ANSWER)?;
		Pallet::<T>::do_commit_signed(seat.worker, id, hash)?;
	}
	Ok(last)
}

fn commit_all<T: Config>(id: JobId, round: Round) -> Result<(), BenchmarkError> {
	let last = commit_but_one::<T>(id, round)?;
	let hash = commitment_of::<T>(id, round, &last, ANSWER)?;
	Ok(Pallet::<T>::do_commit_signed(last.worker, id, hash)?)
}

/// All seats of a panel but the last one show their answers; answers with that one.
fn reveal_but_one<T: Config>(
	id: JobId,
	round: Round,
	shown: Reveal,
) -> Result<SeatOf<T>, BenchmarkError> {
	let mut seats = seats::<T>(id, round)?;
	let last = seats.pop().ok_or("the panel has seats")?;
	for seat in seats {
		Pallet::<T>::do_reveal_signed(seat.worker, id, shown.clone())?;
	}
	Ok(last)
}

fn reveal_all<T: Config>(id: JobId, round: Round, shown: Reveal) -> Result<(), BenchmarkError> {
	let last = reveal_but_one::<T>(id, round, shown.clone())?;
	Ok(Pallet::<T>::do_reveal_signed(last.worker, id, shown)?)
}

/// A job of five that all have committed.
fn committed<T: Config>(workers: u32) -> Result<JobId, BenchmarkError> {
	let id = asked::<T>(workers)?;
	step::<T>(id)?;
	commit_all::<T>(id, Round::Main)?;
	Ok(id)
}

/// A job of five that all have answered alike.
fn answered<T: Config>(workers: u32, shown: Reveal) -> Result<JobId, BenchmarkError> {
	let id = committed::<T>(workers)?;
	reveal_all::<T>(id, Round::Main, shown)?;
	assert!(matches!(phase::<T>(id)?, Phase::Resolved { .. }));
	Ok(id)
}

/// An answered job that somebody disputes.
fn disputed<T: Config>(workers: u32) -> Result<JobId, BenchmarkError> {
	let id = answered::<T>(workers, says(ANSWER))?;
	let challenger = rich::<T>("challenger", 0);
	Pallet::<T>::dispute(signed::<T>(&challenger), id, Ground::Wrong)?;
	Ok(id)
}

/// A disputed job with a jury of nine, of as few workers as give one.
fn judged<T: Config>() -> Result<JobId, BenchmarkError> {
	let id = disputed::<T>(SEATS + MAX_JURY)?;
	step::<T>(id)?;
	assert_eq!(seats::<T>(id, Round::Jury)?.len() as u32, MAX_JURY);
	Ok(id)
}

/// Two thirds of the jury find something else, and the others something else again.
fn overturned<T: Config>(id: JobId) -> Result<(), BenchmarkError> {
	let jury = seats::<T>(id, Round::Jury)?;
	let words = [FOUND, FOUND, OTHER].into_iter().cycle();
	for (seat, word) in jury.iter().zip(words.clone()) {
		let hash = commitment_of::<T>(id, Round::Jury, seat, word)?;
		Pallet::<T>::do_commit_signed(seat.worker.clone(), id, hash)?;
	}
	for (seat, word) in jury.iter().zip(words) {
		Pallet::<T>::do_reveal_signed(seat.worker.clone(), id, says(word))?;
	}
	Ok(())
}

fn receipt_of<T: Config>(id: JobId) -> Result<ReceiptId, BenchmarkError> {
	let job = Jobs::<T>::get(id).ok_or("the job is open")?;
	Ok(job.receipt.ok_or("the job is answered")?)
}

/// The phase in which the answer of a quorum can be disputed from this block on.
fn resolved_now<T: Config>(id: JobId) -> Result<Phase<BlockNumberFor<T>>, BenchmarkError> {
	let job = Jobs::<T>::get(id).ok_or("the job is open")?;
	let window = Pallet::<T>::challenge_window(job.price.escrow(job.mode));
	let until = now::<T>().saturating_add(window);
	Ok(Phase::Resolved { until })
}

/// The chain of the tests, on a node that can make keys.
#[cfg(test)]
fn with_keys() -> sp_io::TestExternalities {
	use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
	let mut chain = crate::mock::new_test_ext();
	chain.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	chain
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// There is one path: a proof is checked, bond and deposit are held.
	#[benchmark]
	fn register_worker() -> Result<(), BenchmarkError> {
		let who = rich::<T>("worker", 0);
		let (key, proof) = key::<T>(&who)?;

		#[extrinsic_call]
		_(
			RawOrigin::Signed(who.clone()),
			key.clone(),
			proof,
			bond::<T>(),
		);

		assert!(KeyOwners::<T>::get(key) == Some(who));
		Ok(())
	}

	// There is one path: the old key's entry goes, the new one's comes.
	#[benchmark]
	fn set_worker_key() -> Result<(), BenchmarkError> {
		let (who, old) = worker::<T>()?;
		let (key, proof) = key::<T>(&who)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), key.clone(), proof);

		assert!(!KeyOwners::<T>::contains_key(old));
		assert!(KeyOwners::<T>::get(key) == Some(who));
		Ok(())
	}

	// All withdrawals that there can be wait, so the record is as long as it gets.
	#[benchmark]
	fn bond_more() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;
		for _ in 0..MAX_UNBONDING {
			Pallet::<T>::unbond(signed::<T>(&who), 1)?;
		}
		let before = T::Currency::balance_on_hold(&HoldReason::Bond.into(), &who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), 1);

		let after = T::Currency::balance_on_hold(&HoldReason::Bond.into(), &who);
		assert_eq!(after, before + 1);
		Ok(())
	}

	// It is the last withdrawal that there is room for.
	#[benchmark]
	fn unbond() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;
		for _ in 1..MAX_UNBONDING {
			Pallet::<T>::unbond(signed::<T>(&who), 1)?;
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), 1);

		let record = Workers::<T>::get(&who).ok_or("the worker exists")?;
		assert!(record.unbonding.is_full());
		Ok(())
	}

	// All withdrawals that there can be are over.
	#[benchmark]
	fn withdraw_unbonded() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;
		for _ in 0..MAX_UNBONDING {
			Pallet::<T>::unbond(signed::<T>(&who), 1)?;
		}
		forward::<T>(Pallet::<T>::unbonding_period());

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert_last::<T>(Event::BondWithdrawn {
			worker: who,
			amount: MAX_UNBONDING.into(),
		});
		Ok(())
	}

	// As many workers as possible serve the listing, so one makes room: all are asked for their bond.
	// The version takes a licence, and the one that gives the right is the last of a full holding.
	#[benchmark]
	fn serve() -> Result<(), BenchmarkError> {
		let Scene { listing, .. } = scene::<T>(Serving::Licensed);
		crowd::<T>(listing, MAX_SERVING)?;
		let (who, _) = worker::<T>()?;
		Pallet::<T>::bond_more(signed::<T>(&who), 1)?;
		T::BenchmarkHelper::license(&who, listing);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), listing, T::MinReward::get());

		let asks = Asks::<T>::get(listing);
		assert!(asks.is_full());
		assert!(asks.iter().any(|ask| ask.worker == who));
		Ok(())
	}

	// The worker is the last of a full list.
	#[benchmark]
	fn stop_serving() -> Result<(), BenchmarkError> {
		let Scene { listing, .. } = scene::<T>(Serving::Anyone);
		crowd::<T>(listing, MAX_SERVING - 1)?;
		let (who, _) = worker::<T>()?;
		Pallet::<T>::serve(signed::<T>(&who), listing, T::MinReward::get())?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), listing);

		assert_eq!(Asks::<T>::get(listing).len() as u32, MAX_SERVING - 1);
		assert_last::<T>(Event::ServingEnded {
			worker: who,
			listing,
		});
		Ok(())
	}

	// There is one path.
	#[benchmark]
	fn pause() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		let record = Workers::<T>::get(&who).ok_or("the worker exists")?;
		assert_eq!(record.availability.now, Availability::Paused);
		Ok(())
	}

	// There is one path.
	#[benchmark]
	fn resume() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;
		Pallet::<T>::pause(signed::<T>(&who))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		let record = Workers::<T>::get(&who).ok_or("the worker exists")?;
		assert_eq!(record.availability.now, Availability::Active);
		Ok(())
	}

	// There is one path.
	#[benchmark]
	fn remove_worker() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;
		Pallet::<T>::unbond(signed::<T>(&who), bond::<T>())?;
		forward::<T>(Pallet::<T>::unbonding_period());
		Pallet::<T>::withdraw_unbonded(signed::<T>(&who))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(!Workers::<T>::contains_key(&who));
		Ok(())
	}

	// The owner's worker is seated at once, and it is the last of a full list; the call has the
	// longest royalty table; the deadline finds room in the last queue only.
	#[benchmark]
	fn request() -> Result<(), BenchmarkError> {
		let Scene {
			owner,
			listing,
			offer,
		} = scene::<T>(Serving::Anyone);
		crowd::<T>(listing, MAX_SERVING - 1)?;
		register::<T>(&owner)?;
		add_ask::<T>(&owner, listing)?;
		let requester = rich::<T>("requester", 0);
		let terms = T::Listings::version_terms(listing, 1).ok_or("the version is listed")?;
		let window = Pallet::<T>::commit_window(&terms.answers);
		let until = now::<T>().saturating_add(window);
		crowd_queues::<T>(until.saturating_add(One::one()));
		NextDue::<T>::put(now::<T>().saturating_add(One::one()));
		let id = NextJob::<T>::get();

		#[extrinsic_call]
		_(
			RawOrigin::Signed(requester),
			listing,
			1,
			Mode::Owner,
			Access::Offer(offer),
			T::MinReward::get(),
			input(),
			H256::repeat_byte(1),
		);

		assert_eq!(seats::<T>(id, Round::Main)?.len(), 1);
		Ok(())
	}

	// The last juror of nine commits, which opens the window to reveal; its deadline finds room in
	// the last queue only.
	#[benchmark]
	fn commit() -> Result<(), BenchmarkError> {
		let id = judged::<T>()?;
		let seat = commit_but_one::<T>(id, Round::Jury)?;
		let step = step_of::<T>(id, Round::Jury, &seat)?;
		let hash = commitment_of::<T>(id, Round::Jury, &seat, ANSWER)?;
		let signature = sign::<T>(&seat.key, COMMIT_DOMAIN, (step, hash))?;
		let next = Pallet::<T>::reveal_phase(Round::Jury, Window::First);
		crowd_queues::<T>(Pallet::<T>::due(&next));

		#[extrinsic_call]
		_(RawOrigin::Authorized, step, hash, signature);

		assert!(matches!(phase::<T>(id)?, Phase::JuryRevealing { .. }));
		Ok(())
	}

	// The last juror of nine, so that all seats are looked at.
	#[benchmark]
	fn authorize_commit() -> Result<(), BenchmarkError> {
		let id = judged::<T>()?;
		let seat = commit_but_one::<T>(id, Round::Jury)?;
		let step = step_of::<T>(id, Round::Jury, &seat)?;
		let hash = commitment_of::<T>(id, Round::Jury, &seat, ANSWER)?;
		let signature = sign::<T>(&seat.key, COMMIT_DOMAIN, (step, hash))?;
		let valid;

		#[block]
		{
			let source = TransactionSource::External;
			valid = Pallet::<T>::authorize_commit(source, &step, &hash, &signature);
		}

		assert!(valid.is_ok());
		Ok(())
	}

	// The last of five is the only one that shows the longest output, so it is looked for with all;
	// the answers are compared, the receipt is written and the window to dispute opens; its deadline
	// finds room in the last queue only. A jury has more seats and writes less.
	#[benchmark]
	fn reveal() -> Result<(), BenchmarkError> {
		let id = committed::<T>(SEATS)?;
		let seat = reveal_but_one::<T>(id, Round::Main, says_alone())?;
		let step = step_of::<T>(id, Round::Main, &seat)?;
		let shown = says(ANSWER);
		let signature = sign::<T>(&seat.key, REVEAL_DOMAIN, (step, &shown))?;
		crowd_queues::<T>(Pallet::<T>::due(&resolved_now::<T>(id)?));

		#[extrinsic_call]
		_(RawOrigin::Authorized, step, shown, signature);

		assert!(matches!(phase::<T>(id)?, Phase::Resolved { .. }));
		assert!(Receipts::<T>::contains_key(receipt_of::<T>(id)?));
		Ok(())
	}

	// The last juror of nine shows the longest output, which is hashed before the signature is looked
	// at.
	#[benchmark]
	fn authorize_reveal() -> Result<(), BenchmarkError> {
		let id = judged::<T>()?;
		commit_all::<T>(id, Round::Jury)?;
		let seat = reveal_but_one::<T>(id, Round::Jury, says(ANSWER))?;
		let step = step_of::<T>(id, Round::Jury, &seat)?;
		let shown = says(ANSWER);
		let signature = sign::<T>(&seat.key, REVEAL_DOMAIN, (step, &shown))?;
		let valid;

		#[block]
		{
			let source = TransactionSource::External;
			valid = Pallet::<T>::authorize_reveal(source, &step, &shown, &signature);
		}

		assert!(valid.is_ok());
		Ok(())
	}

	// There is one path.
	#[benchmark]
	fn heartbeat() -> Result<(), BenchmarkError> {
		let (who, key) = worker::<T>()?;
		forward::<T>(T::HeartbeatWindow::get());
		let at = at::<T>();
		let signature = sign::<T>(&key, HEARTBEAT_DOMAIN, (&key, at))?;

		#[extrinsic_call]
		_(RawOrigin::Authorized, key, at, signature);

		let record = Workers::<T>::get(&who).ok_or("the worker exists")?;
		assert!(record.seen == now::<T>());
		Ok(())
	}

	// It is due and signed, so nothing cuts the check short.
	#[benchmark]
	fn authorize_heartbeat() -> Result<(), BenchmarkError> {
		let (_, key) = worker::<T>()?;
		forward::<T>(T::HeartbeatWindow::get());
		let at = at::<T>();
		let signature = sign::<T>(&key, HEARTBEAT_DOMAIN, (&key, at))?;
		let valid;

		#[block]
		{
			let source = TransactionSource::External;
			valid = Pallet::<T>::authorize_heartbeat(source, &key, &at, &signature);
		}

		assert!(valid.is_ok());
		Ok(())
	}

	// As `commit`; the juror is looked for in all panels.
	#[benchmark]
	fn commit_signed() -> Result<(), BenchmarkError> {
		let id = judged::<T>()?;
		let seat = commit_but_one::<T>(id, Round::Jury)?;
		let hash = commitment_of::<T>(id, Round::Jury, &seat, ANSWER)?;
		let next = Pallet::<T>::reveal_phase(Round::Jury, Window::First);
		crowd_queues::<T>(Pallet::<T>::due(&next));

		#[extrinsic_call]
		_(RawOrigin::Signed(seat.worker), id, hash);

		assert!(matches!(phase::<T>(id)?, Phase::JuryRevealing { .. }));
		Ok(())
	}

	// As `reveal`.
	#[benchmark]
	fn reveal_signed() -> Result<(), BenchmarkError> {
		let id = committed::<T>(SEATS)?;
		let seat = reveal_but_one::<T>(id, Round::Main, says_alone())?;
		crowd_queues::<T>(Pallet::<T>::due(&resolved_now::<T>(id)?));

		#[extrinsic_call]
		_(RawOrigin::Signed(seat.worker), id, says(ANSWER));

		assert!(matches!(phase::<T>(id)?, Phase::Resolved { .. }));
		assert!(Receipts::<T>::contains_key(receipt_of::<T>(id)?));
		Ok(())
	}

	// There is one path.
	#[benchmark]
	fn heartbeat_signed() -> Result<(), BenchmarkError> {
		let (who, _) = worker::<T>()?;
		forward::<T>(T::HeartbeatWindow::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		let record = Workers::<T>::get(&who).ok_or("the worker exists")?;
		assert!(record.seen == now::<T>());
		Ok(())
	}

	// The ground is one for which the receipt is read; as many workers as possible serve the listing,
	// each of whom is asked whether it could judge; the deadline finds room in the last queue only.
	#[benchmark]
	fn dispute() -> Result<(), BenchmarkError> {
		let id = answered::<T>(MAX_SERVING, says_alone())?;
		let challenger = rich::<T>("challenger", 0);
		let next = Phase::Summoning { since: now::<T>() };
		crowd_queues::<T>(Pallet::<T>::due(&next));

		#[extrinsic_call]
		_(RawOrigin::Signed(challenger), id, Ground::Unavailable);

		assert!(phase::<T>(id)? == next);
		Ok(())
	}

	// A third account calls, so caller and buyer are two accounts; the output is in the index.
	#[benchmark]
	fn prune_receipt() -> Result<(), BenchmarkError> {
		let id = answered::<T>(SEATS, says(ANSWER))?;
		let receipt = receipt_of::<T>(id)?;
		step::<T>(id)?;
		step::<T>(id)?;
		forward::<T>(T::ReceiptLifetime::get());
		let caller = rich::<T>("caller", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), receipt);

		assert!(!Receipts::<T>::contains_key(receipt));
		assert_eq!(ReceiptsOf::<T>::iter().count(), 0);
		assert_eq!(ReceiptsByOutput::<T>::iter().count(), 0);
		Ok(())
	}

	// The block is the first of an epoch, so what was noted two blocks ago is looked at as well.
	#[benchmark]
	fn note_randomness() -> Result<(), BenchmarkError> {
		forward::<T>(2u32.into());
		let this = now::<T>();
		let block = this.saturating_sub(One::one());
		let before = block.saturating_sub(One::one());
		let noted = BlockRandomness {
			block: before,
			output: Some([1; 32]),
		};
		Randomness::<T>::insert(slot::<T>(before), noted);
		T::BenchmarkHelper::begin_epoch();

		#[block]
		{
			Pallet::<T>::note_randomness(this);
		}

		assert!(Randomness::<T>::get(slot::<T>(block)).is_some_and(|kept| kept.block == block));
		Ok(())
	}

	// A jury of nine is drawn of the `n` who serve the listing, five of whom answered: no other panel
	// has as many seats, and for no other are as many accounts compared. The deadline finds room in
	// the last queue only. Anyone may serve: licences are charged on top.
	#[benchmark]
	fn draw(n: Linear<{ SEATS + MAX_JURY }, MAX_SERVING>) -> Result<(), BenchmarkError> {
		let id = disputed::<T>(n)?;
		until_due::<T>(id)?;
		let job = Jobs::<T>::get(id).ok_or("the job is open")?;
		let window = Pallet::<T>::second_window(&job.answers);
		let until = now::<T>().saturating_add(window);
		crowd_queues::<T>(Pallet::<T>::due(&Phase::JuryCommitting { until }));
		let done;

		#[block]
		{
			done = Pallet::<T>::step(id);
		}

		assert!(done.is_ok());
		assert_eq!(seats::<T>(id, Round::Jury)?.len() as u32, MAX_JURY);
		Ok(())
	}

	// Four of five have shown the answer, the last of them with the longest output, and the fifth lets
	// the window pass, so the answers are compared, the receipt is written and the window to dispute
	// opens; its deadline finds room in the last queue only.
	#[benchmark]
	fn resolve() -> Result<(), BenchmarkError> {
		let id = committed::<T>(SEATS)?;
		for (index, seat) in (2..).zip(seats::<T>(id, Round::Main)?) {
			let shown = match index {
				SEATS => says(ANSWER),
				late if late > SEATS => break,
				_ => says_alone(),
			};
			Pallet::<T>::do_reveal_signed(seat.worker, id, shown)?;
		}
		until_due::<T>(id)?;
		crowd_queues::<T>(Pallet::<T>::due(&resolved_now::<T>(id)?));
		let done;

		#[block]
		{
			done = Pallet::<T>::step(id);
		}

		assert!(done.is_ok());
		assert!(matches!(phase::<T>(id)?, Phase::Resolved { .. }));
		Ok(())
	}

	// The answer stood against a challenger: five workers are paid, each with a fee to burn and one
	// for the treasury, nine jurors are paid, and the rest of the challenger's bond is burned. All
	// have shown the longest output, which goes.
	#[benchmark]
	fn close() -> Result<(), BenchmarkError> {
		let id = judged::<T>()?;
		commit_all::<T>(id, Round::Jury)?;
		reveal_all::<T>(id, Round::Jury, says(ANSWER))?;
		let receipt = receipt_of::<T>(id)?;
		until_due::<T>(id)?;
		let done;

		#[block]
		{
			done = Pallet::<T>::step(id);
		}

		assert!(done.is_ok());
		assert!(!Jobs::<T>::contains_key(id));
		let record = Receipts::<T>::get(receipt)
			.ok_or("the receipt stays")?
			.record;
		assert_eq!(record.state, ReceiptState::Final);
		Ok(())
	}

	// The answer fell: five workers are slashed, six jurors and a challenger who is not the requester
	// are paid out of that, the rest of each slash is burned, and so is what three jurors lose who
	// found something else again. All have shown the longest output, which goes.
	#[benchmark]
	fn close_overturned() -> Result<(), BenchmarkError> {
		let id = judged::<T>()?;
		overturned::<T>(id)?;
		let receipt = receipt_of::<T>(id)?;
		until_due::<T>(id)?;
		let done;

		#[block]
		{
			done = Pallet::<T>::step(id);
		}

		assert!(done.is_ok());
		assert!(!Jobs::<T>::contains_key(id));
		let record = Receipts::<T>::get(receipt)
			.ok_or("the receipt stays")?
			.record;
		assert_eq!(record.state, ReceiptState::Refunded);
		Ok(())
	}

	// The entry is of a job that exists and is due later, so the whole job is read in vain.
	#[benchmark]
	fn queue_visit() -> Result<(), BenchmarkError> {
		let id = answered::<T>(SEATS, says(ANSWER))?;
		let block = now::<T>();
		Due::<T>::insert(block, BoundedVec::truncate_from(vec![id]));
		NextDue::<T>::put(block);

		#[block]
		{
			Pallet::<T>::work_off(block);
		}

		assert!(!Due::<T>::contains_key(block));
		assert!(NextDue::<T>::get() > block);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::benchmarking::with_keys(), crate::mock::Test);
}
