//! Scores of trust: masses that fade, and the lower bound of a success rate.
