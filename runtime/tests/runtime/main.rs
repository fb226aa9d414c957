//! The runtime as it is deployed: its presets, its money, its proxies, and the market's flows
//! across pallets.

mod chain;
mod flows;
mod metadata;
mod presets;
mod proxies;
mod safe_mode;
mod settings;
