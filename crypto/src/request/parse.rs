//! Reading the header fields that carry a signature.
//!
//! Not done with the `httpsig` crate: it skips parameters that it does not know or whose value has
//! another type, and rebuilds the signed line from what is left. Here every parameter counts, so the
//! fields are parsed as structured fields (RFC 9651) and compared as a whole.

use super::RequestError;
use sfv::{BareItem, Dictionary, FieldType, InnerList, Item, List, ListEntry, Parser};
use ward_primitives::{
	request::{list, Parameters, ALGORITHM, LABEL, TAG},
	RecordId,
};

/// The parameters of a received signature: exactly those of the protocol, in any order.
fn parameters_of(input: &InnerList) -> Result<Parameters, RequestError> {
	let get = |name: &str| {
		input.params.get(name).ok_or(RequestError::Malformed("a parameter is missing"))
	};
	let seconds = |name| {
		let value = get(name)?.as_integer().and_then(|value| u64::try_from(value).ok());
		value.ok_or(RequestError::Malformed("a time is not a number of seconds"))
	};
	let text = |name| {
		let value = get(name)?.as_string().map(|value| value.as_str());
		value.ok_or(RequestError::Malformed("a parameter is not a string"))
	};
	let parameters = Parameters {
		created: seconds("created")?,
		expires: seconds("expires")?,
		nonce: text("nonce")?.to_owned(),
		key: text("keyid")?
			.parse::<RecordId>()
			.map_err(|_| RequestError::Malformed("keyid is not `0x` and 64 hex digits"))?
			.0,
	};
	if text("alg")? != ALGORITHM {
		return Err(RequestError::Malformed("alg is not `ed25519`"));
	}
	if text("tag")? != TAG {
		return Err(RequestError::Malformed("tag is not `ward-request/v1`"));
	}
	if input.params.len() != 6 {
		return Err(RequestError::Malformed("there is a parameter too many"));
	}
	if !is_nonce(&parameters.nonce) {
		return Err(RequestError::Malformed("nonce is not 16 to 64 characters of base64url"));
	}
	Ok(parameters)
}

/// Whether `text` is 16 to 64 characters of base64url.
fn is_nonce(text: &str) -> bool {
	let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
	(16..=64).contains(&text.len()) && text.bytes().all(is_base64url)
}

/// Reads `Signature-Input`; returns the value of `@signature-params` as the signer serialized it, and
/// the parameters.
pub(super) fn parse_input(
	field: &str,
	components: &[(&str, String)],
) -> Result<(String, Parameters), RequestError> {
	let mut fields: Dictionary = Parser::new(field)
		.parse()
		.map_err(|_| RequestError::Malformed("Signature-Input is no structured field"))?;
	let input = match fields.swap_remove(LABEL) {
		Some(ListEntry::InnerList(input)) => input,
		Some(ListEntry::Item(_)) => {
			return Err(RequestError::Malformed("Signature-Input is no list of components"))
		},
		None => return Err(RequestError::Missing),
	};
	let is_component = |item: &Item, name: &str| {
		item.params.is_empty() && item.bare_item.as_string().is_some_and(|s| s.as_str() == name)
	};
	let covers_all = input.items.len() == components.len()
		&& input.items.iter().zip(components).all(|(item, (name, _))| is_component(item, name));
	if !covers_all {
		return Err(RequestError::WrongComponents { expected: list(components) });
	}
	let parameters = parameters_of(&input)?;
	let list: List = vec![ListEntry::InnerList(input)];
	let input = list.serialize().ok_or(RequestError::Malformed("Signature-Input is empty"))?;
	Ok((input, parameters))
}

/// Reads `Signature`.
pub(super) fn parse_signature(field: &str) -> Result<[u8; 64], RequestError> {
	let fields: Dictionary = Parser::new(field)
		.parse()
		.map_err(|_| RequestError::Malformed("Signature is no structured field"))?;
	match fields.get(LABEL) {
		Some(ListEntry::Item(Item { bare_item: BareItem::ByteSequence(bytes), params }))
			if params.is_empty() =>
		{
			let signature = bytes.as_slice().try_into();
			signature.map_err(|_| RequestError::Malformed("the signature has not 64 bytes"))
		},
		Some(_) => Err(RequestError::Malformed("the signature is no byte sequence")),
		None => Err(RequestError::Missing),
	}
}
