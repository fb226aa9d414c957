//! The weights of the market's pallets, measured on this runtime by `make weights`.
