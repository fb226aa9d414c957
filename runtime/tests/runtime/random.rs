//! Random acts on a market that is under way: calls of every pallet, hostile bytes, sealed sales, jobs,
//! campaigns and time. dev/fuzz plays the same acts for longer and looks for new ways through the code.

use std::{fs, path::Path};

use proptest::{
	collection::vec,
	prelude::*,
	test_runner::{Config as Settings, TestRunner},
};

#[path = "../../../dev/fuzz/src/acts.rs"]
mod acts;
#[path = "../../../dev/fuzz/src/chain.rs"]
mod chain;
#[path = "../../../dev/fuzz/src/market.rs"]
mod market;
#[path = "../../../dev/fuzz/src/shapes.rs"]
mod shapes;

/// What must hold between blocks.
mod invariants {
	pub fn check() {
		crate::chain::reconcile();
	}
}

use acts::{play, Fault};

/// Sequences, and the most bytes of one. Each takes milliseconds, or a second when hours pass in it.
const SEQUENCES: u32 = 64;
const BYTES: usize = 1_000;

#[test]
fn invariants_hold_after_random_acts() {
	let mut runner = TestRunner::new(Settings {
		cases: SEQUENCES,
		failure_persistence: None,
		// Each attempt is a whole sequence.
		max_shrink_iters: 64,
		..Settings::default()
	});
	let sequences = vec(any::<u8>(), 0..BYTES);
	let outcome = runner.run(&sequences, |bytes| {
		play(&bytes, None);
		Ok(())
	});
	outcome.unwrap();
}

#[test]
fn invariants_hold_after_the_acts_that_fuzzing_begins_with() {
	let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dev/fuzz/corpus/runtime");
	let mut played = 0;
	for file in fs::read_dir(corpus).unwrap() {
		let file = file.unwrap().path();
		println!("{}", file.display());
		play(&fs::read(file).unwrap(), None);
		played += 1;
	}
	assert!(played > 10);
}

#[test]
#[should_panic(expected = "money was made")]
fn made_money_is_noticed() {
	play(&[], Some(Fault::Issuance));
}

#[test]
#[should_panic(expected = "SUM-2")]
fn money_that_is_held_for_nothing_is_noticed() {
	play(&[], Some(Fault::Hold));
}

#[test]
#[should_panic(expected = "a block weighs")]
fn a_block_that_weighs_too_much_is_noticed() {
	play(&[], Some(Fault::Weight));
}

#[test]
#[should_panic(expected = "a planted panic")]
fn a_panic_is_noticed() {
	play(&[], Some(Fault::Panic));
}
