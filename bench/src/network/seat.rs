//! From the council's vote to the first block of a new authority.

use std::path::{Path, PathBuf};

use clap::Args;
use ward_chain_client::{Call, CallSigner, Chain, Finalized, State, WeightBound};
use ward_client::{
	error::{Context, Error, Kind},
	keys::Keys,
	proof::EnrolmentOffer,
	Result,
};
use ward_crypto::request::RequestKey;
use ward_primitives::{council::Motion, Digest, Moment, ParticipantId, Role};

use super::first;
use crate::{
	directory::{keys_of, pid_of},
	machine::{Machine, Others},
	progress::Progress,
	report::Report,
};

/// How long a newcomer's offer counts, in milliseconds.
const OFFER_VALIDITY: Moment = 3_600_000;

/// More than any call of the agenda weighs.
const WEIGHT: WeightBound = WeightBound { ref_time: 20_000_000_000, proof_size: 512 << 10 };

/// What a motion adds to the length of its call.
const ENVELOPE: usize = 16;

/// Sessions that have begun after which a newcomer must have authored.
const PATIENCE: u32 = 4;

/// How many blocks a session lasts if the founders do not say otherwise, and how long a block takes.
const DEFAULT_SESSION: f64 = 300.0;
const SLOT: f64 = 2.0;

/// From the council's vote on a seat to the first block of its center
///
/// One center after another is enrolled, and granted a seat by vote; its node makes session keys, and it
/// takes the seat.
#[derive(Debug, Args)]
pub(super) struct SeatArgs {
	/// Directory of a network that scripts/lib/network.sh has started
	#[arg(long, value_name = "DIR")]
	network: PathBuf,
	/// WebSocket address of an authority, in the order of their numbers; repeat for each
	#[arg(long = "node", value_name = "URL", required = true)]
	nodes: Vec<String>,
	/// WebSocket address of a node that has no seat yet, numbered after the authorities; repeat for more
	#[arg(long = "candidate", value_name = "URL", required = true)]
	candidates: Vec<String>,
	/// How the nodes were built, for the report
	#[arg(long, default_value = "unknown")]
	node_profile: String,
}

/// Those who decide.
struct Council {
	chain: Chain,
	/// The health authority, and a key of each founding center.
	authority: Keys,
	centers: Vec<RequestKey>,
}

/// How long a newcomer took. Seconds are between the moments of blocks.
#[derive(Default)]
struct Steps {
	decision_to_seat: Vec<f64>,
	seat_to_block: Vec<f64>,
	decision_to_block: Vec<f64>,
	seat_to_set: Vec<f64>,
	blocks: Vec<f64>,
	sessions: Vec<f64>,
}

pub(super) async fn run(args: &SeatArgs, machine: Machine) -> Result<Report> {
	let founders = 1..=args.nodes.len();
	let council = Council {
		chain: Chain::connect(first(&args.nodes)?).await?,
		authority: keys_of(&args.network, "authority")?,
		centers: founders.map(|n| account_of(&args.network, n)).collect::<Result<_>>()?,
	};
	let processes = args.nodes.len() + args.candidates.len();
	let pids = (1..=processes).map(|n| pid_of(&args.network, &format!("node-{n}")));
	let others = Others::watch(pids.collect::<Result<Vec<_>>>()?);
	let mut report = Report::new("network: seat", machine);
	let length = council.chain.finalized().await?.session().await?.length;

	let mut steps = Steps::default();
	let progress = Progress::new(args.candidates.len() as u64);
	for candidate in &args.candidates {
		progress.step("a center joins");
		let node = Chain::connect_to(candidate, council.chain.genesis()).await?;
		council.admit(&node, &mut steps).await?;
	}
	progress.end();
	let sessions = f64::from(length);
	report.figure("authorities at first", args.nodes.len() as f64, "");
	report.figure("session", sessions, "blocks");
	report.median("decision to taken seat", steps.decision_to_seat, "s", None);
	report.median("taken seat to place in the set", steps.seat_to_set, "s", None);
	report.median("taken seat to first block", steps.seat_to_block, "s", None);
	report.median("decision to first block", steps.decision_to_block, "s", None);
	report.median("decision to first block", steps.blocks, "blocks", None);
	report.median("sessions that began meanwhile", steps.sessions, "", None);
	// Whoever takes a seat in a session is in the set when the second one after it begins.
	let default = DEFAULT_SESSION * SLOT;
	report.figure("computed for sessions of 300 blocks: taken seat to set, least", default, "s");
	report.figure(
		"computed for sessions of 300 blocks: taken seat to set, most",
		2.0 * default,
		"s",
	);
	report.disturbed_by(others.cores());
	report.note(format!(
		"{} authorities and {} more nodes on this machine (ward-node built with profile {}, runtime in \
		 release), which run and have the chain before the vote. The centers join one after the other, \
		 so the set grows; the median of them, the shortest and the longest.",
		args.nodes.len(),
		args.candidates.len(),
		args.node_profile
	));
	report.note(
		"Decision: the block in which the motion `grant_seat` is closed. Then, by a program and \
		 without pause: the node makes session keys, `set_keys` becomes final, `take_seat` becomes \
		 final. First block: the first for which the chain counts one of the new seat (WardApi seats). \
		 All seconds are differences of the moments that blocks state.",
	);
	report.note(
		"Computed, not measured: a seat that is taken counts from the second session boundary after it, \
		 so one to two sessions, and then until the center's turn, of as many slots as there are seats.",
	);
	Ok(report)
}

/// The account of founding center `n`.
fn account_of(network: &Path, n: usize) -> Result<RequestKey> {
	let file = network.join(format!("keys/account-{n}.seed"));
	let unreadable = || format!("{} has no seed", file.display());
	let text = std::fs::read_to_string(&file).context(Kind::Usage, unreadable)?;
	let seed = bytes_of(text.trim()).ok_or_else(|| Error::new(Kind::Usage, unreadable()))?;
	Ok(RequestKey::from_seed(seed))
}

/// 32 bytes of 0x hex.
fn bytes_of(text: &str) -> Option<[u8; 32]> {
	let digits = text.strip_prefix("0x").filter(|digits| digits.is_ascii())?;
	let byte = |n: usize| u8::from_str_radix(digits.get(2 * n..2 * n + 2)?, 16).ok();
	let bytes: Vec<u8> = (0..digits.len().div_ceil(2)).map(byte).collect::<Option<_>>()?;
	bytes.try_into().ok()
}

impl Council {
	/// Brings a center with a node of its own into the set.
	async fn admit(&self, node: &Chain, steps: &mut Steps) -> Result<()> {
		let keys = Keys::generate();
		let center = self.enrol(&keys).await?;
		let closed = self.grant_seat(center).await?;
		let decision = self.chain.at(closed.block).await?;

		let account = keys.account();
		let session_keys = node.rotate_session_keys(account.account()).await?;
		let call = Call::set_session_keys(&session_keys.keys, &session_keys.proof);
		self.chain.submit(account, call).await?;
		let taken = self.chain.submit(account, Call::take_seat()).await?;
		let taken = self.chain.at(taken.block).await?;

		let (entered, authored) = self.first_block(center, &taken).await?;
		let seconds = |from: &State, to: &State| (to.timestamp - from.timestamp) as f64 / 1e3;
		let session = |state: State| async move { Ok::<_, Error>(state.session().await?.index) };
		steps.decision_to_seat.push(seconds(&decision, &taken));
		steps.seat_to_set.push(seconds(&taken, &entered));
		steps.seat_to_block.push(seconds(&taken, &authored));
		steps.decision_to_block.push(seconds(&decision, &authored));
		steps.blocks.push((authored.number - decision.number) as f64);
		let began = session(authored).await? - session(decision).await?;
		steps.sessions.push(began.into());
		Ok(())
	}

	/// The health authority accredits a center.
	async fn enrol(&self, keys: &Keys) -> Result<ParticipantId> {
		let state = self.chain.finalized().await?;
		let authority = self.authority.account();
		let unknown = || Error::new(Kind::Refused, "the chain does not know the health authority");
		let sponsor = state.key(authority.public()).await?.ok_or_else(unknown)?.participant;
		let (genesis, role) = (self.chain.genesis(), Role::MedicalCenter);
		let until = state.timestamp + OFFER_VALIDITY;
		let offer = EnrolmentOffer::sign(keys, genesis, sponsor, role, false, until);
		let call = Call::enrol(
			role,
			offer.account.0,
			offer.sealing_digest()?,
			false,
			until,
			offer.signature.0,
		);
		let enrolled = self.chain.submit(authority, call).await?;
		let none = || Error::new(Kind::Refused, "the chain enrolled nobody");
		enrolled.enrolled().ok_or_else(none)
	}

	/// The council grants a seat: the health authority proposes it, centers vote for it until that is
	/// enough, and the motion is closed.
	async fn grant_seat(&self, center: ParticipantId) -> Result<Finalized> {
		let call = self.chain.finalized().await?.encode_call(&Call::grant_seat(center)).await?;
		let authority = self.authority.account();
		self.chain.submit(authority, Call::propose(call.clone())).await?;
		let mut motion = self.motion(&call).await?;
		for voter in &self.centers {
			if motion.ayes.len() as u32 >= motion.threshold {
				break;
			}
			self.chain.submit(voter, Call::vote(motion.hash, motion.index, true)).await?;
			motion = self.motion(&call).await?;
		}
		let length = u32::try_from(motion.call.len() + ENVELOPE).unwrap_or(u32::MAX);
		let close = Call::close(motion.hash, motion.index, WEIGHT, length);
		let closed = self.chain.submit(authority, close).await?;
		match &closed.carried_out {
			Some(Ok(())) => Ok(closed),
			other => {
				Err(Error::new(Kind::Refused, format!("the motion was not enacted: {other:?}")))
			},
		}
	}

	/// The open motion that carries a call.
	async fn motion(&self, call: &[u8]) -> Result<Motion> {
		let motions = self.chain.finalized().await?.motions().await?;
		let motion = motions.into_iter().find(|motion| motion.call == call);
		motion.ok_or_else(|| Error::new(Kind::Refused, "the council has no such motion"))
	}

	/// The first block with a center in the set, and the first that it authored.
	async fn first_block(&self, center: ParticipantId, taken: &State) -> Result<(State, State)> {
		let mut entered: Option<Digest> = None;
		let (mut number, from) = (taken.number, taken.session().await?.index);
		loop {
			number += 1;
			let state = self.final_block(number).await?;
			let seats = state.seats().await?;
			let seat = seats.into_iter().find(|seat| seat.center == center);
			let seat = seat.ok_or_else(|| Error::new(Kind::Refused, "the chain lost the seat"))?;
			if seat.sits {
				entered.get_or_insert(state.hash);
			}
			match entered {
				Some(entered) if seat.current.authored > 0 => {
					return Ok((self.chain.at(entered).await?, state));
				},
				_ if state.session().await?.index > from + PATIENCE => {
					return Err(Error::new(
						Kind::Node,
						"a newcomer authored nothing in four sessions",
					)
					.hint("see the nodes' logs"));
				},
				_ => {},
			}
		}
	}

	/// A block once it is final.
	async fn final_block(&self, number: u64) -> Result<State> {
		use futures::StreamExt;
		if self.chain.finalized().await?.number < number {
			let mut blocks = std::pin::pin!(self.chain.finalized_blocks());
			while let Some(state) = blocks.next().await {
				if state?.number >= number {
					break;
				}
			}
		}
		Ok(self.chain.at_number(number).await?)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_seed_is_32_bytes_of_hex() {
		assert_eq!(bytes_of(&format!("0x{}", "0f".repeat(32))), Some([15; 32]));
		for bad in
			["0f".repeat(32), format!("0x{}", "0f".repeat(31)), format!("0x{}", "0g".repeat(32))]
		{
			assert_eq!(bytes_of(&bad), None);
		}
	}
}
