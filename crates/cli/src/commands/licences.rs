//! `weighhouse licences`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{keys::AccountId32, Licence, Standing};
use weighhouse_primitives::ListingId;

use crate::{
	context::Context,
	failure::Failure,
	output::{table, Report},
	values,
};

/// Show the licences of an account
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse licences //Bob
  weighhouse --suri //Bob licences --listing 2 --json")]
pub struct Opts {
	/// An address, or a development name such as //Bob; without it, the key's account
	#[arg(value_parser = values::account)]
	account: Option<AccountId32>,
	/// Only those for this listing
	#[arg(long)]
	listing: Option<ListingId>,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let account = context.account(opts.account)?;
	let view = context.view().await?;
	let mut licences = view.licences_of(&account).await?;
	licences.retain(|licence| {
		opts.listing
			.is_none_or(|listing| licence.listing == listing)
	});
	Ok(Report {
		json: json!({
			"account": account.to_string(),
			"licences": licences.iter().map(to_json).collect::<Vec<_>>(),
		}),
		text: to_text(&licences),
	})
}

/// A licence for scripts.
pub fn to_json(licence: &Licence) -> Value {
	json!({
		"licence": licence.licence,
		"listing": licence.listing,
		"offer": licence.offer,
		"firstVersion": licence.first_version,
		"lastVersion": licence.last_version,
		"rights": values::show_rights(licence.rights),
		"transferable": values::is_transferable(licence.transferability),
		"expires": licence.expires,
		"callsLeft": licence.calls_left,
		"valid": licence.standing == Standing::Valid,
	})
}

/// Licences for people.
pub fn to_text(licences: &[Licence]) -> String {
	if licences.is_empty() {
		return "No licences.".into();
	}
	let heading = [
		"LICENCE",
		"LISTING",
		"VERSIONS",
		"RIGHTS",
		"LIMIT",
		"TRANSFERABLE",
	];
	let mut rows = vec![heading.map(str::to_owned).to_vec()];
	rows.extend(licences.iter().map(|licence| {
		let limit = match (licence.standing, licence.expires, licence.calls_left) {
			(Standing::Expired, _, _) => "expired".into(),
			(Standing::CallsUsedUp, _, _) => "used up".into(),
			(Standing::Valid, Some(block), _) => format!("until block {block}"),
			(Standing::Valid, _, Some(calls)) => format!("{calls} calls left"),
			(Standing::Valid, None, None) => "none".into(),
		};
		let transferable = values::is_transferable(licence.transferability);
		vec![
			licence.licence.to_string(),
			licence.listing.to_string(),
			values::show_range(licence.first_version, licence.last_version),
			values::show_rights(licence.rights).into(),
			limit,
			if transferable { "yes" } else { "no" }.into(),
		]
	}));
	table(&rows, &[0, 1])
}
