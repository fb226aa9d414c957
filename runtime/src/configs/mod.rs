//! How each pallet is set up, one file a concern.

pub mod consensus;
mod delivery;
pub mod feedback;
mod governance;
mod inference;
pub mod market;
mod money;
pub mod parameters;
pub mod proxies;
mod reputation;
mod reserves;
mod safe_mode;
pub mod system;
