//! Under which terms a version may be used, served and derived from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spdx::{Expression, ParseMode};
use weighhouse_primitives::{ContentId, Serving};

use crate::{Card, ManifestError};

/// The longest SPDX expression that the chain takes, in bytes.
pub(crate) const MAX_SPDX: usize = 64;

/// The terms of a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Licence {
	/// An SPDX expression, at most 64 bytes. `LicenseRef-NAME` stands for terms of one's own.
	#[schemars(length(min = 1, max = 64))]
	pub spdx: String,
	/// The file among the artifacts that holds the text.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub text: Option<String>,
	/// The content id of the text.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[schemars(with = "String")]
	pub text_cid: Option<ContentId>,
	/// What others may publish as derived from it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub derivatives: Option<Derivatives>,
	/// Who may serve it to others for pay.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[schemars(with = "Option<ServingName>")]
	pub serving: Option<Serving>,
}

/// What others may publish as derived from a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Derivatives {
	/// Whether they may, and who.
	pub policy: PolicyName,
	/// The smallest royalty that they give, in parts of 10^9; 0 if the policy is `forbidden`.
	#[serde(default)]
	#[schemars(range(max = 500_000_000))]
	pub minimum: u32,
}

/// The name of a derivative policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PolicyName {
	/// Nobody may.
	Forbidden,
	/// Anybody may who gives the smallest royalty.
	Royalty,
	/// Licence holders may who give the smallest royalty.
	Licensed,
}

/// Who may serve a version to others for pay.
#[derive(JsonSchema)]
#[schemars(rename = "Serving", rename_all = "camelCase")]
#[allow(dead_code)]
enum ServingName {
	/// Anyone.
	Anyone,
	/// Holders of a licence with the right to serve.
	Licensed,
	/// Only the owner of the listing.
	Owner,
}

/// Accepts an SPDX expression that both the standard and the chain take.
pub(crate) fn check_spdx(expression: &str) -> Result<(), ManifestError> {
	if expression.len() > MAX_SPDX {
		return Err(ManifestError::SpdxTooLong {
			found: expression.len(),
		});
	}
	let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-+() :".contains(c);
	let refused = |reason: String| ManifestError::Spdx {
		expression: expression.to_owned(),
		reason,
		hint: hint(expression),
	};
	if let Some(foreign) = expression.chars().find(|c| !is_allowed(*c)) {
		return Err(refused(format!(
			"{foreign:?} does not occur in SPDX expressions"
		)));
	}
	// Deprecated names stay valid: many models were published under them.
	let mode = ParseMode {
		allow_deprecated: true,
		..ParseMode::STRICT
	};
	match Expression::parse_mode(expression, mode) {
		Ok(_) => Ok(()),
		Err(error) => {
			let part = expression.get(error.span.clone()).unwrap_or_default();
			Err(refused(format!("{} at `{part}`", reason(&error.reason))))
		}
	}
}

fn reason(reason: &spdx::error::Reason) -> &'static str {
	use spdx::error::Reason;
	match reason {
		Reason::UnknownLicense | Reason::UnknownTerm => "no such name on the SPDX list",
		Reason::UnknownException => "no such exception on the SPDX list",
		Reason::InvalidCharacters => "characters that do not belong here",
		Reason::UnclosedParens => "a parenthesis is not closed",
		Reason::UnopenedParens => "a parenthesis was not opened",
		Reason::Empty => "nothing is named",
		Reason::Unexpected(_) => "something else was expected",
		Reason::SeparatedPlus => "`+` must follow a name directly",
		Reason::GnuNoPlus | Reason::GnuPlusWithSuffix => {
			"GNU licences say `-only` or `-or-later` instead of `+`"
		}
		Reason::DeprecatedLicenseId => "the name is deprecated",
	}
}

fn hint(expression: &str) -> String {
	match listed(expression) {
		Some(name) => format!("did you mean `{name}`?"),
		None => "write for example Apache-2.0, or LicenseRef-NAME for terms of your own".to_owned(),
	}
}

/// The name on the SPDX list that differs from `name` in upper and lower case only.
fn listed(name: &str) -> Option<&'static str> {
	spdx::identifiers::LICENSES
		.iter()
		.map(|licence| licence.name)
		.find(|listed| listed.eq_ignore_ascii_case(name.trim()))
}

/// The SPDX expression that a card's `license` stands for. Hugging Face writes SPDX names in lower
/// case, has a few of its own, and `other` with `license_name` for all else.
pub(crate) fn from_card(card: &Card) -> Option<String> {
	let license = card.license()?.trim();
	match license {
		"other" => own_name(card.text("license_name")?),
		"gpl-2.0" | "gpl-3.0" | "lgpl-2.1" | "lgpl-3.0" | "agpl-3.0" => {
			Some(format!("{}-only", listed(license)?))
		}
		"odbl" => Some("ODbL-1.0".to_owned()),
		"pddl" => Some("PDDL-1.0".to_owned()),
		_ => Some(listed(license).map_or_else(|| license.to_owned(), ToOwned::to_owned)),
	}
}

fn own_name(name: &str) -> Option<String> {
	let name: String = name
		.trim()
		.chars()
		.map(|c| {
			if c.is_ascii_alphanumeric() || c == '.' {
				c
			} else {
				'-'
			}
		})
		.collect();
	(!name.is_empty()).then(|| format!("LicenseRef-{name}"))
}
