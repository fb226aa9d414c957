//! Scores of care: what a rater of a campaign is paid, and what the labels are.
