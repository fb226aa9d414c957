//! One file a subject.

mod genesis;
mod invariants;
mod list;
mod model;
mod offences;
mod reports;
mod sessions;
