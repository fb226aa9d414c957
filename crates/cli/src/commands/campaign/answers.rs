//! Items made of answers that models gave for pay.

use std::collections::{hash_map::Entry, HashMap};

use weighhouse_client::{ipfs::Ipfs, Client, JobReceipt, Receipt, ReceiptState, View};
use weighhouse_primitives::{ContentId, ReceiptId};

use super::{
	content, content_text,
	contents::is_missing,
	input::{Answered, Line, Pair, Seen},
};
use crate::{commands::receipt, context::Context, failure::Failure, output::hex};

/// Reads what pairs of receipts compare, in their order. What the chain would not take, or raters
/// could not read, is refused with the line that names it.
pub async fn read(
	client: &Client,
	view: &View,
	ipfs: &Ipfs,
	pairs: &[Pair],
	context: &Context,
) -> Result<Vec<Line>, Failure> {
	let spinner = context.spinner("Reading receipts".into());
	let answers = answers(view, pairs).await?;
	let mut contents = Contents {
		client,
		ipfs,
		inputs: HashMap::new(),
		outputs: HashMap::new(),
	};
	let mut lines = Vec::new();
	for (pair, [a, b]) in pairs.iter().zip(answers) {
		spinner.set_message(format!(
			"Fetching inputs and answers, {} of {}",
			lines.len().saturating_add(1),
			pairs.len()
		));
		let blocks = [
			contents.input(pair, &a).await?,
			contents.output(pair, &a).await?,
			contents.output(pair, &b).await?,
		];
		let line = line(pair, [&a, &b], blocks);
		line.check().map_err(|reason| wrong(pair, &reason))?;
		lines.push(line);
	}
	spinner.finish_and_clear();
	Ok(lines)
}

/// The receipts of all pairs. Nothing is fetched before all of them fit.
async fn answers(view: &View, pairs: &[Pair]) -> Result<Vec<[JobReceipt; 2]>, Failure> {
	let mut known: HashMap<ReceiptId, JobReceipt> = HashMap::new();
	let mut seen = Seen::default();
	let mut answers = Vec::new();
	for pair in pairs {
		let mut both = Vec::new();
		for number in pair.receipts {
			let receipt = match known.entry(number) {
				Entry::Occupied(known) => known.into_mut(),
				Entry::Vacant(room) => {
					let found = final_answer(number, view.receipt(number).await?);
					room.insert(found.map_err(|reason| wrong(pair, &reason))?)
				}
			};
			both.push(receipt.clone());
		}
		if let Ok([a, b]) = <[JobReceipt; 2]>::try_from(both) {
			comparable(&a, &b).map_err(|reason| wrong(pair, &reason))?;
			let outputs = [&a, &b].map(|answer| hex(&answer.output_hash));
			seen.once(
				&pair.place,
				&a.input,
				outputs.each_ref().map(String::as_str),
			)?;
			answers.push([a, b]);
		}
	}
	Ok(answers)
}

/// The answer of a receipt, if it stands for good.
fn final_answer(number: ReceiptId, found: Option<Receipt>) -> Result<JobReceipt, String> {
	match found {
		None => Err(format!(
			"there is no receipt {number}; it may have been pruned"
		)),
		Some(Receipt::Sale(_)) => Err(format!(
			"receipt {number} is of a sale: name receipts of answers"
		)),
		Some(Receipt::Job(answer)) => match answer.state {
			ReceiptState::Final => Ok(*answer),
			ReceiptState::Provisional => Err(format!(
				"the answer of receipt {number} is not final yet: `weighhouse job show {}` says what it \
				 waits for",
				answer.job
			)),
			ReceiptState::Refunded => Err(format!(
				"the answer of receipt {number} does not stand: it was refunded"
			)),
		},
	}
}

/// Whether raters can be asked which of two answers is better.
fn comparable(a: &JobReceipt, b: &JobReceipt) -> Result<(), String> {
	let both = format!("receipts {} and {}", a.receipt, b.receipt);
	if a.listing != b.listing {
		return Err(format!(
			"{both} are of different listings, {} and {}",
			a.listing, b.listing
		));
	}
	if a.input != b.input {
		return Err(format!("{both} are of different inputs"));
	}
	if a.output_hash == b.output_hash {
		return Err(format!("{both} are of the same answer"));
	}
	Ok(())
}

/// The item that a pair of receipts makes, as raters see it.
fn line(pair: &Pair, answers: [&JobReceipt; 2], blocks: [Vec<u8>; 3]) -> Line {
	let [prompt, a, b] = blocks.each_ref().map(|block| content_text(block));
	let [model_a, model_b] =
		answers.map(|answer| Some(format!("{}@{}", answer.listing, answer.version)));
	Line {
		prompt,
		a,
		b,
		better: pair.better,
		model_a,
		model_b,
		answered: Some(Answered {
			receipts: pair.receipts,
			blocks,
		}),
	}
}

/// Inputs and outputs, each fetched once.
struct Contents<'a> {
	client: &'a Client,
	ipfs: &'a Ipfs,
	inputs: HashMap<String, Vec<u8>>,
	outputs: HashMap<ReceiptId, Vec<u8>>,
}

impl Contents<'_> {
	async fn input(&mut self, pair: &Pair, answer: &JobReceipt) -> Result<Vec<u8>, Failure> {
		if let Some(input) = self.inputs.get(&answer.input) {
			return Ok(input.clone());
		}
		let input = content(self.ipfs, &answer.input).await;
		let input = input.map_err(|failure| hidden(pair, "input", answer, failure))?;
		self.inputs.insert(answer.input.clone(), input.clone());
		Ok(input)
	}

	async fn output(&mut self, pair: &Pair, answer: &JobReceipt) -> Result<Vec<u8>, Failure> {
		if let Some(output) = self.outputs.get(&answer.receipt) {
			return Ok(output.clone());
		}
		let found = receipt::output(self.client, self.ipfs, answer, &[]).await;
		let output = match found {
			// The node keeps its block no more; somebody may have put it on IPFS.
			Err(Failure::NotFound(_)) => {
				let cid = ContentId::raw(answer.output_hash.0).to_text();
				content(self.ipfs, &cid).await
			}
			found => found,
		};
		let output = output.map_err(|failure| hidden(pair, "answer", answer, failure))?;
		self.outputs.insert(answer.receipt, output.clone());
		Ok(output)
	}
}

fn wrong(pair: &Pair, reason: &str) -> Failure {
	Failure::BadInput(format!("{}: {reason}", pair.place))
}

/// Says that raters could not see a part of an item, unless nobody could be asked for it.
fn hidden(pair: &Pair, part: &str, answer: &JobReceipt, failure: Failure) -> Failure {
	if !is_missing(&failure) {
		return failure;
	}
	wrong(
		pair,
		&format!(
			"raters cannot fetch the {part} of receipt {}: {failure}",
			answer.receipt
		),
	)
}

#[cfg(test)]
mod tests {
	use weighhouse_client::{ipfs::IpfsError, keys::AccountId32, SaleReceipt, H256};
	use weighhouse_primitives::{feedback::Choice, Access, Evidence, Mode};

	use super::*;

	fn answer(receipt: ReceiptId) -> JobReceipt {
		JobReceipt {
			receipt,
			job: 1,
			request_hash: H256::repeat_byte(1),
			listing: 7,
			version: 2,
			seller: AccountId32([1; 32]),
			buyer: AccountId32([2; 32]),
			mode: Mode::Solo,
			access: Access::Owner,
			input: ContentId::raw([2; 32]).to_text(),
			input_hash: H256::repeat_byte(2),
			output_hash: H256::repeat_byte(u8::try_from(receipt).unwrap()),
			output_length: Some(40),
			fingerprint: [4; 32],
			statement: H256::repeat_byte(5),
			evidence: Evidence::Sampled,
			agreed: Vec::new(),
			panel_bond: 1,
			eligible: 1,
			price: 1,
			fee: 0,
			block: 9,
			settled: Some(10),
			state: ReceiptState::Final,
			prunable: 99,
		}
	}

	fn pair() -> Pair {
		Pair {
			receipts: [3, 4],
			better: Some(Choice::B),
			place: "items.jsonl:5".into(),
		}
	}

	#[test]
	fn answer_is_taken_only_once_it_stands_for_good() {
		let of = |state| {
			let receipt = JobReceipt { state, ..answer(3) };
			final_answer(3, Some(Receipt::Job(Box::new(receipt))))
		};
		assert_eq!(of(ReceiptState::Final), Ok(answer(3)));
		let reason = of(ReceiptState::Provisional).unwrap_err();
		assert!(reason.contains("not final yet"), "{reason}");
		let reason = of(ReceiptState::Refunded).unwrap_err();
		assert!(reason.contains("refunded"), "{reason}");
		let reason = final_answer(3, None).unwrap_err();
		assert!(reason.contains("no receipt 3"), "{reason}");
		let sale = SaleReceipt {
			receipt: 3,
			listing: 7,
			first_version: 1,
			last_version: 1,
			offer: 1,
			licence: 1,
			seller: AccountId32([1; 32]),
			buyer: AccountId32([2; 32]),
			price: 1,
			fee: 0,
			block: 9,
			prunable: 99,
		};
		let reason = final_answer(3, Some(Receipt::Sale(sale))).unwrap_err();
		assert!(reason.contains("of a sale"), "{reason}");
	}

	#[test]
	fn answers_are_compared_when_the_same_listing_was_asked_the_same() {
		assert_eq!(comparable(&answer(3), &answer(4)), Ok(()));
		let newer = JobReceipt {
			version: 3,
			..answer(4)
		};
		assert_eq!(comparable(&answer(3), &newer), Ok(()));
		let refused = |other: JobReceipt| comparable(&answer(3), &other).unwrap_err();
		let reason = refused(JobReceipt {
			listing: 8,
			..answer(4)
		});
		assert!(reason.contains("different listings, 7 and 8"), "{reason}");
		let reason = refused(JobReceipt {
			input: ContentId::raw([9; 32]).to_text(),
			..answer(4)
		});
		assert!(reason.contains("different inputs"), "{reason}");
		let reason = refused(JobReceipt {
			receipt: 4,
			..answer(3)
		});
		assert!(
			reason.contains("receipts 3 and 4 are of the same answer"),
			"{reason}"
		);
	}

	#[test]
	fn line_names_the_versions_and_keeps_the_bytes_that_the_chain_names() {
		let newer = JobReceipt {
			version: 3,
			..answer(4)
		};
		let blocks = [b"prompt".to_vec(), b"one".to_vec(), vec![0xff]];
		let line = line(&pair(), [&answer(3), &newer], blocks.clone());
		assert_eq!((line.prompt.as_str(), line.a.as_str()), ("prompt", "one"));
		assert_eq!(line.model_a.as_deref(), Some("7@2"));
		assert_eq!(line.model_b.as_deref(), Some("7@3"));
		assert_eq!(line.better, Some(Choice::B));
		assert_eq!(line.blocks().map(<[u8]>::to_vec), blocks);
	}

	#[test]
	fn hidden_answer_is_told_with_its_line_unless_nobody_could_be_asked() {
		let missing = Failure::NotFound("output of receipt 3".into());
		let told = hidden(&pair(), "answer", &answer(3), missing);
		assert_eq!(told.code(), "bad-input");
		let said = told.to_string();
		assert!(
			said.starts_with("items.jsonl:5: raters cannot fetch the answer of receipt 3"),
			"{said}"
		);
		let nobody = Failure::Ipfs(IpfsError::Unreachable {
			address: "http://127.0.0.1:1".into(),
			reason: "refused".into(),
		});
		let told = hidden(&pair(), "answer", &answer(3), nobody);
		assert_eq!(told.code(), "ipfs-unreachable");
	}
}
