//! What of a manifest goes on the chain.

use weighhouse_primitives::{AnswerClass, Answers, DerivativePolicy, Parent, Serving};

use crate::{Derivatives, Manifest, PolicyName};

impl Manifest {
	/// The task: the card's `pipeline_tag`.
	pub fn task(&self) -> Option<&str> {
		self.card.pipeline_tag()
	}

	/// The SPDX expression.
	pub fn spdx(&self) -> &str {
		&self.licence.spdx
	}

	/// How answers are compared; [`Answers::NONE`] if the manifest does not say.
	pub fn answers(&self) -> Answers {
		match (&self.attestation, &self.interface) {
			(Some(attestation), Some(interface)) if attestation.class != AnswerClass::None => {
				Answers {
					class: attestation.class,
					tau: attestation
						.fingerprint
						.map_or(0, |fingerprint| fingerprint.tau),
					max_latency_ms: attestation.max_latency_ms,
					input_limit: interface.input_limit,
				}
			}
			_ => Answers::NONE,
		}
	}

	/// Who may serve it, if the manifest says.
	pub fn serving(&self) -> Option<Serving> {
		self.licence.serving
	}

	/// What may be derived from it, if the manifest says.
	pub fn derivatives(&self) -> Option<DerivativePolicy> {
		self.licence.derivatives.map(DerivativePolicy::from)
	}

	/// The lineage entries that name a listing and a version on the chain.
	pub fn parents(&self) -> Vec<Parent> {
		self.lineage
			.iter()
			.filter_map(|entry| {
				Some(Parent {
					listing: entry.listing?,
					version: entry.version?,
					relation: entry.relation,
					royalty: entry.royalty,
				})
			})
			.collect()
	}
}

impl From<Derivatives> for DerivativePolicy {
	fn from(derivatives: Derivatives) -> Self {
		match derivatives.policy {
			PolicyName::Forbidden => Self::Forbidden,
			PolicyName::Royalty => Self::Royalty(derivatives.minimum),
			PolicyName::Licensed => Self::Licensed(derivatives.minimum),
		}
	}
}

impl From<DerivativePolicy> for Derivatives {
	fn from(policy: DerivativePolicy) -> Self {
		let name = match policy {
			DerivativePolicy::Forbidden => PolicyName::Forbidden,
			DerivativePolicy::Royalty(_) => PolicyName::Royalty,
			DerivativePolicy::Licensed(_) => PolicyName::Licensed,
		};
		Self {
			policy: name,
			minimum: policy.minimum().unwrap_or(0),
		}
	}
}
