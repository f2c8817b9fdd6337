//! Seats of authorities in words.

use ward_chain_client::State;
use ward_primitives::{
	seat::{Breach, Liveness, Obstacle, SeatInfo, SessionInfo},
	ParticipantId,
};

use crate::{
	error::{Error, Kind, Result},
	motion::display_blocks,
};

/// A breach of consensus in words.
pub const fn breach(breach: Breach) -> &'static str {
	match breach {
		Breach::DoubleAuthoring => "double authoring",
		Breach::DoubleVoting => "double voting",
	}
}

/// What a breach means for an operator.
pub const fn cause_of(breach: Breach) -> &'static str {
	match breach {
		Breach::DoubleAuthoring => "two different blocks for one slot",
		Breach::DoubleVoting => "two different votes in one round",
	}
}

/// How a seat stands, in words: what it does now, and why not more.
pub fn in_words(seat: &SeatInfo) -> String {
	let mut parts = Vec::new();
	if let Some(suspension) = seat.row.suspension {
		let (what, session) = (breach(suspension.breach), suspension.session);
		parts.push(format!("suspended for {what} in session {session}"));
	}
	parts.push(match (seat.sits, seat.sits_next) {
		_ if seat.kept => "kept in the set by the minimum".into(),
		(true, true) => "sits".into(),
		(true, false) => "leaves with the next session".into(),
		(false, true) => "joins with the next session".into(),
		(false, false) => waiting(seat).into(),
	});
	if seat.sits || seat.sits_next {
		parts.extend(reason(seat).map(Into::into));
	}
	parts.retain(|part| !part.is_empty());
	parts.join("; ")
}

/// Why a seat that is in no set is in none.
const fn waiting(seat: &SeatInfo) -> &'static str {
	match seat.obstacle {
		None => "joins within two sessions",
		Some(Obstacle::NotTaken) => "granted, not taken yet",
		Some(Obstacle::KeysMissing) => "waits for session keys",
		Some(Obstacle::NotActive) => "its center is not active",
		// Said before.
		Some(Obstacle::Suspended) => "",
	}
}

/// Why a seat that is in the set does not count.
fn reason(seat: &SeatInfo) -> Option<&'static str> {
	match seat.obstacle? {
		Obstacle::NotTaken => Some("not taken"),
		Obstacle::KeysMissing => Some("no session keys"),
		Obstacle::NotActive => Some("its center is not active"),
		Obstacle::Suspended => None,
	}
}

/// What helps against what keeps a seat from counting.
pub fn remedy(seat: &SeatInfo) -> Option<&'static str> {
	Some(match seat.obstacle? {
		Obstacle::NotTaken => {
			"set session keys with `ward seat rotate-keys`, then `ward seat take`"
		},
		Obstacle::KeysMissing => "set session keys with `ward seat rotate-keys`",
		Obstacle::NotActive => "ask the health authority that enrolled the center to reinstate it",
		Obstacle::Suspended => {
			"make sure that the seat's keys are on one machine only, then ask the council for \
			 `ward council propose reinstate-seat`"
		},
	})
}

/// What a seat did in a session, in words.
pub fn liveness(liveness: &Liveness) -> String {
	match liveness {
		Liveness { authored: 0, missed: 0 } => "no slots".into(),
		Liveness { authored, missed: 0 } => format!("{authored} authored"),
		idle if idle.is_idle() => format!("IDLE, {} missed", idle.missed),
		Liveness { authored, missed } => format!("{authored} authored, {missed} missed"),
	}
}

/// How many blocks of the session are left at the block with this number.
pub fn blocks_left(session: &SessionInfo, block: u64) -> u32 {
	let end = u64::from(session.started) + u64::from(session.length);
	u32::try_from(end.saturating_sub(block)).unwrap_or(u32::MAX)
}

/// A session in words, at the block with this number.
pub fn session(session: &SessionInfo, block: u64) -> String {
	let left = display_blocks(blocks_left(session, block));
	format!(
		"session {} ({} blocks), {} seats in the set, minimum {}; the next one in {left}",
		session.index, session.length, session.seats, session.minimum
	)
}

/// All seats, in the order of their centers' numbers.
pub async fn all(state: &State) -> Result<Vec<SeatInfo>> {
	let mut seats = state.seats().await?;
	seats.sort_by_key(|seat| seat.center);
	Ok(seats)
}

/// The seat of a center, or an error that says it has none.
pub fn seat_of(seats: Vec<SeatInfo>, center: ParticipantId) -> Result<SeatInfo> {
	seats.into_iter().find(|seat| seat.center == center).ok_or_else(|| {
		Error::new(Kind::Input, format!("center {center} has no seat"))
			.code_is("no-seat")
			.hint("the council grants one with `ward council propose grant-seat`")
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::seat::{SeatRow, Suspension};

	fn seat(sits: bool, sits_next: bool, obstacle: Option<Obstacle>) -> SeatInfo {
		SeatInfo {
			center: ParticipantId(2),
			row: SeatRow { granted_at: 1, taken_at: Some(2), suspension: None },
			obstacle,
			sits,
			sits_next,
			kept: false,
			current: Liveness::default(),
			last: Liveness::default(),
		}
	}

	#[test]
	fn how_a_seat_stands_is_said_in_words() {
		let words = |sits, next, obstacle| in_words(&seat(sits, next, obstacle));
		assert_eq!(words(true, true, None), "sits");
		assert_eq!(words(true, false, None), "leaves with the next session");
		assert_eq!(words(false, true, None), "joins with the next session");
		assert_eq!(words(false, false, None), "joins within two sessions");
		assert_eq!(words(false, false, Some(Obstacle::NotTaken)), "granted, not taken yet");
		assert_eq!(words(false, false, Some(Obstacle::KeysMissing)), "waits for session keys");
		assert_eq!(words(false, false, Some(Obstacle::NotActive)), "its center is not active");
		assert_eq!(
			words(true, false, Some(Obstacle::NotActive)),
			"leaves with the next session; its center is not active"
		);
	}

	#[test]
	fn a_suspended_seat_says_why_and_whether_the_minimum_keeps_it() {
		let suspension = Suspension { breach: Breach::DoubleVoting, session: 7, at: 1 };
		let mut seat = seat(false, false, Some(Obstacle::Suspended));
		seat.row.suspension = Some(suspension);
		assert_eq!(in_words(&seat), "suspended for double voting in session 7");
		seat.sits = true;
		assert_eq!(
			in_words(&seat),
			"suspended for double voting in session 7; leaves with the next session"
		);
		(seat.sits_next, seat.kept) = (true, true);
		assert_eq!(
			in_words(&seat),
			"suspended for double voting in session 7; kept in the set by the minimum"
		);
	}

	#[test]
	fn every_obstacle_has_a_remedy() {
		let obstacles =
			[Obstacle::NotTaken, Obstacle::KeysMissing, Obstacle::NotActive, Obstacle::Suspended];
		for obstacle in obstacles {
			assert!(remedy(&seat(false, false, Some(obstacle))).is_some());
		}
		assert_eq!(remedy(&seat(true, true, None)), None);
	}

	#[test]
	fn the_rest_of_a_session_is_counted_in_blocks() {
		let info = SessionInfo { index: 3, started: 100, length: 50, minimum: 1, seats: 4 };
		assert_eq!((blocks_left(&info, 120), blocks_left(&info, 150)), (30, 0));
		assert_eq!(blocks_left(&info, 999), 0, "late");
		assert!(session(&info, 120).contains("the next one in 30 blocks (60 s)"));
		assert_eq!(liveness(&Liveness { authored: 0, missed: 4 }), "IDLE, 4 missed");
		assert_eq!(liveness(&Liveness { authored: 3, missed: 1 }), "3 authored, 1 missed");
	}
}
