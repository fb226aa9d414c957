//! The market in figures, for those who look after a node. Nobody is named, and an answer costs the
//! same however large the market is: of what could be many, at most [`MAX_COUNTED`] records are read.

use codec::{Decode, Encode};
use frame_support::traits::{
	fungible::Inspect,
	tokens::{Fortitude, Preservation},
	Get,
};
use pallet_inference::{Availability, Phase};
use scale_info::TypeInfo;
use weighhouse_primitives::{
	feedback::CampaignId, inference::JobId, LicenceId, ListingId, ReceiptId,
};

use crate::{Balance, Balances, BlockNumber, Inference, Licensing, Runtime, System};

/// The most open jobs, workers and open sales that are counted, of each.
pub const MAX_COUNTED: usize = 1_000;

/// How many open jobs stand in each phase, see [`Phase`].
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode, TypeInfo)]
pub struct JobsByPhase {
	/// Workers are about to be drawn.
	pub open: u32,
	/// Workers commit to answers.
	pub committing: u32,
	/// Workers show their answers.
	pub revealing: u32,
	/// Whether a single answer is audited is about to show.
	pub sampling: u32,
	/// One more worker answers the same.
	pub auditing: u32,
	/// There is an answer that can be disputed.
	pub resolved: u32,
	/// A jury is about to be drawn.
	pub summoning: u32,
	/// Jurors commit to answers.
	pub jury_committing: u32,
	/// Jurors show their answers.
	pub jury_revealing: u32,
	/// Money is about to move.
	pub ending: u32,
}

impl JobsByPhase {
	fn count(&mut self, phase: &Phase<BlockNumber>) {
		let jobs = match phase {
			Phase::Open { .. } => &mut self.open,
			Phase::Committing { .. } => &mut self.committing,
			Phase::Revealing { .. } => &mut self.revealing,
			Phase::Sampling { .. } => &mut self.sampling,
			Phase::Auditing { .. } => &mut self.auditing,
			Phase::Resolved { .. } => &mut self.resolved,
			Phase::Summoning { .. } => &mut self.summoning,
			Phase::JuryCommitting { .. } => &mut self.jury_committing,
			Phase::JuryRevealing { .. } => &mut self.jury_revealing,
			Phase::Ending { .. } => &mut self.ending,
		};
		*jobs = jobs.saturating_add(1);
	}
}

/// The market in figures. Amounts are in the smallest unit.
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode, TypeInfo)]
pub struct MarketFigures {
	/// Listings that were ever registered.
	pub listings: ListingId,
	/// Licences that were ever sold, or whose sale waited for a key.
	pub licences: LicenceId,
	/// Jobs that were ever requested.
	pub jobs: JobId,
	/// Receipts that were ever given.
	pub receipts: ReceiptId,
	/// Campaigns that were ever opened.
	pub campaigns: CampaignId,
	/// Open jobs.
	pub open_jobs: JobsByPhase,
	/// What is held for them of those who asked.
	pub escrow: Balance,
	/// Workers whose bond counts.
	pub bonded: u32,
	/// Those of them who want to be drawn and gave a sign of life lately.
	pub alive: u32,
	/// The bonds of all workers, without what is on its way out.
	pub bonds: Balance,
	/// Sales of sealed models that wait for their keys, or for complaints.
	pub open_sales: u32,
	/// What is held for them of their buyers.
	pub prices: Balance,
	/// Royalties that nobody has claimed. What somebody gave to their pot counts as well.
	pub royalties: Balance,
	/// Whether all open jobs, workers and open sales were counted. If not, their figures and amounts
	/// are those of the first [`MAX_COUNTED`].
	pub complete: bool,
}

/// The market at this block.
pub fn market() -> MarketFigures {
	let mut figures = MarketFigures {
		listings: pallet_listings::NextListing::<Runtime>::get().saturating_sub(1),
		licences: pallet_licensing::NextLicence::<Runtime>::get().saturating_sub(1),
		jobs: pallet_inference::NextJob::<Runtime>::get().saturating_sub(1),
		receipts: pallet_licensing::NextReceipt::<Runtime>::get().saturating_sub(1),
		campaigns: pallet_feedback::NextCampaign::<Runtime>::get().saturating_sub(1),
		royalties: Balances::reducible_balance(
			&Licensing::pot(),
			Preservation::Preserve,
			Fortitude::Force,
		),
		..Default::default()
	};
	let jobs = walk(pallet_inference::Jobs::<Runtime>::iter_values(), |job| {
		figures.open_jobs.count(&job.phase);
		let escrow = job.price.escrow(job.mode);
		figures.escrow = figures.escrow.saturating_add(escrow);
	});
	let least: Balance = <Runtime as pallet_inference::Config>::MinBond::get();
	let now = System::block_number();
	let workers = walk(
		pallet_inference::Workers::<Runtime>::iter_values(),
		|worker| {
			figures.bonds = figures.bonds.saturating_add(worker.bond);
			if worker.bond < least {
				return;
			}
			figures.bonded = figures.bonded.saturating_add(1);
			let active = worker.availability.now == Availability::Active;
			if active && Inference::is_alive(&worker, now) {
				figures.alive = figures.alive.saturating_add(1);
			}
		},
	);
	let sales = walk(
		pallet_licensing::Reservations::<Runtime>::iter_values(),
		|sale| {
			figures.open_sales = figures.open_sales.saturating_add(1);
			figures.prices = figures.prices.saturating_add(sale.price);
		},
	);
	figures.complete = jobs && workers && sales;
	figures
}

/// Goes over at most [`MAX_COUNTED`] records. Whether there were no more.
fn walk<Record>(mut records: impl Iterator<Item = Record>, visit: impl FnMut(Record)) -> bool {
	records.by_ref().take(MAX_COUNTED).for_each(visit);
	records.next().is_none()
}
