//! The main panel: drawn, committed, revealed, compared.

use crate::{types::*, Config, Event, Jobs, Pallet, Panels, Receipts};
use alloc::vec::Vec;
use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;
use weighhouse_primitives::{
	agreement::{compare, largest_cluster, Cluster, Comparison},
	draw::Purpose,
	inference::{Answer, Ground, JobId, Mode, Round, Status},
	receipt::Evidence,
	traits::SeedState,
};

impl<T: Config> Pallet<T> {
	/// Brings a job to its next phase and sees to it that the phase ends.
	pub(crate) fn enter(id: JobId, job: JobOf<T>, phase: Phase<BlockNumberFor<T>>) {
		if !Self::has_entered(id, job, phase) {
			log::warn!(target: "runtime::inference", "job {id} waits for a poke: the next blocks are full");
		}
	}

	/// Brings a job to its next phase. Whether the phase ends by itself; if not, it waits for a poke.
	pub(crate) fn has_entered(
		id: JobId,
		mut job: JobOf<T>,
		phase: Phase<BlockNumberFor<T>>,
	) -> bool {
		Self::unschedule(id, job.queued);
		job.phase = phase;
		job.queued = Self::schedule(id, Self::due(&phase), MAX_DUE);
		let waits = job.queued.is_some();
		Jobs::<T>::insert(id, job);
		Self::deposit_event(Event::PhaseEntered { job: id, phase });
		waits
	}

	/// Has a round drawn by the two blocks after this one, since the seed of its first draw was lost.
	pub(crate) fn draw_again(
		id: JobId,
		mut job: JobOf<T>,
		round: Round,
		phase: Phase<BlockNumberFor<T>>,
	) {
		job.redrawn = Some(round);
		Self::enter(id, job, phase);
	}

	/// Changes a panel, if the job has one of this round.
	pub(crate) fn change_panel(id: JobId, round: Round, change: impl FnOnce(&mut PanelOf<T>)) {
		Panels::<T>::mutate_exists(id, round, |panel| {
			if let Some(panel) = panel {
				change(panel);
			}
		});
	}

	/// Decides how a job ends. Money moves in a step of its own, so that no free transaction has to
	/// carry it.
	pub(crate) fn enter_ending(id: JobId, job: JobOf<T>, outcome: Outcome) {
		let since = frame_system::Pallet::<T>::block_number();
		Self::enter(id, job, Phase::Ending { since, outcome });
	}

	fn refund(id: JobId, job: JobOf<T>, why: Refund) {
		Self::enter_ending(id, job, Outcome::Refunded(why));
	}

	/// The phase in which a main panel shows answers that it has not committed to.
	pub(crate) fn main_reveal_phase(job: &JobOf<T>) -> Phase<BlockNumberFor<T>> {
		let since = frame_system::Pallet::<T>::block_number();
		Phase::Revealing {
			since,
			until: since.saturating_add(Self::commit_window(&job.answers)),
			window: Window::Last,
		}
	}

	/// The phase in which a panel shows answers that it has committed to.
	pub(crate) fn reveal_phase(round: Round, window: Window) -> Phase<BlockNumberFor<T>> {
		let since = frame_system::Pallet::<T>::block_number();
		let until = since.saturating_add(T::RevealWindow::get());
		match round {
			Round::Jury => Phase::JuryRevealing {
				since,
				until,
				window,
			},
			Round::Main | Round::Audit => Phase::Revealing {
				since,
				until,
				window,
			},
		}
	}

	pub(crate) fn draw_main(id: JobId, job: JobOf<T>, since: BlockNumberFor<T>) {
		let seed = match Self::seed(job.request_hash, Purpose::Main, since) {
			SeedState::Known(seed) => seed,
			SeedState::NotYet => return,
			SeedState::Lost => return Self::refund(id, job, Refund::SeedLost),
		};
		let candidates = Self::fresh(id, &job, since);
		let count = job.mode.seats();
		if !Self::draw_panel(id, &job, Round::Main, seed, candidates, count) {
			return Self::refund(id, job, Refund::NotEnoughWorkers);
		}
		let phase = match job.mode {
			Mode::Owner | Mode::Solo => Self::main_reveal_phase(&job),
			Mode::QuorumOfThree | Mode::QuorumOfFive => Phase::Committing {
				until: frame_system::Pallet::<T>::block_number()
					.saturating_add(Self::commit_window(&job.answers)),
			},
		};
		Self::enter(id, job, phase);
	}

	/// How many seats of a panel must agree for it to decide.
	pub(crate) fn quorum_of(job: &JobOf<T>, round: Round, seats: usize) -> usize {
		match round {
			// Two thirds, rounded up.
			Round::Jury => seats.saturating_mul(2).div_ceil(3),
			Round::Main | Round::Audit => usize::try_from(job.mode.quorum()).unwrap_or(usize::MAX),
		}
	}

	/// The round that commits or reveals in this phase.
	pub(crate) fn round_of(phase: &Phase<BlockNumberFor<T>>) -> Round {
		match phase {
			Phase::JuryCommitting { .. } | Phase::JuryRevealing { .. } => Round::Jury,
			_ => Round::Main,
		}
	}

	/// The window to commit is over.
	pub(crate) fn close_commits(id: JobId, job: JobOf<T>) {
		let round = Self::round_of(&job.phase);
		let mut panel = Panels::<T>::get(id, round).unwrap_or_default();
		for seat in panel.iter_mut().filter(|seat| seat.commitment.is_none()) {
			seat.finding = Finding::Silent;
		}
		let committed = panel
			.iter()
			.filter(|seat| seat.commitment.is_some())
			.count();
		let enough = committed >= Self::quorum_of(&job, round, panel.len());
		Panels::<T>::insert(id, round, panel);
		match (enough, round) {
			(true, _) => Self::enter(id, job, Self::reveal_phase(round, Window::First)),
			(false, Round::Jury) => Self::refund(id, job, Refund::Undecided),
			(false, _) => Self::refund(id, job, Refund::Silence),
		}
	}

	/// The window to reveal is over.
	pub(crate) fn close_reveals(id: JobId, job: JobOf<T>, window: Window) {
		let round = Self::round_of(&job.phase);
		let mut panel = Panels::<T>::get(id, round).unwrap_or_default();
		let revealed = panel.iter().filter(|seat| seat.answer.is_some()).count();
		if revealed >= Self::quorum_of(&job, round, panel.len()) {
			return Self::resolve(id, job, round);
		}
		if window == Window::First {
			return Self::enter(id, job, Self::reveal_phase(round, Window::Last));
		}
		// Who never committed was silent. Who committed may have been cut off like the others, so it
		// is not blamed when too few revealed.
		for seat in panel.iter_mut().filter(|seat| {
			seat.commitment.is_none() && seat.answer.is_none() && seat.finding == Finding::Open
		}) {
			seat.finding = Finding::Silent;
		}
		Panels::<T>::insert(id, round, panel);
		let why = match round {
			Round::Jury => Refund::Undecided,
			Round::Main | Round::Audit => Refund::Silence,
		};
		Self::refund(id, job, why);
	}

	/// Compares the answers of a panel of which enough have revealed.
	pub(crate) fn resolve(id: JobId, job: JobOf<T>, round: Round) {
		let mut panel = Panels::<T>::get(id, round).unwrap_or_default();
		let verdict = Self::judge(&job, &mut panel, round);
		let agreed = panel
			.iter()
			.filter(|seat| seat.finding == Finding::Agreed)
			.map(|seat| seat.worker.clone())
			.collect::<Vec<_>>();
		Panels::<T>::insert(id, round, panel);
		match round {
			Round::Jury => Self::verdict(id, job, verdict),
			Round::Main | Round::Audit => Self::answered(id, job, verdict, agreed),
		}
	}

	/// Finds what each seat of a panel did, and the answer that enough of them share.
	fn judge(job: &JobOf<T>, panel: &mut PanelOf<T>, round: Round) -> Option<Answer> {
		let revealed: Vec<(usize, Answer)> = panel
			.iter()
			.enumerate()
			.filter_map(|(index, seat)| seat.answer.map(|answer| (index, answer)))
			.collect();
		let answers: Vec<Answer> = revealed.iter().map(|(_, answer)| *answer).collect();
		let quorum = Self::quorum_of(job, round, panel.len());
		for seat in panel.iter_mut() {
			// Enough others revealed, or there were no comparison.
			if seat.answer.is_none() && seat.commitment.is_some() {
				seat.finding = Finding::Unrevealed;
			}
		}
		let (class, tau) = (job.answers.class, job.answers.tau);
		let Cluster { centre, members } = largest_cluster(class, tau, &answers, quorum)?;
		let standing = answers.get(centre).copied()?;
		// Whoever could have an input that most could not is not to blame: it may have been shown to
		// them alone. Of jurors who look for an output the status says that it is not there, and one
		// who claims to have it has looked at nothing.
		let looked_for_output = round == Round::Jury
			&& job
				.challenge
				.as_ref()
				.is_some_and(|challenge| challenge.ground == Ground::Unavailable);
		let excused = |answer: &Answer| {
			standing.status == Status::InputUnavailable
				&& answer.status == Status::Ok
				&& !looked_for_output
		};
		for (position, (index, answer)) in revealed.iter().enumerate() {
			if let Some(seat) = panel.get_mut(*index) {
				seat.finding = if members.contains(&position) {
					Finding::Agreed
				} else {
					match compare(class, tau, &standing, answer) {
						Comparison::NearTie => Finding::NearTie,
						_ if excused(answer) => Finding::Open,
						Comparison::Agree | Comparison::Differ => Finding::Minority,
					}
				};
			}
		}
		Some(standing)
	}

	/// What follows from the main panel's verdict.
	fn answered(
		id: JobId,
		mut job: JobOf<T>,
		verdict: Option<Answer>,
		agreed: Vec<AccountIdOf<T>>,
	) {
		let Some(answer) = verdict else {
			return Self::refund(id, job, Refund::NoQuorum);
		};
		let failed = match answer.status {
			Status::InputUnavailable => Some(Refund::InputUnavailable),
			Status::ModelError => Some(Refund::ModelError),
			Status::Ok => None,
		};
		if let Some(why) = failed {
			if job.mode.quorum() < 2 {
				// Nobody else says so: it earns nothing to say it without having looked.
				Self::find(id, Round::Main, Finding::Open);
			}
			return Self::refund(id, job, why);
		}
		let evidence = match job.mode {
			Mode::Owner => Evidence::OwnerSigned,
			Mode::Solo => Evidence::Sampled,
			Mode::QuorumOfThree | Mode::QuorumOfFive => Evidence::Quorum,
		};
		Self::write_receipt(id, &mut job, &answer, evidence, agreed);
		let now = frame_system::Pallet::<T>::block_number();
		match job.mode {
			Mode::Owner => Self::enter_ending(id, job, Outcome::Final),
			Mode::Solo => Self::enter(id, job, Phase::Sampling { since: now }),
			Mode::QuorumOfThree | Mode::QuorumOfFive => Self::enter_resolved(id, job),
		}
	}

	/// Opens the window in which an answer can be disputed.
	pub(crate) fn enter_resolved(id: JobId, job: JobOf<T>) {
		let until = frame_system::Pallet::<T>::block_number().saturating_add(job.challenge_window);
		Self::enter(id, job, Phase::Resolved { until });
	}

	/// The answer that stands so far.
	pub(crate) fn standing_answer(job: &JobOf<T>) -> Option<Answer> {
		let record = Receipts::<T>::get(job.receipt?)?.record;
		Some(Answer {
			status: Status::Ok,
			output_hash: record.output_hash,
			fingerprint: record.fingerprint,
			statement: record.statement,
		})
	}
}
