//! How a chain starts.

use pallet_ward_authorities::SeatId;
use ward_primitives::{ParticipantId, Role};

use super::execute_and_check;
use crate::{Authorities, Governance, Grandpa, Participants, Runtime, Session};

#[test]
fn the_founders_are_participants_and_the_centers_have_seats() {
	execute_and_check(|| {
		let role = |id| Participants::participant(ParticipantId(id)).map(|row| row.role);
		assert_eq!(role(1), Some(Role::HealthAuthority));
		assert!((2..=5).all(|id| role(id) == Some(Role::MedicalCenter)));
		assert_eq!(role(6), None);
		let seats: Vec<_> = (2..=5).map(|id| SeatId(ParticipantId(id))).collect();
		assert_eq!(Session::validators(), seats);
		assert_eq!(pallet_aura::Authorities::<Runtime>::get().len(), 4);
		assert_eq!(Grandpa::grandpa_authorities().len(), 4);
		assert!(Authorities::seats().iter().all(|seat| seat.sits && seat.obstacle.is_none()));
		let mut council = Governance::council();
		council.sort();
		assert_eq!(council, (1..=5).map(ParticipantId).collect::<Vec<_>>());
	});
}
