//! One file a subject.

mod attacks;
mod chain;
mod configuration;
mod courier;
mod deadlines;
mod disputes;
mod draw;
mod invariants;
mod model;
mod receipts;
mod requests;
mod rounds;
mod settlement;
mod submissions;
mod views;
mod workers;
