//! One run of the worker: what to ask, whom, and what came of it.

use alloc::{collections::BTreeMap, vec::Vec};
use sp_core::offchain::{Duration, Timestamp};
use sp_io::offchain::{random_seed, timestamp};
use ward_primitives::{
	receipt::{seal::Opener, Challenge, EpochInfo},
	traits::ReadParticipants,
	Moment, ParticipantId,
};

use super::{
	counters::{Cause, Counters},
	due::Due,
	endpoint::Endpoint,
	fetch::{fetch, Fetched, Post},
	memory::Memory,
	request,
	round::{choose, visits, Visit},
	settings::Settings,
	submit, LOG_TARGET, RUN_TIME,
};
use crate::{witness::Witness, Config, Pallet};

/// A run of the worker.
pub(crate) struct Run<T: Config> {
	/// Who this node is.
	pub witness: Witness<T::WitnessId>,
	/// The epoch.
	pub epoch: EpochInfo,
	/// What the operator decided.
	pub settings: Settings,
	/// The block at which it runs.
	pub block: u32,
}

/// A request that was sent, with what is needed to read the answer.
struct Asked {
	challenge: Challenge,
	opener: Opener,
}

/// What a custodian did in this run.
#[derive(Default)]
struct Conduct {
	/// How it answered, if a good answer came.
	answered: Option<Answered>,
	/// The first reason why one did not.
	failed: Option<(Cause, u64)>,
}

/// How a custodian answered in this run.
#[derive(Clone, Copy, Default)]
struct Answered {
	/// The longest that an answer took, in milliseconds.
	took: Moment,
	/// After how many milliseconds of the run the last one was there.
	lasted: Moment,
}

type Conducts = BTreeMap<ParticipantId, Conduct>;

impl<T: Config> Run<T> {
	/// Asks what is due, and reports what comes.
	pub(crate) fn go(&self) {
		let start = timestamp();
		let mut memory = Memory::read(self.block);
		let mut visits = visits::<T>(self.block);
		let now = start.unix_millis();
		let mut chosen = choose::<T>(&mut visits, self.witness.seat, &memory, now);
		// Of a vault that always hangs on the same cohorts, others come first the next time.
		let first = random().checked_rem(chosen.len() as u64).unwrap_or_default();
		chosen.rotate_left(first as usize);
		// Whatever ends this run before its end, the next one does not begin with the same.
		for visit in &mut visits {
			let before = visit.standing.backoff;
			if chosen.iter().any(|due| due.custodian == visit.custodian) {
				visit.standing.backoff.failed(now, self.epoch.length, random());
			}
			visit.write();
			visit.standing.backoff = before;
		}
		let mut conducts = Conducts::new();
		let mut posts = Vec::new();
		for due in chosen {
			match self.prepare(&due, start) {
				Ok(post) => posts.push(post),
				Err(cause) => {
					Counters::add(|counters| &mut counters.fetches, 1);
					note(&mut conducts, due.custodian, due.cohort, Err(cause));
				},
			}
		}
		fetch(posts, start.add(Duration::from_millis(RUN_TIME)), |asked, fetched| {
			let Challenge { custodian, cohort, challenge, .. } = asked.challenge;
			let lasted = timestamp().unix_millis().saturating_sub(now);
			let answered = Answered { took: fetched.took, lasted };
			let result = self.deal_with(&asked, fetched);
			if result.map_or_else(|cause| !cause.is_of_the_vault(), |()| true) {
				memory.note(challenge, self.block);
			}
			note(&mut conducts, custodian, cohort, result.map(|()| answered));
		});
		self.conclude(&mut visits, &conducts);
	}

	/// The request for a cohort.
	fn prepare(&self, due: &Due, now: Timestamp) -> Result<(Asked, Post), Cause> {
		let endpoint = T::Participants::vault_endpoint(due.custodian).ok_or(Cause::NoVault)?;
		T::Participants::receipt_key(due.custodian).ok_or(Cause::NoVault)?;
		let endpoint = Endpoint::parse(&endpoint, &self.settings).map_err(|refusal| {
			log::debug!(
				target: LOG_TARGET,
				"the vault address of center {} {}", due.custodian, refusal.text(),
			);
			Cause::Endpoint
		})?;
		let opener = Opener::new(&random_seed());
		let challenge = due.challenge(Pallet::<T>::genesis(), self.witness.seat, opener.public());
		let now = now.unix_millis() / 1_000;
		let post = request::post(&challenge, &endpoint, &self.witness, now, nonce())
			.ok_or(Cause::NotSubmitted)?;
		Ok((Asked { challenge, opener }, post))
	}

	/// From what was fetched to what the chain is told.
	fn deal_with(&self, asked: &Asked, fetched: Fetched) -> Result<(), Cause> {
		let body = fetched.body?;
		Counters::change(|counters| counters.answered(fetched.took));
		let challenge = &asked.challenge;
		let opened = asked.opener.open(&challenge.challenge, &body).ok_or(Cause::Sealed)?;
		drop(body);
		let (answer, seen) = submit::examine::<T>(challenge, &opened)?;
		let Challenge { custodian, cohort, epoch, .. } = *challenge;
		if let Some(contradiction) = seen.contradiction {
			log::error!(
				target: LOG_TARGET,
				"⚠️  The vault of center {custodian} signed a wrong answer for row {} of cohort {cohort}: \
				 this is proof, and goes to the chain",
				contradiction.row,
			);
			// Another witness may have been first; the report is due all the same.
			if submit::dispute::<T>(contradiction).is_ok() {
				Counters::add(|counters| &mut counters.disputes, 1);
			}
		}
		let missing = seen.missing.len();
		submit::report::<T>(&self.witness, &answer, seen.missing)?;
		Counters::add(|counters| &mut counters.reports, 1);
		match missing {
			0 => log::debug!(
				target: LOG_TARGET,
				"reported cohort {cohort} of center {custodian} in epoch {epoch}",
			),
			_ => log::warn!(
				target: LOG_TARGET,
				"🧾 Center {custodian} lacks {missing} rows of cohort {cohort}; reported in epoch {epoch}",
			),
		}
		Ok(())
	}

	/// Draws the consequences for the custodians.
	fn conclude(&self, visits: &mut [Visit], conducts: &Conducts) {
		let now = timestamp().unix_millis();
		for visit in visits {
			let Some(conduct) = conducts.get(&visit.custodian) else {
				// Nothing was sent: it stands as it did.
				visit.write();
				continue;
			};
			let (id, backoff) = (visit.custodian, &mut visit.standing.backoff);
			let is_back = backoff.failures > 0;
			match (conduct.answered, conduct.failed) {
				(Some(Answered { took, lasted }), failed) => {
					backoff.answered(now, took, lasted);
					if is_back {
						log::info!(target: LOG_TARGET, "🧾 The vault of center {id} answers again");
					}
					if let Some((cause, cohort)) = failed {
						let text = cause.text();
						log::warn!(target: LOG_TARGET, "🧾 The vault of center {id} {text} (cohort {cohort})");
					}
				},
				(None, Some((cause, cohort))) => {
					backoff.failed(now, self.epoch.length, random());
					log::warn!(
						target: LOG_TARGET,
						"🧾 The vault of center {id} {} (cohort {cohort}); failures in a row: {}",
						cause.text(),
						backoff.failures,
					);
				},
				(None, None) => {},
			}
			visit.write();
		}
	}
}

/// Counts what came of a fetch, and notes it for the custodian.
fn note(
	conducts: &mut Conducts,
	custodian: ParticipantId,
	cohort: u64,
	result: Result<Answered, Cause>,
) {
	let conduct = conducts.entry(custodian).or_default();
	match result {
		Ok(Answered { took, lasted }) => {
			let all = conduct.answered.get_or_insert_default();
			*all = Answered { took: all.took.max(took), lasted: all.lasted.max(lasted) };
		},
		Err(cause) => {
			Counters::change(|counters| counters.failed(cause));
			if cause.is_of_the_vault() {
				conduct.failed.get_or_insert((cause, cohort));
			} else {
				log::debug!(
					target: LOG_TARGET,
					"cohort {cohort}: the vault of center {custodian} {}", cause.text(),
				);
				conduct.answered.get_or_insert_default();
			}
		},
	}
}

/// What makes a request another one than any before.
fn nonce() -> [u8; 16] {
	let mut nonce = [0; 16];
	let random = random_seed();
	nonce.iter_mut().zip(random).for_each(|(to, from)| *to = from);
	nonce
}

/// A random number for jitter.
fn random() -> u64 {
	let [a, b, c, d, e, f, g, h, ..] = random_seed();
	u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
