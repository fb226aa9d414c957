//! What the market's calls weigh, as `make weights` measured it on this runtime.

pub mod pallet_delivery;
pub mod pallet_feedback;
pub mod pallet_inference;
pub mod pallet_licensing;
pub mod pallet_listings;
pub mod pallet_reputation;
pub mod pallet_validators;
