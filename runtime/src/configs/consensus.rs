//! Who makes and finalises blocks, and what happens when they contradict themselves.

use alloc::vec::Vec;

use frame_support::{
	ensure,
	storage::{with_transaction_unchecked, TransactionOutcome},
	traits::{ConstU128, ConstU32, ConstU64, KeyOwnerProofSystem},
};
use pallet_session::{
	historical::{self, IdentificationTuple, NoteHistoricalRoot},
	CurrentIndex, NextKeys,
};
use sp_core::crypto::KeyTypeId;
use sp_runtime::traits::{Convert, ConvertInto, OpaqueKeys};
use sp_session::MembershipProof;
use sp_staking::offence::{Offence, OffenceError, ReportOffence};

use crate::{
	constants::{
		currency::WGH,
		time::{EPOCH_DURATION, PROVABLE_SESSIONS, SLOT_DURATION},
	},
	AccountId, Babe, Balances, Grandpa, Historical, Offences, Runtime, RuntimeEvent, Session,
	SessionKeys, Validators,
};

/// For how many blocks an equivocation report may wait in a pool.
const REPORT_LONGEVITY: u64 = EPOCH_DURATION.saturating_mul(168);
const _: () = assert!(
	PROVABLE_SESSIONS == 168,
	"reports live as long as their proofs"
);

type ReportLongevity = ConstU64<REPORT_LONGEVITY>;
type MaxAuthorities = ConstU32<100>;

impl pallet_babe::Config for Runtime {
	type DisabledValidators = Session;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type EpochDuration = ConstU64<EPOCH_DURATION>;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, OncePerSession, KeyOwners, ReportLongevity>;
	type ExpectedBlockTime = ConstU64<SLOT_DURATION>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	// The pallet makes no other weights public. They count a slower database, so a report costs more
	// than it needs to, and never less.
	type WeightInfo = ();
}

impl pallet_grandpa::Config for Runtime {
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, OncePerSession, KeyOwners, ReportLongevity>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	// With none, every report after the first change of the set would be refused. A report on a set
	// needs the session of the one before, too.
	type MaxSetIdSessionEntries = ConstU64<170>;
	type RuntimeEvent = RuntimeEvent;
	// As above.
	type WeightInfo = ();
}

impl pallet_authorship::Config for Runtime {
	type EventHandler = ();
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
}

impl pallet_session::Config for Runtime {
	type Currency = Balances;
	// Who is disabled first leaves first, so nobody takes its place.
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type KeyDeposit = ConstU128<WGH>;
	type Keys = SessionKeys;
	type NextSessionRotation = Babe;
	type RuntimeEvent = RuntimeEvent;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type SessionManager = NoteHistoricalRoot<Self, Validators>;
	type ShouldEndSession = Babe;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
}

impl historical::Config for Runtime {
	type FullIdentification = ();
	type FullIdentificationOf = NothingMore;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_offences::Config for Runtime {
	type IdentificationTuple = IdentificationTuple<Self>;
	type OnOffenceHandler = Validators;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_validators::Config for Runtime {
	type MaxValidators = MaxAuthorities;
	type ProvableSessions = ConstU32<PROVABLE_SESSIONS>;
	type WeightInfo = crate::weights::pallet_validators::WeightInfo<Runtime>;
}

type Offender = IdentificationTuple<Runtime>;

/// The offences, of which each validator's are heard once in a session: reports are free.
pub struct OncePerSession;

impl<O: Offence<Offender>> ReportOffence<AccountId, Offender, O> for OncePerSession
where
	Offences: ReportOffence<AccountId, Offender, O>,
{
	fn report_offence(reporters: Vec<AccountId>, offence: O) -> Result<(), OffenceError> {
		// Whatever fails undoes the whole report.
		let heard = offence
			.offenders()
			.iter()
			.all(|(who, ())| Validators::hear_of(who));
		ensure!(heard, OffenceError::DuplicateReport);
		Offences::report_offence(reporters, offence)
	}

	fn is_known_offence(offenders: &[Offender], slot: &O::Slot) -> bool {
		!offenders.iter().all(|(who, ())| Validators::hears_of(who))
			|| <Offences as ReportOffence<AccountId, Offender, O>>::is_known_offence(
				offenders, slot,
			)
	}
}

/// The most nodes that a proof of whose key it is may have: some three times what one has among a
/// hundred validators. Whatever a sender adds would be hashed before it is refused.
pub const PROOF_NODES: usize = 64;

/// Who has which key in the session that runs. Whoever sets other keys meanwhile, which count in a
/// later one, answers for those that it has, and voids nobody's proof.
pub struct KeyOwners;

impl<D: AsRef<[u8]>> KeyOwnerProofSystem<(KeyTypeId, D)> for KeyOwners {
	type IdentificationTuple = Offender;
	type Proof = MembershipProof;

	fn prove(key: (KeyTypeId, D)) -> Option<MembershipProof> {
		aside(|| {
			set_running_keys();
			Historical::prove(key)
		})
	}

	fn check_proof(key: (KeyTypeId, D), proof: MembershipProof) -> Option<Offender> {
		if proof.trie_nodes.len() > PROOF_NODES {
			return None;
		}
		aside(|| {
			let now = Session::current_index();
			if proof.session == now {
				// As of a past session: by the root that was noted when the keys were queued. The first
				// two sessions have none.
				match Historical::historical_root(now) {
					Some(_) => CurrentIndex::<Runtime>::put(now.saturating_add(1)),
					None => set_running_keys(),
				}
			}
			Historical::check_proof(key, proof)
		})
	}
}

/// Makes the keys of this session those that its validators have set.
fn set_running_keys() {
	for ((who, (babe, _)), (grandpa, _)) in Session::validators()
		.into_iter()
		.zip(Babe::authorities())
		.zip(Grandpa::grandpa_authorities())
	{
		NextKeys::<Runtime>::insert(who, SessionKeys { babe, grandpa });
	}
}

/// What `look` finds, with all that it changes undone.
fn aside<R>(look: impl FnOnce() -> R) -> R {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(look()))
}

/// A validator is known by its account alone. It always answers, since a proof of a past session
/// is rebuilt through it.
pub struct NothingMore;

impl Convert<AccountId, Option<()>> for NothingMore {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}
