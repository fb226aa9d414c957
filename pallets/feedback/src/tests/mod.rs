//! One file a subject.

mod campaigns;
mod deadlines;
mod dividends;
mod draw;
mod gold;
mod invariants;
mod items;
mod model;
mod raters;
mod removal;
mod settlement;
mod views;
