//! Choices in the order of their blocks, and which of them a draw goes by.

/// All that somebody chose, with the block of each choice, oldest first.
pub type History<V> = Vec<(u32, V)>;

/// Where the last choices begin that follow each other too closely to tell them apart in a draw.
pub fn burst<V>(history: &History<V>) -> usize {
	let mut start = history.len() - 1;
	while start > 0 && history[start].0 - history[start - 1].0 < 2 {
		start -= 1;
	}
	start
}

/// What counted in a block: the last choice, or what was chosen before the last ones.
pub fn counted<V: Copy>(history: &History<V>, block: u32) -> Option<V> {
	let (since, choice) = *history.last()?;
	match since <= block {
		true => Some(choice),
		false => Some(history[burst(history).checked_sub(1)?].1),
	}
}
