//! Who makes and finalises blocks, and what happens when they contradict themselves.

use alloc::vec::Vec;

use frame_support::traits::{ConstU128, ConstU32, ConstU64};
use pallet_session::historical::{self, IdentificationTuple, NoteHistoricalRoot};
use sp_runtime::traits::{Convert, ConvertInto, OpaqueKeys};
use sp_staking::SessionIndex;

use crate::{
	constants::{
		currency::WGH,
		time::{EPOCH_SLOTS, PROVABLE_SESSIONS, SLOT_DURATION},
	},
	AccountId, Babe, Balances, Historical, Offences, Runtime, RuntimeEvent, Session, SessionKeys,
};

/// The epoch length as BABE takes it.
const EPOCH_DURATION: u64 = 150;
const _: () = assert!(EPOCH_SLOTS == 150, "one epoch length in both types");
/// How many blocks old an equivocation report may be.
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
		pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
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
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	// With none, every report after the first change of the set would be refused.
	type MaxSetIdSessionEntries = ConstU64<168>;
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
	type DisablingStrategy = pallet_session::disabling::UpToLimitWithReEnablingDisablingStrategy;
	type KeyDeposit = ConstU128<WGH>;
	type Keys = SessionKeys;
	type NextSessionRotation = Babe;
	type RuntimeEvent = RuntimeEvent;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type SessionManager = NoteHistoricalRoot<Self, GenesisValidators>;
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
	type OnOffenceHandler = ();
	type RuntimeEvent = RuntimeEvent;
}

/// A validator is known by its account alone. It always answers, since a proof of a past session
/// is rebuilt through it.
pub struct NothingMore;

impl Convert<AccountId, Option<()>> for NothingMore {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// Keeps the validators of genesis, and forgets sessions that nobody can report on any more.
///
/// A session's root commits to the keys that its validators have in it, so that an offence is proven
/// against them. A validator that purged its keys has left the set.
pub struct GenesisValidators;

impl GenesisValidators {
	/// Whether `keys`, which count in the session before `index`, are those of the last root that was
	/// noted, and still count in `index`.
	fn root_holds_for(index: SessionIndex, keys: &[(AccountId, SessionKeys)]) -> bool {
		let noted = Historical::historical_root(index.saturating_sub(1)).is_some();
		let same = |(account, keys): &(AccountId, SessionKeys)| {
			Session::load_keys(account).as_ref() == Some(keys)
		};
		noted && keys.iter().all(same)
	}
}

impl pallet_session::SessionManager<AccountId> for GenesisValidators {
	fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
		None
	}

	fn start_session(index: SessionIndex) {
		if let Some(oldest) = index.checked_sub(PROVABLE_SESSIONS) {
			Historical::prune_up_to(oldest);
		}
	}

	fn end_session(_: SessionIndex) {}
}

impl historical::SessionManager<AccountId, ()> for GenesisValidators {
	// Naming the same validators again is what makes a new root; with none, the last one goes on.
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		let keys = Session::queued_keys();
		if Self::root_holds_for(index, &keys) {
			return None;
		}
		let validators: Vec<_> = keys
			.into_iter()
			.filter(|(account, _)| Session::load_keys(account).is_some())
			.map(|(account, _)| (account, ()))
			.collect();
		(!validators.is_empty()).then_some(validators)
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<AccountId>>::start_session(index)
	}

	fn end_session(_: SessionIndex) {}
}
