//! What is told, a line for each delivery and each problem.

use serde_json::{json, Value};
use weighhouse_client::{
	delivery::{Delivery, Seller},
	keys::AccountId32,
};
use weighhouse_primitives::LicenceId;

use crate::{
	commands::{seller::to_json, work::Line},
	output::{plain, wgh},
	values::show_blocks,
};

/// What the daemon begins with.
pub struct Shop {
	/// Bond and window, if there is a bond.
	pub seller: Option<Seller>,
	/// How many sealed versions are on sale.
	pub sealed: usize,
	/// Those that the vault does not fit.
	pub misfits: Vec<String>,
}

/// Who delivers for whom, and what with.
pub fn shop(block: u64, seller: &AccountId32, signer: &AccountId32, shop: &Shop) -> Vec<Line> {
	let proxy = if seller == signer {
		String::new()
	} else {
		format!(" through its proxy {signer}")
	};
	let bond = match &shop.seller {
		Some(seller) => format!(
			"Bond {}, of which {} cover sales that wait; one more sale of up to {} is covered. Time to deliver: {}.",
			wgh(seller.bond),
			wgh(seller.covers),
			wgh(seller.highest_price),
			show_blocks(seller.window)
		),
		None => "There is no bond, so nobody can buy: weighhouse seller bond WGH".into(),
	};
	let fits = shop.sealed.saturating_sub(shop.misfits.len());
	let mut json = json!({
		"event": "started",
		"block": block,
		"seller": seller.to_string(),
		"signer": signer.to_string(),
		"sealedVersions": shop.sealed,
		"fits": fits,
		"misfits": shop.misfits,
	});
	if let (Some(json), Value::Object(more)) = (json.as_object_mut(), to_json(shop.seller.as_ref()))
	{
		json.extend(more);
	}
	let mut lines = vec![Line {
		json,
		text: format!(
			"Delivering for {seller}{proxy}. {bond}\nThe vault fits {fits} of {} sealed versions on sale.",
			shop.sealed
		),
	}];
	if !shop.misfits.is_empty() {
		lines.push(trouble(
			Some(block),
			None,
			&format!(
				"this vault does not open {}: close their offers, or start with the vault that they were published with",
				shop.misfits.join(", ")
			),
		));
	}
	lines
}

/// A key is in a final block, in `block` if that is known.
pub fn delivered(now: u64, delivery: &Delivery, block: Option<u64>) -> Line {
	let amount = delivery.payment().map_or(0, |payment| payment.amount);
	let at = block.map_or_else(String::new, |block| format!(", in block {block}"));
	Line {
		text: format!(
			"#{now}  licence {}: delivered {}@{} to {} for {}{at}",
			delivery.licence,
			delivery.listing,
			delivery.version,
			delivery.buyer,
			wgh(amount)
		),
		json: json!({
			"event": "delivered",
			"block": now,
			"licence": delivery.licence,
			"listing": delivery.listing,
			"version": delivery.version,
			"buyer": delivery.buyer.to_string(),
			"amount": amount.to_string(),
			"in": block,
		}),
	}
}

/// A delivery ended without a key.
pub fn over(now: u64, delivery: &Delivery) -> Line {
	Line {
		text: format!(
			"#{now}  licence {}: over without a key; the buyer has the money back",
			delivery.licence
		),
		json: json!({ "event": "over", "block": now, "licence": delivery.licence }),
	}
}

/// The chain did not take a key of a batch.
pub fn refused(now: u64, licence: LicenceId, reason: &str) -> Line {
	let reason = plain(reason);
	Line {
		text: format!("#{now}  licence {licence}: the chain refused the key: {reason}"),
		json: json!({
			"event": "refused",
			"block": now,
			"licence": licence,
			"message": reason,
		}),
	}
}

/// Something that somebody should look at.
pub fn trouble(now: Option<u64>, licence: Option<LicenceId>, text: &str) -> Line {
	let text = plain(text);
	let at = now.map_or_else(String::new, |now| format!("#{now}  "));
	let about = licence.map_or_else(
		|| "trouble: ".to_owned(),
		|licence| format!("licence {licence}: "),
	);
	Line {
		text: format!("{at}{about}{text}"),
		json: json!({
			"event": "trouble",
			"block": now,
			"licence": licence,
			"message": text,
		}),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::deliver::due::tests::asked;

	#[test]
	fn delivery_is_told_with_price_and_block() {
		let line = delivered(412, &asked(7, 500), Some(410));
		assert!(line.text.starts_with("#412  licence 7: delivered 1@1 to "));
		assert!(
			line.text.ends_with(" for 5 WGH, in block 410"),
			"{}",
			line.text
		);
		assert_eq!(line.json["amount"], "5000000000000");
		assert_eq!(line.json["in"], 410);
	}

	#[test]
	fn misfits_are_named_at_the_start() {
		let account = AccountId32([5; 32]);
		let begun = Shop {
			seller: None,
			sealed: 3,
			misfits: vec!["1@2".into(), "4@1".into()],
		};
		let lines = shop(1, &account, &account, &begun);
		assert_eq!(lines.len(), 2);
		assert!(lines[0].text.contains("fits 1 of 3"), "{}", lines[0].text);
		assert!(lines[0].text.contains("no bond"), "{}", lines[0].text);
		assert!(lines[1].text.contains("1@2, 4@1"), "{}", lines[1].text);
		assert_eq!(lines[0].json["fits"], 1);
		assert_eq!(lines[0].json["bond"], "0");
	}

	#[test]
	fn words_of_strangers_are_harmless() {
		let line = refused(1, 7, "no\u{1b}[2J");
		assert!(!line.text.contains('\u{1b}'));
	}
}
