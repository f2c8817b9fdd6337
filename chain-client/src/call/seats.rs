//! Seats of authorities, and their session keys.

use codec::Encode;
use ward_primitives::ParticipantId;

use super::Call;

impl Call {
	fn authorities(name: &'static str, args: impl Encode) -> Self {
		Self::new("Authorities", name, args)
	}

	/// Grants a seat to a medical center. For the consortium's council only.
	pub fn grant_seat(center: ParticipantId) -> Self {
		Self::authorities("grant_seat", center)
	}

	/// Takes the seat that the signing center was granted.
	pub fn take_seat() -> Self {
		Self::authorities("take_seat", ())
	}

	/// Gives the signing center's seat up.
	pub fn give_up_seat() -> Self {
		Self::authorities("give_up_seat", ())
	}

	/// Takes a seat away. For the consortium's council only.
	pub fn revoke_seat(center: ParticipantId) -> Self {
		Self::authorities("revoke_seat", center)
	}

	/// Lifts the suspension of a seat. For the consortium's council only.
	pub fn reinstate_seat(center: ParticipantId) -> Self {
		Self::authorities("reinstate_seat", center)
	}

	/// Sets how many blocks a session lasts. For the consortium's council only.
	pub fn set_session_length(blocks: u32) -> Self {
		Self::authorities("set_session_length", blocks)
	}

	/// Sets the fewest seats that the set of authorities may have. For the consortium's council only.
	pub fn set_minimum(seats: u32) -> Self {
		Self::authorities("set_minimum", seats)
	}

	/// Offers a center without a seat to be its host.
	pub fn offer_hosting(guest: ParticipantId) -> Self {
		Self::authorities("offer_hosting", guest)
	}

	/// Makes the signing center the guest of a seat-holder that offered to be its host.
	pub fn accept_hosting(host: ParticipantId) -> Self {
		Self::authorities("accept_hosting", host)
	}

	/// Ends the hosting of a guest, from either side.
	pub fn end_hosting(guest: ParticipantId) -> Self {
		Self::authorities("end_hosting", guest)
	}

	/// Sets the session keys of the signing center, with the proof that its node made for the signing
	/// account: see [`Chain::rotate_session_keys`](crate::Chain::rotate_session_keys).
	pub fn set_session_keys(keys: &[u8], proof: &[u8]) -> Self {
		// The keys are a structure of fixed length, without a length before them.
		let args = [keys, &proof.encode()].concat();
		Self { pallet: "Session", name: "set_keys", args }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn session_keys_stand_without_their_length_and_the_proof_with_it() {
		let call = Call::set_session_keys(&[7; 64], &[8; 128]);
		let expected = ([7u8; 64], vec![8u8; 128]).encode();
		assert_eq!((call.pallet, call.name, call.args), ("Session", "set_keys", expected));
	}
}
