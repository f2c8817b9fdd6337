//! Calls that other calls carry: encoded for a motion, and read from one.

use crate::{Call, ChainError, State};
use subxt::{
	ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
	metadata::Metadata,
};

/// A call that a motion carries, with its fields' names and SCALE bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedCall {
	/// The pallet.
	pub pallet: String,
	/// The call's name.
	pub name: String,
	/// The fields in order: name and SCALE bytes.
	pub fields: Vec<(String, Vec<u8>)>,
}

impl DecodedCall {
	/// The argument at this place, from 0, if the call has it and it is a `T`.
	pub fn argument<T: codec::DecodeAll>(&self, place: usize) -> Option<T> {
		let (_, bytes) = self.fields.get(place)?;
		T::decode_all(&mut &bytes[..]).ok()
	}

	/// Whether it is this call of this pallet.
	pub fn is(&self, pallet: &str, name: &str) -> bool {
		self.pallet == pallet && self.name == name
	}
}

impl State {
	/// A call as the runtime of this block encodes it inside another one.
	pub async fn encode_call(&self, call: &Call) -> Result<Vec<u8>, ChainError> {
		let metadata = self.metadata().await?;
		encode(&metadata, call)
	}

	/// Reads a call that the runtime of this block encoded.
	pub async fn decode_call(&self, call: &[u8]) -> Result<DecodedCall, ChainError> {
		let metadata = self.metadata().await?;
		decode(&metadata, call)
	}
}

fn encode(metadata: &Metadata, call: &Call) -> Result<Vec<u8>, ChainError> {
	let Call { pallet, name, args } = call;
	let lacking = || ChainError::Unsupported { what: format!("call {pallet}.{name}") };
	let in_pallet = metadata.pallet_by_name(pallet).ok_or_else(lacking)?;
	let variant = in_pallet.call_variant_by_name(name).ok_or_else(lacking)?;
	let encoded = [&[in_pallet.call_index(), variant.index][..], args].concat();
	// What does not read back would be refused as a broken transaction.
	match decode(metadata, &encoded) {
		Ok(_) => Ok(encoded),
		Err(_) => Err(ChainError::Unsupported {
			what: format!("call {pallet}.{name} with these arguments"),
		}),
	}
}

fn decode(metadata: &Metadata, call: &[u8]) -> Result<DecodedCall, ChainError> {
	let unreadable =
		|reason: &str| ChainError::Unreadable { to: "a call".into(), reason: reason.into() };
	let [pallet, index, args @ ..] = call else { return Err(unreadable("it is too short")) };
	let pallet = metadata
		.pallet_by_call_index(*pallet)
		.ok_or_else(|| unreadable("the runtime has no such pallet"))?;
	let variant = pallet
		.call_variant_by_index(*index)
		.ok_or_else(|| unreadable("its pallet has no such call"))?;
	let mut rest = args;
	let mut fields = Vec::with_capacity(variant.fields.len());
	for field in &variant.fields {
		let before = rest;
		decode_with_visitor(&mut rest, field.ty.id, metadata.types(), IgnoreVisitor::new())
			.map_err(|error| unreadable(&error.to_string()))?;
		let bytes = before[..before.len() - rest.len()].to_vec();
		fields.push((field.name.clone().unwrap_or_default(), bytes));
	}
	match rest {
		[] => Ok(DecodedCall { pallet: pallet.name().into(), name: variant.name.clone(), fields }),
		_ => Err(unreadable("it is too long")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::{metadata, FakeNode};
	use codec::Encode;
	use ward_primitives::{NewRecord, ParticipantId, RecordId};

	fn record() -> NewRecord {
		NewRecord {
			patient: ParticipantId(3),
			on_behalf_of: None,
			commitment: [4; 32],
			attributes: [5; 32],
			content_root: [6; 32],
			size: 7,
			deposits: Default::default(),
		}
	}

	#[tokio::test]
	async fn a_call_reads_back_from_its_encoding_with_its_arguments() {
		let state = FakeNode::new(1).chain().await.finalized().await.unwrap();
		let encoded = state.encode_call(&Call::anchor(&record())).await.unwrap();
		assert_eq!(encoded, (7u8, 4u8, record()).encode(), "pallet, call, arguments");
		let call = state.decode_call(&encoded).await.unwrap();
		assert!(call.is("Records", "anchor") && !call.is("Records", "supersede"));
		assert_eq!(call.fields[0].0, "record");
		assert_eq!(call.argument(0), Some(record()));
		assert_eq!(call.argument::<RecordId>(0), None, "an argument of another type");
		assert_eq!(call.argument::<NewRecord>(1), None, "there is no second one");
	}

	#[test]
	fn what_the_runtime_lacks_is_not_encoded() {
		let lacks = |call: Call| match encode(&metadata(), &call) {
			Err(ChainError::Unsupported { what }) => what,
			other => panic!("{other:?}"),
		};
		assert_eq!(lacks(Call::take_seat()), "call Authorities.take_seat");
		let mut call = Call::anchor(&record());
		call.args.push(0);
		assert_eq!(lacks(call), "call Records.anchor with these arguments");
	}

	#[test]
	fn bytes_that_are_no_call_are_not_read() {
		let encoded = encode(&metadata(), &Call::anchor(&record())).unwrap();
		let longer = [&encoded[..], &[0]].concat();
		for bad in [&[][..], &[7], &[99, 4], &[7, 99], &encoded[..9], &longer] {
			let error = decode(&metadata(), bad).unwrap_err();
			assert!(matches!(error, ChainError::Unreadable { .. }), "{bad:?}: {error}");
		}
	}
}
