//! One file a subject.

mod invariants;
mod model;
mod outcomes;
mod ownership;
mod pruning;
mod ratings;
mod views;
