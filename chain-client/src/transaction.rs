//! Signed transactions: a call with its arguments, as the node's metadata wants it.

use crate::{
	config::{Extensions, WardConfig},
	Call, CallSigner, ChainError,
};
use sp_crypto_hashing::blake2_256;
use subxt::{
	client::{ClientAtBlock, OfflineClientAtBlockT},
	config::{
		transaction_extensions::{CheckMortalityParams, CheckNonceParams},
		TransactionExtensions,
	},
	ext::{
		scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
		scale_encode::{EncodeAsFields, Error as EncodeError, FieldIter, TypeResolver},
	},
	metadata::Metadata,
	tx::StaticPayload,
	utils::{AccountId32, MultiSignature},
};
use ward_primitives::Digest;

/// For how many blocks a transaction is valid after the finalized block that it was signed at.
pub(crate) const VALID_FOR_BLOCKS: u64 = 64;

/// A signed transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
	pub(crate) hash: Digest,
	pub(crate) bytes: Vec<u8>,
	/// The number of the finalized block that it was signed at. It can only be in a later one.
	pub(crate) signed_at: u64,
}

impl Transaction {
	/// Signs `call` with `nonce`, valid from the finalized block that `client` is at.
	pub(crate) fn sign<C: OfflineClientAtBlockT<WardConfig>>(
		client: &ClientAtBlock<WardConfig, C>,
		block: Digest,
		signer: &impl CallSigner,
		nonce: u64,
		call: Call,
	) -> Result<Self, ChainError> {
		check_arguments(client.metadata_ref(), &call)?;
		let signed_at = client.block_number();
		let mortality =
			CheckMortalityParams::mortal_from_unchecked(VALID_FOR_BLOCKS, signed_at, block.into());
		let params: <Extensions as TransactionExtensions<WardConfig>>::Params =
			((), (), (), mortality, CheckNonceParams::with_nonce(nonce), ());
		let payload = StaticPayload::new(call.pallet, call.name, Arguments(call.args));
		let signed = || {
			let mut signable = client.tx().create_signable_offline(&payload, params)?;
			let signature = MultiSignature::Ed25519(signer.sign(&signable.signer_payload()?));
			let account = AccountId32(signer.account());
			signable.sign_with_account_and_signature(&account, &signature)
		};
		let unsupported =
			|error| ChainError::Unsupported { what: format!("transaction format: {error}") };
		let bytes = signed().map_err(unsupported)?.encoded().to_vec();
		Ok(Self { hash: blake2_256(&bytes), bytes, signed_at })
	}
}

/// Checks that the runtime has the call and that its arguments are of the types that it wants.
fn check_arguments(metadata: &Metadata, call: &Call) -> Result<(), ChainError> {
	let Call { pallet, name, .. } = call;
	let unsupported = |what: String| ChainError::Unsupported { what };
	let variant = metadata
		.pallet_by_name(pallet)
		.and_then(|pallet| pallet.call_variant_by_name(name))
		.ok_or_else(|| unsupported(format!("call {pallet}.{name}")))?;
	let mut rest = &call.args[..];
	let fits = variant.fields.iter().all(|field| {
		let visitor = IgnoreVisitor::new();
		decode_with_visitor(&mut rest, field.ty.id, metadata.types(), visitor).is_ok()
	});
	match fits && rest.is_empty() {
		true => Ok(()),
		false => Err(unsupported(format!("call {pallet}.{name} with these arguments"))),
	}
}

/// Arguments that are encoded already.
struct Arguments(Vec<u8>);

impl EncodeAsFields for Arguments {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_fields: &mut dyn FieldIter<'_, R::TypeId>,
		_types: &R,
		out: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

#[cfg(test)]
mod tests;
