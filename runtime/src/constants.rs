//! The units and fixed figures of the chain.

/// Money.
pub mod currency {
	use crate::Balance;

	/// One WGH. The token has 12 decimals.
	pub const WGH: Balance = 1_000_000_000_000;
	/// A thousandth of a WGH.
	pub const MILLI_WGH: Balance = 1_000_000_000;
	/// A millionth of a WGH.
	pub const MICRO_WGH: Balance = 1_000_000;
	/// What an account must hold to exist.
	pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_WGH;

	/// The deposit for one record in state.
	pub const DEPOSIT_PER_ITEM: Balance = 10 * MILLI_WGH;
	/// The deposit for one byte in state.
	pub const DEPOSIT_PER_BYTE: Balance = 100 * MICRO_WGH;

	/// The deposit for `items` records of `bytes` bytes together.
	pub const fn deposit(items: u32, bytes: u32) -> Balance {
		// Both factors are below 2^32, so neither product nor sum can pass 2^128.
		#[allow(clippy::as_conversions, clippy::arithmetic_side_effects)]
		{
			items as Balance * DEPOSIT_PER_ITEM + bytes as Balance * DEPOSIT_PER_BYTE
		}
	}
}

/// Time. Slot and epoch length can never change on a running chain.
pub mod time {
	use crate::BlockNumber;

	/// The length of a slot in milliseconds.
	pub const SLOT_MILLIS: u32 = if FAST { 200 } else { 2_000 };
	/// The length of an epoch in slots.
	pub const EPOCH_SLOTS: u32 = if FAST { 50 } else { 150 };
	/// The length of a slot in milliseconds, as BABE and timestamps take it.
	pub const SLOT_DURATION: u64 = wide(SLOT_MILLIS);
	/// The length of an epoch in slots, as BABE takes it.
	pub const EPOCH_DURATION: u64 = wide(EPOCH_SLOTS);
	/// Blocks in a minute.
	pub const MINUTES: BlockNumber = 30;
	/// Blocks in an hour.
	pub const HOURS: BlockNumber = 60 * MINUTES;
	/// Blocks in a day.
	pub const DAYS: BlockNumber = 24 * HOURS;
	/// For how many sessions an offence can be proven: 14 hours.
	pub const PROVABLE_SESSIONS: u32 = 168;

	const FAST: bool = cfg!(feature = "fast-runtime");
	const _: () = assert!(
		FAST || (SLOT_DURATION == 2_000 && EPOCH_DURATION == 150),
		"the pace of a real chain"
	);

	#[allow(clippy::as_conversions)]
	const fn wide(number: u32) -> u64 {
		number as u64
	}
}
