//! One file a subject.

mod access;
mod calls;
mod invariants;
mod model;
mod offers;
mod receipts;
mod royalties;
mod sales;
mod sealed;
mod transfers;
mod views;
