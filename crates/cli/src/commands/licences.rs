//! `weighhouse licences`

use clap::Args;
use serde_json::{json, Value};
use weighhouse_client::{keys::AccountId32, Licence, Standing, View};
use weighhouse_primitives::{ListingId, VersionNumber};

use crate::{
	commands::{delivery, sealed},
	context::Context,
	failure::Failure,
	output::{table, Report},
	values,
};

/// Show the licences of an account
///
/// One that is paid for but waits for the key of a sealed version is not among them yet: see `delivery`.
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
	let licences = held(&view, &account, opts.listing).await?;
	Ok(Report {
		json: json!({
			"account": account.to_string(),
			"licences": licences.iter().map(to_json).collect::<Vec<_>>(),
		}),
		text: to_text(&licences),
	})
}

/// A licence, and what there is to open if its version is sealed.
pub struct Held {
	licence: Licence,
	/// Whom the version is sealed for.
	recipient: Option<String>,
	/// Where the delivery of its key to the holder stands.
	key: Option<&'static str>,
}

/// The licences of an account, or only those for one listing.
pub async fn held(
	view: &View,
	account: &AccountId32,
	listing: Option<ListingId>,
) -> Result<Vec<Held>, Failure> {
	let mut licences = view.licences_of(account).await?;
	licences.retain(|licence| listing.is_none_or(|listing| licence.listing == listing));
	let recipients = sealed::recipients(view, &licences).await?;
	let mut held = Vec::new();
	for licence in licences {
		let version: (ListingId, VersionNumber) = (licence.listing, licence.first_version);
		let recipient = recipients.get(&version).cloned();
		let delivery = match recipient {
			Some(_) => view.delivery(licence.licence).await?,
			None => None,
		};
		// Who had the licence before may have a key for itself.
		let delivery = delivery.filter(|delivery| delivery.buyer == licence.holder);
		held.push(Held {
			licence,
			recipient,
			key: delivery.map(|delivery| delivery::show_state(&delivery.state)),
		});
	}
	Ok(held)
}

/// A licence for scripts.
pub fn to_json(held: &Held) -> Value {
	let licence = &held.licence;
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
		"sealed": held.recipient,
		"delivery": held.key,
	})
}

/// Licences for people.
pub fn to_text(licences: &[Held]) -> String {
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
		"KEY",
	];
	let mut rows = vec![heading.map(str::to_owned).to_vec()];
	rows.extend(licences.iter().map(|held| {
		let licence = &held.licence;
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
			match (&held.recipient, held.key) {
				(None, _) => "not sealed",
				(Some(_), None) => "not asked for",
				(Some(_), Some(state)) => state,
			}
			.into(),
		]
	}));
	table(&rows, &[0, 1])
}
