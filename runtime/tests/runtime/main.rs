//! The runtime as it is deployed: its presets, its money, its proxies, its blocks, and the market's
//! flows across pallets.

mod blocks;
mod campaigns;
mod chain;
mod delegates;
mod delivery;
mod figures;
mod flows;
mod jobs;
mod market;
mod metadata;
mod offences;
mod presets;
mod proxies;
mod random;
mod ratings;
mod safe_mode;
mod sessions;
mod settings;
mod sums;
mod transactions;
#[cfg(feature = "rehearsal")]
mod upgrade;
