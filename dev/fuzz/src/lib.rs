//! What the fuzz targets share: a market in memory, calls of every shape, and what honest people who
//! know their secrets do in between. The tests of the runtime play the same acts.

pub mod acts;
pub mod chain;
pub mod invariants;
pub mod market;
pub mod shapes;
