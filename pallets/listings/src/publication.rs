//! Publishing: what a new listing or version must look like, and how it is stored.

use alloc::vec::Vec;
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{Consideration, Footprint, Get},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{DispatchError, TokenError};
use weighhouse_primitives::{
	content::ContentIdError,
	royalty::MAX_DIRECT,
	sealing::{Recipient, RecipientError, TextError},
	AnswerClass, Answers, ContentId, Kind, LicenceCheck, ListingId, OwnershipChange, VersionNumber,
};

use crate::*;

/// A version that passed every check, and what storing it touches.
pub(crate) struct Draft<T: Config> {
	pub version: VersionOf<T>,
	pub parents: Vec<LoadedParent<T>>,
	pub claim: Option<H256>,
}

/// A parent as it was read for the checks, with its new child counted, so that it is not read again.
pub(crate) struct LoadedParent<T: Config> {
	pub listing: ListingId,
	pub number: VersionNumber,
	pub version: VersionOf<T>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(
		owner: T::AccountId,
		kind: Kind,
		name: TextArgument,
		task: TextArgument,
		publication: Publication,
	) -> DispatchResult {
		let name = Self::checked_name(name)?;
		let task = Self::checked_task(task)?;
		let listing = NextListing::<T>::get();
		let next = listing.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;
		let draft = Self::checked_draft(&owner, listing, publication)?;

		Self::use_claim(&owner, draft.claim)?;
		let bytes = Self::record_bytes(&name, &task)
			.checked_add(Self::version_bytes(&draft.version))
			.ok_or(Error::<T>::CounterAtLimit)?;
		let ticket = T::ListingDeposit::new(&owner, Self::footprint(1, bytes))
			.map_err(Self::afford_error)?;
		let record = Listing {
			owner: owner.clone(),
			kind,
			name,
			task,
			versions: 1,
			live_versions: 1,
			dependants: 0,
			proposed_owner: None,
			bytes,
			ticket,
		};
		NextListing::<T>::put(next);
		Listings::<T>::insert(listing, record);
		Self::deposit_event(Event::Registered {
			listing,
			owner,
			kind,
		});
		Self::store_version(listing, 1, draft);
		Ok(())
	}

	pub(crate) fn do_add_version(
		owner: T::AccountId,
		listing: ListingId,
		publication: Publication,
	) -> DispatchResult {
		let record = Self::owned_listing(&owner, listing)?;
		ensure!(
			record.versions < T::MaxVersions::get(),
			Error::<T>::TooManyVersions
		);
		let number = record
			.versions
			.checked_add(1)
			.ok_or(Error::<T>::TooManyVersions)?;
		let draft = Self::checked_draft(&owner, listing, publication)?;

		Self::use_claim(&owner, draft.claim)?;
		let live_versions = record
			.live_versions
			.checked_add(1)
			.ok_or(Error::<T>::CounterAtLimit)?;
		let bytes = record
			.bytes
			.checked_add(Self::version_bytes(&draft.version))
			.ok_or(Error::<T>::CounterAtLimit)?;
		let ticket = record
			.ticket
			.update(&owner, Self::footprint(live_versions, bytes))
			.map_err(Self::afford_error)?;
		Listings::<T>::insert(
			listing,
			Listing {
				versions: number,
				live_versions,
				bytes,
				ticket,
				..record
			},
		);
		Self::store_version(listing, number, draft);
		Ok(())
	}

	pub(crate) fn do_yank(
		owner: T::AccountId,
		listing: ListingId,
		number: VersionNumber,
	) -> DispatchResult {
		Self::owned_listing(&owner, listing)?;
		Versions::<T>::try_mutate(listing, number, |version| {
			let version = version.as_mut().ok_or(Error::<T>::UnknownVersion)?;
			ensure!(!version.yanked, Error::<T>::AlreadyYanked);
			version.yanked = true;
			Ok::<_, DispatchError>(())
		})?;
		Self::deposit_event(Event::Yanked {
			listing,
			version: number,
		});
		Ok(())
	}

	/// The listing, if `owner` owns it.
	pub(crate) fn owned_listing(
		owner: &T::AccountId,
		listing: ListingId,
	) -> Result<ListingOf<T>, Error<T>> {
		let record = Listings::<T>::get(listing).ok_or(Error::<T>::UnknownListing)?;
		ensure!(record.owner == *owner, Error::<T>::NotOwner);
		Ok(record)
	}

	/// What the deposit of a listing with so many standing versions is for.
	pub(crate) fn footprint(live_versions: u32, bytes: u32) -> Footprint {
		Footprint {
			count: u64::from(live_versions).saturating_add(1),
			size: u64::from(bytes),
		}
	}

	/// Bytes of a listing's own record. Fixed-size parts count in full, so that a later proposal of
	/// another owner does not change them.
	pub(crate) fn record_bytes(name: &Name, task: &Task) -> u32 {
		let unused = (MAX_NAME.saturating_sub(Self::count(name.len())))
			.saturating_add(MAX_TASK.saturating_sub(Self::count(task.len())));
		Self::count(ListingOf::<T>::max_encoded_len()).saturating_sub(unused)
	}

	/// Bytes of a version, its places in `RootOrder` and `Roots` included, keys and all.
	pub(crate) fn version_bytes(version: &VersionOf<T>) -> u32 {
		let hashed_root = 16_usize.saturating_add(H256::max_encoded_len());
		let places = hashed_root
			.saturating_mul(2)
			.saturating_add(Precedence::max_encoded_len())
			.saturating_add(EarliestVersion::<BlockNumberFor<T>>::max_encoded_len());
		Self::count(version.encoded_size().saturating_add(places))
	}

	/// A length as the numbers that weights and deposits are made of.
	pub(crate) fn count(length: usize) -> u32 {
		u32::try_from(length).unwrap_or(u32::MAX)
	}

	/// Names a lack of money after what it means here.
	pub(crate) fn afford_error(error: DispatchError) -> DispatchError {
		match error {
			DispatchError::Token(TokenError::FundsUnavailable) => Error::<T>::BalanceTooLow.into(),
			other => other,
		}
	}

	pub(crate) fn register_weight(parents: usize, text: usize) -> Weight {
		let parents = Self::count(parents);
		T::WeightInfo::register(parents, Self::count(text))
			.saturating_add(Self::licence_weight(parents))
	}

	pub(crate) fn add_version_weight(parents: usize, text: usize) -> Weight {
		let parents = Self::count(parents);
		T::WeightInfo::add_version(parents, Self::count(text))
			.saturating_add(Self::licence_weight(parents))
	}

	fn licence_weight(parents: u32) -> Weight {
		T::Licences::has_licence_weight().saturating_mul(parents.into())
	}

	/// Half of what normal extrinsics may take of a block must hold the heaviest call, and what
	/// calls accept must leave room for the specific errors.
	pub(crate) fn assert_integrity() {
		assert!(
			T::MaxVersions::get() > 0,
			"a listing has at least one version"
		);
		assert!(
			MAX_ARGUMENT_TEXT > Self::count(ContentId::MAX_TEXT)
				&& MAX_ARGUMENT_TEXT > Self::count(Recipient::TEXT)
				&& MAX_ARGUMENT_TEXT > MAX_NAME.max(MAX_TASK).max(MAX_LICENCE)
				&& MAX_ARGUMENT_PARENTS > MAX_PARENTS,
			"arguments that are a little too long must reach their own errors"
		);
		let heaviest = Self::register_weight(
			usize::try_from(MAX_ARGUMENT_PARENTS).unwrap_or(usize::MAX),
			usize::try_from(MAX_ARGUMENT_TEXT.saturating_mul(3)).unwrap_or(usize::MAX),
		)
		.max(T::WeightInfo::accept_ownership().saturating_add(T::OwnershipChange::weight()))
		.max(Self::remove_version_weight(MAX_PARENTS));
		let blocks = T::BlockWeights::get();
		let normal = blocks.get(frame_support::dispatch::DispatchClass::Normal);
		if let Some(most) = normal.max_extrinsic {
			assert!(
				heaviest.all_lte(most.saturating_div(2)),
				"the heaviest call must fit half of its class"
			);
		}
	}

	/// Everything that can refuse a version, without writing.
	fn checked_draft(
		publisher: &T::AccountId,
		listing: ListingId,
		publication: Publication,
	) -> Result<Draft<T>, DispatchError> {
		let Publication {
			manifest,
			artifact_root,
			licence,
			derivatives,
			serving,
			answers,
			parents,
			claim_salt,
			recipient,
		} = publication;
		let manifest = ContentId::parse(&manifest).map_err(Self::cid_error)?;
		ensure!(!artifact_root.is_zero(), Error::<T>::RootMissing);
		let licence = Self::checked_licence(licence)?;
		ensure!(
			derivatives
				.minimum()
				.is_none_or(|minimum| minimum <= MAX_DIRECT),
			Error::<T>::PolicyOverCap
		);
		Self::check_answers(&answers)?;
		let sealed = recipient
			.map(|text| Recipient::parse(&text))
			.transpose()
			.map_err(Self::recipient_error)?;
		let parents = Self::checked_parents(listing, parents)?;
		let loaded = Self::load_parents(publisher, &parents)?;
		let royalties = Self::royalty_table(listing, &parents, &loaded)?;
		let published = frame_system::Pallet::<T>::block_number();
		let (claim, root_since) = match claim_salt {
			Some(salt) => {
				let (commitment, since) = Self::open_claim(publisher, artifact_root, salt)?;
				(Some(commitment), since)
			}
			None => (None, published),
		};
		let version = Version {
			manifest,
			artifact_root,
			licence,
			derivatives,
			serving,
			answers,
			parents,
			royalties,
			published,
			root_since,
			yanked: false,
			children: 0,
			sealed,
		};
		Ok(Draft {
			version,
			parents: loaded,
			claim,
		})
	}

	fn store_version(listing: ListingId, number: VersionNumber, draft: Draft<T>) {
		let Draft {
			version, parents, ..
		} = draft;
		let (artifact_root, manifest) = (version.artifact_root, version.manifest);
		for parent in parents {
			Versions::<T>::insert(parent.listing, parent.number, parent.version);
		}
		let same_bytes_as = Self::rank_root(artifact_root, listing, number, version.root_since);
		Versions::<T>::insert(listing, number, version);
		Self::deposit_event(Event::VersionPublished {
			listing,
			version: number,
			artifact_root,
			manifest,
			same_bytes_as,
		});
	}

	fn checked_name(name: TextArgument) -> Result<Name, Error<T>> {
		ensure!(!Self::is_blank(&name), Error::<T>::NameMissing);
		let name = Name::try_from(name.into_inner()).map_err(|_| Error::<T>::NameTooLong)?;
		ensure!(Self::is_name(&name), Error::<T>::NameMalformed);
		Ok(name)
	}

	fn checked_task(task: TextArgument) -> Result<Task, Error<T>> {
		ensure!(!task.is_empty(), Error::<T>::TaskMissing);
		let task = Task::try_from(task.into_inner()).map_err(|_| Error::<T>::TaskTooLong)?;
		ensure!(Self::is_task(&task), Error::<T>::TaskMalformed);
		Ok(task)
	}

	fn checked_licence(licence: TextArgument) -> Result<LicenceText, Error<T>> {
		ensure!(!Self::is_blank(&licence), Error::<T>::LicenceMissing);
		let licence =
			LicenceText::try_from(licence.into_inner()).map_err(|_| Error::<T>::LicenceTooLong)?;
		ensure!(Self::is_licence(&licence), Error::<T>::LicenceMalformed);
		Ok(licence)
	}

	fn is_blank(text: &[u8]) -> bool {
		core::str::from_utf8(text).is_ok_and(|text| text.trim().is_empty())
	}

	pub(crate) fn is_name(name: &[u8]) -> bool {
		core::str::from_utf8(name)
			.is_ok_and(|name| !name.trim().is_empty() && !name.chars().any(Self::misleads))
	}

	/// Characters that control, do not show, or turn the direction of what follows: with them one name
	/// could look like another.
	fn misleads(character: char) -> bool {
		character.is_control()
			|| matches!(
				character,
				'\u{61c}'
					| '\u{200b}'..='\u{200f}'
					| '\u{202a}'..='\u{202e}'
					| '\u{2060}' | '\u{2066}'..='\u{2069}'
					| '\u{feff}'
			)
	}

	pub(crate) fn is_task(task: &[u8]) -> bool {
		!task.is_empty()
			&& task
				.iter()
				.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
	}

	/// Only the characters of SPDX expressions are checked here; clients parse the expression.
	pub(crate) fn is_licence(licence: &[u8]) -> bool {
		!licence.is_empty()
			&& licence.trim_ascii() == licence
			&& licence.iter().all(|byte| {
				byte.is_ascii_alphanumeric()
					|| matches!(byte, b'.' | b'-' | b'+' | b'(' | b')' | b' ' | b':')
			})
	}

	pub(crate) fn check_answers(answers: &Answers) -> Result<(), Error<T>> {
		if answers.class == AnswerClass::None {
			ensure!(*answers == Answers::NONE, Error::<T>::AnswersUnexpected);
			return Ok(());
		}
		ensure!(
			answers.tau <= MAX_TAU
				&& (1..=MAX_LATENCY_MS).contains(&answers.max_latency_ms)
				&& (1..=MAX_INPUT).contains(&answers.input_limit),
			Error::<T>::AnswersOutOfRange
		);
		Ok(())
	}

	fn cid_error(error: ContentIdError) -> Error<T> {
		match error {
			ContentIdError::Empty => Error::<T>::CidEmpty,
			ContentIdError::TooLong => Error::<T>::CidTooLong,
			ContentIdError::Malformed => Error::<T>::CidMalformed,
			ContentIdError::UnsupportedBase => Error::<T>::CidUnsupportedBase,
			ContentIdError::UnsupportedVersion => Error::<T>::CidUnsupportedVersion,
			ContentIdError::UnsupportedCodec => Error::<T>::CidUnsupportedCodec,
			ContentIdError::UnsupportedHash => Error::<T>::CidUnsupportedHash,
			ContentIdError::WrongDigestLength => Error::<T>::CidWrongDigestLength,
			ContentIdError::TrailingBytes => Error::<T>::CidTrailingBytes,
		}
	}

	fn recipient_error(error: RecipientError) -> Error<T> {
		match error {
			RecipientError::Text(TextError::WrongPrefix) => Error::<T>::RecipientPrefix,
			RecipientError::Text(TextError::WrongLength) => Error::<T>::RecipientLength,
			RecipientError::Text(TextError::BadCharacter) => Error::<T>::RecipientCharacter,
			RecipientError::Text(TextError::BadChecksum) => Error::<T>::RecipientChecksum,
			RecipientError::Text(TextError::BadPadding) => Error::<T>::RecipientPadding,
			RecipientError::NotCanonical => Error::<T>::RecipientNotCanonical,
			RecipientError::LowOrder => Error::<T>::RecipientLowOrder,
		}
	}
}
