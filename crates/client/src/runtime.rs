//! What subxt generates from the runtime's metadata, with the vocabulary of `primitives` in place.

#[subxt::subxt(
	runtime_metadata_path = "metadata.scale",
	substitute_type(
		path = "weighhouse_primitives::content::ContentId",
		with = "::subxt::utils::Static<::weighhouse_primitives::content::ContentId>"
	),
	substitute_type(
		path = "weighhouse_primitives::feedback::Choice",
		with = "::subxt::utils::Static<::weighhouse_primitives::feedback::Choice>"
	),
	substitute_type(
		path = "weighhouse_primitives::feedback::Covariance",
		with = "::subxt::utils::Static<::weighhouse_primitives::feedback::Covariance>"
	),
	substitute_type(
		path = "weighhouse_primitives::feedback::GoldOpening",
		with = "::subxt::utils::Static<::weighhouse_primitives::feedback::GoldOpening>"
	),
	substitute_type(
		path = "weighhouse_primitives::feedback::ItemSet",
		with = "::subxt::utils::Static<::weighhouse_primitives::feedback::ItemSet>"
	),
	substitute_type(
		path = "weighhouse_primitives::feedback::Shown",
		with = "::subxt::utils::Static<::weighhouse_primitives::feedback::Shown>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Access",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Access>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Answer",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Answer>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Ground",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Ground>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Mode",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Mode>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Reveal",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Reveal>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Round",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Round>"
	),
	substitute_type(
		path = "weighhouse_primitives::inference::Step",
		with = "::subxt::utils::Static<::weighhouse_primitives::inference::Step>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Answers",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Answers>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::DerivativePolicy",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::DerivativePolicy>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Kind",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Kind>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Parent",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Parent>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Relation",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Relation>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Right",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Right>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Rights",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Rights>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Serving",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Serving>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Term",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Term>"
	),
	substitute_type(
		path = "weighhouse_primitives::market::Transferability",
		with = "::subxt::utils::Static<::weighhouse_primitives::market::Transferability>"
	),
	substitute_type(
		path = "weighhouse_primitives::receipt::Evidence",
		with = "::subxt::utils::Static<::weighhouse_primitives::receipt::Evidence>"
	),
	substitute_type(
		path = "weighhouse_primitives::royalty::Share",
		with = "::subxt::utils::Static<::weighhouse_primitives::royalty::Share>"
	)
)]
#[allow(missing_docs, clippy::all)]
mod api {}

pub use api::*;
