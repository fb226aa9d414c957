//! `weighhouse buy`

use clap::Args;
use serde_json::{json, Value};
use tokio::task::block_in_place;
use weighhouse_client::{
	amount::Amount,
	calls,
	keys::{account_of, delivery_secret, Keypair},
	Client, Included, Quote, Sale,
};
use weighhouse_primitives::{LicenceId, ListingId, OfferId};

use crate::{
	commands::{
		delivery::{self, Waiting},
		quote::{self, Sealing},
	},
	context::Context,
	failure::Failure,
	output::{settled, transaction, wgh, Report},
	values,
};

/// Buy a licence
///
/// Shows the quote and asks. What an offer costs never changes: a new price is a new offer.
///
/// The price of a sealed version waits on your account until its key is here. Then the key is tried: if
/// it opens the files it is paid for, and the licence counts; if not, that is proved and the money comes
/// back, as it does if no key comes in time. Ctrl-C while it waits stops nothing of that.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weighhouse --suri //Bob buy 2
  weighhouse --suri //Bob buy 2 1 --yes
  weighhouse --keystore bob.json buy 2 --yes --max-price 5 --json
  weighhouse --suri //Bob buy 3 --yes --within 30m
  weighhouse --suri //Bob buy 3 --yes --no-wait")]
pub struct Opts {
	/// Number of the listing
	listing: ListingId,
	/// Number of the offer; without it, the cheapest that can be bought
	offer: Option<OfferId>,
	/// Do not ask
	#[arg(short, long)]
	yes: bool,
	/// Refuse to pay more than this, in WGH
	#[arg(long, value_name = "WGH")]
	max_price: Option<Amount>,
	/// The longest that the seller of a sealed version may take to deliver its key, as in 30m, 1h or a
	/// count of blocks; without it, as long as the seller has now
	#[arg(long, value_name = "DURATION|BLOCKS", value_parser = values::window)]
	within: Option<u32>,
	#[command(flatten)]
	waiting: Waiting,
}

pub async fn run(opts: Opts, context: &Context) -> Result<Report, Failure> {
	let listing = opts.listing;
	let key = context.key()?;
	let client = context.client().await?;
	let view = client.best().await?;
	let (offer, quote) = quote::find(&view, listing, opts.offer).await?;
	let sealing = Sealing::of(&view, &quote).await?;
	context.tell(&quote::to_text(listing, offer, &quote, sealing.as_ref()));
	if let Some(limit) = opts.max_price.filter(|limit| quote.price > limit.0) {
		return Err(Failure::Declined(format!(
			"the price of offer {offer} of listing {listing} is {}, over the limit of {}",
			wgh(quote.price),
			wgh(limit.0)
		)));
	}
	let refusal = sealing
		.as_ref()
		.and_then(|sealing| sealing.refusal(quote.price, opts.within));
	if let Some(name) = refusal {
		return Err(Failure::Chain(view.refusal("Delivery", name).into()));
	}
	if !opts.yes {
		context.confirm(&format!("Pay {}?", wgh(quote.price)))?;
	}
	let purchase = Purchase {
		listing,
		offer,
		quote: &quote,
		client: &client,
		key: &key,
		context,
	};
	match sealing.and_then(|sealing| sealing.seller) {
		Some(seller) => {
			let within = opts.within.unwrap_or(seller.window);
			purchase.of_sealed(within, opts.waiting).await
		}
		None => purchase.of_open().await,
	}
}

/// A purchase that was agreed to.
struct Purchase<'a> {
	listing: ListingId,
	offer: OfferId,
	quote: &'a Quote,
	client: &'a Client,
	key: &'a Keypair,
	context: &'a Context,
}

impl Purchase<'_> {
	/// Pays for what anybody can download.
	async fn of_open(&self) -> Result<Report, Failure> {
		let call = calls::buy(self.listing, self.offer);
		let context = self.context;
		let included = context
			.submit(self.client, &call, self.key, "Buying")
			.await?;
		let sale = calls::sold(&included)?;
		Ok(Report {
			json: self.json(sale.licence, &included, Some(&sale)),
			text: format!(
				"Bought licence {} for {}, receipt {}, {}.\nNext: weighhouse fetch {}@{}",
				sale.licence,
				wgh(sale.price),
				sale.receipt,
				settled(&included),
				self.listing,
				self.quote.last_version,
			),
		})
	}

	/// Has the price held, and waits for the key.
	async fn of_sealed(&self, within: u32, waiting: Waiting) -> Result<Report, Failure> {
		let account = account_of(self.key);
		let next = self.client.next_index(&account).await?;
		let genesis = self.client.genesis_hash();
		let secret = block_in_place(|| delivery_secret(self.key, genesis, next));
		let call = calls::buy_sealed(self.listing, self.offer, secret.key(), within);
		let included = self
			.context
			.submit_key_request(self.client, &call, self.key, "Paying")
			.await?;
		let requested = calls::key_requested(&included)?;
		let licence = requested.licence;
		self.context.tell(&format!(
			"Licence {licence}: {} wait for the key, {}; the seller has until block {}.",
			wgh(self.quote.price),
			settled(&included),
			requested.until,
		));
		let reached =
			delivery::go_on(self.client, self.key, licence, waiting, self.context).await?;
		let opened = reached.opened.as_ref();
		let sale = opened.and_then(|opened| opened.sale.as_ref());
		let mut json = self.json(licence, &included, sale);
		json["delivery"] = delivery::to_json(&reached.delivery, reached.block);
		let text = match opened {
			Some(opened) => {
				json["finalizeTx"] = opened.end.as_ref().map_or(Value::Null, transaction);
				opened.text()
			}
			None => format!(
				"Licence {licence} is paid for and waits for its key.\n\
				 Next: weighhouse delivery {licence} --watch"
			),
		};
		Ok(Report { json, text })
	}

	/// The purchase for scripts. What is not paid to anybody yet is absent.
	fn json(&self, licence: LicenceId, included: &Included, sale: Option<&Sale>) -> Value {
		let paid = |part: fn(&Sale) -> u128| sale.map(|sale| part(sale).to_string());
		json!({
			"listing": self.listing,
			"offer": self.offer,
			"licence": licence,
			"receipt": sale.map(|sale| sale.receipt),
			"buyer": account_of(self.key).to_string(),
			"price": self.quote.price.to_string(),
			"feeBurned": paid(|sale| sale.fee_burned),
			"feeTreasury": paid(|sale| sale.fee_treasury),
			"royalties": paid(|sale| sale.royalties),
			"toOwner": paid(|sale| sale.to_owner),
			"delivery": null,
			"tx": transaction(included),
			"finalizeTx": null,
		})
	}
}
