//! The own seat: whether it is in the set, whether it authors, and whether the node has its keys.

use ward_chain_client::{Chain, ChainError, State};
use ward_primitives::{seat::SeatInfo, ParticipantId};

use super::Finding;
use crate::{error::Result, seats};

const SEAT: &str = "seat";
const KEYS: &str = "session keys";

/// Looks at the seat of a center.
pub(super) async fn examine(chain: &Chain, state: &State, own: ParticipantId) -> Vec<Finding> {
	let seat = async {
		let seat = seats::all(state).await?.into_iter().find(|seat| seat.center == own);
		Ok(judge_seat(own, seat.as_ref()))
	};
	let keys = async { keys(chain, state, own).await };
	vec![Finding::or_unmade(SEAT, seat.await), Finding::or_unmade(KEYS, keys.await)]
}

fn judge_seat(own: ParticipantId, seat: Option<&SeatInfo>) -> Finding {
	let Some(seat) = seat else {
		let remedy = "ask the council for `ward council propose grant-seat`";
		return Finding::failed(SEAT, format!("center {own} has no seat"), remedy);
	};
	let found = format!(
		"center {own}: {}; this session: {}, last session: {}",
		seats::in_words(seat),
		seats::liveness(&seat.current),
		seats::liveness(&seat.last)
	);
	if let Some(remedy) = seats::remedy(seat) {
		return Finding::failed(SEAT, found, remedy);
	}
	let idle =
		"look whether the node runs as --validator with the session keys of the seat, and at \
	            its clock";
	if seat.sits && seat.current.is_idle() && seat.last.authored == 0 {
		Finding::failed(SEAT, found, idle)
	} else if seat.sits && seat.current.missed > seat.current.authored {
		Finding::warning(SEAT, found, idle)
	} else if !seat.sits || !seat.sits_next {
		let remedy =
			"nothing, if that is meant; `ward seat status` shows when the next session begins";
		Finding::warning(SEAT, found, remedy)
	} else {
		Finding::ok(SEAT, found)
	}
}

async fn keys(chain: &Chain, state: &State, own: ParticipantId) -> Result<Finding> {
	let Some(keys) = state.session_keys(own).await? else {
		return Ok(judge_keys(None, Ok(false)));
	};
	match chain.has_session_keys(&keys).await {
		Err(error @ ChainError::Unsafe { .. }) => {
			Ok(judge_keys(Some(&keys), Err(error.to_string())))
		},
		answer => Ok(judge_keys(Some(&keys), Ok(answer?))),
	}
}

/// A judgement of the keys on the chain, and of whether the node says that it has them.
fn judge_keys(keys: Option<&[u8]>, has: Result<bool, String>) -> Finding {
	let Some(keys) = keys else {
		let remedy = "make and set them with `ward seat rotate-keys`";
		return Finding::failed(KEYS, "the center has set none on the chain", remedy);
	};
	let short: String = crate::motion::digits(keys).chars().take(14).collect();
	match has {
		Ok(true) => Finding::ok(KEYS, format!("the node has those on the chain ({short}…)")),
		Ok(false) => Finding::failed(
			KEYS,
			format!("the node does not have those on the chain ({short}…)"),
			"name your own node with --node; if it is, set new keys with `ward seat rotate-keys`, or \
			 bring the keystore back from its backup",
		),
		Err(why) => Finding::skipped(KEYS, format!("{why}; ask your own node on its machine")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;
	use ward_primitives::seat::{Liveness, Obstacle, SeatRow};

	const OWN: ParticipantId = ParticipantId(2);

	fn seat() -> SeatInfo {
		SeatInfo {
			center: OWN,
			row: SeatRow { granted_at: 1, taken_at: Some(2), suspension: None },
			obstacle: None,
			sits: true,
			sits_next: true,
			kept: false,
			current: Liveness { authored: 9, missed: 1 },
			last: Liveness { authored: 75, missed: 0 },
		}
	}

	#[test]
	fn a_seat_is_well_if_it_sits_authors_and_stays() {
		let judge = |seat: &SeatInfo| judge_seat(OWN, Some(seat)).verdict;
		assert_eq!(judge(&seat()), Verdict::Ok);
		let start = Liveness::default();
		assert_eq!(judge(&SeatInfo { current: start, ..seat() }), Verdict::Ok, "a session begins");
		let lame = Liveness { authored: 1, missed: 8 };
		assert_eq!(judge(&SeatInfo { current: lame, ..seat() }), Verdict::Warning);
		let idle = Liveness { authored: 0, missed: 8 };
		assert_eq!(judge(&SeatInfo { current: idle, ..seat() }), Verdict::Warning);
		assert_eq!(judge(&SeatInfo { current: idle, last: idle, ..seat() }), Verdict::Failed);
		assert_eq!(judge(&SeatInfo { sits_next: false, ..seat() }), Verdict::Warning);
		for obstacle in [Obstacle::KeysMissing, Obstacle::Suspended, Obstacle::NotTaken] {
			let seat = SeatInfo { obstacle: Some(obstacle), ..seat() };
			assert_eq!(judge(&seat), Verdict::Failed);
		}
		assert_eq!(judge_seat(OWN, None).verdict, Verdict::Failed);
	}

	#[test]
	fn keys_that_the_node_lacks_are_a_fault_and_a_strangers_node_is_none() {
		let keys = Some(&[7; 64][..]);
		assert_eq!(judge_keys(keys, Ok(true)).verdict, Verdict::Ok);
		assert_eq!(judge_keys(keys, Ok(false)).verdict, Verdict::Failed);
		assert_eq!(judge_keys(None, Ok(false)).verdict, Verdict::Failed);
		assert_eq!(judge_keys(keys, Err("no".into())).verdict, Verdict::Skipped);
	}
}
