//! Events: what a block or a transaction changed.

use ward_primitives::{GrantId, ParticipantId, RecordId};

/// An event of the runtime, with its fields' names and SCALE bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
	/// The pallet.
	pub pallet: String,
	/// The event's name.
	pub name: String,
	/// The fields in order: name and SCALE bytes.
	pub fields: Vec<(String, Vec<u8>)>,
	/// The number of the transaction in the block that caused it; none for what the block itself did.
	pub transaction: Option<u32>,
}

impl Event {
	/// The field with this name, if the event has it and it is a `T`.
	pub fn field<T: codec::Decode>(&self, name: &str) -> Option<T> {
		let (_, bytes) = self.fields.iter().find(|(field, _)| field == name)?;
		codec::DecodeAll::decode_all(&mut &bytes[..]).ok()
	}

	/// For `Participants.Enrolled`: the new participant.
	pub fn enrolled(&self) -> Option<ParticipantId> {
		self.is("Participants", "Enrolled").then(|| self.field("participant")).flatten()
	}

	/// For `Records.Anchored`: the new record.
	pub fn anchored(&self) -> Option<RecordId> {
		self.is("Records", "Anchored").then(|| self.field("record")).flatten()
	}

	/// For `Consent.Granted`: the new grant.
	pub fn granted(&self) -> Option<GrantId> {
		self.is("Consent", "Granted").then(|| self.field("grant")).flatten()
	}

	/// Whether it is this event of this pallet.
	pub fn is(&self, pallet: &str, name: &str) -> bool {
		self.pallet == pallet && self.name == name
	}
}
