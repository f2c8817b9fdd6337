//! Proposals, in words.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ward_chain_client::{Call, State};
use ward_primitives::{council::Motion, participant::Condition, Digest, ParticipantId, Role};

use super::{members, vote};
use crate::{
	command::{arguments, keys::read_file, Context, Output},
	error::{Error, Kind, Result},
	hex::Hex,
	moment::{self, End},
	motion::{self, Meaning, Standing},
	progress::Progress,
	proof::{EnrolmentOffer, CONSORTIUM},
	runtime_code::RuntimeCode,
	seats,
	session::{self, Session},
};

/// What to propose.
#[derive(Subcommand, Debug)]
pub enum What {
	/// Grant a consensus seat to a medical center
	GrantSeat(Center),
	/// Take a seat away: its center leaves the set with the next session
	RevokeSeat(Center),
	/// Lift the suspension of a seat after a breach of consensus
	ReinstateSeat(Center),
	/// Stop a participant until it is reinstated
	Suspend(Whom),
	/// Make a suspended, frozen or expired participant active again
	Reinstate {
		/// The participant
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		participant: ParticipantId,
		/// When it ends by itself: 30d, 12h, a date, or open
		#[arg(long, value_parser = moment::parse_end, value_name = "END", default_value = "open")]
		until: End,
	},
	/// End a participant for good
	Deactivate {
		/// The participant
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		participant: ParticipantId,
		/// Really: it can never be undone
		#[arg(long)]
		yes: bool,
	},
	/// Stop a participant at once
	Freeze(Whom),
	/// Set or lift the end of a participant's activity
	SetExpiry {
		/// The participant
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		participant: ParticipantId,
		/// When it ends: 30d, 12h, a date, or open
		#[arg(long, value_parser = moment::parse_end, value_name = "END")]
		until: End,
	},
	/// Admit a health authority that has signed an offer
	///
	/// The newcomer makes it with `ward enrol offer --role health-authority --sponsor 0`. It counts for
	/// some hours only: the motion has to be closed before.
	AdmitAuthority {
		/// The newcomer's offer
		#[arg(value_name = "FILE")]
		offer: PathBuf,
	},
	/// Authorize a new runtime by the hash of its code
	///
	/// When the motion is closed, anybody hands the code in with `ward council upgrade apply FILE`.
	Upgrade(Upgrade),
	/// Restart finality that has stopped for good, with a new set of voters
	///
	/// Only when more than a third of the voters will not come back: docs/operators.md. It takes effect
	/// when the next session begins, with the voters of that session: close the motion in the session
	/// after the one in which those who are gone lost their seats (`ward seat list`).
	NoteStalled {
		/// In how many blocks the new set begins
		#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..))]
		delay: u32,
		/// The last block that is final on the nodes of all
		#[arg(long, value_name = "BLOCK")]
		best_finalized: u32,
	},
	/// Set how long a session lasts
	SessionLength {
		/// In blocks of two seconds
		#[arg(value_parser = clap::value_parser!(u32).range(5..=43_200))]
		blocks: u32,
	},
	/// Set how long an epoch of storage receipts lasts: how often all records are looked at
	///
	/// What was seen counts as fresh until the next epoch is over.
	EpochLength {
		/// 6h, 90m or 10s: from 4 seconds to 7 days
		#[arg(value_parser = epoch_length, value_name = "DURATION")]
		length: u64,
	},
	/// Set the fewest seats that the set of authorities may have
	Minimum {
		/// How many
		#[arg(value_parser = clap::value_parser!(u32).range(1..))]
		seats: u32,
	},
}

/// Reads the length of an epoch, in milliseconds.
fn epoch_length(text: &str) -> Result<u64, String> {
	let length = moment::parse_duration(text)?;
	match (4_000..=7 * 86_400_000).contains(&length) {
		true => Ok(length),
		false => Err(format!("`{text}` is no length of an epoch: from 4s to 7d")),
	}
}

/// A medical center.
#[derive(Args, Debug)]
pub struct Center {
	/// The medical center
	#[arg(value_parser = arguments::participant, value_name = "CENTER")]
	center: ParticipantId,
}

/// A participant.
#[derive(Args, Debug)]
pub struct Whom {
	/// The participant
	#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
	participant: ParticipantId,
}

/// A runtime.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Upgrade {
	/// The code as it goes on the chain: its version is checked, and its hash computed
	#[arg(long, value_name = "FILE")]
	code: Option<PathBuf>,
	/// The hash of the code (BLAKE2b-256), which each center computes from its own build
	#[arg(long, value_name = "HASH", value_parser = arguments::bytes32)]
	code_hash: Option<Hex<32>>,
}

pub(super) async fn run(context: &Context, what: &What, out: &mut Output) -> Result<()> {
	if let What::Deactivate { participant, yes: false } = what {
		let what = format!("deactivating {participant} can never be undone");
		return Err(Error::new(Kind::Usage, what)
			.hint("say --yes if that is meant; `ward council propose suspend` can be undone"));
	}
	// Files are read before anybody is asked for a passphrase.
	let input = Input::of(what)?;
	let session = context.session().await?;
	let state = context.governing_state(&session.chain).await?;
	let call = call(&session, &state, what, &input, context.progress()).await?;
	if let Some(doubt) = doubt(&state, what).await? {
		context
			.progress()
			.warn(&format!("as things stand, this could not be carried out: {doubt}"));
	}
	let encoded = state.encode_call(&call).await?;
	if let Some(motion) = open_motion(&state, &encoded).await? {
		let (words, standing) = described(&state, &motion).await?;
		return out.result(&vote::proposed(&motion, &words, standing, true), || {
			format!("open already as motion {} ({}): {words}", motion.index, Hex(motion.hash))
		});
	}
	let finalized = session.govern(Call::propose(encoded.clone()), context.progress()).await?;
	let after = session.chain.at(finalized.block).await?;
	let motion = open_motion(&after, &encoded).await?.ok_or_else(|| {
		Error::new(Kind::Node, "the motion was proposed, but is not open any more")
			.code_is("unknown-motion")
			.hint("somebody may have closed it in the same block: `ward council list`")
	})?;
	let (words, standing) = described(&after, &motion).await?;
	out.called(&finalized, vote::proposed(&motion, &words, standing, false), || {
		format!("motion {} ({}): {words}; {}", motion.index, Hex(motion.hash), standing.in_words())
	})
}

/// What the command line names as a file.
enum Input {
	None,
	Offer(Box<EnrolmentOffer>),
	Code(RuntimeCode),
}

impl Input {
	fn of(what: &What) -> Result<Self> {
		Ok(match what {
			What::AdmitAuthority { offer } => Self::Offer(Box::new(read_offer(offer)?)),
			What::Upgrade(Upgrade { code: Some(path), .. }) => Self::Code(RuntimeCode::read(path)?),
			_ => Self::None,
		})
	}
}

fn read_offer(path: &Path) -> Result<EnrolmentOffer> {
	let offer = EnrolmentOffer::read(&read_file(path)?)?;
	match offer.role {
		Role::HealthAuthority => Ok(offer),
		_ => Err(Error::new(Kind::Input, "the offer is not that of a health authority")
			.code_is("wrong-role")
			.hint("its sponsor takes it with `ward enrol accept`; the council admits authorities")),
	}
}

/// The call that the motion carries. What the chain would refuse when it is carried out is refused
/// here, as far as it can be known.
async fn call(
	session: &Session,
	state: &State,
	what: &What,
	input: &Input,
	progress: &dyn Progress,
) -> Result<Call> {
	let now = moment::now();
	Ok(match what {
		What::GrantSeat(Center { center }) => {
			let row = session::participant(state, *center).await?;
			if row.role != Role::MedicalCenter {
				return Err(Error::new(Kind::Input, format!("{center} is no medical center"))
					.code_is("wrong-role")
					.hint(
						"only medical centers have seats; `ward show participant` tells the role",
					));
			}
			Call::grant_seat(*center)
		},
		What::RevokeSeat(Center { center }) => Call::revoke_seat(seat(state, *center).await?),
		What::ReinstateSeat(Center { center }) => {
			let center = seat(state, *center).await?;
			Call::reinstate_seat(center)
		},
		What::Suspend(Whom { participant: id }) => Call::suspend(known(state, *id).await?),
		What::Freeze(Whom { participant: id }) => Call::freeze(known(state, *id).await?),
		What::Reinstate { participant: id, until } => {
			Call::reinstate(known(state, *id).await?, until.moment(now))
		},
		What::Deactivate { participant: id, .. } => Call::deactivate(known(state, *id).await?),
		What::SetExpiry { participant: id, until } => {
			Call::set_expiry(known(state, *id).await?, until.moment(now))
		},
		What::AdmitAuthority { .. } => {
			let Input::Offer(offer) = input else { return Err(lost()) };
			offer.check(CONSORTIUM, &session.genesis(), state.timestamp)?;
			if state.key(offer.account.0).await?.is_some() {
				return Err(Error::new(
					Kind::Refused,
					"the key of the offer is on the chain already",
				)
				.code_is("key-taken")
				.hint("a key is never registered twice; the newcomer makes new keys"));
			}
			Call::admit_health_authority(
				offer.account.0,
				offer.sealing_digest()?,
				offer.valid_until,
				offer.signature.0,
			)
		},
		What::Upgrade(Upgrade { code_hash, .. }) => {
			Call::authorize_upgrade(upgrade(session, input, *code_hash, progress).await?)
		},
		What::NoteStalled { delay, best_finalized } => {
			let last = session.chain.finalized().await?.number;
			if u64::from(*best_finalized) > last {
				let what = format!("block {best_finalized} is not final here");
				return Err(Error::new(Kind::Input, what)
					.code_is("not-final")
					.hint(format!("the last final block of this node is {last}")));
			}
			Call::note_stalled(*delay, *best_finalized)
		},
		What::SessionLength { blocks } => Call::set_session_length(*blocks),
		What::EpochLength { length } => Call::set_epoch_length(*length),
		What::Minimum { seats } => Call::set_minimum(*seats),
	})
}

/// What would keep a motion from being carried out now. It may be otherwise when it is closed.
async fn doubt(state: &State, what: &What) -> Result<Option<String>> {
	Ok(match what {
		What::Suspend(Whom { participant })
		| What::Freeze(Whom { participant })
		| What::Reinstate { participant, .. }
		| What::Deactivate { participant, .. }
		| What::SetExpiry { participant, .. } => {
			administrator(state, *participant).await?.map(|administrator| {
				format!(
					"participant {participant} is administered by {administrator}, which is active \
					 (`ward admin`)"
				)
			})
		},
		What::RevokeSeat(Center { center }) => {
			let (counting, minimum) = counting(state).await?;
			let counts = seats::seat_of(seats::all(state).await?, *center)?.obstacle.is_none();
			(counts && counting <= minimum)
				.then(|| format!("{counting} seats count, and the minimum is {minimum}"))
		},
		What::Minimum { seats } => {
			let (counting, _) = counting(state).await?;
			(*seats > counting).then(|| format!("only {counting} seats count"))
		},
		What::ReinstateSeat(Center { center }) => {
			let seat = seats::seat_of(seats::all(state).await?, *center)?;
			seat.row.suspension.is_none().then(|| format!("the seat of {center} is not suspended"))
		},
		_ => None,
	})
}

/// The nearest active participant up the line of sponsorship; none if that is the consortium.
async fn administrator(state: &State, id: ParticipantId) -> Result<Option<ParticipantId>> {
	let mut sponsor = session::participant(state, id).await?.sponsor;
	while let Some(id) = sponsor {
		let row = session::participant(state, id).await?;
		if row.active.contains(state.timestamp) {
			return Ok(Some(id));
		}
		sponsor = row.sponsor;
	}
	Ok(None)
}

/// How many seats count, and the fewest that there may be.
async fn counting(state: &State) -> Result<(u32, u32)> {
	let all = seats::all(state).await?;
	let counting = all.iter().filter(|seat| seat.obstacle.is_none()).count();
	Ok((u32::try_from(counting).unwrap_or(u32::MAX), state.session().await?.minimum))
}

async fn upgrade(
	session: &Session,
	input: &Input,
	code_hash: Option<Hex<32>>,
	progress: &dyn Progress,
) -> Result<Digest> {
	match (input, code_hash) {
		(Input::Code(code), _) => {
			code.check_follows(&session.chain.runtime_version().await?)?;
			Ok(code.hash)
		},
		(_, Some(hash)) => {
			progress
				.warn("the code itself was not named, so nobody has looked at its version here");
			Ok(hash.0)
		},
		_ => Err(lost()),
	}
}

/// The command line guarantees that there is what it asks for.
fn lost() -> Error {
	Error::new(Kind::Usage, "a file or a hash is missing")
}

async fn known(state: &State, id: ParticipantId) -> Result<ParticipantId> {
	let row = session::participant(state, id).await?;
	match row.condition {
		Condition::Deactivated => {
			Err(Error::new(Kind::Input, format!("participant {id} is deactivated for good"))
				.code_is("deactivated")
				.hint("nothing brings it back; the newcomer is enrolled anew with new keys"))
		},
		_ => Ok(id),
	}
}

async fn seat(state: &State, center: ParticipantId) -> Result<ParticipantId> {
	Ok(seats::seat_of(seats::all(state).await?, center)?.center)
}

async fn open_motion(state: &State, call: &[u8]) -> Result<Option<Motion>> {
	Ok(state.motions().await?.into_iter().find(|motion| motion.call == call))
}

async fn described(state: &State, motion: &Motion) -> Result<(String, Standing)> {
	let meaning = Meaning::of(state, motion).await;
	let standing = motion::Standing::of(motion, members(state).await?, state.number);
	Ok((meaning.words, standing))
}
