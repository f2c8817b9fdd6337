//! Motions of the council: what they would do, in words, and how they stand.

use ward_chain_client::{DecodedCall, State};
use ward_primitives::{council::Motion, Digest, KeyBytes, Moment, ParticipantId};

use crate::{
	error::{Error, Kind, Result},
	hex::Hex,
	moment,
};

/// How long a block takes, in milliseconds.
pub const BLOCK: u64 = 2_000;

/// What a call would do, in words. One that has none here is written out, so that nobody votes blindly.
pub fn in_words(call: &DecodedCall) -> String {
	words_of_seats(call)
		.or_else(|| words_of_participants(call))
		.or_else(|| words_of_receipts(call))
		.or_else(|| words_of_the_chain(call))
		.unwrap_or_else(|| written_out(call))
}

fn words_of_seats(call: &DecodedCall) -> Option<String> {
	if call.pallet != "Authorities" {
		return None;
	}
	let center = || call.argument::<ParticipantId>(0);
	let number = || call.argument::<u32>(0);
	Some(match call.name.as_str() {
		"grant_seat" => format!("grant a seat to center {}", center()?),
		"revoke_seat" => format!("take the seat of center {} away", center()?),
		"reinstate_seat" => format!("lift the suspension of the seat of center {}", center()?),
		"set_session_length" => {
			let blocks = number()?;
			format!("let a session last {}", display_blocks(blocks))
		},
		"set_minimum" => format!("never have fewer than {} seats in the set", number()?),
		_ => return None,
	})
}

fn words_of_participants(call: &DecodedCall) -> Option<String> {
	if call.pallet != "Participants" {
		return None;
	}
	let whom = || call.argument::<ParticipantId>(0);
	let until = || call.argument::<Option<Moment>>(1);
	Some(match call.name.as_str() {
		"admit_health_authority" => {
			let account = Hex(call.argument::<KeyBytes>(0)?);
			let ends = moment::display(call.argument::<Moment>(2)?);
			format!("admit the health authority with the account {account}, before {ends}")
		},
		"suspend" => format!("suspend participant {}", whom()?),
		"reinstate" => match until()? {
			Some(end) => {
				format!("reinstate participant {} until {}", whom()?, moment::display(end))
			},
			None => format!("reinstate participant {}", whom()?),
		},
		"deactivate" => format!("deactivate participant {} for good", whom()?),
		"freeze" => format!("freeze participant {}", whom()?),
		"set_expiry" => match until()? {
			Some(end) => format!("let participant {} end at {}", whom()?, moment::display(end)),
			None => format!("lift the end of participant {}", whom()?),
		},
		_ => return None,
	})
}

fn words_of_the_chain(call: &DecodedCall) -> Option<String> {
	if call.is("System", "authorize_upgrade") {
		let hash = Hex(call.argument::<Digest>(0)?);
		return Some(format!("authorize the runtime with the code hash {hash}"));
	}
	if call.is("Grandpa", "note_stalled") {
		let (delay, last): (u32, u32) = (call.argument(0)?, call.argument(1)?);
		return Some(format!(
			"restart finality with the voters of the next session, {} after it begins, counted from \
			 final block {last}",
			display_blocks(delay)
		));
	}
	None
}

fn words_of_receipts(call: &DecodedCall) -> Option<String> {
	let is_length = call.is("Receipts", "set_epoch_length");
	let length = is_length.then(|| call.argument::<Moment>(0)).flatten()?;
	let span = moment::display_duration(length);
	Some(format!("let an epoch of storage receipts last {span} ({length} ms)"))
}

fn written_out(call: &DecodedCall) -> String {
	let fields = call.fields.iter().map(|(name, bytes)| format!("{name} {}", digits(bytes)));
	let fields: Vec<_> = fields.collect();
	format!("{}.{}({})", call.pallet, call.name, fields.join(", "))
}

/// `0x` and hexadecimal digits.
pub fn digits(bytes: &[u8]) -> String {
	bytes.iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02x}"))
}

/// So many blocks, and how long they take.
pub fn display_blocks(blocks: u32) -> String {
	let span = moment::display_duration(u64::from(blocks) * BLOCK);
	let noun = if blocks == 1 { "block" } else { "blocks" };
	format!("{blocks} {noun} ({span})")
}

/// How a motion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
	/// It has enough votes: it can be closed, and its call is made then.
	Carried,
	/// It cannot get enough votes any more: it can be closed, and nothing else happens.
	Lost,
	/// Its time is over, and votes are missing: it can be closed, and nothing else happens.
	Over,
	/// So many ayes are missing.
	Open {
		/// How many.
		missing: u32,
	},
}

impl Standing {
	/// Of `motion`, in a council of so many, at the block with this number.
	///
	/// Needed are the votes that were when it was proposed, and two thirds of the council as it is now:
	/// it may have grown since.
	pub fn of(motion: &Motion, members: u32, block: u64) -> Self {
		let count = |votes: &[ParticipantId]| u32::try_from(votes.len()).unwrap_or(u32::MAX);
		let (ayes, nays) = (count(&motion.ayes), count(&motion.nays));
		let needed = needed(motion, members);
		if ayes >= needed {
			Self::Carried
		} else if members.saturating_sub(nays) < motion.threshold {
			Self::Lost
		} else if block >= u64::from(motion.ends) {
			Self::Over
		} else {
			Self::Open { missing: needed - ayes }
		}
	}

	/// Whether it can be closed.
	pub const fn is_decided(self) -> bool {
		!matches!(self, Self::Open { .. })
	}

	/// One word for programs.
	pub const fn code(self) -> &'static str {
		match self {
			Self::Carried => "carried",
			Self::Lost => "lost",
			Self::Over => "over",
			Self::Open { .. } => "open",
		}
	}

	/// For tables.
	pub fn in_words(self) -> String {
		match self {
			Self::Carried => "carried, to be closed".into(),
			Self::Lost => "lost, to be closed".into(),
			Self::Over => "not carried in time, to be closed".into(),
			Self::Open { missing: 1 } => "1 aye missing".into(),
			Self::Open { missing } => format!("{missing} ayes missing"),
		}
	}
}

/// How many ayes a motion needs in a council of so many.
pub fn needed(motion: &Motion, members: u32) -> u32 {
	motion.threshold.max(two_thirds(members))
}

/// The smallest part of so many that is no less than two thirds.
const fn two_thirds(members: u32) -> u32 {
	members.saturating_mul(2).div_ceil(3)
}

/// How a command line names a motion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MotionName {
	/// By its number.
	Index(u32),
	/// By the first digits of its hash, in lower case, without `0x`.
	Hash(String),
}

impl std::str::FromStr for MotionName {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if let Some(digits) = text.strip_prefix("0x") {
			let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
			return match is_hex && (4..=64).contains(&digits.len()) {
				true => Ok(Self::Hash(digits.to_ascii_lowercase())),
				false => Err(format!("`{text}` is no hash; write 0x and 4 to 64 of its digits")),
			};
		}
		text.parse().map(Self::Index).map_err(|_| {
			format!(
				"`{text}` is no motion; write its number, or 0x and the first digits of its hash"
			)
		})
	}
}

impl std::fmt::Display for MotionName {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match self {
			Self::Index(index) => index.fmt(f),
			Self::Hash(digits) => write!(f, "0x{digits}"),
		}
	}
}

/// The open motion with this name.
pub fn find(motions: Vec<Motion>, name: &MotionName) -> Result<Motion> {
	let is_named = |motion: &Motion| match name {
		MotionName::Index(index) => motion.index == *index,
		MotionName::Hash(digits) => self::digits(&motion.hash)[2..].starts_with(digits),
	};
	let mut found = motions.into_iter().filter(is_named);
	match (found.next(), found.next()) {
		(Some(motion), None) => Ok(motion),
		(None, _) => Err(Error::new(Kind::Input, format!("no motion {name} is open"))
			.code_is("unknown-motion")
			.hint("`ward council list` shows the open ones; a closed one is there no more")),
		(Some(_), Some(_)) => {
			Err(Error::new(Kind::Input, format!("more than one open motion begins with {name}"))
				.code_is("ambiguous-motion")
				.hint("write more digits, or the motion's number"))
		},
	}
}

/// What a motion would do, decoded by the runtime's metadata and in words.
pub struct Meaning {
	/// The call; none if the node's metadata does not have it.
	pub call: Option<DecodedCall>,
	/// In words.
	pub words: String,
}

impl Meaning {
	/// Of a motion that is open at `state`.
	pub async fn of(state: &State, motion: &Motion) -> Self {
		match state.decode_call(&motion.call).await {
			Ok(call) => Self { words: in_words(&call), call: Some(call) },
			Err(error) => Self { call: None, words: format!("unreadable: {error}") },
		}
	}
}

#[cfg(test)]
mod tests;
