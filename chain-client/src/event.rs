//! Events: what a block or a transaction changed.

use crate::{config::WardConfig, error::hex, ChainError};
use codec::{Decode, DecodeAll};
use std::fmt::Display;
use subxt::{
	error::{DispatchError, EventsError},
	events::{Events, Phase},
	ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
	metadata::{ArcMetadata, Metadata},
};
use ward_primitives::{GrantId, ParticipantId, RecordId};

/// An event of the runtime, with its fields' names and SCALE bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
	/// The pallet.
	pub pallet: String,
	/// The event's name.
	pub name: String,
	/// The fields in order: name, empty if it has none, and SCALE bytes.
	pub fields: Vec<(String, Vec<u8>)>,
	/// The number of the transaction in the block that caused it; none for what the block itself did.
	pub transaction: Option<u32>,
}

impl Event {
	/// The field with this name, if the event has it and it is a `T`.
	pub fn field<T: Decode>(&self, name: &str) -> Option<T> {
		let (_, bytes) = self.fields.iter().find(|(field, _)| field == name)?;
		T::decode_all(&mut &bytes[..]).ok()
	}

	/// Whether it is this event of this pallet.
	pub fn is(&self, pallet: &str, name: &str) -> bool {
		self.pallet == pallet && self.name == name
	}

	/// For `Participants.Enrolled`: the new participant.
	pub fn enrolled(&self) -> Option<ParticipantId> {
		self.is("Participants", "Enrolled").then(|| self.field("participant"))?
	}

	/// For `Records.Anchored`: the new record.
	pub fn anchored(&self) -> Option<RecordId> {
		self.is("Records", "Anchored").then(|| self.field("record"))?
	}

	/// For `Consent.Granted`: the new grant.
	pub fn granted(&self) -> Option<GrantId> {
		self.is("Consent", "Granted").then(|| self.field("grant"))?
	}

	/// All events of a block, with the names that its metadata gives to them.
	pub(crate) fn all(
		events: &Events<WardConfig>,
		metadata: &Metadata,
	) -> Result<Vec<Self>, ChainError> {
		let unreadable = |error: EventsError| unreadable("events", &error);
		let all = events.iter().map(|event| Self::decode(&event.map_err(unreadable)?, metadata));
		all.collect()
	}

	fn decode(
		event: &subxt::events::Event<'_, WardConfig>,
		metadata: &Metadata,
	) -> Result<Self, ChainError> {
		let variant = metadata
			.pallet_by_event_index(event.pallet_index())
			.and_then(|pallet| pallet.event_variant_by_index(event.event_index()))
			.ok_or_else(|| unreadable("events", &"an event that the metadata does not have"))?;
		let mut rest = event.field_bytes();
		let mut fields = Vec::with_capacity(variant.fields.len());
		for field in &variant.fields {
			let before = rest;
			decode_with_visitor(&mut rest, field.ty.id, metadata.types(), IgnoreVisitor::new())
				.map_err(|error| unreadable("events", &error))?;
			let bytes = before[..before.len() - rest.len()].to_vec();
			fields.push((field.name.clone().unwrap_or_default(), bytes));
		}
		let transaction = match event.phase() {
			Phase::ApplyExtrinsic(index) => Some(index),
			Phase::Finalization | Phase::Initialization => None,
		};
		Ok(Self {
			pallet: event.pallet_name().to_owned(),
			name: event.event_name().to_owned(),
			fields,
			transaction,
		})
	}

	/// For `System.ExtrinsicFailed`: why, with what the runtime's documentation says about it.
	pub(crate) fn failure(&self, metadata: &ArcMetadata) -> Option<ChainError> {
		if !self.is("System", "ExtrinsicFailed") {
			return None;
		}
		let Some((_, error)) = self.fields.first() else {
			return Some(unreadable("events", &"ExtrinsicFailed without an error"));
		};
		Some(match Failure::decode(error, metadata) {
			Ok(Failure { name, explanation }) => ChainError::Failed { name, explanation },
			Err(error) => error,
		})
	}

	/// For a motion that was carried, or an authorized upgrade that the chain did not take: what came
	/// of it.
	pub(crate) fn carried_out(
		&self,
		metadata: &ArcMetadata,
	) -> Option<Result<Result<(), Failure>, ChainError>> {
		let bytes = |name| self.fields.iter().find(|(field, _)| field == name).map(|(_, b)| &b[..]);
		if self.is("Council", "Executed") {
			return Some(match bytes("result") {
				Some([0]) => Ok(Ok(())),
				Some([1, error @ ..]) => Failure::decode(error, metadata).map(Err),
				_ => Err(unreadable("events", &"Executed without a result")),
			});
		}
		if self.is("System", "RejectedInvalidAuthorizedUpgrade") {
			let error = bytes("error").unwrap_or_default();
			return Some(Failure::decode(error, metadata).map(Err));
		}
		None
	}
}

/// Why a call failed in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
	/// `Pallet::Error`, or the name of a general dispatch error.
	pub name: String,
	/// What the runtime's documentation says about it.
	pub explanation: String,
}

impl Failure {
	/// Reads a dispatch error.
	fn decode(error: &[u8], metadata: &ArcMetadata) -> Result<Self, ChainError> {
		let failed = |name: String, explanation| Self { name, explanation };
		Ok(match DispatchError::decode_from(error, metadata.clone()) {
			Ok(DispatchError::Module(error)) => match error.details() {
				Ok(details) => failed(
					format!("{}::{}", details.pallet.name(), details.variant.name),
					sentence(&details.variant.docs),
				),
				Err(_) => failed(
					format!("module error {}", hex(&error.bytes())),
					"the node's metadata does not name this error; update ward".into(),
				),
			},
			Ok(DispatchError::BadOrigin) => failed(
				"BadOrigin".into(),
				"the signing key may not make this call; see who may in the call's documentation"
					.into(),
			),
			Ok(error) => failed(name_of(&error), error.to_string()),
			Err(error) => return Err(unreadable("events", &error)),
		})
	}
}

/// The name of a general dispatch error, without what it contains.
fn name_of(error: &DispatchError) -> String {
	let debug = format!("{error:?}");
	debug.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// Lines of documentation as one text.
fn sentence(docs: &[String]) -> String {
	let lines = docs.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
	lines.collect::<Vec<_>>().join(" ")
}

fn unreadable(to: &str, reason: &dyn Display) -> ChainError {
	ChainError::Unreadable { to: to.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
