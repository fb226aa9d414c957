//! One file a subject.

mod complaints;
mod deadlines;
mod finalize;
mod invariants;
mod keys;
mod model;
mod repeats;
mod sales;
mod sellers;
mod views;
