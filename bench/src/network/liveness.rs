//! Blocks that were missed, as the chain itself counts them.

use std::collections::BTreeMap;

use ward_chain_client::State;
use ward_client::{
	error::{Error, Kind},
	Result,
};
use ward_primitives::{seat::Liveness, ParticipantId};

/// The chain's counts at one block.
pub(super) struct Counts {
	/// The block's number.
	pub(super) number: u64,
	session: u32,
	/// For each seat: in the running session, and in the one before.
	seats: BTreeMap<ParticipantId, (Liveness, Liveness)>,
}

impl Counts {
	/// Those at a block.
	pub(super) async fn at(state: &State) -> Result<Self> {
		let seats = state.seats().await?;
		let session = state.session().await?.index;
		let counts = seats.into_iter().map(|seat| (seat.center, (seat.current, seat.last)));
		Ok(Self { number: state.number, session, seats: counts.collect() })
	}

	/// Of all seats, between an earlier block and this one.
	pub(super) fn since(&self, before: &Self) -> Result<Liveness> {
		let sessions = self.session - before.session;
		if sessions > 1 {
			let what = format!("{sessions} sessions began meanwhile; the chain tells of two only");
			return Err(Error::new(Kind::Usage, what).hint("use longer sessions"));
		}
		let mut sum = Liveness::default();
		for (center, (current, last)) in &self.seats {
			let (was, _) = before.seats.get(center).copied().unwrap_or_default();
			let ended = if sessions == 1 { *last } else { Liveness::default() };
			sum.authored += ended.authored + current.authored - was.authored;
			sum.missed += ended.missed + current.missed - was.missed;
		}
		Ok(sum)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn counts(session: u32, current: (u32, u32), last: (u32, u32)) -> Counts {
		let liveness = |(authored, missed)| Liveness { authored, missed };
		let seats = [(ParticipantId(2), (liveness(current), liveness(last)))];
		Counts { number: 1, session, seats: seats.into() }
	}

	#[test]
	fn counts_go_on_across_one_boundary_of_sessions() {
		let before = counts(3, (5, 1), (9, 9));
		let same = counts(3, (8, 2), (9, 9)).since(&before).unwrap();
		assert_eq!((same.authored, same.missed), (3, 1));
		let next = counts(4, (2, 0), (8, 3)).since(&before).unwrap();
		assert_eq!((next.authored, next.missed), (5, 2));
		assert!(counts(5, (0, 0), (0, 0)).since(&before).is_err(), "one session is not told of");
	}
}
